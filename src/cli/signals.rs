//! Signals: the first asks a run to end, the second to leave.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};

use super::exit::{CliError, Exit};
use crate::outbound::run::Stop;

/// Watches for SIGINT, SIGTERM and SIGHUP, and says what they ask for.
#[derive(Debug)]
pub(super) struct Signals {
    /// The state a run watches.
    pub(super) stop: watch::Receiver<Stop>,
    asked: watch::Sender<Stop>,
    reload: Arc<Notify>,
    came: Arc<Came>,
}

/// Which signals came.
#[derive(Debug, Default)]
struct Came {
    interrupt: AtomicBool,
    terminate: AtomicBool,
}

impl Signals {
    /// Listens from now on. Within a runtime only.
    pub(super) fn listen() -> io::Result<Self> {
        let (asked, stop) = watch::channel(Stop::No);
        let came = Arc::new(Came::default());
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        // A run that reads its configuration once does not listen for it; the default would be to die.
        let mut hangup = signal(SignalKind::hangup())?;
        let reload = Arc::<Notify>::default();
        let (seen, asks, reloads) = (Arc::clone(&came), asked.clone(), Arc::clone(&reload));
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
                asks.send_modify(|stop| *stop = if *stop == Stop::No { Stop::Drain } else { Stop::Now });
            }
        });
        Ok(Self { stop, asked, reload, came })
    }

    /// Waits until the configuration is to be read again.
    pub(super) async fn reload(&self) {
        self.reload.notified().await;
    }

    /// Asks the run to end as the first signal would: what it was for is done.
    pub(super) fn drain(&self) {
        self.asked.send_modify(|stop| *stop = (*stop).max(Stop::Drain));
    }

    /// How a run that was stopped by a signal exits; `None` when none came.
    pub(super) fn exit(&self) -> Option<Exit> {
        if self.came.terminate.load(Ordering::SeqCst) {
            return Some(Exit::Terminated);
        }
        self.came.interrupt.load(Ordering::SeqCst).then_some(Exit::Interrupted)
    }
}

/// Runs a future on a runtime of one thread: the network is not the work of many.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Exit::Io.error("failed to start the network runtime").cause(e))?;
    let done = runtime.block_on(work);
    // A resolver that hangs must not keep the process.
    runtime.shutdown_background();
    done
}
