//! Changes that are made to records here, each emitted with its record.

use std::collections::BTreeSet;

use super::codes::kind_of;
use super::connection::Connection;
use super::enqueue::{self, Batch};
use super::node::Node;
use super::record_rows::{key_of, lock};
use super::{Result, records};
use crate::clock::Timestamp;
use crate::event::Draft;
use crate::record::Record;
use crate::store::inbound::{Edit, Edited, Expects};

pub(super) async fn edit(node: &Node, edit: Edit, now: Timestamp) -> Result<Edited> {
    let now = node.by_server(now);
    let Some(key) = key_of(&edit.draft) else { return Ok(Edited::Missing) };
    let batch = Batch::of(node, vec![edit.draft.clone()], now);
    let edited = node.transact(async |connection: &Connection| {
        let loaded = lock(connection, BTreeSet::from([key.clone()])).await?;
        let exists = loaded.get(&key).is_some_and(|stored| stored.record.exists());
        match (edit.expects, exists) {
            (Expects::Absence, true) => return Ok(Edited::Exists),
            (Expects::Presence, false) => return Ok(Edited::Missing),
            (Expects::SameLearner, true)
                if loaded.get(&key).is_some_and(|stored| is_of_another(&stored.record, &edit.draft)) =>
            {
                return Ok(Edited::Exists);
            }
            (Expects::Absence, false) | (Expects::Presence, true) | (Expects::Anything | Expects::SameLearner, _) => {}
        }
        let receipt = enqueue::one(node, connection, &batch, now).await?;
        let found = records::find_within(connection, kind_of(key.0), &key.1).await?;
        Ok(found.map_or(Edited::Missing, |row| Edited::Done(Box::new(row), receipt)))
    });
    let edited = edited.await?;
    node.announce().await;
    Ok(edited)
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
