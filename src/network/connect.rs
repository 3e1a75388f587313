//! Opens connections: resolve, check the addresses, connect (through a proxy if there is one), TLS.
//!
//! An address is checked at the moment a connection is made to it, so that no name can lead elsewhere.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use ::http::header::HeaderValue;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::failure::{Failure, Phase, PhaseTimer};
use super::failure_text::io_in_words;
use super::tls::{self, ClientCertificate};
use crate::clock::Timestamp;
use crate::endpoint::Egress;

/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 16;
/// The days ahead for which certificates are checked.
const MOST_DAYS: u64 = 3_650;
/// The most bytes of a proxy's response to CONNECT.
const MAX_PROXY_ANSWER: usize = 8 * 1024;

/// How a server is connected to: certificates, proxy, time limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectOptions {
    /// The certificates to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// The certificate for servers that ask for one.
    pub client_certificate: Option<ClientCertificate>,
    /// The proxy to go through.
    pub proxy: Option<Proxy>,
}

/// An HTTP proxy that opens tunnels, and the login it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The value of `Proxy-Authorization`.
    pub authorization: Option<HeaderValue>,
}

/// Opens connections, by the rules on which addresses may be called and with the trusted certificates.
#[derive(Debug, Default)]
pub struct Connector {
    egress: Egress,
    options: ConnectOptions,
    tls: OnceLock<Result<Arc<rustls::ClientConfig>, String>>,
}

impl Connector {
    /// A client that trusts `ca_file` if given, else the system's certificates.
    pub fn new(egress: Egress, ca_file: Option<PathBuf>) -> Arc<Self> {
        Self::with_options(egress, ConnectOptions { ca_file, ..ConnectOptions::default() })
    }

    /// A client with these address rules and connection options.
    pub fn with_options(egress: Egress, options: ConnectOptions) -> Arc<Self> {
        Arc::new(Self { egress, options, tls: OnceLock::new() })
    }

    /// A client with the same address rules and other connection options; trusts the same certificates unless they name others.
    pub fn reaching(self: &Arc<Self>, options: ConnectOptions) -> Arc<Self> {
        if options == ConnectOptions::default() {
            return Arc::clone(self);
        }
        let ca_file = options.ca_file.or_else(|| self.options.ca_file.clone());
        Self::with_options(self.egress.clone(), ConnectOptions { ca_file, ..options })
    }

    /// The file of certificates that are trusted instead of the system's.
    pub fn ca_file(&self) -> Option<&PathBuf> {
        self.options.ca_file.as_ref()
    }

    /// Why TLS cannot be used, if the certificates cannot be loaded.
    pub fn trust_error(&self) -> Option<String> {
        self.tls().err()
    }

    /// The TLS configuration, loaded on first use: a machine without certificates can still connect without TLS.
    fn tls(&self) -> Result<Arc<rustls::ClientConfig>, String> {
        let ConnectOptions { ca_file, client_certificate, .. } = &self.options;
        let load = || tls::client_config(ca_file.as_deref(), client_certificate.as_ref()).map(Arc::new);
        self.tls.get_or_init(load).clone()
    }
}

/// The server that a connection goes to: host, port, whether over TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// Whether it is over TLS.
    pub is_secure: bool,
    /// The host as written in the URL, an IPv6 address in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl ServerAddress {
    /// The host without the brackets of an IPv6 address.
    pub fn bare_host(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }

    /// The name that a certificate has to be for.
    pub fn server_name(&self) -> Result<ServerName<'static>, String> {
        ServerName::try_from(self.bare_host().to_owned()).map_err(|e| format!("tls: {e}"))
    }
}

/// An open connection to a server, over TLS or not.
#[derive(Debug)]
pub enum ClientStream {
    /// Without TLS.
    Plain(TcpStream),
    /// Over TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl ClientStream {
    /// The certificates of the server; none without TLS.
    pub fn certificates(&self) -> Vec<CertificateDer<'static>> {
        let Self::Tls(stream) = self else { return Vec::new() };
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        chain.iter().map(|it| it.clone().into_owned()).collect()
    }

    fn inner(&mut self) -> Pin<&mut dyn ReadWrite> {
        match self {
            Self::Plain(stream) => Pin::new(stream),
            Self::Tls(stream) => Pin::new(stream.as_mut()),
        }
    }
}

/// A byte stream in both directions, so that any TLS stream can be boxed.
trait ReadWrite: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> ReadWrite for S {}

impl AsyncRead for ClientStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_read(cx, buf)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.inner().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_shutdown(cx)
    }
}

/// Opens a connection within `limit`; over TLS, ALPN offers `protocols`.
pub async fn connect(
    client: &Connector,
    origin: &ServerAddress,
    protocols: &[&[u8]],
    limit: Duration,
    trace: &PhaseTimer,
) -> Result<ClientStream, Failure> {
    let stream = match &client.options.proxy {
        None => connect_to(client, origin.bare_host(), origin.port, limit, trace).await?,
        Some(proxy) => connect_through(client, proxy, origin, limit, trace).await?,
    };
    if !origin.is_secure {
        return Ok(ClientStream::Plain(stream));
    }
    trace.enter(Phase::Tls);
    let name = origin.server_name().map_err(Failure::unreachable)?;
    let mut config = client.tls().map_err(Failure::unreachable)?;
    Arc::make_mut(&mut config).alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let stream = tokio_rustls::TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|e| Failure::unreachable(tls::failure_in_words(&e, origin.bare_host())))?;
    Ok(ClientStream::Tls(Box::new(stream)))
}

async fn connect_to(
    client: &Connector,
    host: &str,
    port: u16,
    limit: Duration,
    trace: &PhaseTimer,
) -> Result<TcpStream, Failure> {
    trace.enter(Phase::Resolve);
    let addresses = resolve(client, host, port).await?;
    trace.enter(Phase::Connect);
    let stream = connect_any(&addresses, limit).await?;
    // Requests are small and alone on their connection: waiting to fill a segment only adds latency.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// A tunnel through an HTTP proxy (RFC 9110 section 9.3.6). The proxy resolves the name: the address rules hold for the proxy
/// itself and for literal addresses.
async fn connect_through(
    client: &Connector,
    proxy: &Proxy,
    origin: &ServerAddress,
    limit: Duration,
    trace: &PhaseTimer,
) -> Result<TcpStream, Failure> {
    if let Ok(address) = origin.bare_host().parse::<IpAddr>() {
        client.egress.check(address).map_err(Failure::refused)?;
    }
    let mut stream = connect_to(client, &proxy.host, proxy.port, limit, trace).await.map_err(|failure| Failure {
        detail: format!("proxy {}:{}: {}", proxy.host, proxy.port, failure.detail),
        ..failure
    })?;
    let broken =
        |what: &dyn std::fmt::Display| Failure::unreachable(format!("proxy {}:{}: {what}", proxy.host, proxy.port));
    let authority = format!("{}:{}", origin.host, origin.port);
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n").into_bytes();
    if let Some(authorization) = &proxy.authorization {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(HeaderValue::as_bytes(authorization));
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).await.map_err(|e| broken(&io_in_words(&e)))?;
    let status = read_proxy_status(&mut stream).await.map_err(|what| broken(&what))?;
    match status {
        200..300 => Ok(stream),
        401 | 407 => Err(broken(&format!("it requires other credentials (HTTP {status}): see proxy_auth_file"))),
        status => Err(broken(&format!("it refused CONNECT {authority} (HTTP {status})"))),
    }
}

/// Reads the head of the response byte by byte, so that no byte of the tunnel behind it is consumed.
async fn read_proxy_status(stream: &mut TcpStream) -> Result<u16, String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") {
        if head.len() == MAX_PROXY_ANSWER {
            return Err("its answer to CONNECT is too long".to_owned());
        }
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Err("closed during CONNECT".to_owned()),
            Err(e) => return Err(io_in_words(&e)),
        }
    }
    let line = String::from_utf8_lossy(&head);
    let status =
        line.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)).and_then(|code| code.trim().parse().ok());
    status.ok_or_else(|| "its answer to CONNECT is not HTTP/1.1".to_owned())
}

/// The addresses of a host, every one of which may be called.
async fn resolve(client: &Connector, host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let found =
        tokio::net::lookup_host((host, port)).await.map_err(|e| Failure::unreachable(format!("dns: {host}: {e}")))?;
    let addresses: Vec<SocketAddr> = found.take(MAX_ADDRESSES).collect();
    for address in &addresses {
        client.egress.check(address.ip()).map_err(Failure::refused)?;
    }
    if addresses.is_empty() {
        return Err(Failure::unreachable(format!("dns: {host} has no address")));
    }
    Ok(addresses)
}

/// Connects to the first address that answers; each gets an equal share of the time.
async fn connect_any(addresses: &[SocketAddr], limit: Duration) -> Result<TcpStream, Failure> {
    let share = limit / u32::try_from(addresses.len()).unwrap_or(1);
    let mut last = String::new();
    for address in addresses {
        last = match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(e)) => format!("connect: {address}: {}", io_in_words(&e)),
            Err(_) if addresses.len() == 1 => std::future::pending().await,
            Err(_) => format!("connect: {address}: no answer"),
        };
    }
    Err(Failure::unreachable(last))
}

/// The last day from `now` on which a chain that `origin` showed would be accepted: whichever of its certificates ends first. None
/// without TLS.
pub fn valid_days(
    chain: &[CertificateDer<'static>],
    origin: &ServerAddress,
    ca_file: Option<&PathBuf>,
    now: Timestamp,
) -> Option<u64> {
    let (own, others) = chain.split_first()?;
    let verifier = tls::verifier(ca_file.map(PathBuf::as_path)).ok()?;
    let name = origin.server_name().ok()?;
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
