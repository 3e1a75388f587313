//! Refused requests that are kept, and the figures of what was received.

use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};

use crate::clock::Timestamp;
use crate::store::inbound::{
    KeptRequest, MAX_KEPT_BYTES, MAX_KEPT_BYTES_PER_SOURCE, REQUESTS_KEPT_FOR, ReceivedFigures, RefusedWebhook,
    RequestCopy, WebhookTotal,
};
use crate::store::search::count_bound;
use crate::store::sqlite::error::unreadable;
use crate::store::sqlite::read::where_clause::{DIALECT, count_up_to};
use crate::store::where_clause::WhereClause;
use crate::store::{Listed, Page};

/// How long the figures of a minute are kept.
const RATES_KEPT_MINUTES: i64 = 48 * 60;

/// Counts what was received at a route; `reason` is empty for what was accepted.
pub(crate) fn count(
    connection: &Connection,
    (route, reason): (&str, &str),
    count: u64,
    skew_ms: Option<i64>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let added = connection
        .prepare_cached(
            "INSERT INTO received_rate (minute, route, reason, count, skew_sum, skews) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET count = count + excluded.count, skew_sum = skew_sum + excluded.skew_sum,
                 skews = skews + excluded.skews RETURNING count = ?4",
        )?
        .query_row(
            params![now.minute(), route, reason, count, skew_ms.unwrap_or_default(), i64::from(skew_ms.is_some())],
            |row| row.get::<_, bool>(0),
        )?;
    // The first of a minute makes room for it. The last that a route accepted stays: it shows since when the route has
    // been silent.
    if added {
        connection
            .prepare_cached(
                "DELETE FROM received_rate WHERE minute < ?1 AND (reason <> '' OR (route, minute) NOT IN
                     (SELECT route, max(minute) FROM received_rate WHERE reason = '' GROUP BY route))",
            )?
            .execute([now.minute() - RATES_KEPT_MINUTES])?;
    }
    Ok(())
}

pub(crate) fn figures(connection: &Connection, since: Timestamp) -> rusqlite::Result<ReceivedFigures> {
    let rates = connection
        .prepare_cached(
            "SELECT route, reason, sum(count), sum(skew_sum), sum(skews) FROM received_rate WHERE minute >= ?1
             GROUP BY route, reason ORDER BY route, reason",
        )?
        .query_map([since.minute()], |row| {
            Ok(WebhookTotal {
                route: row.get(0)?,
                reason: Some(row.get::<_, String>(1)?).filter(|reason| !reason.is_empty()),
                count: row.get::<_, i64>(2)?.unsigned_abs(),
                skew: (row.get(3)?, row.get::<_, i64>(4)?.unsigned_abs()),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let last: Option<i64> =
        connection.prepare_cached("SELECT max(seen_at) FROM sender")?.query_row([], |row| row.get(0))?;
    let last_by_route = connection
        .prepare_cached("SELECT route, max(minute) FROM received_rate WHERE reason = '' GROUP BY route ORDER BY route")?
        .query_map([], |row| Ok((row.get(0)?, Timestamp::from_minute(row.get(1)?))))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(ReceivedFigures { rates, last_accepted_at: last.map(Timestamp::from_millis), last_by_route })
}

/// Keeps a refused request, and returns its number. Old ones are removed, and the oldest of a source that has too much.
pub(crate) fn keep(
    connection: &Connection,
    refused: &RefusedWebhook,
    copy: &RequestCopy,
    now: Timestamp,
) -> rusqlite::Result<i64> {
    let headers = serde_json::to_string(&copy.headers).expect("headers are text");
    let bytes = headers.len() + copy.body.len();
    connection
        .prepare_cached(
            "INSERT INTO request (at, source, route, reason, headers, body, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            now.as_millis(),
            refused.source,
            &*refused.route,
            refused.reason,
            headers,
            copy.body,
            i64::try_from(bytes).unwrap_or(i64::MAX)
        ])?;
    let id = connection.last_insert_rowid();
    // More than one for each that is kept: those of before are gone sooner or later.
    connection
        .prepare_cached("DELETE FROM request WHERE id IN (SELECT id FROM request ORDER BY id LIMIT 100) AND at < ?1")?
        .execute([now.minus(REQUESTS_KEPT_FOR).as_millis()])?;
    make_room(connection, &refused.source, MAX_KEPT_BYTES_PER_SOURCE)?;
    while kept_bytes(connection, None)? > MAX_KEPT_BYTES {
        let largest: String = connection
            .prepare_cached("SELECT source FROM request GROUP BY source ORDER BY sum(bytes) DESC LIMIT 1")?
            .query_row([], |row| row.get(0))?;
        remove_oldest(connection, &largest)?;
    }
    Ok(id)
}

fn make_room(connection: &Connection, source: &str, limit: u64) -> rusqlite::Result<()> {
    while kept_bytes(connection, Some(source))? > limit {
        remove_oldest(connection, source)?;
    }
    Ok(())
}

fn kept_bytes(connection: &Connection, source: Option<&str>) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT coalesce(sum(bytes), 0) FROM request WHERE ?1 IS NULL OR source = ?1")?
        .query_row([source], |row| row.get::<_, i64>(0).map(i64::unsigned_abs))
}

fn remove_oldest(connection: &Connection, source: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM request WHERE id = (SELECT min(id) FROM request WHERE source = ?1)")?
        .execute([source])?;
    Ok(())
}

const COLUMNS: &str = "id, at, source, route, reason, bytes, replayed_at, result";

pub(crate) fn list(connection: &Connection, past: Option<i64>, page: Page) -> rusqlite::Result<Listed<KeptRequest>> {
    let condition = WhereClause::on_kept(past, page, DIALECT);
    let bound = count_bound(page);
    let found = count_up_to(connection, "request", &condition, bound)?;
    let (which, order, window) = (condition.sql(), page.direction(), page.window());
    let sql = format!("SELECT {COLUMNS} FROM request WHERE {which} ORDER BY id {order} {window}");
    let mut listing = connection.prepare(&sql)?;
    let rows = listing.query_map(params_from_iter(condition.values()), kept_row)?.collect::<rusqlite::Result<_>>()?;
    Ok(Listed::counted_up_to(rows, found, bound))
}

pub(crate) fn find(connection: &Connection, id: i64) -> rusqlite::Result<Option<(KeptRequest, RequestCopy)>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS}, headers, body FROM request WHERE id = ?1"))?
        .query_row([id], |row| {
            let headers = serde_json::from_str(row.get_ref(8)?.as_str()?).map_err(|e| unreadable("headers", &e))?;
            Ok((kept_row(row)?, RequestCopy { headers, body: row.get(9)? }))
        })
        .optional()
}

pub(crate) fn settle(connection: &Connection, id: i64, result: &str, now: Timestamp) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE request SET replayed_at = ?2, result = ?3 WHERE id = ?1")?.execute(params![
        id,
        now.as_millis(),
        result
    ])?;
    Ok(())
}

fn kept_row(row: &Row<'_>) -> rusqlite::Result<KeptRequest> {
    Ok(KeptRequest {
        id: row.get(0)?,
        at: Timestamp::from_millis(row.get(1)?),
        source: row.get(2)?,
        route: row.get(3)?,
        reason: row.get(4)?,
        bytes: row.get::<_, i64>(5)?.unsigned_abs(),
        replayed_at: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_millis),
        result: row.get(7)?,
    })
}
