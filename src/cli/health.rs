//! `health`: whether the queue is healthy, and what is wrong if it is not.

use super::context::Context;
use super::exit::{CliError, Exit};
use crate::report::health;

/// Arguments of `health`.
#[derive(Debug, clap::Args)]
pub struct HealthArgs {}

impl HealthArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = context.existing_store()?;
        let (healthy, report) = health::examine(store.as_ref(), &context.config()?.health, context.now)?;
        if healthy {
            context.screen.said(&report)?;
            return Ok(Exit::Done);
        }
        // An answer of no is no success: `-q` lets it through, so that cron mails it.
        context.screen.report(&report)?;
        Ok(Exit::Failure)
    }
}
