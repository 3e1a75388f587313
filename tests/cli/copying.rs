//! `db copy` with the real binary.

use crate::support::place::Place;
use crate::support::receiver::Receiver;

fn place() -> (Place, Receiver) {
    let receiver = Receiver::good();
    let mut place = Place::new();
    place.set("SYNC_WEBHOOK_URLS", &receiver.url("/"));
    place.emit("user.created", "u-1");
    assert_eq!(place.run(&["process"]).code, 0);
    place.emit("user.updated", "u-1");
    (place, receiver)
}

#[test]
fn a_queue_is_copied_and_goes_on_at_its_new_place() {
    let (place, receiver) = place();
    let from = place.database().display().to_string();
    let to = place.path("new.db").display().to_string();
    let copied = place.data(&["db", "copy", &from, &to]);
    assert_eq!((&copied["agrees"], &copied["to"]), (&true.into(), &to.as_str().into()), "{copied}");
    let tables = copied["tables"].as_array().unwrap();
    let events = tables.iter().find(|table| table["table"] == "event").unwrap();
    assert_eq!((&events["from"], &events["to"], &events["agrees"]), (&2.into(), &2.into(), &true.into()));
    assert_eq!(place.run(&["--db", &to, "db", "verify"]).code, 0);
    assert_eq!(place.run(&["--db", &to, "process"]).code, 0);
    assert_eq!(receiver.count(), 2, "what was delivered is not sent again");
}

#[test]
fn what_cannot_be_copied_says_so_and_changes_nothing() {
    let (place, _receiver) = place();
    let from = place.database().display().to_string();
    let to = place.path("new.db").display().to_string();
    let refused = |from: &str, to: &str, code: i32, told: &str| {
        let ran = place.run(&["db", "copy", from, to]);
        assert!(ran.code == code && ran.stderr.contains(told), "{ran:?}");
    };
    refused(&from, &from, 2, "the same place");
    refused(&place.path("none.db").display().to_string(), &to, 10, "there is no database");
    assert!(!std::path::Path::new(&to).exists());
    assert_eq!(place.run(&["db", "copy", &from, &to]).code, 0);
    refused(&from, &to, 1, "already holds a queue");
    let other = place.path("other.db").display().to_string();
    let worker = place.command(&["process", "--watch"]).spawn().unwrap();
    crate::support::place::eventually("the worker runs", || {
        place.run(&["db", "copy", &from, &other]).stderr.contains("workers are running on the database")
    });
    crate::support::place::kill(&worker, "-TERM");
    drop(worker.wait_with_output());
}
