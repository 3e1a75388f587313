//! The checks that call the endpoints.

use std::sync::Arc;
use std::time::Duration;

use super::super::access;
use super::super::broker_sources::{consumer, in_brokers};
use super::super::exit::CliError;
use super::super::signals::block_on;
use tokio::time::timeout;

use crate::broker::Consumer;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::endpoint::ResolvedEndpoint;
use crate::format::{count, short_duration};
use crate::network::failure::{Failure, PhaseTimer};
use crate::outbound::http::Connector;
use crate::outbound::probe::{ProbeResult, probe_all};
use crate::report::doctor::{ClockSkew, Finding, Severity};

/// The longest that one endpoint is checked.
const LONGEST: Duration = Duration::from_secs(10);
/// A certificate that expires within this many days gets a warning.
const SOON_DAYS: u64 = 14;

/// Probes each endpoint that is not paused, and measures how far its clock is from ours.
pub(super) fn probe_endpoints(
    config: &Config,
    all: &[ResolvedEndpoint],
) -> Result<(Vec<Finding>, Vec<ClockSkew>), CliError> {
    let client = Connector::new(config.egress.clone(), config.ca_file.clone());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (called, paused): (Vec<_>, Vec<_>) = all.iter().partition(|endpoint| endpoint.paused_by.is_none());
    let mut findings: Vec<Finding> = paused.into_iter().map(not_called).collect();
    let (mut places, mut looked_at) = (Vec::new(), Vec::new());
    for endpoint in called {
        match access::resolve(config, &endpoint.settings.access) {
            Ok(access) => {
                places.push((endpoint.url.clone(), access));
                looked_at.push(endpoint);
            }
            Err(why) => findings.push(Finding::fail("endpoints", format!("{}: {why}", endpoint.name))),
        }
    }
    let results = block_on(async { Ok(probe_all(places, &client, LONGEST, &clock).await) })?;
    let mut skews = Vec::new();
    for (endpoint, result) in looked_at.into_iter().zip(results) {
        let name = endpoint.name.clone();
        findings.push(probe_finding(&name, &result));
        let ahead_ms = result.ok().and_then(|result| result.answer.ok()?.ahead_ms);
        skews.extend(ahead_ms.map(|ahead_ms| ClockSkew { whose: name, ahead_ms }));
    }
    Ok((findings, skews))
}

/// Looks at each source that is read from a broker; takes nothing.
pub(super) fn look_at_sources(config: &Config) -> Result<Vec<Finding>, CliError> {
    let client = Connector::new(config.egress.clone(), config.ca_file.clone());
    let mut findings = Vec::new();
    for (spec, broker) in in_brokers(config) {
        let name = &spec.settings.name;
        findings.push(match consumer(config, &client, broker) {
            Ok(consumer) => block_on(async { Ok(inspect(name, &consumer).await) })?,
            Err(why) => Finding::fail("sources", format!("{name}: {why}")),
        });
    }
    Ok(findings)
}

async fn inspect(name: &str, consumer: &Consumer) -> Finding {
    let trace = PhaseTimer::new();
    let inspected = timeout(LONGEST, consumer.inspect(LONGEST, &trace, &SystemClock)).await;
    match inspected.unwrap_or_else(|_| Err(Failure::timed_out(LONGEST, trace.phase()))) {
        Ok(inspection) => Finding::ok("sources", format!("{name}: {}", inspection.summary)),
        Err(failure) => Finding::fail("sources", format!("{name}: {}", failure.detail)),
    }
}

fn not_called(endpoint: &ResolvedEndpoint) -> Finding {
    Finding::ok("endpoints", format!("{}: paused, so not called", endpoint.name))
}

fn probe_finding(name: &str, result: &Result<ProbeResult, String>) -> Finding {
    let unreached = |why: &str| Finding::fail("endpoints", format!("{name}: {why}"));
    let result = match result {
        Ok(result) => result,
        Err(why) => return unreached(why).hint("list failed deliveries with `syncctl failures`"),
    };
    let trusted = match result.valid_days {
        None => "no TLS".to_owned(),
        Some(0) => "certificate expires within a day".to_owned(),
        Some(days) if days < SOON_DAYS => format!("certificate expires in {}", count(whole(days), "day")),
        Some(days) => format!("certificate valid for {}", count(whole(days), "day")),
    };
    let said = match &result.answer {
        Ok(reply) => format!("{} in {}", reply.said, short_duration(reply.took)),
        Err(why) => why.clone(),
    };
    let soon = result.valid_days.is_some_and(|days| days < SOON_DAYS);
    let severity = if soon || result.answer.is_err() { Severity::Warn } else { Severity::Ok };
    let finding = Finding { severity, ..Finding::ok("endpoints", format!("{name}: {trusted}, {said}")) };
    if soon { finding.hint(format!("have the certificate of {name} renewed")) } else { finding }
}

fn whole(days: u64) -> usize {
    usize::try_from(days).unwrap_or(usize::MAX)
}
