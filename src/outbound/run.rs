//! A run: how it is asked to go about it, and how it ended.

use std::time::Duration;

use super::change_listener::SLOW_POLL;
use crate::clock::Timestamp;
use crate::store::{Outlook, StoreError, Tally};

/// How often an idle worker looks whether other workers died.
pub(super) const WATCH_OTHERS: Duration = Duration::from_secs(1);
/// How often it looks whether another worker is done with what it holds.
const WATCH_CLOSELY: Duration = Duration::from_millis(100);

/// When a run ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// When nothing is due.
    NothingDue,
    /// When nothing is pending but for endpoints that rest, here or in other live processes.
    NothingPending,
    /// Never.
    Stopped,
    /// Never; what is due is looked for at least so often, even if nothing announces it.
    Polling(Duration),
}

impl Until {
    /// How long a run with nothing to do waits for what may become due; `None` when it is done.
    pub(super) fn wait(self, outlook: &Outlook, now: Timestamp) -> Option<Duration> {
        let due = outlook.next_due.map(|at| at.since(now));
        let probe = outlook.next_probe.map(|at| at.since(now));
        let soonest = || [due, probe].into_iter().flatten().min();
        match self {
            Self::NothingDue => None,
            Self::NothingPending => {
                let probe = probe.filter(|_| outlook.probe_worth_waiting);
                let others = (outlook.elsewhere > 0).then_some(WATCH_CLOSELY);
                // Another worker may die meanwhile, or give back what it did not send.
                [due, probe, others].into_iter().flatten().min().map(|wait| wait.min(WATCH_OTHERS))
            }
            Self::Stopped => Some(soonest().unwrap_or(SLOW_POLL).min(SLOW_POLL)),
            Self::Polling(every) => Some(soonest().unwrap_or(every).min(every)),
        }
    }
}

/// How a run goes about it.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// When it ends.
    pub until: Until,
    /// Attempts it makes at most.
    pub limit: Option<u64>,
    /// Requests in flight to each endpoint, in place of the endpoint's own setting.
    pub concurrency: Option<u16>,
    /// How long it may start requests.
    pub max_time: Option<Duration>,
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Nothing.
    #[default]
    No,
    /// Start nothing new; let requests in flight end.
    Drain,
    /// Leave now.
    Now,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What it did.
    pub tally: Tally,
    /// Whether a signal ended it.
    pub stopped: Stop,
    /// Attempts begun whose outcome is not recorded, because it ended at once.
    pub interrupted: u64,
    /// Deliveries left pending because their endpoint rests.
    pub resting: u64,
    /// Whether `limit` or `max_time` ended it.
    pub limited: bool,
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The queue failed before anything was in hand.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Attempts were made whose outcome could not be stored. They will be made again, under the same ids.
    #[error("failed to record what became of {attempts} attempts{}", arrived(.delivered))]
    Unrecorded {
        /// How many attempts.
        attempts: usize,
        /// The ids of the events that arrived.
        delivered: Vec<String>,
        /// What the queue said last.
        source: StoreError,
    },
}

fn arrived(delivered: &[String]) -> String {
    if delivered.is_empty() { String::new() } else { format!("; delivered but unrecorded: {}", delivered.join(", ")) }
}
