//! Variants by members: values that a framework changed, dropped or wrapped, and a member that was signed alone.

use super::layouts::{laid, own_layout};
use super::{Body, BodyVariant, Transform, TransformList, with_detail};
use crate::explain::cause::Cause as C;
use crate::explain::json::{self, Node, Order};

/// The most members that are tried alone.
const MOST_MEMBERS: usize = 32;
/// Names of the single member that frameworks wrap a body in.
const WRAPPERS: [&str; 6] = ["data", "payload", "body", "event", "message", "json"];

pub(super) const VALUES: TransformList = &[
    Transform::json(C::JsonNullForEmpty, |body| edited(body, |token| (token == "null").then(|| "\"\"".to_owned()))),
    Transform::json(C::JsonEmptyForNull, |body| edited(body, |token| (token == "\"\"").then(|| "null".to_owned()))),
    Transform::json(C::JsonNullsDropped, |body| {
        let mut kept = String::new();
        json::write(&without_nulls(json::parse(body.json()?)?), Order::Kept, &mut kept);
        laid(&kept, own_layout(body), body)
    }),
    Transform::json(C::JsonEmptyObject, |body| Some(json::swap_empty(body.json()?, '[').into_bytes())),
    Transform::json(C::JsonEmptyObject, |body| Some(json::swap_empty(body.json()?, '{').into_bytes())),
    Transform::json(C::JsonDates, |body| {
        edited(body, |token| date(token, |text| Some(format!("{}Z", text.strip_suffix(".000Z")?))))
    }),
    Transform::json(C::JsonDates, |body| {
        edited(body, |token| date(token, |text| Some(format!("{}.000Z", whole_seconds(text)?))))
    }),
    Transform::json(C::JsonDates, |body| {
        edited(body, |token| date(token, |text| Some(format!("{}+00:00", text.strip_suffix('Z')?))))
    }),
    Transform::json(C::JsonDates, |body| {
        edited(body, |token| date(token, |text| Some(format!("{}Z", text.strip_suffix("+00:00")?))))
    }),
    Transform::json(C::JsonDates, |body| {
        edited(body, |token| date(token, |text| Some(format!("{}+00:00", text.strip_suffix(".000Z")?))))
    }),
    Transform::json(C::JsonDates, |body| {
        edited(body, |token| date(token, |text| Some(format!("{}.000000Z", whole_seconds(text)?))))
    }),
    Transform::json(C::JsonDates, |body| {
        edited(body, |token| date(token, |text| Some(whole_seconds(text)?.replace('T', " "))))
    }),
    Transform::json(C::JsonDates, |body| {
        edited(body, |token| date(token, |text| Some(format!("{}Z", trimmed_fraction(text)?))))
    }),
];

fn edited(body: &Body<'_>, edit: fn(&str) -> Option<String>) -> Option<Vec<u8>> {
    let text = body.json()?;
    let made = json::edit_values(text, edit);
    (made != text && made.len() <= body.most()).then(|| made.into_bytes())
}

/// An ISO 8601 date string in another form.
fn date(token: &str, write: fn(&str) -> Option<String>) -> Option<String> {
    let text = token.strip_prefix('"')?.strip_suffix('"')?;
    let bytes = text.as_bytes();
    let is_date = bytes.len() >= 19
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && (bytes[4], bytes[7], bytes[10], bytes[13], bytes[16]) == (b'-', b'-', b'T', b':', b':');
    write(text).filter(|_| is_date).map(|text| format!("\"{text}\""))
}

/// The date and time of a text without a fraction, in UTC, without its zone.
fn whole_seconds(text: &str) -> Option<&str> {
    text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00")).filter(|text| text.len() == 19)
}

/// A fraction of a second without its last zeros.
fn trimmed_fraction(text: &str) -> Option<&str> {
    let text = text.strip_suffix('Z').filter(|text| text.contains('.') && text.ends_with('0'))?;
    Some(text.trim_end_matches('0').trim_end_matches('.'))
}

fn without_nulls(node: Node<'_>) -> Node<'_> {
    let is_null = |node: &Node<'_>| matches!(node, Node::Atom("null"));
    match node {
        Node::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !is_null(value));
            Node::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Node::Array(items) => Node::Array(items.into_iter().map(without_nulls).collect()),
        atom @ Node::Atom(_) => atom,
    }
}

/// Each member of the body alone, as written or, for a string, its content; and the body as the only member of another object.
pub(super) fn parts<'a>(body: &Body<'a>) -> impl Iterator<Item = BodyVariant<'a>> + use<'a> {
    let members = body.json().map(json::members).unwrap_or_default();
    let nested = members.iter().take(MOST_MEMBERS).flat_map(|(name, value)| {
        let inner = json::members(value).into_iter().take(MOST_MEMBERS);
        inner.map(|(key, value)| (format!("{name}.{key}"), value)).collect::<Vec<_>>()
    });
    let nested: Vec<_> = nested.collect();
    let all = members.into_iter().take(MOST_MEMBERS).chain(nested);
    let signed = all.filter(|(_, value)| value.len() > 1).flat_map(|(name, value)| {
        let inner = serde_json::from_str::<String>(value).ok().filter(|inner| inner.len() > 8).map(String::into_bytes);
        let outer = (!value.starts_with('"') && value.starts_with(['{', '['])).then(|| value.as_bytes().to_vec());
        inner.into_iter().chain(outer).map(move |bytes| with_detail(C::JsonMember, format!("it is `{name}`"), bytes))
    });
    let text = body.json();
    let wrapped = WRAPPERS.iter().filter_map(move |name| {
        let bytes = format!("{{\"{name}\":{}}}", text?.trim()).into_bytes();
        Some(with_detail(C::JsonWrapped, format!("it is `{name}`"), bytes))
    });
    signed.chain(wrapped)
}
