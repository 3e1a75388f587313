//! Text from elsewhere that a server might refuse or change.

use serde_json::Value;

use crate::story::place;
use crate::support::cluster::Cluster;
use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

/// What PostgreSQL's text and JSON types cannot hold, or what SQL and its array literals give a meaning to.
const HOSTILE: &[&str] = &[
    "nul \u{0} inside",
    "\u{1b}]0;title\u{7}\u{1b}[2J",
    "{\"an\",array,NULL,\\\"}",
    "'); DROP TABLE event; --",
    "$1 $$ %s \\x00 \\u0000 E'\\n'",
    "日本語 ناظر Ω̃ 👩‍👩‍👧",
    "\u{202e}txt.exe\u{2066}",
];

fn text_of<'a>(page: &'a Value, field: &str) -> Vec<&'a str> {
    let mut all: Vec<&str> = page.as_array().unwrap().iter().map(|row| row[field].as_str().unwrap()).collect();
    all.sort_unstable();
    all
}

/// The text as the id of a resource, which has no control characters; data may have any.
fn resource_of(n: usize, text: &str) -> String {
    if text.contains(char::is_control) { format!("r{n}") } else { text.to_owned() }
}

fn emit(place: &Place, resource: &str, text: &str) {
    let data = serde_json::json!({"name": text}).to_string();
    let ran = place.run_with_input(&["emit", "user.updated", "--data", "-", "--", resource], data.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn every_text_goes_through_the_server_unchanged() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let body = [HOSTILE.concat().as_bytes(), b"\xff\xfe\0"].concat();
    let receiver = Receiver::new(move |_| Reply::With(500, Vec::new(), body.clone()));
    let mut place = place(&cluster, &[receiver.url("/hook")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    let mut resources: Vec<String> = HOSTILE.iter().enumerate().map(|(n, text)| resource_of(n, text)).collect();
    for (resource, text) in resources.iter().zip(HOSTILE) {
        emit(&place, resource, text);
    }
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    let sent: Vec<String> =
        receiver.requests().iter().map(|it| it.json()["data"]["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(sent.len(), HOSTILE.len());
    assert!(HOSTILE.iter().all(|text| sent.iter().any(|name| name == text)), "{sent:?}");
    let events = place.data(&["events", "list"]);
    resources.sort_unstable();
    assert_eq!(text_of(&events, "resourceId"), resources);
    for resource in &resources {
        let found = place.data(&["deliveries", "list", "--resource", resource]);
        assert_eq!(found.as_array().unwrap().len(), 1, "{resource:?}");
    }
    let names: Vec<String> = place.run(&["records", "export"]).stdout.lines().map(ToOwned::to_owned).collect();
    for text in HOSTILE {
        let name = serde_json::to_string(text).unwrap();
        assert!(names.iter().any(|line| line.contains(&name)), "{text:?}: {names:?}");
    }
    assert_eq!(place.run(&["db", "verify"]).code, 0);
}
