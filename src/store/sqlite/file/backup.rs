//! A copy of the queue, made while others go on writing.

use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use tempfile::NamedTempFile;

use crate::store::sqlite::error;
use crate::store::sqlite::file::open_mode;
use crate::store::sqlite::file::open_mode::OpenMode;
use crate::store::sqlite::upkeep::integrity;
use crate::store::{BackupReport, Result, StoreError};

/// Pages copied at a time.
const PAGES: i32 = 1_000;

pub(crate) fn backup(from: &Path, mode: OpenMode, to: &Path, replace: bool) -> Result<BackupReport> {
    let failed = |e: &io::Error| error::file(to, e);
    let directory = directory_of(to);
    refuse_dangerous(from, to, directory)?;
    // Beside its target, so that taking its name is one step; made for its owner only.
    let copy = NamedTempFile::new_in(directory).map_err(|e| failed(&e))?;
    let findings = write_copy(from, mode, copy.path())?;
    let bytes = settle(copy, to, directory, replace).map_err(|e| failed(&e))?;
    tracing::debug!(bytes, "backup written");
    Ok(BackupReport { bytes, findings })
}

/// What stands beside a database and belongs to it, by the end of its name.
pub(crate) const COMPANIONS: [&str; 5] = ["-wal", "-shm", "-journal", "-runs", "-single.lock"];
/// Of these, what SQLite reads or writes by its name alone.
const LOGS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Refuses the queue's own files, and a file whose log would be taken for the copy's, or that would be taken for a log.
fn refuse_dangerous(from: &Path, to: &Path, directory: &Path) -> Result<()> {
    let refused = |detail: &str| Err(StoreError::File { path: to.to_owned(), detail: detail.to_owned() });
    let own = || std::iter::once(from.to_owned()).chain(COMPANIONS.map(|end| beside(from, end)));
    if own().any(|own| is_same(&own, to)) || lies_in(directory, &beside(from, "-runs")) {
        return refused("it is the queue itself, or a part of it");
    }
    let name = to.file_name().unwrap_or_default().as_bytes();
    if LOGS.iter().any(|end| name.ends_with(end.as_bytes())) {
        return refused("of a file with such a name SQLite thinks that it is a database's log");
    }
    if LOGS.iter().any(|end| beside(to, end).exists()) && !open_mode::put_log_away(to) {
        return refused("there is a write-ahead log beside it: another program has that database open");
    }
    Ok(())
}

/// The name of what belongs to a database.
pub(crate) fn beside(database: &Path, end: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Whether both are one file, whatever links lead there, or one name of a file that is not there yet.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    let file = |path: &Path| path.metadata().map(|it| (it.dev(), it.ino())).ok();
    let place = |path: &Path| Some((directory_of(path).canonicalize().ok()?, path.file_name()?.to_owned()));
    file(one).is_some_and(|it| file(other) == Some(it)) || place(one).is_some_and(|it| place(other) == Some(it))
}

fn lies_in(directory: &Path, other: &Path) -> bool {
    matches!((directory.canonicalize(), other.canonicalize()), (Ok(directory), Ok(other)) if directory.starts_with(&other))
}

pub(crate) fn directory_of(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Copies it, and returns which events are not what was emitted: the rest of the copy is worth keeping.
fn write_copy(from: &Path, mode: OpenMode, to: &Path) -> Result<Vec<String>> {
    let source = mode.connect(from)?;
    let mut copy = Connection::open(to)?;
    copy_pages(&source, &mut copy)?;
    let found = finish(&copy)?;
    match found.into_iter().next() {
        None => Ok(integrity::altered_events(&copy)?),
        Some(detail) => Err(StoreError::Corrupt(detail)),
    }
}

/// One read transaction around all steps: the copy is of one moment, and no writer makes it begin again.
pub(crate) fn copy_pages(source: &Connection, copy: &mut Connection) -> rusqlite::Result<()> {
    source.execute_batch("BEGIN; SELECT count(*) FROM figure;")?;
    let steps = Backup::new(source, copy)?;
    while steps.step(PAGES)? != StepResult::Done {}
    drop(steps);
    source.execute_batch("ROLLBACK")
}

/// One file without a journal beside it, checked.
fn finish(copy: &Connection) -> rusqlite::Result<Vec<String>> {
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    integrity::integrity(copy)
}

fn settle(copy: NamedTempFile, to: &Path, directory: &Path, replace: bool) -> io::Result<u64> {
    copy.as_file().sync_all()?;
    let bytes = copy.as_file().metadata()?.len();
    match replace {
        true => copy.persist(to)?,
        false => copy.persist_noclobber(to)?,
    };
    File::open(directory)?.sync_all()?;
    Ok(bytes)
}
