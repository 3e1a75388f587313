//! Errors: what, why, and what to try next.

use serde_json::Value;

use crate::support::Chance;
use crate::support::place::{Place, Ran};

fn error_json(ran: &Ran) -> Value {
    let last: Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    last["error"].clone()
}

#[test]
fn an_error_says_what_why_and_what_next_without_a_backtrace() {
    let mut place = Place::new();
    place.set("RUST_BACKTRACE", "1");
    let ran = place.run(&["emit", "user.created", "u"]);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 3, "{ran:?}");
    assert!(lines[0].starts_with("error: ") && lines[1].starts_with("  cause: ") && lines[2].starts_with("hint: "));
    assert_eq!(ran.stdout, "");
}

#[test]
fn with_json_the_last_line_of_standard_error_is_json_also_for_usage() {
    let place = Place::new();
    for (args, code, kind) in [
        (&["status"][..], 10, "no-database"),
        (&["emit", "user.created", "u", "--data", "{"], 65, "bad-data"),
        (&["emit", "user.created", "u", "--data", "@missing"], 66, "no-input"),
        (&["statsu"], 2, "usage"),
        (&["emit"], 2, "usage"),
        (&["endpoints"], 2, "usage"),
        (&["events", "list", "--limit", "0"], 2, "usage"),
    ] {
        for json in [&["-o", "json"][..], &["--json"], &["-ojson"], &["--output=json"]] {
            let ran = place.run(&[args, json].concat());
            assert_eq!(ran.code, code, "{args:?} {json:?}: {ran:?}");
            let error = error_json(&ran);
            assert_eq!((&error["code"], &error["kind"]), (&code.into(), &kind.into()), "{ran:?}");
            assert!(!error["message"].as_str().unwrap().is_empty());
            assert!(error.get("hint").is_some());
        }
    }
    assert!(error_json(&place.run(&["statsu", "--json"]))["hint"].as_str().unwrap().contains("'status'"));
}

#[test]
fn bad_json_is_told_with_line_and_column() {
    let place = Place::new();
    let ran = place.run(&["emit", "user.created", "u", "--data", "{\"a\":\n 1,}"]);
    assert_eq!(ran.code, 65);
    assert!(ran.stderr.contains("line 2 column"), "{ran:?}");
    let missing = place.run(&["emit", "user.created", "u", "--data", "@no-such-file"]);
    assert_eq!(missing.code, 66);
    assert!(missing.stderr.contains("no-such-file"));
}

#[test]
fn durations_and_times_are_read_and_refused_with_an_example() {
    let place = Place::new();
    place.emit("user.created", "u");
    for since in [
        "90s",
        "5m",
        "2h",
        "7d",
        "2026-11-22T10:00Z",
        "2026-11-22T10:00:00+02:00",
        "yesterday",
        "2h ago",
        "-1h",
        "2026-11-28",
    ] {
        assert_eq!(place.run(&["events", "list", "--since", since]).code, 0, "{since}");
    }
    let ran = place.run(&["events", "list", "--since", "someday"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("2h or 7d"), "{ran:?}");
}

#[test]
fn a_network_error_names_the_host_and_the_attempt() {
    let place = Place::sending_to(&["http://127.0.0.1:9/"]);
    place.emit("user.created", "u");
    let ran = place.run(&["process"]);
    assert!(ran.stdout.contains("connect: 127.0.0.1:9: connection refused  attempt 1/3, retry at"), "{ran:?}");
}

#[test]
fn no_certificates_is_no_panic() {
    let mut place = Place::sending_to(&["https://127.0.0.1:9/"]);
    place.set("SSL_CERT_FILE", "/nonexistent");
    place.set("SSL_CERT_DIR", "/nonexistent");
    place.emit("user.created", "u");
    let ran = place.run(&["process"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
}

#[test]
fn arguments_that_are_not_utf_8_are_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::new();
    let id = std::ffi::OsStr::from_bytes(b"u\xff");
    let ran = Ran::of(&place.command(&["emit".as_ref(), "user.created".as_ref(), id]).output().unwrap());
    assert_eq!(ran.code, 2, "{ran:?}");
}

/// Random arguments never end in an exit status that is not in the table, nor in a panic.
#[test]
fn no_arguments_lead_to_an_unknown_exit_status() {
    const WORDS: &[&str] = &[
        "emit",
        "process",
        "sync",
        "status",
        "health",
        "check",
        "endpoints",
        "events",
        "deliveries",
        "failures",
        "replay",
        "audit",
        "db",
        "config",
        "completions",
        "man",
        "help",
        "version",
        "list",
        "show",
        "stats",
        "pause",
        "resume",
        "give-up",
        "path",
        "backup",
        "verify",
        "prune",
        "validate",
        "bash",
        "enrollment",
        "user.created",
        "x.y",
        "1",
        "#1",
        "-1",
        "",
        "--",
        "-",
        "--data",
        "{}",
        "@",
        "@-",
        "--id",
        "--type",
        "--limit",
        "0",
        "--page",
        "-o",
        "json",
        "name",
        "csv",
        "wide",
        "bogus",
        "--columns",
        "id",
        "--since",
        "2h",
        "--yes",
        "-n",
        "--dry-run",
        "--failed",
        "--stdin",
        "--db",
        "q.db",
        "--config",
        "-q",
        "-vvv",
        "--batch",
        "--max-time",
        "100ms",
        "--wait",
        "-w",
        "pending=1",
        "--all",
        "exit-codes",
        "\u{202e}\u{1b}[2J",
        "é",
        "--force",
        "b.db",
        "--reveal",
        "--origin",
        "--json",
        "--help",
        "-V",
    ];
    let place = Place::sending_to(&["http://127.0.0.1:9/"]);
    let codes: Vec<i32> = syncctl::cli::exit::Exit::ALL.iter().map(|exit| exit.code().into()).collect();
    for seed in crate::support::seeds(3) {
        let mut chance = Chance::new(seed);
        for _ in 0..120 {
            let args: Vec<&str> = (0..=chance.below(6)).map(|_| *chance.pick(WORDS)).collect();
            let ran = place.run(&args);
            assert!(codes.contains(&ran.code) && ran.code != 70, "seed {seed}, {args:?}: {ran:?}");
        }
    }
}

#[test]
fn words_of_other_tools_lead_to_the_command_that_does_it_here() {
    let place = Place::new();
    for (typed, command) in
        [("queue", "syncctl status"), ("requeue", "syncctl replay"), ("test", "syncctl endpoints test NAME")]
    {
        let ran = place.run(&[typed]);
        assert!(ran.code == 2 && ran.stderr.contains(&format!("tip: use `{command}`")), "{ran:?}");
        let json = place.run(&[typed, "-o", "json"]);
        assert!(json.stderr.contains(command), "{json:?}");
    }
}
