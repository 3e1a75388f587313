//! Parses one level of JSON at a time: the members of an object, the items of an array.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The most members of an object, or items of an array.
const MOST_ITEMS: usize = 20_000;

/// The members of a JSON object in their order, each as it is written.
#[derive(Debug)]
pub(super) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members of a value that is an object, unless it has too many.
    pub(super) fn parse(value: &'a RawValue) -> Option<Self> {
        if value.get().starts_with('{') { serde_json::from_str(value.get()).ok() } else { None }
    }

    /// The value of a member that is not null, by its path: `requestContext.elb`.
    pub(super) fn get(&self, path: &str) -> Option<&'a RawValue> {
        if let Some((name, rest)) = path.split_once('.') {
            return Members::parse(self.get(name)?)?.get(rest);
        }
        let (_, value) = self.0.iter().find(|(name, _)| name == path)?;
        (value.get() != "null").then_some(*value)
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.get(path).is_some()
    }

    /// The text of the first of these members that is one.
    pub(super) fn text(&self, paths: &[&str]) -> Option<String> {
        paths.iter().find_map(|path| text(self.get(path)?))
    }

    /// The object as JSON again.
    pub(super) fn to_json(&self) -> String {
        let pairs = self.iter().map(|(name, value)| format!("{}:{}", serde_json::Value::from(name), value.get()));
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), *value))
    }
}

/// A JSON text.
pub(super) fn text(value: &RawValue) -> Option<String> {
    if value.get().starts_with('"') { serde_json::from_str(value.get()).ok() } else { None }
}

/// A text, or a number or truth value as text.
pub(super) fn scalar(value: &RawValue) -> Option<String> {
    match value.get().as_bytes().first()? {
        b'"' => text(value),
        b'{' | b'[' | b'n' => None,
        _ => Some(value.get().to_owned()),
    }
}

/// The items of a list, unless there are too many.
pub(super) fn list(value: &RawValue) -> Option<Vec<&RawValue>> {
    if value.get().starts_with('[') {
        serde_json::from_str::<Items<'_>>(value.get()).ok().map(|items| items.0)
    } else {
        None
    }
}

/// The items of a JSON array, each as it is written.
struct Items<'a>(Vec<&'a RawValue>);

/// The name of a member, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

impl<'de> Deserialize<'de> for Items<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ItemsVisitor)
    }
}

/// The serde visitor that reads the members of an object.
struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Name(name), value)) = access.next_entry()? {
            members.push((name, value));
            bounded(members.len())?;
        }
        Ok(Members(members))
    }
}

/// The serde visitor that reads the items of an array.
struct ItemsVisitor;

impl<'de> Visitor<'de> for ItemsVisitor {
    type Value = Items<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
            bounded(items.len())?;
        }
        Ok(Items(items))
    }
}

fn bounded<E: Error>(count: usize) -> Result<(), E> {
    if count > MOST_ITEMS { Err(E::custom(format_args!("more than {MOST_ITEMS} items"))) } else { Ok(()) }
}
