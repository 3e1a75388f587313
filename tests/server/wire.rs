//! HTTP/1.1 as it must not be: each malformed request with its verdict, and what may never be taken for a second request.

use std::io::{Read as _, Write as _};

use super::running::{Running, place};

/// What has to follow.
#[derive(Clone, Copy, Debug)]
enum Verdict {
    /// Refused with a status of this class, and the connection is closed: what follows on it is not a request.
    Closed,
    /// These statuses, then the request behind it is answered.
    Then(&'static [u16]),
    /// These statuses, then the connection is closed.
    Last(&'static [u16]),
}
use Verdict::{Closed, Last, Then};

/// What stands behind each request: it is read only where the one before it ended where it had to.
const NEXT: &str = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
/// What an attacker would smuggle: it answers 401 when it is taken for a request.
const SMUGGLED: &str = "GET /api/sync/status HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn get(headers: &str) -> String {
    format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")
}

fn line(line: &str) -> String {
    format!("{line}\r\nHost: localhost\r\n\r\n")
}

fn host(lines: &str) -> String {
    format!("GET /healthz HTTP/1.1\r\n{lines}\r\n")
}

/// A webhook with a signature that is wrong, so that its body is read and then refused.
fn post(headers: &str, body: &str) -> String {
    let code = "0".repeat(64);
    format!("POST /api/webhooks/sync HTTP/1.1\r\nHost: localhost\r\nX-Webhook-Signature: {code}\r\n{headers}\r\n{body}")
}

fn coded(coding: &str) -> String {
    post(&format!("Transfer-Encoding: {coding}\r\n"), "0\r\n\r\n")
}

fn chunked(body: &str) -> String {
    post("Transfer-Encoding: chunked\r\n", body)
}

fn length(value: &str, body: &str) -> String {
    post(&format!("Content-Length: {value}\r\n"), body)
}

fn lengths() -> Vec<(&'static str, String, Verdict)> {
    let smuggling = |headers: &str| post(headers, &format!("0\r\n\r\n{SMUGGLED}"));
    vec![
        // Chunked decides, and nothing after it on this connection is read.
        ("length, then coding", smuggling("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n"), Last(&[401])),
        ("coding, then length", smuggling("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n"), Last(&[401])),
        ("two lengths that agree", post("Content-Length: 5\r\nContent-Length: 5\r\n", "abcde"), Then(&[401])),
        ("two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "abcdef"), Closed),
        ("a list of lengths", length("5, 6", "abcdef"), Closed),
        ("a length with a sign", length("+5", "abcde"), Closed),
        ("a length below zero", length("-1", "abcde"), Closed),
        ("a length in hexadecimal", length("0x5", "abcde"), Closed),
        ("a length with a space", length("5 5", "abcde"), Closed),
        ("no length", length("", ""), Closed),
        ("a length beyond all bounds", length("99999999999999999999", "abcde"), Closed),
        ("an unknown coding", coded("xchunked"), Closed),
        ("identity", coded("identity"), Closed),
        ("chunked not last", coded("chunked, identity"), Closed),
        ("identity first", coded("identity, chunked"), Closed),
        ("chunked twice", coded("chunked, chunked"), Closed),
        ("gzip first", coded("gzip, chunked"), Closed),
        ("a coding behind a vertical tab", coded("\x0bchunked"), Closed),
        ("two codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), Closed),
        ("chunked in capitals", coded("CHUNKED"), Then(&[401])),
        ("chunked in HTTP/1.0", coded("chunked").replacen("HTTP/1.1", "HTTP/1.0", 1), Closed),
    ]
}

fn chunks() -> Vec<(&'static str, String, Verdict)> {
    vec![
        ("a size that is no number", chunked("g\r\nabc\r\n0\r\n\r\n"), Closed),
        ("a size with a sign", chunked("+1\r\na\r\n0\r\n\r\n"), Closed),
        ("a size below zero", chunked("-1\r\na\r\n0\r\n\r\n"), Closed),
        ("a size with a prefix", chunked("0x1\r\na\r\n0\r\n\r\n"), Closed),
        ("a size beyond all bounds", chunked("FFFFFFFFFFFFFFFFF\r\na\r\n0\r\n\r\n"), Closed),
        ("no size", chunked("\r\na\r\n0\r\n\r\n"), Closed),
        ("a chunk longer than its size", chunked("1\r\nab\r\n0\r\n\r\n"), Closed),
        ("lines without CR", chunked("1\na\n0\n\n"), Closed),
        ("an extension", chunked("1;x=y\r\na\r\n0\r\n\r\n"), Then(&[401])),
        ("an extension with a bare LF", chunked("1;x\nyy\r\na\r\n0\r\n\r\n"), Closed),
        ("an extension without end", chunked(&format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(70_000))), Closed),
        ("a trailer", chunked("0\r\nX-A: b\r\n\r\n"), Then(&[401])),
        ("a trailer without end", chunked(&format!("0\r\nX-A: {}\r\n\r\n", "b".repeat(70_000))), Closed),
    ]
}

fn heads() -> Vec<(&'static str, String, Verdict)> {
    vec![
        ("a folded header", get("X-A: b\r\n c\r\n"), Closed),
        ("a bare CR", get("X-A: b\rX-B: c\r\n"), Closed),
        ("a space before the colon", get("X-A : b\r\n"), Closed),
        ("a space before the first header", host(" Host: localhost\r\n"), Closed),
        ("NUL in a value", get("X-A: b\0c\r\n"), Closed),
        ("NUL in a name", get("X\0A: b\r\n"), Closed),
        ("no name", get(": b\r\n"), Closed),
        ("no colon", get("Foo\r\n"), Closed),
        ("a name beyond ASCII", get("X\u{e9}: b\r\n"), Closed),
        ("a value beyond ASCII", get("X-A: \u{e9}\r\n"), Then(&[200])),
        ("a huge header", get(&format!("X-A: {}\r\n", "a".repeat(65_536))), Closed),
        ("too many headers", get(&"X-A: b\r\n".repeat(200)), Closed),
        // A recipient may take a bare LF for the end of a line (RFC 9112, 2.2); it stays one request.
        ("lines without CR", "GET /healthz HTTP/1.1\nHost: localhost\n\n".to_owned(), Then(&[200])),
        ("empty lines before", format!("\r\n\r\n{}", get("")), Then(&[200])),
        ("no host", host(""), Then(&[400])),
        ("two hosts", host("Host: localhost\r\nHost: localhost\r\n"), Then(&[400])),
        ("an empty host", host("Host: \r\n"), Closed),
        ("a host with a space", host("Host: local host\r\n"), Closed),
        ("a host with a path", host("Host: localhost/x\r\n"), Closed),
        ("a host with a user", host("Host: a@localhost\r\n"), Closed),
        ("a list of hosts", host("Host: localhost, evil.test\r\n"), Closed),
        ("a port that is no number", host("Host: localhost:x\r\n"), Then(&[403])),
        // A liveness probe of this machine may name any host; everything else may not.
        ("an unknown host", host("Host: evil.test\r\n").replace("/healthz", "/readyz"), Then(&[403])),
        ("an unknown host and a probe", host("Host: evil.test\r\n"), Then(&[200])),
    ]
}

fn lines() -> Vec<(&'static str, String, Verdict)> {
    let long = line(&format!("GET /{} HTTP/1.1", "a".repeat(20_000)));
    vec![
        ("the absolute form", line("GET http://localhost/healthz HTTP/1.1"), Then(&[200])),
        ("the absolute form of another host", line("GET http://evil.test/healthz HTTP/1.1"), Closed),
        ("a tunnel", line("CONNECT localhost:80 HTTP/1.1"), Closed),
        ("options of everything", line("OPTIONS * HTTP/1.1"), Then(&[404])),
        ("an unknown method", line("FOO /healthz HTTP/1.1"), Then(&[405])),
        ("a method in small letters", line("get /healthz HTTP/1.1"), Then(&[405])),
        ("a method that is none", line("G(T /healthz HTTP/1.1"), Closed),
        ("TRACE", line("TRACE /healthz HTTP/1.1"), Then(&[405])),
        ("HTTP/2 by force", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), Closed),
        ("HTTP/1.2", line("GET /healthz HTTP/1.2"), Closed),
        ("HTTP/0.9", "GET /healthz\r\n\r\n".to_owned(), Closed),
        ("a protocol in small letters", line("GET /healthz http/1.1"), Closed),
        ("two spaces", line("GET  /healthz HTTP/1.1"), Closed),
        ("tabs", line("GET\t/healthz\tHTTP/1.1"), Closed),
        ("no target", line("GET HTTP/1.1"), Closed),
        ("a target without a slash", line("GET healthz HTTP/1.1"), Closed),
        ("a target without end", long, Closed),
        ("dots", line("GET /x/../healthz HTTP/1.1"), Then(&[404])),
        ("two slashes", line("GET //healthz HTTP/1.1"), Then(&[404])),
        ("no HTTP at all", "\0\x01\x02\r\n\r\n".to_owned(), Closed),
    ]
}

/// Bodies nobody asked for, and what else keeps a connection in step.
fn manners() -> Vec<(&'static str, String, Verdict)> {
    let with_body =
        |line: &str| format!("{line}\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{SMUGGLED}", SMUGGLED.len());
    let huge = format!(
        "POST /api/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n{}",
        "x".repeat(300_000)
    );
    vec![
        ("a body nobody reads", with_body("GET /healthz HTTP/1.1"), Then(&[200])),
        ("a body of somebody unknown", with_body("POST /api/events HTTP/1.1"), Then(&[401])),
        ("a large body of somebody unknown", huge, Last(&[401])),
        ("three at once", get("").repeat(3), Then(&[200, 200, 200])),
        ("HEAD", line("HEAD /healthz HTTP/1.1"), Then(&[200])),
        ("the wish to close", get("Connection: close\r\n"), Last(&[200])),
        ("HTTP/1.0", line("GET /healthz HTTP/1.0"), Last(&[200])),
        ("the wish for HTTP/2", get("Connection: Upgrade\r\nUpgrade: h2c\r\n"), Then(&[200])),
        ("a client that asks first", post("Content-Length: 5\r\nExpect: 100-continue\r\n", "abcde"), Then(&[100, 401])),
    ]
}

/// The statuses answered until the server closed the connection.
fn statuses(server: &Running, raw: &str) -> Vec<u16> {
    let mut stream = server.connect();
    // A server that refuses early may close before everything is written; the answer tells.
    let _ = stream.write_all(format!("{raw}{NEXT}").as_bytes());
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes);
    let open = ended.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    assert!(!open, "the connection stays open");
    let text = String::from_utf8_lossy(&bytes);
    text.split("HTTP/1.").skip(1).map(|answer| answer[2..5].parse().unwrap()).collect()
}

#[test]
fn malformed_requests_are_refused_and_none_is_taken_for_two() {
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    let all = [lengths(), chunks(), heads(), lines(), manners()].concat();
    for (name, raw, verdict) in all {
        let got = statuses(&server, &raw);
        match verdict {
            // What is no HTTP may be left without an answer.
            Closed => assert!(got.len() <= 1 && got.iter().all(|it| (400..500).contains(it)), "{name}: {got:?}"),
            Then(before) => assert_eq!(got, [before, &[200]].concat(), "{name}"),
            Last(all) => assert_eq!(got, all, "{name}"),
        }
    }
    assert!(server.memory_kib() < 128 * 1024, "{} KiB", server.memory_kib());
    assert!(place.data(&["events", "list"]).as_array().unwrap().is_empty());
}
