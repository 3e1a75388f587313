//! The options of a run, and its summary.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::endpoint::EndpointId;
use crate::store::{DeliveryId, IdleInfo, RunStats, StoreError};

/// How often a worker looks for runs that died.
pub(super) const REAP_INTERVAL: Duration = Duration::from_secs(1);
/// How often an idle worker checks whether other runs finished their claims.
const ELSEWHERE_INTERVAL: Duration = Duration::from_millis(100);
/// How long an idle worker sleeps when no change is announced.
const SLOW_POLL: Duration = Duration::from_secs(5);

/// When a run ends by itself: when nothing is due, when all is delivered, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunUntil {
    /// When nothing is due.
    NothingDue,
    /// When nothing is pending, here or in other live processes, but for endpoints whose circuit is open.
    NothingPending,
    /// Never.
    Stopped,
    /// Never; polls at least so often for what is due, even if no change is announced.
    Polling(Duration),
}

impl RunUntil {
    /// How long an idle run waits for what may become due; `None` when it is done.
    pub(super) fn wait(self, idle: &IdleInfo, now: Timestamp) -> Option<Duration> {
        let due = idle.next_due.map(|at| at.since(now));
        let probe = idle.next_probe.map(|at| at.since(now));
        let soonest = || [due, probe].into_iter().flatten().min();
        match self {
            // Due deliveries that wait for a rate limit are waited for.
            Self::NothingDue => idle.rate_limited_until.map(|at| at.since(now)),
            Self::NothingPending => {
                let probe = probe.filter(|_| idle.probe_worth_waiting);
                let others = (idle.elsewhere > 0).then_some(ELSEWHERE_INTERVAL);
                // Another worker may die meanwhile, or release claims.
                [due, probe, others].into_iter().flatten().min().map(|wait| wait.min(REAP_INTERVAL))
            }
            Self::Stopped => Some(soonest().unwrap_or(SLOW_POLL).min(SLOW_POLL)),
            Self::Polling(every) => Some(soonest().unwrap_or(every).min(every)),
        }
    }
}

/// The limits of a run: until when, how many attempts, how long, how many in flight.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// When it ends by itself.
    pub until: RunUntil,
    /// Attempts it makes at most.
    pub limit: Option<u64>,
    /// The most requests in flight to each endpoint, in place of the endpoint's own setting.
    pub concurrency: Option<u16>,
    /// How long it may start requests.
    pub max_time: Option<Duration>,
    /// The only endpoint it sends to.
    pub endpoint: Option<EndpointId>,
    /// The only deliveries it sends.
    pub only: Option<Arc<[DeliveryId]>>,
}

/// How a run is asked to stop: let requests in flight end, or leave at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopRequest {
    /// Nothing.
    #[default]
    No,
    /// Start nothing new; let requests in flight end.
    Drain,
    /// End now; requests in flight are abandoned.
    Now,
}

/// What a run did, and why it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunSummary {
    /// Its counts of attempts.
    pub stats: RunStats,
    /// Whether a signal ended it.
    pub stopped: StopRequest,
    /// Attempts begun whose outcome is not recorded, because it ended at once.
    pub interrupted: u64,
    /// Deliveries left pending because their endpoint's circuit is open.
    pub resting: u64,
    /// Whether `limit` or `max_time` ended it.
    pub limited: bool,
}

/// Why a run could not go on.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WorkerError {
    /// The store failed while no attempt was unrecorded.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The async runtime could not be started, or failed.
    #[error("failed to run the network runtime: {0}")]
    Runtime(String),
    /// Attempts were made whose outcome could not be stored. They will be made again, with the same event ids.
    #[error("failed to record the outcome of {attempts} attempts{}", arrived(.delivered))]
    Unrecorded {
        /// How many attempts.
        attempts: usize,
        /// The ids of the events that were delivered.
        delivered: Vec<String>,
        /// The store's last error.
        source: StoreError,
    },
}

fn arrived(delivered: &[String]) -> String {
    if delivered.is_empty() { String::new() } else { format!("; delivered but unrecorded: {}", delivered.join(", ")) }
}
