//! What an operator sees first: how the queue is, what to do about it, and how the last hour or day went.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::causes::Causes;
use super::chart::{Chart, ChartStyle, Series};
use super::frame::Section;
use super::parts::{ForeignText, class, segment, state};
use super::runs::workers;
use super::table::{Grid, figures};
use super::viewer::{QueueSummary, Viewer};
use crate::clock::Timestamp;
use crate::format::{count, short_duration};
use crate::monitor::{Grade, pace};
use crate::report::{self, Level, endpoint_condition, health, operators, records};
use crate::server::response::Problem;
use crate::service::figures::recent_failures;
use crate::store::inbound::RecordSummary;
use crate::store::{Activity, AttemptDuration, AttemptTotals, DeliveryRow, OpenRuns, RunRow};

/// Failures that are shown.
const FAILURES: u64 = 8;
/// Runs that are shown.
const RUNS: u64 = 5;
/// Things to do that are shown.
const TO_DO: usize = 5;

/// The time that the charts cover: an hour or a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ChartWindow {
    #[default]
    Hour,
    Day,
}

impl ChartWindow {
    /// How many steps it has, and how many minutes each is long.
    fn steps(self) -> (i64, i64) {
        match self {
            Self::Hour => (30, 2),
            Self::Day => (24, 60),
        }
    }
}

/// The query parameters of the overview page.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OverviewQuery {
    window: ChartWindow,
}

/// What the overview page reads from the queue beside the figures of every page.
struct OverviewPage {
    rates: Vec<AttemptTotals>,
    activity: Activity,
    failures: Vec<DeliveryRow>,
    causes: Causes,
    runs: Vec<RunRow>,
    open: OpenRuns,
    records: Vec<RecordSummary>,
}

/// `GET /`.
pub(in crate::server) async fn show(viewer: Viewer) -> Result<Response, Problem> {
    let window = viewer.query::<OverviewQuery>()?.window;
    let now = viewer.now();
    let (steps, minutes) = window.steps();
    let since = now.minus(Duration::from_secs(60 * (steps * minutes).unsigned_abs()));
    let (shown, overall) = viewer
        .read(move |store| {
            Ok(OverviewPage {
                rates: store.rates(now.minus(super::endpoints::WINDOW)).wait()?,
                activity: store.activity(since).wait()?,
                failures: recent_failures(store, FAILURES)?,
                causes: Causes::read(store)?,
                runs: store.runs(RUNS).wait()?,
                open: store.open_runs().wait()?,
                records: store.record_summaries().wait()?,
            })
        })
        .await?;
    Ok(viewer.page(Section::Overview, "Overview", &overall, &body(&viewer, &overall, &shown, window, now)))
}

fn body(viewer: &Viewer, overall: &QueueSummary, shown: &OverviewPage, window: ChartWindow, now: Timestamp) -> Markup {
    let ages = viewer.app.settings().ages;
    let endpoints = &overall.figures.endpoints;
    let table = endpoint_condition::table(endpoints, &shown.rates, &shown.activity.latencies, &ages, now);
    let failures = &shown.failures[..];
    let failed = health::failure_table(failures);
    let opens = |at: usize| {
        failures.get(at).map(|row| format!("/events/{}#delivery-{}", segment(row.event.id.as_str()), row.id.0))
    };
    let runs = operators::runs(&shown.runs);
    let summary = records::summary(&shown.records, &ages, now);
    html! {
        (verdict(overall))
        (to_do(overall, shown, now))
        (figures(&report::status::queue_table(report::status::QueueTotals::of(&overall.figures, now)), now))
        p { (forecast(viewer, overall)) " " (workers(shown.open)) }
        nav.tabs aria-label="Charts of" {
            a href="/" aria-current=[(window == ChartWindow::Hour).then_some("true")] { "Last hour" }
            a href="/?window=day" aria-current=[(window == ChartWindow::Day).then_some("true")] { "Last day" }
        }
        (charts(viewer, &shown.activity, window, now))
        section { h2 { a href="/endpoints" { "Endpoints" } }
            (Grid::new(&table, "Endpoints").or("No endpoint is known: set SYNC_WEBHOOK_URLS, or [[endpoints]] in the configuration.", now)) }
        section { h2 { a href="/failures" { "Failures by cause" } } (shown.causes.show(now)) }
        section { h2 { a href="/failures" { "Recent failures" } }
            (Grid::new(&failed, "Recent failures").opening(&opens).or("No failed deliveries.", now)) }
        section { h2 { a href="/runs" { "Who processes" } } (Grid::new(&runs.tables[0], "Runs").or("No worker has run yet.", now)) }
        section { h2 { a href="/records" { "Records" } } (Grid::new(&summary, "Records").or("No records.", now)) }
        section { h2 { "Checks" } (Grid::new(&health::check_table(&overall.health), "Checks").or("", now)) }
    }
}

fn verdict(overall: &QueueSummary) -> Markup {
    let health = &overall.health;
    let (level, word) = if health.healthy { (Level::Good, "Healthy") } else { (Level::Bad, "Unhealthy") };
    let why = health.message.split_once(": ").map_or(health.message.as_str(), |(_, why)| why);
    html! { p.verdict.(class(level)) role="status" { strong { (word) } " " (ForeignText(why)) } }
}

/// What to do first: endpoints that are in trouble, then whatever else is not as it should be.
fn to_do(overall: &QueueSummary, shown: &OverviewPage, now: Timestamp) -> Markup {
    let urgent = endpoint_condition::urgent(&overall.figures.endpoints, &shown.rates, now);
    let checks: Vec<_> = overall.health.checks.iter().filter(|check| check.state != Grade::Ok).collect();
    let is_idle = shown.open.alive == 0 && overall.figures.endpoints.iter().any(|row| row.oldest_due.is_some());
    html! {
        @if !urgent.is_empty() || !checks.is_empty() || is_idle {
            section.todo aria-label="What to do first" {
                h2 { "What to do first" }
                ol {
                    @if is_idle { li { "Deliveries are due and no worker is running: " a href="/runs" { "process what is due" } ", or start one." } }
                    @for (figures, level, words) in urgent.iter().take(TO_DO) {
                        @let name = &figures.endpoint.name;
                        li {
                            a href=(format!("/endpoints/{}", segment(name))) { (ForeignText(name)) } ": " (state(*level, words))
                            @if figures.counts.waiting > 0 { ", " (figures.counts.waiting) " waiting" }
                            @if figures.counts.failed > 0 {
                                ", " a href=(format!("/plan?verb=replay&state=failed&endpoint={}", segment(name))) { "replay " (figures.counts.failed) " failed" }
                            }
                        }
                    }
                    @if urgent.len() > TO_DO { li { a href="/endpoints" { "and " (urgent.len() - TO_DO) " more endpoints" } } }
                    @for check in &checks {
                        li { (state(if check.state == Grade::Critical { Level::Bad } else { Level::Warning }, check.name)) " "
                            (ForeignText(check.message.as_deref().unwrap_or(&check.value))) }
                    }
                }
            }
        }
    }
}

/// When the queue is empty if it goes on like this.
fn forecast(viewer: &Viewer, overall: &QueueSummary) -> Markup {
    let waiting: i64 = overall.figures.endpoints.iter().map(|row| row.counts.waiting + row.counts.processing).sum();
    html! {
        @match (waiting, viewer.app.samples.empty_in()) {
            (0, _) => "Nothing is waiting.",
            (_, Some(span)) => { "At the pace of the last seconds, the queue is empty in " (short_duration(span)) "." },
            (_, None) => { (count(usize::try_from(waiting).unwrap_or_default(), "delivery")) " waiting; the queue is not getting shorter." },
        }
    }
}

// ── charts ──────────────────────────────────────────────────────────────────────────────────────────────────────────

fn charts(viewer: &Viewer, activity: &Activity, window: ChartWindow, now: Timestamp) -> Markup {
    let (steps, minutes) = window.steps();
    let first = now.minute() / minutes * minutes - (steps - 1) * minutes;
    let begins: Vec<_> = (0..steps).map(|at| Timestamp::from_millis((first + at * minutes) * 60_000)).collect();
    let step_of =
        |minute: i64| usize::try_from((minute - first).div_euclid(minutes)).ok().filter(|at| *at < begins.len());
    let per_minute = |of: fn(&crate::store::MinuteActivity) -> i64| {
        let mut sums = vec![0.0; begins.len()];
        for minute in &activity.minutes {
            if let Some(at) = step_of(minute.minute) {
                sums[at] += of(minute) as f64;
            }
        }
        sums.into_iter().map(Some).collect::<Vec<_>>()
    };
    let (p50, p95) = latencies(&activity.latencies, &step_of, begins.len());
    let mut depth: Vec<Option<f64>> = vec![None; begins.len()];
    for (minute, deepest) in viewer.app.samples.depths() {
        if let Some(at) = step_of(minute) {
            depth[at] = Some(depth[at].unwrap_or(0.0).max(deepest as f64));
        }
    }
    let number = |value: f64| format!("{value:.0}");
    let millis = |value: f64| short_duration(Duration::from_secs_f64(value / 1e3));
    let chart = |name, title, form, series, words| Chart { name, title, form, steps: &begins, series, words }.render();
    html! {
        div.charts {
            (chart("attempts", "Attempts", ChartStyle::Stacked, vec![
                Series { name: "delivered", class: "good", values: per_minute(|it| it.delivered) },
                Series { name: "failed", class: "bad", values: per_minute(|it| it.failed) },
            ], number))
            (chart("latency", "Latency of attempts", ChartStyle::Lines, vec![
                Series { name: "p50", class: "busy", values: p50 },
                Series { name: "p95", class: "warning", values: p95 },
            ], millis))
            (chart("depth", "Queue depth, since this server started", ChartStyle::Lines, vec![
                Series { name: "waiting", class: "busy", values: depth },
            ], number))
            (chart("inbound", "Webhooks received", ChartStyle::Stacked, vec![
                Series { name: "accepted", class: "good", values: per_minute(|it| it.accepted) },
                Series { name: "refused", class: "bad", values: per_minute(|it| it.refused) },
            ], number))
        }
    }
}

/// The median and the 95th percentile of each step, in milliseconds.
fn latencies(
    timed: &[AttemptDuration],
    step_of: &impl Fn(i64) -> Option<usize>,
    steps: usize,
) -> (Vec<Option<f64>>, Vec<Option<f64>>) {
    let mut by_step: BTreeMap<usize, Vec<Duration>> = BTreeMap::new();
    for attempt in timed {
        if let Some(at) = step_of(attempt.started_at.minute()) {
            by_step.entry(at).or_default().push(attempt.took);
        }
    }
    let (mut p50, mut p95) = (vec![None; steps], vec![None; steps]);
    for (at, took) in by_step {
        if let Some((median, high)) = pace::percentiles(took) {
            (p50[at], p95[at]) = (Some(median.as_secs_f64() * 1e3), Some(high.as_secs_f64() * 1e3));
        }
    }
    (p50, p95)
}
