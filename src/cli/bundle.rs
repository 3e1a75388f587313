//! `bundle`: writes a support file without payloads and secrets.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::context::Context;
use super::events::find;
use super::exit::{CliError, Exit};
use super::version::VERSION;
use crate::config::Config;
use crate::format::bytes;
use crate::monitor;
use crate::report::Report;
use crate::report::bundle::{BundleInput, bundle};
use crate::service::figures;

/// The most failures and runs in a bundle.
const LATEST: u64 = 100;

/// The command-line arguments of `bundle`.
#[derive(Debug, clap::Args)]
pub struct BundleArgs {
    /// Include this event with its deliveries and attempts: event id, evt#N, or a delivery number
    #[arg(value_name = "EVENT")]
    event: Option<String>,
    /// File to write, or `-` for standard output [default: syncctl-bundle-TIME.json]
    #[arg(long, value_name = "FILE|-")]
    to: Option<PathBuf>,
}

/// The JSON answer of `bundle`: the file it wrote.
#[derive(Serialize)]
struct BundleView {
    file: String,
    bytes: usize,
}

impl BundleArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let text = self.text(context)?;
        let time = context.now.to_datetime().format("%Y%m%dT%H%M%SZ");
        let file = self.to.unwrap_or_else(|| format!("syncctl-bundle-{time}.json").into());
        if file.as_os_str() == "-" {
            context.screen.bytes(text.as_bytes())?;
            return Ok(Exit::Done);
        }
        write(&file, &text)?;
        let view = BundleView { file: file.display().to_string(), bytes: text.len() };
        let line = format!("wrote {} ({}); it holds no payloads and no secrets", view.file, bytes(text.len() as u64));
        context.done(&Report::new(&view).with_line(line).with_names([view.file.clone()]))?;
        Ok(Exit::Done)
    }

    fn text(&self, context: &Context) -> Result<String, CliError> {
        let (store, now) = (context.read_store()?, context.now);
        let config = context.config()?;
        let event = self.event.as_deref().map(|id| find(store.as_ref(), id)).transpose()?;
        let details = figures::health_details(store.as_ref(), &config.health, now)?;
        let health = monitor::health(&details.figures, &config.health, now);
        let failures = figures::recent_failures(store.as_ref(), LATEST)?;
        let runs = store.runs(LATEST).wait()?;
        let database = store.database().wait().ok();
        let parts = BundleInput {
            now,
            version: VERSION,
            settings: settings(config),
            figures: &details.figures.figures,
            health: &health,
            stats: &details.stats,
            database: database.as_ref(),
            runs: &runs,
            failures: &failures,
            event: event.as_ref(),
        };
        let text = serde_json::to_string_pretty(&bundle(&parts)).expect("a bundle is structs and lists");
        Ok(text + "\n")
    }
}

fn settings(config: &Config) -> Vec<(String, String, String)> {
    let setting = |it: &crate::config::Setting| (it.key.clone(), it.value.clone(), it.origin.to_string());
    config.origins().iter().map(setting).collect()
}

/// Writes a new file that only its owner can read. An existing file is not overwritten.
fn write(file: &Path, text: &str) -> Result<(), CliError> {
    let failed = |error: std::io::Error| {
        let exists = error.kind() == std::io::ErrorKind::AlreadyExists;
        let failed = Exit::Io.error(format!("failed to write {}", file.display())).cause(error);
        if exists { failed.hint("nothing was changed; name another file with `--to`") } else { failed }
    };
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
    out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(failed)
}
