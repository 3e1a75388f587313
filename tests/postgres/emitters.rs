//! What an emit waits for, and what it does not: wake-ups, and counters that others write.

use std::sync::Arc;
use std::sync::mpsc::{self, TryRecvError, channel};
use std::time::{Duration, Instant};

use syncctl::clock::{Clock as _, SystemClock};
use syncctl::event::{Draft, EventId};
use syncctl::store::Store;

use crate::claims::{draft, enqueue, open_store};
use crate::kill::worker;
use crate::story::place;
use crate::support::cluster::Cluster;
use crate::support::place::{kill, within};
use crate::support::receiver::Receiver;

#[test]
fn an_emit_returns_while_its_wake_up_waits() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let place = place(&cluster, &["http://127.0.0.1:9/hook".to_owned()]);
    place.emit("user.updated", "first");
    // Whom to wake up is read from this table, which storing an event does not touch.
    let _held = cluster.open_transaction("LOCK TABLE syncctl.run IN ACCESS EXCLUSIVE MODE");
    place.emit("user.updated", "second");
    within(Duration::from_secs(10), "the wake-up waits still", || cluster.waiting("pg_notify") == 1);
    assert_eq!(cluster.queue("SELECT count(*) FROM event"), "2");
}

/// Stores events of these resources on a thread of its own; a message says when that is done.
fn store_aside(store: &Arc<dyn Store>, drafts: Vec<Draft>) -> mpsc::Receiver<()> {
    let (store, (done, told)) = (Arc::clone(store), channel());
    std::thread::spawn(move || {
        enqueue(store.as_ref(), drafts);
        let _ = done.send(());
    });
    told
}

#[test]
fn a_batch_that_is_held_up_holds_up_nobody_who_counts_in_the_same_rows() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    // Both emitters are of one process, which has one slot.
    let store = open_store(&cluster);
    enqueue(store.as_ref(), vec![draft("first")]);
    let held = cluster.open_transaction(
        "INSERT INTO syncctl.event (id, kind, resource_id, timestamp, created_at, checksum, body) VALUES ('held', 1, 'r', 1, 1, 0, '')",
    );
    // More than one round trip stores, of which the last waits for that id.
    let mut batch: Vec<_> = (0..2_500).map(|n| draft(&format!("r{n}"))).collect();
    batch[2_400].id = Some(EventId::parse("held").unwrap());
    let batch = store_aside(&store, batch);
    within(Duration::from_secs(20), "the batch waits for the id", || cluster.waiting("INSERT INTO event") == 1);
    let single = store_aside(&store, vec![draft("single")]);
    within(Duration::from_secs(20), "the other is stored", || {
        assert!(cluster.waiting("") < 2, "it waits for the batch");
        single.try_recv().is_ok()
    });
    assert_eq!(batch.try_recv(), Err(TryRecvError::Empty), "the batch waits still");
    drop(held);
    batch.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(cluster.queue("SELECT sum(events), (SELECT count(*) FROM event) FROM tally"), "2502|2502");
}

#[test]
fn a_worker_that_sleeps_is_woken_by_the_emit_of_another_process() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let receiver = Receiver::good();
    let place = place(&cluster, &[receiver.url("/hook")]);
    place.emit("user.updated", "first");
    let mut watcher = worker(&place);
    receiver.wait_for(1, Duration::from_secs(20));
    let mut waits: Vec<Duration> = (1..8)
        .map(|sent| {
            let asleep = "SELECT count(*) FROM run WHERE asleep AND ended_at IS NULL";
            within(Duration::from_secs(20), "the worker sleeps", || cluster.queue(asleep) == "1");
            let began = Instant::now();
            place.emit("user.updated", &format!("u{sent}"));
            receiver.wait_for(sent + 1, Duration::from_secs(20))[sent].at.duration_since(began)
        })
        .collect();
    kill(&watcher, "-TERM");
    assert!(watcher.wait().unwrap().success());
    waits.sort_unstable();
    // By itself it looks once a second, and so soon after the last one most of that is still to come.
    assert!(waits[3] < Duration::from_millis(700), "{waits:?}");
}

#[test]
fn emits_that_wait_for_a_commit_share_the_next_one() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let store = open_store(&cluster);
    enqueue(store.as_ref(), vec![draft("first")]);
    let held = cluster.open_transaction("LOCK TABLE syncctl.event IN EXCLUSIVE MODE");
    let begin = |n: u32| store.enqueue(Box::new(std::iter::once(Ok(draft(&n.to_string())))), false, SystemClock.now());
    let one = begin(0);
    within(Duration::from_secs(20), "one waits for the lock", || cluster.waiting("INSERT INTO event") == 1);
    let others: Vec<_> = (1..=100).map(begin).collect();
    drop(held);
    for emit in std::iter::once(one).chain(others) {
        assert_eq!(emit.wait().unwrap().accepted, 1);
    }
    assert_eq!(
        cluster.queue("SELECT count(*), count(DISTINCT xmin::text) FROM event"),
        "102|3",
        "events, transactions"
    );
}
