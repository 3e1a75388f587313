//! Runs, and the locks that prove that they live.
//!
//! Each run holds an OS lock on a file of its own beside the database. The lock ends with the process, however that ends; a
//! stopped process keeps it. A file is locked before its row exists and removed only by a holder of its lock.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::endpoint_cache::CounterKey;
use super::lanes::Lanes;
use super::row::PROCESSING;
use super::writer::Txn;
use super::{Result, RunId, RunRow, RunStats, StoreError, advance, error, row};
use crate::clock::Timestamp;
use crate::delivery::{Next, Outcome, after_interruption};
use crate::endpoint::EndpointId;

/// The directory of owner files.
#[derive(Debug)]
pub(super) struct RunLocks {
    directory: PathBuf,
}

/// A held owner file. Dropping it removes the file and lets go of the lock, in this order.
#[derive(Debug)]
pub(super) struct RunLock {
    token: String,
    path: PathBuf,
    _locked: Option<File>,
}

impl RunLock {
    pub(super) fn token(&self) -> &str {
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
    pub(super) fn beside(database: &Path) -> Self {
        let mut directory = database.to_owned().into_os_string();
        directory.push("-runs");
        Self { directory: directory.into() }
    }

    /// Creates and locks an owner file with a token of its own.
    pub(super) fn lock_new(&self) -> Result<RunLock> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory).map_err(|e| self.fault(&e))?;
        loop {
            let token = Uuid::new_v4().simple().to_string();
            let path = self.path(&token);
            let file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(|e| self.fault(&e))?;
            // Between creating and locking, a sweep may have taken the file for an orphan.
            if try_lock(&file).map_err(|e| self.fault(&e))? && is_at(&file, &path) {
                return Ok(RunLock { token, path, _locked: Some(file) });
            }
        }
    }

    /// Takes over the owner file of a dead run; `None` means that the run lives.
    pub(super) fn take_over(&self, token: &str) -> Result<Option<RunLock>> {
        let path = self.path(token);
        let file = match OpenOptions::new().write(true).open(&path) {
            Ok(file) => Some(file),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(self.fault(&e)),
        };
        let dead = match &file {
            None => true,
            Some(file) => try_lock(file).map_err(|e| self.fault(&e))?,
        };
        Ok(dead.then(|| RunLock { token: token.to_owned(), path, _locked: file }))
    }

    /// Whether the owner of that file died. The lock is let go at once, and the file stays.
    pub(super) fn is_dead(&self, token: &str) -> bool {
        match File::open(self.path(token)) {
            Ok(file) => matches!(file.try_lock_shared(), Ok(())),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }

    /// Removes files that belong to no open run and whose lock is free.
    pub(super) fn sweep<'a>(&self, open: impl Iterator<Item = &'a str>) {
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
    pub(super) fn any_held(&self) -> bool {
        let Ok(entries) = std::fs::read_dir(&self.directory) else { return false };
        let files = entries.flatten().filter_map(|entry| OpenOptions::new().write(true).open(entry.path()).ok());
        files.into_iter().any(|file| matches!(try_lock(&file), Ok(false)))
    }

    fn path(&self, token: &str) -> PathBuf {
        self.directory.join(format!("{token}.lock"))
    }

    fn fault(&self, error: &io::Error) -> StoreError {
        error::io(error)
    }
}

/// Locks a file, made for its owner only, until it is closed; `None` while another process holds it.
pub(super) fn lock_file(path: &Path) -> io::Result<Option<File>> {
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

pub(super) fn begin(txn: &mut Txn<'_>, token: &str, command: &str, now: Timestamp) -> Result<RunId> {
    txn.connection
        .prepare_cached("INSERT INTO run (token, pid, command, started_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![token, std::process::id(), command, now.as_millis()])?;
    Ok(RunId(txn.connection.last_insert_rowid()))
}

pub(super) fn end(txn: &mut Txn<'_>, run: RunId, stats: RunStats, exit: Option<i64>, now: Timestamp) -> Result<()> {
    interrupt_all(txn, run, now)?;
    txn.connection
        .prepare_cached(
            "UPDATE run SET ended_at = ?2, claimed = ?3, delivered = ?4, retried = ?5, failed = ?6, exit = ?7
             WHERE id = ?1 AND ended_at IS NULL",
        )?
        .execute(params![
            run.0,
            now.as_millis(),
            stats.claimed.cast_signed(),
            stats.delivered.cast_signed(),
            stats.retried.cast_signed(),
            stats.failed.cast_signed(),
            exit
        ])?;
    Ok(())
}

pub(super) fn reap(txn: &mut Txn<'_>, run: RunId, now: Timestamp) -> Result<u64> {
    let touched = interrupt_all(txn, run, now)?;
    txn.connection
        .prepare_cached("UPDATE run SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL")?
        .execute([run.0, now.as_millis()])?;
    Ok(touched)
}

struct Interrupted {
    id: i64,
    endpoint: EndpointId,
    lane: i64,
    attempts: u32,
    failures: u32,
    interruptions: u32,
    trigger: i64,
    claimed_at: i64,
}

/// Records an interrupted attempt for each delivery the run holds, and what follows.
fn interrupt_all(txn: &mut Txn<'_>, run: RunId, now: Timestamp) -> rusqlite::Result<u64> {
    txn.cache.endpoints(txn.connection)?;
    let mut held: Vec<Interrupted> = txn
        .connection
        .prepare_cached(
            "SELECT id, endpoint, lane, attempts, failures, interruptions, trigger, changed_at
             FROM delivery INDEXED BY delivery_flight WHERE state = 3 AND owner = ?1",
        )?
        .query_map([run.0], |row| {
            Ok(Interrupted {
                id: row.get(0)?,
                endpoint: EndpointId(row.get(1)?),
                lane: row.get(2)?,
                attempts: row.get(3)?,
                failures: row.get(4)?,
                interruptions: row.get::<_, u32>(5)? + 1,
                trigger: row.get(6)?,
                claimed_at: row.get(7)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    held.sort_unstable_by_key(|delivery| delivery.id);
    for delivery in &held {
        interrupt(txn, delivery, now)?;
    }
    Ok(held.len() as u64)
}

fn interrupt(txn: &mut Txn<'_>, delivery: &Interrupted, now: Timestamp) -> rusqlite::Result<()> {
    let next = after_interruption(delivery.interruptions, now);
    let (state, reason) = advance::written(next);
    txn.connection
        .prepare_cached(
            "UPDATE delivery SET state = ?2, reason = ?3, due_at = ?4, changed_at = ?4, interruptions = ?5, trigger = 1,
                owner = NULL WHERE id = ?1",
        )?
        .execute(params![delivery.id, state, reason, now.as_millis(), delivery.interruptions])?;
    let started = Timestamp::from_millis(delivery.claimed_at);
    txn.connection
        .prepare_cached(
            "INSERT INTO attempt (delivery, number, trigger, started_at, took_us, outcome, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            delivery.id,
            delivery.attempts,
            delivery.trigger,
            started.as_millis(),
            i64::try_from(now.since(started).as_micros()).unwrap_or(i64::MAX),
            row::outcome_code(Outcome::Interrupted),
            "the worker died; whether the request arrived is unknown",
        ])?;
    Lanes::of(txn.connection)?.settle(delivery.endpoint.0, delivery.lane, delivery.id, now)?;
    let part = |state| CounterKey { state, attempts: delivery.attempts, failures: delivery.failures };
    txn.cache.count_transition(delivery.endpoint, Some(part(PROCESSING)), Some(part(state)));
    if let Some(row) = txn.cache.change(delivery.endpoint).filter(|row| row.probe == Some(delivery.id)) {
        row.probe = None;
    }
    debug_assert!(!matches!(next, Next::Delivered));
    Ok(())
}

/// Runs without an end, with their tokens.
pub(super) fn open_runs(connection: &Connection) -> rusqlite::Result<Vec<(RunId, String)>> {
    connection
        .prepare_cached("SELECT id, token FROM run WHERE ended_at IS NULL ORDER BY id")?
        .query_map([], |row| Ok((RunId(row.get(0)?), row.get(1)?)))?
        .collect()
}

pub(super) fn runs(connection: &Connection, limit: u64) -> rusqlite::Result<Vec<RunRow>> {
    connection
        .prepare_cached(
            "SELECT id, pid, command, started_at, ended_at, claimed, delivered, retried, failed, exit
             FROM run ORDER BY id DESC LIMIT ?1",
        )?
        .query_map([limit.cast_signed()], |row| {
            Ok(RunRow {
                id: RunId(row.get(0)?),
                pid: row.get(1)?,
                command: row.get(2)?,
                started_at: Timestamp::from_millis(row.get(3)?),
                ended_at: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
                stats: RunStats {
                    claimed: row.get::<_, i64>(5)?.unsigned_abs(),
                    delivered: row.get::<_, i64>(6)?.unsigned_abs(),
                    retried: row.get::<_, i64>(7)?.unsigned_abs(),
                    failed: row.get::<_, i64>(8)?.unsigned_abs(),
                },
                exit: row.get(9)?,
            })
        })?
        .collect()
}
