//! Refused requests that are kept whole for a while, and the figures of what was received.

use std::time::Duration;

use super::VerifiedWebhook;
use crate::clock::Timestamp;

/// How long a refused request is kept.
pub const REQUESTS_KEPT_FOR: Duration = Duration::from_hours(7 * 24);
/// The most bytes of kept requests of one source; beyond, its oldest are removed.
pub const MAX_KEPT_BYTES_PER_SOURCE: u64 = 8 * 1024 * 1024;
/// The most bytes of all kept requests; beyond, the oldest of the source with the most are removed.
pub const MAX_KEPT_BYTES: u64 = 64 * 1024 * 1024;

/// What a webhook says of itself and what verifying it found, for the audit log: what it claims is not verified unless the
/// signature was right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusalDetails {
    /// The scheme of its signature.
    pub scheme: Option<String>,
    /// Whether its signature was right; `None` when it was not checked.
    pub signature_is_right: Option<bool>,
    /// The id it claims.
    pub claimed_id: Option<String>,
    /// The event type it claims.
    pub claimed_type: Option<String>,
    /// The first field that was wrong.
    pub field: Option<String>,
    /// How many milliseconds its signed time lay behind our clock; negative when ahead.
    pub skew_ms: Option<i64>,
}

impl RefusalDetails {
    /// Those of a webhook that verified and is refused all the same.
    pub fn of_verified(webhook: &VerifiedWebhook) -> Self {
        Self {
            signature_is_right: Some(true),
            claimed_id: Some(webhook.id.to_string()),
            claimed_type: Some(webhook.draft.event_type.clone()),
            ..Self::default()
        }
    }
}

/// The headers and body of a refused request, kept so that it can be examined and replayed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestCopy {
    /// Names and values of its headers, a character for each byte of a value. Credentials are left out.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// A refused request that is kept for a replay, as lists show it: without headers and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRequest {
    /// Its number.
    pub id: i64,
    /// When it arrived.
    pub at: Timestamp,
    /// The address it came from.
    pub source: String,
    /// The path it was sent to.
    pub route: String,
    /// Why it was refused.
    pub reason: String,
    /// The bytes of its headers and body.
    pub bytes: u64,
    /// When it was replayed, if it was.
    pub replayed_at: Option<Timestamp>,
    /// What became of it then.
    pub result: Option<String>,
}

/// How many webhooks arrived at one route within a time window with one result: accepted, or refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookTotal {
    /// The path.
    pub route: String,
    /// Why it was refused; `None` for what was accepted.
    pub reason: Option<String>,
    /// How much.
    pub count: u64,
    /// The sum of the measured skews in milliseconds, and how many were measured.
    pub skew: (i64, u64),
}

/// The received webhooks in figures, by which `health` judges whether they still arrive and verify.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceivedFigures {
    /// What was received in the window, by route and reason.
    pub rates: Vec<WebhookTotal>,
    /// When a webhook last verified, if one did within [`REMEMBERED`](super::REMEMBERED).
    pub last_accepted_at: Option<Timestamp>,
    /// The minute in which a webhook last verified at each route, however long ago that was.
    pub last_by_route: Vec<(String, Timestamp)>,
}
