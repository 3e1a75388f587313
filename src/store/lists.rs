//! Which rows are meant, and rows as lists show them.

use std::fmt;
use std::time::Duration;

use super::{DeliveryId, RunId, RunStats};
use crate::clock::Timestamp;
use crate::delivery::{FailureReason, Outcome, State, Trigger};
use crate::endpoint::TypePattern;
use crate::event::{EventId, Resource, Traceparent};
use crate::untrusted::Untrusted;

/// Which deliveries a list shows or a command changes. Empty parts match any.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// In one of these states.
    pub states: Vec<State>,
    /// To the endpoint of this name.
    pub endpoint: Option<String>,
    /// Of an event type that this pattern matches.
    pub event_type: Option<TypePattern>,
    /// About the resource with this id.
    pub resource_id: Option<String>,
    /// Whose last attempt was answered with this status.
    pub last_status: Option<u16>,
    /// Whose last attempt's detail holds this text, in whatever case.
    pub error: Option<String>,
    /// Of this event.
    pub event: Option<EventId>,
    /// One of these rows.
    pub ids: Vec<DeliveryId>,
    /// Last changed at or after.
    pub since: Option<Timestamp>,
    /// Last changed before.
    pub until: Option<Timestamp>,
    /// With a failed attempt, waiting or given up.
    pub troubled: bool,
    /// Behind this row in the order of the page: a cursor that holds while rows are added.
    pub past: Option<DeliveryId>,
}

/// Which events a list shows. Empty parts match any.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Of a type that this pattern matches.
    pub event_type: Option<TypePattern>,
    /// About the resource with this id.
    pub resource_id: Option<String>,
    /// Emitted at or after.
    pub since: Option<Timestamp>,
    /// Emitted before.
    pub until: Option<Timestamp>,
    /// With a delivery whose last attempt was answered with this status.
    pub last_status: Option<u16>,
    /// With a delivery whose last attempt's detail holds this text, in whatever case.
    pub error: Option<String>,
    /// At one of these places.
    pub places: Vec<i64>,
    /// Behind the event with this place in the order of the page: a cursor that holds while events are added.
    pub past: Option<i64>,
}

/// Which page of a list: how many rows, which number, in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Rows on a page.
    pub limit: u64,
    /// Which page, from 1.
    pub number: u64,
    /// Oldest first instead of newest first.
    pub oldest_first: bool,
}

impl Page {
    /// Rows before this page.
    pub(super) fn offset(self) -> u64 {
        self.number.saturating_sub(1).saturating_mul(self.limit).min(i64::MAX.unsigned_abs())
    }

    /// Rows up to the end of this page.
    pub(super) fn end(self) -> u64 {
        self.offset().saturating_add(self.limit)
    }
}

/// The rows of one page of a list, and how many rows the list has in all.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The rows of this page.
    pub rows: Vec<T>,
    /// Rows on all pages; those that were found, unless it is exact.
    pub total: u64,
    /// Whether all rows were looked at or counted. A filter that no index serves is applied to the first so many rows only.
    pub is_exact: bool,
    /// The last row that was looked at, where the page is not full although rows behind that one may match.
    pub searched_to: Option<i64>,
}

impl<T> Listed<T> {
    /// A page of a list that was counted to its end.
    pub fn counted(rows: Vec<T>, total: u64) -> Self {
        Self { rows, total, is_exact: true, searched_to: None }
    }

    /// A page of a list of which rows were counted up to a bound: `found` is more where the list has more.
    pub(super) fn counted_up_to(rows: Vec<T>, found: u64, bound: u64) -> Self {
        Self { rows, total: found.min(bound), is_exact: found <= bound, searched_to: None }
    }

    /// The same page of other rows.
    pub fn map<U>(self, row: impl FnMut(T) -> U) -> Listed<U> {
        let Self { rows, total, is_exact, searched_to } = self;
        Listed { rows: rows.into_iter().map(row).collect(), total, is_exact, searched_to }
    }

    /// The number of rows on all pages in words: `10000+` is at least so many.
    pub fn total_text(&self) -> String {
        format!("{}{}", self.total, if self.is_exact { "" } else { "+" })
    }
}

/// One event of a list, with the states of its deliveries.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// Its place in the order of emission.
    pub seq: i64,
    /// Its id.
    pub id: EventId,
    /// Its type.
    pub event_type: String,
    /// What it is about.
    pub resource: Resource,
    /// When it happened.
    pub timestamp: Timestamp,
    /// When it was emitted.
    pub created_at: Timestamp,
    /// The states of its deliveries, where events are listed; elsewhere none.
    pub states: Vec<State>,
    /// Where it stands with the time it was to be sent at, where events are listed or shown and it has one.
    pub schedule: Option<Schedule>,
}

/// When an event that was emitted for later is queued, was queued, or that it was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// It has no deliveries until then.
    Waits {
        /// When it is queued.
        at: Timestamp,
    },
    /// Its time came.
    Queued {
        /// When it got its deliveries.
        at: Timestamp,
    },
    /// It is never sent.
    Cancelled {
        /// When it would have been queued.
        planned: Timestamp,
        /// When it was cancelled.
        at: Timestamp,
    },
}

impl Schedule {
    pub(super) fn read(planned: Timestamp, queued: Option<Timestamp>, cancelled: Option<Timestamp>) -> Self {
        match (cancelled, queued) {
            (Some(at), _) => Self::Cancelled { planned, at },
            (None, Some(at)) => Self::Queued { at },
            (None, None) => Self::Waits { at: planned },
        }
    }
}

/// What came of cancelling a scheduled event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancellation {
    /// It is cancelled now.
    Done,
    /// It was cancelled before.
    Before(Timestamp),
    /// Its time came already, and it has its deliveries since then.
    TooLate(Timestamp),
    /// It was never to be sent later.
    NotScheduled,
    /// There is no such event.
    Unknown,
}

/// The process that is sending a claimed delivery, and its machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaimHolder {
    /// The machine it runs on; none where that can only be this one.
    pub host: Option<String>,
    /// Its number there.
    pub pid: i64,
}

impl fmt::Display for ClaimHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "process {} on {}", self.pid, Untrusted(host)),
            None => write!(f, "process {}", self.pid),
        }
    }
}

/// One delivery of a list: its event, endpoint, state and last attempt.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// Its row.
    pub id: DeliveryId,
    /// Its event.
    pub event: EventRow,
    /// Its endpoint's name.
    pub endpoint: String,
    /// Where it stands.
    pub state: State,
    /// Whether it waits behind an earlier one of its resource.
    pub blocked: bool,
    /// The one it waits behind.
    pub blocked_by: Option<DeliveryId>,
    /// Whether it was claimed by a run that died: the next run frees it.
    pub abandoned: bool,
    /// Who sends it, while it is being sent.
    pub holder: Option<ClaimHolder>,
    /// When it is due, while it is pending.
    pub due_at: Timestamp,
    /// Until when the circuit of its endpoint is open, if it is.
    pub rests_until: Option<Timestamp>,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// Attempts made or under way.
    pub attempts: u32,
    /// Attempts used up of those its policy allows.
    pub used: u32,
    /// Why it was given up.
    pub reason: Option<FailureReason>,
    /// What happened at the last attempt that ended.
    pub last_detail: Option<String>,
    /// What the last attempt that ended came to.
    pub last_outcome: Option<Outcome>,
    /// The status that answered the last attempt that ended.
    pub last_status: Option<u16>,
    /// When the last attempt that ended did so.
    pub last_ended_at: Option<Timestamp>,
    /// How long the last attempt that ended took.
    pub last_took: Option<Duration>,
    /// Whether it is the whole record that is sent.
    pub whole_record: bool,
    /// The event that replaced it, unless that was removed.
    pub superseded_by: Option<EventId>,
}

/// One attempt to send a delivery: when, how long, what came of it.
#[derive(Clone, Debug)]
pub struct AttemptRow {
    /// Counted from 1.
    pub number: u32,
    /// The endpoint's name.
    pub endpoint: String,
    /// The delivery.
    pub delivery: DeliveryId,
    /// Why it was made.
    pub trigger: Trigger,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What it came to; a rejection's `Retry-After` is in the detail.
    pub outcome: Outcome,
    /// What happened in words.
    pub detail: String,
    /// The beginning of the response body.
    pub response: Vec<u8>,
}

/// Which attempts a list or log shows. Empty parts match any.
#[derive(Clone, Debug, Default)]
pub struct AttemptFilter {
    /// To the endpoint of this name.
    pub endpoint: Option<String>,
    /// For an event type that this pattern matches.
    pub event_type: Option<TypePattern>,
    /// About the resource with this id.
    pub resource_id: Option<String>,
    /// Answered with this status.
    pub status: Option<u16>,
    /// Whose detail holds this text, in whatever case.
    pub error: Option<String>,
    /// Ended after the attempt with this place in the log.
    pub after: Option<i64>,
    /// Behind the attempt with this place in the order of the page: a cursor that holds while attempts end.
    pub past: Option<i64>,
    /// One of those with these places in the log.
    pub places: Vec<i64>,
    /// Among the latest so many of all: what is rare need not be looked for to the beginning.
    pub latest: Option<u32>,
    /// Begun at or after.
    pub since: Option<Timestamp>,
    /// Begun before.
    pub until: Option<Timestamp>,
}

/// An attempt in the log of all attempts, with its event and its place there.
#[derive(Clone, Debug)]
pub struct LoggedAttempt {
    /// Its place in the log: later attempts have higher ones.
    pub place: i64,
    /// The attempt.
    pub attempt: AttemptRow,
    /// Its event.
    pub event: EventRow,
    /// Whether the one before it of the same delivery failed; interrupted ones do not count.
    pub after_failure: bool,
}

/// Everything about one event: its bytes, its deliveries and their attempts.
#[derive(Clone, Debug)]
pub struct EventDetail {
    /// Its row.
    pub row: EventRow,
    /// The bytes that are sent.
    pub body: Vec<u8>,
    /// Those that are sent where the whole record is asked for.
    pub whole_body: Option<Vec<u8>>,
    /// Its place in a trace.
    pub traceparent: Option<Traceparent>,
    /// Its deliveries, in the order of their endpoints.
    pub deliveries: Vec<DeliveryRow>,
    /// Their attempts, in the order they were made.
    pub attempts: Vec<AttemptRow>,
    /// The event that it was made from by editing its data, unless that was removed.
    pub edited_from: Option<EventId>,
    /// The events that were made from it, oldest first.
    pub edited_into: Vec<EventId>,
}

impl EventDetail {
    /// The bytes that are sent to the endpoint of this name: those of the whole record where its delivery sends that.
    pub fn body_for(&self, endpoint: &str) -> &[u8] {
        let sends_whole = self.deliveries.iter().any(|row| row.endpoint == endpoint && row.whole_record);
        self.whole_body.as_deref().filter(|_| sends_whole).unwrap_or(&self.body)
    }
}

/// One run of a worker in the list of runs: its process, its time, what it did.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// Its row.
    pub id: RunId,
    /// Its process.
    pub process: ClaimHolder,
    /// The command that ran.
    pub command: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, or was found dead.
    pub ended_at: Option<Timestamp>,
    /// What it did.
    pub stats: RunStats,
    /// Its exit status; none when it was killed.
    pub exit: Option<i64>,
}
