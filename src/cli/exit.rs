//! Exit codes, and the errors that lead to them.

use crate::config::ConfigError;
use crate::outbound::run::WorkerError;
use crate::render::{Failure, RenderError};
use crate::report::doctor;
use crate::store::{self, Location, LockHolder, StoreError};
use crate::untrusted::Untrusted;

/// The exit code with which a command ends, as `syncctl help exit-codes` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; nothing to do; the reader closed the pipe.
    Done,
    /// A negative answer, such as unhealthy or not delivered, or a failure without a code of its own.
    Failure,
    /// Wrong usage.
    Usage,
    /// Done in part: a delivery used up its attempts in this run, or some lines of a batch were rejected.
    Part,
    /// A signature does not verify, or its header is missing or malformed.
    Signature,
    /// There is no database.
    NoDatabase,
    /// The database is locked by another process, and waiting for it timed out.
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
            Self::Failure => {
                "negative result, such as unhealthy or not delivered; any failure without a code of its own"
            }
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

/// Why a command failed: decides its exit code, its message and what to try next.
#[derive(Debug)]
pub enum CliError {
    /// The reader closed the pipe.
    ClosedPipe,
    /// The store failed. Its location is added where the error is reported.
    Store(StoreError),
    /// Something else failed.
    Failed(Box<Failure>),
}

impl CliError {
    /// The failure to report, with the location of the store that failed; `None` for a closed pipe.
    pub fn into_failure(self, location: Option<&Location>) -> Option<Failure> {
        match self {
            Self::ClosedPipe => None,
            Self::Store(error) => Some(store_failure(&error, location)),
            Self::Failed(failure) => Some(*failure),
        }
    }

    /// The same with something to try next.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        self.into_failure(None).map_or(Self::ClosedPipe, |failure| failure.with_hint(hint).into())
    }

    /// The same with a cause.
    #[must_use]
    pub fn cause<C: std::fmt::Display>(self, cause: C) -> Self {
        let Some(mut failure) = self.into_failure(None) else { return Self::ClosedPipe };
        failure.causes.push(cause.to_string());
        failure.into()
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
        Self::Store(error)
    }
}

pub(super) fn store_failure(error: &StoreError, location: Option<&Location>) -> Failure {
    let (exit, hint) = exit_and_hint(error);
    let message = location.map_or_else(|| error.to_string(), |location| error.at(location).to_string());
    let mut failure = Failure::new(exit.code(), exit.name(), message);
    if let (StoreError::Locked, Some(location)) = (error, location)
        && let Some(LockHolder { pid, name }) = store::holder(location)
    {
        failure.causes.push(format!("process {pid} ({}) holds it", Untrusted(&name)));
    }
    if let (StoreError::Io(_), Some(location)) = (error, location)
        && let Some(obstacle) = store::write_obstacle(location)
    {
        let (cause, remedy) = doctor::write_obstacle(&obstacle);
        failure.causes.push(cause);
        return failure.with_hint(remedy);
    }
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

/// What to try next after an error of the store.
pub(super) fn hint(error: &StoreError) -> Option<&'static str> {
    exit_and_hint(error).1
}

fn exit_and_hint(error: &StoreError) -> (Exit, Option<&'static str>) {
    match error {
        StoreError::NoDatabase => {
            (Exit::NoDatabase, Some("`syncctl emit` creates it; name another with --db or SYNCCTL_DB"))
        }
        StoreError::Locked => (Exit::Locked, Some("another syncctl or a backup may hold it: try again")),
        StoreError::Late => (Exit::Locked, None),
        StoreError::Unreachable(_) => (Exit::Locked, Some("check that the server runs and that its address is right")),
        StoreError::NoSuchDatabase(_) => (
            Exit::NoDatabase,
            Some("create it with PostgreSQL's `createdb NAME`, or name another with --db or SYNCCTL_DB"),
        ),
        StoreError::LoginRefused(_) => (
            Exit::Config,
            Some(
                "see where the location comes from with `syncctl config show`; a password is taken from PGPASSWORD or a password file as well",
            ),
        ),
        StoreError::NotTrusted(_) => (
            Exit::Config,
            Some(
                "name its certificate authority with sslrootcert=FILE in the URL, and use the host name of its certificate",
            ),
        ),
        StoreError::Forbidden(_) => (
            Exit::Config,
            Some("as an administrator: `CREATE SCHEMA syncctl AUTHORIZATION role`, or grant the role what it lacks"),
        ),
        StoreError::Configuration(_) => {
            (Exit::Config, Some("see where the location comes from with `syncctl config show`"))
        }
        StoreError::ReadOnly(_) => (
            Exit::Io,
            Some("name the primary server, or all servers separated by commas: the one that accepts writes is used"),
        ),
        StoreError::NeedsFile(_) => (Exit::Usage, Some("use the tools of its server, such as `pg_dump`")),
        StoreError::Filling => (Exit::Failure, Some("run the same `syncctl db copy` again to continue it")),
        StoreError::NotEmpty => (Exit::Failure, Some("name a location that holds no queue; nothing was changed")),
        StoreError::InUse(_) => (Exit::Locked, Some("stop them first: `syncctl status` names them")),
        StoreError::SchemaNewer { .. } => (Exit::NewerSchema, Some("use the version of syncctl that wrote it")),
        StoreError::SchemaOlder { .. } => (Exit::Failure, Some("migrate it with `syncctl status`")),
        StoreError::Corrupt(_) => (
            Exit::Io,
            Some(
                "nothing was written; check that --db or SYNCCTL_DB names the right file, then see what is wrong with `syncctl db verify` or put a backup in its place with `syncctl db restore FILE`",
            ),
        ),
        StoreError::Unrestorable { .. } => {
            (Exit::Data, Some("nothing was changed; name a file that `syncctl db backup` wrote"))
        }
        StoreError::Io(_) | StoreError::File { .. } => {
            (Exit::Io, Some("check the free space and the permissions of its directory"))
        }
        StoreError::ServerIo(_) => {
            (Exit::Io, Some("check the free space and memory of the server; its log says more. Nothing was stored"))
        }
        StoreError::Conflict(_) => {
            (Exit::Data, Some("nothing was stored; see the stored event with `syncctl events show ID`"))
        }
        StoreError::RecordTooLarge => (Exit::Data, Some("nothing was stored; the record is unchanged")),
        StoreError::Ahead => (Exit::Data, Some("nothing was stored; leave the timestamp out to mean now")),
        StoreError::Batch(_) => (Exit::Io, None),
        StoreError::NoEndpoint(_) => (Exit::Usage, Some("list them with `syncctl endpoints list`")),
        StoreError::RunEnded => (Exit::Failure, Some("another process ended this run as dead: run the command again")),
        StoreError::TooOld(_) | StoreError::Statement(_) | StoreError::Closed => (Exit::Failure, None),
    }
}

impl From<WorkerError> for CliError {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Store(error) => error.into(),
            WorkerError::Runtime(_) => Exit::Io.because(&error).into(),
            WorkerError::Unrecorded { ref source, .. } => {
                let exit = if matches!(source, StoreError::Locked) { Exit::Locked } else { Exit::Io };
                let failure = exit.because(&error);
                failure.with_hint("the next run sends them again, with the same ids").into()
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
