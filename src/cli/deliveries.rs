//! `deliveries`: one event on its way to one endpoint.

use super::context::{Context, Paging};
use super::exit::{CliError, Exit};
use super::filter::Sent;
use super::replay::{report_change, show_plan};
use super::selection::SelectionArgs;
use crate::delivery::State;
use crate::report::lists;
use crate::store::{DeliveryFilter, SkipReason, Store};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

/// The commands below `deliveries`.
#[derive(Debug, clap::Subcommand)]
pub enum DeliveriesCommand {
    /// List deliveries, newest first
    List(ListArgs),
    /// Give up unfinished deliveries: they are failed until replayed
    GiveUp(GiveUpArgs),
}

/// Which deliveries.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only in these states
    #[arg(long, value_name = "STATES", value_delimiter = ',', value_parser = state())]
    state: Vec<State>,
    /// Same as `--state failed`
    #[arg(long, conflicts_with = "state")]
    failed: bool,
    #[command(flatten)]
    sent: Sent,
    #[command(flatten)]
    paging: Paging,
}

fn state() -> impl clap::builder::TypedValueParser<Value = State> {
    PossibleValuesParser::new(State::ALL.map(State::name))
        .map(|name| State::parse(&name).expect("only known names pass"))
}

/// What to give up.
#[derive(Debug, clap::Args)]
pub struct GiveUpArgs {
    #[command(flatten)]
    selection: SelectionArgs,
    /// All pending and held deliveries that the other options match
    #[arg(long, conflicts_with_all = ["ids", "stdin"])]
    all: bool,
    /// Show what would be given up and change nothing; the default for filters
    #[arg(short = 'n', long, conflicts_with = "yes")]
    dry_run: bool,
    /// Apply the change to everything the filter matches
    #[arg(long)]
    yes: bool,
}

impl DeliveriesCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = context.existing_store()?;
        match self {
            Self::List(args) => args.run(context, store.as_ref()),
            Self::GiveUp(args) => args.run(context, store.as_ref()),
        }
    }
}

impl ListArgs {
    fn run(self, context: &Context, store: &dyn Store) -> Result<Exit, CliError> {
        self.sent.check_endpoint(store, context.now)?;
        let filter = DeliveryFilter {
            states: if self.failed { vec![State::Failed] } else { self.state },
            ..self.sent.deliveries(context.now)
        };
        let page = self.paging.newest_first();
        let listed = store.deliveries(&filter, page).wait()?;
        let hint = match listed.total.div_ceil(page.limit) {
            0 => "no deliveries match".to_owned(),
            last => format!("the last page is --page {last}"),
        };
        let report = lists::deliveries(&listed, page).with_hint_if(listed.rows.is_empty(), hint);
        context.screen.report(&report)?;
        Ok(Exit::Done)
    }
}

impl GiveUpArgs {
    fn run(self, context: &Context, store: &dyn Store) -> Result<Exit, CliError> {
        if !self.selection.is_by_id() && !self.selection.is_narrowed() && !self.all {
            return Err(Exit::Usage
                .error("nothing was chosen to give up")
                .hint("name deliveries or events, narrow with --endpoint, --type, --since, --until, or say --all"));
        }
        let waiting = [State::Pending, State::Held];
        let states = if self.selection.is_by_id() { &[][..] } else { &waiting };
        let chosen = self.selection.select(context, store, states)?;
        if let Some(event) = chosen.undelivered.first() {
            return Err(Exit::NoInput.error(format!("the event `{}` has no delivery to give up", event.id)));
        }
        let plan = chosen.plan(SkipReason::by_giving_up);
        if plan.must_only_plan(self.dry_run, self.yes) {
            return show_plan(context, &plan, "give up");
        }
        let changed = store.give_up(plan.ids(), context.now).wait()?;
        report_change(context, changed, plan, "given up", self.selection.is_by_id())
    }
}
