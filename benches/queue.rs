//! The queue against the wire: whole processes against a sink on loopback, beside the same requests without a queue.
//!
//! `cargo bench --bench queue` prints the table. Read the ratios: the machine under both columns is the same, at the same time.
//! `SYNCCTL_BENCH_EVENTS=n` changes how many events are drained, `SYNCCTL_BENCH=name` picks one row.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on stops, and prints its table"
)]

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use syncctl::clock::{Clock, SystemClock};
use syncctl::delivery::{RetryPolicy, Trigger};
use syncctl::endpoint::{Egress, EndpointUrl, Settings, Spec};
use syncctl::event::Draft;
use syncctl::outbound::Outlet;
use syncctl::outbound::http::Client;
use syncctl::signature::{Secret, Signer};
use syncctl::store::{Access, Store, open};

#[path = "support/sink.rs"]
mod sink;
use sink::Sink;

const SECRET: &str = "a-secret-for-benchmarks-only";

fn main() {
    let events = number("SYNCCTL_BENCH_EVENTS", 20_000);
    let only = std::env::var("SYNCCTL_BENCH").ok();
    println!(
        "{:34} {:>9} {:>9} {:>6} {:>9} {:>6} {:>8} {:>8}",
        "", "events/s", "raw/s", "ratio", "wrk/s", "ratio", "cpu s/k", "peak MiB"
    );
    for case in cases() {
        if only.as_ref().is_none_or(|only| case.name.contains(only.as_str())) {
            case.run(events);
        }
    }
    if only.is_none() {
        emitting(events);
    }
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
    ]
}

impl Case {
    fn run(&self, events: u64) {
        let events = events / self.endpoints as u64;
        let sink = Sink::start(self.delay, self.failing);
        let place = Place::new(&sink, self.endpoints, self.concurrency, self.failing > 0);
        place.finish(self.finished);
        place.block(self.blocked);
        place.fill(events);
        let drained = place.drain();
        let raw = raw(&sink, events.min(20_000), self.concurrency);
        let wrk = wrk(&sink, self.concurrency);
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

// ── the queue as a whole process ───────────────────────────────────────────────────────────────────────────────────────

struct Place {
    directory: tempfile::TempDir,
    concurrency: usize,
    endpoints: usize,
    waits: bool,
}

struct Used {
    wall: Duration,
    cpu: Duration,
    peak_kib: u64,
}

impl Place {
    fn new(sink: &Sink, endpoints: usize, concurrency: usize, waits: bool) -> Self {
        let place = Self { directory: tempfile::tempdir().unwrap(), concurrency, endpoints, waits };
        let specs = (0..endpoints).map(|n| {
            let url = EndpointUrl::parse(&format!("http://{}/{n}", sink.address)).unwrap();
            let retry =
                RetryPolicy { first_delay_ms: 50, max_delay_ms: 100, max_attempts: 10, ..RetryPolicy::default() };
            Spec {
                name: Some(format!("e{n}")),
                url,
                paused: false,
                settings: Settings { retry, ..Settings::default() },
            }
        });
        let store = place.store();
        store.set_endpoints(specs.collect(), SystemClock.now()).wait().unwrap();
        place
    }

    fn database(&self) -> PathBuf {
        self.directory.path().join("q.db")
    }

    fn store(&self) -> Arc<dyn Store> {
        open(&self.database(), Access::Create).unwrap()
    }

    /// Due events of 500 bytes, each of its own resource.
    fn fill(&self, events: u64) {
        let drafts = (0..events).map(|n| Ok(draft(&format!("resource-{n}"))));
        self.store().enqueue(Box::new(drafts), false, SystemClock.now()).wait().unwrap();
    }

    /// Deliveries of one resource behind one whose retry lies an hour ahead.
    fn block(&self, n: u64) {
        if n == 0 {
            return;
        }
        let drafts = (0..n).map(|_| Ok(draft("the-same")));
        self.store().enqueue(Box::new(drafts), false, SystemClock.now()).wait().unwrap();
        let connection = rusqlite::Connection::open(self.database()).unwrap();
        // Not further ahead than a retry can be, or it would be taken for the work of a clock that jumped.
        connection
            .execute_batch("UPDATE endpoint SET settings = json_set(settings, '$.retry.max_delay_ms', 36000000)")
            .unwrap();
        connection.execute("UPDATE delivery SET due_at = due_at + 3600000 WHERE state = 1", []).unwrap();
    }

    /// Deliveries that arrived long ago, written by SQL alone.
    fn finish(&self, n: u64) {
        if n == 0 {
            return;
        }
        self.fill(1);
        self.drain();
        let connection = rusqlite::Connection::open(self.database()).unwrap();
        connection
            .execute_batch(&format!(
                "BEGIN;
                 INSERT INTO event (id, kind, resource_id, timestamp, created_at, body)
                   SELECT 'old-' || value, kind, 'old-' || value, timestamp, created_at, body FROM event, generate_series(1, {n});
                 INSERT INTO delivery (event, endpoint, lane, state, due_at, changed_at, attempts, used)
                   SELECT seq, 1, seq, 4, created_at, created_at, 1, 1 FROM event WHERE seq > 1;
                 INSERT INTO attempt (delivery, number, trigger, started_at, took_us, outcome, status, detail)
                   SELECT id, 1, 0, due_at, 900, 0, 200, 'HTTP 200' FROM delivery WHERE id > 1;
                 UPDATE endpoint SET delivered = delivered + {n};
                 COMMIT;"
            ))
            .or_else(|_| finish_without_series(&connection, n))
            .unwrap();
    }

    fn drain(&self) -> Used {
        let program = env!("CARGO_BIN_EXE_syncctl");
        let concurrency = self.concurrency.to_string();
        let began = Instant::now();
        // The shell reports what its child used; that is the only portable way without a system-call crate.
        let mut child = Command::new("/bin/sh")
            .args([
                "-c",
                "\"$0\" process -q --concurrency \"$1\" $2; code=$?; times; exit $code",
                program,
                &concurrency,
                // What is blocked for an hour is not waited for; what failed is.
                if self.waits { "--wait" } else { "" },
            ])
            .env_clear()
            .env("SYNCCTL_DB", self.database())
            .env("WEBHOOK_SECRET", SECRET)
            .env("HOME", self.directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut peak_kib = 0;
        while child.try_wait().unwrap().is_none() {
            peak_kib = peak_kib.max(peak_of_children(child.id()));
            std::thread::park_timeout(Duration::from_millis(5));
        }
        let wall = began.elapsed();
        let mut times = String::new();
        child.stdout.take().unwrap().read_to_string(&mut times).unwrap();
        assert!(child.wait().unwrap().success() || self.endpoints == 0, "the drain failed: {times}");
        Used { wall, cpu: cpu_of(&times), peak_kib }
    }
}

fn finish_without_series(connection: &rusqlite::Connection, n: u64) -> rusqlite::Result<()> {
    let _ = connection.execute_batch("ROLLBACK");
    connection.execute_batch(&format!(
        "BEGIN;
         CREATE TEMP TABLE numbers AS WITH RECURSIVE c(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM c WHERE value < {n})
           SELECT value FROM c;
         INSERT INTO event (id, kind, resource_id, timestamp, created_at, body)
           SELECT 'old-' || value, kind, 'old-' || value, timestamp, created_at, body FROM numbers, event WHERE seq = 1;
         INSERT INTO delivery (event, endpoint, lane, state, due_at, changed_at, attempts, used)
           SELECT seq, 1, seq, 4, created_at, created_at, 1, 1 FROM event WHERE seq > 1;
         INSERT INTO attempt (delivery, number, trigger, started_at, took_us, outcome, status, detail)
           SELECT id, 1, 0, due_at, 900, 0, 200, 'HTTP 200' FROM delivery WHERE id > 1;
         UPDATE endpoint SET delivered = delivered + {n};
         UPDATE figure SET value = value + {n} WHERE name = 'events';
         COMMIT;"
    ))
}

fn peak_of_children(shell: u32) -> u64 {
    let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap_or_default();
    let peak = |pid: &str| {
        let status = std::fs::read_to_string(Path::new("/proc").join(pid).join("status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok())
    };
    children.split_whitespace().filter_map(peak).max().unwrap_or(0)
}

/// User and system time of the children, from the second line of `times`.
fn cpu_of(times: &str) -> Duration {
    let seconds = |text: &str| {
        let (minutes, seconds) = text.trim_end_matches('s').split_once('m').unwrap();
        minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
    };
    let line = times.lines().nth(1).unwrap();
    Duration::from_secs_f64(line.split_whitespace().map(seconds).sum())
}

fn draft(resource: &str) -> Draft {
    let data = format!("{{\"filler\":\"{}\"}}", "x".repeat(300));
    Draft::check("enrollment.updated", resource, None, data.as_bytes()).unwrap()
}

// ── the ceilings ─────────────────────────────────────────────────────────────────────────────────────────────────────

/// The same requests, signed, by the same client, with no queue: requests a second.
fn raw(sink: &Sink, requests: u64, concurrency: usize) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("q.db"), Access::Create).unwrap();
    let url = EndpointUrl::parse(&format!("http://{}/0", sink.address)).unwrap();
    let endpoint = store.set_endpoints(vec![Spec::of_url(url)], SystemClock.now()).wait().unwrap()[0].clone();
    store.enqueue(Box::new(std::iter::once(Ok(draft("r")))), false, SystemClock.now()).wait().unwrap();
    let run = store.begin_run("bench", SystemClock.now()).unwrap();
    let wants = syncctl::store::Wants { endpoints: vec![(endpoint.id, 1)], idle: true };
    let mut claimed = store.advance(run.id, Arc::default(), wants, SystemClock.now()).wait().unwrap().claims;
    let claim = claimed.pop().unwrap();
    assert_eq!(claim.trigger, Trigger::Initial);
    let secret = Secret::new(SECRET.to_owned()).unwrap();
    let outlet = Outlet::new(&endpoint, Signer::new(&secret, &[&secret]), &Client::new(Egress::default(), None));
    let outlet = Arc::new(outlet);
    let left = Arc::new(AtomicU64::new(requests));
    let began = Instant::now();
    runtime.block_on(async {
        let mut slots = tokio::task::JoinSet::new();
        for _ in 0..concurrency {
            let (outlet, claim, left) = (Arc::clone(&outlet), claim.clone(), Arc::clone(&left));
            slots.spawn(async move {
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    let now = SystemClock.now();
                    outlet.target().send(outlet.request(&claim, now), Duration::from_secs(10), now).await;
                }
            });
        }
        slots.join_all().await;
    });
    requests as f64 / began.elapsed().as_secs_f64()
}

/// Requests a second by `wrk`, where it is installed.
fn wrk(sink: &Sink, concurrency: usize) -> Option<f64> {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("post.lua");
    let body = "x".repeat(500);
    std::fs::write(&script, format!("wrk.method = \"POST\"\nwrk.body = \"{body}\"\n")).unwrap();
    let output = Command::new("wrk")
        .args(["-t1", "-d2s", "-c", &concurrency.to_string(), "-s"])
        .arg(&script)
        .arg(format!("http://{}/0", sink.address))
        .output()
        .ok()?;
    BufReader::new(&output.stdout[..])
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("Requests/sec:").and_then(|n| n.trim().parse().ok()))
}

// ── emitting ─────────────────────────────────────────────────────────────────────────────────────────────────────────

fn emitting(events: u64) {
    let sink = Sink::start(Duration::ZERO, 0);
    let place = Place::new(&sink, 1, 10, false);
    let store = place.store();
    let singles = 500;
    let began = Instant::now();
    for n in 0..singles {
        store.enqueue(Box::new(std::iter::once(Ok(draft(&format!("s{n}"))))), false, SystemClock.now()).wait().unwrap();
    }
    println!("{:34} {:9.0}", "emit, one transaction each", f64::from(singles) / began.elapsed().as_secs_f64());
    let bulk = events * 5;
    let began = Instant::now();
    let drafts = (0..bulk).map(|n| Ok(draft(&format!("b{n}"))));
    store.enqueue(Box::new(drafts), false, SystemClock.now()).wait().unwrap();
    let ours = bulk as f64 / began.elapsed().as_secs_f64();
    let bare = bare_rows(&place, bulk);
    println!(
        "{:34} {ours:9.0} {bare:9.0} {:6.2}   (raw: the same rows in one bare transaction)",
        "emit, in bulk",
        ours / bare
    );
}

/// The same rows into the same schema, by two prepared statements in one transaction.
fn bare_rows(place: &Place, n: u64) -> f64 {
    let mut connection = rusqlite::Connection::open(place.database()).unwrap();
    let body = vec![b'x'; 520];
    let began = Instant::now();
    let txn = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    {
        let mut event = txn
            .prepare(
                "INSERT INTO event (id, kind, resource_id, timestamp, created_at, body) VALUES (?1, 1, ?2, 1, 1, ?3)",
            )
            .unwrap();
        let mut delivery = txn
            .prepare(
                "INSERT INTO delivery (event, endpoint, lane, state, due_at, changed_at) VALUES (?1, 1, ?2, 1, 1, 1)",
            )
            .unwrap();
        for i in 0..n {
            event.execute(rusqlite::params![format!("bare_{i:032}"), format!("bare{i}"), body]).unwrap();
            let lane = (i as i64).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed());
            delivery.execute([txn.last_insert_rowid(), lane]).unwrap();
        }
    }
    txn.commit().unwrap();
    n as f64 / began.elapsed().as_secs_f64()
}
