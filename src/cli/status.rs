//! `status`: the queue and its endpoints.

use super::context::Context;
use super::exit::{Exit, Fault};
use crate::report::queue;

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {}

impl StatusArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Fault> {
        let figures = context.existing_store()?.figures(context.now)?;
        context.screen.report(&queue::status(&figures, context.now))?;
        Ok(Exit::Done)
    }
}
