//! A queue is copied from any store to any other with everything in it.

use std::sync::Arc;
use std::time::Duration;

use syncctl::delivery::Outcome;
use syncctl::event::{Dispatch, Draft, EventId};
use syncctl::store::incidents::{IncidentKind, Observation, ObservedProblem, Severity, SinkRule};
use syncctl::store::transfer::copy as copy_into;
use syncctl::store::{
    Access, Acknowledgement, ClaimHolder, DeliveryFilter, EventFilter, Location, RunRow, RunStats, Store, StoreError,
    open,
};

use crate::backend::{Backend, Sqlite};
use crate::queue::{ALL, DELIVERED, TestQueue, later, now};

/// A queue in which a bit of everything has happened.
fn lived_in(backend: &dyn Backend) -> TestQueue {
    let queue = TestQueue::new(backend, &["http://a.invalid/", "http://b.invalid/"]);
    (0..40).for_each(|n| queue.emit(&format!("e{n}"), &format!("r{}", n % 7)));
    let mut scheduled = Draft::check("user.updated", "r", None, "{\"name\":\"\u{e9}\"}".as_bytes()).unwrap();
    scheduled.dispatch = Dispatch::At(later(900));
    scheduled.edited_from = Some(EventId::parse("e1").unwrap());
    queue.store.enqueue(Box::new(std::iter::once(Ok(scheduled))), false, now()).wait().unwrap();
    let run = queue.run();
    let outcomes =
        [DELIVERED, Outcome::Rejected { status: Some(500), retry_after: None }, Outcome::Unreachable, DELIVERED];
    for round in 0..6 {
        for (n, claim) in queue.claim_at(&run, 3, later(round * 40)).into_iter().enumerate() {
            queue.finish(&run, claim, outcomes[n % outcomes.len()]);
        }
    }
    queue.store.end_run(&run, RunStats { claimed: 7, ..RunStats::default() }, 0, later(300)).wait().unwrap();
    let seen = Acknowledgement { cluster: "F1".to_owned(), at: now(), note: Some("it's known".to_owned()) };
    queue.store.acknowledge(seen).wait().unwrap();
    let failed = ObservedProblem {
        kind: IncidentKind::DeliveryFailed,
        subject: "a.invalid".to_owned(),
        severity: Severity::Error,
        event_type: Some("user.updated".to_owned()),
        reason: "attempts used up".to_owned(),
        remedy: "syncctl failures list".to_owned(),
        count: 3,
    };
    let observation = Observation { observed: vec![failed], kinds: vec![IncidentKind::DeliveryFailed] };
    let sink = SinkRule {
        name: "ops".to_owned(),
        kinds: vec![IncidentKind::DeliveryFailed],
        quiet: Duration::ZERO,
        resolved: true,
    };
    assert_eq!(queue.store.observe(observation, vec![sink], later(300)).wait().unwrap().len(), 1);
    queue.store.pause("b.invalid", later(301)).wait().unwrap();
    queue.assert_sound();
    queue
}

/// What anybody sees of a queue, in words.
fn seen(store: &dyn Store) -> String {
    let deliveries = store.deliveries(&DeliveryFilter::default(), ALL).wait().unwrap().rows;
    let events = store.events_with_bodies(&EventFilter::default(), ALL).wait().unwrap();
    let details: Vec<_> = events.iter().map(|(row, _)| store.event(&row.id).wait().unwrap()).collect();
    let figures = store.figures(later(1_000)).wait().unwrap();
    let counts: Vec<_> =
        figures.endpoints.iter().map(|it| (it.endpoint.name.clone(), it.counts, it.oldest_due)).collect();
    let rates = store.rates(now().minus(Duration::from_secs(3_600))).wait().unwrap();
    // A file does not say on which host a run was.
    let runs: Vec<_> = store
        .runs(100)
        .wait()
        .unwrap()
        .into_iter()
        .map(|run| RunRow { process: pid(run.process.pid), ..run })
        .collect();
    format!(
        "{deliveries:#?}{events:#?}{details:#?}{counts:#?}{}{}{rates:#?}{runs:#?}{:#?}{:#?}",
        figures.events,
        figures.scheduled,
        store.acknowledgements().wait().unwrap(),
        store.incidents(false, ALL).wait().unwrap().rows
    )
}

fn pid(pid: i64) -> ClaimHolder {
    ClaimHolder { host: None, pid }
}

fn copied(from: &dyn Store, to: &Location) -> Arc<dyn Store> {
    let filled = open(to, Access::Fill).unwrap();
    let compared = copy_into(from, filled.as_ref(), later(1_000), |_| ()).unwrap();
    assert!(compared.iter().all(|table| table.agrees), "{compared:?}");
    drop(filled);
    open(to, Access::Existing).unwrap()
}

fn copies_alike(from: &dyn Backend, to: &dyn Backend) {
    let queue = lived_in(from);
    let copy = copied(queue.store.as_ref(), &to.fresh());
    let (theirs, ours) = (seen(queue.store.as_ref()), seen(copy.as_ref()));
    let changed = theirs.lines().zip(ours.lines()).find(|(theirs, ours)| theirs != ours);
    assert_eq!(changed, None);
    assert_eq!(theirs.lines().count(), ours.lines().count());
    assert_eq!(copy.verify().wait().unwrap(), [""; 0]);
    // Both go on alike: the same is claimed, and numbers go on where they were.
    let run = [&queue.store, &copy].map(|store| store.begin_run("test", later(2_000)).wait().unwrap());
    assert_eq!(run[0].id, run[1].id);
    let claim = |store: &Arc<dyn Store>, run| {
        let claims = store.advance(run, Arc::default(), queue.wants(5), later(2_000)).wait().unwrap().claims;
        claims.into_iter().map(|claim| (claim.delivery, claim.number, claim.body)).collect::<Vec<_>>()
    };
    let claimed = claim(&queue.store, run[0].id);
    assert!(!claimed.is_empty());
    assert_eq!(claim(&copy, run[1].id), claimed);
}

fn stays_closed_until_it_is_whole(from: &dyn Backend, to: &dyn Backend) {
    let (queue, place) = (lived_in(from), to.fresh());
    let filled = open(&place, Access::Fill).unwrap();
    filled.begin_filling().wait().unwrap();
    drop(filled);
    assert!(matches!(open(&place, Access::Existing), Err(StoreError::Filling)));
    assert!(matches!(open(&place, Access::Create), Err(StoreError::Filling)));
    // The same again goes on with it, and again after it ended is refused.
    let copy = copied(queue.store.as_ref(), &place);
    assert_eq!(copy.figures(now()).wait().unwrap().events, 41);
    let again = open(&place, Access::Fill).unwrap();
    let refused = copy_into(queue.store.as_ref(), again.as_ref(), now(), |_| ());
    assert!(matches!(refused, Err(StoreError::NotEmpty)), "{refused:?}");
    let run = queue.run();
    let other = open(&to.fresh(), Access::Fill).unwrap();
    let refused = copy_into(queue.store.as_ref(), other.as_ref(), now(), |_| ());
    assert!(matches!(refused, Err(StoreError::InUse(1))), "{refused:?}");
    drop(run);
}

#[test]
fn a_file_is_copied_to_a_file() {
    let backend = Sqlite::start().unwrap();
    copies_alike(&backend, &backend);
    stays_closed_until_it_is_whole(&backend, &backend);
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::{copies_alike, stays_closed_until_it_is_whole};
    use crate::backend::{Postgres, Sqlite};

    #[test]
    fn a_file_is_copied_to_a_server_and_back() {
        let (Some(file), Some(server)) = (Sqlite::start(), Postgres::start()) else { return };
        copies_alike(&file, &server);
        copies_alike(&server, &file);
        copies_alike(&server, &server);
        stays_closed_until_it_is_whole(&file, &server);
        stays_closed_until_it_is_whole(&server, &file);
    }
}
