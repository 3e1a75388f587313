//! Order within a lane: the deliveries of one resource to one endpoint.
//!
//! A new delivery is queued, outside its lane. Claims look at the queued in order of their ids: if the lane is empty the delivery
//! is claimed, else it enters the lane as blocked. So whatever is in a lane is earlier than all that is still queued for it.
//! In a lane at most one delivery is not blocked: in flight, ready or solo.

use const_format::formatcp;

use super::connection::{Connection, args};
use super::error::PostgresError;
use super::row::{BLOCKED, READY, SOLO, int};
use crate::clock::Timestamp;
use crate::delivery::INTERRUPTIONS_UNTIL_ALONE;

/// Deliveries that left flight, or were given up while active: the lane's first becomes the active one, due now, and another
/// that waits becomes blocked.
pub(super) const SETTLE: &str = formatcp!("WITH gone AS MATERIALIZED (
        SELECT * FROM unnest($1, $2, $3) AS g(endpoint, lane, id)
    ), head AS MATERIALIZED (
        SELECT g.endpoint, g.lane, g.id AS gone, w.id, w.state FROM gone g CROSS JOIN LATERAL (
            SELECT id, state FROM waiting WHERE endpoint = g.endpoint AND lane = g.lane ORDER BY id LIMIT 1) w
        WHERE w.id <> g.id
    ), blocked AS (
        UPDATE waiting w SET state = {BLOCKED} FROM head h
        WHERE w.endpoint = h.endpoint AND w.lane = h.lane AND w.id = h.gone AND w.state <> {BLOCKED}
    )
    UPDATE waiting w SET state = CASE WHEN (SELECT interruptions FROM delivery WHERE id = h.id) >= $5 THEN {SOLO} ELSE {READY} END, due_at = $4
    FROM head h WHERE h.state = {BLOCKED} AND w.endpoint = h.endpoint AND w.lane = h.lane AND w.id = h.id");

/// Lanes whose first delivery left in this transaction, so that the next one may be claimed; as columns for `unnest`.
#[derive(Debug, Default)]
pub(super) struct VacatedLanes {
    pub(super) endpoints: Vec<i64>,
    pub(super) lanes: Vec<i64>,
    pub(super) ids: Vec<i64>,
}

impl VacatedLanes {
    pub(super) fn push(&mut self, endpoint: i64, lane: i64, id: i64) {
        self.endpoints.push(endpoint);
        self.lanes.push(lane);
        self.ids.push(id);
    }

    pub(super) async fn settle(&self, connection: &Connection, now: Timestamp) -> Result<(), PostgresError> {
        if self.ids.is_empty() {
            return Ok(());
        }
        let alone = i64::from(INTERRUPTIONS_UNTIL_ALONE);
        connection.query(SETTLE, args![self.endpoints, self.lanes, self.ids, now.as_millis(), alone]).await?;
        Ok(())
    }
}

/// Keeps endpoints from being claimed for, and their workers from what they know of the queue: whoever held a claim in a turn has
/// ended it, and reads everything anew.
pub(super) async fn lock_endpoints(connection: &Connection, endpoints: Vec<i64>) -> Result<(), PostgresError> {
    // Runs that hold something there finish their turns first, and none begins before this ends.
    let runs = "SELECT r.id FROM run r WHERE r.ended_at IS NULL
        AND EXISTS (SELECT FROM flight f WHERE f.run = r.id AND f.endpoint = ANY ($1)) ORDER BY r.id FOR UPDATE";
    connection.query(runs, args![endpoints]).await?;
    let rows = "SELECT id FROM endpoint WHERE id = ANY ($1) ORDER BY id FOR UPDATE";
    connection.query(rows, args![endpoints]).await?;
    let gates = "SELECT endpoint FROM gate WHERE endpoint = ANY ($1) ORDER BY endpoint FOR NO KEY UPDATE";
    connection.query(gates, args![endpoints]).await?;
    connection.query("UPDATE endpoint SET version = version + 1 WHERE id = ANY ($1)", args![endpoints]).await?;
    Ok(())
}

/// Puts a finished delivery before what is in its lane. The gate is held.
pub(super) async fn go_before(
    connection: &Connection,
    (endpoint, lane, id): (i64, i64, i64),
    now: Timestamp,
) -> Result<(), PostgresError> {
    let first = "SELECT id, state FROM waiting WHERE endpoint = $1 AND lane = $2 ORDER BY id LIMIT 1";
    let first = connection.first(first, args![endpoint, lane]).await?;
    let later = first.map(|row| (int(&row, 0), int(&row, 1))).filter(|(later, state)| {
        // An earlier one goes first, or a later one is in flight.
        *later > id && matches!(*state, READY | SOLO)
    });
    let insert = "INSERT INTO waiting (endpoint, lane, id, state, due_at) VALUES ($1, $2, $3, $4, $5)";
    let state = if later.is_some() { READY } else { BLOCKED };
    connection.query(insert, args![endpoint, lane, id, state, now.as_millis()]).await?;
    if let Some((later, _)) = later {
        let block = formatcp!("UPDATE waiting SET state = {BLOCKED} WHERE endpoint = $1 AND lane = $2 AND id = $3");
        connection.query(block, args![endpoint, lane, later]).await?;
    }
    Ok(())
}
