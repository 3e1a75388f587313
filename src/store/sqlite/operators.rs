//! Sessions of operators, what they did, and the wrong secrets of others.

use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};

use crate::clock::Timestamp;
use crate::store::operators::{
    ActionFilter, ActionRow, MAX_COUNTED_SOURCES, MAX_SESSIONS, NewAction, NewSession, SessionRow, WrongSecretCount,
};
use crate::store::search::{RowCost, Search, Source, count_bound};
use crate::store::sqlite::read::search::{self, STRETCH};
use crate::store::sqlite::read::where_clause::{DIALECT, SEARCH_DIALECT, count_up_to};
use crate::store::where_clause::WhereClause;
use crate::store::{Listed, Page};

pub(crate) fn begin_session(connection: &Connection, session: &NewSession, now: Timestamp) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM session WHERE until <= ?1")?.execute([now.as_millis()])?;
    connection
        .prepare_cached(
            "INSERT INTO session (name, token, operator, source, began_at, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            session.name,
            session.token,
            session.operator,
            session.source,
            now.as_millis(),
            session.until.as_millis()
        ])?;
    connection
        .prepare_cached("DELETE FROM session WHERE id NOT IN (SELECT id FROM session ORDER BY id DESC LIMIT ?1)")?
        .execute([i64::try_from(MAX_SESSIONS).unwrap_or(i64::MAX)])?;
    Ok(())
}

pub(crate) fn count_wrong_secrets(
    connection: &Connection,
    guesses: &[WrongSecretCount],
    now: Timestamp,
) -> rusqlite::Result<Vec<u64>> {
    connection.prepare_cached("DELETE FROM guess WHERE minute < ?1")?.execute([now.minute()])?;
    let counted: i64 = connection.prepare_cached("SELECT count(*) FROM guess")?.query_row([], |row| row.get(0))?;
    let mut room = MAX_COUNTED_SOURCES.saturating_sub(counted.unsigned_abs());
    let mut add = connection
        .prepare_cached("UPDATE guess SET count = count + ?3 WHERE minute = ?1 AND source = ?2 RETURNING count")?;
    let mut begin = connection.prepare_cached("INSERT INTO guess (minute, source, count) VALUES (?1, ?2, ?3)")?;
    let mut total = |guesses: &WrongSecretCount| {
        let values = params![now.minute(), guesses.source, i64::try_from(guesses.count).unwrap_or(i64::MAX)];
        if let Some(total) = add.query_row(values, |row| row.get::<_, i64>(0)).optional()? {
            return Ok(total.unsigned_abs());
        }
        if room > 0 {
            room -= 1;
            begin.execute(values)?;
        }
        Ok(guesses.count)
    };
    guesses.iter().map(&mut total).collect()
}

const SESSION_COLUMNS: &str = "id, token, operator, source, began_at, until";

pub(crate) fn session(connection: &Connection, name: [u8; 32], now: Timestamp) -> rusqlite::Result<Option<SessionRow>> {
    connection
        .prepare_cached(&format!("SELECT {SESSION_COLUMNS} FROM session WHERE name = ?1 AND until > ?2"))?
        .query_row(params![name, now.as_millis()], session_row)
        .optional()
}

pub(crate) fn sessions(connection: &Connection, now: Timestamp) -> rusqlite::Result<Vec<SessionRow>> {
    connection
        .prepare_cached(&format!("SELECT {SESSION_COLUMNS} FROM session WHERE until > ?1 ORDER BY id DESC"))?
        .query_map([now.as_millis()], session_row)?
        .collect()
}

fn session_row(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        id: row.get(0)?,
        token: row.get(1)?,
        operator: row.get(2)?,
        source: row.get(3)?,
        began_at: Timestamp::from_millis(row.get(4)?),
        until: Timestamp::from_millis(row.get(5)?),
    })
}

pub(crate) fn end_session(connection: &Connection, id: i64) -> rusqlite::Result<bool> {
    Ok(connection.prepare_cached("DELETE FROM session WHERE id = ?1")?.execute([id])? > 0)
}

pub(crate) fn record_action(connection: &Connection, action: &NewAction, now: Timestamp) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO operator_action (at, operator, source, action, target) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![now.as_millis(), action.operator, action.source, action.action, action.target])?;
    Ok(connection.last_insert_rowid())
}

pub(crate) fn settle_action(connection: &Connection, id: i64, outcome: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE operator_action SET outcome = ?2 WHERE id = ?1")?
        .execute(params![id, outcome])
        .map(drop)
}

const ACTION_COLUMNS: &str = "id, at, operator, source, action, target, outcome";

pub(crate) fn action(connection: &Connection, id: i64) -> rusqlite::Result<Option<ActionRow>> {
    connection
        .prepare_cached(&format!("SELECT {ACTION_COLUMNS} FROM operator_action WHERE id = ?1"))?
        .query_row([id], action_row)
        .optional()
}

pub(crate) fn actions(
    connection: &Connection,
    filter: &ActionFilter,
    page: Page,
) -> rusqlite::Result<Listed<ActionRow>> {
    if filter.needs_search() {
        return searched_actions(connection, filter, page);
    }
    let condition = WhereClause::on_actions(filter, page, DIALECT);
    let bound = count_bound(page);
    let found = count_up_to(connection, "operator_action", &condition, bound)?;
    Ok(Listed::counted_up_to(page_of_actions(connection, &condition, page)?, found, bound))
}

/// The log in the order in which it was written.
const BY_NUMBER: Source =
    Source { table: "operator_action", number: "id", indexed: &[], times: Some(("operator_action", "at")) };

fn searched_actions(connection: &Connection, filter: &ActionFilter, page: Page) -> rusqlite::Result<Listed<ActionRow>> {
    let search = Search::new(BY_NUMBER, page, filter.past, RowCost::Row.rows(), STRETCH);
    let condition = WhereClause::on_actions(filter, page, SEARCH_DIALECT);
    let window = Search::window(filter.since, filter.until);
    let found = search::run(connection, search, "operator_action", condition, Vec::new(), window)?;
    let read = |numbers, whole| {
        let chosen = WhereClause::on_action_numbers(numbers, DIALECT);
        page_of_actions(connection, &chosen, whole)
    };
    search::list(found, None, page, read)
}

fn page_of_actions(connection: &Connection, condition: &WhereClause, page: Page) -> rusqlite::Result<Vec<ActionRow>> {
    let sql = format!(
        "SELECT {ACTION_COLUMNS} FROM operator_action WHERE {} ORDER BY id {} {}",
        condition.sql(),
        page.direction(),
        page.window(),
    );
    connection.prepare(&sql)?.query_map(params_from_iter(condition.values()), action_row)?.collect()
}

fn action_row(row: &Row<'_>) -> rusqlite::Result<ActionRow> {
    Ok(ActionRow {
        id: row.get(0)?,
        at: Timestamp::from_millis(row.get(1)?),
        operator: row.get(2)?,
        source: row.get(3)?,
        action: row.get(4)?,
        target: row.get(5)?,
        outcome: row.get(6)?,
    })
}
