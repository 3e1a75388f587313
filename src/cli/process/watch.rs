//! `process --watch`: delivers until it is stopped, logs attempts, and reads its configuration again on SIGHUP.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::super::context::Context;
use super::super::exit::{CliError, Exit};
use super::super::signals::{Signals, block_on};
use super::super::version::VERSION;
use super::{EndpointNames, ProcessArgs, code_of, exit_of};
use crate::clock::{Clock as _, SystemClock};
use crate::delivery::{CircuitOpen, Next, OpenCause};
use crate::endpoint::{Endpoint, EndpointId, PausedBy};
use crate::outbound::run::{RunOptions, RunSummary, StopRequest, WorkerError};
use crate::outbound::worker::AttemptObserver;
use crate::service::WorkerConfig;
use crate::service::alerts::AlertWatch;
use crate::store::{self, Access, RecordResult, Store, StoreError};
use crate::untrusted::Untrusted;

/// How often a missing database is looked for.
const DATABASE_POLL: Duration = Duration::from_millis(500);
/// How often the states of endpoints are compared with those last logged.
const ENDPOINTS_POLL: Duration = Duration::from_secs(1);
/// The log target of deliveries and endpoints, which is logged even without `-v`.
const LOG: &str = "syncctl::deliveries";

/// Delivers until a signal, a limit or an error of the store ends it.
pub(super) fn watch(context: &Context, args: &ProcessArgs, options: RunOptions) -> Result<Exit, CliError> {
    block_on(async {
        let signals = Signals::listen().map_err(|e| Exit::Io.error("failed to listen for signals").cause(e))?;
        let Some(store) = existing_store(context, &signals).await? else { return Ok(Exit::Done) };
        let Some(_only) = args.only_one(store.as_ref())? else { return Ok(Exit::Done) };
        let endpoints = context.set_endpoints(store.as_ref())?;
        let generation = ConfigGeneration::new(context, Arc::clone(&store), &endpoints)?;
        let logged = LoggedEndpointStates::new(&endpoints);
        announce(context, &endpoints)?;
        let done = WatchLoop { context, store, signals, options, logged }.run_generations(generation).await?;
        Ok(done)
    })
}

/// Waits for the queue to exist and opens it; `None` when a signal arrives first.
async fn existing_store(context: &Context, signals: &Signals) -> Result<Option<Arc<dyn Store>>, CliError> {
    let location = context.config()?.database()?;
    let mut waited = false;
    let mut stop = signals.stop.clone();
    loop {
        match store::open(location, Access::Existing) {
            Ok(store) => return Ok(Some(store)),
            Err(StoreError::NoDatabase) => {
                if !std::mem::replace(&mut waited, true) {
                    let location = Untrusted(&location.to_string()).to_string();
                    context.screen.note(&format!("waiting for the database {location}; `syncctl emit` creates it"));
                }
            }
            Err(error) => return Err(error.into()),
        }
        tokio::select! {
            () = tokio::time::sleep(DATABASE_POLL) => {}
            _ = stop.wait_for(|stop| *stop != StopRequest::No) => return Ok(None),
        }
    }
}

fn announce(context: &Context, endpoints: &[Endpoint]) -> Result<(), CliError> {
    let database = context.config()?.database()?.to_string();
    let names = names(endpoints);
    let database = Untrusted(&database).to_string();
    tracing::info!(target: LOG, version = VERSION, database, endpoints = names, "started; SIGHUP reads the configuration again");
    Ok(())
}

fn names(endpoints: &[Endpoint]) -> String {
    let names: Vec<String> =
        endpoints.iter().filter(|it| it.configured).map(|it| Untrusted(&it.name).to_string()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(",") }
}

/// A worker with its alerts, as one reading of the configuration set them up; a reload makes the next.
struct ConfigGeneration {
    config: WorkerConfig,
    /// Ends with the generation.
    alerts: Option<AlertWatch>,
}

impl ConfigGeneration {
    fn new(context: &Context, store: Arc<dyn Store>, endpoints: &[Endpoint]) -> Result<Self, CliError> {
        let keyring = context.keyring(endpoints)?;
        let alerts = context.alert_watch(&store)?;
        Ok(Self { config: context.worker_config(store, keyring)?, alerts })
    }
}

/// The loop of `process --watch`: a worker that runs until a signal ends it, over reloads of the configuration.
struct WatchLoop<'a> {
    context: &'a Context,
    store: Arc<dyn Store>,
    signals: Signals,
    options: RunOptions,
    logged: LoggedEndpointStates,
}

impl WatchLoop<'_> {
    /// Runs one generation after the other; each reload begins a new one.
    async fn run_generations(mut self, mut generation: ConfigGeneration) -> Result<Exit, CliError> {
        let names = EndpointNames::default();
        loop {
            let observer = names.observer(Arc::clone(&self.store), log_attempt());
            let (summary, next) = match self.run(&generation, observer).await {
                // Another process ended the run while this one was cut off, or a standby database does not know it.
                Err(CliError::Store(StoreError::RunEnded)) => {
                    tracing::warn!(target: LOG, "another process ended this run; starting a new one");
                    continue;
                }
                ran => ran?,
            };
            self.logged.compare(&self.store).await;
            self.options.limit = self.options.limit.map(|limit| limit.saturating_sub(attempts(&summary)));
            match next {
                Some(next) if self.signals.exit().is_none() && !summary.limited => generation = next,
                _ => {
                    if let Some(alerts) = generation.alerts {
                        alerts.finish();
                    }
                    tracing::info!(target: LOG, "stopped");
                    return Ok(exit_of(&summary, self.signals.exit(), true, false));
                }
            }
        }
    }

    /// One run, and the generation that follows it if a reload ended it.
    async fn run(
        &mut self,
        generation: &ConfigGeneration,
        observer: AttemptObserver,
    ) -> Result<(RunSummary, Option<ConfigGeneration>), CliError> {
        let (stop, stopped) = watch::channel(*self.signals.stop.borrow());
        let mut asked = self.signals.stop.clone();
        let exit_code = |done: &Result<RunSummary, WorkerError>| match done {
            Ok(summary) => i64::from(exit_of(summary, None, true, false).code()),
            Err(error) => code_of(error),
        };
        let mut work =
            pin!(generation.config.run("process --watch", self.options.clone(), observer, stopped, exit_code));
        let mut looks = tokio::time::interval(ENDPOINTS_POLL);
        let mut next = None;
        loop {
            tokio::select! {
                done = &mut work => return Ok((done?.summary, next)),
                Ok(()) = asked.changed() => drop(stop.send_replace(*asked.borrow())),
                () = self.signals.reload(), if next.is_none() => {
                    next = reload(self.context, &self.store);
                    if next.is_some() {
                        stop.send_modify(|stop| *stop = (*stop).max(StopRequest::Drain));
                    }
                }
                _ = looks.tick() => self.logged.compare(&self.store).await,
            }
        }
    }
}

fn attempts(summary: &RunSummary) -> u64 {
    summary.stats.delivered + summary.stats.retried + summary.stats.failed
}

/// Reads the configuration again. An invalid one is logged and changes nothing.
fn reload(context: &Context, store: &Arc<dyn Store>) -> Option<ConfigGeneration> {
    let fresh = context.reload(SystemClock.now());
    let prepared = fresh.keyring_for(store.as_ref()).and_then(|keyring| {
        let endpoints = fresh.set_endpoints(store.as_ref())?;
        let alerts = fresh.alert_watch(store)?;
        Ok((ConfigGeneration { config: fresh.worker_config(Arc::clone(store), keyring)?, alerts }, endpoints))
    });
    match prepared {
        Ok((generation, endpoints)) => {
            let names = names(&endpoints);
            tracing::info!(target: LOG, endpoints = names, "configuration reloaded");
            fresh.print_warnings();
            Some(generation)
        }
        Err(error) => {
            let failure = error.into_failure(context.config().ok().and_then(|config| config.database().ok()))?;
            let causes = failure.causes.iter().map(|cause| format!(": {cause}")).collect::<String>();
            let error = Untrusted(&format!("{}{causes}", failure.message)).to_string();
            tracing::error!(target: LOG, error, "invalid configuration; the previous one stays in use");
            None
        }
    }
}

/// Logs every attempt that ended: failures always, deliveries with `-v`.
fn log_attempt() -> super::OnAttempt {
    Box::new(|attempt| {
        let (event, endpoint) = (attempt.finished.claim.event_id.as_str(), Untrusted(attempt.endpoint).to_string());
        let (number, took_ms) = (attempt.finished.claim.number, attempt.finished.took.as_millis());
        let detail = Untrusted(&attempt.finished.detail).to_string();
        match attempt.recorded {
            RecordResult::Written(Next::Delivered) => {
                tracing::info!(event, endpoint, attempt = number, took_ms, "delivered");
            }
            RecordResult::Written(Next::Failed(reason)) => {
                let hint = format!("syncctl why {event}");
                tracing::error!(target: LOG, event, endpoint, attempt = number, detail, reason = reason.name(), hint, "delivery failed");
            }
            RecordResult::Written(_) | RecordResult::Lost => {
                let next = attempt.next();
                tracing::warn!(target: LOG, event, endpoint, attempt = number, detail, next, "attempt failed");
            }
        }
    })
}

/// The state of each endpoint as it was last logged, so that only changes are.
#[derive(Default)]
struct LoggedEndpointStates(BTreeMap<EndpointId, LoggedState>);

/// Whether an endpoint was paused, and whether its circuit was open, when that was last logged.
#[derive(Clone, Copy, PartialEq, Eq)]
struct LoggedState {
    open: Option<OpenCause>,
    paused: Option<PausedBy>,
}

impl LoggedState {
    fn of(endpoint: &Endpoint) -> Self {
        Self { open: endpoint.circuit.open.map(|open| open.cause), paused: endpoint.paused_by }
    }
}

impl LoggedEndpointStates {
    fn new(endpoints: &[Endpoint]) -> Self {
        Self(endpoints.iter().map(|endpoint| (endpoint.id, LoggedState::of(endpoint))).collect())
    }

    /// Logs each circuit that opened or closed and each pause that began or ended since the last call.
    async fn compare(&mut self, store: &Arc<dyn Store>) {
        // A failed read is repeated next time; the worker itself reports a store that fails.
        let Ok(endpoints) = store.endpoints().await else { return };
        for endpoint in &endpoints {
            let now = LoggedState::of(endpoint);
            let before = self.0.insert(endpoint.id, now).unwrap_or(LoggedState { open: None, paused: None });
            log_circuit(endpoint, before.open, endpoint.circuit.open);
            log_pause(endpoint, before.paused, now.paused);
        }
    }
}

fn log_circuit(endpoint: &Endpoint, before: Option<OpenCause>, now: Option<CircuitOpen>) {
    let name = Untrusted(&endpoint.name).to_string();
    match (before, now) {
        (None, Some(open)) => {
            let cause = open.cause.describe();
            let hint = format!("syncctl endpoints resume {name}");
            tracing::warn!(target: LOG, endpoint = name, cause, next_probe = %open.until, hint, "circuit opened");
        }
        (Some(_), None) => tracing::info!(target: LOG, endpoint = name, "circuit closed: the endpoint recovered"),
        (Some(_), Some(_)) | (None, None) => {}
    }
}

fn log_pause(endpoint: &Endpoint, before: Option<PausedBy>, now: Option<PausedBy>) {
    let name = Untrusted(&endpoint.name).to_string();
    match (before, now) {
        (None, Some(by)) => {
            let cause = match by {
                PausedBy::Gone => "the endpoint answered 410",
                PausedBy::Operator => "an operator paused it",
                PausedBy::Configuration => "the configuration pauses it",
            };
            let hint = format!("syncctl endpoints resume {name}");
            tracing::warn!(target: LOG, endpoint = name, cause, hint, "endpoint paused");
        }
        (Some(_), None) => tracing::info!(target: LOG, endpoint = name, "endpoint resumed"),
        (Some(_), Some(_)) | (None, None) => {}
    }
}
