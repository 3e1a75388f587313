//! Why the store could not do what it was asked.

use std::fmt;
use std::path::PathBuf;

use super::Location;
use crate::event::EventId;
use crate::record::{MAX_RECORD_BYTES, MAX_RECORD_FIELDS};

/// The result of a store call: a value, or why the store could not do it.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why the store could not do what it was asked, such as a locked or damaged database. A failed delivery is never one
/// of these.
///
/// It does not name the store: [`at`](Self::at) adds that where the error is shown.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// A reading command found no database.
    #[error("there is no database")]
    NoDatabase,
    /// Another process kept the write lock longer than we wait.
    #[error("the database is locked by another process")]
    Locked,
    /// The server does not answer, or takes no more connections.
    #[error("the database server cannot be reached: {0}")]
    Unreachable(String),
    /// The server has no database of that name: which one, in words.
    #[error("the database server has no such database: {0}")]
    NoSuchDatabase(String),
    /// The server does not let us in: the user, the password or our certificate.
    #[error("the database server refused the login: {0}")]
    LoginRefused(String),
    /// The server is not the one that was meant, or no trusted authority signed its certificate.
    #[error("the database server is not trusted: {0}")]
    NotTrusted(String),
    /// The role may not do what was asked.
    #[error("the database role lacks a permission: {0}")]
    Forbidden(String),
    /// The server takes no writes, such as a standby.
    #[error("the database is read-only: {0}")]
    ReadOnly(String),
    /// What keeps the database is older than the first version that is safe.
    #[error("{0}")]
    TooOld(String),
    /// The location, or what belongs to it, is not understood.
    #[error("the location of the database cannot be used: {0}")]
    Configuration(String),
    /// Something that only a queue in a file has was asked of another.
    #[error("{0} needs a queue in a file")]
    NeedsFile(&'static str),
    /// It is being filled by a copy that has not ended.
    #[error("the database is incomplete: a copy into it has not finished")]
    Filling,
    /// It was to be filled by a copy and holds a queue already.
    #[error("the database already holds a queue")]
    NotEmpty,
    /// It was to be copied, and that many runs are at work on it.
    #[error("workers are running on the database: {0}")]
    InUse(u64),
    /// The database was written by a newer program.
    #[error("the database has schema {found}, this program knows up to {known}")]
    SchemaNewer {
        /// The database's schema version.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// The database was written by an older program, and was to stay as it is.
    #[error("the database has schema {found}, this program's is {known}")]
    SchemaOlder {
        /// The database's schema version.
        found: i64,
        /// The one this program would bring it to.
        known: i64,
    },
    /// It is not a database, or damaged.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// The disk failed, is full, or may not be written.
    #[error("failed to use the database: {0}")]
    Io(String),
    /// The server has no room left, or its disk failed.
    #[error("the server failed to read or write: {0}")]
    ServerIo(String),
    /// A file that is not the database, such as a backup, could not be read or written.
    #[error("failed to use {}: {detail}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        detail: String,
    },
    /// What was to be restored is no sound queue.
    #[error("{} cannot be restored: {detail}", .path.display())]
    Unrestorable {
        /// The file.
        path: PathBuf,
        /// Why not.
        detail: String,
    },
    /// An event with this id and different content is already stored.
    #[error("an event with the id `{0}` and different content is already stored")]
    Conflict(EventId),
    /// The timestamp given to an event of a known type is so far ahead that no receiver would take it.
    #[error("the timestamp is more than 24 hours ahead: receivers would refuse the event")]
    Ahead,
    /// The record that an event is about would grow past its limits.
    #[error("the record would have more than {MAX_RECORD_FIELDS} fields or {MAX_RECORD_BYTES} bytes")]
    RecordTooLarge,
    /// A batch could not be read to its end.
    #[error("failed to read the batch: {0}")]
    Batch(String),
    /// No endpoint of that name.
    #[error("there is no endpoint named `{0}`")]
    NoEndpoint(String),
    /// The run was ended, or taken for dead: it claims and records nothing more.
    #[error("the run has ended")]
    RunEnded,
    /// A statement failed: our fault.
    #[error("the database refused a statement: {0}")]
    Statement(String),
    /// The write had not begun when its caller's time was over, and never will.
    #[error("the database did not take the write in time")]
    Late,
    /// The store was closed.
    #[error("the database was closed")]
    Closed,
}

impl StoreError {
    /// Whether what was asked is at fault, so that something else may well succeed at the same moment.
    pub(super) fn is_of_the_request(&self) -> bool {
        matches!(
            self,
            Self::Conflict(_) | Self::Ahead | Self::RecordTooLarge | Self::NoEndpoint(_) | Self::Statement(_)
        )
    }

    /// The same, with the location of the store where that helps.
    pub fn at<'a>(&'a self, location: &'a Location) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| match self {
            Self::NoDatabase => write!(f, "there is no database at {location}"),
            Self::Locked => write!(f, "the database {location} is locked by another process"),
            Self::Unreachable(detail) => write!(f, "the database server of {location} cannot be reached: {detail}"),
            Self::NoSuchDatabase(detail) => {
                write!(f, "the database server of {location} has no such database: {detail}")
            }
            Self::LoginRefused(detail) => write!(f, "the database server of {location} refused the login: {detail}"),
            Self::NotTrusted(detail) => write!(f, "the database server of {location} is not trusted: {detail}"),
            Self::Forbidden(detail) => write!(f, "the database role of {location} lacks a permission: {detail}"),
            Self::ReadOnly(detail) => write!(f, "the database {location} is read-only: {detail}"),
            Self::Configuration(detail) => write!(f, "{location} cannot be used: {detail}"),
            Self::Corrupt(detail) => write!(f, "the database {location} is damaged: {detail}"),
            Self::Io(detail) => write!(f, "failed to use the database {location}: {detail}"),
            Self::ServerIo(detail) => write!(f, "the server of {location} failed to read or write: {detail}"),
            other => fmt::Display::fmt(other, f),
        })
    }
}
