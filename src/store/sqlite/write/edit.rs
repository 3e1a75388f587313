//! Changes of records that are made here, and emitted.

use crate::clock::Timestamp;
use crate::event::IdSource;
use crate::store::Result;
use crate::store::inbound::{Edit, Edited};
use crate::store::sqlite::read::records as read_records;
use crate::store::sqlite::write::writer::Txn;
use crate::store::sqlite::write::{enqueue, known_ids, records};

pub(crate) fn edit(txn: &mut Txn<'_>, edit: Edit, ids: &IdSource, now: Timestamp) -> Result<Edited> {
    let Some(stored) = records::of_draft(txn.connection, &edit.draft)? else {
        return Ok(Edited::Missing);
    };
    let is_known = match &edit.draft.id {
        Some(id) => known_ids::emitted(txn.connection, id)?.is_some(),
        None => false,
    };
    if let Some(refusal) = edit.refusal(&stored.record).filter(|_| !is_known) {
        return Ok(refusal);
    }
    let receipt = enqueue::enqueue_one(txn, edit.draft, ids, now)?;
    let found = read_records::find(txn.connection, stored.kind, &stored.id)?;
    Ok(found.map_or(Edited::Missing, |row| Edited::Done(Box::new(row), receipt)))
}
