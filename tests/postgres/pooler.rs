//! PgBouncer in transaction mode: each transaction runs in whatever session is free.

use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::kill::{Seen, delivered, emit, judge, receiver, worker};
use crate::support::cluster::Cluster;
use crate::support::place::{Place, kill, within};
use crate::support::tools;

struct Pooler {
    process: Child,
    port: u16,
}

impl Pooler {
    fn start(cluster: &Cluster) -> Option<Self> {
        let programs = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"];
        let Some(program) = programs.into_iter().find(|path| std::path::Path::new(path).is_file()) else {
            tools::skip("not installed: pgbouncer");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 8\n",
            cluster.port
        );
        std::fs::write(cluster.path("pgbouncer.ini"), settings).unwrap();
        let mut command = cluster.command(program, &["-q", "pgbouncer.ini"]);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        within(Duration::from_secs(10), "the pooler listens", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Some(Self { process, port })
    }

    fn place(&self, urls: &[String], parameters: &str) -> Place {
        let mut place = Place::sending_to(urls);
        place.set("SYNCCTL_DB", &format!("postgres://postgres@127.0.0.1:{}/queue{parameters}", self.port));
        place
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_queue_behind_a_pooler_is_delivered_once_and_in_order_by_several_workers() {
    let Some(cluster) = Cluster::start() else { return };
    let Some(pooler) = Pooler::start(&cluster) else { return };
    let events = 300;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let receiver = receiver(&seen, Duration::from_millis(5));
    let place = pooler.place(&[receiver.url("/hook")], "?pooler=transaction");
    emit(&place, events, 20);
    let mut workers: Vec<Child> = (0..3).map(|_| worker(&place)).collect();
    within(Duration::from_secs(90), "all delivered", || delivered(&cluster) == events);
    workers.iter().for_each(|worker| kill(worker, "-TERM"));
    workers.iter_mut().for_each(|worker| assert!(worker.wait().unwrap().success()));
    let seen = seen.lock().unwrap();
    assert_eq!((judge(&seen, events), seen.overlaps), (0, 0), "sent twice, two of a resource at once");
    assert_eq!(place.run(&["db", "verify"]).code, 0);
    let doctor = place.run(&["doctor"]);
    assert!(doctor.stdout.contains("through a pooler"), "{doctor:?}");
}

#[test]
fn a_pooler_that_the_location_does_not_name_is_told_with_what_to_add() {
    let Some(cluster) = Cluster::start() else { return };
    let Some(pooler) = Pooler::start(&cluster) else { return };
    let refused = pooler.place(&[], "").run(&["status"]);
    assert_eq!(refused.code, 78, "{refused:?}");
    assert!(refused.stderr.contains("pooler=transaction"), "{refused:?}");
}

/// Through a pooler no lock tells that a stopped worker lives: after the lease its claims are another's, and what it still says of
/// them does not count.
#[test]
fn a_worker_without_a_lock_that_stops_for_longer_than_its_lease_is_robbed_and_records_nothing_more() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let Some(pooler) = Pooler::start(&cluster) else { return };
    let seen = Arc::new(Mutex::new(Seen::default()));
    let receiver = receiver(&seen, Duration::from_millis(1_500));
    let place = pooler.place(&[receiver.url("/hook")], "?pooler=transaction");
    emit(&place, 4, 4);
    let mut first = worker(&place);
    within(Duration::from_secs(20), "four in flight", || {
        cluster.queue("SELECT coalesce(sum(cardinality(ids)), 0) FROM flight") == "4"
    });
    kill(&first, "-STOP");
    let began = std::time::Instant::now();
    let mut second = worker(&place);
    within(Duration::from_secs(60), "the second delivers them", || delivered(&cluster) == 4);
    assert!(began.elapsed() > Duration::from_secs(25), "not before the lease ended: {:?}", began.elapsed());
    kill(&first, "-CONT");
    // Its run is over: it begins another, or ends; either way it records none of the four again.
    std::thread::sleep(Duration::from_secs(2));
    for worker in [&mut first, &mut second] {
        kill(worker, "-TERM");
        worker.wait().unwrap();
    }
    assert_eq!(
        (delivered(&cluster), cluster.queue("SELECT count(*) FROM attempt WHERE outcome = 0").as_str()),
        (4, "4")
    );
    assert_eq!(judge(&seen.lock().unwrap(), 4), 4, "each was sent twice: in flight when the worker stopped");
    assert_eq!(place.run(&["db", "verify"]).code, 0);
}
