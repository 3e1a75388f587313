//! The locks that prove that runs live.
//!
//! Each run holds an OS lock on a file of its own beside the database. The lock ends with the process, however that ends; a
//! stopped process keeps it. A file is locked before its row exists and removed only by a holder of its lock.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::store::sqlite::error;
use crate::store::{Result, StoreError};

/// The directory of lock files by which processes prove that their runs are alive.
#[derive(Debug)]
pub(crate) struct RunLocks {
    directory: PathBuf,
}

/// The locked file that proves that a run is alive. Dropping it removes the file and then the lock, in this order.
#[derive(Debug)]
pub(crate) struct RunLock {
    token: String,
    path: PathBuf,
    _locked: Option<File>,
}

impl RunLock {
    pub(crate) fn token(&self) -> &str {
        &self.token
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // SkipReason behind, an unlocked file says what a missing one does: dead.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl RunLocks {
    pub(crate) fn beside(database: &Path) -> Self {
        let mut directory = database.to_owned().into_os_string();
        directory.push("-runs");
        Self { directory: directory.into() }
    }

    /// Creates and locks an owner file with a token of its own.
    pub(crate) fn lock_new(&self) -> Result<RunLock> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory).map_err(|e| self.io_error(&e))?;
        loop {
            let token = Uuid::new_v4().simple().to_string();
            let path = self.path(&token);
            let file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)
                .map_err(|e| self.io_error(&e))?;
            // Between creating and locking, a sweep may have taken the file for an orphan.
            if try_lock(&file).map_err(|e| self.io_error(&e))? && is_at(&file, &path) {
                return Ok(RunLock { token, path, _locked: Some(file) });
            }
        }
    }

    /// Takes over the owner file of a dead run; `None` means that the run lives.
    pub(crate) fn take_over(&self, token: &str) -> Result<Option<RunLock>> {
        let path = self.path(token);
        let file = match OpenOptions::new().write(true).open(&path) {
            Ok(file) => Some(file),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(self.io_error(&e)),
        };
        let dead = match &file {
            None => true,
            Some(file) => try_lock(file).map_err(|e| self.io_error(&e))?,
        };
        Ok(dead.then(|| RunLock { token: token.to_owned(), path, _locked: file }))
    }

    /// Whether the owner of that file died. The lock is let go at once, and the file stays.
    pub(crate) fn is_dead(&self, token: &str) -> bool {
        match File::open(self.path(token)) {
            Ok(file) => matches!(file.try_lock_shared(), Ok(())),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }

    /// Removes files that belong to no open run and whose lock is free.
    pub(crate) fn sweep<'a>(&self, open: impl Iterator<Item = &'a str>) {
        let open: Vec<&str> = open.collect();
        let Ok(entries) = std::fs::read_dir(&self.directory) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(token) = name.to_str().and_then(|n| n.strip_suffix(".lock")) else { continue };
            if !open.contains(&token) {
                // Seizing and dropping removes it; one that is locked belongs to a run that is about to have a row.
                let _ = self.take_over(token);
            }
        }
    }

    /// Whether a run holds one of them.
    pub(crate) fn any_held(&self) -> bool {
        let Ok(entries) = std::fs::read_dir(&self.directory) else { return false };
        let files = entries.flatten().filter_map(|entry| OpenOptions::new().write(true).open(entry.path()).ok());
        files.into_iter().any(|file| matches!(try_lock(&file), Ok(false)))
    }

    fn path(&self, token: &str) -> PathBuf {
        self.directory.join(format!("{token}.lock"))
    }

    fn io_error(&self, error: &io::Error) -> StoreError {
        error::io(error)
    }
}

/// Locks a file, made for its owner only, until it is closed; `None` while another process holds it.
pub(crate) fn lock_file(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    Ok(try_lock(&file)?.then_some(file))
}

fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let inode = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(held), Ok(there)) => inode(held) == inode(there),
        _ => false,
    }
}
