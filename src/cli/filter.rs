//! Which rows of a list are meant: the options that several commands share.

use clap::Arg;

use super::endpoints;
use super::exit::CliError;
use super::values::When;
use crate::clock::Timestamp;
use crate::store::inbound::ReceivedFilter;
use crate::store::{AttemptFilter, DeliveryFilter, Store};

/// The help of `--since`, which says what it is that lies in the window.
pub(super) fn since(what: &'static str) -> impl FnOnce(Arg) -> Arg {
    move |it| it.help(format!("{what} at or after: a time, or a duration before now"))
}

/// The help of `--until`, likewise.
pub(super) fn until(what: &'static str) -> impl FnOnce(Arg) -> Arg {
    move |it| it.help(format!("{what} before"))
}

/// From when, and until when.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Window {
    /// At or after this time: 2h, yesterday, 2026-11-28, RFC 3339
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    since: Option<When>,
    /// Before this time
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    until: Option<When>,
}

impl Window {
    /// Its first moment, seen from `now`.
    pub(super) fn since(self, now: Timestamp) -> Option<Timestamp> {
        self.since.map(|when| when.seen_from(now))
    }

    /// The first moment after it, seen from `now`.
    pub(super) fn until(self, now: Timestamp) -> Option<Timestamp> {
        self.until.map(|when| when.seen_from(now))
    }
}

/// What was sent: where to, of which type, and when.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("since", since("Last changed")), mut_arg("until", until("Last changed")))]
pub struct Sent {
    /// Only to this endpoint
    #[arg(long, value_name = "NAME")]
    pub(super) endpoint: Option<String>,
    /// Only this event type, or a pattern such as `user.*`
    #[arg(long = "type", id = "event_type", value_name = "TYPE")]
    event_type: Option<String>,
    #[command(flatten)]
    window: Window,
}

impl Sent {
    /// Whether it means less than everything.
    pub(super) fn is_narrowed(&self) -> bool {
        self.endpoint.is_some()
            || self.event_type.is_some()
            || self.window.since.is_some()
            || self.window.until.is_some()
    }

    /// A name that is no endpoint's is a usage error with a suggestion, and not an empty list.
    pub(super) fn check_endpoint(&self, store: &dyn Store, now: Timestamp) -> Result<(), CliError> {
        match &self.endpoint {
            Some(name) => endpoints::position(&store.figures(now).wait()?, name).map(drop),
            None => Ok(()),
        }
    }

    /// Deliveries last changed in the window.
    pub(super) fn deliveries(&self, now: Timestamp) -> DeliveryFilter {
        DeliveryFilter {
            endpoint: self.endpoint.clone(),
            event_type: self.event_type.clone(),
            since: self.window.since(now),
            until: self.window.until(now),
            ..DeliveryFilter::default()
        }
    }

    /// Attempts begun in the window.
    pub(super) fn attempts(&self, now: Timestamp) -> AttemptFilter {
        AttemptFilter {
            endpoint: self.endpoint.clone(),
            event_type: self.event_type.clone(),
            since: self.window.since(now),
            until: self.window.until(now),
        }
    }

    /// Webhooks that arrived in the window, wherever they came from.
    pub(super) fn received(&self, now: Timestamp) -> ReceivedFilter {
        ReceivedFilter {
            event_type: self.event_type.clone(),
            since: self.window.since(now),
            until: self.window.until(now),
            ..ReceivedFilter::default()
        }
    }
}
