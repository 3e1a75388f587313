//! The statements of the server store, beside many finished rows: the plans that the server ran, and what they read.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use syncctl::clock::{Clock, SystemClock};
use syncctl::event::Draft;
use syncctl::store::{Access, Location, open};

use crate::log::{self, Statement, statements_of};
use crate::support::cluster::Cluster;
use crate::support::place::within;
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
    "trouble",
    "scheduled",
    "edited",
    "whole_record",
];

/// Rows of one table that a statement may read: a stretch of a search, and what it joins.
const MOST_ROWS: f64 = 25_000.0;

/// Statements that may read more, by a part of their text, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("SELECT count(*) FROM received WHERE at <", "a prune says exactly what it would remove"),
    ("SELECT count(*) FROM run WHERE ended_at <", "a prune says exactly what it would remove"),
    ("SELECT count(*) FROM rate WHERE minute <", "a prune says exactly what it would remove"),
    ("FROM rate GROUP BY minute, endpoint, kind) s ORDER BY", "a copy reads everything"),
    ("SELECT sum(bytes)::bigint FROM request", "kept requests are bounded by their bytes and by a week"),
    ("FROM event WHERE seq > (SELECT max(seq) FROM event) - ", "the latest two hundred thousand are looked at"),
    ("SELECT count(*) FROM (SELECT FROM record WHERE kind = ", "counted up to a hundred thousand"),
    ("SELECT count(*) FROM (SELECT 1 FROM record r WHERE ", "counted up to a hundred thousand"),
];

/// Statements that are planned for their values each time.
const PLANNED_ANEW: &[&str] = &["WHERE r.minute >= $1 GROUP BY", "DELETE FROM rate WHERE slot = $1 AND minute >= $2"];

/// Finished deliveries that stand beside the work: a million with `SYNCCTL_LONG=1`.
fn finished() -> i64 {
    if crate::support::long() { 1_000_000 } else { 100_000 }
}

/// A process that began with an empty queue keeps the statements that it prepared then.
#[test]
fn a_record_is_looked_up_by_its_key_although_there_were_few_when_that_was_planned() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let store = open(&Location::parse(&cluster.url()).unwrap(), Access::Create).unwrap();
    let emit = |from: u64, to: u64| {
        for n in from..to {
            let draft = Draft::check("user.updated", &format!("u{}", n % 40), None, br#"{"name":"x"}"#).unwrap();
            store.enqueue(Box::new(std::iter::once(Ok(draft))), false, SystemClock.now()).wait().unwrap();
        }
    };
    emit(0, 20);
    cluster.sql("queue", "ANALYZE syncctl.record");
    emit(20, 40);
    let rows = 20_000;
    cluster.sql(
        "queue",
        &format!(
            "INSERT INTO syncctl.record (kind, id, present, created_at, body)
             SELECT kind, 'old' || n, present, created_at, body FROM generate_series(1, {rows}) n,
                (SELECT * FROM syncctl.record LIMIT 1) r"
        ),
    );
    let read =
        "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables WHERE relname = 'record'";
    let before: u64 = cluster.sql("queue", read).parse().unwrap();
    emit(40, 80);
    drop(store);
    // A session tells what it read when it ends.
    within(Duration::from_secs(10), "the session to end", || {
        cluster.sql("queue", "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'") == "1"
    });
    let read = cluster.sql("queue", read).parse::<u64>().unwrap() - before;
    assert!(read < 1_000, "{read} rows read for forty events");
}

/// Every plan goes to the server's log, with the rows that each step read.
const LOG_PLANS: &str = "session_preload_libraries = 'auto_explain'
auto_explain.log_min_duration = 0
auto_explain.log_analyze = on
auto_explain.log_timing = off
auto_explain.log_format = json
auto_explain.log_nested_statements = on
log_min_messages = log
";

#[test]
fn no_statement_of_a_server_scans_what_grows() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    cluster.down("fast");
    cluster.configure(LOG_PLANS);
    cluster.up();
    let location = Location::parse(&cluster.url_of("queue")).unwrap();
    log::start();
    let store = open(&location, Access::Create).unwrap();
    workload::configure(store.as_ref());
    cluster.sql("queue", &format!("SET auto_explain.log_min_duration = -1; {}", fill(finished())));
    let logged = || std::fs::read_to_string(cluster.path("log")).unwrap();
    let before = logged().len();
    let prepared = statements_of("postgres", || {
        workload::run(store.as_ref());
        inbound::receive(store.as_ref(), finished());
        inbound::operate(store.as_ref(), finished());
        inbound::observe(store.as_ref());
        inbound::tidy(store.as_ref());
    });
    lists::read_lists(store.as_ref(), finished());
    inbound::copy(store.as_ref());
    let plans = plans(&logged()[before..]);
    assert!(plans.len() > 2_000, "{} plans were logged", plans.len());
    let mut faults: BTreeMap<String, String> = plans.iter().filter_map(fault).collect();
    let is_planned_anew = |it: &&Statement| PLANNED_ANEW.iter().any(|part| it.sql.contains(part));
    for statement in prepared.iter().filter(|it| it.has_plan() && !is_planned_anew(it)) {
        if let Some(fault) = fault_of_any(&cluster, statement) {
            faults.entry(shape(&statement.sql)).or_insert(fault);
        }
    }
    let faults: Vec<String> = faults.into_iter().map(|(sql, fault)| format!("{sql}\n  {fault}")).collect();
    assert!(faults.is_empty(), "{} statements read too much:\n\n{}", faults.len(), faults.join("\n\n"));
}

/// The plans in a server's log: each begins behind a word, and its lines begin with a tab.
fn plans(log: &str) -> Vec<Value> {
    let mut plans = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        if line.ends_with(" plan:") {
            let text: String = std::iter::from_fn(|| lines.next_if(|line| line.starts_with('\t'))).collect();
            plans.push(serde_json::from_str(&text).unwrap());
        }
    }
    plans
}

/// A statement without the numbers that are spelled out in it: those of one shape are planned alike.
fn shape(sql: &str) -> String {
    sql.split(|c: char| c.is_ascii_digit()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("#")
}

/// The shape of a statement that was run, and what is wrong with its plan.
fn fault(plan: &Value) -> Option<(String, String)> {
    let sql = plan["Query Text"].as_str().unwrap_or_default();
    let mut reads = Vec::new();
    collect_reads(&plan["Plan"], &mut reads);
    let whole = reads.iter().find(|read| read.rows > MOST_ROWS)?;
    let (table, rows, step) = (&whole.table, whole.rows, &whole.step);
    (!is_exception(sql)).then(|| (shape(sql), format!("{step} reads {rows} rows of {table}")))
}

fn is_exception(sql: &str) -> bool {
    EXCEPTIONS.iter().any(|(part, _)| sql.contains(part))
}

/// What a step of a plan reads of a table that grows.
struct TableRead {
    table: String,
    step: String,
    rows: f64,
}

fn collect_reads(node: &Value, reads: &mut Vec<TableRead>) {
    let number = |key: &str| node[key].as_f64().unwrap_or(0.0);
    if let Some(table) = node["Relation Name"].as_str().filter(|table| GROWING.contains(table)) {
        let each = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
        let step = node["Node Type"].as_str().unwrap_or_default().to_owned();
        reads.push(TableRead { table: table.to_owned(), rows: each * number("Actual Loops"), step });
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        collect_reads(child, reads);
    }
}

/// What is wrong with the plan for any values, as a session that has used a statement often has it.
fn fault_of_any(cluster: &Cluster, statement: &Statement) -> Option<String> {
    let plan = cluster.sql("queue", &explain(statement));
    let whole = GROWING.iter().find(|table| plan.lines().any(|line| scans(line, table)))?;
    (!is_exception(&statement.sql)).then(|| format!("for any values scans {whole}:\n{plan}"))
}

/// Whether a line of a plan reads a whole table.
fn scans(line: &str, table: &str) -> bool {
    line.split_once("Seq Scan on ").is_some_and(|(_, scanned)| scanned.split(' ').next() == Some(table))
}

/// What an operator has after months, in every table that grows.
fn fill(rows: i64) -> String {
    format!(
        "SET search_path = queue;
         INSERT INTO kind (type, resource_type) VALUES ('old.event', 'old');
         INSERT INTO event (id, kind, resource_id, timestamp, created_at, checksum, body)
             SELECT 'old' || n, 1, 'r' || n % 1000, n, n, 0, '\\x7b7d' FROM generate_series(1, {rows}) n;
         INSERT INTO delivery (event, lane, endpoint, changed_at, attempts, state)
             SELECT seq, seq % 1000, 1, created_at, 1, 1 + seq % 2 FROM event;
         INSERT INTO trouble (id, endpoint) SELECT id, endpoint FROM delivery WHERE state = 2;
         INSERT INTO attempt (delivery, started_at, took_us, number, trigger, outcome, status, detail)
             SELECT id, changed_at, 1000, 1, 0, (state = 2)::int, 200, 'HTTP 200' FROM delivery;
         UPDATE tally SET events = events + {rows} WHERE endpoint = 0;
         INSERT INTO received (at, result, event_id, kind, resource_id, digest, reason)
             SELECT n, CASE WHEN n % 10 = 0 THEN 3 ELSE 0 END, 'in' || n, 1, 'r' || n % 1000, '\\x00',
                 CASE WHEN n % 10 = 0 THEN 'bad' END FROM generate_series(1, {rows}) n;
         INSERT INTO record (kind, id, present, name, email, user_id, course_id, created_at, last_event, body)
             SELECT n % 3, 'r' || n, n % 10 > 0, 'name ' || n, 'm' || n, 'u-' || n % 1000, 'c-' || n % 2, n, n, '{{}}'
             FROM generate_series(1, {rows}) n;
         INSERT INTO whole_record (event, checksum, body) SELECT seq, 0, '' FROM event;
         INSERT INTO scheduled (event, at, queued_at) SELECT seq, 1, 1 FROM event;
         INSERT INTO edited (event, from_event) SELECT seq, seq - 1 FROM event;
         INSERT INTO request (at, source, route, reason, headers, body, bytes)
             SELECT 1706702400000 + n, 's' || n % 100, '/r', 'bad', '[]', '', 2 FROM generate_series(1, {rows}) n;
         INSERT INTO operator_action (at, operator, source, action, target)
             SELECT n, 'o' || n % 10, '::1', 'replay', n FROM generate_series(1, {rows}) n;
         INSERT INTO run (token, host, pid, command, started_at, server_started, beat_at, ended_at)
             SELECT 't' || n, 'h', n, 'process', n, 0, 0, n FROM generate_series(1, {rows}) n;
         INSERT INTO rate (minute, endpoint, kind, slot, delivered, failed)
             SELECT n, 1, 1, 0, 1, 0 FROM generate_series(1, {rows}) n;
         INSERT INTO incident (name, kind, subject, severity, reason, remedy, count, opened_at, last_seen_at, resolved_at)
             SELECT 'i' || n, 'queue-lag', 'q', 1, 'r', 'm', 0, n, n, 1705838400000 FROM generate_series(1, {rows} / 10) n;
         INSERT INTO notice (incident, sink, told_severity, told_count, failures)
             SELECT id, 'ops', 1, 0, 0 FROM incident;
         ANALYZE;"
    )
}

fn explain(statement: &Statement) -> String {
    let (sql, types) = (&statement.sql, &statement.types);
    let typed = if types.is_empty() { String::new() } else { format!("({types})") };
    let values = types.split(", ").filter(|it| !it.is_empty()).map(|_| "NULL").collect::<Vec<_>>().join(", ");
    let values = if values.is_empty() { values } else { format!("({values})") };
    format!(
        "SET auto_explain.log_min_duration = -1; SET search_path = queue; SET plan_cache_mode = force_generic_plan;
         PREPARE it {typed} AS {sql}; EXPLAIN (COSTS OFF) EXECUTE it {values};"
    )
}
