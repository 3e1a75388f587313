//! A newer event with the whole record replaces what waits of its resource.

use std::collections::BTreeMap;

use const_format::formatcp;

use super::connection::{Connection, args};
use super::error::PostgresError;
use super::figures::{CounterDeltas, CounterKey};
use super::lanes::{self, VacatedLanes};
use super::row::{OPEN, READY, SOLO, SUPERSEDED, count, int};
use crate::clock::Timestamp;

/// The newest event of each lane of each endpoint that coalesces: it replaces the older ones that wait.
#[derive(Debug, Default)]
pub(super) struct NewestEvents(BTreeMap<(i64, i64), i64>);

/// Whether a lane has more than the newest. Nobody else emits of its resource meanwhile: its record is locked.
const OLDER: &str = "SELECT count(*) FROM unnest($1, $2, $3) AS n(endpoint, lane, event) WHERE EXISTS (
        SELECT FROM queue q WHERE q.endpoint = n.endpoint AND q.lane = n.lane AND q.whole_record AND q.event <> n.event)
    OR EXISTS (SELECT FROM waiting w WHERE w.endpoint = n.endpoint AND w.lane = n.lane)";

const SUPERSEDE: &str = formatcp!(
    "WITH newest AS MATERIALIZED (
        SELECT * FROM unnest($1, $2, $3) AS n(endpoint, lane, event)
    ), from_queue AS (
        DELETE FROM queue q USING newest n
        WHERE q.endpoint = n.endpoint AND q.lane = n.lane AND q.whole_record AND q.event <> n.event
        RETURNING q.id, q.endpoint, q.lane, n.event, (-1)::smallint AS was
    ), from_waiting AS (
        DELETE FROM waiting w USING newest n, delivery d
        WHERE w.endpoint = n.endpoint AND w.lane = n.lane AND d.id = w.id AND d.whole_record
        RETURNING w.id, w.endpoint, w.lane, n.event, w.state AS was
    ), old AS (
        SELECT * FROM from_queue UNION ALL SELECT * FROM from_waiting
    ), untroubled AS (
        DELETE FROM trouble t USING old o WHERE t.id = o.id
    )
    UPDATE delivery d SET state = {SUPERSEDED}, superseded_by = o.event, changed_at = $4 FROM old o WHERE d.id = o.id
    RETURNING o.endpoint, o.lane, d.id, o.was, d.attempts, d.failures"
);

impl NewestEvents {
    /// Takes note of an event; those of a lane come in their order.
    pub(super) fn add(&mut self, endpoint: i64, lane: i64, event: i64) {
        self.0.insert((endpoint, lane), event);
    }

    /// Ends the older deliveries of these lanes that carry the whole record and are not in flight. They stay as history.
    pub(super) async fn supersede(
        &self,
        connection: &Connection,
        counted: &mut CounterDeltas,
        now: Timestamp,
    ) -> Result<(), PostgresError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let (endpoints, lanes): (Vec<i64>, Vec<i64>) = self.0.keys().copied().unzip();
        let events: Vec<i64> = self.0.values().copied().collect();
        if connection.number(OLDER, args![endpoints, lanes, events]).await? == 0 {
            return Ok(());
        }
        let mut locked = endpoints.clone();
        locked.dedup();
        lanes::lock_endpoints(connection, locked).await?;
        let gone = connection.query(SUPERSEDE, args![endpoints, lanes, events, now.as_millis()]).await?;
        let mut left = VacatedLanes::default();
        for row in &gone {
            let endpoint = int(row, 0);
            if matches!(int(row, 3), READY | SOLO) {
                left.push(endpoint, int(row, 1), int(row, 2));
            }
            let before = CounterKey { state: OPEN, attempts: count(row, 4), failures: count(row, 5) };
            counted.transition(endpoint, Some(before), Some(CounterKey { state: SUPERSEDED, ..before }));
        }
        // What is left of a lane, such as events of custom types, goes on.
        left.settle(connection, now).await
    }
}
