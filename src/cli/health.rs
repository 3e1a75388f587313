//! `health`: whether the queue is healthy, and what is wrong if it is not.

use super::context::Context;
use super::exit::{Exit, Fault};
use crate::clock::Timestamp;
use crate::monitor::{self, HEALTH_WINDOW, Limits, STATS_WINDOW};
use crate::report::queue::Queue;
use crate::report::{Report, health};
use crate::store::{DeliveryFilter, Page, Result, Store};

/// Recent failures that are shown.
const SHOWN: u64 = 10;

/// Arguments of `health`.
#[derive(Debug, clap::Args)]
pub struct HealthArgs {}

impl HealthArgs {
    pub(super) fn run(self, context: &Context) -> std::result::Result<Exit, Fault> {
        let store = context.existing_store()?;
        let (healthy, report) = examine(store.as_ref(), &context.config()?.health, context.now)?;
        if healthy {
            context.screen.said(&report)?;
            return Ok(Exit::Done);
        }
        // An answer of no is no success: `-q` lets it through, so that cron mails it.
        context.screen.report(&report)?;
        Ok(Exit::No)
    }
}

/// Whether the queue is healthy, and the report that says so.
fn examine(store: &dyn Store, limits: &Limits, now: Timestamp) -> Result<(bool, Report)> {
    let figures = store.figures(now)?;
    let judged = monitor::health(&figures, &store.rates(now.minus(HEALTH_WINDOW))?, limits, now);
    let since = now.minus(STATS_WINDOW);
    let stats = monitor::failure_stats(&figures, &store.rates(since)?, since);
    let troubled = DeliveryFilter { troubled: true, ..DeliveryFilter::default() };
    let recent = store.deliveries(&troubled, Page { limit: SHOWN, number: 1, oldest_first: false })?;
    Ok((judged.healthy, health::health(&judged, Queue::of(&figures, now), &recent.rows, &stats)))
}
