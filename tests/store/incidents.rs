//! What a store promises about incidents: one for as long as something is wrong, and each sink told once.

use std::sync::Arc;
use std::time::Duration;

use syncctl::clock::Timestamp;
use syncctl::store::incidents::{
    CLAIM_LASTS, Incident, IncidentKind, Notification, NotificationKind, NotificationResult, Observation,
    ObservedProblem, Severity, SinkRule,
};
use syncctl::store::{Access, Page, Store, open};

use crate::backend::{Backend, on_every_backend};
use crate::queue::{later, now};

on_every_backend! {
    an_incident_lasts_as_long_as_it_is_observed_and_keeps_what_was_told,
    of_two_processes_one_tells,
    a_notice_whose_teller_died_is_told_by_another,
    within_the_quiet_time_nothing_is_told_twice,
    what_became_worse_is_told_again_once_it_was_quiet,
    a_sink_hears_only_of_its_kinds_and_of_the_end_only_if_it_wants_to,
    what_could_not_be_told_is_tried_again_later_and_is_visible,
    a_clock_that_jumps_back_silences_nobody,
    only_kinds_that_were_looked_for_are_over,
    incidents_that_ended_long_ago_are_removed,
}

const KINDS: [IncidentKind; 2] = [IncidentKind::CircuitOpen, IncidentKind::DeliveryFailed];
const PAGE: Page = Page { limit: 10, number: 1, oldest_first: false };

fn observed(kind: IncidentKind, subject: &str, count: u64) -> ObservedProblem {
    ObservedProblem {
        kind,
        subject: subject.to_owned(),
        severity: Severity::Warning,
        event_type: Some("user.updated".to_owned()),
        reason: "consecutive attempts were not answered".to_owned(),
        remedy: format!("syncctl endpoints show {subject}"),
        count,
    }
}

fn circuit(subject: &str) -> ObservedProblem {
    observed(IncidentKind::CircuitOpen, subject, 0)
}

fn sink(name: &str, quiet_seconds: u64) -> SinkRule {
    let quiet = Duration::from_secs(quiet_seconds);
    SinkRule { name: name.to_owned(), kinds: KINDS.to_vec(), quiet, resolved: true }
}

fn look(store: &Arc<dyn Store>, seen: &[ObservedProblem], sinks: &[SinkRule], at: Timestamp) -> Vec<Notification> {
    let observation = Observation { observed: seen.to_vec(), kinds: KINDS.to_vec() };
    store.observe(observation, sinks.to_vec(), at).wait().unwrap()
}

/// What is told at a look, which succeeds.
fn tell(
    store: &Arc<dyn Store>,
    seen: &[ObservedProblem],
    sinks: &[SinkRule],
    at: Timestamp,
) -> Vec<(String, NotificationKind)> {
    let notifications = look(store, seen, sinks, at);
    settle(store, &notifications, None, at);
    notifications.into_iter().map(|notification| (notification.sink, notification.phase)).collect()
}

fn settle(store: &Arc<dyn Store>, notifications: &[Notification], error: Option<&str>, at: Timestamp) {
    let settled = |notification: &Notification| NotificationResult {
        notification: notification.clone(),
        error: error.map(str::to_owned),
    };
    store.settle_notifications(notifications.iter().map(settled).collect(), at).wait().unwrap();
}

fn all(store: &Arc<dyn Store>) -> Vec<Incident> {
    store.incidents(false, PAGE).wait().unwrap().rows
}

fn an_incident_lasts_as_long_as_it_is_observed_and_keeps_what_was_told(backend: &dyn Backend) {
    let store = backend.create();
    let sinks = [sink("ops", 60)];
    assert_eq!(tell(&store, &[circuit("a")], &sinks, now()), [("ops".to_owned(), NotificationKind::Opened)]);
    assert_eq!(tell(&store, &[circuit("a"), circuit("b")], &sinks, later(90)).len(), 1, "only of the other");
    let open = store.incidents(true, PAGE).wait().unwrap();
    assert_eq!((open.total, open.rows.len()), (2, 2));
    let a = open.rows.iter().find(|it| it.observed.subject == "a").unwrap();
    assert_eq!((&a.observed, a.opened_at, a.last_seen_at, a.resolved_at), (&circuit("a"), now(), later(90), None));
    assert_eq!((a.told[0].sink.as_str(), a.told[0].open_at), ("ops", Some(now())));
    assert_eq!(tell(&store, &[circuit("b")], &sinks, later(100)), [("ops".to_owned(), NotificationKind::Resolved)]);
    let rows = all(&store);
    assert_eq!(rows.iter().map(|it| it.observed.subject.as_str()).collect::<Vec<_>>(), ["b", "a"], "open ones first");
    assert_eq!((rows[1].resolved_at, rows[1].told[0].resolved_at), (Some(later(100)), Some(later(100))));
    assert_ne!(rows[0].name, rows[1].name);
    assert!(tell(&store, &[circuit("b")], &sinks, later(200)).is_empty());
}

fn of_two_processes_one_tells(backend: &dyn Backend) {
    let location = backend.fresh();
    let stores = [open(&location, Access::Create).unwrap(), open(&location, Access::Existing).unwrap()];
    let told: Vec<Notification> = std::thread::scope(|scope| {
        let looks: Vec<_> = stores
            .iter()
            .map(|store| {
                scope.spawn(move || {
                    (0..20).flat_map(|_| look(store, &[circuit("a")], &[sink("ops", 0)], now())).collect::<Vec<_>>()
                })
            })
            .collect();
        looks.into_iter().flat_map(|look| look.join().unwrap()).collect()
    });
    assert_eq!(told.len(), 1);
    assert_eq!(all(&stores[0]).len(), 1);
    settle(&stores[1], &told, None, now());
    assert!(stores.iter().all(|store| look(store, &[circuit("a")], &[sink("ops", 0)], later(600)).is_empty()));
}

fn a_notice_whose_teller_died_is_told_by_another(backend: &dyn Backend) {
    let store = backend.create();
    let sinks = [sink("ops", 600)];
    assert_eq!(look(&store, &[circuit("a")], &sinks, now()).len(), 1);
    let lasts = CLAIM_LASTS.as_secs();
    assert!(look(&store, &[circuit("a")], &sinks, later(lasts - 1)).is_empty());
    assert_eq!(tell(&store, &[circuit("a")], &sinks, later(lasts)), [("ops".to_owned(), NotificationKind::Opened)]);
}

fn within_the_quiet_time_nothing_is_told_twice(backend: &dyn Backend) {
    let store = backend.create();
    let sinks = [sink("ops", 1_800)];
    assert_eq!(tell(&store, &[circuit("a")], &sinks, now()).len(), 1);
    assert_eq!(tell(&store, &[], &sinks, later(10)), [("ops".to_owned(), NotificationKind::Resolved)]);
    // It comes back soon: the same incident goes on. It comes back late: another one. Neither is told within the time.
    assert!(tell(&store, &[circuit("a")], &sinks, later(20)).is_empty());
    assert!(tell(&store, &[], &sinks, later(30)).is_empty(), "nor the end of what it did not hear of");
    assert_eq!(all(&store).len(), 1);
    assert!(tell(&store, &[circuit("a")], &sinks, later(700)).is_empty());
    assert_eq!(all(&store).len(), 2);
    assert_eq!(tell(&store, &[circuit("a")], &sinks, later(1_800)), [("ops".to_owned(), NotificationKind::Opened)]);
    assert_eq!(tell(&store, &[circuit("b"), circuit("a")], &sinks, later(1_801)).len(), 1, "another subject is told");
}

fn what_became_worse_is_told_again_once_it_was_quiet(backend: &dyn Backend) {
    let store = backend.create();
    let sinks = [sink("ops", 60)];
    let failed = |count| observed(IncidentKind::DeliveryFailed, "a", count);
    assert_eq!(tell(&store, &[failed(1)], &sinks, now()).len(), 1);
    assert!(tell(&store, &[failed(5)], &sinks, later(59)).is_empty());
    assert_eq!(tell(&store, &[failed(7)], &sinks, later(60)), [("ops".to_owned(), NotificationKind::Worse)]);
    assert!(tell(&store, &[failed(7)], &sinks, later(600)).is_empty(), "as bad as before");
    assert!(tell(&store, &[failed(2)], &sinks, later(700)).is_empty(), "better");
    let severe = ObservedProblem { severity: Severity::Critical, ..failed(2) };
    assert_eq!(tell(&store, &[severe], &sinks, later(800)), [("ops".to_owned(), NotificationKind::Worse)]);
    assert_eq!(all(&store)[0].observed.count, 2);
}

fn a_sink_hears_only_of_its_kinds_and_of_the_end_only_if_it_wants_to(backend: &dyn Backend) {
    let store = backend.create();
    let quiet = SinkRule { resolved: false, ..sink("quiet", 0) };
    let other = SinkRule { kinds: vec![IncidentKind::DeliveryFailed], ..sink("other", 0) };
    let sinks = [sink("ops", 0), quiet, other];
    let names = |told: Vec<(String, NotificationKind)>| told.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(tell(&store, &[circuit("a")], &sinks, now())), ["ops", "quiet"]);
    assert_eq!(names(tell(&store, &[], &sinks, later(1))), ["ops"]);
}

fn what_could_not_be_told_is_tried_again_later_and_is_visible(backend: &dyn Backend) {
    let store = backend.create();
    let sinks = [sink("ops", 60)];
    let mut at = 0;
    for wait in [15, 30, 60] {
        let notifications = look(&store, &[circuit("a")], &sinks, later(at));
        assert_eq!(notifications.len(), 1, "at {at}");
        settle(&store, &notifications, Some("HTTP 500"), later(at));
        assert!(look(&store, &[circuit("a")], &sinks, later(at + wait - 1)).is_empty());
        at += wait;
    }
    let failing_sinks = store.failing_sinks(later(at)).wait().unwrap();
    assert_eq!((failing_sinks.len(), failing_sinks[0].sink.as_str(), failing_sinks[0].notifications), (1, "ops", 1));
    assert_eq!((failing_sinks[0].error.as_str(), all(&store)[0].told[0].failures), ("HTTP 500", 3));
    assert_eq!(tell(&store, &[circuit("a")], &sinks, later(at)), [("ops".to_owned(), NotificationKind::Opened)]);
    assert!(store.failing_sinks(later(at)).wait().unwrap().is_empty());
}

fn a_clock_that_jumps_back_silences_nobody(backend: &dyn Backend) {
    let store = backend.create();
    let sinks = [sink("ops", 600)];
    let future = later(1_000_000);
    settle(&store, &look(&store, &[circuit("a")], &sinks, future), Some("HTTP 500"), future);
    assert_eq!(tell(&store, &[circuit("a")], &sinks, now()), [("ops".to_owned(), NotificationKind::Opened)]);
    assert_eq!(tell(&store, &[], &sinks, later(1)), [("ops".to_owned(), NotificationKind::Resolved)]);
}

fn only_kinds_that_were_looked_for_are_over(backend: &dyn Backend) {
    let store = backend.create();
    look(&store, &[circuit("a")], &[], now());
    let others = Observation { observed: Vec::new(), kinds: vec![IncidentKind::QueueLag] };
    store.observe(others, Vec::new(), later(10)).wait().unwrap();
    assert_eq!(all(&store)[0].resolved_at, None);
    look(&store, &[], &[], later(20));
    assert_eq!(all(&store)[0].resolved_at, Some(later(20)));
}

fn incidents_that_ended_long_ago_are_removed(backend: &dyn Backend) {
    let store = backend.create();
    let sinks = [sink("ops", 0)];
    tell(&store, &[circuit("a")], &sinks, now());
    tell(&store, &[], &sinks, later(1));
    let day = 24 * 3_600;
    tell(&store, &[circuit("b")], &sinks, later(89 * day));
    assert_eq!(all(&store).len(), 2);
    tell(&store, &[circuit("b"), circuit("c")], &sinks, later(91 * day));
    let subjects: Vec<String> = all(&store).into_iter().map(|it| it.observed.subject).collect();
    assert_eq!(subjects, ["c", "b"]);
}
