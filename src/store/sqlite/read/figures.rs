//! The state of the queue, from counters and the ends of indexes.

use std::collections::BTreeMap;
use std::time::Duration;

use const_format::formatcp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::endpoint::{Endpoint, TypePattern};
use crate::store::db_codes::{ACCEPTED_RESULT, ATTEMPT_INTERRUPTED, BLOCKED, PROCESSING, QUEUED, READY, SOLO};
use crate::store::figures::{ARRIVALS_READ, LOOKED_AT};
use crate::store::sqlite::write::endpoint_cache;
use crate::store::sqlite::write::endpoint_cache::EndpointRow;
use crate::store::{
    Activity, Arrivals, AttemptDuration, AttemptTotals, ClaimHolder, EndpointFigures, IdleInfo, LATENCIES,
    QueueFigures, RunId,
};

pub(crate) fn figures(connection: &Connection, now: Timestamp) -> rusqlite::Result<QueueFigures> {
    let events =
        connection.prepare_cached("SELECT value FROM figure WHERE name = 'events'")?.query_row([], |row| row.get(0))?;
    let endpoints = endpoint_cache::load(connection)?
        .into_iter()
        .map(|row| {
            Ok(EndpointFigures {
                oldest_due: oldest_due(connection, &row, now)?,
                oldest_pending: oldest_pending(connection, &row.endpoint)?,
                endpoint: row.endpoint,
                counts: row.counts,
            })
        })
        .collect::<rusqlite::Result<_>>()?;
    let oldest_processing = connection
        .prepare_cached(formatcp!("SELECT min(changed_at) FROM delivery WHERE state = {PROCESSING}"))?
        .query_row([], |row| row.get::<_, Option<i64>>(0))?
        .map(Timestamp::from_millis);
    let holders = connection
        .prepare_cached(
            formatcp!("SELECT r.pid, count(*) FROM delivery d JOIN run r ON r.id = d.owner WHERE d.state = {PROCESSING} GROUP BY r.id ORDER BY r.id"),
        )?
        .query_map([], |row| {
            Ok((ClaimHolder { host: None, pid: row.get(0)? }, row.get::<_, i64>(1)?.unsigned_abs()))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let (scheduled, next) = connection
        .prepare_cached("SELECT count(*), min(at) FROM scheduled WHERE queued_at IS NULL AND cancelled_at IS NULL")?
        .query_row([], |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?)))?;
    let next_scheduled = next.map(Timestamp::from_millis);
    Ok(QueueFigures { events, endpoints, oldest_processing, holders, scheduled, next_scheduled })
}

/// The earliest `due_at` of an endpoint's claimable deliveries. What is queued or runs alone is due now, if not since
/// earlier.
fn earliest(connection: &Connection, endpoint: &Endpoint, now: Timestamp) -> rusqlite::Result<Option<Timestamp>> {
    let first =
        |sql: &str| connection.prepare_cached(sql)?.query_row([endpoint.id.0], |row| row.get::<_, i64>(0)).optional();
    let ready = first(formatcp!(
        "SELECT due_at FROM delivery WHERE state = {READY} AND endpoint = ?1 ORDER BY due_at, id LIMIT 1"
    ))?;
    let solo = first(formatcp!(
        "SELECT due_at FROM delivery WHERE state = {SOLO} AND endpoint = ?1 ORDER BY due_at, id LIMIT 1"
    ))?;
    // Among the first thousand: behind those, what is queued but blocked hides what is not until a claim looks at it.
    let queued = first(
        formatcp!("SELECT (SELECT due_at FROM delivery WHERE id = q.id)
         FROM (SELECT id, endpoint, lane FROM delivery WHERE state = {QUEUED} AND endpoint = ?1 ORDER BY id LIMIT 1000) q
         WHERE NOT EXISTS (SELECT 1 FROM delivery d
            WHERE d.endpoint = q.endpoint AND d.lane = q.lane AND d.state >= {BLOCKED} AND d.state < {PROCESSING})
         AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.endpoint = q.endpoint AND d.lane = q.lane AND d.state = {PROCESSING})
         LIMIT 1"),
    )?;
    let at_once = solo.into_iter().chain(queued).min().map(|due| due.min(now.as_millis()));
    Ok([ready, at_once].into_iter().flatten().min().map(Timestamp::from_millis))
}

/// Since when an endpoint's oldest due delivery has been due, counted from when its circuit closed or its pause ended.
fn oldest_due(connection: &Connection, row: &EndpointRow, now: Timestamp) -> rusqlite::Result<Option<Timestamp>> {
    let endpoint = &row.endpoint;
    if endpoint.is_paused_or_unconfigured() || endpoint.circuit.open.is_some_and(|open| !open.probe_due(now)) {
        return Ok(None);
    }
    let earliest = earliest(connection, endpoint, now)?.filter(|due| *due <= now);
    let asleep_until = endpoint.circuit.open.map_or(endpoint.resumed_at, |open| open.until);
    Ok(earliest.map(|due| due.max(asleep_until).min(now)))
}

/// When the oldest event was emitted that waits for an endpoint: what is blocked waits behind one of these.
fn oldest_pending(connection: &Connection, endpoint: &Endpoint) -> rusqlite::Result<Option<Timestamp>> {
    let oldest: Option<i64> = connection
        .prepare_cached(
            "SELECT min(e.created_at) FROM (
                 SELECT event FROM (SELECT event FROM delivery WHERE state = -1 AND endpoint = ?1 ORDER BY id LIMIT 1)
                 UNION ALL SELECT event FROM
                     (SELECT event FROM delivery WHERE state = 1 AND endpoint = ?1 ORDER BY due_at LIMIT 1)
                 UNION ALL SELECT event FROM
                     (SELECT event FROM delivery WHERE state = 2 AND endpoint = ?1 ORDER BY due_at LIMIT 1)
             ) d JOIN event e ON e.seq = d.event",
        )?
        .query_row([endpoint.id.0], |row| row.get(0))?;
    Ok(oldest.map(Timestamp::from_millis))
}

pub(crate) fn rates(connection: &Connection, since: Timestamp) -> rusqlite::Result<Vec<AttemptTotals>> {
    connection
        .prepare_cached(
            "SELECT e.name, k.type, k.resource_type, sum(r.delivered), sum(r.failed)
             FROM rate r JOIN endpoint e ON e.id = r.endpoint JOIN kind k ON k.id = r.kind
             WHERE r.minute >= ?1 GROUP BY r.endpoint, r.kind ORDER BY r.endpoint, r.kind",
        )?
        .query_map([since.minute()], |row| {
            Ok(AttemptTotals {
                endpoint: row.get(0)?,
                event_type: row.get(1)?,
                resource_type: row.get(2)?,
                delivered: row.get(3)?,
                failed: row.get(4)?,
            })
        })?
        .collect()
}

pub(crate) fn activity(connection: &Connection, since: Timestamp) -> rusqlite::Result<Activity> {
    let by_minute = |sql: &str| {
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([since.minute()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect::<rusqlite::Result<Vec<(i64, i64, i64)>>>()
    };
    let sent = by_minute("SELECT minute, sum(delivered), sum(failed) FROM rate WHERE minute >= ?1 GROUP BY minute")?;
    let received = by_minute(
        "SELECT minute, sum(iif(reason = '', count, 0)), sum(iif(reason = '', 0, count)) FROM received_rate
         WHERE minute >= ?1 GROUP BY minute",
    )?;
    // Of the latest rows alone: an index over the times would cost every attempt a write.
    let mut latest = connection.prepare_cached(formatcp!(
        "SELECT p.name, a.started_at, a.took_us
         FROM attempt a JOIN delivery d ON d.id = a.delivery JOIN endpoint p ON p.id = d.endpoint
         WHERE a.id > (SELECT max(id) FROM attempt) - ?2 AND a.started_at >= ?1 AND a.outcome <> {ATTEMPT_INTERRUPTED}
         ORDER BY a.id DESC"
    ))?;
    let latencies = latest.query_map(params![since.as_millis(), LATENCIES], |row| {
        Ok(AttemptDuration {
            endpoint: row.get(0)?,
            started_at: Timestamp::from_millis(row.get(1)?),
            took: Duration::from_micros(row.get::<_, i64>(2)?.unsigned_abs()),
        })
    })?;
    Ok(Activity { minutes: Activity::merge(sent, received), latencies: latencies.collect::<rusqlite::Result<_>>()? })
}

/// The place of the first event emitted at or after `since`, found by halving: places and times rise together.
fn first_event(connection: &Connection, since: Timestamp) -> rusqlite::Result<i64> {
    let ends: (Option<i64>, Option<i64>) =
        connection.query_row("SELECT (SELECT min(seq) FROM event), (SELECT max(seq) FROM event)", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let (Some(mut low), Some(last)) = ends else { return Ok(0) };
    let mut high = last + 1;
    let mut at = connection.prepare_cached("SELECT seq, created_at FROM event WHERE seq >= ?1 ORDER BY seq LIMIT 1")?;
    while low < high {
        let (seq, created_at) =
            at.query_row([low + (high - low) / 2], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        match created_at >= since.as_millis() {
            true => high = low + (high - low) / 2,
            false => low = seq + 1,
        }
    }
    Ok(low)
}

pub(crate) fn arrivals(connection: &Connection, since: Timestamp) -> rusqlite::Result<Vec<Arrivals>> {
    let event = first_event(connection, since)?;
    let first = connection
        .prepare_cached("SELECT id FROM delivery WHERE event >= ?1 ORDER BY event, id LIMIT 1")?
        .query_row([event], |row| row.get::<_, i64>(0))
        .optional()?;
    let Some(first) = first else { return Ok(Vec::new()) };
    let last: i64 = connection.prepare_cached("SELECT max(id) FROM delivery")?.query_row([], |row| row.get(0))?;
    let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
    let mut latest =
        connection.prepare_cached("SELECT endpoint FROM delivery WHERE id >= ?1 ORDER BY id DESC LIMIT ?2")?;
    for endpoint in latest.query_map([first, ARRIVALS_READ], |row| row.get(0))? {
        *counts.entry(endpoint?).or_default() += 1;
    }
    let mut name = connection.prepare_cached("SELECT name FROM endpoint WHERE id = ?1")?;
    let named = |(endpoint, count)| Ok((name.query_row([endpoint], |row| row.get(0))?, count));
    let latest = counts.into_iter().map(named).collect::<rusqlite::Result<_>>()?;
    Ok(Arrivals::share(last - first + 1, latest))
}

pub(crate) fn last_seen(
    connection: &Connection,
    types: &TypePattern,
    since: Timestamp,
) -> rusqlite::Result<Option<Timestamp>> {
    // A pattern holds no character that GLOB takes for more than the final `*`.
    let latest = |sql: &str| {
        let values = params![types.as_str(), since.as_millis(), LOOKED_AT];
        connection.prepare_cached(sql)?.query_row(values, |row| row.get::<_, i64>(0)).optional()
    };
    let emitted = latest(
        "SELECT created_at FROM event WHERE seq > (SELECT max(seq) FROM event) - ?3 AND created_at >= ?2
            AND kind IN (SELECT id FROM kind WHERE type GLOB ?1) ORDER BY seq DESC LIMIT 1",
    )?;
    let accepted = latest(formatcp!(
        "SELECT at FROM received WHERE id > (SELECT max(id) FROM received) - ?3 AND at >= ?2 AND {ACCEPTED_RESULT}
            AND kind IN (SELECT id FROM kind WHERE type GLOB ?1) ORDER BY id DESC LIMIT 1"
    ))?;
    Ok(emitted.max(accepted).map(Timestamp::from_millis))
}

pub(crate) fn idle_info(connection: &Connection, run: RunId, now: Timestamp) -> rusqlite::Result<IdleInfo> {
    let mut idle = IdleInfo::default();
    for row in endpoint_cache::load(connection)? {
        if row.endpoint.is_paused_or_unconfigured() || row.counts.waiting == 0 {
            continue;
        }
        match row.endpoint.circuit.open {
            None => {
                let due = earliest(connection, &row.endpoint, now)?;
                let is_limited = row.endpoint.settings.rate.is_some() && due.is_some_and(|due| due <= now);
                let limited = is_limited.then(|| row.endpoint.rate_limited_until(now).unwrap_or(now));
                idle.rate_limited_until = sooner(idle.rate_limited_until, limited);
                idle.next_due = sooner(idle.next_due, limited.or(due));
            }
            Some(rest) => {
                idle.resting += row.counts.waiting.unsigned_abs();
                // A probe under way elsewhere is watched for, not waited out.
                let probe = if rest.probe_due(now) && row.probe.is_none() { now } else { rest.until };
                idle.next_probe = sooner(idle.next_probe, Some(probe));
                idle.probe_worth_waiting |= rest.worth_waiting(now);
            }
        }
    }
    idle.elsewhere = connection
        .prepare_cached(formatcp!("SELECT count(*) FROM delivery WHERE state = {PROCESSING} AND owner <> ?1"))?
        .query_row(params![run.0], |row| row.get::<_, i64>(0))?
        .unsigned_abs();
    Ok(idle)
}

fn sooner(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    [a, b].into_iter().flatten().min()
}
