//! Flags over environment over env file over user file over system file over defaults → [`Config`], each value with its
//! origin.
//!
//! The environment is handed in and never written. Everything is checked here at once, so that the rest of the program
//! never meets a half-valid setting; only secrets are read later, by the commands that need them.

mod environment;
mod file;
mod keys;
pub mod reference;
mod secret;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use crate::delivery::RetryPolicy;
use crate::endpoint::{DEFAULT_CONCURRENCY, Egress, EndpointUrl, SecretSource, Spec};
use crate::monitor::{Ages, Limits};
use crate::signature::Secret;
use zeroize::Zeroizing;

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

/// Where the workbench finds a secret's text.
#[derive(Clone, Copy, Debug)]
pub enum WhichSecret<'a> {
    /// The one configured under that key, such as `webhook.secret`.
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

/// How deliveries are made where an endpoint does not say otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When and how often a delivery is tried again.
    pub retry: RetryPolicy,
    /// Requests in flight to one endpoint.
    pub concurrency: u16,
}

/// How `serve` runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The addresses it listens on, `HOST:PORT`.
    pub listen: Vec<String>,
    /// How often it looks for what is due, at least.
    pub process_every: Duration,
    /// The names it may be called by, beside addresses and `localhost`.
    pub hosts: Vec<String>,
    /// Groups of routes that are switched off.
    pub without: Vec<String>,
}

/// Every setting but endpoints and secrets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Values {
    pub(crate) database: Option<PathBuf>,
    pub(crate) delivery: Delivery,
    pub(crate) egress: Egress,
    pub(crate) health: Limits,
    pub(crate) freshness: Ages,
    pub(crate) server: Server,
    pub(crate) ca_file: Option<PathBuf>,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            database: None,
            delivery: Delivery { retry: RetryPolicy::default(), concurrency: DEFAULT_CONCURRENCY },
            egress: Egress::default(),
            health: Limits::default(),
            freshness: Ages::default(),
            server: Server {
                listen: vec!["127.0.0.1:3000".to_owned()],
                process_every: Duration::from_secs(30),
                hosts: Vec::new(),
                without: Vec::new(),
            },
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
    /// Up to where the queue counts as healthy.
    pub health: Limits,
    /// How old the last news of a resource may be.
    pub freshness: Ages,
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

    /// A secret's text exactly as it is kept, for the workbench: white space, quotes and bad base64 included.
    ///
    /// `None` when nothing is configured. The final newline of a file is not part of it.
    pub fn secret_text(&self, which: &WhichSecret<'_>) -> Result<Option<Zeroizing<String>>, ConfigError> {
        let (what, kept) = match which {
            WhichSecret::Configured(key) => match self.secrets.get(key) {
                Some((kept, origin)) => (format!("{key} ({origin})"), kept.clone()),
                None => return Ok(None),
            },
            WhichSecret::File(path) => ("the secret (flag --secret-file)".to_owned(), Kept::File((*path).to_owned())),
            WhichSecret::Env(name) => ("the secret (flag --secret-env)".to_owned(), Kept::Env((*name).to_owned())),
            WhichSecret::Command(command) => {
                ("the secret (flag --secret-command)".to_owned(), Kept::Command((*command).to_owned()))
            }
            WhichSecret::Endpoint(SecretSource::Shared) => {
                return self.secret_text(&WhichSecret::Configured("webhook.secret"));
            }
            WhichSecret::Endpoint(SecretSource::File(path)) => {
                ("an endpoint's secret".to_owned(), Kept::File(path.into()))
            }
            WhichSecret::Endpoint(SecretSource::Env(name)) => {
                ("an endpoint's secret".to_owned(), Kept::Env(name.clone()))
            }
        };
        let mut warnings = Vec::new();
        let read = kept.text(&self.environment, &mut warnings);
        self.add_warnings(warnings);
        read.map(|text| Some(Zeroizing::new(text))).map_err(|reason| ConfigError::Secret { what, reason })
    }

    /// Every setting with its origin, secrets masked.
    pub fn origins(&self) -> &[Setting] {
        &self.settings
    }

    /// A configured secret in clear, for the eyes of somebody at a terminal.
    pub fn revealed(&self, key: &str) -> Result<Option<String>, ConfigError> {
        let Some(known) = self.secrets.keys().find(|known| **known == key) else { return Ok(None) };
        let secret = self.secret(known)?;
        Ok(secret.map(|secret| String::from_utf8_lossy(secret.as_text()).into_owned()))
    }

    /// The configured secrets that cannot be had, each with why.
    pub fn unreadable_secrets(&self) -> Vec<ConfigError> {
        let shared = self.secrets.keys().map(|key| self.secret(key));
        let own = self.endpoints.iter().filter(|spec| spec.settings.secret != SecretSource::Shared);
        let own = own.map(|spec| self.endpoint_secret(&spec.settings.secret));
        shared.chain(own).filter_map(Result::err).collect()
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;
    use crate::endpoint::{LegacySignature, Pattern};

    /// What no output may ever hold.
    const CANARY: &str = "canary-5ecret";

    /// A home of its own, with files as a test likes them.
    struct Home {
        dir: TempDir,
        sources: Sources,
    }

    impl Home {
        fn new() -> Self {
            let dir = tempfile::tempdir().expect("a directory");
            let mut sources = Sources::of_env([("HOME".to_owned(), dir.path().into())]);
            sources.system_path = dir.path().join("etc/config.toml");
            Self { dir, sources }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn file(self, name: &str, text: &str) -> Self {
            let path = self.path(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("created");
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
            self
        }

        fn system(self, text: &str) -> Self {
            self.file("etc/config.toml", text)
        }

        fn user(self, text: &str) -> Self {
            self.file(".config/syncctl/config.toml", text)
        }

        fn named(self, text: &str) -> Self {
            let mut home = self.file("named.toml", text);
            home.sources.config_path = Some(home.path("named.toml"));
            home
        }

        fn env_file(self, text: &str) -> Self {
            let mut home = self.file("dot.env", text);
            home.sources.env_file = Some(home.path("dot.env"));
            home
        }

        fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
            self.sources.env.insert(name.to_owned(), value.into());
            self
        }

        fn load(&self) -> Config {
            Config::load(self.sources.clone()).expect("a good configuration")
        }

        fn error(&self) -> ConfigError {
            Config::load(self.sources.clone()).expect_err("a bad configuration")
        }

        fn problems(&self) -> Vec<String> {
            let problems = Config::inspect(self.sources.clone()).problems;
            problems.iter().map(|it| it.to_string().replace(&format!("{}/", self.dir.path().display()), "")).collect()
        }
    }

    fn toml(timeout: u64) -> String {
        format!("[delivery]\ntimeout = \"{timeout}s\"\n")
    }

    fn variable(timeout: u64) -> String {
        format!("SYNCCTL_DELIVERY_TIMEOUT={timeout}s\n")
    }

    fn timeout(config: &Config) -> u64 {
        config.delivery.retry.timeout_ms / 1000
    }

    fn setting<'a>(config: &'a Config, key: &str) -> &'a Setting {
        config.origins().iter().find(|it| it.key == key).expect("a setting")
    }

    fn text(secret: Result<Option<Secret>, ConfigError>) -> Option<String> {
        secret.expect("no error").map(|it| String::from_utf8_lossy(it.as_text()).into_owned())
    }

    #[test]
    fn defaults_are_the_contracts() {
        let home = Home::new();
        let config = home.load();
        assert_eq!(config.database().expect("a place"), home.path(".local/state/syncctl/syncctl.db"));
        assert_eq!(config.delivery, Delivery { retry: RetryPolicy::default(), concurrency: 10 });
        assert_eq!((config.health.max_failure_rate, config.health.max_failures), (0.1, 10));
        assert_eq!(config.server.listen, ["127.0.0.1:3000"]);
        assert!(config.endpoints.is_empty() && config.ca_file.is_none() && !config.egress.deny_private);
        assert_eq!(text(config.webhook_secret()), None);
        assert_eq!(setting(&config, "database").value, home.path(".local/state/syncctl/syncctl.db").to_string_lossy());
        assert!(config.origins().iter().all(|it| it.origin == Origin::Default && it.hides.is_none()));
    }

    #[test]
    fn the_system_file_beats_the_default() {
        let config = Home::new().system(&toml(2)).load();
        assert_eq!(timeout(&config), 2);
        assert_eq!(setting(&config, "delivery.timeout").hides, None);
    }

    #[test]
    fn the_user_file_beats_the_system_file() {
        let home = Home::new().system(&toml(2)).user(&toml(3));
        let config = home.load();
        assert_eq!(timeout(&config), 3);
        let setting = setting(&config, "delivery.timeout");
        assert_eq!(setting.origin, Origin::File(home.path(".config/syncctl/config.toml"), 2));
        assert_eq!(setting.hides, Some(Origin::File(home.path("etc/config.toml"), 2)));
    }

    #[test]
    fn a_named_file_takes_the_place_of_the_user_file_and_leaves_the_system_file_below_it() {
        let system = "[delivery]\ntimeout = \"2s\"\n[egress]\ndeny_private = true\n";
        let home = Home::new().system(system).user("[delivery]\nmax_attempts = 7").named(&toml(4));
        let config = home.load();
        assert_eq!((timeout(&config), config.delivery.retry.max_attempts), (4, 3));
        assert!(config.egress.deny_private);
        let roles = config.places.iter().map(|it| (it.role, it.found)).collect::<Vec<_>>();
        assert_eq!(roles, [("system", true), ("named", true)]);
    }

    #[test]
    fn the_flag_that_names_a_file_beats_the_variable() {
        let home = Home::new().named(&toml(4)).file("other.toml", &toml(5));
        let other = home.path("other.toml");
        let mut home = home.env("SYNCCTL_CONFIG", other);
        assert_eq!(timeout(&home.load()), 4);
        home.sources.config_path = None;
        assert_eq!(timeout(&home.load()), 5);
    }

    #[test]
    fn the_env_file_beats_the_user_file() {
        let home = Home::new().user(&toml(3)).env_file(&format!("# timeouts\n{}", variable(4)));
        let config = home.load();
        assert_eq!(timeout(&config), 4);
        assert_eq!(setting(&config, "delivery.timeout").origin, Origin::EnvFile(home.path("dot.env"), 2));
    }

    #[test]
    fn the_environment_beats_the_env_file() {
        let home = Home::new().env_file(&variable(4)).env("SYNCCTL_DELIVERY_TIMEOUT", "5s");
        let config = home.load();
        assert_eq!(timeout(&config), 5);
        let setting = setting(&config, "delivery.timeout");
        assert_eq!(setting.origin, Origin::Env("SYNCCTL_DELIVERY_TIMEOUT".to_owned()));
        assert_eq!(setting.hides, Some(Origin::EnvFile(home.path("dot.env"), 1)));
    }

    #[test]
    fn the_flag_beats_the_environment() {
        let mut home = Home::new().env("SYNCCTL_DB", "/env.db").user("database = \"user.db\"");
        assert_eq!(home.load().database().expect("a place"), Path::new("/env.db"));
        home.sources.db_flag = Some("sqlite:///flag.db".to_owned());
        let config = home.load();
        assert_eq!(config.database().expect("a place"), Path::new("/flag.db"));
        assert_eq!(setting(&config, "database").origin.to_string(), "flag --db");
    }

    #[test]
    fn what_the_env_file_says_never_reaches_the_process() {
        let home = Home::new().env_file("SYNCCTL_TEST_NEVER_EXPORTED=1\nWEBHOOK_SECRET='a b$c#d'\n");
        assert_eq!(text(home.load().webhook_secret()).as_deref(), Some("a b$c#d"));
        assert_eq!(std::env::var_os("SYNCCTL_TEST_NEVER_EXPORTED"), None);
    }

    #[test]
    fn a_named_file_that_is_missing_is_missing_input_and_a_default_one_is_not() {
        for flag in ["config", "env"] {
            let mut home = Home::new();
            let missing = Some(home.path("nowhere"));
            match flag {
                "config" => home.sources.config_path = missing,
                _ => home.sources.env_file = missing,
            }
            let error = home.error();
            assert!(error.is_missing_input(), "{error}");
            assert!(error.to_string().ends_with("/nowhere"), "{error}");
        }
        assert!(!Home::new().user("= broken").error().is_missing_input());
    }

    #[test]
    fn unknown_keys_are_named_with_their_line_and_what_was_probably_meant() {
        let home = Home::new().user("[delivery]\n\ntimout = \"3s\"\n[[endpoints]]\nname = \"a\"\nurl = \"http://a\"\nevent = []\n[helth]\nx = 1\n");
        let problems = Config::inspect(home.sources.clone()).problems;
        let said = problems.iter().map(|it| (it.line, it.text.as_str(), it.hint.as_deref())).collect::<Vec<_>>();
        assert!(
            said.contains(&(Some(3), "unknown key `delivery.timout`", Some("did you mean `timeout`?"))),
            "{said:?}"
        );
        assert!(said.contains(&(Some(7), "unknown key `event`", Some("did you mean `events`?"))), "{said:?}");
        assert!(said.contains(&(Some(8), "unknown key `helth`", Some("did you mean `health`?"))), "{said:?}");
        assert_eq!(home.error().hint().as_deref(), Some("did you mean `timeout`?"));
        assert!(home.error().to_string().contains("config.toml:3: unknown key"));
    }

    #[test]
    fn a_broken_file_is_told_with_its_line_and_the_rest_can_still_be_inspected() {
        let home = Home::new().user("[delivery]\ntimeout = \n").env("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "5");
        let Inspection { config, problems } = Config::inspect(home.sources.clone());
        assert_eq!(problems.first().and_then(|it| it.line), Some(2), "{problems:?}");
        assert_eq!(config.delivery.retry.max_attempts, 5);
        assert_eq!(setting(&config, "delivery.max_attempts").value, "5");
    }

    #[test]
    fn every_wrong_value_is_told_where_it_stands() {
        let home = Home::new()
            .user("database = 3\n[delivery]\nmax_attempts = 0\nconcurrency = 257\ntimeout = 10\n[health]\nmax_failure_rate = 1.5\n[server]\nlisten = [\"x\"]\n[egress]\ndeny_private = \"maybe\"\n[tls]\nca_file = { a = 1 }\n")
            .env("SYNCCTL_FRESHNESS_WARN_AFTER", "soon")
            .env("SYNCCTL_SERVER_PROCESS_EVERY", OsString::from_vec(vec![0xff]));
        let file = ".config/syncctl/config.toml";
        assert_eq!(
            home.problems(),
            [
                format!("{file}:13: tls.ca_file wants a single value"),
                format!("{file}:3: delivery.max_attempts: at least one attempt is needed"),
                format!("{file}:5: delivery.timeout: `10` is not a duration: write 500ms, 10s, 5m or 2h"),
                format!("{file}:4: delivery.concurrency: concurrency must be between 1 and 256, not 257"),
                format!("{file}:11: egress.deny_private: `maybe` is neither true nor false"),
                format!("{file}:7: health.max_failure_rate: `1.5` is not a number from 0 to 1"),
                "SYNCCTL_FRESHNESS_WARN_AFTER: `soon` is not a duration: write 500ms, 10s, 5m or 2h".to_owned(),
                format!("{file}:9: server.listen: `x` is not HOST:PORT"),
                "SYNCCTL_SERVER_PROCESS_EVERY: the value is not UTF-8".to_owned(),
            ]
        );
    }

    #[test]
    fn another_kind_of_database_is_refused() {
        let mut home = Home::new();
        home.sources.db_flag = Some("postgres://u:p@h/db".to_owned());
        let message = home.error().to_string();
        assert_eq!(message, "--db: databases of the kind `postgres` are not supported: give a path");
    }

    #[test]
    fn paths_in_a_file_count_from_that_file() {
        let home = Home::new().user("database = \"queue.db\"\n[tls]\nca_file = \"/etc/ca.pem\"\n");
        let config = home.load();
        assert_eq!(config.database().expect("a place"), home.path(".config/syncctl/queue.db"));
        assert_eq!(config.ca_file, Some("/etc/ca.pem".into()));
    }

    #[test]
    fn relative_xdg_directories_are_ignored_and_a_missing_home_matters_only_for_the_database() {
        let home = Home::new().user(&toml(3)).env("XDG_CONFIG_HOME", "elsewhere").env("XDG_STATE_HOME", "state");
        let config = home.load();
        assert_eq!(timeout(&config), 3);
        assert_eq!(config.database().expect("a place"), home.path(".local/state/syncctl/syncctl.db"));
        let absolute = home.env("XDG_STATE_HOME", "/state");
        assert_eq!(absolute.load().database().expect("a place"), Path::new("/state/syncctl/syncctl.db"));
        let mut homeless = Home::new();
        homeless.sources.env.clear();
        assert!(matches!(homeless.load().database(), Err(ConfigError::NoHome)));
    }

    #[test]
    fn endpoints_take_what_the_file_says_and_deliveries_in_general_for_the_rest() {
        let file = r#"
            [delivery]
            max_attempts = 5
            concurrency = 2
            [[endpoints]]
            name = "admin"
            url = "https://admin.example.com/hooks"
            events = ["enrollment.*", "user.created"]
            secret_file = "admin.secret"
            paused = true
            timeout = "3s"
            legacy_signature = "previous"
            [[endpoints]]
            name = "backup"
            url = "https://backup.example.com/"
        "#;
        let home = Home::new().user(file).env("SYNC_WEBHOOK_URLS", " https://backup.example.com , ,http://third/,");
        let config = home.load();
        let [admin, backup, third] = config.endpoints.as_slice() else { unreachable!("{:?}", config.endpoints) };
        assert_eq!((admin.name.as_deref(), admin.paused), (Some("admin"), true));
        assert_eq!(admin.settings.events[1], Pattern::parse("user.created").expect("a pattern"));
        let secret = home.path(".config/syncctl/admin.secret").to_string_lossy().into_owned();
        assert_eq!(admin.settings.secret, SecretSource::File(secret));
        assert_eq!(admin.settings.legacy_signature, LegacySignature::Previous);
        assert_eq!((admin.settings.retry.timeout_ms, admin.settings.retry.max_attempts), (3_000, 5));
        assert_eq!((backup.settings.concurrency, backup.settings.retry.timeout_ms), (2, 10_000));
        assert_eq!((third.name.as_deref(), third.url.as_str()), (None, "http://third/"));
        assert_eq!(third.settings.retry.max_attempts, 5);
        let shown = setting(&config, "endpoints[2].url");
        assert_eq!(
            (shown.value.as_str(), shown.origin.to_string().as_str()),
            ("http://third/", "env SYNC_WEBHOOK_URLS")
        );
    }

    #[test]
    fn endpoints_need_a_name_of_their_own_and_a_url() {
        let file = "[[endpoints]]\nname = \"a\"\nurl = \"http://a\"\n[[endpoints]]\nname = \"a\"\nurl = \"http://b\"\n[[endpoints]]\nurl = \"http://c\"\n[[endpoints]]\nname = \"d\"\n[[endpoints]]\nname = \"e e\"\nurl = \"ftp://e\"\n";
        let file_name = ".config/syncctl/config.toml";
        let problems = Home::new().user(file).problems();
        assert_eq!(problems[0], format!("{file_name}:5: name: a second endpoint named `a`"));
        assert_eq!(problems[1], format!("{file_name}:8: endpoints: an endpoint without a name"));
        assert_eq!(problems[2], format!("{file_name}:10: endpoints: an endpoint without a url"));
        assert!(problems[3].starts_with(&format!("{file_name}:12: endpoints[4].name: ")), "{problems:?}");
        assert!(problems[4].starts_with(&format!("{file_name}:13: endpoints[4].url: ")), "{problems:?}");
        assert_eq!(problems.len(), 5);
    }

    #[test]
    fn a_bad_url_in_the_environment_is_named_without_its_password() {
        let home = Home::new().env("SYNC_WEBHOOK_URLS", format!("http://ok,ftp://x/,https://u:{CANARY}@h/"));
        let problems = home.problems();
        assert!(problems[0].starts_with("SYNC_WEBHOOK_URLS: URL number 2 (ftp://x/): only http"), "{problems:?}");
        assert!(problems[1].starts_with("SYNC_WEBHOOK_URLS: URL number 3 (https://…@h/): "), "{problems:?}");
        assert!(!problems.concat().contains(CANARY));
    }

    #[test]
    fn prefixed_names_beat_the_original_ones() {
        let home = Home::new().env("WEBHOOK_SECRET", "original").env("SYNCCTL_WEBHOOK_SECRET", "ours");
        let config = home.env("CRON_SECRET", "tick").env("SYNCCTL_ADMIN_TOKEN", "admin").load();
        assert_eq!(text(config.webhook_secret()).as_deref(), Some("ours"));
        assert_eq!(text(config.cron_secret()).as_deref(), Some("tick"));
        assert_eq!(text(config.admin_token()).as_deref(), Some("admin"));
        assert_eq!(setting(&config, "webhook.secret").hides, Some(Origin::Env("WEBHOOK_SECRET".to_owned())));
    }

    #[test]
    fn a_secret_comes_from_the_strongest_place_that_has_one() {
        let file = "[webhook]\nsecret_command = \"printf user-command\"\n";
        let home = Home::new().user(file).file("creds/webhook-secret", "credential\n").file("s", "a-file\n");
        assert_eq!(text(home.load().webhook_secret()).as_deref(), Some("user-command"));
        let home = home.env_file("WEBHOOK_SECRET=env-file\n");
        assert_eq!(text(home.load().webhook_secret()).as_deref(), Some("env-file"));
        let creds = home.path("creds");
        let home = home.env("CREDENTIALS_DIRECTORY", creds);
        assert_eq!(text(home.load().webhook_secret()).as_deref(), Some("credential"));
        let home = home.env("WEBHOOK_SECRET_COMMAND", "printf a-command");
        assert_eq!(text(home.load().webhook_secret()).as_deref(), Some("a-command"));
        let path = home.path("s");
        let home = home.env("WEBHOOK_SECRET_FILE", path);
        assert_eq!(text(home.load().webhook_secret()).as_deref(), Some("a-file"));
        let home = home.env("WEBHOOK_SECRET", "value");
        assert_eq!(text(home.load().webhook_secret()).as_deref(), Some("value"));
        assert_eq!(text(home.load().previous_secret()), None);
    }

    #[test]
    fn one_final_newline_of_a_file_is_not_part_of_the_secret() {
        for (kept, secret) in
            [("s\n", "s"), ("s\r\n", "s"), ("s", "s"), ("s\n\n", "s\n"), (" s \n", " s "), ("s\r", "s\r")]
        {
            let home = Home::new().file("s", kept);
            let path = home.path("s");
            let home = home.env("WEBHOOK_SECRET_FILE", path);
            assert_eq!(text(home.load().webhook_secret()).as_deref(), Some(secret), "{kept:?}");
        }
    }

    #[test]
    fn a_configured_secret_that_cannot_be_had_is_an_error_and_never_nothing() {
        let bad = [
            ("WEBHOOK_SECRET", "", "the secret is empty"),
            ("WEBHOOK_SECRET", " ", "the secret is empty"),
            ("WEBHOOK_SECRET", "whsec_%", "not valid base64"),
            ("WEBHOOK_SECRET_FILE", "/nowhere", "failed to read /nowhere"),
            ("WEBHOOK_SECRET_FILE", "/", "failed to read /"),
            ("WEBHOOK_SECRET_FILE", "/dev/null", "the secret is empty"),
            ("WEBHOOK_SECRET_COMMAND", "true", "the secret is empty"),
            ("WEBHOOK_SECRET_COMMAND", "echo canary-5ecret; exit 3", "its command failed with exit status 3"),
            ("WEBHOOK_SECRET_COMMAND", "kill -9 $$", "its command was killed"),
        ];
        for (name, value, reason) in bad {
            let config = Home::new().env(name, value).load();
            let message = config.webhook_secret().expect_err("an error").to_string();
            assert!(message.starts_with(&format!("failed to read webhook.secret (env {name}): ")), "{message}");
            assert!(message.contains(reason) && !message.contains(CANARY), "{message}");
        }
    }

    #[test]
    fn a_broken_secret_bothers_only_commands_that_need_it() {
        let config = Home::new().env("CRON_SECRET", "").env("WEBHOOK_SECRET", "s").load();
        assert_eq!(text(config.webhook_secret()).as_deref(), Some("s"));
        assert!(config.cron_secret().is_err());
    }

    #[test]
    fn a_secret_file_others_may_read_is_warned_about_once() {
        let home = Home::new().file("s", "s\n");
        let path = home.path("s");
        let home = home.env("WEBHOOK_SECRET_FILE", &path);
        let config = home.load();
        let _ = config.webhook_secret().expect("readable");
        assert!(config.take_warnings().is_empty());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("changed");
        let _ = (config.webhook_secret().expect("readable"), config.webhook_secret().expect("readable"));
        let warnings = config.take_warnings();
        assert_eq!(warnings, [format!("{} can be read by others (mode 0640): chmod 600 it", path.display())]);
    }

    #[test]
    fn an_endpoints_own_secret_is_read_from_where_it_says() {
        let home = Home::new().file("s", "own\n").env("OWN", "variable").env("WEBHOOK_SECRET", "shared");
        let config = home.load();
        let of = |source| text(config.endpoint_secret(&source));
        assert_eq!(of(SecretSource::Shared).as_deref(), Some("shared"));
        assert_eq!(of(SecretSource::Env("OWN".to_owned())).as_deref(), Some("variable"));
        assert_eq!(of(SecretSource::File(home.path("s").to_string_lossy().into_owned())).as_deref(), Some("own"));
        assert!(config.endpoint_secret(&SecretSource::Env("UNSET".to_owned())).is_err());
    }

    #[test]
    fn a_file_that_keeps_one_secret_in_two_places_is_refused() {
        let home = Home::new().user("[cron]\nsecret_env = \"A\"\nsecret_file = \"b\"\n");
        assert!(
            home.problems()[0].contains("give only one of cron.secret_file, cron.secret_env and cron.secret_command")
        );
    }

    #[test]
    fn no_secret_shows_in_any_listing_debug_output_or_problem() {
        let file = format!(
            "[webhook]\nsecret = \"{CANARY}\"\nsecret_env = \"{CANARY} in the wrong place\"\nprevious_secret_command = \"echo {CANARY}\"\n"
        );
        let home = Home::new()
            .user(&file)
            .env("WEBHOOK_SECRET", CANARY)
            .env("CRON_SECRET_COMMAND", format!("echo {CANARY}; false"))
            .env("UNRELATED", CANARY)
            .env_file(&format!("SYNCCTL_ADMIN_TOKEN={CANARY}\nBROKEN {CANARY}\n"));
        let inspection = Config::inspect(home.sources.clone());
        let config = &inspection.config;
        let mut shown = format!("{inspection:?} {:?} {:?}", home.sources, config.webhook_secret());
        shown += &inspection.problems.iter().map(ToString::to_string).collect::<String>();
        shown += &format!("{:?} {:?} {:?}", config.cron_secret(), config.admin_token(), config.previous_secret());
        assert!(!shown.contains(CANARY), "{shown}");
        let misplaced = Home::new().user(&format!("[cron]\nsecret_env = \"{CANARY}\"\n")).load();
        shown = format!("{misplaced:?} {:?}", misplaced.cron_secret());
        assert!(!shown.contains(CANARY), "{shown}");
        assert_eq!(setting(config, "webhook.secret").value, MASK);
        assert_eq!(setting(config, "admin.token").origin, Origin::EnvFile(home.path("dot.env"), 1));
        let lines = inspection.problems.iter().map(|it| (it.line, it.hint.clone())).collect::<Vec<_>>();
        assert_eq!(lines[0].0, Some(2), "the env file's broken line: {lines:?}");
        assert_eq!(lines[1], (Some(2), Some("did you mean `secret_file`?".to_owned())));
    }
}
