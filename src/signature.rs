//! Secrets and signatures: how a receiver knows who sent an event and that nobody changed it.

mod code;
pub mod diff;
mod discord;
pub mod explain;
mod generic;
mod hubspot;
pub mod hygiene;
mod key;
mod linear;
mod pairs;
mod received;
pub mod scheme;
pub mod show;
mod standard;
pub mod table;
mod twilio;
mod verify;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

pub use code::{Code, Codes, Encoding};
pub use generic::{Description, Generic, TemplateError};
pub use key::{Content, Key};
pub use received::Received;
pub use scheme::{Algorithm, Facts, Header, Message, Part, Protects, Scheme, TimeForm, Tolerance};
pub use table::{ORIGINAL, STANDARD, detect, find, schemes, told_by};
pub use verify::{Refusal, SignError, TimeFact, Verdict, sign, verify};

/// The prefix of a Standard Webhooks secret; the rest of it is base64.
pub const STANDARD_PREFIX: &str = "whsec_";

/// Why a secret cannot be used. The secret itself is never part of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nothing, or only white space.
    #[error("the secret is empty")]
    Empty,
    /// `whsec_` is followed by something that is not base64.
    #[error("the secret begins with whsec_ but the rest is not valid base64")]
    Base64,
    /// Not an Ed25519 key of Standard Webhooks.
    #[error("the key must be whsk_ (private) or whpk_ (public) and base64")]
    Pair,
    /// Not an Ed25519 public key in hex.
    #[error("the key must be an Ed25519 public key of 64 hex digits")]
    HexPublic,
}

/// A shared secret. It prints as redacted and is wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret {
    text: Zeroizing<String>,
    standard_key: Zeroizing<Vec<u8>>,
}

impl Secret {
    /// Takes a secret's text as configured.
    ///
    /// With the prefix `whsec_` the rest is base64-decoded for Standard Webhooks and the whole is used as text for
    /// `X-Webhook-Signature`; any other secret is used as text for both.
    pub fn new(text: String) -> Result<Self, SecretError> {
        let text = Zeroizing::new(text);
        if text.trim().is_empty() {
            return Err(SecretError::Empty);
        }
        let standard_key = match text.strip_prefix(STANDARD_PREFIX) {
            Some(encoded) => BASE64.decode(encoded).map_err(|_| SecretError::Base64)?,
            None => text.as_bytes().to_vec(),
        };
        if standard_key.is_empty() {
            return Err(SecretError::Empty);
        }
        Ok(Self { standard_key: Zeroizing::new(standard_key), text })
    }

    /// The secret as text: the key of `X-Webhook-Signature` and of most other schemes.
    pub fn as_text(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The key of Standard Webhooks.
    pub fn standard_key(&self) -> &[u8] {
        &self.standard_key
    }
}

/// Tells secrets apart without holding them: the first bytes of an HMAC of a fixed text, whose key is the secret. Like any
/// signature it lets who holds it try guesses, so it is worth as much as the secret is long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 8]);

impl Secret {
    /// What it can be told by later; who has only this cannot sign.
    pub fn fingerprint(&self) -> Fingerprint {
        let key = Key::hmac(Algorithm::HmacSha256, self.as_text());
        let code = key.sign(&|sink: &mut dyn FnMut(&[u8])| sink(b"the fingerprint of a secret of syncctl"));
        let code = code.expect("keys of HMAC can sign");
        Fingerprint(*code.as_bytes().first_chunk().expect("its code is longer"))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// Signs what goes out by both schemes, with keys prepared once.
#[derive(Clone)]
pub struct Signer {
    original: Half,
    standard: Half,
}

/// One of the two schemes, and its keys.
#[derive(Clone)]
struct Half {
    scheme: &'static dyn Scheme,
    keys: Vec<Key>,
}

impl Half {
    fn new(scheme: &str, keys: impl Iterator<Item = Key>) -> Self {
        Self { scheme: find(scheme).expect("a scheme of the table"), keys: keys.collect() }
    }

    fn value(&self, message: &Message<'_>) -> String {
        let codes = verify::codes(self.scheme, message, &self.keys).expect("keys of HMAC can sign");
        self.scheme.value(message, &codes)
    }
}

/// The two signatures of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// `X-Webhook-Signature`: lower-case hex HMAC-SHA256 of the body.
    pub original: String,
    /// `webhook-signature`: `v1,<base64>`, one per secret, newest first, separated by spaces.
    pub standard: String,
}

impl Signer {
    /// A signer for `secrets`, newest first; `original` signs the original's header.
    pub fn new(original: &Secret, secrets: &[&Secret]) -> Self {
        let key = |bytes| Key::hmac(Algorithm::HmacSha256, bytes);
        Self {
            original: Half::new(ORIGINAL, std::iter::once(key(original.as_text()))),
            standard: Half::new(STANDARD, secrets.iter().map(|secret| key(secret.standard_key()))),
        }
    }

    /// Signs one request (Standard Webhooks signs `id.timestamp.body`, the original the body alone).
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> Signed {
        let message = Message { method: "POST", url: "", id, time: &timestamp.to_string(), body };
        Signed { original: self.original.value(&message), standard: self.standard.value(&message) }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({} secrets)", self.standard.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"event-123","type":"enrollment.created","resourceId":"enrollment-123"}"#;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned()).expect("a good secret")
    }

    #[test]
    fn both_headers_carry_the_known_answers() {
        let text = secret("syncctl-test-secret");
        let standard = secret("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
        let signed = Signer::new(&text, &[&standard]).sign("msg_event-123", 1_706_702_400, BODY);
        assert_eq!(signed.original, "f527a5c7369cba3d9dc2b491b97b5f7c67c517643d832db49d0da0803e859a1c");
        assert_eq!(signed.standard, "v1,d/8GfSWwBGeg/DuKHBKnuctrioY586ZienhMXGOY72I=");
    }

    #[test]
    fn a_rotation_signs_with_both_newest_first() {
        let (new, old) = (secret("new"), secret("old"));
        let both = Signer::new(&old, &[&new, &old]).sign("id", 1, BODY);
        let one = |s: &Secret| Signer::new(s, &[s]).sign("id", 1, BODY);
        assert_eq!(both.standard, format!("{} {}", one(&new).standard, one(&old).standard));
        assert_eq!(both.original, one(&old).original);
    }

    #[test]
    fn unusable_secrets_are_refused_and_none_is_ever_printed() {
        assert_eq!(Secret::new(" \n".into()).err(), Some(SecretError::Empty));
        assert_eq!(Secret::new("whsec_".into()).err(), Some(SecretError::Empty));
        assert_eq!(Secret::new("whsec_not base64".into()).err(), Some(SecretError::Base64));
        assert!(!format!("{:?}", secret("hunter2")).contains("hunter2"));
    }
}
