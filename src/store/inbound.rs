//! The store's contract for the other direction: webhooks that arrive, and the records they change.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::endpoint::TypePattern;
use crate::event::{Draft, EventId, Resource};
use crate::record::{Change, Record, RecordKind};
use crate::signature::Fingerprint;

mod edit;
mod stored_requests;

pub use edit::{EditResult, ExpectedRecord, RecordEdit, Versions};
pub use stored_requests::{
    KeptRequest, MAX_KEPT_BYTES, MAX_KEPT_BYTES_PER_SOURCE, REQUESTS_KEPT_FOR, ReceivedFigures, RefusalDetails,
    RequestCopy, WebhookTotal,
};

use super::{Listed, Page, PendingResult};

/// How long the ids of events that arrived are remembered. Those of events without a timestamp are remembered for good: one
/// captured today and sent again after this time would be stamped with the time of its second arrival, and so change its record
/// again.
pub const REMEMBERED: std::time::Duration = std::time::Duration::from_hours(30 * 24);
/// The lock of a replay of stored requests, for [`Store::try_exclusive`](super::Store::try_exclusive): two at once could give one
/// event to a command twice.
pub const REPLAY_LOCK: &str = "requests-replay";
/// Refusals for one reason that get a row of their own within a minute.
pub const REFUSALS_A_MINUTE: u64 = 10;
/// How many of the latest arrivals and emissions are looked through for the news of a kind.
pub const LOOKED_BACK: u32 = 10_000;
/// Up to where records are counted one by one.
pub const COUNTED_UP_TO: u32 = 100_000;

/// A received webhook whose signature was right and whose event was read: ready to be applied to its record.
#[derive(Clone, Debug)]
pub struct VerifiedWebhook {
    /// Its event's id.
    pub id: EventId,
    /// Its event.
    pub draft: Draft,
    /// What comes of it.
    pub effect: WebhookEffect,
    /// The address it came from, or the place of a broker.
    pub source: String,
    /// The secret its signature was right under; [`Fingerprint::NONE`] where a broker vouches for it.
    pub secret: Fingerprint,
    /// The path it was sent to.
    pub route: Arc<str>,
    /// How many milliseconds its signed time lay behind our clock, where it has one; negative when ahead.
    pub skew_ms: Option<i64>,
    /// The number of the kept request that it is a replay of.
    pub kept: Option<i64>,
}

/// What an accepted webhook does: change a record, be sent on to another endpoint, or nothing more because a command
/// ran with it.
#[derive(Clone, Debug)]
pub enum WebhookEffect {
    /// It changes the record it is about.
    Change(Change),
    /// Its event is emitted here, to the endpoint of that name alone, whatever types that one subscribes to.
    Emit(String),
    /// A command was run with it before. Its id is remembered, so that it runs once.
    Command(Arc<str>),
}

/// An address from which webhooks verified, and the secret they were signed with: shows which senders still use an old
/// secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderRow {
    /// The address they came from.
    pub source: String,
    /// The secret they were signed with.
    pub secret: Fingerprint,
    /// When the newest came.
    pub seen_at: Timestamp,
}

/// What came of applying a webhook: its record changed, or it was outdated, known already, or in conflict with a known
/// event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyResult {
    /// It changed its record.
    Applied,
    /// Its id is known with the same content: nothing happened.
    Duplicate,
    /// Later writes stand: nothing changed.
    Stale,
    /// Its id is known with another content: nothing happened but an audit row.
    Conflict,
}

impl ApplyResult {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Duplicate => "duplicate",
            Self::Stale => "stale",
            Self::Conflict => "conflict",
        }
    }
}

/// A refused webhook to be written to the audit log, or several of the same reason as one count.
#[derive(Clone, Debug, Default)]
pub struct RefusedWebhook {
    /// The stable name of the reason.
    pub reason: &'static str,
    /// The hash of the body; none when it was never read to its end.
    pub digest: Option<[u8; 32]>,
    /// The address it came from.
    pub source: String,
    /// How many there were.
    pub count: u64,
    /// The path they were sent to.
    pub route: Arc<str>,
    /// Whether no other copy of it exists, so that it gets a row of its own however many the minute has.
    pub is_only_copy: bool,
    /// What else is known of it, when it is one.
    pub details: RefusalDetails,
    /// The request as it came, to be kept.
    pub request: Option<RequestCopy>,
}

/// The stable name of the reason for which a known id with different content is refused.
pub const ID_CONFLICT: &str = "id-conflict";

impl RefusedWebhook {
    /// The refusal of a verified webhook whose id is known with different content.
    pub(crate) fn id_conflict(webhook: &VerifiedWebhook) -> Self {
        Self {
            reason: ID_CONFLICT,
            source: webhook.source.clone(),
            count: 1,
            route: webhook.route.clone(),
            details: RefusalDetails { signature_is_right: Some(true), ..RefusalDetails::default() },
            ..Self::default()
        }
    }
}

/// Whether the other systems have a record's latest event: delivered everywhere, on its way, or given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncState {
    /// What was emitted about it has arrived everywhere, or came from elsewhere.
    Synced,
    /// The latest event about it is under way.
    Pending,
    /// The latest event about it was given up.
    Failed,
}

impl SyncState {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Synced => "synced",
            Self::Pending => "pending",
            Self::Failed => "failed",
        }
    }
}

/// A synchronized record (enrollment, user or progress) as it is stored, with how far the other systems know of it.
#[derive(Clone, Debug)]
pub struct RecordRow {
    /// Its row, which it keeps: later records have higher ones.
    pub seq: i64,
    /// What it is about.
    pub kind: RecordKind,
    /// The resource's id.
    pub id: String,
    /// What is known of it.
    pub record: Record,
    /// When it last arrived here, or last arrived at an endpoint.
    pub synced_at: Option<Timestamp>,
    /// How far the others know of it.
    pub sync: SyncState,
}

/// By what a list of records is sorted; equal ones stand in the order in which they were created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordOrder {
    /// When they were first stored here.
    #[default]
    Arrival,
    /// Name, whatever its case.
    Name,
    /// Email, whatever its case.
    Email,
    /// When they were created.
    CreatedAt,
}

/// Which records a list shows. Empty parts match any.
#[derive(Clone, Debug, Default)]
pub struct RecordFilter {
    /// Of this kind.
    pub kind: Option<RecordKind>,
    /// With this text in the name, the email or the id, whatever its case.
    pub search: Option<String>,
    /// Of this user.
    pub user: Option<String>,
    /// In this course.
    pub course: Option<String>,
    /// The order; [`Page::oldest_first`] is ascending.
    pub sort: RecordOrder,
    /// Also deleted ones.
    pub deleted: bool,
    /// Behind the record of this row in the order of the page, as it stands now: a cursor that holds while records are added.
    pub past: Option<i64>,
}

/// One entry of the inbound audit log: a webhook that was accepted or refused, and why.
#[derive(Clone, Debug)]
pub struct ReceivedRow {
    /// Its row.
    pub id: i64,
    /// When it arrived.
    pub at: Timestamp,
    /// `applied`, `stale`, `conflict` or `refused`.
    pub result: &'static str,
    /// The event's id, when it was verified.
    pub event_id: Option<EventId>,
    /// The event's type.
    pub event_type: Option<String>,
    /// What it is about.
    pub resource: Option<Resource>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The address it came from.
    pub source: Option<String>,
    /// How often the same came again; of refusals, how many more there were.
    pub repeats: u64,
    /// The hash of a refused body.
    pub digest: Option<Vec<u8>>,
    /// The path a refused webhook was sent to.
    pub route: Option<String>,
    /// What it claims of itself, and what verifying it found.
    pub details: RefusalDetails,
    /// The number of the kept request.
    pub request: Option<i64>,
}

/// Which entries of the inbound audit log a list shows. Empty parts match any.
#[derive(Clone, Debug, Default)]
pub struct ReceivedFilter {
    /// Only what was refused, conflicts included, or only what was not.
    pub refused: Option<bool>,
    /// Of an event type that this pattern matches.
    pub event_type: Option<TypePattern>,
    /// About the resource with this id.
    pub resource_id: Option<String>,
    /// Arrived at or after.
    pub since: Option<Timestamp>,
    /// Arrived before.
    pub until: Option<Timestamp>,
    /// One of these rows.
    pub ids: Vec<i64>,
    /// Behind this row in the order of the page: a cursor that holds while rows are added.
    pub past: Option<i64>,
}

/// How many records of one kind there are, and when something about one of them last arrived or was emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordSummary {
    /// What they are about.
    pub kind: RecordKind,
    /// How many there are, deleted ones left out; more than [`COUNTED_UP_TO`] means at least so many.
    pub count: u64,
    /// When something about one of them last arrived or was emitted, if among the last [`LOOKED_BACK`].
    pub last_news_at: Option<Timestamp>,
}

/// The part of the store's interface for received webhooks and the records they change.
pub trait Records {
    /// Applies a webhook once: known before? later writes standing? write, audit, all in one transaction.
    ///
    /// An id is known for [`REMEMBERED`] (without a timestamp for good), and as long as an event emitted here under it is kept. Known with the same type,
    /// resource, `data` and timestamp (if given), it is a duplicate; with another content it is a conflict, and audited. What
    /// is applied is not emitted again. A record that would grow past its limits stays as it was:
    /// [`StoreError::RecordTooLarge`](super::StoreError::RecordTooLarge). An endpoint to emit to that does not exist is
    /// [`StoreError::NoEndpoint`](super::StoreError::NoEndpoint). With a replay its kept request is settled.
    fn apply(&self, incoming: VerifiedWebhook, now: Timestamp) -> PendingResult<ApplyResult>;

    /// Whether an event that arrived under this id is remembered.
    fn has_arrived(&self, id: &EventId, now: Timestamp) -> PendingResult<bool>;

    /// Audits refusals: [`REFUSALS_A_MINUTE`] rows for each reason and minute, the rest as one count; those of which no
    /// other copy exists always get rows of their own. A request that comes with its row is kept for
    /// [`REQUESTS_KEPT_FOR`], within [`MAX_KEPT_BYTES_PER_SOURCE`] and [`MAX_KEPT_BYTES`].
    fn refuse(&self, refused: Vec<RefusedWebhook>, now: Timestamp) -> PendingResult<()>;

    /// Changes a record and emits the change, both or neither. It is stamped later than everything known of the record.
    ///
    /// A change whose event was given an id that is known is made once: the second time nothing happens, whatever the record has
    /// become, unless it is another change ([`StoreError::Conflict`](super::StoreError::Conflict)).
    fn edit(&self, edit: RecordEdit, now: Timestamp) -> PendingResult<EditResult>;

    /// Merges records from elsewhere, stamps and tombstones included, and returns how many changed. Nothing is emitted.
    fn import(&self, records: Vec<(RecordKind, String, Record)>) -> PendingResult<u64>;

    /// One record, deleted ones included.
    fn record(&self, kind: RecordKind, id: &str) -> PendingResult<Option<RecordRow>>;

    /// A page of records. A text is looked for in the first records of the page's order only, see [`Listed`].
    fn records(&self, filter: &RecordFilter, page: Page) -> PendingResult<Listed<RecordRow>>;

    /// Up to `limit` records after the row `after`, deleted ones included, each with its row.
    fn records_after(&self, after: i64, limit: u64) -> PendingResult<Vec<(i64, RecordRow)>>;

    /// The records of each kind, summed up at a cost that does not grow with their number.
    fn record_summaries(&self) -> PendingResult<Vec<RecordSummary>>;

    /// Every address that webhooks came from within [`REMEMBERED`] before `now`, with each secret they verified under, the
    /// newest first. Duplicates and conflicts count: they are signed as well.
    fn senders(&self, now: Timestamp) -> PendingResult<Vec<SenderRow>>;

    /// A page of the inbound audit log.
    fn received(&self, filter: &ReceivedFilter, page: Page) -> PendingResult<Listed<ReceivedRow>>;

    /// What was received since `since`, at a cost that does not grow with it.
    fn received_figures(&self, since: Timestamp) -> PendingResult<ReceivedFigures>;

    /// A page of the refused requests that are kept, of those behind the number `past` in its order if one is given: a cursor that
    /// holds while requests are added and removed.
    fn kept_requests(&self, past: Option<i64>, page: Page) -> PendingResult<Listed<KeptRequest>>;

    /// One of them, whole.
    fn kept_request(&self, id: i64) -> PendingResult<Option<(KeptRequest, RequestCopy)>>;

    /// Notes what became of a kept request that was replayed. Unknown ones are ignored.
    fn settle_request(&self, id: i64, result: String, now: Timestamp) -> PendingResult<()>;

    /// The newest `limit` of the last [`LOOKED_BACK`] rows of the inbound audit log that were refused, conflicts included, or
    /// that were not. Newest first, and uncounted, so that it costs the same however long the log is.
    fn latest_received(&self, refused: bool, limit: u32) -> PendingResult<Vec<ReceivedRow>>;
}
