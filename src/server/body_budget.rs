//! Reads request bodies within a limit of size, of time, and of the memory that large bodies share.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::answer::Problem;

/// How long a body may take to arrive.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Bodies up to this size are outside the budget: the number of connections bounds them.
const SMALL: usize = 16 * 1024;
/// The memory that all larger bodies share.
const BUDGET: usize = 32 * 1024 * 1024;
/// The unit of the budget.
const UNIT: usize = 16 * 1024;

/// The memory that large bodies share, and the time a body may take to arrive.
#[derive(Debug)]
pub(super) struct BodyBudget {
    units: Arc<Semaphore>,
    read_timeout: Duration,
}

impl Default for BodyBudget {
    fn default() -> Self {
        Self::new(BUDGET / UNIT, READ_TIMEOUT)
    }
}

impl BodyBudget {
    fn new(units: usize, read_timeout: Duration) -> Self {
        Self { units: Arc::new(Semaphore::new(units)), read_timeout }
    }

    /// Reads a body of at most `limit` bytes. The permits go back with the returned value.
    pub(super) async fn read(&self, headers: &HeaderMap, body: Body, limit: usize) -> Result<BodyBytes, Problem> {
        if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            return Err(Problem::invalid("encoded bodies are not accepted"));
        }
        if announced(headers).is_some_and(|length| length > limit as u64) {
            return Err(Problem::too_large(limit));
        }
        timeout(self.read_timeout, self.collect(body, limit)).await.unwrap_or_else(|_| Err(Problem::timeout()))
    }

    async fn collect(&self, mut body: Body, limit: usize) -> Result<BodyBytes, Problem> {
        let mut bytes = BytesMut::new();
        let mut held: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Problem::invalid("the body ended early"))?;
            let Ok(data) = frame.into_data() else { continue };
            if bytes.len() + data.len() > limit {
                return Err(Problem::too_large(limit));
            }
            self.reserve(&mut held, bytes.len() + data.len())?;
            bytes.extend_from_slice(&data);
        }
        Ok(BodyBytes { bytes: bytes.freeze(), _held: held })
    }

    /// Acquires the permits that a body of `length` bytes needs beyond those it holds.
    fn reserve(&self, held: &mut Option<OwnedSemaphorePermit>, length: usize) -> Result<(), Problem> {
        let units = |permit: &OwnedSemaphorePermit| permit.num_permits();
        let needed = if length > SMALL { length.div_ceil(UNIT) } else { 0 };
        let missing = needed.saturating_sub(held.as_ref().map_or(0, units));
        if missing == 0 {
            return Ok(());
        }
        let more = u32::try_from(missing)
            .ok()
            .and_then(|missing| Arc::clone(&self.units).try_acquire_many_owned(missing).ok());
        let more = more.ok_or_else(|| Problem::unavailable("too many large bodies at once"))?;
        match held {
            Some(held) => held.merge(more),
            None => *held = Some(more),
        }
        Ok(())
    }
}

/// A body that was read to its end, and its share of the budget.
#[derive(Debug)]
pub(super) struct BodyBytes {
    pub(super) bytes: Bytes,
    _held: Option<OwnedSemaphorePermit>,
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(budget: &BodyBudget, length: usize, limit: usize) -> Result<usize, http::StatusCode> {
        read_body(budget, Body::from(vec![b'x'; length]), limit)
    }

    fn read_body(budget: &BodyBudget, body: Body, limit: usize) -> Result<usize, http::StatusCode> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let read = runtime.block_on(budget.read(&HeaderMap::new(), body, limit));
        read.map(|read| read.bytes.len()).map_err(|problem| problem.status())
    }

    #[test]
    fn the_limit_is_the_last_byte_that_is_read() {
        let budget = BodyBudget::default();
        assert_eq!(read(&budget, 99_999, 100_000), Ok(99_999));
        assert_eq!(read(&budget, 100_000, 100_000), Ok(100_000));
        assert_eq!(read(&budget, 100_001, 100_000), Err(http::StatusCode::PAYLOAD_TOO_LARGE));
    }

    /// A body of which nothing arrives.
    struct Never;

    impl axum::body::HttpBody for Never {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
            std::task::Poll::Pending
        }
    }

    #[test]
    fn a_body_that_does_not_arrive_is_not_waited_for() {
        let budget = BodyBudget::new(2, Duration::from_millis(20));
        assert_eq!(read_body(&budget, Body::new(Never), 100), Err(http::StatusCode::REQUEST_TIMEOUT));
    }

    #[test]
    fn large_bodies_share_a_budget_and_small_ones_need_none() {
        let budget = BodyBudget::new(2, READ_TIMEOUT);
        assert_eq!(read(&budget, 2 * UNIT, BUDGET), Ok(2 * UNIT));
        assert_eq!(read(&budget, 2 * UNIT + 1, BUDGET), Err(http::StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(budget.units.available_permits(), 2);
        let none = BodyBudget::new(0, READ_TIMEOUT);
        assert_eq!(read(&none, SMALL, BUDGET), Ok(SMALL));
        assert!(read(&none, SMALL + 1, BUDGET).is_err());
    }
}
