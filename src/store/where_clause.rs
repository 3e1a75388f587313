//! What a filter asks of rows, as SQL that both stores understand: which columns are compared stands here once.

use std::collections::BTreeSet;

use super::DeliveryId;
use super::db_codes::{ACCEPTED_RESULT, REFUSED_RESULT};
use super::inbound::ReceivedFilter;
use super::lists::{AttemptFilter, DeliveryFilter, EventFilter, Page};
use super::operators::ActionFilter;
use super::search::{MAX_CANDIDATES, RowCost};
use crate::clock::Timestamp;
use crate::delivery::State;
use crate::endpoint::TypePattern;

/// The SQL that SQLite and PostgreSQL write differently in a WHERE clause: parameters, text search, delivery states.
#[derive(Clone, Copy, Debug)]
pub(super) struct SqlDialect {
    /// What stands before the number of a parameter.
    pub(super) parameter: char,
    /// The function that finds the second text in the first: its place, counted from 1, or 0.
    pub(super) position: &'static str,
    /// The condition that a delivery `d` is in this state, its endpoint being `p`.
    pub(super) state: fn(State) -> &'static str,
    /// The condition that a delivery `d` may have an attempt that did not deliver it.
    pub(super) undelivered: &'static str,
    /// Whether conditions are written for a search, which looks at row after row, instead of for an index.
    pub(super) is_search: bool,
    /// What stands before and behind a select of the few numbers that a column is among.
    pub(super) among: [&'static str; 2],
    /// Selects the deliveries that an index or a small table holds.
    pub(super) selects: StateSelects,
}

/// Selects of ids of deliveries that are not delivered.
#[derive(Clone, Copy, Debug)]
pub(super) struct StateSelects {
    /// Those that wait.
    pub(super) waiting: &'static str,
    /// Those that are being sent.
    pub(super) processing: &'static str,
    /// Those that failed.
    pub(super) failed: &'static str,
    /// Those that failed, or wait after a failed attempt.
    pub(super) troubled: &'static str,
    /// Those that may have an attempt that did not deliver them.
    pub(super) undelivered: &'static str,
}

/// What is selected by an index, so that everything that a filter wants is among it.
#[derive(Clone, Debug)]
pub(super) struct Candidates {
    /// Selects the events that they belong to, which is less to read: where those are too many, so are they.
    events: Option<&'static str>,
    /// Selects them; `?` stands for the value.
    select: String,
    /// The value.
    pub(super) value: Option<String>,
}

impl Candidates {
    fn new(select: impl Into<String>) -> Self {
        Self { events: None, select: select.into(), value: None }
    }

    /// What belongs to the events of a resource: `select` of events `r`.
    fn of_resource(select: &str, resource: &str) -> Self {
        let events = Some("SELECT 1 FROM event r WHERE r.resource_id = ?");
        Self { events, select: format!("{select} WHERE r.resource_id = ?"), value: Some(resource.to_owned()) }
    }

    /// Records of an owner, by the indexes that the given conditions choose.
    pub(super) fn of_owner(indexes: &[String], column: &str, owner: &str) -> Self {
        let select = |index: &String| format!("SELECT r.seq FROM record r WHERE {index} AND {column} = ?");
        let selects: Vec<String> = indexes.iter().map(select).collect();
        Self { events: None, select: selects.join(" UNION ALL "), value: Some(owner.to_owned()) }
    }

    /// Those among which every delivery is that changed at `since` or later, whenever it was created: what was delivered has an
    /// attempt from `first_attempt` on, and everything else but what was superseded is open or failed.
    pub(super) fn changed_since(since: Timestamp, first_attempt: i64, selects: StateSelects) -> Self {
        let StateSelects { waiting, processing, failed, .. } = selects;
        let since = since.as_millis();
        Self::new(format!(
            "SELECT delivery AS id FROM attempt WHERE id >= {first_attempt}
             UNION ALL SELECT o.id FROM ({waiting} UNION ALL {processing} UNION ALL {failed}) o
                WHERE (SELECT c.changed_at FROM delivery c WHERE c.id = o.id) >= {since}"
        ))
    }

    /// Counts their events, where those tell whether they are too many, up to one more than may all be looked at.
    pub(super) fn events_sql(&self, dialect: SqlDialect) -> Option<String> {
        let first = Self::first_sql(self.events?, dialect);
        Some(format!("SELECT count(*) FROM ({first}) counted"))
    }

    /// Reads them, up to one more than may all be looked at.
    pub(super) fn ids_sql(&self, dialect: SqlDialect) -> String {
        Self::first_sql(&self.select, dialect)
    }

    fn first_sql(select: &str, dialect: SqlDialect) -> String {
        let select = select.replace('?', &format!("{}1", dialect.parameter));
        format!("SELECT * FROM ({select}) held LIMIT {}", MAX_CANDIDATES + 1)
    }
}

/// The value of one parameter of a WHERE clause.
#[derive(Clone, Debug)]
pub(super) enum SqlValue {
    Int(i64),
    Text(String),
}

impl From<i64> for SqlValue {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<String> for SqlValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for SqlValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Builds the WHERE clause of a list from its filter: parts joined by AND, with the values of their parameters.
#[derive(Debug)]
pub(super) struct WhereClause {
    dialect: SqlDialect,
    parts: Vec<String>,
    values: Vec<SqlValue>,
}

impl WhereClause {
    pub(super) fn new(dialect: SqlDialect) -> Self {
        Self { dialect, parts: Vec::new(), values: Vec::new() }
    }

    /// Another condition on the same statement: the values of its own follow those of this one.
    pub(super) fn with_same_values(&self) -> Self {
        Self { dialect: self.dialect, parts: Vec::new(), values: self.values.clone() }
    }

    /// The events of a page.
    pub(super) fn on_events(filter: &EventFilter, page: Page, dialect: SqlDialect) -> Self {
        let EventFilter { event_type, resource_id, since, until, last_status, error, places, past } = filter;
        let mut condition = Self::new(dialect);
        condition.event_type(event_type.as_ref());
        condition.equal("e.resource_id", resource_id.as_deref());
        condition.between("e.created_at", *since, *until);
        condition.delivery_ended_with(*last_status, error.as_deref());
        condition.one_of("e.seq", places.iter().copied());
        condition.past("e.seq", *past, page);
        condition
    }

    /// The deliveries that a filter names, wherever their page begins; `troubled` is the condition that one has a failed attempt.
    pub(super) fn on_deliveries(filter: &DeliveryFilter, page: Page, troubled: &str, dialect: SqlDialect) -> Self {
        let mut condition = Self::new(dialect);
        if !filter.states.is_empty() {
            let states: Vec<&str> = filter.states.iter().copied().map(dialect.state).collect();
            condition.add(format!("({})", states.join(" OR ")));
        }
        if filter.troubled {
            condition.add(troubled);
        }
        condition.equal("p.name", filter.endpoint.as_deref());
        condition.event_type(filter.event_type.as_ref());
        condition.equal("e.resource_id", filter.resource_id.as_deref());
        condition.ended_with(filter.last_status, filter.error.as_deref());
        condition.equal("e.id", filter.event.as_ref().map(|id| id.as_str()));
        condition.one_of("d.id", filter.ids.iter().map(|id| id.0));
        condition.between("d.changed_at", filter.since, filter.until);
        condition.past("d.id", filter.past.map(|id| id.0), page);
        condition
    }

    /// Attempts, of which the log is made.
    pub(super) fn on_attempts(filter: &AttemptFilter, page: Page, dialect: SqlDialect) -> Self {
        let mut condition = Self::new(dialect);
        condition.equal("p.name", filter.endpoint.as_deref());
        condition.event_type(filter.event_type.as_ref());
        condition.equal("e.resource_id", filter.resource_id.as_deref());
        if filter.is_about_failures() {
            condition.add(FAILED_ATTEMPT);
        }
        condition.equal("a.status", filter.status.map(i64::from));
        condition.holds("a.detail", filter.error.as_deref());
        condition.one_of("a.id", filter.places.iter().copied());
        condition.with("a.id > ?", filter.after);
        condition.with("a.id > (SELECT max(id) FROM attempt) - ?", filter.latest.map(i64::from));
        condition.between("a.started_at", filter.since, filter.until);
        condition.past("a.id", filter.past, page);
        condition
    }

    /// Entries of the inbound audit log.
    pub(super) fn on_received(filter: &ReceivedFilter, page: Page, dialect: SqlDialect) -> Self {
        let mut condition = Self::new(dialect);
        if let Some(refused) = filter.refused {
            condition.add(if refused { REFUSED_RESULT } else { ACCEPTED_RESULT });
        }
        condition.event_type(filter.event_type.as_ref());
        condition.equal("r.resource_id", filter.resource_id.as_deref());
        condition.one_of("r.id", filter.ids.iter().copied());
        condition.between("r.at", filter.since, filter.until);
        condition.past("r.id", filter.past, page);
        condition
    }

    /// Records at these places.
    pub(super) fn on_record_numbers(numbers: &[i64], dialect: SqlDialect) -> Self {
        let mut condition = Self::new(dialect);
        condition.one_of("r.seq", numbers.iter().copied());
        condition
    }

    /// Refused requests that are kept.
    pub(super) fn on_kept(past: Option<i64>, page: Page, dialect: SqlDialect) -> Self {
        let mut condition = Self::new(dialect);
        condition.past("id", past, page);
        condition
    }

    /// What operators did.
    pub(super) fn on_actions(filter: &ActionFilter, page: Page, dialect: SqlDialect) -> Self {
        let mut condition = Self::new(dialect);
        condition.equal("operator", filter.operator.as_deref());
        condition.between("at", filter.since, filter.until);
        condition.past("id", filter.past, page);
        condition
    }

    /// What operators did, by its numbers.
    pub(super) fn on_action_numbers(numbers: Vec<i64>, dialect: SqlDialect) -> Self {
        let mut condition = Self::new(dialect);
        condition.one_of("id", numbers.into_iter());
        condition
    }

    /// Adds a part without a parameter.
    pub(super) fn add(&mut self, part: impl Into<String>) {
        self.parts.push(part.into());
    }

    /// Adds a part in which every `?` stands for `value`.
    fn and(&mut self, part: &str, value: impl Into<SqlValue>) {
        let parameter = self.parameter(value);
        self.parts.push(part.replace('?', &parameter));
    }

    /// Adds a value alone; what stands for it.
    pub(super) fn parameter(&mut self, value: impl Into<SqlValue>) -> String {
        self.values.push(value.into());
        format!("{}{}", self.dialect.parameter, self.values.len())
    }

    fn with(&mut self, part: &str, value: Option<impl Into<SqlValue>>) {
        if let Some(value) = value {
            self.and(part, value);
        }
    }

    pub(super) fn equal(&mut self, column: &str, value: Option<impl Into<SqlValue>>) {
        self.with(&format!("{column} = ?"), value);
    }

    /// From `since` on and before `until`.
    fn between(&mut self, column: &str, since: Option<Timestamp>, until: Option<Timestamp>) {
        self.with(&format!("{column} >= ?"), since.map(Timestamp::as_millis));
        self.with(&format!("{column} < ?"), until.map(Timestamp::as_millis));
    }

    /// Only rows whose column has one of these numbers; any, without one.
    pub(super) fn one_of(&mut self, column: &str, values: impl Iterator<Item = i64>) {
        let values: Vec<String> = values.map(|value| value.to_string()).collect();
        if !values.is_empty() {
            self.add(format!("{column} IN ({})", values.join(",")));
        }
    }

    /// The text stands in the column, in whatever case.
    fn holds(&mut self, column: &str, text: Option<&str>) {
        self.with(&format!("{}(lower({column}), lower(?)) > 0", self.dialect.position), text);
    }

    /// The type itself, or those that begin as the pattern does.
    fn event_type(&mut self, pattern: Option<&TypePattern>) {
        let Some(pattern) = pattern.map(TypePattern::as_str) else { return };
        match pattern.strip_suffix('*') {
            Some(stem) => self.and(&format!("substr(k.type, 1, {}) = ?", stem.chars().count()), stem),
            None => self.and("k.type = ?", pattern),
        }
    }

    /// Only deliveries whose last attempt had this status, or a detail that holds this text.
    fn ended_with(&mut self, status: Option<u16>, error: Option<&str>) {
        if is_about_failures(status, error) {
            self.add(self.dialect.undelivered);
        }
        let last = |column| {
            format!("(SELECT a.{column} FROM attempt a WHERE a.delivery = d.id ORDER BY a.number DESC LIMIT 1)")
        };
        self.equal(&last("status"), status.map(i64::from));
        self.holds(&last("detail"), error);
    }

    /// Only events that have such a delivery.
    fn delivery_ended_with(&mut self, status: Option<u16>, error: Option<&str>) {
        let before = self.parts.len();
        self.ended_with(status, error);
        let of_delivery = self.parts.split_off(before);
        if !of_delivery.is_empty() {
            let of_delivery = of_delivery.join(" AND ");
            self.add(match self.dialect.is_search {
                true => format!("EXISTS (SELECT 1 FROM delivery d WHERE d.event = e.seq AND {of_delivery})"),
                false => format!("e.seq IN (SELECT d.event FROM delivery d WHERE {of_delivery})"),
            });
        }
    }

    /// Only rows behind `place`, in the order of the page. A search begins there by itself.
    fn past(&mut self, column: &str, place: Option<i64>, page: Page) {
        let place = place.filter(|_| !self.dialect.is_search);
        self.with(&format!("{column} {} ?", if page.oldest_first { ">" } else { "<" }), place);
    }

    /// The text stands in what a record is searched by, in whatever case.
    pub(super) fn holds_in_record(&mut self, text: Option<&str>) {
        let found =
            ["r.name", "r.email", "lower(r.id)"].map(|column| format!("{}({column}, ?) > 0", self.dialect.position));
        self.with(&format!("({})", found.join(" OR ")), text.map(str::to_lowercase));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The statement that counts the rows that match, up to one more than `bound`.
    pub(super) fn count_sql(&self, tables: &str, bound: u64) -> String {
        let most = bound.saturating_add(1).min(i64::MAX.unsigned_abs());
        format!("SELECT count(*) FROM (SELECT 1 FROM {tables} WHERE {} LIMIT {most}) found", self.sql())
    }

    /// Whether a column of the table with this alias is compared.
    pub(super) fn refers_to(&self, alias: &str) -> bool {
        self.parts.iter().any(|part| part.contains(&format!("{alias}.")))
    }

    /// The table that is searched with those of the joined ones that are compared, each given with the aliases that need it.
    #[cfg(feature = "postgres")]
    pub(super) fn tables(&self, first: &str, joins: &[(&[&str], &str)]) -> String {
        let needed = joins.iter().filter(|(aliases, _)| aliases.iter().any(|alias| self.refers_to(alias)));
        needed.fold(first.to_owned(), |tables, (_, join)| format!("{tables} {join}"))
    }

    pub(super) fn sql(&self) -> String {
        if self.parts.is_empty() { "true".to_owned() } else { self.parts.join(" AND ") }
    }

    pub(super) fn values(&self) -> &[SqlValue] {
        &self.values
    }
}

const FAILED_ATTEMPT: &str = "a.outcome > 0";

/// The attempts that failed, by the index that holds those.
pub(super) const FAILED_ATTEMPTS: &[&str] = &["SELECT id FROM attempt WHERE outcome > 0"];

/// Whether nothing that was delivered at the last attempt can match.
fn is_about_failures(status: Option<u16>, error: Option<&str>) -> bool {
    error.is_some() || status.is_some_and(|status| !(200..300).contains(&status))
}

impl DeliveryFilter {
    /// Those with these numbers.
    pub(super) fn numbered(numbers: Vec<i64>) -> Self {
        Self { ids: numbers.into_iter().map(DeliveryId).collect(), ..Self::default() }
    }

    /// What an index holds of the deliveries that match, the fewest first.
    pub(super) fn candidates(&self, selects: StateSelects) -> Vec<Candidates> {
        let of_resource = self.resource_id.as_ref().map(|resource| {
            Candidates::of_resource("SELECT c.id FROM event r JOIN delivery c ON c.event = r.seq", resource)
        });
        let troubled = self.troubled.then(|| Candidates::new(selects.troubled));
        let undelivered = self.is_about_failures().then(|| Candidates::new(selects.undelivered));
        [of_resource, self.candidates_by_state(selects), troubled, undelivered].into_iter().flatten().collect()
    }

    fn candidates_by_state(&self, selects: StateSelects) -> Option<Candidates> {
        let select = |state: &State| match state {
            State::Pending | State::Held => Some(selects.waiting),
            State::Processing => Some(selects.processing),
            State::Failed => Some(selects.failed),
            State::Delivered | State::Superseded => None,
        };
        let selects: Option<BTreeSet<&str>> = self.states.iter().map(select).collect();
        let selects: Vec<&str> = selects?.into_iter().collect();
        (!selects.is_empty()).then(|| Candidates::new(selects.join(" UNION ALL ")))
    }

    /// What it reads of each delivery.
    pub(super) fn row_cost(&self) -> RowCost {
        let Self { last_status, error, event_type, resource_id, .. } = self;
        cost_of(last_status.is_some() || error.is_some(), event_type.is_some() || resource_id.is_some())
    }

    /// Whether no delivery that arrived can match by its last attempt.
    pub(super) fn is_about_failures(&self) -> bool {
        is_about_failures(self.last_status, self.error.as_deref())
    }
}

impl EventFilter {
    /// Those with these numbers.
    pub(super) fn numbered(places: Vec<i64>) -> Self {
        Self { places, ..Self::default() }
    }

    /// Whether nothing is compared but the place.
    pub(super) fn is_everything(&self) -> bool {
        let Self { event_type, resource_id, since, until, last_status, error, places, past: _ } = self;
        let is_any = event_type.is_none() && resource_id.is_none() && last_status.is_none() && error.is_none();
        is_any && since.is_none() && until.is_none() && places.is_empty()
    }

    /// What an index holds of the events that match, the fewest first.
    pub(super) fn candidates(&self, selects: StateSelects) -> Vec<Candidates> {
        let of_resource =
            self.resource_id.as_ref().map(|resource| Candidates::of_resource("SELECT r.seq FROM event r", resource));
        let undelivered = || {
            let ids = selects.undelivered;
            Candidates::new(format!("SELECT c.event FROM ({ids}) u JOIN delivery c ON c.id = u.id"))
        };
        [of_resource, self.is_about_failures().then(undelivered)].into_iter().flatten().collect()
    }

    /// What it reads of each event, whose row is long itself.
    pub(super) fn row_cost(&self) -> RowCost {
        cost_of(self.last_status.is_some() || self.error.is_some(), true)
    }

    /// Whether no event that arrived everywhere can match.
    pub(super) fn is_about_failures(&self) -> bool {
        is_about_failures(self.last_status, self.error.as_deref())
    }
}

impl AttemptFilter {
    /// Those with these numbers.
    pub(super) fn numbered(places: Vec<i64>) -> Self {
        Self { places, ..Self::default() }
    }

    /// Whether nothing is compared but the place.
    pub fn is_everything(&self) -> bool {
        let Self { endpoint, event_type, resource_id, status, error, after, past: _, places, latest, since, until } =
            self;
        let is_any = endpoint.is_none() && event_type.is_none() && resource_id.is_none() && status.is_none();
        let is_any = is_any && error.is_none() && since.is_none() && until.is_none() && latest.is_none();
        is_any && after.is_none() && places.is_empty()
    }

    /// Whether a search finds what it wants: it is neither without any condition nor bound to a few rows.
    pub(super) fn needs_search(&self) -> bool {
        let is_any = Self { after: None, ..self.clone() }.is_everything();
        self.places.is_empty() && self.latest.is_none() && !is_any
    }

    /// What an index holds of the attempts that match.
    pub(super) fn candidates(&self) -> Vec<Candidates> {
        let select = "SELECT t.id FROM event r JOIN delivery c ON c.event = r.seq JOIN attempt t ON t.delivery = c.id";
        self.resource_id.iter().map(|resource| Candidates::of_resource(select, resource)).collect()
    }

    /// What it reads of each attempt.
    pub(super) fn row_cost(&self) -> RowCost {
        let Self { endpoint, event_type, resource_id, error, .. } = self;
        cost_of(false, endpoint.is_some() || event_type.is_some() || resource_id.is_some() || error.is_some())
    }

    /// Whether only attempts that failed can match.
    pub(super) fn is_about_failures(&self) -> bool {
        is_about_failures(self.status, self.error.as_deref())
    }
}

impl ActionFilter {
    /// Whether a search finds what it wants.
    pub(super) fn needs_search(&self) -> bool {
        let Self { operator, since, until, past: _ } = self;
        operator.is_some() || since.is_some() || until.is_some()
    }
}

impl ReceivedFilter {
    /// Those with these numbers.
    pub(super) fn numbered(ids: Vec<i64>) -> Self {
        Self { ids, ..Self::default() }
    }

    /// Whether a search finds what it wants.
    pub(super) fn needs_search(&self) -> bool {
        let Self { refused, event_type, resource_id, since, until, ids, past: _ } = self;
        let is_any = refused.is_none() && event_type.is_none() && resource_id.is_none();
        ids.is_empty() && !(is_any && since.is_none() && until.is_none())
    }

    /// What it reads of each entry.
    pub(super) fn row_cost(&self) -> RowCost {
        cost_of(false, self.event_type.is_some() || self.resource_id.is_some())
    }
}

fn cost_of(reads_last_attempt: bool, reads_more: bool) -> RowCost {
    match (reads_last_attempt, reads_more) {
        (true, _) => RowCost::LastAttempt,
        (false, true) => RowCost::Joined,
        (false, false) => RowCost::Row,
    }
}

impl Page {
    /// The direction of the column that gives the order.
    pub(super) fn direction(self) -> &'static str {
        if self.oldest_first { "ASC" } else { "DESC" }
    }

    /// The end of a statement that reads this page only.
    pub(super) fn window(self) -> String {
        format!("LIMIT {} OFFSET {}", self.limit.min(i64::MAX.unsigned_abs()), self.offset())
    }
}
