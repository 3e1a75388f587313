//! `config`: shows the configuration with the origin of each value, and validates it.

use super::context::Context;
use super::exit::{CliError, Exit};
use crate::config::{Config, ConfigFile, Inspection, MASK, Problem, Setting, WhichSecret};
use crate::endpoint::{ConfiguredEndpoint, SecretSource};
use crate::report::settings::{self, FileView, ProblemView, SettingView};
use crate::untrusted::Untrusted;

/// The commands below `config`.
#[derive(Debug, clap::Subcommand)]
pub enum ConfigCommand {
    /// Show all settings, even of an invalid configuration
    Show(ShowArgs),
    /// Check the configuration and its secrets; exit 78 when invalid
    Validate,
    /// Print the paths of the configuration files
    Path,
}

/// The command-line arguments of `config show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Show where each value comes from and which one it overrides
    #[arg(long)]
    origin: bool,
    /// Show secrets, on a terminal only
    #[arg(long)]
    reveal: bool,
}

impl ConfigCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let inspection = Config::inspect(context.sources().clone());
        match self {
            Self::Show(args) => args.run(context, &inspection),
            Self::Validate => validate(context, &inspection),
            Self::Path => {
                context.screen.report(&settings::files(&files(&inspection.config)))?;
                Ok(Exit::Done)
            }
        }
    }
}

impl ShowArgs {
    fn run(&self, context: &Context, inspection: &Inspection) -> Result<Exit, CliError> {
        if self.reveal && !context.screen.is_terminal() {
            return Err(Exit::Usage
                .error("--reveal shows secrets on a terminal only")
                .hint("without it they are masked; nothing else prints them"));
        }
        let config = &inspection.config;
        let views = config.origins().iter().map(|setting| self.view(config, setting)).collect::<Result<Vec<_>, _>>()?;
        inspection.problems.iter().for_each(|problem| context.screen.warn(&problem.to_string()));
        context.screen.report(&settings::settings(&views, self.origin))?;
        Ok(Exit::Done)
    }

    fn view<'a>(&self, config: &Config, setting: &'a Setting) -> Result<SettingView<'a>, CliError> {
        let secret = setting.value == MASK && self.reveal;
        let revealed = if secret { config.revealed(&setting.key)? } else { None };
        Ok(SettingView {
            key: &setting.key,
            value: revealed.unwrap_or_else(|| setting.value.clone()),
            origin: setting.origin.to_string(),
            hides: setting.hides.as_ref().map(ToString::to_string),
        })
    }
}

fn validate(context: &Context, inspection: &Inspection) -> Result<Exit, CliError> {
    let config = &inspection.config;
    let problems = problems(inspection);
    config.take_warnings().iter().for_each(|warning| context.screen.warn(warning));
    let report = settings::problems(&problems);
    let Some(first) = problems.first() else {
        warn_of_missing_secret(context, config);
        warn_of_short_secrets(context, config);
        warn_of_one_place_twice(context, config);
        context.screen.report_done(&report)?;
        return Ok(Exit::Done);
    };
    context.screen.report(&report)?;
    let more = match problems.len() {
        1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    let fault = Exit::Config.error(format!("{}{more}", first.text()));
    Err(match &first.hint {
        Some(hint) => fault.hint(hint),
        None => fault.hint("see the effective values with `syncctl config show --origin`"),
    })
}

/// Every problem of the configuration, unreadable secrets included.
pub(super) fn problems(inspection: &Inspection) -> Vec<ProblemView> {
    let unreadable = inspection.config.unreadable_secrets();
    let unreadable = unreadable.iter().map(|error| ProblemView::new(error.to_string()));
    inspection.problems.iter().map(problem).chain(unreadable).collect()
}

fn problem(problem: &Problem) -> ProblemView {
    ProblemView {
        file: problem.file.as_ref().map(|path| path.display().to_string()),
        line: problem.line,
        message: problem.text.clone(),
        hint: problem.hint.clone(),
    }
}

fn files(config: &Config) -> Vec<FileView> {
    let view =
        |file: &ConfigFile| FileView { role: file.role, path: file.path.display().to_string(), found: file.found };
    config.files.iter().map(view).collect()
}

/// Warns of endpoints without a secret: they are valid, but nothing will be sent to them.
fn warn_of_missing_secret(context: &Context, config: &Config) {
    let mut sources = config.endpoints.iter().map(|spec| &spec.settings.secret);
    if sources.any(|source| matches!(config.endpoint_secret(source), Ok(None))) {
        context.screen.warn("no webhook secret is configured: nothing is sent to endpoints without one of their own");
    }
}

/// A secret shorter than this, in bytes, can be guessed from one signature. `secret check` is stricter.
const GUESSED: usize = 16;

fn warn_of_short_secrets(context: &Context, config: &Config) {
    let shared =
        ["webhook.secret", "webhook.previous_secret"].map(|key| (key.to_owned(), WhichSecret::Configured(key)));
    let own = config.endpoints.iter().filter(|spec| spec.settings.secret != SecretSource::Shared);
    let own = own.map(|spec| (format!("the secret of {}", place(spec)), WhichSecret::Endpoint(&spec.settings.secret)));
    for (whose, which) in shared.into_iter().chain(own) {
        if let Ok(Some(text)) = config.secret_text(&which)
            && text.len() < GUESSED
        {
            let bytes = text.len();
            context
                .screen
                .warn(&format!("{whose} has only {bytes} bytes and can be guessed: `syncctl secret new` makes one"));
        }
    }
}

/// Warns of endpoints with the same URL: every event is sent there twice.
fn warn_of_one_place_twice(context: &Context, config: &Config) {
    for (at, spec) in config.endpoints.iter().enumerate() {
        if let Some(other) = config.endpoints[..at].iter().find(|other| other.url == spec.url) {
            context.screen.warn(&format!(
                "{} and {} have the same URL: events for both are sent to it twice",
                place(other),
                place(spec)
            ));
        }
    }
}

fn place(spec: &ConfiguredEndpoint) -> String {
    format!("`{}`", Untrusted(spec.name.as_deref().unwrap_or(spec.url.as_str())))
}
