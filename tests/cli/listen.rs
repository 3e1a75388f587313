use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::sign::{BODY, SIGNATURE};
use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

/// `listen` on a port of its own.
pub(crate) struct Listening {
    child: Child,
    pub(crate) address: String,
}

impl Listening {
    pub(crate) fn start(place: &Place, args: &[&str]) -> Self {
        let args = [&["listen", "--listen", "127.0.0.1:0", "-o", "jsonl"], args].concat();
        let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let address = first.strip_prefix("listening on http://").unwrap().to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// Sends a request byte for byte and returns the status of the answer.
    pub(crate) fn send(&self, head: &str, body: &[u8]) -> u16 {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let head = format!("POST /hook HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n{head}\r\n", body.len());
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Waits for the end, and returns what was shown.
    pub(crate) fn shown(self) -> Vec<Value> {
        let output = self.child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn signed() -> String {
    format!("X-Webhook-Signature: {SIGNATURE}\r\nUser-Agent: sender/1\r\n")
}

#[test]
fn requests_are_shown_with_their_verdict_and_answered_as_told() {
    let place = Place::new();
    let listening = Listening::start(&place, &["--respond", "500,200", "--count", "3"]);
    assert_eq!(listening.send(&signed(), BODY.as_bytes()), 500);
    assert_eq!(listening.send(&signed(), b"{}"), 200);
    assert_eq!(listening.send("", b"\xff"), 200);
    let shown = listening.shown();
    assert_eq!((&shown[0]["valid"], &shown[0]["scheme"]), (&true.into(), &"syncctl".into()));
    assert_eq!((&shown[0]["type"], &shown[0]["id"]), (&"enrollment.created".into(), &"event-123".into()));
    assert_eq!((&shown[1]["valid"], &shown[1]["reason"]), (&false.into(), &"code-mismatch".into()));
    assert_eq!((&shown[2]["scheme"], &shown[2]["valid"]), (&Value::Null, &Value::Null));
}

#[test]
fn captured_requests_are_kept_byte_for_byte_for_their_owner_only_and_read_by_verify() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let listening = Listening::start(&place, &["--save", "captured", "--count", "2"]);
    listening.send(&signed(), BODY.as_bytes());
    listening.send(&signed(), b"\xff\0\r\n\n");
    let shown = listening.shown();
    let file = shown[0]["saved"].as_str().unwrap();
    assert_eq!(std::fs::metadata(place.path(file)).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(place.run(&["verify", "--request", file]).code, 0);
    let other = shown[1]["saved"].as_str().unwrap();
    assert!(std::fs::read(place.path(other)).unwrap().ends_with(b"\r\n\r\n\xff\0\r\n\n"));
    assert_eq!(place.run(&["verify", "--request", other]).code, 4);
    std::fs::write(place.path("sent"), BODY).unwrap();
    assert_eq!(place.run(&["diff", "sent", file]).code, 0);
}

#[test]
fn what_goes_on_is_unchanged_and_the_answer_is_that_of_the_place() {
    let place = Place::new();
    let receiver = Receiver::new(|_| Reply::Status(418));
    let url = receiver.url("/there");
    let listening = Listening::start(&place, &["--forward-to", &url, "--count", "1"]);
    assert_eq!(listening.send(&signed(), BODY.as_bytes()), 418);
    let request = &receiver.wait_for(1, Duration::from_secs(10))[0];
    assert_eq!((request.path.as_str(), request.body.as_slice()), ("/there", BODY.as_bytes()));
    assert_eq!(request.header("x-webhook-signature"), SIGNATURE);
    assert_eq!(listening.shown()[0]["status"], 418);
}

#[test]
fn large_bodies_are_refused_and_hostile_text_is_escaped() {
    let place = Place::new();
    let args = ["listen", "--listen", "127.0.0.1:0", "--max-body", "100", "--count", "1", "--show-body"];
    let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
    let send = |body: &[u8]| {
        let mut stream = TcpStream::connect(&address).unwrap();
        let head = format!("POST /\\x1b]0;x HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line
    };
    assert!(send(&[b'x'; 101]).contains(" 413 "));
    assert!(send("{\"type\":\"\\u001b]0;pwn\\u0007\",\"b\":\"\u{202e}x\"}".as_bytes()).contains(" 200 "));
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    assert!(text.contains("␛]0;pwn␇") && text.contains("\"b\": "), "{text}");
}

#[test]
fn a_signal_ends_it_cleanly() {
    let place = Place::new();
    let listening = Listening::start(&place, &[]);
    listening.send("", b"{}");
    crate::support::place::kill(&listening.child, "-TERM");
    assert_eq!(listening.shown().len(), 1);
}
