//! The rows of records: locking them, merging into them, and writing them back.

use std::collections::{BTreeSet, HashMap};

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::StoreError;
use super::connection::{Connection, args, typed};
use super::db_codes::{kind_code, kind_of};
use super::error::PostgresError;
use super::row::{int, maybe_time, storable, unreadable};
use crate::clock::Timestamp;
use crate::event::{Draft, Event, EventId};
use crate::record::{Change, MergeResult, Record, RecordKind, WriteStamp};

/// The stored state of an enrollment, a user or a learner's progress, locked while a transaction changes it.
pub(super) struct StoredRecord {
    kind: RecordKind,
    id: String,
    seq: Option<i64>,
    pub(super) record: Record,
    received_at: Option<Timestamp>,
    /// The event emitted in this transaction that changed it last.
    emitted: Option<EventId>,
    pub(super) changed: bool,
}

/// The records that a transaction has read and locked, by kind and id.
pub(super) type LoadedRecords = HashMap<(i64, String), StoredRecord>;

impl StoredRecord {
    fn new(kind: RecordKind, id: String) -> Self {
        Self { kind, id, seq: None, record: Record::default(), received_at: None, emitted: None, changed: false }
    }

    /// What it is about.
    pub(super) fn kind(&self) -> RecordKind {
        self.kind
    }

    /// Merges an event emitted here, so that both sides merge the same events. False where its data is no object; a record that
    /// would become too large stays as it was.
    pub(super) fn emitted(&mut self, event: &Event, data: &str) -> Result<bool, StoreError> {
        let stamp = WriteStamp { at: event.timestamp, by: event.id.clone() };
        let Ok(change) = Change::new(&event.event_type, data, stamp) else { return Ok(false) };
        let mut record = self.record.clone();
        record.merge(&change);
        if record.is_too_large() {
            return Err(StoreError::RecordTooLarge);
        }
        self.record = record;
        self.emitted = Some(event.id.clone());
        self.changed = true;
        Ok(true)
    }

    /// Merges an event that arrived.
    pub(super) fn arrived(&mut self, change: &Change, now: Timestamp) -> MergeResult {
        let merged = self.record.merge(change);
        self.received_at = self.received_at.max(Some(now));
        self.changed = true;
        merged
    }
}

/// What a draft's record is called, if it is of a known type.
pub(super) fn key_of(draft: &Draft) -> Option<(i64, String)> {
    RecordKind::of_event(&draft.event_type).map(|kind| (kind_code(kind), draft.resource.id.clone()))
}

/// What the record of a resource is called.
pub(super) fn key(kind: RecordKind, id: &str) -> (i64, String) {
    (kind_code(kind), id.to_owned())
}

/// Locks records one by one, in the order of the given keys. Each is looked up by its key, also where the statement was planned when
/// there were few.
const LOCK: &str = "SELECT r.seq, r.kind, r.id, r.received_at, r.body FROM unnest($1, $2) AS k(kind, id)
    CROSS JOIN LATERAL (
        SELECT seq, kind, id, received_at, body FROM record WHERE kind = k.kind AND id = k.id FOR UPDATE
    ) r";

/// Reads and locks records, in the order of their keys; those that do not exist yet are empty.
pub(super) async fn lock(
    connection: &Connection,
    keys: BTreeSet<(i64, String)>,
) -> Result<LoadedRecords, PostgresError> {
    if keys.is_empty() {
        return Ok(LoadedRecords::new());
    }
    let (kinds, ids): (Vec<i64>, Vec<&str>) = keys.iter().map(|(kind, id)| (*kind, id.as_str())).unzip();
    let rows = connection.query(LOCK, args![kinds, ids]).await?;
    let mut loaded = LoadedRecords::new();
    for row in &rows {
        let kind = kind_of(int(row, 1));
        let stored = StoredRecord {
            seq: Some(int(row, 0)),
            received_at: maybe_time(row, 3),
            record: read_body(row, 4)?,
            ..StoredRecord::new(kind, row.get(2))
        };
        loaded.insert((kind_code(kind), stored.id.clone()), stored);
    }
    for (kind, id) in keys {
        loaded.entry((kind, id.clone())).or_insert_with(|| StoredRecord::new(kind_of(kind), id));
    }
    Ok(loaded)
}

/// Reads what is known of a resource.
pub(super) fn read_body(row: &Row, at: usize) -> Result<Record, PostgresError> {
    serde_json::from_str(row.get(at)).map_err(|e| unreadable("body", &e))
}

const UPDATE: &str = "UPDATE record r SET present = n.present, name = n.name, email = n.email, user_id = n.user_id,
        course_id = n.course_id, created_at = n.created_at, received_at = n.received_at,
        last_event = coalesce((SELECT seq FROM event WHERE id = n.emitted), r.last_event), body = n.body
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        AS n(seq, present, name, email, user_id, course_id, created_at, received_at, emitted, body)
    WHERE r.seq = n.seq AND r.seq = ANY ($1)";

const INSERT: &str = "WITH made AS (
        INSERT INTO record (kind, id, present, name, email, user_id, course_id, created_at, received_at, last_event, body)
        SELECT kind, id, present, name, email, user_id, course_id, created_at, received_at,
            (SELECT seq FROM event WHERE id = n.emitted), body
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            AS n(kind, id, present, name, email, user_id, course_id, created_at, received_at, emitted, body)
        ON CONFLICT (kind, id) DO NOTHING RETURNING 1)
    SELECT fence((SELECT count(*) FROM made) = cardinality($1))";

/// Writes records back, behind the events that changed them. One that another transaction created meanwhile fails the transaction,
/// which is tried again.
pub(super) async fn save(connection: &Connection, loaded: &LoadedRecords) -> Result<(), PostgresError> {
    let mut changed: Vec<&StoredRecord> = loaded.values().filter(|stored| stored.changed).collect();
    changed.sort_unstable_by(|a, b| (kind_code(a.kind), &a.id).cmp(&(kind_code(b.kind), &b.id)));
    let (old, new): (Vec<&StoredRecord>, Vec<&StoredRecord>) =
        changed.into_iter().partition(|stored| stored.seq.is_some());
    let (updated, inserted) = tokio::join!(biased; update(connection, &old), insert(connection, &new));
    updated.and(inserted)
}

async fn update(connection: &Connection, old: &[&StoredRecord]) -> Result<(), PostgresError> {
    if !old.is_empty() {
        let columns = SearchColumns::of(old);
        let seqs: Vec<i64> = old.iter().filter_map(|stored| stored.seq).collect();
        connection.query(UPDATE, &columns.args(&[typed(&seqs)])).await?;
    }
    Ok(())
}

async fn insert(connection: &Connection, new: &[&StoredRecord]) -> Result<(), PostgresError> {
    if !new.is_empty() {
        let columns = SearchColumns::of(new);
        let kinds: Vec<i64> = new.iter().map(|stored| kind_code(stored.kind)).collect();
        let ids: Vec<&str> = new.iter().map(|stored| stored.id.as_str()).collect();
        connection.query(INSERT, &columns.args(&[typed(&kinds), typed(&ids)])).await?;
    }
    Ok(())
}

/// The fields of records by which the database searches and sorts, as columns for `unnest`.
struct SearchColumns {
    present: Vec<bool>,
    name: Vec<Option<String>>,
    email: Vec<Option<String>>,
    user_id: Vec<Option<String>>,
    course_id: Vec<Option<String>>,
    created_at: Vec<i64>,
    received_at: Vec<Option<i64>>,
    emitted: Vec<Option<String>>,
    body: Vec<String>,
}

impl SearchColumns {
    fn of(rows: &[&StoredRecord]) -> Self {
        let text = |name: &'static str| rows.iter().map(move |it| it.record.text(name).map(|text| storable(&text)));
        let folded = |name: &'static str| text(name).map(|text| text.map(|text| text.to_lowercase()));
        let created = |record: &Record| record.time("createdAt").or(record.first_at()).unwrap_or_default().as_millis();
        Self {
            present: rows.iter().map(|it| it.record.exists()).collect(),
            name: folded("name").collect(),
            email: folded("email").collect(),
            user_id: text("userId").collect(),
            course_id: text("courseId").collect(),
            created_at: rows.iter().map(|it| created(&it.record)).collect(),
            received_at: rows.iter().map(|it| it.received_at.map(Timestamp::as_millis)).collect(),
            emitted: rows.iter().map(|it| it.emitted.as_ref().map(ToString::to_string)).collect(),
            body: rows
                .iter()
                .map(|it| serde_json::to_string(&it.record).expect("a record is text keyed by text"))
                .collect(),
        }
    }

    fn args<'a>(&'a self, first: &[(&'a (dyn ToSql + Sync), Type)]) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
        let mut all = first.to_vec();
        all.extend([
            typed(&self.present),
            typed(&self.name),
            typed(&self.email),
            typed(&self.user_id),
            typed(&self.course_id),
            typed(&self.created_at),
            typed(&self.received_at),
            typed(&self.emitted),
            typed(&self.body),
        ]);
        all
    }
}
