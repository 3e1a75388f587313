//! The defects of the system this one replaces, each shown to be gone.

use std::time::Duration;

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

#[test]
fn outgoing_requests_are_signed() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u");
    place.run(&["process"]);
    let request = &receiver.requests()[0];
    assert_eq!(request.header("x-webhook-signature").len(), 64);
    assert!(request.header("webhook-signature").starts_with("v1,"));
}

#[test]
fn one_failing_url_is_not_sent_again_to_all() {
    let (good, bad) = (Receiver::good(), Receiver::new(|_| Reply::Status(500)));
    let place = Place::sending_to(&[good.url("/"), bad.url("/")]);
    place.emit_many(20);
    assert_eq!(place.run(&["process", "--wait"]).code, 3);
    assert_eq!((good.count(), bad.count()), (20, 60));
}

#[test]
fn a_retry_sends_the_same_bytes() {
    let receiver =
        Receiver::new(|request| Reply::Status(if request.header("x-sync-attempt") == "3" { 200 } else { 503 }));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process", "--wait"]).code, 0);
    let requests = receiver.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|r| r.body == requests[0].body));
    assert_eq!(requests[2].json()["retryCount"], 0);
    assert!(requests.iter().all(|r| r.header("x-webhook-signature") == requests[0].header("x-webhook-signature")));
}

#[test]
fn after_three_attempts_the_event_is_kept_and_counted_as_failed() {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u");
    place.run(&["process", "--wait"]);
    let queue = place.queue();
    assert_eq!((&queue["failed"], &queue["total"]), (&1.into(), &1.into()));
    assert_eq!(place.data(&["events", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn emit_does_not_send_so_that_cron_does_not_send_again() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u");
    assert_eq!(receiver.count(), 0);
    place.run(&["process"]);
    place.run(&["process"]);
    assert_eq!(receiver.count(), 1);
}

#[test]
fn the_first_delay_is_one_second_and_the_second_two() {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u");
    place.run(&["process", "--wait"]);
    let at: Vec<_> = receiver.requests().iter().map(|r| r.at).collect();
    let (first, second) = (at[1] - at[0], at[2] - at[1]);
    assert!(first > Duration::from_millis(990) && first < Duration::from_millis(1_900), "{first:?}");
    assert!(second > Duration::from_millis(1_990) && second < Duration::from_millis(3_200), "{second:?}");
}

#[test]
fn blank_urls_are_not_called() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[" ", "", &format!("  {}  ", receiver.url("/")), ""]);
    let emitted = place.data(&["emit", "user.created", "u", "--data", "{}"]);
    assert_eq!(emitted["deliveries"], 1);
    place.run(&["process"]);
    assert_eq!(receiver.count(), 1);
}

#[test]
fn no_urls_at_all_is_not_called_completed() {
    let place = Place::sending_to::<&str>(&[]);
    let ran = place.run(&["emit", "user.created", "u", "--data", "{}", "-o", "json"]);
    assert_eq!((ran.code, &ran.data()["deliveries"]), (0, &0.into()));
    assert!(ran.stderr.contains("stored without deliveries"), "{}", ran.stderr);
    let queue = place.queue();
    assert_eq!((&queue["delivered"], &queue["events"]), (&0.into(), &1.into()));
}
