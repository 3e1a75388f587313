//! Slots: tasks that each make one attempt at a time.
//!
//! They are made when they are first needed and then kept: a task for each attempt would cost as much as sending it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Outlet;
use super::http::Answer;
use crate::clock::{Clock, Timestamp};
use crate::store::{Claim, Finished};

/// An attempt to make.
pub(super) struct Job {
    pub(super) outlet: Arc<Outlet>,
    pub(super) claim: Claim,
    /// What resolving, connecting and the answer may take together.
    pub(super) limit: Duration,
    pub(super) started_at: Timestamp,
    /// See [`Finished::chance`].
    pub(super) chance: f64,
}

/// A slot that is free again, with what it did.
struct Landing {
    slot: UnboundedSender<Job>,
    finished: Finished,
}

/// All slots of a worker.
pub(super) struct Slots {
    clock: Arc<dyn Clock>,
    free: Vec<UnboundedSender<Job>>,
    tasks: JoinSet<()>,
    land: UnboundedSender<Landing>,
    landings: UnboundedReceiver<Landing>,
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
        // A slot ends only when it panics, and then it is not free.
        let _ = slot.send(job);
    }

    fn add(&mut self) -> UnboundedSender<Job> {
        let (slot, jobs) = unbounded_channel();
        self.tasks.spawn(work(jobs, slot.clone(), self.land.clone(), Arc::clone(&self.clock)));
        slot
    }

    /// The next attempt that ended; `None` for one that panicked. Waits for ever while none is under way.
    pub(super) async fn landed(&mut self) -> Option<Finished> {
        let landing = tokio::select! {
            biased;
            Some(landing) = self.landings.recv() => Some(landing),
            Some(_panicked) = self.tasks.join_next() => None,
            else => std::future::pending().await,
        };
        self.busy -= 1;
        let Landing { slot, finished } = landing?;
        self.free.push(slot);
        Some(finished)
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
    land: UnboundedSender<Landing>,
    clock: Arc<dyn Clock>,
) {
    while let Some(job) = jobs.recv().await {
        let finished = attempt(job, &*clock).await;
        if land.send(Landing { slot: slot.clone(), finished }).is_err() {
            return;
        }
    }
}

/// Makes one attempt and says what it came to.
async fn attempt(job: Job, clock: &dyn Clock) -> Finished {
    let Job { outlet, claim, limit, started_at, chance } = job;
    let began = Instant::now();
    #[cfg(debug_assertions)]
    abort_if_asked(&claim);
    let request = outlet.request(&claim, started_at);
    let Answer { outcome, detail, response } = outlet.target().send(request, limit, started_at).await;
    Finished { outcome, started_at, ended_at: clock.now(), took: began.elapsed(), detail, response, chance, claim }
}

/// Lets a test kill this process the way a crash would, on one event. Not part of release builds.
#[cfg(debug_assertions)]
fn abort_if_asked(claim: &Claim) {
    if std::env::var_os("SYNCCTL_TEST_ABORT_ON").is_some_and(|id| id == claim.event_id.as_str()) {
        std::process::abort();
    }
}
