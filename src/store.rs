//! The database of the queue: what a store promises, whichever database it is.
//!
//! One method is one transaction, and its documentation is the contract: what is atomic, what a second call does, what
//! happens to a run that lost its claim. `now` is always passed in. `tests/store` proves the contract on every backend.

mod change_listener;
mod checksum;
mod db_codes;
mod error;
mod figures;
pub mod inbound;
pub mod incidents;
mod lists;
mod location;
pub mod operators;
mod pending_result;
#[cfg(feature = "postgres")]
mod postgres;
mod queue;
mod record_list;
mod rules;
mod search;
mod sql_log;
mod sqlite;
pub mod transfer;
mod upkeep;
mod where_clause;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::delivery::Trigger;
use crate::endpoint::{ConfiguredEndpoint, Endpoint, TypePattern};
use crate::event::EventId;

pub use change_listener::ChangeListener;
pub use error::{Result, StoreError};
pub use figures::{
    Activity, Arrivals, AttemptDuration, AttemptTotals, DeliveryCounts, EndpointFigures, LATENCIES, MinuteActivity,
    QueueFigures,
};
pub use lists::{
    AttemptFilter, AttemptRow, Cancellation, ClaimHolder, DeliveryFilter, DeliveryRow, EventDetail, EventFilter,
    EventRow, Listed, LoggedAttempt, Page, RunRow, Schedule,
};
pub use location::{Access, Location, LocationError, PostgresLocation, is_relative_path};
pub use pending_result::PendingResult;
pub use queue::{
    AdvanceResult, Claim, ClaimRequest, DeliveryId, Drafts, EnqueueResult, FinishedAttempt, IdleInfo, NamedLock,
    Receipt, RecordResult, Run, RunId, RunStats,
};
pub use sql_log::SQL_LOG;
pub use sqlite::PreparedRestore;
pub use upkeep::{
    Acknowledgement, BackupReport, ChangedDeliveries, DatabaseInfo, DroppedEndpoint, FileInfo, LockHolder,
    LogPruneResult, OpenRuns, PrunableLog, PruneFilter, PruneResult, Replay, ServerInfo, SkipReason, Storage,
    StoredEndpoints, Volume, WriteObstacle,
};

/// The interface of a queue's database: events, deliveries, endpoints and runs. One method is one transaction.
///
/// Writes answer after their commit is on disk. A write that fails leaves nothing of itself.
pub trait Store:
    inbound::Records + incidents::Incidents + operators::Operators + transfer::Transfer + Send + Sync + fmt::Debug
{
    /// Makes `specs` the configured endpoints and returns all that are stored.
    ///
    /// A spec with a name is found by its name, one without by its URL; a new one without gets its host as name, with
    /// `-2`, `-3` on collision. A name that is new takes over the one endpoint of its URL that no other spec means, with all that
    /// waits for it: so names can be given and changed. An endpoint that is not in `specs` stays, unconfigured: its deliveries are held. Names and
    /// operators' pauses survive; a pause by the configuration ends with it. Empty `specs` change nothing.
    fn set_endpoints(&self, specs: Vec<ConfiguredEndpoint>, now: Timestamp) -> PendingResult<StoredEndpoints>;

    /// Pauses an endpoint for the operator: its pending deliveries are held, those in flight end. A second call changes
    /// nothing.
    fn pause(&self, name: &str, now: Timestamp) -> PendingResult<Endpoint>;

    /// Ends a pause, whatever caused it, and closes an open circuit. A second call changes nothing.
    fn resume(&self, name: &str, now: Timestamp) -> PendingResult<Endpoint>;

    /// Stores events, each with one delivery for every configured endpoint that wants it: all of them, or none.
    ///
    /// An id that is known with the same type, resource, `data` bytes and timestamp (if given) is a duplicate and changes
    /// nothing; with another content it is [`StoreError::Conflict`], or is skipped and counted if `skip_conflicts`. An id that
    /// arrived from elsewhere with another content is a conflict as well. A known type with a timestamp more than 24 hours
    /// ahead is [`StoreError::Ahead`].
    ///
    /// A draft for a later time gets its deliveries then, from [`queue_scheduled`](Self::queue_scheduled); one that is never
    /// sent gets none, and neither changes a record now.
    fn enqueue(&self, drafts: Drafts, skip_conflicts: bool, now: Timestamp) -> PendingResult<EnqueueResult>;

    /// Queues events whose time has come, as if they were emitted now: at most some hundreds of them, earliest first. Returns
    /// how many; none is queued twice. An event for a record that has grown too large leaves the record as it is.
    fn queue_scheduled(&self, now: Timestamp) -> PendingResult<u64>;

    /// Cancels an event that waits for its time: it is never sent. A second call changes nothing.
    fn cancel(&self, event: &EventId, now: Timestamp) -> PendingResult<Cancellation>;

    /// Registers a run, whose life is proven by the lock inside the returned value.
    fn begin_run(&self, command: &str, now: Timestamp) -> PendingResult<Run>;

    /// Records how a run ended. What it still had claimed is freed as if its worker had died.
    fn end_run(&self, run: &Run, stats: RunStats, exit: i64, now: Timestamp) -> PendingResult<()>;

    /// Records outcomes and claims more, in one transaction.
    ///
    /// Each outcome is fenced by run and attempt number: [`RecordResult::Lost`] if the run no longer owns the delivery. With an
    /// outcome go its attempt row, the delivery's next state, the next of its lane, the endpoint's circuit and all
    /// figures. Claimed is what is due: first of its resource, its time come, its endpoint neither paused nor with an open circuit, at
    /// most as many as wanted for each endpoint and as its rate allows; one delivery if an open circuit is to be probed. Retries and what waited
    /// behind them come first, longest due first, then new deliveries in the order they were emitted; these are always due,
    /// whatever the clock says. A delivery that must run alone goes before all others, and only to an idle worker.
    ///
    /// A run that was ended or reaped records and claims nothing more: [`StoreError::RunEnded`].
    fn advance(
        &self,
        run: RunId,
        finished: Arc<Vec<FinishedAttempt>>,
        wants: ClaimRequest,
        now: Timestamp,
    ) -> PendingResult<AdvanceResult>;

    /// Releases claims that were never sent: they are due since they were claimed, and no attempt was made. Lost ones
    /// are skipped.
    fn release(&self, run: RunId, claims: Vec<Claim>, now: Timestamp) -> PendingResult<()>;

    /// Looks again at claims that have waited: for each, whether the run still owns it, and its endpoint is neither
    /// paused nor, but for a probe, behind an open circuit.
    fn still_wanted(&self, run: RunId, claims: &[&Claim], now: Timestamp) -> PendingResult<Vec<bool>>;

    /// Frees the claims of dead runs and returns how many deliveries that touched.
    ///
    /// A run is dead when the lock of its owner file is free or the file is gone. Each of its deliveries gets an
    /// interrupted attempt that uses up nothing; see [`after_interruption`](crate::delivery::after_interruption).
    fn reap(&self, now: Timestamp) -> PendingResult<u64>;

    /// What a run could claim if it began now with these endpoints, the claims of dead runs among it; changes nothing.
    ///
    /// Without `specs`, the endpoints are as they stand. The total is exact, the rows are the oldest thousand.
    fn preview_due(&self, specs: &[ConfiguredEndpoint], now: Timestamp) -> PendingResult<Listed<DeliveryRow>>;

    /// What a worker of `run` without claims can wait for.
    fn idle_info(&self, run: RunId, now: Timestamp) -> PendingResult<IdleInfo>;

    /// Returns deliveries to their old places in their lanes, due now and with fresh attempts, history kept.
    fn replay(&self, ids: Vec<DeliveryId>, how: Replay, now: Timestamp) -> PendingResult<ChangedDeliveries>;

    /// Queues events that have no delivery for the endpoints that want their types now, or for `only` that one of them.
    ///
    /// The deliveries are new and so are their ids: they go behind whatever is queued of their resource, not to the place
    /// that the event had. An event that has a delivery, or is unknown, is left as it is; so the second time nothing is made.
    fn create_missing_deliveries(
        &self,
        events: Vec<EventId>,
        trigger: Trigger,
        only: Option<String>,
        now: Timestamp,
    ) -> PendingResult<Vec<DeliveryId>>;

    /// Gives up unfinished deliveries that are not being sent.
    fn give_up(&self, ids: Vec<DeliveryId>, now: Timestamp) -> PendingResult<ChangedDeliveries>;

    /// The configured and formerly configured endpoints.
    fn endpoints(&self) -> PendingResult<Vec<Endpoint>>;

    /// The state of the queue, at a cost that does not grow with it.
    fn figures(&self, now: Timestamp) -> PendingResult<QueueFigures>;

    /// Attempts that ended in the minutes from `since`, by endpoint and type.
    fn rates(&self, since: Timestamp) -> PendingResult<Vec<AttemptTotals>>;

    /// What happened minute by minute since `since`, at a cost that grows with the minutes alone.
    fn activity(&self, since: Timestamp) -> PendingResult<Activity>;

    /// About how many deliveries were queued since `since`, endpoint by endpoint, at a cost that does not grow with them.
    ///
    /// The sum is by their numbers, which have gaps where a transaction failed, and by the times of events, whose clock may
    /// have jumped; it is shared among the endpoints as the latest of them are.
    fn arrivals(&self, since: Timestamp) -> PendingResult<Vec<Arrivals>>;

    /// When the last event of a type that `types` matches was emitted or accepted, if that was at or after `since`. Of each, the
    /// latest two hundred thousand are looked at.
    fn last_seen(&self, types: &TypePattern, since: Timestamp) -> PendingResult<Option<Timestamp>>;

    /// A page of deliveries, by id. A filter that no index serves is applied to the first rows only, see [`Listed`].
    fn deliveries(&self, filter: &DeliveryFilter, page: Page) -> PendingResult<Listed<DeliveryRow>>;

    /// The rows of one page of deliveries, without counting how many match. Looks at all rows, if it has to.
    fn page_of_deliveries(&self, filter: &DeliveryFilter, page: Page) -> PendingResult<Vec<DeliveryRow>>;

    /// The number of deliveries that match. Looks at all rows, if it has to.
    fn count_deliveries(&self, filter: &DeliveryFilter) -> PendingResult<u64>;

    /// A page of events, by order of emission. A filter that no index serves is applied to the first rows only, see [`Listed`].
    fn events(&self, filter: &EventFilter, page: Page) -> PendingResult<Listed<EventRow>>;

    /// The rows of one page of events. Looks at all rows, if it has to.
    fn page_of_events(&self, filter: &EventFilter, page: Page) -> PendingResult<Vec<EventRow>>;

    /// The rows of one page of events without the states of their deliveries, each with the bytes that are sent.
    fn events_with_bodies(&self, filter: &EventFilter, page: Page) -> PendingResult<Vec<(EventRow, Vec<u8>)>>;

    /// Everything known of one event.
    fn event(&self, id: &EventId) -> PendingResult<Option<EventDetail>>;

    /// The event emitted `seq`th.
    fn event_by_seq(&self, seq: i64) -> PendingResult<Option<EventDetail>>;

    /// A page of attempts, by the order in which they ended. A filter that no index serves is applied to the first rows only, see
    /// [`Listed`].
    fn attempts(&self, filter: &AttemptFilter, page: Page) -> PendingResult<Listed<LoggedAttempt>>;

    /// The rows of one page of attempts, without counting how many match. Looks at all rows, if it has to.
    fn page_of_attempts(&self, filter: &AttemptFilter, page: Page) -> PendingResult<Vec<LoggedAttempt>>;

    /// Records that an operator acknowledged a cluster of failures. A later call replaces the earlier.
    fn acknowledge(&self, cluster: Acknowledgement) -> PendingResult<()>;

    /// Withdraws an acknowledgement, and returns whether there was one.
    fn withdraw_acknowledgement(&self, cluster: &str) -> PendingResult<bool>;

    /// The clusters of failures that were acknowledged, by name.
    fn acknowledgements(&self) -> PendingResult<Vec<Acknowledgement>>;

    /// For each of `ids`, whether a later event of the same resource was delivered to the same endpoint already.
    fn overtaken(&self, ids: Vec<DeliveryId>) -> PendingResult<Vec<DeliveryId>>;

    /// The latest runs, newest first.
    fn runs(&self, limit: u64) -> PendingResult<Vec<RunRow>>;

    /// Where the queue is, what keeps it, and how large it is.
    fn database(&self) -> PendingResult<DatabaseInfo>;

    /// What only a queue in a file of this machine has.
    fn file(&self) -> Option<&dyn FileStore>;

    /// Takes the lock of `name` among all processes that use this queue; `None` while another holds it.
    ///
    /// It ends with the value that is returned, or with the process.
    fn try_exclusive(&self, name: &str) -> PendingResult<Option<NamedLock>>;

    /// Listens for writes to the queue, by whatever process. To be called where an async runtime runs.
    fn changes(&self) -> ChangeListener;

    /// How many runs died and were not found yet, and how many live. Changes nothing.
    fn open_runs(&self) -> PendingResult<OpenRuns>;

    /// Checks the file, and its figures and lanes against its rows; returns what is wrong in words.
    fn verify(&self) -> PendingResult<Vec<String>>;

    /// Removes one batch of finished deliveries with their attempts, and events nothing is left of.
    ///
    /// An event that was removed is forgotten: its id may be emitted again. Figures are kept right.
    fn prune(&self, what: PruneFilter) -> PendingResult<PruneResult>;

    /// Removes one batch of rows of `log` from before `before`, beginning behind `after` (`i64::MIN` to begin with).
    ///
    /// The ids of webhooks that were applied are kept for [`REMEMBERED`](inbound::REMEMBERED) whatever `before` says, and so
    /// are runs that have not ended.
    fn prune_log(
        &self,
        log: PrunableLog,
        before: Timestamp,
        after: i64,
        now: Timestamp,
    ) -> PendingResult<LogPruneResult>;

    /// How many rows [`prune_log`](Self::prune_log) would remove in all its batches.
    fn count_prunable(&self, log: PrunableLog, before: Timestamp, now: Timestamp) -> PendingResult<u64>;
}

/// What only a queue in a file can do, not one in a database server: backup, restore, structure check, log size.
pub trait FileStore {
    /// How the disk below the queue is, as far as can be found out without waiting for anything.
    fn storage(&self) -> Storage;

    /// Copies the queue as it stands to a new file, while others go on writing.
    ///
    /// The copy is checked, readable by its owner only, and on disk before it takes its name. A file of that name is
    /// replaced only if `replace`; the queue itself never is, nor what belongs to it. Events that changed on the disk are copied
    /// as they are, and reported.
    fn backup(&self, to: &Path, replace: bool) -> PendingResult<BackupReport>;

    /// Checks the structure of the file, without its indexes; returns what is wrong in words.
    ///
    /// It reads every page, so its time grows with the file.
    fn check_structure(&self) -> PendingResult<Vec<String>>;
}

impl dyn Store {
    /// What only a queue in a file has, or [`StoreError::NeedsFile`] that `what` needs it.
    pub fn require_file(&self, what: &'static str) -> Result<&dyn FileStore> {
        self.file().ok_or(StoreError::NeedsFile(what))
    }
}

/// Opens the queue at `location`.
///
/// Of a file, missing directories and the file itself are made readable by their owner only. An older schema is brought up to
/// date, a newer one refused. With [`Access::Inspect`] nothing is made, changed or brought up to date, and an older schema is
/// refused, too.
pub fn open(location: &Location, access: Access) -> Result<Arc<dyn Store>> {
    match location {
        Location::File(path) => Ok(Arc::new(sqlite::Sqlite::open(path, access)?)),
        #[cfg(feature = "postgres")]
        Location::Postgres(location) => Ok(Arc::new(postgres::Postgres::open(location, access)?)),
        #[cfg(not(feature = "postgres"))]
        Location::Postgres(_) => {
            Err(StoreError::Configuration("this build keeps queues in SQLite files only".to_owned()))
        }
    }
}

/// Reads and checks a backup that is to take the place of the queue at `location`. Nothing of either is changed.
///
/// Installing it is refused as long as any process has the queue open. The queue that is there is kept under another name, and
/// a process that is killed meanwhile leaves the old queue or the new one.
pub fn prepare_restore(from: &Path, location: &Location) -> Result<PreparedRestore> {
    sqlite::prepare_restore(from, location.path().ok_or(StoreError::NeedsFile("restoring a backup"))?)
}

/// The process that keeps the queue at `location` from being written, where the system shows it.
pub fn holder(location: &Location) -> Option<LockHolder> {
    sqlite::holder(location.path()?)
}

/// What keeps the queue at `location` from being written by this user, as far as the system shows.
pub fn write_obstacle(location: &Location) -> Option<WriteObstacle> {
    sqlite::write_obstacle(location.path()?)
}

/// The disk that holds the queue at `location`, as far as the system shows; `None` for a queue on a server. Asks the
/// system anew, which may hang where the network is gone.
pub fn volume(location: &Location) -> Option<Volume> {
    location.path().map(sqlite::volume)
}

/// The version of SQLite that is linked.
pub fn backend_version() -> &'static str {
    sqlite::version()
}
