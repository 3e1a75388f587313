//! Errors of SQLite and the system, as errors of the store.

use std::io;
use std::path::Path;

use rusqlite::ErrorCode;

use crate::store::StoreError;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let detail = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(detail),
            Some(
                ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::OutOfMemory
                | ErrorCode::TooBig,
            ) => Self::Io(detail),
            _ => Self::Statement(detail),
        }
    }
}

/// The system failed at the database or what belongs to it.
pub(crate) fn io(error: &io::Error) -> StoreError {
    StoreError::Io(error.to_string())
}

/// The system failed at another file, such as a backup.
pub(crate) fn file(path: &Path, error: &io::Error) -> StoreError {
    StoreError::File { path: path.to_owned(), detail: error.to_string() }
}

/// A stored value that this program cannot read.
pub(crate) fn unreadable(column: &str, cause: &dyn std::fmt::Display) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        0,
        rusqlite::types::Type::Text,
        format!("column {column}: {cause}").into(),
    )
}
