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
        let (began, delayed) = (Instant::now(), delayed_by_the_machine(&server));
        let answer = server.webhook(&event(&format!("e{}", waits.len()), "user.updated", "u", "{}", AT));
        let waited = began.elapsed();
        assert_eq!(answer.status, 200);
        waits.push(waited.saturating_sub(delayed_by_the_machine(&server).saturating_sub(delayed)));
        std::thread::park_timeout(Duration::from_millis(20));
    }
    waits.sort_unstable();
    assert!(waits.len() >= 10, "{} requests while under attack", waits.len());
    // Five may have met the start of the attackers.
    let (most, longest) = (waits[waits.len() - 6], waits[waits.len() - 1]);
    assert!(most < Duration::from_millis(200) && longest < Duration::from_secs(1), "waited {most:?}, {longest:?}");
    let mean = waits.iter().sum::<Duration>() / u32::try_from(waits.len()).unwrap();
    assert!(mean < Duration::from_millis(100), "waited {mean:?} on average");
    assert!(server.memory_kib() < 128 * 1024, "{} KiB", server.memory_kib());
    assert_eq!(server.get("/api/sync/status", ADMIN).status, 200);
}

/// How long the threads of the server and this one were ready to run until now, and the machine ran others.
///
/// What a request took beyond that is the server's doing: attackers come as fast as ever where the machine has no time for it.
fn delayed_by_the_machine(server: &Running) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap();
    let paths = threads.flatten().map(|thread| thread.path()).chain(["/proc/thread-self".into()]);
    // A thread may have ended meanwhile.
    let delays = paths.filter_map(|path| std::fs::read_to_string(path.join("schedstat")).ok());
    let nanos = |text: String| text.split_whitespace().nth(1)?.parse::<u64>().ok();
    Duration::from_nanos(delays.filter_map(nanos).sum())
}
