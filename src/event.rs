//! Events: what happened to a resource, checked once and rendered once.
//!
//! The rendered body is what is stored, signed and sent, unchanged, on every attempt and replay.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize, de};
use serde_json::value::RawValue;
use uuid::{ContextV7, Uuid};

use crate::clock::Timestamp;

#[cfg(test)]
mod tests;
mod traceparent;
mod validation;

use validation::{PROGRESS, check_data, is_of_learner, resource_type_of};

pub use traceparent::{InvalidTraceparent, Traceparent};
pub use validation::{
    InvalidDraft, MAX_DATA_BYTES, MAX_ID_CHARS, MAX_ORIGINAL_ID_CHARS, MAX_RESOURCE_ID_BYTES, MAX_TYPE_BYTES,
    check_json, is_resource_id,
};

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

/// The resource type of a known event type.
pub fn known_resource_type(event_type: &str) -> Option<&'static str> {
    CATALOGUE.iter().find(|(known, _)| *known == event_type).map(|(_, resource)| *resource)
}

/// An event's id: `evt_` and a UUIDv7 unless the emitter chose one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(String);

impl EventId {
    /// Checks a given id against `^[A-Za-z0-9_:-]{1,128}$`.
    pub fn parse(text: &str) -> Result<Self, InvalidDraft> {
        let right = (1..=MAX_ID_CHARS).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'-'));
        if right { Ok(Self(text.to_owned())) } else { Err(InvalidDraft::Id) }
    }

    /// Checks an id of a webhook with the original's signature, where ids are `type-resourceId-milliseconds`: any printable
    /// text of at most [`MAX_ORIGINAL_ID_CHARS`] characters, because a resource id may hold spaces, `|`, `@` and letters of any
    /// script. The signed content does not join the id to other parts there, so no character is ambiguous.
    pub fn parse_original(text: &str) -> Result<Self, InvalidDraft> {
        let right = (1..=MAX_ORIGINAL_ID_CHARS).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if right { Ok(Self(text.to_owned())) } else { Err(InvalidDraft::OriginalId) }
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

/// Makes event ids that increase within this process, even if the clock does not.
#[derive(Debug, Default)]
pub struct IdSource(Mutex<ContextV7>);

impl IdSource {
    /// A new generator.
    pub fn new() -> Self {
        Self(Mutex::new(ContextV7::new()))
    }

    /// The next id, with the time `now` in it.
    pub fn next(&self, now: Timestamp) -> EventId {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        let nanos = u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000;
        let context = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = Uuid::new_v7(uuid::Timestamp::from_unix(&*context, millis / 1000, nanos));
        EventId(format!("evt_{}", id.simple()))
    }
}

/// The resource that an event is about: deliveries of one resource are sent in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resource {
    /// `enrollment`, `user`, `progress`, or a custom one.
    pub kind: String,
    /// Any UTF-8 text up to 256 bytes.
    pub id: String,
}

/// An event before it is emitted, with every part checked.
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
    /// Its place in a trace, if the emitter said so.
    pub traceparent: Option<Traceparent>,
    /// When it is queued for its endpoints.
    pub dispatch: Dispatch,
    /// The event whose data was edited to make it.
    pub edited_from: Option<EventId>,
}

/// When an event is queued for its endpoints: at once, at a later time, or never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dispatch {
    /// At once.
    #[default]
    Now,
    /// At this time, which is also its timestamp unless the emitter set one.
    At(Timestamp),
    /// Never: it is stored as history, and changes no record.
    Never,
}

impl Dispatch {
    /// Whether an event gets its deliveries, and changes its record, when it is emitted.
    pub fn is_now(self, now: Timestamp) -> bool {
        self != Self::Never && self.later_than(now).is_none()
    }

    /// The time of dispatch, if it is in the future.
    pub fn later_than(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at).filter(|at| *at > now),
            Self::Now | Self::Never => None,
        }
    }
}

impl Draft {
    /// Checks the parts of an event.
    ///
    /// A known type has its own resource type and, unless it deletes, needs an object as `data`, because its receivers expect one;
    /// a custom type needs `resource_type`. `data` is kept byte for byte, without outer white space.
    pub fn check(
        event_type: &str,
        resource_id: &str,
        resource_type: Option<&str>,
        data: &[u8],
    ) -> Result<Self, InvalidDraft> {
        let kind = resource_type_of(event_type, resource_type)?;
        if !is_resource_id(resource_id) {
            return Err(InvalidDraft::ResourceId);
        }
        let data = check_data(data)?;
        if known_resource_type(event_type).is_some() && !event_type.ends_with(".deleted") && !data.starts_with('{') {
            return Err(InvalidDraft::NotAnObject);
        }
        if event_type == PROGRESS && !is_of_learner(resource_id, data) {
            return Err(InvalidDraft::Learner);
        }
        Ok(Self {
            id: None,
            event_type: event_type.to_owned(),
            resource: Resource { kind, id: resource_id.to_owned() },
            data: data.to_owned(),
            timestamp: None,
            traceparent: None,
            dispatch: Dispatch::Now,
            edited_from: None,
        })
    }

    /// Reads one line of a batch: `type`, `resourceId`, `data`, and maybe `id`, `resourceType`, `timestamp`.
    ///
    /// `retryCount` and `status` are ignored, so that a body once sent can be emitted again; other keys and repeated
    /// keys are refused.
    pub fn from_line(line: &[u8]) -> Result<Self, InvalidDraft> {
        let line: BatchLine<'_> = serde_json::from_slice(line).map_err(|e| InvalidDraft::Shape(e.to_string()))?;
        let mut draft = Self::check(
            &line.event_type,
            &line.resource_id,
            line.resource_type.as_deref(),
            line.data.get().as_bytes(),
        )?;
        draft.id = line.id.as_deref().map(EventId::parse).transpose()?;
        draft.timestamp =
            line.timestamp.as_deref().map(|t| Timestamp::parse(t).ok_or(InvalidDraft::Timestamp)).transpose()?;
        Ok(draft)
    }

    /// Whether its timestamp is too far ahead for receivers of a known type. Custom types have no limit.
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        let sent_at = self.dispatch.later_than(now).unwrap_or(now);
        self.dispatch != Dispatch::Never
            && known_resource_type(&self.event_type).is_some()
            && self.timestamp.is_some_and(|at| at > sent_at.plus(FARTHEST_AHEAD))
    }

    /// The draft again, unless it [is ahead](Self::is_ahead).
    pub fn within_reach(self, now: Timestamp) -> Result<Self, InvalidDraft> {
        if self.is_ahead(now) { Err(InvalidDraft::Ahead) } else { Ok(self) }
    }

    /// The event that this draft becomes, with that id and, unless it brings its own, that time.
    pub fn to_event(&self, id: EventId, now: Timestamp) -> Event {
        let timestamp = self.timestamp.unwrap_or(now);
        let body = self.render(&id, timestamp);
        let Self { event_type, resource, traceparent, .. } = self;
        Event {
            id,
            event_type: event_type.clone(),
            resource: resource.clone(),
            timestamp,
            traceparent: traceparent.clone(),
            body,
        }
    }

    /// The body of this draft with that id and timestamp.
    pub fn render(&self, id: &EventId, timestamp: Timestamp) -> Bytes {
        render((id, &self.event_type, &self.resource), &self.data, timestamp)
    }
}

/// The wire form, keys in their fixed order.
///
/// `retryCount` and `status` are constants, because the bytes must not change between attempts.
fn render((id, event_type, resource): (&EventId, &str, &Resource), data: &str, timestamp: Timestamp) -> Bytes {
    let mut body = Vec::with_capacity(data.len() + resource.id.len() + 256);
    let mut field = |key: &str, value: &str| {
        body.extend_from_slice(key.as_bytes());
        serde_json::to_writer(&mut body, value).expect("text always serialises into memory");
    };
    field("{\"id\":", id.as_str());
    field(",\"type\":", event_type);
    field(",\"resourceId\":", &resource.id);
    field(",\"resourceType\":", &resource.kind);
    body.extend_from_slice(b",\"data\":");
    body.extend_from_slice(data.as_bytes());
    body.extend_from_slice(b",\"timestamp\":\"");
    body.extend_from_slice(timestamp.to_string().as_bytes());
    body.extend_from_slice(b"\",\"retryCount\":0,\"status\":\"pending\"}");
    body.into()
}

/// An event as it is stored.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id, unique in a queue.
    pub id: EventId,
    /// A known or custom type.
    pub event_type: String,
    /// What it is about.
    pub resource: Resource,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Its place in a trace.
    pub traceparent: Option<Traceparent>,
    /// The bytes that are signed and sent.
    pub body: Bytes,
}

impl Event {
    /// Whether it deletes its resource.
    pub fn deletes(&self) -> bool {
        self.event_type.ends_with(".deleted")
    }

    /// The body with other `data`: the whole record, for endpoints that ask for it.
    pub fn body_with(&self, data: &str) -> Bytes {
        render((&self.id, &self.event_type, &self.resource), data, self.timestamp)
    }
}

/// A line of JSON that describes an event, as `emit --batch` reads it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchLine<'a> {
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
    /// The `data` of an event, read out of its JSON body without the rest.
    #[derive(Deserialize)]
    struct DataMember<'a> {
        #[serde(borrow)]
        data: &'a RawValue,
    }
    serde_json::from_slice::<DataMember<'_>>(body).ok().map(|body| body.data.get())
}
