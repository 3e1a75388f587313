//! `audit list`: every attempt as what it meant.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

fn actions(place: &Place, more: &[&str]) -> Vec<String> {
    let rows = place.data(&[&["audit", "list"], more].concat());
    rows.as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_failure_a_recovery_and_a_first_success_are_told_apart_newest_first() {
    let calls = AtomicUsize::new(0);
    let receiver =
        Receiver::new(move |_| Reply::Status(if calls.fetch_add(1, Ordering::SeqCst) < 2 { 503 } else { 200 }));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_FIRST_DELAY", "0s");
    let id = place.emit("user.created", "u-1");
    place.run(&["process", "--wait"]);
    assert_eq!(actions(&place, &[]), ["sync.recovery", "sync.failure", "sync.failure"]);
    place.run(&["replay", &id, "--include-delivered"]);
    place.emit("profile.updated", "u-2");
    place.run(&["process"]);
    assert_eq!(actions(&place, &["--type", "user.created"])[0], "sync.user.created", "a replay right after a success");
    assert_eq!(actions(&place, &["--type", "profile.updated"]), ["sync.profile.updated"]);
    assert_eq!(actions(&place, &["--since", "1h"]).len(), 5);
    assert!(actions(&place, &["--until", "1h"]).is_empty());
}

#[test]
fn it_is_paged() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(5);
    place.run(&["process"]);
    let ran = place.run(&["audit", "list", "--limit", "2", "--page", "3", "-o", "json"]);
    let envelope: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(envelope["data"].as_array().unwrap().len(), 1);
    assert_eq!(envelope["pagination"]["total"], 5);
    assert_eq!(envelope["pagination"]["hasNextPage"], false);
}

#[test]
fn an_audit_row_says_what_happened_to_what() {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let place = Place::sending_to(&[receiver.url("/")]);
    let id = place.emit("enrollment.created", "enr-1");
    place.run(&["process"]);
    let row = &place.data(&["audit", "list"])[0];
    assert_eq!(row["eventId"], id);
    assert_eq!((&row["resourceType"], &row["resourceId"]), (&"enrollment".into(), &"enr-1".into()));
    assert_eq!((&row["outcome"], &row["status"], &row["attempt"]), (&"rejected".into(), &500.into(), &1.into()));
}

#[test]
fn pages_end_before_numbers_do() {
    let place = Place::new();
    place.emit("user.created", "u");
    for list in [["audit", "list"], ["events", "list"], ["deliveries", "list"]] {
        for (page, code) in [("1000000", 0), ("18446744073709551615", 2)] {
            let ran = place.run(&[&list[..], &["--limit", "100000", "--page", page]].concat());
            assert_eq!(ran.code, code, "{list:?} {page}: {ran:?}");
        }
    }
}
