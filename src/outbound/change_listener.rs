//! Wakes an idle worker when another process writes to the queue.

use std::path::Path;
use std::time::Duration;

/// How long an idle worker sleeps when no change is announced.
pub const SLOW_POLL: Duration = Duration::from_secs(5);

/// Watches the queue's write-ahead log for changes.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct ChangeListener {
    events: Option<inotify::EventStream<[u8; 4096]>>,
    file_name: Option<std::ffi::OsString>,
}

#[cfg(target_os = "linux")]
impl ChangeListener {
    /// Watches `log`. Where that is impossible, [`changed`](Self::changed) never resolves, and the slow poll has to do.
    ///
    /// The directory is watched rather than the file, so that a log that is created again is seen as well.
    pub fn on(log: &Path) -> Self {
        let events = log.parent().and_then(|directory| watch(directory).ok());
        Self { events, file_name: log.file_name().map(ToOwned::to_owned) }
    }

    /// Resolves at the next change.
    pub async fn changed(&mut self) {
        let Some(events) = &mut self.events else { return std::future::pending().await };
        loop {
            match next(events).await {
                Some(Ok(event)) if event.name == self.file_name => return,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            }
        }
        self.events = None;
        std::future::pending::<()>().await;
    }
}

#[cfg(target_os = "linux")]
fn watch(directory: &Path) -> std::io::Result<inotify::EventStream<[u8; 4096]>> {
    let inotify = inotify::Inotify::init()?;
    inotify.watches().add(directory, inotify::WatchMask::MODIFY | inotify::WatchMask::CREATE)?;
    inotify.into_event_stream([0; 4096])
}

#[cfg(target_os = "linux")]
async fn next(
    events: &mut inotify::EventStream<[u8; 4096]>,
) -> Option<std::io::Result<inotify::Event<std::ffi::OsString>>> {
    futures_util::StreamExt::next(events).await
}

/// Never resolves: here only the slow poll finds new work.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub struct ChangeListener;

#[cfg(not(target_os = "linux"))]
impl ChangeListener {
    /// A listener that never resolves.
    pub fn on(_log: &Path) -> Self {
        Self
    }

    /// Never resolves.
    pub async fn changed(&mut self) {
        std::future::pending().await
    }
}
