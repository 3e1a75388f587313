//! `secret rotate-plan --try-endpoints`: probes every endpoint for which of the two secrets it accepts.

use std::sync::Arc;

use super::super::context::Context;
use super::super::exit::{CliError, Exit};
use super::super::signals::block_on;
use super::{Rotation, fresh};
use crate::clock::{Clock, SystemClock};
use crate::endpoint::{Protocol, ResolvedEndpoint, SecretSource};
use crate::outbound::http::Connector;
use crate::outbound::rotation::{CandidateSecrets, ProbedReceiver, RotationCheck, check_all};
use crate::report::secrets::{EndpointTrial, SecretUse, SecretUser};
use crate::signature::{Secret, Signer};

impl Rotation {
    /// The secret that signs for each endpoint, and the result of probing it.
    ///
    /// Only endpoints that use one of the two secrets are probed; any other would see a wrong signature. Nothing is sent to a
    /// paused endpoint.
    pub(super) fn try_endpoints(&self, context: &Context) -> Result<Vec<SecretUser>, CliError> {
        let config = context.config()?;
        let contenders = self.contenders()?;
        let resolved = context.resolved_endpoints()?;
        let mut endpoints = self.endpoints(context, &resolved)?;
        let (mut asked, mut receivers) = (Vec::new(), Vec::new());
        for (resolved, endpoint) in resolved.into_iter().zip(&mut endpoints) {
            endpoint.tried = untried(&resolved, endpoint.secret_use);
            if endpoint.tried.is_none() {
                receivers.push(ProbedReceiver {
                    limit: resolved.settings.retry.timeout(),
                    access: context.access(&resolved.name, &resolved.settings)?,
                    url: resolved.url,
                });
                asked.push(endpoint);
            }
        }
        let client = Connector::new(config.egress.clone(), config.ca_file.clone());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let trials = block_on(async { Ok(check_all(receivers, &contenders, &client, &clock).await) })?;
        for (endpoint, trial) in asked.into_iter().zip(trials) {
            endpoint.tried = Some(EndpointTrial::Checked(trial));
        }
        Ok(endpoints)
    }

    fn contenders(&self) -> Result<CandidateSecrets, CliError> {
        Ok(CandidateSecrets {
            new: signer("the new secret", &self.new)?,
            old: signer("the old secret", &self.old)?,
            random: signer("a random secret", &fresh()?)?,
        })
    }
}

fn signer(what: &str, text: &str) -> Result<Signer, CliError> {
    let secret = Secret::new(text.to_owned()).map_err(|error| {
        let fault = Exit::Config.error(format!("{what} cannot sign, so no endpoint was tried"));
        fault.cause(error).hint("check it with `syncctl secret check`")
    })?;
    Ok(Signer::new(&secret, &[&secret]))
}

/// Why an endpoint is not probed, if it is not.
fn untried(endpoint: &ResolvedEndpoint, secret_use: SecretUse) -> Option<EndpointTrial> {
    match (secret_use, &endpoint.settings.secret) {
        (SecretUse::New | SecretUse::Old | SecretUse::Both, _) => {}
        (SecretUse::Neither | SecretUse::Unsigned, SecretSource::File(_) | SecretSource::Env(_)) => {
            return Some(EndpointTrial::Excluded("it has a secret of its own, which is not part of this rotation"));
        }
        (SecretUse::Neither | SecretUse::Unsigned, SecretSource::Shared) => {
            return Some(EndpointTrial::Checked(RotationCheck::unknown(
                "not tried: webhook.secret is not one of the two",
            )));
        }
    }
    if endpoint.url.protocol() != Protocol::Http {
        return Some(EndpointTrial::Excluded("it is a broker, which checks no signatures: ask its consumers"));
    }
    let is_paused = endpoint.paused_by.is_some();
    is_paused
        .then(|| EndpointTrial::Checked(RotationCheck::unknown("not tried: it is paused, and nothing is sent to it")))
}
