//! Runs shell commands that the operator configured, with a time limit.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often a command is checked for its end.
const POLL: Duration = Duration::from_millis(10);
/// The most bytes of standard error that an error keeps.
const MAX_TOLD: u64 = 4 * 1024;

/// Why a command that was run failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It could not be started or waited for.
    #[error("failed to run the command")]
    Io(#[from] std::io::Error),
    /// It did not end in time and was killed.
    #[error("the command took longer than {}s", .0.as_secs())]
    Late(Duration),
    /// It ended with a status other than 0.
    #[error("the command ended with {status}: {told}")]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// The start of its standard error; foreign text.
        told: String,
    },
}

/// Runs `command` in a shell with `input` on its standard input, and these variables added to those of this process.
///
/// It has to end with status 0 within `limit`; otherwise its process group is killed. Blocks until then.
pub fn run(command: &str, variables: &[(&str, &str)], input: Vec<u8>, limit: Duration) -> Result<(), CommandError> {
    let told = tempfile::tempfile()?;
    let mut child = Command::new("sh")
        .args(["-c", command])
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(told.try_clone()?)
        .process_group(0)
        .spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        // A command that does not read would block the writer for as long as it lives.
        thread::spawn(move || pipe.write_all(&input));
    }
    let status = wait(&mut child, limit)?;
    if status.success() { Ok(()) } else { Err(CommandError::Failed { status, told: beginning(told)? }) }
}

fn wait(child: &mut Child, limit: Duration) -> Result<ExitStatus, CommandError> {
    let until = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() >= until {
            let group = format!("-{}", child.id());
            // The child is not reaped yet, so its process id cannot belong to another process.
            let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
            child.wait()?;
            return Err(CommandError::Late(limit));
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
