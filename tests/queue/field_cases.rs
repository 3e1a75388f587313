//! Situations that people who run webhooks reported in public, as far as no other file has them: see what each is about for the kind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::place::{Place, kill, within};
use crate::support::receiver::{Receiver, Reply};

/// A place whose one endpoint is configured so.
fn place_with(url: &str, settings: &str) -> Place {
    let mut place = Place::new();
    let config = place.path("endpoints.toml");
    std::fs::write(&config, format!("[[endpoints]]\nname = \"there\"\nurl = \"{url}\"\n{settings}")).unwrap();
    place.set("SYNCCTL_CONFIG", config.to_str().unwrap());
    place
}

#[test]
fn six_events_that_make_the_receiver_hang_keep_no_good_one_back() {
    let receiver = Receiver::new(|request| if request.event_id() < "e6" { Reply::Hang } else { Reply::Status(200) });
    let place = place_with(
        &receiver.url("/"),
        "timeout = \"200ms\"\ncircuit_first_probe = \"200ms\"\ncircuit_longest_probe = \"300ms\"\n",
    );
    place.emit_many(10);
    let mut worker = place.spawn(&["process", "--watch", "-q"]);
    within(Duration::from_secs(20), "the four are delivered", || place.queue()["delivered"] == 4);
    let first = receiver.requests().iter().position(|it| it.event_id() == "e6").unwrap();
    assert!(first <= 10 + 2, "within the second probe: request {first}");
    // With nothing left that it answers, the endpoint looks as it does in an outage: the six wait for a probe and are not lost.
    let queue = place.queue();
    assert_eq!(
        queue["pending"].as_i64().unwrap() + queue["processing"].as_i64().unwrap() + queue["failed"].as_i64().unwrap(),
        6,
        "{queue}"
    );
    kill(&worker, "-TERM");
    assert!(worker.wait().unwrap().success());
}

#[test]
fn a_proxy_whose_backend_restarts_for_some_seconds_costs_no_attempt() {
    for status in [502, 503] {
        let up = Arc::new(AtomicBool::new(false));
        let is_up = Arc::clone(&up);
        let receiver = Receiver::new(move |_| Reply::Status(if is_up.load(Ordering::SeqCst) { 200 } else { status }));
        let place = place_with(&receiver.url("/"), "circuit_first_probe = \"300ms\"\nfirst_delay = \"100ms\"\n");
        place.emit_lines((0..6).map(|n| (format!("e{n}"), format!("r{}", n % 2))));
        let mut worker = place.spawn(&["process", "--watch", "-q"]);
        let opened = || place.data(&["endpoints", "show", "there"])["circuit"]["state"] == "open";
        within(Duration::from_secs(20), "the circuit opens", opened);
        let probes = || place.data(&["endpoints", "show", "there"])["circuit"]["probes"].as_u64() >= Some(2);
        within(Duration::from_secs(20), "it is probed while it is away", probes);
        assert_eq!(place.queue()["failed"], 0);
        up.store(true, Ordering::SeqCst);
        within(Duration::from_secs(20), "all are delivered", || place.queue()["delivered"] == 6);
        kill(&worker, "-TERM");
        assert!(worker.wait().unwrap().success());
        let mut arrived = std::collections::BTreeMap::<String, Vec<String>>::new();
        for request in receiver.requests() {
            let events = arrived.entry(request.json()["resourceId"].to_string()).or_default();
            events.push(request.event_id().to_owned());
        }
        assert!(arrived.values().all(|events| events.is_sorted()), "{arrived:?}");
    }
}

#[test]
fn what_is_said_of_the_next_attempt_is_when_it_is_made_also_where_a_circuit_opened() {
    let receiver = Receiver::new(|_| Reply::Hang);
    let place = place_with(&receiver.url("/"), "timeout = \"200ms\"\ncircuit_first_probe = \"1h\"\n");
    place.emit_many(5);
    let ran = place.run(&["process"]);
    let until = place.data(&["endpoints", "show", "there"])["circuit"]["nextProbeAt"].as_str().unwrap().to_owned();
    assert!(ran.stdout.contains(&format!("circuit open until {until}")), "{ran:?}");
    for row in place.data(&["failures"]).as_array().unwrap() {
        let why = place.ok(&["why", row["eventId"].as_str().unwrap()]);
        assert!(why.contains(&until), "{why}");
    }
}

#[test]
fn every_form_of_a_wait_that_cannot_be_read_is_told_in_the_attempt_and_others_are_kept() {
    for (value, told) in
        [("soon", "cannot be read and is ignored"), ("120.5", "Retry-After 2m 500ms"), ("-1", "Retry-After 0s")]
    {
        let receiver = Receiver::new(move |_| Reply::With(429, vec![("retry-after", value.to_owned())], Vec::new()));
        let place = place_with(&receiver.url("/"), "max_attempts = 1\n");
        let id = place.emit("user.created", "u");
        place.run(&["process"]);
        let shown = place.data(&["events", "show", &id]);
        assert!(shown["attempts"][0]["detail"].as_str().unwrap().contains(told), "{value}: {shown}");
    }
    let both = vec![("retry-after", "5".to_owned()), ("retry-after", "3600".to_owned())];
    let receiver = Receiver::new(move |_| Reply::With(503, both.clone(), Vec::new()));
    let place = place_with(&receiver.url("/"), "");
    let id = place.emit("user.created", "u");
    place.run(&["process"]);
    let shown = place.data(&["events", "show", &id]);
    assert!(shown["attempts"][0]["detail"].as_str().unwrap().contains("Retry-After 1h"), "the longest: {shown}");
}

#[test]
fn odd_but_readable_answers_are_successes() {
    let many: String = (0..120).map(|n| format!("x-header-{n}: {n}\r\n")).collect();
    let answers = [
        "HTTP/1.0 200 OK\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\n{many}Content-Length: 0\r\n\r\n"),
        "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n".to_owned(),
    ];
    for answer in answers {
        let bytes = answer.clone().into_bytes();
        let receiver = Receiver::new(move |_| Reply::Raw(bytes.clone()));
        let place = place_with(&receiver.url("/"), "");
        place.emit("user.created", "u");
        assert_eq!((place.run(&["process"]).code, receiver.count()), (0, 1), "{answer}");
        assert_eq!(place.queue()["delivered"], 1, "{answer}");
    }
}

#[test]
fn a_permanent_redirect_is_rejected_and_names_the_new_url() {
    let receiver =
        Receiver::new(|_| Reply::With(308, vec![("location", "https://www.example.com/hook".to_owned())], Vec::new()));
    let place = place_with(&receiver.url("/hook"), "max_attempts = 1\n");
    let id = place.emit("user.created", "u");
    assert_eq!(place.run(&["process"]).code, 3);
    assert_eq!(receiver.count(), 1);
    let shown = place.data(&["events", "show", &id]);
    let detail = shown["attempts"][0]["detail"].as_str().unwrap();
    assert_eq!(detail, "HTTP 308: redirects are not followed (to https://www.example.com/hook)");
    assert!(place.ok(&["why", &id]).contains("https://www.example.com/hook"));
}

#[test]
fn data_that_is_too_long_is_refused_with_its_length() {
    let place = Place::new();
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(600_000));
    std::fs::write(place.path("long.json"), &long).unwrap();
    let began = Instant::now();
    let ran = place.run(&["emit", "user.updated", "u", "--data", "@long.json"]);
    assert_eq!((ran.code, long.len()), (65, 600_008));
    assert!(ran.stderr.contains("data is 600008 bytes long, the limit is 262144"), "{ran:?}");
    let ran = place.run_with_input(&["emit", "user.updated", "u", "--data", "-"], long.as_bytes());
    assert!(ran.code == 65 && ran.stderr.contains("more than 524288 bytes long, the limit is 262144"), "{ran:?}");
    // What is merely surrounded by white space fits.
    std::fs::write(place.path("spaced.json"), format!("{}{{}}{}", " ".repeat(250_000), " ".repeat(250_000))).unwrap();
    place.ok(&["emit", "user.updated", "u", "--data", "@spaced.json"]);
    assert!(began.elapsed() < Duration::from_secs(30));
}
