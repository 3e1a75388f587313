//! `logs`: attempts as they end, followed and narrowed down.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::support::place::{Place, kill};
use crate::support::receiver::{Receiver, Reply};

/// A receiver that refuses what is called `bad`, with one attempt each.
fn place() -> (Receiver, Place) {
    let receiver = Receiver::new(|request| Reply::Status(if request.event_id() == "bad" { 503 } else { 200 }));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit_lines([("good", "r1"), ("bad", "r2")].map(|(a, b)| (a.into(), b.into())).into_iter());
    place.run(&["process", "-q"]);
    (receiver, place)
}

fn ids(place: &Place, more: &[&str]) -> Vec<String> {
    let mut ids: Vec<String> =
        place.run(&[&["logs", "-o", "name"], more].concat()).stdout.lines().map(str::to_owned).collect();
    ids.sort();
    ids
}

#[test]
fn attempts_are_narrowed_by_status_error_resource_type_and_time() {
    let (_receiver, place) = place();
    assert_eq!(ids(&place, &[]), ["bad", "good"]);
    assert_eq!(ids(&place, &["--status", "503"]), ["bad"]);
    assert_eq!(ids(&place, &["--error", "http 503"]), ["bad"], "in whatever case");
    assert_eq!(ids(&place, &["--resource", "r1"]), ["good"]);
    assert_eq!(ids(&place, &["--type", "user.*"]), ["bad", "good"]);
    assert_eq!(ids(&place, &["--type", "enrollment.*"]), [""; 0]);
    assert_eq!(ids(&place, &["--until", "1h"]), [""; 0]);
    assert_eq!(ids(&place, &["--limit", "1"]).len(), 1);
    let row = &place.data(&["logs", "--status", "503"])[0];
    assert_eq!(
        (&row["status"], &row["outcome"], &row["detail"]),
        (&503.into(), &"rejected".into(), &"HTTP 503".into())
    );
    for list in ["deliveries", "failures"] {
        let rows = place.data(&[list, "list", "--status", "503", "--error", "503", "--resource", "r2"]);
        assert_eq!((rows.as_array().unwrap().len(), &rows[0]["status"]), (1, &503.into()), "{list}");
        assert_eq!(place.data(&[list, "list", "--error", "refused"]).as_array().unwrap().len(), 0);
    }
}

#[test]
fn followers_see_what_ends_later_and_end_cleanly() {
    let (_receiver, place) = place();
    let mut following =
        place.command(&["logs", "-f", "--limit", "0", "-o", "jsonl"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let (seen, sees) = mpsc::channel();
    let reader = std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(seen.send(line))));
    // Until the follower has begun, what ends is not yet new to it.
    let mut number = 0;
    let line = loop {
        place.emit_lines([(format!("n{number}"), format!("n{number}"))].into_iter());
        place.run(&["process", "-q"]);
        number += 1;
        if let Ok(line) = sees.recv_timeout(Duration::from_secs(2)) {
            break line;
        }
        assert!(number < 10, "nothing was followed");
    };
    let row: Value = serde_json::from_str(&line).unwrap();
    assert!(row["eventId"].as_str().unwrap().starts_with('n') && row["outcome"] == "delivered", "{row}");
    kill(&following, "-TERM");
    assert_eq!(following.wait().unwrap().code(), Some(0));
    reader.join().unwrap();
    let refused = place.run(&["logs", "-f", "-o", "json"]);
    assert!(refused.code == 2 && refused.stderr.contains("jsonl"), "{refused:?}");
}
