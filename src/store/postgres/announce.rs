//! Waking workers that have nothing to do.

use super::client::{Client, RETRY_LIMIT};
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::settings::SessionMode;
use super::{Result, RunId};

impl Client {
    /// The channel on which new work is announced.
    pub(super) fn channel(&self) -> String {
        format!("syncctl_{}", self.settings.schema)
    }

    /// Marks a run as asleep: from the commit on, every transaction that adds work announces it.
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

    /// Runs `work` in one transaction, and announces new work behind its commit, without another round trip, where its result
    /// says that there is some.
    pub(super) async fn transact_and_announce<T>(
        &self,
        work: impl AsyncFn(&Connection) -> Result<T, PostgresError>,
        is_news: impl Fn(&T) -> bool,
    ) -> Result<T> {
        self.transact_to_commit(async |connection: &Connection| {
            let done = work(connection).await?;
            let committed = self.commit_and_announce(connection, is_news(&done)).await?;
            Ok((done, committed))
        })
        .await
    }

    /// Runs `work` in one transaction that it commits itself, so that its last statements can travel with the commit.
    pub(super) async fn transact_to_commit<T>(
        &self,
        work: impl AsyncFn(&Connection) -> Result<(T, Committed), PostgresError>,
    ) -> Result<T> {
        let done = self.retry(RETRY_LIMIT, async |connection: &Connection| {
            let (done, Committed) = connection.after_begin_keyed(work(connection)).await?;
            Ok(done)
        });
        done.await.map_err(PostgresError::into_error)
    }

    /// Commits, and announces new work behind that, in the same flush. Whether that arrived is not waited for.
    pub(super) async fn commit_and_announce(
        &self,
        connection: &Connection,
        is_news: bool,
    ) -> Result<Committed, PostgresError> {
        let announced = async {
            if is_news {
                announce(connection, &self.channel()).await;
            }
        };
        if connection.keeps_session() {
            let sent = async {
                announced.await;
                std::future::pending::<()>().await;
            };
            tokio::select! { biased; committed = connection.commit() => committed?, () = sent => {} }
        } else {
            let (committed, ()) = tokio::join!(biased; connection.commit(), announced);
            committed?;
        }
        Ok(Committed)
    }
}

/// Says that a transaction was committed: only [`Client::commit_and_announce`] makes one.
#[derive(Debug)]
pub(super) struct Committed;

/// Notifies, if anybody is asleep, in a transaction whose commit does not wait for the disk.
const ANNOUNCE: &str = "SELECT pg_notify($1, '')::text
    FROM (SELECT set_config('synchronous_commit', 'off', true)) unsynced,
        (SELECT FROM run WHERE ended_at IS NULL AND asleep LIMIT 1) sleeper";

/// Announces new work, if anybody is asleep. Where that fails, the slow poll finds the work.
async fn announce(connection: &Connection, channel: &str) {
    let notify = connection.outside(async || connection.query(ANNOUNCE, args![channel]).await);
    if let Err(error) = notify.await {
        tracing::debug!(?error, "failed to announce new work");
    }
}
