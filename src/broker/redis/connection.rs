//! The connection to one Redis server, opened on first use and again after it broke.

use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Cmd, ErrorKind, RedisConnectionInfo, RedisError, RedisResult, Value};
use rustls::pki_types::CertificateDer;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::super::server::Server;
use super::super::{Credentials, Inspection};
use super::failure_text::{refused, unexpected};
use crate::clock::Clock;
use crate::network::AGENT;
use crate::network::failure::{Failure, Phase, PhaseTimer};

/// How long a connection may be idle.
const MAX_IDLE_TIME: Duration = Duration::from_secs(60);
/// The maximum age of a connection, so that a name whose address changed is resolved again.
const MAX_AGE: Duration = Duration::from_mins(10);

/// The connection to one server, which is opened again when it was closed or is too old.
pub(super) struct Connections {
    server: Server,
    /// The number of the database.
    db: u32,
    open: Mutex<Option<OpenConnection>>,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connections({:?})", self.server)
    }
}

/// An open connection, and when it was opened and last used.
struct OpenConnection {
    connection: MultiplexedConnection,
    /// Reads and writes; ends when the connection does.
    driver: JoinHandle<()>,
    opened: Instant,
    used: Instant,
}

/// Sends one command. An error in the response is returned as an error.
pub(super) async fn run(connection: &mut MultiplexedConnection, command: &Cmd) -> RedisResult<Value> {
    connection.send_packed_command(command).await?.extract_error()
}

impl OpenConnection {
    fn is_usable(&self, now: Instant) -> bool {
        !self.driver.is_finished() && now.duration_since(self.opened) < MAX_AGE
    }
}

impl Connections {
    pub(super) fn new(server: Server, db: u32) -> Self {
        Self { server, db, open: Mutex::new(None) }
    }

    /// The open connection, or a new one.
    pub(super) async fn get(&self, limit: Duration, trace: &PhaseTimer) -> Result<MultiplexedConnection, Failure> {
        let mut open = self.open.lock().await;
        let now = Instant::now();
        if let Some(open) = open.as_mut().filter(|open| open.is_usable(now)) {
            open.used = now;
            return Ok(open.connection.clone());
        }
        *open = None;
        let (connection, driver, _) = self.connect(limit, trace).await?;
        *open = Some(OpenConnection { connection: connection.clone(), driver, opened: now, used: now });
        Ok(connection)
    }

    /// Discards the connection. Commands in flight on it still complete.
    pub(super) fn close(&self) {
        if let Ok(mut open) = self.open.try_lock() {
            *open = None;
        }
    }

    /// Closes the connection if it has been idle for too long.
    pub(super) fn evict_idle(&self) {
        if let Ok(mut open) = self.open.try_lock()
            && open.as_ref().is_some_and(|open| open.used.elapsed() >= MAX_IDLE_TIME)
        {
            *open = None;
        }
    }

    async fn connect(
        &self,
        limit: Duration,
        trace: &PhaseTimer,
    ) -> Result<(MultiplexedConnection, JoinHandle<()>, Vec<CertificateDer<'static>>), Failure> {
        let stream = self.server.connect(limit, trace).await?;
        trace.enter(Phase::Response);
        let certificates = stream.certificates();
        // No response timeout: the deadline of the attempt ends a wait.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let info = RedisConnectionInfo::default().set_skip_set_lib_name();
        let made = MultiplexedConnection::new_with_config(&info, stream, config).await;
        let (mut connection, driver) = made.map_err(|e| refused(&e, "").into_failure())?;
        let driver = tokio::spawn(driver);
        self.log_in(&mut connection).await.map_err(|e| refused(&e, "").into_failure())?;
        Ok((connection, driver, certificates))
    }

    async fn log_in(&self, connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
        if let Some(Credentials { user, password }) = &self.server.credentials {
            let mut auth = ::redis::cmd("AUTH");
            if !user.is_empty() {
                auth.arg(user);
            }
            run(connection, auth.arg(password.as_str())).await?;
        }
        if self.db > 0 {
            run(connection, ::redis::cmd("SELECT").arg(self.db)).await?;
        }
        // The name shows in CLIENT LIST. A server that does not know or allow the command can still be used.
        let name = AGENT.replace('/', "-");
        match run(connection, ::redis::cmd("CLIENT").arg("SETNAME").arg(name)).await {
            Err(error) if error.kind() == ErrorKind::Io || error.code() == Some("NOAUTH") => Err(error),
            _ => Ok(()),
        }
    }

    /// What the server is, and what the key `stream` and the group are to it.
    pub(super) async fn inspect(
        &self,
        (stream, group): (&str, Option<&str>),
        limit: Duration,
        trace: &PhaseTimer,
        clock: &dyn Clock,
    ) -> Result<Inspection, Failure> {
        let (mut connection, _driver, certificates) = self.connect(limit, trace).await?;
        let valid_days = self.server.valid_days(&certificates, clock.now());
        let sent = clock.now();
        let mut ask =
            async |command: &Cmd| run(&mut connection, command).await.map_err(|e| refused(&e, stream).into_failure());
        let time = ask(&::redis::cmd("TIME")).await?;
        let ahead_ms = millis(&time).map(|server| server - i64::midpoint(sent.as_millis(), clock.now().as_millis()));
        let kind = ask(::redis::cmd("TYPE").arg(stream)).await?;
        let summary = match (kind, group) {
            (Value::SimpleString(kind), None) if kind == "none" => {
                format!("no stream `{stream}` yet: the first event creates it")
            }
            (Value::SimpleString(kind), Some(_)) if kind == "none" => {
                format!("no stream `{stream}` yet: the first reader creates it")
            }
            (Value::SimpleString(kind), None) if kind == "stream" => {
                match ask(::redis::cmd("XLEN").arg(stream)).await? {
                    Value::Int(entries) => format!("stream `{stream}` with {entries} entries"),
                    _ => return Err(unexpected("XLEN")),
                }
            }
            (Value::SimpleString(kind), Some(group)) if kind == "stream" => {
                let groups = ask(::redis::cmd("XINFO").arg("GROUPS").arg(stream)).await?;
                group_in_words(&groups, stream, group)
            }
            (Value::SimpleString(kind), _) => {
                return Err(Failure::unreachable(format!("redis: `{stream}` is a {kind}, not a stream")));
            }
            _ => return Err(unexpected("TYPE")),
        };
        Ok(Inspection { summary, ahead_ms, valid_days })
    }
}

/// What an answer to XINFO GROUPS says of one group.
fn group_in_words(groups: &Value, stream: &str, group: &str) -> String {
    let Value::Array(groups) = groups else { return format!("stream `{stream}`") };
    let Some(found) = groups.iter().find(|it| member(it, "name").and_then(text) == Some(group)) else {
        return format!("no group `{group}` of stream `{stream}` yet: the first reader creates it");
    };
    let number = |name: &str| match member(found, name) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    };
    // Redis before 7.0 does not count them, and no version does once entries in between were deleted.
    let unread = number("lag").map_or_else(|| "an unknown number of".to_owned(), |lag| lag.to_string());
    let taken = number("pending").unwrap_or_default();
    format!("group `{group}` of stream `{stream}`: {unread} to read, {taken} taken and not acknowledged")
}

/// The value of a name in a list of names and values.
fn member<'v>(pairs: &'v Value, name: &str) -> Option<&'v Value> {
    let Value::Array(pairs) = pairs else { return None };
    pairs.chunks_exact(2).find(|pair| text(&pair[0]) == Some(name)).map(|pair| &pair[1])
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

/// The time that an answer to TIME tells in seconds and microseconds, in milliseconds.
fn millis(time: &Value) -> Option<i64> {
    let Value::Array(parts) = time else { return None };
    let number = |value: &Value| match value {
        Value::BulkString(text) => std::str::from_utf8(text).ok()?.parse::<i64>().ok(),
        _ => None,
    };
    Some(number(parts.first()?)? * 1_000 + number(parts.get(1)?)? / 1_000)
}
