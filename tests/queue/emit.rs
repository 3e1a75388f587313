//! `emit`: one event, a batch, and everything that can be wrong with either.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use crate::support::place::{Place, Ran};

const ENDPOINT: &str = "http://127.0.0.1:9/";

fn place() -> Place {
    Place::sending_to(&[ENDPOINT])
}

fn stored(place: &Place) -> usize {
    place.data(&["events", "list", "--limit", "100000"]).as_array().unwrap().len()
}

#[test]
fn the_same_id_again_is_a_duplicate_and_another_content_a_conflict() {
    let place = place();
    let emit = |data: &str, more: &[&str]| {
        place.run(&[&["emit", "user.updated", "u", "--id", "x1", "--data", data, "-o", "json"], more].concat())
    };
    assert_eq!(emit("{\"a\": 1.0}", &[]).data()["duplicate"], false);
    let again = emit(" {\"a\": 1.0}\n", &[]);
    assert_eq!((again.code, &again.data()["duplicate"], &again.data()["deliveries"]), (0, &true.into(), &1.into()));
    assert_eq!(emit("{\"a\": 1.0}", &["--fail-on-duplicate"]).code, 1);
    for (data, more) in [("{\"a\":1.0}", &[][..]), ("{\"a\": 1.0}", &["--timestamp", "2024-01-31T12:00:00Z"])] {
        let conflict = emit(data, more);
        assert_eq!(conflict.code, 65, "{}", conflict.stderr);
    }
    let other = place.run(&["emit", "user.updated", "v", "--id", "x1", "--data", "{\"a\": 1.0}"]);
    assert_eq!(other.code, 65);
    assert_eq!(stored(&place), 1);
}

#[test]
fn data_comes_from_a_literal_a_file_or_standard_input_byte_for_byte() {
    let place = place();
    let data = "{\"a\": 1.0, \"b\": \"\\u00e9\"}";
    std::fs::write(place.path("d.json"), data).unwrap();
    let sources = [data, "@d.json", "-", "@-"];
    for (n, source) in sources.iter().enumerate() {
        let id = format!("d{n}");
        let args = ["emit", "user.updated", "u", "--data", source, "--id", &id];
        assert_eq!(place.run_with_input(&args, data.as_bytes()).code, 0, "{source}");
        assert_eq!(place.run(&["events", "show", &id, "--body"]).stdout, data);
        assert!(place.run(&["events", "show", &id, "--sent"]).stdout.contains(data));
    }
}

#[test]
fn bad_input_has_its_exit_code_and_stores_nothing() {
    let place = place();
    let big = format!("\"{}\"", "x".repeat(256 * 1024));
    std::fs::write(place.path("big.json"), big).unwrap();
    for (args, code) in [
        (&["emit", "user.created", "u", "--data", "{"][..], 65),
        (&["emit", "user.created", "u", "--data", "{\"a\":1e400}"], 65),
        (&["emit", "user.created", "u", "--data", "@missing.json"], 66),
        (&["emit", "user.created", "u", "--data", "@big.json"], 65),
        (&["emit", "user.created", "u"], 65),
        (&["emit", "user.created", "", "--data", "{}"], 65),
        (&["emit", "nonsense", "u", "--data", "{}"], 65),
        (&["emit", "my.event", "u", "--data", "{}"], 65),
        (&["emit", "user.created", "u", "--resource-type", "course", "--data", "{}"], 65),
        (&["emit", "user.created", "u", "--id", "a.b", "--data", "{}"], 65),
        (&["emit", "user.created", "u", "--timestamp", "now", "--data", "{}"], 2),
        (&["emit", "user.created"], 2),
        (&["emit", "--bogus"], 2),
        (&["emit", "user.created", "--user", "a", "--course", "c", "--data", "{}"], 2),
        (&["emit", "--batch", "missing.ndjson"], 66),
    ] {
        let ran = place.run(args);
        assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("error: "), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
    assert_eq!(place.run(&["status"]).code, 10, "not even a database was made");
}

#[test]
fn progress_is_keyed_by_user_and_course_and_custom_types_bring_their_resource_type() {
    let place = place();
    let progress = place.data(&["emit", "progress.updated", "--user", "u1", "--course", "c9", "--data", "{}"]);
    assert_eq!(
        (&progress["event"]["resourceId"], &progress["event"]["resourceType"]),
        (&"u1-c9".into(), &"progress".into())
    );
    let custom = place.data(&["emit", "course.archived", "c9", "--resource-type", "course", "--data", "{}"]);
    assert_eq!(custom["event"]["resourceType"], "course");
}

#[test]
fn a_batch_is_stored_as_a_whole_or_not_at_all() {
    let place = place();
    let good = "{\"type\":\"user.created\",\"resourceId\":\"u1\",\"data\":{}}\n";
    let bad = "{\"type\":\"user.created\",\"resourceId\":\"u2\"}\n";
    let batch = format!("{good}\n{good}{bad}{good}");
    let refused = place.run_with_input(&["emit", "--batch", "-"], batch.as_bytes());
    assert_eq!(refused.code, 65);
    assert!(refused.stderr.contains("line 4"), "{}", refused.stderr);
    assert_eq!(place.run(&["status"]).code, 10);

    let partly = place.run_with_input(&["emit", "--batch", "-", "--skip-invalid", "-o", "json"], batch.as_bytes());
    let data = partly.data();
    assert_eq!(
        (partly.code, &data["accepted"], &data["duplicates"], &data["rejected"]),
        (3, &3.into(), &0.into(), &1.into())
    );
    assert_eq!(data["rejectedLines"][0]["line"], 4);
    assert!(partly.stderr.contains("line 4"), "{}", partly.stderr);
    assert_eq!(stored(&place), 3);
}

#[test]
fn a_batch_knows_duplicates_and_conflicts_also_within_itself() {
    let place = place();
    let line = |id: &str, data: &str| {
        format!("{{\"id\":\"{id}\",\"type\":\"user.created\",\"resourceId\":\"u\",\"data\":{{\"n\":{data}}}}}\n")
    };
    let batch = [line("a", "1"), line("a", "1"), line("b", "2"), line("b", "3")].concat();
    assert_eq!(place.run_with_input(&["emit", "--batch", "-"], batch.as_bytes()).code, 65);
    assert_eq!(stored(&place), 0);
    let partly = place.run_with_input(&["emit", "--batch", "-", "--skip-invalid", "-o", "json"], batch.as_bytes());
    let data = partly.data();
    assert_eq!(
        (partly.code, &data["accepted"], &data["duplicates"], &data["rejected"]),
        (3, &2.into(), &1.into(), &1.into())
    );
    assert_eq!(data["rejectedLines"][0]["line"], 4);
}

#[test]
fn a_slow_pipe_holds_no_lock() {
    let place = place();
    place.emit("user.created", "first");
    let mut slow =
        place.command(&["emit", "--batch", "-", "-q"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut pipe = slow.stdin.take().unwrap();
    pipe.write_all(b"{\"type\":\"user.created\",\"resourceId\":\"u\",\"data\":{}}\n").unwrap();
    std::thread::park_timeout(Duration::from_millis(200));
    let began = std::time::Instant::now();
    place.emit("user.created", "second");
    assert!(began.elapsed() < Duration::from_secs(3));
    drop(pipe);
    assert_eq!(slow.wait().unwrap().code(), Some(0));
    assert_eq!(stored(&place), 3);
}

#[test]
fn a_large_batch_needs_little_memory() {
    let place = place();
    let mut file = std::io::BufWriter::new(std::fs::File::create(place.path("big.ndjson")).unwrap());
    for n in 0..60_000 {
        let filler = "x".repeat(400);
        writeln!(file, "{{\"type\":\"user.updated\",\"resourceId\":\"u{n}\",\"data\":{{\"f\":\"{filler}\"}}}}")
            .unwrap();
    }
    file.flush().unwrap();
    let child = std::process::Command::new("/usr/bin/env");
    let mut command =
        place.prepare(child, &["sh", "-c", "ulimit -v 400000; exec \"$0\" emit --batch big.ndjson -o json"]);
    let output = command.arg(env!("CARGO_BIN_EXE_syncctl")).output().unwrap();
    let ran = Ran::of(&output);
    assert_eq!((ran.code, ran.data()["accepted"].as_u64()), (0, Some(60_000)), "{}", ran.stderr);
    let log = std::fs::metadata(place.path("state/q.db-wal")).map_or(0, |log| log.len());
    assert!(log <= 1024 * 1024, "the next command would have to read a log of {log} bytes");
}

#[test]
fn batches_and_lines_that_are_too_long_are_refused_with_their_line() {
    let place = place();
    let long = format!("{{\"type\":\"user.created\",\"resourceId\":\"u\",\"data\":\"{}\"}}\n", "x".repeat(3 << 20));
    let good = "{\"type\":\"user.created\",\"resourceId\":\"u\",\"data\":{}}\n";
    let ran = place.run_with_input(&["emit", "--batch", "-"], format!("{good}{long}{good}").as_bytes());
    assert_eq!(ran.code, 65);
    assert!(ran.stderr.contains("line 2"), "{}", ran.stderr);
    let skipped = place.run_with_input(
        &["emit", "--batch", "-", "--skip-invalid", "-o", "json"],
        format!("{good}{long}{good}").as_bytes(),
    );
    assert_eq!((skipped.code, skipped.data()["accepted"].as_u64()), (3, Some(2)));
}

#[test]
fn eight_emitters_with_the_same_ids_store_each_once() {
    let place = place();
    let lines: String = (0..500)
        .map(|n| {
            format!("{{\"id\":\"same{n}\",\"type\":\"user.created\",\"resourceId\":\"u{n}\",\"data\":{{\"n\":{n}}}}}\n")
        })
        .collect();
    std::fs::write(place.path("b.ndjson"), lines).unwrap();
    let children: Vec<_> = (0..8).map(|_| place.spawn(&["emit", "--batch", "b.ndjson"])).collect();
    for mut child in children {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    assert_eq!(stored(&place), 500);
    assert_eq!(place.queue()["pending"], 500);
    assert_eq!(place.integrity(), "ok");
}

#[test]
fn files_are_readable_by_their_owner_only_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let place = place();
    let mut command = place.prepare(
        std::process::Command::new("/bin/sh"),
        &["-c", "umask 000; exec \"$0\" emit user.created u --data '{}'"],
    );
    assert!(command.arg(env!("CARGO_BIN_EXE_syncctl")).output().unwrap().status.success());
    let mode = |name: &str| std::fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("state"), mode("state/q.db"), mode("state/q.db-wal")), (0o700, 0o600, 0o600));
}

#[test]
fn a_locked_database_is_waited_for_and_then_named() {
    let place = place();
    place.emit("user.created", "u");
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let release = std::thread::spawn(move || {
        std::thread::park_timeout(Duration::from_millis(800));
        connection.execute_batch("COMMIT").unwrap();
    });
    place.emit("user.created", "v");
    release.join().unwrap();
    assert_eq!(stored(&place), 2);
}

#[test]
fn a_lock_nobody_lets_go_of_ends_the_wait_and_its_holder_is_named() {
    let place = place();
    place.emit("user.created", "u");
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = std::time::Instant::now();
    let writing = ["emit user.created v --data {}", "process", "replay --failed --yes"]
        .map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .map(|args| place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    assert_eq!(place.queue()["events"], 1, "reading goes on");
    for child in writing {
        let ran = Ran::of(&child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.stdout.as_str()), (11, ""), "{ran:?}");
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert!(lines[0].contains("q.db is locked by another process"), "{ran:?}");
        if cfg!(target_os = "linux") {
            assert!(lines[1].starts_with(&format!("  cause: process {} (", std::process::id())), "{ran:?}");
        }
        assert!(ran.stderr.contains("hint: "), "{ran:?}");
    }
    assert!(began.elapsed() < Duration::from_secs(19), "{:?}", began.elapsed());
    connection.execute_batch("ROLLBACK").unwrap();
    assert_eq!((stored(&place), place.integrity().as_str()), (1, "ok"));
}

#[test]
fn other_files_and_newer_schemas_are_refused_untouched() {
    let place = place();
    place.emit("user.created", "u");
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    connection.pragma_update(None, "user_version", version + 1).unwrap();
    drop(connection);
    for args in [&["status"][..], &["process"], &["emit", "user.created", "v", "--data", "{}"]] {
        assert_eq!(place.run(args).code, 12, "{args:?}");
    }
    std::fs::write(
        place.path("not.db"),
        "this is no database, and it is longer than a header of one hundred bytes ".repeat(20),
    )
    .unwrap();
    let ran = place.run(&["status", "--db", "not.db"]);
    assert_eq!(ran.code, 74, "{}", ran.stderr);
    let before = std::fs::read(place.path("not.db")).unwrap();
    assert_eq!(place.run(&["emit", "user.created", "v", "--data", "{}", "--db", "not.db"]).code, 74);
    assert_eq!(std::fs::read(place.path("not.db")).unwrap(), before);
}
