//! The filter options that several commands share.

use clap::Arg;

use super::endpoints;
use super::exit::{CliError, Exit};
use super::values::{self, PastTime};
use crate::clock::Timestamp;
use crate::endpoint::TypePattern;
use crate::store::inbound::ReceivedFilter;
use crate::store::operators::ActionFilter;
use crate::store::{AttemptFilter, DeliveryFilter, Store};

/// The help of `--since`; `what` names the rows it filters.
pub(super) fn since(what: &'static str) -> impl FnOnce(Arg) -> Arg {
    move |it| it.help(format!("{what} at or after: 2h, yesterday, 2026-11-28, RFC 3339"))
}

/// The help of `--until`; `what` names the rows it filters.
pub(super) fn until(what: &'static str) -> impl FnOnce(Arg) -> Arg {
    move |it| it.help(format!("{what} before"))
}

/// The options `--since` and `--until`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct TimeWindow {
    /// At or after this time: 2h, yesterday, 2026-11-28, RFC 3339
    #[arg(long, value_name = "WHEN", value_parser = PastTime::parse, allow_hyphen_values = true)]
    since: Option<PastTime>,
    /// Before this time
    #[arg(long, value_name = "WHEN", value_parser = PastTime::parse, allow_hyphen_values = true)]
    until: Option<PastTime>,
}

impl TimeWindow {
    /// The start of the window and the end, which is not part of it, relative to `now`; a usage error if the window is empty.
    pub(super) fn bounds(self, now: Timestamp) -> Result<(Option<Timestamp>, Option<Timestamp>), CliError> {
        let (since, until) = (self.since.map(|it| it.seen_from(now)), self.until.map(|it| it.seen_from(now)));
        match (since, until) {
            (Some(since), Some(until)) if since >= until => Err(Exit::Usage
                .error(format!("--since {since} is not before --until {until}: nothing can match"))
                .hint("a duration counts back from now, so --since takes the longer one")),
            bounds => Ok(bounds),
        }
    }
}

/// The options that narrow a list down: endpoint, event type, resource, time.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("since", since("Last changed")), mut_arg("until", until("Last changed")))]
pub struct FilterArgs {
    /// Only this endpoint
    #[arg(long, value_name = "NAME")]
    pub(super) endpoint: Option<String>,
    /// Only this event type, or a pattern such as `user.*`
    #[arg(long = "type", id = "event_type", value_name = "TYPE", value_parser = values::pattern)]
    event_type: Option<TypePattern>,
    /// Only this resource id
    #[arg(long, value_name = "ID", hide_short_help = true)]
    resource: Option<String>,
    /// Only if the last attempt was answered with this HTTP status
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(u16).range(100..=999))]
    status: Option<u16>,
    /// Only if the last attempt's error contains this text
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    error: Option<String>,
    #[command(flatten)]
    window: TimeWindow,
}

impl FilterArgs {
    /// Whether any filter is given.
    pub(super) fn is_narrowed(&self) -> bool {
        self.endpoint.is_some()
            || self.event_type.is_some()
            || self.resource.is_some()
            || self.is_about_answers()
            || self.window.since.is_some()
            || self.window.until.is_some()
    }

    /// Whether it filters by the endpoint's answer, which received webhooks do not have.
    pub(super) fn is_about_answers(&self) -> bool {
        self.status.is_some() || self.error.is_some()
    }

    /// Refuses an unknown endpoint name with a suggestion, instead of showing an empty list.
    pub(super) fn check_endpoint(&self, store: &dyn Store, now: Timestamp) -> Result<(), CliError> {
        match &self.endpoint {
            Some(name) => endpoints::position(&store.figures(now).wait()?, name).map(drop),
            None => Ok(()),
        }
    }

    /// Deliveries last changed in the window.
    pub(super) fn deliveries(&self, now: Timestamp) -> Result<DeliveryFilter, CliError> {
        let (since, until) = self.window.bounds(now)?;
        Ok(DeliveryFilter {
            endpoint: self.endpoint.clone(),
            event_type: self.event_type.clone(),
            resource_id: self.resource.clone(),
            last_status: self.status,
            error: self.error.clone(),
            since,
            until,
            ..DeliveryFilter::default()
        })
    }

    /// Attempts begun in the window.
    pub(super) fn attempts(&self, now: Timestamp) -> Result<AttemptFilter, CliError> {
        let (since, until) = self.window.bounds(now)?;
        Ok(AttemptFilter {
            endpoint: self.endpoint.clone(),
            event_type: self.event_type.clone(),
            resource_id: self.resource.clone(),
            status: self.status,
            error: self.error.clone(),
            since,
            until,
            ..AttemptFilter::default()
        })
    }

    /// Actions of operators in the window; `None` if a type or resource is given, which no action has.
    pub(super) fn actions(&self, now: Timestamp) -> Result<Option<ActionFilter>, CliError> {
        let (since, until) = self.window.bounds(now)?;
        let is_any = self.event_type.is_none() && self.resource.is_none();
        Ok(is_any.then_some(ActionFilter { since, until, ..ActionFilter::default() }))
    }

    /// Webhooks that arrived in the window, from any source.
    pub(super) fn received(&self, now: Timestamp) -> Result<ReceivedFilter, CliError> {
        let (since, until) = self.window.bounds(now)?;
        Ok(ReceivedFilter {
            event_type: self.event_type.clone(),
            resource_id: self.resource.clone(),
            since,
            until,
            ..ReceivedFilter::default()
        })
    }
}
