//! The idle worker: ends or waits, and reaps dead runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::super::endpoint_buffer::EndpointBuffer;
use super::super::run::{REAP_INTERVAL, RunSummary, StopRequest, WorkerError};
use super::WorkerState;
use crate::store::{EndpointFigures, IdleInfo, StoreError};

/// The pause before asking again for deliveries that are due and could not be claimed.
const CLAIM_RETRY_DELAY: Duration = Duration::from_millis(200);

impl WorkerState<'_> {
    /// Whether nothing is in flight, nothing waits to be recorded, and nothing is left to claim.
    pub(super) fn is_idle(&self) -> bool {
        self.pending_commit.is_none()
            && self.outage.is_none()
            && self.idle_until.is_none()
            && self.slots.busy() == 0
            && self.completed.is_empty()
    }

    /// Ends the run, or decides how long to wait.
    pub(super) async fn wait_or_leave(&mut self) -> Result<Option<RunSummary>, WorkerError> {
        if !self.may_start() || self.allowance() == 0 {
            self.summary.limited = self.stopping() == StopRequest::No;
            return Ok(Some(self.summarise(IdleInfo::default())));
        }
        if self.reap().await? {
            return Ok(None);
        }
        let now = self.worker.clock.now();
        let mut idle = self.worker.store.idle_info(self.run.id, now).await?;
        // Rate limits of other endpoints do not matter.
        if let Some(only) = self.worker.options.endpoint {
            let figures = self.worker.store.figures(now).await?;
            let is_limited = |row: &&EndpointFigures| row.endpoint.settings.rate.is_some() && row.oldest_due.is_some();
            let own = figures.endpoints.iter().filter(|row| row.endpoint.id == only).find(is_limited);
            idle.rate_limited_until = own.map(|row| row.endpoint.rate_limited_until(now).unwrap_or(now));
        }
        if self.worker.options.only.is_some() {
            idle.rate_limited_until = None;
        }
        let wait = self.worker.options.until.wait(&idle, now);
        // Due deliveries that could not be claimed just now belong to another run: asking again at once would not help.
        self.idle_until = wait.map(|wait| Instant::now() + if wait.is_zero() { CLAIM_RETRY_DELAY } else { wait });
        Ok(wait.is_none().then(|| self.summarise(idle)))
    }

    /// Frees claims of dead runs and queues events whose time has come. Returns whether there were any.
    pub(super) async fn reap(&mut self) -> Result<bool, WorkerError> {
        self.reap_at = Instant::now() + REAP_INTERVAL;
        self.release_unwanted();
        self.buffers.values().for_each(EndpointBuffer::evict_idle_connections);
        let due_again = match self.free_and_queue().await {
            Ok(changed) => changed > 0,
            // Attempts are in flight: the next commit finds out whether the store still fails.
            Err(_) if self.slots.busy() > 0 || self.pending_commit.is_some() => false,
            Err(error) => return Err(error.into()),
        };
        if due_again {
            self.wake_up().await?;
        }
        Ok(due_again)
    }

    /// Frees the claims of runs that died, and queues events whose time has come.
    async fn free_and_queue(&self) -> Result<u64, StoreError> {
        let now = self.worker.clock.now();
        Ok(self.worker.store.reap(now).await? + self.worker.store.queue_scheduled(now).await?)
    }

    /// Requests claims for every endpoint again, because something may be due. The transaction that claims tells how the endpoints
    /// stand; they are read only where nothing can be asked for without that.
    pub(super) async fn wake_up(&mut self) -> Result<(), WorkerError> {
        self.idle_until = None;
        self.buffers.values_mut().for_each(|buffer| buffer.exhausted = false);
        if self.wants().endpoints.is_empty() {
            self.sync_endpoints(Arc::new(self.worker.store.endpoints().await?));
        }
        Ok(())
    }

    pub(super) fn summarise(&mut self, idle: IdleInfo) -> RunSummary {
        self.summary.stopped = self.stopping();
        self.summary.interrupted = self.started - self.summary.stats.claimed;
        self.summary.resting = idle.resting;
        self.summary
    }
}
