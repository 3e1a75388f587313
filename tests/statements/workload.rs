//! What emitters, workers and monitors do all day: the methods of a store.

use std::sync::Arc;
use std::time::Duration;

use syncctl::clock::Timestamp;
use syncctl::delivery::{Outcome, Trigger};
use syncctl::endpoint::{ConfiguredEndpoint, EndpointUrl, RateLimit, TypePattern};
use syncctl::event::{Dispatch, Draft, EventId};
use syncctl::store::{Claim, ClaimRequest, FinishedAttempt, Replay, Run, RunStats, Store};

pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_706_702_400_000).plus(Duration::from_secs(seconds))
}

/// Configures the endpoints that the work is about.
pub(crate) fn configure(store: &dyn Store) {
    let spec = |url: &str| ConfiguredEndpoint::of_url(EndpointUrl::parse(url).unwrap());
    let limited = |mut spec: ConfiguredEndpoint| {
        spec.settings.rate = Some(RateLimit::parse("50/s").unwrap());
        spec
    };
    let specs = vec![spec("http://a.invalid/"), spec("http://b.invalid/"), limited(spec("http://c.invalid/"))];
    store.set_endpoints(specs, at(0)).wait().unwrap();
}

/// Emits, delivers with every outcome, retries, lets go, takes over, replays and looks at how it stands.
pub(crate) fn run(store: &dyn Store) {
    emit(store);
    let run = store.begin_run("test", at(1)).wait().unwrap();
    deliver(store, &run);
    let now = at(600);
    store.queue_scheduled(now).wait().unwrap();
    store.idle_info(run.id, now).wait().unwrap();
    let held = claim(store, &run, 2, now);
    store.still_wanted(run.id, &held.iter().collect::<Vec<_>>(), now).wait().unwrap();
    store.release(run.id, held, now).wait().unwrap();
    claim(store, &run, 1, now);
    store.end_run(&run, RunStats::default(), 0, now).wait().unwrap();
    let killed = store.begin_run("test", now).wait().unwrap();
    claim(store, &killed, 1, now);
    drop(killed);
    store.reap(now).wait().unwrap();
    repair(store, now);
    look(store, now);
}

fn emit(store: &dyn Store) {
    let draft = |n: usize| {
        let mut draft = Draft::check("user.updated", &format!("u{}", n / 3), None, br#"{"name":"x"}"#).unwrap();
        draft.id = Some(EventId::parse(&format!("e{n}")).unwrap());
        if n >= 28 {
            // One is queued in time, one is cancelled before.
            draft.dispatch = Dispatch::At(at(if n == 28 { 300 } else { 30_000 }));
        }
        draft
    };
    let drafts: Vec<Draft> = (0..30).map(draft).collect();
    store.enqueue(Box::new(drafts.into_iter().map(Ok)), false, at(0)).wait().unwrap();
    store.enqueue(Box::new(std::iter::once(Ok(draft(1)))), false, at(1)).wait().unwrap();
}

fn claim(store: &dyn Store, run: &Run, n: usize, now: Timestamp) -> Vec<Claim> {
    let endpoints = store.endpoints().wait().unwrap().iter().map(|endpoint| (endpoint.id, n)).collect();
    store
        .advance(run.id, Arc::default(), ClaimRequest { endpoints, idle: true, only: None }, now)
        .wait()
        .unwrap()
        .claims
}

/// Several rounds, in which every outcome comes up; by the end circuits are open and deliveries were given up.
fn deliver(store: &dyn Store, run: &Run) {
    let outcomes = [
        Outcome::Delivered { status: Some(200) },
        Outcome::Rejected { status: Some(500), retry_after: None },
        Outcome::Unreachable,
        Outcome::TimedOut,
        Outcome::Delivered { status: Some(204) },
    ];
    for round in 0..8 {
        let now = at(10 + round * 60);
        let claims = claim(store, run, 4, now);
        let finished = claims.into_iter().enumerate().map(|(n, claim)| FinishedAttempt {
            claim,
            outcome: outcomes[n % outcomes.len()],
            started_at: now,
            ended_at: now,
            took: Duration::from_millis(5),
            detail: "test".into(),
            response: bytes::Bytes::new(),
            jitter: 0.5,
        });
        store.advance(run.id, Arc::new(finished.collect()), ClaimRequest::default(), now).wait().unwrap();
    }
}

fn repair(store: &dyn Store, now: Timestamp) {
    let detail = store.event(&EventId::parse("e2").unwrap()).wait().unwrap().unwrap();
    let ids: Vec<_> = detail.deliveries.iter().map(|row| row.id).collect();
    let how = Replay { trigger: Trigger::Manual, include_delivered: true, include_pending: true };
    store.replay(ids.clone(), how, now).wait().unwrap();
    store.overtaken(ids.clone()).wait().unwrap();
    store.give_up(ids, now).wait().unwrap();
    let known = vec![EventId::parse("e2").unwrap(), EventId::parse("e29").unwrap()];
    store.create_missing_deliveries(known, Trigger::Manual, None, now).wait().unwrap();
    store.cancel(&EventId::parse("e29").unwrap(), now).wait().unwrap();
    store.pause("a.invalid", now).wait().unwrap();
    store.resume("a.invalid", now).wait().unwrap();
}

fn look(store: &dyn Store, now: Timestamp) {
    let hour = now.minus(Duration::from_secs(3_600));
    store.figures(now).wait().unwrap();
    store.rates(hour).wait().unwrap();
    store.activity(hour).wait().unwrap();
    store.arrivals(hour).wait().unwrap();
    store.last_seen(&TypePattern::parse("user.*").unwrap(), hour).wait().unwrap();
    store.received_figures(hour).wait().unwrap();
    store.open_runs().wait().unwrap();
    store.runs(5).wait().unwrap();
    store.preview_due(&[], now).wait().unwrap();
    let emitted = store.event(&EventId::parse("e2").unwrap()).wait().unwrap().unwrap().row.seq;
    store.event_by_seq(emitted).wait().unwrap();
    store.database().wait().unwrap();
    store.try_exclusive("tidy").wait().unwrap();
}
