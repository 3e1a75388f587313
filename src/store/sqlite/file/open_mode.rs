//! Opening the file: shared with other processes, or, where it may not be written, as a file that does not change.

use std::fmt::Write as _;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::store::sqlite::file::connection::configure;
use crate::store::sqlite::file::migrate;
use crate::store::{Access, Result, StoreError};

/// How the SQLite file is opened: to write, to read, or as one that nobody changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenMode {
    /// Shared with other processes.
    ReadWrite,
    /// Shared with other processes, and never written by this one.
    ReadOnly,
    /// As bytes that do not change: it may not be written, and there is no log beside it, so no process has it open.
    Immutable,
}

/// Opens the file and sees to it that its schema is the one this program knows.
///
/// A file that cannot be shared for want of permission is still read, but only by those who do not mean to write.
pub(crate) fn open(path: &Path, access: Access) -> Result<(Connection, OpenMode)> {
    if access == Access::Inspect {
        return look(path);
    }
    if access == Access::ReadOnly
        && lies_still(path)
        && let Ok(connection) = connect_still(path)
    {
        return Ok((connection, OpenMode::Immutable));
    }
    let shared =
        OpenMode::ReadWrite.opened(path).and_then(|connection| migrate::to_wal(&connection).map(|()| connection));
    match shared {
        Ok(mut connection) => {
            migrate::migrate(&mut connection, access)?;
            Ok((connection, OpenMode::ReadWrite))
        }
        Err(e) if !matches!(access, Access::Create | Access::Fill) && is_not_permitted(&e) => {
            Ok((open_still(path, e)?, OpenMode::Immutable))
        }
        Err(e) => Err(e.into()),
    }
}

/// Opens the file as it is, so that neither it nor anything beside it changes.
fn look(path: &Path) -> Result<(Connection, OpenMode)> {
    // Beside a log others may be at work, and a file system that says so has all that sharing needs.
    let mode = if log_beside(path).is_some() { OpenMode::ReadOnly } else { OpenMode::Immutable };
    let connection = mode.connect(path)?;
    let found = migrate::version(&connection)?;
    migrate::check(found)?;
    match migrate::known_version() {
        known if found < known => Err(StoreError::SchemaOlder { found, known }),
        _ => Ok((connection, mode)),
    }
}

fn is_not_permitted(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen))
}

fn open_still(path: &Path, refused: rusqlite::Error) -> Result<Connection> {
    let io = |detail: &str| Err(StoreError::Io(detail.to_owned()));
    match log_beside(path) {
        Some(log) if log.metadata().is_ok_and(|log| log.len() > 0) => {
            return io("its write-ahead log can be read only from a directory that may be written: copy both there");
        }
        Some(_) => return Err(refused.into()),
        None => {}
    }
    connect_still(path)
}

/// Whether it is a file as `db backup` leaves it: of one piece, with no log, and not in the mode in which queues are used.
fn lies_still(path: &Path) -> bool {
    // Where the header has the versions that may write and read it; 1 means without a write-ahead log.
    const MODES: std::ops::Range<usize> = 18..20;
    let mut header = [0; 20];
    // No other connection of this process is open yet, so closing this one drops no locks.
    let mut read = || std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut header)).is_ok();
    path.is_file() && read() && header[MODES] == [1, 1] && log_beside(path).is_none()
}

/// Checkpoints and removes the log of a database that no process has open; `false` if one has, or it is no database.
pub(crate) fn put_log_away(path: &Path) -> bool {
    let alone = || -> rusqlite::Result<String> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Leaving the mode takes a lock that no other connection, however idle, lets anybody have.
        connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))
    };
    alone().is_ok_and(|mode| mode == "delete") && log_beside(path).is_none()
}

/// Opens a file to copy it, whatever it is: nothing is brought up to date, and what lies still is not written.
pub(crate) fn open_as_it_is(path: &Path) -> rusqlite::Result<Connection> {
    if log_beside(path).is_some() { OpenMode::ReadWrite.opened(path) } else { OpenMode::Immutable.opened(path) }
}

fn connect_still(path: &Path) -> Result<Connection> {
    let io = |detail: &str| Err(StoreError::Io(detail.to_owned()));
    let connection = OpenMode::Immutable.connect(path)?;
    let found = migrate::version(&connection)?;
    migrate::check(found)?;
    match found == migrate::known_version() {
        true => Ok(connection),
        false => io("its schema is older than this program's, and it may not be written"),
    }
}

/// The log beside a file that a process has open, or had open when the machine went down.
fn log_beside(path: &Path) -> Option<PathBuf> {
    let named = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    ["-wal", "-journal"].into_iter().map(named).find(|log| log.exists())
}

impl OpenMode {
    /// A connection of its own.
    pub(crate) fn connect(self, path: &Path) -> Result<Connection> {
        Ok(self.opened(path)?)
    }

    fn opened(self, path: &Path) -> rusqlite::Result<Connection> {
        let mut connection = match self {
            Self::ReadWrite => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                Connection::open_with_flags(path, flags)
            }
            Self::ReadOnly => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                Connection::open_with_flags(path, flags)
            }
            Self::Immutable => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
                Connection::open_with_flags(immutable(path), flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            }
        }?;
        configure(&mut connection)?;
        Ok(connection)
    }

    /// Whether what was read just now can be relied on: another process may have begun to write the file.
    pub(crate) fn check(self, path: &Path) -> Result<()> {
        match self {
            Self::Immutable if log_beside(path).is_some() => {
                Err(StoreError::Io("another process began to write it while it was read: try again".to_owned()))
            }
            Self::Immutable | Self::ReadWrite | Self::ReadOnly => Ok(()),
        }
    }
}

/// The URI of a file that does not change: <https://www.sqlite.org/uri.html>.
fn immutable(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            byte => write!(uri, "%{byte:02X}").expect("text takes everything"),
        }
    }
    uri + "?immutable=1"
}
