//! A standby that takes the place of the server while workers run.

use std::process::Child;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::kill::{Seen, delivered, emit, judge, receiver, worker};
use crate::support::cluster::Cluster;
use crate::support::place::{Place, kill, within};

/// A place that knows both servers; whichever takes writes is found.
fn place(servers: [&Cluster; 2], urls: &[String]) -> Place {
    let mut place = Place::sending_to(urls);
    let [first, second] = servers.map(|server| format!("127.0.0.1:{}", server.port));
    place.set("SYNCCTL_DB", &format!("postgres://postgres@{first},{second}/queue"));
    place
}

fn stop(workers: &mut [Child]) {
    workers.iter().for_each(|worker| kill(worker, "-TERM"));
    workers.iter_mut().for_each(|worker| assert!(worker.wait().unwrap().success()));
}

#[test]
fn a_synchronous_standby_that_is_promoted_under_load_loses_nothing_and_sends_nothing_again_that_was_recorded() {
    let Some(primary) = Cluster::start() else { return };
    let standby = primary.standby();
    primary.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
    primary.sql("postgres", "SELECT pg_reload_conf()");
    within(Duration::from_secs(20), "the standby to be synchronous", || {
        primary.sql("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1"
    });
    let events = 900;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let receiver = receiver(&seen, Duration::from_millis(10));
    let place = place([&primary, &standby], &[receiver.url("/hook")]);
    emit(&place, events, 60);
    let mut workers: Vec<Child> = (0..2).map(|_| worker(&place)).collect();
    within(Duration::from_secs(60), "a third delivered", || delivered(&primary) >= events / 3);
    primary.down("immediate");
    standby.promote();
    let emitted = place.run(&["emit", "thing.changed", "late", "--resource-type", "thing", "--data", "{\"n\":900}"]);
    assert_eq!(emitted.code, 0, "{emitted:?}");
    within(Duration::from_secs(120), "all delivered", || delivered(&standby) == events + 1);
    stop(&mut workers);
    let seen = seen.lock().unwrap();
    assert_eq!((judge(&seen, events + 1), seen.overlaps), (0, 0), "sent twice, two of a resource at once");
    assert_eq!(place.run(&["db", "verify"]).code, 0);
}

#[test]
fn what_an_asynchronous_standby_had_not_received_is_sent_again_and_told() {
    let Some(primary) = Cluster::start() else { return };
    let standby = primary.standby();
    let events = 300;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let receiver = receiver(&seen, Duration::from_millis(10));
    let place = place([&primary, &standby], &[receiver.url("/hook")]);
    emit(&place, events, 30);
    let watch = |log: &str| {
        let log = std::fs::File::create(place.path(log)).unwrap();
        place.command(&["process", "--watch", "--concurrency", "5"]).stderr(log).spawn().unwrap()
    };
    within(Duration::from_secs(20), "the standby has the queue", || {
        standby.sql("queue", "SELECT to_regclass('syncctl.tally') IS NOT NULL") == "t"
    });
    let known = watch("known.log");
    within(Duration::from_secs(60), "the standby has some", || delivered(&standby) >= 20);
    // It misses what follows: a standby that lags, and a run that it does not know.
    standby.down("fast");
    let unknown = watch("unknown.log");
    within(Duration::from_secs(60), "more delivered", || delivered(&primary) >= events / 2);
    within(Duration::from_secs(20), "both deliver", || {
        primary.queue("SELECT count(*) FROM run WHERE commits > 3") == "2"
    });
    primary.down("immediate");
    standby.up();
    standby.promote();
    within(Duration::from_secs(120), "all delivered", || delivered(&standby) == events);
    stop(&mut [known, unknown]);
    let told = ["known.log", "unknown.log"].map(|log| std::fs::read_to_string(place.path(log)).unwrap());
    assert!(told[0].contains("lost committed transactions"), "{}", told[0]);
    assert!(told[1].contains("starting a new one"), "{}", told[1]);
    judge(&seen.lock().unwrap(), events);
    assert_eq!(place.run(&["db", "verify"]).code, 0);
}
