//! `check`: the health of the queue as a Nagios plugin.

use std::sync::mpsc;
use std::time::Duration;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::values;
use crate::clock::Timestamp;
use crate::config::{Config, ConfigSources};
use crate::monitor::nagios::{CheckFigures, CheckThresholds, evaluate};
use crate::monitor::{self, Grade};
use crate::report::{Report, health};
use crate::service::figures;
use crate::store::{self, Access};

/// The exit of a check that could not be made: Nagios' UNKNOWN is 3, which other commands use for "done in part".
pub(super) const UNKNOWN: Exit = Exit::Part;

/// The command-line arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Warn above these: pending=N,age=TIME,failed=N,rate=PERCENT
    ///
    /// Default: half of the failure rate and a third of the age at which `health` reports unhealthy.
    #[arg(short, long, value_name = "THRESHOLDS", default_value = "", hide_default_value = true)]
    #[arg(value_parser = CheckThresholds::parse)]
    warning: CheckThresholds,
    /// Critical above these
    ///
    /// Default: the failure rate and the age at which `health` reports unhealthy. Any other reason for `health` to report unhealthy
    /// is critical too.
    #[arg(short, long, value_name = "THRESHOLDS", default_value = "", hide_default_value = true)]
    #[arg(value_parser = CheckThresholds::parse)]
    critical: CheckThresholds,
    /// Report UNKNOWN after this time
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = values::duration)]
    timeout: Duration,
}

impl CheckArgs {
    /// Runs the check. Every error is reported as UNKNOWN on standard output, which Nagios reads.
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let shown = self.read_and_evaluate(context).and_then(|(grade, report)| {
            match grade {
                Grade::Ok => context.screen.report_done(&report)?,
                Grade::Warning | Grade::Critical => context.screen.report(&report)?,
            }
            Ok(exit(grade))
        });
        shown.or_else(|error| {
            let Some(failure) = error.into_failure(context.location()) else { return Err(CliError::ClosedPipe) };
            let causes = failure.causes.iter().map(|cause| format!(": {cause}")).collect::<String>();
            let _ = context.screen.report(&health::unknown(&format!("{}{causes}", failure.message)));
            Ok(UNKNOWN)
        })
    }

    /// Reads the queue on another thread, so that a lock or a hanging disk cannot delay the answer past the timeout.
    fn read_and_evaluate(&self, context: &Context) -> Result<(Grade, Report), CliError> {
        let (answer, answered) = mpsc::sync_channel(1);
        let (sources, now) = (context.sources().clone(), context.now);
        let (warning, critical) = (self.warning, self.critical);
        std::thread::Builder::new()
            .name("check".to_owned())
            .spawn(move || {
                // After the timeout nobody receives the answer.
                let _ = answer.send(examine(sources, &warning, &critical, now));
            })
            .map_err(|e| Exit::Io.error("failed to start a thread").cause(e))?;
        match answered.recv_timeout(self.timeout) {
            Ok(looked) => looked,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                Err(Exit::Failure.error(format!("no answer within {}", crate::format::short_duration(self.timeout))))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(Exit::Bug.error("the check ended without an answer")),
        }
    }
}

fn examine(
    sources: ConfigSources,
    warning: &CheckThresholds,
    critical: &CheckThresholds,
    now: Timestamp,
) -> Result<(Grade, Report), CliError> {
    let config = Config::load(sources)?;
    let store = store::open(config.database()?, Access::Existing)?;
    let read = figures::health_figures(store.as_ref(), &config.health, now)?;
    let judged = monitor::health(&read, &config.health, now);
    let measured = CheckFigures::of(&read.figures, &judged, now);
    let warning = warning.or(CheckThresholds::warning(&config.health));
    let critical = critical.or(CheckThresholds::critical(&config.health));
    let answer = evaluate(&measured, &judged, &warning, &critical);
    Ok((answer.grade, health::check(word(answer.grade), &answer, &measured)))
}

fn word(grade: Grade) -> &'static str {
    match grade {
        Grade::Ok => "OK",
        Grade::Warning => "WARNING",
        Grade::Critical => "CRITICAL",
    }
}

/// Nagios' exit codes 0, 1 and 2, which differ from those of other commands.
fn exit(grade: Grade) -> Exit {
    match grade {
        Grade::Ok => Exit::Done,
        Grade::Warning => Exit::Failure,
        Grade::Critical => Exit::Usage,
    }
}
