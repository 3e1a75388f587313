//! Claims of an endpoint with a rate: what it allows, for all runs together, and nobody else is held up.

use std::time::Duration;

use syncctl::endpoint::{ConfiguredEndpoint, EndpointSettings, EndpointUrl, RateLimit};
use syncctl::store::{Claim, Run};

use crate::backend::{Backend, on_every_backend};
use crate::queue::{TestQueue, now};

on_every_backend! {
    all_runs_together_claim_what_the_rate_allows,
    a_rate_outlives_the_run_that_used_it,
}

/// A queue with a limited endpoint and a free one, and eight events for both.
fn limited(backend: &dyn Backend, rate: &str, burst: u32) -> TestQueue {
    let queue = TestQueue::new(backend, &[]);
    let settings = EndpointSettings {
        rate: Some(RateLimit::parse(rate).unwrap()),
        burst: Some(burst),
        ..EndpointSettings::default()
    };
    let limited = ConfiguredEndpoint {
        settings,
        ..ConfiguredEndpoint::of_url(EndpointUrl::parse("http://limited.invalid/").unwrap())
    };
    let free = ConfiguredEndpoint::of_url(EndpointUrl::parse("http://free.invalid/").unwrap());
    queue.store.set_endpoints(vec![limited, free], now()).wait().unwrap();
    (0..8).for_each(|n| queue.emit(&format!("e{n}"), &format!("r{n}")));
    queue
}

fn claim(queue: &TestQueue, run: &Run, after_ms: u64) -> Vec<Claim> {
    queue.claim_at(run, 8, now().plus(Duration::from_millis(after_ms)))
}

fn counts(queue: &TestQueue, claims: &[Claim]) -> (usize, usize) {
    let endpoints = queue.store.endpoints().wait().unwrap();
    let of = |place: usize| claims.iter().filter(|claim| claim.endpoint == endpoints[place].id).count();
    (of(0), of(1))
}

fn all_runs_together_claim_what_the_rate_allows(backend: &dyn Backend) {
    let queue = limited(backend, "10/s", 2);
    let (first, second) = (queue.run(), queue.run());
    let claims = claim(&queue, &first, 0);
    assert_eq!(counts(&queue, &claims), (2, 8), "the burst, and all of the other endpoint");
    let claims = claim(&queue, &second, 0);
    assert_eq!(counts(&queue, &claims), (0, 0), "the rate is used up for every run");
    let idle = queue.store.idle_info(second.id, now()).wait().unwrap();
    let wait = idle.rate_limited_until.expect("it waits for the rate").since(now());
    assert!((100..=101).contains(&wait.as_millis()), "{wait:?}");
    let claims = claim(&queue, &second, 101);
    assert_eq!(counts(&queue, &claims), (1, 0));
    let claims = claim(&queue, &second, 60_000);
    assert_eq!(counts(&queue, &claims), (2, 0), "what was not used is not saved up beyond the burst");
}

fn a_rate_outlives_the_run_that_used_it(backend: &dyn Backend) {
    let queue = limited(backend, "1/m", 1);
    let run = queue.run();
    let claims = claim(&queue, &run, 0);
    assert_eq!(counts(&queue, &claims).0, 1);
    queue.store.end_run(&run, Default::default(), 0, now()).wait().unwrap();
    let run = queue.run();
    let claims = claim(&queue, &run, 30_000);
    assert_eq!(counts(&queue, &claims).0, 0);
    let claims = claim(&queue, &run, 60_001);
    assert_eq!(counts(&queue, &claims).0, 1);
}
