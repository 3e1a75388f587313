//! The connection to one RabbitMQ server, opened on first use and again after it broke.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as BlockingMutex, PoisonError};
use std::time::Duration;

use async_compat::Compat;
use async_rs::Runtime;
use futures_util::StreamExt as _;
use lapin::tcp::AsyncTcpStream;
use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo};
use lapin::{Connection, ConnectionProperties, Event};
use rustls::pki_types::CertificateDer;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::super::Credentials;
use super::super::server::Server;
use super::failure_text::refused;
use super::runtime::TokioRuntime;
use crate::network::AGENT;
use crate::network::failure::{Failure, Phase, PhaseTimer};

/// How long a connection may be idle.
const MAX_IDLE_TIME: Duration = Duration::from_secs(60);
/// The maximum age of a connection, so that a name whose address changed is resolved again.
const MAX_AGE: Duration = Duration::from_mins(10);
/// The reply code of a close without error.
pub(super) const DONE: u16 = 200;
/// The default user and password of RabbitMQ, which it accepts from its own machine only.
const GUEST: &str = "guest";

/// The connection to one server, which is opened again when it was closed or is too old.
pub(super) struct Connections {
    pub(super) server: Server,
    /// The virtual host.
    vhost: String,
    open: Mutex<Option<(Arc<OpenConnection>, Instant)>>,
    /// The number of connections that were opened.
    opened: AtomicU64,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connections({:?})", self.server)
    }
}

/// An open connection to RabbitMQ.
pub(super) struct OpenConnection {
    pub(super) connection: Connection,
    /// The number of this connection.
    pub(super) number: u64,
    /// Why the server accepts no messages, while it blocks publishers.
    blocked: watch::Receiver<Option<String>>,
    opened: Instant,
}

impl std::fmt::Debug for OpenConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenConnection({})", self.number)
    }
}

impl OpenConnection {
    fn is_usable(&self, now: Instant) -> bool {
        self.connection.status().connected() && now.duration_since(self.opened) < MAX_AGE
    }

    /// Closes with the closing handshake, so that the server does not log a lost connection.
    pub(super) async fn end(&self) {
        let _ = self.connection.close(DONE, "done".into()).await;
    }

    /// Waits until the server blocks publishers, and returns why.
    pub(super) async fn blocked(&self) -> String {
        let mut blocked = self.blocked.clone();
        let why = blocked.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
        match why {
            Some(why) => why,
            // The connection ended: the operations in flight on it report that.
            None => std::future::pending().await,
        }
    }

    /// Why the server blocks publishers now, if it does.
    pub(super) fn blocked_now(&self) -> Option<String> {
        self.blocked.borrow().clone()
    }
}

impl Connections {
    pub(super) fn new(server: Server, vhost: String) -> Self {
        Self { server, vhost, open: Mutex::new(None), opened: AtomicU64::new(0) }
    }

    /// The open connection, or a new one.
    pub(super) async fn get(&self, limit: Duration, trace: &PhaseTimer) -> Result<Arc<OpenConnection>, Failure> {
        let mut open = self.open.lock().await;
        let now = Instant::now();
        if let Some((open, used)) = open.as_mut().filter(|(open, _)| open.is_usable(now)) {
            *used = now;
            return Ok(Arc::clone(open));
        }
        *open = None;
        let (new, _) = self.connect(limit, trace).await?;
        let new = Arc::new(new);
        *open = Some((Arc::clone(&new), now));
        Ok(new)
    }

    /// Discards the connection. It is closed after the last message in flight on it.
    pub(super) fn close(&self) {
        if let Ok(mut open) = self.open.try_lock() {
            *open = None;
        }
    }

    /// Closes the open connection.
    pub(super) async fn disconnect(&self) {
        let open = self.open.lock().await.take();
        if let Some((open, _)) = open {
            open.end().await;
        }
    }

    /// Closes the connection if it has been idle for too long, and returns whether it did.
    pub(super) fn evict_idle(&self) -> bool {
        let Ok(mut open) = self.open.try_lock() else { return false };
        let is_idle = open.as_ref().is_some_and(|(_, used)| used.elapsed() >= MAX_IDLE_TIME);
        if is_idle {
            *open = None;
        }
        is_idle
    }

    /// Opens a connection and logs in.
    pub(super) async fn connect(
        &self,
        limit: Duration,
        trace: &PhaseTimer,
    ) -> Result<(OpenConnection, Vec<CertificateDer<'static>>), Failure> {
        let stream = self.server.connect(limit, trace).await?;
        trace.enter(Phase::Response);
        let certificates = stream.certificates();
        // The stream is used once: a broken connection is opened again by us, not by lapin.
        let stream = BlockingMutex::new(Some(stream));
        let hand_over = async move |_, _| {
            let stream = stream.lock().unwrap_or_else(PoisonError::into_inner).take();
            let stream = stream.ok_or(std::io::ErrorKind::NotConnected).map_err(std::io::Error::from)?;
            Ok(AsyncTcpStream::Plain(Compat::new(stream)))
        };
        let properties = ConnectionProperties::default().with_connection_name(AGENT.into());
        let runtime = Runtime::new(TokioRuntime::current());
        let connection = Connection::connector(self.uri(), runtime, hand_over, properties).await;
        let connection = connection.map_err(|e| refused(&e).into_failure())?;
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        let blocked = watch_blocked(&connection);
        Ok((OpenConnection { connection, number, blocked, opened: Instant::now() }, certificates))
    }

    /// The login and virtual host as lapin's URI. lapin resolves nothing, because the stream is already open.
    fn uri(&self) -> AMQPUri {
        let userinfo = match &self.server.credentials {
            Some(Credentials { user, password }) => {
                AMQPUserInfo { username: user.clone(), password: password.as_str().to_owned() }
            }
            None => AMQPUserInfo { username: GUEST.to_owned(), password: GUEST.to_owned() },
        };
        let authority =
            AMQPAuthority { userinfo, host: self.server.origin.host.clone(), port: self.server.origin.port };
        // TLS, if any, is part of the stream.
        AMQPUri { scheme: AMQPScheme::AMQP, authority, vhost: self.vhost.clone(), query: AMQPQueryString::default() }
    }
}

/// Records whether the server blocks publishers and why, until the connection ends.
fn watch_blocked(connection: &Connection) -> watch::Receiver<Option<String>> {
    let (told, blocked) = watch::channel(None);
    let mut events = connection.events_listener();
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            match event {
                Event::ConnectionBlocked(why) => drop(told.send(Some(why))),
                Event::ConnectionUnblocked => drop(told.send(None)),
                Event::Error(_) => return,
                _ => {}
            }
            if told.is_closed() {
                return;
            }
        }
    });
    blocked
}
