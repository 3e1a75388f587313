//! `alerts`: lists incidents with their notifications, and sends test alerts.

use futures_util::future::join_all;

use super::alert_sinks::alerts;
use super::context::{Context, Paging};
use super::exit::{CliError, Exit};
use super::signals::block_on;
use crate::alert::{Alert, Sink};
use crate::format::did_you_mean;
use crate::report::alerts::{self as report, TestedSink};
use crate::service::alerts::Alerts;
use crate::store::Page;
use crate::store::incidents::NotificationKind;
use crate::untrusted::Untrusted;

/// The commands below `alerts`.
#[derive(Debug, clap::Subcommand)]
pub enum AlertsCommand {
    /// List incidents, open ones first, with the recipients that were notified
    List(ListArgs),
    /// Send a test alert to all recipients, or to one
    ///
    /// Exits 1 if a recipient could not be notified. At PagerDuty the test incident is resolved at once.
    Test(TestArgs),
}

/// The command-line arguments of `alerts list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only incidents that are open
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    paging: Paging,
}

/// The command-line arguments of `alerts test`.
#[derive(Debug, clap::Args)]
pub struct TestArgs {
    /// Name of an [[alerts]] entry
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Show what would be sent, with secrets masked, and send nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

impl AlertsCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::List(args) => args.run(context),
            Self::Test(args) => args.run(context),
        }
    }
}

impl ListArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let store = context.read_store()?;
        let page: Page = self.paging.newest_first();
        let listed = store.incidents(self.open, page).wait()?;
        let names: Vec<String> = context.config()?.alerts.iter().map(|spec| spec.rule.name.clone()).collect();
        context.screen.report(&report::incidents(&listed, page, Some(&names)))?;
        Ok(Exit::Done)
    }
}

impl TestArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let config = context.config()?;
        let alerts = alerts(config);
        let chosen = self.chosen(&alerts)?;
        let service = |sink: &Sink| {
            let spec = config.alerts.iter().find(|spec| spec.rule.name == sink.rule.name);
            spec.map_or("", |spec| <&str>::from(spec.service))
        };
        if self.dry_run {
            let alert = Alert::test(NotificationKind::Opened, "test", &alerts.host, context.now);
            let preview = |sink: &&Sink| {
                tested(sink, service(sink), false, Some(Untrusted(&sink.service.preview(&alert)).to_string()))
            };
            context.screen.report(&report::previews(&chosen.iter().map(preview).collect::<Vec<_>>()))?;
            return Ok(Exit::Done);
        }
        let sent =
            block_on(async { Ok(join_all(chosen.iter().map(|sink| alerts.send_test(sink, context.now))).await) })?;
        let results = chosen.iter().zip(sent).map(|(sink, sent)| tested(sink, service(sink), sent.is_ok(), sent.err()));
        let results: Vec<_> = results.collect();
        context.screen.report(&report::tested(&results))?;
        Ok(if results.iter().all(|sink| sink.told) { Exit::Done } else { Exit::Failure })
    }

    fn chosen<'a>(&self, alerts: &'a Alerts) -> Result<Vec<&'a Sink>, CliError> {
        let names = || alerts.sinks.iter().map(|sink| sink.rule.name.as_str());
        let found: Vec<&Sink> =
            alerts.sinks.iter().filter(|sink| self.name.as_ref().is_none_or(|name| sink.rule.name == *name)).collect();
        match (&self.name, found.is_empty()) {
            (_, false) => Ok(found),
            (None, true) => Err(Exit::Config
                .error("no alerts are sent: the configuration has no [[alerts]]")
                .hint("add one to a file of `syncctl config path`; `syncctl init --print` shows an example")),
            (Some(name), true) => {
                let hint = match did_you_mean(name, names()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
                };
                Err(Exit::Usage.error(format!("no [[alerts]] named `{}`", Untrusted(name))).hint(hint))
            }
        }
    }
}

fn tested(sink: &Sink, service: &'static str, told: bool, detail: Option<String>) -> TestedSink {
    TestedSink { name: sink.rule.name.clone(), service, told, detail }
}
