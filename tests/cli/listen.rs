use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::sign::{BODY, SIGNATURE};
use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

/// `listen` on a port of its own.
pub(crate) struct Listening {
    child: Child,
    told: std::thread::JoinHandle<Vec<String>>,
    pub(crate) address: String,
}

impl Listening {
    pub(crate) fn start(place: &Place, args: &[&str]) -> Self {
        let args = [&["listen", "--listen", "127.0.0.1:0", "-o", "jsonl"], args].concat();
        let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let address = first.strip_prefix("listening on http://").unwrap().to_owned();
        let told = std::thread::spawn(move || lines.map_while(Result::ok).collect());
        Self { child, told, address }
    }

    /// Sends bytes and returns what comes back until the other side is done; with `cut`, sends no more after them.
    pub(crate) fn say(&self, bytes: &[u8], cut: bool) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // A refused request may be answered, and its connection closed, before all of it is written.
        let _ = stream.write_all(bytes);
        if cut {
            let _ = stream.shutdown(Shutdown::Write);
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
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
        self.ended().0
    }

    /// Waits for the end, and returns what was shown and what was told beside it.
    fn ended(self) -> (Vec<Value>, Vec<String>) {
        let output = self.child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), self.told.join().unwrap())
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
fn the_query_goes_on_too_and_the_whole_answer_comes_back_with_its_headers() {
    let place = Place::new();
    let long: Vec<u8> = (0..200_000_u32).map(|n| b'a' + u8::try_from(n % 26).unwrap()).collect();
    let answer = long.clone();
    let receiver = Receiver::new(move |_| {
        let headers = vec![
            ("Content-Type", "text/plain".to_owned()),
            ("Location", "/elsewhere".to_owned()),
            ("Set-Cookie", "a=1".to_owned()),
            ("X-Hop", "1".to_owned()),
            ("Connection", "close, x-hop".to_owned()),
        ];
        Reply::With(301, headers, answer.clone())
    });
    let url = receiver.url("/there?own=1");
    let listening = Listening::start(&place, &["--forward-to", &url, "--count", "1"]);
    let said = listening.say(b"POST /hook?q=1&r=%20 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}", false);
    assert_eq!(receiver.wait_for(1, Duration::from_secs(10))[0].path, "/there?own=1&q=1&r=%20");
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 301"), "{head}");
    for there in ["content-type: text/plain", "location: /elsewhere", "set-cookie: a=1", "content-length: 200000"] {
        assert!(head.contains(there), "{there} in {head}");
    }
    assert!(!head.contains("x-hop"), "{head}");
    assert!(body.as_bytes() == long, "{} bytes came back", body.len());
}

#[test]
fn a_challenge_that_the_place_does_not_meet_is_answered_here() {
    let place = Place::new();
    let meets = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let does = std::sync::Arc::clone(&meets);
    let receiver = Receiver::new(move |_| match does.load(std::sync::atomic::Ordering::SeqCst) {
        true => Reply::With(200, vec![("X-Own", "1".to_owned())], b"abc".to_vec()),
        false => Reply::Status(404),
    });
    let listening = Listening::start(&place, &["--forward-to", &receiver.url("/there"), "--count", "3"]);
    let asked = b"GET /hook?challenge=abc HTTP/1.1\r\nHost: h\r\n\r\n";
    let answered = listening.say(asked, false).to_ascii_lowercase();
    assert!(answered.starts_with("http/1.1 200") && answered.ends_with("\r\n\r\nabc"), "{answered}");
    meets.store(true, std::sync::atomic::Ordering::SeqCst);
    let answered = listening.say(asked, false).to_ascii_lowercase();
    assert!(answered.contains("x-own: 1"), "the answer of the place is its own: {answered}");
    meets.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(listening.send("", b"{}"), 404, "what is no challenge is answered as the place does");
    let (_, told) = listening.ended();
    assert_eq!(receiver.requests().len(), 3, "all of them went on");
    assert!(told.iter().any(|line| line.contains("did not answer the challenge (HTTP 404)")), "{told:?}");
}

#[test]
fn what_is_shown_and_kept_is_narrowed_by_path_and_verdict_and_all_is_answered() {
    let place = Place::new();
    let args = ["--path", "/in/*,/hook", "--verdict", "invalid", "--save", "captured", "--count", "1"];
    let listening = Listening::start(&place, &args);
    let elsewhere = format!("POST /other HTTP/1.1\r\nHost: h\r\n{}Content-Length: 2\r\n\r\n{{}}", signed());
    assert!(listening.say(elsewhere.as_bytes(), true).starts_with("HTTP/1.1 200"));
    assert_eq!(listening.send(&signed(), BODY.as_bytes()), 200, "valid");
    assert_eq!(listening.send("", b"{}"), 200, "without a signature");
    assert_eq!(listening.send(&signed(), b"{}"), 200);
    let shown = listening.shown();
    assert_eq!((shown.len(), &shown[0]["reason"]), (1, &"code-mismatch".into()), "only what is shown counts");
    assert_eq!(std::fs::read_dir(place.path("captured")).unwrap().count(), 1);
    let wrong = place.run(&["listen", "--path", "hook"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("a path begins with `/`"), "{wrong:?}");
}

#[test]
fn an_answer_longer_than_what_is_passed_on_is_told() {
    let place = Place::new();
    let receiver = Receiver::new(|_| Reply::With(200, Vec::new(), vec![b'x'; 1024 * 1024 + 1]));
    let listening = Listening::start(&place, &["--forward-to", &receiver.url("/"), "--count", "1"]);
    let said = listening.say(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", false);
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with('x'), "{}", said.len());
    let (_, told) = listening.ended();
    assert!(told.iter().any(|line| line.contains("longer than 1048576 bytes")), "{told:?}");
}

#[test]
fn every_request_that_is_not_shown_is_told_of_in_one_line() {
    let place = Place::new();
    let listening = Listening::start(&place, &["--count", "1", "--max-body", "100", "--save", "captured"]);
    let many: String = (0..150).map(|n| format!("x{n}: 1\r\n")).collect();
    let long = format!("x: {}\r\n", "a".repeat(600_000));
    for (bytes, cut) in [
        (b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc".to_vec(), true),
        (b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n".to_vec(), false),
        (b"POST /p HTTP/1.1\r\nHo".to_vec(), true),
        (b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03".to_vec(), false),
        (format!("POST /p HTTP/1.1\r\nHost: h\r\n{many}\r\n").into_bytes(), false),
        (format!("POST /p HTTP/1.1\r\nHost: h\r\n{long}\r\n").into_bytes(), false),
        (b"POST /p HTTP/1.1\r\nHost: h\r\nx: \x1b]0;x\r\n\r\n".to_vec(), false),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), false),
    ] {
        listening.say(&bytes, cut);
    }
    // Nothing was sent on that one.
    drop(TcpStream::connect(&listening.address).unwrap());
    listening.send("", b"{}");
    let (shown, told) = listening.ended();
    assert_eq!(shown.len(), 1, "a refused request is none of those that count");
    assert_eq!(told.len(), 8, "{told:#?}");
    assert!(told.iter().all(|line| line.starts_with("warning: refused: a request from 127.0.0.1: ")), "{told:#?}");
    for (at, why) in
        ["cut off", "more than 100", "headers were cut", "TLS", "too many", "too many", "not HTTP", "not HTTP"]
            .into_iter()
            .enumerate()
    {
        assert!(told[at].contains(why), "{why} in {told:#?}");
    }
    assert_eq!(std::fs::read_dir(place.path("captured")).unwrap().count(), 1);
}

#[test]
fn a_request_whose_sender_did_not_wait_for_the_answer_is_shown_all_the_same() {
    let place = Place::new();
    let listening = Listening::start(&place, &["--delay", "300ms"]);
    let mut stream = TcpStream::connect(&listening.address).unwrap();
    stream.write_all(b"POST /gone HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}").unwrap();
    drop(stream);
    listening.send("", b"{}");
    crate::support::place::kill(&listening.child, "-TERM");
    let (shown, told) = listening.ended();
    assert_eq!((&shown[0]["url"], told.len()), (&"http://h/gone".into(), 0), "{told:?}");
}

#[test]
fn a_connection_that_is_kept_open_and_not_used_is_no_refused_request() {
    let place = Place::new();
    let listening = Listening::start(&place, &[]);
    // What is said last is read until the other side closes, ten seconds later.
    let said = listening.say(b"POST /kept HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}", false);
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    crate::support::place::kill(&listening.child, "-TERM");
    let (shown, told) = listening.ended();
    assert_eq!((shown.len(), told.len()), (1, 0), "{told:?}");
}

#[test]
fn a_request_without_a_usable_host_keeps_its_path_and_query() {
    let place = Place::new();
    let listening = Listening::start(&place, &["--save", "captured", "--count", "3"]);
    listening.say(b"POST /path?q=1 HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}", false);
    listening.say(b"POST /path?q=1 HTTP/1.1\r\nHost: a b\r\nContent-Length: 2\r\n\r\n{}", false);
    let proxied = "POST /path?q=1 HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: https,http\r\nContent-Length: 2\r\n\r\n{}";
    listening.say(proxied.as_bytes(), false);
    let address = listening.address.clone();
    let shown = listening.shown();
    for one in &shown[..2] {
        assert_eq!(one["url"], format!("http://{address}/path?q=1"));
        let kept = std::fs::read_to_string(place.path(one["saved"].as_str().unwrap())).unwrap();
        assert!(kept.starts_with(&format!("POST http://{address}/path?q=1 HTTP/1.1\r\n")), "{kept}");
    }
    assert_eq!(shown[2]["url"], "https://h/path?q=1");
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
