//! Slow clients of every kind at once, made by a tool for it, while a good one is served.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::running::{ADMIN, Running, event, place};
use crate::support::tools::has_tools;

const AT: &str = "2026-01-31T12:00:00.000Z";

#[test]
fn slow_heads_bodies_and_readers_keep_no_good_client_waiting() {
    if !has_tools(&["slowhttptest"]) {
        return;
    }
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    let url = |path: &str| format!("http://{}{path}", server.address);
    let session = "next-auth.session-token=admin-token-of-the-tests";
    let (webhooks, document) = (url("/api/webhooks/sync"), url("/openapi.json"));
    let attacks: [&[&str]; 3] = [
        &["-H", "-u", &webhooks, "-i", "1"],
        &["-B", "-u", &webhooks, "-i", "1", "-s", "200000"],
        // The whole document, asked for several times and read a few bytes a second.
        &["-X", "-u", &document, "-j", session, "-k", "5", "-w", "16", "-y", "64", "-n", "1", "-z", "8"],
    ];
    let attack = |args: &[&str]| {
        let common = ["-c", "400", "-r", "200", "-l", "6", "-p", "3"];
        let mut attacker = Command::new("slowhttptest");
        attacker.args(args).args(common).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        attacker.spawn().unwrap()
    };
    let mut attackers = attacks.map(attack);
    let mut waits = Vec::new();
    while attackers.iter_mut().any(|attacker| attacker.try_wait().unwrap().is_none()) {
        let began = Instant::now();
        let answer = server.webhook(&event(&format!("e{}", waits.len()), "user.updated", "u", "{}", AT));
        assert_eq!(answer.status, 200);
        waits.push(began.elapsed());
        std::thread::park_timeout(Duration::from_millis(20));
    }
    waits.sort_unstable();
    assert!(waits.len() > 50, "{} requests while under attack", waits.len());
    // One in fifty may have met the attackers' own start, which takes both cores.
    let (most, longest) = (waits[waits.len() * 49 / 50], waits[waits.len() - 1]);
    assert!(most < Duration::from_millis(200) && longest < Duration::from_secs(1), "waited {most:?}, {longest:?}");
    assert!(server.memory_kib() < 128 * 1024, "{} KiB", server.memory_kib());
    assert_eq!(server.get("/api/sync/status", ADMIN).status, 200);
}
