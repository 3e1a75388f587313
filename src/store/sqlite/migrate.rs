//! Bringing a file to the schema this program knows.

use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::{BUSY_TIMEOUT, Result, StoreError};

/// Every migration, in order. Appended, never edited: the position is the version it leads to.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_queue.sql"),
    include_str!("../../../migrations/sqlite/0002_inbound.sql"),
    include_str!("../../../migrations/sqlite/0003_queued.sql"),
    include_str!("../../../migrations/sqlite/0004_senders.sql"),
    include_str!("../../../migrations/sqlite/0005_checksums.sql"),
    include_str!("../../../migrations/sqlite/0006_suspects.sql"),
    include_str!("../../../migrations/sqlite/0007_rate.sql"),
    include_str!("../../../migrations/sqlite/0008_refusals.sql"),
];

/// The schema version this program writes.
pub(super) fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The version of the file.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))
}

/// Refuses a schema newer than this program.
pub(super) fn check(found: i64) -> Result<()> {
    let known = known_version();
    if found > known { Err(StoreError::SchemaNewer { found, known }) } else { Ok(()) }
}

/// Runs what is missing in one exclusive transaction; of two processes that start at once, one does it and one waits.
pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
    let found = version(connection)?;
    check(found)?;
    if found == known_version() {
        return Ok(());
    }
    let txn = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let found = version(&txn)?;
    check(found)?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        txn.execute_batch(migration)?;
    }
    txn.pragma_update(None, "user_version", known_version())?;
    Ok(txn.commit()?)
}

/// Converts the file to WAL unless it is.
///
/// Converting ignores the busy time-out, so waiting for another process is up to us.
pub(super) fn to_wal(connection: &Connection) -> rusqlite::Result<()> {
    let patience = Instant::now() + BUSY_TIMEOUT;
    loop {
        match switch_to_wal(connection) {
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < patience => {
                std::thread::park_timeout(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

fn switch_to_wal(connection: &Connection) -> rusqlite::Result<()> {
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if mode != "wal" {
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_migrations_are_never_edited() {
        use sha2::{Digest, Sha256};
        let digests: Vec<_> = MIGRATIONS.iter().map(|sql| hex::encode(&Sha256::digest(sql)[..8])).collect();
        let shipped = [
            "e9aa351239055417",
            "a4551b0b9b2bb72b",
            "d68e12d37e8884fc",
            "daa6d26c7bd1a79c",
            "a60721af5dd1c93d",
            "b0a94340592cf774",
            "a30cf64f787d7474",
            "69e704621ab4c1d7",
        ];
        assert_eq!(digests, shipped, "append a migration instead of editing one");
    }
}
