//! Exchanges and queues of RabbitMQ, over AMQP 0-9-1: an event is a persistent message, and delivered once the server confirmed that
//! a queue has it.
//!
//! All that is sent to one exchange shares a connection. A channel carries one message at a time: lapin pairs a message that
//! the server returns with whichever confirmation comes next on its channel, and that has to be the message's own.

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
use connection::{Connections, Open};
use failure_text::{blocked, refused, rejected};

/// Persistent, as AMQP counts.
const PERSISTENT: u8 = 2;
/// Headers of a message beside those of a request: AMQP has no properties for them.
const RESOURCE: [&str; 2] = ["resourceType", "resourceId"];
/// Channels that are kept for the next messages.
const MAX_IDLE_CHANNELS: usize = 256;

/// What publishes to one exchange.
#[derive(Debug)]
pub struct ExchangeWriter {
    place: ExchangePlace,
    connections: Connections,
    /// Channels on which no message is under way, each with the connection it belongs to.
    idle: Mutex<Vec<(u64, Channel)>>,
}

impl ExchangeWriter {
    /// Prepares an exchange of a server.
    pub(super) fn new(place: ExchangePlace, server: Server) -> Self {
        Self { connections: Connections::new(server, place.vhost.clone()), place, idle: Mutex::default() }
    }

    /// Publishes a message that at least one queue has to take, and returns in words what took it.
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
                // What is under way there may be confirmed much later.
                self.close();
                return Err(blocked(&why));
            }
        };
        match confirmed.map_err(|e| self.failed(&e))? {
            Confirmation::Ack(None) => Ok(format!("confirmed by {} with the routing key `{key}`", self.exchange())),
            Confirmation::Ack(Some(returned)) => {
                let (code, text) = (returned.reply_code, returned.reply_text.as_str());
                Err(rejected(&format!("no queue takes the routing key `{key}` of {} ({code} {text})", self.exchange())))
            }
            Confirmation::Nack(_) => {
                Err(rejected(&format!("a queue behind {} took it not: it is full, or failed (nack)", self.exchange())))
            }
            Confirmation::NotRequested => Err(Failure::unreachable("rabbitmq: the server does not confirm messages")),
        }
    }

    /// Sends a message and waits for its fate. Only then is its channel there for another.
    async fn confirmed(&self, open: &Open, key: &str, message: &Message) -> lapin::Result<Confirmation> {
        let channel = self.channel(open).await?;
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let (exchange, key) = (short(&self.place.exchange), short(key));
        let sent = channel.basic_publish(exchange, key, options, &message.body, properties(message)).await?;
        let confirmation = sent.await?;
        self.keep(open.number, channel);
        Ok(confirmation)
    }

    /// A channel on which nothing is under way, and whose messages are confirmed.
    async fn channel(&self, open: &Open) -> lapin::Result<Channel> {
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

    /// An operation that was refused. A connection on which everything fails is not used again.
    fn failed(&self, error: &lapin::Error) -> Failure {
        refused(error).after_closing(|| self.close())
    }

    /// What the server and the exchange are; publishes nothing.
    pub(super) async fn inspect(
        &self,
        limit: Duration,
        trace: &PhaseTimer,
        clock: &dyn Clock,
    ) -> Result<Inspection, Failure> {
        let (open, certificates) = self.connections.connect(limit, trace).await?;
        let channel = open.connection.create_channel().await.map_err(|e| refused(&e).into_failure())?;
        let said = match (&*self.place.exchange, &self.place.routing_key) {
            ("", Some(queue)) => queue_in_words(&channel, queue).await?,
            (exchange, _) => {
                let passive = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
                let asked =
                    channel.exchange_declare(short(exchange), ExchangeKind::default(), passive, FieldTable::default());
                asked.await.map_err(|e| refused(&e).into_failure())?;
                exchange_in_words(exchange)
            }
        };
        let said = match open.blocked_now() {
            Some(why) => format!("{said}; the server takes no messages: {why}"),
            None => said,
        };
        open.end().await;
        Ok(Inspection {
            said,
            ahead_ms: None,
            valid_days: self.connections.server.valid_days(&certificates, clock.now()),
        })
    }

    /// Does not use the open connection again.
    pub(super) fn close(&self) {
        self.connections.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Ends the connection with the closing handshake.
    pub(super) async fn leave(&self) {
        self.connections.leave().await;
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

/// What a queue is and holds.
async fn queue_in_words(channel: &Channel, queue: &str) -> Result<String, Failure> {
    let passive = QueueDeclareOptions::default().passive();
    let found = channel.queue_declare(short(queue), passive, FieldTable::default()).await;
    let found = found.map_err(|e| refused(&e).into_failure())?;
    let (messages, readers) = (found.message_count(), found.consumer_count());
    Ok(format!("the queue `{queue}`: {messages} to read, {readers} reading"))
}

/// The properties of a message: where consumers of AMQP look for what a request has in headers, which it has as well.
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

/// The headers of a request, but for what a property says.
fn plain(headers: &HeaderMap) -> impl Iterator<Item = (&str, &[u8])> {
    let all = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    all.filter(|(name, _)| *name != "content-type")
}

/// A name that was checked to be short enough, cut if it was not.
fn short(text: &str) -> ShortString {
    ShortString::try_new(text).unwrap_or_default()
}
