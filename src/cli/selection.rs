//! Selects the deliveries that a command works on: by ids, from standard input, or by filters.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead as _;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::filter::FilterArgs;
use crate::delivery::State;
use crate::event::EventId;
use crate::monitor::failure_clusters::{ClusterName, ClusterPrefix};
use crate::store::{DeliveryFilter, DeliveryId, DeliveryRow, EventRow, Page, SkipReason, Store};
use crate::untrusted::Untrusted;

/// Rows read at a time while selecting: each is far larger than what is kept of it.
const PAGE: u64 = 1_000;

/// The ids and filters by which a command chooses deliveries.
#[derive(Debug, clap::Args)]
pub struct SelectionArgs {
    /// Event id or evt#N for all its deliveries, or a delivery number
    #[arg(value_name = "ID", conflicts_with_all = ["since", "until", "event_type", "resource", "status", "error"])]
    ids: Vec<String>,
    /// Read ids from standard input, one per line
    #[arg(long, conflicts_with = "ids", hide_short_help = true)]
    pub(super) stdin: bool,
    #[command(flatten)]
    sent: FilterArgs,
}

/// A delivery that a command is to change: only what is needed, because a filter may select a million.
#[derive(Clone, Copy, Debug)]
pub(super) struct SelectedDelivery {
    /// Which delivery.
    pub(super) id: DeliveryId,
    state: State,
    /// Its endpoint's place among the names.
    endpoint: u32,
}

/// The deliveries that ids and filters select, before it is decided what changes.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// Deliveries, oldest first.
    pub(super) selected: Vec<SelectedDelivery>,
    /// The names of their endpoints, each once.
    endpoints: Vec<String>,
    /// The events of those that were named, by their own number or by that of the event.
    events: BTreeMap<DeliveryId, i64>,
    /// Those that were named by their own number.
    numbers: BTreeSet<DeliveryId>,
    /// Named events without deliveries.
    pub(super) undelivered: Vec<EventRow>,
    /// Whether a filter selected the deliveries.
    by_filter: bool,
}

/// What a command such as `replay` would change: shown by `--dry-run`, asked about, then carried out.
#[derive(Debug, Default)]
pub(super) struct SelectionPlan {
    /// Deliveries that it changes.
    pub(super) changes: Vec<SelectedDelivery>,
    /// The names of the endpoints of all that were selected.
    endpoints: Vec<String>,
    /// Deliveries that it leaves alone, because their event was named and others of it can be changed.
    pub(super) skipped: Vec<(DeliveryId, SkipReason)>,
    /// Deliveries that were named by their own number and cannot be changed.
    pub(super) refused: Vec<(DeliveryId, SkipReason)>,
    /// Whether a filter selected the deliveries, rather than ids.
    pub(super) by_filter: bool,
    /// Events without deliveries, which get some.
    pub(super) events_without_deliveries: Vec<EventId>,
    /// The number of deliveries that those get.
    pub(super) new_deliveries: usize,
}

/// The event or delivery that an id names. Every command uses the same rule: `#N` is the event emitted Nth, a bare number is a
/// delivery, and everything else is an event's id.
pub(super) enum EventOrDelivery {
    Delivery(DeliveryId),
    Event(EventId),
}

impl SelectionArgs {
    /// Whether deliveries were named one by one.
    pub(super) fn is_by_id(&self) -> bool {
        !self.ids.is_empty() || self.stdin
    }

    /// The ids on the command line.
    pub(super) fn named(&self) -> &[String] {
        &self.ids
    }

    /// The endpoint of the filter, if it has one.
    pub(super) fn endpoint(&self) -> Option<&str> {
        self.sent.endpoint.as_deref()
    }

    /// Whether any filter is given.
    pub(super) fn is_narrowed(&self) -> bool {
        self.sent.is_narrowed()
    }

    /// Selects the matching deliveries that are in one of `states`, if any are given. An empty list of ids selects nothing.
    pub(super) fn select(&self, context: &Context, store: &dyn Store, states: &[State]) -> Result<Selection, CliError> {
        self.sent.check_endpoint(store, context.now)?;
        let filter = DeliveryFilter { states: states.to_vec(), ..self.sent.deliveries(context.now)? };
        if !self.is_by_id() {
            let mut found = Selection { by_filter: true, ..Selection::default() };
            each(store, &filter, true, |row| found.add(&row))?;
            return Ok(found);
        }
        let given = if self.stdin { read_ids()? } else { self.ids.clone() };
        self.select_named(store, &given, &filter)
    }

    /// Selects the failed deliveries of a cluster.
    pub(super) fn select_cluster(
        &self,
        context: &Context,
        store: &dyn Store,
        cluster: &ClusterPrefix,
    ) -> Result<Selection, CliError> {
        self.sent.check_endpoint(store, context.now)?;
        let filter = DeliveryFilter { states: vec![State::Failed], ..self.sent.deliveries(context.now)? };
        let mut found = Selection { by_filter: true, ..Selection::default() };
        let mut names = BTreeSet::new();
        each(store, &filter, true, |row| {
            let name = ClusterName::of(&row);
            if cluster.matches(name) {
                names.insert(name);
                found.add(&row);
            }
        })?;
        match (names.len(), names.first()) {
            (0 | 1, None) => Err(no_cluster(cluster)),
            (1, _) => Ok(found),
            (_, name) => Err(name.map_or_else(|| no_cluster(cluster), |name| several_clusters(cluster, *name))),
        }
    }

    fn select_named(
        &self,
        store: &dyn Store,
        given: &[String],
        filter: &DeliveryFilter,
    ) -> Result<Selection, CliError> {
        let mut selected = Selection::default();
        let mut named = Vec::new();
        for id in given {
            match name(store, id)? {
                Some(EventOrDelivery::Delivery(id)) => drop(selected.numbers.insert(id)),
                Some(EventOrDelivery::Event(event)) => named.push(event),
                None => return Err(Exit::Usage.error(format!("`{}` is neither an id nor a number", Untrusted(id)))),
            }
        }
        let numbers: Vec<DeliveryId> = selected.numbers.iter().copied().collect();
        let mut known = Vec::new();
        for ids in numbers.chunks(500) {
            known.extend(all(store, &DeliveryFilter { ids: ids.to_vec(), ..DeliveryFilter::default() })?);
        }
        let found: BTreeSet<DeliveryId> = known.iter().map(|row| row.id).collect();
        if let Some(missing) = numbers.iter().find(|id| !found.contains(id)) {
            return Err(Exit::NoInput
                .error(format!("there is no delivery {}", missing.0))
                .hint("list them with `syncctl deliveries list`"));
        }
        for event in named {
            let rows = all(store, &DeliveryFilter { event: Some(event.clone()), ..DeliveryFilter::default() })?;
            if rows.is_empty() {
                selected.undelivered.push(undelivered(store, &event)?);
            }
            known.extend(rows);
        }
        let before = known.len();
        known.retain(|row| matches(row, filter));
        if !self.stdin && before > 0 && known.is_empty() {
            return Err(Exit::NoInput.error("the named deliveries exist, but do not match the other options"));
        }
        known.sort_unstable_by_key(|row| row.id);
        known.dedup_by_key(|row| row.id);
        known.iter().for_each(|row| selected.add(row));
        Ok(selected)
    }
}

impl Selection {
    /// Adds a delivery, which is newer than those before it.
    fn add(&mut self, row: &DeliveryRow) {
        let place = self.endpoints.iter().position(|name| *name == row.endpoint).unwrap_or_else(|| {
            self.endpoints.push(row.endpoint.clone());
            self.endpoints.len() - 1
        });
        let endpoint = u32::try_from(place).expect("a queue has fewer endpoints");
        self.selected.push(SelectedDelivery { id: row.id, state: row.state, endpoint });
        if !self.by_filter {
            self.events.insert(row.id, row.event.seq);
        }
    }

    /// Splits the selection into deliveries to change and those that `left` says to leave alone.
    ///
    /// Of a named event, whichever deliveries can be changed are meant; a delivery named by its number is meant itself.
    pub(super) fn plan(self, left: impl Fn(State) -> Option<SkipReason>) -> SelectionPlan {
        let mut alone = Vec::new();
        // In place: there may be a million.
        let mut changes = self.selected;
        changes.retain(|row| match left(row.state) {
            Some(why) => {
                alone.push((row.id, why));
                false
            }
            None => true,
        });
        let (endpoints, by_filter) = (self.endpoints, self.by_filter);
        let mut plan = SelectionPlan { changes, endpoints, by_filter, ..SelectionPlan::default() };
        if alone.is_empty() {
            return plan;
        }
        let event_of = |id| self.events.get(&id);
        let served: BTreeSet<&i64> = plan.changes.iter().filter_map(|row| event_of(row.id)).collect();
        for (id, why) in alone {
            let is_served = event_of(id).is_some_and(|event| served.contains(event));
            let others_are_meant = is_served && !self.numbers.contains(&id);
            if others_are_meant { &mut plan.skipped } else { &mut plan.refused }.push((id, why));
        }
        plan
    }
}

impl SelectionPlan {
    /// How many endpoints the deliveries that are changed go to.
    pub(super) fn endpoint_count(&self) -> usize {
        let mut is_met = vec![false; self.endpoints.len()];
        self.changes.iter().for_each(|selected| is_met[selected.endpoint as usize] = true);
        is_met.into_iter().filter(|is_met| *is_met).count()
    }

    /// The rows of the first deliveries that are changed.
    pub(super) fn first(&self, store: &dyn Store, limit: usize) -> Result<Vec<DeliveryRow>, CliError> {
        let ids: Vec<DeliveryId> = self.changes.iter().take(limit).map(|selected| selected.id).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        all(store, &DeliveryFilter { ids, ..DeliveryFilter::default() })
    }
}

pub(super) fn no_cluster(prefix: &ClusterPrefix) -> CliError {
    Exit::NoInput
        .error(format!("no matching failure is in a cluster {prefix}"))
        .hint("list them with `syncctl failures clusters --all`")
}

pub(super) fn several_clusters(prefix: &ClusterPrefix, first: ClusterName) -> CliError {
    Exit::Usage
        .error(format!("the names of several clusters begin with {prefix}"))
        .hint(format!("use a longer prefix, such as {first}"))
}

/// The event or delivery that an id names, if there is one.
///
/// An event whose id is a number is found by it, unless a delivery of another event has that number: then the id is ambiguous.
pub(super) fn name(store: &dyn Store, id: &str) -> Result<Option<EventOrDelivery>, CliError> {
    // `evt#3`, as reports write the third event.
    let digits = id.strip_prefix("evt").unwrap_or(id).strip_prefix('#');
    if let Some(seq) = digits.and_then(|seq| seq.parse().ok()) {
        let found = store.event_by_seq(seq).wait()?.ok_or_else(|| no_event(id))?;
        return Ok(Some(EventOrDelivery::Event(found.row.id)));
    }
    let (number, event) = (id.parse().ok().map(DeliveryId), EventId::parse(id).ok());
    let Some(number) = number else { return Ok(event.map(EventOrDelivery::Event)) };
    let Some(event) = event.map(|id| store.event(&id).wait()).transpose()?.flatten() else {
        return Ok(Some(EventOrDelivery::Delivery(number)));
    };
    match find_delivery(store, number)? {
        Some(other) if other.event.seq != event.row.seq => Err(Exit::Usage
            .error(format!("`{}` is the id of an event, and the number of a delivery of another event", Untrusted(id)))
            .hint(format!(
                "`#{}` is the event of that id; `{}` the other one, by its own id",
                event.row.seq, other.event.id
            ))),
        _ => Ok(Some(EventOrDelivery::Event(event.row.id))),
    }
}

/// The delivery with that number.
pub(super) fn find_delivery(store: &dyn Store, id: DeliveryId) -> Result<Option<DeliveryRow>, CliError> {
    Ok(all(store, &DeliveryFilter { ids: vec![id], ..DeliveryFilter::default() })?.pop())
}

pub(super) fn no_event(id: &str) -> CliError {
    Exit::NoInput.error(format!("there is no event `{}`", Untrusted(id))).hint("list them with `syncctl events list`")
}

/// An event without a delivery; exit 66 when there is none of that id.
fn undelivered(store: &dyn Store, id: &EventId) -> Result<EventRow, CliError> {
    store.event(id).wait()?.map(|detail| detail.row).ok_or_else(|| no_event(id.as_str()))
}

/// All deliveries that match, oldest first.
fn all(store: &dyn Store, filter: &DeliveryFilter) -> Result<Vec<DeliveryRow>, CliError> {
    let mut rows = Vec::new();
    each(store, filter, true, |row| rows.push(row))?;
    Ok(rows)
}

/// Passes each delivery that matches to `visit`. Read by cursor, so that none is skipped while others change.
pub(super) fn each(
    store: &dyn Store,
    filter: &DeliveryFilter,
    oldest_first: bool,
    mut visit: impl FnMut(DeliveryRow),
) -> Result<(), CliError> {
    let mut filter = filter.clone();
    loop {
        let rows = store.page_of_deliveries(&filter, Page { limit: PAGE, number: 1, oldest_first }).wait()?;
        let last = (rows.len() as u64) < PAGE;
        filter.past = rows.last().map(|row| row.id);
        rows.into_iter().for_each(&mut visit);
        if last {
            return Ok(());
        }
    }
}

/// Whether a named delivery also matches the filter.
fn matches(row: &DeliveryRow, filter: &DeliveryFilter) -> bool {
    (filter.states.is_empty() || filter.states.contains(&row.state))
        && filter.endpoint.as_ref().is_none_or(|name| row.endpoint == *name)
        && filter.event_type.as_ref().is_none_or(|pattern| pattern.matches(&row.event.event_type))
        && filter.resource_id.as_ref().is_none_or(|id| row.event.resource.id == *id)
        && filter.last_status.is_none_or(|status| row.last_status == Some(status))
        && filter.error.as_ref().is_none_or(|text| contains(row.last_detail.as_deref(), text))
        && filter.since.is_none_or(|since| row.changed_at >= since)
        && filter.until.is_none_or(|until| row.changed_at < until)
}

fn contains(detail: Option<&str>, text: &str) -> bool {
    detail.is_some_and(|detail| detail.to_lowercase().contains(&text.to_lowercase()))
}

fn read_ids() -> Result<Vec<String>, CliError> {
    let lines = std::io::stdin().lock().lines();
    let lines =
        lines.map(|line| line.map(|line| line.trim().to_owned())).filter(|line| !matches!(line, Ok(l) if l.is_empty()));
    lines.collect::<Result<_, _>>().map_err(|e| super::values::unreadable("standard input", &e))
}
