//! Why each delivery of an event stands where it stands, and what happens next, in a sentence.

use serde::Serialize;

use super::Report;
use super::lists::EventView;
use crate::clock::Timestamp;
use crate::delivery::State;
use crate::endpoint::{Endpoint, PausedBy};
use crate::format::count;
use crate::store::{DeliveryRow, EventDetail, Result, Store};
use crate::untrusted::Untrusted;

#[derive(Serialize)]
struct Why<'a> {
    event: EventView<'a>,
    deliveries: Vec<Explained<'a>>,
}

#[derive(Serialize)]
struct Explained<'a> {
    delivery: i64,
    endpoint: &'a str,
    state: State,
    attempts: u32,
    error: Option<&'a str>,
    text: String,
}

/// Explains every delivery of an event at `now`.
pub fn why(store: &dyn Store, detail: &EventDetail, now: Timestamp) -> Result<Report> {
    let endpoints = store.endpoints().wait()?;
    let explained: Vec<_> = detail.deliveries.iter().map(|row| explain(row, &endpoints, now)).collect();
    let lines: Vec<String> =
        explained.iter().map(|it| format!("{}: {}", Untrusted(it.endpoint), Untrusted(&it.text))).collect();
    let report = Report::new(&Why { event: EventView::of(&detail.row), deliveries: explained })
        .with_names([detail.row.id.to_string()]);
    if lines.is_empty() {
        return Ok(report.with_line("no endpoint wanted it when it was emitted: nobody gets it"));
    }
    Ok(lines.into_iter().fold(report, Report::with_line))
}

fn explain<'a>(row: &'a DeliveryRow, endpoints: &[Endpoint], now: Timestamp) -> Explained<'a> {
    let error = row.last_detail.as_deref().filter(|_| row.state != State::Delivered);
    let endpoint = endpoints.iter().find(|endpoint| endpoint.name == row.endpoint);
    let text = match row.state {
        State::Delivered => format!("delivered with attempt {}", row.attempts),
        State::Processing => format!("attempt {} is under way", row.attempts),
        State::Failed => given_up(row, endpoint),
        State::Held => held(row, endpoint),
        State::Pending => pending(row, endpoint, now),
    };
    Explained { delivery: row.id.0, endpoint: &row.endpoint, state: row.state, attempts: row.attempts, error, text }
}

fn given_up(row: &DeliveryRow, endpoint: Option<&Endpoint>) -> String {
    let reason = row.reason.map_or("given up", |reason| reason.name());
    // What is replayed to an endpoint that holds waits there.
    let first = match endpoint {
        Some(endpoint) if endpoint.configured && endpoint.paused_by.is_some() => {
            format!("`syncctl endpoints resume {}` and then ", row.endpoint)
        }
        _ => String::new(),
    };
    let again = format!("{first}`syncctl replay {}` and `syncctl process` deliver it again", row.id.0);
    format!("failed ({reason}) after {}{}; {again}", attempts(row), last(row))
}

fn held(row: &DeliveryRow, endpoint: Option<&Endpoint>) -> String {
    let name = &row.endpoint;
    match endpoint.and_then(|endpoint| endpoint.paused_by) {
        Some(PausedBy::Operator) => format!("held: an operator paused the endpoint; `syncctl endpoints resume {name}`"),
        Some(PausedBy::Configuration) => "held: the configuration pauses the endpoint".to_owned(),
        Some(PausedBy::Gone) => {
            format!("held: the endpoint answered 410 and was paused; `syncctl endpoints resume {name}` tries it again")
        }
        None => format!(
            "held: the endpoint is no longer configured; configure it again, or give it up with `syncctl deliveries give-up {}`",
            row.id.0
        ),
    }
}

fn pending(row: &DeliveryRow, endpoint: Option<&Endpoint>, now: Timestamp) -> String {
    let rest = endpoint.and_then(|endpoint| endpoint.circuit.open).filter(|rest| !rest.probe_due(now));
    if row.blocked {
        let resource = &row.event.resource;
        return format!("waits behind an earlier delivery of {}/{} to it", resource.kind, resource.id);
    }
    if let Some(rest) = rest {
        return format!("waits while the endpoint rests, until {}{}", rest.until, last(row));
    }
    let tried =
        if row.attempts == 0 { "not tried yet".to_owned() } else { format!("{} made{}", attempts(row), last(row)) };
    let next =
        if row.due_at > now { format!("next at {}", row.due_at) } else { "due now: `syncctl process`".to_owned() };
    format!("{tried}; {next}")
}

fn attempts(row: &DeliveryRow) -> String {
    count(row.attempts as usize, "attempt")
}

fn last(row: &DeliveryRow) -> String {
    row.last_detail.as_ref().map_or(String::new(), |detail| format!(", the last one: {detail}"))
}
