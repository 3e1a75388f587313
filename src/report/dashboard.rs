//! What an operator sees first: how the queue is, what failed, what arrived, and how fresh the records are.

use super::{Table, audit, health, queue, records};
use crate::clock::Timestamp;
use crate::monitor::{self, DashboardFigures, FreshnessThresholds, Limits};

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

/// Lays out the state at `now`.
pub fn dashboard(read: &DashboardFigures, limits: &Limits, ages: &FreshnessThresholds, now: Timestamp) -> Dashboard {
    let judged = monitor::health(&read.health, limits, now);
    let figures = &read.health.figures;
    let parts = vec![
        Part {
            title: "Endpoints",
            table: queue::endpoint_table(&figures.endpoints, ages, now),
            empty: "No endpoint is known: set SYNC_WEBHOOK_URLS, or [[endpoints]] in the configuration.",
            hint: "syncctl endpoints pause NAME holds one back, resume ends a pause or closes a circuit",
        },
        Part {
            title: "Recent failures",
            table: health::failure_table(&read.failures),
            empty: "Nothing waits after a failure, and nothing was given up.",
            hint: "syncctl events show EVENT tells every attempt, syncctl replay EVENT delivers again",
        },
        Part {
            title: "Last received",
            table: audit::arrived(&read.accepted),
            empty: "No webhook has arrived yet.",
            hint: "syncctl audit list --direction inbound has them all",
        },
        Part {
            title: "Last refused",
            table: audit::refused(&read.refused),
            empty: "No webhook was refused.",
            hint: "syncctl help explain says what a reason means, syncctl verify --explain finds its cause",
        },
        Part {
            title: "Records",
            table: records::census(&read.records, ages, now),
            empty: "",
            hint: "syncctl records list shows each, with its own freshness",
        },
        Part { title: "Checks", table: health::check_table(&judged), empty: "", hint: "" },
    ];
    Dashboard {
        healthy: judged.healthy,
        message: judged.message,
        figures: queue::queue_table(queue::Queue::of(figures, now)),
        parts,
    }
}
