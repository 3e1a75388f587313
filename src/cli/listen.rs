//! `listen`: a local endpoint that shows, verifies and saves the requests it receives.

mod challenge;
mod refusals;
mod shown;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::uri::Authority;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use refusals::RefusalLimit;
use shown::ShownArgs;

use super::captures;
use super::context::Context;
use super::exit::{CliError, Exit};
use super::forward::{FORWARD_BYTES, ForwardTo, for_the_asker};
use super::signals::{Signals, block_on};
use super::signature_args::{SchemeArgs, SchemeChoice, SecretArgs};
use super::values;
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::endpoint::EndpointUrl;
use crate::format::{self, count};
use crate::outbound::run::StopRequest;
use crate::render::{RenderError, Screen};
use crate::report::requests::{self, ReceivedRequest};
use crate::request::{MOST_BYTES, forwarded_scheme};
use crate::signature::{Received, detect, verify};

/// Requests handled at once; others wait.
const AT_ONCE: usize = 64;
/// How long a sender may take for its headers.
const HEADER_LIMIT: Duration = Duration::from_secs(10);
/// How long a sender may take for its body.
const BODY_LIMIT: Duration = Duration::from_secs(30);
/// The first byte of a TLS connection, which no HTTP request has.
const TLS_HANDSHAKE: u8 = 0x16;

/// The command-line arguments of `listen`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Without a secret, requests are shown and saved but not verified. Requests with which Slack, Zoom, Meta, Dropbox, Microsoft Graph
and CloudEvents verify a URL are answered as these services expect; with --forward-to, only if the URL does not do so itself.

`syncctl verify --request FILE --explain` reads a saved request."
)]
pub struct ListenArgs {
    /// Address to listen on
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:4000")]
    listen: String,
    /// Answer with these statuses in turn; the last one stays
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(200..=599), conflicts_with = "forward_to")]
    respond: Vec<u16>,
    /// Wait before each answer
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    delay: Option<Duration>,
    /// Forward each request unchanged to this URL and return its response
    ///
    /// The path of the request is not appended to the URL; its query is.
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,
    /// Save each request to a file in this directory
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Show each body, with JSON indented
    #[arg(long)]
    show_body: bool,
    /// Maximum body size, such as 64KiB
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = body_limit)]
    max_body: u64,
    #[command(flatten)]
    shown_args: ShownArgs,
    /// Exit after this many requests were shown
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    #[command(flatten)]
    scheme: SchemeArgs,
    #[command(flatten)]
    secret: SecretArgs,
}

fn body_limit(text: &str) -> Result<u64, String> {
    match values::size(text)? {
        bytes if (1..=MOST_BYTES as u64).contains(&bytes) => Ok(bytes),
        _ => Err(format!("it is not from 1 byte to {}", format::bytes(MOST_BYTES as u64))),
    }
}

/// What all connections of `listen` share: verification, printing, answers.
struct ListenServer {
    screen: Screen,
    secret: Option<Zeroizing<String>>,
    scheme: Option<SchemeChoice>,
    respond: Vec<u16>,
    delay: Option<Duration>,
    forward: Option<ForwardTo>,
    save: Option<PathBuf>,
    show_body: bool,
    filter: ShownArgs,
    max_body: usize,
    count: Option<u64>,
    seen: AtomicU64,
    shown: AtomicU64,
    done: Notify,
    slots: Arc<Semaphore>,
    refusals: std::sync::Mutex<RefusalLimit>,
    failed: std::sync::Mutex<Option<RenderError>>,
    /// Whether the hint about `verify --explain` was shown.
    hinted: AtomicBool,
}

impl ListenArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let address = self.listen.clone();
        let server = Arc::new(self.server(context)?);
        block_on(async move {
            let failed = |e: std::io::Error| Exit::Io.error(format!("failed to listen on {address}")).cause(e);
            let signals = Signals::listen().map_err(failed)?;
            let listener = TcpListener::bind(&address).await.map_err(failed)?;
            let local = listener.local_addr().map_err(failed)?;
            server.screen.note(&format!("listening on http://{local}"));
            if !local.ip().is_loopback() {
                server.screen.warn("other machines can reach this address, and everything they send is shown");
            }
            accept(&server, &listener, signals).await;
            server.report_suppressed();
            match server.failed.lock().ok().and_then(|mut failed| failed.take()) {
                Some(error) => Err(error.into()),
                None => Ok(Exit::Done),
            }
        })
    }

    fn server(self, context: &Context) -> Result<ListenServer, CliError> {
        let forward = match &self.forward_to {
            Some(url) => {
                let url = EndpointUrl::parse_http(url).map_err(|invalid| {
                    Exit::Usage.error("--forward-to is not a valid URL to send to").cause(invalid)
                })?;
                Some(ForwardTo::new(context, url)?)
            }
            None => None,
        };
        if let Some(folder) = &self.save {
            std::fs::create_dir_all(folder).map_err(|e| {
                Exit::Io.error(format!("failed to make {}", super::values::shown_path(folder))).cause(e)
            })?;
        }
        Ok(ListenServer {
            screen: context.screen.clone(),
            secret: self.secret.configured(context)?,
            scheme: self.scheme.chosen()?,
            respond: self.respond,
            delay: self.delay,
            forward,
            save: self.save,
            show_body: self.show_body,
            filter: self.shown_args,
            max_body: usize::try_from(self.max_body).unwrap_or(MOST_BYTES),
            count: self.count,
            seen: AtomicU64::new(0),
            shown: AtomicU64::new(0),
            done: Notify::new(),
            slots: Arc::new(Semaphore::new(AT_ONCE)),
            refusals: std::sync::Mutex::default(),
            failed: std::sync::Mutex::default(),
            hinted: AtomicBool::new(false),
        })
    }
}

async fn accept(server: &Arc<ListenServer>, listener: &TcpListener, mut signals: Signals) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = next(server, listener) => {
                if let Ok((slot, (stream, peer))) = accepted {
                    connections.spawn(serve(Arc::clone(server), slot, stream, peer));
                }
                while connections.try_join_next().is_some() {}
            }
            () = server.done.notified() => break,
            _ = signals.stop.wait_for(|stop| *stop != StopRequest::No) => break,
        }
    }
    // Open connections get a short time to finish the last answer.
    let _ =
        tokio::time::timeout(Duration::from_millis(500), async { while connections.join_next().await.is_some() {} })
            .await;
}

/// Accepts the next connection once there is a slot. Until then, connections wait in the system's backlog.
async fn next(
    server: &ListenServer,
    listener: &TcpListener,
) -> std::io::Result<(OwnedSemaphorePermit, (TcpStream, SocketAddr))> {
    let slot = Arc::clone(&server.slots).acquire_owned().await.map_err(std::io::Error::other)?;
    Ok((slot, listener.accept().await?))
}

async fn serve(server: Arc<ListenServer>, _slot: OwnedSemaphorePermit, stream: TcpStream, peer: SocketAddr) {
    // A connection that sends nothing is not reported.
    let mut first = [0];
    if !matches!(tokio::time::timeout(HEADER_LIMIT, stream.peek(&mut first)).await, Ok(Ok(1))) {
        return;
    }
    if first == [TLS_HANDSHAKE] {
        return server.refused(peer, "the client used TLS, but this server is plain HTTP: send to http://");
    }
    let Ok(local) = stream.local_addr() else { return };
    let shared = Arc::clone(&server);
    let answers = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&answers);
    let service = service_fn(move |request| {
        let server = Arc::clone(&shared);
        counted.fetch_add(1, Ordering::SeqCst);
        async move { Ok::<_, Infallible>(server.answer(request, ConnectionAddresses { peer, local }).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_LIMIT)
        .keep_alive(server.count.is_none())
        // A request is shown even if its sender hangs up before the answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        // An incomplete body is reported where it is read. The timeout of an idle kept-alive connection is no error.
        let is_idle = error.is_timeout() && answers.load(Ordering::SeqCst) > 0;
        if !is_idle && (error.is_parse() || error.is_timeout() || error.is_incomplete_message()) {
            server.refused(peer, &why_refused(&error));
        }
    }
}

/// The addresses of both ends of a connection to `listen`.
#[derive(Clone, Copy)]
struct ConnectionAddresses {
    peer: SocketAddr,
    local: SocketAddr,
}

/// Why a request could not be read, in words.
fn why_refused(error: &hyper::Error) -> String {
    match error {
        error if error.is_parse_too_large() => "its headers are too many or too long".to_owned(),
        error if error.is_parse() => format!("it is not HTTP/1.1 ({error})"),
        error if error.is_timeout() => {
            format!("its headers did not arrive within {}", humantime::format_duration(HEADER_LIMIT))
        }
        _ => "its headers were cut off".to_owned(),
    }
}

impl ListenServer {
    /// Reports a request that cannot be shown, because it is malformed or incomplete.
    fn refused(&self, peer: SocketAddr, why: &str) {
        let (told, suppressed) = match self.refusals.lock() {
            Ok(mut refusals) => refusals.add(SystemClock.now()),
            Err(_) => return,
        };
        self.report_count(suppressed);
        if told {
            self.screen.warn(&format!("refused: a request from {}: {why}", peer.ip()));
        }
    }

    fn report_count(&self, suppressed: usize) {
        if suppressed > 0 {
            self.screen.warn(&format!("refused: {} more within that minute", count(suppressed, "request")));
        }
    }

    fn report_suppressed(&self) {
        self.report_count(self.refusals.lock().map_or(0, |refusals| refusals.suppressed()));
    }

    fn too_long(&self, peer: SocketAddr) -> Response<Full<Bytes>> {
        self.refused(peer, &format!("its body has more than {} bytes, see --max-body", self.max_body));
        status(413)
    }

    async fn answer(&self, request: Request<Incoming>, addresses: ConnectionAddresses) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let peer = addresses.peer;
        // A body whose declared length is too large is refused before it is read.
        if body.size_hint().lower() > self.max_body as u64 {
            return self.too_long(peer);
        }
        let body = Limited::new(body, self.max_body).collect();
        let body = match tokio::time::timeout(BODY_LIMIT, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => return self.too_long(peer),
            Ok(Err(_)) => {
                self.refused(peer, "its body was cut off, or is not well formed");
                return status(400);
            }
            Err(_) => {
                let limit = humantime::format_duration(BODY_LIMIT);
                self.refused(peer, &format!("its body did not arrive within {limit}"));
                return status(408);
            }
        };
        let url = Some(url(&head, addresses.local));
        let received = Received { method: head.method, url, headers: head.headers, body, registered_id: None };
        let number = self.seen.fetch_add(1, Ordering::SeqCst);
        if let Some(delay) = self.delay {
            tokio::time::sleep(delay).await;
        }
        let answer = self.respond(number, &received).await;
        self.show(number, peer, &received, answer.status().as_u16());
        answer
    }

    async fn respond(&self, number: u64, received: &Received) -> Response<Full<Bytes>> {
        let challenge = challenge::answer(received, self.secret.as_ref().map(|secret| secret.as_str()));
        if let Some(forward) = &self.forward {
            return self.send_on(forward, received, challenge).await;
        }
        if let Some(answer) = challenge {
            return answer.into_response();
        }
        let turn = usize::try_from(number).unwrap_or(usize::MAX).min(self.respond.len().saturating_sub(1));
        status(self.respond.get(turn).copied().unwrap_or(200))
    }

    /// Forwards a request, and answers a challenge that the target does not answer.
    async fn send_on(
        &self,
        forward: &ForwardTo,
        received: &Received,
        challenge: Option<challenge::ChallengeAnswer>,
    ) -> Response<Full<Bytes>> {
        let Some(answer) = forward.send(received).await else {
            self.screen.warn("failed to forward it: the URL and its query are too long together");
            return status(414);
        };
        match answer {
            Ok(relayed) => {
                if !relayed.is_whole {
                    self.screen.warn(&format!(
                        "the answer ended early or is longer than {FORWARD_BYTES} bytes: only its beginning was passed on"
                    ));
                }
                let (head, body) = relayed.response.into_parts();
                if let Some(wanted) = challenge.filter(|it| !it.is_met_by(head.status, &head.headers, &body)) {
                    let told = head.status.as_u16();
                    self.screen
                        .note(&format!("--forward-to did not answer the challenge (HTTP {told}): answered by listen"));
                    return wanted.into_response();
                }
                let mut response = status(head.status.as_u16());
                *response.headers_mut() = for_the_asker(head.headers);
                *response.body_mut() = Full::new(body);
                response
            }
            Err(detail) => {
                self.screen.warn(&format!("failed to forward it: {detail}"));
                challenge.map_or_else(|| status(502), challenge::ChallengeAnswer::into_response)
            }
        }
    }

    /// Shows and keeps one request. A screen that cannot be written to any more ends the command.
    fn show(&self, number: u64, peer: SocketAddr, received: &Received, status: u16) {
        let at = SystemClock.now();
        let verdict = self.verdict(received, at);
        if !self.filter.is_shown(received, verdict.as_ref().and_then(|(_, result)| *result)) {
            return;
        }
        let saved = self.save.as_ref().map(|folder| {
            captures::save(folder, number + 1, at, &peer.ip().to_string(), received)
                .map_err(|error| self.screen.warn(&format!("failed to save the request: {error}")))
        });
        let listened = ReceivedRequest {
            at,
            peer: peer.ip().to_string(),
            received,
            names: names(received),
            verdict,
            status,
            saved: saved.and_then(Result::ok),
            show_body: self.show_body,
        };
        if let Err(error) = self.screen.report(&requests::received(&listened, &self.screen.full_time(at))) {
            if let Ok(mut failed) = self.failed.lock() {
                *failed = Some(error);
            }
            self.done.notify_one();
        }
        let is_invalid = listened.verdict.as_ref().is_some_and(|(_, result)| matches!(result, Some(Err(_))));
        if is_invalid && !self.hinted.swap(true, Ordering::SeqCst) {
            let saved = listened.saved.as_ref().map(|path| values::shown_path(path));
            self.screen.hint(&match saved {
                Some(file) => format!("see why with `syncctl verify --request {file} --explain`"),
                None => "save requests with --save DIR, and see why with `syncctl verify --request FILE --explain`"
                    .to_owned(),
            });
        }
        if self.count == Some(self.shown.fetch_add(1, Ordering::SeqCst) + 1) {
            self.done.notify_one();
        }
    }

    /// The scheme and the verdict; no verdict without a secret, and neither without a known scheme.
    fn verdict(&self, received: &Received, now: Timestamp) -> Option<(String, Option<Result<(), &'static str>>)> {
        let detected = detect(received);
        let scheme = self.scheme.as_ref().map(SchemeChoice::scheme).or_else(|| detected.first().copied())?;
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

/// The URL of the request; without a `Host`, with the local address.
fn url(head: &http::request::Parts, local: SocketAddr) -> String {
    if head.uri.scheme().is_some() {
        return head.uri.to_string();
    }
    let host = head.headers.get("host").and_then(|value| value.to_str().ok());
    let host = host.filter(|host| host.parse::<Authority>().is_ok());
    let scheme = forwarded_scheme(&head.headers).unwrap_or("http");
    format!("{scheme}://{}{}", host.map_or_else(|| local.to_string(), str::to_owned), head.uri)
}

/// The event's type and id, from the headers or the body.
fn names(received: &Received) -> (Option<String>, Option<String>) {
    /// The type and the id of an event, read from a JSON body for the line that `listen` prints.
    #[derive(Default, Deserialize)]
    struct TypeAndId {
        #[serde(rename = "type")]
        kind: Option<String>,
        id: Option<String>,
    }
    let body: TypeAndId = serde_json::from_slice(&received.body).unwrap_or_default();
    let text =
        |names: [&str; 3]| names.iter().find_map(|name| received.headers.get(*name)?.to_str().ok().map(str::to_owned));
    (
        text(["x-sync-event-type", "x-github-event", "x-shopify-topic"]).or(body.kind),
        text(["webhook-id", "svix-id", "x-sync-event-id"]).or(body.id),
    )
}
