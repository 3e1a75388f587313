//! `retry`: simulates the retry rules.

use std::time::Duration;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::values;
use crate::delivery::RetryPolicy;
use crate::endpoint::resolve;
use crate::format::did_you_mean;
use crate::monitor::outage::{Outage, OutageBehaviour, forecast, schedule};
use crate::report::outage::simulated;
use crate::untrusted::Untrusted;

/// The commands below `retry`.
#[derive(Debug, clap::Subcommand)]
pub enum RetryCommand {
    /// Show when attempts are made and what an outage does to the queue
    Simulate(SimulateArgs),
}

/// The command-line arguments of `retry simulate`: the outage to calculate.
#[derive(Debug, clap::Args)]
pub struct SimulateArgs {
    /// Use the rules of this endpoint [default: those of [delivery]]
    #[arg(long, value_name = "NAME")]
    endpoint: Option<String>,
    /// Duration of the outage
    #[arg(long, value_name = "TIME", default_value = "3h", value_parser = values::duration)]
    outage: Duration,
    /// Deliveries due when the outage begins, each of another resource
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    events: u32,
    /// Kind of failure: timeout, unreachable, or a status such as 503
    #[arg(long, value_name = "HOW", default_value = "timeout", value_parser = behaviour)]
    failing: OutageBehaviour,
    /// Response time of the endpoint
    #[arg(long, value_name = "TIME", default_value = "50ms", value_parser = values::duration)]
    latency: Duration,
}

fn behaviour(text: &str) -> Result<OutageBehaviour, String> {
    match text {
        "timeout" => Ok(OutageBehaviour::TimesOut),
        "unreachable" => Ok(OutageBehaviour::Unreachable),
        _ => match text.parse() {
            Ok(status @ 300..=599) => Ok(OutageBehaviour::Answers(status)),
            _ => Err("write timeout, unreachable, or a status from 300 to 599".to_owned()),
        },
    }
}

impl RetryCommand {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Simulate(args) => args.run(context),
        }
    }
}

impl SimulateArgs {
    fn run(self, context: &Context) -> Result<Exit, CliError> {
        let (policy, concurrency) = self.rules(context)?;
        let outage = Outage {
            behaviour: self.failing,
            lasts: self.outage,
            deliveries: self.events as usize,
            concurrency: usize::from(concurrency),
            latency: self.latency,
        };
        let forecast = forecast(&policy, &outage, fastrand::f64);
        context.screen.report(&simulated(self.endpoint.as_deref(), &schedule(&policy), &outage, &forecast))?;
        Ok(Exit::Done)
    }

    /// The retry policy and concurrency to simulate.
    fn rules(&self, context: &Context) -> Result<(RetryPolicy, u16), CliError> {
        let config = context.config()?;
        let Some(wanted) = &self.endpoint else {
            return Ok((config.delivery.retry.clone(), config.delivery.concurrency));
        };
        let configured = resolve(&config.endpoints, &[]);
        match configured.iter().find(|it| it.name == *wanted) {
            Some(it) => Ok((it.settings.retry.clone(), it.settings.concurrency)),
            None => {
                let error = Exit::Usage.error(format!("no endpoint named `{}` is configured", Untrusted(wanted)));
                Err(match did_you_mean(wanted, configured.iter().map(|it| it.name.as_str())) {
                    Some(meant) => error.hint(format!("did you mean `{}`?", Untrusted(meant))),
                    None => error.hint("see the configured ones with `syncctl config show`"),
                })
            }
        }
    }
}
