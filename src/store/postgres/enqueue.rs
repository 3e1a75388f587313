//! Storing events with their deliveries.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::checksum::Sent;
use super::connection::{Connection, args};
use super::endpoint_rows::EndpointRow;
use super::fault::Fault;
use super::known::{self, Known};
use super::node::Node;
use super::row::int;
use super::{DeliveryId, Enqueued, Result, StoreError, codes, figures, record_rows, rules};
use crate::clock::Timestamp;
use crate::delivery::Trigger;
use crate::endpoint::EventJson;
use crate::event::{Draft, Event, EventId, Resource};
use crate::store::Receipt;

/// Events stored by one round trip.
const AT_ONCE: usize = 1_000;

/// Drafts with the ids they will have, so that a transaction that is tried again stores the same events.
pub(super) struct Batch {
    drafts: Vec<(Draft, EventId)>,
}

impl Batch {
    pub(super) fn of(node: &Node, drafts: Vec<Draft>, now: Timestamp) -> Self {
        let named = |draft: Draft| {
            let id = draft.id.clone().unwrap_or_else(|| node.ids.next(now));
            (draft, id)
        };
        Self { drafts: drafts.into_iter().map(named).collect() }
    }
}

pub(super) async fn enqueue(node: &Node, drafts: Vec<Draft>, skip_conflicts: bool, now: Timestamp) -> Result<Enqueued> {
    let now = node.by_server(now);
    let batch = Batch::of(node, drafts, now);
    let stored = node.transact(async |connection: &Connection| {
        let mut done = Enqueued::default();
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
    });
    let done = stored.await?;
    if done.accepted > done.unwanted {
        node.announce().await;
    }
    Ok(done)
}

/// Stores the one draft of a batch within a transaction.
pub(super) async fn one(node: &Node, connection: &Connection, batch: &Batch, now: Timestamp) -> Result<Receipt, Fault> {
    let receipts = chunk_within(node, connection, &batch.drafts, now).await?;
    Ok(receipts.into_iter().next().unwrap_or(Err(StoreError::Closed))?)
}

type Outcome = std::result::Result<Receipt, StoreError>;

/// Stores some drafts and says of each what became of it.
async fn chunk_within(
    node: &Node,
    connection: &Connection,
    chunk: &[(Draft, EventId)],
    now: Timestamp,
) -> Result<Vec<Outcome>, Fault> {
    let endpoints = node.endpoints(connection).await?;
    let given: Vec<&str> = chunk.iter().filter(|(draft, _)| draft.id.is_some()).map(|(_, id)| id.as_str()).collect();
    let known = known::known(connection, &given).await?;
    let arrived = known::arrived(connection, &given, now).await?;
    let keys: BTreeSet<_> = chunk.iter().filter_map(|(draft, _)| record_rows::key_of(draft)).collect();
    let mut loaded = record_rows::lock(connection, keys).await?;
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(chunk.len());
    let mut fresh: Vec<Event> = Vec::new();
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    let mut about: Vec<Option<(i64, String)>> = Vec::new();
    for (draft, id) in chunk {
        let seen = by_id.get(id.as_str()).map(|at| Known::of(&fresh[*at], wanting(&endpoints, &fresh[*at])));
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
        let key = record_rows::key_of(draft);
        let stored = key.as_ref().and_then(|key| loaded.get_mut(key));
        let stamp = stored.as_ref().map_or(now, |stored| stored.record.next_stamp(now));
        let event = draft.clone().into_event(id.clone(), stamp);
        let merged = match stored {
            None => false,
            Some(stored) => {
                let before = stored.record.clone();
                let merged = stored.emitted(&event, &draft.data);
                if merged && stored.record.is_too_large() {
                    stored.record = before;
                    outcomes.push(Err(StoreError::RecordTooLarge));
                    continue;
                }
                merged
            }
        };
        by_id.insert(id.as_str(), fresh.len());
        about.push(key.filter(|_| merged));
        let deliveries = wanting(&endpoints, &event);
        fresh.push(event.clone());
        outcomes.push(Ok(Receipt { event, deliveries, duplicate: false }));
    }
    if fresh.is_empty() {
        return Ok(outcomes);
    }
    let seqs = insert(node, connection, &fresh, &endpoints, now).await?;
    for (key, seq) in about.iter().zip(seqs) {
        if let Some(stored) = key.as_ref().and_then(|key| loaded.get_mut(key)) {
            stored.last_event = Some(seq);
        }
    }
    record_rows::save(connection, &loaded).await?;
    Ok(outcomes)
}

/// How many endpoints get an event.
fn wanting(endpoints: &[EndpointRow], event: &Event) -> u64 {
    let mut json = EventJson::new(&event.body);
    let gets = |row: &&EndpointRow| row.endpoint.configured && row.endpoint.settings.gets(&event.event_type, &mut json);
    endpoints.iter().filter(gets).count() as u64
}

const INSERT: &str = "WITH given AS (
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY AS g(id, kind, resource_id, timestamp, checksum, body, n)
    ), made AS (
        INSERT INTO event (id, kind, resource_id, timestamp, created_at, checksum, body)
        SELECT id, kind, resource_id, timestamp, $7, checksum, body FROM given ORDER BY n
        ON CONFLICT (id) DO NOTHING RETURNING seq, id
    ), sent AS (
        INSERT INTO delivery (event, lane, endpoint, changed_at)
        SELECT m.seq, w.lane, w.endpoint, $7 FROM unnest($8, $9, $10) WITH ORDINALITY AS w(event_id, endpoint, lane, n)
        JOIN made m ON m.id = w.event_id ORDER BY w.n RETURNING id, event, endpoint, lane
    ), queued AS (
        INSERT INTO queue (endpoint, id, event, lane) SELECT endpoint, id, event, lane FROM sent
    )
    SELECT g.n, m.seq, fence((SELECT count(*) FROM made) = cardinality($1)
        AND (SELECT coalesce(sum(revision), 0) FROM endpoint) = $11)::text
    FROM given g LEFT JOIN made m ON m.id = g.id ORDER BY g.n";

/// Inserts events and their deliveries, and counts them; an event of the same id that another one stored meanwhile, or an endpoint
/// that was added, fails the transaction, which is tried again.
async fn insert(
    node: &Node,
    connection: &Connection,
    events: &[Event],
    endpoints: &Rc<Vec<EndpointRow>>,
    now: Timestamp,
) -> Result<Vec<i64>, Fault> {
    let mut kinds = Vec::with_capacity(events.len());
    for event in events {
        kinds.push(node.kind(connection, &event.event_type, &event.resource.kind).await?);
    }
    let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
    let resources: Vec<&str> = events.iter().map(|event| event.resource.id.as_str()).collect();
    let timestamps: Vec<i64> = events.iter().map(|event| event.timestamp.as_millis()).collect();
    let checksums: Vec<i64> = events.iter().map(|event| Sent::of(event).checksum().into()).collect();
    let bodies: Vec<&[u8]> = events.iter().map(|event| &event.body[..]).collect();
    let (mut event_ids, mut targets, mut lanes) = (Vec::new(), Vec::new(), Vec::new());
    let mut open = BTreeMap::<i64, i64>::new();
    for event in events {
        let lane = rules::lane_of(&event.resource);
        let mut json = EventJson::new(&event.body);
        for row in endpoints.iter() {
            if !(row.endpoint.configured && row.endpoint.settings.gets(&event.event_type, &mut json)) {
                continue;
            }
            event_ids.push(event.id.as_str());
            targets.push(row.endpoint.id.0);
            lanes.push(lane);
            *open.entry(row.endpoint.id.0).or_default() += 1;
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
                bodies,
                now.as_millis(),
                event_ids,
                targets,
                lanes,
                revision
            ],
        )
        .await?;
    let mut counted = figures::Counted::default();
    counted.events = i64::try_from(events.len()).unwrap_or(i64::MAX);
    for (endpoint, more) in open {
        counted.endpoint(endpoint).open += more;
    }
    counted.write(connection, node.slot).await?;
    Ok(rows.iter().map(|row| int(row, 1)).collect())
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
    let made = node.transact(async |connection: &Connection| {
        let mut made = Vec::new();
        for id in &events {
            made.extend(create_missing(node, connection, id, trigger, only.as_deref(), now).await?);
        }
        Ok(made)
    });
    let made = made.await?;
    node.announce().await;
    Ok(made)
}

async fn create_missing(
    node: &Node,
    connection: &Connection,
    id: &EventId,
    trigger: Trigger,
    only: Option<&str>,
    now: Timestamp,
) -> Result<Vec<DeliveryId>, Fault> {
    let found = connection
        .first(
            "SELECT e.seq, k.type, k.resource_type, e.resource_id, e.body FROM event e JOIN kind k ON k.id = e.kind
             WHERE e.id = $1 AND NOT EXISTS (SELECT FROM delivery WHERE event = e.seq) FOR UPDATE OF e",
            args![id.as_str()],
        )
        .await?;
    let Some(row) = found else { return Ok(Vec::new()) };
    let event_type: &str = row.get(1);
    let mut json = EventJson::new(row.get(4));
    let lane = rules::lane_of(&Resource { kind: row.get(2), id: row.get(3) });
    let endpoints = node.endpoints(connection).await?;
    let targets: Vec<i64> = endpoints
        .iter()
        .filter(|it| it.endpoint.configured && it.endpoint.settings.gets(event_type, &mut json))
        .filter(|it| only.is_none_or(|name| it.endpoint.name == name))
        .map(|it| it.endpoint.id.0)
        .collect();
    let revision: i64 = endpoints.iter().map(|row| row.revision).sum();
    // Another one may have made them between the look and the lock.
    let rows = connection
        .query(
            "WITH sent AS (
                INSERT INTO delivery (event, lane, endpoint, changed_at, trigger)
                SELECT $1, $2, endpoint, $3, $4 FROM unnest($5) AS w(endpoint)
                WHERE NOT EXISTS (SELECT FROM delivery WHERE event = $1)
                RETURNING id, event, endpoint, lane
            ), queued AS (
                INSERT INTO queue (endpoint, id, event, lane) SELECT endpoint, id, event, lane FROM sent
            )
            SELECT id, endpoint, fence((SELECT coalesce(sum(revision), 0) FROM endpoint) = $6)::text FROM sent ORDER BY id",
            args![int(&row, 0), lane, now.as_millis(), codes::trigger_code(trigger), targets, revision],
        )
        .await?;
    let mut counted = figures::Counted::default();
    for row in &rows {
        counted.endpoint(int(row, 1)).open += 1;
    }
    counted.write(connection, node.slot).await?;
    Ok(rows.iter().map(|row| DeliveryId(int(row, 0))).collect())
}
