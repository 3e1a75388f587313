//! Reading deliveries, a page at a time.

use std::collections::{BTreeMap, BTreeSet};

use const_format::formatcp;
use tokio_postgres::Row;

use super::attempts::{self, took};
use super::client::Client;
use super::connection::{Connection, args};
use super::error::PostgresError;
use super::events::event_row;
use super::row::{BLOCKED, DELIVERED, OPEN, count, int, maybe_int, maybe_time, time};
use super::where_clause::{DIALECT, SEARCH_DIALECT, bound, count_rows, count_up_to, state_of};
use super::{
    DeliveryFilter, DeliveryId, DeliveryRow, Listed, Page, Result, db_codes, endpoint_rows, figures, runs, search,
};
use crate::delivery::State;
use crate::event::EventId;
use crate::store::ClaimHolder;
use crate::store::db_codes::EVENT_COLUMNS;
use crate::store::search::{Search, Source, count_bound};
use crate::store::where_clause::{Candidates, WhereClause};

/// Where an open delivery stands: in flight since, or its state and time among those that wait; else it is queued.
const DELIVERY_COLUMNS: &str = "d.id, p.name, d.state, coalesce(w.due_at, d.changed_at), coalesce(f.since, d.changed_at),
    d.attempts, d.used, d.reason, (NOT p.configured OR p.paused_by IS NOT NULL), p.open_until, f.since IS NOT NULL, w.state,
    a.detail, a.started_at, a.took_us, d.endpoint, d.lane, a.status, f.run, a.outcome, f.host, f.pid, d.whole_record,
    (SELECT id FROM event WHERE seq = d.superseded_by)";

const DELIVERY_TABLES: &str = "delivery d JOIN event e ON e.seq = d.event JOIN kind k ON k.id = e.kind
    JOIN endpoint p ON p.id = d.endpoint";

const PLACES: &str = formatcp!("LEFT JOIN LATERAL (SELECT state, due_at FROM waiting WHERE endpoint = d.endpoint AND lane = d.lane AND id = d.id
        AND d.state = {OPEN}) w ON true
    LEFT JOIN LATERAL (SELECT i.since, c.run, r.host, r.pid FROM flight c JOIN run r ON r.id = c.run CROSS JOIN LATERAL unnest(c.ids, c.since) AS i(id, since)
        WHERE c.endpoint = d.endpoint AND i.id = d.id AND d.state = {OPEN} LIMIT 1) f ON true
    LEFT JOIN LATERAL (SELECT detail, started_at, took_us, status, outcome FROM attempt WHERE delivery = d.id ORDER BY number DESC LIMIT 1) a ON true");

/// What a search compares besides, looked up row by row: the planner, which does not know that numbers of deliveries and events
/// rise together, would read all events for a part of the deliveries. `OFFSET 0` keeps it from that.
const SEARCHED: &[(&[&str], &str)] = &[
    (&["e", "k"], "CROSS JOIN LATERAL (SELECT id, kind, resource_id FROM event WHERE seq = d.event OFFSET 0) e"),
    (&["k"], "JOIN kind k ON k.id = e.kind"),
    (&["p"], "JOIN endpoint p ON p.id = d.endpoint"),
];

/// Deliveries in the order of their numbers. One is created after its event.
const BY_NUMBER: Source = Source {
    table: "delivery d",
    number: "d.id",
    indexed: &[],
    times: Some(("delivery d JOIN event e ON e.seq = d.event", "e.created_at")),
};

/// Those that failed, or wait after a failed attempt.
const TROUBLED_BY_NUMBER: Source = Source { indexed: &["SELECT id FROM trouble WHERE true"], ..BY_NUMBER };

pub(super) async fn deliveries(client: &Client, filter: DeliveryFilter, page: Page) -> Result<Listed<DeliveryRow>> {
    client.read(async |connection: &Connection| deliveries_within(connection, &filter, page).await).await
}

pub(super) async fn deliveries_within(
    connection: &Connection,
    filter: &DeliveryFilter,
    page: Page,
) -> Result<Listed<DeliveryRow>, PostgresError> {
    let counted = counted(connection, filter).await?.map(i64::unsigned_abs);
    if filter.is_in_order() {
        let rows = rows_within(connection, filter, page).await?;
        if let Some(total) = counted {
            return Ok(Listed::counted(rows, total));
        }
        let (condition, bound) = (where_clause(filter, page), count_bound(page));
        let found = count_up_to(connection, DELIVERY_TABLES, &condition, bound).await?;
        return Ok(Listed::counted_up_to(rows, found, bound));
    }
    let is_troubled = filter.troubled || filter.is_about_failures() || filter.states == [State::Failed];
    let source = if is_troubled { TROUBLED_BY_NUMBER } else { BY_NUMBER };
    let search =
        Search::new(source, page, filter.past.map(|id| id.0), search::most(filter.row_cost()), search::STRETCH);
    let troubled = "EXISTS (SELECT FROM trouble t WHERE t.id = d.id)";
    let condition = WhereClause::on_deliveries(filter, page, troubled, SEARCH_DIALECT);
    let mut candidates = filter.candidates(SEARCH_DIALECT.selects);
    candidates.extend(changed_since(connection, filter).await?);
    // An old delivery may have changed lately.
    let window = Search::window(None, filter.until);
    let tables = condition.tables("delivery d", SEARCHED);
    let found = search::run(connection, search, &tables, condition, candidates, window).await?;
    search::list(found, counted, page, async |numbers, whole| {
        rows_within(connection, &DeliveryFilter::numbered(numbers), whole).await
    })
    .await
}

/// The deliveries that changed in the time of the filter, if they can be told.
async fn changed_since(connection: &Connection, filter: &DeliveryFilter) -> Result<Option<Candidates>, PostgresError> {
    let [Some(begin), _] = Search::window(filter.since, None) else { return Ok(None) };
    if !filter.is_told_by_changes(search::LOOKED_UP, figures::counts(connection).await?.values()) {
        return Ok(None);
    }
    let first_attempt = search::place_of(connection, attempts::BY_NUMBER, begin).await?;
    Ok(Some(Candidates::changed_since(begin, first_attempt, SEARCH_DIALECT.selects)))
}

/// The number of matches: from the counters, where they know it.
pub(super) async fn count_deliveries(client: &Client, filter: DeliveryFilter) -> Result<u64> {
    let any = Page { limit: 1, number: 1, oldest_first: false };
    client
        .read(async |connection: &Connection| match counted(connection, &filter).await? {
            Some(total) => Ok(total.unsigned_abs()),
            None => count_rows(connection, DELIVERY_TABLES, &where_clause(&filter, any)).await,
        })
        .await
}

/// The rows of a page alone.
pub(super) async fn page_of_deliveries(
    client: &Client,
    filter: DeliveryFilter,
    page: Page,
) -> Result<Vec<DeliveryRow>> {
    client.read(async |connection: &Connection| rows_within(connection, &filter, page).await).await
}

async fn rows_within(
    connection: &Connection,
    filter: &DeliveryFilter,
    page: Page,
) -> Result<Vec<DeliveryRow>, PostgresError> {
    let condition = where_clause(filter, page);
    let sql = format!(
        "SELECT {EVENT_COLUMNS}, {DELIVERY_COLUMNS} FROM (SELECT d.id AS chosen FROM {DELIVERY_TABLES} WHERE {} ORDER BY d.id {} {}) c
         JOIN delivery d ON d.id = c.chosen JOIN event e ON e.seq = d.event JOIN kind k ON k.id = e.kind
         JOIN endpoint p ON p.id = d.endpoint {PLACES} ORDER BY d.id {}",
        condition.sql(),
        page.direction(),
        page.window(),
        page.direction(),
    );
    let rows = connection.query_once(&sql, &bound(&condition)).await?;
    complete(connection, &rows).await
}

fn where_clause(filter: &DeliveryFilter, page: Page) -> WhereClause {
    WhereClause::on_deliveries(filter, page, "d.id IN (SELECT id FROM trouble)", DIALECT)
}

/// The deliveries of an event, oldest first.
pub(super) async fn of_event(connection: &Connection, event: i64) -> Result<Vec<DeliveryRow>, PostgresError> {
    let sql = format!(
        "SELECT {EVENT_COLUMNS}, {DELIVERY_COLUMNS} FROM {DELIVERY_TABLES} {PLACES} WHERE d.event = $1 ORDER BY d.id"
    );
    complete(connection, &connection.query_once(&sql, args![event]).await?).await
}

/// The number of matches from the counters, where they know it.
async fn counted(connection: &Connection, filter: &DeliveryFilter) -> Result<Option<i64>, PostgresError> {
    if !filter.is_told_by_counters() {
        return Ok(None);
    }
    let counts = figures::counts(connection).await?;
    let endpoints = endpoint_rows::load(connection).await?;
    let count = |endpoint| filter.count(endpoint, &counts.get(&endpoint.id.0).copied().unwrap_or_default());
    Ok(Some(endpoints.iter().map(|row| count(&row.endpoint)).sum()))
}

fn delivery_row(row: &Row, at: usize) -> DeliveryRow {
    let (held, in_flight): (bool, bool) = (row.get(at + 8), row.get(at + 10));
    let state = state_of(int(row, at + 2), in_flight, held);
    let status = maybe_int(row, at + 17).and_then(|status| u16::try_from(status).ok());
    let last_took = maybe_int(row, at + 14).map(took);
    let ended = maybe_time(row, at + 13).zip(last_took).map(|(started, took)| started.plus(took));
    DeliveryRow {
        id: DeliveryId(int(row, at)),
        event: event_row(row, 0),
        endpoint: row.get(at + 1),
        state,
        blocked: maybe_int(row, at + 11) == Some(BLOCKED),
        due_at: time(row, at + 3),
        rests_until: maybe_time(row, at + 9),
        changed_at: time(row, at + 4),
        attempts: count(row, at + 5) + u32::from(in_flight),
        used: count(row, at + 6),
        reason: maybe_int(row, at + 7).map(db_codes::reason),
        last_detail: row.get(at + 12),
        last_ended_at: ended,
        last_took,
        last_outcome: maybe_int(row, at + 19).map(|code| db_codes::outcome(code, status)),
        last_status: status,
        blocked_by: None,
        abandoned: false,
        holder: maybe_int(row, at + 21).map(|pid| ClaimHolder { host: row.get(at + 20), pid }),
        whole_record: row.get(at + 22),
        superseded_by: row.get::<_, Option<String>>(at + 23).map(EventId::stored),
    }
}

/// An endpoint, and the number of a lane of it: the deliveries of one resource.
type Lane = (i64, i64);

/// Reads deliveries, and finds out which have to wait behind an earlier one, and which a dead run holds.
async fn complete(connection: &Connection, rows: &[Row]) -> Result<Vec<DeliveryRow>, PostgresError> {
    let mut found: Vec<DeliveryRow> = rows.iter().map(|row| delivery_row(row, 7)).collect();
    let waiting: Vec<(usize, Lane)> = rows
        .iter()
        .enumerate()
        .filter(|(at, row)| {
            // What is ready or runs alone is the first of its lane.
            let is_first = maybe_int(row, 18).is_some_and(|state| state != BLOCKED);
            matches!(found[*at].state, State::Pending | State::Held) && !is_first
        })
        .map(|(at, row)| (at, (int(row, 22), int(row, 23))))
        .collect();
    let last = waiting.iter().map(|(at, _)| found[*at].id.0).max().unwrap_or(0);
    let fronts = fronts(connection, waiting.iter().map(|(_, lane)| *lane).collect(), last).await?;
    for (at, lane) in waiting {
        let delivery = &mut found[at];
        delivery.blocked_by = fronts.get(&lane).copied().filter(|front| *front != delivery.id);
        delivery.blocked |= delivery.blocked_by.is_some();
    }
    if found.iter().any(|delivery| delivery.state == State::Processing) {
        let dead = runs::seemingly_dead(connection).await?;
        for (row, delivery) in rows.iter().zip(&mut found) {
            delivery.abandoned = maybe_int(row, 25).is_some_and(|run| dead.contains(&run));
        }
    }
    Ok(found)
}

/// What others of each of these lanes wait behind: the one in flight, else the first in the lane, else the first that is queued.
async fn fronts(
    connection: &Connection,
    lanes: BTreeSet<Lane>,
    last: i64,
) -> Result<BTreeMap<Lane, DeliveryId>, PostgresError> {
    if lanes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (endpoints, numbers): (Vec<i64>, Vec<i64>) = lanes.into_iter().unzip();
    let rows = connection
        .query(
            formatcp!(
                "SELECT l.endpoint, l.lane, coalesce(f.id, w.id, q.first) FROM unnest($1, $2) AS l(endpoint, lane)
             LEFT JOIN LATERAL (SELECT i.id FROM flight c CROSS JOIN LATERAL unnest(c.ids, c.lanes) AS i(id, lane)
                WHERE c.endpoint = l.endpoint AND i.lane = l.lane LIMIT 1) f ON true
             LEFT JOIN LATERAL (SELECT id FROM waiting WHERE endpoint = l.endpoint AND lane = l.lane
                ORDER BY state = {BLOCKED}, id LIMIT 1) w ON true
             LEFT JOIN (SELECT endpoint, lane, min(id) AS first FROM queue
                WHERE endpoint = ANY ($1) AND lane = ANY ($2) AND id <= $3 GROUP BY endpoint, lane) q
                ON q.endpoint = l.endpoint AND q.lane = l.lane"
            ),
            args![endpoints, numbers, last],
        )
        .await?;
    let read = |row: &Row| Some(((int(row, 0), int(row, 1)), DeliveryId(maybe_int(row, 2)?)));
    Ok(rows.iter().filter_map(read).collect())
}

/// The last that was delivered is looked for lane by lane, among the events of the resource: an index for so rare a question would
/// cost every delivery.
const OVERTAKEN: &str = formatcp!(
    "WITH chosen AS MATERIALIZED (
        SELECT endpoint, lane, min(event) AS event, array_agg(id) AS ids FROM delivery WHERE id = ANY ($1) GROUP BY endpoint, lane)
    SELECT i.id FROM chosen c CROSS JOIN LATERAL (
        SELECT max(d.id) AS id FROM event o JOIN event e ON e.resource_id = o.resource_id JOIN delivery d ON d.event = e.seq
        WHERE o.seq = c.event AND d.endpoint = c.endpoint AND d.lane = c.lane AND d.state = {DELIVERED}) last
    CROSS JOIN LATERAL unnest(c.ids) AS i(id) WHERE i.id < last.id ORDER BY i.id"
);

pub(super) async fn overtaken(client: &Client, ids: Vec<DeliveryId>) -> Result<Vec<DeliveryId>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    client
        .read(async |connection: &Connection| {
            search::look_up_by_keys(connection).await?;
            let rows = connection.query_once(OVERTAKEN, args![ids]).await?;
            Ok(rows.iter().map(|row| DeliveryId(int(row, 0))).collect())
        })
        .await
}
