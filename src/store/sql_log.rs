//! The log of statements.

/// The target under which every statement is logged, at level trace: `-vvv`, or `SYNCCTL_LOG=syncctl::sql=trace` alone.
pub const SQL_LOG: &str = "syncctl::sql";
