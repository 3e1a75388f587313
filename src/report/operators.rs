//! Sessions of operators, and the runs of workers.

use std::time::Duration;

use serde::Serialize;

use super::{Cell, Column, Level, Report, Table};
use crate::clock::Timestamp;
use crate::store::RunRow;
use crate::store::operators::SessionRow;

/// An operator's session in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionView<'a> {
    id: i64,
    operator: &'a str,
    source: &'a str,
    began_at: Timestamp,
    until: Timestamp,
    current: bool,
}

const SESSIONS: &[Column] = &[
    Column::number("id", "ID"),
    Column::text("operator", "OPERATOR"),
    Column::text("source", "FROM"),
    Column::text("began", "BEGAN"),
    Column::text("until", "ENDS"),
    Column::text("current", "CURRENT"),
];

/// The open sessions; `current` is the session of the request.
pub fn sessions(rows: &[SessionRow], current: Option<i64>) -> Report {
    let views: Vec<_> = rows
        .iter()
        .map(|row| SessionView {
            id: row.id,
            operator: &row.operator,
            source: &row.source,
            began_at: row.began_at,
            until: row.until,
            current: Some(row.id) == current,
        })
        .collect();
    let cells = |row: &SessionRow| {
        let is_current = (Some(row.id) == current).then_some((Level::Good, "this one"));
        vec![
            row.id.into(),
            row.operator.as_str().into(),
            row.source.as_str().into(),
            row.began_at.into(),
            row.until.into(),
            is_current.into(),
        ]
    };
    Report::new(&views).with_table(Table::new(SESSIONS, rows.iter().map(cells).collect()))
}

/// A run in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunView<'a> {
    id: i64,
    pid: i64,
    command: &'a str,
    started_at: Timestamp,
    ended_at: Option<Timestamp>,
    claimed: u64,
    delivered: u64,
    retried: u64,
    failed: u64,
    exit: Option<i64>,
}

const RUNS: &[Column] = &[
    Column::number("id", "ID"),
    Column::text("command", "COMMAND"),
    Column::text("state", "STATE"),
    Column::text("started", "STARTED"),
    Column::number("took", "TOOK"),
    Column::number("claimed", "CLAIMED"),
    Column::number("delivered", "DELIVERED"),
    Column::number("retried", "RETRIED"),
    Column::number("failed", "FAILED"),
    Column::number("pid", "PROCESS"),
];

/// The latest runs, newest first.
pub fn runs(rows: &[RunRow]) -> Report {
    let views: Vec<_> = rows
        .iter()
        .map(|row| RunView {
            id: row.id.0,
            pid: row.process.pid,
            command: &row.command,
            started_at: row.started_at,
            ended_at: row.ended_at,
            claimed: row.stats.claimed,
            delivered: row.stats.delivered,
            retried: row.stats.retried,
            failed: row.stats.failed,
            exit: row.exit,
        })
        .collect();
    Report::new(&views).with_table(Table::new(RUNS, rows.iter().map(run_cells).collect()))
}

fn run_cells(row: &RunRow) -> Vec<Cell> {
    let took: Option<Duration> = row.ended_at.map(|ended| ended.since(row.started_at));
    vec![
        row.id.0.into(),
        row.command.as_str().into(),
        run_state(row),
        row.started_at.into(),
        took.into(),
        row.stats.claimed.into(),
        row.stats.delivered.into(),
        row.stats.retried.into(),
        row.stats.failed.into(),
        row.process.pid.into(),
    ]
}

/// The state of a run: one without an end is running, or died and is not reaped yet.
fn run_state(row: &RunRow) -> Cell {
    match (row.ended_at, row.exit) {
        (None, _) => (Level::Busy, "at work").into(),
        (Some(_), Some(0)) => (Level::Good, "ended").into(),
        (Some(_), Some(exit)) => Cell::Level(Level::Warning, format!("ended with exit {exit}")),
        (Some(_), None) => (Level::Bad, "died").into(),
    }
}
