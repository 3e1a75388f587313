//! Reading events, a page at a time.

use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use crate::clock::Timestamp;
use crate::event::{EventId, Resource};
use crate::store::checksum::EventContent;
use crate::store::db_codes::{EVENT_COLUMNS, EVENT_TABLES};
use crate::store::search::{Search, Source, count_bound};
use crate::store::sqlite::read::release_pages;
use crate::store::sqlite::read::search::{self, STRETCH};
use crate::store::sqlite::read::where_clause::{DIALECT, SEARCH_DIALECT, count_up_to};
use crate::store::where_clause::WhereClause;
use crate::store::{EventFilter, EventRow, Listed, Page, Schedule, db_codes};

/// Events in the order of their numbers.
const BY_NUMBER: Source =
    Source { table: "event e", number: "e.seq", indexed: &[], times: Some(("event e", "e.created_at")) };

pub(crate) fn events(connection: &Connection, filter: &EventFilter, page: Page) -> rusqlite::Result<Listed<EventRow>> {
    if !filter.is_everything() && filter.places.is_empty() {
        return searched(connection, filter, page);
    }
    let condition = WhereClause::on_events(filter, page, DIALECT);
    let rows = page_of_events(connection, filter, page)?;
    if condition.is_empty() {
        let counted = "SELECT value FROM figure WHERE name = 'events'";
        let total = connection.query_row(counted, [], |row| row.get::<_, i64>(0))?;
        return Ok(Listed::counted(rows, total.unsigned_abs()));
    }
    let (bound, counted) = (count_bound(page), if condition.refers_to("k") { EVENT_TABLES } else { "event e" });
    Ok(Listed::counted_up_to(rows, count_up_to(connection, counted, &condition, bound)?, bound))
}

fn searched(connection: &Connection, filter: &EventFilter, page: Page) -> rusqlite::Result<Listed<EventRow>> {
    let search = Search::new(BY_NUMBER, page, filter.past, filter.row_cost().rows(), STRETCH);
    let condition = WhereClause::on_events(filter, page, SEARCH_DIALECT);
    let (candidates, window) = (filter.candidates(SEARCH_DIALECT.selects), Search::window(filter.since, filter.until));
    let tables = "event e CROSS JOIN kind k ON k.id = e.kind";
    let found = search::run(connection, search, tables, condition, candidates, window)?;
    search::list(found, None, page, |numbers, whole| page_of_events(connection, &EventFilter::numbered(numbers), whole))
}

/// The rows alone.
pub(crate) fn page_of_events(
    connection: &Connection,
    filter: &EventFilter,
    page: Page,
) -> rusqlite::Result<Vec<EventRow>> {
    let condition = WhereClause::on_events(filter, page, DIALECT);
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM {EVENT_TABLES} WHERE {} ORDER BY e.seq {} {}",
        condition.sql(),
        page.direction(),
        page.window(),
    );
    let mut rows = connection
        .prepare(&sql)?
        .query_map(params_from_iter(condition.values()), |row| event_row(row, 0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    add_states(connection, &mut rows)?;
    rows.iter_mut().try_for_each(|row| add_schedule(connection, row))?;
    Ok(rows)
}

/// Events with the bytes that are sent.
pub(crate) fn events_with_bodies(
    connection: &Connection,
    filter: &EventFilter,
    page: Page,
) -> rusqlite::Result<Vec<(EventRow, Vec<u8>)>> {
    let condition = WhereClause::on_events(filter, page, DIALECT);
    let sql = format!(
        "SELECT {EVENT_COLUMNS}, e.body, e.checksum FROM {EVENT_TABLES} WHERE {} ORDER BY e.seq {} {}",
        condition.sql(),
        page.direction(),
        page.window(),
    );
    let mut events = connection
        .prepare(&sql)?
        .query_map(params_from_iter(condition.values()), with_body)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    events.iter_mut().try_for_each(|(row, _)| add_schedule(connection, row))?;
    release_pages(connection, events.len())?;
    Ok(events)
}

fn with_body(row: &Row<'_>) -> rusqlite::Result<(EventRow, Vec<u8>)> {
    let (event, body) = (event_row(row, 0)?, row.get::<_, Vec<u8>>(7)?);
    EventContent { id: event.id.as_str(), event_type: &event.event_type, body: &body }.check_in(row, 8)?;
    Ok((event, body))
}

pub(crate) fn event_row(row: &Row<'_>, at: usize) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        seq: row.get(at)?,
        id: EventId::stored(row.get(at + 1)?),
        event_type: row.get(at + 2)?,
        resource: Resource { kind: row.get(at + 3)?, id: row.get(at + 4)? },
        timestamp: Timestamp::from_millis(row.get(at + 5)?),
        created_at: Timestamp::from_millis(row.get(at + 6)?),
        states: Vec::new(),
        schedule: None,
    })
}

/// Adds the states of the deliveries of each event.
fn add_states(connection: &Connection, rows: &mut [EventRow]) -> rusqlite::Result<()> {
    let mut states = connection.prepare_cached(
        "SELECT d.state, NOT p.configured OR p.paused_by IS NOT NULL FROM delivery d JOIN endpoint p ON p.id = d.endpoint
         WHERE d.event = ?1 ORDER BY d.id",
    )?;
    for row in rows {
        let found = states.query_map([row.seq], |row| Ok(db_codes::state(row.get(0)?, row.get(1)?)))?;
        row.states = found.collect::<rusqlite::Result<_>>()?;
    }
    Ok(())
}

/// Adds where an event stands with the time it was to be sent at.
pub(crate) fn add_schedule(connection: &Connection, event: &mut EventRow) -> rusqlite::Result<()> {
    let time = |row: &Row<'_>, at| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.map(Timestamp::from_millis));
    event.schedule = connection
        .prepare_cached("SELECT at, queued_at, cancelled_at FROM scheduled WHERE event = ?1")?
        .query_row([event.seq], |row| {
            Ok(Schedule::read(Timestamp::from_millis(row.get(0)?), time(row, 1)?, time(row, 2)?))
        })
        .optional()?;
    Ok(())
}
