//! A drain into a message broker: whole processes with the queue between, beside the same client that publishes without a queue.
//!
//! `cargo bench --bench brokers` starts a `redis-server`, a node of RabbitMQ and a `moto_server` (which speaks the protocol of SQS) of its own and prints a table for each; read the ratio.
//! `SYNCCTL_BENCH_EVENTS=n` changes how many events are drained. Each pair is run three times in turn.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark that cannot go on stops, prints its table, and waits for a server to start"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use syncctl::broker::{Credentials, Message, Publisher};
use syncctl::endpoint::{Egress, EndpointUrl};
use syncctl::network::connect::Connector;
use syncctl::network::failure::PhaseTimer;

const LIMIT: Duration = Duration::from_secs(10);
/// An access key that moto takes, as it takes any.
const KEY: &str = "key";

fn main() {
    let events = std::env::var("SYNCCTL_BENCH_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
    println!("{:>10} {:>10} {:>10} {:>10} {:>6}", "broker", "in flight", "events/s", "client/s", "ratio");
    for server in [Server::redis(), Server::rabbit(), Server::sqs()] {
        // It is no server to measure: what counts is what the queue adds.
        let events = if server.name == "sqs" { events / 10 } else { events };
        for concurrency in [10, 64] {
            for round in 0..3 {
                let drained = drained(&server.url(&format!("drain-{concurrency}-{round}")), events, concurrency);
                let bare = bare(&server.url(&format!("bare-{concurrency}-{round}")), events, concurrency);
                let (name, ratio) = (server.name, drained / bare);
                println!("{name:>10} {concurrency:>10} {drained:>10.0} {bare:>10.0} {ratio:>6.2}");
            }
        }
    }
}

/// The queues of all rounds.
fn queues() -> impl Iterator<Item = String> {
    let rounds = [10, 64].into_iter().flat_map(|flight| (0..3).map(move |round| (flight, round)));
    rounds.flat_map(|(flight, round)| ["drain", "bare"].map(|what| format!("{what}-{flight}-{round}")))
}

/// A server on loopback, with a directory of its own.
struct Server {
    name: &'static str,
    port: u16,
    processes: Vec<Child>,
    _directory: tempfile::TempDir,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Server {
    fn redis() -> Self {
        let (port, directory) = (free_port(), tempfile::tempdir().unwrap());
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--dir"])
            .arg(directory.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { name: "redis", port, processes: vec![process], _directory: directory }.answering()
    }

    /// A node with a port mapper of its own, as Debian installs it; its queues are made when it starts.
    fn rabbit() -> Self {
        let (port, mapper, directory) = (free_port(), free_port().to_string(), tempfile::tempdir().unwrap());
        let inside = |name: &str| directory.path().join(name);
        let queue = |name: String| {
            format!(r#"{{"name":"{name}","vhost":"/","durable":true,"auto_delete":false,"arguments":{{}}}}"#)
        };
        let definitions = format!(
            r#"{{"users":[{{"name":"guest","password":"guest","tags":""}}],"vhosts":[{{"name":"/"}}],"queues":[{}],
                "permissions":[{{"user":"guest","vhost":"/","configure":".*","write":".*","read":".*"}}]}}"#,
            queues().map(queue).collect::<Vec<_>>().join(",")
        );
        std::fs::write(inside("definitions.json"), definitions).unwrap();
        let settings = format!(
            "listeners.tcp.1 = 127.0.0.1:{port}\nload_definitions = {}\nlog.file = false\n",
            inside("definitions.json").display()
        );
        std::fs::write(inside("rabbitmq.conf"), settings).unwrap();
        let port_mapper = Command::new("epmd").args(["-port", &mapper, "-address", "127.0.0.1"]).spawn().unwrap();
        let node = Command::new("/usr/lib/rabbitmq/bin/rabbitmq-server")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", directory.path())
            .env("RUNNING_UNDER_SYSTEMD", "1")
            .env("ERL_EPMD_PORT", mapper)
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_CONF_ENV_FILE", inside("none"))
            .env("RABBITMQ_NODENAME", format!("syncctl{port}@localhost"))
            .env("RABBITMQ_DIST_PORT", free_port().to_string())
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}")
            .env("RABBITMQ_MNESIA_BASE", inside("mnesia"))
            .env("RABBITMQ_LOG_BASE", inside("log"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", inside("plugins"))
            .env("RABBITMQ_CONFIG_FILE", inside("rabbitmq"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { name: "rabbitmq", port, processes: vec![node, port_mapper], _directory: directory }.answering()
    }

    /// A server with its queues in memory, which are made by requests.
    fn sqs() -> Self {
        let (port, directory) = (free_port(), tempfile::tempdir().unwrap());
        let process = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { name: "sqs", port, processes: vec![process], _directory: directory }.answering();
        queues().for_each(|name| server.create_queue(&name));
        server
    }

    fn create_queue(&self, name: &str) {
        let body = format!(r#"{{"QueueName":"{name}"}}"#);
        let head = format!(
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: AmazonSQS.CreateQueue\r\nConnection: close\r\n\
             Content-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\nAuthorization: AWS4-HMAC-SHA256 \
             Credential={KEY}/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    fn answering(self) -> Self {
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        self
    }

    /// The URL of a stream, of a queue by the default exchange, or of a queue.
    fn url(&self, name: &str) -> String {
        let port = self.port;
        match self.name {
            "redis" => format!("redis://127.0.0.1:{port}/0/{name}"),
            "sqs" => format!("sqs://us-east-1/123456789012/{name}?endpoint=http://127.0.0.1:{port}"),
            _ => format!("amqp://127.0.0.1:{port}/%2F/?routing_key={name}"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn body(n: u64) -> String {
    let text = "x".repeat(300);
    format!("{{\"type\":\"user.updated\",\"resourceId\":\"r{n}\",\"data\":{{\"n\":{n},\"text\":\"{text}\"}}}}\n")
}

/// Events a second that `process` delivers out of a queue.
fn drained(url: &str, events: u64, concurrency: usize) -> f64 {
    let directory = tempfile::tempdir().unwrap();
    let mut emit =
        command(directory.path(), url, &["emit", "--batch", "-", "-q"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = emit.stdin.take().unwrap();
    for n in 0..events {
        input.write_all(body(n).as_bytes()).unwrap();
    }
    drop(input);
    assert!(emit.wait().unwrap().success());
    let began = Instant::now();
    let done = command(directory.path(), url, &["process", "-q", "--concurrency", &concurrency.to_string()]).status();
    assert!(done.unwrap().success());
    events as f64 / began.elapsed().as_secs_f64()
}

fn command(directory: &Path, url: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncctl"));
    command
        .args(args)
        .env_clear()
        .env("HOME", directory)
        .env("SYNCCTL_DB", directory.join("queue.db"))
        .env("WEBHOOK_SECRET", "a-secret-for-benchmarks-only")
        .env("SYNC_WEBHOOK_URLS", url)
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", KEY)
        .stdin(Stdio::null());
    command
}

/// Messages a second that the same client publishes without a queue.
fn bare(url: &str, messages: u64, concurrency: usize) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let key = url.starts_with("sqs").then(|| Credentials::parse(&format!("{KEY}:{KEY}")).unwrap());
    let url = EndpointUrl::parse(url).unwrap();
    let publisher = Arc::new(Publisher::new(&url, key.as_ref(), &Connector::new(Egress::default(), None)).unwrap());
    let left = Arc::new(AtomicU64::new(messages));
    let message = Message {
        id: "evt_01a2268d896a7680816872abdf129c6e".to_owned(),
        event_type: "user.updated".to_owned(),
        resource_type: "user".to_owned(),
        resource_id: "r1".to_owned(),
        headers: headers(),
        body: body(1).into(),
    };
    let began = Instant::now();
    runtime.block_on(async {
        let mut slots = tokio::task::JoinSet::new();
        for _ in 0..concurrency {
            let (publisher, left, message) = (Arc::clone(&publisher), Arc::clone(&left), message.clone());
            slots.spawn(async move {
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    publisher.publish(&message, LIMIT, &PhaseTimer::new()).await.unwrap();
                }
            });
        }
        slots.join_all().await;
    });
    messages as f64 / began.elapsed().as_secs_f64()
}

/// As many and as long as those of a signed event.
fn headers() -> http::HeaderMap {
    [
        ("content-type", "application/json"),
        ("user-agent", "syncctl/0.1.0"),
        ("x-sync-event-id", "evt_01a2268d896a7680816872abdf129c6e"),
        ("x-sync-event-type", "user.updated"),
        ("x-sync-attempt", "1"),
        ("x-sync-trigger", "initial"),
        ("x-webhook-signature", "f1d2d2f924e986ac86fdf7b36c94bcdf32beec15f1d2d2f924e986ac86fdf7b3"),
        ("webhook-id", "evt_01a2268d896a7680816872abdf129c6e"),
        ("webhook-timestamp", "1790000000"),
        ("webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
    ]
    .into_iter()
    .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)))
    .collect()
}
