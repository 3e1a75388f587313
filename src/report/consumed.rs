//! The answer of `consume`: the results of each source's messages, or the messages that wait there.

use serde::Serialize;

use super::{Cell, Column, Level, Report, Table};
use crate::inbound::MessageCounts;

/// How many messages `consume` read from one broker, and what became of them.
#[derive(Debug)]
pub struct Consumed {
    /// Its name.
    pub source: String,
    /// The number of messages, by result.
    pub counts: MessageCounts,
    /// Why reading ended early.
    pub error: Option<String>,
}

/// How many messages `consume` read from one broker, in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConsumedView<'a> {
    source: &'a str,
    received: u64,
    applied: u64,
    duplicates: u64,
    stale: u64,
    refused: u64,
    error: Option<&'a str>,
}

impl<'a> ConsumedView<'a> {
    fn of(one: &'a Consumed) -> Self {
        let MessageCounts { applied, duplicates, stale, refused } = one.counts;
        let (source, error) = (one.source.as_str(), one.error.as_deref());
        Self { source, received: one.counts.received(), applied, duplicates, stale, refused, error }
    }
}

const CONSUMED: &[Column] = &[
    Column::text("source", "SOURCE"),
    Column::number("received", "RECEIVED"),
    Column::number("applied", "APPLIED"),
    Column::number("duplicates", "DUPLICATE"),
    Column::number("stale", "STALE"),
    Column::number("refused", "REFUSED"),
    Column::text("error", "ERROR"),
];

/// The answer of `consume`.
pub fn consumed(all: &[Consumed]) -> Report {
    let views: Vec<_> = all.iter().map(ConsumedView::of).collect();
    let rows = views.iter().map(cells).collect();
    let report =
        Report::new(&views).with_table(Table::new(CONSUMED, rows)).with_names(all.iter().map(|one| one.source.clone()));
    match all.iter().any(|one| one.counts.refused > 0) {
        true => report.with_hint("see why with `syncctl requests list`"),
        false => report,
    }
}

fn cells(view: &ConsumedView<'_>) -> Vec<Cell> {
    let refused =
        if view.refused > 0 { Cell::Level(Level::Bad, view.refused.to_string()) } else { view.refused.into() };
    let error = view.error.map_or(Cell::Empty, |error| Cell::Level(Level::Bad, error.to_owned()));
    vec![
        view.source.into(),
        view.received.into(),
        view.applied.into(),
        view.duplicates.into(),
        view.stale.into(),
        refused,
        error,
    ]
}

/// How many messages wait in one source, as its broker says.
#[derive(Debug)]
pub struct Waiting {
    /// Its name.
    pub source: String,
    /// The waiting messages in words, or why they are unknown.
    pub said: Result<String, String>,
}

/// The messages that wait in one source, in JSON.
#[derive(Serialize)]
struct WaitingView<'a> {
    source: &'a str,
    said: Option<&'a str>,
    error: Option<&'a str>,
}

impl<'a> WaitingView<'a> {
    fn of(one: &'a Waiting) -> Self {
        let (said, error) = match &one.said {
            Ok(said) => (Some(said.as_str()), None),
            Err(why) => (None, Some(why.as_str())),
        };
        Self { source: &one.source, said, error }
    }
}

const WAITING: &[Column] = &[Column::text("source", "SOURCE"), Column::text("said", "WAITING")];

/// The answer of `consume --dry-run`.
pub fn waiting(all: &[Waiting]) -> Report {
    let views: Vec<_> = all.iter().map(WaitingView::of).collect();
    let cells = |one: &Waiting| {
        let said = match &one.said {
            Ok(said) => said.as_str().into(),
            Err(why) => Cell::Level(Level::Bad, why.clone()),
        };
        vec![one.source.as_str().into(), said]
    };
    Report::new(&views)
        .with_table(Table::new(WAITING, all.iter().map(cells).collect()))
        .with_names(all.iter().map(|one| one.source.clone()))
        .with_line("nothing was taken")
}
