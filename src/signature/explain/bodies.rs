//! The other forms a body may have had when it was signed, the more common first.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use url::form_urlencoded;

use super::Change;
use super::causes::Cause;
use super::json::{self, Layout, Spelling};

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
pub(super) fn forms(body: &[u8]) -> Vec<Form<'_>> {
    let mut forms = Forms { seen: HashSet::new(), list: Vec::new() };
    forms.add(Vec::new(), Cow::Borrowed(body));
    let singles = singles(body);
    for (cause, bytes) in &singles {
        forms.add(vec![Change::from(*cause)], Cow::Owned(bytes.clone()));
    }
    for (cause, bytes) in &singles {
        if combines(*cause) {
            for (second, bytes) in seconds(*cause, bytes) {
                forms.add(vec![Change::from(*cause), Change::from(second)], Cow::Owned(bytes));
            }
        }
    }
    forms.list
}

struct Forms<'a> {
    seen: HashSet<Vec<u8>>,
    list: Vec<Form<'a>>,
}

impl<'a> Forms<'a> {
    fn add(&mut self, changes: Vec<Change>, bytes: Cow<'a, [u8]>) {
        if self.seen.insert(bytes.to_vec()) {
            self.list.push(Form { changes, bytes });
        }
    }
}

type Single = (Cause, Vec<u8>);

fn singles(body: &[u8]) -> Vec<Single> {
    let mut all = ends(body);
    all.extend(lines(body));
    let text = std::str::from_utf8(body).ok();
    if let Some(text) = text {
        all.extend(layouts(text));
        all.extend(spellings(text));
        all.extend(languages(text));
        all.extend(strings(text));
    }
    all.extend(charsets(body, text));
    all.extend(wrappings(body));
    all.push((Cause::BodyEmpty, Vec::new()));
    all
}

/// Which changes are also tried together with a second one.
fn combines(cause: Cause) -> bool {
    use Cause as C;
    matches!(
        cause,
        C::NewlineAdded
            | C::SpaceAdded
            | C::BomAdded
            | C::CrlfAdded
            | C::JsonKeysSorted
            | C::JsonUnicodeEscaped
            | C::JsonUnicodeUnescaped
            | C::JsonSlashesEscaped
            | C::JsonSlashesUnescaped
            | C::JsonHtmlEscaped
            | C::JsonHtmlUnescaped
            | C::JsonNumbersJavascript
            | C::JsonNumbersPython
            | C::JsonMinified
            | C::JsonPythonSpacing
            | C::JsonTwoSpaces
            | C::JsonFourSpaces
            | C::GzipUnpacked
    )
}

/// The second changes after a first one: layout after the rest, and ends after layout.
fn seconds(first: Cause, bytes: &[u8]) -> Vec<Single> {
    use Cause as C;
    if matches!(first, C::JsonMinified | C::JsonPythonSpacing | C::JsonTwoSpaces | C::JsonFourSpaces) {
        return ends(bytes).into_iter().filter(|(cause, _)| *cause == C::NewlineLost).collect();
    }
    let text = std::str::from_utf8(bytes).unwrap_or("");
    let mut all = layouts(text);
    if matches!(first, C::JsonKeysSorted) {
        all.extend(spellings(text));
    } else {
        all.extend(languages(text));
    }
    all
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
    const BOM: &[u8] = "\u{feff}".as_bytes();
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
    if !json::is_json(text) {
        return Vec::new();
    }
    let Some(node) = json::parse(text) else { return Vec::new() };
    let most = most(text.as_bytes());
    let laid = |layout, sorted| json::write(&node, layout, sorted, most);
    let mut all: Vec<Single> = json::LAYOUTS
        .iter()
        .filter_map(|layout| Some((layout_cause(*layout), laid(*layout, false)?.into_bytes())))
        .collect();
    let trimmed = text.trim();
    let own = json::LAYOUTS.iter().find(|layout| laid(**layout, false).as_deref() == Some(trimmed));
    all.extend(laid(*own.unwrap_or(&Layout::Minified), true).map(|text| (Cause::JsonKeysSorted, text.into_bytes())));
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
    if !json::is_json(text) {
        return Vec::new();
    }
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
    if !json::is_json(text) {
        return Vec::new();
    }
    let shortest = json::respell(text, Spelling::Shortest);
    let javascript = json::renumber(&shortest, json::javascript_number);
    let python = json::renumber(&json::respell(&shortest, Spelling::Ascii), json::python_number);
    let go = json::respell(&javascript, Spelling::Html);
    let php = json::respell(&json::respell(&shortest, Spelling::Ascii), Spelling::Slashes);
    let laid = |cause, text: &str, layout, sorted| {
        let written = json::write(&json::parse(text)?, layout, sorted, most(text.as_bytes()))?;
        Some((cause, written.into_bytes()))
    };
    [
        laid(Cause::JsonByJavascript, &javascript, Layout::Minified, false),
        laid(Cause::JsonByPython, &python, Layout::Python, false),
        laid(Cause::JsonByGo, &go, Layout::Minified, true),
        laid(Cause::JsonByPhp, &php, Layout::Minified, false),
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

fn charsets(body: &[u8], text: Option<&str>) -> Vec<Single> {
    let mut all = Vec::new();
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

fn unpacked(body: &[u8]) -> Option<Vec<u8>> {
    if !body.starts_with(&[0x1f, 0x8b]) {
        return None;
    }
    let limit = most(body).max(4 * 1024 * 1024);
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(body).take(limit as u64 + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() <= limit).then_some(bytes)
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
        if text.contains('%') {
            let decoded = form_urlencoded::parse(format!("x={text}").as_bytes()).next().map(|(_, v)| v.into_owned());
            all.extend(decoded.map(|text| (Cause::FormDecoded, text.into_bytes())));
        }
    }
    all
}
