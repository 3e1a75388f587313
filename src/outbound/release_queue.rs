//! The queue of claims that will not be sent and have to be released.

use crate::clock::Timestamp;
use crate::store::{Claim, PendingResult, RunId, Store, StoreError};

/// Claims that are given back unsent; at most one transaction is under way.
#[derive(Default)]
pub(super) struct ReleaseQueue {
    unwanted: Vec<Claim>,
    under_way: Option<(Vec<Claim>, PendingResult<()>)>,
}

impl ReleaseQueue {
    /// Adds claims to release.
    pub(super) fn add(&mut self, claims: impl IntoIterator<Item = Claim>) {
        self.unwanted.extend(claims);
    }

    /// Begins to release what was added, unless a release is under way.
    pub(super) fn begin(&mut self, store: &dyn Store, run: RunId, now: Timestamp) {
        if self.under_way.is_none() && !self.unwanted.is_empty() {
            let claims = std::mem::take(&mut self.unwanted);
            self.under_way = Some((claims.clone(), store.release(run, claims, now)));
        }
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Waits for the release that is under way.
    pub(super) async fn ended(&mut self) -> Result<(), StoreError> {
        match &mut self.under_way {
            Some((_, answer)) => answer.await,
            None => std::future::pending().await,
        }
    }

    /// Handles the result. Returns whether it worked; otherwise the claims are released with the next ones, or when the
    /// run ends.
    pub(super) fn settle(&mut self, ended: Result<(), StoreError>) -> bool {
        let claims = self.under_way.take().map(|(claims, _)| claims);
        let Err(error) = ended else { return true };
        tracing::warn!(%error, "failed to release claims, trying again");
        self.unwanted.extend(claims.into_iter().flatten());
        false
    }
}
