//! The numbers by which states and causes are stored.

use const_format::formatcp;

use crate::delivery::{FailureReason, Outcome, State, Trigger};
use crate::endpoint::PausedBy;
use crate::record::RecordKind;

/// Not looked at yet; the others below [`DELIVERED`] are in their lane.
pub(crate) const QUEUED: i64 = -1;
pub(crate) const BLOCKED: i64 = 0;
pub(crate) const READY: i64 = 1;
pub(crate) const SOLO: i64 = 2;
pub(crate) const PROCESSING: i64 = 3;
pub(crate) const DELIVERED: i64 = 4;
pub(crate) const FAILED: i64 = 5;
pub(crate) const SUPERSEDED: i64 = 6;

/// The state an operator reads.
pub(crate) fn state(code: i64, held: bool) -> State {
    match code {
        PROCESSING => State::Processing,
        DELIVERED => State::Delivered,
        FAILED => State::Failed,
        SUPERSEDED => State::Superseded,
        _ if held => State::Held,
        _ => State::Pending,
    }
}

pub(crate) fn trigger_code(trigger: Trigger) -> i64 {
    match trigger {
        Trigger::Initial => 0,
        Trigger::Automatic => 1,
        Trigger::Manual => 2,
        Trigger::Bulk => 3,
    }
}

pub(crate) fn trigger(code: i64) -> Trigger {
    match code {
        0 => Trigger::Initial,
        2 => Trigger::Manual,
        3 => Trigger::Bulk,
        _ => Trigger::Automatic,
    }
}

pub(crate) fn reason_code(reason: FailureReason) -> i64 {
    match reason {
        FailureReason::AttemptsUsedUp => 0,
        FailureReason::Gone => 1,
        FailureReason::WorkerCrash => 2,
        FailureReason::GivenUp => 3,
        FailureReason::AddressRefused => 4,
        FailureReason::StatusGivenUp => 5,
    }
}

pub(crate) fn reason(code: i64) -> FailureReason {
    match code {
        0 => FailureReason::AttemptsUsedUp,
        1 => FailureReason::Gone,
        2 => FailureReason::WorkerCrash,
        4 => FailureReason::AddressRefused,
        5 => FailureReason::StatusGivenUp,
        _ => FailureReason::GivenUp,
    }
}

/// In SQL: the columns of an event, in the order in which `event_row` of each backend reads them.
pub(crate) const EVENT_COLUMNS: &str = "e.seq, e.id, k.type, k.resource_type, e.resource_id, e.timestamp, e.created_at";
/// In SQL: the tables of [`EVENT_COLUMNS`].
pub(crate) const EVENT_TABLES: &str = "event e JOIN kind k ON k.id = e.kind";

const ATTEMPT_DELIVERED: i64 = 0;
/// The outcome of an attempt that says nothing about the endpoint.
pub(crate) const ATTEMPT_INTERRUPTED: i64 = 5;

/// In SQL: whether the attempt that came before `a` in its delivery failed; null where there was none.
pub(crate) const AFTER_FAILURE: &str = formatcp!(
    "(SELECT b.outcome <> {ATTEMPT_DELIVERED} FROM attempt b WHERE b.delivery = a.delivery
        AND b.number < a.number AND b.outcome <> {ATTEMPT_INTERRUPTED} ORDER BY b.number DESC LIMIT 1)"
);

pub(crate) fn outcome_code(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Delivered { .. } => ATTEMPT_DELIVERED,
        Outcome::Rejected { .. } => 1,
        Outcome::Unreachable => 2,
        Outcome::Refused => 3,
        Outcome::TimedOut => 4,
        Outcome::Interrupted => ATTEMPT_INTERRUPTED,
    }
}

pub(crate) fn outcome(code: i64, status: Option<u16>) -> Outcome {
    match code {
        ATTEMPT_DELIVERED => Outcome::Delivered { status },
        1 => Outcome::Rejected { status, retry_after: None },
        2 => Outcome::Unreachable,
        3 => Outcome::Refused,
        4 => Outcome::TimedOut,
        _ => Outcome::Interrupted,
    }
}

pub(crate) fn paused_by_code(by: PausedBy) -> i64 {
    match by {
        PausedBy::Operator => 1,
        PausedBy::Configuration => 2,
        PausedBy::Gone => 3,
    }
}

pub(crate) fn paused_by(code: Option<i64>) -> Option<PausedBy> {
    match code? {
        2 => Some(PausedBy::Configuration),
        3 => Some(PausedBy::Gone),
        _ => Some(PausedBy::Operator),
    }
}

/// A kind of record.
pub(crate) fn kind_code(kind: RecordKind) -> i64 {
    match kind {
        RecordKind::Enrollment => 0,
        RecordKind::User => 1,
        RecordKind::Progress => 2,
    }
}

/// The kind of record that is stored under this number.
pub(crate) fn kind_of(code: i64) -> RecordKind {
    match code {
        0 => RecordKind::Enrollment,
        1 => RecordKind::User,
        _ => RecordKind::Progress,
    }
}

// What became of a webhook.
pub(crate) const APPLIED: i64 = 0;
pub(crate) const STALE: i64 = 1;
pub(crate) const CONFLICT: i64 = 2;
pub(crate) const REFUSED: i64 = 3;

/// In SQL: the entries of the inbound audit log for accepted webhooks.
pub(crate) const ACCEPTED_RESULT: &str = formatcp!("result < {CONFLICT}");
/// In SQL: those for refused webhooks.
pub(crate) const REFUSED_RESULT: &str = formatcp!("result >= {CONFLICT}");
pub(crate) const FURTHER: i64 = 4;
