//! Flags over environment over env file over user file over system file over defaults → [`Config`], each value with its
//! origin.
//!
//! The environment is handed in and never written. Everything is checked here at once, so that the rest of the program
//! never meets a half-valid setting; only secrets are read later, by the commands that need them.

mod environment;
mod file;
mod keys;
mod secret;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use crate::delivery::RetryPolicy;
use crate::endpoint::{DEFAULT_CONCURRENCY, Egress, EndpointUrl, SecretSource, Spec};
use crate::signature::Secret;

use environment::Environment;
use file::{Entry, File};
use keys::{Draft, ENDPOINT_KEYS, KEYS, Key};
use secret::{Kept, SECRETS};

/// Where the system's configuration is.
pub const SYSTEM_PATH: &str = "/etc/syncctl/config.toml";
/// What stands in the place of a secret.
pub const MASK: &str = "********";

/// What the configuration is read from.
#[derive(Clone)]
pub struct Sources {
    /// The environment. Nothing else is ever looked up in the process's own.
    pub env: BTreeMap<String, OsString>,
    /// `--config`; takes the place of `SYNCCTL_CONFIG` and of the user's file.
    pub config_path: Option<PathBuf>,
    /// `--env-file`.
    pub env_file: Option<PathBuf>,
    /// `--db`.
    pub db_flag: Option<String>,
    /// The system's file.
    pub system_path: PathBuf,
}

impl Sources {
    /// The sources of a command without flags.
    pub fn of_env(env: impl IntoIterator<Item = (String, OsString)>) -> Self {
        let env = env.into_iter().collect();
        Self { env, config_path: None, env_file: None, db_flag: None, system_path: PathBuf::from(SYSTEM_PATH) }
    }
}

impl fmt::Debug for Sources {
    /// Leaves the environment out: it holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("config_path", &self.config_path)
            .field("env_file", &self.env_file)
            .field("db_flag", &self.db_flag)
            .field("system_path", &self.system_path)
            .finish_non_exhaustive()
    }
}

/// How deliveries are made where an endpoint does not say otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When and how often a delivery is tried again.
    pub retry: RetryPolicy,
    /// Requests in flight to one endpoint.
    pub concurrency: u16,
}

/// From where on the queue counts as unhealthy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Health {
    /// The largest share of failed attempts, from 0 to 1.
    pub max_failure_rate: f64,
    /// The most failed attempts.
    pub max_failures: u64,
    /// The longest time a delivery may be due.
    pub max_due_age: Duration,
}

/// How old the last news of a resource may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// From here on worth a warning.
    pub warn_after: Duration,
    /// From here on an error.
    pub error_after: Duration,
}

/// How `serve` runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The addresses it listens on, `HOST:PORT`.
    pub listen: Vec<String>,
    /// How often it sends what is due.
    pub process_every: Duration,
}

/// Every setting but endpoints and secrets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Values {
    pub(crate) database: Option<PathBuf>,
    pub(crate) delivery: Delivery,
    pub(crate) egress: Egress,
    pub(crate) health: Health,
    pub(crate) freshness: Freshness,
    pub(crate) server: Server,
    pub(crate) ca_file: Option<PathBuf>,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            database: None,
            delivery: Delivery { retry: RetryPolicy::default(), concurrency: DEFAULT_CONCURRENCY },
            egress: Egress::default(),
            health: Health { max_failure_rate: 0.1, max_failures: 10, max_due_age: Duration::from_mins(15) },
            freshness: Freshness { warn_after: Duration::from_mins(60), error_after: Duration::from_mins(180) },
            server: Server { listen: vec!["127.0.0.1:3000".to_owned()], process_every: Duration::from_secs(30) },
            ca_file: None,
        }
    }
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    Flag(&'static str),
    /// A variable of the environment.
    Env(String),
    /// A variable of the env file, and its line.
    EnvFile(PathBuf, usize),
    /// A line of a configuration file.
    File(PathBuf, usize),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Env(name) => write!(f, "env {name}"),
            Self::EnvFile(path, line) | Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One setting as `config show` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key, such as `delivery.max_attempts` or `endpoints[0].url`.
    pub key: String,
    /// Its value; [`MASK`] for a secret that is set, empty for what is not set.
    pub value: String,
    /// Who said so.
    pub origin: Origin,
    /// Who said otherwise and was overruled.
    pub hides: Option<Origin>,
}

/// Something wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{text}", self.place())]
pub struct Problem {
    /// The file it is in; otherwise the text names the flag or variable.
    pub file: Option<PathBuf>,
    /// The line it is on.
    pub line: Option<usize>,
    /// What is wrong.
    pub text: String,
    /// What was probably meant, or what to do.
    pub hint: Option<String>,
    /// Whether a file that was asked for is not there.
    pub missing: bool,
}

impl Problem {
    fn said(text: impl Into<String>) -> Self {
        Self { file: None, line: None, text: text.into(), hint: None, missing: false }
    }

    fn in_file(path: &Path, text: impl Into<String>) -> Self {
        Self { file: Some(path.to_owned()), ..Self::said(text) }
    }

    fn on_line(path: &Path, line: usize, text: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::in_file(path, text) }
    }

    /// About a value that came from `origin`.
    fn about(key: &str, origin: &Origin, text: &str) -> Self {
        match origin {
            Origin::File(path, line) | Origin::EnvFile(path, line) => {
                Self::on_line(path, *line, format!("{key}: {text}"))
            }
            Origin::Flag(name) => Self::said(format!("{name}: {text}")),
            Origin::Env(name) => Self::said(format!("{name}: {text}")),
            Origin::Default => Self::said(format!("{key}: {text}")),
        }
    }

    fn hinted(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    fn place(&self) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{}:{line}: ", file.display()),
            (Some(file), None) => format!("{}: ", file.display()),
            (None, _) => String::new(),
        }
    }
}

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that was asked for is not there.
    #[error("there is no file {}", .0.display())]
    Missing(PathBuf),
    /// The configuration is wrong; this is the first thing that is.
    #[error("{0}")]
    Wrong(Problem),
    /// A secret that is configured cannot be had.
    #[error("failed to read {what}: {reason}")]
    Secret {
        /// Which one, and who said where it is.
        what: String,
        /// Why not; the secret is never part of it.
        reason: String,
    },
    /// A default place lies in the home directory, and there is none.
    #[error("no place for the database: neither HOME nor XDG_STATE_HOME is set to an absolute path")]
    NoHome,
}

impl ConfigError {
    /// Whether a named file is missing, rather than wrong.
    pub fn is_missing_input(&self) -> bool {
        matches!(self, Self::Missing(_))
    }

    /// What to try next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing(_) => None,
            Self::Wrong(problem) => Some(
                problem
                    .hint
                    .clone()
                    .unwrap_or_else(|| "see everything that is wrong with `syncctl config validate`".to_owned()),
            ),
            Self::Secret { .. } => {
                Some("see where each setting comes from with `syncctl config show --origin`".to_owned())
            }
            Self::NoHome => Some("name the database with --db PATH or SYNCCTL_DB".to_owned()),
        }
    }
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        match problem.file {
            Some(file) if problem.missing => Self::Missing(file),
            file => Self::Wrong(Problem { file, ..problem }),
        }
    }
}

/// A place where configuration was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose it is: `system`, `user`, `named` or `env file`.
    pub role: &'static str,
    /// The file.
    pub path: PathBuf,
    /// Whether it is there.
    pub found: bool,
}

/// The configuration of one run.
#[derive(Debug)]
pub struct Config {
    /// The endpoints: those of the configuration file, then those of `SYNC_WEBHOOK_URLS`.
    pub endpoints: Vec<Spec>,
    /// How deliveries are made where an endpoint does not say otherwise.
    pub delivery: Delivery,
    /// Which addresses requests may go to.
    pub egress: Egress,
    /// From where on the queue counts as unhealthy.
    pub health: Health,
    /// How old the last news of a resource may be.
    pub freshness: Freshness,
    /// How `serve` runs.
    pub server: Server,
    /// The certificates to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// The files that were looked for, weakest first.
    pub places: Vec<Place>,
    database: Option<PathBuf>,
    settings: Vec<Setting>,
    secrets: BTreeMap<&'static str, (Kept, Origin)>,
    environment: Environment,
    warnings: Mutex<Vec<String>>,
}

/// A configuration looked at as a whole: what could be read of it, and everything that is wrong.
#[derive(Debug)]
pub struct Inspection {
    /// What could be read; wrong values are left at what they would be without them.
    pub config: Config,
    /// What is wrong, in the order it was found.
    pub problems: Vec<Problem>,
}

impl Config {
    /// Reads the configuration; the first thing wrong with it is the error.
    pub fn load(sources: Sources) -> Result<Self, ConfigError> {
        let Inspection { config, problems } = Self::inspect(sources);
        match problems.into_iter().next() {
            Some(problem) => Err(problem.into()),
            None => Ok(config),
        }
    }

    /// Reads what can be read of the configuration, and collects what is wrong with it.
    pub fn inspect(sources: Sources) -> Inspection {
        let mut reading = Reading::default();
        let environment = reading.environment(sources.env, sources.env_file);
        let files = reading.files(&environment, sources.config_path, &sources.system_path);
        let values = reading.values(&environment, &files, sources.db_flag);
        let endpoints = reading.endpoints(&environment, &files, values.delivery);
        let secrets = reading.secrets(&environment, &files);
        let config = Self {
            endpoints,
            database: values.database.or_else(|| environment.state_dir().map(|dir| dir.join("syncctl.db"))),
            delivery: values.delivery,
            egress: values.egress,
            health: values.health,
            freshness: values.freshness,
            server: values.server,
            ca_file: values.ca_file,
            places: reading.places,
            settings: reading.settings,
            secrets,
            environment,
            warnings: Mutex::default(),
        };
        Inspection { config: config.with_default_database_shown(), problems: reading.problems }
    }

    /// The database; an error only where nobody named one and there is no home directory either.
    pub fn database(&self) -> Result<&Path, ConfigError> {
        self.database.as_deref().ok_or(ConfigError::NoHome)
    }

    /// The secret that signs, when there is one.
    pub fn webhook_secret(&self) -> Result<Option<Secret>, ConfigError> {
        self.secret("webhook.secret")
    }

    /// The secret of before, while a rotation lasts.
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

    /// The secret of an endpoint.
    pub fn endpoint_secret(&self, source: &SecretSource) -> Result<Option<Secret>, ConfigError> {
        let kept = match source {
            SecretSource::Shared => return self.webhook_secret(),
            SecretSource::File(path) => Kept::File(path.into()),
            SecretSource::Env(name) => Kept::Env(name.clone()),
        };
        self.read_secret("an endpoint's secret", &kept).map(Some)
    }

    /// The secret in a file that a flag named, by the same rules as a configured one.
    pub fn secret_from_file(&self, path: &Path) -> Result<Secret, ConfigError> {
        self.read_secret("the secret (flag --secret-file)", &Kept::File(path.to_owned()))
    }

    /// The secret in a variable that a flag named.
    pub fn secret_from_env(&self, name: &str) -> Result<Secret, ConfigError> {
        self.read_secret("the secret (flag --secret-env)", &Kept::Env(name.to_owned()))
    }

    /// Every setting with its origin, secrets masked.
    pub fn origins(&self) -> &[Setting] {
        &self.settings
    }

    /// What was found worth a warning since this was last asked, such as a secret file others may read.
    pub fn take_warnings(&self) -> Vec<String> {
        self.warnings.lock().map(|mut warnings| std::mem::take(&mut *warnings)).unwrap_or_default()
    }

    fn secret(&self, key: &'static str) -> Result<Option<Secret>, ConfigError> {
        let Some((kept, origin)) = self.secrets.get(key) else { return Ok(None) };
        self.read_secret(&format!("{key} ({origin})"), kept).map(Some)
    }

    fn read_secret(&self, what: &str, kept: &Kept) -> Result<Secret, ConfigError> {
        let mut warnings = Vec::new();
        let read = kept.read(&self.environment, &mut warnings);
        if let Ok(mut all) = self.warnings.lock() {
            warnings.retain(|warning| !all.contains(warning));
            all.append(&mut warnings);
        }
        read.map_err(|reason| ConfigError::Secret { what: what.to_owned(), reason })
    }

    fn with_default_database_shown(mut self) -> Self {
        let path = self.database.as_ref().map(|path| path.display().to_string());
        if let Some(setting) = self.settings.iter_mut().find(|it| it.key == "database" && it.origin == Origin::Default)
        {
            setting.value = path.unwrap_or_default();
        }
        self
    }
}

/// What has been found so far.
#[derive(Default)]
struct Reading {
    settings: Vec<Setting>,
    problems: Vec<Problem>,
    places: Vec<Place>,
}

/// What one source says about a key.
struct Said {
    text: String,
    origin: Origin,
}

impl Reading {
    fn environment(&mut self, env: BTreeMap<String, OsString>, file: Option<PathBuf>) -> Environment {
        let environment = Environment::new(env);
        let Some(path) = file else { return environment };
        let (environment, problem) = environment.with_file(&path);
        let found = problem.as_ref().is_none_or(|problem| !problem.missing);
        self.places.push(Place { role: "env file", path, found });
        self.problems.extend(problem);
        environment
    }

    /// The configuration files, strongest first.
    fn files(&mut self, environment: &Environment, named: Option<PathBuf>, system: &Path) -> Vec<File> {
        let named = named.or_else(|| environment.process_path("SYNCCTL_CONFIG"));
        let user = match named {
            Some(path) => self.file("named", path),
            None => environment.config_dir().and_then(|dir| self.file("user", dir.join("config.toml"))),
        };
        let system = self.file("system", system.to_owned());
        self.places.reverse();
        user.into_iter().chain(system).collect()
    }

    fn file(&mut self, role: &'static str, path: PathBuf) -> Option<File> {
        let read = File::read(&path);
        let absent = matches!(&read, Err(problem) if problem.missing);
        self.places.push(Place { role, path, found: !absent });
        match read {
            Ok((file, problems)) => {
                self.problems.extend(problems);
                Some(file)
            }
            Err(problem) if absent && role != "named" => {
                drop(problem);
                None
            }
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    fn values(&mut self, environment: &Environment, files: &[File], db_flag: Option<String>) -> Values {
        let mut values = Values::default();
        let mut db_flag = db_flag.map(|text| Said { text, origin: Origin::Flag("--db") });
        for key in KEYS {
            let flag = if key.name == "database" { db_flag.take() } else { None };
            let mut from_env = self.spoken(environment, &[&keys::variable(key.name)]);
            from_env.retain(|said| !said.text.trim().is_empty());
            let from_files = files.iter().filter_map(|file| file.said(key));
            let said = flag.into_iter().chain(from_env).chain(from_files).collect::<Vec<_>>();
            self.settle(&mut values, key, key.name, said);
        }
        values
    }

    /// Takes the strongest of what was `said`, checks them all, and notes the result.
    fn settle<T>(&mut self, values: &mut T, key: &Key<T>, shown_as: &str, said: Vec<Said>)
    where
        T: Clone,
    {
        let mut origins = Vec::new();
        for Said { text, origin } in said {
            let mut candidate = values.clone();
            match (key.read)(&mut candidate, &text) {
                Ok(()) if origins.is_empty() => *values = candidate,
                Ok(()) => {}
                Err(reason) => {
                    self.problems.push(Problem::about(shown_as, &origin, &reason));
                    continue;
                }
            }
            origins.push(origin);
        }
        let mut origins = origins.into_iter();
        let origin = origins.next().unwrap_or(Origin::Default);
        let value = (key.show)(values);
        self.settings.push(Setting { key: shown_as.to_owned(), value, origin, hides: origins.next() });
    }

    /// What the environment says under those names, strongest first.
    fn spoken(&mut self, environment: &Environment, names: &[&str]) -> Vec<Said> {
        let (said, problems) = environment.said(names);
        self.problems.extend(problems);
        said.into_iter().map(|(text, origin)| Said { text, origin }).collect()
    }

    fn endpoints(&mut self, environment: &Environment, files: &[File], delivery: Delivery) -> Vec<Spec> {
        let mut specs = Vec::<Spec>::new();
        let named = files.iter().find(|file| !file.endpoints.is_empty());
        for (at, entries) in named.iter().flat_map(|file| &file.endpoints).enumerate() {
            let spec = self.endpoint(entries, delivery, at);
            let Some((spec, origin)) = spec else { continue };
            if let Some(name) = &spec.name
                && specs.iter().any(|other| other.name.as_ref() == Some(name))
            {
                self.problems.push(Problem::about("name", &origin, &format!("a second endpoint named `{name}`")));
                continue;
            }
            specs.push(spec);
        }
        let said =
            self.spoken(environment, &["SYNCCTL_WEBHOOK_URLS", "SYNCCTL_SYNC_WEBHOOK_URLS", "SYNC_WEBHOOK_URLS"]);
        let mut said = said.into_iter();
        if let Some(strongest) = said.next() {
            self.urls(&mut specs, &strongest, said.next().map(|it| it.origin).as_ref(), delivery);
        }
        specs
    }

    fn endpoint(&mut self, entries: &[Entry], delivery: Delivery, at: usize) -> Option<(Spec, Origin)> {
        let first = entries.first().map_or(Origin::Default, |entry| entry.origin.clone());
        let wrong_before = self.problems.len();
        let mut draft = Draft::new(delivery);
        for key in ENDPOINT_KEYS {
            let given = entries.iter().find(|entry| entry.key == key.name);
            let Some(entry) = given else { continue };
            let said = vec![Said { text: entry.text.clone(), origin: entry.origin.clone() }];
            self.settle(&mut draft, key, &format!("endpoints[{at}].{}", key.name), said);
        }
        let name_origin =
            entries.iter().find(|entry| entry.key == "name").map_or(first.clone(), |it| it.origin.clone());
        match draft.finish() {
            Ok(spec) => (self.problems.len() == wrong_before).then_some((spec, name_origin)),
            Err(_) if self.problems.len() > wrong_before => None,
            Err(reason) => {
                self.problems.push(Problem::about("endpoints", &first, &reason));
                None
            }
        }
    }

    fn urls(&mut self, specs: &mut Vec<Spec>, said: &Said, hides: Option<&Origin>, delivery: Delivery) {
        let given = said.text.split(',').map(str::trim).filter(|text| !text.is_empty());
        for (number, text) in given.enumerate() {
            match EndpointUrl::parse(text) {
                Ok(url) if specs.iter().any(|spec| spec.url == url) => {}
                Ok(url) => {
                    let key = format!("endpoints[{}].url", specs.len());
                    let (value, origin) = (url.to_string(), said.origin.clone());
                    self.settings.push(Setting { key, value, origin, hides: hides.cloned() });
                    let mut spec = Spec::of_url(url);
                    spec.settings = Draft::new(delivery).settings;
                    specs.push(spec);
                }
                Err(invalid) => {
                    let text = format!("URL number {} ({}): {invalid}", number + 1, keys::without_userinfo(text));
                    self.problems.push(Problem::about("SYNC_WEBHOOK_URLS", &said.origin, &text));
                }
            }
        }
    }

    fn secrets(&mut self, environment: &Environment, files: &[File]) -> BTreeMap<&'static str, (Kept, Origin)> {
        let mut secrets = BTreeMap::new();
        for secret in SECRETS {
            self.problems.extend(files.iter().filter_map(|file| secret.said_twice(file)));
            let mut found = secret.found(environment, files).into_iter();
            let (value, origin) = match found.next() {
                Some((kept, origin)) => {
                    secrets.insert(secret.key, (kept, origin.clone()));
                    (MASK.to_owned(), origin)
                }
                None => (String::new(), Origin::Default),
            };
            let hides = found.next().map(|(_, origin)| origin);
            self.settings.push(Setting { key: secret.key.to_owned(), value, origin, hides });
        }
        secrets
    }
}
