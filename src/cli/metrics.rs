//! `metrics`: prints Prometheus metrics without a server.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::exit::{CliError, Exit};
use crate::clock::Timestamp;
use crate::server::metrics::{Metrics, classic};

/// The file's name within its directory.
const FILE: &str = "syncctl.prom";

/// The command-line arguments of `metrics`.
#[derive(Debug, clap::Args)]
pub struct MetricsArgs {
    /// Write syncctl.prom atomically into the node exporter's textfile directory
    #[arg(long, value_name = "DIR")]
    textfile: Option<PathBuf>,
}

impl MetricsArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = context.existing_store()?;
        let metrics = Metrics::default();
        metrics.count_attempts(&store.rates(Timestamp::from_millis(0)).wait()?);
        let text = classic(&metrics.text(store.as_ref(), &context.config()?.health, context.now)?);
        match &self.textfile {
            None => context.screen.bytes(text.as_bytes())?,
            Some(directory) => replace(directory, &text)
                .map_err(|e| Exit::Io.error(format!("failed to write {FILE} in {}", directory.display())).cause(e))?,
        }
        Ok(Exit::Done)
    }
}

/// Replaces the file atomically: a reader finds the old one or the new one.
fn replace(directory: &Path, text: &str) -> std::io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(".syncctl-").tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    // The node exporter runs as another user.
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    file.persist(directory.join(FILE)).map(drop).map_err(|e| e.error)
}
