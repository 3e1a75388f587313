//! A dry run changes nothing and creates nothing, and says what a run would do.

use std::time::Duration;

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools::has_tools;

#[test]
fn a_run_needs_a_database_and_creates_none() {
    let place = Place::sending_to(&["http://127.0.0.1:1/"]);
    for args in [&["process", "--dry-run"][..], &["process"], &["process", "-q"], &["process", "--wait"]] {
        let ran = place.run(args);
        assert!(ran.code == 10 && ran.stderr.contains("there is no database at"), "{args:?}: {ran:?}");
    }
    assert!(!place.database().exists());
}

#[test]
fn a_dry_run_takes_no_endpoints_over_and_sees_them_as_a_run_would() {
    let mut place = Place::sending_to(&["http://127.0.0.1:1/old"]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    place.emit("user.created", "v");
    place.unset("SYNC_WEBHOOK_URLS");
    let before = place.data(&["endpoints", "list"]);
    place.set("SYNC_WEBHOOK_URLS", "http://127.0.0.1:1/new");
    for args in [&["process", "-n"][..], &["replay", "1", "-n"], &["replay", "--failed", "-n"]] {
        let ran = place.run(args);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    assert!(place.run(&["process", "-n"]).stdout.contains("0 due now"), "a run would hold what the old endpoint has");
    place.unset("SYNC_WEBHOOK_URLS");
    assert_eq!(place.data(&["endpoints", "list"]), before);
    assert!(place.run(&["process", "-n"]).stdout.contains("1 due now"));
}

#[test]
fn a_url_that_just_got_a_name_is_the_same_endpoint_to_everything_that_previews_a_run() {
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u");
    place.unset("SYNC_WEBHOOK_URLS");
    let config = place.path("named.toml");
    std::fs::write(&config, format!("[[endpoints]]\nname = \"admin\"\nurl = \"{}\"\n", receiver.url("/"))).unwrap();
    place.set("SYNCCTL_CONFIG", config.to_str().unwrap());
    assert!(place.run(&["process", "--dry-run"]).stdout.contains("1 due now"));
    assert!(place.run(&["doctor"]).stdout.contains("admin; not called"));
    let ran = place.run(&["process", "-o", "json"]);
    assert_eq!((ran.code, &ran.data()["run"]["delivered"]), (0, &1.into()), "{ran:?}");
    assert_eq!(place.data(&["endpoints", "list"])[0]["name"], "admin");
}

#[test]
fn a_dry_run_counts_what_a_run_would_claim() {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let place = Place::sending_to(&[receiver.url("/")]);
    let one = (0..1_200).map(|n| (format!("a{n}"), "one".to_owned()));
    place.emit_lines(one.chain((0..50).map(|n| (format!("b{n}"), format!("other{n}")))));
    let ran = place.run(&["process", "-n", "-o", "json"]);
    assert_eq!(ran.data().as_array().unwrap().len(), 51);
}

#[test]
fn a_dry_run_counts_what_a_dead_worker_had_claimed_until_its_death_gives_it_up() {
    let receiver = Receiver::new(|_| Reply::Hang);
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_TIMEOUT", "60s");
    place.emit_lines((0..3).map(|n| (format!("a{n}"), "one".to_owned())));
    for died in 1..=5 {
        assert!(place.run(&["process", "-n"]).stdout.contains("1 due now"), "{died}");
        let mut worker = place.spawn(&["process"]);
        receiver.wait_for(died, Duration::from_secs(10));
        worker.kill().unwrap();
        worker.wait().unwrap();
    }
    assert!(place.run(&["process", "-n"]).stdout.contains("0 due now"), "the fifth death gives it up");
}

#[test]
fn an_endpoint_whose_circuit_is_open_is_probed_by_one() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let mut place = Place::sending_to(&["http://127.0.0.1:1/"]);
    place.emit_many(5);
    assert!(place.run(&["process", "-n"]).stdout.contains("5 due now"));
    assert_eq!(place.run(&["process", "-q"]).code, 0, "five failures open the circuit");
    place.set_clock("+20s");
    assert!(place.run(&["process", "-n"]).stdout.contains("0 due now"));
    place.set_clock("+60s");
    assert!(place.run(&["process", "-n"]).stdout.contains("1 due now"));
}
