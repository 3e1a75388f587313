//! What is or was wrong, and who was notified.

use rusqlite::{Connection, Row, params};

use crate::clock::Timestamp;
use crate::store::incidents::{
    self, FailingSink, Incident, IncidentKind, KEPT, Notification, NotificationResult, NotificationState, Observation,
    ObservedProblem, Severity, SinkRule,
};
use crate::store::sqlite::error::unreadable;
use crate::store::{Listed, Page};

pub(crate) fn observe(
    connection: &Connection,
    observation: &Observation,
    sinks: &[SinkRule],
    now: Timestamp,
) -> rusqlite::Result<Vec<Notification>> {
    let since = incidents::of_interest_since(now).as_millis();
    let sql = format!("SELECT {COLUMNS} FROM incident WHERE resolved_at IS NULL OR resolved_at > ?1 ORDER BY id");
    let mut found: Vec<Incident> =
        connection.prepare_cached(&sql)?.query_map([since], read)?.collect::<rusqlite::Result<_>>()?;
    for incident in &mut found {
        incident.told = told(connection, incident.id)?;
    }
    for place in incidents::update(&mut found, observation, now) {
        match found[place].id {
            0 => found[place].id = insert(connection, &found[place], now)?,
            _ => update(connection, &found[place])?,
        }
    }
    let notifications = incidents::claim(&mut found, sinks, now);
    for notification in &notifications {
        for told in notification.incident.told.iter().filter(|told| told.sink == notification.sink) {
            save(connection, notification.incident.id, told)?;
        }
    }
    Ok(notifications)
}

const COLUMNS: &str =
    "id, name, kind, subject, severity, event_type, reason, remedy, count, opened_at, last_seen_at, resolved_at";

fn read(row: &Row<'_>) -> rusqlite::Result<Incident> {
    let kind: String = row.get(2)?;
    let kind = IncidentKind::parse(&kind).ok_or_else(|| unreadable("kind", &kind))?;
    Ok(Incident {
        id: row.get(0)?,
        name: row.get(1)?,
        observed: ObservedProblem {
            kind,
            subject: row.get(3)?,
            severity: Severity::of_code(row.get(4)?),
            event_type: row.get(5)?,
            reason: row.get(6)?,
            remedy: row.get(7)?,
            count: row.get::<_, i64>(8)?.unsigned_abs(),
        },
        opened_at: Timestamp::from_millis(row.get(9)?),
        last_seen_at: Timestamp::from_millis(row.get(10)?),
        resolved_at: row.get::<_, Option<i64>>(11)?.map(Timestamp::from_millis),
        told: Vec::new(),
    })
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Also removes what ended long ago.
fn insert(connection: &Connection, incident: &Incident, now: Timestamp) -> rusqlite::Result<i64> {
    let before = now.minus(KEPT).as_millis();
    connection
        .prepare_cached("DELETE FROM notice WHERE incident IN (SELECT id FROM incident WHERE resolved_at < ?1)")?
        .execute([before])?;
    connection.prepare_cached("DELETE FROM incident WHERE resolved_at < ?1")?.execute([before])?;
    let Incident { name, observed, opened_at, .. } = incident;
    connection
        .prepare_cached(
            "INSERT INTO incident (name, kind, subject, severity, event_type, reason, remedy, count, opened_at, last_seen_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
        )?
        .execute(params![
            name,
            observed.kind.name(),
            observed.subject,
            observed.severity.code(),
            observed.event_type,
            observed.reason,
            observed.remedy,
            count(observed.count),
            opened_at.as_millis(),
        ])?;
    Ok(connection.last_insert_rowid())
}

fn update(connection: &Connection, incident: &Incident) -> rusqlite::Result<()> {
    let Incident { id, observed, last_seen_at, resolved_at, .. } = incident;
    connection
        .prepare_cached(
            "UPDATE incident SET severity = ?2, event_type = ?3, reason = ?4, remedy = ?5, count = ?6, last_seen_at = ?7,
                resolved_at = ?8 WHERE id = ?1",
        )?
        .execute(params![
            id,
            observed.severity.code(),
            observed.event_type,
            observed.reason,
            observed.remedy,
            count(observed.count),
            last_seen_at.as_millis(),
            resolved_at.map(Timestamp::as_millis),
        ])
        .map(drop)
}

fn told(connection: &Connection, incident: i64) -> rusqlite::Result<Vec<NotificationState>> {
    connection
        .prepare_cached(
            "SELECT sink, told_open_at, told_severity, told_count, told_resolved_at, failures, failed_at, error, next_at
             FROM notice WHERE incident = ?1 ORDER BY sink",
        )?
        .query_map([incident], |row| {
            let time = |at| row.get::<_, Option<i64>>(at).map(|millis| millis.map(Timestamp::from_millis));
            Ok(NotificationState {
                sink: row.get(0)?,
                open_at: time(1)?,
                severity: Severity::of_code(row.get(2)?),
                count: row.get::<_, i64>(3)?.unsigned_abs(),
                resolved_at: time(4)?,
                failures: u32::try_from(row.get::<_, i64>(5)?).unwrap_or(0),
                failed_at: time(6)?,
                error: row.get(7)?,
                next_at: time(8)?,
            })
        })?
        .collect()
}

fn save(connection: &Connection, incident: i64, told: &NotificationState) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO notice (incident, sink, told_open_at, told_severity, told_count, told_resolved_at,
                failures, failed_at, error, next_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            incident,
            told.sink,
            told.open_at.map(Timestamp::as_millis),
            told.severity.code(),
            count(told.count),
            told.resolved_at.map(Timestamp::as_millis),
            told.failures,
            told.failed_at.map(Timestamp::as_millis),
            told.error,
            told.next_at.map(Timestamp::as_millis),
        ])
        .map(drop)
}

pub(crate) fn settle(connection: &Connection, settled: &[NotificationResult], now: Timestamp) -> rusqlite::Result<()> {
    settled.iter().try_for_each(|it| save(connection, it.notification.incident.id, &incidents::settle(it, now)))
}

pub(crate) fn list(connection: &Connection, open: bool, page: Page) -> rusqlite::Result<Listed<Incident>> {
    let only = if open { "WHERE resolved_at IS NULL" } else { "" };
    let total: i64 = connection.query_row(&format!("SELECT count(*) FROM incident {only}"), [], |row| row.get(0))?;
    let sql = format!(
        "SELECT {COLUMNS} FROM incident {only} ORDER BY resolved_at IS NOT NULL, id DESC LIMIT {} OFFSET {}",
        page.limit,
        page.offset()
    );
    let mut rows: Vec<Incident> = connection.prepare(&sql)?.query_map([], read)?.collect::<rusqlite::Result<_>>()?;
    for incident in &mut rows {
        incident.told = told(connection, incident.id)?;
    }
    Ok(Listed::counted(rows, total.unsigned_abs()))
}

pub(crate) fn failing_sinks(connection: &Connection, now: Timestamp) -> rusqlite::Result<Vec<FailingSink>> {
    // SQLite takes the other columns from the row of the maximum.
    connection
        .prepare_cached(
            "SELECT sink, count(*), max(failed_at), error FROM notice WHERE failed_at > ?1 GROUP BY sink ORDER BY sink",
        )?
        .query_map([incidents::errors_since(now).as_millis()], |row| {
            Ok(FailingSink {
                sink: row.get(0)?,
                notifications: row.get::<_, i64>(1)?.unsigned_abs(),
                failed_at: Timestamp::from_millis(row.get(2)?),
                error: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
            })
        })?
        .collect()
}
