//! Conditions of an endpoint on the content of events.
//!
//! A condition is a path, an operator and a value: `data.status = active`, `data.progress >= 50`, `type in user.created|user.updated`,
//! `data.email exists`. There is deliberately no larger language: the receiver can filter further.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The JSON of an event against which the conditions of endpoints are tested; parsed when the first of them needs it.
#[derive(Debug)]
pub struct EventJson<'a> {
    bytes: &'a [u8],
    parsed: Option<Value>,
}

impl<'a> EventJson<'a> {
    /// The JSON in the body of a delivery.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, parsed: None }
    }

    /// The parsed JSON; null if the bytes are not JSON, so that only `!=` conditions hold.
    pub(super) fn value(&mut self) -> &Value {
        self.parsed.get_or_insert_with(|| serde_json::from_slice(self.bytes).unwrap_or_default())
    }
}

/// One condition on an event's JSON, such as `data.status = active`: an endpoint receives only events that meet all of
/// its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventCondition {
    path: Vec<String>,
    predicate: Predicate,
}

/// What an endpoint's condition requires of the value at its path: that it exists, is in a list, or compares with
/// another.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Predicate {
    Exists,
    In(Vec<Value>),
    Compare(Operator, Value),
}

/// A comparison operator of an endpoint's condition, such as `>=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Operator {
    /// Longer operators first, so that `<` is not found in `<=`.
    const ALL: [(&'static str, Self); 6] = [
        ("!=", Self::NotEqual),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("=", Self::Equal),
        ("<", Self::Less),
        (">", Self::Greater),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, operator)| *operator == self).map_or("=", |(name, _)| name)
    }

    /// Whether the comparison holds. A missing value, or one of another type, is only unequal.
    fn holds(self, found: Option<&Value>, wanted: &Value) -> bool {
        let order = found.and_then(|found| compare(found, wanted));
        match self {
            Self::Equal => found.is_some_and(|found| is_equal(found, wanted)),
            Self::NotEqual => !found.is_some_and(|found| is_equal(found, wanted)),
            Self::Less => order == Some(Ordering::Less),
            Self::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => order == Some(Ordering::Greater),
            Self::AtLeast => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

impl EventCondition {
    /// Reads a condition.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not a condition such as `data.status = active`, `data.email exists` or `data.kind in a|b`"
            )
        };
        if let Some(path) = text.trim().strip_suffix(" exists") {
            return Ok(Self { path: path_of(path).ok_or_else(wrong)?, predicate: Predicate::Exists });
        }
        if let Some((path, values)) = text.split_once(" in ") {
            let values: Vec<Value> = values.split('|').map(value_of).collect();
            return Ok(Self { path: path_of(path).ok_or_else(wrong)?, predicate: Predicate::In(values) });
        }
        let at = text.find(['=', '!', '<', '>']).ok_or_else(wrong)?;
        let (path, rest) = text.split_at(at);
        let (name, operator) = *Operator::ALL.iter().find(|(name, _)| rest.starts_with(name)).ok_or_else(wrong)?;
        let value = rest[name.len()..].trim();
        if value.is_empty() || value.starts_with(['=', '<', '>', '!']) {
            return Err(wrong());
        }
        Ok(Self { path: path_of(path).ok_or_else(wrong)?, predicate: Predicate::Compare(operator, value_of(value)) })
    }

    /// Whether the condition holds for an event, given as the JSON that is sent.
    pub fn holds(&self, event: &Value) -> bool {
        let found = self.path.iter().try_fold(event, |value, key| match value {
            Value::Object(map) => map.get(key),
            Value::Array(items) => items.get(key.parse::<usize>().ok()?),
            _ => None,
        });
        match &self.predicate {
            Predicate::Exists => found.is_some_and(|found| !found.is_null()),
            Predicate::In(values) => found.is_some_and(|found| values.iter().any(|value| is_equal(found, value))),
            Predicate::Compare(operator, wanted) => operator.holds(found, wanted),
        }
    }
}

/// The keys of a path; the first one is a field of an event.
fn path_of(text: &str) -> Option<Vec<String>> {
    let keys: Vec<String> = text.trim().split('.').map(str::to_owned).collect();
    let is_key = |key: &String| !key.is_empty() && !key.contains(char::is_whitespace);
    let is_field = matches!(keys[0].as_str(), "data" | "type" | "id" | "resourceId" | "resourceType" | "timestamp");
    (is_field && keys.iter().all(is_key)).then_some(keys)
}

/// A value: JSON if it is a number, `true`, `false`, `null` or a quoted string, else plain text.
fn value_of(text: &str) -> Value {
    let text = text.trim();
    match serde_json::from_str(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::Null | Value::String(_))) => value,
        _ => Value::String(text.to_owned()),
    }
}

fn is_equal(a: &Value, b: &Value) -> bool {
    compare(a, b).map_or(a == b, Ordering::is_eq)
}

/// The order of two numbers or of two texts.
fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

impl fmt::Display for EventCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.join(".");
        // A text that would be read as another value keeps its quotes.
        let shown = |value: &Value| match value {
            Value::String(text) if value_of(text) == *value => text.clone(),
            _ => value.to_string(),
        };
        match &self.predicate {
            Predicate::Exists => write!(f, "{path} exists"),
            Predicate::In(values) => write!(f, "{path} in {}", values.iter().map(shown).collect::<Vec<_>>().join("|")),
            Predicate::Compare(operator, value) => write!(f, "{path} {} {}", operator.name(), shown(value)),
        }
    }
}

impl TryFrom<String> for EventCondition {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<EventCondition> for String {
    fn from(condition: EventCondition) -> Self {
        condition.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_hold_of_what_they_say() {
        let event = serde_json::json!({
            "type": "enrollment.updated", "resourceId": "e1",
            "data": {"status": "active", "progress": 50, "share": 0.5, "email": null, "tags": ["a", "b"], "deep": {"n": "50"}}
        });
        for (condition, expected) in [
            ("data.status = active", true),
            ("data.status=active", true),
            ("data.status != active", false),
            ("data.status = \"active\"", true),
            ("data.progress >= 50", true),
            ("data.progress > 50", false),
            ("data.progress <= 50.0", true),
            ("data.progress = 50.0", true),
            ("data.progress < 51", true),
            ("data.share > 0.4", true),
            ("data.status exists", true),
            ("data.email exists", false),
            ("data.email = null", true),
            ("data.missing exists", false),
            ("data.missing = 1", false),
            ("data.missing != 1", true),
            ("data.missing < 1", false),
            ("data.tags.1 = b", true),
            ("data.tags.7 exists", false),
            ("data.deep.n = 50", false),
            ("data.deep.n = \"50\"", true),
            ("data.deep.n > 4", false),
            ("data.status in paused|active", true),
            ("data.progress in 1|50", true),
            ("data.status in paused", false),
            ("type = enrollment.updated", true),
            ("resourceId < e2", true),
        ] {
            let parsed = EventCondition::parse(condition).expect(condition);
            assert_eq!(parsed.holds(&event), expected, "{condition}");
            assert_eq!(EventCondition::parse(&parsed.to_string()), Ok(parsed), "{condition} is written as it is read");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for wrong in [
            "",
            "data",
            "data.a",
            "data.a =",
            "data.a == 1",
            "a = 1",
            "data..b = 1",
            "= 1",
            "data.a ~ 1",
            "data. = 1",
            "data.a <> 1",
        ] {
            assert!(EventCondition::parse(wrong).is_err(), "{wrong}");
        }
    }
}
