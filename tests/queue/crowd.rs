//! Many processes at once: no lock reaches a user, no event is sent by two, and a replay never runs beside a retry.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::place::{Place, Ran};
use crate::support::receiver::{Receiver, Reply};
use crate::support::{Chance, long, seeds};

/// Answers as told, and remembers the most requests that were under way for one event at once.
fn counting(answer: impl Fn(&str) -> Reply + Send + Sync + 'static, takes: Duration) -> (Receiver, Arc<Mutex<usize>>) {
    let most = Arc::new(Mutex::new(0));
    let (under_way, seen) = (Mutex::new(BTreeMap::<String, usize>::new()), Arc::clone(&most));
    let receiver = Receiver::new(move |request| {
        let id = request.event_id().to_owned();
        let now = {
            let mut all = under_way.lock().unwrap();
            let count = all.entry(id.clone()).or_default();
            *count += 1;
            *count
        };
        let mut most = seen.lock().unwrap();
        *most = now.max(*most);
        drop(most);
        std::thread::park_timeout(takes);
        *under_way.lock().unwrap().get_mut(&id).unwrap() -= 1;
        answer(&id)
    });
    (receiver, most)
}

#[test]
fn eight_workers_at_a_slow_endpoint_send_each_event_once() {
    let takes = if long() { Duration::from_secs(20) } else { Duration::from_millis(1_500) };
    let (receiver, most) = counting(|_| Reply::Status(200), takes);
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_TIMEOUT", "60s");
    place.emit_many(24);
    let workers: Vec<_> = (0..8).map(|_| place.spawn(&["process", "--wait", "--concurrency", "2"])).collect();
    for mut worker in workers {
        assert_eq!(worker.wait().unwrap().code(), Some(0));
    }
    assert_eq!((receiver.count(), *most.lock().unwrap()), (24, 1));
    assert_eq!(place.queue()["delivered"], 24);
}

/// Emitters, workers and readers in one heap: everybody gets a turn.
#[test]
fn sixteen_processes_of_every_kind_never_meet_a_lock() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "first");
    let end = Instant::now() + Duration::from_secs(if long() { 300 } else { 3 });
    let kinds: [&[&str]; 6] = [
        &["emit", "user.created", "u", "--data", "{}", "-q"],
        &["process", "-q", "--max-time", "2s"],
        &["status", "-q"],
        &["deliveries", "list", "--limit", "5", "-q"],
        &["endpoints", "resume", "nobody"],
        &["replay", "--failed", "--yes", "-q"],
    ];
    let ended: Vec<Vec<(usize, Ran, Duration)>> = std::thread::scope(|scope| {
        let one = |n: usize| {
            let place = &place;
            move || {
                let mut ended = Vec::new();
                while Instant::now() < end {
                    let (kind, began) = (n % kinds.len(), Instant::now());
                    ended.push((kind, place.run(kinds[kind]), began.elapsed()));
                }
                ended
            }
        };
        let all: Vec<_> = (0..16).map(|n| scope.spawn(one(n))).collect();
        all.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let (mut emitted, mut slowest) = (1, Duration::ZERO);
    for (kind, ran, took) in ended.into_iter().flatten() {
        let expected = if kinds[kind][0] == "endpoints" { 2 } else { 0 };
        assert_eq!(ran.code, expected, "{:?}: {ran:?}", kinds[kind]);
        emitted += usize::from(kind == 0);
        slowest = slowest.max(took);
    }
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    assert_eq!(place.run(&["process", "--wait", "-q"]).code, 0);
    assert_eq!((receiver.count(), place.queue()["delivered"].as_u64()), (emitted, Some(emitted as u64)));
    assert_eq!(place.run(&["db", "verify", "-q"]).code, 0);
}

#[test]
fn a_replay_during_retries_makes_one_request_at_a_time_and_counts_on() {
    for seed in seeds(2) {
        eprintln!("SYNCCTL_SEED={seed}");
        let mut chance = Chance::new(seed);
        let (receiver, most) = counting(|_| Reply::Status(503), Duration::from_millis(20));
        let mut place = Place::sending_to(&[receiver.url("/")]);
        place.set("SYNCCTL_DELIVERY_FIRST_DELAY", "20ms");
        place.set("SYNCCTL_DELIVERY_MAX_DELAY", "40ms");
        place.emit_many(8);
        let workers: Vec<_> = (0..3)
            .map(|_| place.command(&["process", "--wait"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
            .collect();
        for _ in 0..12 {
            let id = format!("e{}", chance.below(8));
            let ran = place.run(&["replay", &id, "--force", "--include-delivered"]);
            assert!(matches!(ran.code, 0 | 1), "{ran:?}");
            std::thread::park_timeout(Duration::from_millis(chance.below(60) as u64));
        }
        for mut worker in workers {
            assert!(matches!(worker.wait().unwrap().code(), Some(0 | 3)));
        }
        place.run(&["process", "--wait"]);
        assert_eq!(*most.lock().unwrap(), 1, "never two at once of one event");
        let mut sent = BTreeMap::<String, Vec<u64>>::new();
        for request in receiver.requests() {
            let number = request.header("x-sync-attempt").parse().unwrap();
            sent.entry(request.event_id().to_owned()).or_default().push(number);
        }
        for (id, mut numbers) in sent {
            numbers.sort_unstable();
            let wanted: Vec<u64> = (1..=numbers.len() as u64).collect();
            assert_eq!(numbers, wanted, "{id}: no gap and no number twice");
            let kept = place.data(&["events", "show", &id])["attempts"].as_array().unwrap().len();
            assert_eq!(kept, numbers.len(), "{id}: each is on record");
        }
        assert_eq!(place.run(&["db", "verify"]).code, 0);
    }
}
