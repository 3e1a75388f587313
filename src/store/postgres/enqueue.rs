//! Storing events with their deliveries.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use super::client::Client;
use super::connection::Connection;
use super::error::PostgresError;
use super::figures::CounterDeltas;
use super::new_events::NewEvents;
use super::numbered_draft::NumberedDraft;
use super::{EnqueueResult, Result, StoreError, known_ids, record_rows};
use crate::clock::Timestamp;
use crate::event::Draft;
use crate::store::Receipt;

/// Events stored by one round trip.
const AT_ONCE: usize = 1_000;

/// Stores the events of a call in one transaction: a single one in that of all that wait, many in one of their own.
pub(super) async fn enqueue(
    client: &Client,
    drafts: Vec<Draft>,
    skip_conflicts: bool,
    now: Timestamp,
) -> Result<EnqueueResult> {
    let now = client.by_server(now);
    let mut drafts: Vec<NumberedDraft> =
        drafts.into_iter().map(|draft| NumberedDraft::of(&client.ids, draft, now)).collect();
    if drafts.len() > 1 {
        return store(client, &drafts, |done: &mut EnqueueResult, result| done.add(result, skip_conflicts)).await;
    }
    let mut done = EnqueueResult::default();
    if let Some(draft) = drafts.pop() {
        let shared = async |drafts: &[NumberedDraft]| {
            let each = |results: &mut Vec<DraftResult>, result| {
                results.push(result);
                Ok(())
            };
            store(client, drafts, each).await
        };
        done.add(client.emits.join(draft, shared).await, skip_conflicts)?;
    }
    Ok(done)
}

/// Stores events in one transaction. `add` takes what came of each; where it fails, nothing is stored.
async fn store<T: Default>(
    client: &Client,
    drafts: &[NumberedDraft],
    add: impl Fn(&mut T, DraftResult) -> Result<()>,
) -> Result<T> {
    let tried = Cell::new(false);
    let work = async |connection: &Connection| {
        let tried = tried.replace(true);
        let mut done = T::default();
        let mut is_news = false;
        let (mut fresh, mut counted) = (NewEvents::default(), CounterDeltas::default());
        for chunk in drafts.chunks(AT_ONCE) {
            // While the server stores the events before, these are merged.
            let (stored, prepared, merged) = tokio::join!(
                biased;
                Box::pin(fresh.store(client, connection, &mut counted, async |_| Ok(()))),
                connection.prepare_used(),
                merge(client, connection, (chunk, tried)),
            );
            stored.and(prepared)?;
            let (results, merged) = merged?;
            for result in results {
                add(&mut done, result)?;
            }
            is_news |= merged.have_deliveries();
            fresh = merged;
        }
        // The counters come last: who else emits waits for their rows until the commit.
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
    client.learn_kinds(&drafts.iter().map(NumberedDraft::kind).collect()).await?;
    client.transact_to_commit(work).await
}

/// Stores one event within a transaction.
pub(super) async fn one(
    client: &Client,
    connection: &Connection,
    draft: &NumberedDraft,
) -> Result<Receipt, PostgresError> {
    let (results, fresh) = merge(client, connection, (std::slice::from_ref(draft), true)).await?;
    fresh.store_within(client, connection).await?;
    Ok(results.into_iter().next().unwrap_or(Err(StoreError::Closed))?)
}

/// What came of storing one event: its receipt, or why it was not stored.
type DraftResult = Result<Receipt>;

/// Compares drafts with what is stored under their ids, and merges those that are new into their records, which it locks. Returns
/// what becomes of each draft, and what has to be stored.
///
/// Ids of our own making are looked up only where the batch was `tried` before: the answer to its commit may have been lost.
async fn merge<'a>(
    client: &Client,
    connection: &Connection,
    (chunk, tried): (&'a [NumberedDraft], bool),
) -> Result<(Vec<DraftResult>, NewEvents<'a>), PostgresError> {
    let endpoints = client.endpoints(connection).await?;
    let given = |it: &'a NumberedDraft| (tried || it.draft.id.is_some()).then_some(it.id.as_str());
    let given: Vec<&str> = chunk.iter().filter_map(given).collect();
    let keys: BTreeSet<_> = chunk.iter().filter_map(|it| record_rows::key_of(&it.draft)).collect();
    let now = chunk.iter().map(|it| it.now).max().unwrap_or_default();
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
    for NumberedDraft { draft, id, .. } in chunk {
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
