//! The promises of the store that the model does not make by itself.

use std::sync::Arc;
use std::time::Duration;

use syncctl::clock::Timestamp;
use syncctl::delivery::{Outcome, Reason, State, Trigger};
use syncctl::endpoint::{EndpointUrl, PausedBy, Spec};
use syncctl::event::{Draft, EventId};
use syncctl::store::{
    Access, Acknowledgement, Claim, DeliveryFilter, DeliveryId, EventFilter, Finished, Location, Page, Prune, Recorded,
    Run, RunStats, Store, StoreError, Wants, open,
};

use crate::support::memory_dir;

const NOW: i64 = 1_706_702_400_000;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(NOW)
}

fn later(seconds: u64) -> Timestamp {
    now().plus(Duration::from_secs(seconds))
}

pub(crate) struct Bench {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) store: Arc<dyn Store>,
}

impl Bench {
    pub(crate) fn new(urls: &[&str]) -> Self {
        let directory = memory_dir();
        let store = open(&Location::file(directory.path().join("q.db")), Access::Create).unwrap();
        let specs = urls.iter().map(|url| Spec::of_url(EndpointUrl::parse(url).unwrap())).collect();
        store.set_endpoints(specs, now()).wait().unwrap();
        Self { directory, store }
    }

    pub(crate) fn emit(&self, id: &str, resource: &str) {
        let mut draft = Draft::check("user.updated", resource, None, b"{}").unwrap();
        draft.id = Some(EventId::parse(id).unwrap());
        self.store.enqueue(Box::new(std::iter::once(Ok(draft))), false, now()).wait().unwrap();
    }

    pub(crate) fn run(&self) -> Run {
        self.store.begin_run("test", now()).wait().unwrap()
    }

    pub(crate) fn claim(&self, run: &Run, n: usize) -> Vec<Claim> {
        let endpoints = self.store.endpoints().wait().unwrap().iter().map(|e| (e.id, n)).collect();
        self.store.advance(run.id, Arc::default(), Wants { endpoints, idle: true }, now()).wait().unwrap().claims
    }

    pub(crate) fn finish(&self, run: &Run, claim: Claim, outcome: Outcome) -> Recorded {
        let finished = finished(claim, outcome);
        self.store.advance(run.id, Arc::new(vec![finished]), Wants::default(), now()).wait().unwrap().recorded[0]
    }

    fn seq(&self, id: &str) -> i64 {
        self.store.event(&EventId::parse(id).unwrap()).wait().unwrap().unwrap().row.seq
    }

    fn state(&self, id: &str) -> (State, Option<Reason>) {
        let filter = DeliveryFilter { event: Some(EventId::parse(id).unwrap()), ..DeliveryFilter::default() };
        let row = self
            .store
            .deliveries(&filter, Page { limit: 1, number: 1, oldest_first: true })
            .wait()
            .unwrap()
            .rows
            .remove(0);
        (row.state, row.reason)
    }
}

fn finished(claim: Claim, outcome: Outcome) -> Finished {
    Finished {
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

#[test]
fn an_acknowledgement_stands_until_it_is_withdrawn_and_the_later_one_counts() {
    let bench = Bench::new(&[]);
    let seen = |cluster: &str, at, note: Option<&str>| Acknowledgement {
        cluster: cluster.to_owned(),
        at: later(at),
        note: note.map(str::to_owned),
    };
    bench.store.acknowledge(seen("F2", 1, Some("it's known"))).wait().unwrap();
    bench.store.acknowledge(seen("F1", 2, None)).wait().unwrap();
    bench.store.acknowledge(seen("F2", 3, None)).wait().unwrap();
    assert_eq!(bench.store.acknowledgements().wait().unwrap(), [seen("F1", 2, None), seen("F2", 3, None)]);
    assert!(bench.store.withdraw_acknowledgement("F2").wait().unwrap());
    assert!(!bench.store.withdraw_acknowledgement("F2").wait().unwrap());
    assert_eq!(bench.store.acknowledgements().wait().unwrap(), [seen("F1", 2, None)]);
}

#[test]
fn a_worker_that_finished_an_attempt_cannot_finish_it_again() {
    let bench = Bench::new(&["http://a.invalid/"]);
    bench.emit("a", "r");
    let run = bench.run();
    let claim = bench.claim(&run, 1).remove(0);
    assert!(matches!(bench.finish(&run, claim.clone(), Outcome::Delivered { status: 200 }), Recorded::Written(_)));
    assert_eq!(bench.finish(&run, claim, Outcome::Unreachable), Recorded::Lost);
    assert_eq!(bench.state("a").0, State::Delivered);
}

#[test]
fn an_attempt_released_and_claimed_again_is_the_first_still() {
    let bench = Bench::new(&["http://a.invalid/"]);
    bench.emit("a", "r");
    let run = bench.run();
    let claim = bench.claim(&run, 1).remove(0);
    bench.store.release(run.id, vec![claim.clone(), claim], now()).wait().unwrap();
    assert_eq!(bench.claim(&run, 1)[0].number, 1);
}

#[test]
fn what_a_run_still_held_at_its_end_is_interrupted() {
    let bench = Bench::new(&["http://a.invalid/"]);
    bench.emit("a", "r");
    let run = bench.run();
    bench.claim(&run, 1);
    bench.store.end_run(&run, RunStats { claimed: 1, ..RunStats::default() }, 143, later(2)).wait().unwrap();
    let detail = bench.store.event(&EventId::parse("a").unwrap()).wait().unwrap().unwrap();
    assert_eq!(detail.attempts[0].outcome, Outcome::Interrupted);
    assert_eq!(bench.state("a").0, State::Pending);
    let row = &bench.store.runs(1).wait().unwrap()[0];
    assert_eq!((row.exit, row.stats.claimed), (Some(143), 1));
}

#[test]
fn a_batch_that_fails_half_way_leaves_nothing_and_figures_stay_right() {
    let bench = Bench::new(&["http://a.invalid/"]);
    bench.emit("a", "r");
    let good = Draft::check("user.updated", "r", None, b"{}").unwrap();
    let drafts = vec![Ok(good.clone()), Ok(good), Err(StoreError::Batch("the disk is gone".into()))];
    let failed = bench.store.enqueue(Box::new(drafts.into_iter()), false, now()).wait();
    assert!(matches!(failed, Err(StoreError::Batch(_))));
    bench.emit("b", "r");
    let figures = bench.store.figures(now()).wait().unwrap();
    assert_eq!((figures.events, figures.endpoints[0].counts.pending), (2, 2));
}

#[test]
fn a_write_that_panics_fails_alone() {
    struct Bad;
    impl Iterator for Bad {
        type Item = Result<Draft, StoreError>;
        fn next(&mut self) -> Option<Self::Item> {
            panic!("a bug in an iterator")
        }
    }
    let bench = Bench::new(&["http://a.invalid/"]);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let failed = bench.store.enqueue(Box::new(Bad), false, now()).wait();
    std::panic::set_hook(hook);
    assert!(matches!(failed, Err(StoreError::Statement(_))));
    bench.emit("a", "r");
    assert_eq!(bench.state("a").0, State::Pending);
}

#[test]
fn two_stores_on_one_file_see_each_others_figures() {
    let bench = Bench::new(&["http://a.invalid/"]);
    let other = open(&Location::file(bench.directory.path().join("q.db")), Access::Existing).unwrap();
    for n in 0..10 {
        bench.emit(&format!("a{n}"), "r");
        let draft = Draft::check("user.updated", "s", None, b"{}").unwrap();
        other.enqueue(Box::new(std::iter::once(Ok(draft))), false, now()).wait().unwrap();
    }
    for store in [&bench.store, &other] {
        let figures = store.figures(now()).wait().unwrap();
        assert_eq!((figures.events, figures.endpoints[0].counts.pending), (20, 20));
    }
}

#[test]
fn many_threads_open_a_new_file_at_once() {
    let directory = memory_dir();
    for round in 0..10 {
        let path = directory.path().join(format!("new/{round}.db"));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                std::thread::spawn(move || open(&Location::file(path), Access::Create).map(|_| ()))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
    }
}

#[test]
fn readers_say_that_there_is_no_database() {
    let directory = memory_dir();
    let missing = open(&Location::file(directory.path().join("none.db")), Access::Existing);
    assert!(matches!(missing, Err(StoreError::NoDatabase)));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_pause_by_the_operator_outlives_the_configuration_and_one_by_the_configuration_does_not() {
    let bench = Bench::new(&["http://a.invalid/"]);
    let spec = |paused| vec![Spec { paused, ..Spec::of_url(EndpointUrl::parse("http://a.invalid/").unwrap()) }];
    let by = |specs: Vec<Spec>| bench.store.set_endpoints(specs, now()).wait().unwrap()[0].paused_by;
    assert_eq!(by(spec(true)), Some(PausedBy::Configuration));
    assert_eq!(by(spec(false)), None);
    bench.store.pause("a.invalid", now()).wait().unwrap();
    assert_eq!(by(spec(false)), Some(PausedBy::Operator));
    assert!(matches!(bench.store.pause("b", now()).wait(), Err(StoreError::NoEndpoint(_))));
}

#[test]
fn a_changed_url_forgets_what_was_learned_about_the_old_one() {
    let directory = memory_dir();
    let store = open(&Location::file(directory.path().join("q.db")), Access::Create).unwrap();
    let named = |url: &str| vec![Spec { name: Some("n".into()), ..Spec::of_url(EndpointUrl::parse(url).unwrap()) }];
    store.set_endpoints(named("http://a.invalid/"), now()).wait().unwrap();
    let draft = Draft::check("user.updated", "r", None, b"{}").unwrap();
    store.enqueue(Box::new((0..9).map(move |_| Ok(draft.clone()))), false, now()).wait().unwrap();
    let bench = Bench { directory, store };
    let run = bench.run();
    for at in 0..5 {
        let claims = {
            let endpoints = bench.store.endpoints().wait().unwrap().iter().map(|e| (e.id, 1)).collect();
            let wants = Wants { endpoints, idle: true };
            bench.store.advance(run.id, Arc::default(), wants, later(at * 100)).wait().unwrap().claims
        };
        for claim in claims {
            bench.finish(&run, claim, Outcome::Unreachable);
        }
    }
    assert!(bench.store.endpoints().wait().unwrap()[0].circuit.consecutive_failures > 0);
    let changed = bench.store.set_endpoints(named("http://b.invalid/"), now()).wait().unwrap();
    assert_eq!((changed[0].circuit.consecutive_failures, changed[0].circuit.open), (0, None));
    assert_eq!(changed.len(), 1);
}

#[test]
fn rates_count_attempts_by_minute_endpoint_and_type() {
    let bench = Bench::new(&["http://a.invalid/"]);
    for n in 0..4 {
        bench.emit(&format!("a{n}"), &format!("r{n}"));
    }
    let run = bench.run();
    for (n, claim) in bench.claim(&run, 4).into_iter().enumerate() {
        let outcome = if n == 0 { Outcome::TimedOut } else { Outcome::Delivered { status: 200 } };
        bench.finish(&run, claim, outcome);
    }
    let rates = bench.store.rates(now()).wait().unwrap();
    assert_eq!(rates.len(), 1);
    assert_eq!((rates[0].delivered, rates[0].failed, rates[0].event_type.as_str()), (3, 1, "user.updated"));
    assert!(bench.store.rates(later(60)).wait().unwrap().is_empty());
}

#[test]
fn a_late_outcome_of_an_earlier_attempt_cannot_stand_for_the_next_one() {
    let bench = Bench::new(&["http://a.invalid/"]);
    bench.emit("a", "r");
    let run = bench.run();
    let first = bench.claim(&run, 1).remove(0);
    bench.finish(&run, first.clone(), Outcome::Rejected { status: 500, retry_after: None });
    let wants = Wants { endpoints: vec![(first.endpoint, 1)], idle: true };
    let second = bench.store.advance(run.id, Arc::default(), wants, later(5)).wait().unwrap().claims.remove(0);
    assert_eq!((first.number, second.number), (1, 2));
    assert_eq!(bench.finish(&run, first, Outcome::Delivered { status: 200 }), Recorded::Lost);
    assert_eq!(bench.state("a").0, State::Processing);
}

#[test]
fn figures_stay_right_when_a_delivery_that_failed_before_kills_its_workers() {
    let bench = Bench::new(&["http://a.invalid/"]);
    bench.emit("a", "r");
    let run = bench.run();
    let claim = bench.claim(&run, 1).remove(0);
    bench.finish(&run, claim, Outcome::Rejected { status: 500, retry_after: None });
    for death in 1..=5 {
        let run = bench.run();
        let endpoints = bench.store.endpoints().wait().unwrap().iter().map(|e| (e.id, 1)).collect();
        let wants = Wants { endpoints, idle: true };
        let at = later(10 * death);
        assert_eq!(bench.store.advance(run.id, Arc::default(), wants, at).wait().unwrap().claims.len(), 1);
        drop(run);
        assert_eq!(bench.store.reap(at).wait().unwrap(), 1);
    }
    assert_eq!(bench.state("a"), (State::Failed, Some(Reason::WorkerCrash)));
    let counts = bench.store.figures(now()).wait().unwrap().endpoints[0].counts;
    assert_eq!((counts.troubled, counts.troubled_attempts, counts.failed), (1, 6, 1));
}

#[test]
fn a_run_that_has_ended_or_was_taken_for_dead_records_and_claims_nothing() {
    for is_ended in [true, false] {
        let bench = Bench::new(&["http://a.invalid/"]);
        bench.emit("a", "r");
        bench.emit("b", "s");
        let run = bench.run();
        let (id, claim) = (run.id, bench.claim(&run, 1).remove(0));
        if is_ended {
            bench.store.end_run(&run, RunStats::default(), 0, now()).wait().unwrap();
        } else {
            drop(run);
            assert_eq!(bench.store.reap(now()).wait().unwrap(), 1);
        }
        let wants = Wants { endpoints: vec![(claim.endpoint, 5)], idle: true };
        let delivered = finished(claim, Outcome::Delivered { status: 200 });
        for outcomes in [vec![], vec![delivered]] {
            let refused = bench.store.advance(id, Arc::new(outcomes), wants.clone(), now()).wait();
            assert!(matches!(refused, Err(StoreError::RunEnded)), "{refused:?}");
        }
        assert_eq!((bench.state("a").0, bench.state("b").0), (State::Pending, State::Pending));
    }
}

#[test]
fn numbers_of_events_and_deliveries_are_not_given_again_after_a_prune() {
    let bench = Bench::new(&["http://a.invalid/"]);
    bench.emit("a", "r");
    let run = bench.run();
    let claim = bench.claim(&run, 1).remove(0);
    let (first, seq) = (claim.delivery, bench.seq("a"));
    bench.finish(&run, claim, Outcome::Delivered { status: 200 });
    let what = Prune { states: vec![State::Delivered], endpoint: None, before: later(60), after: DeliveryId(0) };
    assert_eq!(bench.store.prune(what).wait().unwrap().events, 1);
    bench.emit("b", "r");
    assert!(bench.claim(&run, 1)[0].delivery > first && bench.seq("b") > seq);
}

#[test]
fn deliveries_are_made_once_for_events_that_have_none() {
    let bench = Bench::new(&[]);
    bench.emit("early", "r");
    let spec = |url: &str| Spec::of_url(EndpointUrl::parse(url).unwrap());
    bench.store.set_endpoints(vec![spec("http://a.invalid/"), spec("http://b.invalid/")], now()).wait().unwrap();
    bench.emit("late", "r");
    let events = || ["early", "late", "unknown"].map(|id| EventId::parse(id).unwrap()).to_vec();
    let make = |only: Option<&str>| {
        let only = only.map(str::to_owned);
        bench.store.create_missing_deliveries(events(), Trigger::Manual, only, now()).wait().unwrap().len()
    };
    assert_eq!(make(Some("nobody")), 0);
    assert_eq!((make(Some("b.invalid")), make(None)), (1, 0), "an event that has a delivery is left as it is");
    let run = bench.run();
    let claims = bench.claim(&run, 5);
    let mut sent: Vec<_> = claims.iter().map(|claim| (claim.event_id.as_str(), claim.trigger)).collect();
    sent.sort_unstable_by_key(|(id, _)| id.to_owned());
    assert_eq!(
        sent,
        [("late", Trigger::Initial), ("late", Trigger::Initial)],
        "it goes behind what is queued of its resource"
    );
}

#[test]
fn a_preview_shows_what_a_run_would_claim_and_changes_nothing() {
    let bench = Bench::new(&["http://a.invalid/"]);
    for (id, resource) in [("a", "r"), ("b", "r"), ("c", "s")] {
        bench.emit(id, resource);
    }
    let preview = |specs: &[Spec]| -> Vec<String> {
        let listed = bench.store.preview_due(specs, now()).wait().unwrap();
        assert_eq!(listed.total, listed.rows.len() as u64);
        listed.rows.iter().map(|row| row.event.id.to_string()).collect()
    };
    assert_eq!(preview(&[]), ["a", "c"], "one of each resource");
    let other = Spec::of_url(EndpointUrl::parse("http://b.invalid/").unwrap());
    assert!(preview(&[other]).is_empty(), "an endpoint that is not named any more would be held");
    let run = bench.run();
    let claim = bench.claim(&run, 1).remove(0);
    assert_eq!(preview(&[]), ["c"], "what lives is not robbed");
    drop(run);
    assert_eq!(preview(&[]), ["a", "c"], "the claims of the dead are free");
    let rows = bench.store.events(&EventFilter::default(), Page { limit: 9, number: 1, oldest_first: true });
    assert_eq!((rows.wait().unwrap().total, bench.state(claim.event_id.as_str()).0), (3, State::Processing));
}

#[test]
fn one_process_at_a_time_holds_an_exclusive_lock() {
    let bench = Bench::new(&[]);
    let held = bench.store.try_exclusive("single").wait().unwrap();
    assert!(held.is_some());
    assert!(bench.store.try_exclusive("single").wait().unwrap().is_none());
    assert!(bench.store.try_exclusive("other").wait().unwrap().is_some());
    drop(held);
    assert!(bench.store.try_exclusive("single").wait().unwrap().is_some());
}
