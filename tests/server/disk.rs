//! A full disk under a server, and one that became read-only: nothing is acknowledged that is not stored, and what only reads goes on.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::running::{ADMIN, Running, event, place};
use crate::support::place::{Place, within};
use crate::support::small_disk::SmallDisk;
use crate::support::tools::{has_tools, may};

fn hook(n: usize) -> String {
    let data = format!(r#"{{"note":"{}"}}"#, "x".repeat(20_000));
    event(&format!("e{n}"), "enrollment.updated", &format!("r{n}"), &data, "2026-01-31T12:00:00.000Z")
}

#[test]
fn webhooks_are_put_off_while_the_disk_is_full_and_health_says_why() {
    let place = place();
    let Some(disk) = SmallDisk::under(&place, 4_096) else { return };
    let server = Running::of(disk.command(&place, &["serve", "--listen", "127.0.0.1:0"]));
    assert_eq!(server.webhook(&hook(0)).status, 200);
    assert_eq!(server.get("/api/sync/health", ADMIN).data()["health"]["healthy"], true);
    disk.fill();
    let mut stored = 1;
    let put_off = (1..200).map(|n| server.webhook(&hook(n))).find(|answer| {
        stored += usize::from(answer.status == 200);
        answer.status != 200
    });
    let put_off = put_off.expect("the disk is full");
    assert_eq!(put_off.status, 503, "{put_off:?}");
    assert!(put_off.head.to_lowercase().contains("retry-after: "), "{put_off:?}");
    assert!(!put_off.body.contains("q.db"), "where it is stored is nobody's business: {put_off:?}");
    // What only reads goes on, and says what is wrong.
    let health = server.get("/api/sync/health", ADMIN).data()["health"].clone();
    assert_eq!(health["healthy"], false, "{health}");
    assert!(health["message"].as_str().unwrap().contains("disk of the database is full"), "{health}");
    assert_eq!(server.get("/healthz", "").status, 200);
    within(Duration::from_secs(3), "it is not ready", || server.get("/readyz", "").status == 503);
    assert_eq!(server.get("/api/sync/status", ADMIN).status, 200);
    let records = || server.get("/api/enrollments?limit=100", ADMIN).data().as_array().unwrap().len();
    assert_eq!(records(), stored.min(100), "what was acknowledged is there, and nothing else");
    assert_eq!(server.send("POST /api/sync/process", ADMIN, b"").status, 503);
    // The sender tries again: space is all it takes.
    disk.free();
    within(Duration::from_secs(3), "it is ready", || server.get("/readyz", "").status == 200);
    within(Duration::from_secs(10), "it is taken", || server.webhook(&hook(stored)).status == 200);
    assert_eq!(server.get("/api/sync/health", ADMIN).data()["health"]["healthy"], true);
    server.signal("-TERM");
    assert_eq!(server.ended(), Some(0));
    assert_eq!(disk.run(&place, &["db", "verify"]).code, 0);
}

/// Lets the disk of a running server take nothing more, as the kernel does when it has found an error on it. Until it is dropped.
struct ReadOnly(Child);

impl ReadOnly {
    fn under(place: &Place, server: &Running) -> Option<Self> {
        if !has_tools(&["strace"]) {
            return None;
        }
        let mut command = Command::new("strace");
        command.args(["-f", "-p", &server.pid().to_string(), "-e", "trace=pwrite64,openat,ftruncate"]);
        command.args(["-e", "inject=pwrite64,openat,ftruncate:error=EROFS"]);
        // The directory, in which a probe opens a file without a name, and what is written to.
        for path in ["state", "state/q.db", "state/q.db-wal"] {
            command.arg("-P").arg(place.path(path));
        }
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("attached") && told.read_line(&mut line).unwrap_or(0) > 0 {}
        std::thread::spawn(move || told.lines().for_each(drop));
        let disk = Self(child);
        may("tracing a process", || line.contains("attached")).then_some(disk)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        crate::support::place::kill(&self.0, "-INT");
        let _ = self.0.wait();
    }
}

#[test]
fn a_server_whose_disk_became_read_only_is_not_ready_and_acknowledges_nothing() {
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    assert_eq!(server.webhook(&hook(0)).status, 200);
    assert_eq!(server.get("/readyz", "").status, 200);
    let Some(disk) = ReadOnly::under(&place, &server) else { return };
    within(Duration::from_secs(3), "it is not ready", || server.get("/readyz", "").status == 503);
    let put_off = server.webhook(&hook(1));
    assert_eq!(put_off.status, 503, "{put_off:?}");
    assert_eq!((server.get("/healthz", "").status, server.get("/api/enrollments/r0", ADMIN).status), (200, 200));
    drop(disk);
    within(Duration::from_secs(10), "it is ready", || server.get("/readyz", "").status == 200);
    assert_eq!(server.webhook(&hook(1)).status, 200);
    assert_eq!(server.get("/api/enrollments?limit=100", ADMIN).json()["pagination"]["total"], 2);
}
