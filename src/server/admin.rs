//! The queue over HTTP, for those who operate it: what there is, and what can be done about it.

pub(super) mod actions;
pub(super) mod changes;
pub(super) mod lists;
