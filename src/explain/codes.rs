//! The codes a request may have meant: in its own header written another way, or in another header.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::cause::{Cause, Change};
use super::hints::time_in_list;
use super::instead::Place;
use crate::signature::Facts;
use crate::signature::Received;
use crate::signature::code::Encoding;
use crate::signature::registry::is_older;

/// A code, and what was changed to read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variant {
    pub changes: Vec<Change>,
    pub bytes: Vec<u8>,
    /// Where it stands, when that is not the scheme's header; its algorithm may then be another one too.
    pub place: Option<Place>,
    /// Whether a longer code that begins with these bytes fits as well.
    pub cut: bool,
}

/// The lengths of the codes of SHA-1, SHA-256 and SHA-512 (or Ed25519).
const LENGTHS: [usize; 3] = [20, 32, 64];
/// A cut code of fewer bytes says too little to name a cause by.
const LEAST_CUT: usize = 10;
/// More codes than these are not looked at.
const MOST: usize = 96;

/// Every code that the request's headers may hold; those read as the scheme says come first.
pub(super) fn variants(facts: &Facts, received: &Received) -> Vec<Variant> {
    let mut all = Vec::new();
    let own: Vec<_> = received.headers.get_all(&facts.header).iter().collect();
    for value in &own {
        let doubled = (own.len() > 1).then(|| Change::from(Cause::HeaderDoubled));
        let text = String::from_utf8_lossy(value.as_bytes());
        for (changes, bytes, cut) in read(facts, &text) {
            add(
                &mut all,
                Variant { changes: doubled.iter().cloned().chain(changes).collect(), bytes, place: None, cut },
            );
        }
    }
    for (name, value) in received.headers.iter().filter(|(name, _)| **name != facts.header) {
        let older = own.is_empty() && is_older(name, facts);
        let cause = if older { Cause::OlderHeader } else { Cause::OtherHeader };
        let change = Change::new(cause, format!("it is in `{name}`"));
        let text = String::from_utf8_lossy(value.as_bytes());
        for token in tokens(&text) {
            let code = marked(token).map_or(token, |(_, code)| code);
            let Some((encoding, bytes)) = any_code(code).filter(|(_, bytes)| LENGTHS.contains(&bytes.len())) else {
                continue;
            };
            let prefix = text.strip_suffix(code).unwrap_or_default().to_owned();
            let place = Some(Place { header: name.clone(), prefix, encoding, usable: !older });
            add(&mut all, Variant { changes: vec![change.clone()], bytes, place, cut: false });
        }
    }
    all.sort_by_key(|variant| variant.changes.len());
    all
}

fn add(all: &mut Vec<Variant>, variant: Variant) {
    let same = |other: &Variant| other.bytes == variant.bytes && other.cut == variant.cut;
    let known = |other: &Variant| same(other) && other.changes.len() <= variant.changes.len();
    if variant.changes.len() <= 2 && all.len() < MOST && !all.iter().any(known) {
        all.push(variant);
    }
}

type Read = (Vec<Change>, Vec<u8>, bool);

/// The codes of the scheme's own header.
fn read(facts: &Facts, text: &str) -> Vec<Read> {
    let mut all = Vec::new();
    for code in prefixed(facts, text) {
        let read = codes(facts, code).into_iter();
        all.extend(read.map(|(encoding, bytes, cut)| (encoding.into_iter().map(Change::from).collect(), bytes, cut)));
    }
    for token in if facts.listed || time_in_list(text).is_some() { tokens(text) } else { vec![text] } {
        let bare = token.trim_matches(['"', '\'', ' ', '\t']);
        for (prefix, code) in prefixes(facts, bare) {
            let inner = code.trim_matches(['"', '\'']);
            let quoted = (bare.len() != token.len() || inner.len() != code.len()).then_some(Cause::CodeQuoted);
            for (encoding, bytes, cut) in codes(facts, inner) {
                let causes = [quoted, prefix, encoding].into_iter().flatten();
                all.push((causes.map(Change::from).collect(), bytes, cut));
            }
        }
    }
    all
}

/// What follows the scheme's prefix wherever it stands, up to the next separator of any list.
///
/// These codes are where they belong, although the scheme may refuse what stands around them.
fn prefixed<'t>(facts: &Facts, text: &'t str) -> Vec<&'t str> {
    let prefix = facts.prefix.as_ref();
    if prefix.is_empty() {
        return Vec::new();
    }
    let separate = |at: usize| at == 0 || text[..at].ends_with([' ', ',', ';', '\t']);
    let places = text.match_indices(prefix).filter(|(at, _)| separate(*at)).take(MOST);
    let code = |(at, _): (usize, &str)| text[at + prefix.len()..].trim_start().split([' ', ',', ';', '\t']).next();
    places.filter_map(code).collect()
}

/// The entries of a header that may be a list.
fn tokens(text: &str) -> Vec<&str> {
    let mut all = vec![text];
    for separator in [' ', ';'] {
        all.extend(text.split(separator).filter(|_| text.contains(separator)));
    }
    // A comma separates entries, and in Standard Webhooks a version from its code.
    all.extend(text.split(',').map(str::trim).filter(|part| part.len() < text.len()));
    all
}

/// What precedes the code, as a cause where it is not what the scheme writes, and the code itself.
fn prefixes<'t>(facts: &Facts, text: &'t str) -> Vec<(Option<Cause>, &'t str)> {
    let own = facts.prefix.as_ref();
    if let Some(code) = text.strip_prefix(own).filter(|_| !own.is_empty()) {
        return vec![(None, code)];
    }
    let same = text.get(..own.len()).is_some_and(|start| start.eq_ignore_ascii_case(own));
    if same && !own.is_empty() {
        return vec![(Some(Cause::CodePrefixCase), &text[own.len()..])];
    }
    match marked(text) {
        Some((mark, code)) if !own.is_empty() && is_version(mark) && is_version(own) => {
            vec![(Some(Cause::CodeOtherVersion), code)]
        }
        Some((_, code)) => vec![(missing(own), text), (Some(Cause::CodePrefixed), code)],
        None => vec![(missing(own), text)],
    }
}

fn missing(own: &str) -> Option<Cause> {
    (!own.is_empty()).then_some(Cause::CodePrefixMissing)
}

fn is_version(mark: &str) -> bool {
    let mut bytes = mark.bytes();
    matches!(bytes.next(), Some(b'v' | b'h')) && bytes.next().is_some_and(|b| b.is_ascii_digit())
}

/// Splits `sha256=…`, `v1,…`, `HMAC …` and the like into mark and code.
fn marked(text: &str) -> Option<(&str, &str)> {
    let at = text.find(['=', ',', ' ', ':'])?;
    let (mark, rest) = text.split_at(at);
    let short =
        (1..=16).contains(&mark.len()) && mark.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let code = rest[1..].trim();
    (short && !code.trim_matches('=').is_empty()).then_some((mark, code))
}

/// The bytes a code may stand for, with the cause where the encoding is not the scheme's.
fn codes(facts: &Facts, text: &str) -> Vec<(Option<Cause>, Vec<u8>, bool)> {
    let mut all = Vec::new();
    let other = |cause: Cause, own: Encoding| (facts.encoding != own).then_some(cause);
    let mut push = |cause: Option<Cause>, bytes: Option<Vec<u8>>| {
        let Some(bytes) = bytes else { return };
        // A code that was cut to the length of another algorithm's is tried as either.
        if bytes.len() >= LEAST_CUT && bytes.len() < facts.algorithm.code_length() && cause.is_none() {
            all.push((Some(Cause::CodeTruncated), bytes.clone(), true));
        }
        if LENGTHS.contains(&bytes.len()) {
            all.push((cause, bytes, false));
        }
    };
    push(other(Cause::CodeHex, Encoding::Hex), hex::decode(text).ok());
    push(other(Cause::CodeBase64, Encoding::Base64), BASE64.decode(text).ok());
    for engine in [&STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        push(Some(Cause::CodeBase64Url), engine.decode(text).ok());
    }
    push(Some(Cause::CodeBase64OfHex), BASE64.decode(text).ok().and_then(|inner| hex::decode(inner).ok()));
    all
}

fn any_code(text: &str) -> Option<(Encoding, Vec<u8>)> {
    let hex = || hex::decode(text).ok().map(|bytes| (Encoding::Hex, bytes));
    hex().or_else(|| BASE64.decode(text).ok().map(|bytes| (Encoding::Base64, bytes)))
}
