//! Changes of records that are made here, and emitted.

use crate::clock::Timestamp;
use crate::event::IdSource;
use crate::store::Result;
use crate::store::inbound::{EditResult, RecordEdit};
use crate::store::sqlite::read::records as read_records;
use crate::store::sqlite::write::writer::Txn;
use crate::store::sqlite::write::{enqueue, known_ids, records};

pub(crate) fn edit(txn: &mut Txn<'_>, edit: &RecordEdit, ids: &IdSource, now: Timestamp) -> Result<EditResult> {
    let Some(stored) = records::of_draft(txn.connection, &edit.draft)? else {
        return Ok(EditResult::Missing);
    };
    let is_known = match &edit.draft.id {
        Some(id) => known_ids::emitted(txn.connection, id)?.is_some(),
        None => false,
    };
    if let Some(refusal) = edit.refusal(&stored.record).filter(|_| !is_known) {
        return Ok(refusal);
    }
    let receipt = enqueue::enqueue_one(txn, &edit.draft, ids, now)?;
    let found = read_records::find(txn.connection, stored.kind, &stored.id)?;
    Ok(found.map_or(EditResult::Missing, |row| EditResult::Done(Box::new(row), receipt)))
}
