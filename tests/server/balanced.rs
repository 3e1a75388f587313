//! Several servers on one queue, as behind a load balancer: sessions and the limits of guessing hold on all of them.

use std::time::Duration;

use super::running::{Answer, Running, place};
use crate::support::place::Place;

const GUESS: &str = "Authorization: Bearer a-guess\r\n";
const LOGIN: &str = "token=admin-token-of-the-tests";

/// Two servers on the queue of a place.
fn two(place: &Place) -> [Running; 2] {
    [(); 2].map(|()| Running::start(place, &["--no-process"]))
}

fn guess(server: &Running) -> u16 {
    server.get("/api/sync/status", GUESS).status
}

/// Wrong secrets at one server are counted at the other, and a session of one holds at the other.
fn holds_on_both(place: &Place) {
    let [first, second] = two(place);
    // All within one minute, which the next try begins anew.
    while !second_knows_what_the_first_counted(&first, &second) {}
    // Whoever knows the token has it accepted all the same, and a session that began at one server is one at the other.
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let began = first.send("POST /login", form, LOGIN.as_bytes());
    let cookie = session_of(&began);
    assert_eq!((began.status, second.get("/events", &cookie).status), (303, 200), "{began:?}");
    let origin = format!("{cookie}Origin: http://localhost\r\nSec-Fetch-Site: same-origin\r\n");
    assert_eq!(second.send("POST /logout", &origin, b"").status, 303);
    assert_ne!(first.get("/events", &cookie).status, 200, "it ended everywhere");
}

/// Whether a server slows down whoever guessed at the other; false where the minute ended meanwhile.
fn second_knows_what_the_first_counted(first: &Running, second: &Running) -> bool {
    let began = minute();
    // Ten of a minute are free.
    while guess(first) == 401 {}
    // A server that knew of none would answer ten more.
    let mut told = Vec::new();
    while told.len() < 6 && told.last() != Some(&429) {
        told.push(guess(second));
        std::thread::park_timeout(Duration::from_millis(400));
    }
    assert!(told.last() == Some(&429) || minute() != began, "{told:?}");
    minute() == began
}

fn minute() -> i64 {
    syncctl::clock::Clock::now(&syncctl::clock::SystemClock).minute()
}

/// The session that a login began, as a header.
fn session_of(answer: &Answer) -> String {
    let cookie = answer.raw.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    format!("Cookie: {}\r\n", cookie.split(';').next().unwrap())
}

#[test]
fn guesses_and_sessions_are_shared_by_servers_on_one_file() {
    holds_on_both(&place());
}

#[cfg(feature = "postgres")]
#[test]
fn guesses_and_sessions_are_shared_by_servers_on_one_postgres() {
    let Some(cluster) = crate::support::cluster::Cluster::start_in_memory() else { return };
    let mut place = place();
    place.set("SYNCCTL_DB", &cluster.url());
    holds_on_both(&place);
}
