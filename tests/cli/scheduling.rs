//! Events for a later time: they wait where everybody sees them, go when their time comes, and can be cancelled until then.

use serde_json::Value;

use crate::support::place::{Place, eventually};
use crate::support::receiver::Receiver;
use crate::support::tools::has_tools;

fn listed(place: &Place, id: &str) -> Value {
    let events = place.data(&["events", "list"]);
    events.as_array().unwrap().iter().find(|event| event["id"] == id).unwrap().clone()
}

#[test]
fn an_event_for_later_waits_is_seen_everywhere_and_goes_when_its_time_comes() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/")]);
    let later =
        place.data(&["emit", "user.updated", "u1", "--data", "{\"name\":\"later\"}", "--id", "later", "--in", "2h"]);
    assert_eq!((&later["deliveries"], &later["duplicate"]), (&0.into(), &false.into()));
    let at = later["scheduledAt"].as_str().unwrap();
    // It happens when it is sent, unless the emitter says otherwise.
    assert_eq!(later["event"]["timestamp"], at);
    // What is emitted meanwhile does not wait for it, though it is about the same resource.
    place.ok(&["emit", "user.updated", "u1", "--data", "{\"name\":\"now\"}", "--id", "now"]);
    assert_eq!(place.data(&["process"])["run"]["delivered"], 1);
    assert_eq!(place.data(&["process", "--wait"])["run"]["delivered"], 0, "what is scheduled is not waited for");

    assert_eq!(
        (&listed(&place, "later")["schedule"], &listed(&place, "later")["scheduledAt"]),
        (&"scheduled".into(), &at.into())
    );
    assert!(place.ok(&["events", "list"]).contains("scheduled"));
    assert_eq!((&place.queue()["scheduled"], &place.queue()["nextScheduledAt"]), (&1.into(), &at.into()));
    assert!(place.ok(&["status"]).contains("1 event scheduled, next at"));
    let why = place.ok(&["why", "later"]);
    assert!(why.contains("scheduled for") && why.contains("syncctl events cancel later"), "{why}");
    assert!(place.ok(&["events", "show", "later"]).contains("Schedule  scheduled for"));
    let refused = place.run(&["replay", "later"]);
    assert!(refused.code == 1 && refused.stderr.contains("waits until"), "{refused:?}");
    assert!(place.ok(&["records", "export"]).contains("\"now\""), "it did not happen yet");
    assert_eq!(
        place.data(&["emit", "user.updated", "u1", "--data", "{\"name\":\"later\"}", "--id", "later", "--in", "3h"])["duplicate"],
        true
    );

    place.set_clock("+3h");
    // Nobody drains the queue: that is late.
    assert!(place.queue()["oldestDueAgeMs"].as_u64().unwrap() >= 3_000_000);
    assert_eq!(place.data(&["process"])["run"]["delivered"], 1);
    assert_eq!(receiver.count(), 2);
    assert_eq!(listed(&place, "later")["schedule"], "queued");
    assert!(place.ok(&["records", "export"]).contains("\"later\""), "now it happened");
    let too_late = place.run(&["events", "cancel", "later"]);
    assert!(too_late.code == 1 && too_late.stderr.contains("the scheduled time"), "{too_late:?}");
    assert_eq!(place.data(&["process"])["run"]["delivered"], 0, "it goes once");
    place.ok(&["db", "verify"]);
}

#[test]
fn what_is_cancelled_is_never_sent_and_stays_in_the_history() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/")]);
    for id in ["a", "b"] {
        place.ok(&["emit", "user.updated", id, "--data", "{}", "--id", id, "--in", "1h"]);
    }
    place.ok(&["emit", "user.updated", "c", "--data", "{}", "--id", "c"]);
    let planned = place.ok(&["events", "cancel", "a", "b", "--dry-run"]);
    assert!(planned.contains("would be cancelled; nothing changed"), "{planned}");
    // One that cannot be cancelled cancels none.
    let mixed = place.run(&["events", "cancel", "a", "c"]);
    assert!(mixed.code == 1 && mixed.stderr.contains("deliveries give-up c"), "{mixed:?}");
    assert_eq!(place.queue()["scheduled"], 2);
    assert_eq!(place.data(&["events", "cancel", "a"])["cancelled"][0], "a");
    assert_eq!(place.data(&["events", "cancel", "#1"])["cancelledBefore"][0], "a");
    assert_eq!(place.run(&["events", "cancel", "nothing"]).code, 66);
    place.set_clock("+2h");
    assert_eq!(place.data(&["process"])["run"]["delivered"], 2);
    assert_eq!(listed(&place, "a")["schedule"], "cancelled");
    assert!(listed(&place, "a")["cancelledAt"].is_string());
    let why = place.ok(&["why", "a"]);
    assert!(why.contains("never sent") && why.contains("syncctl replay a --edit"), "{why}");
    let replayed = place.run(&["replay", "a"]);
    assert!(replayed.code == 1 && replayed.stderr.contains("was cancelled"), "{replayed:?}");
    assert_eq!(place.queue()["scheduled"], 0);
}

#[test]
fn a_worker_that_watches_queues_it_in_time() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.ok(&["emit", "user.updated", "u", "--data", "{}", "--in", "1500ms"]);
    let mut watch = place.command(&["process", "--watch", "-q"]).spawn().unwrap();
    eventually("it is delivered", || receiver.count() == 1);
    crate::support::place::kill(&watch, "-TERM");
    assert!(watch.wait().unwrap().success());
}

#[test]
fn a_time_that_is_past_or_no_time_is_refused() {
    let place = Place::new();
    for (more, text) in [
        (&["--at", "2020-01-01T00:00:00Z"][..], "is in the past"),
        (&["--at", "soon"], "local date and time"),
        (&["--in", "0s"], "longer than zero"),
        (&["--in", "1h", "--at", "2030-01-01"], "cannot be used with"),
        (&["--in", "1h", "--wait"], "cannot be used with"),
    ] {
        let ran = place.run(&[&["emit", "user.updated", "u", "--data", "{}"][..], more].concat());
        assert!(ran.code == 2 && ran.stderr.contains(text), "{more:?}: {ran:?}");
    }
    let would = place.data(&["emit", "user.updated", "u", "--data", "{}", "--at", "2100-01-01 09:00", "--dry-run"]);
    assert_eq!(would["scheduledAt"], "2100-01-01T09:00:00.000Z");
}
