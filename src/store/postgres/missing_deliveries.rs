//! Queueing stored events that have no deliveries.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::client::Client;
use super::connection::{Connection, args};
use super::endpoint_rows::EndpointRow;
use super::error::PostgresError;
use super::figures::CounterDeltas;
use super::new_events::insert_whole;
use super::row::{int, time};
use super::{DeliveryId, Result, db_codes, record_rows, rules};
use crate::clock::Timestamp;
use crate::delivery::Trigger;
use crate::event::{Event, EventId, Resource};
use crate::record::RecordKind;

/// Queues events that have no delivery; others, and unknown ones, are left as they are.
pub(super) async fn create_missing_deliveries(
    client: &Client,
    events: Vec<EventId>,
    trigger: Trigger,
    only: Option<String>,
    now: Timestamp,
) -> Result<Vec<DeliveryId>> {
    let now = client.by_server(now);
    let work = async |connection: &Connection| {
        let mut made = Vec::new();
        for id in &events {
            made.extend(create_missing(client, connection, id, trigger, only.as_deref(), now).await?);
        }
        Ok(made)
    };
    client.transact_and_announce(work, |made| !made.is_empty()).await
}

async fn create_missing(
    client: &Client,
    connection: &Connection,
    id: &EventId,
    trigger: Trigger,
    only: Option<&str>,
    now: Timestamp,
) -> Result<Vec<DeliveryId>, PostgresError> {
    let found = connection
        .first(
            "SELECT e.seq, k.type, k.resource_type, e.resource_id, e.body, e.timestamp,
                (SELECT body FROM whole_record WHERE event = e.seq)
             FROM event e JOIN kind k ON k.id = e.kind
             WHERE e.id = $1 AND NOT EXISTS (SELECT FROM delivery WHERE event = e.seq)
                AND NOT EXISTS (SELECT FROM scheduled WHERE event = e.seq AND queued_at IS NULL) FOR UPDATE OF e",
            args![id.as_str()],
        )
        .await?;
    let Some(row) = found else { return Ok(Vec::new()) };
    let seq = int(&row, 0);
    let event = Event {
        id: id.clone(),
        event_type: row.get(1),
        resource: Resource { kind: row.get(2), id: row.get(3) },
        timestamp: time(&row, 5),
        traceparent: None,
        body: row.get::<_, Vec<u8>>(4).into(),
    };
    let endpoints = client.endpoints(connection).await?;
    let whole = match row.get::<_, Option<Vec<u8>>>(6) {
        Some(kept) => Some(kept.into()),
        None => whole_record_now(connection, &endpoints, &event).await?,
    };
    deliver(client, connection, (seq, &event, whole.as_deref()), (trigger, only), now).await
}

/// Queues a stored event for each endpoint that subscribes to it, or for the one of them that is named.
pub(super) async fn deliver(
    client: &Client,
    connection: &Connection,
    (seq, event, whole): (i64, &Event, Option<&[u8]>),
    (trigger, only): (Trigger, Option<&str>),
    now: Timestamp,
) -> Result<Vec<DeliveryId>, PostgresError> {
    let endpoints = client.endpoints(connection).await?;
    let named = endpoints.iter().map(|row| &row.endpoint).filter(|it| only.is_none_or(|name| it.name == name));
    let targets = rules::targets(named, &event.event_type, &event.body, whole);
    let (ids, wholes): (Vec<i64>, Vec<bool>) = targets.iter().map(|it| (it.endpoint.0, it.whole_record)).unzip();
    let revision: i64 = endpoints.iter().map(|row| row.revision).sum();
    let lane = rules::lane_of(&event.resource);
    // Another one may have made them between the look and the lock.
    let rows = connection
        .query(
            "WITH sent AS (
                INSERT INTO delivery (event, lane, endpoint, changed_at, trigger, whole_record)
                SELECT $1, $2, endpoint, $3, $4, whole_record FROM unnest($5, $6) AS w(endpoint, whole_record)
                WHERE NOT EXISTS (SELECT FROM delivery WHERE event = $1)
                RETURNING id, event, endpoint, lane, whole_record
            ), queued AS (
                INSERT INTO queue (endpoint, id, event, lane, whole_record)
                SELECT endpoint, id, event, lane, whole_record FROM sent
            )
            SELECT id, endpoint, fence((SELECT coalesce(sum(revision), 0) FROM endpoint) = $7)::text FROM sent ORDER BY id",
            args![seq, lane, now.as_millis(), db_codes::trigger_code(trigger), ids, wholes, revision],
        )
        .await?;
    let mut counted = CounterDeltas::default();
    for row in &rows {
        counted.endpoint(int(row, 1)).open += 1;
    }
    counted.write(connection, client.slot).await?;
    Ok(rows.iter().map(|row| DeliveryId(int(row, 0))).collect())
}

/// Renders and stores the whole record, as it is now, of an event that was emitted when no endpoint asked for whole
/// records.
async fn whole_record_now(
    connection: &Connection,
    endpoints: &[EndpointRow],
    event: &Event,
) -> Result<Option<Bytes>, PostgresError> {
    let asked = rules::wants_whole_record(endpoints.iter().map(|row| &row.endpoint), &event.event_type);
    let Some(kind) = RecordKind::of_event(&event.event_type).filter(|_| asked) else { return Ok(None) };
    let key = record_rows::key(kind, &event.resource.id);
    let loaded = record_rows::lock(connection, BTreeSet::from([key.clone()])).await?;
    let Some(stored) = loaded.get(&key) else { return Ok(None) };
    let body = rules::whole_body(event, kind, &stored.record);
    insert_whole(connection, std::iter::once((event, &body))).await?;
    Ok(Some(body))
}
