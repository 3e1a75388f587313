//! What claims read and who may claim, call by call: an old snapshot, and a run that another process ended.

use std::sync::Arc;
use std::time::Duration;

use syncctl::clock::{Clock as _, SystemClock, Timestamp};
use syncctl::delivery::{Outcome, Trigger};
use syncctl::endpoint::{ConfiguredEndpoint, EndpointUrl};
use syncctl::event::Draft;
use syncctl::store::{
    Access, Claim, ClaimRequest, DeliveryId, FinishedAttempt, Location, Replay, RunId, RunStats, Store, StoreError,
    open,
};

use crate::crowd::OLD_SNAPSHOT;
use crate::support::cluster::Cluster;

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

/// A store of the cluster's queue, as each process has one.
pub(crate) fn open_store(cluster: &Cluster) -> Arc<dyn Store> {
    open(&Location::parse(&cluster.url()).unwrap(), Access::Create).unwrap()
}

/// A store of a queue that sends to one endpoint.
fn open_with_endpoint(cluster: &Cluster) -> Arc<dyn Store> {
    let store = open_store(cluster);
    let endpoint = ConfiguredEndpoint::of_url(EndpointUrl::parse("http://a.invalid/").unwrap());
    store.set_endpoints(vec![endpoint], now()).wait().unwrap();
    store
}

/// An event of a resource of its own.
pub(crate) fn draft(resource: &str) -> Draft {
    Draft::check("thing.changed", resource, Some("thing"), b"{}").unwrap()
}

pub(crate) fn enqueue(store: &dyn Store, drafts: Vec<Draft>) {
    store.enqueue(Box::new(drafts.into_iter().map(Ok)), false, now()).wait().unwrap();
}

fn wants(store: &dyn Store, deliveries: usize) -> ClaimRequest {
    let endpoints = store.endpoints().wait().unwrap().iter().map(|endpoint| (endpoint.id, deliveries)).collect();
    ClaimRequest { endpoints, idle: true, only: None }
}

fn delivered(claim: Claim) -> FinishedAttempt {
    FinishedAttempt {
        claim,
        outcome: Outcome::Delivered { status: Some(200) },
        started_at: now(),
        ended_at: now(),
        took: Duration::from_millis(1),
        detail: "HTTP 200".into(),
        response: bytes::Bytes::new(),
        jitter: 0.0,
    }
}

/// Attempts all that is queued, `at_once` of them with each transaction, of which one is rejected if `one_fails`. Returns how many
/// transactions that took.
fn drain(store: &dyn Store, run: RunId, at_once: usize, one_fails: bool) -> usize {
    let wants = wants(store, at_once);
    let (mut finished, mut transactions) = (Vec::new(), 0);
    loop {
        let advanced = store.advance(run, Arc::new(finished), wants.clone(), now()).wait().unwrap();
        transactions += 1;
        if advanced.claims.is_empty() {
            return transactions;
        }
        finished = advanced.claims.into_iter().map(delivered).collect();
        if one_fails {
            finished[0].outcome = Outcome::Rejected { status: Some(400), retry_after: None };
        }
    }
}

/// Entries of the queue's index that were read until now, those of deleted rows included.
fn entries_read(cluster: &Cluster) -> u64 {
    cluster.wait_for_sessions_to_end();
    let read = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'queue_pkey'";
    cluster.sql("queue", read).parse().unwrap()
}

/// Entries of the index that a run reads to attempt every event once, beside a snapshot for which all of them have to stay.
fn assert_reads_little(one_fails: bool) {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let (events, at_once) = (2_000, 20);
    let store = open_with_endpoint(&cluster);
    enqueue(store.as_ref(), (0..events).map(|n| draft(&format!("r{n}"))).collect());
    drop(store);
    // A claim that began at the start of the index would read all that was claimed before.
    let snapshot = cluster.open_transaction(OLD_SNAPSHOT);
    let before = entries_read(&cluster);
    let store = open_store(&cluster);
    let run = store.begin_run("test", now()).wait().unwrap();
    let transactions = drain(store.as_ref(), run.id, at_once, one_fails);
    assert!(transactions > events / at_once && snapshot.is_open(), "{transactions} transactions");
    store.end_run(&run, RunStats::default(), 0, now()).wait().unwrap();
    drop((run, store));
    let read = entries_read(&cluster) - before;
    // A few for each event, not the thousand that are dead at half time for each of a hundred transactions.
    assert!(read < 10 * events as u64, "{read} entries read to claim {events}");
}

#[test]
fn beside_an_old_snapshot_a_claim_does_not_read_again_what_was_claimed_before() {
    assert_reads_little(false);
}

#[test]
fn beside_an_old_snapshot_failed_attempts_do_not_let_claims_begin_anew() {
    assert_reads_little(true);
}

#[test]
fn what_another_process_queues_again_is_claimed_although_a_run_has_looked_further() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let (store, other) = (open_with_endpoint(&cluster), open_store(&cluster));
    enqueue(store.as_ref(), (0..40).map(|n| draft(&format!("r{n}"))).collect());
    let run = store.begin_run("test", now()).wait().unwrap();
    assert!(drain(store.as_ref(), run.id, 5, false) > 8);
    let again = Replay { trigger: Trigger::Manual, include_delivered: true, include_pending: false };
    other.replay(vec![DeliveryId(1)], again, now()).wait().unwrap();
    assert_eq!(cluster.queue("SELECT id FROM queue"), "1", "it takes its old place");
    let claims = store.advance(run.id, Arc::default(), wants(store.as_ref(), 5), now()).wait().unwrap().claims;
    assert_eq!(claims.iter().map(|claim| claim.delivery).collect::<Vec<_>>(), [DeliveryId(1)]);
}

#[test]
fn a_run_that_another_process_ended_claims_nothing_more() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let (robbed, other) = (open_with_endpoint(&cluster), open_store(&cluster));
    enqueue(robbed.as_ref(), vec![draft("first")]);
    let run = robbed.begin_run("test", now()).wait().unwrap();
    let wants = wants(robbed.as_ref(), 5);
    let held = robbed.advance(run.id, Arc::default(), wants.clone(), now()).wait().unwrap().claims;
    assert_eq!(held.len(), 1);
    // What every process concludes of a run without a lock that was silent for longer than its lease.
    cluster.queue("UPDATE run SET beat = -1");
    assert_eq!(other.reap(now()).wait().unwrap(), 1);
    enqueue(other.as_ref(), vec![draft("second")]);
    // The process that was stopped meanwhile does not know yet. It has no outcome to record: claiming is all it wants.
    let refused = robbed.advance(run.id, Arc::default(), wants.clone(), now()).wait();
    assert!(matches!(refused, Err(StoreError::RunEnded)), "{refused:?}");
    assert_eq!(cluster.queue("SELECT count(*) FROM flight"), "0", "nobody would free what an ended run holds");
    let begun = other.begin_run("test", now()).wait().unwrap();
    let claims = other.advance(begun.id, Arc::default(), wants, now()).wait().unwrap().claims;
    assert_eq!(claims.len(), 2, "both are claimed by whoever lives");
    assert_eq!(other.verify().wait().unwrap(), Vec::<String>::new());
}
