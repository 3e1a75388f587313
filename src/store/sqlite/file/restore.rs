//! Replaces a queue with a backup.
//!
//! The pages of the backup are written into the queue's own file, in one transaction and under a lock that keeps all
//! other processes out: a process that is killed leaves the old queue or the new one, and no log is ever read as
//! another file's. Only a file that SQLite cannot read at all is replaced by name.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use const_format::formatcp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use tempfile::{NamedTempFile, TempPath};

use crate::clock::Timestamp;
use crate::store::db_codes::DELIVERED;
use crate::store::sqlite::error;
use crate::store::sqlite::file::backup::{COMPANIONS, beside, copy_pages, directory_of, is_same};
use crate::store::sqlite::file::run_locks::RunLocks;
use crate::store::sqlite::file::{connection, holder, migrate, open_mode};
use crate::store::sqlite::upkeep::integrity;
use crate::store::{Access, Result, StoreError};

/// How long those who are just leaving are waited for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// A backup that was checked and copied beside the queue, ready to take its place.
#[derive(Debug)]
pub struct PreparedRestore {
    copy: TempPath,
    database: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its events.
    pub events: u64,
    /// Deliveries that are unfinished in it, and would be sent.
    pub pending: u64,
    /// What is wrong with it, though SQLite can read it.
    pub findings: Vec<String>,
}

pub(crate) fn prepare_restore(from: &Path, database: &Path) -> Result<PreparedRestore> {
    // A link stays one, and what is beside the file it leads to is what matters.
    let database = &database.canonicalize().unwrap_or_else(|_| database.to_owned());
    let unfit = |detail: String| StoreError::Unrestorable { path: from.to_owned(), detail };
    if std::iter::once(database.to_owned())
        .chain(COMPANIONS.map(|end| beside(database, end)))
        .any(|it| is_same(&it, from))
    {
        return Err(unfit("it is the queue itself, or a part of it".to_owned()));
    }
    if !from.is_file() {
        return Err(unfit("it is not a file".to_owned()));
    }
    let directory = directory_of(database);
    connection::create_directory(directory).map_err(|e| error::io(&e))?;
    // Beside the queue, so that it can take its name; made for its owner only.
    let copy = NamedTempFile::new_in(directory).map_err(|e| error::io(&e))?;
    let mut connection = Connection::open(copy.path())?;
    let unreadable = |e: rusqlite::Error| match StoreError::from(e) {
        StoreError::Corrupt(detail) => unfit(detail),
        StoreError::Io(detail) => StoreError::File { path: from.to_owned(), detail },
        other => other,
    };
    let source = open_mode::open_as_it_is(from).map_err(unreadable)?;
    check_schema(&source).map_err(unreadable)?.map_err(|detail| unfit(detail.to_owned()))?;
    migrate::check(migrate::version(&source).map_err(unreadable)?)?;
    copy_pages(&source, &mut connection).map_err(unreadable)?;
    drop(source);
    let findings = finish(&mut connection).map_err(|e| match e {
        StoreError::Corrupt(detail) => unfit(detail),
        other => other,
    })?;
    let counted = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(unreadable);
    let (events, pending) = (
        counted("SELECT count(*) FROM event")?,
        counted(formatcp!("SELECT count(*) FROM delivery WHERE state < {DELIVERED}"))?,
    );
    drop(connection);
    let synced = copy.as_file().sync_all().and_then(|()| copy.as_file().metadata());
    let bytes = synced.map_err(|e| error::io(&e))?.len();
    Ok(PreparedRestore {
        copy: copy.into_temp_path(),
        database: database.to_owned(),
        bytes,
        events: events.unsigned_abs(),
        pending: pending.unsigned_abs(),
        findings,
    })
}

/// Whether it is a queue at all: some other program's database is not brought up to date, but refused.
fn check_schema(source: &Connection) -> rusqlite::Result<std::result::Result<(), &'static str>> {
    let known: i64 = source.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('event', 'endpoint', 'delivery', 'run', 'figure')",
        [],
        |row| row.get(0),
    )?;
    let is_queue = known == 5 && migrate::version(source)? > 0;
    Ok(if is_queue { Ok(()) } else { Err("it is a database, but not one of syncctl") })
}

/// Brings the copy up to date, and finds what is wrong with it.
fn finish(copy: &mut Connection) -> Result<Vec<String>> {
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    if let Some(detail) = integrity::integrity(copy)?.into_iter().next() {
        return Err(StoreError::Corrupt(detail));
    }
    migrate::migrate(copy, Access::Existing)?;
    Ok(integrity::verify(copy)?)
}

impl PreparedRestore {
    /// Makes it the queue, and returns the name under which the present one is kept.
    pub fn install(self, now: Timestamp) -> Result<Option<PathBuf>> {
        if RunLocks::beside(&self.database).any_held() {
            return Err(StoreError::Locked);
        }
        let kept = kept_name(&self.database, now);
        let fresh = !self.database.exists();
        match if fresh { Err(StoreError::NoDatabase) } else { self.write_into(&kept) } {
            Ok(()) => Ok(Some(kept)),
            // SQLite can do nothing with what is there.
            Err(StoreError::Corrupt(_) | StoreError::NoDatabase) => self.replace(&kept),
            Err(other) => Err(other),
        }
    }

    /// Keeps a copy of the queue, and writes the pages of the backup into it: all under one lock.
    fn write_into(&self, kept: &Path) -> Result<()> {
        let mut queue = alone(&self.database)?;
        if !kept.exists() {
            keep(&queue, kept)?;
        }
        let copy = Connection::open(&self.copy)?;
        write_pages(&copy, &mut queue)?;
        queue.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        Ok(queue.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }

    /// Takes the queue's name. Its old logs go first, because SQLite would read them as the new file's.
    fn replace(self, kept: &Path) -> Result<Option<PathBuf>> {
        let io = |e: io::Error| error::io(&e);
        if holder::user(&self.database).is_some() {
            return Err(StoreError::Locked);
        }
        let directory = directory_of(&self.database).to_owned();
        let sync = || File::open(&directory).and_then(|it| it.sync_all());
        let mut keeps = false;
        // What could be read of it may be kept already; the file itself is kept as well.
        let kept = &if kept.exists() { beside(kept, "-damaged") } else { kept.to_owned() };
        if self.database.exists() {
            keeps = true;
            std::fs::hard_link(&self.database, kept).map_err(io)?;
            sync().map_err(io)?;
        }
        for end in ["-wal", "-journal"] {
            match std::fs::rename(beside(&self.database, end), beside(kept, end)) {
                Ok(()) => keeps = true,
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(io(e)),
            }
        }
        // What is left in it describes the old log.
        let _ = std::fs::remove_file(beside(&self.database, "-shm"));
        sync().map_err(io)?;
        self.copy.persist(&self.database).map_err(|e| error::io(&e.error))?;
        sync().map_err(io)?;
        Ok(keeps.then(|| kept.to_owned()))
    }
}

/// A connection that has the database for itself until it is dropped.
fn alone(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(LOCK_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Before anything is read: in this mode the lock that every other connection shares is held alone, and kept.
    connection.query_row("PRAGMA locking_mode = EXCLUSIVE", [], |_| Ok(()))?;
    connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
    Ok(connection)
}

/// Copies the queue, page by page and as it is, to a file of its own.
fn keep(queue: &Connection, kept: &Path) -> Result<()> {
    let io = |e: io::Error| error::file(kept, &e);
    let directory = directory_of(kept);
    let file = NamedTempFile::new_in(directory).map_err(io)?;
    let mut copy = Connection::open(file.path())?;
    write_pages(queue, &mut copy)?;
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    drop(copy);
    file.as_file().sync_all().map_err(io)?;
    file.persist_noclobber(kept).map_err(|e| io(e.error))?;
    File::open(directory).and_then(|it| it.sync_all()).map_err(io)
}

/// Makes one database the other in one transaction.
fn write_pages(from: &Connection, to: &mut Connection) -> rusqlite::Result<()> {
    match Backup::new(from, to)?.step(-1)? {
        StepResult::Done => Ok(()),
        _ => Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None)),
    }
}

fn kept_name(database: &Path, now: Timestamp) -> PathBuf {
    let time = now.to_datetime().format("%Y%m%dT%H%M%S%3fZ");
    beside(database, &format!(".before-{time}"))
}
