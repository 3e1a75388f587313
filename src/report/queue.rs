//! The state of the queue and what a run did to it.

use std::time::Duration;

use serde::Serialize;

use super::forecast::{self, ForecastView};
use super::{Cell, Column, Level, Report, Table};
use crate::clock::Timestamp;
use crate::delivery::{CircuitOpen, OpenCause};
use crate::endpoint::{Endpoint, RateLimit};
use crate::format::{count, short_duration};
use crate::monitor::forecast::Flows;
use crate::monitor::{Freshness, FreshnessThresholds, Synced, due_age, freshness};
use crate::store::{ClaimHolder, EndpointFigures, Figures, RunStats};

/// Deliveries by state, over all endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
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
    /// How long the oldest due delivery has been due, in milliseconds; 0 when none is.
    pub oldest_due_age_ms: u64,
    /// Events stored.
    pub events: i64,
    /// Events that wait for the time they are to be sent at.
    pub scheduled: i64,
    /// The earliest of these times.
    pub next_scheduled_at: Option<Timestamp>,
}

impl Queue {
    /// Sums up the figures as they are at `now`.
    pub fn of(figures: &Figures, now: Timestamp) -> Self {
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

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndpointView<'a> {
    name: &'a str,
    url: &'a str,
    state: &'static str,
    pub(super) pending: i64,
    processing: i64,
    failed: i64,
    delivered: i64,
    pub(super) held: i64,
    sync: Synced,
    #[serde(skip_serializing_if = "Option::is_none")]
    freshness: Option<Freshness>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<ForecastView>,
    last_success_at: Option<Timestamp>,
    last_failure_at: Option<Timestamp>,
    resting_until: Option<Timestamp>,
    rest_cause: Option<OpenCause>,
    rate: Option<RateLimit>,
    rate_limited_until: Option<Timestamp>,
}

pub(super) fn view(figures: &EndpointFigures, now: Timestamp) -> EndpointView<'_> {
    let endpoint = &figures.endpoint;
    let held = endpoint.is_paused_or_unconfigured();
    EndpointView {
        name: &endpoint.name,
        url: endpoint.url.as_str(),
        state: endpoint.state_name(),
        pending: if held { 0 } else { figures.counts.waiting },
        processing: figures.counts.processing,
        failed: figures.counts.failed,
        delivered: figures.counts.delivered,
        held: if held { figures.counts.waiting } else { 0 },
        sync: synced(figures),
        freshness: None,
        forecast: None,
        last_success_at: endpoint.last_success_at,
        last_failure_at: endpoint.last_failure_at,
        resting_until: endpoint.circuit.open.map(|open| open.until),
        rest_cause: endpoint.circuit.open.map(|open| open.cause),
        rate: endpoint.settings.rate,
        rate_limited_until: rate_limited_until(figures, now),
    }
}

/// Until when what is pending waits for the endpoint's rate.
pub(super) fn rate_limited_until(figures: &EndpointFigures, now: Timestamp) -> Option<Timestamp> {
    let is_sent_to = figures.endpoint.state_name() == "ok" && figures.counts.waiting > 0;
    figures.endpoint.rate_limited_until(now).filter(|_| is_sent_to)
}

fn synced(figures: &EndpointFigures) -> Synced {
    Synced::of(figures.counts.waiting + figures.counts.processing, figures.counts.failed)
}

fn fresh_view<'a>(figures: &'a EndpointFigures, ages: &FreshnessThresholds, now: Timestamp) -> EndpointView<'a> {
    let freshness = figures.endpoint.last_success_at.map(|last| freshness(last, ages, now));
    EndpointView { freshness, ..view(figures, now) }
}

/// The data of `status`.
#[derive(Serialize)]
struct StatusView<'a> {
    queue: Queue,
    forecast: ForecastView,
    endpoints: Vec<EndpointView<'a>>,
    holders: Vec<HolderView<'a>>,
}

/// A process that is sending.
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

pub(super) const ENDPOINTS: &[Column] = &[
    Column::text("name", "ENDPOINT"),
    Column::text("state", "STATE"),
    Column::text("sync", "SYNC").optional(),
    Column::number("pending", "PENDING"),
    Column::number("failed", "FAILED"),
    Column::number("held", "HELD"),
    Column::number("delivered", "DELIVERED"),
    Column::text("freshness", "FRESHNESS").optional(),
    Column::text("last-success", "LAST SUCCESS").optional(),
    Column::text("last-failure", "LAST FAILURE").optional(),
    Column::text("url", "URL").only_wide(),
];

/// What `status` and `GET /api/sync/status` answer; `ages` say how old an endpoint's last success may be, `flows` how fast
/// deliveries come and go.
pub fn status(figures: &Figures, flows: &Flows, ages: &FreshnessThresholds, now: Timestamp) -> Report {
    let queue = Queue::of(figures, now);
    let forecast = ForecastView::of(&flows.total(), flows.forecast());
    let forecast_of = |name| flows.0.get(name).map(|flow| ForecastView::of(flow, flow.forecast()));
    let endpoints = figures.endpoints.iter().map(|row| {
        let forecast = forecast_of(&row.endpoint.name);
        EndpointView { forecast, ..fresh_view(row, ages, now) }
    });
    let endpoints = endpoints.collect();
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
        true => report.with_hint("no endpoint is known: set SYNC_WEBHOOK_URLS, or [[endpoints]] in the configuration"),
        false => report.with_table(endpoint_table(&figures.endpoints, ages, now)),
    }
}

/// Says how many events wait for their time, if any do.
fn with_schedule(report: Report, queue: Queue) -> Report {
    let Some(next) = queue.next_scheduled_at else { return report };
    let events = count(usize::try_from(queue.scheduled).unwrap_or_default(), "event");
    report.with_line(format!("{events} scheduled, next at {next}"))
}

/// The figures of the whole queue in one row.
pub fn queue_table(queue: Queue) -> Table {
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

/// The endpoints, a row each.
fn endpoint_table(endpoints: &[EndpointFigures], ages: &FreshnessThresholds, now: Timestamp) -> Table {
    let row = |figures: &EndpointFigures| {
        let (endpoint, view) = (&figures.endpoint, view(figures, now));
        vec![
            endpoint.name.clone().into(),
            state_cell(endpoint, now),
            sync_cell(view.sync),
            view.pending.into(),
            view.failed.into(),
            view.held.into(),
            figures.counts.delivered.into(),
            freshness_cell(endpoint.last_success_at, ages, now),
            endpoint.last_success_at.into(),
            endpoint.last_failure_at.into(),
            endpoint.url.as_str().into(),
        ]
    };
    Table::new(ENDPOINTS, endpoints.iter().map(row).collect())
}

pub(super) fn sync_cell(synced: Synced) -> Cell {
    let level = match synced {
        Synced::Synced => Level::Good,
        Synced::Syncing => Level::Busy,
        Synced::Failed => Level::Bad,
    };
    (level, synced.name()).into()
}

/// `● Fresh`, `● Aging` or `● Stale`; nothing where nothing ever arrived.
pub(super) fn freshness_cell(last: Option<Timestamp>, ages: &FreshnessThresholds, now: Timestamp) -> Cell {
    let Some(last) = last else { return Cell::Empty };
    let freshness = freshness(last, ages, now);
    let level = match freshness {
        Freshness::Fresh => Level::Good,
        Freshness::Aging => Level::Warning,
        Freshness::Stale => Level::Bad,
    };
    Cell::Level(level, format!("● {}", freshness.name()))
}

/// The state of an endpoint in words: an open circuit says when its next probe is due.
pub(super) fn state_cell(endpoint: &Endpoint, now: Timestamp) -> Cell {
    match (endpoint.state_name(), endpoint.circuit.open) {
        ("resting", Some(open)) => Cell::Level(Level::Warning, circuit_open(open, now)),
        ("ok", _) => Cell::Level(Level::Good, "ok".to_owned()),
        ("gone", _) => Cell::Level(Level::Bad, "gone (answered 410)".to_owned()),
        (other, _) => Cell::Level(Level::Quiet, other.to_owned()),
    }
}

/// An open circuit in words: until when, or that its probe is due.
pub fn circuit_open(open: CircuitOpen, now: Timestamp) -> String {
    if open.probe_due(now) {
        return "circuit open, the next probe is due".to_owned();
    }
    format!("circuit open until {} (in {})", open.until, short_duration(open.until.since(now)))
}

/// The state of the endpoints alone.
pub fn endpoints(figures: &Figures, ages: &FreshnessThresholds, now: Timestamp) -> Report {
    let views: Vec<_> = figures.endpoints.iter().map(|row| fresh_view(row, ages, now)).collect();
    Report::new(&views)
        .with_table(endpoint_table(&figures.endpoints, ages, now))
        .with_names(figures.endpoints.iter().map(|row| row.endpoint.name.clone()))
        .with_hint(match figures.endpoints.is_empty() {
            true => "no endpoint is known: set SYNC_WEBHOOK_URLS, or [[endpoints]] in the configuration",
            false => "see one with `syncctl endpoints show NAME`",
        })
}

/// What a run did.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunView {
    /// Attempts made.
    pub claimed: u64,
    /// Of those, answered with a 2xx.
    pub delivered: u64,
    /// Of those, to be tried again.
    pub retried: u64,
    /// Of those, the delivery's last.
    pub failed: u64,
    /// Attempts whose outcome is not known, because a second signal ended the run; they are made again.
    pub interrupted: u64,
    /// How long it took.
    pub duration_ms: u64,
}

impl RunView {
    /// A run's stats, what it left in flight, and its time.
    pub fn new(stats: RunStats, interrupted: u64, took: Duration) -> Self {
        Self {
            interrupted,
            claimed: stats.claimed,
            delivered: stats.delivered,
            retried: stats.retried,
            failed: stats.failed,
            duration_ms: millis(took),
        }
    }

    /// The run in one line.
    pub fn message(&self) -> String {
        if self.claimed + self.interrupted == 0 {
            return "nothing was due".to_owned();
        }
        let took = short_duration(Duration::from_millis(self.duration_ms));
        let interrupted = match self.interrupted {
            0 => String::new(),
            n => format!("   {n} interrupted, whose receivers may have them"),
        };
        format!(
            "{} attempted   {} delivered   {} to be retried   {} failed{interrupted}   in {took}",
            self.claimed + self.interrupted,
            self.delivered,
            self.retried,
            self.failed
        )
    }
}

#[derive(Serialize)]
struct ProcessView {
    message: String,
    stats: Queue,
    run: RunView,
}

/// What `process` and `POST /api/sync/process` answer.
pub fn processed(figures: &Figures, run: RunView, now: Timestamp) -> Report {
    let message = run.message();
    Report::new(&ProcessView { message: message.clone(), stats: Queue::of(figures, now), run }).with_line(message)
}
