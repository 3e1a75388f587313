//! The answers of the commands below `config`.

use serde::Serialize;

use super::{Cell, Column, Level, Report, Table};
use crate::untrusted::Untrusted;

/// One setting in the JSON answer of `config show`.
#[derive(Debug, Serialize)]
pub struct SettingView<'a> {
    /// Its key.
    pub key: &'a str,
    /// Its value, masked or in clear.
    pub value: String,
    /// The source of the value.
    pub origin: String,
    /// The weaker source that it overrides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hides: Option<String>,
}

const PLAIN: &[Column] =
    &[Column::text("key", "KEY"), Column::text("value", "VALUE"), Column::text("origin", "ORIGIN").only_wide()];
pub(super) const WITH_ORIGIN: &[Column] =
    &[Column::text("key", "KEY"), Column::text("value", "VALUE"), Column::text("origin", "ORIGIN")];

/// What `config show` answers.
pub fn settings(views: &[SettingView<'_>], origin: bool) -> Report {
    let row = |view: &SettingView<'_>| {
        let origin = match &view.hides {
            Some(hides) => format!("{}  (hides {hides})", view.origin),
            None => view.origin.clone(),
        };
        let value = if view.value.is_empty() { Cell::Empty } else { view.value.as_str().into() };
        vec![view.key.into(), value, origin.into()]
    };
    let columns = if origin { WITH_ORIGIN } else { PLAIN };
    Report::new(&views)
        .with_table(Table::new(columns, views.iter().map(row).collect()))
        .with_names(views.iter().map(|view| view.key))
}

/// One problem in the JSON answer of `config validate`.
#[derive(Debug, Serialize)]
pub struct ProblemView {
    /// The file it is in.
    pub file: Option<String>,
    /// The line it is on.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// A correction or remedy.
    pub hint: Option<String>,
}

impl ProblemView {
    /// A problem that is in no file.
    pub fn new(message: String) -> Self {
        Self { file: None, line: None, message, hint: None }
    }

    /// The problem in one line: `FILE:LINE: what`.
    pub fn text(&self) -> String {
        let place = match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{file}:{line}: "),
            (Some(file), None) => format!("{file}: "),
            (None, _) => String::new(),
        };
        Untrusted(&format!("{place}{}", self.message)).to_string()
    }
}

/// The JSON answer of `config validate`.
#[derive(Serialize)]
struct ValidView<'a> {
    valid: bool,
    problems: &'a [ProblemView],
}

/// What `config validate` answers.
pub fn problems(problems: &[ProblemView]) -> Report {
    let report = Report::new(&ValidView { valid: problems.is_empty(), problems });
    if problems.is_empty() {
        return report.with_line("ok: the configuration is valid");
    }
    problems.iter().fold(report, |report, problem| match &problem.hint {
        Some(hint) => report.with_line(format!("{}  ({hint})", problem.text())),
        None => report.with_line(problem.text()),
    })
}

/// One configuration file in the JSON answer of `config show`: whether it was found.
#[derive(Debug, Serialize)]
pub struct FileView {
    /// Whose it is.
    pub role: &'static str,
    /// The file.
    pub path: String,
    /// Whether it exists.
    pub found: bool,
}

const PLACES: &[Column] = &[Column::text("role", "ROLE"), Column::text("path", "PATH"), Column::text("found", "FOUND")];

/// What `config path` answers, weakest first.
pub fn files(views: &[FileView]) -> Report {
    let row = |view: &FileView| {
        let found = if view.found { (Level::Good, "yes") } else { (Level::Quiet, "no") };
        vec![view.role.into(), view.path.as_str().into(), found.into()]
    };
    Report::new(&views)
        .with_table(Table::new(PLACES, views.iter().map(row).collect()))
        .with_names(views.iter().map(|view| view.path.clone()))
}
