//! `failures`: what failed, and why.

use super::context::{Context, Paging};
use super::exit::{Exit, Fault};
use super::values::When;
use crate::monitor::{self, STATS_WINDOW};
use crate::report::{health, lists};
use crate::store::DeliveryFilter;

/// Arguments of `failures`; without a subcommand it lists.
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
    /// Deliveries with a failed attempt that wait for another or were given up, newest first
    List(ListArgs),
    /// How many attempts failed, by event type, resource type and endpoint
    Stats(StatsArgs),
}

/// Which window.
#[derive(Debug, clap::Args)]
pub struct StatsArgs {
    /// Attempts that ended at or after: a time, or a duration before now [default: 24h]
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    since: Option<When>,
}

/// Which failures.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only this endpoint
    #[arg(long, value_name = "NAME")]
    endpoint: Option<String>,
    /// Only this event type
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// Last changed at or after: a time, or a duration before now
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    since: Option<When>,
    /// Last changed before
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    until: Option<When>,
    #[command(flatten)]
    paging: Paging,
}

impl FailuresArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Fault> {
        match self.command.unwrap_or(FailuresCommand::List(self.list)) {
            FailuresCommand::List(args) => args.run(context),
            FailuresCommand::Stats(args) => args.run(context),
        }
    }
}

impl ListArgs {
    fn run(self, context: &Context) -> Result<Exit, Fault> {
        let filter = DeliveryFilter {
            endpoint: self.endpoint,
            event_type: self.event_type,
            troubled: true,
            since: self.since.map(|when| when.seen_from(context.now)),
            until: self.until.map(|when| when.seen_from(context.now)),
            ..DeliveryFilter::default()
        };
        let page = self.paging.newest_first();
        let listed = context.existing_store()?.deliveries(&filter, page)?;
        context.screen.report(&lists::failures(&listed, page))?;
        Ok(Exit::Done)
    }
}

impl StatsArgs {
    fn run(self, context: &Context) -> Result<Exit, Fault> {
        let since = self.since.map_or(context.now.minus(STATS_WINDOW), |when| when.seen_from(context.now));
        let store = context.existing_store()?;
        let stats = monitor::failure_stats(&store.figures(context.now)?, &store.rates(since)?, since);
        context.screen.report(&health::failure_stats(&stats, context.now))?;
        Ok(Exit::Done)
    }
}
