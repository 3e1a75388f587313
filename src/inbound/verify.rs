//! Which of the two signatures a webhook may carry decides, and what the scheme says of it.

use ::http::{HeaderMap, Method};
use bytes::Bytes;

use super::{Keys, WebhookRefusal};
use crate::clock::Timestamp;
use crate::signature::{self, Fingerprint, ORIGINAL, Received, STANDARD};

/// Headers that say who sent a webhook. One that is there twice says two things.
const HEADERS: [&str; 4] = ["webhook-id", "webhook-timestamp", STANDARD_HEADER, "x-webhook-signature"];
const STANDARD_HEADER: &str = "webhook-signature";

/// Which signature was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Standard Webhooks: id, time and body are signed.
    Standard,
    /// The original's: the body is signed.
    Original,
}

/// How a webhook was verified.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verified {
    /// By which signature.
    pub scheme: Scheme,
    /// Under which secret.
    pub secret: Fingerprint,
}

/// Verifies by the stronger of the signatures that are there.
pub(super) fn verify(
    keys: &Keys,
    headers: &HeaderMap,
    body: &Bytes,
    now: Timestamp,
) -> Result<Verified, WebhookRefusal> {
    if keys.is_empty() {
        return Err(WebhookRefusal::Unverified("secret-missing"));
    }
    if HEADERS.iter().any(|name| headers.get_all(*name).iter().nth(1).is_some()) {
        return Err(WebhookRefusal::HeaderError("header-doubled"));
    }
    let (scheme, name, candidates) = match headers.contains_key(STANDARD_HEADER) {
        true => (Scheme::Standard, STANDARD, &keys.standard),
        false => (Scheme::Original, ORIGINAL, &keys.original),
    };
    let known = signature::find(name).ok_or(WebhookRefusal::Unverified("scheme-unknown"))?;
    let received = Received { method: Method::POST, url: None, headers: headers.clone(), body: body.clone() };
    let verdict = signature::verify(known, &received, candidates, now, None);
    match (verdict.refusal(), verdict.signature) {
        (None, Ok(key)) => Ok(Verified { scheme, secret: keys.fingerprints[key] }),
        (Some(refusal), _) | (None, Err(refusal)) => Err(WebhookRefusal::Unverified(refusal.name())),
    }
}
