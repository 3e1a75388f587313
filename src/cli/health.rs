//! `health`: reports whether the queue is healthy, check by check.

use super::context::Context;
use super::exit::{CliError, Exit};
use crate::monitor;
use crate::report::health;
use crate::service::figures;

/// The command-line arguments of `health`.
#[derive(Debug, clap::Args)]
pub struct HealthArgs {}

impl HealthArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = context.existing_store()?;
        let limits = &context.config()?.health;
        let details = figures::health_details(store.as_ref(), limits, context.now)?;
        let judged = monitor::health(&details.figures, limits, context.now);
        let report = health::health(&judged, &details, context.now);
        if judged.healthy {
            context.screen.report_done(&report)?;
            return Ok(Exit::Done);
        }
        // Not `said`: an unhealthy queue is reported even with `-q`, so that cron mails it.
        context.screen.report(&report)?;
        Ok(Exit::Failure)
    }
}
