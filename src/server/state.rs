//! What all requests share.

use std::net::IpAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::audit_limit::AuditLimit;
use super::body_budget::BodyBudget;
use super::change_counter::ChangeCounter;
use super::known_senders::KnownSenders;
use super::login_throttle::LoginThrottle;
use super::metrics::Metrics;
use super::queue_runner::QueueRunner;
use super::response::Problem;
use super::samples::Samples;
use super::secrets::Secrets;
use super::sessions;
use super::stranger_limit::StrangerLimit;
use crate::clock::{Clock, Timestamp};
use crate::explain::Candidate;
use crate::inbound::{Sources, TrustedProxies};
use crate::monitor::{FreshnessThresholds, HealthLimits};
use crate::report::Table;
use crate::store::inbound::RefusedWebhook;
use crate::store::operators::{SessionRow, WrongSecretCount};
use crate::store::{FileStore, Store, StoreError};

/// How long a write may wait for the database: senders give up after ten seconds, and need an answer before that.
pub(super) const STORE_WRITE_TIMEOUT: Duration = Duration::from_secs(4);
/// How long the answer of a refusal waits for its audit row, so that a client that reads the log at once finds it.
const REFUSAL_WAIT: Duration = Duration::from_millis(100);
/// Reads of the store at the same time, each on a thread of its own.
const MAX_BLOCKING_READS: usize = 4;
/// Readiness probes at the same time, which anybody may send. They neither wait for reads nor delay them.
const MAX_PROBES: usize = 1;
/// How long the result of a successful readiness probe is reused, so that probes cannot keep the disk busy.
const READY_FOR: Duration = Duration::from_secs(1);
/// Pages that are kept fresh at the same time.
const MAX_LIVE: usize = 256;
/// Runs on demand at the same time.
const MAX_RUNS: usize = 2;
/// Commands of sources at the same time.
const MAX_COMMANDS: usize = 8;

/// The settings of the server that a reload replaces while it runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The secrets of the routes.
    pub secrets: Secrets,
    /// The routes that receive webhooks.
    pub sources: Sources,
    /// The proxies that may name the client they act for.
    pub proxies: TrustedProxies,
    /// The hosts that requests may name, beside addresses and `localhost`; `None` is any host.
    pub hosts: Option<Vec<String>>,
    /// Whether browsers come through TLS, so that the session's cookie travels over nothing else.
    pub behind_tls: bool,
    /// Up to where the queue counts as healthy.
    pub limits: HealthLimits,
    /// From where on records count as aging or stale.
    pub ages: FreshnessThresholds,
    /// The secrets under which a refused webhook may turn out to be right.
    pub candidates: Vec<Candidate>,
    /// What the server runs with, secrets masked.
    pub configuration: Table,
}

/// The state that all requests share: queue, settings, metrics and limits.
pub(super) struct App {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) settings: RwLock<Arc<Settings>>,
    pub(super) runner: Arc<dyn QueueRunner>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) throttle: LoginThrottle,
    pub(super) senders: KnownSenders,
    pub(super) strangers: StrangerLimit,
    pub(super) bodies: BodyBudget,
    pub(super) audit_limit: Arc<AuditLimit>,
    pub(super) document: OnceLock<Bytes>,
    pub(super) runs: Semaphore,
    pub(super) commands: Semaphore,
    pub(super) stopping: AtomicBool,
    pub(super) samples: Samples,
    pub(super) changes: ChangeCounter,
    pub(super) live: Arc<Semaphore>,
    reads: Semaphore,
    probes: Semaphore,
    /// When a readiness probe last found that it is.
    ready: Mutex<Option<Instant>>,
}

impl App {
    pub(super) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: Settings,
        runner: Arc<dyn QueueRunner>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let now = clock.now();
        Self {
            store,
            clock,
            settings: RwLock::new(Arc::new(settings)),
            runner,
            metrics,
            throttle: LoginThrottle::default(),
            senders: KnownSenders::default(),
            strangers: StrangerLimit::default(),
            bodies: BodyBudget::default(),
            audit_limit: Arc::default(),
            document: OnceLock::new(),
            runs: Semaphore::new(MAX_RUNS),
            commands: Semaphore::new(MAX_COMMANDS),
            stopping: AtomicBool::new(false),
            samples: Samples::default(),
            changes: ChangeCounter::new(now),
            live: Arc::new(Semaphore::new(MAX_LIVE)),
            reads: Semaphore::new(MAX_BLOCKING_READS),
            probes: Semaphore::new(MAX_PROBES),
            ready: Mutex::default(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the store on a thread that may wait for the disk.
    pub(super) async fn read<T, F>(&self, read: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    {
        self.read_among(&self.reads, read).await
    }

    /// The open session of that name, with its name.
    pub(super) async fn session(&self, name: Vec<u8>) -> Result<Option<(Vec<u8>, SessionRow)>, Problem> {
        let (hash, now) = (sessions::hash(&name), self.now());
        let row = self.read(move |store| store.session(hash, now).wait()).await?;
        Ok(row.map(|row| (name, row)))
    }

    /// Whether the store can be read and written now, or could within the last [`READY_FOR`].
    pub(super) async fn is_ready(&self) -> bool {
        let Ok(_permit) = self.probes.acquire().await else { return false };
        let found = *self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if found.is_some_and(|at| at.elapsed() < READY_FOR) {
            return true;
        }
        let ready = self.is_readable().await && self.is_writable().await;
        *self.ready.lock().unwrap_or_else(PoisonError::into_inner) = ready.then(Instant::now);
        ready
    }

    /// Whether the store can be read, and its disk takes more.
    async fn is_readable(&self) -> bool {
        let store = Arc::clone(&self.store);
        let look = move || {
            let storage = store.file().map(FileStore::storage).unwrap_or_default();
            !storage.full && !storage.read_only && store.endpoints().wait().is_ok()
        };
        tokio::task::spawn_blocking(look).await.unwrap_or(false)
    }

    /// Whether a transaction that changes nothing commits: there is no kept request of that number.
    async fn is_writable(&self) -> bool {
        self.store.settle_request(0, String::new(), self.now()).within(STORE_WRITE_TIMEOUT).await.is_ok()
    }

    async fn read_among<T, F>(&self, permits: &Semaphore, read: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    {
        let _permit = permits.acquire().await.map_err(|_| Problem::internal())?;
        let store = Arc::clone(&self.store);
        let done = tokio::task::spawn_blocking(move || read(store.as_ref())).await;
        Ok(done.map_err(|_| Problem::internal())??)
    }

    /// Audits a refused webhook within the limit. The caller learns nothing of it, whether it works or not.
    ///
    /// `refused` is asked for what is known of it only if the refusal gets a row of its own, so that a flood costs no second verification.
    pub(super) async fn audit_refusal(
        &self,
        (reason, route): (&'static str, &Arc<str>),
        source: IpAddr,
        refused: impl FnOnce() -> RefusedWebhook,
    ) {
        let now = self.now();
        self.metrics.refused(route, reason);
        if self.audit_limit.admit((reason, route), now) {
            let (source, route) = (source.to_canonical().to_string(), Arc::clone(route));
            let refused = RefusedWebhook { reason, source, count: 1, route, ..refused() };
            self.write_refusals(vec![refused], now).await;
        }
    }

    /// Tells the other servers of this queue of wrong secrets that were shown here, and learns how many they have counted. What
    /// cannot be shared counts here alone.
    pub(super) async fn share_wrong_secrets(&self) {
        let now = self.now();
        let shared = self.throttle.take_unshared(now);
        if shared.is_empty() {
            return;
        }
        let guesses = shared
            .iter()
            .map(|(address, count)| WrongSecretCount { source: address.to_string(), count: (*count).into() });
        match self.store.count_wrong_secrets(guesses.collect(), now).within(STORE_WRITE_TIMEOUT).await {
            Ok(totals) => {
                for ((address, _), all) in shared.iter().zip(totals) {
                    self.throttle.learn(*address, all, now);
                }
            }
            Err(error) => tracing::warn!(%error, "failed to report wrong secrets to other servers"),
        }
    }

    /// Writes the refusals that were only counted.
    pub(super) async fn write_refusal_counts(&self) {
        let counts = self.audit_limit.take_counts();
        if !counts.is_empty() {
            self.write_refusals(counts, self.now()).await;
        }
    }

    /// Writes refusals. The caller waits for a moment at most: the answer to a refused webhook does not depend on the
    /// database.
    async fn write_refusals(&self, refused: Vec<RefusedWebhook>, now: Timestamp) {
        let written = self.store.refuse(refused.clone(), now).within(STORE_WRITE_TIMEOUT);
        let limit = Arc::clone(&self.audit_limit);
        let writing = tokio::spawn(async move {
            if let Err(error) = written.await {
                tracing::error!(%error, "failed to audit a refused webhook; it is counted later");
                limit.put_back(&refused);
            }
        });
        let _ = tokio::time::timeout(REFUSAL_WAIT, writing).await;
    }
}
