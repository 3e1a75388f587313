//! Deliveries of a server: in the background for as long as it runs, and on demand.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use super::{RunReport, WorkerConfig};
use crate::endpoint::{Endpoint, EndpointId};
use crate::outbound::run::{RunOptions, RunSummary, RunUntil, StopRequest, WorkerError};
use crate::outbound::worker::AttemptObserver;
use crate::store::FinishedAttempt;

/// The pause before deliveries are tried again after the store failed.
const RECOVERY_DELAY: Duration = Duration::from_secs(1);

/// Is called for every attempt, with the name of its endpoint, once the outcome is stored.
pub type OnAttempt = Arc<dyn Fn(&str, &FinishedAttempt) + Send + Sync>;

/// The workers of a server: started, and replaced when the configuration is reloaded.
pub struct Deliveries {
    current: RwLock<Arc<ConfiguredWorkers>>,
    on_attempt: OnAttempt,
}

impl fmt::Debug for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deliveries")
    }
}

/// The workers that were started with one configuration. A reload starts others, and these finish their requests.
struct ConfiguredWorkers {
    config: WorkerConfig,
    names: BTreeMap<EndpointId, String>,
    stop: watch::Sender<StopRequest>,
}

impl ConfiguredWorkers {
    fn new(config: WorkerConfig, endpoints: &[Endpoint]) -> Arc<Self> {
        let names = endpoints.iter().map(|endpoint| (endpoint.id, endpoint.name.clone())).collect();
        Arc::new(Self { config, names, stop: watch::channel(StopRequest::No).0 })
    }
}

impl Deliveries {
    /// Deliveries to `endpoints`. Nothing runs yet.
    pub fn new(config: WorkerConfig, endpoints: &[Endpoint], on_attempt: OnAttempt) -> Arc<Self> {
        Arc::new(Self { current: RwLock::new(ConfiguredWorkers::new(config, endpoints)), on_attempt })
    }

    /// The current worker configuration.
    pub fn config(&self) -> WorkerConfig {
        self.current().config.clone()
    }

    /// Replaces the worker configuration: running workers finish their requests, and new ones use it.
    pub fn reload(&self, config: WorkerConfig, endpoints: &[Endpoint]) {
        let new = ConfiguredWorkers::new(config, endpoints);
        let old = std::mem::replace(&mut *self.current.write().unwrap_or_else(PoisonError::into_inner), new);
        old.stop.send_replace(StopRequest::Drain);
    }

    /// Stops the workers and the background thread.
    pub fn stop(&self, how: StopRequest) {
        self.current().stop.send_replace(how);
    }

    /// Sends what is due, until nothing is or `limit` has passed.
    pub async fn run_once(self: Arc<Self>, limit: Duration) -> Result<RunReport, WorkerError> {
        let work = move || self.run(&self.current(), RunUntil::NothingDue, Some(limit));
        tokio::task::spawn_blocking(work).await.map_err(|e| WorkerError::Runtime(e.to_string()))?
    }

    /// Starts the thread that delivers what is due until [`stop`](Self::stop), polling at least so often.
    pub fn start(self: &Arc<Self>, poll_every: Duration) -> io::Result<Background> {
        let deliveries = Arc::clone(self);
        let thread = std::thread::Builder::new().name("delivery".to_owned());
        thread.spawn(move || deliveries.run_until_stopped(poll_every)).map(Background)
    }

    /// Runs workers until stopped. A failing store is tried again after a pause.
    fn run_until_stopped(&self, poll_every: Duration) {
        loop {
            let current = self.current();
            if let Err(error) = self.run(&current, RunUntil::Polling(poll_every), None) {
                tracing::error!(%error, "delivery run failed; retrying");
                std::thread::park_timeout(RECOVERY_DELAY);
            }
            let stopped = *current.stop.borrow() != StopRequest::No;
            if stopped && Arc::ptr_eq(&current, &self.current()) {
                return;
            }
        }
    }

    /// Runs one worker on a runtime of its own, so that sending never delays the server.
    fn run(
        &self,
        current: &ConfiguredWorkers,
        until: RunUntil,
        max_time: Option<Duration>,
    ) -> Result<RunReport, WorkerError> {
        let options = RunOptions { until, limit: None, concurrency: None, max_time, endpoint: None, only: None };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| WorkerError::Runtime(e.to_string()))?;
        let exit_code = |done: &Result<RunSummary, WorkerError>| i64::from(done.is_err());
        let observer = self.observer(current);
        let done =
            runtime.block_on(current.config.run("serve", options, observer, current.stop.subscribe(), exit_code));
        // A hanging resolver must not keep the thread alive.
        runtime.shutdown_background();
        done
    }

    fn observer(&self, current: &ConfiguredWorkers) -> AttemptObserver {
        let (on_attempt, names) = (Arc::clone(&self.on_attempt), current.names.clone());
        Box::new(move |finished, _| {
            let name = names.get(&finished.claim.endpoint).map_or("unknown", String::as_str);
            on_attempt(name, finished);
        })
    }

    fn current(&self) -> Arc<ConfiguredWorkers> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The thread of a server that delivers what is due.
#[derive(Debug)]
pub struct Background(JoinHandle<()>);

impl Background {
    /// Blocks until it has ended.
    pub fn join(self) {
        // A panic was logged by the panic hook; the server stops all the same.
        let _ = self.0.join();
    }
}
