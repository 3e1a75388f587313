//! Replaying and giving up deliveries by hand.

use std::collections::BTreeSet;

use const_format::formatcp;
use tokio_postgres::Row;

use super::checksum::EventContent;
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::figures::{CounterDeltas, CounterKey};
use super::lanes::{self, VacatedLanes};
use super::node::Node;
use super::row::{DELIVERED, FAILED, OPEN, READY, SOLO, SUPERSEDED, count, int, maybe_int};
use super::{ChangedDeliveries, DeliveryId, Replay, Result, db_codes};
use crate::clock::Timestamp;
use crate::delivery::{Reason, State};
use crate::store::SkipReason;

/// A delivery that is to be replayed or given up, with its lane locked.
struct ChosenDelivery {
    id: i64,
    event: i64,
    endpoint: i64,
    lane: i64,
    whole_record: bool,
    part: CounterKey,
    in_flight: bool,
    /// Its state among those that wait; none while it is queued or finished.
    waits: Option<i64>,
}

const CHOSEN: &str = "SELECT d.id, d.event, d.endpoint, d.lane, d.state, d.attempts, d.failures,
        EXISTS (SELECT FROM flight f WHERE f.endpoint = d.endpoint AND d.id = ANY (f.ids)),
        (SELECT w.state FROM waiting w WHERE w.endpoint = d.endpoint AND w.lane = d.lane AND w.id = d.id),
        e.id, k.type, coalesce(s.body, e.body), coalesce(s.checksum, e.checksum), d.whole_record
    FROM delivery d JOIN event e ON e.seq = d.event JOIN kind k ON k.id = e.kind
    LEFT JOIN whole_record s ON s.event = d.event AND d.whole_record WHERE d.id = $1";

fn read(row: &Row) -> ChosenDelivery {
    ChosenDelivery {
        id: int(row, 0),
        event: int(row, 1),
        endpoint: int(row, 2),
        lane: int(row, 3),
        whole_record: row.get(13),
        part: CounterKey { state: int(row, 4), attempts: count(row, 5), failures: count(row, 6) },
        in_flight: row.get(7),
        waits: maybe_int(row, 8),
    }
}

impl ChosenDelivery {
    fn state(&self) -> State {
        match self.part.state {
            DELIVERED => State::Delivered,
            FAILED => State::Failed,
            SUPERSEDED => State::Superseded,
            _ if self.in_flight => State::Processing,
            _ => State::Pending,
        }
    }
}

pub(super) async fn replay(
    node: &Node,
    ids: Vec<DeliveryId>,
    how: Replay,
    now: Timestamp,
) -> Result<ChangedDeliveries> {
    let now = node.by_server(now);
    each(node, ids, async |connection, chosen, row, counted, _| {
        if let Some(left) = how.leaves(chosen.state()) {
            return Ok(Some(left));
        }
        let sent = EventContent { id: row.get(9), event_type: row.get(10), body: row.get(11) };
        // A corrupt event stops a run, so it is not queued again.
        if !sent.is_sound(int(row, 12)) {
            return Ok(Some(SkipReason::Altered));
        }
        let trigger = db_codes::trigger_code(how.trigger);
        let fresh = formatcp!("UPDATE delivery SET state = {OPEN}, used = 0, unanswered_at = NULL, unanswered = 0, interruptions = 0, trigger = $2, changed_at = $3, reason = NULL,
                superseded_by = NULL
            WHERE id = $1");
        connection.query(fresh, args![chosen.id, trigger, now.as_millis()]).await?;
        if chosen.part.state == OPEN {
            let due = formatcp!(
                "UPDATE waiting SET state = CASE WHEN state = {SOLO} THEN {READY} ELSE state END, due_at = $4
                WHERE endpoint = $1 AND lane = $2 AND id = $3"
            );
            connection.query(due, args![chosen.endpoint, chosen.lane, chosen.id, now.as_millis()]).await?;
        } else {
            let place = (chosen.endpoint, chosen.lane, chosen.id, chosen.event);
            lanes::rejoin(connection, place, chosen.whole_record, now).await?;
        }
        move_to(connection, chosen, OPEN, counted).await?;
        Ok(None)
    })
    .await
}

pub(super) async fn give_up(node: &Node, ids: Vec<DeliveryId>, now: Timestamp) -> Result<ChangedDeliveries> {
    let now = node.by_server(now);
    each(node, ids, async |connection, chosen, _, counted, vacated| {
        if let Some(left) = SkipReason::by_giving_up(chosen.state()) {
            return Ok(Some(left));
        }
        let reason = db_codes::reason_code(Reason::GivenUp);
        let over = formatcp!("UPDATE delivery SET state = {FAILED}, reason = $2, changed_at = $3 WHERE id = $1");
        connection.query(over, args![chosen.id, reason, now.as_millis()]).await?;
        match chosen.waits {
            None => {
                let leave = "DELETE FROM queue WHERE endpoint = $1 AND id = $2";
                connection.query(leave, args![chosen.endpoint, chosen.id]).await?;
            }
            Some(state) => {
                let leave = "DELETE FROM waiting WHERE endpoint = $1 AND lane = $2 AND id = $3";
                connection.query(leave, args![chosen.endpoint, chosen.lane, chosen.id]).await?;
                if matches!(state, READY | SOLO) {
                    vacated.push(chosen.endpoint, chosen.lane, chosen.id);
                    std::mem::take(vacated).settle(connection, now).await?;
                }
            }
        }
        move_to(connection, chosen, FAILED, counted).await?;
        Ok(None)
    })
    .await
}

/// Counts the new state, and notes or forgets that the delivery is in trouble.
async fn move_to(
    connection: &Connection,
    chosen: &ChosenDelivery,
    state: i64,
    counted: &mut CounterDeltas,
) -> Result<(), PostgresError> {
    let after = CounterKey { state, ..chosen.part };
    counted.transition(chosen.endpoint, Some(chosen.part), Some(after));
    match (chosen.part.is_troubled(), after.is_troubled()) {
        (false, true) => {
            let insert = "INSERT INTO trouble (id, endpoint) VALUES ($1, $2)";
            connection.query(insert, args![chosen.id, chosen.endpoint]).await?;
        }
        (true, false) => {
            connection.query("DELETE FROM trouble WHERE id = $1", args![chosen.id]).await?;
        }
        (true, true) | (false, false) => {}
    }
    Ok(())
}

/// Does `what` to each delivery, oldest first, and notes what was left alone. No claim is made meanwhile.
async fn each(
    node: &Node,
    ids: Vec<DeliveryId>,
    what: impl AsyncFn(
        &Connection,
        &ChosenDelivery,
        &Row,
        &mut CounterDeltas,
        &mut VacatedLanes,
    ) -> Result<Option<SkipReason>, PostgresError>,
) -> Result<ChangedDeliveries> {
    let ids: BTreeSet<DeliveryId> = ids.into_iter().collect();
    let work = async |connection: &Connection| {
        let mut changed = ChangedDeliveries::default();
        if ids.is_empty() {
            return Ok(changed);
        }
        let numbers: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let endpoints = "SELECT DISTINCT endpoint FROM delivery WHERE id = ANY ($1)";
        let endpoints = connection.query(endpoints, args![numbers]).await?;
        lanes::lock_endpoints(connection, endpoints.iter().map(|row| int(row, 0)).collect()).await?;
        let (mut counted, mut vacated) = (CounterDeltas::default(), VacatedLanes::default());
        for id in &ids {
            let left = match connection.first(CHOSEN, args![id.0]).await? {
                None => Some(SkipReason::Unknown),
                Some(row) => what(connection, &read(&row), &row, &mut counted, &mut vacated).await?,
            };
            match left {
                None => changed.changed.push(*id),
                Some(why) => changed.skipped.push((*id, why)),
            }
        }
        counted.write(connection, node.slot).await?;
        Ok(changed)
    };
    node.transact_and_announce(work, |changed| !changed.changed.is_empty()).await
}
