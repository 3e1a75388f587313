//! What the machine can do without a queue: the same requests by our client alone, and by `wrk`.

use std::io::{BufRead, BufReader};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use syncctl::clock::{Clock, SystemClock};
use syncctl::delivery::Trigger;
use syncctl::endpoint::{ConfiguredEndpoint, Egress, EndpointUrl};
use syncctl::outbound::http::Connector;
use syncctl::outbound::{EndpointAccess, EndpointClient};
use syncctl::signature::{Secret, Signer};
use syncctl::store::{Access, Location, open};

use crate::place::{SECRET, draft};
use crate::sink::Sink;

/// The same requests, signed, by the same client, with no queue: requests a second.
pub(crate) fn raw(sink: &Sink, requests: u64, concurrency: usize) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let store = open(&Location::file(directory.path().join("q.db")), Access::Create).unwrap();
    let url = EndpointUrl::parse(&format!("http://{}/0", sink.address)).unwrap();
    let endpoint =
        store.set_endpoints(vec![ConfiguredEndpoint::of_url(url)], SystemClock.now()).wait().unwrap()[0].clone();
    store.enqueue(Box::new(std::iter::once(Ok(draft("r")))), false, SystemClock.now()).wait().unwrap();
    let run = store.begin_run("bench", SystemClock.now()).wait().unwrap();
    let wants = syncctl::store::ClaimRequest { endpoints: vec![(endpoint.id, 1)], idle: true, only: None };
    let mut claimed = store.advance(run.id, Arc::default(), wants, SystemClock.now()).wait().unwrap().claims;
    let claim = claimed.pop().unwrap();
    assert_eq!(claim.trigger, Trigger::Initial);
    let secret = Secret::new(SECRET.to_owned()).unwrap();
    let endpoint_client = EndpointClient::new(
        &endpoint.url,
        Signer::new(&secret, &[&secret]),
        EndpointAccess::default(),
        &Connector::new(Egress::default(), None),
    );
    let endpoint_client = Arc::new(endpoint_client.unwrap());
    let left = Arc::new(AtomicU64::new(requests));
    let began = Instant::now();
    runtime.block_on(async {
        let mut slots = tokio::task::JoinSet::new();
        for _ in 0..concurrency {
            let (endpoint_client, claim, left) = (Arc::clone(&endpoint_client), claim.clone(), Arc::clone(&left));
            slots.spawn(async move {
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    let now = SystemClock.now();
                    endpoint_client.deliver(&claim, Duration::from_secs(10), now).await;
                }
            });
        }
        slots.join_all().await;
    });
    requests as f64 / began.elapsed().as_secs_f64()
}

/// Requests a second by `wrk`, where it is installed.
pub(crate) fn wrk(sink: &Sink, concurrency: usize) -> Option<f64> {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("post.lua");
    let body = "x".repeat(500);
    std::fs::write(&script, format!("wrk.method = \"POST\"\nwrk.body = \"{body}\"\n")).unwrap();
    let output = Command::new("wrk")
        .args(["-t1", "-d2s", "-c", &concurrency.to_string(), "-s"])
        .arg(&script)
        .arg(format!("http://{}/0", sink.address))
        .output()
        .ok()?;
    BufReader::new(&output.stdout[..])
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("Requests/sec:").and_then(|n| n.trim().parse().ok()))
}
