//! The answers of `failures clusters` and `failures ack`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Cell, Column, Level, Report, Table};
use crate::clock::Timestamp;
use crate::format::count;
use crate::monitor::failure_clusters::FailureCluster;
use crate::store::Acknowledgement;

/// Whether a cluster is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum AcknowledgementState {
    /// Not acknowledged.
    New,
    /// Acknowledged, and nothing failed since.
    Acknowledged,
    /// Acknowledged, and something failed since.
    FailedSince,
}

impl AcknowledgementState {
    fn of(cluster: &FailureCluster, acknowledged: Option<&Acknowledgement>) -> Self {
        match acknowledged {
            None => Self::New,
            Some(seen) if seen.at >= cluster.last_at => Self::Acknowledged,
            Some(_) => Self::FailedSince,
        }
    }

    fn cell(self) -> Cell {
        match self {
            Self::New => (Level::Bad, "new").into(),
            Self::Acknowledged => (Level::Quiet, "acknowledged").into(),
            Self::FailedSince => (Level::Warning, "failed since").into(),
        }
    }
}

/// A cluster of failures in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClusterView<'a> {
    cluster: String,
    endpoint: &'a str,
    kind: &'a str,
    status: Option<u16>,
    text: &'a str,
    deliveries: u64,
    failed: u64,
    waiting: u64,
    first_failed_at: Timestamp,
    last_failed_at: Timestamp,
    example: ExampleView<'a>,
    state: AcknowledgementState,
    acknowledged_at: Option<Timestamp>,
    note: Option<&'a str>,
}

/// One failure that stands for its cluster.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExampleView<'a> {
    delivery: i64,
    event_id: &'a str,
    error: &'a str,
}

pub(super) const CLUSTERS: &[Column] = &[
    Column::text("cluster", "CLUSTER"),
    Column::number("deliveries", "DELIVERIES"),
    Column::number("failed", "GIVEN UP").optional(),
    Column::text("endpoint", "ENDPOINT"),
    Column::text("error", "ERROR").long(),
    Column::text("first", "FIRST").optional(),
    Column::text("last", "LAST"),
    Column::number("example", "EXAMPLE").optional(),
    Column::text("state", "STATE").optional(),
    Column::text("note", "NOTE").only_wide(),
];

/// Clusters of failures, largest first; those that were acknowledged only if `all`.
pub fn clusters(found: &[FailureCluster], acknowledged: &[Acknowledgement], all: bool) -> Report {
    let seen: BTreeMap<&str, &Acknowledgement> =
        acknowledged.iter().map(|known| (known.cluster.as_str(), known)).collect();
    let known = |cluster: &FailureCluster| seen.get(cluster.name.to_string().as_str()).copied();
    let is_shown = |cluster: &&FailureCluster| {
        all || AcknowledgementState::of(cluster, known(cluster)) != AcknowledgementState::Acknowledged
    };
    let shown: Vec<&FailureCluster> = found.iter().filter(is_shown).collect();
    let views: Vec<_> = shown.iter().map(|cluster| view(cluster, known(cluster))).collect();
    let rows = shown.iter().map(|cluster| cells(cluster, known(cluster))).collect();
    let failures: u64 = shown.iter().map(|cluster| cluster.deliveries()).sum();
    let mut table = Table::new(CLUSTERS, rows);
    if !shown.is_empty() {
        let failures = usize::try_from(failures).unwrap_or(usize::MAX);
        table = table.summed_up(format!("{} in {}", count(failures, "delivery"), count(shown.len(), "cluster")));
    }
    let report = Report::new(&views).with_table(table).with_names(shown.iter().map(|cluster| cluster.name.to_string()));
    let hidden = found.len() - shown.len();
    let report = report
        .with_hint_if(hidden > 0, format!("{} acknowledged, hidden: show with --all", count(hidden, "cluster")))
        .with_hint_if(found.is_empty(), "no failed deliveries");
    match shown.first() {
        Some(first) => report.with_hint(format!(
            "list one with `syncctl failures list --cluster {0}`, replay it with `syncctl replay --cluster {0}`",
            first.name
        )),
        None => report,
    }
}

fn view<'a>(cluster: &'a FailureCluster, known: Option<&'a Acknowledgement>) -> ClusterView<'a> {
    ClusterView {
        cluster: cluster.name.to_string(),
        endpoint: &cluster.endpoint,
        kind: cluster.kind,
        status: cluster.status,
        text: &cluster.text,
        deliveries: cluster.deliveries(),
        failed: cluster.failed,
        waiting: cluster.waiting,
        first_failed_at: cluster.first_at,
        last_failed_at: cluster.last_at,
        example: ExampleView {
            delivery: cluster.example.delivery.0,
            event_id: cluster.example.event.as_str(),
            error: &cluster.example.error,
        },
        state: AcknowledgementState::of(cluster, known),
        acknowledged_at: known.map(|known| known.at),
        note: known.and_then(|known| known.note.as_deref()),
    }
}

fn cells(cluster: &FailureCluster, known: Option<&Acknowledgement>) -> Vec<Cell> {
    vec![
        cluster.name.to_string().into(),
        cluster.deliveries().into(),
        cluster.failed.into(),
        cluster.endpoint.clone().into(),
        cluster.example.error.clone().into(),
        cluster.first_at.into(),
        cluster.last_at.into(),
        cluster.example.delivery.0.into(),
        AcknowledgementState::of(cluster, known).cell(),
        known.and_then(|known| known.note.clone()).into(),
    ]
}

/// The answer of `failures ack`; `undone` if acknowledgements were withdrawn.
pub fn acknowledged(clusters: &[FailureCluster], undone: bool) -> Report {
    /// The JSON answer of `failures ack`.
    #[derive(Serialize)]
    struct AcknowledgedView {
        clusters: Vec<String>,
        acknowledged: bool,
    }
    let names: Vec<String> = clusters.iter().map(|cluster| cluster.name.to_string()).collect();
    let report = Report::new(&AcknowledgedView { clusters: names.clone(), acknowledged: !undone }).with_names(names);
    clusters.iter().fold(report, |report, cluster| {
        let deliveries = count(usize::try_from(cluster.deliveries()).unwrap_or(usize::MAX), "delivery");
        let done = if undone { "acknowledgement withdrawn" } else { "acknowledged" };
        report.with_line(format!("{}  {deliveries}  {done}", cluster.name))
    })
}
