//! The answer of `status`: the state of the queue.

use std::time::Duration;

use serde::Serialize;

use super::endpoints::{EndpointView, endpoint_table, fresh_view};
use super::forecast::{self, ForecastView};
use super::{Column, Report, Table};
use crate::clock::Timestamp;
use crate::format::count;
use crate::monitor::forecast::Flows;
use crate::monitor::{FreshnessThresholds, due_age};
use crate::store::{ClaimHolder, QueueFigures};

/// How many deliveries are in each state, over all endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueTotals {
    /// Everything that is not delivered: pending, processing, failed and held.
    pub total: i64,
    /// Claimed by a worker.
    pub processing: i64,
    /// Due, waiting for a retry, or behind an earlier one.
    pub pending: i64,
    /// Given up.
    pub failed: i64,
    /// Arrived.
    pub delivered: i64,
    /// Waiting for their endpoint to be resumed or configured again.
    pub held: i64,
    /// Milliseconds the oldest due delivery has been due; 0 if none is.
    pub oldest_due_age_ms: u64,
    /// Events stored.
    pub events: i64,
    /// Events scheduled for later.
    pub scheduled: i64,
    /// The earliest time of a scheduled event.
    pub next_scheduled_at: Option<Timestamp>,
}

impl QueueTotals {
    /// Sums up the figures as they are at `now`.
    pub fn of(figures: &QueueFigures, now: Timestamp) -> Self {
        let mut queue = Self {
            events: figures.events,
            scheduled: figures.scheduled,
            next_scheduled_at: figures.next_scheduled,
            ..Self::default()
        };
        for endpoint in &figures.endpoints {
            let counts = endpoint.counts;
            let waiting =
                if endpoint.endpoint.is_paused_or_unconfigured() { &mut queue.held } else { &mut queue.pending };
            *waiting += counts.waiting;
            queue.processing += counts.processing;
            queue.failed += counts.failed;
            queue.delivered += counts.delivered;
        }
        queue.total = queue.pending + queue.processing + queue.failed + queue.held;
        queue.oldest_due_age_ms = millis(due_age(figures, now));
        queue
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The JSON answer of `status`.
#[derive(Serialize)]
struct StatusView<'a> {
    queue: QueueTotals,
    forecast: ForecastView,
    endpoints: Vec<EndpointView<'a>>,
    holders: Vec<HolderView<'a>>,
}

/// A process that is sending deliveries, in the JSON of `status`.
#[derive(Serialize)]
struct HolderView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    pid: i64,
    deliveries: u64,
}

pub(super) const QUEUE: &[Column] = &[
    Column::number("total", "UNDELIVERED"),
    Column::number("pending", "PENDING"),
    Column::number("processing", "PROCESSING"),
    Column::number("failed", "FAILED"),
    Column::number("held", "HELD"),
    Column::number("delivered", "DELIVERED"),
    Column::number("oldest-due", "OLDEST DUE"),
    Column::number("events", "EVENTS").only_wide(),
];

/// What `status` and `GET /api/sync/status` answer. `ages` are the thresholds for an endpoint's last success, `flows` the rates
/// of deliveries.
pub fn status(figures: &QueueFigures, flows: &Flows, ages: &FreshnessThresholds, now: Timestamp) -> Report {
    let queue = QueueTotals::of(figures, now);
    let forecast = ForecastView::of(&flows.total(), flows.forecast());
    let forecast_of = |name| flows.0.get(name).map(|flow| ForecastView::of(flow, flow.forecast()));
    let endpoints = figures.endpoints.iter();
    let endpoints =
        endpoints.map(|row| fresh_view(row, ages, now).with_forecast(forecast_of(&row.endpoint.name))).collect();
    let holder = |(holder, deliveries): &'_ (ClaimHolder, u64)| format!("{deliveries} being sent by {holder}");
    let holders = figures.holders.iter().map(|(holder, deliveries)| HolderView {
        host: holder.host.as_deref(),
        pid: holder.pid,
        deliveries: *deliveries,
    });
    let report =
        with_schedule(Report::new(&StatusView { queue, forecast, endpoints, holders: holders.collect() }), queue);
    let report = figures.holders.iter().map(holder).chain(forecast::line(flows)).fold(report, Report::with_line);
    let report =
        report.with_table(queue_table(queue)).with_names(figures.endpoints.iter().map(|row| row.endpoint.name.clone()));
    match figures.endpoints.is_empty() {
        true => {
            report.with_hint("no endpoint exists: set SYNC_WEBHOOK_URLS, or add [[endpoints]] to the configuration")
        }
        false => report.with_table(endpoint_table(&figures.endpoints, ages, now)),
    }
}

/// Adds the number of scheduled events, if there are any.
fn with_schedule(report: Report, queue: QueueTotals) -> Report {
    let Some(next) = queue.next_scheduled_at else { return report };
    let events = count(usize::try_from(queue.scheduled).unwrap_or_default(), "event");
    report.with_line(format!("{events} scheduled, next at {next}"))
}

/// The figures of the whole queue in one row.
pub fn queue_table(queue: QueueTotals) -> Table {
    let oldest = (queue.oldest_due_age_ms > 0).then(|| Duration::from_millis(queue.oldest_due_age_ms));
    let row = vec![
        queue.total.into(),
        queue.pending.into(),
        queue.processing.into(),
        queue.failed.into(),
        queue.held.into(),
        queue.delivered.into(),
        oldest.into(),
        queue.events.into(),
    ];
    Table::new(QUEUE, vec![row])
}
