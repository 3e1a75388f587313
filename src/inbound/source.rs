//! Sources of webhooks: route, scheme, keys, allowed types and networks, forwarding.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::HeaderName;
use ipnet::IpNet;

use super::platform::Accepts;
use crate::endpoint::Pattern;
use crate::signature::{self, Algorithm, Fingerprint, Generic, Key, Scheme, Secret, SecretError, Tolerance};
use crate::store::inbound::REMEMBERED;

/// The prefix of the routes of named sources.
pub const NAMED_ROUTES: &str = "/api/webhooks/in/";
/// What stands in place of the path for a source that is read from a broker. No path of a request begins so.
const BROKER_ROUTES: &str = "broker/";
/// How long after it was signed a message of a broker is accepted: as long as ids are remembered, so that nothing that is sent
/// again is applied again. A message may wait in its broker for days.
const BROKER_TOLERANCE: Tolerance = Tolerance { past: REMEMBERED, future: Some(Duration::from_mins(5)) };
/// The longest name of a source, in characters. Types of its events begin with the name.
const MAX_SOURCE_NAME_CHARS: usize = 40;

/// A name that cannot be that of a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a source's name is 1 to {MAX_SOURCE_NAME_CHARS} characters from a-z 0-9 _ - and begins with a letter")]
pub struct InvalidName;

/// The keys that platform webhooks may be signed with: of the current secret, and during a rotation of the previous one.
#[derive(Clone, Default)]
pub struct Keys {
    pub(super) standard: Vec<Key>,
    pub(super) original: Vec<Key>,
    pub(super) fingerprints: Vec<Fingerprint>,
}

impl Keys {
    /// The keys of these secrets, newest first.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> Self {
        let mut keys = Self::default();
        for secret in secrets {
            keys.standard.push(Key::hmac(Algorithm::HmacSha256, secret.standard_key()));
            keys.original.push(Key::hmac(Algorithm::HmacSha256, secret.as_text()));
            keys.fingerprints.push(secret.fingerprint());
        }
        keys
    }

    /// Whether there is none, so that everything is refused.
    pub fn is_empty(&self) -> bool {
        self.original.is_empty()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.original.len())
    }
}

/// The scheme of a source: a listed one, or one that the operator described.
#[derive(Clone, Debug)]
pub enum SourceScheme {
    /// A scheme of the registry.
    Listed(&'static dyn Scheme),
    /// A scheme that the configuration describes.
    Described(Arc<Generic>),
}

impl SourceScheme {
    /// The scheme.
    pub fn get(&self) -> &dyn Scheme {
        match self {
            Self::Listed(scheme) => *scheme,
            Self::Described(scheme) => scheme.as_ref(),
        }
    }
}

impl Default for SourceScheme {
    /// Standard Webhooks.
    fn default() -> Self {
        Self::Listed(signature::find(signature::STANDARD).expect("Standard Webhooks is in the table"))
    }
}

/// The target of events that change no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forward {
    /// The endpoint of that name.
    Endpoint(String),
    /// A shell command.
    Command(Arc<str>),
}

/// How the messages of a source come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrival {
    /// As requests to its route.
    #[default]
    Request,
    /// They are read from a broker, and signed.
    Broker,
    /// They are read from a broker that lets only those write that may: signatures are not looked at.
    TrustedBroker,
}

/// Where a foreign request holds the event's type and id.
#[derive(Clone, Debug, Default)]
pub struct EventNames {
    /// The header of the type.
    pub type_header: Option<HeaderName>,
    /// The member of the body that is the type.
    pub type_member: Option<String>,
    /// The member of the body that is the id.
    pub id_member: Option<String>,
}

/// The settings of a source, without its secrets.
#[derive(Clone, Debug)]
pub struct SourceSettings {
    /// Its name, the last segment of its route.
    pub name: String,
    /// How they come.
    pub arrival: Arrival,
    /// The scheme that signs its webhooks.
    pub scheme: SourceScheme,
    /// The types it may send.
    pub types: Vec<Pattern>,
    /// The networks it may send from; empty for any.
    pub networks: Vec<IpNet>,
    /// The tolerance for the signed time, if not the scheme's own.
    pub tolerance: Option<Tolerance>,
    /// The URL it sends to, for schemes that sign it.
    pub url: Option<String>,
    /// Where its requests hold type and id.
    pub names: EventNames,
    /// The target of its events that change no record.
    pub forward: Option<Forward>,
    /// How long it may send nothing before that is unhealthy.
    pub silence_after: Option<Duration>,
}

impl SourceSettings {
    /// Standard Webhooks of every type, from anywhere.
    pub fn new(name: &str) -> Result<Self, InvalidName> {
        let right = (1..=MAX_SOURCE_NAME_CHARS).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'));
        if !right {
            return Err(InvalidName);
        }
        Ok(Self {
            name: name.to_owned(),
            arrival: Arrival::default(),
            scheme: SourceScheme::default(),
            types: vec![Pattern::parse("*").expect("it is a pattern")],
            networks: Vec::new(),
            tolerance: None,
            url: None,
            names: EventNames::default(),
            forward: None,
            silence_after: None,
        })
    }

    /// The path of its route; for a source that is read from a broker, what stands in its place.
    pub fn route(&self) -> String {
        match self.arrival {
            Arrival::Request => format!("{NAMED_ROUTES}{}", self.name),
            Arrival::Broker | Arrival::TrustedBroker => format!("{BROKER_ROUTES}{}", self.name),
        }
    }

    /// How far a signed time may be off, where not as the scheme says.
    pub(super) fn tolerance(&self) -> Option<Tolerance> {
        match self.arrival {
            Arrival::Request => self.tolerance,
            Arrival::Broker | Arrival::TrustedBroker => self.tolerance.or(Some(BROKER_TOLERANCE)),
        }
    }
}

/// A source with its keys, as a route uses it.
#[derive(Clone, Debug)]
pub struct Source {
    pub(super) route: Arc<str>,
    pub(super) kind: Kind,
    networks: Vec<IpNet>,
    pub(super) requires_timestamp: bool,
}

/// The kind of a source: a route of the platform, or a `[[sources]]` entry.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// One of the platform's own routes.
    Platform { keys: Arc<Keys>, accepts: Accepts, standard_only: bool },
    /// A `[[sources]]` entry.
    Named { settings: Arc<SourceSettings>, keys: Arc<Vec<Key>>, fingerprints: Vec<Fingerprint> },
}

/// The rules of all platform routes.
#[derive(Clone, Debug, Default)]
pub struct PlatformRules {
    /// The keys its webhooks are signed with.
    pub keys: Keys,
    /// Whether the original's signature is refused, so that nobody can downgrade a request to it.
    pub standard_only: bool,
    /// Whether events need a timestamp.
    pub requires_timestamp: bool,
    /// The networks that requests may come from; empty for any.
    pub networks: Vec<IpNet>,
}

impl Source {
    /// A route of the platform.
    pub fn platform(accepts: Accepts, rules: PlatformRules) -> Self {
        let PlatformRules { keys, standard_only, requires_timestamp, networks } = rules;
        let kind = Kind::Platform { keys: Arc::new(keys), accepts, standard_only };
        Self { route: accepts.route().into(), kind, networks, requires_timestamp }
    }

    /// A named source, with the texts of its secrets, newest first. Its scheme reads them as keys.
    pub fn named<S: AsRef<[u8]>>(settings: SourceSettings, secrets: &[S]) -> Result<Self, SecretError> {
        let keys = secrets.iter().map(|text| settings.scheme.get().key(text.as_ref())).collect::<Result<_, _>>()?;
        let fingerprints = secrets.iter().map(|text| Fingerprint::of(text.as_ref())).collect();
        Ok(Self {
            route: settings.route().into(),
            networks: settings.networks.clone(),
            kind: Kind::Named { settings: Arc::new(settings), keys: Arc::new(keys), fingerprints },
            requires_timestamp: false,
        })
    }

    /// The path of its route.
    pub fn route(&self) -> &Arc<str> {
        &self.route
    }

    /// How its messages come.
    pub(super) fn arrival(&self) -> Arrival {
        match &self.kind {
            Kind::Platform { .. } => Arrival::Request,
            Kind::Named { settings, .. } => settings.arrival,
        }
    }

    /// Whether requests may come from `address`.
    pub fn may_send_from(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.is_empty() || self.networks.iter().any(|network| network.contains(&address))
    }

    /// Whether it may send events of this type.
    pub(super) fn takes(&self, event_type: &str) -> bool {
        match &self.kind {
            Kind::Platform { accepts, .. } => accepts.takes(event_type),
            Kind::Named { settings, .. } => settings.types.iter().any(|pattern| pattern.matches(event_type)),
        }
    }

    /// The target of its events that change no record.
    pub fn forward(&self) -> Option<&Forward> {
        match &self.kind {
            Kind::Platform { .. } => None,
            Kind::Named { settings, .. } => settings.forward.as_ref(),
        }
    }
}

/// Every route that receives webhooks, by its path.
#[derive(Clone, Debug, Default)]
pub struct Sources(BTreeMap<Arc<str>, Arc<Source>>);

impl Sources {
    /// The routes of the platform, and those of `named` sources.
    pub fn new(rules: &PlatformRules, named: Vec<Source>) -> Self {
        let platform = Accepts::ALL.into_iter().map(|accepts| Source::platform(accepts, rules.clone()));
        Self(platform.chain(named).map(|source| (Arc::clone(&source.route), Arc::new(source))).collect())
    }

    /// The source of the route with this path.
    pub fn at(&self, path: &str) -> Option<&Arc<Source>> {
        self.0.get(path)
    }
}
