//! A copy of the queue, made while others go on writing.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use tempfile::NamedTempFile;

use super::{Reach, Result, StoreError, fault, verify};

/// Pages copied at a time.
const PAGES: i32 = 1_000;

pub(super) fn backup(from: &Path, reach: Reach, to: &Path, replace: bool) -> Result<u64> {
    let failed = |e: &io::Error| fault::io(to, e);
    let directory = match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    refuse_dangerous(from, to)?;
    // Beside its target, so that taking its name is one step; made for its owner only.
    let copy = NamedTempFile::new_in(&directory).map_err(|e| failed(&e))?;
    write_copy(from, reach, copy.path())?;
    let bytes = settle(copy, to, &directory, replace).map_err(|e| failed(&e))?;
    tracing::debug!(bytes, "backup written");
    Ok(bytes)
}

/// Refuses the queue's own file, and a file whose journal would be taken for the copy's.
fn refuse_dangerous(from: &Path, to: &Path) -> Result<()> {
    let refused = |detail: &str| Err(StoreError::Io { path: to.to_owned(), detail: detail.to_owned() });
    if to.canonicalize().is_ok_and(|to| to == from) {
        return refused("it is the queue itself");
    }
    let mut wal = to.as_os_str().to_owned();
    wal.push("-wal");
    if Path::new(&wal).exists() {
        return refused("a write-ahead log stands beside it: some program has that database open");
    }
    Ok(())
}

fn write_copy(from: &Path, reach: Reach, to: &Path) -> Result<()> {
    let source = reach.connect(from)?;
    let mut copy = Connection::open(to).map_err(|e| fault::of(to, &e))?;
    copy_pages(&source, &mut copy).map_err(|e| fault::of(from, &e))?;
    let found = finish(&copy).map_err(|e| fault::of(to, &e))?;
    match found.into_iter().next() {
        None => Ok(()),
        Some(detail) => Err(StoreError::Corrupt { path: from.to_owned(), detail }),
    }
}

/// One read transaction around all steps: the copy is of one moment, and no writer makes it begin again.
fn copy_pages(source: &Connection, copy: &mut Connection) -> rusqlite::Result<()> {
    source.execute_batch("BEGIN; SELECT count(*) FROM figure;")?;
    let steps = Backup::new(source, copy)?;
    while steps.step(PAGES)? != StepResult::Done {}
    drop(steps);
    source.execute_batch("ROLLBACK")
}

/// One file without a journal beside it, checked.
fn finish(copy: &Connection) -> rusqlite::Result<Vec<String>> {
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    verify::integrity(copy)
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
