//! The queue against the wire: whole processes against a sink on loopback, beside the same requests without a queue.
//!
//! `cargo bench --bench queue` prints the table. Read the ratios: the machine under both columns is the same, at the same time.
//! `SYNCCTL_BENCH_EVENTS=n` changes how many events are drained, `SYNCCTL_BENCH=name` picks the rows whose names have it. The row
//! with 10,000,000 finished deliveries takes minutes and 10 GB of disk, so it has to be asked for by its name.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on stops, and prints its table"
)]

use std::process::Stdio;
use std::time::{Duration, Instant};

#[path = "../support/finished.rs"]
mod finished;
#[path = "../support/sink.rs"]
mod sink;
#[path = "../../tests/support/mod.rs"]
mod support;

mod ceiling;
mod emitting;
mod place;
mod server;
mod waking;

use place::{Place, Setup};
use sink::{Manner, Sink};

fn main() {
    let events = number("SYNCCTL_BENCH_EVENTS", 20_000);
    let only = std::env::var("SYNCCTL_BENCH").ok();
    println!(
        "{:34} {:>9} {:>9} {:>6} {:>9} {:>6} {:>8} {:>8}",
        "", "events/s", "raw/s", "ratio", "wrk/s", "ratio", "cpu s/k", "peak MiB"
    );
    let asked = |name: &str| only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    for case in cases() {
        if asked(case.name) && (only.is_some() || case.finished <= 1_000_000) {
            case.run(events);
        }
    }
    if asked("emit") {
        emitting::emitting(events);
    }
    if asked("wake") {
        waking::waking("wake, emit to arrival", |sink| Place::new(sink, Setup::default()));
    }
    if asked("commands") {
        commands();
    }
    server::run(events * 10, only.as_deref());
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

struct Case {
    name: &'static str,
    concurrency: usize,
    endpoints: usize,
    delay: Duration,
    /// One answer in so many is a 500.
    failing: u64,
    /// Finished deliveries in the file beforehand.
    finished: u64,
    /// Deliveries of one resource, all blocked behind a retry.
    blocked: u64,
}

const PLAIN: Case =
    Case { name: "", concurrency: 10, endpoints: 1, delay: Duration::ZERO, failing: 0, finished: 0, blocked: 0 };

fn cases() -> Vec<Case> {
    vec![
        Case { name: "drain, 10 in flight", ..PLAIN },
        Case { name: "drain, 64 in flight", concurrency: 64, ..PLAIN },
        Case { name: "drain, 5 endpoints of 10", endpoints: 5, ..PLAIN },
        Case { name: "drain, 100,000 blocked beside", blocked: 100_000, ..PLAIN },
        Case { name: "drain, sink of 20 ms, 64 in flight", concurrency: 64, delay: Duration::from_millis(20), ..PLAIN },
        Case { name: "drain, 10 % failures", failing: 10, ..PLAIN },
        Case { name: "drain, 1,000,000 finished beside", finished: 1_000_000, ..PLAIN },
        Case { name: "drain, 10,000,000 finished beside", finished: 10_000_000, ..PLAIN },
    ]
}

impl Case {
    fn run(&self, events: u64) {
        let events = events / self.endpoints as u64;
        let sink = Sink::start(Manner { delay: self.delay, failing: self.failing, arrivals: None });
        let setup = Setup { endpoints: self.endpoints, concurrency: self.concurrency, waits: self.failing > 0 };
        let place = Place::new(&sink, setup);
        place.finish(self.finished);
        place.block(self.blocked);
        place.fill(events);
        let drained = place.drain();
        let raw = ceiling::raw(&sink, events.min(20_000), self.concurrency);
        let wrk = ceiling::wrk(&sink, self.concurrency);
        let rate = (events * self.endpoints as u64) as f64 / drained.wall.as_secs_f64();
        let ratio = |to: Option<f64>| to.map_or("-".to_owned(), |to| format!("{:.2}", rate / to));
        let show = |rate: Option<f64>| rate.map_or("-".to_owned(), |rate| format!("{rate:.0}"));
        println!(
            "{:34} {rate:9.0} {:>9} {:>6} {:>9} {:>6} {:8.4} {:8.1}",
            self.name,
            show(Some(raw)),
            ratio(Some(raw)),
            show(wrk),
            ratio(wrk),
            drained.cpu.as_secs_f64() / (events * self.endpoints as u64) as f64 * 1e3,
            drained.peak_kib as f64 / 1024.0
        );
    }
}

/// What an operator waits for, process start to exit.
fn commands() {
    let sink = Sink::start(Manner::default());
    let place = Place::new(&sink, Setup::default());
    place.fill(1_000);
    for arguments in [
        &["--version"][..],
        &["--help"],
        &["emit", "course.touched", "1", "--resource-type", "course", "--data", "{}"],
        &["status"],
    ] {
        let mut times: Vec<Duration> = (0..40)
            .map(|_| {
                let began = Instant::now();
                let output = place.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
                assert!(output.success());
                began.elapsed()
            })
            .collect();
        times.sort_unstable();
        println!("{:34} median {:.1} ms", format!("syncctl {}", arguments[0]), times[20].as_secs_f64() * 1e3);
    }
}
