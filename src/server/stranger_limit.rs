//! Limits how many requests of strangers are worked on at the same time.
//!
//! All requests share one thread. Where thousands of connections send requests at once, each step of a request waits
//! until a step of all others was done, and the requests of known senders wait with them. So a stranger's request, one
//! of a caller who has proven nothing, waits in a queue before its first step.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::sync::Semaphore;

/// Requests of strangers that are worked on at the same time.
const MAX_REQUESTS: usize = 32;
/// How long a request counts as worked on: one that takes longer waits, for its body or for the database.
const COUNTED_FOR: Duration = Duration::from_millis(20);

/// Limits how many requests from unknown addresses are worked on at once, so that known senders do not wait behind
/// them.
#[derive(Debug)]
pub(super) struct StrangerLimit(Semaphore);

impl Default for StrangerLimit {
    fn default() -> Self {
        Self(Semaphore::new(MAX_REQUESTS))
    }
}

impl StrangerLimit {
    /// Answers a stranger's request once there is a permit for it; permits are given in the order in which they were asked for.
    pub(super) async fn run<T>(&self, request: impl Future<Output = T>) -> T {
        let permit = self.0.acquire().await;
        let mut request = pin!(request);
        if let Ok(answer) = tokio::time::timeout(COUNTED_FOR, &mut request).await {
            return answer;
        }
        drop(permit);
        request.await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_waits_gives_its_permit_back_and_is_answered_all_the_same() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let (limit, held) = (StrangerLimit::default(), Semaphore::new(0));
            let slow = futures_util::future::join_all((0..MAX_REQUESTS).map(|_| limit.run(held.acquire())));
            let other = async {
                let answered = limit.run(async { 7 }).await;
                held.add_permits(MAX_REQUESTS);
                answered
            };
            let (slow, answered) = tokio::join!(slow, other);
            assert_eq!((slow.len(), answered), (MAX_REQUESTS, 7));
        });
    }
}
