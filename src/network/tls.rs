//! TLS: trusted certificates, client certificates, failures in words.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, SignatureScheme};

use super::failure_text::io_in_words;
use crate::clock::Timestamp;
use crate::untrusted::Untrusted;

/// A client certificate with its key, for mutual TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The PEM file of the certificate and its chain.
    pub chain: PathBuf,
    /// The PEM file of its key.
    pub key: PathBuf,
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// A client configuration that trusts `ca_file` if given, else the system's certificates, and sends `own` to servers that ask for
/// a certificate.
pub fn client_config(ca_file: Option<&Path>, own: Option<&ClientCertificate>) -> Result<rustls::ClientConfig, String> {
    let verifier = verifier(ca_file).map_err(|e| format!("tls: {e}"))?;
    let builder = builder()?.dangerous().with_custom_certificate_verifier(verifier);
    let Some(own) = own else { return Ok(builder.with_no_client_auth()) };
    let chain = certificates(&own.chain).map_err(|e| format!("tls: client certificate: {e}"))?;
    let key = PrivateKeyDer::from_pem_file(&own.key)
        .map_err(|e| format!("tls: failed to read the key in {}: {e}", own.key.display()))?;
    builder.with_client_auth_cert(chain, key).map_err(|e| format!("tls: client certificate: {e}"))
}

/// The configuration of a client without TLS.
pub fn trusting_nobody() -> Result<rustls::ClientConfig, String> {
    Ok(builder()?.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

fn builder() -> Result<rustls::ConfigBuilder<rustls::ClientConfig, rustls::WantsVerifier>, String> {
    let builder = rustls::ClientConfig::builder_with_provider(provider());
    builder.with_safe_default_protocol_versions().map_err(|e| format!("tls: {e}"))
}

/// The verifier of server certificates: a file of certificates if given, else the system's.
pub fn verifier(ca_file: Option<&Path>) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let Some(path) = ca_file else {
        return match rustls_platform_verifier::Verifier::new(provider()) {
            Ok(verifier) => Ok(Arc::new(verifier)),
            Err(e) => Err(format!("no usable CA certificates on this system ({e}); set tls.ca_file")),
        };
    };
    let trusted = certificates(path)?;
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(trusted.iter().cloned());
    if roots.is_empty() {
        return Err(format!("{} holds no certificate", path.display()));
    }
    match WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build() {
        Ok(inner) => Ok(Arc::new(CaFileVerifier { inner, trusted })),
        Err(e) => Err(e.to_string()),
    }
}

pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let failed = |e: &dyn std::fmt::Display| format!("failed to read {}: {e}", path.display());
    let all = CertificateDer::pem_file_iter(path).map_err(|e| failed(&e))?;
    let all: Vec<_> = all.flatten().collect();
    if all.is_empty() { Err(format!("{} holds no certificate", path.display())) } else { Ok(all) }
}

/// Verifies a server's certificate against the certificates of a file: one of them signed it, or it is one of them.
///
/// `openssl req -x509` makes a CA certificate, which the usual rules do not accept as a server's own.
#[derive(Debug)]
struct CaFileVerifier {
    inner: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for CaFileVerifier {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.inner.verify_server_cert(own, others, name, ocsp, now) {
            Err(error) if is_authority(&error) && self.trusted.iter().any(|it| it.as_ref() == own.as_ref()) => {
                verify_server_name(&ParsedCertificate::try_from(own)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Whether a certificate was refused only because it is a CA certificate. The library reports that only in its text.
fn is_authority(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else { return false };
    format!("{other:?}").contains("CaUsedAsEndEntity")
}

/// A failed handshake in words, with a remedy.
pub fn failure_in_words(error: &io::Error, host: &str) -> String {
    let cause = error.get_ref().and_then(|it| it.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(certificate)) => certificate_in_words(certificate, host, cause),
        Some(rustls::Error::AlertReceived(alert)) => format!("tls: the other side refused the handshake ({alert:?})"),
        Some(rustls::Error::PeerIncompatible(_)) => "tls: no version or cipher in common".to_owned(),
        Some(other) => format!("tls: {other}"),
        None if error.kind() == io::ErrorKind::UnexpectedEof => "tls: closed during the handshake".to_owned(),
        None => format!("tls: {}", io_in_words(error)),
    }
}

fn certificate_in_words(certificate: &CertificateError, host: &str, cause: Option<&rustls::Error>) -> String {
    match certificate {
        CertificateError::ExpiredContext { time, not_after } => {
            format!("tls: certificate expired {}, {} ago", day(*not_after), days(time.as_secs(), not_after.as_secs()))
        }
        CertificateError::Expired => "tls: certificate expired".to_owned(),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "tls: certificate is not valid yet, it begins {}, {} from now: check this machine's clock",
            day(*not_before),
            days(not_before.as_secs(), time.as_secs())
        ),
        CertificateError::NotValidYet => {
            "tls: certificate is not valid yet: check this machine's clock".to_owned()
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<&str> = presented.iter().map(|name| plain_name(name)).collect();
            let names = if names.is_empty() { "no name at all".to_owned() } else { names.join(", ") };
            format!("tls: certificate is for {names}, not {host}")
        }
        CertificateError::NotValidForName => format!("tls: certificate is for another name, not {host}"),
        CertificateError::UnknownIssuer => {
            "tls: certificate of an unknown issuer, self-signed or of a private CA: add it to tls.ca_file".to_owned()
        }
        CertificateError::Revoked => "tls: certificate was revoked".to_owned(),
        _ if cause.is_some_and(is_authority) => "tls: certificate is self-signed: add it to tls.ca_file".to_owned(),
        CertificateError::BadSignature => "tls: certificate has a wrong signature".to_owned(),
        CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "tls: certificate is not signed by the authority it names, but self-signed or of another one of that name: add it \
             to tls.ca_file"
                .to_owned()
        }
        CertificateError::BadEncoding => "tls: certificate cannot be read".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "tls: certificate is not one for servers".to_owned()
        }
        other => format!("tls: certificate is not valid: {}", Untrusted(&format!("{other:?}"))),
    }
}

/// The name in `DnsName("a.example")`, as the library prints it.
fn plain_name(name: &str) -> &str {
    let inner = name.split_once('(').map_or(name, |(_, rest)| rest.trim_end_matches(')'));
    inner.trim_matches('"')
}

fn day(time: UnixTime) -> String {
    let millis = i64::try_from(Duration::from_secs(time.as_secs()).as_millis()).unwrap_or(i64::MAX);
    let text = Timestamp::from_millis(millis).to_string();
    text.get(..10).unwrap_or(&text).to_owned()
}

fn days(later: u64, earlier: u64) -> String {
    let days = later.saturating_sub(earlier) / 86_400;
    match days {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        _ => format!("{days} days"),
    }
}
