//! The thread on which all connections of a store live. Work is handed to it as closures that give futures.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, mpsc as blocking};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;

use super::client::Client;
use super::settings::ConnectionSettings;
use super::tls::TlsConnector;
use super::{Access, PendingResult, Result, RunId, StoreError, runs};

/// Work that is sent to the database thread.
type DatabaseTask = Box<dyn FnOnce(Rc<Client>) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// The thread on which all work on the server runs; dropped, it ends after what was submitted is done.
#[derive(Debug)]
pub(super) struct DatabaseThread {
    tasks: Option<mpsc::UnboundedSender<DatabaseTask>>,
    thread: Option<JoinHandle<()>>,
}

impl DatabaseThread {
    /// Starts the thread, connects, and brings the schema up to date as far as `access` allows.
    pub(super) fn start(settings: ConnectionSettings, access: Access, announced: watch::Sender<u64>) -> Result<Self> {
        let tls = TlsConnector::new(&settings).map_err(StoreError::Configuration)?;
        let (tasks, waiting) = mpsc::unbounded_channel();
        // A store is also opened where an async runtime runs, in which its own channels refuse to block.
        let (opened, answer) = blocking::sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("queue-postgres".to_owned())
            .spawn(move || serve(Client::new(settings, tls, announced), access, waiting, opened))
            .map_err(|e| StoreError::Statement(e.to_string()))?;
        let started = Self { tasks: Some(tasks), thread: Some(thread) };
        answer.recv().unwrap_or(Err(StoreError::Closed))?;
        Ok(started)
    }

    /// Whether this is that thread.
    pub(super) fn is_current(&self) -> bool {
        self.thread.as_ref().is_some_and(|it| it.thread().id() == std::thread::current().id())
    }

    /// Hands `work` to the thread; the answer comes after its commit.
    pub(super) fn submit<T, W>(&self, work: W) -> PendingResult<T>
    where
        T: Send + 'static,
        W: AsyncFnOnce(Rc<Client>) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = PendingResult::channel();
        let task: DatabaseTask = Box::new(move |client| {
            Box::pin(async move {
                if reply.begin() {
                    reply.send(work(client).await);
                }
            })
        });
        if let Some(tasks) = &self.tasks {
            // If the thread is gone the caller's end is dropped, which answers `Closed`.
            let _ = tasks.send(task);
        }
        answer
    }
}

impl Drop for DatabaseThread {
    fn drop(&mut self) {
        drop(self.tasks.take());
        // A run whose owner has left is dropped on the thread itself.
        let is_current = self.is_current();
        if let Some(thread) = self.thread.take().filter(|_| !is_current) {
            let _ = thread.join();
        }
    }
}

fn serve(
    client: Client,
    access: Access,
    mut waiting: mpsc::UnboundedReceiver<DatabaseTask>,
    opened: blocking::SyncSender<Result<()>>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(opened.send(Err(StoreError::Statement(error.to_string())))),
    };
    let local = LocalSet::new();
    local.block_on(&runtime, async move {
        let client = Rc::new(client);
        let open = client.open(access).await;
        let failed = open.is_err();
        let _ = opened.send(open);
        if failed {
            return;
        }
        let mut running = tokio::task::JoinSet::new();
        while let Some(task) = waiting.recv().await {
            running.spawn_local(task(Rc::clone(&client)));
            while running.try_join_next().is_some() {}
        }
        while running.join_next().await.is_some() {}
        runs::close(&client).await;
    });
}

/// Tells the database thread, when it is dropped, that a run of this process is over, unless its end was recorded.
pub(super) struct RunGuard {
    run: RunId,
    thread: Arc<DatabaseThread>,
}

impl RunGuard {
    pub(super) fn new(run: RunId, thread: Arc<DatabaseThread>) -> Self {
        Self { run, thread }
    }
}

impl Drop for RunGuard {
    fn drop(&mut self) {
        let run = self.run;
        if !self.thread.is_current() {
            let said = self.thread.submit(async move |client: Rc<Client>| {
                runs::say_over(&client, run).await;
                Ok(())
            });
            let _ = said.wait();
        }
    }
}

/// Frees a lock of the queue when it is dropped, by ending the session that holds it.
pub(super) struct NamedLockGuard {
    name: String,
    thread: Arc<DatabaseThread>,
}

impl NamedLockGuard {
    pub(super) fn new(name: String, thread: Arc<DatabaseThread>) -> Self {
        Self { name, thread }
    }
}

impl Drop for NamedLockGuard {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        drop(self.thread.submit(async move |client: Rc<Client>| {
            client.exclusive.borrow_mut().remove(&name);
            Ok(())
        }));
    }
}
