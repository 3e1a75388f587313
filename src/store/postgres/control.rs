//! What proves that this process lives, and what it saw of others.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use tokio::sync::{Mutex, oneshot};
use tokio::time::Instant;

use super::RunId;
use super::connection::Connection;

/// The connection whose locks prove that this process's runs are alive, and what it saw of the runs of others.
#[derive(Default)]
pub(super) struct Control {
    pub(super) own: RefCell<Vec<OwnRun>>,
    pub(super) others: RefCell<HashMap<i64, ObservedRun>>,
    /// Whether the task that beats has been started.
    pub(super) started: Cell<bool>,
    pub(super) stop: RefCell<Option<oneshot::Sender<()>>>,
    pub(super) connection: Mutex<Option<Connection>>,
    /// Whether the runs of others have been watched for as long as it takes.
    pub(super) watched: Cell<bool>,
}

/// A run of this process, and the key of the lock that proves that it is alive.
#[derive(Clone, Copy)]
pub(super) struct OwnRun {
    pub(super) id: RunId,
    pub(super) key: i64,
}

/// A run of another process, and since when its heartbeat has not changed.
#[derive(Clone, Copy)]
pub(super) struct ObservedRun {
    pub(super) beat: (i64, i64),
    pub(super) since: Instant,
}
