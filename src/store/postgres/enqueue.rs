//! Storing events with their deliveries.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use super::client::Client;
use super::connection::Connection;
use super::error::PostgresError;
use super::figures::CounterDeltas;
use super::new_events::NewEvents;
use super::{EnqueueResult, Result, StoreError, known_ids, record_rows};
use crate::clock::Timestamp;
use crate::event::{Draft, EventId};
use crate::store::Receipt;

/// Events stored by one round trip.
const AT_ONCE: usize = 1_000;

/// Events to be stored, with their ids already chosen, so that a transaction that is tried again stores the same
/// events.
pub(super) struct NumberedBatch {
    drafts: Vec<(Draft, EventId)>,
}

impl NumberedBatch {
    pub(super) fn of(client: &Client, drafts: Vec<Draft>, now: Timestamp) -> Self {
        let named = |draft: Draft| {
            let id = draft.id.clone().unwrap_or_else(|| client.ids.next(now));
            (draft, id)
        };
        Self { drafts: drafts.into_iter().map(named).collect() }
    }

    /// The event types with their resource types, each once.
    pub(super) fn kinds(&self) -> BTreeSet<(&str, &str)> {
        self.drafts.iter().map(|(draft, _)| (draft.event_type.as_str(), draft.resource.kind.as_str())).collect()
    }
}

pub(super) async fn enqueue(
    client: &Client,
    drafts: Vec<Draft>,
    skip_conflicts: bool,
    now: Timestamp,
) -> Result<EnqueueResult> {
    let now = client.by_server(now);
    let batch = NumberedBatch::of(client, drafts, now);
    let tried = Cell::new(false);
    let work = async |connection: &Connection| {
        let tried = tried.replace(true);
        let mut done = EnqueueResult::default();
        let mut position = 0;
        let (mut fresh, mut counted) = (NewEvents::default(), CounterDeltas::default());
        for chunk in batch.drafts.chunks(AT_ONCE) {
            // While the server stores the events before, these are merged.
            let (stored, prepared, merged) = tokio::join!(
                biased;
                Box::pin(fresh.store(client, connection, &mut counted, async |_| Ok(()))),
                connection.prepare_used(),
                merge(client, connection, (chunk, tried), now),
            );
            stored.and(prepared)?;
            let (results, merged) = merged?;
            for result in results {
                match result {
                    Ok(receipt) => done.add(receipt),
                    Err(StoreError::Conflict(id)) if skip_conflicts => done.skip(position, id),
                    Err(error) => return Err(error.into()),
                }
                position += 1;
            }
            fresh = merged;
        }
        // The counters come last: who else emits waits for their rows until the commit.
        let is_news = done.accepted > done.unwanted;
        let end = async |counted: &CounterDeltas| {
            let (written, committed) = tokio::join!(
                biased;
                counted.write(connection, client.slot),
                client.commit_and_announce(connection, is_news),
            );
            written.and(committed)
        };
        let committed = Box::pin(fresh.store(client, connection, &mut counted, end)).await?;
        Ok((done, committed))
    };
    client.learn_kinds(&batch.kinds()).await?;
    client.transact_to_commit(work).await
}

/// Stores the one draft of a batch within a transaction.
pub(super) async fn one(
    client: &Client,
    connection: &Connection,
    batch: &NumberedBatch,
    now: Timestamp,
) -> Result<Receipt, PostgresError> {
    let (results, fresh) = merge(client, connection, (&batch.drafts, true), now).await?;
    fresh.store_within(client, connection).await?;
    Ok(results.into_iter().next().unwrap_or(Err(StoreError::Closed))?)
}

/// What came of storing one event: its receipt, or why it was not stored.
type DraftResult = std::result::Result<Receipt, StoreError>;

/// Compares drafts with what is stored under their ids, and merges those that are new into their records, which it locks. Returns
/// what becomes of each draft, and what has to be stored.
///
/// Ids of our own making are looked up only where the batch was `tried` before: the answer to its commit may have been lost.
async fn merge<'a>(
    client: &Client,
    connection: &Connection,
    (chunk, tried): (&'a [(Draft, EventId)], bool),
    now: Timestamp,
) -> Result<(Vec<DraftResult>, NewEvents<'a>), PostgresError> {
    let endpoints = client.endpoints(connection).await?;
    let given = |(draft, id): &'a (Draft, EventId)| (tried || draft.id.is_some()).then_some(id.as_str());
    let given: Vec<&str> = chunk.iter().filter_map(given).collect();
    let keys: BTreeSet<_> = chunk.iter().filter_map(|(draft, _)| record_rows::key_of(draft)).collect();
    let (known, arrived, records) = tokio::join!(
        biased;
        known_ids::known(connection, &given),
        known_ids::arrived(connection, &given, now),
        record_rows::lock(connection, keys),
    );
    let (known, arrived) = (known?, arrived?);
    let mut fresh = NewEvents::new(endpoints, records?, now);
    let mut results: Vec<DraftResult> = Vec::with_capacity(chunk.len());
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    for (draft, id) in chunk {
        let seen = by_id.get(id.as_str()).map(|at| fresh.stored_as(*at));
        if let Some(known) = seen.as_ref().or_else(|| known.get(id.as_str())) {
            results.push(known.compare(draft, id));
            continue;
        }
        if draft.id.is_some() && arrived.get(id.as_str()).is_some_and(|arrived| !arrived.is(draft)) {
            results.push(Err(StoreError::Conflict(id.clone())));
            continue;
        }
        if draft.is_ahead(now) {
            results.push(Err(StoreError::Ahead));
            continue;
        }
        let position = fresh.len();
        let added = fresh.add(draft, id);
        if added.is_ok() {
            by_id.insert(id.as_str(), position);
        }
        results.push(added);
    }
    Ok((results, fresh))
}
