//! Messages that are published to a broker or read from one, and the login there.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use zeroize::Zeroizing;

/// The user and password for a broker.
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

/// An event as a message that is published to a broker.
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

/// What `doctor` and `endpoints check` learn of a broker's queue or stream, without publishing to it or reading from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// What it is and how many messages it holds, in words.
    pub summary: String,
    /// How far its clock is ahead of ours, in milliseconds, if it tells its time.
    pub ahead_ms: Option<i64>,
    /// The days for which its certificate is still valid; none without TLS.
    pub valid_days: Option<u64>,
}

/// A webhook read from a message broker by `serve` or `consume`; the broker keeps it until it is acknowledged.
#[derive(Clone, Debug, Default)]
pub struct PendingMessage {
    /// How the broker identifies it: two numbers, such as those of a Redis entry.
    pub(super) tag: (u64, u64),
    /// What a request over HTTP would carry as headers, the signatures among them.
    pub headers: HeaderMap,
    /// The bytes that are signed.
    pub body: Bytes,
}
