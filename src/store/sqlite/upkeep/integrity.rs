//! Looking at the file itself, and checking it.

use std::path::Path;

use const_format::formatcp;
use rusqlite::Connection;

use crate::store::checksum::EventContent;
use crate::store::db_codes::{BLOCKED, DELIVERED, FAILED, PROCESSING, QUEUED, SUPERSEDED};
use crate::store::sqlite::file::migrate;
use crate::store::sqlite::write::endpoint_cache;
use crate::store::{DatabaseInfo, DeliveryCounts, FileInfo, Location, rules};

/// The most faults of the file that are reported one by one.
const SHOWN: u32 = 100;

pub(crate) fn info(connection: &Connection, path: &Path, wal: &Path) -> rusqlite::Result<DatabaseInfo> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let page_bytes = pragma("page_size")?.unsigned_abs();
    Ok(DatabaseInfo {
        location: Location::file(path),
        schema: migrate::version(connection)?,
        known_schema: migrate::known_version(),
        engine: "SQLite",
        engine_version: rusqlite::version().to_owned(),
        bytes: pragma("page_count")?.unsigned_abs() * page_bytes,
        server: None,
        file: Some(file_info(connection, wal, page_bytes)?),
    })
}

fn file_info(connection: &Connection, wal: &Path, page_bytes: u64) -> rusqlite::Result<FileInfo> {
    let free_pages: i64 = connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
    Ok(FileInfo {
        journal_mode: connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?,
        // Asked of the system, not opened: closing it would drop SQLite's locks.
        wal_bytes: std::fs::metadata(wal).map_or(0, |wal| wal.len()),
        free_bytes: free_pages.unsigned_abs() * page_bytes,
    })
}

pub(crate) fn verify(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut found = integrity(connection)?;
    if found.is_empty() {
        found.extend(wrong_figures(connection)?);
        found.extend(wrong_lanes(connection)?);
        found.extend(altered_events(connection)?);
    }
    Ok(found)
}

/// What SQLite finds wrong with the structure of the file, its indexes left out.
pub(crate) fn structure(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    told(connection, &format!("PRAGMA quick_check({SHOWN})"))
}

/// What SQLite finds wrong with the file.
pub(crate) fn integrity(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    told(connection, &format!("PRAGMA integrity_check({SHOWN})"))
}

fn told(connection: &Connection, check: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(check)?;
    let found = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

/// Events whose bytes are not the ones that were emitted.
pub(crate) fn altered_events(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT e.id, k.type, e.body, e.checksum, w.body, w.checksum FROM event e JOIN kind k ON k.id = e.kind
             LEFT JOIN whole_record w ON w.event = e.seq ORDER BY e.seq",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()?.filter(|_| found.len() < SHOWN as usize) {
        let (id, event_type) = (row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
        let body = EventContent { id, event_type, body: row.get_ref(2)?.as_blob()? };
        let whole = row.get_ref(4)?.as_blob_or_null()?.map(|body| EventContent { id, event_type, body });
        if !(body.is_sound_in(row, 3)? && whole.map_or(Ok(true), |whole| whole.is_sound_in(row, 5))?) {
            found.push(format!("the stored event {id} is not the one that was emitted"));
        }
    }
    Ok(found)
}

/// Where the counters say something else than the rows.
fn wrong_figures(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut found = Vec::new();
    for row in endpoint_cache::load(connection)? {
        let counted = count(connection, row.endpoint.id.0)?;
        if counted != row.counts {
            let name = &row.endpoint.name;
            found.push(format!(
                "the figures of the endpoint {name} are wrong: {}",
                rules::differences(row.counts, counted)
            ));
        }
    }
    let kept: i64 = connection.query_row("SELECT value FROM figure WHERE name = 'events'", [], |row| row.get(0))?;
    let events: i64 = connection.query_row("SELECT count(*) FROM event", [], |row| row.get(0))?;
    if kept != events {
        found.push(format!("the figures count {kept} events, there are {events}"));
    }
    Ok(found)
}

fn count(connection: &Connection, endpoint: i64) -> rusqlite::Result<DeliveryCounts> {
    connection
        .prepare_cached(formatcp!(
            "SELECT count(*) FILTER (WHERE state < {PROCESSING}), count(*) FILTER (WHERE state = {PROCESSING}),
                count(*) FILTER (WHERE state = {DELIVERED}), count(*) FILTER (WHERE state = {FAILED}),
                count(*) FILTER (WHERE state = {FAILED} OR (state < {DELIVERED} AND failures > 0)),
                coalesce(sum(attempts) FILTER (WHERE state = {FAILED} OR (state < {DELIVERED} AND failures > 0)), 0),
                count(*) FILTER (WHERE state = {SUPERSEDED})
             FROM delivery WHERE endpoint = ?1"
        ))?
        .query_row([endpoint], |row| {
            Ok(DeliveryCounts {
                waiting: row.get(0)?,
                processing: row.get(1)?,
                delivered: row.get(2)?,
                failed: row.get(3)?,
                troubled: row.get(4)?,
                troubled_attempts: row.get(5)?,
                superseded: row.get(6)?,
            })
        })
}

/// Resources whose deliveries would never go out, two at once, or in another order.
fn wrong_lanes(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let turns = count(formatcp!(
        "SELECT count(*) FROM (SELECT 1 FROM delivery WHERE state >= {BLOCKED} AND state < {DELIVERED}
         GROUP BY endpoint, lane HAVING sum(state > {BLOCKED}) <> 1)"
    ))?;
    let overtaken = count(
        formatcp!("SELECT count(*) FROM delivery q WHERE q.state = {QUEUED} AND EXISTS (SELECT 1 FROM delivery d
         WHERE d.endpoint = q.endpoint AND d.lane = q.lane AND d.id > q.id AND d.state >= {BLOCKED} AND d.state < {DELIVERED})"),
    )?;
    let mut found = Vec::new();
    if turns > 0 {
        found.push(format!("{turns} resources without exactly one delivery in turn"));
    }
    if overtaken > 0 {
        found.push(format!("{overtaken} queued deliveries behind later ones of their resource"));
    }
    Ok(found)
}
