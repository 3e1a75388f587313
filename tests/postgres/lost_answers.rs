//! Connections that break after the server committed and before it could say so.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::kill::{Seen, delivered, emit, judge, receiver, worker};
use crate::support::cluster::Cluster;
use crate::support::place::{Place, kill, within};

/// A proxy before a server that swallows the answer to every `each`th commit, and the connection with it.
struct Proxy {
    port: u16,
    swallowed: Arc<AtomicU64>,
}

impl Proxy {
    fn before(server: u16, each: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (commits, swallowed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&swallowed);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let (commits, counted) = (Arc::clone(&commits), Arc::clone(&counted));
                std::thread::spawn(move || relay(&client, &server, each, &commits, &counted));
            }
        });
        Self { port, swallowed }
    }
}

/// Passes bytes on both ways, until a commit is chosen: then the server's answer is waited for and kept.
fn relay(client: &TcpStream, server: &TcpStream, each: u64, commits: &AtomicU64, swallowed: &AtomicU64) {
    let mute = Arc::new(Mutex::new(false));
    std::thread::scope(|scope| {
        let answers = Arc::clone(&mute);
        scope.spawn(move || {
            let (mut from, mut to, mut bytes) = (server, client, [0; 16384]);
            while let Ok(1..) = from.peek(&mut [0]) {
                let Ok(n) = from.read(&mut bytes) else { break };
                if *answers.lock().unwrap() {
                    // Once the commit is on disk, nobody is told.
                    if bytes[..n].windows(7).any(|window| window == b"COMMIT\0") {
                        break;
                    }
                    continue;
                }
                if to.write_all(&bytes[..n]).is_err() {
                    break;
                }
            }
            let _ = server.shutdown(Shutdown::Both);
            let _ = client.shutdown(Shutdown::Both);
        });
        let (mut from, mut to, mut bytes) = (client, server, [0; 16384]);
        while let Ok(n @ 1..) = from.read(&mut bytes) {
            let commit = bytes[..n].windows(7).any(|window| window == b"COMMIT\0");
            let chosen = commit && commits.fetch_add(1, Ordering::SeqCst) % each == each - 1;
            if chosen {
                swallowed.fetch_add(1, Ordering::SeqCst);
                *mute.lock().unwrap() = true;
            }
            if to.write_all(&bytes[..n]).is_err() {
                break;
            }
        }
        let _ = server.shutdown(Shutdown::Write);
    });
}

#[test]
fn a_commit_whose_answer_was_lost_is_found_so_that_nothing_is_lost_or_sent_again() {
    let Some(cluster) = Cluster::start() else { return };
    let proxy = Proxy::before(cluster.port, 9);
    let events = 600;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let receiver = receiver(&seen, Duration::from_millis(5));
    let mut place = Place::sending_to(&[receiver.url("/hook")]);
    place.set("SYNCCTL_DB", &cluster.url());
    emit(&place, events, 40);
    // TLS would hide the commits from the proxy.
    place.set("SYNCCTL_DB", &format!("postgres://postgres@127.0.0.1:{}/queue?sslmode=disable", proxy.port));
    let mut workers = [worker(&place), worker(&place)];
    within(Duration::from_secs(120), "all delivered", || delivered(&cluster) == events);
    for n in 0..20 {
        // The same id again and again, whatever became of the answers.
        let (id, data) = (format!("once-{}", n % 4), format!("{{\"n\":{}}}", events + n % 4));
        let emit = ["emit", "thing.changed", &id, "--resource-type", "thing", "--data", &data, "--id", &id];
        let ran = place.run(&emit);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    within(Duration::from_secs(60), "the later ones, too", || delivered(&cluster) == events + 4);
    workers.iter().for_each(|worker| kill(worker, "-TERM"));
    workers.iter_mut().for_each(|worker| assert!(worker.wait().unwrap().success()));
    let swallowed = proxy.swallowed.load(Ordering::SeqCst);
    assert!(swallowed > 5, "{swallowed}");
    let seen = seen.lock().unwrap();
    eprintln!("{swallowed} answers lost");
    assert_eq!((judge(&seen, events + 4), seen.overlaps), (0, 0), "sent twice, two of a resource at once");
    place.set("SYNCCTL_DB", &cluster.url());
    assert_eq!(place.run(&["db", "verify"]).code, 0);
}

#[test]
fn an_event_without_an_id_of_its_own_is_stored_once_although_the_answer_was_lost() {
    let Some(cluster) = Cluster::start() else { return };
    let mut place = Place::sending_to(&["http://127.0.0.1:9/hook".to_owned()]);
    place.set("SYNCCTL_DB", &cluster.url());
    emit(&place, 1, 1);
    let proxy = Proxy::before(cluster.port, 2);
    place.set("SYNCCTL_DB", &format!("postgres://postgres@127.0.0.1:{}/queue?sslmode=disable", proxy.port));
    for n in 0..10 {
        let ran = place.run(&["emit", "thing.changed", &n.to_string(), "--resource-type", "thing", "--data", "{}"]);
        assert_eq!((ran.code, ran.stdout.contains("duplicate")), (0, false), "{ran:?}");
    }
    let swallowed = proxy.swallowed.load(Ordering::SeqCst);
    assert!(swallowed >= 10, "{swallowed} answers lost");
    assert_eq!(cluster.sql("queue", "SELECT count(*) FROM syncctl.event"), "11");
}
