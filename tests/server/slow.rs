//! Slow clients of every kind at once, made by a tool for it, while a good one is served.

use std::path::PathBuf;
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
        let body = event(&format!("e{}", waits.len()), "user.updated", "u", "{}", AT);
        let (began, before) = (Instant::now(), Scheduled::until_now(&server));
        assert_eq!(server.webhook(&body).status, 200);
        waits.push(Scheduled::until_now(&server).wait_of_the_server(before, began.elapsed()));
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

/// What the kernel says of the threads of a server and of this one.
#[derive(Clone, Copy)]
struct Scheduled {
    /// How long the threads of the server ran.
    ran: Duration,
    /// How long any of them was ready to run while others ran.
    kept: Duration,
}

impl Scheduled {
    fn until_now(server: &Running) -> Self {
        let threads = std::fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap();
        let of = |path: PathBuf| {
            // A thread may have ended meanwhile.
            let text = std::fs::read_to_string(path.join("schedstat")).ok()?;
            let nanos: Vec<u64> = text.split_whitespace().map_while(|number| number.parse().ok()).collect();
            Some(Self { ran: Duration::from_nanos(nanos[0]), kept: Duration::from_nanos(nanos[1]) })
        };
        let all: Vec<Self> = threads.flatten().filter_map(|thread| of(thread.path())).collect();
        let own = of("/proc/thread-self".into()).map_or(Duration::ZERO, |own| own.kept);
        Self { ran: all.iter().map(|it| it.ran).sum(), kept: all.iter().map(|it| it.kept).sum::<Duration>() + own }
    }

    /// How much of a wait since `before` is the server's doing: not what it was kept from running, unless it ran itself meanwhile.
    ///
    /// Attackers come as fast as ever where the machine has no time for the server.
    fn wait_of_the_server(self, before: Self, waited: Duration) -> Duration {
        let kept = self.kept.saturating_sub(before.kept);
        let ran = self.ran.saturating_sub(before.ran);
        waited.saturating_sub(kept).max(ran.min(waited))
    }
}
