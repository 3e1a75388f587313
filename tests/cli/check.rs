//! `check`: the form of Nagios.

use crate::support::place::{Place, Ran};
use crate::support::receiver::{Receiver, Reply};

fn first_line(ran: &Ran) -> &str {
    ran.stdout.lines().next().unwrap_or_default()
}

#[test]
fn the_exit_status_and_the_first_line_say_how_it_is() {
    let receiver = Receiver::new(|_| Reply::Status(500));
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit_many(3);
    let good = place.run(&["check", "-w", "pending=100", "-c", "pending=1000"]);
    assert_eq!(good.code, 0);
    assert_eq!(
        first_line(&good).split_once(" | ").unwrap(),
        ("SYNC OK - 3 pending, 0 failed", "pending=3;100;1000;0 age=0s;300;900;0 failed=0;;;0 rate=0%;5;10;0;100")
    );
    assert_eq!(place.run(&["check", "--warning", "pending=2"]).code, 1);
    assert_eq!(place.run(&["check", "-w", "pending=1", "-c", "pending=2"]).code, 2);
    place.run(&["process", "-q"]);
    let bad = place.run(&["check"]);
    assert_eq!(bad.code, 2, "unhealthy is critical: {bad:?}");
    let warned = place.run(&["check", "-w", "failed=2", "-c", "rate=100"]);
    assert_eq!(warned.code, 1);
    assert!(first_line(&warned).starts_with("SYNC WARNING - 3 failed > 2"), "{warned:?}");
    let json = place.run(&["check", "-o", "json"]);
    assert_eq!((json.code, json.data()["status"].as_str()), (2, Some("CRITICAL")));
}

#[test]
fn whatever_goes_wrong_is_unknown_and_on_standard_output() {
    let place = Place::new();
    for args in [
        &["check"][..],
        &["check", "--bogus"],
        &["check", "-w", "pendign=3"],
        &["check", "--config", "no-such.toml"],
        &["check", "-o", "bogus"],
        &["-q", "check", "more"],
        &["check", "--timeout", "soon"],
    ] {
        let ran = place.run(args);
        assert_eq!(ran.code, 3, "{args:?}: {ran:?}");
        assert!(first_line(&ran).starts_with("SYNC UNKNOWN - "), "{args:?}: {ran:?}");
    }
    assert_eq!(place.run(&["check", "--help"]).code, 0);
}

#[test]
fn it_answers_within_its_timeout() {
    let place = Place::new();
    place.emit("user.created", "u");
    // A command that hangs stands for a disk that does.
    let fifo = place.path("config.toml");
    std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    let began = std::time::Instant::now();
    let ran = place.run(&["check", "--timeout", "300ms", "--config", &fifo.display().to_string()]);
    assert_eq!(ran.code, 3);
    assert!(first_line(&ran).contains("no answer within 300ms"), "{ran:?}");
    assert!(began.elapsed() < std::time::Duration::from_secs(5));
}

#[test]
fn foreign_text_neither_ends_the_line_nor_begins_performance_data() {
    let place = Place::new();
    let ran = place.run(&["check", "--config", "no\nsuch | pending=0 \u{1b}[2J.toml"]);
    assert_eq!((ran.code, ran.stdout.lines().count(), ran.stdout.matches('|').count()), (3, 1, 0), "{ran:?}");
    assert!(!ran.stdout.contains('\u{1b}'));
}
