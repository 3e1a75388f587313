//! The store's contract in PostgreSQL's words.
//!
//! One thread owns all connections of a store (`node`). What a worker does is one transaction whose statements are sent at
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
    Access, Acknowledgement, Activity, AdvanceResult, Answer, Arrivals, AttemptDuration, AttemptFilter, AttemptTotals,
    Cancellation, ChangeListener, ChangedDeliveries, Claim, ClaimRequest, DatabaseInfo, DeliveryCounts, DeliveryFilter,
    DeliveryId, DeliveryRow, Drafts, DroppedEndpoint, EnqueueResult, EventDetail, EventFilter, EventRow, FileStore,
    FinishedAttempt, IdleInfo, LATENCIES, Listed, Location, LogPruneResult, LoggedAttempt, NamedLock, OpenRuns, Page,
    PostgresLocation, PrunableLog, PruneFilter, PruneResult, QueueFigures, Replay, Result, Run, RunId, RunRow,
    RunStats, Schedule, Store, StoreError, StoredEndpoints, db_codes, rules,
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
mod node;
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
mod thread;
mod tls;
mod transfer;
mod where_clause;

use connection::{Connection, args};
use node::Node;
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
    fn set_endpoints(&self, specs: Vec<ConfiguredEndpoint>, now: Timestamp) -> Answer<StoredEndpoints> {
        self.thread.submit(async move |node: Rc<Node>| endpoints::set(&node, specs, now).await)
    }

    fn pause(&self, name: &str, now: Timestamp) -> Answer<Endpoint> {
        let name = name.to_owned();
        self.thread.submit(async move |node: Rc<Node>| endpoints::pause(&node, name, now).await)
    }

    fn resume(&self, name: &str, now: Timestamp) -> Answer<Endpoint> {
        let name = name.to_owned();
        self.thread.submit(async move |node: Rc<Node>| endpoints::resume(&node, name, now).await)
    }

    fn enqueue(&self, drafts: Drafts, skip_conflicts: bool, now: Timestamp) -> Answer<EnqueueResult> {
        let drafts = collect(drafts);
        self.thread.submit(async move |node: Rc<Node>| enqueue::enqueue(&node, drafts?, skip_conflicts, now).await)
    }

    fn queue_scheduled(&self, now: Timestamp) -> Answer<u64> {
        self.thread.submit(async move |node: Rc<Node>| schedule::queue_due(&node, now).await)
    }

    fn cancel(&self, event: &EventId, now: Timestamp) -> Answer<Cancellation> {
        let event = event.clone();
        self.thread.submit(async move |node: Rc<Node>| schedule::cancel(&node, event, now).await)
    }

    fn begin_run(&self, command: &str, now: Timestamp) -> Answer<Run> {
        let command = command.to_owned();
        // The run's lock is held by the thread, which stays for as long as the run.
        let thread = Arc::clone(&self.thread);
        self.thread.submit(async move |node: Rc<Node>| {
            let id = runs::begin(node, command, now).await?;
            Ok(Run { id, _lock: Box::new(RunGuard::new(id, thread)) })
        })
    }

    fn end_run(&self, run: &Run, stats: RunStats, exit: i64, now: Timestamp) -> Answer<()> {
        let run = run.id;
        self.thread.submit(async move |node: Rc<Node>| runs::end(&node, run, stats, exit, now).await)
    }

    fn advance(
        &self,
        run: RunId,
        finished: Arc<Vec<FinishedAttempt>>,
        wants: ClaimRequest,
        now: Timestamp,
    ) -> Answer<AdvanceResult> {
        self.thread.submit(async move |node: Rc<Node>| advance::advance(&node, run, &finished, &wants, now).await)
    }

    fn release(&self, run: RunId, claims: Vec<Claim>, now: Timestamp) -> Answer<()> {
        self.thread.submit(async move |node: Rc<Node>| advance::release(&node, run, claims, now).await)
    }

    fn still_wanted(&self, run: RunId, claims: &[&Claim], now: Timestamp) -> Answer<Vec<bool>> {
        let claims: Vec<_> = claims.iter().map(|claim| (claim.delivery, claim.endpoint, claim.number)).collect();
        self.thread.submit(async move |node: Rc<Node>| advance::still_wanted(&node, run, claims, now).await)
    }

    fn reap(&self, now: Timestamp) -> Answer<u64> {
        self.thread.submit(async move |node: Rc<Node>| runs::reap(&node, now).await)
    }

    fn preview_due(&self, specs: &[ConfiguredEndpoint], now: Timestamp) -> Answer<Listed<DeliveryRow>> {
        let specs = specs.to_vec();
        self.thread.submit(async move |node: Rc<Node>| preview::preview_due(&node, specs, now).await)
    }

    fn idle_info(&self, run: RunId, now: Timestamp) -> Answer<IdleInfo> {
        self.thread.submit(async move |node: Rc<Node>| figures::idle_info(&node, run, now).await)
    }

    fn replay(&self, ids: Vec<DeliveryId>, how: Replay, now: Timestamp) -> Answer<ChangedDeliveries> {
        self.thread.submit(async move |node: Rc<Node>| replay::replay(&node, ids, how, now).await)
    }

    fn create_missing_deliveries(
        &self,
        events: Vec<EventId>,
        trigger: Trigger,
        only: Option<String>,
        now: Timestamp,
    ) -> Answer<Vec<DeliveryId>> {
        self.thread.submit(async move |node: Rc<Node>| {
            missing_deliveries::create_missing_deliveries(&node, events, trigger, only, now).await
        })
    }

    fn give_up(&self, ids: Vec<DeliveryId>, now: Timestamp) -> Answer<ChangedDeliveries> {
        self.thread.submit(async move |node: Rc<Node>| replay::give_up(&node, ids, now).await)
    }

    fn endpoints(&self) -> Answer<Vec<Endpoint>> {
        self.thread.submit(async |node: Rc<Node>| {
            let rows = node.read(async |connection: &Connection| endpoint_rows::load(connection).await).await?;
            Ok(rows.into_iter().map(|row| row.endpoint).collect())
        })
    }

    fn figures(&self, now: Timestamp) -> Answer<QueueFigures> {
        self.thread.submit(async move |node: Rc<Node>| figures::figures(&node, now).await)
    }

    fn rates(&self, since: Timestamp) -> Answer<Vec<AttemptTotals>> {
        self.thread.submit(async move |node: Rc<Node>| figures::rates(&node, since).await)
    }

    fn activity(&self, since: Timestamp) -> Answer<Activity> {
        self.thread.submit(async move |node: Rc<Node>| figures::activity(&node, since).await)
    }

    fn arrivals(&self, since: Timestamp) -> Answer<Vec<Arrivals>> {
        self.thread.submit(async move |node: Rc<Node>| figures::arrivals(&node, since).await)
    }

    fn last_seen(&self, types: &TypePattern, since: Timestamp) -> Answer<Option<Timestamp>> {
        let types = types.clone();
        self.thread.submit(async move |node: Rc<Node>| figures::last_seen(&node, &types, since).await)
    }

    fn deliveries(&self, filter: &DeliveryFilter, page: Page) -> Answer<Listed<DeliveryRow>> {
        let filter = filter.clone();
        self.thread.submit(async move |node: Rc<Node>| deliveries::deliveries(&node, filter, page).await)
    }

    fn page_of_deliveries(&self, filter: &DeliveryFilter, page: Page) -> Answer<Vec<DeliveryRow>> {
        let filter = filter.clone();
        self.thread.submit(async move |node: Rc<Node>| deliveries::page_of_deliveries(&node, filter, page).await)
    }

    fn count_deliveries(&self, filter: &DeliveryFilter) -> Answer<u64> {
        let filter = filter.clone();
        self.thread.submit(async move |node: Rc<Node>| deliveries::count_deliveries(&node, filter).await)
    }

    fn page_of_events(&self, filter: &EventFilter, page: Page) -> Answer<Vec<EventRow>> {
        let filter = filter.clone();
        self.thread.submit(async move |node: Rc<Node>| events::page_of_events(&node, filter, page).await)
    }

    fn events(&self, filter: &EventFilter, page: Page) -> Answer<Listed<EventRow>> {
        let filter = filter.clone();
        self.thread.submit(async move |node: Rc<Node>| events::events(&node, filter, page).await)
    }

    fn events_with_bodies(&self, filter: &EventFilter, page: Page) -> Answer<Vec<(EventRow, Vec<u8>)>> {
        let filter = filter.clone();
        self.thread.submit(async move |node: Rc<Node>| events::events_with_bodies(&node, filter, page).await)
    }

    fn event(&self, id: &EventId) -> Answer<Option<EventDetail>> {
        let id = id.as_str().to_owned();
        self.thread.submit(async move |node: Rc<Node>| event_detail::event(&node, "e.id = $1", args![id]).await)
    }

    fn event_by_seq(&self, seq: i64) -> Answer<Option<EventDetail>> {
        self.thread.submit(async move |node: Rc<Node>| event_detail::event(&node, "e.seq = $1", args![seq]).await)
    }

    fn attempts(&self, filter: &AttemptFilter, page: Page) -> Answer<Listed<LoggedAttempt>> {
        let filter = filter.clone();
        self.thread.submit(async move |node: Rc<Node>| attempts::logged(&node, filter, page).await)
    }

    fn page_of_attempts(&self, filter: &AttemptFilter, page: Page) -> Answer<Vec<LoggedAttempt>> {
        let filter = filter.clone();
        self.thread.submit(async move |node: Rc<Node>| attempts::page_of_logged(&node, &filter, page).await)
    }

    fn acknowledge(&self, cluster: Acknowledgement) -> Answer<()> {
        self.thread.submit(async move |node: Rc<Node>| acknowledge::acknowledge(&node, cluster).await)
    }

    fn withdraw_acknowledgement(&self, cluster: &str) -> Answer<bool> {
        let cluster = cluster.to_owned();
        self.thread.submit(async move |node: Rc<Node>| acknowledge::withdraw(&node, cluster).await)
    }

    fn acknowledgements(&self) -> Answer<Vec<Acknowledgement>> {
        self.thread.submit(async |node: Rc<Node>| acknowledge::all(&node).await)
    }

    fn overtaken(&self, ids: Vec<DeliveryId>) -> Answer<Vec<DeliveryId>> {
        self.thread.submit(async move |node: Rc<Node>| deliveries::overtaken(&node, ids).await)
    }

    fn runs(&self, limit: u64) -> Answer<Vec<RunRow>> {
        self.thread.submit(async move |node: Rc<Node>| runs::runs(&node, limit).await)
    }

    fn database(&self) -> Answer<DatabaseInfo> {
        let location = self.location.clone();
        self.thread.submit(async |node: Rc<Node>| integrity::info(&node, location).await)
    }

    fn file(&self) -> Option<&dyn FileStore> {
        None
    }

    fn try_exclusive(&self, name: &str) -> Answer<Option<NamedLock>> {
        let name = name.to_owned();
        let thread = Arc::clone(&self.thread);
        self.thread.submit(async move |node: Rc<Node>| {
            let taken = exclusive::take(&node, &name).await?;
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

    fn open_runs(&self) -> Answer<OpenRuns> {
        self.thread.submit(async |node: Rc<Node>| runs::lives(&node).await)
    }

    fn verify(&self) -> Answer<Vec<String>> {
        self.thread.submit(async |node: Rc<Node>| integrity::verify(&node).await)
    }

    fn prune(&self, what: PruneFilter) -> Answer<PruneResult> {
        self.thread.submit(async move |node: Rc<Node>| prune::prune(&node, what).await)
    }

    fn prune_log(&self, log: PrunableLog, before: Timestamp, after: i64, now: Timestamp) -> Answer<LogPruneResult> {
        self.thread.submit(async move |node: Rc<Node>| prune::prune_log(&node, log, before, after, now).await)
    }

    fn count_prunable(&self, log: PrunableLog, before: Timestamp, now: Timestamp) -> Answer<u64> {
        self.thread.submit(async move |node: Rc<Node>| prune::count_prunable(&node, log, before, now).await)
    }
}

impl Records for Postgres {
    fn apply(&self, incoming: VerifiedWebhook, now: Timestamp) -> Answer<ApplyResult> {
        self.thread.submit(async move |node: Rc<Node>| inbound::apply(&node, incoming, now).await)
    }

    fn has_arrived(&self, id: &EventId, now: Timestamp) -> Answer<bool> {
        let id = id.clone();
        self.thread.submit(async move |node: Rc<Node>| inbound::has_arrived(&node, id, now).await)
    }

    fn refuse(&self, refused: Vec<RefusedWebhook>, now: Timestamp) -> Answer<()> {
        self.thread.submit(async move |node: Rc<Node>| inbound::refuse(&node, refused, now).await)
    }

    fn edit(&self, edit: RecordEdit, now: Timestamp) -> Answer<EditResult> {
        self.thread.submit(async move |node: Rc<Node>| edit::edit(&node, edit, now).await)
    }

    fn import(&self, records: Vec<(RecordKind, String, Record)>) -> Answer<u64> {
        self.thread.submit(async move |node: Rc<Node>| records::import(&node, records).await)
    }

    fn record(&self, kind: RecordKind, id: &str) -> Answer<Option<RecordRow>> {
        let id = id.to_owned();
        self.thread.submit(async move |node: Rc<Node>| records::find(&node, kind, id).await)
    }

    fn records(&self, filter: &RecordFilter, page: Page) -> Answer<Listed<RecordRow>> {
        let filter = filter.clone();
        self.thread.submit(async move |node: Rc<Node>| records::list(&node, filter, page).await)
    }

    fn records_after(&self, after: i64, limit: u64) -> Answer<Vec<(i64, RecordRow)>> {
        self.thread.submit(async move |node: Rc<Node>| records::after(&node, after, limit).await)
    }

    fn record_summaries(&self) -> Answer<Vec<RecordSummary>> {
        self.thread.submit(async |node: Rc<Node>| records::summaries(&node).await)
    }

    fn senders(&self, now: Timestamp) -> Answer<Vec<SenderRow>> {
        self.thread.submit(async move |node: Rc<Node>| inbound::senders(&node, now).await)
    }

    fn received(&self, filter: &ReceivedFilter, page: Page) -> Answer<Listed<ReceivedRow>> {
        let filter = filter.clone();
        self.thread.submit(async move |node: Rc<Node>| inbound::list(&node, filter, page).await)
    }

    fn received_figures(&self, since: Timestamp) -> Answer<ReceivedFigures> {
        self.thread.submit(async move |node: Rc<Node>| requests::figures(&node, since).await)
    }

    fn kept_requests(&self, past: Option<i64>, page: Page) -> Answer<Listed<KeptRequest>> {
        self.thread.submit(async move |node: Rc<Node>| requests::list(&node, past, page).await)
    }

    fn kept_request(&self, id: i64) -> Answer<Option<(KeptRequest, RequestCopy)>> {
        self.thread.submit(async move |node: Rc<Node>| requests::find(&node, id).await)
    }

    fn settle_request(&self, id: i64, result: String, now: Timestamp) -> Answer<()> {
        self.thread.submit(async move |node: Rc<Node>| requests::settle(&node, id, result, now).await)
    }

    fn latest_received(&self, refused: bool, limit: u32) -> Answer<Vec<ReceivedRow>> {
        self.thread.submit(async move |node: Rc<Node>| inbound::latest(&node, refused, limit).await)
    }
}

impl Operators for Postgres {
    fn count_wrong_secrets(&self, guesses: Vec<WrongSecretCount>, now: Timestamp) -> Answer<Vec<u64>> {
        self.thread.submit(async move |node: Rc<Node>| operators::count_wrong_secrets(&node, guesses, now).await)
    }

    fn begin_session(&self, session: NewSession, now: Timestamp) -> Answer<()> {
        self.thread.submit(async move |node: Rc<Node>| operators::begin_session(&node, session, now).await)
    }

    fn session(&self, name: [u8; 32], now: Timestamp) -> Answer<Option<SessionRow>> {
        self.thread.submit(async move |node: Rc<Node>| operators::session(&node, name, now).await)
    }

    fn sessions(&self, now: Timestamp) -> Answer<Vec<SessionRow>> {
        self.thread.submit(async move |node: Rc<Node>| operators::sessions(&node, now).await)
    }

    fn end_session(&self, id: i64) -> Answer<bool> {
        self.thread.submit(async move |node: Rc<Node>| operators::end_session(&node, id).await)
    }

    fn record_action(&self, action: NewAction, now: Timestamp) -> Answer<i64> {
        self.thread.submit(async move |node: Rc<Node>| operators::record_action(&node, action, now).await)
    }

    fn settle_action(&self, id: i64, outcome: String) -> Answer<()> {
        self.thread.submit(async move |node: Rc<Node>| operators::settle_action(&node, id, outcome).await)
    }

    fn action(&self, id: i64) -> Answer<Option<ActionRow>> {
        self.thread.submit(async move |node: Rc<Node>| operators::action(&node, id).await)
    }

    fn actions(&self, filter: &ActionFilter, page: Page) -> Answer<Listed<ActionRow>> {
        let filter = filter.clone();
        self.thread.submit(async move |node: Rc<Node>| operators::actions(&node, filter, page).await)
    }
}

impl Incidents for Postgres {
    fn observe(&self, observation: Observation, sinks: Vec<SinkRule>, now: Timestamp) -> Answer<Vec<Notification>> {
        self.thread.submit(async move |node: Rc<Node>| incidents::observe(&node, observation, sinks, now).await)
    }

    fn settle_notifications(&self, settled: Vec<NotificationResult>, now: Timestamp) -> Answer<()> {
        self.thread.submit(async move |node: Rc<Node>| incidents::settle(&node, settled, now).await)
    }

    fn incidents(&self, open: bool, page: Page) -> Answer<Listed<Incident>> {
        self.thread.submit(async move |node: Rc<Node>| incidents::list(&node, open, page).await)
    }

    fn failing_sinks(&self, now: Timestamp) -> Answer<Vec<FailingSink>> {
        self.thread.submit(async move |node: Rc<Node>| incidents::failing_sinks(&node, now).await)
    }
}

impl Transfer for Postgres {
    fn copied_tables(&self) -> Answer<Vec<CopiedTable>> {
        self.thread.submit(async move |node: Rc<Node>| transfer::tables(&node).await)
    }

    fn read_rows(&self, table: CopiedTable, after: Option<Values>, limit: u32) -> Answer<Vec<Values>> {
        self.thread.submit(async move |node: Rc<Node>| transfer::read(&node, table, after, limit).await)
    }

    fn last_key(&self, table: CopiedTable) -> Answer<Option<Values>> {
        self.thread.submit(async move |node: Rc<Node>| transfer::last_key(&node, table).await)
    }

    fn last_numbers(&self) -> Answer<Vec<(String, i64)>> {
        self.thread.submit(async move |node: Rc<Node>| transfer::last_numbers(&node).await)
    }

    fn begin_filling(&self) -> Answer<()> {
        self.thread.submit(async move |node: Rc<Node>| transfer::begin_filling(&node).await)
    }

    fn write_rows(&self, table: CopiedTable, rows: Vec<Values>) -> Answer<()> {
        self.thread.submit(async move |node: Rc<Node>| transfer::write(&node, table, rows).await)
    }

    fn finish_filling(&self, last_numbers: Vec<(String, i64)>) -> Answer<()> {
        self.thread.submit(async move |node: Rc<Node>| transfer::finish_filling(&node, last_numbers).await)
    }
}
