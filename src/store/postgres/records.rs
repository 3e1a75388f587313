//! Records: importing them, and reading them a page at a time.

use const_format::formatcp;
use tokio_postgres::Row;

use super::connection::{Args, Connection, args};
use super::db_codes::{kind_code, kind_of};
use super::error::PostgresError;
use super::node::Node;
use super::record_rows::{key, lock, read_body, save};
use super::row::{DELIVERED, FAILED, OPEN, int, maybe_time};
use super::where_clause::{DIALECT, bound, count_rows};
use super::{Listed, Page, Result, search};
use crate::record::{MergeResult, Record, RecordKind};
use crate::store::inbound::{
    COUNTED_UP_TO, LOOKED_BACK, RecordFilter, RecordOrder, RecordRow, RecordSummary, SyncState,
};
use crate::store::record_search::RecordSearch;
use crate::store::search::Found;
use crate::store::where_clause::WhereClause;

/// Records imported by one round trip.
const IMPORTED_AT_ONCE: usize = 500;

pub(super) async fn import(node: &Node, records: Vec<(RecordKind, String, Record)>) -> Result<u64> {
    node.transact(async |connection: &Connection| {
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

pub(super) async fn find(node: &Node, kind: RecordKind, id: String) -> Result<Option<RecordRow>> {
    node.read(async |connection: &Connection| find_within(connection, kind, &id).await).await
}

pub(super) async fn list(node: &Node, filter: RecordFilter, page: Page) -> Result<Listed<RecordRow>> {
    node.read(async |connection: &Connection| list_within(connection, &filter, page).await).await
}

async fn list_within(
    connection: &Connection,
    filter: &RecordFilter,
    page: Page,
) -> Result<Listed<RecordRow>, PostgresError> {
    let order = order(filter, page);
    if let Some(search) = RecordSearch::new(filter, page, &order, (DIALECT, search::most(filter.row_cost()))) {
        let found = run(connection, search).await?;
        let chosen = WhereClause::on_record_numbers(&found.ids, DIALECT);
        let rest = format!("WHERE {} ORDER BY {order}", chosen.sql());
        let rows = if chosen.is_empty() { Vec::new() } else { rows(connection, &rest, &bound(&chosen)).await? };
        return Ok(found.list(rows, None, page));
    }
    let condition = WhereClause::on_records(filter, page, DIALECT);
    let total = count_rows(connection, "record r", &condition).await?;
    let rest = format!("WHERE {} ORDER BY {order} {}", condition.sql(), page.window());
    Ok(Listed::counted(rows(connection, &rest, &bound(&condition)).await?, total))
}

/// The columns by which a page is sorted.
fn order(filter: &RecordFilter, page: Page) -> String {
    let direction = page.direction();
    match filter.sort {
        RecordOrder::Arrival => format!("r.seq {direction}"),
        RecordOrder::Name => format!("r.name {direction} NULLS {}, r.seq {direction}", nulls(page)),
        RecordOrder::Email => format!("r.email {direction} NULLS {}, r.seq {direction}", nulls(page)),
        RecordOrder::CreatedAt => format!("r.created_at {direction}, r.seq {direction}"),
    }
}

async fn run(connection: &Connection, search: RecordSearch) -> Result<Found, PostgresError> {
    let (sql, condition) = search.end_sql();
    let end = connection.query_once(&sql, &bound(condition)).await?.first().map(|row| int(row, 0));
    let (sql, condition) = search.matches_sql();
    let matches = connection.query_once(&sql, &bound(condition)).await?;
    let matches: Vec<i64> = matches.iter().map(|row| int(row, 0)).collect();
    Ok(search.finish(&matches, end))
}

/// Nothing sorts before everything.
fn nulls(page: Page) -> &'static str {
    if page.oldest_first { "FIRST" } else { "LAST" }
}

pub(super) async fn after(node: &Node, after: i64, limit: u64) -> Result<Vec<(i64, RecordRow)>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    node.read(async |connection: &Connection| {
        let found = rows(connection, "WHERE r.seq > $1 ORDER BY r.seq LIMIT $2", args![after, limit]).await?;
        Ok(found.into_iter().map(|row| (row.seq, row)).collect())
    })
    .await
}

pub(super) async fn summaries(node: &Node) -> Result<Vec<RecordSummary>> {
    node.read(async |connection: &Connection| {
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
