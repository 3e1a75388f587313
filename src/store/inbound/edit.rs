//! Changes of records that are made here, and what they expect of the record as it is.

use super::RecordRow;
use crate::event::Draft;
use crate::record::Record;
use crate::store::Receipt;

/// What a local change expects of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expects {
    /// That it is not there.
    Absence,
    /// That it is there.
    Presence,
    /// Nothing.
    Anything,
    /// That, if it is there, it is of the user and the course that the change names: ids joined by a hyphen can collide.
    SameLearner,
}

/// The versions of a record, as [`Record::version`] names them, that a change is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versions {
    /// Whichever stands, as long as there is one.
    Existing,
    /// One of these.
    OneOf(Vec<String>),
}

/// A change made here.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The event it is, without a time of its own.
    pub draft: Draft,
    /// What it expects.
    pub expects: Expects,
    /// The versions it is meant for; none is any.
    pub versions: Option<Versions>,
}

/// What became of a local change.
#[derive(Clone, Debug)]
pub enum Edited {
    /// The record as it is now, and the event emitted.
    Done(Box<RecordRow>, Receipt),
    /// There is no such record.
    Missing,
    /// There is one already, or one of another learner.
    Exists,
    /// It is of another version than those that the change is meant for.
    Changed,
}

impl Edit {
    /// Why it is not made to a record as it is, if it is not.
    pub(in crate::store) fn refusal(&self, record: &Record) -> Option<Edited> {
        match (self.expects, record.exists()) {
            (Expects::Absence, true) => return Some(Edited::Exists),
            (Expects::Presence, false) => return Some(Edited::Missing),
            (Expects::SameLearner, true) if is_of_another(record, &self.draft) => return Some(Edited::Exists),
            (Expects::Absence, false) | (Expects::Presence, true) | (Expects::Anything | Expects::SameLearner, _) => {}
        }
        let is_meant = match &self.versions {
            None => true,
            Some(_) if !record.exists() => false,
            Some(Versions::Existing) => true,
            Some(Versions::OneOf(versions)) => versions.contains(&record.version()),
        };
        (!is_meant).then_some(Edited::Changed)
    }
}

fn is_of_another(record: &Record, draft: &Draft) -> bool {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Learner {
        user_id: Option<String>,
        course_id: Option<String>,
    }
    let learner = serde_json::from_str::<Learner>(&draft.data);
    learner.is_ok_and(|named| record.is_of_another(named.user_id.as_deref(), named.course_id.as_deref()))
}
