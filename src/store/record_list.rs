//! How records are listed: in parts, each of which an index has in the order of the page, merged by the database.
//!
//! Indexes begin with the kind, and hold either the records that exist or those that are deleted: a part is of one of both. What
//! no index compares is searched for among the first rows of all parts, up to a bound.

use super::db_codes::kind_code;
use super::inbound::{COUNTED_UP_TO, RecordFilter, RecordOrder};
use super::lists::Page;
use super::search::{Found, RowCost, Search, Source};
use super::where_clause::{Candidates, SqlDialect, SqlValue, WhereClause};
use crate::record::RecordKind;

/// Records by their numbers; in another order they are looked at by one statement all the same.
const RECORDS: Source = Source { table: "record r", number: "r.seq", indexed: &[], times: None };

/// The record that a page begins behind.
#[derive(Debug)]
pub(super) struct RecordCursor {
    /// Its number.
    pub(super) seq: i64,
    /// What it is sorted by besides; none where it has no such text.
    pub(super) key: Option<SqlValue>,
}

impl RecordCursor {
    /// The statement that reads the key of the record with a number, where it is sorted by more than that.
    pub(super) fn key_sql(sort: RecordOrder) -> Option<&'static str> {
        match sort {
            RecordOrder::Arrival => None,
            RecordOrder::Name => Some("SELECT r.name FROM record r WHERE r.seq = $1"),
            RecordOrder::Email => Some("SELECT r.email FROM record r WHERE r.seq = $1"),
            RecordOrder::CreatedAt => Some("SELECT r.created_at FROM record r WHERE r.seq = $1"),
        }
    }
}

/// A page of a list of records, as the statements that read it.
#[derive(Debug)]
pub(super) struct RecordList {
    page: Page,
    sort: RecordOrder,
    /// The condition of each part.
    parts: Vec<String>,
    /// The values that the parts compare.
    listed: WhereClause,
    /// What is compared besides, with the same values before its own.
    compared: WhereClause,
    /// What indexes hold of those that match, though not in the order of the page.
    candidates: Vec<Candidates>,
}

impl RecordList {
    /// The page that a filter asks for, behind `cursor` if it begins behind a record.
    pub(super) fn new(filter: &RecordFilter, page: Page, cursor: Option<RecordCursor>, dialect: SqlDialect) -> Self {
        let (mut listed, mut others) = (WhereClause::new(dialect), Vec::new());
        for (column, owner) in [("r.user_id", filter.user.as_deref()), ("r.course_id", filter.course.as_deref())] {
            let Some(owner) = owner else { continue };
            // An index of owners goes on with the number.
            match filter.sort == RecordOrder::Arrival && listed.is_empty() {
                true => listed.equal(column, Some(owner)),
                false => others.push((column, owner)),
            }
        }
        let owner = listed.sql();
        let places = places(filter.sort, page, cursor, &mut listed);
        let indexes = indexes(filter);
        let parts = indexes.iter().flat_map(|index| places.iter().map(move |place| [index, place]));
        let parts = parts.map(|[index, place]| format!("{index} AND {owner} AND {place}")).collect();
        let mut compared = listed.with_same_values();
        others.iter().for_each(|(column, owner)| compared.equal(column, Some(*owner)));
        compared.holds_in_record(filter.search.as_deref());
        let candidates = others.iter().map(|(column, owner)| Candidates::of_owner(&indexes, column, owner)).collect();
        Self { page, sort: filter.sort, parts, listed, compared, candidates }
    }

    /// Whether rows are looked at that may not match.
    pub(super) fn is_searched(&self) -> bool {
        !self.compared.is_empty()
    }

    /// How many rows are counted.
    pub(super) fn count_bound(&self) -> u64 {
        u64::from(COUNTED_UP_TO).max(self.page.end())
    }

    /// The statement that counts the rows of all parts, up to one more than [`Self::count_bound`].
    pub(super) fn count_sql(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(|part| format!("SELECT 1 FROM record r WHERE {part}")).collect();
        format!("SELECT count(*) FROM ({} LIMIT {}) found", parts.join(" UNION ALL "), self.count_bound() + 1)
    }

    /// The statement that finds the numbers of the page.
    pub(super) fn page_sql(&self) -> String {
        self.merged_sql("", &self.page.window())
    }

    /// The values that both of them take.
    pub(super) fn listed(&self) -> &WhereClause {
        &self.listed
    }

    /// The columns by which a page is sorted.
    pub(super) fn order(&self) -> String {
        self.order_by(key(self.sort), "r.seq")
    }

    /// No text is before every text.
    fn order_by(&self, key: &str, seq: &str) -> String {
        let direction = self.page.direction();
        let nulls = if self.page.oldest_first { "FIRST" } else { "LAST" };
        match self.sort {
            RecordOrder::Arrival => format!("{seq} {direction}"),
            RecordOrder::CreatedAt => format!("{key} {direction}, {seq} {direction}"),
            RecordOrder::Name | RecordOrder::Email => format!("{key} {direction} NULLS {nulls}, {seq} {direction}"),
        }
    }

    /// All parts as one, in the order of the page: number and key of each row, and `columns`.
    fn merged_sql(&self, columns: &str, window: &str) -> String {
        let (key, order) = (key(self.sort), self.order_by("key", "seq"));
        // A server merges parts that have the order already: it has to be told of each.
        let select = |part: &String| {
            format!("SELECT * FROM (SELECT r.seq, {key} AS key{columns} FROM record r WHERE {part} ORDER BY {order}) p")
        };
        let selects: Vec<String> = self.parts.iter().map(select).collect();
        format!("{} ORDER BY {order} {window}", selects.join(" UNION ALL "))
    }

    /// What is read of each record, which lies somewhere else in the order of an index.
    pub(super) fn row_cost(&self) -> RowCost {
        match self.sort {
            RecordOrder::Arrival => RowCost::Joined,
            RecordOrder::Name | RecordOrder::Email | RecordOrder::CreatedAt => RowCost::LastAttempt,
        }
    }

    /// A search among the first rows, of which `most` are looked at.
    pub(super) fn search(self, most: u64) -> RecordSearch {
        RecordSearch { search: Search::at_once(RECORDS, self.page, most), list: self }
    }
}

/// The conditions that choose an index: each kind, what exists, and what is deleted where that is listed.
fn indexes(filter: &RecordFilter) -> Vec<String> {
    let kinds = filter.kind.map_or_else(|| RecordKind::ALL.to_vec(), |kind| vec![kind]);
    let held: &[&str] = if filter.deleted { &["r.present", "NOT r.present"] } else { &["r.present"] };
    let of_kind = |kind| held.iter().map(move |held| format!("r.kind = {} AND {held}", kind_code(kind)));
    kinds.into_iter().flat_map(of_kind).collect()
}

/// What a list is sorted by, before the number.
fn key(sort: RecordOrder) -> &'static str {
    match sort {
        RecordOrder::Arrival => "r.seq",
        RecordOrder::Name => "r.name",
        RecordOrder::Email => "r.email",
        RecordOrder::CreatedAt => "r.created_at",
    }
}

/// The conditions of what is behind `cursor`, each of which is one stretch of an index.
fn places(sort: RecordOrder, page: Page, cursor: Option<RecordCursor>, listed: &mut WhereClause) -> Vec<String> {
    let Some(RecordCursor { seq, key: at }) = cursor else { return vec!["true".to_owned()] };
    let (key, than) = (key(sort), if page.oldest_first { ">" } else { "<" });
    let without = format!("{key} IS NULL");
    match (sort, at) {
        (RecordOrder::Arrival, _) => vec![format!("r.seq {than} {seq}")],
        (_, Some(at)) => {
            let behind = format!("({key}, r.seq) {than} ({}, {seq})", listed.parameter(at));
            if page.oldest_first || sort == RecordOrder::CreatedAt { vec![behind] } else { vec![behind, without] }
        }
        (_, None) if page.oldest_first => vec![format!("{without} AND r.seq > {seq}"), format!("{key} IS NOT NULL")],
        (_, None) => vec![format!("{without} AND r.seq < {seq}")],
    }
}

/// A search for what no index compares, in the order of the page.
#[derive(Debug)]
pub(super) struct RecordSearch {
    list: RecordList,
    search: Search,
}

impl RecordSearch {
    /// What indexes hold of those that match, the fewest first.
    pub(super) fn candidates(&self) -> Vec<Candidates> {
        self.list.candidates.clone()
    }

    /// The statement that finds the last record that is looked at, if more are behind it; with the condition whose values it takes.
    pub(super) fn end_sql(&self) -> (String, &WhereClause) {
        let window = format!("LIMIT 1 OFFSET {}", self.search.rows() - 1);
        (self.list.merged_sql("", &window), &self.list.listed)
    }

    /// The statement that finds those that match, with the condition whose values it takes: among `few` of them if given, else
    /// among those that are looked at.
    pub(super) fn matches_sql(&self, few: Option<&[i64]>) -> (String, &WhereClause) {
        let (compared, order) = (self.list.compared.sql(), self.list.order());
        let matches = match few {
            Some(few) => {
                let numbers: Vec<String> = few.iter().map(ToString::to_string).collect();
                let parts: Vec<String> = self.list.parts.iter().map(|part| format!("({part})")).collect();
                format!("record r WHERE r.seq IN ({}) AND ({})", numbers.join(","), parts.join(" OR "))
            }
            None => {
                let columns = ", r.id, r.name, r.email, r.user_id, r.course_id, r.created_at";
                let looked_at = self.list.merged_sql(columns, &format!("LIMIT {}", self.search.rows()));
                format!("({looked_at}) r WHERE true")
            }
        };
        (format!("SELECT r.seq FROM {matches} AND {compared} ORDER BY {order}"), &self.list.compared)
    }

    /// What was found: `end` is the last record that was looked at, if more are behind it.
    pub(super) fn finish(mut self, matches: &[i64], end: Option<i64>) -> Found {
        self.search.add(matches, end);
        self.search.finish()
    }
}
