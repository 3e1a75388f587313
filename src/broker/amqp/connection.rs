//! The connection to one server of RabbitMQ, opened when it is first needed and again when it broke.

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
use super::runtime::Kit;
use crate::network::AGENT;
use crate::network::failure::{Failure, Phase, PhaseTimer};

/// How long a connection may be idle.
const MAX_IDLE_TIME: Duration = Duration::from_secs(60);
/// How old a connection may become, so that a name that stands for another address is looked up again.
const MAX_AGE: Duration = Duration::from_mins(10);
/// The code of an end that is no error.
pub(super) const DONE: u16 = 200;
/// The user and the password of a server that nobody set up; it lets them in from its own machine alone.
const GUEST: &str = "guest";

/// The connection to one server.
pub(super) struct Connections {
    pub(super) server: Server,
    /// The virtual host.
    vhost: String,
    open: Mutex<Option<(Arc<Open>, Instant)>>,
    /// How many were opened.
    opened: AtomicU64,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connections({:?})", self.server)
    }
}

/// An open connection.
pub(super) struct Open {
    pub(super) connection: Connection,
    /// Which connection it is.
    pub(super) number: u64,
    /// Why the server takes no messages, while it takes none.
    blocked: watch::Receiver<Option<String>>,
    opened: Instant,
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Open({})", self.number)
    }
}

impl Open {
    fn is_usable(&self, now: Instant) -> bool {
        self.connection.status().connected() && now.duration_since(self.opened) < MAX_AGE
    }

    /// The closing handshake, which tells the server of an end from a break.
    pub(super) async fn end(&self) {
        let _ = self.connection.close(DONE, "done".into()).await;
    }

    /// Waits until the server says that it takes no messages, and why.
    pub(super) async fn blocked(&self) -> String {
        let mut blocked = self.blocked.clone();
        let why = blocked.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
        match why {
            Some(why) => why,
            // The connection ended: what is under way on it says so.
            None => std::future::pending().await,
        }
    }

    /// Why the server takes no messages at the moment, if it takes none.
    pub(super) fn blocked_now(&self) -> Option<String> {
        self.blocked.borrow().clone()
    }
}

impl Connections {
    pub(super) fn new(server: Server, vhost: String) -> Self {
        Self { server, vhost, open: Mutex::new(None), opened: AtomicU64::new(0) }
    }

    /// The open connection, or a new one.
    pub(super) async fn get(&self, limit: Duration, trace: &PhaseTimer) -> Result<Arc<Open>, Failure> {
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

    /// Does not use the connection again. It ends with the last message that is under way on it.
    pub(super) fn close(&self) {
        if let Ok(mut open) = self.open.try_lock() {
            *open = None;
        }
    }

    /// Ends the connection that is open.
    pub(super) async fn leave(&self) {
        let open = self.open.lock().await.take();
        if let Some((open, _)) = open {
            open.end().await;
        }
    }

    /// Closes the connection if it has been idle for too long; whether it has.
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
    ) -> Result<(Open, Vec<CertificateDer<'static>>), Failure> {
        let stream = self.server.connect(limit, trace).await?;
        trace.enter(Phase::Response);
        let certificates = stream.certificates();
        // It is handed over once: a connection that breaks is opened again by us.
        let stream = BlockingMutex::new(Some(stream));
        let hand_over = async move |_, _| {
            let stream = stream.lock().unwrap_or_else(PoisonError::into_inner).take();
            let stream = stream.ok_or(std::io::ErrorKind::NotConnected).map_err(std::io::Error::from)?;
            Ok(AsyncTcpStream::Plain(Compat::new(stream)))
        };
        let properties = ConnectionProperties::default().with_connection_name(AGENT.into());
        let runtime = Runtime::new(Kit::current());
        let connection = Connection::connector(self.uri(), runtime, hand_over, properties).await;
        let connection = connection.map_err(|e| refused(&e).into_failure())?;
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        let blocked = watch_blocked(&connection);
        Ok((Open { connection, number, blocked, opened: Instant::now() }, certificates))
    }

    /// Who logs in where, in the form that lapin wants. It resolves nothing: the stream is open.
    fn uri(&self) -> AMQPUri {
        let userinfo = match &self.server.credentials {
            Some(Credentials { user, password }) => {
                AMQPUserInfo { username: user.clone(), password: password.as_str().to_owned() }
            }
            None => AMQPUserInfo { username: GUEST.to_owned(), password: GUEST.to_owned() },
        };
        let authority =
            AMQPAuthority { userinfo, host: self.server.origin.host.clone(), port: self.server.origin.port };
        // The stream is over TLS already, where it is.
        AMQPUri { scheme: AMQPScheme::AMQP, authority, vhost: self.vhost.clone(), query: AMQPQueryString::default() }
    }
}

/// Notes why the server takes no messages, as long as the connection is.
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
