//! Errors: what, why, and what to try next.

use std::process::{Command, Stdio};
use std::time::Duration;

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

/// Values of options and arguments: good ones, bad ones, and those of another kind. None names a file outside of the test's place.
fn values() -> Vec<&'static str> {
    let words = "1 0 -1 #1 evt#1 99999999999999999999 -- - @ @- @missing {} [1 user.created user.* x.y enrollment u-1 one 2h 100ms soon \
                 yesterday 2026-11-28 json csv wide bogus id q.db b.db missing/file postgres://127.0.0.1:9/none http://127.0.0.1:9/ \
                 ftp://x pending failed pending=1,age=5m stripe generic {timestamp}.{body} F1 1MiB 127.0.0.1:0 bash exit-codes \
                 timeout=5s = WEBHOOK_SECRET true é";
    words.split_whitespace().chain(["", "name: value", "{\"a\":1}", "a\nb", "\u{202e}\u{1b}[2J"]).collect()
}

/// A command with some of its options and arguments, from the help tree, and now and then a word that does not belong there.
fn random_arguments(chance: &mut Chance, commands: &[Value], values: &[&str]) -> Vec<String> {
    let command = chance.pick(commands);
    let mut args: Vec<String> = command["name"].as_str().unwrap().split(' ').map(str::to_owned).collect();
    // A server of a run that happens to be complete takes no port that others may want.
    let listens = ["serve", "listen"].contains(&args[0].as_str());
    let known: Vec<&Value> = command["arguments"].as_array().unwrap().iter().collect();
    for _ in 0..chance.below(6) {
        match chance.pick(&known) {
            _ if chance.one_in(12) => args.push((*chance.pick(values)).to_owned()),
            argument if argument["positional"] == true => args.push((*chance.pick(values)).to_owned()),
            argument => {
                args.extend(argument["long"].as_str().map(|long| format!("--{long}")));
                if !argument["valueNames"].as_array().unwrap().is_empty() && !chance.one_in(10) {
                    args.push((*chance.pick(values)).to_owned());
                }
            }
        }
    }
    if listens {
        args.extend(["--listen", "127.0.0.1:0"].map(str::to_owned));
    }
    args
}

/// Runs a command and ends one that would go on for ever as a service manager does.
fn run_or_terminate(place: &Place, args: &[String]) -> Ran {
    let mut command = place.command(args);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (id, (done, ended)) = (child.id(), std::sync::mpsc::channel());
    let waiter = std::thread::spawn(move || drop(done.send(Ran::of(&child.wait_with_output().unwrap()))));
    let ran = ended.recv_timeout(Duration::from_secs(1)).or_else(|_| {
        Command::new("kill").args(["-TERM", &id.to_string()]).status().unwrap();
        ended.recv_timeout(Duration::from_secs(30))
    });
    let ran = ran.unwrap_or_else(|_| panic!("does not end: {args:?}"));
    waiter.join().unwrap();
    ran
}

/// Random arguments, made from the help tree, never end in an exit status that is not in the table, nor in a panic.
#[test]
fn no_arguments_lead_to_an_unknown_exit_status() {
    let commands = Place::new().data(&["help", "--all"])["commands"].as_array().unwrap().clone();
    let codes: Vec<i32> = syncctl::cli::exit::Exit::ALL.iter().map(|exit| exit.code().into()).collect();
    for seed in crate::support::seeds(3) {
        let mut chance = Chance::new(seed);
        let place = Place::sending_to(&["http://127.0.0.1:9/"]);
        place.emit("user.created", "u-1");
        for _ in 0..120 {
            let args = random_arguments(&mut chance, &commands, &values());
            let ran = run_or_terminate(&place, &args);
            // A command that handles no signals is ended by one, which a shell shows as 143.
            let code = if ran.code == -15 { 143 } else { ran.code };
            assert!(codes.contains(&code) && code != 70, "SYNCCTL_SEED={seed}, {args:?}: {ran:?}");
            assert!(!ran.stderr.contains("panicked"), "SYNCCTL_SEED={seed}, {args:?}: {ran:?}");
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
