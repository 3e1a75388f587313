//! The worker: claims what is due, keeps every slot busy, records what came of it.
//!
//! One loop owns all state. At most one transaction is under way at any time; what lands meanwhile shares the next one, which
//! also brings new claims. Requests never wait for a commit, and no transaction waits for the network.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::change_listener::ChangeListener;
use super::endpoint_buffer::EndpointBuffer;
use super::http::Client;
use super::release_queue::ReleaseQueue;
use super::run::{REAP_INTERVAL, RunOptions, RunSummary, Stop, WorkerError};
use super::slots::{Job, Slots};
use super::{EndpointClient, Keyring};
use crate::clock::Clock;
use crate::delivery::{Next, Outcome};
use crate::endpoint::{Endpoint, EndpointId, MAX_CONCURRENCY};
use crate::store::{Advanced, Claim, DeliveryId, Finished, Outlook, Recorded, Run, Store, StoreError, Wants};

/// How long outcomes that could not be stored are kept and tried again.
const STORE_OUTAGE_LIMIT: Duration = Duration::from_secs(20);
/// The pause between those tries.
const STORE_RETRY_DELAY: Duration = Duration::from_millis(200);
/// How often a busy worker looks whether something new is due for slots that are free.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Outcomes that are company enough.
const MAX_BATCH: usize = 128;
/// How long the first outcome waits for company before a transaction is begun for it.
const BATCH_DELAY: Duration = Duration::from_millis(4);

/// Is told of every attempt once its outcome is on disk.
pub type Observer = Box<dyn FnMut(&Finished, Recorded) + Send>;

/// Everything a worker needs from outside.
pub struct Worker {
    /// The queue.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The keys.
    pub keyring: Arc<dyn Keyring>,
    /// The network.
    pub client: Arc<Client>,
    /// How to go about it.
    pub options: RunOptions,
    /// Who is told.
    pub observer: Observer,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Worker({:?})", self.options)
    }
}

impl Worker {
    /// Works until `options` or `stop` say that it is enough.
    ///
    /// After [`Stop::Drain`] nothing new starts and requests in flight end; after [`Stop::Now`] they are abandoned, and count
    /// as interrupted once the run's end is remembered.
    pub async fn run(self, run: &Run, stop: watch::Receiver<Stop>) -> Result<RunSummary, WorkerError> {
        let mut shift = WorkerState::begin(self, run, stop)?;
        let done = shift.work().await;
        shift.slots.shutdown().await;
        done
    }
}

type PendingCommit = Pin<Box<dyn Future<Output = Result<Advanced, StoreError>> + Send>>;

/// A run at work.
struct WorkerState<'a> {
    worker: Worker,
    run: &'a Run,
    stop: watch::Receiver<Stop>,
    buffers: BTreeMap<EndpointId, EndpointBuffer>,
    snapshot: Arc<Vec<Endpoint>>,
    slots: Slots,
    completed: Vec<Finished>,
    first_completed_at: Instant,
    pending_commit: Option<PendingCommit>,
    /// What the transaction under way asks for and brings.
    requested: Vec<(EndpointId, usize)>,
    recording: Arc<Vec<Finished>>,
    outage: Option<StoreOutage>,
    /// A delivery that must run alone waits for this worker, or is with it: nothing else is claimed.
    solo: bool,
    started: u64,
    summary: RunSummary,
    deadline: Option<Instant>,
    idle_until: Option<Instant>,
    reap_at: Instant,
    poll_at: Instant,
    releases: ReleaseQueue,
}

/// Outcomes cannot be stored at the moment.
struct StoreOutage {
    since: Instant,
    retry_at: Instant,
    cause: StoreError,
}

impl<'a> WorkerState<'a> {
    fn begin(worker: Worker, run: &'a Run, stop: watch::Receiver<Stop>) -> Result<Self, WorkerError> {
        worker.store.reap(worker.clock.now())?;
        let endpoints = Arc::new(worker.store.endpoints()?);
        let mut shift = Self {
            snapshot: Arc::default(),
            buffers: BTreeMap::new(),
            slots: Slots::new(Arc::clone(&worker.clock)),
            completed: Vec::new(),
            first_completed_at: Instant::now(),
            pending_commit: None,
            requested: Vec::new(),
            recording: Arc::default(),
            outage: None,
            solo: false,
            started: 0,
            summary: RunSummary::default(),
            deadline: worker.options.max_time.map(|time| Instant::now() + time),
            idle_until: None,
            reap_at: Instant::now() + REAP_INTERVAL,
            poll_at: Instant::now() + POLL_INTERVAL,
            releases: ReleaseQueue::default(),
            worker,
            run,
            stop,
        };
        shift.sync_endpoints(endpoints);
        Ok(shift)
    }

    async fn work(&mut self) -> Result<RunSummary, WorkerError> {
        let mut changes = ChangeListener::on(&self.worker.store.watch_path());
        loop {
            self.start_attempts()?;
            self.commit();
            if self.is_idle()
                && let Some(summary) = self.wait_or_leave()?
            {
                return Ok(summary);
            }
            let (idle, batch_until, retry) = (self.idle_until, self.batch_until(), self.retry_at());
            tokio::select! {
                biased;
                Ok(()) = self.stop.changed() => self.on_stop(),
                advanced = poll(&mut self.pending_commit), if self.pending_commit.is_some() => self.on_commit(advanced)?,
                gone = self.releases.ended(), if self.releases.is_under_way() => self.on_released(gone),
                finished = self.slots.next_completed(), if self.slots.busy() > 0 => self.on_attempt_finished(finished),
                () = until(batch_until), if batch_until.is_some() => {}
                () = until(retry), if retry.is_some() => {}
                () = until(idle), if idle.is_some() => self.wake()?,
                () = changes.changed(), if idle.is_some() => self.wake()?,
                () = until(self.deadline), if self.deadline.is_some() => self.on_deadline(),
                () = sleep_until(self.poll_at), if self.has_room_for_more() => self.poll_claims(),
                () = sleep_until(self.reap_at) => drop(self.reap()?),
            }
            if self.stopping() == Stop::Now {
                return match self.outage.take() {
                    Some(outage) => Err(self.unrecorded(outage.cause)),
                    None => Ok(self.summarise(Outlook::default())),
                };
            }
        }
    }

    // ── claims ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Begins a transaction unless one is under way: outcomes that wait, and claims for the slots that will be free.
    fn commit(&mut self) {
        let now = Instant::now();
        if self.pending_commit.is_some() || self.retry_at().is_some_and(|at| now < at) {
            return;
        }
        let wants = self.wants();
        let needs_claims = !wants.endpoints.is_empty() && self.buffers.values().any(EndpointBuffer::needs_claims);
        let patient = self.batch_until().is_some_and(|at| now < at) && self.completed.len() < MAX_BATCH;
        let waiting = !self.completed.is_empty() && !patient;
        if !(needs_claims || waiting || self.outage.is_some()) {
            return;
        }
        if self.outage.is_none() {
            self.recording = Arc::new(std::mem::take(&mut self.completed));
        }
        self.requested.clone_from(&wants.endpoints);
        let now = self.worker.clock.now();
        self.pending_commit =
            Some(Box::pin(self.worker.store.advance(self.run.id, Arc::clone(&self.recording), wants, now)));
    }

    /// When outcomes have waited long enough for company.
    fn batch_until(&self) -> Option<Instant> {
        // Without requests in flight nobody is going to join them.
        let wait = if self.slots.busy() == 0 { Duration::ZERO } else { BATCH_DELAY };
        (self.pending_commit.is_none() && !self.completed.is_empty() && self.outage.is_none())
            .then(|| self.first_completed_at + wait)
    }

    /// Whether a slot is free that a delivery emitted a moment ago could take.
    fn has_room_for_more(&self) -> bool {
        let could_send = |buffer: &EndpointBuffer| {
            buffer.exhausted && !buffer.is_paused_or_unconfigured() && buffer.has_free_slots()
        };
        self.slots.busy() > 0 && self.buffers.values().any(could_send)
    }

    fn poll_claims(&mut self) {
        self.poll_at = Instant::now() + POLL_INTERVAL;
        self.buffers.values_mut().for_each(|buffer| buffer.exhausted = false);
    }

    fn retry_at(&self) -> Option<Instant> {
        self.outage.as_ref().filter(|_| self.pending_commit.is_none()).map(|outage| outage.retry_at)
    }

    fn wants(&self) -> Wants {
        let in_hand = self.buffers.values().map(EndpointBuffer::claimed_count).sum::<usize>();
        if !self.may_start() || (self.solo && in_hand > 0) {
            return Wants::default();
        }
        let mut allowed = self.allowance();
        let mut endpoints = Vec::new();
        for (id, buffer) in &self.buffers {
            let wanted = buffer.wanted().min(allowed);
            if wanted > 0 {
                allowed -= wanted;
                endpoints.push((*id, wanted));
            }
        }
        Wants { endpoints, idle: in_hand == 0 }
    }

    /// Whether new requests may begin.
    fn may_start(&self) -> bool {
        let in_time = self.deadline.is_none_or(|deadline| Instant::now() < deadline);
        self.stopping() == Stop::No && in_time && self.outage.is_none()
    }

    /// How many more claims `--limit` allows.
    fn allowance(&self) -> usize {
        let waiting = self.buffers.values().map(|buffer| buffer.waiting() as u64).sum::<u64>();
        match self.worker.options.limit {
            None => usize::MAX,
            Some(limit) => usize::try_from(limit.saturating_sub(self.started + waiting)).unwrap_or(usize::MAX),
        }
    }

    // ── sending ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Fills free slots with claims, after another look at those that have waited.
    fn start_attempts(&mut self) -> Result<(), WorkerError> {
        if self.outage.is_some() {
            // What cannot be recorded cannot be let go of either; it is looked at again when the queue is back.
            return Ok(());
        }
        if !self.may_start() {
            self.releases.add(self.buffers.values_mut().flat_map(EndpointBuffer::drain));
            self.release_unwanted();
            return Ok(());
        }
        self.recheck_stale()?;
        let mut room = usize::from(MAX_CONCURRENCY).saturating_sub(self.slots.busy());
        let now = self.worker.clock.now();
        for buffer in self.buffers.values_mut() {
            let Some(endpoint_client) = buffer.endpoint_client.clone() else { continue };
            while room > 0
                && let Some(claim) = buffer.next()
            {
                room -= 1;
                self.started += 1;
                self.slots.start(Job {
                    endpoint_client: Arc::clone(&endpoint_client),
                    claim,
                    limit: buffer.endpoint.settings.retry.timeout(),
                    started_at: now,
                    jitter: fastrand::f64(),
                });
            }
        }
        Ok(())
    }

    /// Drops claims that are no longer to be sent, of those that have waited long enough for that to change.
    fn recheck_stale(&mut self) -> Result<(), WorkerError> {
        let now = Instant::now();
        if !self.buffers.values().any(|buffer| buffer.is_stale(now)) {
            return Ok(());
        }
        let stale: Vec<&Claim> = self.buffers.values().flat_map(|buffer| buffer.stale(now)).collect();
        let wanted = self.worker.store.still_wanted(self.run.id, &stale, self.worker.clock.now())?;
        let wanted_now: BTreeMap<DeliveryId, bool> = stale.iter().map(|claim| claim.delivery).zip(wanted).collect();
        self.releases.add(self.buffers.values_mut().flat_map(|buffer| buffer.retain_wanted(&wanted_now, now)));
        self.release_unwanted();
        Ok(())
    }

    fn release_unwanted(&mut self) {
        self.releases.begin(self.worker.store.as_ref(), self.run.id, self.worker.clock.now());
    }

    fn on_released(&mut self, gone: Result<(), StoreError>) {
        if self.releases.settle(gone) {
            self.release_unwanted();
        }
    }

    fn on_attempt_finished(&mut self, finished: Finished) {
        if let Some(buffer) = self.buffers.get_mut(&finished.claim.endpoint) {
            buffer.in_flight -= 1;
            buffer.unsettled_outcomes += usize::from(finished.outcome.affects_endpoint());
        }
        if self.completed.is_empty() {
            self.first_completed_at = Instant::now();
        }
        self.completed.push(finished);
    }

    // ── outcomes ────────────────────────────────────────────────────────────────────────────────────────────────────

    fn on_commit(&mut self, advanced: Result<Advanced, StoreError>) -> Result<(), WorkerError> {
        self.pending_commit = None;
        match advanced {
            Ok(advanced) => {
                self.outage = None;
                self.report_recorded(&advanced);
                self.sync_endpoints(Arc::clone(&advanced.endpoints));
                self.accept_claims(advanced);
                Ok(())
            }
            Err(error) => self.retry_after_store_error(error),
        }
    }

    fn report_recorded(&mut self, advanced: &Advanced) {
        let recording = std::mem::take(&mut self.recording);
        for (finished, recorded) in recording.iter().zip(&advanced.recorded) {
            self.summary.tally.claimed += 1;
            // With it the next delivery of its resource became due.
            if let Some(buffer) = self.buffers.get_mut(&finished.claim.endpoint) {
                buffer.exhausted = false;
                buffer.unsettled_outcomes -= usize::from(finished.outcome.affects_endpoint());
            }
            match recorded {
                Recorded::Written(Next::Delivered) => self.summary.tally.delivered += 1,
                Recorded::Written(Next::RetryAt(_) | Next::RunAlone) => self.summary.tally.retried += 1,
                Recorded::Written(Next::Failed(_)) => self.summary.tally.failed += 1,
                Recorded::Lost => tracing::warn!(event = %finished.claim.event_id, "lost the claim before its outcome"),
            }
            (self.worker.observer)(finished, *recorded);
        }
    }

    fn accept_claims(&mut self, advanced: Advanced) {
        let now = Instant::now();
        self.solo = advanced.solo_waits || advanced.claims.iter().any(|claim| claim.solo);
        if !self.solo {
            for (id, wanted) in std::mem::take(&mut self.requested) {
                let got = advanced.claims.iter().filter(|claim| claim.endpoint == id).count();
                if let Some(buffer) = self.buffers.get_mut(&id) {
                    buffer.record_claimed(wanted, got, !advanced.cut_short);
                }
            }
        }
        for claim in advanced.claims {
            if let Some(buffer) = self.buffers.get_mut(&claim.endpoint) {
                buffer.add(claim, now);
            }
        }
    }

    /// Takes note of how the endpoints stand: new ones, changed ones, and those that may no longer be called.
    fn sync_endpoints(&mut self, endpoints: Arc<Vec<Endpoint>>) {
        if Arc::ptr_eq(&self.snapshot, &endpoints) {
            return;
        }
        let now = self.worker.clock.now();
        for endpoint in endpoints.iter() {
            let buffer = self.buffers.entry(endpoint.id).or_insert_with(|| EndpointBuffer::new(endpoint.clone()));
            let changed = buffer.endpoint.url != endpoint.url || buffer.endpoint.settings != endpoint.settings;
            if (buffer.endpoint_client.is_none() || changed) && endpoint.configured {
                buffer.endpoint_client = endpoint_client(&self.worker, endpoint);
            }
            buffer.slots = usize::from(self.worker.options.concurrency.unwrap_or(endpoint.settings.concurrency));
            buffer.endpoint = endpoint.clone();
            let resting = endpoint.circuit.open.is_some_and(|open| !open.probe_due(now));
            if buffer.is_paused_or_unconfigured() || resting {
                self.releases.add(buffer.drain());
            }
        }
        self.snapshot = endpoints;
        self.release_unwanted();
    }

    /// Keeps outcomes that could not be stored and tries again, for a while.
    fn retry_after_store_error(&mut self, error: StoreError) -> Result<(), WorkerError> {
        let nothing_to_lose = self.recording.is_empty() && self.completed.is_empty() && self.slots.busy() == 0;
        if nothing_to_lose {
            return Err(error.into());
        }
        let now = Instant::now();
        let since = self.outage.as_ref().map_or(now, |outage| outage.since);
        if now.duration_since(since) > STORE_OUTAGE_LIMIT {
            return Err(self.unrecorded(error));
        }
        tracing::warn!(%error, "failed to record outcomes, trying again");
        self.outage = Some(StoreOutage { since, retry_at: now + STORE_RETRY_DELAY, cause: error });
        Ok(())
    }

    fn unrecorded(&self, source: StoreError) -> WorkerError {
        let made = self.recording.iter().chain(&self.completed);
        let delivered = made
            .clone()
            .filter(|finished| matches!(finished.outcome, Outcome::Delivered { .. }))
            .map(|finished| finished.claim.event_id.to_string())
            .collect();
        WorkerError::Unrecorded { attempts: made.count(), delivered, source }
    }

    // ── waiting and leaving ─────────────────────────────────────────────────────────────────────────────────────────

    /// Nothing in buffer, nothing to record, nothing left to ask for.
    fn is_idle(&self) -> bool {
        self.pending_commit.is_none()
            && self.outage.is_none()
            && self.idle_until.is_none()
            && self.slots.busy() == 0
            && self.completed.is_empty()
    }

    /// Leaves, or decides how long to wait.
    fn wait_or_leave(&mut self) -> Result<Option<RunSummary>, WorkerError> {
        if !self.may_start() || self.allowance() == 0 {
            self.summary.limited = self.stopping() == Stop::No;
            return Ok(Some(self.summarise(Outlook::default())));
        }
        if self.reap()? {
            return Ok(None);
        }
        let now = self.worker.clock.now();
        let outlook = self.worker.store.outlook(self.run.id, now)?;
        let wait = self.worker.options.until.wait(&outlook, now);
        // What is due and was not claimed just now is not for us to claim: no use in asking at once.
        self.idle_until = wait.map(|wait| Instant::now() + if wait.is_zero() { STORE_RETRY_DELAY } else { wait });
        Ok(wait.is_none().then(|| self.summarise(outlook)))
    }

    /// Frees the claims of workers that died. Returns whether there were any.
    fn reap(&mut self) -> Result<bool, WorkerError> {
        self.reap_at = Instant::now() + REAP_INTERVAL;
        self.release_unwanted();
        let freed = match self.worker.store.reap(self.worker.clock.now()) {
            Ok(freed) => freed > 0,
            // With requests in flight there is something to lose; the next transaction will tell.
            Err(_) if self.slots.busy() > 0 || self.pending_commit.is_some() => false,
            Err(error) => return Err(error.into()),
        };
        if freed {
            self.wake()?;
        }
        Ok(freed)
    }

    fn summarise(&mut self, outlook: Outlook) -> RunSummary {
        self.summary.stopped = self.stopping();
        self.summary.interrupted = self.started - self.summary.tally.claimed;
        self.summary.resting = outlook.resting;
        self.summary
    }

    fn stopping(&self) -> Stop {
        *self.stop.borrow()
    }

    /// A worker that waits for something to do has nothing to wait for any more.
    fn on_stop(&mut self) {
        self.idle_until = None;
        tracing::info!(stop = ?self.stopping(), "stopping");
    }

    fn on_deadline(&mut self) {
        self.idle_until = None;
        self.deadline = None;
        // From here on it is as if `--limit` had been reached.
        self.worker.options.limit = Some(0);
    }

    /// Something may be due again: every endpoint is requested once more.
    fn wake(&mut self) -> Result<(), WorkerError> {
        self.idle_until = None;
        self.sync_endpoints(Arc::new(self.worker.store.endpoints()?));
        self.buffers.values_mut().for_each(|buffer| buffer.exhausted = false);
        Ok(())
    }
}

fn endpoint_client(worker: &Worker, endpoint: &Endpoint) -> Option<Arc<EndpointClient>> {
    match worker.keyring.signer(endpoint) {
        Ok(signer) => Some(Arc::new(EndpointClient::new(&endpoint.url, signer, &worker.client))),
        Err(cause) => {
            tracing::error!(endpoint = endpoint.name, cause, "nothing is sent to an endpoint without a secret");
            None
        }
    }
}

async fn poll(pending_commit: &mut Option<PendingCommit>) -> Result<Advanced, StoreError> {
    match pending_commit {
        Some(pending_commit) => pending_commit.await,
        None => std::future::pending().await,
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
