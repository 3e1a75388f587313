//! Changes of records that are made here, and emitted.

use crate::clock::Timestamp;
use crate::event::{Draft, IdSource};
use crate::record::Record;
use crate::store::Result;
use crate::store::inbound::{Edit, Edited, Expects};
use crate::store::sqlite::read::records as read_records;
use crate::store::sqlite::write::writer::Txn;
use crate::store::sqlite::write::{enqueue, records};

pub(crate) fn edit(txn: &mut Txn<'_>, edit: Edit, ids: &IdSource, now: Timestamp) -> Result<Edited> {
    let Some(stored) = records::of_draft(txn.connection, &edit.draft)? else {
        return Ok(Edited::Missing);
    };
    match (edit.expects, stored.record.exists()) {
        (Expects::Absence, true) => return Ok(Edited::Exists),
        (Expects::Presence, false) => return Ok(Edited::Missing),
        (Expects::SameLearner, true) if is_of_another(&stored.record, &edit.draft) => return Ok(Edited::Exists),
        (Expects::Absence, false) | (Expects::Presence, true) | (Expects::Anything | Expects::SameLearner, _) => {}
    }
    let receipt = enqueue::enqueue_one(txn, edit.draft, ids, now)?;
    let found = read_records::find(txn.connection, stored.kind, &stored.id)?;
    Ok(found.map_or(Edited::Missing, |row| Edited::Done(Box::new(row), receipt)))
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
