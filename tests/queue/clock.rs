//! Clocks that are wrong: jumps in both directions, and years no clock should show.

use std::process::Command;

use crate::support::place::{Place, Ran};
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools::has_tools;

/// Runs a command as if it were that time; `None` where that cannot be done.
fn at(place: &Place, time: &str, args: &[&str]) -> Ran {
    let all: Vec<&str> = [&[time, env!("CARGO_BIN_EXE_syncctl")], args].concat();
    Ran::of(&place.prepare(Command::new("faketime"), &all).output().unwrap())
}

#[test]
fn no_year_makes_a_command_panic_or_an_event_starve() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    let times = [
        "1969-12-31 23:00:00",
        "1970-01-01 00:00:01",
        "2038-01-19 03:14:08",
        "2262-04-12 00:00:00",
        "9999-12-31 00:00:00",
    ];
    for time in times {
        for args in
            [&["emit", "user.created", "u", "--data", "{}", "-q"][..], &["status"], &["health"], &["events", "list"]]
        {
            let ran = at(&place, time, args);
            assert!(matches!(ran.code, 0 | 1), "{time} {args:?}: {ran:?}");
        }
    }
    // Emitted in the year 9999, delivered today: nothing waits for its own time to come.
    assert_eq!(place.run(&["process", "--wait"]).code, 0);
    assert_eq!((receiver.count(), place.queue()["delivered"].as_u64()), (times.len(), Some(5)));
}

#[test]
fn a_clock_that_jumps_forward_uses_up_one_attempt_a_run_and_back_lets_nothing_starve() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let receiver =
        Receiver::new(|request| Reply::Status(if request.header("x-sync-attempt") == "3" { 200 } else { 500 }));
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(5);
    for (time, made) in [("2030-01-01 00:00:00", 5), ("2040-01-01 00:00:00", 10)] {
        assert_eq!(at(&place, time, &["process"]).code, 0);
        assert_eq!(receiver.count(), made, "one attempt for each event");
    }
    // The retry was scheduled in 2040.
    assert_eq!(place.run(&["process"]).code, 0);
    assert_eq!((receiver.count(), place.queue()["delivered"].as_u64()), (15, Some(5)));
    let fresh = receiver.requests()[10].header("webhook-timestamp").parse::<i64>().unwrap();
    assert!(fresh < 2_208_988_800, "signed with the time of its own attempt");
}
