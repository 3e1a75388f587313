//! `audit`: every attempt and every webhook, as what it meant.

use super::context::{Context, Paging};
use super::exit::{CliError, Exit};
use super::filter::{self, Sent};
use crate::report::audit::{self, Entry};
use crate::store::Page;

/// The commands below `audit`.
#[derive(Debug, clap::Subcommand)]
pub enum AuditCommand {
    /// List audit entries, newest first: sync.TYPE, sync.failure, sync.recovery
    List(ListArgs),
}

/// Which entries.
#[derive(Debug, clap::Args)]
#[command(mut_arg("since", filter::since("Sent or arrived")), mut_arg("until", filter::until("Sent or arrived")))]
pub struct ListArgs {
    /// Only outbound or only inbound entries
    #[arg(long, value_name = "WHICH", value_parser = ["outbound", "inbound"])]
    direction: Option<String>,
    #[command(flatten)]
    sent: Sent,
    #[command(flatten)]
    paging: Paging,
}

impl AuditCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let Self::List(args) = self;
        args.run(context)
    }
}

impl ListArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = context.existing_store()?;
        self.sent.check_endpoint(store.as_ref(), context.now)?;
        let page = self.paging.newest_first();
        // The two parts are kept apart, so a page of both is the end of what begins with that many of each.
        let first = Page { limit: page.limit.saturating_mul(page.number), number: 1, ..page };
        let (mut left, mut arrived, mut total) = (Vec::new(), Vec::new(), 0);
        if self.wants("outbound") {
            let listed = store.attempts(&self.sent.attempts(context.now)?, first).wait()?;
            total += listed.total;
            left.extend(listed.rows.into_iter().map(Entry::Outbound));
        }
        if self.wants("inbound") {
            let listed = store.received(&self.sent.received(context.now)?, first).wait()?;
            total += listed.total;
            arrived.extend(listed.rows.into_iter().map(Entry::Inbound));
        }
        let before = usize::try_from(first.limit - page.limit).unwrap_or(usize::MAX);
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let shown: Vec<Entry> = merged(left, arrived).skip(before).take(limit).collect();
        context.screen.report(&audit::audit(&shown, total, page))?;
        Ok(Exit::Done)
    }

    /// Whether a direction is asked for; what arrived has no endpoint.
    fn wants(&self, direction: &str) -> bool {
        let chosen = self.direction.as_deref().is_none_or(|chosen| chosen == direction);
        chosen && (direction == "outbound" || (self.sent.endpoint.is_none() && !self.sent.is_about_answers()))
    }
}

/// Both parts in one, newest first, each in its own order: so a page is the same whatever number of rows was read for it.
fn merged(left: Vec<Entry>, arrived: Vec<Entry>) -> impl Iterator<Item = Entry> {
    let (mut left, mut arrived) = (left.into_iter().peekable(), arrived.into_iter().peekable());
    std::iter::from_fn(move || match (left.peek(), arrived.peek()) {
        (Some(one), Some(other)) if other.at() > one.at() => arrived.next(),
        (Some(_), _) => left.next(),
        (None, _) => arrived.next(),
    })
}
