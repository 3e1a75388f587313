//! Probes a server with a request that no receiver applies.

use std::time::Duration;

use ::http::header::{DATE, HOST, HeaderValue, USER_AGENT};
use ::http::{Method, Request, Uri};
use bytes::Bytes;
use http_body_util::Full;
use tokio::time::timeout;

use super::EndpointServer;
use super::connect::connect;
use crate::clock::Clock;
use crate::network::AGENT;
use crate::network::connect::valid_days;
use crate::network::failure::{Failure, Phase, PhaseTimer};

/// Half a second: the mean of the fraction that a `Date` header drops.
const LEFT_OUT_MS: i64 = 500;

/// What a probe found of a server that could be reached, for `doctor --online` and `endpoints check`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeResult {
    /// The days for which its certificates are still valid; `None` without TLS.
    pub valid_days: Option<u64>,
    /// Its response, or why there is none.
    pub answer: Result<ProbeResponse, String>,
}

/// The response to a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeResponse {
    /// The response in words.
    pub said: String,
    /// The milliseconds by which its clock is ahead of ours, if known; over HTTP from the `Date` header.
    pub ahead_ms: Option<i64>,
    /// How long it took.
    pub took: Duration,
}

impl EndpointServer {
    /// Probes the server. Connecting with the handshake, and the response, each get half of `limit`.
    pub(in crate::outbound) async fn probe(&self, limit: Duration, clock: &dyn Clock) -> Result<ProbeResult, String> {
        let (half, trace, mut chain) = (limit / 2, PhaseTimer::new(), Vec::new());
        let reached = timeout(half, connect(&self.client, &self.origin, half, &trace, Some(&mut chain))).await;
        let reached = reached.unwrap_or_else(|_| Err(Failure::timed_out(half, trace.phase())));
        let mut connection = reached.map_err(|failure| failure.detail)?;
        let valid_days = valid_days(&chain, &self.origin, self.client.ca_file(), clock.now());
        let sent = clock.now();
        let answer = match timeout(half, connection.send(self.in_form_of(&connection, self.head()))).await {
            Ok(Ok(response)) => {
                let now = clock.now();
                let date =
                    response.headers().get(DATE).and_then(|value| super::retry_after::date(value.to_str().ok()?));
                let between = i64::midpoint(sent.as_millis(), now.as_millis());
                let ahead_ms = date.map(|date| date.as_millis() + LEFT_OUT_MS - between);
                let said = format!("HTTP {}", response.status().as_u16());
                Ok(ProbeResponse { said, ahead_ms, took: now.since(sent) })
            }
            Ok(Err(refused)) => Err(Failure::broken(refused.error()).detail),
            Err(_) => Err(Failure::timed_out(half, Phase::Response).detail),
        };
        Ok(ProbeResult { valid_days, answer })
    }

    fn head(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::default());
        *request.method_mut() = Method::HEAD;
        *request.uri_mut() = Uri::from_static("/");
        request.headers_mut().insert(HOST, self.host_header());
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
        request
    }
}
