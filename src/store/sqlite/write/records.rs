//! Merging changes into records.

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Timestamp;
use crate::event::{Draft, Event};
use crate::record::{Change, MergeResult, NotAnObject, Record, RecordKind, WriteStamp};
use crate::store::sqlite::read::records as read_records;
use crate::store::{Result, StoreError, db_codes};

/// A record that was read to be changed, with what its row has beside it.
pub(crate) struct StoredRecord {
    pub(crate) kind: RecordKind,
    pub(crate) id: String,
    seq: Option<i64>,
    columns: SearchColumns,
    pub(crate) record: Record,
    pub(crate) received_at: Option<Timestamp>,
    last_event: Option<i64>,
}

/// The fields of a record by which the database searches and sorts.
#[derive(Clone, Debug, Default, PartialEq)]
struct SearchColumns {
    present: bool,
    name: Option<String>,
    email: Option<String>,
    user_id: Option<String>,
    course_id: Option<String>,
    created_at: i64,
}

impl SearchColumns {
    fn of(record: &Record) -> Self {
        let created = record.time("createdAt").or(record.first_at()).unwrap_or_default();
        let folded = |name| record.text(name).map(|text| text.to_lowercase());
        Self {
            present: record.exists(),
            name: folded("name"),
            email: folded("email"),
            user_id: record.text("userId"),
            course_id: record.text("courseId"),
            created_at: created.as_millis(),
        }
    }
}

/// The record of a resource, empty when nothing is known of it yet.
pub(crate) fn load(connection: &Connection, kind: RecordKind, id: &str) -> rusqlite::Result<StoredRecord> {
    let found = connection
        .prepare_cached(
            "SELECT seq, present, name, email, user_id, course_id, created_at, received_at, last_event, body
             FROM record WHERE kind = ?1 AND id = ?2",
        )?
        .query_row(params![db_codes::kind_code(kind), id], |row| {
            let columns = SearchColumns {
                present: row.get(1)?,
                name: row.get(2)?,
                email: row.get(3)?,
                user_id: row.get(4)?,
                course_id: row.get(5)?,
                created_at: row.get(6)?,
            };
            Ok(StoredRecord {
                kind,
                id: id.to_owned(),
                seq: Some(row.get(0)?),
                columns,
                record: read_records::read_body(row, 9)?,
                received_at: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_millis),
                last_event: row.get(8)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or_else(|| StoredRecord {
        kind,
        id: id.to_owned(),
        seq: None,
        columns: SearchColumns::default(),
        record: Record::default(),
        received_at: None,
        last_event: None,
    }))
}

/// Writes a record back. Columns that did not change are left alone, and with them their indexes.
pub(crate) fn save(connection: &Connection, stored: &StoredRecord) -> rusqlite::Result<()> {
    let body = serde_json::to_string(&stored.record).expect("a record is text keyed by text");
    let received_at = stored.received_at.map(Timestamp::as_millis);
    let columns = SearchColumns::of(&stored.record);
    let Some(seq) = stored.seq else { return insert(connection, stored, &columns, &body) };
    connection
        .prepare_cached("UPDATE record SET body = ?2, received_at = ?3, last_event = ?4 WHERE seq = ?1")?
        .execute(params![seq, body, received_at, stored.last_event])?;
    if columns != stored.columns {
        connection
            .prepare_cached(
                "UPDATE record SET present = ?2, name = ?3, email = ?4, user_id = ?5, course_id = ?6, created_at = ?7
                 WHERE seq = ?1",
            )?
            .execute(params![
                seq,
                columns.present,
                columns.name,
                columns.email,
                columns.user_id,
                columns.course_id,
                columns.created_at
            ])?;
    }
    Ok(())
}

fn insert(connection: &Connection, stored: &StoredRecord, columns: &SearchColumns, body: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO record (kind, id, present, name, email, user_id, course_id, created_at, received_at, last_event, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            db_codes::kind_code(stored.kind),
            stored.id,
            columns.present,
            columns.name,
            columns.email,
            columns.user_id,
            columns.course_id,
            columns.created_at,
            stored.received_at.map(Timestamp::as_millis),
            stored.last_event,
            body
        ])?;
    Ok(())
}

/// The record that a draft is about, if it is of a known type.
pub(crate) fn of_draft(connection: &Connection, draft: &Draft) -> rusqlite::Result<Option<StoredRecord>> {
    match RecordKind::of_event(&draft.event_type) {
        Some(kind) => load(connection, kind, &draft.resource.id).map(Some),
        None => Ok(None),
    }
}

/// The record that an event is about.
pub(crate) fn of_event(connection: &Connection, event: &Event) -> rusqlite::Result<Option<StoredRecord>> {
    match RecordKind::of_event(&event.event_type) {
        Some(kind) => load(connection, kind, &event.resource.id).map(Some),
        None => Ok(None),
    }
}

/// Merges an event emitted here, so that both sides merge the same events. Returns the record unless nothing became of it.
///
/// A time that was not given is far ahead where the record was before, from when a clock was wrong: the change counts here,
/// and there once the clocks have come that far.
pub(crate) fn merge_emitted(mut stored: StoredRecord, event: &Event, data: &str) -> Result<Option<StoredRecord>> {
    let stamp = WriteStamp { at: event.timestamp, by: event.id.clone() };
    match Change::new(&event.event_type, data, stamp) {
        Ok(change) => {
            stored.record.merge(&change);
            if stored.record.is_too_large() {
                return Err(StoreError::RecordTooLarge);
            }
            Ok(Some(stored))
        }
        Err(NotAnObject) => Ok(None),
    }
}

/// Writes back a record that the event with this number was merged into.
pub(crate) fn save_emitted(connection: &Connection, mut stored: StoredRecord, seq: i64) -> rusqlite::Result<()> {
    stored.last_event = Some(seq);
    save(connection, &stored)
}

pub(crate) fn import(connection: &Connection, records: Vec<(RecordKind, String, Record)>) -> rusqlite::Result<u64> {
    let mut changed = 0;
    for (kind, id, record) in records {
        let mut stored = load(connection, kind, &id)?;
        if stored.record.absorb(&record) == MergeResult::Applied {
            save(connection, &stored)?;
            changed += 1;
        }
    }
    Ok(changed)
}
