//! `process --watch` as a service: what it logs, and what SIGHUP does.

use std::fs::File;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::place::{Place, eventually, kill};
use crate::support::receiver::{Receiver, Reply};

/// A watching process whose standard error goes to the file `log`.
fn watching(place: &Place, more: &[&str]) -> Child {
    let log = File::create(place.path("log")).unwrap();
    place.command(&[&["process", "--watch"], more].concat()).stderr(log).spawn().unwrap()
}

fn log(place: &Place) -> String {
    std::fs::read_to_string(place.path("log")).unwrap()
}

fn logs(place: &Place, what: &str) {
    eventually(what, || log(place).contains(what));
}

fn configure(place: &Place, endpoints: &[(&str, String)]) {
    let text: String =
        endpoints.iter().map(|(name, url)| format!("[[endpoints]]\nname = \"{name}\"\nurl = \"{url}\"\n")).collect();
    std::fs::write(place.path("c.toml"), text).unwrap();
}

#[test]
fn a_service_waits_for_its_database_and_logs_failures_circuits_and_recoveries() {
    let is_up = Arc::new(AtomicBool::new(false));
    let up = Arc::clone(&is_up);
    let down = Receiver::new(move |_| if up.load(Ordering::SeqCst) { Reply::Status(200) } else { Reply::Reset });
    let mut place = Place::new();
    configure(&place, &[("one", down.url("/"))]);
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    let mut child = watching(&place, &[]);
    logs(&place, "waiting for the database");
    assert!(!place.database().exists(), "it creates none");
    place.emit_many(6);
    logs(&place, "attempt failed");
    logs(&place, "circuit opened");
    let text = log(&place);
    assert!(text.contains("INFO started") && text.contains("endpoints=\"one\""), "{text}");
    assert!(text.contains("endpoint=\"one\"") && text.contains("syncctl endpoints resume one"), "{text}");
    assert!(text.lines().skip(1).all(|line| line.starts_with("20")), "each line has its time: {text}");
    is_up.store(true, Ordering::SeqCst);
    place.data(&["endpoints", "resume", "one"]);
    logs(&place, "circuit closed");
    kill(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    logs(&place, "stopped");
}

#[test]
fn a_reload_takes_a_new_configuration_and_keeps_the_old_one_when_it_is_broken() {
    let (one, two) = (Receiver::good(), Receiver::new(|_| Reply::Status(400)));
    let mut place = Place::new();
    configure(&place, &[("one", one.url("/"))]);
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    place.emit("user.created", "before");
    let mut child = watching(&place, &["-v"]);
    logs(&place, "INFO delivered");

    std::fs::write(place.path("c.toml"), "endpoints = 3\n").unwrap();
    kill(&child, "-HUP");
    logs(&place, "invalid configuration; the previous one stays in use");
    configure(&place, &[("one", one.url("/"))]);
    place.emit("user.created", "between");
    eventually("the old one is in use", || one.count() == 2);

    configure(&place, &[("one", one.url("/")), ("two", two.url("/"))]);
    kill(&child, "-HUP");
    logs(&place, "configuration reloaded endpoints=\"one,two\"");
    place.emit("user.created", "after");
    logs(&place, "attempt failed event=");
    assert!(log(&place).contains("endpoint=\"two\""), "{}", log(&place));
    kill(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_endpoint_that_appears_later_has_its_name_in_the_log() {
    let (one, two) = (Receiver::good(), Receiver::new(|_| Reply::Status(500)));
    let mut place = Place::new();
    configure(&place, &[("one", one.url("/"))]);
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    place.emit("user.created", "first");
    let mut child = watching(&place, &[]);
    logs(&place, "started");
    configure(&place, &[("one", one.url("/")), ("late", two.url("/"))]);
    place.emit("user.created", "second");
    logs(&place, "endpoint=\"late\"");
    kill(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
