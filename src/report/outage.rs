//! The answer of `retry simulate`: when attempts are made, and what an outage does to the queue.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::{Column, Report, Table};
use crate::format::{count, short_duration};
use crate::monitor::outage::{Outage, OutageBehaviour, OutageForecast};

/// The JSON answer of `retry simulate`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SimulationView<'a> {
    endpoint: Option<&'a str>,
    attempts: Vec<AttemptView>,
    outage: OutageView,
}

/// When an attempt is made, at the earliest and at the latest.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttemptView {
    number: usize,
    earliest_ms: u64,
    latest_ms: u64,
}

/// The course of a simulated outage in figures.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutageView {
    behaviour: String,
    lasts_ms: u64,
    deliveries: usize,
    delivered: u64,
    failed: BTreeMap<&'static str, u64>,
    attempts: u64,
    attempts_during: u64,
    circuit_opened_at_ms: Option<u64>,
    probes: usize,
    first_delivered_at_ms: Option<u64>,
    ended_at_ms: u64,
    is_cut_short: bool,
}

const SCHEDULE: &[Column] =
    &[Column::number("attempt", "ATTEMPT"), Column::text("earliest", "EARLIEST"), Column::text("latest", "LATEST")];

/// The times of one delivery's attempts, and the course of the queue during `outage`.
pub fn simulated(
    endpoint: Option<&str>,
    schedule: &[(Duration, Duration)],
    outage: &Outage,
    forecast: &OutageForecast,
) -> Report {
    let attempts = schedule.iter().enumerate().map(|(at, (earliest, latest))| AttemptView {
        number: at + 1,
        earliest_ms: millis(*earliest),
        latest_ms: millis(*latest),
    });
    let view = SimulationView { endpoint, attempts: attempts.collect(), outage: outage_view(outage, forecast) };
    let rows = schedule.iter().enumerate().map(|(at, (earliest, latest))| {
        vec![
            (at + 1).into(),
            format!("+{}", short_duration(*earliest)).into(),
            format!("+{}", short_duration(*latest)).into(),
        ]
    });
    let table = Table::new(SCHEDULE, rows.collect());
    let report = Report::new(&view).with_table(table);
    sentences(outage, forecast).into_iter().fold(report, Report::with_line)
}

fn outage_view(outage: &Outage, forecast: &OutageForecast) -> OutageView {
    OutageView {
        behaviour: named(outage.behaviour),
        lasts_ms: millis(outage.lasts),
        deliveries: outage.deliveries,
        delivered: forecast.delivered,
        failed: forecast.failed.clone(),
        attempts: forecast.attempts,
        attempts_during: forecast.attempts_during,
        circuit_opened_at_ms: forecast.opened_at.map(millis),
        probes: forecast.probes.len(),
        first_delivered_at_ms: forecast.first_delivered_at.map(millis),
        ended_at_ms: millis(forecast.ended_at),
        is_cut_short: forecast.is_cut_short,
    }
}

fn sentences(outage: &Outage, forecast: &OutageForecast) -> Vec<String> {
    let lasts = short_duration(outage.lasts);
    let mut lines = vec![format!(
        "an outage of {lasts} ({}) with {} due:",
        named(outage.behaviour),
        count(outage.deliveries, "delivery")
    )];
    lines.push(match forecast.opened_at {
        Some(at) => format!(
            "  the circuit opens after {}; {} made during the outage, {} of all were probes",
            short_duration(at),
            requests(forecast.attempts_during),
            forecast.probes.len()
        ),
        None => format!("  the circuit stays closed; {} made during the outage", requests(forecast.attempts_during)),
    });
    lines.extend(forecast.failed.iter().map(|(reason, failed)| format!("  {failed} given up ({reason})")));
    lines.push(match forecast.first_delivered_at {
        Some(first) => format!(
            "  {} delivered, the first {} after the outage ended, the last after {}",
            forecast.delivered,
            short_duration(first.saturating_sub(outage.lasts)),
            short_duration(forecast.ended_at.saturating_sub(outage.lasts))
        ),
        None => "  nothing is delivered".to_owned(),
    });
    if forecast.is_cut_short {
        lines.push(format!("  the simulation ended after {}", requests(forecast.attempts)));
    }
    lines
}

fn requests(number: u64) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), "request")
}

fn named(behaviour: OutageBehaviour) -> String {
    match behaviour {
        OutageBehaviour::TimesOut => "timeout".to_owned(),
        OutageBehaviour::Unreachable => "unreachable".to_owned(),
        OutageBehaviour::Answers(status) => status.to_string(),
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
