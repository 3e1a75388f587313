//! Layers around every route: request ids, the log line, the envelope, and what a request survives.

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue};
use tower_http::request_id::{MakeRequestId, RequestId};
use uuid::Uuid;

use super::connections::Peer;
use super::openapi;
use super::pages::problem::problem_page;
use super::request_head::{check_framing, check_host};
use super::response::{self, Problem};
use super::state::App;
use crate::untrusted::Untrusted;

/// The header that names a request.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest request id that is taken from a caller.
const MAX_REQUEST_ID_BYTES: usize = 128;

/// Gives a random id to requests that come without an `X-Request-Id`.
#[derive(Clone, Copy)]
pub(super) struct RandomRequestId;

impl MakeRequestId for RandomRequestId {
    fn make_request_id<B>(&mut self, _: &http::Request<B>) -> Option<RequestId> {
        HeaderValue::try_from(format!("req_{}", Uuid::new_v4().simple())).ok().map(RequestId::new)
    }
}

/// Drops a caller's request id that could do harm in a log.
pub(super) fn drop_unsafe_request_id<B>(mut request: http::Request<B>) -> http::Request<B> {
    let harmless = |id: &HeaderValue| {
        let id = id.as_bytes();
        (1..=MAX_REQUEST_ID_BYTES).contains(&id.len())
            && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':'))
    };
    if !request.headers().get(REQUEST_ID).is_some_and(harmless) {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

fn id_of(request_id: &RequestId) -> String {
    request_id.header_value().to_str().unwrap_or_default().to_owned()
}

/// Replaces the address of a trusted proxy by that of its client.
pub(super) async fn client_address(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let address = app.settings().proxies.client(peer.address, request.headers());
    if address != peer.address {
        request.extensions_mut().insert(Peer { address, ..peer });
    }
    next.run(request).await
}

/// The outermost layer: queues the requests of strangers. A request is no stranger's if its connection or its address has shown a
/// right secret or signature.
pub(super) async fn limit_strangers(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    match peer.connection.is_proven() || app.senders.is_known(peer.address) {
        true => next.run(request).await,
        false => app.strangers.run(next.run(request)).await,
    }
}

/// Logs and counts each response.
pub(super) async fn record(
    State(app): State<Arc<App>>,
    Extension(request_id): Extension<RequestId>,
    Extension(peer): Extension<Peer>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let line = format!("{} {}", request.method(), Untrusted(request.uri().path()));
    let response = next.run(request).await;
    let (status, took, id, peer) = (response.status().as_u16(), began.elapsed(), id_of(&request_id), peer.address);
    app.metrics.answered(path.as_ref().map_or("none", MatchedPath::as_str), status, took);
    tracing::info!(status, ?took, %peer, id, "{line}");
    response
}

/// Puts reports and problems into their envelope, and holds back the answers of guessers.
pub(super) async fn envelope(
    State(app): State<Arc<App>>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    if let Some(response::Delay(delay)) = response.extensions().get().copied() {
        tokio::time::sleep(delay).await;
    }
    response::render(response, &id_of(&request_id), app.now())
}

/// Runs a request in a task of its own: a panic ends it with 500, and a caller that leaves does not interrupt it.
pub(super) async fn detach(request: Request, next: Next) -> Response {
    let done = tokio::spawn(next.run(request)).await;
    done.unwrap_or_else(|_| Problem::internal().into_response())
}

/// Refuses requests whose framing or host is ambiguous.
pub(super) async fn unambiguous(request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    check_framing(&parts)?;
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// Refuses hosts that are not known. A liveness probe from this machine may name any.
pub(super) async fn known_host(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let local_probe = parts.uri.path() == "/healthz" && peer.address.to_canonical().is_loopback();
    if let Some(hosts) = &app.settings().hosts {
        check_host(&parts, (!local_probe).then_some(hosts))?;
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// Refuses parameters of the query that the document does not know: a misspelt filter must not answer everything.
pub(super) async fn known_parameters(path: MatchedPath, request: Request, next: Next) -> Result<Response, Problem> {
    let unknown =
        openapi::unknown_parameter(request.method(), path.as_str(), request.uri().query().unwrap_or_default());
    match unknown {
        Some(name) => Err(Problem::field(&name, "is no parameter of this route")),
        None => Ok(next.run(request).await),
    }
}

/// Shows the problems of pages as pages.
pub(super) async fn problem_pages(request: Request, next: Next) -> Response {
    let wanted = if request.method() == http::Method::GET { request.uri().path_and_query() } else { None };
    let wanted = wanted.map_or("/", http::uri::PathAndQuery::as_str).to_owned();
    let mut response = next.run(request).await;
    let Some(problem) = response::take_problem(&mut response) else { return response };
    let mut page = problem_page(&problem, &wanted);
    response::carry_over(&mut response, &mut page);
    page
}

/// Keeps the connection of a request that has no body.
pub(super) async fn keep_connection(Extension(peer): Extension<Peer>, request: Request, next: Next) -> Response {
    let _busy = peer.connection.busy();
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_request_ids_are_kept_and_others_dropped() {
        let id = |value: &str| {
            let request = http::Request::get("/").header(REQUEST_ID, value).body(()).expect("a request");
            drop_unsafe_request_id(request).headers().get(REQUEST_ID).cloned()
        };
        assert_eq!(id("abc-1.2:3_x").expect("kept"), "abc-1.2:3_x");
        for bad in ["a b", "a\"b", "", &"x".repeat(200)] {
            assert_eq!(id(bad), None);
        }
    }
}
