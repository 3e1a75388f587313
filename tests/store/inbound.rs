//! Webhooks that arrive and records that change: the promises of `Records`.

use syncctl::clock::Timestamp;
use syncctl::delivery::State;
use syncctl::endpoint::{ConfiguredEndpoint, EndpointUrl, TypePattern};
use syncctl::event::{Draft, EventId};
use syncctl::record::{Change, RecordKind, WriteStamp};
use syncctl::signature::Fingerprint;
use syncctl::store::inbound::{
    ApplyResult, EditResult, ExpectedRecord, MAX_KEPT_BYTES_PER_SOURCE, REMEMBERED, REQUESTS_KEPT_FOR, ReceivedFilter,
    RecordEdit, RecordFilter, RecordRow, RefusalDetails, RefusedWebhook, RequestCopy, SyncState, VerifiedWebhook,
    Versions, WebhookEffect,
};
use syncctl::store::{DeliveryFilter, EventFilter, Page, PrunableLog, PruneFilter, Store, StoreError};

use crate::backend::{Backend, on_every_backend};
use crate::queue::{ALL, FROM_THE_FIRST};

on_every_backend! {
    who_sent_under_which_secret_is_remembered_with_the_newest_time,
    a_webhook_is_applied_once_and_the_same_again_is_a_duplicate,
    a_known_id_with_another_content_is_a_conflict_and_changes_nothing,
    an_older_webhook_is_stale_and_a_delete_stays_deleted,
    ids_are_remembered_for_thirty_days,
    seen_ids_outlive_every_prune_for_thirty_days_and_refusals_do_not,
    an_event_of_our_own_that_comes_back_is_a_duplicate,
    what_is_emitted_changes_the_local_record_and_what_arrives_is_not_emitted,
    a_local_change_is_later_than_a_webhook_from_a_clock_that_is_ahead,
    a_change_that_is_not_possible_emits_nothing,
    a_change_for_another_version_of_its_record_is_not_made,
    a_change_under_an_id_that_is_known_is_made_once,
    a_record_is_pending_until_its_latest_event_has_arrived,
    a_record_whose_event_was_removed_does_not_take_another_ones_fate_for_its_own,
    refusals_get_ten_rows_a_minute_for_each_reason_and_then_one_count,
    refusals_of_which_nobody_has_another_copy_get_a_row_each,
    the_audit_log_and_kept_requests_go_on_behind_a_row_whatever_is_added_meanwhile,
    an_export_merges_into_another_store,
    webhooks_that_arrive_together_share_a_transaction_and_all_count,
    the_latest_of_the_audit_log_are_read_apart_newest_first,
    records_are_summed_up_by_kind_with_the_latest_news_of_either_side,
    an_event_without_a_timestamp_is_remembered_for_good,
    a_record_that_would_grow_past_its_limits_stays_as_it_was,
    refused_requests_are_kept_within_bounds_of_each_source,
    what_was_received_is_counted_by_route_and_reason_with_the_skew_of_right_signatures,
    the_last_event_of_a_type_is_that_emitted_or_accepted_last,
}

const NOON: i64 = 1_706_702_400_000;

/// So many milliseconds after the noon at which everything here happens.
pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOON + millis)
}

/// A verified webhook that changes a record.
pub(crate) fn webhook(id: &str, event_type: &str, resource: &str, data: &str, time: i64) -> VerifiedWebhook {
    let mut draft = Draft::check(event_type, resource, None, data.as_bytes()).unwrap();
    let id = EventId::parse(id).unwrap();
    draft.timestamp = Some(at(time));
    let change = Change::new(event_type, data, WriteStamp { at: at(time), by: id.clone() }).unwrap();
    VerifiedWebhook {
        id,
        draft,
        effect: WebhookEffect::Change(change),
        source: "127.0.0.1".to_owned(),
        secret: Fingerprint([1; 8]),
        route: "/api/webhooks/sync".into(),
        skew_ms: None,
        kept: None,
    }
}

fn draft(event_type: &str, resource: &str, data: &str) -> Draft {
    Draft::check(event_type, resource, None, data.as_bytes()).unwrap()
}

fn enrollment(store: &dyn Store, id: &str) -> RecordRow {
    store.record(RecordKind::Enrollment, id).wait().unwrap().unwrap()
}

fn audit(store: &dyn Store) -> Vec<(&'static str, u64)> {
    let rows = store.received(&ReceivedFilter::default(), ALL).wait().unwrap().rows;
    rows.into_iter().map(|row| (row.result, row.repeats)).collect()
}

fn who_sent_under_which_secret_is_remembered_with_the_newest_time(backend: &dyn Backend) {
    let store = backend.create();
    let hook = |id: &str, source: &str, secret: u8| {
        let hook = webhook(id, "enrollment.updated", "r", "{}", 0);
        VerifiedWebhook { source: source.to_owned(), secret: Fingerprint([secret; 8]), ..hook }
    };
    let sent = [("e1", "a", 1, 0), ("e2", "a", 2, 5), ("e2", "a", 2, 9), ("e3", "b", 1, 7), ("e4", "a", 2, 3)];
    for (id, source, secret, second) in sent {
        store.apply(hook(id, source, secret), at(second * 1000)).wait().unwrap();
    }
    let seen = |now| -> Vec<_> {
        let rows = store.senders(now).wait().unwrap().into_iter();
        rows.map(|row| (row.source, row.secret.0[0], (row.seen_at.as_millis() - NOON) / 1000)).collect()
    };
    assert_eq!(seen(at(9000)), [("a".into(), 2, 9), ("b".into(), 1, 7), ("a".into(), 1, 0)]);
    let month = i64::try_from(REMEMBERED.as_millis()).unwrap();
    assert_eq!(seen(at(month + 8000)), [("a".into(), 2, 9)], "who was not seen for a month is no sender any more");
}

fn a_webhook_is_applied_once_and_the_same_again_is_a_duplicate(backend: &dyn Backend) {
    let store = backend.create();
    let hook = webhook("e1", "enrollment.updated", "r", r#"{"status":"a"}"#, 0);
    assert_eq!(store.apply(hook.clone(), at(0)).wait().unwrap(), ApplyResult::Applied);
    for _ in 0..3 {
        assert_eq!(store.apply(hook.clone(), at(1)).wait().unwrap(), ApplyResult::Duplicate);
    }
    assert_eq!(enrollment(store.as_ref(), "r").record.data(), r#"{"status":"a"}"#);
    assert_eq!(audit(store.as_ref()), [("applied", 3)]);
}

fn a_known_id_with_another_content_is_a_conflict_and_changes_nothing(backend: &dyn Backend) {
    let store = backend.create();
    let hook = webhook("e1", "enrollment.updated", "r", r#"{"status":"a"}"#, 0);
    store.apply(hook, at(0)).wait().unwrap();
    let others = [
        webhook("e1", "enrollment.updated", "r", r#"{"status": "a"}"#, 0),
        webhook("e1", "enrollment.created", "r", r#"{"status":"a"}"#, 0),
        webhook("e1", "enrollment.updated", "s", r#"{"status":"a"}"#, 0),
        webhook("e1", "enrollment.updated", "r", r#"{"status":"a"}"#, 1),
    ];
    for other in others {
        assert_eq!(store.apply(other, at(1)).wait().unwrap(), ApplyResult::Conflict);
    }
    assert!(store.record(RecordKind::Enrollment, "s").wait().unwrap().is_none());
    assert_eq!(
        audit(store.as_ref()),
        [("applied", 0), ("conflict", 0), ("conflict", 0), ("conflict", 0), ("conflict", 0)]
    );
}

fn an_older_webhook_is_stale_and_a_delete_stays_deleted(backend: &dyn Backend) {
    let store = backend.create();
    let apply = |hook| store.apply(hook, at(10)).wait().unwrap();
    assert_eq!(apply(webhook("n", "enrollment.updated", "r", r#"{"status":"new"}"#, 5)), ApplyResult::Applied);
    assert_eq!(apply(webhook("o", "enrollment.created", "r", r#"{"status":"old"}"#, 1)), ApplyResult::Stale);
    assert_eq!(enrollment(store.as_ref(), "r").record.data(), r#"{"status":"new"}"#);
    assert_eq!(apply(webhook("d", "enrollment.deleted", "r", "{}", 7)), ApplyResult::Applied);
    assert_eq!(apply(webhook("e", "enrollment.deleted", "r", "{}", 6)), ApplyResult::Stale);
    assert_eq!(apply(webhook("u", "enrollment.updated", "r", r#"{"status":"late"}"#, 6)), ApplyResult::Stale);
    assert!(!enrollment(store.as_ref(), "r").record.exists());
    assert_eq!(store.records(&RecordFilter::default(), ALL).wait().unwrap().total, 0);
}

fn ids_are_remembered_for_thirty_days(backend: &dyn Backend) {
    let store = backend.create();
    let hook = webhook("e1", "enrollment.updated", "r", r#"{"status":"a"}"#, 0);
    let day = 24 * 3_600_000;
    store.apply(hook.clone(), at(0)).wait().unwrap();
    assert_eq!(store.apply(hook.clone(), at(30 * day)).wait().unwrap(), ApplyResult::Duplicate);
    // After that its stamps still say that it changes nothing.
    assert_eq!(store.apply(hook, at(31 * day)).wait().unwrap(), ApplyResult::Stale);
}

fn seen_ids_outlive_every_prune_for_thirty_days_and_refusals_do_not(backend: &dyn Backend) {
    let store = backend.create();
    let day = 24 * 3_600_000;
    let hook = |n: i64| webhook(&format!("e{n}"), "enrollment.updated", "r", r#"{"status":"a"}"#, n * day);
    let refused = || {
        vec![RefusedWebhook { reason: "bad", source: "127.0.0.1".to_owned(), count: 1, ..RefusedWebhook::default() }]
    };
    for n in [0, 40] {
        store.apply(hook(n), at(n * day)).wait().unwrap();
        store.refuse(refused(), at(n * day)).wait().unwrap();
    }
    let now = at(40 * day + 1);
    let forget = |before| store.prune_log(PrunableLog::Received, before, i64::MIN, now).wait().unwrap().rows;
    assert_eq!(forget(at(-1)), 0);
    assert_eq!(store.count_prunable(PrunableLog::Received, now, now).wait().unwrap(), 3);
    assert_eq!(forget(now), 3, "of what was asked for, one id is too young to be forgotten");
    assert_eq!(audit(store.as_ref()), [("applied", 0)]);
    assert_eq!(store.apply(hook(40), now).wait().unwrap(), ApplyResult::Duplicate);
    assert_eq!(store.apply(hook(0), now).wait().unwrap(), ApplyResult::Stale, "its stamps are kept for ever");
}

fn an_event_of_our_own_that_comes_back_is_a_duplicate(backend: &dyn Backend) {
    let store = backend.create();
    let mut own = draft("enrollment.updated", "r", r#"{"status":"a"}"#);
    own.id = Some(EventId::parse("own").unwrap());
    own.timestamp = Some(at(0));
    store.enqueue(Box::new(std::iter::once(Ok(own))), false, at(0)).wait().unwrap();
    let echo = webhook("own", "enrollment.updated", "r", r#"{"status":"a"}"#, 0);
    assert_eq!(store.apply(echo, at(1)).wait().unwrap(), ApplyResult::Duplicate);
    let forged = webhook("own", "enrollment.updated", "r", r#"{"status":"b"}"#, 0);
    assert_eq!(store.apply(forged, at(1)).wait().unwrap(), ApplyResult::Conflict);
}

fn what_is_emitted_changes_the_local_record_and_what_arrives_is_not_emitted(backend: &dyn Backend) {
    let store = backend.create();
    let one = draft("profile.updated", "u", r#"{"name":"Ada"}"#);
    store.enqueue(Box::new(std::iter::once(Ok(one))), false, at(0)).wait().unwrap();
    store.apply(webhook("e", "profile.updated", "u", r#"{"email":"a@b.c"}"#, -5), at(1)).wait().unwrap();
    let record = store.record(RecordKind::User, "u").wait().unwrap().unwrap().record;
    assert_eq!(record.data(), r#"{"email":"a@b.c","name":"Ada"}"#);
    assert_eq!(store.events(&EventFilter::default(), ALL).wait().unwrap().total, 1);
}

fn a_local_change_is_later_than_a_webhook_from_a_clock_that_is_ahead(backend: &dyn Backend) {
    let store = backend.create();
    store.apply(webhook("e", "enrollment.created", "r", r#"{"status":"ahead"}"#, 60_000), at(0)).wait().unwrap();
    let edit = RecordEdit {
        draft: draft("enrollment.updated", "r", r#"{"status":"mine"}"#),
        expects: ExpectedRecord::Presence,
        versions: None,
    };
    let EditResult::Done(row, receipt) = store.edit(edit, at(1)).wait().unwrap() else { panic!("it is there") };
    assert_eq!(row.record.data(), r#"{"status":"mine"}"#);
    assert_eq!(receipt.event.timestamp, at(60_001));
}

fn a_change_that_is_not_possible_emits_nothing(backend: &dyn Backend) {
    let store = backend.create();
    let edit = |expects| RecordEdit { draft: draft("enrollment.created", "r", "{}"), expects, versions: None };
    assert!(matches!(store.edit(edit(ExpectedRecord::Presence), at(0)).wait().unwrap(), EditResult::Missing));
    assert!(matches!(store.edit(edit(ExpectedRecord::Absence), at(0)).wait().unwrap(), EditResult::Done(..)));
    assert!(matches!(store.edit(edit(ExpectedRecord::Absence), at(0)).wait().unwrap(), EditResult::Exists));
    assert_eq!(store.events(&EventFilter::default(), ALL).wait().unwrap().total, 1);
}

fn a_change_for_another_version_of_its_record_is_not_made(backend: &dyn Backend) {
    let store = backend.create();
    let edit = |data: &str, versions| {
        let edit = RecordEdit { draft: draft("user.updated", "r", data), expects: ExpectedRecord::Anything, versions };
        store.edit(edit, at(0)).wait().unwrap()
    };
    assert!(matches!(edit(r#"{"a":1}"#, Some(Versions::Existing)), EditResult::Changed), "it is not there yet");
    let EditResult::Done(first, _) = edit(r#"{"a":1}"#, None) else { panic!("it is made") };
    let first = first.record.version();
    assert!(matches!(
        edit(r#"{"a":2}"#, Some(Versions::OneOf(vec!["x".to_owned(), first.clone()]))),
        EditResult::Done(..)
    ));
    assert!(matches!(edit(r#"{"a":3}"#, Some(Versions::OneOf(vec![first]))), EditResult::Changed));
    assert!(matches!(edit(r#"{"a":3}"#, Some(Versions::Existing)), EditResult::Done(..)));
    assert_eq!(store.events(&EventFilter::default(), ALL).wait().unwrap().total, 3);
}

fn a_change_under_an_id_that_is_known_is_made_once(backend: &dyn Backend) {
    let store = backend.create();
    let edit = |data: &str| {
        let draft = Draft { id: Some(EventId::parse("once").unwrap()), ..draft("enrollment.created", "r", data) };
        store.edit(RecordEdit { draft, expects: ExpectedRecord::Absence, versions: None }, at(0)).wait()
    };
    assert!(matches!(edit(r#"{"a":1}"#).unwrap(), EditResult::Done(_, receipt) if !receipt.duplicate));
    let EditResult::Done(row, receipt) = edit(r#"{"a":1}"#).unwrap() else { panic!("it is answered as before") };
    assert!(receipt.duplicate && row.record.data() == r#"{"a":1}"#);
    assert!(matches!(edit(r#"{"a":2}"#), Err(StoreError::Conflict(_))));
    assert_eq!(store.events(&EventFilter::default(), ALL).wait().unwrap().total, 1);
}

fn a_record_is_pending_until_its_latest_event_has_arrived(backend: &dyn Backend) {
    let store = backend.create();
    let spec = ConfiguredEndpoint::of_url(EndpointUrl::parse("http://127.0.0.1:9/").unwrap());
    store.set_endpoints(vec![spec], at(0)).wait().unwrap();
    let edit =
        RecordEdit { draft: draft("enrollment.created", "r", "{}"), expects: ExpectedRecord::Absence, versions: None };
    store.edit(edit, at(0)).wait().unwrap();
    assert_eq!(enrollment(store.as_ref(), "r").sync, SyncState::Pending);
    let open = store.deliveries(&DeliveryFilter::default(), ALL).wait().unwrap().rows;
    store.give_up(open.iter().map(|row| row.id).collect(), at(1)).wait().unwrap();
    assert_eq!(enrollment(store.as_ref(), "r").sync, SyncState::Failed);
    store.apply(webhook("e", "enrollment.updated", "s", "{}", 0), at(7)).wait().unwrap();
    let arrived = enrollment(store.as_ref(), "s");
    assert_eq!((arrived.sync, arrived.synced_at), (SyncState::Synced, Some(at(7))));
}

fn a_record_whose_event_was_removed_does_not_take_another_ones_fate_for_its_own(backend: &dyn Backend) {
    let store = backend.create();
    let spec = ConfiguredEndpoint::of_url(EndpointUrl::parse("http://127.0.0.1:9/").unwrap());
    store.set_endpoints(vec![spec], at(0)).wait().unwrap();
    let edit = |kind: &str, resource: &str| {
        let draft = draft(&format!("{kind}.created"), resource, "{}");
        store.edit(RecordEdit { draft, expects: ExpectedRecord::Anything, versions: None }, at(0)).wait().unwrap();
        store.deliveries(&DeliveryFilter::default(), ALL).wait().unwrap().rows.last().unwrap().clone()
    };
    let first = edit("enrollment", "r");
    store.give_up(vec![first.id], at(1)).wait().unwrap();
    let what = PruneFilter { states: vec![State::Failed], endpoint: None, before: at(9), after: FROM_THE_FIRST };
    assert_eq!(store.prune(what).wait().unwrap().events, 1);
    // Even the same id, but another kind of thing.
    let second = edit("user", "r");
    assert!(second.event.seq > first.event.seq, "a number is never given again");
    store.give_up(vec![second.id], at(1)).wait().unwrap();
    assert_eq!(enrollment(store.as_ref(), "r").sync, SyncState::Synced);
    assert_eq!(store.record(RecordKind::User, "r").wait().unwrap().unwrap().sync, SyncState::Failed);
}

fn refusals_get_ten_rows_a_minute_for_each_reason_and_then_one_count(backend: &dyn Backend) {
    let store = backend.create();
    let refuse = |reason, count, now| {
        let refused = RefusedWebhook {
            reason,
            digest: Some([7; 32]),
            source: "::1".to_owned(),
            count,
            ..RefusedWebhook::default()
        };
        store.refuse(vec![refused], at(now)).wait().unwrap();
    };
    (0..25).for_each(|_| refuse("code-mismatch", 1, 0));
    refuse("code-mismatch", 1_000, 1);
    refuse("header-doubled", 1, 0);
    refuse("code-mismatch", 1, 60_000);
    let rows =
        store.received(&ReceivedFilter { refused: Some(true), ..ReceivedFilter::default() }, ALL).wait().unwrap().rows;
    assert_eq!(rows.len(), 13);
    assert_eq!(rows[10].repeats, 1_015);
    assert_eq!(rows.iter().filter(|row| row.digest.is_some()).count(), 12);
}

fn refusals_of_which_nobody_has_another_copy_get_a_row_each(backend: &dyn Backend) {
    let store = backend.create();
    let refuse = |is_only_copy| {
        let request = Some(RequestCopy { headers: Vec::new(), body: b"{}".to_vec() });
        let (source, route) = ("redis://h/0/s".to_owned(), "broker/platform".into());
        let refused = RefusedWebhook {
            reason: "bad",
            source,
            count: 1,
            route,
            is_only_copy,
            request,
            ..RefusedWebhook::default()
        };
        store.refuse(vec![refused], at(0)).wait().unwrap();
    };
    (0..15).for_each(|_| refuse(false));
    (0..15).for_each(|_| refuse(true));
    assert_eq!(store.kept_requests(None, ALL).wait().unwrap().total, 25);
    let filter = ReceivedFilter { refused: Some(true), ..ReceivedFilter::default() };
    let rows = store.received(&filter, ALL).wait().unwrap().rows;
    assert_eq!((rows.len(), rows.iter().map(|row| row.repeats).sum::<u64>()), (26, 5));
}

fn the_audit_log_and_kept_requests_go_on_behind_a_row_whatever_is_added_meanwhile(backend: &dyn Backend) {
    let store = backend.create();
    let refuse = |n: i64| {
        let request = Some(RequestCopy { headers: Vec::new(), body: vec![7] });
        let (source, route) = ("a".to_owned(), "/r".into());
        let refused =
            RefusedWebhook { reason: "code-mismatch", source, count: 1, route, request, ..RefusedWebhook::default() };
        store.refuse(vec![refused], at(n * 60_000)).wait().unwrap();
    };
    (0..5).for_each(refuse);
    let page = |oldest_first| Page { limit: 2, number: 1, oldest_first };
    let received = |past, oldest_first| -> Vec<i64> {
        let filter = ReceivedFilter { past, ..ReceivedFilter::default() };
        store.received(&filter, page(oldest_first)).wait().unwrap().rows.iter().map(|row| row.id).collect()
    };
    let kept = |past, oldest_first| -> Vec<i64> {
        let listed = store.kept_requests(past, page(oldest_first)).wait().unwrap();
        listed.rows.iter().map(|row| row.id).collect()
    };
    let all = store.kept_requests(None, ALL).wait().unwrap().rows;
    let all: Vec<i64> = all.iter().map(|row| row.id).collect();
    for list in [&received as &dyn Fn(Option<i64>, bool) -> Vec<i64>, &kept] {
        let before = list(None, false);
        refuse(9);
        let behind = list(before.last().copied(), false);
        assert!(before[1] > behind[0] && behind.len() == 2, "{before:?} {behind:?}");
        let first = list(None, true);
        assert_eq!(list(Some(first[0]), true)[0], first[1]);
    }
    assert_eq!(kept(Some(all[4]), false), [all[3], all[2]]);
    assert_eq!(kept(Some(all[0]), true), [all[1], all[2]]);
    assert_eq!(store.kept_requests(Some(all[2]), Page { oldest_first: false, ..ALL }).wait().unwrap().total, 2);
}

fn an_export_merges_into_another_store(backend: &dyn Backend) {
    let (from, into) = (backend.create(), backend.create());
    from.apply(webhook("e1", "user.created", "u", r#"{"name":"old"}"#, 1), at(9)).wait().unwrap();
    from.apply(webhook("e2", "enrollment.deleted", "r", "{}", 5), at(9)).wait().unwrap();
    into.apply(webhook("e3", "user.updated", "u", r#"{"name":"new"}"#, 2), at(9)).wait().unwrap();
    into.apply(webhook("e4", "enrollment.created", "r", "{}", 4), at(9)).wait().unwrap();
    let exported = from.records_after(0, 10).wait().unwrap();
    let records: Vec<_> = exported.into_iter().map(|(_, row)| (row.kind, row.id, row.record)).collect();
    assert_eq!(into.import(records.clone()).wait().unwrap(), 2);
    assert_eq!(into.import(records).wait().unwrap(), 0);
    assert_eq!(into.record(RecordKind::User, "u").wait().unwrap().unwrap().record.text("name").unwrap(), "new");
    assert!(!enrollment(into.as_ref(), "r").record.exists());
}

fn webhooks_that_arrive_together_share_a_transaction_and_all_count(backend: &dyn Backend) {
    let store = backend.create();
    let hook = |n: i64| webhook(&format!("e{n}"), "enrollment.updated", "r", &format!(r#"{{"n":{n}}}"#), n);
    // Each of them comes twice, the second time before anything is said about the first.
    let answers: Vec<_> = (0..100).map(|n| store.apply(hook(n / 2), at(99))).collect();
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.wait().unwrap()).collect();
    assert!(answers.chunks(2).all(|pair| pair == [ApplyResult::Applied, ApplyResult::Duplicate]), "{answers:?}");
    let repeats: Vec<u64> = audit(store.as_ref()).iter().map(|(_, repeats)| *repeats).collect();
    assert_eq!(repeats, [1; 50]);
    assert_eq!(enrollment(store.as_ref(), "r").record.data(), r#"{"n":49}"#);
}

fn the_latest_of_the_audit_log_are_read_apart_newest_first(backend: &dyn Backend) {
    let store = backend.create();
    for n in 0..5 {
        store.apply(webhook(&format!("e{n}"), "user.updated", "u", r#"{"a":1}"#, 9 - n), at(n)).wait().unwrap();
        let refused = RefusedWebhook {
            reason: "code-mismatch",
            source: format!("10.0.0.{n}"),
            count: 1,
            ..RefusedWebhook::default()
        };
        store.refuse(vec![refused], at(n)).wait().unwrap();
    }
    store.apply(webhook("e0", "user.updated", "v", "{}", 0), at(9)).wait().unwrap();
    let latest = |refused, limit| store.latest_received(refused, limit).wait().unwrap();
    let taken: Vec<_> = latest(false, 3).iter().map(|row| row.event_id.as_ref().unwrap().to_string()).collect();
    assert_eq!(taken, ["e4", "e3", "e2"]);
    let refused: Vec<_> = latest(true, 3).into_iter().map(|row| (row.result, row.source.unwrap())).collect();
    let text = |source: &str| source.to_owned();
    assert_eq!(
        refused,
        [("conflict", text("127.0.0.1")), ("refused", text("10.0.0.4")), ("refused", text("10.0.0.3"))]
    );
    assert_eq!((latest(true, 100).len(), latest(false, 100).len()), (6, 5));
}

fn records_are_summed_up_by_kind_with_the_latest_news_of_either_side(backend: &dyn Backend) {
    let store = backend.create();
    let summaries = || -> Vec<_> {
        let rows = store.record_summaries().wait().unwrap();
        rows.into_iter().map(|row| (row.kind.name(), row.count, row.last_news_at)).collect()
    };
    assert_eq!(summaries(), [("enrollment", 0, None), ("progress", 0, None), ("user", 0, None)]);
    for (n, resource) in ["r", "s", "t"].iter().enumerate() {
        let id = format!("e{n}");
        store.apply(webhook(&id, "enrollment.created", resource, "{}", 0), at(10)).wait().unwrap();
    }
    store.apply(webhook("gone", "enrollment.deleted", "t", "{}", 9), at(11)).wait().unwrap();
    let emitted = |name: &str, resource: &str| Box::new(std::iter::once(Ok(draft(name, resource, "{}"))));
    store.enqueue(emitted("user.created", "u"), false, at(12)).wait().unwrap();
    let expected = [("enrollment", 2, Some(at(11))), ("progress", 0, None), ("user", 1, Some(at(12)))];
    assert_eq!(summaries(), expected);
    store.apply(webhook("later", "user.updated", "v", "{}", 9), at(13)).wait().unwrap();
    assert_eq!(summaries()[2], ("user", 2, Some(at(13))));
}

fn an_event_without_a_timestamp_is_remembered_for_good(backend: &dyn Backend) {
    let store = backend.create();
    let timeless = |id: &str, data: &str, arrival: Timestamp| {
        let hook = webhook(id, "enrollment.updated", "r", data, 0);
        let change = Change::new("enrollment.updated", data, WriteStamp { at: arrival, by: hook.id.clone() }).unwrap();
        let effect = WebhookEffect::Change(change);
        VerifiedWebhook { draft: Draft { timestamp: None, ..hook.draft }, effect, ..hook }
    };
    let month = i64::try_from(REMEMBERED.as_millis()).unwrap();
    assert_eq!(store.apply(timeless("e1", r#"{"status":"a"}"#, at(0)), at(0)).wait().unwrap(), ApplyResult::Applied);
    let later = webhook("e2", "enrollment.updated", "r", r#"{"status":"b"}"#, 10);
    store.apply(later, at(10)).wait().unwrap();
    let (much_later, mut after) = (at(2 * month), i64::MIN);
    while let Some(next) = store.prune_log(PrunableLog::Received, much_later, after, much_later).wait().unwrap().next {
        after = next;
    }
    let again = timeless("e1", r#"{"status":"a"}"#, much_later);
    assert_eq!(store.apply(again, much_later).wait().unwrap(), ApplyResult::Duplicate);
    assert_eq!(enrollment(store.as_ref(), "r").record.data(), r#"{"status":"b"}"#);
}

fn a_record_that_would_grow_past_its_limits_stays_as_it_was(backend: &dyn Backend) {
    let store = backend.create();
    let fields = |from: usize, to: usize| {
        let members: Vec<String> = (from..to).map(|n| format!("\"f{n}\":1")).collect();
        format!("{{{}}}", members.join(","))
    };
    let apply = |id: &str, data: &str| store.apply(webhook(id, "enrollment.updated", "r", data, 0), at(0)).wait();
    assert_eq!(apply("e1", &fields(0, 1_000)).unwrap(), ApplyResult::Applied);
    let before = enrollment(store.as_ref(), "r");
    assert!(matches!(apply("e2", r#"{"one":"more"}"#), Err(StoreError::RecordTooLarge)));
    assert!(matches!(
        store
            .edit(
                RecordEdit {
                    draft: draft("enrollment.updated", "r", r#"{"one":"more"}"#),
                    expects: ExpectedRecord::Presence,
                    versions: None
                },
                at(1)
            )
            .wait(),
        Err(StoreError::RecordTooLarge)
    ));
    assert_eq!(enrollment(store.as_ref(), "r").record, before.record);
    assert_eq!(store.events(&EventFilter::default(), ALL).wait().unwrap().total, 0, "nothing is emitted either");
    assert_eq!(apply("e3", r#"{"f1":2}"#).unwrap(), ApplyResult::Applied, "what it has may still change");
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(200 * 1024));
    let user = |id: &str, name: &str| {
        store.apply(webhook(id, "user.updated", "u", &long.replacen('a', name, 1), 0), at(0)).wait()
    };
    assert_eq!(user("u1", "a").unwrap(), ApplyResult::Applied);
    assert!(matches!(user("u2", "b"), Err(StoreError::RecordTooLarge)));
    assert_eq!(user("u3", "a").unwrap(), ApplyResult::Applied, "the same bytes in place of what it has");
}

fn refused_requests_are_kept_within_bounds_of_each_source(backend: &dyn Backend) {
    let store = backend.create();
    let refuse = |reason: &'static str, source: &str, bytes: usize, now: Timestamp| {
        let request = Some(RequestCopy { headers: vec![("a".to_owned(), "b".to_owned())], body: vec![7; bytes] });
        let refused = RefusedWebhook {
            reason,
            source: source.to_owned(),
            count: 1,
            route: "/r".into(),
            request,
            ..RefusedWebhook::default()
        };
        store.refuse(vec![refused], now).wait().unwrap();
    };
    let kept = || store.kept_requests(None, ALL).wait().unwrap();
    let three_quarters = usize::try_from(MAX_KEPT_BYTES_PER_SOURCE * 3 / 4).unwrap();
    refuse("one", "a", three_quarters, at(0));
    refuse("two", "b", 10, at(1));
    refuse("three", "a", three_quarters, at(2));
    let reasons: Vec<String> = kept().rows.into_iter().map(|row| row.reason).collect();
    assert_eq!(reasons, ["two", "three"], "the oldest of the same source made room");
    let (row, copy) = store.kept_request(kept().rows[0].id).wait().unwrap().unwrap();
    assert_eq!((row.source.as_str(), copy.headers[0].1.as_str(), copy.body.len()), ("b", "b", 10));
    store.settle_request(row.id, "applied".to_owned(), at(3)).wait().unwrap();
    assert_eq!(kept().rows[0].result.as_deref(), Some("applied"));
    let week = i64::try_from(REQUESTS_KEPT_FOR.as_millis()).unwrap();
    refuse("four", "c", 1, at(week + 3));
    assert_eq!(kept().total, 1, "the others are older than a week");
    for n in 0..20 {
        refuse("many", "c", 1, at(week + 4 + n));
    }
    assert!(kept().total <= 11, "only those with a row of their own are kept");
}

fn what_was_received_is_counted_by_route_and_reason_with_the_skew_of_right_signatures(backend: &dyn Backend) {
    let store = backend.create();
    let hook = |id: &str, skew| VerifiedWebhook { skew_ms: skew, ..webhook(id, "enrollment.updated", "r", "{}", 0) };
    store.apply(hook("e1", Some(1_000)), at(0)).wait().unwrap();
    store.apply(hook("e1", None), at(1)).wait().unwrap();
    let refused = |right| {
        let details = RefusalDetails { signature_is_right: right, skew_ms: Some(9_000), ..RefusalDetails::default() };
        vec![RefusedWebhook { reason: "late", count: 1, route: "/r".into(), details, ..RefusedWebhook::default() }]
    };
    store.refuse(refused(Some(true)), at(2)).wait().unwrap();
    store.refuse(refused(Some(false)), at(3)).wait().unwrap();
    let figures = store.received_figures(at(0)).wait().unwrap();
    let told: Vec<_> =
        figures.rates.iter().map(|rate| (rate.route.as_str(), rate.reason.as_deref(), rate.count, rate.skew)).collect();
    assert_eq!(told, [("/api/webhooks/sync", None, 2, (1_000, 1)), ("/r", Some("late"), 2, (9_000, 1))]);
    assert!(figures.last_accepted_at.is_some());
    let last = || store.received_figures(at(120_000)).wait().unwrap();
    assert_eq!(last().rates, []);
    let first = ("/api/webhooks/sync".to_owned(), Timestamp::from_minute(at(0).minute()));
    assert_eq!(last().last_by_route, std::slice::from_ref(&first));
    // However long a route is silent while others go on, its last webhook is known.
    let week = 7 * 86_400_000;
    let elsewhere = VerifiedWebhook { route: "/other".into(), ..hook("e2", None) };
    store.apply(elsewhere, at(week)).wait().unwrap();
    store.refuse(refused(None), at(week + 60_000)).wait().unwrap();
    assert_eq!(last().last_by_route, [first, ("/other".to_owned(), Timestamp::from_minute(at(week).minute()))]);
}

fn the_last_event_of_a_type_is_that_emitted_or_accepted_last(backend: &dyn Backend) {
    let store = backend.create();
    let seen = |types: &str, since| store.last_seen(&TypePattern::parse(types).unwrap(), at(since)).wait().unwrap();
    assert_eq!(seen("user.*", 0), None);
    let emit = |event_type: &str, resource: &str, time| {
        let draft = draft(event_type, resource, "{}");
        store.enqueue(Box::new(std::iter::once(Ok(draft))), false, at(time)).wait().unwrap();
    };
    emit("user.created", "u1", 1_000);
    emit("enrollment.created", "e1", 2_000);
    store.apply(webhook("w1", "user.updated", "u1", "{}", 0), at(3_000)).wait().unwrap();
    emit("user.created", "u2", 4_000);
    assert_eq!([seen("user.*", 0), seen("user.created", 0)], [Some(at(4_000)); 2]);
    assert_eq!(seen("user.updated", 0), Some(at(3_000)), "what arrived counts as well");
    assert_eq!(seen("enrollment.*", 2_000), Some(at(2_000)));
    assert_eq!([seen("enrollment.*", 2_001), seen("progress.updated", 0)], [None; 2]);
}
