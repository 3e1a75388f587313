//! `init`: writes a first configuration and a secret.

use std::fs::{DirBuilder, hard_link, read_link};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf, absolute};

use super::context::Context;
use super::exit::{CliError, Exit};
use super::secret::fresh;
use super::values::shown_path;
use crate::config::starter::Starter;
use crate::config::{Config, ConfigSources, Inspection, Origin};
use crate::report::Report;
use crate::report::init::{InitFiles, started, would_start};
use crate::signature::shell_commands::shell_quote;

/// The name of the secret's file, beside the configuration.
const SECRET_FILE: &str = "webhook.secret";
/// The most old configurations that are kept.
const MOST_KEPT: u32 = 1_000;

/// The command-line arguments of `init`.
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// File to write [default: the configuration file in use]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Do not generate a secret; by default one is written to `webhook.secret` beside the configuration
    ///
    /// The secret is 32 random bytes. An existing secret file is used as it is and never replaced.
    #[arg(long)]
    no_secret: bool,
    /// Replace an existing file; the old one is kept as config.toml.N
    #[arg(long)]
    force: bool,
    /// Print the configuration and write nothing
    #[arg(long, conflicts_with = "force")]
    print: bool,
    /// Show what would be written and write nothing
    #[arg(short = 'n', long, conflicts_with = "print")]
    dry_run: bool,
}

impl InitArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let inspection = Config::inspect(context.sources().clone());
        if self.print {
            let text = self.starter(&inspection.config, false)?.text();
            context.screen.report(&Report::new(&text).with_line(text.trim_end()))?;
            return Ok(Exit::Done);
        }
        let target = self.target(context, &inspection.config)?;
        if path_exists(&target) && !self.force {
            return Err(Exit::Failure
                .error(format!("{} already exists", shown_path(&target)))
                .hint("see its values with `syncctl config show`; replace it with --force, which keeps the old file"));
        }
        let starter = self.starter(&inspection.config, !self.no_secret)?;
        let directory = target.parent().unwrap_or(Path::new("/"));
        let secret = starter.secret_file.as_ref().map(|name| directory.join(name));
        if self.dry_run {
            let secret = secret.as_deref().filter(|path| !path_exists(path));
            context.screen.report_done(&would_start(&target, secret))?;
            return Ok(Exit::Done);
        }
        make_directory(directory).map_err(|error| unwritten(directory, &error))?;
        // The secret is written first, so that the configuration never names a missing one.
        let is_new = secret.as_deref().map(write_secret).transpose()?;
        let kept = write_configuration(&target, &starter.text(), self.force)?;
        let after = Config::inspect(ConfigSources { config_path: Some(target.clone()), ..context.sources().clone() });
        report_problems(context, &after);
        context.screen.report_done(&started(&InitFiles {
            config: &target,
            secret: secret.as_deref().zip(is_new),
            kept: kept.as_deref(),
            next: &next_steps(&target, is_found_by_itself(context, &target)),
        }))?;
        Ok(Exit::Done)
    }

    /// The absolute path to write to: cron and services run in another directory.
    fn target(&self, context: &Context, config: &Config) -> Result<PathBuf, CliError> {
        if self.file.is_some() && context.sources().config_path.is_some() {
            return Err(Exit::Usage
                .error("FILE and --config both name the file to write")
                .hint("leave one of them out"));
        }
        let found = config.files.iter().find(|place| matches!(place.role, "named" | "user"));
        let path = self.file.as_ref().or(found.map(|place| &place.path)).ok_or_else(|| {
            Exit::Config
                .error("no path for the configuration: neither HOME nor XDG_CONFIG_HOME is set to an absolute path")
                .hint("name one: `syncctl init FILE`")
        })?;
        absolute(path).map_err(|error| unwritten(path, &error))
    }

    fn starter(&self, config: &Config, with_secret: bool) -> Result<Starter, CliError> {
        let setting = config.origins().iter().find(|setting| setting.key == "database");
        let said = |flag: bool| {
            let setting = setting.filter(|it| matches!(it.origin, Origin::Flag(_)) == flag)?;
            (flag || setting.origin == Origin::Default).then_some(config.database().ok()?.path()?)
        };
        let chosen = said(true).map(absolute).transpose();
        let chosen = chosen.map_err(|error| Exit::Io.error("failed to find the working directory").cause(error))?;
        let text = |path: PathBuf| path.display().to_string();
        Ok(Starter {
            database: chosen.map(text),
            default_database: said(false).map(|path| text(path.to_owned())),
            secret_file: with_secret.then(|| SECRET_FILE.to_owned()),
        })
    }
}

/// Whether the path exists, be it as a broken symbolic link.
fn path_exists(path: &Path) -> bool {
    path.exists() || read_link(path).is_ok()
}

fn make_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

fn unwritten(path: &Path, error: &io::Error) -> CliError {
    Exit::Io.error(format!("failed to write {}", shown_path(path))).cause(error)
}

/// Writes a file that only its owner can read, atomically. An existing file is replaced only if `replace`.
fn write_private(path: &Path, bytes: &[u8], replace: bool) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    // A named temporary file has mode 0600 from the start, whatever the umask.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    if replace { file.persist(path) } else { file.persist_noclobber(path) }?;
    std::fs::File::open(directory)?.sync_all()
}

/// Writes a new secret unless the file exists, and returns whether it did.
fn write_secret(path: &Path) -> Result<bool, CliError> {
    if path_exists(path) {
        return Ok(false);
    }
    let secret = fresh()?;
    match write_private(path, secret.as_bytes(), false) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(unwritten(path, &error)),
    }
}

/// Writes the configuration, and returns the path of the old one, if there was one.
fn write_configuration(path: &Path, text: &str, force: bool) -> Result<Option<PathBuf>, CliError> {
    let kept = if force { keep(path).map_err(|error| unwritten(path, &error))? } else { None };
    match write_private(path, text.as_bytes(), kept.is_some()) {
        Ok(()) => Ok(kept),
        Err(error) => Err(unwritten(path, &error)),
    }
}

/// Links an existing file to a numbered name, so that it is kept when the first name is replaced.
fn keep(path: &Path) -> io::Result<Option<PathBuf>> {
    for number in 1..=MOST_KEPT {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        match hard_link(path, &name) {
            Ok(()) => return Ok(Some(name.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other(format!("{MOST_KEPT} earlier files are kept already")))
}

/// Reports remaining problems, such as a wrong variable, and secrets that take precedence over the new one.
fn report_problems(context: &Context, after: &Inspection) {
    after.problems.iter().for_each(|problem| context.screen.warn(&problem.to_string()));
    after.config.unreadable_secrets().iter().for_each(|error| context.screen.warn(&error.to_string()));
    after.config.take_warnings().iter().for_each(|warning| context.screen.warn(warning));
    let secret = after.config.origins().iter().find(|setting| setting.key == "webhook.secret");
    if let Some((setting, hidden)) = secret.and_then(|setting| Some((setting, setting.hides.as_ref()?))) {
        context.screen.warn(&format!("the secret of {} overrides the one of {hidden}", setting.origin));
    }
}

/// Whether commands without flags read that file.
fn is_found_by_itself(context: &Context, target: &Path) -> bool {
    let plain = Config::inspect(ConfigSources { config_path: None, ..context.sources().clone() });
    plain.config.files.iter().any(|place| matches!(place.role, "named" | "user") && place.path == target)
}

fn next_steps(target: &Path, is_found: bool) -> Vec<(&'static str, String)> {
    let path = quoted(target);
    let with = |command: &str| match is_found {
        true => command.to_owned(),
        false => format!("{command} --config {path}"),
    };
    let program = std::env::current_exe().map_or_else(|_| "syncctl".to_owned(), |path| quoted(&path));
    // Cron reads a percent sign as the end of the line.
    let cron = format!("* * * * * {program} process -q --max-time 50s --config {path}").replace('%', "\\%");
    vec![
        ("Add an endpoint under [[endpoints]]", format!("\"${{EDITOR:-vi}}\" {path}")),
        ("Validate the configuration", with("syncctl config validate")),
        ("Store an event", with("syncctl emit user.created u-1 --data '{\"name\":\"Ada\"}'")),
        ("Deliver it", with("syncctl process")),
        ("Deliver every minute: add this with `crontab -e`", cron),
    ]
}

fn quoted(path: &Path) -> String {
    shell_quote(path.as_os_str().as_bytes()).unwrap_or_else(|| shown_path(path))
}
