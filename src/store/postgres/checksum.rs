//! Whether a stored event is still the one that was emitted.

use super::error::PostgresError;
use crate::event::Event;
use crate::store::StoreError;
use crate::untrusted::Untrusted;

/// The parts of an event that are sent, as its row has them: their checksum shows whether the disk changed them.
#[derive(Clone, Copy)]
pub(super) struct EventContent<'a> {
    pub id: &'a str,
    pub event_type: &'a str,
    pub body: &'a [u8],
}

impl<'a> EventContent<'a> {
    pub(super) fn of(event: &'a Event) -> Self {
        Self { id: event.id.as_str(), event_type: &event.event_type, body: &event.body }
    }

    /// CRC-32 finds every change of up to 32 neighbouring bits, and all but one of four thousand million others.
    pub(super) fn checksum(self) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        for part in [self.id.as_bytes(), b"\0", self.event_type.as_bytes(), b"\0", self.body] {
            sum.update(part);
        }
        sum.finalize()
    }

    /// Whether it has the checksum that is stored.
    pub(super) fn is_sound(self, stored: i64) -> bool {
        stored == i64::from(self.checksum())
    }

    /// Refuses an event that is not the one that was emitted.
    pub(super) fn check(self, stored: i64) -> Result<(), PostgresError> {
        if self.is_sound(stored) { Ok(()) } else { Err(Self::altered(self.id)) }
    }

    /// Says which event is not the one that was emitted.
    pub(super) fn altered(id: &str) -> PostgresError {
        let detail = format!("the stored event `{}` is not the one that was emitted", Untrusted(id));
        StoreError::Corrupt(detail).into()
    }
}
