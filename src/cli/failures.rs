//! `failures`: lists failed deliveries, statistics and clusters.

mod clusters;

use super::context::{Context, Paging};
use super::exit::{CliError, Exit};
use super::filter::FilterArgs;
use super::paging::{self, Cursor};
use super::values::{self, PastTime};
use crate::monitor::failure_clusters::ClusterPrefix;
use crate::monitor::{self, STATS_WINDOW};
use crate::report::{self, health};
use crate::store::{DeliveryFilter, DeliveryId};

/// The command-line arguments of `failures`; without a subcommand it lists.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct FailuresArgs {
    #[command(subcommand)]
    command: Option<FailuresCommand>,
    #[command(flatten)]
    list: ListArgs,
}

/// The commands below `failures`.
#[derive(Debug, clap::Subcommand)]
pub enum FailuresCommand {
    /// List deliveries with a failed attempt, newest first
    List(ListArgs),
    /// Count failed attempts by event type, resource type and endpoint
    Stats(StatsArgs),
    /// List clusters of similar failures, largest first
    Clusters(clusters::ClustersArgs),
    /// Acknowledge clusters, hiding them until they fail again
    Ack(clusters::AckArgs),
}

/// The command-line arguments of `failures stats`: the time it looks at.
#[derive(Debug, clap::Args)]
pub struct StatsArgs {
    /// Attempts that ended at or after this time [default: 24h]
    #[arg(long, value_name = "WHEN", value_parser = PastTime::parse, allow_hyphen_values = true)]
    since: Option<PastTime>,
}

/// The command-line arguments of `failures list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    sent: FilterArgs,
    /// Only the deliveries of this cluster
    #[arg(long, value_name = "NAME", value_parser = values::cluster, hide_short_help = true)]
    cluster: Option<ClusterPrefix>,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    cursor: Cursor,
}

impl FailuresArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self.command.unwrap_or(FailuresCommand::List(self.list)) {
            FailuresCommand::List(args) => args.run(context),
            FailuresCommand::Stats(args) => args.run(context),
            FailuresCommand::Clusters(args) => args.run(context),
            FailuresCommand::Ack(args) => args.run(context),
        }
    }
}

impl ListArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let filter = DeliveryFilter { troubled: true, ..self.sent.deliveries(context.now)? };
        let store = context.read_store()?;
        self.sent.check_endpoint(store.as_ref(), context.now)?;
        let from = |past: Option<i64>| DeliveryFilter { past: past.map(DeliveryId), ..filter.clone() };
        let read = |page, past| match &self.cluster {
            Some(cluster) => clusters::page_of(store.as_ref(), &from(past), cluster, page),
            None => Ok(store.deliveries(&from(past), page).wait()?),
        };
        let rows = |page, past| match &self.cluster {
            Some(_) => read(page, past).map(|listed| listed.rows),
            None => Ok(store.page_of_deliveries(&from(past), page).wait()?),
        };
        paging::show(context, self.paging, &self.cursor, read, rows, |row| row.id.0, report::failures::list)?;
        Ok(Exit::Done)
    }
}

impl StatsArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let since = self.since.map_or(context.now.minus(STATS_WINDOW), |when| when.seen_from(context.now));
        let store = context.existing_store()?;
        let stats = monitor::failure_stats(&store.figures(context.now).wait()?, &store.rates(since).wait()?, since);
        context.screen.report(&health::failure_stats(&stats, context.now))?;
        Ok(Exit::Done)
    }
}
