//! `audit`: lists attempts, received webhooks and operators' actions as audit entries.

use super::context::{Context, Paging};
use super::exit::{CliError, Exit};
use super::filter::{self, FilterArgs};
use crate::report::audit::{self, AuditEntry, merged};
use crate::store::Page;

/// The commands below `audit`.
#[derive(Debug, clap::Subcommand)]
pub enum AuditCommand {
    /// List audit entries, newest first: sync.TYPE, sync.failure, sync.recovery
    List(ListArgs),
}

/// The command-line arguments of `audit list`: which entries.
#[derive(Debug, clap::Args)]
#[command(mut_arg("since", filter::since("Sent or arrived")), mut_arg("until", filter::until("Sent or arrived")))]
pub struct ListArgs {
    /// Only attempts, only webhooks that arrived, or only what operators did over HTTP
    #[arg(long, value_name = "WHICH", value_parser = ["outbound", "inbound", "operator"])]
    direction: Option<String>,
    #[command(flatten)]
    sent: FilterArgs,
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
        // Each direction is stored separately, so page N of all entries needs the first N pages of each.
        let first = Page { limit: page.limit.saturating_mul(page.number), number: 1, ..page };
        let (mut parts, mut total) = (Vec::new(), 0);
        if self.wants("outbound") {
            let listed = store.attempts(&self.sent.attempts(context.now)?, first).wait()?;
            total += listed.total;
            parts.push(listed.rows.into_iter().map(AuditEntry::Outbound).collect());
        }
        if self.wants("inbound") {
            let listed = store.received(&self.sent.received(context.now)?, first).wait()?;
            total += listed.total;
            parts.push(listed.rows.into_iter().map(AuditEntry::Inbound).collect());
        }
        if let Some(filter) = self.sent.actions(context.now)?.filter(|_| self.wants("operator")) {
            let listed = store.actions(&filter, first).wait()?;
            total += listed.total;
            parts.push(listed.rows.into_iter().map(AuditEntry::Operator).collect());
        }
        let before = usize::try_from(first.limit - page.limit).unwrap_or(usize::MAX);
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let shown: Vec<AuditEntry> = merged(parts).skip(before).take(limit).collect();
        context.screen.report(&audit::audit(&shown, total, page))?;
        Ok(Exit::Done)
    }

    /// Whether entries of a direction are listed. Only outbound entries have an endpoint.
    fn wants(&self, direction: &str) -> bool {
        let chosen = self.direction.as_deref().is_none_or(|chosen| chosen == direction);
        chosen && (direction == "outbound" || (self.sent.endpoint.is_none() && !self.sent.is_about_answers()))
    }
}
