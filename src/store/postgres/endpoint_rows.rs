//! The rows of endpoints: reading them, and writing what changed.

use tokio_postgres::Row;

use super::connection::{Connection, args};
use super::db_codes;
use super::error::PostgresError;
use super::row::{count, int, maybe_int, maybe_time, time, unreadable};
use crate::delivery::{CircuitOpen, CircuitState, OpenCause};
use crate::endpoint::{Endpoint, EndpointId, EndpointUrl, UsedUntil};

/// An endpoint as its row has it, with the version that tells whether somebody else changed it.
#[derive(Clone, Debug)]
pub(super) struct EndpointRow {
    pub(super) endpoint: Endpoint,
    /// Rises with every change.
    pub(super) version: i64,
    /// Rises with what decides which events it gets.
    pub(super) revision: i64,
    /// The delivery that probes its open circuit.
    pub(super) probe: Option<i64>,
}

const COLUMNS: &str = "SELECT e.id, e.version, e.revision, e.name, e.url, e.settings, e.configured, e.paused_by, e.failures, e.open_since,
    e.open_until, e.open_probes, e.open_cause, e.probe, e.awake_since, t.last_success_at, t.last_failure_at,
    e.opened_after, e.doubted, coalesce(t.answers, 0), e.rate_used_until
    FROM endpoint e LEFT JOIN LATERAL (
        SELECT max(last_success_at) AS last_success_at, max(last_failure_at) AS last_failure_at,
            sum(answers)::bigint AS answers FROM tally WHERE endpoint = e.id
    ) t ON true ORDER BY e.id";

/// Reads every endpoint, in the order they were first named.
pub(super) async fn load(connection: &Connection) -> Result<Vec<EndpointRow>, PostgresError> {
    connection.query(COLUMNS, &[]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<EndpointRow, PostgresError> {
    let open = match (maybe_time(row, 9), maybe_time(row, 10)) {
        (Some(since), Some(until)) => Some(CircuitOpen {
            since,
            until,
            probes: count(row, 11),
            cause: if int(row, 12) == 0 { OpenCause::Unanswered } else { OpenCause::RetryAfter },
        }),
        _ => None,
    };
    let endpoint = Endpoint {
        id: EndpointId(int(row, 0)),
        name: row.get(3),
        url: EndpointUrl::parse(row.get(4)).map_err(|e| unreadable("url", &e))?,
        settings: serde_json::from_str(row.get(5)).map_err(|e| unreadable("settings", &e))?,
        configured: row.get(6),
        paused_by: db_codes::paused_by(maybe_int(row, 7)),
        circuit: CircuitState {
            consecutive_failures: count(row, 8),
            open,
            answers: int(row, 19),
            opened_after: maybe_int(row, 17),
            doubted: row.get(18),
        },
        resumed_at: time(row, 14),
        last_success_at: maybe_time(row, 15),
        last_failure_at: maybe_time(row, 16),
        rate_used_until: UsedUntil(int(row, 20)),
    };
    Ok(EndpointRow { endpoint, version: int(row, 1), revision: int(row, 2), probe: maybe_int(row, 13) })
}

/// Writes an endpoint's row and raises its version; fails if it is not the version that was read.
pub(super) async fn save(connection: &Connection, row: &EndpointRow, new_revision: bool) -> Result<(), PostgresError> {
    let EndpointRow { endpoint, version, probe, .. } = row;
    let open = endpoint.circuit.open;
    let settings = serde_json::to_string(&endpoint.settings).map_err(|e| unreadable("settings", &e))?;
    connection
        .query(
            "WITH saved AS (UPDATE endpoint SET version = version + 1, revision = revision + $15, name = $3, url = $4, settings = $5,
                configured = $6, paused_by = $7, failures = $8, open_since = $9, open_until = $10, open_probes = $11,
                open_cause = $12, probe = $13, awake_since = $14, opened_after = $16, doubted = $17 WHERE id = $1 AND version = $2 RETURNING 1)
             SELECT fence((SELECT count(*) FROM saved) = 1)",
            args![
                endpoint.id.0,
                *version,
                endpoint.name.as_str(),
                endpoint.url.as_str(),
                settings,
                endpoint.configured,
                endpoint.paused_by.map(db_codes::paused_by_code),
                i64::from(endpoint.circuit.consecutive_failures),
                open.map(|it| it.since.as_millis()),
                open.map(|it| it.until.as_millis()),
                open.map_or(0, |it| i64::from(it.probes)),
                open.map_or(0, |it| i64::from(it.cause == OpenCause::RetryAfter)),
                *probe,
                endpoint.resumed_at.as_millis(),
                i64::from(new_revision),
                endpoint.circuit.opened_after,
                endpoint.circuit.doubted,
            ],
        )
        .await?;
    Ok(())
}

/// What outcomes said about endpoints; fails if one of them is not the version that was read.
pub(super) const SAVE_CIRCUITS: &str = "WITH saved AS (
        UPDATE endpoint e SET version = e.version + 1, paused_by = n.paused_by, failures = n.failures, open_since = n.open_since,
            open_until = n.open_until, open_probes = n.open_probes, open_cause = n.open_cause, probe = n.probe,
            awake_since = n.awake_since, opened_after = n.opened_after, doubted = n.doubted <> 0
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS n(id, version, paused_by, failures, open_since,
            open_until, open_probes, open_cause, probe, awake_since, opened_after, doubted)
        WHERE e.id = n.id AND e.version = n.version RETURNING 1)
    SELECT fence((SELECT count(*) FROM saved) = cardinality($1))";

/// Writes what outcomes said about endpoints, in one statement.
pub(super) async fn save_circuits(connection: &Connection, rows: &[EndpointRow]) -> Result<(), PostgresError> {
    if rows.is_empty() {
        return Ok(());
    }
    let column = |part: fn(&EndpointRow) -> i64| rows.iter().map(part).collect::<Vec<i64>>();
    let maybe = |part: fn(&EndpointRow) -> Option<i64>| rows.iter().map(part).collect::<Vec<Option<i64>>>();
    connection
        .query(
            SAVE_CIRCUITS,
            args![
                column(|it| it.endpoint.id.0),
                column(|it| it.version),
                maybe(|it| it.endpoint.paused_by.map(db_codes::paused_by_code)),
                column(|it| it.endpoint.circuit.consecutive_failures.into()),
                maybe(|it| it.endpoint.circuit.open.map(|open| open.since.as_millis())),
                maybe(|it| it.endpoint.circuit.open.map(|open| open.until.as_millis())),
                column(|it| it.endpoint.circuit.open.map_or(0, |open| open.probes.into())),
                column(|it| i64::from(
                    it.endpoint.circuit.open.is_some_and(|open| open.cause == OpenCause::RetryAfter)
                )),
                maybe(|it| it.probe),
                column(|it| it.endpoint.resumed_at.as_millis()),
                maybe(|it| it.endpoint.circuit.opened_after),
                column(|it| it.endpoint.circuit.doubted.into()),
            ],
        )
        .await?;
    Ok(())
}
