//! Environment variables: those of the process, and those of the env file.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Origin, Problem};

/// The variables of the process and of the env file. Its `Debug` shows names, never values.
#[derive(Default)]
pub(super) struct Environment {
    process: BTreeMap<String, OsString>,
    file: BTreeMap<String, (String, Origin)>,
}

impl Environment {
    pub(super) fn new(process: BTreeMap<String, OsString>) -> Self {
        Self { process, file: BTreeMap::new() }
    }

    /// Reads an env file. Of a duplicate name the last value counts, as in a shell.
    pub(super) fn with_file(mut self, path: &Path) -> (Self, Option<Problem>) {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => return (self, Some(unreadable(path, &error))),
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut problem = None;
        for item in dotenvy::from_read_iter(text.trim_start_matches('\u{feff}').as_bytes()) {
            match item {
                Ok((name, value)) => {
                    let origin = Origin::EnvFile(path.to_owned(), line_of(&text, &name));
                    self.file.insert(name, (value, origin));
                }
                Err(error) => problem = problem.or_else(|| Some(unparsed(path, &text, &error))),
            }
        }
        (self, problem)
    }

    /// The values of the variables `names`, strongest first: the process's in that order, then the env file's.
    pub(super) fn values_of(&self, names: &[&str]) -> (Vec<(String, Origin)>, Vec<Problem>) {
        let (mut said, mut problems) = (Vec::new(), Vec::new());
        for name in names {
            match self.process.get(*name).map(|value| value.to_str()) {
                Some(Some(value)) => said.push((value.to_owned(), Origin::Env((*name).to_owned()))),
                Some(None) => problems.push(Problem::new(format!("{name}: the value is not UTF-8"))),
                None => {}
            }
        }
        said.extend(names.iter().filter_map(|name| self.file.get(*name).cloned()));
        (said, problems)
    }

    /// Where `name` is set: the process before the env file.
    pub(super) fn origins_in_order(&self, names: &[String]) -> Vec<(String, Origin)> {
        let process = names.iter().filter(|name| self.process.contains_key(*name));
        let process = process.map(|name| (name.clone(), Origin::Env(name.clone())));
        let file = names.iter().filter_map(|name| Some((name.clone(), self.file.get(name)?.1.clone())));
        process.chain(file).collect()
    }

    /// The value of a variable from exactly that origin.
    pub(super) fn value_at(&self, name: &str, origin: &Origin) -> Result<String, String> {
        match origin {
            Origin::EnvFile(..) => self.file.get(name).map(|(value, _)| value.clone()).ok_or_else(|| unset(name)),
            _ => self.value(name),
        }
    }

    /// The value of a variable, the process's before the env file's.
    pub(super) fn value(&self, name: &str) -> Result<String, String> {
        match (self.process.get(name), self.file.get(name)) {
            (Some(value), _) => value.to_str().map(str::to_owned).ok_or_else(|| format!("{name} is not UTF-8")),
            (None, Some((value, _))) => Ok(value.clone()),
            (None, None) => Err(unset(name)),
        }
    }

    /// A path in a variable of the process; blank counts as not set.
    pub(super) fn process_path(&self, name: &str) -> Option<PathBuf> {
        self.process.get(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// `syncctl` in the user's configuration directory.
    pub(super) fn config_dir(&self) -> Option<PathBuf> {
        self.xdg("XDG_CONFIG_HOME", ".config")
    }

    /// `syncctl` in the user's state directory.
    pub(super) fn state_dir(&self) -> Option<PathBuf> {
        self.xdg("XDG_STATE_HOME", ".local/state")
    }

    /// The user's home directory, if it exists.
    pub(super) fn home(&self) -> Option<PathBuf> {
        self.process_path("HOME").filter(|home| home.is_absolute() && home.is_dir())
    }

    /// The names of its variables, those of the env file among them.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.process.keys().chain(self.file.keys()).map(String::as_str)
    }

    /// A directory by the XDG rule: relative paths are ignored, and so is a home that does not exist, such as `/nonexistent`.
    fn xdg(&self, name: &str, below_home: &str) -> Option<PathBuf> {
        let absolute = |name| self.process_path(name).filter(|path| path.is_absolute());
        absolute(name).or_else(|| Some(self.home()?.join(below_home))).map(|dir| dir.join("syncctl"))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.process.keys()).entries(self.file.keys()).finish()
    }
}

/// The error of a missing variable. A name that no variable can have is not shown: it may be the secret itself.
fn unset(name: &str) -> String {
    if is_variable_name(name) {
        format!("{name} is not set")
    } else {
        "it must name an environment variable".to_owned()
    }
}

/// Whether a shell could set a variable of that name.
pub(super) fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The last line that sets `name`, counted from one.
fn line_of(text: &str, name: &str) -> usize {
    let sets = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    text.lines().enumerate().filter(|(_, line)| sets(line)).last().map_or(1, |(at, _)| at + 1)
}

/// A problem with the line number but not the line, which may hold a secret.
fn unparsed(path: &Path, text: &str, error: &dotenvy::Error) -> Problem {
    let wrong = "this line cannot be read; quote values that hold spaces, `$` or `#` in single quotes";
    match error {
        dotenvy::Error::LineParse(line, _) => {
            let first = line.lines().next().unwrap_or_default().trim();
            let at = text.lines().position(|it| it.trim() == first).unwrap_or(0);
            Problem::on_line(path, at + 1, wrong)
        }
        _ => Problem::in_file(path, wrong),
    }
}

/// A problem with a file that could not be read at all.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Problem {
    let missing = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    Problem { missing, ..Problem::in_file(path, format!("failed to read it: {error}")) }
}
