//! Tells open pages that something changed, by a number that only grows.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::clock::Timestamp;
use crate::store::{ChangeListener, Store};

/// How soon open pages are notified of a change after a quiet time.
const TELL_AFTER: Duration = Duration::from_secs(2);
/// How often they are notified while something changes all the time: each then reloads.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// Counts the writes to the queue since this server started, so that open dashboard pages learn when to reload.
#[derive(Debug)]
pub(super) struct ChangeCounter {
    started: i64,
    number: Mutex<Option<watch::Sender<u64>>>,
}

/// A position in the stream of changes, by which a reconnecting page tells whether it missed one: start of the server,
/// and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChangeVersion {
    pub(super) started: i64,
    pub(super) number: u64,
}

impl fmt::Display for ChangeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.started, self.number)
    }
}

impl ChangeVersion {
    /// Reads what [`fmt::Display`] wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (started, number) = text.split_once('-')?;
        Some(Self { started: started.parse().ok()?, number: number.parse().ok()? })
    }
}

impl ChangeCounter {
    pub(super) fn new(started: Timestamp) -> Self {
        Self { started: started.as_millis(), number: Mutex::new(Some(watch::channel(0).0)) }
    }

    /// When the server started, and the number of changes as it grows; none once it stops.
    pub(super) fn subscribe(&self) -> Option<(i64, watch::Receiver<u64>)> {
        Some((self.started, self.lock().as_ref()?.subscribe()))
    }

    /// Ends every stream of changes.
    pub(super) fn close(&self) {
        self.lock().take();
    }

    fn lock(&self) -> MutexGuard<'_, Option<watch::Sender<u64>>> {
        self.number.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the changes that `store` announces, of any process. Never ends by itself.
    pub(super) async fn count(&self, store: &dyn Store) {
        let mut changes: ChangeListener = store.changes();
        let mut told = None::<Instant>;
        loop {
            changes.changed().await;
            // Changes that come together are announced as one.
            let next = told.map_or_else(Instant::now, |at| at + TELL_EVERY);
            sleep_until(next.max(Instant::now() + TELL_AFTER)).await;
            told = Some(Instant::now());
            if let Some(sender) = self.lock().as_ref() {
                sender.send_modify(|number| *number += 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_it_was_written() {
        let version = ChangeVersion { started: 1_795_359_600_000, number: 7 };
        assert_eq!(ChangeVersion::parse(&version.to_string()), Some(version));
        for wrong in ["", "7", "a-b", "1-", "1-2-3"] {
            assert_eq!(ChangeVersion::parse(wrong), None, "{wrong}");
        }
    }
}
