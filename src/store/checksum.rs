//! The checksum of a stored event, which shows whether the disk changed it.

use crate::event::Event;

/// The parts of an event that are sent, as its row has them: their checksum shows whether the disk changed them.
#[derive(Clone, Copy)]
pub(crate) struct EventContent<'a> {
    pub id: &'a str,
    pub event_type: &'a str,
    pub body: &'a [u8],
}

impl<'a> EventContent<'a> {
    /// The content of an event.
    pub(crate) fn of(event: &'a Event) -> Self {
        Self { id: event.id.as_str(), event_type: &event.event_type, body: &event.body }
    }

    /// CRC-32 finds every change of up to 32 neighbouring bits, and all but one of four thousand million others.
    pub(crate) fn checksum(self) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        for part in [self.id.as_bytes(), b"\0", self.event_type.as_bytes(), b"\0", self.body] {
            sum.update(part);
        }
        sum.finalize()
    }

    /// Whether it has the checksum that is stored.
    pub(crate) fn is_sound(self, stored: i64) -> bool {
        stored == i64::from(self.checksum())
    }
}
