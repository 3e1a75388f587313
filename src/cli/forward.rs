//! `replay --to` and `listen --forward-to`: send requests to another URL. The queue is not changed.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue,
    LOCATION, TRANSFER_ENCODING, USER_AGENT,
};
use http::{Method, Request, Response, Uri};

use super::captures;
use super::context::Context;
use super::exit::{CliError, Exit};
use super::signals::block_on;
use super::signature_args::{SecretArgs, key};
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::endpoint::EndpointUrl;
use crate::format::{count, shorten};
use crate::network::{AGENT, HttpClient, HttpResponse};
use crate::report::requests::{self, Resent};
use crate::signature::{Message, Received, Scheme, detect, find, sign};
use crate::store::{EventRow, Store};
use crate::untrusted::Untrusted;

/// How long one request may take.
const LIMIT: Duration = Duration::from_secs(10);
/// The most bytes of a response that are read, so that its connection can be used again.
const MAX_BODY_READ: usize = 64 * 1024;
/// How long the target of forwarded requests may take.
const FORWARD_LIMIT: Duration = Duration::from_secs(30);
/// The most bytes of its response that are passed on.
pub(super) const FORWARD_BYTES: usize = 1024 * 1024;
/// The schemes that syncctl itself signs by.
const OWN: [&str; 2] = ["standard", crate::signature::ORIGINAL];
/// Request headers of one connection, which are set again.
const OF_A_CONNECTION: [HeaderName; 6] = [HOST, CONTENT_LENGTH, CONNECTION, TRANSFER_ENCODING, ACCEPT_ENCODING, EXPECT];

/// Response headers of one connection; the length is set again.
const OF_AN_ANSWERS_CONNECTION: [&str; 6] =
    ["connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "trailer"];

/// A request that `replay --to` or `listen --forward-to` is about to send.
#[derive(Debug)]
pub(super) struct OutgoingRequest {
    /// Its name in the report.
    name: String,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
    schemes: Vec<&'static dyn Scheme>,
    id: String,
}

impl OutgoingRequest {
    /// Its name in the report.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// Where `replay --to` sends requests, and the secret that signs them.
pub(super) struct ReplayTarget {
    url: EndpointUrl,
    client: HttpClient,
    secret: zeroize::Zeroizing<String>,
}

impl ReplayTarget {
    /// A URL with the client and secret of the configuration.
    pub(super) fn new(context: &Context, url: &str, secret: &SecretArgs) -> Result<Self, CliError> {
        let url = EndpointUrl::parse_http(url).map_err(|invalid| {
            Exit::Usage.error(format!("--to {} is not a valid URL to send to", Untrusted(url))).cause(invalid)
        })?;
        Ok(Self { client: client(context)?, url, secret: secret.read(context)? })
    }

    /// Sends the requests one after the other, and reports how each ended.
    pub(super) fn send(&self, context: &Context, outgoing: Vec<OutgoingRequest>) -> Result<Exit, CliError> {
        let requests = outgoing
            .into_iter()
            .map(|outgoing| Ok((outgoing.name.clone(), self.request(outgoing, SystemClock.now())?)))
            .collect::<Result<Vec<_>, CliError>>()?;
        let sent = block_on(async {
            let mut sent = Vec::new();
            for (name, request) in requests {
                let answer = self.client.send(&self.url, request, LIMIT, MAX_BODY_READ).await;
                sent.push(resent(name, answer));
            }
            Ok(sent)
        })?;
        context.screen.report(&requests::resent(&sent, self.url.as_str()))?;
        Ok(if sent.iter().all(|one| one.delivered) { Exit::Done } else { Exit::Failure })
    }

    fn request(&self, outgoing: OutgoingRequest, now: Timestamp) -> Result<Request<Bytes>, CliError> {
        let mut headers = outgoing.headers;
        for scheme in &outgoing.schemes {
            let time = scheme.facts().time_form.write(now);
            let url = self.url.as_str();
            let message = Message {
                method: outgoing.method.as_str(),
                url,
                id: &outgoing.id,
                time: &time,
                body: &outgoing.body,
                context: "",
            };
            let signed = sign(*scheme, &message, &[key(*scheme, &self.secret)?]);
            let signed = signed.map_err(|error| {
                Exit::Data.error(format!("failed to sign {} with {}", outgoing.name, scheme.facts().name)).cause(error)
            })?;
            for (name, value) in signed {
                insert(&mut headers, name.as_str(), &value);
            }
        }
        let mut request = Request::new(outgoing.body);
        *request.method_mut() = outgoing.method;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

fn insert(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}

/// A client with the address rules and certificates of the configuration.
fn client(context: &Context) -> Result<HttpClient, CliError> {
    let config = context.config()?;
    Ok(HttpClient::new(config.egress.clone(), config.ca_file.clone()))
}

fn resent(name: String, answer: Result<HttpResponse, String>) -> Resent {
    match answer {
        Err(detail) => Resent { name, delivered: false, status: None, detail },
        Ok(HttpResponse { response, .. }) => {
            let (status, detail) = (response.status(), describe(&response));
            Resent { name, delivered: status.is_success(), status: Some(status.as_u16()), detail }
        }
    }
}

fn describe(response: &Response<Bytes>) -> String {
    let status = response.status();
    match response.headers().get(LOCATION).filter(|_| status.is_redirection()) {
        Some(to) => {
            let to = shorten(&String::from_utf8_lossy(to.as_bytes()), 200);
            format!("HTTP {}: redirects are not followed (to {to})", status.as_u16())
        }
        None => format!("HTTP {}", status.as_u16()),
    }
}

/// The requests of stored events, each once, as deliveries send them.
pub(super) fn stored<'a>(
    store: &dyn Store,
    events: impl Iterator<Item = &'a EventRow>,
) -> Result<Vec<OutgoingRequest>, CliError> {
    let mut seen = BTreeSet::new();
    let mut outgoing = Vec::new();
    for row in events.filter(|row| seen.insert(row.seq)) {
        let Some(detail) = store.event(&row.id).wait()? else { continue };
        let id = row.id.to_string();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        insert(&mut headers, "x-sync-event-id", &id);
        insert(&mut headers, "x-sync-event-type", &row.event_type);
        insert(&mut headers, "x-sync-attempt", "1");
        insert(&mut headers, "x-sync-trigger", "manual");
        let schemes = OWN.iter().filter_map(|name| find(name)).collect();
        outgoing.push(OutgoingRequest {
            name: id.clone(),
            method: Method::POST,
            headers,
            body: detail.body.into(),
            schemes,
            id,
        });
    }
    Ok(outgoing)
}

/// Captured requests, with all headers but those of the connection, and new signatures.
///
/// A request without a signature header of a known scheme is refused, because its signature cannot be renewed; with
/// `skip_unsigned` it is skipped with a warning.
pub(super) fn captured(
    context: &Context,
    path: &Path,
    named: Option<&'static dyn Scheme>,
    skip_unsigned: bool,
) -> Result<Vec<OutgoingRequest>, CliError> {
    let (mut outgoing, mut unsigned) = (Vec::new(), Vec::new());
    for capture in captures::read(context, path)? {
        let schemes = schemes_of(&capture.request, named);
        if schemes.is_empty() {
            unsigned.push(super::values::shown_path(&capture.path));
        } else {
            outgoing.push(outgoing_request(&capture.path, capture.request, schemes));
        }
    }
    let Some(first) = unsigned.first() else { return Ok(outgoing) };
    if !skip_unsigned || outgoing.is_empty() {
        return Err(without_signature(first, unsigned.len(), outgoing.is_empty()));
    }
    let count = count(unsigned.len(), "request");
    context.screen.warn(&format!("skipped {count} without a signature header of a known scheme, such as {first}"));
    Ok(outgoing)
}

fn without_signature(first: &str, count: usize, is_all: bool) -> CliError {
    let more = if count > 1 { format!(", and {} more have none", count - 1) } else { String::new() };
    let fault = Exit::Data.error(format!("{first} has no signature header of a known scheme{more}"));
    fault.hint(match is_all {
        true => "name the scheme to sign with: --scheme NAME",
        false => "skip such requests with --skip-unsigned, or name the scheme to sign with: --scheme NAME",
    })
}

fn schemes_of(request: &Received, named: Option<&'static dyn Scheme>) -> Vec<&'static dyn Scheme> {
    let mut schemes = detect(request);
    schemes.extend(named.filter(|named| !schemes.iter().any(|known| known.facts().name == named.facts().name)));
    schemes
}

fn outgoing_request(path: &Path, request: Received, schemes: Vec<&'static dyn Scheme>) -> OutgoingRequest {
    let name = super::values::shown_path(path);
    let id = schemes.iter().find_map(|scheme| request.the_header(scheme.facts().id_header.as_ref()?).ok());
    let id = id.unwrap_or_default().to_owned();
    let mut headers = request.headers;
    OF_A_CONNECTION.iter().for_each(|name| drop(headers.remove(name)));
    OutgoingRequest { name, method: request.method, headers, body: request.body, schemes, id }
}

/// Where `listen --forward-to` sends what it receives.
pub(super) struct ForwardTo {
    url: EndpointUrl,
    client: HttpClient,
}

impl ForwardTo {
    /// A target with the client of the configuration.
    pub(super) fn new(context: &Context, url: EndpointUrl) -> Result<Self, CliError> {
        Ok(Self { url, client: client(context)? })
    }

    /// Forwards a request with its signatures: nothing that was signed changes.
    ///
    /// It goes to the path of the target, with both queries. `None` when the two together are too long for a request line.
    pub(super) async fn send(&self, received: &Received) -> Option<Result<HttpResponse, String>> {
        let url = self.with_query(query_of(received))?;
        let mut headers = received.headers.clone();
        OF_A_CONNECTION.iter().for_each(|name| drop(headers.remove(name)));
        let mut copy = Request::new(received.body.clone());
        *copy.method_mut() = received.method.clone();
        *copy.headers_mut() = headers;
        Some(self.client.send(&url, copy, FORWARD_LIMIT, FORWARD_BYTES).await)
    }

    fn with_query(&self, query: Option<&str>) -> Option<EndpointUrl> {
        let Some(query) = query else { return Some(self.url.clone()) };
        let own = self.url.as_str();
        let joint = if self.url.url().query().is_some() { '&' } else { '?' };
        let url = EndpointUrl::parse(&format!("{own}{joint}{query}")).ok()?;
        url.as_str().parse::<Uri>().is_ok().then_some(url)
    }
}

fn query_of(request: &Received) -> Option<&str> {
    let (_, query) = request.url.as_deref()?.split_once('?')?;
    query.split('#').next()
}

/// The headers of a response without those of the connection.
pub(super) fn for_the_asker(mut headers: HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let own = OF_AN_ANSWERS_CONNECTION.iter().map(|name| HeaderName::from_static(name));
    named.into_iter().chain(own).for_each(|name| drop(headers.remove(name)));
    headers
}
