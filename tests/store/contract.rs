//! The promises of the store that the model does not make by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use syncctl::delivery::{FailureReason, Outcome, State, Trigger};
use syncctl::endpoint::{ConfiguredEndpoint, EndpointUrl, PausedBy};
use syncctl::event::{Draft, EventId};
use syncctl::store::{
    Access, Acknowledgement, Claim, ClaimRequest, EventFilter, PruneFilter, RecordResult, Replay, RunStats, StoreError,
    open,
};

use crate::backend::{Backend, on_every_backend};
use crate::queue::{ALL, DELIVERED, FROM_THE_FIRST, TestQueue, finished, later, now};

on_every_backend! {
    a_worker_that_finished_an_attempt_cannot_finish_it_again,
    an_acknowledgement_stands_until_it_is_withdrawn_and_the_later_one_counts,
    an_attempt_released_and_claimed_again_is_the_first_still,
    what_a_run_still_held_at_its_end_is_interrupted,
    a_batch_that_fails_half_way_leaves_nothing_and_figures_stay_right,
    events_that_are_emitted_at_once_are_stored_or_refused_each_by_itself,
    a_write_that_panics_fails_alone,
    two_stores_of_one_queue_see_each_others_figures,
    many_threads_create_a_queue_at_once,
    readers_say_that_there_is_no_database,
    a_pause_by_the_operator_outlives_the_configuration_and_one_by_the_configuration_does_not,
    a_changed_url_forgets_what_was_learned_about_the_old_one,
    rates_count_attempts_by_minute_endpoint_and_type,
    a_late_outcome_of_an_earlier_attempt_cannot_stand_for_the_next_one,
    figures_stay_right_when_a_delivery_that_failed_before_kills_its_workers,
    a_run_that_has_ended_or_was_taken_for_dead_records_and_claims_nothing,
    numbers_of_events_and_deliveries_are_not_given_again_after_a_prune,
    deliveries_are_made_once_for_events_that_have_none,
    a_preview_shows_what_a_run_would_claim_and_changes_nothing,
    one_process_at_a_time_holds_an_exclusive_lock,
    named_deliveries_are_claimed_alone_and_in_the_order_of_their_lanes,
    more_deliveries_than_one_statement_takes_are_all_replayed,
}

fn an_acknowledgement_stands_until_it_is_withdrawn_and_the_later_one_counts(backend: &dyn Backend) {
    let store = backend.create();
    let seen = |cluster: &str, at, note: Option<&str>| Acknowledgement {
        cluster: cluster.to_owned(),
        at: later(at),
        note: note.map(str::to_owned),
    };
    store.acknowledge(seen("F2", 1, Some("it's known"))).wait().unwrap();
    store.acknowledge(seen("F1", 2, None)).wait().unwrap();
    store.acknowledge(seen("F2", 3, None)).wait().unwrap();
    assert_eq!(store.acknowledgements().wait().unwrap(), [seen("F1", 2, None), seen("F2", 3, None)]);
    assert!(store.withdraw_acknowledgement("F2").wait().unwrap());
    assert!(!store.withdraw_acknowledgement("F2").wait().unwrap());
    assert_eq!(store.acknowledgements().wait().unwrap(), [seen("F1", 2, None)]);
}

fn a_worker_that_finished_an_attempt_cannot_finish_it_again(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    queue.emit("a", "r");
    let run = queue.run();
    let claim = queue.claim(&run, 1).remove(0);
    assert!(matches!(
        queue.finish(&run, claim.clone(), Outcome::Delivered { status: Some(200) }),
        RecordResult::Written(_)
    ));
    assert_eq!(queue.finish(&run, claim, Outcome::Unreachable), RecordResult::Lost);
    assert_eq!(queue.state("a").0, State::Delivered);
}

fn an_attempt_released_and_claimed_again_is_the_first_still(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    queue.emit("a", "r");
    let run = queue.run();
    let claim = queue.claim(&run, 1).remove(0);
    queue.store.release(run.id, vec![claim.clone(), claim], now()).wait().unwrap();
    assert_eq!(queue.claim(&run, 1)[0].number, 1);
}

fn what_a_run_still_held_at_its_end_is_interrupted(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    queue.emit("a", "r");
    let run = queue.run();
    queue.claim(&run, 1);
    queue.store.end_run(&run, RunStats { claimed: 1, ..RunStats::default() }, 143, later(2)).wait().unwrap();
    let detail = queue.store.event(&EventId::parse("a").unwrap()).wait().unwrap().unwrap();
    assert_eq!(detail.attempts[0].outcome, Outcome::Interrupted);
    assert_eq!(queue.state("a").0, State::Pending);
    let row = &queue.store.runs(1).wait().unwrap()[0];
    assert_eq!((row.exit, row.stats.claimed), (Some(143), 1));
}

fn a_batch_that_fails_half_way_leaves_nothing_and_figures_stay_right(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    queue.emit("a", "r");
    let good = Draft::check("user.updated", "r", None, b"{}").unwrap();
    let drafts = vec![Ok(good.clone()), Ok(good), Err(StoreError::Batch("the disk is gone".into()))];
    let failed = queue.store.enqueue(Box::new(drafts.into_iter()), false, now()).wait();
    assert!(matches!(failed, Err(StoreError::Batch(_))));
    queue.emit("b", "r");
    let figures = queue.store.figures(now()).wait().unwrap();
    assert_eq!((figures.events, figures.endpoints[0].counts.waiting), (2, 2));
}

fn events_that_are_emitted_at_once_are_stored_or_refused_each_by_itself(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    queue.emit("taken", "r");
    let draft = |id: &str, resource: &str, data: &str| {
        let mut draft = Draft::check("user.updated", resource, None, data.as_bytes()).unwrap();
        draft.id = Some(EventId::parse(id).unwrap());
        draft
    };
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(200 * 1024));
    let drafts = (0..60).map(|n| match n % 6 {
        0 => draft("taken", "other", "{}"),
        1 => draft("same", "s", "{}"),
        // The second one would make the record of its user too large.
        2 => draft(&format!("large{n}"), "u", &large.replacen("name", &format!("name{n}"), 1)),
        _ => draft(&format!("e{n}"), &format!("r{n}"), "{}"),
    });
    let asked: Vec<_> =
        drafts.map(|draft| queue.store.enqueue(Box::new(std::iter::once(Ok(draft))), false, now())).collect();
    let mut results: BTreeMap<&str, usize> = BTreeMap::new();
    for answer in asked {
        let what = match answer.wait() {
            Ok(done) if done.duplicates == 1 => "duplicate",
            Ok(_) => "stored",
            Err(StoreError::Conflict(_)) => "conflict",
            Err(StoreError::RecordTooLarge) => "too large",
            Err(error) => panic!("{error}"),
        };
        *results.entry(what).or_default() += 1;
    }
    let expected = [("conflict", 10), ("duplicate", 9), ("stored", 32), ("too large", 9)];
    assert_eq!(results, BTreeMap::from(expected));
    assert_eq!(queue.store.events(&EventFilter::default(), ALL).wait().unwrap().total, 33);
    queue.assert_sound();
}

fn a_write_that_panics_fails_alone(backend: &dyn Backend) {
    struct Bad;
    impl Iterator for Bad {
        type Item = Result<Draft, StoreError>;
        fn next(&mut self) -> Option<Self::Item> {
            panic!("a bug in an iterator")
        }
    }
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let failed = queue.store.enqueue(Box::new(Bad), false, now()).wait();
    std::panic::set_hook(hook);
    assert!(matches!(failed, Err(StoreError::Statement(_))));
    queue.emit("a", "r");
    assert_eq!(queue.state("a").0, State::Pending);
}

fn two_stores_of_one_queue_see_each_others_figures(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    let other = open(&queue.location, Access::Existing).unwrap();
    for n in 0..10 {
        queue.emit(&format!("a{n}"), "r");
        let draft = Draft::check("user.updated", "s", None, b"{}").unwrap();
        other.enqueue(Box::new(std::iter::once(Ok(draft))), false, now()).wait().unwrap();
    }
    for store in [&queue.store, &other] {
        let figures = store.figures(now()).wait().unwrap();
        assert_eq!((figures.events, figures.endpoints[0].counts.waiting), (20, 20));
    }
}

fn many_threads_create_a_queue_at_once(backend: &dyn Backend) {
    for _ in 0..backend.rounds(10) {
        let location = backend.fresh();
        let create = || open(&location, Access::Create).map(|_| ());
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
        });
    }
}

fn readers_say_that_there_is_no_database(backend: &dyn Backend) {
    for access in [Access::Existing, Access::Inspect, Access::ReadOnly] {
        let missing = open(&backend.fresh(), access);
        assert!(matches!(missing, Err(StoreError::NoDatabase)), "{missing:?}");
    }
}

fn a_pause_by_the_operator_outlives_the_configuration_and_one_by_the_configuration_does_not(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    let spec = |paused| {
        vec![ConfiguredEndpoint {
            paused,
            ..ConfiguredEndpoint::of_url(EndpointUrl::parse("http://a.invalid/").unwrap())
        }]
    };
    let by = |specs: Vec<ConfiguredEndpoint>| queue.store.set_endpoints(specs, now()).wait().unwrap()[0].paused_by;
    assert_eq!(by(spec(true)), Some(PausedBy::Configuration));
    assert_eq!(by(spec(false)), None);
    queue.store.pause("a.invalid", now()).wait().unwrap();
    assert_eq!(by(spec(false)), Some(PausedBy::Operator));
    assert!(matches!(queue.store.pause("b", now()).wait(), Err(StoreError::NoEndpoint(_))));
}

fn a_changed_url_forgets_what_was_learned_about_the_old_one(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &[]);
    let store = &queue.store;
    let named = |url: &str| {
        vec![ConfiguredEndpoint {
            name: Some("n".into()),
            ..ConfiguredEndpoint::of_url(EndpointUrl::parse(url).unwrap())
        }]
    };
    store.set_endpoints(named("http://a.invalid/"), now()).wait().unwrap();
    let draft = Draft::check("user.updated", "r", None, b"{}").unwrap();
    store.enqueue(Box::new((0..9).map(move |_| Ok(draft.clone()))), false, now()).wait().unwrap();
    let run = queue.run();
    for at in 0..5 {
        for claim in queue.claim_at(&run, 1, later(at * 100)) {
            queue.finish(&run, claim, Outcome::Unreachable);
        }
    }
    assert!(queue.store.endpoints().wait().unwrap()[0].circuit.consecutive_failures > 0);
    let changed = queue.store.set_endpoints(named("http://b.invalid/"), now()).wait().unwrap();
    assert_eq!((changed[0].circuit.consecutive_failures, changed[0].circuit.open), (0, None));
    assert_eq!(changed.len(), 1);
}

fn rates_count_attempts_by_minute_endpoint_and_type(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    for n in 0..4 {
        queue.emit(&format!("a{n}"), &format!("r{n}"));
    }
    let run = queue.run();
    for (n, claim) in queue.claim(&run, 4).into_iter().enumerate() {
        let outcome = if n == 0 { Outcome::TimedOut } else { Outcome::Delivered { status: Some(200) } };
        queue.finish(&run, claim, outcome);
    }
    let rates = queue.store.rates(now()).wait().unwrap();
    assert_eq!(rates.len(), 1);
    assert_eq!((rates[0].delivered, rates[0].failed, rates[0].event_type.as_str()), (3, 1, "user.updated"));
    assert!(queue.store.rates(later(60)).wait().unwrap().is_empty());
}

fn a_late_outcome_of_an_earlier_attempt_cannot_stand_for_the_next_one(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    queue.emit("a", "r");
    let run = queue.run();
    let first = queue.claim(&run, 1).remove(0);
    queue.finish(&run, first.clone(), Outcome::Rejected { status: Some(500), retry_after: None });
    let second = queue.claim_at(&run, 1, later(5)).remove(0);
    assert_eq!((first.number, second.number), (1, 2));
    assert_eq!(queue.finish(&run, first, Outcome::Delivered { status: Some(200) }), RecordResult::Lost);
    assert_eq!(queue.state("a").0, State::Processing);
}

fn figures_stay_right_when_a_delivery_that_failed_before_kills_its_workers(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    queue.emit("a", "r");
    let run = queue.run();
    let claim = queue.claim(&run, 1).remove(0);
    queue.finish(&run, claim, Outcome::Rejected { status: Some(500), retry_after: None });
    for death in 1..=5 {
        let run = queue.run();
        let at = later(10 * death);
        assert_eq!(queue.claim_at(&run, 1, at).len(), 1);
        backend.kill(run);
        assert_eq!(queue.store.reap(at).wait().unwrap(), 1);
    }
    assert_eq!(queue.state("a"), (State::Failed, Some(FailureReason::WorkerCrash)));
    let counts = queue.store.figures(now()).wait().unwrap().endpoints[0].counts;
    assert_eq!((counts.troubled, counts.troubled_attempts, counts.failed), (1, 6, 1));
}

fn a_run_that_has_ended_or_was_taken_for_dead_records_and_claims_nothing(backend: &dyn Backend) {
    for is_ended in [true, false] {
        let queue = TestQueue::new(backend, &["http://a.invalid/"]);
        queue.emit("a", "r");
        queue.emit("b", "s");
        let run = queue.run();
        let (id, claim) = (run.id, queue.claim(&run, 1).remove(0));
        if is_ended {
            queue.store.end_run(&run, RunStats::default(), 0, now()).wait().unwrap();
        } else {
            backend.kill(run);
            assert_eq!(queue.store.reap(now()).wait().unwrap(), 1);
        }
        let wants = ClaimRequest { endpoints: vec![(claim.endpoint, 5)], idle: true, only: None };
        let delivered = finished(claim, Outcome::Delivered { status: Some(200) });
        for outcomes in [vec![], vec![delivered]] {
            let refused = queue.store.advance(id, Arc::new(outcomes), wants.clone(), now()).wait();
            assert!(matches!(refused, Err(StoreError::RunEnded)), "{refused:?}");
        }
        assert_eq!((queue.state("a").0, queue.state("b").0), (State::Pending, State::Pending));
    }
}

fn numbers_of_events_and_deliveries_are_not_given_again_after_a_prune(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    queue.emit("a", "r");
    let run = queue.run();
    let claim = queue.claim(&run, 1).remove(0);
    let (first, seq) = (claim.delivery, queue.seq("a"));
    queue.finish(&run, claim, Outcome::Delivered { status: Some(200) });
    let what = PruneFilter { states: vec![State::Delivered], endpoint: None, before: later(60), after: FROM_THE_FIRST };
    assert_eq!(queue.store.prune(what).wait().unwrap().events, 1);
    queue.emit("b", "r");
    assert!(queue.claim(&run, 1)[0].delivery > first && queue.seq("b") > seq);
}

fn deliveries_are_made_once_for_events_that_have_none(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &[]);
    queue.emit("early", "r");
    let spec = |url: &str| ConfiguredEndpoint::of_url(EndpointUrl::parse(url).unwrap());
    queue.store.set_endpoints(vec![spec("http://a.invalid/"), spec("http://b.invalid/")], now()).wait().unwrap();
    queue.emit("late", "r");
    let events = || ["early", "late", "unknown"].map(|id| EventId::parse(id).unwrap()).to_vec();
    let make = |only: Option<&str>| {
        let only = only.map(str::to_owned);
        queue.store.create_missing_deliveries(events(), Trigger::Manual, only, now()).wait().unwrap().len()
    };
    assert_eq!(make(Some("nobody")), 0);
    assert_eq!((make(Some("b.invalid")), make(None)), (1, 0), "an event that has a delivery is left as it is");
    let run = queue.run();
    let claims = queue.claim(&run, 5);
    let mut sent: Vec<_> = claims.iter().map(|claim| (claim.event_id.as_str(), claim.trigger)).collect();
    sent.sort_unstable_by_key(|(id, _)| id.to_owned());
    assert_eq!(
        sent,
        [("late", Trigger::Initial), ("late", Trigger::Initial)],
        "it goes behind what is queued of its resource"
    );
}

fn a_preview_shows_what_a_run_would_claim_and_changes_nothing(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    for (id, resource) in [("a", "r"), ("b", "r"), ("c", "s")] {
        queue.emit(id, resource);
    }
    let preview = |specs: &[ConfiguredEndpoint]| -> Vec<String> {
        let listed = queue.store.preview_due(specs, now()).wait().unwrap();
        assert_eq!(listed.total, listed.rows.len() as u64);
        listed.rows.iter().map(|row| row.event.id.to_string()).collect()
    };
    assert_eq!(preview(&[]), ["a", "c"], "one of each resource");
    let other = ConfiguredEndpoint::of_url(EndpointUrl::parse("http://b.invalid/").unwrap());
    assert!(preview(&[other]).is_empty(), "an endpoint that is not named any more would be held");
    let run = queue.run();
    let claim = queue.claim(&run, 1).remove(0);
    assert_eq!(preview(&[]), ["c"], "what lives is not robbed");
    backend.kill(run);
    assert_eq!(preview(&[]), ["a", "c"], "the claims of the dead are free");
    let rows = queue.store.events(&EventFilter::default(), ALL);
    assert_eq!((rows.wait().unwrap().total, queue.state(claim.event_id.as_str()).0), (3, State::Processing));
}

fn one_process_at_a_time_holds_an_exclusive_lock(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &[]);
    let held = queue.store.try_exclusive("single").wait().unwrap();
    assert!(held.is_some());
    assert!(queue.store.try_exclusive("single").wait().unwrap().is_none());
    assert!(queue.store.try_exclusive("other").wait().unwrap().is_some());
    drop(held);
    assert!(queue.store.try_exclusive("single").wait().unwrap().is_some());
}

fn named_deliveries_are_claimed_alone_and_in_the_order_of_their_lanes(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    for (id, resource) in [("a1", "r"), ("a2", "r"), ("b", "s"), ("c", "t"), ("d", "u")] {
        queue.emit(id, resource);
    }
    let run = queue.run();
    let claim = |names: &[&str], at| -> Vec<Claim> {
        let only = names.iter().map(|name| queue.delivery(name).id).collect();
        let wants = ClaimRequest { only: Some(only), ..queue.wants(10) };
        queue.store.advance(run.id, Arc::default(), wants, at).wait().unwrap().claims
    };
    let ids = |claims: &[Claim]| claims.iter().map(|claim| claim.event_id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&claim(&["a2"], now())), Vec::<String>::new(), "an earlier one of its resource is queued");
    assert_eq!(ids(&claim(&["b"], now())), ["b"]);
    assert_eq!(ids(&claim(&["b"], now())), Vec::<String>::new(), "it is in flight");
    let first = claim(&["a1", "a2"], now());
    assert_eq!(ids(&first), ["a1"]);
    assert_eq!(ids(&claim(&["a2"], now())), Vec::<String>::new(), "its lane is occupied");
    for claim in first {
        queue.finish(&run, claim, Outcome::Rejected { status: Some(500), retry_after: None });
    }
    assert_eq!(ids(&claim(&["a1", "a2"], now())), Vec::<String>::new(), "its retry is not due");
    let again = claim(&["a1"], later(3_600));
    assert_eq!(ids(&again), ["a1"]);
    for claim in again {
        queue.finish(&run, claim, DELIVERED);
    }
    assert_eq!(ids(&claim(&["a2"], later(3_600))), ["a2"]);
    assert_eq!(ids(&queue.claim_at(&run, 10, later(3_600))), ["c", "d"], "the others were left as they were");
    queue.assert_sound();
}

fn more_deliveries_than_one_statement_takes_are_all_replayed(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    let drafts = (0..1_100).map(|n| Draft::check("user.updated", &format!("r{n}"), None, b"{}").unwrap());
    let drafts: Vec<_> = drafts.map(Ok).collect();
    queue.store.enqueue(Box::new(drafts.into_iter()), false, now()).wait().unwrap();
    let run = queue.run();
    let mut ids = Vec::new();
    while ids.len() < 1_100 {
        let claims = queue.claim(&run, 300);
        assert!(!claims.is_empty(), "{} were claimed", ids.len());
        ids.extend(claims.iter().map(|claim| claim.delivery));
        let done = claims.into_iter().map(|claim| finished(claim, DELIVERED)).collect();
        queue.store.advance(run.id, Arc::new(done), ClaimRequest::default(), now()).wait().unwrap();
    }
    let how = Replay { trigger: Trigger::Bulk, include_delivered: true, include_pending: false };
    let replayed = queue.store.replay(ids.clone(), how, later(1)).wait().unwrap();
    assert_eq!((replayed.changed.len(), replayed.skipped), (1_100, Vec::new()));
    let figures = queue.store.figures(later(1)).wait().unwrap();
    assert_eq!((figures.endpoints[0].counts.waiting, figures.endpoints[0].counts.delivered), (1_100, 0));
}
