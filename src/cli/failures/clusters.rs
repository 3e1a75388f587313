//! `failures clusters` and `failures ack`: lists clusters of failures, and acknowledges them.

use super::super::context::Context;
use super::super::exit::{CliError, Exit};
use super::super::filter::FilterArgs;
use super::super::{selection, values};
use crate::monitor::failure_clusters::{ClusterName, ClusterPrefix, FailureCluster};
use crate::report::failure_clusters as report;
use crate::service;
use crate::store::{Acknowledgement, DeliveryFilter, DeliveryRow, Listed, Page, Store};

/// The command-line arguments of `failures clusters`.
#[derive(Debug, clap::Args)]
pub struct ClustersArgs {
    #[command(flatten)]
    sent: FilterArgs,
    /// Include acknowledged clusters
    #[arg(long)]
    all: bool,
}

/// The command-line arguments of `failures ack`.
#[derive(Debug, clap::Args)]
pub struct AckArgs {
    /// Cluster names or unique prefixes of them
    #[arg(value_name = "CLUSTER", required = true, value_parser = values::cluster)]
    clusters: Vec<ClusterPrefix>,
    /// What is known or being done about it
    #[arg(long, value_name = "TEXT", conflicts_with = "undo")]
    note: Option<String>,
    /// Withdraw the acknowledgement
    #[arg(long)]
    undo: bool,
    /// Show the matching clusters and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

impl ClustersArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = context.read_store()?;
        self.sent.check_endpoint(store.as_ref(), context.now)?;
        let clusters = find_all(store.as_ref(), &self.sent.deliveries(context.now)?)?;
        let acknowledged = store.acknowledgements().wait()?;
        context.screen.report(&report::clusters(&clusters, &acknowledged, self.all))?;
        Ok(Exit::Done)
    }
}

impl AckArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = context.existing_store()?;
        let known = find_all(store.as_ref(), &DeliveryFilter::default())?;
        let chosen = self
            .clusters
            .iter()
            .map(|prefix| the_one(&known, prefix))
            .collect::<Result<Vec<FailureCluster>, CliError>>()?;
        if self.dry_run {
            context.screen.report(&report::clusters(&chosen, &[], true).with_line("nothing changed"))?;
            return Ok(Exit::Done);
        }
        for cluster in &chosen {
            let name = cluster.name.to_string();
            if self.undo {
                store.withdraw_acknowledgement(&name).wait()?;
            } else {
                let at = context.now.max(cluster.last_at);
                store.acknowledge(Acknowledgement { cluster: name, at, note: self.note.clone() }).wait()?;
            }
        }
        context.done(&report::acknowledged(&chosen, self.undo))?;
        Ok(Exit::Done)
    }
}

/// The clusters of the failures that match.
fn find_all(store: &dyn Store, filter: &DeliveryFilter) -> Result<Vec<FailureCluster>, CliError> {
    Ok(service::failure_clusters::find(store, filter, u64::MAX)?.clusters)
}

fn the_one(known: &[FailureCluster], prefix: &ClusterPrefix) -> Result<FailureCluster, CliError> {
    let meant: Vec<&FailureCluster> = known.iter().filter(|cluster| prefix.matches(cluster.name)).collect();
    match meant[..] {
        [one] => Ok(one.clone()),
        [] => Err(selection::no_cluster(prefix)),
        [first, ..] => Err(selection::several_clusters(prefix, first.name)),
    }
}

/// A page of the failures of one cluster, and their number.
pub(super) fn page_of(
    store: &dyn Store,
    filter: &DeliveryFilter,
    cluster: &ClusterPrefix,
    page: Page,
) -> Result<Listed<DeliveryRow>, CliError> {
    let begin = page.number.saturating_sub(1).saturating_mul(page.limit);
    let (mut total, mut rows, mut name) = (0, Vec::new(), None::<ClusterName>);
    let mut several = false;
    selection::each(store, filter, page.oldest_first, |row| {
        let of_row = ClusterName::of(&row);
        if !cluster.matches(of_row) {
            return;
        }
        several |= *name.get_or_insert(of_row) != of_row;
        if total >= begin && (rows.len() as u64) < page.limit {
            rows.push(row);
        }
        total += 1;
    })?;
    match name {
        Some(name) if several => Err(selection::several_clusters(cluster, name)),
        None if filter.past.is_none() => Err(selection::no_cluster(cluster)),
        _ => Ok(Listed::counted(rows, total)),
    }
}
