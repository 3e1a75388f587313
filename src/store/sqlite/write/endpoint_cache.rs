//! The rows every write needs, kept in the writer's memory: endpoints with their figures, kinds and rates.
//!
//! They are valid as long as nobody else wrote (`PRAGMA data_version`), are changed in memory, and are written back at the end
//! of each write, inside its transaction.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, Row, named_params, params};

use crate::clock::Timestamp;
use crate::delivery::{CircuitOpen, CircuitState, OpenCause, Outcome};
use crate::endpoint::{Endpoint, EndpointId, EndpointUrl, UsedUntil};
use crate::signature::Fingerprint;
use crate::store::rules::CounterKey;
use crate::store::sqlite::error;
use crate::store::{DeliveryCounts, db_codes};

/// An endpoint in the writer's cache: its settings, its counts, and the delivery that probes its open circuit.
#[derive(Clone, Debug)]
pub(crate) struct EndpointRow {
    pub(crate) endpoint: Endpoint,
    pub(crate) counts: DeliveryCounts,
    pub(crate) probe: Option<i64>,
    changed: bool,
}

/// The rows that nearly every write needs (endpoints, counts, event types), kept in the writer's memory while no other
/// process writes.
#[derive(Debug, Default)]
pub(crate) struct EndpointCache {
    data_version: Option<i64>,
    endpoints: Vec<EndpointRow>,
    kinds: HashMap<(String, String), i64>,
    event_types: HashMap<i64, Arc<str>>,
    rates: BTreeMap<(i64, i64, i64), (i64, i64)>,
    new_events: i64,
    /// The sender seen last, and when that was written.
    sender: Option<(String, Fingerprint, Timestamp)>,
    snapshot: Option<Arc<Vec<Endpoint>>>,
    pub(crate) last_claim: Option<Timestamp>,
}

impl EndpointCache {
    /// Drops what was read and changed: the transaction it belonged to is undone.
    pub(crate) fn invalidate(&mut self) {
        self.data_version = None;
        self.endpoints.clear();
        self.kinds.clear();
        self.event_types.clear();
        self.rates.clear();
        self.new_events = 0;
        self.sender = None;
        self.snapshot = None;
        self.last_claim = None;
    }

    /// Reads everything again if another connection wrote, or if it was forgotten. Returns whether it was still valid.
    pub(crate) fn refresh(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        let version: i64 = connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.data_version == Some(version) {
            return Ok(true);
        }
        self.invalidate();
        self.endpoints = load(connection)?;
        self.data_version = Some(version);
        Ok(false)
    }

    /// Every endpoint as it stands within the transaction.
    pub(crate) fn endpoints(&mut self, connection: &Connection) -> rusqlite::Result<&mut Vec<EndpointRow>> {
        if self.data_version.is_none() {
            self.refresh(connection)?;
        }
        Ok(&mut self.endpoints)
    }

    /// One endpoint, to be changed.
    pub(crate) fn change(&mut self, id: EndpointId) -> Option<&mut EndpointRow> {
        let found = self.endpoints.iter_mut().find(|row| row.endpoint.id == id)?;
        found.changed = true;
        Some(found)
    }

    /// One endpoint.
    pub(crate) fn endpoint(&self, id: EndpointId) -> Option<&EndpointRow> {
        self.endpoints.iter().find(|row| row.endpoint.id == id)
    }

    /// Takes note of an endpoint that was just inserted.
    pub(crate) fn add(&mut self, endpoint: Endpoint) {
        self.endpoints.push(EndpointRow { endpoint, counts: DeliveryCounts::default(), probe: None, changed: false });
        self.snapshot = None;
    }

    /// Takes note of an endpoint's new name.
    pub(crate) fn rename(&mut self, id: EndpointId, name: &str) {
        if let Some(row) = self.endpoints.iter_mut().find(|row| row.endpoint.id == id) {
            row.endpoint.name = name.to_owned();
        }
        self.snapshot = None;
    }

    /// The endpoints for a worker; rebuilt only when something it heeds has changed.
    pub(crate) fn snapshot(&mut self, connection: &Connection) -> rusqlite::Result<Arc<Vec<Endpoint>>> {
        self.endpoints(connection)?;
        let heeded = |e: &Endpoint| (e.id, e.is_paused_or_unconfigured(), e.circuit.open);
        let same = |old: &Arc<Vec<Endpoint>>| {
            old.len() == self.endpoints.len()
                && old.iter().zip(&self.endpoints).all(|(a, b)| {
                    heeded(a) == heeded(&b.endpoint) && a.settings == b.endpoint.settings && a.url == b.endpoint.url
                })
        };
        match &self.snapshot {
            Some(old) if same(old) => Ok(Arc::clone(old)),
            _ => {
                let new = Arc::new(self.endpoints.iter().map(|row| row.endpoint.clone()).collect::<Vec<_>>());
                self.snapshot = Some(Arc::clone(&new));
                Ok(new)
            }
        }
    }

    /// Moves a delivery in the figures: from what it was, if it was, to what it is, if it is.
    pub(crate) fn count_transition(
        &mut self,
        endpoint: EndpointId,
        before: Option<CounterKey>,
        after: Option<CounterKey>,
    ) {
        if let Some(row) = self.change(endpoint) {
            before.into_iter().for_each(|part| part.count(&mut row.counts, -1));
            after.into_iter().for_each(|part| part.count(&mut row.counts, 1));
        }
    }

    /// Counts an attempt that ended.
    pub(crate) fn count_attempt(&mut self, endpoint: EndpointId, kind: i64, outcome: Outcome, at: Timestamp) {
        let (delivered, failed) = self.rates.entry((at.minute(), endpoint.0, kind)).or_default();
        let Some(row) = self.endpoints.iter_mut().find(|row| row.endpoint.id == endpoint) else { return };
        row.changed = true;
        match outcome {
            Outcome::Delivered { .. } => {
                *delivered += 1;
                row.endpoint.last_success_at = row.endpoint.last_success_at.max(Some(at));
            }
            Outcome::Interrupted => {}
            Outcome::Rejected { .. } | Outcome::Unreachable | Outcome::Refused | Outcome::TimedOut => {
                *failed += 1;
                row.endpoint.last_failure_at = row.endpoint.last_failure_at.max(Some(at));
            }
        }
    }

    /// Whether this sender was the last one seen, less than a second before `now`; else it is from here on.
    pub(crate) fn saw_lately(&mut self, source: &str, secret: Fingerprint, now: Timestamp) -> bool {
        let lately = |at: Timestamp| at <= now && now.since(at) < Duration::from_secs(1);
        if self.sender.as_ref().is_some_and(|(from, with, at)| from == source && *with == secret && lately(*at)) {
            return true;
        }
        self.sender = Some((source.to_owned(), secret, now));
        false
    }

    /// Counts a stored event.
    pub(crate) fn stored_event(&mut self) {
        self.new_events += 1;
    }

    /// Counts an event that was removed.
    pub(crate) fn removed_event(&mut self) {
        self.new_events -= 1;
    }

    /// The number of a kind of event, stored on first use.
    pub(crate) fn kind(&mut self, connection: &Connection, event: &str, resource: &str) -> rusqlite::Result<i64> {
        let key = (event.to_owned(), resource.to_owned());
        if let Some(id) = self.kinds.get(&key) {
            return Ok(*id);
        }
        connection
            .prepare_cached("INSERT INTO kind (type, resource_type) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![event, resource])?;
        let id = connection
            .prepare_cached("SELECT id FROM kind WHERE type = ?1 AND resource_type = ?2")?
            .query_row(params![event, resource], |row| row.get(0))?;
        self.kinds.insert(key, id);
        Ok(id)
    }

    /// The event type of a kind.
    pub(crate) fn event_type(&mut self, connection: &Connection, kind: i64) -> rusqlite::Result<Arc<str>> {
        if let Some(event_type) = self.event_types.get(&kind) {
            return Ok(Arc::clone(event_type));
        }
        let event_type: Arc<str> = connection
            .prepare_cached("SELECT type FROM kind WHERE id = ?1")?
            .query_row([kind], |row| row.get::<_, Box<str>>(0))?
            .into();
        self.event_types.insert(kind, Arc::clone(&event_type));
        Ok(event_type)
    }

    /// Writes back what changed.
    pub(crate) fn flush(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        for row in self.endpoints.iter_mut().filter(|row| row.changed) {
            save(connection, row)?;
            row.changed = false;
        }
        for ((minute, endpoint, kind), (delivered, failed)) in std::mem::take(&mut self.rates) {
            connection
                .prepare_cached(
                    "INSERT INTO rate VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE
                     SET delivered = delivered + excluded.delivered, failed = failed + excluded.failed",
                )?
                .execute(params![minute, endpoint, kind, delivered, failed])?;
        }
        if self.new_events != 0 {
            connection
                .prepare_cached("UPDATE figure SET value = value + ?1 WHERE name = 'events'")?
                .execute([self.new_events])?;
            self.new_events = 0;
        }
        Ok(())
    }
}

/// Reads every endpoint, in the order they were first named.
pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Vec<EndpointRow>> {
    connection.prepare_cached("SELECT * FROM endpoint ORDER BY id")?.query_map([], read)?.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<EndpointRow> {
    let time = |name: &str| row.get::<_, Option<i64>>(name).map(|t| t.map(Timestamp::from_millis));
    let settings: String = row.get("settings")?;
    let url: String = row.get("url")?;
    let open = match (time("rest_since")?, time("rest_until")?) {
        (Some(since), Some(until)) => Some(CircuitOpen {
            since,
            until,
            probes: row.get("rest_probes")?,
            cause: if row.get::<_, i64>("rest_cause")? == 0 { OpenCause::Unanswered } else { OpenCause::RetryAfter },
        }),
        _ => None,
    };
    let endpoint = Endpoint {
        id: EndpointId(row.get("id")?),
        name: row.get("name")?,
        url: EndpointUrl::parse(&url).map_err(|e| error::unreadable("url", &e))?,
        settings: serde_json::from_str(&settings).map_err(|e| error::unreadable("settings", &e))?,
        configured: row.get("configured")?,
        paused_by: db_codes::paused_by(row.get("paused_by")?),
        circuit: CircuitState {
            consecutive_failures: row.get("strikes")?,
            open,
            answers: row.get("answers")?,
            opened_after: row.get("opened_after")?,
            doubted: row.get("doubted")?,
        },
        rate_used_until: UsedUntil(row.get("rate_used_until")?),
        resumed_at: time("awake_since")?.unwrap_or_default(),
        last_success_at: time("last_success_at")?,
        last_failure_at: time("last_failure_at")?,
    };
    let counts = DeliveryCounts {
        waiting: row.get("pending")?,
        processing: row.get("processing")?,
        delivered: row.get("delivered")?,
        failed: row.get("failed")?,
        superseded: row.get("superseded")?,
        troubled: row.get("troubled")?,
        troubled_attempts: row.get("troubled_attempts")?,
    };
    Ok(EndpointRow { endpoint, counts, probe: row.get("probe")?, changed: false })
}

fn save(connection: &Connection, row: &EndpointRow) -> rusqlite::Result<()> {
    let EndpointRow { endpoint, counts, probe, .. } = row;
    let open = endpoint.circuit.open;
    connection
        .prepare_cached(
            "UPDATE endpoint SET configured = :configured, paused_by = :paused_by, strikes = :strikes,
                rest_since = :rest_since, rest_until = :rest_until, rest_probes = :rest_probes, rest_cause = :rest_cause,
                probe = :probe, awake_since = :awake_since, last_success_at = :success, last_failure_at = :failure,
                pending = :pending, processing = :processing, delivered = :delivered, failed = :failed, superseded = :superseded,
                troubled = :troubled, troubled_attempts = :troubled_attempts,
                answers = :answers, opened_after = :opened_after, doubted = :doubted,
                rate_used_until = :rate_used_until
             WHERE id = :id",
        )?
        .execute(named_params! {
            ":id": endpoint.id.0,
            ":configured": endpoint.configured,
            ":paused_by": endpoint.paused_by.map(db_codes::paused_by_code),
            ":strikes": endpoint.circuit.consecutive_failures,
            ":rest_since": open.map(|r| r.since.as_millis()),
            ":rest_until": open.map(|r| r.until.as_millis()),
            ":rest_probes": open.map_or(0, |r| r.probes),
            ":rest_cause": open.map_or(0, |r| i64::from(r.cause == OpenCause::RetryAfter)),
            ":probe": probe,
            ":awake_since": endpoint.resumed_at.as_millis(),
            ":success": endpoint.last_success_at.map(Timestamp::as_millis),
            ":failure": endpoint.last_failure_at.map(Timestamp::as_millis),
            ":pending": counts.waiting,
            ":processing": counts.processing,
            ":delivered": counts.delivered,
            ":failed": counts.failed,
            ":superseded": counts.superseded,
            ":troubled": counts.troubled,
            ":troubled_attempts": counts.troubled_attempts,
            ":answers": endpoint.circuit.answers,
            ":opened_after": endpoint.circuit.opened_after,
            ":doubted": endpoint.circuit.doubted,
            ":rate_used_until": endpoint.rate_used_until.0,
        })?;
    Ok(())
}
