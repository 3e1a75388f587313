//! What a replay or a give-up would change: looked at first, and done only if it is still the same.
//!
//! A plan is not kept anywhere. It has a digest of every delivery it means; the client that applies it sends the
//! digest, the plan is made again, and another digest refuses it.

use sha2::{Digest as _, Sha256};

use super::response::Problem;
use crate::delivery::{State, Trigger};
use crate::monitor::failure_clusters::{ClusterName, ClusterPrefix};
use crate::store::{DeliveryFilter, DeliveryId, DeliveryRow, Page, Replay, Result, SkipReason, Store};

/// Rows read or changed at a time.
const CHUNK: u64 = 1_000;
/// The most deliveries of one plan; of more, the oldest are meant.
pub(super) const MAX_PLANNED: usize = 20_000;
/// Deliveries that are shown of a plan.
pub(super) const SHOWN: usize = 20;

/// What is done to many deliveries at once: replay them, or give them up.
#[derive(Clone, Copy, Debug)]
pub(super) enum BulkAction {
    /// Deliver them again.
    Replay {
        /// Also those that arrived.
        include_delivered: bool,
        /// Also those that are pending.
        force: bool,
    },
    /// Give them up.
    GiveUp,
}

impl BulkAction {
    /// What the audit log calls it.
    pub(super) fn action(self) -> &'static str {
        match self {
            Self::Replay { .. } => "delivery.replay",
            Self::GiveUp => "delivery.give-up",
        }
    }

    /// What was done, in a word.
    pub(super) fn done(self) -> &'static str {
        match self {
            Self::Replay { .. } => "replayed",
            Self::GiveUp => "given up",
        }
    }

    /// Why it leaves a delivery in this state alone, if it does.
    fn leaves(self, state: State) -> Option<SkipReason> {
        match self {
            Self::Replay { .. } => self.replay(Trigger::Bulk).leaves(state),
            Self::GiveUp => SkipReason::by_giving_up(state),
        }
    }

    fn replay(self, trigger: Trigger) -> Replay {
        let (include_delivered, include_pending) = match self {
            Self::Replay { include_delivered, force } => (include_delivered, force),
            Self::GiveUp => (false, false),
        };
        Replay { trigger, include_delivered, include_pending }
    }

    /// The states that a filter without states means: those that this changes.
    fn states(self) -> Vec<State> {
        State::ALL.into_iter().filter(|state| self.leaves(*state).is_none()).collect()
    }

    /// Does it, a chunk of deliveries at a time; returns those that changed and those that were left alone.
    pub(super) fn apply(
        self,
        store: &dyn Store,
        plan: &BulkPlan,
        trigger: Trigger,
        now: crate::clock::Timestamp,
    ) -> Result<BulkResult> {
        let mut applied = BulkResult::default();
        for chunk in plan.ids.chunks(usize::try_from(CHUNK).unwrap_or(usize::MAX)) {
            let ids = chunk.to_vec();
            let changed = match self {
                Self::Replay { .. } => store.replay(ids, self.replay(trigger), now).wait()?,
                Self::GiveUp => store.give_up(ids, now).wait()?,
            };
            applied.changed.extend(changed.changed);
            applied.left.extend(changed.skipped);
        }
        Ok(applied)
    }
}

/// Which deliveries a bulk action changed, and which it left alone.
#[derive(Debug, Default)]
pub(super) struct BulkResult {
    /// Deliveries changed.
    pub(super) changed: Vec<DeliveryId>,
    /// Deliveries left alone, and why.
    pub(super) left: Vec<(DeliveryId, SkipReason)>,
}

/// Which deliveries a bulk action is meant for: some by number, or all that match a filter.
#[derive(Clone, Debug)]
pub(super) enum Selection {
    /// These, one by one.
    Named(Vec<DeliveryId>),
    /// Those that match and, if one is named, belong to that cluster of failures.
    Matching(Box<DeliveryFilter>, Option<ClusterPrefix>),
}

/// What a bulk action would change, shown before it is carried out; its digest tells whether it is still the same.
#[derive(Debug, Default)]
pub(super) struct BulkPlan {
    /// The deliveries that would be changed, the oldest first.
    pub(super) ids: Vec<DeliveryId>,
    /// The first of them, at most [`SHOWN`].
    pub(super) first: Vec<DeliveryRow>,
    /// The endpoints they go to.
    pub(super) endpoints: std::collections::BTreeMap<String, usize>,
    /// Those that would be left alone, and why.
    pub(super) left: Vec<(DeliveryId, SkipReason)>,
    /// Those of which a newer event of the same resource was delivered already, at most those of the first thousand.
    pub(super) overtaken: Vec<DeliveryId>,
    /// Whether more match than one plan may have.
    pub(super) cut: bool,
    /// What identifies the plan.
    pub(super) digest: String,
}

impl BulkPlan {
    /// Reads what `verb` would do with `selection`. A delivery that is named and not there is left alone as unknown.
    pub(super) fn make(store: &dyn Store, verb: BulkAction, selection: &Selection) -> Result<Self> {
        let mut plan = Self::default();
        let mut digest = Sha256::new();
        digest.update(format!("{verb:?}"));
        match selection {
            Selection::Named(ids) => {
                let mut ids = ids.clone();
                ids.sort_unstable();
                ids.dedup();
                for ids in ids.chunks(500) {
                    let filter = DeliveryFilter { ids: ids.to_vec(), ..DeliveryFilter::default() };
                    let rows = read(store, &filter, CHUNK)?;
                    let missing = ids.iter().filter(|id| rows.iter().all(|row| row.id != **id));
                    plan.left.extend(missing.map(|id| (*id, SkipReason::Unknown)));
                    rows.into_iter().for_each(|row| plan.add(row, verb, &mut digest));
                }
            }
            Selection::Matching(filter, cluster) => {
                let is_meant =
                    |row: &DeliveryRow| cluster.as_ref().is_none_or(|cluster| cluster.matches(ClusterName::of(row)));
                let mut filter = (**filter).clone();
                if filter.states.is_empty() {
                    filter.states = verb.states();
                }
                filter.past = None;
                loop {
                    let rows = read(store, &filter, CHUNK)?;
                    let is_last = (rows.len() as u64) < CHUNK;
                    filter.past = rows.last().map(|row| row.id);
                    rows.into_iter().filter(is_meant).for_each(|row| plan.add(row, verb, &mut digest));
                    plan.cut = plan.ids.len() >= MAX_PLANNED && !is_last;
                    if is_last || plan.cut {
                        break;
                    }
                }
            }
        }
        if matches!(verb, BulkAction::Replay { .. }) {
            plan.overtaken = store.overtaken(plan.ids.iter().copied().take(1_000).collect()).wait()?;
        }
        plan.digest = hex::encode(&digest.finalize()[..16]);
        Ok(plan)
    }

    fn add(&mut self, row: DeliveryRow, verb: BulkAction, digest: &mut Sha256) {
        if let Some(why) = verb.leaves(row.state) {
            return self.left.push((row.id, why));
        }
        digest.update(format!(";{}:{}:{}:{}", row.id.0, row.state.name(), row.attempts, row.changed_at.as_millis()));
        self.ids.push(row.id);
        *self.endpoints.entry(row.endpoint.clone()).or_default() += 1;
        if self.first.len() < SHOWN {
            self.first.push(row);
        }
    }

    /// Refuses a plan that is not the one that was shown.
    pub(super) fn require(&self, digest: &str) -> std::result::Result<(), Problem> {
        match self.digest == digest {
            true => Ok(()),
            false => Err(Problem::conflict(
                "nothing was changed: the deliveries of the plan changed since it was created; review a new one",
            )),
        }
    }
}

fn read(store: &dyn Store, filter: &DeliveryFilter, limit: u64) -> Result<Vec<DeliveryRow>> {
    store.page_of_deliveries(filter, Page { limit, number: 1, oldest_first: true }).wait()
}
