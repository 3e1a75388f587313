//! The places of secrets, and reading them when a command needs one.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::environment::Environment;
use super::file::ParsedFile;
use super::secret_keys::SecretKeys;
use super::{Origin, Problem};
use crate::endpoint::SecretSource;
use crate::signature::Secret;

/// The longest secret from a file or command, in bytes.
const LONGEST: u64 = 64 * 1024;
/// How long a secret's command may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(10);

/// The places of a secret, strongest first. Nothing is read.
pub(super) fn locations(
    keys: &SecretKeys,
    environment: &Environment,
    files: &[ParsedFile],
) -> Vec<(SecretLocation, Origin)> {
    let in_variables = environment.origins_in_order(&keys.variables());
    let (process, env_file): (Vec<_>, Vec<_>) =
        in_variables.into_iter().partition(|(_, origin)| matches!(origin, Origin::Env(_)));
    let variable = |(name, origin): (String, Origin)| (SecretLocation::Variable(name, origin.clone()), origin);
    process
        .into_iter()
        .map(variable)
        .chain(credential(keys, environment))
        .chain(env_file.into_iter().map(variable))
        .chain(files.iter().flat_map(|file| in_file(keys, file)))
        .collect()
}

/// The place of a systemd credential (`LoadCredential`).
fn credential(keys: &SecretKeys, environment: &Environment) -> Option<(SecretLocation, Origin)> {
    let path = environment.process_path("CREDENTIALS_DIRECTORY")?.join(keys.credential);
    let origin = Origin::Env(format!("CREDENTIALS_DIRECTORY/{}", keys.credential));
    path.exists().then_some((SecretLocation::File(path), origin))
}

/// A problem where one file gives a secret two locations.
pub(super) fn given_twice(keys: &SecretKeys, file: &ParsedFile) -> Option<Problem> {
    let second = in_file(keys, file).into_iter().nth(1)?;
    let [one, two, three] = keys.file_keys();
    Some(Problem::about(keys.key, &second.1, &format!("give only one of {one}, {two} and {three}")))
}

fn in_file(keys: &SecretKeys, file: &ParsedFile) -> Vec<(SecretLocation, Origin)> {
    let location = |key: &str, of: fn(String) -> SecretLocation| {
        file.entry(key).map(|entry| (of(entry.text.clone()), entry.origin.clone()))
    };
    let locations = [
        location(keys.file, |text| SecretLocation::File(text.into())),
        location(keys.env, SecretLocation::Env),
        location(keys.command, SecretLocation::Command),
    ];
    locations.into_iter().flatten().collect()
}

/// Where a secret comes from, to be shown to people: a file, a variable, a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// A file.
    File(PathBuf),
    /// A variable of the environment, or of the env file.
    Variable(String),
    /// The output of a command.
    Command,
}

/// Where a secret is kept, to be read from there.
#[derive(Clone)]
pub(super) enum SecretLocation {
    /// One of the secret's own variables: its value, or its `_FILE` or `_COMMAND`, as that origin has it.
    Variable(String, Origin),
    /// A variable that the configuration names.
    Env(String),
    /// A file.
    File(PathBuf),
    /// The output of a command.
    Command(String),
}

impl std::fmt::Debug for SecretLocation {
    /// Leaves out the operator's texts: some contain the secret itself by mistake.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Variable(name, _) => write!(f, "Variable({name})"),
            Self::Env(_) => f.write_str("Env"),
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Command(_) => f.write_str("Command"),
        }
    }
}

impl SecretLocation {
    /// The place of an endpoint's or source's own secret; `None` for the shared one.
    pub(super) fn own(source: &SecretSource) -> Option<Self> {
        match source {
            SecretSource::Shared => None,
            SecretSource::File(path) => Some(Self::File(path.into())),
            SecretSource::Env(name) => Some(Self::Env(name.clone())),
        }
    }

    /// Reads the secret. A configured secret that is empty or unreadable is an error, not a missing secret.
    pub(super) fn read(&self, environment: &Environment, warnings: &mut Vec<String>) -> Result<Secret, String> {
        Secret::new(self.text(environment, warnings)?).map_err(|error| error.to_string())
    }

    /// The place for people. The secret is not read.
    pub(super) fn place(&self, environment: &Environment) -> SecretPlace {
        match self {
            Self::Variable(name, origin) => match (name.rsplit_once('_'), environment.value_at(name, origin)) {
                (Some((_, "FILE")), Ok(path)) => SecretPlace::File(path.into()),
                (Some((_, "COMMAND")), _) => SecretPlace::Command,
                _ => SecretPlace::Variable(name.clone()),
            },
            Self::Env(name) => SecretPlace::Variable(name.clone()),
            Self::File(path) => SecretPlace::File(path.clone()),
            Self::Command(_) => SecretPlace::Command,
        }
    }

    /// Reads the secret's text, whether or not it is a valid secret.
    pub(super) fn text(&self, environment: &Environment, warnings: &mut Vec<String>) -> Result<String, String> {
        Ok(match self {
            Self::Variable(name, origin) => {
                let value = environment.value_at(name, origin)?;
                match name.rsplit_once('_') {
                    Some((_, "FILE")) => file_text(Path::new(&value), warnings)?,
                    Some((_, "COMMAND")) => command_text(&value, COMMAND_LIMIT)?,
                    _ => value,
                }
            }
            Self::Env(name) => environment.value(name)?,
            Self::File(path) => file_text(path, warnings)?,
            Self::Command(command) => command_text(command, COMMAND_LIMIT)?,
        })
    }
}

fn file_text(path: &Path, warnings: &mut Vec<String>) -> Result<String, String> {
    let failed = |error: io::Error| format!("failed to read {}: {error}", path.display());
    let file = fs::File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        warnings.push(format!("{} can be read by others (mode {mode:04o}): chmod 600 it", path.display()));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    text_of(bytes).map_err(|reason| format!("{} {reason}", path.display()))
}

/// The text without its one final newline.
fn text_of(bytes: Vec<u8>) -> Result<String, &'static str> {
    if bytes.len() as u64 > LONGEST {
        return Err("holds more than 64 KiB");
    }
    let mut text = String::from_utf8(bytes).map_err(|_| "holds something that is not UTF-8")?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// The output of a command. An error contains neither the command nor its output.
fn command_text(command: &str, limit: Duration) -> Result<String, String> {
    let child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("failed to start its command: {error}"))?;
    let id = child.id();
    let (send, receive) = mpsc::sync_channel(1);
    thread::spawn(move || send.send(finish(child)));
    match receive.recv_timeout(limit) {
        Ok(Ok(bytes)) => text_of(bytes).map_err(|reason| format!("the output of its command {reason}")),
        Ok(Err(reason)) => Err(reason),
        Err(_) => {
            kill(id);
            Err(format!("its command took longer than {}s", limit.as_secs()))
        }
    }
}

fn finish(mut child: std::process::Child) -> Result<Vec<u8>, String> {
    let failed = |error: io::Error| format!("failed to read from its command: {error}");
    let mut bytes = Vec::new();
    if let Some(out) = child.stdout.take() {
        out.take(LONGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    }
    match child.wait().map_err(failed)?.code() {
        Some(0) => Ok(bytes),
        Some(code) => Err(format!("its command failed with exit status {code}")),
        None => Err("its command was killed".to_owned()),
    }
}

/// Kills a command that is not reaped yet, so that its process id cannot belong to another process.
fn kill(id: u32) {
    let _ = Command::new("kill").args(["-KILL", &id.to_string()]).stderr(Stdio::null()).status();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_hangs_is_ended() {
        let error = command_text("exec sleep 60", Duration::from_millis(50)).expect_err("too long");
        assert!(error.starts_with("its command took longer"), "{error}");
    }

    #[test]
    fn a_command_that_never_stops_printing_is_cut_off() {
        let error = command_text("exec yes", COMMAND_LIMIT).expect_err("too much");
        assert!(!error.contains('\n'), "{error}");
    }
}
