//! A database that may not be written: reading goes on, writing says why not, and nobody's file is touched.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::place::{Place, Ran, kill};
use crate::support::receiver::Receiver;
use crate::support::small_disk::SmallDisk;
use crate::support::tools::{has_tools, may};

/// Commands that read, and what commands that write say.
const READ: &[&[&str]] = &[
    &["status"],
    &["health"],
    &["events", "list"],
    &["events", "show", "e0"],
    &["deliveries", "list"],
    &["failures"],
    &["audit", "list"],
    &["endpoints", "list"],
    &["metrics"],
    &["db", "status"],
    &["db", "verify"],
];
const WRITE: &[&[&str]] =
    &[&["emit", "user.created", "u", "--data", "{}"], &["process"], &["replay", "e0", "--include-delivered"]];

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs a command as somebody whom file modes bind; root is bound by none unless it gives its capabilities up.
fn bound(place: &Place, args: &[&str]) -> Ran {
    let (program, before): (&str, &[&str]) = match modes_bind(place) {
        true => ("env", &[]),
        false => ("setpriv", &["--bounding-set=-all", "--inh-caps=-all"]),
    };
    let all = [before, &[env!("CARGO_BIN_EXE_syncctl")], args].concat();
    Ran::of(&place.prepare(Command::new(program), &all).output().unwrap())
}

fn modes_bind(place: &Place) -> bool {
    let probe = place.path("probe");
    let _ = std::fs::write(&probe, "");
    mode(&probe, 0o444);
    std::fs::OpenOptions::new().write(true).open(&probe).is_err()
}

fn can_be_bound() -> bool {
    let place = Place::new();
    let by_setpriv = || bound(&place, &["version"]).code == 0;
    modes_bind(&place) || has_tools(&["setpriv"]) && may("running bound by file modes", by_setpriv)
}

/// A place with a delivered and a waiting event.
fn used() -> (Receiver, Place) {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(1);
    place.run(&["process"]);
    place.emit("user.created", "waiting");
    (receiver, place)
}

fn lock_up(place: &Place, files: u32, directory: u32) {
    let state = place.path("state");
    for entry in std::fs::read_dir(&state).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            mode(&path, files);
        }
    }
    mode(&state, directory);
}

/// Empties the log, and leaves the database alone in its directory.
fn leave_alone(place: &Place, journal: &str) {
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    connection.query_row(&format!("PRAGMA journal_mode = {journal}"), [], |_| Ok(())).unwrap();
    drop(connection);
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(place.path(&format!("state/q.db{end}")));
    }
}

fn reading_works_and_writing_is_refused(place: &Place, told: &str) {
    for args in READ {
        let ran = bound(place, args);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{told}, {args:?}: {ran:?}");
    }
    let status = bound(place, &["status", "-o", "json"]).data();
    assert_eq!((&status["queue"]["events"], &status["queue"]["pending"]), (&2.into(), &1.into()), "{told}");
    for args in WRITE {
        let ran = bound(place, args);
        assert_eq!((ran.code, ran.stdout.as_str()), (74, ""), "{told}, {args:?}: {ran:?}");
        assert!(ran.stderr.starts_with("error: failed to use the database"), "{told}, {args:?}: {ran:?}");
        assert!(ran.stderr.contains("\n  cause: this user may not write "), "{told}, {args:?}: {ran:?}");
        assert!(ran.stderr.contains("permissions"), "{told}, {args:?}: {ran:?}");
    }
}

#[test]
fn what_may_not_be_written_is_read_whether_or_not_a_log_stands_beside_it() {
    if !can_be_bound() {
        return;
    }
    for (files, directory) in [(0o444, 0o755), (0o444, 0o555), (0o644, 0o555)] {
        // A log that is there and may be written is all that a writer needs.
        for journal in [None, Some("WAL"), Some("DELETE")].into_iter().filter(|it| files == 0o444 || it.is_some()) {
            let (receiver, place) = used();
            if let Some(journal) = journal {
                leave_alone(&place, journal);
            }
            lock_up(&place, files, directory);
            let told = format!("files {files:o}, directory {directory:o}, left alone as {journal:?}");
            reading_works_and_writing_is_refused(&place, &told);
            assert_eq!(receiver.count(), 1, "{told}");
            lock_up(&place, 0o600, 0o755);
            assert_eq!(place.run(&["process"]).code, 0, "{told}: once it may be written, everything goes on");
            assert_eq!((receiver.count(), place.integrity().as_str()), (2, "ok"), "{told}");
        }
    }
}

#[test]
fn a_disk_that_is_mounted_read_only_is_told_with_the_remedy_of_doctor() {
    let place = Place::sending_to(&["http://127.0.0.1:9/"]);
    let Some(disk) = SmallDisk::under(&place, 4_096) else { return };
    let emit = ["emit", "user.created", "u", "--data", "{}"];
    assert_eq!(disk.run(&place, &emit).code, 0);
    disk.remount("ro");
    let elsewhere = place.path("state/new/q.db");
    let with_a_new_one = [&["--db", elsewhere.to_str().unwrap()], &emit[..]].concat();
    let remedy = "see why with `dmesg`, then remount it writable or move the database with --db";
    for args in [&emit[..], &with_a_new_one, &["process"]] {
        let ran = disk.run(&place, args);
        assert_eq!((ran.code, ran.stdout.as_str()), (74, ""), "{args:?}: {ran:?}");
        let told = format!("\n  cause: its file system is mounted read-only\nhint: {remedy}\n");
        assert!(ran.stderr.starts_with("error: failed to use the database ") && ran.stderr.ends_with(&told), "{ran:?}");
    }
    let doctor = disk.run(&place, &["doctor", "-q"]);
    assert!(doctor.stdout.contains(remedy), "{doctor:?}");
    disk.remount("rw");
    assert_eq!(disk.run(&place, &emit).code, 0);
}

#[test]
fn a_backup_somebody_may_only_read_is_read_and_left_as_it_is() {
    if !can_be_bound() {
        return;
    }
    let (_receiver, place) = used();
    let copies = place.path("copies");
    std::fs::create_dir(&copies).unwrap();
    let copy = copies.join("odd name?#%.db");
    assert_eq!(place.run(&["db", "backup", copy.to_str().unwrap()]).code, 0);
    mode(&copy, 0o400);
    mode(&copies, 0o500);
    let before = std::fs::read(&copy).unwrap();
    for args in READ {
        let ran = bound(&place, &[&["--db", copy.to_str().unwrap()], *args].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{args:?}: {ran:?}");
    }
    assert!(std::fs::read(&copy).unwrap() == before);
    assert_eq!(std::fs::read_dir(&copies).unwrap().count(), 1);
    mode(&copies, 0o700);
}

#[test]
fn somebody_who_may_only_read_sees_what_a_living_writer_does() {
    if !can_be_bound() {
        return;
    }
    let (receiver, place) = used();
    let mut writing = place.spawn(&["process", "--watch"]);
    receiver.wait_for(2, std::time::Duration::from_secs(10));
    lock_up(&place, 0o444, 0o555);
    for _ in 0..20 {
        let ran = bound(&place, &["status", "-o", "json"]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    assert_eq!(bound(&place, &["process"]).code, 74);
    lock_up(&place, 0o600, 0o755);
    kill(&writing, "-TERM");
    writing.wait().unwrap();
    assert_eq!(place.integrity(), "ok");
}

#[test]
fn a_log_that_cannot_be_read_without_writing_is_told_as_that() {
    if !can_be_bound() {
        return;
    }
    let (_receiver, place) = used();
    std::fs::remove_file(place.path("state/q.db-shm")).unwrap();
    lock_up(&place, 0o444, 0o555);
    let ran = bound(&place, &["status"]);
    assert_eq!(ran.code, 74, "{ran:?}");
    assert!(
        ran.stderr.contains("its write-ahead log can be read only from a directory that may be written"),
        "{ran:?}"
    );
    lock_up(&place, 0o600, 0o755);
    assert_eq!(place.queue()["events"], 2);
}
