//! `demo`: a self-contained demonstration on a real database and over real HTTP.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, body::Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::process::ProcessRun;
use crate::clock::{Clock as _, SystemClock};
use crate::delivery::RetryPolicy;
use crate::endpoint::Endpoint;
use crate::endpoint::{ConfiguredEndpoint, EndpointSettings, EndpointUrl};
use crate::event::Draft;
use crate::inbound::{PlatformKeys, PlatformRules, Sources, TrustedProxies};
use crate::monitor::{FreshnessThresholds, HealthLimits};
use crate::outbound::run::{RunOptions, RunUntil};
use crate::outbound::test_event::TestResult;
use crate::report;
use crate::report::Table;
use crate::server::{self, QueueRunner, RouteGroup, RunResult, Secrets, Server};
use crate::service;
use crate::signature::{Secret, Signer};
use crate::store::{self, Access, DeliveryFilter, Location, Page, Store, StoreError};

/// The secret both sides share in the demonstration.
const SECRET: &str = "a-secret-for-the-demonstration-only";
/// How long the unreliable endpoint refuses requests.
const OUTAGE: Duration = Duration::from_millis(2_500);

/// The command-line arguments of `demo`.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Events to emit
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    events: u32,
}

impl DemoArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let directory =
            tempfile::tempdir().map_err(|e| Exit::Io.error("failed to make a directory for the demo").cause(e))?;
        let database = directory.path().join("demo.db");
        let other = store::open(&Location::file(directory.path().join("other.db")), Access::Create)?;
        let receiver = DemoReceivers::start(Arc::clone(&other))?;
        let stage = context.with_secret_and_database(SECRET, &database);
        let store = store::open(&Location::file(&database), Access::Create)?;
        let endpoints = store.set_endpoints(receiver.endpoints()?, stage.now).wait()?.endpoints;

        let say = |text: &str| stage.screen.note(text);
        say(&format!(
            "1. Another syncctl serves on http://{}, a backup listens on http://{}; the queue is {}.",
            receiver.served,
            receiver.address,
            database.display()
        ));
        let drafts = drafts(self.events)?;
        let stored = store.enqueue(Box::new(drafts.into_iter().map(Ok)), false, SystemClock.now()).wait()?;
        say(&format!(
            "2. {} events of every type are on disk, each to be delivered to two endpoints.",
            stored.accepted
        ));
        say("3. The backup answers 500 at first. Every request is signed; failed deliveries are retried.\n");

        receiver.outage_begins();
        let options = RunOptions {
            until: RunUntil::NothingPending,
            limit: None,
            concurrency: None,
            max_time: None,
            endpoint: None,
            only: None,
        };
        let done = ProcessRun::new(&stage, Arc::clone(&store), &endpoints, options)?.run("demo")?;
        done.report(&stage, store.as_ref())?;
        self.show(&stage, store.as_ref())?;
        let (records, differing) = compare(store.as_ref(), other.as_ref())?;
        say(&format!(
            "\nThe other side verified every webhook and applied it once: {records} records, {differing} of them different."
        ));
        say(&format!(
            "The backup verified {} signatures and refused {} requests while it was down. Nothing was lost.",
            receiver.counts.verified.load(Ordering::SeqCst),
            receiver.counts.refused.load(Ordering::SeqCst)
        ));
        let forged = receiver.counts.forged.load(Ordering::SeqCst);
        let figures = store.figures(SystemClock.now()).wait()?;
        let undelivered: i64 = figures.endpoints.iter().map(|row| row.counts.waiting + row.counts.failed).sum();
        Ok(if forged == 0 && differing == 0 && undelivered == 0 { done.exit(true) } else { Exit::Failure })
    }

    fn show(&self, stage: &Context, store: &dyn Store) -> Result<(), CliError> {
        let now = SystemClock.now();
        let figures = store.figures(now).wait()?;
        let flows = service::figures::flows(store, &figures, now)?;
        stage.screen.report(&report::status::status(&figures, &flows, &FreshnessThresholds::default(), now))?;
        let page = Page { limit: 200, number: 1, oldest_first: true };
        let listed = store.deliveries(&DeliveryFilter::default(), page).wait()?;
        let Some(retried) = listed.rows.iter().max_by_key(|row| row.attempts) else { return Ok(()) };
        stage.screen.note("\nThe history of one event:");
        if let Some(detail) = store.event(&retried.event.id).wait()? {
            stage.screen.report(&report::event_detail::event(&detail))?;
        }
        Ok(())
    }
}

/// The number of records here, and of those that the other side lacks or has with other values.
fn compare(here: &dyn Store, there: &dyn Store) -> Result<(usize, usize), StoreError> {
    let (mut records, mut differing, mut after) = (0, 0, 0);
    loop {
        let rows = here.records_after(after, 500).wait()?;
        let Some((last, _)) = rows.last() else { return Ok((records, differing)) };
        after = *last;
        records += rows.len();
        for (_, row) in &rows {
            let same = there.record(row.kind, &row.id).wait()?.is_some_and(|other| other.record == row.record);
            differing += usize::from(!same);
        }
    }
}

/// Events of every type, as a small school would emit them.
fn drafts(count: u32) -> Result<Vec<Draft>, StoreError> {
    (0..count)
        .map(|n| {
            let (user, course) = (n % 40, n % 7);
            let (event_type, resource, data) = match n % 7 {
                0 => (
                    "user.created",
                    format!("user-{user}"),
                    format!(r#"{{"email":"student{user}@school.example","role":"student"}}"#),
                ),
                1 => (
                    "profile.updated",
                    format!("user-{user}"),
                    format!(r#"{{"profile":{{"bio":"Likes course {course}"}}}}"#),
                ),
                2 => ("user.updated", format!("user-{user}"), r#"{"emailVerified":true}"#.to_owned()),
                3 => (
                    "enrollment.created",
                    format!("enr-{n}"),
                    format!(r#"{{"userId":"user-{user}","courseId":"course-{course}","status":"active"}}"#),
                ),
                4 => (
                    "enrollment.updated",
                    format!("enr-{}", n - 1),
                    format!(r#"{{"completionPercentage":{}.0}}"#, n % 100),
                ),
                5 => (
                    "progress.updated",
                    format!("user-{user}-course-{course}"),
                    format!(r#"{{"lesson":{},"seconds":{}}}"#, n % 12, n * 7),
                ),
                _ => ("enrollment.deleted", format!("enr-{}", n - 3), "{}".to_owned()),
            };
            Draft::check(event_type, &resource, None, data.as_bytes()).map_err(|e| StoreError::Batch(e.to_string()))
        })
        .collect()
}

/// How many webhooks the receiver of the demonstration verified, refused and recognized as forged.
#[derive(Debug, Default)]
struct ReceiverCounts {
    verified: AtomicU64,
    refused: AtomicU64,
    forged: AtomicU64,
}

/// The two receivers of the demonstration: a server that applies what it gets, and one that verifies it and is down for
/// a while.
struct DemoReceivers {
    served: SocketAddr,
    address: SocketAddr,
    counts: Arc<ReceiverCounts>,
    outage: Arc<std::sync::Mutex<Option<Instant>>>,
}

impl DemoReceivers {
    fn start(other: Arc<dyn Store>) -> Result<Self, CliError> {
        let failed = |e: std::io::Error| Exit::Io.error("failed to start the demo's receiver").cause(e);
        let counts = Arc::new(ReceiverCounts::default());
        let outage = Arc::new(std::sync::Mutex::new(None));
        let (bound, address) = mpsc::channel();
        let (shared, down) = (Arc::clone(&counts), Arc::clone(&outage));
        std::thread::Builder::new()
            .name("demo-receiver".to_owned())
            .spawn(move || serve(&bound, other, &shared, &down))
            .map_err(failed)?;
        let address = address.recv().map_err(|_| Exit::Io.error("failed to start the demo's receiver"))?;
        let (served, address) = address.map_err(failed)?;
        Ok(Self { served, address, counts, outage })
    }

    fn outage_begins(&self) {
        if let Ok(mut outage) = self.outage.lock() {
            *outage = Some(Instant::now() + OUTAGE);
        }
    }

    fn endpoints(&self) -> Result<Vec<ConfiguredEndpoint>, CliError> {
        let retry = RetryPolicy {
            max_attempts: 8,
            first_delay_ms: 400,
            max_delay_ms: 1_500,
            timeout_ms: 5_000,
            ..RetryPolicy::default()
        };
        let admin = ("admin", format!("http://{}/api/webhooks/sync", self.served));
        let backup = ("backup", format!("http://{}/backup", self.address));
        [admin, backup]
            .map(|(name, url)| {
                let url = EndpointUrl::parse(&url).map_err(|e| Exit::Bug.error(e.to_string()))?;
                let settings = EndpointSettings { retry: retry.clone(), ..EndpointSettings::default() };
                Ok(ConfiguredEndpoint { name: Some(name.to_owned()), url, paused: false, settings })
            })
            .into_iter()
            .collect()
    }
}

/// The addresses on which the demonstration's two receivers listen.
type BoundAddresses = std::io::Result<(SocketAddr, SocketAddr)>;

fn serve(
    bound: &mpsc::Sender<BoundAddresses>,
    other: Arc<dyn Store>,
    counts: &Arc<ReceiverCounts>,
    outage: &Arc<std::sync::Mutex<Option<Instant>>>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let (server, backup) = match bind().await {
            Ok(listeners) => listeners,
            Err(error) => return drop(bound.send(Err(error))),
        };
        let addresses = server.local_addr().and_then(|served| Ok((served, backup.local_addr()?)));
        let _ = bound.send(addresses);
        // The server runs until the process ends: this sender never stops it.
        let (_never, stop) = watch::channel(false);
        let (_handle, serving) = applying(other).start(vec![server], stop);
        tokio::spawn(serving);
        while let Ok((stream, _)) = backup.accept().await {
            let (counts, outage) = (Arc::clone(counts), Arc::clone(outage));
            let service = service_fn(move |request| answer(request, Arc::clone(&counts), Arc::clone(&outage)));
            tokio::spawn(async move {
                // A client that disconnects does not matter to the demonstration.
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

async fn bind() -> std::io::Result<(TcpListener, TcpListener)> {
    Ok((TcpListener::bind(("127.0.0.1", 0)).await?, TcpListener::bind(("127.0.0.1", 0)).await?))
}

/// The receiving side: the server of `syncctl serve` with only its webhook routes.
fn applying(store: Arc<dyn Store>) -> Server {
    let secret = Secret::new(SECRET.to_owned()).expect("the demonstration's secret is a good one");
    let rules = PlatformRules { keys: PlatformKeys::new([&secret]), ..PlatformRules::default() };
    Server {
        store,
        clock: Arc::new(SystemClock),
        settings: server::Settings {
            secrets: Secrets::default(),
            sources: Sources::new(&rules, Vec::new()),
            proxies: TrustedProxies::default(),
            hosts: None,
            behind_tls: false,
            limits: HealthLimits::default(),
            ages: FreshnessThresholds::default(),
            candidates: Vec::new(),
            configuration: Table::new(&[], Vec::new()),
        },
        runner: Arc::new(ReceivesOnly),
        metrics: Arc::default(),
        without: vec![RouteGroup::Admin, RouteGroup::Process],
    }
}

/// A stand-in for the worker of the demonstration's receiving server, which has nothing to send.
struct ReceivesOnly;

impl QueueRunner for ReceivesOnly {
    fn run(&self, _: Duration) -> Pin<Box<dyn Future<Output = Result<RunResult, String>> + Send + '_>> {
        Box::pin(std::future::ready(Err("this server only receives".to_owned())))
    }

    fn test<'a>(&'a self, _: &'a Endpoint) -> Pin<Box<dyn Future<Output = Result<TestResult, String>> + Send + 'a>> {
        Box::pin(std::future::ready(Err("this server only receives".to_owned())))
    }
}

async fn answer(
    request: Request<Incoming>,
    counts: Arc<ReceiverCounts>,
    outage: Arc<std::sync::Mutex<Option<Instant>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, 1 << 20).collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let down = outage.lock().ok().and_then(|until| *until).is_some_and(|until| Instant::now() < until);
    let status = if down {
        counts.refused.fetch_add(1, Ordering::SeqCst);
        StatusCode::INTERNAL_SERVER_ERROR
    } else if is_signed(&head.headers, &body) {
        counts.verified.fetch_add(1, Ordering::SeqCst);
        StatusCode::OK
    } else {
        counts.forged.fetch_add(1, Ordering::SeqCst);
        StatusCode::UNAUTHORIZED
    };
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    Ok(response)
}

fn is_signed(headers: &http::HeaderMap, body: &[u8]) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let secret = Secret::new(SECRET.to_owned()).expect("the demonstration's secret is a good one");
    let (Some(id), Some(time)) = (text("webhook-id"), text("webhook-timestamp").and_then(|t| t.parse().ok())) else {
        return false;
    };
    let expected = Signer::new(&secret, &[&secret]).sign(id, time, body);
    text("webhook-signature") == Some(&expected.standard) && text("x-webhook-signature") == Some(&expected.original)
}
