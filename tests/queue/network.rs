//! Receivers that lie, stall, break and flood: each attempt ends in time, as the right outcome.

use std::time::{Duration, Instant};

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

/// One attempt against a receiver: its outcome, its words, and how long the run took.
fn attempt(place: &Place) -> (String, String, Duration) {
    place.emit("user.created", "u");
    let began = Instant::now();
    let ran = place.run(&["process"]);
    assert!(matches!(ran.code, 0 | 3), "{}", ran.stderr);
    let took = began.elapsed();
    let list = place.data(&["events", "list"]);
    let detail = place.data(&["events", "show", list[0]["id"].as_str().unwrap()]);
    let attempt = &detail["attempts"][0];
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    (text(&attempt["outcome"]), text(&attempt["detail"]), took)
}

fn against(reply: Reply) -> (String, String, Duration) {
    let receiver = Receiver::new(move |_| reply.clone());
    let mut place = Place::sending_to(&[receiver.url("/")]);
    place.set("SYNCCTL_DELIVERY_TIMEOUT", "1s");
    let outcome = attempt(&place);
    assert_eq!(receiver.count(), 1, "one request");
    outcome
}

fn raw(text: &str) -> Reply {
    Reply::Raw(text.as_bytes().to_vec())
}

#[test]
fn any_2xx_is_delivered_whatever_its_body() {
    for status in [200, 201, 202, 204, 205, 226, 299] {
        assert_eq!(against(Reply::Status(status)).0, "delivered", "{status}");
    }
    let garbage = Reply::With(200, vec![("content-encoding", "gzip".into())], b"\xff\x00 no gzip".to_vec());
    assert_eq!(against(garbage).0, "delivered");
    let truncated = raw("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\npartly");
    assert_eq!(against(truncated).0, "delivered", "the status line and headers were complete");
}

#[test]
fn everything_else_is_rejected_and_redirects_are_not_followed() {
    for status in [304, 400, 401, 404, 408, 418, 425, 500, 502, 599] {
        let (outcome, detail, _) = against(Reply::Status(status));
        assert_eq!((outcome.as_str(), detail.as_str()), ("rejected", format!("HTTP {status}").as_str()));
    }
    let elsewhere = Receiver::good();
    for status in [300, 301, 302, 303, 307, 308] {
        let reply = Reply::With(status, vec![("location", elsewhere.url("/"))], Vec::new());
        let (outcome, detail, _) = against(reply);
        assert_eq!(outcome, "rejected");
        assert!(detail.contains("redirects are not followed"), "{detail}");
    }
    assert_eq!(elsewhere.count(), 0);
}

#[test]
fn broken_connections_are_unreachable_and_say_where_they_broke() {
    for (reply, words) in [
        (Reply::Reset, "connection"),
        (raw(""), "closed before the response"),
        (raw("HTTP/1.1 200"), "closed before the response"),
        (raw("SSH-2.0-OpenSSH\r\n\r\n"), "not HTTP/1.1"),
        (raw("HTTP/0.9 200 OK\r\n\r\n"), "not HTTP/1.1"),
    ] {
        let (outcome, detail, _) = against(reply.clone());
        assert_eq!(outcome, "unreachable", "{reply:?}: {detail}");
        assert!(detail.contains(words), "{reply:?}: {detail}");
    }
    let place = Place::sending_to(&["http://127.0.0.1:1/"]);
    let (outcome, detail, _) = attempt(&place);
    assert_eq!((outcome.as_str(), detail.as_str()), ("unreachable", "connect: 127.0.0.1:1: connection refused"));
    let place = Place::sending_to(&["http://name.invalid/"]);
    let (outcome, detail, _) = attempt(&place);
    assert!(outcome == "unreachable" && detail.starts_with("dns: name.invalid"), "{detail}");
}

#[test]
fn a_timeout_ends_in_time_and_says_what_it_waited_for() {
    for reply in [Reply::Hang, Reply::After(Duration::from_secs(3), Box::new(Reply::Status(200)))] {
        let (outcome, detail, took) = against(reply);
        assert_eq!(outcome, "timed out");
        assert_eq!(detail, "timed out after 1s waiting for the response");
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
}

/// Answers each connection with bytes that come one at a time, ten a second.
fn dripping(text: &'static str) -> std::net::SocketAddr {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 8_192]);
            for byte in text.bytes() {
                if stream.write_all(&[byte]).is_err() {
                    break;
                }
                std::thread::park_timeout(Duration::from_millis(100));
            }
        }
    });
    address
}

#[test]
fn what_comes_byte_by_byte_has_no_more_time_than_what_never_comes() {
    for (text, expected, says) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "timed out", "timed out after 1s waiting for the response"),
        ("HTTP/1.1 103 Early Hints\r\n\r\n", "timed out", "timed out after 1s waiting for the response"),
    ] {
        let mut place = Place::sending_to(&[format!("http://{}/", dripping(text))]);
        place.set("SYNCCTL_DELIVERY_TIMEOUT", "1s");
        let (outcome, detail, took) = attempt(&place);
        assert_eq!((outcome.as_str(), detail.as_str()), (expected, says), "{text:?}");
        assert!(took < Duration::from_secs(2), "{text:?}: {took:?}");
    }
    // A server that accepts, and never shakes hands.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut place = Place::sending_to(&[format!("https://{}/", listener.local_addr().unwrap())]);
    place.set("SYNCCTL_DELIVERY_TIMEOUT", "1s");
    let (outcome, detail, took) = attempt(&place);
    // Without certificates to trust, it does not come as far as waiting.
    let waited = outcome == "timed out" && detail == "timed out after 1s waiting for the TLS handshake";
    assert!(waited || detail.contains("tls.ca_file"), "{outcome}: {detail}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_body_without_end_ends_with_the_time_and_the_status_still_counts() {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 8_192]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
            while stream.write_all(b"1\r\nx\r\n").is_ok() {
                std::thread::park_timeout(Duration::from_millis(50));
            }
        }
    });
    let mut place = Place::sending_to(&[format!("http://{address}/")]);
    place.set("SYNCCTL_DELIVERY_TIMEOUT", "1s");
    let (outcome, _, took) = attempt(&place);
    assert_eq!(outcome, "delivered", "status line and headers were complete");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_backlog_that_accepts_no_connection_times_out_as_such() {
    // A listener nobody accepts from, its queue full: connections hang without an answer.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let full: Vec<_> = (0..5_000)
        .map_while(|_| std::net::TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok())
        .collect();
    let mut place = Place::sending_to(&[format!("http://{address}/")]);
    place.set("SYNCCTL_DELIVERY_TIMEOUT", "1s");
    let (outcome, detail, _) = attempt(&place);
    drop(full);
    assert_eq!(outcome, "timed out");
    assert_eq!(detail, "timed out after 1s waiting for the connection");
}

#[test]
fn endless_and_oversized_answers_are_bounded() {
    let flood = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-filler: y\r\n".repeat(100_000));
    let (outcome, detail, _) = against(Reply::Raw(flood.into_bytes()));
    assert_eq!(outcome, "unreachable", "{detail}");
    let line = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(10 << 20));
    assert_eq!(against(Reply::Raw(line.into_bytes())).0, "unreachable");
    let body = Reply::With(500, Vec::new(), vec![b'x'; 20 << 20]);
    let receiver = Receiver::new(move |_| body.clone());
    let place = Place::sending_to(&[receiver.url("/")]);
    attempt(&place);
    let list = place.data(&["events", "list"]);
    let detail = place.data(&["events", "show", list[0]["id"].as_str().unwrap()]);
    assert_eq!(detail["attempts"][0]["response"].as_str().unwrap().len(), 4 * 1024);
}

#[test]
fn interim_answers_without_end_are_bounded_by_the_timeout() {
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(10_000);
    let (outcome, _, took) = against(Reply::Raw(interim.into_bytes()));
    assert!(outcome == "unreachable" || outcome == "timed out", "{outcome}");
    assert!(took < Duration::from_secs(4));
}

#[test]
fn a_connection_is_used_again_and_one_the_other_side_closed_costs_no_attempt() {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    place.emit_many(50);
    assert_eq!(place.run(&["process", "--concurrency", "1"]).code, 0);
    assert_eq!(receiver.count(), 50);
    // Answers once per connection, without saying so.
    let closing = Receiver::new(|_| raw("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
    let place = Place::sending_to(&[closing.url("/")]);
    place.emit_many(20);
    assert_eq!(place.run(&["process", "--wait"]).code, 0);
    assert_eq!(place.queue()["delivered"], 20);
}

#[test]
fn proxy_variables_are_ignored() {
    let (receiver, canary) = (Receiver::good(), Receiver::good());
    let mut place = Place::sending_to(&[receiver.url("/")]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        place.set(name, &canary.url("/"));
    }
    place.emit("user.created", "u");
    place.run(&["process"]);
    assert_eq!((receiver.count(), canary.count()), (1, 0));
}

#[test]
fn forbidden_addresses_are_given_up_at_once_and_never_called() {
    for url in [
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:169.254.169.254]/",
        "http://0.0.0.0:9/",
        "http://224.0.0.1/",
    ] {
        let place = Place::sending_to(&[url]);
        let (outcome, detail, _) = attempt(&place);
        assert_eq!(outcome, "unreachable");
        assert!(detail.contains("may not be called"), "{url}: {detail}");
        assert_eq!(place.queue()["failed"], 1, "{url}");
    }
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/"), receiver.url("/").replace("127.0.0.1", "localhost")]);
    place.set("SYNCCTL_EGRESS_DENY_PRIVATE", "true");
    place.emit("user.created", "u");
    place.run(&["process"]);
    assert_eq!((receiver.count(), place.queue()["failed"].as_i64()), (0, Some(2)));
}

#[test]
fn a_machine_without_certificates_is_told_what_to_do() {
    // Accepts connections and says nothing: the handshake never gets as far as needing it.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut place = Place::sending_to(&[format!("https://{}/", listener.local_addr().unwrap())]);
    place.set("SSL_CERT_FILE", "/nonexistent");
    place.set("SSL_CERT_DIR", "/nonexistent");
    place.set("SYNCCTL_DELIVERY_TIMEOUT", "2s");
    let (outcome, detail, _) = attempt(&place);
    assert_eq!(outcome, "unreachable");
    assert!(detail.starts_with("tls: ") && detail.contains("tls.ca_file"), "{detail}");
}
