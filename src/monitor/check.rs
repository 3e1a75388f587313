//! One thing that is looked at, how good it is, and up to where it counts as good.

use std::time::Duration;

use serde::Serialize;

use crate::endpoint::Pattern;

/// The thresholds of health: up to where the queue counts as healthy.
#[derive(Clone, Debug, PartialEq)]
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
    /// The routes of sources of which each has such a time of its own.
    pub silent_routes: Vec<(String, Duration)>,
    /// Events that are to come at least so often.
    pub expect: Vec<Expected>,
}

impl Default for Limits {
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

/// How often events of some types are expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Their types.
    pub types: Pattern,
    /// One comes within this time.
    pub within: Duration,
}

/// How a figure stands against its limit: ok, warning or critical.
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

/// One figure of `health`, with its limit and grade.
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

pub(super) fn check_if(name: &'static str, wrong: bool, value: String, limit: String, text: String) -> Check {
    Check { name, state: Grade::critical_if(wrong), value, limit, message: wrong.then_some(text) }
}
