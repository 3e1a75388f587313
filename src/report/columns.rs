//! The columns of each command that prints a table of its own, for completion.

use super::{Column, alerts, audit, clusters, doctor, kept, lists, log, queue, reconcile, records, settings};

/// Commands with the tables they print.
const TABLES: &[(&str, &[Column])] = &[
    ("alerts list", alerts::INCIDENTS),
    ("alerts test", alerts::TESTED),
    ("audit list", audit::AUDIT),
    ("config show", settings::WITH_ORIGIN),
    ("deliveries list", lists::DELIVERIES),
    ("doctor", doctor::FINDINGS),
    ("endpoints list", queue::ENDPOINTS),
    ("events list", lists::EVENTS),
    ("failures", lists::FAILURES),
    ("failures clusters", clusters::CLUSTERS),
    ("failures list", lists::FAILURES),
    ("logs", log::LOG),
    ("process", lists::DELIVERIES),
    ("reconcile", reconcile::DIFFERENCES),
    ("records list", records::RECORDS),
    ("replay", lists::DELIVERIES),
    ("requests list", kept::KEPT),
    ("status", queue::QUEUE),
];

/// The columns that `--columns` takes of a command, named by its words; none where it prints no table.
pub fn of_command(command: &str) -> &'static [Column] {
    TABLES.iter().find(|(name, _)| *name == command).map_or(&[], |(_, columns)| columns)
}

/// The commands that print a table.
pub fn commands() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(name, _)| *name)
}
