//! The schemas of what the routes of operators take and answer.

use serde_json::{Value, json};

use crate::record::{FieldRule, RecordKind};

/// A member of an object in the OpenAPI document: its name, and its type as a letter.
///
/// `s` text, `i` a whole number, `n` a number, `b` a boolean, `t` a time, `o` any object, `a` any list; `?` after it: or null.
type Member = (&'static str, &'static str);

fn of_type(kind: &str) -> Value {
    let (kind, nullable) = kind.strip_suffix('?').map_or((kind, false), |kind| (kind, true));
    let schema = match kind {
        "i" => json!({"type": "integer"}),
        "n" => json!({"type": "number"}),
        "b" => json!({"type": "boolean"}),
        "t" => json!({"type": "string", "format": "date-time"}),
        "o" => json!({"type": "object"}),
        "a" => json!({"type": "array", "items": {}}),
        _ => json!({"type": "string"}),
    };
    if nullable { json!({"anyOf": [schema, {"type": "null"}]}) } else { schema }
}

/// An object in which all of `members` are; more may be.
fn object(members: &[Member]) -> Value {
    let properties: serde_json::Map<_, _> =
        members.iter().map(|(name, kind)| ((*name).to_owned(), of_type(kind))).collect();
    let required: Vec<_> = members.iter().map(|(name, _)| *name).collect();
    json!({"type": "object", "required": required, "properties": properties})
}

fn list(name: &str) -> Value {
    json!({"type": "array", "items": reference(name)})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

const EVENT: &[Member] = &[
    ("seq", "i"),
    ("id", "s"),
    ("type", "s"),
    ("resourceId", "s"),
    ("resourceType", "s"),
    ("timestamp", "t"),
    ("createdAt", "t"),
];
const DELIVERY: &[Member] = &[
    ("id", "i"),
    ("eventId", "s"),
    ("eventType", "s"),
    ("resourceId", "s"),
    ("resourceType", "s"),
    ("endpoint", "s"),
    ("state", "s"),
    ("blocked", "b"),
    ("blockedBy", "i?"),
    ("interrupted", "b"),
    ("attempts", "i"),
    ("attemptsUsed", "i"),
    ("nextAttemptAt", "t?"),
    ("error", "s?"),
    ("status", "i?"),
    ("reason", "s?"),
    ("createdAt", "t"),
    ("updatedAt", "t"),
];
const ATTEMPT: &[Member] = &[
    ("delivery", "i"),
    ("endpoint", "s"),
    ("number", "i"),
    ("trigger", "s"),
    ("startedAt", "t"),
    ("durationMs", "n"),
    ("outcome", "s"),
    ("status", "i?"),
    ("detail", "s"),
    ("response", "s?"),
];
const LOGGED: &[Member] =
    &[("place", "i"), ("eventId", "s"), ("eventType", "s"), ("resourceId", "s"), ("resourceType", "s")];
const FAILURE: &[Member] = &[
    ("eventId", "s"),
    ("eventType", "s"),
    ("resourceId", "s"),
    ("resourceType", "s"),
    ("endpoint", "s"),
    ("error", "s"),
    ("status", "i?"),
    ("attempts", "i"),
    ("failedAt", "t"),
    ("resolved", "b"),
    ("delivery", "i"),
    ("state", "s"),
    ("reason", "s?"),
    ("nextAttemptAt", "t?"),
];
const ENDPOINT: &[Member] = &[
    ("name", "s"),
    ("url", "s"),
    ("state", "s"),
    ("pending", "i"),
    ("processing", "i"),
    ("failed", "i"),
    ("delivered", "i"),
    ("held", "i"),
    ("sync", "s"),
    ("lastSuccessAt", "t?"),
    ("lastFailureAt", "t?"),
];
const STATS: &[Member] = &[
    ("totalFailures", "i"),
    ("failuresByType", "o"),
    ("failuresByResource", "o"),
    ("averageRetries", "n"),
    ("failuresByEndpoint", "o"),
    ("totalAttempts", "i"),
    ("failureRate", "n"),
    ("troubledDeliveries", "i"),
    ("since", "t"),
];
const CLUSTER: &[Member] = &[
    ("cluster", "s"),
    ("endpoint", "s"),
    ("kind", "s"),
    ("status", "i?"),
    ("text", "s"),
    ("deliveries", "i"),
    ("failed", "i"),
    ("waiting", "i"),
    ("firstFailedAt", "t"),
    ("lastFailedAt", "t"),
    ("example", "o"),
    ("state", "s"),
    ("acknowledgedAt", "t?"),
    ("note", "s?"),
];
const AUDIT: &[Member] = &[("timestamp", "t"), ("action", "s"), ("direction", "s"), ("outcome", "s?")];
const KEPT: &[Member] = &[
    ("id", "i"),
    ("receivedAt", "t"),
    ("source", "s"),
    ("route", "s"),
    ("reason", "s"),
    ("bytes", "i"),
    ("replayedAt", "t?"),
    ("result", "s?"),
];
const RUN: &[Member] = &[
    ("id", "i"),
    ("pid", "i"),
    ("command", "s"),
    ("startedAt", "t"),
    ("endedAt", "t?"),
    ("claimed", "i"),
    ("delivered", "i"),
    ("retried", "i"),
    ("failed", "i"),
    ("exit", "i?"),
];
const INCIDENT: &[Member] = &[
    ("id", "i"),
    ("incident", "s"),
    ("kind", "s"),
    ("subject", "s"),
    ("state", "s"),
    ("severity", "s"),
    ("eventType", "s?"),
    ("reason", "s"),
    ("count", "i"),
    ("nextCommand", "s"),
    ("openedAt", "t"),
    ("lastSeenAt", "t"),
    ("resolvedAt", "t?"),
    ("told", "a"),
];
const TOLD: &[Member] =
    &[("name", "s"), ("toldAt", "t?"), ("toldResolvedAt", "t?"), ("failures", "i"), ("error", "s?")];
const SESSION: &[Member] =
    &[("id", "i"), ("operator", "s"), ("source", "s"), ("beganAt", "t"), ("until", "t"), ("current", "b")];
const TESTED: &[Member] = &[
    ("endpoint", "s"),
    ("url", "s"),
    ("eventId", "s"),
    ("eventType", "s"),
    ("headers", "o"),
    ("outcome", "s"),
    ("status", "i?"),
    ("detail", "s"),
    ("response", "s"),
    ("tookMs", "n"),
    ("advice", "s?"),
];
const CHANGED: &[Member] = &[("changed", "i"), ("leftAlone", "i"), ("left", "a"), ("deliveries", "a"), ("action", "i")];
const PLANNED: &[Member] = &[
    ("plan", "s"),
    ("wouldChange", "i"),
    ("leftAlone", "i"),
    ("left", "a"),
    ("endpoints", "o"),
    ("overtaken", "a"),
    ("cut", "b"),
    ("deliveries", "a"),
];

const QUEUE: &[Member] = &[
    ("total", "i"),
    ("processing", "i"),
    ("pending", "i"),
    ("failed", "i"),
    ("delivered", "i"),
    ("held", "i"),
    ("oldestDueAgeMs", "i"),
    ("events", "i"),
    ("scheduled", "i"),
    ("nextScheduledAt", "t?"),
];
const CHECK: &[Member] = &[("name", "s"), ("state", "s"), ("value", "s"), ("limit", "s")];
const JUDGED: &[Member] = &[
    ("healthy", "b"),
    ("failureRate", "n"),
    ("recentFailures", "i"),
    ("recentAttempts", "i"),
    ("message", "s"),
    ("checks", "a"),
];
const INBOUND: &[Member] = &[
    ("accepted", "i"),
    ("refused", "i"),
    ("refusalRate", "n"),
    ("lastAcceptedAt", "t?"),
    ("meanSkewMs", "i?"),
    ("refusals", "a"),
];
const PROCESSED: &[Member] = &[
    ("claimed", "i"),
    ("delivered", "i"),
    ("retried", "i"),
    ("failed", "i"),
    ("interrupted", "i"),
    ("durationMs", "i"),
];
const EMITTED_EVENT: &[Member] =
    &[("id", "s"), ("type", "s"), ("resourceId", "s"), ("resourceType", "s"), ("timestamp", "t")];

/// What stands in `metadata`.
pub(super) fn metadata() -> Value {
    object(&[("timestamp", "t"), ("version", "s"), ("requestId", "s")])
}

/// What stands in `pagination`; `cursor` is the type of a cursor.
pub(super) fn pagination(cursor: &str) -> Value {
    let members = [
        ("page", "i"),
        ("limit", "i"),
        ("total", "i"),
        ("totalPages", "i"),
        ("hasNextPage", "b"),
        ("hasPreviousPage", "b"),
    ];
    with(object(&members), &[("nextAfter", of_type(cursor)), ("totalIsExact", of_type("b"))])
}

/// A record: the fields of its kind, whatever was written to them, and what is known of them here.
fn record(kind: RecordKind, times: &[&'static str]) -> Value {
    let known: Vec<Member> = times.iter().map(|name| (*name, "t?")).collect();
    let known = [&[("id", "s"), ("sync_status", "s"), ("last_synced_at", "t?")], &known[..]].concat();
    let mut schema = object(&known);
    for (name, rule) in kind.fields() {
        schema["properties"][*name] = match rule {
            FieldRule::Name | FieldRule::Text | FieldRule::Email | FieldRule::Time => of_type("s?"),
            FieldRule::Percentage => of_type("n?"),
            FieldRule::BooleanOrTime => json!({}),
            FieldRule::Object => of_type("o?"),
        };
    }
    schema
}

/// The answer about one record.
fn one(member: &str, schema: &str) -> Value {
    let mut answer = with(object(&[("success", "b")]), &[(member, reference(schema))]);
    answer["required"] = json!(["success", member]);
    answer
}

/// The schemas of the routes that the original had.
fn of_original() -> Vec<(&'static str, Value)> {
    let enrollment = ["last_updated_at", "enrolled_at", "last_accessed_at"];
    let user = ["last_updated_at", "created_at", "updated_at", "last_login_at"];
    let judged = with(object(JUDGED), &[("checks", json!({"type": "array", "items": object(CHECK)}))]);
    let refusal = object(&[("route", "s"), ("reason", "s"), ("count", "i")]);
    let inbound = with(object(INBOUND), &[("refusals", json!({"type": "array", "items": refusal}))]);
    let health = [("health", "o"), ("queue", "o"), ("recentFailures", "a"), ("failureStats", "o"), ("received", "o")];
    let emitted = object(&[("event", "o"), ("deliveries", "i"), ("duplicate", "b")]);
    vec![
        ("Queue", object(QUEUE)),
        ("JudgedHealth", judged),
        ("InboundHealth", inbound),
        (
            "Status",
            with(
                object(&[("queue", "o"), ("endpoints", "a"), ("holders", "a")]),
                &[("queue", reference("Queue")), ("endpoints", list("Endpoint"))],
            ),
        ),
        (
            "Health",
            with(
                object(&health),
                &[
                    ("health", reference("JudgedHealth")),
                    ("queue", reference("Queue")),
                    ("recentFailures", list("Failure")),
                    ("failureStats", reference("FailureStats")),
                    ("received", reference("InboundHealth")),
                ],
            ),
        ),
        (
            "Processed",
            with(
                object(&[("message", "s"), ("stats", "o"), ("run", "o")]),
                &[("stats", reference("Queue")), ("run", object(PROCESSED))],
            ),
        ),
        ("Received", object(&[("message", "s"), ("eventId", "s"), ("eventType", "s"), ("result", "s")])),
        ("Emitted", with(emitted, &[("event", object(EMITTED_EVENT))])),
        ("EmittedBatch", object(&[("accepted", "i"), ("duplicates", "i"), ("rejected", "i")])),
        ("EmittedOrBatch", json!({"anyOf": [reference("Emitted"), reference("EmittedBatch")]})),
        ("EnrollmentRecord", record(RecordKind::Enrollment, &enrollment)),
        ("EnrollmentRecords", list("EnrollmentRecord")),
        ("OneEnrollment", one("enrollment", "EnrollmentRecord")),
        ("UserRecord", record(RecordKind::User, &user)),
        ("UserRecords", list("UserRecord")),
        ("OneProfile", one("profile", "UserRecord")),
        ("ProgressRecord", record(RecordKind::Progress, &["last_updated_at", "timestamp"])),
        ("ProgressRecords", list("ProgressRecord")),
        ("OneProgress", one("progress", "ProgressRecord")),
        ("OneOrMoreProgress", json!({"anyOf": [reference("OneProgress"), reference("ProgressRecords")]})),
        ("Probe", object(&[("status", "s")])),
    ]
}

fn with(mut schema: Value, more: &[(&str, Value)]) -> Value {
    for (name, property) in more {
        schema["properties"][*name] = property.clone();
    }
    schema
}

/// The schemas by their names.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let event_detail = object(&[("event", "o"), ("deliveries", "a"), ("attempts", "a")]);
    let event_detail = with(
        event_detail,
        &[("event", reference("EventRow")), ("deliveries", list("Delivery")), ("attempts", list("Attempt"))],
    );
    let delivery_detail = object(&[("event", "o"), ("delivery", "o"), ("attempts", "a")]);
    let delivery_detail = with(
        delivery_detail,
        &[("event", reference("EventRow")), ("delivery", reference("Delivery")), ("attempts", list("Attempt"))],
    );
    let mut schemas = of_original();
    schemas.extend(vec![
        ("EventRow", object(EVENT)),
        ("EventRows", list("EventRow")),
        ("Delivery", object(DELIVERY)),
        ("Deliveries", list("Delivery")),
        ("Attempt", object(ATTEMPT)),
        ("LoggedAttempt", object(&[LOGGED, ATTEMPT].concat())),
        ("Attempts", list("LoggedAttempt")),
        ("EventDetail", event_detail),
        ("DeliveryDetail", delivery_detail),
        ("EventExplained", object(&[("event", "o"), ("deliveries", "a"), ("notSent", "a"), ("timeline", "a")])),
        ("Failure", object(FAILURE)),
        ("Failures", list("Failure")),
        ("FailureStats", object(STATS)),
        ("Cluster", object(CLUSTER)),
        ("Clusters", list("Cluster")),
        (
            "Acknowledged",
            json!({"type": "object", "required": ["clusters", "acknowledged"], "properties": {
                "clusters": {"type": "array", "items": {"type": "string"}}, "acknowledged": {"type": "boolean"}}}),
        ),
        ("Endpoint", object(ENDPOINT)),
        ("Endpoints", list("Endpoint")),
        ("AuditEntry", object(AUDIT)),
        ("Audit", list("AuditEntry")),
        ("KeptRow", object(KEPT)),
        ("KeptRequests", list("KeptRow")),
        ("KeptRequest", object(&[KEPT, &[("headers", "a"), ("body", "s")]].concat())),
        (
            "ReplayedRequests",
            json!({"type": "array", "items": object(&[("id", "i"), ("result", "s"), ("reason", "s?")])}),
        ),
        ("Incident", with(object(INCIDENT), &[("told", list("Told"))])),
        ("Incidents", list("Incident")),
        ("Told", object(TOLD)),
        ("Run", object(RUN)),
        ("Runs", list("Run")),
        ("Session", object(SESSION)),
        ("Sessions", list("Session")),
        ("EndedSession", object(&[("id", "i"), ("ended", "b")])),
        ("Tested", object(TESTED)),
        ("Changed", object(CHANGED)),
        ("Planned", with(object(PLANNED), &[("deliveries", list("Delivery"))])),
        ("PlannedOrChanged", json!({"anyOf": [reference("Planned"), reference("Changed")]})),
        ("BulkChange", bulk_change()),
        ("ReplayOptions", flags(&["includeDelivered", "force"])),
        ("ReplayRequest", flags(&["anyTime"])),
    ]);
    schemas
}

/// Which deliveries: by their numbers, or by a filter as lists take it. With the plan of the answer before, it is done.
fn bulk_change() -> Value {
    let mut schema = flags(&["includeDelivered", "force"]);
    schema["properties"]["deliveries"] =
        json!({"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": i64::MAX}});
    let filters = ["state", "endpoint", "type", "resource", "error", "since", "until"];
    let filters: serde_json::Map<_, _> =
        filters.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
    schema["properties"]["filter"] =
        json!({"type": "object", "minProperties": 1, "properties": filters, "additionalProperties": false});
    schema["properties"]["plan"] = json!({"type": "string", "description": "The `plan` that was answered without it."});
    schema
}

fn flags(names: &[&str]) -> Value {
    let properties: serde_json::Map<_, _> =
        names.iter().map(|name| ((*name).to_owned(), json!({"type": "boolean"}))).collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}
