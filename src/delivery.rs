//! Deliveries: the outcome of an attempt, and what follows from it.
//!
//! Everything here is pure: time and jitter are arguments. `ARCHITECTURE.md` has the states
//! on one page.

mod circuit;
mod retry;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

pub use circuit::{
    CircuitOpen, CircuitPolicy, CircuitState, FAILURES_UNTIL_OPEN, FIRST_PROBE_AFTER, LONGEST_PROBE_WAIT,
    LONGEST_RETRY_AFTER, OpenCause,
};
pub use retry::{History, RetryDecision, RetryPolicy, StatusRule, StatusRules, Unanswered, decide_retry};

/// Interruptions (its worker died) after which a delivery runs alone.
pub const INTERRUPTIONS_UNTIL_ALONE: u32 = 3;
/// Interruptions after which a delivery fails as [`FailureReason::WorkerCrash`].
pub const INTERRUPTIONS_UNTIL_FAILED: u32 = 5;
/// The share by which jitter may lengthen a wait.
pub const MAX_JITTER: f64 = 0.3;

/// The state of a delivery, as operators see it.
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
    /// Replaced before it was sent by a newer event of its resource, which carries the whole record.
    Superseded,
}

impl State {
    /// Every state, in the order of a delivery's life.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Held, Self::Processing, Self::Delivered, Self::Failed, Self::Superseded];

    /// The state's name on the command line, in JSON and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Superseded => "superseded",
        }
    }

    /// The state called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What caused an attempt: the first sending, a retry, or a replay; sent as `X-Sync-Trigger`.
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

/// How one attempt ended. A failed delivery is data, not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A 2xx response, or the confirmation of a broker.
    Delivered {
        /// The status code; a broker has none.
        status: Option<u16>,
    },
    /// Any other response, redirects included.
    Rejected {
        /// The status code; a broker has none.
        status: Option<u16>,
        /// The wait that `Retry-After` asked for (429 and 503 only), or for which a broker accepts no messages.
        retry_after: Option<Duration>,
    },
    /// No connection, or one that broke before the response.
    Unreachable,
    /// The address rules forbid the address: nothing was sent, and a retry would be refused again.
    Refused,
    /// No complete response in time.
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
            Self::Delivered { status } | Self::Rejected { status, .. } => status,
            Self::Unreachable | Self::Refused | Self::TimedOut | Self::Interrupted => None,
        }
    }

    /// Whether it may open the endpoint's circuit or pause the endpoint.
    pub fn affects_endpoint(self) -> bool {
        match self {
            Self::Delivered { .. } | Self::Refused | Self::Interrupted => false,
            Self::Rejected { .. } | Self::Unreachable | Self::TimedOut => true,
        }
    }
}

/// Why a delivery was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureReason {
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
    /// The endpoint answered with a status that its settings give up on.
    StatusGivenUp,
}

impl FailureReason {
    /// The reason's name in JSON and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::AttemptsUsedUp => "attempts-used-up",
            Self::Gone => "gone",
            Self::WorkerCrash => "worker-crash",
            Self::GivenUp => "given-up",
            Self::AddressRefused => "address-refused",
            Self::StatusGivenUp => "status-given-up",
        }
    }
}

/// What happens to a delivery after an attempt: it is delivered, is tried again, or is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is delivered.
    Delivered,
    /// Another attempt, not before that time.
    RetryAt(Timestamp),
    /// Another attempt, alone in its worker.
    RunAlone,
    /// It failed, and is not tried again until an operator replays it.
    Failed(FailureReason),
}

/// Decides what happens to a delivery whose worker died during an attempt for the `interruptions`th time.
pub fn after_interruption(interruptions: u32, now: Timestamp) -> Next {
    match interruptions {
        INTERRUPTIONS_UNTIL_FAILED.. => Next::Failed(FailureReason::WorkerCrash),
        INTERRUPTIONS_UNTIL_ALONE.. => Next::RunAlone,
        _ => Next::RetryAt(now),
    }
}

/// A wait lengthened by up to 30 %, so that many waits do not end together.
fn jittered(wait: Duration, jitter: f64) -> Duration {
    wait.mul_f64(1.0 + MAX_JITTER * jitter.clamp(0.0, 1.0))
}
