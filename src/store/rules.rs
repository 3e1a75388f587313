//! The store's rules, apart from any database: what may be claimed, what a change does to the figures, what may be removed.
//! A backend reads and writes.

use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::delivery::{CircuitOpen, Next, State};
use crate::endpoint::{Endpoint, EndpointId, EventJson, Payload, ResolvedEndpoint};
use crate::event::{Event, Resource};
use crate::record::{Record, RecordKind};
use crate::store::db_codes::{DELIVERED, FAILED, READY, REFUSED_RESULT, SOLO, SUPERSEDED};
use crate::store::inbound::REMEMBERED;
use crate::store::{DeliveryCounts, DeliveryFilter, PrunableLog, PruneFilter, db_codes};

/// The number of a resource's lanes: 64 bits of a hash. Two resources that share one would merely wait for each other.
pub(crate) fn lane_of(resource: &Resource) -> i64 {
    let digest = Sha256::new().chain_update(&resource.kind).chain_update([0]).chain_update(&resource.id).finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_le_bytes(first)
}

/// Where the counters of an endpoint and its rows differ, figure by figure, in words.
pub(crate) fn differences(kept: DeliveryCounts, counted: DeliveryCounts) -> String {
    let pairs = [
        ("pending", kept.waiting, counted.waiting),
        ("processing", kept.processing, counted.processing),
        ("delivered", kept.delivered, counted.delivered),
        ("failed", kept.failed, counted.failed),
        ("superseded", kept.superseded, counted.superseded),
        ("troubled", kept.troubled, counted.troubled),
        ("attempts of the troubled", kept.troubled_attempts, counted.troubled_attempts),
    ];
    let wrong = pairs.into_iter().filter(|(_, kept, counted)| kept != counted);
    let told = wrong.map(|(name, kept, counted)| format!("{name} is {kept}, counting the rows gives {counted}"));
    told.collect::<Vec<_>>().join(", ")
}

/// An endpoint that gets an event, and in which form: the event, or the whole record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventRecipient {
    pub(crate) endpoint: EndpointId,
    /// Whether it is sent the whole record.
    pub(crate) whole_record: bool,
    /// Whether the delivery replaces what waits of its resource.
    pub(crate) coalesces: bool,
}

impl EventRecipient {
    /// An endpoint that is sent the event itself.
    pub(crate) fn plain(endpoint: EndpointId) -> Self {
        Self { endpoint, whole_record: false, coalesces: false }
    }
}

/// Which endpoints get an event, of which `body` is sent, or `whole` where the whole record is asked for and known. Conditions look
/// at what the endpoint would be sent.
pub(crate) fn targets<'a>(
    endpoints: impl IntoIterator<Item = &'a Endpoint>,
    event_type: &str,
    body: &[u8],
    whole: Option<&[u8]>,
) -> Vec<EventRecipient> {
    let (mut event, mut whole) = (EventJson::new(body), whole.map(EventJson::new));
    let wanting = endpoints.into_iter().filter(|it| it.configured && it.settings.wants(event_type));
    let target = |it: &Endpoint| {
        let whole = whole.as_mut().filter(|_| it.settings.payload == Payload::Full);
        let whole_record = whole.is_some();
        let unmet = it.settings.unmet(whole.unwrap_or(&mut event));
        let coalesces = whole_record && it.settings.coalesce;
        unmet.is_none().then_some(EventRecipient { endpoint: it.id, whole_record, coalesces })
    };
    wanting.filter_map(target).collect()
}

/// Whether one of the endpoints is sent the whole record that events of a type are about.
pub(crate) fn wants_whole_record<'a>(endpoints: impl IntoIterator<Item = &'a Endpoint>, event_type: &str) -> bool {
    endpoints
        .into_iter()
        .any(|it| it.configured && it.settings.payload == Payload::Full && it.settings.wants(event_type))
}

/// The body of an event with its whole record, into which it was merged. What deletes a record, or is about a deleted one, leaves
/// nothing to add.
pub(crate) fn whole_body(event: &Event, kind: RecordKind, record: &Record) -> bytes::Bytes {
    match record.exists() && !event.deletes() {
        true => event.body_with(&record.whole_data(kind)),
        false => event.body.clone(),
    }
}

/// Makes a stored endpoint what the configuration says of it. What was learned about an old address says nothing about a new one,
/// so its circuit is closed then.
pub(crate) fn configure(endpoint: &mut Endpoint, new: ResolvedEndpoint, now: Timestamp) {
    let held = endpoint.is_paused_or_unconfigured();
    if new.moved {
        endpoint.circuit = endpoint.circuit.closed();
    }
    endpoint.configured = true;
    endpoint.paused_by = new.paused_by;
    endpoint.name = new.name;
    endpoint.url = new.url;
    endpoint.settings = new.settings;
    if held && !endpoint.is_paused_or_unconfigured() {
        endpoint.resumed_at = now;
    }
}

/// What of a delivery decides in which counters it is counted. When it changes, the delivery moves from one counter to
/// another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CounterKey {
    pub(crate) state: i64,
    pub(crate) attempts: u32,
    pub(crate) failures: u32,
}

impl CounterKey {
    /// Adds it to the figures, or takes it away.
    pub(crate) fn count(self, counts: &mut DeliveryCounts, by: i64) {
        match self.state {
            db_codes::PROCESSING => counts.processing += by,
            db_codes::DELIVERED => counts.delivered += by,
            db_codes::FAILED => counts.failed += by,
            db_codes::SUPERSEDED => counts.superseded += by,
            _ => counts.waiting += by,
        }
        let is_settled = matches!(self.state, db_codes::DELIVERED | db_codes::SUPERSEDED);
        if self.state == db_codes::FAILED || (self.failures > 0 && !is_settled) {
            counts.troubled += by;
            counts.troubled_attempts += by * i64::from(self.attempts);
        }
    }
}

/// How a next step is written: state and reason.
pub(crate) fn written(next: Next) -> (i64, Option<i64>) {
    match next {
        Next::Delivered => (DELIVERED, None),
        Next::RetryAt(_) => (READY, None),
        Next::RunAlone => (SOLO, None),
        Next::Failed(reason) => (FAILED, Some(db_codes::reason_code(reason))),
    }
}

/// How many deliveries of an endpoint may be claimed, of those wanted: none while it is held, one to probe an open circuit.
pub(crate) fn claimable(
    is_held: bool,
    open: Option<CircuitOpen>,
    is_probing: bool,
    wanted: usize,
    now: Timestamp,
) -> usize {
    match open {
        _ if is_held => 0,
        None => wanted,
        Some(open) if open.probe_due(now) && !is_probing => wanted.min(1),
        Some(_) => 0,
    }
}

/// Rates younger than this are never removed: the longest window that is judged by default.
const RATES_KEPT: std::time::Duration = std::time::Duration::from_hours(24);

/// Whether a prune removes a delivery. Asked within its transaction, so that what was replayed a moment ago stays.
pub(crate) fn is_prunable(state: i64, changed_at: Timestamp, what: &PruneFilter) -> bool {
    let is_finished = matches!(state, DELIVERED | FAILED | SUPERSEDED);
    is_finished && what.states.contains(&db_codes::state(state, false)) && changed_at < what.before
}

/// Before when rates may be removed: what health and the failure figures look at stays.
fn rates_pruned_before(before: Timestamp, now: Timestamp) -> Timestamp {
    before.min(now.minus(RATES_KEPT))
}

/// Before when ids that arrived may be removed: they are remembered for [`REMEMBERED`].
fn ids_pruned_before(before: Timestamp, now: Timestamp) -> Timestamp {
    before.min(now.minus(REMEMBERED))
}

/// A log's table, the column that numbers its rows, and in SQL which of them a prune may remove.
pub(crate) fn prunable_rows(
    log: PrunableLog,
    before: Timestamp,
    now: Timestamp,
) -> (&'static str, &'static str, String) {
    let at = before.as_millis();
    match log {
        PrunableLog::Rates => ("rate", "minute", format!("minute < {}", rates_pruned_before(before, now).minute())),
        PrunableLog::Runs => ("run", "id", format!("ended_at < {at}")),
        // What was applied or stale is the memory of seen ids as well; without a timestamp it is kept for good.
        PrunableLog::Received => {
            let seen = ids_pruned_before(before, now).as_millis();
            ("received", "id", format!("at < {at} AND ({REFUSED_RESULT} OR (timestamp IS NOT NULL AND at < {seen}))"))
        }
    }
}

impl DeliveryFilter {
    /// Whether it leaves nothing out.
    pub(super) fn is_everything(&self) -> bool {
        self.states.is_empty() && self.endpoint.is_none() && !self.troubled && self.is_told_by_counters()
    }

    /// Whether an index gives what matches in order, or it is given row by row.
    pub(super) fn is_in_order(&self) -> bool {
        let is_ordered = self.states.is_empty() || self.states == [State::Failed];
        let is_plain = self.is_told_by_counters() && self.endpoint.is_none();
        !self.ids.is_empty() || self.event.is_some() || (is_plain && is_ordered)
    }

    /// Whether [`DeliveryFilter::count`] knows how many match.
    pub(super) fn is_told_by_counters(&self) -> bool {
        let Self {
            states,
            endpoint: _,
            event_type,
            resource_id,
            last_status,
            error,
            event,
            ids,
            since,
            until,
            troubled,
            past,
        } = self;
        let is_plain = event_type.is_none()
            && resource_id.is_none()
            && last_status.is_none()
            && error.is_none()
            && event.is_none()
            && ids.is_empty()
            && since.is_none()
            && until.is_none()
            && past.is_none();
        is_plain && (states.is_empty() || !troubled)
    }

    /// Whether what changed since a time is found by attempts and by what is not delivered, which are at `most` so many to be looked
    /// up one by one. What was superseded is found by neither.
    pub(super) fn is_told_by_changes<'a>(&self, most: u64, counts: impl Iterator<Item = &'a DeliveryCounts>) -> bool {
        let (mut undelivered, mut superseded) = (0, 0);
        for counts in counts {
            undelivered += counts.waiting + counts.processing + counts.failed;
            superseded += counts.superseded;
        }
        let may_be_superseded = self.states.is_empty() || self.states.contains(&State::Superseded);
        self.since.is_some() && undelivered.unsigned_abs() <= most && (superseded == 0 || !may_be_superseded)
    }

    /// How many deliveries to this endpoint match, by its counters.
    pub(super) fn count(&self, endpoint: &Endpoint, counts: &DeliveryCounts) -> i64 {
        if self.endpoint.as_ref().is_some_and(|name| endpoint.name != *name) {
            return 0;
        }
        if self.troubled {
            return counts.troubled;
        }
        let waiting = if endpoint.is_paused_or_unconfigured() { State::Held } else { State::Pending };
        let counted = [
            (waiting, counts.waiting),
            (State::Processing, counts.processing),
            (State::Delivered, counts.delivered),
            (State::Failed, counts.failed),
            (State::Superseded, counts.superseded),
        ];
        let wanted = |state| self.states.is_empty() || self.states.contains(&state);
        counted.into_iter().filter(|(state, _)| wanted(*state)).map(|(_, count)| count).sum()
    }
}
