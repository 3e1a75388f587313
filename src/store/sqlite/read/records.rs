//! Reading records, a page at a time.

use const_format::formatcp;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use crate::clock::Timestamp;
use crate::record::{Record, RecordKind};
use crate::store::db_codes::{DELIVERED, FAILED};
use crate::store::inbound::{
    COUNTED_UP_TO, LOOKED_BACK, RecordFilter, RecordOrder, RecordRow, RecordSummary, SyncState,
};
use crate::store::record_list::{RecordCursor, RecordList, RecordSearch};
use crate::store::search::Found;
use crate::store::sqlite::error;
use crate::store::sqlite::read::search::{self, numbers};
use crate::store::sqlite::read::where_clause::DIALECT;
use crate::store::where_clause::{SqlValue, WhereClause};
use crate::store::{Listed, Page, db_codes};

pub(crate) fn read_body(row: &Row<'_>, at: usize) -> rusqlite::Result<Record> {
    serde_json::from_str(row.get_ref(at)?.as_str()?).map_err(|e| error::unreadable("body", &e))
}

const COLUMNS: &str = "r.seq, r.kind, r.id, r.received_at, r.last_event, r.body";

pub(crate) fn find(connection: &Connection, kind: RecordKind, id: &str) -> rusqlite::Result<Option<RecordRow>> {
    let found = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM record r WHERE kind = ?1 AND id = ?2"))?
        .query_row(params![db_codes::kind_code(kind), id], record_row)
        .optional()?;
    found.map(|found| found.complete(connection)).transpose()
}

/// A record's row before its deliveries were read, so that its sync state is not known yet.
struct UnsyncedRow {
    row: RecordRow,
    last_event: Option<i64>,
}

fn record_row(row: &Row<'_>) -> rusqlite::Result<UnsyncedRow> {
    let bare = RecordRow {
        seq: row.get(0)?,
        kind: db_codes::kind_of(row.get(1)?),
        id: row.get(2)?,
        record: read_body(row, 5)?,
        synced_at: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_millis),
        sync: SyncState::Synced,
    };
    Ok(UnsyncedRow { row: bare, last_event: row.get(4)? })
}

impl UnsyncedRow {
    /// Adds how far the latest event emitted about it has come.
    ///
    /// That event may have been removed, and its number given to an event about something else.
    fn complete(mut self, connection: &Connection) -> rusqlite::Result<RecordRow> {
        let Some(event) = self.last_event else { return Ok(self.row) };
        let (open, failed, delivered_at) = connection
            .prepare_cached(formatcp!(
                "SELECT count(*) FILTER (WHERE state < {DELIVERED}), count(*) FILTER (WHERE state = {FAILED}),
                    max(changed_at) FILTER (WHERE state = {DELIVERED})
                 FROM delivery WHERE event = ?1 AND EXISTS
                    (SELECT 1 FROM event e JOIN kind k ON k.id = e.kind
                     WHERE e.seq = ?1 AND e.resource_id = ?2 AND k.resource_type = ?3)"
            ))?
            .query_row(params![event, self.row.id, self.row.kind.name()], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, Option<i64>>(2)?))
            })?;
        self.row.synced_at = self.row.synced_at.max(delivered_at.map(Timestamp::from_millis));
        self.row.sync = match (open, failed) {
            (1.., _) => SyncState::Pending,
            (_, 1..) => SyncState::Failed,
            _ => SyncState::Synced,
        };
        Ok(self.row)
    }
}

pub(crate) fn list(connection: &Connection, filter: &RecordFilter, page: Page) -> rusqlite::Result<Listed<RecordRow>> {
    let cursor = match filter.past.map(|seq| cursor(connection, filter.sort, seq)).transpose()? {
        Some(None) => return Ok(Listed::counted(Vec::new(), 0)),
        found => found.flatten(),
    };
    let list = RecordList::new(filter, page, cursor, DIALECT);
    let order = list.order();
    if list.is_searched() {
        let most = list.row_cost().rows();
        let found = run(connection, list.search(most))?;
        let rows = rows(connection, &found.ids, &order)?;
        return Ok(found.list(rows, None, page));
    }
    let numbers = numbers(connection, &list.page_sql(), list.listed())?;
    let found: i64 =
        connection.prepare(&list.count_sql())?.query_row(params_from_iter(list.listed().values()), |row| row.get(0))?;
    Ok(Listed::counted_up_to(rows(connection, &numbers, &order)?, found.unsigned_abs(), list.count_bound()))
}

/// Where the record is that a page begins behind; nowhere if there is none of that number, and its number alone does not say it.
fn cursor(connection: &Connection, sort: RecordOrder, seq: i64) -> rusqlite::Result<Option<RecordCursor>> {
    let Some(sql) = RecordCursor::key_sql(sort) else { return Ok(Some(RecordCursor { seq, key: None })) };
    let key = connection.prepare_cached(sql)?.query_row([seq], |row| match sort {
        RecordOrder::CreatedAt => Ok(Some(SqlValue::Int(row.get(0)?))),
        _ => Ok(row.get::<_, Option<String>>(0)?.map(SqlValue::Text)),
    });
    Ok(key.optional()?.map(|key| RecordCursor { seq, key }))
}

/// The records with these numbers.
fn rows(connection: &Connection, numbers: &[i64], order: &str) -> rusqlite::Result<Vec<RecordRow>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let chosen = WhereClause::on_record_numbers(numbers, DIALECT);
    connection
        .prepare(&format!("SELECT {COLUMNS} FROM record r WHERE {} ORDER BY {order}", chosen.sql()))?
        .query_map([], record_row)?
        .map(|row| row.and_then(|bare| bare.complete(connection)))
        .collect()
}

fn run(connection: &Connection, search: RecordSearch) -> rusqlite::Result<Found> {
    if let Some(few) = search::few(connection, search.candidates())? {
        let (sql, bound) = search.matches_sql(Some(&few));
        let matches = if few.is_empty() { Vec::new() } else { numbers(connection, &sql, bound)? };
        return Ok(search.finish(&matches, None));
    }
    let (sql, bound) = search.end_sql();
    let end = numbers(connection, &sql, bound)?.first().copied();
    let (sql, bound) = search.matches_sql(None);
    let matches = numbers(connection, &sql, bound)?;
    Ok(search.finish(&matches, end))
}

pub(crate) fn after(connection: &Connection, after: i64, limit: u64) -> rusqlite::Result<Vec<(i64, RecordRow)>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM record r WHERE seq > ?1 ORDER BY seq LIMIT ?2"))?
        .query_map([after, limit], record_row)?
        .map(|row| row.and_then(|bare| bare.complete(connection)).map(|row| (row.seq, row)))
        .collect()
}

pub(crate) fn record_summaries(connection: &Connection) -> rusqlite::Result<Vec<RecordSummary>> {
    let count = |kind| {
        connection
            .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM record WHERE kind = ?1 AND present LIMIT ?2)")?
            .query_row(params![db_codes::kind_code(kind), COUNTED_UP_TO.saturating_add(1)], |row| row.get::<_, i64>(0))
    };
    // Each look ends at the first row of the kind; a kind of which there is no record is not looked for.
    let last_news_at = |kind: RecordKind| {
        connection
            .prepare_cached(
                "SELECT max(ifnull(arrived, emitted), ifnull(emitted, arrived)) FROM (SELECT
                     (SELECT at FROM (SELECT kind, at FROM received ORDER BY id DESC LIMIT ?2)
                        WHERE kind IN (SELECT id FROM kind WHERE resource_type = ?1) LIMIT 1) AS arrived,
                     (SELECT created_at FROM (SELECT kind, created_at FROM event ORDER BY seq DESC LIMIT ?2)
                        WHERE kind IN (SELECT id FROM kind WHERE resource_type = ?1) LIMIT 1) AS emitted
                 WHERE EXISTS (SELECT 1 FROM kind WHERE resource_type = ?1))",
            )?
            .query_row(params![kind.name(), LOOKED_BACK], |row| row.get::<_, Option<i64>>(0))
            .optional()
            .map(Option::flatten)
    };
    let summed_up = |kind| {
        let (count, last) = (count(kind)?.unsigned_abs(), last_news_at(kind)?);
        Ok(RecordSummary { kind, count, last_news_at: last.map(Timestamp::from_millis) })
    };
    RecordKind::ALL.into_iter().map(summed_up).collect()
}
