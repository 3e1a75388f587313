//! The answer of `reconcile`: how the other side differs.

use serde::Serialize;

use super::{Cell, Column, Level, Report, Table};
use crate::format::count;

/// How a record differs from the other system's export of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mismatch {
    /// The other side does not have it.
    Missing,
    /// The other side has other values.
    Stale,
    /// It was deleted here, and the other side still has it.
    Deleted,
    /// Only the other side has it.
    Extra,
}

impl Mismatch {
    fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Deleted => "deleted here",
            Self::Extra => "extra",
        }
    }
}

/// A record that differs from the other system's export of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its resource type.
    #[serde(rename = "resourceType")]
    pub kind: &'static str,
    /// Its id.
    #[serde(rename = "resourceId")]
    pub id: String,
    /// How it differs.
    pub verdict: Mismatch,
    /// The fields that differ.
    pub fields: Vec<String>,
    /// The sync status of the record: a `pending` one is on its way.
    pub sync: Option<&'static str>,
}

/// What `reconcile` found: how many records agree, and which differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reconciled {
    /// Resources that agree.
    pub same: u64,
    /// Resources the other side does not have.
    pub missing: u64,
    /// Resources with other values.
    pub stale: u64,
    /// Resources that were deleted here.
    pub deleted: u64,
    /// Resources only the other side has.
    pub extra: u64,
    /// Events written.
    pub events: u64,
    /// The first differences.
    pub differences: Vec<Difference>,
}

impl Reconciled {
    /// Counts a difference.
    pub fn count(&mut self, verdict: Mismatch) {
        let counter = match verdict {
            Mismatch::Missing => &mut self.missing,
            Mismatch::Stale => &mut self.stale,
            Mismatch::Deleted => &mut self.deleted,
            Mismatch::Extra => &mut self.extra,
        };
        *counter += 1;
    }

    /// Whether both sides have the same.
    pub fn agree(&self) -> bool {
        self.different() == 0
    }

    fn different(&self) -> u64 {
        self.missing + self.stale + self.deleted + self.extra
    }
}

pub(super) const DIFFERENCES: &[Column] = &[
    Column::text("verdict", "VERDICT"),
    Column::text("type", "TYPE"),
    Column::text("id", "ID"),
    Column::text("fields", "FIELDS"),
    Column::text("sync", "SYNC"),
];

/// The answer of `reconcile`; `events` names the file that the events were written to.
pub fn reconciled(done: &Reconciled, events: Option<&str>) -> Report {
    let Reconciled { same, missing, stale, deleted, extra, .. } = done;
    let told = format!(
        "{same} equal, {missing} missing there, {stale} stale there, {deleted} deleted here, {extra} extra there"
    );
    let row = |difference: &Difference| -> Vec<Cell> {
        let level = if difference.sync == Some("pending") { Level::Busy } else { Level::Warning };
        vec![
            Cell::Level(level, difference.verdict.name().to_owned()),
            difference.kind.into(),
            difference.id.clone().into(),
            difference.fields.join(", ").into(),
            difference.sync.into(),
        ]
    };
    let mut table = Table::new(DIFFERENCES, done.differences.iter().map(row).collect());
    let more = done.different().saturating_sub(done.differences.len() as u64);
    if more > 0 {
        table = table.summed_up(format!("and {more} more"));
    }
    let mut report = Report::new(done).with_line(told).with_names(done.differences.iter().map(|it| it.id.clone()));
    if let Some(file) = events {
        let written = count(usize::try_from(done.events).unwrap_or(usize::MAX), "event");
        report = report.with_line(format!("{written} written to {file}"));
    }
    if done.differences.is_empty() { report } else { report.with_table(table) }
}
