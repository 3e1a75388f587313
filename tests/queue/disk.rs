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
    for n in 0..15 {
        assert_eq!(disk.run(&place, &["emit", "user.created", &format!("u{n}"), "--data", "{}", "-q"]).code, 0);
    }
    let ran = disk.run(&place, &["process", "-v"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("failed to record outcomes, trying again"), "the disk was full: {ran:?}");
    assert_eq!(receiver.count(), 15, "nothing is sent twice");
    let status = disk.run(&place, &["status", "-o", "json"]).data();
    assert_eq!((&status["queue"]["delivered"], &status["queue"]["total"]), (&15.into(), &0.into()));
    assert_eq!(disk.run(&place, &["db", "verify"]).code, 0);
}

#[test]
fn a_disk_that_stays_full_is_told_with_what_arrived_unrecorded_and_that_comes_once_more_under_its_id() {
    if !crate::support::long() {
        return;
    }
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
