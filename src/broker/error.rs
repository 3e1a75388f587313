//! Failed operations of a broker: what else fails with them (a connection, a server), and the outcome of the attempt.

use std::time::Duration;

use crate::delivery::Outcome;
use crate::network::failure::Failure;

/// The wait before the next request to a server that will recover by itself.
pub(super) const SHORT_WAIT: Duration = Duration::from_secs(5);
/// The wait before the next request to a server that needs an operator.
pub(super) const LONG_WAIT: Duration = Duration::from_secs(30);

/// Why an operation of a broker failed, in words, and what else fails with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BrokerError {
    /// Only this operation failed: others may succeed.
    Operation(String),
    /// Every operation on this connection fails.
    Connection(String),
    /// Every operation at this server fails for a time.
    Server(String, Duration),
    /// The connection broke.
    Broken(String),
}

impl BrokerError {
    /// Whether the connection has to be replaced; another may reach a server that performs the operation.
    pub(super) fn is_of_connection(&self) -> bool {
        !matches!(self, Self::Operation(_))
    }

    /// The failure of an attempt, after `close` has closed a connection that has to be replaced.
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
