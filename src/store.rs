//! The queue's memory: what a store promises, whoever keeps it.
//!
//! One method is one transaction, and its documentation is the contract: what is atomic, what a second call does, what
//! happens to a run that lost its claim. `now` is always passed in. `tests/store` proves the contract on every backend.

use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::clock::Timestamp;
use crate::delivery::{Next, Outcome, Reason, State, Trigger};
use crate::endpoint::{Endpoint, EndpointId, Spec};
use crate::event::{Draft, Event, EventId, Resource};

pub mod inbound;
mod sqlite;

/// Why the store could not do what it was asked. A failed delivery is never one of these.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// A reading command found no database.
    #[error("there is no database at {}", .0.display())]
    NoDatabase(PathBuf),
    /// Another process kept the write lock longer than we wait.
    #[error("the database {} is locked by another process", .0.display())]
    Locked(PathBuf),
    /// The file was written by a newer program.
    #[error("the database has schema {found}, this program knows up to {known}")]
    SchemaNewer {
        /// The file's schema version.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// The file is not a database, or damaged.
    #[error("the database {} is damaged: {detail}", .path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// The disk failed, is full, or may not be written.
    #[error("failed to use the database {}: {detail}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system said.
        detail: String,
    },
    /// An event with this id and another content is stored already.
    #[error("an event with the id `{0}` and another content is stored already")]
    Conflict(EventId),
    /// A batch could not be read to its end.
    #[error("failed to read the batch: {0}")]
    Batch(String),
    /// No endpoint of that name.
    #[error("there is no endpoint named `{0}`")]
    NoEndpoint(String),
    /// The linked SQLite is older than the first safe one.
    #[error("SQLite {0} can corrupt a database that two processes use; 3.51.3 is the first safe version")]
    SqliteTooOld(String),
    /// A statement failed: our fault.
    #[error("the database refused a statement: {0}")]
    Statement(String),
    /// The writer has stopped.
    #[error("the database was closed")]
    Closed,
}

/// A shorthand for what store methods return.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The answer to a write, given after its commit reached the disk.
///
/// Await it, or [`wait`](Self::wait) for it where no async runtime runs.
#[derive(Debug)]
pub struct Answer<T>(oneshot::Receiver<Result<T>>);

impl<T> Answer<T> {
    /// Blocks this thread until the write is on disk.
    pub fn wait(self) -> Result<T> {
        let waker = Waker::from(Arc::new(Parked(std::thread::current())));
        let mut context = Context::from_waker(&waker);
        let mut answer = std::pin::pin!(self);
        loop {
            match answer.as_mut().poll(&mut context) {
                Poll::Ready(answer) => return answer,
                Poll::Pending => std::thread::park(),
            }
        }
    }
}

/// Wakes the thread that waits for an answer.
struct Parked(std::thread::Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl<T> Future for Answer<T> {
    type Output = Result<T>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        Pin::new(&mut self.0).poll(context).map(|answer| answer.unwrap_or(Err(StoreError::Closed)))
    }
}

/// A delivery's row number, increasing with emission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId(pub i64);

/// A run's row number, increasing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub i64);

/// One run of a worker. While this value lives, its lock proves that the run does.
pub struct Run {
    /// Its row.
    pub id: RunId,
    /// Holds the lock; dropped last.
    pub(crate) _owner: Box<dyn Send + Sync>,
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Run({})", self.id.0)
    }
}

/// What a run did, in attempts and deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Attempts made.
    pub claimed: u64,
    /// Of those, answered with a 2xx.
    pub delivered: u64,
    /// Of those, to be tried again.
    pub retried: u64,
    /// Of those, the delivery's last.
    pub failed: u64,
}

/// What became of one draft.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The stored event.
    pub event: Event,
    /// Deliveries made for it, or for its first emission.
    pub deliveries: u64,
    /// Whether it was stored already.
    pub duplicate: bool,
}

/// What became of a batch.
#[derive(Clone, Debug, Default)]
pub struct Enqueued {
    /// The first draft's receipt.
    pub first: Option<Receipt>,
    /// Events stored by this call.
    pub accepted: u64,
    /// Drafts that were stored already.
    pub duplicates: u64,
    /// Events stored that no endpoint wants.
    pub unwanted: u64,
    /// Positions, from 0, of drafts whose id is taken by another content (only when those are skipped); the first 1,000.
    pub conflicts: Vec<(u64, EventId)>,
    /// How many conflicts there were.
    pub conflicted: u64,
}

/// Drafts on their way into the queue: an iterator, so that a batch never has to fit into memory.
pub type Drafts = Box<dyn Iterator<Item = Result<Draft>> + Send>;

/// A delivery that is ours to send.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Where it goes.
    pub endpoint: EndpointId,
    /// The attempt's number, counted from 1 and on after a replay; with the run it fences every write.
    pub number: u32,
    /// Why it is made.
    pub trigger: Trigger,
    /// The event's id.
    pub event_id: EventId,
    /// The event's type.
    pub event_type: Arc<str>,
    /// The bytes to sign and send.
    pub body: Bytes,
    /// Whether nothing else may be in flight beside it.
    pub solo: bool,
    pub(crate) lane: i64,
    pub(crate) kind: i64,
    pub(crate) used: u32,
    pub(crate) failures: u32,
}

/// An attempt that ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// What was attempted.
    pub claim: Claim,
    /// What it came to.
    pub outcome: Outcome,
    /// When the request began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How long it took, by a clock that never jumps.
    pub took: Duration,
    /// What happened in words: `HTTP 503`, `connect: connection refused`.
    pub detail: String,
    /// The beginning of the response body.
    pub response: Bytes,
    /// A random number in `0.0..1.0` that spreads retries.
    pub chance: f64,
}

/// What became of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is on disk, and this follows.
    Written(Next),
    /// The run no longer owned the delivery; nothing was written.
    Lost,
}

/// How many more deliveries a worker would take.
#[derive(Clone, Debug, Default)]
pub struct Wants {
    /// For each endpoint with room, how many.
    pub endpoints: Vec<(EndpointId, usize)>,
    /// Whether the worker has nothing in hand once the outcomes it brings are recorded. Only then is it given a
    /// delivery that must run alone.
    pub idle: bool,
}

/// What [`Store::advance`] did.
#[derive(Clone, Debug)]
pub struct Advanced {
    /// What became of each outcome, in the order given.
    pub recorded: Vec<Recorded>,
    /// New claims.
    pub claims: Vec<Claim>,
    /// Whether a delivery waits to run alone, so that nothing else was claimed.
    pub solo_waits: bool,
    /// Whether the transaction ended before all that is queued was looked at, though less was claimed than wanted.
    pub cut_short: bool,
    /// The endpoints as they stand now; the same allocation as long as nothing a worker heeds has changed.
    pub endpoints: Arc<Vec<Endpoint>>,
}

/// What a worker with nothing to do can wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// The earliest time something is due at an endpoint that neither rests nor holds.
    pub next_due: Option<Timestamp>,
    /// The earliest probe of a resting endpoint that has something pending.
    pub next_probe: Option<Timestamp>,
    /// Whether that probe is worth waiting for: see [`Rest::worth_waiting`](crate::delivery::Rest::worth_waiting).
    pub probe_worth_waiting: bool,
    /// Pending deliveries of endpoints that rest.
    pub resting: u64,
    /// Deliveries that other runs hold.
    pub elsewhere: u64,
}

/// How many deliveries are in each state, and what an endpoint's trouble amounts to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Unfinished and unclaimed, held ones included.
    pub pending: i64,
    /// Claimed.
    pub processing: i64,
    /// Arrived.
    pub delivered: i64,
    /// Given up.
    pub failed: i64,
    /// Unfinished with a failed attempt, or given up.
    pub troubled: i64,
    /// Attempts of those.
    pub troubled_attempts: i64,
}

/// One endpoint's figures.
#[derive(Clone, Debug)]
pub struct EndpointFigures {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its deliveries.
    pub counts: Counts,
    /// Since when its oldest due delivery has been due; none while it rests or holds.
    pub oldest_due: Option<Timestamp>,
}

/// The state of the queue, from counters.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Events stored.
    pub events: i64,
    /// Endpoint by endpoint, in the order they were first named.
    pub endpoints: Vec<EndpointFigures>,
    /// When the longest-running claim of a live or dead run was made.
    pub oldest_processing: Option<Timestamp>,
}

/// Attempts that ended in a window, for one endpoint and event type.
#[derive(Clone, Debug)]
pub struct Rate {
    /// The endpoint's name.
    pub endpoint: String,
    /// The event type.
    pub event_type: String,
    /// Its resource type.
    pub resource_type: String,
    /// Attempts answered with a 2xx.
    pub delivered: i64,
    /// Attempts that failed; interrupted ones are left out.
    pub failed: i64,
}

/// Which deliveries are meant. Empty parts mean any.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// In one of these states.
    pub states: Vec<State>,
    /// To the endpoint of this name.
    pub endpoint: Option<String>,
    /// Of this event type.
    pub event_type: Option<String>,
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
}

/// Which events are meant. Empty parts mean any.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Of this type.
    pub event_type: Option<String>,
    /// About the resource with this id.
    pub resource_id: Option<String>,
    /// Emitted at or after.
    pub since: Option<Timestamp>,
    /// Emitted before.
    pub until: Option<Timestamp>,
}

/// One page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Rows on a page.
    pub limit: u64,
    /// Which page, from 1.
    pub number: u64,
    /// Oldest first instead of newest first.
    pub oldest_first: bool,
}

/// A page of rows and how many there are in all.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The rows of this page.
    pub rows: Vec<T>,
    /// Rows on all pages.
    pub total: u64,
}

/// An event as a list shows it.
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
}

/// A delivery as a list shows it.
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
    /// When it is due, while it is pending.
    pub due_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// Attempts made or under way.
    pub attempts: u32,
    /// Attempts used up of those its policy allows.
    pub used: u32,
    /// Why it was given up.
    pub reason: Option<Reason>,
    /// What happened at the last attempt that ended.
    pub last_detail: Option<String>,
    /// When the last attempt that ended did so.
    pub last_ended_at: Option<Timestamp>,
}

/// An attempt as it is remembered.
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

/// Which attempts are meant. Empty parts mean any.
#[derive(Clone, Debug, Default)]
pub struct AttemptFilter {
    /// To the endpoint of this name.
    pub endpoint: Option<String>,
    /// For this event type.
    pub event_type: Option<String>,
    /// Begun at or after.
    pub since: Option<Timestamp>,
    /// Begun before.
    pub until: Option<Timestamp>,
}

/// An attempt in the order of all attempts.
#[derive(Clone, Debug)]
pub struct LoggedAttempt {
    /// The attempt.
    pub attempt: AttemptRow,
    /// Its event.
    pub event: EventRow,
    /// Whether the one before it of the same delivery failed; interrupted ones do not count.
    pub after_failure: bool,
}

/// The file behind a queue.
#[derive(Clone, Debug)]
pub struct DatabaseInfo {
    /// Where it is.
    pub path: PathBuf,
    /// The version of its schema.
    pub schema: i64,
    /// The newest schema this program knows.
    pub known_schema: i64,
    /// The version of the SQLite that reads it.
    pub sqlite: String,
    /// How it keeps its journal.
    pub journal_mode: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes of the write-ahead log beside it.
    pub wal_bytes: u64,
    /// Bytes of the file that are free for what comes.
    pub free_bytes: u64,
}

/// What a prune removes.
#[derive(Clone, Debug)]
pub struct Prune {
    /// Deliveries in one of these states; only finished ones are ever removed.
    pub states: Vec<State>,
    /// To the endpoint of this name, if one is named.
    pub endpoint: Option<String>,
    /// Last changed before.
    pub before: Timestamp,
    /// Where the last batch ended; the lowest id to begin with.
    pub after: DeliveryId,
}

/// What one batch of a prune removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Deliveries removed.
    pub deliveries: u64,
    /// Attempts removed with them.
    pub attempts: u64,
    /// Events removed, because nothing of theirs is left.
    pub events: u64,
    /// Where the next batch begins; none when this was the last.
    pub next: Option<DeliveryId>,
}

/// Everything known of one event.
#[derive(Clone, Debug)]
pub struct EventDetail {
    /// Its row.
    pub row: EventRow,
    /// The bytes that are sent.
    pub body: Vec<u8>,
    /// Its deliveries, in the order of their endpoints.
    pub deliveries: Vec<DeliveryRow>,
    /// Their attempts, in the order they were made.
    pub attempts: Vec<AttemptRow>,
}

/// A run as it is remembered.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// Its row.
    pub id: RunId,
    /// Its process.
    pub pid: i64,
    /// The command that ran.
    pub command: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, or was found dead.
    pub ended_at: Option<Timestamp>,
    /// What it did.
    pub tally: Tally,
    /// Its exit status; none when it was killed.
    pub exit: Option<i64>,
}

/// Why a delivery was left alone by a replay or give-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It does not exist.
    Unknown,
    /// It is pending already, and was not to be forced.
    Pending,
    /// It is being sent at this moment.
    Processing,
    /// It was delivered, and delivered ones were not included.
    Delivered,
    /// It was given up already.
    Failed,
}

/// What a replay or give-up did.
#[derive(Clone, Debug, Default)]
pub struct Changed {
    /// Deliveries changed.
    pub changed: Vec<DeliveryId>,
    /// Deliveries left alone, and why.
    pub left: Vec<(DeliveryId, Left)>,
}

/// How a replay goes about it.
#[derive(Clone, Copy, Debug)]
pub struct Replay {
    /// [`Trigger::Manual`] or [`Trigger::Bulk`].
    pub trigger: Trigger,
    /// Also deliveries that arrived.
    pub include_delivered: bool,
    /// Also pending ones: due now, with fresh attempts.
    pub include_pending: bool,
}

/// The queue's memory.
///
/// Writes answer after their commit is on disk. A write that fails leaves nothing of itself.
pub trait Store: inbound::Records + Send + Sync + fmt::Debug {
    /// Makes `specs` the configured endpoints and returns all that are stored.
    ///
    /// A spec with a name is found by its name, one without by its URL; a new one without gets its host as name, with
    /// `-2`, `-3` on collision. An endpoint that is not in `specs` stays, unconfigured: its deliveries are held. Names and
    /// operators' pauses survive; a pause by the configuration ends with it. Empty `specs` change nothing.
    fn set_endpoints(&self, specs: Vec<Spec>, now: Timestamp) -> Answer<Arc<Vec<Endpoint>>>;

    /// Pauses an endpoint for the operator: its pending deliveries are held, those in flight end. Again: nothing.
    fn pause(&self, name: &str, now: Timestamp) -> Answer<Endpoint>;

    /// Ends a pause, whoever began it, and a rest. Again: nothing.
    fn resume(&self, name: &str, now: Timestamp) -> Answer<Endpoint>;

    /// Stores events, each with one delivery for every configured endpoint that wants it: all of them, or none.
    ///
    /// An id that is known with the same type, resource, `data` bytes and timestamp (if given) is a duplicate and changes
    /// nothing; with another content it is [`StoreError::Conflict`], or is skipped and counted if `skip_conflicts`.
    fn enqueue(&self, drafts: Drafts, skip_conflicts: bool, now: Timestamp) -> Answer<Enqueued>;

    /// Registers a run, whose life is proven by the lock inside the returned value.
    fn begin_run(&self, command: &str, now: Timestamp) -> Result<Run>;

    /// Remembers how a run ended. What it still had claimed is as if its worker had died.
    fn end_run(&self, run: &Run, tally: Tally, exit: i64, now: Timestamp) -> Answer<()>;

    /// Records outcomes and claims more, in one transaction.
    ///
    /// Each outcome is fenced by run and attempt number: [`Recorded::Lost`] if the run no longer owns the delivery. With an
    /// outcome go its attempt row, the delivery's next state, the next of its lane, the endpoint's standing and all
    /// figures. Claimed is what is due: first of its resource, its time come, its endpoint neither holding nor resting, at
    /// most as many as wanted for each endpoint; one delivery if the endpoint's rest is to be probed. Retries and what waited
    /// behind them come first, longest due first, then new deliveries in the order they were emitted; these are always due,
    /// whatever the clock says. A delivery that must run alone goes before all others, and only to an idle worker.
    fn advance(&self, run: RunId, finished: Arc<Vec<Finished>>, wants: Wants, now: Timestamp) -> Answer<Advanced>;

    /// Lets go of claims that were never sent: they are due and no attempt was made. Lost ones are skipped.
    fn release(&self, run: RunId, claims: Vec<Claim>, now: Timestamp) -> Answer<()>;

    /// Looks again at claims that have waited: for each, whether the run still owns it and its endpoint neither holds nor
    /// rests (but for a probe).
    fn still_wanted(&self, run: RunId, claims: &[&Claim], now: Timestamp) -> Result<Vec<bool>>;

    /// Frees the claims of dead runs and returns how many deliveries that touched.
    ///
    /// A run is dead when the lock of its owner file is free or the file is gone. Each of its deliveries gets an
    /// interrupted attempt that uses up nothing; see [`after_interruption`](crate::delivery::after_interruption).
    fn reap(&self, now: Timestamp) -> Result<u64>;

    /// What a worker of `run` with nothing in hand can wait for.
    fn outlook(&self, run: RunId, now: Timestamp) -> Result<Outlook>;

    /// Returns deliveries to their old places in their lanes, due now and with fresh attempts, history kept.
    fn replay(&self, ids: Vec<DeliveryId>, how: Replay, now: Timestamp) -> Answer<Changed>;

    /// Gives up unfinished deliveries that are not being sent.
    fn give_up(&self, ids: Vec<DeliveryId>, now: Timestamp) -> Answer<Changed>;

    /// The configured and formerly configured endpoints.
    fn endpoints(&self) -> Result<Vec<Endpoint>>;

    /// The state of the queue, at a cost that does not grow with it.
    fn figures(&self, now: Timestamp) -> Result<Figures>;

    /// Attempts that ended in the minutes from `since`, by endpoint and type.
    fn rates(&self, since: Timestamp) -> Result<Vec<Rate>>;

    /// A page of deliveries, by id.
    fn deliveries(&self, filter: &DeliveryFilter, page: Page) -> Result<Listed<DeliveryRow>>;

    /// A page of events, by order of emission.
    fn events(&self, filter: &EventFilter, page: Page) -> Result<Listed<EventRow>>;

    /// Everything known of one event.
    fn event(&self, id: &EventId) -> Result<Option<EventDetail>>;

    /// The event emitted `seq`th.
    fn event_by_seq(&self, seq: i64) -> Result<Option<EventDetail>>;

    /// A page of attempts, by the order in which they ended.
    fn attempts(&self, filter: &AttemptFilter, page: Page) -> Result<Listed<LoggedAttempt>>;

    /// For each of `ids`, whether a later event of the same resource was delivered to the same endpoint already.
    fn overtaken(&self, ids: &[DeliveryId]) -> Result<Vec<DeliveryId>>;

    /// The latest runs, newest first.
    fn runs(&self, limit: u64) -> Result<Vec<RunRow>>;

    /// The file behind the queue.
    fn database(&self) -> Result<DatabaseInfo>;

    /// Copies the queue as it stands to a new file, while others go on writing, and returns its size in bytes.
    ///
    /// The copy is checked, readable by its owner only, and on disk before it takes its name. A file of that name is
    /// replaced only if `replace`; the queue itself never is.
    fn backup(&self, to: &Path, replace: bool) -> Result<u64>;

    /// Checks the file, and its figures and lanes against its rows; returns what is wrong in words.
    fn verify(&self) -> Result<Vec<String>>;

    /// Removes one batch of finished deliveries with their attempts, and events nothing is left of.
    ///
    /// An event that was removed is forgotten: its id may be emitted again. Figures are kept right.
    fn prune(&self, what: Prune) -> Answer<Pruned>;

    /// The file whose changes another process can watch to learn of new work.
    fn watch_path(&self) -> PathBuf;
}

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Created when it is missing: commands that add to the queue.
    Create,
    /// Must be there: commands that read or change it.
    Existing,
}

/// Opens the SQLite database at `path`.
///
/// Missing directories and the file are made readable by their owner only. An older schema is brought up to date, a newer
/// one refused.
pub fn open(path: &Path, access: Access) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(sqlite::Sqlite::open(path, access)?))
}

/// The version of SQLite that is linked.
pub fn backend_version() -> &'static str {
    sqlite::version()
}
