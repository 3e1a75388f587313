//! Opening a connection: resolve, check the addresses, connect (through a proxy if the endpoint has one), TLS, HTTP.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ::http::header::HeaderValue;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::failure::{Failure, Phase, Trace};
use super::pool::Connection;
use super::{Client, Proxy};
use crate::network::failure_text::io_in_words;
use crate::network::tls;

/// The client's read buffer, which also limits the response headers; hyper wants at least 8192 bytes.
const READ_BUFFER_BYTES: usize = 64 * 1024;
/// Response headers that are accepted.
const MAX_RESPONSE_HEADERS: usize = 128;
/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 16;
/// Bytes of a proxy's answer to CONNECT that are read.
const MAX_PROXY_ANSWER: usize = 8 * 1024;

/// Scheme, host and port of a server (RFC 6454).
pub(super) struct Origin {
    pub(super) https: bool,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Origin {
    /// The host without the brackets of an IPv6 address.
    pub(super) fn bare_host(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }

    pub(super) fn server_name(&self) -> Result<ServerName<'static>, String> {
        ServerName::try_from(self.bare_host().to_owned()).map_err(|e| format!("tls: {e}"))
    }
}

/// Opens a connection; the certificates that the other side shows go to `shown`.
pub(super) async fn connect(
    client: &Client,
    origin: &Origin,
    limit: Duration,
    trace: &Trace,
    shown: Option<&mut Vec<CertificateDer<'static>>>,
) -> Result<Connection, Failure> {
    let stream = match &client.options.proxy {
        None => connect_to(client, origin.bare_host(), origin.port, limit, trace).await?,
        Some(proxy) => connect_through(client, proxy, origin, limit, trace).await?,
    };
    if !origin.https {
        return handshake(stream, false).await;
    }
    trace.enter(Phase::Tls);
    let name = origin.server_name().map_err(Failure::unreachable)?;
    let stream = tokio_rustls::TlsConnector::from(client.tls().map_err(Failure::unreachable)?)
        .connect(name, stream)
        .await
        .map_err(|e| Failure::unreachable(tls::failure_in_words(&e, origin.bare_host())))?;
    let session = stream.get_ref().1;
    if let (Some(shown), Some(chain)) = (shown, session.peer_certificates()) {
        shown.extend(chain.iter().map(|it| it.clone().into_owned()));
    }
    let is_http2 = session.alpn_protocol() == Some(b"h2");
    handshake(stream, is_http2).await
}

async fn connect_to(
    client: &Client,
    host: &str,
    port: u16,
    limit: Duration,
    trace: &Trace,
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
    client: &Client,
    proxy: &Proxy,
    origin: &Origin,
    limit: Duration,
    trace: &Trace,
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
        401 | 407 => Err(broken(&format!("it wants other credentials (HTTP {status}): see proxy_auth_file"))),
        status => Err(broken(&format!("it refused CONNECT {authority} (HTTP {status})"))),
    }
}

/// Reads the head of the answer byte by byte, so that nothing behind it is lost: what follows is the tunnel.
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
async fn resolve(client: &Client, host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
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

/// Connects to the first address that answers; each gets its share of the time.
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

async fn handshake<S>(stream: S, is_http2: bool) -> Result<Connection, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let io = TokioIo::new(stream);
    // A connection's task ends when its sender is dropped or the other side closes; what went wrong reaches the request.
    if is_http2 {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .max_header_list_size(u32::try_from(READ_BUFFER_BYTES).unwrap_or(u32::MAX))
            .handshake(io)
            .await
            .map_err(|e| Failure::broken(&e))?;
        tokio::spawn(async move { drop(connection.await) });
        return Ok(Connection::http2(sender));
    }
    let (sender, connection) = http1::Builder::new()
        .max_headers(MAX_RESPONSE_HEADERS)
        .max_buf_size(READ_BUFFER_BYTES)
        .allow_spaces_after_header_name_in_responses(true)
        .handshake(io)
        .await
        .map_err(|e| Failure::broken(&e))?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(Connection::http1(sender))
}
