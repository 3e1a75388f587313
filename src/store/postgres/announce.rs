//! Waking workers that have nothing to do.

use super::connection::{Connection, args};
use super::node::Node;
use super::settings::SessionMode;
use super::{Result, RunId};

impl Node {
    /// The channel on which new work is announced.
    pub(super) fn channel(&self) -> String {
        format!("syncctl_{}", self.settings.schema)
    }

    /// Marks a run as asleep: from the commit on, whoever adds work announces it.
    pub(super) async fn fall_asleep(&self, run: RunId) -> Result<()> {
        let state = self.runs.borrow().get(&run).cloned();
        let Some(state) = state else { return Ok(()) };
        let mut state = state.lock().await;
        if state.asleep || self.settings.mode == SessionMode::Pooler {
            return Ok(());
        }
        let sleep = "UPDATE run SET asleep = true WHERE id = $1 AND ended_at IS NULL";
        self.autocommit(async |connection: &Connection| connection.query(sleep, args![run.0]).await).await?;
        state.asleep = true;
        Ok(())
    }

    /// Announces new work after its commit, if anybody is asleep.
    pub(super) async fn announce(&self) {
        let channel = self.channel();
        let announced = self.autocommit(async |connection: &Connection| {
            let asleep = "SELECT count(*) FROM (SELECT FROM run WHERE ended_at IS NULL AND asleep LIMIT 1) s";
            if connection.outside(async || connection.number(asleep, &[]).await).await? > 0 {
                let notify = format!("BEGIN; SET LOCAL synchronous_commit = off; NOTIFY {channel}; COMMIT");
                connection.execute_all(&notify).await?;
            }
            Ok(())
        });
        if let Err(error) = announced.await {
            // The slow poll finds it.
            tracing::debug!(%error, "failed to announce new work");
        }
    }
}
