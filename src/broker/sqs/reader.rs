//! A queue that is read: messages are taken, and deleted once they are applied.
//!
//! What was taken is hidden from other readers for a time, which begins anew again and again while it is being applied. A reader that
//! died does not do that, so what it took comes to another. SQS counts how often a message is received, and may put it to the dead
//! letters for that alone: so what could not be applied for want of a store is handed out again from memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::http::{HeaderName, HeaderValue};
use bytes::Bytes;
use futures_util::future::{join_all, try_join_all};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::super::refusal::Refused;
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
/// How often the time for which messages are hidden begins anew within it.
const EXTENSIONS: u32 = 3;
/// How long messages are kept hidden; SQS allows no more than 12 hours.
const MAX_HELD: Duration = Duration::from_hours(11);
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
    shared: Arc<Shared>,
    /// How many messages were taken: each has the number it came as.
    taken: u64,
    /// Whether what is held is handed out again, before anything new is asked for.
    is_given_back: bool,
    /// The name of the queue for messages that cannot be applied, once it was looked up.
    dead_letter: Option<Option<String>>,
    extender: Option<Extender>,
}

#[derive(Debug)]
struct Shared {
    api: Api,
    /// What was taken and not deleted.
    held: Mutex<BTreeMap<u64, Held>>,
}

/// A message that is hidden from others.
#[derive(Clone, Debug)]
struct Held {
    receipt: String,
    message: Value,
    since: Instant,
}

/// The task that keeps messages hidden; it ends with the value.
#[derive(Debug)]
struct Extender(JoinHandle<()>);

impl Drop for Extender {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, BTreeMap<u64, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hides what is held for a time that begins now.
    async fn extend(&self, visibility: Duration) -> Result<(), Failure> {
        let is_possible = |held: &&Held| held.since.elapsed() < MAX_HELD;
        let receipts: Vec<String> = self.held().values().filter(is_possible).map(|held| held.receipt.clone()).collect();
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

    /// Deletes ten messages at most, by their numbers. One that SQS does not delete comes again, so it is held no longer either.
    async fn delete(&self, numbers: &[u64], limit: Duration) -> Result<(), Failure> {
        let receipts: Option<Vec<Value>> = {
            let held = self.held();
            numbers.iter().map(|number| Some(json!({ "ReceiptHandle": held.get(number)?.receipt }))).collect()
        };
        let error = self.batch("DeleteMessageBatch", receipts.ok_or_else(gone)?, limit).await?;
        self.held().retain(|number, _| !numbers.contains(number));
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
        error.into_refused(self.api.queue_name()).into_failure()
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
        let shared = Arc::new(Shared { api: Api::new(source.queue.clone(), server), held: Mutex::default() });
        let dead_letter = source.dead_letter.clone().map(Some);
        Self { source, shared, taken: 0, is_given_back: false, dead_letter, extender: None }
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
        if self.is_given_back {
            let (again, all) = self.given_back(most);
            self.is_given_back = again.len() < all;
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
            taken.extend(self.hold(messages)?);
            asked += left;
        }
        Ok(taken)
    }

    /// Takes up to ten messages.
    async fn take(&mut self, most: usize, wait: Duration, limit: Duration) -> Result<Vec<PendingMessage>, Failure> {
        let messages = self.ask(most, wait, limit).await?;
        self.hold(messages)
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

    /// Notes what was taken, and keeps it hidden from now on.
    fn hold(&mut self, messages: Vec<Value>) -> Result<Vec<PendingMessage>, Failure> {
        let mut pending = Vec::with_capacity(messages.len());
        for message in messages {
            self.taken += 1;
            let receipt = message["ReceiptHandle"].as_str().ok_or_else(|| unexpected("ReceiveMessage"))?.to_owned();
            pending.push(pending_message(self.taken, &message));
            self.shared.held().insert(self.taken, Held { receipt, message, since: Instant::now() });
        }
        if self.extender.is_none() && !pending.is_empty() {
            let (shared, visibility) = (Arc::clone(&self.shared), self.source.visibility);
            self.extender = Some(Extender(tokio::spawn(keep_hidden(shared, visibility))));
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
                tracing::warn!(why = %detail, "whether the queue has dead letters cannot be asked");
                Some(None)
            }
            Err(failure) => return Err(failure),
        };
        Ok(())
    }

    /// The first messages that are held, and how many there are.
    fn given_back(&self, most: usize) -> (Vec<PendingMessage>, usize) {
        let held = self.shared.held();
        let again = held.iter().take(most).map(|(number, held)| pending_message(*number, &held.message)).collect();
        (again, held.len())
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
            let held = self.shared.held().get(&message.tag.1).cloned().ok_or_else(gone)?;
            let queue = self.source.queue.beside(name);
            let (trace, copy) = (PhaseTimer::new(), dead_letter(&held.message, reason, queue.is_fifo()));
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

    /// Hands out again what was taken and not deleted.
    pub(in crate::broker) fn give_back(&mut self) {
        self.is_given_back = true;
    }

    /// Lets what was taken come to others at once. Where that fails, it comes once its time is over.
    pub(in crate::broker) async fn leave(&mut self, limit: Duration) {
        self.extender = None;
        let held = std::mem::take(&mut *self.shared.held());
        let receipts: Vec<String> = held.into_values().map(|held| held.receipt).collect();
        let _ = self.shared.hide(&receipts, Duration::ZERO, limit).await;
    }

    /// What the queue is and holds; takes nothing.
    pub(in crate::broker) async fn inspect(
        &self,
        limit: Duration,
        trace: &PhaseTimer,
        clock: &dyn Clock,
    ) -> Result<Inspection, Failure> {
        self.shared.api.inspect(limit, trace, clock).await
    }
}

/// Keeps what is held hidden as long as it is.
async fn keep_hidden(shared: Arc<Shared>, visibility: Duration) {
    loop {
        sleep(visibility / EXTENSIONS).await;
        if let Err(Failure { detail, .. }) = shared.extend(visibility).await {
            tracing::warn!(why = %detail, "messages that are being applied may come again: they cannot be kept hidden");
        }
    }
}

/// What is not held any more comes again, and is not deleted before.
fn gone() -> Failure {
    Refused::Operation("sqs: the message was not kept until its acknowledgement".to_owned()).into_failure()
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
