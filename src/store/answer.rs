//! How writes answer, and why the store could not do what it was asked.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::event::EventId;

/// Why the store could not do what it was asked. A failed delivery is never one of these.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// A reading command found no database.
    #[error("there is no database at {}", .0.display())]
    NoDatabase(PathBuf),
    /// Another process kept the write lock longer than we wait.
    #[error("the database {} is locked by another process", .0.display())]
    Locked(PathBuf),
    /// The file was written by a newer program.
    #[error("the database has schema {found}, this program knows up to {known}")]
    SchemaNewer {
        /// The file's schema version.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// The file was written by an older program, and was to stay as it is.
    #[error("the database has schema {found}, this program's is {known}")]
    SchemaOlder {
        /// The file's schema version.
        found: i64,
        /// The one this program would bring it to.
        known: i64,
    },
    /// The file is not a database, or damaged.
    #[error("the database {} is damaged: {detail}", .path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// What was to be restored is no sound queue.
    #[error("{} cannot be restored: {detail}", .path.display())]
    NoBackup {
        /// The file.
        path: PathBuf,
        /// Why not.
        detail: String,
    },
    /// The disk failed, is full, or may not be written.
    #[error("failed to use the database {}: {detail}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system said.
        detail: String,
    },
    /// An event with this id and another content is stored already.
    #[error("an event with the id `{0}` and another content is stored already")]
    Conflict(EventId),
    /// The timestamp given to an event of a known type is so far ahead that no receiver would take it.
    #[error("the timestamp is more than 24 hours ahead: no receiver would take the event")]
    Ahead,
    /// A batch could not be read to its end.
    #[error("failed to read the batch: {0}")]
    Batch(String),
    /// No endpoint of that name.
    #[error("there is no endpoint named `{0}`")]
    NoEndpoint(String),
    /// The linked SQLite is older than the first safe one.
    #[error("SQLite {0} can corrupt a database that two processes use; 3.51.3 is the first safe version")]
    SqliteTooOld(String),
    /// A statement failed: our fault.
    #[error("the database refused a statement: {0}")]
    Statement(String),
    /// The write had not begun when its caller's time was over, and never will.
    #[error("the database did not take the write in time")]
    Late,
    /// The writer has stopped.
    #[error("the database was closed")]
    Closed,
}

/// A shorthand for what store methods return.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The answer to a write, given after its commit reached the disk.
///
/// Await it, or [`wait`](Self::wait) for it where no async runtime runs.
#[derive(Debug)]
pub struct Answer<T> {
    pub(super) answer: oneshot::Receiver<Result<T>>,
    pub(super) stage: Arc<Stage>,
}

/// Whether a write has begun, or was given up before.
#[derive(Debug, Default)]
pub(super) struct Stage(AtomicU8);

const BEGUN: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Stage {
    /// Begins, unless the write was given up. Again: the same answer.
    pub(super) fn begin(&self) -> bool {
        self.settle(BEGUN)
    }

    /// Gives the write up, unless it has begun.
    fn give_up(&self) -> bool {
        self.settle(GIVEN_UP)
    }

    fn settle(&self, as_what: u8) -> bool {
        let settled = self.0.compare_exchange(0, as_what, Ordering::SeqCst, Ordering::SeqCst);
        settled.unwrap_or_else(|before| if before == as_what { 0 } else { before }) == 0
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.0.load(Ordering::SeqCst) == GIVEN_UP
    }
}

impl<T> Answer<T> {
    /// Waits for the answer, or gives the write up when it has not begun within `limit`: then it never happens.
    pub async fn within(mut self, limit: Duration) -> Result<T> {
        match tokio::time::timeout(limit, &mut self).await {
            Ok(answer) => answer,
            Err(_) if self.stage.give_up() => Err(StoreError::Late),
            // It is being written just now, which takes no other process's leave.
            Err(_) => self.await,
        }
    }

    /// Blocks this thread until the write is on disk.
    pub fn wait(self) -> Result<T> {
        let waker = Waker::from(Arc::new(Parked(std::thread::current())));
        let mut context = Context::from_waker(&waker);
        let mut answer = std::pin::pin!(self);
        loop {
            match answer.as_mut().poll(&mut context) {
                Poll::Ready(answer) => return answer,
                Poll::Pending => std::thread::park(),
            }
        }
    }
}

/// Wakes the thread that waits for an answer.
struct Parked(std::thread::Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl<T> Future for Answer<T> {
    type Output = Result<T>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        Pin::new(&mut self.answer).poll(context).map(|answer| answer.unwrap_or(Err(StoreError::Closed)))
    }
}
