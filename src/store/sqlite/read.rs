//! Reads, each inside one read transaction.

pub(crate) mod attempts;
pub(crate) mod deliveries;
pub(crate) mod event_detail;
pub(crate) mod events;
pub(crate) mod figures;
pub(crate) mod preview;
pub(crate) mod received;
pub(crate) mod records;
pub(crate) mod runs;
pub(crate) mod search;
pub(crate) mod where_clause;

use rusqlite::Connection;

use crate::store::sqlite::file::connection::CACHE_KIB;

/// Rows from which on a page is a part of a long list.
const LONG_PAGE: usize = 1_000;

/// Gives the memory for pages of the file back after a part of a long list: the next part is somewhere else.
fn release_pages(connection: &Connection, rows: usize) -> rusqlite::Result<()> {
    if rows >= LONG_PAGE { connection.execute_batch("PRAGMA shrink_memory") } else { Ok(()) }
}

/// Runs `work`, which reads each page of the file once, without keeping them.
fn without_page_cache<T>(connection: &Connection, work: impl FnOnce() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    /// Memory for the pages that are read at the same moment.
    const LEAST_KIB: i64 = 256;
    connection.pragma_update(None, "cache_size", -LEAST_KIB)?;
    let done = work();
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    done
}
