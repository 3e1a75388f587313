//! Test events: signed and sent like deliveries, but never queued.

use std::time::Duration;

use ::http::HeaderMap;

use super::http::{AttemptResult, Timings};
use super::{EndpointClient, SentRequest, WebhookRequest};
use crate::clock::Clock;
use crate::event::{Draft, EventId, IdSource};

/// The type of a test event, which no record has.
pub const EVENT_TYPE: &str = "syncctl.test";

/// The request that `endpoints test` sent, and its response.
#[derive(Debug)]
pub struct TestResult {
    /// The event's id.
    pub id: EventId,
    /// The headers that were sent; secret ones are marked as sensitive.
    pub headers: HeaderMap,
    /// The result.
    pub result: AttemptResult,
    /// How long each phase took.
    pub timings: Timings,
    /// How long it took in all.
    pub took: Duration,
}

/// Sends one test event within `limit`.
pub async fn send(client: &EndpointClient, limit: Duration, clock: &dyn Clock) -> TestResult {
    let now = clock.now();
    let id = IdSource::new().next(now);
    let draft = Draft::check(EVENT_TYPE, "test", Some("test"), br#"{"message":"a test by syncctl"}"#);
    let body = draft.expect("the test event is a good one").render(&id, now);
    let message = WebhookRequest::test(&id, EVENT_TYPE, &body);
    let began = tokio::time::Instant::now();
    let SentRequest { headers, result, timings } = client.send(&message, limit, now).await;
    let took = began.elapsed();
    client.disconnect().await;
    TestResult { id, headers, result, timings, took }
}
