//! The answers of `records` and of the record routes.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::SerializeMap as _;
use serde_json::value::{RawValue, to_raw_value};

use super::{Cell, Column, Level, Pagination, Report, Table};
use crate::clock::Timestamp;
use crate::format::relative;
use crate::monitor::{self, Freshness, FreshnessThresholds};
use crate::record::{Record, RecordKind};
use crate::store::inbound::{COUNTED_UP_TO, RecordRow, RecordSummary, SyncState};
use crate::store::{Listed, Page};

/// The times that the original platform's records have, taken from fields and stamps.
fn times(kind: RecordKind, record: &Record) -> Vec<(&'static str, Option<Timestamp>)> {
    let written = record.written_at();
    let time = |name: &str| record.time(name);
    match kind {
        RecordKind::Enrollment => {
            let (enrolled, accessed) = (time("enrolledAt"), time("lastAccessedAt"));
            vec![
                ("last_updated_at", accessed.or(enrolled).or(written)),
                ("enrolled_at", enrolled),
                ("last_accessed_at", accessed),
            ]
        }
        RecordKind::User => vec![
            ("last_updated_at", time("updatedAt").max(written)),
            ("created_at", time("createdAt").or(record.first_at())),
            ("updated_at", time("updatedAt").max(written)),
            ("last_login_at", time("lastLoginAt")),
        ],
        RecordKind::Progress => {
            vec![("last_updated_at", time("timestamp").or(written)), ("timestamp", time("timestamp").or(written))]
        }
    }
}

/// When the record last changed, by its own fields.
fn last_updated(row: &RecordRow) -> Option<Timestamp> {
    times(row.kind, &row.record).into_iter().next().and_then(|(_, time)| time)
}

/// A record in JSON, with the names that the original platform used.
#[derive(Debug)]
pub struct RecordView<'a>(pub &'a RecordRow);

impl Serialize for RecordView<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RecordRow { kind, id, record, synced_at, sync, .. } = self.0;
        let raw = |value: &dyn erased::Json| value.raw();
        let mut members: BTreeMap<&str, Box<RawValue>> =
            kind.fields().iter().map(|(name, _)| (*name, raw(&()))).chain(record.members()).collect();
        members.extend(times(*kind, record).iter().map(|(name, time)| (*name, raw(time))));
        members.insert("last_synced_at", raw(synced_at));
        members.insert("sync_status", raw(&sync.name()));
        match record.deleted_at() {
            Some(deleted) => members.insert("deleted_at", raw(&deleted)),
            // The record exists, whatever its data says.
            None => members.remove("deleted_at"),
        };
        members.insert("id", raw(&id.as_str()));
        members.serialize(serializer)
    }
}

/// Values of any kind as the JSON they are.
mod erased {
    use super::{RawValue, Serialize, to_raw_value};

    /// A JSON text that was already written.
    pub(super) trait Json {
        fn raw(&self) -> Box<RawValue>;
    }

    impl<T: Serialize> Json for T {
        fn raw(&self) -> Box<RawValue> {
            to_raw_value(self).expect("texts and times serialise")
        }
    }
}

/// The key under which the original platform returns a single record.
fn word(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Enrollment => "enrollment",
        RecordKind::User => "profile",
        RecordKind::Progress => "progress",
    }
}

/// One record, as a route answers it: `{"success":true,"enrollment":{…}}`.
pub fn single(row: &RecordRow) -> Report {
    Report::new(&SingleRecord(row))
}

/// One record in JSON, under the name that the original platform answers it by.
struct SingleRecord<'a>(&'a RecordRow);

impl Serialize for SingleRecord<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(2))?;
        members.serialize_entry("success", &true)?;
        members.serialize_entry(word(self.0.kind), &RecordView(self.0))?;
        members.end()
    }
}

pub(super) const RECORDS: &[Column] = &[
    Column::text("kind", "KIND"),
    Column::text("id", "ID"),
    Column::text("name", "NAME"),
    Column::text("status", "STATUS"),
    Column::text("updated", "UPDATED"),
    Column::text("freshness", "FRESHNESS"),
    Column::text("synced", "SYNC"),
    Column::text("data", "DATA").only_wide(),
];

/// A page of records.
pub fn list(listed: &Listed<RecordRow>, page: Page, ages: &FreshnessThresholds, now: Timestamp) -> Report {
    let views: Vec<_> = listed.rows.iter().map(RecordView).collect();
    let rows = listed.rows.iter().map(|row| cells(row, ages, now)).collect();
    Report::new(&views)
        .paged(Pagination::of(listed, page))
        .with_table(Table::new(RECORDS, rows).summed_up(format!(
            "{} of {} shown",
            listed.rows.len(),
            listed.total_text()
        )))
        .with_names(listed.rows.iter().map(|row| row.id.clone()))
        .with_warning(listed.searched_to.map(|to| {
            format!("not all records were searched; search further with --after {to}, or in `syncctl records export`")
        }))
}

fn cells(row: &RecordRow, ages: &FreshnessThresholds, now: Timestamp) -> Vec<Cell> {
    let text = |name: &str| row.record.text(name).map(Cell::Text).unwrap_or(Cell::Empty);
    vec![
        row.kind.name().into(),
        row.id.as_str().into(),
        text("name"),
        text("status"),
        last_updated(row).into(),
        freshness(row, ages, now),
        synced(row, now),
        row.record.data().into(),
    ]
}

/// `Fresh`, `Aging` or `Stale`, by its `last_updated_at` as the original judged it. When it was received stands beside it.
fn freshness(row: &RecordRow, ages: &FreshnessThresholds, now: Timestamp) -> Cell {
    last_updated(row).map_or(Cell::Empty, |last| freshness_since(last, ages, now))
}

fn freshness_since(last: Timestamp, ages: &FreshnessThresholds, now: Timestamp) -> Cell {
    let (level, sign) = match monitor::freshness(last, ages, now) {
        Freshness::Fresh => (Level::Good, "✓"),
        Freshness::Aging => (Level::Warning, "●"),
        Freshness::Stale => (Level::Bad, "✗"),
    };
    Cell::Level(level, format!("{sign} {}", monitor::freshness(last, ages, now).name()))
}

/// The sync status in the words of the original platform: `✓ Synced 5 minutes ago`.
fn synced(row: &RecordRow, now: Timestamp) -> Cell {
    match (row.sync, row.synced_at) {
        (SyncState::Pending, _) => (Level::Busy, "⟳ Syncing...").into(),
        (SyncState::Failed, _) => (Level::Bad, "✗ Sync failed").into(),
        (SyncState::Synced, Some(at)) => Cell::Level(Level::Good, format!("✓ Synced {}", relative(at, now))),
        (SyncState::Synced, None) => (Level::Quiet, "- Local only").into(),
    }
}

const SUMMARIES: &[Column] = &[
    Column::text("kind", "KIND"),
    Column::number("records", "RECORDS"),
    Column::text("freshness", "FRESHNESS"),
    Column::text("news", "LAST NEWS"),
];

/// The records of each kind, summed up.
pub fn summary(rows: &[RecordSummary], ages: &FreshnessThresholds, now: Timestamp) -> Table {
    let count = |row: &RecordSummary| match row.count > COUNTED_UP_TO.into() {
        true => Cell::Text(format!("over {COUNTED_UP_TO}")),
        false => row.count.into(),
    };
    let cells = |row: &RecordSummary| {
        let freshness = row.last_news_at.map(|last| freshness_since(last, ages, now));
        vec![row.kind.name().into(), count(row), freshness.into(), row.last_news_at.into()]
    };
    Table::new(SUMMARIES, rows.iter().map(cells).collect())
}

const FIELD: &[Column] = &[Column::text("field", "FIELD"), Column::text("value", "VALUE")];

/// One record with everything known of it.
pub fn show(row: &RecordRow, ages: &FreshnessThresholds, now: Timestamp) -> Report {
    let mut rows: Vec<Vec<Cell>> = vec![
        vec!["id".into(), row.id.as_str().into()],
        vec!["kind".into(), row.kind.name().into()],
        vec!["freshness".into(), freshness(row, ages, now)],
        vec!["sync".into(), synced(row, now)],
        vec!["updated".into(), last_updated(row).into()],
        vec!["last synced".into(), row.synced_at.into()],
    ];
    if let Some(deleted) = row.record.deleted_at() {
        rows.push(vec!["deleted".into(), deleted.into()]);
    }
    let members = row.record.members();
    rows.extend(members.iter().map(|(name, value)| vec![(*name).into(), plain(value).into()]));
    single(row).with_table(Table::new(FIELD, rows)).with_names([row.id.clone()])
}

/// Text without its quotes, anything else as JSON.
fn plain(value: &RawValue) -> String {
    serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned())
}
