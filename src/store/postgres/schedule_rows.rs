//! The rows that say when an event is sent, and what it was made from.

use super::connection::{Connection, args};
use super::error::PostgresError;
use crate::clock::Timestamp;
use crate::event::Draft;

/// Notes when new events are to be sent, and what they were made from.
pub(super) async fn note(
    connection: &Connection,
    stored: &[(&Draft, i64)],
    now: Timestamp,
) -> Result<(), PostgresError> {
    let later = |(draft, seq): &(&Draft, i64)| Some((*seq, draft.dispatch.later_than(now)?.as_millis()));
    let (events, times): (Vec<i64>, Vec<i64>) = stored.iter().filter_map(later).unzip();
    if !events.is_empty() {
        let sql = "INSERT INTO scheduled (event, at) SELECT * FROM unnest($1, $2)";
        connection.query(sql, args![events, times]).await?;
    }
    let edited = |(draft, seq): &(&Draft, i64)| Some((*seq, draft.edited_from.as_ref()?.to_string()));
    let (events, from): (Vec<i64>, Vec<String>) = stored.iter().filter_map(edited).unzip();
    if !events.is_empty() {
        let sql = "INSERT INTO edited (event, from_event)
            SELECT n.event, e.seq FROM unnest($1, $2) AS n(event, id) JOIN event e ON e.id = n.id";
        connection.query(sql, args![events, from]).await?;
    }
    Ok(())
}
