//! What the OpenAPI document says of each operation: its parameters, body, statuses and access.

use crate::server::access::AuthRequirement;

/// A query parameter in the OpenAPI document: name, JSON schema, whether it is required.
pub(super) type QueryParameter = (&'static str, &'static str, bool);

/// A request header in the OpenAPI document: name, JSON schema, what it does.
pub(super) type HeaderParameter = (&'static str, &'static str, &'static str);

/// A route with its method in the OpenAPI document: parameters, body, answers, who may call it.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) access: AuthRequirement,
    pub(super) summary: &'static str,
    pub(super) query: &'static [QueryParameter],
    pub(super) headers: &'static [HeaderParameter],
    /// The name of the body's schema, and the content types it may have.
    pub(super) body: Option<(&'static str, &'static [&'static str])>,
    /// Statuses beside those that every operation of its access has.
    pub(super) statuses: &'static [u16],
    /// The name of the schema of the answer's data.
    pub(super) data: Option<&'static str>,
    /// Whether it answers with a page, refusals included.
    pub(super) page: bool,
}

pub(super) const fn operation(method: &'static str, path: &'static str, summary: &'static str) -> Operation {
    Operation {
        method,
        path,
        access: AuthRequirement::Admin,
        summary,
        query: &[],
        headers: &[],
        body: None,
        statuses: &[200],
        data: None,
        page: false,
    }
}

impl Operation {
    /// Whether the body may be left out.
    pub(super) fn has_optional_body(&self) -> bool {
        self.body.is_some_and(|(schema, _)| matches!(schema, "ReplayOptions" | "ReplayRequest"))
    }

    const fn signed(self, schema: &'static str) -> Self {
        let body = Some((schema, JSON));
        let data = Some("Received");
        Self { access: AuthRequirement::Signature, body, data, statuses: &[200, 408, 409, 413, 503], ..self }
    }

    pub(super) const fn by(self, access: AuthRequirement) -> Self {
        Self { access, ..self }
    }

    const fn data(self, schema: &'static str) -> Self {
        Self { data: Some(schema), ..self }
    }

    pub(super) const fn operate(self) -> Self {
        self.by(AuthRequirement::Operate)
    }

    pub(super) const fn page(self) -> Self {
        Self { page: true, ..self }
    }

    pub(super) const fn query(self, query: &'static [QueryParameter]) -> Self {
        Self { query, ..self }
    }

    const fn headers(self, headers: &'static [HeaderParameter]) -> Self {
        Self { headers, ..self }
    }

    pub(super) const fn takes(self, schema: &'static str, types: &'static [&'static str]) -> Self {
        Self { body: Some((schema, types)), ..self }
    }

    pub(super) const fn answers(self, statuses: &'static [u16]) -> Self {
        Self { statuses, ..self }
    }
}

const TRACEPARENT: HeaderParameter = (
    "traceparent",
    r#"{"type":"string"}"#,
    "The place in a trace of W3C Trace Context, sent with each delivery; a wrong one is ignored",
);
const IDEMPOTENCY_KEY: HeaderParameter = (
    "Idempotency-Key",
    r#"{"type":"string","pattern":"^[!-~]{1,255}$"}"#,
    "The event id is derived from it, so that a repeated request stores one event. Another body with the same key is 409",
);
const IF_MATCH: HeaderParameter =
    ("If-Match", r#"{"type":"string"}"#, "Changes the record only if its `ETag` is one of these; else 412");
const IF_NONE_MATCH: HeaderParameter =
    ("If-None-Match", r#"{"type":"string"}"#, "Answers 304 if the `ETag` of the record is one of these");
const JSON: &[&str] = &["application/json"];
pub(super) const FORM: &[&str] = &["application/x-www-form-urlencoded"];
const USER_ID: &str =
    r#"{"type":"string","minLength":1,"maxLength":256,"pattern":"^[^\\u0000-\\u001f\\u007f-\\u009f]*$"}"#;
pub(super) const PAGE: QueryParameter =
    ("page", r#"{"type":"integer","minimum":1,"maximum":1000000,"default":1}"#, false);
pub(super) const LIMIT: QueryParameter =
    ("limit", r#"{"type":"integer","minimum":1,"maximum":100,"default":20}"#, false);
pub(super) const SEARCH: QueryParameter = ("search", FILTER, false);
/// An empty filter is none.
pub(super) const FILTER: &str = r#"{"type":"string","maxLength":256}"#;
const USER: QueryParameter = ("userId", FILTER, false);
const COURSE: QueryParameter = ("courseId", FILTER, false);
/// A part of the id of progress, which has no control characters.
const PART_OF_ID: &str = r#"{"type":"string","maxLength":256,"pattern":"^[^\\u0000-\\u001f\\u007f-\\u009f]*$"}"#;
const SORT_BY: QueryParameter = ("sortBy", r#"{"type":"string","enum":["name","email","createdAt"]}"#, false);
const ORDER: QueryParameter = ("sortOrder", r#"{"type":"string","enum":["asc","desc"]}"#, false);
pub(super) const READ: &[u16] = &[200, 404];
const STATE: QueryParameter = (
    "state",
    r#"{"type":"string","pattern":"^(pending|held|processing|delivered|failed)(,(pending|held|processing|delivered|failed))*$"}"#,
    false,
);
const ENDPOINT: QueryParameter = ("endpoint", FILTER, false);
pub(super) const TYPE: QueryParameter =
    ("type", r#"{"type":"string","pattern":"^([*]|[a-z0-9_]+[.][*]|[a-z0-9_]+([.][a-z0-9_]+)+([.][*])?)$"}"#, false);
pub(super) const RESOURCE: QueryParameter = ("resource", FILTER, false);
pub(super) const STATUS: QueryParameter = ("status", r#"{"type":"integer","minimum":100,"maximum":999}"#, false);
pub(super) const ERROR: QueryParameter = ("error", FILTER, false);
/// The name of a cluster of failures, or how it begins.
const CLUSTER: QueryParameter = ("cluster", r#"{"type":"string","pattern":"^([Ff][0-9A-Fa-f]{1,8})?$"}"#, false);
const ALL: QueryParameter = ("all", r#"{"type":"boolean"}"#, false);
pub(super) const SINCE: QueryParameter = ("since", WHEN, false);
pub(super) const UNTIL: QueryParameter = ("until", WHEN, false);
/// RFC 3339, or a duration before now.
const WHEN: &str =
    r#"{"anyOf":[{"type":"string","format":"date-time"},{"type":"string","pattern":"^[0-9]{1,3}[smhd]$"}]}"#;
pub(super) const AFTER: QueryParameter = (
    "after",
    r#"{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807,"description":"The `nextAfter` of the page before."}"#,
    false,
);
/// In the audit log, which is made of several lists.
const AUDIT_AFTER: QueryParameter = (
    "after",
    r#"{"type":"string","pattern":"^[0-9]{1,18}([.][0-9]{1,18}){2}$","description":"The `nextAfter` of the page before."}"#,
    false,
);
pub(super) const SORT: QueryParameter =
    ("sort", r#"{"type":"string","enum":["newest","oldest"],"default":"newest"}"#, false);
pub(super) const DELIVERIES: &[QueryParameter] =
    &[STATE, ENDPOINT, TYPE, RESOURCE, STATUS, ERROR, CLUSTER, SINCE, UNTIL, AFTER, PAGE, LIMIT, SORT];
pub(super) const DIRECTION: QueryParameter =
    ("direction", r#"{"type":"string","enum":["outbound","inbound","operator"]}"#, false);
pub(super) const REFUSED: QueryParameter = ("refused", r#"{"type":"boolean"}"#, false);
pub(super) const OPEN: QueryParameter = ("open", r#"{"type":"boolean"}"#, false);
const RUNS: QueryParameter = ("limit", r#"{"type":"integer","minimum":1,"maximum":1000,"default":50}"#, false);
/// What may answer an action on one thing.
pub(super) const ACTION: &[u16] = &[200, 404, 408, 409, 413, 503];
const WRITE: &[u16] = &[200, 404, 408, 412, 413, 503];
/// What may answer who reads a record.
const RECORD: &[u16] = &[200, 304, 404];

/// Every operation of the server.
pub(super) static OPERATIONS: &[Operation] = &[
    operation("POST", "/api/webhooks/enrollment-changed", "Receive `enrollment.*`").signed("EnrollmentEvent"),
    operation("POST", "/api/webhooks/profile-updated", "Receive `profile.updated` and `user.*`").signed("UserEvent"),
    operation("POST", "/api/webhooks/progress-updated", "Receive `progress.*`").signed("ProgressEvent"),
    operation("POST", "/api/webhooks/sync", "Receive any known type").signed("Event"),
    operation("POST", "/api/webhooks/in/{name}", "Receive webhooks of a source")
        .signed("Foreign")
        .answers(&[200, 404, 408, 409, 413, 503]),
    operation("GET", "/api/sync/status", "The queue and its endpoints").data("Status"),
    operation("GET", "/api/sync/health", "Whether the queue is healthy, and what failed").data("Health"),
    operation("POST", "/api/sync/process", "Run the queue once").by(AuthRequirement::Cron).data("Processed"),
    operation("GET", "/api/sync/process", "Run the queue once, for schedulers that can only GET")
        .by(AuthRequirement::CronBearer)
        .data("Processed"),
    operation("GET", "/api/events", "Events, newest first")
        .query(&[TYPE, RESOURCE, STATUS, ERROR, SINCE, UNTIL, AFTER, PAGE, LIMIT, SORT])
        .data("EventRows"),
    operation("GET", "/api/events/{id}", "One event with its body, deliveries and attempts")
        .operate()
        .answers(READ)
        .data("EventDetail"),
    operation("GET", "/api/events/{id}/why", "Explain the state of each delivery of an event")
        .operate()
        .answers(READ)
        .data("EventExplained"),
    operation("POST", "/api/events/{id}/replay", "Deliver an event again").operate().answers(ACTION).data("Changed"),
    operation("GET", "/api/deliveries", "Deliveries, newest first").operate().query(DELIVERIES).data("Deliveries"),
    operation("POST", "/api/deliveries/replay", "Plan a replay of many deliveries, or apply the plan")
        .operate()
        .takes("BulkChange", JSON)
        .answers(&[200, 408, 409, 413, 503])
        .data("PlannedOrChanged"),
    operation("POST", "/api/deliveries/give-up", "Plan to give up many deliveries, or apply the plan")
        .operate()
        .takes("BulkChange", JSON)
        .answers(&[200, 408, 409, 413, 503])
        .data("PlannedOrChanged"),
    operation("GET", "/api/deliveries/{id}", "One delivery with its attempts")
        .operate()
        .answers(READ)
        .data("DeliveryDetail"),
    operation("POST", "/api/deliveries/{id}/replay", "Deliver again")
        .operate()
        .takes("ReplayOptions", JSON)
        .answers(ACTION)
        .data("Changed"),
    operation("POST", "/api/deliveries/{id}/give-up", "Give a delivery up").operate().answers(ACTION).data("Changed"),
    operation(
        "GET",
        "/api/attempts",
        "Attempts, newest first; with `after` and without `sort`, as a log from there on",
    )
    .operate()
    .query(&[ENDPOINT, TYPE, RESOURCE, STATUS, ERROR, SINCE, UNTIL, AFTER, PAGE, LIMIT, SORT])
    .data("Attempts"),
    operation("GET", "/api/endpoints", "The endpoints").operate().data("Endpoints"),
    operation("GET", "/api/endpoints/{id}", "One endpoint with its settings").operate().answers(READ).data("Endpoint"),
    operation("POST", "/api/endpoints/{id}/pause", "Pause an endpoint and hold its deliveries")
        .operate()
        .answers(ACTION)
        .data("Endpoint"),
    operation("POST", "/api/endpoints/{id}/resume", "Resume an endpoint: end its pause and close its circuit")
        .operate()
        .answers(ACTION)
        .data("Endpoint"),
    operation("POST", "/api/endpoints/{id}/test", "Send one signed test event")
        .operate()
        .answers(ACTION)
        .data("Tested"),
    operation("GET", "/api/failures", "Deliveries with a failed attempt").operate().query(DELIVERIES).data("Failures"),
    operation("GET", "/api/failures/clusters", "Clusters of similar failures among the newest 20,000")
        .operate()
        .query(&[ALL])
        .data("Clusters"),
    operation("POST", "/api/failures/clusters/{id}/acknowledge", "Acknowledge a cluster; later failures list it again")
        .operate()
        .answers(ACTION)
        .data("Acknowledged"),
    operation("GET", "/api/failures/stats", "Failed attempts by type, resource and endpoint")
        .operate()
        .query(&[SINCE])
        .data("FailureStats"),
    operation("GET", "/api/audit", "Attempts, received webhooks and operator actions, newest first")
        .operate()
        .query(&[DIRECTION, REFUSED, TYPE, RESOURCE, SINCE, UNTIL, AUDIT_AFTER, PAGE, LIMIT])
        .data("Audit"),
    operation("GET", "/api/requests", "Refused webhooks that are kept")
        .operate()
        .query(&[AFTER, PAGE, LIMIT, SORT])
        .data("KeptRequests"),
    operation("GET", "/api/requests/{id}", "A kept request with headers and body")
        .operate()
        .answers(READ)
        .data("KeptRequest"),
    operation("POST", "/api/requests/{id}/replay", "Verify a kept request again and apply it if it is valid")
        .operate()
        .takes("ReplayRequest", JSON)
        .answers(ACTION)
        .data("ReplayedRequests"),
    operation("GET", "/api/alerts", "Incidents, open ones first, with the recipients that were notified")
        .operate()
        .query(&[OPEN, PAGE, LIMIT])
        .data("Incidents"),
    operation("GET", "/api/runs", "The latest runs of workers").operate().query(&[RUNS]).data("Runs"),
    operation("GET", "/api/sessions", "The open sessions of operators").operate().data("Sessions"),
    operation("DELETE", "/api/sessions/{id}", "End a session: your own, or any as an admin")
        .by(AuthRequirement::Operator)
        .answers(READ)
        .data("EndedSession"),
    operation("POST", "/api/events", "Emit an event, or a batch of lines")
        .takes("NewEvent", &["application/json", "application/x-ndjson"])
        .headers(&[TRACEPARENT, IDEMPOTENCY_KEY])
        .answers(&[200, 201, 408, 409, 413, 503])
        .data("EmittedOrBatch"),
    operation("GET", "/api/enrollments", "A page of enrollments")
        .query(&[AFTER, PAGE, LIMIT, SEARCH, USER, COURSE, ORDER])
        .data("EnrollmentRecords"),
    operation("POST", "/api/enrollments", "Create an enrollment and emit it")
        .takes("NewEnrollment", JSON)
        .headers(&[IDEMPOTENCY_KEY])
        .answers(&[201, 408, 409, 413, 503])
        .data("OneEnrollment"),
    operation("GET", "/api/enrollments/{id}", "One enrollment")
        .headers(&[IF_NONE_MATCH])
        .answers(RECORD)
        .data("OneEnrollment"),
    operation("PATCH", "/api/enrollments/{id}", "Change an enrollment and emit the change")
        .takes("Enrollment", JSON)
        .headers(&[IF_MATCH])
        .answers(WRITE)
        .data("OneEnrollment"),
    operation("DELETE", "/api/enrollments/{id}", "Delete an enrollment and emit the deletion")
        .headers(&[IF_MATCH])
        .answers(&[200, 404, 412])
        .data("OneEnrollment"),
    operation("GET", "/api/profile", "One user with its profile")
        .query(&[("userId", USER_ID, true)])
        .headers(&[IF_NONE_MATCH])
        .answers(RECORD)
        .data("OneProfile"),
    operation("PUT", "/api/profile", "Change a user or profile and emit the change")
        .query(&[("userId", USER_ID, true)])
        .takes("Profile", JSON)
        .headers(&[IF_MATCH])
        .answers(&[200, 408, 412, 413, 503])
        .data("OneProfile"),
    operation("GET", "/api/progress", "One learner's progress in a course, or a page")
        .query(&[USER, COURSE, AFTER, PAGE, LIMIT])
        .headers(&[IF_NONE_MATCH])
        .answers(RECORD)
        .data("OneOrMoreProgress"),
    operation("POST", "/api/progress", "Record progress and emit it")
        .query(&[("userId", PART_OF_ID, false), ("courseId", PART_OF_ID, false)])
        .takes("Progress", JSON)
        .headers(&[IF_MATCH, IDEMPOTENCY_KEY])
        .answers(&[200, 408, 409, 412, 413, 503])
        .data("OneProgress"),
    operation("GET", "/api/admin/students", "A page of users")
        .query(&[AFTER, PAGE, LIMIT, SEARCH, SORT_BY, ORDER])
        .data("UserRecords"),
    operation("POST", "/login", "Begin a session of the dashboard")
        .by(AuthRequirement::SameSite)
        .takes("Login", FORM)
        .answers(&[303, 408, 413])
        .page(),
    operation("POST", "/logout", "End the session").by(AuthRequirement::Operator).answers(&[303]).page(),
    operation("GET", "/metrics", "Metrics for Prometheus"),
    operation("GET", "/openapi.json", "This document"),
    operation("GET", "/healthz", "Liveness of the server").by(AuthRequirement::None).data("Probe"),
    operation("GET", "/readyz", "Readiness of the server").by(AuthRequirement::None).answers(&[200, 503]).data("Probe"),
];
