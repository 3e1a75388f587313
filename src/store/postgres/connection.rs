//! One connection to the server: its statements, its transactions.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};

use tokio::sync::watch;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, NoTls, Row, Statement};

use super::error::PostgresError;
use super::settings::{ConnectionSettings, SESSION, SessionMode};
use super::tls::TlsConnector;
use crate::store::SQL_LOG;

/// The oldest server whose planner and functions the statements rely on, as `server_version` begins.
const OLDEST_SERVER: u32 = 14;

/// What holds for a worker's transactions: each statement looks up a few rows by their keys, whatever the statistics say.
const WORKER: &[(&str, &str)] = &[
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_memoize", "off"),
];

/// What a connection to the server is opened for: the transactions of a worker have settings of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionUse {
    /// Anything.
    General,
    /// The transactions of a worker.
    Worker,
}

/// A Rust type that can be the argument of a statement, and the SQL type it has, so that the server need not infer it.
pub(super) trait SqlArg: ToSql + Sync {
    /// The type as the server knows it.
    const TYPE: Type;
}

macro_rules! arg_types {
    ($($rust:ty => $sql:ident),* $(,)?) => { $(impl SqlArg for $rust { const TYPE: Type = Type::$sql; })* };
}
arg_types! {
    i64 => INT8, Option<i64> => INT8, bool => BOOL, Option<bool> => BOOL, &str => TEXT, String => TEXT, Option<String> => TEXT, Option<&str> => TEXT,
    &[u8] => BYTEA, Vec<u8> => BYTEA, Option<Vec<u8>> => BYTEA, Option<&[u8]> => BYTEA,
    Vec<i64> => INT8_ARRAY, Vec<Option<i64>> => INT8_ARRAY, &[i64] => INT8_ARRAY, Vec<bool> => BOOL_ARRAY,
    Vec<String> => TEXT_ARRAY, Vec<&str> => TEXT_ARRAY, Vec<Option<String>> => TEXT_ARRAY, Vec<Option<&str>> => TEXT_ARRAY,
    Vec<&[u8]> => BYTEA_ARRAY, Vec<Option<&[u8]>> => BYTEA_ARRAY, Vec<Vec<u8>> => BYTEA_ARRAY, Vec<Option<Vec<u8>>> => BYTEA_ARRAY,
}

/// The arguments of a statement, each with its SQL type.
pub(super) type Args<'a> = &'a [(&'a (dyn ToSql + Sync), Type)];

/// A value with its type.
pub(super) fn typed<T: SqlArg>(value: &T) -> (&(dyn ToSql + Sync), Type) {
    (value, T::TYPE)
}

/// The values of a statement, in order.
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::store::postgres::connection::typed(&$value)),*] };
}
pub(super) use args;

/// One connection to the server, with the statements that were prepared on it.
pub(super) struct Connection {
    client: tokio_postgres::Client,
    statements: RefCell<HashMap<&'static str, Statement>>,
    /// Statements that were used once, with the types of their arguments: the next transaction prepares them.
    used_once: RefCell<Vec<(&'static str, Vec<Type>)>>,
    begin: String,
    begin_keyed: String,
    begin_read: String,
    mode: SessionMode,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}

impl Connection {
    /// Connects; what others announce on the connection raises `announced`.
    pub(super) async fn open(
        settings: &ConnectionSettings,
        tls: &TlsConnector,
        purpose: ConnectionUse,
        announced: &watch::Sender<u64>,
    ) -> Result<Self, PostgresError> {
        let client = if settings.config.get_ssl_mode() == SslMode::Disable {
            let (client, connection) = settings.config.connect(NoTls).await?;
            drive(client, connection, announced.clone())?
        } else {
            let (client, connection) = settings.config.connect(tls.clone()).await?;
            drive(client, connection, announced.clone())?
        };
        let locals = local_settings(settings, purpose);
        let connection = Self {
            client,
            statements: RefCell::default(),
            used_once: RefCell::default(),
            begin: format!("BEGIN{locals}"),
            begin_keyed: format!("BEGIN{locals}; SET LOCAL enable_seqscan = off"),
            begin_read: format!(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY{locals}; SET LOCAL statement_timeout = 0"
            ),
            mode: settings.mode,
        };
        if settings.mode == SessionMode::Direct && purpose == ConnectionUse::Worker {
            let set: String = WORKER.iter().map(|(name, value)| format!("SET {name} = {value};")).collect();
            connection.execute_all(&set).await?;
        }
        Ok(connection)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs a statement that this program spells out; it is sent when this is first polled, behind what was sent before.
    ///
    /// The first time it travels with its text, in one round trip; the next transaction on this connection prepares it.
    pub(super) async fn query(&self, sql: &'static str, args: Args<'_>) -> Result<Vec<Row>, PostgresError> {
        log_statement(sql, args);
        let prepared = self.statements.borrow().get(sql).cloned();
        let Some(statement) = prepared else {
            self.will_be_used_again(sql, args);
            return Ok(self.client.query_typed(sql, args).await?);
        };
        let values: Vec<&(dyn ToSql + Sync)> = args.iter().map(|(value, _)| *value).collect();
        Ok(self.client.query(&statement, &values).await?)
    }

    fn will_be_used_again(&self, sql: &'static str, args: Args<'_>) {
        let mut used_once = self.used_once.borrow_mut();
        if self.mode == SessionMode::Direct && !used_once.iter().any(|(known, _)| *known == sql) {
            used_once.push((sql, args.iter().map(|(_, sql_type)| sql_type.clone()).collect()));
        }
    }

    /// Prepares what was used once since, without waiting for what was sent before.
    pub(super) async fn prepare_used(&self) -> Result<(), PostgresError> {
        let used = self.used_once.take();
        let statements: Vec<(&'static str, &[Type])> =
            used.iter().map(|(sql, types)| (*sql, types.as_slice())).collect();
        self.prepare_all(&statements).await
    }

    /// Prepares statements at once, so that a pipeline can send them without waiting.
    pub(super) async fn prepare_all(&self, statements: &[(&'static str, &[Type])]) -> Result<(), PostgresError> {
        if self.mode == SessionMode::Pooler {
            return Ok(());
        }
        let prepared = statements.iter().map(|(sql, types)| self.client.prepare_typed(sql, types));
        for ((sql, _), statement) in statements.iter().zip(futures_util::future::join_all(prepared).await) {
            self.statements.borrow_mut().insert(sql, statement?);
        }
        Ok(())
    }

    /// Runs `work` outside any transaction of ours; through a pooler that takes one, to find the schema.
    pub(super) async fn outside<T>(
        &self,
        work: impl AsyncFnOnce() -> Result<T, PostgresError>,
    ) -> Result<T, PostgresError> {
        if self.mode == SessionMode::Direct {
            return work().await;
        }
        let done = self.after_begin(work()).await?;
        self.commit().await?;
        Ok(done)
    }

    /// Runs a statement that was put together for this one time.
    pub(super) async fn query_once(&self, sql: &str, args: Args<'_>) -> Result<Vec<Row>, PostgresError> {
        log_statement(sql, args);
        Ok(self.client.query_typed(sql, args).await?)
    }

    /// The first row, if there is one.
    pub(super) async fn first(&self, sql: &'static str, args: Args<'_>) -> Result<Option<Row>, PostgresError> {
        Ok(self.query(sql, args).await?.into_iter().next())
    }

    /// The first column of the first row; zero without one.
    pub(super) async fn number(&self, sql: &'static str, args: Args<'_>) -> Result<i64, PostgresError> {
        Ok(self.first(sql, args).await?.and_then(|row| row.get::<_, Option<i64>>(0)).unwrap_or(0))
    }

    /// Runs statements that answer nothing.
    pub(super) async fn execute_all(&self, sql: &str) -> Result<(), PostgresError> {
        Ok(self.client.batch_execute(sql).await?)
    }

    pub(super) async fn begin(&self) -> Result<(), PostgresError> {
        self.execute_all(&self.begin).await
    }

    /// Begins a transaction for `work`, whose first statement travels with the `BEGIN`; on the way it prepares what was used once.
    ///
    /// Nothing of it can run outside: where `BEGIN` fails, the connection is of no use for what follows either.
    pub(super) fn after_begin<T>(
        &self,
        work: impl Future<Output = Result<T, PostgresError>>,
    ) -> impl Future<Output = Result<T, PostgresError>> {
        self.after(&self.begin, work)
    }

    /// The same for a transaction that looks rows up by their keys: what is prepared in it must not scan a table that was small then.
    pub(super) fn after_begin_keyed<T>(
        &self,
        work: impl Future<Output = Result<T, PostgresError>>,
    ) -> impl Future<Output = Result<T, PostgresError>> {
        self.after(&self.begin_keyed, work)
    }

    /// The same for a transaction that only reads and sees one state of the queue.
    pub(super) fn after_begin_read<T>(
        &self,
        work: impl Future<Output = Result<T, PostgresError>>,
    ) -> impl Future<Output = Result<T, PostgresError>> {
        self.after(&self.begin_read, work)
    }

    async fn after<T>(
        &self,
        begin: &str,
        work: impl Future<Output = Result<T, PostgresError>>,
    ) -> Result<T, PostgresError> {
        let (begun, prepared, done) = tokio::join!(biased; self.execute_all(begin), self.prepare_used(), work);
        begun.and(prepared).and(done)
    }

    pub(super) async fn commit(&self) -> Result<(), PostgresError> {
        self.execute_all("COMMIT").await
    }

    /// Ends a transaction that only read, without waiting for the answer: what is sent next on this connection comes behind it.
    pub(super) async fn end_read(&self) {
        let mut commit = pin!(self.commit());
        let send = |context: &mut Context<'_>| {
            let _ = commit.as_mut().poll(context);
            Poll::Ready(())
        };
        poll_fn(send).await;
    }

    /// Whether the session keeps its settings, so that a statement outside any transaction is one message.
    pub(super) fn keeps_session(&self) -> bool {
        self.mode == SessionMode::Direct
    }

    pub(super) async fn roll_back(&self) -> Result<(), PostgresError> {
        self.execute_all("ROLLBACK").await
    }
}

/// A pooler keeps no settings between transactions, so each brings its own.
fn local_settings(settings: &ConnectionSettings, purpose: ConnectionUse) -> String {
    if settings.mode == SessionMode::Direct {
        return String::new();
    }
    let worker = if purpose == ConnectionUse::Worker { WORKER } else { &[] };
    let locals = SESSION.iter().chain(worker).map(|(name, value)| format!("; SET LOCAL {name} = '{value}'"));
    format!("; SET LOCAL search_path = {}{}", settings.schema, locals.collect::<String>())
}

/// Checks the server, and runs the connection's own end until it closes.
fn drive<S, T>(
    client: tokio_postgres::Client,
    mut connection: tokio_postgres::Connection<S, T>,
    announced: watch::Sender<u64>,
) -> Result<tokio_postgres::Client, PostgresError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static,
{
    let version = connection.parameter("server_version").unwrap_or_default();
    let major = version.split(['.', ' ']).next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major < OLDEST_SERVER) {
        return Err(PostgresError::Unusable(format!(
            "the server is PostgreSQL {version}; {OLDEST_SERVER} is the oldest supported"
        )));
    }
    if connection.parameter("server_encoding").is_some_and(|encoding| encoding != "UTF8") {
        return Err(PostgresError::Unusable(
            "the database does not store UTF-8; create one with ENCODING 'UTF8'".to_owned(),
        ));
    }
    tokio::task::spawn_local(async move {
        loop {
            match poll_fn(|context| connection.poll_message(context)).await {
                Some(Ok(AsyncMessage::Notification(_))) => announced.send_modify(|count| *count += 1),
                Some(Ok(_)) => {}
                Some(Err(error)) => return tracing::debug!(%error, "a connection to the database ended"),
                None => return,
            }
        }
    });
    Ok(client)
}

/// Logs a statement as it is written, with the types of what is bound to it.
fn log_statement(sql: &str, args: Args<'_>) {
    if tracing::enabled!(target: SQL_LOG, tracing::Level::TRACE) {
        let types: Vec<&str> = args.iter().map(|(_, sql_type)| sql_type.name()).collect();
        tracing::trace!(target: SQL_LOG, backend = "postgres", statement = sql, types = types.join(", "));
    }
}
