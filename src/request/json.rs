//! Reads requests from JSON: events of gateways, exports and responses of tools, HAR files.
//!
//! Objects around a request are searched; the body is the text in the file.

mod collection;
mod event;
mod har;

use serde_json::value::RawValue;

use super::members::{Members, list, text};
use super::{Captured, ReadResult, RequestError, literal, values};

/// The deepest level at which requests are searched for.
const MOST_DEPTH: usize = 6;
/// The most values of one file.
const MOST_VALUES: usize = 20_000;
/// Members in which tools wrap a request or a list of requests.
const WRAPPERS: &[&str] = &[
    "event",
    "request",
    "req",
    "requests",
    "http",
    "httpRequest",
    "trigger",
    "steps",
    "context",
    "input",
    "detail",
    "requestPayload",
    "data",
    "models",
    "items",
    "results",
    "events",
    "Records",
    "logs",
    "message",
    "json",
    "record",
    "log",
    "body",
];

/// Whether a text begins like JSON, or like a printed object.
pub(super) fn begins(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'{' | b'[')) || text.starts_with(b"\"{") || text.starts_with(b"\"[")
}

/// Reads every request of a JSON value, or of several, one after the other.
pub(super) fn read(text: &[u8], depth: usize) -> ReadResult {
    let mut all = Vec::new();
    let mut rest = text;
    while !rest.is_empty() && all.len() < MOST_VALUES {
        let printed;
        let (value, after) = match first_value(rest) {
            Ok((FirstJsonValue::Json(value), after)) => (value, after),
            Ok((FirstJsonValue::Printed(value), after)) => {
                printed = value;
                (&*printed, after)
            }
            // Text after the requests, such as a response, is ignored.
            Err(_) if !all.is_empty() => break,
            Err(error) => return Err(error),
        };
        match requests(value, None, depth) {
            Some(found) => all.extend(found),
            None if all.is_empty() => {
                return super::headers::of_dump(value, after).unwrap_or_else(|| Err(without_request(value)));
            }
            None => break,
        }
        rest = after.trim_ascii_start();
    }
    Ok(all)
}

/// The JSON value at the beginning of a text: written as JSON, or printed by a program and converted.
enum FirstJsonValue<'a> {
    /// JSON as written.
    Json(&'a RawValue),
    /// A printed value, converted to JSON.
    Printed(Box<RawValue>),
}

/// The value at the start of a text, and the rest.
fn first_value(text: &[u8]) -> Result<(FirstJsonValue<'_>, &[u8]), RequestError> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>();
    let error = match values.next() {
        Some(Ok(value)) => return Ok((FirstJsonValue::Json(value), &text[values.byte_offset()..])),
        Some(Err(error)) => error.to_string(),
        None => "it is empty".to_owned(),
    };
    let printed = std::str::from_utf8(text).ok().and_then(literal::to_json);
    let (json, length) = printed.ok_or_else(|| RequestError::Json(error.clone()))?;
    let value = RawValue::from_string(json).map_err(|_| RequestError::Json(error))?;
    Ok((FirstJsonValue::Printed(value), &text[length..]))
}

/// Why there is no request in a value.
fn without_request(value: &RawValue) -> RequestError {
    let members = Members::parse(value);
    let has = |path: &str| members.as_ref().is_some_and(|members| members.has(path));
    let what = if has("payload") && (has("eventType") || has("event_type")) {
        "a message of Svix, which has no headers: sign its payload by `syncctl sign --scheme svix` and compare"
    } else if members.is_some() {
        "JSON without the headers of a request: the body alone, perhaps"
    } else {
        "JSON that holds no request"
    };
    RequestError::Unknown(format!("it looks like {what}"))
}

/// The requests in a value; `None` if there are none. `named` is the format recognized so far.
fn requests(
    value: &RawValue,
    named: Option<&'static str>,
    depth: usize,
) -> Option<Vec<Result<Captured, RequestError>>> {
    if depth > MOST_DEPTH {
        return None;
    }
    if let Some(items) = list(value) {
        let found: Vec<_> = items.into_iter().filter_map(|item| requests(item, named, depth + 1)).flatten().collect();
        return (!found.is_empty()).then_some(found);
    }
    if let Some(text) = text(value) {
        return super::read_text(text.as_bytes(), depth + 1).ok();
    }
    if let Some(bytes) = values::node_buffer(value) {
        return super::read_text(&bytes, depth + 1).ok();
    }
    let members = Members::parse(value)?;
    let named = event::name_of(&members).or(named);
    har::requests(&members)
        .or_else(|| collection::requests(&members))
        .or_else(|| event::request(&members, named).map(|one| vec![one]))
        .or_else(|| WRAPPERS.iter().find_map(|name| requests(members.get(name)?, named, depth + 1)))
}
