//! The server: connections with limits, routes with their guards, and a stop that loses nothing.
//!
//! A route is a row of one table (`routes`), from which the router and the OpenAPI document are made. What a request goes
//! through is told once, in `call`: name it, check its host, let its caller in, run the route, answer in the envelope.

use std::future::Future;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::clock::{Clock, Timestamp};
use crate::monitor::{FreshnessThresholds, Limits};
use crate::store::Store;

mod answer;
mod auth;
mod body;
mod call;
mod connections;
mod dashboard;
mod events;
mod head;
pub mod metrics;
mod openapi;
mod page;
mod patience;
mod records;
mod refusals;
mod routes;
mod session;
mod sync;
mod webhooks;

pub use auth::Secrets;
pub use metrics::Metrics;
pub use sync::{Processed, Processing};

/// How often refusals beyond their rows are written to the audit log as a count.
const COUNTS_EVERY: Duration = Duration::from_secs(1);
/// Requests that wait for the disk at the same time, where they keep no other waiting.
const HEAVY: usize = 4;
/// Requests at once that ask whether the server can serve, which anybody may.
const PROBES: usize = 1;
/// Runs on demand at the same time.
const RUNS: usize = 2;

/// How long a write may wait for the database: senders give up after ten seconds, and have to hear before that.
const PATIENCE: Duration = Duration::from_secs(4);

/// Routes that can be switched off together, because they need the same secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// `/api/webhooks/…`: needs the webhook secret.
    Webhooks,
    /// Everything for administrators: needs the admin token.
    Admin,
    /// `/api/sync/process`: needs the cron secret or the admin token.
    Process,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 3] = [Self::Webhooks, Self::Admin, Self::Process];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhooks => "webhooks",
            Self::Admin => "admin",
            Self::Process => "process",
        }
    }

    /// The group of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }
}

/// What the server needs from outside.
pub struct Server {
    /// The queue and its records.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What can be exchanged while it runs.
    pub settings: Settings,
    /// Runs the queue once, when asked to.
    pub processing: Arc<dyn Processing>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Groups of routes that are not there.
    pub without: Vec<Group>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({:?})", self.settings)
    }
}

/// What a reload exchanges.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The secrets of the routes.
    pub secrets: Secrets,
    /// The names it may be called by, beside addresses and `localhost`; `None` is any name.
    pub hosts: Option<Vec<String>>,
    /// Whether browsers come through TLS, so that the session's cookie travels over nothing else.
    pub behind_tls: bool,
    /// Up to where the queue counts as healthy.
    pub limits: Limits,
    /// From where on news count as old.
    pub ages: FreshnessThresholds,
}

/// A server at work: what its requests share.
pub(crate) struct App {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    settings: RwLock<Arc<Settings>>,
    processing: Arc<dyn Processing>,
    metrics: Arc<Metrics>,
    guesses: auth::Guesses,
    sessions: session::Sessions,
    budget: body::Budget,
    refusals: refusals::Refusals,
    document: OnceLock<Bytes>,
    heavy: Semaphore,
    probes: Semaphore,
    runs: Semaphore,
    stopping: AtomicBool,
}

impl App {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Where a request comes from.
#[derive(Clone)]
struct Peer {
    address: IpAddr,
    guest: Arc<connections::Guest>,
}

/// A running server's handle: what a reload exchanges goes through it.
#[derive(Clone)]
pub struct Handle(Arc<App>);

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle")
    }
}

impl Handle {
    /// Exchanges secrets and hosts. Requests that have begun keep the old ones.
    pub fn exchange(&self, settings: Settings) {
        *self.0.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}

impl Server {
    /// A server that listens on `listeners` once its future is awaited, until `stop` holds true.
    ///
    /// Then nothing new is accepted, requests that have begun are answered within a limit, and what was counted is written.
    pub fn start(self, listeners: Vec<TcpListener>, stop: watch::Receiver<bool>) -> (Handle, impl Future<Output = ()>) {
        let without = self.without;
        let app = Arc::new(App {
            store: self.store,
            clock: self.clock,
            settings: RwLock::new(Arc::new(self.settings)),
            processing: self.processing,
            metrics: self.metrics,
            guesses: auth::Guesses::default(),
            sessions: session::Sessions::default(),
            budget: body::Budget::default(),
            refusals: refusals::Refusals::default(),
            document: OnceLock::new(),
            heavy: Semaphore::new(HEAVY),
            probes: Semaphore::new(PROBES),
            runs: Semaphore::new(RUNS),
            stopping: AtomicBool::new(false),
        });
        let router = routes::router(Arc::clone(&app), &without);
        let shared = Arc::clone(&app);
        let work = async move {
            let counting = tokio::spawn(count_refusals(Arc::clone(&shared), stop.clone()));
            let marker = tokio::spawn(mark_stopping(Arc::clone(&shared), stop.clone()));
            connections::serve(listeners, router, stop).await;
            let _ = tokio::join!(counting, marker);
            shared.write_counts().await;
        };
        (Handle(app), work)
    }
}

/// From the first moment of a stop on, the server says that it is not ready.
async fn mark_stopping(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    connections::stopped(&mut stop).await;
    app.stopping.store(true, Ordering::SeqCst);
}

async fn count_refusals(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = connections::stopped(&mut stop) => return,
            () = tokio::time::sleep(COUNTS_EVERY) => app.write_counts().await,
        }
    }
}
