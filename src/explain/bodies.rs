//! The other forms a body may have had when it was signed, the more common first.
//!
//! A form is made when it is asked for and dropped before the next, so that a large body costs the time of those tried alone.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::BuildHasher as _;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use url::form_urlencoded;

use super::cause::{Cause, Change};
use super::json::{self, Layout, Order, Spelling};
use crate::signature::hygiene::BOM;

/// A form of the body, and what was changed to get it.
#[derive(Debug)]
pub(super) struct Form<'a> {
    pub changes: Vec<Change>,
    pub bytes: Cow<'a, [u8]>,
}

/// How much larger than the body a form may be.
fn most(body: &[u8]) -> usize {
    body.len().saturating_mul(4).saturating_add(64 * 1024)
}

/// The body as it is, every single change, then pairs of changes that happen together.
///
/// A form that equals an earlier one is left out, so that the simpler change names it.
pub(super) fn forms(body: &[u8]) -> impl Iterator<Item = Form<'_>> {
    let mut seen = Seen::default();
    let same = std::iter::once(Form { changes: Vec::new(), bytes: Cow::Borrowed(body) });
    let single =
        singles(body, GROUPS).map(|(cause, bytes)| Form { changes: vec![cause.into()], bytes: Cow::Owned(bytes) });
    let pairs = singles(body, PAIRED).flat_map(|(first, bytes)| {
        let with = move |(second, bytes): Single| Form {
            changes: vec![first.into(), second.into()],
            bytes: Cow::Owned(bytes),
        };
        seconds(first, &bytes).into_iter().map(with)
    });
    same.chain(single).chain(pairs).filter(move |form| seen.is_new(&form.bytes))
}

/// The changes, one or two, that turn `from` into `to`, when they are known ones.
pub(super) fn body_changes(from: &[u8], to: &[u8]) -> Option<Vec<Change>> {
    forms(from).find(|form| *form.bytes == *to).map(|form| form.changes)
}

/// Remembers forms by a hash under a random key, not by their bytes.
#[derive(Default)]
struct Seen {
    hasher: std::hash::RandomState,
    hashes: HashSet<u64>,
}

impl Seen {
    fn is_new(&mut self, bytes: &[u8]) -> bool {
        self.hashes.insert(self.hasher.hash_one(bytes))
    }
}

type Single = (Cause, Vec<u8>);

type Group = fn(&[u8]) -> Vec<Single>;

const LAYOUTS: Group = |body| of_json(body, layouts);
const SPELLINGS: Group = |body| of_json(body, spellings);
const LANGUAGES: Group = |body| of_json(body, languages);
const STRINGS: Group = |body| std::str::from_utf8(body).map(strings).unwrap_or_default();

/// Every change, the simpler ones first.
const GROUPS: &[Group] =
    &[ends, lines, LAYOUTS, SPELLINGS, LANGUAGES, STRINGS, charsets, wrappings, |_| placeholders()];
/// Those that are tried together with a second one.
const PAIRED: &[Group] = &[LAYOUTS, SPELLINGS, LANGUAGES, ends, lines, wrappings];

/// Each change of some groups by itself.
fn singles<'b>(body: &'b [u8], groups: &'static [Group]) -> impl Iterator<Item = Single> + use<'b> {
    groups.iter().flat_map(move |group| group(body))
}

fn of_json(body: &[u8], forms: fn(&str) -> Vec<Single>) -> Vec<Single> {
    std::str::from_utf8(body).ok().filter(|text| json::is_json(text)).map(forms).unwrap_or_default()
}

/// The changes that are tried together with a first one, on what it came to: layout after the rest, and ends after layout.
fn seconds(first: Cause, bytes: &[u8]) -> Vec<Single> {
    use Cause as C;
    let newline = || ends(bytes).into_iter().filter(|(cause, _)| *cause == C::NewlineLost);
    let crlf = || lines(bytes).into_iter().filter(|(cause, _)| *cause == C::CrlfLost);
    let layouts = || of_json(bytes, layouts);
    let languages = || of_json(bytes, languages);
    match first {
        C::JsonMinified | C::JsonPythonSpacing => {
            let string = std::str::from_utf8(bytes).map(strings).unwrap_or_default();
            newline().chain(string.into_iter().filter(|(cause, _)| *cause == C::JsonInString)).collect()
        }
        C::JsonTwoSpaces | C::JsonFourSpaces | C::JsonTabs => newline().chain(crlf()).collect(),
        C::JsonByJavascript | C::JsonByPython | C::JsonByGo | C::JsonByPhp => newline().chain(layouts()).collect(),
        C::JsonKeysSorted => newline().chain(layouts()).chain(of_json(bytes, spellings)).chain(languages()).collect(),
        C::JsonUnicodeEscaped
        | C::JsonUnicodeUnescaped
        | C::JsonSlashesEscaped
        | C::JsonSlashesUnescaped
        | C::JsonHtmlEscaped
        | C::JsonHtmlUnescaped
        | C::JsonNumbersJavascript
        | C::JsonNumbersPython => newline().chain(layouts()).collect(),
        C::NewlineAdded | C::SpaceAdded | C::BomAdded | C::CrlfAdded | C::GzipUnpacked => {
            layouts().into_iter().chain(languages()).collect()
        }
        _ => Vec::new(),
    }
}

/// What frameworks put where a body was not read, or not parsed.
fn placeholders() -> Vec<Single> {
    let texts = ["{}", "null", "undefined", "[object Object]", "\"\"", "None"];
    let empty = std::iter::once((Cause::BodyEmpty, Vec::new()));
    empty.chain(texts.into_iter().map(|text| (Cause::BodyPlaceholder, text.as_bytes().to_vec()))).collect()
}

fn ends(body: &[u8]) -> Vec<Single> {
    let mut all = Vec::new();
    if let Some(rest) = body.strip_suffix(b"\n") {
        all.push((Cause::NewlineAdded, rest.strip_suffix(b"\r").unwrap_or(rest).to_vec()));
        all.push((Cause::NewlineAdded, rest.to_vec()));
    }
    all.push((Cause::NewlineLost, [body, b"\n"].concat()));
    all.push((Cause::NewlineLost, [body, b"\r\n"].concat()));
    all.push((Cause::SpaceAdded, body.trim_ascii().to_vec()));
    for (before, after) in [("", " "), (" ", ""), ("\n", ""), ("", "\n\n"), ("", "\r\n\r\n"), ("\n", "\n")] {
        all.push((Cause::SpaceLost, [before.as_bytes(), body, after.as_bytes()].concat()));
    }
    all
}

fn lines(body: &[u8]) -> Vec<Single> {
    let mut all = Vec::new();
    let plain = without_cr(body);
    if plain.len() == body.len() {
        if body.contains(&b'\n') && body.len() + body.iter().filter(|b| **b == b'\n').count() <= most(body) {
            all.push((Cause::CrlfLost, with_cr(body)));
        }
    } else {
        all.push((Cause::CrlfAdded, plain));
    }
    match body.strip_prefix(BOM) {
        Some(rest) => all.push((Cause::BomAdded, rest.to_vec())),
        None => all.push((Cause::BomLost, [BOM, body].concat())),
    }
    all
}

fn without_cr(body: &[u8]) -> Vec<u8> {
    let kept = |(at, byte): (usize, &u8)| !(*byte == b'\r' && body.get(at + 1) == Some(&b'\n'));
    body.iter().enumerate().filter(|pair| kept(*pair)).map(|(_, byte)| *byte).collect()
}

fn with_cr(body: &[u8]) -> Vec<u8> {
    body.iter()
        .flat_map(|byte| if *byte == b'\n' { &b"\r\n"[..] } else { std::slice::from_ref(byte) })
        .copied()
        .collect()
}

fn layouts(text: &str) -> Vec<Single> {
    let Some(node) = json::parse(text) else { return Vec::new() };
    let most = most(text.as_bytes());
    let laid = |layout, order| json::write(&node, layout, order, most);
    let mut all: Vec<Single> = json::LAYOUTS
        .iter()
        .filter_map(|layout| Some((layout_cause(*layout), laid(*layout, Order::Kept)?.into_bytes())))
        .collect();
    let trimmed = text.trim();
    let own = json::LAYOUTS.iter().find(|layout| laid(**layout, Order::Kept).as_deref() == Some(trimmed));
    all.extend(
        laid(*own.unwrap_or(&Layout::Minified), Order::Sorted).map(|text| (Cause::JsonKeysSorted, text.into_bytes())),
    );
    all
}

fn layout_cause(layout: Layout) -> Cause {
    match layout {
        Layout::Minified => Cause::JsonMinified,
        Layout::Python => Cause::JsonPythonSpacing,
        Layout::Indented("  ") => Cause::JsonTwoSpaces,
        Layout::Indented("\t") => Cause::JsonTabs,
        Layout::Indented(_) => Cause::JsonFourSpaces,
    }
}

fn spellings(text: &str) -> Vec<Single> {
    let spelled = |cause, spelling| (cause, json::respell(text, spelling).into_bytes());
    let numbered = |cause, form| (cause, json::renumber(text, form).into_bytes());
    vec![
        spelled(Cause::JsonHtmlEscaped, Spelling::Html),
        spelled(Cause::JsonHtmlUnescaped, Spelling::NoHtml),
        spelled(Cause::JsonUnicodeEscaped, Spelling::Ascii),
        spelled(Cause::JsonUnicodeUnescaped, Spelling::Plain),
        spelled(Cause::JsonEscapesCase, Spelling::Case),
        spelled(Cause::JsonSlashesEscaped, Spelling::Slashes),
        spelled(Cause::JsonSlashesUnescaped, Spelling::NoSlashes),
        numbered(Cause::JsonNumbersJavascript, json::javascript_number),
        numbered(Cause::JsonNumbersPython, json::python_number),
        numbered(Cause::JsonNumbersFloats, json::float_number),
    ]
}

/// The whole text as the serialisers of four languages write it by default.
fn languages(text: &str) -> Vec<Single> {
    let shortest = json::respell(text, Spelling::Shortest);
    let javascript = json::renumber(&shortest, json::javascript_number);
    let python = json::renumber(&json::respell(&shortest, Spelling::Ascii), json::python_number);
    let go = json::respell(&javascript, Spelling::Html);
    let php = json::respell(&json::respell(&shortest, Spelling::Ascii), Spelling::Slashes);
    let laid = |cause, text: &str, layout, order| {
        let written = json::write(&json::parse(text)?, layout, order, most(text.as_bytes()))?;
        Some((cause, written.into_bytes()))
    };
    [
        laid(Cause::JsonByJavascript, &javascript, Layout::Minified, Order::Javascript),
        laid(Cause::JsonByPython, &python, Layout::Python, Order::Kept),
        laid(Cause::JsonByGo, &go, Layout::Minified, Order::Sorted),
        laid(Cause::JsonByPhp, &php, Layout::Minified, Order::Kept),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn strings(text: &str) -> Vec<Single> {
    let inner = serde_json::from_str::<String>(text).ok().map(|inner| (Cause::JsonOutOfString, inner.into_bytes()));
    let outer = serde_json::to_string(text).ok().map(|outer| (Cause::JsonInString, outer.into_bytes()));
    inner.into_iter().chain(outer).collect()
}

fn charsets(body: &[u8]) -> Vec<Single> {
    let text = std::str::from_utf8(body).ok();
    let wide = text.map(|text| text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    let mut all: Vec<Single> = wide.map(|bytes| (Cause::Utf16, bytes)).into_iter().collect();
    if body.is_ascii() {
        return all;
    }
    let latin =
        text.and_then(|text| text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>());
    all.extend(latin.map(|bytes| (Cause::Latin1, bytes)));
    all.push((Cause::ReadAsLatin1, body.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes()));
    all
}

fn wrappings(body: &[u8]) -> Vec<Single> {
    let mut all = Vec::new();
    all.extend(unpacked(body).map(|bytes| (Cause::GzipUnpacked, bytes)));
    all.extend(forms_of(body));
    all.push((Cause::BodyBase64Encoded, BASE64.encode(body).into_bytes()));
    all.extend(BASE64.decode(body.trim_ascii()).ok().map(|bytes| (Cause::BodyBase64Decoded, bytes)));
    all
}

/// What gzip or deflate (RFC 1950) packed.
fn unpacked(body: &[u8]) -> Option<Vec<u8>> {
    let limit = most(body).max(4 * 1024 * 1024);
    let mut bytes = Vec::new();
    let read = match body {
        [0x1f, 0x8b, ..] => flate2::read::MultiGzDecoder::new(body).take(limit as u64 + 1).read_to_end(&mut bytes),
        [0x78, ..] => flate2::read::ZlibDecoder::new(body).take(limit as u64 + 1).read_to_end(&mut bytes),
        _ => return None,
    };
    (read.is_ok() && bytes.len() <= limit).then_some(bytes)
}

fn forms_of(body: &[u8]) -> Vec<Single> {
    let encoded: String = form_urlencoded::byte_serialize(body).collect();
    let mut all = vec![
        (Cause::FormEncoded, format!("payload={encoded}").into_bytes()),
        (Cause::FormEncoded, format!("payload={}", encoded.replace('+', "%20")).into_bytes()),
        (Cause::FormEncoded, encoded.into_bytes()),
    ];
    if body.contains(&b'=') && !body.starts_with(b"{") {
        let payload = form_urlencoded::parse(body).find(|(name, _)| name == "payload");
        all.extend(payload.map(|(_, value)| (Cause::FormDecoded, value.into_owned().into_bytes())));
    }
    if let Ok(text) = std::str::from_utf8(body) {
        all.push((Cause::FormSpaces, text.replace("%20", "+").into_bytes()));
        all.push((Cause::FormSpaces, text.replace('+', "%20").into_bytes()));
        all.extend(encoded_again(text));
        if text.contains('%') {
            let decoded = form_urlencoded::parse(format!("x={text}").as_bytes()).next().map(|(_, v)| v.into_owned());
            all.extend(decoded.map(|text| (Cause::FormDecoded, text.into_bytes())));
        }
    }
    all
}

/// A form that was parsed, and written as two kinds of libraries write one.
fn encoded_again(text: &str) -> Vec<Single> {
    if !text.contains('=') || text.starts_with(['{', '[']) {
        return Vec::new();
    }
    let mut written = form_urlencoded::Serializer::new(String::new());
    written.extend_pairs(form_urlencoded::parse(text.as_bytes()));
    let plus = written.finish();
    let percent = plus.replace('+', "%20").replace("%7E", "~").replace('*', "%2A");
    [plus, percent].into_iter().map(|text| (Cause::FormEncodedAgain, text.into_bytes())).collect()
}
