//! `version`: prints the version.

use serde::Serialize;

use super::context::Context;
use super::exit::{CliError, Exit};
use crate::report::Report;

/// The version with commit and date, as `--version` prints it.
pub(super) const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("SYNCCTL_COMMIT"), " ", env!("SYNCCTL_COMMIT_DATE"), ")");

/// The command-line arguments of `version`.
#[derive(Debug, clap::Args)]
pub struct VersionArgs {}

/// The JSON answer of `version`.
#[derive(Serialize)]
struct VersionView {
    version: &'static str,
    commit: &'static str,
    date: &'static str,
}

impl VersionArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let version = env!("CARGO_PKG_VERSION");
        let view = VersionView { version, commit: env!("SYNCCTL_COMMIT"), date: env!("SYNCCTL_COMMIT_DATE") };
        let report = Report::new(&view)
            .beside("version", &version)
            .with_line(format!("syncctl {VERSION}"))
            .with_names([version]);
        context.screen.report(&report)?;
        Ok(Exit::Done)
    }
}
