//! Message brokers: where events are published instead of being posted, and read instead of being received over HTTP.
//!
//! An event is confirmed by the broker before it counts as delivered; a message is acknowledged once what it says is on disk.
//! Connections are opened by the same address rules, and trust the same certificates, as those over HTTP; every failure is an
//! [`Outcome`](crate::delivery::Outcome) in words.

#![cfg_attr(
    not(all(feature = "amqp", feature = "redis", feature = "sqs")),
    allow(unused_variables, unused_imports, dead_code, reason = "a build without a broker has fewer arms")
)]

#[cfg(feature = "amqp")]
mod amqp;
mod message;
#[cfg(feature = "redis")]
mod redis;
mod refusal;
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

/// What publishes to one place of a broker, with the connections that are open to it.
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
    /// Prepares the place of a URL. An error says why nothing can be published there.
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

    /// Publishes one message, and returns in words under which name the broker has it once it confirmed that.
    ///
    /// Whoever calls it sets the deadline `limit`, which this divides among its waits; `trace` says where it is.
    pub async fn publish(&self, message: &Message, limit: Duration, trace: &PhaseTimer) -> Result<String, Failure> {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref stream) => stream.publish(message, limit, trace).await,
            #[cfg(feature = "amqp")]
            Self::Amqp(ref exchange) => exchange.publish(message, limit, trace).await,
            #[cfg(feature = "sqs")]
            Self::Sqs(ref queue) => queue.publish(message, limit, trace).await,
        }
    }

    /// Connects and looks at the place, and publishes nothing.
    pub async fn inspect(&self, limit: Duration, trace: &PhaseTimer, clock: &dyn Clock) -> Result<Inspection, Failure> {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref stream) => stream.inspect(limit, trace, clock).await,
            #[cfg(feature = "amqp")]
            Self::Amqp(ref exchange) => exchange.inspect(limit, trace, clock).await,
            #[cfg(feature = "sqs")]
            Self::Sqs(ref queue) => queue.inspect(limit, trace, clock).await,
        }
    }

    /// Does not use an open connection again: an attempt on it had no end.
    pub fn close(&self) {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref stream) => stream.close(),
            #[cfg(feature = "amqp")]
            Self::Amqp(ref exchange) => exchange.close(),
            #[cfg(feature = "sqs")]
            Self::Sqs(ref queue) => queue.close(),
        }
    }

    /// Takes leave of the broker at the end of a run, which tells programs that ended from those that died.
    pub async fn leave(&self, limit: Duration) {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(_) => {}
            #[cfg(feature = "amqp")]
            Self::Amqp(ref exchange) => drop(timeout(limit, exchange.leave()).await),
            #[cfg(feature = "sqs")]
            Self::Sqs(_) => {}
        }
    }

    /// Closes connections that have been idle for too long.
    pub fn evict_idle(&self) {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref stream) => stream.evict_idle(),
            #[cfg(feature = "amqp")]
            Self::Amqp(ref exchange) => exchange.evict_idle(),
            #[cfg(feature = "sqs")]
            Self::Sqs(ref queue) => queue.evict_idle(),
        }
    }
}

/// Why nothing goes to a broker, or comes from it.
fn unsupported(protocol: Protocol) -> String {
    format!("this build of syncctl has no support for {} as a broker", protocol.name())
}

/// What reads from one place of a broker, with the connection that is open to it.
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
    /// Prepares the place of a URL. An error says why nothing can be read there.
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
    /// Each step of the connection takes `limit` at most. After an error, what was taken and not acknowledged comes again.
    pub async fn receive(
        &mut self,
        most: usize,
        wait: Duration,
        limit: Duration,
    ) -> Result<Vec<PendingMessage>, Failure> {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref mut reader) => reader.receive(most, wait, limit).await,
            #[cfg(feature = "amqp")]
            Self::Amqp(ref mut queue) => queue.receive(most, wait, limit).await,
            #[cfg(feature = "sqs")]
            Self::Sqs(ref mut queue) => queue.receive(most, wait, limit).await,
        }
    }

    /// Tells the broker that these were applied: it forgets them, or at least does not hand them out again.
    pub async fn acknowledge(&mut self, messages: &[PendingMessage], limit: Duration) -> Result<(), Failure> {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref mut reader) => reader.acknowledge(messages, limit).await,
            #[cfg(feature = "amqp")]
            Self::Amqp(ref mut queue) => queue.acknowledge(messages, limit).await,
            #[cfg(feature = "sqs")]
            Self::Sqs(ref mut queue) => queue.acknowledge(messages, limit).await,
        }
    }

    /// Puts a message where the broker keeps what cannot be applied, if there is such a place, and acknowledges it.
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

    /// Whether the broker surely keeps what is rejected.
    pub fn keeps_rejected(&self) -> bool {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref reader) => reader.keeps_rejected(),
            // Only its policies say whether a queue has dead letters.
            #[cfg(feature = "amqp")]
            Self::Amqp(_) => false,
            #[cfg(feature = "sqs")]
            Self::Sqs(ref queue) => queue.keeps_rejected(),
        }
    }

    /// How long it may wait for a message, if that is worth more than a second: every answer of SQS costs money, an empty one too.
    ///
    /// Whoever gives up such a wait before its end may find messages taken that came at that moment; they come again.
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

    /// Gives up what was taken and not acknowledged: it comes again.
    pub fn give_back(&mut self) {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref mut reader) => reader.give_back(),
            #[cfg(feature = "amqp")]
            Self::Amqp(ref mut queue) => queue.give_back(),
            #[cfg(feature = "sqs")]
            Self::Sqs(ref mut queue) => queue.give_back(),
        }
    }

    /// Takes leave of the broker, which tells readers that ended from those that died.
    pub async fn leave(&mut self, limit: Duration) {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref mut reader) => reader.leave(limit).await,
            #[cfg(feature = "amqp")]
            Self::Amqp(ref mut queue) => queue.leave(limit).await,
            #[cfg(feature = "sqs")]
            Self::Sqs(ref mut queue) => queue.leave(limit).await,
        }
    }

    /// Connects and looks at the place, and takes nothing.
    pub async fn inspect(&self, limit: Duration, trace: &PhaseTimer, clock: &dyn Clock) -> Result<Inspection, Failure> {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref reader) => reader.inspect(limit, trace, clock).await,
            #[cfg(feature = "amqp")]
            Self::Amqp(ref queue) => queue.inspect(limit, trace, clock).await,
            #[cfg(feature = "sqs")]
            Self::Sqs(ref queue) => queue.inspect(limit, trace, clock).await,
        }
    }
}
