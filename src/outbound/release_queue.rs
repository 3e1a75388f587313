//! Claims that are not to be sent after all, on their way back to the queue.

use crate::clock::Timestamp;
use crate::store::{Answer, Claim, RunId, Store, StoreError};

/// What a run lets go of, a transaction at a time.
#[derive(Default)]
pub(super) struct ReleaseQueue {
    unwanted: Vec<Claim>,
    under_way: Option<(Vec<Claim>, Answer<()>)>,
}

impl ReleaseQueue {
    /// Takes claims to let go of.
    pub(super) fn add(&mut self, claims: impl IntoIterator<Item = Claim>) {
        self.unwanted.extend(claims);
    }

    /// Has the store let go of what is unwanted, unless it is doing so.
    pub(super) fn begin(&mut self, store: &dyn Store, run: RunId, now: Timestamp) {
        if self.under_way.is_none() && !self.unwanted.is_empty() {
            let claims = std::mem::take(&mut self.unwanted);
            self.under_way = Some((claims.clone(), store.release(run, claims, now)));
        }
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// What came of it.
    pub(super) async fn ended(&mut self) -> Result<(), StoreError> {
        match &mut self.under_way {
            Some((_, answer)) => answer.await,
            None => std::future::pending().await,
        }
    }

    /// Takes note of what came of it. Returns whether it worked: else the claims are tried again with the next ones, and at the
    /// latest they end with the run.
    pub(super) fn settle(&mut self, ended: Result<(), StoreError>) -> bool {
        let claims = self.under_way.take().map(|(claims, _)| claims);
        let Err(error) = ended else { return true };
        tracing::warn!(%error, "failed to let go of claims, trying again");
        self.unwanted.extend(claims.into_iter().flatten());
        false
    }
}
