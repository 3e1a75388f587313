//! Handing events to a queue in a file, beside the same rows written by bare statements.

use std::path::Path;
use std::time::{Duration, Instant};

use syncctl::clock::{Clock, SystemClock};
use syncctl::event::Draft;

use crate::place::{Place, Setup, draft, filler};
use crate::sink::{Manner, Sink};

pub(crate) fn emitting(events: u64) {
    let sink = Sink::start(Manner::default());
    let singles = 500;
    let place = Place::new(&sink, Setup::default());
    let store = place.store();
    let began = Instant::now();
    for n in 0..singles {
        store.enqueue(Box::new(std::iter::once(Ok(draft(&format!("s{n}"))))), false, SystemClock.now()).wait().unwrap();
    }
    println!("{:34} {:9.0}", "emit, one transaction each", f64::from(singles) / began.elapsed().as_secs_f64());
    let bulk = events * 5;
    let custom =
        |n: u64| Draft::check("course.touched", &format!("b{n}"), Some("course"), filler().as_bytes()).unwrap();
    let known = |n: u64| draft(&format!("b{n}"));
    against_bare_rows("emit, in bulk", &sink, bulk, &custom);
    against_bare_rows("emit, in bulk, with local records", &sink, bulk, &known);
}

/// Emits in one transaction, then writes the same rows, read back beforehand, by bare statements into a file that is like it.
fn against_bare_rows(name: &str, sink: &Sink, bulk: u64, make: &dyn Fn(u64) -> Draft) {
    let (emitted, bare) = (Place::new(sink, Setup::default()), Place::new(sink, Setup::default()));
    let drafts: Vec<_> = (0..bulk).map(|n| Ok(make(n))).collect();
    let began = Instant::now();
    emitted.store().enqueue(Box::new(drafts.into_iter()), false, SystemClock.now()).wait().unwrap();
    let ours = bulk as f64 / began.elapsed().as_secs_f64();
    let bare = bulk as f64 / copy_rows(&emitted.database(), &bare.database()).as_secs_f64();
    println!("{name:34} {ours:9.0} {bare:9.0} {:6.2}   (raw: the same rows in one bare transaction)", ours / bare);
}

/// Copies events, deliveries and records, row by row as they were written. Returns how long writing them took.
fn copy_rows(from: &Path, to: &Path) -> Duration {
    let tables = ["kind", "event", "delivery", "record"];
    let source = rusqlite::Connection::open(from).unwrap();
    let rows = tables.map(|table| rows_of(&source, table));
    let mut target = rusqlite::Connection::open(to).unwrap();
    // As the queue's own connection is set up, apart from its checks.
    target
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 3000")
        .unwrap();
    let began = Instant::now();
    let txn = target.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    {
        let mut statements = tables.map(|table| {
            let columns = txn.prepare(&format!("SELECT * FROM {table}")).unwrap().column_count();
            let values = vec!["?"; columns].join(",");
            txn.prepare(&format!("INSERT INTO {table} VALUES ({values})")).unwrap()
        });
        for kind in &rows[0] {
            statements[0].execute(rusqlite::params_from_iter(kind)).unwrap();
        }
        for n in 0..rows[1].len() {
            for table in 1..tables.len() {
                if let Some(row) = rows[table].get(n) {
                    statements[table].execute(rusqlite::params_from_iter(row)).unwrap();
                }
            }
        }
    }
    txn.commit().unwrap();
    began.elapsed()
}

fn rows_of(connection: &rusqlite::Connection, table: &str) -> Vec<Vec<rusqlite::types::Value>> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    statement
        .query_map([], |row| (0..columns).map(|column| row.get(column)).collect())
        .unwrap()
        .map(Result::unwrap)
        .collect()
}
