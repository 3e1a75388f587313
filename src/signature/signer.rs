//! Signs outgoing requests: every delivery carries the original's header and that of Standard Webhooks.

use std::fmt;

use super::facts::Algorithm;
use super::key::Key;
use super::message::Message;
use super::registry::{ORIGINAL, STANDARD, find};
use super::scheme::Scheme;
use super::secret::Secret;
use super::verify;

/// Signs outgoing requests by both schemes that receivers may verify, with keys prepared once.
#[derive(Clone)]
pub struct Signer {
    original: KeyedScheme,
    standard: KeyedScheme,
}

/// One of the two schemes by which requests are signed, and its keys.
#[derive(Clone)]
struct KeyedScheme {
    scheme: &'static dyn Scheme,
    keys: Vec<Key>,
}

impl KeyedScheme {
    fn new(scheme: &str, keys: impl Iterator<Item = Key>) -> Self {
        Self { scheme: find(scheme).expect("a scheme of the table"), keys: keys.collect() }
    }

    fn value(&self, message: &Message<'_>) -> String {
        let codes = verify::codes(self.scheme, message, &self.keys).expect("keys of HMAC can sign");
        self.scheme.value(message, &codes)
    }
}

/// The two signatures of one outgoing request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignaturePair {
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
            original: KeyedScheme::new(ORIGINAL, std::iter::once(key(original.as_text()))),
            standard: KeyedScheme::new(STANDARD, secrets.iter().map(|secret| key(secret.standard_key()))),
        }
    }

    /// Signs one request (Standard Webhooks signs `id.timestamp.body`, the original the body alone).
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> SignaturePair {
        let message = Message { method: "POST", url: "", id, time: &timestamp.to_string(), body, context: "" };
        SignaturePair { original: self.original.value(&message), standard: self.standard.value(&message) }
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
    use crate::signature::error::SecretError;

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
