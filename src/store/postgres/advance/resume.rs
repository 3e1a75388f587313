//! After a failure: what was committed, and what the run holds.

use std::collections::BTreeSet;

use tokio_postgres::Row;

use super::super::claim::{ClaimsByEndpoint, HeldClaim};
use super::super::connection::{Connection, args};
use super::super::error::PostgresError;
use super::super::row::{self, int};
use super::super::run_state::RunState;
use crate::delivery::INTERRUPTIONS_UNTIL_ALONE;

/// Finds out whether the last transaction was committed. False says that the run is over.
///
/// The lock waits for that transaction where it is still under way. One that comes later still finds its number taken.
pub(super) async fn resume(connection: &Connection, state: &mut RunState) -> Result<bool, PostgresError> {
    let run = state.id.0;
    let row = connection
        .outside(async || {
            connection.first("SELECT commits FROM run WHERE id = $1 AND ended_at IS NULL FOR UPDATE", args![run]).await
        })
        .await?;
    let Some(commits) = row.map(|row| int(&row, 0)) else { return Ok(false) };
    if commits != state.commits || !state.is_known {
        let rows = connection.outside(async || connection.query(HOLDS, args![run]).await).await?;
        adopt(state, &rows);
        if commits < state.commits {
            // What was acknowledged is gone: what a run had recorded then is not, and its claims are others' again.
            let lost = state.commits - commits;
            tracing::warn!(run, lost, "the server lost committed transactions: was a standby promoted that lagged?");
            state.settled.clear();
        }
        state.commits = commits;
    }
    state.doubtful = false;
    state.is_known = true;
    Ok(true)
}

const HOLDS: &str = "SELECT f.endpoint, i.id, i.lane, i.since, d.attempts + 1, d.interruptions
    FROM flight f CROSS JOIN LATERAL unnest(f.ids, f.lanes, f.since) WITH ORDINALITY AS i(id, lane, since, n)
    JOIN delivery d ON d.id = i.id WHERE f.run = $1 ORDER BY f.endpoint, i.n";

/// Takes over what the server says that the run holds: what is gone was recorded, what is new was never handed out.
fn adopt(state: &mut RunState, rows: &[Row]) {
    let known: BTreeSet<i64> = state.flight.values().flatten().map(|held| held.id).collect();
    let mut flight = ClaimsByEndpoint::new();
    for row in rows {
        let held = HeldClaim { id: int(row, 1), lane: int(row, 2), since: int(row, 3), number: row::count(row, 4) };
        if known.contains(&held.id) || !state.is_known {
            flight.entry(int(row, 0)).or_default().push(held);
        } else {
            let solo = row::count(row, 5) >= INTERRUPTIONS_UNTIL_ALONE;
            state.orphans.push((int(row, 0), held, solo));
        }
    }
    let kept: BTreeSet<i64> = flight.values().flatten().map(|held| held.id).collect();
    let settled = state.flight.values().flatten().filter(|held| !kept.contains(&held.id));
    state.settled.extend(settled.map(|held| (held.id, held.number)));
    state.flight = flight;
}
