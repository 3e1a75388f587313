//! Endpoints: where events go, which of them, and how.

mod resolve;

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::clock::Timestamp;
use crate::delivery::{CircuitState, RetryPolicy};

pub use resolve::{ResolvedEndpoint, resolve};

/// Requests in flight to one endpoint unless configured otherwise.
pub const DEFAULT_CONCURRENCY: u16 = 10;
/// Requests in flight in one process, and the most one endpoint may be given.
pub const MAX_CONCURRENCY: u16 = 256;
/// The longest endpoint name, in characters.
pub const MAX_NAME_CHARS: usize = 64;

/// Why an endpoint cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The text is not a URL.
    #[error("it is not a URL ({0})")]
    Url(String),
    /// Another scheme than http and https.
    #[error("only http and https are supported, not `{0}`")]
    Scheme(String),
    /// The URL carries a user name or password.
    #[error("a URL with a user name or password is refused, because it would end up in logs")]
    UserInfo,
    /// The URL carries a fragment, which is never sent.
    #[error("a URL with a #fragment is refused, because it is never sent")]
    Fragment,
    /// The text has control characters or inner white space, which URL parsers silently drop.
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

/// A checked absolute http or https URL without user information or fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EndpointUrl(Url);

impl EndpointUrl {
    /// Checks a URL; what a URL parser would silently clean is refused.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Invalid::Control);
        }
        let url = Url::parse(text).map_err(|e| Invalid::Url(e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Invalid::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Invalid::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(Invalid::Fragment);
        }
        Ok(Self(url))
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The parsed URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The name an endpoint gets when nobody chose one: its host, with the port when that is not the scheme's own.
    pub fn default_name(&self) -> String {
        let host = self.0.host_str().unwrap_or_default().trim_matches(['[', ']']);
        match self.0.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for EndpointUrl {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<EndpointUrl> for String {
    fn from(url: EndpointUrl) -> Self {
        url.0.into()
    }
}

/// Which event types an endpoint wants: a type, everything below one (`enrollment.*`), or everything (`*`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(String);

impl Pattern {
    /// Checks a pattern.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let stem = text.strip_suffix(".*").unwrap_or(text);
        let word =
            |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if text == "*" || stem.split('.').all(word) && (stem != text || text.contains('.')) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::Pattern(text.to_owned()))
        }
    }

    /// Whether `event_type` is wanted.
    pub fn matches(&self, event_type: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => event_type.starts_with(prefix),
            None => event_type == self.0,
        }
    }
}

impl TryFrom<String> for Pattern {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

/// Where an endpoint's secret is found. The secret itself is never stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretSource {
    /// `WEBHOOK_SECRET`, wherever the configuration finds it.
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
    /// The previous one, while the receiver still has it.
    Previous,
}

/// What the operator decides about an endpoint, beside its name and URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The event types it wants.
    pub events: Vec<Pattern>,
    /// Where its secret is found.
    pub secret: SecretSource,
    /// Requests in flight to it.
    pub concurrency: u16,
    /// When and how often it is tried again.
    pub retry: RetryPolicy,
    /// Which secret signs the original's header.
    pub legacy_signature: LegacySignature,
}

impl Settings {
    /// Whether events of that type are wanted.
    pub fn wants(&self, event_type: &str) -> bool {
        self.events.iter().any(|pattern| pattern.matches(event_type))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            events: vec![Pattern("*".to_owned())],
            secret: SecretSource::default(),
            concurrency: DEFAULT_CONCURRENCY,
            retry: RetryPolicy::default(),
            legacy_signature: LegacySignature::default(),
        }
    }
}

/// An endpoint as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Its name in the configuration file; endpoints of the environment have none and are known by their URL.
    pub name: Option<String>,
    /// Where it is.
    pub url: EndpointUrl,
    /// Whether the configuration pauses it.
    pub paused: bool,
    /// The rest.
    pub settings: Settings,
}

impl Spec {
    /// An endpoint of the environment, known by its URL.
    pub fn of_url(url: EndpointUrl) -> Self {
        Self { name: None, url, paused: false, settings: Settings::default() }
    }
}

/// Checks a name an operator chose.
pub fn check_name(name: &str) -> Result<(), Invalid> {
    let right = (1..=MAX_NAME_CHARS).contains(&name.len())
        && !name.starts_with('-')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-'));
    if right { Ok(()) } else { Err(Invalid::Name(name.to_owned())) }
}

/// An endpoint's row number in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId(pub i64);

/// Who paused an endpoint.
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

/// An endpoint as it is stored.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its row.
    pub id: EndpointId,
    /// Its name, which never changes.
    pub name: String,
    /// Where it is.
    pub url: EndpointUrl,
    /// What the configuration last said about it.
    pub settings: Settings,
    /// Whether the configuration that spoke last names it.
    pub configured: bool,
    /// Who paused it, if anybody did.
    pub paused_by: Option<PausedBy>,
    /// Its circuit breaker.
    pub circuit: CircuitState,
    /// When its last pause ended or its circuit closed last; how long a delivery has been due counts from here.
    pub resumed_at: Timestamp,
    /// When it last answered with a 2xx.
    pub last_success_at: Option<Timestamp>,
    /// When it last failed to.
    pub last_failure_at: Option<Timestamp>,
}

impl Endpoint {
    /// Whether its pending deliveries are held: it is paused or no longer configured.
    pub fn is_paused_or_unconfigured(&self) -> bool {
        !self.configured || self.paused_by.is_some()
    }

    /// Whether it wants events of that type.
    pub fn wants(&self, event_type: &str) -> bool {
        self.settings.wants(event_type)
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

/// Which addresses requests may go to, decided on the address a connection is about to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Egress {
    /// Also refuse loopback, private and every other network that is not public.
    pub deny_private: bool,
}

impl Egress {
    /// Whether `address` may be called.
    ///
    /// Metadata services, link-local, multicast, broadcast and unspecified addresses never; with
    /// [`deny_private`](Self::deny_private), nothing but globally reachable unicast addresses (the IANA
    /// special-purpose registries, RFC 6890).
    pub fn allows(self, address: IpAddr) -> bool {
        let meant = embedded_v4(address);
        let refused = is_never_called(meant) || (self.deny_private && (is_special(meant) || is_special(address)));
        !refused
    }
}

/// The IPv4 address that an IPv6 address stands for (mapped, compatible, NAT64 or 6to4), or the address itself.
fn embedded_v4(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let segments = v6.segments();
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        IpAddr::from([a, b, c, d])
    };
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        _ => address,
    }
}

fn is_never_called(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            // 168.63.129.16 and 100.100.100.200 are metadata services outside the link-local range.
            a == 0
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || matches!([a, b, c, d], [168, 63, 129, 16] | [100, 100, 100, 200] | [192, 0, 0, 192])
        }
        IpAddr::V6(v6) => {
            let aws_metadata = [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254];
            v6.is_unspecified() || v6.is_multicast() || v6.is_unicast_link_local() || v6.segments() == aws_metadata
        }
    }
}

fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            v4.is_loopback()
                || v4.is_private()
                || v4.is_documentation()
                || (a == 100 && (64..128).contains(&b))
                || matches!([a, b, c], [192, 0, 0] | [192, 88, 99])
                || (a == 198 && matches!(b, 18 | 19))
                || a >= 240
        }
        IpAddr::V6(v6) => match v6.segments() {
            // An IPv4-mapped address is judged as the IPv4 address it stands for.
            [0, 0, 0, 0, 0, 0xffff, ..] => false,
            // Loopback and IPv4-compatible; translation by NAT64; discard only.
            [0, 0, 0, 0, 0, 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0x64, 0xff9b, 1, ..] | [0x100, 0, 0, 0, ..] => {
                true
            }
            // IETF protocols with Teredo; documentation; 6to4 and the 6bone; segment routing.
            [0x2001, second, ..] => second < 0x200 || second == 0xdb8,
            [0x2002 | 0x3ffe | 0x5f00, ..] | [0x3fff, 0..=0x0fff, ..] => true,
            // Unique local, and site local as it once was.
            [first, ..] => first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfec0,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_refused_rather_than_cleaned() {
        assert!(EndpointUrl::parse("https://admin.example.com/api?x=1").is_ok());
        let refused = |text: &str| EndpointUrl::parse(text).expect_err(text);
        assert!(matches!(refused("ftp://example.com"), Invalid::Scheme(_)));
        assert!(matches!(refused("file:///etc/passwd"), Invalid::Scheme(_)));
        assert_eq!(refused("http://user@example.com"), Invalid::UserInfo);
        assert_eq!(refused("http://:pass@example.com"), Invalid::UserInfo);
        assert_eq!(refused("http://example.com/#top"), Invalid::Fragment);
        assert_eq!(refused("http://exa\nmple.com"), Invalid::Control);
        assert_eq!(refused("http://example.com/a b"), Invalid::Control);
        assert!(matches!(refused("example.com"), Invalid::Url(_)));
        assert!(matches!(refused("http://"), Invalid::Url(_)));
    }

    #[test]
    fn a_default_name_is_the_host_with_an_unusual_port() {
        let name = |text| EndpointUrl::parse(text).expect("a good URL").default_name();
        assert_eq!(name("https://Admin.example.com/x"), "admin.example.com");
        assert_eq!(name("https://admin.example.com:443/x"), "admin.example.com");
        assert_eq!(name("http://127.0.0.1:3000/x"), "127.0.0.1:3000");
        assert_eq!(name("http://[::1]:3000/"), "::1:3000");
    }

    #[test]
    fn patterns_match_whole_types_prefixes_or_everything() {
        let matches = |pattern, event| Pattern::parse(pattern).expect(pattern).matches(event);
        assert!(matches("*", "user.created"));
        assert!(matches("enrollment.*", "enrollment.created") && !matches("enrollment.*", "enrollments.created"));
        assert!(matches("user.created", "user.created") && !matches("user.created", "user.created2"));
        for wrong in ["", "enroll*", "*.created", "user", "user.", "User.*", "user .*"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn metadata_and_link_local_addresses_are_never_called() {
        let open = Egress::default();
        for never in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "224.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "ff02::1",
            "fe80::1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "fd00:ec2::254",
            "100.100.100.200",
        ] {
            assert!(!open.allows(never.parse().expect(never)), "{never}");
        }
        for own in ["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "fd00::1", "8.8.8.8", "2606:4700::1111"] {
            assert!(open.allows(own.parse().expect(own)), "{own}");
        }
    }

    /// Addresses from the tests of other senders, and those at the edges of the ranges.
    #[test]
    fn where_private_networks_are_denied_only_public_addresses_are_called() {
        let strict = Egress { deny_private: true };
        let wrong: Vec<&str> = include_str!("../tests/fixtures/egress.csv")
            .lines()
            .skip(1)
            .filter(|line| {
                let (address, expected) = line.split_once(',').expect("address and verdict");
                strict.allows(address.parse().expect(address)) != (expected == "allow")
            })
            .collect();
        assert_eq!(wrong, Vec::<&str>::new());
    }
}
