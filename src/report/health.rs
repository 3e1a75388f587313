//! The answers of `health`, `failures stats` and `check`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::failures::{FAILURES, FailureView, failure_cells};
use super::status::QueueTotals;
use super::{Cell, Column, Level, Report, Table};
use crate::clock::Timestamp;
use crate::monitor::nagios::{CheckFigures, CheckResult};
use crate::monitor::{Check, FailureStats, Grade, Health, HealthDetails, ReceivedTotals, percent};
use crate::store::DeliveryRow;
use crate::store::inbound::{ReceivedFigures, WebhookTotal};

/// The health of the queue in JSON, with the checks it follows from.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HealthView<'a> {
    healthy: bool,
    failure_rate: f64,
    recent_failures: u64,
    recent_attempts: u64,
    message: &'a str,
    checks: &'a [Check],
}

/// The JSON answer of `health`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HealthAnswer<'a> {
    health: HealthView<'a>,
    queue: QueueTotals,
    recent_failures: Vec<FailureView<'a>>,
    failure_stats: &'a FailureStats,
    received: ReceivedView<'a>,
}

/// The webhooks received within the window of health.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceivedView<'a> {
    accepted: u64,
    refused: u64,
    refusal_rate: f64,
    last_accepted_at: Option<Timestamp>,
    mean_skew_ms: Option<i64>,
    refusals: Vec<RefusalView<'a>>,
}

/// The refused webhooks of one route and reason.
#[derive(Serialize)]
struct RefusalView<'a> {
    route: &'a str,
    reason: &'a str,
    count: u64,
}

impl<'a> ReceivedView<'a> {
    fn of(figures: &'a ReceivedFigures) -> Self {
        let totals = ReceivedTotals::of(&figures.rates);
        let refusal = |rate: &'a WebhookTotal| {
            Some(RefusalView { route: &rate.route, reason: rate.reason.as_deref()?, count: rate.count })
        };
        Self {
            accepted: totals.accepted,
            refused: totals.refused,
            refusal_rate: totals.refusal_rate(),
            last_accepted_at: figures.last_accepted_at,
            mean_skew_ms: totals.mean_skew_ms,
            refusals: figures.rates.iter().filter_map(refusal).collect(),
        }
    }
}

const CHECKS: &[Column] = &[
    Column::text("check", "CHECK"),
    Column::text("state", "STATE"),
    Column::text("value", "VALUE"),
    Column::text("limit", "LIMIT"),
    Column::text("message", "MESSAGE").only_wide(),
];

/// What `health` and `GET /api/sync/health` answer.
pub fn health(health: &Health, details: &HealthDetails, now: Timestamp) -> Report {
    let HealthDetails { figures, stats, recent } = details;
    let answer = HealthAnswer {
        health: HealthView {
            healthy: health.healthy,
            failure_rate: health.failure_rate,
            recent_failures: health.recent_failures,
            recent_attempts: health.recent_attempts,
            message: &health.message,
            checks: &health.checks,
        },
        queue: QueueTotals::of(&figures.figures, now),
        recent_failures: recent.iter().map(FailureView::of).collect(),
        failure_stats: stats,
        received: ReceivedView::of(&figures.received),
    };
    let report = Report::new(&answer)
        .with_line(&*health.message)
        .with_table(check_table(health))
        .with_names([if health.healthy { "healthy" } else { "unhealthy" }]);
    match recent.is_empty() {
        true => report,
        false => report
            .with_table(failure_table(recent).titled("RECENT FAILURES"))
            .with_hint("explain one with `syncctl why DELIVERY`"),
    }
}

/// The checks, a row each.
pub fn check_table(health: &Health) -> Table {
    Table::new(CHECKS, health.checks.iter().map(check_cells).collect())
}

/// Deliveries with failed attempts, the reason and what happens next.
pub fn failure_table(rows: &[DeliveryRow]) -> Table {
    Table::new(FAILURES, rows.iter().map(failure_cells).collect())
}

fn check_cells(check: &Check) -> Vec<Cell> {
    let level = match check.state {
        Grade::Ok => Level::Good,
        Grade::Warning => Level::Warning,
        Grade::Critical => Level::Bad,
    };
    vec![
        check.name.into(),
        (level, check.state.name()).into(),
        check.value.as_str().into(),
        check.limit.as_str().into(),
        check.message.as_deref().into(),
    ]
}

/// What `check` answers: one line, and its data.
pub fn check(word: &str, answer: &CheckResult, measured: &CheckFigures) -> Report {
    /// The JSON answer of `check`.
    #[derive(Serialize)]
    struct CheckAnswer<'a> {
        status: &'a str,
        findings: &'a [String],
        #[serde(flatten)]
        measured: &'a CheckFigures,
    }
    let text = match answer.findings.as_slice() {
        [] => format!("{} pending, {} failed", measured.pending, measured.failed),
        findings => findings.join(", "),
    };
    let line = format!("SYNC {word} - {} | {}", in_one_line(&text), answer.performance);
    Report::new(&CheckAnswer { status: word, findings: &answer.findings, measured }).with_line(line).with_names([word])
}

/// What `check` answers when the check could not be made.
pub fn unknown(why: &str) -> Report {
    /// The JSON answer of `check` when it could not find out.
    #[derive(Serialize)]
    struct UnknownAnswer<'a> {
        status: &'a str,
        reason: &'a str,
    }
    let word = "UNKNOWN";
    let report = Report::new(&UnknownAnswer { status: word, reason: why });
    report.with_line(format!("SYNC {word} - {}", in_one_line(why))).with_names([word])
}

/// Text without line breaks and `|`, which begins the performance data.
fn in_one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('|', "/")
}

const BY: &[Column] =
    &[Column::text("by", "BY"), Column::text("name", "NAME"), Column::number("failures", "FAILURES"), SHARE];
const SHARE: Column = Column::number("share", "SHARE");

/// What `failures stats` answers.
pub fn failure_stats(stats: &FailureStats, now: Timestamp) -> Report {
    let line = format!(
        "{} of {} attempts failed in the last {} ({}); {} deliveries with failures, {:.1} retries on average",
        stats.total_failures,
        stats.total_attempts,
        crate::format::short_duration(now.since(stats.since)),
        percent(stats.failure_rate),
        stats.troubled_deliveries,
        stats.average_retries,
    );
    let parts = [
        ("type", &stats.failures_by_type),
        ("resource type", &stats.failures_by_resource),
        ("endpoint", &stats.failures_by_endpoint),
    ];
    let rows = parts.iter().flat_map(|(by, sums)| rows_by(by, sums, stats.total_failures)).collect();
    let report = Report::new(stats).with_line(line).with_table(Table::new(BY, rows));
    match stats.total_failures {
        0 => report,
        _ => report.with_hint("list them with `syncctl failures list`"),
    }
}

/// The rows of one grouping, most frequent first.
fn rows_by(by: &str, sums: &BTreeMap<String, u64>, total: u64) -> Vec<Vec<Cell>> {
    let mut sums: Vec<_> = sums.iter().collect();
    sums.sort_by_key(|(_, failures)| std::cmp::Reverse(**failures));
    let share = |failures: u64| format!("{}%", failures.saturating_mul(100) / total.max(1));
    let row = |(name, failures): (&String, &u64)| {
        vec![by.into(), name.as_str().into(), (*failures).into(), share(*failures).into()]
    };
    sums.into_iter().map(row).collect()
}
