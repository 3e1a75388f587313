//! Whether a stored event is still the one that was emitted.
//!
//! SQLite looks at the structure of its pages, not at what stands in them: a bit that flips inside a body would be signed and
//! sent like any other.

use rusqlite::Row;
use rusqlite::ffi::{Error as Code, SQLITE_CORRUPT};

use crate::untrusted::Untrusted;

/// The parts of an event that are sent, as its row has them: their checksum shows whether the disk changed them.
#[derive(Clone, Copy)]
pub(crate) struct EventContent<'a> {
    pub id: &'a str,
    pub event_type: &'a str,
    pub body: &'a [u8],
}

impl EventContent<'_> {
    /// CRC-32 finds every change of up to 32 neighbouring bits, and all but one of four thousand million others.
    pub(crate) fn checksum(self) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        for part in [self.id.as_bytes(), b"\0", self.event_type.as_bytes(), b"\0", self.body] {
            sum.update(part);
        }
        sum.finalize()
    }

    /// Whether it is what `row` has the checksum of, in the column `at`. An event from before there were checksums passes.
    pub(crate) fn is_sound(self, row: &Row<'_>, at: usize) -> rusqlite::Result<bool> {
        Ok(row.get::<_, Option<i64>>(at)?.is_none_or(|stored| stored == i64::from(self.checksum())))
    }

    /// Refuses an event that is not the one that was emitted.
    pub(crate) fn check(self, row: &Row<'_>, at: usize) -> rusqlite::Result<()> {
        if self.is_sound(row, at)? { Ok(()) } else { Err(altered(self.id)) }
    }
}

fn altered(id: &str) -> rusqlite::Error {
    let id = Untrusted(id);
    let told = format!(
        "the stored event `{id}` is not the one that was emitted; `syncctl deliveries give-up {id}` lets the others go on without it"
    );
    rusqlite::Error::SqliteFailure(Code::new(SQLITE_CORRUPT), Some(told))
}
