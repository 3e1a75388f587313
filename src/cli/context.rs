//! The context of a command: screen, configuration, queue.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::GlobalOptions;
use super::access;
use super::alert_sinks;
use super::exit::{CliError, Exit};
use crate::clock::{SystemClock, Timestamp};
use crate::config::{Config, ConfigSources};
use crate::endpoint::{
    Endpoint, EndpointSettings, EndpointUrl, LegacySignature, ResolvedEndpoint, SecretSource, resolve,
};
use crate::format::count;
use crate::outbound::http::Connector;
use crate::outbound::{EndpointAccess, EndpointClient, Keyring};
use crate::render::{Format, OutputOptions, RenderError, Screen};
use crate::report::Report;
use crate::service::WorkerConfig;
use crate::service::alerts::AlertWatch;
use crate::signature::Signer;
use crate::store::{self, Access, DroppedEndpoint, Location, Page, Store, StoreError};
use crate::untrusted::Untrusted;

/// An open queue, and its endpoints as the configuration has just set them.
pub type OpenedQueue = (Arc<dyn Store>, Arc<Vec<Endpoint>>);

/// What every command works with: the screen, the configuration, the time.
#[derive(Debug)]
pub struct Context {
    /// Where answers go.
    pub screen: Screen,
    /// The time at which the command began.
    pub now: Timestamp,
    /// Whether questions are allowed.
    pub may_ask: bool,
    sources: ConfigSources,
    config: OnceCell<Arc<Config>>,
}

impl Context {
    /// The context of one command.
    pub fn new(global: &GlobalOptions, sources: ConfigSources, now: Timestamp) -> Self {
        let screen = Screen::new(OutputOptions {
            format: if global.json { Format::Json } else { global.output },
            columns: global.columns.clone(),
            headers: !global.no_headers,
            time: global.time,
            color: global.color,
            quiet: global.quiet,
            log_json: global.log_format == "json",
            now,
        });
        Self { screen, now, may_ask: !global.no_input, sources, config: OnceCell::new() }
    }

    /// The sources the configuration is read from.
    pub fn sources(&self) -> &ConfigSources {
        &self.sources
    }

    /// The user's directory that an XDG variable names, or its default below HOME; relative ones are ignored.
    pub fn user_directory(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let absolute = |name: &str| self.sources.env.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        absolute(variable).or_else(|| Some(absolute("HOME")?.join(below_home)))
    }

    /// The configuration, read on first use.
    pub fn config(&self) -> Result<&Arc<Config>, CliError> {
        match self.config.get() {
            Some(config) => Ok(config),
            None => {
                let config = Arc::new(Config::load(self.sources.clone())?);
                Ok(self.config.get_or_init(|| config))
            }
        }
    }

    /// The location of the queue, once the configuration was read.
    pub fn location(&self) -> Option<&Location> {
        self.config.get()?.database().ok()
    }

    /// A context with the same screen, and a configuration of only this secret and database, for `demo`.
    pub fn with_secret_and_database(&self, secret: &str, database: &Path) -> Self {
        let env = [("WEBHOOK_SECRET".to_owned(), secret.into())];
        let sources = ConfigSources {
            db_flag: Some(database.display().to_string()),
            system_path: PathBuf::new(),
            ..ConfigSources::of_env(env)
        };
        Self { screen: self.screen.clone(), now: self.now, may_ask: false, sources, config: OnceCell::new() }
    }

    /// A context of the same command whose configuration will be read again.
    pub fn reload(&self, now: Timestamp) -> Self {
        let (screen, sources) = (self.screen.clone(), self.sources.clone());
        Self { screen, now, may_ask: self.may_ask, sources, config: OnceCell::new() }
    }

    /// The queue, for commands that read it or change what is there.
    pub fn existing_store(&self) -> Result<Arc<dyn Store>, CliError> {
        Ok(store::open(self.config()?.database()?, Access::Existing)?)
    }

    /// The queue opened for reading alone; a backup stays unchanged.
    pub fn read_store(&self) -> Result<Arc<dyn Store>, CliError> {
        Ok(store::open(self.config()?.database()?, Access::ReadOnly)?)
    }

    /// The queue with the configured endpoints, created when it is missing.
    pub fn store(&self) -> Result<OpenedQueue, CliError> {
        let store = self.queue()?;
        let endpoints = self.set_endpoints(store.as_ref())?;
        Ok((store, endpoints))
    }

    /// The same, but a missing queue is an error: a wrong path must not look like an empty queue.
    pub fn existing_queue(&self) -> Result<OpenedQueue, CliError> {
        let store = self.existing_store()?;
        let endpoints = self.set_endpoints(store.as_ref())?;
        Ok((store, endpoints))
    }

    /// The queue with the endpoints it has. A missing queue is created, and a note says so.
    pub fn queue(&self) -> Result<Arc<dyn Store>, CliError> {
        let location = self.config()?.database()?;
        match store::open(location, Access::Existing) {
            Err(StoreError::NoDatabase) => {
                let store = store::open(location, Access::Create)?;
                self.screen.note(&format!("created the database {}", Untrusted(&location.to_string())));
                Ok(store)
            }
            opened => Ok(opened?),
        }
    }

    /// Stores the configured endpoints in the queue, if the configuration names any.
    pub fn set_endpoints(&self, store: &dyn Store) -> Result<Arc<Vec<Endpoint>>, CliError> {
        let specs = self.config()?.endpoints.clone();
        let configured = store.set_endpoints(specs, self.now).wait()?;
        for DroppedEndpoint { name, unfinished } in &configured.dropped {
            let (name, held) = (Untrusted(name), count(usize::try_from(*unfinished).unwrap_or(usize::MAX), "delivery"));
            let are = if *unfinished == 1 { "is" } else { "are" };
            let read = self.config()?.files.iter().rfind(|file| file.found && file.role != "env file");
            let source = read.map_or("no configuration file was read".to_owned(), |place| {
                format!("{} was read", Untrusted(&place.path.display().to_string()))
            });
            self.screen.warn(&format!(
                "the endpoint `{name}` is not configured any more: {held} {are} held until it is \
                 configured again ({source}); see them with `syncctl deliveries list --endpoint {name}`"
            ));
        }
        Ok(configured.endpoints)
    }

    /// The signing keys; an error unless there is one for each endpoint that would be sent to.
    pub fn keyring(&self, endpoints: &[Endpoint]) -> Result<Arc<dyn Keyring>, CliError> {
        let keyring = ConfiguredKeys(Arc::clone(self.config()?));
        for endpoint in endpoints.iter().filter(|endpoint| !endpoint.is_paused_or_unconfigured()) {
            keyring.signer(endpoint).map_err(|cause| no_key(&endpoint.name, cause))?;
            self.access(&endpoint.name, &endpoint.settings)?;
        }
        Ok(Arc::new(keyring))
    }

    /// The same, checked before the configured endpoints are stored: without a key for each, none is stored.
    pub fn keyring_for(&self, store: &dyn Store) -> Result<Arc<dyn Keyring>, CliError> {
        let config = self.config()?;
        let keyring = ConfiguredKeys(Arc::clone(config));
        let resolved = resolve(&config.endpoints, &store.endpoints().wait()?);
        for endpoint in resolved.iter().filter(|endpoint| endpoint.paused_by.is_none()) {
            keyring.signer_for(&endpoint.settings).map_err(|cause| no_key(&endpoint.name, cause))?;
            self.access(&endpoint.name, &endpoint.settings)?;
        }
        Ok(Arc::new(keyring))
    }

    /// The headers, credentials and connection options of an endpoint, with every secret read.
    pub fn access(&self, name: &str, settings: &EndpointSettings) -> Result<EndpointAccess, CliError> {
        access::resolve(self.config()?, &settings.access).map_err(|cause| {
            let error =
                Exit::Config.error(format!("requests to the endpoint `{}` cannot be prepared", Untrusted(name)));
            error.cause(cause).hint("check its headers, certificate and proxy with `syncctl config show`")
        })
    }

    /// A client for an endpoint with these settings, with every secret read.
    pub fn endpoint_client(
        &self,
        name: &str,
        url: &EndpointUrl,
        settings: &EndpointSettings,
    ) -> Result<EndpointClient, CliError> {
        let config = self.config()?;
        let signer = ConfiguredKeys(Arc::clone(config)).signer_for(settings).map_err(|cause| no_key(name, cause))?;
        let client = Connector::new(config.egress.clone(), config.ca_file.clone());
        EndpointClient::new(url, signer, self.access(name, settings)?, &client).map_err(|cause| {
            Exit::Config.error(format!("requests to {} cannot be prepared", Untrusted(name))).cause(cause)
        })
    }

    /// The configuration file that names the endpoints: the user's or the named one, else the system's; where there is none, the
    /// one that would be read first.
    pub fn config_file(&self) -> Result<PathBuf, CliError> {
        let files: Vec<_> = self.config()?.files.iter().filter(|file| file.role != "env file").collect();
        let found = files.iter().rev().find(|file| file.found).or(files.last());
        let none = || Exit::Config.error("no path for a configuration is known").hint("name one with --config");
        found.map(|file| file.path.clone()).ok_or_else(none)
    }

    /// The endpoints as a command that changes the queue would configure them. Nothing is changed, and nothing created.
    pub fn resolved_endpoints(&self) -> Result<Vec<ResolvedEndpoint>, CliError> {
        let config = self.config()?;
        let stored = match store::open(config.database()?, Access::Existing) {
            Err(StoreError::NoDatabase) => Vec::new(),
            opened => opened?.endpoints().wait()?,
        };
        Ok(resolve(&config.endpoints, &stored))
    }

    /// The worker configuration: store, clock, keys and HTTP client.
    pub fn worker_config(&self, store: Arc<dyn Store>, keyring: Arc<dyn Keyring>) -> Result<WorkerConfig, CliError> {
        let config = self.config()?;
        let client = Connector::new(config.egress.clone(), config.ca_file.clone());
        Ok(WorkerConfig { store, clock: Arc::new(SystemClock), keyring, client })
    }

    /// Starts the thread that notifies the sinks of `[[alerts]]`; `None` if there are none.
    pub fn alert_watch(&self, store: &Arc<dyn Store>) -> Result<Option<AlertWatch>, CliError> {
        let config = self.config()?;
        Ok(AlertWatch::start(alert_sinks::alerts(config), Arc::clone(store), Arc::new(SystemClock)))
    }

    /// Shows the report of a change that is on disk. If it cannot be shown, the error says that the change was made, so that
    /// nobody makes it again.
    pub fn done(&self, report: &Report) -> Result<(), CliError> {
        or_report_failure(report, self.screen.report_done(report))
    }

    /// The same for a change that failed in part: shown even with `--quiet`.
    pub fn done_in_part(&self, report: &Report) -> Result<(), CliError> {
        or_report_failure(report, self.screen.report(report))
    }

    /// Shows the warnings collected while the configuration and its secrets were read.
    pub fn print_warnings(&self) {
        if let Some(config) = self.config.get() {
            config.take_warnings().iter().for_each(|warning| self.screen.warn(warning));
        }
    }
}

fn no_key(endpoint: &str, cause: String) -> CliError {
    Exit::Config.error(format!("no usable secret to sign for the endpoint `{endpoint}`")).cause(cause).hint(
        "set WEBHOOK_SECRET, or WEBHOOK_SECRET_FILE to a file that this user can read; nothing is ever sent unsigned",
    )
}

/// Reads the secrets of endpoints from where the configuration says they are.
struct ConfiguredKeys(Arc<Config>);

impl Keyring for ConfiguredKeys {
    fn signer(&self, endpoint: &Endpoint) -> Result<Signer, String> {
        self.signer_for(&endpoint.settings)
    }

    fn access(&self, endpoint: &Endpoint) -> Result<EndpointAccess, String> {
        access::resolve(&self.0, &endpoint.settings.access)
    }
}

impl ConfiguredKeys {
    fn signer_for(&self, settings: &EndpointSettings) -> Result<Signer, String> {
        let source = &settings.secret;
        let text = |e: crate::config::ConfigError| e.to_string();
        let current = self.0.endpoint_secret(source).map_err(text)?.ok_or("no secret is configured")?;
        // The previous secret belongs to the shared one; an endpoint with its own rotates on its own.
        let previous = match source {
            SecretSource::Shared => self.0.previous_secret().map_err(text)?,
            SecretSource::File(_) | SecretSource::Env(_) => None,
        };
        let original = match (settings.legacy_signature, &previous) {
            (LegacySignature::Current, _) => &current,
            (LegacySignature::Previous, Some(previous)) => previous,
            (LegacySignature::Previous, None) => {
                return Err("legacy_signature is \"previous\", but there is no previous secret".to_owned());
            }
        };
        let active: Vec<_> = std::iter::once(&current).chain(&previous).collect();
        Ok(Signer::new(original, &active))
    }
}

/// The options `--limit` and `--page` of a list.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Paging {
    /// Rows per page
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub limit: u64,
    /// Page number
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub page: u64,
}

impl Paging {
    /// The page, newest first.
    pub fn newest_first(self) -> Page {
        Page { limit: self.limit, number: self.page, oldest_first: false }
    }
}

fn or_report_failure(report: &Report, shown: Result<(), RenderError>) -> Result<(), CliError> {
    let all_the_same = |fault: CliError, line: &String| {
        fault.cause(format!("done, although it could not be printed: {}", line.trim()))
    };
    shown.map_err(|error| report.lines.iter().fold(error.into(), all_the_same))
}
