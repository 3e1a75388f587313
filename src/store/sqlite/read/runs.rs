//! Reading runs.

use rusqlite::Connection;

use crate::clock::Timestamp;
use crate::store::{ClaimHolder, RunId, RunRow, RunStats};

/// Whether a run has neither ended nor been taken for dead.
pub(crate) fn is_open(connection: &Connection, run: RunId) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM run WHERE id = ?1 AND ended_at IS NULL")?.exists([run.0])
}

/// Runs without an end, with their tokens.
pub(crate) fn open_runs(connection: &Connection) -> rusqlite::Result<Vec<(RunId, String)>> {
    connection
        .prepare_cached("SELECT id, token FROM run WHERE ended_at IS NULL ORDER BY id")?
        .query_map([], |row| Ok((RunId(row.get(0)?), row.get(1)?)))?
        .collect()
}

pub(crate) fn runs(connection: &Connection, limit: u64) -> rusqlite::Result<Vec<RunRow>> {
    connection
        .prepare_cached(
            "SELECT id, pid, command, started_at, ended_at, claimed, delivered, retried, failed, exit
             FROM run ORDER BY id DESC LIMIT ?1",
        )?
        .query_map([limit.cast_signed()], |row| {
            Ok(RunRow {
                id: RunId(row.get(0)?),
                process: ClaimHolder { host: None, pid: row.get(1)? },
                command: row.get(2)?,
                started_at: Timestamp::from_millis(row.get(3)?),
                ended_at: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
                stats: RunStats {
                    claimed: row.get::<_, i64>(5)?.unsigned_abs(),
                    delivered: row.get::<_, i64>(6)?.unsigned_abs(),
                    retried: row.get::<_, i64>(7)?.unsigned_abs(),
                    failed: row.get::<_, i64>(8)?.unsigned_abs(),
                },
                exit: row.get(9)?,
            })
        })?
        .collect()
}
