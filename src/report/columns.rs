//! The table columns of each command, for the completion of `--columns`.

use super::{
    Column, alerts, audit, deliveries, doctor, endpoints, events, failure_clusters, failures, log, reconcile, records,
    settings, status, stored_requests,
};

/// The commands that print tables, each with its columns.
const TABLES: &[(&str, &[Column])] = &[
    ("alerts list", alerts::INCIDENTS),
    ("alerts test", alerts::TESTED),
    ("audit list", audit::AUDIT),
    ("config show", settings::WITH_ORIGIN),
    ("deliveries list", deliveries::DELIVERIES),
    ("doctor", doctor::FINDINGS),
    ("endpoints list", endpoints::ENDPOINTS),
    ("events list", events::EVENTS),
    ("failures", failures::FAILURES),
    ("failures clusters", failure_clusters::CLUSTERS),
    ("failures list", failures::FAILURES),
    ("logs", log::LOG),
    ("process", deliveries::DELIVERIES),
    ("reconcile", reconcile::DIFFERENCES),
    ("records list", records::RECORDS),
    ("replay", deliveries::DELIVERIES),
    ("requests list", stored_requests::KEPT),
    ("status", status::QUEUE),
];

/// The columns that `--columns` takes for a command, such as `endpoints list`; none if it prints no table.
pub fn of_command(command: &str) -> &'static [Column] {
    TABLES.iter().find(|(name, _)| *name == command).map_or(&[], |(_, columns)| columns)
}

/// The commands that print a table.
pub fn commands() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(name, _)| *name)
}
