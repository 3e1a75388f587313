//! What a store promises about sessions, about what operators did, and about the activity of the last minutes.

use std::sync::Arc;

use syncctl::clock::Timestamp;
use syncctl::delivery::{Outcome, State, Trigger};
use syncctl::event::Draft;
use syncctl::store::inbound::{RecordFilter, RecordOrder, RefusedWebhook};
use syncctl::store::operators::{
    ActionFilter, MAX_COUNTED_SOURCES, MAX_SESSIONS, NewAction, NewSession, WrongSecretCount,
};
use syncctl::store::{
    AttemptFilter, ClaimRequest, DeliveryFilter, DeliveryId, EventFilter, FinishedAttempt, Listed, Page, PruneFilter,
    Replay,
};

use crate::backend::{Backend, on_every_backend};
use crate::queue::{ALL, DELIVERED, FROM_THE_FIRST, TestQueue, finished, later, now};

on_every_backend! {
    wrong_secrets_are_counted_by_source_and_minute_for_all_servers,
    a_session_is_open_until_it_runs_out_or_ends,
    with_too_many_sessions_the_oldest_ends,
    what_an_operator_does_is_noted_before_and_after,
    activity_counts_both_directions_minute_by_minute,
    arrivals_are_those_since_a_time_endpoint_by_endpoint,
    events_are_found_by_how_the_last_attempt_of_a_delivery_ended,
    a_filter_that_no_index_serves_looks_at_a_bounded_number_of_rows,
    records_are_searched_in_a_bounded_number,
    deliveries_that_changed_since_a_time_are_found_whatever_changed_them,
}

const NEWEST: Page = Page { limit: 10, number: 1, oldest_first: false };

fn name(number: u64) -> [u8; 32] {
    let mut name = [7; 32];
    name[..8].copy_from_slice(&number.to_be_bytes());
    name
}

fn session(number: u64, until: Timestamp) -> NewSession {
    let (operator, source) = (format!("operator-{number}"), "127.0.0.1".to_owned());
    NewSession { name: name(number), token: [9; 32], operator, source, until }
}

fn a_session_is_open_until_it_runs_out_or_ends(backend: &dyn Backend) {
    let store = backend.create();
    store.begin_session(session(1, later(60)), now()).wait().unwrap();
    store.begin_session(session(2, later(120)), now()).wait().unwrap();
    let found = store.session(name(1), later(59)).wait().unwrap().unwrap();
    assert_eq!((found.operator.as_str(), found.token, found.began_at), ("operator-1", [9; 32], now()));
    assert_eq!(store.session(name(1), later(60)).wait().unwrap(), None);
    assert_eq!(store.session(name(3), now()).wait().unwrap(), None);
    let open: Vec<String> = store.sessions(now()).wait().unwrap().into_iter().map(|it| it.operator).collect();
    assert_eq!(open, ["operator-2", "operator-1"]);
    assert!(store.end_session(found.id).wait().unwrap());
    assert!(!store.end_session(found.id).wait().unwrap());
    assert_eq!(store.session(name(1), now()).wait().unwrap(), None);
    assert!(store.session(name(2), now()).wait().unwrap().is_some());
}

fn with_too_many_sessions_the_oldest_ends(backend: &dyn Backend) {
    let store = backend.create();
    for number in 0..=MAX_SESSIONS {
        store.begin_session(session(number, later(60)), now()).wait().unwrap();
    }
    assert_eq!(store.sessions(now()).wait().unwrap().len() as u64, MAX_SESSIONS);
    assert_eq!(store.session(name(0), now()).wait().unwrap(), None);
    assert!(store.session(name(1), now()).wait().unwrap().is_some());
    store.begin_session(session(MAX_SESSIONS + 1, later(120)), later(60)).wait().unwrap();
    assert_eq!(store.sessions(now()).wait().unwrap().len(), 1, "those that ran out are removed");
}

fn what_an_operator_does_is_noted_before_and_after(backend: &dyn Backend) {
    let store = backend.create();
    let act = |operator: &str, target: &str, at| {
        let (operator, source, target) = (operator.to_owned(), "::1".to_owned(), target.to_owned());
        store.record_action(NewAction { operator, source, action: "endpoint.pause", target }, at).wait().unwrap()
    };
    let (first, second) = (act("ada", "a", now()), act("grace", "b", later(1)));
    assert!(first < second);
    assert_eq!(store.action(first).wait().unwrap().unwrap().outcome, None);
    store.settle_action(first, "paused".to_owned()).wait().unwrap();
    store.settle_action(second + 1, "unknown".to_owned()).wait().unwrap();
    let all = store.actions(&ActionFilter::default(), NEWEST).wait().unwrap();
    assert_eq!((all.total, all.rows[0].id, all.rows[1].id), (2, second, first));
    let done = &all.rows[1];
    let told = (done.operator.as_str(), done.source.as_str(), done.action.as_str(), done.target.as_str());
    assert_eq!(told, ("ada", "::1", "endpoint.pause", "a"));
    assert_eq!((done.at, done.outcome.as_deref()), (now(), Some("paused")));
    let of = |filter: &ActionFilter| -> Vec<i64> {
        store.actions(filter, NEWEST).wait().unwrap().rows.iter().map(|row| row.id).collect()
    };
    assert_eq!(of(&ActionFilter { operator: Some("grace".to_owned()), ..ActionFilter::default() }), [second]);
    assert_eq!(of(&ActionFilter { until: Some(later(1)), ..ActionFilter::default() }), [first]);
    assert_eq!(of(&ActionFilter { since: Some(later(1)), ..ActionFilter::default() }), [second]);
    assert_eq!(of(&ActionFilter { past: Some(second), ..ActionFilter::default() }), [first]);
}

fn activity_counts_both_directions_minute_by_minute(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["https://a.test/"]);
    for resource in ["1", "2", "3"] {
        queue.emit(&format!("e{resource}"), resource);
    }
    let run = queue.run();
    let claims = queue.claim(&run, 3);
    let outcomes = [
        Outcome::Delivered { status: Some(200) },
        Outcome::Rejected { status: Some(500), retry_after: None },
        Outcome::Interrupted,
    ];
    for (claim, outcome) in claims.into_iter().zip(outcomes) {
        queue.finish(&run, claim, outcome);
    }
    let refused = RefusedWebhook {
        reason: "code-mismatch",
        count: 1,
        source: "::1".to_owned(),
        route: "/api/webhooks/sync".into(),
        ..RefusedWebhook::default()
    };
    queue.store.refuse(vec![refused], now()).wait().unwrap();
    let activity = queue.store.activity(now()).wait().unwrap();
    let minutes: Vec<_> =
        activity.minutes.iter().map(|it| (it.minute, it.delivered, it.failed, it.accepted, it.refused)).collect();
    assert_eq!(minutes, [(now().minute(), 1, 1, 0, 1)]);
    assert_eq!(activity.latencies.len(), 2, "an interrupted attempt took no known time");
    let ended = |filter: AttemptFilter| -> Vec<String> {
        let rows = queue.store.page_of_attempts(&filter, NEWEST).wait().unwrap();
        rows.iter().map(|row| row.event.id.to_string()).collect()
    };
    assert_eq!(ended(AttemptFilter::default()), ["e3", "e2", "e1"]);
    assert_eq!(ended(AttemptFilter { latest: Some(2), ..AttemptFilter::default() }), ["e3", "e2"]);
    assert_eq!(ended(AttemptFilter { status: Some(200), ..AttemptFilter::default() }), ["e1"]);
    let newest = queue.store.page_of_attempts(&AttemptFilter::default(), NEWEST).wait().unwrap()[0].place;
    assert_eq!(ended(AttemptFilter { past: Some(newest), ..AttemptFilter::default() }), ["e2", "e1"]);
    let far = AttemptFilter { status: Some(200), latest: Some(2), ..AttemptFilter::default() };
    assert_eq!(ended(far), Vec::<String>::new(), "it is not among the latest");
    let none = queue.store.activity(later(120)).wait().unwrap();
    assert!(none.minutes.is_empty() && none.latencies.is_empty());
}

fn arrivals_are_those_since_a_time_endpoint_by_endpoint(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["https://a.test/", "https://b.test/"]);
    let arrivals = |since| -> Vec<(String, i64)> {
        let found = queue.store.arrivals(since).wait().unwrap();
        found.into_iter().map(|it| (it.endpoint, it.deliveries)).collect()
    };
    assert_eq!(arrivals(now()), [], "nothing was ever queued");
    for seconds in 0..40 {
        queue.emit_at(&format!("e{seconds}"), &format!("r{seconds}"), later(seconds));
    }
    let both = |count: i64| vec![("a.test".to_owned(), count), ("b.test".to_owned(), count)];
    assert_eq!(arrivals(now()), both(40));
    assert_eq!(arrivals(later(30)), both(10));
    assert_eq!(arrivals(later(39)), both(1));
    assert_eq!(arrivals(later(40)), []);
    // Places that a prune left empty do not lead astray.
    let rows = queue.store.deliveries(&DeliveryFilter::default(), ALL).wait().unwrap().rows;
    let ids = rows.iter().filter(|row| row.event.seq % 3 == 0).map(|row| row.id).collect();
    queue.store.give_up(ids, later(40)).wait().unwrap();
    let states = vec![State::Failed];
    let prune = PruneFilter { states, endpoint: None, before: later(41), after: FROM_THE_FIRST };
    queue.store.prune(prune).wait().unwrap();
    assert_eq!(arrivals(later(30)).iter().map(|(_, count)| count).sum::<i64>(), 20, "by the numbers that were given");
}

fn events_are_found_by_how_the_last_attempt_of_a_delivery_ended(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["https://a.test/"]);
    for name in ["delivered", "rejected", "interrupted", "waiting"] {
        queue.emit(name, name);
    }
    let run = queue.run();
    let outcomes = [
        Outcome::Delivered { status: Some(200) },
        Outcome::Rejected { status: Some(503), retry_after: None },
        Outcome::Interrupted,
    ];
    for (claim, outcome) in queue.claim(&run, 3).into_iter().zip(outcomes) {
        queue.finish(&run, claim, outcome);
    }
    let found = |filter: EventFilter| -> Vec<String> {
        let listed = queue.store.events(&filter, ALL).wait().unwrap();
        assert_eq!(listed.rows.len() as u64, listed.total);
        listed.rows.iter().map(|row| row.id.to_string()).collect()
    };
    let of_status = |status| found(EventFilter { last_status: Some(status), ..EventFilter::default() });
    assert_eq!([of_status(200), of_status(503), of_status(404)], [vec!["delivered"], vec!["rejected"], vec![]]);
    let detail = queue.delivery("rejected").last_detail.unwrap();
    let of_error = |text: &str| found(EventFilter { error: Some(text.to_owned()), ..EventFilter::default() });
    assert!(of_error(&detail.to_uppercase()).contains(&"rejected".to_owned()), "{detail}");
    assert_eq!(of_error("no such text"), Vec::<String>::new());
    let places = vec![queue.seq("waiting"), queue.seq("delivered")];
    assert_eq!(found(EventFilter { places, ..EventFilter::default() }), ["delivered", "waiting"]);
    assert!(queue.delivery("rejected").last_took.is_some() && queue.delivery("waiting").last_took.is_none());
}

fn a_filter_that_no_index_serves_looks_at_a_bounded_number_of_rows(backend: &dyn Backend) {
    const MORE: usize = 20_500;
    let queue = TestQueue::new(backend, &["https://a.test/"]);
    queue.emit("first", "r");
    let run = queue.run();
    let claim = queue.claim(&run, 1).remove(0);
    let delivery = claim.delivery;
    queue.finish(&run, claim, Outcome::Delivered { status: Some(200) });
    let drafts = (0..MORE).map(|n| Ok(Draft::check("user.created", &format!("u{n}"), None, b"{}").unwrap()));
    let drafts = Box::new(drafts.collect::<Vec<_>>().into_iter());
    queue.store.enqueue(drafts, false, later(3_600)).wait().unwrap();
    let delivered = DeliveryFilter { last_status: Some(200), ..DeliveryFilter::default() };
    let listed = queue.store.deliveries(&delivered, NEWEST).wait().unwrap();
    assert!(listed.rows.is_empty() && !listed.is_exact);
    assert!(listed.searched_to.is_some_and(|past| past > delivery.0));
    let rest = looked_further(listed.searched_to, |past| {
        let past = past.map(DeliveryId);
        queue.store.deliveries(&DeliveryFilter { past, ..delivered.clone() }, NEWEST).wait().unwrap()
    });
    assert_eq!((rest.rows[0].id, rest.total, rest.is_exact), (delivery, 1, true));
    let all = queue.store.page_of_deliveries(&delivered, NEWEST).wait().unwrap();
    assert_eq!((all[0].id, queue.store.count_deliveries(&delivered).wait().unwrap()), (delivery, 1));

    let delivered = EventFilter { last_status: Some(200), ..EventFilter::default() };
    let listed = queue.store.events(&delivered, NEWEST).wait().unwrap();
    assert!(listed.rows.is_empty() && !listed.is_exact);
    let rest = looked_further(listed.searched_to, |past| {
        queue.store.events(&EventFilter { past, ..delivered.clone() }, NEWEST).wait().unwrap()
    });
    assert_eq!(rest.rows[0].id.as_str(), "first");
    assert_eq!(queue.store.page_of_events(&delivered, NEWEST).wait().unwrap()[0].id.as_str(), "first");

    // What is frequent is counted up to a bound, and where a time begins is found without a look at what is newer.
    let frequent = EventFilter { since: Some(later(0)), ..EventFilter::default() };
    let listed = queue.store.events(&frequent, NEWEST).wait().unwrap();
    assert_eq!((listed.rows.len(), listed.total, listed.is_exact), (10, 10_000, false));
    let early = EventFilter { until: Some(later(60)), ..EventFilter::default() };
    let listed = queue.store.events(&early, NEWEST).wait().unwrap();
    assert_eq!((listed.rows[0].id.as_str(), listed.total, listed.is_exact), ("first", 1, true));
    let early = DeliveryFilter { until: Some(later(60)), ..DeliveryFilter::default() };
    let listed = queue.store.deliveries(&early, NEWEST).wait().unwrap();
    assert_eq!((listed.rows[0].id, listed.total, listed.is_exact), (delivery, 1, true));
}

fn deliveries_that_changed_since_a_time_are_found_whatever_changed_them(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["https://a.test/"]);
    let emit = |id: &str| queue.emit(id, id);
    ["delivered", "replayed", "delivered-lately", "begun-lately"].iter().for_each(|id| emit(id));
    let run = queue.run();
    for claim in queue.claim(&run, 4) {
        let lately = claim.delivery == queue.delivery("delivered-lately").id;
        let ended_at = later(if lately { 7_200 } else { 0 });
        let done = FinishedAttempt { started_at: ended_at, ended_at, ..finished(claim, DELIVERED) };
        queue.store.advance(run.id, Arc::new(vec![done]), ClaimRequest::default(), now()).wait().unwrap();
    }
    ["waiting", "given-up"].iter().for_each(|id| emit(id));
    let all = Replay { trigger: Trigger::Manual, include_delivered: true, include_pending: true };
    let ids = |ids: &[&str]| ids.iter().map(|id| queue.delivery(id).id).collect::<Vec<_>>();
    queue.store.give_up(ids(&["given-up"]), later(7_200)).wait().unwrap();
    queue.store.replay(ids(&["replayed", "begun-lately"]), all, later(7_200)).wait().unwrap();
    let found = |filter: DeliveryFilter| {
        let listed = queue.store.deliveries(&filter, ALL).wait().unwrap();
        assert!(listed.is_exact && listed.total == listed.rows.len() as u64, "{listed:?}");
        listed.rows.iter().map(|row| row.event.id.to_string()).collect::<Vec<_>>()
    };
    let since = |since| DeliveryFilter { since: Some(since), ..DeliveryFilter::default() };
    let lately = ["replayed", "delivered-lately", "begun-lately", "given-up"];
    assert_eq!(found(since(later(3_600))), lately);
    assert_eq!(found(since(later(7_400))), Vec::<String>::new());
    let delivered = DeliveryFilter { states: vec![State::Delivered], ..since(later(3_600)) };
    assert_eq!(found(delivered), ["delivered-lately"]);
    let until = DeliveryFilter { until: Some(later(7_100)), ..since(later(3_600)) };
    assert_eq!(found(until), Vec::<String>::new());
}

/// What a search finds that goes on where it ended, until it finds something.
fn looked_further<T>(from: Option<i64>, search: impl Fn(Option<i64>) -> Listed<T>) -> Listed<T> {
    let mut listed = search(from);
    while listed.rows.is_empty() && listed.searched_to.is_some() {
        listed = search(listed.searched_to);
    }
    listed
}

fn records_are_searched_in_a_bounded_number(backend: &dyn Backend) {
    const MORE: usize = 20_500;
    let store = backend.create();
    let record = |n: usize| {
        let data = format!("{{\"name\":\"{}\"}}", if n == 0 { "first" } else { "other" });
        Ok(Draft::check("user.created", &format!("u{n}"), None, data.as_bytes()).unwrap())
    };
    store.enqueue(Box::new((0..=MORE).map(record).collect::<Vec<_>>().into_iter()), false, now()).wait().unwrap();
    for sort in [RecordOrder::CreatedAt, RecordOrder::Email] {
        let filter = RecordFilter { search: Some("FIRST".to_owned()), sort, ..RecordFilter::default() };
        let listed = store.records(&filter, NEWEST).wait().unwrap();
        assert!(listed.rows.is_empty() && !listed.is_exact && listed.searched_to.is_some(), "{sort:?}");
        let rest = looked_further(listed.searched_to, |past| {
            store.records(&RecordFilter { past, ..filter.clone() }, NEWEST).wait().unwrap()
        });
        assert_eq!((rest.rows[0].id.as_str(), rest.total, rest.is_exact), ("u0", 1, true), "{sort:?}");
        let oldest = store.records(&filter, Page { oldest_first: true, ..NEWEST }).wait().unwrap();
        assert_eq!((oldest.rows[0].id.as_str(), oldest.total, oldest.is_exact), ("u0", 1, false), "{sort:?}");
        let all = RecordFilter { search: None, ..filter };
        let counted = store.records(&all, NEWEST).wait().unwrap();
        assert_eq!((counted.total, counted.is_exact), (MORE as u64 + 1, true), "{sort:?}");
    }
}

fn wrong_secrets_are_counted_by_source_and_minute_for_all_servers(backend: &dyn Backend) {
    let store = TestQueue::new(backend, &[]).store;
    let count = |guesses: &[(&str, u64)], at| {
        let guesses =
            guesses.iter().map(|(source, count)| WrongSecretCount { source: (*source).to_owned(), count: *count });
        store.count_wrong_secrets(guesses.collect(), at).wait().unwrap()
    };
    assert_eq!(count(&[("b", 1), ("a", 7)], now()), [1, 7], "in the order in which they were given");
    assert_eq!(count(&[("a", 3), ("c", 2), ("b", 1)], now()), [10, 2, 2]);
    assert_eq!(count(&[], now()), [0; 0]);
    assert_eq!(count(&[("a", 1)], later(60)), [1], "each minute begins with none");
    let many: Vec<(String, u64)> = (0..MAX_COUNTED_SOURCES + 50).map(|n| (format!("n{n:05}"), 1)).collect();
    let many: Vec<(&str, u64)> = many.iter().map(|(source, count)| (source.as_str(), *count)).collect();
    for chunk in many.chunks(1_000) {
        assert_eq!(count(chunk, later(60)), vec![1; chunk.len()]);
    }
    assert_eq!(count(&[("n00000", 1), ("n10040", 1), ("a", 1)], later(60)), [2, 1, 2], "beyond so many none are added");
}
