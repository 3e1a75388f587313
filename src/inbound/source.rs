//! Sources of webhooks: route, scheme, keys, allowed types and networks, forwarding.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::HeaderName;
use ipnet::IpNet;

use super::platform::AcceptedTypes;
use crate::endpoint::TypePattern;
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

/// Why a text cannot be the name of a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a source's name is 1 to {MAX_SOURCE_NAME_CHARS} characters from a-z 0-9 _ - and begins with a letter")]
pub struct InvalidName;

/// The keys that the platform's webhooks may be signed with: of the current secret, and during a rotation of the
/// previous one.
#[derive(Clone, Default)]
pub struct PlatformKeys {
    pub(super) standard: Vec<Key>,
    pub(super) original: Vec<Key>,
    pub(super) fingerprints: Vec<Fingerprint>,
}

impl PlatformKeys {
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

impl fmt::Debug for PlatformKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlatformKeys({})", self.original.len())
    }
}

/// The signature scheme of a source: a listed one, or one that the operator described.
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

/// Where a source's events go that change no record: to an endpoint, or to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardTarget {
    /// The endpoint of that name.
    Endpoint(String),
    /// A shell command.
    Command(Arc<str>),
}

/// How a source's webhooks arrive: over HTTP at a route, or as messages of a broker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceTransport {
    /// As requests to its route.
    #[default]
    Request,
    /// They are read from a broker, and signed.
    Broker,
    /// They are read from a broker that lets only those write that may: signatures are not looked at.
    TrustedBroker,
}

/// Where a webhook of another service holds its event's type and id.
#[derive(Clone, Debug, Default)]
pub struct EventNames {
    /// The header of the type.
    pub type_header: Option<HeaderName>,
    /// The member of the body that is the type.
    pub type_member: Option<String>,
    /// The member of the body that is the id.
    pub id_member: Option<String>,
}

/// The settings of a source of webhooks, without its secrets.
#[derive(Clone, Debug)]
pub struct SourceSettings {
    /// Its name, the last segment of its route.
    pub name: String,
    /// How they come.
    pub arrival: SourceTransport,
    /// The scheme that signs its webhooks.
    pub scheme: SourceScheme,
    /// The types it may send.
    pub types: Vec<TypePattern>,
    /// The networks it may send from; empty for any.
    pub networks: Vec<IpNet>,
    /// The tolerance for the signed time, if not the scheme's own.
    pub tolerance: Option<Tolerance>,
    /// The URL it sends to, for schemes that sign it.
    pub url: Option<String>,
    /// Where its requests hold type and id.
    pub names: EventNames,
    /// The target of its events that change no record.
    pub forward: Option<ForwardTarget>,
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
            arrival: SourceTransport::default(),
            scheme: SourceScheme::default(),
            types: vec![TypePattern::parse("*").expect("it is a pattern")],
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
            SourceTransport::Request => format!("{NAMED_ROUTES}{}", self.name),
            SourceTransport::Broker | SourceTransport::TrustedBroker => format!("{BROKER_ROUTES}{}", self.name),
        }
    }

    /// How far a signed time may be off, where not as the scheme says.
    pub(super) fn tolerance(&self) -> Option<Tolerance> {
        match self.arrival {
            SourceTransport::Request => self.tolerance,
            SourceTransport::Broker | SourceTransport::TrustedBroker => self.tolerance.or(Some(BROKER_TOLERANCE)),
        }
    }
}

/// A source of webhooks with its keys, ready to verify.
#[derive(Clone, Debug)]
pub struct Source {
    pub(super) route: Arc<str>,
    pub(super) kind: SourceKind,
    networks: Vec<IpNet>,
    pub(super) requires_timestamp: bool,
}

/// Whether a source is one of the platform's routes or a `[[sources]]` entry.
#[derive(Clone, Debug)]
pub(super) enum SourceKind {
    /// One of the platform's own routes.
    Platform { keys: Arc<PlatformKeys>, accepts: AcceptedTypes, standard_only: bool },
    /// A `[[sources]]` entry.
    Named { settings: Arc<SourceSettings>, keys: Arc<Vec<Key>>, fingerprints: Vec<Fingerprint> },
}

/// What all of the platform's routes require of webhooks.
#[derive(Clone, Debug, Default)]
pub struct PlatformRules {
    /// The keys its webhooks are signed with.
    pub keys: PlatformKeys,
    /// Whether the original's signature is refused, so that nobody can downgrade a request to it.
    pub standard_only: bool,
    /// Whether events need a timestamp.
    pub requires_timestamp: bool,
    /// The networks that requests may come from; empty for any.
    pub networks: Vec<IpNet>,
}

impl Source {
    /// A route of the platform.
    pub fn platform(accepts: AcceptedTypes, rules: PlatformRules) -> Self {
        let PlatformRules { keys, standard_only, requires_timestamp, networks } = rules;
        let kind = SourceKind::Platform { keys: Arc::new(keys), accepts, standard_only };
        Self { route: accepts.route().into(), kind, networks, requires_timestamp }
    }

    /// A named source, with the texts of its secrets, newest first. Its scheme reads them as keys.
    pub fn named<S: AsRef<[u8]>>(settings: SourceSettings, secrets: &[S]) -> Result<Self, SecretError> {
        let keys = secrets.iter().map(|text| settings.scheme.get().key(text.as_ref())).collect::<Result<_, _>>()?;
        let fingerprints = secrets.iter().map(|text| Fingerprint::of(text.as_ref())).collect();
        Ok(Self {
            route: settings.route().into(),
            networks: settings.networks.clone(),
            kind: SourceKind::Named { settings: Arc::new(settings), keys: Arc::new(keys), fingerprints },
            requires_timestamp: false,
        })
    }

    /// The path of its route.
    pub fn route(&self) -> &Arc<str> {
        &self.route
    }

    /// How its messages come.
    pub(super) fn arrival(&self) -> SourceTransport {
        match &self.kind {
            SourceKind::Platform { .. } => SourceTransport::Request,
            SourceKind::Named { settings, .. } => settings.arrival,
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
            SourceKind::Platform { accepts, .. } => accepts.takes(event_type),
            SourceKind::Named { settings, .. } => settings.types.iter().any(|pattern| pattern.matches(event_type)),
        }
    }

    /// The target of its events that change no record.
    pub fn forward(&self) -> Option<&ForwardTarget> {
        match &self.kind {
            SourceKind::Platform { .. } => None,
            SourceKind::Named { settings, .. } => settings.forward.as_ref(),
        }
    }
}

/// All sources of webhooks, by the path of their routes.
#[derive(Clone, Debug, Default)]
pub struct Sources(BTreeMap<Arc<str>, Arc<Source>>);

impl Sources {
    /// The routes of the platform, and those of `named` sources.
    pub fn new(rules: &PlatformRules, named: Vec<Source>) -> Self {
        let platform = AcceptedTypes::ALL.into_iter().map(|accepts| Source::platform(accepts, rules.clone()));
        Self(platform.chain(named).map(|source| (Arc::clone(&source.route), Arc::new(source))).collect())
    }

    /// The source of the route with this path.
    pub fn at(&self, path: &str) -> Option<&Arc<Source>> {
        self.0.get(path)
    }
}
