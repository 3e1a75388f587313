//! Slots: tasks that each make one attempt at a time.
//!
//! They are made when they are first needed and then kept: a task for each attempt would cost as much as sending it.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::EndpointClient;
use super::http::AttemptResult;
use crate::clock::{Clock, Timestamp};
use crate::delivery::Outcome;
use crate::store::{Claim, Finished};

/// An attempt to make.
pub(super) struct Job {
    pub(super) endpoint_client: Arc<EndpointClient>,
    pub(super) claim: Claim,
    /// What resolving, connecting and the answer may take together.
    pub(super) limit: Duration,
    pub(super) started_at: Timestamp,
    /// See [`Finished::jitter`].
    pub(super) jitter: f64,
}

/// A slot that is free again, with what it did.
struct Completed {
    slot: UnboundedSender<Job>,
    finished: Finished,
}

/// All slots of a worker.
pub(super) struct Slots {
    clock: Arc<dyn Clock>,
    free: Vec<UnboundedSender<Job>>,
    tasks: JoinSet<()>,
    land: UnboundedSender<Completed>,
    landings: UnboundedReceiver<Completed>,
    busy: usize,
}

impl Slots {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let (land, landings) = unbounded_channel();
        Self { clock, free: Vec::new(), tasks: JoinSet::new(), land, landings, busy: 0 }
    }

    /// Attempts under way.
    pub(super) fn busy(&self) -> usize {
        self.busy
    }

    /// Begins an attempt.
    pub(super) fn start(&mut self, job: Job) {
        let slot = self.free.pop().unwrap_or_else(|| self.add());
        self.busy += 1;
        // A slot ends only with all others.
        let _ = slot.send(job);
    }

    fn add(&mut self) -> UnboundedSender<Job> {
        let (slot, jobs) = unbounded_channel();
        self.tasks.spawn(work(jobs, slot.clone(), self.land.clone(), Arc::clone(&self.clock)));
        slot
    }

    /// The next attempt that ended. Waits for ever while none is under way.
    pub(super) async fn landed(&mut self) -> Finished {
        let Some(Completed { slot, finished }) = self.landings.recv().await else {
            return std::future::pending().await;
        };
        self.busy -= 1;
        self.free.push(slot);
        finished
    }

    /// Abandons what is under way.
    pub(super) async fn shutdown(&mut self) {
        self.tasks.shutdown().await;
    }
}

/// One slot at work.
async fn work(
    mut jobs: UnboundedReceiver<Job>,
    slot: UnboundedSender<Job>,
    land: UnboundedSender<Completed>,
    clock: Arc<dyn Clock>,
) {
    while let Some(job) = jobs.recv().await {
        let began = Instant::now();
        let answer = guarded(attempt(&job)).await.unwrap_or_else(panicked);
        let AttemptResult { outcome, detail, response } = answer;
        let Job { claim, started_at, jitter, .. } = job;
        let (ended_at, took) = (clock.now(), began.elapsed());
        let finished = Finished { outcome, started_at, ended_at, took, detail, response, jitter, claim };
        if land.send(Completed { slot: slot.clone(), finished }).is_err() {
            return;
        }
    }
}

async fn attempt(job: &Job) -> AttemptResult {
    #[cfg(debug_assertions)]
    failpoint(&job.claim);
    let request = job.endpoint_client.request(&job.claim, job.started_at);
    job.endpoint_client.target().send(request, job.limit, job.started_at).await
}

/// What `work` comes to; `None` if it panics.
async fn guarded<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(done) => done.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// A bug of ours is told like any attempt that got no answer, so that it ends: neither the slot nor the delivery is lost.
fn panicked() -> AttemptResult {
    AttemptResult {
        outcome: Outcome::Unreachable,
        detail: "internal error: the attempt panicked".to_owned(),
        response: Bytes::new(),
    }
}

/// Lets a test make this process crash, or an attempt panic, on one event. Not part of release builds.
#[cfg(debug_assertions)]
fn failpoint(claim: &Claim) {
    let asked = |name: &str| std::env::var_os(name).is_some_and(|id| id == claim.event_id.as_str());
    if asked("SYNCCTL_TEST_ABORT_ON") {
        std::process::abort();
    }
    assert!(!asked("SYNCCTL_TEST_PANIC_ON"), "asked to panic");
}
