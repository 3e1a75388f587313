//! `records`, and what takes its data from them.

use serde_json::{Value, json};

use super::running::{ADMIN, Running, event, place};
use crate::support::place::Place;
use crate::support::receiver::Receiver;
use crate::support::tools::has_tools;

const AT: &str = "2026-01-31T12:00:00.000Z";

/// A place whose records came from webhooks.
fn filled() -> Place {
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    let bodies = [
        event("e1", "user.created", "u-1", r#"{"name":"Ada","email":"ada@example.com"}"#, AT),
        event("e2", "user.created", "u-2", r#"{"name":"Bob\u001b[31m","profile":{"bio":"x"}}"#, AT),
        event("e3", "enrollment.created", "r-1", r#"{"userId":"u-1","courseId":"c","status":"active"}"#, AT),
        event("e4", "enrollment.deleted", "r-2", "{}", AT),
    ];
    for body in bodies {
        assert_eq!(server.webhook(&body).status, 200);
    }
    server.signal("-TERM");
    assert_eq!(server.ended(), Some(0));
    place
}

fn ids(data: &Value) -> Vec<&str> {
    data.as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap()).collect()
}

#[test]
fn records_are_listed_and_shown_with_their_freshness() {
    let place = filled();
    assert_eq!(ids(&place.data(&["records", "list"])), ["r-1", "u-2", "u-1"]);
    assert_eq!(ids(&place.data(&["records", "list", "user", "--sort", "name"])), ["u-1", "u-2"]);
    assert_eq!(ids(&place.data(&["records", "list", "--search", "ADA"])), ["u-1"]);
    assert_eq!(ids(&place.data(&["records", "list", "--deleted"])), ["r-2", "r-1", "u-2", "u-1"]);
    let table = place.run(&["records", "list"]).stdout;
    assert!(table.contains("✓ Synced just now") && !table.contains('\u{1b}'), "{table}");
    // By its own account of when it changed, as the original judged it; when it was received stands beside it.
    let of_ada = table.lines().find(|line| line.contains("u-1")).unwrap();
    assert!(of_ada.contains("✗ Stale") && of_ada.contains("✓ Synced just now"), "{table}");
    assert_eq!(place.data(&["records", "show", "profile", "u-1"])["profile"]["name"], "Ada");
    assert_eq!(
        place.run(&["records", "show", "user", "u-2", "--body"]).stdout,
        r#"{"name":"Bob\u001b[31m","profile":{"bio":"x"}}"#
    );
    let ran = place.run(&["records", "show", "user", "nobody"]);
    assert_eq!((ran.code, ran.stderr.contains("records list")), (66, true));
    assert_eq!(Place::new().run(&["records", "list"]).code, 10);
}

#[test]
fn an_export_makes_another_the_same_and_again_changes_nothing() {
    let (from, into) = (filled(), Place::new());
    let exported = from.run(&["records", "export"]).stdout;
    assert_eq!(exported.lines().count(), 4);
    let import = |lines: &str| into.run_with_input(&["records", "import", "-", "--json"], lines.as_bytes());
    assert_eq!(import(&exported).data(), json!({"read": 4, "changed": 4}));
    assert_eq!(import(&exported).data(), json!({"read": 4, "changed": 0}));
    assert_eq!(into.run(&["records", "export"]).stdout, exported);
    let by_hand = r#"{"resourceType":"user","resourceId":"u-1","data":{"name":"Ada L."}}"#;
    assert_eq!(import(by_hand).data(), json!({"read": 1, "changed": 1}));
    assert_eq!(into.data(&["records", "show", "user", "u-1"])["profile"]["name"], "Ada L.");
    for wrong in [
        "{}",
        "nonsense",
        r#"{"resourceType":"course","resourceId":"c","data":{}}"#,
        r#"{"resourceType":"user","resourceId":"","data":{}}"#,
        r#"{"resourceType":"user","resourceId":"u","data":{},"timestamp":"2099-01-01T00:00:00.000Z"}"#,
        r#"{"resourceType":"user","resourceId":"u","state":{"d":["2099-01-01T00:00:00.000Z","e"]}}"#,
        r#"{"resourceType":"user","resourceId":"u","state":{"f":{"x":["2099-01-01T00:00:00.000Z","e",1]}}}"#,
    ] {
        assert_eq!(import(wrong).code, 65, "{wrong}");
    }
}

#[test]
fn a_change_over_http_counts_however_far_ahead_the_record_is() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let mut place = place();
    place.set_clock("+36500d");
    let ahead = Running::start(&place, &["--no-process"]);
    let created =
        ahead.send("POST /api/enrollments", ADMIN, br#"{"id":"r","userId":"u","courseId":"c","status":"old"}"#);
    assert_eq!(created.status, 201, "{created:?}");
    ahead.signal("-TERM");
    assert_eq!(ahead.ended(), Some(0));
    place.set_clock("+0s");
    let server = Running::start(&place, &["--no-process"]);
    let status = || server.get("/api/enrollments/r", ADMIN).data()["enrollment"]["status"].clone();
    let patched = server.send("PATCH /api/enrollments/r", ADMIN, br#"{"status":"new"}"#);
    assert_eq!((patched.status, status()), (200, json!("new")));
    assert_eq!(server.send("DELETE /api/enrollments/r", ADMIN, b"").status, 200);
    assert_eq!(server.get("/api/enrollments/r", ADMIN).status, 404);
}

#[test]
fn emit_and_sync_without_data_send_the_local_record() {
    let receiver = Receiver::good();
    let mut place = filled();
    place.set("SYNC_WEBHOOK_URLS", &receiver.url("/hook"));
    assert_eq!(place.run(&["emit", "enrollment.updated", "none"]).code, 65);
    assert_eq!(place.run(&["emit", "enrollment.updated", "r-2"]).code, 65);
    place.data(&["emit", "enrollment.updated", "r-1"]);
    let data = place.data(&["sync", "profile", "u-1"]);
    assert_eq!(data["deliveries"][0]["state"], "delivered");
    place.run(&["process"]);
    let sent: Vec<Value> =
        receiver.wait_for(2, std::time::Duration::from_secs(10)).iter().map(|r| r.json()["data"].clone()).collect();
    assert!(sent.contains(&json!({"courseId": "c", "status": "active", "userId": "u-1"})), "{sent:?}");
    assert!(sent.contains(&json!({"email": "ada@example.com", "name": "Ada"})), "{sent:?}");
    assert_eq!(Place::new().run(&["emit", "enrollment.updated", "r-1"]).code, 65);
}

#[test]
fn figures_are_kept_in_a_file_for_those_without_a_listener() {
    let place = filled();
    let dir = place.path("metrics");
    std::fs::create_dir(&dir).unwrap();
    assert_eq!(place.run(&["metrics", "--textfile", dir.to_str().unwrap()]).code, 0);
    let names: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["syncctl.prom"]);
    let text = std::fs::read_to_string(dir.join("syncctl.prom")).unwrap();
    assert!(text.contains("# TYPE syncctl_build_info gauge") && text.contains("syncctl_events 0"), "{text}");
    assert_eq!(place.run(&["metrics", "--textfile", "/nowhere"]).code, 74);
}

#[test]
fn the_audit_log_has_what_arrived_beside_what_left() {
    let receiver = Receiver::good();
    let mut place = place();
    place.set("SYNC_WEBHOOK_URLS", &receiver.url("/hook"));
    let server = Running::start(&place, &["--no-process"]);
    let body = event("e1", "user.created", "u", "{}", AT);
    server.webhook(&body);
    server.webhook(&body);
    server.send("POST /api/webhooks/sync", "x-webhook-signature: 00\r\n", body.as_bytes());
    place.emit("user.updated", "u");
    place.run(&["process"]);
    let rows = |args: &[&str]| place.data(&[&["audit", "list"], args].concat());
    let actions = |data: &Value| -> Vec<String> {
        let action =
            |row: &Value| format!("{} {} {}", row["direction"], row["action"], row["outcome"]).replace('"', "");
        data.as_array().unwrap().iter().map(action).collect()
    };
    let all =
        ["outbound sync.user.updated delivered", "inbound sync.failure refused", "inbound sync.user.created applied"];
    assert_eq!(actions(&rows(&[])), all);
    assert_eq!(actions(&rows(&["--direction", "inbound"])), all[1..]);
    assert_eq!(actions(&rows(&["--direction", "outbound"])), all[..1]);
    assert_eq!(actions(&rows(&["--limit", "1", "--page", "2"])), all[1..2]);
    let inbound = rows(&["--direction", "inbound"]);
    assert_eq!((&inbound[1]["repeats"], &inbound[1]["source"]), (&1.into(), &"127.0.0.1".into()));
    assert_eq!((&inbound[0]["reason"], inbound[0]["bodySha256"].as_str().unwrap().len()), (&"code-length".into(), 64));
}

#[test]
fn a_conflict_is_audited_with_its_type_and_resource() {
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    assert_eq!(server.webhook(&event("e1", "user.created", "u", "{}", AT)).status, 200);
    assert_eq!(server.webhook(&event("e1", "user.updated", "v", "{}", AT)).status, 409);
    let row = place.data(&["audit", "list", "--direction", "inbound", "--limit", "1"])[0].clone();
    assert_eq!(
        (&row["eventId"], &row["eventType"], &row["resourceId"]),
        (&"e1".into(), &"user.updated".into(), &"v".into())
    );
    assert_eq!(row["reason"], "id-conflict");
}

#[test]
fn a_write_shows_in_updated_at_and_data_does_not_say_that_a_living_record_is_deleted() {
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    let data = r#"{"name":"x","updatedAt":"2020-01-01T00:00:00.000Z","deleted_at":"2020-01-01T00:00:00.000Z"}"#;
    assert_eq!(server.webhook(&event("e1", "user.created", "u", data, AT)).status, 200);
    let profile = server.get("/api/profile?userId=u", ADMIN).data()["profile"].clone();
    assert_eq!((&profile["updated_at"], &profile["last_updated_at"]), (&AT.into(), &AT.into()));
    assert_eq!(profile.get("deleted_at"), None);
}
