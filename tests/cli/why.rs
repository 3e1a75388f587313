//! `events why`: each delivery in a sentence.

use crate::support::place::Place;
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
    assert!(why(&place, "other").contains("not tried yet; due now"), "{}", why(&place, "other"));
    assert!(why(&place, "second").contains("waits behind an earlier delivery of"), "{}", why(&place, "second"));
    place.run(&["process"]);
    assert!(why(&place, "other").contains("delivered with attempt 1"));
    let first = why(&place, "first");
    assert!(first.contains("1 attempt made, the last one: HTTP 503; next at 20"), "{first}");
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit_lines([("gone".to_owned(), "t".to_owned())].into_iter());
    place.run(&["process"]);
    let gone = why(&place, "gone");
    assert!(
        gone.contains("failed (attempts-used-up) after 1 attempt, the last one: HTTP 400; `syncctl replay"),
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
    assert!(why(&place, "late").contains("held: an operator paused the endpoint"), "{}", why(&place, "late"));
    assert_eq!(place.run(&["events", "why", "nobody"]).code, 66);
    let alone = Place::new();
    alone.emit("user.created", "u");
    assert!(why(&alone, "#1").contains("no endpoint wanted it"));
}
