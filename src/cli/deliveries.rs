//! `deliveries`: one event on its way to one endpoint.

use super::context::{Context, Paging};
use super::exit::{Exit, Fault};
use super::filter::Sent;
use super::replay::{Choice, report_change};
use crate::delivery::State;
use crate::report::lists;
use crate::store::{DeliveryFilter, Store};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

/// The commands below `deliveries`.
#[derive(Debug, clap::Subcommand)]
pub enum DeliveriesCommand {
    /// Deliveries, newest first
    List(ListArgs),
    /// Give unfinished deliveries up: they are failed until they are replayed
    GiveUp(GiveUpArgs),
}

/// Which deliveries.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only in these states
    #[arg(long, value_name = "STATES", value_delimiter = ',', value_parser = state())]
    state: Vec<State>,
    /// Only those given up, the same as `--state failed`
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
    choice: Choice,
    /// Say what would be given up and change nothing; the default for more than one
    #[arg(short = 'n', long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do it, however many there are
    #[arg(long)]
    yes: bool,
}

impl DeliveriesCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Fault> {
        let store = context.existing_store()?;
        match self {
            Self::List(args) => args.run(context, store.as_ref()),
            Self::GiveUp(args) => args.run(context, store.as_ref()),
        }
    }
}

impl ListArgs {
    fn run(self, context: &Context, store: &dyn Store) -> Result<Exit, Fault> {
        let filter = DeliveryFilter {
            states: if self.failed { vec![State::Failed] } else { self.state },
            ..self.sent.deliveries(context.now)
        };
        let page = self.paging.newest_first();
        let listed = store.deliveries(&filter, page)?;
        let report = lists::deliveries(&listed, page).with_hint_if(listed.rows.is_empty(), "no deliveries match");
        context.screen.report(&report)?;
        Ok(Exit::Done)
    }
}

impl GiveUpArgs {
    fn run(self, context: &Context, store: &dyn Store) -> Result<Exit, Fault> {
        let mut filter = self.choice.filter(context)?;
        if filter.ids.is_empty() && filter.event.is_none() {
            filter.states = vec![State::Pending, State::Held];
        }
        let chosen = self.choice.choose(store, &filter)?;
        if self.dry_run || (chosen.len() > 1 && !self.yes) {
            return super::replay::plan(context, &chosen, "give up");
        }
        let ids = chosen.iter().map(|row| row.id).collect();
        let changed = store.give_up(ids, context.now).wait()?;
        report_change(context, &changed, "given up", self.choice.is_by_id())
    }
}
