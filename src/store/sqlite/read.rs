//! Reads, each inside one read transaction.

pub(crate) mod attempts;
pub(crate) mod deliveries;
pub(crate) mod event_detail;
pub(crate) mod events;
pub(crate) mod figures;
pub(crate) mod preview;
pub(crate) mod received;
pub(crate) mod records;
pub(crate) mod runs;
pub(crate) mod search;
pub(crate) mod where_clause;
