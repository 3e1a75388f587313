//! Claims of an endpoint with a rate: what it allows, for all runs together, and nobody else is held up.

use std::sync::Arc;
use std::time::Duration;

use syncctl::endpoint::{EndpointUrl, RateLimit, Settings, Spec};
use syncctl::store::{Claim, Run, Wants};

use crate::contract::{Bench, now};

/// A bench with a limited endpoint and a free one, and eight events for both.
fn bench(rate: &str, burst: u32) -> Bench {
    let bench = Bench::new(&[]);
    let settings = Settings { rate: Some(RateLimit::parse(rate).unwrap()), burst: Some(burst), ..Settings::default() };
    let limited = Spec { settings, ..Spec::of_url(EndpointUrl::parse("http://limited.invalid/").unwrap()) };
    let free = Spec::of_url(EndpointUrl::parse("http://free.invalid/").unwrap());
    bench.store.set_endpoints(vec![limited, free], now()).wait().unwrap();
    (0..8).for_each(|n| bench.emit(&format!("e{n}"), &format!("r{n}")));
    bench
}

fn claim(bench: &Bench, run: &Run, after_ms: u64) -> Vec<Claim> {
    let endpoints = bench.store.endpoints().wait().unwrap().iter().map(|endpoint| (endpoint.id, 8)).collect();
    let at = now().plus(Duration::from_millis(after_ms));
    bench.store.advance(run.id, Arc::default(), Wants { endpoints, idle: true }, at).wait().unwrap().claims
}

fn counts(bench: &Bench, claims: &[Claim]) -> (usize, usize) {
    let endpoints = bench.store.endpoints().wait().unwrap();
    let of = |place: usize| claims.iter().filter(|claim| claim.endpoint == endpoints[place].id).count();
    (of(0), of(1))
}

#[test]
fn all_runs_together_claim_what_the_rate_allows() {
    let bench = bench("10/s", 2);
    let (first, second) = (bench.run(), bench.run());
    let claims = claim(&bench, &first, 0);
    assert_eq!(counts(&bench, &claims), (2, 8), "the burst, and all of the other endpoint");
    let claims = claim(&bench, &second, 0);
    assert_eq!(counts(&bench, &claims), (0, 0), "the rate is used up for every run");
    let idle = bench.store.idle_info(second.id, now()).wait().unwrap();
    let wait = idle.rate_limited_until.expect("it waits for the rate").since(now());
    assert!((100..=101).contains(&wait.as_millis()), "{wait:?}");
    let claims = claim(&bench, &second, 101);
    assert_eq!(counts(&bench, &claims), (1, 0));
    let claims = claim(&bench, &second, 60_000);
    assert_eq!(counts(&bench, &claims), (2, 0), "what was not used is not saved up beyond the burst");
}

#[test]
fn a_rate_outlives_the_run_that_used_it() {
    let bench = bench("1/m", 1);
    let run = bench.run();
    let claims = claim(&bench, &run, 0);
    assert_eq!(counts(&bench, &claims).0, 1);
    bench.store.end_run(&run, Default::default(), 0, now()).wait().unwrap();
    let run = bench.run();
    let claims = claim(&bench, &run, 30_000);
    assert_eq!(counts(&bench, &claims).0, 0);
    let claims = claim(&bench, &run, 60_001);
    assert_eq!(counts(&bench, &claims).0, 1);
}
