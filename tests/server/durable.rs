//! What was acknowledged is durable: `kill -9` at random moments under load.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use syncctl::event::EventId;
use syncctl::record::RecordKind;
use syncctl::store::inbound::ReceivedFilter;
use syncctl::store::{Access, Location, Page, open};

use super::running::{ADMIN, Answer, Running, event, place, signed};
use crate::support::{Chance, seeds};

const CLIENTS: u64 = 8;
/// Stands for the resource of what was emitted here.
const OWN: &str = "";

/// Sends webhooks and events of its own until told to stop, and remembers which were acknowledged: the resource, the number.
fn load(address: std::net::SocketAddr, client: u64, next: &AtomicU64, stop: &AtomicBool) -> Vec<(String, u64)> {
    let mut acknowledged = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let n = next.fetch_add(1, Ordering::SeqCst);
        if n.is_multiple_of(4) {
            let body = format!(r#"{{"id":"own{n}","type":"user.updated","resourceId":"u","data":{{}}}}"#);
            match ask(address, "POST /api/events", ADMIN, &body) {
                Some(201) => acknowledged.push((OWN.to_owned(), n)),
                _ => break,
            }
            continue;
        }
        let at = format!("2026-01-31T12:{:02}:{:02}.{:03}Z", n / 60_000 % 60, n / 1_000 % 60, n % 1_000);
        let body =
            event(&format!("e{n}"), "enrollment.updated", &format!("r{client}"), &format!(r#"{{"n":{n}}}"#), &at);
        match ask(address, "POST /api/webhooks/sync", &signed(&body), &body) {
            Some(200) => acknowledged.push((format!("r{client}"), n)),
            _ => break,
        }
    }
    acknowledged
}

/// The status answered, unless the server dies before.
fn ask(address: std::net::SocketAddr, line: &str, headers: &str, body: &str) -> Option<u16> {
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    super::running::write(&mut stream, line, headers, body.as_bytes());
    Answer::read(&mut stream).map(|answer| answer.status)
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
    let store = open(&Location::file(place.database()), Access::Existing).unwrap();
    let page = Page { limit: 1_000_000, number: 1, oldest_first: true };
    let rows = store.received(&ReceivedFilter::default(), page).wait().unwrap().rows;
    let mut times: BTreeMap<String, u64> = BTreeMap::new();
    rows.iter().for_each(|row| *times.entry(row.event_id.as_ref().unwrap().to_string()).or_default() += 1);
    let (own, received): (Vec<_>, Vec<_>) = acknowledged.iter().partition(|(resource, _)| resource == OWN);
    for (_, n) in own {
        let id = EventId::parse(&format!("own{n}")).unwrap();
        assert!(store.event(&id).wait().unwrap().is_some(), "seed {seed}: the emission of {id} was acknowledged");
    }
    for (_, n) in &received {
        assert_eq!(times.get(&format!("e{n}")), Some(&1), "seed {seed}: event {n} was acknowledged");
    }
    assert!(times.values().all(|times| *times == 1), "seed {seed}: an event was applied twice");
    for (resource, n) in received {
        let record = store
            .record(RecordKind::Enrollment, resource)
            .wait()
            .unwrap()
            .expect("the record of an acknowledged event");
        let known: u64 = record.record.field("n").unwrap().parse().unwrap();
        assert!(known >= *n, "seed {seed}: {resource} has {known}, acknowledged was {n}");
    }
    assert_eq!(place.integrity(), "ok");
}
