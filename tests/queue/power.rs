//! Power cuts: every write of `emit` and `process` is recorded, and the disks that a cut could leave are opened again.
//!
//! What was synchronised is there; of what was not, anything may be: all, nothing, some of it, single sectors. Control runs
//! that take every synchronisation for nothing have to lose and to break, or these tests would prove nothing.
//!
//! A sample of the images is tried; `SYNCCTL_LONG=1` tries several of each moment.

use std::collections::BTreeMap;
use std::process::Command;

use syncctl::delivery::State;
use syncctl::event::EventId;
use syncctl::store::{Access, Location, open};

use crate::support::place::Place;
use crate::support::receiver::Receiver;
use crate::support::{Chance, long, memory_dir};
use crate::syscalls::can_trace;

/// What a disk writes at once.
const SECTOR: usize = 512;
/// The database and what SQLite keeps beside it; the index of its log is made anew after a cut.
const FILES: [&str; 3] = ["q.db", "q.db-wal", "q.db-journal"];
const CALLS: &str = "trace=openat,pwrite64,fdatasync,fsync,ftruncate,unlink,write";

/// One thing that a command did.
#[derive(Debug)]
enum Step {
    Created(String),
    Wrote(String, usize, Vec<u8>),
    Cut(String, usize),
    Removed(String),
    Synchronised(String),
    /// It told somebody: from here on these events are stored, and those delivered.
    Told(Promise),
}

impl Step {
    fn name(&self) -> String {
        match self {
            Self::Wrote(name, at, bytes) => format!("{} bytes written to {name} at {at}", bytes.len()),
            other => format!("{other:?}"),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Promise {
    stored: Vec<String>,
    delivered: Vec<String>,
}

/// Text between the first `from` and the next `to` behind it.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let rest = &text[text.find(from)? + from.len()..];
    Some(&rest[..rest.find(to)?])
}

/// The bytes of strace's `\x00\x01…`.
fn unhex(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).map(|byte| u8::from_str_radix(&byte[..2], 16).unwrap()).collect()
}

/// The step that a line of the trace tells of, if it is about the database.
fn step(line: &str, told: &Promise) -> Option<Step> {
    let file = || {
        let path = String::from_utf8(unhex(between(line, "<", ">")?)).unwrap();
        let name = path.rsplit('/').next()?.to_owned();
        FILES.contains(&name.as_str()).then_some(name)
    };
    let call = line.split_whitespace().nth(1)?.split('(').next()?;
    match call {
        "openat" if line.contains("O_CREAT") => {
            let path = String::from_utf8(unhex(between(line, "\"", "\"")?)).unwrap();
            let name = path.rsplit('/').next()?.to_owned();
            FILES.contains(&name.as_str()).then_some(Step::Created(name))
        }
        "pwrite64" => {
            let at = line.rsplit_once("\", ")?.1.split(", ").nth(1)?.split([')', ' ']).next()?;
            Some(Step::Wrote(file()?, at.parse().unwrap(), unhex(between(line, "\"", "\"")?)))
        }
        "ftruncate" => Some(Step::Cut(file()?, between(line, ">, ", ")")?.parse().unwrap())),
        "fdatasync" | "fsync" => Some(Step::Synchronised(file()?)),
        "unlink" => {
            let path = String::from_utf8(unhex(between(line, "\"", "\"")?)).unwrap();
            FILES.iter().find(|file| path.ends_with(*file)).map(|file| Step::Removed((*file).to_owned()))
        }
        "write" if line.contains("write(1<") => Some(Step::Told(told.clone())),
        _ => None,
    }
}

/// Runs a command and returns what it did to the disk; `None` where it cannot be traced.
fn record(place: &Place, args: &[&str], told: &Promise) -> Option<Vec<Step>> {
    let options = ["-f", "-y", "-qq", "-xx", "-s", "1000000", "-e", CALLS, "-o", "trace.txt"];
    let all = [&options[..], &[env!("CARGO_BIN_EXE_syncctl")], args].concat();
    if !can_trace() {
        return None;
    }
    let ran = place.prepare(Command::new("strace"), &all).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let trace = std::fs::read_to_string(place.path("trace.txt")).unwrap();
    assert!(!trace.contains("\"..."), "what was written is recorded whole");
    let mut calls = Calls::default();
    Some(trace.lines().filter_map(|line| step(&calls.whole(line), told)).collect())
}

/// Puts calls that another thread interrupted in the trace into one piece; a synchronisation counts from its end.
#[derive(Default)]
struct Calls {
    begun: BTreeMap<String, String>,
}

impl Calls {
    fn whole(&mut self, line: &str) -> String {
        let (id, call) = line.split_once(' ').unwrap_or_default();
        let call = call.trim_start();
        if let Some(begun) = call.strip_suffix(" <unfinished ...>") {
            let name = begun.split('(').next().unwrap_or_default();
            let whole = format!("{id} {begun}) = 0");
            if !name.ends_with("sync") {
                return whole;
            }
            self.begun.insert(id.to_owned(), whole);
            return String::new();
        }
        match between(call, "<... ", " resumed>") {
            Some(_) => self.begun.remove(id).unwrap_or_default(),
            None => format!("{id} {call}"),
        }
    }
}

/// A disk on which everything but the synchronised may be lost.
#[derive(Clone, Default)]
struct Disk {
    safe: BTreeMap<String, Vec<u8>>,
    /// What is on its way, in order: a file, where, and what; a cut has no bytes.
    loose: Vec<(String, usize, Option<Vec<u8>>)>,
}

fn apply(file: &mut Vec<u8>, at: usize, bytes: Option<&[u8]>) {
    match bytes {
        None => file.resize(at, 0),
        Some(bytes) => {
            file.resize(file.len().max(at + bytes.len()), 0);
            file[at..at + bytes.len()].copy_from_slice(bytes);
        }
    }
}

impl Disk {
    fn do_step(&mut self, step: &Step, honest: bool) {
        match step {
            Step::Created(name) => drop(self.safe.entry(name.clone()).or_default()),
            Step::Wrote(name, at, bytes) => self.loose.push((name.clone(), *at, Some(bytes.clone()))),
            Step::Cut(name, length) => self.loose.push((name.clone(), *length, None)),
            Step::Removed(name) => {
                self.safe.remove(name);
                self.loose.retain(|(file, ..)| file != name);
            }
            Step::Synchronised(name) if honest => {
                let (done, left) = std::mem::take(&mut self.loose).into_iter().partition(|(file, ..)| file == name);
                self.loose = left;
                let file = self.safe.entry(name.clone()).or_default();
                let done: Vec<(String, usize, Option<Vec<u8>>)> = done;
                done.iter().for_each(|(_, at, bytes)| apply(file, *at, bytes.as_deref()));
            }
            Step::Synchronised(_) | Step::Told(_) => {}
        }
    }

    /// What a cut leaves when each loose write is kept as `keeps` says: whole, not at all, or by the sector.
    fn after_a_cut(&self, mut keeps: impl FnMut() -> Keep) -> BTreeMap<String, Vec<u8>> {
        let mut files = self.safe.clone();
        for (name, at, bytes) in &self.loose {
            let file = files.entry(name.clone()).or_default();
            match (keeps(), bytes) {
                (Keep::Nothing, _) => {}
                (Keep::All, bytes) => apply(file, *at, bytes.as_deref()),
                (Keep::Sectors(_), None) => apply(file, *at, None),
                (Keep::Sectors(which), Some(bytes)) => {
                    for (n, sector) in bytes.chunks(SECTOR).enumerate().filter(|(n, _)| which >> (n % 64) & 1 == 1) {
                        apply(file, at + n * SECTOR, Some(sector));
                    }
                }
            }
        }
        files
    }
}

enum Keep {
    All,
    Nothing,
    Sectors(u64),
}

/// What became of an image that was opened again.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Whole,
    Lost(String),
    Broken(String),
}

fn reopened(files: &BTreeMap<String, Vec<u8>>, promise: &Promise) -> Verdict {
    let directory = memory_dir();
    for (name, bytes) in files {
        std::fs::write(directory.path().join(name), bytes).unwrap();
    }
    let store = match open(&Location::file(directory.path().join("q.db")), Access::Create) {
        Ok(store) => store,
        Err(error) => return Verdict::Broken(error.to_string()),
    };
    match store.verify().wait() {
        Ok(found) if found.is_empty() => {}
        Ok(found) => return Verdict::Broken(found.join("; ")),
        Err(error) => return Verdict::Broken(error.to_string()),
    }
    let event = |id: &String| store.event(&EventId::parse(id).unwrap()).wait().unwrap();
    if let Some(lost) = promise.stored.iter().find(|id| event(id).is_none()) {
        return Verdict::Lost(format!("the event {lost}"));
    }
    let is_delivered = |id: &&String| event(id).unwrap().deliveries.iter().all(|row| row.state == State::Delivered);
    match promise.delivered.iter().find(|id| !is_delivered(id)) {
        Some(lost) => Verdict::Lost(format!("the outcome of {lost}")),
        None => Verdict::Whole,
    }
}

/// A short life of a queue: created, used, delivered from, and its log worked into the file.
fn life() -> Option<Vec<Step>> {
    let receiver = Receiver::good();
    let place = Place::sending_to(&[receiver.url("/")]);
    let mut promise = Promise::default();
    let mut steps = Vec::new();
    for id in ["a", "b"] {
        promise.stored.push(id.to_owned());
        steps.extend(record(&place, &["emit", "user.created", id, "--data", "{}", "--id", id], &promise)?);
    }
    promise.delivered = promise.stored.clone();
    steps.extend(record(&place, &["process"], &promise)?);
    let text = "x".repeat(120_000);
    let ids: Vec<String> = (0..10).map(|n| format!("large-{n}")).collect();
    let line = |id: &String| {
        format!(
            "{{\"id\":\"{id}\",\"type\":\"user.updated\",\"resourceId\":\"{id}\",\"data\":{{\"name\":\"{text}\"}}}}\n"
        )
    };
    std::fs::write(place.path("batch"), ids.iter().map(line).collect::<String>()).unwrap();
    promise.stored.extend(ids);
    steps.extend(record(&place, &["emit", "--batch", "batch"], &promise)?);
    promise.stored.push("c".to_owned());
    steps.extend(record(&place, &["emit", "user.created", "c", "--data", "{}", "--id", "c"], &promise)?);
    Some(steps)
}

#[test]
fn a_power_cut_at_any_moment_keeps_what_was_acknowledged() {
    let Some(steps) = life() else { return };
    let thorough = long();
    let synchronised = steps.iter().filter(|step| matches!(step, Step::Synchronised(_))).count();
    let told = steps.iter().filter(|step| matches!(step, Step::Told(_))).count();
    assert!(synchronised > 2 && told == 5, "{synchronised} synchronisations, {told} acknowledgements were recorded");
    let (mut disk, mut promise, mut chance, mut images) = (Disk::default(), Promise::default(), Chance::new(3), 0);
    for (at, step) in steps.iter().enumerate() {
        disk.do_step(step, true);
        if let Step::Told(told) = step {
            promise = told.clone();
        }
        let next = steps.get(at + 1);
        let decisive = !matches!(step, Step::Wrote(..)) || !matches!(next, Some(Step::Wrote(..)));
        if !thorough && !decisive && !chance.one_in(40) {
            continue;
        }
        let mut cuts = vec![disk.after_a_cut(|| Keep::Nothing), disk.after_a_cut(|| Keep::All)];
        for _ in 0..if thorough { 16 } else { 2 } {
            cuts.push(disk.after_a_cut(|| match chance.below(3) {
                0 => Keep::All,
                1 => Keep::Nothing,
                _ => Keep::Sectors(chance.next()),
            }));
        }
        for files in cuts {
            assert_eq!(reopened(&files, &promise), Verdict::Whole, "a cut after step {at}, {}", step.name());
            images += 1;
        }
    }
    eprintln!("{images} images of {} steps", steps.len());
}

#[test]
fn the_same_disks_without_synchronisation_lose_and_break() {
    let Some(steps) = life() else { return };
    let mut disk = Disk::default();
    steps.iter().for_each(|step| disk.do_step(step, false));
    let Some(Step::Told(promise)) = steps.iter().rfind(|step| matches!(step, Step::Told(_))) else { unreachable!() };
    assert!(matches!(reopened(&disk.after_a_cut(|| Keep::Nothing), promise), Verdict::Lost(_)));
    assert_eq!(reopened(&disk.after_a_cut(|| Keep::All), promise), Verdict::Whole);
    let mut chance = Chance::new(5);
    let torn = |_| reopened(&disk.after_a_cut(|| if chance.one_in(2) { Keep::All } else { Keep::Nothing }), promise);
    let verdicts: Vec<Verdict> = (0..30).map(torn).collect();
    assert!(verdicts.iter().any(|verdict| matches!(verdict, Verdict::Broken(_))), "{verdicts:?}");
}
