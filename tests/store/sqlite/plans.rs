//! What the hot statements cost: they read indexes, never whole tables, however much is blocked or finished.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use syncctl::clock::Timestamp;
use syncctl::endpoint::{EndpointUrl, Spec};
use syncctl::event::Draft;
use syncctl::store::{Access, Location, Wants, open};

use crate::support::memory_dir;

fn plan(connection: &Connection, sql: &str) -> String {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters = statement.parameter_count();
    let rows = statement
        .query_map(rusqlite::params_from_iter(std::iter::repeat_n(1, parameters)), |row| row.get::<_, String>(3))
        .unwrap();
    rows.map(Result::unwrap).collect::<Vec<_>>().join("; ")
}

/// Every statement that runs once per event, as it stands in the source.
fn hot_statements() -> Vec<String> {
    ["write/advance", "write/lanes", "write/enqueue", "write/runs", "read/figures", "read/runs"]
        .iter()
        .flat_map(|file| {
            let path = format!("{}/src/store/sqlite/{file}.rs", env!("CARGO_MANIFEST_DIR"));
            let source = std::fs::read_to_string(path).unwrap();
            let literals: Vec<String> =
                source.split('"').skip(1).step_by(2).map(|literal| literal.replace('\n', " ")).collect();
            literals
        })
        .filter(|sql| ["SELECT ", "UPDATE "].iter().any(|verb| sql.starts_with(verb)) && sql.contains(" WHERE "))
        // The parts of a claim, which is looked at as a whole below.
        .filter(|sql| !["WHERE", ","].iter().any(|end| sql.trim_end().ends_with(end)))
        .collect()
}

#[test]
fn no_hot_statement_scans_deliveries_events_or_attempts() {
    let directory = memory_dir();
    let path = directory.path().join("q.db");
    drop(open(&Location::file(&path), Access::Create).unwrap());
    let connection = Connection::open(&path).unwrap();
    let statements = hot_statements();
    assert!(statements.len() >= 15, "the statements are found in the source: {}", statements.len());
    for sql in statements {
        let plan = plan(&connection, &sql);
        for table in ["delivery", "event", "attempt", " d", " e"] {
            let scans = plan.split("; ").any(|step| step == format!("SCAN {}", table.trim()));
            assert!(!scans, "{sql}\n  {plan}");
        }
        assert!(!plan.contains("TEMP B-TREE") || sql.contains("GROUP BY"), "{sql}\n  {plan}");
    }
    let claim = |condition| {
        plan(
            &connection,
            &format!("SELECT d.id, e.body FROM delivery d JOIN event e ON e.seq = d.event WHERE {condition}"),
        )
    };
    let ready = claim("d.state = 1 AND d.endpoint = ?1 AND d.due_at <= ?2 ORDER BY d.due_at, d.id LIMIT ?3");
    assert!(ready.contains("USING INDEX delivery_due") && !ready.contains("TEMP"), "{ready}");
    let queued = claim("d.state = -1 AND d.endpoint = ?1 ORDER BY d.id LIMIT ?2");
    assert!(queued.contains("USING INDEX delivery_queued") && !queued.contains("TEMP"), "{queued}");
}

#[test]
fn a_hundred_thousand_blocked_deliveries_cost_a_claim_nothing() {
    let cost = |blocked: u64| {
        let directory = memory_dir();
        let store = open(&Location::file(directory.path().join("q.db")), Access::Create).unwrap();
        let now = Timestamp::from_millis(1_706_702_400_000);
        let spec = Spec::of_url(EndpointUrl::parse("http://a.invalid/").unwrap());
        let endpoint = store.set_endpoints(vec![spec], now).wait().unwrap()[0].id;
        let draft = |resource: String| Draft::check("user.updated", &resource, None, b"{}");
        let same = (0..blocked).map(move |_| Ok(draft("same".into()).unwrap()));
        store.enqueue(Box::new(same), false, now).wait().unwrap();
        let run = store.begin_run("test", now).wait().unwrap();
        let claim = |n| {
            let wants = Wants { endpoints: vec![(endpoint, n)], idle: true };
            store.advance(run.id, Arc::default(), wants, now.plus(Duration::from_secs(1))).wait().unwrap()
        };
        assert_eq!(claim(10).claims.len(), 1, "only the head is claimable");
        // The others are looked at once, a thousand in a transaction.
        let looks = (0..).take_while(|_| claim(10).cut_short).count() as u64;
        assert!(looks <= blocked / 1_000, "{looks} transactions found {blocked} blocked");
        let others = (0..200).map(move |n| Ok(draft(format!("r{n}")).unwrap()));
        store.enqueue(Box::new(others), false, now).wait().unwrap();
        let mut times: Vec<Duration> = (0..200)
            .map(|_| {
                let began = Instant::now();
                assert_eq!(claim(1).claims.len(), 1);
                began.elapsed()
            })
            .collect();
        // The median: a checkpoint after the large batch is nobody's claim.
        times.sort_unstable();
        times[100]
    };
    let (few, many) = (cost(10), cost(100_000));
    // Both in memory, one after the other; a scan would cost hundreds of times more.
    assert!(many < few * 6, "{few:?} with 10 blocked, {many:?} with 100,000");
}

/// A page of the log is read from its end, whatever the filter.
#[test]
fn the_log_is_not_sorted_to_be_read() {
    let (_directory, connection) = empty_queue();
    let sql = "EXPLAIN QUERY PLAN SELECT a.number FROM attempt a CROSS JOIN delivery d ON d.id = a.delivery
        CROSS JOIN event e ON e.seq = d.event CROSS JOIN kind k ON k.id = e.kind
        CROSS JOIN endpoint p ON p.id = d.endpoint WHERE p.name = 'a' AND k.type = 'b' ORDER BY a.id DESC LIMIT 50";
    let mut statement = connection.prepare(sql).unwrap();
    let steps = statement.query_map([], |row| row.get::<_, String>(3)).unwrap().map(Result::unwrap);
    let plan: Vec<String> = steps.collect();
    assert!(plan[0].starts_with("SCAN a") && !plan.iter().any(|step| step.contains("TEMP")), "{plan:?}");
}

/// What waits after a failure or was given up is found among millions that arrived.
#[test]
fn troubled_deliveries_are_found_by_their_indexes() {
    let (_directory, connection) = empty_queue();
    let source = include_str!("../../../src/store/sqlite/read/lists.rs");
    let troubled =
        source.split("if filter.troubled {").nth(1).unwrap().split('"').nth(1).unwrap().replace("{reach}", "");
    let sql = format!("EXPLAIN QUERY PLAN SELECT d.id FROM delivery d WHERE {troubled} ORDER BY d.id DESC LIMIT 9");
    let mut statement = connection.prepare(&sql).unwrap();
    let steps = statement.query_map([], |row| row.get::<_, String>(3)).unwrap().map(Result::unwrap);
    let scans: Vec<String> = steps.filter(|step| step.starts_with("SCAN")).collect();
    let of_index = |scan: &String| scan.contains("INDEX delivery_troubled") || scan.contains("INDEX delivery_failed");
    assert!(scans.len() == 2 && scans.iter().all(of_index), "{scans:?}");
}

/// The file of a new queue.
fn empty_queue() -> (tempfile::TempDir, Connection) {
    let directory = memory_dir();
    let path = directory.path().join("q.db");
    drop(open(&Location::file(&path), Access::Create).unwrap());
    let connection = Connection::open(&path).unwrap();
    (directory, connection)
}
