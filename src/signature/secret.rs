//! Shared secrets and their fingerprints.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::error::SecretError;
use super::facts::Algorithm;
use super::key::{Key, STANDARD_PREFIX};

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

/// A fingerprint, which distinguishes secrets without storing them: the first bytes of an HMAC of a fixed text under the secret.
/// Like any signature it lets its holder test guesses, so it is only as safe as the secret is long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 8]);

impl Fingerprint {
    /// What stands where no secret is: a broker vouches for the message.
    pub const NONE: Self = Self([0; 8]);

    /// The fingerprint of a secret's text. It cannot sign.
    pub fn of(text: &[u8]) -> Self {
        let key = Key::hmac(Algorithm::HmacSha256, text);
        let code = key.sign(&|sink: &mut dyn FnMut(&[u8])| sink(b"the fingerprint of a secret of syncctl"));
        let code = code.expect("keys of HMAC can sign");
        Self(*code.as_bytes().first_chunk().expect("its code is longer"))
    }
}

impl Secret {
    /// Its fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.as_text())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}
