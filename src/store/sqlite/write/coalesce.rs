//! A newer event with the whole record replaces what waits of its resource.

use const_format::formatcp;
use rusqlite::params;

use crate::clock::Timestamp;
use crate::endpoint::EndpointId;
use crate::store::db_codes::{BLOCKED, PROCESSING, QUEUED, READY, SOLO, SUPERSEDED};
use crate::store::rules::CounterKey;
use crate::store::sqlite::write::lanes::Lanes;
use crate::store::sqlite::write::writer::Txn;

/// Ends the deliveries of a lane that carry the whole record and are not in flight: the event `by` takes their place. They
/// stay as history.
pub(crate) fn supersede(
    txn: &mut Txn<'_>,
    endpoint: EndpointId,
    lane: i64,
    by: i64,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let waiting = waiting(txn, endpoint, lane)?;
    for (id, part) in &waiting {
        txn.connection
            .prepare_cached("UPDATE delivery SET state = ?2, superseded_by = ?3, changed_at = ?4 WHERE id = ?1")?
            .execute(params![id, SUPERSEDED, by, now.as_millis()])?;
        txn.cache.count_transition(endpoint, Some(*part), Some(CounterKey { state: SUPERSEDED, ..*part }));
    }
    // What is left of the lane, such as events of custom types, goes on.
    match waiting.iter().find(|(_, part)| matches!(part.state, READY | SOLO)) {
        Some((active, _)) => Lanes::of(txn.connection)?.settle(endpoint.0, lane, *active, now),
        None => Ok(()),
    }
}

/// What waits of a lane, queued or in it, and carries the whole record.
fn waiting(txn: &Txn<'_>, endpoint: EndpointId, lane: i64) -> rusqlite::Result<Vec<(i64, CounterKey)>> {
    txn.connection
        .prepare_cached(
            formatcp!("SELECT id, state, attempts, failures FROM delivery INDEXED BY delivery_whole_record
             WHERE endpoint = ?1 AND lane = ?2 AND state = {QUEUED} AND whole_record = 1
             UNION ALL SELECT id, state, attempts, failures FROM delivery INDEXED BY delivery_lane
             WHERE endpoint = ?1 AND lane = ?2 AND state >= {BLOCKED} AND state < {PROCESSING} AND whole_record = 1 ORDER BY id"),
        )?
        .query_map([endpoint.0, lane], |row| {
            Ok((row.get(0)?, CounterKey { state: row.get(1)?, attempts: row.get(2)?, failures: row.get(3)? }))
        })?
        .collect()
}
