//! The credentials that sign requests to AWS: those of the configuration, or the first that the usual places have.
//!
//! The places are those of the AWS SDKs, in their order: the environment, a profile, a web identity, a container's role, an instance's
//! role. Temporary credentials are renewed before they expire.

mod metadata;
mod profile;
mod web_identity;

use std::env;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

use super::super::Credentials;
use super::super::error::{BrokerError, LONG_WAIT};
use super::super::server::Server;
use crate::clock::{Clock, SystemClock, Timestamp};

/// How long before they expire credentials are renewed.
const RENEW_BEFORE: Duration = Duration::from_mins(5);
/// How long after an attempt to renew them the next one is made.
const RENEW_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// An AWS access key: its id, its secret, and until when it can be used.
#[derive(Clone)]
pub(super) struct AccessKey {
    /// Its id, which is no secret.
    pub(super) id: String,
    /// The secret part.
    pub(super) secret: Zeroizing<String>,
    /// The session token of temporary credentials.
    pub(super) token: Option<Zeroizing<String>>,
    /// When temporary credentials expire.
    ends: Option<Timestamp>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey(…)")
    }
}

impl AccessKey {
    /// An access key that does not expire.
    pub(super) fn new(id: &str, secret: &str, token: Option<&str>) -> Self {
        let hidden = |text: &str| Zeroizing::new(text.to_owned());
        let id = id.to_owned();
        Self { id, token: token.filter(|it| !it.is_empty()).map(hidden), ends: None, secret: hidden(secret) }
    }

    fn until(self, ends: Option<Timestamp>) -> Self {
        Self { ends, ..self }
    }

    /// The access key in the environment.
    fn of_environment() -> Option<Self> {
        let (id, secret) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
        Some(Self::new(&id, &secret, variable("AWS_SESSION_TOKEN").as_deref()))
    }
}

/// The value of an environment variable, if it is not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Reads a file that a variable names; an error says which.
fn read(path: &Path) -> Result<Zeroizing<String>, String> {
    std::fs::read_to_string(path).map(Zeroizing::new).map_err(|e| format!("failed to read {}: {e}", path.display()))
}

/// The chain of places in which credentials for AWS are looked for, and those that were found.
#[derive(Debug)]
pub(super) struct CredentialChain {
    /// The access key of the configuration.
    fixed: Option<Arc<AccessKey>>,
    server: Server,
    region: String,
    cached: Mutex<Option<CachedKeys>>,
}

/// Credentials that were found, and when they were last loaded.
#[derive(Debug)]
struct CachedKeys {
    keys: Arc<AccessKey>,
    asked: Instant,
}

impl CachedKeys {
    fn is_due(&self, now: Timestamp) -> bool {
        let ends_soon = self.keys.ends.is_some_and(|ends| ends <= now.plus(RENEW_BEFORE));
        ends_soon && self.asked.elapsed() >= RENEW_AGAIN_AFTER
    }
}

impl CredentialChain {
    /// The credentials for a server: those that the configuration gives, or else those of the usual places.
    pub(super) fn new(server: &Server, region: &str) -> Self {
        let fixed =
            server.credentials.as_ref().map(|Credentials { user, password }| AccessKey::new(user, password, None));
        Self { fixed: fixed.map(Arc::new), server: server.clone(), region: region.to_owned(), cached: Mutex::new(None) }
    }

    /// The credentials to sign with now.
    pub(super) async fn keys(&self, limit: Duration) -> Result<Arc<AccessKey>, BrokerError> {
        if let Some(fixed) = &self.fixed {
            return Ok(Arc::clone(fixed));
        }
        let mut cached = self.cached.lock().await;
        let now = SystemClock.now();
        if let Some(cached) = cached.as_ref().filter(|cached| !cached.is_due(now)) {
            return Ok(Arc::clone(&cached.keys));
        }
        let loaded = timeout(limit, self.load(limit)).await.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        let asked = Instant::now();
        match (loaded, cached.as_mut()) {
            (Ok(keys), _) => {
                let keys = Arc::new(keys);
                *cached = Some(CachedKeys { keys: Arc::clone(&keys), asked });
                Ok(keys)
            }
            (Err(why), Some(old)) if old.keys.ends.is_none_or(|ends| ends > now) => {
                tracing::warn!(%why, "the credentials for AWS end soon and cannot be renewed");
                old.asked = asked;
                Ok(Arc::clone(&old.keys))
            }
            (Err(why), _) => Err(BrokerError::Server(format!("sqs: no credentials: {why}"), LONG_WAIT)),
        }
    }

    /// Discards the credentials, because a server refused them; the next request loads new ones.
    pub(super) fn forget(&self) {
        if let Ok(mut cached) = self.cached.try_lock() {
            *cached = None;
        }
    }

    /// The credentials of the first place that has any.
    async fn load(&self, limit: Duration) -> Result<AccessKey, String> {
        if let Some(keys) = AccessKey::of_environment() {
            return Ok(keys);
        }
        if let Some(keys) = profile::load()? {
            return Ok(keys);
        }
        if let Some(keys) = web_identity::load(&self.server, &self.region, limit).await? {
            return Ok(keys);
        }
        if let Some(keys) = metadata::of_container(&self.server, limit).await? {
            return Ok(keys);
        }
        metadata::of_instance(limit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_soon_is_renewed_and_its_place_is_not_asked_all_the_time() {
        let now = Timestamp::from_millis(1_000_000_000_000);
        let until = |ends| AccessKey::new("id", "secret", Some("token")).until(ends);
        let is_due = |ends, seconds| {
            let asked = Instant::now().checked_sub(Duration::from_secs(seconds)).expect("the machine runs longer");
            CachedKeys { keys: Arc::new(until(ends)), asked }.is_due(now)
        };
        assert!(!is_due(None, 3_600), "what has no end");
        assert!(!is_due(Some(now.plus(Duration::from_mins(6))), 60));
        assert!(is_due(Some(now.plus(Duration::from_mins(4))), 60));
        assert!(!is_due(Some(now.plus(Duration::from_mins(4))), 5), "it was asked just now");
        assert!(is_due(Some(now.minus(Duration::from_mins(1))), 60));
        assert_eq!(format!("{:?}", until(None)), "AccessKey(…)");
    }
}
