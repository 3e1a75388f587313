//! A full disk: nothing acknowledged is lost, the message says what is wrong, and space is all it takes to go on.

use std::process::Command;

use crate::support::place::{Place, Ran};
use crate::support::receiver::Receiver;

/// Runs a command that may write no file longer than `blocks` of 512 bytes: the nearest to a full disk that needs no root.
fn cramped(place: &Place, blocks: u32, args: &[&str]) -> Ran {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let all: Vec<&str> = [&["-c", script.as_str(), env!("CARGO_BIN_EXE_syncctl")], args].concat();
    Ran::of(&place.prepare(Command::new("/bin/sh"), &all).output().unwrap())
}

#[test]
fn what_no_longer_fits_is_refused_and_everything_before_it_arrives() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    let data = format!("{{\"f\":\"{}\"}}", "x".repeat(20_000));
    let mut stored = 0;
    let refused = loop {
        let ran = cramped(&place, 2_000, &["emit", "user.created", &format!("u{stored}"), "--data", &data, "-q"]);
        if ran.code != 0 {
            break ran;
        }
        stored += 1;
        assert!(stored < 200, "the limit is never reached");
    };
    assert_eq!(refused.code, 74, "{refused:?}");
    assert!(refused.stderr.starts_with("error: failed to use the database"), "{}", refused.stderr);
    assert!(stored > 5);
    assert_eq!(place.data(&["status"])["queue"]["events"], stored, "reading goes on");
    assert_eq!(place.run(&["process"]).code, 0, "with space again, everything goes on");
    assert_eq!((receiver.count(), place.integrity().as_str()), (stored, "ok"));
}
