//! What `replay` and `deliveries give-up` take an id, a list of ids, or no id to mean.

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

/// A place whose endpoint refuses everything at once.
fn failing() -> (Receiver, Place) {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    (receiver, place)
}

/// Event `f` has one failed delivery, to `bad`, and one pending, to `good`.
fn half_failed() -> (Receiver, Place) {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let mut place = Place::new();
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    let endpoint = |name: &str| format!("[[endpoints]]\nname = \"{name}\"\nurl = \"{}{name}\"\n", receiver.url("/"));
    std::fs::write(place.path("c.toml"), endpoint("good") + &endpoint("bad")).unwrap();
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    place.data(&["emit", "user.created", "u", "--data", "{}", "--id", "f"]);
    place.run(&["endpoints", "pause", "good"]);
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    (receiver, place)
}

#[test]
fn an_empty_list_of_ids_changes_nothing() {
    let (receiver, place) = failing();
    place.emit_many(2);
    for input in [&b""[..], b"\n  \n"] {
        let ran = place.run_with_input(&["deliveries", "give-up", "--stdin", "--yes", "-o", "json"], input);
        assert_eq!((ran.code, &ran.data()["changed"]), (0, &0.into()), "{ran:?}");
    }
    assert_eq!(place.queue()["pending"], 2);
    place.run(&["process", "-q"]);
    let ran = place.run_with_input(&["replay", "--stdin", "--yes", "-o", "json"], b"");
    assert_eq!((ran.code, &ran.data()["changed"]), (0, &0.into()), "{ran:?}");
    assert_eq!(place.queue()["failed"], 2);
    let elsewhere = Receiver::good();
    let ran = place.run_with_input(&["replay", "--to", &elsewhere.url("/"), "--stdin", "--yes"], b"");
    assert_eq!((ran.code, elsewhere.count()), (0, 0), "{ran:?}");
    assert_eq!(receiver.count(), 2);
}

#[test]
fn no_choice_gives_nothing_up() {
    let (_receiver, place) = failing();
    place.emit("user.created", "u");
    for more in [&[][..], &["--yes"], &["--dry-run"]] {
        let ran = place.run(&[&["deliveries", "give-up"], more].concat());
        assert!(ran.code == 2 && ran.stderr.contains("no deliveries were selected to give up"), "{ran:?}");
    }
    assert_eq!(place.queue()["pending"], 1);
    let unasked = place.run(&["deliveries", "give-up", "--all"]);
    assert!(unasked.code == 2 && unasked.stderr.contains("--yes is required"), "even for one: {unasked:?}");
    assert!(unasked.stdout.starts_with("would give up 1 delivery"), "{unasked:?}");
    assert_eq!(place.queue()["pending"], 1);
    assert_eq!(place.run(&["deliveries", "give-up", "--all", "--yes"]).stdout, "1 delivery given up\n");
}

#[test]
fn a_plan_says_what_is_done_and_what_is_left_alone() {
    let (_receiver, place) = half_failed();
    let plan = place.run(&["replay", "f", "--dry-run"]);
    assert!(plan.stdout.contains("would replay 1 delivery to 1 endpoint; nothing changed"), "{plan:?}");
    assert!(plan.stdout.contains("left alone: 1 that is already pending"), "{plan:?}");
    let plan = place.data(&["deliveries", "give-up", "f", "--dry-run"]);
    assert_eq!(
        (&plan["wouldChange"], &plan["deliveries"], &plan["leftAlone"]),
        (&1.into(), &serde_json::json!([1]), &1.into())
    );
    // One is not more than one, whatever is left alone beside it.
    let done = place.run(&["replay", "f", "-o", "json"]);
    assert_eq!((done.code, &done.data()["changed"], &done.data()["leftAlone"]), (0, &1.into(), &1.into()), "{done:?}");
    let refused = place.run(&["replay", "1", "2", "--dry-run"]);
    assert!(refused.code == 1 && refused.stderr.contains("delivery 1 is already pending (and 1 more)"), "{refused:?}");
    assert_eq!(place.data(&["replay", "1", "2", "--force", "--dry-run"])["wouldChange"], 2);
}

#[test]
fn a_delivery_that_is_named_and_not_meant_is_not_said_to_be_unknown() {
    let (_receiver, place) = half_failed();
    let ran = place.run(&["replay", "2", "--endpoint", "good"]);
    assert!(ran.code == 66 && ran.stderr.contains("do not match the other options"), "{ran:?}");
    let ran = place.run_with_input(&["replay", "--stdin", "--endpoint", "good", "-o", "json"], b"2\n");
    assert_eq!((ran.code, &ran.data()["changed"]), (0, &0.into()), "a list is narrowed down: {ran:?}");
    let ran = place.run(&["replay", "--failed", "--endpoint", "goood"]);
    assert!(ran.code == 2 && ran.stderr.contains("did you mean `good`?"), "{ran:?}");
}

#[test]
fn events_can_be_piped_from_their_list() {
    let (_receiver, place) = failing();
    place.emit_many(3);
    place.run(&["process", "-q"]);
    let names = place.run(&["events", "list", "-o", "name"]).stdout;
    let ran = place.run_with_input(&["replay", "--stdin", "--yes", "-o", "json"], names.as_bytes());
    assert_eq!((ran.code, &ran.data()["changed"]), (0, &3.into()), "{ran:?}");
}

#[test]
fn an_event_that_nobody_got_is_delivered_once_an_endpoint_wants_it() {
    let receiver = Receiver::good();
    let mut place = Place::new();
    for id in ["lost", "other"] {
        let data = place.data(&["emit", "user.created", "u", "--data", "{}", "--id", id]);
        assert_eq!(data["deliveries"], 0);
    }
    let nobody = place.run(&["replay", "lost"]);
    assert!(nobody.code == 1 && nobody.stderr.contains("no endpoint subscribes to the event `lost`"), "{nobody:?}");
    assert!(nobody.stderr.contains("--to URL"), "{nobody:?}");
    let elsewhere = Receiver::good();
    assert_eq!(place.run(&["replay", "lost", "--to", &elsewhere.url("/")]).code, 0);
    assert_eq!(elsewhere.requests()[0].event_id(), "lost");

    place.set("SYNC_WEBHOOK_URLS", &receiver.url("/"));
    place.data(&["emit", "user.updated", "u", "--data", "{}", "--id", "newer"]);
    let plan = place.data(&["replay", "lost", "other", "--dry-run"]);
    assert_eq!((&plan["wouldChange"], &plan["newDeliveries"]), (&2.into(), &2.into()));
    assert_eq!(place.queue()["pending"], 1, "it was a plan");
    assert_eq!(place.data(&["replay", "lost"])["deliveries"], serde_json::json!([2]));
    let again = place.run(&["replay", "lost"]);
    assert!(again.code == 1 && again.stderr.contains("is already pending"), "{again:?}");
    assert_eq!(place.run(&["process"]).code, 0);
    let sent: Vec<(String, String)> = receiver
        .requests()
        .iter()
        .map(|request| (request.event_id().to_owned(), request.header("x-sync-trigger").to_owned()))
        .collect();
    let expected = [("newer", "initial"), ("lost", "manual")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(sent, expected, "it goes behind what was queued of its resource");
    assert_eq!(place.run(&["db", "verify"]).code, 0);
}

#[test]
fn an_id_means_the_same_to_every_command() {
    let (_receiver, place) = half_failed();
    place.data(&["emit", "user.created", "v", "--data", "{}", "--id", "second"]);
    // Deliveries 3 and 4 are those of event #2.
    let shown = |id: &str| place.data(&["events", "show", id])["event"]["id"].clone();
    assert_eq!(
        (shown("#2"), shown("2"), shown("3"), shown("second")),
        ("second".into(), "f".into(), "second".into(), "second".into())
    );
    assert!(place.run(&["events", "list", "--no-headers"]).stdout.contains("#2"));
    let planned = |id: &str| place.data(&["deliveries", "give-up", id, "--dry-run"])["deliveries"].clone();
    assert_eq!((planned("#2"), planned("3")), (serde_json::json!([3, 4]), serde_json::json!([3])));
    assert_eq!(place.run(&["events", "show", "9"]).code, 66);

    place.data(&["emit", "user.created", "w", "--data", "{}", "--id", "2"]);
    for args in [&["events", "show", "2"][..], &["replay", "2"], &["deliveries", "give-up", "2"]] {
        let ran = place.run(args);
        assert!(ran.code == 2 && ran.stderr.contains("`#3` is the event of that id"), "{args:?}: {ran:?}");
    }
    assert_eq!(planned("#3"), serde_json::json!([5, 6]));
    place.data(&["emit", "user.created", "x", "--data", "{}", "--id", "4711"]);
    assert_eq!((shown("4711"), planned("4711")), ("4711".into(), serde_json::json!([7, 8])));
}
