//! `endpoints check`: whether a place may be called, and by which rule. Nothing is sent.

use std::net::{IpAddr, ToSocketAddrs as _};

use crate::report::endpoint_test;

use super::super::context::Context;
use super::super::exit::{CliError, Exit};
use super::test::place;

/// Arguments of `endpoints check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Endpoint name, or a URL
    #[arg(value_name = "NAME|URL")]
    place: String,
}

impl CheckArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let (_, url, _) = place(context, &self.place)?;
        let egress = &context.config()?.egress;
        let host = url.url().host_str().unwrap_or_default().trim_matches(['[', ']']);
        let found = (host, url.url().port_or_known_default().unwrap_or(80)).to_socket_addrs().map_err(|e| {
            Exit::Failure.error(format!("{host} has no address")).cause(e).hint("see whether the name is right")
        })?;
        let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let checked: Vec<_> = addresses.into_iter().map(|address| (address, egress.check(address))).collect();
        context.screen.report(&endpoint_test::checked(url.as_str(), &checked))?;
        Ok(if checked.iter().all(|(_, rule)| rule.is_ok()) { Exit::Done } else { Exit::Failure })
    }
}
