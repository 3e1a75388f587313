//! `listen`: a local endpoint that keeps what arrives, byte for byte, and says what it is worth.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use super::captures;
use super::context::Context;
use super::exit::{Exit, Fault};
use super::resend::{forwarded, forwarder};
use super::signals::{Signals, block_on};
use super::values;
use super::workbench::{Chosen, SchemeArgs, SecretArgs};
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::endpoint::EndpointUrl;
use crate::outbound::http::Target;
use crate::outbound::run::Stop;
use crate::render::{RenderError, Screen};
use crate::report::requests::{self, Heard};
use crate::signature::received::MOST_BYTES;
use crate::signature::{Received, detect, verify};

/// Requests handled at once; others wait.
const AT_ONCE: usize = 64;
/// How long a sender may take for its headers.
const HEADER_LIMIT: Duration = Duration::from_secs(10);
/// How long a sender may take for its body.
const BODY_LIMIT: Duration = Duration::from_secs(30);
/// How long the place that requests go on to may take.
const FORWARD_LIMIT: Duration = Duration::from_secs(30);

/// Arguments of `listen`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  syncctl listen
  syncctl listen --save captured --respond 500,200
  syncctl listen --forward-to http://localhost:3000/api/webhooks/sync
  syncctl verify --request captured/1706702400123-000001-127.0.0.1.http --explain

Without a secret requests are shown and kept, and not verified.")]
pub struct ListenArgs {
    /// The address to listen on
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:4000")]
    listen: String,
    /// Answer with these statuses in turn; the last one stays
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(200..=599), conflicts_with = "forward_to")]
    respond: Vec<u16>,
    /// Wait before each answer
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    delay: Option<Duration>,
    /// Send each request on to that URL, unchanged, and answer as it does
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,
    /// Keep each request in a file of that folder
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,
    /// Show each body, JSON indented
    #[arg(long)]
    show_body: bool,
    /// The longest body taken, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 1024 * 1024, value_parser = clap::value_parser!(u64).range(1..=MOST_BYTES as u64))]
    max_body: u64,
    /// End after so many requests
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    #[command(flatten)]
    scheme: SchemeArgs,
    #[command(flatten)]
    secret: SecretArgs,
}

/// What every connection needs.
struct Desk {
    screen: Screen,
    secret: Option<Zeroizing<String>>,
    scheme: Option<Chosen>,
    respond: Vec<u16>,
    delay: Option<Duration>,
    forward: Option<Arc<Target>>,
    save: Option<PathBuf>,
    show_body: bool,
    max_body: usize,
    count: Option<u64>,
    seen: AtomicU64,
    shown: AtomicU64,
    done: Notify,
    slots: Arc<Semaphore>,
    failed: std::sync::Mutex<Option<RenderError>>,
}

impl ListenArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Fault> {
        let address = self.listen.clone();
        let desk = Arc::new(self.desk(context)?);
        block_on(async move {
            let failed = |e: std::io::Error| Exit::Io.fault(format!("failed to listen on {address}")).cause(e);
            let signals = Signals::listen().map_err(failed)?;
            let listener = TcpListener::bind(&address).await.map_err(failed)?;
            let local = listener.local_addr().map_err(failed)?;
            desk.screen.note(&format!("listening on http://{local}"));
            if !local.ip().is_loopback() {
                desk.screen.warn("others can reach this address, and everything they send is shown and kept");
            }
            accept(&desk, &listener, signals).await;
            match desk.failed.lock().ok().and_then(|mut failed| failed.take()) {
                Some(error) => Err(error.into()),
                None => Ok(Exit::Done),
            }
        })
    }

    fn desk(self, context: &Context) -> Result<Desk, Fault> {
        let forward = match &self.forward_to {
            Some(url) => {
                let url = EndpointUrl::parse(url)
                    .map_err(|invalid| Exit::Usage.fault("--forward-to is not a place to send to").cause(invalid))?;
                Some(forwarder(context, &url)?)
            }
            None => None,
        };
        if let Some(folder) = &self.save {
            std::fs::create_dir_all(folder)
                .map_err(|e| Exit::Io.fault(format!("failed to make {}", super::secret::shown(folder))).cause(e))?;
        }
        Ok(Desk {
            screen: context.screen.clone(),
            secret: self.secret.configured(context)?,
            scheme: self.scheme.chosen()?,
            respond: self.respond,
            delay: self.delay,
            forward,
            save: self.save,
            show_body: self.show_body,
            max_body: usize::try_from(self.max_body).unwrap_or(MOST_BYTES),
            count: self.count,
            seen: AtomicU64::new(0),
            shown: AtomicU64::new(0),
            done: Notify::new(),
            slots: Arc::new(Semaphore::new(AT_ONCE)),
            failed: std::sync::Mutex::default(),
        })
    }
}

async fn accept(desk: &Arc<Desk>, listener: &TcpListener, mut signals: Signals) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = next(desk, listener) => {
                if let Ok((slot, (stream, peer))) = accepted {
                    connections.spawn(serve(Arc::clone(desk), slot, stream, peer));
                }
                while connections.try_join_next().is_some() {}
            }
            () = desk.done.notified() => break,
            _ = signals.stop.wait_for(|stop| *stop != Stop::No) => break,
        }
    }
    // The last answer is on its way; a sender that keeps its connection open is not waited for.
    let _ =
        tokio::time::timeout(Duration::from_millis(500), async { while connections.join_next().await.is_some() {} })
            .await;
}

/// The next connection, once there is a slot for it: until then it waits in the system's queue.
async fn next(desk: &Desk, listener: &TcpListener) -> std::io::Result<(OwnedSemaphorePermit, (TcpStream, SocketAddr))> {
    let slot = Arc::clone(&desk.slots).acquire_owned().await.map_err(std::io::Error::other)?;
    Ok((slot, listener.accept().await?))
}

async fn serve(desk: Arc<Desk>, _slot: OwnedSemaphorePermit, stream: TcpStream, peer: SocketAddr) {
    let shared = Arc::clone(&desk);
    let service = service_fn(move |request| {
        let desk = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(desk.answer(request, peer).await) }
    });
    // A sender that goes away is shown by what of it arrived, and is no fault.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_LIMIT)
        .keep_alive(desk.count.is_none())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Desk {
    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, self.max_body).collect();
        let body = match tokio::time::timeout(BODY_LIMIT, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                self.screen.warn(&format!("a body of more than {} bytes was refused: see --max-body", self.max_body));
                return status(413);
            }
            Ok(Err(_)) | Err(_) => return status(400),
        };
        let url = url(&head);
        let received = Received { method: head.method, url, headers: head.headers, body };
        let number = self.seen.fetch_add(1, Ordering::SeqCst);
        if let Some(delay) = self.delay {
            tokio::time::sleep(delay).await;
        }
        let answer = self.respond(number, &received).await;
        self.show(number, peer, &received, answer.status().as_u16());
        answer
    }

    async fn respond(&self, number: u64, received: &Received) -> Response<Full<Bytes>> {
        if let Some(target) = &self.forward {
            let answer = target.send(forwarded(target, received), FORWARD_LIMIT, SystemClock.now()).await;
            let mut response = status(answer.outcome.status().unwrap_or(502));
            if answer.outcome.status().is_none() {
                self.screen.warn(&format!("failed to send it on: {}", answer.detail));
            }
            *response.body_mut() = Full::new(answer.response);
            return response;
        }
        let turn = usize::try_from(number).unwrap_or(usize::MAX).min(self.respond.len().saturating_sub(1));
        status(self.respond.get(turn).copied().unwrap_or(200))
    }

    /// Shows and keeps one request. A screen that cannot be written to any more ends the command.
    fn show(&self, number: u64, peer: SocketAddr, received: &Received, status: u16) {
        let at = SystemClock.now();
        let saved = self.save.as_ref().map(|folder| {
            captures::save(folder, number + 1, at, &peer.ip().to_string(), received)
                .map_err(|error| self.screen.warn(&format!("failed to keep the request: {error}")))
        });
        let heard = Heard {
            at,
            peer: peer.ip().to_string(),
            received,
            names: names(received),
            verdict: self.verdict(received, at),
            status,
            saved: saved.and_then(Result::ok),
            show_body: self.show_body,
        };
        if let Err(error) = self.screen.report(&requests::heard(&heard, &self.screen.time(at))) {
            if let Ok(mut failed) = self.failed.lock() {
                *failed = Some(error);
            }
            self.done.notify_one();
        }
        if self.count == Some(self.shown.fetch_add(1, Ordering::SeqCst) + 1) {
            self.done.notify_one();
        }
    }

    /// The scheme and its verdict; no verdict without a secret, and neither without a scheme.
    fn verdict(&self, received: &Received, now: Timestamp) -> Option<(String, Option<Result<(), &'static str>>)> {
        let detected = detect(received);
        let scheme = self.scheme.as_ref().map(Chosen::scheme).or_else(|| detected.first().copied())?;
        let verdict = self.secret.as_ref().map(|secret| match scheme.key(secret.as_bytes()) {
            Ok(key) => {
                verify(scheme, received, &[key], now, None).refusal().map_or(Ok(()), |refusal| Err(refusal.name()))
            }
            Err(_) => Err("secret-unusable"),
        });
        Some((scheme.facts().name.to_string(), verdict))
    }
}

fn status(code: u16) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::OK);
    response
}

/// The URL as the sender wrote it, as far as its request tells.
fn url(head: &http::request::Parts) -> Option<String> {
    if head.uri.scheme().is_some() {
        return Some(head.uri.to_string());
    }
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = text("x-forwarded-proto").unwrap_or("http");
    Some(format!("{scheme}://{}{}", text("host")?, head.uri))
}

/// The event's type and id, by its headers or its body.
fn names(received: &Received) -> (Option<String>, Option<String>) {
    #[derive(Default, Deserialize)]
    struct Body {
        #[serde(rename = "type")]
        kind: Option<String>,
        id: Option<String>,
    }
    let body: Body = serde_json::from_slice(&received.body).unwrap_or_default();
    let text =
        |names: [&str; 3]| names.iter().find_map(|name| received.headers.get(*name)?.to_str().ok().map(str::to_owned));
    (
        text(["x-sync-event-type", "x-github-event", "x-shopify-topic"]).or(body.kind),
        text(["webhook-id", "svix-id", "x-sync-event-id"]).or(body.id),
    )
}
