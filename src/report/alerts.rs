//! Incidents with their notifications, and the results of test alerts.

use serde::Serialize;

use super::{Cell, Column, Level, Pagination, Report, Table};
use crate::clock::Timestamp;
use crate::store::incidents::{Incident, IncidentKind, NotificationState, Severity};
use crate::store::{Listed, Page};

/// An incident as `alerts list` shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IncidentView<'a> {
    id: i64,
    incident: &'a str,
    kind: IncidentKind,
    subject: &'a str,
    state: &'static str,
    severity: Severity,
    event_type: Option<&'a str>,
    reason: &'a str,
    count: u64,
    next_command: &'a str,
    opened_at: Timestamp,
    last_seen_at: Timestamp,
    resolved_at: Option<Timestamp>,
    told: Vec<NotificationView<'a>>,
}

/// A recipient of an incident, and when it was notified.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotificationView<'a> {
    name: &'a str,
    told_at: Option<Timestamp>,
    told_resolved_at: Option<Timestamp>,
    failures: u32,
    error: Option<&'a str>,
}

impl<'a> IncidentView<'a> {
    fn of(incident: &'a Incident) -> Self {
        let Incident { id, name, observed, opened_at, last_seen_at, resolved_at, told } = incident;
        Self {
            id: *id,
            incident: name,
            kind: observed.kind,
            subject: &observed.subject,
            state: state(incident),
            severity: observed.severity,
            event_type: observed.event_type.as_deref(),
            reason: &observed.reason,
            count: observed.count,
            next_command: &observed.remedy,
            opened_at: *opened_at,
            last_seen_at: *last_seen_at,
            resolved_at: *resolved_at,
            told: told.iter().map(NotificationView::of).collect(),
        }
    }
}

impl<'a> NotificationView<'a> {
    fn of(told: &'a NotificationState) -> Self {
        Self {
            name: &told.sink,
            told_at: told.open_at,
            told_resolved_at: told.resolved_at,
            failures: told.failures,
            error: told.error.as_deref(),
        }
    }
}

fn state(incident: &Incident) -> &'static str {
    if incident.resolved_at.is_some() { "resolved" } else { "open" }
}

pub(super) const INCIDENTS: &[Column] = &[
    Column::number("id", "ID"),
    Column::text("state", "STATE"),
    Column::text("kind", "KIND"),
    Column::text("subject", "SUBJECT"),
    Column::text("reason", "REASON"),
    Column::text("opened", "OPENED"),
    Column::text("resolved", "RESOLVED"),
    Column::text("told", "TOLD"),
    Column::text("type", "TYPE").only_wide(),
    Column::text("next", "NEXT").only_wide(),
];

/// A page of incidents. `names` are the sinks of the configuration, if it is known.
pub fn incidents(listed: &Listed<Incident>, page: Page, names: Option<&[String]>) -> Report {
    let views: Vec<_> = listed.rows.iter().map(IncidentView::of).collect();
    let first_open = listed.rows.iter().find(|it| it.resolved_at.is_none());
    let report = Report::new(&views)
        .paged(Pagination::of(listed, page))
        .with_table(incident_table(&listed.rows))
        .with_names(listed.rows.iter().map(|it| it.id.to_string()));
    let report = report.with_hint_if(
        names.is_some_and(<[String]>::is_empty),
        "no alerts are sent: add [[alerts]] to the configuration, then run `syncctl alerts test`",
    );
    match first_open {
        Some(open) => report.with_hint(format!("next: `{}`", open.observed.remedy)),
        None => report,
    }
}

/// Incidents, a row each.
pub fn incident_table(rows: &[Incident]) -> Table {
    Table::new(INCIDENTS, rows.iter().map(cells).collect())
}

fn cells(incident: &Incident) -> Vec<Cell> {
    let observed = &incident.observed;
    let level = match (incident.resolved_at, observed.severity) {
        (Some(_), _) => Level::Good,
        (None, Severity::Warning) => Level::Warning,
        (None, Severity::Error | Severity::Critical) => Level::Bad,
    };
    vec![
        incident.id.into(),
        (level, state(incident)).into(),
        observed.kind.name().into(),
        observed.subject.as_str().into(),
        observed.reason.as_str().into(),
        incident.opened_at.into(),
        incident.resolved_at.into(),
        told_in_words(&incident.told).into(),
        observed.event_type.as_deref().into(),
        observed.remedy.as_str().into(),
    ]
}

fn told_in_words(told: &[NotificationState]) -> String {
    let one = |told: &NotificationState| match (told.open_at, &told.error) {
        (_, Some(error)) => format!("{} not notified: {error}", told.sink),
        (None, None) => format!("{} is being notified", told.sink),
        (Some(_), None) if told.resolved_at.is_some() => format!("{} (also of its end)", told.sink),
        (Some(_), None) => told.sink.clone(),
    };
    match told {
        [] => "nobody".to_owned(),
        _ => told.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

/// The result of a test alert to one sink.
#[derive(Clone, Debug, Serialize)]
pub struct TestedSink {
    /// Its name.
    pub name: String,
    /// The service.
    pub service: &'static str,
    /// Whether it accepted the alert.
    pub told: bool,
    /// Why not, or what would be sent.
    pub detail: Option<String>,
}

pub(super) const TESTED: &[Column] = &[
    Column::text("name", "NAME"),
    Column::text("service", "SERVICE"),
    Column::text("result", "RESULT"),
    Column::text("detail", "DETAIL"),
];

/// The results of test alerts.
pub fn tested(sinks: &[TestedSink]) -> Report {
    let cells = |sink: &TestedSink| {
        let result = if sink.told { (Level::Good, "sent") } else { (Level::Bad, "failed") };
        vec![sink.name.as_str().into(), sink.service.into(), result.into(), sink.detail.as_deref().into()]
    };
    let failed = sinks.iter().any(|sink| !sink.told);
    Report::new(&sinks)
        .with_table(Table::new(TESTED, sinks.iter().map(cells).collect()))
        .with_names(sinks.iter().map(|sink| sink.name.clone()))
        .with_hint_if(failed, "show the request with `syncctl alerts test --dry-run`")
}

/// The requests that test alerts would send.
pub fn previews(sinks: &[TestedSink]) -> Report {
    let lines = sinks
        .iter()
        .map(|sink| format!("{} ({}): {}", sink.name, sink.service, sink.detail.as_deref().unwrap_or_default()));
    let report = Report::new(&sinks).with_names(sinks.iter().map(|sink| sink.name.clone()));
    lines.fold(report, Report::with_line).with_line("nothing was sent")
}
