//! `replay plan` and `replay apply`.

use std::time::{Duration, Instant};

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

/// A place with failed deliveries, and a plan of them in `plan.json`.
fn planned(n: usize) -> (Receiver, Place, String) {
    let receiver =
        Receiver::new(|request| Reply::Status(if request.header("x-sync-trigger") == "bulk" { 200 } else { 500 }));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit_many(n);
    place.run(&["process", "-q"]);
    let plan = place.run(&["replay", "plan"]);
    assert_eq!(plan.code, 0, "{plan:?}");
    std::fs::write(place.path("plan.json"), &plan.stdout).unwrap();
    (receiver, place, plan.stdout)
}

#[test]
fn a_plan_is_applied_in_its_order_and_only_once() {
    let (receiver, place, plan) = planned(5);
    assert_eq!(plan.lines().count(), 6, "a header, and a line for each: {plan}");
    assert_eq!(place.queue()["failed"], 5, "a plan changes nothing");
    let first: serde_json::Value = serde_json::from_str(plan.lines().nth(1).unwrap()).unwrap();
    let body = place.run(&["events", "show", "e0", "--sent"]).stdout;
    assert_eq!(first["bodySha256"], hex::encode(<sha2::Sha256 as sha2::Digest>::digest(body.as_bytes())));
    let other = plan.replace(first["bodySha256"].as_str().unwrap(), &"00".repeat(32));
    let refused = place.run_with_input(&["replay", "apply", "-"], other.as_bytes());
    assert!(refused.code == 1 && refused.stderr.contains("1 delivery of the plan changed since"), "{refused:?}");
    let checked = place.run(&["replay", "apply", "plan.json", "--dry-run"]);
    assert!(checked.code == 0 && checked.stdout.contains("would replay 5 deliveries"), "{checked:?}");
    assert_eq!(place.queue()["failed"], 5);
    assert_eq!(place.data(&["replay", "apply", "plan.json"])["changed"], 5);
    assert_eq!(place.run(&["process", "--concurrency", "1"]).code, 0);
    let order: Vec<String> = receiver.requests()[5..].iter().map(|request| request.event_id().to_owned()).collect();
    assert_eq!(order, ["e0", "e1", "e2", "e3", "e4"]);
    let again = place.run(&["replay", "apply", "plan.json"]);
    assert!(again.code == 1 && again.stderr.contains("5 deliveries of the plan changed since"), "{again:?}");
}

#[test]
fn a_plan_of_which_one_delivery_changed_replays_none() {
    let (_receiver, place, _) = planned(3);
    assert_eq!(place.run(&["replay", "2"]).code, 0);
    let refused = place.run(&["replay", "apply", "plan.json"]);
    assert!(refused.code == 1 && refused.stderr.contains("1 delivery of the plan changed since"), "{refused:?}");
    assert!(refused.stderr.contains("delivery 2"), "{refused:?}");
    assert_eq!(place.queue()["failed"], 2);
}

#[test]
fn plans_are_narrowed_limited_and_refused_when_they_are_cut_off() {
    let (_receiver, place, plan) = planned(4);
    let lines = |more: &[&str]| place.run(&[&["replay", "plan"], more].concat()).stdout.lines().count();
    assert_eq!([lines(&["--limit", "2"]), lines(&["--status", "500"]), lines(&["--status", "404"])], [3, 5, 1]);
    let cut: String = plan.lines().take(3).map(|line| format!("{line}\n")).collect();
    for (input, told) in [(cut.as_str(), "it is truncated"), ("{}\n", "not a replay plan"), ("", "not a replay plan")] {
        let ran = place.run_with_input(&["replay", "apply", "-"], input.as_bytes());
        assert!(ran.code == 65 && ran.stderr.contains(told), "{ran:?}");
    }
    assert_eq!(place.run(&["replay", "apply", "nowhere.json"]).code, 66);
    assert_eq!(place.run(&["replay", "apply", "plan.json", "--rate", "fast"]).code, 2);
    assert_eq!(place.queue()["failed"], 4, "nothing changed");
    let began = Instant::now();
    assert_eq!(place.data(&["replay", "apply", "plan.json", "--rate", "2/s"])["changed"], 4);
    assert!(began.elapsed() >= Duration::from_secs(1), "four at two a second");
}
