//! Order within a lane: the deliveries of one resource to one endpoint.
//!
//! A new delivery is queued, outside its lane. Claims look at the queued in order of their ids: if the lane is empty the delivery
//! is claimed, else it enters the lane as blocked. So whatever is in a lane is earlier than all that is still queued for it, and
//! the index of the lanes holds only what is in flight, waits for a retry or is blocked.
//!
//! In a lane at most one delivery is not blocked. It is the first, unless that was replayed while a later one was in flight: then
//! it waits for it.

use const_format::formatcp;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::delivery::INTERRUPTIONS_UNTIL_ALONE;
use crate::store::db_codes::{BLOCKED, PROCESSING, QUEUED, READY, SOLO};

/// Whether a queued delivery of this lane has to wait.
pub(crate) fn occupied(connection: &Connection, endpoint: i64, lane: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            formatcp!("SELECT EXISTS (SELECT 1 FROM delivery WHERE endpoint = ?1 AND lane = ?2 AND state >= {BLOCKED} AND state < {PROCESSING})
                OR EXISTS (SELECT 1 FROM delivery WHERE endpoint = ?1 AND lane = ?2 AND state = {PROCESSING})"),
        )?
        .query_row([endpoint, lane], |row| row.get(0))
}

/// A queued delivery enters its lane, behind all that is in it.
pub(crate) fn enter(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(formatcp!("UPDATE delivery SET state = {BLOCKED} WHERE id = ?1 AND state = {QUEUED}"))?
        .execute([id])?;
    Ok(())
}

/// Finds the first waiting delivery of a lane (the deliveries of one resource to one endpoint), by a statement prepared
/// once.
pub(crate) struct Lanes<'c> {
    connection: &'c Connection,
    head: CachedStatement<'c>,
}

impl<'c> Lanes<'c> {
    pub(crate) fn of(connection: &'c Connection) -> rusqlite::Result<Self> {
        let head = connection.prepare_cached(
            formatcp!("SELECT id, state FROM delivery WHERE endpoint = ?1 AND lane = ?2 AND state >= {BLOCKED} AND state < {PROCESSING}
             ORDER BY id LIMIT 1"),
        )?;
        Ok(Self { connection, head })
    }

    /// The first delivery that waits in a lane: its id and state.
    fn head(&mut self, endpoint: i64, lane: i64) -> rusqlite::Result<Option<(i64, i64)>> {
        self.head.query_row([endpoint, lane], |row| Ok((row.get(0)?, row.get(1)?))).optional()
    }

    /// Restores the order after the lane's active delivery `left` came back from flight, finished or not.
    pub(crate) fn settle(&mut self, endpoint: i64, lane: i64, left: i64, now: Timestamp) -> rusqlite::Result<()> {
        let Some((first, state)) = self.head(endpoint, lane)? else { return Ok(()) };
        if first == left {
            return Ok(());
        }
        block(self.connection, left)?;
        if state == BLOCKED { promote(self.connection, first, now) } else { Ok(()) }
    }

    /// Puts a finished delivery back into its old place: before what is in its lane, or into the queue.
    pub(crate) fn rejoin(&mut self, endpoint: i64, lane: i64, id: i64, now: Timestamp) -> rusqlite::Result<()> {
        if !is_overtaken(self.connection, endpoint, lane, id)? {
            return set_state(self.connection, id, QUEUED);
        }
        let first = self.head(endpoint, lane)?;
        set_state(self.connection, id, BLOCKED)?;
        match first {
            Some((later, READY | SOLO)) if later > id => {
                block(self.connection, later)?;
                promote(self.connection, id, now)
            }
            // An earlier one goes first, or a later one is in flight.
            _ => Ok(()),
        }
    }
}

/// Whether a later delivery is in the lane: what is queued would come after it.
fn is_overtaken(connection: &Connection, endpoint: i64, lane: i64, id: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            formatcp!("SELECT EXISTS (SELECT 1 FROM delivery WHERE endpoint = ?1 AND lane = ?2 AND id > ?3 AND state >= {BLOCKED} AND state < {PROCESSING})
                OR EXISTS (SELECT 1 FROM delivery WHERE endpoint = ?1 AND lane = ?2 AND id > ?3 AND state = {PROCESSING})"),
        )?
        .query_row([endpoint, lane, id], |row| row.get(0))
}

fn set_state(connection: &Connection, id: i64, state: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE delivery SET state = ?2 WHERE id = ?1")?.execute([id, state])?;
    Ok(())
}

/// A delivery waits behind another one of its lane; a finished one is left as it is.
fn block(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(formatcp!(
            "UPDATE delivery SET state = {BLOCKED} WHERE id = ?1 AND state >= {BLOCKED} AND state < {PROCESSING}"
        ))?
        .execute([id])?;
    Ok(())
}

/// A blocked delivery becomes the active one, due from now on: whatever time it had was another clock's or another turn's.
fn promote(connection: &Connection, id: i64, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(formatcp!(
            "UPDATE delivery SET state = CASE WHEN interruptions >= ?2 THEN {SOLO} ELSE {READY} END, due_at = ?3
             WHERE id = ?1"
        ))?
        .execute(params![id, INTERRUPTIONS_UNTIL_ALONE, now.as_millis()])?;
    Ok(())
}
