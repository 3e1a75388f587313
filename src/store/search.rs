//! How a list is searched for what a filter wants and no index holds: from one end, a stretch at a time, up to a bound.
//!
//! A filter such as an error text has to look at rows that do not match. Among millions that would take seconds for a page that
//! may stay empty, so a search ends after a number of rows that depends on what looking at one costs. Both stores search alike:
//! what is decided stands here, what is run in their files.

use super::lists::{Listed, Page};
use crate::clock::Timestamp;

/// Matches that are counted; a list that has more says that it has at least so many.
pub(super) const MAX_COUNTED: u64 = 10_000;
/// Candidates that are all looked at if an index holds no more of them. Each is read at a place of its own, so they cost more than
/// rows that lie side by side.
pub(super) const MAX_CANDIDATES: u64 = 3_000;
/// Deliveries that are looked up one by one at most, where a search need not be bounded: about twenty milliseconds in a file.
pub(super) const LOOKED_UP: u64 = 15_000;
/// How far from a time the search for its place begins and ends: writers take the time before they wait for their turn, and a worker
/// keeps outcomes for twenty seconds while the store cannot be written.
const CLOCK_SLACK: std::time::Duration = std::time::Duration::from_secs(30);

/// How many rows of a list are counted whose page this is.
pub(super) fn count_bound(page: Page) -> u64 {
    MAX_COUNTED.max(page.end())
}

/// What a filter reads of each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowCost {
    /// Columns of the row.
    Row,
    /// Another row, or a long text.
    Joined,
    /// The last attempt.
    LastAttempt,
}

impl RowCost {
    /// Rows that are looked at: about twenty milliseconds where they lie in the same process.
    pub(super) fn rows(self) -> u64 {
        match self {
            Self::Row => 200_000,
            Self::Joined => 40_000,
            Self::LastAttempt => 20_000,
        }
    }
}

/// A list as it is searched, by the order of its numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    /// The table with its alias.
    pub(super) table: &'static str,
    /// The column that gives the order.
    pub(super) number: &'static str,
    /// Selects the numbers `id` of the rows that can match, in parts that each end with a condition and that an index has in this
    /// order; without any, all can.
    pub(super) indexed: &'static [&'static str],
    /// Selects number and time of rows, the latter rising with the former, if there is such a time.
    pub(super) times: Option<(&'static str, &'static str)>,
}

/// A time whose place among the numbers is looked for by halving.
#[derive(Debug)]
pub(super) struct TimePlace {
    source: Source,
    time: Timestamp,
    /// Rows up to here are earlier.
    before: i64,
    /// Rows from here on are not.
    behind: i64,
}

impl TimePlace {
    /// The place of `time` among the rows up to `newest`.
    pub(super) fn new(source: Source, time: Timestamp, newest: i64) -> Self {
        Self { source, time, before: 0, behind: newest.saturating_add(1) }
    }

    /// The statement that reads the next row to compare, if the place is not found yet: its number and time.
    pub(super) fn sql(&self) -> Option<String> {
        let (tables, time) = self.source.times.filter(|_| self.before + 1 < self.behind)?;
        let (number, before) = (self.source.number, self.before);
        let middle = self.middle();
        Some(format!(
            "SELECT {number}, {time} FROM {tables} WHERE {number} <= {middle} AND {number} > {before} ORDER BY {number} DESC LIMIT 1"
        ))
    }

    /// Takes what the statement found.
    pub(super) fn add(&mut self, found: Option<(i64, i64)>) {
        match found {
            Some((number, time)) if Timestamp::from_millis(time) >= self.time => self.behind = number,
            _ => self.before = self.middle(),
        }
    }

    /// The number from which on rows are not earlier.
    pub(super) fn found(&self) -> i64 {
        self.behind
    }

    fn middle(&self) -> i64 {
        self.before + (self.behind - self.before) / 2
    }
}

/// A search under way.
#[derive(Debug)]
pub(super) struct Search {
    source: Source,
    page: Page,
    /// Rows that are looked at before it ends.
    most: u64,
    /// Rows that are looked at before it ends, if the page is full by then: the rest is only counted.
    most_if_full: u64,
    /// Rows that are looked at by one statement.
    stretch: u64,
    /// The number it has come to: that row was looked at.
    at: Option<i64>,
    /// Rows from this number on, newest first down to it, are not looked at.
    until: Option<i64>,
    looked: u64,
    found: u64,
    ids: Vec<i64>,
    is_complete: bool,
}

/// What a search found.
#[derive(Debug)]
pub(super) struct Found {
    /// The rows of the page, in its order.
    pub(super) ids: Vec<i64>,
    total: u64,
    is_complete: bool,
    at: Option<i64>,
}

impl Search {
    /// A search for the rows of a page, behind the row `past`, that looks at `most` rows.
    pub(super) fn new(source: Source, page: Page, past: Option<i64>, most: u64, stretch: u64) -> Self {
        let most = if source.indexed.is_empty() { most } else { most.min(MAX_CANDIDATES) };
        let most = most.saturating_add(page.offset());
        // What an index leads to is little, and counted whole.
        let most_if_full = if source.indexed.is_empty() { most.div_ceil(2) } else { most };
        Self {
            source,
            page,
            most,
            most_if_full,
            stretch: stretch.min(most_if_full),
            at: past,
            until: None,
            looked: 0,
            found: 0,
            ids: Vec::new(),
            is_complete: false,
        }
    }

    /// A search in another order than that of numbers, by a statement of its own that looks at [`Self::rows`] rows.
    pub(super) fn at_once(source: Source, page: Page, most: u64) -> Self {
        Self { stretch: most.saturating_add(page.offset()), ..Self::new(source, page, None, most, u64::MAX) }
    }

    /// Rows that are looked at by one statement.
    pub(super) fn rows(&self) -> u64 {
        self.stretch
    }

    /// The times between which rows are looked at, if numbers rise with a time: not before the first, before the second.
    pub(super) fn window(since: Option<Timestamp>, until: Option<Timestamp>) -> [Option<Timestamp>; 2] {
        [since.map(|at| at.minus(CLOCK_SLACK)), until.map(|at| at.plus(CLOCK_SLACK))]
    }

    /// Looks at no row before the number `first` and at none from `end` on.
    pub(super) fn bound(&mut self, first: Option<i64>, end: Option<i64>) {
        if self.page.oldest_first {
            self.at = self.at.max(first.map(|first| first - 1));
            self.until = end;
        } else {
            self.at = [self.at, end].into_iter().flatten().min();
            self.until = first.map(|first| first - 1);
        }
    }

    /// What is searched.
    pub(super) fn source(&self) -> Source {
        self.source
    }

    /// The statement that finds the last row of the next stretch; none is left behind that if it finds none.
    pub(super) fn end_sql(&self) -> Option<String> {
        let most = if self.found >= self.page.end() { self.most_if_full } else { self.most };
        let is_over = self.is_complete || self.looked >= most || self.found >= count_bound(self.page);
        let Source { table, number, indexed, .. } = self.source;
        let rows = match indexed {
            [] => format!("SELECT {number} AS id FROM {table} WHERE true{}", self.bounds(number, None)),
            _ => format!("SELECT id FROM ({}) found", self.indexed(None)),
        };
        let (direction, skipped) = (self.page.direction(), self.stretch - 1);
        (!is_over).then(|| format!("{rows} ORDER BY id {direction} LIMIT 1 OFFSET {skipped}"))
    }

    /// The statement that finds the rows that match, as far as the row `end`.
    ///
    /// `among` stands before and behind a select of the few numbers that one is among.
    pub(super) fn matches_sql(
        &self,
        tables: &str,
        condition: &str,
        among: [&'static str; 2],
        end: Option<i64>,
    ) -> String {
        let Source { number, indexed, .. } = self.source;
        let rows = match indexed {
            [] => self.bounds(number, end),
            _ => format!(" AND {number} {}", among.join(&self.indexed(end))),
        };
        self.select(tables, condition, &rows)
    }

    /// The statement that finds all rows that match, where those that can are few.
    pub(super) fn all_sql(&self, tables: &str, condition: &str) -> String {
        self.select(tables, condition, &self.bounds(self.source.number, None))
    }

    fn select(&self, tables: &str, condition: &str, rows: &str) -> String {
        let (number, direction) = (self.source.number, self.page.direction());
        format!("SELECT {number} FROM {tables} WHERE {condition}{rows} ORDER BY {number} {direction}")
    }

    fn indexed(&self, end: Option<i64>) -> String {
        let bounds = self.bounds("id", end);
        let parts: Vec<String> = self.source.indexed.iter().map(|part| format!("{part}{bounds}")).collect();
        parts.join(" UNION ALL ")
    }

    fn bounds(&self, number: &str, end: Option<i64>) -> String {
        let (behind, before, up_to) = if self.page.oldest_first { (">", "<", "<=") } else { ("<", ">", ">=") };
        let part = |operator: &str, bound: Option<i64>| {
            bound.map_or_else(String::new, |bound| format!(" AND {number} {operator} {bound}"))
        };
        // Of two bounds on one side an index uses the first, whichever is nearer.
        let last = if end.is_some() { part(up_to, end) } else { part(before, self.until) };
        part(behind, self.at) + &last
    }

    /// Takes the matches of a stretch that ended with the row `end`.
    pub(super) fn add(&mut self, matches: &[i64], end: Option<i64>) {
        let begin = self.page.offset();
        for id in matches {
            if self.found >= begin && (self.ids.len() as u64) < self.page.limit {
                self.ids.push(*id);
            }
            self.found += 1;
        }
        self.looked += self.stretch;
        self.is_complete = end.is_none();
        self.at = end.or(self.at);
    }

    /// What was found.
    pub(super) fn finish(self) -> Found {
        let Self { ids, found, page, is_complete, at, .. } = self;
        let most = if is_complete { u64::MAX } else { count_bound(page) };
        Found { ids, total: found.min(most), is_complete, at }
    }
}

impl Found {
    /// The page with its rows; `counted` is the number of all matches, if counters know it.
    pub(super) fn list<T>(self, rows: Vec<T>, counted: Option<u64>, page: Page) -> Listed<T> {
        let total = counted.unwrap_or(self.total);
        let is_full = self.ids.len() as u64 >= page.limit
            || counted.is_some_and(|all| page.offset() + self.ids.len() as u64 >= all);
        Listed {
            rows,
            total,
            is_exact: self.is_complete || counted.is_some(),
            searched_to: self.at.filter(|_| !self.is_complete && !is_full),
        }
    }
}
