//! Flags over environment over env file over user file over system file over defaults → [`Config`], each value with its
//! origin.
//!
//! The environment is an argument and is never changed. Everything is checked here at once, so that the rest of the program
//! never sees an invalid setting; only secrets are read later, by the commands that need them.

mod alert_keys;
mod alerts;
mod delivery_keys;
mod endpoint_keys;
mod endpoints;
mod environment;
mod file;
mod key;
mod keys;
mod loader;
mod origin;
mod problem;
pub mod reference;
mod secret;
mod secret_keys;
mod source_keys;
mod sources;
pub mod starter;
mod text;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use zeroize::Zeroizing;

use crate::endpoint::{ConfiguredEndpoint, Egress, SecretSource, ValueSource};
use crate::inbound::{self, PlatformKeys, PlatformRules};
use crate::monitor::{FreshnessThresholds, HealthLimits};
use crate::signature::Secret;
use crate::store::Location;

use environment::Environment;
use loader::Loader;
use secret::SecretLocation;

pub use alert_keys::{AlertService, ConfiguredSink};
pub use origin::{Origin, Setting};
pub use problem::{ConfigError, Problem};
pub use secret::SecretPlace;
pub use source_keys::{ConfiguredBroker, ConfiguredSource};
pub use values::{DeliverySection, OperatorToken, ServerSection, WebhookSection};

/// Where the system's configuration is.
pub const SYSTEM_PATH: &str = "/etc/syncctl/config.toml";
/// The text in place of a secret.
pub const MASK: &str = "********";

/// Where the configuration is read from: flags, environment, files.
#[derive(Clone)]
pub struct ConfigSources {
    /// The environment variables. The process's own environment is not read.
    pub env: BTreeMap<String, OsString>,
    /// `--config`; replaces `SYNCCTL_CONFIG` and the user's file.
    pub config_path: Option<PathBuf>,
    /// `--env-file`.
    pub env_file: Option<PathBuf>,
    /// `--db`.
    pub db_flag: Option<String>,
    /// The system's file.
    pub system_path: PathBuf,
}

impl ConfigSources {
    /// The sources of a command without flags.
    pub fn of_env(env: impl IntoIterator<Item = (String, OsString)>) -> Self {
        let env = env.into_iter().collect();
        Self { env, config_path: None, env_file: None, db_flag: None, system_path: PathBuf::from(SYSTEM_PATH) }
    }
}

impl fmt::Debug for ConfigSources {
    /// Leaves out the environment, which holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigSources")
            .field("config_path", &self.config_path)
            .field("env_file", &self.env_file)
            .field("db_flag", &self.db_flag)
            .field("system_path", &self.system_path)
            .finish_non_exhaustive()
    }
}

/// Which secret a command such as `sign` or `verify` uses.
#[derive(Clone, Copy, Debug)]
pub enum WhichSecret<'a> {
    /// The secret of a key, such as `webhook.secret`.
    Configured(&'a str),
    /// A file that a flag named.
    File(&'a Path),
    /// A variable that a flag named.
    Env(&'a str),
    /// A command that a flag named.
    Command(&'a str),
    /// The one of an endpoint.
    Endpoint(&'a SecretSource),
}

/// A configuration file that was looked for, and whether it was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// Its role: `system`, `user`, `named` or `env file`.
    pub role: &'static str,
    /// The file.
    pub path: PathBuf,
    /// Whether it exists.
    pub found: bool,
}

/// The whole configuration of one run, checked.
#[derive(Debug)]
pub struct Config {
    /// The endpoints: those of the configuration file, then those of `SYNC_WEBHOOK_URLS`.
    pub endpoints: Vec<ConfiguredEndpoint>,
    /// The delivery settings of endpoints that have none of their own.
    pub delivery: DeliverySection,
    /// Which addresses requests may go to.
    pub egress: Egress,
    /// The thresholds of health.
    pub health: HealthLimits,
    /// The thresholds of freshness.
    pub freshness: FreshnessThresholds,
    /// How `serve` runs.
    pub server: ServerSection,
    /// The rules for webhooks on platform routes.
    pub webhook: WebhookSection,
    /// The other sources of webhooks.
    pub sources: Vec<ConfiguredSource>,
    /// The sinks of alerts.
    pub alerts: Vec<ConfiguredSink>,
    /// The certificates to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// The files that were looked for, weakest first.
    pub files: Vec<ConfigFile>,
    database: Option<Location>,
    settings: Vec<Setting>,
    secrets: BTreeMap<&'static str, (SecretLocation, Origin)>,
    environment: Environment,
    warnings: Mutex<Vec<String>>,
}

/// The configuration as far as it is valid, and all its problems, for `config validate` and `doctor`.
#[derive(Debug)]
pub struct Inspection {
    /// The valid parts; invalid values are left at their defaults.
    pub config: Config,
    /// The problems, in the order they were found.
    pub problems: Vec<Problem>,
}

impl Config {
    /// Reads the configuration; its first problem is the error.
    pub fn load(sources: ConfigSources) -> Result<Self, ConfigError> {
        let Inspection { config, problems } = Self::inspect(sources);
        match problems.into_iter().next() {
            Some(problem) => Err(problem.into()),
            None => Ok(config),
        }
    }

    /// Reads the valid parts of the configuration, and collects its problems.
    pub fn inspect(sources: ConfigSources) -> Inspection {
        let mut loader = Loader::default();
        let environment = loader.environment(sources.env, sources.env_file);
        let files = loader.files(&environment, sources.config_path, &sources.system_path);
        let values = loader.values(&environment, &files, sources.db_flag);
        let endpoints = loader.endpoints(&environment, &files, &values.delivery);
        let sources = loader.sources(&files);
        let alerts = loader.alerts(&files);
        let secrets = loader.secrets(&environment, &files);
        let misspelt = environment.names().filter_map(reference::misspelt).collect();
        let config = Self {
            endpoints,
            database: values
                .database
                .or_else(|| environment.state_dir().map(|dir| Location::file(dir.join("syncctl.db")))),
            delivery: values.delivery,
            egress: values.egress,
            health: HealthLimits { silent_routes: silent_routes(&sources), ..values.health },
            freshness: values.freshness,
            server: values.server,
            webhook: values.webhook,
            sources,
            alerts,
            ca_file: values.ca_file,
            files: loader.files,
            settings: loader.settings,
            secrets,
            environment,
            warnings: Mutex::new(misspelt),
        };
        Inspection { config: config.with_default_database_shown(), problems: loader.problems }
    }

    /// The location of the database; an error only if none is configured and there is no home directory.
    pub fn database(&self) -> Result<&Location, ConfigError> {
        self.database.as_ref().ok_or(ConfigError::NoHome)
    }

    /// The secret that signs, when there is one.
    pub fn webhook_secret(&self) -> Result<Option<Secret>, ConfigError> {
        self.secret("webhook.secret")
    }

    /// The previous secret, during a rotation.
    pub fn previous_secret(&self) -> Result<Option<Secret>, ConfigError> {
        self.secret("webhook.previous_secret")
    }

    /// The secret that callers of the processing route show.
    pub fn cron_secret(&self) -> Result<Option<Secret>, ConfigError> {
        self.secret("cron.secret")
    }

    /// The token that administrators show.
    pub fn admin_token(&self) -> Result<Option<Secret>, ConfigError> {
        self.secret("admin.token")
    }

    /// The token of an operator.
    pub fn operator_token(&self, token: &OperatorToken) -> Result<Secret, ConfigError> {
        self.read_secret(
            &format!("the token of {} (server.tokens)", token.name),
            &SecretLocation::File(token.file.clone()),
        )
    }

    /// The secret of an endpoint.
    pub fn endpoint_secret(&self, source: &SecretSource) -> Result<Option<Secret>, ConfigError> {
        match SecretLocation::own(source) {
            None => self.webhook_secret(),
            Some(location) => self.read_secret("an endpoint's secret", &location).map(Some),
        }
    }

    /// Every route that receives webhooks, with its secrets.
    pub fn webhook_sources(&self) -> Result<inbound::Sources, ConfigError> {
        let secrets: Vec<Secret> = self.webhook_secret()?.into_iter().chain(self.previous_secret()?).collect();
        let WebhookSection { standard_only, require_timestamp, networks, .. } = self.webhook.clone();
        let rules = PlatformRules {
            keys: PlatformKeys::new(&secrets),
            standard_only,
            requires_timestamp: require_timestamp,
            networks,
        };
        let named = self.sources.iter().map(|spec| self.source(spec)).collect::<Result<_, _>>()?;
        Ok(inbound::Sources::new(&rules, named))
    }

    fn source(&self, spec: &ConfiguredSource) -> Result<inbound::Source, ConfigError> {
        let what = format!("the secret of the source {}", spec.settings.name);
        let texts = spec.secrets.iter().filter_map(SecretLocation::own);
        let texts = texts.map(|location| self.read_text(&what, &location)).collect::<Result<Vec<_>, _>>()?;
        let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        inbound::Source::named(spec.settings.clone(), &texts)
            .map_err(|error| ConfigError::Secret { what, reason: error.to_string() })
    }

    /// A value of an endpoint that may be secret: the text of a header, or credentials.
    pub fn value(&self, what: &str, source: &ValueSource) -> Result<Zeroizing<String>, ConfigError> {
        let location = match source {
            ValueSource::Literal(text) => return Ok(Zeroizing::new(text.clone())),
            ValueSource::File(path) => SecretLocation::File(path.into()),
            ValueSource::Env(name) => SecretLocation::Env(name.clone()),
            ValueSource::Command(command) => SecretLocation::Command(command.clone()),
        };
        self.read_text(what, &location)
    }

    /// The proxy that the environment names, for endpoints that ask for it.
    pub fn proxy_of_environment(&self) -> Option<String> {
        let names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
        names.iter().find_map(|name| self.environment.value(name).ok())
    }

    /// The secret in a file that a flag named, by the same rules as a configured one.
    pub fn secret_from_file(&self, path: &Path) -> Result<Secret, ConfigError> {
        self.read_secret("the secret (flag --secret-file)", &SecretLocation::File(path.to_owned()))
    }

    /// The secret in a variable that a flag named.
    pub fn secret_from_env(&self, name: &str) -> Result<Secret, ConfigError> {
        self.read_secret("the secret (flag --secret-env)", &SecretLocation::Env(name.to_owned()))
    }

    /// A secret's text exactly as it is kept, for the commands about signatures: white space, quotes and bad base64 included.
    ///
    /// `None` when nothing is configured. The final newline of a file is not part of it.
    pub fn secret_text(&self, which: &WhichSecret<'_>) -> Result<Option<Zeroizing<String>>, ConfigError> {
        let (what, location) = match which {
            WhichSecret::Configured(key) => match self.secrets.get(key) {
                Some((location, origin)) => (format!("{key} ({origin})"), location.clone()),
                None => return Ok(None),
            },
            WhichSecret::File(path) => {
                ("the secret (in a file that a flag names)".to_owned(), SecretLocation::File((*path).to_owned()))
            }
            WhichSecret::Env(name) => {
                ("the secret (in a variable that a flag names)".to_owned(), SecretLocation::Env((*name).to_owned()))
            }
            WhichSecret::Command(command) => {
                ("the secret (flag --secret-command)".to_owned(), SecretLocation::Command((*command).to_owned()))
            }
            WhichSecret::Endpoint(SecretSource::Shared) => {
                return self.secret_text(&WhichSecret::Configured("webhook.secret"));
            }
            WhichSecret::Endpoint(SecretSource::File(path)) => {
                ("an endpoint's secret".to_owned(), SecretLocation::File(path.into()))
            }
            WhichSecret::Endpoint(SecretSource::Env(name)) => {
                ("an endpoint's secret".to_owned(), SecretLocation::Env(name.clone()))
            }
        };
        self.read_text(&what, &location).map(Some)
    }

    /// All settings with their origins, secrets masked.
    pub fn origins(&self) -> &[Setting] {
        &self.settings
    }

    /// A configured secret in clear, to be shown only on a terminal.
    pub fn revealed(&self, key: &str) -> Result<Option<String>, ConfigError> {
        let Some(known) = self.secrets.keys().find(|known| **known == key) else { return Ok(None) };
        let secret = self.secret(known)?;
        Ok(secret.map(|secret| String::from_utf8_lossy(secret.as_text()).into_owned()))
    }

    /// The errors of configured secrets that cannot be read.
    pub fn unreadable_secrets(&self) -> Vec<ConfigError> {
        let shared = self.secrets.keys().map(|key| self.secret(key));
        let own = self.endpoints.iter().filter(|spec| spec.settings.secret != SecretSource::Shared);
        let own = own.map(|spec| self.endpoint_secret(&spec.settings.secret));
        let sources = self.sources.iter().map(|spec| self.source(spec).map(drop));
        let alerts = self.alerts.iter().map(|spec| self.alert_service(spec).map(drop));
        shared.chain(own).map(|read| read.map(drop)).chain(sources).chain(alerts).filter_map(Result::err).collect()
    }

    /// All configured secrets by name, each with its place. None is read.
    pub fn secret_places(&self) -> Vec<(String, SecretPlace)> {
        let shared =
            self.secrets.iter().map(|(key, (location, _))| ((*key).to_owned(), location.place(&self.environment)));
        let own = self.endpoints.iter().filter_map(|spec| {
            let place = SecretLocation::own(&spec.settings.secret)?.place(&self.environment);
            let name = spec.name.clone().unwrap_or_else(|| spec.url.default_name());
            Some((format!("the endpoint {name}"), place))
        });
        let sources = self.sources.iter().flat_map(|spec| {
            let places = spec.secrets.iter().filter_map(SecretLocation::own);
            places.map(|it| (format!("the source {}", spec.settings.name), it.place(&self.environment)))
        });
        let alerts = self.alerts.iter().filter_map(ConfiguredSink::secret_location);
        let alerts = alerts.map(|(what, it)| (what, it.place(&self.environment)));
        shared.chain(own).chain(sources).chain(alerts).collect()
    }

    /// Every file that holds a secret: signing secrets, tokens, and what endpoints and their proxies are shown.
    pub fn secret_files(&self) -> BTreeSet<PathBuf> {
        let signing = self.secret_places().into_iter().filter_map(|(_, place)| match place {
            SecretPlace::File(path) => Some(path),
            SecretPlace::Variable(_) | SecretPlace::Command => None,
        });
        let shown = self.endpoints.iter().flat_map(|spec| spec.settings.access.secret_files()).map(PathBuf::from);
        let tokens = self.server.tokens.iter().map(|token| token.file.clone());
        signing.chain(shown).chain(tokens).collect()
    }

    /// The warnings since the last call, such as a secret file that others can read.
    pub fn take_warnings(&self) -> Vec<String> {
        self.warnings.lock().map(|mut warnings| std::mem::take(&mut *warnings)).unwrap_or_default()
    }

    fn secret(&self, key: &'static str) -> Result<Option<Secret>, ConfigError> {
        let Some((location, origin)) = self.secrets.get(key) else { return Ok(None) };
        self.read_secret(&format!("{key} ({origin})"), location).map(Some)
    }

    fn read_text(&self, what: &str, location: &SecretLocation) -> Result<Zeroizing<String>, ConfigError> {
        let mut warnings = Vec::new();
        let read = location.text(&self.environment, &mut warnings);
        self.add_warnings(warnings);
        read.map(Zeroizing::new).map_err(|reason| ConfigError::Secret { what: what.to_owned(), reason })
    }

    fn read_secret(&self, what: &str, location: &SecretLocation) -> Result<Secret, ConfigError> {
        let mut warnings = Vec::new();
        let read = location.read(&self.environment, &mut warnings);
        self.add_warnings(warnings);
        read.map_err(|reason| ConfigError::Secret { what: what.to_owned(), reason })
    }

    fn add_warnings(&self, mut warnings: Vec<String>) {
        if let Ok(mut all) = self.warnings.lock() {
            warnings.retain(|warning| !all.contains(warning));
            all.append(&mut warnings);
        }
    }

    fn with_default_database_shown(mut self) -> Self {
        let path = self.database.as_ref().map(|path| path.to_string());
        if let Some(setting) = self.settings.iter_mut().find(|it| it.key == "database" && it.origin == Origin::Default)
        {
            setting.value = path.unwrap_or_default();
        }
        self
    }
}

/// The routes of sources with `silence_after`, each with that time.
fn silent_routes(sources: &[ConfiguredSource]) -> Vec<(String, std::time::Duration)> {
    let limit = |spec: &ConfiguredSource| spec.settings.silence_after.map(|limit| (spec.settings.route(), limit));
    sources.iter().filter_map(limit).collect()
}

#[cfg(test)]
mod tests;
