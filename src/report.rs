//! Reports: the answers of commands and routes, and the JSON envelope around them.
//!
//! A command builds one [`Report`]: the data once for machines and once, as tables and lines, for people. It is printed
//! elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::clock::Timestamp;
use crate::store::{Listed, Page};

mod advice;
pub mod alerts;
pub mod attempts;
pub mod audit;
pub mod bundle;
pub mod columns;
pub mod consumed;
pub mod database;
pub mod deliveries;
pub mod doctor;
pub mod emitted;
pub mod endpoint_condition;
pub mod endpoint_detail;
pub mod endpoint_test;
pub mod endpoints;
pub mod event_detail;
pub mod events;
pub mod failure_clusters;
pub mod failures;
mod forecast;
pub mod health;
pub mod init;
pub mod last_hour;
pub mod log;
pub mod operators;
pub mod outage;
pub mod plans;
pub mod process;
pub mod reconcile;
pub mod records;
pub mod requests;
pub mod secrets;
pub mod settings;
pub mod signing;
pub mod status;
pub mod stored_requests;
pub mod top;
pub mod verified;
pub mod why;

/// The version of the envelope.
pub const ENVELOPE_VERSION: &str = "1.0";

/// What a command or route answers, as data for machines and as tables and text for people.
#[derive(Debug)]
pub struct Report {
    /// The data of the JSON formats.
    pub data: Box<RawValue>,
    /// The position of the page, on paged lists.
    pub pagination: Option<Pagination>,
    /// Further members of the envelope, beside `data`.
    pub beside: Vec<(&'static str, Box<RawValue>)>,
    /// The tables of the human formats; CSV shows the first.
    pub tables: Vec<Table>,
    /// The table that CSV and `--columns` show if people read the answer as prose.
    pub sheet: Option<Table>,
    /// Prose of the human formats, shown before the tables.
    pub lines: Vec<String>,
    /// Whether the prose is sentences, which are broken at the width of a terminal also where no table follows.
    pub is_sentences: bool,
    /// The names that `-o name` prints, one a line.
    pub names: Vec<String>,
    /// Hints on what to do next, shown only on a terminal.
    pub hints: Vec<String>,
    /// What the reader has to know to understand the answer, shown on standard error.
    pub warnings: Vec<String>,
}

impl Report {
    /// A report of `data` alone.
    pub fn new(data: &impl Serialize) -> Self {
        let data = to_raw_value(data).expect("report data are structs and maps keyed by text");
        Self {
            data,
            pagination: None,
            beside: Vec::new(),
            tables: Vec::new(),
            sheet: None,
            lines: Vec::new(),
            is_sentences: false,
            names: Vec::new(),
            hints: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Adds a table.
    #[must_use]
    pub fn with_table(mut self, table: Table) -> Self {
        self.tables.push(table);
        self
    }

    /// Adds the table that CSV and `--columns` show in place of prose.
    #[must_use]
    pub fn with_sheet(mut self, sheet: Table) -> Self {
        self.sheet = Some(sheet);
        self
    }

    /// Adds a line of prose.
    #[must_use]
    pub fn with_line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// Has its prose broken at the width of a terminal: nobody copies it, as one copies a signature or a program.
    #[must_use]
    pub fn as_sentences(mut self) -> Self {
        self.is_sentences = true;
        self
    }

    /// Adds the names of what is reported.
    #[must_use]
    pub fn with_names<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.names.extend(names.into_iter().map(Into::into));
        self
    }

    /// Adds a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds a hint if `called_for`.
    #[must_use]
    pub fn with_hint_if(self, called_for: bool, hint: impl Into<String>) -> Self {
        if called_for { self.with_hint(hint) } else { self }
    }

    /// Adds a warning.
    #[must_use]
    pub fn with_warning(mut self, warning: Option<String>) -> Self {
        self.warnings.extend(warning);
        self
    }

    /// Adds a member to the envelope, for scripts that expect it there.
    #[must_use]
    pub fn beside(mut self, key: &'static str, value: &impl Serialize) -> Self {
        self.beside.push((key, to_raw_value(value).expect("it is text or a list of texts")));
        self
    }

    /// Sets the page.
    #[must_use]
    pub fn paged(mut self, pagination: Pagination) -> Self {
        self.pagination = Some(pagination);
        self
    }

    /// Sets where the next page begins.
    #[must_use]
    pub fn with_cursor(mut self, next: Option<PageCursor>) -> Self {
        self.pagination = self.pagination.map(|pagination| Pagination { next_after: next, ..pagination });
        self
    }

    /// Says that the next page begins after the last row of this one, if more follow; `number` tells the number of a row.
    #[must_use]
    pub fn with_cursor_after<T>(self, listed: &Listed<T>, number: impl Fn(&T) -> i64) -> Self {
        let more = listed.total > listed.rows.len() as u64 || !listed.is_exact;
        let last = listed.rows.last().map(number).filter(|_| more);
        self.with_cursor(listed.searched_to.or(last).map(PageCursor::Row))
    }

    /// The report as one JSON document, as it was at `now`.
    pub fn envelope(&self, request_id: Option<&str>, now: Timestamp) -> String {
        self.envelope_of(&self.data, request_id, now)
    }

    /// The same envelope around other data, such as a part of the report.
    pub fn envelope_of(&self, data: &RawValue, request_id: Option<&str>, now: Timestamp) -> String {
        let metadata = Metadata { timestamp: now, version: ENVELOPE_VERSION, request_id };
        let pagination = self.pagination.as_ref();
        let beside = self.beside.iter().map(|(key, value)| (*key, &**value)).collect();
        seal(&Envelope { data, metadata, pagination, beside })
    }
}

/// Which page of its list an answer holds, and where the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// The page, counted from one.
    pub page: u64,
    /// Items on a full page.
    pub limit: u64,
    /// Items in the whole list; at least so many, unless that is exact.
    pub total: u64,
    /// Whether it is; left out if so.
    #[serde(skip_serializing_if = "is_true")]
    pub total_is_exact: bool,
    /// Pages in the whole list.
    pub total_pages: u64,
    /// Whether another page follows.
    pub has_next_page: bool,
    /// Whether a page comes before.
    pub has_previous_page: bool,
    /// Where the next page begins, on lists that have cursors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_after: Option<PageCursor>,
}

/// Where a page of a list begins, however many rows are added meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PageCursor {
    /// After the row with this number.
    Row(i64),
    /// In the audit log, which is made of several lists.
    Audit(audit::AuditCursor),
}

impl Pagination {
    /// The place of `page` in a list of `total` items, `limit` a page.
    pub fn new(page: u64, limit: u64, total: u64) -> Self {
        let total_pages = total.div_ceil(limit.max(1));
        Self {
            page,
            limit,
            total,
            total_is_exact: true,
            total_pages,
            has_next_page: page < total_pages,
            has_previous_page: page > 1,
            next_after: None,
        }
    }

    /// The place of `page` in a list that was perhaps not looked at to its end.
    pub fn of<T>(listed: &Listed<T>, page: Page) -> Self {
        let known = Self::new(page.number, page.limit, listed.total);
        let may_have_more = !listed.is_exact && page.number <= known.total_pages.max(1);
        Self {
            total_is_exact: listed.is_exact,
            has_next_page: known.has_next_page || may_have_more || listed.searched_to.is_some(),
            ..known
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_true(it: &bool) -> bool {
    *it
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name for `--columns`, in kebab-case.
    pub name: &'static str,
    /// Its heading.
    pub header: &'static str,
    /// Whether only the wide form shows it.
    pub wide: bool,
    /// Whether it is aligned to the right, as numbers are.
    pub right: bool,
    /// Whether it is left out where the terminal is too narrow for all columns.
    pub optional: bool,
    /// Whether its texts are cut on a terminal, because they may be very long.
    pub long: bool,
}

impl Column {
    /// A column of text.
    pub const fn text(name: &'static str, header: &'static str) -> Self {
        Self { name, header, wide: false, right: false, optional: false, long: false }
    }

    /// A column of numbers.
    pub const fn number(name: &'static str, header: &'static str) -> Self {
        Self { name, header, wide: false, right: true, optional: false, long: false }
    }

    /// The same column, left out where the terminal is too narrow.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// The same column, cut on a terminal.
    #[must_use]
    pub const fn long(self) -> Self {
        Self { long: true, ..self }
    }

    /// The same column, in the wide form only.
    #[must_use]
    pub const fn only_wide(self) -> Self {
        Self { wide: true, ..self }
    }
}

/// How good a state is. It chooses the colour; the word beside it says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Good,
    /// In progress.
    Busy,
    /// A warning.
    Warning,
    /// A failure.
    Bad,
    /// Not important.
    Quiet,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text, which may come from outside.
    Text(String),
    /// A number.
    Number(i64),
    /// A moment.
    Time(Timestamp),
    /// When something is due.
    Due(Timestamp),
    /// A span of time.
    Took(Duration),
    /// A state and how good it is.
    Level(Level, String),
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u16> for Cell {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<Timestamp> for Cell {
    fn from(moment: Timestamp) -> Self {
        Self::Time(moment)
    }
}

impl From<Duration> for Cell {
    fn from(span: Duration) -> Self {
        Self::Took(span)
    }
}

impl From<(Level, &str)> for Cell {
    fn from((level, text): (Level, &str)) -> Self {
        Self::Level(level, text.to_owned())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

/// A table of a report: columns and rows.
#[derive(Clone, Debug)]
pub struct Table {
    /// The line above it.
    pub title: Option<String>,
    /// Its columns.
    pub columns: &'static [Column],
    /// Its rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
    /// The line below it, such as `3 of 3 shown`.
    pub summary: Option<String>,
}

impl Table {
    /// A table of `rows`, each with a cell for every column.
    pub fn new(columns: &'static [Column], rows: Vec<Vec<Cell>>) -> Self {
        Self { title: None, columns, rows, summary: None }
    }

    /// Sets the title.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets the summary.
    #[must_use]
    pub fn summed_up(mut self, summary: impl Into<String>) -> Self {
        self.summary = Some(summary.into());
        self
    }
}

/// The JSON around every answer: its data, and what every answer carries beside it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    data: &'a RawValue,
    metadata: Metadata<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<&'a Pagination>,
    #[serde(flatten)]
    beside: BTreeMap<&'static str, &'a RawValue>,
}

/// The member `metadata` around every answer: time, request id, page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    timestamp: Timestamp,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// `{"data":…,"metadata":{"timestamp","version"[,"requestId"]}[,"pagination":…]}` with `data` as it is, byte for byte.
pub fn envelope(data: &RawValue, pagination: Option<&Pagination>, request_id: Option<&str>, now: Timestamp) -> String {
    let metadata = Metadata { timestamp: now, version: ENVELOPE_VERSION, request_id };
    seal(&Envelope { data, metadata, pagination, beside: BTreeMap::new() })
}

fn seal(envelope: &Envelope<'_>) -> String {
    serde_json::to_string(envelope).expect("an envelope holds nothing but text")
}

/// A page of a list, with how many rows there are on all pages.
fn page_of<T>(
    views: &impl Serialize,
    columns: &'static [Column],
    rows: Vec<Vec<Cell>>,
    listed: &Listed<T>,
    page: Page,
) -> Report {
    let shown = rows.len();
    let mut table = Table::new(columns, rows);
    if listed.total > shown as u64 || !listed.is_exact {
        table = table.summed_up(format!("{shown} of {} shown", listed.total_text()));
    }
    Report::new(views).with_table(table).paged(Pagination::of(listed, page)).with_warning(search_warning(listed, page))
}

/// That the rows behind some number were not looked at, where the page is not full.
fn search_warning<T>(listed: &Listed<T>, page: Page) -> Option<String> {
    let direction = if page.oldest_first { "up" } else { "back" };
    let to = listed.searched_to?;
    Some(format!("searched {direction} to number {to} only; continue with --after {to}, or search all rows with --all"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);

    #[test]
    fn the_envelope_keeps_its_order_and_the_bytes_of_its_data() {
        let data = RawValue::from_string(r#"{"b": 1.0,  "a":[]}"#.to_owned()).expect("JSON");
        assert_eq!(
            envelope(&data, None, None, NOON),
            r#"{"data":{"b": 1.0,  "a":[]},"metadata":{"timestamp":"2024-01-31T12:00:00.000Z","version":"1.0"}}"#
        );
    }

    #[test]
    fn a_paged_answer_over_http_says_where_it_stands_and_whose_it_is() {
        let report = Report::new(&Vec::<u8>::new()).paged(Pagination::new(2, 50, 101));
        assert_eq!(
            report.envelope(Some("r\"1"), NOON),
            concat!(
                r#"{"data":[],"metadata":{"timestamp":"2024-01-31T12:00:00.000Z","version":"1.0","requestId":"r\"1"},"#,
                r#""pagination":{"page":2,"limit":50,"total":101,"totalPages":3,"hasNextPage":true,"hasPreviousPage":true}}"#
            )
        );
    }

    #[test]
    fn pages_end_where_the_list_does() {
        let ends = |page, total| {
            let it = Pagination::new(page, 50, total);
            (it.total_pages, it.has_next_page, it.has_previous_page)
        };
        assert_eq!(ends(1, 0), (0, false, false));
        assert_eq!(ends(1, 50), (1, false, false));
        assert_eq!(ends(1, 51), (2, true, false));
        assert_eq!(ends(2, 51), (2, false, true));
        assert_eq!(Pagination::new(1, 0, 3).total_pages, 3);
    }
}
