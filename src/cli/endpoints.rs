//! `endpoints`: lists, shows, pauses, resumes, tests, checks and configures endpoints.

mod check;
mod edit;
mod test;

use std::sync::Arc;

use super::context::Context;
use super::exit::{CliError, Exit};
use crate::endpoint::EndpointSettings;
use crate::format::did_you_mean;
use crate::report::last_hour::{self, LastHour};
use crate::report::{self, Report, endpoint_detail};
use crate::store::{EndpointFigures, QueueFigures, Store};
use crate::untrusted::Untrusted;

/// The commands below `endpoints`.
#[derive(Debug, clap::Subcommand)]
pub enum EndpointsCommand {
    /// List endpoints and their state
    List,
    /// Show one endpoint
    Show(EndpointArgs),
    /// Pause an endpoint and hold its deliveries
    Pause(ChangeArgs),
    /// Resume an endpoint: end its pause and close its circuit
    ///
    /// Deliveries of an endpoint that is not configured stay held: add it to the configuration again, or add another with its URL,
    /// which takes them over. If it is gone for good, give them up: `syncctl deliveries give-up --endpoint NAME --yes`.
    Resume(ChangeArgs),
    /// Send a signed test event to an endpoint and show the response
    ///
    /// The event `syncctl.test` is signed and sent as a delivery is, with the same address rules, certificates and proxy. It is not
    /// queued and changes neither the endpoint's circuit nor its figures.
    Test(test::TestArgs),
    /// Check an endpoint or URL against the address rules; send nothing
    Check(check::CheckArgs),
    /// Add an endpoint to the configuration file
    Add(edit::AddArgs),
    /// Change an endpoint in the configuration file
    Edit(edit::EditArgs),
    /// Remove an endpoint from the configuration file and count its waiting deliveries
    Remove(edit::RemoveArgs),
}

/// The endpoint that a command names.
#[derive(Debug, clap::Args)]
pub struct EndpointArgs {
    /// Endpoint name
    #[arg(value_name = "NAME")]
    name: String,
}

/// The command-line arguments of `endpoints pause` and `resume`.
#[derive(Debug, clap::Args)]
pub struct ChangeArgs {
    /// Endpoint name
    #[arg(value_name = "NAME")]
    name: String,
    /// Show what would happen and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

impl EndpointsCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Test(args) => args.run(context),
            Self::Check(args) => args.run(context),
            Self::Add(args) => args.run(context),
            Self::Edit(args) => args.run(context),
            Self::Remove(args) => args.run(context),
            Self::List => QueueCommand::List.run(context),
            Self::Show(named) => QueueCommand::Show(named).run(context),
            Self::Pause(change) => QueueCommand::Pause(change).run(context),
            Self::Resume(change) => QueueCommand::Resume(change).run(context),
        }
    }
}

/// The commands below `endpoints` that read or change the queue, rather than the configuration file.
enum QueueCommand {
    List,
    Show(EndpointArgs),
    Pause(ChangeArgs),
    Resume(ChangeArgs),
}

impl QueueCommand {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = context.existing_store()?;
        let figures = store.figures(context.now).wait()?;
        match self {
            Self::List => {
                context.screen.report(&report::endpoints::list(&figures, &context.config()?.freshness, context.now))?;
            }
            Self::Show(named) => {
                let place = position(&figures, &named.name)?;
                context.screen.report(&detail(context, store.as_ref(), &figures.endpoints[place])?)?;
            }
            Self::Pause(change) => {
                change.apply(context, &store, &figures, "paused", |name| store.pause(name, context.now).wait())?;
            }
            Self::Resume(change) => {
                change.apply(context, &store, &figures, "resumed", |name| store.resume(name, context.now).wait())?;
            }
        }
        Ok(Exit::Done)
    }
}

impl ChangeArgs {
    fn apply<T>(
        &self,
        context: &Context,
        store: &Arc<dyn Store>,
        figures: &QueueFigures,
        done: &str,
        change: impl FnOnce(&str) -> crate::store::Result<T>,
    ) -> Result<(), CliError> {
        let place = position(figures, &self.name)?;
        let waiting = figures.endpoints[place].counts.waiting;
        if self.dry_run {
            let line = format!("`{}` would be {done}, with {waiting} deliveries waiting; nothing changed", self.name);
            let report = detail(context, store.as_ref(), &figures.endpoints[place])?;
            return Ok(context.screen.report_done(&report.with_line(line))?);
        }
        change(&self.name)?;
        let now = store.figures(context.now).wait()?;
        let told = match now.endpoints[place].endpoint.configured {
            true => format!("`{}` is {done}, with {waiting} deliveries waiting", self.name),
            false => format!("`{}` is not configured, so {waiting} deliveries stay held", self.name),
        };
        context.screen.report_done(&detail(context, store.as_ref(), &now.endpoints[place])?.with_line(told))?;
        if !now.endpoints[place].endpoint.configured && waiting > 0 {
            context.screen.warn(
                "add it to the configuration, or another with its URL; list the files with `syncctl config path`",
            );
        }
        Ok(())
    }
}

/// Everything about one endpoint.
fn detail(context: &Context, store: &dyn Store, figures: &EndpointFigures) -> Result<Report, CliError> {
    let since = last_hour::since(context.now);
    let (rates, activity) = (store.rates(since).wait()?, store.activity(since).wait()?);
    let endpoint = &figures.endpoint;
    let last_hour = LastHour::of(&endpoint.name, &rates, &activity.latencies);
    let last_hour = last_hour.with_secret(fingerprint(context, &endpoint.settings)?);
    Ok(endpoint_detail::endpoint(figures, &last_hour, context.now))
}

/// The fingerprint of the secret that signs for an endpoint, or why it cannot be had.
fn fingerprint(context: &Context, settings: &EndpointSettings) -> Result<Result<String, String>, CliError> {
    let secret = context.config()?.endpoint_secret(&settings.secret);
    Ok(match secret {
        Ok(Some(secret)) => Ok(hex::encode(secret.fingerprint().0)),
        Ok(None) => Err("no secret is configured".to_owned()),
        Err(error) => Err(error.to_string()),
    })
}

/// The index of an endpoint in the figures; a wrong name is a usage error with a suggestion.
pub(super) fn position(figures: &QueueFigures, name: &str) -> Result<usize, CliError> {
    let names = || figures.endpoints.iter().map(|row| row.endpoint.name.as_str());
    names().position(|known| known == name).ok_or_else(|| {
        let list = "list them with `syncctl endpoints list`";
        let hint = match did_you_mean(name, names()) {
            Some(meant) => format!("did you mean `{}`? {list}", Untrusted(meant)),
            None => list.to_owned(),
        };
        Exit::Usage.error(format!("no endpoint named `{}`", Untrusted(name))).hint(hint)
    })
}
