//! Alerts: observes incidents and notifies the sinks, off the hot path on a thread of its own.
//!
//! Failures here stop nothing else: a failed notification is retried, and the health of the queue shows it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;

use crate::alert::{Alert, Service, Sink};
use crate::clock::{Clock, Timestamp};
use crate::delivery::{CircuitOpen, FailureReason, OpenCause, State};
use crate::endpoint::PausedBy;
use crate::format::{count, short_duration};
use crate::monitor::{HealthLimits, due_age};
use crate::network::{HttpClient, certificate};
use crate::store::incidents::{
    IncidentKind, Notification, NotificationResult, Observation, ObservedProblem, Severity, SinkRule,
};
use crate::store::{DeliveryFilter, EndpointFigures, Page, QueueFigures, Result, Store};

/// How often the queue is observed.
pub const OBSERVE_INTERVAL: Duration = Duration::from_secs(5);
/// How often certificates are read.
const CERTIFICATES_EVERY: Duration = Duration::from_hours(1);
/// A certificate or secret that expires within this time is an incident.
pub const EXPIRES_SOON: Duration = Duration::from_hours(14 * 24);
/// A `Retry-After` of at least this length is an incident: shorter ones are normal rate limiting.
const LONG_WAIT: Duration = Duration::from_mins(1);

/// A file of certificates that is watched for its expiry: our own, or those that are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFile {
    /// Its owner and purpose, such as `client certificate of admin`.
    pub purpose: String,
    /// The file.
    pub path: PathBuf,
    /// Whether its certificates are trusted, each on its own; else they are one chain of ours.
    pub is_trusted: bool,
}

impl CertificateFile {
    /// The expiry that counts: the first of a chain, the last of trusted certificates.
    pub fn decisive(&self, ends: &[Timestamp]) -> Option<Timestamp> {
        let ends = ends.iter().copied();
        if self.is_trusted { ends.max() } else { ends.min() }
    }
}

/// A secret with an expiry date, of which alerts warn in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiringSecret {
    /// Its name.
    pub name: String,
    /// When it expires.
    pub ends_at: Timestamp,
}

/// Looks for what is wrong with the queue, and sends alerts to their recipients.
pub struct Alerts {
    /// The sinks.
    pub sinks: Vec<Sink>,
    /// The thresholds of health, such as how long a delivery may be due.
    pub limits: HealthLimits,
    /// The certificates to watch.
    pub certificates: Vec<CertificateFile>,
    /// The secrets to watch.
    pub secrets: Vec<ExpiringSecret>,
    /// The client that calls the sinks.
    pub client: HttpClient,
    /// The name of this host, which alerts carry.
    pub host: String,
}

impl fmt::Debug for Alerts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alerts").field("sinks", &self.sinks).finish_non_exhaustive()
    }
}

impl Alerts {
    /// The name of this host.
    pub fn host_name() -> String {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }

    /// Observes once, and sends the notifications that are due.
    async fn observe_and_notify(&self, store: &dyn Store, expiry: &[ObservedProblem], now: &dyn Clock) -> Result<()> {
        let mut observation = observe(store, &self.limits, now.now())?;
        observation.observed.extend(expiry.iter().cloned());
        observation.kinds.extend([IncidentKind::CertificateExpiry, IncidentKind::SecretExpiry]);
        let rules: Vec<SinkRule> = self.sinks.iter().map(|sink| sink.rule.clone()).collect();
        let notifications = store.observe(observation, rules, now.now()).await?;
        if notifications.is_empty() {
            return Ok(());
        }
        let told = notifications.into_iter().map(|notification| self.notify(notification, now.now()));
        store.settle_notifications(join_all(told).await, now.now()).await
    }

    async fn notify(&self, notification: Notification, now: Timestamp) -> NotificationResult {
        let alert = Alert::new(&notification, &self.host, now);
        let told = match self.sinks.iter().find(|sink| sink.rule.name == notification.sink) {
            Some(sink) => sink.service.send(&self.client, &alert).await,
            None => Err("no longer configured".to_owned()),
        };
        let (sink, phase) = (&notification.sink, notification.phase.name());
        match &told {
            Ok(()) => tracing::info!(sink, phase, kind = notification.incident.observed.kind.name(), "alert sent"),
            Err(error) => tracing::warn!(sink, phase, error, "alert not sent; retrying"),
        }
        NotificationResult { notification, error: told.err() }
    }

    /// The certificates and secrets that expire soon or have expired.
    fn expiry(&self, now: Timestamp) -> Vec<ObservedProblem> {
        let certificates = self.certificates.iter().filter_map(|file| certificate_expiry(file, now));
        let secrets = self.secrets.iter().filter_map(|secret| {
            let reason = ends_in_words(secret.ends_at, now)?;
            let remedy = "syncctl secret rotate-plan".to_owned();
            Some(expiring(IncidentKind::SecretExpiry, &secret.name, reason, remedy, secret.ends_at <= now))
        });
        certificates.chain(secrets).collect()
    }
}

/// Test alerts.
impl Alerts {
    /// Sends a test alert to a sink; a service that keeps alerts open gets its resolution at once.
    pub async fn send_test(&self, sink: &Sink, now: Timestamp) -> std::result::Result<(), String> {
        use crate::store::incidents::NotificationKind;
        let name = format!("test{}", uuid::Uuid::now_v7().simple());
        sink.service.send(&self.client, &Alert::test(NotificationKind::Opened, &name, &self.host, now)).await?;
        match &sink.service {
            Service::PagerDuty(_) => {
                sink.service.send(&self.client, &Alert::test(NotificationKind::Resolved, &name, &self.host, now)).await
            }
            _ => Ok(()),
        }
    }
}

// ── observations ────────────────────────────────────────────────────────────────────────────────────────────────────

/// Observes the incidents of the queue and its endpoints.
fn observe(store: &dyn Store, limits: &HealthLimits, now: Timestamp) -> Result<Observation> {
    let figures = store.figures(now).wait()?;
    let mut observed = Vec::new();
    for row in figures.endpoints.iter().filter(|row| row.endpoint.configured) {
        observed.extend(gone(row));
        observed.extend(circuit(row));
        if row.counts.failed > 0 {
            observed.push(failed(store, row)?);
        }
    }
    if due_age(&figures, now) > limits.max_due_age {
        observed.push(lag(store, &figures, limits, now)?);
    }
    let kinds = vec![
        IncidentKind::DeliveryFailed,
        IncidentKind::CircuitOpen,
        IncidentKind::EndpointGone,
        IncidentKind::QueueLag,
    ];
    Ok(Observation { observed, kinds })
}

fn about_endpoint(kind: IncidentKind, row: &EndpointFigures, severity: Severity, reason: String) -> ObservedProblem {
    let name = &row.endpoint.name;
    let remedy = format!("syncctl why {name}");
    ObservedProblem { kind, subject: name.clone(), severity, event_type: None, reason, remedy, count: 0 }
}

fn gone(row: &EndpointFigures) -> Option<ObservedProblem> {
    (row.endpoint.paused_by == Some(PausedBy::Gone)).then(|| {
        let reason = format!("it answered 410 and was paused; {} held", deliveries(row.counts.waiting));
        let remedy = format!("syncctl endpoints resume {}", row.endpoint.name);
        ObservedProblem { remedy, ..about_endpoint(IncidentKind::EndpointGone, row, Severity::Critical, reason) }
    })
}

fn circuit(row: &EndpointFigures) -> Option<ObservedProblem> {
    let open = row.endpoint.circuit.open.filter(|_| row.endpoint.paused_by.is_none())?;
    if open.cause == OpenCause::RetryAfter && open.until.since(open.since) < LONG_WAIT {
        return None;
    }
    let reason = format!("{}; {} waiting, all kept", cause(open), deliveries(row.counts.waiting));
    Some(about_endpoint(IncidentKind::CircuitOpen, row, Severity::Warning, reason))
}

fn cause(open: CircuitOpen) -> String {
    match open.cause {
        OpenCause::Unanswered => open.cause.describe().to_owned(),
        OpenCause::RetryAfter => format!("{} until {}", open.cause.describe(), open.until),
    }
}

/// The failed deliveries of an endpoint, described by the latest one.
fn failed(store: &dyn Store, row: &EndpointFigures) -> Result<ObservedProblem> {
    let name = &row.endpoint.name;
    let filter =
        DeliveryFilter { states: vec![State::Failed], endpoint: Some(name.clone()), ..DeliveryFilter::default() };
    let latest = store.page_of_deliveries(&filter, Page { limit: 1, number: 1, oldest_first: false }).wait()?;
    let latest = latest.into_iter().next();
    let why = latest.as_ref().map_or("given up", |it| reason_in_words(it.reason));
    let status = latest.as_ref().and_then(|it| it.last_status).map(|status| format!(", HTTP {status}"));
    let reason = format!(
        "{} given up, the latest because of {why}{}",
        deliveries(row.counts.failed),
        status.unwrap_or_default()
    );
    Ok(ObservedProblem {
        event_type: latest.map(|it| it.event.event_type),
        remedy: format!("syncctl failures list --endpoint {name}"),
        count: row.counts.failed.unsigned_abs(),
        ..about_endpoint(IncidentKind::DeliveryFailed, row, Severity::Error, reason)
    })
}

fn reason_in_words(reason: Option<FailureReason>) -> &'static str {
    match reason {
        Some(FailureReason::AttemptsUsedUp) => "attempts used up",
        Some(FailureReason::Gone) => "an answer of 410",
        Some(FailureReason::WorkerCrash) => "worker crashes",
        Some(FailureReason::GivenUp) => "an operator's request",
        Some(FailureReason::AddressRefused) => "a forbidden address",
        Some(FailureReason::StatusGivenUp) => "a status that is given up on",
        None => "an unknown reason",
    }
}

fn lag(store: &dyn Store, figures: &QueueFigures, limits: &HealthLimits, now: Timestamp) -> Result<ObservedProblem> {
    let alive = store.open_runs().wait()?.alive;
    let worker = if alive > 0 { "a worker is running, but too slow" } else { "no worker is running" };
    let since = now.minus(due_age(figures, now));
    let limit = short_duration(limits.max_due_age);
    Ok(ObservedProblem {
        kind: IncidentKind::QueueLag,
        subject: "queue".to_owned(),
        severity: Severity::Critical,
        event_type: None,
        reason: format!("the oldest due delivery has waited since {since}, longer than {limit}: {worker}"),
        remedy: "syncctl status".to_owned(),
        count: 0,
    })
}

fn deliveries(number: i64) -> String {
    count(usize::try_from(number).unwrap_or_default(), "delivery")
}

/// A file whose certificates expire soon. An unreadable file is ignored here: the code that uses it reports it.
fn certificate_expiry(file: &CertificateFile, now: Timestamp) -> Option<ObservedProblem> {
    let ends_at = file.decisive(&certificate::ends(&file.path).ok()?)?;
    let reason = format!("{}: {}", file.purpose, ends_in_words(ends_at, now)?);
    let path = file.path.display().to_string();
    Some(expiring(IncidentKind::CertificateExpiry, &path, reason, "syncctl doctor".to_owned(), ends_at <= now))
}

fn expiring(kind: IncidentKind, subject: &str, reason: String, remedy: String, has_ended: bool) -> ObservedProblem {
    let severity = if has_ended { Severity::Critical } else { Severity::Warning };
    ObservedProblem { kind, subject: subject.to_owned(), severity, event_type: None, reason, remedy, count: 0 }
}

/// When something expires, in words, if that is soon or past.
fn ends_in_words(ends_at: Timestamp, now: Timestamp) -> Option<String> {
    let day = ends_at.to_string();
    let day = day.get(..10).unwrap_or(&day);
    match (ends_at <= now, ends_at.since(now)) {
        (true, _) => Some(format!("expired on {day}")),
        (false, left) if left < EXPIRES_SOON => Some(format!("expires on {day}")),
        (false, _) => None,
    }
}

// ── the watching thread ─────────────────────────────────────────────────────────────────────────────────────────────

/// What the thread that looks for incidents is asked: to look now, or to finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WatchCommand {
    /// Go on.
    Continue,
    /// Observe once more, then end.
    Finish,
    /// End.
    Stop,
}

/// A thread that looks for trouble from time to time and sends alerts, until it is finished or dropped.
#[derive(Debug)]
pub struct AlertWatch {
    command: watch::Sender<WatchCommand>,
    thread: Option<JoinHandle<()>>,
}

impl AlertWatch {
    /// Starts the thread; `None` if there are no sinks or no thread could be started.
    pub fn start(alerts: Alerts, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Option<Self> {
        if alerts.sinks.is_empty() {
            return None;
        }
        let (command, commands) = watch::channel(WatchCommand::Continue);
        let thread = std::thread::Builder::new().name("alerts".to_owned());
        match thread.spawn(move || run(&alerts, &store, clock.as_ref(), commands)) {
            Ok(thread) => Some(Self { command, thread: Some(thread) }),
            Err(error) => {
                tracing::error!(%error, "alerts are not sent");
                None
            }
        }
    }

    /// Observes once more, and waits until the notifications are sent: at most twice as long as one alert may take.
    pub fn finish(mut self) {
        self.command.send_replace(WatchCommand::Finish);
        if let Some(thread) = self.thread.take() {
            // A panic was logged by the panic hook; nothing depends on alerts.
            let _ = thread.join();
        }
    }
}

impl Drop for AlertWatch {
    fn drop(&mut self) {
        self.command.send_if_modified(|command| {
            let goes_on = *command == WatchCommand::Continue;
            if goes_on {
                *command = WatchCommand::Stop;
            }
            goes_on
        });
    }
}

fn run(alerts: &Alerts, store: &Arc<dyn Store>, clock: &dyn Clock, commands: watch::Receiver<WatchCommand>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => {
            runtime.block_on(observe_until_stopped(alerts, store.as_ref(), clock, commands));
            // A hanging resolver must not keep the thread alive.
            runtime.shutdown_background();
        }
        Err(error) => tracing::error!(%error, "alerts are not sent"),
    }
}

async fn observe_until_stopped(
    alerts: &Alerts,
    store: &dyn Store,
    clock: &dyn Clock,
    mut commands: watch::Receiver<WatchCommand>,
) {
    let mut expiry = alerts.expiry(clock.now());
    let mut read_at = clock.now();
    loop {
        let command = *commands.borrow_and_update();
        if command == WatchCommand::Stop {
            return;
        }
        let now = clock.now();
        if now < read_at || now.since(read_at) >= CERTIFICATES_EVERY {
            (expiry, read_at) = (alerts.expiry(now), now);
        }
        if let Err(error) = alerts.observe_and_notify(store, &expiry, clock).await {
            tracing::warn!(%error, "failed to look for incidents; retrying");
        }
        if command == WatchCommand::Finish {
            return;
        }
        // The sender is gone once the watch is dropped.
        let _ = tokio::time::timeout(OBSERVE_INTERVAL, commands.changed()).await;
    }
}
