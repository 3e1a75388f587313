//! The worker's one transaction: outcomes in, claims out.

use const_format::formatcp;
use rusqlite::{CachedStatement, Connection, params};

use crate::clock::Timestamp;
use crate::delivery::{Next, Outcome, RetryDecision, decide_retry};
use crate::endpoint::PausedBy;
use crate::store::db_codes::{PROCESSING, READY, SOLO};
use crate::store::rules::CounterKey;
use crate::store::sqlite::read::runs as read_runs;
use crate::store::sqlite::write::claim::{ClaimResult, claim};
use crate::store::sqlite::write::lanes::Lanes;
use crate::store::sqlite::write::writer::Txn;
use crate::store::{
    AdvanceResult, Claim, ClaimRequest, DeliveryId, FinishedAttempt, RecordResult, Result, RunId, StoreError, db_codes,
    rules,
};

pub(crate) fn advance(
    txn: &mut Txn<'_>,
    run: RunId,
    finished: &[FinishedAttempt],
    wants: &ClaimRequest,
    now: Timestamp,
) -> Result<AdvanceResult> {
    if !read_runs::is_open(txn.connection, run)? {
        return Err(StoreError::RunEnded);
    }
    txn.cache.endpoints(txn.connection)?;
    let recorded = record(txn, run, finished)?;
    clamp_future_due(txn, now)?;
    let ClaimResult { claims, solo_waits, cut_short } = claim(txn, run, wants, now)?;
    Ok(AdvanceResult { recorded, claims, solo_waits, cut_short, endpoints: txn.cache.snapshot(txn.connection)? })
}

/// Writes outcomes and everything that follows from them.
fn record(txn: &mut Txn<'_>, run: RunId, finished: &[FinishedAttempt]) -> rusqlite::Result<Vec<RecordResult>> {
    if finished.is_empty() {
        return Ok(Vec::new());
    }
    let mut recorder = OutcomeWriter::of(txn.connection, run)?;
    finished.iter().map(|finished| recorder.record(txn, finished)).collect()
}

/// The prepared statements that record an attempt's outcome, once for all outcomes of a transaction.
struct OutcomeWriter<'c> {
    run: RunId,
    finish: CachedStatement<'c>,
    attempt: CachedStatement<'c>,
    lanes: Lanes<'c>,
}

impl<'c> OutcomeWriter<'c> {
    fn of(connection: &'c Connection, run: RunId) -> rusqlite::Result<Self> {
        let finish = connection.prepare_cached(formatcp!(
            "UPDATE delivery SET state = ?4, reason = ?5, due_at = ?6, used = ?7, failures = ?8, changed_at = ?9,
                interruptions = 0, trigger = 1, owner = NULL, unanswered_at = ?10, unanswered = ?11
             WHERE id = ?1 AND owner = ?2 AND attempts = ?3 AND state = {PROCESSING}"
        ))?;
        let attempt = connection.prepare_cached(
            "INSERT INTO attempt (delivery, number, trigger, started_at, took_us, outcome, status, detail, response)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        Ok(Self { run, finish, attempt, lanes: Lanes::of(connection)? })
    }

    fn record(&mut self, txn: &mut Txn<'_>, finished: &FinishedAttempt) -> rusqlite::Result<RecordResult> {
        let claim = &finished.claim;
        let Some(endpoint) = txn.cache.endpoint(claim.endpoint) else { return Ok(RecordResult::Lost) };
        let policy = &endpoint.endpoint.settings.retry;
        let circuit = endpoint.endpoint.circuit;
        let decision =
            decide_retry(policy, finished.outcome, claim.history, circuit, finished.ended_at, finished.jitter);
        let failures = claim.failures + u32::from(!matches!(finished.outcome, Outcome::Delivered { .. }));
        if !self.finish(claim, decision, failures, finished.ended_at)? {
            return Ok(RecordResult::Lost);
        }
        self.insert_attempt(finished)?;
        self.lanes.settle(claim.endpoint.0, claim.lane, claim.delivery.0, finished.ended_at)?;
        let (state, _) = rules::written(decision.next);
        txn.cache.count_transition(
            claim.endpoint,
            Some(CounterKey { state: PROCESSING, attempts: claim.number, failures: claim.failures }),
            Some(CounterKey { state, attempts: claim.number, failures }),
        );
        txn.cache.count_attempt(claim.endpoint, claim.kind, finished.outcome, finished.ended_at);
        update_circuit(txn, claim, decision, finished.ended_at);
        Ok(RecordResult::Written(decision.next))
    }

    /// Moves a delivery out of flight, if this run still owns this attempt of it.
    fn finish(
        &mut self,
        claim: &Claim,
        decision: RetryDecision,
        failures: u32,
        at: Timestamp,
    ) -> rusqlite::Result<bool> {
        let (state, reason) = rules::written(decision.next);
        let due = if let Next::RetryAt(due) = decision.next { due } else { at };
        let unanswered = decision.history.unanswered;
        let changed = self.finish.execute(params![
            claim.delivery.0,
            self.run.0,
            claim.number,
            state,
            reason,
            due.as_millis(),
            decision.history.used,
            failures,
            at.as_millis(),
            unanswered.map(|it| it.answers),
            unanswered.map_or(0, |it| it.counted),
        ])?;
        Ok(changed == 1)
    }

    fn insert_attempt(&mut self, finished: &FinishedAttempt) -> rusqlite::Result<()> {
        let response = (!finished.response.is_empty()).then_some(&finished.response[..]);
        self.attempt.execute(params![
            finished.claim.delivery.0,
            finished.claim.number,
            db_codes::trigger_code(finished.claim.trigger),
            finished.started_at.as_millis(),
            i64::try_from(finished.took.as_micros()).unwrap_or(i64::MAX),
            db_codes::outcome_code(finished.outcome),
            finished.outcome.status(),
            finished.detail,
            response,
        ])?;
        Ok(())
    }
}

/// Notes what the outcome says about the endpoint.
fn update_circuit(txn: &mut Txn<'_>, claim: &Claim, decision: RetryDecision, at: Timestamp) {
    let Some(row) = txn.cache.change(claim.endpoint) else { return };
    if row.probe == Some(claim.delivery.0) {
        row.probe = None;
    }
    if row.endpoint.circuit.open.is_some() && decision.circuit.open.is_none() {
        row.endpoint.resumed_at = at;
    }
    row.endpoint.circuit = decision.circuit;
    if decision.gone {
        row.endpoint.paused_by = Some(PausedBy::Gone);
    }
}

/// After a clock that jumped back, what was scheduled ahead of every possible delay is due now.
///
/// The jump may have happened before this process began, so its first claim looks as well.
fn clamp_future_due(txn: &mut Txn<'_>, now: Timestamp) -> rusqlite::Result<()> {
    let jumped = txn.cache.last_claim.replace(now).is_none_or(|last| now < last);
    if !jumped {
        return Ok(());
    }
    for row in txn.cache.endpoints(txn.connection)?.iter() {
        let latest = now.plus(row.endpoint.settings.retry.longest_delay());
        txn.connection
            .prepare_cached(formatcp!(
                "UPDATE delivery SET due_at = ?3 WHERE state = {READY} AND endpoint = ?1 AND due_at > ?2"
            ))?
            .execute([row.endpoint.id.0, latest.as_millis(), now.as_millis()])?;
    }
    Ok(())
}

pub(crate) fn release(txn: &mut Txn<'_>, run: RunId, claims: &[Claim], now: Timestamp) -> Result<()> {
    txn.cache.endpoints(txn.connection)?;
    Ok(claims.iter().try_for_each(|claim| release_one(txn, run, claim, now))?)
}

fn release_one(txn: &mut Txn<'_>, run: RunId, claim: &Claim, now: Timestamp) -> rusqlite::Result<()> {
    let state = if claim.solo { SOLO } else { READY };
    let changed = txn
        .connection
        .prepare_cached(formatcp!(
            "UPDATE delivery SET state = ?4, attempts = attempts - 1, owner = NULL, changed_at = ?5,
                due_at = min(changed_at, ?5)
             WHERE id = ?1 AND owner = ?2 AND attempts = ?3 AND state = {PROCESSING}"
        ))?
        .execute(params![claim.delivery.0, run.0, claim.number, state, now.as_millis()])?;
    if changed == 0 {
        return Ok(());
    }
    Lanes::of(txn.connection)?.settle(claim.endpoint.0, claim.lane, claim.delivery.0, now)?;
    txn.cache.count_transition(
        claim.endpoint,
        Some(CounterKey { state: PROCESSING, attempts: claim.number, failures: claim.failures }),
        Some(CounterKey { state, attempts: claim.number - 1, failures: claim.failures }),
    );
    if let Some(row) = txn.cache.change(claim.endpoint).filter(|row| row.probe == Some(claim.delivery.0)) {
        row.probe = None;
    }
    Ok(())
}

pub(crate) fn still_wanted(
    connection: &Connection,
    run: RunId,
    attempts: &[(DeliveryId, u32)],
    now: Timestamp,
) -> rusqlite::Result<Vec<bool>> {
    let mut statement = connection.prepare_cached(
        formatcp!("SELECT 1 FROM delivery d JOIN endpoint e ON e.id = d.endpoint
         WHERE d.id = ?1 AND d.owner = ?2 AND d.attempts = ?3 AND d.state = {PROCESSING} AND e.configured AND e.paused_by IS NULL
           AND (e.rest_until IS NULL OR e.probe = d.id OR e.rest_until <= ?4)"),
    )?;
    attempts
        .iter()
        .map(|(delivery, number)| statement.exists(params![delivery.0, run.0, number, now.as_millis()]))
        .collect()
}
