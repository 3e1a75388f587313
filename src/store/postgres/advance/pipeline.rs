//! Sending a worker's transaction: every statement at once, its answers one by one.

use std::collections::HashMap;

use const_format::formatcp;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::super::Claim;
use super::super::claim::{self, ClaimSummary};
use super::super::client::Client;
use super::super::connection::{Connection, args};
use super::super::endpoint_rows::{self, EndpointRow};
use super::super::error::PostgresError;
use super::super::figures;
use super::super::lanes;
use super::super::row::int;
use super::super::row::{OPEN, READY};
use super::super::run_state::RunState;
use super::AdvanceRequest;
use super::plan::TransactionPlan;
use crate::event::EventId;

/// Counts the commit, unless another one of the run's was committed since, or the run is over.
const FENCE: &str = "WITH mine AS (
        UPDATE run SET commits = commits + 1, asleep = false WHERE id = $1 AND commits = $2 AND ended_at IS NULL RETURNING 1)
    SELECT fence((SELECT count(*) FROM mine) = 1)";

const FINISH: &str = formatcp!("WITH done AS (
        UPDATE delivery d SET state = f.state, attempts = f.number, used = f.used, failures = f.failures, interruptions = 0,
            trigger = 1, reason = f.reason, changed_at = f.changed_at, unanswered = f.unanswered, unanswered_at = f.unanswered_at
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
            AS f(id, number, state, reason, used, failures, changed_at, unanswered, unanswered_at)
        WHERE d.id = f.id AND d.attempts = f.number - 1 AND d.state = {OPEN} RETURNING 1)
    SELECT fence((SELECT count(*) FROM done) = cardinality($1))");

const ATTEMPTS: &str =
    "INSERT INTO attempt (delivery, number, trigger, started_at, took_us, outcome, status, detail, response)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const WAIT: &str = "INSERT INTO waiting (endpoint, lane, id, state, due_at) SELECT * FROM unnest($1, $2, $3, $4, $5)";

const TROUBLE: &str = "INSERT INTO trouble (id, endpoint) SELECT * FROM unnest($1, $2) ON CONFLICT DO NOTHING";

const NO_TROUBLE: &str = "DELETE FROM trouble WHERE id = ANY ($1)";

/// After a clock that jumped back, what was scheduled ahead of every possible delay is due now.
const CLAMP: &str = formatcp!(
    "UPDATE waiting w SET due_at = $3 FROM unnest($1, $2) AS l(endpoint, latest)
    WHERE w.state = {READY} AND w.endpoint = l.endpoint AND w.due_at > l.latest"
);

/// Every statement of a transaction, prepared when its connection is made: a pipeline does not wait for one.
pub(super) const STATEMENTS: &[(&str, &[Type])] = &[
    (FENCE, &[N, N]),
    (FINISH, &[A, A, A, A, A, A, A, A, A]),
    (ATTEMPTS, &[A, A, A, A, A, A, A, Type::TEXT_ARRAY, Type::BYTEA_ARRAY]),
    (WAIT, &[A, A, A, A, A]),
    (TROUBLE, &[A, A]),
    (NO_TROUBLE, &[A]),
    (CLAMP, &[A, A, N]),
    (lanes::SETTLE, &[A, A, A, N, N]),
    (figures::TALLY, &[N, A, A, A, A, A, A, A, A, A, A, A]),
    (figures::RATES, &[N, A, A, A, A, A]),
    (endpoint_rows::SAVE_CIRCUITS, &[A, A, A, A, A, A, A, A, A, A, A, A]),
    (claim::LOCK_MARKED, &[A]),
    (claim::GATE, &[A]),
    (claim::VERSIONS, &[A]),
    (claim::LOCK_OTHERS, &[N]),
    (claim::ENTER, &[A, A, A, A, N]),
    (claim::CLAIM, &[N, A, A, A, A, A, A, A, A, A, N, Type::BOOL, A, A, A, A]),
    (claim::MARK, &[N, A, A, A, A, A]),
    (claim::BODIES, &[N, A, A]),
];
const N: Type = Type::INT8;
const A: Type = Type::INT8_ARRAY;

/// Sends the whole transaction at once, and waits for its answers.
pub(super) async fn send(
    connection: &Connection,
    state: &RunState,
    plan: &TransactionPlan,
    request: &AdvanceRequest<'_>,
) -> Result<(ClaimSummary, Vec<Row>), PostgresError> {
    let run = state.id.0;
    let [now, commits] = [request.now.as_millis(), state.commits];
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
        async { connection.query(FENCE, args![run, commits]).await },
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
        claim::send(connection, run, plan.claims(), (request.wants, request.now)),
        when(!plan.marks.is_empty(), async || claim::mark(connection, run, &plan.marks, &skip).await),
        connection.commit(),
        bodies(connection, run, &skip),
    );
    let (
        begun,
        fence,
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
    for answer in [fence, finish, attempt, wait, trouble, untrouble] {
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
    Ok((ClaimSummary::read(&claimed), bodies?))
}

/// Runs a statement of the pipeline only where there is something to do.
async fn when(
    needed: bool,
    statement: impl AsyncFnOnce() -> Result<Vec<Row>, PostgresError>,
) -> Result<Vec<Row>, PostgresError> {
    if needed { statement().await } else { Ok(Vec::new()) }
}

/// The versions of all endpoints as this transaction leaves them.
fn versions(state: &RunState, changed: &[EndpointRow]) -> Vec<i64> {
    let is_changed = |row: &EndpointRow| changed.iter().any(|new| new.endpoint.id == row.endpoint.id);
    state.rows().iter().map(|row| row.version + i64::from(is_changed(row))).collect()
}

/// The bodies of what was just claimed, after the commit: no lock is held while they travel.
async fn bodies(connection: &Connection, run: i64, skip: &[(i64, i64)]) -> Result<Vec<Row>, PostgresError> {
    if skip.is_empty() {
        return Ok(Vec::new());
    }
    let (endpoints, kept): (Vec<i64>, Vec<i64>) = skip.iter().copied().unzip();
    connection.outside(async || connection.query(claim::BODIES, args![run, endpoints, kept]).await).await
}

/// The claims of a transaction, in the order in which they were chosen.
#[derive(Default)]
pub(super) struct ReadClaims {
    pub(super) all: Vec<Claim>,
    /// The first whose event is not what was emitted.
    pub(super) altered: Option<EventId>,
}

/// Reads what a transaction claimed.
pub(super) async fn read_claims(
    client: &Client,
    connection: &Connection,
    rows: &[Row],
    summary: &ClaimSummary,
) -> Result<ReadClaims, PostgresError> {
    let by_id: HashMap<i64, &Row> = rows.iter().map(|row| (int(row, 0), row)).collect();
    let mut claims = ReadClaims { all: Vec::with_capacity(rows.len()), altered: None };
    for claimed in &summary.claimed {
        let Some(row) = by_id.get(&claimed.id) else { continue };
        let kind = int(row, 6);
        let event_type = client.event_type(connection, kind).await?;
        let claim = claim::read(row, claimed, (kind, event_type));
        if claims.altered.is_none() && !claim::is_sound(&claim, row) {
            claims.altered = Some(claim.event_id.clone());
        }
        claims.all.push(claim);
    }
    Ok(claims)
}

impl TransactionPlan {
    fn claims(&self) -> claim::ClaimPlan<'_> {
        claim::ClaimPlan { wants: &self.wants, kept: &self.kept, touched: &self.touched }
    }

    fn marked(&self) -> Vec<i64> {
        self.marks.iter().map(|mark| mark.id).collect()
    }

    fn want_ids(&self) -> Vec<i64> {
        self.wants.iter().map(|want| want.id).collect()
    }
}
