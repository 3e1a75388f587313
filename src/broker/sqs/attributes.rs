//! Message attributes of SQS: which of an event's names and headers a message carries, and their conversion back to headers.

use ::http::{HeaderMap, HeaderName, HeaderValue};
use md5::{Digest as _, Md5};
use serde_json::{Map, Value, json};

use super::super::Message;

/// The most attributes that a message may have.
const MAX_ATTRIBUTES: usize = 10;
/// Attributes besides those that carry headers.
const NAMES: [&str; 3] = ["type", "resourceType", "resourceId"];
/// The headers of signatures, by which a message is verified; the first is the id.
const SIGNED: [&str; 4] = ["webhook-id", "webhook-timestamp", "webhook-signature", "x-webhook-signature"];
/// Headers that fill the remaining attributes, the most useful first.
const LESS: [&str; 3] = ["traceparent", "x-sync-attempt", "x-sync-trigger"];
/// Headers that repeat other attributes, or that no consumer needs.
const LEFT_OUT: [&str; 4] = ["content-type", "user-agent", "x-sync-event-id", "x-sync-event-type"];

/// The attributes of a message, sorted by name.
#[derive(Debug, Default)]
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// The attributes of an event: what consumers expect, the signatures, the operator's own headers, and as many others as fit.
    pub(super) fn of(message: &Message) -> Self {
        let names = NAMES.into_iter().zip([&message.event_type, &message.resource_type, &message.resource_id]);
        let mut all: Vec<(String, String)> = names.map(|(name, value)| (name.to_owned(), value.clone())).collect();
        let known = |name: &str| SIGNED.contains(&name) || LESS.contains(&name) || LEFT_OUT.contains(&name);
        let own = message.headers.keys().map(HeaderName::as_str).filter(|name| !known(name));
        for name in SIGNED.into_iter().chain(own).chain(LESS) {
            let value = message.headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
            all.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        }
        // SQS accepts no empty values.
        all.retain(|(_, value)| !value.is_empty());
        all.truncate(MAX_ATTRIBUTES);
        all.sort();
        Self(all)
    }

    /// The text attributes of a received message.
    pub(super) fn received(message: &Value) -> Self {
        let all = message["MessageAttributes"].as_object();
        let text = |(name, value): (&String, &Value)| Some((name.clone(), value["StringValue"].as_str()?.to_owned()));
        let mut all: Vec<_> = all.into_iter().flatten().filter_map(text).collect();
        all.sort();
        Self(all)
    }

    /// Adds an attribute, replacing the least useful one if there is no room.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        while self.0.len() >= MAX_ATTRIBUTES {
            let least = LESS.iter().rev().find_map(|name| self.0.iter().position(|(known, _)| known == name));
            self.0.remove(least.unwrap_or(self.0.len() - 1));
        }
        self.0.push((name.to_owned(), value.to_owned()));
        self.0.sort();
    }

    /// The attributes as headers, without the names of the event.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in self.0.iter().filter(|(name, _)| !NAMES.contains(&name.as_str())) {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                headers.append(name, value);
            }
        }
        headers
    }

    /// The attributes as JSON for SQS.
    pub(super) fn json(&self) -> Map<String, Value> {
        let one =
            |(name, value): &(String, String)| (name.clone(), json!({ "DataType": "String", "StringValue": value }));
        self.0.iter().map(one).collect()
    }

    /// The number of bytes that they add to a message.
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + "String".len() + value.len()).sum()
    }

    /// The MD5 digest with which SQS confirms them.
    pub(super) fn md5(&self) -> String {
        let mut bytes = Vec::new();
        for (name, value) in &self.0 {
            add_text(&mut bytes, name);
            add_text(&mut bytes, "String");
            // The transport type of a text.
            bytes.push(1);
            add_text(&mut bytes, value);
        }
        hex::encode(Md5::digest(bytes))
    }
}

/// Adds a text, preceded by its length.
fn add_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(headers: &[(&'static str, &'static str)]) -> Message {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let text = |text: &str| text.to_owned();
        Message {
            id: text("e1"),
            event_type: text("user.updated"),
            resource_type: text("user"),
            resource_id: text("u-1"),
            headers: headers.collect(),
            body: "{}".into(),
        }
    }

    const SENT: [(&str, &str); 10] = [
        ("content-type", "application/json"),
        ("user-agent", "syncctl"),
        ("x-sync-event-id", "e1"),
        ("x-sync-event-type", "user.updated"),
        ("x-sync-attempt", "1"),
        ("x-sync-trigger", "initial"),
        ("x-webhook-signature", "ab"),
        ("webhook-id", "e1"),
        ("webhook-timestamp", "1"),
        ("webhook-signature", "v1,ab"),
    ];

    #[test]
    fn signatures_and_names_are_always_among_the_ten_and_own_headers_before_what_is_only_useful() {
        let plain = Attributes::of(&message(&SENT));
        assert_eq!(plain.json().len(), 9, "{plain:?}");
        let own = [("x-a", "1"), ("x-b", "2"), ("x-empty", ""), ("traceparent", "00-1")];
        let full = Attributes::of(&message(&[&SENT[..], &own].concat()));
        let names: Vec<_> = full.json().keys().cloned().collect();
        let wanted = [
            "resourceId",
            "resourceType",
            "traceparent",
            "type",
            "webhook-id",
            "webhook-signature",
            "webhook-timestamp",
            "x-a",
            "x-b",
            "x-webhook-signature",
        ];
        assert_eq!(names, wanted);
        let headers = full.headers();
        assert_eq!((headers.len(), headers.get("webhook-id").map(HeaderValue::as_bytes)), (7, Some(&b"e1"[..])));
    }

    #[test]
    fn what_is_added_takes_the_place_of_the_least_useful() {
        let own = [("x-a", "1"), ("x-b", "2")];
        let mut full = Attributes::of(&message(&[&SENT[..], &own].concat()));
        assert!(full.json().contains_key("x-sync-attempt"));
        full.add("x-sync-refused", "bad");
        let json = full.json();
        assert_eq!((json.len(), json.contains_key("x-sync-attempt")), (10, false));
        assert_eq!(json["x-sync-refused"]["StringValue"], "bad");
    }
}
