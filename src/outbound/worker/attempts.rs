//! Starts attempts: fills free slots with claims, and releases claims that must not be sent any more.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::super::endpoint_buffer::EndpointBuffer;
use super::super::run::WorkerError;
use super::super::slots::AttemptJob;
use super::WorkerState;
use crate::endpoint::MAX_CONCURRENCY;
use crate::store::{Claim, DeliveryId, FinishedAttempt, StoreError};

impl WorkerState<'_> {
    /// Fills free slots with claims, after the claims that have waited were checked again.
    pub(super) async fn start_attempts(&mut self) -> Result<(), WorkerError> {
        if self.outage.is_some() {
            // The store fails: claims can be neither checked again nor released.
            return Ok(());
        }
        if !self.may_start() {
            self.releases.add(self.buffers.values_mut().flat_map(EndpointBuffer::drain));
            self.release_unwanted();
            return Ok(());
        }
        self.recheck_stale().await?;
        let mut room = usize::from(MAX_CONCURRENCY).saturating_sub(self.slots.busy());
        let now = self.worker.clock.now();
        for buffer in self.buffers.values_mut() {
            let Some(endpoint_client) = buffer.endpoint_client.clone() else { continue };
            while room > 0
                && let Some(claim) = buffer.next()
            {
                room -= 1;
                self.started += 1;
                self.slots.start(AttemptJob {
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

    /// Asks the store whether claims that have waited are still to be sent, and releases those that are not.
    pub(super) async fn recheck_stale(&mut self) -> Result<(), WorkerError> {
        let now = Instant::now();
        if !self.buffers.values().any(|buffer| buffer.is_stale(now)) {
            return Ok(());
        }
        let stale: Vec<&Claim> = self.buffers.values().flat_map(|buffer| buffer.stale(now)).collect();
        let wanted = self.worker.store.still_wanted(self.run.id, &stale, self.worker.clock.now()).await?;
        let still_wanted: BTreeMap<DeliveryId, bool> = stale.iter().map(|claim| claim.delivery).zip(wanted).collect();
        self.releases.add(self.buffers.values_mut().flat_map(|buffer| buffer.retain_wanted(&still_wanted, now)));
        self.release_unwanted();
        Ok(())
    }

    pub(super) fn release_unwanted(&mut self) {
        self.releases.begin(self.worker.store.as_ref(), self.run.id, self.worker.clock.now());
    }

    pub(super) fn on_released(&mut self, gone: Result<(), StoreError>) {
        if self.releases.settle(gone) {
            self.release_unwanted();
        }
    }

    pub(super) fn on_attempt_finished(&mut self, finished: FinishedAttempt) {
        if let Some(buffer) = self.buffers.get_mut(&finished.claim.endpoint) {
            buffer.in_flight -= 1;
            buffer.unrecorded += 1;
            buffer.unsettled_outcomes += usize::from(finished.outcome.affects_endpoint());
        }
        if self.completed.is_empty() {
            self.first_completed_at = Instant::now();
        }
        self.completed.push(finished);
    }
}
