//! Conditional requests about records: `ETag`, `If-Match` and `If-None-Match`, and requests that are made once under an
//! `Idempotency-Key`.
//!
//! The tag of a record names what is known of it. What an answer says beside that, such as how far others know of it, is not
//! part of the tag.

use axum::extract::FromRequestParts;
use http::header::{HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use sha2::{Digest as _, Sha256};

use super::operator::Operator;
use super::response::Problem;
use crate::event::EventId;
use crate::record::Record;
use crate::store::inbound::Versions;

/// The header that makes a request happen once.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key, in characters.
const MAX_KEY_CHARS: usize = 255;

/// The tag of a record, as `ETag` carries it.
pub(super) fn etag(record: &Record) -> HeaderValue {
    HeaderValue::try_from(format!("\"{}\"", record.version())).expect("hex in quotes is a header value")
}

/// The versions of a record that a request names in `If-Match` and `If-None-Match`.
pub(super) struct RecordConditions {
    /// Those that may be changed; none is any.
    pub(super) if_match: Option<Versions>,
    if_none_match: Option<Versions>,
}

impl RecordConditions {
    /// Whether the caller has the record as it is.
    pub(super) fn is_known(&self, record: &Record) -> bool {
        match &self.if_none_match {
            None => false,
            Some(Versions::Existing) => true,
            Some(Versions::OneOf(versions)) => versions.contains(&record.version()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for RecordConditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let read = |name| versions(&parts.headers, name);
        // A weak tag never matches where something is changed, and always does where something is read.
        Ok(Self { if_match: read(&IF_MATCH), if_none_match: read(&IF_NONE_MATCH) })
    }
}

/// The tags of a header. One that is malformed matches nothing.
fn versions(headers: &HeaderMap, name: &HeaderName) -> Option<Versions> {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect();
    if values.is_empty() {
        return None;
    }
    if values.iter().any(|value| value.trim() == "*") {
        return Some(Versions::Existing);
    }
    let tag = |text: &str| {
        let text = text.trim();
        let strong = if name == IF_NONE_MATCH { text.strip_prefix("W/").unwrap_or(text) } else { text };
        Some(strong.strip_prefix('"')?.strip_suffix('"')?.to_owned())
    };
    Some(Versions::OneOf(values.iter().flat_map(|value| value.split(',')).filter_map(tag).collect()))
}

/// The `Idempotency-Key` of a request: sent again with the same key, it happens once, because the id of what it emits
/// follows from the key.
pub(super) struct IdempotencyKey(Option<[u8; 32]>);

impl IdempotencyKey {
    /// The id of the event that the request emits, and of the `n`th if there are several.
    pub(super) fn event_id(&self, n: u64) -> Option<EventId> {
        let id = format!("idem_{}", self.name(n)?);
        Some(EventId::parse(&id).expect("hex after a word is an id"))
    }

    /// A name that follows from the key, and from nothing else.
    pub(super) fn name(&self, n: u64) -> Option<String> {
        let digest = Sha256::new().chain_update(self.0?).chain_update(n.to_be_bytes()).finalize();
        Some(hex::encode(&digest[..16]))
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let is_key = (1..=MAX_KEY_CHARS).contains(&value.len()) && value.to_str().is_ok() && values.next().is_none();
        if !is_key {
            return Err(Problem::field(
                IDEMPOTENCY_KEY.as_str(),
                format!("must be given once, with 1 to {MAX_KEY_CHARS} printable ASCII characters"),
            ));
        }
        // The keys of two operators, and those of two routes, have nothing to do with each other.
        let operator = parts.extensions.get::<Operator>().map_or("", |operator| operator.name.as_str());
        let mut digest = Sha256::new();
        for part in [operator.as_bytes(), parts.uri.path().as_bytes(), value.as_bytes()] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Ok(Self(Some(digest.finalize().into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &HeaderName, values: &[&str]) -> Option<Versions> {
        let mut headers = HeaderMap::new();
        values.iter().for_each(|value| {
            headers.append(name, value.parse().expect("a value"));
        });
        versions(&headers, name)
    }

    #[test]
    fn tags_are_read_as_http_writes_them() {
        let one_of = |tags: &[&str]| Some(Versions::OneOf(tags.iter().map(|&tag| tag.to_owned()).collect()));
        assert_eq!(read(&IF_MATCH, &[]), None);
        assert_eq!(read(&IF_MATCH, &[" * "]), Some(Versions::Existing));
        assert_eq!(read(&IF_MATCH, &[r#""a", "b""#, r#""c""#]), one_of(&["a", "b", "c"]));
        assert_eq!(read(&IF_MATCH, &[r#"W/"a", b, ""#]), one_of(&[]), "weak, bare and half tags change nothing");
        assert_eq!(read(&IF_NONE_MATCH, &[r#"W/"a""#]), one_of(&["a"]));
    }
}
