use super::*;
use crate::delivery::{CircuitOpen, CircuitState, OpenCause};
use crate::endpoint::{Endpoint, EndpointId, EndpointSettings, EndpointUrl, PausedBy};
use crate::store::{DeliveryCounts, EndpointFigures, Storage};

const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);

fn endpoint() -> EndpointFigures {
    let endpoint = Endpoint {
        id: EndpointId(1),
        name: "admin".to_owned(),
        url: EndpointUrl::parse("https://admin.example.com/hooks").expect("a URL"),
        settings: EndpointSettings::default(),
        configured: true,
        paused_by: None,
        circuit: CircuitState::default(),
        rate_used_until: crate::endpoint::UsedUntil::default(),
        resumed_at: NOW,
        last_success_at: None,
        last_failure_at: None,
    };
    EndpointFigures { endpoint, counts: DeliveryCounts::default(), oldest_due: None, oldest_pending: None }
}

fn figures(endpoint: EndpointFigures) -> QueueFigures {
    QueueFigures { events: 0, endpoints: vec![endpoint], ..QueueFigures::default() }
}

fn rate(event_type: &str, resource: &str, delivered: i64, failed: i64) -> AttemptTotals {
    let (event_type, resource_type) = (event_type.to_owned(), resource.to_owned());
    AttemptTotals { endpoint: "admin".to_owned(), event_type, resource_type, delivered, failed }
}

fn judged(figures: &QueueFigures, delivered: i64, failed: i64) -> Health {
    let rates = vec![rate("user.created", "user", delivered, failed)];
    let read = HealthFigures { figures: figures.clone(), rates, ..HealthFigures::default() };
    health(&read, &HealthLimits::default(), NOW)
}

#[test]
fn a_full_disk_and_a_log_without_end_are_not_healthy() {
    let on = |full, mib: u64| {
        let storage = Storage { full, wal_bytes: mib << 20, ..Storage::default() };
        let read = HealthFigures { figures: figures(endpoint()), storage, ..HealthFigures::default() };
        let health = health(&read, &HealthLimits::default(), NOW);
        let state = health.checks.iter().find(|check| check.name == "storage").map(|check| check.state);
        (health.healthy, state.expect("it was looked at"))
    };
    assert_eq!(on(false, 63), (true, Grade::Ok));
    assert_eq!(on(false, 64), (true, Grade::Warning));
    assert_eq!(on(false, 255), (true, Grade::Warning));
    assert_eq!(on(false, 256), (false, Grade::Critical));
    assert_eq!(on(true, 0), (false, Grade::Critical));
    let storage = Storage { read_only: true, ..Storage::default() };
    let read = HealthFigures { figures: figures(endpoint()), storage, ..HealthFigures::default() };
    assert!(!health(&read, &HealthLimits::default(), NOW).healthy, "read-only");
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
    assert_eq!(health.message, "healthy: no attempts in the last hour");
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
    let since = |age| QueueFigures { oldest_processing: Some(NOW.minus(age)), ..figures(endpoint()) };
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
    resting.endpoint.circuit = CircuitState { consecutive_failures: 5, open: Some(open), ..CircuitState::default() };
    let health = judged(&figures(resting), 0, 0);
    assert!(health.healthy && health.checks.iter().any(|check| check.state == Grade::Warning));
}

#[test]
fn what_is_held_is_worth_a_look_and_named_with_its_endpoint() {
    let mut row = endpoint();
    row.counts = DeliveryCounts { waiting: 3, ..DeliveryCounts::default() };
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
    let rates = [rate("user.created", "user", 9, 2), rate("profile.updated", "user", 0, 1), rate("x.y", "thing", 5, 0)];
    let mut row = endpoint();
    row.counts = DeliveryCounts { troubled: 2, troubled_attempts: 5, ..DeliveryCounts::default() };
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
        [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(open, failed)| SyncStatus::of(open, failed)),
        [SyncStatus::Synced, SyncStatus::Syncing, SyncStatus::Failed, SyncStatus::Failed]
    );
}

#[test]
fn shares_read_as_percentages() {
    assert_eq!([0.0, 0.048, 0.1, 1.0].map(percent), ["0%", "4.8%", "10%", "100%"]);
}
