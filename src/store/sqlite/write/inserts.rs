//! What inserts new events and their deliveries.

use rusqlite::{CachedStatement, Connection};

/// The statements that store a new event: looked for once in a write, because to do so for each of a batch takes 2 % of it.
#[derive(Default)]
pub(crate) struct Inserts<'a> {
    event: Option<CachedStatement<'a>>,
    delivery: Option<CachedStatement<'a>>,
}

impl<'a> Inserts<'a> {
    pub(crate) fn event(&mut self, connection: &'a Connection) -> rusqlite::Result<&mut CachedStatement<'a>> {
        let insert = "INSERT INTO event (id, kind, resource_id, timestamp, created_at, body, checksum, traceparent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        prepared(&mut self.event, connection, insert)
    }

    pub(crate) fn delivery(&mut self, connection: &'a Connection) -> rusqlite::Result<&mut CachedStatement<'a>> {
        let insert = "INSERT INTO delivery (event, endpoint, lane, state, trigger, due_at, changed_at, whole_record)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)";
        prepared(&mut self.delivery, connection, insert)
    }
}

fn prepared<'s, 'a>(
    statement: &'s mut Option<CachedStatement<'a>>,
    connection: &'a Connection,
    sql: &str,
) -> rusqlite::Result<&'s mut CachedStatement<'a>> {
    match statement {
        Some(statement) => Ok(statement),
        none => Ok(none.insert(connection.prepare_cached(sql)?)),
    }
}
