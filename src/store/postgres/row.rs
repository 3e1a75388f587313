//! How states and causes are written in rows.

use tokio_postgres::Row;

use super::error::PostgresError;
use crate::clock::Timestamp;
use crate::delivery::Next;
use crate::store::{StoreError, db_codes};

/// `delivery.state`.
pub(super) const OPEN: i64 = 0;
pub(super) const DELIVERED: i64 = 1;
pub(super) const FAILED: i64 = 2;
pub(super) const SUPERSEDED: i64 = 3;

/// `waiting.state`.
pub(super) const BLOCKED: i64 = 0;
pub(super) const READY: i64 = 1;
pub(super) const SOLO: i64 = 2;

/// How a next step is written in `delivery`: state and reason. What is open stands in `waiting` as well.
pub(super) fn written(next: Next) -> (i64, Option<i64>) {
    match next {
        Next::Delivered => (DELIVERED, None),
        Next::RetryAt(_) | Next::RunAlone => (OPEN, None),
        Next::Failed(reason) => (FAILED, Some(db_codes::reason_code(reason))),
    }
}

/// A whole number, however many bytes its column has.
pub(super) fn int(row: &Row, at: usize) -> i64 {
    maybe_int(row, at).unwrap_or(0)
}

/// A whole number that may be missing.
pub(super) fn maybe_int(row: &Row, at: usize) -> Option<i64> {
    use tokio_postgres::types::Type;
    match *row.columns()[at].type_() {
        Type::INT2 => row.get::<_, Option<i16>>(at).map(i64::from),
        Type::INT4 => row.get::<_, Option<i32>>(at).map(i64::from),
        _ => row.get::<_, Option<i64>>(at),
    }
}

/// A count that is never negative and never near the limit.
pub(super) fn count(row: &Row, at: usize) -> u32 {
    u32::try_from(int(row, at)).unwrap_or(0)
}

/// A time.
pub(super) fn time(row: &Row, at: usize) -> Timestamp {
    Timestamp::from_millis(int(row, at))
}

/// A time that may be missing.
pub(super) fn maybe_time(row: &Row, at: usize) -> Option<Timestamp> {
    maybe_int(row, at).map(Timestamp::from_millis)
}

/// A stored value that this program cannot read.
pub(super) fn unreadable(column: &str, cause: &dyn std::fmt::Display) -> PostgresError {
    StoreError::Statement(format!("column {column}: {cause}")).into()
}

/// Text without the one character that the server does not store.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
