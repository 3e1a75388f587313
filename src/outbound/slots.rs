//! Slots: tasks that each make one attempt at a time.
//!
//! They are spawned when first needed and then kept: spawning a task for each attempt costs as much as sending it.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::EndpointClient;
use super::http::AttemptResult;
use crate::clock::{Clock, Timestamp};
use crate::delivery::Outcome;
use crate::store::{Claim, FinishedAttempt};

/// An attempt that is to be made: the claim, and the client of its endpoint.
pub(super) struct AttemptJob {
    pub(super) endpoint_client: Arc<EndpointClient>,
    pub(super) claim: Claim,
    /// How long the attempt may take, everything included.
    pub(super) limit: Duration,
    pub(super) started_at: Timestamp,
    /// See [`FinishedAttempt::jitter`].
    pub(super) jitter: f64,
}

/// An attempt that was made, and the slot that it leaves free.
struct CompletedAttempt {
    slot: UnboundedSender<AttemptJob>,
    finished: FinishedAttempt,
}

/// The attempts that a worker has under way, at most as many as it may have at once.
pub(super) struct AttemptSlots {
    clock: Arc<dyn Clock>,
    free: Vec<UnboundedSender<AttemptJob>>,
    tasks: JoinSet<()>,
    completed: UnboundedSender<CompletedAttempt>,
    completions: UnboundedReceiver<CompletedAttempt>,
    busy: usize,
}

impl AttemptSlots {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let (completed, completions) = unbounded_channel();
        Self { clock, free: Vec::new(), tasks: JoinSet::new(), completed, completions, busy: 0 }
    }

    /// Attempts under way.
    pub(super) fn busy(&self) -> usize {
        self.busy
    }

    /// Starts an attempt.
    pub(super) fn start(&mut self, job: AttemptJob) {
        let slot = self.free.pop().unwrap_or_else(|| self.add());
        self.busy += 1;
        // Slots end only in `shutdown`.
        let _ = slot.send(job);
    }

    fn add(&mut self) -> UnboundedSender<AttemptJob> {
        let (slot, jobs) = unbounded_channel();
        self.tasks.spawn(work(jobs, slot.clone(), self.completed.clone(), Arc::clone(&self.clock)));
        slot
    }

    /// The next attempt that ended. Pending while none is under way.
    pub(super) async fn next_completed(&mut self) -> FinishedAttempt {
        let Some(CompletedAttempt { slot, finished }) = self.completions.recv().await else {
            return std::future::pending().await;
        };
        self.busy -= 1;
        self.free.push(slot);
        finished
    }

    /// Abandons the attempts under way.
    pub(super) async fn shutdown(&mut self) {
        self.tasks.shutdown().await;
    }
}

/// The loop of one slot.
async fn work(
    mut jobs: UnboundedReceiver<AttemptJob>,
    slot: UnboundedSender<AttemptJob>,
    completed: UnboundedSender<CompletedAttempt>,
    clock: Arc<dyn Clock>,
) {
    while let Some(job) = jobs.recv().await {
        let began = Instant::now();
        let result = AssertUnwindSafe(attempt(&job)).catch_unwind().await;
        let AttemptResult { outcome, detail, response } = result.unwrap_or_else(panicked);
        let AttemptJob { claim, started_at, jitter, .. } = job;
        let (ended_at, took) = (clock.now(), began.elapsed());
        let finished = FinishedAttempt { outcome, started_at, ended_at, took, detail, response, jitter, claim };
        if completed.send(CompletedAttempt { slot: slot.clone(), finished }).is_err() {
            return;
        }
    }
}

async fn attempt(job: &AttemptJob) -> AttemptResult {
    #[cfg(any(debug_assertions, feature = "failpoints"))]
    failpoint(&job.claim);
    job.endpoint_client.deliver(&job.claim, job.limit, job.started_at).await
}

/// A panic counts as an unanswered attempt: neither the slot nor the delivery is lost.
fn panicked(_: Box<dyn Any + Send>) -> AttemptResult {
    AttemptResult {
        outcome: Outcome::Unreachable,
        detail: "internal error: the attempt panicked".to_owned(),
        response: Bytes::new(),
    }
}

/// Lets a test crash this process, or make an attempt panic, on one event.
#[cfg(any(debug_assertions, feature = "failpoints"))]
fn failpoint(claim: &Claim) {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|id| id == claim.event_id.as_str());
    if is_set("SYNCCTL_TEST_ABORT_ON") {
        std::process::abort();
    }
    assert!(!is_set("SYNCCTL_TEST_PANIC_ON"), "failpoint: panic");
}
