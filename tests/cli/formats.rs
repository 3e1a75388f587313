//! Streams and formats: what goes where, and in which form.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::place::{Place, Ran};
use crate::support::receiver::{Receiver, Reply};

/// Commands that answer with data, each as its arguments.
pub(crate) const READERS: &[&[&str]] = &[
    &["status"],
    &["endpoints", "list"],
    &["endpoints", "show", "one"],
    &["events", "list"],
    &["events", "show", "1"],
    &["deliveries", "list"],
    &["failures", "list"],
    &["failures", "stats"],
    &["audit", "list"],
    &["logs"],
    &["why", "1"],
    &["why", "one"],
    &["why", "enr-1"],
    &["replay", "--failed", "--dry-run"],
    &["db", "status"],
    &["db", "path"],
    &["config", "show"],
    &["config", "path"],
    &["help", "exit-codes"],
    &["version"],
];

/// A queue with delivered, failed and waiting deliveries to endpoints called `one` and `two`.
fn lively_place() -> (Receiver, Place) {
    let receiver = Receiver::new(|request| Reply::Status(if request.path == "/two" { 500 } else { 200 }));
    let mut place = Place::new();
    std::fs::create_dir_all(place.path(".config/syncctl")).unwrap();
    let config = format!(
        "[delivery]\nmax_attempts = 1\n[[endpoints]]\nname = \"one\"\nurl = \"{}\"\n[[endpoints]]\nname = \"two\"\nurl = \"{}\"\n",
        receiver.url("/one"),
        receiver.url("/two")
    );
    std::fs::write(place.path(".config/syncctl/config.toml"), config).unwrap();
    place.unset("SYNC_WEBHOOK_URLS");
    place.emit("user.created", "u-1");
    place.emit("enrollment.created", "enr-1");
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    place.emit("user.updated", "u-1");
    (receiver, place)
}

#[test]
fn every_json_answer_is_the_envelope_and_logs_are_elsewhere() {
    let (_receiver, place) = lively_place();
    for args in READERS {
        let ran = place.run(&[args, &["-o", "json", "-vvv"][..]].concat());
        assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
        assert_eq!(ran.stdout.lines().count(), 1, "{args:?}");
        let envelope: Value = serde_json::from_str(&ran.stdout).unwrap();
        let time = envelope["metadata"]["timestamp"].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z') && time.as_bytes()[19] == b'.', "{time}");
        assert!(!envelope["data"].is_null() && envelope["metadata"]["version"] == "1.0");
        assert_eq!(place.run(&[args, &["--json"][..]].concat()).code, 0);
    }
    let health = place.run(&["health", "-o", "json"]);
    assert_eq!(health.code, 1);
    assert!(health.data()["health"]["healthy"] == false);
}

#[test]
fn an_unknown_format_is_refused_with_those_there_are() {
    let ran = Place::new().run(&["status", "-o", "bogus"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("table, wide, json, jsonl, csv, name"), "{ran:?}");
}

#[test]
fn jsonl_has_a_line_for_each_row_and_name_only_ids() {
    let (_receiver, place) = lively_place();
    let lines = place.run(&["deliveries", "list", "-o", "jsonl"]).stdout;
    assert_eq!(lines.lines().count(), 6);
    lines.lines().for_each(|line| drop(serde_json::from_str::<Value>(line).unwrap()));
    let names = place.run(&["deliveries", "list", "--failed", "-o", "name"]).stdout;
    assert_eq!(names.lines().collect::<Vec<_>>(), ["4", "2"]);
    let plan = place.run_with_input(&["replay", "--stdin", "--dry-run", "-o", "json"], names.as_bytes());
    assert_eq!(plan.data()["wouldChange"], 2);
}

#[test]
fn tables_end_no_line_with_a_space_and_wide_and_no_headers_do_what_they_say() {
    let (_receiver, place) = lively_place();
    for args in READERS {
        let table = place.run(args).stdout;
        assert!(!table.contains('\u{1b}'), "{args:?}");
        assert!(table.lines().all(|line| !line.ends_with(' ')), "{args:?}:\n{table}");
    }
    let width = |format: &str| place.run(&["deliveries", "list", "-o", format]).stdout.lines().next().unwrap().len();
    assert!(width("wide") > width("table"));
    let lines = |more: &[&str]| place.run(&[&["deliveries", "list"], more].concat()).stdout.lines().count();
    assert_eq!(lines(&["--no-headers"]) + 1, lines(&[]));
    place.emit_many(3);
    let numbers = place.run(&["deliveries", "list", "--columns", "id", "--no-headers"]).stdout;
    assert!(numbers.starts_with("12\n11\n10\n 9\n"), "numbers are aligned to the right: {numbers}");
}

#[test]
fn columns_are_chosen_by_name() {
    let (_receiver, place) = lively_place();
    let chosen = place.run(&["events", "list", "--columns", "type,seq", "-o", "csv"]).stdout;
    assert_eq!(chosen.lines().next(), Some("type,seq"));
    let unknown = place.run(&["events", "list", "--columns", "typ"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (2, ""));
    assert!(unknown.stderr.contains("the columns are seq, type, resource"), "{unknown:?}");
}

#[test]
fn quiet_keeps_back_what_people_are_told_and_no_data() {
    let place = Place::new();
    let emit = |format: &str| place.run(&["emit", "user.created", "u", "--data", "{}", "-q", "-o", format]).stdout;
    assert_eq!((emit("table").as_str(), emit("wide").as_str()), ("", ""));
    assert!(emit("json").contains("\"deliveries\":0") && emit("jsonl").contains("\"deliveries\":0"));
    assert!(emit("name").starts_with("evt_"));
}

#[test]
fn an_empty_list_is_empty() {
    let (_receiver, place) = lively_place();
    let args = ["deliveries", "list", "--type", "no.such"];
    assert_eq!(place.run(&args), Ran { code: 0, stdout: String::new(), stderr: String::new() });
    assert!(place.run(&[&args[..], &["-o", "json"]].concat()).stdout.starts_with("{\"data\":[]"));
}

#[test]
fn a_reader_that_leaves_early_is_no_fault() {
    let (_receiver, place) = lively_place();
    for args in READERS {
        let command = format!(
            "{} {} --color never | true; echo ${{PIPESTATUS[0]}}",
            env!("CARGO_BIN_EXE_syncctl"),
            args.join(" ")
        );
        let ran = Ran::of(&place.prepare(Command::new("bash"), &["-c", &command]).output().unwrap());
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("0\n", ""), "{args:?}");
    }
}

#[test]
fn a_full_disk_is_an_error_in_one_line() {
    let (_receiver, place) = lively_place();
    let full = || Stdio::from(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let others: &[&[&str]] =
        &[&["--help"], &["--version"], &["completions", "bash"], &["man"], &["events", "show", "1", "--body"]];
    for args in READERS.iter().chain(others) {
        let mut command = place.command(args);
        let ran = Ran::of(&command.stdout(full()).stderr(Stdio::piped()).output().unwrap());
        assert_eq!(ran.code, 74, "{args:?}: {ran:?}");
        assert!(!ran.stderr.contains("panicked"));
    }
    let emitted = Ran::of(
        &place
            .command(&["emit", "user.created", "u-9", "--data", "{}"])
            .stdout(full())
            .stderr(Stdio::piped())
            .output()
            .unwrap(),
    );
    assert_eq!(emitted.code, 74, "what was stored is stored, and the exit status says that nobody was told");
    assert_eq!(emitted.stderr.lines().next(), Some("error: failed to write to standard output"));
    assert_eq!(place.data(&["events", "list"]).as_array().unwrap().len(), 4);
}

#[test]
fn a_closed_standard_error_changes_nothing() {
    let (_receiver, place) = lively_place();
    let lines = place.ok(&["status"]).lines().count();
    let command = format!("{} status -vvv 2>&- | wc -l", env!("CARGO_BIN_EXE_syncctl"));
    let ran = Ran::of(&place.prepare(Command::new("bash"), &["-c", &command]).output().unwrap());
    assert_eq!((ran.code, ran.stdout.trim()), (0, lines.to_string().as_str()), "{ran:?}");
}

#[test]
fn quiet_says_nothing_on_success_and_errors_still_print() {
    let (_receiver, place) = lively_place();
    for args in [
        &["emit", "user.created", "q", "--data", "{}"][..],
        &["endpoints", "pause", "one"],
        &["endpoints", "resume", "one"],
        &["db", "verify"],
        &["db", "backup", "b.db"],
        &["config", "validate"],
    ] {
        let ran = place.run(&[args, &["-q"]].concat());
        assert_eq!(ran, Ran { code: 0, stdout: String::new(), stderr: String::new() }, "{args:?}");
    }
    let failed = place.run(&["endpoints", "pause", "oen", "-q"]);
    assert_eq!(failed.code, 2);
    assert!(failed.stderr.starts_with("error: "), "{failed:?}");
}

#[test]
fn the_log_is_as_loud_as_asked_and_json_where_asked() {
    let (_receiver, mut place) = lively_place();
    assert_eq!(place.run(&["process"]).stderr, "");
    place.run(&["replay", "--failed", "--yes"]);
    let loud = place.run(&["process", "-v", "--log-format", "json"]);
    assert!(loud.stderr.lines().count() > 0, "{loud:?}");
    let is_json = |line: &str| drop(serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{e}: {line}")));
    loud.stderr.lines().for_each(is_json);
    for args in
        [&["events", "show", "nope"][..], &["stat"], &["emit", "user.created", "u", "--data", "{}", "--db", "new.db"]]
    {
        let told = place.run(&[args, &["--log-format", "json"]].concat()).stderr;
        assert!(!told.is_empty(), "{args:?}");
        told.lines().for_each(is_json);
    }
    place.set("SYNCCTL_LOG", "syncctl::outbound=error");
    place.run(&["replay", "--failed", "--yes"]);
    assert_eq!(place.run(&["process", "-vvv"]).stderr, "");
}

#[test]
fn csv_begins_with_headings_and_holds_no_formula() {
    let (_receiver, place) = lively_place();
    for formula in ["=1+1", "+1", "-1", "@SUM(A1)"] {
        let ran = place.run(&["emit", "user.created", "--data", "{}", "--", formula]);
        assert_eq!(ran.code, 0, "{formula:?}: {ran:?}");
    }
    let csv = place.run(&["events", "list", "-o", "csv"]).stdout;
    assert!(csv.starts_with("seq,type,resource,"), "{csv}");
    for line in csv.lines().skip(1) {
        let resource = line.split(',').nth(2).unwrap();
        assert!(!resource.trim_matches('"').starts_with(['=', '+', '-', '@', '\t']), "{line}");
    }
    assert!(csv.contains("'=1+1"));
}

#[test]
fn a_run_with_nothing_to_do_is_silent() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit("user.created", "u");
    assert_eq!(place.run(&["process", "-q"]).code, 0);
    let again = place.run(&["process", "-q"]);
    assert_eq!(again, Ran { code: 0, stdout: String::new(), stderr: String::new() });
}
