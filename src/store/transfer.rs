//! Moving a queue from one store to another, row by row, whatever keeps them.
//!
//! Both sides show their tables under the same names and columns. What a store derives from its rows (counters, the places of
//! what waits) is not moved but made anew at the end. Until then only a copy can open the queue that is filled.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{PendingResult, Result, Store, StoreError};
use crate::clock::Timestamp;

/// Rows that are read and written at a time.
const AT_ONCE: u32 = 1_000;

/// One column of a copied row, in a form that every database has. A truth is 0 or 1; text has U+FFFD where it had
/// U+0000, which not every store keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A copied row: its values in the order of the table's columns.
pub type Values = Vec<Value>;

/// A table that `db copy` moves from one database to another: its columns and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub name: String,
    /// Its columns, by name.
    pub columns: Vec<String>,
    /// The columns that tell its rows apart, in the order in which rows are read.
    pub key: Vec<String>,
}

/// How many rows of one table `db copy` found on both sides, and whether they are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedRows {
    /// The table.
    pub table: String,
    /// Rows on the side that was copied.
    pub from: u64,
    /// Rows on the side that was filled.
    pub to: u64,
    /// Whether both sides have the same rows.
    pub agrees: bool,
}

/// The part of the store's interface for `db copy`: reads and writes a whole queue row by row.
pub trait Transfer {
    /// The tables that are moved, by name.
    fn copied_tables(&self) -> PendingResult<Vec<CopiedTable>>;

    /// Up to `limit` rows behind the key `after`, in the order of their keys.
    fn read_rows(&self, table: CopiedTable, after: Option<Values>, limit: u32) -> PendingResult<Vec<Values>>;

    /// The key of the last row of a table.
    fn last_key(&self, table: CopiedTable) -> PendingResult<Option<Values>>;

    /// The highest number ever given, for each table that numbers its rows.
    fn last_numbers(&self) -> PendingResult<Vec<(String, i64)>>;

    /// Begins to fill an empty queue, or goes on with one whose filling was begun. Any other is refused:
    /// [`StoreError::NotEmpty`].
    fn begin_filling(&self) -> PendingResult<()>;

    /// Writes rows; those that are there already are replaced.
    fn write_rows(&self, table: CopiedTable, rows: Vec<Values>) -> PendingResult<()>;

    /// Makes what is derived from the rows, and opens the queue to everybody. No number up to those of `last_numbers` is given
    /// again.
    fn finish_filling(&self, last_numbers: Vec<(String, i64)>) -> PendingResult<()>;
}

/// Tables whose rows never change once they are written: what is there need not be written again.
const APPENDED: [&str; 2] = ["event", "attempt"];

/// Copies everything in `from` into `to`, a queue opened to be filled, and compares both. Stopped half-way, it goes on where it was.
///
/// Only when every table agrees is the queue opened to everybody. Claims of dead runs are freed first; with a live run
/// on either side it is refused: [`StoreError::InUse`]. `progress` is called with the number of rows that were copied
/// or compared.
pub fn copy(
    from: &dyn Store,
    to: &dyn Store,
    now: Timestamp,
    mut progress: impl FnMut(u64),
) -> Result<Vec<CopiedRows>> {
    from.reap(now).wait()?;
    refuse_live_runs(from)?;
    refuse_live_runs(to)?;
    let tables = shared_tables(from, to)?;
    to.begin_filling().wait()?;
    for table in &tables {
        copy_table(from, to, table, &mut progress)?;
    }
    refuse_live_runs(from)?;
    let mut compared = Vec::with_capacity(tables.len());
    for table in tables {
        let (theirs, ours) = (digest(from, &table, &mut progress)?, digest(to, &table, &mut progress)?);
        compared.push(CopiedRows { table: table.name, from: theirs.0, to: ours.0, agrees: theirs == ours });
    }
    if compared.iter().all(|table| table.agrees) {
        to.finish_filling(from.last_numbers().wait()?).wait()?;
    }
    Ok(compared)
}

fn refuse_live_runs(store: &dyn Store) -> Result<()> {
    match store.open_runs().wait()?.alive {
        0 => Ok(()),
        alive => Err(StoreError::InUse(alive)),
    }
}

/// The tables of both sides. One that only one side knows would be lost, so it is refused.
fn shared_tables(from: &dyn Store, to: &dyn Store) -> Result<Vec<CopiedTable>> {
    let mut there: BTreeMap<String, CopiedTable> =
        to.copied_tables().wait()?.into_iter().map(|table| (table.name.clone(), table)).collect();
    let mut shared = Vec::new();
    for mut table in from.copied_tables().wait()? {
        let other = there.remove(&table.name).ok_or_else(|| unshared(&table.name))?;
        let (mut ours, mut theirs) = (table.columns.clone(), other.columns);
        ours.sort_unstable();
        theirs.sort_unstable();
        if ours != theirs || table.key != other.key {
            return Err(unshared(&table.name));
        }
        table.columns = ours;
        shared.push(table);
    }
    match there.into_keys().next() {
        Some(name) => Err(unshared(&name)),
        None => Ok(shared),
    }
}

fn unshared(table: &str) -> StoreError {
    StoreError::Statement(format!("the table {table} is not the same on both sides"))
}

fn copy_table(from: &dyn Store, to: &dyn Store, table: &CopiedTable, progress: &mut impl FnMut(u64)) -> Result<()> {
    let mut after = match APPENDED.contains(&table.name.as_str()) {
        true => to.last_key(table.clone()).wait()?,
        false => None,
    };
    loop {
        let rows = from.read_rows(table.clone(), after, AT_ONCE).wait()?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(key_of(table, last));
        let count = rows.len() as u64;
        to.write_rows(table.clone(), rows).wait()?;
        progress(count);
    }
}

/// How many rows a table has, and a sum of their hashes, which does not depend on their order.
fn digest(store: &dyn Store, table: &CopiedTable, progress: &mut impl FnMut(u64)) -> Result<(u64, u128)> {
    let (mut count, mut sum, mut after) = (0, 0_u128, None);
    loop {
        let rows = store.read_rows(table.clone(), after, AT_ONCE).wait()?;
        let Some(last) = rows.last() else { return Ok((count, sum)) };
        after = Some(key_of(table, last));
        count += rows.len() as u64;
        progress(rows.len() as u64);
        sum = rows.iter().fold(sum, |sum, row| sum.wrapping_add(hash(row)));
    }
}

fn hash(row: &Values) -> u128 {
    let mut hash = Sha256::new();
    let mut part = |kind: u8, bytes: &[u8]| {
        hash.update([kind]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    for value in row {
        match value {
            Value::Null => part(0, &[]),
            Value::Int(number) => part(1, &number.to_le_bytes()),
            Value::Text(text) => part(2, text.as_bytes()),
            Value::Bytes(bytes) => part(3, bytes),
        }
    }
    let mut first = [0; 16];
    first.copy_from_slice(&hash.finalize()[..16]);
    u128::from_le_bytes(first)
}

fn key_of(table: &CopiedTable, row: &Values) -> Values {
    table.key.iter().map(|key| value_of(table, row, key).clone()).collect()
}

/// The value of a column that the table has.
pub(super) fn value_of<'a>(table: &CopiedTable, row: &'a Values, column: &str) -> &'a Value {
    const NOTHING: &Value = &Value::Null;
    table.columns.iter().position(|it| it == column).and_then(|at| row.get(at)).unwrap_or(NOTHING)
}

/// Text as every store keeps it.
pub(super) fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}
