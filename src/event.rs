//! Events: what happened to a resource, checked once and rendered once.
//!
//! The rendered body is what is stored, signed and sent, unchanged, on every attempt and replay.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::{ContextV7, Uuid};

use crate::clock::Timestamp;

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
/// How far ahead of the clock an event may be and still change a record.
pub const FARTHEST_AHEAD: std::time::Duration = std::time::Duration::from_hours(24);

/// Every event type of the platform and the resource type it is about.
pub const CATALOGUE: &[(&str, &str)] = &[
    ("enrollment.created", "enrollment"),
    ("enrollment.updated", "enrollment"),
    ("enrollment.deleted", "enrollment"),
    ("profile.updated", "user"),
    ("progress.updated", "progress"),
    ("user.created", "user"),
    ("user.updated", "user"),
];

/// Why a draft cannot become an event. The text names the part and the rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The id has a forbidden character or length.
    #[error("the event id must be 1 to {MAX_ID_CHARS} characters from A-Z a-z 0-9 _ : -")]
    Id,
    /// The id under the original's signature has a control character or a wrong length.
    #[error("the event id must be 1 to {MAX_ORIGINAL_ID_CHARS} printable characters")]
    OriginalId,
    /// The type is neither known nor of the form of a custom type.
    #[error("the event type must look like `enrollment.created`: lower-case words of a-z 0-9 _ joined by dots")]
    Type,
    /// A custom type came without a resource type.
    #[error("the custom event type `{0}` needs a resource type")]
    ResourceTypeMissing(String),
    /// A known type came with another resource type than its own.
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
    /// The resource id is empty or too long.
    #[error("the resource id must be 1 to {MAX_RESOURCE_ID_BYTES} bytes long")]
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
    /// The timestamp of an event of a known type is later than [`FARTHEST_AHEAD`].
    #[error("the timestamp is more than 24 hours ahead: no receiver would take the event")]
    Ahead,
    /// A batch line or webhook body is not an object with the expected keys.
    #[error("{0}")]
    Shape(String),
}

/// An event's name: `evt_` and a UUIDv7 unless the emitter chose one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(String);

impl EventId {
    /// Checks a given id against `^[A-Za-z0-9_:-]{1,128}$`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let right = (1..=MAX_ID_CHARS).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'-'));
        if right { Ok(Self(text.to_owned())) } else { Err(Invalid::Id) }
    }

    /// Checks an id that came under the original's signature, where ids are `type-resourceId-milliseconds`: any printable
    /// text of at most [`MAX_ORIGINAL_ID_CHARS`] characters, because a resource id may hold spaces, `|`, `@` and letters of any
    /// script. Nothing that is signed is joined to an id there, so no character needs to be kept apart.
    pub fn parse_original(text: &str) -> Result<Self, Invalid> {
        let right = (1..=MAX_ORIGINAL_ID_CHARS).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if right { Ok(Self(text.to_owned())) } else { Err(Invalid::OriginalId) }
    }

    /// An id that was checked before it was stored.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes event ids that increase within this process, even when the clock does not.
#[derive(Debug, Default)]
pub struct IdSource(Mutex<ContextV7>);

impl IdSource {
    /// A source of its own.
    pub fn new() -> Self {
        Self(Mutex::new(ContextV7::new()))
    }

    /// The next id, carrying `now`.
    pub fn next(&self, now: Timestamp) -> EventId {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        let nanos = u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000;
        let context = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = Uuid::new_v7(uuid::Timestamp::from_unix(&*context, millis / 1000, nanos));
        EventId(format!("evt_{}", id.simple()))
    }
}

/// What an event is about: the unit within which order is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resource {
    /// `enrollment`, `user`, `progress`, or a custom one.
    pub kind: String,
    /// Any UTF-8 text up to 256 bytes.
    pub id: String,
}

/// An event as its emitter gave it, with every part checked.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The emitter's own id, if it chose one.
    pub id: Option<EventId>,
    /// A known or custom type.
    pub event_type: String,
    /// What it is about.
    pub resource: Resource,
    /// JSON, byte for byte as given, without outer white space.
    pub data: String,
    /// When it happened, if the emitter said so.
    pub timestamp: Option<Timestamp>,
}

impl Draft {
    /// Checks the parts of an event.
    ///
    /// A known type brings its resource type and, unless it deletes, needs an object as `data`, because that is what its
    /// receivers take; a custom one needs `resource_type`. `data` is kept byte for byte but for
    /// outer white space.
    pub fn check(
        event_type: &str,
        resource_id: &str,
        resource_type: Option<&str>,
        data: &[u8],
    ) -> Result<Self, Invalid> {
        let kind = resource_type_of(event_type, resource_type)?;
        if resource_id.is_empty() || resource_id.len() > MAX_RESOURCE_ID_BYTES {
            return Err(Invalid::ResourceId);
        }
        let data = check_data(data)?;
        if known_resource_type(event_type).is_some() && !event_type.ends_with(".deleted") && !data.starts_with('{') {
            return Err(Invalid::NotAnObject);
        }
        if event_type == PROGRESS && !is_of_learner(resource_id, data) {
            return Err(Invalid::Learner);
        }
        Ok(Self {
            id: None,
            event_type: event_type.to_owned(),
            resource: Resource { kind, id: resource_id.to_owned() },
            data: data.to_owned(),
            timestamp: None,
        })
    }

    /// Reads one line of a batch: `type`, `resourceId`, `data`, and maybe `id`, `resourceType`, `timestamp`.
    ///
    /// `retryCount` and `status` are ignored, so that a body once sent can be emitted again; other keys and repeated
    /// keys are refused.
    pub fn from_line(line: &[u8]) -> Result<Self, Invalid> {
        let line: Line<'_> = serde_json::from_slice(line).map_err(|e| Invalid::Shape(e.to_string()))?;
        let mut draft = Self::check(
            &line.event_type,
            &line.resource_id,
            line.resource_type.as_deref(),
            line.data.get().as_bytes(),
        )?;
        draft.id = line.id.as_deref().map(EventId::parse).transpose()?;
        draft.timestamp =
            line.timestamp.as_deref().map(|t| Timestamp::parse(t).ok_or(Invalid::Timestamp)).transpose()?;
        Ok(draft)
    }

    /// Whether it has a time that no receiver of a known type would take. Of custom types nothing is known.
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        known_resource_type(&self.event_type).is_some()
            && self.timestamp.is_some_and(|at| at > now.plus(FARTHEST_AHEAD))
    }

    /// The draft again, unless it [is ahead](Self::is_ahead).
    pub fn within_reach(self, now: Timestamp) -> Result<Self, Invalid> {
        if self.is_ahead(now) { Err(Invalid::Ahead) } else { Ok(self) }
    }

    /// The event under `id`, with its body rendered; `now` stands in for a timestamp the emitter did not give.
    pub fn into_event(self, id: EventId, now: Timestamp) -> Event {
        let timestamp = self.timestamp.unwrap_or(now);
        let body = self.render(&id, timestamp);
        Event { id, event_type: self.event_type, resource: self.resource, timestamp, body }
    }

    /// The body of this draft under that id and time: the wire form, keys in their fixed order.
    ///
    /// `retryCount` and `status` are constants, because the bytes must not change between attempts.
    pub fn render(&self, id: &EventId, timestamp: Timestamp) -> Bytes {
        let mut body = Vec::with_capacity(self.data.len() + self.resource.id.len() + 256);
        let mut field = |key: &str, value: &str| {
            body.extend_from_slice(key.as_bytes());
            serde_json::to_writer(&mut body, value).expect("text always serialises into memory");
        };
        field("{\"id\":", id.as_str());
        field(",\"type\":", &self.event_type);
        field(",\"resourceId\":", &self.resource.id);
        field(",\"resourceType\":", &self.resource.kind);
        body.extend_from_slice(b",\"data\":");
        body.extend_from_slice(self.data.as_bytes());
        body.extend_from_slice(b",\"timestamp\":\"");
        body.extend_from_slice(timestamp.to_string().as_bytes());
        body.extend_from_slice(b"\",\"retryCount\":0,\"status\":\"pending\"}");
        body.into()
    }
}

/// An event as it is stored.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its name, unique in a queue.
    pub id: EventId,
    /// A known or custom type.
    pub event_type: String,
    /// What it is about.
    pub resource: Resource,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The bytes that are signed and sent.
    pub body: Bytes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    id: Option<String>,
    #[serde(rename = "type")]
    event_type: String,
    #[serde(rename = "resourceId")]
    resource_id: String,
    #[serde(rename = "resourceType")]
    resource_type: Option<String>,
    #[serde(borrow)]
    data: &'a RawValue,
    timestamp: Option<String>,
    #[serde(rename = "retryCount")]
    _retry_count: Option<de::IgnoredAny>,
    #[serde(rename = "status")]
    _status: Option<de::IgnoredAny>,
}

/// The `data` member of a rendered body, byte for byte as it was given.
pub fn data_of(body: &[u8]) -> Option<&str> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        data: &'a RawValue,
    }
    serde_json::from_slice::<Body<'_>>(body).ok().map(|body| body.data.get())
}

/// The resource type of a known event type.
pub fn known_resource_type(event_type: &str) -> Option<&'static str> {
    CATALOGUE.iter().find(|(known, _)| *known == event_type).map(|(_, resource)| *resource)
}

fn resource_type_of(event_type: &str, given: Option<&str>) -> Result<String, Invalid> {
    match (known_resource_type(event_type), given) {
        (Some(expected), Some(given)) if given != expected => {
            Err(Invalid::ResourceTypeWrong { event_type: event_type.to_owned(), expected, given: given.to_owned() })
        }
        (Some(expected), _) => Ok(expected.to_owned()),
        (None, _) if !is_custom_type(event_type) => Err(Invalid::Type),
        (None, None) => Err(Invalid::ResourceTypeMissing(event_type.to_owned())),
        (None, Some(given)) if is_resource_type(given) => Ok(given.to_owned()),
        (None, Some(_)) => Err(Invalid::ResourceType),
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
fn check_data(data: &[u8]) -> Result<&str, Invalid> {
    let text = std::str::from_utf8(data)
        .map_err(|e| Invalid::Data(format!("invalid UTF-8 at byte {}", e.valid_up_to() + 1)))?;
    let trimmed = text.trim_matches([' ', '\t', '\n', '\r']);
    if trimmed.len() > MAX_DATA_BYTES {
        return Err(Invalid::DataTooLong(trimmed.len()));
    }
    check_json(text).map_err(|e| Invalid::Data(e.to_string()))?;
    Ok(trimmed)
}

/// The type whose resource id says whose progress it is.
const PROGRESS: &str = "progress.updated";

/// Whether `data` names nobody else than the resource id `<userId>-<courseId>`. Names it lacks contradict nothing.
fn is_of_learner(resource_id: &str, data: &str) -> bool {
    let Ok(named) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(data) else { return true };
    let text = |name: &str| named.get(name).and_then(serde_json::Value::as_str);
    match (text("userId"), text("courseId")) {
        (Some(user), Some(course)) => resource_id == format!("{user}-{course}"),
        (Some(user), None) => resource_id.strip_prefix(user).is_some_and(|rest| rest.starts_with('-')),
        (None, Some(course)) => resource_id.strip_suffix(course).is_some_and(|rest| rest.ends_with('-')),
        (None, None) => true,
    }
}

/// Checks JSON as strictly as building it would (depth, numbers, surrogates), without building it.
pub fn check_json(text: &str) -> Result<(), serde_json::Error> {
    let mut parser = serde_json::Deserializer::from_str(text);
    Strict.deserialize(&mut parser)?;
    parser.end()
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
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
        while items.next_element_seed(Strict)?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_key_seed(Strict)?.is_some() {
            members.next_value_seed(Strict)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_706_702_400_000;

    fn draft(event_type: &str, data: &str) -> Draft {
        Draft::check(event_type, "r-1", None, data.as_bytes()).expect("a good draft")
    }

    #[test]
    fn progress_names_nobody_else_than_its_resource_id() {
        let right = |id: &str, data: &str| Draft::check("progress.updated", id, None, data.as_bytes()).is_ok();
        for data in [r#"{"userId":"a-b","courseId":"c"}"#, r#"{"userId":"a","courseId":"b-c"}"#] {
            assert!(right("a-b-c", data), "either learner may be meant: {data}");
        }
        for data in [r#"{"userId":"a"}"#, r#"{"courseId":"b-c"}"#, "{}", r#"{"userId":1}"#] {
            assert!(right("a-b-c", data), "{data}");
        }
        for data in
            [r#"{"userId":"a","courseId":"c"}"#, r#"{"userId":"a-"}"#, r#"{"userId":"b"}"#, r#"{"courseId":"b"}"#]
        {
            assert_eq!(Draft::check("progress.updated", "a-b-c", None, data.as_bytes()).err(), Some(Invalid::Learner));
        }
    }

    #[test]
    fn the_body_has_the_wire_form_and_keeps_data_byte_for_byte() {
        let event = draft("enrollment.created", " {\"a\": 1.0,\n \"b\":1e2}\n")
            .into_event(EventId::parse("evt_1").expect("a good id"), Timestamp::from_millis(NOON));
        assert_eq!(
            std::str::from_utf8(&event.body).expect("text"),
            "{\"id\":\"evt_1\",\"type\":\"enrollment.created\",\"resourceId\":\"r-1\",\"resourceType\":\"enrollment\",\
             \"data\":{\"a\": 1.0,\n \"b\":1e2},\"timestamp\":\"2024-01-31T12:00:00.000Z\",\"retryCount\":0,\"status\":\"pending\"}"
        );
        assert_eq!(data_of(&event.body), Some("{\"a\": 1.0,\n \"b\":1e2}"));
    }

    #[test]
    fn every_type_of_the_catalogue_brings_its_resource_type() {
        for (event_type, resource) in CATALOGUE {
            assert_eq!(draft(event_type, "{}").resource.kind, *resource);
            assert!(matches!(
                Draft::check(event_type, "r", Some("other"), b"{}"),
                Err(Invalid::ResourceTypeWrong { .. })
            ));
        }
    }

    #[test]
    fn custom_types_need_their_form_and_a_resource_type() {
        assert!(Draft::check("course.v2.archived", "c", Some("course"), b"{}").is_ok());
        assert!(matches!(Draft::check("course.archived", "c", None, b"{}"), Err(Invalid::ResourceTypeMissing(_))));
        for wrong in ["course", "Course.x", ".x", "x.", "a..b", "1a.b", "a.B", "a b.c", "a.b\n", ""] {
            assert_eq!(Draft::check(wrong, "c", Some("course"), b"{}").err(), Some(Invalid::Type), "{wrong:?}");
        }
    }

    #[test]
    fn ids_and_limits_hold_at_the_edge() {
        assert!(EventId::parse(&"a".repeat(128)).is_ok());
        for wrong in [String::new(), "a".repeat(129), "a b".into(), "a.b".into(), "ä".into(), "a\n".into()] {
            assert_eq!(EventId::parse(&wrong), Err(Invalid::Id), "{wrong:?}");
        }
        assert!(Draft::check("user.created", &"x".repeat(256), None, b"{}").is_ok());
        assert_eq!(Draft::check("user.created", &"x".repeat(257), None, b"{}").err(), Some(Invalid::ResourceId));
        let fits = format!("{{\"x\":\"{}\"}}", "x".repeat(MAX_DATA_BYTES - 8));
        assert!(Draft::check("user.created", "u", None, format!("  {fits}\n").as_bytes()).is_ok());
        let over = format!("{{\"x\":\"{}\"}}", "x".repeat(MAX_DATA_BYTES - 7));
        assert_eq!(
            Draft::check("user.created", "u", None, over.as_bytes()).err(),
            Some(Invalid::DataTooLong(MAX_DATA_BYTES + 1))
        );
    }

    #[test]
    fn data_is_refused_when_building_it_would_fail() {
        let deep = "[".repeat(200_000);
        for wrong in ["", "{", "1e400", "\"\\ud800\"", "{} {}", "\u{feff}{}", "nul", "01", deep.as_str()] {
            assert!(matches!(Draft::check("user.created", "u", None, wrong.as_bytes()), Err(Invalid::Data(_))));
        }
        assert!(matches!(Draft::check("user.created", "u", None, b"\"\xff\""), Err(Invalid::Data(_))));
        assert!(Draft::check("user.created", "u", None, br#"{"n":123456789012345678901234567890}"#).is_ok());
        assert_eq!(Draft::check("user.created", "u", None, b"[1]").err(), Some(Invalid::NotAnObject));
    }

    #[test]
    fn a_sent_body_can_be_a_batch_line_again_but_unknown_and_repeated_keys_cannot() {
        let id = EventId::parse("evt_1").expect("a good id");
        let event = draft("user.created", "{\"a\": 1.0}").into_event(id.clone(), Timestamp::from_millis(NOON));
        let again = Draft::from_line(&event.body).expect("its own body");
        assert_eq!(again.clone().into_event(id, Timestamp::default()).body, event.body);
        for wrong in [
            "{\"type\":\"user.created\",\"resourceId\":\"u\",\"data\":{},\"extra\":1}",
            "{\"type\":\"user.created\",\"type\":\"user.updated\",\"resourceId\":\"u\",\"data\":{}}",
            "{\"type\":\"user.created\",\"resourceId\":\"u\"}",
            "[]",
        ] {
            assert!(matches!(Draft::from_line(wrong.as_bytes()), Err(Invalid::Shape(_))), "{wrong}");
        }
    }

    #[test]
    fn generated_ids_increase_even_when_the_clock_stands_or_falls() {
        let ids = IdSource::new();
        let mut last = ids.next(Timestamp::from_millis(NOON));
        for step in 0..2_000 {
            let next = ids.next(Timestamp::from_millis(NOON - step % 7));
            assert!(next > last, "{next} after {last}");
            last = next;
        }
        assert!(last.as_str().starts_with("evt_"));
    }
}
