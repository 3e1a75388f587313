//! Looking after the queue: replaying, giving up, removing, and the file itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{DeliveryId, Location};
use crate::clock::Timestamp;
use crate::delivery::{State, Trigger};
use crate::endpoint::Endpoint;

/// Why a replay or a give-up left a delivery as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// It does not exist.
    Unknown,
    /// It is pending already, and was not to be forced.
    Pending,
    /// It is being sent at this moment.
    Processing,
    /// It was delivered, and delivered ones were not included.
    Delivered,
    /// It was given up already.
    Failed,
    /// A newer event of its resource replaced it.
    Superseded,
    /// Its event is not the one that was emitted: the disk changed it.
    Altered,
}

/// Which deliveries a replay or a give-up changed, and which it left as they were, with the reason.
#[derive(Clone, Debug, Default)]
pub struct ChangedDeliveries {
    /// Deliveries changed.
    pub changed: Vec<DeliveryId>,
    /// Deliveries left alone, and why.
    pub skipped: Vec<(DeliveryId, SkipReason)>,
}

/// The options of a replay: whether deliveries that arrived or are pending are sent again as well.
#[derive(Clone, Copy, Debug)]
pub struct Replay {
    /// [`Trigger::Manual`] or [`Trigger::Bulk`].
    pub trigger: Trigger,
    /// Also deliveries that arrived, or that newer ones replaced.
    pub include_delivered: bool,
    /// Also pending ones: due now, with fresh attempts.
    pub include_pending: bool,
}

impl Replay {
    /// Why it leaves a delivery in this state alone, if it does.
    pub fn leaves(self, state: State) -> Option<SkipReason> {
        match state {
            State::Processing => Some(SkipReason::Processing),
            State::Delivered => (!self.include_delivered).then_some(SkipReason::Delivered),
            State::Pending | State::Held => (!self.include_pending).then_some(SkipReason::Pending),
            State::Failed => None,
            State::Superseded => (!self.include_delivered).then_some(SkipReason::Superseded),
        }
    }
}

impl SkipReason {
    /// Why giving up leaves a delivery in this state alone, if it does.
    pub fn by_giving_up(state: State) -> Option<Self> {
        match state {
            State::Processing => Some(Self::Processing),
            State::Delivered => Some(Self::Delivered),
            State::Failed => Some(Self::Failed),
            State::Superseded => Some(Self::Superseded),
            State::Pending | State::Held => None,
        }
    }
}

/// An operator's note that a group of like failures is known, so that only later ones count as new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The name of the cluster.
    pub cluster: String,
    /// When it was acknowledged. A failure after that is news.
    pub at: Timestamp,
    /// What the operator noted.
    pub note: Option<String>,
}

/// What `db info` shows: where the database is, its schema version, engine and size.
#[derive(Clone, Debug)]
pub struct DatabaseInfo {
    /// Where it is.
    pub location: Location,
    /// The version of its schema.
    pub schema: i64,
    /// The newest schema this program knows.
    pub known_schema: i64,
    /// What keeps it: `SQLite`, `PostgreSQL`.
    pub engine: &'static str,
    /// The version of that.
    pub engine_version: String,
    /// Its size.
    pub bytes: u64,
    /// The file, if it is one.
    pub file: Option<FileInfo>,
    /// The server behind it, if it is one.
    pub server: Option<ServerInfo>,
}

/// The settings of a PostgreSQL server on which the queue's safety and speed depend, for `db info` and `doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerInfo {
    /// The host and the port that answered, as the server sees them; none over a socket of the system.
    pub address: Option<String>,
    /// Whether commits reach the disk before they are acknowledged, as its crash needs it.
    pub fsync: bool,
    /// What a commit of ours waits for: `on`, `off`, `local`, `remote_write`, `remote_apply`.
    pub synchronous_commit: String,
    /// Up to where the log grows between checkpoints.
    pub max_wal_bytes: u64,
    /// How full pages are compressed in the log: `off`, `pglz`, `lz4`, `zstd`.
    pub wal_compression: String,
    /// How long the oldest transaction has kept what was deleted since from being cleared away, as far as we may see.
    pub oldest_snapshot: Option<Duration>,
    /// The server's clock minus ours.
    pub clock_ahead_ms: i64,
    /// Whether sessions are reached through a pooler, as the location says.
    pub pooled: bool,
}

/// The SQLite file of a queue: journal mode, log size, free space inside, for `db info`.
#[derive(Clone, Debug)]
pub struct FileInfo {
    /// How it keeps its journal.
    pub journal_mode: String,
    /// Bytes of the write-ahead log beside it.
    pub wal_bytes: u64,
    /// Bytes of the file that are free for what comes.
    pub free_bytes: u64,
}

/// The stored endpoints after the configuration was applied, and those it no longer names.
#[derive(Clone, Debug)]
pub struct StoredEndpoints {
    /// All that are stored.
    pub endpoints: Arc<Vec<Endpoint>>,
    /// Those that were configured until now, and for which something waits.
    pub dropped: Vec<DroppedEndpoint>,
}

impl std::ops::Deref for StoredEndpoints {
    type Target = [Endpoint];

    fn deref(&self) -> &[Endpoint] {
        &self.endpoints
    }
}

/// An endpoint that the configuration no longer names although deliveries wait for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedEndpoint {
    /// Its name.
    pub name: String,
    /// Its deliveries that are not finished.
    pub unfinished: i64,
}

/// What a backup made: its size, and events in it that the disk had changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// Its size.
    pub bytes: u64,
    /// The events in it that are not the ones that were emitted, in words.
    pub findings: Vec<String>,
}

/// The process that keeps the database locked, for the message when a command cannot write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockHolder {
    /// Its id.
    pub pid: u32,
    /// Its name, at most 15 characters of it.
    pub name: String,
}

/// Whether the disk below the queue can take more: full, read-only, size of the write-ahead log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Storage {
    /// Whether not even a little more fits on it.
    pub full: bool,
    /// Whether the file system is mounted read-only.
    pub read_only: bool,
    /// Bytes of the write-ahead log. It grows as long as a reader keeps one old state of the queue.
    pub wal_bytes: u64,
}

/// What keeps a queue's file from being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteObstacle {
    /// The file system is mounted read-only.
    ReadOnlyFileSystem,
    /// This user may not write the file, or the directory in which it and its log are.
    Permission(PathBuf),
}

/// The file system on which a queue's file lies: its kind and free space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// The kind of its file system, such as `ext4` or `nfs4`.
    pub kind: Option<String>,
    /// Bytes that are free for us.
    pub free_bytes: Option<u64>,
}

/// How many runs have not ended: those that are alive, and those that died.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenRuns {
    /// Those whose lock is held.
    pub alive: u64,
    /// Those whose lock is free: the next worker releases their claims.
    pub dead: u64,
}

/// Which finished deliveries `db prune` removes: their states, endpoint and age.
#[derive(Clone, Debug)]
pub struct PruneFilter {
    /// Deliveries in one of these states; only finished ones are ever removed.
    pub states: Vec<State>,
    /// To the endpoint of this name, if one is named.
    pub endpoint: Option<String>,
    /// Last changed before.
    pub before: Timestamp,
    /// Where the last batch ended; the lowest id to begin with.
    pub after: DeliveryId,
}

/// How many rows one batch of `db prune` removed, and where the next batch begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PruneResult {
    /// Deliveries removed.
    pub deliveries: u64,
    /// Attempts removed with them.
    pub attempts: u64,
    /// Events removed, because nothing of theirs is left.
    pub events: u64,
    /// Where the next batch begins; none when this was the last.
    pub next: Option<DeliveryId>,
}

/// A log that `db prune` shortens without touching any delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrunableLog {
    /// Attempts counted by the minute.
    Rates,
    /// Runs that ended.
    Runs,
    /// Webhooks that arrived: the inbound part of the audit log, and the memory of seen ids.
    Received,
}

impl PrunableLog {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rates, Self::Runs, Self::Received];
}

/// How many rows of a log one batch removed, and where the next batch begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogPruneResult {
    /// Rows removed.
    pub rows: u64,
    /// Where the next batch begins; none when this was the last.
    pub next: Option<i64>,
}
