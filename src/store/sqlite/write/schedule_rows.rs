//! The rows that say when an event is sent, and what it was made from.

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::event::{Dispatch, EventId};

/// Notes when a new event is to be sent, and what it was made from.
pub(crate) fn note(
    connection: &Connection,
    seq: i64,
    (dispatch, edited_from): (Dispatch, Option<&EventId>),
    now: Timestamp,
) -> rusqlite::Result<()> {
    if let Some(at) = dispatch.later_than(now) {
        connection
            .prepare_cached("INSERT INTO scheduled (event, at) VALUES (?1, ?2)")?
            .execute(params![seq, at.as_millis()])?;
    }
    if let Some(from) = edited_from {
        connection
            .prepare_cached("INSERT INTO edited (event, from_event) SELECT ?1, seq FROM event WHERE id = ?2")?
            .execute(params![seq, from.as_str()])?;
    }
    Ok(())
}

/// Deletes what was noted of an event that is removed.
pub(crate) fn remove(connection: &Connection, seq: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM scheduled WHERE event = ?1")?.execute([seq])?;
    connection.prepare_cached("DELETE FROM edited WHERE event = ?1 OR from_event = ?1")?.execute([seq])?;
    Ok(())
}
