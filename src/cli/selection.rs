//! Which deliveries a command is about: named one by one, read from standard input, or narrowed down by options.

use std::collections::BTreeSet;
use std::io::BufRead as _;

use super::context::Context;
use super::exit::{CliError, Exit};
use super::filter::Sent;
use crate::delivery::State;
use crate::event::EventId;
use crate::store::{DeliveryFilter, DeliveryId, DeliveryRow, EventRow, Page, SkipReason, Store};
use crate::untrusted::Untrusted;

/// Rows read at a time while choosing.
const PAGE: u64 = 10_000;

/// Which deliveries a command is about.
#[derive(Debug, clap::Args)]
pub struct SelectionArgs {
    /// Event id or #N for all its deliveries, or a delivery number
    #[arg(value_name = "ID", conflicts_with_all = ["since", "until", "event_type", "resource", "status", "error"])]
    ids: Vec<String>,
    /// Read ids from standard input, one per line
    #[arg(long, conflicts_with = "ids", hide_short_help = true)]
    pub(super) stdin: bool,
    #[command(flatten)]
    sent: Sent,
}

/// What was chosen.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// Deliveries, oldest first.
    pub(super) rows: Vec<DeliveryRow>,
    /// Those that were named by their own number.
    numbers: BTreeSet<DeliveryId>,
    /// Events that were named, and have no delivery at all.
    pub(super) undelivered: Vec<EventRow>,
    /// Whether a filter chose the deliveries.
    by_filter: bool,
}

/// What a command would do with what was chosen.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Deliveries that it changes.
    pub(super) changes: Vec<DeliveryRow>,
    /// Deliveries that it leaves alone, because others of their event are meant.
    pub(super) skipped: Vec<(DeliveryId, SkipReason)>,
    /// Deliveries that it was told to change, and cannot.
    pub(super) refused: Vec<(DeliveryId, SkipReason)>,
    /// Whether a filter chose the deliveries, rather than the operator one by one.
    pub(super) by_filter: bool,
    /// Events that have no delivery yet, and get some.
    pub(super) addressed: Vec<EventId>,
    /// How many deliveries those get.
    pub(super) made: usize,
}

/// What an id names. One rule holds for every command: `#N` is the event emitted Nth, a bare number is a delivery, and
/// everything else is an event's id.
pub(super) enum Named {
    Delivery(DeliveryId),
    Event(EventId),
}

impl SelectionArgs {
    /// Whether deliveries were named one by one.
    pub(super) fn is_by_id(&self) -> bool {
        !self.ids.is_empty() || self.stdin
    }

    /// The one endpoint that is meant, if one is.
    pub(super) fn endpoint(&self) -> Option<&str> {
        self.sent.endpoint.as_deref()
    }

    /// Whether any option narrows the deliveries down.
    pub(super) fn is_narrowed(&self) -> bool {
        self.sent.is_narrowed()
    }

    /// What matches, of those in one of `states`, if any are given. An empty list of ids chooses nothing.
    pub(super) fn select(&self, context: &Context, store: &dyn Store, states: &[State]) -> Result<Selection, CliError> {
        self.sent.check_endpoint(store, context.now)?;
        let filter = DeliveryFilter { states: states.to_vec(), ..self.sent.deliveries(context.now)? };
        if !self.is_by_id() {
            return Ok(Selection { rows: all(store, &filter)?, by_filter: true, ..Selection::default() });
        }
        let given = if self.stdin { read_ids()? } else { self.ids.clone() };
        self.select_named(store, &given, &filter)
    }

    fn select_named(
        &self,
        store: &dyn Store,
        given: &[String],
        filter: &DeliveryFilter,
    ) -> Result<Selection, CliError> {
        let mut chosen = Selection::default();
        let mut named = Vec::new();
        for id in given {
            match name(store, id)? {
                Some(Named::Delivery(id)) => drop(chosen.numbers.insert(id)),
                Some(Named::Event(event)) => named.push(event),
                None => return Err(Exit::Usage.error(format!("`{}` is neither an id nor a number", Untrusted(id)))),
            }
        }
        let numbers: Vec<DeliveryId> = chosen.numbers.iter().copied().collect();
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
                chosen.undelivered.push(undelivered(store, &event)?);
            }
            known.extend(rows);
        }
        let before = known.len();
        known.retain(|row| matches(row, filter));
        if !self.stdin && before > 0 && known.is_empty() {
            return Err(Exit::NoInput.error("what was named exists, and does not match the other options"));
        }
        known.sort_unstable_by_key(|row| row.id);
        known.dedup_by_key(|row| row.id);
        chosen.rows = known;
        Ok(chosen)
    }
}

impl Selection {
    /// Parts what a command changes from what `left` tells it to leave alone.
    ///
    /// Of an event named as a whole, what can be changed is meant; a delivery named by its number is meant itself.
    pub(super) fn plan(self, left: impl Fn(State) -> Option<SkipReason>) -> Plan {
        let mut plan = Plan { by_filter: self.by_filter, ..Plan::default() };
        let mut alone = Vec::new();
        for row in self.rows {
            match left(row.state) {
                Some(why) => alone.push((row, why)),
                None => plan.changes.push(row),
            }
        }
        let served: BTreeSet<i64> = plan.changes.iter().map(|row| row.event.seq).collect();
        for (row, why) in alone {
            let others_are_meant = served.contains(&row.event.seq) && !self.numbers.contains(&row.id);
            if others_are_meant { &mut plan.skipped } else { &mut plan.refused }.push((row.id, why));
        }
        plan
    }
}

/// What an id names, if it can be one.
///
/// An event whose id is a number is found by it, unless a delivery of another event has that number: then neither is taken.
pub(super) fn name(store: &dyn Store, id: &str) -> Result<Option<Named>, CliError> {
    // `evt#3`, as reports write the third event.
    let digits = id.strip_prefix("evt").unwrap_or(id).strip_prefix('#');
    if let Some(seq) = digits.and_then(|seq| seq.parse().ok()) {
        let found = store.event_by_seq(seq).wait()?.ok_or_else(|| no_event(id))?;
        return Ok(Some(Named::Event(found.row.id)));
    }
    let (number, event) = (id.parse().ok().map(DeliveryId), EventId::parse(id).ok());
    let Some(number) = number else { return Ok(event.map(Named::Event)) };
    let Some(event) = event.map(|id| store.event(&id).wait()).transpose()?.flatten() else {
        return Ok(Some(Named::Delivery(number)));
    };
    match of_delivery(store, number)? {
        Some(other) if other.event.seq != event.row.seq => Err(Exit::Usage
            .error(format!("`{}` is the id of an event, and the number of a delivery of another event", Untrusted(id)))
            .hint(format!(
                "`#{}` is the event of that id; `{}` the other one, by its own id",
                event.row.seq, other.event.id
            ))),
        _ => Ok(Some(Named::Event(event.row.id))),
    }
}

/// The delivery with that number.
pub(super) fn of_delivery(store: &dyn Store, id: DeliveryId) -> Result<Option<DeliveryRow>, CliError> {
    Ok(all(store, &DeliveryFilter { ids: vec![id], ..DeliveryFilter::default() })?.pop())
}

pub(super) fn no_event(id: &str) -> CliError {
    Exit::NoInput.error(format!("there is no event `{}`", Untrusted(id))).hint("list them with `syncctl events list`")
}

/// An event without a delivery; exit 66 when there is none of that id.
fn undelivered(store: &dyn Store, id: &EventId) -> Result<EventRow, CliError> {
    store.event(id).wait()?.map(|detail| detail.row).ok_or_else(|| no_event(id.as_str()))
}

/// All deliveries that match, oldest first. Read by cursor, so that none is skipped while others change.
fn all(store: &dyn Store, filter: &DeliveryFilter) -> Result<Vec<DeliveryRow>, CliError> {
    let (mut rows, mut filter) = (Vec::new(), filter.clone());
    loop {
        let listed = store.deliveries(&filter, Page { limit: PAGE, number: 1, oldest_first: true }).wait()?;
        filter.past = listed.rows.last().map(|row| row.id);
        let last = (listed.rows.len() as u64) < PAGE;
        rows.extend(listed.rows);
        if last {
            return Ok(rows);
        }
    }
}

/// Whether a delivery that was named is also one of those the other options mean.
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
