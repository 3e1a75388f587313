//! The content of the screen of `top`: health, queue, endpoints with their rates, failures.

use std::collections::BTreeMap;

use super::endpoints::state_cell;
use super::failures::{FAILURES, failure_cells};
use super::status::{QueueTotals, queue_table};
use super::{Cell, Column, Level, Table};
use crate::clock::Timestamp;
use crate::format::{count, short_duration};
use crate::monitor::Health;
use crate::monitor::pace::{Latency, Readings};
use crate::store::{DeliveryRow, EndpointFigures, EventDetail, Listed, QueueFigures};

/// What `top` reads of the queue at each refresh.
#[derive(Debug)]
pub struct Snapshot {
    /// The time of the refresh.
    pub now: Timestamp,
    /// The counters.
    pub figures: QueueFigures,
    /// The health of the queue.
    pub health: Health,
    /// The latencies of the last minute by endpoint.
    pub latencies: BTreeMap<String, Latency>,
    /// The latest failures.
    pub failures: Listed<DeliveryRow>,
}

/// The JSON that `top` prints where it has no terminal.
#[derive(Debug)]
pub struct Top {
    /// The health of the queue: level and sentence.
    pub verdict: (Level, String),
    /// The queue in one row.
    pub queue: Table,
    /// How long until it is empty.
    pub forecast: String,
    /// A row for each endpoint, in the order of [`Snapshot::figures`].
    pub endpoints: Table,
    /// A row for each failure, in the order of [`Snapshot::failures`].
    pub failures: Table,
}

const ENDPOINTS: &[Column] = &[
    Column::text("endpoint", "ENDPOINT"),
    Column::number("pending", "PENDING"),
    Column::number("processing", "SENDING"),
    Column::number("failed", "FAILED"),
    Column::number("rate", "PER SECOND"),
    Column::number("failing", "FAILING"),
    Column::number("p50", "P50"),
    Column::number("p95", "P95"),
    Column::text("state", "STATE"),
];

/// The screen for a snapshot; `readings` hold earlier ones.
pub fn top(snapshot: &Snapshot, readings: &Readings) -> Top {
    let queue = QueueTotals::of(&snapshot.figures, snapshot.now);
    let level = if snapshot.health.healthy { Level::Good } else { Level::Bad };
    let endpoints = snapshot.figures.endpoints.iter().map(|row| endpoint_cells(row, snapshot, readings)).collect();
    let failures: Vec<_> = snapshot.failures.rows.iter().map(failure_cells).collect();
    let shown = failures.len() as u64;
    let hidden = snapshot.failures.total.saturating_sub(shown);
    let title = match hidden {
        0 => format!("Failures ({shown})"),
        more => format!("Failures ({shown} of {}; {more} more)", snapshot.failures.total),
    };
    Top {
        verdict: (level, snapshot.health.message.clone()),
        queue: queue_table(queue),
        forecast: forecast(queue, readings),
        endpoints: Table::new(ENDPOINTS, endpoints).titled(format!("Endpoints ({})", snapshot.figures.endpoints.len())),
        failures: Table::new(FAILURES, failures).titled(title),
    }
}

fn endpoint_cells(row: &EndpointFigures, snapshot: &Snapshot, readings: &Readings) -> Vec<Cell> {
    let name = &row.endpoint.name;
    let latency = snapshot.latencies.get(name);
    vec![
        name.clone().into(),
        row.counts.waiting.into(),
        row.counts.processing.into(),
        row.counts.failed.into(),
        readings.per_second(name).map(|rate| format!("{rate:.1}")).into(),
        latency.map(|latency| format!("{:.0}%", latency.failed * 100.0)).into(),
        latency.map(|latency| latency.p50).into(),
        latency.map(|latency| latency.p95).into(),
        state_cell(&row.endpoint, snapshot.now),
    ]
}

/// When the queue will be empty at the rate of the last seconds.
fn forecast(queue: QueueTotals, readings: &Readings) -> String {
    let waiting = queue.pending + queue.processing;
    match (waiting, readings.empty_in()) {
        (0, _) => "nothing waits".to_owned(),
        (_, Some(span)) => format!("empty in {} at this rate", short_duration(span)),
        (waiting, None) => {
            let waiting = count(usize::try_from(waiting).unwrap_or(usize::MAX), "delivery");
            format!("{waiting} waiting; the queue is not getting shorter")
        }
    }
}

/// An open event in lines: its properties, `why` each delivery is in its state, and every attempt.
pub fn event_lines(detail: &EventDetail, why: Vec<String>) -> Vec<String> {
    let row = &detail.row;
    let mut lines =
        vec![format!("{} of {} {}, emitted {}", row.event_type, row.resource.kind, row.resource.id, row.created_at)];
    lines.push(String::new());
    lines.extend(why);
    lines.push(String::new());
    lines.extend(detail.attempts.iter().map(|attempt| {
        let took = short_duration(attempt.took);
        format!("{}  {} attempt {}: {} ({took})", attempt.started_at, attempt.endpoint, attempt.number, attempt.detail)
    }));
    lines
}
