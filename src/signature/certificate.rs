//! ECDSA and RSA keys: public ones in PEM or base64, also in a certificate, and private ones for signing tests.
//!
//! A certificate is trusted because the operator names its file: issuer and expiry are not checked.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey,
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use webpki::EndEntityCert;

use super::facts::Algorithm;

/// A public key that verifies signatures.
#[derive(Debug)]
pub(super) struct PublicKey(ParsedPublicKey);

impl PublicKey {
    /// Reads a certificate or a public key in PEM, or a public key in base64 (SubjectPublicKeyInfo).
    pub(super) fn read(algorithm: Algorithm, text: &[u8]) -> Option<Self> {
        let key = of_certificate(text).or_else(|| of_pem(text)).or_else(|| of_base64(text))?;
        Self::of(algorithm, &key)
    }

    fn of(algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        ParsedPublicKey::new(verification(algorithm)?, key).ok().map(Self)
    }

    /// Whether `code` is a signature of `content` by the private key of this one.
    pub(super) fn verifies(&self, content: &[u8], code: &[u8]) -> bool {
        self.0.verify_sig(content, code).is_ok()
    }
}

fn verification(algorithm: Algorithm) -> Option<&'static dyn VerificationAlgorithm> {
    match algorithm {
        Algorithm::EcdsaP256 => Some(&ECDSA_P256_SHA256_ASN1),
        Algorithm::RsaSha256 => Some(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RsaSha1 => Some(&RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
        Algorithm::HmacSha1
        | Algorithm::HmacSha256
        | Algorithm::HmacSha512
        | Algorithm::SecretThenSha256
        | Algorithm::Token
        | Algorithm::Ed25519 => None,
    }
}

fn of_certificate(text: &[u8]) -> Option<Vec<u8>> {
    let certificate = CertificateDer::from_pem_slice(text).ok()?;
    Some(EndEntityCert::try_from(&certificate).ok()?.subject_public_key_info().to_vec())
}

fn of_pem(text: &[u8]) -> Option<Vec<u8>> {
    SubjectPublicKeyInfoDer::from_pem_slice(text).ok().map(|key| key.to_vec())
}

fn of_base64(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64.decode(text).ok().filter(|key| !key.is_empty())
}

/// A private key that signs, with its public key.
#[derive(Debug)]
pub(super) struct PrivateKey {
    pair: KeyPair,
    public: PublicKey,
}

/// A private key with its public key, of one of the two algorithms that sign: ECDSA or RSA.
#[derive(Debug)]
enum KeyPair {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl PrivateKey {
    /// Reads a private key in PEM (PKCS #8); signing with SHA-1 is not supported.
    pub(super) fn read(algorithm: Algorithm, text: &[u8]) -> Option<Self> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(text).ok()?;
        let key = key.secret_pkcs8_der();
        let (pair, public) = match algorithm {
            Algorithm::EcdsaP256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key).ok()?;
                let public = PublicKey::of(algorithm, pair.public_key().as_ref())?;
                (KeyPair::Ecdsa(pair), public)
            }
            Algorithm::RsaSha256 => {
                let pair = RsaKeyPair::from_pkcs8(key).ok()?;
                let public = PublicKey::of(algorithm, pair.public_key().as_ref())?;
                (KeyPair::Rsa(pair), public)
            }
            Algorithm::RsaSha1
            | Algorithm::HmacSha1
            | Algorithm::HmacSha256
            | Algorithm::HmacSha512
            | Algorithm::SecretThenSha256
            | Algorithm::Token
            | Algorithm::Ed25519 => return None,
        };
        Some(Self { pair, public })
    }

    pub(super) const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `content`; `None` if the system has no random bytes.
    pub(super) fn sign(&self, content: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.pair {
            KeyPair::Ecdsa(pair) => Some(pair.sign(&random, content).ok()?.as_ref().to_vec()),
            KeyPair::Rsa(pair) => {
                let mut code = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, content, &mut code).ok()?;
                Some(code)
            }
        }
    }
}
