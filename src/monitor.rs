//! Judges figures: health and its checks, failure statistics, freshness, forecasts. Pure: no I/O.
//!
//! Health measures lag as well as failures: a queue without a worker has no failures, but is not healthy.

mod check;
mod expected;
pub mod failure_clusters;
mod failures;
pub mod forecast;
mod freshness;
mod health;
pub mod nagios;
pub mod outage;
pub mod pace;
mod received;
pub mod schedule;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::clock::Timestamp;
use crate::store::{AttemptTotals, QueueFigures};

pub use check::{Check, ExpectedEvents, Grade, HealthLimits};
pub use expected::SeenEvents;
pub use failures::{FailureStats, failure_stats};
pub use freshness::{Freshness, FreshnessThresholds, SyncStatus, freshness};
pub use health::{HUGE_LOG, Health, HealthDetails, HealthFigures, LARGE_LOG, health};
pub use received::ReceivedTotals;

/// The window of attempts that health is judged by.
pub const HEALTH_WINDOW: Duration = Duration::from_mins(60);
/// The default window of failure statistics.
pub const STATS_WINDOW: Duration = Duration::from_hours(24);

/// How many attempts ended in a time window, and how many of them failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Answered with a 2xx.
    pub delivered: u64,
    /// Everything else that ended; interrupted ones are left out.
    pub failed: u64,
}

impl Attempts {
    /// Sums up rates.
    pub fn of(rates: &[AttemptTotals]) -> Self {
        rates.iter().fold(Self::default(), |sum, rate| Self {
            delivered: sum.delivered + rate.delivered.unsigned_abs(),
            failed: sum.failed + rate.failed.unsigned_abs(),
        })
    }

    /// The number of all attempts.
    pub fn total(self) -> u64 {
        self.delivered + self.failed
    }

    /// The share that failed; 0 when there were none.
    pub fn failure_rate(self) -> f64 {
        if self.failed == 0 { 0.0 } else { ratio(self.failed, self.total()) }
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Age of the oldest due delivery; zero if none is.
pub fn due_age(figures: &QueueFigures, now: Timestamp) -> Duration {
    // A scheduled event that no worker has queued is as late as a delivery that no worker has sent.
    let scheduled = figures.next_scheduled.filter(|at| *at <= now);
    let oldest = figures.endpoints.iter().filter_map(|endpoint| endpoint.oldest_due).chain(scheduled).min();
    oldest.map_or(Duration::ZERO, |due| now.since(due))
}

/// The age of the oldest claim; zero without claims.
pub fn processing_age(figures: &QueueFigures, now: Timestamp) -> Duration {
    figures.oldest_processing.map_or(Duration::ZERO, |since| now.since(since))
}

/// A share in per cent: `4.8%`.
pub fn percent(share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
}
