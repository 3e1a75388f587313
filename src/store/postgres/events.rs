//! Reading events, a page at a time.

use std::collections::HashMap;

use tokio_postgres::Row;

use super::checksum::EventContent;
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::figures;
use super::node::Node;
use super::row::{int, maybe_time, time};
use super::where_clause::{DIALECT, bound, count_rows, state_of};
use super::{EventFilter, EventRow, Listed, Page, Result, Schedule};
use crate::delivery::State;
use crate::event::{EventId, Resource};
use crate::store::where_clause::WhereClause;

/// What [`event_row`] reads.
pub(super) const EVENT_COLUMNS: &str = "e.seq, e.id, k.type, k.resource_type, e.resource_id, e.timestamp, e.created_at";

const EVENT_TABLES: &str = "event e JOIN kind k ON k.id = e.kind";

pub(super) async fn events(node: &Node, filter: EventFilter, page: Page) -> Result<Listed<EventRow>> {
    let condition = WhereClause::on_events(&filter, page, DIALECT);
    let tables = EVENT_TABLES;
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM {tables} WHERE {} ORDER BY e.seq {} {}",
        condition.sql(),
        page.direction(),
        page.window(),
    );
    node.read(async |connection: &Connection| {
        let total = match condition.is_empty() {
            true => figures::events(connection).await?.unsigned_abs(),
            false => count_rows(connection, tables, &condition).await?,
        };
        let rows = connection.query_once(&sql, &bound(&condition)).await?;
        let mut rows: Vec<EventRow> = rows.iter().map(|row| event_row(row, 0)).collect();
        add_states(connection, &mut rows).await?;
        add_schedules(connection, &mut rows).await?;
        Ok(Listed { rows, total })
    })
    .await
}

/// Events with the bytes that are sent.
pub(super) async fn events_with_bodies(
    node: &Node,
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
    node.read(async |connection: &Connection| {
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
