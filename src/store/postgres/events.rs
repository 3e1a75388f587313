//! Reading events, a page at a time.

use std::collections::HashMap;

use tokio_postgres::Row;

use super::checksum::EventContent;
use super::client::Client;
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::row::{int, maybe_time, time};
use super::where_clause::{DIALECT, SEARCH_DIALECT, bound, count_up_to, state_of};
use super::{EventFilter, EventRow, Listed, Page, Result, Schedule, figures, search};
use crate::delivery::State;
use crate::event::{EventId, Resource};
use crate::store::db_codes::{EVENT_COLUMNS, EVENT_TABLES};
use crate::store::search::{Search, Source, count_bound};
use crate::store::where_clause::WhereClause;

/// Events in the order of their numbers.
const BY_NUMBER: Source =
    Source { table: "event e", number: "e.seq", indexed: &[], times: Some(("event e", "e.created_at")) };

pub(super) async fn events(client: &Client, filter: EventFilter, page: Page) -> Result<Listed<EventRow>> {
    client.read(async |connection: &Connection| events_within(connection, &filter, page).await).await
}

async fn events_within(
    connection: &Connection,
    filter: &EventFilter,
    page: Page,
) -> Result<Listed<EventRow>, PostgresError> {
    if !filter.is_everything() && filter.places.is_empty() {
        return searched(connection, filter, page).await;
    }
    let condition = WhereClause::on_events(filter, page, DIALECT);
    let rows = rows_within(connection, filter, page).await?;
    if condition.is_empty() {
        return Ok(Listed::counted(rows, figures::events(connection).await?.unsigned_abs()));
    }
    let (bound, counted) = (count_bound(page), if condition.refers_to("k") { EVENT_TABLES } else { "event e" });
    Ok(Listed::counted_up_to(rows, count_up_to(connection, counted, &condition, bound).await?, bound))
}

async fn searched(
    connection: &Connection,
    filter: &EventFilter,
    page: Page,
) -> Result<Listed<EventRow>, PostgresError> {
    let search = Search::new(BY_NUMBER, page, filter.past, search::most(filter.row_cost()), search::STRETCH);
    let condition = WhereClause::on_events(filter, page, SEARCH_DIALECT);
    let (candidates, window) = (filter.candidates(SEARCH_DIALECT.selects), Search::window(filter.since, filter.until));
    let found = search::run(connection, search, EVENT_TABLES, condition, candidates, window).await?;
    search::list(found, None, page, async |numbers, whole| {
        rows_within(connection, &EventFilter::numbered(numbers), whole).await
    })
    .await
}

/// The rows of a page alone.
pub(super) async fn page_of_events(client: &Client, filter: EventFilter, page: Page) -> Result<Vec<EventRow>> {
    client.read(async |connection: &Connection| rows_within(connection, &filter, page).await).await
}

async fn rows_within(
    connection: &Connection,
    filter: &EventFilter,
    page: Page,
) -> Result<Vec<EventRow>, PostgresError> {
    let condition = WhereClause::on_events(filter, page, DIALECT);
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM {EVENT_TABLES} WHERE {} ORDER BY e.seq {} {}",
        condition.sql(),
        page.direction(),
        page.window(),
    );
    let rows = connection.query_once(&sql, &bound(&condition)).await?;
    let mut rows: Vec<EventRow> = rows.iter().map(|row| event_row(row, 0)).collect();
    add_states(connection, &mut rows).await?;
    add_schedules(connection, &mut rows).await?;
    Ok(rows)
}

/// Events with the bytes that are sent.
pub(super) async fn events_with_bodies(
    client: &Client,
    filter: EventFilter,
    page: Page,
) -> Result<Vec<(EventRow, Vec<u8>)>> {
    let condition = WhereClause::on_events(&filter, page, DIALECT);
    let sql = format!(
        "SELECT {EVENT_COLUMNS}, e.body, e.checksum FROM {EVENT_TABLES} WHERE {} ORDER BY e.seq {} {}",
        condition.sql(),
        page.direction(),
        page.window(),
    );
    client
        .read(async |connection: &Connection| {
            let found = connection.query_once(&sql, &bound(&condition)).await?;
            let (mut rows, mut bodies) = (Vec::new(), Vec::new());
            for row in &found {
                let (event, body) = with_body(row)?;
                rows.push(event);
                bodies.push(body);
            }
            add_schedules(connection, &mut rows).await?;
            Ok(rows.into_iter().zip(bodies).collect())
        })
        .await
}

/// An event with the bytes that are sent, which have to be those that were emitted.
fn with_body(found: &Row) -> Result<(EventRow, Vec<u8>), PostgresError> {
    let (row, body) = (event_row(found, 0), found.get::<_, Vec<u8>>(7));
    EventContent { id: row.id.as_str(), event_type: &row.event_type, body: &body }.check(int(found, 8))?;
    Ok((row, body))
}

pub(super) fn event_row(row: &Row, at: usize) -> EventRow {
    EventRow {
        seq: int(row, at),
        id: EventId::stored(row.get(at + 1)),
        event_type: row.get(at + 2),
        resource: Resource { kind: row.get(at + 3), id: row.get(at + 4) },
        timestamp: time(row, at + 5),
        created_at: time(row, at + 6),
        states: Vec::new(),
        schedule: None,
    }
}

/// Adds the states of the deliveries of each event.
async fn add_states(connection: &Connection, rows: &mut [EventRow]) -> Result<(), PostgresError> {
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let found = connection
        .query(
            "SELECT d.event, d.state, NOT p.configured OR p.paused_by IS NOT NULL,
                EXISTS (SELECT FROM flight f WHERE f.endpoint = d.endpoint AND d.id = ANY (f.ids))
             FROM delivery d JOIN endpoint p ON p.id = d.endpoint WHERE d.event = ANY ($1) ORDER BY d.id",
            args![seqs],
        )
        .await?;
    let mut states: HashMap<i64, Vec<State>> = HashMap::new();
    for row in &found {
        states.entry(int(row, 0)).or_default().push(state_of(int(row, 1), row.get(3), row.get(2)));
    }
    for row in rows {
        row.states = states.remove(&row.seq).unwrap_or_default();
    }
    Ok(())
}

/// Adds where each event stands with the time it was to be sent at.
pub(super) async fn add_schedules(connection: &Connection, rows: &mut [EventRow]) -> Result<(), PostgresError> {
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let found = connection
        .query("SELECT event, at, queued_at, cancelled_at FROM scheduled WHERE event = ANY ($1)", args![seqs])
        .await?;
    let schedule = |row: &Row| Schedule::read(time(row, 1), maybe_time(row, 2), maybe_time(row, 3));
    let schedules: HashMap<i64, Schedule> = found.iter().map(|row| (int(row, 0), schedule(row))).collect();
    rows.iter_mut().for_each(|row| row.schedule = schedules.get(&row.seq).copied());
    Ok(())
}
