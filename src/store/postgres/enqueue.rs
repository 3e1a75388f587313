//! Storing events with their deliveries.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use bytes::Bytes;

use super::checksum::EventContent;
use super::coalesce::NewestEvents;
use super::connection::{Connection, args};
use super::endpoint_rows::EndpointRow;
use super::error::PostgresError;
use super::known_ids::{self, StoredEvent};
use super::node::Node;
use super::record_rows::LoadedRecords;
use super::row::{int, time};
use super::{DeliveryId, EnqueueResult, Result, StoreError, db_codes, figures, record_rows, rules, schedule_rows};
use crate::clock::Timestamp;
use crate::delivery::Trigger;
use crate::event::{Draft, Event, EventId, Resource};
use crate::record::RecordKind;
use crate::store::Receipt;
use crate::store::rules::EventRecipient;

/// Events stored by one round trip.
const AT_ONCE: usize = 1_000;

/// Events to be stored, with their ids already chosen, so that a transaction that is tried again stores the same
/// events.
pub(super) struct NumberedBatch {
    drafts: Vec<(Draft, EventId)>,
}

impl NumberedBatch {
    pub(super) fn of(node: &Node, drafts: Vec<Draft>, now: Timestamp) -> Self {
        let named = |draft: Draft| {
            let id = draft.id.clone().unwrap_or_else(|| node.ids.next(now));
            (draft, id)
        };
        Self { drafts: drafts.into_iter().map(named).collect() }
    }
}

pub(super) async fn enqueue(
    node: &Node,
    drafts: Vec<Draft>,
    skip_conflicts: bool,
    now: Timestamp,
) -> Result<EnqueueResult> {
    let now = node.by_server(now);
    let batch = NumberedBatch::of(node, drafts, now);
    let work = async |connection: &Connection| {
        let mut done = EnqueueResult::default();
        let mut position = 0;
        for chunk in batch.drafts.chunks(AT_ONCE) {
            for receipt in chunk_within(node, connection, chunk, now).await? {
                match receipt {
                    Ok(receipt) => done.add(receipt),
                    Err(StoreError::Conflict(id)) if skip_conflicts => done.skip(position, id),
                    Err(error) => return Err(error.into()),
                }
                position += 1;
            }
        }
        Ok(done)
    };
    node.transact_and_announce(work, |done| done.accepted > done.unwanted).await
}

/// Stores the one draft of a batch within a transaction.
pub(super) async fn one(
    node: &Node,
    connection: &Connection,
    batch: &NumberedBatch,
    now: Timestamp,
) -> Result<Receipt, PostgresError> {
    let receipts = chunk_within(node, connection, &batch.drafts, now).await?;
    Ok(receipts.into_iter().next().unwrap_or(Err(StoreError::Closed))?)
}

/// What came of storing one event: its receipt, or why it was not stored.
type DraftResult = std::result::Result<Receipt, StoreError>;

/// An event that is about to be stored, with the endpoints that get it.
struct NewEvent<'a> {
    draft: &'a Draft,
    event: Event,
    /// Its body with the whole record, where that is asked for.
    whole: Option<Bytes>,
    targets: Vec<EventRecipient>,
    /// The record that it was merged into.
    about: Option<(i64, String)>,
}

/// Stores some drafts and says of each what became of it.
async fn chunk_within(
    node: &Node,
    connection: &Connection,
    chunk: &[(Draft, EventId)],
    now: Timestamp,
) -> Result<Vec<DraftResult>, PostgresError> {
    let endpoints = node.endpoints(connection).await?;
    let given: Vec<&str> = chunk.iter().filter(|(draft, _)| draft.id.is_some()).map(|(_, id)| id.as_str()).collect();
    let known = known_ids::known(connection, &given).await?;
    let arrived = known_ids::arrived(connection, &given, now).await?;
    let keys: BTreeSet<_> = chunk.iter().filter_map(|(draft, _)| record_rows::key_of(draft)).collect();
    let mut loaded = record_rows::lock(connection, keys).await?;
    let mut outcomes: Vec<DraftResult> = Vec::with_capacity(chunk.len());
    let mut fresh: Vec<NewEvent<'_>> = Vec::new();
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    for (draft, id) in chunk {
        let seen = by_id.get(id.as_str()).map(|at| StoredEvent::of(&fresh[*at].event, fresh[*at].targets.len() as u64));
        if let Some(known) = seen.as_ref().or_else(|| known.get(id.as_str())) {
            outcomes.push(known.compare(draft, id));
            continue;
        }
        if draft.id.is_some() && arrived.get(id.as_str()).is_some_and(|arrived| !arrived.is(draft)) {
            outcomes.push(Err(StoreError::Conflict(id.clone())));
            continue;
        }
        if draft.is_ahead(now) {
            outcomes.push(Err(StoreError::Ahead));
            continue;
        }
        match merge(&endpoints, &mut loaded, draft, id, now) {
            Ok(new) => {
                by_id.insert(id.as_str(), fresh.len());
                let deliveries = new.targets.len() as u64;
                outcomes.push(Ok(Receipt { event: new.event.clone(), deliveries, duplicate: false }));
                fresh.push(new);
            }
            Err(error) => outcomes.push(Err(error)),
        }
    }
    if fresh.is_empty() {
        return Ok(outcomes);
    }
    let seqs = insert(node, connection, &fresh, &endpoints, now).await?;
    for (new, seq) in fresh.iter().zip(&seqs) {
        if let Some(stored) = new.about.as_ref().and_then(|key| loaded.get_mut(key)) {
            stored.last_event = Some(*seq);
        }
    }
    let noted: Vec<(&Draft, i64)> = fresh.iter().map(|new| new.draft).zip(seqs).collect();
    schedule_rows::note(connection, &noted, now).await?;
    record_rows::save(connection, &loaded).await?;
    Ok(outcomes)
}

/// Merges an event into its record, later than everything known of it unless it brings its own time, and says who gets it.
fn merge<'a>(
    endpoints: &[EndpointRow],
    loaded: &mut LoadedRecords,
    draft: &'a Draft,
    id: &EventId,
    now: Timestamp,
) -> Result<NewEvent<'a>, StoreError> {
    let is_now = draft.dispatch.is_now(now);
    // What happens later changes its record then.
    let about = record_rows::key_of(draft).filter(|_| is_now);
    let stored = about.as_ref().and_then(|key| loaded.get_mut(key));
    let stamp = stored.as_ref().map_or(now, |stored| stored.record.next_stamp(now));
    let stamp = draft.dispatch.later_than(now).unwrap_or(stamp);
    let event = draft.clone().into_event(id.clone(), stamp);
    let endpoints = || endpoints.iter().map(|row| &row.endpoint);
    let merged = match stored {
        None => None,
        Some(stored) => {
            let before = stored.record.clone();
            let merged = stored.emitted(&event, &draft.data);
            if merged && stored.record.is_too_large() {
                stored.record = before;
                return Err(StoreError::RecordTooLarge);
            }
            merged.then_some(stored)
        }
    };
    let asked = merged.as_ref().filter(|_| rules::wants_whole_record(endpoints(), &event.event_type));
    let whole = asked.map(|stored| rules::whole_body(&event, stored.kind(), &stored.record));
    let targets = match is_now {
        true => rules::targets(endpoints(), &event.event_type, &event.body, whole.as_deref()),
        false => Vec::new(),
    };
    Ok(NewEvent { draft, about: about.filter(|_| merged.is_some()), event, whole, targets })
}

/// Stores an event that arrived from elsewhere, with a delivery to the endpoint of that name alone.
pub(super) async fn forward(
    node: &Node,
    connection: &Connection,
    draft: &Draft,
    id: &EventId,
    endpoint: &str,
    now: Timestamp,
) -> Result<(), PostgresError> {
    let endpoints = node.endpoints(connection).await?;
    let named = endpoints.iter().find(|row| row.endpoint.name == endpoint);
    let target = EventRecipient::plain(named.ok_or_else(|| StoreError::NoEndpoint(endpoint.to_owned()))?.endpoint.id);
    let event = draft.clone().into_event(id.clone(), now);
    let new = NewEvent { draft, event, whole: None, targets: vec![target], about: None };
    insert(node, connection, &[new], &endpoints, now).await?;
    Ok(())
}

const INSERT: &str = "WITH given AS (
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7) WITH ORDINALITY
            AS g(id, kind, resource_id, timestamp, checksum, traceparent, body, n)
    ), made AS (
        INSERT INTO event (id, kind, resource_id, timestamp, created_at, checksum, traceparent, body)
        SELECT id, kind, resource_id, timestamp, $8, checksum, traceparent, body FROM given ORDER BY n
        ON CONFLICT (id) DO NOTHING RETURNING seq, id
    ), sent AS (
        INSERT INTO delivery (event, lane, endpoint, changed_at, whole_record)
        SELECT m.seq, w.lane, w.endpoint, $8, w.whole_record
        FROM unnest($9, $10, $11, $12) WITH ORDINALITY AS w(event_id, endpoint, lane, whole_record, n)
        JOIN made m ON m.id = w.event_id ORDER BY w.n RETURNING id, event, endpoint, lane, whole_record
    ), queued AS (
        INSERT INTO queue (endpoint, id, event, lane, whole_record) SELECT endpoint, id, event, lane, whole_record FROM sent
    )
    SELECT g.n, m.seq, fence((SELECT count(*) FROM made) = cardinality($1)
        AND (SELECT coalesce(sum(revision), 0) FROM endpoint) = $13)::text
    FROM given g LEFT JOIN made m ON m.id = g.id ORDER BY g.n";

/// Inserts events and their deliveries, and counts them; an event of the same id that another one stored meanwhile, or an endpoint
/// that was added, fails the transaction, which is tried again. With `only` the endpoint at that position gets them, and no other.
async fn insert(
    node: &Node,
    connection: &Connection,
    fresh: &[NewEvent<'_>],
    endpoints: &Rc<Vec<EndpointRow>>,
    now: Timestamp,
) -> Result<Vec<i64>, PostgresError> {
    let mut kinds = Vec::with_capacity(fresh.len());
    for NewEvent { event, .. } in fresh {
        kinds.push(node.kind(connection, &event.event_type, &event.resource.kind).await?);
    }
    let events = || fresh.iter().map(|new| &new.event);
    let ids: Vec<&str> = events().map(|event| event.id.as_str()).collect();
    let resources: Vec<&str> = events().map(|event| event.resource.id.as_str()).collect();
    let timestamps: Vec<i64> = events().map(|event| event.timestamp.as_millis()).collect();
    let checksums: Vec<i64> = events().map(|event| EventContent::of(event).checksum().into()).collect();
    let traces: Vec<Option<String>> =
        events().map(|event| event.traceparent.as_ref().map(ToString::to_string)).collect();
    let bodies: Vec<&[u8]> = events().map(|event| &event.body[..]).collect();
    let (mut event_ids, mut targets, mut lanes, mut whole) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut counted = figures::CounterDeltas::default();
    for new in fresh {
        let lane = rules::lane_of(&new.event.resource);
        for target in &new.targets {
            event_ids.push(new.event.id.as_str());
            targets.push(target.endpoint.0);
            lanes.push(lane);
            whole.push(target.whole_record);
            counted.endpoint(target.endpoint.0).open += 1;
        }
    }
    let revision: i64 = endpoints.iter().map(|row| row.revision).sum();
    let rows = connection
        .query(
            INSERT,
            args![
                ids,
                kinds,
                resources,
                timestamps,
                checksums,
                traces,
                bodies,
                now.as_millis(),
                event_ids,
                targets,
                lanes,
                whole,
                revision
            ],
        )
        .await?;
    let seqs: Vec<i64> = rows.iter().map(|row| int(row, 1)).collect();
    let kept = fresh.iter().zip(&seqs).filter_map(|(new, seq)| Some((*seq, &new.event, new.whole.as_ref()?)));
    insert_whole(connection, kept).await?;
    let mut newest = NewestEvents::default();
    for (new, seq) in fresh.iter().zip(&seqs) {
        let lane = rules::lane_of(&new.event.resource);
        new.targets
            .iter()
            .filter(|target| target.coalesces)
            .for_each(|target| newest.add(target.endpoint.0, lane, *seq));
    }
    newest.supersede(connection, &mut counted, now).await?;
    counted.events = i64::try_from(fresh.len()).unwrap_or(i64::MAX);
    counted.write(connection, node.slot).await?;
    Ok(seqs)
}

/// Keeps what is sent of events where the whole record is asked for.
pub(super) async fn insert_whole<'a>(
    connection: &Connection,
    kept: impl Iterator<Item = (i64, &'a Event, &'a Bytes)>,
) -> Result<(), PostgresError> {
    let (mut seqs, mut checksums, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for (seq, event, body) in kept {
        seqs.push(seq);
        checksums.push(i64::from(EventContent { body, ..EventContent::of(event) }.checksum()));
        bodies.push(&body[..]);
    }
    if seqs.is_empty() {
        return Ok(());
    }
    let insert = "INSERT INTO whole_record (event, checksum, body) SELECT * FROM unnest($1, $2, $3)";
    connection.query(insert, args![seqs, checksums, bodies]).await?;
    Ok(())
}

/// Queues events that have no delivery; others, and unknown ones, are left as they are.
pub(super) async fn create_missing_deliveries(
    node: &Node,
    events: Vec<EventId>,
    trigger: Trigger,
    only: Option<String>,
    now: Timestamp,
) -> Result<Vec<DeliveryId>> {
    let now = node.by_server(now);
    let work = async |connection: &Connection| {
        let mut made = Vec::new();
        for id in &events {
            made.extend(create_missing(node, connection, id, trigger, only.as_deref(), now).await?);
        }
        Ok(made)
    };
    node.transact_and_announce(work, |made| !made.is_empty()).await
}

async fn create_missing(
    node: &Node,
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
    let endpoints = node.endpoints(connection).await?;
    let whole = match row.get::<_, Option<Vec<u8>>>(6) {
        Some(kept) => Some(kept.into()),
        None => whole_record_now(connection, &endpoints, seq, &event).await?,
    };
    deliver(node, connection, (seq, &event, whole.as_deref()), (trigger, only), now).await
}

/// Queues a stored event for each endpoint that subscribes to it, or for the one of them that is named.
pub(super) async fn deliver(
    node: &Node,
    connection: &Connection,
    (seq, event, whole): (i64, &Event, Option<&[u8]>),
    (trigger, only): (Trigger, Option<&str>),
    now: Timestamp,
) -> Result<Vec<DeliveryId>, PostgresError> {
    let endpoints = node.endpoints(connection).await?;
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
    let mut counted = figures::CounterDeltas::default();
    for row in &rows {
        counted.endpoint(int(row, 1)).open += 1;
    }
    counted.write(connection, node.slot).await?;
    Ok(rows.iter().map(|row| DeliveryId(int(row, 0))).collect())
}

/// Renders and stores the whole record, as it is now, of an event that was emitted when no endpoint asked for whole
/// records.
async fn whole_record_now(
    connection: &Connection,
    endpoints: &[EndpointRow],
    seq: i64,
    event: &Event,
) -> Result<Option<Bytes>, PostgresError> {
    let asked = rules::wants_whole_record(endpoints.iter().map(|row| &row.endpoint), &event.event_type);
    let Some(kind) = RecordKind::of_event(&event.event_type).filter(|_| asked) else { return Ok(None) };
    let key = record_rows::key(kind, &event.resource.id);
    let loaded = record_rows::lock(connection, BTreeSet::from([key.clone()])).await?;
    let Some(stored) = loaded.get(&key) else { return Ok(None) };
    let body = rules::whole_body(event, kind, &stored.record);
    insert_whole(connection, std::iter::once((seq, event, &body))).await?;
    Ok(Some(body))
}
