//! The queue as a whole process: a queue of the benchmark's own, filled by the library and drained by the program.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use syncctl::clock::{Clock, SystemClock};
use syncctl::delivery::RetryPolicy;
use syncctl::endpoint::{ConfiguredEndpoint, EndpointSettings, EndpointUrl};
use syncctl::event::Draft;
use syncctl::store::{Access, Location, Store, open};

use crate::finished;
use crate::sink::Sink;

pub(crate) const SECRET: &str = "a-secret-for-benchmarks-only";

/// How a queue is made and drained.
#[derive(Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) endpoints: usize,
    /// In flight for each endpoint.
    pub(crate) concurrency: usize,
    /// Whether a drain waits for retries.
    pub(crate) waits: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self { endpoints: 1, concurrency: 10, waits: false }
    }
}

pub(crate) struct Place {
    directory: tempfile::TempDir,
    location: Location,
    setup: Setup,
}

/// What a drain took.
pub(crate) struct Used {
    pub(crate) wall: Duration,
    /// Of the worker.
    pub(crate) cpu: Duration,
    pub(crate) peak_kib: u64,
}

impl Place {
    /// A queue in a file.
    pub(crate) fn new(sink: &Sink, setup: Setup) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::file(directory.path().join("q.db"));
        Self::at(location, directory, sink, setup)
    }

    /// A queue on a server.
    pub(crate) fn on_server(url: &str, sink: &Sink, setup: Setup) -> Self {
        Self::at(Location::parse(url).unwrap(), tempfile::tempdir().unwrap(), sink, setup)
    }

    fn at(location: Location, directory: tempfile::TempDir, sink: &Sink, setup: Setup) -> Self {
        let place = Self { directory, location, setup };
        let specs = (0..setup.endpoints).map(|n| {
            let url = EndpointUrl::parse(&format!("http://{}/{n}", sink.address)).unwrap();
            let retry =
                RetryPolicy { first_delay_ms: 50, max_delay_ms: 100, max_attempts: 10, ..RetryPolicy::default() };
            ConfiguredEndpoint {
                name: Some(format!("e{n}")),
                url,
                paused: false,
                settings: EndpointSettings { retry, ..EndpointSettings::default() },
            }
        });
        let store = place.store();
        store.set_endpoints(specs.collect(), SystemClock.now()).wait().unwrap();
        place
    }

    /// The file of a queue in a file.
    pub(crate) fn database(&self) -> PathBuf {
        self.location.path().unwrap().to_owned()
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        open(&self.location, Access::Create).unwrap()
    }

    /// Due events of 500 bytes, each of its own resource.
    pub(crate) fn fill(&self, events: u64) {
        let drafts = (0..events).map(|n| Ok(draft(&format!("resource-{n}"))));
        self.store().enqueue(Box::new(drafts), false, SystemClock.now()).wait().unwrap();
    }

    /// Deliveries of one resource behind one whose retry lies an hour ahead.
    pub(crate) fn block(&self, n: u64) {
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

    pub(crate) fn finish(&self, n: u64) {
        if n > 0 {
            self.fill(1);
            self.drain();
            finished::add(&self.database(), 0, n);
        }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_syncctl"));
        command
            .args(arguments)
            .env_clear()
            .env("SYNCCTL_DB", self.database_setting())
            .env("WEBHOOK_SECRET", SECRET)
            .env("HOME", self.directory.path());
        command
    }

    fn database_setting(&self) -> std::ffi::OsString {
        match &self.location {
            Location::File(path) => path.clone().into(),
            Location::Postgres(server) => server.with_password().into(),
        }
    }

    /// Drains with one worker.
    pub(crate) fn drain(&self) -> Used {
        self.drain_with(1)
    }

    /// Drains with so many workers at the same time: the time until the last has ended, and what they used together.
    pub(crate) fn drain_with(&self, workers: usize) -> Used {
        let began = Instant::now();
        let mut running: Vec<Child> = (0..workers).map(|_| self.worker()).collect();
        let mut peak_kib = 0;
        while running.iter_mut().any(|it| it.try_wait().unwrap().is_none()) {
            peak_kib = running.iter().map(|it| peak_of_children(it.id())).fold(peak_kib, u64::max);
            std::thread::park_timeout(Duration::from_millis(5));
        }
        let wall = began.elapsed();
        let cpu = running.into_iter().map(cpu_of).sum();
        Used { wall, cpu, peak_kib }
    }

    /// A worker under a shell, which prints what its child used; that is the only portable way without a system-call crate.
    fn worker(&self) -> Child {
        let script = "\"$0\" process -q --concurrency \"$1\" $2; code=$?; times; exit $code";
        // What is blocked for an hour is not waited for; what failed is.
        let wait = if self.setup.waits { "--wait" } else { "" };
        Command::new("/bin/sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_syncctl"), &self.setup.concurrency.to_string(), wait])
            .env_clear()
            .env("SYNCCTL_DB", self.database_setting())
            .env("WEBHOOK_SECRET", SECRET)
            .env("HOME", self.directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
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

/// User and system time of a shell's child, from the second line that its `times` printed.
fn cpu_of(mut shell: Child) -> Duration {
    let mut times = String::new();
    shell.stdout.take().unwrap().read_to_string(&mut times).unwrap();
    assert!(shell.wait().unwrap().success(), "the drain failed: {times}");
    let seconds = |text: &str| {
        let (minutes, seconds) = text.trim_end_matches('s').split_once('m').unwrap();
        minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
    };
    let line = times.lines().nth(1).unwrap();
    Duration::from_secs_f64(line.split_whitespace().map(seconds).sum())
}

pub(crate) fn draft(resource: &str) -> Draft {
    Draft::check("enrollment.updated", resource, None, filler().as_bytes()).unwrap()
}

pub(crate) fn filler() -> String {
    format!("{{\"filler\":\"{}\"}}", "x".repeat(300))
}
