//! `serve`: receives webhooks, serves the API and the dashboard, and delivers in the background.

use std::future::Future;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::net::TcpSocket;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::broker_sources;
use super::context::Context;
use super::exit::{CliError, Exit};
use super::secret::{CONFIGURED, configured_flaws};
use super::signals::block_on;
use super::signature_args::candidates;
use super::values;
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, ConfiguredSource, Setting, WhichSecret};
use crate::endpoint::Endpoint;
use crate::inbound::{ForwardTarget, SourceTransport};
use crate::outbound::EndpointClient;
use crate::outbound::run::StopRequest;
use crate::outbound::test_event::{self, TestResult};
use crate::report::settings::SettingView;
use crate::report::{self, Table};
use crate::server::{Metrics, QueueRunner, RouteGroup, RunResult, Secrets, Server, ServerHandle, Settings};
use crate::service::alerts::AlertWatch;
use crate::service::consumers::{BrokerSource, Consumers, Consuming};
use crate::service::{Background, Deliveries, OnAttempt};
use crate::signature::secret_check::SecretFlaw;

/// The command-line arguments of `serve`.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// Addresses to listen on [default: server.listen, 127.0.0.1:3000]
    #[arg(long, value_name = "HOST:PORT", num_args = 1..)]
    listen: Vec<String>,
    /// Poll interval for due deliveries [default: server.process_every, 30s]
    #[arg(long, value_name = "TIME", value_parser = values::duration_above_zero)]
    process_every: Option<Duration>,
    /// Do not deliver in the background
    #[arg(long, conflicts_with = "process_every")]
    no_process: bool,
    /// Do not read sources in message brokers
    #[arg(long)]
    no_consume: bool,
    /// Accept guessable secrets, and one secret for two purposes, on addresses other machines can reach
    #[arg(long)]
    allow_weak_secrets: bool,
    /// Routes to disable: webhooks, admin, process
    #[arg(long, value_name = "ROUTES", value_delimiter = ',', value_parser = group)]
    without: Vec<RouteGroup>,
}

fn group(name: &str) -> Result<RouteGroup, String> {
    RouteGroup::parse(name).ok_or_else(|| "write webhooks, admin or process".to_owned())
}

impl ServeArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let config = Arc::clone(context.config()?);
        let without = self.without(&config);
        let settings = settings(&config, &without, &self.addresses(&config))?;
        let store = context.queue()?;
        let keyring = context.keyring_for(store.as_ref())?;
        let listeners = bind(&self.addresses(&config))?;
        let weak = weak_secrets(&config);
        if !self.allow_weak_secrets && !self.addresses(&config).iter().all(|address| is_loopback(address)) {
            refuse_weak(&weak)?;
        }
        // Last, so that a failed start changes no endpoint.
        let endpoints = context.set_endpoints(store.as_ref())?;
        check_forwards(&config, &endpoints)?;
        let sources = if self.no_consume { Vec::new() } else { broker_sources::all(context)? };
        let takes_any_name = settings.hosts.is_none();
        let metrics = Arc::new(Metrics::default());
        let workers = context.worker_config(Arc::clone(&store), keyring)?;
        let deliveries = Deliveries::new(workers, &endpoints, counting(&metrics));
        let readers = BrokerReaders::start(&deliveries, &metrics, sources)?;
        let server = Server {
            store,
            clock: Arc::new(SystemClock),
            settings,
            runner: Arc::new(OnDemand(Arc::clone(&deliveries))),
            metrics,
            without: without.clone(),
        };
        let every = self.process_every.unwrap_or(config.server.process_every);
        let background = match self.no_process {
            true => None,
            false => Some(
                deliveries.start(every).map_err(|e| Exit::Io.error("failed to start the delivery thread").cause(e))?,
            ),
        };
        let alerts = context.alert_watch(&deliveries.config().store)?;
        block_on(async {
            // A process that reads the address below may send a signal at once.
            let signals = Signals::listen().map_err(|e| Exit::Io.error("failed to listen for signals").cause(e))?;
            announce(context, &config, &listeners, &without, (self.no_process, takes_any_name))?;
            for (key, flaw) in &weak {
                context.screen.warn(&format!("weak secret {key}: {}", flaw.text()));
            }
            RunningServer { context, args: &self, without, deliveries, background, readers, alerts }
                .serve(server, listeners, signals)
                .await
        })
    }

    fn addresses<'a>(&'a self, config: &'a Config) -> Vec<String> {
        if self.listen.is_empty() { config.server.listen.clone() } else { self.listen.clone() }
    }

    fn without(&self, config: &Config) -> Vec<RouteGroup> {
        let configured = config.server.without.iter().filter_map(|name| RouteGroup::parse(name));
        self.without.iter().copied().chain(configured).collect()
    }
}

/// The secrets and host names of the server. A route without a secret is an error unless it is disabled.
fn settings(config: &Config, without: &[RouteGroup], listen: &[String]) -> Result<Settings, CliError> {
    let has_route = |spec: &ConfiguredSource| spec.broker.is_none();
    let receives = config.webhook_secret()?.is_some() || config.sources.iter().any(has_route);
    let (admin, cron) = (config.admin_token()?, config.cron_secret()?);
    let has_operators = admin.is_some() || !config.server.tokens.is_empty();
    let needs = [
        (RouteGroup::Webhooks, receives, "WEBHOOK_SECRET"),
        (RouteGroup::Admin, has_operators, "SYNCCTL_ADMIN_TOKEN"),
        (RouteGroup::Process, has_operators || cron.is_some(), "CRON_SECRET"),
    ];
    let lacking = needs.into_iter().filter(|(group, has_secret, _)| !has_secret && !without.contains(group));
    let (groups, names): (Vec<_>, Vec<_>) = lacking.map(|(group, _, name)| (group.name(), name)).unzip();
    if !groups.is_empty() {
        return Err(without_secret(&groups, &names));
    }
    let mut secrets = Secrets::new(admin.as_ref(), cron.as_ref());
    for token in &config.server.tokens {
        secrets = secrets.with_token(&token.name, token.role, &config.operator_token(token)?);
    }
    Ok(Settings {
        secrets,
        sources: config.webhook_sources()?,
        proxies: config.server.proxies.clone(),
        hosts: hosts(config, listen),
        behind_tls: config.server.behind_tls,
        limits: config.health.clone(),
        ages: config.freshness,
        candidates: candidates(config, webhook_text(config)?.as_ref().map_or("", |text| text.as_str())),
        configuration: configuration(config),
    })
}

/// The text of the webhook secret, for explaining refused webhooks.
fn webhook_text(config: &Config) -> Result<Option<zeroize::Zeroizing<String>>, CliError> {
    Ok(config.secret_text(&WhichSecret::Configured("webhook.secret"))?)
}

/// The settings with their origins, secrets masked.
fn configuration(config: &Config) -> Table {
    fn view(setting: &Setting) -> SettingView<'_> {
        SettingView {
            key: &setting.key,
            value: setting.value.clone(),
            origin: setting.origin.to_string(),
            hides: setting.hides.as_ref().map(ToString::to_string),
        }
    }
    let views: Vec<_> = config.origins().iter().map(view).collect();
    let mut report = report::settings::settings(&views, true);
    report.tables.swap_remove(0)
}

/// Checks that sources forward to existing endpoints: an event for another could not be accepted.
pub(super) fn check_forwards(config: &Config, endpoints: &[Endpoint]) -> Result<(), CliError> {
    for source in config.sources.iter().map(|spec| &spec.settings) {
        if let Some(ForwardTarget::Endpoint(name)) = &source.forward
            && !endpoints.iter().any(|endpoint| endpoint.name == *name)
        {
            let what = format!("the source {} forwards to the endpoint `{name}`, which does not exist", source.name);
            return Err(Exit::Config.error(what).hint("list endpoints with `syncctl endpoints list`"));
        }
    }
    Ok(())
}

fn without_secret(groups: &[&str], names: &[&str]) -> CliError {
    let is_not = if let [_] = names { "is not set" } else { "are not set" };
    let files: Vec<String> = names.iter().map(|name| format!("{name}_FILE")).collect();
    Exit::Config
        .error(format!("the routes for {} have no secret: they would refuse everyone", groups.join(", ")))
        .cause(format!("{} {is_not}", names.join(", ")))
        .hint(format!(
            "set {} or {} (`syncctl secret new` makes one), or disable them with --without {}",
            names.join(", "),
            files.join(", "),
            groups.join(",")
        ))
}

/// The `Host` names that the server accepts; `None` for any, which is the default if other machines can reach it.
fn hosts(config: &Config, listen: &[String]) -> Option<Vec<String>> {
    let named = !config.server.hosts.is_empty() || listen.iter().all(|address| is_loopback(address));
    named.then(|| config.server.hosts.clone())
}

/// Whether only this machine can reach a listen address.
fn is_loopback(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let literal = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || literal.is_ok_and(|ip| ip.is_loopback())
}

/// The flaws of the secrets that callers show: short ones, and ones used for two purposes.
fn weak_secrets(config: &Config) -> Vec<(String, SecretFlaw)> {
    let flaws = configured_flaws(config).into_iter();
    flaws.filter(|(key, flaw)| flaw.is_weakness() && CONFIGURED.contains(&key.as_str())).collect()
}

fn refuse_weak(weak: &[(String, SecretFlaw)]) -> Result<(), CliError> {
    let Some((key, flaw)) = weak.first() else { return Ok(()) };
    Err(Exit::Config
        .error(format!("the secret {key} is too weak for an address that others reach"))
        .cause(flaw.text())
        .hint("make a new one with `syncctl secret new`, listen on 127.0.0.1, or pass --allow-weak-secrets"))
}

/// The listen backlog: large enough that a burst of connections does not make clients retry after a second.
const BACKLOG: u32 = 1_024;

fn bind(addresses: &[String]) -> Result<Vec<TcpListener>, CliError> {
    // Creating a socket needs a runtime; the listener that results belongs to none.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.map_err(|e| Exit::Io.error("failed to listen").cause(e))?;
    let _within = runtime.enter();
    addresses.iter().map(|address| listen(address).map_err(|e| not_listening(address, e))).collect()
}

fn not_listening(address: &str, error: std::io::Error) -> CliError {
    let (exit, hint) = match error.kind() {
        ErrorKind::InvalidInput => {
            (Exit::Config, "write HOST:PORT: 127.0.0.1:3000, [::1]:3000, or 0.0.0.0:3000 for every address")
        }
        ErrorKind::AddrInUse => {
            (Exit::Io, "another process listens there: `ss -ltnp` says which; or choose another port")
        }
        ErrorKind::AddrNotAvailable => (Exit::Io, "this machine has no such address: `ip address` lists those it has"),
        ErrorKind::PermissionDenied => (Exit::Io, "ports below 1024 need CAP_NET_BIND_SERVICE: choose a higher one"),
        _ => (Exit::Io, "use an IP address, or check that the name resolves"),
    };
    exit.error(format!("failed to listen on {address}")).cause(error).hint(hint)
}

/// Listens on the first available address that a name resolves to.
fn listen(address: &str) -> std::io::Result<TcpListener> {
    if address.starts_with(':') {
        return Err(std::io::Error::new(ErrorKind::InvalidInput, "the host is missing"));
    }
    let mut failed = std::io::Error::new(ErrorKind::InvalidInput, "the name has no address");
    for address in address.to_socket_addrs()? {
        match listen_on(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn listen_on(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

fn announce(
    context: &Context,
    config: &Config,
    listeners: &[TcpListener],
    without: &[RouteGroup],
    (no_process, any_name): (bool, bool),
) -> Result<(), CliError> {
    for listener in listeners {
        let address = listener.local_addr().map_err(|e| Exit::Io.error("failed to listen").cause(e))?;
        context.screen.note(&format!("syncctl {} listening on http://{address}", env!("CARGO_PKG_VERSION")));
    }
    let lines = [
        (
            RouteGroup::Webhooks,
            "POST /api/webhooks/{enrollment-changed,profile-updated,progress-updated,sync}   signature",
        ),
        (RouteGroup::Process, "POST /api/sync/process   x-cron-secret or bearer"),
        (
            RouteGroup::Admin,
            "/ (dashboard)  /api/sync/status  /api/enrollments  /api/profile  /api/progress  /api/events  /metrics   admin",
        ),
    ];
    for source in &config.sources {
        let (route, scheme) = (source.settings.route(), source.settings.scheme.get().facts().name.as_ref());
        let how = match source.settings.arrival {
            SourceTransport::TrustedBroker => "trusted".to_owned(),
            SourceTransport::Broker | SourceTransport::Request => format!("signature ({scheme})"),
        };
        let (verb, place) = match &source.broker {
            Some(broker) => ("reads", broker.url.to_string()),
            None => ("POST", route),
        };
        context.screen.note(&format!("  {verb} {place}   {how}"));
    }
    for (_, line) in lines.iter().filter(|(group, _)| !without.contains(group)) {
        context.screen.note(&format!("  {line}"));
    }
    if any_name {
        context.screen.note("  any Host is accepted; set server.hosts to restrict it");
    }
    if no_process {
        context.screen.note("  nothing is delivered in the background (--no-process)");
    }
    Ok(())
}

/// Counts attempts in the metrics.
fn counting(metrics: &Arc<Metrics>) -> OnAttempt {
    let metrics = Arc::clone(metrics);
    Arc::new(move |endpoint, finished| metrics.attempted(endpoint, finished))
}

// ── a running server ────────────────────────────────────────────────────────────────────────────────────────────────

/// A running server, its worker and its watch for alerts.
struct RunningServer<'a> {
    context: &'a Context,
    args: &'a ServeArgs,
    without: Vec<RouteGroup>,
    deliveries: Arc<Deliveries>,
    background: Option<Background>,
    readers: BrokerReaders,
    alerts: Option<AlertWatch>,
}

impl RunningServer<'_> {
    /// Serves until a signal stops it.
    async fn serve(
        mut self,
        server: Server,
        listeners: Vec<TcpListener>,
        mut signals: Signals,
    ) -> Result<Exit, CliError> {
        let listeners = listeners
            .into_iter()
            .map(tokio::net::TcpListener::from_std)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| Exit::Io.error("failed to listen").cause(e))?;
        let (stop, stopped) = watch::channel(false);
        let (handle, work) = server.start(listeners, stopped);
        let serving = tokio::spawn(work);
        notify(&[NotifyState::Ready]);
        while signals.next().await == SignalRequest::Reload {
            self.reload(&handle);
        }
        notify(&[NotifyState::Stopping]);
        self.context.screen.note("stopping: requests in flight are answered; repeat the signal to stop at once");
        let _ = stop.send(true);
        self.deliveries.stop(StopRequest::Drain);
        self.readers.stop();
        tokio::select! {
            _ = serving => {}
            () = signals.stop() => {}
        }
        self.finish(&mut signals).await;
        self.finish_reading(&mut signals).await;
        self.finish_alerts(&mut signals).await;
        Ok(Exit::Done)
    }

    /// Waits for background deliveries to end. Another signal aborts them.
    async fn finish(&mut self, signals: &mut Signals) {
        let Some(background) = self.background.take() else { return };
        let mut ended = tokio::task::spawn_blocking(move || background.join());
        tokio::select! {
            _ = &mut ended => return,
            () = signals.stop() => self.deliveries.stop(StopRequest::Now),
        }
        let _ = ended.await;
    }

    /// Waits until messages read from brokers are applied, or another signal arrives. Unacknowledged ones are delivered again.
    async fn finish_reading(&mut self, signals: &mut Signals) {
        let Some(consumers) = self.readers.at_work.take() else { return };
        tokio::select! {
            _ = tokio::task::spawn_blocking(move || consumers.join()) => {}
            () = signals.stop() => {}
        }
    }

    /// Waits until pending alerts are sent, or another signal arrives.
    async fn finish_alerts(&mut self, signals: &mut Signals) {
        let Some(alerts) = self.alerts.take() else { return };
        tokio::select! {
            _ = tokio::task::spawn_blocking(move || alerts.finish()) => {}
            () = signals.stop() => {}
        }
    }

    /// Reads the configuration again. An invalid one changes nothing.
    fn reload(&mut self, handle: &ServerHandle) {
        notify(&reloading());
        match self.try_reload(handle) {
            Ok(()) => self.context.screen.note("configuration reloaded"),
            Err(error) => {
                if let Some(failure) = error.into_failure(self.context.location()) {
                    self.context.screen.warn("invalid configuration; the previous one stays in use");
                    self.context.screen.error(&failure);
                }
            }
        }
        notify(&[NotifyState::Ready]);
    }

    fn try_reload(&mut self, handle: &ServerHandle) -> Result<(), CliError> {
        let fresh = self.context.reload(SystemClock.now());
        let config = Arc::clone(fresh.config()?);
        let settings = settings(&config, &self.without, &self.args.addresses(&config))?;
        let store = self.deliveries.config().store;
        let keyring = fresh.keyring_for(store.as_ref())?;
        let endpoints = fresh.set_endpoints(store.as_ref())?;
        check_forwards(&config, &endpoints)?;
        let sources = if self.args.no_consume { Vec::new() } else { broker_sources::all(&fresh)? };
        let started = self.context.config()?;
        if self.args.addresses(&config) != self.args.addresses(started) || self.args.without(&config) != self.without {
            self.context.screen.warn("changed addresses and routes take effect at the next start");
        }
        let alerts = fresh.alert_watch(&store)?;
        self.alerts = alerts;
        handle.exchange(settings);
        self.deliveries.reload(fresh.worker_config(store, keyring)?, &endpoints);
        self.readers.reload(&self.deliveries, sources)
    }
}

/// The threads of `serve` that read webhooks from message brokers.
struct BrokerReaders {
    metrics: Arc<Metrics>,
    at_work: Option<Consumers>,
}

impl BrokerReaders {
    fn start(deliveries: &Deliveries, metrics: &Arc<Metrics>, sources: Vec<BrokerSource>) -> Result<Self, CliError> {
        let mut readers = Self { metrics: Arc::clone(metrics), at_work: None };
        readers.reload(deliveries, sources)?;
        Ok(readers)
    }

    /// Reads these from now on. Those at work end what they have begun.
    fn reload(&mut self, deliveries: &Deliveries, sources: Vec<BrokerSource>) -> Result<(), CliError> {
        self.stop();
        if sources.is_empty() {
            return Ok(());
        }
        let (config, metrics) = (deliveries.config(), Arc::clone(&self.metrics));
        let on_message = Arc::new(move |route: &str, handled, took| metrics.consumed(route, handled, took));
        let consuming = Consuming { store: config.store, clock: config.clock, on_message };
        let started = Consumers::start(consuming, sources);
        self.at_work = Some(started.map_err(|e| Exit::Io.error("failed to start reading sources").cause(e))?);
        Ok(())
    }

    fn stop(&self) {
        if let Some(consumers) = &self.at_work {
            consumers.stop();
        }
    }
}

fn notify(states: &[NotifyState<'_>]) {
    // Without a service manager this does nothing; a failure has no consequence.
    let _ = sd_notify::notify(states);
}

fn reloading() -> Vec<NotifyState<'static>> {
    std::iter::once(NotifyState::Reloading).chain(NotifyState::monotonic_usec_now()).collect()
}

/// What a signal asks of `serve`: to stop, or to reload the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignalRequest {
    Stop,
    Reload,
}

/// The signals that `serve` gets, and how often the service manager expects a sign of life.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    watchdog: Option<tokio::time::Interval>,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        // Twice as often as the service manager requires.
        let watchdog = sd_notify::watchdog_enabled().map(|limit| tokio::time::interval(limit / 2));
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            watchdog,
        })
    }

    async fn next(&mut self) -> SignalRequest {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return SignalRequest::Stop,
                _ = self.terminate.recv() => return SignalRequest::Stop,
                _ = self.hangup.recv() => return SignalRequest::Reload,
                () = tick(&mut self.watchdog) => notify(&[NotifyState::Watchdog]),
            }
        }
    }

    async fn stop(&mut self) {
        while self.next().await != SignalRequest::Stop {}
    }
}

async fn tick(interval: &mut Option<tokio::time::Interval>) {
    match interval {
        Some(interval) => drop(interval.tick().await),
        None => std::future::pending().await,
    }
}

// ── deliveries ──────────────────────────────────────────────────────────────────────────────────────────────────────

/// Runs the queue when a request to the server asks for it.
struct OnDemand(Arc<Deliveries>);

impl QueueRunner for OnDemand {
    fn run(&self, limit: Duration) -> Pin<Box<dyn Future<Output = Result<RunResult, String>> + Send + '_>> {
        let deliveries = Arc::clone(&self.0);
        Box::pin(async move {
            let report = deliveries.run_once(limit).await.map_err(|e| e.to_string())?;
            Ok(RunResult { stats: report.summary.stats, took: report.took })
        })
    }

    fn test<'a>(
        &'a self,
        endpoint: &'a Endpoint,
    ) -> Pin<Box<dyn Future<Output = Result<TestResult, String>> + Send + 'a>> {
        let config = self.0.config();
        Box::pin(async move {
            let (signer, access) = (config.keyring.signer(endpoint)?, config.keyring.access(endpoint)?);
            let client = EndpointClient::new(&endpoint.url, signer, access, &config.client)?;
            Ok(test_event::send(&client, endpoint.settings.retry.timeout(), config.clock.as_ref()).await)
        })
    }
}
