//! Reads a queue: messages are received, and acknowledged once they are applied.
//!
//! The server keeps unacknowledged messages, and delivers them again when the connection of their reader ends.

use std::time::Duration;

use ::http::header::CONTENT_TYPE;
use ::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use futures_util::future::try_join_all;
use futures_util::{FutureExt as _, StreamExt as _};
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel};
use tokio::time::timeout;

use super::super::server::Server;
use super::super::{Inspection, PendingMessage};
use super::connection::{Connections, DONE, OpenConnection};
use super::failure_text::refused;
use super::{RESOURCE, queue_in_words, short};
use crate::clock::Clock;
use crate::endpoint::QueuePlace;
use crate::network::failure::{Failure, PhaseTimer};

/// The prefetch count, as a multiple of the messages that are received at once.
const PREFETCH: usize = 2;
/// The header that holds what AMQP calls the id of a message.
const MESSAGE_ID: HeaderName = HeaderName::from_static("message-id");

/// Reads webhooks from a queue of RabbitMQ, for `serve` and `consume`, and acknowledges those that were applied.
#[derive(Debug)]
pub struct QueueReader {
    place: QueuePlace,
    connections: Connections,
    active: Option<ActiveConsumer>,
    /// The number of times it connected: delivery tags restart with each connection.
    began: u64,
}

/// A connection on which the server delivers messages.
#[derive(Debug)]
struct ActiveConsumer {
    /// Closed when the last reference is dropped.
    open: OpenConnection,
    channel: Channel,
    messages: lapin::Consumer,
}

impl QueueReader {
    /// Prepares a queue of a server.
    pub(in crate::broker) fn new(place: QueuePlace, server: Server) -> Self {
        Self { connections: Connections::new(server, place.vhost.clone()), place, active: None, began: 0 }
    }

    /// Returns messages that were delivered; waits for the first.
    pub(in crate::broker) async fn receive(
        &mut self,
        most: usize,
        wait: Duration,
        limit: Duration,
    ) -> Result<Vec<PendingMessage>, Failure> {
        let received = self.try_receive(most, wait, limit).await;
        if received.is_err() {
            self.requeue();
        }
        received
    }

    async fn try_receive(
        &mut self,
        most: usize,
        wait: Duration,
        limit: Duration,
    ) -> Result<Vec<PendingMessage>, Failure> {
        if self.active.is_none() {
            self.active = Some(self.begin(most, limit).await?);
            self.began += 1;
        }
        let began = self.began;
        let Some(ActiveConsumer { messages, .. }) = &mut self.active else { return Ok(Vec::new()) };
        let Ok(first) = timeout(wait, messages.next()).await else { return Ok(Vec::new()) };
        let mut taken = vec![pending(first, began)?];
        while taken.len() < most
            && let Some(next) = messages.next().now_or_never()
        {
            taken.push(pending(next, began)?);
        }
        Ok(taken)
    }

    /// Connects, and subscribes to the queue.
    async fn begin(&self, most: usize, limit: Duration) -> Result<ActiveConsumer, Failure> {
        let trace = PhaseTimer::new();
        let began = timeout(limit, async {
            let (open, _) = self.connections.connect(limit, &trace).await?;
            self.consume(open, most).await.map_err(|e| refused(&e).into_failure())
        });
        began.await.unwrap_or_else(|_| Err(Failure::timed_out(limit, trace.phase())))
    }

    async fn consume(&self, open: OpenConnection, most: usize) -> lapin::Result<ActiveConsumer> {
        let channel = open.connection.create_channel().await?;
        let prefetch = u16::try_from(PREFETCH * most).unwrap_or(u16::MAX);
        channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
        let (queue, tag) = (short(&self.place.queue), short(""));
        let messages = channel.basic_consume(queue, tag, BasicConsumeOptions::default(), FieldTable::default()).await?;
        Ok(ActiveConsumer { open, channel, messages })
    }

    /// `basic.ack` of each.
    pub(in crate::broker) async fn acknowledge(
        &mut self,
        messages: &[PendingMessage],
        limit: Duration,
    ) -> Result<(), Failure> {
        let Some(ActiveConsumer { channel, .. }) = self.active_for(messages) else { return Err(gone()) };
        let acks = messages.iter().map(|message| channel.basic_ack(message.tag.1, BasicAckOptions::default()));
        let done = timeout(limit, try_join_all(acks)).await;
        self.ended(done.map(|done| done.map(drop)), limit)
    }

    /// `basic.reject`: the server moves it to the queue's dead letters, if a policy says so.
    pub(in crate::broker) async fn reject(&mut self, message: &PendingMessage, limit: Duration) -> Result<(), Failure> {
        let Some(ActiveConsumer { channel, .. }) = self.active_for(std::slice::from_ref(message)) else {
            return Err(gone());
        };
        let reject = channel.basic_reject(message.tag.1, BasicRejectOptions { requeue: false });
        let done = timeout(limit, reject).await;
        self.ended(done, limit)
    }

    /// The connection that delivered these messages. On another, their tags mean other messages.
    fn active_for(&self, messages: &[PendingMessage]) -> Option<&ActiveConsumer> {
        let are_of_it = messages.iter().all(|message| message.tag.0 == self.began);
        self.active.as_ref().filter(|_| are_of_it)
    }

    fn ended(
        &mut self,
        done: Result<lapin::Result<()>, tokio::time::error::Elapsed>,
        limit: Duration,
    ) -> Result<(), Failure> {
        let done = match done {
            Ok(done) => done.map_err(|e| refused(&e).into_failure()),
            Err(_) => Err(Failure::timed_out(limit, PhaseTimer::new().phase())),
        };
        if done.is_err() {
            self.requeue();
        }
        done
    }

    /// Closes the connection, so that the server delivers unacknowledged messages again.
    pub(in crate::broker) fn requeue(&mut self) {
        self.active = None;
    }

    /// Closes the connection after the server has received the last acknowledgements.
    pub(in crate::broker) async fn disconnect(&mut self, limit: Duration) {
        if let Some(ActiveConsumer { open, channel, .. }) = self.active.take() {
            let close = async {
                let _ = channel.close(DONE, short("done")).await;
                open.end().await;
            };
            let _ = timeout(limit, close).await;
        }
    }

    /// Describes the server and the queue; receives nothing.
    pub(in crate::broker) async fn inspect(
        &self,
        limit: Duration,
        trace: &PhaseTimer,
        clock: &dyn Clock,
    ) -> Result<Inspection, Failure> {
        let (open, certificates) = self.connections.connect(limit, trace).await?;
        let channel = open.connection.create_channel().await.map_err(|e| refused(&e).into_failure())?;
        let summary = queue_in_words(&channel, &self.place.queue).await?;
        open.end().await;
        Ok(Inspection {
            summary,
            ahead_ms: None,
            valid_days: self.connections.server.valid_days(&certificates, clock.now()),
        })
    }
}

/// The failure for messages of a connection that ended: the server delivers them again.
fn gone() -> Failure {
    Failure::unreachable("connection: closed before the acknowledgement")
}

fn pending(next: Option<lapin::Result<Delivery>>, began: u64) -> Result<PendingMessage, Failure> {
    let delivery = match next {
        Some(delivery) => delivery.map_err(|e| refused(&e).into_failure())?,
        None => return Err(Failure::unreachable("rabbitmq: the queue was deleted, or the connection ended")),
    };
    let headers = headers(&delivery.properties);
    Ok(PendingMessage { tag: (began, delivery.delivery_tag), headers, body: Bytes::from(delivery.data) })
}

/// The headers with text values, and those that are properties.
fn headers(properties: &BasicProperties) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let table = properties.headers().iter().flat_map(|table| table.inner());
    for (name, value) in table.filter(|(name, _)| !RESOURCE.contains(&name.as_str())) {
        let text = match value {
            AMQPValue::LongString(text) => text.as_bytes().to_vec(),
            AMQPValue::ShortString(text) => text.as_str().as_bytes().to_vec(),
            AMQPValue::LongInt(number) => number.to_string().into_bytes(),
            AMQPValue::LongLongInt(number) => number.to_string().into_bytes(),
            _ => continue,
        };
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_str().as_bytes()), HeaderValue::from_bytes(&text))
        {
            headers.append(name, value);
        }
    }
    for (name, value) in [(CONTENT_TYPE, properties.content_type()), (MESSAGE_ID, properties.message_id())] {
        if let Some(value) = value.as_ref().and_then(|text| HeaderValue::from_str(text.as_str()).ok()) {
            headers.entry(name).or_insert(value);
        }
    }
    headers
}
