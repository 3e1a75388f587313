//! The disk below the file.

use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::store::Storage;

/// What is written to see whether anything still fits: more than a short transaction needs.
static PROBE: [u8; 64 * 1024] = [0; 64 * 1024];

pub(super) fn storage(database: &Path, wal: &Path) -> Storage {
    Storage {
        full: database.parent().is_some_and(is_full),
        // Asked of the system, not opened: closing it would drop SQLite's locks.
        wal_bytes: std::fs::metadata(wal).map_or(0, |wal| wal.len()),
    }
}

/// Whether a file without a name finds no room there. Who may not write there at all cannot tell.
fn is_full(directory: &Path) -> bool {
    let tried = tempfile::tempfile_in(directory).and_then(|mut file| file.write_all(&PROBE));
    tried.is_err_and(|error| matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded))
}
