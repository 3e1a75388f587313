//! Errors of the server and the network: which may be tried again, and what they are as errors of the store.

use std::error::Error as _;
use std::io::ErrorKind;

use tokio_postgres::error::SqlState;

use crate::store::StoreError;

/// Why a statement or a connection failed, before it becomes a [`StoreError`]: it tells whether the transaction may be
/// tried again.
#[derive(Debug)]
pub(super) enum PostgresError {
    /// The server or the network.
    Database(tokio_postgres::Error),
    /// The server cannot keep a queue.
    Unusable(String),
    /// The store's own answer.
    Store(StoreError),
}

/// The state that `fence` raises.
const FENCED: &str = "SQ001";

impl From<tokio_postgres::Error> for PostgresError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for PostgresError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl PostgresError {
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
                (state.code().starts_with("08") && !error.to_string().contains("startup parameter"))
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
            Self::Unusable(detail) => StoreError::Configuration(detail),
            Self::Database(error) => database_error(&error),
        }
    }
}

/// Whether the network or the system failed, rather than the other end having said no.
fn is_io(error: &tokio_postgres::Error) -> bool {
    let io = error.source().and_then(|source| source.downcast_ref::<std::io::Error>());
    is_standby(error)
        || io.is_some_and(|io| io.kind() != ErrorKind::PermissionDenied && !is_certificate(error))
        || error.to_string().contains("timed out")
}

/// Whether the server's certificate was not accepted, which will be so the next time, too.
fn is_certificate(error: &tokio_postgres::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if error.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether the server takes no writes. One that does may take its place in a moment.
fn is_standby(error: &tokio_postgres::Error) -> bool {
    error.code().is_none() && error.source().is_some_and(|cause| cause.to_string().contains("does not allow writes"))
}

fn database_error(error: &tokio_postgres::Error) -> StoreError {
    let Some(state) = error.code() else { return connection_error(error) };
    let message = error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned());
    match state.code() {
        "3D000" => StoreError::NoSuchDatabase(message),
        "3F000" | "42P01" => StoreError::NoDatabase,
        "28P01" | "28000" => StoreError::LoginRefused(message),
        "42501" | "0LP01" => StoreError::Forbidden(message),
        "25006" => StoreError::ReadOnly(message),
        "40P01" | "40001" | "55P03" | "SQ001" | "57014" => StoreError::Locked,
        // A pooler does not pass on what every session of ours begins with.
        "08P01" if message.contains("startup parameter") => StoreError::Configuration(format!(
            "a connection pooler is in front of the server ({message}): add pooler=transaction to the location"
        )),
        "57P01" | "57P02" | "57P03" | "53300" | "25P03" => StoreError::Unreachable(message),
        code if code.starts_with("08") => StoreError::Unreachable(message),
        "53100" | "53200" | "58030" | "58P01" => StoreError::ServerIo(message),
        "XX001" | "XX002" => StoreError::Corrupt(message),
        code => StoreError::Statement(format!("{message} ({code})")),
    }
}

fn connection_error(error: &tokio_postgres::Error) -> StoreError {
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    if is_standby(error) {
        StoreError::ReadOnly("it is a standby".to_owned())
    } else if is_certificate(error) {
        StoreError::NotTrusted(cause)
    } else if cause.contains("password missing") {
        StoreError::LoginRefused("it asks for a password, and none is given".to_owned())
    } else if cause.contains("does not support TLS") {
        StoreError::NotTrusted("it does not support TLS, which the location asks for (sslmode)".to_owned())
    } else if error.is_closed() || is_io(error) {
        StoreError::Unreachable(cause)
    } else {
        StoreError::LoginRefused(cause)
    }
}
