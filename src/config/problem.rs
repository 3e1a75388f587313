//! Problems of a configuration, with file and line.

use std::path::{Path, PathBuf};

use super::origin::Origin;

/// A mistake in the configuration: which key, where, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{text}", self.place())]
pub struct Problem {
    /// The file; without one the text names the flag or variable.
    pub file: Option<PathBuf>,
    /// The line.
    pub line: Option<usize>,
    /// What is wrong.
    pub text: String,
    /// A correction or remedy.
    pub hint: Option<String>,
    /// Whether a named file does not exist.
    pub missing: bool,
}

impl Problem {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { file: None, line: None, text: text.into(), hint: None, missing: false }
    }

    pub(super) fn in_file(path: &Path, text: impl Into<String>) -> Self {
        Self { file: Some(path.to_owned()), ..Self::new(text) }
    }

    pub(super) fn on_line(path: &Path, line: usize, text: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::in_file(path, text) }
    }

    /// A problem of the value from `origin`.
    pub(super) fn about(key: &str, origin: &Origin, text: &str) -> Self {
        match origin {
            Origin::File(path, line) | Origin::EnvFile(path, line) => {
                Self::on_line(path, *line, format!("{key}: {text}"))
            }
            Origin::Flag(name) => Self::new(format!("{name}: {text}")),
            Origin::Env(name) => Self::new(format!("{name}: {text}")),
            Origin::Default => Self::new(format!("{key}: {text}")),
        }
    }

    pub(super) fn hinted(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    fn place(&self) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{}:{line}: ", file.display()),
            (Some(file), None) => format!("{}: ", file.display()),
            (None, _) => String::new(),
        }
    }
}

/// Why the configuration cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A named file does not exist.
    #[error("there is no file {}", .0.display())]
    Missing(PathBuf),
    /// The configuration is invalid; this is its first problem.
    #[error("{0}")]
    Wrong(Problem),
    /// A configured secret cannot be read.
    #[error("failed to read {what}: {reason}")]
    Secret {
        /// The secret, and the origin of its place.
        what: String,
        /// The reason; never contains the secret.
        reason: String,
    },
    /// A default path needs the home directory, and there is none.
    #[error("no place for the database: neither HOME nor XDG_STATE_HOME is set to an absolute path that exists")]
    NoHome,
}

impl ConfigError {
    /// Whether a named file is missing, rather than invalid.
    pub fn is_missing_input(&self) -> bool {
        matches!(self, Self::Missing(_))
    }
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        match problem.file {
            Some(file) if problem.missing => Self::Missing(file),
            file => Self::Wrong(Problem { file, ..problem }),
        }
    }
}
