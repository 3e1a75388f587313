//! The statements of the file store, explained by SQLite.

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use syncctl::store::{Access, Location, open};

use crate::log::{self, Statement, statements_of};
use crate::support::memory_dir;
use crate::workload;

/// Tables that grow with what is delivered.
const GROWING: &[&str] = &["delivery", "event", "attempt", "received", "run"];

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

    /// Whether it reads the newest rows alone, in the order of their numbers.
    fn is_newest(&self) -> bool {
        self.sql.contains(" LIMIT ") && !self.sql.contains(" WHERE ")
    }

    /// Whether it reads and sorts everything before it gives the first row.
    fn sorts_all(&self) -> bool {
        self.sql.contains(" LIMIT ") && self.steps.iter().any(|step| step.contains("TEMP B-TREE"))
    }
}

#[test]
fn no_statement_of_a_file_scans_what_grows_and_no_page_is_sorted() {
    let directory = memory_dir();
    let path = directory.path().join("q.db");
    log::start();
    let store = open(&Location::file(&path), Access::Create).unwrap();
    let work = statements_of("sqlite", || {
        workload::configure(store.as_ref());
        workload::run(store.as_ref());
    });
    let lists = statements_of("sqlite", || workload::list(store.as_ref()));
    let searches = statements_of("sqlite", || workload::search(store.as_ref()));
    let connection = Connection::open(&path).unwrap();
    // As the program has it: a plan does not depend on what is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    let has_plan =
        |it: &&Statement| ["SELECT", "UPDATE", "DELETE", "WITH", "INSERT"].iter().any(|verb| it.sql.starts_with(verb));
    let plans = |of: &[Statement]| of.iter().filter(has_plan).map(|it| Plan::of(&connection, it)).collect::<Vec<_>>();
    assert!(plans(&work).len() > 60, "{} statements were logged", work.len());
    for plan in plans(&work) {
        assert!(plan.is_newest() || plan.scanned().is_none(), "reads a whole table: {}\n  {:?}", plan.sql, plan.steps);
    }
    let by_resource = |plan: &Plan| plan.sql.contains("resource_id = ?");
    let searches: Vec<Plan> = plans(&searches).into_iter().filter(by_resource).collect();
    assert!(searches.len() >= 4, "{} statements look for a resource", searches.len());
    for plan in searches {
        assert!(plan.scanned().is_none(), "looks at everything: {}\n  {:?}", plan.sql, plan.steps);
    }
    for plan in plans(&lists) {
        assert!(!plan.sorts_all(), "sorts before it answers: {}\n  {:?}", plan.sql, plan.steps);
    }
    // What waits after a failure or was given up is found among millions that arrived.
    let is_index = |step: &String| ["delivery_troubled", "delivery_failed"].iter().any(|index| step.contains(index));
    assert!(plans(&lists).iter().any(|plan| plan.steps.iter().filter(|step| is_index(step)).count() == 2));
}
