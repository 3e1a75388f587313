//! Replaying and giving up deliveries by batch.

use std::borrow::Cow;

use const_format::formatcp;
use rusqlite::{OptionalExtension, params};

use crate::clock::Timestamp;
use crate::delivery::FailureReason;
use crate::endpoint::EndpointId;
use crate::store::checksum::EventContent;
use crate::store::db_codes::{BLOCKED, DELIVERED, FAILED, QUEUED, READY};
use crate::store::rules::CounterKey;
use crate::store::sqlite::write::lanes::Lanes;
use crate::store::sqlite::write::writer::Txn;
use crate::store::{ChangedDeliveries, DeliveryId, Replay, Result, SkipReason, db_codes};

/// A delivery that is to be replayed or given up, and in which counters it is counted.
struct ChosenDelivery {
    id: i64,
    endpoint: EndpointId,
    lane: i64,
    part: CounterKey,
}

pub(crate) fn replay(txn: &mut Txn<'_>, ids: &[DeliveryId], how: Replay, now: Timestamp) -> Result<ChangedDeliveries> {
    each(txn, ids, |txn, chosen| match how.leaves(db_codes::state(chosen.part.state, false)) {
        Some(left) => Ok(Some(left)),
        // A corrupt event aborts a run, so it is not queued again.
        None if !is_sound(txn, chosen)? => Ok(Some(SkipReason::Altered)),
        None => {
            replay_one(txn, chosen, how, now)?;
            Ok(None)
        }
    })
}

fn is_sound(txn: &Txn<'_>, chosen: &ChosenDelivery) -> rusqlite::Result<bool> {
    txn.connection
        .prepare_cached(
            "SELECT e.id, k.type, coalesce(w.body, e.body), iif(w.body IS NULL, e.checksum, w.checksum)
             FROM delivery d JOIN event e ON e.seq = d.event JOIN kind k ON k.id = e.kind
             LEFT JOIN whole_record w ON w.event = d.event AND d.whole_record WHERE d.id = ?1",
        )?
        .query_row([chosen.id], |row| {
            let (id, event_type) = (row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
            EventContent { id, event_type, body: row.get_ref(2)?.as_blob()? }.is_sound_in(row, 3)
        })
}

fn replay_one(txn: &mut Txn<'_>, chosen: &ChosenDelivery, how: Replay, now: Timestamp) -> rusqlite::Result<()> {
    txn.connection
        .prepare_cached(
            "UPDATE delivery SET used = 0, unanswered_at = NULL, unanswered = 0, interruptions = 0, trigger = ?2, due_at = ?3, changed_at = ?3, reason = NULL, superseded_by = NULL
             WHERE id = ?1",
        )?
        .execute(params![chosen.id, db_codes::trigger_code(how.trigger), now.as_millis()])?;
    if chosen.part.state >= DELIVERED {
        Lanes::of(txn.connection)?.rejoin(chosen.endpoint.0, chosen.lane, chosen.id, now)?;
    } else if chosen.part.state == db_codes::SOLO {
        txn.connection
            .prepare_cached(formatcp!("UPDATE delivery SET state = {READY} WHERE id = ?1"))?
            .execute([chosen.id])?;
    }
    txn.cache.count_transition(chosen.endpoint, Some(chosen.part), Some(CounterKey { state: BLOCKED, ..chosen.part }));
    Ok(())
}

pub(crate) fn give_up(txn: &mut Txn<'_>, ids: &[DeliveryId], now: Timestamp) -> Result<ChangedDeliveries> {
    each(txn, ids, |txn, chosen| match SkipReason::by_giving_up(db_codes::state(chosen.part.state, false)) {
        Some(left) => Ok(Some(left)),
        None => {
            give_up_one(txn, chosen, now)?;
            Ok(None)
        }
    })
}

fn give_up_one(txn: &mut Txn<'_>, chosen: &ChosenDelivery, now: Timestamp) -> rusqlite::Result<()> {
    txn.connection
        .prepare_cached(formatcp!("UPDATE delivery SET state = {FAILED}, reason = ?2, changed_at = ?3 WHERE id = ?1"))?
        .execute(params![chosen.id, db_codes::reason_code(FailureReason::GivenUp), now.as_millis()])?;
    if !matches!(chosen.part.state, QUEUED | BLOCKED) {
        Lanes::of(txn.connection)?.settle(chosen.endpoint.0, chosen.lane, chosen.id, now)?;
    }
    txn.cache.count_transition(chosen.endpoint, Some(chosen.part), Some(CounterKey { state: FAILED, ..chosen.part }));
    Ok(())
}

/// Does `what` to each delivery, oldest first, and notes what was left alone.
fn each(
    txn: &mut Txn<'_>,
    ids: &[DeliveryId],
    what: impl Fn(&mut Txn<'_>, &ChosenDelivery) -> Result<Option<SkipReason>>,
) -> Result<ChangedDeliveries> {
    let mut changed = ChangedDeliveries::default();
    txn.cache.endpoints(txn.connection)?;
    for &id in oldest_first(ids).iter() {
        let skipped = match find(txn, id)? {
            None => Some(SkipReason::Unknown),
            Some(chosen) => what(txn, &chosen)?,
        };
        match skipped {
            None => changed.changed.push(id),
            Some(reason) => changed.skipped.push((id, reason)),
        }
    }
    Ok(changed)
}

/// Each once, in the order of their numbers, in which a long list is given already.
fn oldest_first(ids: &[DeliveryId]) -> Cow<'_, [DeliveryId]> {
    if ids.is_sorted_by(|earlier, later| earlier < later) {
        return Cow::Borrowed(ids);
    }
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    Cow::Owned(sorted)
}

fn find(txn: &Txn<'_>, id: DeliveryId) -> rusqlite::Result<Option<ChosenDelivery>> {
    txn.connection
        .prepare_cached("SELECT endpoint, lane, state, attempts, failures FROM delivery WHERE id = ?1")?
        .query_row([id.0], |row| {
            Ok(ChosenDelivery {
                id: id.0,
                endpoint: EndpointId(row.get(0)?),
                lane: row.get(1)?,
                part: CounterKey { state: row.get(2)?, attempts: row.get(3)?, failures: row.get(4)? },
            })
        })
        .optional()
}
