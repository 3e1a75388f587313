//! A dry run changes nothing and creates nothing, and says what a run would do.

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

#[test]
fn a_dry_run_creates_no_database() {
    let place = Place::sending_to(&["http://127.0.0.1:1/"]);
    let ran = place.run(&["process", "--dry-run", "-o", "json"]);
    assert_eq!((ran.code, &ran.data()), (0, &serde_json::json!([])), "{ran:?}");
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
    // Once a worker died with claims, those are due with the next run.
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    connection
        .execute_batch(
            "INSERT INTO run (token, pid, command, started_at) VALUES ('gone', 1, 'process', 0);
             UPDATE delivery SET state = 3, owner = (SELECT max(id) FROM run), attempts = 1 WHERE id = 1;",
        )
        .unwrap();
    assert!(place.run(&["process", "-n"]).stdout.contains("51 due now"));
    connection.execute_batch("UPDATE delivery SET interruptions = 4 WHERE id = 1").unwrap();
    assert!(place.run(&["process", "-n"]).stdout.contains("50 due now"), "its death gives it up");
}

#[test]
fn a_resting_endpoint_is_probed_by_one() {
    let place = Place::sending_to(&["http://127.0.0.1:1/"]);
    place.emit_lines((0..3).map(|n| (format!("a{n}"), format!("r{n}"))));
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    let rests = |until: &str| {
        let sql = format!("UPDATE endpoint SET rest_since = {until} - 30000, rest_until = {until}, rest_probes = 0");
        connection.execute_batch(&sql).unwrap();
        place.run(&["process", "-n"]).stdout
    };
    let now = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
    assert!(rests(&format!("({now} - 1000)")).contains("1 due now"));
    assert!(rests(&format!("({now} + 20000)")).contains("0 due now"));
}
