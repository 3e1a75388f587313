//! Explains why a signature does not match: tries a bounded list of changes, one at a time and then in pairs.
//!
//! A cause is named only when the code in the request is exactly the code of the changed content under the changed key,
//! so a request signed with an unknown key gets no cause.

mod bodies;
mod candidate;
mod cause;
mod code_variants;
mod collect;
mod content_variants;
pub mod diff;
mod generic_options;
mod hash;
mod hints;
mod json;
mod key_variants;
mod same_json;
mod search;
mod shape;

pub use candidate::{Candidate, Role};
pub use cause::{CAUSES, Cause, Change};
pub use json::indented;
pub use same_json::TextDifference;

use crate::clock::Timestamp;
use crate::signature::code::Codes;
use crate::signature::scheme::{SignatureClaim, SignedTime};
use crate::signature::verify::message;
use crate::signature::{
    Message, ORIGINAL, Received, Scheme, SchemeFacts, TimeForm, Tolerance, VerifyError, detect, find, schemes, verify,
};
use bodies::{Body, TriedVariants};
use generic_options::SignedContent;
use hints::{Hints, time_in_list};
use search::Search;

/// Why a signature does not match: the changes of the request that would make it match, and the causes that were ruled
/// out.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    /// The changes under which the signature matches: one, two, or none when nothing was found.
    pub changes: Vec<Change>,
    /// The causes that were tried and do not match, if nothing was found.
    pub ruled_out: Vec<Cause>,
    /// The causes that could apply but were not tried, because the body is large or the search is limited.
    pub not_tried: Vec<Cause>,
    /// How many combinations were tried.
    pub tried: usize,
    /// Whether the search ended at its bound before everything was tried.
    pub cut_short: bool,
    /// What to collect next, if nothing was found.
    pub collect: Vec<String>,
    /// The options of `verify` under which the request is accepted, when another header is the right one.
    pub verify_with: Option<String>,
}

impl Explanation {
    /// The one change that explains the mismatch, if one alone does.
    pub fn single(&self) -> Option<&Change> {
        match self.changes.as_slice() {
            [change] => Some(change),
            _ => None,
        }
    }
}

/// Looks for the change of body, secret, content, algorithm or header under which a request's signature matches.
///
/// The request has been refused by `scheme`. One change is looked for first; pairs only when no single one fits.
pub fn explain(scheme: &dyn Scheme, received: &Received, secrets: &[Candidate]) -> Explanation {
    if let Some(other) = other_scheme(scheme, received, secrets) {
        return other;
    }
    if let Some(change) = other_form(scheme, received, secrets) {
        return Explanation { changes: vec![change], tried: 1, ..Explanation::default() };
    }
    let claim = lenient_claim(scheme, received);
    let message = message(received, &claim);
    let refusal = refusal(scheme, received, secrets);
    if refusal == Some(VerifyError::BodyHashMismatch) {
        return Explanation { changes: behind_hash(scheme, &message), tried: 1, ..Explanation::default() };
    }
    let hints = Hints::of(scheme.facts(), received);
    let mut codes = code_variants::variants(scheme.facts(), received);
    let is_in_body = scheme.code_member().is_some() || !received.headers.contains_key(&scheme.facts().header);
    if is_in_body && claim.codes.iter().next().is_some() {
        codes.splice(..0, claim.codes.iter().map(code_variants::CodeVariant::plain));
    }
    let mut search = Search::new(
        scheme,
        Body::of(&received.body),
        key_variants::variants(scheme, secrets),
        content_variants::variants(scheme, &message, received, &hints),
        codes,
    );
    search.shape = refusal.as_ref().and_then(|refusal| shape::refused(scheme, received, &message, refusal));
    search.delivered = scheme.code_member().is_some() || received.headers.contains_key(&scheme.facts().header);
    let changes = search.run();
    let mut explanation = Explanation { tried: search.tried, cut_short: search.cut_short, ..Explanation::default() };
    explanation.verify_with = options(&search, received, secrets, &changes);
    explanation.changes = changes;
    if explanation.changes.is_empty() {
        (explanation.ruled_out, explanation.not_tried) = (search.ruled_out(), search.not_tried());
        explanation.collect = collect::collect(scheme, received, &message, &search);
        explanation.collect.extend(collect::unused(&hints));
    }
    explanation
}

/// Looks for a code in the headers of a request without the header of a known scheme.
pub fn explain_unknown(received: &Received, secrets: &[Candidate]) -> Explanation {
    let original = find(ORIGINAL).expect("the table has the original's scheme");
    explain(original, received, secrets)
}

/// Why a valid signature is too old or too new, if the time itself shows it: seconds instead of milliseconds, or an offset of
/// whole hours.
pub fn explain_time(scheme: &dyn Scheme, received: &Received, now: Timestamp) -> Option<Explanation> {
    let claim = scheme.read(received).ok()?;
    let (time, limit) = (claim.time?, scheme.facts().tolerance);
    let change = shape::seconds_for_millis(scheme.facts(), time.text)
        .or_else(|| shape::other_zone(time.at, now, limit.unwrap_or(Tolerance::seconds(300))))?;
    Some(Explanation { changes: vec![change], tried: 1, ..Explanation::default() })
}

/// Why the scheme refuses the request under the current secret.
fn refusal(scheme: &dyn Scheme, received: &Received, secrets: &[Candidate]) -> Option<VerifyError> {
    let current = secrets.iter().filter(|candidate| candidate.role == Role::Current);
    let keys: Vec<_> = current.filter_map(|candidate| scheme.key(&candidate.text).ok()).collect();
    let verdict = verify(scheme, received, &keys, Timestamp::default(), None);
    // A body without its time is refused although its signature is valid.
    let tells_no_time = |refusal: &VerifyError| matches!(refusal, VerifyError::TimeMissing(_));
    verdict.signature.as_ref().err().cloned().or_else(|| verdict.refusal().filter(tells_no_time))
}

/// The changes of the body, if the URL with its hash is signed correctly.
fn behind_hash(scheme: &dyn Scheme, message: &Message<'_>) -> Vec<Change> {
    let (body, mut seen) = (Body::of(message.body), TriedVariants::default());
    let found = bodies::singles(&body, &mut seen).find(|form| scheme.body_matches_url(message.url, &form.bytes));
    found.map_or_else(|| vec![Cause::BodyHash.into()], |form| form.changes)
}

/// Tries other schemes whose header is present: if one is valid, the wrong one was verified.
fn other_scheme(scheme: &dyn Scheme, received: &Received, secrets: &[Candidate]) -> Option<Explanation> {
    let own = &scheme.facts().header;
    let is_sibling = |other: &&dyn Scheme| other.facts().header == *own && !is_same(other.facts(), scheme.facts());
    let siblings = schemes().filter(|_| received.headers.contains_key(own)).filter(is_sibling);
    let others = siblings.chain(detect(received)).filter(|other| other.facts().name != scheme.facts().name);
    let is_right = |other: &dyn Scheme| {
        let keys: Vec<_> = secrets.iter().filter_map(|secret| other.key(&secret.text).ok()).collect();
        verify(other, received, &keys, Timestamp::default(), None).signature.is_ok()
    };
    let other = others.into_iter().find(|other| is_right(*other))?;
    let facts = other.facts();
    if facts.header == *own {
        return Some(other_version(scheme, other));
    }
    let weaker = received.headers.contains_key(&scheme.facts().header) && is_weaker(other, scheme);
    let cause = if weaker { Cause::WeakerHeader } else { Cause::OtherHeader };
    let change = Change::new(cause, format!("`{}` is valid with scheme {}", facts.header, facts.name));
    let enough = !weaker && refusal(other, received, secrets).is_none();
    let verify_with = enough.then(|| format!("--scheme {}", facts.name));
    Some(Explanation { changes: vec![change], tried: 1, verify_with, ..Explanation::default() })
}

/// Whether two schemes accept the same requests: Meta writes its header as GitHub does.
fn is_same(one: &SchemeFacts, other: &SchemeFacts) -> bool {
    (&one.signed, &one.prefix, one.algorithm) == (&other.signed, &other.prefix, other.algorithm)
}

/// The explanation that the header belongs to another scheme, which shares it and accepts the secret.
fn other_version(scheme: &dyn Scheme, other: &dyn Scheme) -> Explanation {
    let [own, facts] = [scheme.facts(), other.facts()];
    if own.prefix == facts.prefix {
        let detail = format!("it signs {}, as {} does", facts.template(), facts.title);
        let changes = vec![Change::new(Cause::OtherContent, detail)];
        let verify_with = Some(format!("--scheme {}", facts.name));
        return Explanation { changes, tried: 1, verify_with, ..Explanation::default() };
    }
    let [version, right] = [&own.prefix, &facts.prefix].map(|prefix| prefix.trim_end_matches([',', '=']));
    let detail = format!(
        "the secret is a key of {}, whose `{right}` code is valid: {} verifies `{version}` alone",
        facts.name, own.name
    );
    let changes = vec![Change::new(Cause::CodeOtherVersion, detail)];
    let verify_with = Some(format!("--scheme {}", facts.name));
    Explanation { changes, tried: 1, verify_with, ..Explanation::default() }
}

/// Whether a receiver that knows both verifies the second.
fn is_weaker(one: &dyn Scheme, than: &dyn Scheme) -> bool {
    let place = |scheme: &dyn Scheme| schemes().position(|listed| listed.facts().name == scheme.facts().name);
    place(than).is_some_and(|than| place(one) > Some(than))
}

/// Tries the forms of other schemes in the header: time and code in a list.
fn other_form(scheme: &dyn Scheme, received: &Received, secrets: &[Candidate]) -> Option<Change> {
    let own = Some(&scheme.facts().header).filter(|_| !scheme.facts().listed)?;
    let value =
        received.headers.get(own).filter(|value| value.to_str().is_ok_and(|text| time_in_list(text).is_some()))?;
    let in_lists = schemes().filter(|other| other.facts().listed && other.facts().time_header.is_none());
    in_lists.filter(|other| other.facts().header != *own).find_map(|other| {
        let mut moved = received.clone();
        moved.headers.insert(other.facts().header.clone(), value.clone());
        let title = other.facts().title;
        let change = || Change::new(Cause::OtherContent, format!("`{own}` is written and signed as {title} does"));
        refusal(other, &moved, secrets).is_none().then(change)
    })
}

/// The claim of a request, read even if the scheme refuses its form.
fn lenient_claim<'a>(scheme: &dyn Scheme, received: &'a Received) -> SignatureClaim<'a> {
    if let Ok(claim) = scheme.read(received) {
        return claim;
    }
    let facts = scheme.facts();
    let value = |name: &http::HeaderName| {
        let text = received.headers.get(name).and_then(|value| value.to_str().ok())?;
        Some(shape::halved(text).unwrap_or(text))
    };
    let id = facts.id_header.as_ref().and_then(value).unwrap_or("");
    let in_list = || time_in_list(value(&facts.header)?);
    let text = facts.time_header.as_ref().and_then(value).or_else(in_list);
    let at = |text| facts.time_form.read(text).or_else(|| TimeForm::Millis.read(text)).unwrap_or_default();
    SignatureClaim {
        codes: Codes::default(),
        time: text.map(|text| SignedTime { text, at: at(text), signed: true }),
        id,
        ..SignatureClaim::default()
    }
}

/// The options of `verify` under which the request is accepted: a code in another header, and its signed content.
fn options(search: &Search<'_>, received: &Received, secrets: &[Candidate], found: &[Change]) -> Option<String> {
    let secret = secrets.iter().find(|candidate| candidate.role == Role::Current)?;
    let facts = search.scheme.facts();
    let codes = search.codes.iter().filter(|code| code.changes.iter().all(|change| found.contains(change)));
    codes.filter_map(|code| Some((code, code.place.as_ref()?))).find_map(|(code, place)| {
        let rest: Vec<_> = found.iter().filter(|change| !code.changes.contains(change)).cloned().collect();
        let contents = search.contents.iter().filter(|content| content.changes == rest && content.digest.is_none());
        contents.into_iter().find_map(|content| {
            let [id, time] = &content.moved;
            let signed = SignedContent {
                parts: content.parts.as_deref().unwrap_or(&facts.signed),
                id: id.as_ref().or(facts.id_header.as_ref()),
                time: time.as_ref().or(facts.time_header.as_ref()).map(|name| (name, content.time.as_str())),
            };
            generic_options::options(received, place, code.bytes.len(), &signed, &secret.text)
        })
    })
}
