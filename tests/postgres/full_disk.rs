//! A server whose disk is full: what it took is kept, what it did not take is told, and space is all that is needed to go on.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::kill::{Seen, delivered, emit, judge, receiver};
use crate::story::place;
use crate::support::cluster::Cluster;
use crate::support::place::{kill, within};

/// Of the server's disk, in KiB.
const SIZE: u32 = 160 * 1024;

#[test]
fn nothing_is_lost_when_the_disk_of_the_server_fills_under_load() {
    let Some(cluster) = Cluster::start_on_a_small_disk(SIZE) else { return };
    let seen = Arc::new(Mutex::new(Seen::default()));
    let receiver = receiver(&seen, Duration::from_millis(5));
    let place = place(&cluster, &[receiver.url("/hook")]);
    let events = 1_500;
    emit(&place, events, 100);
    let told = place.path("told");
    let mut command = place.command(&["process", "--watch", "--concurrency", "20"]);
    let mut watcher = command.stderr(std::fs::File::create(&told).unwrap()).spawn().unwrap();
    within(Duration::from_secs(30), "it delivers", || delivered(&cluster) > 50);
    cluster.fill_disk();
    let data = format!("{{\"n\":0,\"filler\":\"{}\"}}", "x".repeat(200_000));
    let refused = (0..200).find_map(|n| {
        let args = ["emit", "thing.changed", &format!("more{n}"), "--resource-type", "thing", "--data", "-", "-q"];
        let ran = place.run_with_input(&args, data.as_bytes());
        (ran.code != 0).then_some((n, ran))
    });
    let (more, refused) = refused.expect("a full disk takes no more");
    assert!(refused.code == 74, "{refused:?}");
    assert!(refused.stderr.contains("check the free space and memory of the server"), "{refused:?}");
    std::thread::sleep(Duration::from_secs(2));
    cluster.free_disk();
    cluster.up_again();
    let all = events + more;
    within(Duration::from_secs(60), "everything is delivered", || delivered(&cluster) == all);
    kill(&watcher, "-TERM");
    assert!(watcher.wait().unwrap().success());
    let told = std::fs::read_to_string(told).unwrap();
    assert!(told.contains("failed to record outcomes, trying again"), "the worker met the full disk: {told}");
    assert!(!told.contains("another run"), "nobody else was there: {told}");
    let seen = seen.lock().unwrap();
    let twice = judge(&seen, all);
    assert!(twice <= 40, "{twice} sent twice: more than were in flight");
    let verified = place.run(&["db", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}
