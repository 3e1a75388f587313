//! Refuses a stored event that is no longer the one that was emitted.
//!
//! SQLite checks the structure of its pages, not their content: a bit that flips inside a body would be signed and
//! sent like any other.

use rusqlite::Row;
use rusqlite::ffi::{Error as Code, SQLITE_CORRUPT};

use crate::store::checksum::EventContent;
use crate::untrusted::Untrusted;

impl EventContent<'_> {
    /// Whether it is what `row` has the checksum of, in the column `at`. An event from before there were checksums passes.
    pub(crate) fn is_sound_in(self, row: &Row<'_>, at: usize) -> rusqlite::Result<bool> {
        Ok(row.get::<_, Option<i64>>(at)?.is_none_or(|stored| self.is_sound(stored)))
    }

    /// Refuses an event that is not the one that was emitted.
    pub(crate) fn check_in(self, row: &Row<'_>, at: usize) -> rusqlite::Result<()> {
        if self.is_sound_in(row, at)? { Ok(()) } else { Err(altered(self.id)) }
    }
}

fn altered(id: &str) -> rusqlite::Error {
    let id = Untrusted(id);
    let told = format!(
        "the stored event `{id}` is not the one that was emitted; `syncctl deliveries give-up {id}` lets the others go on without it"
    );
    rusqlite::Error::SqliteFailure(Code::new(SQLITE_CORRUPT), Some(told))
}
