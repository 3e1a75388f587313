//! How the store answers, and why it could not do what it was asked.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};

use crate::event::EventId;
use crate::record::{MAX_RECORD_BYTES, MAX_RECORD_FIELDS};

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
    /// The record that an event is about would grow past its limits.
    #[error("the record would have more than {MAX_RECORD_FIELDS} fields or {MAX_RECORD_BYTES} bytes")]
    RecordTooLarge,
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

/// The answer to a call of the store: await it, or [`wait`](Self::wait) for it where no async runtime runs.
///
/// A write has begun by the time there is an answer to wait for, and the answer follows its commit. What merely reads is run
/// by whoever waits for it: on this thread, or, where it is awaited, on one that may block.
#[must_use = "a read that nobody waits for never happens"]
pub struct Answer<T>(Source<T>);

/// Where an answer comes from.
enum Source<T> {
    /// Work that blocks, and has not begun.
    Deferred(Option<Box<dyn FnOnce() -> Result<T> + Send>>),
    /// The same, on a thread that may block.
    Blocking(JoinHandle<Result<T>>),
    /// A thread or task that was sent the work.
    Sent(oneshot::Receiver<Result<T>>, Arc<Stage>),
}

/// The other end of an [`Answer`], for whoever does the work.
pub(super) struct Reply<T> {
    caller: oneshot::Sender<Result<T>>,
    stage: Arc<Stage>,
}

impl<T> Reply<T> {
    /// Begins the work, unless the caller gave it up; from here on it cannot. Again: the same answer.
    pub(super) fn begin(&self) -> bool {
        self.stage.begin()
    }

    /// Whether the caller gave the work up before it began.
    pub(super) fn is_given_up(&self) -> bool {
        self.stage.is_given_up()
    }

    /// Answers. A caller that no longer listens has left; what was written stands.
    pub(super) fn send(self, result: Result<T>) {
        let _ = self.caller.send(result);
    }
}

/// Whether work has begun, or was given up before.
#[derive(Debug, Default)]
struct Stage(AtomicU8);

const BEGUN: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Stage {
    /// Begins, unless the work was given up. Again: the same answer.
    fn begin(&self) -> bool {
        self.settle(BEGUN)
    }

    /// Gives the work up, unless it has begun.
    fn give_up(&self) -> bool {
        self.settle(GIVEN_UP)
    }

    fn settle(&self, as_what: u8) -> bool {
        let settled = self.0.compare_exchange(0, as_what, Ordering::SeqCst, Ordering::SeqCst);
        settled.unwrap_or_else(|before| if before == as_what { 0 } else { before }) == 0
    }

    fn is_given_up(&self) -> bool {
        self.0.load(Ordering::SeqCst) == GIVEN_UP
    }
}

impl<T> Answer<T> {
    /// An answer, and the end that gives it. Dropped without a word, that end answers [`StoreError::Closed`].
    pub(super) fn channel() -> (Reply<T>, Self) {
        let (caller, answer) = oneshot::channel();
        let stage = Arc::<Stage>::default();
        (Reply { caller, stage: Arc::clone(&stage) }, Self(Source::Sent(answer, stage)))
    }

    /// An answer that `work`, which blocks, gives once it is waited for.
    pub(super) fn deferred(work: impl FnOnce() -> Result<T> + Send + 'static) -> Self {
        Self(Source::Deferred(Some(Box::new(work))))
    }
}

impl<T: Send + 'static> Answer<T> {
    /// Waits for the answer, or gives the work up when it has not begun within `limit`: then it never happens.
    pub async fn within(mut self, limit: Duration) -> Result<T> {
        if let Ok(answer) = tokio::time::timeout(limit, &mut self).await {
            return answer;
        }
        match &self.0 {
            // It is being written just now, which takes no other process's leave.
            Source::Sent(_, stage) if !stage.give_up() => self.await,
            Source::Sent(..) | Source::Deferred(_) | Source::Blocking(_) => Err(StoreError::Late),
        }
    }

    /// Blocks this thread until there is an answer.
    pub fn wait(self) -> Result<T> {
        if let Source::Deferred(work) = self.0 {
            return work.map_or(Err(StoreError::Closed), |work| work());
        }
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

impl<T> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

/// Wakes the thread that waits for an answer.
struct Parked(std::thread::Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl<T: Send + 'static> Future for Answer<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        if let Source::Deferred(work) = &mut self.0 {
            let work = work.take().unwrap_or_else(|| Box::new(|| Err(StoreError::Closed)));
            self.0 = Source::Blocking(tokio::task::spawn_blocking(work));
        }
        match &mut self.0 {
            Source::Sent(answer, _) => {
                Pin::new(answer).poll(context).map(|answer| answer.unwrap_or(Err(StoreError::Closed)))
            }
            Source::Blocking(done) => {
                Pin::new(done).poll(context).map(|done| done.unwrap_or_else(|e| Err(panicked(e))))
            }
            Source::Deferred(_) => Poll::Pending,
        }
    }
}

/// Lets a panic of the work go on in whoever waits for it.
fn panicked(error: JoinError) -> StoreError {
    match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => StoreError::Closed,
    }
}
