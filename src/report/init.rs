//! The answer of `init`: the files it wrote, and the next steps.

use std::path::Path;

use serde::Serialize;

use super::Report;
use crate::untrusted::Untrusted;

/// The files that `init` wrote.
#[derive(Debug)]
pub struct InitFiles<'a> {
    /// The configuration.
    pub config: &'a Path,
    /// The file of the secret it names, and whether the secret is new.
    pub secret: Option<(&'a Path, bool)>,
    /// Where the old configuration is kept.
    pub kept: Option<&'a Path>,
    /// The next steps: description and command.
    pub next: &'a [(&'static str, String)],
}

/// The JSON answer of `init`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StartedView {
    config: String,
    secret: Option<String>,
    secret_is_new: bool,
    kept: Option<String>,
    next: Vec<String>,
}

/// What `init` answers.
pub fn started(started: &InitFiles<'_>) -> Report {
    let text = |path: &Path| path.display().to_string();
    let view = StartedView {
        config: text(started.config),
        secret: started.secret.map(|(path, _)| text(path)),
        secret_is_new: started.secret.is_some_and(|(_, is_new)| is_new),
        kept: started.kept.map(text),
        next: started.next.iter().map(|(_, command)| command.clone()).collect(),
    };
    let shown = |path: &Path| Untrusted(&text(path)).to_string();
    let mut report = Report::new(&view)
        .with_names([view.config.as_str()].into_iter().chain(view.secret.as_deref()))
        .with_line(format!("wrote {}", shown(started.config)));
    report = match started.secret {
        Some((path, true)) => {
            report.with_line(format!("wrote {}: a new secret, which the receivers need too", shown(path)))
        }
        Some((path, false)) => report.with_line(format!("kept {}: the existing secret", shown(path))),
        None => report,
    };
    if let Some(path) = started.kept {
        report = report.with_line(format!("kept the old configuration as {}", shown(path)));
    }
    let width = started.next.iter().map(|(what, _)| what.len()).max().unwrap_or_default();
    let next = started.next.iter().map(|(what, command)| format!("  {what:width$}  {}", Untrusted(command)));
    next.fold(report.with_line("").with_line("Next:"), Report::with_line)
}

/// What `init --dry-run` answers.
pub fn would_start(config: &Path, secret: Option<&Path>) -> Report {
    /// The JSON answer of `init --dry-run`.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct PlannedView {
        config: String,
        secret: Option<String>,
        dry_run: bool,
    }
    let text = |path: &Path| path.display().to_string();
    let view = PlannedView { config: text(config), secret: secret.map(text), dry_run: true };
    let paths = [config].into_iter().chain(secret);
    let lines = paths.map(|path| format!("would write {}", Untrusted(&text(path))));
    lines.fold(Report::new(&view), Report::with_line).with_line("nothing changed")
}
