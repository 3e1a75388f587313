//! Looking after the queue: the log of attempts, copies, checks and removals.

use std::time::Duration;

use syncctl::clock::Timestamp;
use syncctl::delivery::{Outcome, State, Trigger};
use syncctl::event::EventId;
use syncctl::store::{AttemptFilter, DeliveryId, Page, PrunableLog, PruneFilter, PruneResult, Replay, RunStats};

use crate::backend::{Backend, on_every_backend};
use crate::queue::{DELIVERED, FROM_THE_FIRST, TestQueue, delivered, later, now};

on_every_backend! {
    attempts_are_logged_newest_first_and_say_what_came_before,
    an_interruption_says_nothing_about_what_came_before,
    a_prune_removes_a_bounded_batch_and_says_where_the_next_begins,
    what_was_replayed_a_moment_ago_is_not_removed,
    an_event_lives_as_long_as_one_of_its_deliveries_and_is_then_forgotten,
    a_prune_by_age_and_endpoint_takes_nothing_else,
    figures_by_the_minute_are_forgotten_when_they_are_old,
    runs_are_forgotten_when_they_ended_long_ago_in_bounded_batches,
}

const REJECTED: Outcome = Outcome::Rejected { status: Some(410), retry_after: None };

fn newest(limit: u64) -> Page {
    Page { limit, number: 1, oldest_first: false }
}

/// Removes everything finished before an hour from now, from `after` on.
fn prune_after(queue: &TestQueue, after: DeliveryId) -> PruneResult {
    let (states, before) = (vec![State::Delivered, State::Failed], later(3_600));
    queue.store.prune(PruneFilter { states, endpoint: None, before, after }).wait().unwrap()
}

fn attempts_are_logged_newest_first_and_say_what_came_before(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    queue.emit("a", "r");
    let run = queue.run();
    let claim = queue.claim(&run, 1).remove(0);
    let (delivery, endpoint) = (claim.delivery, queue.store.endpoints().wait().unwrap()[0].name.clone());
    queue.finish(&run, claim, REJECTED);
    queue.store.resume(&endpoint, now()).wait().unwrap();
    let how = Replay { trigger: Trigger::Manual, include_delivered: true, include_pending: false };
    for _ in 0..2 {
        queue.store.replay(vec![delivery], how, now()).wait().unwrap();
        let claim = queue.claim(&run, 1).remove(0);
        queue.finish(&run, claim, DELIVERED);
    }
    let logged = queue.store.attempts(&AttemptFilter::default(), newest(10)).wait().unwrap();
    let told: Vec<(u32, bool)> = logged.rows.iter().map(|row| (row.attempt.number, row.after_failure)).collect();
    assert_eq!((logged.total, told), (3, vec![(3, false), (2, true), (1, false)]));
    let later = AttemptFilter { since: Some(later(1)), ..AttemptFilter::default() };
    assert_eq!(queue.store.attempts(&later, newest(10)).wait().unwrap().total, 0);
}

fn an_interruption_says_nothing_about_what_came_before(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    queue.emit("a", "r");
    let run = queue.run();
    queue.claim(&run, 1);
    backend.kill(run);
    assert_eq!(queue.store.reap(now()).wait().unwrap(), 1);
    let run = queue.run();
    let claim = queue.claim(&run, 1).remove(0);
    queue.finish(&run, claim, DELIVERED);
    let logged = queue.store.attempts(&AttemptFilter::default(), newest(1)).wait().unwrap();
    assert!(!logged.rows[0].after_failure);
}

fn a_prune_removes_a_bounded_batch_and_says_where_the_next_begins(backend: &dyn Backend) {
    let queue = delivered(backend, 700);
    let first = prune_after(&queue, FROM_THE_FIRST);
    assert!(first.deliveries + first.attempts + first.events <= 502, "{first:?}");
    queue.assert_sound();
    let (mut sum, mut next) = (first.deliveries, first.next);
    while let Some(after) = next {
        let batch = prune_after(&queue, after);
        (sum, next) = (sum + batch.deliveries, batch.next);
    }
    assert_eq!((sum, queue.store.figures(now()).wait().unwrap().events), (700, 0));
    queue.assert_sound();
}

fn what_was_replayed_a_moment_ago_is_not_removed(backend: &dyn Backend) {
    let queue = delivered(backend, 2);
    let how = Replay { trigger: Trigger::Manual, include_delivered: true, include_pending: false };
    queue.store.replay(vec![queue.delivery("e0").id], how, now()).wait().unwrap();
    assert_eq!(prune_after(&queue, FROM_THE_FIRST).deliveries, 1);
    queue.assert_sound();
    let run = queue.run();
    assert_eq!(queue.claim(&run, 5).len(), 1, "it still goes out");
    assert_eq!(prune_after(&queue, FROM_THE_FIRST).deliveries, 0, "what is being sent is not finished");
}

fn an_event_lives_as_long_as_one_of_its_deliveries_and_is_then_forgotten(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/", "http://b.invalid/"]);
    queue.emit("a", "r");
    let run = queue.run();
    let claim = queue.claim(&run, 1).remove(0);
    queue.finish(&run, claim, DELIVERED);
    let pruned = prune_after(&queue, FROM_THE_FIRST);
    assert_eq!((pruned.deliveries, pruned.events), (1, 0));
    let id = EventId::parse("a").unwrap();
    assert!(queue.store.event(&id).wait().unwrap().is_some());
    queue.assert_sound();
}

fn a_prune_by_age_and_endpoint_takes_nothing_else(backend: &dyn Backend) {
    let queue = delivered(backend, 3);
    let prune = |states: Vec<State>, endpoint: Option<&str>, before| {
        let what = PruneFilter { states, endpoint: endpoint.map(str::to_owned), before, after: FROM_THE_FIRST };
        queue.store.prune(what).wait().unwrap().deliveries
    };
    let tomorrow = later(86_400);
    assert_eq!(prune(vec![State::Delivered], None, now()), 0, "they changed at that very moment");
    assert_eq!(prune(vec![State::Delivered], Some("nobody"), tomorrow), 0);
    assert_eq!(prune(vec![State::Failed], None, tomorrow), 0);
    assert_eq!(prune(vec![State::Pending, State::Processing, State::Held], None, tomorrow), 0);
    assert_eq!(prune(vec![State::Delivered], Some("a.invalid"), tomorrow), 3);
    queue.assert_sound();
}

/// Forgets batch after batch and returns how many rows that were, after holding them against what was announced.
fn forget(queue: &TestQueue, log: PrunableLog, before: Timestamp) -> u64 {
    forget_at(queue, log, before, now())
}

fn forget_at(queue: &TestQueue, log: PrunableLog, before: Timestamp, now: Timestamp) -> u64 {
    let announced = queue.store.count_prunable(log, before, now).wait().unwrap();
    let (mut rows, mut after) = (0, Some(i64::MIN));
    while let Some(from) = after {
        let batch = queue.store.prune_log(log, before, from, now).wait().unwrap();
        assert!(batch.rows <= 502, "{batch:?}");
        (rows, after) = (rows + batch.rows, batch.next);
    }
    assert_eq!(rows, announced);
    rows
}

fn figures_by_the_minute_are_forgotten_when_they_are_old(backend: &dyn Backend) {
    let queue = delivered(backend, 3);
    let attempts = || queue.store.rates(now()).wait().unwrap().iter().map(|rate| rate.delivered).sum::<i64>();
    let (minute, day) = (now().plus(Duration::from_mins(1)), Duration::from_hours(24));
    assert_eq!((forget_at(&queue, PrunableLog::Rates, minute, minute), attempts()), (0, 3), "health still looks at it");
    assert_eq!((forget_at(&queue, PrunableLog::Rates, now(), now().plus(day)), attempts()), (0, 3), "that very minute");
    assert_eq!((forget_at(&queue, PrunableLog::Rates, minute, minute.plus(day)), attempts()), (1, 0));
    queue.assert_sound();
}

fn runs_are_forgotten_when_they_ended_long_ago_in_bounded_batches(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    let living = queue.run();
    for n in 0..1_100 {
        let at = later(n);
        queue
            .store
            .end_run(&queue.store.begin_run("test", at).wait().unwrap(), RunStats::default(), 0, at)
            .wait()
            .unwrap();
    }
    assert_eq!(forget(&queue, PrunableLog::Runs, now()), 0);
    assert_eq!(forget(&queue, PrunableLog::Runs, later(1_090)), 1_090);
    assert_eq!(queue.store.runs(100).wait().unwrap().len(), 11);
    assert_eq!(forget(&queue, PrunableLog::Runs, later(9_000)), 10);
    let left: Vec<_> = queue.store.runs(100).wait().unwrap().iter().map(|run| run.id).collect();
    assert_eq!(left, [living.id], "what has not ended stays");
}
