//! A receiver that remembers what it got and answers as told: honestly, badly, or not at all.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    pub at: Instant,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn event_id(&self) -> &str {
        self.header("x-sync-event-id")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What to answer.
#[derive(Clone, Debug)]
pub enum Reply {
    Status(u16),
    With(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes, then the connection is closed.
    Raw(Vec<u8>),
    /// Nothing, until the client gives up.
    Hang,
    /// The connection is reset.
    Reset,
    /// First wait, then answer.
    After(Duration, Box<Reply>),
}

type Answer = dyn Fn(&Received) -> Reply + Send + Sync;

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<Received>>,
    more: Condvar,
}

/// A server on loopback, in threads of the test.
#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    seen: Arc<Seen>,
}

impl Receiver {
    /// Answers 200 to everything.
    pub fn good() -> Self {
        Self::new(|_| Reply::Status(200))
    }

    /// Answers as `answer` says.
    pub fn new(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), answer)
    }

    pub fn on(listener: TcpListener, answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let answer: Arc<Answer> = Arc::new(answer);
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&shared), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &seen, answer.as_ref()));
            }
        });
        Self { address, seen }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn requests(&self) -> Vec<Received> {
        self.seen.requests.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.seen.requests.lock().unwrap().len()
    }

    /// Waits until `n` requests came, or panics after `limit`.
    pub fn wait_for(&self, n: usize, limit: Duration) -> Vec<Received> {
        let requests = self.seen.requests.lock().unwrap();
        let (requests, timed_out) =
            self.seen.more.wait_timeout_while(requests, limit, |requests| requests.len() < n).unwrap();
        assert!(!timed_out.timed_out(), "{} of {n} requests came within {limit:?}", requests.len());
        requests.clone()
    }
}

fn serve(stream: TcpStream, seen: &Seen, answer: &Answer) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(request) = read(&mut reader) {
        let reply = answer(&request);
        seen.requests.lock().unwrap().push(request);
        seen.more.notify_all();
        if !send(&mut stream, reply) {
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}

fn send(stream: &mut TcpStream, reply: Reply) -> bool {
    match reply {
        Reply::Status(status) => send(stream, Reply::With(status, Vec::new(), Vec::new())),
        Reply::With(status, headers, body) => {
            let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
            headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
            if matches!(status, 204 | 304) {
                head = head.replace("content-length: 0\r\n", "");
            }
            stream.write_all((head + "\r\n").as_bytes()).and_then(|()| stream.write_all(&body)).is_ok()
        }
        Reply::Raw(bytes) => {
            let _ = stream.write_all(&bytes);
            false
        }
        Reply::Hang => {
            let _ = stream.read(&mut [0; 1]);
            false
        }
        Reply::Reset => {
            let socket = std::mem::replace(stream, stream.try_clone().unwrap());
            // Closing with unread input makes the kernel reset the connection.
            drop(socket);
            false
        }
        Reply::After(wait, reply) => {
            std::thread::park_timeout(wait);
            send(stream, *reply)
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let (method, path) = (line.split(' ').next()?.to_owned(), line.split(' ').nth(1)?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Received { method, path, headers, body, at: Instant::now() })
}
