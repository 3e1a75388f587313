//! What keeps the queues that the contract is tried on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use syncctl::store::{Access, Location, Run, Store, open};

use crate::support::memory_dir;

/// Something that keeps queues. Everything it made goes with the value.
pub(crate) trait Backend {
    /// A place where no queue is yet, and which nobody else is given.
    fn fresh(&self) -> Location;

    /// Ends a run as the death of its process does: nothing proves its life any more.
    fn kill(&self, run: Run) {
        drop(run);
    }

    /// How many rounds of a randomised test it gets, of those that a queue in a file gets.
    fn rounds(&self, of: u64) -> u64;
}

impl dyn Backend + '_ {
    /// A new queue.
    pub(crate) fn create(&self) -> Arc<dyn Store> {
        open(&self.fresh(), Access::Create).unwrap()
    }
}

/// Queues in files of a directory in memory.
pub(crate) struct Sqlite {
    directory: tempfile::TempDir,
    given: AtomicU64,
}

impl Sqlite {
    #[expect(clippy::unnecessary_wraps, reason = "a backend that a machine may lack returns none")]
    pub(crate) fn start() -> Option<Self> {
        Some(Self { directory: memory_dir(), given: AtomicU64::new(0) })
    }
}

impl Backend for Sqlite {
    fn fresh(&self) -> Location {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        Location::file(self.directory.path().join(format!("{number}/q.db")))
    }

    fn rounds(&self, of: u64) -> u64 {
        of
    }
}

/// Queues in schemas of a server of the test's own.
#[cfg(feature = "postgres")]
pub(crate) struct Postgres {
    cluster: crate::support::cluster::Cluster,
    given: AtomicU64,
}

#[cfg(feature = "postgres")]
impl Postgres {
    /// Starts a server, or says aloud that the machine has none.
    pub(crate) fn start() -> Option<Self> {
        let cluster = crate::support::cluster::Cluster::start_in_memory()?;
        Some(Self { cluster, given: AtomicU64::new(0) })
    }
}

#[cfg(feature = "postgres")]
impl Backend for Postgres {
    fn fresh(&self) -> Location {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        Location::parse(&self.cluster.url_of(&format!("queue_{number}"))).unwrap()
    }

    // Every call is several round trips to another process.
    fn rounds(&self, of: u64) -> u64 {
        of.div_ceil(20)
    }
}

/// Makes each of these promises a test of every backend.
///
/// A promise that is not listed is code that nobody calls, which the compiler finds.
macro_rules! on_every_backend {
    ($($promise:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $promise() { $crate::backend::try_on($crate::backend::Sqlite::start(), super::$promise); })*
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[test] fn $promise() { $crate::backend::try_on($crate::backend::Postgres::start(), super::$promise); })*
        }
    };
}
pub(crate) use on_every_backend;

/// Tries a promise on a backend, where the machine has it.
pub(crate) fn try_on(backend: Option<impl Backend>, promise: fn(&dyn Backend)) {
    if let Some(backend) = backend {
        promise(&backend);
    }
}
