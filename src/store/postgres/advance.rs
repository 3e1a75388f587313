//! A worker's transaction: outcomes in, claims out, in one flush.
//!
//! The process knows what its runs hold, so it decides first ([`plan`]) and sends every statement at once ([`pipeline`]); the
//! transaction checks what was relied on (how many the run has committed, the versions of the endpoints) and fails as a whole
//! where that has changed. Then everything is read again, and it is tried again. A commit whose answer was lost is found by that
//! number ([`resume`]).

mod pipeline;
mod plan;
mod resume;

use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::checksum::EventContent;
use super::claim::{EndpointUpdate, HeldClaim};
use super::client::{Client, RetryPause};
use super::connection::{Connection, ConnectionUse, args};
use super::endpoint_rows::{self, EndpointRow};
use super::error::PostgresError;
use super::run_state::RunState;
use super::{AdvanceResult, Claim, ClaimRequest, FinishedAttempt, Result, RunId, StoreError, rules};
use crate::clock::Timestamp;
use crate::delivery::Outcome;
use crate::endpoint::EndpointId;
use crate::event::EventId;
use crate::store::DeliveryId;
use pipeline::ReadClaims;
use plan::TransactionPlan;

/// Transactions that follow one which found only what has to wait, before the run is told that there may be more.
const FURTHER_LOOKS: usize = 2;

/// What a worker's transaction is asked to do: record outcomes, release claims, claim more.
struct AdvanceRequest<'a> {
    finished: &'a [FinishedAttempt],
    released: &'a [Claim],
    wants: &'a ClaimRequest,
    now: Timestamp,
    /// Whether the clock is behind the transaction before, or that one is unknown.
    clock_jumped: bool,
}

/// The run's state. One that another store of this process began is read from the server first.
fn state_of(client: &Client, run: RunId) -> Rc<Mutex<RunState>> {
    let begun_elsewhere = || Rc::new(Mutex::new(RunState { doubtful: true, is_known: false, ..RunState::new(run) }));
    Rc::clone(client.runs.borrow_mut().entry(run).or_insert_with(begun_elsewhere))
}

pub(super) async fn advance(
    client: &Client,
    run: RunId,
    finished: &[FinishedAttempt],
    wants: &ClaimRequest,
    now: Timestamp,
) -> Result<AdvanceResult> {
    let now = client.by_server(now);
    let clock_jumped = client.last_commit.replace(Some(now)).is_none_or(|last| now < last);
    let request = AdvanceRequest { finished, released: &[], wants, now, clock_jumped };
    let mut advanced = commit(client, run, &request).await?;
    for _ in 0..FURTHER_LOOKS {
        if !advanced.cut_short {
            break;
        }
        // What was passed over is out of the way in the next transaction.
        let wants = still_wanting(wants, &advanced.claims);
        let request = AdvanceRequest { finished: &[], released: &[], wants: &wants, now, clock_jumped: false };
        match commit(client, run, &request).await {
            Ok(further) => {
                advanced.claims.extend(further.claims);
                advanced.cut_short = further.cut_short;
                advanced.endpoints = further.endpoints;
            }
            // What was committed stands, and its claims are the run's: the next call meets what is wrong.
            Err(error) => {
                tracing::debug!(%error, "a further look at the queue failed");
                break;
            }
        }
    }
    Ok(advanced)
}

/// What is wanted beyond what was claimed.
fn still_wanting(wants: &ClaimRequest, claims: &[Claim]) -> ClaimRequest {
    let left = |(id, wanted): &(EndpointId, usize)| {
        let got = claims.iter().filter(|claim| claim.endpoint == *id).count();
        (*id, wanted.saturating_sub(got))
    };
    let endpoints = wants.endpoints.iter().map(left).filter(|(_, wanted)| *wanted > 0).collect();
    ClaimRequest { endpoints, idle: wants.idle && claims.is_empty(), only: wants.only.clone() }
}

pub(super) async fn release(client: &Client, run: RunId, claims: Vec<Claim>, now: Timestamp) -> Result<()> {
    let wants = ClaimRequest::default();
    let request = AdvanceRequest {
        finished: &[],
        released: &claims,
        wants: &wants,
        now: client.by_server(now),
        clock_jumped: false,
    };
    match commit(client, run, &request).await {
        // Its claims went when it ended.
        Ok(_) | Err(StoreError::RunEnded) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn commit(client: &Client, run: RunId, request: &AdvanceRequest<'_>) -> Result<AdvanceResult> {
    let state = state_of(client, run);
    let mut state = state.lock().await;
    let mut backoff = RetryPause::for_worker();
    while !state.ended {
        let error = match try_commit(client, &mut state, request).await {
            Ok(Some(advanced)) => return Ok(advanced),
            Ok(None) => break,
            Err(error) => error,
        };
        state.doubtful = true;
        state.endpoints = None;
        if !error.is_transient() || !backoff.pause().await {
            return Err(error.into_error());
        }
    }
    state.close();
    Err(StoreError::RunEnded)
}

/// One try. None says that the run is over.
async fn try_commit(
    client: &Client,
    state: &mut RunState,
    request: &AdvanceRequest<'_>,
) -> Result<Option<AdvanceResult>, PostgresError> {
    let connection = match state.connection.take().filter(|it| !it.is_closed()) {
        Some(connection) => connection,
        None => {
            let connection = client.connect(ConnectionUse::Worker).await?;
            connection.prepare_all(pipeline::STATEMENTS).await?;
            connection
        }
    };
    let advanced = try_commit_on(client, &connection, state, request).await;
    if advanced.as_ref().map_or_else(PostgresError::is_fenced, |_| true) {
        state.connection = Some(connection);
    }
    advanced
}

async fn try_commit_on(
    client: &Client,
    connection: &Connection,
    state: &mut RunState,
    request: &AdvanceRequest<'_>,
) -> Result<Option<AdvanceResult>, PostgresError> {
    if state.doubtful && !resume::resume(connection, state).await? {
        return Ok(None);
    }
    // What went wrong is judged by what the endpoint answered everybody.
    let went_wrong = request.finished.iter().any(|it| !matches!(it.outcome, Outcome::Delivered { .. }));
    if state.endpoints.is_none() || went_wrong {
        load_endpoints(connection, state).await?;
    }
    let mut plan = TransactionPlan::decide(state, request);
    if plan.is_empty() {
        if !refresh(connection, state).await? {
            return Ok(None);
        }
        // What was held a moment ago may not be any more.
        plan = TransactionPlan::decide(state, request);
    }
    if plan.is_empty() {
        return Ok(Some(AdvanceResult {
            recorded: plan.recorded,
            claims: Vec::new(),
            solo_waits: false,
            cut_short: false,
            endpoints: Arc::clone(&state.snapshot),
        }));
    }
    let (summary, bodies) = Box::pin(pipeline::send(connection, state, &plan, request)).await?;
    state.commits += 1;
    state.asleep = false;
    state.settled.clear();
    state.orphans.clear();
    // A look at some that are named says nothing about the others.
    for want in plan.wants.iter().filter(|_| request.wants.only.is_none()) {
        state.lows.entry(want.id).or_default().learn(summary.of(want.id), &summary);
    }
    let ReadClaims { all: claims, altered } = pipeline::read_claims(client, connection, &bodies, &summary).await?;
    state.flight = std::mem::take(&mut plan.kept);
    for claim in &claims {
        let (id, lane, number) = (claim.delivery.0, claim.lane, claim.number);
        let held = HeldClaim { id, lane, since: request.now.as_millis(), number };
        state.flight.entry(claim.endpoint.0).or_default().push(held);
    }
    apply_changes(state, plan.changed, &plan.marks, &claims);
    if let Some(altered) = altered {
        return let_go_of_altered(connection, state, request, &claims, &altered).await;
    }
    Ok(Some(AdvanceResult {
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
    request: &AdvanceRequest<'_>,
    claims: &[Claim],
    altered: &EventId,
) -> Result<Option<AdvanceResult>, PostgresError> {
    let wants = ClaimRequest::default();
    let release =
        AdvanceRequest { finished: &[], released: claims, wants: &wants, now: request.now, clock_jumped: false };
    let plan = TransactionPlan::decide(state, &release);
    Box::pin(pipeline::send(connection, state, &plan, &release)).await?;
    state.commits += 1;
    state.flight = plan.kept;
    state.endpoints = None;
    Err(EventContent::altered(altered.as_str()))
}

/// With nothing to write, all there is to know is whether the run goes on, and how the endpoints stand.
async fn refresh(connection: &Connection, state: &mut RunState) -> Result<bool, PostgresError> {
    let (alive, rows) = connection
        .outside(async || {
            let alive = "SELECT count(*) FROM run WHERE id = $1 AND ended_at IS NULL";
            Ok((connection.number(alive, args![state.id.0]).await?, endpoint_rows::load(connection).await?))
        })
        .await?;
    state.learn_endpoints(rows);
    Ok(alive == 1)
}

async fn load_endpoints(connection: &Connection, state: &mut RunState) -> Result<(), PostgresError> {
    let rows = connection.outside(async || endpoint_rows::load(connection).await).await?;
    state.learn_endpoints(rows);
    Ok(())
}

fn apply_changes(state: &mut RunState, changed: Vec<EndpointRow>, marks: &[EndpointUpdate], claims: &[Claim]) {
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

/// How many deliveries of an endpoint may be claimed now, of those wanted: none while it holds, one to probe its open circuit.
fn room(row: &EndpointRow, wanted: usize, now: Timestamp) -> usize {
    let pace = row.endpoint.settings.pace();
    let wanted = pace.map_or(wanted, |pace| wanted.min(pace.allowed(row.endpoint.rate_used_until, now)));
    let is_held = row.endpoint.is_paused_or_unconfigured();
    rules::claimable(is_held, row.endpoint.circuit.open, row.probe.is_some(), wanted, now)
}

pub(super) async fn still_wanted(
    client: &Client,
    run: RunId,
    claims: Vec<(DeliveryId, EndpointId, u32)>,
    now: Timestamp,
) -> Result<Vec<bool>> {
    let now = client.by_server(now);
    let state = state_of(client, run);
    let alive = "SELECT count(*) FROM run WHERE id = $1 AND ended_at IS NULL";
    let (alive, rows) = client
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
