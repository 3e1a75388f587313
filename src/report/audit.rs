//! The audit log: every attempt as what it meant.

use serde::Serialize;

use super::{Cell, Column, Level, Pagination, Report, Table};
use crate::clock::Timestamp;
use crate::delivery::Outcome;
use crate::store::{Listed, LoggedAttempt, Page};
use crate::text::shorten;

/// Characters of a detail that a table shows.
const DETAIL_CHARS: usize = 60;

/// What an attempt is called in the audit log.
///
/// A failed one is `sync.failure`, a success right after a failure `sync.recovery`, any other success `sync.<event type>`.
/// An interrupted one has no known outcome and is a failure here, because it may not have arrived.
pub fn action(row: &LoggedAttempt) -> String {
    match (row.attempt.outcome, row.after_failure) {
        (Outcome::Delivered { .. }, true) => "sync.recovery".to_owned(),
        (Outcome::Delivered { .. }, false) => format!("sync.{}", row.event.event_type),
        _ => "sync.failure".to_owned(),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditView<'a> {
    timestamp: Timestamp,
    action: String,
    direction: &'static str,
    event_id: &'a str,
    event_type: &'a str,
    resource_id: &'a str,
    resource_type: &'a str,
    endpoint: &'a str,
    delivery: i64,
    attempt: u32,
    outcome: &'static str,
    status: Option<u16>,
    detail: &'a str,
}

impl<'a> AuditView<'a> {
    fn of(row: &'a LoggedAttempt) -> Self {
        let (attempt, event) = (&row.attempt, &row.event);
        Self {
            timestamp: ended_at(row),
            action: action(row),
            direction: "outbound",
            event_id: event.id.as_str(),
            event_type: &event.event_type,
            resource_id: &event.resource.id,
            resource_type: &event.resource.kind,
            endpoint: &attempt.endpoint,
            delivery: attempt.delivery.0,
            attempt: attempt.number,
            outcome: attempt.outcome.name(),
            status: attempt.outcome.status(),
            detail: &attempt.detail,
        }
    }
}

fn ended_at(row: &LoggedAttempt) -> Timestamp {
    row.attempt.started_at.plus(row.attempt.took)
}

const AUDIT: &[Column] = &[
    Column::text("time", "TIME"),
    Column::text("action", "ACTION"),
    Column::text("type", "TYPE"),
    Column::text("resource", "RESOURCE"),
    Column::text("endpoint", "ENDPOINT"),
    Column::number("attempt", "ATTEMPT"),
    Column::text("detail", "DETAIL"),
    Column::text("event", "EVENT").only_wide(),
    Column::number("delivery", "DELIVERY").only_wide(),
    Column::text("outcome", "OUTCOME").only_wide(),
];

/// A page of the audit log.
pub fn audit(listed: &Listed<LoggedAttempt>, page: Page) -> Report {
    let views: Vec<_> = listed.rows.iter().map(AuditView::of).collect();
    let shown = listed.rows.len();
    let mut table = Table::new(AUDIT, listed.rows.iter().map(cells).collect());
    if listed.total > shown as u64 {
        table = table.summed_up(format!("{shown} of {} shown", listed.total));
    }
    let report = Report::new(&views)
        .with_table(table)
        .with_names(listed.rows.iter().map(|row| row.event.id.to_string()))
        .paged(Pagination::new(page.number, page.limit, listed.total));
    if listed.rows.is_empty() { report.with_hint("nothing was attempted") } else { report }
}

fn cells(row: &LoggedAttempt) -> Vec<Cell> {
    let level = match (row.attempt.outcome, row.after_failure) {
        (Outcome::Delivered { .. }, _) => Level::Good,
        (Outcome::Interrupted, _) => Level::Warning,
        _ => Level::Bad,
    };
    vec![
        ended_at(row).into(),
        Cell::Level(level, action(row)),
        row.event.event_type.as_str().into(),
        row.event.resource.id.as_str().into(),
        row.attempt.endpoint.as_str().into(),
        row.attempt.number.into(),
        shorten(&row.attempt.detail, DETAIL_CHARS).into(),
        row.event.id.as_str().into(),
        row.attempt.delivery.0.into(),
        row.attempt.outcome.name().into(),
    ]
}
