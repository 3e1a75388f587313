//! Figures → health, checks, failure statistics, freshness. Nothing here touches the world.
//!
//! Health measures lag as well as failures: a queue that nobody drains fails nothing, and is not healthy.

pub mod nagios;
mod received;

pub use received::ReceivedTotals;
pub mod outage;
pub mod pace;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::clock::Timestamp;
use crate::endpoint::PausedBy;
use crate::format::{bytes, short_duration};
use crate::store::inbound::ReceivedFigures;
use crate::store::{EndpointFigures, Figures, Rate, Storage};

/// The window that health looks at.
pub const HEALTH_WINDOW: Duration = Duration::from_mins(60);
/// The window that failure statistics look at unless told otherwise.
pub const STATS_WINDOW: Duration = Duration::from_hours(24);

/// A write-ahead log from here on is worth a look: it is worked off long before, unless somebody keeps it from that.
pub const LARGE_LOG: u64 = 64 << 20;
/// A write-ahead log from here on is not healthy: it fills the disk, and slows every reader.
pub const HUGE_LOG: u64 = 256 << 20;

/// Up to where the queue counts as healthy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The largest share of failed attempts, from 0 to 1.
    pub max_failure_rate: f64,
    /// The most failed attempts.
    pub max_failures: u64,
    /// The longest time a delivery may be due.
    pub max_due_age: Duration,
    /// The time from which on a delivery that is being sent counts as stuck.
    pub max_processing_age: Duration,
    /// The longest time in which no webhook verifies; zero is no limit.
    pub silence_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_failure_rate: 0.1,
            max_failures: 10,
            max_due_age: Duration::from_mins(15),
            max_processing_age: Duration::from_mins(15),
            silence_after: Duration::ZERO,
        }
    }
}

/// How good something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it should be.
    Ok,
    /// Worth a look; does not make the queue unhealthy.
    Warning,
    /// Makes the queue unhealthy.
    Critical,
}

impl Grade {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    fn critical_if(wrong: bool) -> Self {
        if wrong { Self::Critical } else { Self::Ok }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// How it is.
    pub state: Grade,
    /// The value found, in words.
    pub value: String,
    /// Up to where it is ok, in words.
    pub limit: String,
    /// What is wrong in one sentence, where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The health of the queue.
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
    /// Everything that was looked at.
    pub checks: Vec<Check>,
}

/// Attempts that ended in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Answered with a 2xx.
    pub delivered: u64,
    /// Everything else that ended; interrupted ones are left out.
    pub failed: u64,
}

impl Attempts {
    /// Sums up rates.
    pub fn of(rates: &[Rate]) -> Self {
        rates.iter().fold(Self::default(), |sum, rate| Self {
            delivered: sum.delivered + rate.delivered.unsigned_abs(),
            failed: sum.failed + rate.failed.unsigned_abs(),
        })
    }

    /// All of them.
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

/// How long the oldest due delivery has been due; zero when none is.
pub fn due_age(figures: &Figures, now: Timestamp) -> Duration {
    let oldest = figures.endpoints.iter().filter_map(|endpoint| endpoint.oldest_due).min();
    oldest.map_or(Duration::ZERO, |due| now.since(due))
}

/// How long the longest claim has lasted; zero when there is none.
pub fn processing_age(figures: &Figures, now: Timestamp) -> Duration {
    figures.oldest_processing.map_or(Duration::ZERO, |since| now.since(since))
}

/// Judges the queue and the receiving side. `rates` and `received` are those of the [`HEALTH_WINDOW`] before `now`.
pub fn health(
    figures: &Figures,
    rates: &[Rate],
    received: &ReceivedFigures,
    storage: Storage,
    limits: &Limits,
    now: Timestamp,
) -> Health {
    let attempts = Attempts::of(rates);
    let mut checks = vec![
        check_rate(attempts, limits),
        check_failures(attempts, limits),
        check_due_age(due_age(figures, now), limits),
        check_processing_age(processing_age(figures, now), limits),
        check_endpoints(figures),
        check_held(figures),
        check_storage(storage),
    ];
    checks.extend(received::checks(received, limits, now));
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
            0 => "healthy: nothing was attempted in the last hour".to_owned(),
            total => format!("healthy: {} of {total} attempts failed in the last hour", attempts.failed),
        };
    }
    let wrong = checks.iter().filter(|check| check.state == Grade::Critical);
    let wrong: Vec<&str> = wrong.filter_map(|check| check.message.as_deref()).collect();
    format!("unhealthy: {}", wrong.join("; "))
}

fn check_rate(attempts: Attempts, limits: &Limits) -> Check {
    let wrong = attempts.failure_rate() > limits.max_failure_rate;
    let (value, limit) = (percent(attempts.failure_rate()), percent(limits.max_failure_rate));
    let text = format!(
        "{value} of attempts failed in the last hour ({} of {}), more than {limit}",
        attempts.failed,
        attempts.total()
    );
    check("failure rate", wrong, value, limit, text)
}

fn check_failures(attempts: Attempts, limits: &Limits) -> Check {
    let wrong = attempts.failed > limits.max_failures;
    let text = format!("{} attempts failed in the last hour, more than {}", attempts.failed, limits.max_failures);
    check("failures", wrong, attempts.failed.to_string(), limits.max_failures.to_string(), text)
}

fn check_due_age(age: Duration, limits: &Limits) -> Check {
    let (value, limit) = (short_duration(age), short_duration(limits.max_due_age));
    let text = format!("the oldest due delivery has waited {value}, longer than {limit}: no worker is running");
    check("oldest due", age > limits.max_due_age, value, limit, text)
}

fn check_processing_age(age: Duration, limits: &Limits) -> Check {
    let (value, limit) = (short_duration(age), short_duration(limits.max_processing_age));
    let stuck = !age.is_zero() && age >= limits.max_processing_age;
    let text = format!("a delivery has been processing for {value}");
    check("longest processing", stuck, value, limit, text)
}

/// Gone endpoints are critical, resting ones worth a look.
fn check_endpoints(figures: &Figures) -> Check {
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
        Grade::Warning => Some(format!("circuit open for {resting}: they did not answer, or asked for a pause")),
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

/// What is held goes out only once somebody does something about its endpoint: worth a look.
fn check_held(figures: &Figures) -> Check {
    let held =
        || figures.endpoints.iter().filter(|row| row.endpoint.is_paused_or_unconfigured() && row.counts.pending > 0);
    let total: i64 = held().map(|row| row.counts.pending).sum();
    let named = |row: &EndpointFigures| {
        format!("{} for {}, which is {}", row.counts.pending, row.endpoint.name, row.endpoint.state_name())
    };
    let message = (total > 0).then(|| format!("deliveries held: {}", held().map(named).collect::<Vec<_>>().join(", ")));
    let state = if total > 0 { Grade::Warning } else { Grade::Ok };
    Check { name: "held", state, value: total.to_string(), limit: "0".to_owned(), message }
}

/// A disk that is full and a log that fills it are critical.
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

fn check(name: &'static str, wrong: bool, value: String, limit: String, text: String) -> Check {
    Check { name, state: Grade::critical_if(wrong), value, limit, message: wrong.then_some(text) }
}

/// A share as people read it: `4.8%`.
pub fn percent(share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
}

/// What failed in a window, by what it was about.
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

/// Sums up what failed. `rates` are those since `since`.
pub fn failure_stats(figures: &Figures, rates: &[Rate], since: Timestamp) -> FailureStats {
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

fn failures_by(rates: &[Rate], what: impl Fn(&Rate) -> &String) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for rate in rates.iter().filter(|rate| rate.failed > 0) {
        *sums.entry(what(rate).clone()).or_default() += rate.failed.unsigned_abs();
    }
    sums
}

/// How old the last news may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreshnessThresholds {
    /// Older than this is worth a warning.
    pub warn_after: Duration,
    /// Older than this is an error.
    pub error_after: Duration,
}

impl Default for FreshnessThresholds {
    fn default() -> Self {
        Self { warn_after: Duration::from_mins(60), error_after: Duration::from_mins(180) }
    }
}

/// How fresh the last news are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Freshness {
    /// Newer than the first threshold.
    Fresh,
    /// Older than that.
    Aging,
    /// Older than the second.
    Stale,
}

impl Freshness {
    /// Its word, as the original wrote it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fresh => "Fresh",
            Self::Aging => "Aging",
            Self::Stale => "Stale",
        }
    }
}

/// Judges the age of a record or of a last success, in whole minutes as the original did: 60 minutes are fresh, 61 are aging.
/// A moment ahead of `now` is fresh.
pub fn freshness(last: Timestamp, ages: &FreshnessThresholds, now: Timestamp) -> Freshness {
    let age = Duration::from_mins(now.since(last).as_secs() / 60);
    if age > ages.error_after {
        Freshness::Stale
    } else if age > ages.warn_after {
        Freshness::Aging
    } else {
        Freshness::Fresh
    }
}

/// Whether one side knows what the other does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Synced {
    /// Everything arrived.
    Synced,
    /// Something is on its way.
    Syncing,
    /// Something was given up.
    Failed,
}

impl Synced {
    /// Judges the deliveries of an endpoint, or of a queue: `open` ones and `failed` ones.
    pub fn of(open: i64, failed: i64) -> Self {
        match (open, failed) {
            (_, 1..) => Self::Failed,
            (1.., _) => Self::Syncing,
            _ => Self::Synced,
        }
    }

    /// Its words, as the original wrote them.
    pub fn name(self) -> &'static str {
        match self {
            Self::Synced => "✓ Synced",
            Self::Syncing => "⟳ Syncing...",
            Self::Failed => "✗ Sync failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{CircuitOpen, CircuitState, OpenCause};
    use crate::endpoint::{Endpoint, EndpointId, EndpointUrl, Settings};
    use crate::store::{Counts, EndpointFigures};

    const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);

    fn endpoint() -> EndpointFigures {
        let endpoint = Endpoint {
            id: EndpointId(1),
            name: "admin".to_owned(),
            url: EndpointUrl::parse("https://admin.example.com/hooks").expect("a URL"),
            settings: Settings::default(),
            configured: true,
            paused_by: None,
            circuit: CircuitState::default(),
            rate_used_until: crate::endpoint::UsedUntil::default(),
            resumed_at: NOW,
            last_success_at: None,
            last_failure_at: None,
        };
        EndpointFigures { endpoint, counts: Counts::default(), oldest_due: None }
    }

    fn figures(endpoint: EndpointFigures) -> Figures {
        Figures { events: 0, endpoints: vec![endpoint], oldest_processing: None }
    }

    fn rate(event_type: &str, resource: &str, delivered: i64, failed: i64) -> Rate {
        let (event_type, resource_type) = (event_type.to_owned(), resource.to_owned());
        Rate { endpoint: "admin".to_owned(), event_type, resource_type, delivered, failed }
    }

    fn judged(figures: &Figures, delivered: i64, failed: i64) -> Health {
        let rates = [rate("user.created", "user", delivered, failed)];
        health(figures, &rates, &ReceivedFigures::default(), Storage::default(), &Limits::default(), NOW)
    }

    #[test]
    fn a_full_disk_and_a_log_without_end_are_not_healthy() {
        let on = |full, mib: u64| {
            let storage = Storage { full, wal_bytes: mib << 20, ..Storage::default() };
            let received = ReceivedFigures::default();
            let health = health(&figures(endpoint()), &[], &received, storage, &Limits::default(), NOW);
            let state = health.checks.iter().find(|check| check.name == "storage").map(|check| check.state);
            (health.healthy, state.expect("it was looked at"))
        };
        assert_eq!(on(false, 63), (true, Grade::Ok));
        assert_eq!(on(false, 64), (true, Grade::Warning));
        assert_eq!(on(false, 255), (true, Grade::Warning));
        assert_eq!(on(false, 256), (false, Grade::Critical));
        assert_eq!(on(true, 0), (false, Grade::Critical));
        let storage = Storage { read_only: true, ..Storage::default() };
        assert!(
            !health(&figures(endpoint()), &[], &ReceivedFigures::default(), storage, &Limits::default(), NOW).healthy,
            "read-only"
        );
    }

    #[test]
    fn health_counts_every_attempt_and_both_of_its_limits_include_their_bound() {
        let calm = figures(endpoint());
        assert!(judged(&calm, 90, 10).healthy, "exactly a tenth, exactly ten");
        assert!(!judged(&calm, 89, 10).healthy, "more than a tenth");
        assert!(!judged(&calm, 1_000_000, 11).healthy, "more than ten");
        assert_eq!(judged(&calm, 3, 1).failure_rate, 0.25);
    }

    #[test]
    fn no_attempts_are_no_failures() {
        let health = judged(&figures(endpoint()), 0, 0);
        assert!(health.healthy && health.failure_rate == 0.0);
        assert_eq!(health.message, "healthy: nothing was attempted in the last hour");
    }

    #[test]
    fn a_queue_that_nobody_drains_is_not_healthy() {
        let late = |minutes| {
            let mut row = endpoint();
            row.oldest_due = Some(NOW.minus(Duration::from_mins(minutes)));
            judged(&figures(row), 0, 0)
        };
        assert!(late(15).healthy);
        assert!(!late(16).healthy);
        assert!(late(16).message.contains("waited 16m"), "{}", late(16).message);
    }

    #[test]
    fn a_delivery_that_has_been_processing_for_a_quarter_of_an_hour_is_not_healthy() {
        let since = |age| Figures { oldest_processing: Some(NOW.minus(age)), ..figures(endpoint()) };
        assert!(!judged(&since(Duration::from_mins(15)), 0, 0).healthy);
        assert!(judged(&since(Duration::from_secs(899)), 0, 0).healthy);
    }

    #[test]
    fn an_endpoint_that_is_gone_is_not_healthy_and_one_that_rests_is_worth_a_look() {
        let mut gone = endpoint();
        gone.endpoint.paused_by = Some(PausedBy::Gone);
        assert!(judged(&figures(gone.clone()), 0, 0).message.contains("410 and were paused: admin"));
        gone.endpoint.configured = false;
        assert!(judged(&figures(gone), 0, 0).healthy, "the operator took it out");
        let mut paused = endpoint();
        paused.endpoint.paused_by = Some(PausedBy::Operator);
        assert!(judged(&figures(paused), 0, 0).healthy);
        let mut resting = endpoint();
        let open = CircuitOpen { since: NOW, until: NOW, probes: 0, cause: OpenCause::Unanswered };
        resting.endpoint.circuit =
            CircuitState { consecutive_failures: 5, open: Some(open), ..CircuitState::default() };
        let health = judged(&figures(resting), 0, 0);
        assert!(health.healthy && health.checks.iter().any(|check| check.state == Grade::Warning));
    }

    #[test]
    fn what_is_held_is_worth_a_look_and_named_with_its_endpoint() {
        let mut row = endpoint();
        row.counts = Counts { pending: 3, ..Counts::default() };
        let held = |row: EndpointFigures| {
            let health = judged(&figures(row), 0, 0);
            let check = health.checks.into_iter().find(|check| check.name == "held").expect("it was looked at");
            (health.healthy, check.state, check.message)
        };
        assert_eq!(held(row.clone()), (true, Grade::Ok, None));
        row.endpoint.configured = false;
        let told = "deliveries held: 3 for admin, which is unconfigured".to_owned();
        assert_eq!(held(row), (true, Grade::Warning, Some(told)));
    }

    #[test]
    fn failures_are_told_apart_by_type_and_resource_type() {
        let rates =
            [rate("user.created", "user", 9, 2), rate("profile.updated", "user", 0, 1), rate("x.y", "thing", 5, 0)];
        let mut row = endpoint();
        row.counts = Counts { troubled: 2, troubled_attempts: 5, ..Counts::default() };
        let stats = failure_stats(&figures(row), &rates, NOW);
        assert_eq!(stats.total_failures, 3);
        assert_eq!(stats.failures_by_type, [("profile.updated".to_owned(), 1), ("user.created".to_owned(), 2)].into());
        assert_eq!(stats.failures_by_resource, [("user".to_owned(), 3)].into());
        assert_eq!(stats.average_retries, 1.5, "five attempts at two deliveries: three more than the first");
        assert_eq!(failure_stats(&figures(endpoint()), &[], NOW).average_retries, 0.0);
    }

    #[test]
    fn freshness_changes_at_its_thresholds() {
        let at = |minutes| freshness(NOW.minus(Duration::from_mins(minutes)), &FreshnessThresholds::default(), NOW);
        assert_eq!([0, 60].map(at), [Freshness::Fresh; 2]);
        assert_eq!([61, 180].map(at), [Freshness::Aging; 2]);
        assert_eq!([181, 10_000].map(at), [Freshness::Stale; 2]);
        assert_eq!(freshness(NOW.plus(Duration::from_mins(5)), &FreshnessThresholds::default(), NOW), Freshness::Fresh);
    }

    #[test]
    fn what_failed_outweighs_what_is_on_its_way() {
        assert_eq!(
            [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(open, failed)| Synced::of(open, failed)),
            [Synced::Synced, Synced::Syncing, Synced::Failed, Synced::Failed]
        );
    }

    #[test]
    fn shares_read_as_percentages() {
        assert_eq!([0.0, 0.048, 0.1, 1.0].map(percent), ["0%", "4.8%", "10%", "100%"]);
    }
}
