//! Deliveries that arrived long ago, written by SQL alone.

use std::path::Path;

use rusqlite::Connection;

/// Rows written by one transaction.
const AT_ONCE: u64 = 250_000;

/// Adds `n` finished deliveries to the first endpoint of a queue that has one already: each an event with the body of the first,
/// a delivery and an attempt. `before` is how many were added earlier.
pub(crate) fn add(database: &Path, before: u64, n: u64) {
    let connection = Connection::open(database).unwrap();
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -65536").unwrap();
    let mut first = before + 1;
    while first <= before + n {
        let last = (first + AT_ONCE - 1).min(before + n);
        add_range(&connection, first, last).unwrap();
        first = last + 1;
    }
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

fn add_range(connection: &Connection, first: u64, last: u64) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "BEGIN;
         CREATE TEMP TABLE number AS WITH RECURSIVE c(value) AS (SELECT {first} UNION ALL SELECT value + 1 FROM c WHERE value < {last})
           SELECT value FROM c;
         INSERT INTO event (id, kind, resource_id, timestamp, created_at, body)
           SELECT printf('old_%032d', value), kind, 'old-' || value, timestamp, created_at, body
           FROM number, (SELECT * FROM event ORDER BY seq LIMIT 1);
         INSERT INTO delivery (event, endpoint, lane, state, due_at, changed_at, attempts, used)
           SELECT seq, 1, random(), 4, created_at, created_at, 1, 1 FROM event WHERE id BETWEEN printf('old_%032d', {first}) AND printf('old_%032d', {last}) ORDER BY seq;
         INSERT INTO attempt (delivery, number, trigger, started_at, took_us, outcome, status, detail)
           SELECT id, 1, 0, due_at, 900, 0, 200, 'HTTP 200' FROM delivery ORDER BY id DESC LIMIT {count};
         UPDATE endpoint SET delivered = delivered + {count} WHERE id = 1;
         UPDATE figure SET value = value + {count} WHERE name = 'events';
         DROP TABLE number;
         COMMIT;",
        count = last - first + 1
    ))
}
