//! The audit log: attempts, received webhooks and operators' actions.

use std::fmt;

use serde::Serialize;

use super::{Cell, Column, Level, Report, Table, page_of};
use crate::clock::Timestamp;
use crate::delivery::Outcome;
use crate::event::EventId;
use crate::format::{short_duration, shorten};
use crate::store::inbound::ReceivedRow;
use crate::store::operators::ActionRow;
use crate::store::{Listed, LoggedAttempt, Page};

/// The most characters of a detail that a table shows.
const DETAIL_CHARS: usize = 60;

/// The action that names an attempt in the audit log.
///
/// A failed one is `sync.failure`, a success right after a failure `sync.recovery`, any other success `sync.<event type>`.
/// An interrupted one has no known outcome and is a failure here, because it may not have arrived.
pub fn action(row: &LoggedAttempt) -> String {
    match (row.attempt.outcome, row.after_failure) {
        (Outcome::Delivered { .. }, true) => "sync.recovery".to_owned(),
        (Outcome::Delivered { .. }, false) => format!("sync.{}", row.event.event_type),
        _ => "sync.failure".to_owned(),
    }
}

/// An outgoing attempt in the audit log, in JSON. Received webhooks and actions of operators have views of their own.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditView<'a> {
    timestamp: Timestamp,
    action: String,
    direction: &'static str,
    event_id: &'a str,
    event_type: &'a str,
    resource_id: &'a str,
    resource_type: &'a str,
    endpoint: &'a str,
    delivery: i64,
    attempt: u32,
    outcome: &'static str,
    status: Option<u16>,
    detail: &'a str,
}

impl<'a> AuditView<'a> {
    fn of(row: &'a LoggedAttempt) -> Self {
        let (attempt, event) = (&row.attempt, &row.event);
        Self {
            timestamp: ended_at(row),
            action: action(row),
            direction: "outbound",
            event_id: event.id.as_str(),
            event_type: &event.event_type,
            resource_id: &event.resource.id,
            resource_type: &event.resource.kind,
            endpoint: &attempt.endpoint,
            delivery: attempt.delivery.0,
            attempt: attempt.number,
            outcome: attempt.outcome.name(),
            status: attempt.outcome.status(),
            detail: &attempt.detail,
        }
    }
}

fn ended_at(row: &LoggedAttempt) -> Timestamp {
    row.attempt.started_at.plus(row.attempt.took)
}

pub(super) const AUDIT: &[Column] = &[
    Column::text("time", "TIME"),
    Column::text("action", "ACTION"),
    Column::text("type", "TYPE"),
    Column::text("resource", "RESOURCE"),
    Column::text("endpoint", "ENDPOINT"),
    Column::number("attempt", "ATTEMPT"),
    Column::text("detail", "DETAIL"),
    Column::text("event", "EVENT").only_wide(),
    Column::number("delivery", "DELIVERY").only_wide(),
    Column::text("outcome", "OUTCOME").only_wide(),
];

/// An entry of the audit log: an attempt, a received webhook, or an operator's action.
#[derive(Debug)]
pub enum AuditEntry {
    /// An attempt made.
    Outbound(LoggedAttempt),
    /// A webhook that arrived.
    Inbound(ReceivedRow),
    /// An action of an operator over HTTP.
    Operator(ActionRow),
}

impl AuditEntry {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Outbound(row) => ended_at(row),
            Self::Inbound(row) => row.at,
            Self::Operator(row) => row.at,
        }
    }

    /// Its row in the list that it is of.
    fn number(&self) -> i64 {
        match self {
            Self::Outbound(row) => row.place,
            Self::Inbound(row) => row.id,
            Self::Operator(row) => row.id,
        }
    }

    fn event_id(&self) -> Option<&EventId> {
        match self {
            Self::Outbound(row) => Some(&row.event.id),
            Self::Inbound(row) => row.event_id.as_ref(),
            Self::Operator(_) => None,
        }
    }

    fn cells(&self) -> Vec<Cell> {
        match self {
            Self::Outbound(row) => cells(row),
            Self::Inbound(row) => received_cells(row),
            Self::Operator(row) => action_cells(row),
        }
    }
}

impl Serialize for AuditEntry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Outbound(row) => AuditView::of(row).serialize(serializer),
            Self::Inbound(row) => ReceivedView::of(row).serialize(serializer),
            Self::Operator(row) => ActionView::of(row).serialize(serializer),
        }
    }
}

/// An operator's action as `audit` lists it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ActionView<'a> {
    id: i64,
    timestamp: Timestamp,
    action: &'a str,
    direction: &'static str,
    operator: &'a str,
    source: &'a str,
    target: &'a str,
    outcome: Option<&'a str>,
}

impl<'a> ActionView<'a> {
    fn of(row: &'a ActionRow) -> Self {
        Self {
            id: row.id,
            timestamp: row.at,
            action: &row.action,
            direction: "operator",
            operator: &row.operator,
            source: &row.source,
            target: &row.target,
            outcome: row.outcome.as_deref(),
        }
    }
}

fn action_cells(row: &ActionRow) -> Vec<Cell> {
    let outcome = row.outcome.as_deref().unwrap_or("not known to have ended");
    vec![
        row.at.into(),
        Cell::Level(Level::Quiet, row.action.clone()),
        Cell::Empty,
        row.target.as_str().into(),
        format!("by {} from {}", row.operator, row.source).into(),
        Cell::Empty,
        outcome.into(),
        Cell::Empty,
        Cell::Empty,
        outcome.into(),
    ]
}

/// Merges the entries of every direction, newest first. Each direction keeps its own order, so that a page does not depend on
/// the number of rows that were read for it.
pub fn merged(mut parts: Vec<Vec<AuditEntry>>) -> impl Iterator<Item = AuditEntry> {
    parts.iter_mut().for_each(|part| part.reverse());
    std::iter::from_fn(move || {
        let newest = |part: &Vec<AuditEntry>| part.last().map(AuditEntry::at);
        // Of entries at the same time, the first part comes first.
        let first = (0..parts.len()).rev().max_by_key(|at| newest(&parts[*at]))?;
        parts[first].pop()
    })
}

/// Where the next page of the audit log begins: the log is made of several tables, and for each there is the number of the row
/// before which to go on.
///
/// It holds while rows are added, because they get higher numbers. Written as `ATTEMPT.WEBHOOK.ACTION`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditCursor {
    /// Before this attempt.
    pub attempt: i64,
    /// Before this webhook that arrived.
    pub webhook: i64,
    /// Before this action of an operator.
    pub action: i64,
}

impl AuditCursor {
    /// Before the first row of each list.
    const END: Self = Self { attempt: 1, webhook: 1, action: 1 };

    /// Reads the text of a cursor.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |part: &str| part.parse().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit()));
        let numbers: Option<Vec<i64>> = text.split('.').map(number).collect();
        match numbers?[..] {
            [attempt, webhook, action] => Some(Self { attempt, webhook, action }),
            _ => None,
        }
    }

    /// Puts the place in the list that `entry` is of before the row `number`.
    fn put(&mut self, entry: &AuditEntry, number: i64) {
        match entry {
            AuditEntry::Outbound(_) => self.attempt = number,
            AuditEntry::Inbound(_) => self.webhook = number,
            AuditEntry::Operator(_) => self.action = number,
        }
    }
}

impl fmt::Display for AuditCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.attempt, self.webhook, self.action)
    }
}

impl Serialize for AuditCursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The lists that the log is made of, as far as they were read, each newest first.
#[derive(Debug, Default)]
pub struct AuditLists(Vec<AuditList>);

/// What was read of one list.
#[derive(Debug)]
struct AuditList {
    listed: Listed<AuditEntry>,
    /// Its place in a cursor.
    place: fn(&mut AuditCursor) -> &mut i64,
}

impl AuditLists {
    /// Adds attempts.
    pub fn add_attempts(&mut self, listed: Listed<LoggedAttempt>) {
        self.0.push(AuditList { listed: listed.map(AuditEntry::Outbound), place: |cursor| &mut cursor.attempt });
    }

    /// Adds webhooks that arrived.
    pub fn add_received(&mut self, listed: Listed<ReceivedRow>) {
        self.0.push(AuditList { listed: listed.map(AuditEntry::Inbound), place: |cursor| &mut cursor.webhook });
    }

    /// Adds actions of operators.
    pub fn add_actions(&mut self, listed: Listed<ActionRow>) {
        self.0.push(AuditList { listed: listed.map(AuditEntry::Operator), place: |cursor| &mut cursor.action });
    }

    /// `take` entries of the log behind the newest `skip`, and where the next page begins.
    pub fn page(self, skip: u64, take: u64) -> (Listed<AuditEntry>, AuditCursor) {
        let (skip, take) = (size(skip), size(take));
        let mut next = AuditCursor::END;
        let (total, is_exact) =
            (self.0.iter().map(|part| part.listed.total).sum(), self.0.iter().all(|part| part.listed.is_exact));
        let mut searched = Vec::new();
        let mut entries = Vec::new();
        for AuditList { listed, place } in self.0 {
            // Of a list that the page shows nothing of, the newest row is still to come.
            if let Some(newest) = listed.rows.first() {
                *place(&mut next) = newest.number().saturating_add(1);
            }
            searched.extend(listed.searched_to.map(|to| (place, listed.rows.last().map(AuditEntry::number), to)));
            entries.push(listed.rows);
        }
        let mut shown: Vec<AuditEntry> =
            merged(entries).take(skip.saturating_add(take)).inspect(|it| next.put(it, it.number())).collect();
        let searched_to = searched.iter().map(|(_, _, to)| *to).max();
        for (place, last, to) in searched {
            let at = place(&mut next);
            if last.is_none_or(|last| *at == last) {
                *at = to;
            }
        }
        (Listed { rows: shown.split_off(skip.min(shown.len())), total, is_exact, searched_to }, next)
    }
}

fn size(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

/// A page of the audit log.
pub fn audit(listed: &Listed<AuditEntry>, page: Page) -> Report {
    let entries = &listed.rows;
    let report = page_of(entries, AUDIT, entries.iter().map(AuditEntry::cells).collect(), listed, page)
        .with_names(entries.iter().filter_map(AuditEntry::event_id).map(ToString::to_string));
    if entries.is_empty() { report.with_hint("no attempts and no received webhooks") } else { report }
}

/// A received webhook as `audit` lists it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceivedView<'a> {
    timestamp: Timestamp,
    action: String,
    direction: &'static str,
    event_id: Option<&'a EventId>,
    event_type: Option<&'a str>,
    resource_id: Option<&'a str>,
    resource_type: Option<&'a str>,
    outcome: &'static str,
    reason: Option<&'a str>,
    source: Option<&'a str>,
    repeats: u64,
    body_sha256: Option<String>,
    route: Option<&'a str>,
    scheme: Option<&'a str>,
    signature_valid: Option<bool>,
    claimed_id: Option<&'a str>,
    claimed_type: Option<&'a str>,
    field: Option<&'a str>,
    skew_ms: Option<i64>,
    request: Option<i64>,
}

impl<'a> ReceivedView<'a> {
    fn of(row: &'a ReceivedRow) -> Self {
        Self {
            timestamp: row.at,
            action: received_action(row),
            direction: "inbound",
            event_id: row.event_id.as_ref(),
            event_type: row.event_type.as_deref(),
            resource_id: row.resource.as_ref().map(|resource| &*resource.id),
            resource_type: row.resource.as_ref().map(|resource| &*resource.kind),
            outcome: row.result,
            reason: row.reason.as_deref(),
            source: row.source.as_deref(),
            repeats: row.repeats,
            body_sha256: row.digest.as_ref().map(|digest| hexadecimal(digest)),
            route: row.route.as_deref(),
            scheme: row.details.scheme.as_deref(),
            signature_valid: row.details.signature_is_right,
            claimed_id: row.details.claimed_id.as_deref(),
            claimed_type: row.details.claimed_type.as_deref(),
            field: row.details.field.as_deref(),
            skew_ms: row.details.skew_ms,
            request: row.request,
        }
    }
}

/// The action of a webhook: `sync.<event type>` if it was accepted, `sync.failure` if it was refused.
fn received_action(row: &ReceivedRow) -> String {
    row.event_type.as_ref().map_or("sync.failure".to_owned(), |event_type| format!("sync.{event_type}"))
}

/// The details of a refusal: `; signature right; 6m behind; field type; request 12`.
fn refusal_details(row: &ReceivedRow) -> String {
    let signature =
        row.details.signature_is_right.map(|right| if right { "signature right" } else { "signature wrong" });
    let skew = row.details.skew_ms.filter(|skew| skew.unsigned_abs() >= 1_000).map(|skew| {
        let which = if skew > 0 { "behind" } else { "ahead" };
        format!("signed {} {which}", short_duration(std::time::Duration::from_millis(skew.unsigned_abs())))
    });
    let field = row.details.field.as_ref().map(|field| format!("field {field}"));
    let request = row.request.map(|id| format!("request {id}"));
    let parts = [signature.map(str::to_owned), skew, field, request];
    parts.into_iter().flatten().map(|part| format!("; {part}")).collect()
}

fn received_cells(row: &ReceivedRow) -> Vec<Cell> {
    let detail = match (&row.reason, row.repeats) {
        (Some(reason), 0) => format!("{}: {reason}{}", row.result, refusal_details(row)),
        (Some(reason), n) => format!("{}: {reason}, {n} more", row.result),
        (None, 0) => row.result.to_owned(),
        (None, n) => format!("{}, then {n} more times", row.result),
    };
    let source = row.source.as_ref().map_or("from elsewhere".to_owned(), |source| format!("from {source}"));
    vec![
        row.at.into(),
        Cell::Level(received_level(row), received_action(row)),
        row.event_type.as_deref().into(),
        row.resource.as_ref().map(|resource| &*resource.id).into(),
        source.into(),
        Cell::Empty,
        detail.into(),
        row.event_id.as_ref().map(EventId::as_str).into(),
        Cell::Empty,
        row.result.into(),
    ]
}

pub(super) const RECEIVED: &[Column] = &[
    Column::text("time", "TIME"),
    Column::text("result", "RESULT"),
    Column::text("type", "TYPE"),
    Column::text("resource", "RESOURCE"),
    Column::text("received-event", "EVENT"),
    Column::text("source", "FROM"),
    Column::text("detail", "DETAIL"),
    Column::number("again", "AGAIN"),
];

/// Received webhooks, accepted and refused. Type and event of a refused one are what it claims.
pub fn received(rows: &[ReceivedRow]) -> Table {
    let cells = |row: &ReceivedRow| {
        let result = row.reason.clone().unwrap_or_else(|| row.result.to_owned());
        let details = refusal_details(row);
        let event = row.event_id.as_ref().map(EventId::as_str).or(row.details.claimed_id.as_deref());
        vec![
            row.at.into(),
            Cell::Level(received_level(row), result),
            row.event_type.as_deref().or(row.details.claimed_type.as_deref()).into(),
            row.resource.as_ref().map(|resource| &*resource.id).into(),
            event.into(),
            row.source.as_deref().into(),
            Some(details.trim_start_matches("; ")).filter(|text| !text.is_empty()).into(),
            row.repeats.into(),
        ]
    };
    Table::new(RECEIVED, rows.iter().map(cells).collect())
}

fn received_level(row: &ReceivedRow) -> Level {
    match row.result {
        "applied" => Level::Good,
        "stale" => Level::Quiet,
        _ => Level::Bad,
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn cells(row: &LoggedAttempt) -> Vec<Cell> {
    let level = match (row.attempt.outcome, row.after_failure) {
        (Outcome::Delivered { .. }, _) => Level::Good,
        (Outcome::Interrupted, _) => Level::Warning,
        _ => Level::Bad,
    };
    vec![
        ended_at(row).into(),
        Cell::Level(level, action(row)),
        row.event.event_type.as_str().into(),
        row.event.resource.id.as_str().into(),
        row.attempt.endpoint.as_str().into(),
        row.attempt.number.into(),
        shorten(&row.attempt.detail, DETAIL_CHARS).into(),
        row.event.id.as_str().into(),
        row.attempt.delivery.0.into(),
        row.attempt.outcome.name().into(),
    ]
}
