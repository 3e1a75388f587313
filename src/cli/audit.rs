//! `audit`: every attempt, as what it meant.

use super::context::{Context, Paging};
use super::exit::{Exit, Fault};
use super::values::When;
use crate::report::audit;
use crate::store::AttemptFilter;

/// The commands below `audit`.
#[derive(Debug, clap::Subcommand)]
pub enum AuditCommand {
    /// Attempts, newest first: sync.<type>, sync.failure and sync.recovery
    List(ListArgs),
}

/// Which attempts.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only to this endpoint
    #[arg(long, value_name = "NAME")]
    endpoint: Option<String>,
    /// Only for this event type
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// Made at or after: a time, or a duration before now
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    since: Option<When>,
    /// Made before
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    until: Option<When>,
    #[command(flatten)]
    paging: Paging,
}

impl AuditCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Fault> {
        let Self::List(args) = self;
        let filter = AttemptFilter {
            endpoint: args.endpoint,
            event_type: args.event_type,
            since: args.since.map(|when| when.seen_from(context.now)),
            until: args.until.map(|when| when.seen_from(context.now)),
        };
        let page = args.paging.newest_first();
        let listed = context.existing_store()?.attempts(&filter, page)?;
        context.screen.report(&audit::audit(&listed, page))?;
        Ok(Exit::Done)
    }
}
