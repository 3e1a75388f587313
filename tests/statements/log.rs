//! Collects the statements that the store logs.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Mutex;

use syncctl::store::SQL_LOG;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// A statement, and the types of what was bound to it, where the backend tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Statement {
    backend: String,
    pub(crate) sql: String,
    pub(crate) types: String,
}

impl Statement {
    /// Whether the database plans it, unlike what begins a transaction or sets something.
    pub(crate) fn has_plan(&self) -> bool {
        let verbs = ["SELECT", "UPDATE", "DELETE", "WITH", "INSERT"];
        verbs.iter().any(|verb| self.sql.trim_start().starts_with(verb))
    }
}

static SEEN: Mutex<BTreeSet<Statement>> = Mutex::new(BTreeSet::new());

/// Begins to collect: what is opened from now on logs its statements.
pub(crate) fn start() {
    // The other test of this program may have begun.
    let _ = tracing_subscriber::registry().with(Collector).try_init();
}

/// The statements that a backend has run once `work` is done, each once.
pub(crate) fn statements_of(backend: &str, work: impl FnOnce()) -> Vec<Statement> {
    work();
    SEEN.lock().unwrap().iter().filter(|statement| statement.backend == backend).cloned().collect()
}

struct Collector;

impl<S: Subscriber> Layer<S> for Collector {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == SQL_LOG && *metadata.level() == Level::TRACE
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        SEEN.lock().unwrap().insert(statement);
    }
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "backend" => self.backend = value.to_owned(),
            "statement" => self.sql = value.to_owned(),
            "types" => self.types = value.to_owned(),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
