//! `process` narrowed to deliveries, events or an endpoint: what is named is sent, and nothing else.

use std::time::{Duration, Instant};

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

fn sent(receiver: &Receiver) -> Vec<String> {
    let mut ids: Vec<String> = receiver.requests().iter().map(|request| request.event_id().to_owned()).collect();
    ids.sort();
    ids
}

#[test]
fn a_delivery_an_event_and_a_place_in_the_order_are_sent_alone() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(5);
    let ran = place.run(&["process", "2"]);
    assert!(ran.code == 0 && ran.stdout.starts_with("1 attempted   1 delivered"), "{ran:?}");
    assert_eq!(sent(&receiver), ["e1"]);
    assert_eq!(place.run(&["process", "e3", "evt#5", "2"]).code, 0, "what is delivered already is no trouble");
    assert_eq!(sent(&receiver), ["e1", "e3", "e4"]);
    assert_eq!(place.queue()["pending"], 2);
    assert_eq!(place.run(&["process", "-q"]).code, 0);
    assert_eq!(place.queue()["delivered"], 5);
}

#[test]
fn what_is_named_and_has_to_wait_says_for_what_and_ends_with_3() {
    let receiver = Receiver::new(|request| Reply::Status(if request.event_id() == "first" { 500 } else { 200 }));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_lines([("first", "r"), ("second", "r")].map(|(id, resource)| (id.into(), resource.into())).into_iter());
    let blocked = place.run(&["process", "second"]);
    assert!(
        blocked.code == 3 && blocked.stderr.contains("delivery 2 waits: delivery 1 of its resource"),
        "{blocked:?}"
    );
    assert_eq!(receiver.count(), 0);
    let tried = place.run(&["process", "1"]);
    assert!(tried.code == 3 && tried.stderr.contains("delivery 1 waits: its next attempt is at"), "{tried:?}");
    assert!(tried.stderr.contains("`syncctl replay 1 --force`"), "{tried:?}");
    let name = receiver.url("").replace("http://", "");
    assert_eq!(place.run(&["endpoints", "pause", &name]).code, 0);
    let held = place.run(&["process", "1"]);
    assert!(held.code == 3 && held.stderr.contains("is paused or not configured"), "{held:?}");
    assert_eq!(receiver.count(), 1);
}

#[test]
fn one_endpoint_is_sent_to_alone_and_the_rate_of_another_is_not_waited_for() {
    let (fast, slow, steady) = (Receiver::good(), Receiver::good(), Receiver::good());
    let mut place = Place::new();
    let config = format!(
        "[[endpoints]]\nname = \"fast\"\nurl = \"{}\"\n[[endpoints]]\nname = \"slow\"\nurl = \"{}\"\nrate = \"1/m\"\n\
         [[endpoints]]\nname = \"steady\"\nurl = \"{}\"\nrate = \"4/s\"\n",
        fast.url("/"),
        slow.url("/"),
        steady.url("/")
    );
    std::fs::write(place.path("c.toml"), config).unwrap();
    let path = place.path("c.toml").display().to_string();
    place.set("SYNCCTL_CONFIG", &path);
    place.emit_many(3);
    assert_eq!(place.run(&["process", "-q", "--limit", "1", "--endpoint", "slow"]).code, 0);
    assert_eq!((fast.count(), slow.count()), (0, 1));
    let began = Instant::now();
    assert_eq!(place.run(&["process", "-q", "--endpoint", "fast"]).code, 0);
    assert!(began.elapsed() < Duration::from_secs(20), "it waited for the rate of the other");
    assert_eq!((fast.count(), slow.count()), (3, 1));
    assert_eq!(place.run(&["process", "--endpoint", "fsat"]).code, 2);
    assert_eq!(place.run(&["process", "-q", "--endpoint", "steady"]).code, 0);
    assert_eq!((fast.count(), slow.count(), steady.count()), (3, 1, 3), "its own rate is waited for");
}
