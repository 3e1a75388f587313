//! Records: the synchronized data of an enrollment, a user or a learner's progress, and how changes merge.
//!
//! Every field remembers the stamp of the event that wrote it, and the later stamp wins, field by field. A delete beats every
//! older field. So any order and any repetition of the same events ends in the same record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::event::{EventId, FARTHEST_AHEAD, known_resource_type};

mod fields;

pub use fields::{FieldRule, MAX_EMAIL_BYTES, MAX_NAME_CHARS, MAX_TEXT_CHARS};

/// The most bytes of a record: the names and values of its fields.
pub const MAX_RECORD_BYTES: usize = 256 * 1024;
/// The most fields of a record, those of its profile included.
pub const MAX_RECORD_FIELDS: usize = 1_000;

/// The member of `data` that is merged by field as well.
const PROFILE: &str = "profile";

/// The kinds of synchronized records: enrollment, user, progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum RecordKind {
    /// A user in a course.
    Enrollment,
    /// A user and its profile.
    User,
    /// The progress of a user in a course.
    Progress,
}

impl RecordKind {
    /// Every kind, in the order of its name.
    pub const ALL: [Self; 3] = [Self::Enrollment, Self::Progress, Self::User];

    /// Its resource type.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The kind of that name. A profile is part of its user.
    pub fn parse(name: &str) -> Option<Self> {
        if name == PROFILE { Some(Self::User) } else { name.parse().ok() }
    }

    /// The kind of record that an event of a known type is about.
    pub fn of_event(event_type: &str) -> Option<Self> {
        known_resource_type(event_type).and_then(Self::parse)
    }
}

/// When a field was written and by which event, so that no two writes are equal and the later one wins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WriteStamp {
    /// When the event happened.
    pub at: Timestamp,
    /// The event.
    pub by: EventId,
}

/// What one event changes in a record.
#[derive(Clone, Debug)]
pub struct Change {
    stamp: WriteStamp,
    operation: RecordOperation,
}

/// Whether an event writes fields of its record or deletes it.
#[derive(Clone, Debug)]
enum RecordOperation {
    Write { fields: Members, profile: Members },
    Delete,
}

/// The members of an event's data, each as it was written.
type Members = BTreeMap<String, Box<RawValue>>;

/// Why an event cannot change the stored enrollment, user or progress: its data is no JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("data must be a JSON object")]
pub struct NotAnObject;

impl Change {
    /// The change of an event. A delete needs no data; of a duplicate member the last one counts.
    pub fn new(event_type: &str, data: &str, stamp: WriteStamp) -> Result<Self, NotAnObject> {
        if event_type.ends_with(".deleted") {
            return Ok(Self { stamp, operation: RecordOperation::Delete });
        }
        let mut fields: Members = serde_json::from_str(data).map_err(|_| NotAnObject)?;
        // A profile that is not an object, such as null, replaces the whole profile.
        let profile = fields.get(PROFILE).and_then(|profile| serde_json::from_str(profile.get()).ok());
        if profile.is_some() {
            fields.remove(PROFILE);
        }
        Ok(Self { stamp, operation: RecordOperation::Write { fields, profile: profile.unwrap_or_default() } })
    }
}

/// Whether an event changed the stored enrollment, user or progress, or all of its fields had been written by later events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeResult {
    /// Something was written or deleted.
    Applied,
    /// Later writes win: nothing changed.
    Stale,
}

impl MergeResult {
    fn or(changed: bool) -> Self {
        if changed { Self::Applied } else { Self::Stale }
    }
}

/// The value of a record's field, and when it was written.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct StampedField(Timestamp, EventId, Box<RawValue>);

impl StampedField {
    fn stamp(&self) -> WriteStamp {
        WriteStamp { at: self.0, by: self.1.clone() }
    }

    /// Whether this write wins against `other`. The value decides only between events with the same id, which correct
    /// senders never produce.
    fn beats(&self, other: &Self) -> bool {
        (self.0, &self.1, self.2.get()) > (other.0, &other.1, other.2.get())
    }
}

impl PartialEq for StampedField {
    fn eq(&self, other: &Self) -> bool {
        (self.0, &self.1, self.2.get()) == (other.0, &other.1, other.2.get())
    }
}

/// The synchronized data of one resource: its fields, each with the time it was written, so that changes merge in any
/// order.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Record {
    #[serde(rename = "f", default, skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, StampedField>,
    #[serde(rename = "p", default, skip_serializing_if = "BTreeMap::is_empty")]
    profile: BTreeMap<String, StampedField>,
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    written: Option<WriteStamp>,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    deleted: Option<WriteStamp>,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    first_at: Option<Timestamp>,
}

impl Record {
    /// Merges a change. The same changes in any order, each any number of times, lead to the same record.
    pub fn merge(&mut self, change: &Change) -> MergeResult {
        let at = change.stamp.at;
        self.first_at = Some(self.first_at.map_or(at, |first| first.min(at)));
        match &change.operation {
            RecordOperation::Delete => self.delete(&change.stamp),
            RecordOperation::Write { fields, profile } => self.write(&change.stamp, fields, profile),
        }
    }

    fn delete(&mut self, stamp: &WriteStamp) -> MergeResult {
        if self.deleted.as_ref() >= Some(stamp) {
            return MergeResult::Stale;
        }
        let survives = |_: &String, field: &mut StampedField| field.stamp() > *stamp;
        self.fields.retain(survives);
        self.profile.retain(survives);
        self.written.take_if(|written| *written <= *stamp);
        self.deleted = Some(stamp.clone());
        MergeResult::Applied
    }

    fn write(&mut self, stamp: &WriteStamp, fields: &Members, profile: &Members) -> MergeResult {
        if self.deleted.as_ref() >= Some(stamp) {
            return MergeResult::Stale;
        }
        let mut changed = self.written.as_ref() < Some(stamp);
        if changed {
            self.written = Some(stamp.clone());
        }
        for (name, value) in fields {
            changed |= put(&mut self.fields, name, stamp, value);
        }
        let replaced = self.fields.get(PROFILE).map(StampedField::stamp);
        self.profile.retain(|_, field| replaced.as_ref() < Some(&field.stamp()));
        if replaced.as_ref() < Some(stamp) {
            for (name, value) in profile {
                changed |= put(&mut self.profile, name, stamp, value);
            }
        }
        MergeResult::or(changed)
    }

    /// Merges another copy of the record, as if each of its events had been merged.
    pub fn absorb(&mut self, other: &Self) -> MergeResult {
        let before = self.clone();
        if let Some(deleted) = &other.deleted {
            self.delete(deleted);
        }
        self.first_at = self.first_at.into_iter().chain(other.first_at).min();
        let buried = self.deleted.clone();
        let stands = |stamp: &WriteStamp| buried.as_ref() < Some(stamp);
        self.written = self.written.take().max(other.written.clone().filter(stands));
        for (name, field) in other.fields.iter().filter(|(_, field)| stands(&field.stamp())) {
            put(&mut self.fields, name, &field.stamp(), &field.2);
        }
        for (name, field) in other.profile.iter().filter(|(_, field)| stands(&field.stamp())) {
            put(&mut self.profile, name, &field.stamp(), &field.2);
        }
        let replaced = self.fields.get(PROFILE).map(StampedField::stamp);
        self.profile.retain(|_, field| replaced.as_ref() < Some(&field.stamp()));
        // A record is at least as new as its newest field, whatever the copy says: a local change must win against every field.
        self.written = self.written.take().max(self.newest_field());
        MergeResult::or(*self != before)
    }

    fn newest_field(&self) -> Option<WriteStamp> {
        self.fields.values().chain(self.profile.values()).map(StampedField::stamp).max()
    }

    /// Whether it holds a stamp further ahead of `now` than events are accepted.
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        let newest = self.newest_at().max(self.newest_field().map(|stamp| stamp.at));
        newest.is_some_and(|newest| newest > now.plus(FARTHEST_AHEAD))
    }

    /// Whether it exceeds [`MAX_RECORD_BYTES`] or [`MAX_RECORD_FIELDS`].
    pub fn is_too_large(&self) -> bool {
        let fields = || self.fields.iter().chain(&self.profile);
        let bytes: usize = fields().map(|(name, field)| name.len() + field.2.get().len()).sum();
        bytes > MAX_RECORD_BYTES || fields().count() > MAX_RECORD_FIELDS
    }

    /// Whether it exists: it was written after it was last deleted.
    pub fn exists(&self) -> bool {
        self.written.is_some()
    }

    /// The version of the content: equal for equal copies, and another one after each write.
    pub fn version(&self) -> String {
        let digest = Sha256::digest(raw(self).get());
        hex::encode(&digest[..16])
    }

    /// The time of the newest stamp, which a local change has to be later than.
    pub fn newest_at(&self) -> Option<Timestamp> {
        self.written.iter().chain(&self.deleted).map(|stamp| stamp.at).max()
    }

    /// When it was last written.
    pub fn written_at(&self) -> Option<Timestamp> {
        self.written.as_ref().map(|stamp| stamp.at)
    }

    /// When it was deleted, if it was not written since.
    pub fn deleted_at(&self) -> Option<Timestamp> {
        self.deleted.as_ref().filter(|_| !self.exists()).map(|stamp| stamp.at)
    }

    /// The time of the earliest event about it.
    pub fn first_at(&self) -> Option<Timestamp> {
        self.first_at
    }

    /// The stamp time of a local change at `now`: later than every stamp of the record.
    pub fn next_stamp(&self, now: Timestamp) -> Timestamp {
        let millisecond = std::time::Duration::from_millis(1);
        self.newest_at().map_or(now, |newest| now.max(newest.plus(millisecond)))
    }

    /// The JSON of a field, as it was written.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|field| field.2.get())
    }

    /// A field as text.
    pub fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.field(name)?).ok()
    }

    /// A field as a time.
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        Timestamp::parse(&self.text(name)?)
    }

    /// Whether it belongs to another user or course than these.
    pub fn is_of_another(&self, user: Option<&str>, course: Option<&str>) -> bool {
        let differs =
            |name: &str, given: Option<&str>| self.text(name).zip(given).is_some_and(|(known, given)| known != given);
        differs("userId", user) || differs("courseId", course)
    }

    /// The current members of `data`, by name.
    pub fn members(&self) -> BTreeMap<&str, Box<RawValue>> {
        let mut members: BTreeMap<&str, _> =
            self.fields.iter().map(|(name, field)| (name.as_str(), field.2.clone())).collect();
        if !self.profile.is_empty() {
            let profile: BTreeMap<_, _> = self.profile.iter().map(|(name, field)| (name, &field.2)).collect();
            members.insert(PROFILE, raw(&profile));
        }
        members
    }

    /// The current content as the `data` of an event.
    pub fn data(&self) -> String {
        raw(&self.members()).get().to_owned()
    }

    /// The whole record as the `data` of an event, for receivers that overwrite missing fields: the current content, and a
    /// default for each field that such a receiver requires.
    pub fn whole_data(&self, kind: RecordKind) -> String {
        let defaults = fields::defaults(kind, self.first_at.unwrap_or_default());
        let mut members = self.members();
        for (name, value) in &defaults {
            members.entry(name).or_insert_with(|| raw(value));
        }
        raw(&members).get().to_owned()
    }
}

/// How another system's data compares with a record, for `reconcile`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// It has every field of the record with the same value, and maybe others.
    Same,
    /// These fields are missing or have other values; those of the profile are named `profile.name`.
    Differs(Vec<String>),
    /// The record was deleted.
    Deleted,
}

/// Compares the record with `theirs`, an object of `data`. Values are compared as JSON: spaces, key order and the way numbers
/// are written do not count.
pub fn compare(record: &Record, theirs: &serde_json::Value) -> Comparison {
    if !record.exists() {
        return Comparison::Deleted;
    }
    let differs = |fields: &BTreeMap<String, StampedField>, theirs: &serde_json::Value, prefix: &str| -> Vec<String> {
        let is_other = |(name, field): &(&String, &StampedField)| {
            let ours: Option<serde_json::Value> = serde_json::from_str(field.2.get()).ok();
            ours.as_ref() != theirs.get(name.as_str())
        };
        fields.iter().filter(is_other).map(|(name, _)| format!("{prefix}{name}")).collect()
    };
    let mut fields = differs(&record.fields, theirs, "");
    let profile = theirs.get(PROFILE).unwrap_or(&serde_json::Value::Null);
    fields.extend(differs(&record.profile, profile, "profile."));
    if fields.is_empty() { Comparison::Same } else { Comparison::Differs(fields) }
}

fn raw(members: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(members).expect("members are JSON already")
}

/// Writes a field unless a later write wins.
fn put(fields: &mut BTreeMap<String, StampedField>, name: &str, stamp: &WriteStamp, value: &RawValue) -> bool {
    let new = StampedField(stamp.at, stamp.by.clone(), value.to_owned());
    let stands = fields.get(name).is_some_and(|old| !new.beats(old));
    if !stands {
        fields.insert(name.to_owned(), new);
    }
    !stands
}

impl Serialize for WriteStamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.at, &self.by).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for WriteStamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <(Timestamp, EventId)>::deserialize(deserializer).map(|(at, by)| Self { at, by })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stamp(at: i64, by: &str) -> WriteStamp {
        WriteStamp { at: Timestamp::from_millis(at), by: EventId::parse(by).expect("a good id") }
    }

    fn change(event_type: &str, data: &str, at: i64, by: &str) -> Change {
        Change::new(event_type, data, stamp(at, by)).expect("a good change")
    }

    fn merged<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Record {
        let mut record = Record::default();
        changes.into_iter().for_each(|change| {
            record.merge(change);
        });
        record
    }

    #[test]
    fn the_later_write_of_each_field_stands_and_absent_fields_are_untouched() {
        let older = change("enrollment.updated", r#"{"status":"active","source":"web"}"#, 1, "a");
        let newer = change("enrollment.updated", r#"{"status":"done"}"#, 2, "a");
        for order in [[&older, &newer], [&newer, &older]] {
            assert_eq!(merged(order).data(), r#"{"source":"web","status":"done"}"#);
        }
    }

    #[test]
    fn the_event_id_decides_between_equal_times() {
        let (a, b) = (change("user.updated", r#"{"x":1}"#, 1, "a"), change("user.updated", r#"{"x":2}"#, 1, "b"));
        assert_eq!(merged([&a, &b]), merged([&b, &a]));
        assert_eq!(merged([&b, &a]).data(), r#"{"x":2}"#);
    }

    #[test]
    fn a_profile_merges_by_field_and_null_clears_what_is_older() {
        let bio = change("profile.updated", r#"{"profile":{"bio":"x","phone":"1"}}"#, 1, "a");
        let phone = change("profile.updated", r#"{"profile":{"phone":"2"}}"#, 2, "b");
        assert_eq!(merged([&phone, &bio]).data(), r#"{"profile":{"bio":"x","phone":"2"}}"#);
        let cleared = change("profile.updated", r#"{"profile":null}"#, 3, "c");
        let after = change("profile.updated", r#"{"profile":{"bio":"y"}}"#, 4, "d");
        assert_eq!(merged([&cleared, &bio, &phone]).data(), r#"{"profile":null}"#);
        assert_eq!(merged([&after, &bio, &cleared, &phone]).data(), r#"{"profile":{"bio":"y"}}"#);
    }

    #[test]
    fn a_delete_beats_older_fields_and_a_later_event_revives_only_newer_ones() {
        let create = change("enrollment.created", r#"{"status":"active","source":"web"}"#, 1, "a");
        let delete = change("enrollment.deleted", "{}", 2, "b");
        let update = change("enrollment.updated", r#"{"status":"back"}"#, 3, "c");
        assert!(!merged([&delete, &create]).exists());
        assert_eq!(merged([&delete, &create]).deleted_at(), Some(Timestamp::from_millis(2)));
        assert_eq!(merged([&update, &delete, &create]).data(), r#"{"status":"back"}"#);
        assert!(merged([&update, &delete, &create]).exists());
    }

    #[test]
    fn stale_means_that_nothing_changed() {
        let mut record = merged([&change("user.updated", r#"{"a":1,"b":1}"#, 5, "e")]);
        let before = record.data();
        assert_eq!(record.merge(&change("user.updated", r#"{"a":0}"#, 4, "d")), MergeResult::Stale);
        assert_eq!(record.merge(&change("user.updated", r#"{"a":1,"b":1}"#, 5, "e")), MergeResult::Stale);
        assert_eq!(record.data(), before);
        assert_eq!(record.merge(&change("user.updated", r#"{"c":1}"#, 1, "a")), MergeResult::Applied);
        assert_eq!(record.merge(&change("enrollment.deleted", "", 9, "z")), MergeResult::Applied);
        assert_eq!(record.merge(&change("enrollment.deleted", "", 9, "z")), MergeResult::Stale);
    }

    #[test]
    fn an_empty_create_creates_and_a_second_delete_is_no_error() {
        assert!(merged([&change("enrollment.created", "{}", 1, "a")]).exists());
        let twice = merged([&change("enrollment.deleted", "", 1, "a"), &change("enrollment.deleted", "", 2, "b")]);
        assert!(!twice.exists());
    }

    #[test]
    fn each_write_makes_another_version_and_each_copy_names_it_alike() {
        let (first, same) =
            (change("user.updated", r#"{"a":1}"#, 1, "a"), change("user.updated", r#"{"a":1}"#, 2, "b"));
        assert_eq!(merged([&first, &same]).version(), merged([&same, &first]).version());
        assert_ne!(merged([&first]).version(), merged([&first, &same]).version());
        assert_eq!(Record::default().version().len(), 32);
    }

    #[test]
    fn data_that_is_no_object_changes_no_record() {
        for data in ["[]", "1", "null", "\"x\""] {
            assert_eq!(Change::new("user.updated", data, stamp(1, "a")).err(), Some(NotAnObject));
        }
    }

    #[test]
    fn a_local_change_is_later_than_everything_known() {
        let now = Timestamp::from_millis(10);
        assert_eq!(Record::default().next_stamp(now), now);
        let ahead = merged([&change("user.updated", "{}", 50, "a")]);
        assert_eq!(ahead.next_stamp(now), Timestamp::from_millis(51));
        assert_eq!(merged([&change("user.updated", "{}", 5, "a")]).next_stamp(now), now);
    }

    #[test]
    fn a_record_survives_being_stored() {
        let record = merged([
            &change("user.created", r#"{"a":1.0,"profile":{"b":"ü"}}"#, 3, "a"),
            &change("enrollment.deleted", "", 1, "x"),
        ]);
        let stored = serde_json::to_string(&record).expect("JSON");
        assert_eq!(serde_json::from_str::<Record>(&stored).expect("the same"), record);
    }

    fn any_change() -> impl Strategy<Value = Change> {
        let member = prop::sample::select(vec!["a", "b", "c"]);
        let members = prop::collection::btree_map(member, 0..4_u8, 0..3);
        let profile = prop::option::of(prop::option::of(members.clone()));
        (members, profile, 0..6_i64, 0..3_u8, 0..6_u8).prop_map(|(members, profile, at, by, kind)| {
            let mut data: BTreeMap<&str, serde_json::Value> =
                members.into_iter().map(|(name, value)| (name, value.into())).collect();
            if let Some(profile) = profile {
                data.insert("profile", serde_json::to_value(profile).expect("JSON"));
            }
            let event_type = if kind == 0 { "enrollment.deleted" } else { "user.updated" };
            let data = serde_json::to_string(&data).expect("JSON");
            change(event_type, &data, at, &format!("e{by}"))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Whatever is written, even by senders that reuse ids.
        #[test]
        fn any_order_and_any_repetition_gives_the_same_record(
            (changes, shuffled) in prop::collection::vec(any_change(), 1..12).prop_flat_map(|changes| {
                let repeated: Vec<Change> = changes.iter().chain(&changes).cloned().collect();
                (Just(changes), Just(repeated).prop_shuffle())
            })
        ) {
            prop_assert_eq!(merged(&changes), merged(&shuffled));
        }

        /// Two copies that absorb each other agree, and on what one copy would have that had seen everything.
        #[test]
        fn copies_that_absorb_each_other_agree(
            mine in prop::collection::vec(any_change(), 0..8),
            theirs in prop::collection::vec(any_change(), 0..8),
        ) {
            let (mut a, mut b) = (merged(&mine), merged(&theirs));
            let before = a.clone();
            a.absorb(&b);
            b.absorb(&before);
            prop_assert_eq!(&a, &b);
            prop_assert_eq!(a, merged(mine.iter().chain(&theirs)));
            prop_assert_eq!(b.absorb(&before), MergeResult::Stale);
        }

        #[test]
        fn what_was_merged_before_changes_nothing(changes in prop::collection::vec(any_change(), 1..12)) {
            let mut record = merged(&changes);
            for change in &changes {
                prop_assert_eq!(record.merge(change), MergeResult::Stale);
            }
        }
    }
}
