//! What a run would claim if it began now. Looks only: claims are made by `advance`.

use const_format::formatcp;

use super::client::Client;
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::row::int;
use super::row::{READY, SOLO};
use super::{DeliveryFilter, DeliveryRow, Listed, Page, Result, deliveries, endpoint_rows, rules, runs};
use crate::clock::Timestamp;
use crate::delivery::INTERRUPTIONS_UNTIL_FAILED;
use crate::endpoint::{ConfiguredEndpoint, Endpoint, ResolvedEndpoint, resolve};
use crate::store::DeliveryId;

/// Claims that are shown one by one.
const SHOWN: usize = 1_000;

/// The queued that are the first of a lane with nothing else in it, what is due in its lane or runs alone, and what a dead
/// run left behind, unless its death gives that up.
const DUE: &str = formatcp!("WITH busy AS (
        SELECT l.lane FROM flight f CROSS JOIN LATERAL unnest(f.lanes) AS l(lane) WHERE f.endpoint = $1
        UNION ALL SELECT lane FROM waiting WHERE endpoint = $1)
    SELECT min(q.id) FROM queue q WHERE q.endpoint = $1 AND q.lane NOT IN (SELECT lane FROM busy) GROUP BY q.lane
    UNION ALL SELECT id FROM waiting WHERE endpoint = $1 AND (state = {SOLO} OR (state = {READY} AND (due_at <= $2 OR due_at > $3)))
    UNION ALL SELECT d.id FROM flight f CROSS JOIN LATERAL unnest(f.ids) AS i(id) JOIN delivery d ON d.id = i.id
        WHERE f.endpoint = $1 AND f.run = ANY ($4) AND d.interruptions < {}", INTERRUPTIONS_UNTIL_FAILED - 1);

pub(super) async fn preview_due(
    client: &Client,
    specs: Vec<ConfiguredEndpoint>,
    now: Timestamp,
) -> Result<Listed<DeliveryRow>> {
    let now = client.by_server(now);
    client.read(async |connection: &Connection| due_within(connection, &specs, now).await).await
}

async fn due_within(
    connection: &Connection,
    specs: &[ConfiguredEndpoint],
    now: Timestamp,
) -> Result<Listed<DeliveryRow>, PostgresError> {
    let dead = runs::seemingly_dead(connection).await?;
    let rows = endpoint_rows::load(connection).await?;
    let stored: Vec<Endpoint> = rows.iter().map(|row| row.endpoint.clone()).collect();
    let resolved = resolve(specs, &stored);
    let mut due = Vec::new();
    for row in &rows {
        let Some(as_configured) = resolved.iter().find(|it| it.id == Some(row.endpoint.id)) else { continue };
        let probing = match row.probe {
            Some(probe) => is_held_by_others(connection, probe, &dead).await?,
            None => false,
        };
        let room = room(&row.endpoint, as_configured, probing, now);
        let latest = now.plus(as_configured.settings.retry.longest_delay()).as_millis();
        let found = connection.query(DUE, args![row.endpoint.id.0, now.as_millis(), latest, dead]).await?;
        due.extend(found.iter().take(room).map(|row| DeliveryId(int(row, 0))));
    }
    due.sort_unstable();
    let total = due.len() as u64;
    due.truncate(SHOWN);
    if due.is_empty() {
        return Ok(Listed::counted(Vec::new(), total));
    }
    let page = Page { limit: SHOWN as u64, number: 1, oldest_first: true };
    let filter = DeliveryFilter { ids: due, ..DeliveryFilter::default() };
    let shown = deliveries::deliveries_within(connection, &filter, page).await?;
    Ok(Listed::counted(shown.rows, total))
}

/// How many of an endpoint's deliveries may go: none while it holds or its circuit is open, one to probe it.
fn room(stored: &Endpoint, configured: &ResolvedEndpoint, probing: bool, now: Timestamp) -> usize {
    // What was learned about the old address says nothing about the new one.
    let open = stored.circuit.open.filter(|_| !configured.moved);
    rules::claimable(configured.paused_by.is_some(), open, probing, usize::MAX, now)
}

async fn is_held_by_others(connection: &Connection, probe: i64, dead: &[i64]) -> Result<bool, PostgresError> {
    let sql = "SELECT count(*) FROM flight WHERE $1 = ANY (ids) AND run <> ALL ($2)";
    Ok(connection.number(sql, args![probe, dead.to_vec()]).await? > 0)
}
