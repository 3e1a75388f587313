//! What becomes of an operation that a broker refused: which others may still do, and the outcome of the attempt.

use std::time::Duration;

use crate::delivery::Outcome;
use crate::network::failure::Failure;

/// How long a server is left alone that will recover by itself.
pub(super) const SHORT_WAIT: Duration = Duration::from_secs(5);
/// How long a server is left alone that an operator has to help.
pub(super) const LONG_WAIT: Duration = Duration::from_secs(30);

/// An operation that failed, with its reason in words.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// This operation alone: others may do.
    Operation(String),
    /// Every operation on this connection.
    Connection(String),
    /// Every operation at this server, for a time.
    Server(String, Duration),
    /// The connection broke.
    Broken(String),
}

impl Refused {
    /// Whether the connection is of no more use; another may lead to a server that does the operation.
    pub(super) fn is_of_connection(&self) -> bool {
        !matches!(self, Self::Operation(_))
    }

    /// The failure of an attempt, once `close` has closed a connection that is of no more use.
    pub(super) fn after_closing(self, close: impl FnOnce()) -> Failure {
        if self.is_of_connection() {
            close();
        }
        self.into_failure()
    }

    /// The failure of an attempt.
    pub(super) fn into_failure(self) -> Failure {
        let rejected =
            |detail, retry_after| Failure { outcome: Outcome::Rejected { status: None, retry_after }, detail };
        match self {
            Self::Operation(detail) | Self::Connection(detail) => rejected(detail, None),
            Self::Server(detail, wait) => rejected(detail, Some(wait)),
            Self::Broken(detail) => Failure::unreachable(detail),
        }
    }
}
