//! Reads all sources, takes the strongest value of each key, and collects problems.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::file::{Entry, ParsedFile};
use super::key::Key;
use super::keys::{self, DATABASE_FILE, KEYS};
use super::origin::{Origin, Setting, Sourced};
use super::problem::Problem;
use super::secret::{self, SecretLocation};
use super::secret_keys::SECRETS;
use super::values::ConfigValues;
use super::{ConfigFile, MASK};

/// Collects settings and problems while flags, environment and files are read.
#[derive(Default)]
pub(super) struct Loader {
    pub(super) settings: Vec<Setting>,
    pub(super) problems: Vec<Problem>,
    pub(super) files: Vec<ConfigFile>,
}

impl Loader {
    pub(super) fn environment(&mut self, env: BTreeMap<String, OsString>, file: Option<PathBuf>) -> Environment {
        let environment = Environment::new(env);
        let Some(path) = file else { return environment };
        let (environment, problem) = environment.with_file(&path);
        let found = problem.as_ref().is_none_or(|problem| !problem.missing);
        self.files.push(ConfigFile { role: "env file", path, found });
        self.problems.extend(problem);
        environment
    }

    /// The configuration files, strongest first.
    pub(super) fn files(
        &mut self,
        environment: &Environment,
        named: Option<PathBuf>,
        system: &Path,
    ) -> Vec<ParsedFile> {
        let named = named.or_else(|| environment.process_path("SYNCCTL_CONFIG"));
        let user = match named {
            Some(path) => self.file(environment, "named", path),
            None => environment.config_dir().and_then(|dir| self.file(environment, "user", dir.join("config.toml"))),
        };
        let system = self.file(environment, "system", system.to_owned());
        self.files.reverse();
        user.into_iter().chain(system).collect()
    }

    fn file(&mut self, environment: &Environment, role: &'static str, path: PathBuf) -> Option<ParsedFile> {
        let read = ParsedFile::read(&path, environment.home().as_deref());
        let absent = matches!(&read, Err(problem) if problem.missing);
        self.files.push(ConfigFile { role, path, found: !absent });
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

    pub(super) fn values(
        &mut self,
        environment: &Environment,
        files: &[ParsedFile],
        db_flag: Option<String>,
    ) -> ConfigValues {
        let mut values = ConfigValues::default();
        let mut db_flag = db_flag.map(|text| Sourced { text, origin: Origin::Flag("--db") });
        for key in KEYS {
            let flag = if key.name == "database" { db_flag.take() } else { None };
            let mut from_env = self.env_values(environment, &[&keys::variable(key.name)]);
            from_env.retain(|said| !said.text.trim().is_empty());
            if key.name == "database" && from_env.is_empty() {
                from_env = self.database_from_a_file(environment);
            }
            let from_files = files.iter().filter_map(|file| file.value_of(key));
            let said = flag.into_iter().chain(from_env).chain(from_files).collect::<Vec<_>>();
            self.settle(&mut values, key, key.name, said);
        }
        values
    }

    /// The database location from the file that `SYNCCTL_DB_FILE` names, for URLs with a password; trimmed.
    fn database_from_a_file(&mut self, environment: &Environment) -> Vec<Sourced> {
        let read = |Sourced { text, origin }: Sourced| match std::fs::read_to_string(&text) {
            Ok(location) => Ok(Sourced { text: location.trim().to_owned(), origin }),
            Err(error) => Err(Problem::about(DATABASE_FILE, &origin, &format!("failed to read {text}: {error}"))),
        };
        let named = self.env_values(environment, &[DATABASE_FILE]);
        let (read, problems): (Vec<_>, Vec<_>) = named.into_iter().map(read).partition(Result::is_ok);
        self.problems.extend(problems.into_iter().filter_map(Result::err));
        read.into_iter().filter_map(Result::ok).collect()
    }

    /// Takes the strongest of the values, checks all of them, and records the setting.
    pub(super) fn settle<T>(&mut self, values: &mut T, key: &Key<T>, shown_as: &str, said: Vec<Sourced>)
    where
        T: Clone,
    {
        let mut origins = Vec::new();
        for Sourced { text, origin } in said {
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

    /// Reads the entries of one table of a list into `draft`; `None` if one is invalid, which is reported as a problem.
    pub(super) fn list_item<T: Clone>(
        &mut self,
        mut draft: T,
        keys: &[Key<T>],
        entries: &[Entry],
        shown_as: &str,
    ) -> Option<T> {
        let wrong_before = self.problems.len();
        for key in keys {
            let given = entries.iter().find(|entry| entry.key == key.name);
            let Some(entry) = given else { continue };
            let said = vec![Sourced { text: entry.text.clone(), origin: entry.origin.clone() }];
            self.settle(&mut draft, key, &format!("{shown_as}.{}", key.name), said);
        }
        (self.problems.len() == wrong_before).then_some(draft)
    }

    /// The values of these environment variables, strongest first.
    pub(super) fn env_values(&mut self, environment: &Environment, names: &[&str]) -> Vec<Sourced> {
        let (said, problems) = environment.values_of(names);
        self.problems.extend(problems);
        said.into_iter().map(|(text, origin)| Sourced { text, origin }).collect()
    }

    pub(super) fn secrets(
        &mut self,
        environment: &Environment,
        files: &[ParsedFile],
    ) -> BTreeMap<&'static str, (SecretLocation, Origin)> {
        let mut secrets = BTreeMap::new();
        for keys in SECRETS {
            self.problems.extend(files.iter().filter_map(|file| secret::given_twice(keys, file)));
            let mut found = secret::locations(keys, environment, files).into_iter();
            let (value, origin) = match found.next() {
                Some((location, origin)) => {
                    secrets.insert(keys.key, (location, origin.clone()));
                    (MASK.to_owned(), origin)
                }
                None => (String::new(), Origin::Default),
            };
            let hides = found.next().map(|(_, origin)| origin);
            self.settings.push(Setting { key: keys.key.to_owned(), value, origin, hides });
        }
        secrets
    }
}
