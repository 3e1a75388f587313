//! Claims: how many to request, and distributing them to the buffers.

use std::time::Duration;

use tokio::time::Instant;

use super::super::endpoint_buffer::EndpointBuffer;
use super::super::run::StopRequest;
use super::WorkerState;
use crate::store::{AdvanceResult, ClaimRequest};

/// How often a busy worker polls for new deliveries for slots that are free.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(100);

impl WorkerState<'_> {
    pub(super) fn wants(&self) -> ClaimRequest {
        let claimed = self.buffers.values().map(EndpointBuffer::claimed_count).sum::<usize>();
        if !self.may_start() || (self.solo && claimed > 0) {
            return ClaimRequest::default();
        }
        let mut allowed = self.allowance();
        let mut endpoints = Vec::new();
        let only = self.worker.options.endpoint;
        for (id, buffer) in self.buffers.iter().filter(|(id, _)| only.is_none_or(|only| only == **id)) {
            let wanted = buffer.wanted().min(allowed);
            if wanted > 0 {
                allowed -= wanted;
                endpoints.push((*id, wanted));
            }
        }
        // A delivery that must run alone may be for any endpoint.
        ClaimRequest { endpoints, idle: claimed == 0 && only.is_none(), only: self.worker.options.only.clone() }
    }

    /// Whether new requests may begin.
    pub(super) fn may_start(&self) -> bool {
        let in_time = self.deadline.is_none_or(|deadline| Instant::now() < deadline);
        self.stopping() == StopRequest::No && in_time && self.outage.is_none()
    }

    /// How many more claims `--limit` allows.
    pub(super) fn allowance(&self) -> usize {
        let waiting = self.buffers.values().map(|buffer| buffer.waiting() as u64).sum::<u64>();
        match self.worker.options.limit {
            None => usize::MAX,
            Some(limit) => usize::try_from(limit.saturating_sub(self.started + waiting)).unwrap_or(usize::MAX),
        }
    }

    pub(super) fn accept_claims(&mut self, advanced: AdvanceResult) {
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

    /// Whether a slot is free for a delivery that was emitted a moment ago.
    pub(super) fn has_room_for_more(&self) -> bool {
        let could_send = |buffer: &EndpointBuffer| {
            buffer.exhausted && !buffer.is_paused_or_unconfigured() && buffer.has_free_slots()
        };
        self.slots.busy() > 0 && self.buffers.values().any(could_send)
    }

    pub(super) fn poll_claims(&mut self) {
        self.poll_at = Instant::now() + POLL_INTERVAL;
        self.buffers.values_mut().for_each(|buffer| buffer.exhausted = false);
    }
}
