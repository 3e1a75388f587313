//! `why`: each delivery in a sentence, a timeline, and the commands that would change it.

use crate::support::place::{Place, eventually};
use crate::support::receiver::{Receiver, Reply};

#[test]
fn every_state_is_explained_with_what_happens_next() {
    let receiver = Receiver::new(|request| match request.event_id() {
        "gone" => Reply::Status(400),
        "first" => Reply::Status(503),
        _ => Reply::Status(200),
    });
    let mut place = Place::sending_to(&[receiver.url("/")]);
    let why = |place: &Place, id: &str| place.run(&["events", "why", id]).stdout;
    place.emit_lines([("first", "r"), ("second", "r"), ("other", "s")].map(|(a, b)| (a.into(), b.into())).into_iter());
    assert!(why(&place, "other").contains("not attempted yet; due now"), "{}", why(&place, "other"));
    assert!(why(&place, "second").contains("an earlier one of user/r"), "{}", why(&place, "second"));
    place.run(&["process"]);
    assert!(why(&place, "other").contains("delivered by attempt 1"));
    let first = why(&place, "first");
    assert!(first.contains("1 attempt made, the last one: HTTP 503; next at 20"), "{first}");
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit_lines([("gone".to_owned(), "t".to_owned())].into_iter());
    place.run(&["process"]);
    let gone = why(&place, "gone");
    assert!(
        gone.contains("failed (attempts-used-up) after 1 attempt, the last one: HTTP 400")
            && gone.contains("`syncctl replay "),
        "{gone}"
    );
    let data = place.data(&["events", "why", "gone"]);
    assert_eq!(
        (&data["deliveries"][0]["state"], &data["deliveries"][0]["error"]),
        (&"failed".into(), &"HTTP 400".into())
    );
    place.emit_lines([("late".to_owned(), "u".to_owned())].into_iter());
    let name = data["deliveries"][0]["endpoint"].as_str().unwrap().to_owned();
    place.run(&["endpoints", "pause", &name]);
    assert!(why(&place, "late").contains("an operator paused the endpoint"), "{}", why(&place, "late"));
    assert_eq!(place.run(&["events", "why", "nobody"]).code, 66);
    let alone = Place::new();
    alone.emit("user.created", "u");
    assert!(why(&alone, "#1").contains("no endpoint subscribed to it"));
}

#[test]
fn an_endpoint_a_resource_and_a_delivery_are_explained_too() {
    let down = Receiver::new(|_| Reply::Status(503));
    let mut place = Place::new();
    let config = format!(
        "[[endpoints]]\nname = \"down\"\nurl = \"{}\"\n[[endpoints]]\nname = \"users\"\nurl = \"{}\"\nevents = [\"user.*\"]\n",
        down.url("/"),
        down.url("/u")
    );
    std::fs::write(place.path("c.toml"), config).unwrap();
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    place.emit_lines((0..6).map(|i| (format!("e{i}"), format!("r{i}"))));
    place.data(&[
        "emit",
        "enrollment.created",
        "enr",
        "--data",
        "{\"userId\":\"u\",\"courseId\":\"c\"}",
        "--id",
        "other",
    ]);
    place.run(&["process"]);

    let endpoint = place.run(&["why", "down"]);
    assert!(
        endpoint.stdout.contains("circuit open until 20")
            && endpoint.stdout.contains("`syncctl endpoints resume down`")
    );
    let filtered = place.run(&["why", "other"]);
    assert!(filtered.stdout.contains("users: not sent, it subscribes to user.* only"), "{filtered:?}");
    assert!(filtered.stdout.contains("emitted, with 1 delivery"), "{filtered:?}");

    let resource = place.run(&["why", "user/r1"]);
    assert!(resource.stdout.starts_with("r1: 2 of the latest 2 are not delivered"), "{resource:?}");
    assert_eq!(place.run(&["why", "enrollment/r1"]).code, 66, "it is a user");
    let delivery = place.data(&["why", "1"]);
    assert_eq!(delivery["timeline"][0]["text"], "emitted, with 2 deliveries");
    assert_eq!(place.data(&["why", "evt#1"])["event"], place.data(&["why", "#1"])["event"]);
    let unknown = place.run(&["why", "dwon"]);
    assert!(unknown.code == 66 && unknown.stderr.contains("did you mean the endpoint `down`?"), "{unknown:?}");
}

#[test]
fn a_blocked_delivery_names_its_blocker_and_one_of_a_killed_worker_says_so() {
    let slow = Receiver::new(|_| Reply::Hang);
    let place = Place::sending_to(&[slow.url("/")]);
    place.emit_lines([("first", "r"), ("second", "r")].map(|(a, b)| (a.into(), b.into())).into_iter());
    let mut worker = place.spawn(&["process"]);
    eventually("the request is under way", || place.queue()["processing"] == 1);
    let blocked = place.data(&["why", "second"]);
    assert_eq!(blocked["deliveries"][0]["blockedBy"], 1);
    assert_eq!(blocked["deliveries"][0]["commands"][0], "syncctl why 1");
    assert!(place.run(&["why", "first"]).stdout.contains("attempt 1 is under way"));
    worker.kill().unwrap();
    worker.wait().unwrap();
    let killed = place.run(&["why", "first"]).stdout;
    assert!(killed.contains("interrupted: the worker died") && killed.contains("`syncctl process`"), "{killed}");
    let listed = place.run(&["deliveries", "list"]).stdout;
    assert!(listed.contains("processing (interrupted)") && listed.contains("pending (blocked)"), "{listed}");
}

#[test]
fn a_resource_whose_events_no_endpoint_gets_is_explained_by_the_latest_of_them() {
    let mut place = Place::new();
    std::fs::write(
        place.path("c.toml"),
        "[[endpoints]]\nname = \"users\"\nurl = \"http://127.0.0.1:9/\"\nevents = [\"user.*\"]\n",
    )
    .unwrap();
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    for status in ["active", "done"] {
        place.ok(&["emit", "enrollment.created", "enr-9", "--id", status, "--data", "{}"]);
    }
    for what in ["enr-9", "enrollment/enr-9"] {
        let why = place.ok(&["why", what]);
        assert!(why.contains("done") && why.contains("users: not sent, it subscribes to user.* only"), "{why}");
    }
    assert_eq!(place.run(&["why", "user/enr-9"]).code, 66, "it is an enrollment");
}
