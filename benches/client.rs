//! Our HTTP client against a general one: the same signed request to the same sink, at the same concurrency.
//!
//! `cargo bench --bench client`. Each pair is run three times in turn; read the ratios.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on stops, and prints its table"
)]

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use syncctl::clock::{Clock, SystemClock};
use syncctl::endpoint::{Egress, EndpointUrl};
use syncctl::outbound::http::{Connector, EndpointServer};

#[path = "support/sink.rs"]
mod sink;
use sink::{Manner, Sink};

const REQUESTS: u64 = 20_000;

fn main() {
    let sink = Sink::start(Manner::default());
    println!("{:>10} {:>10} {:>10} {:>6}", "in flight", "ours/s", "general/s", "ratio");
    for concurrency in [10, 64] {
        for _ in 0..3 {
            let (ours, general) = (ours(&sink, concurrency), general(&sink, concurrency));
            println!("{concurrency:>10} {ours:>10.0} {general:>10.0} {:>6.2}", ours / general);
        }
    }
}

fn body() -> Bytes {
    vec![b'x'; 500].into()
}

fn ours(sink: &Sink, concurrency: usize) -> f64 {
    let url = EndpointUrl::parse(&format!("http://{}/0", sink.address)).unwrap();
    let target = Arc::new(EndpointServer::new(&url, Connector::new(Egress::default(), None)));
    rate(concurrency, move || {
        let target = Arc::clone(&target);
        async move {
            let request = http::Request::post(target.path())
                .header("host", target.host_header())
                .header("content-type", "application/json")
                .body(Full::new(body()))
                .unwrap();
            target.send(request, Duration::from_secs(10), SystemClock.now()).await;
        }
    })
}

fn general(sink: &Sink, concurrency: usize) -> f64 {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = format!("http://{}/0", sink.address);
    rate(concurrency, move || {
        let request = client.post(&url).header("content-type", "application/json").timeout(Duration::from_secs(10));
        async move {
            request.body(body()).send().await.unwrap().bytes().await.unwrap();
        }
    })
}

/// Requests a second of `send`, on a runtime of one thread as the worker has it.
fn rate<F: Future<Output = ()> + Send>(concurrency: usize, send: impl Fn() -> F + Send + Sync + 'static) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (send, left) = (Arc::new(send), Arc::new(AtomicU64::new(REQUESTS)));
    let began = Instant::now();
    runtime.block_on(async {
        let mut slots = tokio::task::JoinSet::new();
        for _ in 0..concurrency {
            let (send, left) = (Arc::clone(&send), Arc::clone(&left));
            slots.spawn(async move {
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    send().await;
                }
            });
        }
        slots.join_all().await;
    });
    REQUESTS as f64 / began.elapsed().as_secs_f64()
}
