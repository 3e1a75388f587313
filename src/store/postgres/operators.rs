//! Sessions of operators, what they did, and the wrong secrets of others.

use std::collections::HashMap;

use tokio_postgres::Row;

use super::client::Client;
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::row::{int, storable, time};
use super::where_clause::{DIALECT, SEARCH_DIALECT, bound, count_up_to};
use super::{Listed, Page, Result, search};
use crate::clock::Timestamp;
use crate::store::operators::{
    ActionFilter, ActionRow, MAX_COUNTED_SOURCES, MAX_SESSIONS, NewAction, NewSession, SessionRow, WrongSecretCount,
};
use crate::store::search::{RowCost, Search, Source, count_bound};
use crate::store::where_clause::WhereClause;

pub(super) async fn begin_session(client: &Client, session: NewSession, now: Timestamp) -> Result<()> {
    client
        .transact(async |connection: &Connection| {
            connection.query("DELETE FROM session WHERE until <= $1", args![now.as_millis()]).await?;
            let sql = "INSERT INTO session (name, token, operator, source, began_at, until)
            VALUES ($1, $2, $3, $4, $5, $6)";
            let (name, token) = (session.name.to_vec(), session.token.to_vec());
            let (operator, source) = (storable(&session.operator), storable(&session.source));
            let until = session.until.as_millis();
            connection.query(sql, args![name, token, operator, source, now.as_millis(), until]).await?;
            let sql = "DELETE FROM session WHERE id NOT IN (SELECT id FROM session ORDER BY id DESC LIMIT $1)";
            connection.query(sql, args![i64::try_from(MAX_SESSIONS).unwrap_or(i64::MAX)]).await?;
            Ok(())
        })
        .await
}

pub(super) async fn count_wrong_secrets(
    client: &Client,
    guesses: Vec<WrongSecretCount>,
    now: Timestamp,
) -> Result<Vec<u64>> {
    let minute = client.by_server(now).minute();
    let (sources, counts): (Vec<&str>, Vec<i64>) =
        guesses.iter().map(|it| (it.source.as_str(), i64::try_from(it.count).unwrap_or(i64::MAX))).unzip();
    let totals: HashMap<String, u64> = client
        .transact(async |connection: &Connection| {
            connection.query("DELETE FROM guess WHERE minute < $1", args![minute]).await?;
            let counted = connection.number("SELECT count(*) FROM guess", &[]).await?;
            let room = i64::try_from(MAX_COUNTED_SOURCES).unwrap_or(i64::MAX).saturating_sub(counted);
            // In one order, so that two servers never wait for each other.
            let sql = "INSERT INTO guess AS g (minute, source, count)
                SELECT $1, n.source, n.count FROM unnest($2, $3) WITH ORDINALITY AS n (source, count, at)
                WHERE n.at <= $4 OR EXISTS (SELECT FROM guess k WHERE k.minute = $1 AND k.source = n.source)
                ORDER BY n.source
                ON CONFLICT (minute, source) DO UPDATE SET count = g.count + EXCLUDED.count
                RETURNING source, count";
            let rows = connection.query(sql, args![minute, sources.clone(), counts.clone(), room]).await?;
            Ok(rows.iter().map(|row| (row.get(0), int(row, 1).unsigned_abs())).collect())
        })
        .await?;
    Ok(guesses.iter().map(|it| totals.get(&it.source).copied().unwrap_or(it.count)).collect())
}

pub(super) async fn session(client: &Client, name: [u8; 32], now: Timestamp) -> Result<Option<SessionRow>> {
    client
        .read(async |connection: &Connection| {
            let sql = "SELECT id, token, operator, source, began_at, until FROM session WHERE name = $1 AND until > $2";
            let row = connection.first(sql, args![name.to_vec(), now.as_millis()]).await?;
            Ok(row.as_ref().map(session_row))
        })
        .await
}

pub(super) async fn sessions(client: &Client, now: Timestamp) -> Result<Vec<SessionRow>> {
    client
        .read(async |connection: &Connection| {
            let sql =
                "SELECT id, token, operator, source, began_at, until FROM session WHERE until > $1 ORDER BY id DESC";
            let rows = connection.query(sql, args![now.as_millis()]).await?;
            Ok(rows.iter().map(session_row).collect())
        })
        .await
}

fn session_row(row: &Row) -> SessionRow {
    // A hash of another length matches no token, so the session is not open.
    let token = row.get::<_, Vec<u8>>(1).try_into().unwrap_or_default();
    SessionRow {
        id: int(row, 0),
        token,
        operator: row.get(2),
        source: row.get(3),
        began_at: time(row, 4),
        until: time(row, 5),
    }
}

pub(super) async fn end_session(client: &Client, id: i64) -> Result<bool> {
    client
        .transact(async |connection: &Connection| {
            Ok(connection.first("DELETE FROM session WHERE id = $1 RETURNING id", args![id]).await?.is_some())
        })
        .await
}

pub(super) async fn record_action(client: &Client, action: NewAction, now: Timestamp) -> Result<i64> {
    client
        .transact(async |connection: &Connection| {
            let sql = "INSERT INTO operator_action (at, operator, source, action, target) VALUES ($1, $2, $3, $4, $5)
            RETURNING id";
            let (operator, source) = (storable(&action.operator), storable(&action.source));
            let (name, target) = (action.action.to_owned(), storable(&action.target));
            connection.number(sql, args![now.as_millis(), operator, source, name, target]).await
        })
        .await
}

pub(super) async fn settle_action(client: &Client, id: i64, outcome: String) -> Result<()> {
    client
        .transact(async |connection: &Connection| {
            let sql = "UPDATE operator_action SET outcome = $2 WHERE id = $1";
            connection.query(sql, args![id, storable(&outcome)]).await.map(drop)
        })
        .await
}

const COLUMNS: &str = "id, at, operator, source, action, target, outcome";

pub(super) async fn action(client: &Client, id: i64) -> Result<Option<ActionRow>> {
    client
        .read(async |connection: &Connection| {
            let sql = "SELECT id, at, operator, source, action, target, outcome FROM operator_action WHERE id = $1";
            Ok(connection.first(sql, args![id]).await?.as_ref().map(action_row))
        })
        .await
}

pub(super) async fn actions(client: &Client, filter: ActionFilter, page: Page) -> Result<Listed<ActionRow>> {
    client
        .read(async |connection: &Connection| {
            if filter.needs_search() {
                return searched_actions(connection, &filter, page).await;
            }
            let condition = WhereClause::on_actions(&filter, page, DIALECT);
            let bound = count_bound(page);
            let found = count_up_to(connection, "operator_action", &condition, bound).await?;
            Ok(Listed::counted_up_to(page_of_actions(connection, &condition, page).await?, found, bound))
        })
        .await
}

/// The log in the order in which it was written.
const BY_NUMBER: Source =
    Source { table: "operator_action", number: "id", indexed: &[], times: Some(("operator_action", "at")) };

async fn searched_actions(
    connection: &Connection,
    filter: &ActionFilter,
    page: Page,
) -> Result<Listed<ActionRow>, PostgresError> {
    let search = Search::new(BY_NUMBER, page, filter.past, search::most(RowCost::Row), search::STRETCH);
    let condition = WhereClause::on_actions(filter, page, SEARCH_DIALECT);
    let window = Search::window(filter.since, filter.until);
    let found = search::run(connection, search, "operator_action", condition, Vec::new(), window).await?;
    let read = async |numbers, whole| {
        let chosen = WhereClause::on_action_numbers(numbers, DIALECT);
        page_of_actions(connection, &chosen, whole).await
    };
    search::list(found, None, page, read).await
}

async fn page_of_actions(
    connection: &Connection,
    condition: &WhereClause,
    page: Page,
) -> Result<Vec<ActionRow>, PostgresError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM operator_action WHERE {} ORDER BY id {} {}",
        condition.sql(),
        page.direction(),
        page.window(),
    );
    let rows = connection.query_once(&sql, &bound(condition)).await?;
    Ok(rows.iter().map(action_row).collect())
}

fn action_row(row: &Row) -> ActionRow {
    ActionRow {
        id: int(row, 0),
        at: time(row, 1),
        operator: row.get(2),
        source: row.get(3),
        action: row.get(4),
        target: row.get(5),
        outcome: row.get(6),
    }
}
