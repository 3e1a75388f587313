//! What an operator sees first: how the queue is, what failed, what arrived, and how fresh the records are.

use super::{Table, audit, health, queue, records};
use crate::clock::Timestamp;
use crate::monitor::{FreshnessThresholds, Limits};
use crate::store::{Result, Store};

/// Webhooks that are shown, of those taken and of those refused.
const SHOWN: u32 = 10;

/// The state of everything at one moment.
#[derive(Debug)]
pub struct Dashboard {
    /// Whether the queue is healthy.
    pub healthy: bool,
    /// Why, in one sentence.
    pub message: String,
    /// The figures of the queue: a single row.
    pub figures: Table,
    /// Everything else.
    pub parts: Vec<Part>,
}

/// A table with what there is to say about it.
#[derive(Debug)]
pub struct Part {
    /// What it is called.
    pub title: &'static str,
    /// The table.
    pub table: Table,
    /// What stands in its place while it is empty.
    pub empty: &'static str,
    /// What an operator may do about it.
    pub hint: &'static str,
}

/// Reads the state at `now`. What it costs does not grow with what is finished.
pub fn dashboard(store: &dyn Store, limits: &Limits, ages: &FreshnessThresholds, now: Timestamp) -> Result<Dashboard> {
    let (figures, judged) = health::judge(store, limits, now)?;
    let parts = vec![
        Part {
            title: "Endpoints",
            table: queue::endpoint_table(&figures.endpoints, ages, now),
            empty: "No endpoint is known: set SYNC_WEBHOOK_URLS, or [[endpoints]] in the configuration.",
            hint: "syncctl endpoints pause NAME holds one back, resume ends a pause or a rest",
        },
        Part {
            title: "Recent failures",
            table: health::failure_table(&health::recent_failures(store)?),
            empty: "Nothing waits after a failure, and nothing was given up.",
            hint: "syncctl events show EVENT tells every attempt, syncctl replay EVENT delivers again",
        },
        Part {
            title: "Last received",
            table: audit::arrived(&store.latest_received(false, SHOWN).wait()?),
            empty: "No webhook has arrived yet.",
            hint: "syncctl audit list --direction inbound has them all",
        },
        Part {
            title: "Last refused",
            table: audit::refused(&store.latest_received(true, SHOWN).wait()?),
            empty: "No webhook was refused.",
            hint: "syncctl help explain says what a reason means, syncctl verify --explain finds its cause",
        },
        Part {
            title: "Records",
            table: records::census(&store.record_summaries().wait()?, ages, now),
            empty: "",
            hint: "syncctl records list shows each, with its own freshness",
        },
        Part { title: "Checks", table: health::check_table(&judged), empty: "", hint: "" },
    ];
    Ok(Dashboard {
        healthy: judged.healthy,
        message: judged.message,
        figures: queue::queue_table(queue::Queue::of(&figures, now)),
        parts,
    })
}
