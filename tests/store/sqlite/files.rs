//! Copies of a file, and what is found when somebody else changed it.

use syncctl::store::{Access, Location, StoreError, open};

use crate::backend::{Backend as _, Sqlite};
use crate::queue::{delivered, now};

#[test]
fn a_backup_opens_as_a_queue_of_its_own_and_stands_alone() {
    let backend = Sqlite::start().unwrap();
    let queue = delivered(&backend, 5);
    let copy = queue.location.path().unwrap().with_file_name("copy.db");
    assert!(queue.store.file().unwrap().backup(&copy, false).wait().unwrap().bytes > 0);
    assert!(!copy.with_extension("db-wal").exists());
    queue.emit("later", "r");
    let reopened = open(&Location::file(&copy), Access::Existing).unwrap();
    assert_eq!(reopened.figures(now()).wait().unwrap().events, 5, "of the moment it was made");
    assert_eq!(reopened.verify().wait().unwrap(), Vec::<String>::new());
    assert!(matches!(queue.store.file().unwrap().backup(&copy, false).wait(), Err(StoreError::File { .. })));
    let own = queue.location.path().unwrap();
    assert!(matches!(queue.store.file().unwrap().backup(own, true).wait(), Err(StoreError::File { .. })));
    queue.assert_sound();
}

#[test]
fn verify_finds_figures_and_lanes_that_are_wrong() {
    let backend = Sqlite::start().unwrap();
    let queue = delivered(&backend, 2);
    queue.emit("waiting", "r0");
    queue.emit("behind", "r0");
    let connection = rusqlite::Connection::open(queue.location.path().unwrap()).unwrap();
    for (break_it, mend_it, says) in [
        ("UPDATE endpoint SET pending = 7", "UPDATE endpoint SET pending = 2", "figures of the endpoint"),
        (
            "UPDATE figure SET value = 9 WHERE name = 'events'",
            "UPDATE figure SET value = 4 WHERE name = 'events'",
            "9 events",
        ),
        ("UPDATE delivery SET state = 0 WHERE state = -1", "UPDATE delivery SET state = -1 WHERE state = 0", "in turn"),
        (
            "UPDATE delivery SET state = 1 WHERE id = (SELECT max(id) FROM delivery)",
            "UPDATE delivery SET state = -1 WHERE state = 1",
            "behind later ones",
        ),
    ] {
        connection.execute_batch(break_it).unwrap();
        let found = queue.store.verify().wait().unwrap();
        assert!(found.len() == 1 && found[0].contains(says), "{found:?}");
        connection.execute_batch(mend_it).unwrap();
        queue.assert_sound();
    }
}

#[test]
fn a_reader_of_a_missing_file_leaves_nothing_behind() {
    let backend = Sqlite::start().unwrap();
    let missing = backend.fresh();
    for access in [Access::Existing, Access::Inspect, Access::ReadOnly] {
        assert!(matches!(open(&missing, access), Err(StoreError::NoDatabase)));
    }
    assert!(!missing.path().unwrap().parent().unwrap().exists());
}
