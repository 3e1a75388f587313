//! What routes need of the worker of this process: a run of the queue, a test event.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::endpoint::Endpoint;
use crate::outbound::test_event::TestResult;
use crate::store::RunStats;

/// What `POST /api/sync/process` did: its attempts, and how long it took.
#[derive(Clone, Copy, Debug)]
pub struct RunResult {
    /// Its attempts and their outcomes.
    pub stats: RunStats,
    /// How long it took.
    pub took: Duration,
}

/// Runs the queue once, or sends a test event, when a route asks for it.
pub trait QueueRunner: Send + Sync {
    /// Sends what is due and ends when nothing is, or after `limit`. The error is for the log.
    fn run(&self, limit: Duration) -> Pin<Box<dyn Future<Output = Result<RunResult, String>> + Send + '_>>;

    /// Sends one signed test event to `endpoint`. The error goes to the caller.
    fn test<'a>(
        &'a self,
        endpoint: &'a Endpoint,
    ) -> Pin<Box<dyn Future<Output = Result<TestResult, String>> + Send + 'a>>;
}
