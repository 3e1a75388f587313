//! What a run would claim if it began now. Looks only: claims are made by `advance`.

use const_format::formatcp;
use rusqlite::Connection;

use crate::clock::Timestamp;
use crate::delivery::INTERRUPTIONS_UNTIL_FAILED;
use crate::endpoint::{ConfiguredEndpoint, Endpoint, ResolvedEndpoint, resolve};
use crate::store::db_codes::{BLOCKED, PROCESSING, QUEUED, READY, SOLO};
use crate::store::sqlite::read::deliveries;
use crate::store::sqlite::write::endpoint_cache;
use crate::store::sqlite::write::endpoint_cache::EndpointRow;
use crate::store::{DeliveryFilter, DeliveryId, DeliveryRow, Listed, Page, RunId, rules};

/// Claims that are shown one by one.
const SHOWN: usize = 1_000;

/// The queued that are the first of a lane with nothing else in it, what is due in its lane or runs alone, and what a dead
/// run left behind, unless its death gives that up.
const DUE: &str = formatcp!("
    SELECT min(q.id) FROM delivery q WHERE q.state = {QUEUED} AND q.endpoint = ?1
        AND NOT EXISTS (SELECT 1 FROM delivery l
            WHERE l.endpoint = q.endpoint AND l.lane = q.lane AND l.state >= {BLOCKED} AND l.state < {PROCESSING})
        AND NOT EXISTS (SELECT 1 FROM delivery l WHERE l.endpoint = q.endpoint AND l.lane = q.lane AND l.state = {PROCESSING})
        GROUP BY q.lane
    UNION ALL SELECT id FROM delivery WHERE state = {READY} AND endpoint = ?1 AND (due_at <= ?2 OR due_at > ?3)
    UNION ALL SELECT id FROM delivery WHERE state = {SOLO} AND endpoint = ?1
    UNION ALL SELECT id FROM delivery WHERE state = {PROCESSING} AND endpoint = ?1 AND interruptions < {}
        AND owner IN (SELECT value FROM json_each(?4))", INTERRUPTIONS_UNTIL_FAILED - 1);

/// What is due to the endpoints as `specs` would leave them, once the claims of the runs `dead` are freed.
pub(crate) fn preview_due(
    connection: &Connection,
    specs: &[ConfiguredEndpoint],
    dead: &[RunId],
    now: Timestamp,
) -> rusqlite::Result<Listed<DeliveryRow>> {
    let dead = format!("{:?}", dead.iter().map(|run| run.0).collect::<Vec<_>>());
    let rows = endpoint_cache::load(connection)?;
    let stored: Vec<Endpoint> = rows.iter().map(|row| row.endpoint.clone()).collect();
    let resolved = resolve(specs, &stored);
    let mut due = Vec::new();
    for row in &rows {
        let room = claimable(connection, &resolved, row, (&dead, now))?;
        let latest = now.plus(row.endpoint.settings.retry.longest_delay()).as_millis();
        let mut statement = connection.prepare_cached(DUE)?;
        let ids = statement.query_map(rusqlite::params![row.endpoint.id.0, now.as_millis(), latest, dead], |row| {
            row.get::<_, i64>(0)
        })?;
        for id in ids.take(room) {
            due.push(DeliveryId(id?));
        }
    }
    due.sort_unstable();
    let total = due.len() as u64;
    due.truncate(SHOWN);
    if due.is_empty() {
        return Ok(Listed::counted(Vec::new(), total));
    }
    let page = Page { limit: SHOWN as u64, number: 1, oldest_first: true };
    let shown = deliveries::deliveries(connection, &DeliveryFilter { ids: due, ..DeliveryFilter::default() }, page)?;
    Ok(Listed::counted(shown.rows, total))
}

/// How many of an endpoint's deliveries may go.
fn claimable(
    connection: &Connection,
    resolved: &[ResolvedEndpoint],
    row: &EndpointRow,
    (dead, now): (&str, Timestamp),
) -> rusqlite::Result<usize> {
    let Some(resolved) = resolved.iter().find(|it| it.id == Some(row.endpoint.id)) else { return Ok(0) };
    // What was learned about the old address says nothing about the new one.
    let open = row.endpoint.circuit.open.filter(|_| !resolved.moved);
    let probing = "SELECT 1 FROM delivery WHERE id = ?1 AND owner NOT IN (SELECT value FROM json_each(?2))";
    let is_probing =
        open.is_some() && connection.prepare_cached(probing)?.exists(rusqlite::params![row.probe, dead])?;
    Ok(rules::claimable(resolved.paused_by.is_some(), open, is_probing, usize::MAX, now))
}
