//! What narrows a list narrows it, by that and by nothing else.

use std::collections::BTreeSet;

use serde_json::Value;
use syncctl::clock::Timestamp;
use syncctl::event::{Draft, EventId};
use syncctl::record::{Change, WriteStamp};
use syncctl::store::inbound::{RefusedWebhook, VerifiedWebhook, WebhookEffect};
use syncctl::store::{Access, Location, open};

use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools::has_tools;

/// Two endpoints; of events of two types about three resources, one came two hours ago, one fails at one of them and one waits.
fn mixed() -> Option<(Receiver, Receiver, Place)> {
    if !has_tools(&["faketime"]) {
        return None;
    }
    let good = Receiver::good();
    let picky = Receiver::new(|request| Reply::Status(if request.event_id() == "bad" { 500 } else { 200 }));
    let mut place = Place::new();
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    let config = format!(
        "[[endpoints]]\nname = \"good\"\nurl = \"{}\"\n[[endpoints]]\nname = \"picky\"\nurl = \"{}\"\n",
        good.url("/"),
        picky.url("/")
    );
    std::fs::write(place.path("c.toml"), config).unwrap();
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    let emit = |place: &Place, id: &str, event_type: &str, resource: &str| {
        place.data(&["emit", event_type, resource, "--data", "{}", "--id", id]);
    };
    place.set_clock("-2h");
    emit(&place, "early", "user.created", "r1");
    assert_eq!(place.run(&["process", "-q"]).code, 0);
    place.set_clock("+0s");
    emit(&place, "bad", "user.updated", "r2");
    emit(&place, "fine", "user.created", "r3");
    assert_eq!(place.run(&["process", "-q"]).code, 3);
    emit(&place, "waiting", "user.created", "r4");
    Some((good, picky, place))
}

fn texts(rows: &Value, key: &str) -> Vec<String> {
    let mut texts: Vec<String> =
        rows.as_array().unwrap().iter().map(|row| row[key].as_str().unwrap().to_owned()).collect();
    texts.sort();
    texts
}

fn ids(place: &Place, args: &str) -> Vec<String> {
    let args: Vec<&str> = args.split(' ').collect();
    texts(&place.data(&args), if args[0] == "events" { "id" } else { "eventId" })
}

#[test]
fn deliveries_are_narrowed_by_endpoint_type_state_and_time() {
    let Some((_good, _picky, place)) = mixed() else { return };
    let all = ["bad", "bad", "early", "early", "fine", "fine", "waiting", "waiting"];
    for (more, expected) in [
        ("", &all[..]),
        (" --endpoint good", &["bad", "early", "fine", "waiting"]),
        (" --type user.updated", &["bad", "bad"]),
        (" --type user.deleted", &[]),
        (" --since 1h", &["bad", "bad", "fine", "fine", "waiting", "waiting"]),
        (" --until 1h", &["early", "early"]),
        (" --since 3h --until 1h", &["early", "early"]),
        (" --since 3h --until 150m", &[]),
        (" --failed", &["bad"]),
        (" --state pending", &["waiting", "waiting"]),
        (" --state failed,pending --endpoint picky", &["bad", "waiting"]),
    ] {
        assert_eq!(ids(&place, &format!("deliveries list{more}")), expected, "{more}");
    }
    for list in ["deliveries list", "failures", "audit list"] {
        let args: Vec<&str> = list.split(' ').chain(["--endpoint", "picki"]).collect();
        let ran = place.run(&args);
        assert!(ran.code == 2 && ran.stderr.contains("did you mean `picky`?"), "{list}: {ran:?}");
    }
    let endpoints = place.data(&["deliveries", "list", "--endpoint", "picky"]);
    assert_eq!(texts(&endpoints, "endpoint").into_iter().collect::<BTreeSet<_>>(), ["picky".to_owned()].into());
}

#[test]
fn events_are_narrowed_by_type_resource_and_time() {
    let Some((_good, _picky, place)) = mixed() else { return };
    for (more, expected) in [
        ("", &["bad", "early", "fine", "waiting"][..]),
        (" --type user.created", &["early", "fine", "waiting"]),
        (" --resource r2", &["bad"]),
        (" --resource r", &[]),
        (" --since 1h", &["bad", "fine", "waiting"]),
        (" --until 1h", &["early"]),
        (" --type user.created --resource r2", &[]),
        (" --status 500", &["bad"]),
        (" --status 200", &["bad", "early", "fine"]),
        (" --status 404", &[]),
        (" --error http", &["bad"]),
        (" --error refused", &[]),
        (" --status 500 --type user.created", &[]),
    ] {
        assert_eq!(ids(&place, &format!("events list{more}")), expected, "{more}");
    }
    let table = place.run(&["events", "list", "--status", "500"]).stdout;
    assert!(table.contains("evt#2") && table.contains("1 failed"), "{table}");
}

#[test]
fn deliveries_say_with_which_status_and_after_how_long_the_last_attempt_ended() {
    let Some((_good, _picky, place)) = mixed() else { return };
    for (event, status) in [("bad", Value::from(500)), ("fine", 200.into()), ("waiting", Value::Null)] {
        let rows = place.data(&["deliveries", "list", "--endpoint", "picky"]);
        let row = rows.as_array().unwrap().iter().find(|row| row["eventId"] == event).unwrap();
        assert_eq!((&row["status"], row["durationMs"].is_number()), (&status, !status.is_null()), "{row}");
    }
}

#[test]
fn failures_hold_what_failed_alone_narrowed_by_endpoint_type_and_time() {
    let Some((_good, _picky, place)) = mixed() else { return };
    for (more, expected) in [
        ("", &["bad"][..]),
        (" --endpoint picky", &["bad"]),
        (" --endpoint good", &[]),
        (" --type user.updated", &["bad"]),
        (" --type user.created", &[]),
        (" --since 1h", &["bad"]),
        (" --until 1h", &[]),
    ] {
        assert_eq!(ids(&place, &format!("failures list{more}")), expected, "{more}");
    }
}

#[test]
fn what_is_given_up_or_replayed_by_filter_is_what_the_list_shows() {
    let Some((_good, _picky, place)) = mixed() else { return };
    place.run(&["endpoints", "pause", "good"]);
    assert_eq!(place.run(&["deliveries", "give-up", "--endpoint", "nobody", "--yes"]).code, 2);
    // What is held waits as well, and is given up with the rest.
    assert_eq!(place.run(&["deliveries", "give-up", "--type", "user.created", "--yes"]).code, 0);
    let failed = place.data(&["deliveries", "list", "--failed"]);
    assert_eq!(texts(&failed, "eventId"), ["bad", "waiting", "waiting"]);
    assert_eq!(place.run(&["replay", "--failed", "--endpoint", "good", "--yes"]).code, 0);
    assert_eq!(ids(&place, "deliveries list --failed"), ["bad", "waiting"]);
    assert_eq!(place.run(&["replay", "--failed", "--until", "1h", "--yes"]).code, 0);
    assert_eq!(ids(&place, "deliveries list --failed"), ["bad", "waiting"], "both failed a moment ago");
}

/// Two more entries, of webhooks that arrived: an hour and a half ago, and now.
fn with_webhooks(place: &Place) {
    let store = open(&Location::file(place.database()), Access::Existing).unwrap();
    let now = Timestamp::from_millis(
        i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap(),
    );
    let past = now.minus(std::time::Duration::from_mins(90));
    let id = EventId::parse("arrived").unwrap();
    let mut draft = Draft::check("profile.updated", "u", None, b"{\"name\":\"a\"}").unwrap();
    draft.timestamp = Some(past);
    let change = Change::new("profile.updated", "{\"name\":\"a\"}", WriteStamp { at: past, by: id.clone() }).unwrap();
    let (source, secret) = ("192.0.2.1".to_owned(), syncctl::signature::Fingerprint([1; 8]));
    store
        .apply(
            VerifiedWebhook {
                id,
                draft,
                effect: WebhookEffect::Change(change),
                source,
                secret,
                route: "/api/webhooks/sync".into(),
                skew_ms: None,
                kept: None,
            },
            past,
        )
        .wait()
        .unwrap();
    let refused =
        RefusedWebhook { reason: "bad", source: "192.0.2.1".to_owned(), count: 1, ..RefusedWebhook::default() };
    store.refuse(vec![refused], now.plus(std::time::Duration::from_secs(1))).wait().unwrap();
}

#[test]
fn the_audit_log_is_narrowed_by_direction_endpoint_type_and_time_and_stays_in_order() {
    let Some((_good, _picky, place)) = mixed() else { return };
    with_webhooks(&place);
    let entries = |more: &[&str]| {
        let rows = place.data(&[&["audit", "list"], more].concat());
        rows.as_array().unwrap().clone()
    };
    let counts = |more: &[&str]| {
        let rows = entries(more);
        let inbound = rows.iter().filter(|row| row["direction"] == "inbound").count();
        (rows.len() - inbound, inbound)
    };
    assert_eq!(counts(&[]), (6, 2));
    assert_eq!(counts(&["--direction", "outbound"]), (6, 0));
    assert_eq!(counts(&["--direction", "inbound"]), (0, 2));
    assert_eq!(counts(&["--endpoint", "picky"]), (3, 0), "what arrived went to no endpoint");
    assert_eq!(counts(&["--type", "user.updated"]), (2, 0));
    assert_eq!(counts(&["--type", "profile.updated"]), (0, 1));
    assert_eq!(counts(&["--since", "1h"]), (4, 1));
    assert_eq!(counts(&["--until", "1h"]), (2, 1));
    assert_eq!(counts(&["--until", "100m"]), (2, 0));
    let times =
        |rows: &[Value]| rows.iter().map(|row| row["timestamp"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let all = times(&entries(&[]));
    let directions: Vec<Value> = entries(&[]).iter().map(|row| row["direction"].clone()).collect();
    // What left stands in the order of its attempts; what arrived stands before the first of them that is older.
    let inbound: Vec<usize> = (0..all.len()).filter(|at| directions[*at] == "inbound").collect();
    let second = inbound[1];
    assert_eq!((inbound.len(), inbound[0]), (2, 0), "{all:?}");
    assert!(all[second] > all[second + 1] && all[1..second].iter().all(|newer| *newer > all[second]), "{all:?}");
    assert_eq!(directions.iter().filter(|it| *it == "outbound").count(), 6);
    let paged: Vec<String> =
        (1..=4).flat_map(|page| times(&entries(&["--limit", "2", "--page", &page.to_string()]))).collect();
    assert_eq!(paged, all, "page after page, nothing is left out and nothing comes twice");
}

#[test]
fn a_cursor_holds_while_the_list_grows_and_all_rows_can_be_had() {
    let place = Place::sending_to(&["http://127.0.0.1:9/"]);
    place.emit_many(5);
    let envelope = |args: &[&str]| -> Value {
        let ran = place.run(&[args, &["-o", "json"]].concat());
        assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let numbers = |envelope: &Value, key: &str| -> Vec<i64> {
        envelope["data"].as_array().unwrap().iter().map(|row| row[key].as_i64().unwrap()).collect()
    };
    for (list, key) in [("deliveries", "id"), ("events", "seq")] {
        let first = envelope(&[list, "list", "--limit", "2"]);
        assert_eq!((numbers(&first, key), &first["pagination"]["nextAfter"]), (vec![5, 4], &4.into()));
    }
    place.emit_lines([("later".to_owned(), "later".to_owned())].into_iter());
    for (list, key) in [("deliveries", "id"), ("events", "seq")] {
        let second = envelope(&[list, "list", "--limit", "2", "--after", "4"]);
        assert_eq!(numbers(&second, key), [3, 2], "the page did not move");
        let last = envelope(&[list, "list", "--limit", "2", "--after", "2"]);
        assert_eq!((numbers(&last, key), last["pagination"].get("nextAfter")), (vec![1], None));
        let oldest = envelope(&[list, "list", "--sort", "oldest", "--limit", "2", "--after", "1"]);
        assert_eq!(numbers(&oldest, key), [2, 3]);
        assert_eq!(numbers(&envelope(&[list, "list", "--all"]), key), [6, 5, 4, 3, 2, 1]);
    }
    let lines = place.run(&["deliveries", "list", "--all", "-o", "jsonl"]).stdout;
    assert_eq!(lines.lines().count(), 6);
}

#[test]
fn json_can_be_narrowed_to_columns_and_events_say_how_far_they_got() {
    let Some((_good, _picky, place)) = mixed() else { return };
    let rows = place.data(&["deliveries", "list", "--columns", "id,state", "--limit", "1"]);
    assert_eq!(rows, serde_json::json!([{"id": 8, "state": "pending"}]));
    let lines = place.run(&["events", "list", "--columns", "type,delivery", "-o", "jsonl"]).stdout;
    let delivery =
        |at: usize| serde_json::from_str::<Value>(lines.lines().nth(at).unwrap()).unwrap()["delivery"].clone();
    assert_eq!([delivery(0), delivery(1), delivery(2)], ["2 pending", "delivered", "1 failed"]);
    let bad = place.run(&["deliveries", "list", "--columns", "nope", "-o", "json"]);
    assert!(bad.code == 2 && bad.stderr.contains("no column named `nope`"), "{bad:?}");
}

#[test]
fn a_window_that_holds_nothing_is_wrong_usage() {
    let Some((_good, _picky, place)) = mixed() else { return };
    for list in [&["deliveries", "list"][..], &["events", "list"], &["failures", "list"], &["audit", "list"], &["logs"]]
    {
        let ran = place.run(&[list, &["--since", "1h", "--until", "2h"]].concat());
        assert!(ran.code == 2 && ran.stderr.contains("is not before --until"), "{list:?}: {ran:?}");
    }
}
