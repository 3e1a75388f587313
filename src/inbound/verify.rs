//! Which of the two signatures a webhook may carry decides, and what the scheme says of it.

use ::http::{HeaderMap, Method};
use bytes::Bytes;

use super::{Keys, Refusal};
use crate::clock::Timestamp;
use crate::signature::{self, ORIGINAL, Received};

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

/// Verifies by the stronger of the signatures that are there.
pub(super) fn verify(keys: &Keys, headers: &HeaderMap, body: &Bytes, now: Timestamp) -> Result<Scheme, Refusal> {
    if keys.is_empty() {
        return Err(Refusal::Unverified("secret-missing"));
    }
    if HEADERS.iter().any(|name| headers.get_all(*name).iter().nth(1).is_some()) {
        return Err(Refusal::Malformed("header-doubled"));
    }
    let (scheme, name, keys) = match headers.contains_key(STANDARD_HEADER) {
        true => (Scheme::Standard, "standard", &keys.standard),
        false => (Scheme::Original, ORIGINAL, &keys.original),
    };
    let known = signature::find(name).ok_or(Refusal::Unverified("scheme-unknown"))?;
    let received = Received { method: Method::POST, url: None, headers: headers.clone(), body: body.clone() };
    match signature::verify(known, &received, keys, now, None).refusal() {
        None => Ok(scheme),
        Some(refusal) => Err(Refusal::Unverified(refusal.name())),
    }
}
