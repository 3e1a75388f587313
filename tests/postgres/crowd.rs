//! Many workers on one server, and what stands in their way: late commits, resources with far too many events, old snapshots.

use std::process::Child;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::kill::{Seen, delivered, emit, judge, receiver, worker};
use crate::story::place;
use crate::support::cluster::Cluster;
use crate::support::place::{Place, kill, within};
use crate::support::receiver::Receiver;

fn end(mut workers: Vec<Child>) {
    workers.iter().for_each(|worker| kill(worker, "-TERM"));
    workers.iter_mut().for_each(|worker| assert!(worker.wait().unwrap().success()));
}

/// Everything arrived once, in the order of each resource, and never two of one at the same time.
fn nothing_went_wrong(place: &Place, seen: &Mutex<Seen>, events: usize) {
    let seen = seen.lock().unwrap();
    assert_eq!((judge(&seen, events), seen.overlaps), (0, 0), "sent twice, two of a resource at once");
    let verified = place.run(&["db", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn twenty_workers_at_once_make_each_request_once_and_in_order() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let seen = Arc::new(Mutex::new(Seen::default()));
    let receiver = receiver(&seen, Duration::from_millis(2));
    let place = place(&cluster, &[receiver.url("/hook")]);
    let events = 1_000;
    emit(&place, events, 50);
    let workers: Vec<Child> = (0..20).map(|_| place.spawn(&["process", "-q", "--concurrency", "5"])).collect();
    for mut worker in workers {
        assert!(worker.wait().unwrap().success());
    }
    assert_eq!(delivered(&cluster), events);
    nothing_went_wrong(&place, &seen, events);
}

#[test]
fn resources_with_most_of_the_events_keep_their_order_and_hold_up_no_other() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let seen = Arc::new(Mutex::new(Seen::default()));
    let receiver = receiver(&seen, Duration::from_millis(2));
    let place = place(&cluster, &[receiver.url("/hook")]);
    // 700 events of two resources are queued before those of 100 others.
    emit(&place, 700, 2);
    let others: String = (0..100)
        .map(|n| format!("{{\"type\":\"thing.changed\",\"resourceType\":\"thing\",\"resourceId\":\"o{n}\",\"data\":{{\"n\":{n}}}}}\n"))
        .collect();
    let ran = place.run_with_input(&["emit", "--batch", "-"], others.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    let workers: Vec<Child> = (0..3).map(|_| worker(&place)).collect();
    within(Duration::from_secs(60), "the others arrive", || {
        cluster.queue("SELECT count(*) FROM delivery d JOIN event e ON e.seq = d.event WHERE e.resource_id LIKE 'o%' AND d.state = 1") == "100"
    });
    let left = 800 - delivered(&cluster);
    assert!(left > 200, "they waited for the two: only {left} are left");
    within(Duration::from_secs(120), "all delivered", || delivered(&cluster) == 800);
    end(workers);
    nothing_went_wrong(&place, &seen, 800);
}

/// Slows down the commit of whoever stores an event of this resource, after its delivery has its id.
const LATE: &str = "CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT FROM event WHERE seq = NEW.event AND resource_id LIKE 'late%') THEN PERFORM pg_sleep(1.5); END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER stay AFTER INSERT ON queue FOR EACH ROW EXECUTE FUNCTION stay()";

#[test]
fn a_delivery_that_is_committed_after_later_ones_were_sent_is_not_passed_over() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let receiver = Receiver::good();
    let place = place(&cluster, &[receiver.url("/hook")]);
    // Who stores a new type holds up others with the same until it commits.
    place.emit("user.updated", "first");
    cluster.queue(LATE);
    let workers: Vec<Child> = (0..2).map(|_| worker(&place)).collect();
    let late: Vec<Child> = (0..4)
        .map(|n| place.command(&["emit", "-q", "user.updated", &format!("late{n}"), "--data", "{}"]).spawn().unwrap())
        .collect();
    let mut rounds = 0;
    while cluster.queue("SELECT count(*) FROM event WHERE resource_id LIKE 'late%'") != "4" {
        // These have later ids, and are sent while the others are not there yet.
        let numbers: Vec<String> = (0..20).map(|n| format!("{rounds}-{n}")).collect();
        let lines: String = numbers
            .iter()
            .map(|n| format!("{{\"type\":\"user.updated\",\"resourceId\":\"soon{n}\",\"data\":{{}}}}\n"))
            .collect();
        assert_eq!(place.run_with_input(&["emit", "-q", "--batch", "-"], lines.as_bytes()).code, 0);
        rounds += 1;
    }
    for mut emitter in late {
        assert!(emitter.wait().unwrap().success());
    }
    let events = 1 + rounds * 20 + 4;
    within(Duration::from_secs(30), "the late ones arrive", || delivered(&cluster) == events);
    let passed = "SELECT count(*) FROM delivery d JOIN event e ON e.seq = d.event JOIN attempt a ON a.delivery = d.id
        WHERE e.resource_id LIKE 'soon%' AND a.started_at < (SELECT min(started_at) FROM attempt WHERE delivery IN
            (SELECT d.id FROM delivery d JOIN event e ON e.seq = d.event WHERE e.resource_id LIKE 'late%'))
        AND d.id > (SELECT min(d.id) FROM delivery d JOIN event e ON e.seq = d.event WHERE e.resource_id LIKE 'late%')";
    assert_ne!(cluster.queue(passed), "0", "later ones were sent first");
    end(workers);
    assert_eq!(receiver.count(), events);
}

/// What a transaction runs that keeps every row from being removed that is deleted after it began.
pub(crate) const OLD_SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class";

#[test]
fn an_old_snapshot_keeps_dead_rows_and_the_queue_drains_all_the_same() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let seen = Arc::new(Mutex::new(Seen::default()));
    let receiver = receiver(&seen, Duration::ZERO);
    let place = place(&cluster, &[receiver.url("/hook")]);
    let events = 3_000;
    emit(&place, events, 300);
    let snapshot = cluster.open_transaction(OLD_SNAPSHOT);
    let ran = place.run(&["process", "-q"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!((delivered(&cluster), snapshot.is_open()), (events, true));
    drop(snapshot);
    nothing_went_wrong(&place, &seen, events);
}
