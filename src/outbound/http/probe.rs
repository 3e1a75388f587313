//! A look at a place that no receiver applies: whether it can be reached and trusted, for how long, and what its clock says.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use ::http::header::{DATE, HOST, HeaderValue, USER_AGENT};
use ::http::{Method, Request, Uri};
use bytes::Bytes;
use http_body_util::Full;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Client, Failure, Phase, Target, broken, read_date, tls_provider, trusted_roots};
use crate::clock::{Clock, Timestamp};
use crate::endpoint::EndpointUrl;
use crate::outbound::AGENT;

/// Places that are looked at at the same time.
const AT_ONCE: usize = 4;
/// The days ahead that a certificate is looked at.
const MOST_DAYS: u64 = 3_650;
/// Half of a second: the mean of what a `Date` header leaves out.
const LEFT_OUT_MS: i64 = 500;

/// What a look found at a place that could be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeResult {
    /// The days for which it can still be trusted; none without TLS.
    pub valid_days: Option<u64>,
    /// What it answered.
    pub answer: Result<ProbeResponse, String>,
}

/// An answer to a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeResponse {
    /// Its status.
    pub status: u16,
    /// How far its clock is ahead of ours, in milliseconds, by its `Date` header.
    pub ahead_ms: Option<i64>,
    /// How long it took.
    pub took: Duration,
}

/// Looks at every place, a few at a time and none for longer than `limit`, and returns what was found, in their order; an
/// error says why a place could not be reached or trusted.
///
/// To each goes one `HEAD /`: not to the path that takes deliveries, and without signature or body.
pub async fn probe_all(
    urls: Vec<EndpointUrl>,
    client: &Arc<Client>,
    limit: Duration,
    clock: &Arc<dyn Clock>,
) -> Vec<Result<ProbeResult, String>> {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut sights = vec![Err("internal error: the look panicked".to_owned()); urls.len()];
    let mut tasks = JoinSet::new();
    for (place, url) in urls.into_iter().enumerate() {
        let (client, clock, slots) = (Arc::clone(client), Arc::clone(clock), Arc::clone(&slots));
        tasks.spawn(async move {
            let _slot = slots.acquire().await;
            (place, Target::new(&url, client).look(limit, clock.as_ref()).await)
        });
    }
    while let Some(done) = tasks.join_next().await {
        if let Ok((place, sight)) = done {
            sights[place] = sight;
        }
    }
    sights
}

impl Client {
    /// Why no place could be trusted over TLS, if so.
    pub fn trust_error(&self) -> Option<String> {
        verifier(self.ca_file.as_deref()).err()
    }
}

impl Target {
    /// Each half of the way, to the end of the handshake and to the answer, has half of the time.
    async fn look(&self, limit: Duration, clock: &dyn Clock) -> Result<ProbeResult, String> {
        let (half, phase, mut chain) = (limit / 2, AtomicU8::new(0), Vec::new());
        let reached = timeout(half, self.connect(half, &phase, Some(&mut chain))).await;
        let mut sender = match reached {
            Ok(reached) => reached.map_err(|failure: Failure| failure.detail)?,
            Err(_) => return Err(timed_out(half, phase.load(Ordering::Relaxed))),
        };
        let valid_days = if self.https { self.valid_days(&chain, clock.now()) } else { None };
        let sent = clock.now();
        let answer = match timeout(half, sender.send_request(self.head())).await {
            Ok(Ok(response)) => {
                let now = clock.now();
                let date = response.headers().get(DATE).and_then(read_date);
                let between = i64::midpoint(sent.as_millis(), now.as_millis());
                let ahead_ms = date.map(|date| date.as_millis() + LEFT_OUT_MS - between);
                Ok(ProbeResponse { status: response.status().as_u16(), ahead_ms, took: now.since(sent) })
            }
            Ok(Err(error)) => Err(broken(&error).detail),
            Err(_) => Err(timed_out(half, Phase::Response as u8)),
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
        let verifier = verifier(self.client.ca_file.as_deref()).ok()?;
        let name = ServerName::try_from(self.host.trim_matches(['[', ']']).to_owned()).ok()?;
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

fn timed_out(limit: Duration, phase: u8) -> String {
    format!("timed out after {} waiting for {}", humantime::format_duration(limit), Phase::waiting_for(phase))
}

/// What decides whom to trust, as for deliveries.
fn verifier(ca_file: Option<&Path>) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let Some(path) = ca_file else {
        let system = rustls_platform_verifier::Verifier::new(tls_provider());
        return match system {
            Ok(verifier) => Ok(Arc::new(verifier)),
            Err(e) => Err(format!("no usable CA certificates on this system ({e}); set tls.ca_file")),
        };
    };
    let roots = Arc::new(trusted_roots(path)?);
    match WebPkiServerVerifier::builder_with_provider(roots, tls_provider()).build() {
        Ok(verifier) => Ok(verifier),
        Err(e) => Err(format!("tls: {e}")),
    }
}
