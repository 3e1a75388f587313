//! The HTTP client for deliveries: one request, and every failure an outcome.
//!
//! HTTP/1.1, or HTTP/2 where the receiver chooses it, on connections of our own: no redirects, no cookies. An address is checked
//! at the moment a connection is made to it, so that neither a name nor a redirect can lead elsewhere.
//!
//! The connections are our own because this is the hot path: side by side with a general client on one core, `benches/client.rs`
//! shows 1.2 to 1.7 times the requests a second, and a request that an idle connection never took is not counted as an attempt.
//! Where speed is not the point, [`HttpClient`](crate::network::HttpClient) is that general client.

mod connect;
mod pool;
pub mod probe;
mod response;
mod retry_after;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::http::header::{HOST, HeaderValue};
use ::http::uri::{Authority, Scheme};
use ::http::{Request, Response, Uri};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use crate::clock::Timestamp;
use crate::delivery::Outcome;
use crate::endpoint::EndpointUrl;
use crate::network::connect::ServerAddress;
use crate::network::failure::{Failure, Phase, PhaseTimer};
use connect::connect;
use pool::{Connection, Pool};
use response::{describe, is_packed, may_ask_to_wait, outcome, read_body, unpack};

pub use crate::network::connect::{ConnectOptions, Connector, Proxy};
pub use crate::network::failure::Timings;
pub use retry_after::RetryAfter;

/// Bytes of a response body that are read.
pub const MAX_BODY_READ: usize = 64 * 1024;
/// Bytes of a response body that are kept.
pub const MAX_BODY_KEPT: usize = 4 * 1024;

/// What one request came to: outcome, response, timings.
#[derive(Clone, Debug)]
pub struct AttemptResult {
    /// The outcome for the delivery.
    pub outcome: Outcome,
    /// What happened, in words for an operator. Foreign text in it is not yet escaped.
    pub detail: String,
    /// At most [`MAX_BODY_KEPT`] bytes of the response body, unpacked if it was gzip or deflate.
    pub response: Bytes,
}

/// The HTTP server of an endpoint, with the connections that are open to it.
pub struct EndpointServer {
    client: Arc<Connector>,
    origin: ServerAddress,
    path: Uri,
    pool: Pool,
}

impl fmt::Debug for EndpointServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndpointServer({}:{})", self.origin.host, self.origin.port)
    }
}

impl EndpointServer {
    /// Prepares a URL that was checked.
    pub fn new(url: &EndpointUrl, client: Arc<Connector>) -> Self {
        let url = url.url();
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let origin = ServerAddress {
            is_secure: url.scheme() == "https",
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default().unwrap_or(80),
        };
        Self { client, origin, path: path.parse().unwrap_or(Uri::from_static("/")), pool: Pool::default() }
    }

    /// The request line's path and query.
    pub fn path(&self) -> Uri {
        self.path.clone()
    }

    /// The `Host` header: the port is left out when it is the scheme's own.
    pub fn host_header(&self) -> HeaderValue {
        let ServerAddress { is_secure, host, port } = &self.origin;
        let own = if *is_secure { 443 } else { 80 };
        let host = if *port == own { host.clone() } else { format!("{host}:{port}") };
        HeaderValue::from_str(&host).unwrap_or(HeaderValue::from_static(""))
    }

    /// Closes the connections that have been idle for too long.
    pub fn evict_idle(&self) {
        self.pool.evict_idle();
    }

    /// Sends one request. Resolving, connecting, TLS and the response body all fall within `limit`; `now` reads dates in
    /// `Retry-After`.
    pub async fn send(&self, request: Request<Full<Bytes>>, limit: Duration, now: Timestamp) -> AttemptResult {
        self.send_timed(request, limit, now).await.0
    }

    /// The same, with the time that each phase took.
    pub async fn send_timed(
        &self,
        request: Request<Full<Bytes>>,
        limit: Duration,
        now: Timestamp,
    ) -> (AttemptResult, Timings) {
        let (deadline, trace) = (Instant::now() + limit, PhaseTimer::new());
        let result = self.exchange_by(deadline, request, limit, &trace).await;
        let timings = trace.timings();
        let result = match result {
            Ok((response, connection)) => self.receive(response, connection, deadline, now).await,
            Err(failure) => AttemptResult { outcome: failure.outcome, detail: failure.detail, response: Bytes::new() },
        };
        (result, timings)
    }

    async fn exchange_by(
        &self,
        deadline: Instant,
        request: Request<Full<Bytes>>,
        limit: Duration,
        trace: &PhaseTimer,
    ) -> Result<(Response<Incoming>, Connection), Failure> {
        let exchanged = timeout_at(deadline, self.exchange(request, limit, trace)).await;
        exchanged.unwrap_or_else(|_| Err(Failure::timed_out(limit, trace.phase())))
    }

    /// Sends on an idle connection or a new one, until the response headers are there.
    ///
    /// A request that an idle connection could not take, because the other side had closed it, was not sent at all and
    /// goes out on a new connection; once any of it was written, a failure is an attempt.
    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        limit: Duration,
        trace: &PhaseTimer,
    ) -> Result<(Response<Incoming>, Connection), Failure> {
        let mut request = request;
        while let Some(mut connection) = self.pool.take() {
            if connection.ready().await.is_err() {
                continue;
            }
            match connection.send(self.in_form_of(&connection, request)).await {
                Ok(response) => return Ok((response, connection)),
                Err(mut refused) => match refused.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(Failure::broken(refused.error())),
                },
            }
        }
        let mut connection = connect(&self.client, &self.origin, limit, trace, None).await?;
        trace.enter(Phase::Response);
        let request = self.in_form_of(&connection, request);
        let response = connection.send(request).await.map_err(|refused| Failure::broken(refused.error()))?;
        Ok((response, connection))
    }

    /// The request in the form of the connection's version: HTTP/2 names the host in the URI, HTTP/1.1 in `Host`.
    fn in_form_of(&self, connection: &Connection, mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
        if !connection.is_http2() {
            return request;
        }
        let host = request.headers_mut().remove(HOST);
        let Some(authority) = host.and_then(|host| Authority::try_from(host.as_bytes()).ok()) else { return request };
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        parts.scheme = Some(if self.origin.is_secure { Scheme::HTTPS } else { Scheme::HTTP });
        parts.authority = Some(authority);
        *request.uri_mut() = Uri::from_parts(parts).unwrap_or(Uri::from_static("/"));
        request
    }

    /// Turns a response into an outcome: the status decides, the body is only kept for the operator.
    async fn receive(
        &self,
        response: Response<Incoming>,
        connection: Connection,
        deadline: Instant,
        now: Timestamp,
    ) -> AttemptResult {
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let retry_after = if may_ask_to_wait(status) { RetryAfter::of(&head.headers, now) } else { RetryAfter::Absent };
        let kept = if is_packed(&head.headers) { MAX_BODY_READ } else { MAX_BODY_KEPT };
        let (body, is_whole) = read_body(body, deadline, MAX_BODY_READ, kept).await;
        if is_whole {
            self.pool.put(connection);
        }
        let response = if is_packed(&head.headers) { unpack(&head.headers, &body, MAX_BODY_KEPT) } else { body };
        let detail = describe(status, &retry_after, &head.headers);
        AttemptResult { outcome: outcome(status, &retry_after), detail, response }
    }
}
