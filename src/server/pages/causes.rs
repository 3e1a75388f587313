//! Failures by cause: what many deliveries fail of is one row, which leads to them.

use maud::{Markup, html};

use super::table::Grid;
use crate::clock::Timestamp;
use crate::report::failure_clusters;
use crate::service::failure_clusters::{FoundClusters, find};
use crate::store::{Acknowledgement, DeliveryFilter, Result, Store};

/// Failures that a page looks at, newest first: as many as are read within its time.
const MAX_READ: u64 = 2_000;
/// Causes that are shown.
const SHOWN: usize = 10;

/// The groups of like failures that a page shows, and which of them operators have acknowledged.
pub(super) struct Causes {
    found: FoundClusters,
    acknowledged: Vec<Acknowledgement>,
}

impl Causes {
    pub(super) fn read(store: &dyn Store) -> Result<Self> {
        let mut found = find(store, &DeliveryFilter::default(), MAX_READ)?;
        found.clusters.truncate(SHOWN);
        Ok(Self { found, acknowledged: store.acknowledgements().wait()? })
    }

    pub(super) fn show(&self, now: Timestamp) -> Markup {
        let report = failure_clusters::clusters(&self.found.clusters, &self.acknowledged, true);
        let opens = |at: usize| Some(format!("/failures?cluster={}", self.found.clusters.get(at)?.name));
        html! {
            (Grid::new(&report.tables[0], "Failures by cause").opening(&opens).or("No failed deliveries.", now))
            @if self.found.cut { p.quiet { "Of the newest " (MAX_READ) " failures." } }
        }
    }
}
