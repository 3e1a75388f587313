//! Signs and verifies by any scheme.

use std::borrow::Cow;
use std::time::Duration;

use super::code::Codes;
use super::error::{SignError, VerifyError};
use super::facts::{Protects, REGISTERED_ID, Tolerance};
use super::key::Key;
use super::message::{Message, is_id};
use super::received::Received;
use super::scheme::{Header, Scheme, SignatureClaim, SignedTime};
use crate::clock::Timestamp;

/// How the signed time of a request compares with now, whether or not the signature is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeFact {
    /// When it claims to be signed.
    pub at: Timestamp,
    /// Whether the signature covers that time.
    pub signed: bool,
    /// How old it is; for a time ahead of now, zero.
    pub age: Duration,
    /// How far ahead of now it is; for a time in the past, zero.
    pub ahead: Duration,
    /// The tolerance that applies.
    pub limit: Option<Tolerance>,
}

impl TimeFact {
    fn new(at: Timestamp, signed: bool, now: Timestamp, limit: Option<Tolerance>) -> Self {
        Self { at, signed, age: now.since(at), ahead: at.since(now), limit }
    }

    /// Whether it is within the limit, or there is none.
    pub fn is_within(&self) -> bool {
        self.limit.is_none_or(|limit| self.age <= limit.past && limit.future.is_none_or(|future| self.ahead <= future))
    }
}

/// What verifying a request found: the scheme, the key that was right, the signed time.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The index of the key that matches, or why the signature was refused. The time is not considered here.
    pub signature: Result<usize, VerifyError>,
    /// Its time, if it has a readable one.
    pub time: Option<TimeFact>,
    /// What a valid signature protects; without the time if a body lacks it.
    pub protects: Protects,
    /// The member of the body that should hold the time but does not, if there is a tolerance.
    pub untimed: Option<&'static str>,
}

impl Verification {
    /// Why the request is not accepted; `None` when it is.
    pub fn refusal(&self) -> Option<VerifyError> {
        match &self.signature {
            Err(refusal) => Some(refusal.clone()),
            Ok(_) => match self.untimed {
                Some(member) => Some(VerifyError::TimeMissing(member)),
                None => (!self.is_in_time()).then_some(VerifyError::OutsideTolerance),
            },
        }
    }

    /// Whether the request is accepted.
    pub fn is_valid(&self) -> bool {
        self.signature.is_ok() && self.untimed.is_none() && self.is_in_time()
    }

    fn is_in_time(&self) -> bool {
        self.time.is_none_or(|time| time.is_within())
    }
}

/// Verifies a request by one scheme, against any of `keys`, at the time `now`.
///
/// `tolerance` replaces the scheme's own. Codes are compared as decoded bytes of the exact length, in constant time;
/// without a key everything is refused.
pub fn verify(
    scheme: &dyn Scheme,
    received: &Received,
    keys: &[Key],
    now: Timestamp,
    tolerance: Option<Tolerance>,
) -> Verification {
    let limit = tolerance.or(scheme.facts().tolerance);
    let mut protects = scheme.protects();
    let claim = scheme.read(received);
    let signature = match &claim {
        Ok(_) if protects.url && received.url.is_none() => Err(VerifyError::UrlUnknown),
        Ok(claim) => check(scheme, protects, &message(received, claim), &claim.codes, keys),
        Err(refusal) => Err(refusal.clone()),
    };
    let time = time(scheme, received, claim.ok().and_then(|claim| claim.time), signature.is_ok());
    let tells_time = matches!(time, Some((_, true)));
    let untimed = scheme.time_member().filter(|_| signature.is_ok() && !tells_time);
    protects.time &= untimed.is_none();
    let time = time.map(|(at, signed)| TimeFact::new(at, signed, now, limit));
    Verification { signature, time, protects, untimed: untimed.filter(|_| limit.is_some()) }
}

/// The time to judge: the signed one if there is one. The body is read only after its signature was verified.
fn time(
    scheme: &dyn Scheme,
    received: &Received,
    claimed: Option<SignedTime<'_>>,
    right: bool,
) -> Option<(Timestamp, bool)> {
    let in_body = if right { scheme.time_in_body(&received.body) } else { None };
    match (in_body, claimed) {
        (Some(at), _) => Some((at, true)),
        (None, Some(time)) => Some((time.at, time.signed)),
        (None, None) => None,
    }
}

fn check(
    scheme: &dyn Scheme,
    protects: Protects,
    message: &Message<'_>,
    codes: &Codes,
    keys: &[Key],
) -> Result<usize, VerifyError> {
    let fits = |key: &Key, message: &Message<'_>| {
        key.matching(&|sink: &mut dyn FnMut(&[u8])| scheme.feed(message, sink), codes.iter()).is_some()
    };
    if !protects.url {
        return keys.iter().position(|key| fits(key, message)).ok_or(VerifyError::CodeMismatch);
    }
    let urls = scheme.urls(message.url);
    let any_url = |key: &Key| urls.iter().any(|url| fits(key, &Message { url, ..*message }));
    let key = keys.iter().position(any_url).ok_or(VerifyError::CodeMismatch)?;
    if !scheme.body_matches_url(message.url, message.body) {
        return Err(VerifyError::BodyHashMismatch);
    }
    Ok(key)
}

/// The spellings of the URL to try; just one if the scheme does not sign it.
pub(crate) fn spellings<'a>(scheme: &dyn Scheme, url: &'a str) -> Vec<Cow<'a, str>> {
    if scheme.protects().url { scheme.urls(url) } else { vec![Cow::Borrowed(url)] }
}

/// The parts of a request, as its scheme reads them.
pub(crate) fn message<'a>(received: &'a Received, claim: &'a SignatureClaim<'a>) -> Message<'a> {
    Message {
        method: received.method.as_str(),
        url: received.url.as_deref().unwrap_or(""),
        id: claim.id,
        time: claim.time.map_or("", |time| time.text),
        body: &received.body,
        context: &claim.context,
    }
}

/// Signs a message by one scheme and returns the headers to send, in the order to write them.
///
/// With several keys, newest first, a scheme whose header can hold several codes carries all of them.
pub fn sign<'a>(scheme: &'a dyn Scheme, message: &Message<'a>, keys: &[Key]) -> Result<Vec<Header<'a>>, SignError> {
    let facts = scheme.facts();
    if keys.is_empty() {
        return Err(SignError::NoKey);
    }
    scheme.can_sign()?;
    if facts.id_header.is_some() && !is_id(message.id) {
        return Err(SignError::Id);
    }
    if scheme.protects().url && message.url.is_empty() {
        return Err(SignError::UrlUnknown);
    }
    if facts.signed.contains(&REGISTERED_ID) && message.context.is_empty() {
        return Err(SignError::RegisteredIdUnknown);
    }
    if let Cow::Owned(url) = scheme.url_for(message.url, message.body) {
        return Err(SignError::UrlWithoutHash(url));
    }
    let codes = codes(scheme, message, keys).ok_or(SignError::PublicKey)?;
    Ok(scheme.write(message, &codes))
}

/// The code of a message under each key; `None` if one of them can only verify.
pub(super) fn codes(scheme: &dyn Scheme, message: &Message<'_>, keys: &[Key]) -> Option<Codes> {
    keys.iter().map(|key| key.sign(&|sink: &mut dyn FnMut(&[u8])| scheme.feed(message, sink))).collect()
}
