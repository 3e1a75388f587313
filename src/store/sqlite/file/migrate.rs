//! Bringing a file to the schema this program knows.

use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::store::sqlite::file::connection::BUSY_TIMEOUT;
use crate::store::{Access, Result, StoreError};

/// Every migration, in order. Appended, never edited: the position is the version it leads to.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../../migrations/sqlite/0001_queue.sql"),
    include_str!("../../../../migrations/sqlite/0002_inbound.sql"),
    include_str!("../../../../migrations/sqlite/0003_queued.sql"),
    include_str!("../../../../migrations/sqlite/0004_senders.sql"),
    include_str!("../../../../migrations/sqlite/0005_checksums.sql"),
    include_str!("../../../../migrations/sqlite/0006_suspects.sql"),
    include_str!("../../../../migrations/sqlite/0007_rate.sql"),
    include_str!("../../../../migrations/sqlite/0008_refusals.sql"),
    include_str!("../../../../migrations/sqlite/0009_ids.sql"),
    include_str!("../../../../migrations/sqlite/0010_operators.sql"),
    include_str!("../../../../migrations/sqlite/0011_acknowledged.sql"),
    include_str!("../../../../migrations/sqlite/0012_whole_records.sql"),
    include_str!("../../../../migrations/sqlite/0013_scheduled.sql"),
    include_str!("../../../../migrations/sqlite/0014_incidents.sql"),
    include_str!("../../../../migrations/sqlite/0015_guesses.sql"),
    include_str!("../../../../migrations/sqlite/0016_resources.sql"),
    include_str!("../../../../migrations/sqlite/0017_failed_attempts.sql"),
    include_str!("../../../../migrations/sqlite/0018_deleted_records.sql"),
];

/// The schema version this program writes.
pub(crate) fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The version of the file.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))
}

/// Refuses a schema newer than this program, and a queue that a copy has not filled yet: its version is below zero.
pub(crate) fn check(found: i64) -> Result<()> {
    let known = known_version();
    match found {
        ..0 => Err(StoreError::Filling),
        _ if found > known => Err(StoreError::SchemaNewer { found, known }),
        _ => Ok(()),
    }
}

/// The same for whoever opens it so: a copy may open what it has begun to fill.
pub(crate) fn check_for(access: Access, found: i64) -> Result<()> {
    if access == Access::Fill && found == -known_version() { Ok(()) } else { check(found) }
}

/// Runs what is missing in one exclusive transaction; of two processes that start at once, one does it and one waits.
pub(crate) fn migrate(connection: &mut Connection, access: Access) -> Result<()> {
    let found = version(connection)?;
    check_for(access, found)?;
    if found.abs() == known_version() {
        return Ok(());
    }
    let txn = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let found = version(&txn)?;
    check(found)?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        txn.execute_batch(migration)?;
    }
    // Every other connection reads the schema anew.
    let schema: i64 = txn.query_row("PRAGMA schema_version", [], |row| row.get(0))?;
    txn.pragma_update(None, "schema_version", schema + 1)?;
    txn.pragma_update(None, "user_version", known_version())?;
    Ok(txn.commit()?)
}

/// Converts the file to WAL unless it is.
///
/// Converting ignores the busy time-out, so waiting for another process is up to us.
pub(crate) fn to_wal(connection: &Connection) -> rusqlite::Result<()> {
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
            "480aba455125d9a8",
            "4d103dd78b6e11d3",
            "f1bcac35c4659826",
            "1cb6e2b660be7330",
            "8d2eba762c181526",
            "7f7e6480b4b77115",
            "49fe7f74ba590798",
            "b4a88048b450ecc5",
            "9819047c31999878",
            "4212b48d4665a94f",
        ];
        assert_eq!(digests, shipped, "append a migration instead of editing one");
    }

    #[test]
    fn numbers_of_removed_rows_are_not_given_again_whatever_the_schema_began_with() {
        for begun in 1..MIGRATIONS.len() {
            let mut connection = Connection::open_in_memory().unwrap();
            MIGRATIONS[..begun].iter().for_each(|sql| connection.execute_batch(sql).unwrap());
            connection.pragma_update(None, "user_version", i64::try_from(begun).unwrap()).unwrap();
            let insert = "INSERT INTO event (seq, id, kind, resource_id, timestamp, created_at, body)";
            connection.execute(&format!("{insert} VALUES (7, 'a', 1, 'r', 0, 0, x'')"), []).unwrap();
            migrate(&mut connection, Access::Create).unwrap();
            let insert = |id: &str| {
                let sql = "INSERT INTO event (id, kind, resource_id, timestamp, created_at, body) VALUES (?1, 1, 'r', 0, 0, x'')";
                connection.execute(sql, [id]).unwrap();
                connection.last_insert_rowid()
            };
            assert_eq!(insert("b"), 8, "from schema {begun}");
            connection.execute("DELETE FROM event", []).unwrap();
            assert_eq!(insert("c"), 9, "from schema {begun}");
            let checked: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(checked, "ok", "from schema {begun}");
        }
    }
}
