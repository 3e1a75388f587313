//! Storing events with their deliveries.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::delivery::Trigger;
use crate::event::{Draft, Event, EventId, IdSource, Resource, Traceparent, data_of};
use crate::record::RecordKind;
use crate::store::checksum::EventContent;
use crate::store::db_codes::QUEUED;
use crate::store::rules::{CounterKey, EventRecipient};
use crate::store::sqlite::write::records::StoredRecord;
use crate::store::sqlite::write::writer::Txn;
use crate::store::sqlite::write::{coalesce, known_ids, records, schedule_rows};
use crate::store::{DeliveryId, Drafts, EnqueueResult, Receipt, Result, StoreError, db_codes, rules};

pub(crate) fn enqueue(
    txn: &mut Txn<'_>,
    drafts: Drafts,
    skip_conflicts: bool,
    ids: &IdSource,
    now: Timestamp,
) -> Result<EnqueueResult> {
    let mut done = EnqueueResult::default();
    for draft in drafts {
        done.add(enqueue_one(txn, &draft?, ids, now), skip_conflicts)?;
    }
    Ok(done)
}

pub(crate) fn enqueue_one(txn: &mut Txn<'_>, draft: &Draft, ids: &IdSource, now: Timestamp) -> Result<Receipt> {
    let id = match &draft.id {
        Some(id) => {
            if let Some(known) = known_ids::emitted(txn.connection, id)? {
                return known.compare(draft, id);
            }
            if known_ids::arrived_otherwise(txn.connection, id, draft, now)? {
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
fn store(txn: &mut Txn<'_>, draft: &Draft, id: EventId, now: Timestamp) -> Result<Receipt> {
    let dispatch = draft.dispatch;
    // What happens later changes its record then.
    let stored = if dispatch.is_now(now) { records::of_draft(txn.connection, draft)? } else { None };
    let stamp = stored.as_ref().map_or(now, |stored| stored.record.next_stamp(now));
    let stamp = dispatch.later_than(now).unwrap_or(stamp);
    let event = draft.to_event(id, stamp);
    let merged = match stored {
        Some(stored) => records::merge_emitted(stored, &event, &draft.data)?,
        None => None,
    };
    let whole = whole_record_of(txn, &event, merged.as_ref())?;
    let seq = insert(txn, &event, whole.as_deref(), now)?;
    schedule_rows::note(txn.connection, seq, (dispatch, draft.edited_from.as_ref()), now)?;
    let made = match dispatch.is_now(now) {
        true => {
            deliver(txn, StoredEvent::of(seq, &event), (&event.body, whole.as_deref()), (Trigger::Initial, None), now)?
        }
        false => Vec::new(),
    };
    if let Some(stored) = merged {
        records::save_emitted(txn.connection, stored, seq)?;
    }
    Ok(Receipt { event, deliveries: made.len() as u64, duplicate: false })
}

/// The event with the whole record that it was merged into, where an endpoint asks for that.
fn whole_record_of(txn: &mut Txn<'_>, event: &Event, merged: Option<&StoredRecord>) -> rusqlite::Result<Option<Bytes>> {
    let endpoints = txn.cache.endpoints(txn.connection)?.iter().map(|row| &row.endpoint);
    let asked = merged.filter(|_| rules::wants_whole_record(endpoints, &event.event_type));
    Ok(asked.map(|stored| rules::whole_body(event, stored.kind, &stored.record)))
}

/// Merges a stored event into its record and queues it, now that its time has come. One that would make its record too large is
/// sent all the same.
pub(crate) fn queue_stored(txn: &mut Txn<'_>, seq: i64, event: &Event, now: Timestamp) -> Result<()> {
    let merged = match (records::of_event(txn.connection, event)?, data_of(&event.body)) {
        (Some(stored), Some(data)) => match records::merge_emitted(stored, event, data) {
            Err(StoreError::RecordTooLarge) => None,
            merged => merged?,
        },
        _ => None,
    };
    let whole = whole_record_of(txn, event, merged.as_ref())?;
    if let Some(body) = &whole {
        insert_whole(txn.connection, seq, EventContent { id: event.id.as_str(), event_type: &event.event_type, body })?;
    }
    deliver(txn, StoredEvent::of(seq, event), (&event.body, whole.as_deref()), (Trigger::Initial, None), now)?;
    if let Some(stored) = merged {
        records::save_emitted(txn.connection, stored, seq)?;
    }
    Ok(())
}

/// Stores an event that arrived from elsewhere, with a delivery to the endpoint of that name alone, whatever it subscribes to; where
/// that endpoint gets nothing now, it is held for it.
pub(crate) fn forward(txn: &mut Txn<'_>, draft: &Draft, id: &EventId, endpoint: &str, now: Timestamp) -> Result<()> {
    let named = txn.cache.endpoints(txn.connection)?.iter().find(|row| row.endpoint.name == endpoint);
    let target = EventRecipient::plain(named.ok_or_else(|| StoreError::NoEndpoint(endpoint.to_owned()))?.endpoint.id);
    let event = draft.to_event(id.clone(), now);
    let seq = insert(txn, &event, None, now)?;
    queue(txn, StoredEvent::of(seq, &event), &[target], Trigger::Initial, now)?;
    Ok(())
}

fn insert(txn: &mut Txn<'_>, event: &Event, whole: Option<&[u8]>, now: Timestamp) -> rusqlite::Result<i64> {
    let connection = txn.connection;
    let kind = txn.cache.kind(connection, &event.event_type, &event.resource.kind)?;
    let sent = EventContent::of(event);
    txn.inserts.event(connection)?.execute(params![
        event.id.as_str(),
        kind,
        event.resource.id,
        event.timestamp.as_millis(),
        now.as_millis(),
        &event.body[..],
        sent.checksum(),
        event.traceparent.as_ref().map(Traceparent::as_str),
    ])?;
    let seq = connection.last_insert_rowid();
    if let Some(body) = whole {
        insert_whole(connection, seq, EventContent { body, ..sent })?;
    }
    txn.cache.stored_event();
    Ok(seq)
}

/// Keeps what is sent of an event where the whole record is asked for.
fn insert_whole(connection: &Connection, seq: i64, sent: EventContent<'_>) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO whole_record (event, body, checksum) VALUES (?1, ?2, ?3)")?
        .execute(params![seq, sent.body, sent.checksum()])?;
    Ok(())
}

/// What of a stored event is needed to make its deliveries.
#[derive(Clone, Copy)]
struct StoredEvent<'a> {
    seq: i64,
    lane: i64,
    event_type: &'a str,
}

impl<'a> StoredEvent<'a> {
    fn of(seq: i64, event: &'a Event) -> Self {
        Self { seq, lane: rules::lane_of(&event.resource), event_type: &event.event_type }
    }
}

/// Queues a stored event for each endpoint that subscribes to it, or for the one of them that is named.
fn deliver(
    txn: &mut Txn<'_>,
    event: StoredEvent<'_>,
    (body, whole): (&[u8], Option<&[u8]>),
    (trigger, only): (Trigger, Option<&str>),
    now: Timestamp,
) -> rusqlite::Result<Vec<DeliveryId>> {
    let endpoints = txn.cache.endpoints(txn.connection)?.iter().map(|row| &row.endpoint);
    let named = endpoints.filter(|it| only.is_none_or(|name| it.name == name));
    let targets = rules::targets(named, event.event_type, body, whole);
    queue(txn, event, &targets, trigger, now)
}

/// Queues a stored event for these endpoints.
fn queue(
    txn: &mut Txn<'_>,
    event: StoredEvent<'_>,
    targets: &[EventRecipient],
    trigger: Trigger,
    now: Timestamp,
) -> rusqlite::Result<Vec<DeliveryId>> {
    let connection = txn.connection;
    let mut made = Vec::with_capacity(targets.len());
    for target in targets {
        // What is queued late goes behind newer events, and replaces none of them.
        if target.coalesces && trigger == Trigger::Initial {
            coalesce::supersede(txn, target.endpoint, event.lane, event.seq, now)?;
        }
        txn.inserts.delivery(connection)?.execute(params![
            event.seq,
            target.endpoint.0,
            event.lane,
            QUEUED,
            db_codes::trigger_code(trigger),
            now.as_millis(),
            target.whole_record
        ])?;
        made.push(DeliveryId(connection.last_insert_rowid()));
        let queued = CounterKey { state: QUEUED, attempts: 0, failures: 0 };
        txn.cache.count_transition(target.endpoint, None, Some(queued));
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
            "SELECT e.seq, k.type, k.resource_type, e.resource_id, e.body, e.timestamp, w.body
             FROM event e JOIN kind k ON k.id = e.kind LEFT JOIN whole_record w ON w.event = e.seq
             WHERE e.id = ?1 AND NOT EXISTS (SELECT 1 FROM delivery WHERE event = e.seq)
                AND NOT EXISTS (SELECT 1 FROM scheduled WHERE event = e.seq AND queued_at IS NULL)",
        )?
        .query_row([id.as_str()], |row| {
            let event = Event {
                id: id.clone(),
                event_type: row.get(1)?,
                resource: Resource { kind: row.get(2)?, id: row.get(3)? },
                timestamp: Timestamp::from_millis(row.get(5)?),
                traceparent: None,
                body: row.get::<_, Vec<u8>>(4)?.into(),
            };
            Ok((row.get(0)?, event, row.get::<_, Option<Vec<u8>>>(6)?))
        })
        .optional()?;
    let Some((seq, event, kept)) = found else { return Ok(Vec::new()) };
    let whole = match kept {
        Some(kept) => Some(kept.into()),
        None => whole_record_now(txn, seq, &event)?,
    };
    deliver(txn, StoredEvent::of(seq, &event), (&event.body, whole.as_deref()), (trigger, only), now)
}

/// Renders and stores the whole record, as it is now, of an event that was emitted when no endpoint asked for whole
/// records.
fn whole_record_now(txn: &mut Txn<'_>, seq: i64, event: &Event) -> rusqlite::Result<Option<Bytes>> {
    let endpoints = txn.cache.endpoints(txn.connection)?.iter().map(|row| &row.endpoint);
    let kind =
        RecordKind::of_event(&event.event_type).filter(|_| rules::wants_whole_record(endpoints, &event.event_type));
    let Some(kind) = kind else { return Ok(None) };
    let stored = records::load(txn.connection, kind, &event.resource.id)?;
    let body = rules::whole_body(event, kind, &stored.record);
    insert_whole(
        txn.connection,
        seq,
        EventContent { id: event.id.as_str(), event_type: &event.event_type, body: &body },
    )?;
    Ok(Some(body))
}
