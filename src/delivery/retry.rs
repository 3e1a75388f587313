//! The retry decision: whether and when a delivery is tried again, and what its outcome says about the endpoint.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::circuit::{CircuitPolicy, CircuitState};
use super::{FailureReason, Next, Outcome, jittered};
use crate::clock::Timestamp;

/// How often and when a failed delivery is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetryPolicy {
    /// Attempts that count before a delivery fails.
    pub max_attempts: u32,
    /// Milliseconds before the second attempt, doubled for each further one.
    pub first_delay_ms: u64,
    /// The longest delay in milliseconds, before jitter.
    pub max_delay_ms: u64,
    /// Milliseconds one attempt may take, everything included.
    pub timeout_ms: u64,
    /// Which statuses are retried.
    pub statuses: StatusRules,
    /// What opens the endpoint's circuit, and when it is probed.
    pub circuit: CircuitPolicy,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            first_delay_ms: 1_000,
            max_delay_ms: 30_000,
            timeout_ms: 10_000,
            statuses: StatusRules::default(),
            circuit: CircuitPolicy::default(),
        }
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

    /// Whether an outcome counts as unanswered: no response, or a gateway's status for an application that is down.
    pub fn is_outage(&self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Unreachable | Outcome::TimedOut => true,
            Outcome::Rejected { status, .. } => status.is_some_and(|it| self.circuit.outage_statuses.contains(&it)),
            Outcome::Delivered { .. } | Outcome::Refused | Outcome::Interrupted => false,
        }
    }
}

/// An HTTP status, or a class of them (`5xx`), for which a rule of retries holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum StatusRule {
    /// One status.
    Exact(u16),
    /// All statuses with that first digit.
    Class(u16),
}

impl StatusRule {
    /// Reads `408` or `5xx`, of the statuses from 300 to 599.
    pub fn parse(text: &str) -> Result<Self, String> {
        let class = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")).and_then(|digit| digit.parse().ok());
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        match (class, text.parse()) {
            (Some(class @ 3..=5), _) if text.len() == 3 => Ok(Self::Class(class)),
            (None, Ok(status @ 300..=599)) if is_number => Ok(Self::Exact(status)),
            _ => Err(format!("`{text}` is neither a status from 300 to 599 nor one of 3xx, 4xx, 5xx")),
        }
    }

    fn matches(self, status: u16) -> bool {
        match self {
            Self::Exact(exact) => status == exact,
            Self::Class(class) => status / 100 == class,
        }
    }
}

impl fmt::Display for StatusRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(status) => write!(f, "{status}"),
            Self::Class(class) => write!(f, "{class}xx"),
        }
    }
}

impl TryFrom<String> for StatusRule {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<StatusRule> for String {
    fn from(rule: StatusRule) -> Self {
        rule.to_string()
    }
}

/// Which statuses are retried, and which give a delivery up at once.
///
/// An exact status takes precedence over a class, and giving up over retrying. With an empty `retry`, every status that is not
/// in `give_up` is retried; otherwise every status that is not in `retry` is given up. 410 is given up unless `retry` names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatusRules {
    /// Statuses that are retried.
    pub retry: Vec<StatusRule>,
    /// Statuses that are not retried.
    pub give_up: Vec<StatusRule>,
}

impl StatusRules {
    /// Why a delivery that was answered with `status` is given up, if it is.
    fn gives_up(&self, status: u16) -> Option<FailureReason> {
        let names = |rules: &[StatusRule]| rules.contains(&StatusRule::Exact(status));
        let covers = |rules: &[StatusRule]| rules.iter().any(|rule| rule.matches(status));
        if names(&self.give_up) {
            return Some(if status == 410 { FailureReason::Gone } else { FailureReason::StatusGivenUp });
        }
        if names(&self.retry) {
            return None;
        }
        if status == 410 {
            return Some(FailureReason::Gone);
        }
        let is_left_out = !self.retry.is_empty() && !covers(&self.retry);
        (covers(&self.give_up) || is_left_out).then_some(FailureReason::StatusGivenUp)
    }
}

/// What a retry decision needs of the attempts so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Attempts that count.
    pub used: u32,
    /// The unanswered attempts, once there is one.
    pub unanswered: Option<Unanswered>,
}

/// How often and since when a delivery's attempts got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// [`CircuitState::answers`] when the first of them ended.
    pub answers: i64,
    /// How many of them count so far. They will not count if they turn out to belong to an outage.
    pub counted: u32,
}

impl History {
    /// Whether the delivery rather than its endpoint caused an unanswered attempt: it went unanswered before, and the endpoint
    /// has answered others since.
    fn is_suspect(self, circuit: &CircuitState) -> bool {
        self.unanswered.is_some_and(|before| before.answers < circuit.answers)
    }

    /// The history without the attempts that turned out to belong to an outage: the circuit opened after them.
    fn without_outage(self, circuit: &CircuitState) -> Self {
        match self.unanswered {
            Some(before) if circuit.opened_after >= Some(before.answers) => {
                let used = self.used.saturating_sub(before.counted);
                Self { used, unanswered: Some(Unanswered { counted: 0, ..before }) }
            }
            _ => self,
        }
    }

    fn after_silence(self, counts: bool, is_suspect: bool, circuit: &CircuitState) -> Self {
        let before = self.unanswered.unwrap_or(Unanswered { answers: circuit.answers, counted: 0 });
        let counted = before.counted.saturating_add(u32::from(counts && !is_suspect));
        Self { used: self.used.saturating_add(u32::from(counts)), unanswered: Some(Unanswered { counted, ..before }) }
    }

    fn after_answer(self, counts: bool) -> Self {
        Self { used: self.used.saturating_add(u32::from(counts)), unanswered: None }
    }
}

/// What an attempt's outcome means for its delivery, and for its endpoint's circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryDecision {
    /// What happens to the delivery.
    pub next: Next,
    /// The delivery's history, this attempt included.
    pub history: History,
    /// The endpoint's circuit afterwards.
    pub circuit: CircuitState,
    /// Whether the endpoint answered 410 and has to be paused.
    pub gone: bool,
}

/// Decides whether and when a delivery is tried again, and updates its endpoint's circuit.
///
/// `history` is the delivery's before this attempt, `circuit` the endpoint's at this moment, `jitter` in `0.0..1.0` spreads
/// the waits. For interrupted attempts see [`after_interruption`](super::after_interruption).
///
/// An unanswered attempt does not count if it opened the circuit or ended while it was open, and those that led to its opening
/// count no more. A poison delivery cannot hide behind that: one that goes unanswered again after the endpoint answered others is
/// the suspect, and its attempts count whatever the circuit, unless a delivery that is no suspect went unanswered as well since
/// the last answer.
pub fn decide_retry(
    policy: &RetryPolicy,
    outcome: Outcome,
    history: History,
    circuit: CircuitState,
    now: Timestamp,
    jitter: f64,
) -> RetryDecision {
    let (history, circuit) = if policy.is_outage(outcome) {
        after_outage(policy, outcome, history, circuit, now, jitter)
    } else {
        after_answer(outcome, history, circuit, now)
    };
    let next = match outcome {
        Outcome::Delivered { .. } => Next::Delivered,
        Outcome::Refused => Next::Failed(FailureReason::AddressRefused),
        _ => match outcome.status().and_then(|status| policy.statuses.gives_up(status)) {
            Some(reason) => Next::Failed(reason),
            None if history.used >= policy.max_attempts => Next::Failed(FailureReason::AttemptsUsedUp),
            None => Next::RetryAt(now.plus(policy.delay(history.used, jitter))),
        },
    };
    RetryDecision { next, history, circuit, gone: next == Next::Failed(FailureReason::Gone) }
}

fn after_outage(
    policy: &RetryPolicy,
    outcome: Outcome,
    history: History,
    circuit: CircuitState,
    now: Timestamp,
    jitter: f64,
) -> (History, CircuitState) {
    let is_suspect = history.is_suspect(&circuit);
    let silent = circuit.after_silence(&policy.circuit, is_suspect, now, jitter);
    let after = match outcome {
        Outcome::Rejected { retry_after: Some(wait), .. } if !wait.is_zero() => {
            CircuitState { opened_after: Some(circuit.answers), ..silent }.apply_retry_after(circuit.open, wait, now)
        }
        _ => silent,
    };
    let is_exempt = after.open.is_some() && (!is_suspect || circuit.doubted);
    (history.without_outage(&after).after_silence(!is_exempt, is_suspect, &circuit), after)
}

fn after_answer(outcome: Outcome, history: History, circuit: CircuitState, now: Timestamp) -> (History, CircuitState) {
    let history = history.without_outage(&circuit);
    match outcome {
        Outcome::Refused | Outcome::Interrupted => {
            (History { used: history.used.saturating_add(1), ..history }, circuit)
        }
        Outcome::Rejected { retry_after: Some(wait), .. } if !wait.is_zero() => {
            // A probe answered with `Retry-After` does not count.
            let after = circuit.after_answer().apply_retry_after(circuit.open, wait, now);
            (history.after_answer(circuit.open.is_none()), after)
        }
        _ => (history.after_answer(true), circuit.after_answer()),
    }
}
