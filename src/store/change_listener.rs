//! How a store announces that something was written, by whatever process.

use std::fmt;
use std::pin::Pin;

use futures_util::{Stream, StreamExt as _};

/// Wakes a worker or a page as soon as any process writes to the queue, so that it need not poll at short intervals.
///
/// Several writes may be announced as one, and a store that cannot watch announces none: a listener has to look from
/// time to time all the same.
pub struct ChangeListener(Option<Pin<Box<dyn Stream<Item = ()> + Send>>>);

impl ChangeListener {
    /// Changes as a stream announces them.
    pub(super) fn of(stream: impl Stream<Item = ()> + Send + 'static) -> Self {
        Self(Some(Box::pin(stream)))
    }

    /// Changes that are never announced.
    pub(super) fn never() -> Self {
        Self(None)
    }

    /// Resolves at the next change. Dropped before, it misses none.
    pub async fn changed(&mut self) {
        if let Some(stream) = &mut self.0
            && stream.next().await.is_some()
        {
            return;
        }
        self.0 = None;
        std::future::pending::<()>().await;
    }
}

impl fmt::Debug for ChangeListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChangeListener")
    }
}
