//! The queue against the wire: whole processes against a sink on loopback, beside the same requests without a queue.
//!
//! `cargo bench --bench queue` prints the table. Read the ratios: the machine under both columns is the same, at the same time.
//! `SYNCCTL_BENCH_EVENTS=n` changes how many events are drained, `SYNCCTL_BENCH=name` picks the rows whose names have it. The row
//! with 10,000,000 finished deliveries takes minutes and 10 GB of disk, so it has to be asked for by its name.
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
use syncctl::outbound::http::Client;
use syncctl::outbound::{EndpointAccess, EndpointClient};
use syncctl::signature::{Secret, Signer};
use syncctl::store::{Access, Location, Store, open};

#[path = "support/sink.rs"]
mod sink;
use sink::{Manner, Sink};
#[path = "support/finished.rs"]
mod finished;

const SECRET: &str = "a-secret-for-benchmarks-only";

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
        emitting(events);
    }
    if asked("wake") {
        waking();
    }
    if asked("commands") {
        commands();
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
        Case { name: "drain, 10,000,000 finished beside", finished: 10_000_000, ..PLAIN },
    ]
}

impl Case {
    fn run(&self, events: u64) {
        let events = events / self.endpoints as u64;
        let sink = Sink::start(Manner { delay: self.delay, failing: self.failing, arrivals: None });
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
        open(&Location::file(self.database()), Access::Create).unwrap()
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
        connection.execute("UPDATE delivery SET state = 1, due_at = due_at + 3600000 WHERE id = 1", []).unwrap();
        drop(connection);
        // The others enter its lane when a claim looks at them, once.
        self.drain();
    }

    fn finish(&self, n: u64) {
        if n > 0 {
            self.fill(1);
            self.drain();
            finished::add(&self.database(), 0, n);
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_syncctl"));
        command
            .args(arguments)
            .env_clear()
            .env("SYNCCTL_DB", self.database())
            .env("WEBHOOK_SECRET", SECRET)
            .env("HOME", self.directory.path());
        command
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
    Draft::check("enrollment.updated", resource, None, filler().as_bytes()).unwrap()
}

fn filler() -> String {
    format!("{{\"filler\":\"{}\"}}", "x".repeat(300))
}

// ── the ceilings ─────────────────────────────────────────────────────────────────────────────────────────────────────

/// The same requests, signed, by the same client, with no queue: requests a second.
fn raw(sink: &Sink, requests: u64, concurrency: usize) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let store = open(&Location::file(directory.path().join("q.db")), Access::Create).unwrap();
    let url = EndpointUrl::parse(&format!("http://{}/0", sink.address)).unwrap();
    let endpoint = store.set_endpoints(vec![Spec::of_url(url)], SystemClock.now()).wait().unwrap()[0].clone();
    store.enqueue(Box::new(std::iter::once(Ok(draft("r")))), false, SystemClock.now()).wait().unwrap();
    let run = store.begin_run("bench", SystemClock.now()).wait().unwrap();
    let wants = syncctl::store::Wants { endpoints: vec![(endpoint.id, 1)], idle: true };
    let mut claimed = store.advance(run.id, Arc::default(), wants, SystemClock.now()).wait().unwrap().claims;
    let claim = claimed.pop().unwrap();
    assert_eq!(claim.trigger, Trigger::Initial);
    let secret = Secret::new(SECRET.to_owned()).unwrap();
    let endpoint_client = EndpointClient::new(
        &endpoint.url,
        Signer::new(&secret, &[&secret]),
        EndpointAccess::default(),
        &Client::new(Egress::default(), None),
    );
    let endpoint_client = Arc::new(endpoint_client);
    let left = Arc::new(AtomicU64::new(requests));
    let began = Instant::now();
    runtime.block_on(async {
        let mut slots = tokio::task::JoinSet::new();
        for _ in 0..concurrency {
            let (endpoint_client, claim, left) = (Arc::clone(&endpoint_client), claim.clone(), Arc::clone(&left));
            slots.spawn(async move {
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    let now = SystemClock.now();
                    endpoint_client
                        .target()
                        .send(endpoint_client.request(&claim, now), Duration::from_secs(10), now)
                        .await;
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
    let sink = Sink::start(Manner::default());
    let singles = 500;
    let place = Place::new(&sink, 1, 10, false);
    let store = place.store();
    let began = Instant::now();
    for n in 0..singles {
        store.enqueue(Box::new(std::iter::once(Ok(draft(&format!("s{n}"))))), false, SystemClock.now()).wait().unwrap();
    }
    println!("{:34} {:9.0}", "emit, one transaction each", f64::from(singles) / began.elapsed().as_secs_f64());
    let bulk = events * 5;
    let custom =
        |n: u64| Draft::check("course.touched", &format!("b{n}"), Some("course"), filler().as_bytes()).unwrap();
    let known = |n: u64| draft(&format!("b{n}"));
    against_bare_rows("emit, in bulk", &sink, bulk, &custom);
    against_bare_rows("emit, in bulk, with local records", &sink, bulk, &known);
}

/// Emits in one transaction, then writes the same rows, read back beforehand, by bare statements into a file that is like it.
fn against_bare_rows(name: &str, sink: &Sink, bulk: u64, make: &dyn Fn(u64) -> Draft) {
    let (emitted, bare) = (Place::new(sink, 1, 10, false), Place::new(sink, 1, 10, false));
    let drafts: Vec<_> = (0..bulk).map(|n| Ok(make(n))).collect();
    let began = Instant::now();
    emitted.store().enqueue(Box::new(drafts.into_iter()), false, SystemClock.now()).wait().unwrap();
    let ours = bulk as f64 / began.elapsed().as_secs_f64();
    let bare = bulk as f64 / copy_rows(&emitted.database(), &bare.database()).as_secs_f64();
    println!("{name:34} {ours:9.0} {bare:9.0} {:6.2}   (raw: the same rows in one bare transaction)", ours / bare);
}

/// Copies events, deliveries and records, row by row as they were written. Returns how long writing them took.
fn copy_rows(from: &Path, to: &Path) -> Duration {
    let tables = ["kind", "event", "delivery", "record"];
    let source = rusqlite::Connection::open(from).unwrap();
    let rows = tables.map(|table| rows_of(&source, table));
    let mut target = rusqlite::Connection::open(to).unwrap();
    // As the queue's own connection is set up, apart from its checks.
    target
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 3000")
        .unwrap();
    let began = Instant::now();
    let txn = target.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    {
        let mut statements = tables.map(|table| {
            let columns = txn.prepare(&format!("SELECT * FROM {table}")).unwrap().column_count();
            let values = vec!["?"; columns].join(",");
            txn.prepare(&format!("INSERT INTO {table} VALUES ({values})")).unwrap()
        });
        for kind in &rows[0] {
            statements[0].execute(rusqlite::params_from_iter(kind)).unwrap();
        }
        for n in 0..rows[1].len() {
            for table in 1..tables.len() {
                if let Some(row) = rows[table].get(n) {
                    statements[table].execute(rusqlite::params_from_iter(row)).unwrap();
                }
            }
        }
    }
    txn.commit().unwrap();
    began.elapsed()
}

fn rows_of(connection: &rusqlite::Connection, table: &str) -> Vec<Vec<rusqlite::types::Value>> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    statement
        .query_map([], |row| (0..columns).map(|column| row.get(column)).collect())
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

// ── waking ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/// From an event handed to the queue by one process to its arrival from another's idle `process --watch`.
fn waking() {
    let (arrived, arrivals) = std::sync::mpsc::channel();
    let sink = Sink::start(Manner { arrivals: Some(arrived), ..Manner::default() });
    let place = Place::new(&sink, 1, 10, false);
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
        "{:34} median {:.1} ms, slowest {:.1} ms; {} ms of processor in 3 idle seconds",
        "wake, emit to arrival",
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

// ── whole commands ───────────────────────────────────────────────────────────────────────────────────────────────────

/// What an operator waits for, process start to exit.
fn commands() {
    let sink = Sink::start(Manner::default());
    let place = Place::new(&sink, 1, 10, false);
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
