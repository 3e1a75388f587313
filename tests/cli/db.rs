//! `db`: the file behind the queue.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools::has_tools;

fn finished_place() -> (Receiver, Place) {
    let receiver = Receiver::new(|request| Reply::Status(if request.event_id() == "e0" { 500 } else { 200 }));
    let mut place = Place::sending_to(&[receiver.url("/a"), receiver.url("/b")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit_many(4);
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    (receiver, place)
}

#[test]
fn it_says_where_the_file_is_and_how() {
    let place = Place::new();
    assert_eq!(place.run(&["db", "path"]).stdout.trim_end(), place.database().display().to_string());
    place.emit("user.created", "u");
    let status = place.data(&["db", "status"]);
    assert_eq!((&status["schema"], &status["journalMode"]), (&status["newestSchema"], &"wal".into()));
    assert!(status["bytes"].as_u64().unwrap() > 0 && status["walBytes"].as_u64().unwrap() > 0);
}

#[test]
fn a_backup_made_under_load_is_whole_private_and_of_one_moment() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(2_000);
    let mut busy = place.spawn(&["process", "--watch"]);
    for n in 0..5 {
        let file = format!("backup-{n}.db");
        assert_eq!(place.run(&["db", "backup", &file]).code, 0);
        assert_eq!(std::fs::metadata(place.path(&file)).unwrap().permissions().mode() & 0o777, 0o600);
        let verified = place.run(&["--db", &file, "db", "verify"]);
        assert_eq!(verified.code, 0, "{verified:?}");
    }
    crate::support::place::kill(&busy, "-TERM");
    busy.wait().unwrap();
    assert_eq!(place.run(&["db", "verify"]).code, 0);
    let left = std::fs::read_dir(place.dir.path())
        .unwrap()
        .filter(|it| it.as_ref().unwrap().file_name().to_string_lossy().starts_with(".tmp"));
    assert_eq!(left.count(), 0);
}

#[test]
fn a_backup_replaces_a_file_only_when_told_and_the_queue_never() {
    let place = Place::new();
    place.emit("user.created", "u");
    std::fs::write(place.path("kept"), "precious").unwrap();
    assert_eq!(place.run(&["db", "backup", "kept"]).code, 1);
    assert_eq!(std::fs::read(place.path("kept")).unwrap(), b"precious");
    assert_eq!(place.run(&["db", "backup", "kept", "--force", "--dry-run"]).code, 0);
    assert_eq!(std::fs::read(place.path("kept")).unwrap(), b"precious");
    assert_eq!(place.run(&["db", "backup", "kept", "--force"]).code, 0);
    assert_eq!(place.run(&["db", "backup", "state/q.db", "--force"]).code, 74);
    std::fs::write(place.path("open.db-wal"), "a journal").unwrap();
    assert_eq!(place.run(&["db", "backup", "open.db"]).code, 74, "its journal would be taken for the copy's");
    assert_eq!(place.run(&["db", "backup", "no/such/directory.db"]).code, 74);
    assert_eq!(place.integrity(), "ok");
}

#[test]
fn a_backup_never_takes_the_place_of_what_belongs_to_the_queue() {
    let place = Place::sending_to(&["http://127.0.0.1:9/"]);
    place.emit_many(3);
    let state = place.path("state");
    std::fs::create_dir_all(state.join("q.db-runs")).unwrap();
    std::os::unix::fs::symlink("state/q.db-wal", place.path("symbolic")).unwrap();
    std::fs::hard_link(state.join("q.db-wal"), place.path("hard")).unwrap();
    std::os::unix::fs::symlink("state", place.path("elsewhere")).unwrap();
    std::fs::write(state.join("q.db-single.lock"), "").unwrap();
    let names = [
        "state/q.db-wal",
        "state/q.db-shm",
        "state/q.db-journal",
        "state/q.db-single.lock",
        "state/q.db-runs",
        "state/q.db-runs/copy.db",
        "elsewhere/q.db-wal",
        "symbolic",
        "hard",
        "another.db-wal",
    ];
    for name in names {
        let ran = place.run(&["db", "backup", name, "--force"]);
        assert_eq!(ran.code, 74, "{name}: {ran:?}");
    }
    assert_eq!((place.queue()["events"].clone(), place.integrity().as_str()), (3.into(), "ok"));
}

#[test]
fn a_backup_that_was_looked_at_is_as_it_was_and_replaced_by_the_next_one() {
    let place = Place::sending_to(&["http://127.0.0.1:9/"]);
    place.emit_many(3);
    assert_eq!(place.run(&["db", "backup", "b.db"]).code, 0);
    let before = std::fs::read(place.path("b.db")).unwrap();
    for args in [&["db", "verify"][..], &["db", "status"], &["status"], &["db", "backup", "copy.db", "--force"]] {
        assert_eq!(place.run(&[&["--db", "b.db"], args].concat()).code, 0, "{args:?}");
        assert!(std::fs::read(place.path("b.db")).unwrap() == before, "{args:?}");
        for end in ["-wal", "-shm"] {
            assert!(!place.path(&format!("b.db{end}")).exists(), "{args:?} leaves b.db{end}");
        }
    }
    // A reader of another kind leaves a log, and is gone.
    assert_eq!(place.run(&["--db", "b.db", "events", "list"]).code, 0);
    assert!(place.path("b.db-wal").exists());
    let again = place.run(&["db", "backup", "b.db", "--force"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(!place.path("b.db-wal").exists());
    // One that is still there keeps its database.
    let reader = rusqlite::Connection::open(place.path("b.db")).unwrap();
    reader.execute_batch("PRAGMA journal_mode = WAL; BEGIN; SELECT count(*) FROM event; COMMIT").unwrap();
    assert_eq!(place.run(&["db", "backup", "b.db", "--force"]).code, 74);
}

#[test]
fn verify_tells_wrong_figures_and_a_damaged_file() {
    let (_receiver, place) = finished_place();
    assert_eq!(place.run(&["db", "verify"]).code, 0);
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    connection.execute_batch("UPDATE endpoint SET delivered = delivered + 1 WHERE id = 1").unwrap();
    let ran = place.run(&["db", "verify", "-o", "json"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.data()["findings"][0].as_str().unwrap().contains("delivered is 4, counting the rows gives 3"),
        "{ran:?}"
    );
}

#[test]
fn prune_removes_what_is_finished_and_old_and_the_figures_stay_right() {
    let (_receiver, place) = finished_place();
    place.emit("user.created", "waiting");
    assert_eq!(place.run(&["db", "prune", "--yes"]).stdout.trim_end(), "0 deliveries, 0 attempts and 0 events removed");
    let before = place.data(&["deliveries", "list"]);
    let plan = place.data(&["db", "prune", "--older-than", "0s", "--dry-run"]);
    assert_eq!((&plan["deliveries"], &plan["dryRun"]), (&6.into(), &true.into()));
    assert_eq!(place.data(&["deliveries", "list"]), before);
    let done = place.data(&["db", "prune", "--older-than", "0s", "--yes"]);
    assert_eq!((&done["deliveries"], &done["attempts"], &done["events"]), (&6.into(), &6.into(), &3.into()));
    let queue = place.queue();
    assert_eq!(
        (&queue["delivered"], &queue["failed"], &queue["pending"], &queue["events"]),
        (&0.into(), &2.into(), &2.into(), &2.into())
    );
    assert_eq!(place.run(&["db", "verify"]).code, 0);
    let rest = place.data(&["db", "prune", "--older-than", "0s", "--state", "failed,delivered", "--yes"]);
    assert_eq!((&rest["deliveries"], &rest["events"]), (&2.into(), &1.into()));
    assert_eq!(place.run(&["db", "verify"]).code, 0);
    assert_eq!(place.queue()["pending"], 2, "what is not finished is never removed");
}

#[test]
fn prune_asks_for_a_word_when_the_clock_may_have_jumped() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let (_receiver, mut place) = finished_place();
    place.set_clock("+3650d");
    let ran = place.run(&["db", "prune", "--yes"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("or the clock jumped ahead"), "{ran:?}");
    assert_eq!(place.queue()["delivered"], 6);
    assert_eq!(place.data(&["db", "prune", "--yes", "--force"])["deliveries"], 6);
    assert_eq!(place.run(&["db", "prune", "--yes"]).code, 0, "where nothing is to be removed nothing is asked");
}

#[test]
fn prune_works_in_batches() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(1_200);
    assert_eq!(place.run(&["process", "-q"]).code, 0);
    let done = place.data(&["db", "prune", "--older-than", "0s", "--yes"]);
    assert_eq!((&done["deliveries"], &done["events"]), (&1_200.into(), &1_200.into()));
    assert_eq!(place.run(&["db", "verify"]).code, 0);
}

#[test]
fn prune_of_one_endpoint_leaves_the_others_and_their_events() {
    let (_receiver, place) = finished_place();
    let name = place.data(&["endpoints", "list"])[0]["name"].as_str().unwrap().to_owned();
    let done = place.data(&["db", "prune", "--older-than", "0s", "--endpoint", &name, "--yes"]);
    assert_eq!((&done["deliveries"], &done["events"]), (&3.into(), &0.into()));
    assert_eq!(place.run(&["db", "prune", "--endpoint", "nobody", "--yes"]).code, 2);
    assert_eq!(place.run(&["db", "verify"]).code, 0);
}

#[test]
fn prune_forgets_what_the_logs_say_of_that_time_unless_an_endpoint_is_named() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let (_receiver, mut place) = finished_place();
    place.set_clock("+31d");
    let name = place.data(&["endpoints", "list"])[0]["name"].as_str().unwrap().to_owned();
    let one = place.data(&["db", "prune", "--endpoint", &name, "--yes", "--force"]);
    assert_eq!((&one["deliveries"], &one["minutes"], &one["runs"]), (&3.into(), &0.into(), &0.into()));
    let plan = place.run(&["db", "prune", "--dry-run"]);
    assert!(plan.stdout.contains("and from the logs 2 figures, 1 run and 0 webhooks"), "{plan:?}");
    let done = place.data(&["db", "prune", "--yes", "--force"]);
    assert_eq!((&done["deliveries"], &done["minutes"], &done["runs"]), (&3.into(), &2.into(), &1.into()));
    let rest = place.data(&["db", "prune", "--yes"]);
    assert_eq!((&rest["minutes"], &rest["runs"]), (&0.into(), &0.into()), "nothing is left to forget");
    assert_eq!(place.run(&["db", "verify"]).code, 0);
}

#[test]
fn prune_needs_yes_where_nobody_can_be_asked() {
    let (_receiver, place) = finished_place();
    let ran = place.run(&["db", "prune", "--state", "failed"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--yes required when not running interactively"), "{ran:?}");
    assert_eq!(place.run(&["db", "prune", "--state", "pending", "--yes"]).code, 2, "only what is finished");
}

#[test]
fn a_backup_can_be_used_as_a_queue() {
    let (_receiver, place) = finished_place();
    place.run(&["db", "backup", "copy.db"]);
    let ran = place.command(&["--db", "copy.db", "replay", "--failed", "--yes", "-q"]).stdout(Stdio::null()).status();
    assert!(ran.unwrap().success());
    assert_eq!(place.run(&["--db", "copy.db", "status", "-o", "json"]).data()["queue"]["pending"], 2);
    assert_eq!(place.queue()["failed"], 2);
}
