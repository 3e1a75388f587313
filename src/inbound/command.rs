//! Runs the command of a source with an event.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::Timestamp;
use crate::store::inbound::Incoming;

/// How long a command may take: its sender gives up after ten seconds, and has to hear before that.
pub const COMMAND_LIMIT: Duration = Duration::from_secs(8);
/// How often a command is asked whether it has ended.
const POLL: Duration = Duration::from_millis(10);
/// What is kept of what a command that fails wrote to standard error.
const MAX_TOLD: u64 = 4 * 1024;

/// Why a command did not take an event.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It was not started, or the system lost sight of it.
    #[error("failed to run the command")]
    Io(#[from] std::io::Error),
    /// It did not end in time and was killed.
    #[error("the command took longer than {}s", COMMAND_LIMIT.as_secs())]
    Late,
    /// It ended with another status than 0.
    #[error("the command ended with {status}: {told}")]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// What it wrote to standard error: foreign text.
        told: String,
    },
}

/// Runs `command` in a shell with the event, in the form in which endpoints get it, on its standard input.
///
/// The variables `SYNCCTL_EVENT_ID`, `SYNCCTL_EVENT_TYPE` and `SYNCCTL_ROUTE` say what it is. It has to end with status 0
/// within [`COMMAND_LIMIT`]; what it started is killed with it. Blocks until then.
pub fn run(command: &str, incoming: &Incoming, now: Timestamp) -> Result<(), CommandError> {
    let told = tempfile::tempfile()?;
    let mut child = Command::new("sh")
        .args(["-c", command])
        .env("SYNCCTL_EVENT_ID", incoming.id.as_str())
        .env("SYNCCTL_EVENT_TYPE", &incoming.draft.event_type)
        .env("SYNCCTL_ROUTE", &*incoming.route)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(told.try_clone()?)
        .process_group(0)
        .spawn()?;
    let body = incoming.draft.render(&incoming.id, incoming.draft.timestamp.unwrap_or(now));
    if let Some(mut input) = child.stdin.take() {
        // A command that does not read would block the writer for as long as it lives.
        thread::spawn(move || input.write_all(&body));
    }
    let status = wait(&mut child, Instant::now() + COMMAND_LIMIT)?;
    if status.success() { Ok(()) } else { Err(CommandError::Failed { status, told: beginning(told)? }) }
}

fn wait(child: &mut Child, until: Instant) -> Result<ExitStatus, CommandError> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() >= until {
            let group = format!("-{}", child.id());
            // The child is not reaped yet, so its number cannot be another's.
            let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
            child.wait()?;
            return Err(CommandError::Late);
        }
        thread::park_timeout(POLL);
    }
}

fn beginning(mut told: File) -> Result<String, std::io::Error> {
    told.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    told.take(MAX_TOLD).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}
