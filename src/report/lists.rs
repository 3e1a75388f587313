//! Lists of events, deliveries, attempts and failures.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Cell, Column, Level, Pagination, Report, Table};
use crate::clock::Timestamp;
use crate::delivery::{Outcome, Reason, State, Trigger};
use crate::endpoint::Payload;
use crate::event::{EventId, Traceparent, data_of};
use crate::format::shorten;
use crate::store::{AttemptRow, DeliveryId, DeliveryRow, EventDetail, EventRow, Listed, LoggedAttempt, Page, Schedule};
use crate::untrusted::Untrusted;

/// An event in JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventView<'a> {
    /// Its place in the order of emission.
    pub seq: i64,
    /// Its id.
    pub id: &'a str,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: &'a str,
    /// Resource id.
    pub resource_id: &'a str,
    /// The type of what it is about.
    pub resource_type: &'a str,
    /// When it happened.
    pub timestamp: Timestamp,
    /// When it was emitted.
    pub created_at: Timestamp,
    /// The states of its deliveries, where events are listed.
    #[serde(skip_serializing_if = "<[State]>::is_empty")]
    pub delivery_states: &'a [State],
    /// Where it stands with the time it was to be sent at: `scheduled`, `queued` or `cancelled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<&'static str>,
    /// The time it waits for, or waited for until it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// When it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
}

/// What a schedule is called.
fn schedule_name(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::Waits { .. } => "scheduled",
        Schedule::Queued { .. } => "queued",
        Schedule::Cancelled { .. } => "cancelled",
    }
}

impl<'a> EventView<'a> {
    /// The view of a row.
    pub fn of(row: &'a EventRow) -> Self {
        let (scheduled_at, cancelled_at) = match row.schedule {
            Some(Schedule::Waits { at }) => (Some(at), None),
            Some(Schedule::Cancelled { planned, at }) => (Some(planned), Some(at)),
            Some(Schedule::Queued { .. }) | None => (None, None),
        };
        Self {
            seq: row.seq,
            id: row.id.as_str(),
            event_type: &row.event_type,
            resource_id: &row.resource.id,
            resource_type: &row.resource.kind,
            timestamp: row.timestamp,
            created_at: row.created_at,
            delivery_states: &row.states,
            schedule: row.schedule.map(schedule_name),
            scheduled_at,
            cancelled_at,
        }
    }
}

/// A delivery in JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryView<'a> {
    id: i64,
    event_id: &'a str,
    event_type: &'a str,
    resource_id: &'a str,
    resource_type: &'a str,
    endpoint: &'a str,
    state: State,
    blocked: bool,
    blocked_by: Option<i64>,
    interrupted: bool,
    attempts: u32,
    attempts_used: u32,
    next_attempt_at: Option<Timestamp>,
    error: Option<&'a str>,
    status: Option<u16>,
    /// How long the last attempt took.
    duration_ms: Option<f64>,
    reason: Option<Reason>,
    payload: Payload,
    superseded_by: Option<&'a str>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<'a> DeliveryView<'a> {
    /// The view of a row.
    pub fn of(row: &'a DeliveryRow) -> Self {
        Self {
            id: row.id.0,
            event_id: row.event.id.as_str(),
            event_type: &row.event.event_type,
            resource_id: &row.event.resource.id,
            resource_type: &row.event.resource.kind,
            endpoint: &row.endpoint,
            state: row.state,
            blocked: row.blocked,
            blocked_by: row.blocked_by.map(|id| id.0),
            interrupted: row.abandoned,
            attempts: row.attempts,
            attempts_used: row.used,
            next_attempt_at: next_attempt(row),
            error: error_of(row),
            status: row.last_status,
            duration_ms: row.last_took.map(|took| took.as_secs_f64() * 1e3),
            reason: row.reason,
            payload: if row.whole_record { Payload::Full } else { Payload::Event },
            superseded_by: row.superseded_by.as_ref().map(EventId::as_str),
            created_at: row.event.created_at,
            updated_at: row.changed_at,
        }
    }
}

/// When it is attempted next at the earliest: not before the circuit of its endpoint is probed.
fn next_attempt(row: &DeliveryRow) -> Option<Timestamp> {
    let next = row.rests_until.map_or(row.due_at, |until| until.max(row.due_at));
    (row.state == State::Pending && !row.blocked).then_some(next)
}

/// What went wrong last, unless it went right in the end.
fn error_of(row: &DeliveryRow) -> Option<&str> {
    match row.state {
        State::Delivered => None,
        _ => row.last_detail.as_deref(),
    }
}

/// Where a delivery stands, in words.
pub fn state_cell(row: &DeliveryRow) -> Cell {
    let (level, text) = match (row.state, row.reason) {
        (State::Delivered, _) => (Level::Good, "delivered".to_owned()),
        (State::Failed, Some(reason)) => (Level::Bad, format!("failed ({})", reason.name())),
        (State::Failed, None) => (Level::Bad, "failed".to_owned()),
        (State::Processing, _) if row.abandoned => (Level::Warning, "processing (interrupted)".to_owned()),
        (State::Processing, _) => (Level::Busy, "processing".to_owned()),
        (State::Held, _) => (Level::Quiet, "held".to_owned()),
        (State::Superseded, _) => (Level::Quiet, "superseded".to_owned()),
        (State::Pending, _) if row.blocked => (Level::Quiet, "pending (blocked)".to_owned()),
        (State::Pending, _) if row.attempts > 0 => (Level::Warning, "pending (retry)".to_owned()),
        (State::Pending, _) => (Level::Busy, "pending".to_owned()),
    };
    Cell::Level(level, text)
}

pub(super) const DELIVERIES: &[Column] = &[
    Column::number("id", "ID"),
    Column::text("state", "STATE"),
    Column::text("type", "TYPE"),
    Column::text("resource", "RESOURCE"),
    Column::text("endpoint", "ENDPOINT"),
    Column::number("attempts", "ATTEMPTS").optional(),
    Column::text("next", "NEXT ATTEMPT").optional(),
    Column::text("error", "ERROR").long(),
    Column::text("updated", "LAST UPDATED").optional(),
    Column::text("event", "EVENT").only_wide(),
];

fn delivery_cells(row: &DeliveryRow) -> Vec<Cell> {
    vec![
        row.id.0.into(),
        state_cell(row),
        row.event.event_type.clone().into(),
        row.event.resource.id.clone().into(),
        row.endpoint.clone().into(),
        row.attempts.into(),
        next_attempt(row).into(),
        error_of(row).into(),
        row.changed_at.into(),
        row.event.id.as_str().into(),
    ]
}

/// A page of deliveries.
pub fn deliveries(listed: &Listed<DeliveryRow>, page: Page) -> Report {
    let views: Vec<_> = listed.rows.iter().map(DeliveryView::of).collect();
    let rows = listed.rows.iter().map(delivery_cells).collect();
    list(&views, DELIVERIES, rows, listed.total, page).with_names(listed.rows.iter().map(|row| row.id.0.to_string()))
}

/// The deliveries a command would change, without a page around them.
pub fn chosen_deliveries(rows: &[DeliveryRow]) -> Table {
    Table::new(DELIVERIES, rows.iter().map(delivery_cells).collect())
}

pub(super) const EVENTS: &[Column] = &[
    Column::number("seq", "SEQ"),
    Column::text("type", "TYPE").optional(),
    Column::text("resource", "RESOURCE"),
    Column::text("delivery", "DELIVERY"),
    Column::text("id", "ID"),
    Column::text("emitted", "EMITTED").optional(),
    Column::text("timestamp", "TIMESTAMP").only_wide(),
    Column::text("resource-type", "RESOURCE TYPE").only_wide(),
];

/// How far an event got: `delivered`, or what is not, such as `1 pending, 1 failed`.
fn states_cell(event: &EventRow) -> Cell {
    let states = &event.states[..];
    match event.schedule {
        Some(Schedule::Waits { .. }) => return (Level::Busy, "scheduled").into(),
        Some(Schedule::Cancelled { .. }) => return (Level::Quiet, "cancelled").into(),
        Some(Schedule::Queued { .. }) | None => {}
    }
    let of = |state: State| states.iter().filter(|it| **it == state).count();
    let told: Vec<String> = [State::Failed, State::Held, State::Processing, State::Pending, State::Superseded]
        .into_iter()
        .filter(|state| of(*state) > 0)
        .map(
            |state| if states.len() == 1 { state.name().to_owned() } else { format!("{} {}", of(state), state.name()) },
        )
        .collect();
    match states {
        [] => (Level::Quiet, "none").into(),
        _ if told.is_empty() => (Level::Good, "delivered").into(),
        _ if of(State::Failed) > 0 => Cell::Level(Level::Bad, told.join(", ")),
        _ if of(State::Superseded) + of(State::Delivered) == states.len() => Cell::Level(Level::Quiet, told.join(", ")),
        _ => Cell::Level(Level::Busy, told.join(", ")),
    }
}

/// A page of events.
pub fn events(listed: &Listed<EventRow>, page: Page) -> Report {
    let views: Vec<_> = listed.rows.iter().map(EventView::of).collect();
    let cells = |row: &EventRow| {
        vec![
            // As commands take it: a bare number would be a delivery's.
            format!("evt#{}", row.seq).into(),
            row.event_type.clone().into(),
            row.resource.id.clone().into(),
            states_cell(row),
            row.id.as_str().into(),
            row.created_at.into(),
            row.timestamp.into(),
            row.resource.kind.clone().into(),
        ]
    };
    list(&views, EVENTS, listed.rows.iter().map(cells).collect(), listed.total, page)
        .with_names(listed.rows.iter().map(|row| row.id.to_string()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttemptView<'a> {
    delivery: i64,
    endpoint: &'a str,
    number: u32,
    trigger: Trigger,
    started_at: Timestamp,
    duration_ms: f64,
    outcome: &'static str,
    status: Option<u16>,
    detail: &'a str,
    response: Option<String>,
}

impl<'a> AttemptView<'a> {
    fn of(row: &'a AttemptRow) -> Self {
        Self {
            delivery: row.delivery.0,
            endpoint: &row.endpoint,
            number: row.number,
            trigger: row.trigger,
            started_at: row.started_at,
            duration_ms: row.took.as_secs_f64() * 1e3,
            outcome: row.outcome.name(),
            status: row.outcome.status(),
            detail: &row.detail,
            response: (!row.response.is_empty()).then(|| String::from_utf8_lossy(&row.response).into_owned()),
        }
    }
}

#[derive(Serialize)]
struct EventDetailView<'a> {
    event: EventWithBody<'a>,
    deliveries: Vec<DeliveryView<'a>>,
    attempts: Vec<AttemptView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventWithBody<'a> {
    #[serde(flatten)]
    view: EventView<'a>,
    body: String,
    data: Option<Box<RawValue>>,
    /// What endpoints with `payload = "full"` are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    whole_record_body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_from: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    edited_into: Vec<&'a str>,
}

const SENT_TO: &[Column] = &[
    Column::number("id", "DELIVERY"),
    Column::text("endpoint", "ENDPOINT"),
    Column::text("state", "STATE"),
    Column::number("attempts", "ATTEMPTS"),
    Column::text("next", "NEXT ATTEMPT"),
    Column::text("error", "ERROR").long(),
];

/// The deliveries of one event.
pub fn sent_to(rows: &[DeliveryRow]) -> Table {
    let cells = |row: &DeliveryRow| {
        vec![
            row.id.0.into(),
            row.endpoint.clone().into(),
            state_cell(row),
            row.attempts.into(),
            next_attempt(row).into(),
            error_of(row).into(),
        ]
    };
    Table::new(SENT_TO, rows.iter().map(cells).collect())
}

const ATTEMPTS: &[Column] = &[
    Column::number("number", "TRY"),
    Column::text("started", "STARTED"),
    Column::text("endpoint", "ENDPOINT"),
    Column::text("outcome", "OUTCOME"),
    Column::number("took", "TOOK"),
    Column::text("detail", "DETAIL"),
    Column::text("response", "RESPONSE").optional(),
    Column::text("trigger", "TRIGGER").only_wide(),
];

/// One event with its deliveries and attempts.
pub fn event(detail: &EventDetail) -> Report {
    let row = &detail.row;
    let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
    let (body, whole_record_body) = (text(&detail.body), detail.whole_body.as_deref().map(text));
    let traceparent = detail.traceparent.as_ref().map(Traceparent::as_str);
    let data = data_of(&detail.body).and_then(|data| RawValue::from_string(data.to_owned()).ok());
    let view = EventDetailView {
        event: EventWithBody {
            view: EventView::of(row),
            body,
            data,
            whole_record_body,
            traceparent,
            edited_from: detail.edited_from.as_ref().map(EventId::as_str),
            edited_into: detail.edited_into.iter().map(EventId::as_str).collect(),
        },
        deliveries: detail.deliveries.iter().map(DeliveryView::of).collect(),
        attempts: detail.attempts.iter().map(AttemptView::of).collect(),
    };
    let report = Report::new(&view)
        .with_line(format!("Event     evt#{}  {}", row.seq, Untrusted(row.id.as_str())))
        .with_line(format!("Type      {}", Untrusted(&row.event_type)))
        .with_line(format!("Resource  {}/{}", Untrusted(&row.resource.kind), Untrusted(&row.resource.id)))
        .with_line(format!("Happened  {}   emitted {}", row.timestamp, row.created_at))
        .with_line(format!(
            "Body      {} bytes (--body prints its data, --sent what is signed and sent)",
            detail.body.len()
        ));
    origin(detail)
        .into_iter()
        .fold(report, Report::with_line)
        .with_line("")
        .with_table(sent_to(&detail.deliveries))
        .with_table(Table::new(ATTEMPTS, detail.attempts.iter().map(attempt_cells).collect()))
        .with_names([row.id.to_string()])
}

/// When an event was to be sent, if not at once, and which events it was made from and into.
fn origin(detail: &EventDetail) -> Vec<String> {
    let mut lines: Vec<String> =
        detail.row.schedule.iter().map(|it| format!("Schedule  {}", schedule_text(*it))).collect();
    lines.extend(detail.edited_from.iter().map(|from| format!("Made from {}", Untrusted(from.as_str()))));
    lines.extend(detail.edited_into.iter().map(|into| format!("Edited as {}", Untrusted(into.as_str()))));
    lines
}

/// Where an event stands with the time it was to be sent at, in words.
pub(super) fn schedule_text(schedule: Schedule) -> String {
    match schedule {
        Schedule::Waits { at } => format!("waits until {at}; then a worker queues it"),
        Schedule::Queued { at } => format!("its time came, it was queued at {at}"),
        Schedule::Cancelled { planned, at } => format!("cancelled at {at}, before {planned}; it is never sent"),
    }
}

/// One delivery of an event, with its attempts.
pub fn delivery(detail: &EventDetail, id: DeliveryId) -> Report {
    #[derive(Serialize)]
    struct View<'a> {
        event: EventView<'a>,
        delivery: Option<DeliveryView<'a>>,
        attempts: Vec<AttemptView<'a>>,
    }
    let rows: Vec<DeliveryRow> = detail.deliveries.iter().filter(|row| row.id == id).cloned().collect();
    let attempts: Vec<&AttemptRow> = detail.attempts.iter().filter(|attempt| attempt.delivery == id).collect();
    let view = View {
        event: EventView::of(&detail.row),
        delivery: rows.first().map(DeliveryView::of),
        attempts: attempts.iter().map(|attempt| AttemptView::of(attempt)).collect(),
    };
    let row = &detail.row;
    Report::new(&view)
        .with_line(format!("Event     evt#{}  {}  {}", row.seq, Untrusted(row.id.as_str()), Untrusted(&row.event_type)))
        .with_line(format!("Resource  {}/{}", Untrusted(&row.resource.kind), Untrusted(&row.resource.id)))
        .with_table(sent_to(&rows))
        .with_table(Table::new(ATTEMPTS, attempts.iter().map(|attempt| attempt_cells(attempt)).collect()))
        .with_names([id.0.to_string()])
}

fn attempt_cells(row: &AttemptRow) -> Vec<Cell> {
    let level = match row.outcome {
        Outcome::Delivered { .. } => Level::Good,
        Outcome::Interrupted => Level::Warning,
        Outcome::Rejected { .. } | Outcome::Unreachable | Outcome::Refused | Outcome::TimedOut => Level::Bad,
    };
    let response = (!row.response.is_empty()).then(|| shorten(&String::from_utf8_lossy(&row.response), 40));
    vec![
        row.number.into(),
        row.started_at.into(),
        row.endpoint.clone().into(),
        Cell::Level(level, row.outcome.name().to_owned()),
        row.took.into(),
        row.detail.clone().into(),
        response.into(),
        row.trigger.name().into(),
    ]
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LoggedView<'a> {
    place: i64,
    event_id: &'a str,
    event_type: &'a str,
    resource_id: &'a str,
    resource_type: &'a str,
    #[serde(flatten)]
    attempt: AttemptView<'a>,
}

/// A page of attempts in the order in which they ended.
pub fn attempts(listed: &Listed<LoggedAttempt>, page: Page) -> Report {
    let views: Vec<_> = listed
        .rows
        .iter()
        .map(|row| LoggedView {
            place: row.place,
            event_id: row.event.id.as_str(),
            event_type: &row.event.event_type,
            resource_id: &row.event.resource.id,
            resource_type: &row.event.resource.kind,
            attempt: AttemptView::of(&row.attempt),
        })
        .collect();
    let rows = listed.rows.iter().map(|row| attempt_cells(&row.attempt)).collect();
    list(&views, ATTEMPTS, rows, listed.total, page)
}

/// A failed delivery in JSON: an item of `failures list` and of `recentFailures`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureView<'a> {
    event_id: &'a str,
    event_type: &'a str,
    resource_id: &'a str,
    resource_type: &'a str,
    endpoint: &'a str,
    error: &'a str,
    status: Option<u16>,
    attempts: u32,
    failed_at: Timestamp,
    resolved: bool,
    delivery: i64,
    state: State,
    reason: Option<Reason>,
    next_attempt_at: Option<Timestamp>,
}

impl<'a> FailureView<'a> {
    /// The view of a delivery that failed.
    pub fn of(row: &'a DeliveryRow) -> Self {
        Self {
            event_id: row.event.id.as_str(),
            event_type: &row.event.event_type,
            resource_id: &row.event.resource.id,
            resource_type: &row.event.resource.kind,
            endpoint: &row.endpoint,
            error: failure_text(row),
            status: row.last_status,
            attempts: row.attempts,
            failed_at: row.last_ended_at.unwrap_or(row.changed_at),
            resolved: row.state == State::Delivered,
            delivery: row.id.0,
            state: row.state,
            reason: row.reason,
            next_attempt_at: next_attempt(row),
        }
    }
}

fn failure_text(row: &DeliveryRow) -> &str {
    match (&row.last_detail, row.reason) {
        (Some(detail), _) => detail,
        (None, Some(reason)) => reason.name(),
        (None, None) => "",
    }
}

pub(super) const FAILURES: &[Column] = &[
    Column::number("delivery", "DELIVERY"),
    Column::text("type", "TYPE"),
    Column::text("resource", "RESOURCE"),
    Column::text("endpoint", "ENDPOINT"),
    Column::text("error", "ERROR").long(),
    Column::number("attempts", "ATTEMPTS").optional(),
    Column::text("failed", "FAILED").optional(),
    Column::text("next", "WHAT NEXT"),
    Column::text("event", "EVENT").only_wide(),
];

/// A page of failed deliveries: those that wait for another attempt, and those given up.
pub fn failures(listed: &Listed<DeliveryRow>, page: Page) -> Report {
    let views: Vec<_> = listed.rows.iter().map(FailureView::of).collect();
    let report = list(&views, FAILURES, listed.rows.iter().map(failure_cells).collect(), listed.total, page)
        .with_names(listed.rows.iter().map(|row| row.id.0.to_string()));
    match listed.rows.is_empty() {
        true => report.with_hint("nothing has failed"),
        false => report
            .with_hint("see every attempt with `syncctl events show EVENT`, deliver again with `syncctl replay ID`"),
    }
}

pub(super) fn failure_cells(row: &DeliveryRow) -> Vec<Cell> {
    vec![
        row.id.0.into(),
        row.event.event_type.clone().into(),
        row.event.resource.id.clone().into(),
        row.endpoint.clone().into(),
        failure_text(row).into(),
        row.attempts.into(),
        row.last_ended_at.unwrap_or(row.changed_at).into(),
        what_next(row),
        row.event.id.as_str().into(),
    ]
}

fn what_next(row: &DeliveryRow) -> Cell {
    match (row.state, next_attempt(row)) {
        (_, Some(at)) => Cell::Time(at),
        (State::Failed, None) => Cell::Level(Level::Bad, row.reason.map_or("given up", Reason::name).to_owned()),
        (State::Held, None) => Cell::Level(Level::Quiet, "held".to_owned()),
        (State::Pending, None) => Cell::Level(Level::Quiet, behind(row)),
        (State::Processing, None) if row.abandoned => {
            Cell::Level(Level::Warning, "interrupted; the next run sends it again".to_owned())
        }
        (State::Processing, None) => Cell::Level(Level::Busy, "being sent".to_owned()),
        (State::Delivered, None) => Cell::Level(Level::Good, "delivered".to_owned()),
        (State::Superseded, None) => Cell::Level(Level::Quiet, "superseded".to_owned()),
    }
}

/// What a blocked delivery waits behind.
pub(super) fn behind(row: &DeliveryRow) -> String {
    row.blocked_by.map_or("waits behind an earlier one".to_owned(), |first| format!("waits behind {}", first.0))
}

fn list(views: &impl Serialize, columns: &'static [Column], rows: Vec<Vec<Cell>>, total: u64, page: Page) -> Report {
    let shown = rows.len();
    let mut table = Table::new(columns, rows);
    if total > shown as u64 {
        table = table.summed_up(format!("{shown} of {total} shown"));
    }
    Report::new(views).with_table(table).paged(Pagination::new(page.number, page.limit, total))
}
