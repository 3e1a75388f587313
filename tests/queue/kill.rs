//! Killing it anywhere: nothing acknowledged is lost, nothing is stuck, nothing goes twice without reason.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;

use crate::support::place::{Place, eventually, kill, within};
use crate::support::receiver::{Receiver, Reply};
use crate::support::{Chance, seeds};

fn arrivals(receiver: &Receiver) -> BTreeMap<String, usize> {
    let mut arrivals = BTreeMap::new();
    for request in receiver.requests() {
        *arrivals.entry(request.event_id().to_owned()).or_default() += 1;
    }
    arrivals
}

#[test]
fn processors_killed_at_random_moments_lose_and_strand_nothing() {
    for seed in seeds(3) {
        eprintln!("SYNCCTL_SEED={seed}");
        let mut chance = Chance::new(seed);
        let receiver = Receiver::good();
        let place = Place::sending_to(&[receiver.url("/")]);
        place.emit_many(400);
        let mut kills = 0;
        for _ in 0..12 {
            let mut children = [place.spawn(&["process"]), place.spawn(&["process"])];
            std::thread::park_timeout(Duration::from_millis(5 + chance.below(60) as u64));
            for child in &mut children {
                kills += usize::from(child.try_wait().unwrap().is_none());
                child.kill().unwrap();
                child.wait().unwrap();
            }
        }
        let ran = place.run(&["process", "--wait"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let queue = place.queue();
        assert_eq!((&queue["delivered"], &queue["processing"], &queue["pending"]), (&400.into(), &0.into(), &0.into()));
        let arrivals = arrivals(&receiver);
        assert_eq!(arrivals.len(), 400, "every event arrived");
        let twice = arrivals.values().map(|n| n - 1).sum::<usize>();
        assert!(twice <= kills * 40, "{twice} more requests than events after {kills} kills with 40 in hand each");
        for (id, n) in arrivals.into_iter().filter(|(_, n)| *n > 1) {
            let detail = place.data(&["events", "show", &id]);
            let interrupted =
                detail["attempts"].as_array().unwrap().iter().filter(|a| a["outcome"] == "interrupted").count();
            assert!(interrupted >= n - 1, "{id} came {n} times with {interrupted} interruptions");
        }
        assert_eq!(place.integrity(), "ok");
    }
}

#[test]
fn emitters_killed_at_random_moments_keep_what_they_acknowledged() {
    for seed in seeds(2) {
        eprintln!("SYNCCTL_SEED={seed}");
        let mut chance = Chance::new(seed);
        let receiver = Receiver::good();
        let place = Place::sending_to(&[receiver.url("/")]);
        let mut acknowledged = BTreeSet::new();
        for n in 0..60 {
            let id = format!("k{n}");
            let mut child = place
                .command(&["emit", "user.updated", &format!("r{n}"), "--data", "{}", "--id", &id])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::park_timeout(Duration::from_micros(500 * chance.below(30) as u64));
            let _ = child.kill();
            if child.wait().unwrap().code() == Some(0) {
                acknowledged.insert(id.clone());
            }
            // The emitter tries again under the same id, and it converges to one event.
            if chance.one_in(2) {
                let again = place.data(&["emit", "user.updated", &format!("r{n}"), "--data", "{}", "--id", &id]);
                assert!(again["duplicate"] == true || !acknowledged.contains(&id));
                acknowledged.insert(id);
            }
        }
        assert_eq!(place.run(&["process", "--wait"]).code, 0);
        let arrivals = arrivals(&receiver);
        assert!(acknowledged.iter().all(|id| arrivals.contains_key(id)), "an acknowledged event is missing");
        assert!(arrivals.values().all(|n| *n == 1), "nobody was killed in flight");
        assert_eq!(place.integrity(), "ok");
    }
}

#[test]
#[cfg_attr(
    not(any(debug_assertions, feature = "failpoints")),
    ignore = "needs failpoints: build with --features failpoints"
)]
fn an_event_that_kills_its_worker_is_given_up_and_all_others_arrive() {
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(100);
    place.set("SYNCCTL_TEST_ABORT_ON", "e50");
    let mut runs = 0;
    while place.run(&["process", "--wait", "-q"]).code != 0 {
        runs += 1;
        assert!(runs <= 8, "the poison is never given up");
    }
    assert_eq!(runs, 5, "interrupted three times, then twice alone");
    let queue = place.queue();
    assert_eq!((&queue["delivered"], &queue["failed"]), (&99.into(), &1.into()));
    let failed = place.data(&["deliveries", "list", "--failed"]);
    assert_eq!((&failed[0]["eventId"], &failed[0]["reason"]), (&"e50".into(), &"worker-crash".into()));
    place.unset("SYNCCTL_TEST_ABORT_ON");
    assert_eq!(place.run(&["replay", &failed[0]["id"].to_string()]).code, 0);
    assert_eq!(place.run(&["process", "--wait"]).code, 0);
    assert_eq!(place.queue()["delivered"], 100);
}

#[test]
fn a_stopped_worker_is_not_robbed_and_a_dead_ones_work_is_free_at_once() {
    let receiver = Receiver::new(|_| Reply::After(Duration::from_millis(500), Box::new(Reply::Status(200))));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(4);
    let mut stopped = place.spawn(&["process"]);
    receiver.wait_for(4, Duration::from_secs(10));
    kill(&stopped, "-STOP");
    for _ in 0..3 {
        assert_eq!(place.run(&["process"]).code, 0);
    }
    assert_eq!(receiver.count(), 4, "the stopped worker's deliveries are left alone");
    assert_eq!(place.queue()["processing"], 4);
    kill(&stopped, "-CONT");
    assert_eq!(stopped.wait().unwrap().code(), Some(0));
    assert_eq!((receiver.count(), &place.queue()["delivered"]), (4, &4.into()));

    let hanging =
        Receiver::new(|request| if request.header("x-sync-attempt") == "1" { Reply::Hang } else { Reply::Status(200) });
    let place = Place::sending_to(&[hanging.url("/")]);
    place.emit_many(4);
    let mut dead = place.spawn(&["process"]);
    hanging.wait_for(4, Duration::from_secs(10));
    dead.kill().unwrap();
    dead.wait().unwrap();
    assert_eq!(place.run(&["process"]).code, 0);
    assert_eq!((hanging.count(), &place.queue()["delivered"]), (8, &4.into()));
    let again = hanging.requests().iter().filter(|r| r.header("x-sync-attempt") == "2").count();
    assert_eq!(again, 4, "the attempt number counts on");
}

#[test]
fn a_watching_worker_takes_over_from_one_that_dies() {
    let receiver =
        Receiver::new(|request| if request.header("x-sync-attempt") == "1" { Reply::Hang } else { Reply::Status(200) });
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(3);
    let mut dying = place.spawn(&["process"]);
    receiver.wait_for(3, Duration::from_secs(10));
    let mut watching = place.spawn(&["process", "--watch"]);
    std::thread::park_timeout(Duration::from_millis(300));
    dying.kill().unwrap();
    dying.wait().unwrap();
    within(Duration::from_secs(4), "all are delivered", || place.queue()["delivered"] == 3);
    kill(&watching, "-TERM");
    watching.wait().unwrap();
}

#[test]
fn owner_files_that_were_left_behind_are_swept() {
    let receiver = Receiver::new(|_| Reply::Hang);
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(1);
    for n in 1..3 {
        let mut child = place.spawn(&["process"]);
        receiver.wait_for(n, Duration::from_secs(10));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    std::fs::write(place.path("state/q.db-runs/orphan.lock"), "").unwrap();
    assert_eq!(place.run(&["process", "--max-time", "0s"]).code, 0);
    eventually("only live owners have files", || {
        std::fs::read_dir(place.path("state/q.db-runs")).unwrap().count() == 0
    });
}

/// A storm of kills over four workers and a flaky endpoint: three seconds by default, `SYNCCTL_STORM=3600` for an hour.
#[test]
fn a_storm_of_kills_loses_nothing_and_the_work_goes_on() {
    let seconds: u64 = std::env::var("SYNCCTL_STORM").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let seed = seeds(1)[0];
    eprintln!("SYNCCTL_SEED={seed}");
    let mut chance = Chance::new(seed);
    let receiver = Receiver::new(|request| {
        // One first attempt in ten fails, always the same.
        let flaky = request.event_id().ends_with('7') && request.header("x-sync-attempt") == "1";
        Reply::After(Duration::from_millis(2), Box::new(Reply::Status(if flaky { 500 } else { 200 })))
    });
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_FIRST_DELAY", "100ms");
    let events = usize::try_from(seconds * 300).unwrap().min(50_000);
    place.emit_many(events);
    let worker = || place.spawn(&["process", "--watch"]);
    let mut workers: Vec<_> = (0..4).map(|_| worker()).collect();
    let end = std::time::Instant::now() + Duration::from_secs(seconds);
    let (mut kills, mut minute, mut before) = (0, std::time::Instant::now(), 0);
    while std::time::Instant::now() < end {
        std::thread::park_timeout(Duration::from_millis(50 + chance.below(450) as u64));
        let victim = chance.below(workers.len());
        workers[victim].kill().unwrap();
        workers[victim].wait().unwrap();
        workers[victim] = worker();
        kills += 1;
        if minute.elapsed() > Duration::from_secs(60) {
            let now = place.queue()["delivered"].as_u64().unwrap();
            assert!(now > before || now == events as u64, "a minute without a delivery after {kills} kills");
            (minute, before) = (std::time::Instant::now(), now);
        }
    }
    workers.iter_mut().for_each(|worker| {
        worker.kill().unwrap();
        worker.wait().unwrap();
    });
    let ran = place.run(&["process", "--wait", "-q"]);
    assert!(matches!(ran.code, 0 | 3), "{ran:?}");
    let queue = place.queue();
    let failed = queue["failed"].as_u64().unwrap();
    assert_eq!(queue["delivered"].as_u64().unwrap() + failed, events as u64, "{queue}");
    // Who had the misfortune of five deaths in a row is given up as that, and no other is.
    let reasons = place.data(&["deliveries", "list", "--failed"]);
    assert!(reasons.as_array().unwrap().iter().all(|row| row["reason"] == "worker-crash"), "{reasons}");
    assert_eq!(arrivals(&receiver).len(), events, "after {kills} kills");
    assert_eq!((place.run(&["db", "verify"]).code, place.integrity().as_str()), (0, "ok"));
}
