//! A run of the queue on demand, as the server asks for it.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::store::RunStats;

/// What a run on demand did.
#[derive(Clone, Copy, Debug)]
pub struct Processed {
    /// Its attempts and their outcomes.
    pub stats: RunStats,
    /// How long it took.
    pub took: Duration,
}

/// Runs the queue once.
pub trait Processing: Send + Sync {
    /// Sends what is due and ends when nothing is, or after `limit`. The error is for the log.
    fn run(&self, limit: Duration) -> Pin<Box<dyn Future<Output = Result<Processed, String>> + Send + '_>>;
}
