//! Transactions that are shared by the requests that wait for one: a commit takes the disk as long for many as for one.

use std::cell::RefCell;
use std::collections::VecDeque;

use tokio::sync::{Mutex, oneshot};

use super::{Result, StoreError};

/// Requests that one transaction serves at most.
const AT_ONCE: usize = 128;

/// A request, and where its result is sent.
type Waiting<R, T> = (R, oneshot::Sender<Result<T>>);

/// Requests of one kind, in the order in which they were made. While a transaction is under way, those that come wait, and share the
/// next one.
pub(super) struct SharedTransaction<R, T> {
    waiting: RefCell<VecDeque<Waiting<R, T>>>,
    turn: Mutex<()>,
}

impl<R, T> Default for SharedTransaction<R, T> {
    fn default() -> Self {
        Self { waiting: RefCell::default(), turn: Mutex::default() }
    }
}

impl<R, T> SharedTransaction<R, T> {
    /// Waits until a transaction has served `request`; whoever comes first runs it, by `commit`, for everybody who waits. That returns
    /// as many results as it was given requests, or fails as a whole.
    pub(super) async fn join(&self, request: R, commit: impl AsyncFn(&[R]) -> Result<Vec<Result<T>>>) -> Result<T> {
        let (asked, mut answer) = oneshot::channel();
        self.waiting.borrow_mut().push_back((request, asked));
        let _turn = self.turn.lock().await;
        if let Ok(done) = answer.try_recv() {
            return done;
        }
        let (requests, asked) = self.next_group();
        let results = serve(&requests, commit).await;
        asked.into_iter().zip(results).for_each(|(asked, result)| drop(asked.send(result)));
        answer.try_recv().unwrap_or(Err(StoreError::Closed))
    }

    fn next_group(&self) -> (Vec<R>, Vec<oneshot::Sender<Result<T>>>) {
        let mut waiting = self.waiting.borrow_mut();
        let many = waiting.len().min(AT_ONCE);
        waiting.drain(..many).unzip()
    }
}

/// One result for each request. One that cannot be served undoes nothing of its neighbours: then each is served by itself.
async fn serve<R, T>(requests: &[R], commit: impl AsyncFn(&[R]) -> Result<Vec<Result<T>>>) -> Vec<Result<T>> {
    match commit(requests).await {
        Ok(results) => results,
        Err(error) if requests.len() == 1 || !error.is_of_the_request() => {
            requests.iter().map(|_| Err(error.clone())).collect()
        }
        Err(_) => {
            let mut results = Vec::with_capacity(requests.len());
            for request in requests.chunks(1) {
                results
                    .push(commit(request).await.and_then(|mut served| served.pop().unwrap_or(Err(StoreError::Closed))));
            }
            results
        }
    }
}
