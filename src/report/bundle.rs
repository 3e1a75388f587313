//! The support file that `bundle` writes: the state of the queue, without payloads and secrets.
//!
//! Each view lists the fields that are written, so nothing else gets in. Resource ids and URL paths become fingerprints, which
//! show only whether two are equal; bodies become their shape; responses are left out.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::status::QueueTotals;
use crate::clock::Timestamp;
use crate::delivery::{CircuitOpen, FailureReason, OpenCause, State, Trigger};
use crate::endpoint::{Endpoint, EndpointUrl};
use crate::event::data_of;
use crate::monitor::{Check, FailureStats, Health};
use crate::store::{
    AttemptRow, DatabaseInfo, DeliveryRow, EndpointFigures, EventDetail, EventRow, QueueFigures, RunRow,
};

/// What a support bundle is made from.
#[derive(Debug)]
pub struct BundleInput<'a> {
    /// The time of the bundle.
    pub now: Timestamp,
    /// The version of the program.
    pub version: &'a str,
    /// The settings, secrets masked: key, value and origin.
    pub settings: Vec<(String, String, String)>,
    /// The counters.
    pub figures: &'a QueueFigures,
    /// The health of the queue.
    pub health: &'a Health,
    /// The failures of the last day.
    pub stats: &'a FailureStats,
    /// The database.
    pub database: Option<&'a DatabaseInfo>,
    /// The latest runs.
    pub runs: &'a [RunRow],
    /// The latest failures.
    pub failures: &'a [DeliveryRow],
    /// The event to include.
    pub event: Option<&'a EventDetail>,
}

/// The content of a support bundle.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bundle<'a> {
    written_at: Timestamp,
    syncctl: &'a str,
    system: BTreeMap<&'static str, &'static str>,
    settings: Vec<Setting>,
    database: Option<Database<'a>>,
    queue: QueueTotals,
    endpoints: Vec<EndpointPart<'a>>,
    healthy: bool,
    checks: &'a [Check],
    failure_stats: &'a FailureStats,
    runs: Vec<RunPart<'a>>,
    failures: Vec<Delivery<'a>>,
    event: Option<EventPart<'a>>,
}

/// A setting in a support bundle.
#[derive(Debug, Serialize)]
struct Setting {
    key: String,
    value: String,
    origin: String,
}

/// The database in a support bundle.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Database<'a> {
    schema: i64,
    known_schema: i64,
    engine: &'a str,
    engine_version: &'a str,
    bytes: u64,
    /// Figures of a database file.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<DatabaseFile<'a>>,
}

/// Facts about the file of the queue, for a support bundle; of a queue on a server there are none.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DatabaseFile<'a> {
    journal_mode: &'a str,
    wal_bytes: u64,
    free_bytes: u64,
}

/// An endpoint in a support bundle.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EndpointPart<'a> {
    name: &'a str,
    url: String,
    state: &'static str,
    pending: i64,
    processing: i64,
    delivered: i64,
    failed: i64,
    oldest_due: Option<Timestamp>,
    last_success_at: Option<Timestamp>,
    last_failure_at: Option<Timestamp>,
    circuit: Option<CircuitPart>,
    concurrency: u16,
    max_attempts: u32,
    timeout_ms: u64,
}

/// An open circuit in a support bundle.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CircuitPart {
    since: Timestamp,
    until: Timestamp,
    probes: u32,
    cause: OpenCause,
}

/// A run in a support bundle.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RunPart<'a> {
    command: &'a str,
    started_at: Timestamp,
    ended_at: Option<Timestamp>,
    exit: Option<i64>,
}

/// A delivery in a support bundle.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Delivery<'a> {
    id: i64,
    event_id: &'a str,
    event_type: &'a str,
    resource: String,
    endpoint: &'a str,
    state: State,
    is_blocked: bool,
    attempts: u32,
    reason: Option<FailureReason>,
    error: Option<String>,
    due_at: Timestamp,
    changed_at: Timestamp,
}

/// An event in a support bundle: the shape of its data without the values.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EventPart<'a> {
    id: &'a str,
    event_type: &'a str,
    resource: String,
    timestamp: Timestamp,
    created_at: Timestamp,
    body_bytes: usize,
    body_sha256: String,
    data_shape: Value,
    deliveries: Vec<Delivery<'a>>,
    attempts: Vec<AttemptPart<'a>>,
}

/// An attempt in a support bundle.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AttemptPart<'a> {
    number: u32,
    endpoint: &'a str,
    trigger: Trigger,
    started_at: Timestamp,
    took_ms: u64,
    outcome: &'static str,
    status: Option<u16>,
    error: String,
}

/// Builds a bundle.
pub fn bundle<'a>(parts: &'a BundleInput<'a>) -> Bundle<'a> {
    Bundle {
        written_at: parts.now,
        syncctl: parts.version,
        system: BTreeMap::from([("os", std::env::consts::OS), ("arch", std::env::consts::ARCH)]),
        settings: parts.settings.iter().map(setting).collect(),
        database: parts.database.map(database),
        queue: QueueTotals::of(parts.figures, parts.now),
        endpoints: parts.figures.endpoints.iter().map(endpoint).collect(),
        healthy: parts.health.healthy,
        checks: &parts.health.checks,
        failure_stats: parts.stats,
        runs: parts.runs.iter().map(run).collect(),
        failures: parts.failures.iter().map(delivery).collect(),
        event: parts.event.map(event),
    }
}

/// Whether a key's value is only a number, a word or a switch, and needs no redaction.
fn is_harmless(key: &str) -> bool {
    const PLAIN: &[&str] = &["delivery.", "health.", "freshness.", "egress."];
    const ENDPOINT: &[&str] =
        &["name", "events", "concurrency", "max_attempts", "first_delay", "max_delay", "timeout", "paused", "payload"];
    let own = key.strip_prefix("endpoints[").and_then(|rest| rest.split_once("].")).map(|(_, key)| key);
    PLAIN.iter().any(|prefix| key.starts_with(prefix)) || own.is_some_and(|key| ENDPOINT.contains(&key))
}

fn setting((key, value, origin): &(String, String, String)) -> Setting {
    let value = match value.as_str() {
        "" => String::new(),
        value if is_harmless(key) => value.to_owned(),
        _ => "(set)".to_owned(),
    };
    Setting { key: key.clone(), value, origin: origin.clone() }
}

fn database(info: &DatabaseInfo) -> Database<'_> {
    Database {
        schema: info.schema,
        known_schema: info.known_schema,
        engine: info.engine,
        engine_version: &info.engine_version,
        bytes: info.bytes,
        file: info.file.as_ref().map(|file| DatabaseFile {
            journal_mode: &file.journal_mode,
            wal_bytes: file.wal_bytes,
            free_bytes: file.free_bytes,
        }),
    }
}

fn endpoint(figures: &EndpointFigures) -> EndpointPart<'_> {
    let (endpoint, counts): (&Endpoint, _) = (&figures.endpoint, figures.counts);
    let retry = &endpoint.settings.retry;
    EndpointPart {
        name: &endpoint.name,
        url: place(&endpoint.url),
        state: endpoint.state_name(),
        pending: counts.waiting,
        processing: counts.processing,
        delivered: counts.delivered,
        failed: counts.failed,
        oldest_due: figures.oldest_due,
        last_success_at: endpoint.last_success_at,
        last_failure_at: endpoint.last_failure_at,
        circuit: endpoint.circuit.open.map(circuit),
        concurrency: endpoint.settings.concurrency,
        max_attempts: retry.max_attempts,
        timeout_ms: retry.timeout_ms,
    }
}

fn circuit(open: CircuitOpen) -> CircuitPart {
    CircuitPart { since: open.since, until: open.until, probes: open.probes, cause: open.cause }
}

fn run(row: &RunRow) -> RunPart<'_> {
    RunPart { command: &row.command, started_at: row.started_at, ended_at: row.ended_at, exit: row.exit }
}

fn delivery(row: &DeliveryRow) -> Delivery<'_> {
    Delivery {
        id: row.id.0,
        event_id: row.event.id.as_str(),
        event_type: &row.event.event_type,
        resource: resource(&row.event),
        endpoint: &row.endpoint,
        state: row.state,
        is_blocked: row.blocked,
        attempts: row.attempts,
        reason: row.reason,
        error: row.last_detail.as_deref().map(without_answer),
        due_at: row.due_at,
        changed_at: row.changed_at,
    }
}

fn event(detail: &EventDetail) -> EventPart<'_> {
    let row = &detail.row;
    let data = data_of(&detail.body).and_then(|data| serde_json::from_str(data).ok());
    EventPart {
        id: row.id.as_str(),
        event_type: &row.event_type,
        resource: resource(row),
        timestamp: row.timestamp,
        created_at: row.created_at,
        body_bytes: detail.body.len(),
        body_sha256: hex::encode(Sha256::digest(&detail.body)),
        data_shape: data.as_ref().map_or(Value::Null, |data| shape(data, DEEPEST)),
        deliveries: detail.deliveries.iter().map(delivery).collect(),
        attempts: detail.attempts.iter().map(attempt).collect(),
    }
}

fn attempt(row: &AttemptRow) -> AttemptPart<'_> {
    AttemptPart {
        number: row.number,
        endpoint: &row.endpoint,
        trigger: row.trigger,
        started_at: row.started_at,
        took_ms: u64::try_from(row.took.as_millis()).unwrap_or(u64::MAX),
        outcome: row.outcome.name(),
        status: row.outcome.status(),
        error: without_answer(&row.detail),
    }
}

/// A resource as `kind/fingerprint`: its id may name a person.
fn resource(row: &EventRow) -> String {
    format!("{}/{}", row.resource.kind, fingerprint(row.resource.id.as_bytes()))
}

/// The URL of an endpoint without path and query, which hold tokens at some receivers.
fn place(url: &EndpointUrl) -> String {
    let text = url.as_str();
    let after_scheme = text.find("://").map_or(0, |at| at + 3);
    let end = text[after_scheme..].find(['/', '?', '#']).map_or(text.len(), |at| after_scheme + at);
    format!("{}/{}", &text[..end], fingerprint(&text.as_bytes()[end..]))
}

/// The first 8 hexadecimal digits of the SHA-256.
fn fingerprint(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..4])
}

/// The detail of an attempt without the response: `HTTP 500: …` becomes `HTTP 500`.
fn without_answer(detail: &str) -> String {
    match detail.strip_prefix("HTTP ").and_then(|rest| rest.get(..3)) {
        Some(status) if status.bytes().all(|byte| byte.is_ascii_digit()) => format!("HTTP {status}"),
        _ => detail.to_owned(),
    }
}

/// The deepest level of data whose shape is included.
const DEEPEST: usize = 8;

/// JSON with each value replaced by its kind. Keys are kept, so that missing and misspelt ones show.
fn shape(value: &Value, levels: usize) -> Value {
    match value {
        Value::Object(members) if levels > 0 => {
            members.iter().map(|(key, value)| (key.clone(), shape(value, levels - 1))).collect()
        }
        Value::Array(items) if levels > 0 => {
            Value::Array(items.first().map(|item| shape(item, levels - 1)).into_iter().collect())
        }
        Value::Object(_) => "object".into(),
        Value::Array(_) => "array".into(),
        Value::String(_) => "string".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Null => "null".into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn data_keeps_its_keys_and_loses_its_values() {
        let data = json!({"name": "Ada", "tags": ["a", "b"], "age": 36, "profile": {"bio": null, "ok": true}});
        let expected = json!({
            "name": "string", "tags": ["string"], "age": "number", "profile": {"bio": "null", "ok": "boolean"}
        });
        assert_eq!(shape(&data, DEEPEST), expected);
        assert_eq!(shape(&json!({"a": {"b": 1}}), 1), json!({"a": "object"}));
    }

    #[test]
    fn what_a_receiver_wrote_back_is_left_out() {
        assert_eq!(without_answer("HTTP 500: user ada@example.com not found"), "HTTP 500");
        assert_eq!(
            without_answer("connect: 10.0.0.1:443: connection refused"),
            "connect: 10.0.0.1:443: connection refused"
        );
    }

    #[test]
    fn only_settings_that_cannot_hold_a_secret_go_out() {
        assert!(is_harmless("delivery.max_attempts") && is_harmless("endpoints[0].timeout"));
        for key in ["endpoints[0].url", "endpoints[0].headers", "webhook.secret_file", "database", "a.delivery.x"] {
            assert!(!is_harmless(key), "{key}");
        }
    }

    #[test]
    fn the_path_of_a_url_is_a_fingerprint() {
        let url = |text| EndpointUrl::parse(text).expect("a URL");
        let place = place(&url("https://hooks.example.com/services/T0/secret?token=1"));
        assert!(place.starts_with("https://hooks.example.com/") && !place.contains("secret"), "{place}");
        assert_eq!(place.len(), "https://hooks.example.com/".len() + 8);
    }
}
