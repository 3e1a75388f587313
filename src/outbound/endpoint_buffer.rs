//! The buffer of an endpoint: claims that wait for a slot, and the number in flight.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::EndpointClient;
use crate::endpoint::Endpoint;
use crate::store::{Claim, DeliveryId};

/// The most claims that a fast endpoint has with prefetched ones, so that no slot waits for a commit. A server's row holds as many.
const MAX_CLAIMS: usize = 320;
/// How long a claim may wait before the store is asked whether it is still to be sent.
const RECHECK_AFTER: Duration = Duration::from_millis(50);

/// The claims that a run has for one endpoint and has not sent yet.
pub(super) struct EndpointBuffer {
    pub(super) endpoint: Endpoint,
    pub(super) endpoint_client: Option<Arc<EndpointClient>>,
    pub(super) in_flight: usize,
    /// The most requests in flight.
    pub(super) slots: usize,
    /// Outcomes not yet committed that may open the circuit or pause the endpoint: until they are, nothing is sent.
    pub(super) unsettled_outcomes: usize,
    /// Outcomes that no transaction records yet.
    pub(super) unrecorded: usize,
    /// Whether the last request for claims returned fewer than it asked for: then nothing more is due.
    pub(super) exhausted: bool,
    waiting: VecDeque<(Claim, Instant)>,
    /// The number of claims to prefetch if that is more than `slots`, for an endpoint that is faster than the disk.
    prefetch: usize,
    /// Claims sent since the last transaction began.
    sent: usize,
    /// Claims that were sent while the last transaction was under way.
    sent_during_commit: usize,
}

impl EndpointBuffer {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            endpoint_client: None,
            in_flight: 0,
            slots: 0,
            unsettled_outcomes: 0,
            unrecorded: 0,
            exhausted: false,
            waiting: VecDeque::new(),
            prefetch: 0,
            sent: 0,
            sent_during_commit: 0,
        }
    }

    /// Whether nothing may be sent: the endpoint is paused or not configured, or has no secret to sign with.
    pub(super) fn is_paused_or_unconfigured(&self) -> bool {
        self.endpoint.is_paused_or_unconfigured() || self.endpoint_client.is_none()
    }

    pub(super) fn has_free_slots(&self) -> bool {
        self.in_flight < self.slots
    }

    /// How many claims wait for a slot.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Claims waiting and in flight.
    pub(super) fn claimed_count(&self) -> usize {
        self.waiting.len() + self.in_flight
    }

    /// The number of claims to keep waiting beside those in flight: none if a rate limit counts claims as requests.
    fn prefetch(&self) -> usize {
        if self.endpoint.settings.rate.is_some() { 0 } else { self.prefetch.max(self.slots) }
    }

    /// Whether a slot may run out of claims unless more are claimed now: half of those to keep are left, or fewer than the last
    /// transaction took to bring more, as long as it is worth a transaction.
    pub(super) fn needs_claims(&self) -> bool {
        let (waiting, prefetch) = (self.waiting.len(), self.prefetch());
        let is_slow = waiting < self.sent_during_commit && waiting * 4 < prefetch * 3;
        let runs_out = waiting * 2 < prefetch || is_slow || (waiting == 0 && self.has_free_slots());
        !self.exhausted && !self.is_paused_or_unconfigured() && runs_out
    }

    /// Whether nothing is idle while outcomes wait to be recorded: a claim waits for every slot that gets free.
    pub(super) fn lets_outcomes_wait(&self) -> bool {
        self.unsettled_outcomes == 0 && (self.unrecorded == 0 || !self.waiting.is_empty())
    }

    /// A transaction begins, which records every outcome so far.
    pub(super) fn begin_commit(&mut self) {
        self.unrecorded = 0;
        self.sent = 0;
    }

    /// The transaction ended.
    pub(super) fn end_commit(&mut self) {
        self.sent_during_commit = self.sent;
    }

    /// How many more claims to ask for.
    pub(super) fn wanted(&self) -> usize {
        if self.exhausted || self.is_paused_or_unconfigured() {
            0
        } else {
            (self.slots + self.prefetch()).saturating_sub(self.claimed_count())
        }
    }

    pub(super) fn add(&mut self, claim: Claim, now: Instant) {
        self.waiting.push_back((claim, now));
    }

    /// Records that `got` of `wanted` claims were returned, and whether the store looked at everything that is due.
    pub(super) fn record_claimed(&mut self, wanted: usize, got: usize, all: bool) {
        self.exhausted = got < wanted && all;
        if self.waiting.is_empty() && got == wanted {
            self.prefetch = (wanted * 2).min(MAX_CLAIMS.saturating_sub(self.slots));
        }
    }

    /// The next claim to send, if a slot is free and nothing is unsettled.
    pub(super) fn next(&mut self) -> Option<Claim> {
        if !self.has_free_slots() || self.unsettled_outcomes > 0 {
            return None;
        }
        let (claim, _) = self.waiting.pop_front()?;
        self.in_flight += 1;
        self.sent += 1;
        Some(claim)
    }

    /// Closes the connections that have been idle for too long.
    pub(super) fn evict_idle_connections(&self) {
        if let Some(client) = &self.endpoint_client {
            client.evict_idle();
        }
    }

    /// Removes all waiting claims.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Claim> {
        self.waiting.drain(..).map(|(claim, _)| claim)
    }

    /// Whether the next claim could be sent but has waited longer than [`RECHECK_AFTER`].
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        self.has_free_slots()
            && self.waiting.front().is_some_and(|(_, since)| now.duration_since(*since) > RECHECK_AFTER)
    }

    /// The claims that have waited longer than [`RECHECK_AFTER`], if one could be sent now.
    pub(super) fn stale(&self, now: Instant) -> impl Iterator<Item = &Claim> {
        let stale = move |since: &Instant| self.has_free_slots() && now.duration_since(*since) > RECHECK_AFTER;
        self.waiting.iter().filter(move |(_, since)| stale(since)).map(|(claim, _)| claim)
    }

    /// Keeps the claims that are still wanted, as if claimed now, and returns the others.
    pub(super) fn retain_wanted(&mut self, still_wanted: &BTreeMap<DeliveryId, bool>, now: Instant) -> Vec<Claim> {
        let mut unwanted = Vec::new();
        for (claim, since) in std::mem::take(&mut self.waiting) {
            let wanted = still_wanted.get(&claim.delivery);
            if wanted.is_some() {
                // The endpoint is slower than the disk: other workers may take what it cannot take soon.
                self.prefetch /= 2;
            }
            match wanted {
                Some(false) => unwanted.push(claim),
                Some(true) => self.waiting.push_back((claim, now)),
                None => self.waiting.push_back((claim, since)),
            }
        }
        unwanted
    }
}
