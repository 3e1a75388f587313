//! How the store answers: the result of a call, awaited or waited for.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};

use super::{Result, StoreError};

/// The result of a store call, which may not be there yet: `.await` it, or [`wait`](Self::wait) for it on a thread
/// without a runtime.
///
/// A write has begun by the time there is an answer to wait for, and the answer follows its commit. What merely reads is run
/// by the caller that waits for it: on this thread, or, where it is awaited, on one that may block.
#[must_use = "a read that nobody waits for never happens"]
pub struct PendingResult<T>(ResultSource<T>);

/// How the result of a store call comes about: by a read that has not begun, by a thread that may block, or by the
/// database's thread.
enum ResultSource<T> {
    /// Work that blocks, and has not begun.
    Deferred(Option<Box<dyn FnOnce() -> Result<T> + Send>>),
    /// The same, on a thread that may block.
    Blocking(JoinHandle<Result<T>>),
    /// A thread or task that was sent the work.
    Sent(oneshot::Receiver<Result<T>>, Arc<StartState>),
}

/// The sending half of a store call: the database's thread does the work and sends its result back through this.
pub(super) struct Reply<T> {
    caller: oneshot::Sender<Result<T>>,
    stage: Arc<StartState>,
}

impl<T> Reply<T> {
    /// Begins the work, unless the caller cancelled it; afterwards it cannot be cancelled. A second call returns the
    /// same.
    pub(super) fn begin(&self) -> bool {
        self.stage.begin()
    }

    /// Whether the caller cancelled the work before it began.
    pub(super) fn is_given_up(&self) -> bool {
        self.stage.is_given_up()
    }

    /// Sends the result. If the caller is gone, what was written stays.
    pub(super) fn send(self, result: Result<T>) {
        let _ = self.caller.send(result);
    }
}

/// Decides a race: whether queued work began, or its caller cancelled it first.
#[derive(Debug, Default)]
struct StartState(AtomicU8);

const BEGUN: u8 = 1;
const GIVEN_UP: u8 = 2;

impl StartState {
    /// Begins, unless the work was cancelled. A second call returns the same.
    fn begin(&self) -> bool {
        self.settle(BEGUN)
    }

    /// Cancels the work, unless it has begun.
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

impl<T> PendingResult<T> {
    /// An answer, and the end that sends its result. If that end is dropped without sending, the result is
    /// [`StoreError::Closed`].
    pub(super) fn channel() -> (Reply<T>, Self) {
        let (caller, answer) = oneshot::channel();
        let stage = Arc::<StartState>::default();
        (Reply { caller, stage: Arc::clone(&stage) }, Self(ResultSource::Sent(answer, stage)))
    }

    /// An answer that `work`, which blocks, gives once it is waited for: several reads as one, for instance.
    pub fn deferred(work: impl FnOnce() -> Result<T> + Send + 'static) -> Self {
        Self(ResultSource::Deferred(Some(Box::new(work))))
    }
}

impl<T: Send + 'static> PendingResult<T> {
    /// Waits for the result, or cancels the work if it has not begun within `limit`.
    pub async fn within(mut self, limit: Duration) -> Result<T> {
        if let Ok(answer) = tokio::time::timeout(limit, &mut self).await {
            return answer;
        }
        match &self.0 {
            // It is being written at this moment, which waits for no other process.
            ResultSource::Sent(_, stage) if !stage.give_up() => self.await,
            ResultSource::Sent(..) | ResultSource::Deferred(_) | ResultSource::Blocking(_) => Err(StoreError::Late),
        }
    }

    /// Blocks this thread until there is an answer.
    pub fn wait(self) -> Result<T> {
        if let ResultSource::Deferred(work) = self.0 {
            return work.map_or(Err(StoreError::Closed), |work| work());
        }
        let waker = Waker::from(Arc::new(ThreadWaker(std::thread::current())));
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

impl<T> fmt::Debug for PendingResult<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PendingResult")
    }
}

/// Wakes the thread that blocks until a store call has its result.
struct ThreadWaker(std::thread::Thread);

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl<T: Send + 'static> Future for PendingResult<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        if let ResultSource::Deferred(work) = &mut self.0 {
            let work = work.take().unwrap_or_else(|| Box::new(|| Err(StoreError::Closed)));
            self.0 = ResultSource::Blocking(tokio::task::spawn_blocking(work));
        }
        match &mut self.0 {
            ResultSource::Sent(answer, _) => {
                Pin::new(answer).poll(context).map(|answer| answer.unwrap_or(Err(StoreError::Closed)))
            }
            ResultSource::Blocking(done) => {
                Pin::new(done).poll(context).map(|done| done.unwrap_or_else(|e| Err(panicked(e))))
            }
            ResultSource::Deferred(_) => Poll::Pending,
        }
    }
}

/// Resumes a panic of the work in the caller that waits for it.
fn panicked(error: JoinError) -> StoreError {
    match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => StoreError::Closed,
    }
}
