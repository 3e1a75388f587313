//! Why a signature does not match: a bounded list of changes, tried one at a time and then in pairs.
//!
//! A cause is named only when the code in the request is exactly the code of the changed content under the changed key,
//! so a request signed with an unknown key gets no cause.

mod bodies;
mod candidate;
mod cause;
mod codes;
mod contents;
pub mod diff;
mod hints;
mod instead;
mod json;
mod keys;
mod shape;

use std::collections::HashSet;

pub use candidate::{Candidate, Role};
pub use cause::{CAUSES, Cause, Change};
pub use json::indented;

use crate::clock::Timestamp;
use crate::signature::code::{Code, Codes};
use crate::signature::scheme::{Claim, Time};
use crate::signature::verify::message;
use crate::signature::{
    Algorithm, Content, Message, ORIGINAL, Received, Scheme, TimeForm, VerifyError, detect, find, schemes, verify,
};
use crate::untrusted::Untrusted;
use bodies::Form;
use hints::{Hints, time_in_list};
use instead::Signed;
use keys::With;

/// At most this many bytes are hashed in the search for a cause.
const MOST_HASHED: usize = 192 * 1024 * 1024;
/// What one attempt costs besides its bytes.
const ATTEMPT_COST: usize = 512;

/// The largest body for which rare contents are tried together with a second change.
const MOST_PAIRED: usize = 16 * 1024;

/// What the search for a cause came to.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    /// The changes under which the signature matches: one, two, or none when nothing was found.
    pub changes: Vec<Change>,
    /// The causes that were tried and do not fit, when nothing was found.
    pub ruled_out: Vec<Cause>,
    /// How many combinations were tried.
    pub tried: usize,
    /// Whether pairs were left out because the body is large.
    pub cut_short: bool,
    /// What to collect next, when nothing was found.
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
    let search = Search {
        scheme,
        shape: refusal.as_ref().and_then(|refusal| shape::refused(scheme, received, &message, refusal)),
        forms: bodies::forms(&received.body).collect(),
        keys: keys::variants(scheme, secrets),
        contents: contents::variants(scheme, &message, received, &hints),
        codes: codes::variants(scheme.facts(), received),
        delivered: received.headers.contains_key(&scheme.facts().header),
    };
    let mut explanation = search.run();
    explanation.verify_with = search.options(received, secrets, &explanation.changes);
    if explanation.changes.is_empty() {
        explanation.ruled_out = if explanation.tried == 0 { Vec::new() } else { search.causes() };
        explanation.collect = collect(scheme, received, &message, explanation.tried > 0);
        explanation.collect.extend(unused(&hints));
    }
    explanation
}

/// Looks for a code in the headers of a request that has none of a known scheme.
pub fn explain_unknown(received: &Received, secrets: &[Candidate]) -> Explanation {
    let original = find(ORIGINAL).expect("the table has the original's scheme");
    explain(original, received, secrets)
}

/// Why a right signature is too old or too new, where the time's unit tells: seconds where the scheme has milliseconds.
pub fn explain_time(scheme: &dyn Scheme, received: &Received) -> Option<Explanation> {
    let claim = scheme.read(received).ok()?;
    let change = shape::seconds_for_millis(scheme.facts(), claim.time?.text)?;
    Some(Explanation { changes: vec![change], tried: 1, ..Explanation::default() })
}

/// Why the scheme refuses the request under the current secret.
fn refusal(scheme: &dyn Scheme, received: &Received, secrets: &[Candidate]) -> Option<VerifyError> {
    let current = secrets.iter().filter(|candidate| candidate.role == Role::Current);
    let keys: Vec<_> = current.filter_map(|candidate| scheme.key(&candidate.text).ok()).collect();
    verify(scheme, received, &keys, Timestamp::default(), None).signature.err()
}

/// What changed the body whose hash is in a URL that is signed rightly.
fn behind_hash(scheme: &dyn Scheme, message: &Message<'_>) -> Vec<Change> {
    let found = bodies::forms(message.body).into_iter().find(|form| scheme.body_matches_url(message.url, &form.bytes));
    found.map_or_else(|| vec![Cause::BodyHash.into()], |form| form.changes)
}

/// Another scheme's header may be there too, and right: then the wrong one of two was verified.
fn other_scheme(scheme: &dyn Scheme, received: &Received, secrets: &[Candidate]) -> Option<Explanation> {
    let own = &scheme.facts().header;
    let siblings = schemes().filter(|other| other.facts().header == *own && received.headers.contains_key(own));
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
    let change = Change::new(cause, format!("`{}` is right by scheme {}", facts.header, facts.name));
    let enough = !weaker && refusal(other, received, secrets).is_none();
    let verify_with = enough.then(|| format!("--scheme {}", facts.name));
    Some(Explanation { changes: vec![change], tried: 1, verify_with, ..Explanation::default() })
}

/// Two schemes may share a header, each with a version of its own, and the secret may be a key of the other one.
fn other_version(scheme: &dyn Scheme, other: &dyn Scheme) -> Explanation {
    let [own, facts] = [scheme.facts(), other.facts()];
    let [version, right] = [&own.prefix, &facts.prefix].map(|prefix| prefix.trim_end_matches(','));
    let detail = format!(
        "the secret is a key of {}, whose `{right}` code is right: {} verifies `{version}` alone",
        facts.name, own.name
    );
    let changes = vec![Change::new(Cause::CodeOtherVersion, detail)];
    let verify_with = Some(format!("--scheme {}", facts.name));
    Explanation { changes, tried: 1, verify_with, ..Explanation::default() }
}

/// Whether a receiver that knows both lets the second decide.
fn is_weaker(one: &dyn Scheme, than: &dyn Scheme) -> bool {
    let place = |scheme: &dyn Scheme| schemes().position(|listed| listed.facts().name == scheme.facts().name);
    place(than).is_some_and(|than| place(one) > Some(than))
}

/// The header may hold what another scheme would write into its own: time and code in a list.
fn other_form(scheme: &dyn Scheme, received: &Received, secrets: &[Candidate]) -> Option<Change> {
    let own = &scheme.facts().header;
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

/// What the request says, taken even where the scheme would refuse its form.
fn lenient_claim<'a>(scheme: &dyn Scheme, received: &'a Received) -> Claim<'a> {
    if let Ok(claim) = scheme.read(received) {
        return claim;
    }
    let facts = scheme.facts();
    let value = |name: &http::HeaderName| received.headers.get(name).and_then(|value| value.to_str().ok());
    let id = facts.id_header.as_ref().and_then(value).unwrap_or("");
    let in_list = || time_in_list(value(&facts.header)?);
    let text = facts.time_header.as_ref().and_then(value).or_else(in_list);
    let at = |text| facts.time_form.read(text).or_else(|| TimeForm::Millis.read(text)).unwrap_or_default();
    Claim { codes: Codes::default(), time: text.map(|text| Time { text, at: at(text), signed: true }), id }
}

struct Search<'a> {
    scheme: &'a dyn Scheme,
    /// What is wrong with the headers when the code is right as it stands.
    shape: Option<Change>,
    forms: Vec<Form<'a>>,
    keys: Vec<keys::Variant>,
    contents: Vec<contents::Variant>,
    codes: Vec<codes::Variant>,
    /// Whether the scheme's own header is there.
    delivered: bool,
}

impl Search<'_> {
    /// Tries everything that differs in one way, then in two, until something fits or the bound is reached.
    fn run(&self) -> Explanation {
        let mut explanation = Explanation::default();
        if self.codes.is_empty() {
            return explanation;
        }
        let hashes = self.algorithms().count().max(1);
        let mut spent = 0;
        let mut pair = None;
        for (most, rare) in [(1, false), (1, true), (2, false), (2, true)] {
            for (form, key, content) in self.combinations(most, rare) {
                spent += hashes * form.bytes.len() + ATTEMPT_COST;
                if spent > MOST_HASHED {
                    explanation.cut_short = true;
                    explanation.changes = pair.unwrap_or_default();
                    return explanation;
                }
                explanation.tried += 1;
                if let Some(changes) = self.fit(form, key, content) {
                    if changes.len() == 1 {
                        return Explanation { changes, ..explanation };
                    }
                    pair = pair.or(Some(changes));
                }
            }
            if let Some(changes) = pair.take_if(|_| rare) {
                return Explanation { changes, ..explanation };
            }
        }
        explanation
    }

    /// Every combination of body, key and content with `most` changes; for one, also those with none.
    ///
    /// Rare contents are many: they have a round of their own, and make no pairs where each would cost much.
    fn combinations(
        &self,
        most: usize,
        rare: bool,
    ) -> impl Iterator<Item = (&Form<'_>, &keys::Variant, &contents::Variant)> {
        let left_out = rare && most == 2 && self.forms.first().is_none_or(|form| form.bytes.len() > MOST_PAIRED);
        let fits = move |changes: usize| if most == 1 { changes <= 1 } else { changes == most };
        self.forms.iter().filter(move |_| !left_out).flat_map(move |form| {
            let keys = self.keys.iter().filter(move |key| form.changes.len() + key.changes.len() <= most);
            keys.flat_map(move |key| {
                let before = form.changes.len() + key.changes.len();
                let contents = self.contents.iter().filter(move |content| {
                    // A hash without a key is as often made of the body alone.
                    let free = matches!(key.with, With::Hash { .. }) && is_body_alone(content);
                    content.rare == rare && fits(before + if free { 0 } else { content.changes.len() })
                });
                contents.map(move |content| (form, key, content))
            })
        })
    }

    /// The changes under which one of the codes fits this combination: at most two.
    ///
    /// A code that fits without any is right, so that only the form of the headers can be wrong.
    fn fit(&self, form: &Form<'_>, key: &keys::Variant, content: &contents::Variant) -> Option<Vec<Change>> {
        if content.parts.is_none() && !self.scheme.body_matches_url(&content.url, &form.bytes) {
            return None;
        }
        let content_changes = if matches!(key.with, With::Hash { .. }) { &[][..] } else { &content.changes };
        let changes: Vec<_> = form.changes.iter().chain(&key.changes).chain(content_changes).cloned().collect();
        let bytes = |sink: &mut dyn FnMut(&[u8])| content.feed(self.scheme, &form.bytes, sink);
        let fitting = match &key.with {
            With::Pair(pair) => self.pair_fits(pair, &bytes),
            With::Mac(_) | With::Hash { .. } => self.code_fits(&key.with, &bytes, !content.changes.is_empty()),
        };
        let found = fitting.into_iter().map(|more| changes.iter().cloned().chain(more).collect::<Vec<_>>());
        let found =
            found.map(|changes| if changes.is_empty() { self.shape.iter().cloned().collect() } else { changes });
        found.filter(|changes| (1..=2).contains(&changes.len())).min_by_key(Vec::len)
    }

    fn pair_fits(&self, key: &crate::signature::Key, bytes: &Content<'_>) -> Vec<Vec<Change>> {
        let fits = |variant: &&codes::Variant| key.matching(bytes, [&Code::new(&variant.bytes)]).is_some();
        self.codes.iter().filter(fits).map(|variant| variant.changes.clone()).collect()
    }

    /// The algorithms that some code may be of: with each, an attempt hashes once more.
    fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        let all = [Algorithm::HmacSha1, Algorithm::HmacSha256, Algorithm::HmacSha512];
        all.into_iter().filter(|algorithm| self.codes.iter().any(|code| self.may_be(code, *algorithm)))
    }

    /// Whether a code is as long as those of an algorithm, or is cut and of the scheme's own.
    fn may_be(&self, code: &codes::Variant, algorithm: Algorithm) -> bool {
        if code.cut { algorithm == self.scheme.facts().algorithm } else { code.bytes.len() == algorithm.code_length() }
    }

    /// The changes of every code that fits, with that of the algorithm where its length asks for another.
    fn code_fits(&self, with: &With, bytes: &Content<'_>, other_content: bool) -> Vec<Vec<Change>> {
        let own = self.scheme.facts().algorithm;
        let mut all = Vec::new();
        for algorithm in self.algorithms() {
            let wanted = |code: &&codes::Variant| self.may_be(code, algorithm);
            let Some(right) = with.code(algorithm, bytes) else { continue };
            // Whoever adds a digest of the body, such as `Digest`, has signed nothing.
            let proves = |code: &&codes::Variant| code.place.is_none() || !with.is_keyless();
            let fits = |code: &&codes::Variant| right.as_bytes().starts_with(&code.bytes);
            for code in self.codes.iter().filter(wanted).filter(proves).filter(fits) {
                let free = algorithm == own || code.place.is_some() || matches!(with, With::Hash { .. });
                let change = (!free).then(|| Change::from(algorithm_cause(algorithm)));
                let shorter = algorithm.code_length() < own.code_length() || !matches!(with, With::Mac(_));
                let weaker = self.delivered && code.place.is_some() && (shorter || other_content);
                let changes = code.changes.iter().map(|change| if weaker { change.weaker() } else { change.clone() });
                all.push(changes.chain(change).collect());
            }
        }
        all
    }

    /// The options under which `found` is no longer wrong: a code in another header, and what that code covers.
    fn options(&self, received: &Received, secrets: &[Candidate], found: &[Change]) -> Option<String> {
        let secret = secrets.iter().find(|candidate| candidate.role == Role::Current)?;
        let facts = self.scheme.facts();
        let codes = self.codes.iter().filter(|code| code.changes.iter().all(|change| found.contains(change)));
        codes.filter_map(|code| Some((code, code.place.as_ref()?))).find_map(|(code, place)| {
            let rest: Vec<_> = found.iter().filter(|change| !code.changes.contains(change)).cloned().collect();
            self.contents.iter().filter(|content| content.changes == rest).find_map(|content| {
                let [id, time] = &content.moved;
                let signed = Signed {
                    parts: content.parts.as_deref().unwrap_or(&facts.signed),
                    id: id.as_ref().or(facts.id_header.as_ref()),
                    time: time.as_ref().or(facts.time_header.as_ref()).map(|name| (name, content.time.as_str())),
                };
                instead::options(received, place, code.bytes.len(), &signed, &secret.text)
            })
        })
    }

    /// The causes that some attempt stood for.
    fn causes(&self) -> Vec<Cause> {
        let forms = self.forms.iter().flat_map(|form| &form.changes);
        let keys = self.keys.iter().flat_map(|key| &key.changes);
        let contents = self.contents.iter().flat_map(|content| &content.changes);
        let codes = self.codes.iter().flat_map(|code| &code.changes);
        let tried: HashSet<_> = forms.chain(keys).chain(contents).chain(codes).map(|change| change.cause).collect();
        CAUSES.iter().copied().filter(|cause| tried.contains(cause)).collect()
    }
}

fn is_body_alone(content: &contents::Variant) -> bool {
    matches!(content.changes.as_slice(), [change] if change.cause == Cause::BodyAlone)
}

fn algorithm_cause(algorithm: Algorithm) -> Cause {
    match algorithm {
        Algorithm::HmacSha1 => Cause::AlgorithmSha1,
        Algorithm::HmacSha256 | Algorithm::Ed25519 => Cause::AlgorithmSha256,
        Algorithm::HmacSha512 => Cause::AlgorithmSha512,
    }
}

/// What an operator should collect when nothing fits: what this request shows to be missing comes first.
fn collect(scheme: &dyn Scheme, received: &Received, message: &Message<'_>, is_code: bool) -> Vec<String> {
    let header = |name: &str| received.headers.get(name).and_then(|value| value.to_str().ok());
    let body = &received.body;
    let mut all = Vec::new();
    if let Some(value) = header(scheme.facts().header.as_str()).filter(|_| !is_code) {
        let what = if value.is_empty() { "is empty" } else { "holds nothing that reads as a code" };
        all.push(format!("the signature itself: `{}` {what}", scheme.facts().header));
    }
    let (said, length) = (header("content-length"), body.len());
    let differs = said.is_some_and(|said| said.parse() != Ok(length));
    all.extend(differs.then(|| lengths(said, length)));
    if header("content-encoding").is_some_and(|kind| kind != "identity") && !body.starts_with(&[0x1f, 0x8b]) {
        all.push(
            "content-encoding says that the body was packed, and it is not: capture it before it is unpacked, because no two \
             packers write the same bytes and a signature of them cannot be tried"
                .to_owned(),
        );
    }
    if String::from_utf8_lossy(body).contains('\u{fffd}') {
        all.push("the body has bytes that are not text, or were replaced: capture it without decoding it".to_owned());
    }
    if body.is_empty() {
        all.push("the body is empty: a framework may have read it before it was captured".to_owned());
    }
    if scheme.protects().url {
        all.push(format!("the exact URL the sender was given: `{}` was taken here", message.url));
    }
    all.push("the secret as the sender shows it now: another secret is the likeliest cause that is left".to_owned());
    all.extend((!differs).then(|| lengths(said, length)));
    all.push("the body as it arrives, before any framework reads it".to_owned());
    all
}

/// The headers that look as if they were signed, and are not by this scheme.
fn unused(hints: &Hints) -> Option<String> {
    let names: Vec<_> = hints.times.iter().chain(&hints.ids).map(|hint| format!("`{}`", hint.header)).collect();
    let headers = names.join(", ");
    let what = format!(
        "what the sender signs besides the body: {headers} hold a time or an id that this scheme does not read"
    );
    (!names.is_empty()).then_some(what)
}

/// What `content-length` says against the body's length.
fn lengths(said: Option<&str>, length: usize) -> String {
    match said {
        Some(said) if said.parse() == Ok(length) => {
            format!("content-length and the body agree on {length} bytes: none were lost, others may stand for them")
        }
        Some(said) => {
            let said = Untrusted(said);
            format!(
                "content-length says {said} bytes and the body has {length}: these are not the bytes that were sent"
            )
        }
        None => format!("the content-length of the request, which is not there: the body has {length} bytes here"),
    }
}
