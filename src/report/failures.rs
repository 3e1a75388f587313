//! Lists of failed deliveries.

use serde::Serialize;

use super::deliveries::{behind, next_attempt};
use super::{Cell, Column, Level, Report, page_of};
use crate::clock::Timestamp;
use crate::delivery::{FailureReason, State};
use crate::store::{DeliveryRow, Listed, Page};

/// A failed delivery in JSON: an item of `failures list` and of `recentFailures`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureView<'a> {
    event_id: &'a str,
    event_type: &'a str,
    resource_id: &'a str,
    resource_type: &'a str,
    endpoint: &'a str,
    error: &'a str,
    status: Option<u16>,
    attempts: u32,
    failed_at: Timestamp,
    resolved: bool,
    delivery: i64,
    state: State,
    reason: Option<FailureReason>,
    next_attempt_at: Option<Timestamp>,
}

impl<'a> FailureView<'a> {
    /// The view of a delivery that failed.
    pub fn of(row: &'a DeliveryRow) -> Self {
        Self {
            event_id: row.event.id.as_str(),
            event_type: &row.event.event_type,
            resource_id: &row.event.resource.id,
            resource_type: &row.event.resource.kind,
            endpoint: &row.endpoint,
            error: failure_text(row),
            status: row.last_status,
            attempts: row.attempts,
            failed_at: row.last_ended_at.unwrap_or(row.changed_at),
            resolved: row.state == State::Delivered,
            delivery: row.id.0,
            state: row.state,
            reason: row.reason,
            next_attempt_at: next_attempt(row),
        }
    }
}

fn failure_text(row: &DeliveryRow) -> &str {
    match (&row.last_detail, row.reason) {
        (Some(detail), _) => detail,
        (None, Some(reason)) => reason.name(),
        (None, None) => "",
    }
}

pub(super) const FAILURES: &[Column] = &[
    Column::number("delivery", "DELIVERY"),
    Column::text("type", "TYPE"),
    Column::text("resource", "RESOURCE"),
    Column::text("endpoint", "ENDPOINT"),
    Column::text("error", "ERROR").long(),
    Column::number("attempts", "ATTEMPTS").optional(),
    Column::text("failed", "FAILED").optional(),
    Column::text("next", "WHAT NEXT"),
    Column::text("event", "EVENT").only_wide(),
];

/// A page of failed deliveries: those waiting for another attempt, and those given up.
pub fn list(listed: &Listed<DeliveryRow>, page: Page) -> Report {
    let views: Vec<_> = listed.rows.iter().map(FailureView::of).collect();
    let report = page_of(&views, FAILURES, listed.rows.iter().map(failure_cells).collect(), listed, page)
        .with_names(listed.rows.iter().map(|row| row.id.0.to_string()));
    match listed.rows.is_empty() {
        true => report.with_hint("no failed deliveries"),
        false => report.with_hint("explain with `syncctl why DELIVERY`, replay with `syncctl replay DELIVERY`"),
    }
}

pub(super) fn failure_cells(row: &DeliveryRow) -> Vec<Cell> {
    vec![
        row.id.0.into(),
        row.event.event_type.clone().into(),
        row.event.resource.id.clone().into(),
        row.endpoint.clone().into(),
        failure_text(row).into(),
        row.attempts.into(),
        row.last_ended_at.unwrap_or(row.changed_at).into(),
        what_next(row),
        row.event.id.as_str().into(),
    ]
}

fn what_next(row: &DeliveryRow) -> Cell {
    match (row.state, next_attempt(row)) {
        (_, Some(at)) => Cell::Due(at),
        (State::Failed, None) => Cell::Level(Level::Bad, row.reason.map_or("given up", FailureReason::name).to_owned()),
        (State::Held, None) => Cell::Level(Level::Quiet, "held".to_owned()),
        (State::Pending, None) => Cell::Level(Level::Quiet, behind(row)),
        (State::Processing, None) if row.abandoned => {
            Cell::Level(Level::Warning, "interrupted; the next run sends it again".to_owned())
        }
        (State::Processing, None) => Cell::Level(Level::Busy, "being sent".to_owned()),
        (State::Delivered, None) => Cell::Level(Level::Good, "delivered".to_owned()),
        (State::Superseded, None) => Cell::Level(Level::Quiet, "superseded".to_owned()),
    }
}
