//! The answer of `endpoints show`.

use std::time::Duration;

use serde::Serialize;

use super::endpoints::{EndpointView, rate_limited_until, state_cell, view};
use super::last_hour::{LastHour, LastHourView};
use super::{Cell, Column, Report, Table};
use crate::clock::Timestamp;
use crate::delivery::{
    CircuitPolicy, CircuitState, FAILURES_UNTIL_OPEN, OpenCause, RetryPolicy, StatusRule, StatusRules,
};
use crate::format::short_duration;
use crate::store::EndpointFigures;

/// The JSON answer of `endpoints show`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EndpointDetail<'a> {
    #[serde(flatten)]
    view: EndpointView<'a>,
    events: &'a [crate::endpoint::TypePattern],
    concurrency: u16,
    retry: RetryView,
    secret: &'a crate::endpoint::SecretSource,
    legacy_signature: crate::endpoint::LegacySignature,
    paused_by: Option<crate::endpoint::PausedBy>,
    strikes: u32,
    circuit: CircuitNow,
    #[serde(flatten)]
    last_hour: LastHourView<'a>,
}

/// The state of the circuit.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CircuitNow {
    state: &'static str,
    consecutive_failures: u32,
    open_since: Option<Timestamp>,
    next_probe_at: Option<Timestamp>,
    cause: Option<OpenCause>,
    probes: Option<u32>,
}

impl CircuitNow {
    fn of(circuit: CircuitState) -> Self {
        let open = circuit.open;
        Self {
            state: if open.is_some() { "open" } else { "closed" },
            consecutive_failures: circuit.consecutive_failures,
            open_since: open.map(|open| open.since),
            next_probe_at: open.map(|open| open.until),
            cause: open.map(|open| open.cause),
            probes: open.map(|open| open.probes),
        }
    }
}

/// The retry policy of an endpoint.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RetryView {
    max_attempts: u32,
    first_delay_ms: u64,
    max_delay_ms: u64,
    timeout_ms: u64,
    statuses: StatusRules,
    circuit: CircuitView,
}

/// The circuit policy of an endpoint.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CircuitView {
    outage_statuses: Vec<u16>,
    first_probe_ms: u64,
    probe_factor: u32,
    longest_probe_ms: u64,
}

impl RetryView {
    fn of(retry: RetryPolicy) -> Self {
        let RetryPolicy { max_attempts, first_delay_ms, max_delay_ms, timeout_ms, statuses, circuit } = retry;
        let CircuitPolicy { outage_statuses, first_probe_ms, probe_factor, longest_probe_ms } = circuit;
        let circuit = CircuitView { outage_statuses, first_probe_ms, probe_factor, longest_probe_ms };
        Self { max_attempts, first_delay_ms, max_delay_ms, timeout_ms, statuses, circuit }
    }
}

/// The rate limit of an endpoint, and whether it is waiting for it, in words.
fn rate_shown(figures: &EndpointFigures, now: Timestamp) -> Cell {
    let Some(pace) = figures.endpoint.settings.pace() else { return "no limit".into() };
    let waits = rate_limited_until(figures, now).map_or("", |_| ", used up now");
    format!("{}, at most {} at once{waits}", pace.rate, pace.burst).into()
}

/// The statuses that are retried, in words.
fn statuses_shown(statuses: &StatusRules) -> String {
    let list = |rules: &[StatusRule]| rules.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match (statuses.retry.is_empty(), statuses.give_up.is_empty()) {
        (true, true) => "all but 410 are retried".to_owned(),
        (true, false) => format!("{} and 410 are given up", list(&statuses.give_up)),
        (false, true) => format!("only {} are retried", list(&statuses.retry)),
        (false, false) => {
            format!("only {} are retried, {} are given up", list(&statuses.retry), list(&statuses.give_up))
        }
    }
}

/// The circuit policy in words.
fn circuit_shown(circuit: &CircuitPolicy) -> String {
    let delay = |ms| short_duration(Duration::from_millis(ms));
    let outages = circuit.outage_statuses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let statuses = if outages.is_empty() { String::new() } else { format!(" or {outages}") };
    format!(
        "opens after {FAILURES_UNTIL_OPEN} attempts without an answer{statuses}; probes {} to {} apart",
        delay(circuit.first_probe_ms),
        delay(circuit.longest_probe_ms.max(circuit.first_probe_ms))
    )
}

const SETTING: &[Column] = &[Column::text("key", "KEY"), Column::text("value", "VALUE")];

/// Everything about one endpoint. The attempts of the last hour are those before `now`.
pub fn endpoint(figures: &EndpointFigures, last_hour: &LastHour, now: Timestamp) -> Report {
    let endpoint = &figures.endpoint;
    let settings = &endpoint.settings;
    let retry = &settings.retry;
    let detail = EndpointDetail {
        view: view(figures, now),
        events: &settings.events,
        concurrency: settings.concurrency,
        retry: RetryView::of(retry.clone()),
        secret: &settings.secret,
        legacy_signature: settings.legacy_signature,
        paused_by: endpoint.paused_by,
        strikes: endpoint.circuit.consecutive_failures,
        circuit: CircuitNow::of(endpoint.circuit),
        last_hour: last_hour.view(),
    };
    let events: Vec<String> = settings.events.iter().cloned().map(String::from).collect();
    let delay = |ms| short_duration(Duration::from_millis(ms));
    let mut rows: Vec<Vec<Cell>> = vec![
        vec!["name".into(), endpoint.name.clone().into()],
        vec!["url".into(), endpoint.url.as_str().into()],
        vec!["state".into(), state_cell(endpoint, now)],
        vec!["events".into(), events.join(", ").into()],
        vec!["pending".into(), detail.view.pending.into()],
        vec!["held".into(), detail.view.held.into()],
        vec!["processing".into(), figures.counts.processing.into()],
        vec!["delivered".into(), figures.counts.delivered.into()],
        vec!["failed".into(), figures.counts.failed.into()],
        vec!["last success".into(), endpoint.last_success_at.into()],
        vec!["last failure".into(), endpoint.last_failure_at.into()],
        vec!["consecutive attempts without an answer".into(), endpoint.circuit.consecutive_failures.into()],
        vec!["concurrency".into(), settings.concurrency.into()],
        vec![
            "retry".into(),
            format!(
                "{} attempts, {} to {} apart, {} each",
                retry.max_attempts,
                delay(retry.first_delay_ms),
                delay(retry.max_delay_ms),
                delay(retry.timeout_ms)
            )
            .into(),
        ],
        vec!["rate".into(), rate_shown(figures, now)],
        vec!["statuses".into(), statuses_shown(&retry.statuses).into()],
        vec!["circuit".into(), circuit_shown(&retry.circuit).into()],
    ];
    rows.extend(last_hour.rows());
    Report::new(&detail).with_table(Table::new(SETTING, rows)).with_names([endpoint.name.clone()])
}
