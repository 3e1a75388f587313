//! The URL of an endpoint, and the protocol that its scheme names.

use std::borrow::Cow;
use std::fmt;

use ::url::Url;
use serde::{Deserialize, Serialize};

use super::broker_places::{ExchangePlace, StreamPlace};
use super::sqs::{self, SqsQueue};
use super::{InvalidEndpoint, MAX_NAME_CHARS};

/// The protocol of an endpoint, named by the scheme of its URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Signed requests over HTTP.
    Http,
    /// Entries of a Redis stream.
    Redis,
    /// Messages of AMQP 0-9-1, as RabbitMQ speaks it.
    Amqp,
    /// Messages of Amazon SQS.
    Sqs,
}

impl Protocol {
    const ALL: [(&'static str, Self); 7] = [
        ("http", Self::Http),
        ("https", Self::Http),
        ("redis", Self::Redis),
        ("rediss", Self::Redis),
        ("amqp", Self::Amqp),
        ("amqps", Self::Amqp),
        ("sqs", Self::Sqs),
    ];

    fn of(scheme: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == scheme).map(|(_, protocol)| *protocol)
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Redis => "Redis",
            Self::Amqp => "AMQP",
            Self::Sqs => "SQS",
        }
    }

    /// Whether this build supports it.
    pub fn is_built_in(self) -> bool {
        match self {
            Self::Http => true,
            Self::Redis => cfg!(feature = "redis"),
            Self::Amqp => cfg!(feature = "amqp"),
            Self::Sqs => cfg!(feature = "sqs"),
        }
    }
}

/// Where the events of an endpoint go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointPlace {
    /// An HTTP server.
    Http,
    /// A stream of Redis.
    Stream(StreamPlace),
    /// An exchange of RabbitMQ.
    Exchange(ExchangePlace),
    /// A queue of Amazon SQS.
    Sqs(SqsQueue),
}

impl EndpointPlace {
    fn of(url: &Url, protocol: Protocol) -> Result<Self, String> {
        match protocol {
            Protocol::Http => Ok(Self::Http),
            Protocol::Redis => StreamPlace::of(url).map(Self::Stream),
            Protocol::Amqp => ExchangePlace::of(url).map(Self::Exchange),
            Protocol::Sqs => SqsQueue::of(url).map(Self::Sqs),
        }
    }
}

/// The checked URL to which an endpoint's events go: of an HTTP server, or of a stream, exchange or queue of a message
/// broker. Without user information or fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EndpointUrl(Url);

impl EndpointUrl {
    /// Checks a URL with the scheme http or https.
    pub fn parse_http(text: &str) -> Result<Self, InvalidEndpoint> {
        let url = Self::parse(text)?;
        if url.protocol() == Protocol::Http {
            Ok(url)
        } else {
            Err(InvalidEndpoint::NotHttp(url.0.scheme().to_owned()))
        }
    }

    /// Checks a URL. Characters that a URL parser would drop silently are refused.
    pub fn parse(text: &str) -> Result<Self, InvalidEndpoint> {
        let (url, protocol) = check(text)?;
        EndpointPlace::of(&url, protocol).map_err(InvalidEndpoint::Broker)?;
        Ok(Self(url))
    }

    /// The URL of a place that another part of this module has checked.
    pub(super) fn of_checked(url: Url) -> Self {
        Self(url)
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The parsed URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The protocol.
    pub fn protocol(&self) -> Protocol {
        Protocol::of(self.0.scheme()).unwrap_or(Protocol::Http)
    }

    /// Where events for it go.
    pub fn place(&self) -> EndpointPlace {
        EndpointPlace::of(&self.0, self.protocol()).unwrap_or(EndpointPlace::Http)
    }

    /// The URL of the server that is called: for SQS that of the region, or of the parameter `endpoint`.
    fn server(&self) -> Cow<'_, Url> {
        let server = match self.place() {
            EndpointPlace::Sqs(queue) => Url::parse(&queue.server()).ok(),
            EndpointPlace::Http | EndpointPlace::Stream(_) | EndpointPlace::Exchange(_) => None,
        };
        server.map_or(Cow::Borrowed(&self.0), Cow::Owned)
    }

    /// Whether connections to it are over TLS.
    pub fn is_secure(&self) -> bool {
        matches!(self.server().scheme(), "https" | "rediss" | "amqps")
    }

    /// The host, an IPv6 address in brackets.
    pub fn host(&self) -> String {
        self.server().host_str().unwrap_or_default().to_owned()
    }

    /// The port, which is the scheme's own where the URL names none.
    pub fn port(&self) -> u16 {
        self.server().port_or_known_default().unwrap_or(self.own_port())
    }

    /// The default port of the scheme.
    fn own_port(&self) -> u16 {
        match (self.protocol(), self.is_secure()) {
            (Protocol::Http | Protocol::Sqs, false) => 80,
            (Protocol::Http | Protocol::Sqs, true) => 443,
            (Protocol::Redis, _) => 6379,
            (Protocol::Amqp, false) => 5672,
            (Protocol::Amqp, true) => 5671,
        }
    }

    /// The default name of an endpoint: its host, with the port if that is not the scheme's default; of SQS the queue's name.
    pub fn default_name(&self) -> String {
        if let EndpointPlace::Sqs(queue) = self.place() {
            return queue.name.chars().take(MAX_NAME_CHARS).collect();
        }
        let host = self.host();
        let host = host.trim_matches(['[', ']']);
        if self.port() == self.own_port() { host.to_owned() } else { format!("{host}:{}", self.port()) }
    }
}

/// What holds for every URL: nothing of it would be silently cleaned, its scheme is known, and it carries no secret.
pub(super) fn check(text: &str) -> Result<(Url, Protocol), InvalidEndpoint> {
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(InvalidEndpoint::Control);
    }
    let url = Url::parse(text).map_err(|e| InvalidEndpoint::Url(e.to_string()))?;
    let url = sqs::of_https(&url).unwrap_or(url);
    let Some(protocol) = Protocol::of(url.scheme()) else {
        return Err(InvalidEndpoint::Scheme(url.scheme().to_owned()));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidEndpoint::UserInfo);
    }
    if url.fragment().is_some() {
        return Err(InvalidEndpoint::Fragment);
    }
    Ok((url, protocol))
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for EndpointUrl {
    type Error = InvalidEndpoint;
    fn try_from(text: String) -> Result<Self, InvalidEndpoint> {
        Self::parse(&text)
    }
}

impl From<EndpointUrl> for String {
    fn from(url: EndpointUrl) -> Self {
        url.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_refused_rather_than_cleaned() {
        assert!(EndpointUrl::parse("https://admin.example.com/api?x=1").is_ok());
        let refused = |text: &str| EndpointUrl::parse(text).expect_err(text);
        assert!(matches!(refused("ftp://example.com"), InvalidEndpoint::Scheme(_)));
        assert!(matches!(refused("file:///etc/passwd"), InvalidEndpoint::Scheme(_)));
        assert_eq!(refused("http://user@example.com"), InvalidEndpoint::UserInfo);
        assert_eq!(refused("http://:pass@example.com"), InvalidEndpoint::UserInfo);
        assert_eq!(refused("http://example.com/#top"), InvalidEndpoint::Fragment);
        assert_eq!(refused("http://exa\nmple.com"), InvalidEndpoint::Control);
        assert_eq!(refused("http://example.com/a b"), InvalidEndpoint::Control);
        assert!(matches!(refused("example.com"), InvalidEndpoint::Url(_)));
        assert!(matches!(refused("http://"), InvalidEndpoint::Url(_)));
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
    fn a_stream_is_named_by_database_and_name() {
        let url = EndpointUrl::parse("rediss://cache.example.com/3/events?maxlen=100000&wait=1").expect("a URL");
        let EndpointPlace::Stream(place) = url.place() else { unreachable!("{url}") };
        assert_eq!((place.db, place.stream.as_str()), (3, "events"));
        assert_eq!((place.max_length, place.replicas), (Some(100_000), Some(1)));
        assert_eq!((url.port(), url.is_secure(), url.default_name().as_str()), (6379, true, "cache.example.com"));
        let ports = |text| EndpointUrl::parse(text).expect("a URL").default_name();
        assert_eq!(ports("redis://127.0.0.1:6380/0/a%2Fb"), "127.0.0.1:6380");
        assert_eq!(ports("redis://[::1]:6379/0/s"), "::1");
        for wrong in [
            "redis://host",
            "redis://host/events",
            "redis://host/0/",
            "redis://host/zero/events",
            "redis://host/0/events/more",
            "redis://host/0/events?maxlen=0",
            "redis://host/0/events?maxlen=x",
            "redis://host/0/events?wait=0",
            "redis://host/0/events?group=g",
            "redis:///0/events",
        ] {
            assert!(matches!(EndpointUrl::parse(wrong), Err(InvalidEndpoint::Broker(_))), "{wrong}");
        }
        assert_eq!(EndpointUrl::parse("redis://:secret@host/0/events"), Err(InvalidEndpoint::UserInfo));
    }

    #[test]
    fn an_exchange_is_named_by_virtual_host_and_name() {
        let url = EndpointUrl::parse("amqps://mq.example.com/%2F/events?routing_key=sync").expect("a URL");
        let EndpointPlace::Exchange(place) = url.place() else { unreachable!("{url}") };
        assert_eq!((place.vhost.as_str(), place.exchange.as_str()), ("/", "events"));
        assert_eq!(place.routing_key.as_deref(), Some("sync"));
        assert_eq!((url.port(), url.is_secure(), url.default_name().as_str()), (5671, true, "mq.example.com"));
        let of_queue = EndpointUrl::parse("amqp://127.0.0.1/app/?routing_key=sync").expect("a URL").place();
        let EndpointPlace::Exchange(place) = of_queue else { unreachable!("an exchange") };
        assert_eq!((place.vhost.as_str(), place.exchange.as_str()), ("app", ""));
        for wrong in [
            "amqp://host",
            "amqp://host/events",
            "amqp://host//events",
            "amqp://host/app/",
            "amqp://host/app/events/more",
            "amqp://host/app/events?routing_key=",
            "amqp://host/app/events?key=x",
            "amqp:///app/events",
        ] {
            assert!(matches!(EndpointUrl::parse(wrong), Err(InvalidEndpoint::Broker(_))), "{wrong}");
        }
        assert_eq!(EndpointUrl::parse("amqp://guest:guest@host/app/events"), Err(InvalidEndpoint::UserInfo));
        assert!(matches!(EndpointUrl::parse_http("redis://host/0/events"), Err(InvalidEndpoint::NotHttp(_))));
    }
    #[test]
    fn a_queue_of_sqs_is_named_by_region_account_and_name_or_by_the_url_that_sqs_gives_it() {
        let url = EndpointUrl::parse("sqs://eu-central-1/123456789012/events.fifo").expect("a URL");
        let EndpointPlace::Sqs(queue) = url.place() else { unreachable!("{url}") };
        let https = "https://sqs.eu-central-1.amazonaws.com/123456789012/events.fifo";
        assert_eq!((queue.url().as_str(), queue.is_fifo()), (https, true));
        assert_eq!((url.host().as_str(), url.port(), url.is_secure()), ("sqs.eu-central-1.amazonaws.com", 443, true));
        assert_eq!(url.default_name(), "events.fifo");
        assert_eq!(EndpointUrl::parse(https), Ok(url), "the same endpoint, however it is written");
        let china = EndpointUrl::parse("https://sqs.cn-north-1.amazonaws.com.cn/123456789012/events").expect("a URL");
        assert_eq!(
            (china.as_str(), china.host().as_str()),
            ("sqs://cn-north-1/123456789012/events", "sqs.cn-north-1.amazonaws.com.cn")
        );
        let local = EndpointUrl::parse("sqs://eu-central-1/123456789012/events?endpoint=http://127.0.0.1:9324");
        let local = local.expect("a URL");
        assert_eq!((local.host().as_str(), local.port(), local.is_secure()), ("127.0.0.1", 9324, false));
        let EndpointPlace::Sqs(queue) = local.place() else { unreachable!("{local}") };
        assert_eq!(queue.url(), "http://127.0.0.1:9324/123456789012/events");
        let of_http = EndpointUrl::parse("https://sqs.example.com/123456789012/events").expect("a URL");
        assert_eq!(of_http.protocol(), Protocol::Http);
        for wrong in [
            "sqs://eu-central-1/events",
            "sqs://eu-central-1/1234/events",
            "sqs://EU/123456789012/events",
            "sqs://eu-central-1:80/123456789012/events",
            "sqs://eu-central-1/123456789012/",
            "sqs://eu-central-1/123456789012/a.b",
            "sqs://eu-central-1/123456789012/events?endpoint=127.0.0.1",
            "sqs://eu-central-1/123456789012/events?endpoint=http://127.0.0.1/path",
            "sqs://eu-central-1/123456789012/events?endpoint=http://u:p@127.0.0.1",
            "sqs://eu-central-1/123456789012/events?visibility=1s",
            "https://sqs.eu-central-1.amazonaws.com/events",
        ] {
            assert!(matches!(EndpointUrl::parse(wrong), Err(InvalidEndpoint::Broker(_))), "{wrong}");
        }
    }
}
