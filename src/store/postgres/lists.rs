//! Reading events, deliveries and attempts, a page at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use const_format::formatcp;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::checksum::EventContent;
use super::connection::{Arg, Args, Connection, args};
use super::fault::Fault;
use super::node::Node;
use super::row::{BLOCKED, DELIVERED, FAILED, OPEN, SUPERSEDED, count, int, maybe_int, maybe_time, storable, time};
use super::{
    AttemptFilter, DeliveryFilter, DeliveryId, DeliveryRow, EventDetail, EventFilter, EventRow, Listed, LoggedAttempt,
    Page, Result, Schedule, codes, endpoint_rows, figures, runs,
};
use crate::clock::Timestamp;
use crate::delivery::State;
use crate::endpoint::Pattern;
use crate::event::{EventId, Resource, Traceparent};
use crate::store::{AttemptRow, ClaimHolder};

/// A WHERE clause under construction: parts joined by AND, with their parameters.
#[derive(Default)]
pub(super) struct Condition {
    parts: Vec<String>,
    values: Vec<(Box<dyn ToSql + Sync>, Type)>,
}

impl Condition {
    /// Adds a part in which every `?` stands for `value`.
    pub(super) fn and<T: Arg + 'static>(&mut self, part: &str, value: T) {
        self.values.push((Box::new(value), T::TYPE));
        self.parts.push(part.replace('?', &format!("${}", self.values.len())));
    }

    /// Adds a part without a value.
    pub(super) fn plain(&mut self, part: &str) {
        self.parts.push(part.to_owned());
    }

    pub(super) fn time(&mut self, part: &str, time: Option<Timestamp>) {
        if let Some(time) = time {
            self.and(part, time.as_millis());
        }
    }

    /// Types that a pattern matches: the type itself, or those that begin as the pattern does.
    pub(super) fn event_type(&mut self, pattern: Option<&Pattern>) {
        if let Some(pattern) = pattern {
            match pattern.as_str().strip_suffix('*') {
                Some(stem) => self.and("starts_with(k.type, ?)", stem.to_owned()),
                None => self.and("k.type = ?", pattern.as_str().to_owned()),
            }
        }
    }

    fn resource_id(&mut self, id: Option<&String>) {
        if let Some(id) = id {
            self.and("e.resource_id = ?", storable(id));
        }
    }

    /// Only deliveries whose last attempt had this status, or a detail that holds this text.
    fn last_attempt(&mut self, status: Option<u16>, error: Option<&String>) {
        if error.is_some() || status.is_some_and(|status| !(200..300).contains(&status)) {
            self.plain(&format!("d.id IN ({UNDELIVERED})"));
        }
        if let Some(status) = status {
            self.and(&format!("{} = ?", last_attempt("status")), i64::from(status));
        }
        if let Some(text) = error {
            self.and(&format!("strpos(lower({}), lower(?)) > 0", last_attempt("detail")), storable(text));
        }
    }

    /// Only events that have such a delivery.
    fn last_attempt_of_event(&mut self, status: Option<u16>, error: Option<&String>) {
        if status.is_none() && error.is_none() {
            return;
        }
        let before = self.parts.len();
        self.last_attempt(status, error);
        let of_delivery = self.parts.split_off(before).join(" AND ");
        self.parts.push(format!("e.seq IN (SELECT d.event FROM delivery d WHERE {of_delivery})"));
    }

    /// Rows behind `place`, in the order of the page.
    pub(super) fn past(&mut self, column: &str, place: Option<i64>, page: Page) {
        if let Some(place) = place {
            self.and(&format!("{column} {} ?", if page.oldest_first { ">" } else { "<" }), place);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(super) fn sql(&self) -> String {
        if self.parts.is_empty() { "true".to_owned() } else { self.parts.join(" AND ") }
    }

    pub(super) fn args(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        self.values.iter().map(|(value, sql_type)| (&**value, sql_type.clone())).collect()
    }

    pub(super) async fn count(&self, connection: &Connection, tables: &str) -> Result<u64, Fault> {
        let sql = format!("SELECT count(*) FROM {tables} WHERE {}", self.sql());
        let rows = connection.query_once(&sql, &self.args()).await?;
        Ok(rows.first().map_or(0, |row| int(row, 0)).unsigned_abs())
    }
}

pub(super) fn direction(page: Page) -> &'static str {
    if page.oldest_first { "ASC" } else { "DESC" }
}

impl Page {
    pub(super) fn window(self) -> String {
        let skipped = self.number.saturating_sub(1).saturating_mul(self.limit).min(i64::MAX.unsigned_abs());
        format!("LIMIT {} OFFSET {skipped}", self.limit.min(i64::MAX.unsigned_abs()))
    }
}

const EVENT_COLUMNS: &str = "e.seq, e.id, k.type, k.resource_type, e.resource_id, e.timestamp, e.created_at";

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

const EVENT_TABLES: &str = "event e JOIN kind k ON k.id = e.kind";

fn event_condition(filter: &EventFilter, page: Page) -> Condition {
    let mut condition = Condition::default();
    condition.event_type(filter.event_type.as_ref());
    condition.resource_id(filter.resource_id.as_ref());
    condition.time("e.created_at >= ?", filter.since);
    condition.time("e.created_at < ?", filter.until);
    condition.last_attempt_of_event(filter.last_status, filter.error.as_ref());
    if !filter.places.is_empty() {
        condition.and("e.seq = ANY (?)", filter.places.clone());
    }
    condition.past("e.seq", filter.past, page);
    condition
}

/// Events with the bytes that are sent.
pub(super) async fn events_with_bodies(
    node: &Node,
    filter: EventFilter,
    page: Page,
) -> Result<Vec<(EventRow, Vec<u8>)>> {
    let condition = event_condition(&filter, page);
    let sql = format!(
        "SELECT {EVENT_COLUMNS}, e.body, e.checksum FROM {EVENT_TABLES} WHERE {} ORDER BY e.seq {} {}",
        condition.sql(),
        direction(page),
        page.window(),
    );
    node.read(async |connection: &Connection| {
        let found = connection.query_once(&sql, &condition.args()).await?;
        let (mut rows, mut bodies) = (Vec::new(), Vec::new());
        for row in &found {
            let (event, body) = with_body(row)?;
            rows.push(event);
            bodies.push(body);
        }
        add_schedules(connection, &mut rows).await?;
        Ok(rows.into_iter().zip(bodies).collect())
    })
    .await
}

/// An event with the bytes that are sent, which have to be those that were emitted.
fn with_body(found: &Row) -> Result<(EventRow, Vec<u8>), Fault> {
    let (row, body) = (event_row(found, 0), found.get::<_, Vec<u8>>(7));
    EventContent { id: row.id.as_str(), event_type: &row.event_type, body: &body }.check(int(found, 8))?;
    Ok((row, body))
}

pub(super) async fn events(node: &Node, filter: EventFilter, page: Page) -> Result<Listed<EventRow>> {
    let condition = event_condition(&filter, page);
    let tables = EVENT_TABLES;
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM {tables} WHERE {} ORDER BY e.seq {} {}",
        condition.sql(),
        direction(page),
        page.window(),
    );
    node.read(async |connection: &Connection| {
        let total = match condition.is_empty() {
            true => figures::events(connection).await?.unsigned_abs(),
            false => condition.count(connection, tables).await?,
        };
        let rows = connection.query_once(&sql, &condition.args()).await?;
        let mut rows: Vec<EventRow> = rows.iter().map(|row| event_row(row, 0)).collect();
        add_states(connection, &mut rows).await?;
        add_schedules(connection, &mut rows).await?;
        Ok(Listed { rows, total })
    })
    .await
}

/// Adds where each event stands with the time it was to be sent at.
async fn add_schedules(connection: &Connection, rows: &mut [EventRow]) -> Result<(), Fault> {
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let found = connection
        .query("SELECT event, at, queued_at, cancelled_at FROM scheduled WHERE event = ANY ($1)", args![seqs])
        .await?;
    let schedule = |row: &Row| Schedule::read(time(row, 1), maybe_time(row, 2), maybe_time(row, 3));
    let schedules: HashMap<i64, Schedule> = found.iter().map(|row| (int(row, 0), schedule(row))).collect();
    rows.iter_mut().for_each(|row| row.schedule = schedules.get(&row.seq).copied());
    Ok(())
}

/// Adds the states of the deliveries of each event.
async fn add_states(connection: &Connection, rows: &mut [EventRow]) -> Result<(), Fault> {
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let found = connection
        .query(
            "SELECT d.event, d.state, NOT p.configured OR p.paused_by IS NOT NULL,
                EXISTS (SELECT FROM flight f WHERE f.endpoint = d.endpoint AND d.id = ANY (f.ids))
             FROM delivery d JOIN endpoint p ON p.id = d.endpoint WHERE d.event = ANY ($1) ORDER BY d.id",
            args![seqs],
        )
        .await?;
    let mut states: HashMap<i64, Vec<State>> = HashMap::new();
    for row in &found {
        states.entry(int(row, 0)).or_default().push(state_of(int(row, 1), row.get(3), row.get(2)));
    }
    for row in rows {
        row.states = states.remove(&row.seq).unwrap_or_default();
    }
    Ok(())
}

/// The state that an operator reads.
fn state_of(code: i64, in_flight: bool, held: bool) -> State {
    match code {
        DELIVERED => State::Delivered,
        FAILED => State::Failed,
        SUPERSEDED => State::Superseded,
        _ if in_flight => State::Processing,
        _ if held => State::Held,
        _ => State::Pending,
    }
}

pub(super) async fn deliveries(node: &Node, filter: DeliveryFilter, page: Page) -> Result<Listed<DeliveryRow>> {
    node.read(async |connection: &Connection| deliveries_within(connection, &filter, page).await).await
}

pub(super) async fn deliveries_within(
    connection: &Connection,
    filter: &DeliveryFilter,
    page: Page,
) -> Result<Listed<DeliveryRow>, Fault> {
    let total = match counted(connection, filter).await? {
        Some(total) => total.unsigned_abs(),
        None => page_condition(filter, page).count(connection, DELIVERY_TABLES).await?,
    };
    Ok(Listed { rows: rows_within(connection, filter, page).await?, total })
}

/// The rows of a page alone.
pub(super) async fn page_of_deliveries(node: &Node, filter: DeliveryFilter, page: Page) -> Result<Vec<DeliveryRow>> {
    node.read(async |connection: &Connection| rows_within(connection, &filter, page).await).await
}

fn page_condition(filter: &DeliveryFilter, page: Page) -> Condition {
    let mut condition = delivery_condition(filter);
    condition.past("d.id", filter.past.map(|id| id.0), page);
    condition
}

async fn rows_within(connection: &Connection, filter: &DeliveryFilter, page: Page) -> Result<Vec<DeliveryRow>, Fault> {
    let condition = page_condition(filter, page);
    let sql = format!(
        "SELECT {EVENT_COLUMNS}, {DELIVERY_COLUMNS} FROM (SELECT d.id AS chosen FROM {DELIVERY_TABLES} WHERE {} ORDER BY d.id {} {}) c
         JOIN delivery d ON d.id = c.chosen JOIN event e ON e.seq = d.event JOIN kind k ON k.id = e.kind
         JOIN endpoint p ON p.id = d.endpoint {PLACES} ORDER BY d.id {}",
        condition.sql(),
        direction(page),
        page.window(),
        direction(page),
    );
    let rows = connection.query_once(&sql, &condition.args()).await?;
    complete(connection, &rows).await
}

/// The small tables that hold what is not finished, so that no list of it looks at what is.
const UNFINISHED: &str = "SELECT id FROM queue UNION ALL SELECT id FROM waiting";
const FLYING: &str = "SELECT i.id FROM flight c CROSS JOIN LATERAL unnest(c.ids) AS i(id)";

/// Deliveries that may have an attempt that did not deliver them.
const UNDELIVERED: &str = "SELECT id FROM trouble UNION ALL SELECT id FROM waiting
    UNION ALL SELECT i.id FROM flight c CROSS JOIN LATERAL unnest(c.ids) AS i(id)";

/// A column of a delivery's last attempt.
fn last_attempt(column: &str) -> String {
    format!("(SELECT a.{column} FROM attempt a WHERE a.delivery = d.id ORDER BY a.number DESC LIMIT 1)")
}

fn delivery_condition(filter: &DeliveryFilter) -> Condition {
    let mut condition = Condition::default();
    if !filter.states.is_empty() {
        let states: Vec<String> = filter.states.iter().copied().map(state_condition).collect();
        condition.plain(&format!("({})", states.join(" OR ")));
    }
    if filter.troubled {
        condition.plain("d.id IN (SELECT id FROM trouble)");
    }
    if let Some(endpoint) = &filter.endpoint {
        condition.and("p.name = ?", storable(endpoint));
    }
    condition.event_type(filter.event_type.as_ref());
    condition.resource_id(filter.resource_id.as_ref());
    condition.last_attempt(filter.last_status, filter.error.as_ref());
    if let Some(event) = &filter.event {
        condition.and("e.id = ?", storable(event.as_str()));
    }
    if !filter.ids.is_empty() {
        condition.and("d.id = ANY (?)", filter.ids.iter().map(|id| id.0).collect::<Vec<i64>>());
    }
    condition.time("d.changed_at >= ?", filter.since);
    condition.time("d.changed_at < ?", filter.until);
    condition
}

fn state_condition(state: State) -> String {
    match state {
        State::Pending => format!("(d.id IN ({UNFINISHED}) AND p.configured AND p.paused_by IS NULL)"),
        State::Held => format!("(d.id IN ({UNFINISHED}) AND (NOT p.configured OR p.paused_by IS NOT NULL))"),
        State::Processing => format!("d.id IN ({FLYING})"),
        State::Delivered => formatcp!("d.state = {DELIVERED}").to_owned(),
        State::Failed => formatcp!("(d.state = {FAILED} AND d.id IN (SELECT id FROM trouble))").to_owned(),
        State::Superseded => formatcp!("d.state = {SUPERSEDED}").to_owned(),
    }
}

/// The number of matches from the counters, where they know it.
async fn counted(connection: &Connection, filter: &DeliveryFilter) -> Result<Option<i64>, Fault> {
    let plain = filter.event_type.is_none()
        && filter.resource_id.is_none()
        && filter.last_status.is_none()
        && filter.error.is_none()
        && filter.past.is_none()
        && filter.event.is_none()
        && filter.ids.is_empty()
        && filter.since.is_none()
        && filter.until.is_none();
    if !plain || (filter.troubled && !filter.states.is_empty()) {
        return Ok(None);
    }
    let counts = figures::counts(connection).await?;
    let wanted = |state| filter.states.is_empty() || filter.states.contains(&state);
    let mut total = 0;
    for row in endpoint_rows::load(connection).await? {
        let endpoint = row.endpoint;
        if filter.endpoint.as_ref().is_some_and(|name| endpoint.name != *name) {
            continue;
        }
        let counts = counts.get(&endpoint.id.0).copied().unwrap_or_default();
        let waiting = if endpoint.is_paused_or_unconfigured() { State::Held } else { State::Pending };
        let parts = [
            (waiting, counts.waiting),
            (State::Processing, counts.processing),
            (State::Delivered, counts.delivered),
            (State::Failed, counts.failed),
            (State::Superseded, counts.superseded),
        ];
        total += match filter.troubled {
            true => counts.troubled,
            false => parts.into_iter().filter(|(state, _)| wanted(*state)).map(|(_, count)| count).sum(),
        };
    }
    Ok(Some(total))
}

fn event_row(row: &Row, at: usize) -> EventRow {
    EventRow {
        seq: int(row, at),
        id: EventId::stored(row.get(at + 1)),
        event_type: row.get(at + 2),
        resource: Resource { kind: row.get(at + 3), id: row.get(at + 4) },
        timestamp: time(row, at + 5),
        created_at: time(row, at + 6),
        states: Vec::new(),
        schedule: None,
    }
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
        reason: maybe_int(row, at + 7).map(codes::reason),
        last_detail: row.get(at + 12),
        last_ended_at: ended,
        last_took,
        last_outcome: maybe_int(row, at + 19).map(|code| codes::outcome(code, status)),
        last_status: status,
        blocked_by: None,
        abandoned: false,
        holder: maybe_int(row, at + 21).map(|pid| ClaimHolder { host: row.get(at + 20), pid }),
        whole_record: row.get(at + 22),
        superseded_by: row.get::<_, Option<String>>(at + 23).map(EventId::stored),
    }
}

/// An endpoint and the number of a lane to it.
type Lane = (i64, i64);

/// Reads deliveries, and finds out which have to wait behind an earlier one, and which a dead run holds.
async fn complete(connection: &Connection, rows: &[Row]) -> Result<Vec<DeliveryRow>, Fault> {
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
) -> Result<BTreeMap<Lane, DeliveryId>, Fault> {
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

fn took(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}

/// Everything known of the event that `condition` names.
pub(super) async fn event(node: &Node, condition: &str, args: Args<'_>) -> Result<Option<EventDetail>> {
    node.read(async |connection: &Connection| {
        let sql = format!(
            "SELECT {EVENT_COLUMNS}, e.body, e.checksum, w.body, w.checksum, e.traceparent FROM event e
             JOIN kind k ON k.id = e.kind LEFT JOIN whole_record w ON w.event = e.seq WHERE {condition}"
        );
        let rows = connection.query_once(&sql, args).await?;
        let Some(found) = rows.first() else { return Ok(None) };
        let (mut row, body) = (event_row(found, 0), found.get::<_, Vec<u8>>(7));
        let sent = |body| EventContent { id: row.id.as_str(), event_type: &row.event_type, body };
        sent(&body).check(int(found, 8))?;
        let whole_body = found.get::<_, Option<Vec<u8>>>(9);
        if let Some(whole) = &whole_body {
            sent(whole).check(int(found, 10))?;
        }
        let traceparent = found.get::<_, Option<String>>(11).map(Traceparent::stored);
        add_schedules(connection, std::slice::from_mut(&mut row)).await?;
        let from = "SELECT e.id FROM edited x JOIN event e ON e.seq = x.from_event WHERE x.event = $1";
        let edited_from = connection.first(from, args![row.seq]).await?.map(|row| EventId::stored(row.get(0)));
        let into = "SELECT e.id FROM edited x JOIN event e ON e.seq = x.event WHERE x.from_event = $1 ORDER BY e.seq";
        let into = connection.query(into, args![row.seq]).await?;
        let edited_into = into.iter().map(|row| EventId::stored(row.get(0))).collect();
        let sql = format!(
            "SELECT {EVENT_COLUMNS}, {DELIVERY_COLUMNS} FROM {DELIVERY_TABLES} {PLACES} WHERE d.event = $1 ORDER BY d.id"
        );
        let deliveries = complete(connection, &connection.query_once(&sql, args![row.seq]).await?).await?;
        let sql = format!(
            "SELECT {ATTEMPT_COLUMNS} FROM delivery d JOIN attempt a ON a.delivery = d.id
             JOIN endpoint p ON p.id = d.endpoint WHERE d.event = $1 ORDER BY a.id"
        );
        let attempts = connection.query_once(&sql, args![row.seq]).await?;
        let attempts = attempts.iter().map(|row| attempt_row(row, 0)).collect();
        Ok(Some(EventDetail { row, body, whole_body, traceparent, deliveries, attempts, edited_from, edited_into }))
    })
    .await
}

const ATTEMPT_COLUMNS: &str =
    "a.number, p.name, a.delivery, a.trigger, a.started_at, a.took_us, a.outcome, a.status, a.detail, a.response";

fn attempt_row(row: &Row, at: usize) -> AttemptRow {
    let status = maybe_int(row, at + 7).and_then(|status| u16::try_from(status).ok());
    AttemptRow {
        number: count(row, at),
        endpoint: row.get(at + 1),
        delivery: DeliveryId(int(row, at + 2)),
        trigger: codes::trigger(int(row, at + 3)),
        started_at: time(row, at + 4),
        took: took(int(row, at + 5)),
        outcome: codes::outcome(int(row, at + 6), status),
        detail: row.get(at + 8),
        response: row.get::<_, Option<Vec<u8>>>(at + 9).unwrap_or_default(),
    }
}

const LOG_TABLES: &str = "attempt a JOIN delivery d ON d.id = a.delivery JOIN event e ON e.seq = d.event
    JOIN kind k ON k.id = e.kind JOIN endpoint p ON p.id = d.endpoint";

pub(super) async fn logged(node: &Node, filter: AttemptFilter, page: Page) -> Result<Listed<LoggedAttempt>> {
    let condition = attempt_condition(&filter);
    let counted = if condition.is_empty() { "attempt a" } else { LOG_TABLES };
    let total = node.read(async |connection: &Connection| condition.count(connection, counted).await).await?;
    Ok(Listed { rows: page_of_logged(node, &filter, page).await?, total })
}

fn attempt_condition(filter: &AttemptFilter) -> Condition {
    let mut condition = Condition::default();
    if let Some(endpoint) = &filter.endpoint {
        condition.and("p.name = ?", storable(endpoint));
    }
    condition.event_type(filter.event_type.as_ref());
    condition.resource_id(filter.resource_id.as_ref());
    if let Some(status) = filter.status {
        condition.and("a.status = ?", i64::from(status));
    }
    if let Some(text) = &filter.error {
        condition.and("strpos(lower(a.detail), lower(?)) > 0", storable(text));
    }
    if let Some(after) = filter.after {
        condition.and("a.id > ?", after);
    }
    if let Some(latest) = filter.latest {
        condition.and("a.id > (SELECT max(id) FROM attempt) - ?", i64::from(latest));
    }
    condition.time("a.started_at >= ?", filter.since);
    condition.time("a.started_at < ?", filter.until);
    condition
}

/// The rows alone.
pub(super) async fn page_of_logged(node: &Node, filter: &AttemptFilter, page: Page) -> Result<Vec<LoggedAttempt>> {
    let condition = attempt_condition(filter);
    // Outcome 5 is an interruption: it says nothing about the endpoint.
    let sql = format!(
        "SELECT {EVENT_COLUMNS}, {ATTEMPT_COLUMNS}, (SELECT b.outcome <> 0 FROM attempt b WHERE b.delivery = a.delivery
            AND b.number < a.number AND b.outcome <> 5 ORDER BY b.number DESC LIMIT 1), a.id
         FROM {LOG_TABLES} WHERE {} ORDER BY a.id {} {}",
        condition.sql(),
        direction(page),
        page.window(),
    );
    node.read(async |connection: &Connection| {
        let rows = connection.query_once(&sql, &condition.args()).await?;
        let read = |row: &Row| LoggedAttempt {
            event: event_row(row, 0),
            attempt: attempt_row(row, 7),
            after_failure: row.get::<_, Option<bool>>(17).unwrap_or(false),
            place: int(row, 18),
        };
        Ok(rows.iter().map(read).collect())
    })
    .await
}

/// One pass over what was delivered since the oldest of `ids`: an index for so rare a question would cost every delivery.
pub(super) async fn overtaken(node: &Node, ids: Vec<DeliveryId>) -> Result<Vec<DeliveryId>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    node.read(async |connection: &Connection| {
        let rows = connection
            .query(
                formatcp!("SELECT c.id FROM delivery c WHERE c.id = ANY ($1) AND EXISTS (SELECT FROM delivery d
                    WHERE d.endpoint = c.endpoint AND d.lane = c.lane AND d.id > c.id AND d.state = {DELIVERED}) ORDER BY c.id"),
                args![ids],
            )
            .await?;
        Ok(rows.iter().map(|row| DeliveryId(int(row, 0))).collect())
    })
    .await
}
