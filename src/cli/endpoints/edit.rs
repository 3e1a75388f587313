//! `endpoints add`, `edit` and `remove`: edit the configuration file and keep its comments and order.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, Value};

use crate::config::{Config, ConfigSources};
use crate::store::{self, Access, StoreError};
use crate::untrusted::Untrusted;

use super::super::context::Context;
use super::super::exit::{CliError, Exit};

/// The command-line arguments of `endpoints add`.
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// Endpoint name
    #[arg(value_name = "NAME")]
    name: String,
    /// Endpoint URL
    #[arg(value_name = "URL")]
    url: String,
    #[command(flatten)]
    changes: KeyChanges,
}

/// The command-line arguments of `endpoints edit`.
#[derive(Debug, clap::Args)]
pub struct EditArgs {
    /// Endpoint name
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    changes: KeyChanges,
}

/// The command-line arguments of `endpoints remove`.
#[derive(Debug, clap::Args)]
pub struct RemoveArgs {
    /// Endpoint name
    #[arg(value_name = "NAME")]
    name: String,
    /// Show what would happen and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// The configuration keys that `endpoints edit` sets and removes.
#[derive(Debug, clap::Args)]
pub(super) struct KeyChanges {
    /// Set a key of the endpoint, such as timeout=5s; lists are comma-separated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Remove a key of the endpoint
    #[arg(long = "unset", value_name = "KEY")]
    unset: Vec<String>,
    /// Show what would be written and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

impl AddArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let mut file = ConfigFile::open(context)?;
        if file.find(&self.name).is_some() {
            let error =
                Exit::Usage.error(format!("an endpoint named `{}` is configured already", Untrusted(&self.name)));
            return Err(error.hint("change it with `syncctl endpoints edit`"));
        }
        let mut table = Table::new();
        table.insert("name", toml_edit::value(self.name.as_str()));
        table.insert("url", toml_edit::value(self.url.as_str()));
        self.changes.apply(&mut table)?;
        file.endpoints()?.push(table);
        file.save(context, self.changes.dry_run, &format!("`{}` is added", Untrusted(&self.name)))
    }
}

impl EditArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        if self.changes.set.is_empty() && self.changes.unset.is_empty() {
            return Err(Exit::Usage.error("nothing to change").hint("name a key with --set KEY=VALUE or --unset KEY"));
        }
        let mut file = ConfigFile::open(context)?;
        let place = file.place_of(&self.name)?;
        let table = file.endpoints()?.get_mut(place).expect("it was found there");
        self.changes.apply(table)?;
        file.save(context, self.changes.dry_run, &format!("`{}` is changed", Untrusted(&self.name)))
    }
}

impl RemoveArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let mut file = ConfigFile::open(context)?;
        let place = file.place_of(&self.name)?;
        file.endpoints()?.remove(place);
        let waiting = match store::open(context.config()?.database()?, Access::Existing) {
            Err(StoreError::NoDatabase) => 0,
            opened => {
                let figures = opened?.figures(context.now).wait()?;
                let row = figures.endpoints.iter().find(|row| row.endpoint.name == self.name);
                row.map_or(0, |row| row.counts.waiting + row.counts.processing)
            }
        };
        let name = Untrusted(&self.name);
        let exit = file.save(context, self.dry_run, &format!("`{name}` is removed"))?;
        if waiting > 0 {
            context.screen.warn(&format!(
                "{waiting} deliveries wait for it: they are held from the next run on; \
                 `syncctl deliveries give-up --endpoint {name} --yes` gives them up"
            ));
        }
        Ok(exit)
    }
}

impl KeyChanges {
    fn apply(&self, table: &mut Table) -> Result<(), CliError> {
        for change in &self.set {
            let Some((key, value)) = change.split_once('=') else {
                return Err(Exit::Usage.error(format!("`{}` is not KEY=VALUE", Untrusted(change))));
            };
            let decor = table.get(key).and_then(Item::as_value).map(|value| value.decor().clone());
            let mut value = typed(key.trim(), value.trim());
            if let Some(decor) = decor {
                *value.decor_mut() = decor;
            }
            table.insert(key.trim(), Item::Value(value));
        }
        for key in &self.unset {
            if table.remove(key).is_none() {
                return Err(Exit::Usage.error(format!("the key `{}` is not set", Untrusted(key))));
            }
        }
        Ok(())
    }
}

/// Keys that hold lists. A value with a comma is a list, too.
const LISTS: [&str; 9] = [
    "events",
    "when",
    "retry",
    "give_up",
    "outage_statuses",
    "headers",
    "headers_file",
    "headers_env",
    "headers_command",
];

/// A flag's value as a TOML value.
fn typed(key: &str, text: &str) -> Value {
    if LISTS.contains(&key) {
        return Value::Array(text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect());
    }
    match (text, text.parse::<i64>()) {
        ("true", _) => true.into(),
        ("false", _) => false.into(),
        (_, Ok(number)) => number.into(),
        (_, Err(_)) => text.into(),
    }
}

/// The configuration file that `endpoints add` and its like write.
struct ConfigFile {
    path: PathBuf,
    document: DocumentMut,
}

impl ConfigFile {
    /// Opens the configuration file in use.
    fn open(context: &Context) -> Result<Self, CliError> {
        let path = context.config_file()?;
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let error = Exit::Config.error(format!("there is no configuration at {}", shown(&path)));
                return Err(error.hint("`syncctl init` writes one, --config names another"));
            }
            Err(e) => return Err(Exit::Config.error(format!("failed to read {}", shown(&path))).cause(e)),
        };
        let document = text.parse::<DocumentMut>();
        let document = document.map_err(|e| Exit::Config.error(format!("failed to read {}", shown(&path))).cause(e))?;
        Ok(Self { path, document })
    }

    fn endpoints(&mut self) -> Result<&mut ArrayOfTables, CliError> {
        let item = self.document.entry("endpoints").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        item.as_array_of_tables_mut()
            .ok_or_else(|| Exit::Config.error("the endpoints of the file are not written as [[endpoints]]"))
    }

    fn find(&self, name: &str) -> Option<usize> {
        let tables = self.document.get("endpoints")?.as_array_of_tables()?;
        tables.iter().position(|table| table.get("name").and_then(Item::as_str) == Some(name))
    }

    fn place_of(&self, name: &str) -> Result<usize, CliError> {
        self.find(name).ok_or_else(|| {
            let file = shown(&self.path);
            Exit::Usage.error(format!("no endpoint named `{}` in {file}", Untrusted(name)))
        })
    }

    /// Replaces the file atomically, unless the new configuration is invalid.
    fn save(&self, context: &Context, dry_run: bool, done: &str) -> Result<Exit, CliError> {
        let text = self.document.to_string();
        let directory = self.path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let failed = |e: std::io::Error| Exit::Io.error(format!("failed to write {}", shown(&self.path))).cause(e);
        // In the same directory, so that relative paths mean the same while it is checked.
        let mut new = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
        new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all()).map_err(failed)?;
        let sources = ConfigSources { config_path: Some(new.path().to_owned()), ..context.sources().clone() };
        let problems = Config::inspect(sources).problems;
        if let Some(problem) = problems.first() {
            let said = problem.to_string().replace(&new.path().display().to_string(), &shown(&self.path));
            return Err(Exit::Config
                .error("the change would make the configuration invalid; nothing was written")
                .cause(said));
        }
        if dry_run {
            context.screen.note(&format!("{done} (nothing was written):"));
            context.screen.note(&text);
            return Ok(Exit::Done);
        }
        let permissions = std::fs::metadata(&self.path).map_err(failed)?.permissions();
        new.as_file().set_permissions(permissions).map_err(failed)?;
        new.persist(&self.path).map_err(|e| failed(e.error))?;
        context.screen.note(&format!("{done} in {}", shown(&self.path)));
        Ok(Exit::Done)
    }
}

fn shown(path: &Path) -> String {
    Untrusted(&path.display().to_string()).to_string()
}
