//! The store's contract in PostgreSQL's words.
//!
//! One thread owns all connections of a store (`client`). What a worker does is one transaction whose statements are sent at
//! once (`advance`, `claim`); who is alive is proven by a session's lock and by beats (`runs`). What is under way stands in small
//! tables beside the deliveries, so that finishing one writes no index.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use tokio::sync::watch;

use super::inbound::{
    ApplyResult, EditResult, KeptRequest, ReceivedFigures, ReceivedFilter, ReceivedRow, RecordEdit, RecordFilter,
    RecordRow, RecordSummary, Records, RefusedWebhook, RequestCopy, SenderRow, VerifiedWebhook,
};
use super::incidents::{FailingSink, Incident, Incidents, Notification, NotificationResult, Observation, SinkRule};
use super::operators::{ActionFilter, ActionRow, NewAction, NewSession, Operators, SessionRow, WrongSecretCount};
use super::transfer::{CopiedTable, Transfer, Values};
use super::{
    Access, Acknowledgement, Activity, AdvanceResult, Arrivals, AttemptDuration, AttemptFilter, AttemptTotals,
    Cancellation, ChangeListener, ChangedDeliveries, Claim, ClaimRequest, DatabaseInfo, DeliveryCounts, DeliveryFilter,
    DeliveryId, DeliveryRow, Drafts, DroppedEndpoint, EnqueueResult, EventDetail, EventFilter, EventRow, FileStore,
    FinishedAttempt, IdleInfo, LATENCIES, Listed, Location, LogPruneResult, LoggedAttempt, NamedLock, OpenRuns, Page,
    PendingResult, PostgresLocation, PrunableLog, PruneFilter, PruneResult, QueueFigures, Replay, Result, Run, RunId,
    RunRow, RunStats, Schedule, Store, StoreError, StoredEndpoints, db_codes, rules,
};
use crate::clock::Timestamp;
use crate::delivery::Trigger;
use crate::endpoint::{ConfiguredEndpoint, Endpoint, TypePattern};
use crate::event::{Draft, EventId};
use crate::record::{Record, RecordKind};

mod acknowledge;
mod advance;
mod announce;
mod attempts;
mod checksum;
mod claim;
mod client;
mod coalesce;
mod connection;
mod control;
mod deliveries;
mod edit;
mod endpoint_rows;
mod endpoints;
mod enqueue;
mod error;
mod event_detail;
mod events;
mod exclusive;
mod figures;
mod inbound;
mod incidents;
mod integrity;
mod known_ids;
mod lanes;
mod migrate;
mod missing_deliveries;
mod new_events;
mod numbered_draft;
mod operators;
mod preview;
mod prune;
mod record_rows;
mod records;
mod replay;
mod requests;
mod row;
mod run_state;
mod runs;
mod schedule;
mod schedule_rows;
mod search;
mod settings;
mod shared_transaction;
mod thread;
mod tls;
mod transfer;
mod where_clause;

use client::Client;
use connection::{Connection, args};
use settings::{ConnectionSettings, SessionMode};
use thread::{DatabaseThread, NamedLockGuard, RunGuard};

/// A queue that is kept in a schema of a PostgreSQL database.
#[derive(Debug)]
pub(super) struct Postgres {
    thread: Arc<DatabaseThread>,
    location: Location,
    poll: Duration,
    announced: watch::Receiver<u64>,
}

/// How often what is new is looked for although nothing announced it; through a pooler nothing ever does.
const SLOW_POLL: Duration = Duration::from_secs(1);
const POOLER_POLL: Duration = Duration::from_millis(100);

impl Postgres {
    pub(super) fn open(location: &PostgresLocation, access: Access) -> Result<Self> {
        let settings = ConnectionSettings::parse(location.with_password()).map_err(StoreError::Configuration)?;
        let poll = if settings.mode == SessionMode::Direct { SLOW_POLL } else { POOLER_POLL };
        let (announce, announced) = watch::channel(0);
        let thread = Arc::new(DatabaseThread::start(settings, access, announce)?);
        Ok(Self { thread, location: Location::Postgres(location.clone()), announced, poll })
    }
}

/// Reads what a batch brings to its end, so that a transaction can be tried again.
fn collect(drafts: Drafts) -> Result<Vec<Draft>> {
    let read = std::panic::AssertUnwindSafe(|| drafts.collect());
    std::panic::catch_unwind(read).unwrap_or_else(|_| Err(StoreError::Statement("a write panicked".to_owned())))
}

impl Store for Postgres {
    fn set_endpoints(&self, specs: Vec<ConfiguredEndpoint>, now: Timestamp) -> PendingResult<StoredEndpoints> {
        self.thread.submit(async move |client: Rc<Client>| endpoints::set(&client, specs, now).await)
    }

    fn pause(&self, name: &str, now: Timestamp) -> PendingResult<Endpoint> {
        let name = name.to_owned();
        self.thread.submit(async move |client: Rc<Client>| endpoints::pause(&client, name, now).await)
    }

    fn resume(&self, name: &str, now: Timestamp) -> PendingResult<Endpoint> {
        let name = name.to_owned();
        self.thread.submit(async move |client: Rc<Client>| endpoints::resume(&client, name, now).await)
    }

    fn enqueue(&self, drafts: Drafts, skip_conflicts: bool, now: Timestamp) -> PendingResult<EnqueueResult> {
        let drafts = collect(drafts);
        self.thread
            .submit(async move |client: Rc<Client>| enqueue::enqueue(&client, drafts?, skip_conflicts, now).await)
    }

    fn queue_scheduled(&self, now: Timestamp) -> PendingResult<u64> {
        self.thread.submit(async move |client: Rc<Client>| schedule::queue_due(&client, now).await)
    }

    fn cancel(&self, event: &EventId, now: Timestamp) -> PendingResult<Cancellation> {
        let event = event.clone();
        self.thread.submit(async move |client: Rc<Client>| schedule::cancel(&client, event, now).await)
    }

    fn begin_run(&self, command: &str, now: Timestamp) -> PendingResult<Run> {
        let command = command.to_owned();
        // The run's lock is held by the thread, which stays for as long as the run.
        let thread = Arc::clone(&self.thread);
        self.thread.submit(async move |client: Rc<Client>| {
            let id = runs::begin(client, command, now).await?;
            Ok(Run { id, _lock: Box::new(RunGuard::new(id, thread)) })
        })
    }

    fn end_run(&self, run: &Run, stats: RunStats, exit: i64, now: Timestamp) -> PendingResult<()> {
        let run = run.id;
        self.thread.submit(async move |client: Rc<Client>| runs::end(&client, run, stats, exit, now).await)
    }

    fn advance(
        &self,
        run: RunId,
        finished: Arc<Vec<FinishedAttempt>>,
        wants: ClaimRequest,
        now: Timestamp,
    ) -> PendingResult<AdvanceResult> {
        self.thread.submit(async move |client: Rc<Client>| advance::advance(&client, run, &finished, &wants, now).await)
    }

    fn release(&self, run: RunId, claims: Vec<Claim>, now: Timestamp) -> PendingResult<()> {
        self.thread.submit(async move |client: Rc<Client>| advance::release(&client, run, claims, now).await)
    }

    fn still_wanted(&self, run: RunId, claims: &[&Claim], now: Timestamp) -> PendingResult<Vec<bool>> {
        let claims: Vec<_> = claims.iter().map(|claim| (claim.delivery, claim.endpoint, claim.number)).collect();
        self.thread.submit(async move |client: Rc<Client>| advance::still_wanted(&client, run, claims, now).await)
    }

    fn reap(&self, now: Timestamp) -> PendingResult<u64> {
        self.thread.submit(async move |client: Rc<Client>| runs::reap(&client, now).await)
    }

    fn preview_due(&self, specs: &[ConfiguredEndpoint], now: Timestamp) -> PendingResult<Listed<DeliveryRow>> {
        let specs = specs.to_vec();
        self.thread.submit(async move |client: Rc<Client>| preview::preview_due(&client, specs, now).await)
    }

    fn idle_info(&self, run: RunId, now: Timestamp) -> PendingResult<IdleInfo> {
        self.thread.submit(async move |client: Rc<Client>| figures::idle_info(&client, run, now).await)
    }

    fn replay(&self, ids: Vec<DeliveryId>, how: Replay, now: Timestamp) -> PendingResult<ChangedDeliveries> {
        self.thread.submit(async move |client: Rc<Client>| replay::replay(&client, ids, how, now).await)
    }

    fn create_missing_deliveries(
        &self,
        events: Vec<EventId>,
        trigger: Trigger,
        only: Option<String>,
        now: Timestamp,
    ) -> PendingResult<Vec<DeliveryId>> {
        self.thread.submit(async move |client: Rc<Client>| {
            missing_deliveries::create_missing_deliveries(&client, events, trigger, only, now).await
        })
    }

    fn give_up(&self, ids: Vec<DeliveryId>, now: Timestamp) -> PendingResult<ChangedDeliveries> {
        self.thread.submit(async move |client: Rc<Client>| replay::give_up(&client, ids, now).await)
    }

    fn endpoints(&self) -> PendingResult<Vec<Endpoint>> {
        self.thread.submit(async |client: Rc<Client>| {
            let rows = client.read(async |connection: &Connection| endpoint_rows::load(connection).await).await?;
            Ok(rows.into_iter().map(|row| row.endpoint).collect())
        })
    }

    fn figures(&self, now: Timestamp) -> PendingResult<QueueFigures> {
        self.thread.submit(async move |client: Rc<Client>| figures::figures(&client, now).await)
    }

    fn rates(&self, since: Timestamp) -> PendingResult<Vec<AttemptTotals>> {
        self.thread.submit(async move |client: Rc<Client>| figures::rates(&client, since).await)
    }

    fn activity(&self, since: Timestamp) -> PendingResult<Activity> {
        self.thread.submit(async move |client: Rc<Client>| figures::activity(&client, since).await)
    }

    fn arrivals(&self, since: Timestamp) -> PendingResult<Vec<Arrivals>> {
        self.thread.submit(async move |client: Rc<Client>| figures::arrivals(&client, since).await)
    }

    fn last_seen(&self, types: &TypePattern, since: Timestamp) -> PendingResult<Option<Timestamp>> {
        let types = types.clone();
        self.thread.submit(async move |client: Rc<Client>| figures::last_seen(&client, &types, since).await)
    }

    fn deliveries(&self, filter: &DeliveryFilter, page: Page) -> PendingResult<Listed<DeliveryRow>> {
        let filter = filter.clone();
        self.thread.submit(async move |client: Rc<Client>| deliveries::deliveries(&client, filter, page).await)
    }

    fn page_of_deliveries(&self, filter: &DeliveryFilter, page: Page) -> PendingResult<Vec<DeliveryRow>> {
        let filter = filter.clone();
        self.thread.submit(async move |client: Rc<Client>| deliveries::page_of_deliveries(&client, filter, page).await)
    }

    fn count_deliveries(&self, filter: &DeliveryFilter) -> PendingResult<u64> {
        let filter = filter.clone();
        self.thread.submit(async move |client: Rc<Client>| deliveries::count_deliveries(&client, filter).await)
    }

    fn page_of_events(&self, filter: &EventFilter, page: Page) -> PendingResult<Vec<EventRow>> {
        let filter = filter.clone();
        self.thread.submit(async move |client: Rc<Client>| events::page_of_events(&client, filter, page).await)
    }

    fn events(&self, filter: &EventFilter, page: Page) -> PendingResult<Listed<EventRow>> {
        let filter = filter.clone();
        self.thread.submit(async move |client: Rc<Client>| events::events(&client, filter, page).await)
    }

    fn events_with_bodies(&self, filter: &EventFilter, page: Page) -> PendingResult<Vec<(EventRow, Vec<u8>)>> {
        let filter = filter.clone();
        self.thread.submit(async move |client: Rc<Client>| events::events_with_bodies(&client, filter, page).await)
    }

    fn event(&self, id: &EventId) -> PendingResult<Option<EventDetail>> {
        let id = id.as_str().to_owned();
        self.thread.submit(async move |client: Rc<Client>| event_detail::event(&client, "e.id = $1", args![id]).await)
    }

    fn event_by_seq(&self, seq: i64) -> PendingResult<Option<EventDetail>> {
        self.thread.submit(async move |client: Rc<Client>| event_detail::event(&client, "e.seq = $1", args![seq]).await)
    }

    fn attempts(&self, filter: &AttemptFilter, page: Page) -> PendingResult<Listed<LoggedAttempt>> {
        let filter = filter.clone();
        self.thread.submit(async move |client: Rc<Client>| attempts::logged(&client, filter, page).await)
    }

    fn page_of_attempts(&self, filter: &AttemptFilter, page: Page) -> PendingResult<Vec<LoggedAttempt>> {
        let filter = filter.clone();
        self.thread.submit(async move |client: Rc<Client>| attempts::page_of_logged(&client, &filter, page).await)
    }

    fn acknowledge(&self, cluster: Acknowledgement) -> PendingResult<()> {
        self.thread.submit(async move |client: Rc<Client>| acknowledge::acknowledge(&client, cluster).await)
    }

    fn withdraw_acknowledgement(&self, cluster: &str) -> PendingResult<bool> {
        let cluster = cluster.to_owned();
        self.thread.submit(async move |client: Rc<Client>| acknowledge::withdraw(&client, cluster).await)
    }

    fn acknowledgements(&self) -> PendingResult<Vec<Acknowledgement>> {
        self.thread.submit(async |client: Rc<Client>| acknowledge::all(&client).await)
    }

    fn overtaken(&self, ids: Vec<DeliveryId>) -> PendingResult<Vec<DeliveryId>> {
        self.thread.submit(async move |client: Rc<Client>| deliveries::overtaken(&client, ids).await)
    }

    fn runs(&self, limit: u64) -> PendingResult<Vec<RunRow>> {
        self.thread.submit(async move |client: Rc<Client>| runs::runs(&client, limit).await)
    }

    fn database(&self) -> PendingResult<DatabaseInfo> {
        let location = self.location.clone();
        self.thread.submit(async |client: Rc<Client>| integrity::info(&client, location).await)
    }

    fn file(&self) -> Option<&dyn FileStore> {
        None
    }

    fn try_exclusive(&self, name: &str) -> PendingResult<Option<NamedLock>> {
        let name = name.to_owned();
        let thread = Arc::clone(&self.thread);
        self.thread.submit(async move |client: Rc<Client>| {
            let taken = exclusive::take(&client, &name).await?;
            Ok(taken.then(|| NamedLock { _lock: Box::new(NamedLockGuard::new(name, thread)) }))
        })
    }

    fn changes(&self) -> ChangeListener {
        let poll = self.poll;
        ChangeListener::of(stream::unfold(self.announced.clone(), move |mut announced| async move {
            let changed = tokio::time::timeout(poll, announced.changed()).await;
            (!matches!(changed, Ok(Err(_)))).then_some(((), announced))
        }))
    }

    fn open_runs(&self) -> PendingResult<OpenRuns> {
        self.thread.submit(async |client: Rc<Client>| runs::lives(&client).await)
    }

    fn verify(&self) -> PendingResult<Vec<String>> {
        self.thread.submit(async |client: Rc<Client>| integrity::verify(&client).await)
    }

    fn prune(&self, what: PruneFilter) -> PendingResult<PruneResult> {
        self.thread.submit(async move |client: Rc<Client>| prune::prune(&client, what).await)
    }

    fn prune_log(
        &self,
        log: PrunableLog,
        before: Timestamp,
        after: i64,
        now: Timestamp,
    ) -> PendingResult<LogPruneResult> {
        self.thread.submit(async move |client: Rc<Client>| prune::prune_log(&client, log, before, after, now).await)
    }

    fn count_prunable(&self, log: PrunableLog, before: Timestamp, now: Timestamp) -> PendingResult<u64> {
        self.thread.submit(async move |client: Rc<Client>| prune::count_prunable(&client, log, before, now).await)
    }
}

impl Records for Postgres {
    fn apply(&self, incoming: VerifiedWebhook, now: Timestamp) -> PendingResult<ApplyResult> {
        self.thread.submit(async move |client: Rc<Client>| inbound::apply(&client, incoming, now).await)
    }

    fn has_arrived(&self, id: &EventId, now: Timestamp) -> PendingResult<bool> {
        let id = id.clone();
        self.thread.submit(async move |client: Rc<Client>| inbound::has_arrived(&client, id, now).await)
    }

    fn refuse(&self, refused: Vec<RefusedWebhook>, now: Timestamp) -> PendingResult<()> {
        self.thread.submit(async move |client: Rc<Client>| inbound::refuse(&client, refused, now).await)
    }

    fn edit(&self, edit: RecordEdit, now: Timestamp) -> PendingResult<EditResult> {
        self.thread.submit(async move |client: Rc<Client>| edit::edit(&client, edit, now).await)
    }

    fn import(&self, records: Vec<(RecordKind, String, Record)>) -> PendingResult<u64> {
        self.thread.submit(async move |client: Rc<Client>| records::import(&client, records).await)
    }

    fn record(&self, kind: RecordKind, id: &str) -> PendingResult<Option<RecordRow>> {
        let id = id.to_owned();
        self.thread.submit(async move |client: Rc<Client>| records::find(&client, kind, id).await)
    }

    fn records(&self, filter: &RecordFilter, page: Page) -> PendingResult<Listed<RecordRow>> {
        let filter = filter.clone();
        self.thread.submit(async move |client: Rc<Client>| records::list(&client, filter, page).await)
    }

    fn records_after(&self, after: i64, limit: u64) -> PendingResult<Vec<(i64, RecordRow)>> {
        self.thread.submit(async move |client: Rc<Client>| records::after(&client, after, limit).await)
    }

    fn record_summaries(&self) -> PendingResult<Vec<RecordSummary>> {
        self.thread.submit(async |client: Rc<Client>| records::summaries(&client).await)
    }

    fn senders(&self, now: Timestamp) -> PendingResult<Vec<SenderRow>> {
        self.thread.submit(async move |client: Rc<Client>| inbound::senders(&client, now).await)
    }

    fn received(&self, filter: &ReceivedFilter, page: Page) -> PendingResult<Listed<ReceivedRow>> {
        let filter = filter.clone();
        self.thread.submit(async move |client: Rc<Client>| inbound::list(&client, filter, page).await)
    }

    fn received_figures(&self, since: Timestamp) -> PendingResult<ReceivedFigures> {
        self.thread.submit(async move |client: Rc<Client>| requests::figures(&client, since).await)
    }

    fn kept_requests(&self, past: Option<i64>, page: Page) -> PendingResult<Listed<KeptRequest>> {
        self.thread.submit(async move |client: Rc<Client>| requests::list(&client, past, page).await)
    }

    fn kept_request(&self, id: i64) -> PendingResult<Option<(KeptRequest, RequestCopy)>> {
        self.thread.submit(async move |client: Rc<Client>| requests::find(&client, id).await)
    }

    fn settle_request(&self, id: i64, result: String, now: Timestamp) -> PendingResult<()> {
        self.thread.submit(async move |client: Rc<Client>| requests::settle(&client, id, result, now).await)
    }

    fn latest_received(&self, refused: bool, limit: u32) -> PendingResult<Vec<ReceivedRow>> {
        self.thread.submit(async move |client: Rc<Client>| inbound::latest(&client, refused, limit).await)
    }
}

impl Operators for Postgres {
    fn count_wrong_secrets(&self, guesses: Vec<WrongSecretCount>, now: Timestamp) -> PendingResult<Vec<u64>> {
        self.thread.submit(async move |client: Rc<Client>| operators::count_wrong_secrets(&client, guesses, now).await)
    }

    fn begin_session(&self, session: NewSession, now: Timestamp) -> PendingResult<()> {
        self.thread.submit(async move |client: Rc<Client>| operators::begin_session(&client, session, now).await)
    }

    fn session(&self, name: [u8; 32], now: Timestamp) -> PendingResult<Option<SessionRow>> {
        self.thread.submit(async move |client: Rc<Client>| operators::session(&client, name, now).await)
    }

    fn sessions(&self, now: Timestamp) -> PendingResult<Vec<SessionRow>> {
        self.thread.submit(async move |client: Rc<Client>| operators::sessions(&client, now).await)
    }

    fn end_session(&self, id: i64) -> PendingResult<bool> {
        self.thread.submit(async move |client: Rc<Client>| operators::end_session(&client, id).await)
    }

    fn record_action(&self, action: NewAction, now: Timestamp) -> PendingResult<i64> {
        self.thread.submit(async move |client: Rc<Client>| operators::record_action(&client, action, now).await)
    }

    fn settle_action(&self, id: i64, outcome: String) -> PendingResult<()> {
        self.thread.submit(async move |client: Rc<Client>| operators::settle_action(&client, id, outcome).await)
    }

    fn action(&self, id: i64) -> PendingResult<Option<ActionRow>> {
        self.thread.submit(async move |client: Rc<Client>| operators::action(&client, id).await)
    }

    fn actions(&self, filter: &ActionFilter, page: Page) -> PendingResult<Listed<ActionRow>> {
        let filter = filter.clone();
        self.thread.submit(async move |client: Rc<Client>| operators::actions(&client, filter, page).await)
    }
}

impl Incidents for Postgres {
    fn observe(
        &self,
        observation: Observation,
        sinks: Vec<SinkRule>,
        now: Timestamp,
    ) -> PendingResult<Vec<Notification>> {
        self.thread.submit(async move |client: Rc<Client>| incidents::observe(&client, observation, sinks, now).await)
    }

    fn settle_notifications(&self, settled: Vec<NotificationResult>, now: Timestamp) -> PendingResult<()> {
        self.thread.submit(async move |client: Rc<Client>| incidents::settle(&client, settled, now).await)
    }

    fn incidents(&self, open: bool, page: Page) -> PendingResult<Listed<Incident>> {
        self.thread.submit(async move |client: Rc<Client>| incidents::list(&client, open, page).await)
    }

    fn failing_sinks(&self, now: Timestamp) -> PendingResult<Vec<FailingSink>> {
        self.thread.submit(async move |client: Rc<Client>| incidents::failing_sinks(&client, now).await)
    }
}

impl Transfer for Postgres {
    fn copied_tables(&self) -> PendingResult<Vec<CopiedTable>> {
        self.thread.submit(async move |client: Rc<Client>| transfer::tables(&client).await)
    }

    fn read_rows(&self, table: CopiedTable, after: Option<Values>, limit: u32) -> PendingResult<Vec<Values>> {
        self.thread.submit(async move |client: Rc<Client>| transfer::read(&client, table, after, limit).await)
    }

    fn last_key(&self, table: CopiedTable) -> PendingResult<Option<Values>> {
        self.thread.submit(async move |client: Rc<Client>| transfer::last_key(&client, table).await)
    }

    fn last_numbers(&self) -> PendingResult<Vec<(String, i64)>> {
        self.thread.submit(async move |client: Rc<Client>| transfer::last_numbers(&client).await)
    }

    fn begin_filling(&self) -> PendingResult<()> {
        self.thread.submit(async move |client: Rc<Client>| transfer::begin_filling(&client).await)
    }

    fn write_rows(&self, table: CopiedTable, rows: Vec<Values>) -> PendingResult<()> {
        self.thread.submit(async move |client: Rc<Client>| transfer::write(&client, table, rows).await)
    }

    fn finish_filling(&self, last_numbers: Vec<(String, i64)>) -> PendingResult<()> {
        self.thread.submit(async move |client: Rc<Client>| transfer::finish_filling(&client, last_numbers).await)
    }
}
