//! Which of the two signatures a webhook may carry decides, and what the scheme says of it.

use ::http::{HeaderMap, Method};
use bytes::Bytes;

use super::{Keys, WebhookRefusal};
use crate::clock::Timestamp;
use crate::signature::{self, Fingerprint, ORIGINAL, Received, STANDARD, Tolerance, Verification};
use crate::store::inbound::RefusalDetails;

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
    /// How many milliseconds its signed time lay behind `now`, where it has one.
    pub skew_ms: Option<i64>,
}

/// Verifies by the stronger of the signatures that are there.
pub(super) fn verify(
    keys: &Keys,
    headers: &HeaderMap,
    body: &Bytes,
    now: Timestamp,
    tolerance: Option<Tolerance>,
) -> Result<Verified, WebhookRefusal> {
    if keys.is_empty() {
        return Err(WebhookRefusal::Unverified("secret-missing"));
    }
    if HEADERS.iter().any(|name| headers.get_all(*name).iter().nth(1).is_some()) {
        return Err(WebhookRefusal::HeaderError("header-doubled"));
    }
    let (scheme, verdict) = verdict(keys, headers, body, now, tolerance)?;
    let skew_ms = skew_ms(&verdict, now);
    match (verdict.refusal(), verdict.signature) {
        (None, Ok(key)) => Ok(Verified { scheme, secret: keys.fingerprints[key], skew_ms }),
        (Some(refusal), _) | (None, Err(refusal)) => Err(WebhookRefusal::Unverified(refusal.name())),
    }
}

/// What the signature of a refused webhook says: its scheme, whether it is right, and how far its time is off.
pub(super) fn examine(keys: &Keys, headers: &HeaderMap, body: &Bytes, now: Timestamp) -> RefusalDetails {
    let Ok((scheme, verdict)) = verdict(keys, headers, body, now, None) else { return RefusalDetails::default() };
    RefusalDetails {
        scheme: Some(scheme.name()),
        signature_is_right: Some(verdict.signature.is_ok()),
        skew_ms: skew_ms(&verdict, now),
        ..RefusalDetails::default()
    }
}

fn verdict(
    keys: &Keys,
    headers: &HeaderMap,
    body: &Bytes,
    now: Timestamp,
    tolerance: Option<Tolerance>,
) -> Result<(Scheme, Verification), WebhookRefusal> {
    let (scheme, candidates) = match headers.contains_key(STANDARD_HEADER) {
        true => (Scheme::Standard, &keys.standard),
        false => (Scheme::Original, &keys.original),
    };
    let known = signature::find(scheme.name()).ok_or(WebhookRefusal::Unverified("scheme-unknown"))?;
    let received =
        Received { method: Method::POST, url: None, headers: headers.clone(), body: body.clone(), registered_id: None };
    Ok((scheme, signature::verify(known, &received, candidates, now, tolerance)))
}

fn skew_ms(verdict: &Verification, now: Timestamp) -> Option<i64> {
    verdict.time.as_ref().filter(|time| time.signed).map(|time| now.as_millis() - time.at.as_millis())
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Self::Standard => STANDARD,
            Self::Original => ORIGINAL,
        }
    }
}
