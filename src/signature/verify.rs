//! Signing and verifying by any scheme, and what either may answer.

use std::borrow::Cow;
use std::time::Duration;

use super::SecretError;
use super::code::Codes;
use super::key::Key;
use super::received::Received;
use super::scheme::{Claim, Header, Message, Part, Protects, Scheme, Time, Tolerance, is_id};
use super::twilio;
use crate::clock::Timestamp;

/// Why a signature was refused. Each has a stable name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header the scheme needs is not there.
    #[error("the header `{0}` was not delivered")]
    HeaderNotDelivered(String),
    /// A header is there more than once, and which one counts is anyone's guess.
    #[error("the header `{0}` was delivered more than once")]
    HeaderDoubled(String),
    /// A header is not text, or not of the scheme's form.
    #[error("the header `{header}` is malformed: {why}")]
    HeaderMalformed {
        /// The header.
        header: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The text that precedes the code is not there.
    #[error("the signature does not begin with the prefix of its scheme")]
    PrefixMissing,
    /// The code is not hexadecimal.
    #[error("the code is not hexadecimal")]
    CodeNotHexadecimal,
    /// The code is not base64.
    #[error("the code is not base64")]
    CodeNotBase64,
    /// The code has another length than the algorithm's.
    #[error("the code is {given} bytes long, not {expected}")]
    CodeLength {
        /// What the algorithm gives.
        expected: usize,
        /// What was sent.
        given: usize,
    },
    /// The time is not a time in the scheme's form.
    #[error("the time in `{0}` is malformed")]
    TimeMalformed(String),
    /// The id is empty, too long or has characters that make the signed bytes ambiguous.
    #[error("the id in `{0}` is malformed")]
    IdMalformed(String),
    /// The scheme signs the URL, and none was given.
    #[error("the scheme signs the URL the request was sent to, which is not known here")]
    UrlUnknown,
    /// The body is not the one whose hash the signed URL carries.
    #[error("the body is not the one whose hash is in the URL")]
    BodyHashMismatch,
    /// The code is well formed and belongs to other bytes or another secret.
    #[error("the signature does not match")]
    CodeMismatch,
    /// The signature is right and too old, or from the future.
    #[error("the signature is right but its time is outside the tolerance")]
    OutsideTolerance,
    /// The signature is right, and the body does not tell the time that its age would be judged by.
    #[error("the signature is right, but the body has no time in `{0}`, so that its age is not known")]
    TimeMissing(&'static str),
    /// The secret cannot be a key of this scheme.
    #[error("the secret cannot be used: {0}")]
    SecretUnusable(SecretError),
}

impl Refusal {
    /// The stable name of the reason.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::HeaderNotDelivered(_) => "header-not-delivered",
            Self::HeaderDoubled(_) => "header-doubled",
            Self::HeaderMalformed { .. } => "header-malformed",
            Self::PrefixMissing => "prefix-missing",
            Self::CodeNotHexadecimal => "code-not-hexadecimal",
            Self::CodeNotBase64 => "code-not-base64",
            Self::CodeLength { .. } => "code-length",
            Self::TimeMalformed(_) => "time-malformed",
            Self::IdMalformed(_) => "id-malformed",
            Self::UrlUnknown => "url-unknown",
            Self::BodyHashMismatch => "body-hash-mismatch",
            Self::CodeMismatch => "code-mismatch",
            Self::OutsideTolerance => "outside-tolerance",
            Self::TimeMissing(_) => "time-missing",
            Self::SecretUnusable(_) => "secret-unusable",
        }
    }
}

/// The time of a request as a fact of its own, whatever its signature is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeFact {
    /// When it says it was signed.
    pub at: Timestamp,
    /// Whether the signature covers that time.
    pub signed: bool,
    /// How old it is; for a time ahead of now, zero.
    pub age: Duration,
    /// How far ahead of now it is; for a time in the past, zero.
    pub ahead: Duration,
    /// The limit it was held against.
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

/// What was found out about a request's signature.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Which of the keys it was made with, or why it was refused. The time is not considered here.
    pub signature: Result<usize, Refusal>,
    /// Its time, when it carries one that can be read.
    pub time: Option<TimeFact>,
    /// What the scheme protects when the signature is right; not the time of a body that tells none.
    pub protects: Protects,
    /// The member of the body that should tell the time, where there is a limit and it does not.
    pub untimed: Option<&'static str>,
}

impl Verdict {
    /// Why the request is not accepted; `None` when it is.
    pub fn refusal(&self) -> Option<Refusal> {
        match &self.signature {
            Err(refusal) => Some(refusal.clone()),
            Ok(_) => match self.untimed {
                Some(member) => Some(Refusal::TimeMissing(member)),
                None => (!self.is_in_time()).then_some(Refusal::OutsideTolerance),
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
) -> Verdict {
    let limit = tolerance.or(scheme.facts().tolerance);
    let mut protects = scheme.protects();
    let claim = scheme.read(received);
    let signature = match &claim {
        Ok(_) if protects.url && received.url.is_none() => Err(Refusal::UrlUnknown),
        Ok(claim) => check(scheme, protects, &message(received, claim), &claim.codes, keys),
        Err(refusal) => Err(refusal.clone()),
    };
    let time = time(scheme, received, claim.ok().and_then(|claim| claim.time), signature.is_ok());
    let tells_time = matches!(time, Some((_, true)));
    let untimed = scheme.time_member().filter(|_| signature.is_ok() && !tells_time);
    protects.time &= untimed.is_none();
    let time = time.map(|(at, signed)| TimeFact::new(at, signed, now, limit));
    Verdict { signature, time, protects, untimed: untimed.filter(|_| limit.is_some()) }
}

/// The time to judge: the signed one where there is one. A body is read only once its signature is right.
fn time(scheme: &dyn Scheme, received: &Received, claimed: Option<Time<'_>>, right: bool) -> Option<(Timestamp, bool)> {
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
) -> Result<usize, Refusal> {
    let fits = |key: &Key, message: &Message<'_>| {
        key.matching(&|sink: &mut dyn FnMut(&[u8])| scheme.feed(message, sink), codes.iter()).is_some()
    };
    if !protects.url {
        return keys.iter().position(|key| fits(key, message)).ok_or(Refusal::CodeMismatch);
    }
    let urls = scheme.urls(message.url);
    let any_url = |key: &Key| urls.iter().any(|url| fits(key, &Message { url, ..*message }));
    let key = keys.iter().position(any_url).ok_or(Refusal::CodeMismatch)?;
    if scheme.facts().signs(&Part::Form) && !twilio::body_fits(message.url, message.body) {
        return Err(Refusal::BodyHashMismatch);
    }
    Ok(key)
}

/// The spellings of the URL to try: one where the scheme does not sign it.
pub(super) fn spellings<'a>(scheme: &dyn Scheme, url: &'a str) -> Vec<Cow<'a, str>> {
    if scheme.protects().url { scheme.urls(url) } else { vec![Cow::Borrowed(url)] }
}

/// The parts of a request, as its scheme reads them.
pub(super) fn message<'a>(received: &'a Received, claim: &Claim<'a>) -> Message<'a> {
    Message {
        method: received.method.as_str(),
        url: received.url.as_deref().unwrap_or(""),
        id: claim.id,
        time: claim.time.map_or("", |time| time.text),
        body: &received.body,
    }
}

/// Why a message cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// No key at all: an unsigned request is never made by accident.
    #[error("there is no secret to sign with")]
    NoKey,
    /// The key can only verify.
    #[error("a public key can only verify: signing needs the private one")]
    PublicKey,
    /// The id has a dot, white space or too many characters.
    #[error("the id must be 1 to 256 visible characters other than a dot")]
    Id,
    /// The scheme signs the URL, and none was given.
    #[error("the scheme signs the URL the request is sent to")]
    UrlUnknown,
    /// The URL must carry the hash of the body.
    #[error("the scheme signs this body by its hash in the URL, which must be {0}")]
    UrlWithoutHash(String),
}

/// Signs a message by one scheme and returns the headers to send, in the order to write them.
///
/// With several keys, newest first, a scheme whose header has room for several codes carries all of them.
pub fn sign<'a>(scheme: &'a dyn Scheme, message: &Message<'a>, keys: &[Key]) -> Result<Vec<Header<'a>>, SignError> {
    let facts = scheme.facts();
    if keys.is_empty() {
        return Err(SignError::NoKey);
    }
    if facts.id_header.is_some() && !is_id(message.id) {
        return Err(SignError::Id);
    }
    if scheme.protects().url && message.url.is_empty() {
        return Err(SignError::UrlUnknown);
    }
    if let Cow::Owned(url) = scheme.url_for(message.url, message.body) {
        return Err(SignError::UrlWithoutHash(url));
    }
    let codes = codes(scheme, message, keys).ok_or(SignError::PublicKey)?;
    Ok(scheme.write(message, &codes))
}

/// The code of a message under each key; `None` where one of them can only verify.
pub(super) fn codes(scheme: &dyn Scheme, message: &Message<'_>, keys: &[Key]) -> Option<Codes> {
    keys.iter().map(|key| key.sign(&|sink: &mut dyn FnMut(&[u8])| scheme.feed(message, sink))).collect()
}
