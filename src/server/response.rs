//! What handlers answer: a report in the envelope, or a problem in the one shape of every error.
//!
//! Both are values until the response leaves: [`render`] writes them out once the request's id is known.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;

use super::login_throttle::Throttled;
use crate::clock::Timestamp;
use crate::report::Report;
use crate::store::StoreError;
use crate::store::operators::Role;

/// Why a request under another name is refused.
const UNKNOWN_HOST: &str = "unknown Host header: set server.hosts to the names of this server";

/// A successful response: a report in the JSON envelope that every route uses.
#[derive(Clone, Debug)]
pub(super) struct ReportResponse {
    status: StatusCode,
    report: Arc<Report>,
}

impl ReportResponse {
    /// `report` with status 200.
    pub(super) fn new(report: Report) -> Self {
        Self::with_status(StatusCode::OK, report)
    }

    /// `report` with another status.
    pub(super) fn with_status(status: StatusCode, report: Report) -> Self {
        Self { status, report: Arc::new(report) }
    }

    fn respond(&self, request_id: &str, now: Timestamp) -> Response {
        json(self.status, self.report.envelope(Some(request_id), now))
    }
}

/// A response that refuses a request or says that it failed: code, status, message and the fields that are wrong.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    fields: Vec<(String, String)>,
    retry_after: Option<u64>,
    delay: Option<Duration>,
    closes_connection: bool,
}

/// A response's content before it becomes JSON, or a page for a browser.
#[derive(Clone)]
enum Unrendered {
    ReportResponse(ReportResponse),
    Problem(Problem),
}

impl IntoResponse for ReportResponse {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(Unrendered::ReportResponse(self));
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(delay) = self.delay {
            response.extensions_mut().insert(Delay(delay));
        }
        response.extensions_mut().insert(Unrendered::Problem(self));
        response
    }
}

/// Writes an answer or a problem out as JSON. Any other response stays as it is.
pub(super) fn render(mut response: Response, request_id: &str, now: Timestamp) -> Response {
    let mut rendered = match response.extensions_mut().remove::<Unrendered>() {
        Some(Unrendered::ReportResponse(answer)) => answer.respond(request_id, now),
        Some(Unrendered::Problem(problem)) => problem.respond(request_id, now),
        None => return response,
    };
    // What layers and handlers added stays, `Allow` and `Set-Cookie` among it.
    carry_over(&mut response, &mut rendered);
    rendered
}

/// Moves headers and extensions from the response that is replaced to the one that replaces it.
pub(super) fn carry_over(replaced: &mut Response, replacement: &mut Response) {
    replacement.headers_mut().extend(std::mem::take(replaced.headers_mut()));
    *replacement.extensions_mut() = std::mem::take(replaced.extensions_mut());
}

/// Takes the problem out of a response, to show it in another form.
pub(super) fn take_problem(response: &mut Response) -> Option<Problem> {
    match response.extensions_mut().remove::<Unrendered>()? {
        Unrendered::Problem(problem) => Some(problem),
        other => {
            response.extensions_mut().insert(other);
            None
        }
    }
}

/// How long a response is held back, to slow down the guessing of secrets.
#[derive(Clone, Copy)]
pub(super) struct Delay(pub(super) Duration);

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, code, message, fields: Vec::new(), retry_after: None, delay: None, closes_connection: false }
    }

    /// Something in the request breaks a rule.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }

    /// A proxy may read the request differently, so nothing more is read from its connection.
    pub(super) fn ambiguous(message: &str) -> Self {
        Self { closes_connection: true, ..Self::invalid(message) }
    }

    /// These fields break a rule.
    pub(super) fn fields<F: Into<String>>(fields: impl IntoIterator<Item = (F, String)>) -> Self {
        let fields = fields.into_iter().map(|(name, rule)| (name.into(), rule)).collect();
        Self { fields, ..Self::invalid("the request has invalid fields") }
    }

    /// One field breaks a rule.
    pub(super) fn field(name: &str, rule: impl Into<String>) -> Self {
        Self::fields([(name, rule.into())])
    }

    /// The caller showed no valid secret.
    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "authentication is required")
    }

    /// The token of a login is wrong.
    pub(super) fn wrong_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "the token belongs to no operator of this server")
    }

    /// The operator's role does not allow it.
    pub(super) fn role(operator: &str, has: Role, needs: Role) -> Self {
        let (has, needs) = (has.name(), needs.name());
        Self::forbidden(&format!("the token of {operator} has the role {has}, and this needs the role {needs}"))
    }

    /// Not allowed in this way, for any caller.
    pub(super) fn forbidden(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
    }

    /// What was asked for does not exist.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("there is no such {what}"))
    }

    /// The route does not know this method.
    pub(super) fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "the route does not know this method")
    }

    /// What it is about is not as the caller expects.
    pub(super) fn precondition(message: &str) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "PRECONDITION_FAILED", message)
    }

    /// It contradicts what is stored.
    pub(super) fn conflict(message: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "CONFLICT", message)
    }

    /// The body is longer than `limit`.
    pub(super) fn too_large(limit: usize) -> Self {
        let message = format!("the body may have at most {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", message)
    }

    /// The record that a change is about would grow past its limits.
    fn record_too_large(message: String) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", message)
    }

    /// Too many wrong secrets came from the caller's address.
    pub(super) fn throttled(throttled: Throttled) -> Self {
        let message = "too many wrong secrets from this address";
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", message);
        Self { delay: Some(throttled.delay), ..problem.after(throttled.retry_after) }
    }

    /// The body did not arrive in time.
    pub(super) fn timeout() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "the body did not arrive in time")
    }

    /// The caller may try again later.
    pub(super) fn unavailable(message: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", message).after(1)
    }

    /// A fault of the server. Its cause is in the log only.
    pub(super) fn internal() -> Self {
        let message = "the request could not be completed";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", message)
    }

    /// The status of its response.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// The message in the response.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The fields that break a rule, each with the rule.
    pub(super) fn named_fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The server does not go by the name in the `Host` header.
    pub(super) fn unknown_host() -> Self {
        Self::forbidden(UNKNOWN_HOST)
    }

    /// Whether the name of the server was refused.
    pub(super) fn is_about_host(&self) -> bool {
        self.message == UNKNOWN_HOST
    }

    fn after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    fn respond(&self, request_id: &str, now: Timestamp) -> Response {
        let details = (!self.fields.is_empty()).then_some(Details { fields: Fields(&self.fields) });
        let error = ErrorView { code: self.code, message: &self.message, details, timestamp: now, request_id };
        let body = serde_json::to_string(&ErrorBody { error }).expect("an error is text");
        let mut response = json(self.status, body);
        self.add_headers(&mut response);
        response
    }

    /// Adds the headers that go with the status, whatever the form of the body.
    pub(super) fn add_headers(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.closes_connection {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Conflict(id) => {
                return Self::conflict(&format!("an event with the id {id} and different content is already stored"));
            }
            StoreError::RecordTooLarge => return Self::record_too_large(error.to_string()),
            StoreError::Ahead => return Self::field("timestamp", "is more than 24 hours ahead"),
            StoreError::Locked | StoreError::Late => return Self::unavailable("the database is busy"),
            StoreError::Io(_)
            | StoreError::ServerIo(_)
            | StoreError::Unreachable(_)
            | StoreError::ReadOnly(_)
            | StoreError::Closed => {
                tracing::error!(%error, "the database failed");
                return Self::unavailable("the database cannot be written");
            }
            _ => {}
        }
        tracing::error!(%error, "the database failed");
        Self::internal()
    }
}

/// The JSON body of an error response.
#[derive(Serialize)]
struct ErrorBody<'a> {
    error: ErrorView<'a>,
}

/// The member `error` of an error response.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorView<'a> {
    code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details<'a>>,
    timestamp: Timestamp,
    request_id: &'a str,
}

/// The member `details` of an error response: which fields are wrong.
#[derive(Serialize)]
struct Details<'a> {
    fields: Fields<'a>,
}

/// The wrong fields of an error response by name, each with the rule it breaks.
struct Fields<'a>(&'a [(String, String)]);

impl Serialize for Fields<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, rule)| (name, rule)))
    }
}

/// A JSON response.
pub(super) fn json(status: StatusCode, body: impl Into<Bytes>) -> Response {
    typed(status, "application/json", body)
}

/// A response of some type.
pub(super) fn typed(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
