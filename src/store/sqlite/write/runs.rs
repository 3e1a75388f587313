//! Runs: how they begin and end, and what becomes of the claims of those that died.

use const_format::formatcp;
use rusqlite::params;

use crate::clock::Timestamp;
use crate::delivery::{Next, Outcome, after_interruption};
use crate::endpoint::EndpointId;
use crate::store::db_codes::PROCESSING;
use crate::store::rules::CounterKey;
use crate::store::sqlite::write::lanes::Lanes;
use crate::store::sqlite::write::writer::Txn;
use crate::store::{Result, RunId, RunStats, db_codes, rules};

pub(crate) fn begin(txn: &mut Txn<'_>, token: &str, command: &str, now: Timestamp) -> Result<RunId> {
    txn.connection
        .prepare_cached("INSERT INTO run (token, pid, command, started_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![token, std::process::id(), command, now.as_millis()])?;
    Ok(RunId(txn.connection.last_insert_rowid()))
}

pub(crate) fn end(txn: &mut Txn<'_>, run: RunId, stats: RunStats, exit: Option<i64>, now: Timestamp) -> Result<()> {
    interrupt_all(txn, run, now)?;
    txn.connection
        .prepare_cached(
            "UPDATE run SET ended_at = ?2, claimed = ?3, delivered = ?4, retried = ?5, failed = ?6, exit = ?7
             WHERE id = ?1 AND ended_at IS NULL",
        )?
        .execute(params![
            run.0,
            now.as_millis(),
            stats.claimed.cast_signed(),
            stats.delivered.cast_signed(),
            stats.retried.cast_signed(),
            stats.failed.cast_signed(),
            exit
        ])?;
    Ok(())
}

pub(crate) fn reap(txn: &mut Txn<'_>, run: RunId, now: Timestamp) -> Result<u64> {
    let touched = interrupt_all(txn, run, now)?;
    txn.connection
        .prepare_cached("UPDATE run SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL")?
        .execute([run.0, now.as_millis()])?;
    Ok(touched)
}

/// A delivery that its run had claimed when it ended or died.
struct InterruptedDelivery {
    id: i64,
    endpoint: EndpointId,
    lane: i64,
    attempts: u32,
    failures: u32,
    interruptions: u32,
    trigger: i64,
    claimed_at: i64,
}

/// Records an interrupted attempt for each delivery the run holds, and what follows.
fn interrupt_all(txn: &mut Txn<'_>, run: RunId, now: Timestamp) -> rusqlite::Result<u64> {
    txn.cache.endpoints(txn.connection)?;
    let mut held: Vec<InterruptedDelivery> = txn
        .connection
        .prepare_cached(formatcp!(
            "SELECT id, endpoint, lane, attempts, failures, interruptions, trigger, changed_at
             FROM delivery INDEXED BY delivery_flight WHERE state = {PROCESSING} AND owner = ?1"
        ))?
        .query_map([run.0], |row| {
            Ok(InterruptedDelivery {
                id: row.get(0)?,
                endpoint: EndpointId(row.get(1)?),
                lane: row.get(2)?,
                attempts: row.get(3)?,
                failures: row.get(4)?,
                interruptions: row.get::<_, u32>(5)? + 1,
                trigger: row.get(6)?,
                claimed_at: row.get(7)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    held.sort_unstable_by_key(|delivery| delivery.id);
    for delivery in &held {
        interrupt(txn, delivery, now)?;
    }
    Ok(held.len() as u64)
}

fn interrupt(txn: &mut Txn<'_>, delivery: &InterruptedDelivery, now: Timestamp) -> rusqlite::Result<()> {
    let next = after_interruption(delivery.interruptions, now);
    let (state, reason) = rules::written(next);
    txn.connection
        .prepare_cached(
            "UPDATE delivery SET state = ?2, reason = ?3, due_at = ?4, changed_at = ?4, interruptions = ?5, trigger = 1,
                owner = NULL WHERE id = ?1",
        )?
        .execute(params![delivery.id, state, reason, now.as_millis(), delivery.interruptions])?;
    let started = Timestamp::from_millis(delivery.claimed_at);
    txn.connection
        .prepare_cached(
            "INSERT INTO attempt (delivery, number, trigger, started_at, took_us, outcome, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            delivery.id,
            delivery.attempts,
            delivery.trigger,
            started.as_millis(),
            i64::try_from(now.since(started).as_micros()).unwrap_or(i64::MAX),
            db_codes::outcome_code(Outcome::Interrupted),
            "the worker died; whether the request arrived is unknown",
        ])?;
    Lanes::of(txn.connection)?.settle(delivery.endpoint.0, delivery.lane, delivery.id, now)?;
    let part = |state| CounterKey { state, attempts: delivery.attempts, failures: delivery.failures };
    txn.cache.count_transition(delivery.endpoint, Some(part(PROCESSING)), Some(part(state)));
    if let Some(row) = txn.cache.change(delivery.endpoint).filter(|row| row.probe == Some(delivery.id)) {
        row.probe = None;
    }
    debug_assert!(!matches!(next, Next::Delivered));
    Ok(())
}
