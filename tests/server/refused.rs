//! Refused webhooks: told, kept whole for a while, verified by hand, and accepted again once the cause was mended.

use super::running::{ADMIN, Running, event, place, signed, standard};
use crate::support::place::Place;

const AT: &str = "2026-01-31T12:00:00.000Z";

fn now() -> i64 {
    syncctl::clock::Clock::now(&syncctl::clock::SystemClock).as_seconds()
}

/// A server with another secret than the tests sign with, and one webhook it refused.
fn refusing() -> (Place, Running) {
    let mut place = place();
    place.set("WEBHOOK_SECRET", "another-secret-than-the-senders");
    let server = Running::start(&place, &["--no-process"]);
    let body = event("e1", "user.updated", "u", r#"{"name":"Ada"}"#, AT);
    let headers = format!("{}{ADMIN}Cookie: a=b\r\nX-Cron-Secret: c\r\n", standard(&body, "e1", now()));
    assert_eq!(server.send("POST /api/webhooks/profile-updated", &headers, body.as_bytes()).status, 401);
    (place, server)
}

#[test]
fn a_refusal_is_audited_with_what_the_request_claims_and_whether_it_was_signed() {
    let (place, server) = refusing();
    let wrong = event("e2", "enrollment.updated", "r", "{}", AT);
    place.data(&["audit", "list"]);
    assert_eq!(server.send("POST /api/webhooks/sync", &signed(&wrong), wrong.as_bytes()).status, 401);
    let entries = place.data(&["audit", "list", "--direction", "inbound"]);
    let told = |n: usize, name: &str| entries[n][name].clone();
    assert_eq!(told(1, "route"), "/api/webhooks/profile-updated");
    assert_eq!((told(1, "scheme"), told(0, "scheme")), ("standard".into(), "syncctl".into()));
    assert_eq!((told(1, "claimedId"), told(1, "claimedType")), ("e1".into(), "user.updated".into()));
    assert_eq!(told(1, "signatureValid"), false);
    assert!(told(1, "request").is_i64() && told(1, "skewMs").as_i64().unwrap().abs() < 5_000, "{entries}");
    assert_eq!(told(1, "eventId"), serde_json::Value::Null, "nothing vouches for what it claims");
}

#[test]
fn a_refused_request_is_kept_and_accepted_once_after_the_secret_was_mended() {
    let (mut place, server) = refusing();
    let kept = place.data(&["requests", "list"]);
    assert_eq!(kept.as_array().unwrap().len(), 1);
    assert_eq!((&kept[0]["reason"], &kept[0]["result"]), (&"code-mismatch".into(), &serde_json::Value::Null));
    let shown = place.run(&["requests", "show", "1"]).stdout;
    assert!(shown.contains(r#""name":"Ada""#) && shown.contains("webhook-id: e1"), "{shown}");
    for credential in ["admin-token", "a=b", "x-cron-secret"] {
        assert!(!shown.contains(credential), "{shown}");
    }
    assert_eq!(place.run(&["verify", "--stored", "1"]).code, 4);
    assert_eq!(place.run(&["verify", "--stored", "9"]).code, 66);
    let refused = place.run(&["requests", "replay", "1", "-o", "json"]);
    assert_eq!((refused.code, &refused.data()[0]["result"]), (1, &"refused".into()));
    drop(server);
    place.set("WEBHOOK_SECRET", crate::support::place::SECRET);
    assert_eq!(place.run(&["verify", "--stored", "1", "--explain"]).code, 0);
    assert_eq!(place.run(&["requests", "replay", "--all"]).code, 2, "all of them need a confirmation");
    assert_eq!(place.data(&["requests", "replay", "--all", "--yes"])[0]["result"], "applied");
    assert_eq!(place.data(&["records", "show", "user", "u"])["profile"]["name"], "Ada");
    assert_eq!(place.data(&["requests", "replay", "1"])[0]["result"], "duplicate", "it is applied once");
    assert_eq!(place.data(&["requests", "replay", "--all", "--yes"]), serde_json::json!([]));
    assert_eq!(place.data(&["audit", "list", "--direction", "inbound"])[0]["outcome"], "applied");
}

/// Refused in an order that is not the one of their times, some twice, and one that can never be applied.
#[test]
fn all_that_is_kept_is_replayed_in_the_order_of_arrival_each_once_and_none_stops_the_others() {
    let mut place = place();
    place.set("WEBHOOK_SECRET", "another-secret-than-the-senders");
    let server = Running::start(&place, &["--no-process"]);
    let refuse = |body: &str| {
        assert_eq!(server.send("POST /api/webhooks/sync", &signed(body), body.as_bytes()).status, 401);
    };
    let long = |field: &str| format!(r#"{{"{field}":"{}"}}"#, "x".repeat(200 * 1024));
    // Without a time of its own an event counts as of its arrival, so the last to arrive stands.
    let timeless = |id: &str, name: &str| {
        format!(r#"{{"id":"{id}","type":"user.updated","resourceId":"u","data":{{"name":"{name}"}}}}"#)
    };
    refuse(&event("a", "enrollment.updated", "r", &long("one"), AT));
    refuse(&timeless("b", "first"));
    refuse(&event("c", "enrollment.updated", "r", &long("two"), AT));
    refuse(&timeless("d", "last"));
    refuse(&timeless("b", "first"));
    drop(server);
    place.set("WEBHOOK_SECRET", crate::support::place::SECRET);
    let replayed = place.run(&["requests", "replay", "--all", "--yes", "-o", "json"]);
    let results: Vec<_> = replayed.data().as_array().unwrap().iter().map(|it| it["result"].clone()).collect();
    assert_eq!(results, ["applied", "applied", "refused", "applied", "duplicate"], "{replayed:?}");
    assert_eq!((replayed.code, &replayed.data()[2]["reason"]), (1, &"record-too-large".into()));
    let name = || place.data(&["records", "show", "user", "u"])["profile"]["name"].clone();
    assert_eq!(name(), "last");
    let received = place.data(&["audit", "list", "--direction", "inbound", "--limit", "3"]);
    let ids: Vec<_> = received.as_array().unwrap().iter().map(|row| row["eventId"].clone()).collect();
    assert_eq!(ids, ["d", "b", "a"], "the newest first");
    let again = place.run(&["requests", "replay", "--all", "--yes", "-o", "json"]);
    assert_eq!((again.code, again.data().as_array().unwrap().len()), (1, 1), "only what was refused: {again:?}");
}

#[test]
fn a_clock_that_is_off_and_webhooks_that_are_refused_make_it_unhealthy() {
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    let health = || server.get("/api/sync/health", ADMIN).data();
    assert_eq!(health()["health"]["healthy"], true);
    for n in 0..30 {
        let (id, late) = (format!("late-{n}"), now() - 360);
        let body = event(&id, "user.updated", "u", "{}", AT);
        assert_eq!(server.send("POST /api/webhooks/sync", &standard(&body, &id, late), body.as_bytes()).status, 401);
    }
    crate::support::place::eventually("every refusal is counted", || health()["received"]["refused"] == 30);
    let told = health();
    assert_eq!(told["health"]["healthy"], false);
    let message = told["health"]["message"].as_str().unwrap();
    assert!(message.contains("30 of 30 webhooks were refused") && message.contains("outside-tolerance"), "{message}");
    assert!(message.contains("behind this machine's clock"), "{message}");
    assert_eq!(told["received"]["refusals"][0]["route"], "/api/webhooks/sync");
    let skew = told["received"]["meanSkewMs"].as_i64().unwrap();
    assert!((355_000..370_000).contains(&skew), "{skew}");
    let check = place.run(&["check"]);
    assert_eq!(check.code, 2, "{}", check.stdout);
    // Once it is known that the clock was wrong, what was refused is taken whatever time it was signed at.
    assert_eq!(place.run(&["requests", "replay", "1"]).code, 1);
    assert_eq!(place.data(&["requests", "replay", "1", "--any-time"])[0]["result"], "applied");
}

#[test]
fn a_source_that_falls_silent_is_told_when_that_was_asked_for() {
    let mut place = place();
    place.set("SYNCCTL_HEALTH_SILENCE_AFTER", "1ms");
    let server = Running::start(&place, &["--no-process"]);
    let message = || server.get("/api/sync/health", ADMIN).data()["health"]["message"].as_str().unwrap().to_owned();
    assert!(message().contains("no webhook has ever verified"), "{}", message());
    assert_eq!(server.webhook(&event("e", "user.updated", "u", "{}", AT)).status, 200);
    crate::support::place::eventually("it is silent again", || message().contains("no webhook has verified for"));
}
