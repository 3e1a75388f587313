//! The log of attempts, as `logs` prints it.

use serde::Serialize;

use super::{Cell, Column, Report, Table};
use crate::clock::Timestamp;
use crate::delivery::Trigger;
use crate::format::short_duration;
use crate::store::LoggedAttempt;
use crate::untrusted::Untrusted;

/// One attempt that ended.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogView<'a> {
    timestamp: Timestamp,
    event_id: &'a str,
    event_type: &'a str,
    resource_id: &'a str,
    resource_type: &'a str,
    endpoint: &'a str,
    delivery: i64,
    attempt: u32,
    trigger: Trigger,
    outcome: &'static str,
    status: Option<u16>,
    detail: &'a str,
    duration_ms: f64,
}

impl<'a> LogView<'a> {
    fn of(row: &'a LoggedAttempt) -> Self {
        let (attempt, event) = (&row.attempt, &row.event);
        Self {
            timestamp: ended_at(row),
            event_id: event.id.as_str(),
            event_type: &event.event_type,
            resource_id: &event.resource.id,
            resource_type: &event.resource.kind,
            endpoint: &attempt.endpoint,
            delivery: attempt.delivery.0,
            attempt: attempt.number,
            trigger: attempt.trigger,
            outcome: attempt.outcome.name(),
            status: attempt.outcome.status(),
            detail: &attempt.detail,
            duration_ms: attempt.took.as_secs_f64() * 1e3,
        }
    }
}

pub(super) const LOG: &[Column] = &[
    Column::text("time", "TIME"),
    Column::text("endpoint", "ENDPOINT"),
    Column::text("outcome", "OUTCOME"),
    Column::text("type", "TYPE"),
    Column::text("resource", "RESOURCE"),
    Column::text("event", "EVENT"),
    Column::number("delivery", "DELIVERY"),
    Column::number("attempt", "ATTEMPT"),
    Column::number("took", "TOOK"),
    Column::text("detail", "DETAIL"),
];

/// Attempts, oldest first: a line each, with the time in full, so that batches can follow each other.
pub fn attempts(rows: &[LoggedAttempt]) -> Report {
    let views: Vec<_> = rows.iter().map(LogView::of).collect();
    let report = Report::new(&views)
        .with_sheet(Table::new(LOG, rows.iter().map(cells).collect()))
        .with_names(rows.iter().map(|row| row.event.id.to_string()));
    rows.iter().map(line).fold(report, Report::with_line).as_sentences()
}

fn line(row: &LoggedAttempt) -> String {
    let (attempt, event) = (&row.attempt, &row.event);
    format!(
        "{}  {:<9}  {}  {}  {}/{}  {}  attempt {}  {}  {}",
        ended_at(row),
        attempt.outcome.name(),
        Untrusted(&attempt.endpoint),
        Untrusted(&event.event_type),
        Untrusted(&event.resource.kind),
        Untrusted(&event.resource.id),
        Untrusted(event.id.as_str()),
        attempt.number,
        short_duration(attempt.took),
        Untrusted(&attempt.detail),
    )
}

fn cells(row: &LoggedAttempt) -> Vec<Cell> {
    let (attempt, event) = (&row.attempt, &row.event);
    vec![
        ended_at(row).into(),
        attempt.endpoint.clone().into(),
        attempt.outcome.name().into(),
        event.event_type.clone().into(),
        event.resource.id.clone().into(),
        event.id.as_str().into(),
        attempt.delivery.0.into(),
        attempt.number.into(),
        attempt.took.into(),
        attempt.detail.clone().into(),
    ]
}

fn ended_at(row: &LoggedAttempt) -> Timestamp {
    row.attempt.started_at.plus(row.attempt.took)
}
