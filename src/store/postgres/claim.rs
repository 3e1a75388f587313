//! What a worker's transaction claims: what is due in its lane, then the queued in the order of their ids.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use const_format::formatcp;
use tokio_postgres::Row;

use super::checksum::EventContent;
use super::connection::{Connection, args};
use super::endpoint_rows::EndpointRow;
use super::error::PostgresError;
use super::row::{READY, SOLO, count, int, maybe_int};
use super::{Claim, ClaimRequest, db_codes};
use crate::clock::Timestamp;
use crate::delivery::{History, Unanswered};
use crate::endpoint::{Endpoint, EndpointId, UsedUntil};
use crate::event::{EventId, Traceparent};
use crate::store::DeliveryId;

/// Blocked deliveries that one transaction moves from the queue into their lanes at most, for each endpoint.
const ENTRIES: i64 = 1_000;
/// Queued deliveries looked at beyond those wanted, where the last claim passed over some.
const FURTHER: i64 = 512;

/// A delivery that a worker process has claimed and not finished.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeldClaim {
    pub(super) id: i64,
    pub(super) lane: i64,
    pub(super) since: i64,
    pub(super) number: u32,
}

/// All unfinished claims of a run, by endpoint, in the order of the arrays in its rows.
pub(super) type ClaimsByEndpoint = BTreeMap<i64, Vec<HeldClaim>>;

/// How many deliveries of one endpoint a claim asks for, and from where in its queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct EndpointWant {
    pub(super) id: i64,
    room: i64,
    low: i64,
    looks: i64,
    enters: bool,
    probes: bool,
}

impl EndpointWant {
    pub(super) fn new(id: i64, room: usize, low: ScanStart, probes: bool) -> Self {
        let room = i64::try_from(room).unwrap_or(i64::MAX);
        let looks = if low.passed || probes { room + FURTHER } else { room };
        Self { id, room, low: low.at, looks, enters: low.passed, probes }
    }
}

/// A claim before it is sent to the server: how many each endpoint may give, and which claims the run keeps.
#[derive(Clone, Copy)]
pub(super) struct ClaimPlan<'a> {
    pub(super) wants: &'a [EndpointWant],
    pub(super) kept: &'a ClaimsByEndpoint,
    pub(super) touched: &'a BTreeSet<i64>,
}

/// The id at which the next scan of an endpoint's queue begins, so that finished deliveries are not read again and
/// again.
///
/// Ids become visible out of order, so what was looked at is passed for good only once every transaction that might
/// bring a lower id has ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ScanStart {
    at: i64,
    /// The next `at`, once no transaction from before this one runs.
    next: Option<(i64, i64)>,
    /// Whether the last look passed over some that have to wait.
    passed: bool,
}

impl ScanStart {
    /// Takes note of a look.
    pub(super) fn learn(&mut self, seen: Option<&QueueScan>, summary: &ClaimSummary) {
        if let Some((at, _)) = self.next.filter(|(_, horizon)| summary.oldest_running >= *horizon) {
            self.at = at;
            self.next = None;
        }
        self.passed = seen.is_some_and(|seen| seen.passed > 0);
        if let Some(seen) = seen.filter(|_| self.next.is_none()) {
            self.next = seen.first_left.or(seen.last.map(|last| last + 1)).map(|at| (at, summary.next_transaction));
        }
    }
}

/// What a claim read of one endpoint's queue: how many rows, up to which id, which was the first left over.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueScan {
    endpoint: i64,
    looked_at: i64,
    passed: i64,
    last: Option<i64>,
    first_left: Option<i64>,
}

/// One delivery that a claim got.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClaimedRow {
    pub(super) endpoint: i64,
    pub(super) id: i64,
    pub(super) lane: i64,
    pub(super) solo: bool,
}

/// All that a claim got, and what it read of each endpoint's queue.
#[derive(Debug, Default)]
pub(super) struct ClaimSummary {
    pub(super) claimed: Vec<ClaimedRow>,
    seen: Vec<QueueScan>,
    solo: bool,
    oldest_running: i64,
    next_transaction: i64,
}

impl ClaimSummary {
    pub(super) fn read(rows: &[Row]) -> Self {
        let mut summary = Self::default();
        for row in rows {
            let (what, endpoint) = (int(row, 0), int(row, 1));
            match what {
                0..=2 => {
                    summary.claimed.push(ClaimedRow { endpoint, id: int(row, 2), lane: int(row, 3), solo: what == 2 });
                }
                3 => summary.seen.push(QueueScan {
                    endpoint,
                    looked_at: int(row, 2),
                    passed: int(row, 3),
                    last: maybe_int(row, 4),
                    first_left: maybe_int(row, 5),
                }),
                _ => {
                    summary.solo = int(row, 1) == 1;
                    summary.oldest_running = int(row, 2);
                    summary.next_transaction = int(row, 3);
                }
            }
        }
        summary
    }

    pub(super) fn of(&self, endpoint: i64) -> Option<&QueueScan> {
        self.seen.iter().find(|seen| seen.endpoint == endpoint)
    }

    /// Whether a delivery waits to run alone, because the worker is not idle.
    pub(super) fn solo_waits(&self, idle: bool) -> bool {
        self.solo && !idle
    }

    /// Whether more is queued for an endpoint than was looked at, though less was claimed than wanted.
    pub(super) fn is_cut_short(&self, want: &EndpointWant) -> bool {
        let got = self.claimed.iter().filter(|it| it.endpoint == want.id).count();
        let short = i64::try_from(got).unwrap_or(i64::MAX) < want.room && !self.solo;
        short && self.of(want.id).is_some_and(|seen| seen.looked_at >= want.looks)
    }
}

/// Endpoints whose rows a claim changes: they are locked before any gate.
pub(super) const LOCK_MARKED: &str = "SELECT id FROM endpoint WHERE id = ANY ($1) ORDER BY id FOR UPDATE";

/// The claim locks, as a statement of its own: what follows sees what was committed before.
pub(super) const GATE: &str = "SELECT endpoint FROM gate WHERE endpoint = ANY ($1) ORDER BY endpoint FOR NO KEY UPDATE";

/// That the endpoints are as the worker knows them.
pub(super) const VERSIONS: &str =
    "SELECT fence(coalesce((SELECT array_agg(version ORDER BY id) FROM endpoint), '{}') = $1)";

/// Locks the runs that are not in a transaction at the moment, and remembers which: what they hold, they will hold until the commit.
pub(super) const LOCK_OTHERS: &str = "SELECT set_config('syncctl.still', coalesce(string_agg(id::text, ','), ''), true)
    FROM (SELECT id FROM run WHERE ended_at IS NULL AND id <> $1 FOR SHARE SKIP LOCKED) s";

/// Queued ones whose lane is occupied enter it. What a run in a transaction holds says nothing: its lanes stay queued.
pub(super) const ENTER: &str = "WITH busy AS MATERIALIZED (
        SELECT f.endpoint, l.lane FROM flight f CROSS JOIN LATERAL unnest(f.lanes) AS l(lane)
        WHERE f.run = ANY (string_to_array(current_setting('syncctl.still'), ',')::bigint[]) AND f.endpoint = ANY ($1)
        UNION ALL SELECT * FROM unnest($3, $4)
    ), seen AS MATERIALIZED (
        SELECT w.endpoint, q.id, q.lane FROM unnest($1, $2) AS w(endpoint, low) CROSS JOIN LATERAL (
            SELECT id, lane FROM queue WHERE endpoint = w.endpoint AND id >= w.low ORDER BY id LIMIT $5) q
    ), stuck AS MATERIALIZED (
        SELECT s.* FROM seen s WHERE (s.endpoint, s.lane) IN (SELECT endpoint, lane FROM busy)
            OR EXISTS (SELECT FROM waiting x WHERE x.endpoint = s.endpoint AND x.lane = s.lane)
    ), gone AS (
        DELETE FROM queue q USING stuck s WHERE q.endpoint = s.endpoint AND q.id = s.id
    )
    INSERT INTO waiting (endpoint, lane, id, state, due_at) SELECT endpoint, lane, id, 0, 0 FROM stuck";

/// Claims. What is kept comes as columns, of which each endpoint has a slice, and each row of `flight` is written anew: kept ones
/// first, so that no row is compared with another. Queued ones that are passed
/// over enter their lane where it is occupied by the run itself or by what waits; where another run is in it, it is left to
/// [`ENTER`], which locks that run. Where deliveries are named, only those are looked at, and none is moved into its lane.
pub(super) const CLAIM: &str = formatcp!("WITH solo AS MATERIALIZED (
        SELECT endpoint, lane, id FROM waiting WHERE state = {SOLO} AND endpoint = ANY ($2)
            AND ($14 = '{{}}' OR id = ANY ($14)) ORDER BY due_at, id LIMIT 1
    ), want AS MATERIALIZED (
        SELECT * FROM unnest($2, $3, $4, $5, $13) AS w(endpoint, room, low, looks, probes) WHERE NOT EXISTS (SELECT FROM solo)
    ), kept_lane AS MATERIALIZED (
        SELECT * FROM unnest($6, $8) AS k(endpoint, lane)
    ), others_lane AS MATERIALIZED (
        SELECT f.endpoint, l.lane FROM run r JOIN flight f ON f.run = r.id CROSS JOIN LATERAL unnest(f.lanes) AS l(lane)
        WHERE r.ended_at IS NULL AND r.id <> $1 AND f.endpoint = ANY ($2)
    ), probe AS MATERIALIZED (
        SELECT w.endpoint, d.lane, d.id, d.attempts FROM want w CROSS JOIN LATERAL (
            SELECT x.lane, x.id, v.attempts FROM waiting x JOIN delivery v ON v.id = x.id
            WHERE x.endpoint = w.endpoint AND x.state = {READY} AND x.due_at <= $11 AND ($14 = '{{}}' OR x.id = ANY ($14))
            ORDER BY v.attempts, x.due_at, x.id LIMIT 1) d
        WHERE w.probes = 1
    ), due AS MATERIALIZED (
        SELECT endpoint, lane, id, 1 AS n FROM probe WHERE attempts = 0 UNION ALL
        SELECT w.endpoint, d.lane, d.id, d.n FROM want w CROSS JOIN LATERAL (
            SELECT lane, id, row_number() OVER (ORDER BY due_at, id) AS n FROM (
                SELECT lane, id, due_at FROM waiting WHERE endpoint = w.endpoint AND state = {READY} AND due_at <= $11
                AND ($14 = '{{}}' OR id = ANY ($14))
                ORDER BY due_at, id LIMIT w.room) x) d
        WHERE w.probes = 0
    ), due_of AS MATERIALIZED (
        SELECT endpoint, count(*) FROM due GROUP BY endpoint
    ), looked AS MATERIALIZED (
        SELECT w.endpoint, w.room, q.id, q.lane,
            row_number() OVER (PARTITION BY w.endpoint, q.lane ORDER BY q.id) = 1 AS first,
            (w.endpoint, q.lane) IN (SELECT endpoint, lane FROM kept_lane)
                OR EXISTS (SELECT FROM waiting x WHERE x.endpoint = w.endpoint AND x.lane = q.lane) AS waits,
            (w.endpoint, q.lane) IN (SELECT endpoint, lane FROM others_lane) OR ($14 <> '{{}}' AND EXISTS (
                SELECT FROM queue b WHERE b.endpoint = w.endpoint AND b.lane = q.lane AND b.id < q.id)) AS others
        FROM want w CROSS JOIN LATERAL (
            SELECT id, lane FROM queue WHERE endpoint = w.endpoint AND id >= w.low AND ($14 = '{{}}' OR id = ANY ($14))
            ORDER BY id LIMIT w.looks) q
    ), ranked AS MATERIALIZED (
        SELECT *, first AND NOT waits AND NOT others AS free,
            count(*) FILTER (WHERE first AND NOT waits AND NOT others) OVER (PARTITION BY endpoint ORDER BY id) AS n,
            room - coalesce((SELECT d.count FROM due_of d WHERE d.endpoint = l.endpoint), 0) AS quota
        FROM looked l
    ), chosen AS MATERIALIZED (
        SELECT 2 AS how, endpoint, lane, id, 0 AS n FROM solo WHERE $12
        UNION ALL SELECT 1, endpoint, lane, id, n FROM due
        UNION ALL SELECT 0, endpoint, lane, id, 1000000 + n FROM ranked WHERE free AND n <= quota
        UNION ALL SELECT 1, endpoint, lane, id, 1 FROM probe p WHERE attempts > 0
            AND NOT EXISTS (SELECT FROM ranked r WHERE r.endpoint = p.endpoint AND r.free AND r.n <= r.quota)
    ), passed AS MATERIALIZED (
        SELECT r.endpoint, r.lane, r.id,
            r.waits OR (r.endpoint, r.lane) IN (SELECT endpoint, lane FROM chosen) AS enters
        FROM ranked r WHERE NOT r.free AND r.n < r.quota AND $14 = '{{}}'
    ), from_lane AS (
        DELETE FROM waiting w USING chosen c WHERE c.how > 0 AND w.endpoint = c.endpoint AND w.lane = c.lane AND w.id = c.id
    ), from_queue AS (
        DELETE FROM queue q USING (
            SELECT endpoint, id FROM chosen WHERE how = 0 UNION ALL SELECT endpoint, id FROM passed WHERE enters) c
        WHERE q.endpoint = c.endpoint AND q.id = c.id
    ), entered AS (
        INSERT INTO waiting (endpoint, lane, id, state, due_at) SELECT endpoint, lane, id, 0, 0 FROM passed WHERE enters
    ), gained AS MATERIALIZED (
        SELECT endpoint, array_agg(id ORDER BY n) AS ids, array_agg(lane ORDER BY n) AS lanes,
            array_fill($11, ARRAY[count(*)::int]) AS since
        FROM chosen GROUP BY endpoint
    ), kept AS (
        INSERT INTO flight AS f (run, endpoint, ids, lanes, since)
        SELECT $1, t.endpoint, ($7)[t.first:t.last] || g.ids, ($8)[t.first:t.last] || g.lanes, ($10)[t.first:t.last] || g.since
        FROM unnest($9, $15, $16) AS t(endpoint, first, last) LEFT JOIN gained g ON g.endpoint = t.endpoint
        ON CONFLICT (run, endpoint) DO UPDATE SET ids = EXCLUDED.ids, lanes = EXCLUDED.lanes, since = EXCLUDED.since
    )
    SELECT how::bigint, endpoint, id, lane, n, NULL::bigint FROM chosen
    UNION ALL SELECT 3, l.endpoint, count(*), (SELECT count(*) FROM passed p WHERE p.endpoint = l.endpoint AND NOT p.enters),
        max(l.id), min(l.id) FILTER (WHERE l.id NOT IN (
            SELECT id FROM chosen UNION ALL SELECT id FROM passed WHERE enters)) FROM looked l GROUP BY l.endpoint
    UNION ALL SELECT 4, (EXISTS (SELECT FROM solo))::int, pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint, 0, 0
        FROM pg_current_snapshot() s");

/// What is sent of the deliveries that a transaction has added to a run's rows.
pub(super) const BODIES: &str = "SELECT d.id, d.attempts, d.used, d.failures, d.trigger, e.id, e.kind,
        CASE WHEN d.whole_record THEN (SELECT body FROM whole_record WHERE event = d.event) ELSE e.body END,
        CASE WHEN d.whole_record THEN (SELECT checksum FROM whole_record WHERE event = d.event) ELSE e.checksum END,
        d.unanswered_at, d.unanswered, e.traceparent
    FROM unnest($2, $3) AS w(endpoint, kept) JOIN flight f ON f.run = $1 AND f.endpoint = w.endpoint
    CROSS JOIN LATERAL unnest(f.ids[w.kept + 1:]) AS c(id)
    JOIN delivery d ON d.id = c.id JOIN event e ON e.seq = d.event";

/// What a claim changes of its endpoint: the first delivery that was added probes an open circuit, and each uses up some of the
/// rate.
pub(super) const MARK: &str = "UPDATE endpoint e SET version = version + 1,
        probe = CASE WHEN w.probes = 1 THEN f.ids[w.kept + 1] ELSE e.probe END,
        rate_used_until = CASE WHEN w.interval = 0 THEN e.rate_used_until
            ELSE w.used + (cardinality(f.ids) - w.kept) * w.interval END
    FROM unnest($2, $3, $4, $5, $6) AS w(endpoint, kept, probes, used, interval), flight f
    WHERE e.id = w.endpoint AND f.run = $1 AND f.endpoint = w.endpoint AND cardinality(f.ids) > w.kept";

/// What claims change of an endpoint's row: its probe, and how much of its rate limit is used up.
#[derive(Clone, Copy, Debug)]
pub(super) struct EndpointUpdate {
    pub(super) id: i64,
    probes: bool,
    used: i64,
    interval: i64,
}

impl EndpointUpdate {
    /// What claims for this endpoint change of it, if anything.
    pub(super) fn of(endpoint: &Endpoint, now: Timestamp) -> Option<Self> {
        let probes = endpoint.circuit.open.is_some();
        let used = |requests| Some(endpoint.settings.pace()?.take(endpoint.rate_used_until, requests, now).0);
        let (before, after) = (used(0).unwrap_or(0), used(1).unwrap_or(0));
        let interval = after - before;
        (probes || interval > 0).then_some(Self { id: endpoint.id.0, probes, used: before, interval })
    }

    /// The same change where the row is kept in memory.
    pub(super) fn apply(self, row: &mut EndpointRow, claimed: &[i64]) {
        let Some(first) = claimed.first() else { return };
        row.version += 1;
        if self.probes {
            row.probe = Some(*first);
        }
        if self.interval > 0 {
            let requests = i64::try_from(claimed.len()).unwrap_or(i64::MAX);
            row.endpoint.rate_used_until = UsedUntil(self.used + requests * self.interval);
        }
    }
}

/// Where the claims of each touched endpoint begin and end among those of all, counted from 1.
fn slices(kept: &ClaimsByEndpoint, touched: &BTreeSet<i64>) -> (Vec<i64>, Vec<i64>) {
    let mut end = 0;
    let slice = |endpoint| {
        let first = end + 1;
        end += kept.get(endpoint).map_or(0, |held| i64::try_from(held.len()).unwrap_or(i64::MAX));
        (first, end)
    };
    touched.iter().map(slice).unzip()
}

/// What a run keeps, column by column: endpoint, id, lane, since.
fn columns(kept: &ClaimsByEndpoint, touched: &BTreeSet<i64>) -> [Vec<i64>; 4] {
    let mut columns = [const { Vec::new() }; 4];
    for endpoint in touched {
        for held in kept.get(endpoint).into_iter().flatten() {
            let row = [*endpoint, held.id, held.lane, held.since];
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
    }
    columns
}

/// Moves what has to wait out of the queue, where the last claim passed over some.
pub(super) async fn enter(connection: &Connection, run: i64, wanted: ClaimPlan<'_>) -> Result<(), PostgresError> {
    let (endpoints, lows): (Vec<i64>, Vec<i64>) =
        wanted.wants.iter().filter(|want| want.enters).map(|want| (want.id, want.low)).unzip();
    if endpoints.is_empty() {
        return Ok(());
    }
    let [kept, _, lanes, _] = columns(wanted.kept, wanted.touched);
    let (others, entered) = tokio::join!(
        biased;
        async { connection.query(LOCK_OTHERS, args![run]).await },
        async { connection.query(ENTER, args![endpoints, lows, kept, lanes, ENTRIES]).await },
    );
    others.and(entered).map(|_| ())
}

/// Sends the claim, or just what the run keeps.
pub(super) async fn send(
    connection: &Connection,
    run: i64,
    wanted: ClaimPlan<'_>,
    (wants, now): (&ClaimRequest, Timestamp),
) -> Result<Vec<Row>, PostgresError> {
    let column = |part: fn(&EndpointWant) -> i64| wanted.wants.iter().map(part).collect::<Vec<i64>>();
    let [endpoints, ids, lanes, since] = columns(wanted.kept, wanted.touched);
    let touched: Vec<i64> = wanted.touched.iter().copied().collect();
    let (firsts, lasts) = slices(wanted.kept, wanted.touched);
    let only: Vec<i64> = wants.only.iter().flat_map(|only| only.iter().map(|id| id.0)).collect();
    connection
        .query(
            CLAIM,
            args![
                run,
                column(|it| it.id),
                column(|it| it.room),
                column(|it| it.low),
                column(|it| it.looks),
                endpoints,
                ids,
                lanes,
                touched,
                since,
                now.as_millis(),
                wants.idle,
                column(|it| it.probes.into()),
                only,
                firsts,
                lasts
            ],
        )
        .await
}

/// Marks endpoints after a claim.
pub(super) async fn mark(
    connection: &Connection,
    run: i64,
    marks: &[EndpointUpdate],
    kept: &[(i64, i64)],
) -> Result<Vec<Row>, PostgresError> {
    let column = |part: fn(&EndpointUpdate) -> i64| marks.iter().map(part).collect::<Vec<i64>>();
    let kept_of = |mark: &EndpointUpdate| kept.iter().find(|(id, _)| *id == mark.id).map_or(0, |(_, kept)| *kept);
    let kept: Vec<i64> = marks.iter().map(kept_of).collect();
    let endpoints = column(|it| it.id);
    let probes = column(|it| it.probes.into());
    connection.query(MARK, args![run, endpoints, kept, probes, column(|it| it.used), column(|it| it.interval)]).await
}

/// Reads a claim.
pub(super) fn read(row: &Row, claimed: &ClaimedRow, (kind, event_type): (i64, Arc<str>)) -> Claim {
    let (id, body): (&str, &[u8]) = (row.get(5), row.get(7));
    Claim {
        delivery: DeliveryId(claimed.id),
        endpoint: EndpointId(claimed.endpoint),
        number: count(row, 1) + 1,
        history: History {
            used: count(row, 2),
            unanswered: maybe_int(row, 9).map(|answers| Unanswered { answers, counted: count(row, 10) }),
        },
        failures: count(row, 3),
        trigger: db_codes::trigger(int(row, 4)),
        lane: claimed.lane,
        solo: claimed.solo,
        event_id: EventId::stored(id.to_owned()),
        kind,
        event_type,
        traceparent: row.get::<_, Option<String>>(11).map(Traceparent::stored),
        body: Bytes::copy_from_slice(body),
    }
}

/// Whether what is about to be sent is what was emitted, whose checksum `row` has.
pub(super) fn is_sound(claim: &Claim, row: &Row) -> bool {
    let sent = EventContent { id: claim.event_id.as_str(), event_type: &claim.event_type, body: &claim.body };
    sent.is_sound(int(row, 8))
}
