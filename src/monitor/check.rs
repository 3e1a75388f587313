//! A check of health: a figure, its limit and its grade.

use std::time::Duration;

use serde::Serialize;

use crate::endpoint::TypePattern;

/// The limits from which on `health` warns or counts the queue as unhealthy.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthLimits {
    /// The largest share of failed attempts, from 0 to 1.
    pub max_failure_rate: f64,
    /// The most failed attempts.
    pub max_failures: u64,
    /// The longest time a delivery may be due.
    pub max_due_age: Duration,
    /// The time from which on a delivery that is being sent counts as stuck.
    pub max_processing_age: Duration,
    /// The longest time without a valid webhook; zero is no limit.
    pub silence_after: Duration,
    /// The same for routes of sources, each with its own time.
    pub silent_routes: Vec<(String, Duration)>,
    /// The events that are expected at least so often.
    pub expect: Vec<ExpectedEvents>,
}

impl Default for HealthLimits {
    fn default() -> Self {
        Self {
            max_failure_rate: 0.1,
            max_failures: 10,
            max_due_age: Duration::from_mins(15),
            max_processing_age: Duration::from_mins(15),
            silence_after: Duration::ZERO,
            silent_routes: Vec::new(),
            expect: Vec::new(),
        }
    }
}

/// Events that the operator expects to be emitted or received within some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedEvents {
    /// The types.
    pub types: TypePattern,
    /// At least one event is expected within this time.
    pub within: Duration,
}

/// How a figure stands to its limit: ok, warning or critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it should be.
    Ok,
    /// A warning, which does not make the queue unhealthy.
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

/// One figure of `health` with its limit, and whether it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The name of the check.
    pub name: &'static str,
    /// Its grade.
    pub state: Grade,
    /// The figure, in words.
    pub value: String,
    /// The limit, in words.
    pub limit: String,
    /// The problem in one sentence, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

pub(super) fn check_if(name: &'static str, wrong: bool, value: String, limit: String, text: String) -> Check {
    Check { name, state: Grade::critical_if(wrong), value, limit, message: wrong.then_some(text) }
}
