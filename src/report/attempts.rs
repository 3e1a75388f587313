//! Attempts: those of an event, and the log of all attempts.

use serde::Serialize;

use super::{Cell, Column, Level, Report, page_of};
use crate::clock::Timestamp;
use crate::delivery::{Outcome, Trigger};
use crate::format::shorten;
use crate::store::{AttemptRow, Listed, LoggedAttempt, Page};

/// An attempt in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttemptView<'a> {
    delivery: i64,
    endpoint: &'a str,
    number: u32,
    trigger: Trigger,
    started_at: Timestamp,
    duration_ms: f64,
    outcome: &'static str,
    status: Option<u16>,
    detail: &'a str,
    response: Option<String>,
}

impl<'a> AttemptView<'a> {
    pub(super) fn of(row: &'a AttemptRow) -> Self {
        Self {
            delivery: row.delivery.0,
            endpoint: &row.endpoint,
            number: row.number,
            trigger: row.trigger,
            started_at: row.started_at,
            duration_ms: row.took.as_secs_f64() * 1e3,
            outcome: row.outcome.name(),
            status: row.outcome.status(),
            detail: &row.detail,
            response: (!row.response.is_empty()).then(|| String::from_utf8_lossy(&row.response).into_owned()),
        }
    }
}

pub(super) const ATTEMPTS: &[Column] = &[
    Column::number("number", "TRY"),
    Column::text("started", "STARTED"),
    Column::text("endpoint", "ENDPOINT"),
    Column::text("outcome", "OUTCOME"),
    Column::number("took", "TOOK"),
    Column::text("detail", "DETAIL"),
    Column::text("response", "RESPONSE").optional(),
    Column::text("trigger", "TRIGGER").only_wide(),
];

pub(super) fn attempt_cells(row: &AttemptRow) -> Vec<Cell> {
    let level = match row.outcome {
        Outcome::Delivered { .. } => Level::Good,
        Outcome::Interrupted => Level::Warning,
        Outcome::Rejected { .. } | Outcome::Unreachable | Outcome::Refused | Outcome::TimedOut => Level::Bad,
    };
    let response = (!row.response.is_empty()).then(|| shorten(&String::from_utf8_lossy(&row.response), 40));
    vec![
        row.number.into(),
        row.started_at.into(),
        row.endpoint.clone().into(),
        Cell::Level(level, row.outcome.name().to_owned()),
        row.took.into(),
        row.detail.clone().into(),
        response.into(),
        row.trigger.name().into(),
    ]
}

/// An attempt as the log of attempts lists it, with its event.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LoggedView<'a> {
    place: i64,
    event_id: &'a str,
    event_type: &'a str,
    resource_id: &'a str,
    resource_type: &'a str,
    #[serde(flatten)]
    attempt: AttemptView<'a>,
}

/// A page of attempts in the order in which they ended.
pub fn list(listed: &Listed<LoggedAttempt>, page: Page) -> Report {
    let views: Vec<_> = listed
        .rows
        .iter()
        .map(|row| LoggedView {
            place: row.place,
            event_id: row.event.id.as_str(),
            event_type: &row.event.event_type,
            resource_id: &row.event.resource.id,
            resource_type: &row.event.resource.kind,
            attempt: AttemptView::of(&row.attempt),
        })
        .collect();
    let rows = listed.rows.iter().map(|row| attempt_cells(&row.attempt)).collect();
    page_of(&views, ATTEMPTS, rows, listed, page)
}
