//! The API of SQS: signed requests in JSON, and their responses.

use std::time::Duration;

use ::http::header::{CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use ::http::{HeaderMap, Method, Request};
use bytes::Bytes;
use http_body_util::Full;
use serde_json::{Value, json};

use super::super::Inspection;
use super::super::error::BrokerError;
use super::super::server::Server;
use super::credentials::CredentialChain;
use super::failure_text::{ahead_ms, refused, unexpected};
use super::http::{Body, Connections, HttpResponse};
use super::sigv4::{self, Scope};
use crate::clock::{Clock, SystemClock};
use crate::endpoint::SqsQueue;
use crate::network::AGENT;
use crate::network::failure::{Failure, PhaseTimer};

/// The content type of requests and responses.
const JSON: &str = "application/x-amz-json-1.0";

/// A client of the SQS API, for one queue and others in the same account.
#[derive(Debug)]
pub(super) struct Api {
    queue: SqsQueue,
    connections: Connections,
    credentials: CredentialChain,
}

impl Api {
    pub(super) fn new(queue: SqsQueue, server: Server) -> Self {
        let credentials = CredentialChain::new(&server, &queue.region);
        Self { queue, credentials, connections: Connections::new(server) }
    }

    /// The name of the queue.
    pub(super) fn queue_name(&self) -> &str {
        &self.queue.name
    }

    /// Makes a request about the queue, and returns the body of the response.
    pub(super) async fn call(
        &self,
        action: &str,
        body: Value,
        limit: Duration,
        trace: &PhaseTimer,
    ) -> Result<Value, Failure> {
        self.call_about(&self.queue, action, body, limit, trace).await
    }

    /// The same about another queue of the account.
    pub(super) async fn call_about(
        &self,
        queue: &SqsQueue,
        action: &str,
        body: Value,
        limit: Duration,
        trace: &PhaseTimer,
    ) -> Result<Value, Failure> {
        let request = self.request(queue, action, body, limit).await?;
        let answer = self.connections.send(request, limit, trace).await?;
        self.read(queue, action, &answer)
    }

    /// A signed request.
    async fn request(
        &self,
        queue: &SqsQueue,
        action: &str,
        mut body: Value,
        limit: Duration,
    ) -> Result<Request<Body>, Failure> {
        let keys = self.credentials.keys(limit).await.map_err(BrokerError::into_failure)?;
        body["QueueUrl"] = json!(queue.url());
        let body = Bytes::from(body.to_string());
        let (time, host) = (sigv4::time(SystemClock.now()), self.connections.server().authority());
        let target = format!("AmazonSQS.{action}");
        let mut signed = vec![("content-type", JSON), ("host", &*host), ("x-amz-date", &*time)];
        signed.extend(keys.token.as_ref().map(|token| ("x-amz-security-token", token.as_str())));
        signed.push(("x-amz-target", &target));
        let scope = Scope { region: &self.queue.region, service: "sqs" };
        let authorization = sigv4::authorization("POST", &signed, &body, &keys, scope, &time);
        let mut headers = HeaderMap::new();
        for (name, value) in signed.into_iter().chain([("authorization", &*authorization)]) {
            let value = HeaderValue::from_str(value).map_err(|_| wrong_keys(name))?;
            headers.insert(::http::HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong_keys(name))?, value);
        }
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        debug_assert!(headers.contains_key(HOST) && headers.contains_key(CONTENT_TYPE));
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// The body of a response, or the error in it.
    fn read(&self, queue: &SqsQueue, action: &str, answer: &HttpResponse) -> Result<Value, Failure> {
        if answer.status.is_success() {
            // Some actions respond without a body.
            let is_empty = answer.body.is_empty();
            return if is_empty {
                Ok(Value::Null)
            } else {
                serde_json::from_slice(&answer.body).map_err(|_| unexpected(action))
            };
        }
        let (refused, is_of_credentials) = refused(answer, &queue.name, SystemClock.now());
        if is_of_credentials {
            self.credentials.forget();
        }
        Err(refused.after_closing(|| self.connections.close()))
    }

    /// Describes the queue and its messages.
    pub(super) async fn inspect(
        &self,
        limit: Duration,
        trace: &PhaseTimer,
        clock: &dyn Clock,
    ) -> Result<Inspection, Failure> {
        const ACTION: &str = "GetQueueAttributes";
        let request = self.request(&self.queue, ACTION, json!({ "AttributeNames": ["All"] }), limit).await?;
        let (mut connection, certificates) = self.connections.open(limit, trace).await?;
        let answer = connection.send(request).await?;
        let attributes = self.read(&self.queue, ACTION, &answer)?;
        Ok(Inspection {
            summary: in_words(&self.queue.name, &attributes["Attributes"]),
            ahead_ms: ahead_ms(&answer.headers, clock.now()),
            valid_days: self.connections.server().valid_days(&certificates, clock.now()),
        })
    }

    /// Discards the open connections.
    pub(super) fn close(&self) {
        self.connections.close();
    }

    /// Closes connections that have been idle for too long.
    pub(super) fn evict_idle(&self) {
        self.connections.evict_idle();
    }
}

fn wrong_keys(name: &str) -> Failure {
    BrokerError::Operation(format!("sqs: the access key or the token has characters that `{name}` cannot have"))
        .into_failure()
}

/// The attributes of a queue in words.
fn in_words(name: &str, attributes: &Value) -> String {
    let text = |name: &str| attributes[name].as_str();
    let number = |name: &str| text(name).unwrap_or("an unknown number of").to_owned();
    let (unread, taken) = (number("ApproximateNumberOfMessages"), number("ApproximateNumberOfMessagesNotVisible"));
    let dead = dead_letter_queue(attributes).map(|dead| format!(", dead letters go to `{dead}`")).unwrap_or_default();
    format!("queue `{name}`: about {unread} to read, {taken} taken and not acknowledged{dead}")
}

/// The name of the dead-letter queue in a queue's redrive policy.
pub(super) fn dead_letter_queue(attributes: &Value) -> Option<String> {
    let policy: Value = serde_json::from_str(attributes["RedrivePolicy"].as_str()?).ok()?;
    policy["deadLetterTargetArn"].as_str()?.rsplit(':').next().map(str::to_owned)
}
