//! A secret appears nowhere.

use crate::support::place::{Place, kill};
use crate::support::receiver::{Receiver, Reply};

const CANARY: &str = "canary-7f3a91c04be2d856";

fn place(receiver: &Receiver) -> Place {
    let mut place = Place::sending_to(&[receiver.url("/")]);
    for name in ["WEBHOOK_SECRET", "WEBHOOK_SECRET_PREVIOUS", "CRON_SECRET", "SYNCCTL_ADMIN_TOKEN"] {
        place.set(name, &format!("{CANARY}-{name}"));
    }
    place
}

#[test]
fn no_command_shows_it_however_loud() {
    let receiver = Receiver::new(|request| Reply::With(500, Vec::new(), request.header("x-webhook-signature").into()));
    let mut place = place(&receiver);
    place.set("RUST_BACKTRACE", "1");
    place.emit("user.created", "u");
    let wrong: &[&[&str]] =
        &[&["process"], &["health"], &["check"], &["statsu"], &["config", "validate"], &["sync", "profile", "u"]];
    for args in super::formats::READERS.iter().chain(wrong) {
        for more in [&["-vvv"][..], &["-o", "json", "-vvv", "--log-format", "json"], &["--help"]] {
            let ran = place.run(&[args, more].concat());
            assert!(!ran.stdout.contains(CANARY) && !ran.stderr.contains(CANARY), "{args:?} {more:?}");
        }
    }
    for file in ["q.db", "q.db-wal"] {
        let bytes = std::fs::read(place.path("state").join(file)).unwrap_or_default();
        assert!(!bytes.windows(CANARY.len()).any(|it| it == CANARY.as_bytes()), "{file}");
    }
    for request in receiver.requests() {
        assert!(!format!("{:?}", request.headers).contains(CANARY));
    }
}

#[test]
fn no_argument_of_a_process_holds_it() {
    let receiver = Receiver::good();
    let place = place(&receiver);
    place.emit("user.created", "u");
    let mut child = place.spawn(&["process", "--watch"]);
    receiver.wait_for(1, std::time::Duration::from_secs(5));
    let seen = std::fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
    assert!(!String::from_utf8_lossy(&seen).contains(CANARY));
    kill(&child, "-TERM");
    child.wait().unwrap();
    let flags = place.data(&["help", "--all"]).to_string();
    for name in ["\"secret\"", "\"token\"", "\"password\""] {
        assert!(!flags.contains(&format!("\"long\":{name}")), "a flag that takes a secret's value: {name}");
    }
}

#[test]
fn a_secret_that_cannot_be_used_is_not_shown_either() {
    let receiver = Receiver::good();
    let mut place = place(&receiver);
    place.emit("user.created", "u");
    for wrong in [format!("whsec_{CANARY}!"), "   ".to_owned(), String::new()] {
        place.set("WEBHOOK_SECRET", &wrong);
        for args in [&["process"][..], &["config", "validate"], &["config", "show", "--origin"]] {
            let ran = place.run(args);
            assert!(!ran.stdout.contains(CANARY) && !ran.stderr.contains(CANARY), "{ran:?}");
        }
        assert_eq!(place.run(&["process"]).code, 78, "{wrong:?}");
    }
    let env = place.path("vars");
    std::fs::write(&env, format!("WEBHOOK_SECRET={CANARY} with spaces\n")).unwrap();
    let ran = place.run(&["config", "validate", "--env-file", "vars"]);
    assert!(ran.code == 78 && !ran.stderr.contains(CANARY) && !ran.stdout.contains(CANARY), "{ran:?}");
    assert_eq!(receiver.count(), 0);
}

#[test]
fn while_a_rotation_lasts_both_secrets_sign() {
    let receiver = Receiver::good();
    let mut place = place(&receiver);
    let signatures = |place: &Place| {
        place.emit("user.created", "u");
        assert_eq!(place.run(&["process"]).code, 0);
        let seen = receiver.requests().last().unwrap().clone();
        (seen.header("webhook-signature").split(' ').count(), seen.header("x-webhook-signature").to_owned())
    };
    let (during, current) = signatures(&place);
    assert_eq!((during, current.len()), (2, 64));
    place.unset("WEBHOOK_SECRET_PREVIOUS");
    assert_eq!(signatures(&place).0, 1);
}
