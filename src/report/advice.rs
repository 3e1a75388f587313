//! Advice after an attempt that did not deliver, by its outcome.

use crate::delivery::Outcome;

/// Says what to check, unless `detail`, which describes the outcome, does so itself.
pub(super) fn advice(outcome: Outcome, detail: &str) -> Option<&'static str> {
    let text = match (outcome, outcome.status()) {
        (Outcome::Delivered { .. } | Outcome::Interrupted, _) => return None,
        (_, Some(401 | 403)) => {
            "it refuses the signature or the credentials: compare the secrets of both sides (`syncctl secret check` shows our \
             fingerprint)"
        }
        (_, Some(404 | 405)) => "check that the path of the URL is right, and that it accepts POST",
        (_, Some(410)) => "it answered 410 Gone",
        (_, Some(300..400)) => "redirects are never followed: set the new URL in the configuration",
        (_, Some(400 | 422)) => "it does not accept this event",
        (_, Some(_)) => "search the receiver's log for this event id",
        (Outcome::Refused, None) => "the egress address rules refuse it: find the rule with `syncctl endpoints check`",
        (Outcome::TimedOut, None) => {
            "its response takes longer than the endpoint's timeout: raise it, or respond before the work is done"
        }
        // The words of a failed handshake say what to do.
        (_, None) if detail.starts_with("tls:") => return None,
        (_, None) => "check its address and port, and that it is running",
    };
    Some(text)
}
