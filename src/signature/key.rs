//! Keys, prepared once so that each request costs only its own bytes.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::certificate::{PrivateKey, PublicKey};
use super::code::Code;
use super::error::SecretError;
use super::facts::{Algorithm, KeyForm};

/// The prefix of a Standard Webhooks secret; the rest of it is base64.
pub const STANDARD_PREFIX: &str = "whsec_";
/// The prefix of a private Ed25519 key of Standard Webhooks.
pub(super) const PRIVATE_PREFIX: &str = "whsk_";
/// The prefix of a public Ed25519 key of Standard Webhooks.
pub(super) const PUBLIC_PREFIX: &str = "whpk_";

/// A key that is ready to sign and verify with. It prints as redacted.
#[derive(Clone)]
pub struct Key(KeyMaterial);

/// What a key is made of, in the form its algorithm takes.
#[derive(Clone)]
enum KeyMaterial {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha512(Hmac<Sha512>),
    /// SHA-256 that has hashed the secret already.
    SecretThenSha256(Sha256),
    /// The secret itself.
    Token(Zeroizing<Vec<u8>>),
    Private(Box<SigningKey>),
    Public(Box<VerifyingKey>),
    /// A private key of ECDSA or RSA.
    Signing(Arc<PrivateKey>),
    Verifying(Arc<PublicKey>),
}

/// The signed content: a function that passes its bytes, piece by piece, to another one.
pub type Content<'a> = dyn Fn(&mut dyn FnMut(&[u8])) + 'a;

impl Key {
    /// Reads a secret's text as `form` says.
    pub fn read(form: KeyForm, algorithm: Algorithm, secret: &[u8]) -> Result<Self, SecretError> {
        // A prefix alone is an incomplete secret.
        let core = secret.trim_ascii();
        if core.is_empty() || [STANDARD_PREFIX, PRIVATE_PREFIX, PUBLIC_PREFIX].iter().any(|it| it.as_bytes() == core) {
            return Err(SecretError::Empty);
        }
        match form {
            KeyForm::Text => Ok(Self::hmac(algorithm, secret)),
            KeyForm::Standard => Ok(Self::hmac(algorithm, &standard_bytes(secret)?)),
            KeyForm::StandardPair => standard_pair(secret),
            KeyForm::HexPublic => hex_pair(secret),
            KeyForm::Hex => {
                let bytes = Zeroizing::new(hex::decode(secret).map_err(|_| SecretError::Hex)?);
                Ok(Self::hmac(algorithm, &bytes))
            }
            KeyForm::Certificate => certificate_or_key(algorithm, secret),
        }
    }

    /// A key of these bytes. For algorithms with key pairs it is an HMAC-SHA256 key.
    pub fn hmac(algorithm: Algorithm, key: &[u8]) -> Self {
        Self(match algorithm {
            Algorithm::HmacSha1 => KeyMaterial::Sha1(Hmac::new_from_slice(key).expect("HMAC takes keys of any length")),
            Algorithm::HmacSha512 => {
                KeyMaterial::Sha512(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
            }
            Algorithm::SecretThenSha256 => KeyMaterial::SecretThenSha256(Sha256::new_with_prefix(key)),
            Algorithm::Token => KeyMaterial::Token(Zeroizing::new(key.to_vec())),
            Algorithm::HmacSha256
            | Algorithm::Ed25519
            | Algorithm::EcdsaP256
            | Algorithm::RsaSha256
            | Algorithm::RsaSha1 => {
                KeyMaterial::Sha256(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
            }
        })
    }

    /// Signs; `None` for a public key, which cannot.
    pub fn sign(&self, content: &Content<'_>) -> Option<Code> {
        match &self.0 {
            KeyMaterial::Sha1(mac) => Some(Code::new(&finish(mac.clone(), content))),
            KeyMaterial::Sha256(mac) => Some(Code::new(&finish(mac.clone(), content))),
            KeyMaterial::Sha512(mac) => Some(Code::new(&finish(mac.clone(), content))),
            KeyMaterial::SecretThenSha256(hash) => Some(Code::new(&hashed(hash.clone(), content))),
            KeyMaterial::Token(secret) => Some(Code::new(secret)),
            KeyMaterial::Private(key) => Some(Code::new(&key.sign(&gather(content)).to_bytes())),
            KeyMaterial::Signing(key) => Some(Code::new(&key.sign(&gather(content))?)),
            KeyMaterial::Public(_) | KeyMaterial::Verifying(_) => None,
        }
    }

    /// The first of `codes` that is the code of `content` under this key.
    ///
    /// A code of another length never matches. The comparison is constant-time.
    pub fn matching<'c>(&self, content: &Content<'_>, codes: impl IntoIterator<Item = &'c Code>) -> Option<usize> {
        match &self.0 {
            KeyMaterial::Sha1(mac) => equal(&finish(mac.clone(), content), codes),
            KeyMaterial::Sha256(mac) => equal(&finish(mac.clone(), content), codes),
            KeyMaterial::Sha512(mac) => equal(&finish(mac.clone(), content), codes),
            KeyMaterial::SecretThenSha256(hash) => equal(&hashed(hash.clone(), content), codes),
            KeyMaterial::Token(secret) => equal(secret, codes),
            KeyMaterial::Private(key) => verified(&key.verifying_key(), content, codes),
            KeyMaterial::Public(key) => verified(key, content, codes),
            KeyMaterial::Signing(key) => verified_by(key.public(), content, codes),
            KeyMaterial::Verifying(key) => verified_by(key, content, codes),
        }
    }

    /// The public half of an Ed25519 key, as Standard Webhooks writes it.
    pub fn public_text(&self) -> Option<String> {
        let write = |key: &VerifyingKey| format!("{PUBLIC_PREFIX}{}", BASE64.encode(key.as_bytes()));
        match &self.0 {
            KeyMaterial::Private(key) => Some(write(&key.verifying_key())),
            KeyMaterial::Public(key) => Some(write(key)),
            KeyMaterial::Sha1(_)
            | KeyMaterial::Sha256(_)
            | KeyMaterial::Sha512(_)
            | KeyMaterial::SecretThenSha256(_)
            | KeyMaterial::Token(_)
            | KeyMaterial::Signing(_)
            | KeyMaterial::Verifying(_) => None,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(redacted)")
    }
}

fn finish<M: Mac>(mut mac: M, content: &Content<'_>) -> hmac::digest::Output<M> {
    content(&mut |piece| mac.update(piece));
    mac.finalize().into_bytes()
}

fn hashed(mut hash: Sha256, content: &Content<'_>) -> [u8; 32] {
    content(&mut |piece| hash.update(piece));
    hash.finalize().into()
}

fn gather(content: &Content<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    content(&mut |piece| bytes.extend_from_slice(piece));
    bytes
}

fn equal<'c>(code: &[u8], codes: impl IntoIterator<Item = &'c Code>) -> Option<usize> {
    codes.into_iter().position(|given| same(given.as_bytes(), code))
}

/// Whether two codes are equal, in a time that depends only on their lengths: differences are accumulated without a branch.
fn same(given: &[u8], right: &[u8]) -> bool {
    let differing = given.iter().zip(right).fold(0, |all, (given, right)| all | (given ^ right));
    given.len() == right.len() && bool::from(differing.ct_eq(&0))
}

fn verified<'c>(key: &VerifyingKey, content: &Content<'_>, codes: impl IntoIterator<Item = &'c Code>) -> Option<usize> {
    let content = gather(content);
    let right =
        |code: &Code| Signature::from_slice(code.as_bytes()).is_ok_and(|s| key.verify_strict(&content, &s).is_ok());
    codes.into_iter().position(right)
}

fn verified_by<'c>(key: &PublicKey, content: &Content<'_>, codes: impl IntoIterator<Item = &'c Code>) -> Option<usize> {
    let content = gather(content);
    codes.into_iter().position(|code| key.verifies(&content, code.as_bytes()))
}

/// A certificate or a public key to verify with, or a private key.
fn certificate_or_key(algorithm: Algorithm, secret: &[u8]) -> Result<Key, SecretError> {
    let private = PrivateKey::read(algorithm, secret).map(|key| KeyMaterial::Signing(Arc::new(key)));
    let public = || PublicKey::read(algorithm, secret).map(|key| KeyMaterial::Verifying(Arc::new(key)));
    private.or_else(public).map(Key).ok_or(SecretError::Certificate)
}

/// The key of Standard Webhooks: base64 after `whsec_`, any other text as it is.
pub(crate) fn standard_bytes(secret: &[u8]) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let key = match secret.strip_prefix(STANDARD_PREFIX.as_bytes()) {
        Some(encoded) => BASE64.decode(encoded).map_err(|_| SecretError::Base64)?,
        None => secret.to_vec(),
    };
    if key.is_empty() { Err(SecretError::Empty) } else { Ok(Zeroizing::new(key)) }
}

fn standard_pair(secret: &[u8]) -> Result<Key, SecretError> {
    if let Some(encoded) = secret.strip_prefix(PRIVATE_PREFIX.as_bytes()) {
        let bytes = Zeroizing::new(BASE64.decode(encoded).map_err(|_| SecretError::Pair)?);
        return private_key(&bytes);
    }
    let encoded = secret.strip_prefix(PUBLIC_PREFIX.as_bytes()).ok_or(SecretError::Pair)?;
    public_key(&BASE64.decode(encoded).map_err(|_| SecretError::Pair)?)
}

fn hex_pair(secret: &[u8]) -> Result<Key, SecretError> {
    if secret.starts_with(PRIVATE_PREFIX.as_bytes()) {
        return standard_pair(secret);
    }
    public_key(&hex::decode(secret).map_err(|_| SecretError::HexPublic)?).map_err(|_| SecretError::HexPublic)
}

/// A private key is its 32-byte seed, or the seed followed by the public key.
fn private_key(bytes: &[u8]) -> Result<Key, SecretError> {
    let key = if let Ok(seed) = <&[u8; 32]>::try_from(bytes) {
        SigningKey::from_bytes(seed)
    } else {
        let pair = <&[u8; 64]>::try_from(bytes).map_err(|_| SecretError::Pair)?;
        SigningKey::from_keypair_bytes(pair).map_err(|_| SecretError::Pair)?
    };
    Ok(Key(KeyMaterial::Private(Box::new(key))))
}

fn public_key(bytes: &[u8]) -> Result<Key, SecretError> {
    let bytes = <&[u8; 32]>::try_from(bytes).map_err(|_| SecretError::Pair)?;
    let key = VerifyingKey::from_bytes(bytes).map_err(|_| SecretError::Pair)?;
    Ok(Key(KeyMaterial::Public(Box::new(key))))
}
