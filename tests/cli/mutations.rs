//! What changes the queue says so, can be tried first, and asks before much.

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

#[test]
fn a_dry_run_changes_nothing() {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit_many(2);
    place.run(&["process", "-q"]);
    place.emit("user.created", "waiting");
    let name = place.data(&["endpoints", "list"])[0]["name"].as_str().unwrap().to_owned();
    let state =
        || (place.data(&["status"])["queue"]["pending"].clone(), place.data(&["deliveries", "list"]), receiver.count());
    let before = state();
    for args in [
        &["emit", "user.created", "u", "--data", "{}"][..],
        &["sync", "profile", "u", "--data", "{}"],
        &["process"],
        &["endpoints", "pause", &name],
        &["endpoints", "resume", &name],
        &["replay", "1"],
        &["replay", "--failed"],
        &["deliveries", "give-up", "3"],
        &["db", "prune", "--older-than", "0s", "--state", "failed"],
        &["db", "backup", "b.db"],
    ] {
        let ran = place.run(&[args, &["--dry-run"]].concat());
        assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
        assert!(!ran.stdout.is_empty(), "{args:?} says what it would do");
        assert_eq!(state(), before, "{args:?}");
    }
    assert!(!place.path("b.db").exists());
}

#[test]
fn bulk_verbs_say_what_they_did() {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit_many(3);
    place.run(&["process", "-q"]);
    assert_eq!(place.run(&["replay", "--failed", "--yes"]).stdout, "3 deliveries replayed\n");
    let refused = place.run(&["replay", "1"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("is already pending") && refused.stderr.contains("--force"), "{refused:?}");
    assert_eq!(place.run(&["replay", "1", "--force"]).code, 0);
    assert_eq!(
        place.run(&["deliveries", "give-up", "--type", "user.updated", "--yes"]).stdout,
        "3 deliveries given up\n"
    );
}

#[test]
fn more_than_one_needs_a_yes() {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit_many(2);
    place.run(&["process", "-q"]);
    let unasked = place.run(&["replay", "--failed", "-o", "json"]);
    assert_eq!((unasked.code, &unasked.data()["wouldChange"]), (2, &2.into()), "{unasked:?}");
    assert_eq!(place.queue()["failed"], 2, "two are more than one");
    assert_eq!(place.data(&["replay", "1"])["changed"], 1);
    assert_eq!(place.run(&["replay", "--failed"]).code, 2, "what a filter chooses needs it, even one");
    assert_eq!(place.data(&["replay", "--failed", "--yes"])["changed"], 1);
    assert_eq!(place.data(&["deliveries", "give-up", "--all", "--dry-run"])["wouldChange"], 2);
    assert_eq!(place.queue()["pending"], 2);
    assert_eq!(place.data(&["deliveries", "give-up", "--all", "--yes"])["changed"], 2);
}

#[test]
fn the_same_id_twice_is_a_duplicate() {
    let place = Place::new();
    let args = ["emit", "user.created", "u", "--data", "{}", "--id", "mine"];
    assert_eq!(place.run(&args).code, 0);
    let again = place.run(&args);
    assert!(again.code == 0 && again.stdout.contains("duplicate"), "{again:?}");
    assert_eq!(place.run(&[&args[..], &["--fail-on-duplicate"]].concat()).code, 1);
}

#[test]
fn two_dashes_end_the_flags() {
    let place = Place::new();
    let ran = place.run(&["emit", "user.created", "--data", "{}", "-o", "json", "--", "-n"]);
    assert_eq!(ran.data()["event"]["resourceId"], "-n");
}

#[test]
fn what_was_done_is_told_even_where_the_answer_cannot_be_written() {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    for (args, told) in [
        (&["emit", "user.created", "u", "--data", "{}", "--id", "mine"][..], "mine  user.created  user/u  queued"),
        (&["process"], "done, although it could not be printed: "),
        (&["replay", "mine"], "1 delivery replayed"),
        (&["deliveries", "give-up", "mine"], "1 delivery given up"),
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran = place.command(args).stdout(full).output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(
            ran.status.code() == Some(74)
                && said.contains("done, although it could not be printed: ")
                && said.contains(told),
            "{args:?}: {said}"
        );
    }
    assert_eq!(place.queue()["failed"], 1);
}
