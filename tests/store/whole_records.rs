//! Whole records in place of changes, and newer ones in place of older ones that were not sent.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use syncctl::delivery::{Outcome, State};
use syncctl::endpoint::{ConfiguredEndpoint, EndpointUrl, EventCondition, Payload};
use syncctl::event::{Draft, EventId, Traceparent};
use syncctl::store::{
    ChangedDeliveries, Claim, ClaimRequest, DeliveryFilter, DeliveryId, Page, PruneFilter, Replay, SkipReason,
};

use crate::backend::{Backend, on_every_backend};
use crate::queue::{TestQueue, now};

on_every_backend! {
    a_change_is_sent_with_every_field_and_what_the_original_requires,
    an_enrollment_has_its_defaults_until_somebody_writes_them,
    deletes_and_custom_types_are_sent_as_they_were_emitted,
    conditions_look_at_what_the_endpoint_is_sent,
    a_newer_event_replaces_what_waits_and_nothing_that_is_in_flight,
    what_waits_for_a_retry_is_replaced_with_its_history,
    a_batch_of_one_resource_leaves_one_delivery,
    other_resources_and_custom_types_in_the_lane_are_left_alone,
    without_coalesce_every_event_is_sent_and_setting_it_replaces_what_waits,
    a_superseded_delivery_is_replayed_only_when_asked_for_and_can_be_pruned,
    an_event_from_before_is_queued_late_with_the_record_that_stands_now,
    the_place_in_a_trace_stays_with_its_event,
}

/// A queue whose one endpoint gets whole records.
fn whole_records(backend: &dyn Backend, coalesce: bool, adjust: impl FnOnce(&mut ConfiguredEndpoint)) -> TestQueue {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    configure(&queue, coalesce, adjust);
    queue
}

fn configure(queue: &TestQueue, coalesce: bool, adjust: impl FnOnce(&mut ConfiguredEndpoint)) {
    let mut spec = ConfiguredEndpoint::of_url(EndpointUrl::parse("http://a.invalid/").unwrap());
    spec.settings.payload = Payload::Full;
    spec.settings.coalesce = coalesce;
    adjust(&mut spec);
    queue.store.set_endpoints(vec![spec], now()).wait().unwrap();
}

fn draft(id: &str, event_type: &str, resource: &str, data: &str) -> Draft {
    let kind = event_type.ends_with(".noted").then_some("user");
    let mut draft = Draft::check(event_type, resource, kind, data.as_bytes()).unwrap();
    draft.id = Some(EventId::parse(id).unwrap());
    draft
}

fn emit(queue: &TestQueue, id: &str, event_type: &str, data: &str) -> u64 {
    let draft = draft(id, event_type, "r", data);
    let stored = queue.store.enqueue(Box::new(std::iter::once(Ok(draft))), false, now()).wait().unwrap();
    stored.first.unwrap().deliveries
}

fn data(claim: &Claim) -> Value {
    serde_json::from_slice::<Value>(&claim.body).unwrap()["data"].take()
}

fn states(queue: &TestQueue) -> Vec<(String, State, Option<String>)> {
    let page = Page { limit: 100, number: 1, oldest_first: true };
    let rows = queue.store.deliveries(&DeliveryFilter::default(), page).wait().unwrap().rows;
    let by = |by: Option<EventId>| by.map(|id| id.to_string());
    rows.into_iter().map(|row| (row.event.id.to_string(), row.state, by(row.superseded_by))).collect()
}

fn ids(queue: &TestQueue) -> Vec<DeliveryId> {
    let page = Page { limit: 100, number: 1, oldest_first: true };
    queue.store.deliveries(&DeliveryFilter::default(), page).wait().unwrap().rows.iter().map(|row| row.id).collect()
}

fn sound(queue: &TestQueue) {
    assert_eq!(queue.store.verify().wait().unwrap(), [""; 0]);
}

fn a_change_is_sent_with_every_field_and_what_the_original_requires(backend: &dyn Backend) {
    let queue = whole_records(backend, false, |_| {});
    emit(&queue, "a", "user.created", r#"{"name":"Ada","profile":{"bio":"b"}}"#);
    emit(&queue, "b", "user.updated", r#"{"name":"Ada L."}"#);
    let run = queue.run();
    let first = queue.claim(&run, 5).remove(0);
    assert_eq!(data(&first), serde_json::json!({"name": "Ada", "profile": {"bio": "b"}, "role": "STUDENT"}));
    queue.finish(&run, first, Outcome::Delivered { status: Some(200) });
    let second = queue.claim(&run, 5).remove(0);
    assert_eq!(data(&second), serde_json::json!({"name": "Ada L.", "profile": {"bio": "b"}, "role": "STUDENT"}));
    let detail = queue.store.event(&EventId::parse("b").unwrap()).wait().unwrap().unwrap();
    assert!(detail.body.windows(11).any(|part| part == br#""Ada L."},""#), "the event stays what was emitted");
    assert_eq!(detail.whole_body.as_deref(), Some(&second.body[..]));
    assert!(detail.deliveries[0].whole_record);
    sound(&queue);
}

fn an_enrollment_has_its_defaults_until_somebody_writes_them(backend: &dyn Backend) {
    let queue = whole_records(backend, false, |_| {});
    let enroll = |id: &str, data: &str| {
        let draft = draft(id, "enrollment.updated", "e", data);
        queue.store.enqueue(Box::new(std::iter::once(Ok(draft))), false, now()).wait().unwrap();
    };
    let run = queue.run();
    let sent = || {
        let claim = queue.claim(&run, 5).remove(0);
        let sent = data(&claim);
        queue.finish(&run, claim, Outcome::Delivered { status: Some(200) });
        sent
    };
    enroll("a", r#"{"userId":"u","courseId":"c"}"#);
    let first = sent();
    assert_eq!((&first["status"], &first["completionPercentage"]), (&"ACTIVE".into(), &0.into()), "{first}");
    assert_eq!((&first["enrolledAt"], &first["source"]), (&now().to_string().into(), &"sync".into()), "{first}");
    enroll("b", r#"{"status":"COMPLETED","completionPercentage":100}"#);
    let second = sent();
    assert_eq!((&second["status"], &second["completionPercentage"]), (&"COMPLETED".into(), &100.into()), "{second}");
    assert_eq!((&second["userId"], &second["enrolledAt"]), (&"u".into(), &first["enrolledAt"]), "{second}");
}

fn deletes_and_custom_types_are_sent_as_they_were_emitted(backend: &dyn Backend) {
    let queue = whole_records(backend, true, |_| {});
    let stored = |draft: Draft| queue.store.enqueue(Box::new(std::iter::once(Ok(draft))), false, now()).wait().unwrap();
    stored(draft("a", "enrollment.created", "e", r#"{"userId":"u"}"#));
    stored(draft("b", "enrollment.deleted", "e", r#"{"why":"left"}"#));
    stored(draft("c", "user.noted", "r", r#"{"n":1}"#));
    let run = queue.run();
    let claims = queue.claim(&run, 5);
    let sent: Vec<(&str, Value)> = claims.iter().map(|claim| (claim.event_id.as_str(), data(claim))).collect();
    assert_eq!(sent, [("b", serde_json::json!({"why": "left"})), ("c", serde_json::json!({"n": 1}))]);
    sound(&queue);
}

fn conditions_look_at_what_the_endpoint_is_sent(backend: &dyn Backend) {
    let queue = whole_records(backend, false, |spec| {
        spec.settings.when = vec![EventCondition::parse("data.status = active").unwrap()];
    });
    assert_eq!(emit(&queue, "a", "user.updated", r#"{"status":"active"}"#), 1);
    assert_eq!(emit(&queue, "b", "user.updated", r#"{"name":"x"}"#), 1, "the record is active still");
    assert_eq!(emit(&queue, "c", "user.updated", r#"{"status":"gone"}"#), 0);
}

fn a_newer_event_replaces_what_waits_and_nothing_that_is_in_flight(backend: &dyn Backend) {
    let queue = whole_records(backend, true, |_| {});
    let run = queue.run();
    emit(&queue, "a", "user.updated", r#"{"n":1}"#);
    let flying = queue.claim(&run, 1).remove(0);
    for n in 2..=4 {
        emit(&queue, &format!("e{n}"), "user.updated", &format!("{{\"n\":{n}}}"));
    }
    assert!(queue.claim(&run, 5).is_empty(), "the newest waits for its turn");
    emit(&queue, "z", "user.updated", r#"{"n":5}"#);
    let by = |id: &str, by: &str| (id.to_owned(), State::Superseded, Some(by.to_owned()));
    assert_eq!(
        states(&queue),
        [
            ("a".to_owned(), State::Processing, None),
            by("e2", "e3"),
            by("e3", "e4"),
            by("e4", "z"),
            ("z".to_owned(), State::Pending, None)
        ]
    );
    let figures = queue.store.figures(now()).wait().unwrap();
    let counts = figures.endpoints[0].counts;
    assert_eq!((counts.waiting, counts.processing, counts.superseded), (1, 1, 3));
    sound(&queue);
    queue.finish(&run, flying, Outcome::Delivered { status: Some(200) });
    let last = queue.claim(&run, 5);
    assert_eq!(last.iter().map(|claim| data(claim)["n"].clone()).collect::<Vec<_>>(), [5]);
    sound(&queue);
}

fn what_waits_for_a_retry_is_replaced_with_its_history(backend: &dyn Backend) {
    let queue = whole_records(backend, true, |_| {});
    let run = queue.run();
    emit(&queue, "a", "user.updated", r#"{"n":1}"#);
    let claim = queue.claim(&run, 1).remove(0);
    queue.finish(&run, claim, Outcome::Rejected { status: Some(500), retry_after: None });
    emit(&queue, "b", "user.updated", r#"{"n":2}"#);
    let next = queue.claim(&run, 5).remove(0);
    assert_eq!((next.event_id.as_str(), next.number), ("b", 1));
    let detail = queue.store.event(&EventId::parse("a").unwrap()).wait().unwrap().unwrap();
    assert_eq!((detail.deliveries[0].state, detail.attempts.len()), (State::Superseded, 1));
    let figures = queue.store.figures(now()).wait().unwrap();
    assert_eq!(figures.endpoints[0].counts.troubled, 0, "what was replaced is no trouble");
    sound(&queue);
}

fn a_batch_of_one_resource_leaves_one_delivery(backend: &dyn Backend) {
    let queue = whole_records(backend, true, |_| {});
    let drafts: Vec<_> = (0..5).map(|n| Ok(draft(&format!("e{n}"), "user.updated", "r", "{}"))).collect();
    queue.store.enqueue(Box::new(drafts.into_iter()), false, now()).wait().unwrap();
    let run = queue.run();
    let claims = queue.claim(&run, 10);
    assert_eq!(claims.iter().map(|claim| claim.event_id.as_str()).collect::<Vec<_>>(), ["e4"]);
    sound(&queue);
}

fn other_resources_and_custom_types_in_the_lane_are_left_alone(backend: &dyn Backend) {
    let queue = whole_records(backend, true, |_| {});
    let run = queue.run();
    emit(&queue, "a", "user.updated", "{}");
    emit(&queue, "b", "user.noted", r#"{"n":1}"#);
    let claim = queue.claim(&run, 5).remove(0);
    queue.finish(&run, claim, Outcome::Rejected { status: Some(500), retry_after: None });
    let other = draft("o", "user.updated", "s", "{}");
    queue.store.enqueue(Box::new(std::iter::once(Ok(other))), false, now()).wait().unwrap();
    emit(&queue, "c", "user.updated", "{}");
    let mut order = Vec::new();
    loop {
        let claims = queue.claim(&run, 5);
        let Some(_) = claims.first() else { break };
        for claim in claims {
            order.push(claim.event_id.to_string());
            queue.finish(&run, claim, Outcome::Delivered { status: Some(200) });
        }
    }
    assert_eq!(order, ["b", "o", "c"], "the first of the lane was replaced, and the others go on in their order");
    sound(&queue);
}

fn without_coalesce_every_event_is_sent_and_setting_it_replaces_what_waits(backend: &dyn Backend) {
    let queue = whole_records(backend, false, |_| {});
    emit(&queue, "a", "user.updated", "{}");
    emit(&queue, "b", "user.updated", "{}");
    assert!(states(&queue).iter().all(|(_, state, _)| *state == State::Pending));
    configure(&queue, true, |_| {});
    emit(&queue, "c", "user.updated", "{}");
    let superseded = states(&queue).iter().filter(|(_, state, _)| *state == State::Superseded).count();
    assert_eq!(superseded, 2);
    sound(&queue);
}

fn a_superseded_delivery_is_replayed_only_when_asked_for_and_can_be_pruned(backend: &dyn Backend) {
    let queue = whole_records(backend, true, |_| {});
    emit(&queue, "a", "user.updated", r#"{"n":1}"#);
    emit(&queue, "b", "user.updated", r#"{"n":2}"#);
    let first = ids(&queue)[0];
    let replay = |include_delivered| {
        let how = Replay { trigger: syncctl::delivery::Trigger::Manual, include_delivered, include_pending: false };
        queue.store.replay(vec![first], how, now()).wait().unwrap()
    };
    assert_eq!(replay(false).skipped, [(first, SkipReason::Superseded)]);
    let given_up = queue.store.give_up(vec![first], now()).wait().unwrap();
    assert_eq!(given_up.skipped, [(first, SkipReason::Superseded)]);
    let ChangedDeliveries { changed, .. } = replay(true);
    assert_eq!(changed, [first]);
    assert_eq!(states(&queue)[0], ("a".to_owned(), State::Pending, None));
    let run = queue.run();
    let claim = queue.claim(&run, 5).remove(0);
    assert_eq!(
        (claim.event_id.as_str(), data(&claim)["n"].clone()),
        ("a", 1.into()),
        "its old bytes, in its old place"
    );
    emit(&queue, "c", "user.updated", r#"{"n":3}"#);
    sound(&queue);
    let before = now().plus(Duration::from_secs(10));
    let what = PruneFilter { states: vec![State::Superseded], endpoint: None, before, after: DeliveryId(0) };
    let pruned = queue.store.prune(what).wait().unwrap();
    assert_eq!((pruned.deliveries, pruned.events), (1, 1));
    assert_eq!(states(&queue).len(), 2);
    sound(&queue);
}

fn an_event_from_before_is_queued_late_with_the_record_that_stands_now(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &[]);
    emit(&queue, "a", "user.updated", r#"{"name":"x"}"#);
    emit(&queue, "b", "user.updated", r#"{"email":"x@y.z"}"#);
    configure(&queue, true, |_| {});
    let late = vec![EventId::parse("a").unwrap()];
    let made = queue.store.create_missing_deliveries(late, syncctl::delivery::Trigger::Bulk, None, now());
    assert_eq!(made.wait().unwrap().len(), 1);
    let run = queue.run();
    let claim = queue.claim(&run, 5).remove(0);
    assert_eq!(data(&claim), serde_json::json!({"name": "x", "email": "x@y.z", "role": "STUDENT"}));
    sound(&queue);
}

fn the_place_in_a_trace_stays_with_its_event(backend: &dyn Backend) {
    let queue = TestQueue::new(backend, &["http://a.invalid/"]);
    let given = Traceparent::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
    let traced = Draft { traceparent: Some(given.clone()), ..draft("a", "user.updated", "r", "{}") };
    queue.store.enqueue(Box::new(std::iter::once(Ok(traced.clone()))), false, now()).wait().unwrap();
    let again = Draft { traceparent: None, ..traced };
    let again = queue.store.enqueue(Box::new(std::iter::once(Ok(again))), false, now()).wait().unwrap();
    assert!(again.first.unwrap().duplicate, "it is no part of what is compared");
    emit(&queue, "b", "user.created", "{}");
    let run = queue.run();
    let endpoints = queue.store.endpoints().wait().unwrap().iter().map(|e| (e.id, 5)).collect();
    let wants = ClaimRequest { endpoints, idle: true, only: None };
    let claims = queue.store.advance(run.id, Arc::default(), wants, now()).wait().unwrap().claims;
    assert_eq!(claims[0].traceparent.as_ref(), Some(&given));
    let detail = |id: &str| queue.store.event(&EventId::parse(id).unwrap()).wait().unwrap().unwrap();
    assert_eq!((detail("a").traceparent, detail("b").traceparent), (Some(given), None));
}
