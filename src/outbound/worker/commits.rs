//! Commits: outcomes are recorded in batches, at most one transaction under way, each bringing new claims.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::super::endpoint_buffer::EndpointBuffer;
use super::super::run::WorkerError;
use super::WorkerState;
use crate::delivery::{CircuitOpen, Next, Outcome};
use crate::store::{AdvanceResult, RecordResult, StoreError};

/// How long outcomes that could not be stored are kept and tried again.
const STORE_OUTAGE_LIMIT: Duration = Duration::from_secs(20);
/// The pause between those tries.
const STORE_RETRY_DELAY: Duration = Duration::from_millis(200);
/// Outcomes that are committed without waiting for more.
const MAX_BATCH: usize = 128;
/// How long the first outcome of a batch waits for others.
const BATCH_DELAY: Duration = Duration::from_millis(4);
/// How long it waits if nothing is idle meanwhile: a transaction costs much the same however many it records.
const LONG_BATCH_DELAY: Duration = Duration::from_millis(16);

/// A time in which the store takes no outcomes: since when, and how long the worker still waits.
pub(super) struct StoreOutage {
    since: Instant,
    retry_at: Instant,
    pub(super) cause: StoreError,
}

impl WorkerState<'_> {
    /// Begins a transaction unless one is under way: it records the outcomes that wait, and claims for the slots that will be
    /// free.
    pub(super) fn commit(&mut self) {
        let now = Instant::now();
        if self.pending_commit.is_some() || self.retry_at().is_some_and(|at| now < at) {
            return;
        }
        let wants = self.wants();
        let needs_claims = !wants.endpoints.is_empty() && self.buffers.values().any(EndpointBuffer::needs_claims);
        let may_wait = self.batch_until().is_some_and(|at| now < at) && self.completed.len() < MAX_BATCH;
        let waiting = !self.completed.is_empty() && !may_wait;
        if !(needs_claims || waiting || self.outage.is_some()) {
            return;
        }
        if self.outage.is_none() {
            self.recording = Arc::new(std::mem::take(&mut self.completed));
        }
        self.requested.clone_from(&wants.endpoints);
        self.buffers.values_mut().for_each(EndpointBuffer::begin_commit);
        let now = self.worker.clock.now();
        self.pending_commit =
            Some(Box::pin(self.worker.store.advance(self.run.id, Arc::clone(&self.recording), wants, now)));
    }

    /// When the outcomes that wait are to be committed, full batch or not.
    pub(super) fn batch_until(&self) -> Option<Instant> {
        let wait = || match self.slots.busy() {
            // Without requests in flight no other outcome will follow.
            0 => Duration::ZERO,
            _ if self.buffers.values().all(EndpointBuffer::lets_outcomes_wait) => LONG_BATCH_DELAY,
            _ => BATCH_DELAY,
        };
        (self.pending_commit.is_none() && !self.completed.is_empty() && self.outage.is_none())
            .then(|| self.first_completed_at + wait())
    }

    pub(super) fn retry_at(&self) -> Option<Instant> {
        self.outage.as_ref().filter(|_| self.pending_commit.is_none()).map(|outage| outage.retry_at)
    }

    pub(super) fn on_commit(&mut self, advanced: Result<AdvanceResult, StoreError>) -> Result<(), WorkerError> {
        self.pending_commit = None;
        self.buffers.values_mut().for_each(EndpointBuffer::end_commit);
        match advanced {
            Ok(advanced) => {
                if self.outage.take().is_some() {
                    tracing::warn!("outcomes are recorded again");
                }
                self.report_recorded(&advanced);
                self.sync_endpoints(Arc::clone(&advanced.endpoints));
                self.accept_claims(advanced);
                Ok(())
            }
            Err(error) => self.retry_after_store_error(error),
        }
    }

    pub(super) fn report_recorded(&mut self, advanced: &AdvanceResult) {
        let recording = std::mem::take(&mut self.recording);
        for (finished, recorded) in recording.iter().zip(&advanced.recorded) {
            self.summary.stats.claimed += 1;
            // The next delivery of its resource is due now.
            if let Some(buffer) = self.buffers.get_mut(&finished.claim.endpoint) {
                buffer.exhausted = false;
                buffer.unsettled_outcomes -= usize::from(finished.outcome.affects_endpoint());
            }
            match recorded {
                RecordResult::Written(Next::Delivered) => self.summary.stats.delivered += 1,
                RecordResult::Written(Next::RetryAt(_) | Next::RunAlone) => self.summary.stats.retried += 1,
                RecordResult::Written(Next::Failed(_)) => self.summary.stats.failed += 1,
                RecordResult::Lost => {
                    tracing::warn!(event = %finished.claim.event_id, "the claim was lost before its outcome was recorded");
                }
            }
            let endpoint = advanced.endpoints.iter().find(|endpoint| endpoint.id == finished.claim.endpoint);
            let open = endpoint.and_then(|endpoint| endpoint.circuit.open);
            (self.worker.observer)(finished, not_before_probe(*recorded, open));
        }
    }

    /// Keeps outcomes that could not be stored and tries again, for a while.
    pub(super) fn retry_after_store_error(&mut self, error: StoreError) -> Result<(), WorkerError> {
        let nothing_to_lose = self.recording.is_empty() && self.completed.is_empty() && self.slots.busy() == 0;
        if nothing_to_lose || matches!(error, StoreError::RunEnded) {
            return Err(error.into());
        }
        let now = Instant::now();
        let since = self.outage.as_ref().map_or(now, |outage| outage.since);
        if now.duration_since(since) > STORE_OUTAGE_LIMIT {
            return Err(self.unrecorded(error));
        }
        if self.outage.is_none() {
            let limit = STORE_OUTAGE_LIMIT.as_secs();
            tracing::warn!(%error, "failed to record outcomes, trying again for {limit} seconds");
        }
        self.outage = Some(StoreOutage { since, retry_at: now + STORE_RETRY_DELAY, cause: error });
        Ok(())
    }

    pub(super) fn unrecorded(&self, source: StoreError) -> WorkerError {
        let made = self.recording.iter().chain(&self.completed);
        let delivered = made
            .clone()
            .filter(|finished| matches!(finished.outcome, Outcome::Delivered { .. }))
            .map(|finished| finished.claim.event_id.to_string())
            .collect();
        WorkerError::Unrecorded { attempts: made.count(), delivered, source }
    }
}

/// The recorded outcome with the real time of the retry: not before the next probe of an open circuit.
fn not_before_probe(recorded: RecordResult, open: Option<CircuitOpen>) -> RecordResult {
    match (recorded, open) {
        (RecordResult::Written(Next::RetryAt(at)), Some(open)) => {
            RecordResult::Written(Next::RetryAt(at.max(open.until)))
        }
        _ => recorded,
    }
}
