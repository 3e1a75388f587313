//! `events`: what was emitted, and what became of it.

use super::context::{Context, Paging};
use super::exit::{Exit, Fault};
use super::values::When;
use crate::event::{EventId, data_of};
use crate::report::lists;
use crate::store::{EventDetail, EventFilter, Store};
use crate::text::Untrusted;

/// The commands below `events`.
#[derive(Debug, clap::Subcommand)]
pub enum EventsCommand {
    /// Events, newest first
    List(ListArgs),
    /// One event with its deliveries and every attempt
    Show(ShowArgs),
}

/// Which events.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only this event type
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// Only the resource with this id
    #[arg(long, value_name = "ID")]
    resource: Option<String>,
    /// Emitted at or after: a time, or a duration before now
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    since: Option<When>,
    /// Emitted before
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    until: Option<When>,
    #[command(flatten)]
    paging: Paging,
}

/// Which event, and what of it.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The event's id, or its number in the order of emission
    #[arg(value_name = "ID")]
    id: String,
    /// Print the event's data, byte for byte as it was given
    #[arg(long, conflicts_with = "sent")]
    body: bool,
    /// Print the bytes that are signed and sent
    #[arg(long)]
    sent: bool,
}

impl EventsCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Fault> {
        let store = context.existing_store()?;
        match self {
            Self::List(args) => args.run(context, store.as_ref()),
            Self::Show(args) => args.run(context, store.as_ref()),
        }
    }
}

impl ListArgs {
    fn run(self, context: &Context, store: &dyn Store) -> Result<Exit, Fault> {
        let filter = EventFilter {
            event_type: self.event_type,
            resource_id: self.resource,
            since: self.since.map(|when| when.seen_from(context.now)),
            until: self.until.map(|when| when.seen_from(context.now)),
        };
        let page = self.paging.newest_first();
        let listed = store.events(&filter, page)?;
        let report = lists::events(&listed, page);
        context.screen.report(&match listed.rows.is_empty() {
            true => report.with_hint("no events; store one with `syncctl emit`"),
            false => report,
        })?;
        Ok(Exit::Done)
    }
}

impl ShowArgs {
    fn run(self, context: &Context, store: &dyn Store) -> Result<Exit, Fault> {
        let detail = find(store, &self.id)?;
        match (self.body, self.sent) {
            (true, _) => context.screen.bytes(data_of(&detail.body).unwrap_or_default().as_bytes())?,
            (_, true) => context.screen.bytes(&detail.body)?,
            _ => context.screen.report(&lists::event(&detail))?,
        }
        Ok(Exit::Done)
    }
}

/// An event by its id or number; exit 66 when there is none.
pub(super) fn find(store: &dyn Store, id: &str) -> Result<EventDetail, Fault> {
    let by_id = EventId::parse(id).ok().map(|id| store.event(&id)).transpose()?.flatten();
    let number = id.strip_prefix('#').unwrap_or(id).parse().ok();
    let found = match (by_id, number) {
        (Some(found), _) => Some(found),
        (None, Some(seq)) => store.event_by_seq(seq)?,
        (None, None) => None,
    };
    found.ok_or_else(|| {
        Exit::NoInput
            .fault(format!("there is no event `{}`", Untrusted(id)))
            .hint("list them with `syncctl events list`")
    })
}
