//! `health`, `status` and `failures`: the figures are those of what happened.

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools::has_tools;

fn refusing() -> (Receiver, Place) {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_FIRST_DELAY", "0s");
    (receiver, place)
}

#[test]
fn defect_health_left_out_some_successes() {
    let receiver = Receiver::new(|request| Reply::Status(if request.path == "/bad" { 500 } else { 200 }));
    let mut place = Place::sending_to(&[receiver.url("/good"), receiver.url("/bad")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit_many(3);
    place.run(&["process"]);
    let ran = place.run(&["health", "-o", "json"]);
    let health = &ran.data()["health"];
    assert_eq!(ran.code, 1);
    assert_eq!((&health["failureRate"], &health["recentFailures"]), (&0.5.into(), &3.into()));
    assert_eq!(health["recentAttempts"], 6, "every attempt counts, delivered or not");
}

#[test]
fn defect_average_retries_was_always_zero_and_failures_by_resource_always_unknown() {
    let (_receiver, place) = refusing();
    place.emit("user.created", "u-1");
    place.emit("enrollment.created", "enr-1");
    place.run(&["process", "--wait"]);
    let stats = place.data(&["failures", "stats"]);
    assert_eq!(stats["totalFailures"], 6);
    assert_eq!(stats["averageRetries"], 2.0);
    assert_eq!(stats["failuresByResource"], serde_json::json!({"enrollment": 3, "user": 3}));
    assert_eq!(stats["failuresByType"], serde_json::json!({"enrollment.created": 3, "user.created": 3}));
    assert_eq!(place.data(&["health"].map(|_| "failures"))[0]["attempts"], 3);
}

#[test]
fn defect_failed_was_always_zero() {
    let (_receiver, place) = refusing();
    place.emit("user.created", "u-1");
    place.run(&["process", "--wait"]);
    assert_eq!(place.queue()["failed"], 1);
    assert_eq!(place.queue()["total"], 1);
}

#[test]
fn a_queue_that_nobody_drains_is_unhealthy() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let mut place = Place::sending_to(&["http://127.0.0.1:9/"]);
    place.emit("user.created", "u-1");
    assert_eq!(place.run(&["health", "-q"]).code, 0);
    place.set_clock("+16m");
    let ran = place.run(&["health", "-q"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("no worker is running"), "cron mails it: {ran:?}");
    assert!(place.data(&["status"])["queue"]["oldestDueAgeMs"].as_u64().unwrap() >= 960_000);
}

#[test]
fn an_endpoint_that_said_gone_is_unhealthy_until_it_is_resumed() {
    let receiver = Receiver::new(|_| Reply::Status(410));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_HEALTH_MAX_FAILURE_RATE", "1");
    place.emit("user.created", "u-1");
    place.run(&["process"]);
    let ran = place.run(&["health"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("answered 410 and were paused"), "{ran:?}");
    let name = place.data(&["endpoints", "list"])[0]["name"].as_str().unwrap().to_owned();
    place.run(&["endpoints", "resume", &name]);
    assert_eq!(place.run(&["health"]).code, 0);
}

#[test]
fn failures_of_more_than_an_hour_ago_are_not_recent() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let (_receiver, mut place) = refusing();
    place.emit("user.created", "u-1");
    place.run(&["process", "--wait"]);
    assert_eq!(place.run(&["health"]).code, 1);
    place.set_clock("+62m");
    assert_eq!(place.data(&["health"])["health"]["recentFailures"], 0);
    assert_eq!(place.data(&["failures", "stats"])["totalFailures"], 3, "they are within a day");
    assert_eq!(place.data(&["failures", "stats", "--since", "30m"])["totalFailures"], 0);
}

#[test]
fn thresholds_come_from_the_configuration() {
    let (_receiver, mut place) = refusing();
    place.emit("user.created", "u-1");
    place.run(&["process", "--wait"]);
    place.set("SYNCCTL_HEALTH_MAX_FAILURE_RATE", "1");
    assert_eq!(place.run(&["health"]).code, 0);
    place.set("SYNCCTL_HEALTH_MAX_FAILURES", "2");
    assert_eq!(place.run(&["health"]).code, 1);
}

#[test]
fn status_shows_freshness_and_whether_sides_agree() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u-1");
    assert!(place.run(&["status"]).stdout.contains("⟳ Syncing..."));
    place.run(&["process"]);
    let shown = |place: &Place, more: &[&str]| place.run(&[&["status"], more].concat()).stdout;
    assert!(shown(&place, &[]).contains("✓ Synced") && shown(&place, &[]).contains("● Fresh"));
    place.set_clock("+61m");
    assert!(shown(&place, &[]).contains("● Aging"));
    assert!(shown(&place, &["--error-after", "30m"]).contains("● Stale"));
    assert!(shown(&place, &["--warn-after", "2h"]).contains("● Fresh"));
    place.set_clock("+181m");
    assert!(shown(&place, &[]).contains("● Stale"));
    assert_eq!(place.data(&["status"])["endpoints"][0]["freshness"], "stale");
}

#[test]
fn the_answers_have_the_names_of_the_contract() {
    let (_receiver, place) = refusing();
    place.emit("user.created", "u-1");
    place.run(&["process"]);
    let has = |value: &serde_json::Value, keys: &[&str]| {
        keys.iter().for_each(|key| assert!(value.get(key).is_some(), "{key} in {value}"));
    };
    let data = place.run(&["health", "-o", "json"]).data();
    has(&data, &["health", "queue", "recentFailures", "failureStats"]);
    has(&data["health"], &["healthy", "failureRate", "recentFailures", "message"]);
    has(&data["queue"], &["total", "processing", "pending", "failed", "delivered", "held", "oldestDueAgeMs"]);
    has(&data["failureStats"], &["totalFailures", "failuresByType", "failuresByResource", "averageRetries"]);
    let failure = ["eventId", "eventType", "resourceId", "resourceType", "endpoint", "error", "attempts", "failedAt"];
    has(&data["recentFailures"][0], &[&failure[..], &["resolved"]].concat());
    has(&place.data(&["failures", "list"])[0], &failure);
    let endpoint = ["name", "url", "state", "pending", "failed", "delivered", "lastSuccessAt", "lastFailureAt"];
    has(&place.data(&["status"])["endpoints"][0], &endpoint);
}

#[test]
fn readers_without_a_database_exit_ten() {
    let place = Place::new();
    for args in
        [&["status"][..], &["health"], &["failures"], &["failures", "stats"], &["audit", "list"], &["db", "verify"]]
    {
        let ran = place.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (10, ""), "{args:?}");
    }
    assert!(!place.database().exists());
}

#[test]
fn a_type_that_went_silent_is_unhealthy_from_its_threshold_on() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/")]);
    let config = "[health]\nexpect = { \"progress.updated\" = \"6h\", \"user.*\" = \"1d\" }\n";
    std::fs::write(place.path("c.toml"), config).unwrap();
    let path = place.path("c.toml").display().to_string();
    place.set("SYNCCTL_CONFIG", &path);
    place.set_clock("-7h");
    assert_eq!(place.run(&["emit", "progress.updated", "u-c", "--data", "{}", "-q"]).code, 0);
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process", "-q"]).code, 0);
    assert_eq!(place.run(&["health", "-q"]).code, 0, "in time");
    place.set_clock("+0s");
    let silent = place.run(&["health", "-q"]);
    let told = "no event was emitted or received of progress.updated for more than 6h";
    assert!(silent.code == 1 && silent.stdout.contains(told), "{silent:?}");
    assert!(!silent.stdout.contains("user"), "a younger queue is not judged by a day: {silent:?}");
    assert_eq!(place.run(&["check"]).code, 2);
    assert_eq!(place.run(&["emit", "progress.updated", "u-d", "--data", "{}", "-q"]).code, 0);
    assert_eq!(place.run(&["process", "-q"]).code, 0);
    assert_eq!(place.run(&["health", "-q"]).code, 0, "it is heard of again");
    place.set("SYNCCTL_HEALTH_EXPECT", "progress.updated=soon");
    let wrong = place.run(&["config", "validate"]);
    let said = format!("{wrong:?}");
    assert!(wrong.code == 78 && said.to_lowercase().contains("expect"), "{said}");
    place.set("SYNCCTL_HEALTH_EXPECT", "progress.updated=2h,user.*=1d");
    assert!(place.run(&["config", "show"]).stdout.contains("progress.updated=2h,user.*=1day"));
}
