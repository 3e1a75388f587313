//! Lists of deliveries.

use serde::Serialize;

use super::{Cell, Column, Level, Report, Table, page_of};
use crate::clock::Timestamp;
use crate::delivery::{FailureReason, State};
use crate::endpoint::Payload;
use crate::event::EventId;
use crate::store::{DeliveryRow, Listed, Page};

/// A delivery in JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryView<'a> {
    id: i64,
    event_id: &'a str,
    event_type: &'a str,
    resource_id: &'a str,
    resource_type: &'a str,
    endpoint: &'a str,
    state: State,
    blocked: bool,
    blocked_by: Option<i64>,
    interrupted: bool,
    attempts: u32,
    attempts_used: u32,
    next_attempt_at: Option<Timestamp>,
    error: Option<&'a str>,
    status: Option<u16>,
    /// How long the last attempt took.
    duration_ms: Option<f64>,
    reason: Option<FailureReason>,
    payload: Payload,
    superseded_by: Option<&'a str>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<'a> DeliveryView<'a> {
    /// The view of a row.
    pub fn of(row: &'a DeliveryRow) -> Self {
        Self {
            id: row.id.0,
            event_id: row.event.id.as_str(),
            event_type: &row.event.event_type,
            resource_id: &row.event.resource.id,
            resource_type: &row.event.resource.kind,
            endpoint: &row.endpoint,
            state: row.state,
            blocked: row.blocked,
            blocked_by: row.blocked_by.map(|id| id.0),
            interrupted: row.abandoned,
            attempts: row.attempts,
            attempts_used: row.used,
            next_attempt_at: next_attempt(row),
            error: error_of(row),
            status: row.last_status,
            duration_ms: row.last_took.map(|took| took.as_secs_f64() * 1e3),
            reason: row.reason,
            payload: if row.whole_record { Payload::Full } else { Payload::Event },
            superseded_by: row.superseded_by.as_ref().map(EventId::as_str),
            created_at: row.event.created_at,
            updated_at: row.changed_at,
        }
    }
}

/// The earliest time of the next attempt: not before the endpoint's circuit is probed.
pub(super) fn next_attempt(row: &DeliveryRow) -> Option<Timestamp> {
    let next = row.rests_until.map_or(row.due_at, |until| until.max(row.due_at));
    (row.state == State::Pending && !row.blocked).then_some(next)
}

/// The last error, unless the delivery succeeded in the end.
fn error_of(row: &DeliveryRow) -> Option<&str> {
    match row.state {
        State::Delivered => None,
        _ => row.last_detail.as_deref(),
    }
}

/// The state of a delivery in words.
pub fn state_cell(row: &DeliveryRow) -> Cell {
    let (level, text) = match (row.state, row.reason) {
        (State::Delivered, _) => (Level::Good, "delivered".to_owned()),
        (State::Failed, Some(reason)) => (Level::Bad, format!("failed ({})", reason.name())),
        (State::Failed, None) => (Level::Bad, "failed".to_owned()),
        (State::Processing, _) if row.abandoned => (Level::Warning, "processing (interrupted)".to_owned()),
        (State::Processing, _) => (Level::Busy, "processing".to_owned()),
        (State::Held, _) => (Level::Quiet, "held".to_owned()),
        (State::Superseded, _) => (Level::Quiet, "superseded".to_owned()),
        (State::Pending, _) if row.blocked => (Level::Quiet, "pending (blocked)".to_owned()),
        (State::Pending, _) if row.attempts > 0 => (Level::Warning, "pending (retry)".to_owned()),
        (State::Pending, _) => (Level::Busy, "pending".to_owned()),
    };
    Cell::Level(level, text)
}

pub(super) const DELIVERIES: &[Column] = &[
    Column::number("id", "ID"),
    Column::text("state", "STATE"),
    Column::text("type", "TYPE"),
    Column::text("resource", "RESOURCE"),
    Column::text("endpoint", "ENDPOINT"),
    Column::number("attempts", "ATTEMPTS").optional(),
    Column::text("next", "NEXT ATTEMPT").optional(),
    Column::text("error", "ERROR").long(),
    Column::text("updated", "LAST UPDATED").optional(),
    Column::text("event", "EVENT").only_wide(),
];

fn delivery_cells(row: &DeliveryRow) -> Vec<Cell> {
    vec![
        row.id.0.into(),
        state_cell(row),
        row.event.event_type.clone().into(),
        row.event.resource.id.clone().into(),
        row.endpoint.clone().into(),
        row.attempts.into(),
        next_attempt(row).map_or(Cell::Empty, Cell::Due),
        error_of(row).into(),
        row.changed_at.into(),
        row.event.id.as_str().into(),
    ]
}

/// A page of deliveries.
pub fn list(listed: &Listed<DeliveryRow>, page: Page) -> Report {
    let views: Vec<_> = listed.rows.iter().map(DeliveryView::of).collect();
    let rows = listed.rows.iter().map(delivery_cells).collect();
    page_of(&views, DELIVERIES, rows, listed, page).with_names(listed.rows.iter().map(|row| row.id.0.to_string()))
}

/// The deliveries that a command would change, without pagination.
pub fn chosen(rows: &[DeliveryRow]) -> Table {
    Table::new(DELIVERIES, rows.iter().map(delivery_cells).collect())
}

const SENT_TO: &[Column] = &[
    Column::number("id", "DELIVERY"),
    Column::text("endpoint", "ENDPOINT"),
    Column::text("state", "STATE"),
    Column::number("attempts", "ATTEMPTS"),
    Column::text("next", "NEXT ATTEMPT"),
    Column::text("error", "ERROR").long(),
];

/// The deliveries of one event.
pub fn sent_to(rows: &[DeliveryRow]) -> Table {
    let cells = |row: &DeliveryRow| {
        vec![
            row.id.0.into(),
            row.endpoint.clone().into(),
            state_cell(row),
            row.attempts.into(),
            next_attempt(row).map_or(Cell::Empty, Cell::Due),
            error_of(row).into(),
        ]
    };
    Table::new(SENT_TO, rows.iter().map(cells).collect())
}

/// The earlier delivery that a blocked one waits for.
pub(super) fn behind(row: &DeliveryRow) -> String {
    row.blocked_by.map_or("waits behind an earlier one".to_owned(), |first| format!("waits behind {}", first.0))
}
