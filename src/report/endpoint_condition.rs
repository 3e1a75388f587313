//! The condition of endpoints: their state, and how recent attempts ended.

use std::collections::BTreeMap;
use std::time::Duration;

use super::endpoints::{circuit_open, freshness_cell};
use super::{Cell, Column, Level, Table};
use crate::clock::Timestamp;
use crate::endpoint::PausedBy;
use crate::monitor::pace::percentiles;
use crate::monitor::{Attempts, FreshnessThresholds, SyncStatus};
use crate::store::{AttemptDuration, AttemptTotals, EndpointFigures};

/// The share of failed attempts from which an endpoint gets a warning.
const WORTH_A_LOOK: f64 = 0.1;

/// The condition of an endpoint in words: what holds it back, or how the attempts of the last hour ended.
///
/// An endpoint whose attempts all failed is never good, and neither is one that was never sent anything.
pub fn condition(figures: &EndpointFigures, attempts: Attempts, now: Timestamp) -> (Level, String) {
    let endpoint = &figures.endpoint;
    if !endpoint.configured {
        return (Level::Quiet, "not configured".to_owned());
    }
    match (endpoint.paused_by, endpoint.circuit.open) {
        (Some(PausedBy::Gone), _) => return (Level::Bad, "gone (answered 410)".to_owned()),
        (Some(PausedBy::Operator | PausedBy::Configuration), _) => return (Level::Quiet, "paused".to_owned()),
        (None, Some(open)) => {
            return (Level::Bad, format!("{}: {}", circuit_open(open, now), open.cause.describe()));
        }
        (None, None) => {}
    }
    let ended = format!("{} of {} failed", attempts.failed, attempts.total());
    match (endpoint.last_success_at, endpoint.last_failure_at) {
        (None, None) => (Level::Quiet, "no attempts yet".to_owned()),
        _ if attempts.failed > 0 && attempts.delivered == 0 => (Level::Bad, format!("failing: {ended}")),
        _ if attempts.failure_rate() > WORTH_A_LOOK => (Level::Warning, ended),
        (success, failure) if attempts.total() == 0 && failure > success => {
            (Level::Warning, "the last attempt failed".to_owned())
        }
        _ if attempts.failed > 0 => (Level::Good, format!("ok, {ended}")),
        _ => (Level::Good, "ok".to_owned()),
    }
}

/// The sync status of an endpoint; empty before the first attempt.
pub fn synced(figures: &EndpointFigures) -> Cell {
    let (endpoint, counts) = (&figures.endpoint, figures.counts);
    let synced = SyncStatus::of(counts.waiting + counts.processing, counts.failed);
    match (endpoint.last_success_at, endpoint.last_failure_at) {
        (None, None) if synced != SyncStatus::Failed => (Level::Quiet, "– Nothing sent").into(),
        (None, Some(_)) => (Level::Bad, SyncStatus::Failed.name()).into(),
        _ => super::endpoints::sync_cell(synced),
    }
}

const CONDITIONS: &[Column] = &[
    Column::text("endpoint", "ENDPOINT"),
    Column::text("condition", "LAST HOUR"),
    Column::text("sync", "SYNC"),
    Column::text("freshness", "FRESHNESS"),
    Column::number("success", "SUCCESS"),
    Column::number("p50", "P50"),
    Column::number("p95", "P95"),
    Column::number("waiting", "WAITING"),
    Column::number("failed", "FAILED"),
    Column::number("delivered", "DELIVERED"),
    Column::text("last-success", "LAST UPDATED"),
    Column::text("last-failure", "LAST FAILURE"),
];

/// The endpoints, a row each. `rates` and `timed` are those of the last hour.
pub fn table(
    endpoints: &[EndpointFigures],
    rates: &[AttemptTotals],
    timed: &[AttemptDuration],
    ages: &FreshnessThresholds,
    now: Timestamp,
) -> Table {
    let mut took: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for attempt in timed {
        took.entry(&attempt.endpoint).or_default().push(attempt.took);
    }
    let row = |figures: &EndpointFigures| {
        let endpoint = &figures.endpoint;
        let attempts = attempts_of(rates, &endpoint.name);
        let (level, words) = condition(figures, attempts, now);
        let latency = took.remove(endpoint.name.as_str()).and_then(percentiles);
        vec![
            endpoint.name.as_str().into(),
            Cell::Level(level, words),
            synced(figures),
            freshness_cell(endpoint.last_success_at, ages, now),
            success(attempts),
            latency.map(|(p50, _)| p50).into(),
            latency.map(|(_, p95)| p95).into(),
            figures.counts.waiting.into(),
            figures.counts.failed.into(),
            figures.counts.delivered.into(),
            endpoint.last_success_at.into(),
            endpoint.last_failure_at.into(),
        ]
    };
    Table::new(CONDITIONS, endpoints.iter().map(row).collect())
}

/// The attempts to one endpoint.
pub fn attempts_of(rates: &[AttemptTotals], name: &str) -> Attempts {
    rates.iter().filter(|rate| rate.endpoint == name).fold(Attempts::default(), |sum, rate| Attempts {
        delivered: sum.delivered + rate.delivered.unsigned_abs(),
        failed: sum.failed + rate.failed.unsigned_abs(),
    })
}

fn success(attempts: Attempts) -> Cell {
    match attempts.total() {
        0 => Cell::Empty,
        _ => format!("{}%", ((1.0 - attempts.failure_rate()) * 100.0).floor()).into(),
    }
}

/// The endpoints that need attention first, each with the reason.
pub fn urgent<'a>(
    endpoints: &'a [EndpointFigures],
    rates: &[AttemptTotals],
    now: Timestamp,
) -> Vec<(&'a EndpointFigures, Level, String)> {
    let mut urgent: Vec<_> = endpoints
        .iter()
        .map(|figures| {
            let (level, words) = condition(figures, attempts_of(rates, &figures.endpoint.name), now);
            (figures, level, words)
        })
        .filter(|(figures, level, _)| {
            matches!(level, Level::Bad | Level::Warning) || figures.counts.failed > 0 || is_held_back(figures)
        })
        .collect();
    urgent.sort_by_key(|(figures, level, _)| (*level != Level::Bad, std::cmp::Reverse(figures.counts.waiting)));
    urgent
}

/// Whether deliveries wait because an operator paused the endpoint.
fn is_held_back(figures: &EndpointFigures) -> bool {
    figures.endpoint.is_paused_or_unconfigured() && figures.counts.waiting > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::{ConfiguredEndpoint, EndpointUrl};
    use crate::store::{Access, DeliveryCounts, Location, open};

    const NOW: Timestamp = Timestamp::from_millis_const(1_795_359_600_000);

    fn figures() -> EndpointFigures {
        let directory = tempfile::tempdir().expect("a directory");
        let store = open(&Location::file(directory.path().join("q.db")), Access::Create).expect("a queue");
        let url = EndpointUrl::parse("https://a.test/").expect("a URL");
        let endpoints = store.set_endpoints(vec![ConfiguredEndpoint::of_url(url)], NOW).wait().expect("an endpoint");
        EndpointFigures {
            endpoint: endpoints[0].clone(),
            counts: DeliveryCounts::default(),
            oldest_due: None,
            oldest_pending: None,
        }
    }

    fn judged(figures: &EndpointFigures, delivered: u64, failed: u64) -> (Level, String) {
        condition(figures, Attempts { delivered, failed }, NOW)
    }

    #[test]
    fn an_endpoint_whose_attempts_all_failed_is_never_good() {
        let mut one = figures();
        one.endpoint.last_failure_at = Some(NOW);
        assert_eq!(judged(&one, 0, 47), (Level::Bad, "failing: 47 of 47 failed".to_owned()));
        assert_eq!(judged(&one, 0, 0).0, Level::Warning);
        assert_eq!(synced(&one), (Level::Bad, "✗ Sync failed").into());
        one.endpoint.last_success_at = Some(NOW);
        assert_eq!(judged(&one, 40, 7), (Level::Warning, "7 of 47 failed".to_owned()));
        assert_eq!(judged(&one, 46, 1), (Level::Good, "ok, 1 of 47 failed".to_owned()));
    }

    #[test]
    fn an_endpoint_that_was_never_sent_to_is_neither_good_nor_syncing() {
        let mut one = figures();
        one.counts.waiting = 3;
        assert_eq!(judged(&one, 0, 0), (Level::Quiet, "no attempts yet".to_owned()));
        assert_eq!(synced(&one), (Level::Quiet, "– Nothing sent").into());
        one.endpoint.last_success_at = Some(NOW);
        assert_eq!(synced(&one), (Level::Busy, "⟳ Syncing...").into());
    }
}
