//! The answers of `requests`: kept refused requests, and the results of replays.

use serde::Serialize;

use super::{Cell, Column, Level, Pagination, Report, Table};
use crate::clock::Timestamp;
use crate::store::inbound::{KeptRequest, RequestCopy};
use crate::store::{Listed, Page};

/// A kept request as `requests list` shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeptView<'a> {
    id: i64,
    received_at: Timestamp,
    source: &'a str,
    route: &'a str,
    reason: &'a str,
    bytes: u64,
    replayed_at: Option<Timestamp>,
    result: Option<&'a str>,
}

impl<'a> KeptView<'a> {
    fn of(row: &'a KeptRequest) -> Self {
        Self {
            id: row.id,
            received_at: row.at,
            source: &row.source,
            route: &row.route,
            reason: &row.reason,
            bytes: row.bytes,
            replayed_at: row.replayed_at,
            result: row.result.as_deref(),
        }
    }
}

pub(super) const KEPT: &[Column] = &[
    Column::number("id", "ID"),
    Column::text("received", "RECEIVED"),
    Column::text("source", "FROM"),
    Column::text("route", "ROUTE"),
    Column::text("reason", "REASON"),
    Column::number("bytes", "BYTES"),
    Column::text("result", "REPLAYED"),
];

/// A page of kept requests.
pub fn list(listed: &Listed<KeptRequest>, page: Page) -> Report {
    let views: Vec<_> = listed.rows.iter().map(KeptView::of).collect();
    let rows = listed.rows.iter().map(cells).collect();
    let report = Report::new(&views)
        .paged(Pagination::of(listed, page))
        .with_table(Table::new(KEPT, rows).summed_up(format!("{} of {} shown", listed.rows.len(), listed.total)))
        .with_names(listed.rows.iter().map(|row| row.id.to_string()));
    match listed.rows.is_empty() {
        true => report.with_hint("no refused request is kept"),
        false => report.with_hint("explain it with `syncctl verify --stored ID --explain`"),
    }
}

fn cells(row: &KeptRequest) -> Vec<Cell> {
    vec![
        row.id.into(),
        row.at.into(),
        row.source.as_str().into(),
        row.route.as_str().into(),
        Cell::Level(Level::Bad, row.reason.clone()),
        row.bytes.into(),
        row.result.as_deref().into(),
    ]
}

/// One kept request with headers and body.
pub fn show(row: &KeptRequest, copy: &RequestCopy) -> Report {
    /// The JSON answer of `requests show`.
    #[derive(Serialize)]
    struct ShownView<'a> {
        #[serde(flatten)]
        kept: KeptView<'a>,
        headers: &'a [(String, String)],
        body: String,
    }
    let body = String::from_utf8_lossy(&copy.body).into_owned();
    let view = ShownView { kept: KeptView::of(row), headers: &copy.headers, body };
    let mut report = Report::new(&view)
        .with_table(Table::new(KEPT, vec![cells(row)]))
        .with_names([row.id.to_string()])
        .with_hint(format!("explain it with `syncctl verify --stored {} --explain`", row.id));
    for (name, value) in &copy.headers {
        report = report.with_line(format!("{name}: {value}"));
    }
    report.with_line("").with_line(&*view.body)
}

/// What came of replaying one kept request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replayed {
    /// Its number.
    pub id: i64,
    /// `applied`, `duplicate`, `stale`, `conflict`, `refused`, or `failed` if the command of its source did.
    pub result: String,
    /// Why it was refused again, or failed.
    pub reason: Option<String>,
}

impl Replayed {
    /// Whether it now counts as received.
    pub fn is_accepted(&self) -> bool {
        ["applied", "duplicate", "stale"].contains(&self.result.as_str())
    }
}

const REPLAYED: &[Column] =
    &[Column::number("id", "ID"), Column::text("result", "RESULT"), Column::text("reason", "REASON")];

/// The answer of `requests replay`.
pub fn replayed(all: &[Replayed]) -> Report {
    let cells = |one: &Replayed| {
        let level = if one.is_accepted() { Level::Good } else { Level::Bad };
        vec![one.id.into(), Cell::Level(level, one.result.clone()), one.reason.as_deref().into()]
    };
    Report::new(&all)
        .with_table(Table::new(REPLAYED, all.iter().map(cells).collect()))
        .with_names(all.iter().map(|one| one.id.to_string()))
}
