//! How causes are written in rows, in every backend alike.

use super::row;
use crate::delivery::{Next, Outcome, Reason, Trigger};
use crate::endpoint::PausedBy;

pub(super) fn trigger_code(trigger: Trigger) -> i64 {
    match trigger {
        Trigger::Initial => 0,
        Trigger::Automatic => 1,
        Trigger::Manual => 2,
        Trigger::Bulk => 3,
    }
}

pub(super) fn trigger(code: i64) -> Trigger {
    match code {
        0 => Trigger::Initial,
        2 => Trigger::Manual,
        3 => Trigger::Bulk,
        _ => Trigger::Automatic,
    }
}

pub(super) fn reason_code(reason: Reason) -> i64 {
    match reason {
        Reason::AttemptsUsedUp => 0,
        Reason::Gone => 1,
        Reason::WorkerCrash => 2,
        Reason::GivenUp => 3,
        Reason::AddressRefused => 4,
        Reason::StatusGivenUp => 5,
    }
}

pub(super) fn reason(code: i64) -> Reason {
    match code {
        0 => Reason::AttemptsUsedUp,
        1 => Reason::Gone,
        2 => Reason::WorkerCrash,
        4 => Reason::AddressRefused,
        5 => Reason::StatusGivenUp,
        _ => Reason::GivenUp,
    }
}

pub(super) fn outcome_code(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Delivered { .. } => 0,
        Outcome::Rejected { .. } => 1,
        Outcome::Unreachable => 2,
        Outcome::Refused => 3,
        Outcome::TimedOut => 4,
        Outcome::Interrupted => 5,
    }
}

pub(super) fn outcome(code: i64, status: Option<u16>) -> Outcome {
    let status = status.unwrap_or_default();
    match code {
        0 => Outcome::Delivered { status },
        1 => Outcome::Rejected { status, retry_after: None },
        2 => Outcome::Unreachable,
        3 => Outcome::Refused,
        4 => Outcome::TimedOut,
        _ => Outcome::Interrupted,
    }
}

pub(super) fn paused_by_code(by: PausedBy) -> i64 {
    match by {
        PausedBy::Operator => 1,
        PausedBy::Configuration => 2,
        PausedBy::Gone => 3,
    }
}

pub(super) fn paused_by(code: Option<i64>) -> Option<PausedBy> {
    match code? {
        2 => Some(PausedBy::Configuration),
        3 => Some(PausedBy::Gone),
        _ => Some(PausedBy::Operator),
    }
}

/// How a next step is written: state and reason.
pub(super) fn written(next: Next) -> (i64, Option<i64>) {
    match next {
        Next::Delivered => (row::DELIVERED, None),
        Next::RetryAt(_) | Next::RunAlone => (row::OPEN, None),
        Next::Failed(reason) => (row::FAILED, Some(reason_code(reason))),
    }
}
