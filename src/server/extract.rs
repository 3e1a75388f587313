//! Extractors: what handlers take from a request, with our own shape of refusal.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::request::Parts;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::value::RawValue;
use url::form_urlencoded;

use super::body_budget::{BodyBytes, BodySender};
use super::connections::{BusyGuard, Peer};
use super::operator::Operator;
use super::response::Problem;
use super::state::App;
use crate::store::Page;

/// The longest text in a parameter of the query, in characters.
const MAX_TEXT_CHARS: usize = 256;
/// The size limit of a body, where a route has no other: the data of an event and what is around it.
pub(super) const BODY_LIMIT: usize = crate::inbound::MAX_BODY_BYTES;

/// An extractor of a request's whole body of at most `LIMIT` bytes.
pub(super) struct Payload<const LIMIT: usize = BODY_LIMIT> {
    pub(super) bytes: Bytes,
    _memory: BodyBytes,
    // A caller that has sent its body is not evicted before it is answered.
    _busy: Option<BusyGuard>,
}

impl<const LIMIT: usize> FromRequest<Arc<App>> for Payload<LIMIT> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let peer = parts.extensions.get::<Peer>();
        let address = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.address);
        let is_proven = parts.extensions.get::<Operator>().is_some() || app.senders.is_known(address);
        let read = app.bodies.read(BodySender::new(address, is_proven), &parts.headers, body, LIMIT).await?;
        let busy = peer.map(|peer| peer.connection.busy());
        Ok(Self { bytes: read.bytes.clone(), _memory: read, _busy: busy })
    }
}

/// The members of a JSON object, each with its value as it was written. Of a name given twice the last counts.
pub(super) type Members = BTreeMap<String, Box<RawValue>>;

/// An extractor of a body that is a JSON object.
pub(super) struct JsonObject(pub(super) Members);

impl FromRequest<Arc<App>> for JsonObject {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let payload = Payload::<BODY_LIMIT>::from_request(request, app).await?;
        let text = std::str::from_utf8(&payload.bytes).map_err(|_| Problem::field("body", "is not UTF-8"))?;
        crate::event::check_json(text).map_err(|e| Problem::field("body", format!("is not valid JSON: {e}")))?;
        serde_json::from_str(text).map(Self).map_err(|_| Problem::field("body", "must be a JSON object"))
    }
}

/// An extractor of the query's parameters; a wrong one is named in the response. A parameter that `T` does not know is
/// refused if `T` denies unknown fields.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        from_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Reads parameters, and names the one that is wrong.
pub(super) fn from_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let path = error.path().to_string();
        let name = if error.path().iter().next().is_none() { "query" } else { path.as_str() };
        Problem::field(name, error.inner().to_string())
    })
}

/// An extractor of the one parameter in the path.
pub(super) struct Path(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Path {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|_| Problem::invalid("the path is not valid UTF-8"))
    }
}

/// A query parameter that is text. An empty one counts as missing.
#[derive(Clone, Debug, Default)]
pub(super) struct Text(pub(super) Option<String>);

impl Text {
    /// The text, or a problem with the parameter `name`.
    pub(super) fn required(self, name: &str) -> Result<String, Problem> {
        self.0.ok_or_else(|| Problem::field(name, "is missing"))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.chars().count() > MAX_TEXT_CHARS {
            return Err(D::Error::custom(format_args!("must have at most {MAX_TEXT_CHARS} characters")));
        }
        Ok(Self(Some(text).filter(|text| !text.is_empty())))
    }
}

/// A query parameter that is a whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number<const MIN: u64, const MAX: u64, const DEFAULT: u64>(pub(super) u64);

impl<const MIN: u64, const MAX: u64, const DEFAULT: u64> Default for Number<MIN, MAX, DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<'de, const MIN: u64, const MAX: u64, const DEFAULT: u64> Deserialize<'de> for Number<MIN, MAX, DEFAULT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && (MIN..=MAX).contains(number));
        number.map(Self).ok_or_else(|| D::Error::custom(format_args!("must be a number from {MIN} to {MAX}")))
    }
}

/// The query parameter `page`: which page of a list.
pub(super) type PageNumber = Number<1, 1_000_000, 1>;
/// The query parameter `limit`: how many items on a page.
pub(super) type PageLimit = Number<1, 100, 20>;

/// The query parameter that sorts ascending or descending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Order {
    /// Ascending.
    Asc,
    /// Descending.
    Desc,
}

/// The page of a list that a query asks for.
pub(super) fn page(number: PageNumber, limit: PageLimit, order: Order) -> Page {
    Page { limit: limit.0, number: number.0, oldest_first: order == Order::Asc }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Query parameters of a test.
    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Parameters {
        limit: PageLimit,
        search: Text,
        order: Option<Order>,
    }

    fn read(query: &str) -> Result<Parameters, String> {
        let mut parts = http::Request::get(format!("/?{query}")).body(()).expect("a request").into_parts().0;
        let future = Query::<Parameters>::from_request_parts(&mut parts, &());
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(future).map(|Query(read)| read).map_err(|problem| format!("{problem:?}"))
    }

    #[test]
    fn wrong_parameters_are_named_and_empty_text_is_none() {
        let read_all = read("limit=100&search=&order=asc").expect("all are good");
        assert_eq!((read_all.limit.0, read_all.search.0, read_all.order), (100, None, Some(Order::Asc)));
        assert_eq!(read("").expect("none is needed").limit.0, 20);
        for (query, name) in [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=%2B1", "limit"),
            ("limit=", "limit"),
            ("order=up", "order"),
            ("other=1", "other"),
            ("limit=1&limit=2", "query"),
        ] {
            let told = read(query).expect_err(query);
            assert!(told.contains(&format!("fields: [(\"{name}\"")), "{query}: {told}");
        }
        assert!(read(&format!("search={}", "é".repeat(256))).is_ok());
        assert!(read(&format!("search={}", "é".repeat(257))).is_err());
    }
}
