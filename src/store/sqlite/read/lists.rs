//! Reading events, deliveries and attempts, a page at a time.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::Duration;

use const_format::formatcp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use crate::clock::Timestamp;
use crate::delivery::State;
use crate::endpoint::Pattern;
use crate::event::{EventId, Resource, Traceparent};
use crate::store::codes::{BLOCKED, DELIVERED, FAILED, PROCESSING, QUEUED, SUPERSEDED};
use crate::store::sqlite::file::run_locks::RunLocks;
use crate::store::sqlite::upkeep::checksum::EventContent;
use crate::store::sqlite::write::{endpoint_cache, lanes};
use crate::store::{
    AttemptFilter, AttemptRow, ClaimHolder, DeliveryFilter, DeliveryId, DeliveryRow, EventDetail, EventFilter,
    EventRow, Listed, LoggedAttempt, Page, Schedule, codes,
};

/// A WHERE clause under construction: parts joined by AND, with their parameters.
#[derive(Default)]
pub(crate) struct Condition {
    pub(crate) parts: Vec<String>,
    pub(crate) values: Vec<Value>,
}

impl Condition {
    /// Adds a part in which `?` stands for `value`.
    pub(crate) fn and(&mut self, part: &str, value: impl Into<Value>) {
        self.parts.push(part.to_owned());
        self.values.push(value.into());
    }

    pub(crate) fn time(&mut self, part: &str, time: Option<Timestamp>) {
        if let Some(time) = time {
            self.and(part, time.as_millis());
        }
    }

    pub(crate) fn event_type(&mut self, pattern: Option<&Pattern>) {
        if let Some(pattern) = pattern {
            // A pattern holds no character that GLOB takes for more than the final `*`.
            self.and("k.type GLOB ?", pattern.as_str().to_owned());
        }
    }

    pub(crate) fn resource_id(&mut self, id: Option<&String>) {
        if let Some(id) = id {
            self.and("e.resource_id = ?", id.clone());
        }
    }

    /// Only deliveries whose last attempt had this status, or a detail that holds this text.
    fn last_attempt(&mut self, status: Option<u16>, error: Option<&String>) {
        let last = "(SELECT a.{} FROM attempt a WHERE a.delivery = d.id ORDER BY a.number DESC LIMIT 1)";
        if error.is_some() || status.is_some_and(|status| !(200..300).contains(&status)) {
            self.parts.push(UNDELIVERED.to_owned());
        }
        if let Some(status) = status {
            self.and(&format!("{} = ?", last.replace("{}", "status")), status);
        }
        if let Some(text) = error {
            self.and(&format!("instr(lower({}), lower(?)) > 0", last.replace("{}", "detail")), text.clone());
        }
    }

    /// Only rows behind that one, in the order of the page.
    pub(crate) fn past(&mut self, column: &str, past: Option<i64>, page: Page) {
        if let Some(past) = past {
            self.and(&format!("{column} {} ?", if page.oldest_first { ">" } else { "<" }), past);
        }
    }

    pub(crate) fn sql(&self) -> String {
        if self.parts.is_empty() { "1".to_owned() } else { self.parts.join(" AND ") }
    }
}

const EVENT_COLUMNS: &str = "e.seq, e.id, k.type, k.resource_type, e.resource_id, e.timestamp, e.created_at";

const DELIVERY_COLUMNS: &str = "d.id, p.name, d.state, d.due_at, d.changed_at, d.attempts, d.used, d.reason,
    (NOT p.configured OR p.paused_by IS NOT NULL) AS held, p.rest_until, d.whole_record,
    (SELECT id FROM event WHERE seq = d.superseded_by)";

const DELIVERY_TABLES: &str = "delivery d JOIN event e ON e.seq = d.event JOIN kind k ON k.id = e.kind
    JOIN endpoint p ON p.id = d.endpoint";

const EVENT_TABLES: &str = "event e JOIN kind k ON k.id = e.kind";

/// The tables that a condition on deliveries speaks of: what is only counted needs no others.
fn tables_of(condition: &Condition) -> String {
    let speaks_of = |alias: &str| condition.parts.iter().any(|part| part.contains(alias));
    let mut tables = "delivery d".to_owned();
    if speaks_of("e.") || speaks_of("k.") {
        tables.push_str(" JOIN event e ON e.seq = d.event");
    }
    if speaks_of("k.") {
        tables.push_str(" JOIN kind k ON k.id = e.kind");
    }
    if speaks_of("p.") {
        tables.push_str(" JOIN endpoint p ON p.id = d.endpoint");
    }
    tables
}

fn event_condition(filter: &EventFilter, page: Page) -> Condition {
    let mut condition = Condition::default();
    condition.event_type(filter.event_type.as_ref());
    condition.resource_id(filter.resource_id.as_ref());
    condition.time("e.created_at >= ?", filter.since);
    condition.time("e.created_at < ?", filter.until);
    if filter.last_status.is_some() || filter.error.is_some() {
        let mut last = Condition::default();
        last.last_attempt(filter.last_status, filter.error.as_ref());
        condition.parts.push(format!("e.seq IN (SELECT d.event FROM delivery d WHERE {})", last.sql()));
        condition.values.append(&mut last.values);
    }
    if !filter.places.is_empty() {
        let places: Vec<String> = filter.places.iter().map(i64::to_string).collect();
        condition.parts.push(format!("e.seq IN ({})", places.join(",")));
    }
    condition.past("e.seq", filter.past, page);
    condition
}

/// Deliveries that may have an attempt that did not deliver them, by the indexes that hold nothing that is delivered.
const UNDELIVERED: &str = formatcp!(
    "d.id IN (SELECT id FROM delivery WHERE state >= {BLOCKED} AND state < {PROCESSING}
    UNION ALL SELECT id FROM delivery WHERE state = {PROCESSING} UNION ALL SELECT id FROM delivery WHERE state = {FAILED})"
);

/// Events with the bytes that are sent.
pub(crate) fn events_with_bodies(
    connection: &Connection,
    filter: &EventFilter,
    page: Page,
) -> rusqlite::Result<Vec<(EventRow, Vec<u8>)>> {
    let condition = event_condition(filter, page);
    let sql = format!(
        "SELECT {EVENT_COLUMNS}, e.body, e.checksum FROM {EVENT_TABLES} WHERE {} ORDER BY e.seq {} LIMIT {} OFFSET {}",
        condition.sql(),
        direction(page),
        page.limit,
        page.offset(),
    );
    let mut events = connection
        .prepare(&sql)?
        .query_map(params_from_iter(&condition.values), with_body)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    events.iter_mut().try_for_each(|(row, _)| add_schedule(connection, row))?;
    Ok(events)
}

pub(crate) fn events(connection: &Connection, filter: &EventFilter, page: Page) -> rusqlite::Result<Listed<EventRow>> {
    let condition = event_condition(filter, page);
    let tables = EVENT_TABLES;
    let total = if condition.parts.is_empty() {
        connection.query_row("SELECT value FROM figure WHERE name = 'events'", [], |row| row.get(0))?
    } else {
        count(connection, tables, &condition)?
    };
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM {tables} WHERE {} ORDER BY e.seq {} LIMIT {} OFFSET {}",
        condition.sql(),
        direction(page),
        page.limit,
        page.offset(),
    );
    let mut rows = connection
        .prepare(&sql)?
        .query_map(params_from_iter(&condition.values), |row| event_row(row, 0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    add_states(connection, &mut rows)?;
    rows.iter_mut().try_for_each(|row| add_schedule(connection, row))?;
    Ok(Listed { rows, total: total.unsigned_abs() })
}

/// Adds where an event stands with the time it was to be sent at.
fn add_schedule(connection: &Connection, event: &mut EventRow) -> rusqlite::Result<()> {
    let time = |row: &Row<'_>, at| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.map(Timestamp::from_millis));
    event.schedule = connection
        .prepare_cached("SELECT at, queued_at, cancelled_at FROM scheduled WHERE event = ?1")?
        .query_row([event.seq], |row| {
            Ok(Schedule::read(Timestamp::from_millis(row.get(0)?), time(row, 1)?, time(row, 2)?))
        })
        .optional()?;
    Ok(())
}

/// The event that one was made from by editing its data, and those made from it.
fn edits(connection: &Connection, seq: i64) -> rusqlite::Result<(Option<EventId>, Vec<EventId>)> {
    let from = connection
        .prepare_cached("SELECT e.id FROM edited x JOIN event e ON e.seq = x.from_event WHERE x.event = ?1")?
        .query_row([seq], |row| row.get(0).map(EventId::stored))
        .optional()?;
    let into = connection
        .prepare_cached(
            "SELECT e.id FROM edited x JOIN event e ON e.seq = x.event WHERE x.from_event = ?1 ORDER BY e.seq",
        )?
        .query_map([seq], |row| row.get(0).map(EventId::stored))?
        .collect::<rusqlite::Result<_>>()?;
    Ok((from, into))
}

/// Adds the states of the deliveries of each event.
fn add_states(connection: &Connection, rows: &mut [EventRow]) -> rusqlite::Result<()> {
    let mut states = connection.prepare_cached(
        "SELECT d.state, NOT p.configured OR p.paused_by IS NOT NULL FROM delivery d JOIN endpoint p ON p.id = d.endpoint
         WHERE d.event = ?1 ORDER BY d.id",
    )?;
    for row in rows {
        let found = states.query_map([row.seq], |row| Ok(codes::state(row.get(0)?, row.get(1)?)))?;
        row.states = found.collect::<rusqlite::Result<_>>()?;
    }
    Ok(())
}

pub(crate) fn deliveries(
    connection: &Connection,
    filter: &DeliveryFilter,
    page: Page,
) -> rusqlite::Result<Listed<DeliveryRow>> {
    let total = match counted(connection, filter)? {
        Some(total) => total,
        None => {
            let mut condition = delivery_condition(filter, "");
            condition.past("d.id", filter.past.map(|id| id.0), page);
            count(connection, &tables_of(&condition), &condition)?
        }
    };
    Ok(Listed { rows: page_of_deliveries(connection, filter, page)?, total: total.unsigned_abs() })
}

/// The rows alone.
pub(crate) fn page_of_deliveries(
    connection: &Connection,
    filter: &DeliveryFilter,
    page: Page,
) -> rusqlite::Result<Vec<DeliveryRow>> {
    let mut condition = delivery_condition(filter, &first_of_page(filter, page));
    condition.past("d.id", filter.past.map(|id| id.0), page);
    let sql = format!(
        "SELECT {EVENT_COLUMNS}, {DELIVERY_COLUMNS} FROM {DELIVERY_TABLES} WHERE {} ORDER BY d.id {} LIMIT {} OFFSET {}",
        condition.sql(),
        direction(page),
        page.limit,
        page.offset(),
    );
    let mut rows = connection
        .prepare(&sql)?
        .query_map(params_from_iter(&condition.values), |row| delivery_row(row, 7))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    complete(connection, &mut rows)?;
    Ok(rows)
}

/// How far each index of what is in trouble has to be read for a page, so that a page costs the same however much is: only as far
/// as the page reaches, unless something else narrows it.
fn first_of_page(filter: &DeliveryFilter, page: Page) -> String {
    let past = filter
        .past
        .map_or_else(String::new, |past| format!(" AND id {} {}", if page.oldest_first { ">" } else { "<" }, past.0));
    let plain = DeliveryFilter { troubled: false, past: None, ..filter.clone() };
    match counts_all(&plain) {
        true => format!("{past} ORDER BY id {} LIMIT {}", direction(page), page.offset().saturating_add(page.limit)),
        false => past,
    }
}

/// The condition of a filter; `reach` ends the look at what is in trouble.
fn delivery_condition(filter: &DeliveryFilter, reach: &str) -> Condition {
    let mut condition = Condition::default();
    if !filter.states.is_empty() {
        let states: Vec<&str> = filter.states.iter().copied().map(state_condition).collect();
        condition.parts.push(format!("({})", states.join(" OR ")));
    }
    if filter.troubled {
        // By the two indexes that hold nothing else: an OR would look at everything that was ever delivered.
        condition.parts.push(format!(
            "d.id IN (SELECT * FROM (SELECT id FROM delivery WHERE failures > 0 AND state < {DELIVERED}{reach})
                UNION ALL SELECT * FROM (SELECT id FROM delivery WHERE state = {FAILED}{reach}))"
        ));
    }
    if let Some(endpoint) = &filter.endpoint {
        condition.and("p.name = ?", endpoint.clone());
    }
    condition.event_type(filter.event_type.as_ref());
    condition.resource_id(filter.resource_id.as_ref());
    condition.last_attempt(filter.last_status, filter.error.as_ref());
    if let Some(event) = &filter.event {
        condition.and("e.id = ?", event.as_str().to_owned());
    }
    if !filter.ids.is_empty() {
        let ids: Vec<String> = filter.ids.iter().map(|id| id.0.to_string()).collect();
        condition.parts.push(format!("d.id IN ({})", ids.join(",")));
    }
    condition.time("d.changed_at >= ?", filter.since);
    condition.time("d.changed_at < ?", filter.until);
    condition
}

fn state_condition(state: State) -> &'static str {
    match state {
        State::Pending => formatcp!("(d.state < {PROCESSING} AND p.configured AND p.paused_by IS NULL)"),
        State::Held => formatcp!("(d.state < {PROCESSING} AND (NOT p.configured OR p.paused_by IS NOT NULL))"),
        State::Processing => formatcp!("d.state = {PROCESSING}"),
        State::Delivered => formatcp!("d.state = {DELIVERED}"),
        State::Failed => formatcp!("d.state = {FAILED}"),
        State::Superseded => formatcp!("d.state = {SUPERSEDED}"),
    }
}

/// Whether a filter leaves nothing out.
fn counts_all(filter: &DeliveryFilter) -> bool {
    filter.states.is_empty()
        && filter.endpoint.is_none()
        && filter.event_type.is_none()
        && filter.resource_id.is_none()
        && filter.last_status.is_none()
        && filter.error.is_none()
        && filter.event.is_none()
        && filter.past.is_none()
        && filter.ids.is_empty()
        && filter.since.is_none()
        && filter.until.is_none()
        && !filter.troubled
}

/// The number of matches from the counters, where they know it.
fn counted(connection: &Connection, filter: &DeliveryFilter) -> rusqlite::Result<Option<i64>> {
    let plain = DeliveryFilter { states: Vec::new(), endpoint: None, troubled: false, ..filter.clone() };
    if !counts_all(&plain) || (filter.troubled && !filter.states.is_empty()) {
        return Ok(None);
    }
    let rows = endpoint_cache::load(connection)?;
    let wanted = |state| filter.states.is_empty() || filter.states.contains(&state);
    let total = rows
        .iter()
        .filter(|row| filter.endpoint.as_ref().is_none_or(|name| row.endpoint.name == *name))
        .map(|row| {
            let counts = &row.counts;
            if filter.troubled {
                return counts.troubled;
            }
            let waiting = if row.endpoint.is_paused_or_unconfigured() { State::Held } else { State::Pending };
            [
                (waiting, counts.waiting),
                (State::Processing, counts.processing),
                (State::Delivered, counts.delivered),
                (State::Failed, counts.failed),
                (State::Superseded, counts.superseded),
            ]
            .into_iter()
            .filter(|(state, _)| wanted(*state))
            .map(|(_, count)| count)
            .sum()
        })
        .sum();
    Ok(Some(total))
}

pub(crate) fn count(connection: &Connection, tables: &str, condition: &Condition) -> rusqlite::Result<i64> {
    let sql = format!("SELECT count(*) FROM {tables} WHERE {}", condition.sql());
    connection.prepare(&sql)?.query_row(params_from_iter(&condition.values), |row| row.get(0))
}

pub(crate) fn direction(page: Page) -> &'static str {
    if page.oldest_first { "ASC" } else { "DESC" }
}

fn event_row(row: &Row<'_>, at: usize) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        seq: row.get(at)?,
        id: EventId::stored(row.get(at + 1)?),
        event_type: row.get(at + 2)?,
        resource: Resource { kind: row.get(at + 3)?, id: row.get(at + 4)? },
        timestamp: Timestamp::from_millis(row.get(at + 5)?),
        created_at: Timestamp::from_millis(row.get(at + 6)?),
        states: Vec::new(),
        schedule: None,
    })
}

fn delivery_row(row: &Row<'_>, at: usize) -> rusqlite::Result<DeliveryRow> {
    let state: i64 = row.get(at + 2)?;
    Ok(DeliveryRow {
        id: DeliveryId(row.get(at)?),
        event: event_row(row, 0)?,
        endpoint: row.get(at + 1)?,
        state: codes::state(state, row.get(at + 8)?),
        blocked: state == codes::BLOCKED,
        blocked_by: None,
        abandoned: false,
        holder: None,
        due_at: Timestamp::from_millis(row.get(at + 3)?),
        rests_until: row.get::<_, Option<i64>>(at + 9)?.map(Timestamp::from_millis),
        changed_at: Timestamp::from_millis(row.get(at + 4)?),
        attempts: row.get(at + 5)?,
        used: row.get(at + 6)?,
        reason: row.get::<_, Option<i64>>(at + 7)?.map(codes::reason),
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

/// An endpoint and the number of a lane to it.
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
            Ok((row.get(0)?, row.get::<_, i64>(1)?, took(row.get(2)?), status, codes::outcome(outcome, status)))
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

fn took(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}

/// How an event is looked up: by id or by sequence number.
#[derive(Clone, Copy)]
pub(crate) enum Which<'a> {
    Id(&'a str),
    Seq(i64),
}

pub(crate) fn event(connection: &Connection, which: Which<'_>) -> rusqlite::Result<Option<EventDetail>> {
    let find = |condition: &str, value: Value| {
        let sql = format!(
            "SELECT {EVENT_COLUMNS}, e.body, e.checksum, w.body, w.checksum, e.traceparent
             FROM event e JOIN kind k ON k.id = e.kind LEFT JOIN whole_record w ON w.event = e.seq WHERE {condition}"
        );
        connection.prepare_cached(&sql)?.query_row([value], with_bodies).optional()
    };
    let found = match which {
        Which::Id(id) => find("e.id = ?1", id.to_owned().into())?,
        Which::Seq(seq) => find("e.seq = ?1", seq.into())?,
    };
    let Some(mut found) = found else { return Ok(None) };
    add_schedule(connection, &mut found.row)?;
    let (edited_from, edited_into) = edits(connection, found.row.seq)?;
    let EventDetail { row, .. } = &found;
    let sql =
        format!("SELECT {EVENT_COLUMNS}, {DELIVERY_COLUMNS} FROM {DELIVERY_TABLES} WHERE d.event = ?1 ORDER BY d.id");
    let mut deliveries = connection
        .prepare_cached(&sql)?
        .query_map([row.seq], |row| delivery_row(row, 7))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    complete(connection, &mut deliveries)?;
    let attempts = attempts(connection, row.seq)?;
    Ok(Some(EventDetail { deliveries, attempts, edited_from, edited_into, ..found }))
}

fn with_body(row: &Row<'_>) -> rusqlite::Result<(EventRow, Vec<u8>)> {
    let (event, body) = (event_row(row, 0)?, row.get::<_, Vec<u8>>(7)?);
    EventContent { id: event.id.as_str(), event_type: &event.event_type, body: &body }.check(row, 8)?;
    Ok((event, body))
}

/// The event itself, without its deliveries.
fn with_bodies(row: &Row<'_>) -> rusqlite::Result<EventDetail> {
    let (event, body, whole_body) = (event_row(row, 0)?, row.get::<_, Vec<u8>>(7)?, row.get::<_, Option<Vec<u8>>>(9)?);
    let sent = |body| EventContent { id: event.id.as_str(), event_type: &event.event_type, body };
    sent(&body).check(row, 8)?;
    if let Some(whole) = &whole_body {
        sent(whole).check(row, 10)?;
    }
    let traceparent = row.get::<_, Option<String>>(11)?.map(Traceparent::stored);
    Ok(EventDetail {
        row: event,
        body,
        whole_body,
        traceparent,
        deliveries: Vec::new(),
        attempts: Vec::new(),
        edited_from: None,
        edited_into: Vec::new(),
    })
}

const ATTEMPT_COLUMNS: &str =
    "a.number, p.name, a.delivery, a.trigger, a.started_at, a.took_us, a.outcome, a.status, a.detail, a.response";

fn attempt_row(row: &Row<'_>, at: usize) -> rusqlite::Result<AttemptRow> {
    Ok(AttemptRow {
        number: row.get(at)?,
        endpoint: row.get(at + 1)?,
        delivery: DeliveryId(row.get(at + 2)?),
        trigger: codes::trigger(row.get(at + 3)?),
        started_at: Timestamp::from_millis(row.get(at + 4)?),
        took: took(row.get(at + 5)?),
        outcome: codes::outcome(row.get(at + 6)?, row.get(at + 7)?),
        detail: row.get(at + 8)?,
        response: row.get::<_, Option<Vec<u8>>>(at + 9)?.unwrap_or_default(),
    })
}

fn attempts(connection: &Connection, event: i64) -> rusqlite::Result<Vec<AttemptRow>> {
    let sql = format!(
        "SELECT {ATTEMPT_COLUMNS} FROM delivery d JOIN attempt a ON a.delivery = d.id JOIN endpoint p ON p.id = d.endpoint
         WHERE d.event = ?1 ORDER BY a.id"
    );
    connection.prepare_cached(&sql)?.query_map([event], |row| attempt_row(row, 0))?.collect()
}

/// Attempts come first whatever the filter: a page is then read from the end of the log, not sorted out of all of it.
const LOG_TABLES: &str = "attempt a CROSS JOIN delivery d ON d.id = a.delivery CROSS JOIN event e ON e.seq = d.event
    CROSS JOIN kind k ON k.id = e.kind CROSS JOIN endpoint p ON p.id = d.endpoint";

pub(crate) fn logged(
    connection: &Connection,
    filter: &AttemptFilter,
    page: Page,
) -> rusqlite::Result<Listed<LoggedAttempt>> {
    let condition = attempt_condition(filter);
    let counted = if condition.parts.is_empty() { "attempt a" } else { LOG_TABLES };
    let total = count(connection, counted, &condition)?;
    Ok(Listed { rows: page_of_logged(connection, filter, page)?, total: total.unsigned_abs() })
}

fn attempt_condition(filter: &AttemptFilter) -> Condition {
    let mut condition = Condition::default();
    if let Some(endpoint) = &filter.endpoint {
        condition.and("p.name = ?", endpoint.clone());
    }
    condition.event_type(filter.event_type.as_ref());
    condition.resource_id(filter.resource_id.as_ref());
    if let Some(status) = filter.status {
        condition.and("a.status = ?", status);
    }
    if let Some(text) = &filter.error {
        condition.and("instr(lower(a.detail), lower(?)) > 0", text.clone());
    }
    if let Some(after) = filter.after {
        condition.and("a.id > ?", after);
    }
    if let Some(latest) = filter.latest {
        condition.and("a.id > (SELECT max(id) FROM attempt) - ?", latest);
    }
    condition.time("a.started_at >= ?", filter.since);
    condition.time("a.started_at < ?", filter.until);
    condition
}

/// The rows alone.
pub(crate) fn page_of_logged(
    connection: &Connection,
    filter: &AttemptFilter,
    page: Page,
) -> rusqlite::Result<Vec<LoggedAttempt>> {
    let condition = attempt_condition(filter);
    // Outcome 5 is an interruption: it says nothing about the endpoint.
    let sql = format!(
        "SELECT {EVENT_COLUMNS}, {ATTEMPT_COLUMNS}, (SELECT b.outcome <> 0 FROM attempt b WHERE b.delivery = a.delivery
            AND b.number < a.number AND b.outcome <> 5 ORDER BY b.number DESC LIMIT 1), a.id
         FROM {LOG_TABLES} WHERE {} ORDER BY a.id {} LIMIT {} OFFSET {}",
        condition.sql(),
        direction(page),
        page.limit,
        page.offset(),
    );
    connection
        .prepare(&sql)?
        .query_map(params_from_iter(&condition.values), |row| {
            Ok(LoggedAttempt {
                event: event_row(row, 0)?,
                attempt: attempt_row(row, 7)?,
                after_failure: row.get::<_, Option<bool>>(17)?.unwrap_or(false),
                place: row.get(18)?,
            })
        })?
        .collect()
}

/// One pass over what was delivered since the oldest of `ids`: an index for so rare a question would cost every delivery.
pub(crate) fn overtaken(connection: &Connection, ids: &[DeliveryId]) -> rusqlite::Result<Vec<DeliveryId>> {
    let mut lanes: HashMap<(i64, i64), Vec<DeliveryId>> = HashMap::new();
    let mut lane_of = connection.prepare_cached("SELECT endpoint, lane FROM delivery WHERE id = ?1")?;
    for id in ids {
        if let Some(lane) = lane_of.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()? {
            lanes.entry(lane).or_default().push(*id);
        }
    }
    let Some(first) = ids.iter().min() else { return Ok(Vec::new()) };
    let mut found = BTreeSet::new();
    let mut later = connection
        .prepare_cached(formatcp!("SELECT id, endpoint, lane FROM delivery WHERE id > ?1 AND state = {DELIVERED}"))?;
    let mut rows = later.query([first.0])?;
    while let Some(row) = rows.next()? {
        let later = DeliveryId(row.get(0)?);
        if let Some(earlier) = lanes.get(&(row.get(1)?, row.get(2)?)) {
            found.extend(earlier.iter().filter(|id| **id < later));
        }
    }
    Ok(found.into_iter().collect())
}
