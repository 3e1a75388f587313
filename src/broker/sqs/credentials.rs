//! The credentials that requests to AWS are signed with: those of the configuration, or the first that the usual places have.
//!
//! The places are those of the SDKs of AWS, in their order: the environment, a profile of its files, a web identity, a container's role, an
//! instance's role. Credentials that end are renewed before they do.

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
use super::super::refusal::{LONG_WAIT, Refused};
use super::super::server::Server;
use crate::clock::{Clock, SystemClock, Timestamp};

/// How long before their end credentials are renewed.
const RENEW_BEFORE: Duration = Duration::from_mins(5);
/// How long after an attempt to renew them the next one is made.
const RENEW_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// An access key.
#[derive(Clone)]
pub(super) struct Keys {
    /// Its id, which is no secret.
    pub(super) id: String,
    /// The secret part.
    pub(super) secret: Zeroizing<String>,
    /// What is sent as well with credentials that end.
    pub(super) token: Option<Zeroizing<String>>,
    /// When they end, if they do.
    ends: Option<Timestamp>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// An access key that has no end.
    pub(super) fn new(id: &str, secret: &str, token: Option<&str>) -> Self {
        let hidden = |text: &str| Zeroizing::new(text.to_owned());
        let id = id.to_owned();
        Self { id, token: token.filter(|it| !it.is_empty()).map(hidden), ends: None, secret: hidden(secret) }
    }

    fn until(self, ends: Option<Timestamp>) -> Self {
        Self { ends, ..self }
    }

    /// Those in the environment.
    fn of_environment() -> Option<Self> {
        let (id, secret) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
        Some(Self::new(&id, &secret, variable("AWS_SESSION_TOKEN").as_deref()))
    }
}

/// The value of a variable of the environment that is not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Reads a file that a variable names; an error says which.
fn read(path: &Path) -> Result<Zeroizing<String>, String> {
    std::fs::read_to_string(path).map(Zeroizing::new).map_err(|e| format!("failed to read {}: {e}", path.display()))
}

/// The place of the credentials, with those that it gave.
#[derive(Debug)]
pub(super) struct Chain {
    /// Those of the configuration.
    fixed: Option<Arc<Keys>>,
    server: Server,
    region: String,
    cached: Mutex<Option<Cached>>,
}

/// Credentials, and when their place was last asked.
#[derive(Debug)]
struct Cached {
    keys: Arc<Keys>,
    asked: Instant,
}

impl Cached {
    fn is_due(&self, now: Timestamp) -> bool {
        let ends_soon = self.keys.ends.is_some_and(|ends| ends <= now.plus(RENEW_BEFORE));
        ends_soon && self.asked.elapsed() >= RENEW_AGAIN_AFTER
    }
}

impl Chain {
    /// The credentials for a server: those that the configuration gives, or else those of the usual places.
    pub(super) fn new(server: &Server, region: &str) -> Self {
        let fixed = server.credentials.as_ref().map(|Credentials { user, password }| Keys::new(user, password, None));
        Self { fixed: fixed.map(Arc::new), server: server.clone(), region: region.to_owned(), cached: Mutex::new(None) }
    }

    /// The credentials to sign with now.
    pub(super) async fn keys(&self, limit: Duration) -> Result<Arc<Keys>, Refused> {
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
                *cached = Some(Cached { keys: Arc::clone(&keys), asked });
                Ok(keys)
            }
            (Err(why), Some(old)) if old.keys.ends.is_none_or(|ends| ends > now) => {
                tracing::warn!(%why, "the credentials for AWS end soon and cannot be renewed");
                old.asked = asked;
                Ok(Arc::clone(&old.keys))
            }
            (Err(why), _) => Err(Refused::Server(format!("sqs: no credentials: {why}"), LONG_WAIT)),
        }
    }

    /// Asks for credentials anew the next time: a server refuses these.
    pub(super) fn forget(&self) {
        if let Ok(mut cached) = self.cached.try_lock() {
            *cached = None;
        }
    }

    /// The first that a place has.
    async fn load(&self, limit: Duration) -> Result<Keys, String> {
        if let Some(keys) = Keys::of_environment() {
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
        let until = |ends| Keys::new("id", "secret", Some("token")).until(ends);
        let is_due = |ends, seconds| {
            let asked = Instant::now().checked_sub(Duration::from_secs(seconds)).expect("the machine runs longer");
            Cached { keys: Arc::new(until(ends)), asked }.is_due(now)
        };
        assert!(!is_due(None, 3_600), "what has no end");
        assert!(!is_due(Some(now.plus(Duration::from_mins(6))), 60));
        assert!(is_due(Some(now.plus(Duration::from_mins(4))), 60));
        assert!(!is_due(Some(now.plus(Duration::from_mins(4))), 5), "it was asked just now");
        assert!(is_due(Some(now.minus(Duration::from_mins(1))), 60));
        assert_eq!(format!("{:?}", until(None)), "Keys(…)");
    }
}
