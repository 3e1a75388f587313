//! A database that is moved away or locked, and too few open files: what a server answers then, and how it goes on.

use std::io::Read;
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use super::running::{ADMIN, Running, event, place};
use crate::support::place::eventually;

const AT: &str = "2026-01-31T12:00:00.000Z";

#[test]
fn a_database_that_was_moved_away_takes_nothing_until_it_is_back() {
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    let webhook = |id: &str| server.webhook(&event(id, "user.updated", "u", "{}", AT)).status;
    assert_eq!(webhook("before"), 200);
    let away = place.path("state/away.db");
    std::fs::rename(place.database(), &away).unwrap();
    assert_eq!(webhook("meanwhile"), 503);
    assert_eq!((server.get("/readyz", "").status, server.get("/api/sync/health", ADMIN).status), (503, 503));
    assert_eq!(server.get("/healthz", "").status, 200);
    eventually("the log tells", || server.told().contains("the open file was moved or replaced"));
    std::fs::write(place.database(), b"").unwrap();
    assert_eq!(webhook("meanwhile"), 503, "another file in its place is not it");
    std::fs::rename(&away, place.database()).unwrap();
    assert_eq!((webhook("meanwhile"), server.get("/readyz", "").status), (200, 200));
}

#[test]
fn while_the_database_is_locked_writers_are_told_in_time_and_what_was_refused_never_happens() {
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    let lock = rusqlite::Connection::open(place.database()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    let in_time = |answer: super::running::Answer| {
        // A forgery is refused as ever; only its audit row is late.
        let put_off = answer.status == 503 && answer.head.contains("retry-after: 1");
        assert!(put_off || answer.status == 401, "{answer:?}");
        assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
    };
    std::thread::scope(|scope| {
        scope.spawn(|| in_time(server.webhook(&event("e", "user.updated", "v", "{}", AT))));
        scope.spawn(|| in_time(server.send("POST /api/enrollments", ADMIN, br#"{"userId":"u","courseId":"c"}"#)));
        scope.spawn(|| in_time(server.send("POST /api/webhooks/sync", "x-webhook-signature: 00\r\n", b"{}")));
        // Later arrivals wait no longer for those before them.
        std::thread::park_timeout(Duration::from_secs(2));
        let late = Instant::now();
        let answer = server.webhook(&event("f", "user.updated", "u", "{}", AT));
        assert!(answer.status == 503 && late.elapsed() < Duration::from_secs(6), "{answer:?} {:?}", late.elapsed());
    });
    lock.execute_batch("ROLLBACK").unwrap();
    assert_eq!(server.webhook(&event("g", "user.updated", "u", "{}", AT)).data()["result"], "applied");
    assert_eq!(server.get("/api/enrollments", ADMIN).json()["pagination"]["total"], 0);
    assert_eq!(server.webhook(&event("e", "user.updated", "v", "{}", AT)).data()["result"], "applied");
}

#[test]
fn idle_connections_leave_files_for_those_who_ask() {
    let place = place();
    let script = ["-c", "ulimit -n 128; exec \"$0\" serve --no-process --listen 127.0.0.1:0"];
    let args = [&script[..], &[env!("CARGO_BIN_EXE_syncctl")]].concat();
    let server = Running::of(place.prepare(Command::new("/bin/sh"), &args));
    let idle: Vec<_> = (0..300).map(|_| server.connect()).collect();
    for n in 0..20 {
        assert_eq!(server.webhook(&event(&format!("e{n}"), "user.updated", "u", "{}", AT)).status, 200);
    }
    assert_eq!(server.get("/api/sync/status", ADMIN).status, 200);
    assert!(!server.told().contains("failed to accept"), "{}", server.told());
    // No more were closed than others needed: of 64 connections 4 are kept free, and 21 came after the idle ones.
    let open = idle.iter().filter(|stream| is_open(stream)).count();
    assert!(open >= 32, "{open} connections are left");
}

/// Whether a connection on which nothing was sent was left open by the server.
fn is_open(mut stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    stream.read(&mut [0]).is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock)
}
