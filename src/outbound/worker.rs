//! The worker: claims due deliveries, keeps every slot busy, records the outcomes.
//!
//! One loop owns all state. At most one transaction is under way at any time; outcomes that come meanwhile share the next one,
//! which also brings new claims. Requests never wait for a commit, and no transaction waits for the network.

mod attempts;
mod claims;
mod commits;
mod idle;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::endpoint_buffer::EndpointBuffer;
use super::http::Connector;
use super::release_queue::ReleaseQueue;
use super::run::{REAP_INTERVAL, RunOptions, RunSummary, StopRequest, WorkerError};
use super::slots::AttemptSlots;
use super::{EndpointClient, Keyring};
use crate::clock::Clock;
use crate::endpoint::{Endpoint, EndpointId};
use crate::store::{AdvanceResult, FinishedAttempt, IdleInfo, RecordResult, Run, Store, StoreError};
use claims::POLL_INTERVAL;
use commits::StoreOutage;

/// Is called for every attempt once its outcome is on disk.
pub type AttemptObserver = Box<dyn FnMut(&FinishedAttempt, RecordResult) + Send>;

/// Claims due deliveries, sends them and records the outcomes: what it needs for that.
pub struct Worker {
    /// Where deliveries are claimed and recorded.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The keys that sign.
    pub keyring: Arc<dyn Keyring>,
    /// The HTTP client.
    pub client: Arc<Connector>,
    /// When it ends, and its limits.
    pub options: RunOptions,
    /// Called for every attempt.
    pub observer: AttemptObserver,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Worker({:?})", self.options)
    }
}

impl Worker {
    /// Works until `options` or `stop` end it.
    ///
    /// After [`StopRequest::Drain`] nothing new starts and requests in flight end; after [`StopRequest::Now`] they are abandoned, and count
    /// as interrupted once the run's end is recorded.
    pub async fn run(self, run: &Run, stop: watch::Receiver<StopRequest>) -> Result<RunSummary, WorkerError> {
        let mut state = WorkerState::begin(self, run, stop).await?;
        let done = state.work().await;
        state.slots.shutdown().await;
        if state.stopping() != StopRequest::Now {
            state.disconnect_brokers().await;
        }
        done
    }
}

/// The worker's transaction that is under way.
type PendingCommit = Pin<Box<dyn Future<Output = Result<AdvanceResult, StoreError>> + Send>>;

/// What a running worker keeps track of: claims, attempts, the transaction under way.
struct WorkerState<'a> {
    worker: Worker,
    run: &'a Run,
    stop: watch::Receiver<StopRequest>,
    buffers: BTreeMap<EndpointId, EndpointBuffer>,
    snapshot: Arc<Vec<Endpoint>>,
    slots: AttemptSlots,
    completed: Vec<FinishedAttempt>,
    first_completed_at: Instant,
    pending_commit: Option<PendingCommit>,
    /// The claims that the transaction under way asks for, and the outcomes that it records.
    requested: Vec<(EndpointId, usize)>,
    recording: Arc<Vec<FinishedAttempt>>,
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

impl<'a> WorkerState<'a> {
    async fn begin(worker: Worker, run: &'a Run, stop: watch::Receiver<StopRequest>) -> Result<Self, WorkerError> {
        worker.store.reap(worker.clock.now()).await?;
        worker.store.queue_scheduled(worker.clock.now()).await?;
        let endpoints = Arc::new(worker.store.endpoints().await?);
        let mut state = Self {
            snapshot: Arc::default(),
            buffers: BTreeMap::new(),
            slots: AttemptSlots::new(Arc::clone(&worker.clock)),
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
        state.sync_endpoints(endpoints);
        Ok(state)
    }

    async fn work(&mut self) -> Result<RunSummary, WorkerError> {
        let mut changes = self.worker.store.changes();
        loop {
            self.start_attempts().await?;
            self.commit();
            if self.is_idle()
                && let Some(summary) = self.wait_or_leave().await?
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
                () = until(idle), if idle.is_some() => self.wake_up().await?,
                () = changes.changed(), if idle.is_some() => self.wake_up().await?,
                () = until(self.deadline), if self.deadline.is_some() => self.on_deadline(),
                () = sleep_until(self.poll_at), if self.has_room_for_more() => self.poll_claims(),
                () = sleep_until(self.reap_at) => drop(self.reap().await?),
            }
            if self.stopping() == StopRequest::Now {
                return match self.outage.take() {
                    Some(outage) => Err(self.unrecorded(outage.cause)),
                    None => Ok(self.summarise(IdleInfo::default())),
                };
            }
        }
    }

    /// Takes over the state of the endpoints: new ones, changed ones, and those that may no longer be called.
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
            let is_open = endpoint.circuit.open.is_some_and(|open| !open.probe_due(now));
            if buffer.is_paused_or_unconfigured() || is_open {
                self.releases.add(buffer.drain());
            }
        }
        self.snapshot = endpoints;
        self.release_unwanted();
    }

    async fn disconnect_brokers(&self) {
        let clients = self.buffers.values().filter_map(|buffer| buffer.endpoint_client.as_ref());
        join_all(clients.map(|client| client.disconnect())).await;
    }

    fn stopping(&self) -> StopRequest {
        *self.stop.borrow()
    }

    fn on_stop(&mut self) {
        self.idle_until = None;
        tracing::info!(stop = ?self.stopping(), "stopping");
    }

    fn on_deadline(&mut self) {
        self.idle_until = None;
        self.deadline = None;
        // As if `--limit` had been reached.
        self.worker.options.limit = Some(0);
    }
}

fn endpoint_client(worker: &Worker, endpoint: &Endpoint) -> Option<Arc<EndpointClient>> {
    let keys = worker.keyring.signer(endpoint).and_then(|signer| Ok((signer, worker.keyring.access(endpoint)?)));
    let client = keys.and_then(|(signer, access)| EndpointClient::new(&endpoint.url, signer, access, &worker.client));
    client
        .map(Arc::new)
        .inspect_err(|cause| tracing::error!(endpoint = endpoint.name, cause, "nothing can be sent to the endpoint"))
        .ok()
}

async fn poll(pending_commit: &mut Option<PendingCommit>) -> Result<AdvanceResult, StoreError> {
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
