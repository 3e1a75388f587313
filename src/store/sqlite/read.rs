//! Reads, each inside one read transaction.

pub(crate) mod figures;
pub(crate) mod lists;
pub(crate) mod preview;
pub(crate) mod received;
pub(crate) mod records;
pub(crate) mod runs;
