//! Lists of queues that were used for months: a page costs the same, and says what was not looked at.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value;

use crate::support::place::{Place, Ran};

#[path = "../../benches/support/finished.rs"]
mod finished;

/// The most that a page may take: fifty milliseconds, of a build that is optimised.
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 400 } else { 50 });

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
        first.stderr.contains(&format!("look further with --after {after}, or at everything with --all")),
        "{first:?}"
    );
    let next = place.run(&[&args(&["-o", "json", "--after"])[..], &[&after]].concat());
    assert_eq!((next.data()[0]["id"].as_i64(), next.stderr.as_str()), (Some(2), ""), "{next:?}");
    assert!(envelope(&next)["pagination"].get("totalIsExact").is_none(), "{next:?}");
    assert_eq!(place.run(&args(&["--all", "-o", "name"])).stdout, "2\n");
    assert!(place.run(&args(&["-o", "name", "-q"])).stderr.starts_with("warning: looked back to number "));
    // What is frequent fills the page.
    let frequent = place.run(&["deliveries", "list", "--status", "200", "--limit", "3"]);
    assert!(frequent.stdout.contains("3 of 10000+ shown") && frequent.stderr.is_empty(), "{frequent:?}");
    let log = place.run(&["logs", "--status", "299"]);
    assert!(log.stdout.contains("old-1 ") && log.stderr.is_empty(), "{log:?}");
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

const FILTERS: &[&str] = &[
    "",
    "--type user.updated",
    "--type user.*",
    "--type user.rare",
    "--type no.such",
    "--resource old-17",
    "--resource hot",
    "--resource nobody",
    "--since 1h",
    "--since 30d",
    "--until 30d",
    "--until 89d",
    "--since 60d --until 59d",
    "--status 200",
    "--status 503",
    "--status 418",
    "--status 299",
    "--error teapot",
    "--error nothing-like-it",
    "--type user.rare --status 200",
];

const BY_ENDPOINT: &[&str] = &["--endpoint 127.0.0.1:9", "--endpoint rare", "--endpoint rare --type user.updated"];

const BY_STATE: &[&str] = &[
    "--state delivered",
    "--state failed",
    "--state pending",
    "--state superseded",
    "--failed --type user.rare",
    "--failed --since 1d",
    "--failed --error teapot",
];

#[test]
#[ignore = "fills a queue with a million deliveries, which takes minutes"]
fn every_list_and_filter_shows_its_first_page_at_once_beside_a_million_deliveries() {
    let mut place = Place::sending_to(&["http://127.0.0.1:9/".to_owned(), "http://127.0.0.1:8/".to_owned()]);
    std::fs::write(
        place.path("c.toml"),
        "[[endpoints]]\nname = \"127.0.0.1:9\"\nurl = \"http://127.0.0.1:9/\"\n\
         [[endpoints]]\nname = \"rare\"\nurl = \"http://127.0.0.1:8/\"\nevents = [\"user.rare\"]\n",
    )
    .unwrap();
    place.unset("SYNC_WEBHOOK_URLS");
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    place.emit("user.updated", "first");
    for name in ["user.rare", "progress.touched"] {
        place.ok(&["emit", name, "x", "--resource-type", "user", "--data", "{}"]);
    }
    finished::add(&place.database(), 0, 1_000_000);
    Connection::open(place.database()).unwrap().execute_batch(MIXED).unwrap();
    let lists = [
        ("deliveries list", [FILTERS, BY_ENDPOINT, BY_STATE].concat()),
        ("failures list", [FILTERS, BY_ENDPOINT].concat()),
        ("events list", FILTERS.to_vec()),
        ("logs", [FILTERS, BY_ENDPOINT].concat()),
        ("audit list", FILTERS[..13].to_vec()),
    ];
    let mut slow = Vec::new();
    for (list, filters) in lists {
        for filter in filters {
            let args: Vec<&str> = list.split(' ').chain(filter.split_whitespace()).collect();
            place.run(&args);
            let began = Instant::now();
            let ran = place.run(&args);
            let took = began.elapsed();
            assert_eq!(ran.code, 0, "{list} {filter}: {ran:?}");
            println!("{:6.1} ms {list} {filter}", took.as_secs_f64() * 1e3);
            if took > LIMIT {
                slow.push(format!("{list} {filter}: {took:?}"));
            }
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
