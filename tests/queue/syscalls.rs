//! The same by system calls: death and I/O errors at every write of `emit` and of `process`.
//!
//! Runs where strace is installed and may trace, and says so where not.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::place::{Place, Ran};
use crate::support::receiver::Receiver;
use crate::support::tools::{has_tools, may};

/// What changes files, and what sends requests.
pub(crate) const WRITES: &[&str] = &["pwrite64", "fdatasync", "fsync", "ftruncate", "unlink", "unlinkat", "fchmod"];
const SENDS: &[&str] = &["sendto", "sendmsg", "writev", "connect"];

pub(crate) fn traced(place: &Place, options: &[&str], args: &[&str]) -> Ran {
    let mut all = vec!["-f", "-qq", "-o", "trace.txt"];
    all.extend(options);
    all.push(env!("CARGO_BIN_EXE_syncctl"));
    all.extend(args);
    Ran::of(&place.prepare(Command::new("strace"), &all).output().unwrap())
}

pub(crate) fn can_trace() -> bool {
    let traced = || traced(&Place::new(), &["-e", "trace=openat"], &["--version"]).code == 0;
    has_tools(&["strace"]) && may("tracing a process", traced)
}

/// How often a command makes each call.
pub(crate) fn calls(place: &Place, names: &[&'static str], args: &[&str]) -> Vec<(&'static str, usize)> {
    let filter = format!("trace={}", names.join(","));
    assert_eq!(traced(place, &["-e", &filter], args).code, 0);
    let trace = std::fs::read_to_string(place.path("trace.txt")).unwrap();
    let count = |name: &str| trace.lines().filter(|line| line.contains(&format!("{name}("))).count();
    names.iter().map(|name| (*name, count(name))).filter(|(_, n)| *n > 0).collect()
}

const EMIT: &[&str] = &["emit", "user.created", "u", "--id", "one", "--data", "{}", "-q"];

#[test]
fn emit_survives_death_and_errors_at_every_write() {
    if !can_trace() {
        return;
    }
    for existing in [false, true] {
        let fresh = || {
            let place = Place::sending_to(&["http://127.0.0.1:9/"]);
            if existing {
                place.emit("user.created", "before");
            }
            place
        };
        for (name, n) in calls(&fresh(), WRITES, EMIT) {
            // Once, and where minutes may be taken also from then on for good.
            let once = ["signal=KILL", "error=EIO", "error=ENOSPC"]
                .iter()
                .flat_map(|f| (1..=n).map(move |w| (f, w.to_string())));
            let for_good =
                ["error=EIO", "error=ENOSPC"].iter().flat_map(|f| (1..=n).map(move |w| (f, format!("{w}+"))));
            for (fault, when) in once.chain(for_good.filter(|_| crate::support::long())) {
                let place = fresh();
                let inject = format!("inject={name}:{fault}:when={when}");
                let ran = traced(&place, &["-e", &format!("trace={name}"), "-e", &inject], EMIT);
                let told = format!("{inject}, existing {existing}: {ran:?}");
                assert!(matches!(ran.code, 0 | 74 | 11 | -9 | 137), "{told}");
                if ran.code == 74 {
                    assert!(ran.stderr.starts_with("error: "), "{told}");
                }
                let acknowledged = ran.code == 0;
                if acknowledged {
                    assert_eq!(place.data(&["events", "show", "one"])["event"]["id"], "one", "{told}");
                }
                let again = place.run(EMIT);
                assert_eq!(again.code, 0, "{told}, then {again:?}");
                let events = place.data(&["events", "list"]);
                assert_eq!(events.as_array().unwrap().len(), 1 + usize::from(existing), "{told}");
                assert_eq!(place.integrity(), "ok", "{told}");
            }
        }
    }
}

#[test]
fn process_survives_death_and_errors_at_every_write_and_send() {
    if !can_trace() {
        return;
    }
    let receiver = Receiver::good();
    let fresh = || {
        let place = Place::sending_to(&[receiver.url("/")]);
        place.emit_many(3);
        place
    };
    const PROCESS: &[&str] = &["process", "-q"];
    let all: Vec<&'static str> = WRITES.iter().chain(SENDS).copied().collect();
    for (name, n) in calls(&fresh(), &all, PROCESS) {
        let faults: &[&str] =
            if SENDS.contains(&name) { &["signal=KILL", "error=ECONNRESET"] } else { &["signal=KILL", "error=EIO"] };
        for (fault, when) in faults.iter().flat_map(|f| (1..=n).map(move |w| (f, w))) {
            let place = fresh();
            let before = receiver.count();
            let inject = format!("inject={name}:{fault}:when={when}");
            let ran = traced(&place, &["-e", &format!("trace={name}"), "-e", &inject], PROCESS);
            let told = format!("{inject}: {ran:?}");
            assert!(matches!(ran.code, 0 | 3 | 74 | 11 | -9 | 137), "{told}");
            let again = place.run(&["process", "--wait"]);
            assert_eq!(again.code, 0, "{told}, then {again:?}");
            let queue = place.queue();
            assert_eq!((&queue["delivered"], &queue["total"]), (&3.into(), &0.into()), "{told}");
            let requests = receiver.requests().split_off(before);
            let ids: BTreeSet<_> = requests.iter().map(|r| r.event_id().to_owned()).collect();
            assert_eq!(ids.len(), 3, "{told}");
            assert!(requests.len() <= 6, "{told}: at most once more each");
            assert_eq!(place.integrity(), "ok", "{told}");
        }
    }
}

#[test]
fn an_acknowledgement_follows_the_fsync() {
    if !can_trace() {
        return;
    }
    let place = Place::sending_to(&["http://127.0.0.1:9/"]);
    place.emit("user.created", "before");
    let ran = traced(
        &place,
        &["-y", "-e", "trace=pwrite64,fdatasync,fsync,write"],
        &["emit", "user.created", "u", "--data", "{}"],
    );
    assert_eq!(ran.code, 0);
    let trace = std::fs::read_to_string(place.path("trace.txt")).unwrap();
    let lines: Vec<&str> = trace.lines().collect();
    let last = |call: &str, file: &str| lines.iter().rposition(|line| line.contains(call) && line.contains(file));
    let (written, synced) = (last("pwrite64(", "q.db-wal>"), last("sync(", "q.db-wal>"));
    let told = lines.iter().rposition(|line| line.contains("write(1<"));
    assert!(written < synced && synced < told, "{trace}");
    assert!(written.is_some());
}

#[test]
fn directories_made_on_the_way_are_on_disk_before_the_first_acknowledgement() {
    if !can_trace() {
        return;
    }
    let place = Place::sending_to(&["http://127.0.0.1:9/"]);
    let database = place.path("made/on/the way/q.db");
    let options = ["-y", "-e", "trace=fsync,fdatasync,write"];
    let emit = ["emit", "user.created", "u", "--data", "{}", "--db", database.to_str().unwrap()];
    assert_eq!(traced(&place, &options, &emit).code, 0);
    let trace = std::fs::read_to_string(place.path("trace.txt")).unwrap();
    let lines: Vec<&str> = trace.lines().collect();
    let told = lines.iter().position(|line| line.contains("write(1<")).unwrap();
    for directory in ["", "/made", "/made/on", "/made/on/the way"] {
        let name = format!("{}{directory}>)", place.dir.path().display());
        let synced = lines.iter().position(|line| line.contains("sync(") && line.contains(&name));
        assert!(synced.is_some_and(|at| at < told), "{directory}: {trace}");
    }
}

/// What a child inherits of an open database could take its locks away, or write into it.
#[test]
fn no_child_inherits_the_database() {
    if !can_trace() {
        return;
    }
    let mut place = Place::sending_to(&["http://127.0.0.1:9/"]);
    place.unset("WEBHOOK_SECRET");
    place.set("WEBHOOK_SECRET_COMMAND", "printf a-secret-of-some-length");
    place.emit("user.created", "u");
    let options = ["-y", "-e", "trace=openat,execve,clone,clone3,fork,vfork"];
    assert_eq!(traced(&place, &options, &["process", "-q"]).code, 0);
    let trace = std::fs::read_to_string(place.path("trace.txt")).unwrap();
    let opened: Vec<&str> = trace.lines().filter(|line| line.contains("openat(") && line.contains("/q.db")).collect();
    assert!(opened.len() >= 3 && opened.iter().all(|line| line.contains("O_CLOEXEC")), "{opened:?}");
    assert!(trace.contains("execve(\"/bin/sh\"") || trace.contains("/sh\", ["), "the command ran: {trace}");
    // Whatever begins another process and is no thread shares nothing but the moment until it runs another program.
    let clones = trace.lines().filter(|line| line.contains("clone(") || line.contains("clone3("));
    let forks = clones.filter(|line| !line.contains("CLONE_THREAD"));
    let forks: Vec<&str> = forks.filter(|line| !line.contains("CLONE_VFORK") && !line.contains("resumed")).collect();
    assert!(forks.is_empty(), "{forks:?}");
    assert!(!trace.lines().any(|line| line.contains(" fork(")), "{trace}");
}
