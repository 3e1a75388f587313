//! Connections: accepted up to a limit, with time-outs for heads and idling, and closed gracefully.

use std::collections::VecDeque;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::write_timeout::WriteTimeout;

/// The most connections at the same time.
const MAX_CONNECTIONS: usize = 2_048;
/// Of so many connections one is kept free: who comes is not to wait until another was evicted.
const FREE_SHARE: usize = 16;
/// Open files reserved for the database, deliveries and requests; half of all where the limit is low.
const RESERVED_FILES: usize = 384;
/// How long a request's head may take to arrive, and a connection may idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The size limit of a head, and of what is read ahead of a body.
const HEAD_LIMIT: usize = 16 * 1024;
/// The limit of header lines.
const MAX_HEADERS: usize = 64;
/// How long a client may read nothing of its response.
const WRITE_STALL_LIMIT: Duration = Duration::from_secs(30);
/// How long requests in flight may take after a stop.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(25);
/// The pause before another attempt to accept, after an error such as too many open files.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// Serves `router` on every listener until `stop`, then ends what has begun.
pub(super) async fn serve(listeners: Vec<TcpListener>, router: Router, stop: watch::Receiver<bool>) {
    let limiter = Arc::new(ConnectionLimiter::default());
    let mut loops = JoinSet::new();
    for listener in listeners {
        loops.spawn(accept(listener, router.clone(), Arc::clone(&limiter), stop.clone()));
    }
    while loops.join_next().await.is_some() {}
}

/// Limits the number of open connections; when they run out, the oldest idle one is closed.
struct ConnectionLimiter {
    permits: Arc<Semaphore>,
    /// With fewer permits than these, each further connection evicts one.
    kept_free: usize,
    idling: Mutex<VecDeque<Weak<Connection>>>,
}

impl Default for ConnectionLimiter {
    fn default() -> Self {
        let most = max_connections(open_files());
        Self { permits: Arc::new(Semaphore::new(most)), kept_free: most / FREE_SHARE, idling: Mutex::default() }
    }
}

/// How many files this process may have open; `None` where there is no limit.
fn open_files() -> Option<usize> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current?.try_into().ok()
}

/// How many connections the limit of open files allows.
fn max_connections(files: Option<usize>) -> usize {
    files.map_or(MAX_CONNECTIONS, |files| (files - RESERVED_FILES.min(files / 2)).clamp(1, MAX_CONNECTIONS))
}

/// An open connection: whether it is busy, and whether it has shown a right secret.
#[derive(Default)]
pub(super) struct Connection {
    requests: AtomicUsize,
    /// Whether a request of it has shown a right secret or signature.
    proven: AtomicBool,
    evicted: Notify,
}

/// The address and connection that a request came by.
#[derive(Clone)]
pub(super) struct Peer {
    pub(super) address: IpAddr,
    pub(super) connection: Arc<Connection>,
}

/// Keeps a connection from being closed as idle until it is dropped.
pub(super) struct BusyGuard(Arc<Connection>);

impl Connection {
    /// Keeps the connection from being evicted until the guard is dropped.
    pub(super) fn busy(self: &Arc<Self>) -> BusyGuard {
        self.requests.fetch_add(1, Ordering::SeqCst);
        BusyGuard(Arc::clone(self))
    }

    /// Notes that a request of it has shown a right secret or signature: it is evicted after all that have not.
    pub(super) fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    /// Whether a request of it has shown a right secret or signature.
    pub(super) fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }

    fn may_be_evicted(&self, proven: bool) -> bool {
        self.requests.load(Ordering::SeqCst) == 0 && (proven || !self.is_proven())
    }
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::SeqCst);
    }
}

impl ConnectionLimiter {
    /// A permit for one more connection. When few are left, the oldest idle connection is evicted.
    async fn acquire(&self) -> Option<OwnedSemaphorePermit> {
        if self.permits.available_permits() < self.kept_free {
            self.evict_idle();
        }
        loop {
            if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
                return Some(permit);
            }
            self.evict_idle();
            let wait = tokio::time::timeout(ACCEPT_RETRY, Arc::clone(&self.permits).acquire_owned());
            if let Ok(permit) = wait.await {
                return permit.ok();
            }
        }
    }

    /// Evicts the oldest idle connection, one that has proven nothing if there is any.
    fn evict_idle(&self) {
        let mut idling = self.idling.lock().unwrap_or_else(PoisonError::into_inner);
        for proven in [false, true] {
            for _ in 0..idling.len() {
                let Some(first) = idling.pop_front() else { return };
                match first.upgrade() {
                    Some(connection) if connection.may_be_evicted(proven) => return connection.evicted.notify_one(),
                    Some(_) => idling.push_back(first),
                    None => {}
                }
            }
        }
    }

    /// Adds a connection, idle until it is marked busy.
    fn register(&self) -> Arc<Connection> {
        let connection = Arc::new(Connection::default());
        let mut idling = self.idling.lock().unwrap_or_else(PoisonError::into_inner);
        if idling.len() >= 2 * MAX_CONNECTIONS {
            idling.retain(|connection| connection.strong_count() > 0);
        }
        idling.push_back(Arc::downgrade(&connection));
        connection
    }
}

/// Resolves once the server is to stop.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A dropped sender is a stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn accept(
    listener: TcpListener,
    router: Router,
    limiter: Arc<ConnectionLimiter>,
    mut stop: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        // Not one by one beside `next`: each would begin it anew, and so evict one more.
        while connections.try_join_next().is_some() {}
        let next = async {
            let permit = limiter.acquire().await;
            (listener.accept().await, permit)
        };
        tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            (accepted, permit) = next => match accepted {
                Ok((stream, peer)) => {
                    let connection = limiter.register();
                    let served = serve_connection(stream, peer, &router, Arc::clone(&connection), &graceful);
                    connections.spawn(async move {
                        tokio::select! {
                            () = served => {}
                            () = connection.evicted.notified() => {}
                        }
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection");
                    // Most likely too many files are open, and each connection holds one.
                    limiter.evict_idle();
                    tokio::time::sleep(ACCEPT_RETRY).await;
                }
            },
        }
    }
    drop(listener);
    if tokio::time::timeout(SHUTDOWN_GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests that outlasted the shutdown grace were aborted");
    }
    connections.shutdown().await;
}

/// Serves one connection until it ends.
fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: &Router,
    connection: Arc<Connection>,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + use<> {
    // Responses are written whole: Nagle's algorithm would only delay them.
    let _ = stream.set_nodelay(true);
    let inner = TowerToHyperService::new(router.clone());
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_LIMIT)
        .max_headers(MAX_HEADERS)
        .serve_connection(
            TokioIo::new(WriteTimeout::new(stream, WRITE_STALL_LIMIT)),
            WithPeer { inner, peer: Peer { address: peer.ip(), connection } },
        );
    let watched = graceful.watch(served);
    async move {
        if let Err(error) = watched.await {
            tracing::debug!(%peer, %error, "connection error");
        }
    }
}

/// A service that adds the [`Peer`] to every request of a connection.
struct WithPeer {
    inner: TowerToHyperService<Router>,
    peer: Peer,
}

impl Service<Request<Incoming>> for WithPeer {
    type Response = Response;
    type Error = std::convert::Infallible;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer.clone());
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_everything_else() {
        let limits = [Some(1024), Some(128), Some(1), Some(65536), None];
        assert_eq!(limits.map(max_connections), [640, 64, 1, MAX_CONNECTIONS, MAX_CONNECTIONS]);
    }

    #[test]
    fn the_first_that_idles_is_evicted_and_never_one_at_work() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let limiter = ConnectionLimiter::default();
        let (busy, idle, later) = (limiter.register(), limiter.register(), limiter.register());
        let guard = busy.busy();
        let is_evicted = |connection: &Arc<Connection>| {
            let asked =
                async { tokio::time::timeout(Duration::from_millis(1), connection.evicted.notified()).await.is_ok() };
            runtime.block_on(asked)
        };
        limiter.evict_idle();
        assert_eq!([&busy, &idle, &later].map(is_evicted), [false, true, false]);
        drop(guard);
        drop(idle);
        busy.prove();
        limiter.evict_idle();
        assert_eq!([&busy, &later].map(is_evicted), [false, true], "who has proven something stays longer");
        limiter.evict_idle();
        assert!(is_evicted(&busy));
    }
    #[test]
    fn no_more_are_evicted_than_who_comes_next_needs() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
            let address = listener.local_addr().expect("its address");
            let limiter =
                ConnectionLimiter { permits: Arc::new(Semaphore::new(8)), kept_free: 2, idling: Mutex::default() };
            // Many that end at once, before seven that idle.
            for _ in 0..100 {
                drop(TcpStream::connect(address).await.expect("a connection"));
            }
            let mut idle = Vec::new();
            for _ in 0..7 {
                idle.push(TcpStream::connect(address).await.expect("a connection"));
            }
            let (_stop, stopping) = watch::channel(false);
            tokio::spawn(accept(listener, Router::new(), Arc::new(limiter), stopping));
            tokio::time::sleep(Duration::from_millis(200)).await;
            let is_open = |stream: &&TcpStream| {
                stream.try_read(&mut [0]).is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock)
            };
            assert_eq!(idle.iter().filter(is_open).count(), 6, "of eight permits two are kept free");
        });
    }
}
