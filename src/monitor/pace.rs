//! Throughput and latency of endpoints: deliveries per second between two readings of the counters, durations of attempts.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::delivery::Outcome;
use crate::store::{LoggedAttempt, QueueFigures};

/// The window over which deliveries per second are averaged.
pub const PACE_WINDOW: Duration = Duration::from_secs(10);

/// How many deliveries each endpoint had delivered at one moment.
#[derive(Clone, Debug)]
struct DeliveredReading {
    at: Timestamp,
    delivered: BTreeMap<String, i64>,
    undelivered: i64,
}

/// Readings of the last [`PACE_WINDOW`], from which the speed of each endpoint follows.
#[derive(Clone, Debug, Default)]
pub struct Readings(VecDeque<DeliveredReading>);

impl Readings {
    /// Adds the counters as they are at `now`.
    pub fn add(&mut self, figures: &QueueFigures, now: Timestamp) {
        let delivered = figures.endpoints.iter().map(|row| (row.endpoint.name.clone(), row.counts.delivered)).collect();
        let undelivered = figures.endpoints.iter().map(|row| row.counts.waiting + row.counts.processing).sum();
        self.push(DeliveredReading { at: now, delivered, undelivered });
    }

    /// Adds a reading and drops those outside of the window.
    fn push(&mut self, reading: DeliveredReading) {
        let now = reading.at;
        // A clock that was set back would make durations negative: start again.
        if self.0.back().is_some_and(|last| last.at >= now) {
            self.0.clear();
        }
        self.0.push_back(reading);
        while self.0.len() > 2 && now.since(self.0[1].at) >= PACE_WINDOW {
            self.0.pop_front();
        }
    }

    /// Deliveries per second to the endpoint of that name; `None` unless two readings have it.
    pub fn per_second(&self, endpoint: &str) -> Option<f64> {
        let (first, last) = self.ends()?;
        let (before, after) = (first.delivered.get(endpoint)?, last.delivered.get(endpoint)?);
        // A prune lowers the counters.
        Some((after - before).max(0) as f64 / last.at.since(first.at).as_secs_f64())
    }

    /// The time until nothing is undelivered at this rate; `None` if never.
    pub fn empty_in(&self) -> Option<Duration> {
        let (first, last) = self.ends()?;
        let drained = first.undelivered - last.undelivered;
        let span = last.at.since(first.at);
        (drained > 0).then(|| span.mul_f64(last.undelivered as f64 / drained as f64))
    }

    fn ends(&self) -> Option<(&DeliveredReading, &DeliveredReading)> {
        let (first, last) = (self.0.front()?, self.0.back()?);
        (last.at > first.at).then_some((first, last))
    }
}

/// How long an endpoint's latest attempts took (percentiles), and the share that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latency {
    /// The median.
    pub p50: Duration,
    /// The 95th percentile.
    pub p95: Duration,
    /// The share that failed, from 0 to 1.
    pub failed: f64,
}

/// The latencies by endpoint, without interrupted attempts.
pub fn latencies(attempts: &[LoggedAttempt]) -> BTreeMap<String, Latency> {
    let mut by_endpoint: BTreeMap<&str, (Vec<Duration>, usize)> = BTreeMap::new();
    for attempt in attempts.iter().map(|logged| &logged.attempt) {
        let (took, failed) = by_endpoint.entry(&attempt.endpoint).or_default();
        match attempt.outcome {
            Outcome::Interrupted => continue,
            Outcome::Delivered { .. } => {}
            Outcome::Rejected { .. } | Outcome::Unreachable | Outcome::Refused | Outcome::TimedOut => *failed += 1,
        }
        took.push(attempt.took);
    }
    let known = by_endpoint.into_iter().filter(|(_, (took, _))| !took.is_empty());
    known.map(|(name, (took, failed))| (name.to_owned(), latency(took, failed))).collect()
}

fn latency(took: Vec<Duration>, failed: usize) -> Latency {
    let attempts = took.len();
    let (p50, p95) = percentiles(took).unwrap_or_default();
    Latency { p50, p95, failed: failed as f64 / attempts as f64 }
}

/// The median and the 95th percentile of durations; `None` without any.
pub fn percentiles(mut took: Vec<Duration>) -> Option<(Duration, Duration)> {
    took.sort_unstable();
    // The nearest-rank percentile: the smallest value that at least so many in a hundred do not exceed.
    let percentile = |percent: usize| took.get((took.len() * percent).div_ceil(100).checked_sub(1)?).copied();
    percentile(50).zip(percentile(95))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis_const(1_795_359_600_000);

    fn reading(delivered: i64, undelivered: i64, seconds: u64) -> DeliveredReading {
        DeliveredReading { at: after(seconds), delivered: BTreeMap::from([("a".to_owned(), delivered)]), undelivered }
    }

    fn after(seconds: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn the_rate_is_that_of_the_last_ten_seconds() {
        let mut readings = Readings::default();
        assert_eq!(readings.per_second("a"), None);
        for second in 0..=30_u32 {
            let delivered = second.saturating_sub(20) * 50;
            readings.push(reading(delivered.into(), 0, second.into()));
        }
        assert_eq!(readings.per_second("a"), Some(50.0));
        assert_eq!(readings.per_second("b"), None);
        assert!(readings.0.len() <= 12, "{}", readings.0.len());
    }

    #[test]
    fn a_queue_that_does_not_shrink_has_no_end() {
        let mut readings = Readings::default();
        readings.push(reading(0, 100, 0));
        readings.push(reading(20, 80, 2));
        assert_eq!(readings.empty_in(), Some(Duration::from_secs(8)));
        readings.push(reading(40, 160, 4));
        assert_eq!(readings.empty_in(), None);
    }

    #[test]
    fn a_clock_that_was_set_back_begins_a_new_window() {
        let mut readings = Readings::default();
        readings.push(reading(0, 0, 100));
        readings.push(reading(10, 0, 50));
        assert_eq!(readings.per_second("a"), None);
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let took = (1..=100).map(Duration::from_millis).collect();
        let latency = latency(took, 25);
        assert_eq!((latency.p50.as_millis(), latency.p95.as_millis(), latency.failed), (50, 95, 0.25));
        assert_eq!(super::latency(vec![Duration::from_millis(7)], 0).p95.as_millis(), 7);
    }
}
