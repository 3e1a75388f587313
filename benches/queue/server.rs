//! The queue in PostgreSQL: a server of the benchmark's own on loopback, every commit on disk, beside `wrk` on the same sink.
//!
//! A row of a drain tells the rate, its ratio to `wrk`, the processor time of an event in the workers and in the server, and the
//! bytes that it adds to the server's log.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use syncctl::clock::{Clock, SystemClock};
use syncctl::event::Draft;

use crate::ceiling;
use crate::place::{Place, Setup, draft, filler};
use crate::sink::{Manner, Sink};
use crate::support::cluster::Cluster;
use crate::waking;

struct Case {
    name: &'static str,
    concurrency: usize,
    workers: usize,
    /// Finished deliveries in the tables beforehand.
    finished: u64,
    /// Whether a transaction elsewhere keeps its snapshot, so that nothing that is dead can be cleaned up.
    held: bool,
    /// What a round trip to the server takes beyond loopback.
    network: Duration,
}

const PLAIN: Case = Case { name: "", concurrency: 10, workers: 1, finished: 0, held: false, network: Duration::ZERO };

fn cases() -> Vec<Case> {
    let ms = Duration::from_millis;
    vec![
        Case { name: "server, 10 in flight", ..PLAIN },
        Case { name: "server, 64 in flight", concurrency: 64, ..PLAIN },
        Case { name: "server, 2 workers of 64", concurrency: 64, workers: 2, ..PLAIN },
        Case { name: "server, 4 workers of 64", concurrency: 64, workers: 4, ..PLAIN },
        Case { name: "server, 1,000,000 finished beside", concurrency: 64, finished: 1_000_000, ..PLAIN },
        Case { name: "server, a held snapshot", concurrency: 64, held: true, ..PLAIN },
        Case { name: "server, 1 ms away, 64 in flight", concurrency: 64, network: ms(1), ..PLAIN },
        Case { name: "server, 5 ms away, 64 in flight", concurrency: 64, network: ms(5), ..PLAIN },
    ]
}

/// Runs the rows that were asked for.
pub(crate) fn run(events: u64, only: Option<&str>) {
    let asked = |name: &str| only.is_none_or(|only| name.contains(only));
    let cases: Vec<Case> = cases().into_iter().filter(|it| asked(it.name)).collect();
    let others = ["server, emit", "server, wake", "server, takeover"].map(asked);
    if cases.is_empty() && !others.contains(&true) {
        return;
    }
    let Some(cluster) = Cluster::start() else { return };
    let server = Server { cluster };
    println!(
        "\n{:34} {:>9} {:>9} {:>6} {:>9} {:>9} {:>8}",
        "", "events/s", "wrk/s", "ratio", "worker us", "server us", "WAL B"
    );
    for (n, case) in cases.iter().enumerate() {
        case.run(&server, &format!("case{n}"), events);
    }
    let [emit, wake, takeover] = others;
    if emit {
        server.emitting(events);
    }
    if wake {
        waking::waking("server, wake, emit to arrival", |sink| server.place("wake", sink, Setup::default()));
    }
    if takeover {
        server.takeover();
    }
}

impl Case {
    fn run(&self, server: &Server, schema: &str, events: u64) {
        let sink = Sink::start(Manner::default());
        let near = server.cluster.url_of(schema);
        let setup = Setup { concurrency: self.concurrency, ..Setup::default() };
        let place = Place::on_server(&near, &sink, setup);
        if self.finished > 0 {
            place.fill(1);
            place.drain();
            server.cluster.sql("queue", &finish(schema, self.finished));
        }
        place.fill(events);
        // What was written until here is not part of the measurement.
        server.cluster.sql("queue", "CHECKPOINT");
        let far = far(&server.cluster, schema, self.network);
        let place = Place::on_server(&far, &sink, setup);
        let snapshot = self.held.then(|| server.hold_snapshot());
        let (wal, cpu) = (server.wal(), server.cpu());
        let drained = place.drain_with(self.workers);
        let (wal, cpu) = (server.wal() - wal, server.cpu() - cpu);
        drop(snapshot);
        let wrk = ceiling::wrk(&sink, self.concurrency);
        let count = events as f64;
        let rate = count / drained.wall.as_secs_f64();
        let micros = |of: Duration| of.as_secs_f64() * 1e6 / count;
        println!(
            "{:34} {rate:9.0} {:>9} {:>6} {:9.1} {:9.1} {:8.0}",
            self.name,
            wrk.map_or("-".to_owned(), |it| format!("{it:.0}")),
            wrk.map_or("-".to_owned(), |it| format!("{:.2}", rate / it)),
            micros(drained.cpu),
            micros(cpu),
            wal as f64 / count
        );
        let left = server.cluster.sql("queue", &format!("SELECT count(*) FROM {schema}.delivery WHERE state <> 1"));
        assert_eq!(left, "0", "a drain delivers everything");
    }
}

/// Deliveries that arrived long ago, to the first endpoint.
fn finish(schema: &str, rows: u64) -> String {
    format!(
        "SET search_path = {schema};
         INSERT INTO event (id, kind, resource_id, timestamp, created_at, checksum, body)
             SELECT 'old' || n, kind, 'old-' || n, timestamp, created_at, checksum, body
             FROM generate_series(1, {rows}) n, (SELECT * FROM event ORDER BY seq LIMIT 1) first;
         INSERT INTO delivery (event, lane, endpoint, changed_at, attempts, state)
             SELECT seq, -seq, 1, created_at, 1, 1 FROM event WHERE id LIKE 'old%';
         INSERT INTO attempt (delivery, started_at, took_us, number, trigger, outcome, status, detail)
             SELECT id, changed_at, 900, 1, 0, 0, 200, 'HTTP 200' FROM delivery WHERE lane < 0;
         ANALYZE event; ANALYZE delivery; ANALYZE attempt;"
    )
}

struct Server {
    cluster: Cluster,
}

impl Server {
    fn place(&self, schema: &str, sink: &Sink, setup: Setup) -> Place {
        Place::on_server(&self.cluster.url_of(schema), sink, setup)
    }

    /// Bytes of the log so far.
    fn wal(&self) -> u64 {
        self.cluster.sql("queue", "SELECT pg_current_wal_insert_lsn() - '0/0'").parse().unwrap()
    }

    /// User and system time of all processes of the server, those included that have ended.
    fn cpu(&self) -> Duration {
        let pids = std::fs::read_to_string(self.cluster.path("data/postmaster.pid")).unwrap();
        let main: u32 = pids.lines().next().unwrap().trim().parse().unwrap();
        let children = std::fs::read_to_string(format!("/proc/{main}/task/{main}/children")).unwrap_or_default();
        let living = children.split_whitespace().map(|pid| ticks(pid, 2)).sum::<u64>();
        Duration::from_millis((ticks(&main.to_string(), 4) + living) * 10)
    }

    fn hold_snapshot(&self) -> Session {
        let hold = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class; SELECT pg_sleep(600)";
        let mut psql = self.cluster.command("psql", &["-Xq", "-d", self.cluster.url().as_str(), "-c", hold]);
        Session(psql.stdout(Stdio::null()).spawn().unwrap())
    }

    fn emitting(&self, events: u64) {
        let sink = Sink::start(Manner::default());
        let place = self.place("emit", &sink, Setup::default());
        // Connected beforehand: an emitter keeps its connection.
        let stores: Vec<_> = (0..32).map(|_| place.store()).collect();
        let kinds: [(&str, MakeDraft); 2] = [("", custom), (", with records", draft)];
        for (suffix, make) in kinds {
            let one = |run: &str, emitter: usize, store: usize| {
                for n in 0..1_000 {
                    let drafts = Box::new(std::iter::once(Ok(make(&format!("{run}-{emitter}-{n}")))));
                    stores[store].enqueue(drafts, false, SystemClock.now()).wait().unwrap();
                }
            };
            rate(&format!("server, emit, one by one{suffix}"), 1_000, || one("alone", 0, 0));
            let one = &one;
            let at_once = |run: &'static str, store: fn(usize) -> usize| {
                std::thread::scope(|scope| {
                    for emitter in 0..32 {
                        scope.spawn(move || one(run, emitter, store(emitter)));
                    }
                });
            };
            rate(&format!("server, emit, 32 at once{suffix}"), 32 * 1_000, || at_once("apart", |emitter| emitter));
            rate(&format!("server, emit, 32 in a process{suffix}"), 32 * 1_000, || at_once("together", |_| 0));
            let drafts: Vec<_> = (0..events).map(|n| Ok(make(&format!("b{n}")))).collect();
            rate(&format!("server, emit, in bulk{suffix}"), events, || {
                stores[0].enqueue(Box::new(drafts.into_iter()), false, SystemClock.now()).wait().unwrap();
            });
        }
    }

    /// From the end of a worker that was killed to the arrival of its delivery from another worker.
    fn takeover(&self) {
        let (arrived, arrivals) = mpsc::channel();
        let delay = Duration::from_secs(60);
        let sink = Sink::start(Manner { delay, arrivals: Some(arrived), ..Manner::default() });
        let mut times: Vec<Duration> = (0..8)
            .map(|n| {
                let place = self.place(&format!("takeover{n}"), &sink, Setup::default());
                place.fill(1);
                let mut first = Session(place.command(&["process", "-q", "--watch"]).spawn().unwrap());
                arrivals.recv_timeout(Duration::from_secs(10)).unwrap();
                let second = Session(place.command(&["process", "-q", "--watch"]).spawn().unwrap());
                std::thread::park_timeout(Duration::from_secs(1));
                let killed = Instant::now();
                first.0.kill().unwrap();
                let arrived = arrivals.recv_timeout(Duration::from_secs(60)).unwrap();
                drop(second);
                arrived - killed
            })
            .collect();
        times.sort_unstable();
        println!(
            "{:34} median {:.2} s, slowest {:.2} s",
            "server, takeover after kill -9",
            times[4].as_secs_f64(),
            times[7].as_secs_f64()
        );
    }
}

/// Makes the event of a resource.
type MakeDraft = fn(&str) -> Draft;

/// An event of a type that changes no record.
fn custom(resource: &str) -> Draft {
    Draft::check("course.touched", resource, Some("course"), filler().as_bytes()).unwrap()
}

/// Prints how many events a second some work stored.
fn rate(name: &str, events: u64, work: impl FnOnce()) {
    let began = Instant::now();
    work();
    println!("{name:34} {:9.0}", events as f64 / began.elapsed().as_secs_f64());
}

/// A process that is killed when its time is over.
struct Session(Child);

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first so many of user and system time of a process and of its children that have ended, in hundredths of a second.
fn ticks(process: &str, figures: usize) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().skip(11).take(figures).filter_map(|it| it.parse::<u64>().ok()).sum()
}

/// The URL under which the server is `network` away.
fn far(cluster: &Cluster, schema: &str, network: Duration) -> String {
    let near = cluster.url_of(schema);
    if network.is_zero() {
        return near;
    }
    let address = SocketAddr::from(([127, 0, 0, 1], cluster.port));
    near.replace(&format!(":{}/", cluster.port), &format!(":{}/", relay(address, network / 2)))
}

/// A port whose bytes reach `address` that much later, in both directions.
fn relay(address: SocketAddr, delay: Duration) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let far = TcpStream::connect(address).unwrap();
            pass(near.try_clone().unwrap(), far.try_clone().unwrap(), delay);
            pass(far, near, delay);
        }
    });
    port
}

/// Passes bytes on, each piece `delay` after it came, however many are under way.
fn pass(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let (sender, pieces) = mpsc::channel::<(Instant, Vec<u8>)>();
    to.set_nodelay(true).unwrap();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            let _ = sender.send((Instant::now() + delay, buffer[..n].to_vec()));
        }
    });
    std::thread::spawn(move || {
        for (due, piece) in pieces {
            std::thread::park_timeout(due.saturating_duration_since(Instant::now()));
            if to.write_all(&piece).is_err() {
                return;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}
