//! Reading deliveries, a page at a time.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use const_format::formatcp;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use crate::clock::Timestamp;
use crate::delivery::State;
use crate::event::EventId;
use crate::store::db_codes::EVENT_COLUMNS;
use crate::store::db_codes::{BLOCKED, DELIVERED, FAILED, PROCESSING, QUEUED};
use crate::store::search::{LOOKED_UP, Search, Source, count_bound};
use crate::store::sqlite::file::run_locks::RunLocks;
use crate::store::sqlite::read::attempts::{self, took};
use crate::store::sqlite::read::events::event_row;
use crate::store::sqlite::read::search::{self, STRETCH};
use crate::store::sqlite::read::where_clause::{DIALECT, FAILED_IDS, SEARCH_DIALECT, TROUBLED_IDS, count, count_up_to};
use crate::store::sqlite::read::{release_pages, without_page_cache};
use crate::store::sqlite::write::{endpoint_cache, lanes};
use crate::store::where_clause::{Candidates, WhereClause};
use crate::store::{ClaimHolder, DeliveryFilter, DeliveryId, DeliveryRow, Listed, Page, db_codes};

const DELIVERY_COLUMNS: &str = "d.id, p.name, d.state, d.due_at, d.changed_at, d.attempts, d.used, d.reason,
    (NOT p.configured OR p.paused_by IS NOT NULL) AS held, p.rest_until, d.whole_record,
    (SELECT id FROM event WHERE seq = d.superseded_by)";

const DELIVERY_TABLES: &str = "delivery d JOIN event e ON e.seq = d.event JOIN kind k ON k.id = e.kind
    JOIN endpoint p ON p.id = d.endpoint";

/// Deliveries in the order of their numbers. One is created after its event.
const BY_NUMBER: Source = Source {
    table: "delivery d",
    number: "d.id",
    indexed: &[],
    times: Some(("delivery d JOIN event e ON e.seq = d.event", "e.created_at")),
};

/// Those that failed, by an index of their own.
const FAILED_BY_NUMBER: Source = Source { indexed: &[FAILED_IDS], ..BY_NUMBER };

/// Those that failed, or wait after a failed attempt, by two indexes of their own.
const TROUBLED_BY_NUMBER: Source = Source { indexed: &[TROUBLED_IDS, FAILED_IDS], ..BY_NUMBER };

/// The tables that a condition on deliveries speaks of, joined in this order: what is only counted needs no others.
fn tables_of(condition: &WhereClause, join: &str) -> String {
    let mut tables = "delivery d".to_owned();
    let mut add = |is_needed: bool, table: &str| {
        if is_needed {
            tables.extend([" ", join, " ", table]);
        }
    };
    add(condition.refers_to("e") || condition.refers_to("k"), "event e ON e.seq = d.event");
    add(condition.refers_to("k"), "kind k ON k.id = e.kind");
    add(condition.refers_to("p"), "endpoint p ON p.id = d.endpoint");
    tables
}

pub(crate) fn deliveries(
    connection: &Connection,
    filter: &DeliveryFilter,
    page: Page,
) -> rusqlite::Result<Listed<DeliveryRow>> {
    let counted = filter.is_told_by_counters().then(|| count_deliveries(connection, filter)).transpose()?;
    if filter.is_in_order() {
        let rows = page_of_deliveries(connection, filter, page)?;
        return Ok(match counted {
            Some(total) => Listed::counted(rows, total),
            None => {
                let condition = WhereClause::on_deliveries(filter, page, &troubled(""), DIALECT);
                let bound = count_bound(page);
                let found = count_up_to(connection, &tables_of(&condition, "JOIN"), &condition, bound)?;
                Listed::counted_up_to(rows, found, bound)
            }
        });
    }
    let search = Search::new(source_for(filter), page, filter.past.map(|id| id.0), filter.row_cost().rows(), STRETCH);
    let troubled = formatcp!("(d.failures > 0 AND d.state < {DELIVERED} OR d.state = {FAILED})");
    let condition = WhereClause::on_deliveries(filter, page, troubled, SEARCH_DIALECT);
    let tables = tables_of(&condition, "CROSS JOIN");
    let mut candidates = filter.candidates(SEARCH_DIALECT.selects);
    candidates.extend(changed_since(connection, filter)?);
    // An old delivery may have changed lately.
    let window = Search::window(None, filter.until);
    let found = search::run(connection, search, &tables, condition, candidates, window)?;
    search::list(found, counted, page, |numbers, whole| {
        page_of_deliveries(connection, &DeliveryFilter::numbered(numbers), whole)
    })
}

/// The deliveries that changed in the time of the filter, if they can be told.
fn changed_since(connection: &Connection, filter: &DeliveryFilter) -> rusqlite::Result<Option<Candidates>> {
    let [Some(begin), _] = Search::window(filter.since, None) else { return Ok(None) };
    let endpoints = endpoint_cache::load(connection)?;
    if !filter.is_told_by_changes(LOOKED_UP, endpoints.iter().map(|row| &row.counts)) {
        return Ok(None);
    }
    let first_attempt = search::place_of(connection, attempts::BY_NUMBER, begin)?;
    Ok(Some(Candidates::changed_since(begin, first_attempt, SEARCH_DIALECT.selects)))
}

/// The deliveries among which those that match are.
fn source_for(filter: &DeliveryFilter) -> Source {
    match &filter.states[..] {
        [State::Failed] => FAILED_BY_NUMBER,
        _ if filter.troubled || filter.is_about_failures() => TROUBLED_BY_NUMBER,
        _ => BY_NUMBER,
    }
}

/// The number of matches: from the counters, where they know it.
pub(crate) fn count_deliveries(connection: &Connection, filter: &DeliveryFilter) -> rusqlite::Result<u64> {
    if filter.is_told_by_counters() {
        let rows = endpoint_cache::load(connection)?;
        let counts = rows.iter().map(|row| filter.count(&row.endpoint, &row.counts));
        return Ok(counts.sum::<i64>().unsigned_abs());
    }
    let any = Page { limit: 1, number: 1, oldest_first: false };
    let condition = WhereClause::on_deliveries(filter, any, &troubled(""), DIALECT);
    Ok(count(connection, &tables_of(&condition, "JOIN"), &condition)?.unsigned_abs())
}

/// The rows alone.
pub(crate) fn page_of_deliveries(
    connection: &Connection,
    filter: &DeliveryFilter,
    page: Page,
) -> rusqlite::Result<Vec<DeliveryRow>> {
    let condition = WhereClause::on_deliveries(filter, page, &troubled(&first_of_page(filter, page)), DIALECT);
    let sql = format!(
        "SELECT {EVENT_COLUMNS}, {DELIVERY_COLUMNS} FROM {DELIVERY_TABLES} WHERE {} ORDER BY d.id {} {}",
        condition.sql(),
        page.direction(),
        page.window(),
    );
    let mut rows = connection
        .prepare(&sql)?
        .query_map(params_from_iter(condition.values()), |row| delivery_row(row, 7))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    complete(connection, &mut rows)?;
    release_pages(connection, rows.len())?;
    Ok(rows)
}

/// The deliveries of an event, oldest first.
pub(crate) fn of_event(connection: &Connection, seq: i64) -> rusqlite::Result<Vec<DeliveryRow>> {
    let sql =
        format!("SELECT {EVENT_COLUMNS}, {DELIVERY_COLUMNS} FROM {DELIVERY_TABLES} WHERE d.event = ?1 ORDER BY d.id");
    let mut rows = connection
        .prepare_cached(&sql)?
        .query_map([seq], |row| delivery_row(row, 7))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    complete(connection, &mut rows)?;
    Ok(rows)
}

/// The condition that a delivery is in trouble, by the two indexes that hold nothing else, because an OR would look at everything that was ever
/// delivered; `reach` ends the look at each.
fn troubled(reach: &str) -> String {
    format!(
        "d.id IN (SELECT * FROM (SELECT id FROM delivery WHERE failures > 0 AND state < {DELIVERED}{reach})
            UNION ALL SELECT * FROM (SELECT id FROM delivery WHERE state = {FAILED}{reach}))"
    )
}

/// How far each index of what is in trouble has to be read for a page, so that a page costs the same however much is: only as far
/// as the page reaches, unless something else narrows it.
fn first_of_page(filter: &DeliveryFilter, page: Page) -> String {
    let past = filter
        .past
        .map_or_else(String::new, |past| format!(" AND id {} {}", if page.oldest_first { ">" } else { "<" }, past.0));
    let plain = DeliveryFilter { troubled: false, past: None, ..filter.clone() };
    match plain.is_everything() {
        true => format!("{past} ORDER BY id {} LIMIT {}", page.direction(), page.offset().saturating_add(page.limit)),
        false => past,
    }
}

fn delivery_row(row: &Row<'_>, at: usize) -> rusqlite::Result<DeliveryRow> {
    let state: i64 = row.get(at + 2)?;
    Ok(DeliveryRow {
        id: DeliveryId(row.get(at)?),
        event: event_row(row, 0)?,
        endpoint: row.get(at + 1)?,
        state: db_codes::state(state, row.get(at + 8)?),
        blocked: state == db_codes::BLOCKED,
        blocked_by: None,
        abandoned: false,
        holder: None,
        due_at: Timestamp::from_millis(row.get(at + 3)?),
        rests_until: row.get::<_, Option<i64>>(at + 9)?.map(Timestamp::from_millis),
        changed_at: Timestamp::from_millis(row.get(at + 4)?),
        attempts: row.get(at + 5)?,
        used: row.get(at + 6)?,
        reason: row.get::<_, Option<i64>>(at + 7)?.map(db_codes::reason),
        last_detail: None,
        last_outcome: None,
        last_status: None,
        last_ended_at: None,
        last_took: None,
        whole_record: row.get(at + 10)?,
        superseded_by: row.get::<_, Option<String>>(at + 11)?.map(EventId::stored),
    })
}

/// Adds what the rows themselves do not say.
fn complete(connection: &Connection, rows: &mut [DeliveryRow]) -> rusqlite::Result<()> {
    rows.iter_mut().try_for_each(|row| add_last_attempt(connection, row))?;
    let queued = queued_lanes(connection, rows)?;
    let fronts = fronts(connection, &queued)?;
    for row in rows.iter_mut() {
        let front = queued.get(&row.id).and_then(|lane| fronts.get(lane)).filter(|front| **front < row.id.0);
        row.blocked |= front.is_some();
        if row.blocked {
            row.blocked_by = active(connection, row.id)?.or(front.copied().filter(|id| *id > 0).map(DeliveryId));
        }
    }
    add_holders(connection, rows)
}

/// The one delivery of the same lane that is not blocked.
fn active(connection: &Connection, id: DeliveryId) -> rusqlite::Result<Option<DeliveryId>> {
    connection
        .prepare_cached(
            formatcp!("SELECT o.id FROM delivery d JOIN delivery o INDEXED BY delivery_flight
                ON o.endpoint = d.endpoint AND o.lane = d.lane AND o.state = {PROCESSING} WHERE d.id = ?1
             UNION ALL SELECT o.id FROM delivery d JOIN delivery o INDEXED BY delivery_lane
                ON o.endpoint = d.endpoint AND o.lane = d.lane AND o.state >= {BLOCKED} AND o.state < {PROCESSING} WHERE d.id = ?1 AND o.state > {BLOCKED}
             LIMIT 1"),
        )?
        .query_row([id.0], |row| row.get(0).map(DeliveryId))
        .optional()
}

/// Adds who sends what is being sent, and whether that run's lock is free.
fn add_holders(connection: &Connection, rows: &mut [DeliveryRow]) -> rusqlite::Result<()> {
    if rows.iter().all(|row| row.state != State::Processing) {
        return Ok(());
    }
    let locks = RunLocks::beside(Path::new(connection.path().unwrap_or_default()));
    let mut run = connection.prepare_cached(formatcp!(
        "SELECT r.token, r.pid FROM delivery d JOIN run r ON r.id = d.owner WHERE d.id = ?1 AND d.state = {PROCESSING}"
    ))?;
    let mut dead: HashMap<String, bool> = HashMap::new();
    for row in rows.iter_mut().filter(|row| row.state == State::Processing) {
        let found = run.query_row([row.id.0], |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).optional()?;
        let Some((token, pid)) = found else { continue };
        row.abandoned = *dead.entry(token).or_insert_with_key(|token| locks.is_dead(token));
        row.holder = Some(ClaimHolder { host: None, pid });
    }
    Ok(())
}

/// An endpoint, and the number of a lane of it: the deliveries of one resource.
type Lane = (i64, i64);

/// The lanes of those rows that are queued.
fn queued_lanes(connection: &Connection, rows: &[DeliveryRow]) -> rusqlite::Result<HashMap<DeliveryId, Lane>> {
    let mut lane = connection
        .prepare_cached(formatcp!("SELECT endpoint, lane FROM delivery WHERE id = ?1 AND state = {QUEUED}"))?;
    let waiting = rows.iter().filter(|row| matches!(row.state, State::Pending | State::Held));
    let mut found = HashMap::new();
    for row in waiting {
        if let Some(of_row) = lane.query_row([row.id.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()? {
            found.insert(row.id, of_row);
        }
    }
    Ok(found)
}

/// The earliest unfinished delivery of each of these lanes: in the lane, or else among the queued.
fn fronts(connection: &Connection, queued: &HashMap<DeliveryId, Lane>) -> rusqlite::Result<HashMap<Lane, i64>> {
    let lanes: BTreeSet<Lane> = queued.values().copied().collect();
    let endpoints: BTreeSet<i64> = lanes.iter().map(|lane| lane.0).collect();
    let last = queued.keys().map(|id| id.0).max().unwrap_or(0);
    let mut fronts = HashMap::new();
    let mut earlier = connection.prepare_cached(formatcp!(
        "SELECT lane, id FROM delivery WHERE state = {QUEUED} AND endpoint = ?1 AND id < ?2 ORDER BY id"
    ))?;
    for endpoint in endpoints {
        let mut rows = earlier.query([endpoint, last])?;
        while let Some(row) = rows.next()? {
            let lane = (endpoint, row.get(0)?);
            if lanes.contains(&lane) {
                fronts.entry(lane).or_insert(row.get(1)?);
                if fronts.len() == lanes.len() {
                    break;
                }
            }
        }
    }
    for lane in lanes {
        if lanes::occupied(connection, lane.0, lane.1)? {
            fronts.insert(lane, 0);
        }
    }
    Ok(fronts)
}

fn add_last_attempt(connection: &Connection, delivery: &mut DeliveryRow) -> rusqlite::Result<()> {
    let last = connection
        .prepare_cached(
            "SELECT detail, started_at, took_us, status, outcome FROM attempt WHERE delivery = ?1 ORDER BY number DESC LIMIT 1",
        )?
        .query_row([delivery.id.0], |row| {
            let (status, outcome) = (row.get(3)?, row.get(4)?);
            Ok((row.get(0)?, row.get::<_, i64>(1)?, took(row.get(2)?), status, db_codes::outcome(outcome, status)))
        })
        .optional()?;
    if let Some((detail, started_at, took, status, outcome)) = last {
        delivery.last_outcome = Some(outcome);
        delivery.last_detail = Some(detail);
        delivery.last_status = status;
        delivery.last_ended_at = Some(Timestamp::from_millis(started_at).plus(took));
        delivery.last_took = Some(took);
    }
    Ok(())
}

/// One pass over what was delivered since the oldest of `ids`: an index for so rare a question would cost every delivery.
pub(crate) fn overtaken(connection: &Connection, ids: Vec<DeliveryId>) -> rusqlite::Result<Vec<DeliveryId>> {
    without_page_cache(connection, || {
        let Some(first) = ids.iter().min().copied() else { return Ok(Vec::new()) };
        let lanes = by_lane(connection, ids)?;
        let mut found = BTreeSet::new();
        let mut later = connection.prepare_cached(formatcp!(
            "SELECT id, endpoint, lane FROM delivery WHERE id > ?1 AND state = {DELIVERED}"
        ))?;
        let mut rows = later.query([first.0])?;
        while let Some(row) = rows.next()? {
            let (later, lane): (_, i64) = (DeliveryId(row.get(0)?), row.get(2)?);
            let Some(lanes) = lanes.get(&row.get(1)?) else { continue };
            let of_lane = &lanes[lanes.partition_point(|(other, _)| *other < lane)..];
            let earlier = of_lane.iter().take_while(|(other, id)| *other == lane && *id < later);
            found.extend(earlier.map(|(_, id)| *id));
        }
        Ok(found.into_iter().collect())
    })
}

/// Deliveries with the numbers of their lanes, in this order, by endpoint.
fn by_lane(connection: &Connection, ids: Vec<DeliveryId>) -> rusqlite::Result<HashMap<i64, Vec<(i64, DeliveryId)>>> {
    let mut lanes: HashMap<i64, Vec<(i64, DeliveryId)>> = HashMap::new();
    let mut lane_of = connection.prepare_cached("SELECT endpoint, lane FROM delivery WHERE id = ?1")?;
    for id in ids {
        if let Some((endpoint, lane)) = lane_of.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()? {
            lanes.entry(endpoint).or_default().push((lane, id));
        }
    }
    lanes.values_mut().for_each(|lanes| lanes.sort_unstable());
    Ok(lanes)
}
