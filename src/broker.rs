//! Message brokers: where events are published instead of being posted, and read instead of being received over HTTP.
//!
//! An event is delivered once the broker has confirmed it; a message is acknowledged once its event is on disk.
//! Connections are opened by the same address rules, and trust the same certificates, as those over HTTP; every failure is an
//! [`Outcome`](crate::delivery::Outcome) in words.

#![cfg_attr(
    not(all(feature = "amqp", feature = "redis", feature = "sqs")),
    allow(unused_variables, unused_imports, dead_code, reason = "a build without a broker has fewer arms")
)]

#[cfg(feature = "amqp")]
mod amqp;
mod error;
mod message;
#[cfg(feature = "redis")]
mod redis;
mod server;
#[cfg(feature = "sqs")]
mod sqs;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::clock::Clock;
use crate::endpoint::{EndpointPlace, EndpointUrl, Protocol, SourcePlace, SourceUrl};
use crate::network::connect::Connector;
use crate::network::failure::{Failure, PhaseTimer};

use server::Server;

pub use message::{Credentials, Inspection, Message, PendingMessage};

/// Does the same with each broker's type: one arm for every broker of this build.
macro_rules! each_broker {
    ($of:ident, ref $it:ident => $then:expr) => {
        match *$of {
            #[cfg(feature = "redis")]
            Self::Redis(ref $it) => $then,
            #[cfg(feature = "amqp")]
            Self::Amqp(ref $it) => $then,
            #[cfg(feature = "sqs")]
            Self::Sqs(ref $it) => $then,
        }
    };
    ($of:ident, ref mut $it:ident => $then:expr) => {
        match *$of {
            #[cfg(feature = "redis")]
            Self::Redis(ref mut $it) => $then,
            #[cfg(feature = "amqp")]
            Self::Amqp(ref mut $it) => $then,
            #[cfg(feature = "sqs")]
            Self::Sqs(ref mut $it) => $then,
        }
    };
}

/// Publishes events to one stream, exchange or queue of a broker, over the connections that it keeps open.
#[derive(Debug)]
pub enum Publisher {
    /// A stream of Redis.
    #[cfg(feature = "redis")]
    Redis(redis::StreamWriter),
    /// An exchange of RabbitMQ.
    #[cfg(feature = "amqp")]
    Amqp(amqp::ExchangeWriter),
    /// A queue of Amazon SQS.
    #[cfg(feature = "sqs")]
    Sqs(sqs::QueueWriter),
}

impl Publisher {
    /// Prepares publishing to the queue or stream of a URL. An error says why nothing can be published there.
    pub fn new(url: &EndpointUrl, credentials: Option<&Credentials>, client: &Arc<Connector>) -> Result<Self, String> {
        let server = Server::new(url, credentials, client);
        match url.place() {
            #[cfg(feature = "redis")]
            EndpointPlace::Stream(place) => Ok(Self::Redis(redis::StreamWriter::new(place, server))),
            #[cfg(feature = "amqp")]
            EndpointPlace::Exchange(place) => Ok(Self::Amqp(amqp::ExchangeWriter::new(place, server))),
            #[cfg(feature = "sqs")]
            EndpointPlace::Sqs(queue) => Ok(Self::Sqs(sqs::QueueWriter::new(queue, server))),
            _ => Err(unsupported(url.protocol())),
        }
    }

    /// Publishes one message and, once the broker has confirmed it, returns in words how the broker identifies it.
    ///
    /// The caller enforces the deadline `limit`, which this divides among its waits; `trace` records the phase it is in.
    pub async fn publish(&self, message: &Message, limit: Duration, trace: &PhaseTimer) -> Result<String, Failure> {
        each_broker!(self, ref writer => writer.publish(message, limit, trace).await)
    }

    /// Connects and describes the queue or stream; publishes nothing.
    pub async fn inspect(&self, limit: Duration, trace: &PhaseTimer, clock: &dyn Clock) -> Result<Inspection, Failure> {
        each_broker!(self, ref writer => writer.inspect(limit, trace, clock).await)
    }

    /// Discards the open connection, because an attempt on it did not end.
    pub fn close(&self) {
        each_broker!(self, ref writer => writer.close());
    }

    /// Closes the connection properly at the end of a run, so that the broker logs no lost client.
    pub async fn disconnect(&self, limit: Duration) {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(_) => {}
            #[cfg(feature = "amqp")]
            Self::Amqp(ref exchange) => drop(timeout(limit, exchange.disconnect()).await),
            #[cfg(feature = "sqs")]
            Self::Sqs(_) => {}
        }
    }

    /// Closes connections that have been idle for too long.
    pub fn evict_idle(&self) {
        each_broker!(self, ref writer => writer.evict_idle());
    }
}

/// The message for a broker that this build does not support.
fn unsupported(protocol: Protocol) -> String {
    format!("this build of syncctl has no support for {} as a broker", protocol.name())
}

/// Reads messages from one stream or queue of a broker, over the connection that it keeps open.
///
/// A message that was not acknowledged, because its reader failed or died, is received again, by this reader or another.
#[derive(Debug)]
pub enum Consumer {
    /// A consumer group of Redis.
    #[cfg(feature = "redis")]
    Redis(Box<redis::GroupReader>),
    /// A queue of RabbitMQ.
    #[cfg(feature = "amqp")]
    Amqp(Box<amqp::QueueReader>),
    /// A queue of Amazon SQS.
    #[cfg(feature = "sqs")]
    Sqs(Box<sqs::QueueReader>),
}

impl Consumer {
    /// Prepares reading from the queue or stream of a URL. An error says why nothing can be read there.
    pub fn new(url: &SourceUrl, credentials: Option<&Credentials>, client: &Arc<Connector>) -> Result<Self, String> {
        let server = Server::new(&url.origin(), credentials, client);
        match url.place().clone() {
            #[cfg(feature = "redis")]
            SourcePlace::Group(place) => Ok(Self::Redis(Box::new(redis::GroupReader::new(place, server)))),
            #[cfg(feature = "amqp")]
            SourcePlace::Queue(place) => Ok(Self::Amqp(Box::new(amqp::QueueReader::new(place, server)))),
            #[cfg(feature = "sqs")]
            SourcePlace::Sqs(source) => Ok(Self::Sqs(Box::new(sqs::QueueReader::new(source, server)))),
            #[cfg(not(all(feature = "amqp", feature = "redis", feature = "sqs")))]
            _ => Err(unsupported(url.protocol())),
        }
    }

    /// Takes up to `most` messages; waits up to `wait` for the first. None is not an error.
    ///
    /// Each step of connecting takes at most `limit`. After an error, unacknowledged messages are received again.
    pub async fn receive(
        &mut self,
        most: usize,
        wait: Duration,
        limit: Duration,
    ) -> Result<Vec<PendingMessage>, Failure> {
        each_broker!(self, ref mut reader => reader.receive(most, wait, limit).await)
    }

    /// Tells the broker that these were applied, so that it does not deliver them again.
    pub async fn acknowledge(&mut self, messages: &[PendingMessage], limit: Duration) -> Result<(), Failure> {
        each_broker!(self, ref mut reader => reader.acknowledge(messages, limit).await)
    }

    /// Moves a message that cannot be applied to the dead letters, if the broker has any, and acknowledges it.
    pub async fn reject(&mut self, message: &PendingMessage, reason: &str, limit: Duration) -> Result<(), Failure> {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref mut reader) => reader.reject(message, reason, limit).await,
            #[cfg(feature = "amqp")]
            Self::Amqp(ref mut queue) => queue.reject(message, limit).await,
            #[cfg(feature = "sqs")]
            Self::Sqs(ref mut queue) => queue.reject(message, reason, limit).await,
        }
    }

    /// Whether the broker certainly keeps rejected messages.
    pub fn keeps_rejected(&self) -> bool {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref reader) => reader.keeps_rejected(),
            // Whether a queue has dead letters depends on policies that a client cannot read.
            #[cfg(feature = "amqp")]
            Self::Amqp(_) => false,
            #[cfg(feature = "sqs")]
            Self::Sqs(ref queue) => queue.keeps_rejected(),
        }
    }

    /// How long a request for messages should wait, if longer than a second: SQS charges for every response, also for an empty one.
    ///
    /// Cancelling such a wait may leave messages received that arrived at that moment; they are received again later.
    pub fn long_wait(&self) -> Option<Duration> {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(_) => None,
            #[cfg(feature = "amqp")]
            Self::Amqp(_) => None,
            #[cfg(feature = "sqs")]
            Self::Sqs(_) => Some(sqs::LONGEST_WAIT),
        }
    }

    /// Returns unacknowledged messages to the queue, so that they are received again.
    pub fn requeue(&mut self) {
        each_broker!(self, ref mut reader => reader.requeue());
    }

    /// Closes the connection properly, so that the broker does not wait for this reader.
    pub async fn disconnect(&mut self, limit: Duration) {
        each_broker!(self, ref mut reader => reader.disconnect(limit).await);
    }

    /// Connects and describes the queue or stream; receives nothing.
    pub async fn inspect(&self, limit: Duration, trace: &PhaseTimer, clock: &dyn Clock) -> Result<Inspection, Failure> {
        each_broker!(self, ref reader => reader.inspect(limit, trace, clock).await)
    }
}
