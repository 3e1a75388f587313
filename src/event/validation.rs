//! The rules for the parts of an event, and the errors for breaking them.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::known_resource_type;

/// The longest `data` accepted, in bytes after outer white space is dropped.
pub const MAX_DATA_BYTES: usize = 256 * 1024;
/// The longest resource id accepted, in bytes of UTF-8.
pub const MAX_RESOURCE_ID_BYTES: usize = 256;
/// The longest event id accepted, in characters.
pub const MAX_ID_CHARS: usize = 128;
/// The longest event id accepted under the original's signature, in characters.
pub const MAX_ORIGINAL_ID_CHARS: usize = 300;
/// The longest event type or resource type accepted, in bytes.
pub const MAX_TYPE_BYTES: usize = 128;

/// Why something cannot be emitted as an event. The text names the part and the rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDraft {
    /// The id has a forbidden character or length.
    #[error("the event id must be 1 to {MAX_ID_CHARS} characters from A-Z a-z 0-9 _ : -")]
    Id,
    /// The id under the original's signature has a control character or a wrong length.
    #[error("the event id must be 1 to {MAX_ORIGINAL_ID_CHARS} printable characters")]
    OriginalId,
    /// The type is neither known nor of the form of a custom type.
    #[error("the event type must look like `enrollment.created`: lower-case words of a-z 0-9 _ joined by dots")]
    Type,
    /// A custom type without a resource type.
    #[error("the custom event type `{0}` needs a resource type")]
    ResourceTypeMissing(String),
    /// A known type with another resource type than its own.
    #[error("`{event_type}` is about the resource type `{expected}`, not `{given}`")]
    ResourceTypeWrong {
        /// The event type given.
        event_type: String,
        /// The resource type of the catalogue.
        expected: &'static str,
        /// The resource type given.
        given: String,
    },
    /// The resource type is empty, too long or holds control characters.
    #[error("the resource type must be 1 to {MAX_TYPE_BYTES} characters from a-z A-Z 0-9 _ . -")]
    ResourceType,
    /// The resource id is empty, too long or holds control characters.
    #[error("the resource id must be 1 to {MAX_RESOURCE_ID_BYTES} bytes long, without control characters")]
    ResourceId,
    /// `data` is longer than [`MAX_DATA_BYTES`].
    #[error("data is {0} bytes long, the limit is {MAX_DATA_BYTES}")]
    DataTooLong(usize),
    /// `data` is not JSON.
    #[error("data is not valid JSON: {0}")]
    Data(String),
    /// `data` of a known type is not an object, so that no record can take it.
    #[error("data must be a JSON object")]
    NotAnObject,
    /// Progress whose `data` names another learner or course than its resource id.
    #[error("data.userId and data.courseId must be those of the resource id, <userId>-<courseId>")]
    Learner,
    /// The timestamp is not RFC 3339.
    #[error("the timestamp must be RFC 3339, like 2024-01-31T12:00:00.000Z")]
    Timestamp,
    /// The timestamp of an event of a known type is later than [`FARTHEST_AHEAD`](super::FARTHEST_AHEAD).
    #[error("the timestamp is more than 24 hours ahead: receivers would refuse the event")]
    Ahead,
    /// A batch line or webhook body is not an object with the expected keys.
    #[error("{0}")]
    Shape(String),
}

/// Whether a text can be the id of a resource.
pub fn is_resource_id(text: &str) -> bool {
    (1..=MAX_RESOURCE_ID_BYTES).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// The resource type of an event: the known one of its type, or the given one of a custom type.
pub(super) fn resource_type_of(event_type: &str, given: Option<&str>) -> Result<String, InvalidDraft> {
    match (known_resource_type(event_type), given) {
        (Some(expected), Some(given)) if given != expected => Err(InvalidDraft::ResourceTypeWrong {
            event_type: event_type.to_owned(),
            expected,
            given: given.to_owned(),
        }),
        (Some(expected), _) => Ok(expected.to_owned()),
        (None, _) if !is_custom_type(event_type) => Err(InvalidDraft::Type),
        (None, None) => Err(InvalidDraft::ResourceTypeMissing(event_type.to_owned())),
        (None, Some(given)) if is_resource_type(given) => Ok(given.to_owned()),
        (None, Some(_)) => Err(InvalidDraft::ResourceType),
    }
}

/// `^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`, up to [`MAX_TYPE_BYTES`].
fn is_custom_type(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    text.len() <= MAX_TYPE_BYTES
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.contains('.')
        && text.split('.').all(word)
}

fn is_resource_type(text: &str) -> bool {
    (1..=MAX_TYPE_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// Checks that `data` is one JSON value within the limit, and returns it without outer white space.
pub(super) fn check_data(data: &[u8]) -> Result<&str, InvalidDraft> {
    let text = std::str::from_utf8(data)
        .map_err(|e| InvalidDraft::Data(format!("invalid UTF-8 at byte {}", e.valid_up_to() + 1)))?;
    let trimmed = text.trim_matches([' ', '\t', '\n', '\r']);
    if trimmed.len() > MAX_DATA_BYTES {
        return Err(InvalidDraft::DataTooLong(trimmed.len()));
    }
    check_json(text).map_err(|e| InvalidDraft::Data(e.to_string()))?;
    Ok(trimmed)
}

/// The type whose resource id names learner and course.
pub(super) const PROGRESS: &str = "progress.updated";

/// Whether `data` names the same learner and course as the resource id `<userId>-<courseId>`. Missing names are fine.
pub(super) fn is_of_learner(resource_id: &str, data: &str) -> bool {
    let Ok(named) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(data) else { return true };
    let text = |name: &str| named.get(name).and_then(serde_json::Value::as_str);
    match (text("userId"), text("courseId")) {
        (Some(user), Some(course)) => resource_id == format!("{user}-{course}"),
        (Some(user), None) => resource_id.strip_prefix(user).is_some_and(|rest| rest.starts_with('-')),
        (None, Some(course)) => resource_id.strip_suffix(course).is_some_and(|rest| rest.ends_with('-')),
        (None, None) => true,
    }
}

/// Checks JSON as strictly as parsing into a value would (depth, numbers, surrogates), without building the value.
pub fn check_json(text: &str) -> Result<(), serde_json::Error> {
    let mut parser = serde_json::Deserializer::from_str(text);
    JsonChecker.deserialize(&mut parser)?;
    parser.end()
}

/// Checks that a text is valid JSON without keeping any of it.
struct JsonChecker;

impl<'de> DeserializeSeed<'de> for JsonChecker {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonChecker {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(JsonChecker)?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_key_seed(JsonChecker)?.is_some() {
            members.next_value_seed(JsonChecker)?;
        }
        Ok(())
    }
}
