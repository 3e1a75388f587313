//! The file itself: opening, copying, replacing and locking it, and the disk below it.

pub(crate) mod backup;
pub(crate) mod connection;
pub(crate) mod disk;
pub(crate) mod holder;
pub(crate) mod identity;
pub(crate) mod migrate;
pub(crate) mod open_mode;
pub(crate) mod restore;
pub(crate) mod run_locks;
pub(crate) mod watch;
