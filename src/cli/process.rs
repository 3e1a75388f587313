//! `process`: deliver what is due.

mod named;
mod watch;

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::signals::{Signals, block_on};
use super::values;
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::delivery::Next;
use crate::endpoint::{Endpoint, EndpointId, MAX_CONCURRENCY, PausedBy};
use crate::format::count;
use crate::outbound::run::{RunOptions, RunSummary, RunUntil, StopRequest, WorkerError};
use crate::outbound::worker::AttemptObserver;
use crate::render::Progress;
use crate::report::endpoints::circuit_open;
use crate::report::process::{RunView, processed};
use crate::report::{self, Report};
use crate::service::{RunReport, WorkerConfig};
use crate::store::{EndpointFigures, FinishedAttempt, NamedLock, Page, RecordResult, Store};
use crate::untrusted::Untrusted;

/// How often a run checks whether it is done.
const LOOK: Duration = Duration::from_millis(50);
/// The most failed attempts that are shown after a run.
const SHOWN: usize = 10;
/// The most due deliveries that a dry run shows.
const DUE_SHOWN: u64 = 1_000;

/// The command-line arguments of `process`.
#[derive(Debug, clap::Args)]
pub struct ProcessArgs {
    /// Send only these due deliveries: delivery numbers, event ids or evt#N
    #[arg(value_name = "ID", conflicts_with_all = ["wait", "watch", "dry_run", "endpoint"])]
    ids: Vec<String>,
    /// Stop after this many attempts
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Requests in flight per endpoint, overriding its setting
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_CONCURRENCY)))]
    concurrency: Option<u16>,
    /// Stop starting attempts after this time, such as 50s
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    max_time: Option<Duration>,
    /// Also wait for retries and for attempts of other processes
    #[arg(long, conflicts_with = "watch")]
    wait: bool,
    /// Keep running and deliver new events at once
    #[arg(long)]
    watch: bool,
    /// Exit 0 at once if another run with --single is active
    #[arg(long)]
    single: bool,
    /// Send only to this endpoint
    #[arg(long, value_name = "NAME", conflicts_with_all = ["wait", "watch", "dry_run"])]
    endpoint: Option<String>,
    /// List due deliveries and send nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

impl ProcessArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        if self.dry_run {
            return show_due(context);
        }
        if self.watch {
            return watch::watch(context, &self, self.options());
        }
        let (store, endpoints) = context.existing_queue()?;
        let Some(_only) = self.only_one(store.as_ref())? else { return Ok(Exit::Done) };
        let mut options = self.options();
        if let Some(name) = &self.endpoint {
            let figures = store.figures(context.now).wait()?;
            options.endpoint = Some(figures.endpoints[super::endpoints::position(&figures, name)?].endpoint.id);
        }
        let named = named::resolve(store.as_ref(), &self.ids)?;
        options.only = named.as_ref().map(|ids| Arc::from(ids.as_slice()));
        let run = ProcessRun::new(context, Arc::clone(&store), &endpoints, options)?;
        let alerts = context.alert_watch(&store)?;
        let done = run.run("process");
        // Alerts are sent after a failed run, too.
        if let Some(alerts) = alerts {
            alerts.finish();
        }
        let done = done?;
        done.report(context, store.as_ref())?;
        let left = named.map_or(Ok(0), |ids| named::report_unfinished(context, store.as_ref(), &ids))?;
        Ok(match done.exit(self.wait) {
            Exit::Done if left > 0 => Exit::Part,
            exit => exit,
        })
    }

    fn options(&self) -> RunOptions {
        let until = match (self.wait, self.watch) {
            (_, true) => RunUntil::Stopped,
            (true, _) => RunUntil::NothingPending,
            (false, false) => RunUntil::NothingDue,
        };
        RunOptions {
            until,
            limit: self.limit,
            concurrency: self.concurrency,
            max_time: self.max_time,
            endpoint: None,
            only: None,
        }
    }

    /// Takes the lock of `--single`, which is held until the process ends; `None` when another run holds it.
    fn only_one(&self, store: &dyn Store) -> Result<Option<Option<NamedLock>>, CliError> {
        if !self.single {
            return Ok(Some(None));
        }
        let locked = store.try_exclusive("single").wait()?;
        if locked.is_none() {
            tracing::info!("another run with --single is active");
        }
        Ok(locked.map(Some))
    }
}

/// Lists what a run would claim now. Changes and creates nothing.
fn show_due(context: &Context) -> Result<Exit, CliError> {
    let config = context.config()?;
    let listed = context.existing_store()?.preview_due(&config.endpoints, context.now).wait()?;
    let page = Page { limit: DUE_SHOWN, number: 1, oldest_first: true };
    let line = format!("{} due now; nothing was sent", listed.total);
    context.screen.report(&report::deliveries::list(&listed, page).with_line(line))?;
    Ok(Exit::Done)
}

/// A run of `process` that is set up and can begin.
pub(super) struct ProcessRun {
    config: WorkerConfig,
    options: RunOptions,
    observer: AttemptObserver,
    failures: Arc<Mutex<FailedAttempts>>,
    progress: Progress,
}

/// What a run of `process` did, to be reported.
pub(super) struct ProcessReport {
    pub(super) summary: RunSummary,
    took: Duration,
    failures: Vec<String>,
    /// The exit code of the signal that stopped the run, if one did.
    pub(super) stopped_by: Option<Exit>,
}

impl ProcessRun {
    pub(super) fn new(
        context: &Context,
        store: Arc<dyn Store>,
        endpoints: &[Endpoint],
        options: RunOptions,
    ) -> Result<Self, CliError> {
        let keyring = context.keyring(endpoints)?;
        let waiting =
            store.figures(context.now).wait()?.endpoints.iter().map(|row| row.counts.waiting.unsigned_abs()).sum();
        let progress = context.screen.progress(Some(waiting), "Delivering");
        let failures = Arc::default();
        let on_attempt = keep_failures(progress.clone(), Arc::clone(&failures));
        let observer = EndpointNames::default().observer(Arc::clone(&store), on_attempt);
        let config = context.worker_config(store, keyring)?;
        Ok(Self { config, options, observer, failures, progress })
    }

    /// Runs until its options end it.
    pub(super) fn run(self, command: &str) -> Result<ProcessReport, CliError> {
        self.run_until(command, || false)
    }

    /// The same, ending also once `is_done` is true, which is checked several times a second.
    pub(super) fn run_until(self, command: &str, is_done: impl Fn() -> bool) -> Result<ProcessReport, CliError> {
        let Self { config, options, observer, failures, progress } = self;
        let (done, stopped_by) = block_on(async {
            let signals = Signals::listen().map_err(|e| Exit::Io.error("failed to listen for signals").cause(e))?;
            let exit_code = |done: &Result<RunSummary, WorkerError>| match done {
                Ok(summary) => i64::from(exit_of(summary, signals.exit(), false, false).code()),
                Err(error) => code_of(error),
            };
            let work = pin!(config.run(command, options, observer, signals.stop.clone(), exit_code));
            let done = work_until(work, &signals, is_done).await;
            Ok((done, signals.exit()))
        })?;
        progress.finish();
        let failures = std::mem::take(&mut *failures.lock().unwrap_or_else(PoisonError::into_inner));
        let failures = failures.into_lines();
        let RunReport { summary, took } = done?;
        Ok(ProcessReport { summary, took, failures, stopped_by })
    }
}

/// Runs a worker, and drains it once `is_done` is true.
async fn work_until<T>(
    mut work: Pin<&mut impl Future<Output = T>>,
    signals: &Signals,
    is_done: impl Fn() -> bool,
) -> T {
    let mut looks = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = looks.tick() => {
                if is_done() {
                    signals.drain();
                }
            }
        }
    }
}

/// The exit code of a run that failed.
fn code_of(error: &WorkerError) -> i64 {
    CliError::from(error.clone()).into_failure(None).map_or(0, |failure| i64::from(failure.code))
}

/// The exit code of a run: that of a signal first, unless the signal just ended `--watch`.
fn exit_of(summary: &RunSummary, stopped_by: Option<Exit>, watching: bool, waiting: bool) -> Exit {
    let failed = summary.stats.failed > 0 || (waiting && summary.resting > 0);
    match summary.stopped {
        StopRequest::Drain if watching => Exit::Done,
        StopRequest::Drain | StopRequest::Now => stopped_by.unwrap_or(Exit::Done),
        StopRequest::No if failed => Exit::Part,
        StopRequest::No => Exit::Done,
    }
}

/// An attempt whose outcome is recorded, with the name and attempt limit of its endpoint.
struct RecordedAttempt<'a> {
    finished: &'a FinishedAttempt,
    recorded: RecordResult,
    endpoint: &'a str,
    max_attempts: u32,
}

impl RecordedAttempt<'_> {
    /// What follows the attempt, in words.
    fn next(&self) -> String {
        match self.recorded {
            RecordResult::Lost => "taken over by another run".to_owned(),
            RecordResult::Written(Next::Delivered) => "delivered".to_owned(),
            RecordResult::Written(Next::RetryAt(at)) => format!("retry at {at}"),
            RecordResult::Written(Next::RunAlone) => "runs alone next".to_owned(),
            RecordResult::Written(Next::Failed(reason)) => format!("failed: {}", reason.name()),
        }
    }
}

/// Called after every attempt.
type OnAttempt = Box<dyn Fn(&RecordedAttempt<'_>) + Send + Sync>;

/// Looks up the name and attempt limit of an endpoint for progress lines, from a cache that is read again when an
/// unknown one appears.
#[derive(Default)]
struct EndpointNames(Arc<Mutex<BTreeMap<EndpointId, (String, u32)>>>);

impl EndpointNames {
    /// An observer that calls `on_attempt` for each attempt with the name of its endpoint.
    fn observer(&self, store: Arc<dyn Store>, on_attempt: OnAttempt) -> AttemptObserver {
        let known = Arc::clone(&self.0);
        Box::new(move |finished: &FinishedAttempt, recorded: RecordResult| {
            let (endpoint, max_attempts) = name(&known, store.as_ref(), finished.claim.endpoint);
            on_attempt(&RecordedAttempt { finished, recorded, endpoint: &endpoint, max_attempts });
        })
    }
}

fn name(known: &Mutex<BTreeMap<EndpointId, (String, u32)>>, store: &dyn Store, id: EndpointId) -> (String, u32) {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if !known.contains_key(&id)
        && let Ok(endpoints) = store.endpoints().wait()
    {
        known.extend(endpoints.into_iter().map(|it| (it.id, (it.name, it.settings.retry.max_attempts))));
    }
    known.get(&id).cloned().unwrap_or_else(|| (format!("endpoint {}", id.0), 0))
}

/// Counts attempts on a progress bar and keeps the first failures to show them after the run.
fn keep_failures(progress: Progress, failures: Arc<Mutex<FailedAttempts>>) -> OnAttempt {
    Box::new(move |attempt| {
        progress.inc(1);
        if matches!(attempt.recorded, RecordResult::Lost | RecordResult::Written(Next::Delivered)) {
            return;
        }
        let (claim, next, endpoint) = (&attempt.finished.claim, attempt.next(), attempt.endpoint);
        let detail = Untrusted(&attempt.finished.detail).to_string();
        tracing::info!(event = %claim.event_id, endpoint, attempt = claim.number, detail, next, "attempt failed");
        let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.count += 1;
        if failures.lines.len() < SHOWN {
            // Only attempts that count: those spared by an open circuit or made before a replay do not.
            let (id, number, limit) = (&claim.event_id, claim.history.used + 1, attempt.max_attempts);
            failures.lines.push(format!("  {id}  {}  {detail}  attempt {number}/{limit}, {next}", Untrusted(endpoint)));
        }
    })
}

/// The failed attempts of a run: how many, and the first of them in words for the summary.
#[derive(Debug, Default)]
struct FailedAttempts {
    count: usize,
    lines: Vec<String>,
}

impl FailedAttempts {
    /// The lines, and how many more there are.
    fn into_lines(mut self) -> Vec<String> {
        let more = self.count - self.lines.len();
        if more > 0 {
            self.lines.push(format!("  and {more} more"));
        }
        self.lines
    }
}

impl ProcessReport {
    /// How the command exits.
    pub(super) fn exit(&self, waiting: bool) -> Exit {
        exit_of(&self.summary, self.stopped_by, false, waiting)
    }

    /// Shows what the run did.
    pub(super) fn report(&self, context: &Context, store: &dyn Store) -> Result<(), CliError> {
        let now = SystemClock.now();
        let run = RunView::new(self.summary.stats, self.summary.interrupted, self.took);
        let figures = store.figures(now).wait()?;
        let mut report: Report =
            self.failures.iter().fold(processed(&figures, run, now), |r, line| r.with_line(line.clone()));
        for row in figures.endpoints.iter().filter(|row| row.counts.waiting > 0) {
            report = waiting(row, now).into_iter().fold(report, Report::with_line);
        }
        if !self.failures.is_empty() {
            report = report.with_hint("show all attempts with `syncctl why EVENT`");
        }
        // Cron mails what is printed, so `--quiet` does not silence failures.
        if self.summary.stats.failed > 0 {
            return context.done_in_part(&report);
        }
        context.done(&report)
    }
}

/// Why deliveries of an endpoint are still waiting after a run, and how to release them.
fn waiting(row: &EndpointFigures, now: Timestamp) -> Option<String> {
    let (name, left) =
        (Untrusted(&row.endpoint.name), count(usize::try_from(row.counts.waiting).unwrap_or_default(), "delivery"));
    match (row.endpoint.state_name(), row.endpoint.circuit.open) {
        ("ok", _) => None,
        ("resting", Some(rest)) => Some(format!(
            "  {name}: {}, {left} pending; `syncctl endpoints resume {name}` ends it",
            circuit_open(rest, now)
        )),
        ("unconfigured", _) => Some(format!("  {name} is not configured: {left} held")),
        _ if row.endpoint.paused_by == Some(PausedBy::Configuration) => {
            Some(format!("  {name} is paused by the configuration: {left} held"))
        }
        (state, _) => {
            Some(format!("  {name} is {state}: {left} held; release them with `syncctl endpoints resume {name}`"))
        }
    }
}
