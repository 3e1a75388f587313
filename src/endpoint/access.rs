//! Access settings of an endpoint: headers, credentials, certificates, proxy.

use std::fmt;

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

/// Headers that the operator cannot set, because they belong to the delivery or to HTTP.
const RESERVED: [&str; 15] = [
    "accept",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];
/// Prefixes of headers that the operator cannot set, because they carry signed values.
const RESERVED_PREFIXES: [&str; 3] = ["webhook-", "x-webhook-", "x-sync-"];

/// Where a password, a token or a header that requests to an endpoint carry is read from: the configuration, a file or a variable.
/// What a file or a variable holds is never stored in the queue.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueSource {
    /// The configuration.
    Literal(String),
    /// A file, whose final newline is not part of the value.
    File(String),
    /// An environment variable.
    Env(String),
    /// What a command prints, without its final newline.
    Command(String),
}

impl fmt::Debug for ValueSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(_) => f.write_str("Literal(…)"),
            Self::File(path) => write!(f, "File({path:?})"),
            Self::Env(name) => write!(f, "Env({name:?})"),
            Self::Command(_) => f.write_str("Command(…)"),
        }
    }
}

/// A header that the operator adds to requests to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderSetting {
    /// Its name, in lower case.
    pub name: String,
    /// Its value.
    pub value: ValueSource,
}

impl HeaderSetting {
    /// Reads `NAME: PLACE`, where `source` makes a value's source of the place.
    pub fn parse(text: &str, source: fn(String) -> ValueSource) -> Result<Self, String> {
        let (name, place) = text.split_once(':').ok_or("write `NAME: VALUE`; a value with a comma goes into a file")?;
        let (name, place) = (name.trim(), place.trim());
        let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "the name of a header is not valid")?;
        if RESERVED.contains(&known.as_str()) || RESERVED_PREFIXES.iter().any(|it| known.as_str().starts_with(it)) {
            return Err(format!("the header `{known}` is set by syncctl, or by another key"));
        }
        let value = source(place.to_owned());
        if matches!(value, ValueSource::Literal(_)) {
            HeaderValue::from_str(place).map_err(|_| format!("the value of `{known}` is not valid in a header"))?;
        }
        if place.is_empty() {
            return Err(format!("the header `{known}` has no value"));
        }
        Ok(Self { name: known.as_str().to_owned(), value })
    }
}

/// What requests to an endpoint carry as `Authorization`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authorization {
    /// `Bearer` and a token.
    Bearer(ValueSource),
    /// `Basic` and `USER:PASSWORD`.
    Basic(ValueSource),
}

/// The HTTP proxy through which an endpoint is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxySetting {
    /// `http://host:port`.
    Url(String),
    /// The value of `HTTPS_PROXY` or `HTTP_PROXY`.
    Environment,
}

impl ProxySetting {
    /// Reads `http://host:port` or `environment`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "environment" {
            return Ok(Self::Environment);
        }
        Self::host_and_port(text).map(|_| Self::Url(text.to_owned()))
    }

    /// The host and port of a proxy's URL.
    pub fn host_and_port(text: &str) -> Result<(String, u16), String> {
        let wrong = "write http://HOST:PORT, or environment; credentials go into proxy_auth_file";
        let url = url::Url::parse(text).map_err(|_| wrong.to_owned())?;
        let is_plain = url.scheme() == "http"
            && url.username().is_empty()
            && url.password().is_none()
            && matches!(url.path(), "" | "/")
            && url.query().is_none();
        match (is_plain, url.host_str(), url.port_or_known_default()) {
            (true, Some(host), Some(port)) => Ok((host.trim_matches(['[', ']']).to_owned(), port)),
            _ => Err(wrong.to_owned()),
        }
    }
}

/// How an endpoint is reached: headers, credentials, certificates, proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessSettings {
    /// Additional headers.
    pub headers: Vec<HeaderSetting>,
    /// The value of `Authorization`.
    pub authorization: Option<Authorization>,
    /// `Accept`, `*/*` by default.
    pub accept: Option<String>,
    /// `User-Agent`, ours by default.
    pub user_agent: Option<String>,
    /// The PEM file of our client certificate and its chain.
    pub client_cert_file: Option<String>,
    /// The PEM file of its key.
    pub client_key_file: Option<String>,
    /// The certificates to trust instead of those of `tls.ca_file`.
    pub ca_file: Option<String>,
    /// The proxy in front of it.
    pub proxy: Option<ProxySetting>,
    /// `USER:PASSWORD` for the proxy.
    pub proxy_auth: Option<ValueSource>,
}

impl AccessSettings {
    /// The files that hold what only this endpoint and its proxy may see: values, passwords, the key of the certificate.
    pub fn secret_files(&self) -> impl Iterator<Item = &str> {
        let authorization = self.authorization.iter().map(|it| match it {
            Authorization::Bearer(source) | Authorization::Basic(source) => source,
        });
        let values = self.headers.iter().map(|header| &header.value).chain(authorization).chain(&self.proxy_auth);
        let files = values.filter_map(|value| match value {
            ValueSource::File(path) => Some(path.as_str()),
            ValueSource::Literal(_) | ValueSource::Env(_) | ValueSource::Command(_) => None,
        });
        files.chain(self.client_key_file.as_deref())
    }
}

/// Checks a value that goes into a header.
pub(crate) fn header_value(text: &str) -> Result<String, String> {
    let is_good = !text.is_empty() && HeaderValue::from_str(text).is_ok();
    if is_good { Ok(text.to_owned()) } else { Err("it is not valid in a header".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_say_what_was_signed_and_those_of_http_are_refused() {
        let parse = |text: &str| HeaderSetting::parse(text, ValueSource::Literal);
        assert_eq!(parse("X-Api-Key: abc").map(|it| it.name), Ok("x-api-key".to_owned()));
        for wrong in [
            "X-Sync-Attempt: 7",
            "Webhook-Signature: v1,x",
            "x-webhook-signature: 00",
            "Host: other",
            "Content-Length: 1",
            "Authorization: Basic x",
            "no colon",
            ": empty",
            "X-Empty:",
            "X Y: z",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_proxy_is_plain_http_without_credentials() {
        assert_eq!(ProxySetting::host_and_port("http://[::1]:3128"), Ok(("::1".to_owned(), 3128)));
        assert_eq!(ProxySetting::parse("environment"), Ok(ProxySetting::Environment));
        for wrong in ["proxy:3128", "https://proxy", "http://u:p@proxy", "http://proxy/path", "socks5://proxy", ""] {
            assert!(ProxySetting::parse(wrong).is_err(), "{wrong}");
        }
    }
}
