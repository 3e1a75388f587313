//! What receivers, people and monitors do: webhooks, records, sessions, incidents, upkeep.

use std::time::Duration;

use syncctl::clock::Timestamp;
use syncctl::delivery::State;
use syncctl::event::{Draft, EventId};
use syncctl::record::{Change, RecordKind, WriteStamp};
use syncctl::signature::Fingerprint;
use syncctl::store::inbound::{
    ExpectedRecord, RecordEdit, RefusedWebhook, RequestCopy, VerifiedWebhook, WebhookEffect,
};
use syncctl::store::incidents::{IncidentKind, NotificationResult, Observation, ObservedProblem, Severity, SinkRule};
use syncctl::store::operators::{NewAction, NewSession, WrongSecretCount};
use syncctl::store::transfer::Values;
use syncctl::store::{Acknowledgement, DeliveryId, PrunableLog, PruneFilter, Store};

use crate::workload::at;

/// Receives, edits and forgets records; all of it beside `finished` rows of each log.
pub(crate) fn receive(store: &dyn Store, finished: i64) {
    for (id, seconds) in [("in1", 10), ("in1", 11), ("in2", 5), ("in3", 20)] {
        store.apply(webhook(id, "u1", seconds), at(seconds)).wait().unwrap();
    }
    store.has_arrived(&EventId::parse("in1").unwrap(), at(20)).wait().unwrap();
    let request = Some(RequestCopy { headers: Vec::new(), body: b"{}".to_vec() });
    let refused = RefusedWebhook {
        reason: "code-mismatch",
        source: "192.0.2.7".to_owned(),
        count: 1,
        route: "/api/webhooks/sync".into(),
        request,
        ..RefusedWebhook::default()
    };
    (0..12).for_each(|_| store.refuse(vec![refused.clone()], at(30)).wait().unwrap());
    store.kept_request(finished).wait().unwrap();
    store.settle_request(finished, "applied".to_owned(), at(31)).wait().unwrap();
    edit(store);
    store.record_summaries().wait().unwrap();
    store.senders(at(40)).wait().unwrap();
    store.received_figures(at(0)).wait().unwrap();
    for refused in [true, false] {
        store.latest_received(refused, 10).wait().unwrap();
    }
}

fn webhook(id: &str, resource: &str, seconds: u64) -> VerifiedWebhook {
    let data = r#"{"name":"ada"}"#;
    let mut draft = Draft::check("user.updated", resource, None, data.as_bytes()).unwrap();
    let id = EventId::parse(id).unwrap();
    draft.timestamp = Some(at(seconds));
    let stamp = WriteStamp { at: at(seconds), by: id.clone() };
    VerifiedWebhook {
        id,
        draft,
        effect: WebhookEffect::Change(Change::new("user.updated", data, stamp).unwrap()),
        source: "127.0.0.1".to_owned(),
        secret: Fingerprint([1; 8]),
        route: "/api/webhooks/sync".into(),
        skew_ms: Some(3),
        kept: None,
    }
}

fn edit(store: &dyn Store) {
    let draft = Draft::check("user.updated", "u1", None, br#"{"name":"grace"}"#).unwrap();
    let edit = RecordEdit { draft, expects: ExpectedRecord::Presence, versions: None };
    store.edit(edit, at(35)).wait().unwrap();
    let row = store.record(RecordKind::User, "u1").wait().unwrap().unwrap();
    store.import(vec![(RecordKind::User, "u2".to_owned(), row.record)]).wait().unwrap();
    store.records_after(row.seq, 500).wait().unwrap();
}

/// Logs in and out, and acts.
pub(crate) fn operate(store: &dyn Store, finished: i64) {
    let guess = WrongSecretCount { source: "192.0.2.7".to_owned(), count: 1 };
    store.count_wrong_secrets(vec![guess], at(1)).wait().unwrap();
    let session = NewSession {
        name: [7; 32],
        token: [9; 32],
        operator: "ada".to_owned(),
        source: "::1".to_owned(),
        until: at(3_600),
    };
    store.begin_session(session, at(1)).wait().unwrap();
    let session = store.session([7; 32], at(2)).wait().unwrap().unwrap();
    store.sessions(at(2)).wait().unwrap();
    store.end_session(session.id).wait().unwrap();
    let action = NewAction {
        operator: "ada".to_owned(),
        source: "::1".to_owned(),
        action: "endpoint.pause",
        target: "a.invalid".to_owned(),
    };
    let action = store.record_action(action, at(3)).wait().unwrap();
    store.settle_action(action, "paused".to_owned()).wait().unwrap();
    store.action(finished).wait().unwrap();
    let seen = Acknowledgement { cluster: "F1".to_owned(), at: at(4), note: None };
    store.acknowledge(seen).wait().unwrap();
    store.acknowledgements().wait().unwrap();
    store.withdraw_acknowledgement("F1").wait().unwrap();
}

/// Opens an incident, tells of it, and ends it.
pub(crate) fn observe(store: &dyn Store) {
    let problem = ObservedProblem {
        kind: IncidentKind::CircuitOpen,
        subject: "a.invalid".to_owned(),
        severity: Severity::Warning,
        event_type: None,
        reason: "attempts in a row were not answered".to_owned(),
        remedy: "syncctl endpoints show a.invalid".to_owned(),
        count: 3,
    };
    let sink =
        SinkRule { name: "ops".to_owned(), kinds: IncidentKind::all().to_vec(), quiet: Duration::ZERO, resolved: true };
    for (observed, now) in [(vec![problem], at(1)), (Vec::new(), at(90))] {
        let observation = Observation { observed, kinds: IncidentKind::all().to_vec() };
        let told = store.observe(observation, vec![sink.clone()], now).wait().unwrap();
        let settled = told.into_iter().map(|notification| NotificationResult { notification, error: None });
        store.settle_notifications(settled.collect(), now).wait().unwrap();
    }
    store.failing_sinks(at(91)).wait().unwrap();
}

/// Removes what is old, a batch of each.
pub(crate) fn tidy(store: &dyn Store) {
    let before = Timestamp::from_millis(1_000);
    let after = DeliveryId(i64::MIN);
    let what = PruneFilter { states: vec![State::Delivered], endpoint: None, before, after };
    store.prune(what).wait().unwrap();
    for log in PrunableLog::ALL {
        store.count_prunable(log, before, at(0)).wait().unwrap();
        store.prune_log(log, before, i64::MIN, at(0)).wait().unwrap();
    }
}

/// Reads the tables as a copy to another database does, a page amid each.
pub(crate) fn copy(store: &dyn Store) {
    for table in store.copied_tables().wait().unwrap() {
        let rows = store.read_rows(table.clone(), None, 500).wait().unwrap();
        store.last_key(table.clone()).wait().unwrap();
        let key = |row: &Values| {
            let place = |name| table.columns.iter().position(|column| column == name).unwrap();
            table.key.iter().map(|name| row[place(name)].clone()).collect()
        };
        let amid = rows.last().map(key);
        store.read_rows(table.clone(), amid, 500).wait().unwrap();
    }
    store.last_numbers().wait().unwrap();
}
