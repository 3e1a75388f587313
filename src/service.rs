//! Runs a worker from start to end: registers the run in the store, works, records its end.
//!
//! `process`, `sync`, `serve` and `demo` all run the worker through here. [`alerts`] watches for incidents meanwhile.

pub mod alerts;
mod background;
pub mod consumers;
pub mod failure_clusters;
pub mod figures;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::clock::Clock;
use crate::outbound::Keyring;
use crate::outbound::http::Connector;
use crate::outbound::run::{RunOptions, RunSummary, StopRequest, WorkerError};
use crate::outbound::worker::{AttemptObserver, Worker};
use crate::store::{RunStats, Store};

pub use background::{Background, Deliveries, OnAttempt};

/// What the runs of one configuration share: queue, clock, secrets, HTTP client.
#[derive(Clone)]
pub struct WorkerConfig {
    /// The queue.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The keys that sign.
    pub keyring: Arc<dyn Keyring>,
    /// The HTTP client.
    pub client: Arc<Connector>,
}

impl fmt::Debug for WorkerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WorkerConfig")
    }
}

/// What a run did, and how long it took.
#[derive(Clone, Copy, Debug)]
pub struct RunReport {
    /// What it did, and why it ended.
    pub summary: RunSummary,
    /// How long it took.
    pub took: Duration,
}

impl WorkerConfig {
    /// Runs a worker until `options` or `stop` end it, and records its end with the exit code that `exit_code` makes of it.
    ///
    /// If the end cannot be recorded after a failure, the run's row and its claims are left to the next reap.
    pub async fn run(
        &self,
        command: &str,
        options: RunOptions,
        observer: AttemptObserver,
        stop: watch::Receiver<StopRequest>,
        exit_code: impl FnOnce(&Result<RunSummary, WorkerError>) -> i64,
    ) -> Result<RunReport, WorkerError> {
        let began = Instant::now();
        let run = self.store.begin_run(command, self.clock.now()).await?;
        let worker = Worker {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            keyring: Arc::clone(&self.keyring),
            client: Arc::clone(&self.client),
            options,
            observer,
        };
        let done = worker.run(&run, stop).await;
        let stats = done.as_ref().map_or(RunStats::default(), |summary| summary.stats);
        let ended = self.store.end_run(&run, stats, exit_code(&done), self.clock.now()).await;
        let summary = done?;
        ended?;
        Ok(RunReport { summary, took: began.elapsed() })
    }
}
