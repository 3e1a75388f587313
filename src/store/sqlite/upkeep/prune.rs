//! Removing what is finished and old.

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::endpoint::EndpointId;
use crate::store::inbound::REMEMBERED;
use crate::store::rules::CounterKey;
use crate::store::sqlite::write::schedule_rows;
use crate::store::sqlite::write::writer::Txn;
use crate::store::{DeliveryId, LogPruneResult, PrunableLog, PruneFilter, PruneResult, Result, rules};

/// Rows removed by one transaction, so that no writer waits long.
const BATCH: u64 = 500;
/// Rows looked at by one transaction.
const LOOKS: i64 = 5_000;

/// A delivery that a prune looks at: removed if it is finished and old enough.
struct PruneCandidate {
    id: i64,
    event: i64,
    endpoint: EndpointId,
    part: CounterKey,
    changed_at: Timestamp,
}

pub(crate) fn prune(txn: &mut Txn<'_>, what: &PruneFilter) -> Result<PruneResult> {
    let endpoints = txn.cache.endpoints(txn.connection)?;
    let named = |name: &String| endpoints.iter().find(|row| row.endpoint.name == *name).map(|row| row.endpoint.id);
    let only = what.endpoint.as_ref().map(named);
    let looked_at = page(txn, what.after)?;
    let mut pruned = PruneResult { next: looked_at.last().map(|old| DeliveryId(old.id)), ..PruneResult::default() };
    for old in looked_at {
        let wanted =
            only.is_none_or(|id| id == Some(old.endpoint)) && rules::is_prunable(old.part.state, old.changed_at, what);
        if wanted {
            remove(txn, &old, &mut pruned)?;
        }
        if pruned.deliveries + pruned.attempts + pruned.events >= BATCH {
            pruned.next = Some(DeliveryId(old.id));
            break;
        }
    }
    Ok(pruned)
}

/// Deliveries behind `after`, wanted or not: looking at so many and no more bounds the transaction.
fn page(txn: &Txn<'_>, after: DeliveryId) -> rusqlite::Result<Vec<PruneCandidate>> {
    txn.connection
        .prepare_cached(
            "SELECT id, event, endpoint, state, attempts, failures, changed_at FROM delivery
             WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?
        .query_map(params![after.0, LOOKS], |row| {
            Ok(PruneCandidate {
                id: row.get(0)?,
                event: row.get(1)?,
                endpoint: EndpointId(row.get(2)?),
                part: CounterKey { state: row.get(3)?, attempts: row.get(4)?, failures: row.get(5)? },
                changed_at: Timestamp::from_millis(row.get(6)?),
            })
        })?
        .collect()
}

fn remove(txn: &mut Txn<'_>, old: &PruneCandidate, pruned: &mut PruneResult) -> rusqlite::Result<()> {
    let connection = txn.connection;
    let attempts = connection.prepare_cached("DELETE FROM attempt WHERE delivery = ?1")?.execute([old.id])?;
    connection.prepare_cached("DELETE FROM delivery WHERE id = ?1")?.execute([old.id])?;
    txn.cache.count_transition(old.endpoint, Some(old.part), None);
    pruned.deliveries += 1;
    pruned.attempts += attempts as u64;
    let left = connection
        .prepare_cached("SELECT 1 FROM delivery WHERE event = ?1 LIMIT 1")?
        .query_row([old.event], |_| Ok(()))
        .optional()?;
    if left.is_none() {
        connection.prepare_cached("DELETE FROM event WHERE seq = ?1")?.execute([old.event])?;
        connection.prepare_cached("DELETE FROM whole_record WHERE event = ?1")?.execute([old.event])?;
        schedule_rows::remove(connection, old.event)?;
        txn.cache.removed_event();
        pruned.events += 1;
    }
    Ok(())
}

/// Looks at a batch of rows and removes the old ones among them.
pub(crate) fn prune_log(
    connection: &Connection,
    log: PrunableLog,
    before: Timestamp,
    after: i64,
    now: Timestamp,
) -> rusqlite::Result<LogPruneResult> {
    let (table, number, old) = rules::prunable_rows(log, before, now);
    let sql = format!(
        "SELECT max({number}) FROM (SELECT {number} FROM {table} WHERE {number} > ?1 ORDER BY {number} LIMIT {BATCH})"
    );
    let last: Option<i64> = connection.prepare(&sql)?.query_row([after], |row| row.get(0))?;
    let Some(last) = last else {
        let rows = if log == PrunableLog::Received { prune_senders(connection, now)? } else { 0 };
        return Ok(LogPruneResult { rows, next: None });
    };
    let sql = format!("DELETE FROM {table} WHERE {number} > ?1 AND {number} <= ?2 AND {old}");
    let rows = connection.prepare(&sql)?.execute([after, last])?;
    Ok(LogPruneResult { rows: rows as u64, next: Some(last) })
}

/// Removes senders from which nothing has come for longer than they are shown.
fn prune_senders(connection: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    let gone = connection
        .prepare_cached("DELETE FROM sender WHERE seen_at < ?1")?
        .execute([now.minus(REMEMBERED).as_millis()])?;
    Ok(gone as u64)
}

pub(crate) fn count_prunable(
    connection: &Connection,
    log: PrunableLog,
    before: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let (table, _, old) = rules::prunable_rows(log, before, now);
    let count = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    Ok(connection.query_row(&format!("SELECT count(*) FROM {table} WHERE {old}"), [], count)?.unsigned_abs())
}
