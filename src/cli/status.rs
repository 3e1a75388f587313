//! `status`: shows the queue and its endpoints, once or repeatedly.

use std::time::Duration;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::signals::{Signals, block_on};
use super::values;
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::monitor::FreshnessThresholds;
use crate::report::{self, Report};
use crate::service::figures;
use crate::store::Store;

/// The command-line arguments of `status`.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// Refresh every 2s, or at this interval, until Ctrl-C
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "2s")]
    #[arg(value_parser = values::duration)]
    watch: Option<Duration>,
    /// Age at which an endpoint's last success counts as aging [default: 60m]
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    warn_after: Option<Duration>,
    /// Age at which it counts as stale [default: 180m]
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    error_after: Option<Duration>,
}

impl StatusArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        // `--watch` needs the queue itself; once, a backup will do.
        let store = if self.watch.is_some() { context.existing_store() } else { context.read_store() }?;
        let configured = context.config()?.freshness;
        let ages = FreshnessThresholds {
            warn_after: self.warn_after.unwrap_or(configured.warn_after),
            error_after: self.error_after.unwrap_or(configured.error_after),
        };
        match self.watch {
            None => context.screen.report(&read(store.as_ref(), &ages, context.now)?)?,
            Some(every) => watch(context, store.as_ref(), &ages, every.max(SHORTEST))?,
        }
        Ok(Exit::Done)
    }
}

fn read(store: &dyn Store, ages: &FreshnessThresholds, now: Timestamp) -> Result<Report, CliError> {
    let read = store.figures(now).wait()?;
    let flows = figures::flows(store, &read, now)?;
    Ok(report::status::status(&read, &flows, ages, now))
}

/// The shortest refresh interval.
const SHORTEST: Duration = Duration::from_millis(100);

/// Shows the status until a signal arrives, which is the normal end.
fn watch(context: &Context, store: &dyn Store, ages: &FreshnessThresholds, every: Duration) -> Result<(), CliError> {
    block_on(async {
        let signals = Signals::listen().map_err(|e| Exit::Io.error("failed to listen for signals").cause(e))?;
        let mut stop = signals.stop.clone();
        let mut screen = context.screen.clone();
        loop {
            let now = SystemClock.now();
            screen.set_now(now);
            screen.clear()?;
            screen.report(&read(store, ages, now)?)?;
            tokio::select! {
                _ = stop.changed() => return Ok(()),
                () = tokio::time::sleep(every) => {}
            }
        }
    })
}
