//! Storing events with their deliveries.

use rusqlite::{OptionalExtension, params};

use crate::clock::Timestamp;
use crate::delivery::Trigger;
use crate::endpoint::{EndpointId, EventJson};
use crate::event::{Draft, Event, EventId, IdSource, Resource};
use crate::store::codes::QUEUED;
use crate::store::rules::CounterKey;
use crate::store::sqlite::upkeep::checksum::Sent;
use crate::store::sqlite::write::writer::Txn;
use crate::store::sqlite::write::{known_ids, records};
use crate::store::{DeliveryId, Drafts, Enqueued, Receipt, Result, StoreError, codes, rules};

pub(crate) fn enqueue(
    txn: &mut Txn<'_>,
    drafts: Drafts,
    skip_conflicts: bool,
    ids: &IdSource,
    now: Timestamp,
) -> Result<Enqueued> {
    let mut done = Enqueued::default();
    for (position, draft) in (0..).zip(drafts) {
        match enqueue_one(txn, draft?, ids, now) {
            Ok(receipt) => done.add(receipt),
            Err(StoreError::Conflict(id)) if skip_conflicts => done.skip(position, id),
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

pub(crate) fn enqueue_one(txn: &mut Txn<'_>, draft: Draft, ids: &IdSource, now: Timestamp) -> Result<Receipt> {
    let id = match &draft.id {
        Some(id) => {
            if let Some(known) = known_ids::emitted(txn.connection, id)? {
                return known.compare(&draft, id);
            }
            if known_ids::arrived_otherwise(txn.connection, id, &draft, now)? {
                return Err(StoreError::Conflict(id.clone()));
            }
            id.clone()
        }
        None => ids.next(now),
    };
    if draft.is_ahead(now) {
        return Err(StoreError::Ahead);
    }
    store(txn, draft, id, now)
}

/// Stores a new event and merges it into its record, later than everything known of it unless it brings its own time.
fn store(txn: &mut Txn<'_>, draft: Draft, id: EventId, now: Timestamp) -> Result<Receipt> {
    let record = records::of_draft(txn.connection, &draft)?;
    let stamp = record.as_ref().map_or(now, |stored| stored.record.next_stamp(now));
    let data = draft.data.clone();
    let event = draft.into_event(id, stamp);
    let (seq, deliveries) = insert(txn, &event, now)?;
    if let Some(record) = record {
        records::emitted(txn.connection, record, &event, (&data, seq))?;
    }
    Ok(Receipt { event, deliveries, duplicate: false })
}

fn insert(txn: &mut Txn<'_>, event: &Event, now: Timestamp) -> rusqlite::Result<(i64, u64)> {
    let connection = txn.connection;
    let kind = txn.cache.kind(connection, &event.event_type, &event.resource.kind)?;
    connection
        .prepare_cached(
            "INSERT INTO event (id, kind, resource_id, timestamp, created_at, body, checksum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            event.id.as_str(),
            kind,
            event.resource.id,
            event.timestamp.as_millis(),
            now.as_millis(),
            &event.body[..],
            Sent { id: event.id.as_str(), event_type: &event.event_type, body: &event.body }.checksum(),
        ])?;
    let seq = connection.last_insert_rowid();
    txn.cache.stored_event();
    let lane = rules::lane_of(&event.resource);
    let made = deliver(txn, (seq, lane, &event.event_type), &event.body, Trigger::Initial, None, now)?;
    Ok((seq, made.len() as u64))
}

/// Queues a stored event for each endpoint that subscribes to it, or for the one of them that is named.
fn deliver(
    txn: &mut Txn<'_>,
    (seq, lane, event_type): (i64, i64, &str),
    body: &[u8],
    trigger: Trigger,
    only: Option<&str>,
    now: Timestamp,
) -> rusqlite::Result<Vec<DeliveryId>> {
    let connection = txn.connection;
    let mut event = EventJson::new(body);
    let wanting: Vec<EndpointId> = txn
        .cache
        .endpoints(connection)?
        .iter()
        .map(|row| &row.endpoint)
        .filter(|it| {
            it.configured && it.settings.gets(event_type, &mut event) && only.is_none_or(|name| it.name == name)
        })
        .map(|it| it.id)
        .collect();
    let mut made = Vec::with_capacity(wanting.len());
    for endpoint in wanting {
        connection
            .prepare_cached(
                "INSERT INTO delivery (event, endpoint, lane, state, trigger, due_at, changed_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
            )?
            .execute(params![seq, endpoint.0, lane, QUEUED, codes::trigger_code(trigger), now.as_millis()])?;
        made.push(DeliveryId(connection.last_insert_rowid()));
        txn.cache.count_transition(endpoint, None, Some(CounterKey { state: QUEUED, attempts: 0, failures: 0 }));
    }
    Ok(made)
}

/// Queues events that have no delivery; others, and unknown ones, are left as they are.
pub(crate) fn create_missing_deliveries(
    txn: &mut Txn<'_>,
    events: &[EventId],
    trigger: Trigger,
    only: Option<&str>,
    now: Timestamp,
) -> Result<Vec<DeliveryId>> {
    let mut made = Vec::new();
    for id in events {
        made.extend(create_missing(txn, id, trigger, only, now)?);
    }
    Ok(made)
}

fn create_missing(
    txn: &mut Txn<'_>,
    id: &EventId,
    trigger: Trigger,
    only: Option<&str>,
    now: Timestamp,
) -> rusqlite::Result<Vec<DeliveryId>> {
    let found = txn
        .connection
        .prepare_cached(
            "SELECT e.seq, k.type, k.resource_type, e.resource_id, e.body FROM event e JOIN kind k ON k.id = e.kind
             WHERE e.id = ?1 AND NOT EXISTS (SELECT 1 FROM delivery WHERE event = e.seq)",
        )?
        .query_row([id.as_str()], |row| {
            let resource = Resource { kind: row.get(2)?, id: row.get(3)? };
            Ok((row.get(0)?, rules::lane_of(&resource), row.get::<_, String>(1)?, row.get::<_, Vec<u8>>(4)?))
        })
        .optional()?;
    let Some((seq, lane, event_type, body)) = found else { return Ok(Vec::new()) };
    deliver(txn, (seq, lane, &event_type), &body, trigger, only, now)
}
