//! The statements of the server store, explained by PostgreSQL beside many finished rows.

use syncctl::store::{Access, Location, open};

use crate::log::{self, Statement, statements_of};
use crate::support::cluster::Cluster;
use crate::workload;

/// Tables that grow with what is delivered.
const GROWING: &[&str] = &["delivery", "event", "attempt", "received"];

/// Finished deliveries that stand beside the work: a million with `SYNCCTL_LONG=1`.
fn finished() -> u64 {
    if crate::support::long() { 1_000_000 } else { 100_000 }
}

#[test]
fn no_statement_of_a_server_scans_what_grows() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let location = Location::parse(&cluster.url_of("queue")).unwrap();
    log::start();
    let statements = statements_of("postgres", || {
        let store = open(&location, Access::Create).unwrap();
        workload::configure(store.as_ref());
        cluster.sql("queue", &fill(finished()));
        workload::run(store.as_ref());
        workload::search(store.as_ref());
    });
    let begins = |it: &Statement| {
        ["SELECT", "UPDATE", "DELETE", "WITH", "INSERT"].iter().any(|verb| it.sql.trim_start().starts_with(verb))
    };
    let statements: Vec<_> = statements.into_iter().filter(begins).collect();
    assert!(statements.len() > 60, "{} statements were logged", statements.len());
    for statement in statements {
        let plan = cluster.sql("queue", &explain(&statement));
        let whole = GROWING.iter().find(|table| plan.lines().any(|line| scans(line, table)));
        assert!(whole.is_none(), "{}\n{plan}", statement.sql);
    }
}

/// Whether a line of a plan reads a whole table.
fn scans(line: &str, table: &str) -> bool {
    line.split_once("Seq Scan on ").is_some_and(|(_, scanned)| scanned.split(' ').next() == Some(table))
}

/// Finished events as an operator has them after months.
fn fill(rows: u64) -> String {
    format!(
        "SET search_path = queue;
         INSERT INTO kind (type, resource_type) VALUES ('old.event', 'old');
         INSERT INTO event (id, kind, resource_id, timestamp, created_at, checksum, body)
             SELECT 'old' || n, 1, 'r' || n % 1000, n, n, 0, '\\x7b7d' FROM generate_series(1, {rows}) n;
         INSERT INTO delivery (event, lane, endpoint, changed_at, attempts, state)
             SELECT seq, seq % 1000, 1, created_at, 1, 1 FROM event;
         INSERT INTO attempt (delivery, started_at, took_us, number, trigger, outcome, status, detail)
             SELECT id, changed_at, 1000, 1, 0, 0, 200, 'HTTP 200' FROM delivery;
         INSERT INTO received (at, result, event_id, kind, resource_id, digest)
             SELECT n, 0, 'in' || n, 1, 'r' || n % 1000, '\\x00' FROM generate_series(1, {rows}) n;
         ANALYZE;"
    )
}

/// The plan for any values, as a session that has used a statement often has it.
fn explain(statement: &Statement) -> String {
    let (sql, types) = (&statement.sql, &statement.types);
    let typed = if types.is_empty() { String::new() } else { format!("({types})") };
    let values = types.split(", ").filter(|it| !it.is_empty()).map(|_| "NULL").collect::<Vec<_>>().join(", ");
    let values = if values.is_empty() { values } else { format!("({values})") };
    format!(
        "SET search_path = queue; SET plan_cache_mode = force_generic_plan; PREPARE it {typed} AS {sql};
         EXPLAIN (COSTS OFF) EXECUTE it {values};"
    )
}
