//! Exchanges and queues of RabbitMQ, over AMQP 0-9-1: an event is a persistent message, delivered once the server has confirmed that a
//! queue stores it.
//!
//! All messages to one exchange share a connection. A channel carries one message at a time, because lapin pairs a message that the
//! server returns with the next confirmation on its channel, which therefore has to be that of the same message.

mod connection;
mod failure_text;
mod queue;
mod runtime;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ::http::HeaderMap;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, ExchangeKind};

pub(super) use queue::QueueReader;

use super::server::Server;
use super::{Inspection, Message};
use crate::clock::Clock;
use crate::endpoint::ExchangePlace;
use crate::network::failure::{Failure, PhaseTimer};
use connection::{Connections, OpenConnection};
use failure_text::{blocked, refused, rejected};

/// The delivery mode `persistent` of AMQP.
const PERSISTENT: u8 = 2;
/// Headers of a message besides those of a request, for which AMQP has no properties.
const RESOURCE: [&str; 2] = ["resourceType", "resourceId"];
/// The most idle channels that are kept.
const MAX_IDLE_CHANNELS: usize = 256;

/// Publishes events to one exchange of RabbitMQ.
#[derive(Debug)]
pub struct ExchangeWriter {
    place: ExchangePlace,
    connections: Connections,
    /// Idle channels, each with the connection it belongs to.
    idle: Mutex<Vec<(u64, Channel)>>,
}

impl ExchangeWriter {
    /// Prepares an exchange of a server.
    pub(super) fn new(place: ExchangePlace, server: Server) -> Self {
        Self { connections: Connections::new(server, place.vhost.clone()), place, idle: Mutex::default() }
    }

    /// Publishes a message that at least one queue has to receive, and returns in words what confirmed it.
    pub(super) async fn publish(
        &self,
        message: &Message,
        limit: Duration,
        trace: &PhaseTimer,
    ) -> Result<String, Failure> {
        let open = self.connections.get(limit, trace).await?;
        let key = self.place.routing_key.as_deref().unwrap_or(&message.event_type);
        let confirmed = tokio::select! {
            confirmed = self.confirmed(&open, key, message) => confirmed,
            why = open.blocked() => {
                // A message in flight there may be confirmed much later.
                self.close();
                return Err(blocked(&why));
            }
        };
        match confirmed.map_err(|e| self.failed(&e))? {
            Confirmation::Ack(None) => Ok(format!("confirmed by {} with the routing key `{key}`", self.exchange())),
            Confirmation::Ack(Some(returned)) => {
                let (code, text) = (returned.reply_code, returned.reply_text.as_str());
                Err(rejected(&format!(
                    "no queue receives the routing key `{key}` of {} ({code} {text})",
                    self.exchange()
                )))
            }
            Confirmation::Nack(_) => {
                Err(rejected(&format!("a queue of {} rejected it: it is full, or failed (nack)", self.exchange())))
            }
            Confirmation::NotRequested => Err(Failure::unreachable("rabbitmq: the server does not confirm messages")),
        }
    }

    /// Sends a message and waits for its confirmation. Its channel is free for another only after that.
    async fn confirmed(&self, open: &OpenConnection, key: &str, message: &Message) -> lapin::Result<Confirmation> {
        let channel = self.channel(open).await?;
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let (exchange, key) = (short(&self.place.exchange), short(key));
        let sent = channel.basic_publish(exchange, key, options, &message.body, properties(message)).await?;
        let confirmation = sent.await?;
        self.keep(open.number, channel);
        Ok(confirmation)
    }

    /// An idle channel on which the server confirms messages.
    async fn channel(&self, open: &OpenConnection) -> lapin::Result<Channel> {
        let usable = |(number, channel): &(u64, Channel)| *number == open.number && channel.status().connected();
        let idle = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            std::iter::from_fn(|| idle.pop()).find(usable)
        };
        if let Some((_, channel)) = idle {
            return Ok(channel);
        }
        let channel = open.connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(channel)
    }

    fn keep(&self, number: u64, channel: Channel) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE_CHANNELS {
            idle.push((number, channel));
        }
    }

    fn exchange(&self) -> String {
        exchange_in_words(&self.place.exchange)
    }

    /// The failure of an operation that was refused. A connection on which every operation fails is discarded.
    fn failed(&self, error: &lapin::Error) -> Failure {
        refused(error).after_closing(|| self.close())
    }

    /// Describes the server and the exchange; publishes nothing.
    pub(super) async fn inspect(
        &self,
        limit: Duration,
        trace: &PhaseTimer,
        clock: &dyn Clock,
    ) -> Result<Inspection, Failure> {
        let (open, certificates) = self.connections.connect(limit, trace).await?;
        let channel = open.connection.create_channel().await.map_err(|e| refused(&e).into_failure())?;
        let summary = match (&*self.place.exchange, &self.place.routing_key) {
            ("", Some(queue)) => queue_in_words(&channel, queue).await?,
            (exchange, _) => {
                let passive = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
                let asked =
                    channel.exchange_declare(short(exchange), ExchangeKind::default(), passive, FieldTable::default());
                asked.await.map_err(|e| refused(&e).into_failure())?;
                exchange_in_words(exchange)
            }
        };
        let summary = match open.blocked_now() {
            Some(why) => format!("{summary}; the server accepts no messages: {why}"),
            None => summary,
        };
        open.end().await;
        Ok(Inspection {
            summary,
            ahead_ms: None,
            valid_days: self.connections.server.valid_days(&certificates, clock.now()),
        })
    }

    /// Discards the open connection.
    pub(super) fn close(&self) {
        self.connections.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Closes the connection with the closing handshake.
    pub(super) async fn disconnect(&self) {
        self.connections.disconnect().await;
    }

    /// Closes the connection if it has been idle for too long.
    pub(super) fn evict_idle(&self) {
        if self.connections.evict_idle() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }
}

fn exchange_in_words(exchange: &str) -> String {
    if exchange.is_empty() { "the default exchange".to_owned() } else { format!("the exchange `{exchange}`") }
}

/// A queue in words: its messages and its readers.
async fn queue_in_words(channel: &Channel, queue: &str) -> Result<String, Failure> {
    let passive = QueueDeclareOptions::default().passive();
    let found = channel.queue_declare(short(queue), passive, FieldTable::default()).await;
    let found = found.map_err(|e| refused(&e).into_failure())?;
    let (messages, readers) = (found.message_count(), found.consumer_count());
    Ok(format!("the queue `{queue}`: {messages} to read, {readers} reading"))
}

/// The properties of a message, in which AMQP consumers expect its id, type and time; the headers hold these too.
fn properties(message: &Message) -> BasicProperties {
    let seconds = message.headers.get("webhook-timestamp").and_then(|it| it.to_str().ok()?.parse().ok());
    let properties = BasicProperties::default()
        .with_content_type(short("application/json"))
        .with_delivery_mode(PERSISTENT)
        .with_app_id(short("syncctl"))
        .with_headers(headers(message));
    let properties = with(properties, ShortString::try_new(&*message.id), BasicProperties::with_message_id);
    let properties = with(properties, ShortString::try_new(&*message.event_type), BasicProperties::with_type);
    with(properties, seconds.ok_or(()), BasicProperties::with_timestamp)
}

/// Sets a property, unless its value is longer than AMQP allows.
fn with<V, E>(
    properties: BasicProperties,
    value: Result<V, E>,
    set: fn(BasicProperties, V) -> BasicProperties,
) -> BasicProperties {
    match value {
        Ok(value) => set(properties, value),
        Err(_) => properties,
    }
}

fn headers(message: &Message) -> FieldTable {
    let mut table = FieldTable::default();
    let mut add = |name: &str, value: &[u8]| {
        if let Ok(name) = ShortString::try_new(name) {
            table.insert(name, AMQPValue::LongString(LongString::from(value.to_vec())));
        }
    };
    for (name, value) in RESOURCE.into_iter().zip([&message.resource_type, &message.resource_id]) {
        add(name, value.as_bytes());
    }
    for (name, value) in plain(&message.headers) {
        add(name, value);
    }
    table
}

/// The headers of a request, except those that are properties.
fn plain(headers: &HeaderMap) -> impl Iterator<Item = (&str, &[u8])> {
    let all = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    all.filter(|(name, _)| *name != "content-type")
}

/// A short string of AMQP. Names are checked before; a longer text would be cut.
fn short(text: &str) -> ShortString {
    ShortString::try_new(text).unwrap_or_default()
}
