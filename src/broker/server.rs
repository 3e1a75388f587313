//! The server of a broker: its address and the login there.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;

use super::Credentials;
use crate::clock::Timestamp;
use crate::endpoint::EndpointUrl;
use crate::network::connect::{self, ClientStream, Connector, ServerAddress};
use crate::network::failure::{Failure, PhaseTimer};

/// The server of a broker: its address, the connector that opens connections to it, and the login.
#[derive(Clone)]
pub(super) struct Server {
    client: Arc<Connector>,
    pub(super) origin: ServerAddress,
    pub(super) credentials: Option<Credentials>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({}:{})", self.origin.host, self.origin.port)
    }
}

impl Server {
    /// The server of a URL.
    pub(super) fn new(url: &EndpointUrl, credentials: Option<&Credentials>, client: &Arc<Connector>) -> Self {
        let origin = ServerAddress { is_secure: url.is_secure(), host: url.host(), port: url.port() };
        Self { client: Arc::clone(client), origin, credentials: credentials.cloned() }
    }

    /// The host, with the port if that is not the default: the value of `Host`.
    #[cfg(feature = "sqs")]
    pub(super) fn authority(&self) -> String {
        let ServerAddress { is_secure, host, port } = &self.origin;
        if *port == if *is_secure { 443 } else { 80 } { host.clone() } else { format!("{host}:{port}") }
    }

    /// The way to another server, by the same rules and with the same certificates.
    #[cfg(feature = "sqs")]
    pub(super) fn at(&self, origin: ServerAddress) -> Self {
        Self { client: Arc::clone(&self.client), origin, credentials: None }
    }

    /// Opens a connection by the address rules.
    pub(super) async fn connect(&self, limit: Duration, trace: &PhaseTimer) -> Result<ClientStream, Failure> {
        connect::connect(&self.client, &self.origin, &[], limit, trace).await
    }

    /// The days for which the certificates that it showed can still be trusted; none without TLS.
    pub(super) fn valid_days(&self, certificates: &[CertificateDer<'static>], now: Timestamp) -> Option<u64> {
        connect::valid_days(certificates, &self.origin, self.client.ca_file(), now)
    }
}
