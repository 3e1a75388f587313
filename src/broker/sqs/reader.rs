//! Reads a queue of SQS: messages are received, and deleted once they are applied.
//!
//! A received message is hidden from other readers for its visibility timeout, which is extended while the message is being applied. A
//! reader that died does not extend it, so another one receives the message. SQS counts how often a message is received and may move
//! it to the dead letters for that alone, so messages that could not be applied because the store failed are redelivered from memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::http::{HeaderName, HeaderValue};
use bytes::Bytes;
use futures_util::future::{join_all, try_join_all};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::super::error::BrokerError;
use super::super::server::Server;
use super::super::{Inspection, PendingMessage};
use super::MAX_BATCH;
use super::api::{Api, dead_letter_queue};
use super::attributes::Attributes;
use super::failure_text::{ApiError, unexpected};
use crate::clock::Clock;
use crate::delivery::Outcome;
use crate::endpoint::SqsSource;
use crate::network::failure::{Failure, PhaseTimer};

/// The longest that SQS waits for a message.
pub(in crate::broker) const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// How often the visibility timeout is extended within its duration.
const EXTENSIONS: u32 = 3;
/// How long messages are kept hidden; SQS allows no more than 12 hours.
const MAX_HIDDEN: Duration = Duration::from_hours(11);
/// How long one extension may take.
const EXTENSION_LIMIT: Duration = Duration::from_secs(10);
/// The attribute that a rejected message gets: why.
const REFUSED: &str = "x-sync-refused";
/// The header that holds what SQS calls the id of a message.
const MESSAGE_ID: HeaderName = HeaderName::from_static("message-id");

/// Reads webhooks from a queue of Amazon SQS, for `serve` and `consume`, and deletes those that were applied.
#[derive(Debug)]
pub struct QueueReader {
    source: SqsSource,
    shared: Arc<HiddenMessages>,
    /// How many messages were received; each is identified by its number.
    taken: u64,
    /// Whether hidden messages are redelivered before new ones are requested.
    is_requeued: bool,
    /// The name of the queue for messages that cannot be applied, once it was looked up.
    dead_letter: Option<Option<String>>,
    extender: Option<VisibilityExtender>,
}

/// The messages that were received and not deleted yet, which other readers do not see.
#[derive(Debug)]
struct HiddenMessages {
    api: Api,
    hidden: Mutex<BTreeMap<u64, HiddenMessage>>,
}

/// A received message that is hidden from other readers.
#[derive(Clone, Debug)]
struct HiddenMessage {
    receipt: String,
    message: Value,
    since: Instant,
}

/// The task that extends the visibility timeout of hidden messages; dropping this ends it.
#[derive(Debug)]
struct VisibilityExtender(JoinHandle<()>);

impl Drop for VisibilityExtender {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl HiddenMessages {
    fn hidden(&self) -> MutexGuard<'_, BTreeMap<u64, HiddenMessage>> {
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Extends the visibility timeout of all hidden messages, counted from now.
    async fn extend(&self, visibility: Duration) -> Result<(), Failure> {
        let is_possible = |hidden: &&HiddenMessage| hidden.since.elapsed() < MAX_HIDDEN;
        let receipts: Vec<String> =
            self.hidden().values().filter(is_possible).map(|hidden| hidden.receipt.clone()).collect();
        self.hide(&receipts, visibility, EXTENSION_LIMIT).await
    }

    async fn hide(&self, receipts: &[String], time: Duration, limit: Duration) -> Result<(), Failure> {
        let hide = |receipt: &String| json!({ "ReceiptHandle": receipt, "VisibilityTimeout": time.as_secs() });
        let batches = receipts.chunks(MAX_BATCH).map(|batch| {
            let entries = batch.iter().map(hide).collect();
            self.batch("ChangeMessageVisibilityBatch", entries, limit)
        });
        let errors = try_join_all(batches).await?;
        errors.into_iter().flatten().next().map_or(Ok(()), |error| Err(self.failure(error)))
    }

    /// Deletes at most ten messages, by their numbers. A message that SQS fails to delete is received again, so it is removed here too.
    async fn delete(&self, numbers: &[u64], limit: Duration) -> Result<(), Failure> {
        let receipts: Option<Vec<Value>> = {
            let hidden = self.hidden();
            numbers.iter().map(|number| Some(json!({ "ReceiptHandle": hidden.get(number)?.receipt }))).collect()
        };
        let error = self.batch("DeleteMessageBatch", receipts.ok_or_else(gone)?, limit).await?;
        self.hidden().retain(|number, _| !numbers.contains(number));
        error.map_or(Ok(()), |error| Err(self.failure(error)))
    }

    /// Makes a request about ten messages at most; the error of the first that failed.
    async fn batch(&self, action: &str, mut entries: Vec<Value>, limit: Duration) -> Result<Option<ApiError>, Failure> {
        for (number, entry) in entries.iter_mut().enumerate() {
            entry["Id"] = number.to_string().into();
        }
        let answer = self.call(action, json!({ "Entries": entries }), limit).await?;
        let failed = answer["Failed"].as_array().and_then(|failed| failed.first());
        let text = |failed: &Value, name: &str| failed[name].as_str().unwrap_or_default().to_owned();
        Ok(failed.map(|failed| ApiError::new(&text(failed, "Code"), &text(failed, "Message"))))
    }

    fn failure(&self, error: ApiError) -> Failure {
        error.into_error(self.api.queue_name()).into_failure()
    }

    async fn call(&self, action: &str, body: Value, limit: Duration) -> Result<Value, Failure> {
        let trace = PhaseTimer::new();
        let answer = timeout(limit, self.api.call(action, body, limit, &trace)).await;
        answer.unwrap_or_else(|_| Err(Failure::timed_out(limit, trace.phase())))
    }
}

impl QueueReader {
    /// Prepares a queue.
    pub(in crate::broker) fn new(source: SqsSource, server: Server) -> Self {
        let shared = Arc::new(HiddenMessages { api: Api::new(source.queue.clone(), server), hidden: Mutex::default() });
        let dead_letter = source.dead_letter.clone().map(Some);
        Self { source, shared, taken: 0, is_requeued: false, dead_letter, extender: None }
    }

    /// Takes messages; waits for the first.
    ///
    /// As long as each request brings as many as it may, twice as many are made at once, so that a queue that is nearly empty costs
    /// few.
    pub(in crate::broker) async fn receive(
        &mut self,
        most: usize,
        wait: Duration,
        limit: Duration,
    ) -> Result<Vec<PendingMessage>, Failure> {
        self.look_up_dead_letters(limit).await?;
        if self.is_requeued {
            let (again, all) = self.requeued(most);
            self.is_requeued = again.len() < all;
            if !again.is_empty() {
                return Ok(again);
            }
        }
        let mut taken = self.take(most.min(MAX_BATCH), wait, limit).await?;
        let (mut requests, mut asked) = (1, most.min(MAX_BATCH));
        while taken.len() == asked && asked < most {
            requests *= 2;
            let left = (most - asked).min(requests * MAX_BATCH);
            let sizes = (0..left.div_ceil(MAX_BATCH)).map(|n| MAX_BATCH.min(left - n * MAX_BATCH));
            let answers = join_all(sizes.map(|size| self.ask(size, Duration::ZERO, limit))).await;
            // What failed is asked for again the next time.
            let messages = answers.into_iter().filter_map(Result::ok).flatten().collect();
            taken.extend(self.track(messages)?);
            asked += left;
        }
        Ok(taken)
    }

    /// Takes up to ten messages.
    async fn take(&mut self, most: usize, wait: Duration, limit: Duration) -> Result<Vec<PendingMessage>, Failure> {
        let messages = self.ask(most, wait, limit).await?;
        self.track(messages)
    }

    /// `ReceiveMessage`.
    async fn ask(&self, most: usize, wait: Duration, limit: Duration) -> Result<Vec<Value>, Failure> {
        let body = json!({
            "MaxNumberOfMessages": most,
            "WaitTimeSeconds": wait.min(LONGEST_WAIT).as_secs(),
            "VisibilityTimeout": self.source.visibility.as_secs(),
            "MessageAttributeNames": ["All"],
            "MessageSystemAttributeNames": ["MessageGroupId"],
        });
        let mut answer = self.shared.call("ReceiveMessage", body, limit + wait).await?;
        match answer["Messages"].take() {
            Value::Array(messages) => Ok(messages),
            _ => Ok(Vec::new()),
        }
    }

    /// Records received messages and keeps them hidden from now on.
    fn track(&mut self, messages: Vec<Value>) -> Result<Vec<PendingMessage>, Failure> {
        let mut pending = Vec::with_capacity(messages.len());
        for message in messages {
            self.taken += 1;
            let receipt = message["ReceiptHandle"].as_str().ok_or_else(|| unexpected("ReceiveMessage"))?.to_owned();
            pending.push(pending_message(self.taken, &message));
            self.shared.hidden().insert(self.taken, HiddenMessage { receipt, message, since: Instant::now() });
        }
        if self.extender.is_none() && !pending.is_empty() {
            let (shared, visibility) = (Arc::clone(&self.shared), self.source.visibility);
            self.extender = Some(VisibilityExtender(tokio::spawn(keep_hidden(shared, visibility))));
        }
        Ok(pending)
    }

    /// Asks the queue, once, whether it has a redrive policy, and where that leads.
    async fn look_up_dead_letters(&mut self, limit: Duration) -> Result<(), Failure> {
        if self.dead_letter.is_some() {
            return Ok(());
        }
        let asked = self.shared.call("GetQueueAttributes", json!({ "AttributeNames": ["RedrivePolicy"] }), limit).await;
        self.dead_letter = match asked {
            Ok(answer) => Some(dead_letter_queue(&answer["Attributes"])),
            Err(Failure { outcome: Outcome::Rejected { retry_after: None, .. }, detail }) => {
                tracing::warn!(why = %detail, "failed to find out whether the queue has a dead-letter queue");
                Some(None)
            }
            Err(failure) => return Err(failure),
        };
        Ok(())
    }

    /// The first hidden messages, and how many there are in all.
    fn requeued(&self, most: usize) -> (Vec<PendingMessage>, usize) {
        let hidden = self.shared.hidden();
        let again =
            hidden.iter().take(most).map(|(number, hidden)| pending_message(*number, &hidden.message)).collect();
        (again, hidden.len())
    }

    /// `DeleteMessageBatch`.
    pub(in crate::broker) async fn acknowledge(
        &mut self,
        messages: &[PendingMessage],
        limit: Duration,
    ) -> Result<(), Failure> {
        let numbers: Vec<u64> = messages.iter().map(|message| message.tag.1).collect();
        let done = join_all(numbers.chunks(MAX_BATCH).map(|batch| self.shared.delete(batch, limit))).await;
        done.into_iter().collect()
    }

    /// Copies a message to the queue of dead letters, if there is one, and deletes it.
    pub(in crate::broker) async fn reject(
        &mut self,
        message: &PendingMessage,
        reason: &str,
        limit: Duration,
    ) -> Result<(), Failure> {
        if let Some(Some(name)) = &self.dead_letter {
            let hidden = self.shared.hidden().get(&message.tag.1).cloned().ok_or_else(gone)?;
            let queue = self.source.queue.beside(name);
            let (trace, copy) = (PhaseTimer::new(), dead_letter(&hidden.message, reason, queue.is_fifo()));
            let sent = timeout(limit, self.shared.api.call_about(&queue, "SendMessage", copy, limit, &trace)).await;
            let sent = sent.unwrap_or_else(|_| Err(Failure::timed_out(limit, trace.phase())))?;
            sent["MessageId"].as_str().ok_or_else(|| unexpected("SendMessage"))?;
        }
        self.acknowledge(std::slice::from_ref(message), limit).await
    }

    /// Whether there is a queue of dead letters.
    pub(in crate::broker) fn keeps_rejected(&self) -> bool {
        matches!(self.dead_letter, Some(Some(_)))
    }

    /// Redelivers messages that were received and not deleted.
    pub(in crate::broker) fn requeue(&mut self) {
        self.is_requeued = true;
    }

    /// Makes hidden messages visible to other readers at once. If that fails, their visibility timeout does so later.
    pub(in crate::broker) async fn disconnect(&mut self, limit: Duration) {
        self.extender = None;
        let hidden = std::mem::take(&mut *self.shared.hidden());
        let receipts: Vec<String> = hidden.into_values().map(|hidden| hidden.receipt).collect();
        let _ = self.shared.hide(&receipts, Duration::ZERO, limit).await;
    }

    /// Describes the queue and its messages; receives nothing.
    pub(in crate::broker) async fn inspect(
        &self,
        limit: Duration,
        trace: &PhaseTimer,
        clock: &dyn Clock,
    ) -> Result<Inspection, Failure> {
        self.shared.api.inspect(limit, trace, clock).await
    }
}

/// Extends the visibility timeout of hidden messages until the task is aborted.
async fn keep_hidden(shared: Arc<HiddenMessages>, visibility: Duration) {
    loop {
        sleep(visibility / EXTENSIONS).await;
        if let Err(Failure { detail, .. }) = shared.extend(visibility).await {
            tracing::warn!(why = %detail, "messages that are being applied may come again: they cannot be kept hidden");
        }
    }
}

/// The failure for a message that is no longer hidden: SQS delivers it again, so it must not be deleted.
fn gone() -> Failure {
    BrokerError::Operation("sqs: the message became visible again before it was acknowledged".to_owned()).into_failure()
}

fn pending_message(number: u64, message: &Value) -> PendingMessage {
    let mut headers = Attributes::received(message).headers();
    if let Some(id) = message["MessageId"].as_str().and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.entry(MESSAGE_ID).or_insert(id);
    }
    let body = message["Body"].as_str().unwrap_or_default();
    PendingMessage { tag: (0, number), headers, body: Bytes::copy_from_slice(body.as_bytes()) }
}

/// A message as it goes to the queue of dead letters.
fn dead_letter(message: &Value, reason: &str, is_fifo: bool) -> Value {
    let mut attributes = Attributes::received(message);
    attributes.add(REFUSED, reason);
    let mut copy = json!({ "MessageBody": message["Body"], "MessageAttributes": attributes.json() });
    if is_fifo {
        let group = &message["Attributes"]["MessageGroupId"];
        copy["MessageGroupId"] = if group.is_string() { group.clone() } else { message["MessageId"].clone() };
        copy["MessageDeduplicationId"] = message["MessageId"].clone();
    }
    copy
}
