//! `replay`, `deliveries give-up` and what they leave alone.

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

fn failing_place() -> (Receiver, Place) {
    let receiver = Receiver::new(|request| {
        let replayed = matches!(request.header("x-sync-trigger"), "manual" | "bulk");
        Reply::Status(if replayed { 200 } else { 400 })
    });
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    (receiver, place)
}

#[test]
fn one_by_id_is_done_at_once_with_fresh_attempts_and_its_history_kept() {
    let (receiver, place) = failing_place();
    let id = place.emit("user.created", "u");
    assert_eq!(place.run(&["process"]).code, 3);
    assert_eq!(place.run(&["replay", &id]).code, 0);
    assert_eq!(place.run(&["process"]).code, 0);
    let requests = receiver.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!((requests[1].header("x-sync-attempt"), requests[1].header("x-sync-trigger")), ("2", "manual"));
    assert_eq!(requests[0].body, requests[1].body);
    let detail = place.data(&["events", "show", &id]);
    assert_eq!(detail["attempts"].as_array().unwrap().len(), 2);
}

#[test]
fn many_are_planned_first_and_done_with_yes() {
    let (receiver, place) = failing_place();
    place.emit_many(5);
    place.run(&["process"]);
    let plan = place.data(&["replay", "--failed", "--dry-run"]);
    assert_eq!((&plan["dryRun"], &plan["wouldChange"]), (&true.into(), &5.into()));
    assert_eq!(place.queue()["failed"], 5, "nothing changed");
    assert_eq!(place.data(&["replay", "--failed", "--type", "enrollment.created"])["changed"], 0);
    assert_eq!(place.data(&["replay", "--failed", "--until", "1h"])["changed"], 0);
    assert_eq!(place.run(&["replay", "--failed", "--endpoint", "nobody"]).code, 2);
    let done = place.data(&["replay", "--failed", "--since", "1h", "--yes"]);
    assert_eq!(done["changed"], 5);
    place.run(&["process"]);
    let order: Vec<String> = receiver.requests()[5..].iter().map(|r| r.event_id().to_owned()).collect();
    assert!(receiver.requests()[5..].iter().all(|r| r.header("x-sync-trigger") == "bulk"));
    assert_eq!(order.len(), 5);
    assert_eq!(place.queue()["delivered"], 5);
}

#[test]
fn ids_can_be_piped_from_a_list() {
    let (_, place) = failing_place();
    place.emit_many(3);
    place.run(&["process"]);
    let names = place.run(&["deliveries", "list", "--failed", "-o", "name"]).stdout;
    assert_eq!(names.lines().count(), 3);
    let ran = place.run_with_input(&["replay", "--stdin", "--yes", "-o", "json"], names.as_bytes());
    assert_eq!(ran.data()["changed"], 3);
}

#[test]
fn delivered_and_pending_ones_are_left_alone_unless_asked_for() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    let id = place.emit("user.created", "u");
    let pending = place.run(&["replay", &id]);
    assert_eq!(pending.code, 1);
    assert!(pending.stderr.contains("--force"), "{}", pending.stderr);
    place.run(&["process"]);
    let delivered = place.run(&["replay", &id]);
    assert_eq!(delivered.code, 1);
    assert!(delivered.stderr.contains("--include-delivered"), "{}", delivered.stderr);
    assert_eq!(place.run(&["replay", &id, "--include-delivered"]).code, 0);
    assert_eq!(place.run(&["process"]).code, 0);
    assert_eq!(receiver.count(), 2);
    assert_eq!(place.run(&["replay", "nothing-like-it"]).code, 66);
    assert_eq!(place.run(&["replay", "4711"]).code, 66);
    assert_eq!(place.run(&["replay"]).code, 2);
}

#[test]
fn a_replayed_delivery_takes_its_old_place_and_newer_ones_wait() {
    let (receiver, place) = failing_place();
    place.emit_lines([("old", "r"), ("new", "r")].map(|(a, b)| (a.to_owned(), b.to_owned())).into_iter());
    assert_eq!(place.run(&["process", "--limit", "1"]).code, 3);
    place.run(&["replay", "old"]);
    let list = place.data(&["deliveries", "list"]);
    assert_eq!((&list[0]["eventId"], &list[0]["blocked"]), (&"new".into(), &true.into()));
    place.run(&["process"]);
    let order: Vec<String> = receiver.requests().iter().map(|r| r.event_id().to_owned()).collect();
    assert_eq!(order, ["old", "old", "new"]);
}

#[test]
fn a_newer_event_that_arrived_already_is_warned_of() {
    let receiver = Receiver::new(|request| Reply::Status(if request.event_id() == "old" { 400 } else { 200 }));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit_lines(
        [("old", "r"), ("new", "r"), ("other", "s")].map(|(a, b)| (a.to_owned(), b.to_owned())).into_iter(),
    );
    place.run(&["process", "--wait"]);
    let ran = place.run(&["replay", "old", "--dry-run"]);
    assert!(ran.stderr.contains("newer event"), "{}", ran.stderr);
}

#[test]
fn given_up_deliveries_let_the_next_one_go_on() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_lines([("a", "r"), ("b", "r")].map(|(a, b)| (a.to_owned(), b.to_owned())).into_iter());
    assert_eq!(place.run(&["deliveries", "give-up", "1", "--dry-run"]).code, 0);
    assert_eq!(place.queue()["pending"], 2);
    assert_eq!(place.run(&["deliveries", "give-up", "1"]).code, 0);
    place.run(&["process"]);
    assert_eq!(receiver.requests().iter().map(|r| r.event_id().to_owned()).collect::<Vec<_>>(), ["b"]);
    let failed = place.data(&["deliveries", "list", "--failed"]);
    assert_eq!(failed[0]["reason"], "given-up");
    assert_eq!(place.run(&["deliveries", "give-up", "1"]).code, 1);
}
