//! Event ids that are known here: of events emitted here, and of webhooks that arrived.

use const_format::formatcp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::event::{Draft, EventId};
use crate::store::checksum::EventContent;
use crate::store::db_codes::ACCEPTED_RESULT;
use crate::store::inbound::REMEMBERED;
use crate::store::{Receipt, Result, StoreError};

/// Whether an event was emitted here under this id: with this content, or with another.
pub(crate) fn emitted_before(connection: &Connection, id: &EventId, draft: &Draft) -> rusqlite::Result<Option<bool>> {
    Ok(emitted(connection, id)?.map(|known| known.is(draft, id)))
}

/// A stored event with the id of one that is emitted: the same again, or a conflict.
pub(crate) struct Emitted {
    timestamp: Timestamp,
    body: Vec<u8>,
    deliveries: u64,
}

pub(crate) fn emitted(connection: &Connection, id: &EventId) -> rusqlite::Result<Option<Emitted>> {
    connection
        .prepare_cached(
            "SELECT e.timestamp, e.body, (SELECT count(*) FROM delivery WHERE event = e.seq), e.checksum, k.type
             FROM event e JOIN kind k ON k.id = e.kind WHERE e.id = ?1",
        )?
        .query_row([id.as_str()], |row| {
            let (event_type, body) = (row.get_ref(4)?.as_str()?, row.get_ref(1)?.as_blob()?);
            EventContent { id: id.as_str(), event_type, body }.check_in(row, 3)?;
            Ok(Emitted {
                timestamp: Timestamp::from_millis(row.get(0)?),
                body: body.to_owned(),
                deliveries: row.get::<_, i64>(2)?.unsigned_abs(),
            })
        })
        .optional()
}

impl Emitted {
    /// The time of the event that a draft would be. A generated one is not compared.
    fn time_of(&self, draft: &Draft) -> Timestamp {
        draft.timestamp.unwrap_or(self.timestamp)
    }

    fn is(&self, draft: &Draft, id: &EventId) -> bool {
        draft.render(id, self.time_of(draft)) == self.body
    }

    /// The same event again, or a conflict.
    pub(crate) fn compare(self, draft: &Draft, id: &EventId) -> Result<Receipt> {
        if !self.is(draft, id) {
            return Err(StoreError::Conflict(id.clone()));
        }
        let event = draft.to_event(id.clone(), self.time_of(draft));
        Ok(Receipt { event, deliveries: self.deliveries, duplicate: true })
    }
}

/// What must be the same when an id comes again. `retryCount` and `status` are no part of it.
pub(crate) fn digest_of(draft: &Draft) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in [&draft.event_type, &draft.resource.kind, &draft.resource.id, &draft.data] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut first = [0; 16];
    first.copy_from_slice(&hash.finalize()[..16]);
    first
}

/// A received event with the id of one that arrives: the same again, or a conflict.
pub(crate) struct Arrived {
    pub(crate) row: i64,
    digest: Vec<u8>,
    timestamp: Option<i64>,
}

impl Arrived {
    pub(crate) fn is(&self, draft: &Draft, digest: &[u8]) -> bool {
        let given = draft.timestamp.map(Timestamp::as_millis);
        self.digest == digest && (given.is_none() || self.timestamp.is_none() || given == self.timestamp)
    }
}

pub(crate) fn arrived(connection: &Connection, id: &EventId, now: Timestamp) -> rusqlite::Result<Option<Arrived>> {
    connection
        .prepare_cached(
            formatcp!("SELECT id, digest, timestamp FROM received WHERE event_id = ?1 AND {ACCEPTED_RESULT} AND (at >= ?2 OR timestamp IS NULL)
             ORDER BY id DESC LIMIT 1"),
        )?
        .query_row(params![id.as_str(), now.minus(REMEMBERED).as_millis()], |row| {
            Ok(Arrived { row: row.get(0)?, digest: row.get(1)?, timestamp: row.get(2)? })
        })
        .optional()
}

/// Whether an event arrived under this id with another content than this draft's.
pub(crate) fn arrived_otherwise(
    connection: &Connection,
    id: &EventId,
    draft: &Draft,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    Ok(arrived(connection, id, now)?.is_some_and(|arrived| !arrived.is(draft, &digest_of(draft))))
}
