//! What was acknowledged is durable: `kill -9` at random moments under load.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use syncctl::record::Kind;
use syncctl::store::inbound::ReceivedFilter;
use syncctl::store::{Access, Page, open};

use super::running::{Answer, Running, event, place, signed};
use crate::support::{Chance, seeds};

const CLIENTS: u64 = 8;

/// Sends webhooks until told to stop, and remembers which were acknowledged, with which number per resource.
fn load(address: std::net::SocketAddr, client: u64, next: &AtomicU64, stop: &AtomicBool) -> Vec<(String, u64)> {
    let mut acknowledged = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let n = next.fetch_add(1, Ordering::SeqCst);
        let at = format!("2026-01-31T12:{:02}:{:02}.{:03}Z", n / 60_000 % 60, n / 1_000 % 60, n % 1_000);
        let body =
            event(&format!("e{n}"), "enrollment.updated", &format!("r{client}"), &format!(r#"{{"n":{n}}}"#), &at);
        let Ok(mut stream) = std::net::TcpStream::connect(address) else { break };
        super::running::write(&mut stream, "POST /api/webhooks/sync", &signed(&body), body.as_bytes());
        match Answer::read(&mut stream) {
            Some(answer) if answer.status == 200 => acknowledged.push((format!("r{client}"), n)),
            _ => break,
        }
    }
    acknowledged
}

#[test]
fn every_acknowledged_webhook_is_applied_exactly_once_after_kill_9() {
    for seed in seeds(5) {
        let mut chance = Chance::new(seed);
        let place = place();
        let next = Arc::new(AtomicU64::new(0));
        let acknowledged = Arc::new(Mutex::new(Vec::new()));
        for _ in 0..3 {
            let server = Running::start(&place, &[]);
            let stop = Arc::new(AtomicBool::new(false));
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    let (next, stop, all) = (Arc::clone(&next), Arc::clone(&stop), Arc::clone(&acknowledged));
                    let address = server.address;
                    std::thread::spawn(move || all.lock().unwrap().extend(load(address, client, &next, &stop)))
                })
                .collect();
            std::thread::park_timeout(std::time::Duration::from_millis(20 + chance.next() % 150));
            server.signal("-9");
            assert_eq!(server.ended(), None);
            stop.store(true, Ordering::SeqCst);
            clients.into_iter().for_each(|client| client.join().unwrap());
        }
        let acknowledged = std::mem::take(&mut *acknowledged.lock().unwrap());
        assert!(acknowledged.len() > 10, "seed {seed}: only {} were acknowledged", acknowledged.len());
        check(&place, &acknowledged, seed);
    }
}

fn check(place: &crate::support::place::Place, acknowledged: &[(String, u64)], seed: u64) {
    let store = open(&place.database(), Access::Existing).unwrap();
    let page = Page { limit: 1_000_000, number: 1, oldest_first: true };
    let rows = store.received(&ReceivedFilter::default(), page).unwrap().rows;
    let mut times: BTreeMap<String, u64> = BTreeMap::new();
    rows.iter().for_each(|row| *times.entry(row.event_id.as_ref().unwrap().to_string()).or_default() += 1);
    for (_, n) in acknowledged {
        assert_eq!(times.get(&format!("e{n}")), Some(&1), "seed {seed}: event {n} was acknowledged");
    }
    assert!(times.values().all(|times| *times == 1), "seed {seed}: an event was applied twice");
    for (resource, n) in acknowledged {
        let record = store.record(Kind::Enrollment, resource).unwrap().expect("the record of an acknowledged event");
        let known: u64 = record.record.field("n").unwrap().parse().unwrap();
        assert!(known >= *n, "seed {seed}: {resource} has {known}, acknowledged was {n}");
    }
    assert_eq!(place.integrity(), "ok");
}
