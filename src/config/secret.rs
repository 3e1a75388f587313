//! Where secrets are kept, and reading them when a command needs one.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::environment::Environment;
use super::file::File;
use super::keys::Form;
use super::{Origin, Problem};
use crate::signature::Secret;

/// The longest secret that is read from a file or a command.
const LONGEST: u64 = 64 * 1024;
/// How long a secret's command may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(10);

/// A secret that can be configured.
pub(super) struct Configured {
    pub(super) key: &'static str,
    variable: &'static str,
    credential: &'static str,
    file: &'static str,
    env: &'static str,
    command: &'static str,
}

/// The secrets there are. No flag takes one, and neither does the file: it says where they are.
pub(super) const SECRETS: &[Configured] = &[
    Configured {
        key: "webhook.secret",
        variable: "WEBHOOK_SECRET",
        credential: "webhook-secret",
        file: "webhook.secret_file",
        env: "webhook.secret_env",
        command: "webhook.secret_command",
    },
    Configured {
        key: "webhook.previous_secret",
        variable: "WEBHOOK_SECRET_PREVIOUS",
        credential: "webhook-secret-previous",
        file: "webhook.previous_secret_file",
        env: "webhook.previous_secret_env",
        command: "webhook.previous_secret_command",
    },
    Configured {
        key: "cron.secret",
        variable: "CRON_SECRET",
        credential: "cron-secret",
        file: "cron.secret_file",
        env: "cron.secret_env",
        command: "cron.secret_command",
    },
    Configured {
        key: "admin.token",
        variable: "SYNCCTL_ADMIN_TOKEN",
        credential: "admin-token",
        file: "admin.token_file",
        env: "admin.token_env",
        command: "admin.token_command",
    },
];

impl Configured {
    /// The variable that holds it.
    pub(super) fn variable(&self) -> &'static str {
        self.variable
    }

    /// Its keys in a configuration file.
    pub(super) fn file_keys(&self) -> [&'static str; 3] {
        [self.file, self.env, self.command]
    }

    /// What a file may write for one of its keys.
    pub(super) fn form_of(&self, key: &str) -> Option<Form> {
        match key {
            _ if key == self.file => Some(Form::Path),
            _ if key == self.env || key == self.command => Some(Form::One),
            _ => None,
        }
    }

    /// Where it is kept, strongest first. Nothing is read.
    pub(super) fn found(&self, environment: &Environment, files: &[File]) -> Vec<(SecretLocation, Origin)> {
        let in_variables = environment.origins_in_order(&self.variables());
        let (process, file): (Vec<_>, Vec<_>) =
            in_variables.into_iter().partition(|(_, origin)| matches!(origin, Origin::Env(_)));
        let from_env = |(name, origin): (String, Origin)| (SecretLocation::Variable(name, origin.clone()), origin);
        let process = process.into_iter().map(from_env);
        let file = file.into_iter().map(from_env);
        process
            .chain(self.credential(environment))
            .chain(file)
            .chain(files.iter().flat_map(|it| self.in_file(it)))
            .collect()
    }

    /// The prefixed name first, and of each name the value before the places of it.
    fn variables(&self) -> Vec<String> {
        let prefixed = format!("SYNCCTL_{}", self.variable.trim_start_matches("SYNCCTL_"));
        let mut stems = vec![prefixed, self.variable.to_owned()];
        stems.dedup();
        stems.iter().flat_map(|stem| ["", "_FILE", "_COMMAND"].map(|kind| format!("{stem}{kind}"))).collect()
    }

    /// What systemd's `LoadCredential` put there.
    fn credential(&self, environment: &Environment) -> Option<(SecretLocation, Origin)> {
        let path = environment.process_path("CREDENTIALS_DIRECTORY")?.join(self.credential);
        let origin = Origin::Env(format!("CREDENTIALS_DIRECTORY/{}", self.credential));
        path.exists().then_some((SecretLocation::File(path), origin))
    }

    /// A problem where one file names two places.
    pub(super) fn said_twice(&self, file: &File) -> Option<Problem> {
        let second = self.in_file(file).into_iter().nth(1)?;
        let [one, two, three] = self.file_keys();
        Some(Problem::about(self.key, &second.1, &format!("give only one of {one}, {two} and {three}")))
    }

    fn in_file(&self, file: &File) -> Vec<(SecretLocation, Origin)> {
        let location = |key: &str, of: fn(String) -> SecretLocation| {
            file.entry(key).map(|it| (of(it.text.clone()), it.origin.clone()))
        };
        let places = [
            location(self.file, |text| SecretLocation::File(text.into())),
            location(self.env, SecretLocation::Env),
            location(self.command, SecretLocation::Command),
        ];
        places.into_iter().flatten().collect()
    }
}

/// A secret's file or variable, as an operator knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// A file.
    File(PathBuf),
    /// A variable of the environment, or of the env file.
    Variable(String),
    /// The output of a command.
    Command,
}

/// Where a secret is kept.
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
    /// Leaves out what an operator wrote in the configuration: some hold the secret itself.
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
    /// Reads the secret. A configured secret that is empty or cannot be had is an error, never nothing.
    pub(super) fn read(&self, environment: &Environment, warnings: &mut Vec<String>) -> Result<Secret, String> {
        Secret::new(self.text(environment, warnings)?).map_err(|error| error.to_string())
    }

    /// Where it is kept, in an operator's words. Nothing of the secret is read.
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

    /// Reads the secret's text, whatever it is worth as a secret.
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

/// What a command prints. Neither the command nor anything it printed is part of an error.
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

/// Ends a command that is not reaped yet, so that its number cannot be another's.
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
