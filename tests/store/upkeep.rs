//! Looking after the queue: the log of attempts, copies, checks and removals.

use std::time::Duration;

use syncctl::clock::Timestamp;
use syncctl::delivery::{Outcome, State, Trigger};
use syncctl::event::EventId;
use syncctl::store::{
    Access, AttemptFilter, DeliveryId, Location, Log, Page, Prune, Pruned, Replay, RunStats, StoreError, open,
};

use crate::contract::Bench;

const DELIVERED: Outcome = Outcome::Delivered { status: 200 };
const REJECTED: Outcome = Outcome::Rejected { status: 410, retry_after: None };

fn now() -> Timestamp {
    Timestamp::from_millis(1_706_702_400_000)
}

fn newest(limit: u64) -> Page {
    Page { limit, number: 1, oldest_first: false }
}

/// Removes everything finished before an hour from now, from `after` on.
fn prune_after(bench: &Bench, after: DeliveryId) -> Pruned {
    let (states, before) = (vec![State::Delivered, State::Failed], now().plus(Duration::from_secs(3600)));
    bench.store.prune(Prune { states, endpoint: None, before, after }).wait().unwrap()
}

fn assert_sound(bench: &Bench) {
    assert_eq!(bench.store.verify().wait().unwrap(), Vec::<String>::new());
}

/// A queue with `n` events, each delivered at the first attempt.
fn delivered(n: usize) -> Bench {
    let bench = Bench::new(&["http://a.invalid/"]);
    (0..n).for_each(|i| bench.emit(&format!("e{i}"), &format!("r{i}")));
    let run = bench.run();
    bench.claim(&run, n).into_iter().for_each(|claim| {
        bench.finish(&run, claim, DELIVERED);
    });
    bench
}

#[test]
fn attempts_are_logged_newest_first_and_say_what_came_before() {
    let bench = Bench::new(&["http://a.invalid/"]);
    bench.emit("a", "r");
    let run = bench.run();
    let claim = bench.claim(&run, 1).remove(0);
    let (delivery, endpoint) = (claim.delivery, bench.store.endpoints().wait().unwrap()[0].name.clone());
    bench.finish(&run, claim, REJECTED);
    bench.store.resume(&endpoint, now()).wait().unwrap();
    let how = Replay { trigger: Trigger::Manual, include_delivered: true, include_pending: false };
    for _ in 0..2 {
        bench.store.replay(vec![delivery], how, now()).wait().unwrap();
        let claim = bench.claim(&run, 1).remove(0);
        bench.finish(&run, claim, DELIVERED);
    }
    let logged = bench.store.attempts(&AttemptFilter::default(), newest(10)).wait().unwrap();
    let told: Vec<(u32, bool)> = logged.rows.iter().map(|row| (row.attempt.number, row.after_failure)).collect();
    assert_eq!((logged.total, told), (3, vec![(3, false), (2, true), (1, false)]));
    let later = AttemptFilter { since: Some(now().plus(Duration::from_secs(1))), ..AttemptFilter::default() };
    assert_eq!(bench.store.attempts(&later, newest(10)).wait().unwrap().total, 0);
}

#[test]
fn an_interruption_says_nothing_about_what_came_before() {
    let bench = Bench::new(&["http://a.invalid/"]);
    bench.emit("a", "r");
    let run = bench.run();
    bench.claim(&run, 1);
    drop(run);
    assert_eq!(bench.store.reap(now()).wait().unwrap(), 1);
    let run = bench.run();
    let claim = bench.claim(&run, 1).remove(0);
    bench.finish(&run, claim, DELIVERED);
    let logged = bench.store.attempts(&AttemptFilter::default(), newest(1)).wait().unwrap();
    assert!(!logged.rows[0].after_failure);
}

#[test]
fn a_prune_removes_a_bounded_batch_and_says_where_the_next_begins() {
    let bench = delivered(700);
    let first = prune_after(&bench, DeliveryId(0));
    assert!(first.deliveries + first.attempts + first.events <= 502, "{first:?}");
    assert_sound(&bench);
    let (mut sum, mut next) = (first.deliveries, first.next);
    while let Some(after) = next {
        let batch = prune_after(&bench, after);
        (sum, next) = (sum + batch.deliveries, batch.next);
    }
    assert_eq!((sum, bench.store.figures(now()).wait().unwrap().events), (700, 0));
    assert_sound(&bench);
}

#[test]
fn what_was_replayed_a_moment_ago_is_not_removed() {
    let bench = delivered(2);
    let how = Replay { trigger: Trigger::Manual, include_delivered: true, include_pending: false };
    bench.store.replay(vec![DeliveryId(1)], how, now()).wait().unwrap();
    assert_eq!(prune_after(&bench, DeliveryId(0)).deliveries, 1);
    assert_sound(&bench);
    let run = bench.run();
    assert_eq!(bench.claim(&run, 5).len(), 1, "it still goes out");
    assert_eq!(prune_after(&bench, DeliveryId(0)).deliveries, 0, "what is being sent is not finished");
}

#[test]
fn an_event_lives_as_long_as_one_of_its_deliveries_and_is_then_forgotten() {
    let bench = Bench::new(&["http://a.invalid/", "http://b.invalid/"]);
    bench.emit("a", "r");
    let run = bench.run();
    let claim = bench.claim(&run, 1).remove(0);
    bench.finish(&run, claim, DELIVERED);
    let pruned = prune_after(&bench, DeliveryId(0));
    assert_eq!((pruned.deliveries, pruned.events), (1, 0));
    let id = EventId::parse("a").unwrap();
    assert!(bench.store.event(&id).wait().unwrap().is_some());
    assert_sound(&bench);
}

#[test]
fn a_prune_by_age_and_endpoint_takes_nothing_else() {
    let bench = delivered(3);
    let prune = |states: Vec<State>, endpoint: Option<&str>, before| {
        let what = Prune { states, endpoint: endpoint.map(str::to_owned), before, after: DeliveryId(0) };
        bench.store.prune(what).wait().unwrap().deliveries
    };
    let tomorrow = now().plus(Duration::from_secs(86_400));
    assert_eq!(prune(vec![State::Delivered], None, now()), 0, "they changed at that very moment");
    assert_eq!(prune(vec![State::Delivered], Some("nobody"), tomorrow), 0);
    assert_eq!(prune(vec![State::Failed], None, tomorrow), 0);
    assert_eq!(prune(vec![State::Pending, State::Processing, State::Held], None, tomorrow), 0);
    assert_eq!(prune(vec![State::Delivered], Some("a.invalid"), tomorrow), 3);
    assert_sound(&bench);
}

#[test]
fn a_backup_opens_as_a_queue_of_its_own_and_stands_alone() {
    let bench = delivered(5);
    let copy = bench.directory.path().join("copy.db");
    assert!(bench.store.file().unwrap().backup(&copy, false).wait().unwrap().bytes > 0);
    assert!(!bench.directory.path().join("copy.db-wal").exists());
    bench.emit("later", "r");
    let reopened = open(&Location::file(&copy), Access::Existing).unwrap();
    assert_eq!(reopened.figures(now()).wait().unwrap().events, 5, "of the moment it was made");
    assert_eq!(reopened.verify().wait().unwrap(), Vec::<String>::new());
    assert!(matches!(bench.store.file().unwrap().backup(&copy, false).wait(), Err(StoreError::File { .. })));
    let own = bench.directory.path().join("q.db");
    assert!(matches!(bench.store.file().unwrap().backup(&own, true).wait(), Err(StoreError::File { .. })));
    assert_sound(&bench);
}

#[test]
fn verify_finds_figures_and_lanes_that_are_wrong() {
    let bench = delivered(2);
    bench.emit("waiting", "r0");
    bench.emit("behind", "r0");
    let connection = rusqlite::Connection::open(bench.directory.path().join("q.db")).unwrap();
    for (break_it, mend_it, says) in [
        ("UPDATE endpoint SET pending = 7", "UPDATE endpoint SET pending = 2", "figures of the endpoint"),
        (
            "UPDATE figure SET value = 9 WHERE name = 'events'",
            "UPDATE figure SET value = 4 WHERE name = 'events'",
            "9 events",
        ),
        ("UPDATE delivery SET state = 0 WHERE state = -1", "UPDATE delivery SET state = -1 WHERE state = 0", "in turn"),
        (
            "UPDATE delivery SET state = 1 WHERE id = (SELECT max(id) FROM delivery)",
            "UPDATE delivery SET state = -1 WHERE state = 1",
            "behind later ones",
        ),
    ] {
        connection.execute_batch(break_it).unwrap();
        let found = bench.store.verify().wait().unwrap();
        assert!(found.len() == 1 && found[0].contains(says), "{found:?}");
        connection.execute_batch(mend_it).unwrap();
        assert_sound(&bench);
    }
}

/// A page of the log is read from its end, whatever the filter.
#[test]
fn the_log_is_not_sorted_to_be_read() {
    let bench = delivered(1);
    let connection = rusqlite::Connection::open(bench.directory.path().join("q.db")).unwrap();
    let sql = "EXPLAIN QUERY PLAN SELECT a.number FROM attempt a CROSS JOIN delivery d ON d.id = a.delivery
        CROSS JOIN event e ON e.seq = d.event CROSS JOIN kind k ON k.id = e.kind
        CROSS JOIN endpoint p ON p.id = d.endpoint WHERE p.name = 'a' AND k.type = 'b' ORDER BY a.id DESC LIMIT 50";
    let mut statement = connection.prepare(sql).unwrap();
    let steps = statement.query_map([], |row| row.get::<_, String>(3)).unwrap().map(Result::unwrap);
    let plan: Vec<String> = steps.collect();
    assert!(plan[0].starts_with("SCAN a") && !plan.iter().any(|step| step.contains("TEMP")), "{plan:?}");
}

/// What waits after a failure or was given up is found among millions that arrived.
#[test]
fn troubled_deliveries_are_found_by_their_indexes() {
    let bench = delivered(1);
    let connection = rusqlite::Connection::open(bench.directory.path().join("q.db")).unwrap();
    let source = include_str!("../../src/store/sqlite/read/lists.rs");
    let troubled =
        source.split("if filter.troubled {").nth(1).unwrap().split('"').nth(1).unwrap().replace("{reach}", "");
    let sql = format!("EXPLAIN QUERY PLAN SELECT d.id FROM delivery d WHERE {troubled} ORDER BY d.id DESC LIMIT 9");
    let mut statement = connection.prepare(&sql).unwrap();
    let steps = statement.query_map([], |row| row.get::<_, String>(3)).unwrap().map(Result::unwrap);
    let scans: Vec<String> = steps.filter(|step| step.starts_with("SCAN")).collect();
    let of_index = |scan: &String| scan.contains("INDEX delivery_troubled") || scan.contains("INDEX delivery_failed");
    assert!(scans.len() == 2 && scans.iter().all(of_index), "{scans:?}");
}

/// Forgets batch after batch and returns how many rows that were, after holding them against what was announced.
fn forget(bench: &Bench, log: Log, before: Timestamp) -> u64 {
    forget_at(bench, log, before, now())
}

fn forget_at(bench: &Bench, log: Log, before: Timestamp, now: Timestamp) -> u64 {
    let announced = bench.store.count_prunable(log, before, now).wait().unwrap();
    let (mut rows, mut after) = (0, Some(i64::MIN));
    while let Some(from) = after {
        let batch = bench.store.prune_log(log, before, from, now).wait().unwrap();
        assert!(batch.rows <= 502, "{batch:?}");
        (rows, after) = (rows + batch.rows, batch.next);
    }
    assert_eq!(rows, announced);
    rows
}

#[test]
fn figures_by_the_minute_are_forgotten_when_they_are_old() {
    let bench = delivered(3);
    let attempts = || bench.store.rates(now()).wait().unwrap().iter().map(|rate| rate.delivered).sum::<i64>();
    let (minute, day) = (now().plus(Duration::from_mins(1)), Duration::from_hours(24));
    assert_eq!((forget_at(&bench, Log::Rates, minute, minute), attempts()), (0, 3), "health still looks at it");
    assert_eq!((forget_at(&bench, Log::Rates, now(), now().plus(day)), attempts()), (0, 3), "that very minute");
    assert_eq!((forget_at(&bench, Log::Rates, minute, minute.plus(day)), attempts()), (1, 0));
    assert_sound(&bench);
}

#[test]
fn runs_are_forgotten_when_they_ended_long_ago_in_bounded_batches() {
    let bench = Bench::new(&["http://a.invalid/"]);
    let living = bench.run();
    for n in 0..1_100 {
        let at = now().plus(Duration::from_secs(n));
        bench
            .store
            .end_run(&bench.store.begin_run("test", at).wait().unwrap(), RunStats::default(), 0, at)
            .wait()
            .unwrap();
    }
    assert_eq!(forget(&bench, Log::Runs, now()), 0);
    assert_eq!(forget(&bench, Log::Runs, now().plus(Duration::from_secs(1_090))), 1_090);
    assert_eq!(bench.store.runs(100).wait().unwrap().len(), 11);
    assert_eq!(forget(&bench, Log::Runs, now().plus(Duration::from_secs(9_000))), 10);
    let left: Vec<_> = bench.store.runs(100).wait().unwrap().iter().map(|run| run.id).collect();
    assert_eq!(left, [living.id], "what has not ended stays");
}
