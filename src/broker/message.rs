//! What goes to a broker and comes from one.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use zeroize::Zeroizing;

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

/// A webhook read from a message broker by `serve` or `consume`; the broker keeps it until it is acknowledged.
#[derive(Clone, Debug, Default)]
pub struct PendingMessage {
    /// By what the broker knows it: two numbers, as those of an entry of Redis.
    pub(super) tag: (u64, u64),
    /// What a request over HTTP would carry as headers, the signatures among them.
    pub headers: HeaderMap,
    /// The bytes that are signed.
    pub body: Bytes,
}
