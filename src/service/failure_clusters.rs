//! Finds clusters of failures. They are computed from failed deliveries; only acknowledgements are stored.

use crate::monitor::failure_clusters::{ClusterCollector, ClusterName, ClusterPrefix, FailureCluster};
use crate::store::{DeliveryFilter, DeliveryRow, Listed, Page, Result, Store};

/// Rows read at a time.
const CHUNK: u64 = 1_000;

/// The clusters (groups of like failures) that a search of the queue found, and whether it saw all failures.
#[derive(Debug)]
pub struct FoundClusters {
    /// The clusters, largest first.
    pub clusters: Vec<FailureCluster>,
    /// Whether there are more failures than were read.
    pub cut: bool,
}

/// Finds the clusters among the newest `most` failures that match.
pub fn find(store: &dyn Store, filter: &DeliveryFilter, most: u64) -> Result<FoundClusters> {
    let mut clusters = ClusterCollector::default();
    let cut = each_failure(store, filter, false, most, |row| clusters.add(&row))?;
    Ok(FoundClusters { clusters: clusters.into_sorted(), cut })
}

/// A page of the failures of the clusters that `cluster` names, among the first `most` failures that match.
pub fn page(
    store: &dyn Store,
    filter: &DeliveryFilter,
    cluster: &ClusterPrefix,
    page: Page,
    most: u64,
) -> Result<Listed<DeliveryRow>> {
    let begin = page.number.saturating_sub(1).saturating_mul(page.limit);
    let mut listed = Listed::counted(Vec::new(), 0);
    each_failure(store, filter, page.oldest_first, most, |row| {
        if cluster.matches(ClusterName::of(&row)) {
            if listed.total >= begin && (listed.rows.len() as u64) < page.limit {
                listed.rows.push(row);
            }
            listed.total += 1;
        }
    })?;
    Ok(listed)
}

/// Visits the first `most` failures that match; returns whether there are more.
fn each_failure(
    store: &dyn Store,
    filter: &DeliveryFilter,
    oldest_first: bool,
    most: u64,
    mut visit: impl FnMut(DeliveryRow),
) -> Result<bool> {
    let mut filter = DeliveryFilter { troubled: true, ..filter.clone() };
    let mut left = most;
    loop {
        let limit = CHUNK.min(left);
        let rows = store.page_of_deliveries(&filter, Page { limit, number: 1, oldest_first }).wait()?;
        let is_last = (rows.len() as u64) < limit;
        filter.past = rows.last().map(|row| row.id).or(filter.past);
        left -= rows.len() as u64;
        rows.into_iter().for_each(&mut visit);
        if is_last {
            return Ok(false);
        }
        if left == 0 {
            let more = store.page_of_deliveries(&filter, Page { limit: 1, number: 1, oldest_first }).wait()?;
            return Ok(!more.is_empty());
        }
    }
}
