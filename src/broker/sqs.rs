//! Queues of Amazon SQS: an event is a message, delivered once SQS has returned its id and the right digest.
//!
//! Messages that are sent to one queue at the same time go in batches of ten, and each message of a batch has its own result.

mod api;
mod attributes;
mod credentials;
mod failure_text;
mod http;
mod reader;
mod sigv4;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use md5::{Digest as _, Md5};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::Sha256;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::error::BrokerError;
use super::server::Server;
use super::{Inspection, Message};
use crate::clock::Clock;
use crate::delivery::Outcome;
use crate::endpoint::SqsQueue;
use crate::network::failure::{Failure, PhaseTimer};
use api::Api;
use attributes::Attributes;
use failure_text::{ApiError, unexpected};

pub(super) use reader::{LONGEST_WAIT, QueueReader};

/// The most messages of a batch.
const MAX_BATCH: usize = 10;
/// The most bytes of a batch of several messages; a larger message goes alone.
const MAX_BATCH_BYTES: usize = 256 * 1024;
/// The longest id of a message group.
const MAX_GROUP_BYTES: usize = 128;

/// Sends events to one queue of Amazon SQS, in batches.
#[derive(Debug)]
pub struct QueueWriter(Arc<Batcher>);

/// Collects messages for a queue into batches and sends these.
#[derive(Debug)]
struct Batcher {
    queue: SqsQueue,
    api: Api,
    waiting: Mutex<VecDeque<WaitingMessage>>,
}

/// A message that waits for a batch.
#[derive(Debug)]
struct WaitingMessage {
    entry: BatchMessage,
    result: oneshot::Sender<SendResult>,
}

/// The result of sending a message, and the phases of the request that sent it.
type SendResult = (Result<String, Failure>, Arc<PhaseTimer>);

/// A message of one `SendMessageBatch` request.
#[derive(Debug)]
struct BatchMessage {
    json: Value,
    bytes: usize,
    body_md5: String,
    attributes_md5: String,
}

/// The answer to `SendMessageBatch`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchAnswer {
    #[serde(default)]
    successful: Vec<SentMessage>,
    #[serde(default)]
    failed: Vec<BatchError>,
}

/// A message that SQS has accepted.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SentMessage {
    id: String,
    message_id: String,
    #[serde(rename = "MD5OfMessageBody")]
    body_md5: String,
    #[serde(rename = "MD5OfMessageAttributes", default)]
    attributes_md5: Option<String>,
}

/// A message of a batch that SQS refused.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchError {
    id: String,
    code: String,
    #[serde(default)]
    message: String,
}

impl QueueWriter {
    /// Prepares a queue.
    pub(super) fn new(queue: SqsQueue, server: Server) -> Self {
        let api = Api::new(queue.clone(), server);
        Self(Arc::new(Batcher { queue, api, waiting: Mutex::default() }))
    }

    /// Sends a message, in a batch with others that are sent at the same time, and returns its id in words.
    pub(super) async fn publish(
        &self,
        message: &Message,
        limit: Duration,
        trace: &PhaseTimer,
    ) -> Result<String, Failure> {
        let entry = BatchMessage::of(message, &self.0.queue)?;
        let (result, receiver) = oneshot::channel();
        if self.0.wait(WaitingMessage { entry, result }) {
            tokio::spawn(Arc::clone(&self.0).send_waiting(limit));
        }
        let (sent, of_batch) = receiver.await.map_err(|_| Failure::unreachable("sqs: the batch was not sent"))?;
        trace.follow(&of_batch);
        sent
    }

    /// Describes the queue and its messages; sends nothing.
    pub(super) async fn inspect(
        &self,
        limit: Duration,
        trace: &PhaseTimer,
        clock: &dyn Clock,
    ) -> Result<Inspection, Failure> {
        self.0.api.inspect(limit, trace, clock).await
    }

    /// Discards the open connections.
    pub(super) fn close(&self) {
        self.0.api.close();
    }

    /// Closes connections that have been idle for too long.
    pub(super) fn evict_idle(&self) {
        self.0.api.evict_idle();
    }
}

impl Batcher {
    /// Adds a message to those that wait; returns whether it is the first.
    fn wait(&self, message: WaitingMessage) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_back(message);
        waiting.len() == 1
    }

    /// Sends all waiting messages, after other tasks that are about to send have added theirs.
    async fn send_waiting(self: Arc<Self>, limit: Duration) {
        tokio::task::yield_now().await;
        for batch in self.take_batches() {
            tokio::spawn(Arc::clone(&self).send_batch(batch, limit));
        }
    }

    fn take_batches(&self) -> Vec<Vec<WaitingMessage>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut batches, mut bytes) = (Vec::<Vec<WaitingMessage>>::new(), 0);
        for message in waiting.drain(..) {
            bytes += message.entry.bytes;
            match batches.last_mut() {
                Some(batch) if batch.len() < MAX_BATCH && bytes <= MAX_BATCH_BYTES => batch.push(message),
                _ => {
                    bytes = message.entry.bytes;
                    batches.push(vec![message]);
                }
            }
        }
        batches
    }

    /// Sends a batch and reports the result of each message. A batch that is refused as a whole may hold a single message that
    /// SQS does not accept, so each message is then sent alone.
    async fn send_batch(self: Arc<Self>, batch: Vec<WaitingMessage>, limit: Duration) {
        let began = Instant::now();
        // It times out before the attempts do, so that these can report the phase.
        let limit = limit - limit / 20;
        let answered = self.try_batch(&batch, limit).await;
        match answered {
            (Err(Failure { outcome: Outcome::Rejected { retry_after: None, .. }, .. }), _) if batch.len() > 1 => {
                let left = limit.saturating_sub(began.elapsed());
                join_all(batch.into_iter().map(|message| self.send_alone(message, left))).await;
            }
            (answer, timer) => self.report(batch, answer.as_ref(), &timer),
        }
    }

    async fn send_alone(&self, message: WaitingMessage, limit: Duration) {
        let batch = vec![message];
        let (answer, timer) = self.try_batch(&batch, limit).await;
        self.report(batch, answer.as_ref(), &timer);
    }

    /// `SendMessageBatch`.
    async fn try_batch(
        &self,
        batch: &[WaitingMessage],
        limit: Duration,
    ) -> (Result<BatchAnswer, Failure>, Arc<PhaseTimer>) {
        let (timer, action) = (Arc::new(PhaseTimer::new()), "SendMessageBatch");
        let body = BatchMessage::batch(batch.iter().map(|message| &message.entry));
        let answer = timeout(limit, self.api.call(action, body, limit, &timer)).await;
        let answer = answer.unwrap_or_else(|_| {
            self.api.close();
            Err(Failure::timed_out(limit, timer.phase()))
        });
        (answer.and_then(|answer| serde_json::from_value(answer).map_err(|_| unexpected(action))), timer)
    }

    /// Reports the result of each message of a batch.
    fn report(&self, batch: Vec<WaitingMessage>, answer: Result<&BatchAnswer, &Failure>, timer: &Arc<PhaseTimer>) {
        for (number, WaitingMessage { entry, result }) in batch.into_iter().enumerate() {
            let sent = match answer {
                Ok(answer) => self.result_of(&entry, &number.to_string(), answer),
                Err(Failure { outcome, detail }) => Err(Failure { outcome: *outcome, detail: detail.clone() }),
            };
            // An attempt that timed out has recorded that already.
            let _ = result.send((sent, Arc::clone(timer)));
        }
    }

    /// The result of one message in the response to a batch.
    fn result_of(&self, entry: &BatchMessage, id: &str, answer: &BatchAnswer) -> Result<String, Failure> {
        if let Some(error) = answer.failed.iter().find(|error| error.id == id) {
            let refused = ApiError::new(&error.code, &error.message).into_error(&self.queue.name);
            return Err(refused.after_closing(|| self.api.close()));
        }
        let sent = answer.successful.iter().find(|sent| sent.id == id).ok_or_else(|| unexpected("SendMessageBatch"))?;
        let (message, name) = (&sent.message_id, &self.queue.name);
        let is_same = sent.body_md5 == entry.body_md5
            && sent.attributes_md5.as_ref().is_none_or(|md5| *md5 == entry.attributes_md5);
        if is_same {
            Ok(format!("message {message} in the queue `{name}`"))
        } else {
            let words = format!(
                "sqs: message {message} in the queue `{name}` differs from what was sent: its MD5 does not match"
            );
            Err(BrokerError::Operation(words).into_failure())
        }
    }
}

impl BatchMessage {
    fn of(message: &Message, queue: &SqsQueue) -> Result<Self, Failure> {
        let body = std::str::from_utf8(&message.body);
        let body = body.map_err(|_| BrokerError::Operation("sqs: the body is not text".to_owned()).into_failure())?;
        let attributes = Attributes::of(message);
        let (bytes, attributes_md5) = (body.len() + attributes.bytes(), attributes.md5());
        let mut json = json!({ "MessageBody": body, "MessageAttributes": attributes.json() });
        if queue.is_fifo() {
            json["MessageGroupId"] = group(&message.resource_type, &message.resource_id).into();
            json["MessageDeduplicationId"] = json!(message.id);
        }
        Ok(Self { json, bytes, body_md5: hex::encode(Md5::digest(body)), attributes_md5 })
    }

    /// The body of a request for these messages, each identified by its index.
    fn batch<'e>(entries: impl Iterator<Item = &'e Self>) -> Value {
        let numbered = entries.enumerate().map(|(number, entry)| {
            let mut entry = entry.json.as_object().cloned().unwrap_or_else(Map::new);
            entry.insert("Id".to_owned(), number.to_string().into());
            Value::Object(entry)
        });
        json!({ "Entries": numbered.collect::<Vec<_>>() })
    }
}

/// The message group of a resource: its type and id, or a digest of these if SQS does not accept them.
fn group(resource_type: &str, resource_id: &str) -> String {
    let group = format!("{resource_type}:{resource_id}");
    let is_taken = group.len() <= MAX_GROUP_BYTES && group.bytes().all(|b| b.is_ascii_graphic());
    if is_taken { group } else { hex::encode(Sha256::digest(group)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_a_resource_in_characters_that_sqs_takes() {
        assert_eq!(group("user", "u-1"), "user:u-1");
        for odd in ["a b", "ü", &"x".repeat(200)] {
            assert_eq!(group("user", odd).len(), 64, "{odd}");
        }
        assert_ne!(group("user", "a b"), group("user", "a  b"));
    }
}
