//! Learns of writes by watching the write-ahead log.

use std::path::Path;

use crate::store::change_listener::ChangeListener;

/// Changes of `wal`; none are announced where that is impossible.
///
/// Its directory is watched rather than the file, so that a log that is created again is seen as well.
#[cfg(target_os = "linux")]
pub(crate) fn watch(wal: &Path) -> ChangeListener {
    use futures_util::StreamExt as _;
    use inotify::{Inotify, WatchMask};
    let watch = |directory: &Path| {
        let inotify = Inotify::init()?;
        inotify.watches().add(directory, WatchMask::MODIFY | WatchMask::CREATE)?;
        inotify.into_event_stream([0; 4096])
    };
    let Some(Ok(events)) = wal.parent().map(watch) else { return ChangeListener::never() };
    let name = wal.file_name().map(ToOwned::to_owned);
    let events = events.take_while(|event| std::future::ready(event.is_ok()));
    ChangeListener::of(events.filter_map(move |event| {
        let is_wal = event.is_ok_and(|event| event.name == name);
        std::future::ready(is_wal.then_some(()))
    }))
}

/// Changes that are never announced: this system offers no way to watch.
#[cfg(not(target_os = "linux"))]
pub(crate) fn watch(_wal: &Path) -> ChangeListener {
    ChangeListener::never()
}
