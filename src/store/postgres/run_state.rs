//! What this process knows of its runs: what they hold, and the endpoints as they were last read.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::claim::{ClaimsByEndpoint, HeldClaim, ScanStart};
use super::connection::Connection;
use super::endpoint_rows::EndpointRow;
use super::{Claim, RunId};
use crate::endpoint::Endpoint;

/// What this process remembers of one of its runs between transactions: its claims, the endpoints, where scans begin.
#[derive(Debug)]
pub(super) struct RunState {
    pub(super) id: RunId,
    /// How many of its transactions were committed.
    pub(super) commits: i64,
    pub(super) flight: ClaimsByEndpoint,
    pub(super) endpoints: Option<Vec<EndpointRow>>,
    pub(super) snapshot: Arc<Vec<Endpoint>>,
    pub(super) lows: HashMap<i64, ScanStart>,
    /// Whether the last transaction failed: it may have been committed.
    pub(super) doubtful: bool,
    /// Whether it is known what the run holds.
    pub(super) is_known: bool,
    /// Attempts that such a transaction had recorded.
    pub(super) settled: BTreeSet<(i64, u32)>,
    /// What such a transaction had claimed: the worker was not told, so it is released.
    pub(super) orphans: Vec<(i64, HeldClaim, bool)>,
    pub(super) asleep: bool,
    pub(super) ended: bool,
    pub(super) connection: Option<Connection>,
}

impl RunState {
    pub(super) fn new(id: RunId) -> Self {
        Self {
            id,
            commits: 0,
            flight: ClaimsByEndpoint::new(),
            endpoints: None,
            snapshot: Arc::default(),
            lows: HashMap::new(),
            doubtful: false,
            is_known: true,
            settled: BTreeSet::new(),
            orphans: Vec::new(),
            asleep: false,
            ended: false,
            connection: None,
        }
    }

    /// The connection of its transactions, to be closed with the run.
    pub(super) fn close(&mut self) {
        self.ended = true;
        self.connection = None;
    }

    pub(super) fn rows(&self) -> &[EndpointRow] {
        self.endpoints.as_deref().unwrap_or_default()
    }

    pub(super) fn held(&self, claim: &Claim) -> bool {
        let held = self.flight.get(&claim.endpoint.0);
        held.is_some_and(|held| held.iter().any(|it| it.id == claim.delivery.0 && it.number == claim.number))
    }

    /// The endpoints for a worker; another allocation only when something it heeds has changed.
    pub(super) fn refresh_snapshot(&mut self) {
        let heeded = |e: &Endpoint| (e.id, e.is_paused_or_unconfigured(), e.circuit.open);
        let same = self.snapshot.len() == self.rows().len()
            && self.snapshot.iter().zip(self.rows()).all(|(old, row)| {
                let new = &row.endpoint;
                heeded(old) == heeded(new) && old.settings == new.settings && old.url == new.url
            });
        if !same {
            self.snapshot = Arc::new(self.rows().iter().map(|row| row.endpoint.clone()).collect());
        }
    }

    pub(super) fn learn_endpoints(&mut self, rows: Vec<EndpointRow>) {
        // Whoever puts something back below what was looked at raises a version. Where none was known, anybody may have.
        if !rows.iter().map(|row| row.version).eq(self.rows().iter().map(|row| row.version)) {
            self.lows.clear();
        }
        self.endpoints = Some(rows);
        self.refresh_snapshot();
    }
}
