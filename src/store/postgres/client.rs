//! What the thread of a store knows, and how it runs transactions.
//!
//! Each takes a connection from a small pool, runs, and answers after the commit. What may well succeed a second time is tried again, for as long as another process's lock is
//! waited for: a server that restarts is a pause, not an error.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, watch};
use tokio::time::{Instant, sleep};

use super::connection::{Connection, ConnectionUse, args};
use super::control::Control;
use super::endpoint_rows::{self, EndpointRow};
use super::error::PostgresError;
use super::numbered_draft::NumberedDraft;
use super::run_state::RunState;
use super::settings::ConnectionSettings;
use super::shared_transaction::SharedTransaction;
use super::tls::TlsConnector;
use super::{Access, ApplyResult, Result, RunId, StoreError, VerifiedWebhook, migrate};
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::event::IdSource;
use crate::store::Receipt;

/// Connections that reads and writes share.
const CONNECTIONS: usize = 6;
/// How long a transaction is tried again before its caller is told.
pub(super) const RETRY_LIMIT: Duration = Duration::from_secs(15);
/// How long a server that does not answer is asked again when a store is opened.
const OPENING: Duration = Duration::from_secs(3);
/// The first and the longest pause before another try.
const PAUSE: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(500));
/// A difference of clocks that is not worth a correction.
const SMALL_OFFSET_MS: i64 = 1_000;
/// Slots that all emitters share; below zero, so that no run has them.
const EMITTER_SLOTS: i64 = 32;

const KINDS: &str = "SELECT k.id, k.type, k.resource_type FROM unnest($1, $2) AS g(type, resource_type)
    JOIN kind k ON k.type = g.type AND k.resource_type = g.resource_type";

const STORE_KINDS: &str = "INSERT INTO kind (type, resource_type) SELECT * FROM unnest($1, $2) ON CONFLICT DO NOTHING";

/// Everything this process keeps in memory for its PostgreSQL queue: settings, connections, its runs, and caches.
pub(super) struct Client {
    pub(super) settings: ConnectionSettings,
    pub(super) ids: IdSource,
    /// Where this process counts what it emits.
    pub(super) slot: i64,
    pub(super) announced: watch::Sender<u64>,
    /// Numbers of kinds of events, by event type and resource type.
    kinds: RefCell<HashMap<String, HashMap<String, i64>>>,
    pub(super) event_types: RefCell<HashMap<i64, Arc<str>>>,
    pub(super) endpoints: RefCell<Option<Rc<Vec<EndpointRow>>>>,
    pub(super) runs: RefCell<HashMap<RunId, Rc<Mutex<RunState>>>>,
    pub(super) control: Control,
    /// Webhooks that arrive, with the time.
    pub(super) webhooks: SharedTransaction<(VerifiedWebhook, Timestamp), ApplyResult>,
    /// Events that are emitted one by one.
    pub(super) emits: SharedTransaction<NumberedDraft, Receipt>,
    /// Sessions that hold a lock by name.
    pub(super) exclusive: RefCell<HashMap<String, Connection>>,
    /// The time of the last transaction of any run.
    pub(super) last_commit: Cell<Option<Timestamp>>,
    /// The server's clock minus ours, in milliseconds.
    pub(super) offset: Cell<i64>,
    tls: TlsConnector,
    idle: RefCell<Vec<Connection>>,
    permits: Semaphore,
}

impl Client {
    pub(super) fn new(settings: ConnectionSettings, tls: TlsConnector, announced: watch::Sender<u64>) -> Self {
        Self {
            settings,
            ids: IdSource::new(),
            slot: -1 - fastrand::i64(0..EMITTER_SLOTS),
            announced,
            kinds: RefCell::default(),
            event_types: RefCell::default(),
            endpoints: RefCell::default(),
            runs: RefCell::default(),
            control: Control::default(),
            webhooks: SharedTransaction::default(),
            emits: SharedTransaction::default(),
            exclusive: RefCell::default(),
            last_commit: Cell::new(None),
            offset: Cell::new(0),
            tls,
            idle: RefCell::default(),
            permits: Semaphore::new(CONNECTIONS),
        }
    }

    /// Connects, and brings the schema up to date as far as `access` allows.
    pub(super) async fn open(&self, access: Access) -> Result<()> {
        let prepared = self
            .retry(OPENING, async |connection: &Connection| {
                migrate::prepare(connection, &self.settings, access).await?;
                self.measure_clock(connection).await
            })
            .await;
        prepared.map_err(|error| error.into_error())
    }

    async fn measure_clock(&self, connection: &Connection) -> Result<(), PostgresError> {
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        let rows = connection.query_once(sql, &[]).await?;
        let theirs: i64 = rows.first().map_or(0, |row| row.get(0));
        let offset = theirs - SystemClock.now().as_millis();
        self.offset.set(if offset.abs() < SMALL_OFFSET_MS { 0 } else { offset });
        Ok(())
    }

    /// A time of ours by the server's clock, which is the one that all processes share.
    pub(super) fn by_server(&self, time: Timestamp) -> Timestamp {
        Timestamp::from_millis(time.as_millis().saturating_add(self.offset.get()))
    }

    /// A time of the server's clock by ours.
    pub(super) fn by_us(&self, time: Timestamp) -> Timestamp {
        Timestamp::from_millis(time.as_millis().saturating_sub(self.offset.get()))
    }

    /// A new connection of its own.
    pub(super) async fn connect(&self, purpose: ConnectionUse) -> Result<Connection, PostgresError> {
        Connection::open(&self.settings, &self.tls, purpose, &self.announced).await
    }

    async fn take(&self) -> Result<Connection, PostgresError> {
        let idle = std::iter::from_fn(|| self.idle.borrow_mut().pop()).find(|connection| !connection.is_closed());
        match idle {
            Some(connection) => Ok(connection),
            None => self.connect(ConnectionUse::General).await,
        }
    }

    /// Runs `work` on a connection, and again after what may pass, until `limit` is over.
    pub(super) async fn retry<T>(
        &self,
        limit: Duration,
        work: impl AsyncFn(&Connection) -> Result<T, PostgresError>,
    ) -> Result<T, PostgresError> {
        let _permit = self.permits.acquire().await.map_err(|_| StoreError::Closed)?;
        let mut backoff = RetryPause::new(limit);
        loop {
            let error = match self.take().await {
                Ok(connection) => match work(&connection).await {
                    Ok(done) => {
                        self.idle.borrow_mut().push(connection);
                        return Ok(done);
                    }
                    // The connection is dropped, and with it whatever it had begun.
                    Err(error) => error,
                },
                Err(error) => error,
            };
            if error.is_fenced() {
                self.endpoints.borrow_mut().take();
            }
            if !error.is_transient() || !backoff.pause().await {
                return Err(error);
            }
        }
    }

    /// Runs `work` in one transaction.
    pub(super) async fn transact<T>(&self, work: impl AsyncFn(&Connection) -> Result<T, PostgresError>) -> Result<T> {
        let done = self.retry(RETRY_LIMIT, async |connection: &Connection| {
            let done = connection.after_begin(work(connection)).await?;
            connection.commit().await?;
            Ok(done)
        });
        done.await.map_err(|error| error.into_error())
    }

    /// Runs `work` in one read transaction, which sees one state of the queue.
    pub(super) async fn read<T>(&self, work: impl AsyncFn(&Connection) -> Result<T, PostgresError>) -> Result<T> {
        let done = self.retry(RETRY_LIMIT, async |connection: &Connection| {
            let done = connection.after_begin_read(work(connection)).await?;
            connection.end_read().await;
            Ok(done)
        });
        done.await.map_err(|error| error.into_error())
    }

    /// Runs `work` once, outside any transaction, as often as it takes.
    pub(super) async fn autocommit<T>(&self, work: impl AsyncFn(&Connection) -> Result<T, PostgresError>) -> Result<T> {
        self.retry(RETRY_LIMIT, work).await.map_err(|error| error.into_error())
    }

    /// Reads the endpoints, and the numbers of kinds of events, which are stored where they are new, before a transaction needs
    /// them: one that stored a new kind itself would let everybody else who emits such events wait for its commit.
    pub(super) async fn learn_kinds(&self, kinds: &BTreeSet<(&str, &str)>) -> Result<()> {
        let unknown: Vec<(&str, &str)> =
            kinds.iter().copied().filter(|(event, resource)| self.kind(event, resource).is_none()).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        self.autocommit(async |connection: &Connection| {
            let (types, resources): (Vec<&str>, Vec<&str>) = unknown.iter().copied().unzip();
            let read = async || {
                let (found, endpoints) = tokio::join!(
                    biased;
                    async { connection.query(KINDS, args![types, resources]).await },
                    self.endpoints(connection),
                );
                endpoints.and(found)
            };
            let mut found = connection.outside(read).await?;
            if found.len() < unknown.len() {
                connection.outside(async || connection.query(STORE_KINDS, args![types, resources]).await).await?;
                found = connection.outside(read).await?;
            }
            found.iter().for_each(|row| self.learn_kind((row.get(1), row.get(2)), row.get(0)));
            Ok(())
        })
        .await
    }

    fn learn_kind(&self, (event, resource): (&str, &str), id: i64) {
        self.kinds.borrow_mut().entry(event.to_owned()).or_default().insert(resource.to_owned(), id);
        self.event_types.borrow_mut().insert(id, event.into());
    }

    /// The number of a kind of event that was learned.
    pub(super) fn kind(&self, event: &str, resource: &str) -> Option<i64> {
        self.kinds.borrow().get(event)?.get(resource).copied()
    }

    /// The event type of a kind, asked for outside any transaction.
    pub(super) async fn event_type(&self, connection: &Connection, kind: i64) -> Result<Arc<str>, PostgresError> {
        if let Some(known) = self.event_types.borrow().get(&kind) {
            return Ok(Arc::clone(known));
        }
        let stored = "SELECT type FROM kind WHERE id = $1";
        let row = connection.outside(async || connection.first(stored, args![kind]).await).await?;
        let event_type: Arc<str> = row.map_or_else(|| "".into(), |row| row.get::<_, &str>(0).into());
        self.event_types.borrow_mut().insert(kind, Arc::clone(&event_type));
        Ok(event_type)
    }

    /// The endpoints as they were last read; read on first use. Whoever relies on them lets the transaction check that.
    pub(super) async fn endpoints(&self, connection: &Connection) -> Result<Rc<Vec<EndpointRow>>, PostgresError> {
        let known = self.endpoints.borrow().clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let read = Rc::new(endpoint_rows::load(connection).await?);
        *self.endpoints.borrow_mut() = Some(Rc::clone(&read));
        Ok(read)
    }
}

/// Growing pauses with jitter between tries of a transaction, until a time limit.
pub(super) struct RetryPause {
    until: Instant,
    next: Duration,
}

impl RetryPause {
    pub(super) fn new(limit: Duration) -> Self {
        Self { until: Instant::now() + limit, next: PAUSE.0 }
    }

    /// For the transactions of a worker, which are tried as long as any other.
    pub(super) fn for_worker() -> Self {
        Self::new(RETRY_LIMIT)
    }

    /// Waits, unless the time is over.
    pub(super) async fn pause(&mut self) -> bool {
        if Instant::now() >= self.until {
            return false;
        }
        sleep(self.next.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        self.next = (self.next * 2).min(PAUSE.1);
        true
    }
}
