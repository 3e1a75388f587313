//! Streams of Redis: an event is an entry, delivered once `XADD` was answered (and, with `wait`, replicas have it).
//!
//! All entries for one stream share a connection, on which commands are pipelined.

mod connection;
mod failure_text;
mod group;

use std::time::Duration;

use ::redis::{Cmd, Value};

use super::server::Server;
use super::{Inspection, Message};
use crate::clock::Clock;
use crate::delivery::Outcome;
use crate::endpoint::StreamPlace;
use crate::network::failure::{Failure, PhaseTimer};
use connection::{Connections, run};
use failure_text::{refused, unexpected};

pub(super) use group::GroupReader;

/// The fields of an entry besides those that carry headers.
const FIELDS: [&str; 5] = ["id", "type", "resourceType", "resourceId", BODY];
/// The field of the bytes that are signed.
const BODY: &str = "body";

/// Publishes events to one stream of Redis.
#[derive(Debug)]
pub struct StreamWriter {
    place: StreamPlace,
    connections: Connections,
}

impl StreamWriter {
    /// Prepares a stream of a server.
    pub(super) fn new(place: StreamPlace, server: Server) -> Self {
        Self { connections: Connections::new(server, place.db), place }
    }

    /// Adds an entry, and returns its id in words.
    pub(super) async fn publish(
        &self,
        message: &Message,
        limit: Duration,
        trace: &PhaseTimer,
    ) -> Result<String, Failure> {
        let mut connection = self.connections.get(limit, trace).await?;
        let add = self.add(message);
        let Some(replicas) = self.place.replicas else {
            let added = run(&mut connection, &add).await;
            return self.added(&added.map_err(|e| self.failed(&e))?);
        };
        // The wait has to end before the deadline, so that the attempt can report that the entry was added.
        let wait_ms = u64::try_from(limit.as_millis() / 2).unwrap_or(u64::MAX).max(1);
        let mut both = ::redis::pipe();
        both.add_command(add).cmd("WAIT").arg(replicas).arg(wait_ms);
        let answers = connection.send_packed_commands(&both, 0, 2).await.map_err(|e| self.failed(&e))?;
        let [added, waited] = answers.try_into().map_err(|_| unexpected("XADD and WAIT"))?;
        let added = self.added(&added.extract_error().map_err(|e| self.failed(&e))?)?;
        match waited.extract_error().map_err(|e| self.failed(&e))? {
            Value::Int(have) if have >= i64::from(replicas) => Ok(format!("{added}, on {have} replicas")),
            Value::Int(have) => Err(Failure {
                outcome: Outcome::TimedOut,
                detail: format!("redis: {added}, but only {have} of {replicas} replicas have it after {wait_ms} ms"),
            }),
            _ => Err(unexpected("WAIT")),
        }
    }

    /// `XADD`, with the parts of an event that consumers expect in separate fields.
    fn add(&self, message: &Message) -> Cmd {
        let mut add = ::redis::cmd("XADD");
        add.arg(&self.place.stream);
        if let Some(most) = self.place.max_length {
            // An exact limit would cost Redis more for each entry.
            add.arg("MAXLEN").arg("~").arg(most);
        }
        add.arg("*");
        let Message { id, event_type, resource_type, resource_id, headers, body } = message;
        let texts: [&[u8]; FIELDS.len()] =
            [id.as_bytes(), event_type.as_bytes(), resource_type.as_bytes(), resource_id.as_bytes(), body];
        for (name, value) in FIELDS.into_iter().zip(texts) {
            add.arg(name).arg(value);
        }
        for (name, value) in headers {
            add.arg(name.as_str()).arg(value.as_bytes());
        }
        add
    }

    fn added(&self, answer: &Value) -> Result<String, Failure> {
        match answer {
            Value::BulkString(id) => {
                Ok(format!("entry {} of stream `{}`", String::from_utf8_lossy(id), self.place.stream))
            }
            _ => Err(unexpected("XADD")),
        }
    }

    /// The failure of a command that was refused or not answered. A connection to a server that accepts no writes is discarded: the
    /// name may resolve to another server by now.
    fn failed(&self, error: &::redis::RedisError) -> Failure {
        refused(error, &self.place.stream).after_closing(|| self.connections.close())
    }

    /// Describes the server and the stream; adds nothing.
    pub(super) async fn inspect(
        &self,
        limit: Duration,
        trace: &PhaseTimer,
        clock: &dyn Clock,
    ) -> Result<Inspection, Failure> {
        self.connections.inspect((&self.place.stream, None), limit, trace, clock).await
    }

    /// Discards the open connection.
    pub(super) fn close(&self) {
        self.connections.close();
    }

    /// Closes the connection if it has been idle for too long.
    pub(super) fn evict_idle(&self) {
        self.connections.evict_idle();
    }
}
