//! `serve` against itself: what verifying, applying and syncing webhooks costs beside a bare answer, how long an event takes
//! from one node to another, and what monitors wait for with a million finished deliveries.
//!
//! `cargo bench --bench serve` prints the table. Both columns of a ratio are of one run on one machine.
//! `SYNCCTL_BENCH=name` picks a part, `SYNCCTL_BENCH_SECONDS=60` is how long 500 events a second are kept up.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on stops, and prints its table"
)]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use syncctl::clock::{Clock, SystemClock};
use syncctl::endpoint::{ConfiguredEndpoint, EndpointUrl};
use syncctl::event::Draft;
use syncctl::signature::{Secret, Signer};
use syncctl::store::{Access, Location, open};

#[path = "support/finished.rs"]
mod finished;

const SECRET: &str = "a-secret-for-benchmarks-only";
const TOKEN: &str = "an-admin-token-for-benchmarks";
const CONNECTIONS: usize = 64;
/// How long each side of a ratio is measured.
const MEASURED: Duration = Duration::from_secs(4);
/// Webhooks that are signed beforehand: more than can be applied meanwhile.
const WEBHOOKS: u64 = 160_000;
const FINISHED: u64 = 1_000_000;

fn main() {
    let only = std::env::var("SYNCCTL_BENCH").ok();
    let parts: [(&str, fn()); 4] = [("webhooks", webhooks), ("idle", idle), ("paced", paced), ("monitors", monitors)];
    println!("{:52} {:>12} {:>12}", "", "measured", "bar");
    for (_, part) in parts.iter().filter(|(name, _)| only.as_ref().is_none_or(|only| name.contains(only.as_str()))) {
        part();
    }
}

fn row(what: &str, measured: &str, bar: &str) {
    println!("{what:52} {measured:>12} {bar:>12}");
}

// ── a server ─────────────────────────────────────────────────────────────────────────────────────────────────────────

struct Node {
    process: Child,
    address: SocketAddr,
    directory: tempfile::TempDir,
}

impl Node {
    fn start(target: Option<SocketAddr>, args: &[&str]) -> Self {
        Self::within(tempfile::tempdir().unwrap(), target, args)
    }

    fn within(directory: tempfile::TempDir, target: Option<SocketAddr>, args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_syncctl"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(args).env_clear();
        command.env("SYNCCTL_DB", directory.path().join("q.db")).env("HOME", directory.path());
        command.env("WEBHOOK_SECRET", SECRET).env("SYNCCTL_ADMIN_TOKEN", TOKEN).env("CRON_SECRET", TOKEN);
        if let Some(target) = target {
            command.env("SYNC_WEBHOOK_URLS", format!("http://{target}/api/webhooks/sync"));
        }
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        // Before the line with the address it may say that it created a database.
        let address = lines
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| line.rsplit_once("http://").map(|(_, address)| address.parse().unwrap()));
        let address = address.unwrap_or_else(|| panic!("the server did not say where it listens"));
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address, directory }
    }

    fn peak_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let peak =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak.unwrap_or(0.0) / 1024.0
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn admin(line: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// One answer: its status and whole length in `bytes`, once it is there.
fn answer(bytes: &[u8]) -> Option<(u16, usize)> {
    let head = bytes.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).unwrap().to_ascii_lowercase();
    let length: usize =
        text.split("content-length: ").nth(1).map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
    (bytes.len() >= head + length).then(|| (text[9..12].parse().unwrap(), head + length))
}

/// A connection that asks one thing after another.
struct Asking {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Asking {
    fn at(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::new() }
    }

    /// The status and the whole answer.
    fn ask(&mut self, request: &[u8]) -> (u16, Vec<u8>) {
        self.stream.write_all(request).unwrap();
        let mut part = [0; 16 * 1024];
        loop {
            if let Some((status, length)) = answer(&self.buffer) {
                return (status, self.buffer.drain(..length).collect());
            }
            let n = self.stream.read(&mut part).unwrap();
            assert!(n > 0, "the server hung up");
            self.buffer.extend_from_slice(&part[..n]);
        }
    }
}

// ── webhooks beside a bare answer ────────────────────────────────────────────────────────────────────────────────────

fn webhooks() {
    let node = Node::start(None, &["--no-process"]);
    let file = node.directory.path().join("webhooks");
    std::fs::write(&file, signed_webhooks()).unwrap();
    let bare = node.directory.path().join("bare");
    std::fs::write(&bare, framed("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")).unwrap();
    let (by, load): (&str, fn(&Node, &Path) -> f64) = match wrk(&node, &bare) {
        Some(_) => ("wrk", |node, file| wrk(node, file).unwrap()),
        None => ("own client", own),
    };
    let bare = load(&node, &bare);
    let applied = load(&node, &file);
    let told = Asking::at(node.address).ask(admin("GET /metrics", "").as_bytes()).1;
    let told = String::from_utf8(told).unwrap();
    let duplicates = told.lines().any(|line| line.starts_with("syncctl_webhooks_total{result=\"duplicate\"}"));
    assert!(!duplicates, "more webhooks were needed than were signed");
    row(&format!("bare 200 at {CONNECTIONS} connections, by {by}"), &format!("{bare:.0}/s"), "");
    row("webhooks verified, applied and synced to disk", &format!("{applied:.0}/s"), "");
    row("  their ratio", &format!("{:.2}", applied / bare), ">= 0.37");
    row("  peak memory", &format!("{:.0} MiB", node.peak_mib()), "< 128 MiB");
}

/// Requests one after another, each after its length in eight bytes.
fn framed(request: &str) -> String {
    format!("{:7}\n{request}", request.len())
}

fn signed_webhooks() -> String {
    let secret = Secret::new(SECRET.to_owned()).unwrap();
    let signer = Signer::new(&secret, &[]);
    let mut all = String::new();
    for n in 0..WEBHOOKS {
        let body = format!(
            "{{\"id\":\"evt_{n:032}\",\"type\":\"enrollment.updated\",\"resourceId\":\"enrollment-{}\",\
             \"resourceType\":\"enrollment\",\"data\":{{\"userId\":\"user-{}\",\"courseId\":\"course-9\",\
             \"completionPercentage\":{},\"status\":\"active\",\"lastAccessedAt\":\"2026-01-31T12:00:00.000Z\"}},\
             \"timestamp\":\"2026-01-31T12:{:02}:{:02}.{:03}Z\",\"retryCount\":0,\"status\":\"pending\"}}",
            n % 10_000,
            n % 10_000,
            n % 101,
            n / 60_000 % 60,
            n / 1_000 % 60,
            n % 1_000
        );
        let code = signer.sign("", 0, body.as_bytes()).original;
        let request = format!(
            "POST /api/webhooks/enrollment-changed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             X-Webhook-Signature: {code}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        all.write_str(&framed(&request)).unwrap();
    }
    all
}

const SCRIPT: &str = "local file
function init(args) file = io.open(args[1], 'rb') end
function request()
  local length = file:read(8)
  if not length then file:seek('set') length = file:read(8) end
  return file:read(tonumber(length))
end
";

/// Requests a second by `wrk`, where it is installed; every one of them has to be answered with a 2xx.
fn wrk(node: &Node, file: &Path) -> Option<f64> {
    let script = node.directory.path().join("requests.lua");
    std::fs::write(&script, SCRIPT).unwrap();
    let output = Command::new("wrk")
        .args(["-t1", &format!("-d{}s", MEASURED.as_secs()), "-c", &CONNECTIONS.to_string(), "-s"])
        .arg(&script)
        .args([&format!("http://{}/", node.address), "--"])
        .arg(file)
        .output()
        .ok()?;
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(!told.contains("Non-2xx") && !told.contains("Socket errors"), "{told}");
    told.lines().find_map(|line| line.strip_prefix("Requests/sec:").and_then(|n| n.trim().parse().ok()))
}

/// The same without `wrk`.
fn own(node: &Node, file: &Path) -> f64 {
    let requests = Arc::new(Mutex::new(BufReader::new(std::fs::File::open(file).unwrap())));
    let answered = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (requests, answered, address) = (Arc::clone(&requests), Arc::clone(&answered), node.address);
            std::thread::spawn(move || {
                let mut asking = Asking::at(address);
                while began.elapsed() < MEASURED {
                    let request = next(&mut requests.lock().unwrap());
                    assert_eq!(asking.ask(&request).0, 200);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    clients.into_iter().for_each(|client| client.join().unwrap());
    answered.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

fn next(file: &mut BufReader<std::fs::File>) -> Vec<u8> {
    let mut length = [0; 8];
    if file.read_exact(&mut length).is_err() {
        std::io::Seek::rewind(file).unwrap();
        file.read_exact(&mut length).unwrap();
    }
    let mut request = vec![0; std::str::from_utf8(&length).unwrap().trim().parse().unwrap()];
    file.read_exact(&mut request).unwrap();
    request
}

// ── from one node to another ─────────────────────────────────────────────────────────────────────────────────────────

/// Stands between two nodes and notes when the second has answered.
struct Between {
    address: SocketAddr,
    answered: Arc<(Mutex<HashMap<String, Instant>>, Condvar)>,
}

impl Between {
    fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let between = Self { address: listener.local_addr().unwrap(), answered: Arc::default() };
        let answered = Arc::clone(&between.answered);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answered = Arc::clone(&answered);
                std::thread::spawn(move || pass_on(stream, target, &answered));
            }
        });
        between
    }

    fn when(&self, id: &str) -> Instant {
        let known = self.answered.0.lock().unwrap();
        let waited =
            self.answered.1.wait_timeout_while(known, Duration::from_secs(30), |known| !known.contains_key(id));
        *waited.unwrap().0.get(id).unwrap_or_else(|| panic!("{id} never arrived"))
    }
}

fn pass_on(mut from: TcpStream, target: SocketAddr, answered: &(Mutex<HashMap<String, Instant>>, Condvar)) {
    from.set_nodelay(true).unwrap();
    let mut to = Asking::at(target);
    let (mut buffer, mut part) = (Vec::new(), [0; 16 * 1024]);
    loop {
        // A request is framed as an answer is: what `answer` reads as a status is its method.
        let head = buffer.windows(4).position(|w: &[u8]| w == b"\r\n\r\n");
        let whole = head.and_then(|head| {
            let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
            let header = |name: &str| text.lines().find_map(|line| line.strip_prefix(name).map(ToOwned::to_owned));
            let length = head + 4 + header("content-length: ").map_or(0, |n| n.parse::<usize>().unwrap());
            (buffer.len() >= length).then(|| (length, header("x-sync-event-id: ").unwrap()))
        });
        let Some((length, id)) = whole else {
            match from.read(&mut part) {
                Ok(n) if n > 0 => buffer.extend_from_slice(&part[..n]),
                _ => return,
            }
            continue;
        };
        let request: Vec<u8> = buffer.drain(..length).collect();
        let (status, response) = to.ask(&request);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&response));
        answered.0.lock().unwrap().insert(id, Instant::now());
        answered.1.notify_all();
        if from.write_all(&response).is_err() {
            return;
        }
    }
}

fn emit(asking: &mut Asking, id: &str) -> Instant {
    let body = format!(
        "{{\"id\":\"{id}\",\"type\":\"progress.updated\",\"resourceId\":\"{id}-c\",\"data\":{{\"lesson\":3,\"percentage\":40}}}}"
    );
    let began = Instant::now();
    let (status, told) = asking.ask(admin("POST /api/events", &body).as_bytes());
    assert_eq!(status, 201, "{}", String::from_utf8_lossy(&told));
    began
}

struct Pair {
    between: Between,
    first: Node,
    second: Node,
}

impl Pair {
    fn start() -> Self {
        let second = Node::start(None, &["--no-process"]);
        let between = Between::start(second.address);
        let first = Node::start(Some(between.address), &[]);
        Self { between, first, second }
    }

    fn took(&self, id: &str, began: Instant) -> Duration {
        self.between.when(id).duration_since(began)
    }
}

/// The time that so many in a thousand do not exceed.
fn percentile(times: &mut [Duration], per_mille: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * per_mille).div_ceil(1_000).max(1) - 1]
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn idle() {
    let pair = Pair::start();
    let mut asking = Asking::at(pair.first.address);
    let mut times: Vec<Duration> = (0..200)
        .map(|n| {
            let id = format!("idle-{n}");
            let began = emit(&mut asking, &id);
            let took = pair.took(&id, began);
            std::thread::park_timeout(Duration::from_millis(10));
            took
        })
        .collect();
    row("POST /api/events to applied and answered, median", &millis(percentile(&mut times, 500)), "< 25 ms");
    row("  99th percentile", &millis(percentile(&mut times, 990)), "");
}

fn paced() {
    const RATE: u32 = 500;
    const EMITTERS: u32 = 4;
    let seconds = std::env::var("SYNCCTL_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10_u32);
    let pair = Pair::start();
    let began = Instant::now();
    let emitters: Vec<_> = (0..EMITTERS)
        .map(|emitter| {
            let address = pair.first.address;
            std::thread::spawn(move || {
                let mut asking = Asking::at(address);
                let mine = (emitter..RATE * seconds).step_by(EMITTERS as usize);
                mine.map(|n| {
                    let due = began + Duration::from_secs(1) / RATE * n;
                    std::thread::park_timeout(due.saturating_duration_since(Instant::now()));
                    let id = format!("paced-{n}");
                    // Counted from when it was due: who falls behind does not get to start the clock later.
                    emit(&mut asking, &id);
                    (id, due)
                })
                .collect::<Vec<_>>()
            })
        })
        .collect();
    let emitted: Vec<_> = emitters.into_iter().flat_map(|emitter| emitter.join().unwrap()).collect();
    let mut times: Vec<Duration> = emitted.iter().map(|(id, due)| pair.took(id, *due)).collect();
    row(&format!("the same under {RATE} events/s for {seconds} s, median"), &millis(percentile(&mut times, 500)), "");
    row("  99.9th percentile", &millis(percentile(&mut times, 999)), "< 5000 ms");
    let peaks = format!("{:.0}, {:.0} MiB", pair.first.peak_mib(), pair.second.peak_mib());
    row("  peak memory of both", &peaks, "< 128 MiB");
}

// ── monitors beside a million ────────────────────────────────────────────────────────────────────────────────────────

fn monitors() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("q.db");
    let store = open(&Location::file(&path), Access::Create).unwrap();
    let url = EndpointUrl::parse("http://127.0.0.1:9/").unwrap();
    store.set_endpoints(vec![ConfiguredEndpoint::of_url(url)], SystemClock.now()).wait().unwrap();
    let draft = Draft::check("enrollment.updated", "r", None, b"{\"status\":\"active\"}").unwrap();
    store.enqueue(Box::new(std::iter::once(Ok(draft))), false, SystemClock.now()).wait().unwrap();
    drop(store);
    finished::add(&path, 0, FINISHED);
    let connection = rusqlite::Connection::open(&path).unwrap();
    receive(&connection, FINISHED);
    drop(connection);
    let node = Node::within(directory, None, &["--no-process"]);
    let mut asking = Asking::at(node.address);
    for (path, bar) in [("/api/sync/status", "< 5 ms"), ("/api/sync/health", ""), ("/metrics", ""), ("/", "")] {
        let request = admin(&format!("GET {path}"), "");
        let mut times: Vec<Duration> = (0..300)
            .map(|_| {
                let began = Instant::now();
                assert_eq!(asking.ask(request.as_bytes()).0, 200);
                began.elapsed()
            })
            .collect();
        row(&format!("GET {path} beside {FINISHED} finished, median"), &millis(percentile(&mut times, 500)), bar);
        row("  99th percentile", &millis(percentile(&mut times, 990)), bar);
    }
}

/// Webhooks that arrived long ago, each with its record.
fn receive(connection: &rusqlite::Connection, n: u64) {
    connection
        .execute_batch(&format!(
            "CREATE TEMP TABLE numbers AS WITH RECURSIVE c(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM c WHERE value < {n})
               SELECT value FROM c;
             BEGIN;
             INSERT INTO received (at, result, event_id, kind, resource_id, timestamp, digest, source)
               SELECT e.created_at, 0, 'in-' || n.value, e.kind, 'in-' || n.value, e.timestamp, zeroblob(16), '127.0.0.1'
               FROM numbers n, event e WHERE e.seq = 1;
             INSERT INTO record (kind, id, present, user_id, course_id, created_at, received_at, body)
               SELECT 0, 'in-' || n.value, 1, 'u' || (n.value % 1000), 'c', r.created_at, r.created_at, r.body
               FROM numbers n, record r WHERE r.seq = 1;
             COMMIT;"
        ))
        .unwrap();
}
