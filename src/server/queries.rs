//! The filters of lists as parameters of the query, the same for routes and pages and by the names of the command line.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use super::extract::{Number, PageLimit, PageNumber, Text};
use super::response::Problem;
use crate::clock::Timestamp;
use crate::delivery::State;
use crate::endpoint::TypePattern;
use crate::monitor::failure_clusters::ClusterPrefix;
use crate::report::audit::AuditCursor;
use crate::store::inbound::ReceivedFilter;
use crate::store::operators::ActionFilter;
use crate::store::{AttemptFilter, DeliveryFilter, DeliveryId, EventFilter, Page, Store};

/// The query parameter `status`: an HTTP status, 0 for any.
type StatusParam = Number<100, 999, 0>;

/// The query parameter `sort`: newest or oldest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SortOrder {
    /// Nothing was said: the newest first, unless a log is followed.
    #[default]
    #[serde(skip)]
    Unstated,
    /// The newest first.
    Newest,
    /// The oldest first.
    Oldest,
}

/// The query parameter `state`: delivery states separated by commas; without it, any.
#[derive(Clone, Debug, Default)]
pub(super) struct StatesParam(Vec<State>);

impl<'de> Deserialize<'de> for StatesParam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let states = text.split(',').map(State::parse).collect::<Option<_>>();
        let all = State::ALL.map(State::name).join(", ");
        states.map(Self).ok_or_else(|| D::Error::custom(format_args!("must be some of {all}")))
    }
}

/// The query parameter `type`: a pattern of event types; without it, any.
#[derive(Clone, Debug, Default)]
pub(super) struct TypeParam(Option<TypePattern>);

impl<'de> Deserialize<'de> for TypeParam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        TypePattern::parse(&text).map(|pattern| Self(Some(pattern))).map_err(D::Error::custom)
    }
}

/// The query parameters `since` and `until`: RFC 3339, or a span before now (`2h`, `7d`).
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum TimeParam {
    /// Nothing was said.
    #[default]
    Any,
    /// That moment.
    At(Timestamp),
    /// So long before now.
    Before(std::time::Duration),
}

impl TimeParam {
    pub(super) fn seen_from(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Any => None,
            Self::At(at) => Some(at),
            Self::Before(span) => Some(now.minus(span)),
        }
    }
}

impl<'de> Deserialize<'de> for TimeParam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let text = text.trim();
        if let Some(at) = Timestamp::parse(text) {
            return Ok(Self::At(at));
        }
        // A number alone has no unit, not even if it is zero.
        let span = text.strip_prefix('-').unwrap_or(text);
        let has_unit = span.ends_with(|c: char| c.is_ascii_alphabetic());
        let span = humantime::parse_duration(span).ok().filter(|_| has_unit);
        span.map(Self::Before).ok_or_else(|| D::Error::custom("must be RFC 3339, or a duration before now such as 2h"))
    }
}

/// The query parameter `cluster`: the name of a group of like failures; without it, any.
#[derive(Clone, Debug, Default)]
pub(super) struct ClusterParam(pub(super) Option<ClusterPrefix>);

impl<'de> Deserialize<'de> for ClusterParam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "" => Ok(Self(None)),
            name => match ClusterPrefix::parse(name) {
                Some(prefix) => Ok(Self(Some(prefix))),
                None => Err(D::Error::custom("must be the name of a cluster, such as F1a2b3c4d")),
            },
        }
    }
}

/// The query parameters that every list has: page, limit and order.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct PageParams {
    page: PageNumber,
    limit: PageLimit,
    sort: SortOrder,
}

impl PageParams {
    fn page(self) -> Page {
        Page { limit: self.limit.0, number: self.page.0, oldest_first: self.sort == SortOrder::Oldest }
    }
}

macro_rules! with_part {
    ($query:ident) => {
        impl $query {
            /// The part of the list that is asked for.
            pub(super) fn page(&self) -> Page {
                let Self { page, limit, sort, .. } = *self;
                PageParams { page, limit, sort }.page()
            }
        }
    };
}

/// The query parameters of lists of deliveries, failures and attempts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DeliveriesQuery {
    state: StatesParam,
    pub(super) endpoint: Text,
    #[serde(rename = "type")]
    event_type: TypeParam,
    resource: Text,
    status: StatusParam,
    error: Text,
    cluster: ClusterParam,
    since: TimeParam,
    until: TimeParam,
    after: Option<i64>,
    page: PageNumber,
    limit: PageLimit,
    sort: SortOrder,
}

with_part!(DeliveriesQuery);

impl DeliveriesQuery {
    /// The deliveries last changed in the window.
    pub(super) fn deliveries(&self, now: Timestamp) -> Result<DeliveryFilter, Problem> {
        let (since, until) = window(self.since, self.until, now)?;
        Ok(DeliveryFilter {
            states: self.state.0.clone(),
            endpoint: self.endpoint.0.clone(),
            event_type: self.event_type.0.clone(),
            resource_id: self.resource.0.clone(),
            last_status: status(self.status),
            error: self.error.0.clone(),
            since,
            until,
            troubled: self.cluster.0.is_some(),
            past: self.after.map(DeliveryId),
            ..DeliveryFilter::default()
        })
    }

    /// The attempts begun in the window. Unless an order is stated, a cursor goes from the oldest on, as a log is followed.
    pub(super) fn attempts(&self, now: Timestamp) -> Result<(AttemptFilter, Page), Problem> {
        if !self.state.0.is_empty() {
            return Err(Problem::field("state", "belongs to deliveries, not to attempts"));
        }
        if self.cluster.0.is_some() {
            return Err(Problem::field("cluster", "belongs to deliveries, not to attempts"));
        }
        let (since, until) = window(self.since, self.until, now)?;
        let follows = self.after.is_some() && self.sort == SortOrder::Unstated;
        let page = Page { oldest_first: follows || self.sort == SortOrder::Oldest, ..self.page() };
        let filter = AttemptFilter {
            endpoint: self.endpoint.0.clone(),
            event_type: self.event_type.0.clone(),
            resource_id: self.resource.0.clone(),
            status: status(self.status),
            error: self.error.0.clone(),
            past: self.after,
            since,
            until,
            ..AttemptFilter::default()
        };
        Ok((filter, page))
    }

    /// Whether an order is stated, so that a cursor goes on in that order.
    pub(super) fn is_sorted(&self) -> bool {
        self.sort != SortOrder::Unstated
    }

    /// The cluster of failures they belong to.
    pub(super) fn cluster(&self) -> Option<ClusterPrefix> {
        self.cluster.0.clone()
    }

    /// Whether anything narrows the deliveries down.
    pub(super) fn is_narrowed(&self) -> bool {
        !self.state.0.is_empty()
            || self.cluster.0.is_some()
            || self.event_type.0.is_some()
            || status(self.status).is_some()
            || [&self.endpoint, &self.resource, &self.error].iter().any(|text| text.0.is_some())
            || !matches!((self.since, self.until), (TimeParam::Any, TimeParam::Any))
    }
}

/// Whether `name` is an endpoint's: an unknown one is an error, not an empty list.
pub(super) fn check_endpoint(store: &dyn Store, name: Option<&str>) -> crate::store::Result<bool> {
    match name {
        Some(name) => Ok(store.endpoints().wait()?.iter().any(|endpoint| endpoint.name == name)),
        None => Ok(true),
    }
}

/// The query parameters of the list of events.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EventsQuery {
    #[serde(rename = "type")]
    event_type: TypeParam,
    resource: Text,
    status: StatusParam,
    error: Text,
    since: TimeParam,
    until: TimeParam,
    after: Option<i64>,
    page: PageNumber,
    limit: PageLimit,
    sort: SortOrder,
}

with_part!(EventsQuery);

impl EventsQuery {
    /// The events emitted in the window.
    pub(super) fn events(&self, now: Timestamp) -> Result<EventFilter, Problem> {
        let (since, until) = window(self.since, self.until, now)?;
        Ok(EventFilter {
            event_type: self.event_type.0.clone(),
            resource_id: self.resource.0.clone(),
            last_status: status(self.status),
            error: self.error.0.clone(),
            since,
            until,
            past: self.after,
            ..EventFilter::default()
        })
    }
}

/// Which part of the audit log: attempts, received webhooks, or operators' actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum AuditDirection {
    /// Attempts.
    Outbound,
    /// Webhooks that arrived.
    Inbound,
    /// What operators did.
    Operator,
}

/// The query parameters of the audit log and of the list of received webhooks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AuditQuery {
    pub(super) direction: Option<AuditDirection>,
    pub(super) refused: Option<bool>,
    #[serde(rename = "type")]
    event_type: TypeParam,
    resource: Text,
    since: TimeParam,
    until: TimeParam,
    after: AuditCursorParam,
    page: PageNumber,
    limit: PageLimit,
    sort: SortOrder,
}

with_part!(AuditQuery);

/// The query parameter `after` of the audit log: where the page begins; without it, with the newest entry.
#[derive(Clone, Copy, Debug, Default)]
struct AuditCursorParam(Option<AuditCursor>);

impl<'de> Deserialize<'de> for AuditCursorParam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let place = AuditCursor::parse(&text);
        place.map(|place| Self(Some(place))).ok_or_else(|| D::Error::custom("must be the nextAfter of a page"))
    }
}

impl AuditQuery {
    /// The attempts of the window.
    pub(super) fn attempts(&self, now: Timestamp) -> Result<AttemptFilter, Problem> {
        let (since, until) = window(self.since, self.until, now)?;
        let (event_type, resource_id) = (self.event_type.0.clone(), self.resource.0.clone());
        let past = self.after.0.map(|place| place.attempt);
        Ok(AttemptFilter { event_type, resource_id, since, until, past, ..AttemptFilter::default() })
    }

    /// The webhooks that arrived in the window.
    pub(super) fn received(&self, now: Timestamp) -> Result<ReceivedFilter, Problem> {
        let (since, until) = window(self.since, self.until, now)?;
        let (event_type, resource_id) = (self.event_type.0.clone(), self.resource.0.clone());
        let (refused, past) = (self.refused, self.after.0.map(|place| place.webhook));
        Ok(ReceivedFilter { refused, event_type, resource_id, since, until, past, ..ReceivedFilter::default() })
    }

    /// What operators did in the window. A type or a resource is not what an action is about.
    pub(super) fn actions(&self, now: Timestamp) -> Result<Option<ActionFilter>, Problem> {
        let (since, until) = window(self.since, self.until, now)?;
        let is_any = self.event_type.0.is_none() && self.resource.0.is_none();
        let past = self.after.0.map(|place| place.action);
        Ok(is_any.then_some(ActionFilter { since, until, past, ..ActionFilter::default() }))
    }
}

fn status(status: StatusParam) -> Option<u16> {
    u16::try_from(status.0).ok().filter(|status| *status != 0)
}

fn window(
    since: TimeParam,
    until: TimeParam,
    now: Timestamp,
) -> Result<(Option<Timestamp>, Option<Timestamp>), Problem> {
    match (since.seen_from(now), until.seen_from(now)) {
        (Some(since), Some(until)) if since >= until => Err(Problem::field("since", "must be before until")),
        bounds => Ok(bounds),
    }
}
