//! Lists of queues that were used for months: a page costs the same, and says what was not looked at.

use rusqlite::Connection;
use serde_json::Value;

use crate::support::long_lists::{assert_every_first_page_is_shown_at_once, million_records, place_with_two_endpoints};
use crate::support::place::{Place, Ran};

#[path = "../../benches/support/finished.rs"]
mod finished;

/// A queue with so many deliveries, of which the first was answered 299.
fn used(rows: u64) -> Place {
    let place = Place::sending_to(&["http://127.0.0.1:9/".to_owned()]);
    place.emit("user.updated", "first");
    finished::add(&place.database(), 0, rows);
    let connection = Connection::open(place.database()).unwrap();
    connection.execute("UPDATE attempt SET status = 299 WHERE delivery = 2", []).unwrap();
    place
}

fn envelope(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn a_search_that_ends_early_says_so_and_goes_on_from_there() {
    let place = used(25_000);
    let args = |more: &[&'static str]| [&["deliveries", "list", "--status", "299"], more].concat();
    let first = place.run(&args(&["-o", "json"]));
    let pagination = envelope(&first)["pagination"].clone();
    assert_eq!((first.data().as_array().unwrap().len(), &pagination["totalIsExact"]), (0, &false.into()), "{first:?}");
    let after = pagination["nextAfter"].as_i64().unwrap().to_string();
    assert!(
        first.stderr.contains(&format!("continue with --after {after}, or search all rows with --all")),
        "{first:?}"
    );
    let next = place.run(&[&args(&["-o", "json", "--after"])[..], &[&after]].concat());
    assert_eq!((next.data()[0]["id"].as_i64(), next.stderr.as_str()), (Some(2), ""), "{next:?}");
    assert!(envelope(&next)["pagination"].get("totalIsExact").is_none(), "{next:?}");
    assert_eq!(place.run(&args(&["--all", "-o", "name"])).stdout, "2\n");
    assert!(place.run(&args(&["-o", "name", "-q"])).stderr.starts_with("warning: searched back to number "));
    // What is frequent fills the page.
    let frequent = place.run(&["deliveries", "list", "--status", "200", "--limit", "3"]);
    assert!(frequent.stdout.contains("3 of 10000+ shown") && frequent.stderr.is_empty(), "{frequent:?}");
    let log = place.run(&["logs", "--status", "299"]);
    assert!(log.stdout.contains("old-1 ") && log.stderr.is_empty(), "{log:?}");
}

#[test]
fn what_changed_in_a_quiet_hour_is_found_without_a_look_at_everything() {
    let place = used(25_000);
    let connection = Connection::open(place.database()).unwrap();
    let day = 24 * 60 * 60 * 1_000;
    let yesterday = format!(
        "UPDATE delivery SET changed_at = changed_at - {day}; UPDATE attempt SET started_at = started_at - {day};
         INSERT INTO attempt (delivery, number, trigger, started_at, took_us, outcome, status, detail)
             SELECT id, 2, 1, changed_at + {day}, 900, 0, 299, 'HTTP 299' FROM delivery WHERE id = 2;
         UPDATE delivery SET changed_at = changed_at + {day} WHERE id = 2;"
    );
    connection.execute_batch(&yesterday).unwrap();
    for (filter, found) in [("--status 299", "2\n"), ("--status 200", ""), ("--error no-such-text", "")] {
        let args: Vec<&str> = "deliveries list -o name --since 1h".split(' ').chain(filter.split(' ')).collect();
        let ran = place.run(&args);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (found, ""), "{filter}");
    }
    let pagination = &envelope(&place.run(&["deliveries", "list", "--since", "1h", "-o", "json"]))["pagination"];
    assert_eq!((&pagination["total"], pagination.get("totalIsExact")), (&1.into(), None), "{pagination}");
}

/// Three types, of which one is rare, as one endpoint is; every hundredth failed, one in ten thousand otherwise; ninety days.
const MIXED: &str = "
    UPDATE event SET kind = (SELECT id FROM kind WHERE type = 'user.rare') WHERE seq IN (1002, 300002);
    UPDATE event SET kind = (SELECT id FROM kind WHERE type = 'progress.touched') WHERE seq % 10 = 1;
    UPDATE event SET resource_id = 'hot' WHERE seq % 3 = 0;
    UPDATE event SET created_at = created_at - (1000000 - seq) * 7776;
    UPDATE delivery SET changed_at = (SELECT created_at FROM event WHERE seq = delivery.event) + 500;
    UPDATE delivery SET endpoint = 2 WHERE id IN (1002, 300002);
    UPDATE delivery SET state = 5, failures = 1, reason = 0 WHERE id % 100 = 7 AND state = 4;
    DELETE FROM attempt;
    INSERT INTO attempt (delivery, number, trigger, started_at, took_us, outcome, status, detail)
        SELECT id, 1, 0, changed_at, 900, state = 5, CASE state WHEN 5 THEN 503 ELSE 200 END, CASE state WHEN 5 THEN 'HTTP 503' ELSE 'HTTP 200' END
        FROM delivery WHERE state > 3 ORDER BY id;
    UPDATE attempt SET status = 418, detail = 'HTTP 418 teapot' WHERE delivery % 10000 = 507;
    UPDATE endpoint SET delivered = (SELECT count(*) FROM delivery WHERE endpoint = endpoint.id AND state = 4),
        failed = (SELECT count(*) FROM delivery WHERE endpoint = endpoint.id AND state = 5),
        troubled = (SELECT count(*) FROM delivery WHERE endpoint = endpoint.id AND state = 5);
    INSERT INTO received (at, result, event_id, kind, resource_id, timestamp, reason, source, route)
        SELECT created_at, CASE WHEN seq % 50 = 0 THEN 3 ELSE 0 END, 'in_' || seq, kind, resource_id, created_at,
            CASE WHEN seq % 50 = 0 THEN 'code-mismatch' END, '10.0.0.1', '/api/webhooks/sync' FROM event;
    PRAGMA wal_checkpoint(TRUNCATE);";

#[test]
#[ignore = "fills a queue with a million deliveries, which takes minutes"]
fn every_list_and_filter_shows_its_first_page_at_once_beside_a_million_deliveries() {
    let place = place_with_two_endpoints(None);
    finished::add(&place.database(), 0, 1_000_000);
    let connection = Connection::open(place.database()).unwrap();
    connection.execute_batch(&million_records("(SELECT seq - 3 AS n FROM event WHERE seq > 3)")).unwrap();
    connection.execute_batch(MIXED).unwrap();
    assert_every_first_page_is_shown_at_once(&place, None);
}

/// The most memory that `args` takes, in KiB.
fn peak_memory(place: &Place, args: &[&str]) -> u64 {
    let mut child = place.spawn(args);
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(peak);
        std::thread::park_timeout(std::time::Duration::from_millis(2));
    }
    assert!(child.wait().unwrap().success(), "{args:?}");
    peak
}

#[test]
#[ignore = "fills a queue with a million deliveries, which takes minutes"]
fn a_replay_of_two_hundred_thousand_deliveries_takes_less_than_64_mib() {
    /// More of a build for debugging, which maps more of a larger file.
    const MOST_KIB: u64 = if cfg!(debug_assertions) { 88 * 1024 } else { 64 * 1024 };
    let place = used(1_000_000);
    let failed = "UPDATE delivery SET state = 5, failures = 1, reason = 0 WHERE id % 5 = 0 AND state = 4;
        UPDATE endpoint SET failed = 200000, delivered = delivered - 200000, troubled = 200000, troubled_attempts = 200000 WHERE id = 1;";
    Connection::open(place.database()).unwrap().execute_batch(failed).unwrap();
    let ways = ["--failed --dry-run", "plan", "--failed --yes -o json", "--failed --yes"];
    let mut large = Vec::new();
    for way in ways {
        let peak = peak_memory(&place, &["replay"].into_iter().chain(way.split(' ')).collect::<Vec<_>>());
        println!("{:5.1} MiB replay {way}", peak as f64 / 1024.0);
        if peak > MOST_KIB {
            large.push(format!("replay {way}: {peak} KiB"));
        }
        if way.ends_with("json") {
            place.ok(&["deliveries", "give-up", "--all", "--yes", "-q"]);
        }
    }
    assert!(large.is_empty(), "{large:#?}");
}
