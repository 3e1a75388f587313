//! The answers of `endpoints test` and `endpoints check`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::{Cell, Column, Level, Report, Table};
use crate::clock::Timestamp;
use crate::delivery::{CircuitOpen, Outcome};
use crate::outbound::test_event::{EVENT_TYPE, TestResult};
use crate::report::advice::advice;
use crate::report::endpoints::circuit_open;

const ROWS: &[Column] = &[Column::text("what", "WHAT"), Column::text("value", "VALUE")];
const ADDRESSES: &[Column] =
    &[Column::text("address", "ADDRESS"), Column::text("allowed", "ALLOWED"), Column::text("rule", "RULE")];
/// The text in place of a secret header.
const MASKED: &str = "(not shown)";

/// The result of one test event. `circuit` is the endpoint's open circuit, if it has one.
pub fn tested(name: &str, url: &str, tested: &TestResult, circuit: Option<CircuitOpen>, now: Timestamp) -> Report {
    /// The JSON answer of `endpoints test`.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct TestView<'a> {
        endpoint: &'a str,
        url: &'a str,
        event_id: &'a str,
        event_type: &'a str,
        headers: BTreeMap<String, String>,
        outcome: &'a str,
        status: Option<u16>,
        detail: &'a str,
        response: String,
        resolve_ms: Option<f64>,
        connect_ms: Option<f64>,
        tls_ms: Option<f64>,
        response_ms: Option<f64>,
        took_ms: f64,
        circuit_open_until: Option<Timestamp>,
        advice: Option<String>,
    }
    let millis = |took: Duration| (took.as_secs_f64() * 1e6).round() / 1e3;
    let response = String::from_utf8_lossy(&tested.result.response).into_owned();
    let outcome = tested.result.outcome;
    let advice = test_advice(outcome, &tested.result.detail, circuit.is_some(), name);
    let view = TestView {
        endpoint: name,
        url,
        event_id: tested.id.as_str(),
        event_type: EVENT_TYPE,
        headers: headers(tested),
        outcome: outcome.name(),
        status: outcome.status(),
        detail: &tested.result.detail,
        response: response.clone(),
        resolve_ms: tested.timings.resolve.map(millis),
        connect_ms: tested.timings.connect.map(millis),
        tls_ms: tested.timings.tls.map(millis),
        response_ms: tested.timings.response.map(millis),
        took_ms: millis(tested.took),
        circuit_open_until: circuit.map(|open| open.until),
        advice: advice.clone(),
    };
    let level = if matches!(outcome, Outcome::Delivered { .. }) { Level::Good } else { Level::Bad };
    let took = |phase: Option<Duration>| phase.map_or(Cell::Empty, Cell::Took);
    let mut rows: Vec<Vec<Cell>> =
        vec![vec!["sent to".into(), url.into()], vec!["event".into(), format!("{} ({EVENT_TYPE})", tested.id).into()]];
    rows.extend(view.headers.iter().map(|(name, value)| vec![format!("  {name}").into(), value.as_str().into()]));
    rows.extend([
        vec!["result".into(), Cell::Level(level, outcome.name().to_owned())],
        vec!["detail".into(), tested.result.detail.as_str().into()],
        vec!["resolve".into(), took(tested.timings.resolve)],
        vec!["connect".into(), took(tested.timings.connect)],
        vec!["TLS".into(), took(tested.timings.tls)],
        vec!["first byte".into(), took(tested.timings.response)],
        vec!["in all".into(), Cell::Took(tested.took)],
    ]);
    if !response.is_empty() {
        rows.push(vec!["response".into(), response.into()]);
    }
    if let Some(open) = circuit {
        rows.push(vec!["circuit".into(), circuit_open(open, now).into()]);
    }
    let report = Report::new(&view).with_table(Table::new(ROWS, rows)).with_names([outcome.name()]);
    match advice {
        Some(advice) => report.with_line(advice),
        None => report,
    }
}

fn headers(tested: &TestResult) -> BTreeMap<String, String> {
    let shown = |value: &http::HeaderValue| match value.is_sensitive() {
        true => MASKED.to_owned(),
        false => String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    tested.headers.iter().map(|(name, value)| (name.as_str().to_owned(), shown(value))).collect()
}

/// A hint for a failed test, whose event the receiver may not know.
fn test_advice(outcome: Outcome, detail: &str, is_open: bool, name: &str) -> Option<String> {
    let text = match (outcome, outcome.status()) {
        (Outcome::Delivered { .. }, _) if is_open => {
            return Some(format!("it answers again: close its circuit with `syncctl endpoints resume {name}`"));
        }
        (_, Some(401 | 403)) => ", and check which of the headers below it verifies",
        (_, Some(410)) => ": a delivery would pause the endpoint",
        (_, Some(400 | 422)) => {
            return Some("it does not accept events of this type: a real delivery may be accepted".to_owned());
        }
        _ => "",
    };
    advice(outcome, detail).map(|advice| format!("{advice}{text}"))
}

/// Whether each address of a host may be called, and by which rule.
pub fn checked(place: &str, addresses: &[(IpAddr, Result<String, String>)]) -> Report {
    /// One address of the endpoint's host, and whether it may be called.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct AddressView<'a> {
        address: String,
        allowed: bool,
        rule: &'a str,
    }
    /// The JSON answer of `endpoints check`.
    #[derive(Serialize)]
    struct CheckView<'a> {
        place: &'a str,
        allowed: bool,
        addresses: Vec<AddressView<'a>>,
    }
    let rule = |checked: &'_ Result<String, String>| match checked {
        Ok(rule) | Err(rule) => rule.clone(),
    };
    let row = |(address, checked): &(IpAddr, Result<String, String>)| -> Vec<Cell> {
        let level = if checked.is_ok() { (Level::Good, "yes") } else { (Level::Bad, "no") };
        vec![address.to_string().into(), level.into(), rule(checked).into()]
    };
    let allowed = addresses.iter().all(|(_, checked)| checked.is_ok());
    let view = CheckView {
        place,
        allowed,
        addresses: addresses
            .iter()
            .map(|(address, checked)| AddressView {
                address: address.to_string(),
                allowed: checked.is_ok(),
                rule: match checked {
                    Ok(rule) | Err(rule) => rule,
                },
            })
            .collect(),
    };
    let line = if allowed { "calls are allowed" } else { "calls are refused: every address has to be allowed" };
    Report::new(&view)
        .with_line(line)
        .with_table(Table::new(ADDRESSES, addresses.iter().map(row).collect()))
        .with_names([if allowed { "allowed" } else { "refused" }])
}

/// Whether an endpoint gets an event, or the reason why not.
pub fn subscribed(endpoint: &str, reason: Option<&str>) -> Report {
    /// The JSON answer of `endpoints check` about one event: whether the endpoint gets it.
    #[derive(Serialize)]
    struct SubscriptionView<'a> {
        endpoint: &'a str,
        subscribed: bool,
        reason: Option<&'a str>,
    }
    let line = match reason {
        None => "it would receive the event".to_owned(),
        Some(reason) => format!("it would not receive the event: {reason}"),
    };
    Report::new(&SubscriptionView { endpoint, subscribed: reason.is_none(), reason })
        .with_line(line)
        .with_names([if reason.is_none() { "subscribed" } else { "left-out" }])
}
