//! Connections: accepted up to a limit, with time-outs for heads and idling, and closed gracefully.

use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
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

use super::Peer;
use super::patience::Patient;

/// Connections at the same time.
const MOST_CONNECTIONS: usize = 2_048;
/// Open files kept for the database, for deliveries and for what a request needs, or half of all where there are few.
const FILES_KEPT: usize = 384;
/// How long a request's head may take, and a connection may idle.
const HEAD: Duration = Duration::from_secs(10);
/// The longest head, and what is read ahead of a body.
const BUFFER: usize = 16 * 1024;
/// The most header lines.
const MOST_HEADERS: usize = 64;
/// How long a client may take nothing of its answer.
const STUCK: Duration = Duration::from_secs(30);
/// How long requests that have begun may take after a stop.
const GRACE: Duration = Duration::from_secs(25);
/// The pause after a failure to accept, such as too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` on every listener until `stop`, then ends what has begun.
pub(super) async fn serve(listeners: Vec<TcpListener>, router: Router, stop: watch::Receiver<bool>) {
    let door = Arc::new(Door::default());
    let mut loops = JoinSet::new();
    for listener in listeners {
        loops.spawn(accept(listener, router.clone(), Arc::clone(&door), stop.clone()));
    }
    while loops.join_next().await.is_some() {}
}

/// What all listeners share: places, and who idles in one.
struct Door {
    places: Arc<Semaphore>,
    idling: Mutex<VecDeque<Weak<Guest>>>,
}

impl Default for Door {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(places(&limits()))), idling: Mutex::default() }
    }
}

/// This process's limits, as the system tells them; nothing where it does not.
fn limits() -> String {
    std::fs::read_to_string("/proc/self/limits").unwrap_or_default()
}

/// How many connections leave enough of the files that may be open.
fn places(limits: &str) -> usize {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    files.map_or(MOST_CONNECTIONS, |files| (files - FILES_KEPT.min(files / 2)).clamp(1, MOST_CONNECTIONS))
}

/// A connection, as far as the door cares.
#[derive(Default)]
pub(super) struct Guest {
    busy: AtomicUsize,
    leave: Notify,
}

/// A guest is at work while one of these lives.
pub(super) struct AtWork(Arc<Guest>);

impl Guest {
    /// From now on the connection is needed.
    pub(super) fn work(self: &Arc<Self>) -> AtWork {
        self.busy.fetch_add(1, Ordering::SeqCst);
        AtWork(Arc::clone(self))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Door {
    /// A place for one more. When all are taken, the guest that came first and has not asked for anything yet has to leave.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
                return Some(place);
            }
            self.show_out();
            let wait = tokio::time::timeout(PAUSE, Arc::clone(&self.places).acquire_owned());
            if let Ok(place) = wait.await {
                return place.ok();
            }
        }
    }

    fn show_out(&self) {
        let mut idling = self.idling.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..idling.len() {
            let Some(first) = idling.pop_front() else { return };
            match first.upgrade() {
                Some(guest) if guest.busy.load(Ordering::SeqCst) == 0 => return guest.leave.notify_one(),
                Some(_) => idling.push_back(first),
                None => {}
            }
        }
    }

    fn welcome(&self) -> Arc<Guest> {
        let guest = Arc::new(Guest::default());
        let mut idling = self.idling.lock().unwrap_or_else(PoisonError::into_inner);
        if idling.len() >= 2 * MOST_CONNECTIONS {
            idling.retain(|guest| guest.strong_count() > 0);
        }
        idling.push_back(Arc::downgrade(&guest));
        guest
    }
}

/// Resolves once the server is to stop.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Whoever could have asked for it is gone: that is a stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn accept(listener: TcpListener, router: Router, door: Arc<Door>, mut stop: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let place = door.place().await;
            (listener.accept().await, place)
        };
        tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            (accepted, place) = next => match accepted {
                Ok((stream, peer)) => {
                    let guest = door.welcome();
                    let connection = connection(stream, peer, &router, Arc::clone(&guest), &graceful);
                    connections.spawn(async move {
                        tokio::select! {
                            () = connection => {}
                            () = guest.leave.notified() => {}
                        }
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection");
                    // Most likely too many files are open, and each guest holds one.
                    door.show_out();
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests that took too long were broken off");
    }
    connections.shutdown().await;
}

/// One connection, to its end.
fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: &Router,
    guest: Arc<Guest>,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + use<> {
    // Answers are written whole: waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let inner = TowerToHyperService::new(router.clone());
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(BUFFER)
        .max_headers(MOST_HEADERS)
        .serve_connection(
            TokioIo::new(Patient::new(stream, STUCK)),
            Named { inner, peer: Peer { address: peer.ip(), guest } },
        );
    let watched = graceful.watch(connection);
    async move {
        if let Err(error) = watched.await {
            tracing::debug!(%peer, %error, "a connection ended badly");
        }
    }
}

/// Tells every request where it came from.
struct Named {
    inner: TowerToHyperService<Router>,
    peer: Peer,
}

impl Service<Request<Incoming>> for Named {
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
    fn there_are_fewer_places_than_files() {
        let limits =
            |soft: &str| format!("Max processes  1 1 processes\nMax open files            {soft}    524288  files\n");
        assert_eq!(
            ["1024", "128", "1", "65536", "unlimited"].map(|soft| places(&limits(soft))),
            [640, 64, 1, 2048, 2048]
        );
        assert_eq!(places(""), MOST_CONNECTIONS);
    }

    #[test]
    fn the_first_that_idles_has_to_leave_and_never_one_at_work() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let door = Door::default();
        let (busy, idle, later) = (door.welcome(), door.welcome(), door.welcome());
        let work = busy.work();
        let has_to_leave = |guest: &Arc<Guest>| {
            let asked = async { tokio::time::timeout(Duration::from_millis(1), guest.leave.notified()).await.is_ok() };
            runtime.block_on(asked)
        };
        door.show_out();
        assert_eq!([&busy, &idle, &later].map(has_to_leave), [false, true, false]);
        drop(work);
        drop(idle);
        door.show_out();
        door.show_out();
        assert_eq!([&busy, &later].map(has_to_leave), [true, true]);
    }
}
