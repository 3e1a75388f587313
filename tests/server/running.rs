//! A server of the real binary, and a client that is nothing but a socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use syncctl::signature::{Secret, Signer};

use crate::support::place::{Place, SECRET, kill};

pub(crate) const ADMIN: &str = "Authorization: Bearer admin-token-of-the-tests\r\n";
pub(crate) const CRON: &str = "cron-secret-of-the-tests";

/// A running server. Dropping it kills it.
pub(crate) struct Running {
    child: Option<Child>,
    pub(crate) address: SocketAddr,
    told: Arc<Mutex<String>>,
}

/// A place with every secret a server needs.
pub(crate) fn place() -> Place {
    with_secrets(Place::new())
}

pub(crate) fn with_secrets(mut place: Place) -> Place {
    place.set("SYNCCTL_ADMIN_TOKEN", "admin-token-of-the-tests");
    place.set("CRON_SECRET", CRON);
    place
}

impl Running {
    pub(crate) fn start(place: &Place, args: &[&str]) -> Self {
        Self::at(place, "127.0.0.1:0", args)
    }

    pub(crate) fn at(place: &Place, address: &str, args: &[&str]) -> Self {
        Self::of(place.command(&[&["serve", "--listen", address], args].concat()))
    }

    /// The server that a command starts.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told = String::new();
        let address = loop {
            let line = lines.next().unwrap_or_else(|| panic!("it does not say where it listens: {told}")).unwrap();
            told += &line;
            if let Some((_, address)) = line.rsplit_once("http://") {
                break address.parse().unwrap();
            }
            told.push('\n');
        };
        let told = Arc::new(Mutex::new(told));
        let shared = Arc::clone(&told);
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| *shared.lock().unwrap() += &format!("\n{line}"));
        });
        Self { child: Some(child), address, told }
    }

    /// What it wrote to standard error until now.
    pub(crate) fn told(&self) -> String {
        self.told.lock().unwrap().clone()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub(crate) fn signal(&self, signal: &str) {
        kill(self.child.as_ref().unwrap(), signal);
    }

    /// Waits for the end and returns the exit status.
    pub(crate) fn ended(mut self) -> Option<i32> {
        self.child.take().unwrap().wait().unwrap().code()
    }

    pub(crate) fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.as_ref().unwrap().id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// User and system time it has used.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.as_ref().unwrap().id())).unwrap();
        let ticks = stat.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2);
        Duration::from_millis(ticks.map(|ticks| ticks.parse::<u64>().unwrap() * 10).sum())
    }

    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.address)
    }

    /// One request on a connection of its own.
    pub(crate) fn send(&self, line: &str, headers: &str, body: &[u8]) -> Answer {
        try_send(self.address, line, headers, body).unwrap_or_else(|| panic!("no answer to {line}: {}", self.told()))
    }

    pub(crate) fn get(&self, path: &str, headers: &str) -> Answer {
        self.send(&format!("GET {path}"), headers, b"")
    }

    /// A webhook with the original's signature.
    pub(crate) fn webhook(&self, body: &str) -> Answer {
        self.send("POST /api/webhooks/sync", &signed(body), body.as_bytes())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    stream
}

pub(crate) fn send(address: SocketAddr, line: &str, headers: &str, body: &[u8]) -> Answer {
    try_send(address, line, headers, body).expect("an answer")
}

fn try_send(address: SocketAddr, line: &str, headers: &str, body: &[u8]) -> Option<Answer> {
    let mut stream = connect(address);
    write(&mut stream, line, headers, body);
    Answer::read(&mut stream)
}

pub(crate) fn write(stream: &mut TcpStream, line: &str, headers: &str, body: &[u8]) {
    let head = format!("{line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    // A server that refuses early may close before everything is written; the answer tells.
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
}

/// The original's signature as a header line.
pub(crate) fn signed(body: &str) -> String {
    let secret = Secret::new(SECRET.to_owned()).unwrap();
    let code = Signer::new(&secret, &[]).sign("", 0, body.as_bytes()).original;
    format!("X-Webhook-Signature: {code}\r\nContent-Type: application/json\r\n")
}

/// The headers of Standard Webhooks.
pub(crate) fn standard(body: &str, id: &str, seconds: i64) -> String {
    let secret = Secret::new(SECRET.to_owned()).unwrap();
    let code = Signer::new(&secret, &[&secret]).sign(id, seconds, body.as_bytes()).standard;
    format!("webhook-id: {id}\r\nwebhook-timestamp: {seconds}\r\nwebhook-signature: {code}\r\n")
}

pub(crate) fn event(id: &str, event_type: &str, resource: &str, data: &str, at: &str) -> String {
    format!(r#"{{"id":"{id}","type":"{event_type}","resourceId":"{resource}","data":{data},"timestamp":"{at}"}}"#)
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The head in lower case.
    pub(crate) head: String,
    /// The head as it came.
    pub(crate) raw: String,
    pub(crate) body: String,
}

impl Answer {
    /// Reads one answer; `None` when the connection ends before it.
    pub(crate) fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let lower = head.to_lowercase();
        let length = lower
            .split("content-length:")
            .nth(1)
            .map_or(0, |rest| rest.lines().next().unwrap().trim().parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, head: lower, raw: head, body: String::from_utf8_lossy(&body).into_owned() })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub(crate) fn data(&self) -> Value {
        self.json()["data"].clone()
    }

    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_owned()
    }

    /// The fields that were refused.
    pub(crate) fn fields(&self) -> Vec<String> {
        let json = self.json();
        json["error"]["details"]["fields"]
            .as_object()
            .map(|fields| fields.keys().cloned().collect())
            .unwrap_or_default()
    }
}
