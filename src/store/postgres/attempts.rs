//! Reading attempts: those of an event, and the log of all.

use std::time::Duration;

use tokio_postgres::Row;

use super::client::Client;
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::events::event_row;
use super::row::{count, int, maybe_int, time};
use super::where_clause::{DIALECT, SEARCH_DIALECT, bound, count_up_to};
use super::{AttemptFilter, DeliveryId, Listed, LoggedAttempt, Page, Result, db_codes, search};
use crate::store::AttemptRow;
use crate::store::db_codes::{AFTER_FAILURE, EVENT_COLUMNS};
use crate::store::search::{Search, Source, count_bound};
use crate::store::where_clause::{FAILED_ATTEMPTS, WhereClause};

const ATTEMPT_COLUMNS: &str =
    "a.number, p.name, a.delivery, a.trigger, a.started_at, a.took_us, a.outcome, a.status, a.detail, a.response";

fn attempt_row(row: &Row, at: usize) -> AttemptRow {
    let status = maybe_int(row, at + 7).and_then(|status| u16::try_from(status).ok());
    AttemptRow {
        number: count(row, at),
        endpoint: row.get(at + 1),
        delivery: DeliveryId(int(row, at + 2)),
        trigger: db_codes::trigger(int(row, at + 3)),
        started_at: time(row, at + 4),
        took: took(int(row, at + 5)),
        outcome: db_codes::outcome(int(row, at + 6), status),
        detail: row.get(at + 8),
        response: row.get::<_, Option<Vec<u8>>>(at + 9).unwrap_or_default(),
    }
}

pub(super) fn took(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}

/// The attempts to deliver an event, oldest first.
pub(super) async fn of_event(connection: &Connection, event: i64) -> Result<Vec<AttemptRow>, PostgresError> {
    let sql = format!(
        "SELECT {ATTEMPT_COLUMNS} FROM delivery d JOIN attempt a ON a.delivery = d.id
         JOIN endpoint p ON p.id = d.endpoint WHERE d.event = $1 ORDER BY a.id"
    );
    let rows = connection.query_once(&sql, args![event]).await?;
    Ok(rows.iter().map(|row| attempt_row(row, 0)).collect())
}

const LOG_TABLES: &str = "attempt a JOIN delivery d ON d.id = a.delivery JOIN event e ON e.seq = d.event
    JOIN kind k ON k.id = e.kind JOIN endpoint p ON p.id = d.endpoint";

/// What a search compares besides, looked up row by row: the planner would read all deliveries for a part of the attempts, which
/// `OFFSET 0` keeps it from.
const SEARCHED: &[(&[&str], &str)] = &[
    (&["p", "e", "k"], "CROSS JOIN LATERAL (SELECT event, endpoint FROM delivery WHERE id = a.delivery OFFSET 0) d"),
    (&["e", "k"], "CROSS JOIN LATERAL (SELECT kind, resource_id FROM event WHERE seq = d.event OFFSET 0) e"),
    (&["k"], "JOIN kind k ON k.id = e.kind"),
    (&["p"], "JOIN endpoint p ON p.id = d.endpoint"),
];

/// The log in the order in which attempts ended, which is not that in which they began.
pub(super) const BY_NUMBER: Source = Source {
    table: "attempt a",
    number: "a.id",
    indexed: &[],
    times: Some(("attempt a", "a.started_at + a.took_us / 1000")),
};

/// The attempts that failed, by an index of their own.
const FAILED_BY_NUMBER: Source = Source { indexed: FAILED_ATTEMPTS, ..BY_NUMBER };

pub(super) async fn logged(client: &Client, filter: AttemptFilter, page: Page) -> Result<Listed<LoggedAttempt>> {
    client.read(async |connection: &Connection| logged_within(connection, &filter, page).await).await
}

async fn logged_within(
    connection: &Connection,
    filter: &AttemptFilter,
    page: Page,
) -> Result<Listed<LoggedAttempt>, PostgresError> {
    // Without any condition as well: a server counts a million rows more slowly than it finds a page.
    if filter.places.is_empty() && filter.latest.is_none() {
        return searched(connection, filter, page).await;
    }
    let condition = WhereClause::on_attempts(filter, page, DIALECT);
    // Few numbers are looked up, whatever else is asked of their rows.
    search::look_up_by_keys(connection).await?;
    let (bound, is_joined) = (count_bound(page), ["d", "e", "k", "p"].iter().any(|alias| condition.refers_to(alias)));
    let counted = if is_joined { LOG_TABLES } else { "attempt a" };
    let found = count_up_to(connection, counted, &condition, bound).await?;
    Ok(Listed::counted_up_to(rows_within(connection, filter, page).await?, found, bound))
}

async fn searched(
    connection: &Connection,
    filter: &AttemptFilter,
    page: Page,
) -> Result<Listed<LoggedAttempt>, PostgresError> {
    let source = if filter.is_about_failures() { FAILED_BY_NUMBER } else { BY_NUMBER };
    let past = if page.oldest_first { filter.past.max(filter.after) } else { filter.past };
    // What is compared of an event is looked up by two steps.
    let steps = if filter.event_type.is_some() || filter.resource_id.is_some() { 2 } else { 1 };
    let search = Search::new(source, page, past, search::most(filter.row_cost()) / steps, search::STRETCH);
    let condition = WhereClause::on_attempts(filter, page, SEARCH_DIALECT);
    let tables = condition.tables("attempt a", SEARCHED);
    let window = Search::window(filter.since, filter.until);
    let found = search::run(connection, search, &tables, condition, filter.candidates(), window).await?;
    search::list(found, None, page, async |numbers, whole| {
        rows_within(connection, &AttemptFilter::numbered(numbers), whole).await
    })
    .await
}

/// The rows alone.
pub(super) async fn page_of_logged(client: &Client, filter: &AttemptFilter, page: Page) -> Result<Vec<LoggedAttempt>> {
    client.read(async |connection: &Connection| rows_within(connection, filter, page).await).await
}

async fn rows_within(
    connection: &Connection,
    filter: &AttemptFilter,
    page: Page,
) -> Result<Vec<LoggedAttempt>, PostgresError> {
    let condition = WhereClause::on_attempts(filter, page, DIALECT);
    let sql = format!(
        "SELECT {EVENT_COLUMNS}, {ATTEMPT_COLUMNS}, {AFTER_FAILURE}, a.id
         FROM {LOG_TABLES} WHERE {} ORDER BY a.id {} {}",
        condition.sql(),
        page.direction(),
        page.window(),
    );
    let rows = connection.query_once(&sql, &bound(&condition)).await?;
    let read = |row: &Row| LoggedAttempt {
        event: event_row(row, 0),
        attempt: attempt_row(row, 7),
        after_failure: row.get::<_, Option<bool>>(17).unwrap_or(false),
        place: int(row, 18),
    };
    Ok(rows.iter().map(read).collect())
}
