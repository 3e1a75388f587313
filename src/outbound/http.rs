//! One request, every failure an outcome.
//!
//! HTTP/1.1 on connections of our own: no redirects, no proxies, no cookies, no decompression. An address is checked at the
//! moment a connection is made to it, so that neither a name nor a redirect can lead elsewhere.

pub mod probe;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use ::http::header::{HeaderValue, RETRY_AFTER};
use ::http::{Request, Response, Uri};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::clock::Timestamp;
use crate::delivery::Outcome;
use crate::endpoint::{Egress, EndpointUrl};

/// Bytes of a response body that are read.
pub const MAX_BODY_READ: usize = 64 * 1024;
/// Bytes of a response body that are kept.
pub const MAX_BODY_KEPT: usize = 4 * 1024;
/// Bytes of response headers that are accepted.
const READ_BUFFER_BYTES: usize = 64 * 1024;
/// Response headers that are accepted.
const MAX_RESPONSE_HEADERS: usize = 128;
/// Addresses of one name that are tried.
const ADDRESSES: usize = 16;

/// What all targets share: the address rules and, once https is used, the trusted certificates.
#[derive(Debug, Default)]
pub struct Client {
    egress: Egress,
    ca_file: Option<PathBuf>,
    tls: OnceLock<Result<Arc<rustls::ClientConfig>, String>>,
}

impl Client {
    /// A client that trusts `ca_file` if given, else the system's certificates.
    pub fn new(egress: Egress, ca_file: Option<PathBuf>) -> Arc<Self> {
        Arc::new(Self { egress, ca_file, tls: OnceLock::new() })
    }

    /// Loaded on first use: a machine without certificates can still call http.
    fn tls(&self) -> Result<Arc<rustls::ClientConfig>, Failure> {
        let config = self.tls.get_or_init(|| tls_config(self.ca_file.as_deref()).map(Arc::new));
        config.clone().map_err(Failure::unreachable)
    }
}

fn tls_provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn tls_config(ca_file: Option<&std::path::Path>) -> Result<rustls::ClientConfig, String> {
    use rustls_platform_verifier::BuilderVerifierExt;
    let builder = rustls::ClientConfig::builder_with_provider(tls_provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| format!("tls: {e}"))?;
    let Some(path) = ca_file else {
        return builder
            .with_platform_verifier()
            .map(|builder| builder.with_no_client_auth())
            .map_err(|e| format!("tls: no usable CA certificates on this system ({e}); set tls.ca_file"));
    };
    Ok(builder.with_root_certificates(trusted_roots(path)?).with_no_client_auth())
}

/// The certificates of a file that names whom to trust.
fn trusted_roots(path: &std::path::Path) -> Result<rustls::RootCertStore, String> {
    let mut roots = rustls::RootCertStore::empty();
    let found = <rustls::pki_types::CertificateDer<'_> as rustls::pki_types::pem::PemObject>::pem_file_iter(path)
        .map_err(|e| format!("tls: failed to read {}: {e}", path.display()))?;
    roots.add_parsable_certificates(found.flatten());
    if roots.is_empty() {
        return Err(format!("tls: {} holds no certificate", path.display()));
    }
    Ok(roots)
}

/// What one request came to.
#[derive(Clone, Debug)]
pub struct AttemptResult {
    /// The outcome for the delivery.
    pub outcome: Outcome,
    /// What happened, in words for an operator. Foreign text in it is not yet escaped.
    pub detail: String,
    /// At most [`MAX_BODY_KEPT`] bytes of the response body.
    pub response: Bytes,
}

/// A response for somebody else, who is to have all of it.
#[derive(Debug)]
pub struct ForwardedResponse {
    /// Its status, its headers, and as much of its body as was asked for.
    pub response: Response<Bytes>,
    /// Whether that is all of it.
    pub is_whole: bool,
}

/// How far a request came: what a time-out was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Resolve,
    Connect,
    Tls,
    Response,
}

impl Phase {
    fn waiting_for(code: u8) -> &'static str {
        match code {
            0 => "the name to resolve",
            1 => "the connection",
            2 => "the TLS handshake",
            _ => "the response",
        }
    }
}

/// A request that got no answer.
#[derive(Debug)]
struct Failure {
    outcome: Outcome,
    detail: String,
}

impl Failure {
    fn unreachable(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Unreachable, detail: detail.into() }
    }
}

type Sender = SendRequest<Full<Bytes>>;

/// Where requests go, with the connections that are open to it.
pub struct Target {
    client: Arc<Client>,
    https: bool,
    host: String,
    port: u16,
    path: Uri,
    idle: Mutex<Vec<Sender>>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({}:{})", self.host, self.port)
    }
}

impl Target {
    /// Prepares a URL that was checked.
    pub fn new(url: &EndpointUrl, client: Arc<Client>) -> Self {
        let url = url.url();
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        Self {
            client,
            https: url.scheme() == "https",
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default().unwrap_or(80),
            path: path.parse().unwrap_or(Uri::from_static("/")),
            idle: Mutex::default(),
        }
    }

    /// The request line's path and query.
    pub fn path(&self) -> Uri {
        self.path.clone()
    }

    /// The `Host` header: the port is left out when it is the scheme's own.
    pub fn host_header(&self) -> HeaderValue {
        let own = if self.https { 443 } else { 80 };
        let host = if self.port == own { self.host.clone() } else { format!("{}:{}", self.host, self.port) };
        HeaderValue::from_str(&host).unwrap_or(HeaderValue::from_static(""))
    }

    /// Sends one request. Resolving, connecting, TLS and the response body all fall within `limit`; `now` reads dates in
    /// `Retry-After`.
    pub async fn send(&self, request: Request<Full<Bytes>>, limit: Duration, now: Timestamp) -> AttemptResult {
        let deadline = Instant::now() + limit;
        match self.exchange_by(deadline, request, limit).await {
            Ok((response, sender)) => self.judge(response, sender, deadline, now).await,
            Err(failure) => AttemptResult { outcome: failure.outcome, detail: failure.detail, response: Bytes::new() },
        }
    }

    /// Sends one request within `limit` and returns the response as it is, with at most `most` bytes of its body; or why
    /// there is none, in words for an operator. Foreign text in them is not yet escaped.
    pub async fn forward(
        &self,
        request: Request<Full<Bytes>>,
        limit: Duration,
        most: usize,
    ) -> Result<ForwardedResponse, String> {
        let deadline = Instant::now() + limit;
        let (response, sender) = self.exchange_by(deadline, request, limit).await.map_err(|failure| failure.detail)?;
        let (head, body) = response.into_parts();
        let (body, is_whole) = read_body(body, deadline, most, most).await;
        if is_whole {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        }
        Ok(ForwardedResponse { response: Response::from_parts(head, body), is_whole })
    }

    async fn exchange_by(
        &self,
        deadline: Instant,
        request: Request<Full<Bytes>>,
        limit: Duration,
    ) -> Result<(Response<Incoming>, Sender), Failure> {
        let phase = AtomicU8::new(Phase::Response as u8);
        timeout_at(deadline, self.exchange(request, limit, &phase)).await.unwrap_or_else(|_| {
            let spent_on = Phase::waiting_for(phase.load(Ordering::Relaxed));
            let limit = humantime::format_duration(limit);
            Err(Failure {
                outcome: Outcome::TimedOut,
                detail: format!("timed out after {limit} waiting for {spent_on}"),
            })
        })
    }

    /// Sends on an idle connection or a new one, until the response headers are there.
    ///
    /// A request that an idle connection could not take, because the other side had closed it, was not sent at all and
    /// goes out on a new connection; once any of it was written, a failure is an attempt.
    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        limit: Duration,
        phase: &AtomicU8,
    ) -> Result<(Response<Incoming>, Sender), Failure> {
        let mut request = request;
        while let Some(mut sender) = self.take_idle() {
            if sender.ready().await.is_err() {
                continue;
            }
            match sender.try_send_request(request).await {
                Ok(response) => return Ok((response, sender)),
                Err(mut refused) => match refused.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(broken(refused.error())),
                },
            }
        }
        let mut sender = self.connect(limit, phase, None).await?;
        phase.store(Phase::Response as u8, Ordering::Relaxed);
        let response = sender.send_request(request).await.map_err(|e| broken(&e))?;
        Ok((response, sender))
    }

    fn take_idle(&self) -> Option<Sender> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(sender) = idle.pop() {
            if !sender.is_closed() {
                return Some(sender);
            }
        }
        None
    }

    /// Opens a connection; the certificates that were shown go to `shown`.
    async fn connect(
        &self,
        limit: Duration,
        phase: &AtomicU8,
        shown: Option<&mut Vec<CertificateDer<'static>>>,
    ) -> Result<Sender, Failure> {
        phase.store(Phase::Resolve as u8, Ordering::Relaxed);
        let addresses = self.resolve().await?;
        phase.store(Phase::Connect as u8, Ordering::Relaxed);
        let stream = self.connect_any(&addresses, limit).await?;
        // Requests are small and alone on their connection: waiting to fill a segment only adds latency.
        let _ = stream.set_nodelay(true);
        if !self.https {
            return handshake(TokioIo::new(stream)).await;
        }
        phase.store(Phase::Tls as u8, Ordering::Relaxed);
        let name = ServerName::try_from(self.host.trim_matches(['[', ']']).to_owned())
            .map_err(|e| Failure::unreachable(format!("tls: {e}")))?;
        let stream = tokio_rustls::TlsConnector::from(self.client.tls()?)
            .connect(name, stream)
            .await
            .map_err(|e| Failure::unreachable(format!("tls: {e}")))?;
        if let (Some(shown), Some(chain)) = (shown, stream.get_ref().1.peer_certificates()) {
            shown.extend(chain.iter().map(|it| it.clone().into_owned()));
        }
        handshake(TokioIo::new(stream)).await
    }

    /// The addresses of the host, every one of which may be called.
    async fn resolve(&self) -> Result<Vec<SocketAddr>, Failure> {
        let host = self.host.trim_matches(['[', ']']);
        let found = tokio::net::lookup_host((host, self.port))
            .await
            .map_err(|e| Failure::unreachable(format!("dns: {host}: {e}")))?;
        let addresses: Vec<SocketAddr> = found.take(ADDRESSES).collect();
        if let Some(refused) = addresses.iter().find(|a| !self.client.egress.allows(a.ip())) {
            return Err(Failure {
                outcome: Outcome::Refused,
                detail: format!("address {} may not be called (egress rules)", refused.ip()),
            });
        }
        if addresses.is_empty() {
            return Err(Failure::unreachable(format!("dns: {host} has no address")));
        }
        Ok(addresses)
    }

    /// Connects to the first address that answers; each gets its share of the time.
    async fn connect_any(&self, addresses: &[SocketAddr], limit: Duration) -> Result<TcpStream, Failure> {
        let share = limit / u32::try_from(addresses.len()).unwrap_or(1);
        let mut last = String::new();
        for address in addresses {
            last = match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(e)) => format!("connect: {address}: {}", plain(&e)),
                Err(_) if addresses.len() == 1 => std::future::pending().await,
                Err(_) => format!("connect: {address}: no answer"),
            };
        }
        Err(Failure::unreachable(last))
    }

    /// Turns a response into an outcome: the status decides, the body is only kept for the operator.
    async fn judge(
        &self,
        response: Response<Incoming>,
        sender: Sender,
        deadline: Instant,
        now: Timestamp,
    ) -> AttemptResult {
        let status = response.status().as_u16();
        let retry_after = match status {
            429 | 503 => response.headers().get(RETRY_AFTER).and_then(|value| read_retry_after(value, now)),
            _ => None,
        };
        let location = response.headers().get(::http::header::LOCATION).cloned();
        let (response, whole) = read_body(response.into_body(), deadline, MAX_BODY_READ, MAX_BODY_KEPT).await;
        if whole {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        }
        let outcome = match status {
            200..300 => Outcome::Delivered { status },
            _ => Outcome::Rejected { status, retry_after },
        };
        AttemptResult { outcome, detail: describe(status, retry_after, location.as_ref()), response }
    }
}

fn describe(status: u16, retry_after: Option<Duration>, location: Option<&HeaderValue>) -> String {
    match (status, retry_after, location.map(|value| String::from_utf8_lossy(value.as_bytes()))) {
        (_, Some(wait), _) => format!("HTTP {status}, Retry-After {}", humantime::format_duration(wait)),
        (300..400, _, Some(to)) => {
            format!("HTTP {status}: redirects are not followed (to {})", to.get(..200).unwrap_or(&to))
        }
        _ => format!("HTTP {status}"),
    }
}

async fn handshake<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(io: TokioIo<S>) -> Result<Sender, Failure> {
    let (sender, connection) = http1::Builder::new()
        .max_headers(MAX_RESPONSE_HEADERS)
        .max_buf_size(READ_BUFFER_BYTES)
        .handshake(io)
        .await
        .map_err(|e| broken(&e))?;
    // It ends when its sender is dropped or the other side closes; what went wrong reaches the request in flight.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}

/// Reads at most `most` bytes of a body and keeps the first `kept_most`. Returns whether it ended, so that the connection
/// can be used again.
async fn read_body(mut body: Incoming, deadline: Instant, most: usize, kept_most: usize) -> (Bytes, bool) {
    let mut kept = BytesMut::new();
    let mut read = 0;
    loop {
        match timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                let Ok(data) = frame.into_data() else { continue };
                read += data.len();
                kept.extend_from_slice(&data[..data.len().min(kept_most - kept.len())]);
                if read > most {
                    return (kept.freeze(), false);
                }
            }
            Ok(None) => return (kept.freeze(), true),
            Ok(Some(Err(_))) | Err(_) => return (kept.freeze(), false),
        }
    }
}

/// A connection that broke before the response headers were there.
fn broken(error: &hyper::Error) -> Failure {
    let detail = if error.is_parse_too_large() {
        "connection: the response headers are too large".to_owned()
    } else if error.is_parse() {
        format!("connection: the answer is not HTTP/1.1 ({error})")
    } else if error.is_incomplete_message() {
        "connection: closed before the response".to_owned()
    } else {
        let cause = std::error::Error::source(error).and_then(|e| e.downcast_ref::<io::Error>());
        format!("connection: {}", cause.map_or_else(|| error.to_string(), plain))
    };
    Failure::unreachable(detail)
}

/// The system's words without its number.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "reset by the other side".to_owned(),
        io::ErrorKind::BrokenPipe => "closed by the other side".to_owned(),
        _ => error.to_string(),
    }
}

/// `Retry-After` as seconds or as one of the HTTP dates of RFC 9110 section 5.6.7; anything else is ignored.
pub fn read_retry_after(value: &HeaderValue, now: Timestamp) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // Longer than any number that fits is still "long", and is capped where it is used.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
    }
    read_date(value).map(|date| date.since(now))
}

/// One of the HTTP dates of RFC 9110 section 5.6.7.
fn read_date(value: &HeaderValue) -> Option<Timestamp> {
    let text = value.to_str().ok()?.trim();
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| chrono::NaiveDateTime::parse_from_str(text, form).ok())
        .map(|date| Timestamp::from_millis(date.and_utc().timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_reads_seconds_and_all_three_dates_and_ignores_the_rest() {
        let now = Timestamp::parse("1994-11-06T08:48:37Z").expect("a time");
        let read = |text: &str| read_retry_after(&HeaderValue::from_bytes(text.as_bytes()).expect("a value"), now);
        assert_eq!(read("0"), Some(Duration::ZERO));
        assert_eq!(read("120"), Some(Duration::from_secs(120)));
        assert_eq!(read(" 86400 "), Some(Duration::from_secs(86_400)));
        assert!(read("99999999999999999999") > Some(Duration::from_hours(24)));
        for date in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(read(date), Some(Duration::from_mins(1)), "{date}");
        }
        assert_eq!(read("Sun, 06 Nov 1994 08:40:00 GMT"), Some(Duration::ZERO));
        for garbage in ["", "-5", "1.5", "1e300", "inf", "NaN", "0x10", "soon", "\u{fc}"] {
            assert_eq!(read(garbage), None, "{garbage}");
        }
    }
}
