//! `logs`: prints attempts as they end.

use std::time::Duration;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::filter::{self, FilterArgs};
use super::signals::{Signals, block_on};
use crate::render::{Format, Screen};
use crate::report::log;
use crate::store::{AttemptFilter, LoggedAttempt, Page, Store};

/// How often new attempts are looked for.
const POLL: Duration = Duration::from_millis(250);
/// Attempts read at a time while following.
const BATCH: u64 = 1_000;

/// The command-line arguments of `logs`.
#[derive(Debug, clap::Args)]
#[command(mut_arg("since", filter::since("Begun")), mut_arg("until", filter::until("Begun")))]
pub struct LogsArgs {
    /// Keep running and print attempts as they end
    #[arg(short, long, conflicts_with = "until")]
    follow: bool,
    /// Start with this many of the latest attempts
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(0..=100_000))]
    limit: u64,
    #[command(flatten)]
    sent: FilterArgs,
}

impl LogsArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        if self.follow && context.screen.format() == Format::Json {
            return Err(Exit::Usage
                .error("-o json is one document, and --follow never ends")
                .hint("use -o jsonl, one object per line"));
        }
        let store = context.read_store()?;
        self.sent.check_endpoint(store.as_ref(), context.now)?;
        let filter = self.sent.attempts(context.now)?;
        // Read before the first page, so that no attempt is missed in between.
        let newest = latest(store.as_ref(), &AttemptFilter::default(), 1)?.pop().map_or(0, |row| row.place);
        let shown: Vec<_> =
            latest(store.as_ref(), &filter, self.limit)?.into_iter().filter(|row| row.place <= newest).collect();
        let report = log::attempts(&shown);
        let is_empty = shown.is_empty() && !self.follow;
        context.screen.report(&report.with_hint_if(is_empty, "no attempts match"))?;
        match self.follow {
            true => follow(&context.screen, store.as_ref(), &filter, newest),
            false => Ok(Exit::Done),
        }
    }
}

/// The latest attempts that match, oldest first.
fn latest(store: &dyn Store, filter: &AttemptFilter, limit: u64) -> Result<Vec<LoggedAttempt>, CliError> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let mut rows = store.page_of_attempts(filter, Page { limit, number: 1, oldest_first: false }).wait()?;
    rows.reverse();
    Ok(rows)
}

/// Prints the attempts that end after `place`, until a signal arrives.
fn follow(screen: &Screen, store: &dyn Store, filter: &AttemptFilter, mut place: i64) -> Result<Exit, CliError> {
    block_on(async {
        let signals = Signals::listen().map_err(|e| Exit::Io.error("failed to listen for signals").cause(e))?;
        let mut stop = signals.stop.clone();
        let page = Page { limit: BATCH, number: 1, oldest_first: true };
        loop {
            let filter = AttemptFilter { after: Some(place), ..filter.clone() };
            let rows = store.page_of_attempts(&filter, page).await?;
            if let Some(last) = rows.last() {
                place = last.place;
                screen.report(&log::attempts(&rows))?;
            }
            if rows.len() as u64 == BATCH {
                continue;
            }
            tokio::select! {
                _ = stop.changed() => return Ok(Exit::Done),
                () = tokio::time::sleep(POLL) => {}
            }
        }
    })
}
