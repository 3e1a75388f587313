//! Outbound: an event becomes signed requests.
//!
//! `worker` claims what is due, this module signs it, `http` sends it and turns every failure into an
//! [`Outcome`](crate::delivery::Outcome), and the store records the outcome and the retry decision.

use std::fmt;
use std::sync::Arc;

use ::http::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use bytes::Bytes;

use crate::clock::Timestamp;
use crate::delivery::Trigger;
use crate::endpoint::{Endpoint, EndpointUrl};
use crate::event::{EventId, Traceparent};
use crate::network::AGENT;
use crate::signature::Signer;
use crate::store::Claim;

mod endpoint_buffer;
pub mod http;
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

/// How many headers a request has, beside those of the operator's own.
const HEADERS: usize = 13;

/// Finds the secrets that an endpoint is reached with.
pub trait Keyring: Send + Sync {
    /// The endpoint's signer, or why there is none. Without one, nothing is sent to it.
    fn signer(&self, endpoint: &Endpoint) -> Result<Signer, String>;

    /// What the endpoint is shown beside the signature, and the way to it; or why that cannot be found out. Without it,
    /// nothing is sent to it.
    fn access(&self, endpoint: &Endpoint) -> Result<EndpointAccess, String>;
}

/// What a request shows an endpoint beside the signature, and the way to it, with every secret read.
#[derive(Clone, Debug, Default)]
pub struct EndpointAccess {
    /// Headers that are added, or take the place of ours. Secret values are marked as sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The way to it.
    pub connect: http::ConnectOptions,
}

/// The headers and body of one signed request.
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

/// An endpoint ready to be sent to: what is the same in every request is prepared once.
pub struct EndpointClient {
    target: http::Target,
    signer: Signer,
    host: HeaderValue,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl fmt::Debug for EndpointClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndpointClient({:?})", self.target)
    }
}

impl EndpointClient {
    /// Prepares a place, what signs for it and what it is shown.
    pub fn new(url: &EndpointUrl, signer: Signer, access: EndpointAccess, client: &Arc<http::Client>) -> Self {
        let target = http::Target::new(url, client.reaching(access.connect));
        let host = target.host_header();
        Self { target, signer, host, headers: access.headers }
    }

    /// Where it sends.
    pub fn target(&self) -> &http::Target {
        &self.target
    }

    /// The request for one attempt, signed for the time `now`.
    pub fn request(&self, claim: &Claim, now: Timestamp) -> ::http::Request<http_body_util::Full<Bytes>> {
        let Claim { event_id: id, event_type, number, trigger, traceparent, body, .. } = claim;
        let (attempt, trigger, traceparent) = (*number, *trigger, traceparent.as_ref());
        self.build_signed_request(&WebhookRequest { id, event_type, attempt, trigger, traceparent, body }, now)
    }

    /// A request as every receiver gets them, signed for the time `now`.
    pub(crate) fn build_signed_request(
        &self,
        message: &WebhookRequest<'_>,
        now: Timestamp,
    ) -> ::http::Request<http_body_util::Full<Bytes>> {
        let seconds = now.as_seconds();
        let signed = self.signer.sign(message.id.as_str(), seconds, message.body);
        let mut headers = HeaderMap::with_capacity(HEADERS + self.headers.len());
        headers.insert(HOST, self.host.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
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
        let mut request = ::http::Request::new(http_body_util::Full::new(message.body.clone()));
        *request.method_mut() = ::http::Method::POST;
        *request.uri_mut() = self.target.path();
        *request.headers_mut() = headers;
        request
    }
}

/// Ids, types and signatures are checked before they are stored: none holds what a header cannot.
fn text_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}
