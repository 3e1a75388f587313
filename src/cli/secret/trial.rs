//! `secret rotate-plan --try-endpoints`: every endpoint is asked which of the two secrets it accepts.

use std::sync::Arc;

use super::super::context::Context;
use super::super::exit::{Exit, Fault};
use super::super::signals::block_on;
use super::{Rotation, fresh};
use crate::clock::{Clock, SystemClock};
use crate::endpoint::{Endpoint, PausedBy, SecretSource, Spec};
use crate::outbound::http::Client;
use crate::outbound::rotation::{CandidateSecrets, Receiver, RotationCheck, check_all};
use crate::report::secrets::{Sender, Standing, Tried};
use crate::signature::{Secret, Signer};
use crate::store::{self, Access, StoreError};

impl Rotation {
    /// Which secret signs for each endpoint, and what asking it came to.
    ///
    /// Only those that are signed for with one of the two are asked: to any other, a signature by these would be a
    /// stranger's, and nothing is sent to one that is paused.
    pub(super) fn try_endpoints(&self, context: &Context) -> Result<Vec<Sender>, Fault> {
        let config = context.config()?;
        let contenders = self.contenders()?;
        let stored = stored(context)?;
        let specs = if config.endpoints.is_empty() { named_before(&stored) } else { config.endpoints.clone() };
        let mut endpoints = self.endpoints(context, &specs)?;
        let (mut asked, mut receivers) = (Vec::new(), Vec::new());
        for (spec, endpoint) in specs.into_iter().zip(&mut endpoints) {
            endpoint.tried = untried(&spec, endpoint.standing, &stored);
            if endpoint.tried.is_none() {
                receivers.push(Receiver { url: spec.url, limit: spec.settings.retry.timeout() });
                asked.push(endpoint);
            }
        }
        let client = Client::new(config.egress, config.ca_file.clone());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let trials = block_on(async { Ok(check_all(receivers, &contenders, &client, &clock).await) })?;
        for (endpoint, trial) in asked.into_iter().zip(trials) {
            endpoint.tried = Some(Tried::Came(trial));
        }
        Ok(endpoints)
    }

    fn contenders(&self) -> Result<CandidateSecrets, Fault> {
        Ok(CandidateSecrets {
            new: signer("the new secret", &self.new)?,
            old: signer("the old secret", &self.old)?,
            random: signer("a random secret", &fresh()?)?,
        })
    }
}

fn signer(what: &str, text: &str) -> Result<Signer, Fault> {
    let secret = Secret::new(text.to_owned()).map_err(|error| {
        let fault = Exit::Config.fault(format!("{what} cannot sign, so no endpoint was tried"));
        fault.cause(error).hint("look at it with `syncctl secret check`")
    })?;
    Ok(Signer::new(&secret, &[&secret]))
}

/// What the queue knows of endpoints; nothing without a database.
fn stored(context: &Context) -> Result<Vec<Endpoint>, Fault> {
    match store::open(context.config()?.database()?, Access::Existing) {
        Err(StoreError::NoDatabase(_)) => Ok(Vec::new()),
        opened => Ok(opened?.endpoints()?),
    }
}

/// The endpoints that a command uses whose configuration names none.
fn named_before(stored: &[Endpoint]) -> Vec<Spec> {
    let spec = |endpoint: &Endpoint| Spec {
        name: Some(endpoint.name.clone()),
        url: endpoint.url.clone(),
        paused: endpoint.paused_by.is_some(),
        settings: endpoint.settings.clone(),
    };
    stored.iter().filter(|endpoint| endpoint.configured).map(spec).collect()
}

/// Why an endpoint is not asked, if it is not.
fn untried(spec: &Spec, standing: Standing, stored: &[Endpoint]) -> Option<Tried> {
    match (standing, &spec.settings.secret) {
        (Standing::New | Standing::Old | Standing::Both, _) => {}
        (Standing::Neither | Standing::Unsigned, SecretSource::File(_) | SecretSource::Env(_)) => {
            return Some(Tried::Outside("it has a secret of its own, which is not part of this rotation"));
        }
        (Standing::Neither | Standing::Unsigned, SecretSource::Shared) => {
            return Some(Tried::Came(RotationCheck::unknown("not tried: webhook.secret is not one of the two")));
        }
    }
    is_paused(spec, stored)
        .then(|| Tried::Came(RotationCheck::unknown("not tried: it is paused, and nothing is sent to it")))
}

/// Whether the configuration pauses it, or the queue does so on its own account.
fn is_paused(spec: &Spec, stored: &[Endpoint]) -> bool {
    let is_it = |endpoint: &&Endpoint| match &spec.name {
        Some(name) => endpoint.name == *name,
        None => endpoint.url == spec.url,
    };
    let known = stored.iter().filter(is_it).min_by_key(|endpoint| (!endpoint.configured, endpoint.id));
    let paused_by = known.and_then(|endpoint| endpoint.paused_by);
    spec.paused || matches!(paused_by, Some(PausedBy::Operator | PausedBy::Gone))
}
