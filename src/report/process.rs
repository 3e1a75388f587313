//! The answer of `process`: the result of a run.

use std::time::Duration;

use serde::Serialize;

use super::Report;
use super::status::{QueueTotals, millis};
use crate::clock::Timestamp;
use crate::format::short_duration;
use crate::store::{QueueFigures, RunStats};

/// The result of a run in JSON.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunView {
    /// Attempts made.
    pub claimed: u64,
    /// Of those, answered with a 2xx.
    pub delivered: u64,
    /// Of those, to be retried.
    pub retried: u64,
    /// Of those, failed for good.
    pub failed: u64,
    /// Attempts whose outcome is unknown, because a second signal ended the run; they are made again.
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
            return "no due deliveries".to_owned();
        }
        let took = short_duration(Duration::from_millis(self.duration_ms));
        let interrupted = match self.interrupted {
            0 => String::new(),
            n => format!("   {n} interrupted, possibly received"),
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

/// The JSON answer of `process`.
#[derive(Serialize)]
struct ProcessView {
    message: String,
    stats: QueueTotals,
    run: RunView,
}

/// What `process` and `POST /api/sync/process` answer.
pub fn processed(figures: &QueueFigures, run: RunView, now: Timestamp) -> Report {
    let message = run.message();
    Report::new(&ProcessView { message: message.clone(), stats: QueueTotals::of(figures, now), run }).with_line(message)
}
