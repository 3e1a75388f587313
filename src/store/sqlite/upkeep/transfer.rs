//! The rows of a file as they are moved to another store, and from one.

use const_format::formatcp;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params_from_iter};

use crate::store::checksum::EventContent;
use crate::store::db_codes::{DELIVERED, FAILED, PROCESSING, READY, SOLO, SUPERSEDED};
use crate::store::sqlite::error::unreadable;
use crate::store::sqlite::file::migrate;
use crate::store::sqlite::write::writer::Txn;
use crate::store::transfer::{CopiedTable, Value, Values, storable};
use crate::store::{Result, StoreError};

/// A table whose columns `db copy` reads and writes under other names or in another form.
struct MappedTable {
    name: &'static str,
    columns: &'static [(&'static str, &'static str)],
}

const MAPPED: &[MappedTable] = &[
    MappedTable {
        name: "endpoint",
        columns: &[
            ("id", "id"),
            ("name", "name"),
            ("url", "url"),
            ("settings", "settings"),
            ("configured", "configured"),
            ("paused_by", "paused_by"),
            ("failures", "strikes"),
            ("open_since", "rest_since"),
            ("open_until", "rest_until"),
            ("open_probes", "rest_probes"),
            ("open_cause", "rest_cause"),
            ("probe", "probe"),
            ("awake_since", "awake_since"),
            ("last_success_at", "last_success_at"),
            ("last_failure_at", "last_failure_at"),
            ("answers", "answers"),
            ("opened_after", "opened_after"),
            ("doubted", "doubted"),
            ("rate_used_until", "rate_used_until"),
        ],
    },
    // When it is due is known of what is ready or runs alone; the rest is due when its turn comes.
    MappedTable {
        name: "delivery",
        columns: &[
            ("id", "id"),
            ("event", "event"),
            ("endpoint", "endpoint"),
            ("lane", "lane"),
            ("state", "state"),
            ("due_at", formatcp!("CASE WHEN state IN ({READY}, {SOLO}) THEN due_at END")),
            ("changed_at", "changed_at"),
            ("attempts", "attempts"),
            ("used", "used"),
            ("failures", "failures"),
            ("interruptions", "interruptions"),
            ("trigger", "trigger"),
            ("reason", "reason"),
            ("unanswered_at", "unanswered_at"),
            ("unanswered", "unanswered"),
            ("whole_record", "whole_record"),
            ("superseded_by", "superseded_by"),
        ],
    },
];

/// Made anew from the rows of others.
const DERIVED: &str = "figure";

pub(crate) fn tables(connection: &Connection) -> rusqlite::Result<Vec<CopiedTable>> {
    let names: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    names.into_iter().filter(|name| name != DERIVED).map(|name| table(connection, name)).collect()
}

fn table(connection: &Connection, name: String) -> rusqlite::Result<CopiedTable> {
    let found: Vec<(String, i64)> = connection
        .prepare("SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid")?
        .query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut key: Vec<&(String, i64)> = found.iter().filter(|(_, place)| *place > 0).collect();
    key.sort_unstable_by_key(|(_, place)| *place);
    let key = key.into_iter().map(|(column, _)| column.clone()).collect();
    let columns = match MAPPED.iter().find(|mapped| mapped.name == name) {
        Some(mapped) => mapped.columns.iter().map(|(column, _)| (*column).to_owned()).collect(),
        None => found.into_iter().map(|(column, _)| column).collect(),
    };
    Ok(CopiedTable { name, columns, key })
}

/// How a column is read, or what it is called here.
fn here<'a>(table: &'a CopiedTable, column: &'a str) -> &'a str {
    let mapped = MAPPED.iter().find(|mapped| mapped.name == table.name);
    mapped.and_then(|it| it.columns.iter().find(|(name, _)| *name == column)).map_or(column, |(_, here)| *here)
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn value(row: &Row<'_>, at: usize) -> rusqlite::Result<Value> {
    Ok(match row.get_ref(at)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => Value::Text(storable(String::from_utf8_lossy(text).into_owned())),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_owned()),
        ValueRef::Real(_) => return Err(unreadable("number", &"it is no whole one")),
    })
}

pub(crate) fn read(
    connection: &Connection,
    table: &CopiedTable,
    after: Option<&Values>,
    limit: u32,
) -> rusqlite::Result<Vec<Values>> {
    let columns: Vec<&str> = table.columns.iter().map(|column| here(table, column)).collect();
    let key = table.key.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
    let behind = match after {
        Some(after) => format!("WHERE ({key}) > ({})", vec!["?"; after.len()].join(", ")),
        None => String::new(),
    };
    let name = quoted(&table.name);
    let sql = format!("SELECT {} FROM {name} {behind} ORDER BY {key} LIMIT {limit}", columns.join(", "));
    let mut rows: Vec<Values> = connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(after.into_iter().flatten()), |row| {
            (0..columns.len()).map(|at| value(row, at)).collect::<rusqlite::Result<Values>>()
        })?
        .collect::<rusqlite::Result<_>>()?;
    if table.name == "event" {
        rows.iter_mut().try_for_each(|row| add_checksum(connection, table, row))?;
    }
    Ok(rows)
}

/// An event from before there were checksums gets its own.
fn add_checksum(connection: &Connection, table: &CopiedTable, row: &mut Values) -> rusqlite::Result<()> {
    let at = |column: &str| table.columns.iter().position(|it| it == column).unwrap_or_default();
    if row[at("checksum")] != Value::Null {
        return Ok(());
    }
    let (Value::Text(id), Value::Int(kind), Value::Bytes(body)) = (&row[at("id")], &row[at("kind")], &row[at("body")])
    else {
        return Ok(());
    };
    let event_type: Option<String> = connection
        .prepare_cached("SELECT type FROM kind WHERE id = ?1")?
        .query_row([kind], |row| row.get(0))
        .optional()?;
    let sum = EventContent { id, event_type: &event_type.unwrap_or_default(), body }.checksum();
    row[at("checksum")] = Value::Int(sum.into());
    Ok(())
}

pub(crate) fn last_key(connection: &Connection, table: &CopiedTable) -> rusqlite::Result<Option<Values>> {
    let columns = table.key.iter().map(|column| quoted(column)).collect::<Vec<_>>();
    let order = columns.iter().map(|column| format!("{column} DESC")).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT {} FROM {} ORDER BY {order} LIMIT 1", columns.join(", "), quoted(&table.name));
    let key = |row: &Row<'_>| (0..columns.len()).map(|at| value(row, at)).collect::<rusqlite::Result<Values>>();
    connection.prepare(&sql)?.query_row([], key).optional()
}

pub(crate) fn last_numbers(connection: &Connection) -> rusqlite::Result<Vec<(String, i64)>> {
    connection
        .prepare("SELECT name, seq FROM sqlite_sequence ORDER BY name")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

pub(crate) fn begin_filling(txn: &Txn<'_>) -> Result<()> {
    let known = migrate::known_version();
    if migrate::version(txn.connection)? == -known {
        return Ok(());
    }
    for table in tables(txn.connection)? {
        let any = format!("SELECT 1 FROM {} LIMIT 1", quoted(&table.name));
        if txn.connection.prepare(&any)?.exists([])? {
            return Err(StoreError::NotEmpty);
        }
    }
    // From here on only a copy opens it.
    txn.connection.pragma_update(None, "user_version", -known)?;
    Ok(())
}

pub(crate) fn write(txn: &mut Txn<'_>, table: &CopiedTable, rows: &[Values]) -> Result<()> {
    // A column that is computed when it is read is written under its own name.
    let name = |column: &String| match here(table, column) {
        computed if computed.contains(' ') => quoted(column),
        plain => quoted(plain),
    };
    let columns: Vec<String> = table.columns.iter().map(name).collect();
    let key: Vec<String> = table.key.iter().map(|column| quoted(column)).collect();
    let others = columns.iter().filter(|column| !key.contains(column));
    let sets = others.map(|column| format!("{column} = excluded.{column}")).collect::<Vec<_>>().join(", ");
    let on_conflict = if sets.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {sets}") };
    let values = table.columns.iter().enumerate().map(|(at, column)| written(table, column, at + 1));
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO {on_conflict}",
        quoted(&table.name),
        columns.join(", "),
        values.collect::<Vec<_>>().join(", "),
        key.join(", ")
    );
    let mut insert = txn.connection.prepare_cached(&sql)?;
    for row in rows {
        insert.execute(params_from_iter(row))?;
    }
    txn.cache.invalidate();
    Ok(())
}

/// How the value at a place is written.
fn written(table: &CopiedTable, column: &str, place: usize) -> String {
    let changed_at = table.columns.iter().position(|it| it == "changed_at");
    match (table.name.as_str(), column, changed_at) {
        ("delivery", "due_at", Some(changed_at)) => format!("coalesce(?{place}, ?{})", changed_at + 1),
        _ => format!("?{place}"),
    }
}

pub(crate) fn finish_filling(txn: &mut Txn<'_>, last_numbers: &[(String, i64)]) -> Result<()> {
    let counts = formatcp!(
        "UPDATE endpoint SET processing = 0,
            pending = (SELECT count(*) FROM delivery d WHERE d.endpoint = endpoint.id AND d.state < {PROCESSING}),
            delivered = (SELECT count(*) FROM delivery d WHERE d.endpoint = endpoint.id AND d.state = {DELIVERED}),
            failed = (SELECT count(*) FROM delivery d WHERE d.endpoint = endpoint.id AND d.state = {FAILED}),
            superseded = (SELECT count(*) FROM delivery d WHERE d.endpoint = endpoint.id AND d.state = {SUPERSEDED}),
            troubled = (SELECT count(*) FROM delivery d WHERE d.endpoint = endpoint.id
                AND (d.state = {FAILED} OR (d.failures > 0 AND d.state < {DELIVERED}))),
            troubled_attempts = (SELECT coalesce(sum(d.attempts), 0) FROM delivery d WHERE d.endpoint = endpoint.id
                AND (d.state = {FAILED} OR (d.failures > 0 AND d.state < {DELIVERED})))"
    );
    txn.connection.execute(counts, [])?;
    txn.connection.execute("UPDATE figure SET value = (SELECT count(*) FROM event) WHERE name = 'events'", [])?;
    for (table, last) in last_numbers {
        let raised = "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1";
        let numbered = "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, ?2 FROM sqlite_schema
            WHERE type = 'table' AND name = ?1 AND sql LIKE '%AUTOINCREMENT%'";
        if txn.connection.execute(raised, rusqlite::params![table, last])? == 0 {
            txn.connection.execute(numbered, rusqlite::params![table, last])?;
        }
    }
    txn.connection.pragma_update(None, "user_version", migrate::known_version())?;
    txn.cache.invalidate();
    Ok(())
}
