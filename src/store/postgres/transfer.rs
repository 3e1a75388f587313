//! The rows of a queue as they are moved to another store, and from one.

use const_format::formatcp;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::client::Client;
use super::connection::{Connection, SqlArg, args};
use super::error::PostgresError;
use super::migrate;
use super::row::{BLOCKED, DELIVERED, FAILED, OPEN, READY, SOLO, SUPERSEDED, int, maybe_int};
use super::runs::host_name;
use super::{Result, StoreError};
use crate::store::db_codes::{self, QUEUED};
use crate::store::transfer::{CopiedTable, Value, Values, storable, value_of};

/// A table that `db copy` reads by a query of its own, because the two databases keep it in different columns.
struct MappedTable {
    name: &'static str,
    columns: &'static [&'static str],
    key: &'static [&'static str],
    query: &'static str,
}

const MAPPED: &[MappedTable] = &[
    MappedTable {
        name: "endpoint",
        columns: &[
            "id", "name", "url", "settings", "configured", "paused_by", "failures", "open_since", "open_until",
            "open_probes", "open_cause", "probe", "awake_since", "last_success_at", "last_failure_at", "answers",
            "opened_after", "doubted", "rate_used_until",
        ],
        key: &["id"],
        query: "SELECT e.id, e.name, e.url, e.settings, e.configured, e.paused_by, e.failures, e.open_since, e.open_until,
                e.open_probes, e.open_cause, e.probe, e.awake_since, t.last_success_at, t.last_failure_at,
                coalesce(t.answers, 0) AS answers, e.opened_after, e.doubted, e.rate_used_until
            FROM endpoint e LEFT JOIN LATERAL (SELECT max(last_success_at) AS last_success_at,
                max(last_failure_at) AS last_failure_at, sum(answers)::bigint AS answers FROM tally WHERE endpoint = e.id) t
            ON true",
    },
    // When it is due is known of what is ready or runs alone; the rest is due when its turn comes.
    MappedTable {
        name: "delivery",
        columns: &[
            "id", "event", "endpoint", "lane", "state", "due_at", "changed_at", "attempts", "used", "failures",
            "interruptions", "trigger", "reason", "unanswered_at", "unanswered", "whole_record", "superseded_by",
        ],
        key: &["id"],
        query: formatcp!("SELECT d.id, d.event, d.endpoint, d.lane,
                CASE d.state WHEN 1 THEN 4 WHEN 2 THEN 5 WHEN 3 THEN 6 ELSE coalesce(w.state, -1) END AS state,
                CASE WHEN w.state > 0 THEN w.due_at END AS due_at, d.changed_at, d.attempts, d.used, d.failures,
                d.interruptions, d.trigger, d.reason, d.unanswered_at, d.unanswered, d.whole_record,
                d.superseded_by
            FROM delivery d LEFT JOIN waiting w ON w.endpoint = d.endpoint AND w.lane = d.lane AND w.id = d.id
                AND d.state = {OPEN}"),
    },
    MappedTable {
        name: "run",
        columns: &[
            "id", "token", "pid", "command", "started_at", "ended_at", "claimed", "delivered", "retried", "failed", "exit",
        ],
        key: &["id"],
        query: "SELECT * FROM run",
    },
    MappedTable {
        name: "rate",
        columns: &["minute", "endpoint", "kind", "delivered", "failed"],
        key: &["minute", "endpoint", "kind"],
        query: "SELECT minute, endpoint, kind, sum(delivered)::bigint AS delivered, sum(failed)::bigint AS failed
            FROM rate GROUP BY minute, endpoint, kind",
    },
    MappedTable {
        name: "received_rate",
        columns: &["minute", "route", "reason", "count", "skew_sum", "skews"],
        key: &["minute", "route", "reason"],
        query: "SELECT minute, route, reason, sum(count)::bigint AS count, sum(skew_sum)::bigint AS skew_sum,
                sum(skews)::bigint AS skews
            FROM received_rate GROUP BY minute, route, reason",
    },
];

/// Made anew from the rows of others, or what only a queue in use has.
const DERIVED: [&str; 7] = ["flight", "gate", "queue", "schema_version", "tally", "trouble", "waiting"];

pub(super) async fn tables(client: &Client) -> Result<Vec<CopiedTable>> {
    client.read(async |connection: &Connection| tables_within(connection).await).await
}

async fn tables_within(connection: &Connection) -> Result<Vec<CopiedTable>, PostgresError> {
    let sql = "SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum),
            (SELECT array_agg(k.attname::text ORDER BY p.n) FROM pg_index i
                CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS p(attnum, n)
                JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = p.attnum
                WHERE i.indrelid = c.oid AND i.indisprimary)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' GROUP BY c.oid, c.relname ORDER BY c.relname";
    let rows = connection.query(sql, &[]).await?;
    let table = |row: &Row| {
        let name: String = row.get(0);
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let mapped = MAPPED.iter().find(|mapped| mapped.name == name);
        let (columns, key) = mapped.map_or_else(
            || (row.get(1), row.get::<_, Option<Vec<String>>>(2).unwrap_or_default()),
            |it| (texts(it.columns), texts(it.key)),
        );
        CopiedTable { name, columns, key }
    };
    Ok(rows.iter().map(table).filter(|table| !DERIVED.contains(&table.name.as_str())).collect())
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn names<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// What a table's rows are read from.
fn source(table: &CopiedTable) -> String {
    let mapped = MAPPED.iter().find(|mapped| mapped.name == table.name);
    mapped.map_or_else(|| quoted(&table.name), |mapped| format!("({}) s", mapped.query))
}

/// A copied value as an argument of a statement, with its SQL type.
type BoxedArg = (Box<dyn ToSql + Sync>, Type);

fn boxed<T: SqlArg + 'static>(value: T) -> BoxedArg {
    (Box::new(value), T::TYPE)
}

fn bound(values: &[BoxedArg]) -> Vec<(&(dyn ToSql + Sync), Type)> {
    values.iter().map(|(value, sql_type)| (&**value, sql_type.clone())).collect()
}

pub(super) async fn read(
    client: &Client,
    table: CopiedTable,
    after: Option<Values>,
    limit: u32,
) -> Result<Vec<Values>> {
    let key = names(&table.key);
    let after: Vec<BoxedArg> = after.into_iter().flatten().map(key_value).collect();
    let places = (1..=after.len()).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
    let behind = if after.is_empty() { String::new() } else { format!("WHERE ({key}) > ({places})") };
    let sql = format!("SELECT {} FROM {} {behind} ORDER BY {key} LIMIT {limit}", names(&table.columns), source(&table));
    client
        .read(async |connection: &Connection| {
            let rows = connection.query_once(&sql, &bound(&after)).await?;
            rows.iter().map(|row| (0..table.columns.len()).map(|at| value(row, at)).collect()).collect()
        })
        .await
}

fn key_value(value: Value) -> BoxedArg {
    match value {
        Value::Null => boxed(None::<i64>),
        Value::Int(number) => boxed(number),
        Value::Text(text) => boxed(text),
        Value::Bytes(bytes) => boxed(bytes),
    }
}

fn value(row: &Row, at: usize) -> Result<Value, PostgresError> {
    let found = match *row.columns()[at].type_() {
        Type::BOOL => row.get::<_, Option<bool>>(at).map(|truth| Value::Int(i64::from(truth))),
        Type::INT2 | Type::INT4 | Type::INT8 => maybe_int(row, at).map(Value::Int),
        Type::TEXT => row.get::<_, Option<String>>(at).map(Value::Text),
        Type::BYTEA => row.get::<_, Option<Vec<u8>>>(at).map(Value::Bytes),
        ref other => return Err(super::row::unreadable(row.columns()[at].name(), other)),
    };
    Ok(found.unwrap_or(Value::Null))
}

pub(super) async fn last_key(client: &Client, table: CopiedTable) -> Result<Option<Values>> {
    let order = table.key.iter().map(|column| format!("{} DESC", quoted(column))).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT {} FROM {} ORDER BY {order} LIMIT 1", names(&table.key), source(&table));
    client
        .read(async |connection: &Connection| {
            let rows = connection.query_once(&sql, &[]).await?;
            let Some(row) = rows.first() else { return Ok(None) };
            (0..table.key.len()).map(|at| value(row, at)).collect::<Result<Values, PostgresError>>().map(Some)
        })
        .await
}

/// The tables that number their rows, with the column and the sequence.
const NUMBERED: &str =
    "SELECT c.relname::text, a.attname::text, pg_get_serial_sequence(c.oid::regclass::text, a.attname)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> ''
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' ORDER BY c.relname";

pub(super) async fn last_numbers(client: &Client) -> Result<Vec<(String, i64)>> {
    client
        .read(async |connection: &Connection| {
            let mut last = Vec::new();
            for row in &connection.query(NUMBERED, &[]).await? {
                let given =
                    format!("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {}", row.get::<_, &str>(2));
                let given = connection.query_once(&given, &[]).await?;
                last.push((row.get(0), given.first().map_or(0, |row| int(row, 0))));
            }
            Ok(last)
        })
        .await
}

pub(super) async fn begin_filling(client: &Client) -> Result<()> {
    let known = migrate::known_version();
    client
        .transact(async |connection: &Connection| {
            let version = connection.number("SELECT version FROM schema_version FOR UPDATE", &[]).await?;
            if version == -known {
                return Ok(());
            }
            for table in tables_within(connection).await? {
                let any = format!("SELECT 1 FROM {} LIMIT 1", quoted(&table.name));
                if !connection.query_once(&any, &[]).await?.is_empty() {
                    return Err(StoreError::NotEmpty.into());
                }
            }
            // From here on only a copy opens it.
            connection.query("UPDATE schema_version SET version = $1", args![-known]).await?;
            Ok(())
        })
        .await
}

pub(super) async fn write(client: &Client, table: CopiedTable, rows: Vec<Values>) -> Result<()> {
    client
        .transact(async |connection: &Connection| match table.name.as_str() {
            "endpoint" => write_endpoints(connection, &table, &rows).await,
            "delivery" => write_deliveries(connection, &table, &rows).await,
            "run" => {
                let constants =
                    [("host", boxed(host_name())), ("server_started", boxed(0_i64)), ("beat_at", boxed(0_i64))];
                upsert(connection, &table, &table.columns, &rows, &constants, &["id"]).await
            }
            "rate" => {
                let key = ["minute", "endpoint", "kind", "slot"];
                upsert(connection, &table, &table.columns, &rows, &[("slot", boxed(0_i64))], &key).await
            }
            "received_rate" => {
                let key = ["minute", "route", "reason", "slot"];
                upsert(connection, &table, &table.columns, &rows, &[("slot", boxed(0_i64))], &key).await
            }
            _ => {
                let key: Vec<&str> = table.key.iter().map(String::as_str).collect();
                upsert(connection, &table, &table.columns, &rows, &[], &key).await
            }
        })
        .await
}

/// Inserts some columns of rows, with constants beside them; rows that are there are replaced.
async fn upsert(
    connection: &Connection,
    table: &CopiedTable,
    columns: &[String],
    rows: &[Values],
    constants: &[(&str, BoxedArg)],
    key: &[&str],
) -> Result<(), PostgresError> {
    let types = column_types(connection, &table.name).await?;
    let type_of = |column: &str| types.iter().find(|(name, _)| name == column).map_or("bigint", |(_, it)| it.as_str());
    let mut bound_values: Vec<BoxedArg> = Vec::new();
    let mut arrays = Vec::new();
    let mut selected = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let values = rows.iter().map(|row| value_of(table, row, column));
        bound_values.push(array(values, type_of(column)));
        arrays.push(format!("${}", at + 1));
        selected.push(match type_of(column) {
            "boolean" => format!("u.c{at} <> 0"),
            _ => format!("u.c{at}"),
        });
    }
    for (place, (_, value)) in constants.iter().enumerate() {
        selected.push(format!("${}", columns.len() + place + 1));
        let _ = value;
    }
    let all: Vec<&str> = columns.iter().map(String::as_str).chain(constants.iter().map(|(name, _)| *name)).collect();
    let sets = all.iter().filter(|column| !key.contains(column));
    let sets = sets.map(|column| format!("{0} = EXCLUDED.{0}", quoted(column))).collect::<Vec<_>>().join(", ");
    let on_conflict = if sets.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {sets}") };
    let sql = format!(
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM unnest({}) AS u({}) ON CONFLICT ({}) DO {on_conflict}",
        quoted(&table.name),
        all.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "),
        selected.join(", "),
        arrays.join(", "),
        (0..columns.len()).map(|at| format!("c{at}")).collect::<Vec<_>>().join(", "),
        key.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "),
    );
    let mut values = bound(&bound_values);
    values.extend(constants.iter().map(|(_, (value, sql_type))| (&**value, sql_type.clone())));
    connection.query_once(&sql, &values).await.map(|_| ())
}

async fn column_types(connection: &Connection, table: &str) -> Result<Vec<(String, String)>, PostgresError> {
    let sql = "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute
        WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped";
    let rows = connection.query(sql, args![quoted(table)]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// The values of a column. What comes from elsewhere may have characters that the server does not store.
fn array<'a>(values: impl Iterator<Item = &'a Value>, column_type: &str) -> BoxedArg {
    match column_type {
        "text" => boxed(
            values
                .map(|it| if let Value::Text(it) = it { Some(storable(it.clone())) } else { None })
                .collect::<Vec<_>>(),
        ),
        "bytea" => {
            boxed(values.map(|it| if let Value::Bytes(it) = it { Some(it.clone()) } else { None }).collect::<Vec<_>>())
        }
        _ => boxed(values.map(|it| if let Value::Int(it) = it { Some(*it) } else { None }).collect::<Vec<_>>()),
    }
}

/// Endpoints have their answers and times in the counters.
async fn write_endpoints(connection: &Connection, table: &CopiedTable, rows: &[Values]) -> Result<(), PostgresError> {
    let counted = ["answers", "last_success_at", "last_failure_at"];
    let plain: Vec<String> = table.columns.iter().filter(|it| !counted.contains(&it.as_str())).cloned().collect();
    upsert(connection, table, &plain, rows, &[], &["id"]).await?;
    let column = |name: &str| array(rows.iter().map(|row| value_of(table, row, name)), "bigint");
    let values = [column("id"), column("answers"), column("last_success_at"), column("last_failure_at")];
    let counters = "INSERT INTO tally (slot, endpoint, answers, last_success_at, last_failure_at)
        SELECT 0, * FROM unnest($1, $2, $3, $4) ON CONFLICT (slot, endpoint) DO UPDATE SET answers = EXCLUDED.answers,
            last_success_at = EXCLUDED.last_success_at, last_failure_at = EXCLUDED.last_failure_at";
    connection.query_once(counters, &bound(&values)).await?;
    let gates = "INSERT INTO gate (endpoint) SELECT id FROM endpoint ON CONFLICT DO NOTHING";
    connection.query(gates, &[]).await.map(|_| ())
}

/// Deliveries that are not finished stand in the queue or in their lane as well.
async fn write_deliveries(connection: &Connection, table: &CopiedTable, rows: &[Values]) -> Result<(), PostgresError> {
    let apart = ["state", "due_at"];
    let plain: Vec<String> = table.columns.iter().filter(|it| !apart.contains(&it.as_str())).cloned().collect();
    upsert(connection, table, &plain, rows, &[], &["id"]).await?;
    let column = |name: &str| array(rows.iter().map(|row| value_of(table, row, name)), "bigint");
    let values = [column("id"), column("endpoint"), column("lane"), column("event"), column("state"), column("due_at")];
    let states = formatcp!(
        "UPDATE delivery d SET state = CASE u.state WHEN {} THEN {DELIVERED} WHEN {} THEN {FAILED} WHEN {} THEN {SUPERSEDED} ELSE {OPEN} END
        FROM unnest($1, $2) AS u(id, state) WHERE d.id = u.id",
        db_codes::DELIVERED, db_codes::FAILED, db_codes::SUPERSEDED
    );
    connection.query_once(states, &bound(&[column("id"), column("state")])).await?;
    let moved = formatcp!(
        "WITH given AS MATERIALIZED (
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6) AS u(id, endpoint, lane, event, state, due_at)
        ), not_queued AS (
            DELETE FROM queue q USING given g WHERE q.endpoint = g.endpoint AND q.id = g.id AND g.state <> {QUEUED}
        ), not_waiting AS (
            DELETE FROM waiting w USING given g WHERE w.endpoint = g.endpoint AND w.lane = g.lane AND w.id = g.id
                AND g.state NOT IN ({BLOCKED}, {READY}, {SOLO})
        ), queued AS (
            INSERT INTO queue (endpoint, id, event, lane, whole_record)
            SELECT g.endpoint, g.id, g.event, g.lane, d.whole_record FROM given g JOIN delivery d ON d.id = g.id
            WHERE g.state = {QUEUED} ON CONFLICT DO NOTHING
        )
        INSERT INTO waiting (endpoint, lane, id, state, due_at)
            SELECT endpoint, lane, id, state, coalesce(due_at, 0) FROM given WHERE state IN ({BLOCKED}, {READY}, {SOLO})
        ON CONFLICT (endpoint, lane, id) DO UPDATE SET state = EXCLUDED.state, due_at = EXCLUDED.due_at"
    );
    connection.query_once(moved, &bound(&values)).await.map(|_| ())
}

/// Counters and the list of troubled deliveries, made from the rows.
const DERIVE: [&str; 4] = [
    "DELETE FROM trouble",
    formatcp!("INSERT INTO trouble (id, endpoint) SELECT id, endpoint FROM delivery WHERE state = {FAILED} OR (failures > 0 AND state = {OPEN})"),
    formatcp!("INSERT INTO tally AS t (slot, endpoint, open, delivered, failed, superseded, troubled, troubled_attempts)
        SELECT 0, endpoint, count(*) FILTER (WHERE state = {OPEN}), count(*) FILTER (WHERE state = {DELIVERED}),
            count(*) FILTER (WHERE state = {FAILED}), count(*) FILTER (WHERE state = {SUPERSEDED}),
            count(*) FILTER (WHERE state = {FAILED} OR (failures > 0 AND state = {OPEN})),
            coalesce(sum(attempts) FILTER (WHERE state = {FAILED} OR (failures > 0 AND state = {OPEN})), 0)
        FROM delivery GROUP BY endpoint
        ON CONFLICT (slot, endpoint) DO UPDATE SET open = EXCLUDED.open, delivered = EXCLUDED.delivered,
            failed = EXCLUDED.failed, superseded = EXCLUDED.superseded, troubled = EXCLUDED.troubled, troubled_attempts = EXCLUDED.troubled_attempts"),
    "INSERT INTO tally (slot, endpoint, events) SELECT 0, 0, count(*) FROM event
        ON CONFLICT (slot, endpoint) DO UPDATE SET events = EXCLUDED.events",
];

pub(super) async fn finish_filling(client: &Client, last_numbers: Vec<(String, i64)>) -> Result<()> {
    let known = migrate::known_version();
    client
        .transact(async |connection: &Connection| {
            connection.execute_all("SET LOCAL statement_timeout = 0").await?;
            for statement in DERIVE {
                connection.query(statement, &[]).await?;
            }
            for row in &connection.query(NUMBERED, &[]).await? {
                let (table, column, sequence): (&str, &str, &str) = (row.get(0), row.get(1), row.get(2));
                let given = last_numbers.iter().find(|(name, _)| name == table).map_or(0, |(_, last)| *last);
                let (table, column) = (quoted(table), quoted(column));
                let next = format!(
                    "SELECT setval('{sequence}', greatest($1, (SELECT max({column}) FROM {table}), 0) + 1, false)"
                );
                connection.query_once(&next, args![given]).await?;
            }
            connection.query("UPDATE schema_version SET version = $1", args![known]).await.map(|_| ())
        })
        .await
}
