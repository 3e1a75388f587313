//! The known fields of records: one table for validation, the OpenAPI document and reports.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::RecordKind;
use crate::clock::Timestamp;

/// The longest name, in characters.
pub const MAX_NAME_CHARS: usize = 256;
/// The longest text of a field, in characters.
pub const MAX_TEXT_CHARS: usize = 2_000;
/// The longest email address, in bytes.
pub const MAX_EMAIL_BYTES: usize = 254;

/// The rule for the value of a field; all but `Name` also allow null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldRule {
    /// The id of a user or course.
    Name,
    /// Text.
    Text,
    /// An email address.
    Email,
    /// An RFC 3339 time.
    Time,
    /// A number from 0 to 100.
    Percentage,
    /// A boolean or an RFC 3339 time.
    BooleanOrTime,
    /// An object.
    Object,
}

const ENROLLMENT: &[(&str, FieldRule)] = &[
    ("userId", FieldRule::Name),
    ("courseId", FieldRule::Name),
    ("enrolledAt", FieldRule::Time),
    ("lastAccessedAt", FieldRule::Time),
    ("completionPercentage", FieldRule::Percentage),
    ("status", FieldRule::Text),
    ("source", FieldRule::Text),
    ("purchaseId", FieldRule::Text),
];

const USER: &[(&str, FieldRule)] = &[
    ("email", FieldRule::Email),
    ("name", FieldRule::Text),
    ("image", FieldRule::Text),
    ("emailVerified", FieldRule::BooleanOrTime),
    ("role", FieldRule::Text),
    ("lastLoginAt", FieldRule::Time),
    ("profile", FieldRule::Object),
];

const PROGRESS: &[(&str, FieldRule)] =
    &[("userId", FieldRule::Name), ("courseId", FieldRule::Name), ("timestamp", FieldRule::Time)];

impl RecordKind {
    /// The known fields of this kind. A record may hold others, which are kept as they are.
    pub fn fields(self) -> &'static [(&'static str, FieldRule)] {
        match self {
            Self::Enrollment => ENROLLMENT,
            Self::User => USER,
            Self::Progress => PROGRESS,
        }
    }

    /// The known fields in `data` that break their rules, each with its rule in words. Others are kept as they are.
    pub fn violations(self, data: &str) -> Vec<(&'static str, &'static str)> {
        let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(data) else { return Vec::new() };
        self.violations_in(|name| members.get(name).map(|raw| raw.get()))
    }

    /// The same, where `member` knows the JSON of each field.
    pub fn violations_in<'a>(self, member: impl Fn(&str) -> Option<&'a str>) -> Vec<(&'static str, &'static str)> {
        let violation = |(name, rule): &(&'static str, FieldRule)| {
            let value: Value = serde_json::from_str(member(name)?).ok()?;
            Some((*name, rule.violation(&value)?))
        };
        self.fields().iter().filter_map(violation).collect()
    }
}

/// The defaults of required fields in a whole record. The original refuses enrollments and users without them.
pub(super) fn defaults(kind: RecordKind, first_at: Timestamp) -> Vec<(&'static str, Value)> {
    match kind {
        RecordKind::Enrollment => vec![
            ("enrolledAt", first_at.to_string().into()),
            ("status", "ACTIVE".into()),
            ("completionPercentage", 0.into()),
            ("source", "sync".into()),
        ],
        RecordKind::User => vec![("role", "STUDENT".into())],
        RecordKind::Progress => Vec::new(),
    }
}

impl FieldRule {
    /// The rule that `value` breaks, in words, if it does.
    pub fn violation(self, value: &Value) -> Option<&'static str> {
        let text = value.as_str();
        let is_time = || text.is_some_and(|text| Timestamp::parse(text).is_some());
        let (holds, rule) = match self {
            Self::Name => (
                text.is_some_and(|text| (1..=MAX_NAME_CHARS).contains(&text.chars().count())),
                "must be text of 1 to 256 characters",
            ),
            _ if value.is_null() => (true, ""),
            Self::Text => (
                text.is_some_and(|text| text.chars().count() <= MAX_TEXT_CHARS),
                "must be text of at most 2000 characters",
            ),
            Self::Email => (text.is_some_and(is_email), "must be an email address"),
            Self::Time => (is_time(), "must be an RFC 3339 time"),
            Self::Percentage => {
                (value.as_f64().is_some_and(|n| (0.0..=100.0).contains(&n)), "must be a number from 0 to 100")
            }
            Self::BooleanOrTime => (value.is_boolean() || is_time(), "must be true, false or an RFC 3339 time"),
            Self::Object => (value.is_object(), "must be an object"),
        };
        (!holds).then_some(rule)
    }
}

fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    text.len() <= MAX_EMAIL_BYTES
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
}
