//! The answers of the commands below `db`.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Cell, Column, Level, Report, Table};
use crate::format::{bytes as size, count};
use crate::store::transfer::CopiedRows;
use crate::store::{DatabaseInfo, Location, PreparedRestore, PrunableLog, PruneResult};
use crate::untrusted::Untrusted;

const SETTING: &[Column] = &[Column::text("key", "KEY"), Column::text("value", "VALUE")];

/// The JSON answer of `db status`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InfoView<'a> {
    path: String,
    schema: i64,
    newest_schema: i64,
    engine: &'a str,
    engine_version: &'a str,
    bytes: u64,
    #[serde(flatten)]
    file: Option<FileView<'a>>,
}

/// What `db status` adds for a database file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileView<'a> {
    sqlite: &'a str,
    journal_mode: &'a str,
    wal_bytes: u64,
    free_bytes: u64,
}

/// What `db status` answers.
pub fn status(info: &DatabaseInfo) -> Report {
    let path = info.location.to_string();
    let file = info.file.as_ref();
    let view = InfoView {
        path: path.clone(),
        schema: info.schema,
        newest_schema: info.known_schema,
        engine: info.engine,
        engine_version: &info.engine_version,
        bytes: info.bytes,
        file: file.map(|file| FileView {
            sqlite: &info.engine_version,
            journal_mode: &file.journal_mode,
            wal_bytes: file.wal_bytes,
            free_bytes: file.free_bytes,
        }),
    };
    let mut rows: Vec<(String, Cell)> = vec![
        ("path".to_owned(), path.clone().into()),
        ("schema".to_owned(), info.schema.into()),
        (info.engine.to_lowercase(), info.engine_version.as_str().into()),
        ("size".to_owned(), size(info.bytes).into()),
    ];
    if let Some(file) = file {
        rows.insert(3, ("journal".to_owned(), file.journal_mode.as_str().into()));
        rows.push(("write-ahead log".to_owned(), size(file.wal_bytes).into()));
        rows.push(("free inside".to_owned(), size(file.free_bytes).into()));
    }
    let rows = rows.into_iter().map(|(key, value)| vec![key.into(), value]).collect();
    Report::new(&view).with_table(Table::new(SETTING, rows)).with_names([path])
}

/// The JSON answer of `db verify`.
#[derive(Serialize)]
struct VerifyView<'a> {
    ok: bool,
    findings: &'a [String],
}

/// What `db verify` answers.
pub fn verified(findings: &[String]) -> Report {
    let report = Report::new(&VerifyView { ok: findings.is_empty(), findings });
    match findings {
        [] => report.with_line("ok: the file is intact, and its counters match its rows"),
        found => found.iter().fold(report, |report, line| report.with_line(line.as_str())),
    }
}

/// The JSON answer of `db backup`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BackupView {
    path: String,
    bytes: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

/// What `db backup` answers.
pub fn backed_up(to: &Path, bytes: u64, dry_run: bool) -> Report {
    let path = to.display().to_string();
    let (size, shown) = (size(bytes), Untrusted(&path));
    let line = match dry_run {
        true => format!("would write {size} to {shown}; nothing changed"),
        false => format!("{size} written to {shown}, verified and synced to disk"),
    };
    Report::new(&BackupView { path: path.clone(), bytes, dry_run }).with_line(line).with_names([path])
}

/// What `db restore` did, or would do.
#[derive(Clone, Debug)]
pub struct Restored {
    queue: PathBuf,
    events: u64,
    pending: u64,
    /// The path where the old queue is kept.
    pub kept: Option<PathBuf>,
}

impl Restored {
    /// The result of restoring `candidate` over `queue`.
    pub fn of(candidate: &PreparedRestore, queue: &Path) -> Self {
        Self { queue: queue.to_owned(), events: candidate.events, pending: candidate.pending, kept: None }
    }
}

/// The JSON answer of `db restore`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RestoreView {
    path: String,
    events: u64,
    pending: u64,
    kept: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

/// What `db restore` answers.
pub fn restored(restored: &Restored, dry_run: bool) -> Report {
    let path = restored.queue.display().to_string();
    let kept = restored.kept.as_ref().map(|kept| kept.display().to_string());
    let what = format!(
        "{} with {} pending",
        counted(restored.events, "event", "events"),
        counted(restored.pending, "delivery", "deliveries")
    );
    let line = match dry_run {
        true => format!("would restore {what}; nothing changed"),
        false => format!("{what} restored to {}", Untrusted(&path)),
    };
    let (events, pending) = (restored.events, restored.pending);
    let view = RestoreView { path: path.clone(), events, pending, kept: kept.clone(), dry_run };
    let report = Report::new(&view).with_line(line).with_names([path]);
    match kept {
        Some(kept) => report.with_line(format!("the old queue is kept as {}", Untrusted(&kept))),
        None => report,
    }
}

/// The JSON answer of `db prune`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PruneView {
    deliveries: u64,
    attempts: u64,
    events: u64,
    minutes: u64,
    runs: u64,
    received: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

/// How many rows of each log `db prune` removed, or would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrunedLogs {
    /// Figures of attempts, each of one minute, endpoint and type.
    pub minutes: u64,
    /// Runs that ended.
    pub runs: u64,
    /// Webhooks that arrived.
    pub received: u64,
}

impl PrunedLogs {
    /// The number of all rows.
    pub fn total(self) -> u64 {
        self.minutes + self.runs + self.received
    }

    /// Counts `rows` more of `log`.
    pub fn add(&mut self, log: PrunableLog, rows: u64) {
        let sum = match log {
            PrunableLog::Rates => &mut self.minutes,
            PrunableLog::Runs => &mut self.runs,
            PrunableLog::Received => &mut self.received,
        };
        *sum += rows;
    }

    fn describe(self) -> String {
        let (runs, received) = (counted(self.runs, "run", "runs"), counted(self.received, "webhook", "webhooks"));
        format!("{}, {runs} and {received}", counted(self.minutes, "figure", "figures"))
    }
}

/// What `db prune` answers. A dry run counts deliveries, but not the attempts and events that go with them.
pub fn pruned(pruned: PruneResult, logs: PrunedLogs, dry_run: bool) -> Report {
    let PruneResult { deliveries, attempts, events, .. } = pruned;
    let PrunedLogs { minutes, runs, received } = logs;
    let removed = counted(deliveries, "delivery", "deliveries");
    let attempts_and_events =
        format!("{} and {}", counted(attempts, "attempt", "attempts"), counted(events, "event", "events"));
    let report = Report::new(&PruneView { deliveries, attempts, events, minutes, runs, received, dry_run });
    let report = report.with_line(match dry_run {
        true => format!("would remove {removed}"),
        false => format!("{removed}, {attempts_and_events} removed"),
    });
    match (logs.total(), dry_run) {
        (0, _) => report,
        (_, true) => report.with_line(format!("and from the logs {}", logs.describe())),
        (_, false) => report.with_line(format!("{} removed from the logs", logs.describe())),
    }
}

fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

const COPIED: &[Column] = &[
    Column::text("table", "TABLE"),
    Column::number("from", "FROM"),
    Column::number("to", "TO"),
    Column::text("agrees", "AGREES"),
];

/// The JSON answer of `db copy`.
#[derive(Serialize)]
struct CopiedView<'a> {
    to: String,
    rows: usize,
    agrees: bool,
    tables: Vec<CopiedTableView<'a>>,
}

/// The rows of one table on both sides of a copy.
#[derive(Serialize)]
struct CopiedTableView<'a> {
    table: &'a str,
    from: u64,
    to: u64,
    agrees: bool,
}

/// What `db copy` answers: the rows of each table on both sides.
pub fn copied(compared: &[CopiedRows], to: &Location) -> Report {
    let table = |it: &CopiedRows| vec![it.table.as_str().into(), it.from.into(), it.to.into(), agreement(it.agrees)];
    let view = CopiedView {
        to: to.to_string(),
        rows: compared.iter().map(|it| usize::try_from(it.to).unwrap_or(usize::MAX)).sum(),
        agrees: compared.iter().all(|it| it.agrees),
        tables: compared
            .iter()
            .map(|it| CopiedTableView { table: &it.table, from: it.from, to: it.to, agrees: it.agrees })
            .collect(),
    };
    let line = match view.agrees {
        true => format!("copied {} to {}; both sides agree", count(view.rows, "row"), view.to),
        false => format!("{} differs from the source, so it stays closed", view.to),
    };
    let report = Report::new(&view)
        .with_line(line)
        .with_table(Table::new(COPIED, compared.iter().map(table).collect()))
        .with_names([view.to.clone()]);
    match view.agrees {
        true => report.with_hint("stop what writes to the old queue, and set SYNCCTL_DB or `database` to the new one"),
        false => report
            .with_hint("another process wrote to the old queue meanwhile: stop it, and run the same command again"),
    }
}

/// The JSON answer of `db copy --dry-run`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CopyPlanView {
    from: String,
    to: String,
    would_copy_events: i64,
}

/// What a dry run of `db copy` answers.
pub fn would_copy(events: i64, from: &Location, to: &Location) -> Report {
    let view = CopyPlanView { from: from.to_string(), to: to.to_string(), would_copy_events: events };
    let number = count(usize::try_from(events).unwrap_or(usize::MAX), "event");
    let line = format!("would copy {number} and all other rows from {} to {}; nothing changed", view.from, view.to);
    Report::new(&view).with_line(line)
}

fn agreement(agrees: bool) -> Cell {
    if agrees { Cell::Level(Level::Good, "yes".to_owned()) } else { Cell::Level(Level::Bad, "no".to_owned()) }
}
