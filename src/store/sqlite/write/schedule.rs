//! Events that are sent at a time of their own.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::event::{Event, EventId, Resource};
use crate::store::sqlite::write::enqueue;
use crate::store::sqlite::write::writer::Txn;
use crate::store::{Cancellation, Result};

/// Events that one transaction queues at most, so that no other writer waits long.
const BATCH: i64 = 500;

/// Whether the time of an event has come.
pub(crate) fn is_due(connection: &Connection, now: Timestamp) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM scheduled WHERE at <= ?1 AND queued_at IS NULL AND cancelled_at IS NULL)",
        )?
        .query_row([now.as_millis()], |row| row.get(0))
}

pub(crate) fn queue_due(txn: &mut Txn<'_>, now: Timestamp) -> Result<u64> {
    let due: Vec<i64> = txn
        .connection
        .prepare_cached(
            "SELECT event FROM scheduled WHERE at <= ?1 AND queued_at IS NULL AND cancelled_at IS NULL
             ORDER BY at, event LIMIT ?2",
        )?
        .query_map([now.as_millis(), BATCH], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for seq in &due {
        queue(txn, *seq, now)?;
    }
    Ok(due.len() as u64)
}

fn queue(txn: &mut Txn<'_>, seq: i64, now: Timestamp) -> Result<()> {
    if let Some(event) = find(txn.connection, seq)? {
        enqueue::queue_stored(txn, seq, &event, now)?;
    }
    txn.connection
        .prepare_cached("UPDATE scheduled SET queued_at = ?2 WHERE event = ?1")?
        .execute(params![seq, now.as_millis()])?;
    Ok(())
}

fn find(connection: &Connection, seq: i64) -> rusqlite::Result<Option<Event>> {
    connection
        .prepare_cached(
            "SELECT e.id, k.type, k.resource_type, e.resource_id, e.timestamp, e.body
             FROM event e JOIN kind k ON k.id = e.kind WHERE e.seq = ?1",
        )?
        .query_row([seq], |row| {
            Ok(Event {
                id: EventId::stored(row.get(0)?),
                event_type: row.get(1)?,
                resource: Resource { kind: row.get(2)?, id: row.get(3)? },
                timestamp: Timestamp::from_millis(row.get(4)?),
                traceparent: None,
                body: Bytes::from(row.get::<_, Vec<u8>>(5)?),
            })
        })
        .optional()
}

pub(crate) fn cancel(connection: &Connection, event: &EventId, now: Timestamp) -> rusqlite::Result<Cancellation> {
    let found = connection
        .prepare_cached(
            "SELECT e.seq, s.at, s.queued_at, s.cancelled_at FROM event e LEFT JOIN scheduled s ON s.event = e.seq WHERE e.id = ?1",
        )?
        .query_row([event.as_str()], |row| {
            let time = |at| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.map(Timestamp::from_millis));
            Ok((row.get::<_, i64>(0)?, time(1)?, time(2)?, time(3)?))
        })
        .optional()?;
    Ok(match found {
        None => Cancellation::Unknown,
        Some((_, None, _, _)) => Cancellation::NotScheduled,
        Some((_, _, _, Some(before))) => Cancellation::Before(before),
        Some((_, _, Some(queued), None)) => Cancellation::TooLate(queued),
        Some((seq, Some(_), None, None)) => {
            connection
                .prepare_cached("UPDATE scheduled SET cancelled_at = ?2 WHERE event = ?1")?
                .execute(params![seq, now.as_millis()])?;
            Cancellation::Done
        }
    })
}
