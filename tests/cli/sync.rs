//! `sync`: store an update and wait until it is delivered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::place::{Place, kill, within};
use crate::support::receiver::{Receiver, Reply};

#[test]
fn it_is_delivered_when_it_says_so_through_failures_and_in_order() {
    let calls = AtomicUsize::new(0);
    let receiver =
        Receiver::new(move |_| Reply::Status(if calls.fetch_add(1, Ordering::SeqCst) == 0 { 503 } else { 200 }));
    let place = Place::sending_to(&[receiver.url("/")]);
    let earlier = place.emit("enrollment.created", "enr-1");
    let began = Instant::now();
    let data = place.data(&["sync", "enrollment", "enr-1", "--data", r#"{"status":"active"}"#]);
    assert!(began.elapsed() < Duration::from_secs(4), "the first retry comes after a second");
    assert_eq!(data["event"]["type"], "enrollment.updated");
    let delivery = &data["deliveries"][0];
    assert_eq!(
        (&delivery["state"], &delivery["attempts"], &delivery["error"]),
        (&"delivered".into(), &1.into(), &().into())
    );
    let seen: Vec<String> = receiver.requests().iter().map(|it| it.event_id().to_owned()).collect();
    assert_eq!(seen, [earlier.as_str(), &earlier, data["event"]["id"].as_str().unwrap()]);
}

#[test]
fn defect_an_immediate_sync_that_failed_was_lost() {
    let broken = Arc::new(AtomicBool::new(true));
    let state = Arc::clone(&broken);
    let receiver = Receiver::new(move |_| Reply::Status(if state.load(Ordering::SeqCst) { 500 } else { 200 }));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_FIRST_DELAY", "0s");
    let ran = place.run(&["sync", "profile", "u-1", "--data", "{}", "-o", "json"]);
    assert_eq!(ran.code, 1);
    let delivery = &ran.data()["deliveries"][0];
    assert_eq!(
        (&delivery["state"], &delivery["attempts"], &delivery["error"]),
        (&"failed".into(), &3.into(), &"HTTP 500".into())
    );
    assert!(ran.stderr.contains(": failed"), "{ran:?}");
    broken.store(false, Ordering::SeqCst);
    let id = ran.data()["event"]["id"].as_str().unwrap().to_owned();
    assert_eq!(place.run(&["replay", &id]).code, 0);
    assert_eq!(place.run(&["process"]).code, 0);
    assert_eq!(place.queue()["delivered"], 1);
}

#[test]
fn what_cannot_be_delivered_in_time_says_whether_it_is_pending_or_held() {
    let good = Receiver::good();
    let mut place = Place::sending_to(&[good.url("/"), "http://127.0.0.1:9/".to_owned()]);
    place.set("SYNCCTL_DELIVERY_FIRST_DELAY", "1h");
    place.set("SYNCCTL_DELIVERY_MAX_DELAY", "1h");
    let name =
        place.data(&["config", "show"]).as_array().map(|_| format!("127.0.0.1:{}", good.address.port())).unwrap();
    place.emit("user.created", "other");
    place.run(&["endpoints", "pause", &name]);
    let ran = place.run(&["sync", "profile", "u-1", "--data", "{}", "--max-time", "500ms"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains(&format!("{name}: held")) && ran.stderr.contains("127.0.0.1:9: pending"), "{ran:?}");
    assert_eq!(place.data(&["events", "list"]).as_array().unwrap().len(), 2, "nothing is lost");
}

#[test]
fn it_waits_for_another_worker_that_sends_it() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "first");
    let mut other = place.spawn(&["process", "--watch"]);
    receiver.wait_for(1, Duration::from_secs(5));
    for n in 0..10 {
        let data = place.data(&["sync", "profile", &format!("u-{n}"), "--data", "{}"]);
        assert_eq!(data["deliveries"][0]["state"], "delivered");
    }
    assert_eq!(receiver.count(), 11, "each was sent once, whoever sent it");
    kill(&other, "-TERM");
    let began = Instant::now();
    assert!(other.wait().unwrap().success());
    assert!(began.elapsed() < Duration::from_secs(2), "an idle watcher ends at once");
}

#[test]
fn defect_no_urls_at_all_meant_completed() {
    let place = Place::new();
    let ran = place.run(&["sync", "enrollment", "enr-1", "--data", "{}"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("no endpoint is configured"), "{ran:?}");
    assert_eq!(place.data(&["events", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn without_a_secret_the_event_is_stored_and_nothing_sent() {
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.unset("WEBHOOK_SECRET");
    let ran = place.run(&["sync", "profile", "u-1", "--data", "{}"]);
    assert_eq!((ran.code, receiver.count()), (78, 0));
    assert!(ran.stderr.contains("stays in the queue"), "{ran:?}");
    assert_eq!(place.queue()["pending"], 1);
}

#[test]
fn a_signal_ends_the_wait_and_leaves_the_event_in_the_queue() {
    let mut place = Place::sending_to(&["http://127.0.0.1:9/"]);
    place.set("SYNCCTL_DELIVERY_FIRST_DELAY", "1h");
    place.set("SYNCCTL_DELIVERY_MAX_DELAY", "1h");
    let mut child = place.spawn(&["sync", "profile", "u-1", "--data", "{}"]);
    within(Duration::from_secs(5), "an attempt", || {
        place.database().exists() && place.run(&["audit", "list", "-o", "name"]).stdout.lines().count() == 1
    });
    kill(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(place.queue()["pending"], 1);
}

#[test]
fn wrong_usage_and_bad_data_store_nothing() {
    let place = Place::new();
    assert_eq!(place.run(&["sync", "course", "c-1", "--data", "{}"]).code, 2);
    assert_eq!(place.run(&["sync", "profile", "u-1"]).code, 65);
    assert_eq!(place.run(&["sync", "profile", "u-1", "--data", "{"]).code, 65);
    assert_eq!(place.run(&["sync", "profile", "u-1", "--data", "{}", "--dry-run"]).code, 0);
    assert!(!place.database().exists());
}
