//! `bundle`: what helps goes in, what is somebody's data or secret does not.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::place::{Place, SECRET};
use crate::support::receiver::{Receiver, Reply};

/// Words that stand in payloads, ids, URLs, answers and secrets, and must not get out.
const CANARIES: &[&str] = &["canary-name", "canary-resource", "canary-path", "canary-query", "canary-answer", SECRET];

fn troubled() -> (Receiver, Place) {
    let receiver = Receiver::new(|_| Reply::With(500, Vec::new(), b"canary-answer".to_vec()));
    let place = Place::sending_to(&[receiver.url("/canary-path?token=canary-query")]);
    let data = r#"{"name":"canary-name","tags":["x"]}"#;
    let emitted = place.run(&["emit", "user.created", "canary-resource", "--id", "evt_1", "--data", data]);
    assert_eq!(emitted.code, 0, "{emitted:?}");
    place.run(&["process", "--wait"]);
    (receiver, place)
}

#[test]
fn a_bundle_tells_of_the_trouble_and_nothing_of_the_data() {
    let (_receiver, place) = troubled();
    let written = place.run(&["bundle", "evt_1", "--to", "b.json"]);
    assert_eq!(written.code, 0, "{written:?}");
    let file = place.path("b.json");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} is in {text}");
    }
    let bundle: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(bundle["queue"]["failed"], 1);
    assert_eq!(bundle["failures"][0]["error"], "HTTP 500");
    assert_eq!(bundle["event"]["dataShape"], serde_json::json!({"name": "string", "tags": ["string"]}));
    assert_eq!(bundle["event"]["attempts"].as_array().unwrap().len(), 3);
    assert_eq!(bundle["event"]["attempts"][0]["status"], 500);
    assert_eq!(bundle["event"]["resource"], bundle["failures"][0]["resource"]);
    let again = place.run(&["bundle", "--to", "b.json"]);
    assert_eq!((again.code, std::fs::read_to_string(&file).unwrap() == text), (74, true), "{again:?}");
    assert!(again.stderr.contains("nothing was changed"), "{again:?}");
}

#[test]
fn a_bundle_goes_to_standard_output_and_needs_a_queue_and_an_event_that_exist() {
    let (_receiver, place) = troubled();
    let printed = place.run(&["bundle", "--to", "-"]);
    assert!(serde_json::from_str::<serde_json::Value>(&printed.stdout).unwrap()["event"].is_null());
    assert_eq!(place.run(&["bundle", "evt_2", "--to", "-"]).code, 66);
    assert_eq!(Place::new().run(&["bundle", "--to", "-"]).code, 10);
}
