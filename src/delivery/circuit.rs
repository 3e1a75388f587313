//! An endpoint's circuit breaker: after several unanswered attempts in a row it opens, and probes find out when to close it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::jittered;
use crate::clock::Timestamp;

/// Consecutive unanswered attempts after which an endpoint's circuit opens.
pub const FAILURES_UNTIL_OPEN: u32 = 5;
/// The wait before the first probe of an open circuit; doubled for each further one.
pub const FIRST_PROBE_AFTER: Duration = Duration::from_secs(30);
/// The longest wait between probes, before jitter.
pub const LONGEST_PROBE_WAIT: Duration = Duration::from_mins(10);
/// The longest `Retry-After` that is honoured.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(24);

/// When an endpoint counts as down, so that its circuit opens, and how often it is probed then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CircuitPolicy {
    /// Statuses that count as unanswered: gateways answer so while the application behind them is down.
    pub outage_statuses: Vec<u16>,
    /// Milliseconds before the first probe.
    pub first_probe_ms: u64,
    /// The factor by which the wait grows for the next probe.
    pub probe_factor: u32,
    /// The longest wait between probes in milliseconds, before jitter.
    pub longest_probe_ms: u64,
}

impl Default for CircuitPolicy {
    fn default() -> Self {
        let millis = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Self {
            outage_statuses: vec![502, 503, 504],
            first_probe_ms: millis(FIRST_PROBE_AFTER),
            probe_factor: 2,
            longest_probe_ms: millis(LONGEST_PROBE_WAIT),
        }
    }
}

impl CircuitPolicy {
    /// The wait before the next probe after `probes` of them failed.
    fn wait(&self, probes: u32, jitter: f64) -> Duration {
        let factor = u64::from(self.probe_factor).checked_pow(probes).unwrap_or(u64::MAX);
        let wait = self.first_probe_ms.saturating_mul(factor).min(self.longest_probe_ms.max(self.first_probe_ms));
        jittered(Duration::from_millis(wait), jitter)
    }
}

/// Why an endpoint's circuit is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpenCause {
    /// [`FAILURES_UNTIL_OPEN`] consecutive attempts were not answered.
    Unanswered,
    /// The endpoint sent `Retry-After`.
    RetryAfter,
}

impl OpenCause {
    /// The cause in words.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Unanswered => "consecutive attempts were not answered",
            Self::RetryAfter => "the endpoint asked to wait (Retry-After, or an error of a broker)",
        }
    }
}

/// An open circuit: since when, and when the one probe is due that the endpoint still gets.
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

    fn unanswered(policy: &CircuitPolicy, probes: u32, now: Timestamp, jitter: f64) -> Self {
        Self { since: now, until: now.plus(policy.wait(probes, jitter)), probes, cause: OpenCause::Unanswered }
    }
}

/// An endpoint's circuit breaker: how many attempts failed in a row, and whether it is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CircuitState {
    /// Consecutive unanswered attempts.
    pub consecutive_failures: u32,
    /// The open circuit; `None` while it is closed.
    pub open: Option<CircuitOpen>,
    /// The number of answered attempts, ever. A delivery that went unanswered before one of them, and does so again, is the
    /// suspect rather than the endpoint.
    pub answers: i64,
    /// The number of answers when the circuit was last opened by unanswered attempts.
    pub opened_after: Option<i64>,
    /// Whether a delivery that is not a suspect went unanswered since the last answer: then the endpoint is the suspect.
    pub doubted: bool,
}

impl CircuitState {
    /// A closed circuit, after an operator resumed the endpoint or its URL changed. Until it answers, no delivery is a suspect.
    #[must_use]
    pub fn closed(self) -> Self {
        Self { consecutive_failures: 0, open: None, doubted: true, ..self }
    }

    /// The circuit after an answer of any kind.
    pub(super) fn after_answer(self) -> Self {
        let answers = self.answers.saturating_add(1);
        Self { consecutive_failures: 0, open: None, doubted: false, answers, ..self }
    }

    /// The circuit after `Retry-After`: open until then, at most a day. `before` is how it was open before the response.
    pub(super) fn apply_retry_after(self, before: Option<CircuitOpen>, wait: Duration, now: Timestamp) -> Self {
        let until = now.plus(wait.min(LONGEST_RETRY_AFTER));
        let (probes, until) = match before {
            // The request was sent before the circuit opened: it is no probe, and it never shortens the wait.
            Some(open) if !open.probe_due(now) => (open.probes, until.max(open.until)),
            Some(open) => (open.probes.saturating_add(1), until),
            None => (0, until),
        };
        let open = Some(CircuitOpen { since: now, until, probes, cause: OpenCause::RetryAfter });
        Self { consecutive_failures: 0, open, ..self }
    }

    /// The circuit after an unanswered attempt of a delivery.
    pub(super) fn after_silence(self, policy: &CircuitPolicy, is_suspect: bool, now: Timestamp, jitter: f64) -> Self {
        let consecutive_failures = self.consecutive_failures.saturating_add(1);
        let open = match self.open {
            Some(open) if open.probe_due(now) => {
                Some(CircuitOpen::unanswered(policy, open.probes.saturating_add(1), now, jitter))
            }
            Some(open) => Some(open),
            None if consecutive_failures >= FAILURES_UNTIL_OPEN => {
                Some(CircuitOpen::unanswered(policy, 0, now, jitter))
            }
            None => None,
        };
        let opened_after = if open.is_some() { Some(self.answers) } else { self.opened_after };
        Self { consecutive_failures, open, opened_after, doubted: self.doubted || !is_suspect, ..self }
    }
}
