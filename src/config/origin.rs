//! The origin of each setting.

use std::fmt;
use std::path::PathBuf;

/// Where a value comes from: a flag, a variable, a file, or the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    Flag(&'static str),
    /// A variable of the environment.
    Env(String),
    /// A variable of the env file, and its line.
    EnvFile(PathBuf, usize),
    /// A line of a configuration file.
    File(PathBuf, usize),
    /// The default.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Env(name) => write!(f, "env {name}"),
            Self::EnvFile(path, line) | Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A configuration value as text, and where it comes from.
pub(super) struct Sourced {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// One line of `config show`: key, value, origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key, such as `delivery.max_attempts` or `endpoints[0].url`.
    pub key: String,
    /// Its value; [`MASK`](super::MASK) for a secret that is set, empty for what is not set.
    pub value: String,
    /// The origin of the value.
    pub origin: Origin,
    /// The weaker origin that it overrides.
    pub hides: Option<Origin>,
}
