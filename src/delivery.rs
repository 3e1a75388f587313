//! The life of a delivery: what an attempt came to, and what follows from it.
//!
//! Everything here is decided from its arguments alone; time and jitter are handed in. `ARCHITECTURE.md` has the states
//! on one page.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// Consecutive unanswered attempts after which an endpoint's circuit opens.
pub const FAILURES_UNTIL_OPEN: u32 = 5;
/// The wait before the first probe of an open circuit; doubled for each further one.
pub const FIRST_PROBE_AFTER: Duration = Duration::from_secs(30);
/// The longest wait between probes, before jitter.
pub const LONGEST_PROBE_WAIT: Duration = Duration::from_mins(10);
/// The longest `Retry-After` that is honoured.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(24);
/// The share by which jitter may lengthen a wait.
pub const MAX_JITTER: f64 = 0.3;
/// Interruptions (its worker died) after which a delivery runs alone.
pub const INTERRUPTIONS_UNTIL_ALONE: u32 = 3;
/// Interruptions after which a delivery fails as [`Reason::WorkerCrash`].
pub const INTERRUPTIONS_UNTIL_FAILED: u32 = 5;

/// The state of a delivery, as an operator reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Due, waiting for a retry, or waiting behind an earlier one of its resource.
    Pending,
    /// Claimed by a worker.
    Processing,
    /// Answered with a 2xx.
    Delivered,
    /// Attempts used up, or given up. Kept until an operator prunes or replays it.
    Failed,
    /// Pending, but its endpoint is paused or no longer configured.
    Held,
}

impl State {
    /// Every state, in the order of a delivery's life.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Held, Self::Processing, Self::Delivered, Self::Failed];

    /// The state's name on the command line, in JSON and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Held => "held",
        }
    }

    /// The state called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Why an attempt was made; sent as `X-Sync-Trigger`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// The first attempt.
    Initial,
    /// A retry.
    Automatic,
    /// A replay by id.
    Manual,
    /// A replay by filter.
    Bulk,
}

impl Trigger {
    /// The header's value.
    pub fn name(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Automatic => "automatic",
            Self::Manual => "manual",
            Self::Bulk => "bulk",
        }
    }
}

/// The outcome of one attempt. A failed delivery is data, not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A 2xx answer, whatever its body.
    Delivered {
        /// The status code.
        status: u16,
    },
    /// Any other answer; a redirect is one.
    Rejected {
        /// The status code.
        status: u16,
        /// The wait that `Retry-After` asked for (429 and 503 only).
        retry_after: Option<Duration>,
    },
    /// No connection, or one that broke before an answer.
    Unreachable,
    /// The address rules forbid the address: nothing was sent, and a retry would end the same.
    Refused,
    /// No complete answer in time.
    TimedOut,
    /// The worker died; whether the request arrived is unknown.
    Interrupted,
}

impl Outcome {
    /// The outcome's name in JSON and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered { .. } => "delivered",
            Self::Rejected { .. } => "rejected",
            Self::Unreachable | Self::Refused => "unreachable",
            Self::TimedOut => "timed out",
            Self::Interrupted => "interrupted",
        }
    }

    /// The status code of the answer, if there was one.
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Delivered { status } | Self::Rejected { status, .. } => Some(status),
            Self::Unreachable | Self::Refused | Self::TimedOut | Self::Interrupted => None,
        }
    }

    /// Whether it may open the endpoint's circuit or pause the endpoint.
    pub fn affects_endpoint(self) -> bool {
        match self {
            Self::Delivered { .. } | Self::Refused | Self::Interrupted => false,
            Self::Rejected { status, retry_after } => status == 410 || retry_after.is_some(),
            Self::Unreachable | Self::TimedOut => true,
        }
    }

    fn is_unanswered(self) -> bool {
        matches!(self, Self::Unreachable | Self::TimedOut)
    }
}

/// Why a delivery was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// As many attempts failed as its retry policy allows.
    AttemptsUsedUp,
    /// The endpoint answered 410.
    Gone,
    /// Its worker died five times.
    WorkerCrash,
    /// An operator gave it up.
    GivenUp,
    /// The endpoint's address may not be called.
    AddressRefused,
}

impl Reason {
    /// The reason's name in JSON and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::AttemptsUsedUp => "attempts-used-up",
            Self::Gone => "gone",
            Self::WorkerCrash => "worker-crash",
            Self::GivenUp => "given-up",
            Self::AddressRefused => "address-refused",
        }
    }
}

/// What happens to the delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is delivered.
    Delivered,
    /// Another attempt, not before that time.
    RetryAt(Timestamp),
    /// Another attempt, alone in its worker.
    RunAlone,
    /// It failed, and is not tried again until an operator replays it.
    Failed(Reason),
}

/// When and how often a delivery is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetryPolicy {
    /// Attempts that may be used up.
    pub max_attempts: u32,
    /// Milliseconds before the second attempt, doubled for each further one.
    pub first_delay_ms: u64,
    /// The longest delay in milliseconds, before jitter.
    pub max_delay_ms: u64,
    /// Milliseconds one attempt may take, everything included.
    pub timeout_ms: u64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_attempts: 3, first_delay_ms: 1_000, max_delay_ms: 30_000, timeout_ms: 10_000 }
    }
}

impl RetryPolicy {
    /// The delay after `used` attempts: `min(first * 2^(used-1), max)`, lengthened by up to 30 %.
    ///
    /// `jitter` is in `0.0..1.0`.
    pub fn delay(&self, used: u32, jitter: f64) -> Duration {
        let doubled = self.first_delay_ms.saturating_mul(1_u64.checked_shl(used.saturating_sub(1)).unwrap_or(u64::MAX));
        jittered(Duration::from_millis(doubled.min(self.max_delay_ms)), jitter)
    }

    /// The longest delay this policy can produce. A `due_at` further ahead means that the clock jumped back.
    pub fn longest_delay(&self) -> Duration {
        jittered(Duration::from_millis(self.max_delay_ms), 1.0)
    }

    /// The time one attempt may take, everything included.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

fn jittered(wait: Duration, jitter: f64) -> Duration {
    wait.mul_f64(1.0 + MAX_JITTER * jitter.clamp(0.0, 1.0))
}

/// Why a circuit is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpenCause {
    /// [`FAILURES_UNTIL_OPEN`] consecutive attempts were not answered.
    Unanswered,
    /// The endpoint sent `Retry-After`.
    RetryAfter,
}

/// An open circuit: the endpoint gets one probe at a time and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitOpen {
    /// When it was opened, or prolonged last.
    pub since: Timestamp,
    /// When the next probe is due.
    pub until: Timestamp,
    /// Probes made so far.
    pub probes: u32,
    /// What opened or prolonged it.
    pub cause: OpenCause,
}

impl CircuitOpen {
    /// Whether a probe is due: its time has come, or the clock jumped back behind `since`.
    pub fn probe_due(&self, now: Timestamp) -> bool {
        now >= self.until || now < self.since
    }

    /// Whether a run should wait for the next probe rather than end: it is near, and fewer than three probes failed.
    pub fn worth_waiting(&self, now: Timestamp) -> bool {
        self.probes < 3 && self.until.since(now) < FIRST_PROBE_AFTER
    }
}

/// An endpoint's circuit breaker: closed, or open until a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CircuitState {
    /// Consecutive unanswered attempts.
    pub consecutive_failures: u32,
    /// Set while the circuit is open.
    pub open: Option<CircuitOpen>,
}

/// What an outcome means for the delivery and for its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryDecision {
    /// What happens to the delivery.
    pub next: Next,
    /// Attempts used up, this one included if it counts.
    pub used: u32,
    /// The endpoint's circuit afterwards.
    pub circuit: CircuitState,
    /// Whether the endpoint answered 410 and is to be paused.
    pub gone: bool,
}

/// Decides whether and when a delivery is tried again, and updates its endpoint's circuit.
///
/// `used` counts the attempts used up before it, `circuit` is the endpoint's at this moment, `jitter` in `0.0..1.0`
/// spreads the waits. For interrupted attempts see [`after_interruption`].
pub fn decide_retry(
    policy: &RetryPolicy,
    outcome: Outcome,
    used: u32,
    circuit: CircuitState,
    now: Timestamp,
    jitter: f64,
) -> RetryDecision {
    let after = circuit.after(outcome, now, jitter);
    let exempt = circuit.is_exempt(outcome, after);
    let used = used.saturating_add(u32::from(!exempt));
    let next = match outcome {
        Outcome::Delivered { .. } => Next::Delivered,
        Outcome::Rejected { status: 410, .. } => Next::Failed(Reason::Gone),
        Outcome::Refused => Next::Failed(Reason::AddressRefused),
        _ if used >= policy.max_attempts => Next::Failed(Reason::AttemptsUsedUp),
        _ => Next::RetryAt(now.plus(policy.delay(used, jitter))),
    };
    RetryDecision { next, used, circuit: after, gone: matches!(outcome, Outcome::Rejected { status: 410, .. }) }
}

/// Decides what happens to a delivery whose worker died during an attempt for the `interruptions`th time.
pub fn after_interruption(interruptions: u32, now: Timestamp) -> Next {
    match interruptions {
        INTERRUPTIONS_UNTIL_FAILED.. => Next::Failed(Reason::WorkerCrash),
        INTERRUPTIONS_UNTIL_ALONE.. => Next::RunAlone,
        _ => Next::RetryAt(now),
    }
}

impl CircuitState {
    /// The circuit after an outcome.
    fn after(self, outcome: Outcome, now: Timestamp, jitter: f64) -> Self {
        match outcome {
            Outcome::Rejected { retry_after: Some(wait), .. } if !wait.is_zero() => {
                Self { consecutive_failures: 0, open: Some(self.apply_retry_after(wait, now)) }
            }
            Outcome::Delivered { .. } | Outcome::Rejected { .. } => Self::default(),
            Outcome::Unreachable | Outcome::TimedOut => self.on_unanswered(now, jitter),
            Outcome::Refused | Outcome::Interrupted => self,
        }
    }

    fn apply_retry_after(self, wait: Duration, now: Timestamp) -> CircuitOpen {
        let until = now.plus(wait.min(LONGEST_RETRY_AFTER));
        let (probes, until) = match self.open {
            // The request was sent before the circuit opened: it is no probe, and it never shortens the wait.
            Some(open) if !open.probe_due(now) => (open.probes, until.max(open.until)),
            Some(open) => (open.probes + 1, until),
            None => (0, until),
        };
        CircuitOpen { since: now, until, probes, cause: OpenCause::RetryAfter }
    }

    fn on_unanswered(self, now: Timestamp, jitter: f64) -> Self {
        let consecutive_failures = self.consecutive_failures.saturating_add(1);
        let open = match self.open {
            Some(open) if open.probe_due(now) => Some(unanswered(open.probes + 1, now, jitter)),
            Some(open) => Some(open),
            None if consecutive_failures >= FAILURES_UNTIL_OPEN => Some(unanswered(0, now, jitter)),
            None => None,
        };
        Self { consecutive_failures, open }
    }

    /// Whether an attempt does not count against `max_attempts`: it was not answered, and opened the circuit or ended while
    /// it was open; or it was a probe that got `Retry-After` again.
    fn is_exempt(self, outcome: Outcome, after: Self) -> bool {
        let told_again = matches!(outcome, Outcome::Rejected { retry_after: Some(_), .. }) && self.open.is_some();
        after.open.is_some() && (outcome.is_unanswered() || told_again)
    }
}

fn unanswered(probes: u32, now: Timestamp, jitter: f64) -> CircuitOpen {
    let doubled = FIRST_PROBE_AFTER.saturating_mul(1_u32.checked_shl(probes).unwrap_or(u32::MAX));
    let wait = jittered(doubled.min(LONGEST_PROBE_WAIT), jitter);
    CircuitOpen { since: now, until: now.plus(wait), probes, cause: OpenCause::Unanswered }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);
    const REJECTED: Outcome = Outcome::Rejected { status: 500, retry_after: None };

    fn decided(outcome: Outcome, used: u32, circuit: CircuitState) -> RetryDecision {
        decide_retry(&RetryPolicy::default(), outcome, used, circuit, NOW, 0.0)
    }

    fn retry_after(seconds: u64) -> Outcome {
        Outcome::Rejected { status: 429, retry_after: Some(Duration::from_secs(seconds)) }
    }

    fn opened(until: u64, probes: u32) -> CircuitState {
        let open = CircuitOpen {
            since: NOW.minus(Duration::from_secs(1)),
            until: NOW.plus(Duration::from_secs(until)),
            probes,
            cause: OpenCause::Unanswered,
        };
        CircuitState { consecutive_failures: 5, open: Some(open) }
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
        assert_eq!(decided(REJECTED, 2, circuit).next, Next::Failed(Reason::AttemptsUsedUp));
    }

    #[test]
    fn gone_gives_up_at_once_and_pauses_the_endpoint() {
        let decision = decided(Outcome::Rejected { status: 410, retry_after: None }, 0, CircuitState::default());
        assert_eq!((decision.next, decision.gone), (Next::Failed(Reason::Gone), true));
    }

    #[test]
    fn a_refused_address_gives_up_at_once_and_leaves_the_circuit_alone() {
        let decision = decided(Outcome::Refused, 0, CircuitState { consecutive_failures: 2, open: None });
        assert_eq!(decision.next, Next::Failed(Reason::AddressRefused));
        assert_eq!(decision.circuit.consecutive_failures, 2);
    }

    #[test]
    fn the_fifth_unanswered_attempt_opens_the_circuit_and_does_not_count() {
        let fourth = decided(Outcome::Unreachable, 2, CircuitState { consecutive_failures: 3, open: None });
        assert_eq!((fourth.next, fourth.circuit.open), (Next::Failed(Reason::AttemptsUsedUp), None));
        let fifth = decided(Outcome::TimedOut, 2, CircuitState { consecutive_failures: 4, open: None });
        assert_eq!(fifth.used, 2);
        assert!(matches!(fifth.next, Next::RetryAt(_)));
        let open = fifth.circuit.open.expect("an open circuit");
        assert_eq!((open.until.since(NOW), open.probes), (FIRST_PROBE_AFTER, 0));
    }

    #[test]
    fn an_attempt_in_flight_when_the_circuit_opened_neither_counts_nor_moves_the_probe() {
        let before = opened(20, 0);
        let decision = decided(Outcome::Unreachable, 2, before);
        assert_eq!((decision.used, decision.circuit.open), (2, before.open));
    }

    #[test]
    fn probe_waits_double_to_ten_minutes_and_any_answer_closes_the_circuit() {
        let mut circuit = opened(0, 0);
        let mut waits = Vec::new();
        for _ in 0..7 {
            let decision = decided(Outcome::Unreachable, 2, circuit);
            let open = decision.circuit.open.expect("still open");
            waits.push(open.until.since(NOW).as_secs());
            assert_eq!(decision.used, 2);
            circuit = CircuitState { open: Some(CircuitOpen { until: NOW, ..open }), ..decision.circuit };
        }
        assert_eq!(waits, [60, 120, 240, 480, 600, 600, 600]);
        assert_eq!(decided(Outcome::Delivered { status: 204 }, 2, circuit).circuit, CircuitState::default());
        let rejected = decided(REJECTED, 1, circuit);
        assert_eq!((rejected.circuit, rejected.used), (CircuitState::default(), 2));
    }

    #[test]
    fn retry_after_counts_once_and_is_capped_at_a_day() {
        let first = decided(retry_after(120), 0, CircuitState::default());
        assert_eq!(first.used, 1);
        assert_eq!(first.circuit.open.expect("an open circuit").until, NOW.plus(Duration::from_secs(120)));
        let again = decided(retry_after(60), 1, opened(0, 0));
        assert_eq!((again.used, again.circuit.open.map(|r| r.probes)), (1, Some(1)));
        let long = decided(retry_after(u64::MAX), 0, CircuitState::default()).circuit.open.expect("an open circuit");
        assert_eq!(long.until, NOW.plus(LONGEST_RETRY_AFTER));
        assert_eq!(decided(retry_after(0), 0, CircuitState::default()).circuit, CircuitState::default());
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
        let crash = Next::Failed(Reason::WorkerCrash);
        assert_eq!(nexts, [Next::RetryAt(NOW), Next::RetryAt(NOW), Next::RunAlone, Next::RunAlone, crash, crash]);
    }
}
