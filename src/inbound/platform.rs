//! The platform's own events: their routes, envelope and rules.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::WebhookRefusal;
use crate::clock::Timestamp;
use crate::event::{Draft, EventId, InvalidDraft, known_resource_type};
use crate::record::RecordKind;

/// The event types that one of the platform's routes accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptedTypes {
    /// `enrollment.*`.
    Enrollments,
    /// `profile.updated` and `user.*`.
    Profiles,
    /// `progress.*`.
    Progress,
    /// Every known type.
    Everything,
}

impl AcceptedTypes {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Enrollments, Self::Profiles, Self::Progress, Self::Everything];

    /// The path of its route.
    pub fn route(self) -> &'static str {
        match self {
            Self::Enrollments => "/api/webhooks/enrollment-changed",
            Self::Profiles => "/api/webhooks/profile-updated",
            Self::Progress => "/api/webhooks/progress-updated",
            Self::Everything => "/api/webhooks/sync",
        }
    }

    pub(super) fn takes(self, event_type: &str) -> bool {
        match self {
            Self::Enrollments => event_type.starts_with("enrollment."),
            Self::Profiles => event_type.starts_with("profile.") || event_type.starts_with("user."),
            Self::Progress => event_type.starts_with("progress."),
            Self::Everything => true,
        }
    }
}

/// Which ids a platform route accepts for events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdRule {
    /// That of Standard Webhooks.
    Standard,
    /// That of the original, whose ids are `type-resourceId-milliseconds`.
    Original,
}

impl IdRule {
    fn read(self, id: &str) -> Result<EventId, InvalidDraft> {
        match self {
            Self::Standard => EventId::parse(id),
            Self::Original => EventId::parse_original(id),
        }
    }
}

/// The members of a webhook's body, not yet read. A duplicate member is refused; unknown ones are ignored.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventBody<'a> {
    #[serde(borrow)]
    pub(super) id: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    pub(super) event_type: Option<&'a RawValue>,
    #[serde(borrow)]
    resource_id: Option<&'a RawValue>,
    #[serde(borrow)]
    resource_type: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "keep_null")]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
}

/// Distinguishes `null` from a missing member.
fn keep_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// What one of the platform's routes requires of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct RouteRules {
    pub(super) ids: IdRule,
    pub(super) requires_timestamp: bool,
    /// Whether custom types are accepted.
    pub(super) custom_types: bool,
}

impl<'a> EventBody<'a> {
    pub(super) fn read(body: &'a Bytes) -> Result<Self, WebhookRefusal> {
        serde_json::from_slice(body).map_err(|e| WebhookRefusal::field("body", format!("is not an event: {e}")))
    }

    /// Whether the body of a named source is an event in the platform's form.
    pub(super) fn is_of_platform(&self) -> bool {
        self.id.is_some() && self.event_type.is_some() && self.resource_id.is_some()
    }

    /// The event; an error names every wrong field at once.
    pub(super) fn draft(&self, rules: RouteRules) -> Result<Draft, WebhookRefusal> {
        let mut wrong = Vec::new();
        let id = text("id", self.id, &mut wrong);
        let event_type = text("type", self.event_type, &mut wrong);
        let resource_id = text("resourceId", self.resource_id, &mut wrong);
        let resource_type = self.resource_type.and_then(|raw| text("resourceType", Some(raw), &mut wrong));
        let timestamp = match self.timestamp {
            None if rules.requires_timestamp => text("timestamp", None, &mut wrong),
            given => given.and_then(|raw| text("timestamp", Some(raw), &mut wrong)),
        };
        let deletes = event_type.as_deref().is_some_and(|name| name.ends_with(".deleted"));
        let data = self.data.map_or(if deletes { "null" } else { "" }, RawValue::get);
        if data.is_empty() {
            wrong.push(("data".into(), "is missing".to_owned()));
        }
        let (Some(id), Some(event_type), Some(resource_id), true) = (id, event_type, resource_id, wrong.is_empty())
        else {
            return Err(WebhookRefusal::Invalid(wrong));
        };
        if !rules.custom_types && known_resource_type(&event_type).is_none() {
            return Err(WebhookRefusal::field("type", "is not a type of the platform; custom types are not received"));
        }
        let mut draft = Draft::check(&event_type, &resource_id, resource_type.as_deref(), data.as_bytes())
            .map_err(|e| WebhookRefusal::field(field_of(&e), e.to_string()))?;
        check_fields(&draft)?;
        draft.id = Some(rules.ids.read(&id).map_err(|e| WebhookRefusal::field("id", e.to_string()))?);
        draft.timestamp = timestamp.as_deref().map(moment).transpose()?;
        Ok(draft)
    }
}

/// Checks the fields of a record by the same table as changes over the API.
fn check_fields(draft: &Draft) -> Result<(), WebhookRefusal> {
    let Some(kind) = RecordKind::of_event(&draft.event_type).filter(|_| !draft.event_type.ends_with(".deleted")) else {
        return Ok(());
    };
    let wrong = kind.violations(&draft.data);
    let wrong: Vec<_> =
        wrong.into_iter().map(|(name, rule)| (format!("data.{name}").into(), rule.to_owned())).collect();
    if wrong.is_empty() { Ok(()) } else { Err(WebhookRefusal::Invalid(wrong)) }
}

fn text(name: &'static str, raw: Option<&RawValue>, wrong: &mut super::WrongFields) -> Option<String> {
    let Some(raw) = raw else {
        wrong.push((name.into(), "is missing".to_owned()));
        return None;
    };
    let read = serde_json::from_str(raw.get());
    if read.is_err() {
        wrong.push((name.into(), "must be text".to_owned()));
    }
    read.ok()
}

fn moment(text: &str) -> Result<Timestamp, WebhookRefusal> {
    Timestamp::parse(text).ok_or_else(|| WebhookRefusal::field("timestamp", InvalidDraft::Timestamp.to_string()))
}

/// The member of an event that a rule is about.
pub fn field_of(invalid: &InvalidDraft) -> &'static str {
    match invalid {
        InvalidDraft::Id | InvalidDraft::OriginalId => "id",
        InvalidDraft::Type => "type",
        InvalidDraft::ResourceTypeMissing(_) | InvalidDraft::ResourceTypeWrong { .. } | InvalidDraft::ResourceType => {
            "resourceType"
        }
        InvalidDraft::ResourceId => "resourceId",
        InvalidDraft::DataTooLong(_) | InvalidDraft::Data(_) | InvalidDraft::NotAnObject | InvalidDraft::Learner => {
            "data"
        }
        InvalidDraft::Timestamp | InvalidDraft::Ahead => "timestamp",
        InvalidDraft::Shape(_) => "body",
    }
}
