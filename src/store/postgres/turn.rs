//! A worker's turn: outcomes in, claims out, one transaction, one flush.
//!
//! The process knows what its runs hold, so it decides first and sends every statement at once; the transaction checks what was
//! relied on (the run's own turn, the versions of the endpoints) and fails as a whole where that has changed. Then everything is
//! read again, and the turn is tried again. A commit whose answer was lost is found by the turn's number.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::checksum::Sent;
use super::claim::{self, Flight, Held, Mark, Summary, Want};
use super::connection::{Connection, Purpose, args};
use super::endpoint_rows::{self, EndpointRow};
use super::fault::Fault;
use super::figures::{self, Counted, CounterKey};
use super::lanes::{self, VacatedLanes};
use super::node::{Backoff, Node};
use super::row::{self, int};
use super::run_state::{self, RunState};
use super::{Advanced, Claim, Finished, Result, RunId, Wants, codes, rules};
use crate::clock::Timestamp;
use crate::delivery::{CircuitState, Next, Outcome, RetryDecision, decide_retry};
use crate::endpoint::{Endpoint, EndpointId, PausedBy};
use crate::store::{DeliveryId, Recorded};

/// Turns that follow one which found only what has to wait, before the run is told that there may be more.
const FURTHER_LOOKS: usize = 2;

/// What a turn is to do.
struct Request<'a> {
    finished: &'a [Finished],
    released: &'a [Claim],
    wants: &'a Wants,
    now: Timestamp,
    /// Whether the clock is behind the turn before, or that turn is unknown.
    clock_jumped: bool,
}

/// What it comes to, decided before anything is sent.
#[derive(Default)]
struct Plan {
    recorded: Vec<Recorded>,
    done: Done,
    attempts: Attempts,
    /// What waits again: endpoint, lane, id, state, due.
    waiting: [Vec<i64>; 5],
    left: VacatedLanes,
    counted: Counted,
    newly_troubled: (Vec<i64>, Vec<i64>),
    untroubled: Vec<i64>,
    /// Endpoints as they become.
    changed: Vec<EndpointRow>,
    kept: Flight,
    touched: BTreeSet<i64>,
    wants: Vec<Want>,
    marks: Vec<Mark>,
    clamped: Vec<(i64, i64)>,
}

/// Deliveries whose attempt ended, column by column.
#[derive(Default)]
struct Done {
    ids: Vec<i64>,
    numbers: Vec<i64>,
    states: Vec<i64>,
    reasons: Vec<Option<i64>>,
    used: Vec<i64>,
    unanswered: Vec<i64>,
    unanswered_at: Vec<Option<i64>>,
    failures: Vec<i64>,
    changed_at: Vec<i64>,
}

/// Their attempts.
#[derive(Default)]
struct Attempts {
    triggers: Vec<i64>,
    started_at: Vec<i64>,
    took_us: Vec<i64>,
    outcomes: Vec<i64>,
    statuses: Vec<Option<i64>>,
    details: Vec<String>,
    responses: Vec<Option<Vec<u8>>>,
}

/// The run's state. One that another store of this process began is read from the server first.
fn state_of(node: &Node, run: RunId) -> Rc<Mutex<RunState>> {
    let begun_elsewhere = || Rc::new(Mutex::new(RunState { doubtful: true, is_known: false, ..RunState::new(run) }));
    Rc::clone(node.runs.borrow_mut().entry(run).or_insert_with(begun_elsewhere))
}

pub(super) async fn advance(
    node: &Node,
    run: RunId,
    finished: &[Finished],
    wants: &Wants,
    now: Timestamp,
) -> Result<Advanced> {
    let now = node.by_server(now);
    let clock_jumped = node.last_turn.replace(Some(now)).is_none_or(|last| now < last);
    let request = Request { finished, released: &[], wants, now, clock_jumped };
    let mut advanced = take_turn(node, run, &request).await?;
    for _ in 0..FURTHER_LOOKS {
        if !advanced.cut_short {
            break;
        }
        // What was passed over is out of the way in the next turn.
        let wants = still_wanting(wants, &advanced.claims);
        let request = Request { finished: &[], released: &[], wants: &wants, now, clock_jumped: false };
        let further = take_turn(node, run, &request).await?;
        advanced.claims.extend(further.claims);
        advanced.cut_short = further.cut_short;
        advanced.endpoints = further.endpoints;
    }
    Ok(advanced)
}

/// What is wanted beyond what was claimed.
fn still_wanting(wants: &Wants, claims: &[Claim]) -> Wants {
    let left = |(id, wanted): &(EndpointId, usize)| {
        let got = claims.iter().filter(|claim| claim.endpoint == *id).count();
        (*id, wanted.saturating_sub(got))
    };
    let endpoints = wants.endpoints.iter().map(left).filter(|(_, wanted)| *wanted > 0).collect();
    Wants { endpoints, idle: wants.idle && claims.is_empty() }
}

pub(super) async fn release(node: &Node, run: RunId, claims: Vec<Claim>, now: Timestamp) -> Result<()> {
    let wants = Wants::default();
    let request =
        Request { finished: &[], released: &claims, wants: &wants, now: node.by_server(now), clock_jumped: false };
    take_turn(node, run, &request).await.map(|_| ())
}

async fn take_turn(node: &Node, run: RunId, request: &Request<'_>) -> Result<Advanced> {
    let state = state_of(node, run);
    let mut state = state.lock().await;
    let mut backoff = Backoff::patient();
    while !state.ended {
        let fault = match try_turn(node, &mut state, request).await {
            Ok(Some(advanced)) => return Ok(advanced),
            Ok(None) => break,
            Err(fault) => fault,
        };
        state.doubtful = true;
        state.endpoints = None;
        if !fault.is_transient() || !backoff.pause().await {
            return Err(fault.into_error());
        }
    }
    Ok(state.over(request.finished.len()))
}

/// One try. None says that the run is over.
async fn try_turn(node: &Node, state: &mut RunState, request: &Request<'_>) -> Result<Option<Advanced>, Fault> {
    let connection = match state.connection.take().filter(|it| !it.is_closed()) {
        Some(connection) => connection,
        None => {
            let connection = node.connect(Purpose::Turns).await?;
            connection.prepare_all(STATEMENTS).await?;
            connection
        }
    };
    let advanced = try_turn_on(node, &connection, state, request).await;
    if advanced.as_ref().map_or_else(Fault::is_fenced, |_| true) {
        state.connection = Some(connection);
    }
    advanced
}

async fn try_turn_on(
    node: &Node,
    connection: &Connection,
    state: &mut RunState,
    request: &Request<'_>,
) -> Result<Option<Advanced>, Fault> {
    if state.doubtful && !resume(connection, state).await? {
        return Ok(None);
    }
    // What went wrong is judged by what the endpoint answered everybody.
    let went_wrong = request.finished.iter().any(|it| !matches!(it.outcome, Outcome::Delivered { .. }));
    if state.endpoints.is_none() || went_wrong {
        load_endpoints(connection, state).await?;
    }
    let mut plan = decide_turn(state, request);
    if plan.is_empty() {
        if !refresh(connection, state).await? {
            return Ok(None);
        }
        // What was held a moment ago may not be any more.
        plan = decide_turn(state, request);
    }
    if plan.is_empty() {
        return Ok(Some(Advanced {
            recorded: plan.recorded,
            claims: Vec::new(),
            solo_waits: false,
            cut_short: false,
            endpoints: Arc::clone(&state.snapshot),
        }));
    }
    let (summary, bodies) = Box::pin(send(connection, state, &plan, request)).await?;
    state.turn += 1;
    state.asleep = false;
    state.settled.clear();
    state.orphans.clear();
    for want in &plan.wants {
        state.lows.entry(want.id).or_default().learn(summary.of(want.id), &summary);
    }
    let claims = read_claims(node, connection, &bodies, &summary).await?;
    state.flight = std::mem::take(&mut plan.kept);
    for claim in &claims {
        let (id, lane, number) = (claim.delivery.0, claim.lane, claim.number);
        let held = Held { id, lane, since: request.now.as_millis(), number };
        state.flight.entry(claim.endpoint.0).or_default().push(held);
    }
    apply_changes(state, plan.changed, &plan.marks, &claims);
    if let Some(altered) = claims.iter().find(|claim| !claim::is_sound(claim, &bodies)) {
        return let_go_of_altered(connection, state, request, &claims, altered).await;
    }
    Ok(Some(Advanced {
        recorded: plan.recorded,
        solo_waits: summary.solo_waits(request.wants.idle),
        cut_short: plan.wants.iter().any(|want| summary.is_cut_short(want)),
        claims,
        endpoints: Arc::clone(&state.snapshot),
    }))
}

/// An event that is not the one that was emitted is never sent: what was claimed with it is released, and the run is told.
async fn let_go_of_altered(
    connection: &Connection,
    state: &mut RunState,
    request: &Request<'_>,
    claims: &[Claim],
    altered: &Claim,
) -> Result<Option<Advanced>, Fault> {
    let wants = Wants::default();
    let release = Request { finished: &[], released: claims, wants: &wants, now: request.now, clock_jumped: false };
    let plan = decide_turn(state, &release);
    Box::pin(send(connection, state, &plan, &release)).await?;
    state.turn += 1;
    state.flight = plan.kept;
    state.endpoints = None;
    Err(Sent::altered(altered.event_id.as_str()))
}

/// With nothing to write, all there is to know is whether the run goes on, and how the endpoints stand.
async fn refresh(connection: &Connection, state: &mut RunState) -> Result<bool, Fault> {
    let (alive, rows) = connection
        .outside(async || {
            let alive = "SELECT count(*) FROM run WHERE id = $1 AND ended_at IS NULL";
            Ok((connection.number(alive, args![state.id.0]).await?, endpoint_rows::load(connection).await?))
        })
        .await?;
    state.learn_endpoints(rows);
    Ok(alive == 1)
}

async fn load_endpoints(connection: &Connection, state: &mut RunState) -> Result<(), Fault> {
    let rows = connection.outside(async || endpoint_rows::load(connection).await).await?;
    state.learn_endpoints(rows);
    Ok(())
}

fn apply_changes(state: &mut RunState, changed: Vec<EndpointRow>, marks: &[Mark], claims: &[Claim]) {
    let Some(rows) = &mut state.endpoints else { return };
    for new in changed {
        if let Some(row) = rows.iter_mut().find(|row| row.endpoint.id == new.endpoint.id) {
            *row = EndpointRow { version: new.version + 1, ..new };
        }
    }
    for mark in marks {
        let claimed: Vec<i64> =
            claims.iter().filter(|claim| claim.endpoint.0 == mark.id).map(|claim| claim.delivery.0).collect();
        if let Some(row) = rows.iter_mut().find(|row| row.endpoint.id.0 == mark.id) {
            mark.apply(row, &claimed);
        }
    }
    state.refresh_snapshot();
}

// ── deciding ────────────────────────────────────────────────────────────────────────────────────────────────────────

fn decide_turn(state: &mut RunState, request: &Request<'_>) -> Plan {
    let mut plan = Plan { kept: state.flight.clone(), ..Plan::default() };
    let mut rows: Vec<EndpointRow> = state.rows().to_vec();
    let mut changed = BTreeSet::new();
    for finished in request.finished {
        let claim = &finished.claim;
        let recorded = match rows.iter_mut().find(|row| row.endpoint.id == claim.endpoint) {
            Some(row) if state.held(claim) && plan.drop_held(claim) => plan.record(row, finished, &mut changed),
            Some(row) if state.settled.contains(&(claim.delivery.0, claim.number)) => {
                Recorded::Written(decide(row, finished).next)
            }
            _ => Recorded::Lost,
        };
        plan.recorded.push(recorded);
    }
    for claim in request.released {
        if state.held(claim) && plan.drop_held(claim) {
            plan.release(claim, request.now);
            if let Some(row) = rows.iter_mut().find(|row| row.probe == Some(claim.delivery.0)) {
                row.probe = None;
                changed.insert(row.endpoint.id.0);
            }
        }
    }
    for (endpoint, held, solo) in &state.orphans {
        plan.touched.insert(*endpoint);
        plan.wait((*endpoint, held.lane, held.id), if *solo { row::SOLO } else { row::READY }, request.now);
        plan.left.push(*endpoint, held.lane, held.id);
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

fn decide(row: &EndpointRow, finished: &Finished) -> RetryDecision {
    let Endpoint { circuit, settings, .. } = &row.endpoint;
    let Finished { claim, outcome, ended_at, jitter, .. } = finished;
    decide_retry(&settings.retry, *outcome, claim.history, *circuit, *ended_at, *jitter)
}

/// How many deliveries of an endpoint may be claimed now, of those wanted: none while it holds, one to probe its open circuit.
pub(super) fn room(row: &EndpointRow, wanted: usize, now: Timestamp) -> usize {
    let pace = row.endpoint.settings.pace();
    let wanted = pace.map_or(wanted, |pace| wanted.min(pace.allowed(row.endpoint.rate_used_until, now)));
    let is_held = row.endpoint.is_paused_or_unconfigured();
    rules::claimable(is_held, row.endpoint.circuit.open, row.probe.is_some(), wanted, now)
}

impl Plan {
    /// Whether there is nothing to write.
    fn is_empty(&self) -> bool {
        self.touched.is_empty() && self.clamped.is_empty()
    }

    /// Takes a claim out of what the run keeps; false if it was taken out before.
    fn drop_held(&mut self, claim: &Claim) -> bool {
        let Some(held) = self.kept.get_mut(&claim.endpoint.0) else { return false };
        let before = held.len();
        held.retain(|it| it.id != claim.delivery.0);
        self.touched.insert(claim.endpoint.0);
        held.len() < before
    }

    fn record(&mut self, row: &mut EndpointRow, finished: &Finished, changed: &mut BTreeSet<i64>) -> Recorded {
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
        Recorded::Written(decision.next)
    }

    fn write(&mut self, finished: &Finished, decision: RetryDecision, failures: u32) {
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
        self.attempts.triggers.push(codes::trigger_code(claim.trigger));
        self.attempts.started_at.push(finished.started_at.as_millis());
        self.attempts.took_us.push(i64::try_from(finished.took.as_micros()).unwrap_or(i64::MAX));
        self.attempts.outcomes.push(codes::outcome_code(finished.outcome));
        self.attempts.statuses.push(finished.outcome.status().map(i64::from));
        self.attempts.details.push(row::storable(&finished.detail));
        self.attempts.responses.push((!finished.response.is_empty()).then(|| finished.response.to_vec()));
        if let Next::RetryAt(due) = decision.next {
            self.wait((claim.endpoint.0, claim.lane, claim.delivery.0), row::READY, due);
        }
    }

    fn release(&mut self, claim: &Claim, now: Timestamp) {
        let (endpoint, lane, id) = (claim.endpoint.0, claim.lane, claim.delivery.0);
        self.wait((endpoint, lane, id), if claim.solo { row::SOLO } else { row::READY }, now);
        self.left.push(endpoint, lane, id);
    }

    fn wait(&mut self, (endpoint, lane, id): (i64, i64, i64), state: i64, due: Timestamp) {
        let row = [endpoint, lane, id, state, due.as_millis()];
        self.waiting.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }

    fn want(&mut self, state: &RunState, row: &EndpointRow, room: usize, now: Timestamp) {
        let id = row.endpoint.id.0;
        let low = state.lows.get(&id).copied().unwrap_or_default();
        self.touched.insert(id);
        self.marks.extend(Mark::of(&row.endpoint, now));
        self.wants.push(Want::new(id, room, low, row.endpoint.circuit.open.is_some()));
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

// ── sending ─────────────────────────────────────────────────────────────────────────────────────────────────────────

pub(super) const TURN: &str = "WITH mine AS (
        UPDATE run SET turn = turn + 1, asleep = false WHERE id = $1 AND turn = $2 AND ended_at IS NULL RETURNING 1)
    SELECT fence((SELECT count(*) FROM mine) = 1)";

pub(super) const FINISH: &str = "WITH done AS (
        UPDATE delivery d SET state = f.state, attempts = f.number, used = f.used, failures = f.failures, interruptions = 0,
            trigger = 1, reason = f.reason, changed_at = f.changed_at, unanswered = f.unanswered, unanswered_at = f.unanswered_at
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
            AS f(id, number, state, reason, used, failures, changed_at, unanswered, unanswered_at)
        WHERE d.id = f.id AND d.attempts = f.number - 1 AND d.state = 0 RETURNING 1)
    SELECT fence((SELECT count(*) FROM done) = cardinality($1))";

pub(super) const ATTEMPTS: &str =
    "INSERT INTO attempt (delivery, number, trigger, started_at, took_us, outcome, status, detail, response)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)";

pub(super) const WAIT: &str =
    "INSERT INTO waiting (endpoint, lane, id, state, due_at) SELECT * FROM unnest($1, $2, $3, $4, $5)";

pub(super) const TROUBLE: &str =
    "INSERT INTO trouble (id, endpoint) SELECT * FROM unnest($1, $2) ON CONFLICT DO NOTHING";

pub(super) const NO_TROUBLE: &str = "DELETE FROM trouble WHERE id = ANY ($1)";

/// After a clock that jumped back, what was scheduled ahead of every possible delay is due now.
pub(super) const CLAMP: &str = "UPDATE waiting w SET due_at = $3 FROM unnest($1, $2) AS l(endpoint, latest)
    WHERE w.state = 1 AND w.endpoint = l.endpoint AND w.due_at > l.latest";

/// Every statement of a turn, prepared when its connection is made: a pipeline does not wait for one.
const STATEMENTS: &[(&str, &[Type])] = &[
    (TURN, &[N, N]),
    (FINISH, &[A, A, A, A, A, A, A, A, A]),
    (ATTEMPTS, &[A, A, A, A, A, A, A, Type::TEXT_ARRAY, Type::BYTEA_ARRAY]),
    (WAIT, &[A, A, A, A, A]),
    (TROUBLE, &[A, A]),
    (NO_TROUBLE, &[A]),
    (CLAMP, &[A, A, N]),
    (lanes::SETTLE, &[A, A, A, N, N]),
    (figures::TALLY, &[N, A, A, A, A, A, A, A, A, A, A]),
    (figures::RATES, &[N, A, A, A, A, A]),
    (endpoint_rows::SAVE_CIRCUITS, &[A, A, A, A, A, A, A, A, A, A, A, A]),
    (claim::LOCK_MARKED, &[A]),
    (claim::GATE, &[A]),
    (claim::VERSIONS, &[A]),
    (claim::LOCK_OTHERS, &[N]),
    (claim::ENTER, &[A, A, A, A, N]),
    (claim::CLAIM, &[N, A, A, A, A, A, A, A, A, A, N, Type::BOOL, A]),
    (claim::MARK, &[N, A, A, A, A, A]),
    (claim::BODIES, &[N, A, A]),
];
const N: Type = Type::INT8;
const A: Type = Type::INT8_ARRAY;

/// Sends the whole turn at once, and waits for its answers.
async fn send(
    connection: &Connection,
    state: &RunState,
    plan: &Plan,
    request: &Request<'_>,
) -> Result<(Summary, Vec<Row>), Fault> {
    let run = state.id.0;
    let [now, turn] = [request.now.as_millis(), state.turn];
    let done = &plan.done;
    let attempts = &plan.attempts;
    let [endpoint, lane, id, waits, due] = &plan.waiting;
    let versions = versions(state, &plan.changed);
    let (clamped, latest): (Vec<i64>, Vec<i64>) = plan.clamped.iter().copied().unzip();
    let skip: Vec<(i64, i64)> = plan
        .wants
        .iter()
        .map(|want| (want.id, i64::try_from(plan.kept.get(&want.id).map_or(0, Vec::len)).unwrap_or(0)))
        .collect();
    let answers = tokio::join!(
        biased;
        connection.begin(),
        async { connection.query(TURN, args![run, turn]).await },
        when(!done.ids.is_empty(), async || connection
            .query(
                FINISH,
                args![
                    done.ids,
                    done.numbers,
                    done.states,
                    done.reasons,
                    done.used,
                    done.failures,
                    done.changed_at,
                    done.unanswered,
                    done.unanswered_at
                ],
            )
            .await),
        when(!done.ids.is_empty(), async || connection
            .query(
                ATTEMPTS,
                args![
                    done.ids,
                    done.numbers,
                    attempts.triggers,
                    attempts.started_at,
                    attempts.took_us,
                    attempts.outcomes,
                    attempts.statuses,
                    attempts.details,
                    attempts.responses
                ],
            )
            .await),
        when(!id.is_empty(), async || connection.query(WAIT, args![*endpoint, *lane, *id, *waits, *due]).await),
        when(!plan.newly_troubled.0.is_empty(), async || connection
            .query(TROUBLE, args![plan.newly_troubled.0, plan.newly_troubled.1])
            .await),
        when(!plan.untroubled.is_empty(), async || connection.query(NO_TROUBLE, args![plan.untroubled]).await),
        plan.left.settle(connection, request.now),
        plan.counted.write_tally(connection, run),
        plan.counted.write_rates(connection, run),
        endpoint_rows::save_circuits(connection, &plan.changed),
        when(!plan.marks.is_empty(), async || connection.query(claim::LOCK_MARKED, args![plan.marked()]).await),
        when(!plan.wants.is_empty(), async || connection.query(claim::GATE, args![plan.want_ids()]).await),
        async { connection.query(claim::VERSIONS, args![versions]).await },
        when(!clamped.is_empty(), async || connection.query(CLAMP, args![clamped, latest, now]).await),
        claim::enter(connection, run, plan.claims()),
        claim::send(connection, run, plan.claims(), (request.wants.idle, request.now)),
        when(!plan.marks.is_empty(), async || claim::mark(connection, run, &plan.marks, &skip).await),
        connection.commit(),
        bodies(connection, run, &skip),
    );
    let (
        begun,
        turn,
        finish,
        attempt,
        wait,
        trouble,
        untrouble,
        settle,
        tally,
        rates,
        saved,
        locked,
        gate,
        version,
        clamp,
        entered,
        claimed,
        probed,
        committed,
        bodies,
    ) = answers;
    begun?;
    for answer in [turn, finish, attempt, wait, trouble, untrouble] {
        answer?;
    }
    settle.and(tally).and(rates).and(saved)?;
    for answer in [locked, gate, version, clamp] {
        answer?;
    }
    entered?;
    let claimed = claimed?;
    probed?;
    committed?;
    Ok((Summary::read(&claimed), bodies?))
}

/// Runs a statement of the pipeline only where there is something to do.
async fn when(needed: bool, statement: impl AsyncFnOnce() -> Result<Vec<Row>, Fault>) -> Result<Vec<Row>, Fault> {
    if needed { statement().await } else { Ok(Vec::new()) }
}

/// The versions of all endpoints as this transaction leaves them.
fn versions(state: &RunState, changed: &[EndpointRow]) -> Vec<i64> {
    let is_changed = |row: &EndpointRow| changed.iter().any(|new| new.endpoint.id == row.endpoint.id);
    state.rows().iter().map(|row| row.version + i64::from(is_changed(row))).collect()
}

/// The bodies of what was just claimed, after the commit: no lock is held while they travel.
async fn bodies(connection: &Connection, run: i64, skip: &[(i64, i64)]) -> Result<Vec<Row>, Fault> {
    if skip.is_empty() {
        return Ok(Vec::new());
    }
    let (endpoints, kept): (Vec<i64>, Vec<i64>) = skip.iter().copied().unzip();
    connection.outside(async || connection.query(claim::BODIES, args![run, endpoints, kept]).await).await
}

/// The claims of a turn, in the order in which they were chosen.
async fn read_claims(
    node: &Node,
    connection: &Connection,
    rows: &[Row],
    summary: &Summary,
) -> Result<Vec<Claim>, Fault> {
    let by_id: HashMap<i64, &Row> = rows.iter().map(|row| (int(row, 0), row)).collect();
    let mut claims = Vec::with_capacity(rows.len());
    for claimed in &summary.claimed {
        let Some(row) = by_id.get(&claimed.id) else { continue };
        let kind = int(row, 6);
        let event_type = node.event_type(connection, kind).await?;
        claims.push(claim::read(row, claimed, (kind, event_type)));
    }
    Ok(claims)
}

impl Plan {
    fn claims(&self) -> claim::Wanted<'_> {
        claim::Wanted { wants: &self.wants, kept: &self.kept, touched: &self.touched }
    }

    fn marked(&self) -> Vec<i64> {
        self.marks.iter().map(|mark| mark.id).collect()
    }

    fn want_ids(&self) -> Vec<i64> {
        self.wants.iter().map(|want| want.id).collect()
    }
}

// ── after a failure ─────────────────────────────────────────────────────────────────────────────────────────────────

/// Finds out whether the last turn was committed. False says that the run is over.
///
/// The lock waits for that turn where it is still under way. One that comes later still finds its number taken.
async fn resume(connection: &Connection, state: &mut RunState) -> Result<bool, Fault> {
    let run = state.id.0;
    let row = connection
        .outside(async || {
            connection.first("SELECT turn FROM run WHERE id = $1 AND ended_at IS NULL FOR UPDATE", args![run]).await
        })
        .await?;
    let Some(turn) = row.map(|row| int(&row, 0)) else { return Ok(false) };
    if turn != state.turn || !state.is_known {
        let rows = connection.outside(async || connection.query(HOLDS, args![run]).await).await?;
        run_state::adopt(state, &rows);
        state.turn = turn;
    }
    state.doubtful = false;
    state.is_known = true;
    Ok(true)
}

const HOLDS: &str = "SELECT f.endpoint, i.id, i.lane, i.since, d.attempts + 1, d.interruptions
    FROM flight f CROSS JOIN LATERAL unnest(f.ids, f.lanes, f.since) WITH ORDINALITY AS i(id, lane, since, n)
    JOIN delivery d ON d.id = i.id WHERE f.run = $1 ORDER BY f.endpoint, i.n";

pub(super) async fn still_wanted(
    node: &Node,
    run: RunId,
    claims: Vec<(DeliveryId, EndpointId, u32)>,
    now: Timestamp,
) -> Result<Vec<bool>> {
    let now = node.by_server(now);
    let state = state_of(node, run);
    let alive = "SELECT count(*) FROM run WHERE id = $1 AND ended_at IS NULL";
    let (alive, rows) = node
        .read(async |connection: &Connection| {
            Ok((connection.number(alive, args![run.0]).await? == 1, endpoint_rows::load(connection).await?))
        })
        .await?;
    let state = state.lock().await;
    let wanted = |(delivery, endpoint, number): &(DeliveryId, EndpointId, u32)| {
        let held = state
            .flight
            .get(&endpoint.0)
            .is_some_and(|held| held.iter().any(|it| it.id == delivery.0 && it.number == *number));
        let row = rows.iter().find(|row| row.endpoint.id == *endpoint);
        held && row.is_some_and(|row| {
            let open = row.endpoint.circuit.open;
            !row.endpoint.is_paused_or_unconfigured()
                && open.is_none_or(|open| open.until <= now || row.probe == Some(delivery.0))
        })
    };
    Ok(claims.iter().map(|claim| alive && !state.ended && wanted(claim)).collect())
}
