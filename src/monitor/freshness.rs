//! Freshness and sync status, in the words of the original admin panel.

use std::time::Duration;

use serde::Serialize;

use crate::clock::Timestamp;

/// From which age on a last success or update counts as aging, and as stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreshnessThresholds {
    /// Older than this is aging.
    pub warn_after: Duration,
    /// Older than this is stale.
    pub error_after: Duration,
}

impl Default for FreshnessThresholds {
    fn default() -> Self {
        Self { warn_after: Duration::from_mins(60), error_after: Duration::from_mins(180) }
    }
}

/// How old a last success or update is: fresh, aging or stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Freshness {
    /// Newer than the first threshold.
    Fresh,
    /// Older than that.
    Aging,
    /// Older than the second.
    Stale,
}

impl Freshness {
    /// Its word, as the original wrote it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fresh => "Fresh",
            Self::Aging => "Aging",
            Self::Stale => "Stale",
        }
    }
}

/// Judges the age of a record or of a last success, in whole minutes as the original did: 60 minutes are fresh, 61 are aging.
/// A time ahead of `now` is fresh.
pub fn freshness(last: Timestamp, ages: &FreshnessThresholds, now: Timestamp) -> Freshness {
    let age = Duration::from_mins(now.since(last).as_secs() / 60);
    if age > ages.error_after {
        Freshness::Stale
    } else if age > ages.warn_after {
        Freshness::Aging
    } else {
        Freshness::Fresh
    }
}

/// Whether a record or endpoint is in sync: synced, syncing or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncStatus {
    /// Everything was delivered.
    Synced,
    /// Some deliveries are unfinished.
    Syncing,
    /// Some deliveries failed for good.
    Failed,
}

impl SyncStatus {
    /// The status for these numbers of unfinished (`open`) and failed deliveries.
    pub fn of(open: i64, failed: i64) -> Self {
        match (open, failed) {
            (_, 1..) => Self::Failed,
            (1.., _) => Self::Syncing,
            _ => Self::Synced,
        }
    }

    /// Its words, as the original wrote them.
    pub fn name(self) -> &'static str {
        match self {
            Self::Synced => "✓ Synced",
            Self::Syncing => "⟳ Syncing...",
            Self::Failed => "✗ Sync failed",
        }
    }
}
