//! Reading everything that is known of one event.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::event::{EventId, Traceparent};
use crate::store::EventDetail;
use crate::store::checksum::EventContent;
use crate::store::db_codes::EVENT_COLUMNS;
use crate::store::sqlite::read::events::{add_schedule, event_row};
use crate::store::sqlite::read::{attempts, deliveries};

/// By what an event is looked up: its id, or its number in the order of emission.
#[derive(Clone, Copy)]
pub(crate) enum EventLookup<'a> {
    Id(&'a str),
    Seq(i64),
}

pub(crate) fn event(connection: &Connection, which: EventLookup<'_>) -> rusqlite::Result<Option<EventDetail>> {
    let find = |condition: &str, value: Value| {
        let sql = format!(
            "SELECT {EVENT_COLUMNS}, e.body, e.checksum, w.body, w.checksum, e.traceparent
             FROM event e JOIN kind k ON k.id = e.kind LEFT JOIN whole_record w ON w.event = e.seq WHERE {condition}"
        );
        connection.prepare_cached(&sql)?.query_row([value], with_bodies).optional()
    };
    let found = match which {
        EventLookup::Id(id) => find("e.id = ?1", id.to_owned().into())?,
        EventLookup::Seq(seq) => find("e.seq = ?1", seq.into())?,
    };
    let Some(mut found) = found else { return Ok(None) };
    add_schedule(connection, &mut found.row)?;
    let (edited_from, edited_into) = edits(connection, found.row.seq)?;
    let deliveries = deliveries::of_event(connection, found.row.seq)?;
    let attempts = attempts::of_event(connection, found.row.seq)?;
    Ok(Some(EventDetail { deliveries, attempts, edited_from, edited_into, ..found }))
}

/// The event itself, without its deliveries.
fn with_bodies(row: &Row<'_>) -> rusqlite::Result<EventDetail> {
    let (event, body, whole_body) = (event_row(row, 0)?, row.get::<_, Vec<u8>>(7)?, row.get::<_, Option<Vec<u8>>>(9)?);
    let sent = |body| EventContent { id: event.id.as_str(), event_type: &event.event_type, body };
    sent(&body).check_in(row, 8)?;
    if let Some(whole) = &whole_body {
        sent(whole).check_in(row, 10)?;
    }
    let traceparent = row.get::<_, Option<String>>(11)?.map(Traceparent::stored);
    Ok(EventDetail {
        row: event,
        body,
        whole_body,
        traceparent,
        deliveries: Vec::new(),
        attempts: Vec::new(),
        edited_from: None,
        edited_into: Vec::new(),
    })
}

/// The event that one was made from by editing its data, and those made from it.
fn edits(connection: &Connection, seq: i64) -> rusqlite::Result<(Option<EventId>, Vec<EventId>)> {
    let from = connection
        .prepare_cached("SELECT e.id FROM edited x JOIN event e ON e.seq = x.from_event WHERE x.event = ?1")?
        .query_row([seq], |row| row.get(0).map(EventId::stored))
        .optional()?;
    let into = connection
        .prepare_cached(
            "SELECT e.id FROM edited x JOIN event e ON e.seq = x.event WHERE x.from_event = ?1 ORDER BY e.seq",
        )?
        .query_map([seq], |row| row.get(0).map(EventId::stored))?
        .collect::<rusqlite::Result<_>>()?;
    Ok((from, into))
}
