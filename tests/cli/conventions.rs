//! Conventions that belong to no other file: a terminal where data should come from, sizes, progress, panics, credentials, the
//! service manager.

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::place::{Place, kill, within};
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools::has_tools;

#[test]
fn a_terminal_in_place_of_a_body_is_said_and_does_not_hang() {
    if !has_tools(&["script"]) {
        return;
    }
    let place = Place::new();
    let typed = format!("{} sign < /dev/tty", env!("CARGO_BIN_EXE_syncctl"));
    let output = place.prepare(Command::new("script"), &["-qec", &typed, "/dev/null"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stdout).contains("standard input is a terminal"));
}

#[test]
fn a_credential_of_the_service_manager_signs() {
    let mut place = Place::new();
    std::fs::create_dir(place.path("credentials")).unwrap();
    std::fs::write(place.path("credentials/webhook-secret"), "syncctl-test-secret\n").unwrap();
    let by_variable = place.run_with_input(&["sign"], b"x").stdout;
    place.unset("WEBHOOK_SECRET");
    place.set("CREDENTIALS_DIRECTORY", &place.path("credentials").display().to_string());
    let by_credential = place.run_with_input(&["sign"], b"x");
    assert_eq!((by_credential.code, by_credential.stdout), (0, by_variable));
}

#[test]
fn the_service_manager_is_told_of_readiness_life_and_stopping() {
    let mut place = Place::new();
    let socket = UnixDatagram::bind(place.path("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    place.set("NOTIFY_SOCKET", &place.path("notify").display().to_string());
    place.set("WATCHDOG_USEC", "400000");
    let mut serve = place.spawn(&["serve", "--listen", "127.0.0.1:0", "--without", "admin,process"]);
    let told = |word: &str| {
        let mut buffer = [0; 512];
        (0..100).any(|_| {
            let length = socket.recv(&mut buffer).unwrap();
            String::from_utf8_lossy(&buffer[..length]).contains(word)
        })
    };
    assert!(told("READY=1") && told("WATCHDOG=1"));
    kill(&serve, "-TERM");
    assert!(told("STOPPING=1"));
    assert_eq!(serve.wait().unwrap().code(), Some(0));
}

#[test]
fn sizes_are_read_with_units_and_refused_with_an_example() {
    let place = Place::new();
    let refused = |size: &str| place.run(&["listen", "--listen", "nowhere", "--max-body", size]);
    for size in ["1", "512B", "64KiB", "1MiB"] {
        assert!(refused(size).stderr.contains("failed to listen"), "{size} is a size");
    }
    for size in ["", "MiB", "1 MiB", "1mib", "1MB", "0", "1.5MiB", "99999999999999999999", "99999999999GiB", "1GiB"] {
        let ran = refused(size);
        assert!(ran.code == 2 && ran.stderr.contains("--max-body"), "{size}: {ran:?}");
    }
    assert!(refused("1MB").stderr.contains("64KiB or 1MiB"));
}

#[test]
fn a_progress_bar_is_for_terminals_alone() {
    let receiver = Receiver::new(|_| Reply::After(Duration::from_millis(20), Box::new(Reply::Status(200))));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("TERM", "xterm");
    place.emit_many(100);
    let ran = place.run(&["process", "--limit", "50", "--color", "always"]);
    assert_eq!((ran.code, ran.stderr.contains(['\r', '\u{1b}'])), (0, false), "{ran:?}");
    let Some(seen) = super::terminal::on_terminal(&place, 100, "process", "") else { return };
    assert!(seen.code == 0 && seen.stdout.contains("\u{1b}[2KDelivering "), "{seen:?}");
}

#[test]
fn a_panic_is_reported_as_a_bug_and_exits_70() {
    let mut place = Place::new();
    place.set("SYNCCTL_TEST_PANIC", "1");
    place.set("RUST_BACKTRACE", "1");
    let ran = place.run(&["version"]);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!((ran.code, ran.stdout.as_str(), lines.len()), (70, "", 2), "{ran:?}");
    assert!(lines[0].starts_with("error: a bug in syncctl: failpoint: panic (src/cli.rs:"), "{ran:?}");
    assert_eq!(lines[1], "hint: please report this line");
    let loud = place.run(&["version", "-vvv"]);
    assert!(loud.code == 70 && loud.stderr.contains("backtrace="), "{loud:?}");
}

#[test]
fn a_run_starts_nothing_after_its_maximum_time() {
    let receiver = Receiver::new(|_| Reply::After(Duration::from_millis(300), Box::new(Reply::Status(200))));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(200);
    let began = Instant::now();
    let ran = place.run(&["process", "--concurrency", "1", "--max-time", "1s"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let (made, queue) = (receiver.count(), place.queue());
    assert!(made > 0 && made < 200 && began.elapsed() < Duration::from_secs(30), "{made} in {:?}", began.elapsed());
    assert_eq!((&queue["delivered"], &queue["processing"]), (&made.into(), &0.into()));
}

#[test]
fn the_lock_of_a_single_run_dies_with_its_process() {
    let receiver = Receiver::new(|request| match request.event_id() {
        "e0" => Reply::Hang,
        _ => Reply::Status(200),
    });
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_TIMEOUT", "500ms");
    place.emit_many(1);
    let mut first = place.spawn(&["process", "--single", "--wait"]);
    receiver.wait_for(1, Duration::from_secs(10));
    kill(&first, "-KILL");
    first.wait().unwrap();
    place.emit_lines(std::iter::once(("next".to_owned(), "other".to_owned())));
    assert_eq!(place.run(&["process", "--single", "--limit", "2"]).code, 0);
    within(Duration::from_secs(10), "the next run delivers", || place.queue()["delivered"] == 1);
}
