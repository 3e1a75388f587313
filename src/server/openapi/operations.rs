//! What the OpenAPI document says of each operation: its parameters, body, statuses and access.

use crate::server::access::AuthRequirement;

/// A parameter of the query: name, JSON schema, whether it is required.
type QueryParameter = (&'static str, &'static str, bool);

/// One operation of the server.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) access: AuthRequirement,
    pub(super) summary: &'static str,
    pub(super) query: &'static [QueryParameter],
    /// The name of the body's schema, and the content types it may have.
    pub(super) body: Option<(&'static str, &'static [&'static str])>,
    /// Statuses beside those that every operation of its access has.
    pub(super) statuses: &'static [u16],
    /// Whether it answers with a page, refusals included.
    pub(super) page: bool,
}

const fn operation(method: &'static str, path: &'static str, summary: &'static str) -> Operation {
    Operation {
        method,
        path,
        access: AuthRequirement::Admin,
        summary,
        query: &[],
        body: None,
        statuses: &[200],
        page: false,
    }
}

impl Operation {
    const fn signed(self, schema: &'static str) -> Self {
        let body = Some((schema, JSON));
        Self { access: AuthRequirement::Signature, body, statuses: &[200, 408, 409, 413, 503], ..self }
    }

    const fn by(self, access: AuthRequirement) -> Self {
        Self { access, ..self }
    }

    const fn page(self) -> Self {
        Self { page: true, ..self }
    }

    const fn query(self, query: &'static [QueryParameter]) -> Self {
        Self { query, ..self }
    }

    const fn takes(self, schema: &'static str, types: &'static [&'static str]) -> Self {
        Self { body: Some((schema, types)), ..self }
    }

    const fn answers(self, statuses: &'static [u16]) -> Self {
        Self { statuses, ..self }
    }
}

const JSON: &[&str] = &["application/json"];
const FORM: &[&str] = &["application/x-www-form-urlencoded"];
const TEXT: &str = r#"{"type":"string","minLength":1,"maxLength":256}"#;
const PAGE: QueryParameter = ("page", r#"{"type":"integer","minimum":1,"maximum":1000000,"default":1}"#, false);
const LIMIT: QueryParameter = ("limit", r#"{"type":"integer","minimum":1,"maximum":100,"default":20}"#, false);
const SEARCH: QueryParameter = ("search", FILTER, false);
/// An empty filter is none.
const FILTER: &str = r#"{"type":"string","maxLength":256}"#;
const USER: QueryParameter = ("userId", FILTER, false);
const COURSE: QueryParameter = ("courseId", FILTER, false);
const SORT_BY: QueryParameter = ("sortBy", r#"{"type":"string","enum":["name","email","createdAt"]}"#, false);
const REFRESH: QueryParameter = ("refresh", r#"{"type":"integer","minimum":0,"maximum":3600,"default":15}"#, false);
const ORDER: QueryParameter = ("sortOrder", r#"{"type":"string","enum":["asc","desc"]}"#, false);
const READ: &[u16] = &[200, 404];
const WRITE: &[u16] = &[200, 404, 408, 413, 503];

/// Every operation of the server.
pub(super) static OPERATIONS: &[Operation] = &[
    operation("POST", "/api/webhooks/enrollment-changed", "Receive `enrollment.*`").signed("EnrollmentEvent"),
    operation("POST", "/api/webhooks/profile-updated", "Receive `profile.updated` and `user.*`").signed("UserEvent"),
    operation("POST", "/api/webhooks/progress-updated", "Receive `progress.*`").signed("ProgressEvent"),
    operation("POST", "/api/webhooks/sync", "Receive any known type").signed("Event"),
    operation("GET", "/api/sync/status", "The queue and its endpoints"),
    operation("GET", "/api/sync/health", "Whether the queue is healthy, and what failed"),
    operation("POST", "/api/sync/process", "Run the queue once").by(AuthRequirement::Cron),
    operation("GET", "/api/sync/process", "Run the queue once, for schedulers that can only GET")
        .by(AuthRequirement::CronBearer),
    operation("POST", "/api/events", "Emit an event, or a batch of lines")
        .takes("NewEvent", &["application/json", "application/x-ndjson"])
        .answers(&[200, 201, 408, 409, 413, 503]),
    operation("GET", "/api/enrollments", "A page of enrollments").query(&[PAGE, LIMIT, SEARCH, USER, COURSE, ORDER]),
    operation("POST", "/api/enrollments", "Create an enrollment and emit it")
        .takes("NewEnrollment", JSON)
        .answers(&[201, 408, 409, 413, 503]),
    operation("GET", "/api/enrollments/{id}", "One enrollment").answers(READ),
    operation("PATCH", "/api/enrollments/{id}", "Change an enrollment and emit the change")
        .takes("Enrollment", JSON)
        .answers(WRITE),
    operation("DELETE", "/api/enrollments/{id}", "Delete an enrollment and emit that").answers(READ),
    operation("GET", "/api/profile", "One user with its profile").query(&[("userId", TEXT, true)]).answers(READ),
    operation("PUT", "/api/profile", "Change a user or profile and emit the change")
        .query(&[("userId", TEXT, true)])
        .takes("Profile", JSON)
        .answers(&[200, 408, 413, 503]),
    operation("GET", "/api/progress", "One learner's progress in a course, or a page")
        .query(&[USER, COURSE, PAGE, LIMIT])
        .answers(READ),
    operation("POST", "/api/progress", "Record progress and emit it")
        .query(&[USER, COURSE])
        .takes("Progress", JSON)
        .answers(&[200, 408, 409, 413, 503]),
    operation("GET", "/api/admin/students", "A page of users").query(&[PAGE, LIMIT, SEARCH, SORT_BY, ORDER]),
    operation("GET", "/", "The dashboard").query(&[REFRESH]).page(),
    operation("POST", "/login", "Begin a session of the dashboard")
        .by(AuthRequirement::SameSite)
        .takes("Login", FORM)
        .answers(&[303, 408, 413])
        .page(),
    operation("POST", "/logout", "End the session").answers(&[303]).page(),
    operation("GET", "/metrics", "Figures for Prometheus"),
    operation("GET", "/openapi.json", "This document"),
    operation("GET", "/healthz", "Whether the server lives").by(AuthRequirement::None),
    operation("GET", "/readyz", "Whether the server can serve").by(AuthRequirement::None).answers(&[200, 503]),
];
