//! What holds over every broker: two instances converge, and kills of workers, of readers and of the broker lose nothing.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::time::Duration;

use serde_json::{Value, json};

use crate::rabbit_server::RabbitServer;
use crate::sources::{SIGNED, records, serve};
use crate::sqs_server::{Cut, SqsServer, url_at, with_keys};
use crate::support::place::{Place, kill, within};
use crate::support::redis::RedisServer;
use crate::support::{Chance, long};

/// Deliveries that a killed worker may have sent without recording it: those in flight, and those it prefetched.
const CLAIMED: u64 = 10 + 192;
/// Messages that a killed reader may have applied without acknowledging it, or that were sent ahead to it: two batches.
const TAKEN: u64 = 200;
/// Attempts in flight.
const SLOTS: u64 = 10;

enum Broker {
    Redis(RedisServer),
    Rabbit(RabbitServer),
    Sqs(SqsServer, Cut),
}

impl Broker {
    fn redis() -> Option<Self> {
        RedisServer::start().map(Self::Redis)
    }

    fn rabbit() -> Option<Self> {
        let server = RabbitServer::start()?;
        ["to-a", "to-b"].into_iter().for_each(|name| server.declare(name, None));
        Some(Self::Rabbit(server))
    }

    fn sqs() -> Option<Self> {
        let server = SqsServer::start()?;
        ["to-a", "to-b"].into_iter().for_each(|name| server.create(name, &json!({})));
        let cut = server.behind_a_cut();
        Some(Self::Sqs(server, cut))
    }

    fn endpoint(&self, name: &str) -> String {
        match self {
            Self::Redis(server) => server.url(&format!("0/{name}")),
            Self::Rabbit(server) => server.url(&format!("%2F/{name}")),
            Self::Sqs(_, cut) => url_at(cut.port, name),
        }
    }

    fn source(&self, name: &str) -> String {
        match self {
            Self::Redis(server) => server.url(&format!("0/{name}?group=g&claim_after=500ms")),
            Self::Rabbit(server) => server.url(&format!("%2F/{name}")),
            Self::Sqs(_, cut) => url_at(cut.port, name) + "&visibility=2s",
        }
    }

    /// Kills it, as a machine that loses power would, and starts it again; of a server that has its queues in memory alone, cuts the
    /// connections.
    fn crash(&mut self) {
        match self {
            Self::Redis(server) => {
                server.kill();
                server.up();
            }
            Self::Rabbit(server) => {
                server.kill();
                server.up();
            }
            Self::Sqs(_, cut) => cut.cut(),
        }
    }

    /// Whether nothing waits, and nothing is taken without being acknowledged.
    fn is_drained(&self, name: &str) -> bool {
        match self {
            Self::Redis(server) => {
                let groups = server.ask(&["XINFO", "GROUPS", name]);
                let group = &groups[0];
                group["pending"] == 0 && group["lag"] == 0
            }
            Self::Rabbit(server) => server.waiting(name) == 0,
            Self::Sqs(server, _) => server.counts(name) == (0, 0),
        }
    }
}

/// A place that sends to one place of the broker and reads another.
fn instance(sends: &str, reads: &str) -> Place {
    let mut place = Place::new();
    let text = format!(
        "[[endpoints]]\nname = \"other\"\nurl = \"{sends}\"\nfirst_delay = \"50ms\"\nmax_attempts = 100\n\
         circuit_first_probe = \"100ms\"\ncircuit_longest_probe = \"500ms\"\n\
         [[sources]]\nname = \"other\"\nbroker = \"{reads}\"\n{SIGNED}\n"
    );
    std::fs::write(place.path("config.toml"), text).unwrap();
    place.set("SYNCCTL_CONFIG", &place.path("config.toml").display().to_string());
    place.set("SYNCCTL_ADMIN_TOKEN", "admin-token-of-the-tests");
    with_keys(place)
}

/// A server of an instance, on a port of its own.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(place: &Place) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = place.spawn(&["serve", "--listen", &format!("127.0.0.1:{port}"), "--without", "process"]);
        within(Duration::from_secs(10), "it listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { child, port }
    }

    /// Changes a profile through the API; the answer's status.
    fn edit(&self, user: usize, data: &Value) -> String {
        let body = data.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "PUT /api/profile?userId=u{user} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
             Authorization: Bearer admin-token-of-the-tests\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    }

    fn end(mut self) {
        kill(&self.child, "-TERM");
        assert!(self.child.wait().unwrap().success());
    }
}

fn exported(place: &Place) -> Vec<String> {
    let mut lines: Vec<String> = place.ok(&["records", "export"]).lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Edits on both sides of the same records at once.
fn converge(broker: &Broker) {
    let places = [
        instance(&broker.endpoint("to-b"), &broker.source("to-a")),
        instance(&broker.endpoint("to-a"), &broker.source("to-b")),
    ];
    let servers = [Server::start(&places[0]), Server::start(&places[1])];
    let mut chance = Chance::new(7);
    for n in 0..60 {
        let side = chance.below(2);
        let field = *chance.pick(&["name", "bio", "city"]);
        let status = servers[side].edit(chance.below(6), &json!({ field: format!("{side}-{n}") }));
        assert!(status == "200" || status == "201", "{status}");
    }
    within(Duration::from_secs(30), "everything is delivered", || {
        places.iter().all(|place| place.queue()["total"] == 0)
            && ["to-a", "to-b"].into_iter().all(|name| broker.is_drained(name))
    });
    within(Duration::from_secs(10), "both hold the same", || exported(&places[0]) == exported(&places[1]));
    assert!(exported(&places[0]).len() >= 5);
    let delivered: u64 = places.iter().map(|place| place.queue()["delivered"].as_u64().unwrap()).sum();
    assert_eq!(delivered, 60, "what was applied from the other side is not sent back");
    servers.into_iter().for_each(Server::end);
}

/// Events that change a few records again and again, each later than the one before.
fn emit(place: &Place, events: u64, resources: u64) {
    let lines: String = (0..events)
        .map(|n| {
            let (resource, second, milli) = (n % resources, n / 1_000, n % 1_000);
            let at = format!("2026-01-31T12:{:02}:{:02}.{milli:03}Z", second / 60, second % 60);
            format!(
                "{{\"id\":\"e{n:06}\",\"type\":\"user.updated\",\"resourceId\":\"u{resource}\",\"timestamp\":\"{at}\",\"data\":{{\"n\":{n}}}}}\n"
            )
        })
        .collect();
    let ran = place.run_with_input(&["emit", "--batch", "-", "-q"], lines.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// How many events were accepted, and how many of them came again.
fn received(place: &Place) -> (u64, u64) {
    let ran = place.run(&["audit", "list", "--direction", "inbound", "--limit", "100000", "-o", "json"]);
    let envelope: Value = serde_json::from_str(&ran.stdout).unwrap();
    let rows = envelope["data"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["outcome"] == "applied" || row["outcome"] == "stale"), "nothing is refused");
    (envelope["pagination"]["total"].as_u64().unwrap(), rows.iter().filter_map(|row| row["repeats"].as_u64()).sum())
}

/// Kills one after the other while events go through, so many for each kill, the broker as often as `crashes` says; what that did, in
/// words.
fn survive(mut broker: Broker, crashes: u64, for_each: u64) -> String {
    let kills: u64 = if long() { 60 } else { 6 };
    let (events, resources) = (kills * for_each, 20);
    let (sender, receiver) = (
        instance(&broker.endpoint("to-b"), &broker.source("to-a")),
        instance(&broker.endpoint("to-a"), &broker.source("to-b")),
    );
    emit(&sender, events, resources);
    let work = |place: &Place| place.spawn(&["process", "--watch"]);
    let read = serve;
    let mut worker = work(&sender);
    let mut readers = [read(&receiver), read(&receiver)];
    let mut chance = Chance::new(18);
    let (mut worker_kills, mut reader_kills, mut crashed) = (0, 0, 0);
    let progress = |sender: &Place| sender.queue()["delivered"].as_u64().unwrap();
    for killed in 0..kills {
        let goal = killed * for_each * 4 / 5 + 50;
        within(Duration::from_secs(60), "progress between kills", || progress(&sender) >= goal);
        match killed % 3 {
            0 => {
                kill(&worker, "-KILL");
                worker.wait().unwrap();
                worker = work(&sender);
                worker_kills += 1;
            }
            1 if crashed < crashes => {
                broker.crash();
                crashed += 1;
            }
            _ => {
                let reader = &mut readers[chance.below(2)];
                kill(reader, "-KILL");
                reader.wait().unwrap();
                *reader = read(&receiver);
                reader_kills += 1;
            }
        }
    }
    within(Duration::from_secs(90), "all delivered", || progress(&sender) == events);
    within(Duration::from_secs(90), "all acknowledged", || broker.is_drained("to-b"));
    for process in readers.iter_mut().chain([&mut worker]) {
        kill(process, "-TERM");
        assert!(process.wait().unwrap().success());
    }
    let (accepted, again) = received(&receiver);
    assert_eq!((accepted, records(&receiver)), (events, resources), "every event is applied once");
    let most = worker_kills * CLAIMED + reader_kills * TAKEN + crashes * (SLOTS + 2 * TAKEN);
    assert!(again <= most, "{again} came again, at most {most} were under way");
    for resource in 0..resources {
        let shown = receiver.ok(&["records", "show", "user", &format!("u{resource}"), "--body"]);
        let last = events - resources + resource;
        assert!(shown.contains(&last.to_string()), "the last event stands: {shown}");
    }
    assert_eq!(sender.queue()["failed"], 0);
    sender.ok(&["db", "verify"]);
    receiver.ok(&["db", "verify"]);
    format!(
        "{worker_kills} workers and {reader_kills} readers killed, {crashes} crashes: {again} of {events} came again"
    )
}

#[test]
fn two_instances_converge_over_redis() {
    let Some(broker) = Broker::redis() else { return };
    converge(&broker);
}

#[test]
fn kills_of_workers_readers_and_redis_lose_nothing() {
    let Some(broker) = Broker::redis() else { return };
    eprintln!("{}", survive(broker, 2, 500));
}

/// One node for both: it takes seconds to start.
#[test]
fn two_instances_converge_over_rabbitmq_and_kills_of_workers_and_readers_lose_nothing() {
    let Some(broker) = Broker::rabbit() else { return };
    converge(&broker);
    eprintln!("{}", survive(broker, 0, 500));
}

#[test]
fn a_node_of_rabbitmq_that_is_killed_loses_nothing_that_it_confirmed() {
    let Some(broker) = Broker::rabbit() else { return };
    eprintln!("{}", survive(broker, 1, 500));
}

#[test]
fn two_instances_converge_over_sqs() {
    let Some(broker) = Broker::sqs() else { return };
    converge(&broker);
}

#[test]
fn kills_of_workers_and_readers_and_connections_to_sqs_that_are_cut_lose_nothing() {
    let Some(broker) = Broker::sqs() else { return };
    eprintln!("{}", survive(broker, 2, 200));
}
