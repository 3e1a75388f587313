//! `deliveries`: lists and shows deliveries, and gives them up.

use super::context::{Context, Paging};
use super::exit::{CliError, Exit};
use super::filter::FilterArgs;
use super::paging::{self, Cursor};
use super::replay::report_change;
use super::selection::{self, SelectionArgs};
use crate::delivery::State;
use crate::report;
use crate::store::{DeliveryFilter, DeliveryId, SkipReason, Store};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

/// The commands below `deliveries`.
#[derive(Debug, clap::Subcommand)]
pub enum DeliveriesCommand {
    /// List deliveries, newest first
    List(ListArgs),
    /// Show one delivery with its attempts
    Show(ShowArgs),
    /// Give up unfinished deliveries; they become failed and can be replayed
    GiveUp(GiveUpArgs),
}

/// The command-line arguments of `deliveries list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only in these states
    #[arg(long, value_name = "STATES", value_delimiter = ',', value_parser = state())]
    state: Vec<State>,
    /// Same as `--state failed`
    #[arg(long, conflicts_with = "state")]
    failed: bool,
    #[command(flatten)]
    sent: FilterArgs,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    cursor: Cursor,
}

fn state() -> impl clap::builder::TypedValueParser<Value = State> {
    PossibleValuesParser::new(State::ALL.map(State::name))
        .map(|name| State::parse(&name).expect("only known names pass"))
}

/// The command-line arguments of `deliveries show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Delivery number
    #[arg(value_name = "NUMBER")]
    number: i64,
}

/// The command-line arguments of `deliveries give-up`: which deliveries.
#[derive(Debug, clap::Args)]
pub struct GiveUpArgs {
    #[command(flatten)]
    selection: SelectionArgs,
    /// Give up all pending and held deliveries that the other options match
    #[arg(long, conflicts_with_all = ["ids", "stdin"])]
    all: bool,
    /// Show what would be given up and change nothing
    #[arg(short = 'n', long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do not ask; required for filters when not running interactively
    #[arg(long)]
    yes: bool,
}

impl DeliveriesCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = context.existing_store()?;
        match self {
            Self::List(args) => args.run(context, store.as_ref()),
            Self::Show(args) => args.run(context, store.as_ref()),
            Self::GiveUp(args) => args.run(context, store.as_ref()),
        }
    }
}

impl ListArgs {
    fn run(self, context: &Context, store: &dyn Store) -> Result<Exit, CliError> {
        self.sent.check_endpoint(store, context.now)?;
        let filter = DeliveryFilter {
            states: if self.failed { vec![State::Failed] } else { self.state },
            ..self.sent.deliveries(context.now)?
        };
        let from = |past: Option<i64>| DeliveryFilter { past: past.map(DeliveryId), ..filter.clone() };
        let read = |page, past| Ok(store.deliveries(&from(past), page).wait()?);
        let rows = |page, past| Ok(store.page_of_deliveries(&from(past), page).wait()?);
        paging::show(
            context,
            self.paging,
            &self.cursor,
            read,
            rows,
            |row| row.id.0,
            |listed, page| {
                let hint = match listed.total.div_ceil(page.limit) {
                    0 => "no deliveries match".to_owned(),
                    last => format!("the last page is --page {last}"),
                };
                report::deliveries::list(listed, page).with_hint_if(listed.rows.is_empty(), hint)
            },
        )?;
        Ok(Exit::Done)
    }
}

impl ShowArgs {
    fn run(self, context: &Context, store: &dyn Store) -> Result<Exit, CliError> {
        let id = DeliveryId(self.number);
        let missing = || {
            Exit::NoInput
                .error(format!("there is no delivery {}", self.number))
                .hint("list them with `syncctl deliveries list`")
        };
        let row = selection::find_delivery(store, id)?.ok_or_else(missing)?;
        let detail = store.event(&row.event.id).wait()?.ok_or_else(missing)?;
        let hint = format!("explain its state with `syncctl why {}`", self.number);
        context.screen.report(&report::event_detail::delivery(&detail, id).with_hint(hint))?;
        Ok(Exit::Done)
    }
}

impl GiveUpArgs {
    fn run(self, context: &Context, store: &dyn Store) -> Result<Exit, CliError> {
        if !self.selection.is_by_id() && !self.selection.is_narrowed() && !self.all {
            return Err(Exit::Usage
                .error("no deliveries were selected to give up")
                .hint("name deliveries or events, filter with --endpoint, --type, --since, --until, or use --all"));
        }
        let waiting = [State::Pending, State::Held];
        let states = if self.selection.is_by_id() { &[][..] } else { &waiting };
        let chosen = self.selection.select(context, store, states)?;
        if let Some(event) = chosen.undelivered.first() {
            return Err(Exit::NoInput.error(format!("the event `{}` has no delivery to give up", event.id)));
        }
        let mut plan = chosen.plan(SkipReason::by_giving_up);
        if let Some(exit) = plan.confirm((context, store), "give up", (self.dry_run, self.yes))? {
            return Ok(exit);
        }
        let changed = store.give_up(plan.take_ids(), context.now).wait()?;
        report_change(context, changed, plan, "given up", self.selection.is_by_id(), undo_hint)
    }
}

/// The command that queues what was given up again.
fn undo_hint(given_up: &[DeliveryId]) -> String {
    /// The most ids that are named on a line.
    const NAMED: usize = 20;
    if given_up.len() > NAMED {
        return "undo it with `syncctl replay --failed` and the same filter".to_owned();
    }
    let ids: Vec<String> = given_up.iter().map(|id| id.0.to_string()).collect();
    let yes = if ids.len() > 1 { " --yes" } else { "" };
    format!("undo it with `syncctl replay {}{yes}`", ids.join(" "))
}
