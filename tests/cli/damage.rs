//! Damaged files: no command panics, hangs, or takes what it cannot read for nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::place::{Place, Ran};
use crate::support::receiver::{Receiver, Reply};
use crate::support::{Chance, seeds};

const READ: &[&[&str]] = &[
    &["status"],
    &["events", "list"],
    &["events", "show", "e1"],
    &["deliveries", "list"],
    &["failures"],
    &["audit", "list"],
    &["records", "list"],
    &["health"],
    &["db", "status"],
    &["db", "verify"],
];
const WRITE: &[&[&str]] = &[
    &["emit", "user.created", "new", "--data", "{}"],
    &["process", "--max-time", "5s"],
    &["replay", "--failed", "--yes"],
    &["db", "backup", "copy.db", "--force"],
    &["db", "prune", "--older-than", "0s", "--yes"],
];

/// A queue with a bit of everything, all of it in the file itself: delivered, failed and waiting.
fn sound() -> (Receiver, Place) {
    let receiver = Receiver::new(|request| Reply::Status(if request.event_id() == "e0" { 500 } else { 200 }));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit_many(60);
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    place.emit_lines((60..120).map(|n| (format!("e{n}"), format!("r{n}"))));
    folded(&place);
    (receiver, place)
}

/// Works the log into the file, so that the file is all there is.
fn folded(place: &Place) {
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(place.path(&format!("state/q.db{end}")));
    }
}

/// Every way to end is known, and whatever is wrong is told in words.
fn is_orderly(ran: &Ran, told: &str) {
    assert!(matches!(ran.code, 0 | 1 | 2 | 3 | 11 | 12 | 65 | 66 | 74 | 78), "{told}: {ran:?}");
    assert!(!ran.stderr.contains("panicked"), "{told}: {ran:?}");
    if !matches!(ran.code, 0 | 1 | 3) {
        assert!(ran.stderr.contains("error: "), "{told}: {ran:?}");
    }
}

fn everything_is_orderly(place: &Place, told: &str) -> BTreeMap<i32, usize> {
    let mut codes = BTreeMap::new();
    for args in READ.iter().chain(WRITE) {
        let ran = place.run(args);
        is_orderly(&ran, &format!("{told}, {args:?}"));
        *codes.entry(ran.code).or_default() += 1;
    }
    codes
}

fn damage(chance: &mut Chance, bytes: &mut [u8]) -> String {
    let page = 4_096;
    let pages = bytes.len() / page;
    match chance.below(4) {
        0 => {
            let at = chance.below(bytes.len());
            bytes[at] ^= 1 << chance.below(8);
            format!("a bit of byte {at}")
        }
        1 => {
            let at = chance.below(pages) * page;
            bytes[at..at + page].iter_mut().for_each(|byte| *byte = u8::try_from(chance.below(256)).unwrap());
            format!("page {} random", at / page)
        }
        2 => {
            let at = chance.below(pages) * page;
            bytes[at..at + page].fill(0);
            format!("page {} empty", at / page)
        }
        _ => {
            let (from, to) = (chance.below(pages) * page, chance.below(pages) * page);
            bytes.copy_within(from..from + page, to);
            format!("page {} over page {}", from / page, to / page)
        }
    }
}

#[test]
fn random_damage_is_told_and_never_a_panic() {
    let (_receiver, place) = sound();
    let whole = std::fs::read(place.database()).unwrap();
    for seed in seeds(16) {
        let mut chance = Chance::new(seed);
        let mut bytes = whole.clone();
        let what: Vec<String> = (0..=chance.below(3)).map(|_| damage(&mut chance, &mut bytes)).collect();
        put(&place, &bytes);
        let codes = everything_is_orderly(&place, &format!("SYNCCTL_SEED={seed}: {what:?}"));
        eprintln!("SYNCCTL_SEED={seed}: {what:?}: {codes:?}");
    }
}

/// Puts a file in the place of the database, with nothing beside it.
fn put(place: &Place, bytes: &[u8]) {
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(place.path(&format!("state/q.db{end}")));
    }
    std::fs::write(place.database(), bytes).unwrap();
}

#[test]
fn what_is_no_database_is_refused_by_name_and_left_as_it_is() {
    let (_receiver, place) = sound();
    let whole = std::fs::read(place.database()).unwrap();
    let half = whole[..whole.len() / 2].to_vec();
    let cases: [(&str, Vec<u8>); 4] = [
        ("text", b"this is a letter to a friend, and no database at all\n".repeat(200)),
        ("zeros", vec![0; 40_960]),
        ("two bytes", b"no".to_vec()),
        ("half of one", half),
    ];
    for (name, bytes) in cases {
        put(&place, &bytes);
        for args in READ {
            let ran = place.run(args);
            is_orderly(&ran, &format!("{name}, {args:?}"));
        }
        let refused = place.run(&["emit", "user.created", "u", "--data", "{}"]);
        assert_eq!((refused.code, refused.stdout.as_str()), (74, ""), "{name}: {refused:?}");
        assert!(refused.stderr.contains("q.db") && refused.stderr.contains("hint: "), "{name}: {refused:?}");
        let found = std::fs::read(place.database()).unwrap();
        assert!(found == bytes, "{name}: somebody's file was changed");
    }
    std::fs::remove_file(place.database()).unwrap();
    std::fs::create_dir(place.database()).unwrap();
    for args in READ.iter().chain(WRITE) {
        let ran = place.run(args);
        is_orderly(&ran, &format!("a directory, {args:?}"));
        assert_ne!(ran.code, 0, "a directory, {args:?}: {ran:?}");
    }
}

/// An empty file is what a first run leaves that was killed early: a database without anything in it.
#[test]
fn an_empty_file_becomes_a_database() {
    let place = Place::sending_to(&["http://127.0.0.1:9/"]);
    std::fs::create_dir(place.path("state")).unwrap();
    put(&place, b"");
    assert_eq!(place.queue()["events"], 0);
    place.emit("user.created", "u");
    assert_eq!(place.run(&["db", "verify"]).code, 0);
}

/// A log that belongs to another database, or to nobody, is not taken for this one's.
#[test]
fn a_log_of_somebody_else_is_not_read_as_ours() {
    let (_receiver, place) = sound();
    let whole = std::fs::read(place.database()).unwrap();
    let other = Place::sending_to(&["http://127.0.0.1:9/"]);
    other.emit("user.created", "somebody-elses");
    let foreign = std::fs::read(other.path("state/q.db-wal")).unwrap();
    let mut chance = Chance::new(1);
    let noise: Vec<u8> = (0..40_000).map(|_| u8::try_from(chance.below(256)).unwrap()).collect();
    for (name, log) in [("foreign", foreign), ("noise", noise), ("empty", Vec::new())] {
        put(&place, &whole);
        std::fs::write(place.path("state/q.db-wal"), &log).unwrap();
        let codes = everything_is_orderly(&place, name);
        if name != "foreign" {
            assert_eq!(codes.keys().max(), Some(&0), "{name}: what cannot be read of a log never was: {codes:?}");
        }
    }
}

/// What is sent of an event: its id, its type and its bytes.
type Sent = (String, String, Vec<u8>);

fn sent(receiver: &Receiver) -> BTreeSet<Sent> {
    let requests = receiver.requests();
    requests
        .iter()
        .map(|it| (it.event_id().to_owned(), it.header("x-sync-event-type").to_owned(), it.body.clone()))
        .collect()
}

/// The file of a queue with 20 events that wait, where they go, and what was sent of them when all was well.
fn waiting() -> (Receiver, Place, Vec<u8>, BTreeSet<Sent>) {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(20);
    folded(&place);
    let file = std::fs::read(place.database()).unwrap();
    assert_eq!(place.run(&["process", "-q"]).code, 0);
    let right = sent(&receiver);
    assert_eq!(right.len(), 20);
    (receiver, place, file, right)
}

#[test]
fn a_bit_that_flips_anywhere_never_sends_what_nobody_emitted() {
    let (receiver, place, file, right) = waiting();
    let mut told = 0;
    for seed in seeds(60) {
        let mut chance = Chance::new(seed);
        let mut bytes = file.clone();
        let at = chance.below(bytes.len());
        bytes[at] ^= 1 << chance.below(8);
        put(&place, &bytes);
        let ran = place.run(&["process", "--max-time", "10s"]);
        is_orderly(&ran, &format!("SYNCCTL_SEED={seed}: byte {at}"));
        let garbage: Vec<_> = sent(&receiver).difference(&right).cloned().collect();
        assert!(garbage.is_empty(), "SYNCCTL_SEED={seed}: byte {at}: {garbage:?}");
        told += usize::from(ran.code == 74);
    }
    eprintln!("{told} told, {} requests", receiver.count());
    assert!(receiver.count() > 20, "nothing was sent");
}

#[test]
fn a_body_that_changed_on_the_disk_is_named_and_the_others_go_on_without_it() {
    let (receiver, place, mut file, right) = waiting();
    let (id, _, body) = right.iter().nth(7).unwrap();
    let at = file.windows(body.len()).position(|window| window == &body[..]).unwrap();
    file[at + body.len() / 2] ^= 0x04;
    put(&place, &file);
    let named = format!("the stored event `{id}` is not the one that was emitted");
    for args in [&["process"][..], &["events", "show", id], &["emit", "user.created", "u", "--data", "{}", "--id", id]]
    {
        let ran = place.run(args);
        assert_eq!(ran.code, 74, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(&named), "{args:?}: {ran:?}");
    }
    assert_eq!(receiver.count(), 20, "nothing more was sent");
    let verified = place.run(&["db", "verify"]);
    assert_ne!(verified.code, 0);
    assert!(format!("{verified:?}").contains(&format!("the stored event {id} is not")), "{verified:?}");
    assert_eq!(place.run(&["deliveries", "give-up", id]).code, 0);
    assert_eq!(place.run(&["process"]).code, 0);
    let failed = place.data(&["deliveries", "list", "--failed"])[0]["id"].to_string();
    let replayed = place.run(&["replay", &failed]);
    assert_eq!(replayed.code, 1);
    assert!(replayed.stderr.contains("corrupt on the disk"), "{replayed:?}");
    assert_eq!(place.run(&["replay", "--failed", "--yes"]).code, 0);
    assert_eq!(place.run(&["process"]).code, 0, "it does not stop everything again");
    assert_eq!((receiver.count(), sent(&receiver)), (39, right));
}
