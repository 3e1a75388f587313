//! The answers of `why`: the state of an event, endpoint or resource, its reason, what happens next, and the command that would
//! change it.

use serde::Serialize;

use super::advice::advice;
use super::deliveries::chosen;
use super::endpoints::circuit_open;
use super::events::{EventView, schedule_text};
use super::{Cell, Column, Level, Report, Table};
use crate::clock::Timestamp;
use crate::delivery::{Outcome, State};
use crate::endpoint::{Endpoint, EventJson, PausedBy, Payload};
use crate::event::EventId;
use crate::format::count;
use crate::store::{AttemptRow, DeliveryRow, EndpointFigures, EventDetail, Schedule};
use crate::untrusted::Untrusted;

/// The JSON answer of `why` and `events why` for an event.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventExplained<'a> {
    event: EventView<'a>,
    deliveries: Vec<ExplainedDelivery<'a>>,
    not_sent: Vec<NotSent<'a>>,
    timeline: Vec<TimelineEntry>,
}

/// A delivery with the reason for its state, and what happens next.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplainedDelivery<'a> {
    delivery: i64,
    endpoint: &'a str,
    state: State,
    attempts: u32,
    error: Option<&'a str>,
    blocked_by: Option<i64>,
    text: String,
    /// What to look at, where the last attempt says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
    /// The commands that would change its state.
    commands: Vec<String>,
}

/// An endpoint that did not get an event, and why.
#[derive(Serialize)]
struct NotSent<'a> {
    endpoint: &'a str,
    reason: String,
}

/// An entry of an event's timeline.
#[derive(Serialize)]
struct TimelineEntry {
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    text: String,
    #[serde(skip)]
    level: Level,
}

const TIMELINE: &[Column] =
    &[Column::text("at", "TIME"), Column::text("endpoint", "ENDPOINT"), Column::text("text", "WHAT HAPPENED")];

/// Explains an event: its timeline, and for each endpoint the state of its delivery at `now`.
pub fn event(detail: &EventDetail, endpoints: &[Endpoint], now: Timestamp) -> Report {
    let explained: Vec<_> = detail.deliveries.iter().map(|row| explain(row, endpoints, now)).collect();
    let row = &detail.row;
    let is_decided = matches!(row.schedule, None | Some(Schedule::Queued { .. }));
    let not_sent = if is_decided { not_sent(detail, endpoints) } else { Vec::new() };
    let mut lines = vec![format!(
        "evt#{}  {}  {}  {}/{}",
        row.seq,
        Untrusted(row.id.as_str()),
        Untrusted(&row.event_type),
        Untrusted(&row.resource.kind),
        Untrusted(&row.resource.id)
    )];
    lines.extend(row.schedule.map(schedule_text));
    match row.schedule {
        Some(Schedule::Waits { .. }) => lines.push(format!("  `syncctl events cancel {}`", row.id)),
        Some(Schedule::Cancelled { .. }) => lines.push(format!("  `syncctl replay {} --edit`", row.id)),
        Some(Schedule::Queued { .. }) | None => {}
    }
    if explained.is_empty() && matches!(row.schedule, None | Some(Schedule::Queued { .. })) {
        lines.push("no endpoint subscribed to it when it was emitted, so it has no deliveries".to_owned());
        lines.push(format!("  `syncctl replay {}` delivers it once an endpoint subscribes to its type", row.id));
    }
    lines.extend(explained.iter().flat_map(ExplainedDelivery::lines));
    lines.extend(not_sent.iter().map(|it| format!("{}: not sent, {}", Untrusted(it.endpoint), it.reason)));
    let timeline = timeline(detail);
    let table = timeline_table(&timeline);
    let report = Report::new(&EventExplained { event: EventView::of(row), deliveries: explained, not_sent, timeline })
        .with_names([row.id.to_string()]);
    lines.into_iter().fold(report, Report::with_line).with_table(table)
}

/// Explains an endpoint: its state, since when and why, what waits for it, and how the wait ends.
pub fn endpoint(figures: &EndpointFigures, now: Timestamp) -> Report {
    /// The JSON answer of `why` about an endpoint.
    #[derive(Serialize)]
    struct EndpointView<'a> {
        endpoint: &'a str,
        state: &'static str,
        pending: i64,
        processing: i64,
        failed: i64,
        text: String,
        commands: Vec<String>,
    }
    let (endpoint, counts) = (&figures.endpoint, figures.counts);
    let name = shell_word(&endpoint.name);
    let (text, mut commands) = endpoint_state(endpoint, now);
    let waiting = count(usize::try_from(counts.waiting).unwrap_or_default(), "delivery");
    if counts.failed > 0 {
        commands.push(format!("syncctl failures list --endpoint {name}"));
        commands.push(format!("syncctl replay --failed --endpoint {name}"));
    }
    if counts.waiting > 0 && endpoint.state_name() == "ok" {
        commands.insert(0, "syncctl process".to_owned());
    }
    let mut lines = vec![format!("{}: {text}", Untrusted(&endpoint.name))];
    let state = if endpoint.is_paused_or_unconfigured() { "held" } else { "pending" };
    lines.push(format!("  {waiting} {state}, {} in flight, {} failed", counts.processing, counts.failed));
    for (what, at) in [("last success", endpoint.last_success_at), ("last failure", endpoint.last_failure_at)] {
        lines.extend(at.map(|at| format!("  {what} {at}")));
    }
    lines.extend(commands.iter().map(|command| format!("  `{command}`")));
    let view = EndpointView {
        endpoint: &endpoint.name,
        state: endpoint.state_name(),
        pending: counts.waiting,
        processing: counts.processing,
        failed: counts.failed,
        text,
        commands,
    };
    let report = Report::new(&view).with_names([endpoint.name.clone()]).as_sentences();
    lines.into_iter().fold(report, Report::with_line)
}

/// Explains a resource: its latest deliveries, and why some are unfinished.
pub fn resource(id: &str, rows: &[DeliveryRow], endpoints: &[Endpoint], now: Timestamp) -> Report {
    /// The JSON answer of `why` about a resource.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ResourceView<'a> {
        resource_id: &'a str,
        deliveries: Vec<ExplainedDelivery<'a>>,
    }
    let explained: Vec<_> = rows.iter().map(|row| explain(row, endpoints, now)).collect();
    let is_unfinished = |it: &&ExplainedDelivery<'_>| !matches!(it.state, State::Delivered | State::Superseded);
    let unfinished: Vec<_> = explained.iter().filter(is_unfinished).collect();
    let mut lines =
        vec![format!("{}: {} of the latest {} are not delivered", Untrusted(id), unfinished.len(), rows.len())];
    lines.extend(unfinished.iter().flat_map(|it| it.lines()));
    let report = Report::new(&ResourceView { resource_id: id, deliveries: explained })
        .with_names(rows.iter().map(|row| row.id.0.to_string()));
    lines.into_iter().fold(report, Report::with_line).with_table(chosen(rows))
}

impl ExplainedDelivery<'_> {
    fn lines(&self) -> impl Iterator<Item = String> + '_ {
        let first = format!("{} (delivery {}): {}", Untrusted(self.endpoint), self.delivery, Untrusted(&self.text));
        let advice = self.advice.iter().map(|advice| format!("  {advice}"));
        std::iter::once(first).chain(advice).chain(self.commands.iter().map(|command| format!("  `{command}`")))
    }
}

fn explain<'a>(row: &'a DeliveryRow, endpoints: &[Endpoint], now: Timestamp) -> ExplainedDelivery<'a> {
    let endpoint = endpoints.iter().find(|endpoint| endpoint.name == row.endpoint);
    let (text, commands) = match row.state {
        State::Delivered => (format!("delivered by attempt {}", row.attempts), Vec::new()),
        State::Processing if row.abandoned => (
            format!("interrupted: the worker died during attempt {}; the next run sends it again", row.attempts),
            vec!["syncctl process".to_owned()],
        ),
        State::Processing => {
            let by = row.holder.as_ref().map_or(String::new(), |holder| format!(", sent by {holder}"));
            (format!("attempt {} is under way{by}", row.attempts), Vec::new())
        }
        State::Failed => given_up(row, endpoint),
        State::Superseded => superseded(row),
        State::Held => held(row, endpoint, now),
        State::Pending => pending(row, endpoint, now),
    };
    let is_undelivered = matches!(row.state, State::Failed | State::Pending) && !row.blocked;
    let last = row.last_outcome.zip(row.last_detail.as_deref()).filter(|_| is_undelivered);
    ExplainedDelivery {
        delivery: row.id.0,
        endpoint: &row.endpoint,
        state: row.state,
        attempts: row.attempts,
        error: row.last_detail.as_deref().filter(|_| row.state != State::Delivered),
        blocked_by: row.blocked_by.map(|id| id.0),
        text,
        advice: last.and_then(|(outcome, detail)| advice(outcome, detail)),
        commands,
    }
}

fn given_up(row: &DeliveryRow, endpoint: Option<&Endpoint>) -> (String, Vec<String>) {
    let reason = row.reason.map_or("given up", |reason| reason.name());
    let mut commands = Vec::new();
    let name = shell_word(&row.endpoint);
    // A delivery replayed to a paused endpoint is held.
    if endpoint.is_some_and(|endpoint| endpoint.configured && endpoint.paused_by.is_some()) {
        commands.push(format!("syncctl endpoints resume {name}"));
    } else if endpoint.is_some() && row.last_outcome.is_some_and(is_of_endpoint) {
        commands.push(format!("syncctl endpoints test {name}"));
    }
    commands.push(format!("syncctl replay {}", row.id.0));
    commands.push("syncctl process".to_owned());
    (format!("failed ({reason}) after {}{}", attempts(row), last(row)), commands)
}

/// Whether any other event would have been answered like that, so that a test tells whether the endpoint is mended.
fn is_of_endpoint(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Unreachable | Outcome::Refused | Outcome::TimedOut => true,
        Outcome::Rejected { status, .. } => !matches!(status, None | Some(400 | 409 | 413 | 422)),
        Outcome::Delivered { .. } | Outcome::Interrupted => false,
    }
}

fn superseded(row: &DeliveryRow) -> (String, Vec<String>) {
    let tried = if row.attempts == 0 { "before it was sent".to_owned() } else { format!("after {}", attempts(row)) };
    match &row.superseded_by {
        Some(by) => {
            let text = format!("superseded {tried} by {by}, a newer event of its resource with the whole record");
            (text, vec![format!("syncctl why {by}")])
        }
        None => (format!("superseded {tried} by a newer event of its resource, which was removed"), Vec::new()),
    }
}

fn held(row: &DeliveryRow, endpoint: Option<&Endpoint>, now: Timestamp) -> (String, Vec<String>) {
    let (why, commands) = match endpoint {
        Some(endpoint) => endpoint_state(endpoint, now),
        None => ("the endpoint is not known".to_owned(), Vec::new()),
    };
    (format!("held after {}: {why}", attempts(row)), commands)
}

fn pending(row: &DeliveryRow, endpoint: Option<&Endpoint>, now: Timestamp) -> (String, Vec<String>) {
    if row.blocked {
        let resource = format!("{}/{}", row.event.resource.kind, row.event.resource.id);
        return match row.blocked_by {
            Some(first) => {
                let text = format!("waits behind delivery {}, an earlier one of {resource}", first.0);
                (text, vec![format!("syncctl why {}", first.0)])
            }
            None => (format!("waits behind an earlier delivery of {resource}"), Vec::new()),
        };
    }
    let tried =
        if row.attempts == 0 { "not attempted yet".to_owned() } else { format!("{} made{}", attempts(row), last(row)) };
    let open = endpoint.and_then(|endpoint| endpoint.circuit.open).filter(|open| !open.probe_due(now));
    if let (Some(endpoint), Some(_)) = (endpoint, open) {
        let (why, commands) = endpoint_state(endpoint, now);
        return (format!("{tried}; {why}"), commands);
    }
    match row.due_at > now {
        true => (format!("{tried}; next at {}", row.due_at), vec![format!("syncctl replay {} --force", row.id.0)]),
        false => (format!("{tried}; due now"), vec!["syncctl process".to_owned()]),
    }
}

/// The state of an endpoint in words, and the commands that change it.
fn endpoint_state(endpoint: &Endpoint, now: Timestamp) -> (String, Vec<String>) {
    let resume = || vec![format!("syncctl endpoints resume {}", shell_word(&endpoint.name))];
    if !endpoint.configured {
        let text = "the endpoint is not configured; its deliveries return to pending once it is configured again";
        return (text.to_owned(), vec!["syncctl config show --origin".to_owned()]);
    }
    match (endpoint.paused_by, endpoint.circuit.open) {
        (Some(PausedBy::Operator), _) => ("an operator paused the endpoint".to_owned(), resume()),
        (Some(PausedBy::Configuration), _) => {
            ("the configuration pauses the endpoint".to_owned(), vec!["syncctl config show --origin".to_owned()])
        }
        (Some(PausedBy::Gone), _) => ("the endpoint answered 410 and was paused".to_owned(), resume()),
        (None, Some(open)) => (format!("{} because {}", circuit_open(open, now), open.cause.describe()), resume()),
        (None, None) => ("ok, deliveries go out".to_owned(), Vec::new()),
    }
}

fn not_sent<'a>(detail: &EventDetail, endpoints: &'a [Endpoint]) -> Vec<NotSent<'a>> {
    let mut event = EventJson::new(&detail.body);
    let mut whole = detail.whole_body.as_deref().map(EventJson::new);
    let has_delivery = |endpoint: &&Endpoint| detail.deliveries.iter().any(|row| row.endpoint == endpoint.name);
    let configured = endpoints.iter().filter(|endpoint| endpoint.configured);
    configured
        .filter(|endpoint| !has_delivery(endpoint))
        .map(|endpoint| {
            let patterns: Vec<&str> = endpoint.settings.events.iter().map(|pattern| pattern.as_str()).collect();
            let sent = whole.as_mut().filter(|_| endpoint.settings.payload == Payload::Full);
            let unmet = endpoint.settings.unmet(sent.unwrap_or(&mut event));
            let reason = match (endpoint.settings.wants(&detail.row.event_type), unmet) {
                (true, Some(condition)) => format!("its condition `{}` is not met", Untrusted(&condition.to_string())),
                (true, None) => {
                    "it did not exist, or did not subscribe to the type, when the event was emitted".to_owned()
                }
                (false, _) => format!("it subscribes to {} only", patterns.join(", ")),
            };
            NotSent { endpoint: &endpoint.name, reason }
        })
        .collect()
}

fn timeline(detail: &EventDetail) -> Vec<TimelineEntry> {
    let deliveries = count(detail.deliveries.len(), "delivery");
    let of_event = |at, text, level| TimelineEntry { at, endpoint: None, text, level };
    let mut entries = match detail.row.schedule {
        None => vec![of_event(detail.row.created_at, format!("emitted, with {deliveries}"), Level::Good)],
        Some(_) => vec![of_event(detail.row.created_at, "emitted, scheduled for later".to_owned(), Level::Good)],
    };
    entries.extend(match detail.row.schedule {
        Some(Schedule::Queued { at }) => Some(of_event(at, format!("queued, with {deliveries}"), Level::Good)),
        Some(Schedule::Cancelled { at, .. }) => Some(of_event(at, "cancelled".to_owned(), Level::Quiet)),
        Some(Schedule::Waits { .. }) | None => None,
    });
    if let Some(from) = &detail.edited_from {
        let text = format!("created from {from} by editing its data");
        entries.insert(0, of_event(detail.row.created_at, text, Level::Good));
    }
    entries.extend(detail.attempts.iter().map(|attempt| attempted(detail, attempt)));
    for row in detail.deliveries.iter().filter(|row| row.state == State::Failed) {
        let text = format!("given up: {}", row.reason.map_or("by an operator", |reason| reason.name()));
        let endpoint = Some(row.endpoint.clone());
        entries.push(TimelineEntry { at: row.changed_at, endpoint, text, level: Level::Bad });
    }
    for row in detail.deliveries.iter().filter(|row| row.state == State::Superseded) {
        let by = row.superseded_by.as_ref().map_or("a newer event", EventId::as_str);
        let text = format!("superseded by {by}");
        let endpoint = Some(row.endpoint.clone());
        entries.push(TimelineEntry { at: row.changed_at, endpoint, text, level: Level::Quiet });
    }
    entries.sort_by_key(|entry| entry.at);
    entries
}

fn attempted(detail: &EventDetail, attempt: &AttemptRow) -> TimelineEntry {
    let level = match attempt.outcome {
        Outcome::Delivered { .. } => Level::Good,
        Outcome::Interrupted => Level::Warning,
        Outcome::Rejected { .. } | Outcome::Unreachable | Outcome::Refused | Outcome::TimedOut => Level::Bad,
    };
    let trigger = attempt.trigger.name();
    let text = format!("attempt {} ({trigger}): {}, {}", attempt.number, attempt.outcome.name(), attempt.detail);
    let several = detail.deliveries.len() > 1;
    TimelineEntry { at: attempt.started_at, endpoint: several.then(|| attempt.endpoint.clone()), text, level }
}

/// The table of a timeline, with times in full.
fn timeline_table(timeline: &[TimelineEntry]) -> Table {
    let cells = |entry: &TimelineEntry| {
        vec![entry.at.to_string().into(), entry.endpoint.clone().into(), Cell::Level(entry.level, entry.text.clone())]
    };
    Table::new(TIMELINE, timeline.iter().map(cells).collect()).titled("TIMELINE")
}

fn attempts(row: &DeliveryRow) -> String {
    count(row.attempts as usize, "attempt")
}

fn last(row: &DeliveryRow) -> String {
    row.last_detail.as_ref().map_or(String::new(), |detail| format!(", the last one: {detail}"))
}

/// A name quoted for a shell.
fn shell_word(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/');
    match !name.is_empty() && name.chars().all(plain) {
        true => name.to_owned(),
        false => format!("'{}'", name.replace('\'', "'\\''")),
    }
}
