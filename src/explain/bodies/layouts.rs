//! Variants of JSON that name no serializer: other white space, escapes, numbers or order.

use super::{Body, Transform, TransformList};
use crate::explain::cause::Cause as C;
use crate::explain::json::strings::Spelling;
use crate::explain::json::{self, Layout, Order};

/// The text laid out another way.
pub(super) fn laid(text: &str, layout: Layout, body: &Body<'_>) -> Option<Vec<u8>> {
    json::lay_out(text, layout, body.most()).map(String::into_bytes)
}

/// The layout of a body, or the closest known one.
pub(super) fn own_layout(body: &Body<'_>) -> Layout {
    let text = body.json().unwrap_or_default();
    let known = [
        Layout::Minified,
        Layout::Spaced,
        Layout::Indented("  "),
        Layout::Indented("    "),
        Layout::Indented("\t"),
        Layout::Indented(" "),
    ];
    let is_own = |layout: &Layout| json::lay_out(text, *layout, body.most()).as_deref() == Some(text.trim());
    known.into_iter().find(is_own).unwrap_or(Layout::Minified)
}

fn spelled(body: &Body<'_>, spelling: Spelling) -> Option<Vec<u8>> {
    Some(json::strings::respell(body.json()?, spelling).into_bytes()).filter(|made| made.len() <= body.most())
}

fn numbered(body: &Body<'_>, form: fn(&str) -> Option<String>) -> Option<Vec<u8>> {
    Some(json::numbers::renumber(body.json()?, form).into_bytes()).filter(|made| made.len() <= body.most())
}

fn sorted(body: &Body<'_>, layout: Layout) -> Option<Vec<u8>> {
    laid(&json::reorder(body.json()?, Order::Sorted)?, layout, body)
}

/// Sorted, and with minimal escapes. `None` if the keys are sorted already: then only the escapes differ.
fn shortest_sorted(body: &Body<'_>, layout: Layout) -> Option<Vec<u8>> {
    let respelled = json::strings::respell(body.json()?, Spelling::Shortest);
    let sorted = json::reorder(&respelled, Order::Sorted)?;
    if sorted == json::reorder(&respelled, Order::Kept)? { None } else { laid(&sorted, layout, body) }
}

pub(super) const LAYOUTS: TransformList = &[
    Transform::json(C::JsonMinified, |body| laid(body.json()?, Layout::Minified, body)),
    Transform::json(C::JsonPythonSpacing, |body| laid(body.json()?, Layout::Spaced, body)),
    Transform::json(C::JsonTwoSpaces, |body| laid(body.json()?, Layout::Indented("  "), body)),
    Transform::json(C::JsonFourSpaces, |body| laid(body.json()?, Layout::Indented("    "), body)),
    Transform::json(C::JsonTabs, |body| laid(body.json()?, Layout::Indented("\t"), body)),
    Transform::json(C::JsonOneSpace, |body| laid(body.json()?, Layout::Indented(" "), body)),
    Transform::json(C::JsonColonSpacing, |body| laid(body.json()?, Layout::ColonSpaced, body)),
];

pub(super) const SPELLINGS: TransformList = &[
    Transform::json(C::JsonHtmlEscaped, |body| spelled(body, Spelling::Html)),
    Transform::json(C::JsonHtmlUnescaped, |body| spelled(body, Spelling::NoHtml)),
    Transform::json(C::JsonUnicodeEscaped, |body| spelled(body, Spelling::Ascii)),
    Transform::json(C::JsonUnicodeUnescaped, |body| spelled(body, Spelling::Plain)),
    Transform::json(C::JsonEscapesCase, |body| spelled(body, Spelling::Case)),
    Transform::json(C::JsonSlashesEscaped, |body| spelled(body, Spelling::Slashes)),
    Transform::json(C::JsonSlashesUnescaped, |body| spelled(body, Spelling::NoSlashes)),
    Transform::json(C::JsonEscapesFewest, |body| spelled(body, Spelling::Shortest)),
];

pub(super) const NUMBERS: TransformList = &[
    Transform::json(C::JsonNumbersJavascript, |body| numbered(body, json::numbers::javascript_number)),
    Transform::json(C::JsonNumbersPython, |body| numbered(body, json::numbers::python_number)),
    Transform::json(C::JsonNumbersFloats, |body| numbered(body, json::numbers::float_number)),
    Transform::json(C::JsonNumbersJava, |body| numbered(body, json::numbers::java_number)),
];

/// Sorted in its own layout, then in others.
pub(super) const SORTED: TransformList = &[
    Transform::json(C::JsonKeysSorted, |body| sorted(body, own_layout(body))),
    Transform::json(C::JsonKeysSorted, |body| sorted(body, Layout::Minified)).and(C::JsonMinified),
    Transform::json(C::JsonKeysSorted, |body| sorted(body, Layout::Spaced)).and(C::JsonPythonSpacing),
    Transform::json(C::JsonKeysSorted, |body| shortest_sorted(body, Layout::Minified)).and(C::JsonMinified),
    Transform::json(C::JsonKeysSorted, |body| shortest_sorted(body, Layout::Spaced)).and(C::JsonPythonSpacing),
    Transform::json(C::JsonKeysSorted, |body| sorted(body, Layout::Indented("  "))).and(C::JsonTwoSpaces),
    Transform::json(C::JsonKeysSorted, |body| sorted(body, Layout::Indented("    "))).and(C::JsonFourSpaces),
    Transform::json(C::JsonKeysSorted, |body| sorted(body, Layout::Indented("\t"))).and(C::JsonTabs),
];

/// JSON inside a JSON string, and the reverse.
pub(super) const STRINGS: TransformList = &[
    Transform::text(C::JsonOutOfString, |body| Some(serde_json::from_str::<String>(body.text?).ok()?.into_bytes())),
    Transform::text(C::JsonOutOfString, |body| {
        let inner = serde_json::from_str::<String>(body.text?).ok()?;
        Some(serde_json::from_str::<String>(&inner).ok()?.into_bytes())
    }),
    Transform::text(C::JsonInString, |body| Some(serde_json::to_string(body.text?).ok()?.into_bytes())),
    Transform::text(C::JsonNewlines, |body| escaped_newlines(body.text.filter(|_| !body.is_json)?)),
];

/// Line breaks and tabs inside strings as escapes, as before a shell's `echo` expanded them. Text around the value, such as the
/// newline of `echo`, is dropped.
fn escaped_newlines(text: &str) -> Option<Vec<u8>> {
    let (mut made, mut in_string, mut after_backslash) = (String::with_capacity(text.len()), false, false);
    for c in text.trim().chars() {
        match c {
            '\n' if in_string => made.push_str("\\n"),
            '\r' if in_string => made.push_str("\\r"),
            '\t' if in_string => made.push_str("\\t"),
            _ => made.push(c),
        }
        in_string ^= c == '"' && !after_backslash;
        after_backslash = c == '\\' && !after_backslash;
    }
    (made.len() > text.trim().len() && json::is_json(&made)).then(|| made.into_bytes())
}
