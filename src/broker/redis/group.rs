//! Reads a consumer group of a stream: entries are read, and acknowledged once they are applied.
//!
//! Entries that a consumer has not acknowledged within `claim_after` are claimed by another, so that none are lost when a consumer dies.

use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue};
use ::redis::aio::MultiplexedConnection;
use ::redis::{Cmd, RedisError, RedisResult, Value};
use bytes::Bytes;
use tokio::time::{Instant, timeout};

use super::super::server::Server;
use super::super::{Inspection, PendingMessage};
use super::connection::{Connections, run};
use super::failure_text::{refused, unexpected};
use super::{BODY, FIELDS};
use crate::clock::Clock;
use crate::endpoint::GroupPlace;
use crate::network::failure::{Failure, PhaseTimer};

/// The fields that a rejected entry gets: why, and which entry of which stream it was.
const REFUSED: [&str; 3] = ["x-sync-refused", "x-sync-stream", "x-sync-entry"];

/// Reads webhooks from a stream of Redis, for `serve` and `consume`, as one consumer of a group.
#[derive(Debug)]
pub struct GroupReader {
    place: GroupPlace,
    connections: Connections,
    /// Its name in the group. Consumers that run at the same time need different names, or they would share their pending entries.
    consumer: String,
    /// Whether it may have pending entries: read and not acknowledged.
    has_taken: bool,
    /// When it next looks for pending entries of consumers that died.
    next_claim: Instant,
    /// The cursor of XAUTOCLAIM in the list of all pending entries.
    cursor: (u64, u64),
}

/// Entries that a command read, and those that were trimmed from the stream before they were applied.
#[derive(Debug, Default)]
struct ReadEntries {
    messages: Vec<PendingMessage>,
    gone: Vec<(u64, u64)>,
}

impl GroupReader {
    /// Prepares a group of a server.
    pub(in crate::broker) fn new(place: GroupPlace, server: Server) -> Self {
        let consumer = format!("syncctl-{}", uuid::Uuid::new_v4().simple());
        let (connections, next_claim) = (Connections::new(server, place.db), Instant::now());
        Self { place, connections, consumer, has_taken: false, next_claim, cursor: (0, 0) }
    }

    /// Reads entries: its own pending ones, those of consumers that died, then new ones.
    pub(in crate::broker) async fn receive(
        &mut self,
        most: usize,
        wait: Duration,
        limit: Duration,
    ) -> Result<Vec<PendingMessage>, Failure> {
        // If this call is cancelled, entries that it has read are pending.
        let had_taken = std::mem::replace(&mut self.has_taken, true);
        if had_taken {
            let own = self.ask(&self.read(most, None), limit).await?;
            let own = self.settle(taken_by_read(&own)?, limit).await?;
            if !own.is_empty() {
                return Ok(own);
            }
        }
        if Instant::now() >= self.next_claim {
            let claimed = self.claim(most, limit).await?;
            if !claimed.is_empty() {
                return Ok(claimed);
            }
        }
        let new = self.ask(&self.read(most, Some(wait)), limit + wait).await?;
        self.has_taken = false;
        Ok(taken_by_read(&new)?.messages)
    }

    /// `XREADGROUP`: new entries within `wait`, or its own pending ones.
    fn read(&self, most: usize, wait: Option<Duration>) -> Cmd {
        let mut read = ::redis::cmd("XREADGROUP");
        read.arg("GROUP").arg(&self.place.group).arg(&self.consumer).arg("COUNT").arg(most);
        if let Some(wait) = wait {
            // Zero would block for ever.
            read.arg("BLOCK").arg(wait.as_millis().max(1).to_string());
        }
        read.arg("STREAMS").arg(&self.place.stream).arg(if wait.is_some() { ">" } else { "0" });
        read
    }

    /// `XAUTOCLAIM`: some of the entries that have been pending for longer than `claim_after`.
    async fn claim(&mut self, most: usize, limit: Duration) -> Result<Vec<PendingMessage>, Failure> {
        let mut claim = ::redis::cmd("XAUTOCLAIM");
        claim.arg(&self.place.stream).arg(&self.place.group).arg(&self.consumer);
        claim.arg(self.place.claim_after.as_millis().to_string()).arg(id_text(self.cursor)).arg("COUNT").arg(most);
        let Value::Array(parts) = self.ask(&claim, limit).await? else { return Err(unexpected("XAUTOCLAIM")) };
        let [cursor, entries, ..] = parts.as_slice() else { return Err(unexpected("XAUTOCLAIM")) };
        self.cursor = id(cursor).ok_or_else(|| unexpected("XAUTOCLAIM"))?;
        if self.cursor == (0, 0) {
            self.next_claim = Instant::now() + self.place.claim_after / 2;
        }
        self.settle(taken(entries).ok_or_else(|| unexpected("XAUTOCLAIM"))?, limit).await
    }

    /// Acknowledges entries that were deleted from the stream, which would stay pending for ever.
    async fn settle(&mut self, taken: ReadEntries, limit: Duration) -> Result<Vec<PendingMessage>, Failure> {
        if !taken.gone.is_empty() {
            let (gone, stream) = (taken.gone.len(), &self.place.stream);
            tracing::warn!(gone, %stream, "entries were trimmed or deleted before they were applied");
            self.ask(&self.ack(&taken.gone), limit).await?;
        }
        Ok(taken.messages)
    }

    fn ack(&self, ids: &[(u64, u64)]) -> Cmd {
        let mut ack = ::redis::cmd("XACK");
        ack.arg(&self.place.stream).arg(&self.place.group);
        for id in ids {
            ack.arg(id_text(*id));
        }
        ack
    }

    /// `XACK`.
    pub(in crate::broker) async fn acknowledge(
        &mut self,
        messages: &[PendingMessage],
        limit: Duration,
    ) -> Result<(), Failure> {
        if messages.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = messages.iter().map(|message| message.tag).collect();
        let done = self.ask(&self.ack(&ids), limit).await;
        self.has_taken |= done.is_err();
        done.map(drop)
    }

    /// Moves an entry to the stream of dead letters, if there is one, and acknowledges it: both or neither.
    pub(in crate::broker) async fn reject(
        &mut self,
        message: &PendingMessage,
        reason: &str,
        limit: Duration,
    ) -> Result<(), Failure> {
        let done = self.try_reject(message, reason, limit).await;
        self.has_taken |= done.is_err();
        done
    }

    async fn try_reject(&mut self, message: &PendingMessage, reason: &str, limit: Duration) -> Result<(), Failure> {
        let ack = self.ack(&[message.tag]);
        let Some(dead_letter) = self.place.dead_letter.clone() else { return self.ask(&ack, limit).await.map(drop) };
        let entry = id_text(message.tag);
        let range = ::redis::cmd("XRANGE").arg(&self.place.stream).arg(&entry).arg(&entry).clone();
        let found = self.ask(&range, limit).await?;
        let Some(fields) = only_fields(&found) else { return self.ask(&ack, limit).await.map(drop) };
        let mut add = ::redis::cmd("XADD");
        add.arg(&dead_letter).arg("*");
        for field in fields {
            let Value::BulkString(bytes) = field else { return Err(unexpected("XRANGE")) };
            add.arg(bytes);
        }
        for (name, value) in REFUSED.into_iter().zip([reason, &self.place.stream, &entry]) {
            add.arg(name).arg(value);
        }
        let mut both = ::redis::pipe();
        both.atomic().add_command(add).add_command(ack);
        let mut connection = self.connection(limit).await?;
        // In MULTI and EXEC, of which only the response to EXEC matters.
        let answer = timeout(limit, connection.send_packed_commands(&both, 3, 1)).await;
        let answers = answer.map_err(|_| self.timed_out(limit))?.map_err(|e| self.failed(&e))?;
        answers.into_iter().try_for_each(|it| it.extract_error().map(drop)).map_err(|e| self.failed(&e))
    }

    /// Whether there is a stream of dead letters.
    pub(in crate::broker) fn keeps_rejected(&self) -> bool {
        self.place.dead_letter.is_some()
    }

    /// Reads its own pending entries again.
    pub(in crate::broker) fn requeue(&mut self) {
        self.has_taken = true;
    }

    /// Deletes the consumer, unless it may have pending entries, which would be deleted with it.
    pub(in crate::broker) async fn disconnect(&mut self, limit: Duration) {
        if !self.has_taken {
            let mut leave = ::redis::cmd("XGROUP");
            leave.arg("DELCONSUMER").arg(&self.place.stream).arg(&self.place.group).arg(&self.consumer);
            let _ = self.ask(&leave, limit).await;
        }
    }

    /// Describes the server and the group; reads nothing.
    pub(in crate::broker) async fn inspect(
        &self,
        limit: Duration,
        trace: &PhaseTimer,
        clock: &dyn Clock,
    ) -> Result<Inspection, Failure> {
        self.connections.inspect((&self.place.stream, Some(&self.place.group)), limit, trace, clock).await
    }

    /// Runs a command within `limit`. A group that does not exist is created at the first entry of the stream.
    async fn ask(&self, command: &Cmd, limit: Duration) -> Result<Value, Failure> {
        match self.try_ask(command, limit).await? {
            Err(error) if error.code() == Some("NOGROUP") => {
                let mut create = ::redis::cmd("XGROUP");
                create.arg("CREATE").arg(&self.place.stream).arg(&self.place.group).arg("0").arg("MKSTREAM");
                match self.try_ask(&create, limit).await? {
                    Err(error) if error.code() != Some("BUSYGROUP") => Err(self.failed(&error)),
                    _ => self.try_ask(command, limit).await?.map_err(|e| self.failed(&e)),
                }
            }
            answer => answer.map_err(|e| self.failed(&e)),
        }
    }

    async fn try_ask(&self, command: &Cmd, limit: Duration) -> Result<RedisResult<Value>, Failure> {
        let mut connection = self.connection(limit).await?;
        timeout(limit, run(&mut connection, command)).await.map_err(|_| self.timed_out(limit))
    }

    async fn connection(&self, limit: Duration) -> Result<MultiplexedConnection, Failure> {
        let trace = PhaseTimer::new();
        let connection = timeout(limit, self.connections.get(limit, &trace)).await;
        connection.unwrap_or_else(|_| Err(Failure::timed_out(limit, trace.phase())))
    }

    fn timed_out(&self, limit: Duration) -> Failure {
        self.connections.close();
        Failure::timed_out(limit, PhaseTimer::new().phase())
    }

    fn failed(&self, error: &RedisError) -> Failure {
        refused(error, &self.place.stream).after_closing(|| self.connections.close())
    }
}

/// The entries in a response to XREADGROUP for one stream.
fn taken_by_read(answer: &Value) -> Result<ReadEntries, Failure> {
    let wrong = || unexpected("XREADGROUP");
    let streams = match answer {
        Value::Nil => return Ok(ReadEntries::default()),
        Value::Array(streams) => streams,
        _ => return Err(wrong()),
    };
    let Some(Value::Array(stream)) = streams.first() else { return Err(wrong()) };
    taken(stream.get(1).ok_or_else(wrong)?).ok_or_else(wrong)
}

/// Entries with their fields. Pending entries that were deleted from the stream have none.
fn taken(entries: &Value) -> Option<ReadEntries> {
    let Value::Array(entries) = entries else { return None };
    let mut taken = ReadEntries::default();
    for entry in entries {
        match entry {
            // Redis 6.2 returns null for an entry that was deleted.
            Value::Nil => {}
            Value::Array(entry) => match (id(entry.first()?)?, entry.get(1)?) {
                (tag, Value::Array(fields)) => taken.messages.push(message(tag, fields)),
                (tag, _) => taken.gone.push(tag),
            },
            _ => return None,
        }
    }
    Some(taken)
}

/// The message of an entry: its body, and the fields that can be headers.
fn message(tag: (u64, u64), fields: &[Value]) -> PendingMessage {
    let (mut headers, mut body) = (HeaderMap::new(), Bytes::new());
    for pair in fields.chunks_exact(2) {
        let [Value::BulkString(name), Value::BulkString(value)] = pair else { continue };
        if name == BODY.as_bytes() {
            body = Bytes::from(value.clone());
        } else if !FIELDS.iter().any(|own| own.as_bytes() == name)
            && let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    PendingMessage { tag, headers, body }
}

/// The fields of the only entry in a response to XRANGE.
fn only_fields(answer: &Value) -> Option<&Vec<Value>> {
    let Value::Array(entries) = answer else { return None };
    let Value::Array(entry) = entries.first()? else { return None };
    match entry.get(1)? {
        Value::Array(fields) => Some(fields),
        _ => None,
    }
}

/// The id of an entry: milliseconds and a number within them.
fn id(value: &Value) -> Option<(u64, u64)> {
    let Value::BulkString(text) = value else { return None };
    let (millis, number) = std::str::from_utf8(text).ok()?.split_once('-')?;
    Some((millis.parse().ok()?, number.parse().ok()?))
}

fn id_text((millis, number): (u64, u64)) -> String {
    format!("{millis}-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn an_entry_is_a_body_with_headers_and_what_is_gone_is_told_apart() {
        let fields = ["id", "e1", "body", "{}", "webhook-id", "e1", "Not A Header", "x"].map(bulk).to_vec();
        let entries = Value::Array(vec![
            Value::Array(vec![bulk("12-3"), Value::Array(fields)]),
            Value::Array(vec![bulk("12-4"), Value::Nil]),
            Value::Nil,
        ]);
        let ReadEntries { messages, gone } = taken(&entries).expect("entries");
        let [message] = messages.as_slice() else { unreachable!("one entry: {messages:?}") };
        assert_eq!((message.tag, &message.body[..]), ((12, 3), &b"{}"[..]));
        let headers: Vec<_> = message.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((headers, gone), (vec!["webhook-id"], vec![(12, 4)]));
    }
}
