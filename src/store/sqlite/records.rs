//! Records: merging changes into them, and reading them a page at a time.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::{Listed, Page, Result, StoreError, lists, row};
use crate::clock::Timestamp;
use crate::event::{Draft, Event};
use crate::record::{Change, Kind, Merged, NotAnObject, Record, Stamp};
use crate::store::inbound::{COUNTED_UP_TO, LOOKED_BACK, RecordFilter, RecordRow, RecordSummary, Sort, Sync};

/// A record on its way through a write.
pub(super) struct Stored {
    pub(super) kind: Kind,
    pub(super) id: String,
    seq: Option<i64>,
    columns: Columns,
    pub(super) record: Record,
    pub(super) received_at: Option<Timestamp>,
    last_event: Option<i64>,
}

/// What is taken from a record so that the database can search and sort.
#[derive(Clone, Debug, Default, PartialEq)]
struct Columns {
    present: bool,
    name: Option<String>,
    email: Option<String>,
    user_id: Option<String>,
    course_id: Option<String>,
    created_at: i64,
}

impl Columns {
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

fn kind_code(kind: Kind) -> i64 {
    match kind {
        Kind::Enrollment => 0,
        Kind::User => 1,
        Kind::Progress => 2,
    }
}

fn kind_of(code: i64) -> Kind {
    match code {
        0 => Kind::Enrollment,
        1 => Kind::User,
        _ => Kind::Progress,
    }
}

/// The record of a resource, empty when nothing is known of it yet.
pub(super) fn load(connection: &Connection, kind: Kind, id: &str) -> rusqlite::Result<Stored> {
    let found = connection
        .prepare_cached(
            "SELECT seq, present, name, email, user_id, course_id, created_at, received_at, last_event, body
             FROM record WHERE kind = ?1 AND id = ?2",
        )?
        .query_row(params![kind_code(kind), id], |row| {
            let columns = Columns {
                present: row.get(1)?,
                name: row.get(2)?,
                email: row.get(3)?,
                user_id: row.get(4)?,
                course_id: row.get(5)?,
                created_at: row.get(6)?,
            };
            Ok(Stored {
                kind,
                id: id.to_owned(),
                seq: Some(row.get(0)?),
                columns,
                record: read_body(row, 9)?,
                received_at: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_millis),
                last_event: row.get(8)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or_else(|| Stored {
        kind,
        id: id.to_owned(),
        seq: None,
        columns: Columns::default(),
        record: Record::default(),
        received_at: None,
        last_event: None,
    }))
}

fn read_body(row: &Row<'_>, at: usize) -> rusqlite::Result<Record> {
    serde_json::from_str(row.get_ref(at)?.as_str()?).map_err(|e| row::unreadable("body", &e))
}

/// Writes a record back. Columns that did not change are left alone, and with them their indexes.
pub(super) fn save(connection: &Connection, stored: &Stored) -> rusqlite::Result<()> {
    let body = serde_json::to_string(&stored.record).expect("a record is text keyed by text");
    let received_at = stored.received_at.map(Timestamp::as_millis);
    let columns = Columns::of(&stored.record);
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

fn insert(connection: &Connection, stored: &Stored, columns: &Columns, body: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO record (kind, id, present, name, email, user_id, course_id, created_at, received_at, last_event, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            kind_code(stored.kind),
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
pub(super) fn of_draft(connection: &Connection, draft: &Draft) -> rusqlite::Result<Option<Stored>> {
    match Kind::of_event(&draft.event_type) {
        Some(kind) => load(connection, kind, &draft.resource.id).map(Some),
        None => Ok(None),
    }
}

/// Merges an event emitted here, so that both sides merge the same events.
///
/// A time that was not given is far ahead where the record was before, from when a clock was wrong: the change counts here,
/// and there once the clocks have come that far.
pub(super) fn emitted(
    connection: &Connection,
    mut stored: Stored,
    event: &Event,
    (data, seq): (&str, i64),
) -> Result<()> {
    let stamp = Stamp { at: event.timestamp, by: event.id.clone() };
    match Change::new(&event.event_type, data, stamp) {
        Ok(change) => {
            stored.record.merge(&change);
            if stored.record.is_too_large() {
                return Err(StoreError::RecordTooLarge);
            }
            stored.last_event = Some(seq);
            Ok(save(connection, &stored)?)
        }
        Err(NotAnObject) => Ok(()),
    }
}

pub(super) fn import(connection: &Connection, records: Vec<(Kind, String, Record)>) -> rusqlite::Result<u64> {
    let mut changed = 0;
    for (kind, id, record) in records {
        let mut stored = load(connection, kind, &id)?;
        if stored.record.absorb(&record) == Merged::Applied {
            save(connection, &stored)?;
            changed += 1;
        }
    }
    Ok(changed)
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const COLUMNS: &str = "r.seq, r.kind, r.id, r.received_at, r.last_event, r.body";

pub(super) fn find(connection: &Connection, kind: Kind, id: &str) -> rusqlite::Result<Option<RecordRow>> {
    let found = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM record r WHERE kind = ?1 AND id = ?2"))?
        .query_row(params![kind_code(kind), id], record_row)
        .optional()?;
    found.map(|found| found.complete(connection).map(|(_, row)| row)).transpose()
}

/// A row before its deliveries were looked at.
struct Bare {
    seq: i64,
    row: RecordRow,
    last_event: Option<i64>,
}

fn record_row(row: &Row<'_>) -> rusqlite::Result<Bare> {
    let bare = RecordRow {
        kind: kind_of(row.get(1)?),
        id: row.get(2)?,
        record: read_body(row, 5)?,
        synced_at: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_millis),
        sync: Sync::Synced,
    };
    Ok(Bare { seq: row.get(0)?, row: bare, last_event: row.get(4)? })
}

impl Bare {
    /// Adds how far the latest event emitted about it has come.
    ///
    /// That event may have been removed, and its number given to an event about something else.
    fn complete(mut self, connection: &Connection) -> rusqlite::Result<(i64, RecordRow)> {
        let Some(event) = self.last_event else { return Ok((self.seq, self.row)) };
        let (open, failed, delivered_at) = connection
            .prepare_cached(
                "SELECT count(*) FILTER (WHERE state < 4), count(*) FILTER (WHERE state = 5),
                    max(changed_at) FILTER (WHERE state = 4)
                 FROM delivery WHERE event = ?1 AND EXISTS
                    (SELECT 1 FROM event e JOIN kind k ON k.id = e.kind
                     WHERE e.seq = ?1 AND e.resource_id = ?2 AND k.resource_type = ?3)",
            )?
            .query_row(params![event, self.row.id, self.row.kind.name()], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, Option<i64>>(2)?))
            })?;
        self.row.synced_at = self.row.synced_at.max(delivered_at.map(Timestamp::from_millis));
        self.row.sync = match (open, failed) {
            (1.., _) => Sync::Pending,
            (_, 1..) => Sync::Failed,
            _ => Sync::Synced,
        };
        Ok((self.seq, self.row))
    }
}

pub(super) fn list(connection: &Connection, filter: &RecordFilter, page: Page) -> rusqlite::Result<Listed<RecordRow>> {
    let condition = condition(filter);
    let total = lists::count(connection, "record r", &condition)?;
    let direction = lists::direction(page);
    let sort = match filter.sort {
        Sort::Arrival => String::new(),
        Sort::Name => format!("r.name {direction}, "),
        Sort::Email => format!("r.email {direction}, "),
        Sort::CreatedAt => format!("r.created_at {direction}, "),
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM record r WHERE {} ORDER BY {sort}r.seq {direction} LIMIT {} OFFSET {}",
        condition.sql(),
        page.limit,
        page.offset(),
    );
    let rows = connection
        .prepare(&sql)?
        .query_map(params_from_iter(&condition.values), record_row)?
        .map(|row| row.and_then(|bare| bare.complete(connection).map(|(_, row)| row)))
        .collect::<rusqlite::Result<_>>()?;
    Ok(Listed { rows, total: total.unsigned_abs() })
}

fn condition(filter: &RecordFilter) -> lists::Condition {
    let mut condition = lists::Condition::default();
    if let Some(kind) = filter.kind {
        condition.and("r.kind = ?", kind_code(kind));
    }
    if !filter.deleted {
        condition.parts.push("r.present".to_owned());
    }
    if let Some(user) = &filter.user {
        condition.and("r.user_id = ?", user.clone());
    }
    if let Some(course) = &filter.course {
        condition.and("r.course_id = ?", course.clone());
    }
    if let Some(search) = &filter.search {
        let text: Value = search.to_lowercase().into();
        condition.parts.push("(instr(r.name, ?) OR instr(r.email, ?) OR instr(lower(r.id), ?))".to_owned());
        condition.values.extend([text.clone(), text.clone(), text]);
    }
    condition
}

pub(super) fn after(connection: &Connection, after: i64, limit: u64) -> rusqlite::Result<Vec<(i64, RecordRow)>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM record r WHERE seq > ?1 ORDER BY seq LIMIT ?2"))?
        .query_map([after, limit], record_row)?
        .map(|row| row.and_then(|bare| bare.complete(connection)))
        .collect()
}

pub(super) fn record_summaries(connection: &Connection) -> rusqlite::Result<Vec<RecordSummary>> {
    let count = |kind| {
        connection
            .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM record WHERE kind = ?1 AND present LIMIT ?2)")?
            .query_row(params![kind_code(kind), COUNTED_UP_TO.saturating_add(1)], |row| row.get::<_, i64>(0))
    };
    let last_news_at = |kind: Kind| {
        connection
            .prepare_cached(
                "SELECT max(n.at) FROM (
                     SELECT kind, at FROM (SELECT kind, at FROM received ORDER BY id DESC LIMIT ?2)
                     UNION ALL
                     SELECT kind, created_at FROM (SELECT kind, created_at FROM event ORDER BY seq DESC LIMIT ?2)
                 ) n JOIN kind k ON k.id = n.kind WHERE k.resource_type = ?1",
            )?
            .query_row(params![kind.name(), LOOKED_BACK], |row| row.get::<_, Option<i64>>(0))
    };
    let summed_up = |kind| {
        let (count, last) = (count(kind)?.unsigned_abs(), last_news_at(kind)?);
        Ok(RecordSummary { kind, count, last_news_at: last.map(Timestamp::from_millis) })
    };
    Kind::ALL.into_iter().map(summed_up).collect()
}
