//! A write-ahead log that ends in the middle: the last transaction is there as a whole or not at all, all before it stands.

use std::path::Path;

use syncctl::event::{Draft, EventId};
use syncctl::store::{Access, Location, open};

use crate::backend::Sqlite;
use crate::queue::{TestQueue, now};
use crate::support::{Chance, memory_dir};

/// The header in front of each page of the log.
const FRAME: usize = 24 + 4_096;
/// What a disk writes at once.
const SECTOR: usize = 512;

/// The database and its log, copied while both are in use.
fn image(queue: &TestQueue) -> (Vec<u8>, Vec<u8>) {
    let file = queue.location.path().unwrap();
    (std::fs::read(file).unwrap(), std::fs::read(file.with_extension("db-wal")).unwrap())
}

/// Which of the events a database holds that was left with that log, once it is opened again and found sound.
fn survivors(directory: &Path, database: &[u8], log: &[u8]) -> Vec<&'static str> {
    let _ = std::fs::remove_file(directory.join("q.db-shm"));
    std::fs::write(directory.join("q.db"), database).unwrap();
    std::fs::write(directory.join("q.db-wal"), log).unwrap();
    let store = open(&Location::file(directory.join("q.db")), Access::Existing).unwrap();
    assert_eq!(store.verify().wait().unwrap(), Vec::<String>::new());
    let there = |id: &&str| store.event(&EventId::parse(id).unwrap()).wait().unwrap().is_some();
    ["before", "last-1", "last-2"].into_iter().filter(there).collect()
}

/// A log with one acknowledged event, and what one more transaction appends to it.
fn written() -> (Vec<u8>, Vec<u8>, usize) {
    let backend = Sqlite::start().unwrap();
    let queue = TestQueue::new(&backend, &["http://a.invalid/"]);
    queue.emit("before", "r");
    let (_, before) = image(&queue);
    let drafts = ["last-1", "last-2"].map(|id| {
        let mut draft =
            Draft::check("user.updated", id, None, format!("{{\"x\":\"{}\"}}", "x".repeat(5_000)).as_bytes()).unwrap();
        draft.id = Some(EventId::parse(id).unwrap());
        Ok(draft)
    });
    queue.store.enqueue(Box::new(drafts.into_iter()), false, now()).wait().unwrap();
    let (database, log) = image(&queue);
    assert!(log.len() > before.len() + 3 * FRAME, "the transaction has several frames");
    (database, log, before.len())
}

#[test]
fn a_log_cut_anywhere_keeps_whole_transactions_only() {
    let (database, log, acknowledged) = written();
    let directory = memory_dir();
    let boundaries = (acknowledged..=log.len()).step_by(FRAME).flat_map(|at| [at.saturating_sub(1), at, at + 1]);
    let cuts =
        boundaries.chain((acknowledged..log.len()).step_by(307)).filter(|cut| (acknowledged..=log.len()).contains(cut));
    let mut tried = 0;
    for cut in cuts {
        let there = survivors(directory.path(), &database, &log[..cut]);
        let whole = if cut == log.len() { vec!["before", "last-1", "last-2"] } else { vec!["before"] };
        assert_eq!(there, whole, "cut at byte {cut} of {}", log.len());
        tried += 1;
    }
    assert!(tried > 60, "{tried} cuts");
}

#[test]
fn sectors_of_the_last_transaction_that_never_reached_the_disk_take_only_it_away() {
    let (database, log, acknowledged) = written();
    let directory = memory_dir();
    let sectors = (log.len() - acknowledged).div_ceil(SECTOR);
    let mut chance = Chance::new(7);
    for n in 0..60 {
        let mut torn = log.clone();
        for _ in 0..=chance.below(3) {
            let at = acknowledged + chance.below(sectors) * SECTOR;
            let end = (at + SECTOR).min(torn.len());
            match n % 2 {
                0 => torn[at..end].fill(0),
                _ => torn[at..end].iter_mut().for_each(|byte| *byte = u8::try_from(chance.below(256)).unwrap()),
            }
            // A sector of zeros may be drawn twice.
            if torn[at..end] == log[at..end] {
                torn[at] ^= 1;
            }
        }
        assert_eq!(survivors(directory.path(), &database, &torn), ["before"], "case {n}");
    }
}
