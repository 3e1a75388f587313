//! Events that are sent at a time of their own.

use std::collections::BTreeSet;

use bytes::Bytes;
use tokio_postgres::Row;

use super::client::Client;
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::new_events::insert_whole;
use super::row::{int, maybe_time, time};
use super::{Cancellation, Result, missing_deliveries, record_rows, rules};
use crate::clock::Timestamp;
use crate::delivery::Trigger;
use crate::event::{Event, EventId, Resource, data_of};
use crate::record::RecordKind;

const DUE: &str = "SELECT s.event, e.id, k.type, k.resource_type, e.resource_id, e.timestamp, e.body
    FROM scheduled s JOIN event e ON e.seq = s.event JOIN kind k ON k.id = e.kind
    WHERE s.at <= $1 AND s.queued_at IS NULL AND s.cancelled_at IS NULL
    ORDER BY s.at, s.event LIMIT 500 FOR UPDATE OF s SKIP LOCKED";

pub(super) async fn queue_due(client: &Client, now: Timestamp) -> Result<u64> {
    let now = client.by_server(now);
    // Most of the time nothing is due: looking takes no lock.
    let is_due = "SELECT EXISTS (SELECT FROM scheduled WHERE at <= $1 AND queued_at IS NULL AND cancelled_at IS NULL)";
    let look = client.read(async |connection: &Connection| {
        Ok(connection.first(is_due, args![now.as_millis()]).await?.is_some_and(|row| row.get(0)))
    });
    if !look.await? {
        return Ok(0);
    }
    let work = async |connection: &Connection| {
        let due = connection.query(DUE, args![now.as_millis()]).await?;
        for row in &due {
            queue(client, connection, row, now).await?;
        }
        Ok(due.len() as u64)
    };
    client.transact_and_announce(work, |queued| *queued > 0).await
}

async fn queue(client: &Client, connection: &Connection, row: &Row, now: Timestamp) -> Result<(), PostgresError> {
    let seq = int(row, 0);
    let event = Event {
        id: EventId::stored(row.get(1)),
        event_type: row.get(2),
        resource: Resource { kind: row.get(3), id: row.get(4) },
        timestamp: time(row, 5),
        traceparent: None,
        body: Bytes::from(row.get::<_, Vec<u8>>(6)),
    };
    let whole = merge(client, connection, &event).await?;
    missing_deliveries::deliver(client, connection, (seq, &event, whole.as_deref()), (Trigger::Initial, None), now)
        .await?;
    connection.query("UPDATE scheduled SET queued_at = $2 WHERE event = $1", args![seq, now.as_millis()]).await?;
    Ok(())
}

/// Merges the event into its record, now that it happened; returns its body with the whole record, where that is asked for.
async fn merge(client: &Client, connection: &Connection, event: &Event) -> Result<Option<Bytes>, PostgresError> {
    let (Some(data), Some(kind)) = (data_of(&event.body), RecordKind::of_event(&event.event_type)) else {
        return Ok(None);
    };
    let key = record_rows::key(kind, &event.resource.id);
    let mut loaded = record_rows::lock(connection, BTreeSet::from([key.clone()])).await?;
    let Some(stored) = loaded.get_mut(&key) else { return Ok(None) };
    if !stored.emitted(event, data).is_ok_and(|merged| merged) {
        return Ok(None);
    }
    let endpoints = client.endpoints(connection).await?;
    let asked = rules::wants_whole_record(endpoints.iter().map(|row| &row.endpoint), &event.event_type);
    let whole = asked.then(|| rules::whole_body(event, kind, &stored.record));
    record_rows::save(connection, &loaded).await?;
    insert_whole(connection, whole.iter().map(|body| (event, body))).await?;
    Ok(whole)
}

pub(super) async fn cancel(client: &Client, event: EventId, now: Timestamp) -> Result<Cancellation> {
    let now = client.by_server(now);
    client
        .transact(async |connection: &Connection| {
            let sql = "SELECT e.seq FROM event e WHERE e.id = $1";
            let Some(row) = connection.first(sql, args![event.as_str()]).await? else {
                return Ok(Cancellation::Unknown);
            };
            let seq = int(&row, 0);
            let sql = "SELECT queued_at, cancelled_at FROM scheduled WHERE event = $1 FOR UPDATE";
            let Some(row) = connection.first(sql, args![seq]).await? else { return Ok(Cancellation::NotScheduled) };
            match (maybe_time(&row, 0), maybe_time(&row, 1)) {
                (_, Some(before)) => return Ok(Cancellation::Before(before)),
                (Some(queued), None) => return Ok(Cancellation::TooLate(queued)),
                (None, None) => {}
            }
            let sql = "UPDATE scheduled SET cancelled_at = $2 WHERE event = $1";
            connection.query(sql, args![seq, now.as_millis()]).await?;
            Ok(Cancellation::Done)
        })
        .await
}
