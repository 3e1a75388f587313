//! Counts the results of a source's messages.

use crate::store::inbound::Applied;

/// The result of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// It was accepted.
    Applied(Applied),
    /// It was refused, for this reason.
    Refused(&'static str),
}

/// The number of messages from a source, by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageCounts {
    /// Those that changed something.
    pub applied: u64,
    /// Those that were received before (duplicates).
    pub duplicates: u64,
    /// Those that lost against a later write (stale).
    pub stale: u64,
    /// Those that were refused.
    pub refused: u64,
}

impl MessageCounts {
    /// The number of all messages.
    pub fn received(&self) -> u64 {
        self.applied + self.duplicates + self.stale + self.refused
    }

    /// Counts a message.
    pub fn add(&mut self, handled: Handled) {
        let count = match handled {
            Handled::Applied(Applied::Applied) => &mut self.applied,
            Handled::Applied(Applied::Duplicate) => &mut self.duplicates,
            Handled::Applied(Applied::Stale) => &mut self.stale,
            Handled::Applied(Applied::Conflict) | Handled::Refused(_) => &mut self.refused,
        };
        *count += 1;
    }
}
