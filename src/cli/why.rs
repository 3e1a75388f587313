//! `why`: explains an event, a delivery, an endpoint or a resource.

use super::context::Context;
use super::events;
use super::exit::{CliError, Exit};
use crate::format::did_you_mean;
use crate::report::why;
use crate::store::{DeliveryFilter, EventDetail, EventFilter, Page, Store};
use crate::untrusted::Untrusted;

/// The latest deliveries, or else events, of a resource.
const LATEST: Page = Page { limit: 20, number: 1, oldest_first: false };

/// The command-line arguments of `why`.
#[derive(Debug, clap::Args)]
pub struct WhyArgs {
    /// Event id or evt#N, delivery number, endpoint name, or resource id (also as TYPE/ID)
    #[arg(value_name = "WHAT")]
    what: String,
}

impl WhyArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = context.read_store()?;
        explain(context, store.as_ref(), &self.what)?;
        Ok(Exit::Done)
    }
}

/// Explains what `what` names: an endpoint first, then an event, then a resource.
fn explain(context: &Context, store: &dyn Store, what: &str) -> Result<(), CliError> {
    let figures = store.figures(context.now).wait()?;
    if let Some(row) = figures.endpoints.iter().find(|row| row.endpoint.name == what) {
        return Ok(context.screen.report(&why::endpoint(row, context.now))?);
    }
    let endpoints = store.endpoints().wait()?;
    let missing = match events::find(store, what) {
        Ok(detail) => return Ok(context.screen.report(&why::event(&detail, &endpoints, context.now))?),
        Err(error) => error,
    };
    let (kind, id) = what.split_once('/').map_or((None, what), |(kind, id)| (Some(kind), id));
    let filter = DeliveryFilter { resource_id: Some(id.to_owned()), ..DeliveryFilter::default() };
    let mut rows = store.deliveries(&filter, LATEST).wait()?.rows;
    rows.retain(|row| kind.is_none_or(|kind| row.event.resource.kind == kind));
    if !rows.is_empty() {
        return Ok(context.screen.report(&why::resource(id, &rows, &endpoints, context.now))?);
    }
    if let Some(event) = latest_event(store, kind, id)? {
        return Ok(context.screen.report(&why::event(&event, &endpoints, context.now))?);
    }
    // A number or `#N` can only be an event or a delivery.
    if what.starts_with('#') || what.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(missing);
    }
    let meant = did_you_mean(what, figures.endpoints.iter().map(|row| row.endpoint.name.as_str()));
    let hint = meant.map_or(
        "list events and endpoints with `syncctl events list` and `syncctl endpoints list`".to_owned(),
        |name| format!("did you mean the endpoint `{}`?", Untrusted(name)),
    );
    Err(Exit::NoInput
        .error(format!("there is no event, delivery, endpoint or resource `{}`", Untrusted(what)))
        .hint(hint))
}

/// The latest event about a resource: one without deliveries is told why it went nowhere.
fn latest_event(store: &dyn Store, kind: Option<&str>, id: &str) -> Result<Option<EventDetail>, CliError> {
    let filter = EventFilter { resource_id: Some(id.to_owned()), ..EventFilter::default() };
    let latest = store.events(&filter, LATEST).wait()?.rows;
    let latest = latest.iter().find(|row| kind.is_none_or(|kind| row.resource.kind == kind));
    Ok(latest.map(|row| store.event(&row.id).wait()).transpose()?.flatten())
}
