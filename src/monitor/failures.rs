//! Failure statistics of a window.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Attempts, ratio};
use crate::clock::Timestamp;
use crate::store::{AttemptTotals, QueueFigures};

/// How many attempts failed in a time window, by event type and resource type.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureStats {
    /// Attempts that failed in the window.
    pub total_failures: u64,
    /// The same, by event type.
    pub failures_by_type: BTreeMap<String, u64>,
    /// The same, by resource type.
    pub failures_by_resource: BTreeMap<String, u64>,
    /// The mean of attempts minus one over the deliveries that wait after a failed attempt or were given up.
    pub average_retries: f64,
    /// Attempts that failed in the window, by endpoint.
    pub failures_by_endpoint: BTreeMap<String, u64>,
    /// Attempts that ended in the window.
    pub total_attempts: u64,
    /// The share of attempts that failed.
    pub failure_rate: f64,
    /// Deliveries that wait after a failed attempt or were given up, now.
    pub troubled_deliveries: u64,
    /// When the window began.
    pub since: Timestamp,
}

/// Sums up failed attempts. `rates` are those since `since`.
pub fn failure_stats(figures: &QueueFigures, rates: &[AttemptTotals], since: Timestamp) -> FailureStats {
    let attempts = Attempts::of(rates);
    let (troubled, made) = figures.endpoints.iter().fold((0, 0), |(troubled, made), endpoint| {
        (troubled + endpoint.counts.troubled.unsigned_abs(), made + endpoint.counts.troubled_attempts.unsigned_abs())
    });
    FailureStats {
        total_failures: attempts.failed,
        failures_by_type: failures_by(rates, |rate| &rate.event_type),
        failures_by_resource: failures_by(rates, |rate| &rate.resource_type),
        average_retries: ratio(made.saturating_sub(troubled), troubled),
        failures_by_endpoint: failures_by(rates, |rate| &rate.endpoint),
        total_attempts: attempts.total(),
        failure_rate: attempts.failure_rate(),
        troubled_deliveries: troubled,
        since,
    }
}

fn failures_by(rates: &[AttemptTotals], what: impl Fn(&AttemptTotals) -> &String) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for rate in rates.iter().filter(|rate| rate.failed > 0) {
        *sums.entry(what(rate).clone()).or_default() += rate.failed.unsigned_abs();
    }
    sums
}
