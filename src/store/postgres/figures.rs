//! The state of the queue, from counters and the ends of indexes.

use std::collections::BTreeMap;
use std::time::Duration;

use const_format::formatcp;
use tokio_postgres::Row;

use super::client::Client;
use super::connection::{Connection, args};
use super::endpoint_rows::{self, EndpointRow};
use super::error::PostgresError;
use super::row::{READY, SOLO, int, maybe_int, maybe_time, time};
use super::{
    Activity, Arrivals, AttemptDuration, AttemptTotals, DeliveryCounts, IdleInfo, LATENCIES, QueueFigures, Result,
    RunId,
};
use crate::clock::Timestamp;
use crate::delivery::Outcome;
use crate::endpoint::{Endpoint, EndpointId, TypePattern};
use crate::store::db_codes::{ACCEPTED_RESULT, ATTEMPT_INTERRUPTED};
use crate::store::figures::{ARRIVALS_READ, LOOKED_AT};
use crate::store::{ClaimHolder, EndpointFigures};

/// What one transaction adds to the counters, gathered so that each counter row is written once.
#[derive(Debug, Default)]
pub(super) struct CounterDeltas {
    pub(super) events: i64,
    endpoints: BTreeMap<i64, CounterDelta>,
    rates: BTreeMap<(i64, i64, i64), (i64, i64)>,
}

/// What a transaction adds to the counters of one endpoint.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CounterDelta {
    pub(super) open: i64,
    pub(super) delivered: i64,
    pub(super) failed: i64,
    pub(super) superseded: i64,
    pub(super) troubled: i64,
    pub(super) troubled_attempts: i64,
    pub(super) answers: i64,
    last_success_at: Option<i64>,
    last_failure_at: Option<i64>,
}

/// What of a delivery decides in which counters it is counted. When it changes, the delivery moves from one counter to
/// another.
#[derive(Clone, Copy, Debug)]
pub(super) struct CounterKey {
    pub(super) state: i64,
    /// Those that ended.
    pub(super) attempts: u32,
    pub(super) failures: u32,
}

impl CounterKey {
    /// Whether it stands in the table of troubled deliveries.
    pub(super) fn is_troubled(self) -> bool {
        let is_settled = matches!(self.state, super::row::DELIVERED | super::row::SUPERSEDED);
        self.state == super::row::FAILED || (self.failures > 0 && !is_settled)
    }
}

impl CounterDeltas {
    /// What is added for an endpoint.
    pub(super) fn endpoint(&mut self, endpoint: i64) -> &mut CounterDelta {
        self.endpoints.entry(endpoint).or_default()
    }

    /// Counts that a delivery became another: from what it was, if it was, to what it is, if it is.
    pub(super) fn transition(&mut self, endpoint: i64, before: Option<CounterKey>, after: Option<CounterKey>) {
        let change = self.endpoint(endpoint);
        before.into_iter().for_each(|part| change.count(part, -1));
        after.into_iter().for_each(|part| change.count(part, 1));
    }

    /// Counts an attempt that ended.
    pub(super) fn attempt(&mut self, endpoint: i64, kind: i64, outcome: Outcome, at: Timestamp) {
        let (delivered, failed) = match outcome {
            Outcome::Interrupted => return,
            Outcome::Delivered { .. } => (1, 0),
            Outcome::Rejected { .. } | Outcome::Unreachable | Outcome::Refused | Outcome::TimedOut => (0, 1),
        };
        let rate = self.rates.entry((at.minute(), endpoint, kind)).or_default();
        *rate = (rate.0 + delivered, rate.1 + failed);
        let change = self.endpoint(endpoint);
        let last = if delivered > 0 { &mut change.last_success_at } else { &mut change.last_failure_at };
        *last = (*last).max(Some(at.as_millis()));
    }

    /// Adds it to the counters of a slot.
    pub(super) async fn write(&self, connection: &Connection, slot: i64) -> Result<(), PostgresError> {
        let (tally, rate) =
            tokio::join!(biased; self.write_tally(connection, slot), self.write_rates(connection, slot));
        tally.and(rate)
    }

    pub(super) async fn write_tally(&self, connection: &Connection, slot: i64) -> Result<(), PostgresError> {
        let mut rows = self.endpoints.clone();
        if self.events != 0 {
            rows.insert(0, CounterDelta::default());
        }
        if rows.is_empty() {
            return Ok(());
        }
        let column = |part: fn(&CounterDelta) -> i64| rows.values().map(part).collect::<Vec<i64>>();
        let time = |part: fn(&CounterDelta) -> Option<i64>| rows.values().map(part).collect::<Vec<Option<i64>>>();
        let events: Vec<i64> = rows.keys().map(|id| if *id == 0 { self.events } else { 0 }).collect();
        connection
            .query(
                TALLY,
                args![
                    slot,
                    rows.keys().copied().collect::<Vec<i64>>(),
                    events,
                    column(|it| it.open),
                    column(|it| it.delivered),
                    column(|it| it.failed),
                    column(|it| it.troubled),
                    column(|it| it.troubled_attempts),
                    column(|it| it.answers),
                    time(|it| it.last_success_at),
                    time(|it| it.last_failure_at),
                    column(|it| it.superseded),
                ],
            )
            .await?;
        Ok(())
    }

    pub(super) async fn write_rates(&self, connection: &Connection, slot: i64) -> Result<(), PostgresError> {
        if self.rates.is_empty() {
            return Ok(());
        }
        let keys = |part: fn(&(i64, i64, i64)) -> i64| self.rates.keys().map(part).collect::<Vec<i64>>();
        let values = |part: fn(&(i64, i64)) -> i64| self.rates.values().map(part).collect::<Vec<i64>>();
        connection
            .query(
                RATES,
                args![slot, keys(|it| it.0), keys(|it| it.1), keys(|it| it.2), values(|it| it.0), values(|it| it.1)],
            )
            .await?;
        Ok(())
    }
}

pub(super) const TALLY: &str = "INSERT INTO tally AS t (slot, endpoint, events, open, delivered, failed, troubled,
        troubled_attempts, answers, last_success_at, last_failure_at, superseded)
    SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (slot, endpoint) DO UPDATE SET events = t.events + EXCLUDED.events, open = t.open + EXCLUDED.open,
        delivered = t.delivered + EXCLUDED.delivered, failed = t.failed + EXCLUDED.failed,
        troubled = t.troubled + EXCLUDED.troubled, troubled_attempts = t.troubled_attempts + EXCLUDED.troubled_attempts,
        answers = t.answers + EXCLUDED.answers, superseded = t.superseded + EXCLUDED.superseded,
        last_success_at = greatest(t.last_success_at, EXCLUDED.last_success_at),
        last_failure_at = greatest(t.last_failure_at, EXCLUDED.last_failure_at)";

pub(super) const RATES: &str = "INSERT INTO rate AS r (slot, minute, endpoint, kind, delivered, failed)
    SELECT $1, * FROM unnest($2, $3, $4, $5, $6)
    ON CONFLICT (minute, endpoint, kind, slot) DO UPDATE SET delivered = r.delivered + EXCLUDED.delivered,
        failed = r.failed + EXCLUDED.failed";

impl CounterDelta {
    fn count(&mut self, key: CounterKey, by: i64) {
        match key.state {
            super::row::DELIVERED => self.delivered += by,
            super::row::FAILED => self.failed += by,
            super::row::SUPERSEDED => self.superseded += by,
            _ => self.open += by,
        }
        if key.is_troubled() {
            self.troubled += by;
            self.troubled_attempts += by * i64::from(key.attempts);
        }
    }
}

/// Adds what a slot counted to what was folded, and removes the slot: a run that ended needs none.
pub(super) async fn fold(connection: &Connection, slot: i64) -> Result<(), PostgresError> {
    connection
        .query(
            "WITH gone AS (DELETE FROM tally WHERE slot = $1 RETURNING *)
             INSERT INTO tally AS t (slot, endpoint, events, open, delivered, failed, troubled, troubled_attempts,
                answers, last_success_at, last_failure_at, superseded)
             SELECT 0, endpoint, events, open, delivered, failed, troubled, troubled_attempts, answers, last_success_at,
                last_failure_at, superseded
             FROM gone ORDER BY endpoint
             ON CONFLICT (slot, endpoint) DO UPDATE SET events = t.events + EXCLUDED.events, open = t.open + EXCLUDED.open,
                delivered = t.delivered + EXCLUDED.delivered, failed = t.failed + EXCLUDED.failed,
                troubled = t.troubled + EXCLUDED.troubled,
                troubled_attempts = t.troubled_attempts + EXCLUDED.troubled_attempts, answers = t.answers + EXCLUDED.answers,
                superseded = t.superseded + EXCLUDED.superseded,
                last_success_at = greatest(t.last_success_at, EXCLUDED.last_success_at),
                last_failure_at = greatest(t.last_failure_at, EXCLUDED.last_failure_at)",
            args![slot],
        )
        .await?;
    Ok(())
}

/// The same for the rates of a slot.
pub(super) async fn fold_rates(connection: &Connection, slot: i64) -> Result<(), PostgresError> {
    let first = connection.number("SELECT started_at / 60000 - 1 FROM run WHERE id = $1", args![slot]).await?;
    // Planned for this time: for any other the planner would read the whole table.
    connection
        .query_once(
            "WITH gone AS (DELETE FROM rate WHERE slot = $1 AND minute >= $2 RETURNING *)
             INSERT INTO rate AS r (minute, endpoint, kind, slot, delivered, failed)
             SELECT minute, endpoint, kind, 0, delivered, failed FROM gone ORDER BY minute, endpoint, kind
             ON CONFLICT (minute, endpoint, kind, slot) DO UPDATE SET delivered = r.delivered + EXCLUDED.delivered,
                failed = r.failed + EXCLUDED.failed",
            args![slot, first],
        )
        .await?;
    Ok(())
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/// The counters of every endpoint; what is in flight is counted where it stands.
pub(super) async fn counts(connection: &Connection) -> Result<BTreeMap<i64, DeliveryCounts>, PostgresError> {
    let rows = connection
        .query(
            "WITH flying AS (
                SELECT f.endpoint, count(*) AS n, count(t.id) AS troubled FROM flight f CROSS JOIN LATERAL unnest(f.ids) AS i(id)
                LEFT JOIN trouble t ON t.id = i.id GROUP BY f.endpoint
            ), kept AS (
                SELECT endpoint, sum(open)::bigint AS open, sum(delivered)::bigint AS delivered, sum(failed)::bigint AS failed,
                    sum(troubled)::bigint AS troubled, sum(troubled_attempts)::bigint AS attempts,
                    sum(superseded)::bigint AS superseded
                FROM tally WHERE endpoint <> 0 GROUP BY endpoint
            )
            SELECT k.endpoint, k.open - coalesce(f.n, 0), coalesce(f.n, 0), k.delivered, k.failed, k.troubled,
                k.attempts + coalesce(f.troubled, 0), k.superseded
            FROM kept k LEFT JOIN flying f USING (endpoint)",
            &[],
        )
        .await?;
    Ok(rows.iter().map(counts_of_endpoint).collect())
}

/// Reads an endpoint and its figures, in the order of the fields below.
pub(super) fn counts_of_endpoint(row: &Row) -> (i64, DeliveryCounts) {
    let counts = DeliveryCounts {
        waiting: int(row, 1),
        processing: int(row, 2),
        delivered: int(row, 3),
        failed: int(row, 4),
        troubled: int(row, 5),
        troubled_attempts: int(row, 6),
        superseded: int(row, 7),
    };
    (int(row, 0), counts)
}

/// Deliveries to an endpoint that are not finished.
pub(super) async fn unfinished(connection: &Connection, endpoint: EndpointId) -> Result<i64, PostgresError> {
    connection.number("SELECT sum(open)::bigint FROM tally WHERE endpoint = $1", args![endpoint.0]).await
}

/// Events that are stored.
pub(super) async fn events(connection: &Connection) -> Result<i64, PostgresError> {
    connection.number("SELECT sum(events)::bigint FROM tally WHERE endpoint = 0", &[]).await
}

pub(super) async fn figures(client: &Client, now: Timestamp) -> Result<QueueFigures> {
    let now = client.by_server(now);
    client
        .read(async |connection: &Connection| {
            let counts = counts(connection).await?;
            let mut all = Vec::new();
            for row in endpoint_rows::load(connection).await? {
                let oldest_due = oldest_due(connection, &row, now).await?;
                let counts = counts.get(&row.endpoint.id.0).copied().unwrap_or_default();
                let oldest_pending = oldest_pending(connection, &row.endpoint).await?;
                all.push(EndpointFigures { oldest_due, oldest_pending, endpoint: row.endpoint, counts });
            }
            let oldest =
                connection.first("SELECT min(s.at) FROM flight f CROSS JOIN LATERAL unnest(f.since) AS s(at)", &[]);
            let oldest_processing = oldest.await?.and_then(|row| maybe_time(&row, 0));
            let holders = connection
                .query(
                    "SELECT r.host, r.pid, sum(cardinality(f.ids))::bigint FROM flight f JOIN run r ON r.id = f.run
                 WHERE cardinality(f.ids) > 0 GROUP BY r.id, r.host, r.pid ORDER BY r.id",
                    &[],
                )
                .await?;
            let holder = |row: &Row| (ClaimHolder { host: row.get(0), pid: int(row, 1) }, int(row, 2).unsigned_abs());
            let holders = holders.iter().map(holder).collect();
            let scheduled = "SELECT count(*), min(at) FROM scheduled WHERE queued_at IS NULL AND cancelled_at IS NULL";
            let (scheduled, next_scheduled) = match connection.first(scheduled, &[]).await? {
                Some(row) => (int(&row, 0), maybe_time(&row, 1)),
                None => (0, None),
            };
            let events = events(connection).await?;
            Ok(QueueFigures { events, endpoints: all, oldest_processing, holders, scheduled, next_scheduled })
        })
        .await
}

/// The earliest time at which something of an endpoint is due. What is queued or runs alone is due now, if not since earlier.
///
/// Of the queued the first thousand are looked at: behind those, what has to wait hides what has not until a claim looks at it.
async fn earliest(
    connection: &Connection,
    endpoint: &Endpoint,
    now: Timestamp,
) -> Result<Option<Timestamp>, PostgresError> {
    let row = connection
        .first(
            formatcp!("SELECT (SELECT due_at FROM waiting WHERE endpoint = $1 AND state = {READY} ORDER BY due_at, id LIMIT 1),
                (SELECT min(due_at) FROM waiting WHERE endpoint = $1 AND state = {SOLO}),
                (SELECT d.changed_at FROM (SELECT id, lane FROM queue WHERE endpoint = $1 ORDER BY id LIMIT 1000) q
                    JOIN delivery d ON d.id = q.id
                    WHERE NOT EXISTS (SELECT FROM waiting w WHERE w.endpoint = $1 AND w.lane = q.lane)
                    AND q.lane NOT IN (SELECT l.lane FROM flight f CROSS JOIN LATERAL unnest(f.lanes) AS l(lane)
                        WHERE f.endpoint = $1)
                    ORDER BY q.id LIMIT 1)"),
            args![endpoint.id.0],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let at_once = [1, 2].into_iter().filter_map(|at| maybe_int(&row, at)).min().map(|due| due.min(now.as_millis()));
    Ok([maybe_int(&row, 0), at_once].into_iter().flatten().min().map(Timestamp::from_millis))
}

/// Since when an endpoint's oldest due delivery has been due, counted from the end of its last pause or open circuit.
async fn oldest_due(
    connection: &Connection,
    row: &EndpointRow,
    now: Timestamp,
) -> Result<Option<Timestamp>, PostgresError> {
    let endpoint = &row.endpoint;
    if endpoint.is_paused_or_unconfigured() || endpoint.circuit.open.is_some_and(|open| !open.probe_due(now)) {
        return Ok(None);
    }
    let earliest = earliest(connection, endpoint, now).await?.filter(|due| *due <= now);
    let asleep_until = endpoint.circuit.open.map_or(endpoint.resumed_at, |open| open.until);
    Ok(earliest.map(|due| due.max(asleep_until).min(now)))
}

/// When the oldest event was emitted that waits for an endpoint: what is blocked waits behind one of these.
async fn oldest_pending(connection: &Connection, endpoint: &Endpoint) -> Result<Option<Timestamp>, PostgresError> {
    let oldest = connection
        .first(
            "SELECT min(e.created_at) FROM (
                (SELECT id FROM queue WHERE endpoint = $1 ORDER BY id LIMIT 1)
                UNION ALL (SELECT id FROM waiting WHERE endpoint = $1 AND state = 1 ORDER BY due_at, id LIMIT 1)
                UNION ALL (SELECT id FROM waiting WHERE endpoint = $1 AND state = 2 ORDER BY due_at, id LIMIT 1)
            ) w JOIN delivery d ON d.id = w.id JOIN event e ON e.seq = d.event",
            args![endpoint.id.0],
        )
        .await?;
    Ok(oldest.and_then(|row| maybe_time(&row, 0)))
}

pub(super) async fn rates(client: &Client, since: Timestamp) -> Result<Vec<AttemptTotals>> {
    let since = client.by_server(since);
    client
        .read(async |connection: &Connection| {
            // Planned for this time: for any other the planner would read the whole table.
            let rows = connection
                .query_once(
                    "SELECT e.name, k.type, k.resource_type, sum(r.delivered)::bigint, sum(r.failed)::bigint
                 FROM rate r JOIN endpoint e ON e.id = r.endpoint JOIN kind k ON k.id = r.kind
                 WHERE r.minute >= $1 GROUP BY e.id, e.name, k.id, k.type, k.resource_type ORDER BY e.id, k.id",
                    args![since.minute()],
                )
                .await?;
            let read = |row: &Row| AttemptTotals {
                endpoint: row.get(0),
                event_type: row.get(1),
                resource_type: row.get(2),
                delivered: int(row, 3),
                failed: int(row, 4),
            };
            Ok(rows.iter().map(read).collect())
        })
        .await
}

pub(super) async fn activity(client: &Client, since: Timestamp) -> Result<Activity> {
    let since = client.by_server(since);
    client.read(async |connection: &Connection| {
        let numbers = |row: &Row| (int(row, 0), int(row, 1), int(row, 2));
        let sent = "SELECT minute, sum(delivered)::bigint, sum(failed)::bigint FROM rate WHERE minute >= $1
            GROUP BY minute ORDER BY minute";
        let sent = connection.query_once(sent, args![since.minute()]).await?;
        let received = "SELECT minute, COALESCE(sum(count) FILTER (WHERE reason = ''), 0)::bigint,
            COALESCE(sum(count) FILTER (WHERE reason <> ''), 0)::bigint
            FROM received_rate WHERE minute >= $1 GROUP BY minute ORDER BY minute";
        let received = connection.query_once(received, args![since.minute()]).await?;
        // Spelled out: for a number that is not known the planner would read and sort the whole table.
        let latest = format!(
            "SELECT (SELECT p.name FROM delivery d JOIN endpoint p ON p.id = d.endpoint WHERE d.id = a.delivery), a.started_at,
                 a.took_us
             FROM (SELECT * FROM attempt ORDER BY id DESC LIMIT {LATENCIES}) a
             WHERE a.started_at >= $1 AND a.outcome <> {ATTEMPT_INTERRUPTED}"
        );
        let latest = connection.query_once(&latest, args![since.as_millis()]).await?;
        let latencies = latest.iter().map(|row| AttemptDuration {
            endpoint: row.get(0),
            started_at: time(row, 1),
            took: Duration::from_micros(int(row, 2).unsigned_abs()),
        });
        let minutes = Activity::merge(sent.iter().map(numbers), received.iter().map(numbers));
        Ok(Activity { minutes, latencies: latencies.collect() })
    })
    .await
}

/// The first delivery of the first event emitted at or after a time, found by halving, because places and times rise together;
/// and the last delivery.
const ARRIVED: &str = "WITH RECURSIVE halving (low, high) AS (
        SELECT (SELECT min(seq) FROM event), (SELECT max(seq) + 1 FROM event)
        UNION ALL SELECT CASE WHEN e.created_at >= $1 THEN h.low ELSE e.seq + 1 END,
            CASE WHEN e.created_at >= $1 THEN h.low + (h.high - h.low) / 2 ELSE h.high END
        FROM halving h CROSS JOIN LATERAL (
            SELECT seq, created_at FROM event WHERE seq >= h.low + (h.high - h.low) / 2 ORDER BY seq LIMIT 1) e
        WHERE h.low < h.high
    )
    SELECT (SELECT id FROM delivery WHERE event >= (SELECT low FROM halving WHERE low >= high LIMIT 1) ORDER BY event, id LIMIT 1),
        (SELECT max(id) FROM delivery)";

pub(super) async fn arrivals(client: &Client, since: Timestamp) -> Result<Vec<Arrivals>> {
    let since = client.by_server(since);
    client
        .read(async |connection: &Connection| {
            let ends = connection.first(ARRIVED, args![since.as_millis()]).await?;
            let ends = ends.and_then(|row| maybe_int(&row, 0).zip(maybe_int(&row, 1)));
            let Some((first, last)) = ends else { return Ok(Vec::new()) };
            let latest = connection
            .query(
                "SELECT p.name, count(*) FROM (SELECT endpoint FROM delivery WHERE id >= $1 ORDER BY id DESC LIMIT $2) d
                 JOIN endpoint p ON p.id = d.endpoint GROUP BY p.id, p.name ORDER BY p.id",
                args![first, ARRIVALS_READ],
            )
            .await?;
            Ok(Arrivals::share(last - first + 1, latest.iter().map(|row| (row.get(0), int(row, 1))).collect()))
        })
        .await
}

pub(super) async fn last_seen(client: &Client, types: &TypePattern, since: Timestamp) -> Result<Option<Timestamp>> {
    let since = client.by_server(since);
    let (stem, is_prefix) = types.as_str().strip_suffix('*').map_or((types.as_str(), false), |stem| (stem, true));
    let stem = stem.to_owned();
    client.read(async |connection: &Connection| {
        let row = connection
            .first(
                formatcp!("WITH wanted AS (SELECT id FROM kind WHERE type = $1 OR ($2 AND starts_with(type, $1)))
                 SELECT greatest(
                    (SELECT created_at FROM event WHERE seq > (SELECT max(seq) FROM event) - $4 AND created_at >= $3
                        AND kind IN (SELECT id FROM wanted) ORDER BY seq DESC LIMIT 1),
                    (SELECT at FROM received WHERE id > (SELECT max(id) FROM received) - $4 AND at >= $3 AND {ACCEPTED_RESULT}
                        AND kind IN (SELECT id FROM wanted) ORDER BY id DESC LIMIT 1))"),
                args![stem, is_prefix, since.as_millis(), LOOKED_AT],
            )
            .await?;
        Ok(row.and_then(|row| maybe_time(&row, 0)).map(|at| client.by_us(at)))
    })
    .await
}

pub(super) async fn idle_info(client: &Client, run: RunId, now: Timestamp) -> Result<IdleInfo> {
    // It is asleep before it looks: what is emitted after this look wakes it.
    client.fall_asleep(run).await?;
    let theirs = client.by_server(now);
    client
        .read(async |connection: &Connection| {
            let counts = counts(connection).await?;
            let mut info = IdleInfo::default();
            for row in endpoint_rows::load(connection).await? {
                let pending = counts.get(&row.endpoint.id.0).map_or(0, |counts| counts.waiting);
                if row.endpoint.is_paused_or_unconfigured() || pending == 0 {
                    continue;
                }
                match row.endpoint.circuit.open {
                    None => {
                        let due = earliest(connection, &row.endpoint, theirs).await?;
                        let is_limited = row.endpoint.settings.rate.is_some() && due.is_some_and(|due| due <= theirs);
                        let limited = is_limited.then(|| row.endpoint.rate_limited_until(theirs).unwrap_or(theirs));
                        let limited = limited.map(|at| client.by_us(at));
                        info.rate_limited_until = sooner(info.rate_limited_until, limited);
                        info.next_due = sooner(info.next_due, limited.or(due.map(|due| client.by_us(due))));
                    }
                    Some(open) => {
                        info.resting += pending.unsigned_abs();
                        // A probe under way elsewhere is watched for, not waited out.
                        let probe = if open.probe_due(theirs) && row.probe.is_none() { theirs } else { open.until };
                        info.next_probe = sooner(info.next_probe, Some(client.by_us(probe)));
                        info.probe_worth_waiting |= open.worth_waiting(theirs);
                    }
                }
            }
            let elsewhere = "SELECT sum(cardinality(ids))::bigint FROM flight WHERE run <> $1";
            info.elsewhere = connection.number(elsewhere, args![run.0]).await?.unsigned_abs();
            Ok(info)
        })
        .await
}

fn sooner(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    [a, b].into_iter().flatten().min()
}
