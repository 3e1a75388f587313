//! How soon an idle worker sends what another process hands to the queue.

use std::time::{Duration, Instant};

use syncctl::clock::{Clock, SystemClock};

use crate::place::{Place, draft};
use crate::sink::{Manner, Sink};

/// From an event handed to the queue by one process to its arrival from another's idle `process --watch`.
pub(crate) fn waking(name: &str, make: impl FnOnce(&Sink) -> Place) {
    let (arrived, arrivals) = std::sync::mpsc::channel();
    let sink = Sink::start(Manner { arrivals: Some(arrived), ..Manner::default() });
    let place = make(&sink);
    let store = place.store();
    let mut watcher = place.command(&["process", "-q", "--watch"]).spawn().unwrap();
    let mut times: Vec<Duration> = (0..60)
        .map(|n| {
            std::thread::park_timeout(Duration::from_millis(50));
            let began = Instant::now();
            let emitted = Box::new(std::iter::once(Ok(draft(&format!("w{n}")))));
            store.enqueue(emitted, false, SystemClock.now()).wait().unwrap();
            arrivals.recv_timeout(Duration::from_secs(10)).unwrap().duration_since(began)
        })
        // The first ones wait for the process to start.
        .skip(10)
        .collect();
    let ticks = cpu_ticks(watcher.id());
    std::thread::park_timeout(Duration::from_secs(3));
    let idle = cpu_ticks(watcher.id()) - ticks;
    watcher.kill().unwrap();
    watcher.wait().unwrap();
    times.sort_unstable();
    println!(
        "{name:34} median {:.1} ms, slowest {:.1} ms; {} ms of processor in 3 idle seconds",
        times[times.len() / 2].as_secs_f64() * 1e3,
        times[times.len() - 1].as_secs_f64() * 1e3,
        idle * 10
    );
}

/// User and system time of a process, in hundredths of a second.
fn cpu_ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    stat.rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().unwrap())
        .sum()
}
