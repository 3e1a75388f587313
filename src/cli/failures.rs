//! `failures`: what failed, and why.

use super::context::{Context, Paging};
use super::exit::{Exit, Fault};
use crate::report::lists;
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
    #[command(flatten)]
    paging: Paging,
}

impl FailuresArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Fault> {
        let FailuresCommand::List(args) = self.command.unwrap_or(FailuresCommand::List(self.list));
        let filter = DeliveryFilter {
            endpoint: args.endpoint,
            event_type: args.event_type,
            troubled: true,
            ..DeliveryFilter::default()
        };
        let page = args.paging.newest_first();
        let listed = context.existing_store()?.deliveries(&filter, page)?;
        context.screen.report(&lists::failures(&listed, page))?;
        Ok(Exit::Done)
    }
}
