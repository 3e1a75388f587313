//! What a worker's transaction comes to, decided before anything is sent.

use std::collections::BTreeSet;

use super::super::claim::{ClaimsByEndpoint, EndpointUpdate, EndpointWant, HeldClaim};
use super::super::endpoint_rows::EndpointRow;
use super::super::figures::{CounterDeltas, CounterKey};
use super::super::lanes::VacatedLanes;
use super::super::row;
use super::super::run_state::RunState;
use super::super::{Claim, FinishedAttempt, db_codes};
use super::{AdvanceRequest, room};
use crate::clock::Timestamp;
use crate::delivery::{CircuitState, Next, Outcome, RetryDecision, decide_retry};
use crate::endpoint::{Endpoint, PausedBy};
use crate::store::RecordResult;

/// Everything a worker's transaction will write, decided in memory before anything is sent.
#[derive(Default)]
pub(super) struct TransactionPlan {
    pub(super) recorded: Vec<RecordResult>,
    pub(super) done: FinishedColumns,
    pub(super) attempts: AttemptColumns,
    /// What waits again: endpoint, lane, id, state, due.
    pub(super) waiting: [Vec<i64>; 5],
    pub(super) left: VacatedLanes,
    pub(super) counted: CounterDeltas,
    pub(super) newly_troubled: (Vec<i64>, Vec<i64>),
    pub(super) untroubled: Vec<i64>,
    /// Endpoints as they become.
    pub(super) changed: Vec<EndpointRow>,
    pub(super) kept: ClaimsByEndpoint,
    pub(super) touched: BTreeSet<i64>,
    pub(super) wants: Vec<EndpointWant>,
    pub(super) marks: Vec<EndpointUpdate>,
    pub(super) clamped: Vec<(i64, i64)>,
}

/// The finished deliveries of a transaction, as columns for `unnest`.
#[derive(Default)]
pub(super) struct FinishedColumns {
    pub(super) ids: Vec<i64>,
    pub(super) numbers: Vec<i64>,
    pub(super) states: Vec<i64>,
    pub(super) reasons: Vec<Option<i64>>,
    pub(super) used: Vec<i64>,
    pub(super) unanswered: Vec<i64>,
    pub(super) unanswered_at: Vec<Option<i64>>,
    pub(super) failures: Vec<i64>,
    pub(super) changed_at: Vec<i64>,
}

/// The attempts of a transaction, as columns for `unnest`.
#[derive(Default)]
pub(super) struct AttemptColumns {
    pub(super) triggers: Vec<i64>,
    pub(super) started_at: Vec<i64>,
    pub(super) took_us: Vec<i64>,
    pub(super) outcomes: Vec<i64>,
    pub(super) statuses: Vec<Option<i64>>,
    pub(super) details: Vec<String>,
    pub(super) responses: Vec<Option<Vec<u8>>>,
}

fn decide(row: &EndpointRow, finished: &FinishedAttempt) -> RetryDecision {
    let Endpoint { circuit, settings, .. } = &row.endpoint;
    let FinishedAttempt { claim, outcome, ended_at, jitter, .. } = finished;
    decide_retry(&settings.retry, *outcome, claim.history, *circuit, *ended_at, *jitter)
}

impl TransactionPlan {
    /// Decides what follows from the outcomes, what is released, and what to claim.
    pub(super) fn decide(state: &RunState, request: &AdvanceRequest<'_>) -> Self {
        let mut plan = Self { kept: state.flight.clone(), ..Self::default() };
        let mut rows: Vec<EndpointRow> = state.rows().to_vec();
        let mut changed = BTreeSet::new();
        for finished in request.finished {
            let claim = &finished.claim;
            let recorded = match rows.iter_mut().find(|row| row.endpoint.id == claim.endpoint) {
                Some(row) if state.held(claim) && plan.drop_held(claim).is_some() => {
                    plan.record(row, finished, &mut changed)
                }
                Some(row) if state.settled.contains(&(claim.delivery.0, claim.number)) => {
                    RecordResult::Written(decide(row, finished).next)
                }
                _ => RecordResult::Lost,
            };
            plan.recorded.push(recorded);
        }
        for claim in request.released {
            if !state.held(claim) {
                continue;
            }
            if let Some(held) = plan.drop_held(claim) {
                plan.release(claim.endpoint.0, held, claim.solo, request.now);
                if let Some(row) = rows.iter_mut().find(|row| row.probe == Some(claim.delivery.0)) {
                    row.probe = None;
                    changed.insert(row.endpoint.id.0);
                }
            }
        }
        for (endpoint, held, solo) in &state.orphans {
            plan.touched.insert(*endpoint);
            plan.release(*endpoint, *held, *solo, request.now);
        }
        plan.changed = rows.iter().filter(|row| changed.contains(&row.endpoint.id.0)).cloned().collect();
        if request.clock_jumped {
            let latest = |row: &EndpointRow| request.now.plus(row.endpoint.settings.retry.longest_delay()).as_millis();
            plan.clamped = rows.iter().map(|row| (row.endpoint.id.0, latest(row))).collect();
        }
        for (id, wanted) in &request.wants.endpoints {
            let Some(row) = rows.iter().find(|row| row.endpoint.id == *id) else { continue };
            let room = room(row, *wanted, request.now);
            if room > 0 {
                plan.want(state, row, room, request.now);
            }
        }
        plan
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.touched.is_empty() && self.clamped.is_empty()
    }

    /// Takes a claim out of what the run keeps; none if it was taken out before.
    fn drop_held(&mut self, claim: &Claim) -> Option<HeldClaim> {
        let held = self.kept.get_mut(&claim.endpoint.0)?;
        self.touched.insert(claim.endpoint.0);
        let at = held.iter().position(|it| it.id == claim.delivery.0)?;
        Some(held.remove(at))
    }

    fn record(
        &mut self,
        row: &mut EndpointRow,
        finished: &FinishedAttempt,
        changed: &mut BTreeSet<i64>,
    ) -> RecordResult {
        let claim = &finished.claim;
        let (id, endpoint) = (claim.delivery.0, claim.endpoint.0);
        let at = finished.ended_at;
        let decision = decide(row, finished);
        self.counted.endpoint(endpoint).answers += decision.circuit.answers - row.endpoint.circuit.answers;
        let failures = claim.failures + u32::from(!matches!(finished.outcome, Outcome::Delivered { .. }));
        self.write(finished, decision, failures);
        let (state, _) = row::written(decision.next);
        let before = CounterKey { state: row::OPEN, attempts: claim.number - 1, failures: claim.failures };
        let after = CounterKey { state, attempts: claim.number, failures };
        self.counted.transition(endpoint, Some(before), Some(after));
        self.counted.attempt(endpoint, claim.kind, finished.outcome, at);
        match (before.is_troubled(), after.is_troubled()) {
            (false, true) => {
                self.newly_troubled.0.push(id);
                self.newly_troubled.1.push(endpoint);
            }
            (true, false) => self.untroubled.push(id),
            (true, true) | (false, false) => {}
        }
        self.left.push(endpoint, claim.lane, id);
        if learn(row, claim, decision, at) {
            changed.insert(endpoint);
        }
        RecordResult::Written(decision.next)
    }

    fn write(&mut self, finished: &FinishedAttempt, decision: RetryDecision, failures: u32) {
        let claim = &finished.claim;
        let (state, reason) = row::written(decision.next);
        self.done.ids.push(claim.delivery.0);
        self.done.numbers.push(claim.number.into());
        self.done.states.push(state);
        self.done.reasons.push(reason);
        self.done.used.push(decision.history.used.into());
        self.done.unanswered.push(decision.history.unanswered.map_or(0, |it| it.counted.into()));
        self.done.unanswered_at.push(decision.history.unanswered.map(|it| it.answers));
        self.done.failures.push(failures.into());
        self.done.changed_at.push(finished.ended_at.as_millis());
        self.attempts.triggers.push(db_codes::trigger_code(claim.trigger));
        self.attempts.started_at.push(finished.started_at.as_millis());
        self.attempts.took_us.push(i64::try_from(finished.took.as_micros()).unwrap_or(i64::MAX));
        self.attempts.outcomes.push(db_codes::outcome_code(finished.outcome));
        self.attempts.statuses.push(finished.outcome.status().map(i64::from));
        self.attempts.details.push(row::storable(&finished.detail));
        self.attempts.responses.push((!finished.response.is_empty()).then(|| finished.response.to_vec()));
        if let Next::RetryAt(due) = decision.next {
            self.wait((claim.endpoint.0, claim.lane, claim.delivery.0), row::READY, due);
        }
    }

    /// Lets go of what was never sent: it is due since it was claimed.
    fn release(&mut self, endpoint: i64, held: HeldClaim, solo: bool, now: Timestamp) {
        let due = Timestamp::from_millis(held.since).min(now);
        self.wait((endpoint, held.lane, held.id), if solo { row::SOLO } else { row::READY }, due);
        self.left.push(endpoint, held.lane, held.id);
    }

    fn wait(&mut self, (endpoint, lane, id): (i64, i64, i64), state: i64, due: Timestamp) {
        let row = [endpoint, lane, id, state, due.as_millis()];
        self.waiting.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }

    fn want(&mut self, state: &RunState, row: &EndpointRow, room: usize, now: Timestamp) {
        let id = row.endpoint.id.0;
        let low = state.lows.get(&id).copied().unwrap_or_default();
        self.touched.insert(id);
        self.marks.extend(EndpointUpdate::of(&row.endpoint, now));
        self.wants.push(EndpointWant::new(id, room, low, row.endpoint.circuit.open.is_some()));
    }
}

/// Notes what an outcome says about its endpoint. Returns whether that is news.
fn learn(row: &mut EndpointRow, claim: &Claim, decision: RetryDecision, at: Timestamp) -> bool {
    // Answers are counted apart, so that each of them is no news.
    let answers = row.endpoint.circuit.answers;
    let mut news = row.endpoint.circuit != CircuitState { answers, ..decision.circuit };
    if row.probe == Some(claim.delivery.0) {
        row.probe = None;
        news = true;
    }
    if row.endpoint.circuit.open.is_some() && decision.circuit.open.is_none() {
        row.endpoint.resumed_at = at;
    }
    row.endpoint.circuit = decision.circuit;
    if decision.gone && row.endpoint.paused_by != Some(PausedBy::Gone) {
        row.endpoint.paused_by = Some(PausedBy::Gone);
        news = true;
    }
    news
}
