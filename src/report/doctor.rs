//! What `doctor` found, a line for each thing it looked at.

use serde::Serialize;

use super::{Cell, Column, Level, Report, Table};
use crate::monitor::checkup::{Finding, Verdict};
use crate::text::count;

const FINDINGS: &[Column] = &[
    Column::text("verdict", "VERDICT"),
    Column::text("check", "CHECK"),
    Column::text("found", "FOUND"),
    Column::text("hint", "HINT").only_wide(),
];

#[derive(Serialize)]
struct FindingsView<'a> {
    checks: &'a [Finding],
    failures: usize,
    warnings: usize,
}

/// What `doctor` answers.
pub fn findings(findings: &[Finding]) -> Report {
    let of = |verdict: Verdict| findings.iter().filter(|it| it.verdict == verdict).count();
    let (failures, warnings) = (of(Verdict::Fail), of(Verdict::Warn));
    let summary = match (failures, warnings) {
        (0, 0) => "nothing is wrong".to_owned(),
        _ => format!("{}, {}", count(failures, "failure"), count(warnings, "warning")),
    };
    let table = Table::new(FINDINGS, findings.iter().map(cells).collect()).summed_up(summary);
    let report = Report::new(&FindingsView { checks: findings, failures, warnings })
        .with_table(table)
        .with_names(findings.iter().map(|finding| finding.name));
    let hints = findings.iter().filter_map(|finding| finding.hint.as_deref());
    hints.fold(report, Report::with_hint)
}

fn cells(finding: &Finding) -> Vec<Cell> {
    let level = match finding.verdict {
        Verdict::Ok => Level::Good,
        Verdict::Warn => Level::Warning,
        Verdict::Fail => Level::Bad,
    };
    vec![
        (level, finding.verdict.name()).into(),
        finding.name.into(),
        finding.detail.as_str().into(),
        finding.hint.as_deref().into(),
    ]
}
