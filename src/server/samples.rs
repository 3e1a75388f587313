//! How deep the queue was and how fast it drains, sampled while the server runs.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::monitor::pace::Readings;
use crate::store::QueueFigures;

/// How often the queue is looked at.
pub(super) const SAMPLE_INTERVAL: Duration = Duration::from_secs(5);
/// The minutes whose depth is kept: a day.
const KEPT_MINUTES: usize = 24 * 60;

/// Samples of the queue's depth while the server runs, for the dashboard's charts and forecast.
#[derive(Debug, Default)]
pub(super) struct Samples(Mutex<SampleWindow>);

/// The samples of the last day, oldest first.
#[derive(Debug, Default)]
struct SampleWindow {
    readings: Readings,
    /// The deepest that the queue was in each minute.
    depths: VecDeque<(i64, i64)>,
}

impl Samples {
    /// Adds the figures as they are at `now`.
    pub(super) fn add(&self, figures: &QueueFigures, now: Timestamp) {
        let depth = figures.endpoints.iter().map(|row| row.counts.waiting + row.counts.processing).sum();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.readings.add(figures, now);
        match kept.depths.back_mut() {
            Some((minute, deepest)) if *minute == now.minute() => *deepest = (*deepest).max(depth),
            _ => kept.depths.push_back((now.minute(), depth)),
        }
        while kept.depths.len() > KEPT_MINUTES {
            kept.depths.pop_front();
        }
    }

    /// How long until nothing is undelivered, if it goes on as in the last seconds; `None` where it would never end.
    pub(super) fn empty_in(&self) -> Option<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).readings.empty_in()
    }

    /// How deep the queue was at most in each minute, as far as this server has seen it.
    pub(super) fn depths(&self) -> Vec<(i64, i64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).depths.iter().copied().collect()
    }
}
