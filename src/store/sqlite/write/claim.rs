//! What a worker gets: the statements that choose deliveries, and the marks that make them a run's.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use const_format::{concatcp, formatcp};
use rusqlite::{Row, params};

use crate::clock::Timestamp;
use crate::delivery::{History, Unanswered};
use crate::endpoint::EndpointId;
use crate::event::{EventId, Traceparent};
use crate::store::checksum::EventContent;
use crate::store::db_codes::{BLOCKED, PROCESSING, QUEUED, READY, SOLO};
use crate::store::rules::CounterKey;
use crate::store::sqlite::write::lanes;
use crate::store::sqlite::write::writer::Txn;
use crate::store::{Claim, ClaimRequest, DeliveryId, RunId, db_codes, rules};

/// Blocked deliveries that one transaction finds among the queued at most, so that no other writer waits long.
const ENTRIES: usize = 1_000;

/// Everything a claim needs, of the deliveries that a condition names.
macro_rules! claim_sql {
    ($condition:expr) => {
        claim_sql!("0", $condition)
    };
    ($occupied:expr, $condition:expr) => {
        concatcp!(
            "SELECT d.id, d.attempts, d.used, d.failures, d.trigger, d.lane, d.state, e.id, e.kind,
                iif(d.whole_record, (SELECT body FROM whole_record WHERE event = d.event), e.body),
                iif(d.whole_record, (SELECT checksum FROM whole_record WHERE event = d.event), e.checksum), ",
            $occupied,
            ", d.unanswered_at, d.unanswered, e.traceparent",
            " FROM delivery d JOIN event e ON e.seq = d.event WHERE ",
            $condition
        )
    };
}

const READY_CLAIMS: &str =
    claim_sql!(formatcp!("d.state = {READY} AND d.endpoint = ?1 AND d.due_at <= ?2 ORDER BY d.due_at, d.id LIMIT ?3"));

/// Of those that are due, the one with the fewest attempts.
const LEAST_ATTEMPTED: &str = claim_sql!(formatcp!(
    "d.state = {READY} AND d.endpoint = ?1 AND d.due_at <= ?2 ORDER BY d.attempts, d.due_at, d.id LIMIT 1"
));

/// Whether something of the same lane waits or is in flight.
const LANE_IS_OCCUPIED: &str = formatcp!(
    "EXISTS (SELECT 1 FROM delivery l
        WHERE l.endpoint = d.endpoint AND l.lane = d.lane AND l.state >= {BLOCKED} AND l.state < {PROCESSING})
     OR EXISTS (SELECT 1 FROM delivery l WHERE l.endpoint = d.endpoint AND l.lane = d.lane AND l.state = {PROCESSING})"
);

/// The queued, each with whether its lane is occupied.
const QUEUED_CLAIMS: &str =
    claim_sql!(LANE_IS_OCCUPIED, formatcp!("d.state = {QUEUED} AND d.endpoint = ?1 ORDER BY d.id LIMIT ?2"));

/// Named ones that are due in their lanes.
const NAMED_READY: &str = claim_sql!(formatcp!(
    "d.state = {READY} AND d.endpoint = ?1 AND d.due_at <= ?2 AND d.id IN (SELECT value FROM json_each(?4))
     ORDER BY d.due_at, d.id LIMIT ?3"
));

/// Named ones that are queued, with nothing of their lane queued before them; each with whether its lane is occupied.
const NAMED_QUEUED: &str = claim_sql!(
    LANE_IS_OCCUPIED,
    formatcp!(
        "d.state = {QUEUED} AND d.endpoint = ?1 AND d.id IN (SELECT value FROM json_each(?3))
         AND NOT EXISTS (SELECT 1 FROM delivery b
            WHERE b.state = {QUEUED} AND b.endpoint = d.endpoint AND b.id < d.id AND b.lane = d.lane)
         ORDER BY d.id LIMIT ?2"
    )
);

/// What one transaction claimed for a worker.
pub(crate) struct ClaimResult {
    pub(crate) claims: Vec<Claim>,
    /// Whether a delivery waits that must run alone.
    pub(crate) solo_waits: bool,
    /// Whether more is queued than was looked at.
    pub(crate) cut_short: bool,
}

/// Claims what is due for the free slots of the worker; nothing beside a delivery that must run alone.
pub(crate) fn claim(
    txn: &mut Txn<'_>,
    run: RunId,
    wants: &ClaimRequest,
    now: Timestamp,
) -> rusqlite::Result<ClaimResult> {
    let looks = ENTRIES / wants.endpoints.len().max(1);
    let mut batch = ClaimBatch { run, now, looks, claims: Vec::new(), cut_short: false };
    let solo_waits = claim_solo(txn, wants, &mut batch)?;
    if !solo_waits && batch.claims.is_empty() {
        for (endpoint, wanted) in &wants.endpoints {
            match &wants.only {
                Some(only) => claim_named(txn, *endpoint, *wanted, only, &mut batch)?,
                None => claim_due(txn, *endpoint, *wanted, &mut batch)?,
            }
        }
    }
    let ClaimBatch { claims, cut_short, .. } = batch;
    Ok(ClaimResult { claims, solo_waits, cut_short })
}

/// The deliveries that a transaction is claiming for a worker, so that no other sends them.
struct ClaimBatch {
    run: RunId,
    now: Timestamp,
    /// Blocked deliveries to find among the queued of one endpoint at most.
    looks: usize,
    claims: Vec<Claim>,
    cut_short: bool,
}

/// Claims the oldest delivery that must run alone, if the worker has nothing else. Returns whether one has to wait.
///
/// Such a delivery waits for no time, so that no clock that jumps can hold it up.
fn claim_solo(txn: &mut Txn<'_>, wants: &ClaimRequest, batch: &mut ClaimBatch) -> rusqlite::Result<bool> {
    let waiting: Vec<(i64, i64)> = txn
        .connection
        .prepare_cached(formatcp!("SELECT id, endpoint FROM delivery WHERE state = {SOLO} ORDER BY due_at, id"))?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let is_named = |id: &i64| wants.only.as_ref().is_none_or(|only| only.contains(&DeliveryId(*id)));
    for (id, endpoint) in waiting.into_iter().filter(|(id, _)| is_named(id)) {
        let endpoint = EndpointId(endpoint);
        let wanted = wants.endpoints.iter().any(|(wanted, room)| *wanted == endpoint && *room > 0);
        if !wanted || claimable(txn, endpoint, 1, batch.now) == 0 {
            continue;
        }
        if !wants.idle {
            return Ok(true);
        }
        let chosen = select(txn, claim_sql!("d.id = ?1"), params![id], endpoint)?;
        take(txn, chosen.into_iter().map(|(claim, _)| claim).collect(), batch)?;
        return Ok(false);
    }
    Ok(false)
}

/// Claims for an endpoint: first what is due in its lanes, then the queued in the order of their ids.
fn claim_due(txn: &mut Txn<'_>, endpoint: EndpointId, wanted: usize, batch: &mut ClaimBatch) -> rusqlite::Result<()> {
    let room = claimable(txn, endpoint, wanted, batch.now);
    if room == 0 {
        return Ok(());
    }
    if txn.cache.endpoint(endpoint).is_some_and(|row| row.endpoint.circuit.open.is_some()) {
        return claim_probe(txn, endpoint, batch);
    }
    let due = params![endpoint.0, batch.now.as_millis(), room as i64];
    let ready: Vec<Claim> = select(txn, READY_CLAIMS, due, endpoint)?.into_iter().map(|(claim, _)| claim).collect();
    let room = room - ready.len();
    take(txn, ready, batch)?;
    claim_queued(txn, endpoint, room, batch)
}

/// Claims those of the named deliveries that are due: first of their lane, or queued with nothing before them. Nothing else is moved.
fn claim_named(
    txn: &mut Txn<'_>,
    endpoint: EndpointId,
    wanted: usize,
    only: &[DeliveryId],
    batch: &mut ClaimBatch,
) -> rusqlite::Result<()> {
    let room = claimable(txn, endpoint, wanted, batch.now);
    let ids: Vec<i64> = only.iter().map(|id| id.0).collect();
    let ids = format!("{ids:?}");
    let due = params![endpoint.0, batch.now.as_millis(), room as i64, ids];
    let ready: Vec<Claim> = select(txn, NAMED_READY, due, endpoint)?.into_iter().map(|(claim, _)| claim).collect();
    let room = room - ready.len();
    take(txn, ready, batch)?;
    let (free, _) = partition_free(select(txn, NAMED_QUEUED, params![endpoint.0, room as i64, ids], endpoint)?);
    take(txn, free, batch)
}

/// Claims the delivery that probes an open circuit: the one with the fewest attempts, so that none that goes unanswered keeps
/// the others from being tried.
fn claim_probe(txn: &mut Txn<'_>, endpoint: EndpointId, batch: &mut ClaimBatch) -> rusqlite::Result<()> {
    let due = params![endpoint.0, batch.now.as_millis()];
    let ready = select(txn, LEAST_ATTEMPTED, due, endpoint)?.pop().map(|(claim, _)| claim);
    match ready {
        Some(claim) if claim.number == 1 => take(txn, vec![claim], batch),
        ready => {
            let before = batch.claims.len();
            claim_queued(txn, endpoint, 1, batch)?;
            let found = batch.claims.len() > before;
            take(txn, ready.filter(|_| !found).into_iter().collect(), batch)
        }
    }
}

/// Claims the queued of an endpoint in the order of their ids; those whose lane is occupied enter it.
fn claim_queued(txn: &mut Txn<'_>, endpoint: EndpointId, room: usize, batch: &mut ClaimBatch) -> rusqlite::Result<()> {
    let mut room = room;
    let mut entered = 0;
    while room > 0 {
        if entered >= batch.looks {
            batch.cut_short = true;
            break;
        }
        let chosen = select(txn, QUEUED_CLAIMS, params![endpoint.0, room as i64], endpoint)?;
        if chosen.is_empty() {
            break;
        }
        let (free, occupied) = partition_free(chosen);
        entered += occupied.len();
        occupied.iter().try_for_each(|claim| lanes::enter(txn.connection, claim.delivery.0))?;
        room -= free.len();
        take(txn, free, batch)?;
    }
    Ok(())
}

/// Parts what can go from what has to wait: its lane is occupied, or an earlier one of these goes.
fn partition_free(chosen: Vec<(Claim, bool)>) -> (Vec<Claim>, Vec<Claim>) {
    let mut going = HashSet::with_capacity(chosen.len());
    let (free, occupied): (Vec<_>, Vec<_>) =
        chosen.into_iter().partition(|(claim, occupied)| !occupied && going.insert(claim.lane));
    let claims = |part: Vec<(Claim, bool)>| part.into_iter().map(|(claim, _)| claim).collect();
    (claims(free), claims(occupied))
}

/// How many deliveries of an endpoint may be claimed now, of those wanted.
fn claimable(txn: &Txn<'_>, endpoint: EndpointId, wanted: usize, now: Timestamp) -> usize {
    let Some(row) = txn.cache.endpoint(endpoint) else { return 0 };
    let pace = row.endpoint.settings.pace();
    let wanted = pace.map_or(wanted, |pace| wanted.min(pace.allowed(row.endpoint.rate_used_until, now)));
    let is_held = row.endpoint.is_paused_or_unconfigured();
    rules::claimable(is_held, row.endpoint.circuit.open, row.probe.is_some(), wanted, now)
}

/// Reads what may be claimed, as it will be once it is, and whether its lane is occupied.
fn select(
    txn: &mut Txn<'_>,
    sql: &str,
    params: impl rusqlite::Params,
    endpoint: EndpointId,
) -> rusqlite::Result<Vec<(Claim, bool)>> {
    let Txn { connection, cache, .. } = txn;
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut chosen = Vec::new();
    while let Some(row) = rows.next()? {
        let kind = row.get(8)?;
        let event_type = cache.event_type(connection, kind)?;
        chosen.push((read_claim(row, endpoint, kind, event_type)?, row.get(11)?));
    }
    Ok(chosen)
}

fn read_claim(row: &Row<'_>, endpoint: EndpointId, kind: i64, event_type: Arc<str>) -> rusqlite::Result<Claim> {
    let (id, body) = (row.get_ref(7)?.as_str()?, row.get_ref(9)?.as_blob()?);
    EventContent { id, event_type: &event_type, body }.check_in(row, 10)?;
    Ok(Claim {
        delivery: DeliveryId(row.get(0)?),
        endpoint,
        number: row.get::<_, u32>(1)? + 1,
        history: History { used: row.get(2)?, unanswered: read_unanswered(row)? },
        failures: row.get(3)?,
        trigger: db_codes::trigger(row.get(4)?),
        lane: row.get(5)?,
        solo: row.get::<_, i64>(6)? == SOLO,
        event_id: EventId::stored(id.to_owned()),
        kind,
        event_type,
        traceparent: row.get::<_, Option<String>>(14)?.map(Traceparent::stored),
        body: Bytes::copy_from_slice(body),
    })
}

fn read_unanswered(row: &Row<'_>) -> rusqlite::Result<Option<Unanswered>> {
    let answers: Option<i64> = row.get(12)?;
    answers.map(|answers| Ok(Unanswered { answers, counted: row.get(13)? })).transpose()
}

/// Makes claims the run's own.
fn take(txn: &mut Txn<'_>, claims: Vec<Claim>, batch: &mut ClaimBatch) -> rusqlite::Result<()> {
    if claims.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = claims.iter().map(|claim| claim.delivery.0).collect();
    // One statement for all: opening every index of the table for each would cost as much again.
    txn.connection
        .prepare_cached(formatcp!(
            "UPDATE delivery SET state = {PROCESSING}, owner = ?2, attempts = attempts + 1, changed_at = ?3
             WHERE id IN (SELECT value FROM json_each(?1))"
        ))?
        .execute(params![format!("{ids:?}"), batch.run.0, batch.now.as_millis()])?;
    for claim in &claims {
        let before = CounterKey { state: READY, attempts: claim.number - 1, failures: claim.failures };
        let after = CounterKey { state: PROCESSING, attempts: claim.number, failures: claim.failures };
        txn.cache.count_transition(claim.endpoint, Some(before), Some(after));
        let Some(row) = txn.cache.change(claim.endpoint) else { continue };
        if row.endpoint.circuit.open.is_some() {
            row.probe = Some(claim.delivery.0);
        }
        if let Some(pace) = row.endpoint.settings.pace() {
            row.endpoint.rate_used_until = pace.take(row.endpoint.rate_used_until, 1, batch.now);
        }
    }
    batch.claims.extend(claims);
    Ok(())
}
