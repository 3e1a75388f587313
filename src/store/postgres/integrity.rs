//! Looking at the database itself, and checking it.

use std::collections::BTreeMap;
use std::time::Duration;

use const_format::formatcp;

use super::checksum::EventContent;
use super::client::Client;
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::row::{BLOCKED, DELIVERED, FAILED, OPEN, SUPERSEDED, int, maybe_int};
use super::settings::SessionMode;
use super::{DatabaseInfo, DeliveryCounts, Location, Result, endpoint_rows, figures, migrate};
use crate::clock::{Clock as _, SystemClock};
use crate::store::{ServerInfo, rules};

/// The most events that are reported one by one; as many are read by one statement.
const SHOWN: usize = 100;
const AT_ONCE: i64 = 1_000;

/// Where an open delivery has to stand, what a lane must look like, and tables that must agree: each counts what is wrong.
const CHECKS: &[(&str, &str)] = &[
    (
        "open deliveries that are nowhere, or in two places",
        formatcp!("SELECT count(*) FROM (SELECT d.id FROM delivery d LEFT JOIN (
            SELECT id FROM queue UNION ALL SELECT id FROM waiting
            UNION ALL SELECT i.id FROM flight f CROSS JOIN LATERAL unnest(f.ids) AS i(id)) p ON p.id = d.id
         WHERE d.state = {OPEN} GROUP BY d.id HAVING count(p.id) <> 1) n"),
    ),
    (
        "deliveries that wait although they are finished or gone",
        "SELECT count(*) FROM (SELECT id FROM queue UNION ALL SELECT id FROM waiting
            UNION ALL SELECT i.id FROM flight f CROSS JOIN LATERAL unnest(f.ids) AS i(id)) p
         LEFT JOIN delivery d ON d.id = p.id WHERE d.state IS DISTINCT FROM 0",
    ),
    (
        "resources without exactly one delivery in turn",
        formatcp!("SELECT count(*) FROM (SELECT FROM (
            SELECT endpoint, lane, (state > {BLOCKED})::int AS active FROM waiting
            UNION ALL SELECT f.endpoint, l.lane, 1 FROM flight f CROSS JOIN LATERAL unnest(f.lanes) AS l(lane)) l
         GROUP BY endpoint, lane HAVING sum(active) <> 1) n"),
    ),
    (
        "queued deliveries behind later ones of their resource",
        "SELECT count(*) FROM queue q WHERE EXISTS (SELECT FROM waiting w
            WHERE w.endpoint = q.endpoint AND w.lane = q.lane AND w.id > q.id)
         OR EXISTS (SELECT FROM flight f CROSS JOIN LATERAL unnest(f.ids, f.lanes) AS l(id, lane)
            WHERE f.endpoint = q.endpoint AND l.lane = q.lane AND l.id > q.id)",
    ),
    (
        "deliveries whose failures are not listed, or listed without one",
        formatcp!("SELECT count(*) FROM delivery d FULL JOIN trouble t ON t.id = d.id
         WHERE (d.id IS NOT NULL AND (d.state = {FAILED} OR (d.failures > 0 AND d.state = {OPEN}))) <> (t.id IS NOT NULL)"),
    ),
    (
        "claims of runs that ended",
        "SELECT count(*) FROM flight f JOIN run r ON r.id = f.run WHERE r.ended_at IS NOT NULL",
    ),
    (
        "deliveries without their event",
        "SELECT count(*) FROM delivery d WHERE NOT EXISTS (SELECT FROM event e WHERE e.seq = d.event)",
    ),
    (
        "attempts beyond those that their delivery counts",
        "SELECT count(*) FROM attempt a LEFT JOIN delivery d ON d.id = a.delivery WHERE d.id IS NULL OR a.number > d.attempts",
    ),
];

pub(super) async fn verify(client: &Client) -> Result<Vec<String>> {
    client
        .read(async |connection: &Connection| {
            let mut found = wrong_figures(connection).await?;
            for (what, sql) in CHECKS {
                let rows = connection.query_once(sql, &[]).await?;
                let wrong = rows.first().map_or(0, |row| int(row, 0));
                if wrong > 0 {
                    found.push(format!("{wrong} {what}"));
                }
            }
            found.extend(altered_events(connection).await?);
            Ok(found)
        })
        .await
}

/// Where the counters say something else than the rows.
async fn wrong_figures(connection: &Connection) -> Result<Vec<String>, PostgresError> {
    let mut found = Vec::new();
    let kept = figures::counts(connection).await?;
    let counted = count(connection).await?;
    for row in endpoint_rows::load(connection).await? {
        let of = |counts: &BTreeMap<i64, DeliveryCounts>| counts.get(&row.endpoint.id.0).copied().unwrap_or_default();
        let (kept, counted) = (of(&kept), of(&counted));
        if kept != counted {
            let name = &row.endpoint.name;
            found.push(format!("the figures of the endpoint {name} are wrong: {}", rules::differences(kept, counted)));
        }
    }
    let kept = figures::events(connection).await?;
    let rows = connection.query_once("SELECT count(*) FROM event", &[]).await?;
    let events = rows.first().map_or(0, |row| int(row, 0));
    if kept != events {
        found.push(format!("the figures count {kept} events, there are {events}"));
    }
    Ok(found)
}

async fn count(connection: &Connection) -> Result<BTreeMap<i64, DeliveryCounts>, PostgresError> {
    let rows = connection
        .query_once(
            formatcp!(
                "WITH flying AS (SELECT i.id FROM flight f CROSS JOIN LATERAL unnest(f.ids) AS i(id))
             SELECT d.endpoint, count(*) FILTER (WHERE d.state = {OPEN} AND f.id IS NULL), count(f.id),
                count(*) FILTER (WHERE d.state = {DELIVERED}), count(*) FILTER (WHERE d.state = {FAILED}),
                count(*) FILTER (WHERE d.state = {FAILED} OR (d.state = {OPEN} AND d.failures > 0)),
                coalesce(sum(d.attempts + (f.id IS NOT NULL)::int)
                    FILTER (WHERE d.state = {FAILED} OR (d.state = {OPEN} AND d.failures > 0)), 0)::bigint,
                count(*) FILTER (WHERE d.state = {SUPERSEDED})
             FROM delivery d LEFT JOIN flying f ON f.id = d.id GROUP BY d.endpoint"
            ),
            &[],
        )
        .await?;
    Ok(rows.iter().map(figures::counts_of_endpoint).collect())
}

/// Events whose bytes are not the ones that were emitted.
async fn altered_events(connection: &Connection) -> Result<Vec<String>, PostgresError> {
    let mut found = Vec::new();
    let mut after = i64::MIN;
    while found.len() < SHOWN {
        let sql = "SELECT e.seq, e.id, k.type, e.body, e.checksum, w.body, w.checksum FROM event e
            JOIN kind k ON k.id = e.kind LEFT JOIN whole_record w ON w.event = e.seq WHERE e.seq > $1 ORDER BY e.seq LIMIT $2";
        let rows = connection.query(sql, args![after, AT_ONCE]).await?;
        let Some(last) = rows.last() else { break };
        after = int(last, 0);
        for row in &rows {
            let (id, event_type) = (row.get(1), row.get(2));
            let whole = row.get::<_, Option<&[u8]>>(5).map(|body| EventContent { id, event_type, body });
            let is_whole_sound = whole.is_none_or(|whole| whole.is_sound(int(row, 6)));
            if !(EventContent { id, event_type, body: row.get(3) }.is_sound(int(row, 4)) && is_whole_sound) {
                found.push(format!("the stored event {id} is not the one that was emitted"));
            }
        }
    }
    found.truncate(SHOWN);
    Ok(found)
}

pub(super) async fn info(client: &Client, location: Location) -> Result<DatabaseInfo> {
    client
        .read(async |connection: &Connection| {
            let sql = "SELECT (SELECT version FROM schema_version), current_setting('server_version'),
            (SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
                WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r')";
            let row = connection.first(sql, &[]).await?;
            Ok(DatabaseInfo {
                location: location.clone(),
                schema: row.as_ref().map_or(0, |row| int(row, 0)),
                known_schema: migrate::known_version(),
                engine: "PostgreSQL",
                engine_version: row.as_ref().map_or_else(String::new, |row| row.get(1)),
                bytes: row.as_ref().map_or(0, |row| int(row, 2)).unsigned_abs(),
                file: None,
                server: server(client, connection).await?,
            })
        })
        .await
}

/// The server's settings that a queue depends on. Transactions of other roles are seen where the role may.
async fn server(client: &Client, connection: &Connection) -> Result<Option<ServerInfo>, PostgresError> {
    let sql = "SELECT host(inet_server_addr()) || ':' || inet_server_port(), current_setting('fsync')::boolean,
        current_setting('synchronous_commit'), pg_size_bytes(current_setting('max_wal_size')),
        current_setting('wal_compression'),
        (SELECT (extract(epoch FROM max(clock_timestamp() - xact_start)) * 1000)::bigint FROM pg_stat_activity
            WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database()),
        (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    let row = connection.first(sql, &[]).await?;
    Ok(row.map(|row| ServerInfo {
        address: row.get(0),
        fsync: row.get(1),
        synchronous_commit: row.get(2),
        max_wal_bytes: int(&row, 3).unsigned_abs(),
        wal_compression: row.get(4),
        oldest_snapshot: maybe_int(&row, 5).map(|ms| Duration::from_millis(ms.unsigned_abs())),
        clock_ahead_ms: int(&row, 6) - SystemClock.now().as_millis(),
        pooled: client.settings.mode == SessionMode::Pooler,
    }))
}
