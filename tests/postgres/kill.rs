//! Workers that are killed and servers that restart under load: nothing is lost, nothing out of order, never two of a resource at once.

use std::collections::HashMap;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::story::place;
use crate::support::cluster::Cluster;
use crate::support::place::{Place, kill, within};
use crate::support::receiver::{Receiver, Reply};
use crate::support::{Chance, long};

/// What receivers saw: of each resource the numbers in order, and whether two were there at once.
#[derive(Default)]
pub(crate) struct Seen {
    arrived: HashMap<String, Vec<u64>>,
    inside: HashMap<String, u32>,
    pub(crate) overlaps: u32,
    requests: u64,
}

pub(crate) fn receiver(seen: &Arc<Mutex<Seen>>, pause: Duration) -> Receiver {
    let seen = Arc::clone(seen);
    Receiver::new(move |request| {
        let event = request.json();
        let resource = event["resourceId"].as_str().unwrap().to_owned();
        let number = event["data"]["n"].as_u64().unwrap();
        {
            let mut seen = seen.lock().unwrap();
            seen.requests += 1;
            seen.arrived.entry(resource.clone()).or_default().push(number);
            let inside = seen.inside.entry(resource.clone()).or_default();
            *inside += 1;
            seen.overlaps += u32::from(*inside > 1);
        }
        std::thread::sleep(pause);
        *seen.lock().unwrap().inside.get_mut(&resource).unwrap() -= 1;
        Reply::Status(200)
    })
}

pub(crate) fn emit(place: &Place, events: usize, resources: usize) {
    let lines: String = (0..events)
        .map(|n| {
            let resource = n % resources;
            format!("{{\"type\":\"thing.changed\",\"resourceType\":\"thing\",\"resourceId\":\"r{resource}\",\"data\":{{\"n\":{n}}}}}\n")
        })
        .collect();
    let ran = place.run_with_input(&["emit", "--batch", "-"], lines.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
}

pub(crate) fn worker(place: &Place) -> Child {
    place.spawn(&["process", "--watch", "--concurrency", "20"])
}

/// First arrivals of each resource come in order, and every event arrives. Returns how many came more than once.
pub(crate) fn judge(seen: &Seen, events: usize) -> u64 {
    let mut arrived = 0;
    for (resource, numbers) in &seen.arrived {
        let mut first: Vec<u64> = Vec::new();
        for number in numbers {
            if !first.contains(number) {
                first.push(*number);
            }
        }
        assert!(first.is_sorted(), "{resource} is out of order: {first:?}");
        arrived += first.len();
    }
    assert_eq!(arrived, events, "every event arrives");
    seen.requests - arrived as u64
}

pub(crate) fn delivered(cluster: &Cluster) -> usize {
    cluster.queue("SELECT coalesce(sum(delivered), 0) FROM tally").parse().unwrap()
}

#[test]
fn killed_workers_lose_nothing_and_keep_the_order() {
    let Some(cluster) = Cluster::start() else { return };
    let kills = if long() { 200 } else { 8 };
    let events = kills * 150;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let receiver = receiver(&seen, Duration::from_millis(20));
    let place = place(&cluster, &[receiver.url("/hook")]);
    emit(&place, events, 40);
    let mut chance = Chance::new(7);
    let mut workers: Vec<Child> = (0..3).map(|_| worker(&place)).collect();
    for killed in 0..kills {
        let goal = (killed + 1) * 60;
        within(Duration::from_secs(60), "progress between kills", || delivered(&cluster) >= goal.min(events));
        let at = chance.below(workers.len());
        kill(&workers[at], "-KILL");
        workers[at].wait().unwrap();
        workers[at] = worker(&place);
    }
    within(Duration::from_secs(120), "all delivered", || delivered(&cluster) == events);
    workers.iter().for_each(|worker| kill(worker, "-TERM"));
    workers.iter_mut().for_each(|worker| assert!(worker.wait().unwrap().success()));
    let twice = judge(&seen.lock().unwrap(), events);
    eprintln!("{kills} kills, {events} events: {twice} sent twice, {} overlaps", seen.lock().unwrap().overlaps);
    // What a killed worker had in flight: at most its slots.
    assert!(twice <= kills as u64 * 20, "{twice} sent twice");
    let verified = place.run(&["db", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn a_server_that_restarts_under_load_loses_nothing_and_makes_nothing_go_twice() {
    let Some(cluster) = Cluster::start() else { return };
    let restarts = if long() { 40 } else { 4 };
    let events = restarts * 400;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let receiver = receiver(&seen, Duration::from_millis(5));
    let place = place(&cluster, &[receiver.url("/hook")]);
    emit(&place, events, 50);
    let mut workers: Vec<Child> = (0..2).map(|_| worker(&place)).collect();
    for restart in 0..restarts {
        let goal = (restart + 1) * 200;
        within(Duration::from_secs(60), "progress between restarts", || delivered(&cluster) >= goal.min(events));
        cluster.down("immediate");
        cluster.up();
    }
    within(Duration::from_secs(120), "all delivered", || delivered(&cluster) == events);
    workers.iter().for_each(|worker| kill(worker, "-TERM"));
    workers.iter_mut().for_each(|worker| assert!(worker.wait().unwrap().success()));
    let seen = seen.lock().unwrap();
    let twice = judge(&seen, events);
    assert_eq!((twice, seen.overlaps), (0, 0), "sent twice, two of a resource at once");
    let verified = place.run(&["db", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn a_stopped_worker_is_not_robbed_and_a_killed_one_is_soon() {
    let Some(cluster) = Cluster::start() else { return };
    let seen = Arc::new(Mutex::new(Seen::default()));
    let receiver = receiver(&seen, Duration::from_secs(3));
    let place = place(&cluster, &[receiver.url("/hook")]);
    emit(&place, 4, 4);
    let mut first = worker(&place);
    within(Duration::from_secs(20), "four in flight", || {
        cluster.queue("SELECT coalesce(sum(cardinality(ids)), 0) FROM flight") == "4"
    });
    kill(&first, "-STOP");
    let mut second = worker(&place);
    within(Duration::from_secs(20), "two runs", || {
        cluster.queue("SELECT count(*) FROM run WHERE ended_at IS NULL") == "2"
    });
    std::thread::sleep(Duration::from_secs(5));
    let holder = "SELECT coalesce(sum(cardinality(ids)), 0) FROM flight WHERE run = 1";
    assert_eq!(cluster.queue(holder), "4", "a stopped worker keeps what it has");
    let began = std::time::Instant::now();
    kill(&first, "-KILL");
    first.wait().unwrap();
    within(Duration::from_secs(20), "the claims are taken over", || cluster.queue(holder) == "0");
    let took = began.elapsed();
    eprintln!("taken over after {took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    within(Duration::from_secs(30), "all delivered", || delivered(&cluster) == 4);
    kill(&second, "-TERM");
    assert!(second.wait().unwrap().success());
}
