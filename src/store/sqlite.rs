//! The store's contract in SQLite's words.
//!
//! One thread owns the write connection (`writer`); readers have connections of their own and no read transaction outlives
//! one call. The file is never opened by other means in this process: closing it would drop SQLite's locks.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::{
    Access, Acknowledgement, Activity, AdvanceResult, Arrivals, AttemptFilter, AttemptTotals, BackupReport,
    Cancellation, ChangeListener, ChangedDeliveries, Claim, ClaimRequest, DatabaseInfo, DeliveryFilter, DeliveryId,
    DeliveryRow, Drafts, EnqueueResult, EventDetail, EventFilter, EventRow, FileStore, FinishedAttempt, IdleInfo,
    Listed, LockHolder, LogPruneResult, LoggedAttempt, NamedLock, OpenRuns, Page, PendingResult, PrunableLog,
    PruneFilter, PruneResult, QueueFigures, Replay, Result, Run, RunId, RunRow, RunStats, Storage, Store, StoreError,
    StoredEndpoints, Volume, WriteObstacle,
};
use crate::clock::Timestamp;
use crate::delivery::Trigger;
use crate::endpoint::{ConfiguredEndpoint, Endpoint, TypePattern};
use crate::event::{EventId, IdSource};
use crate::record::{Record, RecordKind};
use crate::store::inbound::{
    ApplyResult, EditResult, KeptRequest, ReceivedFigures, ReceivedFilter, ReceivedRow, RecordEdit, RecordFilter,
    RecordRow, RecordSummary, Records, RefusedWebhook, RequestCopy, SenderRow, VerifiedWebhook,
};
use crate::store::incidents::{
    FailingSink, Incident, Incidents, Notification, NotificationResult, Observation, SinkRule,
};
use crate::store::operators::{
    ActionFilter, ActionRow, NewAction, NewSession, Operators, SessionRow, WrongSecretCount,
};
use crate::store::transfer::{CopiedTable, Transfer, Values};

mod error;
mod file;
mod incidents;
mod operators;
mod read;
mod requests;
mod upkeep;
mod write;

use file::identity::FileIdentity;
use file::open_mode::{self, OpenMode};
use file::run_locks::{self, RunLocks};
use file::{backup, connection, disk, holder, restore, watch};
use read::{
    attempts, deliveries, event_detail, events, figures, preview, received, records as read_records, runs as read_runs,
};
use upkeep::{integrity, prune, transfer};
use write::writer::Writer;
use write::{
    acknowledge, advance, apply, edit, endpoint_cache, endpoints, enqueue, known_ids, records, replay, runs, schedule,
};

pub use file::restore::PreparedRestore;

/// The first SQLite version without the WAL-reset corruption, as `sqlite3_libversion_number` counts.
const OLDEST_SAFE_SQLITE: i32 = 3_051_003;
/// Read connections kept for the next reader.
const IDLE_READERS: usize = 4;

/// A queue that is kept in one SQLite file.
#[derive(Debug)]
pub(super) struct Sqlite {
    readers: Arc<Readers>,
    writer: Arc<Writer>,
    run_locks: Arc<RunLocks>,
    ids: Arc<IdSource>,
}

/// A pool of read-only connections to the file, so that reads never wait for the one that writes.
#[derive(Debug)]
struct Readers {
    path: PathBuf,
    identity: FileIdentity,
    mode: OpenMode,
    idle: Mutex<Vec<Connection>>,
}

impl Sqlite {
    pub(super) fn open(path: &Path, access: Access) -> Result<Self> {
        if rusqlite::version_number() < OLDEST_SAFE_SQLITE {
            return Err(StoreError::TooOld(format!(
                "SQLite {} can corrupt a database that two processes use; 3.51.3 is the first safe version",
                rusqlite::version()
            )));
        }
        connection::prepare_file(path, access)?;
        let path = path.canonicalize().map_err(|e| error::io(&e))?;
        let (connection, mode) = open_mode::open(&path, access)?;
        let identity = FileIdentity::of(&path)?;
        Ok(Self {
            writer: Arc::new(Writer::start(connection, access, identity.clone(), backup::beside(&path, "-wal"))?),
            run_locks: Arc::new(RunLocks::beside(&path)),
            ids: Arc::new(IdSource::new()),
            readers: Arc::new(Readers { path, identity, mode, idle: Mutex::default() }),
        })
    }

    /// Runs `work` in one read transaction on a connection of its own.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static) -> PendingResult<T> {
        let readers = Arc::clone(&self.readers);
        PendingResult::deferred(move || readers.read(work))
    }

    fn wal_path(&self) -> PathBuf {
        backup::beside(&self.readers.path, "-wal")
    }
}

impl Readers {
    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        self.identity.check()?;
        let idle = self.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.mode.connect(&self.path)?,
        };
        let done = snapshot(&connection, work).map_err(StoreError::from);
        self.mode.check(&self.path)?;
        let mut idle = self.lock();
        if done.is_ok() && idle.len() < IDLE_READERS {
            idle.push(connection);
        }
        done
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`holder`](super::holder).
pub(super) fn holder(database: &Path) -> Option<LockHolder> {
    holder::holder(database)
}

/// See [`write_obstacle`](super::write_obstacle).
pub(super) fn write_obstacle(path: &Path) -> Option<WriteObstacle> {
    disk::write_obstacle(path)
}

/// See [`volume`](super::volume).
pub(super) fn volume(path: &Path) -> Volume {
    disk::volume(path)
}

/// See [`candidate`](super::candidate).
pub(super) fn prepare_restore(from: &Path, database: &Path) -> Result<PreparedRestore> {
    restore::prepare_restore(from, database)
}

/// The version of the SQLite that is linked.
pub(super) fn version() -> &'static str {
    rusqlite::version()
}

fn snapshot<T>(connection: &Connection, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let done = work(connection);
    connection.prepare_cached("ROLLBACK")?.execute([])?;
    done
}

impl Store for Sqlite {
    fn set_endpoints(&self, specs: Vec<ConfiguredEndpoint>, now: Timestamp) -> PendingResult<StoredEndpoints> {
        self.writer.submit(move |txn| endpoints::set(txn, &specs, now))
    }

    fn pause(&self, name: &str, now: Timestamp) -> PendingResult<Endpoint> {
        let name = name.to_owned();
        self.writer.submit(move |txn| endpoints::pause(txn, &name, now))
    }

    fn resume(&self, name: &str, now: Timestamp) -> PendingResult<Endpoint> {
        let name = name.to_owned();
        self.writer.submit(move |txn| endpoints::resume(txn, &name, now))
    }

    fn enqueue(&self, drafts: Drafts, skip_conflicts: bool, now: Timestamp) -> PendingResult<EnqueueResult> {
        let ids = Arc::clone(&self.ids);
        self.writer.submit(move |txn| enqueue::enqueue(txn, drafts, skip_conflicts, &ids, now))
    }

    fn queue_scheduled(&self, now: Timestamp) -> PendingResult<u64> {
        let (readers, writer) = (Arc::clone(&self.readers), Arc::clone(&self.writer));
        // Most of the time nothing is due: looking takes no lock.
        PendingResult::deferred(move || match readers.read(|connection| schedule::is_due(connection, now))? {
            true => writer.submit(move |txn| schedule::queue_due(txn, now)).wait(),
            false => Ok(0),
        })
    }

    fn cancel(&self, event: &EventId, now: Timestamp) -> PendingResult<Cancellation> {
        let event = event.clone();
        self.writer.submit(move |txn| Ok(schedule::cancel(txn.connection, &event, now)?))
    }

    fn begin_run(&self, command: &str, now: Timestamp) -> PendingResult<Run> {
        let (locks, writer, command) = (Arc::clone(&self.run_locks), Arc::clone(&self.writer), command.to_owned());
        PendingResult::deferred(move || {
            let lock = locks.lock_new()?;
            let token = lock.token().to_owned();
            let id = writer.submit(move |txn| runs::begin(txn, &token, &command, now)).wait()?;
            Ok(Run { id, _lock: Box::new(lock) })
        })
    }

    fn end_run(&self, run: &Run, stats: RunStats, exit: i64, now: Timestamp) -> PendingResult<()> {
        let run = run.id;
        self.writer.submit(move |txn| runs::end(txn, run, stats, Some(exit), now))
    }

    fn advance(
        &self,
        run: RunId,
        finished: Arc<Vec<FinishedAttempt>>,
        wants: ClaimRequest,
        now: Timestamp,
    ) -> PendingResult<AdvanceResult> {
        self.writer.submit_repeatable(move |txn| advance::advance(txn, run, &finished, &wants, now))
    }

    fn release(&self, run: RunId, claims: Vec<Claim>, now: Timestamp) -> PendingResult<()> {
        self.writer.submit(move |txn| advance::release(txn, run, &claims, now))
    }

    fn still_wanted(&self, run: RunId, claims: &[&Claim], now: Timestamp) -> PendingResult<Vec<bool>> {
        let attempts: Vec<_> = claims.iter().map(|claim| (claim.delivery, claim.number)).collect();
        self.read(move |connection| advance::still_wanted(connection, run, &attempts, now))
    }

    fn reap(&self, now: Timestamp) -> PendingResult<u64> {
        let (readers, locks, writer) =
            (Arc::clone(&self.readers), Arc::clone(&self.run_locks), Arc::clone(&self.writer));
        PendingResult::deferred(move || {
            let open = readers.read(read_runs::open_runs)?;
            let mut touched = 0;
            for (run, token) in &open {
                // The lock is kept until the row says that the run is over.
                if let Some(_dead) = locks.take_over(token)? {
                    let run = *run;
                    touched += writer.submit(move |txn| runs::reap(txn, run, now)).wait()?;
                }
            }
            locks.sweep(open.iter().map(|(_, token)| token.as_str()));
            Ok(touched)
        })
    }

    fn preview_due(&self, specs: &[ConfiguredEndpoint], now: Timestamp) -> PendingResult<Listed<DeliveryRow>> {
        let (locks, specs) = (Arc::clone(&self.run_locks), specs.to_vec());
        self.read(move |connection| {
            let open = read_runs::open_runs(connection)?;
            let dead: Vec<RunId> =
                open.into_iter().filter(|(_, token)| locks.is_dead(token)).map(|(run, _)| run).collect();
            preview::preview_due(connection, &specs, &dead, now)
        })
    }

    fn idle_info(&self, run: RunId, now: Timestamp) -> PendingResult<IdleInfo> {
        self.read(move |connection| figures::idle_info(connection, run, now))
    }

    fn replay(&self, ids: Vec<DeliveryId>, how: Replay, now: Timestamp) -> PendingResult<ChangedDeliveries> {
        self.writer.submit(move |txn| replay::replay(txn, &ids, how, now))
    }

    fn create_missing_deliveries(
        &self,
        events: Vec<EventId>,
        trigger: Trigger,
        only: Option<String>,
        now: Timestamp,
    ) -> PendingResult<Vec<DeliveryId>> {
        self.writer.submit(move |txn| enqueue::create_missing_deliveries(txn, &events, trigger, only.as_deref(), now))
    }

    fn give_up(&self, ids: Vec<DeliveryId>, now: Timestamp) -> PendingResult<ChangedDeliveries> {
        self.writer.submit(move |txn| replay::give_up(txn, &ids, now))
    }

    fn endpoints(&self) -> PendingResult<Vec<Endpoint>> {
        self.read(move |connection| Ok(endpoint_cache::load(connection)?.into_iter().map(|row| row.endpoint).collect()))
    }

    fn figures(&self, now: Timestamp) -> PendingResult<QueueFigures> {
        self.read(move |connection| figures::figures(connection, now))
    }

    fn rates(&self, since: Timestamp) -> PendingResult<Vec<AttemptTotals>> {
        self.read(move |connection| figures::rates(connection, since))
    }

    fn activity(&self, since: Timestamp) -> PendingResult<Activity> {
        self.read(move |connection| figures::activity(connection, since))
    }

    fn arrivals(&self, since: Timestamp) -> PendingResult<Vec<Arrivals>> {
        self.read(move |connection| figures::arrivals(connection, since))
    }

    fn last_seen(&self, types: &TypePattern, since: Timestamp) -> PendingResult<Option<Timestamp>> {
        let types = types.clone();
        self.read(move |connection| figures::last_seen(connection, &types, since))
    }

    fn deliveries(&self, filter: &DeliveryFilter, page: Page) -> PendingResult<Listed<DeliveryRow>> {
        let filter = filter.clone();
        self.read(move |connection| deliveries::deliveries(connection, &filter, page))
    }

    fn page_of_deliveries(&self, filter: &DeliveryFilter, page: Page) -> PendingResult<Vec<DeliveryRow>> {
        let filter = filter.clone();
        self.read(move |connection| deliveries::page_of_deliveries(connection, &filter, page))
    }

    fn count_deliveries(&self, filter: &DeliveryFilter) -> PendingResult<u64> {
        let filter = filter.clone();
        self.read(move |connection| deliveries::count_deliveries(connection, &filter))
    }

    fn page_of_events(&self, filter: &EventFilter, page: Page) -> PendingResult<Vec<EventRow>> {
        let filter = filter.clone();
        self.read(move |connection| events::page_of_events(connection, &filter, page))
    }

    fn events(&self, filter: &EventFilter, page: Page) -> PendingResult<Listed<EventRow>> {
        let filter = filter.clone();
        self.read(move |connection| events::events(connection, &filter, page))
    }

    fn events_with_bodies(&self, filter: &EventFilter, page: Page) -> PendingResult<Vec<(EventRow, Vec<u8>)>> {
        let filter = filter.clone();
        self.read(move |connection| events::events_with_bodies(connection, &filter, page))
    }

    fn event(&self, id: &EventId) -> PendingResult<Option<EventDetail>> {
        let id = id.clone();
        self.read(move |connection| event_detail::event(connection, event_detail::EventLookup::Id(id.as_str())))
    }

    fn event_by_seq(&self, seq: i64) -> PendingResult<Option<EventDetail>> {
        self.read(move |connection| event_detail::event(connection, event_detail::EventLookup::Seq(seq)))
    }

    fn attempts(&self, filter: &AttemptFilter, page: Page) -> PendingResult<Listed<LoggedAttempt>> {
        let filter = filter.clone();
        self.read(move |connection| attempts::logged(connection, &filter, page))
    }

    fn page_of_attempts(&self, filter: &AttemptFilter, page: Page) -> PendingResult<Vec<LoggedAttempt>> {
        let filter = filter.clone();
        self.read(move |connection| attempts::page_of_logged(connection, &filter, page))
    }

    fn acknowledge(&self, cluster: Acknowledgement) -> PendingResult<()> {
        self.writer.submit(move |txn| Ok(acknowledge::acknowledge(txn.connection, &cluster)?))
    }

    fn withdraw_acknowledgement(&self, cluster: &str) -> PendingResult<bool> {
        let cluster = cluster.to_owned();
        self.writer.submit(move |txn| Ok(acknowledge::withdraw(txn.connection, &cluster)?))
    }

    fn acknowledgements(&self) -> PendingResult<Vec<Acknowledgement>> {
        self.read(acknowledge::all)
    }

    fn overtaken(&self, ids: Vec<DeliveryId>) -> PendingResult<Vec<DeliveryId>> {
        self.read(move |connection| deliveries::overtaken(connection, ids))
    }

    fn runs(&self, limit: u64) -> PendingResult<Vec<RunRow>> {
        self.read(move |connection| read_runs::runs(connection, limit))
    }

    fn database(&self) -> PendingResult<DatabaseInfo> {
        let (path, wal) = (self.readers.path.clone(), self.wal_path());
        self.read(move |connection| integrity::info(connection, &path, &wal))
    }

    fn file(&self) -> Option<&dyn FileStore> {
        Some(self)
    }

    fn try_exclusive(&self, name: &str) -> PendingResult<Option<NamedLock>> {
        let lock = backup::beside(&self.readers.path, &format!("-{name}.lock"));
        PendingResult::deferred(move || {
            let locked = run_locks::lock_file(&lock).map_err(|e| error::io(&e))?;
            Ok(locked.map(|file| NamedLock { _lock: Box::new(file) }))
        })
    }

    fn changes(&self) -> ChangeListener {
        watch::watch(&self.wal_path())
    }

    fn open_runs(&self) -> PendingResult<OpenRuns> {
        let locks = Arc::clone(&self.run_locks);
        self.read(move |connection| {
            let open = read_runs::open_runs(connection)?;
            let dead = open.iter().filter(|(_, token)| locks.is_dead(token)).count() as u64;
            Ok(OpenRuns { alive: open.len() as u64 - dead, dead })
        })
    }

    fn verify(&self) -> PendingResult<Vec<String>> {
        self.read(integrity::verify)
    }

    fn prune(&self, what: PruneFilter) -> PendingResult<PruneResult> {
        self.writer.submit(move |txn| prune::prune(txn, &what))
    }

    fn prune_log(
        &self,
        log: PrunableLog,
        before: Timestamp,
        after: i64,
        now: Timestamp,
    ) -> PendingResult<LogPruneResult> {
        self.writer.submit(move |txn| Ok(prune::prune_log(txn.connection, log, before, after, now)?))
    }

    fn count_prunable(&self, log: PrunableLog, before: Timestamp, now: Timestamp) -> PendingResult<u64> {
        self.read(move |connection| prune::count_prunable(connection, log, before, now))
    }
}

impl FileStore for Sqlite {
    fn storage(&self) -> Storage {
        disk::storage(&self.readers.path, &self.wal_path())
    }

    fn backup(&self, to: &Path, replace: bool) -> PendingResult<BackupReport> {
        let (readers, to) = (Arc::clone(&self.readers), to.to_owned());
        PendingResult::deferred(move || backup::backup(&readers.path, readers.mode, &to, replace))
    }

    fn check_structure(&self) -> PendingResult<Vec<String>> {
        self.read(integrity::structure)
    }
}

impl Records for Sqlite {
    fn apply(&self, incoming: VerifiedWebhook, now: Timestamp) -> PendingResult<ApplyResult> {
        self.writer.submit_repeatable(move |txn| apply::apply(txn, &incoming, now))
    }

    fn has_arrived(&self, id: &EventId, now: Timestamp) -> PendingResult<bool> {
        let id = id.clone();
        self.read(move |connection| Ok(known_ids::arrived(connection, &id, now)?.is_some()))
    }

    fn refuse(&self, refused: Vec<RefusedWebhook>, now: Timestamp) -> PendingResult<()> {
        self.writer.submit(move |txn| Ok(apply::refuse(txn.connection, &refused, now)?))
    }

    fn edit(&self, edit: RecordEdit, now: Timestamp) -> PendingResult<EditResult> {
        let ids = Arc::clone(&self.ids);
        self.writer.submit(move |txn| edit::edit(txn, &edit, &ids, now))
    }

    fn import(&self, records: Vec<(RecordKind, String, Record)>) -> PendingResult<u64> {
        self.writer.submit(move |txn| Ok(records::import(txn.connection, records)?))
    }

    fn record(&self, kind: RecordKind, id: &str) -> PendingResult<Option<RecordRow>> {
        let id = id.to_owned();
        self.read(move |connection| read_records::find(connection, kind, &id))
    }

    fn records(&self, filter: &RecordFilter, page: Page) -> PendingResult<Listed<RecordRow>> {
        let filter = filter.clone();
        self.read(move |connection| read_records::list(connection, &filter, page))
    }

    fn records_after(&self, after: i64, limit: u64) -> PendingResult<Vec<(i64, RecordRow)>> {
        self.read(move |connection| read_records::after(connection, after, limit))
    }

    fn record_summaries(&self) -> PendingResult<Vec<RecordSummary>> {
        self.read(read_records::record_summaries)
    }

    fn senders(&self, now: Timestamp) -> PendingResult<Vec<SenderRow>> {
        self.read(move |connection| received::senders(connection, now))
    }

    fn received(&self, filter: &ReceivedFilter, page: Page) -> PendingResult<Listed<ReceivedRow>> {
        let filter = filter.clone();
        self.read(move |connection| received::list(connection, &filter, page))
    }

    fn received_figures(&self, since: Timestamp) -> PendingResult<ReceivedFigures> {
        self.read(move |connection| requests::figures(connection, since))
    }

    fn kept_requests(&self, past: Option<i64>, page: Page) -> PendingResult<Listed<KeptRequest>> {
        self.read(move |connection| requests::list(connection, past, page))
    }

    fn kept_request(&self, id: i64) -> PendingResult<Option<(KeptRequest, RequestCopy)>> {
        self.read(move |connection| requests::find(connection, id))
    }

    fn settle_request(&self, id: i64, result: String, now: Timestamp) -> PendingResult<()> {
        self.writer.submit_repeatable(move |txn| Ok(requests::settle(txn.connection, id, &result, now)?))
    }

    fn latest_received(&self, refused: bool, limit: u32) -> PendingResult<Vec<ReceivedRow>> {
        self.read(move |connection| received::latest(connection, refused, limit))
    }
}

impl Operators for Sqlite {
    fn count_wrong_secrets(&self, guesses: Vec<WrongSecretCount>, now: Timestamp) -> PendingResult<Vec<u64>> {
        self.writer.submit_repeatable(move |txn| Ok(operators::count_wrong_secrets(txn.connection, &guesses, now)?))
    }

    fn begin_session(&self, session: NewSession, now: Timestamp) -> PendingResult<()> {
        self.writer.submit_repeatable(move |txn| Ok(operators::begin_session(txn.connection, &session, now)?))
    }

    fn session(&self, name: [u8; 32], now: Timestamp) -> PendingResult<Option<SessionRow>> {
        self.read(move |connection| operators::session(connection, name, now))
    }

    fn sessions(&self, now: Timestamp) -> PendingResult<Vec<SessionRow>> {
        self.read(move |connection| operators::sessions(connection, now))
    }

    fn end_session(&self, id: i64) -> PendingResult<bool> {
        self.writer.submit_repeatable(move |txn| Ok(operators::end_session(txn.connection, id)?))
    }

    fn record_action(&self, action: NewAction, now: Timestamp) -> PendingResult<i64> {
        self.writer.submit_repeatable(move |txn| Ok(operators::record_action(txn.connection, &action, now)?))
    }

    fn settle_action(&self, id: i64, outcome: String) -> PendingResult<()> {
        self.writer.submit_repeatable(move |txn| Ok(operators::settle_action(txn.connection, id, &outcome)?))
    }

    fn action(&self, id: i64) -> PendingResult<Option<ActionRow>> {
        self.read(move |connection| operators::action(connection, id))
    }

    fn actions(&self, filter: &ActionFilter, page: Page) -> PendingResult<Listed<ActionRow>> {
        let filter = filter.clone();
        self.read(move |connection| operators::actions(connection, &filter, page))
    }
}

impl Incidents for Sqlite {
    fn observe(
        &self,
        observation: Observation,
        sinks: Vec<SinkRule>,
        now: Timestamp,
    ) -> PendingResult<Vec<Notification>> {
        self.writer.submit_repeatable(move |txn| Ok(incidents::observe(txn.connection, &observation, &sinks, now)?))
    }

    fn settle_notifications(&self, settled: Vec<NotificationResult>, now: Timestamp) -> PendingResult<()> {
        self.writer.submit_repeatable(move |txn| Ok(incidents::settle(txn.connection, &settled, now)?))
    }

    fn incidents(&self, open: bool, page: Page) -> PendingResult<Listed<Incident>> {
        self.read(move |connection| incidents::list(connection, open, page))
    }

    fn failing_sinks(&self, now: Timestamp) -> PendingResult<Vec<FailingSink>> {
        self.read(move |connection| incidents::failing_sinks(connection, now))
    }
}

impl Transfer for Sqlite {
    fn copied_tables(&self) -> PendingResult<Vec<CopiedTable>> {
        self.read(transfer::tables)
    }

    fn read_rows(&self, table: CopiedTable, after: Option<Values>, limit: u32) -> PendingResult<Vec<Values>> {
        self.read(move |connection| transfer::read(connection, &table, after.as_ref(), limit))
    }

    fn last_key(&self, table: CopiedTable) -> PendingResult<Option<Values>> {
        self.read(move |connection| transfer::last_key(connection, &table))
    }

    fn last_numbers(&self) -> PendingResult<Vec<(String, i64)>> {
        self.read(transfer::last_numbers)
    }

    fn begin_filling(&self) -> PendingResult<()> {
        self.writer.submit(|txn| transfer::begin_filling(txn))
    }

    fn write_rows(&self, table: CopiedTable, rows: Vec<Values>) -> PendingResult<()> {
        self.writer.submit(move |txn| transfer::write(txn, &table, &rows))
    }

    fn finish_filling(&self, last_numbers: Vec<(String, i64)>) -> PendingResult<()> {
        self.writer.submit(move |txn| transfer::finish_filling(txn, &last_numbers))
    }
}
