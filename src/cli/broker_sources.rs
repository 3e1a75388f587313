//! Builds the broker sources of the configuration with their consumers.

use std::sync::Arc;

use super::access;
use super::context::Context;
use super::exit::{CliError, Exit};
use crate::broker::Consumer;
use crate::config::{Config, ConfiguredBroker, ConfiguredSource};
use crate::inbound::Sources;
use crate::outbound::http::Connector;
use crate::service::consumers::BrokerSource;

/// All broker sources, in the order of the configuration.
pub(super) fn all(context: &Context) -> Result<Vec<BrokerSource>, CliError> {
    let config = context.config()?;
    let sources = config.webhook_sources()?;
    let client = Connector::new(config.egress.clone(), config.ca_file.clone());
    let read = |(spec, broker)| prepare(config, &sources, &client, spec, broker);
    in_brokers(config).map(read).collect()
}

/// The sources of the configuration that are read from a broker.
pub(super) fn in_brokers(config: &Config) -> impl Iterator<Item = (&ConfiguredSource, &ConfiguredBroker)> {
    config.sources.iter().filter_map(|spec| Some((spec, spec.broker.as_ref()?)))
}

fn prepare(
    config: &Config,
    sources: &Sources,
    client: &Arc<Connector>,
    spec: &ConfiguredSource,
    broker: &ConfiguredBroker,
) -> Result<BrokerSource, CliError> {
    let name = spec.settings.name.clone();
    let wrong = |cause: String| Exit::Config.error(format!("the source `{name}` cannot be read")).cause(cause);
    let consumer = consumer(config, client, broker).map_err(wrong)?;
    let source = sources.at(&spec.settings.route()).ok_or_else(|| wrong("it has no route".to_owned()))?;
    Ok(BrokerSource { source: Arc::clone(source), consumer, from: broker.url.origin().to_string(), name })
}

/// The consumer of a source, with its login and certificates.
pub(super) fn consumer(
    config: &Config,
    client: &Arc<Connector>,
    broker: &ConfiguredBroker,
) -> Result<Consumer, String> {
    let access = access::resolve(config, &broker.access)?;
    Consumer::new(&broker.url, access.credentials.as_ref(), &client.reaching(access.connect))
}
