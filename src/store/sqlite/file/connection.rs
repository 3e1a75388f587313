//! How connections are set up, and the file they open is made.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use crate::store::sqlite::error;
use crate::store::{Access, Result, SQL_LOG, StoreError};

/// How long a write waits for another process's transaction.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
/// The size the WAL keeps after it was worked off; overwriting it is cheaper than growing it again.
const WAL_BYTES: i64 = 16 * 1024 * 1024;
/// Pages in the WAL after which they are worked into the file: a page that changes often is then written there once.
const CHECKPOINT_PAGES: i64 = 3_000;
/// Memory for pages, per connection.
pub(crate) const CACHE_KIB: i64 = 8 * 1024;

/// Makes a directory and those above it, for their owner only, so that a power cut does not take them away again.
pub(crate) fn create_directory(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let missing: Vec<&Path> = directory.ancestors().take_while(|it| !it.exists()).collect();
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    // A name is on disk once the directory that holds it is; SQLite does that for its files, and not for directories.
    missing.into_iter().filter_map(Path::parent).try_for_each(|above| {
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        std::fs::File::open(above)?.sync_all()
    })
}

/// Sees to it that the file and its directory exist, readable by their owner only.
pub(crate) fn prepare_file(path: &Path, access: Access) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    match (path.try_exists(), access) {
        (Ok(true), _) => return Ok(()),
        (Ok(false), Access::Existing | Access::ReadOnly | Access::Inspect) => {
            return Err(StoreError::NoDatabase);
        }
        (Ok(false), Access::Create | Access::Fill) => {}
        (Err(e), _) => return Err(error::io(&e)),
    }
    if let Some(directory) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        create_directory(directory).map_err(|e| error::io(&e))?;
    }
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(error::io(&e)),
    }
}

pub(crate) fn configure(connection: &mut Connection) -> rusqlite::Result<()> {
    if tracing::enabled!(target: SQL_LOG, tracing::Level::TRACE) {
        connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(log_statement))?;
    }
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(96);
    // A cron run would otherwise pay for a checkpoint each time it is the last to leave.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // Plans do not depend on the values bound: with partial indexes, each new value would otherwise prepare anew.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "foreign_keys", false)
}

/// Logs a statement as it is written: without what is bound to it.
fn log_statement(event: TraceEvent<'_>) {
    if let TraceEvent::Stmt(statement, _) = event {
        tracing::trace!(target: SQL_LOG, backend = "sqlite", statement = &*statement.sql());
    }
}
