//! The statements of the file store, explained by SQLite.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use syncctl::store::{Access, Location, open};

use crate::log::{self, Statement, statements_of};
use crate::support::memory_dir;
use crate::{inbound, lists, workload};

/// Tables that grow with what is emitted, delivered, received or done.
const GROWING: &[&str] = &[
    "delivery",
    "event",
    "attempt",
    "received",
    "record",
    "request",
    "operator_action",
    "rate",
    "run",
    "scheduled",
    "edited",
    "whole_record",
];

/// Rows of each log that stand beside the work: more than one statement of a search looks at.
const FINISHED: i64 = 12_000;

/// Adds what was finished long ago.
fn fill(path: &Path, rows: i64) {
    let connection = Connection::open(path).unwrap();
    let fill = format!(
        "BEGIN;
         CREATE TEMP TABLE n AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {rows}) SELECT n FROM c;
         INSERT INTO kind (type, resource_type) VALUES ('old.event', 'old');
         INSERT INTO event (id, kind, resource_id, timestamp, created_at, body)
             SELECT 'old' || n, 1, 'r' || n % 1000, n, n, x'7b7d' FROM n;
         INSERT INTO delivery (event, endpoint, lane, state, due_at, changed_at, attempts, used)
             SELECT seq, 1, seq % 1000, 4 + seq % 2, created_at, created_at, 1, 1 FROM event;
         INSERT INTO attempt (delivery, number, trigger, started_at, took_us, outcome, status, detail)
             SELECT id, 1, 0, due_at, 900, state - 4, 200, 'HTTP 200' FROM delivery;
         INSERT INTO received (at, result, event_id, kind, resource_id, digest)
             SELECT n, n % 2 * 3, 'in' || n, 1, 'r' || n % 1000, x'00' FROM n;
         INSERT INTO operator_action (at, operator, source, action, target) SELECT n, 'o', '::1', 'replay', n FROM n;
         INSERT INTO record (kind, id, present, name, email, user_id, course_id, created_at, last_event, body)
             SELECT n % 3, 'r' || n, n % 10 > 0, 'name ' || n, 'm' || n, 'u-' || n % 1000, 'c-' || n % 2, n, n, '{{}}' FROM n;
         DROP TABLE n;
         COMMIT;"
    );
    connection.execute_batch(&fill).unwrap();
}

/// A statement, and the steps in which SQLite runs it.
struct Plan {
    sql: String,
    steps: Vec<String>,
}

impl Plan {
    fn of(connection: &Connection, statement: &Statement) -> Self {
        let sql = format!("{} ", statement.sql.split_whitespace().collect::<Vec<_>>().join(" "));
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let parameters = std::iter::repeat_n(1, explained.parameter_count());
        let steps = explained.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>(3)).unwrap();
        let steps = steps.map(Result::unwrap).collect();
        Self { sql, steps }
    }

    /// A table that grows and is read whole.
    fn scanned(&self) -> Option<&&str> {
        let scans = self.steps.iter().filter_map(|step| step.strip_prefix("SCAN "));
        scans.filter_map(|name| GROWING.iter().find(|table| self.calls(table, name))).next()
    }

    /// Whether a plan calls the table by that name: it has the alias where there is one.
    fn calls(&self, table: &str, name: &str) -> bool {
        name == table
            || self.sql.contains(&format!(" {table} {name} "))
            || self.sql.contains(&format!(" {table} AS {name} "))
    }

    /// Whether it ends after some rows, in the order of their numbers, because it asks nothing of them.
    fn is_page(&self) -> bool {
        let asks_nothing = !self.sql.contains(" WHERE ") || self.sql.contains(" WHERE true ");
        self.sql.contains(" LIMIT ") && asks_nothing && !self.sorts_all()
    }

    /// Whether it reads and sorts everything before it gives the first row.
    fn sorts_all(&self) -> bool {
        self.sql.contains(" LIMIT ") && self.steps.iter().any(|step| step.contains("TEMP B-TREE"))
    }
}

/// Statements that may read a whole table, by a part of their text, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("SELECT count(*) FROM received WHERE at <", "a prune says exactly what it would remove"),
    ("SELECT count(*) FROM run WHERE ended_at <", "a prune says exactly what it would remove"),
    ("SELECT coalesce(sum(bytes), 0) FROM request", "kept requests are bounded by their bytes and by a week"),
    ("FROM request ORDER BY id LIMIT 100) AND at <", "the oldest hundred are looked at"),
    ("FROM received ORDER BY id DESC LIMIT ?2) WHERE kind IN", "the latest ten thousand are looked at"),
    ("SELECT r.seq FROM (SELECT * FROM (", "a bounded part of the records"),
    ("WHERE ((d.state < 3 AND ", "a page alone of what waits looks at all deliveries, if it has to"),
];

/// What only the making of a queue runs.
fn is_of_schema(statement: &Statement) -> bool {
    statement.sql.contains("sqlite_schema") || statement.sql.contains("sqlite_master")
}

/// Lists of which few rows are sorted: those of one resource, those of a page or a bounded search, and incidents, which are kept for
/// ninety days.
const SORTED: &[&str] = &["resource_id = ?", "r.seq IN (", "SELECT r.seq FROM (SELECT * FROM (", "FROM incident "];

fn is_exception(sql: &str) -> bool {
    EXCEPTIONS.iter().any(|(part, _)| sql.contains(part))
}

#[test]
fn no_statement_of_a_file_scans_what_grows_and_no_page_is_sorted() {
    let directory = memory_dir();
    let path = directory.path().join("q.db");
    log::start();
    let store = open(&Location::file(&path), Access::Create).unwrap();
    workload::configure(store.as_ref());
    fill(&path, FINISHED);
    let lists = statements_of("sqlite", || lists::read_lists(store.as_ref(), FINISHED));
    let all = statements_of("sqlite", || {
        workload::run(store.as_ref());
        inbound::receive(store.as_ref(), 1);
        inbound::operate(store.as_ref(), 1);
        inbound::observe(store.as_ref());
        inbound::tidy(store.as_ref());
        inbound::copy(store.as_ref());
    });
    let connection = Connection::open(&path).unwrap();
    // As the program has it: a plan does not depend on what is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    let plans = |of: &[Statement]| -> Vec<Plan> {
        of.iter().filter(|it| it.has_plan() && !is_of_schema(it)).map(|it| Plan::of(&connection, it)).collect()
    };
    let all = plans(&all);
    assert!(all.len() > 200, "{} statements were logged", all.len());
    let scans = |plan: &&Plan| !plan.is_page() && plan.scanned().is_some() && !is_exception(&plan.sql);
    let told = |plan: &Plan| format!("{}\n  {:?}", plan.sql, plan.steps);
    let faults: Vec<String> = all.iter().filter(scans).map(told).collect();
    assert!(faults.is_empty(), "{} statements read whole tables:\n\n{}", faults.len(), faults.join("\n\n"));
    let sorting: Vec<String> = plans(&lists)
        .iter()
        .filter(|plan| plan.sorts_all() && !SORTED.iter().any(|part| plan.sql.contains(part)))
        .map(told)
        .collect();
    assert!(sorting.is_empty(), "{} statements sort before they answer:\n\n{}", sorting.len(), sorting.join("\n\n"));
    // What waits after a failure or was given up is found among millions that arrived.
    let is_index = |step: &String| ["delivery_troubled", "delivery_failed"].iter().any(|index| step.contains(index));
    assert!(all.iter().any(|plan| plan.steps.iter().filter(|step| is_index(step)).count() == 2));
}
