//! Exit codes, and the faults that lead to them.

use crate::config::ConfigError;
use crate::outbound::run::WorkerError;
use crate::render::{Failure, RenderError};
use crate::store::{self, Holder, StoreError};
use crate::untrusted::Untrusted;

/// How a command can end. Every code is listed by `syncctl help exit-codes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; nothing to do; the reader closed the pipe.
    Done,
    /// The answer is no: unhealthy, not delivered; any failure without a code of its own.
    Failure,
    /// Wrong usage.
    Usage,
    /// Done in part: a delivery used up its attempts in this run, or some lines of a batch were rejected.
    Part,
    /// A signature does not verify, or its header is missing or malformed.
    Signature,
    /// There is no database.
    NoDatabase,
    /// The database is locked by another process past the wait.
    Locked,
    /// The database has a newer schema than this program.
    NewerSchema,
    /// Bad data.
    Data,
    /// Input not found.
    NoInput,
    /// A bug.
    Bug,
    /// Storage or input and output failed.
    Io,
    /// Something is wrong with the configuration.
    Config,
    /// Interrupted.
    Interrupted,
    /// Terminated.
    Terminated,
}

impl Exit {
    /// Every exit, in the order of its code.
    pub const ALL: [Self; 15] = [
        Self::Done,
        Self::Failure,
        Self::Usage,
        Self::Part,
        Self::Signature,
        Self::NoDatabase,
        Self::Locked,
        Self::NewerSchema,
        Self::Data,
        Self::NoInput,
        Self::Bug,
        Self::Io,
        Self::Config,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The exit status.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Part => 3,
            Self::Signature => 4,
            Self::NoDatabase => 10,
            Self::Locked => 11,
            Self::NewerSchema => 12,
            Self::Data => 65,
            Self::NoInput => 66,
            Self::Bug => 70,
            Self::Io => 74,
            Self::Config => 78,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// Its name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failure => "no",
            Self::Usage => "usage",
            Self::Part => "part",
            Self::Signature => "signature",
            Self::NoDatabase => "no-database",
            Self::Locked => "locked",
            Self::NewerSchema => "newer-schema",
            Self::Data => "bad-data",
            Self::NoInput => "no-input",
            Self::Bug => "bug",
            Self::Io => "io",
            Self::Config => "config",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }

    /// When it is used.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "success; nothing to do; the reader closed the pipe",
            Self::Failure => "the answer is no: unhealthy, not delivered; any failure without a code of its own",
            Self::Usage => "wrong usage",
            Self::Part => "partial success: a delivery used up its attempts, or lines of a batch were rejected",
            Self::Signature => "the signature does not verify, or its header is missing or malformed",
            Self::NoDatabase => "there is no database",
            Self::Locked => "the database is locked by another process (timed out)",
            Self::NewerSchema => "the database has a newer schema than this program",
            Self::Data => "bad data",
            Self::NoInput => "input not found",
            Self::Bug => "a bug",
            Self::Io => "storage, input or output failed",
            Self::Config => "the configuration is invalid",
            Self::Interrupted => "interrupted; claimed deliveries were released",
            Self::Terminated => "terminated; claimed deliveries were released",
        }
    }

    /// A failure that ends this way.
    pub fn error(self, message: impl Into<String>) -> CliError {
        CliError::Failed(Box::new(Failure::new(self.code(), self.name(), message)))
    }

    fn because(self, error: &dyn std::error::Error) -> Failure {
        Failure::of(self.code(), self.name(), error)
    }
}

/// Why a command did not end as it should.
#[derive(Debug)]
pub enum CliError {
    /// Nobody reads what it writes any more.
    ClosedPipe,
    /// Something failed.
    Failed(Box<Failure>),
}

impl CliError {
    /// The same with something to try next.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        match self {
            Self::ClosedPipe => self,
            Self::Failed(failure) => Self::Failed(Box::new((*failure).with_hint(hint))),
        }
    }

    /// The same with a cause.
    #[must_use]
    pub fn cause<C: std::fmt::Display>(self, cause: C) -> Self {
        match self {
            Self::ClosedPipe => self,
            Self::Failed(mut failure) => {
                failure.causes.push(cause.to_string());
                Self::Failed(failure)
            }
        }
    }
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<RenderError> for CliError {
    fn from(error: RenderError) -> Self {
        match &error {
            RenderError::ClosedPipe => Self::ClosedPipe,
            RenderError::Io(_) => Exit::Io.because(&error).into(),
            RenderError::UnknownColumn { .. } => Exit::Usage.because(&error).into(),
        }
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        let exit = if error.is_missing_input() { Exit::NoInput } else { Exit::Config };
        let failure = exit.because(&error);
        match config_hint(&error) {
            Some(hint) => failure.with_hint(hint).into(),
            None => failure.into(),
        }
    }
}

/// What to try next after a configuration error.
fn config_hint(error: &ConfigError) -> Option<String> {
    let hint = match error {
        ConfigError::Missing(_) => return None,
        ConfigError::Wrong(problem) => match &problem.hint {
            Some(hint) => hint,
            None => "list all problems with `syncctl config validate`",
        },
        ConfigError::Secret { .. } => "see where each setting comes from with `syncctl config show --origin`",
        ConfigError::NoHome => "name the database with --db PATH or SYNCCTL_DB",
    };
    Some(hint.to_owned())
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let (exit, hint) = match &error {
            StoreError::NoDatabase(_) => {
                (Exit::NoDatabase, Some("`syncctl emit` creates it; name another with --db PATH or SYNCCTL_DB"))
            }
            StoreError::Locked(_) => (Exit::Locked, Some("another syncctl or a backup may hold it: try again")),
            StoreError::Late => (Exit::Locked, None),
            StoreError::SchemaNewer { .. } => (Exit::NewerSchema, Some("use the version of syncctl that wrote it")),
            StoreError::Corrupt { .. } => (
                Exit::Io,
                Some(
                    "nothing was written; see what is wrong with `syncctl db verify`, put a backup in its place with `syncctl db restore FILE`",
                ),
            ),
            StoreError::NoBackup { .. } => {
                (Exit::Data, Some("nothing was changed; name a file that `syncctl db backup` wrote"))
            }
            StoreError::Io { .. } => (Exit::Io, Some("check the free space and the permissions of its directory")),
            StoreError::Conflict(_) => {
                (Exit::Data, Some("nothing was stored; see the stored event with `syncctl events show ID`"))
            }
            StoreError::RecordTooLarge => (Exit::Data, Some("nothing was stored; the record stands as it was")),
            StoreError::Ahead => (Exit::Data, Some("nothing was stored; leave the timestamp out to mean now")),
            StoreError::Batch(_) => (Exit::Io, None),
            StoreError::NoEndpoint(_) => (Exit::Usage, Some("list them with `syncctl endpoints list`")),
            StoreError::SchemaOlder { .. } => (Exit::Failure, Some("the next `syncctl status` brings it up to date")),
            StoreError::SqliteTooOld(_) | StoreError::Statement(_) | StoreError::Closed => (Exit::Failure, None),
        };
        let mut failure = exit.because(&error);
        if let StoreError::Locked(path) = &error
            && let Some(Holder { pid, name }) = store::holder(path)
        {
            failure.causes.push(format!("process {pid} ({}) holds it", Untrusted(&name)));
        }
        match hint {
            Some(hint) => failure.with_hint(hint).into(),
            None => failure.into(),
        }
    }
}

impl From<WorkerError> for CliError {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Store(error) => error.into(),
            WorkerError::Runtime(_) => Exit::Io.because(&error).into(),
            WorkerError::Unrecorded { ref source, .. } => {
                let exit = if matches!(source, StoreError::Locked(_)) { Exit::Locked } else { Exit::Io };
                let failure = exit.because(&error);
                failure.with_hint("they are sent again by the next run, under the same ids").into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_in_order() {
        let codes: Vec<u8> = Exit::ALL.into_iter().map(Exit::code).collect();
        assert!(codes.is_sorted_by(|a, b| a < b));
    }
}
