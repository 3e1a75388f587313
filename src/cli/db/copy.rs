//! `db copy`: copies a queue with everything in it from one store to another.

use std::sync::Arc;

use crate::cli::context::Context;
use crate::cli::exit::{CliError, Exit, store_failure};
use crate::report::database;
use crate::store::{self, Access, Location, Store, StoreError, transfer};

/// The command-line arguments of `db copy`: the queue to copy, and where to.
#[derive(Debug, clap::Args)]
pub struct CopyArgs {
    /// Queue to copy: a file or a postgres:// URL
    #[arg(value_name = "FROM", value_parser = location)]
    from: Location,
    /// Where to copy it: a file or a postgres:// URL that holds no queue yet
    #[arg(value_name = "TO", value_parser = location)]
    to: Location,
    /// Show what would be copied and copy nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

fn location(text: &str) -> Result<Location, String> {
    Location::parse(text).map_err(|error| error.to_string())
}

impl CopyArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let Self { from, to, dry_run } = &self;
        if from == to {
            return Err(Exit::Usage.error("FROM and TO are the same place"));
        }
        let source = opened(from, Access::Existing)?;
        if *dry_run {
            let events = source.figures(context.now).wait().map_err(|error| failure(&error, from))?.events;
            context.screen.report(&database::would_copy(events, from, to))?;
            return Ok(Exit::Done);
        }
        let target = opened(to, Access::Fill)?;
        for (store, location) in [(&source, from), (&target, to)] {
            let alive = store.open_runs().wait().map_err(|error| failure(&error, location))?.alive;
            if alive > 0 {
                return Err(failure(&StoreError::InUse(alive), location));
            }
        }
        let progress = context.screen.progress(None, "Copying and comparing rows");
        let compared = transfer::copy(source.as_ref(), target.as_ref(), context.now, |rows| progress.inc(rows));
        progress.finish();
        let compared = compared.map_err(|error| failure(&error, to))?;
        context.screen.report(&database::copied(&compared, to))?;
        Ok(if compared.iter().all(|table| table.agrees) { Exit::Done } else { Exit::Failure })
    }
}

fn opened(location: &Location, access: Access) -> Result<Arc<dyn Store>, CliError> {
    store::open(location, access).map_err(|error| failure(&error, location))
}

fn failure(error: &StoreError, location: &Location) -> CliError {
    CliError::Failed(Box::new(store_failure(error, Some(location))))
}
