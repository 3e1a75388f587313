//! Refused requests that are kept, and the figures of what was received.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_postgres::Row;

use super::client::Client;
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::row::{int, maybe_time, storable, time, unreadable};
use super::where_clause::{DIALECT, bound, count_up_to};
use super::{KeptRequest, Listed, Page, ReceivedFigures, RefusedWebhook, RequestCopy, Result};
use crate::clock::Timestamp;
use crate::store::inbound::{MAX_KEPT_BYTES, MAX_KEPT_BYTES_PER_SOURCE, REQUESTS_KEPT_FOR, WebhookTotal};
use crate::store::search::count_bound;
use crate::store::where_clause::WhereClause;

/// How long the figures of a minute are kept.
const RATES_KEPT_MINUTES: i64 = 48 * 60;

/// What one transaction adds to the counters of received webhooks: by minute, route and reason, which is empty for what
/// was accepted.
#[derive(Debug, Default)]
pub(super) struct ReceivedCounts(BTreeMap<(i64, Arc<str>, &'static str), ReceivedCount>);

/// How many webhooks were received, and the sum of their clock skews.
#[derive(Clone, Copy, Debug, Default)]
struct ReceivedCount {
    count: i64,
    skew_sum: i64,
    skews: i64,
}

impl ReceivedCounts {
    /// Counts what was received at a route.
    pub(super) fn add(
        &mut self,
        (route, reason): (&Arc<str>, &'static str),
        count: u64,
        skew_ms: Option<i64>,
        now: Timestamp,
    ) {
        let counted = self.0.entry((now.minute(), Arc::clone(route), reason)).or_default();
        counted.count = counted.count.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
        counted.skew_sum += skew_ms.unwrap_or_default();
        counted.skews += i64::from(skew_ms.is_some());
    }

    /// Adds it to the figures of a slot.
    pub(super) async fn write(&self, connection: &Connection, slot: i64) -> Result<(), PostgresError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let column = |part: fn(&ReceivedCount) -> i64| self.0.values().map(part).collect::<Vec<i64>>();
        let minutes: Vec<i64> = self.0.keys().map(|key| key.0).collect();
        let rows = connection
            .query(
                "INSERT INTO received_rate AS r (slot, minute, route, reason, count, skew_sum, skews)
                 SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7)
                 ON CONFLICT (minute, route, reason, slot) DO UPDATE SET count = r.count + EXCLUDED.count,
                    skew_sum = r.skew_sum + EXCLUDED.skew_sum, skews = r.skews + EXCLUDED.skews
                 RETURNING xmax = 0",
                args![
                    slot,
                    minutes,
                    self.0.keys().map(|key| &*key.1).collect::<Vec<&str>>(),
                    self.0.keys().map(|key| key.2).collect::<Vec<&str>>(),
                    column(|it| it.count),
                    column(|it| it.skew_sum),
                    column(|it| it.skews),
                ],
            )
            .await?;
        // The first of a minute makes room for it. The last that a route accepted stays: it shows since when the route
        // has been silent.
        if let Some(newest) = minutes.last().filter(|_| rows.iter().any(|row| row.get(0))) {
            let old = "DELETE FROM received_rate WHERE minute < $1 AND (reason <> '' OR (route, minute) NOT IN
                (SELECT route, max(minute) FROM received_rate WHERE reason = '' GROUP BY route))";
            connection.query(old, args![*newest - RATES_KEPT_MINUTES]).await?;
        }
        Ok(())
    }
}

pub(super) async fn figures(client: &Client, since: Timestamp) -> Result<ReceivedFigures> {
    let since = client.by_server(since).minute();
    client
        .read(async |connection: &Connection| {
            let sql =
                "SELECT route, reason, sum(count)::bigint, sum(skew_sum)::bigint, sum(skews)::bigint FROM received_rate
            WHERE minute >= $1 GROUP BY route, reason ORDER BY route, reason";
            let rate = |row: &Row| WebhookTotal {
                route: row.get(0),
                reason: Some(row.get::<_, String>(1)).filter(|reason| !reason.is_empty()),
                count: int(row, 2).unsigned_abs(),
                skew: (int(row, 3), int(row, 4).unsigned_abs()),
            };
            let rates = connection.query(sql, args![since]).await?.iter().map(rate).collect();
            let last = connection.first("SELECT max(seen_at) FROM sender", &[]).await?;
            let sql = "SELECT route, max(minute) FROM received_rate WHERE reason = '' GROUP BY route ORDER BY route";
            let last_by_route = connection.query(sql, &[]).await?;
            let last_by_route =
                last_by_route.iter().map(|row| (row.get(0), Timestamp::from_minute(int(row, 1)))).collect();
            Ok(ReceivedFigures { rates, last_accepted_at: last.and_then(|row| maybe_time(&row, 0)), last_by_route })
        })
        .await
}

/// Keeps a refused request, and returns its number. Old ones are removed, and the oldest of a source that has too much.
/// Whoever asks holds the lock of refusals.
pub(super) async fn keep(
    connection: &Connection,
    refused: &RefusedWebhook,
    copy: &RequestCopy,
    now: Timestamp,
) -> Result<i64, PostgresError> {
    let headers = storable(&serde_json::to_string(&copy.headers).expect("headers are text"));
    let bytes = i64::try_from(headers.len() + copy.body.len()).unwrap_or(i64::MAX);
    let source = storable(&refused.source);
    let insert =
        "INSERT INTO request (at, source, route, reason, headers, body, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7)
        RETURNING id";
    let id = connection
        .number(
            insert,
            args![now.as_millis(), source, &*refused.route, refused.reason, headers, copy.body.as_slice(), bytes],
        )
        .await?;
    // More than one for each that is kept: those of before are gone sooner or later.
    let old = "DELETE FROM request WHERE id IN (SELECT id FROM request ORDER BY id LIMIT 100) AND at < $1";
    connection.query(old, args![now.minus(REQUESTS_KEPT_FOR).as_millis()]).await?;
    make_room(connection, &source).await?;
    let all = "SELECT sum(bytes)::bigint FROM request";
    while connection.number(all, &[]).await?.unsigned_abs() > MAX_KEPT_BYTES {
        let largest = "SELECT source FROM request GROUP BY source ORDER BY sum(bytes) DESC, source LIMIT 1";
        let Some(row) = connection.first(largest, &[]).await? else { break };
        remove_oldest(connection, row.get(0)).await?;
    }
    Ok(id)
}

async fn make_room(connection: &Connection, source: &str) -> Result<(), PostgresError> {
    let kept = "SELECT sum(bytes)::bigint FROM request WHERE source = $1";
    while connection.number(kept, args![source]).await?.unsigned_abs() > MAX_KEPT_BYTES_PER_SOURCE {
        remove_oldest(connection, source).await?;
    }
    Ok(())
}

async fn remove_oldest(connection: &Connection, source: &str) -> Result<(), PostgresError> {
    let oldest = "DELETE FROM request WHERE id = (SELECT min(id) FROM request WHERE source = $1)";
    connection.query(oldest, args![source]).await.map(|_| ())
}

const COLUMNS: &str = "id, at, source, route, reason, bytes, replayed_at, result";

pub(super) async fn list(client: &Client, past: Option<i64>, page: Page) -> Result<Listed<KeptRequest>> {
    let condition = WhereClause::on_kept(past, page, DIALECT);
    let (which, order, window) = (condition.sql(), page.direction(), page.window());
    let sql = format!("SELECT {COLUMNS} FROM request WHERE {which} ORDER BY id {order} {window}");
    client
        .read(async |connection: &Connection| {
            let most = count_bound(page);
            let found = count_up_to(connection, "request", &condition, most).await?;
            let rows = connection.query_once(&sql, &bound(&condition)).await?;
            Ok(Listed::counted_up_to(rows.iter().map(kept_row).collect(), found, most))
        })
        .await
}

pub(super) async fn find(client: &Client, id: i64) -> Result<Option<(KeptRequest, RequestCopy)>> {
    let sql = format!("SELECT {COLUMNS}, headers, body FROM request WHERE id = $1");
    client
        .read(async |connection: &Connection| {
            let rows = connection.query_once(&sql, args![id]).await?;
            let Some(row) = rows.first() else { return Ok(None) };
            let headers = serde_json::from_str(row.get(8)).map_err(|e| unreadable("headers", &e))?;
            Ok(Some((kept_row(row), RequestCopy { headers, body: row.get(9) })))
        })
        .await
}

pub(super) async fn settle(client: &Client, id: i64, result: String, now: Timestamp) -> Result<()> {
    let now = client.by_server(now);
    client.transact(async |connection: &Connection| settle_within(connection, id, &result, now).await).await
}

/// Notes what became of a kept request in the transaction that replays it.
pub(super) async fn settle_within(
    connection: &Connection,
    id: i64,
    result: &str,
    now: Timestamp,
) -> Result<(), PostgresError> {
    let result = storable(result);
    let settled = "UPDATE request SET replayed_at = $2, result = $3 WHERE id = $1";
    connection.query(settled, args![id, now.as_millis(), result.as_str()]).await.map(|_| ())
}

fn kept_row(row: &Row) -> KeptRequest {
    KeptRequest {
        id: int(row, 0),
        at: time(row, 1),
        source: row.get(2),
        route: row.get(3),
        reason: row.get(4),
        bytes: int(row, 5).unsigned_abs(),
        replayed_at: maybe_time(row, 6),
        result: row.get(7),
    }
}
