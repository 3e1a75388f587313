//! Sources in message brokers: what waits there is verified and applied as webhooks are, and acknowledged after the commit.
//!
//! A message that cannot be applied is kept with its reason, rejected to the broker's place of dead letters, and not read again.
//! Whatever fails in between leaves the message with the broker, so it comes again, and is a duplicate if it was applied.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::broker::{Consumer, PendingMessage};
use crate::clock::{Clock, Timestamp};
use crate::inbound::{self, ForwardTarget, MAX_BODY_BYTES, MessageCounts, MessageResult, Source, command};
use crate::network::failure::Failure;
use crate::outbound::run::StopRequest;
use crate::store::inbound::{ApplyResult, ID_CONFLICT, RefusalDetails, RefusedWebhook, VerifiedWebhook, WebhookEffect};
use crate::store::{PendingResult, Store, StoreError};
use crate::untrusted::Untrusted;

/// Messages that are taken at once: their changes share a commit.
const BATCH: usize = 100;
/// The same where a command is run with each: what was taken has to be acknowledged before others may take it over.
const BATCH_WITH_COMMAND: usize = 1;
/// How long a reader waits for a message before it looks whether it is to stop.
const WAIT: Duration = Duration::from_secs(1);
/// How long one step of a connection may take.
const LIMIT: Duration = Duration::from_secs(10);
/// The pause before a broker that failed, or the store, is tried again; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often the command of a source is tried with a message.
const COMMAND_TRIES: u32 = 3;

/// A source of webhooks in a message broker, and the reader that takes its messages.
#[derive(Debug)]
pub struct BrokerSource {
    /// Its name.
    pub name: String,
    /// How its messages are verified, and where they go.
    pub source: Arc<Source>,
    /// What reads them.
    pub consumer: Consumer,
    /// The place they come from.
    pub from: String,
}

impl BrokerSource {
    /// The most messages that are taken at once.
    fn batch(&self) -> usize {
        match self.source.forward() {
            Some(ForwardTarget::Command(_)) => BATCH_WITH_COMMAND,
            Some(ForwardTarget::Endpoint(_)) | None => BATCH,
        }
    }
}

/// Is called for every message with the route of its source and the time it took, once its result is on disk.
pub type OnMessage = Arc<dyn Fn(&str, MessageResult, Duration) + Send + Sync>;

/// How much of a source is read before reading ends: a number of messages, or a time.
#[derive(Clone, Copy, Debug, Default)]
pub struct DrainLimits {
    /// The most messages.
    pub messages: Option<u64>,
    /// When no more are taken.
    pub until: Option<Instant>,
}

/// Why reading a source ended early. What was not acknowledged comes again.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeError {
    /// The queue failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The broker failed, in words. Foreign text in it is not yet escaped.
    #[error("{0}")]
    Broker(String),
}

impl From<Failure> for ConsumeError {
    fn from(failure: Failure) -> Self {
        Self::Broker(failure.detail)
    }
}

/// What reading of broker sources needs: the queue, the clock, and whom to report each message to.
#[derive(Clone)]
pub struct Consuming {
    /// Where events are applied.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Is told of every message.
    pub on_message: OnMessage,
}

impl fmt::Debug for Consuming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Consuming")
    }
}

/// A message that was read: it is being applied, or it was refused.
enum Begun {
    /// It is being applied.
    Applying(VerifiedWebhook, PendingResult<ApplyResult>),
    /// It is refused.
    Refused(RefusedWebhook),
}

impl Consuming {
    /// Reads a source until nothing waits there, a limit is reached or `stop` says so. What was read is in `counts`, even if it
    /// fails.
    pub async fn drain(
        &self,
        source: &mut BrokerSource,
        limits: DrainLimits,
        stop: &watch::Receiver<StopRequest>,
        counts: &mut MessageCounts,
    ) -> Result<(), ConsumeError> {
        loop {
            let room = limits.messages.map_or(u64::MAX, |most| most.saturating_sub(counts.received()));
            let is_over = limits.until.is_some_and(|until| Instant::now() >= until) || room == 0;
            if is_over || *stop.borrow() != StopRequest::No {
                return Ok(());
            }
            let most = usize::try_from(room).unwrap_or(usize::MAX).min(source.batch());
            if !self.read_once(source, (most, WAIT), stop, counts).await? {
                return Ok(());
            }
        }
    }

    /// Reads a source until `stop` says so. What fails is logged and tried again.
    pub async fn read_until_stopped(&self, mut source: BrokerSource, stop: watch::Receiver<StopRequest>) {
        let (mut counts, mut pause, mut failure) = (MessageCounts::default(), FIRST_PAUSE, String::new());
        while *stop.borrow() == StopRequest::No {
            let wait = source.consumer.long_wait().unwrap_or(WAIT);
            let most = source.batch();
            match self.read_once(&mut source, (most, wait), &stop, &mut counts).await {
                Ok(_) if failure.is_empty() => {}
                Ok(_) => {
                    tracing::warn!(source = %source.name, "reading the source again");
                    (pause, failure) = (FIRST_PAUSE, String::new());
                }
                Err(error) => {
                    let words = Untrusted(&error.to_string()).to_string();
                    if words != failure {
                        tracing::error!(source = %source.name, error = %words, "failed to read the source; retrying");
                    }
                    failure = words;
                    pause_or_stop(pause, stop.clone()).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
        source.consumer.disconnect(WAIT).await;
    }

    /// Takes messages, so many and after so long a wait at most, and handles them; whether there were any.
    async fn read_once(
        &self,
        source: &mut BrokerSource,
        (most, wait): (usize, Duration),
        stop: &watch::Receiver<StopRequest>,
        counts: &mut MessageCounts,
    ) -> Result<bool, ConsumeError> {
        let mut stopped = stop.clone();
        let messages = tokio::select! {
            messages = source.consumer.receive(most, wait, LIMIT) => messages?,
            _ = stopped.wait_for(|stop| *stop != StopRequest::No), if wait > WAIT => return Ok(false),
        };
        let handled = self.handle(source, &messages, stop, counts).await;
        if handled.is_err() {
            source.consumer.requeue();
        }
        handled.map(|()| !messages.is_empty())
    }

    /// Applies messages in their order, keeps those that are refused, and tells the broker after the commit.
    async fn handle(
        &self,
        source: &mut BrokerSource,
        messages: &[PendingMessage],
        stop: &watch::Receiver<StopRequest>,
        counts: &mut MessageCounts,
    ) -> Result<(), ConsumeError> {
        let began = Instant::now();
        let mut begun = Vec::with_capacity(messages.len());
        for message in messages.iter().take_while(|_| *stop.borrow() == StopRequest::No) {
            begun.push(self.begin(source, message).await?);
        }
        let is_cut_short = begun.len() < messages.len();
        let (mut applied, mut refused, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for (message, begun) in messages.iter().zip(begun) {
            match self.end(source, message, begun).await? {
                Ok(how) => applied.push((message.clone(), how)),
                Err(row) => {
                    refused.push((message, row.reason));
                    rows.push(row);
                }
            }
        }
        if !rows.is_empty() {
            self.store.refuse(rows, self.clock.now()).await?;
        }
        let mut tell = |handled| {
            (self.on_message)(source.source.route(), handled, began.elapsed());
            counts.add(handled);
        };
        applied.iter().for_each(|(_, how)| tell(MessageResult::Applied(*how)));
        refused.iter().for_each(|(_, reason)| tell(MessageResult::Refused(reason)));
        let done: Vec<PendingMessage> = applied.into_iter().map(|(message, _)| message).collect();
        source.consumer.acknowledge(&done, LIMIT).await?;
        for (message, reason) in refused {
            source.consumer.reject(message, reason, LIMIT).await?;
        }
        if is_cut_short {
            source.consumer.requeue();
        }
        Ok(())
    }

    /// Verifies and reads a message, runs the command of its source, and begins to apply it.
    async fn begin(&self, source: &BrokerSource, message: &PendingMessage) -> Result<Begun, ConsumeError> {
        let now = self.clock.now();
        if message.body.len() > MAX_BODY_BYTES {
            // It is not kept: it would push out all others.
            let refused = self.refused(source, message, "body-too-large");
            return Ok(Begun::Refused(RefusedWebhook { is_only_copy: false, request: None, ..refused }));
        }
        let incoming = match inbound::read(&source.source, &message.headers, &message.body, &source.from, now) {
            Ok(incoming) => incoming,
            Err(refusal) => {
                let refused = self.refused(source, message, refusal.reason());
                let details = inbound::examine(&source.source, &refusal, &message.headers, &message.body, now);
                return Ok(Begun::Refused(RefusedWebhook { details, ..refused }));
            }
        };
        if !self.run_command(&incoming, now).await? {
            return Ok(Begun::Refused(self.verified(source, message, &incoming, "command-failed")));
        }
        let answer = self.store.apply(incoming.clone(), now);
        Ok(Begun::Applying(incoming, answer))
    }

    /// How the message was applied, or the row that says why not.
    async fn end(
        &self,
        source: &BrokerSource,
        message: &PendingMessage,
        begun: Begun,
    ) -> Result<Result<ApplyResult, RefusedWebhook>, ConsumeError> {
        let (incoming, answer) = match begun {
            Begun::Applying(incoming, answer) => (incoming, answer),
            Begun::Refused(refused) => return Ok(Err(refused)),
        };
        let reason = match answer.await {
            Ok(ApplyResult::Conflict) => ID_CONFLICT,
            Ok(applied) => return Ok(Ok(applied)),
            Err(StoreError::RecordTooLarge) => "record-too-large",
            Err(StoreError::NoEndpoint(_)) => "endpoint-unknown",
            Err(error) => return Err(error.into()),
        };
        Ok(Err(self.verified(source, message, &incoming, reason)))
    }

    /// Runs the command of the source with an event that did not arrive before; whether that ended well.
    async fn run_command(&self, incoming: &VerifiedWebhook, now: Timestamp) -> Result<bool, ConsumeError> {
        let WebhookEffect::Command(command) = &incoming.effect else { return Ok(true) };
        if self.store.has_arrived(&incoming.id, now).await? {
            return Ok(true);
        }
        for tried in 1..=COMMAND_TRIES {
            let (command, event) = (Arc::clone(command), incoming.clone());
            let done = tokio::task::spawn_blocking(move || command::run(&command, &event, now)).await;
            let error = match done {
                Ok(Ok(())) => return Ok(true),
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            let (route, id) = (&incoming.route, &incoming.id);
            tracing::error!(%route, %id, tried, error = %Untrusted(&error), "the command of a source failed");
            if tried < COMMAND_TRIES {
                sleep(FIRST_PAUSE * tried).await;
            }
        }
        Ok(false)
    }

    /// The row of a message that is refused, with the message.
    fn refused(&self, source: &BrokerSource, message: &PendingMessage, reason: &'static str) -> RefusedWebhook {
        RefusedWebhook {
            reason,
            digest: Some(Sha256::digest(&message.body).into()),
            source: source.from.clone(),
            count: 1,
            route: Arc::clone(source.source.route()),
            is_only_copy: !source.consumer.keeps_rejected(),
            details: RefusalDetails::default(),
            request: Some(inbound::copy_of(&message.headers, &message.body)),
        }
    }

    /// The same of one that was verified.
    fn verified(
        &self,
        source: &BrokerSource,
        message: &PendingMessage,
        incoming: &VerifiedWebhook,
        reason: &'static str,
    ) -> RefusedWebhook {
        let details = RefusalDetails::of_verified(incoming);
        RefusedWebhook { details, ..self.refused(source, message, reason) }
    }
}

async fn pause_or_stop(pause: Duration, mut stop: watch::Receiver<StopRequest>) {
    tokio::select! {
        () = sleep(pause) => {}
        _ = stop.wait_for(|stop| *stop != StopRequest::No) => {}
    }
}

/// The thread of `serve` that reads webhooks from message brokers until it is stopped.
#[derive(Debug)]
pub struct Consumers {
    stop: watch::Sender<StopRequest>,
    thread: JoinHandle<()>,
}

impl Consumers {
    /// Starts to read these sources, on a runtime of its own, so that reading never delays an answer of the server.
    pub fn start(consuming: Consuming, sources: Vec<BrokerSource>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = watch::channel(StopRequest::No);
        let work = async move {
            let mut readers = JoinSet::new();
            for source in sources {
                let (consuming, stopped) = (consuming.clone(), stopped.clone());
                readers.spawn(async move { consuming.read_until_stopped(source, stopped).await });
            }
            readers.join_all().await;
        };
        let run = move || {
            runtime.block_on(work);
            // A resolver that hangs must not keep the thread.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("sources".to_owned()).spawn(run)?;
        Ok(Self { stop, thread })
    }

    /// Asks the readers to end what they have begun, and take nothing more.
    pub fn stop(&self) {
        self.stop.send_replace(StopRequest::Drain);
    }

    /// Blocks until they have ended.
    pub fn join(self) {
        // A panic was logged by the panic hook; the server stops all the same.
        let _ = self.thread.join();
    }
}
