//! Endpoints: URL, event types, and delivery settings.

mod access;
mod broker_places;
mod egress;
mod event_condition;
mod payload;
mod rate;
mod resolve;
mod source_url;
mod sqs;
mod url;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::delivery::{CircuitState, RetryPolicy};

pub(crate) use access::header_value;
pub use access::{AccessSettings, Authorization, HeaderSetting, ProxySetting, ValueSource};
pub use broker_places::{ExchangePlace, GroupPlace, QueuePlace, StreamPlace};
pub use egress::Egress;
pub use event_condition::{EventCondition, EventJson};
pub use payload::Payload;
pub use rate::{Pace, RateLimit, UsedUntil};
pub use resolve::{ResolvedEndpoint, resolve};
pub use source_url::{SourcePlace, SourceUrl};
pub use sqs::{SqsQueue, SqsSource};
pub use url::{EndpointPlace, EndpointUrl, Protocol};

/// Requests in flight to one endpoint unless configured otherwise.
pub const DEFAULT_CONCURRENCY: u16 = 10;
/// The most requests in flight in one process, and to one endpoint.
pub const MAX_CONCURRENCY: u16 = 256;
/// The longest endpoint name, in characters.
pub const MAX_NAME_CHARS: usize = 64;

/// The schemes of an endpoint's URL.
const SCHEMES: &str = "http, https, redis, rediss, amqp, amqps and sqs";

/// Why the settings of an endpoint are invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    /// The text is not a URL.
    #[error("it is not a URL ({0})")]
    Url(String),
    /// A scheme that is not supported.
    #[error("only {SCHEMES} are supported, not `{0}`")]
    Scheme(String),
    /// A scheme other than http and https, where no broker is possible.
    #[error("only http and https are possible here, not `{0}`")]
    NotHttp(String),
    /// A broker's URL without a destination for messages.
    #[error("{0}")]
    Broker(String),
    /// The URL carries a user name or password.
    #[error("a URL with a user name or password is refused, because it would end up in logs")]
    UserInfo,
    /// The URL carries a fragment, which is never sent.
    #[error("a URL with a #fragment is refused, because it is never sent")]
    Fragment,
    /// The text has control characters or inner white space, which URL parsers drop silently.
    #[error("it holds control characters or white space")]
    Control,
    /// An event-type pattern that matches nothing.
    #[error("`{0}` is not an event-type pattern: use a type, `enrollment.*` or `*`")]
    Pattern(String),
    /// A name that cannot be typed or shown safely.
    #[error("the name `{0}` must be 1 to {MAX_NAME_CHARS} characters from A-Z a-z 0-9 . _ : - and not begin with -")]
    Name(String),
    /// A concurrency of zero or above the limit.
    #[error("concurrency must be between 1 and {MAX_CONCURRENCY}, not {0}")]
    Concurrency(u16),
}

/// A pattern of event types: a type, all types with a prefix (`enrollment.*`), or all (`*`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TypePattern(String);

impl TypePattern {
    /// Checks a pattern.
    pub fn parse(text: &str) -> Result<Self, InvalidEndpoint> {
        let stem = text.strip_suffix(".*").unwrap_or(text);
        let word =
            |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if text == "*" || stem.split('.').all(word) && (stem != text || text.contains('.')) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidEndpoint::Pattern(text.to_owned()))
        }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `event_type` matches.
    pub fn matches(&self, event_type: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => event_type.starts_with(prefix),
            None => event_type == self.0,
        }
    }
}

impl TryFrom<String> for TypePattern {
    type Error = InvalidEndpoint;
    fn try_from(text: String) -> Result<Self, InvalidEndpoint> {
        Self::parse(&text)
    }
}

impl From<TypePattern> for String {
    fn from(pattern: TypePattern) -> Self {
        pattern.0
    }
}

/// Where an endpoint's secret is read from. The secret itself is never stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretSource {
    /// `webhook.secret`, which endpoints share.
    #[default]
    Shared,
    /// A file, whose final newline is not part of the secret.
    File(String),
    /// An environment variable.
    Env(String),
}

/// Which secret signs `X-Webhook-Signature` during a rotation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LegacySignature {
    /// The current secret.
    #[default]
    Current,
    /// The previous secret, as long as the receiver uses it.
    Previous,
}

/// How an endpoint is delivered to: event types, retries, rate, headers, and all else beside its name and URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EndpointSettings {
    /// The event types it subscribes to.
    pub events: Vec<TypePattern>,
    /// Where its secret is read from.
    pub secret: SecretSource,
    /// Requests in flight to it.
    pub concurrency: u16,
    /// When and how often deliveries are retried.
    pub retry: RetryPolicy,
    /// Which secret signs the original's header.
    pub legacy_signature: LegacySignature,
    /// Headers, credentials, certificates and proxy.
    pub access: AccessSettings,
    /// The conditions that an event has to meet.
    pub when: Vec<EventCondition>,
    /// The rate limit of all workers together.
    pub rate: Option<RateLimit>,
    /// The most requests at once within the rate limit.
    pub burst: Option<u32>,
    /// What a delivery carries: the event's data or the whole record.
    pub payload: Payload,
    /// Whether a newer event of a resource replaces its older ones that were not sent; needs [`Payload::Full`].
    pub coalesce: bool,
}

impl EndpointSettings {
    /// Whether it subscribes to that type; its conditions are not considered.
    pub fn wants(&self, event_type: &str) -> bool {
        self.events.iter().any(|pattern| pattern.matches(event_type))
    }

    /// The first condition that does not hold of an event.
    pub fn unmet(&self, event: &mut EventJson<'_>) -> Option<&EventCondition> {
        if self.when.is_empty() {
            return None;
        }
        let event = event.value();
        self.when.iter().find(|condition| !condition.holds(event))
    }

    /// Whether an event of that type goes to the endpoint.
    pub fn gets(&self, event_type: &str, event: &mut EventJson<'_>) -> bool {
        self.wants(event_type) && self.unmet(event).is_none()
    }

    /// Checks these settings for an endpoint of that URL: this build has to support its protocol, and some settings are for HTTP
    /// alone.
    pub fn check_for(&self, url: &EndpointUrl) -> Result<(), String> {
        let (protocol, name) = (url.protocol(), url.protocol().name());
        if protocol == Protocol::Http {
            return Ok(());
        }
        if !protocol.is_built_in() {
            return Err(format!("this build of syncctl has no support for {name}"));
        }
        if matches!(self.access.authorization, Some(Authorization::Bearer(_))) {
            return Err(format!("{name} takes a user and a password: give basic_file or basic_env"));
        }
        let of_http = [
            ("accept", self.access.accept.is_some()),
            ("retry", !self.retry.statuses.retry.is_empty()),
            ("give_up", !self.retry.statuses.give_up.is_empty()),
        ];
        match of_http.iter().find(|(_, is_set)| *is_set) {
            Some((key, _)) => Err(format!("{key} is for endpoints over HTTP: {name} answers without a status")),
            None if protocol == Protocol::Sqs => sqs::check_headers(&self.access.headers),
            None => Ok(()),
        }
    }

    /// Its rate limit with the burst, if it has one.
    pub fn pace(&self) -> Option<Pace> {
        self.rate.map(|rate| Pace::new(rate, self.burst))
    }
}

impl Default for EndpointSettings {
    fn default() -> Self {
        Self {
            events: vec![TypePattern("*".to_owned())],
            secret: SecretSource::default(),
            concurrency: DEFAULT_CONCURRENCY,
            retry: RetryPolicy::default(),
            legacy_signature: LegacySignature::default(),
            access: AccessSettings::default(),
            when: Vec::new(),
            rate: None,
            burst: None,
            payload: Payload::default(),
            coalesce: false,
        }
    }
}

/// An endpoint as the configuration names it, not yet matched to a stored one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredEndpoint {
    /// Its name in the configuration file; endpoints of the environment have none and are known by their URL.
    pub name: Option<String>,
    /// Its URL.
    pub url: EndpointUrl,
    /// Whether the configuration pauses it.
    pub paused: bool,
    /// Its settings.
    pub settings: EndpointSettings,
}

impl ConfiguredEndpoint {
    /// An endpoint from the environment, known by its URL.
    pub fn of_url(url: EndpointUrl) -> Self {
        Self { name: None, url, paused: false, settings: EndpointSettings::default() }
    }
}

/// Checks a name an operator chose.
pub fn check_name(name: &str) -> Result<(), InvalidEndpoint> {
    let right = (1..=MAX_NAME_CHARS).contains(&name.len())
        && !name.starts_with('-')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-'));
    if right { Ok(()) } else { Err(InvalidEndpoint::Name(name.to_owned())) }
}

/// The number of an endpoint in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId(pub i64);

/// Who paused an endpoint: an operator, the configuration, or its answer 410.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PausedBy {
    /// `endpoints pause`.
    Operator,
    /// `paused = true` in the configuration.
    Configuration,
    /// The endpoint itself, by answering 410.
    Gone,
}

/// An endpoint as it is stored: its settings, and whether it is paused or its circuit is open.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its row.
    pub id: EndpointId,
    /// Its name, which never changes.
    pub name: String,
    /// Its URL.
    pub url: EndpointUrl,
    /// Its settings in the latest configuration.
    pub settings: EndpointSettings,
    /// Whether the latest configuration names it.
    pub configured: bool,
    /// Who paused it, if it is paused.
    pub paused_by: Option<PausedBy>,
    /// Its circuit breaker.
    pub circuit: CircuitState,
    /// How far its rate is used up.
    pub rate_used_until: UsedUntil,
    /// When its last pause ended or its circuit closed last; how long a delivery has been due counts from here.
    pub resumed_at: Timestamp,
    /// When it last answered with a 2xx.
    pub last_success_at: Option<Timestamp>,
    /// When an attempt last failed.
    pub last_failure_at: Option<Timestamp>,
}

impl Endpoint {
    /// Whether its pending deliveries are held: it is paused or no longer configured.
    pub fn is_paused_or_unconfigured(&self) -> bool {
        !self.configured || self.paused_by.is_some()
    }

    /// When its rate limit allows another request; `None` if now.
    pub fn rate_limited_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.settings.pace()?.next_at(self.rate_used_until, now)
    }

    /// One word for its state: `ok`, `resting`, `paused`, `gone` or `unconfigured`.
    pub fn state_name(&self) -> &'static str {
        match self.paused_by {
            _ if !self.configured => "unconfigured",
            Some(PausedBy::Gone) => "gone",
            Some(PausedBy::Operator | PausedBy::Configuration) => "paused",
            None if self.circuit.open.is_some() => "resting",
            None => "ok",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_types_prefixes_or_everything() {
        let matches = |pattern, event| TypePattern::parse(pattern).expect(pattern).matches(event);
        assert!(matches("*", "user.created"));
        assert!(matches("enrollment.*", "enrollment.created") && !matches("enrollment.*", "enrollments.created"));
        assert!(matches("user.created", "user.created") && !matches("user.created", "user.created2"));
        for wrong in ["", "enroll*", "*.created", "user", "user.", "User.*", "user .*"] {
            assert!(TypePattern::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
