//! Reads headers and bodies from JSON values.

use serde_json::value::RawValue;

use super::RequestError;
use super::body::{self, ReadBody};
use super::members::{Members, list, scalar, text};

/// The bytes of a body: a string, bytes as Node writes them, or a value that the tool parsed.
pub(super) fn body_of(value: &RawValue, is_base64: bool, said: Option<usize>) -> Result<ReadBody, RequestError> {
    if let Some(text) = text(value) {
        return match is_base64 {
            true => body::base64(&text).map(|bytes| (bytes, None)).ok_or(RequestError::Base64),
            false => body::of_text(&text, said),
        };
    }
    if let Some(bytes) = node_buffer(value) {
        return Ok((bytes, None));
    }
    Ok(body::of_json(value, said))
}

/// `{"type":"Buffer","data":[123,125]}`
pub(super) fn node_buffer(value: &RawValue) -> Option<Vec<u8>> {
    let members = Members::parse(value)?;
    if members.text(&["type"])? != "Buffer" {
        return None;
    }
    serde_json::from_str(members.get("data")?.get()).ok()
}

/// Headers in any JSON form.
pub(super) fn headers(value: &RawValue) -> Option<Vec<(String, String)>> {
    if let Some(members) = Members::parse(value) {
        return members
            .iter()
            .map(|(name, value)| values(name, value))
            .collect::<Option<Vec<_>>>()
            .map(|all| all.concat());
    }
    if let Some(lines) = text(value) {
        let pairs = lines.lines().filter(|line| !line.trim().is_empty()).map(|line| line.split_once(':'));
        return pairs.map(|pair| pair.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect();
    }
    let items = list(value)?;
    if let Some(texts) = items.iter().map(|item| text(item)).collect::<Option<Vec<_>>>() {
        let pairs = texts.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
        return (!texts.is_empty() && texts.len().is_multiple_of(2)).then(|| pairs.collect());
    }
    items.into_iter().map(pair).collect::<Option<Vec<_>>>().map(|all| all.into_iter().flatten().collect())
}

/// The values of one header; `None` for null and objects.
fn values(name: &str, value: &RawValue) -> Option<Vec<(String, String)>> {
    let named = |value: String| (name.to_owned(), value);
    if value.get() == "null" {
        return Some(Vec::new());
    }
    match list(value) {
        Some(items) => items.into_iter().map(|item| scalar(item).map(named)).collect(),
        None => scalar(value).map(|value| vec![named(value)]),
    }
}

/// `{"name": …, "value": …}`, `{"key": …, "value": …}` or `["name", "value"]`; nothing for a disabled one.
fn pair(item: &RawValue) -> Option<Option<(String, String)>> {
    if let Some(members) = Members::parse(item) {
        let is_off = members.get("disabled").is_some_and(|value| value.get() == "true")
            || members.get("enabled").is_some_and(|value| value.get() == "false");
        let name = members.text(&["name", "key", "Name", "Key"])?;
        let value = members.get("value").or_else(|| members.get("Value")).and_then(scalar).unwrap_or_default();
        return Some((!is_off && !name.is_empty()).then_some((name, value)));
    }
    match list(item)?.as_slice() {
        [name, value] => Some(Some((text(name)?, scalar(value)?))),
        _ => None,
    }
}
