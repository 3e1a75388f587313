//! Refused webhooks that were kept, verified again.

use ::http::header::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;

use super::{Accepts, Keys, WebhookRefusal, read_within};
use crate::signature::{Received, Tolerance};
use crate::store::inbound::{Incoming, KeptRequest, RequestCopy};

/// The request as it came, but for credentials.
pub fn received(copy: &RequestCopy) -> Received {
    let bytes = |value: &str| -> Vec<u8> { value.chars().filter_map(|c| u8::try_from(c).ok()).collect() };
    let header = |(name, value): &(String, String)| {
        Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(&bytes(value)).ok()?))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in copy.headers.iter().filter_map(header) {
        headers.append(name, value);
    }
    Received { method: ::http::Method::POST, headers, body: Bytes::from(copy.body.clone()), ..Received::default() }
}

/// Verifies a kept request as of the time it arrived, and reads its event.
pub fn read_kept(
    keys: &Keys,
    tolerance: Option<Tolerance>,
    row: &KeptRequest,
    copy: &RequestCopy,
) -> Result<Incoming, WebhookRefusal> {
    let received = received(copy);
    let accepts = Accepts::at(&row.route).unwrap_or(Accepts::Everything);
    read_within(tolerance, keys, accepts, &received.headers, &received.body, &row.source, row.at)
}
