//! Refused webhooks on their way into the audit log.
//!
//! The first of a minute are written one by one; the rest is counted in memory and written once a second, so that a flood of
//! forgeries costs no write each.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{App, PATIENCE};
use crate::clock::Timestamp;
use crate::store::inbound::{REFUSALS_A_MINUTE, Refused};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<HashMap<&'static str, Minute>>);

#[derive(Debug, Default)]
struct Minute {
    number: i64,
    rows: u64,
    uncounted: u64,
}

impl Refusals {
    /// Whether a refusal gets a row of its own; otherwise it was counted.
    fn note(&self, reason: &'static str, now: Timestamp) -> bool {
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = minutes.entry(reason).or_default();
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

    /// Counts what could not be written, so that it is written later.
    fn put_back(&self, refused: &[Refused]) {
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for refused in refused {
            minutes.entry(refused.reason).or_default().uncounted += refused.count;
        }
    }

    fn take_counts(&self) -> Vec<Refused> {
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        minutes
            .iter_mut()
            .filter(|(_, minute)| minute.uncounted > 0)
            .map(|(reason, minute)| {
                let count = std::mem::take(&mut minute.uncounted);
                Refused { reason, digest: None, source: String::new(), count }
            })
            .collect()
    }
}

impl App {
    /// Audits a refused webhook within the limit. The caller learns nothing of it, whether it works or not.
    pub(super) async fn audit_refusal(&self, reason: &'static str, digest: Option<[u8; 32]>, source: String) {
        let now = self.now();
        self.metrics.refused(reason);
        if self.refusals.note(reason, now) {
            self.write_refusals(vec![Refused { reason, digest, source, count: 1 }], now).await;
        }
    }

    /// Writes what was only counted.
    pub(super) async fn write_counts(&self) {
        let counts = self.refusals.take_counts();
        if !counts.is_empty() {
            self.write_refusals(counts, self.now()).await;
        }
    }

    async fn write_refusals(&self, refused: Vec<Refused>, now: Timestamp) {
        let written = self.store.refuse(refused.clone(), now).within(PATIENCE).await;
        if let Err(error) = written {
            tracing::error!(%error, "failed to audit a refused webhook; it is counted later");
            self.refusals.put_back(&refused);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_minute_are_written_and_the_rest_is_counted() {
        let (refusals, now) = (Refusals::default(), Timestamp::from_millis_const(1_706_702_400_000));
        let written = (0..300).filter(|_| refusals.note("code-mismatch", now)).count();
        assert_eq!(written as u64, REFUSALS_A_MINUTE);
        assert!(refusals.note("code-length", now), "another reason has rows of its own");
        let counts: Vec<_> =
            refusals.take_counts().into_iter().map(|refused| (refused.reason, refused.count)).collect();
        assert_eq!(counts, [("code-mismatch", 300 - REFUSALS_A_MINUTE)]);
        assert!(refusals.take_counts().is_empty());
        refusals.put_back(&[Refused { reason: "code-length", digest: None, source: String::new(), count: 7 }]);
        assert_eq!(refusals.take_counts()[0].count, 7, "what could not be written is not lost");
        assert!(refusals.note("code-mismatch", now.plus(std::time::Duration::from_mins(1))));
    }
}
