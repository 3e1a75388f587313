//! Requests over HTTP/1.1 to one server, on connections that are kept for the next.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::CertificateDer;
use tokio::time::Instant;

use super::super::server::Server;
use crate::network::connect::ClientStream;
use crate::network::failure::{Failure, Phase, PhaseTimer};

/// How long a connection may be idle.
const MAX_IDLE_TIME: Duration = Duration::from_secs(20);
/// The maximum age of a connection, so that a name whose address changed is resolved again.
const MAX_AGE: Duration = Duration::from_mins(10);
/// The most idle connections that are kept.
const MAX_IDLE: usize = 32;
/// The most bytes of a response: ten messages of a quarter of a MiB each, every character escaped.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// The body of a request.
pub(super) type Body = Full<Bytes>;

/// A response, whatever its status.
#[derive(Debug)]
pub(super) struct HttpResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The connections to one server.
#[derive(Debug)]
pub(super) struct Connections {
    server: Server,
    idle: Mutex<Vec<Connection>>,
}

/// An idle connection.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<Body>,
    opened: Instant,
    used: Instant,
}

impl Connection {
    /// A connection over an open stream.
    pub(super) async fn over(stream: ClientStream) -> Result<Self, Failure> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| Failure::broken(&e))?;
        // The task ends when the sender is dropped or the server closes the connection; errors are returned by the request.
        tokio::spawn(async move { drop(connection.await) });
        let now = Instant::now();
        Ok(Self { sender, opened: now, used: now })
    }

    fn is_usable(&self, now: Instant) -> bool {
        !self.sender.is_closed()
            && now.duration_since(self.used) < MAX_IDLE_TIME
            && now.duration_since(self.opened) < MAX_AGE
    }

    /// Sends a request. A request that was not written at all is returned with the error.
    async fn try_send(&mut self, request: Request<Body>) -> Result<HttpResponse, Result<Request<Body>, Failure>> {
        if let Err(error) = self.sender.ready().await {
            drop(error);
            return Err(Ok(request));
        }
        let response = match self.sender.try_send_request(request).await {
            Ok(response) => response,
            Err(mut error) => {
                return Err(error.take_message().ok_or_else(|| Failure::broken(error.error())));
            }
        };
        let (head, body) = response.into_parts();
        let read = Limited::new(body, MAX_ANSWER).collect().await;
        let read = read.map_err(|e| Err(Failure::unreachable(format!("connection: the answer breaks off ({e})"))))?;
        self.used = Instant::now();
        Ok(HttpResponse { status: head.status, headers: head.headers, body: read.to_bytes() })
    }

    /// Sends a request on a connection that was just opened.
    pub(super) async fn send(&mut self, request: Request<Body>) -> Result<HttpResponse, Failure> {
        let closed = |_| Failure::unreachable("connection: closed before the response");
        self.try_send(request).await.map_err(|why| why.map_or_else(|failure| failure, closed))
    }
}

impl Connections {
    pub(super) fn new(server: Server) -> Self {
        Self { server, idle: Mutex::default() }
    }

    /// Sends a request on an idle connection, or on a new one.
    pub(super) async fn send(
        &self,
        mut request: Request<Body>,
        limit: Duration,
        trace: &PhaseTimer,
    ) -> Result<HttpResponse, Failure> {
        while let Some(mut connection) = self.take() {
            match connection.try_send(request).await {
                Ok(answer) => return Ok(self.keep(connection, answer)),
                Err(Ok(unsent)) => request = unsent,
                Err(Err(failure)) => return Err(failure),
            }
        }
        let (mut connection, _) = self.open(limit, trace).await?;
        let answer = connection.send(request).await?;
        Ok(self.keep(connection, answer))
    }

    /// Opens a connection; with the certificates that the server showed.
    pub(super) async fn open(
        &self,
        limit: Duration,
        trace: &PhaseTimer,
    ) -> Result<(Connection, Vec<CertificateDer<'static>>), Failure> {
        let stream = self.server.connect(limit, trace).await?;
        trace.enter(Phase::Response);
        let certificates = stream.certificates();
        Ok((Connection::over(stream).await?, certificates))
    }

    /// The server.
    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    fn take(&self) -> Option<Connection> {
        let now = Instant::now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| idle.pop()).find(|connection| connection.is_usable(now))
    }

    fn keep(&self, connection: Connection, answer: HttpResponse) -> HttpResponse {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE && connection.is_usable(Instant::now()) {
            idle.push(connection);
        }
        answer
    }

    /// Closes all idle connections.
    pub(super) fn close(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Closes those that have been idle for too long.
    pub(super) fn evict_idle(&self) {
        let now = Instant::now();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).retain(|connection| connection.is_usable(now));
    }
}
