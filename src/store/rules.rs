//! The store's rules, apart from any database: what may be claimed, what a change does to the figures, what may be removed.
//! A backend reads and writes.

use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::delivery::{CircuitOpen, Next};
use crate::event::Resource;
use crate::store::codes::{DELIVERED, FAILED, READY, SOLO};
use crate::store::inbound::REMEMBERED;
use crate::store::{Counts, Prune, codes};

/// The number of a resource's lanes: 64 bits of a hash. Two resources that share one would merely wait for each other.
pub(crate) fn lane_of(resource: &Resource) -> i64 {
    let digest = Sha256::new().chain_update(&resource.kind).chain_update([0]).chain_update(&resource.id).finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_le_bytes(first)
}

/// The part of a delivery that figures depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CounterKey {
    pub(crate) state: i64,
    pub(crate) attempts: u32,
    pub(crate) failures: u32,
}

impl CounterKey {
    /// Adds it to the figures, or takes it away.
    pub(crate) fn count(self, counts: &mut Counts, by: i64) {
        match self.state {
            codes::PROCESSING => counts.processing += by,
            codes::DELIVERED => counts.delivered += by,
            codes::FAILED => counts.failed += by,
            _ => counts.pending += by,
        }
        if self.state == codes::FAILED || (self.failures > 0 && self.state != codes::DELIVERED) {
            counts.troubled += by;
            counts.troubled_attempts += by * i64::from(self.attempts);
        }
    }
}

/// How a next step is written: state and reason.
pub(crate) fn written(next: Next) -> (i64, Option<i64>) {
    match next {
        Next::Delivered => (DELIVERED, None),
        Next::RetryAt(_) => (READY, None),
        Next::RunAlone => (SOLO, None),
        Next::Failed(reason) => (FAILED, Some(codes::reason_code(reason))),
    }
}

/// How many deliveries of an endpoint may be claimed, of those wanted: none while it is held, one to probe an open circuit.
pub(crate) fn claimable(
    is_held: bool,
    open: Option<CircuitOpen>,
    is_probing: bool,
    wanted: usize,
    now: Timestamp,
) -> usize {
    match open {
        _ if is_held => 0,
        None => wanted,
        Some(open) if open.probe_due(now) && !is_probing => wanted.min(1),
        Some(_) => 0,
    }
}

/// Rates younger than this are never removed: the longest window that is judged by default.
const RATES_KEPT: std::time::Duration = std::time::Duration::from_hours(24);

/// Whether a prune removes a delivery. Asked within its transaction, so that what was replayed a moment ago stays.
pub(crate) fn is_prunable(state: i64, changed_at: Timestamp, what: &Prune) -> bool {
    let is_finished = matches!(state, DELIVERED | FAILED);
    is_finished && what.states.contains(&codes::state(state, false)) && changed_at < what.before
}

/// Before when rates may be removed: what health and the failure figures look at stays.
pub(crate) fn rates_pruned_before(before: Timestamp, now: Timestamp) -> Timestamp {
    before.min(now.minus(RATES_KEPT))
}

/// Before when ids that arrived may be removed: they are remembered for [`REMEMBERED`].
pub(crate) fn ids_pruned_before(before: Timestamp, now: Timestamp) -> Timestamp {
    before.min(now.minus(REMEMBERED))
}
