//! Backups that take the place of the queue: never while it is used, and whoever dies leaves one of the two.

use std::path::PathBuf;

use rusqlite::Connection;

use super::syscalls::{WRITES, calls, can_trace, traced};
use crate::support::place::{Place, kill};
use crate::support::receiver::Receiver;

const RESTORE: &[&str] = &["db", "restore", "b.db", "--force", "--accept-replays"];

/// A queue of five events in all, the last two of them only in its log, and a backup of the first three.
fn place_with_backup(receiver: &Receiver) -> Place {
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(3);
    assert_eq!(place.run(&["db", "backup", "b.db"]).code, 0);
    place.emit_lines((3..5).map(|n| (format!("e{n}"), format!("r{n}"))));
    assert!(std::fs::metadata(place.path("state/q.db-wal")).unwrap().len() > 0);
    place
}

fn events(place: &Place) -> usize {
    place.data(&["events", "list"]).as_array().unwrap().len()
}

fn kept(place: &Place) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(place.path("state")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_string_lossy().contains(".before-")).collect()
}

/// What happened to a file.
type Harm = fn(&mut Vec<u8>);

/// Empties the log, so that the file is all there is, and leaves nothing beside it.
fn fold(place: &Place) {
    let connection = Connection::open(place.database()).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

#[test]
fn a_backup_takes_the_place_of_the_queue_and_of_its_log_and_the_queue_is_kept() {
    let receiver = Receiver::good();
    let place = place_with_backup(&receiver);
    let plan = place.data(&["db", "restore", "b.db", "--dry-run"]);
    assert_eq!((&plan["events"], &plan["pending"], &plan["dryRun"]), (&3.into(), &3.into(), &true.into()));
    assert_eq!(events(&place), 5);
    let done = place.data(RESTORE);
    assert_eq!((&done["events"], &done["pending"]), (&3.into(), &3.into()));
    assert_eq!((events(&place), place.run(&["db", "verify"]).code), (3, 0));
    let before = done["kept"].as_str().unwrap();
    let old = place.data(&["--db", before, "events", "list"]);
    assert_eq!(old.as_array().unwrap().len(), 5, "what was only in the log is kept as well");
    assert_eq!(place.run(&["process", "--wait"]).code, 0);
    assert_eq!((receiver.count(), &place.queue()["delivered"]), (3, &3.into()));
    assert_eq!(place.data(&["db", "status"])["journalMode"], "wal");
}

#[test]
fn a_queue_in_use_is_not_replaced() {
    let receiver = Receiver::good();
    let place = place_with_backup(&receiver);
    let mut watching = place.spawn(&["process", "--watch"]);
    receiver.wait_for(5, std::time::Duration::from_secs(10));
    let ran = place.run(RESTORE);
    assert_eq!((ran.code, events(&place), kept(&place).len()), (11, 5, 0), "{ran:?}");
    kill(&watching, "-STOP");
    assert_eq!(place.run(RESTORE).code, 11, "a stopped one lives as well");
    kill(&watching, "-CONT");
    kill(&watching, "-TERM");
    watching.wait().unwrap();
    let reader = Connection::open(place.database()).unwrap();
    reader.query_row("SELECT count(*) FROM event", [], |_| Ok(())).unwrap();
    assert_eq!((place.run(RESTORE).code, kept(&place).len()), (11, 0), "nor is one that somebody only reads");
    drop(reader);
    assert_eq!((place.run(RESTORE).code, events(&place)), (0, 3));
}

#[test]
fn what_may_be_sent_twice_or_is_there_already_needs_a_word() {
    let receiver = Receiver::good();
    let place = place_with_backup(&receiver);
    assert_eq!(place.run(&["db", "restore", "b.db", "--accept-replays"]).code, 1, "a queue is there");
    let ran = place.run(&["db", "restore", "b.db", "--force"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("3 deliveries are pending") && ran.stderr.contains("--accept-replays"), "{ran:?}");
    assert_eq!((events(&place), kept(&place).len()), (5, 0));
    assert_eq!(place.run(&["process", "--wait"]).code, 0);
    assert_eq!(place.run(&["db", "backup", "done.db"]).code, 0);
    assert_eq!(place.run(&["db", "restore", "done.db", "--force"]).code, 0, "nothing is pending in it");
    assert_eq!((events(&place), place.run(&["process"]).code, receiver.count()), (5, 0, 5));
}

#[test]
fn what_is_no_sound_queue_is_refused_and_nothing_changes() {
    let receiver = Receiver::good();
    let place = place_with_backup(&receiver);
    let sound = std::fs::read(place.path("b.db")).unwrap();
    std::fs::write(place.path("text"), "not a database, and long enough not to be taken for an empty one".repeat(20))
        .unwrap();
    std::fs::write(place.path("empty"), "").unwrap();
    let mut damaged = sound.clone();
    damaged[4_096 * 3..4_096 * 5].fill(7);
    std::fs::write(place.path("damaged"), damaged).unwrap();
    std::fs::write(place.path("cut"), &sound[..sound.len() / 2]).unwrap();
    Connection::open(place.path("strange"))
        .unwrap()
        .execute_batch("CREATE TABLE event (a); PRAGMA user_version = 3")
        .unwrap();
    std::fs::write(place.path("newer"), &sound).unwrap();
    Connection::open(place.path("newer")).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let before = std::fs::read(place.path("strange")).unwrap();
    let names = [
        ("text", 65),
        ("empty", 65),
        ("damaged", 65),
        ("cut", 65),
        ("strange", 65),
        ("newer", 12),
        ("missing", 66),
        ("state", 65),
    ];
    for (name, code) in names.into_iter().chain([("state/q.db", 65), ("state/q.db-wal", 65)]) {
        let ran = place.run(&["db", "restore", name, "--force", "--accept-replays"]);
        assert_eq!(ran.code, code, "{name}: {ran:?}");
        assert_eq!((events(&place), kept(&place).len()), (5, 0), "{name}");
    }
    assert!(std::fs::read(place.path("strange")).unwrap() == before, "another program's database is left alone");
}

#[test]
fn a_queue_that_cannot_be_read_any_more_is_replaced_and_kept() {
    let harms: [(&str, Harm); 4] = [
        ("header", |bytes| bytes[..100].fill(9)),
        ("pages", |bytes| bytes[4_096..4_096 * 6].fill(9)),
        ("cut", |bytes| bytes.truncate(4_096 * 2 + 100)),
        ("text", |bytes| *bytes = b"no database at all".repeat(300)),
    ];
    for (told, harm) in harms {
        let receiver = Receiver::good();
        let place = place_with_backup(&receiver);
        fold(&place);
        let mut bytes = std::fs::read(place.database()).unwrap();
        harm(&mut bytes);
        std::fs::write(place.database(), &bytes).unwrap();
        let ran = place.run(RESTORE);
        assert_eq!(ran.code, 0, "{told}: {ran:?}");
        assert_eq!((events(&place), place.run(&["db", "verify"]).code, kept(&place).len()), (3, 0, 1), "{told}");
        assert_eq!((place.run(&["process", "--wait"]).code, receiver.count()), (0, 3), "{told}");
    }
}

#[test]
fn a_leftover_log_is_not_read_as_that_of_a_restored_file() {
    let receiver = Receiver::good();
    let place = place_with_backup(&receiver);
    std::fs::remove_file(place.database()).unwrap();
    assert_eq!(place.run(&["db", "restore", "b.db", "--accept-replays"]).code, 0);
    assert_eq!((events(&place), place.run(&["db", "verify"]).code), (3, 0));
    assert_eq!(kept(&place).len(), 1, "the log is kept");
}

#[test]
fn whoever_dies_or_fails_while_restoring_leaves_the_old_queue_or_the_new_one() {
    if !can_trace() {
        return;
    }
    let receiver = Receiver::good();
    for readable in [true, false] {
        let fresh = || {
            let place = place_with_backup(&receiver);
            if !readable {
                let mut bytes = std::fs::read(place.database()).unwrap();
                bytes[..16].fill(9);
                std::fs::write(place.database(), bytes).unwrap();
                // Else the log would have another first page.
                std::fs::write(place.path("state/q.db-wal"), "").unwrap();
            }
            place
        };
        let names: Vec<&'static str> =
            WRITES.iter().copied().chain(["rename", "renameat", "renameat2", "link", "linkat"]).collect();
        for (name, n) in calls(&fresh(), &names, RESTORE) {
            // The copy itself is many equal steps: the ends of them, and some between, are enough.
            let at = (1..=n).filter(|w| *w < 6 || *w + 12 > n || w % 16 == 0 || crate::support::long());
            for (fault, when) in at.flat_map(|w| [("signal=KILL", w), ("error=EIO", w)]) {
                let place = fresh();
                let inject = format!("inject={name}:{fault}:when={when}");
                let ran = traced(&place, &["-e", &format!("trace={name}"), "-e", &inject], RESTORE);
                let told = format!("{inject}, readable {readable}: {ran:?}");
                assert!(matches!(ran.code, 0 | 74 | -9 | 137), "{told}");
                let listed = place.run(&["events", "list", "-o", "json"]);
                if readable || listed.code == 0 {
                    let events = listed.data().as_array().unwrap().len();
                    assert!(events == 3 || (readable && events == 5 && ran.code != 0), "{told}: {events} events");
                    assert_eq!(place.run(&["db", "verify"]).code, 0, "{told}");
                } else {
                    assert_eq!(listed.code, 74, "{told}: {listed:?}");
                }
                let again = place.run(RESTORE);
                assert_eq!((again.code, events(&place)), (0, 3), "{told}, then {again:?}");
            }
        }
    }
}

#[test]
fn a_backup_with_an_event_that_changed_on_the_disk_is_written_and_says_so() {
    let receiver = Receiver::good();
    let place = place_with_backup(&receiver);
    let connection = Connection::open(place.database()).unwrap();
    connection.execute_batch("UPDATE event SET body = CAST('{}' AS BLOB) WHERE id = 'e1'").unwrap();
    drop(connection);
    let ran = place.run(&["db", "backup", "altered.db"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("the stored event e1"), "{ran:?}");
    let restored = place.run(&["db", "restore", "altered.db", "--force", "--accept-replays"]);
    assert_eq!(restored.code, 0, "{restored:?}");
    assert!(restored.stderr.contains("the stored event e1"), "{restored:?}");
}
