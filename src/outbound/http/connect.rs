//! Opens HTTP connections.

use std::time::Duration;

use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite};

use super::pool::Connection;
use super::response::{MAX_HEADER_BYTES, MAX_HEADERS};
use crate::network::connect::{self, ClientStream, Connector, ServerAddress};
use crate::network::failure::{Failure, PhaseTimer};

/// The protocols that ALPN offers.
const PROTOCOLS: &[&[u8]] = &[b"h2", b"http/1.1"];

/// Opens a connection; the server's certificates are stored in `shown`.
pub(super) async fn connect(
    client: &Connector,
    origin: &ServerAddress,
    limit: Duration,
    trace: &PhaseTimer,
    shown: Option<&mut Vec<CertificateDer<'static>>>,
) -> Result<Connection, Failure> {
    let stream = connect::connect(client, origin, PROTOCOLS, limit, trace).await?;
    if let Some(shown) = shown {
        shown.extend(stream.certificates());
    }
    match stream {
        ClientStream::Plain(stream) => handshake(stream, false).await,
        ClientStream::Tls(stream) => {
            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            handshake(*stream, is_http2).await
        }
    }
}

async fn handshake<S>(stream: S, is_http2: bool) -> Result<Connection, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let io = TokioIo::new(stream);
    // A connection's task ends when its sender is dropped or the server closes it; errors are returned by the request.
    if is_http2 {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .max_header_list_size(u32::try_from(MAX_HEADER_BYTES).unwrap_or(u32::MAX))
            .handshake(io)
            .await
            .map_err(|e| Failure::broken(&e))?;
        tokio::spawn(async move { drop(connection.await) });
        return Ok(Connection::http2(sender));
    }
    let (sender, connection) = http1::Builder::new()
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEADER_BYTES)
        .allow_spaces_after_header_name_in_responses(true)
        .handshake(io)
        .await
        .map_err(|e| Failure::broken(&e))?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(Connection::http1(sender))
}
