//! `endpoints test`: sends one signed test event and shows the response.

use crate::clock::SystemClock;
use crate::delivery::Outcome;
use crate::endpoint::{EndpointSettings, EndpointUrl};
use crate::format::did_you_mean;
use crate::outbound::test_event;
use crate::report::endpoint_test;
use crate::store::{self, Access, StoreError};
use crate::untrusted::Untrusted;

use super::super::context::Context;
use super::super::exit::{CliError, Exit};
use super::super::signals::block_on;

/// The command-line arguments of `endpoints test`.
#[derive(Debug, clap::Args)]
pub struct TestArgs {
    /// Endpoint name, or a URL
    #[arg(value_name = "NAME|URL")]
    place: String,
}

impl TestArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let (name, url, settings) = place(context, &self.place)?;
        let client = context.endpoint_client(&name, &url, &settings)?;
        let limit = settings.retry.timeout();
        let tested = block_on(async { Ok(test_event::send(&client, limit, &SystemClock).await) })?;
        let open = match store::open(context.config()?.database()?, Access::Existing) {
            Err(StoreError::NoDatabase) => None,
            opened => {
                let stored = opened?.endpoints().wait()?;
                stored.into_iter().find(|endpoint| endpoint.name == name).and_then(|endpoint| endpoint.circuit.open)
            }
        };
        context.screen.report(&endpoint_test::tested(&name, url.as_str(), &tested, open, context.now))?;
        let is_delivered = matches!(tested.result.outcome, Outcome::Delivered { .. });
        Ok(if is_delivered { Exit::Done } else { Exit::Failure })
    }
}

/// The endpoint of that name, or the URL itself, with the settings of the endpoint that has it, if one does.
pub(super) fn place(context: &Context, place: &str) -> Result<(String, EndpointUrl, EndpointSettings), CliError> {
    let resolved = context.resolved_endpoints()?;
    if !place.contains("://") {
        let found = resolved.iter().find(|endpoint| endpoint.name == place);
        return match found {
            Some(endpoint) => Ok((endpoint.name.clone(), endpoint.url.clone(), endpoint.settings.clone())),
            None => {
                let list = "list them with `syncctl endpoints list`, or write a URL";
                let hint = match did_you_mean(place, resolved.iter().map(|endpoint| endpoint.name.as_str())) {
                    Some(meant) => format!("did you mean `{}`? {list}", Untrusted(meant)),
                    None => list.to_owned(),
                };
                Err(Exit::Usage.error(format!("no endpoint named `{}`", Untrusted(place))).hint(hint))
            }
        };
    }
    let url = EndpointUrl::parse(place).map_err(|invalid| {
        Exit::Usage.error(format!("{} is not a valid URL to send to", Untrusted(place))).cause(invalid)
    })?;
    Ok(match resolved.into_iter().find(|endpoint| endpoint.url == url) {
        Some(endpoint) => (endpoint.name, endpoint.url, endpoint.settings),
        None => (url.default_name(), url, EndpointSettings::default()),
    })
}
