//! Counts the results of a source's messages.

use crate::store::inbound::ApplyResult;

/// What came of a message from a broker: applied, known already, refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageResult {
    /// It was accepted.
    Applied(ApplyResult),
    /// It was refused, for this reason.
    Refused(&'static str),
}

/// How many messages were read from a source, by what came of them.
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
    pub fn add(&mut self, handled: MessageResult) {
        let count = match handled {
            MessageResult::Applied(ApplyResult::Applied) => &mut self.applied,
            MessageResult::Applied(ApplyResult::Duplicate) => &mut self.duplicates,
            MessageResult::Applied(ApplyResult::Stale) => &mut self.stale,
            MessageResult::Applied(ApplyResult::Conflict) | MessageResult::Refused(_) => &mut self.refused,
        };
        *count += 1;
    }
}
