//! The rows that say when an event is sent, and what it was made from.

use super::connection::{Connection, args};
use super::error::PostgresError;
use crate::clock::Timestamp;
use crate::event::{Draft, EventId};

/// Notes when new events are to be sent, and what they were made from; the events are stored already.
pub(super) async fn note<'a>(
    connection: &Connection,
    stored: impl Iterator<Item = (&'a Draft, &'a EventId)> + Clone,
    now: Timestamp,
) -> Result<(), PostgresError> {
    let later =
        stored.clone().filter_map(|(draft, id)| Some((id.as_str(), draft.dispatch.later_than(now)?.as_millis())));
    let edited = stored.filter_map(|(draft, id)| Some((id.as_str(), draft.edited_from.as_ref()?.as_str())));
    let (later, edited) = tokio::join!(biased; schedule(connection, later.unzip()), link(connection, edited.unzip()));
    later.and(edited)
}

async fn schedule(connection: &Connection, (ids, times): (Vec<&str>, Vec<i64>)) -> Result<(), PostgresError> {
    if !ids.is_empty() {
        let sql = "INSERT INTO scheduled (event, at)
            SELECT (SELECT seq FROM event WHERE id = n.id), n.at FROM unnest($1, $2) AS n(id, at)";
        connection.query(sql, args![ids, times]).await?;
    }
    Ok(())
}

async fn link(connection: &Connection, (ids, from): (Vec<&str>, Vec<&str>)) -> Result<(), PostgresError> {
    if !ids.is_empty() {
        let sql = "INSERT INTO edited (event, from_event)
            SELECT (SELECT seq FROM event WHERE id = n.id), e.seq FROM unnest($1, $2) AS n(id, source) JOIN event e ON e.id = n.source";
        connection.query(sql, args![ids, from]).await?;
    }
    Ok(())
}
