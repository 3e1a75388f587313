//! `audit`: lists attempts, received webhooks and operators' actions as audit entries.

use super::context::{Context, Paging};
use super::exit::{CliError, Exit};
use super::filter::{self, FilterArgs};
use crate::report::audit;
use crate::store::{Listed, Page};

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
    /// Only attempts, received webhooks, or operator actions over HTTP
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
        let mut parts = audit::AuditLists::default();
        if self.wants("outbound") {
            parts.add_attempts(store.attempts(&self.sent.attempts(context.now)?, first).wait()?);
        }
        if self.wants("inbound") {
            parts.add_received(store.received(&self.sent.received(context.now)?, first).wait()?);
        }
        if let Some(filter) = self.sent.actions(context.now)?.filter(|_| self.wants("operator")) {
            parts.add_actions(store.actions(&filter, first).wait()?);
        }
        let (listed, _) = parts.page(first.limit - page.limit, page.limit);
        let is_cut = listed.searched_to.is_some();
        let shown = Listed { searched_to: None, ..listed };
        let warning =
            is_cut.then(|| "only the newest entries were searched; search further back with --until".to_owned());
        context.screen.report(&audit::audit(&shown, page).with_warning(warning))?;
        Ok(Exit::Done)
    }

    /// Whether entries of a direction are listed. Only outbound entries have an endpoint.
    fn wants(&self, direction: &str) -> bool {
        let chosen = self.direction.as_deref().is_none_or(|chosen| chosen == direction);
        chosen && (direction == "outbound" || (self.sent.endpoint.is_none() && !self.sent.is_about_answers()))
    }
}
