//! Events that have their ids before a transaction stores them.

use crate::clock::Timestamp;
use crate::event::{Draft, EventId, IdSource};

/// An event to be stored, with its id already chosen, so that a transaction that is tried again stores the same one.
pub(super) struct NumberedDraft {
    pub(super) draft: Draft,
    pub(super) id: EventId,
    /// When it was handed in.
    pub(super) now: Timestamp,
}

impl NumberedDraft {
    pub(super) fn of(ids: &IdSource, draft: Draft, now: Timestamp) -> Self {
        let id = draft.id.clone().unwrap_or_else(|| ids.next(now));
        Self { draft, id, now }
    }

    /// The event type with the resource type.
    pub(super) fn kind(&self) -> (&str, &str) {
        (self.draft.event_type.as_str(), self.draft.resource.kind.as_str())
    }
}
