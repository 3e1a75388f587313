//! `endpoints check`: whether the address rules allow an endpoint, or whether it would get an event. Nothing is sent.

use std::net::{IpAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};

use crate::endpoint::{EndpointSettings, EventJson};
use crate::report::endpoint_test;
use crate::untrusted::Untrusted;

use super::super::context::Context;
use super::super::exit::{CliError, Exit};
use super::test::place;

/// The command-line arguments of `endpoints check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Endpoint name, or a URL
    #[arg(value_name = "NAME|URL")]
    place: String,
    /// Check whether the endpoint's types and conditions select the event in this file
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
}

impl CheckArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let (name, url, settings) = place(context, &self.place)?;
        if let Some(file) = &self.event {
            return check_event(context, &name, &settings, file);
        }
        let egress = &context.config()?.egress;
        let host = url.host();
        let host = host.trim_matches(['[', ']']);
        let found = (host, url.port())
            .to_socket_addrs()
            .map_err(|e| Exit::Failure.error(format!("{host} has no address")).cause(e).hint("check the host name"))?;
        let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let checked: Vec<_> = addresses.into_iter().map(|address| (address, egress.check(address))).collect();
        context.screen.report(&endpoint_test::checked(url.as_str(), &checked))?;
        Ok(if checked.iter().all(|(_, rule)| rule.is_ok()) { Exit::Done } else { Exit::Failure })
    }
}

/// Checks whether an event goes to an endpoint: first its type, then the conditions.
fn check_event(context: &Context, name: &str, settings: &EndpointSettings, file: &Path) -> Result<Exit, CliError> {
    let shown = || Untrusted(&file.display().to_string()).to_string();
    let bytes = std::fs::read(file).map_err(|e| Exit::NoInput.error(format!("failed to read {}", shown())).cause(e))?;
    let event: serde_json::Value = serde_json::from_slice(&bytes)
        .map_err(|e| Exit::Data.error(format!("{} is not an event", shown())).cause(e))?;
    let Some(event_type) = event.get("type").and_then(serde_json::Value::as_str) else {
        return Err(Exit::Data.error(format!("{} is not an event: it has no type", shown())));
    };
    let reason = match settings.unmet(&mut EventJson::new(&bytes)) {
        _ if !settings.wants(event_type) => Some(format!("it does not subscribe to `{}`", Untrusted(event_type))),
        Some(condition) => Some(format!("its condition `{}` is not met", Untrusted(&condition.to_string()))),
        None => None,
    };
    context.screen.report(&endpoint_test::subscribed(name, reason.as_deref()))?;
    Ok(if reason.is_none() { Exit::Done } else { Exit::Failure })
}
