//! What is or was wrong, and who was notified.

use tokio_postgres::Row;

use super::client::Client;
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::row::{int, maybe_time, storable, time, unreadable};
use super::{Listed, Page, Result};
use crate::clock::Timestamp;
use crate::store::incidents::{
    self, FailingSink, Incident, IncidentKind, KEPT, Notification, NotificationResult, NotificationState, Observation,
    ObservedProblem, Severity, SinkRule,
};

pub(super) async fn observe(
    client: &Client,
    observation: Observation,
    sinks: Vec<SinkRule>,
    now: Timestamp,
) -> Result<Vec<Notification>> {
    let now = client.by_server(now);
    client.transact(async |connection: &Connection| {
        // One process at a time: what two see at the same moment is one incident, with one notification.
        connection.query_once("LOCK TABLE incident IN SHARE ROW EXCLUSIVE MODE", &[]).await?;
        let sql = "SELECT id, name, kind, subject, severity, event_type, reason, remedy, count, opened_at, last_seen_at, resolved_at
            FROM incident WHERE resolved_at IS NULL OR resolved_at > $1 ORDER BY id";
        let since = incidents::of_interest_since(now).as_millis();
        let mut found = read_all(connection, &connection.query(sql, args![since]).await?).await?;
        for place in incidents::update(&mut found, &observation, now) {
            match found[place].id {
                0 => found[place].id = insert(connection, &found[place], now).await?,
                _ => update(connection, &found[place]).await?,
            }
        }
        let notifications = incidents::claim(&mut found, &sinks, now);
        for notification in &notifications {
            for told in notification.incident.told.iter().filter(|told| told.sink == notification.sink) {
                save(connection, notification.incident.id, told).await?;
            }
        }
        Ok(notifications)
    })
    .await
}

/// Reads incidents with the state of their notifications.
async fn read_all(connection: &Connection, rows: &[Row]) -> Result<Vec<Incident>, PostgresError> {
    let mut found = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    for incident in &mut found {
        incident.told = told(connection, incident.id).await?;
    }
    Ok(found)
}

fn read(row: &Row) -> Result<Incident, PostgresError> {
    let kind: &str = row.get(2);
    let kind = IncidentKind::parse(kind).ok_or_else(|| unreadable("kind", &kind))?;
    Ok(Incident {
        id: int(row, 0),
        name: row.get(1),
        observed: ObservedProblem {
            kind,
            subject: row.get(3),
            severity: Severity::of_code(int(row, 4)),
            event_type: row.get(5),
            reason: row.get(6),
            remedy: row.get(7),
            count: int(row, 8).unsigned_abs(),
        },
        opened_at: time(row, 9),
        last_seen_at: time(row, 10),
        resolved_at: maybe_time(row, 11),
        told: Vec::new(),
    })
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Also removes what ended long ago.
async fn insert(connection: &Connection, incident: &Incident, now: Timestamp) -> Result<i64, PostgresError> {
    let before = now.minus(KEPT).as_millis();
    let sql = "DELETE FROM notice WHERE incident IN (SELECT id FROM incident WHERE resolved_at < $1)";
    connection.query(sql, args![before]).await?;
    connection.query("DELETE FROM incident WHERE resolved_at < $1", args![before]).await?;
    let Incident { name, observed, opened_at, .. } = incident;
    let sql = "INSERT INTO incident (name, kind, subject, severity, event_type, reason, remedy, count, opened_at, last_seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) RETURNING id";
    let (kind, subject, event_type) =
        (observed.kind.name().to_owned(), storable(&observed.subject), observed.event_type.as_deref().map(storable));
    let (reason, remedy) = (storable(&observed.reason), storable(&observed.remedy));
    let (severity, opened_at) = (observed.severity.code(), opened_at.as_millis());
    connection
        .number(
            sql,
            args![name.clone(), kind, subject, severity, event_type, reason, remedy, count(observed.count), opened_at],
        )
        .await
}

async fn update(connection: &Connection, incident: &Incident) -> Result<(), PostgresError> {
    let Incident { id, observed, last_seen_at, resolved_at, .. } = incident;
    let sql =
        "UPDATE incident SET severity = $2, event_type = $3, reason = $4, remedy = $5, count = $6, last_seen_at = $7,
            resolved_at = $8 WHERE id = $1";
    let event_type = observed.event_type.as_deref().map(storable);
    let (reason, remedy) = (storable(&observed.reason), storable(&observed.remedy));
    let (seen, resolved) = (last_seen_at.as_millis(), resolved_at.map(Timestamp::as_millis));
    let severity = observed.severity.code();
    connection
        .query(sql, args![*id, severity, event_type, reason, remedy, count(observed.count), seen, resolved])
        .await
        .map(drop)
}

async fn told(connection: &Connection, incident: i64) -> Result<Vec<NotificationState>, PostgresError> {
    let sql =
        "SELECT sink, told_open_at, told_severity, told_count, told_resolved_at, failures, failed_at, error, next_at
        FROM notice WHERE incident = $1 ORDER BY sink";
    let rows = connection.query(sql, args![incident]).await?;
    let read = |row: &Row| NotificationState {
        sink: row.get(0),
        open_at: maybe_time(row, 1),
        severity: Severity::of_code(int(row, 2)),
        count: int(row, 3).unsigned_abs(),
        resolved_at: maybe_time(row, 4),
        failures: super::row::count(row, 5),
        failed_at: maybe_time(row, 6),
        error: row.get(7),
        next_at: maybe_time(row, 8),
    };
    Ok(rows.iter().map(read).collect())
}

async fn save(connection: &Connection, incident: i64, told: &NotificationState) -> Result<(), PostgresError> {
    let sql = "INSERT INTO notice (incident, sink, told_open_at, told_severity, told_count, told_resolved_at, failures,
            failed_at, error, next_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (incident, sink) DO UPDATE SET told_open_at = EXCLUDED.told_open_at,
            told_severity = EXCLUDED.told_severity, told_count = EXCLUDED.told_count,
            told_resolved_at = EXCLUDED.told_resolved_at, failures = EXCLUDED.failures, failed_at = EXCLUDED.failed_at,
            error = EXCLUDED.error, next_at = EXCLUDED.next_at";
    let millis = |time: Option<Timestamp>| time.map(Timestamp::as_millis);
    let (sink, error) = (storable(&told.sink), told.error.as_deref().map(storable));
    let (open, resolved) = (millis(told.open_at), millis(told.resolved_at));
    let (failed, next, failures) = (millis(told.failed_at), millis(told.next_at), i64::from(told.failures));
    let (severity, count) = (told.severity.code(), count(told.count));
    connection
        .query(sql, args![incident, sink, open, severity, count, resolved, failures, failed, error, next])
        .await
        .map(drop)
}

pub(super) async fn settle(client: &Client, settled: Vec<NotificationResult>, now: Timestamp) -> Result<()> {
    let now = client.by_server(now);
    client
        .transact(async |connection: &Connection| {
            for it in &settled {
                save(connection, it.notification.incident.id, &incidents::settle(it, now)).await?;
            }
            Ok(())
        })
        .await
}

pub(super) async fn list(client: &Client, open: bool, page: Page) -> Result<Listed<Incident>> {
    let only = if open { "WHERE resolved_at IS NULL" } else { "" };
    let count = format!("SELECT count(*) FROM incident {only}");
    let sql = format!(
        "SELECT id, name, kind, subject, severity, event_type, reason, remedy, count, opened_at, last_seen_at, resolved_at
         FROM incident {only} ORDER BY resolved_at IS NOT NULL, id DESC {}",
        page.window()
    );
    client
        .read(async |connection: &Connection| {
            let total = connection.query_once(&count, &[]).await?.first().map_or(0, |row| int(row, 0)).unsigned_abs();
            let rows = connection.query_once(&sql, &[]).await?;
            Ok(Listed::counted(read_all(connection, &rows).await?, total))
        })
        .await
}

pub(super) async fn failing_sinks(client: &Client, now: Timestamp) -> Result<Vec<FailingSink>> {
    let since = incidents::errors_since(client.by_server(now)).as_millis();
    client
        .read(async |connection: &Connection| {
            let sql = "SELECT DISTINCT ON (sink) sink, count(*) OVER (PARTITION BY sink), failed_at, error
            FROM notice WHERE failed_at > $1 ORDER BY sink, failed_at DESC";
            let rows = connection.query(sql, args![since]).await?;
            let read = |row: &Row| FailingSink {
                sink: row.get(0),
                notifications: int(row, 1).unsigned_abs(),
                failed_at: time(row, 2),
                error: row.get::<_, Option<String>>(3).unwrap_or_default(),
            };
            Ok(rows.iter().map(read).collect())
        })
        .await
}
