//! Conditions as PostgreSQL understands them.

use std::error::Error;

use bytes::BytesMut;
use const_format::formatcp;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::connection::Connection;
use super::error::PostgresError;
use super::row::{DELIVERED, FAILED, OPEN, SUPERSEDED, int, storable};
use crate::delivery::State;
use crate::store::where_clause::{SqlDialect, SqlValue, StateSelects, WhereClause};

pub(super) const DIALECT: SqlDialect = SqlDialect {
    parameter: '$',
    position: "strpos",
    state: state_condition,
    undelivered: formatcp!("d.id IN ({UNDELIVERED})"),
    is_search: false,
    among: ["IN (", ")"],
    selects: StateSelects {
        waiting: UNFINISHED,
        processing: FLYING,
        // With what waits after a failed attempt, which a condition on the state leaves out.
        failed: "SELECT id FROM trouble",
        troubled: "SELECT id FROM trouble",
        undelivered: UNDELIVERED,
    },
};

/// The same for a search.
pub(super) const SEARCH_DIALECT: SqlDialect = SqlDialect {
    state: searched_state_condition,
    undelivered: formatcp!("d.state <> {DELIVERED} AND d.state <> {SUPERSEDED}"),
    is_search: true,
    // An array is selected once, and its numbers are looked up.
    among: ["= ANY (ARRAY(", "))"],
    ..DIALECT
};

/// The small tables that hold what is not finished, so that no list of it looks at what is.
const UNFINISHED: &str = "SELECT id FROM queue UNION ALL SELECT id FROM waiting";
const FLYING: &str = "SELECT i.id FROM flight c CROSS JOIN LATERAL unnest(c.ids) AS i(id)";
const UNDELIVERED: &str = formatcp!("SELECT id FROM trouble UNION ALL SELECT id FROM waiting UNION ALL {FLYING}");

fn state_condition(state: State) -> &'static str {
    match state {
        State::Pending => formatcp!("(d.id IN ({UNFINISHED}) AND p.configured AND p.paused_by IS NULL)"),
        State::Held => formatcp!("(d.id IN ({UNFINISHED}) AND (NOT p.configured OR p.paused_by IS NOT NULL))"),
        State::Processing => formatcp!("d.id IN ({FLYING})"),
        State::Delivered => formatcp!("d.state = {DELIVERED}"),
        State::Failed => formatcp!("(d.state = {FAILED} AND d.id IN (SELECT id FROM trouble))"),
        State::Superseded => formatcp!("d.state = {SUPERSEDED}"),
    }
}

/// What is in flight is little: what else is open waits.
fn searched_state_condition(state: State) -> &'static str {
    const WAITS: &str = formatcp!("d.state = {OPEN} AND d.id NOT IN ({FLYING})");
    match state {
        State::Pending => formatcp!("({WAITS} AND p.configured AND p.paused_by IS NULL)"),
        State::Held => formatcp!("({WAITS} AND (NOT p.configured OR p.paused_by IS NOT NULL))"),
        State::Failed => formatcp!("d.state = {FAILED}"),
        State::Processing | State::Delivered | State::Superseded => state_condition(state),
    }
}

/// The state that an operator reads.
pub(super) fn state_of(code: i64, in_flight: bool, held: bool) -> State {
    match code {
        DELIVERED => State::Delivered,
        FAILED => State::Failed,
        SUPERSEDED => State::Superseded,
        _ if in_flight => State::Processing,
        _ if held => State::Held,
        _ => State::Pending,
    }
}

/// The server takes no NUL in a text.
impl ToSql for SqlValue {
    fn to_sql(&self, sql_type: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Int(number) => number.to_sql(sql_type, out),
            Self::Text(text) => storable(text).to_sql(sql_type, out),
        }
    }

    fn accepts(sql_type: &Type) -> bool {
        matches!(*sql_type, Type::INT8 | Type::TEXT)
    }

    to_sql_checked!();
}

/// The values of a condition with their types.
pub(super) fn bound(condition: &WhereClause) -> Vec<(&(dyn ToSql + Sync), Type)> {
    let sql_type = |value: &SqlValue| match value {
        SqlValue::Int(_) => Type::INT8,
        SqlValue::Text(_) => Type::TEXT,
    };
    condition.values().iter().map(|value| (value as &(dyn ToSql + Sync), sql_type(value))).collect()
}

/// The number of rows that match, up to one more than `most`.
pub(super) async fn count_up_to(
    connection: &Connection,
    tables: &str,
    condition: &WhereClause,
    most: u64,
) -> Result<u64, PostgresError> {
    let rows = connection.query_once(&condition.count_sql(tables, most), &bound(condition)).await?;
    Ok(rows.first().map_or(0, |row| int(row, 0)).unsigned_abs())
}

/// The number of rows that match. Looks at all rows, if it has to.
pub(super) async fn count_rows(
    connection: &Connection,
    tables: &str,
    condition: &WhereClause,
) -> Result<u64, PostgresError> {
    let sql = format!("SELECT count(*) FROM {tables} WHERE {}", condition.sql());
    let rows = connection.query_once(&sql, &bound(condition)).await?;
    Ok(rows.first().map_or(0, |row| int(row, 0)).unsigned_abs())
}
