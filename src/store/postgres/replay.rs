//! Replaying and giving up deliveries by hand.

use std::collections::BTreeSet;

use const_format::formatcp;
use tokio_postgres::Row;

use super::checksum::EventContent;
use super::client::Client;
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::figures::{CounterDeltas, CounterKey};
use super::lanes::{self, VacatedLanes};
use super::row::{DELIVERED, FAILED, OPEN, READY, SOLO, SUPERSEDED, count, int, maybe_int};
use super::{ChangedDeliveries, DeliveryId, Replay, Result, db_codes};
use crate::clock::Timestamp;
use crate::delivery::{FailureReason, State};
use crate::store::SkipReason;

/// Deliveries replayed by one round trip.
const AT_ONCE: usize = 500;

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
    /// Whether a later delivery is in the lane: what is queued would come after it.
    overtaken: bool,
}

const CHOSEN: &str = "SELECT d.id, d.event, d.endpoint, d.lane, d.state, d.attempts, d.failures,
        EXISTS (SELECT FROM flight f WHERE f.endpoint = d.endpoint AND d.id = ANY (f.ids)),
        (SELECT w.state FROM waiting w WHERE w.endpoint = d.endpoint AND w.lane = d.lane AND w.id = d.id),
        e.id, k.type, coalesce(s.body, e.body), coalesce(s.checksum, e.checksum), d.whole_record,
        EXISTS (SELECT FROM waiting w WHERE w.endpoint = d.endpoint AND w.lane = d.lane AND w.id > d.id)
            OR EXISTS (SELECT FROM flight f WHERE f.endpoint = d.endpoint AND d.lane = ANY (f.lanes)
                AND EXISTS (SELECT FROM unnest(f.ids, f.lanes) AS l(id, lane) WHERE l.lane = d.lane AND l.id > d.id))
    FROM delivery d JOIN event e ON e.seq = d.event JOIN kind k ON k.id = e.kind
    LEFT JOIN whole_record s ON s.event = d.event AND d.whole_record WHERE d.id = ANY ($1) ORDER BY d.id";

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
        overtaken: row.get(14),
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

/// What one transaction changes by hand.
#[derive(Default)]
struct ManualChanges {
    deliveries: ChangedDeliveries,
    counted: CounterDeltas,
    newly_troubled: (Vec<i64>, Vec<i64>),
    untroubled: Vec<i64>,
}

impl ManualChanges {
    /// Notes that a delivery gets this state.
    fn add(&mut self, chosen: &ChosenDelivery, state: i64) {
        let after = CounterKey { state, ..chosen.part };
        self.counted.transition(chosen.endpoint, Some(chosen.part), Some(after));
        match (chosen.part.is_troubled(), after.is_troubled()) {
            (false, true) => {
                self.newly_troubled.0.push(chosen.id);
                self.newly_troubled.1.push(chosen.endpoint);
            }
            (true, false) => self.untroubled.push(chosen.id),
            (true, true) | (false, false) => {}
        }
        self.deliveries.changed.push(DeliveryId(chosen.id));
    }

    fn skip(&mut self, id: i64, why: SkipReason) {
        self.deliveries.skipped.push((DeliveryId(id), why));
    }

    /// Writes which deliveries are in trouble now, and the counters.
    async fn write(&self, connection: &Connection, slot: i64) -> Result<(), PostgresError> {
        let (ids, endpoints) = &self.newly_troubled;
        if !ids.is_empty() {
            let insert = "INSERT INTO trouble (id, endpoint) SELECT * FROM unnest($1, $2)";
            connection.query(insert, args![*ids, *endpoints]).await?;
        }
        if !self.untroubled.is_empty() {
            connection.query("DELETE FROM trouble WHERE id = ANY ($1)", args![self.untroubled]).await?;
        }
        self.counted.write(connection, slot).await
    }
}

pub(super) async fn replay(
    client: &Client,
    ids: Vec<DeliveryId>,
    how: Replay,
    now: Timestamp,
) -> Result<ChangedDeliveries> {
    let now = client.by_server(now);
    with_lanes(client, ids, async |connection, ids, changes| {
        for ids in ids.chunks(AT_ONCE) {
            replay_some(connection, ids, how, now, changes).await?;
        }
        Ok(())
    })
    .await
}

async fn replay_some(
    connection: &Connection,
    ids: &[i64],
    how: Replay,
    now: Timestamp,
    changes: &mut ManualChanges,
) -> Result<(), PostgresError> {
    let rows = connection.query(CHOSEN, args![ids]).await?;
    let mut replayed = Vec::with_capacity(rows.len());
    let mut rows = rows.iter().peekable();
    for id in ids {
        let Some(row) = rows.next_if(|row| int(row, 0) == *id) else {
            changes.skip(*id, SkipReason::Unknown);
            continue;
        };
        let chosen = read(row);
        let sent = EventContent { id: row.get(9), event_type: row.get(10), body: row.get(11) };
        // A corrupt event stops a run, so it is not queued again.
        let altered = || (!sent.is_sound(int(row, 12))).then_some(SkipReason::Altered);
        match how.leaves(chosen.state()).or_else(altered) {
            Some(why) => changes.skip(*id, why),
            None => {
                changes.add(&chosen, OPEN);
                replayed.push(chosen);
            }
        }
    }
    begin_anew(connection, &replayed, how, now).await?;
    make_due(connection, replayed.iter().filter(|chosen| chosen.part.state == OPEN), now).await?;
    let finished = || replayed.iter().filter(|chosen| chosen.part.state != OPEN);
    enter_queue(connection, finished().filter(|chosen| !chosen.overtaken)).await?;
    for chosen in finished().filter(|chosen| chosen.overtaken) {
        lanes::go_before(connection, (chosen.endpoint, chosen.lane, chosen.id), now).await?;
    }
    Ok(())
}

/// Gives deliveries all their attempts again.
async fn begin_anew(
    connection: &Connection,
    replayed: &[ChosenDelivery],
    how: Replay,
    now: Timestamp,
) -> Result<(), PostgresError> {
    let ids: Vec<i64> = replayed.iter().map(|chosen| chosen.id).collect();
    let fresh = formatcp!(
        "UPDATE delivery SET state = {OPEN}, used = 0, unanswered_at = NULL, unanswered = 0, interruptions = 0, trigger = $2,
            changed_at = $3, reason = NULL, superseded_by = NULL
        WHERE id = ANY ($1)"
    );
    connection.query(fresh, args![ids, db_codes::trigger_code(how.trigger), now.as_millis()]).await?;
    Ok(())
}

/// Lets deliveries that wait for a retry, or to run alone, go now.
async fn make_due(
    connection: &Connection,
    open: impl Iterator<Item = &ChosenDelivery>,
    now: Timestamp,
) -> Result<(), PostgresError> {
    let (mut endpoints, mut lanes, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for chosen in open {
        endpoints.push(chosen.endpoint);
        lanes.push(chosen.lane);
        ids.push(chosen.id);
    }
    if ids.is_empty() {
        return Ok(());
    }
    let due = formatcp!(
        "UPDATE waiting w SET state = CASE WHEN w.state = {SOLO} THEN {READY} ELSE w.state END, due_at = $4
        FROM unnest($1, $2, $3) AS c(endpoint, lane, id)
        WHERE w.endpoint = c.endpoint AND w.lane = c.lane AND w.id = c.id"
    );
    connection.query(due, args![endpoints, lanes, ids, now.as_millis()]).await?;
    Ok(())
}

/// Puts deliveries that nothing in their lanes has overtaken back into the queue.
async fn enter_queue(
    connection: &Connection,
    finished: impl Iterator<Item = &ChosenDelivery>,
) -> Result<(), PostgresError> {
    let (mut endpoints, mut ids, mut events, mut lanes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut whole_records = Vec::new();
    for chosen in finished {
        endpoints.push(chosen.endpoint);
        ids.push(chosen.id);
        events.push(chosen.event);
        lanes.push(chosen.lane);
        whole_records.push(chosen.whole_record);
    }
    if ids.is_empty() {
        return Ok(());
    }
    let insert = "INSERT INTO queue (endpoint, id, event, lane, whole_record) SELECT * FROM unnest($1, $2, $3, $4, $5)";
    connection.query(insert, args![endpoints, ids, events, lanes, whole_records]).await?;
    Ok(())
}

pub(super) async fn give_up(client: &Client, ids: Vec<DeliveryId>, now: Timestamp) -> Result<ChangedDeliveries> {
    let now = client.by_server(now);
    with_lanes(client, ids, async |connection, ids, changes| {
        for id in ids {
            // One by one: giving one up changes how the next of its lane waits.
            match connection.first(CHOSEN, args![vec![*id]]).await?.as_ref().map(read) {
                None => changes.skip(*id, SkipReason::Unknown),
                Some(chosen) => give_up_one(connection, &chosen, now, changes).await?,
            }
        }
        Ok(())
    })
    .await
}

async fn give_up_one(
    connection: &Connection,
    chosen: &ChosenDelivery,
    now: Timestamp,
    changes: &mut ManualChanges,
) -> Result<(), PostgresError> {
    if let Some(why) = SkipReason::by_giving_up(chosen.state()) {
        changes.skip(chosen.id, why);
        return Ok(());
    }
    let reason = db_codes::reason_code(FailureReason::GivenUp);
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
                let mut vacated = VacatedLanes::default();
                vacated.push(chosen.endpoint, chosen.lane, chosen.id);
                vacated.settle(connection, now).await?;
            }
        }
    }
    changes.add(chosen, FAILED);
    Ok(())
}

/// Runs `change` on deliveries, the oldest first, while no claim is made in their lanes, and counts what it changed.
async fn with_lanes(
    client: &Client,
    ids: Vec<DeliveryId>,
    change: impl AsyncFn(&Connection, &[i64], &mut ManualChanges) -> Result<(), PostgresError>,
) -> Result<ChangedDeliveries> {
    let ids: BTreeSet<i64> = ids.into_iter().map(|id| id.0).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let work = async |connection: &Connection| {
        let mut changes = ManualChanges::default();
        if ids.is_empty() {
            return Ok(changes.deliveries);
        }
        let endpoints = "SELECT DISTINCT endpoint FROM delivery WHERE id = ANY ($1)";
        let endpoints = connection.query(endpoints, args![ids]).await?;
        lanes::lock_endpoints(connection, endpoints.iter().map(|row| int(row, 0)).collect()).await?;
        change(connection, &ids, &mut changes).await?;
        changes.write(connection, client.slot).await?;
        Ok(changes.deliveries)
    };
    client.transact_and_announce(work, |done| !done.changed.is_empty()).await
}
