//! What changes when somebody looks: colour, width, relative times, questions.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use crate::support::place::{Place, Ran};
use crate::support::receiver::Receiver;
use crate::support::tools::has_tools;

/// Runs a command on a terminal of its own, `columns` wide, typing `input`. `None` where there is no `script`.
pub(crate) fn on_terminal(place: &Place, columns: u16, args: &str, input: &str) -> Option<Ran> {
    if !has_tools(&["script"]) {
        return None;
    }
    let command = format!("stty cols {columns} -echo; {} {args}", env!("CARGO_BIN_EXE_syncctl"));
    let mut script = place.prepare(Command::new("script"), &["-qec", &command, "/dev/null"]);
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    Some(Ran::of(&output))
}

fn place() -> (Receiver, Place) {
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/a-rather-long-path/so-that-lines-would-be-long")]);
    place.unset("NO_COLOR");
    place.emit_many(2);
    place.run(&["process"]);
    (receiver, place)
}

fn without_no_color(place: &Place, args: &str, env: &str) -> Option<Ran> {
    let command = format!("env -u NO_COLOR {env} {} {args}", env!("CARGO_BIN_EXE_syncctl"));
    let command = format!("stty cols 100; {command}");
    has_tools(&["script"]).then(|| {
        let mut script = place.prepare(Command::new("script"), &["-qec", &command, "/dev/null"]);
        Ran::of(&script.output().unwrap())
    })
}

#[test]
fn times_are_relative_on_a_terminal_and_rfc_3339_in_a_pipe() {
    let (_receiver, mut place) = place();
    let piped = place.run(&["events", "list"]).stdout;
    assert!(piped.contains("T") && piped.contains("Z") && !piped.contains("just now"), "{piped}");
    assert!(place.run(&["events", "list", "--time", "relative"]).stdout.contains("just now"));
    assert!(!place.run(&["events", "list", "--time", "unix"]).stdout.contains(':'));
    place.set("TZ", "Asia/Kolkata");
    assert!(place.run(&["events", "list", "--time", "local"]).stdout.contains("+05:30"));
    let Some(seen) = on_terminal(&place, 100, "events list", "") else { return };
    assert!(seen.stdout.contains("just now"), "{seen:?}");
}

#[test]
fn colour_is_for_terminals_unless_somebody_says_otherwise() {
    let (_receiver, place) = place();
    let escapes = |ran: &Ran| ran.stdout.matches('\u{1b}').count();
    assert_eq!(escapes(&place.run(&["deliveries", "list"])), 0);
    assert!(escapes(&place.run(&["deliveries", "list", "--color", "always"])) > 0);
    let with = |name: &str, value: &str, args: &[&str]| {
        let mut place = Place::within(tempfile::tempdir().unwrap());
        place.set("SYNCCTL_DB", "unused");
        place.env.clear();
        place.set(name, value);
        place.set("NO_COLOR", "");
        place.run(&[&["help", "exit-codes"], args].concat())
    };
    assert!(escapes(&with("CLICOLOR_FORCE", "1", &[])) > 0);
    assert_eq!(escapes(&with("CLICOLOR_FORCE", "0", &[])), 0);
    assert_eq!(escapes(&with("CLICOLOR_FORCE", "1", &["--color", "never"])), 0);
    let Some(plain) = without_no_color(&place, "status", "NO_COLOR=1") else { return };
    assert!(!plain.stdout.contains("\u{1b}[3"), "{plain:?}");
    let colored = without_no_color(&place, "status", "NO_COLOR=").unwrap();
    assert!(colored.stdout.contains("\u{1b}["), "{colored:?}");
    let dumb = without_no_color(&place, "process", "TERM=dumb").unwrap();
    assert_eq!(escapes(&dumb), 0, "{dumb:?}");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let (_receiver, mut place) = place();
    let lines = |place: &Place, columns: u16| {
        let seen = on_terminal(place, columns, "--color never deliveries list", "")?;
        Some(seen.stdout.lines().map(|line| line.trim_end().chars().count()).max().unwrap_or_default())
    };
    place.set("COLUMNS", "60");
    let Some(widest) = lines(&place, 0) else { return };
    assert!(widest > 0 && widest <= 60, "{widest}");
    place.set("COLUMNS", "");
    assert!(lines(&place, 70).unwrap() <= 70);
    assert!(lines(&place, 0).unwrap() <= 100, "a terminal that does not know its width");
}

#[test]
fn hints_are_for_terminals() {
    let (_receiver, place) = place();
    assert!(!place.run(&["deliveries", "list", "--failed"]).stderr.contains("hint"));
    let Some(seen) = on_terminal(&place, 100, "deliveries list --failed", "") else { return };
    assert!(seen.stdout.contains("hint: no deliveries match"), "{seen:?}");
    assert!(!on_terminal(&place, 100, "deliveries list --failed -q", "").unwrap().stdout.contains("hint"));
}

#[test]
fn status_is_redrawn_until_it_is_interrupted_and_that_is_no_failure() {
    let (_receiver, place) = place();
    let child = place.command(&["status", "--watch=100ms"]).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::park_timeout(std::time::Duration::from_millis(600));
    crate::support::place::kill(&child, "-INT");
    let ran = Ran::of(&child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.matches("UNDELIVERED").count() >= 2, "{ran:?}");
    assert!(!ran.stdout.contains('\u{1b}'), "a pipe is not redrawn");
}

#[test]
fn prune_asks_and_no_is_the_answer_unless_it_is_yes() {
    let (_receiver, place) = place();
    let delivered = || place.queue()["delivered"].clone();
    let Some(seen) = on_terminal(&place, 100, "db prune --older-than 0s", "\n") else { return };
    assert_eq!(seen.code, 0, "{seen:?}");
    assert!(seen.stdout.contains("[y/N]") && seen.stdout.contains("nothing was removed"), "{seen:?}");
    assert_eq!(delivered(), 2);
    let refused = on_terminal(&place, 100, "--no-input db prune --older-than 0s", "").unwrap();
    assert_eq!(refused.code, 2, "{refused:?}");
    let done = on_terminal(&place, 100, "db prune --older-than 0s", "y\n").unwrap();
    assert!(done.stdout.contains("2 deliveries, 2 attempts and 2 events removed"), "{done:?}");
    assert_eq!(delivered(), 0);
}

#[test]
fn secrets_are_revealed_on_a_terminal_only() {
    let place = Place::new();
    let piped = place.run(&["config", "show", "--reveal"]);
    assert_eq!((piped.code, piped.stdout.as_str()), (2, ""));
    let Some(seen) = on_terminal(&place, 100, "config show --reveal", "") else { return };
    assert!(seen.stdout.contains(crate::support::place::SECRET), "{seen:?}");
    assert!(!on_terminal(&place, 100, "config show", "").unwrap().stdout.contains(crate::support::place::SECRET));
}

#[test]
fn what_to_do_next_is_said_where_there_is_something_to_do() {
    let (_receiver, place) = place();
    let emit = "emit user.created u --data {}";
    let Some(seen) = on_terminal(&place, 100, emit, "") else { return };
    assert!(seen.stdout.contains("hint: deliver now with `syncctl process`"), "{seen:?}");
    let nobody = Place::new();
    let seen = on_terminal(&nobody, 100, emit, "").unwrap();
    assert!(seen.stdout.contains("stored without deliveries") && !seen.stdout.contains("deliver now"), "{seen:?}");
    assert!(
        seen.stdout.contains("hint: once an endpoint subscribes to it, deliver it with `syncctl replay evt_"),
        "{seen:?}"
    );
    assert!(!place.run(&emit.split(' ').collect::<Vec<_>>()).stderr.contains("hint"), "nobody looks");
}

#[test]
fn a_secret_nobody_configured_is_asked_for_and_not_shown_while_it_is_typed() {
    if !has_tools(&["script"]) {
        return;
    }
    let mut place = Place::new();
    place.unset("WEBHOOK_SECRET");
    place.set("TYPED", "typed-by-hand");
    let asked = |args: &str, typed: &str| {
        let command = format!("{} {args}", env!("CARGO_BIN_EXE_syncctl"));
        let mut script = place.prepare(Command::new("script"), &["-qec", &command, "/dev/null"]);
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (mut seen, mut byte) = (Vec::new(), [0]);
        // The terminal echoes by itself: what is typed before the question would show.
        while !seen.ends_with(b"Secret: ") && stdout.read(&mut byte).unwrap() == 1 {
            seen.extend(byte);
        }
        // The echo ends a moment after the question: nobody types as fast as a test.
        std::thread::park_timeout(std::time::Duration::from_millis(400));
        stdin.write_all(typed.as_bytes()).unwrap();
        stdout.read_to_end(&mut seen).unwrap();
        (child.wait().unwrap().code(), String::from_utf8(seen).unwrap())
    };
    let (code, seen) = asked("sign --data '{}'", "typed-by-hand\n");
    let right = place.run(&["sign", "--data", "{}", "--secret-env", "TYPED"]).stdout;
    assert!(code == Some(0) && seen.contains(right.trim()) && !seen.contains("typed-by-hand"), "{seen}");
    let (code, seen) = asked("sign --data '{}'", "\n");
    assert!(code == Some(78) && seen.contains("there is no secret"), "{seen}");
    let (code, seen) = asked("verify --header 'X-Webhook-Signature: 00' /dev/null", "\u{3}");
    assert!(code != Some(0) && !seen.contains("INVALID"), "interrupted at the question: {code:?} {seen}");
    let silent = place.run(&["sign", "--data", "{}"]);
    assert!(silent.code == 78 && !silent.stderr.contains("Secret:"), "without a terminal nobody is asked: {silent:?}");
    let told = on_terminal(&place, 100, "sign --data '{}' --no-input", "").unwrap();
    assert!(told.code == 78 && !told.stdout.contains("Secret:"), "{told:?}");
}
