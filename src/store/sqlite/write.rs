//! Writes: each runs inside a transaction of the thread that owns the write connection.

pub(crate) mod acknowledge;
pub(crate) mod advance;
pub(crate) mod apply;
pub(crate) mod claim;
pub(crate) mod coalesce;
pub(crate) mod edit;
pub(crate) mod endpoint_cache;
pub(crate) mod endpoints;
pub(crate) mod enqueue;
pub(crate) mod inserts;
pub(crate) mod known_ids;
pub(crate) mod lanes;
pub(crate) mod records;
pub(crate) mod replay;
pub(crate) mod runs;
pub(crate) mod schedule;
pub(crate) mod schedule_rows;
pub(crate) mod writer;
