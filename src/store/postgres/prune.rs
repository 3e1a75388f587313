//! Removing what is finished and old.

use const_format::formatcp;

use super::client::Client;
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::figures::{CounterDeltas, CounterKey};
use super::row::{DELIVERED, FAILED, OPEN, SUPERSEDED, count, int, maybe_int, time};
use super::{DeliveryId, LogPruneResult, PrunableLog, PruneFilter, PruneResult, Result, rules};
use crate::clock::Timestamp;
use crate::delivery::State;
use crate::store::inbound::REMEMBERED;

/// Rows removed by one transaction, so that no writer waits long.
const BATCH: u64 = 500;
/// Rows looked at by one transaction.
const LOOKS: i64 = 5_000;

pub(super) async fn prune(client: &Client, what: PruneFilter) -> Result<PruneResult> {
    client.transact(async |connection: &Connection| prune_batch(client, connection, &what).await).await
}

async fn prune_batch(
    client: &Client,
    connection: &Connection,
    what: &PruneFilter,
) -> Result<PruneResult, PostgresError> {
    // Looked at within the transaction, so that what was replayed a moment ago stays.
    let rows = connection
        .query(
            "SELECT d.id, d.event, d.endpoint, d.state, d.attempts, d.failures, d.changed_at, p.name
             FROM delivery d JOIN endpoint p ON p.id = d.endpoint WHERE d.id > $1 ORDER BY d.id LIMIT $2",
            args![what.after.0, LOOKS],
        )
        .await?;
    let mut pruned = PruneResult { next: rows.last().map(|row| DeliveryId(int(row, 0))), ..PruneResult::default() };
    let mut counted = CounterDeltas::default();
    let (mut ids, mut events) = (Vec::new(), Vec::new());
    for row in &rows {
        let part = CounterKey { state: int(row, 3), attempts: count(row, 4), failures: count(row, 5) };
        let state = match part.state {
            DELIVERED => State::Delivered,
            FAILED => State::Failed,
            SUPERSEDED => State::Superseded,
            _ => continue,
        };
        let named = what.endpoint.as_ref().is_none_or(|name| row.get::<_, &str>(7) == name);
        if !named || !what.states.contains(&state) || time(row, 6) >= what.before {
            continue;
        }
        counted.transition(int(row, 2), Some(part), None);
        ids.push(int(row, 0));
        events.push(int(row, 1));
        if ids.len() as u64 * 3 >= BATCH {
            pruned.next = Some(DeliveryId(int(row, 0)));
            break;
        }
    }
    if ids.is_empty() {
        return Ok(pruned);
    }
    let gone = formatcp!(
        "WITH gone AS (DELETE FROM delivery WHERE id = ANY ($1) AND state <> {OPEN} RETURNING 1)
        SELECT fence((SELECT count(*) FROM gone) = cardinality($1))"
    );
    connection.query(gone, args![ids]).await?;
    connection.query("DELETE FROM trouble WHERE id = ANY ($1)", args![ids]).await?;
    let attempts = "WITH gone AS (DELETE FROM attempt WHERE delivery = ANY ($1) RETURNING 1) SELECT count(*) FROM gone";
    pruned.attempts = connection.number(attempts, args![ids]).await?.unsigned_abs();
    let left = "WITH gone AS (DELETE FROM event e WHERE e.seq = ANY ($1)
            AND NOT EXISTS (SELECT FROM delivery WHERE event = e.seq) RETURNING seq
        ), times AS (DELETE FROM scheduled WHERE event IN (SELECT seq FROM gone)
        ), edits AS (DELETE FROM edited WHERE event IN (
            SELECT seq FROM gone UNION SELECT d.event FROM gone g JOIN edited d ON d.from_event = g.seq)
        ) SELECT count(*) FROM gone";
    let removed = connection.number(left, args![events]).await?;
    let whole =
        "DELETE FROM whole_record w WHERE w.event = ANY ($1) AND NOT EXISTS (SELECT FROM event WHERE seq = w.event)";
    connection.query(whole, args![events]).await?;
    counted.events = -removed;
    counted.write(connection, client.slot).await?;
    pruned.events = removed.unsigned_abs();
    pruned.deliveries = ids.len() as u64;
    Ok(pruned)
}

/// Looks at a batch of rows and removes the old ones among them.
pub(super) async fn prune_log(
    client: &Client,
    log: PrunableLog,
    before: Timestamp,
    after: i64,
    now: Timestamp,
) -> Result<LogPruneResult> {
    let (table, number, old) = rules::prunable_rows(log, before, now);
    client.transact(async |connection: &Connection| {
        let last = format!(
            "SELECT max({number}) FROM (SELECT {number} FROM {table} WHERE {number} > $1 ORDER BY {number} LIMIT {BATCH}) b"
        );
        let last = connection.query_once(&last, args![after]).await?;
        let Some(last) = last.first().and_then(|row| maybe_int(row, 0)) else {
            let rows = if log == PrunableLog::Received { prune_senders(connection, now).await? } else { 0 };
            return Ok(LogPruneResult { rows, next: None });
        };
        let remove = format!(
            "WITH gone AS (DELETE FROM {table} WHERE {number} > $1 AND {number} <= $2 AND {old} RETURNING 1)
             SELECT count(*) FROM gone"
        );
        let rows = connection.query_once(&remove, args![after, last]).await?;
        Ok(LogPruneResult { rows: rows.first().map_or(0, |row| int(row, 0)).unsigned_abs(), next: Some(last) })
    })
    .await
}

/// Removes senders from which nothing has come for longer than they are shown.
async fn prune_senders(connection: &Connection, now: Timestamp) -> Result<u64, PostgresError> {
    let sql = "WITH gone AS (DELETE FROM sender WHERE seen_at < $1 RETURNING 1) SELECT count(*) FROM gone";
    Ok(connection.number(sql, args![now.minus(REMEMBERED).as_millis()]).await?.unsigned_abs())
}

pub(super) async fn count_prunable(
    client: &Client,
    log: PrunableLog,
    before: Timestamp,
    now: Timestamp,
) -> Result<u64> {
    let (table, _, old) = rules::prunable_rows(log, before, now);
    client
        .read(async |connection: &Connection| {
            let rows = connection.query_once(&format!("SELECT count(*) FROM {table} WHERE {old}"), &[]).await?;
            Ok(rows.first().map_or(0, |row| int(row, 0)).unsigned_abs())
        })
        .await
}
