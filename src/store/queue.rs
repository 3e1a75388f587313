//! What goes into the queue, what a worker takes out of it, and what it brings back.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{Result, StoreError};
use crate::clock::Timestamp;
use crate::delivery::{History, Next, Outcome, Trigger};
use crate::endpoint::{Endpoint, EndpointId};
use crate::event::{Draft, Event, EventId, Traceparent};

/// The number of a delivery, which grows in the order of emission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId(pub i64);

/// The number of a worker's run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub i64);

/// A registered run of a worker. It holds a lock that proves to other processes that the run is alive.
pub struct Run {
    /// Its row.
    pub id: RunId,
    /// Holds the lock; dropped last.
    pub(crate) _lock: Box<dyn Send + Sync>,
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Run({})", self.id.0)
    }
}

/// A lock of the queue that only one process holds at a time, such as for `process --single`; dropped, it is free.
pub struct NamedLock {
    pub(super) _lock: Box<dyn Send + Sync>,
}

impl fmt::Debug for NamedLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NamedLock")
    }
}

/// How many attempts a run made, and what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunStats {
    /// Attempts made.
    pub claimed: u64,
    /// Of those, answered with a 2xx.
    pub delivered: u64,
    /// Of those, to be tried again.
    pub retried: u64,
    /// Of those, the delivery's last.
    pub failed: u64,
}

/// What emitting one event did: the stored event, and its deliveries.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The stored event.
    pub event: Event,
    /// Deliveries made for it, or for its first emission.
    pub deliveries: u64,
    /// Whether it was stored already.
    pub duplicate: bool,
}

/// What emitting a batch did: how many events were stored, known already, or in conflict.
#[derive(Clone, Debug, Default)]
pub struct EnqueueResult {
    /// The first draft's receipt.
    pub first: Option<Receipt>,
    /// Events stored by this call.
    pub accepted: u64,
    /// Drafts that were stored already.
    pub duplicates: u64,
    /// Events stored that no endpoint wants.
    pub unwanted: u64,
    /// Positions, from 0, of drafts whose id is taken by another content (only when those are skipped); the first 1,000.
    pub conflicts: Vec<(u64, EventId)>,
    /// How many conflicts there were.
    pub conflicted: u64,
}

/// The events of a batch on their way into the queue, one after the other, so that the batch never has to fit into
/// memory.
pub type Drafts = Box<dyn Iterator<Item = Result<Draft>> + Send>;

/// A delivery that a run has reserved for itself, with all that sending it takes.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Where it goes.
    pub endpoint: EndpointId,
    /// The attempt's number, counted from 1 and on after a replay; with the run it fences every write.
    pub number: u32,
    /// Why it is made.
    pub trigger: Trigger,
    /// The event's id.
    pub event_id: EventId,
    /// The event's type.
    pub event_type: Arc<str>,
    /// The event's place in a trace.
    pub traceparent: Option<Traceparent>,
    /// The bytes to sign and send.
    pub body: Bytes,
    /// Whether nothing else may be in flight beside it.
    pub solo: bool,
    pub(crate) lane: i64,
    pub(crate) kind: i64,
    pub(crate) history: History,
    pub(crate) failures: u32,
}

/// An attempt that was made and what came of it, to be recorded.
#[derive(Clone, Debug)]
pub struct FinishedAttempt {
    /// What was attempted.
    pub claim: Claim,
    /// What it came to.
    pub outcome: Outcome,
    /// When the request began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How long it took, by a clock that never jumps.
    pub took: Duration,
    /// What happened in words: `HTTP 503`, `connect: connection refused`.
    pub detail: String,
    /// The beginning of the response body.
    pub response: Bytes,
    /// A random number in `0.0..1.0` that spreads retries.
    pub jitter: f64,
}

/// Whether an attempt's outcome was stored and what the delivery does next, or that another run owned the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordResult {
    /// It is on disk, and this follows.
    Written(Next),
    /// The run no longer owned the delivery; nothing was written.
    Lost,
}

/// How many deliveries a worker has room for, endpoint by endpoint.
#[derive(Clone, Debug, Default)]
pub struct ClaimRequest {
    /// For each endpoint with room, how many.
    pub endpoints: Vec<(EndpointId, usize)>,
    /// Whether the worker holds no claims once the outcomes it brings are recorded. Only then is it given a
    /// delivery that must run alone.
    pub idle: bool,
    /// Only these deliveries, where some are named; what is claimed of them is due and first of its resource as ever.
    pub only: Option<Arc<[DeliveryId]>>,
}

/// What a worker's transaction did: outcomes that were recorded, and deliveries that were claimed.
#[derive(Clone, Debug)]
pub struct AdvanceResult {
    /// What became of each outcome, in the order given.
    pub recorded: Vec<RecordResult>,
    /// New claims.
    pub claims: Vec<Claim>,
    /// Whether a delivery waits to run alone, so that nothing else was claimed.
    pub solo_waits: bool,
    /// Whether the transaction ended before all that is queued was looked at, though less was claimed than wanted.
    pub cut_short: bool,
    /// The endpoints as they stand now; the same allocation as long as nothing a worker heeds has changed.
    pub endpoints: Arc<Vec<Endpoint>>,
}

/// What a worker with nothing to do waits for: the next retry, rate or probe, and whether it is worth it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdleInfo {
    /// The earliest time something is due at an endpoint whose circuit is closed and that is not paused.
    pub next_due: Option<Timestamp>,
    /// The earliest time at which the rate of an endpoint allows what is due to it now.
    pub rate_limited_until: Option<Timestamp>,
    /// The earliest probe of an endpoint whose circuit is open and that has something pending.
    pub next_probe: Option<Timestamp>,
    /// Whether that probe is worth waiting for: see [`CircuitOpen::worth_waiting`](crate::delivery::CircuitOpen::worth_waiting).
    pub probe_worth_waiting: bool,
    /// Pending deliveries of endpoints that rest.
    pub resting: u64,
    /// Deliveries that other runs hold.
    pub elsewhere: u64,
}

/// Conflicts that are remembered one by one.
const CONFLICTS_NAMED: usize = 1_000;

impl EnqueueResult {
    /// Adds what came of the next draft. An id that is taken by another content is left out where `skip_conflicts` says so; it
    /// fails the batch otherwise, as every other error does.
    pub(super) fn add(&mut self, result: Result<Receipt>, skip_conflicts: bool) -> Result<()> {
        match result {
            Ok(receipt) => self.add_stored(receipt),
            Err(StoreError::Conflict(id)) if skip_conflicts => self.skip(id),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn add_stored(&mut self, receipt: Receipt) {
        if receipt.duplicate {
            self.duplicates += 1;
        } else {
            self.accepted += 1;
            self.unwanted += u64::from(receipt.deliveries == 0);
        }
        self.first.get_or_insert(receipt);
    }

    fn skip(&mut self, id: EventId) {
        let position = self.accepted + self.duplicates + self.conflicted;
        self.conflicted += 1;
        if self.conflicts.len() < CONFLICTS_NAMED {
            self.conflicts.push((position, id));
        }
    }
}
