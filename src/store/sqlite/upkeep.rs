//! Looking after the rows: checking them, and removing old ones.

pub(crate) mod checksum;
pub(crate) mod integrity;
pub(crate) mod prune;
pub(crate) mod transfer;
