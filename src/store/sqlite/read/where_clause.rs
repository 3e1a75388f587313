//! Conditions as SQLite understands them.

use const_format::formatcp;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use crate::delivery::State;
use crate::store::db_codes::{BLOCKED, DELIVERED, FAILED, PROCESSING, QUEUED, SUPERSEDED};
use crate::store::where_clause::{SqlDialect, SqlValue, StateSelects, WhereClause};

pub(crate) const DIALECT: SqlDialect = SqlDialect {
    parameter: '?',
    position: "instr",
    state: state_condition,
    undelivered: formatcp!("d.id IN ({UNDELIVERED})"),
    is_search: false,
    among: ["IN (", ")"],
    selects: STATE_SELECTS,
};

const STATE_SELECTS: StateSelects = StateSelects {
    waiting: formatcp!(
        "SELECT id FROM delivery WHERE state = {QUEUED} UNION ALL SELECT id FROM delivery WHERE state >= {BLOCKED} AND state < {PROCESSING}"
    ),
    processing: formatcp!("SELECT id FROM delivery WHERE state = {PROCESSING}"),
    failed: FAILED_IDS,
    troubled: formatcp!("{TROUBLED_IDS} UNION ALL {FAILED_IDS}"),
    undelivered: UNDELIVERED,
};

/// Selects those that failed.
pub(crate) const FAILED_IDS: &str = formatcp!("SELECT id FROM delivery WHERE state = {FAILED}");
/// Selects those that wait after a failed attempt.
pub(crate) const TROUBLED_IDS: &str = formatcp!("SELECT id FROM delivery WHERE failures > 0 AND state < {DELIVERED}");

/// The same for a search.
pub(crate) const SEARCH_DIALECT: SqlDialect = SqlDialect {
    undelivered: formatcp!("d.state <> {DELIVERED} AND d.state <> {SUPERSEDED}"),
    is_search: true,
    ..DIALECT
};

/// By the indexes that hold nothing that is delivered.
const UNDELIVERED: &str = formatcp!(
    "SELECT id FROM delivery WHERE state >= {BLOCKED} AND state < {PROCESSING}
    UNION ALL SELECT id FROM delivery WHERE state = {PROCESSING} UNION ALL SELECT id FROM delivery WHERE state = {FAILED}"
);

fn state_condition(state: State) -> &'static str {
    match state {
        State::Pending => formatcp!("(d.state < {PROCESSING} AND p.configured AND p.paused_by IS NULL)"),
        State::Held => formatcp!("(d.state < {PROCESSING} AND (NOT p.configured OR p.paused_by IS NOT NULL))"),
        State::Processing => formatcp!("d.id IN (SELECT id FROM delivery WHERE state = {PROCESSING})"),
        State::Delivered => formatcp!("d.state = {DELIVERED}"),
        State::Failed => formatcp!("d.state = {FAILED}"),
        State::Superseded => formatcp!("d.state = {SUPERSEDED}"),
    }
}

impl ToSql for SqlValue {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// The number of rows that match, up to one more than `bound`.
pub(crate) fn count_up_to(
    connection: &Connection,
    tables: &str,
    condition: &WhereClause,
    bound: u64,
) -> rusqlite::Result<u64> {
    let found: i64 = connection
        .prepare(&condition.count_sql(tables, bound))?
        .query_row(params_from_iter(condition.values()), |row| row.get(0))?;
    Ok(found.unsigned_abs())
}

/// The number of rows that match. Looks at all rows, if it has to.
pub(crate) fn count(connection: &Connection, tables: &str, condition: &WhereClause) -> rusqlite::Result<i64> {
    let sql = format!("SELECT count(*) FROM {tables} WHERE {}", condition.sql());
    connection.prepare(&sql)?.query_row(params_from_iter(condition.values()), |row| row.get(0))
}
