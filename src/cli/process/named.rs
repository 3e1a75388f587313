//! `process ID…`: a run that sends only the named deliveries.

use super::super::context::Context;
use super::super::exit::{CliError, Exit};
use super::super::selection::{EventOrDelivery, find_delivery, name, no_event};
use crate::delivery::State;
use crate::store::{DeliveryFilter, DeliveryId, DeliveryRow, Page, Store};
use crate::untrusted::Untrusted;

/// The most deliveries of one event that are read.
const OF_AN_EVENT: Page = Page { limit: 10_000, number: 1, oldest_first: true };

/// The deliveries that the ids name, including those of named events; `None` without ids.
pub(super) fn resolve(store: &dyn Store, ids: &[String]) -> Result<Option<Vec<DeliveryId>>, CliError> {
    if ids.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for id in ids {
        match name(store, id)? {
            Some(EventOrDelivery::Delivery(number)) => {
                find_delivery(store, number)?.ok_or_else(|| no_delivery(number))?;
                found.push(number);
            }
            Some(EventOrDelivery::Event(event)) => {
                store.event(&event).wait()?.ok_or_else(|| no_event(id))?;
                let filter = DeliveryFilter { event: Some(event), ..DeliveryFilter::default() };
                let rows = store.page_of_deliveries(&filter, OF_AN_EVENT).wait()?;
                if rows.is_empty() {
                    return Err(Exit::NoInput
                        .error(format!("the event `{}` has no delivery", Untrusted(id)))
                        .hint(format!("see why with `syncctl why {}`", Untrusted(id))));
                }
                found.extend(rows.iter().map(|row| row.id));
            }
            None => return Err(Exit::Usage.error(format!("`{}` is neither an id nor a number", Untrusted(id)))),
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(Some(found))
}

fn no_delivery(number: DeliveryId) -> CliError {
    Exit::NoInput.error(format!("there is no delivery {}", number.0)).hint("list them with `syncctl deliveries list`")
}

/// Reports which of the named deliveries are still waiting, and why. Returns their number.
pub(super) fn report_unfinished(context: &Context, store: &dyn Store, ids: &[DeliveryId]) -> Result<usize, CliError> {
    let mut left = 0;
    for ids in ids.chunks(500) {
        let filter = DeliveryFilter { ids: ids.to_vec(), ..DeliveryFilter::default() };
        for row in store.page_of_deliveries(&filter, Page { limit: 500, ..OF_AN_EVENT }).wait()? {
            if let Some(why) = why_left(&row) {
                left += 1;
                context.screen.warn(&format!("delivery {} waits: {why}", row.id.0));
            }
        }
    }
    Ok(left)
}

/// Why a delivery is not finished; `None` where it is.
fn why_left(row: &DeliveryRow) -> Option<String> {
    let number = row.id.0;
    match row.state {
        State::Delivered | State::Failed | State::Superseded => None,
        State::Processing => Some("another process is sending it".to_owned()),
        State::Held => {
            Some(format!("{} is paused or not configured; see `syncctl why {number}`", Untrusted(&row.endpoint)))
        }
        State::Pending => Some(match (row.blocked, row.blocked_by, row.rests_until) {
            (true, Some(by), _) => format!("delivery {} of its resource goes first", by.0),
            (true, None, _) => "an earlier one of its resource goes first".to_owned(),
            (false, _, Some(until)) => format!("the circuit of {} is open until {until}", Untrusted(&row.endpoint)),
            (false, _, None) if row.attempts > 0 => {
                format!("its next attempt is at {}; `syncctl replay {number} --force` makes it due now", row.due_at)
            }
            (false, _, None) => format!("see `syncctl why {number}`"),
        }),
    }
}
