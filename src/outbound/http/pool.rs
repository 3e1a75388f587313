//! Idle connections to one server.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ::http::{Request, Response};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use tokio::time::Instant;

use crate::endpoint::MAX_CONCURRENCY;

/// The most idle connections that are kept: as many as requests may be in flight.
const MAX_IDLE: usize = MAX_CONCURRENCY as usize;
/// How long a connection may be idle.
const MAX_IDLE_TIME: Duration = Duration::from_secs(60);
/// The longest life of a connection, so that a name whose address changed is resolved again.
const MAX_AGE: Duration = Duration::from_mins(10);

/// The body of a request.
pub(super) type Body = Full<Bytes>;

/// An open HTTP connection to an endpoint.
pub(super) struct Connection {
    protocol: RequestSender,
    opened: Instant,
}

/// Sends requests over one connection, by HTTP/1.1 or HTTP/2.
enum RequestSender {
    Http1(http1::SendRequest<Body>),
    Http2(http2::SendRequest<Body>),
}

impl Connection {
    pub(super) fn http1(sender: http1::SendRequest<Body>) -> Self {
        Self { protocol: RequestSender::Http1(sender), opened: Instant::now() }
    }

    pub(super) fn http2(sender: http2::SendRequest<Body>) -> Self {
        Self { protocol: RequestSender::Http2(sender), opened: Instant::now() }
    }

    pub(super) fn is_http2(&self) -> bool {
        matches!(self.protocol, RequestSender::Http2(_))
    }

    pub(super) async fn ready(&mut self) -> hyper::Result<()> {
        match &mut self.protocol {
            RequestSender::Http1(sender) => sender.ready().await,
            RequestSender::Http2(sender) => sender.ready().await,
        }
    }

    /// Sends a request. One that was not written at all comes back with the error.
    pub(super) async fn send(
        &mut self,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Body>>> {
        match &mut self.protocol {
            RequestSender::Http1(sender) => sender.try_send_request(request).await,
            RequestSender::Http2(sender) => sender.try_send_request(request).await,
        }
    }

    fn is_usable(&self, now: Instant) -> bool {
        let is_closed = match &self.protocol {
            RequestSender::Http1(sender) => sender.is_closed(),
            RequestSender::Http2(sender) => sender.is_closed(),
        };
        !is_closed && now.duration_since(self.opened) < MAX_AGE
    }
}

/// A connection that is not in use, and since when.
struct IdleConnection {
    connection: Connection,
    since: Instant,
}

/// The idle connections to one server, the most recently used on top.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<IdleConnection>>);

impl Pool {
    /// Takes the most recently used connection that is still usable.
    pub(super) fn take(&self) -> Option<Connection> {
        let now = Instant::now();
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(IdleConnection { connection, since }) = idle.pop() {
            if connection.is_usable(now) && now.duration_since(since) < MAX_IDLE_TIME {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection for another request, unless the pool is full.
    pub(super) fn put(&self, connection: Connection) {
        let now = Instant::now();
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE && connection.is_usable(now) {
            idle.push(IdleConnection { connection, since: now });
        }
    }

    /// Closes the connections that were idle for too long.
    pub(super) fn evict_idle(&self) {
        let now = Instant::now();
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|it| it.connection.is_usable(now) && now.duration_since(it.since) < MAX_IDLE_TIME);
    }
}
