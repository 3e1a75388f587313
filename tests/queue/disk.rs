//! A full disk: nothing acknowledged is lost, the message says what is wrong, and space is all it takes to go on.

use std::process::{Command, Stdio};
use std::sync::{Arc, Once};
use std::time::Duration;

use crate::support::place::{Place, Ran};
use crate::support::receiver::{Receiver, Reply};
use crate::support::small_disk::SmallDisk;

/// Runs a command that may write no file longer than `blocks` of 512 bytes: the nearest to a full disk that needs no root.
fn cramped(place: &Place, blocks: u32, args: &[&str]) -> Ran {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let all: Vec<&str> = [&["-c", script.as_str(), env!("CARGO_BIN_EXE_syncctl")], args].concat();
    Ran::of(&place.prepare(Command::new("/bin/sh"), &all).output().unwrap())
}

#[test]
fn what_no_longer_fits_is_refused_and_everything_before_it_arrives() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    let data = format!("{{\"f\":\"{}\"}}", "x".repeat(20_000));
    let mut stored = 0;
    let refused = loop {
        let ran = cramped(&place, 2_000, &["emit", "user.created", &format!("u{stored}"), "--data", &data, "-q"]);
        if ran.code != 0 {
            break ran;
        }
        stored += 1;
        assert!(stored < 200, "the limit is never reached");
    };
    assert_eq!(refused.code, 74, "{refused:?}");
    assert!(refused.stderr.starts_with("error: failed to use the database"), "{}", refused.stderr);
    assert!(stored > 5);
    assert_eq!(place.data(&["status"])["queue"]["events"], stored, "reading goes on");
    assert_eq!(place.run(&["process"]).code, 0, "with space again, everything goes on");
    assert_eq!((receiver.count(), place.integrity().as_str()), (stored, "ok"));
}

/// The disk fills between a request and the writing down of its answer, and is free again after a moment.
#[test]
fn what_was_delivered_while_the_disk_is_full_is_kept_in_memory_and_recorded_once_there_is_space() {
    let mut place = Place::new();
    let Some(disk) = SmallDisk::under(&place, 4_096).map(Arc::new) else { return };
    let (filling, once) = (Arc::clone(&disk), Once::new());
    let receiver = Receiver::new(move |_| {
        once.call_once(|| {
            filling.fill();
            let filled = Arc::clone(&filling);
            std::thread::spawn(move || {
                std::thread::park_timeout(Duration::from_millis(1_200));
                filled.free();
            });
        });
        Reply::Status(200)
    });
    place.set("SYNC_WEBHOOK_URLS", &receiver.url("/"));
    // More than there are slots: what is claimed and not yet sent when the disk fills goes out as well.
    for n in 0..60 {
        assert_eq!(disk.run(&place, &["emit", "user.created", &format!("u{n}"), "--data", "{}", "-q"]).code, 0);
    }
    let ran = disk.run(&place, &["process", "-v"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    // It tried again five times a second, and told of the outage and of its end once.
    let told = ["failed to record outcomes, trying again", "outcomes are recorded again"];
    assert_eq!(told.map(|what| ran.stderr.matches(what).count()), [1, 1], "{ran:?}");
    assert_eq!(receiver.count(), 60, "nothing is sent twice");
    let status = disk.run(&place, &["status", "-o", "json"]).data();
    assert_eq!((&status["queue"]["delivered"], &status["queue"]["total"]), (&60.into(), &0.into()));
    assert_eq!(disk.run(&place, &["db", "verify"]).code, 0);
}

#[test]
fn a_disk_that_stays_full_is_told_with_what_arrived_unrecorded_and_that_comes_once_more_under_its_id() {
    let mut place = Place::new();
    let Some(disk) = SmallDisk::under(&place, 1_024).map(Arc::new) else { return };
    let (filling, once) = (Arc::clone(&disk), Once::new());
    let receiver = Receiver::new(move |_| {
        once.call_once(|| filling.fill());
        Reply::Status(200)
    });
    place.set("SYNC_WEBHOOK_URLS", &receiver.url("/"));
    let first = disk.run(&place, &["emit", "user.created", "u", "--data", "{}", "--id", "first"]);
    assert_eq!(first.code, 0, "{first:?}");
    let trying = disk.command(&place, &["process"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    receiver.wait_for(1, Duration::from_secs(10));
    let health = disk.run(&place, &["health"]);
    assert_eq!(health.code, 1, "{health:?}");
    assert!(health.stdout.contains("the disk of the database is full"), "{health:?}");
    let refused = disk.run(&place, &["emit", "user.created", "v", "--data", "{}"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (74, ""), "{refused:?}");
    let ended = Ran::of(&trying.wait_with_output().unwrap());
    assert_eq!(ended.code, 74, "{ended:?}");
    assert!(ended.stderr.contains("delivered but unrecorded: first"), "{ended:?}");
    disk.free();
    assert_eq!(disk.run(&place, &["process"]).code, 0);
    let requests = receiver.requests();
    assert_eq!(requests.len(), 2, "once more than needed, and no more");
    assert!(requests.iter().all(|request| request.header("webhook-id") == "first"));
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(disk.run(&place, &["health"]).code, 0);
    assert_eq!(disk.run(&place, &["db", "verify"]).code, 0);
}

/// A reader that never ends keeps the log from being worked off: that is told, and over with it.
#[test]
fn a_log_that_a_reader_keeps_from_shrinking_is_told_and_shrinks_once_the_reader_is_gone() {
    let place = Place::sending_to(&["http://127.0.0.1:9/"]);
    place.emit("user.created", "first");
    let log = || std::fs::metadata(place.path("state/q.db-wal")).map_or(0, |log| log.len());
    let mib = |n: u64| n << 20;
    let batch = |name: &str| {
        let text = "x".repeat(250 * 1024);
        let line = |n| {
            format!(
                "{{\"type\":\"note.added\",\"resourceType\":\"note\",\"resourceId\":\"{name}{n}\",\"data\":\"{text}\"}}\n"
            )
        };
        let lines: String = (0..140).map(line).collect();
        assert_eq!(place.run_with_input(&["emit", "--batch", "-", "-q"], lines.as_bytes()).code, 0);
    };
    batch("a");
    assert!(log() < mib(16), "{} without a reader", log());
    let reader = rusqlite::Connection::open(place.database()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM event").unwrap();
    ["b", "c"].into_iter().for_each(batch);
    assert!(log() >= mib(64), "{} with a reader", log());
    let health = place.run(&["health"]);
    assert_eq!(health.code, 0, "worth a look, and no more: {health:?}");
    let data = place.data(&["health"]);
    let storage = data["health"]["checks"].as_array().unwrap().iter().find(|check| check["name"] == "storage").unwrap();
    assert_eq!(storage["state"], "warning");
    assert!(storage["message"].as_str().unwrap().contains("write-ahead log has grown to 6"), "{storage}");
    reader.execute_batch("ROLLBACK").unwrap();
    place.emit("user.created", "last");
    assert!(log() <= mib(8), "{} after the reader", log());
    assert_eq!((place.run(&["health"]).code, place.integrity().as_str()), (0, "ok"));
}
