//! Probing a place with a request that no receiver applies: whether it can be reached and trusted, for how long, and what its
//! clock says.

use std::sync::Arc;
use std::time::Duration;

use ::http::header::{DATE, HOST, HeaderValue, USER_AGENT};
use ::http::{Method, Request, Uri};
use bytes::Bytes;
use http_body_util::Full;
use rustls::pki_types::{CertificateDer, UnixTime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connect::connect;
use super::failure::{Failure, Phase, Trace};
use super::retry_after::date;
use super::{Client, Target};
use crate::clock::{Clock, Timestamp};
use crate::endpoint::EndpointUrl;
use crate::network::AGENT;
use crate::network::tls::verifier;

/// Places that are probed at the same time.
const AT_ONCE: usize = 4;
/// The days ahead for which certificates are checked.
const MOST_DAYS: u64 = 3_650;
/// Half of a second: the mean of what a `Date` header leaves out.
const LEFT_OUT_MS: i64 = 500;

/// What a probe found out about a place that could be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeResult {
    /// The days for which it can still be trusted; none without TLS.
    pub valid_days: Option<u64>,
    /// What it answered.
    pub answer: Result<ProbeResponse, String>,
}

/// The response to a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeResponse {
    /// Its status.
    pub status: u16,
    /// How far its clock is ahead of ours, in milliseconds, by its `Date` header.
    pub ahead_ms: Option<i64>,
    /// How long it took.
    pub took: Duration,
}

/// Probes every place, a few at a time and none for longer than `limit`, and returns what was found, in their order; an error
/// says why a place could not be reached or trusted.
///
/// To each goes one `HEAD /`: not to the path that takes deliveries, and without signature or body.
pub async fn probe_all(
    urls: Vec<EndpointUrl>,
    client: &Arc<Client>,
    limit: Duration,
    clock: &Arc<dyn Clock>,
) -> Vec<Result<ProbeResult, String>> {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut results = vec![Err("internal error: the probe panicked".to_owned()); urls.len()];
    let mut tasks = JoinSet::new();
    for (place, url) in urls.into_iter().enumerate() {
        let (client, clock, slots) = (Arc::clone(client), Arc::clone(clock), Arc::clone(&slots));
        tasks.spawn(async move {
            let _slot = slots.acquire().await;
            (place, Target::new(&url, client).probe(limit, clock.as_ref()).await)
        });
    }
    while let Some(done) = tasks.join_next().await {
        if let Ok((place, result)) = done {
            results[place] = result;
        }
    }
    results
}

impl Client {
    /// Why no place could be trusted over TLS, if so.
    pub fn trust_error(&self) -> Option<String> {
        self.tls().err()
    }
}

impl Target {
    /// Connecting, with the handshake, and the response each have half of the time.
    async fn probe(&self, limit: Duration, clock: &dyn Clock) -> Result<ProbeResult, String> {
        let (half, trace, mut chain) = (limit / 2, Trace::new(), Vec::new());
        let reached = timeout(half, connect(&self.client, &self.origin, half, &trace, Some(&mut chain))).await;
        let reached = reached.unwrap_or_else(|_| Err(Failure::timed_out(half, trace.phase())));
        let mut connection = reached.map_err(|failure| failure.detail)?;
        let valid_days = if self.origin.https { self.valid_days(&chain, clock.now()) } else { None };
        let sent = clock.now();
        let answer = match timeout(half, connection.send(self.in_form_of(&connection, self.head()))).await {
            Ok(Ok(response)) => {
                let now = clock.now();
                let said = response.headers().get(DATE).and_then(|value| date(value.to_str().ok()?));
                let between = i64::midpoint(sent.as_millis(), now.as_millis());
                let ahead_ms = said.map(|said| said.as_millis() + LEFT_OUT_MS - between);
                Ok(ProbeResponse { status: response.status().as_u16(), ahead_ms, took: now.since(sent) })
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

    /// The last day from now on which the same chain would be accepted: whichever of its certificates ends first.
    fn valid_days(&self, chain: &[CertificateDer<'static>], now: Timestamp) -> Option<u64> {
        let verifier = verifier(self.client.options.ca_file.as_deref()).ok()?;
        let name = self.origin.server_name().ok()?;
        let (own, others) = chain.split_first()?;
        let is_valid = |days: u64| {
            let at = now.plus(Duration::from_secs(days * 86_400)).as_seconds();
            let at = UnixTime::since_unix_epoch(Duration::from_secs(at.unsigned_abs()));
            verifier.verify_server_cert(own, others, &name, &[], at).is_ok()
        };
        let (mut valid, mut invalid) = (0, MOST_DAYS);
        while valid + 1 < invalid {
            let middle = u64::midpoint(valid, invalid);
            if is_valid(middle) { valid = middle } else { invalid = middle }
        }
        Some(valid)
    }
}
