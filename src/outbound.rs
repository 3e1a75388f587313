//! Outbound: delivers events as signed requests.
//!
//! `worker` claims what is due, this module signs it, `http` or a [`broker`](crate::broker) takes it and turns every failure into an
//! [`Outcome`], and the store records the outcome and the retry decision.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use bytes::Bytes;
use serde::Deserialize;
use tokio::time::timeout;

use crate::broker::{Credentials, Message, Publisher};
use crate::clock::Timestamp;
use crate::delivery::{Outcome, Trigger};
use crate::endpoint::{Endpoint, EndpointUrl, Protocol};
use crate::event::{EventId, Traceparent};
use crate::network::AGENT;
use crate::network::failure::{Failure, PhaseTimer};
use crate::signature::Signer;
use crate::store::Claim;
use http::AttemptResult;

mod endpoint_buffer;
pub mod http;
pub mod probe;
mod release_queue;
pub mod rotation;
pub mod run;
mod slots;
pub mod test_event;
pub mod worker;

const EVENT_ID: HeaderName = HeaderName::from_static("x-sync-event-id");
const EVENT_TYPE: HeaderName = HeaderName::from_static("x-sync-event-type");
const ATTEMPT: HeaderName = HeaderName::from_static("x-sync-attempt");
const TRIGGER: HeaderName = HeaderName::from_static("x-sync-trigger");
const ORIGINAL_SIGNATURE: HeaderName = HeaderName::from_static("x-webhook-signature");
const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// How long disconnecting from a broker may take.
const DISCONNECT_LIMIT: Duration = Duration::from_secs(1);
/// The number of headers of a request, without those that the operator configured.
const HEADERS: usize = 13;

/// Gives the secrets with which requests to endpoints are signed.
pub trait Keyring: Send + Sync {
    /// The endpoint's signer, or why there is none. Without one, nothing is sent to it.
    fn signer(&self, endpoint: &Endpoint) -> Result<Signer, String>;

    /// The headers, credentials and connection options of the endpoint, or why they cannot be read. Without them, nothing is
    /// sent to it.
    fn access(&self, endpoint: &Endpoint) -> Result<EndpointAccess, String>;
}

/// The headers, credentials and connection options of an endpoint, with every secret read.
#[derive(Clone, Debug, Default)]
pub struct EndpointAccess {
    /// Headers that are added to ours or replace them. Secret values are marked as sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The credentials for a broker, in place of `Authorization`.
    pub credentials: Option<Credentials>,
    /// Certificates and proxy of the connection.
    pub connect: http::ConnectOptions,
}

/// An event that is to be signed and sent to an endpoint.
pub(crate) struct WebhookRequest<'a> {
    /// The event's id, under which it is signed.
    pub(crate) id: &'a EventId,
    /// The event's type.
    pub(crate) event_type: &'a str,
    /// Which attempt this is, counted from 1.
    pub(crate) attempt: u32,
    /// Why it is made.
    pub(crate) trigger: Trigger,
    /// The event's place in a trace.
    pub(crate) traceparent: Option<&'a Traceparent>,
    /// The bytes to sign and send.
    pub(crate) body: &'a Bytes,
}

impl<'a> WebhookRequest<'a> {
    fn of(claim: &'a Claim) -> Self {
        let Claim { event_id: id, event_type, number, trigger, traceparent, body, .. } = claim;
        Self { id, event_type, attempt: *number, trigger: *trigger, traceparent: traceparent.as_ref(), body }
    }

    /// A test that an operator asked for: no event of the queue.
    fn test(id: &'a EventId, event_type: &'a str, body: &'a Bytes) -> Self {
        Self { id, event_type, attempt: 1, trigger: Trigger::Manual, traceparent: None, body }
    }
}

/// How an endpoint is delivered to: over HTTP, or through a message broker, as the scheme of its URL says.
enum Transport {
    /// HTTP requests, with this `Host` header.
    Http(http::EndpointServer, HeaderValue),
    /// Messages to a broker.
    Broker(Publisher),
}

/// Signs and sends deliveries to one endpoint. What all requests share is prepared once.
pub struct EndpointClient {
    transport: Transport,
    signer: Signer,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl fmt::Debug for EndpointClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.transport {
            Transport::Http(target, _) => write!(f, "EndpointClient({target:?})"),
            Transport::Broker(publisher) => write!(f, "EndpointClient({publisher:?})"),
        }
    }
}

/// A request that was sent, and what came of it.
#[derive(Debug)]
pub(crate) struct SentRequest {
    /// Its headers; secret values are marked as sensitive.
    pub(crate) headers: HeaderMap,
    /// The result.
    pub(crate) result: AttemptResult,
    /// How long each phase took.
    pub(crate) timings: http::Timings,
}

impl EndpointClient {
    /// A client for an endpoint with this URL, signer and access. An error says why nothing can be sent there.
    pub fn new(
        url: &EndpointUrl,
        signer: Signer,
        access: EndpointAccess,
        client: &Arc<http::Connector>,
    ) -> Result<Self, String> {
        let EndpointAccess { mut headers, credentials, connect } = access;
        let client = client.reaching(connect);
        let transport = if url.protocol() == Protocol::Http {
            let target = http::EndpointServer::new(url, client);
            let host = target.host_header();
            Transport::Http(target, host)
        } else {
            headers.retain(|(name, _)| name != AUTHORIZATION && name != ACCEPT);
            Transport::Broker(Publisher::new(url, credentials.as_ref(), &client)?)
        };
        Ok(Self { transport, signer, headers })
    }

    /// Makes one attempt within `limit`, signed for the time `now`.
    pub async fn deliver(&self, claim: &Claim, limit: Duration, now: Timestamp) -> AttemptResult {
        let message = WebhookRequest::of(claim);
        match &self.transport {
            Transport::Http(target, host) => {
                target.send(self.http_request(target, host, &message, now), limit, now).await
            }
            // Boxed, so that the future of an HTTP attempt stays small.
            Transport::Broker(publisher) => {
                let headers = self.signed_headers(HeaderMap::with_capacity(HEADERS), &message, now);
                Box::pin(publish(publisher, &message, headers, limit, &PhaseTimer::new())).await
            }
        }
    }

    /// Sends a request that is not a delivery, in the same way.
    pub(crate) async fn send(&self, message: &WebhookRequest<'_>, limit: Duration, now: Timestamp) -> SentRequest {
        match &self.transport {
            Transport::Http(target, host) => {
                let request = self.http_request(target, host, message, now);
                let headers = request.headers().clone();
                let (result, timings) = target.send_timed(request, limit, now).await;
                SentRequest { headers, result, timings }
            }
            Transport::Broker(publisher) => {
                let (headers, trace) = (self.signed_headers(HeaderMap::new(), message, now), PhaseTimer::new());
                let result = publish(publisher, message, headers.clone(), limit, &trace).await;
                SentRequest { headers, result, timings: trace.timings() }
            }
        }
    }

    /// Disconnects from a broker, once nothing more is sent.
    pub(crate) async fn disconnect(&self) {
        match &self.transport {
            Transport::Http(..) => {}
            Transport::Broker(publisher) => publisher.disconnect(DISCONNECT_LIMIT).await,
        }
    }

    /// Closes connections that have been idle for too long.
    pub fn evict_idle(&self) {
        match &self.transport {
            Transport::Http(target, _) => target.evict_idle(),
            Transport::Broker(publisher) => publisher.evict_idle(),
        }
    }

    /// The HTTP request of a message, signed for the time `now`.
    fn http_request(
        &self,
        target: &http::EndpointServer,
        host: &HeaderValue,
        message: &WebhookRequest<'_>,
        now: Timestamp,
    ) -> ::http::Request<http_body_util::Full<Bytes>> {
        let mut headers = HeaderMap::with_capacity(HEADERS + self.headers.len());
        headers.insert(HOST, host.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        let mut request = ::http::Request::new(http_body_util::Full::new(message.body.clone()));
        *request.method_mut() = ::http::Method::POST;
        *request.uri_mut() = target.path();
        *request.headers_mut() = self.signed_headers(headers, message, now);
        request
    }

    /// Adds the headers that every receiver gets, whatever the transport.
    fn signed_headers(&self, mut headers: HeaderMap, message: &WebhookRequest<'_>, now: Timestamp) -> HeaderMap {
        let seconds = now.as_seconds();
        let signed = self.signer.sign(message.id.as_str(), seconds, message.body);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.extend(self.headers.iter().cloned());
        let id = text_value(message.id.as_str());
        headers.insert(EVENT_ID, id.clone());
        headers.insert(EVENT_TYPE, text_value(message.event_type));
        headers.insert(ATTEMPT, HeaderValue::from(message.attempt));
        headers.insert(TRIGGER, HeaderValue::from_static(message.trigger.name()));
        headers.insert(ORIGINAL_SIGNATURE, text_value(&signed.original));
        headers.insert(WEBHOOK_ID, id);
        headers.insert(WEBHOOK_TIMESTAMP, HeaderValue::from(seconds));
        headers.insert(WEBHOOK_SIGNATURE, text_value(&signed.standard));
        if let Some(traceparent) = message.traceparent {
            headers.insert(TRACEPARENT, text_value(traceparent.as_str()));
        }
        headers
    }
}

/// The resource of an event, read from its body for the message of a broker.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EventResource<'a> {
    #[serde(borrow)]
    resource_type: Cow<'a, str>,
    #[serde(borrow)]
    resource_id: Cow<'a, str>,
}

/// Publishes one message within `limit`.
async fn publish(
    publisher: &Publisher,
    request: &WebhookRequest<'_>,
    headers: HeaderMap,
    limit: Duration,
    trace: &PhaseTimer,
) -> AttemptResult {
    let EventResource { resource_type, resource_id } = serde_json::from_slice(request.body).unwrap_or_default();
    let message = Message {
        id: request.id.to_string(),
        event_type: request.event_type.to_owned(),
        resource_type: resource_type.into_owned(),
        resource_id: resource_id.into_owned(),
        headers,
        body: request.body.clone(),
    };
    let published = timeout(limit, publisher.publish(&message, limit, trace)).await;
    let published = published.unwrap_or_else(|_| {
        publisher.close();
        Err(Failure::timed_out(limit, trace.phase()))
    });
    let (outcome, detail) = match published {
        Ok(detail) => (Outcome::Delivered { status: None }, detail),
        Err(Failure { outcome, detail }) => (outcome, detail),
    };
    AttemptResult { outcome, detail, response: Bytes::new() }
}

/// Ids, types and signatures are checked before they are stored: none holds what a header cannot.
fn text_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}
