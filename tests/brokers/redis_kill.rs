//! Workers and servers that are killed under load: nothing is lost, and first arrivals of a resource keep their order.

use std::collections::HashMap;
use std::process::Child;
use std::time::Duration;

use crate::redis::place;
use crate::support::Chance;
use crate::support::long;
use crate::support::place::{Place, kill, within};
use crate::support::redis::RedisServer;

/// Attempts in flight.
const SLOTS: u64 = 10;
/// Attempts in flight, and claims that a worker prefetches for a fast endpoint: their outcomes are lost with it.
const CLAIMED: u64 = 10 + 192;

fn emit(place: &Place, events: usize, resources: usize) {
    let lines: String = (0..events)
        .map(|n| {
            let resource = n % resources;
            format!(
                "{{\"id\":\"e{n}\",\"type\":\"thing.changed\",\"resourceType\":\"thing\",\"resourceId\":\"r{resource}\",\"data\":{{\"n\":{n}}}}}\n"
            )
        })
        .collect();
    let ran = place.run_with_input(&["emit", "--batch", "-"], lines.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
}

fn worker(place: &Place) -> Child {
    place.spawn(&["process", "--watch"])
}

/// Every event is there, first arrivals of each resource come in order. Returns how many came more than once.
fn judge(entries: &[Vec<(String, String)>], events: usize) -> u64 {
    let mut seen: HashMap<&str, Vec<u64>> = HashMap::new();
    let mut twice = 0;
    for entry in entries {
        let field = |name: &str| entry.iter().find(|(known, _)| known == name).unwrap().1.as_str();
        let number = field("id").trim_start_matches('e').parse().unwrap();
        let numbers = seen.entry(field("resourceId")).or_default();
        if numbers.contains(&number) { twice += 1 } else { numbers.push(number) }
    }
    for (resource, numbers) in &seen {
        assert!(numbers.is_sorted(), "{resource} is out of order: {numbers:?}");
    }
    assert_eq!(seen.values().map(Vec::len).sum::<usize>(), events, "every event arrives");
    twice
}

fn delivered(place: &Place) -> u64 {
    place.queue()["delivered"].as_u64().unwrap()
}

#[test]
fn killed_workers_lose_nothing_and_keep_the_order() {
    let Some(server) = RedisServer::start() else { return };
    let kills: u64 = if long() { 100 } else { 8 };
    let events = kills * 600;
    let place = place(&server.url("0/events"), "");
    emit(&place, usize::try_from(events).unwrap(), 50);
    let mut chance = Chance::new(18);
    let mut workers: Vec<Child> = (0..2).map(|_| worker(&place)).collect();
    for killed in 0..kills {
        let goal = killed * 400 + 100;
        within(Duration::from_secs(60), "progress between kills", || delivered(&place) >= goal);
        let at = chance.below(workers.len());
        kill(&workers[at], "-KILL");
        workers[at].wait().unwrap();
        workers[at] = worker(&place);
    }
    within(Duration::from_secs(120), "all delivered", || delivered(&place) == events);
    workers.iter().for_each(|worker| kill(worker, "-TERM"));
    workers.iter_mut().for_each(|worker| assert!(worker.wait().unwrap().success()));
    let twice = judge(&server.entries("events"), usize::try_from(events).unwrap());
    eprintln!("{kills} kills, {events} events: {twice} sent twice");
    assert!(twice <= kills * CLAIMED, "{twice} sent twice");
    place.ok(&["db", "verify"]);
}

#[test]
fn a_server_that_is_killed_under_load_loses_nothing_that_it_confirmed() {
    let Some(mut server) = RedisServer::start() else { return };
    let kills: u64 = if long() { 40 } else { 4 };
    let events = kills * 2_000;
    let lines = "first_delay = \"50ms\"\ncircuit_first_probe = \"100ms\"\ncircuit_longest_probe = \"200ms\"";
    let place = place(&server.url("0/events"), lines);
    emit(&place, usize::try_from(events).unwrap(), 50);
    let mut worker = worker(&place);
    for killed in 0..kills {
        let goal = killed * 1_500 + 200;
        within(Duration::from_secs(60), "progress between kills", || delivered(&place) >= goal);
        server.kill();
        server.up();
    }
    within(Duration::from_secs(120), "all delivered", || delivered(&place) == events);
    kill(&worker, "-TERM");
    assert!(worker.wait().unwrap().success());
    let twice = judge(&server.entries("events"), usize::try_from(events).unwrap());
    eprintln!("{kills} kills of the server, {events} events: {twice} sent twice");
    assert!(twice <= kills * SLOTS, "{twice} sent twice");
    assert_eq!(place.queue()["failed"], 0);
    place.ok(&["db", "verify"]);
}
