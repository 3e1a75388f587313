//! Variants of URL-encoded forms: encoded by another library, sorted, converted to JSON and back.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::form_urlencoded;

use super::{Body, Transform, TransformList};
use crate::explain::cause::Cause as C;

/// How a library encodes the names and values of a form.
#[derive(Clone, Copy)]
struct Encoder {
    escaped: &'static AsciiSet,
    space: &'static str,
    lower: bool,
}

const DASHES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
const TILDE: &AsciiSet = &DASHES.remove(b'~');
const STAR: &AsciiSet = &DASHES.remove(b'*');
const COMPONENT: &AsciiSet = &TILDE.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');
const DOTNET: &AsciiSet = &DASHES.remove(b'!').remove(b'*').remove(b'(').remove(b')');

/// Browsers and Java; RFC 3986; Python and Go; PHP; Node; .NET; and the first two with digits in lower case.
const ENCODERS: [Encoder; 9] = [
    Encoder { escaped: STAR, space: "+", lower: false },
    Encoder { escaped: TILDE, space: "%20", lower: false },
    Encoder { escaped: TILDE, space: "+", lower: false },
    Encoder { escaped: DASHES, space: "+", lower: false },
    Encoder { escaped: COMPONENT, space: "%20", lower: false },
    Encoder { escaped: COMPONENT, space: "+", lower: false },
    Encoder { escaped: DOTNET, space: "+", lower: true },
    Encoder { escaped: STAR, space: "+", lower: true },
    Encoder { escaped: TILDE, space: "%20", lower: true },
];

impl Encoder {
    fn text(self, text: &str) -> String {
        let mut made = String::with_capacity(text.len());
        for piece in utf8_percent_encode(text, self.escaped) {
            match piece {
                "%20" => made.push_str(self.space),
                escape if self.lower && escape.starts_with('%') => made.push_str(&escape.to_ascii_lowercase()),
                plain => made.push_str(plain),
            }
        }
        made
    }

    fn write(self, pairs: &[(String, String)]) -> Vec<u8> {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| format!("{}={}", self.text(name), self.text(value))).collect();
        pairs.join("&").into_bytes()
    }
}

/// The names and values of a form; `None` if the body is not a form.
fn pairs(body: &Body<'_>) -> Option<Vec<(String, String)>> {
    let text = body.text.filter(|text| text.contains('=') && !text.starts_with(['{', '[', '<', '"']))?;
    Some(form_urlencoded::parse(text.trim().as_bytes()).into_owned().collect())
}

fn again(body: &Body<'_>, encoder: usize) -> Option<Vec<u8>> {
    Some(ENCODERS[encoder].write(&pairs(body)?))
}

fn sorted(body: &Body<'_>, encoder: usize) -> Option<Vec<u8>> {
    let mut pairs = pairs(body)?;
    pairs.sort();
    Some(ENCODERS[encoder].write(&pairs))
}

/// A flat object as a form, and nested ones with brackets, as PHP and Rails name them.
fn of_json(body: &Body<'_>, encoder: usize) -> Option<Vec<u8>> {
    let Value::Object(_) = serde_json::from_str(body.json()?).ok()? else { return None };
    let mut pairs = Vec::new();
    for (name, value) in crate::explain::json::members(body.json()?) {
        add_pairs(&name, &serde_json::from_str(value).ok()?, &mut pairs);
    }
    (!pairs.is_empty()).then(|| ENCODERS[encoder].write(&pairs))
}

fn add_pairs(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| add_pairs(&format!("{name}[{key}]"), value, pairs));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| add_pairs(&format!("{name}[{at}]"), item, pairs));
        }
        Value::String(text) => pairs.push((name.to_owned(), text.clone())),
        Value::Null => pairs.push((name.to_owned(), String::new())),
        other => pairs.push((name.to_owned(), other.to_string())),
    }
}

/// A form as an object of strings.
fn to_json(body: &Body<'_>, separators: [&str; 2]) -> Option<Vec<u8>> {
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let members = pairs(body)?;
    let members: Vec<_> =
        members.iter().map(|(name, value)| format!("{}{}{}", quoted(name), separators[1], quoted(value))).collect();
    Some(format!("{{{}}}", members.join(separators[0])).into_bytes())
}

fn payload(body: &Body<'_>) -> Option<Vec<u8>> {
    let (_, value) = pairs(body)?.into_iter().find(|(name, _)| ["payload", "data", "json"].contains(&name.as_str()))?;
    Some(value.into_bytes())
}

fn encoded(body: &Body<'_>) -> Option<String> {
    let encoded: String = form_urlencoded::byte_serialize(body.bytes).collect();
    (encoded.len() <= body.most()).then_some(encoded)
}

pub(super) const FORMS: TransformList = &[
    Transform::text(C::FormDecoded, payload),
    Transform::text(C::FormDecoded, |body| {
        let text = body.text.filter(|text| text.contains('%'))?;
        let text = format!("x={text}");
        let (_, value) = form_urlencoded::parse(text.as_bytes()).next()?;
        Some(value.into_owned().into_bytes())
    }),
    Transform::text(C::FormSpaces, |body| Some(body.text?.replace("%20", "+").into_bytes())),
    Transform::text(C::FormSpaces, |body| Some(body.text?.replace('+', "%20").into_bytes())),
    Transform::text(C::FormPlus, |body| {
        pairs(body)?;
        Some(body.text.filter(|text| text.contains('+'))?.replace('+', "%2B").into_bytes())
    }),
    Transform::text(C::FormEncodedAgain, |body| again(body, 0)),
    Transform::text(C::FormEncodedAgain, |body| again(body, 1)),
    Transform::text(C::FormEncodedAgain, |body| again(body, 2)),
    Transform::text(C::FormEncodedAgain, |body| again(body, 3)),
    Transform::text(C::FormEncodedAgain, |body| again(body, 4)),
    Transform::text(C::FormEncodedAgain, |body| again(body, 5)),
    Transform::text(C::FormEncodedAgain, |body| again(body, 6)),
    Transform::text(C::FormEncodedAgain, |body| again(body, 7)),
    Transform::text(C::FormEncodedAgain, |body| again(body, 8)),
    Transform::text(C::FormSorted, |body| sorted(body, 0)),
    Transform::text(C::FormSorted, |body| sorted(body, 1)),
    Transform::text(C::FormSorted, |body| sorted(body, 2)),
    Transform::json(C::FormFromJson, |body| of_json(body, 0)),
    Transform::json(C::FormFromJson, |body| of_json(body, 1)),
    Transform::json(C::FormFromJson, |body| of_json(body, 2)),
    Transform::text(C::FormToJson, |body| to_json(body, [",", ":"])),
    Transform::text(C::FormToJson, |body| to_json(body, [", ", ": "])),
    Transform::bytes(C::FormEncoded, |body| Some(format!("payload={}", encoded(body)?).into_bytes())),
    Transform::bytes(C::FormEncoded, |body| {
        Some(format!("payload={}", encoded(body)?.replace('+', "%20")).into_bytes())
    }),
    Transform::bytes(C::FormEncoded, |body| Some(encoded(body)?.into_bytes())),
];
