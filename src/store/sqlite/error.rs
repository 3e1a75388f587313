//! What SQLite says, in the store's words.

use std::path::Path;

use rusqlite::ErrorCode;

use super::StoreError;

/// The store's error for an error of SQLite.
pub(super) fn of(path: &Path, error: &rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    let detail = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked(path),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt { path, detail },
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::OutOfMemory
            | ErrorCode::TooBig,
        ) => StoreError::Io { path, detail },
        _ => StoreError::Statement(detail),
    }
}

/// The store's error for an error of the system.
pub(super) fn io(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), detail: error.to_string() }
}
