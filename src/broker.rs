//! Message brokers: where events are published instead of being posted.
//!
//! An event is confirmed by the broker before it counts as delivered. Connections are opened by the same address rules, and trust
//! the same certificates, as those over HTTP; every failure is an [`Outcome`](crate::delivery::Outcome) in words.

#![cfg_attr(
    not(feature = "redis"),
    allow(unused_variables, unused_imports, reason = "a build without any broker publishes nothing")
)]

#[cfg(feature = "redis")]
mod redis;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::endpoint::{EndpointUrl, Protocol};
use crate::network::connect::Client;
use crate::network::failure::{Failure, Trace};

/// What a broker is shown.
#[derive(Clone)]
pub struct Credentials {
    /// The user; may be empty.
    pub user: String,
    /// The password.
    pub password: Zeroizing<String>,
}

impl Credentials {
    /// Reads `USER:PASSWORD`.
    pub fn parse(text: &str) -> Option<Self> {
        let (user, password) = text.split_once(':')?;
        Some(Self { user: user.to_owned(), password: Zeroizing::new(password.to_owned()) })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// An event as it is published.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// Its type.
    pub event_type: String,
    /// The type of what it is about.
    pub resource_type: String,
    /// The id of what it is about: the order of its messages is kept.
    pub resource_id: String,
    /// What a request over HTTP would carry as headers, the signatures among them.
    pub headers: HeaderMap,
    /// The bytes that are signed.
    pub body: Bytes,
}

/// What a broker said when it was looked at, and nothing was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// What it is, and what it holds for us.
    pub said: String,
    /// How far its clock is ahead of ours, in milliseconds, where it tells.
    pub ahead_ms: Option<i64>,
    /// The days for which it can still be trusted; none without TLS.
    pub valid_days: Option<u64>,
}

/// What publishes to one place of a broker, with the connections that are open to it.
#[derive(Debug)]
pub enum Publisher {
    /// A stream of Redis.
    #[cfg(feature = "redis")]
    Redis(redis::StreamWriter),
}

impl Publisher {
    /// Prepares the place of a URL. An error says why nothing can be published there.
    pub fn new(url: &EndpointUrl, credentials: Option<&Credentials>, client: &Arc<Client>) -> Result<Self, String> {
        match url.protocol() {
            #[cfg(feature = "redis")]
            Protocol::Redis => redis::StreamWriter::new(url, credentials, client).map(Self::Redis),
            other => Err(format!("this build of syncctl has no support for {} as a broker", other.name())),
        }
    }

    /// Publishes one message, and returns in words under which name the broker has it once it confirmed that.
    ///
    /// Whoever calls it sets the deadline `limit`, which this divides among its waits; `trace` says where it is.
    pub async fn publish(&self, message: &Message, limit: Duration, trace: &Trace) -> Result<String, Failure> {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref stream) => stream.publish(message, limit, trace).await,
        }
    }

    /// Connects and looks at the place, and publishes nothing.
    pub async fn inspect(&self, limit: Duration, trace: &Trace, clock: &dyn Clock) -> Result<Inspection, Failure> {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref stream) => stream.inspect(limit, trace, clock).await,
        }
    }

    /// Does not use an open connection again: an attempt on it had no end.
    pub fn close(&self) {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref stream) => stream.close(),
        }
    }

    /// Closes connections that have been idle for too long.
    pub fn evict_idle(&self) {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref stream) => stream.evict_idle(),
        }
    }
}
