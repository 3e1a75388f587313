//! Lists of events.

use serde::Serialize;

use super::{Cell, Column, Level, Report, page_of};
use crate::clock::Timestamp;
use crate::delivery::State;
use crate::store::{EventRow, Listed, Page, Schedule};

/// An event in JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventView<'a> {
    /// Its number in the order of emission.
    pub seq: i64,
    /// Its id.
    pub id: &'a str,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: &'a str,
    /// Resource id.
    pub resource_id: &'a str,
    /// Resource type.
    pub resource_type: &'a str,
    /// When it happened.
    pub timestamp: Timestamp,
    /// When it was emitted.
    pub created_at: Timestamp,
    /// The states of its deliveries, where events are listed.
    #[serde(skip_serializing_if = "<[State]>::is_empty")]
    pub delivery_states: &'a [State],
    /// The state of its schedule: `scheduled`, `queued` or `cancelled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<&'static str>,
    /// The time it is or was scheduled for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// When it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
}

/// The name of a schedule's state.
fn schedule_name(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::Waits { .. } => "scheduled",
        Schedule::Queued { .. } => "queued",
        Schedule::Cancelled { .. } => "cancelled",
    }
}

impl<'a> EventView<'a> {
    /// The view of a row.
    pub fn of(row: &'a EventRow) -> Self {
        let (scheduled_at, cancelled_at) = match row.schedule {
            Some(Schedule::Waits { at }) => (Some(at), None),
            Some(Schedule::Cancelled { planned, at }) => (Some(planned), Some(at)),
            Some(Schedule::Queued { .. }) | None => (None, None),
        };
        Self {
            seq: row.seq,
            id: row.id.as_str(),
            event_type: &row.event_type,
            resource_id: &row.resource.id,
            resource_type: &row.resource.kind,
            timestamp: row.timestamp,
            created_at: row.created_at,
            delivery_states: &row.states,
            schedule: row.schedule.map(schedule_name),
            scheduled_at,
            cancelled_at,
        }
    }
}

pub(super) const EVENTS: &[Column] = &[
    Column::number("seq", "SEQ"),
    Column::text("type", "TYPE").optional(),
    Column::text("resource", "RESOURCE"),
    Column::text("delivery", "DELIVERY"),
    Column::text("id", "ID"),
    Column::text("emitted", "EMITTED").optional(),
    Column::text("timestamp", "TIMESTAMP").only_wide(),
    Column::text("resource-type", "RESOURCE TYPE").only_wide(),
];

/// The states of an event's deliveries: `delivered`, or those that are not, such as `1 pending, 1 failed`.
fn states_cell(event: &EventRow) -> Cell {
    let states = &event.states[..];
    match event.schedule {
        Some(Schedule::Waits { .. }) => return (Level::Busy, "scheduled").into(),
        Some(Schedule::Cancelled { .. }) => return (Level::Quiet, "cancelled").into(),
        Some(Schedule::Queued { .. }) | None => {}
    }
    let of = |state: State| states.iter().filter(|it| **it == state).count();
    let told: Vec<String> = [State::Failed, State::Held, State::Processing, State::Pending, State::Superseded]
        .into_iter()
        .filter(|state| of(*state) > 0)
        .map(
            |state| if states.len() == 1 { state.name().to_owned() } else { format!("{} {}", of(state), state.name()) },
        )
        .collect();
    match states {
        [] => (Level::Quiet, "none").into(),
        _ if told.is_empty() => (Level::Good, "delivered").into(),
        _ if of(State::Failed) > 0 => Cell::Level(Level::Bad, told.join(", ")),
        _ if of(State::Superseded) + of(State::Delivered) == states.len() => Cell::Level(Level::Quiet, told.join(", ")),
        _ => Cell::Level(Level::Busy, told.join(", ")),
    }
}

/// A page of events.
pub fn list(listed: &Listed<EventRow>, page: Page) -> Report {
    let views: Vec<_> = listed.rows.iter().map(EventView::of).collect();
    let cells = |row: &EventRow| {
        vec![
            // In the form that commands take: a bare number would be a delivery's.
            format!("evt#{}", row.seq).into(),
            row.event_type.clone().into(),
            row.resource.id.clone().into(),
            states_cell(row),
            row.id.as_str().into(),
            row.created_at.into(),
            row.timestamp.into(),
            row.resource.kind.clone().into(),
        ]
    };
    page_of(&views, EVENTS, listed.rows.iter().map(cells).collect(), listed, page)
        .with_names(listed.rows.iter().map(|row| row.id.to_string()))
}

/// The state of an event's schedule in words.
pub(super) fn schedule_text(schedule: Schedule) -> String {
    match schedule {
        Schedule::Waits { at } => format!("scheduled for {at}"),
        Schedule::Queued { at } => format!("scheduled, queued at {at}"),
        Schedule::Cancelled { planned, at } => format!("cancelled at {at}, before its time {planned}; never sent"),
    }
}
