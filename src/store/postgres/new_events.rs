//! Events that a transaction stores, with their deliveries and records.

use std::rc::Rc;

use bytes::Bytes;

use super::checksum::EventContent;
use super::client::Client;
use super::coalesce::NewestEvents;
use super::connection::{Connection, args};
use super::endpoint_rows::EndpointRow;
use super::error::PostgresError;
use super::figures::CounterDeltas;
use super::known_ids::StoredEvent;
use super::record_rows::{self, LoadedRecords};
use super::{StoreError, rules, schedule_rows};
use crate::clock::Timestamp;
use crate::event::{Draft, Event, EventId};
use crate::store::Receipt;
use crate::store::rules::EventRecipient;

/// An event that is about to be stored, with the endpoints that get it.
struct NewEvent<'a> {
    draft: &'a Draft,
    event: Event,
    /// Its body with the whole record, where that is asked for.
    whole: Option<Bytes>,
    targets: Vec<EventRecipient>,
}

/// What a transaction is about to store: events, and the records that they change.
#[derive(Default)]
pub(super) struct NewEvents<'a> {
    events: Vec<NewEvent<'a>>,
    records: LoadedRecords,
    endpoints: Rc<Vec<EndpointRow>>,
    now: Timestamp,
}

impl<'a> NewEvents<'a> {
    /// None yet; `records` are those that the transaction has locked for them.
    pub(super) fn new(endpoints: Rc<Vec<EndpointRow>>, records: LoadedRecords, now: Timestamp) -> Self {
        Self { events: Vec::new(), records, endpoints, now }
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether an endpoint gets any of them.
    pub(super) fn have_deliveries(&self) -> bool {
        self.events.iter().any(|new| !new.targets.is_empty())
    }

    /// What will be stored of the event at this position.
    pub(super) fn stored_as(&self, position: usize) -> StoredEvent {
        let new = &self.events[position];
        StoredEvent::of(&new.event, new.targets.len() as u64)
    }

    /// Adds an event: merges it into its record, later than everything known of it unless it brings its own time, and says who
    /// gets it.
    pub(super) fn add(&mut self, draft: &'a Draft, id: &EventId) -> Result<Receipt, StoreError> {
        let now = self.now;
        let is_now = draft.dispatch.is_now(now);
        // What happens later changes its record then.
        let about = record_rows::key_of(draft).filter(|_| is_now);
        let stored = about.and_then(|key| self.records.get_mut(&key));
        let stamp = stored.as_ref().map_or(now, |stored| stored.record.next_stamp(now));
        let event = draft.to_event(id.clone(), draft.dispatch.later_than(now).unwrap_or(stamp));
        let merged = match stored {
            Some(stored) => stored.emitted(&event, &draft.data)?.then_some(&*stored),
            None => None,
        };
        let endpoints = || self.endpoints.iter().map(|row| &row.endpoint);
        let asked = merged.filter(|_| rules::wants_whole_record(endpoints(), &event.event_type));
        let whole = asked.map(|stored| rules::whole_body(&event, stored.kind(), &stored.record));
        let targets = match is_now {
            true => rules::targets(endpoints(), &event.event_type, &event.body, whole.as_deref()),
            false => Vec::new(),
        };
        let receipt = Receipt { event: event.clone(), deliveries: targets.len() as u64, duplicate: false };
        self.events.push(NewEvent { draft, event, whole, targets });
        Ok(receipt)
    }

    /// Adds an event that arrived from elsewhere, for the endpoint of that name alone.
    pub(super) fn add_for(&mut self, draft: &'a Draft, id: &EventId, endpoint: &str) -> Result<(), StoreError> {
        let named = self.endpoints.iter().find(|row| row.endpoint.name == endpoint);
        let named = named.ok_or_else(|| StoreError::NoEndpoint(endpoint.to_owned()))?;
        let targets = vec![EventRecipient::plain(named.endpoint.id)];
        let event = draft.to_event(id.clone(), self.now);
        self.events.push(NewEvent { draft, event, whole: None, targets });
        Ok(())
    }

    /// Stores everything, adds it to what the transaction `counted`, and sends `end` behind it without waiting for an answer, so
    /// that it may write the counters and commit.
    ///
    /// The client has to have learned the kinds of the events. An event of the same id that another one stored meanwhile, or an
    /// endpoint that was added, fails the transaction, which is tried again.
    pub(super) async fn store<T>(
        &self,
        client: &Client,
        connection: &Connection,
        counted: &mut CounterDeltas,
        end: impl AsyncFnOnce(&CounterDeltas) -> Result<T, PostgresError>,
    ) -> Result<T, PostgresError> {
        if self.events.is_empty() {
            return end(counted).await;
        }
        self.count(counted);
        let coalesce = self.events.iter().flat_map(|new| &new.targets).any(|target| target.coalesces);
        if coalesce {
            // What they replace is found by their numbers.
            let seqs = self.insert(client, connection).await?;
            self.newest(&seqs).supersede(connection, counted, self.now).await?;
            return Box::pin(self.store_rest(connection, end(counted))).await;
        }
        let rest = Box::pin(self.store_rest(connection, end(counted)));
        let (inserted, ended) = tokio::join!(biased; self.insert(client, connection), rest);
        inserted.and(ended)
    }

    /// Stores everything and counts it within a transaction that goes on.
    pub(super) async fn store_within(&self, client: &Client, connection: &Connection) -> Result<(), PostgresError> {
        let end = async |counted: &CounterDeltas| counted.write(connection, client.slot).await;
        self.store(client, connection, &mut CounterDeltas::default(), end).await
    }

    fn each(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().map(|new| &new.event)
    }

    fn count(&self, counted: &mut CounterDeltas) {
        counted.events += i64::try_from(self.len()).unwrap_or(i64::MAX);
        for target in self.events.iter().flat_map(|new| &new.targets) {
            counted.endpoint(target.endpoint.0).open += 1;
        }
    }

    /// The newest event of each lane of the endpoints that coalesce.
    fn newest(&self, seqs: &[i64]) -> NewestEvents {
        let mut newest = NewestEvents::default();
        for (new, seq) in self.events.iter().zip(seqs) {
            let lane = rules::lane_of(&new.event.resource);
            for target in new.targets.iter().filter(|target| target.coalesces) {
                newest.add(target.endpoint.0, lane, *seq);
            }
        }
        newest
    }

    /// Inserts the events with their deliveries; returns their numbers.
    async fn insert(&self, client: &Client, connection: &Connection) -> Result<Vec<i64>, PostgresError> {
        let kind = |event: &Event| client.kind(&event.event_type, &event.resource.kind);
        let kinds: Vec<Option<i64>> = self.each().map(kind).collect();
        let ids: Vec<&str> = self.each().map(|event| event.id.as_str()).collect();
        let resources: Vec<&str> = self.each().map(|event| event.resource.id.as_str()).collect();
        let timestamps: Vec<i64> = self.each().map(|event| event.timestamp.as_millis()).collect();
        let checksums: Vec<i64> = self.each().map(|event| EventContent::of(event).checksum().into()).collect();
        let traces: Vec<Option<String>> =
            self.each().map(|event| event.traceparent.as_ref().map(ToString::to_string)).collect();
        let bodies: Vec<&[u8]> = self.each().map(|event| &event.body[..]).collect();
        let (now, sent) = (self.now.as_millis(), DeliveryColumns::of(&self.events));
        let revision: i64 = self.endpoints.iter().map(|row| row.revision).sum();
        let args = args![
            ids,
            kinds,
            resources,
            timestamps,
            checksums,
            traces,
            bodies,
            now,
            sent.positions,
            sent.endpoints,
            sent.lanes,
            sent.whole,
            revision
        ];
        let row = connection.first(INSERT, args).await?;
        Ok(row.map(|row| row.get(0)).unwrap_or_default())
    }

    /// Stores what hangs on the events, which were sent before, and sends `end` behind it.
    async fn store_rest<T>(
        &self,
        connection: &Connection,
        end: impl Future<Output = Result<T, PostgresError>>,
    ) -> Result<T, PostgresError> {
        let whole = self.events.iter().filter_map(|new| Some((&new.event, new.whole.as_ref()?)));
        let scheduled = self.events.iter().map(|new| (new.draft, &new.event.id));
        let (whole, scheduled, records, ended) = tokio::join!(
            biased;
            insert_whole(connection, whole),
            schedule_rows::note(connection, scheduled, self.now),
            record_rows::save(connection, &self.records),
            end,
        );
        whole.and(scheduled).and(records).and(ended)
    }
}

/// Deliveries of new events, as columns for `unnest`.
#[derive(Default)]
struct DeliveryColumns {
    /// Of the event among those that are inserted, counted from 1.
    positions: Vec<i64>,
    endpoints: Vec<i64>,
    lanes: Vec<i64>,
    whole: Vec<bool>,
}

impl DeliveryColumns {
    fn of(events: &[NewEvent<'_>]) -> Self {
        let mut columns = Self::default();
        for (position, new) in (1..).zip(events) {
            let lane = rules::lane_of(&new.event.resource);
            for target in &new.targets {
                columns.positions.push(position);
                columns.endpoints.push(target.endpoint.0);
                columns.lanes.push(lane);
                columns.whole.push(target.whole_record);
            }
        }
        columns
    }
}

/// Inserts events in the order of their positions, so that their numbers rise with them.
///
/// The next free numbers are taken beforehand, because deliveries refer to them by position.
const INSERT: &str = "WITH given AS MATERIALIZED (
        SELECT nextval('event_seq_seq') AS seq, g.* FROM unnest($1, $2, $3, $4, $5, $6, $7) WITH ORDINALITY
            AS g(id, kind, resource_id, timestamp, checksum, traceparent, body, n)
    ), made AS (
        INSERT INTO event (seq, id, kind, resource_id, timestamp, created_at, checksum, traceparent, body)
        SELECT seq, id, kind, resource_id, timestamp, $8, checksum, traceparent, body FROM given
        ON CONFLICT (id) DO NOTHING RETURNING 1
    ), numbers AS MATERIALIZED (
        SELECT array_agg(seq ORDER BY n) AS seqs FROM given
    ), sent AS (
        INSERT INTO delivery (event, lane, endpoint, changed_at, whole_record)
        SELECT (SELECT seqs FROM numbers)[w.position], w.lane, w.endpoint, $8, w.whole_record
        FROM unnest($9, $10, $11, $12) WITH ORDINALITY AS w(position, endpoint, lane, whole_record, n) ORDER BY w.n
        RETURNING id, event, endpoint, lane, whole_record
    ), queued AS (
        INSERT INTO queue (endpoint, id, event, lane, whole_record) SELECT endpoint, id, event, lane, whole_record FROM sent
    )
    SELECT seqs, fence((SELECT count(*) FROM made) = cardinality($1)
        AND (SELECT coalesce(sum(revision), 0) FROM endpoint) = $13)::text FROM numbers";

/// Keeps what is sent of events where the whole record is asked for; the events are stored already.
pub(super) async fn insert_whole<'a>(
    connection: &Connection,
    kept: impl Iterator<Item = (&'a Event, &'a Bytes)>,
) -> Result<(), PostgresError> {
    let (mut ids, mut checksums, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for (event, body) in kept {
        ids.push(event.id.as_str());
        checksums.push(i64::from(EventContent { body, ..EventContent::of(event) }.checksum()));
        bodies.push(&body[..]);
    }
    if ids.is_empty() {
        return Ok(());
    }
    let insert = "INSERT INTO whole_record (event, checksum, body)
        SELECT (SELECT seq FROM event WHERE id = k.id), k.checksum, k.body FROM unnest($1, $2, $3) AS k(id, checksum, body)";
    connection.query(insert, args![ids, checksums, bodies]).await?;
    Ok(())
}
