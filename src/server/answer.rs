//! Answers: the envelope around what was asked for, and the one shape of every error.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, RETRY_AFTER,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::clock::Timestamp;
use crate::report::Report;
use crate::store::StoreError;

/// The header that names a request.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a route returns.
pub(super) type Reply = Result<Response, Problem>;

/// Why a request was not granted.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    fields: Vec<(String, String)>,
    retry_after: Option<u64>,
    hangs_up: bool,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), fields: Vec::new(), retry_after: None, hangs_up: false }
    }

    /// Something in the request breaks a rule.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }

    /// The request may mean one thing to us and another to a proxy, so nothing more is read from its connection.
    pub(super) fn ambiguous(message: &str) -> Self {
        Self { hangs_up: true, ..Self::invalid(message) }
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

    /// The caller did not say who it is, or is not.
    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "authentication is required")
    }

    /// The token of a login is not the one.
    pub(super) fn wrong_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "this is not the admin token")
    }

    /// Nobody may do this in this way.
    pub(super) fn forbidden(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
    }

    /// There is no such thing.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("there is no such {what}"))
    }

    /// The route does not know this method.
    pub(super) fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "the route does not know this method")
    }

    /// It contradicts what is there.
    pub(super) fn conflict(message: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "CONFLICT", message)
    }

    /// The body is longer than `limit`.
    pub(super) fn too_large(limit: usize) -> Self {
        let message = format!("the body may have at most {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", message)
    }

    /// The caller guesses.
    pub(super) fn too_many(retry_after: u64) -> Self {
        let message = "too many wrong secrets from this address";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", message).after(retry_after)
    }

    /// The body did not come in time.
    pub(super) fn timeout() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "the body did not arrive in time")
    }

    /// It would work at another time.
    pub(super) fn unavailable(message: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", message).after(1)
    }

    /// Our own fault. What it was is for the log.
    pub(super) fn internal() -> Self {
        let message = "the request could not be completed";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", message)
    }

    /// Its status.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// What the caller is told.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    fn after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The response, as of `now`.
    pub(super) fn respond(self, now: Timestamp) -> Response {
        let details = (!self.fields.is_empty()).then_some(Details { fields: Fields(&self.fields) });
        let error = ErrorView { code: self.code, message: &self.message, details, timestamp: now };
        let body = serde_json::to_string(&ErrorBody { error }).expect("an error is text");
        let mut response = json(self.status, body);
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.hangs_up {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Conflict(id) => {
                return Self::conflict(&format!("an event with the id {id} and another content is stored already"));
            }
            StoreError::Ahead => return Self::field("timestamp", "is more than 24 hours ahead"),
            StoreError::Locked(_) | StoreError::Late => return Self::unavailable("the database is busy"),
            StoreError::Io { .. } | StoreError::Closed => {
                tracing::error!(%error, "the database failed");
                return Self::unavailable("the database cannot be written");
            }
            _ => {}
        }
        tracing::error!(%error, "the database failed");
        Self::internal()
    }
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: ErrorView<'a>,
}

#[derive(Serialize)]
struct ErrorView<'a> {
    code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details<'a>>,
    timestamp: Timestamp,
}

#[derive(Serialize)]
struct Details<'a> {
    fields: Fields<'a>,
}

struct Fields<'a>(&'a [(String, String)]);

impl Serialize for Fields<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, rule)| (name, rule)))
    }
}

/// `data` in its envelope.
pub(super) fn report(status: StatusCode, report: &Report, request_id: &str, now: Timestamp) -> Response {
    json(status, report.envelope(Some(request_id), now))
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

/// What every answer carries: its request's name, and that nobody may keep, guess or frame it.
pub(super) fn finish(response: &mut Response, request_id: &str) {
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(REQUEST_ID, HeaderValue::from_str(request_id).unwrap_or(HeaderValue::from_static("")));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
}

/// The methods a path knows.
pub(super) fn allow(response: &mut Response, methods: &str) {
    if let Ok(methods) = HeaderValue::from_str(methods) {
        response.headers_mut().insert(ALLOW, methods);
    }
}
