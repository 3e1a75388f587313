//! Limits the audit rows of refused webhooks.
//!
//! The first refusals of a minute are written one by one; the rest is counted in memory and written once a second, so that a
//! flood of forgeries costs no write each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Timestamp;
use crate::store::inbound::{REFUSALS_A_MINUTE, RefusedWebhook};

/// Limits how many audit rows refused webhooks may write in a minute; further ones are only counted.
#[derive(Debug, Default)]
pub(super) struct AuditLimit(Mutex<HashMap<(&'static str, Arc<str>), MinuteRefusals>>);

/// How many refusals of one reason and route had a row of their own in the current minute, and how many were only
/// counted.
#[derive(Debug, Default)]
struct MinuteRefusals {
    number: i64,
    rows: u64,
    uncounted: u64,
}

impl AuditLimit {
    /// Whether a refusal gets a row of its own. Otherwise it is counted.
    pub(super) fn admit(&self, (reason, route): (&'static str, &Arc<str>), now: Timestamp) -> bool {
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = minutes.entry((reason, Arc::clone(route))).or_default();
        if minute.number != now.minute() {
            (minute.number, minute.rows) = (now.minute(), 0);
        }
        let own_row = minute.rows < REFUSALS_A_MINUTE;
        if own_row {
            minute.rows += 1;
        } else {
            minute.uncounted += 1;
        }
        own_row
    }

    /// Counts again what could not be written.
    pub(super) fn put_back(&self, refused: &[RefusedWebhook]) {
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for refused in refused {
            minutes.entry((refused.reason, Arc::clone(&refused.route))).or_default().uncounted += refused.count;
        }
    }

    /// Takes the counts that were not written yet.
    pub(super) fn take_counts(&self) -> Vec<RefusedWebhook> {
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        minutes
            .iter_mut()
            .filter(|(_, minute)| minute.uncounted > 0)
            .map(|((reason, route), minute)| {
                let count = std::mem::take(&mut minute.uncounted);
                RefusedWebhook { reason, route: Arc::clone(route), count, ..RefusedWebhook::default() }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_minute_are_written_and_the_rest_is_counted() {
        let (limit, now) = (AuditLimit::default(), Timestamp::from_millis_const(1_706_702_400_000));
        let route = Arc::from("");
        let written = (0..300).filter(|_| limit.admit(("code-mismatch", &route), now)).count();
        assert_eq!(written as u64, REFUSALS_A_MINUTE);
        assert!(limit.admit(("code-length", &route), now), "another reason has rows of its own");
        let counts: Vec<_> = limit.take_counts().into_iter().map(|refused| (refused.reason, refused.count)).collect();
        assert_eq!(counts, [("code-mismatch", 300 - REFUSALS_A_MINUTE)]);
        assert!(limit.take_counts().is_empty());
        limit.put_back(&[RefusedWebhook { reason: "code-length", count: 7, ..RefusedWebhook::default() }]);
        assert_eq!(limit.take_counts()[0].count, 7, "what could not be written is not lost");
        assert!(limit.admit(("code-mismatch", &route), now.plus(std::time::Duration::from_mins(1))));
    }
}
