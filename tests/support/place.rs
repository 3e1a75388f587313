//! A place of its own for the real binary: home, database, secret, nothing of the machine's environment.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

pub const SECRET: &str = "syncctl-test-secret";

pub struct Place {
    pub dir: tempfile::TempDir,
    pub env: Vec<(String, String)>,
}

impl Place {
    pub fn new() -> Self {
        Self::within(super::memory_dir())
    }

    pub fn within(dir: tempfile::TempDir) -> Self {
        let mut place = Self { dir, env: Vec::new() };
        place.set("WEBHOOK_SECRET", SECRET);
        place
    }

    /// A place whose events go to `urls`.
    pub fn sending_to<S: AsRef<str>>(urls: &[S]) -> Self {
        let mut place = Self::new();
        let urls: Vec<&str> = urls.iter().map(AsRef::as_ref).collect();
        place.set("SYNC_WEBHOOK_URLS", &urls.join(","));
        place
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
    }

    pub fn unset(&mut self, name: &str) {
        self.env.retain(|(known, _)| known != name);
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn database(&self) -> PathBuf {
        self.path("state/q.db")
    }

    /// Moves the clock of the commands that follow, relative to now: `+2h`. The test needs `faketime`.
    pub fn set_clock(&mut self, offset: &str) {
        // Without the program itself, which would stand between a test's signals and the command.
        let library = Command::new("faketime").args(["-f", offset, "printenv", "LD_PRELOAD"]).output().unwrap();
        assert!(library.status.success(), "{library:?}");
        self.set("LD_PRELOAD", String::from_utf8_lossy(&library.stdout).trim());
        self.set("FAKETIME", offset);
    }

    pub fn command<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Command {
        self.prepare(Command::new(env!("CARGO_BIN_EXE_syncctl")), args)
    }

    /// Gives a command this place's environment, and nothing else.
    pub fn prepare<S: AsRef<std::ffi::OsStr>>(&self, mut command: Command, args: &[S]) -> Command {
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.dir.path()).env("LC_ALL", "C").env("TZ", "UTC").env("NO_COLOR", "1");
        command.env("COLUMNS", "100").env("SYNCCTL_DB", self.database());
        command.envs(self.env.iter().map(|(n, v)| (n, v))).args(args).stdin(Stdio::null()).current_dir(self.dir.path());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&self.command(args).output().unwrap())
    }

    /// Runs a command that has to end well, and returns what it says.
    pub fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
        ran.stdout
    }

    pub fn run_with_input(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut child =
            self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        Ran::of(&output)
    }

    pub fn spawn(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Runs a command that has to succeed and returns its JSON data.
    pub fn data(&self, args: &[&str]) -> Value {
        let ran = self.run(&[args, &["-o", "json"]].concat());
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
        ran.data()
    }

    pub fn emit(&self, event_type: &str, resource: &str) -> String {
        let data = self.data(&["emit", event_type, resource, "--data", "{}"]);
        data["event"]["id"].as_str().unwrap().to_owned()
    }

    pub fn queue(&self) -> Value {
        self.data(&["status"])["queue"].clone()
    }

    /// Emits `n` events of as many resources in one batch, with the ids `e0`, `e1`, …
    pub fn emit_many(&self, n: usize) {
        self.emit_lines((0..n).map(|i| (format!("e{i}"), format!("r{i}"))));
    }

    pub fn emit_lines(&self, events: impl Iterator<Item = (String, String)>) {
        let lines: String = events
            .map(|(id, resource)| {
                format!("{{\"id\":\"{id}\",\"type\":\"user.updated\",\"resourceId\":\"{resource}\",\"data\":{{}}}}\n")
            })
            .collect();
        let ran = self.run_with_input(&["emit", "--batch", "-", "-q"], lines.as_bytes());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    }

    /// What SQLite itself says about the file.
    pub fn integrity(&self) -> String {
        let connection = rusqlite::Connection::open(self.database()).unwrap();
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
    }
}

/// A command that ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: &Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let code = output.status.code().unwrap_or_else(|| -output.status.signal().unwrap_or(0));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    pub fn data(&self) -> Value {
        let envelope: Value = serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"));
        envelope["data"].clone()
    }
}

pub fn kill(child: &Child, signal: &str) {
    let done = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(done.success());
}

/// Waits until `holds`, looking often; panics after ten seconds.
pub fn eventually(what: &str, holds: impl FnMut() -> bool) {
    within(std::time::Duration::from_secs(10), what, holds);
}

pub fn within(limit: std::time::Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + limit;
    while !holds() {
        assert!(std::time::Instant::now() < end, "never: {what}");
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
}
