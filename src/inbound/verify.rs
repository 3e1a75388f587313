//! Verifies a webhook by the signature that decides.

use ::http::{HeaderMap, Method};
use bytes::Bytes;

use super::WebhookRefusal;
use super::platform::IdRule;
use super::source::{Source, SourceKind, SourceTransport};
use crate::clock::Timestamp;
use crate::signature::{self, Fingerprint, Key, ORIGINAL, Received, STANDARD, Scheme, Tolerance, Verification};
use crate::store::inbound::RefusalDetails;

/// Headers that sign a webhook of the platform. A duplicate one is ambiguous.
const HEADERS: [&str; 4] = ["webhook-id", "webhook-timestamp", STANDARD_HEADER, ORIGINAL_HEADER];
const STANDARD_HEADER: &str = "webhook-signature";
const ORIGINAL_HEADER: &str = "x-webhook-signature";
/// The id of a message whose broker vouches for it: ours, or that of a sender that knows no webhooks.
const MESSAGE_IDS: [&str; 2] = ["webhook-id", "message-id"];

/// How a webhook was verified: by which scheme and secret, and when it was signed.
#[derive(Clone, Debug)]
pub(super) struct Verified {
    /// The rule that its event's id follows.
    pub ids: IdRule,
    /// The id that the signature covers, in schemes that have one.
    pub signed_id: Option<String>,
    /// The fingerprint of the secret; [`Fingerprint::NONE`] if the broker is trusted instead.
    pub secret: Fingerprint,
    /// The milliseconds by which its signed time was behind `now`, if it has one.
    pub skew_ms: Option<i64>,
}

/// The scheme by which a webhook is verified, with its keys.
struct Verifier<'s> {
    scheme: &'s dyn Scheme,
    keys: &'s [Key],
    fingerprints: &'s [Fingerprint],
    tolerance: Option<Tolerance>,
    url: Option<&'s str>,
}

/// Verifies by the source's scheme; on platform routes by the strongest signature present.
pub(super) fn verify(
    source: &Source,
    headers: &HeaderMap,
    body: &Bytes,
    now: Timestamp,
    tolerance: Option<Tolerance>,
) -> Result<Verified, WebhookRefusal> {
    if source.arrival() == SourceTransport::TrustedBroker {
        let (ids, signed_id) = (IdRule::Original, MESSAGE_IDS.iter().find_map(|name| text_of(headers, name)));
        return Ok(Verified { ids, signed_id, secret: Fingerprint::NONE, skew_ms: None });
    }
    let verifier = verifier(source, headers)?;
    if verifier.keys.is_empty() {
        return Err(WebhookRefusal::Unverified("secret-missing"));
    }
    if matches!(source.kind, SourceKind::Platform { .. }) && HEADERS.iter().any(|name| is_duplicate(headers, name)) {
        return Err(WebhookRefusal::HeaderError("header-doubled"));
    }
    let verification = verifier.verify(headers, body, now, tolerance);
    // How long a message waited in a broker says nothing of any clock.
    let skew_ms = skew_ms(&verification, now).filter(|_| source.arrival() == SourceTransport::Request);
    match (verification.refusal(), verification.signature) {
        (None, Ok(key)) => Ok(Verified {
            ids: if verifier.is_original() { IdRule::Original } else { IdRule::Standard },
            signed_id: verifier.signed_id(headers),
            secret: verifier.fingerprints[key],
            skew_ms,
        }),
        (Some(refusal), _) | (None, Err(refusal)) => Err(WebhookRefusal::Unverified(refusal.name())),
    }
}

/// The details of a refused webhook's signature: scheme, whether it is valid, and clock skew.
pub(super) fn examine(source: &Source, headers: &HeaderMap, body: &Bytes, now: Timestamp) -> RefusalDetails {
    let Ok(verifier) = verifier(source, headers) else { return RefusalDetails::default() };
    if source.arrival() == SourceTransport::TrustedBroker {
        return RefusalDetails::default();
    }
    let verification = verifier.verify(headers, body, now, None);
    RefusalDetails {
        scheme: Some(verifier.scheme.facts().name.to_string()),
        signature_is_right: Some(verification.signature.is_ok()),
        skew_ms: skew_ms(&verification, now).filter(|_| source.arrival() == SourceTransport::Request),
        ..RefusalDetails::default()
    }
}

/// Whether a request has the signature header of its source, valid or not.
pub fn is_claimed_signed(source: &Source, headers: &HeaderMap) -> bool {
    match &source.kind {
        SourceKind::Platform { .. } => {
            [STANDARD_HEADER, ORIGINAL_HEADER].iter().any(|name| headers.contains_key(*name))
        }
        SourceKind::Named { settings, .. } => {
            let scheme = settings.scheme.get();
            headers.contains_key(&scheme.facts().header)
                || scheme.second_header().is_some_and(|name| headers.contains_key(name))
        }
    }
}

fn is_duplicate(headers: &HeaderMap, name: &str) -> bool {
    headers.get_all(name).iter().nth(1).is_some()
}

/// The verifier for a request. The stronger header decides if it is present: a weaker one cannot rescue it.
fn verifier<'s>(source: &'s Source, headers: &HeaderMap) -> Result<Verifier<'s>, WebhookRefusal> {
    match &source.kind {
        SourceKind::Platform { keys, standard_only, .. } => {
            let (name, candidates) = match headers.contains_key(STANDARD_HEADER) {
                true => (STANDARD, &keys.standard),
                false if *standard_only => return Err(WebhookRefusal::Unverified("standard-signature-missing")),
                false => (ORIGINAL, &keys.original),
            };
            let scheme = signature::find(name).ok_or(WebhookRefusal::Unverified("scheme-unknown"))?;
            Ok(Verifier { scheme, keys: candidates, fingerprints: &keys.fingerprints, tolerance: None, url: None })
        }
        SourceKind::Named { settings, keys, fingerprints } => Ok(Verifier {
            scheme: settings.scheme.get(),
            keys,
            fingerprints,
            tolerance: settings.tolerance(),
            url: settings.url.as_deref(),
        }),
    }
}

impl Verifier<'_> {
    fn verify(&self, headers: &HeaderMap, body: &Bytes, now: Timestamp, tolerance: Option<Tolerance>) -> Verification {
        let url = self.url.map(str::to_owned);
        let (headers, body) = (headers.clone(), body.clone());
        let received = Received { method: Method::POST, url, headers, body, ..Received::default() };
        signature::verify(self.scheme, &received, self.keys, now, tolerance.or(self.tolerance))
    }

    fn is_original(&self) -> bool {
        self.scheme.facts().name == ORIGINAL
    }

    fn signed_id(&self, headers: &HeaderMap) -> Option<String> {
        let name = self.scheme.facts().id_header.as_ref().filter(|_| self.scheme.protects().id)?;
        text_of(headers, name.as_str())
    }
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn skew_ms(verification: &Verification, now: Timestamp) -> Option<i64> {
    verification.time.as_ref().filter(|time| time.signed).map(|time| now.as_millis() - time.at.as_millis())
}
