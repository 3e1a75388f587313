//! Reading attempts: those of an event, and the log of all.

use std::time::Duration;

use rusqlite::{Connection, Row, params_from_iter};

use crate::clock::Timestamp;
use crate::store::db_codes::{AFTER_FAILURE, EVENT_COLUMNS};
use crate::store::search::{RowCost, Search, Source, count_bound};
use crate::store::sqlite::read::events::event_row;
use crate::store::sqlite::read::search::{self, STRETCH};
use crate::store::sqlite::read::where_clause::{DIALECT, SEARCH_DIALECT, count_up_to};
use crate::store::where_clause::{FAILED_ATTEMPTS, WhereClause};
use crate::store::{AttemptFilter, AttemptRow, DeliveryId, Listed, LoggedAttempt, Page, db_codes};

const ATTEMPT_COLUMNS: &str =
    "a.number, p.name, a.delivery, a.trigger, a.started_at, a.took_us, a.outcome, a.status, a.detail, a.response";

fn attempt_row(row: &Row<'_>, at: usize) -> rusqlite::Result<AttemptRow> {
    Ok(AttemptRow {
        number: row.get(at)?,
        endpoint: row.get(at + 1)?,
        delivery: DeliveryId(row.get(at + 2)?),
        trigger: db_codes::trigger(row.get(at + 3)?),
        started_at: Timestamp::from_millis(row.get(at + 4)?),
        took: took(row.get(at + 5)?),
        outcome: db_codes::outcome(row.get(at + 6)?, row.get(at + 7)?),
        detail: row.get(at + 8)?,
        response: row.get::<_, Option<Vec<u8>>>(at + 9)?.unwrap_or_default(),
    })
}

pub(crate) fn took(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}

/// The attempts to deliver an event, oldest first.
pub(crate) fn of_event(connection: &Connection, event: i64) -> rusqlite::Result<Vec<AttemptRow>> {
    let sql = format!(
        "SELECT {ATTEMPT_COLUMNS} FROM delivery d JOIN attempt a ON a.delivery = d.id JOIN endpoint p ON p.id = d.endpoint
         WHERE d.event = ?1 ORDER BY a.id"
    );
    connection.prepare_cached(&sql)?.query_map([event], |row| attempt_row(row, 0))?.collect()
}

/// Attempts come first whatever the filter: a page is then read from the end of the log, not sorted out of all of it.
const LOG_TABLES: &str = "attempt a CROSS JOIN delivery d ON d.id = a.delivery CROSS JOIN event e ON e.seq = d.event
    CROSS JOIN kind k ON k.id = e.kind CROSS JOIN endpoint p ON p.id = d.endpoint";

/// The log in the order in which attempts ended, which is not that in which they began.
pub(crate) const BY_NUMBER: Source = Source {
    table: "attempt a",
    number: "a.id",
    indexed: &[],
    times: Some(("attempt a", "a.started_at + a.took_us / 1000")),
};

/// The attempts that failed, by an index of their own.
const FAILED_BY_NUMBER: Source = Source { indexed: FAILED_ATTEMPTS, ..BY_NUMBER };

pub(crate) fn logged(
    connection: &Connection,
    filter: &AttemptFilter,
    page: Page,
) -> rusqlite::Result<Listed<LoggedAttempt>> {
    if filter.needs_search() {
        return searched(connection, filter, page);
    }
    let condition = WhereClause::on_attempts(filter, page, DIALECT);
    let is_joined = ["d", "e", "k", "p"].iter().any(|alias| condition.refers_to(alias));
    let counted = if is_joined { LOG_TABLES } else { "attempt a" };
    let bound = count_bound(page);
    let found = count_up_to(connection, counted, &condition, bound)?;
    Ok(Listed::counted_up_to(page_of_logged(connection, filter, page)?, found, bound))
}

fn searched(connection: &Connection, filter: &AttemptFilter, page: Page) -> rusqlite::Result<Listed<LoggedAttempt>> {
    let source = if filter.is_about_failures() { FAILED_BY_NUMBER } else { BY_NUMBER };
    let past = if page.oldest_first { filter.past.max(filter.after) } else { filter.past };
    let search = Search::new(source, page, past, filter.row_cost().rows(), STRETCH);
    let condition = WhereClause::on_attempts(filter, page, SEARCH_DIALECT);
    let tables = if filter.row_cost() == RowCost::Row { "attempt a" } else { LOG_TABLES };
    let window = Search::window(filter.since, filter.until);
    let found = search::run(connection, search, tables, condition, filter.candidates(), window)?;
    search::list(found, None, page, |numbers, whole| {
        page_of_logged(connection, &AttemptFilter::numbered(numbers), whole)
    })
}

/// The rows alone.
pub(crate) fn page_of_logged(
    connection: &Connection,
    filter: &AttemptFilter,
    page: Page,
) -> rusqlite::Result<Vec<LoggedAttempt>> {
    let condition = WhereClause::on_attempts(filter, page, DIALECT);
    let sql = format!(
        "SELECT {EVENT_COLUMNS}, {ATTEMPT_COLUMNS}, {AFTER_FAILURE}, a.id
         FROM {LOG_TABLES} WHERE {} ORDER BY a.id {} {}",
        condition.sql(),
        page.direction(),
        page.window(),
    );
    connection
        .prepare(&sql)?
        .query_map(params_from_iter(condition.values()), |row| {
            Ok(LoggedAttempt {
                event: event_row(row, 0)?,
                attempt: attempt_row(row, 7)?,
                after_failure: row.get::<_, Option<bool>>(17)?.unwrap_or(false),
                place: row.get(18)?,
            })
        })?
        .collect()
}
