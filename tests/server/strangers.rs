//! Three thousand connections of strangers, who know no secret, beside one sender who does.
//!
//! The strangers are a process of their own: this test binary once more, told by [`VARIABLE`] what to do. The server that is measured
//! is the one of this build, or the one that `SYNCCTL_MEASURED` names, such as a release build.

use std::net::{SocketAddr, TcpStream as Connection};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::running::{Answer, Running, event, place, signed, write};

/// What the process of the strangers is told: how they behave, and where the server is.
const VARIABLE: &str = "SYNCCTL_STRANGERS";
const STRANGERS: usize = 3_000;
/// How long each kind of them is measured, after the time that all need to connect.
const MEASURED: Duration = Duration::from_secs(8);
const CONNECTING: Duration = Duration::from_secs(3);
/// What the 99th percentile of a signed webhook of 20 KiB may be.
const SLOWEST: Duration = Duration::from_millis(100);
const MOST_KIB: u64 = 128 * 1024;
const AT: &str = "2026-01-31T12:00:00.000Z";

/// How strangers behave. All connect again as soon as their connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// There are none: what the machine takes anyway.
    Absent,
    /// They say nothing.
    Idle,
    /// A header line each second, without end.
    SlowHead,
    /// A signature that is made up, 17 KiB of a body at once, and the rest a byte each second.
    SlowBody,
    /// A small webhook with a signature that is made up, four times a second.
    Forging,
    /// The same as fast as they are answered.
    Flooding,
    /// What anybody may ask, as fast as they are answered.
    Probing,
}

const MANNERS: [Manner; 7] = [
    Manner::Absent,
    Manner::Idle,
    Manner::SlowHead,
    Manner::SlowBody,
    Manner::Forging,
    Manner::Flooding,
    Manner::Probing,
];

#[test]
#[ignore = "measures for two and a half minutes and takes both cores"]
fn strangers_do_not_delay_a_signed_webhook() {
    if let Ok(told) = std::env::var(VARIABLE) {
        return be_strangers(&told);
    }
    let mut failed = Vec::new();
    for manner in MANNERS {
        for keeps in [true, false] {
            let (waits, memory) = measure(manner, keeps);
            let (half, most) = (waits[waits.len() / 2], waits[waits.len() * 99 / 100]);
            let kept = if keeps { "one connection" } else { "a connection each" };
            println!(
                "{:10} {kept:18} {:6} webhooks  median {:7.1} ms  99th {:7.1} ms  longest {:7.1} ms  peak {:4} MiB",
                format!("{manner:?}"),
                waits.len(),
                millis(half),
                millis(most),
                millis(waits[waits.len() - 1]),
                memory / 1024
            );
            if most > SLOWEST || memory > MOST_KIB {
                failed.push((manner, keeps, most, memory));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The strangers, and their end.
struct Strangers(Child);

impl Drop for Strangers {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What each signed webhook took, sorted, and the server's peak of memory in KiB.
fn measure(manner: Manner, keeps: bool) -> (Vec<Duration>, u64) {
    let place = place();
    let args = ["serve", "--listen", "127.0.0.1:0", "--no-process"];
    let server = Running::of(match std::env::var_os("SYNCCTL_MEASURED") {
        Some(program) => place.prepare(Command::new(program), &args),
        None => place.command(&args),
    });
    assert_eq!(server.webhook(&event("first", "user.updated", "u", "{}", AT)).status, 200);
    // Each of them needs a file.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n $(ulimit -Hn); exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", "strangers::strangers_do_not_delay_a_signed_webhook", "--ignored"]);
    command.env(VARIABLE, format!("{manner:?} {}", server.address)).stdin(Stdio::null()).stdout(Stdio::null());
    let _strangers = Strangers(command.spawn().unwrap());
    std::thread::park_timeout(CONNECTING);
    let (began, mut waits) = (Instant::now(), Vec::new());
    let mut kept = server.connect();
    while began.elapsed() < MEASURED {
        let text = "x".repeat(20 * 1024);
        let data = format!("{{\"text\":\"{text}\"}}");
        let body = event(&format!("e{}", waits.len()), "user.updated", "u", &data, AT);
        let headers = signed(&body);
        let asked = Instant::now();
        let answer = send(&server, keeps.then_some(&mut kept), &headers, &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        waits.push(asked.elapsed());
        std::thread::park_timeout(Duration::from_millis(10));
    }
    waits.sort_unstable();
    (waits, server.memory_kib())
}

/// One webhook, on the connection that is kept or on one of its own. A kept one that was closed meanwhile is opened again.
fn send(server: &Running, kept: Option<&mut Connection>, headers: &str, body: &str) -> Answer {
    let Some(stream) = kept else { return server.send("POST /api/webhooks/sync", headers, body.as_bytes()) };
    for _ in 0..3 {
        write(stream, "POST /api/webhooks/sync", headers, body.as_bytes());
        if let Some(answer) = Answer::read(stream) {
            return answer;
        }
        *stream = server.connect();
    }
    panic!("the connection was closed three times");
}

// ── the other process ────────────────────────────────────────────────────────────────────────────────────────────────

fn be_strangers(told: &str) {
    let (name, address) = told.split_once(' ').unwrap();
    let manner = *MANNERS.iter().find(|manner| format!("{manner:?}") == name).unwrap();
    let address: SocketAddr = address.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let count = if manner == Manner::Absent { 0 } else { STRANGERS };
        let all = (0..count).map(|n| tokio::spawn(be_stranger(n, manner, address)));
        for stranger in all.collect::<Vec<_>>() {
            stranger.await.unwrap();
        }
    });
}

async fn be_stranger(n: usize, manner: Manner, address: SocketAddr) {
    loop {
        // From some addresses of loopback, none of them that of the sender.
        let from = SocketAddr::from(([127, 0, 1, u8::try_from(n % 200).unwrap() + 1], 0));
        let socket = TcpSocket::new_v4().unwrap();
        if socket.bind(from).is_ok()
            && let Ok(stream) = socket.connect(address).await
        {
            let _ = behave(manner, stream).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Until the connection is closed.
async fn behave(manner: Manner, mut stream: TcpStream) -> std::io::Result<()> {
    let head = "POST /api/webhooks/sync HTTP/1.1\r\nHost: localhost\r\n";
    let code = format!("X-Webhook-Signature: {}\r\n", "ab".repeat(32));
    match manner {
        Manner::Absent => Ok(()),
        Manner::Idle => closed(&mut stream).await,
        Manner::SlowHead => {
            stream.write_all(head.as_bytes()).await?;
            trickle(&mut stream, b"X-A: b\r\n").await
        }
        Manner::SlowBody => {
            stream.write_all(format!("{head}{code}Content-Length: 200000\r\n\r\n").as_bytes()).await?;
            stream.write_all(&[b'x'; 17 * 1024]).await?;
            trickle(&mut stream, b"x").await
        }
        Manner::Forging | Manner::Flooding => {
            let body = event("forged", "user.updated", "u", "{}", AT);
            let request = format!("{head}{code}Content-Length: {}\r\n\r\n{body}", body.len());
            let pause = Duration::from_millis(if manner == Manner::Forging { 250 } else { 0 });
            ask(&mut stream, &request, pause).await
        }
        Manner::Probing => ask(&mut stream, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", Duration::ZERO).await,
    }
}

/// The same again and again, each time it was answered.
async fn ask(stream: &mut TcpStream, request: &str, pause: Duration) -> std::io::Result<()> {
    let mut answer = [0; 2_048];
    loop {
        stream.write_all(request.as_bytes()).await?;
        if stream.read(&mut answer).await? == 0 {
            return Ok(());
        }
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
}

async fn trickle(stream: &mut TcpStream, part: &[u8]) -> std::io::Result<()> {
    loop {
        if let Ok(closed) = tokio::time::timeout(Duration::from_secs(1), closed(stream)).await {
            return closed;
        }
        stream.write_all(part).await?;
    }
}

async fn closed(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut answer = [0; 512];
    while stream.read(&mut answer).await? > 0 {}
    Ok(())
}
