//! What proves that this process lives, and what it saw of others.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use tokio::sync::{Mutex, oneshot};
use tokio::time::Instant;

use super::RunId;
use super::connection::Connection;

/// The connection that proves that this process lives, and what it saw of others.
#[derive(Default)]
pub(super) struct Control {
    pub(super) own: RefCell<Vec<Own>>,
    pub(super) others: RefCell<HashMap<i64, Observed>>,
    /// Whether the task that beats has been started.
    pub(super) started: Cell<bool>,
    pub(super) stop: RefCell<Option<oneshot::Sender<()>>>,
    pub(super) connection: Mutex<Option<Connection>>,
    /// Whether the runs of others have been watched for as long as it takes.
    pub(super) watched: Cell<bool>,
}

/// A run of this process, whose lock the control connection holds.
#[derive(Clone, Copy)]
pub(super) struct Own {
    pub(super) id: RunId,
    pub(super) key: i64,
}

/// A run of another process, as the control connection last saw it.
#[derive(Clone, Copy)]
pub(super) struct Observed {
    pub(super) beat: (i64, i64),
    pub(super) since: Instant,
}
