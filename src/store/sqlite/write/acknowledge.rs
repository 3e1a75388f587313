//! Clusters of failures that were acknowledged.

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::store::Acknowledgement;

pub(crate) fn acknowledge(connection: &Connection, cluster: &Acknowledgement) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO acknowledged (cluster, at, note) VALUES (?1, ?2, ?3)")?
        .execute(params![cluster.cluster, cluster.at.as_millis(), cluster.note])?;
    Ok(())
}

pub(crate) fn withdraw(connection: &Connection, cluster: &str) -> rusqlite::Result<bool> {
    let gone = connection.prepare_cached("DELETE FROM acknowledged WHERE cluster = ?1")?.execute([cluster])?;
    Ok(gone > 0)
}

pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<Acknowledgement>> {
    connection
        .prepare_cached("SELECT cluster, at, note FROM acknowledged ORDER BY cluster")?
        .query_map([], |row| {
            Ok(Acknowledgement { cluster: row.get(0)?, at: Timestamp::from_millis(row.get(1)?), note: row.get(2)? })
        })?
        .collect()
}
