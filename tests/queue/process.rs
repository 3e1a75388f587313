//! `process`: order, order of endings, exits, and waking up.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::support::place::{Place, eventually, kill, within};
use crate::support::receiver::{Received, Receiver, Reply};
use crate::support::tools::has_tools;

#[test]
fn every_request_carries_the_headers_of_the_contract_and_verifies() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/hook")]);
    let data = "{\"a\": 1.0,  \"b\":[1 ,2]}";
    let emitted = place.data(&["emit", "enrollment.created", "enr-1", "--data", data]);
    assert_eq!((&emitted["deliveries"], &emitted["duplicate"]), (&1.into(), &false.into()));
    let ran = place.data(&["process"]);
    assert_eq!((&ran["run"]["claimed"], &ran["run"]["delivered"]), (&1.into(), &1.into()));
    assert_eq!(ran["stats"]["delivered"], 1);

    let request = &receiver.requests()[0];
    let id = emitted["event"]["id"].as_str().unwrap();
    assert_eq!(request.path, "/hook");
    for (header, value) in [
        ("content-type", "application/json"),
        ("user-agent", concat!("syncctl/", env!("CARGO_PKG_VERSION"))),
        ("x-sync-event-id", id),
        ("x-sync-event-type", "enrollment.created"),
        ("x-sync-attempt", "1"),
        ("x-sync-trigger", "initial"),
        ("webhook-id", id),
    ] {
        assert_eq!(request.header(header), value, "{header}");
    }
    assert!(String::from_utf8_lossy(&request.body).contains(data), "data goes out byte for byte");
    let keys: Vec<&str> = wire_keys(&request.body);
    assert_eq!(keys, ["id", "type", "resourceId", "resourceType", "data", "timestamp", "retryCount", "status"]);
    assert_openssl_agrees(request);
}

fn wire_keys(body: &[u8]) -> Vec<&str> {
    let text = std::str::from_utf8(body).unwrap();
    let keys = ["id", "type", "resourceId", "resourceType", "data", "timestamp", "retryCount", "status"];
    let mut found: Vec<(usize, &str)> =
        keys.iter().map(|key| (text.find(&format!("\"{key}\":")).unwrap(), *key)).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, key)| key).collect()
}

/// Both signatures, recomputed by a program that is not ours.
fn assert_openssl_agrees(request: &Received) {
    let mac = |input: &[u8], binary: bool| {
        use std::io::Write;
        let mut command = std::process::Command::new("openssl");
        command.args(["dgst", "-sha256", "-hmac", crate::support::place::SECRET]);
        command.args(if binary { &["-binary"][..] } else { &[] });
        let mut child =
            command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap().stdout
    };
    if !has_tools(&["openssl"]) {
        return;
    }
    let hex = String::from_utf8(mac(&request.body, false)).unwrap();
    assert_eq!(request.header("x-webhook-signature"), hex.trim().rsplit(' ').next().unwrap());
    let signed = [
        request.header("webhook-id").as_bytes(),
        b".",
        request.header("webhook-timestamp").as_bytes(),
        b".",
        &request.body,
    ]
    .concat();
    use base64::Engine as _;
    let expected = base64::engine::general_purpose::STANDARD.encode(mac(&signed, true));
    assert_eq!(request.header("webhook-signature"), format!("v1,{expected}"));
}

#[test]
fn deliveries_of_one_resource_arrive_in_the_order_of_emission() {
    let receiver = Receiver::new(|request| {
        // Failing now and then must not let a later one overtake.
        let first = request.header("x-sync-attempt") == "1";
        let flaky = request.event_id().ends_with(['3', '7']);
        if first && flaky { Reply::Status(500) } else { Reply::Status(200) }
    });
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_lines((0..60).map(|i| (format!("e{i:03}"), format!("r{}", i % 3))));
    assert_eq!(place.run(&["process", "--wait"]).code, 0);
    let mut order: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for request in receiver.requests() {
        let ids = order.entry(request.json()["resourceId"].to_string()).or_default();
        let retried = ids.last().is_some_and(|last| last == request.event_id());
        if !retried {
            ids.push(request.event_id().to_owned());
        }
    }
    assert_eq!(order.len(), 3);
    for ids in order.values() {
        assert_eq!(ids.len(), 20);
        assert!(ids.is_sorted(), "{ids:?}");
    }
}

#[test]
fn one_hanging_endpoint_delays_nobody_else() {
    let (hanging, good) = (Receiver::new(|_| Reply::Hang), Receiver::good());
    let place = Place::sending_to(&[hanging.url("/"), good.url("/")]);
    place.emit_many(300);
    let began = Instant::now();
    let mut child = place.spawn(&["process", "--max-time", "1s"]);
    let requests = good.wait_for(300, Duration::from_secs(8));
    assert!(requests.last().unwrap().at.duration_since(began) < Duration::from_secs(5));
    kill(&child, "-KILL");
    child.wait().unwrap();
}

#[test]
fn it_ends_when_nothing_is_due_and_wait_also_waits_for_retries() {
    let receiver =
        Receiver::new(|request| Reply::Status(if request.header("x-sync-attempt") == "1" { 500 } else { 200 }));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(1);
    assert_eq!(place.run(&["process"]).code, 0);
    assert_eq!((receiver.count(), place.queue()["pending"].as_i64()), (1, Some(1)));
    assert_eq!(place.run(&["process", "--wait"]).code, 0);
    assert_eq!((receiver.count(), place.queue()["delivered"].as_i64()), (2, Some(1)));
    let times: Vec<Instant> = receiver.requests().iter().map(|r| r.at).collect();
    let gap = times[1] - times[0];
    assert!(gap >= Duration::from_millis(990) && gap < Duration::from_millis(2_500), "{gap:?}");
    assert_eq!(receiver.requests()[1].header("x-sync-trigger"), "automatic");
}

#[test]
fn attempts_used_up_in_this_run_are_exit_three() {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(1);
    assert_eq!(place.run(&["process", "--wait"]).code, 3);
    assert_eq!((receiver.count(), place.queue()["failed"].as_i64()), (3, Some(1)));
    assert_eq!(place.run(&["process", "--wait"]).code, 0, "the next run has nothing to do");
    let failures = place.data(&["failures", "list"]);
    let failure = &failures[0];
    assert_eq!(
        (&failure["eventId"], &failure["attempts"], &failure["resolved"]),
        (&"e0".into(), &3.into(), &false.into())
    );
    assert!(failure["error"].as_str().unwrap().contains("500"));
}

#[test]
fn limit_counts_attempts_and_lets_them_end() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(30);
    assert_eq!(place.run(&["process", "--limit", "7"]).code, 0);
    assert_eq!(receiver.count(), 7);
    let queue = place.queue();
    assert_eq!((&queue["delivered"], &queue["pending"], &queue["processing"]), (&7.into(), &23.into(), &0.into()));
}

#[test]
fn concurrency_is_per_endpoint_and_never_exceeded() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let receiver = Receiver::new(|_| {
        MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::park_timeout(Duration::from_millis(5));
        NOW.fetch_sub(1, Ordering::SeqCst);
        Reply::Status(200)
    });
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(60);
    assert_eq!(place.run(&["process", "--concurrency", "4"]).code, 0);
    assert_eq!((receiver.count(), MOST.load(Ordering::SeqCst)), (60, 4));
    for wrong in ["0", "257"] {
        assert_eq!(place.run(&["process", "--concurrency", wrong]).code, 2);
    }
}

#[test]
fn watch_is_woken_by_another_process_and_ends_cleanly() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "first");
    let mut child = place.spawn(&["process", "--watch"]);
    receiver.wait_for(1, Duration::from_secs(10));
    eventually("the first is recorded", || place.queue()["delivered"] == 1);
    // Idle now: longer than anything it does by itself, shorter than its slow poll.
    std::thread::park_timeout(Duration::from_millis(300));
    for n in 2..6 {
        let began = Instant::now();
        place.emit("user.created", &format!("u{n}"));
        let requests = receiver.wait_for(n, Duration::from_secs(4));
        assert!(requests[n - 1].at.duration_since(began) < Duration::from_secs(1));
        std::thread::park_timeout(Duration::from_millis(100));
    }
    kill(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(place.queue()["processing"], 0);
}

#[test]
fn a_signal_lets_requests_end_and_leaves_nothing_claimed() {
    for (signal, code) in [("-TERM", 143), ("-INT", 130)] {
        let receiver = Receiver::new(|_| Reply::After(Duration::from_millis(300), Box::new(Reply::Status(200))));
        let place = Place::sending_to(&[receiver.url("/")]);
        place.emit_many(50);
        let mut child = place.spawn(&["process"]);
        receiver.wait_for(10, Duration::from_secs(10));
        kill(&child, signal);
        assert_eq!(child.wait().unwrap().code(), Some(code));
        let queue = place.queue();
        let made = receiver.count();
        assert_eq!(queue["processing"], 0);
        assert_eq!(queue["delivered"], made, "what was sent is recorded");
        assert_eq!(queue["pending"], 50 - made);
        assert!(made < 50);
    }
}

#[test]
fn a_second_signal_leaves_at_once() {
    let receiver = Receiver::new(|_| Reply::Hang);
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(5);
    let mut child = place.spawn(&["process"]);
    receiver.wait_for(5, Duration::from_secs(10));
    let began = Instant::now();
    kill(&child, "-TERM");
    std::thread::park_timeout(Duration::from_millis(200));
    kill(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(began.elapsed() < Duration::from_secs(3));
    let queue = place.queue();
    assert_eq!((&queue["processing"], &queue["pending"]), (&0.into(), &5.into()));
    let first = place.data(&["events", "show", "e0"]);
    assert_eq!(first["attempts"][0]["outcome"], "interrupted");
}

#[test]
fn quiet_runs_are_silent_and_a_run_leaves_a_row() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(3);
    let ran = place.run(&["process", "-q"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
    let row: (i64, i64, i64, bool) = rusqlite::Connection::open(place.database())
        .unwrap()
        .query_row("SELECT claimed, delivered, exit, ended_at >= started_at FROM run", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .unwrap();
    assert_eq!(row, (3, 3, 0, true));
    assert_eq!(std::fs::read_dir(place.path("state/q.db-runs")).unwrap().count(), 0, "no owner file is left");
}

#[test]
fn without_a_secret_nothing_is_sent() {
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(1);
    for wrong in [None, Some(""), Some("  "), Some("whsec_"), Some("whsec_%%%")] {
        match wrong {
            None => place.unset("WEBHOOK_SECRET"),
            Some(secret) => place.set("WEBHOOK_SECRET", secret),
        }
        let ran = place.run(&["process"]);
        assert_eq!(ran.code, 78, "{wrong:?}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    }
    assert_eq!(receiver.count(), 0);
    assert_eq!(place.queue()["pending"], 1);
}

#[test]
fn a_pause_holds_what_was_claimed_already() {
    let receiver = Receiver::new(|_| Reply::After(Duration::from_millis(900), Box::new(Reply::Status(200))));
    let place = Place::sending_to(&[receiver.url("/")]);
    let name = receiver.address.to_string();
    place.emit_many(60);
    let mut child = place.spawn(&["process", "--concurrency", "5"]);
    receiver.wait_for(10, Duration::from_secs(10));
    // The second round is on its way; the third is claimed and waits for it.
    assert_eq!(place.run(&["endpoints", "pause", &name]).code, 0);
    let at_pause = Instant::now() + Duration::from_millis(600);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let late = receiver.requests().iter().filter(|r| r.at > at_pause).count();
    assert_eq!(late, 0, "nothing starts after a pause");
    let queue = place.queue();
    assert_eq!(queue["held"], 60 - receiver.count());
    assert_eq!(queue["processing"], 0);
    assert_eq!(place.run(&["endpoints", "resume", &name]).code, 0);
    within(Duration::from_secs(30), "the rest is delivered", || {
        place.run(&["process", "--concurrency", "50"]);
        place.queue()["delivered"] == 60
    });
    assert_eq!(receiver.count(), 60);
}

#[test]
fn twenty_processes_at_once_make_each_request_once() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(1_000);
    let children: Vec<_> = (0..20).map(|_| place.spawn(&["process", "--wait"])).collect();
    for mut child in children {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    assert_eq!(receiver.count(), 1_000);
    assert_eq!(place.queue()["delivered"], 1_000);
}

#[test]
fn single_lets_only_one_run() {
    let receiver = Receiver::new(|_| Reply::After(Duration::from_millis(400), Box::new(Reply::Status(200))));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(1);
    let mut first = place.spawn(&["process", "--single"]);
    receiver.wait_for(1, Duration::from_secs(10));
    let second = place.run(&["process", "--single"]);
    assert_eq!((second.code, second.stdout.as_str(), second.stderr.as_str()), (0, "", ""));
    assert_eq!(first.wait().unwrap().code(), Some(0));
}

/// However many wait behind one that failed, a run looks past all of them; and lists say what waits, looked at or not.
#[test]
fn thousands_behind_a_failed_one_hide_nobody_else() {
    let receiver = Receiver::new(|request| Reply::Status(if request.event_id() == "same-0" { 500 } else { 200 }));
    let place = Place::sending_to(&[receiver.url("/")]);
    let blocked = |n: &Place| {
        n.data(&["deliveries", "list", "--limit", "1000"])
            .as_array()
            .unwrap()
            .iter()
            .filter(|d| d["blocked"] == true)
            .count()
    };
    let same = (0..2_500).map(|n| (format!("same-{n}"), "the-same".to_owned()));
    place.emit_lines(same.chain([("other".to_owned(), "another".to_owned())]));
    assert_eq!(blocked(&place), 999, "before anything was looked at, the newest thousand but one wait");
    place.run(&["process"]);
    let ids: Vec<String> = receiver.requests().iter().map(|r| r.event_id().to_owned()).collect();
    assert_eq!(ids.iter().filter(|id| *id == "other").count(), 1);
    assert!(!ids.iter().any(|id| id.starts_with("same") && id != "same-0"), "nobody overtook: {ids:?}");
    assert_eq!(blocked(&place), 999 + usize::from(place.queue()["delivered"] == 0));
}

/// A slot that hangs keeps no other slot from what is emitted meanwhile.
#[test]
fn what_is_emitted_while_a_request_hangs_goes_out_at_once() {
    let receiver = Receiver::new(|request| match request.event_id() {
        "slow" => Reply::After(Duration::from_secs(8), Box::new(Reply::Status(200))),
        _ => Reply::Status(200),
    });
    let place = Place::sending_to(&[receiver.url("/")]);
    let mut watcher = place.spawn(&["process", "--watch"]);
    place.emit_lines([("slow".to_owned(), "a".to_owned())].into_iter());
    receiver.wait_for(1, Duration::from_secs(5));
    std::thread::park_timeout(Duration::from_millis(300));
    place.emit_lines([("quick".to_owned(), "b".to_owned())].into_iter());
    let both = receiver.wait_for(2, Duration::from_secs(4));
    kill(&watcher, "-KILL");
    watcher.wait().unwrap();
    assert_eq!(both[1].event_id(), "quick");
}

/// Outcomes share transactions, for which they wait a few milliseconds; they do not wait for requests that are in flight.
#[test]
fn an_outcome_is_recorded_a_moment_after_its_answer_while_every_other_request_hangs() {
    let (allow, allowed) = std::sync::mpsc::channel::<()>();
    let allowed = Mutex::new(allowed);
    let receiver = Receiver::new(move |_| {
        // All hang but the one that is let go next, and at the end none.
        let _ = allowed.lock().unwrap().recv();
        Reply::Status(200)
    });
    let place = Place::sending_to(&[receiver.url("/")]);
    // For every slot that gets free another delivery is claimed already.
    place.emit_many(200);
    let mut child = place.spawn(&["process"]);
    let queue = rusqlite::Connection::open(place.database()).unwrap();
    let count = "SELECT delivered FROM endpoint";
    let delivered = || queue.query_row(count, [], |row| row.get::<_, u32>(0)).unwrap();
    let mut waits: Vec<Duration> = (1..=21)
        .map(|answered| {
            let began = Instant::now();
            allow.send(()).unwrap();
            eventually("its outcome is recorded", || delivered() == answered);
            began.elapsed()
        })
        .collect();
    drop(allow);
    assert!(child.wait().unwrap().success());
    waits.sort_unstable();
    assert!(waits[10] < Duration::from_millis(150), "{waits:?}");
}

/// A bug that panics in one attempt costs that delivery its attempts, and nobody else anything.
#[test]
#[cfg_attr(
    not(any(debug_assertions, feature = "failpoints")),
    ignore = "needs failpoints: build with --features failpoints"
)]
fn an_attempt_that_panics_is_told_and_ends_and_the_others_go_on() {
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_TEST_PANIC_ON", "bad");
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit_lines(["bad", "good", "better"].map(|id| (id.to_owned(), id.to_owned())).into_iter());
    let ran = place.run(&["process", "--concurrency", "1"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(receiver.count(), 2);
    let failed = place.data(&["deliveries", "list", "--failed"]);
    assert!(failed[0]["error"].as_str().unwrap_or_default().contains("internal error"), "{failed}");
}
