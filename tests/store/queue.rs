//! A queue of a test's own, and the shortest ways to use it.

use std::sync::Arc;
use std::time::Duration;

use syncctl::clock::Timestamp;
use syncctl::delivery::{FailureReason, Outcome, State};
use syncctl::endpoint::{ConfiguredEndpoint, EndpointUrl};
use syncctl::event::{Draft, EventId};
use syncctl::store::{
    Access, Claim, ClaimRequest, DeliveryFilter, DeliveryId, DeliveryRow, FinishedAttempt, Location, Page,
    RecordResult, Run, Store, open,
};

use crate::backend::Backend;

pub(crate) const DELIVERED: Outcome = Outcome::Delivered { status: Some(200) };

/// Where the first batch of a prune begins.
pub(crate) const FROM_THE_FIRST: DeliveryId = DeliveryId(i64::MIN);

/// All rows of a short list, in the order they were made.
pub(crate) const ALL: Page = Page { limit: 10_000, number: 1, oldest_first: true };

pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(1_706_702_400_000)
}

pub(crate) fn later(seconds: u64) -> Timestamp {
    now().plus(Duration::from_secs(seconds))
}

/// A queue of a test's own.
pub(crate) struct TestQueue {
    pub(crate) location: Location,
    pub(crate) store: Arc<dyn Store>,
}

impl TestQueue {
    pub(crate) fn new(backend: &dyn Backend, urls: &[&str]) -> Self {
        let location = backend.fresh();
        let store = open(&location, Access::Create).unwrap();
        let specs = urls.iter().map(|url| ConfiguredEndpoint::of_url(EndpointUrl::parse(url).unwrap())).collect();
        store.set_endpoints(specs, now()).wait().unwrap();
        Self { location, store }
    }

    pub(crate) fn emit(&self, id: &str, resource: &str) {
        self.emit_at(id, resource, now());
    }

    pub(crate) fn emit_at(&self, id: &str, resource: &str, at: Timestamp) {
        let mut draft = Draft::check("user.updated", resource, None, b"{}").unwrap();
        draft.id = Some(EventId::parse(id).unwrap());
        self.store.enqueue(Box::new(std::iter::once(Ok(draft))), false, at).wait().unwrap();
    }

    pub(crate) fn run(&self) -> Run {
        self.store.begin_run("test", now()).wait().unwrap()
    }

    /// What a worker with nothing in hand wants: `n` deliveries of each endpoint.
    pub(crate) fn wants(&self, n: usize) -> ClaimRequest {
        let endpoints = self.store.endpoints().wait().unwrap().iter().map(|e| (e.id, n)).collect();
        ClaimRequest { endpoints, idle: true, only: None }
    }

    pub(crate) fn claim(&self, run: &Run, n: usize) -> Vec<Claim> {
        self.claim_at(run, n, now())
    }

    pub(crate) fn claim_at(&self, run: &Run, n: usize, at: Timestamp) -> Vec<Claim> {
        self.store.advance(run.id, Arc::default(), self.wants(n), at).wait().unwrap().claims
    }

    pub(crate) fn finish(&self, run: &Run, claim: Claim, outcome: Outcome) -> RecordResult {
        let finished = finished(claim, outcome);
        self.store.advance(run.id, Arc::new(vec![finished]), ClaimRequest::default(), now()).wait().unwrap().recorded[0]
    }

    pub(crate) fn seq(&self, id: &str) -> i64 {
        self.store.event(&EventId::parse(id).unwrap()).wait().unwrap().unwrap().row.seq
    }

    /// The first delivery of an event.
    pub(crate) fn delivery(&self, id: &str) -> DeliveryRow {
        let filter = DeliveryFilter { event: Some(EventId::parse(id).unwrap()), ..DeliveryFilter::default() };
        self.store.deliveries(&filter, ALL).wait().unwrap().rows.remove(0)
    }

    pub(crate) fn state(&self, id: &str) -> (State, Option<FailureReason>) {
        let row = self.delivery(id);
        (row.state, row.reason)
    }

    /// Figures and lanes are what the rows say.
    pub(crate) fn assert_sound(&self) {
        assert_eq!(self.store.verify().wait().unwrap(), Vec::<String>::new());
    }
}

/// A queue with `n` events, each delivered at the first attempt.
pub(crate) fn delivered(backend: &dyn Backend, n: usize) -> TestQueue {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    (0..n).for_each(|i| queue.emit(&format!("e{i}"), &format!("r{i}")));
    let run = queue.run();
    queue.claim(&run, n).into_iter().for_each(|claim| {
        queue.finish(&run, claim, DELIVERED);
    });
    queue
}

pub(crate) fn finished(claim: Claim, outcome: Outcome) -> FinishedAttempt {
    FinishedAttempt {
        claim,
        outcome,
        started_at: now(),
        ended_at: now(),
        took: Duration::from_millis(1),
        detail: "test".into(),
        response: bytes::Bytes::new(),
        jitter: 0.0,
    }
}
