//! What the server and the network say, in the store's words.

use std::error::Error as _;

use tokio_postgres::error::SqlState;

use crate::store::StoreError;

/// Why a statement or a connection failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The server or the network.
    Database(tokio_postgres::Error),
    /// The server cannot keep a queue.
    Unusable(String),
    /// The store's own answer.
    Store(StoreError),
}

/// The state that `fence` raises.
const FENCED: &str = "SQ001";

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    fn state(&self) -> Option<&SqlState> {
        match self {
            Self::Database(error) => error.code(),
            Self::Unusable(_) | Self::Store(_) => None,
        }
    }

    /// Whether what a transaction relied on was changed by another.
    pub(super) fn is_fenced(&self) -> bool {
        self.state().is_some_and(|state| state.code() == FENCED)
    }

    /// Whether the connection is of no use any more, or never came about.
    pub(super) fn is_disconnected(&self) -> bool {
        let Self::Database(error) = self else { return false };
        match error.code() {
            None => error.is_closed() || is_io(error),
            Some(state) => {
                state.code().starts_with("08")
                    || [
                        SqlState::ADMIN_SHUTDOWN,
                        SqlState::CRASH_SHUTDOWN,
                        SqlState::CANNOT_CONNECT_NOW,
                        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                        SqlState::TOO_MANY_CONNECTIONS,
                    ]
                    .contains(state)
            }
        }
    }

    /// Whether the same transaction may well succeed if it is tried again.
    pub(super) fn is_transient(&self) -> bool {
        self.is_disconnected()
            || self.is_fenced()
            || self.state().is_some_and(|state| {
                [
                    SqlState::T_R_DEADLOCK_DETECTED,
                    SqlState::T_R_SERIALIZATION_FAILURE,
                    SqlState::LOCK_NOT_AVAILABLE,
                    SqlState::READ_ONLY_SQL_TRANSACTION,
                ]
                .contains(state)
            })
    }

    /// The store's error.
    pub(super) fn into_error(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Unusable(detail) => StoreError::TooOld(detail),
            Self::Database(error) => database_error(&error),
        }
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    error.source().is_some_and(|source| {
        source.downcast_ref::<std::io::Error>().is_some_and(|io| {
            // A certificate that is not accepted will not be the next time either.
            io.kind() != std::io::ErrorKind::PermissionDenied
                && io.get_ref().is_none_or(|inner| !inner.is::<rustls::Error>())
        })
    }) || error.to_string().contains("timed out")
}

fn database_error(error: &tokio_postgres::Error) -> StoreError {
    let Some(state) = error.code() else { return connection_error(error) };
    let message = error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned());
    match state.code() {
        "3D000" | "3F000" | "42P01" => StoreError::NoDatabase,
        "28P01" | "28000" | "42501" | "0LP01" => StoreError::Refused(message),
        "25006" => StoreError::ReadOnly(message),
        "40P01" | "40001" | "55P03" | "SQ001" | "57014" => StoreError::Locked,
        "57P01" | "57P02" | "57P03" | "53300" | "25P03" => StoreError::Unreachable(message),
        "53100" | "53200" | "58030" | "58P01" => StoreError::Io(message),
        "XX001" | "XX002" => StoreError::Corrupt(message),
        code => StoreError::Statement(format!("{message} ({code})")),
    }
}

fn connection_error(error: &tokio_postgres::Error) -> StoreError {
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    if cause.contains("does not allow writes") || cause.contains("read-only") {
        StoreError::ReadOnly("it is a standby; name the server that takes writes".to_owned())
    } else if error.is_closed() || is_io(error) {
        StoreError::Unreachable(cause)
    } else {
        StoreError::Refused(cause)
    }
}
