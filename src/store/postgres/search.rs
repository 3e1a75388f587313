//! Running a search, see [`Search`].

use tokio_postgres::types::{ToSql, Type};

use super::connection::Connection;
use super::error::PostgresError;
use super::row::int;
use super::where_clause::{SEARCH_DIALECT, bound};
use crate::clock::Timestamp;
use crate::store::search::{self, Found, MAX_CANDIDATES, RowCost, Search, Source, TimePlace};
use crate::store::where_clause::{Candidates, WhereClause};
use crate::store::{Listed, Page};

/// Rows that are looked at by one statement, each of which is a way to the server and back.
pub(super) const STRETCH: u64 = 10_000;

/// Deliveries that are looked up one by one at most, where a search need not be bounded.
pub(super) const LOOKED_UP: u64 = search::LOOKED_UP / 3;

/// Rows that are looked at: fewer than in a file, because each costs two to three times as much.
pub(super) fn most(cost: RowCost) -> u64 {
    match cost {
        RowCost::Row => cost.rows() / 3,
        RowCost::Joined | RowCost::LastAttempt => cost.rows() / 2,
    }
}

/// Tables are joined in the order in which they are named, and rows of the others looked up by their keys, whatever the statistics
/// say: a table that is read whole costs more, the more it has.
const BY_KEYS: &str =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
    SET LOCAL join_collapse_limit = 1";

/// Has the rest of a transaction look rows up by their keys.
pub(super) async fn look_up_by_keys(connection: &Connection) -> Result<(), PostgresError> {
    connection.execute_all(BY_KEYS).await
}

/// The first of these that are few enough to look at all.
pub(super) async fn few(
    connection: &Connection,
    candidates: Vec<Candidates>,
) -> Result<Option<Vec<i64>>, PostgresError> {
    for candidates in candidates {
        let value: Vec<(&(dyn ToSql + Sync), Type)> =
            candidates.value.iter().map(|value| (value as &(dyn ToSql + Sync), Type::TEXT)).collect();
        if let Some(events) = candidates.events_sql(SEARCH_DIALECT) {
            let count = connection.query_once(&events, &value).await?;
            if count.first().is_some_and(|row| int(row, 0).unsigned_abs() > MAX_CANDIDATES) {
                continue;
            }
        }
        let found = connection.query_once(&candidates.ids_sql(SEARCH_DIALECT), &value).await?;
        if found.len() as u64 <= MAX_CANDIDATES {
            return Ok(Some(found.iter().map(|row| int(row, 0)).collect()));
        }
    }
    Ok(None)
}

/// Bounds a search to the rows between two times, where numbers rise with times.
async fn set_bounds(
    connection: &Connection,
    search: &mut Search,
    [since, until]: [Option<Timestamp>; 2],
) -> Result<(), PostgresError> {
    let source = search.source();
    let mut places = [None; 2];
    for (place, time) in places.iter_mut().zip([since, until]) {
        if let Some(time) = time {
            *place = Some(place_of(connection, source, time).await?);
        }
    }
    search.bound(places[0], places[1]);
    Ok(())
}

/// The number from which on rows are not earlier than `time`.
pub(super) async fn place_of(connection: &Connection, source: Source, time: Timestamp) -> Result<i64, PostgresError> {
    let Source { number, table, .. } = source;
    let newest = format!("SELECT {number} FROM {table} ORDER BY {number} DESC LIMIT 1");
    let newest = connection.query_once(&newest, &[]).await?;
    let mut place = TimePlace::new(source, time, newest.first().map_or(0, |row| int(row, 0)));
    while let Some(sql) = place.sql() {
        place.add(connection.query_once(&sql, &[]).await?.first().map(|row| (int(row, 0), int(row, 1))));
    }
    Ok(place.found())
}

/// Runs a search to its end: among the first of `candidates` that are few, else between the two times.
pub(super) async fn run(
    connection: &Connection,
    mut search: Search,
    tables: &str,
    mut condition: WhereClause,
    candidates: Vec<Candidates>,
    window: [Option<Timestamp>; 2],
) -> Result<Found, PostgresError> {
    look_up_by_keys(connection).await?;
    if let Some(few) = few(connection, candidates).await? {
        condition.one_of(search.source().number, few.iter().copied());
        let all = match few.is_empty() {
            true => Vec::new(),
            false => numbers(connection, &search.all_sql(tables, &condition.sql()), &condition).await?,
        };
        search.add(&all, None);
        return Ok(search.finish());
    }
    set_bounds(connection, &mut search, window).await?;
    while let Some(end) = search.end_sql() {
        let end = connection.query_once(&end, &[]).await?.first().map(|row| int(row, 0));
        let matches = search.matches_sql(tables, &condition.sql(), SEARCH_DIALECT.among, end);
        search.add(&numbers(connection, &matches, &condition).await?, end);
    }
    Ok(search.finish())
}

/// The list of what was found, whose rows `read` reads by their numbers, all on one page.
pub(super) async fn list<T>(
    found: Found,
    counted: Option<u64>,
    page: Page,
    read: impl AsyncFnOnce(Vec<i64>, Page) -> Result<Vec<T>, PostgresError>,
) -> Result<Listed<T>, PostgresError> {
    let numbers = found.ids.clone();
    let rows = if numbers.is_empty() { Vec::new() } else { read(numbers, Page { number: 1, ..page }).await? };
    Ok(found.list(rows, counted, page))
}

/// The numbers that a statement finds.
pub(super) async fn numbers(
    connection: &Connection,
    sql: &str,
    condition: &WhereClause,
) -> Result<Vec<i64>, PostgresError> {
    let rows = connection.query_once(sql, &bound(condition)).await?;
    Ok(rows.iter().map(|row| int(row, 0)).collect())
}
