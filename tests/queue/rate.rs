//! Endpoints with a rate: never more requests than it allows, whoever sends them, and nobody else is kept waiting.

use std::time::{Duration, Instant};

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

fn place_with(endpoints: &[(&str, String, &str)]) -> Place {
    let mut place = Place::new();
    let endpoint = |(name, url, more): &(&str, String, &str)| {
        format!("[[endpoints]]\nname = \"{name}\"\nurl = \"{url}\"\n{more}\n")
    };
    std::fs::write(place.path("c.toml"), endpoints.iter().map(endpoint).collect::<String>()).unwrap();
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    place
}

/// When each request came, from the first.
fn times(receiver: &Receiver, began: Instant) -> impl Fn() -> Vec<Duration> + use<> {
    let receiver = receiver.clone();
    move || receiver.requests().iter().map(|request| request.at.duration_since(began)).collect()
}

#[test]
fn two_workers_together_send_no_more_than_the_rate_and_another_endpoint_does_not_wait() {
    let (limited, free) = (Receiver::good(), Receiver::good());
    let place = place_with(&[("limited", limited.url("/"), "rate = \"20/s\"\nburst = 2"), ("free", free.url("/"), "")]);
    place.emit_many(40);
    let began = Instant::now();
    let mut workers = [place.spawn(&["process", "--wait", "-q"]), place.spawn(&["process", "--wait", "-q"])];
    for worker in &mut workers {
        assert!(worker.wait().unwrap().success());
    }
    let (limited, free) = (times(&limited, began)(), times(&free, began)());
    assert_eq!((limited.len(), free.len()), (40, 40));
    for (at, first) in limited.iter().enumerate() {
        let within = limited[at..].iter().take_while(|time| **time < *first + Duration::from_secs(1)).count();
        // A claim and its request are some milliseconds apart: one more may fall into the window.
        assert!(within <= 20 + 2 + 1, "{within} within a second of {first:?}: {limited:?}");
    }
    assert!(limited.last() > Some(&Duration::from_millis(1_500)), "{limited:?}");
    assert!(free.last() < limited.last(), "the other endpoint waits for nothing");
    let attempts = place.data(&["deliveries", "list", "--limit", "100"]);
    assert!(attempts.as_array().unwrap().iter().all(|row| row["attempts"] == 1), "waiting uses no attempt");
}

#[test]
fn a_run_waits_for_the_rate_of_what_is_due_and_ends_when_nothing_is() {
    let receiver = Receiver::new(|_| Reply::Status(200));
    let place = place_with(&[("limited", receiver.url("/"), "rate = \"10/s\"")]);
    place.emit_many(8);
    let ran = place.run(&["process", "-o", "json"]);
    assert_eq!((ran.code, &ran.data()["run"]["delivered"]), (0, &8.into()), "{ran:?}");
    let shown = place.data(&["endpoints", "show", "limited"]);
    assert_eq!(shown["rate"], "10/s");
    let status = place.data(&["status"]);
    assert_eq!(status["endpoints"][0]["rate"], "10/s");
}
