//! The server: connections with limits, routes behind layers, and a stop that loses nothing.
//!
//! `routes` says which handler answers which path and which layers are around it; `extract` is what handlers take from a
//! request, `response` what they return. `connections` accepts, limits and closes.

use std::future::Future;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::store::Store;

mod access;
mod admin;
mod audit_limit;
mod body_budget;
mod change_counter;
mod connections;
mod events;
mod extract;
mod known_senders;
mod layers;
mod login;
mod login_throttle;
pub mod metrics;
mod monitoring;
mod openapi;
mod operator;
mod pages;
mod plan;
mod preconditions;
mod queries;
mod queue_runner;
mod records;
mod request_head;
mod response;
mod routes;
mod samples;
mod secrets;
mod sessions;
mod state;
mod stranger_limit;
mod webhooks;
mod write_timeout;

pub use metrics::Metrics;
pub use queue_runner::{QueueRunner, RunResult};
pub use secrets::Secrets;
pub use state::Settings;

use state::App;

/// How often refusals that have no rows of their own are written to the audit log as a count.
const REFUSAL_COUNT_INTERVAL: Duration = Duration::from_secs(1);
/// How often servers of one queue share the counts of wrong secrets.
const GUESS_SHARE_INTERVAL: Duration = Duration::from_millis(250);

/// Routes that are switched on or off together, because they need the same secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum RouteGroup {
    /// `/api/webhooks/…`: needs the webhook secret.
    Webhooks,
    /// Everything for administrators: needs the admin token.
    Admin,
    /// `/api/sync/process`: needs the cron secret or the admin token.
    Process,
}

impl RouteGroup {
    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The group of that name.
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// All that an HTTP server needs to start: queue, clock, settings, metrics, which routes are off.
pub struct Server {
    /// The queue and its records.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The settings, which a reload exchanges.
    pub settings: Settings,
    /// Runs the queue once, when asked to.
    pub runner: Arc<dyn QueueRunner>,
    /// The figures it counts.
    pub metrics: Arc<Metrics>,
    /// The groups of routes that are switched off.
    pub without: Vec<RouteGroup>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({:?})", self.settings)
    }
}

/// Replaces the settings of a running server when the configuration is reloaded.
#[derive(Clone)]
pub struct ServerHandle(Arc<App>);

impl std::fmt::Debug for ServerHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerHandle")
    }
}

impl ServerHandle {
    /// Exchanges the settings. Requests in flight keep the old ones.
    pub fn exchange(&self, settings: Settings) {
        *self.0.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}

impl Server {
    /// A server that listens on `listeners` once its future is awaited, until `stop` holds true.
    ///
    /// Then nothing new is accepted, requests in flight are answered within a limit, and counted refusals are written.
    pub fn start(
        self,
        listeners: Vec<TcpListener>,
        stop: watch::Receiver<bool>,
    ) -> (ServerHandle, impl Future<Output = ()>) {
        let app = Arc::new(App::new(self.store, self.clock, self.settings, self.runner, self.metrics));
        let router = routes::router(&app, &self.without);
        let shared = Arc::clone(&app);
        let work = async move {
            let counting = tokio::spawn(count_refusals(Arc::clone(&shared), stop.clone()));
            let sharing = tokio::spawn(share_wrong_secrets(Arc::clone(&shared), stop.clone()));
            let sampling = tokio::spawn(sample(Arc::clone(&shared), stop.clone()));
            let marker = tokio::spawn(mark_stopping(Arc::clone(&shared), stop.clone()));
            connections::serve(listeners, router, stop).await;
            let _ = tokio::join!(counting, sharing, marker, sampling);
            shared.write_refusal_counts().await;
        };
        (ServerHandle(app), work)
    }
}

/// Makes readiness probes fail as soon as a stop begins.
async fn mark_stopping(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    connections::stopped(&mut stop).await;
    app.stopping.store(true, Ordering::SeqCst);
}

/// Looks at the queue from time to time, and counts the changes that open pages are notified of.
async fn sample(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let look = async {
        loop {
            let now = app.now();
            if let Ok(figures) = app.read(move |store| store.figures(now).wait()).await {
                app.samples.add(&figures, now);
            }
            tokio::time::sleep(samples::SAMPLE_INTERVAL).await;
        }
    };
    tokio::select! {
        () = connections::stopped(&mut stop) => {}
        () = look => {}
        () = app.changes.count(app.store.as_ref()) => {}
    }
    app.changes.close();
}

async fn share_wrong_secrets(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = connections::stopped(&mut stop) => return,
            () = tokio::time::sleep(GUESS_SHARE_INTERVAL) => app.share_wrong_secrets().await,
        }
    }
}

async fn count_refusals(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = connections::stopped(&mut stop) => return,
            () = tokio::time::sleep(REFUSAL_COUNT_INTERVAL) => app.write_refusal_counts().await,
        }
    }
}
