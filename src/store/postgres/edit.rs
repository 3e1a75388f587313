//! Changes that are made to records here, each emitted with its record.

use std::collections::BTreeSet;

use super::client::Client;
use super::connection::Connection;
use super::db_codes::kind_of;
use super::enqueue;
use super::numbered_draft::NumberedDraft;
use super::record_rows::{key_of, lock};
use super::{Result, known_ids, records};
use crate::clock::Timestamp;
use crate::record::Record;
use crate::store::inbound::{EditResult, RecordEdit};

pub(super) async fn edit(client: &Client, edit: RecordEdit, now: Timestamp) -> Result<EditResult> {
    let now = client.by_server(now);
    let Some(key) = key_of(&edit.draft) else { return Ok(EditResult::Missing) };
    let draft = NumberedDraft::of(&client.ids, edit.draft.clone(), now);
    client.learn_kinds(&[draft.kind()].into()).await?;
    let work = async |connection: &Connection| {
        let loaded = lock(connection, BTreeSet::from([key.clone()])).await?;
        let ids: Vec<&str> = edit.draft.id.iter().map(|id| id.as_str()).collect();
        let is_known = !known_ids::known(connection, &ids).await?.is_empty();
        let nothing = Record::default();
        let record = loaded.get(&key).map_or(&nothing, |stored| &stored.record);
        if let Some(refusal) = edit.refusal(record).filter(|_| !is_known) {
            return Ok(refusal);
        }
        let receipt = enqueue::one(client, connection, &draft).await?;
        let found = records::find_within(connection, kind_of(key.0), &key.1).await?;
        Ok(found.map_or(EditResult::Missing, |row| EditResult::Done(Box::new(row), receipt)))
    };
    client.transact_and_announce(work, |edited| matches!(edited, EditResult::Done(..))).await
}
