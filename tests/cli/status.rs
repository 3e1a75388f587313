//! `status` and the lists: their figures add up, and what is blocked, held or given up is called that.

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

/// One endpoint that takes all but one event, and one that is paused.
fn place() -> (Receiver, Place) {
    let receiver = Receiver::new(|request| Reply::Status(if request.event_id() == "e0" { 500 } else { 200 }));
    let mut place = Place::new();
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    let config = format!(
        "[[endpoints]]\nname = \"open\"\nurl = \"{}\"\n[[endpoints]]\nname = \"shut\"\nurl = \"http://127.0.0.1:9/\"\npaused = true\n",
        receiver.url("/")
    );
    std::fs::write(place.path("c.toml"), config).unwrap();
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    place.emit_many(3);
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    place.emit_lines(["first", "behind"].map(|id| (id.to_owned(), "same".to_owned())).into_iter());
    (receiver, place)
}

#[test]
fn the_total_is_everything_that_has_not_arrived() {
    let (_receiver, place) = place();
    let status = place.data(&["status"]);
    let queue = &status["queue"];
    let of = |name: &str| queue[name].as_i64().unwrap();
    assert_eq!((of("pending"), of("processing"), of("failed"), of("held"), of("delivered")), (2, 0, 1, 5, 2));
    assert_eq!((of("total"), of("events")), (8, 5));
    let [open, shut] = status["endpoints"].as_array().unwrap().as_slice() else { unreachable!("{status}") };
    let of = |endpoint: &serde_json::Value, name: &str| endpoint[name].as_i64().unwrap();
    assert_eq!((of(open, "pending"), of(open, "held"), of(open, "failed"), of(open, "delivered")), (2, 0, 1, 2));
    assert_eq!((of(shut, "pending"), of(shut, "held"), of(shut, "failed"), of(shut, "delivered")), (0, 5, 0, 0));
    assert_eq!((&open["sync"], &shut["sync"], &shut["state"]), (&"failed".into(), &"syncing".into(), &"paused".into()));
}

#[test]
fn a_delivery_says_when_it_is_tried_next_unless_it_waits_behind_another() {
    let (_receiver, place) = place();
    let rows = place.data(&["deliveries", "list", "--endpoint", "open"]);
    let row = |id: &str| rows.as_array().unwrap().iter().find(|row| row["eventId"] == id).unwrap().clone();
    assert!(row("first")["nextAttemptAt"].is_string() && row("first")["blocked"] == false);
    assert!(row("behind")["nextAttemptAt"].is_null() && row("behind")["blocked"] == true);
    assert!(row("e0")["nextAttemptAt"].is_null() && row("e1")["nextAttemptAt"].is_null());
    assert_eq!((&row("e0")["reason"], &row("e1")["error"]), (&"attempts-used-up".into(), &serde_json::Value::Null));
    let table = place.run(&["deliveries", "list", "--endpoint", "open"]).stdout;
    assert!(table.contains("pending (blocked)") && table.contains("failed (attempts-used-up)"), "{table}");
    let failure = place.data(&["failures", "list"])[0].clone();
    assert_eq!(
        (&failure["eventId"], &failure["resolved"], &failure["attempts"]),
        (&"e0".into(), &false.into(), &1.into())
    );
}

#[test]
fn a_list_says_how_much_of_it_is_shown_only_where_that_is_not_all() {
    let (_receiver, place) = place();
    assert!(!place.run(&["events", "list"]).stdout.contains("shown"));
    assert!(!place.run(&["events", "list", "--limit", "5"]).stdout.contains("shown"));
    assert!(place.run(&["events", "list", "--limit", "4"]).stdout.contains("4 of 5 shown"));
}

#[test]
fn a_run_that_delivered_nothing_says_what_it_attempted_all_the_same() {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(1);
    assert_eq!(place.run(&["deliveries", "give-up", "--all", "--yes"]).code, 0);
    assert_eq!(place.data(&["process"])["message"], "no due deliveries");
    place.emit_lines([("late".to_owned(), "late".to_owned())].into_iter());
    let message = place.data(&["process"])["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("1 attempted   0 delivered   1 to be retried   0 failed"), "{message}");
}

#[test]
fn a_forecast_says_when_the_queue_is_empty_or_why_it_never_is() {
    let receiver = Receiver::new(|_| Reply::Status(200));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(40);
    let shown = || place.run(&["status"]).stdout;
    assert!(shown().contains("never empty at this rate: ") && shown().contains("nothing was delivered"), "{}", shown());
    assert_eq!(place.data(&["status"])["forecast"]["emptyInMs"], serde_json::Value::Null);
    assert_eq!(place.run(&["process", "-q", "--limit", "30"]).code, 0);
    let status = place.data(&["status"]);
    let (forecast, of_endpoint) = (&status["forecast"], &status["endpoints"][0]["forecast"]);
    assert_eq!(forecast, of_endpoint, "there is one endpoint");
    assert!(forecast["emptyInMs"].as_u64().is_some_and(|span| span > 0), "{status}");
    assert!(forecast["deliveredPerSecond"].as_f64().unwrap() > 0.0, "{status}");
    assert!((forecast["queuedPerSecond"].as_f64().unwrap() - 40.0 / 600.0).abs() < 1e-9, "{status}");
    assert!(shown().contains("\nempty in ") || shown().starts_with("empty in "), "{}", shown());
    assert_eq!(place.run(&["process", "-q"]).code, 0);
    assert_eq!(place.data(&["status"])["forecast"]["emptyInMs"], 0);
    assert!(!shown().contains("at this rate"), "nothing waits: {}", shown());
}
