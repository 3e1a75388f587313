//! A general HTTP client on `reqwest`, for requests that are not deliveries.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use super::failure_text::{broken_in_words, io_in_words};
use super::tls;
use crate::endpoint::{Egress, EndpointUrl};

/// How long a connection may be idle.
const MAX_IDLE_TIME: Duration = Duration::from_secs(60);
/// Idle connections that are kept for one host.
const MAX_IDLE: usize = 8;
/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 16;

/// A general HTTP client: HTTP/1.1, no redirects, no cookies, no proxy of the environment.
///
/// The address rules hold for literal addresses and for what names resolve to. It trusts the certificates of `tls.ca_file` if
/// given, else the system's; they are loaded on the first https request, so that a machine without any can still call http.
pub struct HttpClient {
    egress: Egress,
    ca_file: Option<PathBuf>,
    plain: OnceLock<Result<reqwest::Client, String>>,
    secure: OnceLock<Result<reqwest::Client, String>>,
}

/// The response to a request, with as much of its body as was asked for.
#[derive(Debug)]
pub struct HttpResponse {
    /// Its status, its headers and its body.
    pub response: Response<Bytes>,
    /// Whether that is all of the body.
    pub is_whole: bool,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("egress", &self.egress)
            .field("ca_file", &self.ca_file)
            .finish_non_exhaustive()
    }
}

impl HttpClient {
    /// A client with these address rules that trusts `ca_file` if given, else the system's certificates.
    pub fn new(egress: Egress, ca_file: Option<PathBuf>) -> Self {
        Self { egress, ca_file, plain: OnceLock::new(), secure: OnceLock::new() }
    }

    /// Sends one request to `url` within `limit`, the response body included, and reads at most `most` bytes of that. An error
    /// says in words for an operator why there is no response; foreign text in it is not yet escaped.
    ///
    /// The URL of `request` is not looked at; `Host` and `Content-Length` are set as they have to be.
    pub async fn send(
        &self,
        url: &EndpointUrl,
        request: Request<Bytes>,
        limit: Duration,
        most: usize,
    ) -> Result<HttpResponse, String> {
        let url = url.url();
        self.check_literal(url)?;
        let (head, body) = request.into_parts();
        let mut request = reqwest::Request::new(head.method, url.clone());
        *request.headers_mut() = head.headers;
        *request.body_mut() = Some(body.into());
        let deadline = Instant::now() + limit;
        let answer = timeout_at(deadline, self.client(url)?.execute(request)).await;
        let answer = answer.map_err(|_| format!("timed out after {}", humantime::format_duration(limit)))?;
        let answer = answer.map_err(|error| failure_in_words(&error, url))?;
        Ok(read(answer, deadline, most).await)
    }

    /// Checks a literal address in the URL, which the resolver never sees.
    fn check_literal(&self, url: &Url) -> Result<(), String> {
        let address = match url.host() {
            Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
            Some(Host::Ipv6(v6)) => IpAddr::V6(v6),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        self.egress.check(address).map(drop)
    }

    fn client(&self, url: &Url) -> Result<&reqwest::Client, String> {
        let is_secure = url.scheme() == "https";
        let client = if is_secure { &self.secure } else { &self.plain };
        client.get_or_init(|| self.build(is_secure)).as_ref().map_err(Clone::clone)
    }

    fn build(&self, is_secure: bool) -> Result<reqwest::Client, String> {
        let tls = if is_secure { tls::client_config(self.ca_file.as_deref(), None)? } else { tls::trusting_nobody()? };
        reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(CheckedResolver(self.egress.clone()))
            .pool_max_idle_per_host(MAX_IDLE)
            .pool_idle_timeout(MAX_IDLE_TIME)
            .http1_only()
            .http1_allow_spaces_after_header_name_in_responses(true)
            .build()
            .map_err(|e| format!("failed to set up the HTTP client: {}", root(&e)))
    }
}

/// Reads at most `most` bytes of the body. A body that breaks off is returned as far as it was read.
async fn read(mut answer: reqwest::Response, deadline: Instant, most: usize) -> HttpResponse {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    let mut body = BytesMut::new();
    let is_whole = loop {
        match timeout_at(deadline, answer.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                let room = most - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    break false;
                }
            }
            Ok(Ok(None)) => break true,
            Ok(Err(_)) | Err(_) => break false,
        }
    };
    *response.body_mut() = body.freeze();
    HttpResponse { response, is_whole }
}

/// Resolves host names, and refuses one if any of its addresses may not be called.
struct CheckedResolver(Egress);

/// Why a host name has no address that may be called.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unresolved(String);

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let egress = self.0.clone();
        Box::pin(async move {
            let addresses = resolve(&egress, name.as_str()).await.map_err(Unresolved)?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

async fn resolve(egress: &Egress, host: &str) -> Result<Vec<SocketAddr>, String> {
    let found = tokio::net::lookup_host((host, 0)).await.map_err(|e| format!("dns: {host}: {e}"))?;
    let addresses: Vec<SocketAddr> = found.take(MAX_ADDRESSES).collect();
    for address in &addresses {
        egress.check(address.ip())?;
    }
    if addresses.is_empty() { Err(format!("dns: {host} has no address")) } else { Ok(addresses) }
}

/// The failure in words, from the first known cause and without the URL, which may be a secret.
fn failure_in_words(error: &reqwest::Error, url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(known) = cause {
        if let Some(Unresolved(why)) = known.downcast_ref() {
            return why.clone();
        }
        if let Some(io) = known.downcast_ref::<io::Error>().map(innermost) {
            return match io.get_ref() {
                Some(inner) if inner.is::<rustls::Error>() => tls::failure_in_words(io, host.trim_matches(['[', ']'])),
                _ if error.is_connect() => {
                    let port = url.port_or_known_default().unwrap_or_default();
                    format!("connect: {host}:{port}: {}", io_in_words(io))
                }
                _ => format!("connection: {}", io_in_words(io)),
            };
        }
        if let Some(hyper) = known.downcast_ref::<hyper::Error>() {
            return broken_in_words(hyper);
        }
        cause = known.source();
    }
    format!("connection: {}", root(error))
}

/// The error of the system or of TLS inside those that connectors wrap around it.
fn innermost(error: &io::Error) -> &io::Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>()) {
        Some(inner) => innermost(inner),
        None => error,
    }
}

/// The innermost cause: the outer ones of `reqwest` name the URL.
fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if cause.is::<reqwest::Error>() { "failed".to_owned() } else { cause.to_string() }
}
