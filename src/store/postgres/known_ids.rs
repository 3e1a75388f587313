//! Ids that are taken: by events that were emitted here, and by webhooks that arrived.

use const_format::formatcp;
use std::collections::HashMap;

use sha2::{Digest, Sha256};
use tokio_postgres::Row;

use super::checksum::EventContent;
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::row::{int, maybe_int, time};
use super::{Result, StoreError};
use crate::clock::Timestamp;
use crate::event::{Draft, Event, EventId};
use crate::store::Receipt;
use crate::store::db_codes::ACCEPTED_RESULT;
use crate::store::inbound::REMEMBERED;

/// A stored event with the id of one that is emitted: the same again, or a conflict.
pub(super) struct StoredEvent {
    timestamp: Timestamp,
    body: Vec<u8>,
    deliveries: u64,
}

/// The events that are stored under these ids.
pub(super) async fn known(
    connection: &Connection,
    ids: &[&str],
) -> Result<HashMap<String, StoredEvent>, PostgresError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = connection
        .query(
            "SELECT e.id, k.type, e.body, e.checksum, e.timestamp, (SELECT count(*) FROM delivery WHERE event = e.seq)
             FROM event e JOIN kind k ON k.id = e.kind WHERE e.id = ANY ($1)",
            args![ids.to_vec()],
        )
        .await?;
    let mut known = HashMap::new();
    for row in &rows {
        let (id, event_type, body): (&str, &str, &[u8]) = (row.get(0), row.get(1), row.get(2));
        EventContent { id, event_type, body }.check(int(row, 3))?;
        let found =
            StoredEvent { timestamp: time(row, 4), body: body.to_owned(), deliveries: int(row, 5).unsigned_abs() };
        known.insert(id.to_owned(), found);
    }
    Ok(known)
}

impl StoredEvent {
    pub(super) fn of(event: &Event, deliveries: u64) -> Self {
        Self { timestamp: event.timestamp, body: event.body.to_vec(), deliveries }
    }

    /// The time of the event that a draft would be. A generated one is not compared.
    fn time_of(&self, draft: &Draft) -> Timestamp {
        draft.timestamp.unwrap_or(self.timestamp)
    }

    pub(super) fn is(&self, draft: &Draft, id: &EventId) -> bool {
        draft.render(id, self.time_of(draft)) == self.body
    }

    /// The same event again, or a conflict. An id of our own making was stored by an earlier try of this very batch.
    pub(super) fn compare(&self, draft: &Draft, id: &EventId) -> Result<Receipt> {
        if !self.is(draft, id) {
            return Err(StoreError::Conflict(id.clone()));
        }
        let event = draft.to_event(id.clone(), self.time_of(draft));
        Ok(Receipt { event, deliveries: self.deliveries, duplicate: draft.id.is_some() })
    }
}

/// What must be the same when an id comes again. `retryCount` and `status` are no part of it.
pub(super) fn digest_of(draft: &Draft) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in [&draft.event_type, &draft.resource.kind, &draft.resource.id, &draft.data] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    first_bytes(&hash.finalize())
}

/// A received event with the id of one that arrives: the same again, or a conflict.
pub(super) struct Arrived {
    /// None while its transaction is under way.
    pub(super) row: Option<i64>,
    digest: Vec<u8>,
    timestamp: Option<i64>,
}

impl Arrived {
    pub(super) fn new(draft: &Draft) -> Self {
        Self { row: None, digest: digest_of(draft).to_vec(), timestamp: draft.timestamp.map(Timestamp::as_millis) }
    }

    /// Whether a draft is the same event.
    pub(super) fn is(&self, draft: &Draft) -> bool {
        let given = draft.timestamp.map(Timestamp::as_millis);
        self.digest == digest_of(draft) && (given.is_none() || self.timestamp.is_none() || given == self.timestamp)
    }
}

/// What arrived under these ids and is remembered still.
pub(super) async fn arrived(
    connection: &Connection,
    ids: &[&str],
    now: Timestamp,
) -> Result<HashMap<String, Arrived>, PostgresError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = connection
        .query(
            formatcp!("SELECT DISTINCT ON (event_id) event_id, id, digest, timestamp FROM received
             WHERE event_id = ANY ($1) AND {ACCEPTED_RESULT} AND (at >= $2 OR timestamp IS NULL) ORDER BY event_id, id DESC"),
            args![ids.to_vec(), now.minus(REMEMBERED).as_millis()],
        )
        .await?;
    let read =
        |row: &Row| (row.get(0), Arrived { row: maybe_int(row, 1), digest: row.get(2), timestamp: maybe_int(row, 3) });
    Ok(rows.iter().map(read).collect())
}

/// The first bytes of a digest.
pub(super) fn first_bytes<const N: usize>(digest: &[u8]) -> [u8; N] {
    let mut first = [0; N];
    first.copy_from_slice(&digest[..N]);
    first
}
