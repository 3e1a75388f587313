//! Changes of records that are made here, and what they expect of the record as it is.

use super::RecordRow;
use crate::event::Draft;
use crate::record::Record;
use crate::store::Receipt;

/// What must be true of a record for a local change to be made, such as that it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedRecord {
    /// That it is not there.
    Absence,
    /// That it is there.
    Presence,
    /// Nothing.
    Anything,
    /// That, if it is there, it is of the user and the course that the change names: ids joined by a hyphen can collide.
    SameLearner,
}

/// The versions of a record for which a change is meant (`If-Match`), as [`Record::version`] names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versions {
    /// Whichever stands, as long as there is one.
    Existing,
    /// One of these.
    OneOf(Vec<String>),
}

/// A change of a record that is made here, by the API or a command, and emitted as an event.
#[derive(Clone, Debug)]
pub struct RecordEdit {
    /// The event it is, without a time of its own.
    pub draft: Draft,
    /// What it expects.
    pub expects: ExpectedRecord,
    /// The versions it is meant for; none is any.
    pub versions: Option<Versions>,
}

/// What came of a local change: the changed record and its event, or why it was not made.
#[derive(Clone, Debug)]
pub enum EditResult {
    /// The record as it is now, and the event emitted.
    Done(Box<RecordRow>, Receipt),
    /// There is no such record.
    Missing,
    /// There is one already, or one of another learner.
    Exists,
    /// It is of another version than those that the change is meant for.
    Changed,
}

impl RecordEdit {
    /// Why it is not made to a record as it is, if it is not.
    pub(in crate::store) fn refusal(&self, record: &Record) -> Option<EditResult> {
        match (self.expects, record.exists()) {
            (ExpectedRecord::Absence, true) => return Some(EditResult::Exists),
            (ExpectedRecord::Presence, false) => return Some(EditResult::Missing),
            (ExpectedRecord::SameLearner, true) if is_of_another(record, &self.draft) => {
                return Some(EditResult::Exists);
            }
            (ExpectedRecord::Absence, false)
            | (ExpectedRecord::Presence, true)
            | (ExpectedRecord::Anything | ExpectedRecord::SameLearner, _) => {}
        }
        let is_meant = match &self.versions {
            None => true,
            Some(_) if !record.exists() => false,
            Some(Versions::Existing) => true,
            Some(Versions::OneOf(versions)) => versions.contains(&record.version()),
        };
        (!is_meant).then_some(EditResult::Changed)
    }
}

fn is_of_another(record: &Record, draft: &Draft) -> bool {
    /// The `userId` and `courseId` in an event's data, by which a learner's progress is found.
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct UserAndCourse {
        user_id: Option<String>,
        course_id: Option<String>,
    }
    let learner = serde_json::from_str::<UserAndCourse>(&draft.data);
    learner.is_ok_and(|named| record.is_of_another(named.user_id.as_deref(), named.course_id.as_deref()))
}
