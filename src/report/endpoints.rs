//! The answer of `endpoints list`, and the state of an endpoint in words.

use serde::Serialize;

use super::forecast::ForecastView;
use super::{Cell, Column, Level, Report, Table};
use crate::clock::Timestamp;
use crate::delivery::{CircuitOpen, OpenCause};
use crate::endpoint::{Endpoint, RateLimit};
use crate::format::short_duration;
use crate::monitor::{Freshness, FreshnessThresholds, SyncStatus, freshness};
use crate::store::{EndpointFigures, QueueFigures};

/// An endpoint in JSON.
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
    sync: SyncStatus,
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

/// Until when pending deliveries wait for the endpoint's rate limit.
pub(super) fn rate_limited_until(figures: &EndpointFigures, now: Timestamp) -> Option<Timestamp> {
    let is_sent_to = figures.endpoint.state_name() == "ok" && figures.counts.waiting > 0;
    figures.endpoint.rate_limited_until(now).filter(|_| is_sent_to)
}

fn synced(figures: &EndpointFigures) -> SyncStatus {
    SyncStatus::of(figures.counts.waiting + figures.counts.processing, figures.counts.failed)
}

impl EndpointView<'_> {
    /// Adds how the backlog will develop.
    pub(super) fn with_forecast(self, forecast: Option<ForecastView>) -> Self {
        Self { forecast, ..self }
    }
}

/// The view of an endpoint that also tells how old its last success is.
pub(super) fn fresh_view<'a>(
    figures: &'a EndpointFigures,
    ages: &FreshnessThresholds,
    now: Timestamp,
) -> EndpointView<'a> {
    let freshness = figures.endpoint.last_success_at.map(|last| freshness(last, ages, now));
    EndpointView { freshness, ..view(figures, now) }
}

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

/// The endpoints, a row each.
pub(super) fn endpoint_table(endpoints: &[EndpointFigures], ages: &FreshnessThresholds, now: Timestamp) -> Table {
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

pub(super) fn sync_cell(synced: SyncStatus) -> Cell {
    let level = match synced {
        SyncStatus::Synced => Level::Good,
        SyncStatus::Syncing => Level::Busy,
        SyncStatus::Failed => Level::Bad,
    };
    (level, synced.name()).into()
}

/// `● Fresh`, `● Aging` or `● Stale`; empty if nothing was ever delivered.
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

/// An open circuit in words: when its probe is due.
pub fn circuit_open(open: CircuitOpen, now: Timestamp) -> String {
    if open.probe_due(now) {
        return "circuit open, the next probe is due".to_owned();
    }
    format!("circuit open until {} (in {})", open.until, short_duration(open.until.since(now)))
}

/// What `endpoints list` answers.
pub fn list(figures: &QueueFigures, ages: &FreshnessThresholds, now: Timestamp) -> Report {
    let views: Vec<_> = figures.endpoints.iter().map(|row| fresh_view(row, ages, now)).collect();
    Report::new(&views)
        .with_table(endpoint_table(&figures.endpoints, ages, now))
        .with_names(figures.endpoints.iter().map(|row| row.endpoint.name.clone()))
        .with_hint(match figures.endpoints.is_empty() {
            true => "no endpoint exists: set SYNC_WEBHOOK_URLS, or add [[endpoints]] to the configuration",
            false => "show one with `syncctl endpoints show NAME`",
        })
}
