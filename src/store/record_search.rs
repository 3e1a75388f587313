//! How records are searched for a text: in the order of the page, up to a bound.

use super::inbound::RecordFilter;
use super::lists::Page;
use super::search::{Found, Search, Source};
use super::where_clause::{SqlDialect, WhereClause};

/// Records by their numbers; in another order they are looked at by one statement all the same.
const RECORDS: Source = Source { table: "record r", number: "r.seq", indexed: &[], times: None };

/// A search for a text among the first of the records that the rest of a filter lists.
pub(super) struct RecordSearch {
    search: Search,
    listed: WhereClause,
    matching: WhereClause,
    order: String,
}

impl RecordSearch {
    /// The search that a filter asks for, if it holds a text: `most` records are looked at, sorted by `order`.
    pub(super) fn new(
        filter: &RecordFilter,
        page: Page,
        order: &str,
        (dialect, most): (SqlDialect, u64),
    ) -> Option<Self> {
        let text = filter.search.as_deref()?;
        let listed = WhereClause::on_records(filter, page, dialect);
        let matching = WhereClause::on_found_records(&listed, text);
        Some(Self { search: Search::at_once(RECORDS, page, most), listed, matching, order: order.to_owned() })
    }

    /// The statement that finds the last record that is looked at, if more are behind it; with the condition whose values it takes.
    pub(super) fn end_sql(&self) -> (String, &WhereClause) {
        let (listed, order, skipped) = (self.listed.sql(), &self.order, self.search.rows() - 1);
        let sql = format!("SELECT r.seq FROM record r WHERE {listed} ORDER BY {order} LIMIT 1 OFFSET {skipped}");
        (sql, &self.listed)
    }

    /// The statement that finds the records with the text, with the condition whose values it takes.
    pub(super) fn matches_sql(&self) -> (String, &WhereClause) {
        let (listed, matching, order) = (self.listed.sql(), self.matching.sql(), &self.order);
        let looked_at = format!(
            "SELECT r.seq, r.id, r.name, r.email, r.created_at FROM record r WHERE {listed} ORDER BY {order} LIMIT {}",
            self.search.rows()
        );
        (format!("SELECT r.seq FROM ({looked_at}) r WHERE {matching} ORDER BY {order}"), &self.matching)
    }

    /// What was found by both.
    pub(super) fn finish(mut self, matches: &[i64], end: Option<i64>) -> Found {
        self.search.add(matches, end);
        self.search.finish()
    }
}
