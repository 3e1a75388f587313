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
    // No argument can hold a NUL; the data can.
    for (n, text) in HOSTILE.iter().enumerate() {
        let resource = if text.contains('\u{0}') { format!("r{n}") } else { (*text).to_owned() };
        emit(&place, &resource, text);
    }
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    let sent: Vec<String> =
        receiver.requests().iter().map(|it| it.json()["data"]["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(sent.len(), HOSTILE.len());
    assert!(HOSTILE.iter().all(|text| sent.iter().any(|name| name == text)), "{sent:?}");
    let events = place.data(&["events", "list"]);
    let mut resources: Vec<&str> =
        HOSTILE.iter().copied().map(|it| if it.contains('\u{0}') { "r0" } else { it }).collect();
    resources.sort_unstable();
    assert_eq!(text_of(&events, "resourceId"), resources);
    for text in &HOSTILE[1..] {
        let found = place.data(&["deliveries", "list", "--resource", text]);
        assert_eq!(found.as_array().unwrap().len(), 1, "{text:?}");
    }
    let names: Vec<String> = place.run(&["records", "export"]).stdout.lines().map(ToOwned::to_owned).collect();
    for text in HOSTILE {
        let name = serde_json::to_string(text).unwrap();
        assert!(names.iter().any(|line| line.contains(&name)), "{text:?}: {names:?}");
    }
    assert_eq!(place.run(&["db", "verify"]).code, 0);
}
