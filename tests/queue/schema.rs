//! The schema moves on: files of before are brought up to date or left as they were, and who is left behind stops.

use std::process::Stdio;
use std::time::Duration;

use crate::support::place::{Place, Ran, within};
use crate::support::receiver::Receiver;
use crate::syscalls::{WRITES, calls, can_trace, traced};

/// A queue as the first schema had it, with an event that waits.
fn of_before() -> Place {
    let place = Place::sending_to(&["http://127.0.0.1:9/"]);
    std::fs::create_dir(place.path("state")).unwrap();
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    connection.execute_batch(include_str!("../../migrations/sqlite/0001_queue.sql")).unwrap();
    connection
        .execute_batch(
            "INSERT INTO kind VALUES (1, 'user.created', 'user');
             INSERT INTO event VALUES (1, 'kept', 1, 'u', 1, 1, CAST('{\"id\":\"kept\",\"data\":{}}' AS BLOB));
             UPDATE figure SET value = 1 WHERE name = 'events';
             PRAGMA user_version = 1;",
        )
        .unwrap();
    place
}

fn version(place: &Place) -> i64 {
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

fn newest(place: &Place) -> i64 {
    place.data(&["db", "status"])["newestSchema"].as_i64().unwrap()
}

#[test]
fn a_file_of_before_is_brought_up_to_date_with_all_it_holds() {
    let place = of_before();
    assert_eq!(place.data(&["events", "show", "kept"])["event"]["id"], "kept");
    assert_eq!(version(&place), newest(&place));
    assert_eq!((place.run(&["db", "verify"]).code, place.integrity().as_str()), (0, "ok"));
}

#[test]
fn of_several_that_start_at_once_one_brings_it_up_to_date() {
    for _ in 0..4 {
        let place = of_before();
        let start = || place.command(&["events", "list", "-o", "name"]).stdout(Stdio::piped()).spawn().unwrap();
        let started: Vec<_> = (0..8).map(|_| start()).collect();
        for child in started {
            let ran = Ran::of(&child.wait_with_output().unwrap());
            assert_eq!((ran.code, ran.stdout.as_str()), (0, "kept\n"), "{ran:?}");
        }
        assert_eq!(place.run(&["db", "verify"]).code, 0);
    }
}

#[test]
fn a_death_or_a_full_disk_on_the_way_leaves_the_old_schema_or_the_new() {
    if !can_trace() {
        return;
    }
    const STATUS: &[&str] = &["db", "status", "-q"];
    let mut old = 0;
    for (name, n) in calls(&of_before(), WRITES, STATUS) {
        for (fault, when) in ["signal=KILL", "error=ENOSPC"].iter().flat_map(|f| (1..=n).map(move |w| (f, w))) {
            // Of many like calls every third, and the ends.
            if when % 3 != 0 && when > 2 && when + 2 < n {
                continue;
            }
            let place = of_before();
            let inject = format!("inject={name}:{fault}:when={when}");
            let ran = traced(&place, &["-e", &format!("trace={name}"), "-e", &inject], STATUS);
            assert!(matches!(ran.code, 0 | 74 | -9 | 137), "{inject}: {ran:?}");
            let found = version(&place);
            assert!(found == 1 || found == newest(&of_before()), "{inject}: version {found}");
            old += usize::from(found == 1);
            assert_eq!(place.data(&["events", "list"])[0]["id"], "kept", "{inject}");
            assert_eq!(version(&place), newest(&place), "{inject}");
            assert_eq!(place.run(&["db", "verify", "-q"]).code, 0, "{inject}");
        }
    }
    assert!(old > 5, "only {old} deaths came before the end");
}

#[test]
fn a_first_run_killed_anywhere_leaves_something_the_next_can_use() {
    if !can_trace() {
        return;
    }
    let fresh = || Place::sending_to(&["http://127.0.0.1:9/"]);
    const FIRST: &[&str] = &["emit", "user.created", "first", "--data", "{}", "-q"];
    for (name, n) in calls(&fresh(), &["pwrite64", "fdatasync", "fsync", "ftruncate", "mkdir"], FIRST) {
        for when in (1..=n).filter(|when| when % 4 == 1 || when + 1 >= n) {
            let place = fresh();
            let inject = format!("inject={name}:signal=KILL:when={when}");
            traced(&place, &["-e", &format!("trace={name}"), "-e", &inject], FIRST);
            place.emit("user.created", "u");
            assert_eq!(place.run(&["db", "verify", "-q"]).code, 0, "{inject}");
        }
    }
}

#[test]
fn who_runs_while_a_newer_schema_arrives_stops_and_writes_nothing_more() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u");
    let mut watching = place.command(&["process", "--watch"]).stderr(Stdio::piped()).spawn().unwrap();
    within(Duration::from_secs(10), "the first is delivered", || place.queue()["delivered"] == 1);
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    let newer = version(&place) + 1;
    // A newer program brings the file up to date, and emits.
    connection
        .execute_batch(&format!(
            "BEGIN IMMEDIATE; PRAGMA user_version = {newer};
             INSERT INTO delivery (event, endpoint, lane, state, due_at, changed_at) SELECT event, endpoint, lane, 1, 0, 0
             FROM delivery; COMMIT"
        ))
        .unwrap();
    let mut ended = None;
    within(Duration::from_secs(10), "it stops", || {
        ended = watching.try_wait().unwrap();
        ended.is_some()
    });
    let ran = Ran::of(&watching.wait_with_output().unwrap());
    assert_eq!(ran.code, 12, "{ran:?}");
    assert!(ran.stderr.contains("the database has schema"), "{ran:?}");
    assert_eq!(receiver.count(), 1);
    let states: (i64, i64) = connection
        .query_row("SELECT count(*) FILTER (WHERE state = 1), count(*) FROM delivery", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(states, (1, 2));
}
