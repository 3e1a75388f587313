//! Signals: the first one drains a run, the second one ends it at once.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};

use super::exit::{CliError, Exit};
use crate::outbound::run::StopRequest;

/// Listens for SIGINT, SIGTERM and SIGHUP.
#[derive(Debug)]
pub(super) struct Signals {
    /// The state a run watches.
    pub(super) stop: watch::Receiver<StopRequest>,
    asked: watch::Sender<StopRequest>,
    reload: Arc<Notify>,
    received: Arc<ReceivedSignals>,
}

/// The signals that were received.
#[derive(Debug, Default)]
struct ReceivedSignals {
    interrupt: AtomicBool,
    terminate: AtomicBool,
}

impl Signals {
    /// Starts to listen. Must be called within a runtime.
    pub(super) fn listen() -> io::Result<Self> {
        let (asked, stop) = watch::channel(StopRequest::No);
        let received = Arc::new(ReceivedSignals::default());
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        // Listened to even if the command never reloads: the default action would end the process.
        let mut hangup = signal(SignalKind::hangup())?;
        let reload = Arc::<Notify>::default();
        let (seen, asks, reloads) = (Arc::clone(&received), asked.clone(), Arc::clone(&reload));
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => seen.interrupt.store(true, Ordering::SeqCst),
                    _ = terminate.recv() => seen.terminate.store(true, Ordering::SeqCst),
                    _ = hangup.recv() => {
                        reloads.notify_one();
                        continue;
                    }
                }
                asks.send_modify(|stop| {
                    *stop = if *stop == StopRequest::No { StopRequest::Drain } else { StopRequest::Now }
                });
            }
        });
        Ok(Self { stop, asked, reload, received })
    }

    /// Waits for the next SIGHUP.
    pub(super) async fn reload(&self) {
        self.reload.notified().await;
    }

    /// Drains the run, as the first signal would.
    pub(super) fn drain(&self) {
        self.asked.send_modify(|stop| *stop = (*stop).max(StopRequest::Drain));
    }

    /// The exit code of the signal that was received, if one was.
    pub(super) fn exit(&self) -> Option<Exit> {
        if self.received.terminate.load(Ordering::SeqCst) {
            return Some(Exit::Terminated);
        }
        self.received.interrupt.load(Ordering::SeqCst).then_some(Exit::Interrupted)
    }
}

/// Runs a future on a runtime with one thread.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Exit::Io.error("failed to start the network runtime").cause(e))?;
    let done = runtime.block_on(work);
    // A hanging resolver must not keep the process alive.
    runtime.shutdown_background();
    done
}
