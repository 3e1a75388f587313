//! What became of the messages of a source.

use crate::store::inbound::Applied;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// It was accepted.
    Applied(Applied),
    /// It was refused, for this reason.
    Refused(&'static str),
}

/// How many messages were read from a source, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that changed something.
    pub applied: u64,
    /// Those that were received before.
    pub duplicates: u64,
    /// Those that came too late.
    pub stale: u64,
    /// Those that were refused.
    pub refused: u64,
}

impl Tally {
    /// All of them.
    pub fn received(&self) -> u64 {
        self.applied + self.duplicates + self.stale + self.refused
    }

    /// Counts one more.
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
