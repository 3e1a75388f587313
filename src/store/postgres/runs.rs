//! Runs, and how it is known whether they live.
//!
//! One connection of each process holds an advisory lock for every run it has, raises their beats, and listens. A run lives while
//! its lock is held, however long it is silent, so a stopped worker is never robbed. No wall clock decides: each process watches the beats of the others by
//! its own monotonic clock, and begins again when its own connection failed.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Mutex, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_postgres::Row;
use uuid::Uuid;

use super::client::Client;
use super::connection::{Connection, ConnectionUse, args};
use super::control::{ObservedRun, OwnRun};
use super::error::PostgresError;
use super::figures::{self, CounterDeltas, CounterKey};
use super::lanes::VacatedLanes;
use super::row::{self, count, int, maybe_int, maybe_time, time};
use super::run_state::RunState;
use super::settings::SessionMode;
use super::{OpenRuns, Result, RunId, RunRow, RunStats, StoreError, db_codes};
use crate::clock::Timestamp;
use crate::delivery::{Next, Outcome, after_interruption};
use crate::store::ClaimHolder;

/// How often beats are raised and watched.
const BEAT: Duration = Duration::from_millis(500);
/// Silence after which a run whose lock is free is dead.
const SILENCE: Duration = Duration::from_secs(2);
/// How long a process that leaves tries to say so.
const FAREWELL: Duration = Duration::from_secs(1);
/// Silence after which a run is dead that has no lock, or one from before the server restarted.
const LEASE: Duration = Duration::from_secs(30);

/// A run in the database that has not ended, with what tells whether it is alive.
struct OpenRun {
    id: i64,
    beat: (i64, i64),
    has_lock: bool,
    is_locked: bool,
    same_server: bool,
    /// Seconds of silence by the server's clock: good enough to show, never to decide.
    silent_ms: i64,
}

const OPEN: &str = "SELECT r.id, r.commits, r.beat, r.lock_key IS NOT NULL,
    EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND ((l.classid::bigint << 32) | l.objid::bigint) = r.lock_key),
    r.server_started = (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
    (extract(epoch FROM clock_timestamp()) * 1000)::bigint - r.beat_at
    FROM run r WHERE r.ended_at IS NULL ORDER BY r.id";

async fn open_runs(connection: &Connection) -> Result<Vec<OpenRun>, PostgresError> {
    let rows = connection.query(OPEN, &[]).await?;
    let read = |row: &Row| OpenRun {
        id: int(row, 0),
        beat: (int(row, 1), int(row, 2)),
        has_lock: row.get(3),
        is_locked: row.get(4),
        same_server: row.get(5),
        silent_ms: int(row, 6),
    };
    Ok(rows.iter().map(read).collect())
}

impl OpenRun {
    /// How long it has to be silent to be dead; none while its lock is held.
    fn limit(&self) -> Option<Duration> {
        match self {
            // Its own process said so.
            Self { beat: (_, ..0), .. } => Some(Duration::ZERO),
            Self { has_lock: true, same_server: true, is_locked, .. } => (!is_locked).then_some(SILENCE),
            Self { is_locked: true, .. } => None,
            _ => Some(LEASE),
        }
    }

    /// Whether it looks dead at a single look, for those who only show it.
    fn seems_dead(&self) -> bool {
        self.limit().is_some_and(|limit| self.silent_ms >= i64::try_from(limit.as_millis()).unwrap_or(i64::MAX))
    }
}

// ── beginning and ending ────────────────────────────────────────────────────────────────────────────────────────────

/// Registers a run: its lock is held before its row exists.
pub(super) async fn begin(client: Rc<Client>, command: String, now: Timestamp) -> Result<RunId> {
    let now = client.by_server(now);
    start_beating(&client);
    // A row of `pg_locks` shows the key in two halves without a sign.
    let key = fastrand::i64(1..i64::MAX);
    let token = Uuid::new_v4().simple().to_string();
    let direct = client.settings.mode == SessionMode::Direct;
    if direct {
        let locked = async {
            let mut control = client.control.connection.lock().await;
            let connection = keep_connected(&client, &mut control).await?;
            connection.query("SELECT pg_advisory_lock($1)::text", args![key]).await.map(|_| ())
        };
        locked.await.map_err(|error: PostgresError| error.into_error())?;
    }
    let host = row::storable(&host_name());
    let pid = i64::from(std::process::id());
    let id = client
        .transact(async |connection: &Connection| {
            connection
                .number(
                    "INSERT INTO run (token, host, pid, command, started_at, lock_key, server_started, beat_at)
                     VALUES ($1, $2, $3, $4, $5, $6, (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
                        (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
                     ON CONFLICT (token) DO UPDATE SET beat = 0 RETURNING id",
                    args![token.as_str(), host.as_str(), pid, command.as_str(), now.as_millis(), direct.then_some(key)],
                )
                .await
        })
        .await?;
    let id = RunId(id);
    client.control.own.borrow_mut().push(OwnRun { id, key });
    client.runs.borrow_mut().insert(id, Rc::new(Mutex::new(RunState::new(id))));
    Ok(id)
}

pub(super) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

pub(super) async fn end(client: &Client, run: RunId, stats: RunStats, exit: i64, now: Timestamp) -> Result<()> {
    let now = client.by_server(now);
    let state = client.runs.borrow().get(&run).cloned();
    if let Some(state) = state {
        state.lock().await.close();
    }
    client
        .transact(async |connection: &Connection| {
            let over =
                "UPDATE run SET ended_at = $2, claimed = $3, delivered = $4, retried = $5, failed = $6, exit = $7
            WHERE id = $1 AND ended_at IS NULL";
            if lock(connection, run.0).await? {
                interrupt_all(connection, run.0, now).await?;
                let numbers = [stats.claimed, stats.delivered, stats.retried, stats.failed].map(u64::cast_signed);
                let [claimed, delivered, retried, failed] = numbers;
                connection
                    .query(over, args![run.0, now.as_millis(), claimed, delivered, retried, failed, exit])
                    .await?;
            }
            Ok(())
        })
        .await?;
    leave(client, run).await;
    Ok(())
}

/// Forgets a run of this process and releases its lock.
async fn leave(client: &Client, run: RunId) {
    client.runs.borrow_mut().remove(&run);
    let own = {
        let mut all = client.control.own.borrow_mut();
        let at = all.iter().position(|own| own.id == run);
        at.map(|at| all.swap_remove(at))
    };
    if let (Some(own), Some(connection)) = (own, client.control.connection.lock().await.as_ref()) {
        let _ = connection.query("SELECT pg_advisory_unlock($1)", args![own.key]).await;
    }
}

/// Locks a run that has not ended, unless it is in a transaction just now: then it lives.
async fn lock(connection: &Connection, run: i64) -> Result<bool, PostgresError> {
    let found =
        connection.first("SELECT id FROM run WHERE id = $1 AND ended_at IS NULL FOR UPDATE", args![run]).await?;
    Ok(found.is_some())
}

/// Records an interrupted attempt for each delivery the run holds, and what follows. The run is locked.
async fn interrupt_all(connection: &Connection, run: i64, now: Timestamp) -> Result<u64, PostgresError> {
    let gates = "SELECT g.endpoint FROM gate g WHERE g.endpoint IN (SELECT endpoint FROM flight WHERE run = $1)
        ORDER BY g.endpoint FOR NO KEY UPDATE";
    // Endpoints before gates: a run that probed an endpoint no longer does.
    let probes = "UPDATE endpoint e SET probe = NULL, version = version + 1 WHERE probe IN
        (SELECT i.id FROM flight f CROSS JOIN LATERAL unnest(f.ids) AS i(id) WHERE f.run = $1 AND f.endpoint = e.id)";
    connection.query(probes, args![run]).await?;
    connection.query(gates, args![run]).await?;
    let rows = connection
        .query(
            "SELECT f.endpoint, i.id, i.lane, i.since, d.attempts, d.failures, d.interruptions, d.trigger
             FROM flight f CROSS JOIN LATERAL unnest(f.ids, f.lanes, f.since) AS i(id, lane, since)
             JOIN delivery d ON d.id = i.id WHERE f.run = $1 ORDER BY i.id",
            args![run],
        )
        .await?;
    let mut counted = CounterDeltas::default();
    let mut left = VacatedLanes::default();
    for row in &rows {
        interrupt(connection, row, now, &mut counted, &mut left).await?;
    }
    connection.query("DELETE FROM flight WHERE run = $1", args![run]).await?;
    left.settle(connection, now).await?;
    counted.write(connection, run).await?;
    figures::fold(connection, run).await?;
    figures::fold_rates(connection, run).await?;
    Ok(rows.len() as u64)
}

async fn interrupt(
    connection: &Connection,
    row: &Row,
    now: Timestamp,
    counted: &mut CounterDeltas,
    left: &mut VacatedLanes,
) -> Result<(), PostgresError> {
    let (endpoint, id, lane, since) = (int(row, 0), int(row, 1), int(row, 2), time(row, 3));
    let (attempts, failures, interruptions) = (count(row, 4), count(row, 5), count(row, 6) + 1);
    let next = after_interruption(interruptions, now);
    let (state, reason) = row::written(next);
    let number = i64::from(attempts) + 1;
    connection
        .query(
            "UPDATE delivery SET state = $2, reason = $3, changed_at = $4, attempts = $5, interruptions = $6, trigger = 1
             WHERE id = $1",
            args![id, state, reason, now.as_millis(), number, i64::from(interruptions)],
        )
        .await?;
    connection
        .query(
            "INSERT INTO attempt (delivery, number, trigger, started_at, took_us, outcome, detail)
             VALUES ($1, $2, $3, $4, $5, $6, 'the worker died; whether the request arrived is unknown')",
            args![
                id,
                number,
                int(row, 7),
                since.as_millis(),
                i64::try_from(now.since(since).as_micros()).unwrap_or(i64::MAX),
                db_codes::outcome_code(Outcome::Interrupted)
            ],
        )
        .await?;
    let before = CounterKey { state: row::OPEN, attempts, failures };
    let after = CounterKey { state, attempts: attempts + 1, failures };
    counted.transition(endpoint, Some(before), Some(after));
    match next {
        Next::RetryAt(_) | Next::RunAlone => {
            let waits = if next == Next::RunAlone { row::SOLO } else { row::READY };
            let wait = "INSERT INTO waiting (endpoint, lane, id, state, due_at) VALUES ($1, $2, $3, $4, $5)";
            connection.query(wait, args![endpoint, lane, id, waits, now.as_millis()]).await?;
        }
        Next::Failed(_) => {
            let trouble = "INSERT INTO trouble (id, endpoint) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            connection.query(trouble, args![id, endpoint]).await?;
        }
        Next::Delivered => {}
    }
    left.push(endpoint, lane, id);
    Ok(())
}

// ── watching ────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Frees the claims of dead runs.
///
/// A run that seems dead is watched first, for as long as it takes: the first time here, later in the background.
pub(super) async fn reap(client: &Client, now: Timestamp) -> Result<u64> {
    let now = client.by_server(now);
    let began = Instant::now();
    let mut touched = 0;
    loop {
        let look = async |connection: &Connection| connection.outside(async || open_runs(connection).await).await;
        let open = client.autocommit(look).await?;
        let (dead, suspects) = observe(client, &open);
        for run in dead {
            touched += reap_one(client, run, now).await?;
        }
        if suspects == 0 || client.control.watched.get() || began.elapsed() > SILENCE + BEAT {
            client.control.watched.set(true);
            return Ok(touched);
        }
        sleep(BEAT / 5).await;
    }
}

/// Compares runs with what was seen of them before: those that are dead, and how many soon may be.
fn observe(client: &Client, open: &[OpenRun]) -> (Vec<i64>, usize) {
    let own: Vec<i64> = client.control.own.borrow().iter().map(|own| own.id.0).collect();
    let mut others = client.control.others.borrow_mut();
    others.retain(|id, _| open.iter().any(|run| run.id == *id));
    let (mut dead, mut suspects) = (Vec::new(), 0);
    for run in open.iter().filter(|run| !own.contains(&run.id)) {
        let fresh = ObservedRun { beat: run.beat, since: Instant::now() };
        let seen = others.entry(run.id).or_insert(fresh);
        if seen.beat != run.beat {
            *seen = fresh;
        }
        match run.limit() {
            Some(limit) if seen.since.elapsed() >= limit => dead.push(run.id),
            Some(limit) if limit <= SILENCE => suspects += 1,
            // A lock that was held a moment ago: silence counts from here.
            None => seen.since = Instant::now(),
            Some(_) => {}
        }
    }
    (dead, suspects)
}

async fn reap_one(client: &Client, run: i64, now: Timestamp) -> Result<u64> {
    client
        .transact(async |connection: &Connection| {
            let locked = "SELECT id FROM run WHERE id = $1 AND ended_at IS NULL FOR UPDATE SKIP LOCKED";
            if connection.first(locked, args![run]).await?.is_none() {
                return Ok(0);
            }
            let touched = interrupt_all(connection, run, now).await?;
            connection.query("UPDATE run SET ended_at = $2 WHERE id = $1", args![run, now.as_millis()]).await?;
            Ok(touched)
        })
        .await
}

pub(super) async fn lives(client: &Client) -> Result<OpenRuns> {
    let open = client.read(async |connection: &Connection| open_runs(connection).await).await?;
    let dead = open.iter().filter(|run| run.seems_dead()).count() as u64;
    Ok(OpenRuns { alive: open.len() as u64 - dead, dead })
}

/// Runs that seem dead at a single look, for a preview.
pub(super) async fn seemingly_dead(connection: &Connection) -> Result<Vec<i64>, PostgresError> {
    Ok(open_runs(connection).await?.iter().filter(|run| run.seems_dead()).map(|run| run.id).collect())
}

pub(super) async fn runs(client: &Client, limit: u64) -> Result<Vec<RunRow>> {
    client
        .read(async |connection: &Connection| {
            let sql =
            "SELECT id, pid, command, started_at, ended_at, claimed, delivered, retried, failed, exit, host FROM run
            ORDER BY id DESC LIMIT $1";
            let rows = connection.query(sql, args![i64::try_from(limit).unwrap_or(i64::MAX)]).await?;
            let read = |row: &Row| RunRow {
                id: RunId(int(row, 0)),
                process: ClaimHolder { host: row.get(10), pid: int(row, 1) },
                command: row.get(2),
                started_at: time(row, 3),
                ended_at: maybe_time(row, 4),
                stats: RunStats {
                    claimed: int(row, 5).unsigned_abs(),
                    delivered: int(row, 6).unsigned_abs(),
                    retried: int(row, 7).unsigned_abs(),
                    failed: int(row, 8).unsigned_abs(),
                },
                exit: maybe_int(row, 9),
            };
            Ok(rows.iter().map(read).collect())
        })
        .await
}

// ── beating ─────────────────────────────────────────────────────────────────────────────────────────────────────────

fn start_beating(client: &Rc<Client>) {
    if client.control.started.replace(true) {
        return;
    }
    let (stop, mut stopped) = oneshot::channel();
    *client.control.stop.borrow_mut() = Some(stop);
    let client = Rc::clone(client);
    tokio::task::spawn_local(async move {
        let mut ticks = interval(BEAT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = &mut stopped => return,
                _ = ticks.tick() => beat(&client).await,
            }
        }
    });
}

/// Records that a run whose owner is gone is over, so that other processes need not wait for its lease.
pub(super) async fn say_over(client: &Client, run: RunId) {
    let state = client.runs.borrow().get(&run).cloned();
    let Some(state) = state else { return };
    state.lock().await.close();
    let over = "UPDATE run SET beat = -1 WHERE id = $1 AND ended_at IS NULL";
    let said = client.autocommit(async |connection: &Connection| {
        connection.outside(async || connection.query(over, args![run.0]).await).await
    });
    // Where it cannot be said, the others find out by themselves.
    let said = tokio::time::timeout(FAREWELL, said).await;
    tracing::debug!(?said, "said that a run is over");
    leave(client, run).await;
}

async fn beat(client: &Client) {
    let mut control = client.control.connection.lock().await;
    let beaten = async {
        let connection = keep_connected(client, &mut control).await?;
        let ids: Vec<i64> = client.control.own.borrow().iter().map(|own| own.id.0).collect();
        let raise = "UPDATE run SET beat = beat + 1, beat_at = (extract(epoch FROM clock_timestamp()) * 1000)::bigint
            WHERE id = ANY ($1) AND ended_at IS NULL AND beat >= 0";
        connection
            .outside(async || {
                if !ids.is_empty() {
                    connection.query(raise, args![ids]).await?;
                }
                open_runs(connection).await
            })
            .await
    };
    match beaten.await {
        Ok(open) => {
            observe(client, &open);
        }
        Err(error) => {
            *control = None;
            // What others did while this process could not look is unknown.
            client.control.others.borrow_mut().clear();
            let error = error.into_error();
            tracing::debug!(%error, "failed to raise the beat of this process's runs");
        }
    }
}

/// The connection that holds the locks; made anew, it takes them again.
async fn keep_connected<'a>(
    client: &Client,
    control: &'a mut Option<Connection>,
) -> Result<&'a Connection, PostgresError> {
    if control.as_ref().is_some_and(Connection::is_closed) {
        *control = None;
    }
    let connection = match control.take() {
        Some(connection) => connection,
        None => {
            let connection = client.connect(ConnectionUse::General).await?;
            if client.settings.mode == SessionMode::Direct {
                connection.execute_all(&format!("LISTEN {}", client.channel())).await?;
                take_locks(client, &connection).await?;
            }
            connection
        }
    };
    // Something may have been emitted while this process did not listen.
    Ok(control.insert(connection))
}

async fn take_locks(client: &Client, connection: &Connection) -> Result<(), PostgresError> {
    let own: Vec<OwnRun> = client.control.own.borrow().clone();
    for OwnRun { id, key } in own {
        // The session before this one may hold it still: then it is tried again with the next connection.
        let taken = connection.first("SELECT pg_try_advisory_lock($1)", args![key]).await?;
        if taken.is_none_or(|row| !row.get::<_, bool>(0)) {
            return Err(PostgresError::Store(StoreError::Closed));
        }
        let renew = "UPDATE run SET server_started = (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint
            WHERE id = $1 AND ended_at IS NULL";
        connection.query(renew, args![id.0]).await?;
    }
    client.announced.send_modify(|count| *count += 1);
    Ok(())
}

/// Ends the task that beats, and with its connection every lock.
pub(super) async fn close(client: &Client) {
    let runs: Vec<RunId> = client.control.own.borrow().iter().map(|own| own.id).collect();
    for run in runs {
        say_over(client, run).await;
    }
    let stop = client.control.stop.borrow_mut().take();
    if let Some(stop) = stop {
        let _ = stop.send(());
    }
    *client.control.connection.lock().await = None;
}
