//! `events`: lists, shows, explains, cancels, exports and imports events.

mod cancel;
mod transfer;

use super::context::{Context, Paging};
use super::exit::{CliError, Exit};
use super::filter::{self, TimeWindow};
use super::paging::{self, Cursor};
use super::selection::{self, EventOrDelivery};
use super::values;
use crate::endpoint::{SecretSource, TypePattern};
use crate::event::data_of;
use crate::report::{self, why};
use crate::signature::shell_commands::{OutgoingEvent, reproduce};
use crate::store::{EventDetail, EventFilter, Store};
use crate::untrusted::Untrusted;

/// The commands below `events`.
#[derive(Debug, clap::Subcommand)]
pub enum EventsCommand {
    /// List events, newest first
    List(ListArgs),
    /// Show one event with its deliveries and attempts
    Show(ShowArgs),
    /// Explain the state of each delivery and what happens next
    Why(WhyArgs),
    /// Print openssl and curl commands that sign and send an event again
    Reproduce(ReproduceArgs),
    /// Cancel events scheduled for later
    Cancel(cancel::CancelArgs),
    /// Write events as JSON lines, oldest first
    Export(transfer::ExportArgs),
    /// Store events from an export; events already stored are skipped
    Import(transfer::ImportArgs),
}

/// The command-line arguments of `events list`.
#[derive(Debug, clap::Args)]
#[command(mut_arg("since", filter::since("Emitted")), mut_arg("until", filter::until("Emitted")))]
pub struct ListArgs {
    /// Only this event type, or a pattern such as `user.*`
    #[arg(long = "type", value_name = "TYPE", value_parser = values::pattern)]
    event_type: Option<TypePattern>,
    /// Only this resource id
    #[arg(long, value_name = "ID")]
    resource: Option<String>,
    /// Only if the last attempt of a delivery was answered with this HTTP status
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(u16).range(100..=999))]
    status: Option<u16>,
    /// Only if the last error of a delivery contains this text
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    error: Option<String>,
    #[command(flatten)]
    window: TimeWindow,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    cursor: Cursor,
}

/// The command-line arguments of `events show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Event id, evt#N, or a delivery number
    #[arg(value_name = "ID")]
    id: String,
    /// Print the event's data exactly as it was given
    #[arg(long, conflicts_with = "sent")]
    body: bool,
    /// Print the request body that is signed and sent
    #[arg(long)]
    sent: bool,
}

/// The command-line arguments of `events why`.
#[derive(Debug, clap::Args)]
pub struct WhyArgs {
    /// Event id, evt#N, or a delivery number
    #[arg(value_name = "ID")]
    id: String,
}

/// The command-line arguments of `events reproduce`: the event, and the URL to send it to.
#[derive(Debug, clap::Args)]
pub struct ReproduceArgs {
    /// Event id, evt#N, or a delivery number
    #[arg(value_name = "ID")]
    id: String,
    /// Only for this endpoint
    #[arg(long, value_name = "NAME", conflicts_with = "to")]
    endpoint: Option<String>,
    /// Use this URL instead of the event's endpoints
    #[arg(long, value_name = "URL")]
    to: Option<String>,
}

impl EventsCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let args = match self {
            Self::Import(args) => return args.run(context),
            other => other,
        };
        let store = context.existing_store()?;
        match args {
            Self::List(args) => args.run(context, store.as_ref()),
            Self::Show(args) => args.run(context, store.as_ref()),
            Self::Why(args) => {
                let detail = find(store.as_ref(), &args.id)?;
                let endpoints = store.endpoints().wait()?;
                context.screen.report(&why::event(&detail, &endpoints, context.now))?;
                Ok(Exit::Done)
            }
            Self::Reproduce(args) => args.run(context, store.as_ref()),
            Self::Cancel(args) => args.run(context, store.as_ref()),
            Self::Export(args) => args.run(context, store.as_ref()),
            Self::Import(args) => args.run(context),
        }
    }
}

impl ListArgs {
    fn run(self, context: &Context, store: &dyn Store) -> Result<Exit, CliError> {
        let (since, until) = self.window.bounds(context.now)?;
        let filter = EventFilter {
            event_type: self.event_type,
            resource_id: self.resource,
            last_status: self.status,
            error: self.error,
            since,
            until,
            ..EventFilter::default()
        };
        let read = |page, past| Ok(store.events(&EventFilter { past, ..filter.clone() }, page).wait()?);
        let rows = |page, past| Ok(store.page_of_events(&EventFilter { past, ..filter.clone() }, page).wait()?);
        paging::show(
            context,
            self.paging,
            &self.cursor,
            read,
            rows,
            |row| row.seq,
            |listed, page| {
                let hint = "no events match; store one with `syncctl emit`";
                report::events::list(listed, page).with_hint_if(listed.rows.is_empty(), hint)
            },
        )?;
        Ok(Exit::Done)
    }
}

impl ShowArgs {
    fn run(self, context: &Context, store: &dyn Store) -> Result<Exit, CliError> {
        let detail = find(store, &self.id)?;
        match (self.body, self.sent) {
            (true, _) => context.screen.bytes(data_of(&detail.body).unwrap_or_default().as_bytes())?,
            (_, true) => context.screen.bytes(&detail.body)?,
            _ => context.screen.report(&report::event_detail::event(&detail))?,
        }
        Ok(Exit::Done)
    }
}

impl ReproduceArgs {
    fn run(self, context: &Context, store: &dyn Store) -> Result<Exit, CliError> {
        let detail = find(store, &self.id)?;
        let places = self.places(store, &detail)?;
        let lines = |(name, url, source): &(String, String, SecretSource)| {
            let body = detail.body_for(name);
            let event = OutgoingEvent { url, id: detail.row.id.as_str(), event_type: &detail.row.event_type, body };
            let variable = match source {
                SecretSource::Env(name) => name.as_str(),
                SecretSource::Shared | SecretSource::File(_) => "WEBHOOK_SECRET",
            };
            let needs = match source {
                SecretSource::File(path) => format!("# needs the text of {} in {variable}\n", shell_comment(path)),
                SecretSource::Shared | SecretSource::Env(_) => format!("# needs the secret in {variable}\n"),
            };
            needs + &reproduce(&event, variable)
        };
        let text: Vec<_> = places.iter().map(lines).collect();
        context.screen.bytes(text.join("\n").as_bytes())?;
        Ok(Exit::Done)
    }

    /// The endpoints to send to: name, URL and source of the secret.
    fn places(&self, store: &dyn Store, detail: &EventDetail) -> Result<Vec<(String, String, SecretSource)>, CliError> {
        if let Some(url) = &self.to {
            return Ok(vec![(self.endpoint.clone().unwrap_or_default(), url.clone(), SecretSource::Shared)]);
        }
        let wanted = |name: &str| match &self.endpoint {
            Some(only) => only == name,
            None => detail.deliveries.iter().any(|row| row.endpoint == name),
        };
        let places: Vec<_> = store
            .endpoints()
            .wait()?
            .into_iter()
            .filter(|endpoint| wanted(&endpoint.name))
            .map(|endpoint| (endpoint.name, endpoint.url.to_string(), endpoint.settings.secret))
            .collect();
        match (&self.endpoint, places.is_empty()) {
            (Some(name), true) => Err(crate::store::StoreError::NoEndpoint(name.clone()).into()),
            (None, true) => Err(Exit::Usage
                .error("the event has no delivery, so no endpoint is known")
                .hint("name one with --to URL")),
            (_, false) => Ok(places),
        }
    }
}

/// Text for a comment in a shell script, always on one line.
fn shell_comment(text: &str) -> String {
    Untrusted(text).to_string()
}

/// An event by its id, by `#N`, or by the number of one of its deliveries; exit 66 when there is none.
///
/// A number that no delivery has is an event's number, as if it had been written `#N`.
pub(super) fn find(store: &dyn Store, id: &str) -> Result<EventDetail, CliError> {
    let event = match selection::name(store, id)? {
        Some(EventOrDelivery::Event(event)) => Some(event),
        Some(EventOrDelivery::Delivery(number)) => {
            let emitted = || match selection::name(store, &format!("#{}", number.0)) {
                Ok(Some(EventOrDelivery::Event(event))) => Some(event),
                _ => None,
            };
            let event = selection::find_delivery(store, number)?.map(|row| row.event.id).or_else(emitted);
            let missing = || Exit::NoInput.error(format!("there is no event `{0}` and no delivery {0}", number.0));
            Some(event.ok_or_else(missing)?)
        }
        None => None,
    };
    event.map(|event| store.event(&event).wait()).transpose()?.flatten().ok_or_else(|| selection::no_event(id))
}
