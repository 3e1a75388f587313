//! What a page weighs and takes beside a queue of months: a million deliveries and webhooks with `SYNCCTL_LONG=1`.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use super::running::{ADMIN, Running, connect, with_secrets};
use crate::support::place::Place;
use crate::support::receiver::Receiver;

#[path = "../../benches/support/finished.rs"]
mod finished;

/// The most that a page may weigh, style and script included.
const HEAVIEST: usize = 100 * 1024;
/// Open pages, each with a stream of changes.
const OPEN: usize = 50;

const PAGES: &[&str] = &[
    "/",
    "/?window=day",
    "/endpoints",
    "/deliveries",
    "/deliveries?state=delivered",
    "/deliveries?error=HTTP",
    "/failures",
    "/events",
    "/events?type=user.*",
    "/received",
    "/records",
    "/audit",
    "/runs",
    "/configuration",
];

fn rows() -> u64 {
    if crate::support::long() { 1_000_000 } else { 2_000 }
}

/// A queue with many deliveries that arrived, and some that failed.
fn used(receiver: &Receiver) -> Place {
    let mut place = with_secrets(Place::sending_to(&[receiver.url("/hook")]));
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    place.emit("user.updated", "first");
    place.ok(&["process", "-q"]);
    finished::add(&place.database(), 0, rows());
    place
}

#[test]
fn a_page_is_light_however_long_the_queue_was_used() {
    let receiver = Receiver::good();
    let place = used(&receiver);
    let server = Running::start(&place, &["--no-process"]);
    for page in PAGES {
        let began = Instant::now();
        let answer = server.get(page, ADMIN);
        let took = began.elapsed();
        assert_eq!(answer.status, 200, "{page}");
        assert!(answer.body.len() < HEAVIEST, "{page}: {} bytes", answer.body.len());
        if crate::support::long() {
            println!("{page:30} {:6.1} ms {:6} bytes", took.as_secs_f64() * 1e3, answer.body.len());
        }
    }
}

#[test]
#[ignore = "measures processor time for 40 seconds; SYNCCTL_LONG=1 puts a million deliveries beside"]
fn many_open_pages_cost_little() {
    let receiver = Receiver::good();
    let place = used(&receiver);
    let server = Running::start(&place, &["--no-process"]);
    let streams: Vec<_> = (0..OPEN)
        .map(|_| {
            let mut stream = connect(server.address);
            write!(stream, "GET /changes HTTP/1.1\r\nHost: localhost\r\n{ADMIN}\r\n").unwrap();
            let mut head = [0; 512];
            assert!(stream.read(&mut head).unwrap() > 0);
            stream
        })
        .collect();
    let spent = |what: &str, busy: bool| {
        let before = server.cpu();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(20) {
            if busy {
                // As the script of each page does when it is told of a change, every five seconds.
                place.emit("user.updated", "again");
                for _ in 0..OPEN {
                    assert_eq!(server.get("/", ADMIN).status, 200);
                }
            }
            std::thread::park_timeout(Duration::from_secs(5));
        }
        let share = (server.cpu() - before).as_secs_f64() / began.elapsed().as_secs_f64();
        println!("{what}: {:.1} % of a core", share * 100.0);
        share
    };
    let (idle, busy) = (spent("50 open pages, nothing happens", false), spent("50 open pages, always something", true));
    assert!(idle < 0.01 && busy < 0.05, "{idle} {busy}");
    drop(streams);
}
