//! Variants of the code: the scheme's header decoded in other ways, and other headers.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use http::HeaderName;
use percent_encoding::percent_decode_str;

use super::cause::{Cause, Change};
use super::generic_options::CodePlace;
use super::hints::time_in_list;
use crate::signature::Code;
use crate::signature::Encoding;
use crate::signature::Received;
use crate::signature::SchemeFacts;
use crate::signature::registry::is_older;

/// A signature that may have been meant instead of the one that was read, and the changes that lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CodeVariant {
    pub changes: Vec<Change>,
    pub bytes: Vec<u8>,
    /// Its place, if that is not the scheme's header; its algorithm may differ then, too.
    pub place: Option<CodePlace>,
    /// Whether these bytes may be the beginning of a longer code.
    pub cut: bool,
}

impl CodeVariant {
    /// A code in the right place and form.
    pub(super) fn plain(code: &Code) -> Self {
        Self { changes: Vec::new(), bytes: code.as_bytes().to_vec(), place: None, cut: false }
    }
}

/// The lengths of the codes of MD5, SHA-1, SHA-256, SHA-384 and SHA-512 (or Ed25519).
const LENGTHS: [usize; 5] = [16, 20, 32, 48, 64];
/// The fewest bytes of a truncated code, so that a match is not by chance.
const LEAST_CUT: usize = 10;
/// The most codes that are tried.
const MOST: usize = 96;

/// All codes that the request's headers may hold; those in the scheme's form come first.
pub(super) fn variants(facts: &SchemeFacts, received: &Received) -> Vec<CodeVariant> {
    let mut all = Vec::new();
    let own: Vec<_> = received.headers.get_all(&facts.header).iter().collect();
    let texts: Vec<_> = own.iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    for text in &texts {
        let doubled = (own.len() > 1).then(|| doubled(facts));
        for (changes, bytes, cut) in read(facts, text) {
            let changes = doubled.iter().cloned().chain(changes).collect();
            add(&mut all, CodeVariant { changes, bytes, place: None, cut });
        }
    }
    if texts.len() > 1 {
        let whole = texts.join(",");
        for (changes, bytes, cut) in read(facts, &whole) {
            let pieces = Change::new(Cause::HeaderCut, format!("`{}` came as {} headers", facts.header, texts.len()));
            let changes = if changes.is_empty() { vec![pieces] } else { [vec![pieces], changes].concat() };
            add(&mut all, CodeVariant { changes, bytes, place: None, cut });
        }
    }
    for (name, value) in received.headers.iter().filter(|(name, _)| **name != facts.header) {
        let older = own.is_empty() && is_older(name, facts);
        elsewhere(&mut all, name, &String::from_utf8_lossy(value.as_bytes()), older);
    }
    all.sort_by_key(|variant| variant.changes.len());
    all
}

/// The change of a duplicate header.
fn doubled(facts: &SchemeFacts) -> Change {
    Change::new(Cause::HeaderDoubled, format!("`{}` is there more than once", facts.header))
}

/// The codes of a header that the scheme does not read.
fn elsewhere(all: &mut Vec<CodeVariant>, name: &HeaderName, text: &str, older: bool) {
    let cause = if older { Cause::OlderHeader } else { Cause::OtherHeader };
    // An id can be as long as an MD5 code, so only headers named like signatures are read.
    let is_signature = ["sign", "hmac", "hash"].iter().any(|word| name.as_str().contains(word));
    let is_code = |bytes: &[u8]| LENGTHS.contains(&bytes.len()) && (bytes.len() > 16 || is_signature);
    let mut found: Vec<(Encoding, Vec<u8>, String)> = Vec::new();
    for token in tokens(text) {
        let bare = unwrapped(token).0;
        let code = marked(bare).map_or(bare, |(_, code)| code);
        let is_new = |bytes: &Vec<u8>| found.iter().all(|(_, known, _)| known != bytes);
        if let Some((encoding, bytes)) = any_code(code).filter(|(_, bytes)| is_code(bytes) && is_new(bytes)) {
            found.push((encoding, bytes, text.strip_suffix(code).unwrap_or_default().to_owned()));
        }
    }
    let count = found.len();
    for (at, (encoding, bytes, prefix)) in found.into_iter().enumerate() {
        let which = if count > 1 && time_in_list(text).is_none() {
            format!(", code {} of {count}", at + 1)
        } else {
            String::new()
        };
        let change = Change::new(cause, format!("it is in `{name}`{which}"));
        let prefix = if count > 1 && prefix.contains(',') { list_prefix(&prefix) } else { prefix };
        let place = Some(CodePlace { header: name.clone(), prefix, encoding, usable: !older && which.is_empty() });
        add(all, CodeVariant { changes: vec![change], bytes, place, cut: false });
    }
}

/// The prefix of the code in its list entry.
fn list_prefix(prefix: &str) -> String {
    prefix.rsplit([',', ';', ' ']).next().unwrap_or_default().to_owned()
}

fn add(all: &mut Vec<CodeVariant>, variant: CodeVariant) {
    let same = |other: &CodeVariant| other.bytes == variant.bytes && other.cut == variant.cut;
    let known = |other: &CodeVariant| same(other) && other.changes.len() <= variant.changes.len();
    if variant.changes.len() <= 2 && all.len() < MOST && !all.iter().any(known) {
        all.push(variant);
    }
}

/// A signature read from a header: the changes that were needed, its bytes, and whether it was the whole value.
type ReadCode = (Vec<Change>, Vec<u8>, bool);

/// The codes of the scheme's own header, also if the whole value was encoded.
fn read(facts: &SchemeFacts, text: &str) -> Vec<ReadCode> {
    let mut all = read_plain(facts, text);
    if text.contains('%')
        && let Ok(decoded) = percent_decode_str(text).decode_utf8()
    {
        let encoded = Change::from(Cause::CodePercent);
        let more = read_plain(facts, &decoded).into_iter();
        all.extend(more.map(|(changes, bytes, cut)| ([vec![encoded.clone()], changes].concat(), bytes, cut)));
    }
    all
}

fn read_plain(facts: &SchemeFacts, text: &str) -> Vec<ReadCode> {
    let in_list = time_in_list(text).is_some();
    let mut all = if facts.listed || in_list { Vec::new() } else { several(facts, text) };
    if !all.is_empty() {
        return all;
    }
    for code in prefixed(facts, text) {
        let read = codes(facts, code).into_iter();
        all.extend(read.map(|(encoding, bytes, cut)| (encoding.into_iter().map(Change::from).collect(), bytes, cut)));
    }
    for token in if facts.listed || in_list { tokens(text) } else { vec![text] } {
        all.extend(of_token(facts, token));
    }
    if all.iter().all(|(changes, ..)| !changes.is_empty()) && !in_list && !facts.listed {
        for token in tokens(text).into_iter().skip(1) {
            let inner = token.split_once('=').map_or(token, |(_, code)| code);
            let read = codes(facts, unwrapped(inner).0).into_iter();
            all.extend(read.map(|(encoding, bytes, cut)| (with(Cause::CodePrefixed, encoding), bytes, cut)));
        }
    }
    all
}

fn with(cause: Cause, more: Option<Cause>) -> Vec<Change> {
    std::iter::once(cause).chain(more).map(Change::from).collect()
}

/// The codes of one entry.
fn of_token(facts: &SchemeFacts, token: &str) -> Vec<ReadCode> {
    let mut all = Vec::new();
    let (bare, is_wrapped) = unwrapped(token);
    for (prefix, code) in prefixes(facts, bare) {
        let (inner, inner_wrapped) = unwrapped(code);
        // Quotes after a foreign name, as in `signature="…"`, belong to the prefix.
        let foreign = prefix.as_ref().is_some_and(|change| change.cause == Cause::CodePrefixed);
        let quoted = (is_wrapped || (inner_wrapped && !foreign)).then(|| Change::from(Cause::CodeQuoted));
        for (encoding, bytes, cut) in codes(facts, inner) {
            let changes = [quoted.clone(), prefix.clone(), encoding.map(Change::from)].into_iter().flatten();
            all.push((changes.collect(), bytes, cut));
        }
    }
    all
}

/// The codes of a header with several, where the scheme writes one.
fn several(facts: &SchemeFacts, text: &str) -> Vec<ReadCode> {
    let entries: Vec<_> = text.split([',', ';']).map(str::trim).filter(|entry| !entry.is_empty()).collect();
    let read: Vec<Vec<ReadCode>> = entries.iter().map(|entry| of_token(facts, entry)).collect();
    let is_code = |read: &Vec<ReadCode>| read.iter().any(|(changes, _, cut)| changes.is_empty() && !cut);
    if entries.len() < 2 || !read.iter().all(is_code) {
        return Vec::new();
    }
    let same = entries.iter().all(|entry| *entry == entries[0]);
    let change = |at: usize| match same {
        true => {
            Change::new(Cause::HeaderDoubled, format!("`{}` holds its value twice, joined by a comma", facts.header))
        }
        false => Change::new(
            Cause::HeaderList,
            format!("`{}` holds {}, and it is number {}", facts.header, entries.len(), at + 1),
        ),
    };
    let with = |(at, all): (usize, Vec<ReadCode>)| {
        all.into_iter().map(move |(changes, bytes, cut)| (at, changes, bytes, cut)).collect::<Vec<_>>()
    };
    let all = read.into_iter().enumerate().flat_map(with);
    all.map(|(at, changes, bytes, cut)| ([vec![change(at)], changes].concat(), bytes, cut)).collect()
}

/// A text without surrounding quotes, brackets and spaces, and whether there were any.
fn unwrapped(text: &str) -> (&str, bool) {
    const PAIRS: [(&str, &str); 9] = [
        ("\"", "\""),
        ("'", "'"),
        ("`", "`"),
        ("<", ">"),
        ("[", "]"),
        ("(", ")"),
        ("b'", "'"),
        ("b\"", "\""),
        ("“", "”"),
    ];
    let mut inner = text.trim_matches([' ', '\t']);
    let had_space = inner.len() != text.len();
    let mut is_wrapped = had_space;
    while let Some(next) = PAIRS.iter().find_map(|(open, close)| inner.strip_prefix(open)?.strip_suffix(close)) {
        (inner, is_wrapped) = (next.trim(), true);
    }
    let bare = inner.trim_matches(['"', '\'']);
    (bare, is_wrapped || bare.len() != inner.len())
}

/// The texts after the scheme's prefix anywhere in the header, up to the next separator.
///
/// These codes are in the right place, although the scheme may refuse the surrounding text.
fn prefixed<'t>(facts: &SchemeFacts, text: &'t str) -> Vec<&'t str> {
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

/// The prefix of the code, as a change if it is not the scheme's, and the code itself.
fn prefixes<'t>(facts: &SchemeFacts, text: &'t str) -> Vec<(Option<Change>, &'t str)> {
    let own = facts.prefix.as_ref();
    if let Some(code) = text.strip_prefix(own).filter(|_| !own.is_empty()) {
        return vec![(None, code)];
    }
    let same = text.get(..own.len()).is_some_and(|start| start.eq_ignore_ascii_case(own));
    if same && !own.is_empty() {
        return vec![(Some(Cause::CodePrefixCase.into()), &text[own.len()..])];
    }
    let mut all = vec![(missing(own), text)];
    match marked(text) {
        Some((mark, code)) if mark == own.trim_end_matches(['=', ',']) && !mark.is_empty() => {
            let detail = format!("the code follows `{}`, this scheme writes `{own}`", &text[..text.len() - code.len()]);
            return vec![(Some(Change::new(Cause::HeaderForm, detail)), code)];
        }
        Some((mark, code)) if !own.is_empty() && is_version(mark) && is_version(own) => {
            return vec![(Some(Cause::CodeOtherVersion.into()), code)];
        }
        Some((_, code)) => all.push((Some(Cause::CodePrefixed.into()), code)),
        None => {}
    }
    if facts.listed || time_in_list(text).is_some() {
        return all;
    }
    // Any other prefix of the last word, such as the output of openssl.
    let last = text.rsplit(['=', ' ', ':']).find(|word| word.len() >= 2 * LEAST_CUT);
    all.extend(last.filter(|word| word.len() < text.len()).map(|word| (Some(Cause::CodePrefixed.into()), word)));
    let padded = text.rsplit([' ', ':']).next().filter(|word| word.len() < text.len());
    all.extend(padded.map(|word| (Some(Cause::CodePrefixed.into()), word)));
    all
}

fn missing(own: &str) -> Option<Change> {
    (!own.is_empty()).then(|| Cause::CodePrefixMissing.into())
}

fn is_version(mark: &str) -> bool {
    let mut bytes = mark.bytes();
    matches!(bytes.next(), Some(b'v' | b'h')) && bytes.next().is_some_and(|b| b.is_ascii_digit())
}

/// Splits `sha256=…`, `v1,…`, `HMAC …` and the like into prefix and code.
fn marked(text: &str) -> Option<(&str, &str)> {
    let at = text.find(['=', ',', ' ', ':'])?;
    let (mark, rest) = text.split_at(at);
    let short =
        (1..=16).contains(&mark.len()) && mark.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let code = rest[1..].trim();
    (short && !code.trim_matches('=').is_empty()).then_some((mark, code))
}

/// The decoded bytes of a code, with the cause if the encoding is not the scheme's.
fn codes(facts: &SchemeFacts, text: &str) -> Vec<(Option<Cause>, Vec<u8>, bool)> {
    if facts.encoding == Encoding::Text {
        return vec![(None, text.as_bytes().to_vec(), false)];
    }
    let mut all = Vec::new();
    let other = |cause: Cause, own: Encoding| (facts.encoding != own).then_some(cause);
    let mut push = |cause: Option<Cause>, bytes: Option<Vec<u8>>| {
        let Some(bytes) = bytes else { return };
        // A code as long as that of another algorithm may also be truncated.
        if bytes.len() >= LEAST_CUT && Some(bytes.len()) < facts.algorithm.code_length() && cause.is_none() {
            all.push((Some(Cause::CodeTruncated), bytes.clone(), true));
        }
        // Signatures of certificates have other lengths.
        if LENGTHS.contains(&bytes.len()) || (facts.algorithm.code_length().is_none() && bytes.len() >= LEAST_CUT) {
            all.push((cause, bytes, false));
        }
    };
    push(other(Cause::CodeHex, Encoding::Hex), hex::decode(text).ok());
    push(other(Cause::CodeBase64, Encoding::Base64), BASE64.decode(text).ok());
    push(other(Cause::CodeBase64Url, Encoding::Base64Url), URL_SAFE_NO_PAD.decode(text).ok());
    for engine in [&STANDARD_NO_PAD, &URL_SAFE] {
        push(Some(Cause::CodeBase64Url), engine.decode(text).ok());
    }
    let separated: String = text.chars().filter(|c| !matches!(c, ':' | '-' | ' ')).collect();
    if separated.len() < text.len() {
        push(Some(Cause::CodeHexSeparated), hex::decode(&separated).ok());
        push(Some(Cause::CodePlus), BASE64.decode(text.replace(' ', "+")).ok());
    }
    push(Some(Cause::CodeBase64OfHex), BASE64.decode(text).ok().and_then(|inner| hex::decode(inner).ok()));
    all
}

fn any_code(text: &str) -> Option<(Encoding, Vec<u8>)> {
    let hex = || hex::decode(text).ok().map(|bytes| (Encoding::Hex, bytes));
    hex().or_else(|| BASE64.decode(text).ok().map(|bytes| (Encoding::Base64, bytes)))
}
