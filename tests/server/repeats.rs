//! The same webhook at several servers on one database: it is applied once, and every one of them knows it from then on.

#![cfg(feature = "postgres")]

use super::running::{ADMIN, Answer, Running, event, place, signed};
use crate::support::cluster::Cluster;
use crate::support::place::eventually;

const AT: &str = "2026-01-31T12:00:00.000Z";
const SERVERS: usize = 3;

/// An update of one enrollment.
fn update(id: &str, status: &str) -> String {
    event(id, "enrollment.updated", "r", &format!(r#"{{"status":"{status}"}}"#), AT)
}

/// Sends a webhook to one of the servers, each time from a client of its own: what is noted of a sender is not shared.
fn send(servers: &[Running], n: usize, body: &str) -> Answer {
    let headers = format!("{}X-Forwarded-For: 10.0.0.{n}\r\n", signed(body));
    servers[n].send("POST /api/webhooks/sync", &headers, body.as_bytes())
}

/// The status of an answer, and what became of the event.
fn result(answer: &Answer) -> (u16, String) {
    (answer.status, answer.data()["result"].as_str().unwrap_or_default().to_owned())
}

/// Sends a webhook to all servers at once, and lets none of them finish before all are about to. Returns the results, sorted.
fn send_to_all_at_once(cluster: &Cluster, servers: &[Running], body: &str) -> Vec<(u16, String)> {
    // What arrived can be read by all, and be stored by none.
    let held = cluster.open_transaction("LOCK TABLE syncctl.received IN EXCLUSIVE MODE");
    std::thread::scope(|scope| {
        let sent = [0, 1, 2].map(|n| scope.spawn(move || result(&send(servers, n, body))));
        eventually("each server has a transaction that waits", || cluster.waiting("") == SERVERS as u64);
        drop(held);
        let mut results: Vec<_> = sent.into_iter().map(|sent| sent.join().unwrap()).collect();
        results.sort_unstable();
        results
    })
}

#[test]
fn a_webhook_that_arrives_at_three_servers_at_once_and_later_is_applied_once_and_known_to_all() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let mut place = place();
    place.set("SYNCCTL_DB", &cluster.url());
    place.set("SYNCCTL_SERVER_TRUSTED_PROXIES", "127.0.0.1/32");
    let servers = [(); SERVERS].map(|()| Running::start(&place, &["--no-process"]));
    // Each has its connection, and knows the type.
    for n in 0..SERVERS {
        assert_eq!(send(&servers, n, &update(&format!("first-{n}"), "before")).status, 200);
    }
    let results = |names: [&str; SERVERS]| names.map(|name| (200, name.to_owned()));
    let same = update("same", "after");
    assert_eq!(send_to_all_at_once(&cluster, &servers, &same), results(["applied", "duplicate", "duplicate"]));
    for n in 0..SERVERS {
        let again = send(&servers, n, &same);
        assert_eq!(result(&again), (200, "duplicate".to_owned()), "{again:?}");
        assert_eq!(
            (&again.data()["eventId"], &again.data()["eventType"]),
            (&"same".into(), &"enrollment.updated".into())
        );
        let other = send(&servers, n, &update("same", "other"));
        assert_eq!((other.status, other.code().as_str()), (409, "CONFLICT"), "{other:?}");
        let record = servers[n].get("/api/enrollments/r", ADMIN).data()["enrollment"].clone();
        assert_eq!(record["status"], "after", "{record}");
    }
    // An event that changes nothing is known as well.
    let late = event("late", "enrollment.updated", "r", r#"{"status":"late"}"#, "2026-01-30T12:00:00.000Z");
    assert_eq!(send_to_all_at_once(&cluster, &servers, &late), results(["duplicate", "duplicate", "stale"]));
    let rows = "SELECT event_id, result, count(*), sum(repeats) FROM received WHERE event_id IN ('same', 'late')
        GROUP BY event_id, result ORDER BY event_id, result";
    assert_eq!(cluster.queue(rows), "late|1|1|2\nsame|0|1|5\nsame|2|3|0");
}
