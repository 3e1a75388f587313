//! Records: importing them, and reading them a page at a time.

use const_format::formatcp;
use tokio_postgres::Row;

use super::client::Client;
use super::connection::{Args, Connection, args};
use super::db_codes::{kind_code, kind_of};
use super::error::PostgresError;
use super::record_rows::{key, lock, read_body, save};
use super::row::{DELIVERED, FAILED, OPEN, int, maybe_time};
use super::search::{self, numbers};
use super::where_clause::{DIALECT, bound};
use super::{Listed, Page, Result};
use crate::record::{MergeResult, Record, RecordKind};
use crate::store::inbound::{
    COUNTED_UP_TO, LOOKED_BACK, RecordFilter, RecordOrder, RecordRow, RecordSummary, SyncState,
};
use crate::store::record_list::{RecordCursor, RecordList, RecordSearch};
use crate::store::search::Found;
use crate::store::where_clause::{SqlValue, WhereClause};

/// Records imported by one round trip.
const IMPORTED_AT_ONCE: usize = 500;

pub(super) async fn import(client: &Client, records: Vec<(RecordKind, String, Record)>) -> Result<u64> {
    client
        .transact(async |connection: &Connection| {
            let mut changed = 0;
            for chunk in records.chunks(IMPORTED_AT_ONCE) {
                let keys = chunk.iter().map(|(kind, id, _)| key(*kind, id)).collect();
                let mut loaded = lock(connection, keys).await?;
                for (kind, id, record) in chunk {
                    let Some(stored) = loaded.get_mut(&key(*kind, id)) else { continue };
                    if stored.record.absorb(record) == MergeResult::Applied {
                        stored.changed = true;
                        changed += 1;
                    }
                }
                save(connection, &loaded).await?;
            }
            Ok(changed)
        })
        .await
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/// A row with how far the latest event emitted about it has come.
const SELECT: &str = formatcp!(
    "SELECT r.seq, r.kind, r.id, r.received_at, r.body, s.open, s.failed, s.delivered_at FROM record r
    LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE d.state = {OPEN}) AS open, count(*) FILTER (WHERE d.state = {FAILED}) AS failed,
            max(d.changed_at) FILTER (WHERE d.state = {DELIVERED}) AS delivered_at
        FROM delivery d WHERE d.event = r.last_event) s ON true"
);

fn record_row(row: &Row) -> Result<RecordRow, PostgresError> {
    let sync = match (int(row, 5), int(row, 6)) {
        (1.., _) => SyncState::Pending,
        (_, 1..) => SyncState::Failed,
        _ => SyncState::Synced,
    };
    Ok(RecordRow {
        seq: int(row, 0),
        kind: kind_of(int(row, 1)),
        id: row.get(2),
        record: read_body(row, 4)?,
        synced_at: maybe_time(row, 3).max(maybe_time(row, 7)),
        sync,
    })
}

async fn rows(connection: &Connection, rest: &str, args: Args<'_>) -> Result<Vec<RecordRow>, PostgresError> {
    connection.query_once(&format!("{SELECT} {rest}"), args).await?.iter().map(record_row).collect()
}

pub(super) async fn find_within(
    connection: &Connection,
    kind: RecordKind,
    id: &str,
) -> Result<Option<RecordRow>, PostgresError> {
    let found = rows(connection, "WHERE r.kind = $1 AND r.id = $2", args![kind_code(kind), id]).await?;
    Ok(found.into_iter().next())
}

pub(super) async fn find(client: &Client, kind: RecordKind, id: String) -> Result<Option<RecordRow>> {
    client.read(async |connection: &Connection| find_within(connection, kind, &id).await).await
}

pub(super) async fn list(client: &Client, filter: RecordFilter, page: Page) -> Result<Listed<RecordRow>> {
    client.read(async |connection: &Connection| list_within(connection, &filter, page).await).await
}

/// The way that reads the fewest rows costs the least, wherever they lie: the first of an index are neither found by reading and
/// sorting all, nor by reading others that may be first in the order of their numbers.
const FEWEST_ROWS: &str = "SET LOCAL seq_page_cost = 0; SET LOCAL random_page_cost = 0;
    SET LOCAL max_parallel_workers_per_gather = 0";

async fn list_within(
    connection: &Connection,
    filter: &RecordFilter,
    page: Page,
) -> Result<Listed<RecordRow>, PostgresError> {
    let cursor = match filter.past {
        None => None,
        Some(seq) => match cursor(connection, filter.sort, seq).await? {
            None => return Ok(Listed::counted(Vec::new(), 0)),
            found => found,
        },
    };
    connection.execute_all(FEWEST_ROWS).await?;
    let list = RecordList::new(filter, page, cursor, DIALECT);
    let order = list.order();
    if list.is_searched() {
        let most = search::most(list.row_cost());
        let found = run(connection, list.search(most)).await?;
        let rows = numbered(connection, &found.ids, &order).await?;
        return Ok(found.list(rows, None, page));
    }
    let numbers = numbers(connection, &list.page_sql(), list.listed()).await?;
    let found = connection.query_once(&list.count_sql(), &bound(list.listed())).await?;
    let found = found.first().map_or(0, |row| int(row, 0)).unsigned_abs();
    let rows = numbered(connection, &numbers, &order).await?;
    Ok(Listed::counted_up_to(rows, found, list.count_bound()))
}

/// Where the record is that a page begins behind; nowhere if there is none of that number, and its number alone does not say it.
async fn cursor(connection: &Connection, sort: RecordOrder, seq: i64) -> Result<Option<RecordCursor>, PostgresError> {
    let Some(sql) = RecordCursor::key_sql(sort) else { return Ok(Some(RecordCursor { seq, key: None })) };
    let found = connection.first(sql, args![seq]).await?;
    let key = |row: &Row| match sort {
        RecordOrder::CreatedAt => Some(SqlValue::Int(int(row, 0))),
        _ => row.get::<_, Option<String>>(0).map(SqlValue::Text),
    };
    Ok(found.map(|row| RecordCursor { seq, key: key(&row) }))
}

/// The records with these numbers.
async fn numbered(connection: &Connection, numbers: &[i64], order: &str) -> Result<Vec<RecordRow>, PostgresError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let chosen = WhereClause::on_record_numbers(numbers, DIALECT);
    rows(connection, &format!("WHERE {} ORDER BY {order}", chosen.sql()), &[]).await
}

async fn run(connection: &Connection, search: RecordSearch) -> Result<Found, PostgresError> {
    if let Some(few) = search::few(connection, search.candidates()).await? {
        let (sql, condition) = search.matches_sql(Some(&few));
        let matches = if few.is_empty() { Vec::new() } else { numbers(connection, &sql, condition).await? };
        return Ok(search.finish(&matches, None));
    }
    let (sql, condition) = search.end_sql();
    let end = numbers(connection, &sql, condition).await?.first().copied();
    let (sql, condition) = search.matches_sql(None);
    let matches = numbers(connection, &sql, condition).await?;
    Ok(search.finish(&matches, end))
}

pub(super) async fn after(client: &Client, after: i64, limit: u64) -> Result<Vec<(i64, RecordRow)>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    client
        .read(async |connection: &Connection| {
            let found = rows(connection, "WHERE r.seq > $1 ORDER BY r.seq LIMIT $2", args![after, limit]).await?;
            Ok(found.into_iter().map(|row| (row.seq, row)).collect())
        })
        .await
}

pub(super) async fn summaries(client: &Client) -> Result<Vec<RecordSummary>> {
    client
        .read(async |connection: &Connection| {
            let mut all = Vec::new();
            for kind in RecordKind::ALL {
                let counted = "SELECT count(*) FROM (SELECT FROM record WHERE kind = $1 AND present LIMIT $2) n";
                let count = connection.number(counted, args![kind_code(kind), i64::from(COUNTED_UP_TO) + 1]).await?;
                // Each look ends at the first row of the kind; a kind of which there is no record is not looked for.
                let news = "SELECT greatest(
                    (SELECT at FROM (SELECT kind, at FROM received ORDER BY id DESC LIMIT $2) r
                        WHERE kind IN (SELECT id FROM kind WHERE resource_type = $1) LIMIT 1),
                    (SELECT created_at FROM (SELECT kind, created_at FROM event ORDER BY seq DESC LIMIT $2) e
                        WHERE kind IN (SELECT id FROM kind WHERE resource_type = $1) LIMIT 1)
                ) WHERE EXISTS (SELECT FROM kind WHERE resource_type = $1)";
                let row = connection.first(news, args![kind.name(), i64::from(LOOKED_BACK)]).await?;
                let last_news_at = row.and_then(|row| maybe_time(&row, 0));
                all.push(RecordSummary { kind, count: count.unsigned_abs(), last_news_at });
            }
            Ok(all)
        })
        .await
}
