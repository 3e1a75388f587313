//! What a run has in hand for one endpoint: claims that wait for a slot, and requests in flight.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::EndpointClient;
use crate::endpoint::Endpoint;
use crate::store::{Claim, DeliveryId};

/// Claims held ready for a fast endpoint at most, so that a commit never makes a slot wait.
const LONGEST_RESERVE: usize = 192;
/// How long a claim may wait before it is looked at again.
const FRESH: Duration = Duration::from_millis(50);

/// An endpoint with what this run has in hand for it.
pub(super) struct EndpointBuffer {
    pub(super) endpoint: Endpoint,
    pub(super) endpoint_client: Option<Arc<EndpointClient>>,
    pub(super) in_flight: usize,
    /// Requests in flight at the same time.
    pub(super) slots: usize,
    /// Outcomes on their way to disk after which the endpoint may rest or be paused: until then nothing starts.
    pub(super) in_doubt: usize,
    /// Nothing was left to claim, as far as is known.
    pub(super) dry: bool,
    waiting: VecDeque<(Claim, Instant)>,
    /// How many claims to hold ready beyond as many as slots: more for an endpoint that is faster than the disk.
    reserve: usize,
}

impl EndpointBuffer {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            endpoint_client: None,
            in_flight: 0,
            slots: 0,
            in_doubt: 0,
            dry: false,
            waiting: VecDeque::new(),
            reserve: 0,
        }
    }

    /// Whether nothing is sent to it.
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
    pub(super) fn held(&self) -> usize {
        self.waiting.len() + self.in_flight
    }

    /// How many claims to hold ready beside those in flight.
    fn reserve(&self) -> usize {
        self.reserve.max(self.slots)
    }

    /// Whether a slot may stay empty unless more is claimed now.
    pub(super) fn is_hungry(&self) -> bool {
        !self.dry && !self.is_paused_or_unconfigured() && self.waiting.len() * 2 < self.reserve()
    }

    /// How many more claims it has use for.
    pub(super) fn wanted(&self) -> usize {
        if self.dry || self.is_paused_or_unconfigured() {
            0
        } else {
            (self.slots + self.reserve()).saturating_sub(self.held())
        }
    }

    pub(super) fn add(&mut self, claim: Claim, now: Instant) {
        self.waiting.push_back((claim, now));
    }

    /// Notes that of `wanted` claims `got` came, and whether that is all there was to look at.
    pub(super) fn fed(&mut self, wanted: usize, got: usize, all: bool) {
        self.dry = got < wanted && all;
        if self.waiting.is_empty() && got == wanted {
            self.reserve = (wanted * 2).min(LONGEST_RESERVE);
        }
    }

    /// The next claim to send, if one may be sent now.
    pub(super) fn next(&mut self) -> Option<Claim> {
        if !self.has_free_slots() || self.in_doubt > 0 {
            return None;
        }
        let (claim, _) = self.waiting.pop_front()?;
        self.in_flight += 1;
        Some(claim)
    }

    /// Takes all that waits out of the hand.
    pub(super) fn empty(&mut self) -> impl Iterator<Item = Claim> {
        self.waiting.drain(..).map(|(claim, _)| claim)
    }

    /// Whether the next claim to be sent has waited so long that it has to be looked at again; so have most behind it, then.
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        self.has_free_slots() && self.waiting.front().is_some_and(|(_, since)| now.duration_since(*since) > FRESH)
    }

    /// The claims that have waited so long, where one could be sent now.
    pub(super) fn stale(&self, now: Instant) -> impl Iterator<Item = &Claim> {
        let stale = move |since: &Instant| self.has_free_slots() && now.duration_since(*since) > FRESH;
        self.waiting.iter().filter(move |(_, since)| stale(since)).map(|(claim, _)| claim)
    }

    /// Keeps what is still wanted as if it had come now, and gives out what is not.
    pub(super) fn sift(&mut self, still_wanted: &BTreeMap<DeliveryId, bool>, now: Instant) -> Vec<Claim> {
        let mut unwanted = Vec::new();
        for (claim, since) in std::mem::take(&mut self.waiting) {
            let verdict = still_wanted.get(&claim.delivery);
            if verdict.is_some() {
                // It is slower than the disk: what it cannot take soon, others may.
                self.reserve = 0;
            }
            match verdict {
                Some(false) => unwanted.push(claim),
                Some(true) => self.waiting.push_back((claim, now)),
                None => self.waiting.push_back((claim, since)),
            }
        }
        unwanted
    }
}
