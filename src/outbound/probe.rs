//! Probes endpoints without delivering anything: reachability, certificates, clocks.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::EndpointAccess;
use super::http::{Connector, EndpointServer};
use crate::broker::Publisher;
use crate::clock::Clock;
use crate::endpoint::{EndpointUrl, Protocol};
use crate::network::failure::{Failure, PhaseTimer};

pub use super::http::probe::{ProbeResponse, ProbeResult};

/// Endpoints that are probed at the same time.
const AT_ONCE: usize = 4;

/// Probes every endpoint, a few at a time and none for longer than `limit`, and returns the results in order; an error says why
/// an endpoint could not be reached or trusted.
///
/// An HTTP endpoint gets one `HEAD /`: not on the path that takes deliveries, and without signature or body. A broker gets
/// commands that change nothing.
pub async fn probe_all(
    places: Vec<(EndpointUrl, EndpointAccess)>,
    client: &Arc<Connector>,
    limit: Duration,
    clock: &Arc<dyn Clock>,
) -> Vec<Result<ProbeResult, String>> {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut results = vec![Err("internal error: the probe panicked".to_owned()); places.len()];
    let mut tasks = JoinSet::new();
    for (place, (url, access)) in places.into_iter().enumerate() {
        let (client, clock, slots) = (Arc::clone(client), Arc::clone(clock), Arc::clone(&slots));
        tasks.spawn(async move {
            let _slot = slots.acquire().await;
            (place, probe(&url, access, &client, limit, clock.as_ref()).await)
        });
    }
    while let Some(done) = tasks.join_next().await {
        if let Ok((place, result)) = done {
            results[place] = result;
        }
    }
    results
}

async fn probe(
    url: &EndpointUrl,
    access: EndpointAccess,
    client: &Arc<Connector>,
    limit: Duration,
    clock: &dyn Clock,
) -> Result<ProbeResult, String> {
    let client = client.reaching(access.connect);
    if url.protocol() == Protocol::Http {
        return EndpointServer::new(url, client).probe(limit, clock).await;
    }
    let (publisher, trace) = (Publisher::new(url, access.credentials.as_ref(), &client)?, PhaseTimer::new());
    let began = Instant::now();
    let inspected = timeout(limit, publisher.inspect(limit, &trace, clock)).await;
    let inspected = inspected.unwrap_or_else(|_| Err(Failure::timed_out(limit, trace.phase())));
    let inspection = inspected.map_err(|failure| failure.detail)?;
    let answer = ProbeResponse { said: inspection.summary, ahead_ms: inspection.ahead_ms, took: began.elapsed() };
    Ok(ProbeResult { valid_days: inspection.valid_days, answer: Ok(answer) })
}
