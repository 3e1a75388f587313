//! `logs`: prints attempts as they end.

use std::time::Duration;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::filter::{self, FilterArgs};
use super::signals::{Signals, block_on};
use crate::render::{Format, Screen};
use crate::report::log;
use crate::store::{AttemptFilter, Listed, Page, Store};

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
    /// Number of past attempts to show first
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
        let last = Page { limit: 1, number: 1, oldest_first: false };
        let newest = store.page_of_attempts(&AttemptFilter::default(), last).wait()?.pop().map_or(0, |row| row.place);
        let page = Page { limit: self.limit, number: 1, oldest_first: false };
        let mut listed = match filter.is_everything() {
            true => Listed::counted(store.page_of_attempts(&filter, page).wait()?, 0),
            false => store.attempts(&filter, page).wait()?,
        };
        listed.rows.retain(|row| row.place <= newest);
        listed.rows.reverse();
        let warning = listed.searched_to.map(|to| search_warning(context, store.as_ref(), to)).transpose()?;
        let report = log::attempts(&listed.rows).with_warning(warning);
        let is_empty = listed.rows.is_empty() && !self.follow;
        context.screen.report(&report.with_hint_if(is_empty, "no attempts match"))?;
        match self.follow {
            true => follow(&context.screen, store.as_ref(), &filter, newest),
            false => Ok(Exit::Done),
        }
    }
}

/// That the attempts before the one at this place were not looked at.
fn search_warning(context: &Context, store: &dyn Store, place: i64) -> Result<String, CliError> {
    let filter = AttemptFilter { places: vec![place], ..AttemptFilter::default() };
    let first = store.page_of_attempts(&filter, Page { limit: 1, number: 1, oldest_first: true }).wait()?.pop();
    let since = first.map_or(context.now, |row| row.attempt.started_at);
    Ok(format!("searched back to {since} only; search further back with --until {since}"))
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
