//! The secrets of the routes, of which only hashes are kept, and compared in constant time.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::inbound::Keys;
use crate::signature::Secret;

/// The hash of a secret. Comparing hashes tells nothing of a secret's length or beginning.
#[derive(Clone)]
pub(super) struct HashedSecret([u8; 32]);

impl HashedSecret {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// Whether both are hashes of the same secret, in constant time.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    fn matches(&self, given: &[u8]) -> bool {
        self.is(&Self::new(given))
    }
}

impl fmt::Debug for HashedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedSecret")
    }
}

/// The secrets of the routes. A route whose secret is not configured refuses everyone.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The keys that webhooks may be signed with.
    pub(super) webhook: Keys,
    admin: Option<HashedSecret>,
    cron: Option<HashedSecret>,
}

impl Secrets {
    /// Hashes the tokens; the keys of webhooks are kept, as signatures cannot be verified by a hash.
    pub fn new(webhook: Keys, admin: Option<&Secret>, cron: Option<&Secret>) -> Self {
        let hashed = |secret: &Secret| HashedSecret::new(secret.as_text());
        Self { webhook, admin: admin.map(hashed), cron: cron.map(hashed) }
    }

    /// The hash of the admin token, if one is configured.
    pub(super) fn admin(&self) -> Option<&HashedSecret> {
        self.admin.as_ref()
    }

    /// The hash of the admin token, if `given` is that token.
    pub(super) fn verify_admin(&self, given: &[u8]) -> Option<HashedSecret> {
        self.admin.clone().filter(|admin| admin.matches(given))
    }

    /// Whether `given` is the admin token.
    pub(super) fn is_admin(&self, given: Option<&[u8]>) -> bool {
        matches(self.admin.as_ref(), given)
    }

    /// Whether `given` is the cron secret.
    pub(super) fn is_cron(&self, given: Option<&[u8]>) -> bool {
        matches(self.cron.as_ref(), given)
    }
}

fn matches(secret: Option<&HashedSecret>, given: Option<&[u8]>) -> bool {
    secret.zip(given).is_some_and(|(secret, given)| secret.matches(given))
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(redacted)")
    }
}
