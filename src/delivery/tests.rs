//! The retry decision and the circuit, case by case.

use std::time::Duration;

use super::*;

const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);
const REJECTED: Outcome = Outcome::Rejected { status: Some(500), retry_after: None };

fn decided(outcome: Outcome, used: u32, circuit: CircuitState) -> RetryDecision {
    decide_retry(&RetryPolicy::default(), outcome, History { used, unanswered: None }, circuit, NOW, 0.0)
}

fn failures(consecutive_failures: u32) -> CircuitState {
    CircuitState { consecutive_failures, ..CircuitState::default() }
}

fn retry_after(seconds: u64) -> Outcome {
    Outcome::Rejected { status: Some(429), retry_after: Some(Duration::from_secs(seconds)) }
}

fn opened(until: u64, probes: u32) -> CircuitState {
    let open = CircuitOpen {
        since: NOW.minus(Duration::from_secs(1)),
        until: NOW.plus(Duration::from_secs(until)),
        probes,
        cause: OpenCause::Unanswered,
    };
    CircuitState { open: Some(open), ..failures(5) }
}

#[test]
fn the_first_delay_is_one_second_and_delays_double_to_thirty() {
    let policy = RetryPolicy::default();
    let seconds = |used| policy.delay(used, 0.0).as_secs();
    assert_eq!([1, 2, 3, 4, 5, 6, 7, 40, 100].map(seconds), [1, 2, 4, 8, 16, 30, 30, 30, 30]);
    assert_eq!(policy.delay(1, 1.0), Duration::from_millis(1_300));
    assert!(policy.delay(1, 0.5) > Duration::from_secs(1) && policy.delay(1, 0.5) < policy.delay(1, 1.0));
    assert_eq!(policy.longest_delay(), Duration::from_secs(39));
}

#[test]
fn three_rejections_use_up_the_attempts() {
    let circuit = CircuitState::default();
    assert_eq!(decided(REJECTED, 0, circuit).next, Next::RetryAt(NOW.plus(Duration::from_secs(1))));
    assert_eq!(decided(REJECTED, 1, circuit).next, Next::RetryAt(NOW.plus(Duration::from_secs(2))));
    assert_eq!(decided(REJECTED, 2, circuit).next, Next::Failed(FailureReason::AttemptsUsedUp));
}

#[test]
fn gone_gives_up_at_once_and_pauses_the_endpoint() {
    let decision = decided(Outcome::Rejected { status: Some(410), retry_after: None }, 0, CircuitState::default());
    assert_eq!((decision.next, decision.gone), (Next::Failed(FailureReason::Gone), true));
}

#[test]
fn a_refused_address_gives_up_at_once_and_leaves_the_circuit_alone() {
    let decision = decided(Outcome::Refused, 0, failures(2));
    assert_eq!(decision.next, Next::Failed(FailureReason::AddressRefused));
    assert_eq!(decision.circuit.consecutive_failures, 2);
}

#[test]
fn the_fifth_unanswered_attempt_opens_the_circuit_and_does_not_count() {
    let fourth = decided(Outcome::Unreachable, 2, failures(3));
    assert_eq!((fourth.next, fourth.circuit.open), (Next::Failed(FailureReason::AttemptsUsedUp), None));
    let fifth = decided(Outcome::TimedOut, 2, failures(4));
    assert_eq!(fifth.history.used, 2);
    assert!(matches!(fifth.next, Next::RetryAt(_)));
    let open = fifth.circuit.open.expect("an open circuit");
    assert_eq!((open.until.since(NOW), open.probes), (FIRST_PROBE_AFTER, 0));
}

#[test]
fn an_attempt_in_flight_when_the_circuit_opened_neither_counts_nor_moves_the_probe() {
    let before = opened(20, 0);
    let decision = decided(Outcome::Unreachable, 2, before);
    assert_eq!((decision.history.used, decision.circuit.open), (2, before.open));
}

#[test]
fn probe_waits_double_to_ten_minutes_and_any_answer_closes_the_circuit() {
    let mut circuit = opened(0, 0);
    let mut waits = Vec::new();
    for _ in 0..7 {
        let decision = decided(Outcome::Unreachable, 2, circuit);
        let open = decision.circuit.open.expect("still open");
        waits.push(open.until.since(NOW).as_secs());
        assert_eq!(decision.history.used, 2);
        circuit = CircuitState { open: Some(CircuitOpen { until: NOW, ..open }), ..decision.circuit };
    }
    assert_eq!(waits, [60, 120, 240, 480, 600, 600, 600]);
    let answered = |outcome| decided(outcome, 1, circuit);
    for decision in [answered(Outcome::Delivered { status: Some(204) }), answered(REJECTED)] {
        assert_eq!((decision.circuit.open, decision.circuit.consecutive_failures), (None, 0));
        assert_eq!((decision.circuit.answers, decision.history.used), (1, 2));
    }
}

#[test]
fn retry_after_counts_once_and_is_capped_at_a_day() {
    let first = decided(retry_after(120), 0, CircuitState::default());
    assert_eq!(first.history.used, 1);
    assert_eq!(first.circuit.open.expect("an open circuit").until, NOW.plus(Duration::from_secs(120)));
    let again = decided(retry_after(60), 1, opened(0, 0));
    assert_eq!((again.history.used, again.circuit.open.map(|r| r.probes)), (1, Some(1)));
    let long = decided(retry_after(u64::MAX), 0, CircuitState::default()).circuit.open.expect("an open circuit");
    assert_eq!(long.until, NOW.plus(LONGEST_RETRY_AFTER));
    assert_eq!(decided(retry_after(0), 0, CircuitState::default()).circuit.open, None);
}

#[test]
fn a_late_retry_after_never_shortens_the_wait() {
    let decision = decided(retry_after(1), 0, opened(500, 1));
    let open = decision.circuit.open.expect("still open");
    assert_eq!((open.until, open.probes), (NOW.plus(Duration::from_secs(500)), 1));
}

#[test]
fn a_clock_that_jumped_back_does_not_keep_the_circuit_open() {
    let open = opened(600, 0).open.expect("an open circuit");
    assert!(!open.probe_due(NOW));
    assert!(open.probe_due(NOW.minus(Duration::from_hours(1))));
}

#[test]
fn a_delivery_that_kills_its_worker_runs_alone_and_is_then_given_up() {
    let nexts = (1..=6).map(|n| after_interruption(n, NOW)).collect::<Vec<_>>();
    let crash = Next::Failed(FailureReason::WorkerCrash);
    assert_eq!(nexts, [Next::RetryAt(NOW), Next::RetryAt(NOW), Next::RunAlone, Next::RunAlone, crash, crash]);
}

/// An endpoint of a test: the history of its deliveries, with the clock at the time of each probe.
struct Endpoint {
    policy: RetryPolicy,
    circuit: CircuitState,
    now: Timestamp,
}

impl Endpoint {
    fn new() -> Self {
        Self { policy: RetryPolicy::default(), circuit: CircuitState::default(), now: NOW }
    }

    /// One attempt of the delivery with that history; while the circuit is open, it is a probe that is due.
    fn attempt(&mut self, history: &mut History, outcome: Outcome) -> Next {
        if let Some(open) = self.circuit.open {
            self.now = self.now.max(open.until);
        }
        let decision = decide_retry(&self.policy, outcome, *history, self.circuit, self.now, 0.0);
        (*history, self.circuit) = (decision.history, decision.circuit);
        decision.next
    }
}

const SILENT: Outcome = Outcome::TimedOut;
const DELIVERED: Outcome = Outcome::Delivered { status: Some(200) };

#[test]
fn an_outage_uses_up_nothing_not_even_the_attempts_that_opened_the_circuit() {
    for outcome in [SILENT, Outcome::Unreachable, Outcome::Rejected { status: Some(502), retry_after: None }] {
        let (mut endpoint, mut deliveries) = (Endpoint::new(), [History::default(); 5]);
        for history in &mut deliveries {
            endpoint.attempt(history, outcome);
        }
        assert!(endpoint.circuit.open.is_some());
        for round in 0..20 {
            assert!(matches!(endpoint.attempt(&mut deliveries[round % 5], outcome), Next::RetryAt(_)));
        }
        assert_eq!(deliveries.map(|history| history.used), [0; 5], "{outcome:?}");
        for history in &mut deliveries {
            assert_eq!(endpoint.attempt(history, DELIVERED), Next::Delivered);
        }
    }
}

#[test]
fn what_goes_unanswered_after_others_were_answered_uses_up_its_attempts_whatever_the_circuit() {
    let (mut endpoint, mut poison, mut good) = (Endpoint::new(), [History::default(); 6], History::default());
    for history in &mut poison {
        assert!(matches!(endpoint.attempt(history, SILENT), Next::RetryAt(_)));
    }
    assert_eq!(endpoint.attempt(&mut good, DELIVERED), Next::Delivered);
    assert!(endpoint.circuit.open.is_none());
    let mut attempts = 0;
    for history in &mut poison {
        while endpoint.attempt(history, SILENT) != Next::Failed(FailureReason::AttemptsUsedUp) {
            attempts += 1;
            assert!(attempts < 18, "it is never given up");
        }
        assert_eq!(history.used, 3);
    }
    assert!(endpoint.circuit.open.is_some(), "nothing was answered: good deliveries still come as probes");
}

#[test]
fn a_second_outage_uses_up_nothing_of_deliveries_that_waited_out_the_first_while_new_ones_go_unanswered_as_well() {
    let (mut endpoint, mut old) = (Endpoint::new(), [History::default(); 5]);
    for history in &mut old {
        endpoint.attempt(history, SILENT);
    }
    endpoint.attempt(&mut History::default(), DELIVERED);
    let mut fresh = [History::default(); 5];
    for history in &mut fresh {
        endpoint.attempt(history, SILENT);
    }
    for round in 0..30 {
        assert!(matches!(endpoint.attempt(&mut old[round % 5], SILENT), Next::RetryAt(_)));
        assert!(matches!(endpoint.attempt(&mut fresh[round % 5], SILENT), Next::RetryAt(_)));
    }
    assert!(old.iter().chain(&fresh).all(|history| history.used == 0));
}

#[test]
fn three_unanswered_attempts_between_answers_to_others_use_up_the_attempts() {
    let (mut endpoint, mut poison) = (Endpoint::new(), History::default());
    let mut nexts = Vec::new();
    for _ in 0..3 {
        endpoint.attempt(&mut History::default(), DELIVERED);
        nexts.push(endpoint.attempt(&mut poison, SILENT));
    }
    assert!(matches!(nexts[..], [Next::RetryAt(_), Next::RetryAt(_), Next::Failed(FailureReason::AttemptsUsedUp)]));
}

#[test]
fn a_gateway_that_asks_for_time_opens_the_circuit_and_uses_up_nothing() {
    let outcome = Outcome::Rejected { status: Some(503), retry_after: Some(Duration::from_secs(120)) };
    let decision = decided(outcome, 0, CircuitState::default());
    assert_eq!(decision.history.used, 0);
    assert_eq!(decision.circuit.open.map(|open| open.until.since(NOW).as_secs()), Some(120));
}

#[test]
fn outage_statuses_and_probe_waits_can_be_set() {
    let circuit =
        CircuitPolicy { outage_statuses: vec![520], first_probe_ms: 100, probe_factor: 3, longest_probe_ms: 500 };
    let policy = RetryPolicy { circuit, ..RetryPolicy::default() };
    let mut endpoint = Endpoint { policy, ..Endpoint::new() };
    let gateway = Outcome::Rejected { status: Some(502), retry_after: None };
    let mut histories = [History::default(); 5];
    for history in &mut histories {
        endpoint.attempt(history, gateway);
    }
    assert!(endpoint.circuit.open.is_none(), "502 is an answer here");
    let mut waits = Vec::new();
    for n in 0..9 {
        endpoint.attempt(&mut histories[n % 5], Outcome::Rejected { status: Some(520), retry_after: None });
        waits.extend(endpoint.circuit.open.map(|open| open.until.since(endpoint.now).as_millis()));
    }
    assert_eq!(waits, [100, 300, 500, 500, 500]);
}

#[test]
fn a_status_of_its_own_goes_before_its_class_and_giving_up_before_trying_again() {
    let rules = |retry: &[&str], give_up: &[&str]| {
        let read = |texts: &[&str]| texts.iter().map(|text| StatusRule::parse(text).expect(text)).collect();
        StatusRules { retry: read(retry), give_up: read(give_up) }
    };
    let next = |statuses: &StatusRules, status: u16| {
        let policy = RetryPolicy { statuses: statuses.clone(), ..RetryPolicy::default() };
        let outcome = Outcome::Rejected { status: Some(status), retry_after: None };
        match decide_retry(&policy, outcome, History::default(), CircuitState::default(), NOW, 0.0).next {
            Next::RetryAt(_) => "retry",
            Next::Failed(FailureReason::StatusGivenUp) => "give up",
            Next::Failed(FailureReason::Gone) => "gone",
            other => unreachable!("{other:?}"),
        }
    };
    let of = |statuses: StatusRules, expected: &[(u16, &str)]| {
        for (status, what) in expected {
            assert_eq!(next(&statuses, *status), *what, "{status} by {statuses:?}");
        }
    };
    of(
        rules(&[], &[]),
        &[(301, "retry"), (400, "retry"), (404, "retry"), (410, "gone"), (500, "retry"), (503, "retry")],
    );
    of(rules(&[], &["400", "404", "422"]), &[(400, "give up"), (422, "give up"), (401, "retry"), (410, "gone")]);
    of(
        rules(&["5xx", "408", "425", "429"], &["501"]),
        &[(500, "retry"), (501, "give up"), (429, "retry"), (404, "give up"), (301, "give up"), (410, "gone")],
    );
    of(rules(&["410", "404"], &["4xx"]), &[(410, "retry"), (404, "retry"), (400, "give up"), (500, "give up")]);
    for wrong in ["", "2xx", "200", "6xx", "99", "600", "xx", "4x", "+404", "-404"] {
        assert!(StatusRule::parse(wrong).is_err(), "{wrong}");
    }
}
