//! Verifies kept refused webhooks again.

use ::http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;

use super::{Sources, WebhookRefusal, read_within};
use crate::signature::{Received, Tolerance};
use crate::store::inbound::{KeptRequest, RequestCopy, VerifiedWebhook};

/// The request as it is kept: without credentials, which no signature covers.
pub fn copy_of(headers: &HeaderMap, body: &[u8]) -> RequestCopy {
    let is_credential = |name: &HeaderName| [AUTHORIZATION, COOKIE].contains(name) || name == "x-cron-secret";
    let value = |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    let kept = headers.iter().filter(|(name, _)| !is_credential(name));
    RequestCopy { headers: kept.map(|(name, it)| (name.to_string(), value(it))).collect(), body: body.to_vec() }
}

/// The request as it arrived, without credentials.
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

/// Verifies a kept request as of the time it arrived, and reads its event. Applying the event settles the request.
pub fn read_kept(
    sources: &Sources,
    tolerance: Option<Tolerance>,
    row: &KeptRequest,
    copy: &RequestCopy,
) -> Result<VerifiedWebhook, WebhookRefusal> {
    let received = received(copy);
    let source = sources.at(&row.route).ok_or(WebhookRefusal::Unverified("source-unknown"))?;
    let read = read_within(tolerance, source, &received.headers, &received.body, &row.source, row.at)?;
    Ok(VerifiedWebhook { kept: Some(row.id), ..read })
}
