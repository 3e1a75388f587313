//! The thread that owns the write connection.
//!
//! It takes closures from a bounded channel and runs those that wait in one `BEGIN IMMEDIATE` transaction: many writes, one fsync.
//! Each is answered after the commit. A write that fails undoes nothing of its neighbours: writes that can be repeated are run
//! without a savepoint each, which would copy every page they touch, and all over again with savepoints if one of them fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use crate::store::pending_result::Reply;
use crate::store::sqlite::error;
use crate::store::sqlite::file::identity::FileIdentity;
use crate::store::sqlite::file::migrate;
use crate::store::sqlite::write::endpoint_cache::EndpointCache;
use crate::store::sqlite::write::inserts::Inserts;
use crate::store::{Access, PendingResult, Result, StoreError};

/// Writes that may wait before the next caller blocks: more than a server has connections, so that no route ever does.
const WAITING: usize = 4_096;
/// Writes that share one transaction at most.
const GROUP: usize = 128;

/// A log of this size is emptied when the last write is done.
const LARGE_LOG_BYTES: u64 = 1024 * 1024;

/// What a write works with: the connection inside its transaction, and the cached rows.
pub(crate) struct Txn<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) cache: &'a mut EndpointCache,
    pub(crate) inserts: Inserts<'a>,
}

/// A write that the writer thread runs inside a transaction it shares with others.
trait Write: Send {
    /// Runs inside the transaction. Whatever it says, the answer waits for the commit.
    fn run(&mut self, txn: &mut Txn<'_>) -> Result<()>;
    /// Whether its caller still wants it; from here on the caller cannot give it up.
    fn begin(&self) -> bool;
    /// Whether its caller gave it up.
    fn is_given_up(&self) -> bool;
    /// Whether it may run again after its transaction was undone.
    fn can_repeat(&self) -> bool;
    /// Tells the caller: its own result, or why the transaction was not committed.
    fn answer(self: Box<Self>, committed: Result<()>);
}

/// A write in the queue of the writer thread, and where its result is sent after the commit.
struct QueuedWrite<T, F> {
    work: F,
    can_repeat: bool,
    done: Option<T>,
    reply: Reply<T>,
}

impl<T, F> Write for QueuedWrite<T, F>
where
    T: Send,
    F: FnMut(&mut Txn<'_>) -> Result<T> + Send,
{
    fn run(&mut self, txn: &mut Txn<'_>) -> Result<()> {
        self.done = None;
        let done = (self.work)(txn)?;
        txn.cache.flush(txn.connection)?;
        self.done = Some(done);
        Ok(())
    }

    fn begin(&self) -> bool {
        self.reply.begin()
    }

    fn is_given_up(&self) -> bool {
        self.reply.is_given_up()
    }

    fn can_repeat(&self) -> bool {
        self.can_repeat
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let Self { done, reply, .. } = *self;
        reply.send(committed.and_then(|()| done.ok_or(StoreError::Closed)));
    }
}

/// Hands writes to the thread that owns the write connection; dropped, the thread ends after what was submitted is
/// done.
#[derive(Debug)]
pub(crate) struct Writer {
    writes: Option<SyncSender<Box<dyn Write>>>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for dyn Write {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Write")
    }
}

impl Writer {
    pub(crate) fn start(connection: Connection, access: Access, identity: FileIdentity, wal: PathBuf) -> Result<Self> {
        let (writes, waiting) = sync_channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("queue-writer".to_owned())
            .spawn(move || serve((&connection, access), &identity, &wal, &waiting))
            .map_err(|e| error::io(&e))?;
        Ok(Self { writes: Some(writes), thread: Some(thread) })
    }

    /// Hands `work` to the thread; the answer comes after its commit.
    pub(crate) fn submit<T, F>(&self, work: F) -> PendingResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Txn<'_>) -> Result<T> + Send + 'static,
    {
        let mut work = Some(work);
        self.send(false, move |txn| work.take().map_or(Err(StoreError::Closed), |work| work(txn)))
    }

    /// Hands `work` to the thread, which may run it again if its transaction was undone.
    pub(crate) fn submit_repeatable<T, F>(&self, work: F) -> PendingResult<T>
    where
        T: Send + 'static,
        F: Fn(&mut Txn<'_>) -> Result<T> + Send + 'static,
    {
        self.send(true, work)
    }

    fn send<T, F>(&self, can_repeat: bool, work: F) -> PendingResult<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Txn<'_>) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = PendingResult::channel();
        if let Some(writes) = &self.writes {
            // If the thread is gone the reply is dropped, which answers `Closed`.
            let _ = writes.send(Box::new(QueuedWrite { work, can_repeat, done: None, reply }));
        }
        answer
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.writes.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The connection that writes, and how the queue was opened.
type OpenedConnection<'a> = (&'a Connection, Access);

fn serve(
    (connection, access): OpenedConnection<'_>,
    identity: &FileIdentity,
    wal: &Path,
    waiting: &Receiver<Box<dyn Write>>,
) {
    let mut cache = EndpointCache::default();
    while let Ok(first) = waiting.recv() {
        let mut group = vec![first];
        group.extend(waiting.try_iter().take(GROUP - 1));
        group.retain(|write| !write.is_given_up());
        if group.is_empty() {
            continue;
        }
        match identity.check() {
            Ok(()) => commit_group((connection, access), &mut cache, group),
            Err(error) => group.into_iter().for_each(|write| write.answer(Err(error.clone()))),
        }
    }
    truncate_wal(connection, wal);
}

/// Checkpoints a large write-ahead log and empties it, unless another process is using it.
///
/// Whoever opens the database first has to read the whole log: after a large batch, every short command would pay for it.
fn truncate_wal(connection: &Connection, wal: &Path) {
    if std::fs::metadata(wal).is_ok_and(|log| log.len() > LARGE_LOG_BYTES) {
        let folded = connection
            .busy_timeout(Duration::ZERO)
            .and_then(|()| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)));
        tracing::debug!(?folded, "the write-ahead log was large");
    }
}

fn commit_group((connection, access): OpenedConnection<'_>, cache: &mut EndpointCache, mut group: Vec<Box<dyn Write>>) {
    let committed = run_group((connection, access), cache, &mut group);
    if committed.is_err() {
        undo(connection, cache);
    }
    match committed {
        Ok(failures) => {
            group.into_iter().zip(failures).for_each(|(write, failure)| write.answer(failure.map_or(Ok(()), Err)));
        }
        Err(error) => group.into_iter().for_each(|write| write.answer(Err(error.clone()))),
    }
}

fn undo(connection: &Connection, cache: &mut EndpointCache) {
    cache.invalidate();
    if !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
}

/// Runs a group in one transaction and commits it. The outer error means that nothing of it happened.
fn run_group(
    (connection, access): OpenedConnection<'_>,
    cache: &mut EndpointCache,
    group: &mut Vec<Box<dyn Write>>,
) -> Result<Vec<Option<StoreError>>> {
    begin((connection, access), cache)?;
    // The wait for the lock may have been longer than a caller's.
    group.retain(|write| write.begin());
    let failures = match group.as_mut_slice() {
        [] => Vec::new(),
        // Alone in its transaction, a write needs no savepoint: its failure undoes everything there is.
        [only] => vec![run(connection, cache, only.as_mut()).map(|()| None)?],
        several => run_several((connection, access), cache, several)?,
    };
    execute(connection, "COMMIT")?;
    Ok(failures)
}

fn begin((connection, access): OpenedConnection<'_>, cache: &mut EndpointCache) -> Result<()> {
    execute(connection, "BEGIN IMMEDIATE")?;
    if cache.refresh(connection)? {
        return Ok(());
    }
    migrate::check_for(access, migrate::version(connection)?)
}

/// Runs the writes of a group so that none undoes another.
fn run_several(
    (connection, access): OpenedConnection<'_>,
    cache: &mut EndpointCache,
    group: &mut [Box<dyn Write>],
) -> Result<Vec<Option<StoreError>>> {
    if group.iter().all(|write| write.can_repeat()) {
        if group.iter_mut().all(|write| run(connection, cache, write.as_mut()).is_ok()) {
            return Ok(vec![None; group.len()]);
        }
        undo(connection, cache);
        begin((connection, access), cache)?;
    }
    group.iter_mut().map(|write| run_as_savepoint(connection, cache, write.as_mut())).collect()
}

/// Runs one write as a savepoint, so that its failure or panic undoes nothing of its neighbours.
fn run_as_savepoint(
    connection: &Connection,
    cache: &mut EndpointCache,
    write: &mut dyn Write,
) -> Result<Option<StoreError>> {
    execute(connection, "SAVEPOINT one")?;
    let Err(error) = run(connection, cache, write) else {
        execute(connection, "RELEASE one")?;
        return Ok(None);
    };
    cache.invalidate();
    if connection.is_autocommit() {
        // SQLite rolled the whole transaction back, so the neighbours' writes are gone as well.
        return Err(error);
    }
    execute(connection, "ROLLBACK TO one")?;
    execute(connection, "RELEASE one")?;
    Ok(Some(error))
}

/// Runs one write; a panic is its failure.
fn run(connection: &Connection, cache: &mut EndpointCache, write: &mut dyn Write) -> Result<()> {
    catch_unwind(AssertUnwindSafe(|| write.run(&mut Txn { connection, cache, inserts: Inserts::default() })))
        .unwrap_or_else(|_| Err(StoreError::Statement("a write panicked".to_owned())))
}

fn execute(connection: &Connection, sql: &str) -> Result<()> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
