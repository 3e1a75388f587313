//! Waiting for the delivery of one stored event, as `sync` and `emit --wait` do.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::process::ProcessRun;
use crate::clock::Timestamp;
use crate::delivery::State;
use crate::endpoint::Endpoint;
use crate::event::{Event, EventId};
use crate::outbound::run::{RunOptions, RunUntil};
use crate::report::emitted::EventView;
use crate::report::{self, Report};
use crate::store::{DeliveryRow, Store};
use crate::untrusted::Untrusted;

/// Runs a worker until every delivery of a stored event is settled or the time is up, and reports the deliveries.
pub(super) fn deliver(
    context: &Context,
    command: &str,
    queue: (&Arc<dyn Store>, &[Endpoint]),
    event: &Event,
    max_time: Duration,
) -> Result<Exit, CliError> {
    wait_for(context, command, queue, event, max_time)
        .map_err(|error| error.cause(format!("the event {} is stored and stays in the queue", event.id)))
}

fn wait_for(
    context: &Context,
    command: &str,
    (store, endpoints): (&Arc<dyn Store>, &[Endpoint]),
    event: &Event,
    max_time: Duration,
) -> Result<Exit, CliError> {
    let options = RunOptions {
        until: RunUntil::Stopped,
        limit: None,
        concurrency: None,
        max_time: Some(max_time),
        endpoint: None,
        only: None,
    };
    let deadline = context.now.plus(max_time);
    let run = ProcessRun::new(context, Arc::clone(store), endpoints, options)?;
    let done = run.run_until(command, || is_settled(store.as_ref(), &event.id, deadline))?;
    let deliveries = store.event(&event.id).wait()?.map(|detail| detail.deliveries).unwrap_or_default();
    let report = report(event, &deliveries);
    if deliveries.iter().all(|row| row.state == State::Delivered) {
        context.screen.report_done(&report)?;
        return Ok(Exit::Done);
    }
    context.screen.report(&report)?;
    match done.stopped_by {
        Some(exit) => Ok(exit),
        None => Err(undelivered(&deliveries)),
    }
}

/// Whether no delivery can change before the deadline. A failed read counts as settled: the next read reports the error.
fn is_settled(store: &dyn Store, event: &EventId, deadline: Timestamp) -> bool {
    let (Ok(Some(detail)), Ok(endpoints)) = (store.event(event).wait(), store.endpoints().wait()) else { return true };
    let rests_too_long = |row: &DeliveryRow| {
        let endpoint = endpoints.iter().find(|endpoint| endpoint.name == row.endpoint);
        endpoint.and_then(|endpoint| endpoint.circuit.open).is_some_and(|open| open.until > deadline)
    };
    detail.deliveries.iter().all(|row| match row.state {
        State::Delivered | State::Failed | State::Held | State::Superseded => true,
        State::Pending => rests_too_long(row),
        State::Processing => false,
    })
}

/// The JSON answer of `sync`.
#[derive(Serialize)]
struct SyncView<'a> {
    event: EventView<'a>,
    deliveries: Vec<WaitedDelivery<'a>>,
}

/// One delivery that `sync` waited for, and its state at the end.
#[derive(Serialize)]
struct WaitedDelivery<'a> {
    endpoint: &'a str,
    state: State,
    attempts: u32,
    error: Option<&'a str>,
}

impl<'a> WaitedDelivery<'a> {
    fn of(row: &'a DeliveryRow) -> Self {
        let error = row.last_detail.as_deref().filter(|_| row.state != State::Delivered);
        Self { endpoint: &row.endpoint, state: row.state, attempts: row.attempts, error }
    }
}

pub(super) fn report(event: &Event, deliveries: &[DeliveryRow]) -> Report {
    let view =
        SyncView { event: EventView::of(event), deliveries: deliveries.iter().map(WaitedDelivery::of).collect() };
    let arrived = deliveries.iter().filter(|row| row.state == State::Delivered).count();
    let line = format!(
        "{}  {}  {}/{}  delivered to {arrived} of {} endpoints",
        event.id,
        Untrusted(&event.event_type),
        Untrusted(&event.resource.kind),
        Untrusted(&event.resource.id),
        deliveries.len()
    );
    Report::new(&view)
        .with_line(line)
        .with_table(report::deliveries::sent_to(deliveries))
        .with_names([event.id.to_string()])
}

/// The failure that names the state of each endpoint's delivery.
fn undelivered(deliveries: &[DeliveryRow]) -> CliError {
    let missing = deliveries.iter().filter(|row| row.state != State::Delivered);
    let told: Vec<String> = missing.map(|row| format!("{}: {}", Untrusted(&row.endpoint), row.state.name())).collect();
    Exit::Failure
        .error(format!("not delivered to every endpoint: {}", told.join(", ")))
        .hint("send pending ones with `syncctl process`, failed ones with `syncctl replay EVENT`, and held ones after `syncctl endpoints resume NAME`")
}
