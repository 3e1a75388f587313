//! The health of the queue: all checks, and one sentence.

use std::time::Duration;

use super::check::check_if;
use super::{
    Attempts, Check, FailureStats, Grade, HealthLimits, SeenEvents, due_age, expected, percent, processing_age,
    received,
};
use crate::clock::Timestamp;
use crate::endpoint::PausedBy;
use crate::format::{bytes, short_duration};
use crate::store::inbound::ReceivedFigures;
use crate::store::incidents::FailingSink;
use crate::store::{AttemptTotals, DeliveryRow, EndpointFigures, QueueFigures, Storage};

/// The size in bytes from which a write-ahead log gets a warning: it is checkpointed long before, unless a reader prevents that.
pub const LARGE_LOG: u64 = 64 << 20;
/// The size in bytes from which a write-ahead log is critical: it fills the disk and slows every reader.
pub const HUGE_LOG: u64 = 256 << 20;

/// Whether the queue is healthy, and the checks from which that follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// Whether nothing is critical.
    pub healthy: bool,
    /// The share of attempts that failed in the window; 0 when there were none.
    pub failure_rate: f64,
    /// Attempts that failed in the window.
    pub recent_failures: u64,
    /// Attempts that ended in the window.
    pub recent_attempts: u64,
    /// One sentence for people.
    pub message: String,
    /// All checks.
    pub checks: Vec<Check>,
}

/// The figures from which the health of the queue is judged.
#[derive(Clone, Debug, Default)]
pub struct HealthFigures {
    /// The queue and its endpoints.
    pub figures: QueueFigures,
    /// Attempts that ended within [`HEALTH_WINDOW`](super::HEALTH_WINDOW).
    pub rates: Vec<AttemptTotals>,
    /// Webhooks received within it.
    pub received: ReceivedFigures,
    /// The space of the database file and its disk.
    pub storage: Storage,
    /// When expected events were last seen.
    pub expected: Vec<SeenEvents>,
    /// The sinks that could not be notified.
    pub failing_sinks: Vec<FailingSink>,
}

/// The figures that `health` shows beside its checks.
#[derive(Clone, Debug, Default)]
pub struct HealthDetails {
    /// The figures that health is judged by.
    pub figures: HealthFigures,
    /// Failures of the last day.
    pub stats: FailureStats,
    /// The latest deliveries with a failed attempt that are waiting or failed, newest first.
    pub recent: Vec<DeliveryRow>,
}

/// Judges the queue and the receiving side. `rates` and `received` are those of the [`HEALTH_WINDOW`](super::HEALTH_WINDOW) before `now`.
pub fn health(read: &HealthFigures, limits: &HealthLimits, now: Timestamp) -> Health {
    let HealthFigures { figures, rates, received, storage, expected, failing_sinks } = read;
    let attempts = Attempts::of(rates);
    let mut checks = vec![
        check_rate(attempts, limits),
        check_failures(attempts, limits),
        check_due_age(due_age(figures, now), limits),
        check_processing_age(processing_age(figures, now), limits),
        check_endpoints(figures),
        check_held(figures),
        check_storage(*storage),
        check_alerts(failing_sinks),
    ];
    checks.extend(received::checks(received, limits, now));
    checks.extend(expected::check(expected, now));
    let healthy = checks.iter().all(|check| check.state != Grade::Critical);
    Health {
        healthy,
        failure_rate: attempts.failure_rate(),
        recent_failures: attempts.failed,
        recent_attempts: attempts.total(),
        message: message(healthy, &checks, attempts),
        checks,
    }
}

fn message(healthy: bool, checks: &[Check], attempts: Attempts) -> String {
    if healthy {
        return match attempts.total() {
            0 => "healthy: no attempts in the last hour".to_owned(),
            total => format!("healthy: {} of {total} attempts failed in the last hour", attempts.failed),
        };
    }
    let wrong = checks.iter().filter(|check| check.state == Grade::Critical);
    let wrong: Vec<&str> = wrong.filter_map(|check| check.message.as_deref()).collect();
    format!("unhealthy: {}", wrong.join("; "))
}

fn check_rate(attempts: Attempts, limits: &HealthLimits) -> Check {
    let wrong = attempts.failure_rate() > limits.max_failure_rate;
    let (value, limit) = (percent(attempts.failure_rate()), percent(limits.max_failure_rate));
    let text = format!(
        "{value} of attempts failed in the last hour ({} of {}), more than {limit}",
        attempts.failed,
        attempts.total()
    );
    check_if("failure rate", wrong, value, limit, text)
}

fn check_failures(attempts: Attempts, limits: &HealthLimits) -> Check {
    let wrong = attempts.failed > limits.max_failures;
    let text = format!("{} attempts failed in the last hour, more than {}", attempts.failed, limits.max_failures);
    check_if("failures", wrong, attempts.failed.to_string(), limits.max_failures.to_string(), text)
}

fn check_due_age(age: Duration, limits: &HealthLimits) -> Check {
    let (value, limit) = (short_duration(age), short_duration(limits.max_due_age));
    let text = format!("the oldest due delivery has waited {value}, longer than {limit}: no worker is running");
    check_if("oldest due", age > limits.max_due_age, value, limit, text)
}

fn check_processing_age(age: Duration, limits: &HealthLimits) -> Check {
    let (value, limit) = (short_duration(age), short_duration(limits.max_processing_age));
    let stuck = !age.is_zero() && age >= limits.max_processing_age;
    let text = format!("a delivery has been processing for {value}");
    check_if("longest processing", stuck, value, limit, text)
}

/// Checks the endpoints: gone ones are critical, resting ones get a warning.
fn check_endpoints(figures: &QueueFigures) -> Check {
    let endpoints = || figures.endpoints.iter().map(|row| &row.endpoint).filter(|endpoint| endpoint.configured);
    let gone: Vec<&str> =
        endpoints().filter(|it| it.paused_by == Some(PausedBy::Gone)).map(|it| it.name.as_str()).collect();
    let resting = endpoints().filter(|it| it.paused_by.is_none() && it.circuit.open.is_some()).count();
    let state = match (gone.len(), resting) {
        (0, 0) => Grade::Ok,
        (0, _) => Grade::Warning,
        _ => Grade::Critical,
    };
    let message = match state {
        Grade::Ok => None,
        Grade::Warning => Some(format!("circuit open for {resting}: no answers, or Retry-After")),
        Grade::Critical => Some(format!("answered 410 and were paused: {}", gone.join(", "))),
    };
    let value = match (gone.len(), resting) {
        (0, 0) => "none gone".to_owned(),
        (0, resting) => format!("{resting} with an open circuit"),
        (gone, 0) => format!("{gone} gone"),
        (gone, resting) => format!("{gone} gone, {resting} with an open circuit"),
    };
    Check { name: "endpoints", state, value, limit: "none gone".to_owned(), message }
}

/// Checks for held deliveries, which wait until somebody resumes or configures their endpoint.
fn check_held(figures: &QueueFigures) -> Check {
    let held =
        || figures.endpoints.iter().filter(|row| row.endpoint.is_paused_or_unconfigured() && row.counts.waiting > 0);
    let total: i64 = held().map(|row| row.counts.waiting).sum();
    let named = |row: &EndpointFigures| {
        format!("{} for {}, which is {}", row.counts.waiting, row.endpoint.name, row.endpoint.state_name())
    };
    let message = (total > 0).then(|| format!("deliveries held: {}", held().map(named).collect::<Vec<_>>().join(", ")));
    let state = if total > 0 { Grade::Warning } else { Grade::Ok };
    Check { name: "held", state, value: total.to_string(), limit: "0".to_owned(), message }
}

/// Checks the disk and the write-ahead log.
fn check_storage(storage: Storage) -> Check {
    let log = bytes(storage.wal_bytes);
    let (state, message) = match (storage.full, storage.wal_bytes) {
        _ if storage.read_only => (
            Grade::Critical,
            Some("the file system of the database is mounted read-only: nothing can be stored".to_owned()),
        ),
        (true, _) => (Grade::Critical, Some("the disk of the database is full: nothing can be stored".to_owned())),
        (false, HUGE_LOG..) => (
            Grade::Critical,
            Some(format!("the write-ahead log has grown to {log}: a long-running reader blocks WAL checkpoints")),
        ),
        (false, LARGE_LOG..) => (Grade::Warning, Some(format!("the write-ahead log has grown to {log}"))),
        (false, _) => (Grade::Ok, None),
    };
    let value = match (storage.read_only, storage.full) {
        (true, _) => "read-only".to_owned(),
        (_, true) => format!("full, log {log}"),
        (_, false) => format!("log {log}"),
    };
    Check { name: "storage", state, value, limit: format!("log {}", bytes(HUGE_LOG)), message }
}

/// Checks that alerts can be sent.
fn check_alerts(failing_sinks: &[FailingSink]) -> Check {
    let named = |it: &FailingSink| format!("{} ({})", it.sink, it.error);
    let message = (!failing_sinks.is_empty()).then(|| {
        format!("alerts could not be sent: {}", failing_sinks.iter().map(named).collect::<Vec<_>>().join(", "))
    });
    let state = if failing_sinks.is_empty() { Grade::Ok } else { Grade::Warning };
    let value = failing_sinks.iter().map(|it| it.notifications).sum::<u64>();
    Check { name: "alerts", state, value: format!("{value} not sent"), limit: "0 not sent".to_owned(), message }
}
