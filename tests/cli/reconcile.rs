//! `reconcile`: what differs is found, and the events it writes make the sides agree.

use crate::support::place::Place;

fn emit(place: &Place, event_type: &str, id: &str, data: &str) {
    let ran = place.run(&["emit", event_type, id, "--data", data]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// A place with three enrollments, one deleted, and a user.
fn here() -> Place {
    let place = Place::new();
    emit(&place, "enrollment.created", "e-1", r#"{"userId":"u","courseId":"c","status":"ACTIVE"}"#);
    emit(&place, "enrollment.created", "e-2", r#"{"userId":"u","courseId":"d","status":"ACTIVE"}"#);
    emit(&place, "enrollment.created", "e-3", r#"{"userId":"u","courseId":"x"}"#);
    emit(&place, "enrollment.deleted", "e-3", "{}");
    emit(&place, "user.updated", "u", r#"{"name":"Ada"}"#);
    place
}

const THERE: &str = concat!(
    r#"{"resourceType":"enrollment","resourceId":"e-1","data":{"status":"PAUSED","courseId":"c","userId":"u","note":1}}"#,
    "\n\n",
    r#"{"resourceType":"enrollment","resourceId":"e-3","data":{"courseId":"x"}}"#,
    "\n",
    r#"{"resourceType":"enrollment","resourceId":"e-9","data":{}}"#,
    "\n",
    r#"{"resourceType":"profile","resourceId":"u","data":{"name":"Ada"}}"#,
);

#[test]
fn every_difference_is_found_and_the_events_mend_it() {
    let place = here();
    let ran = place.run_with_input(&["reconcile", "-", "--events", "mend.ndjson", "--json"], THERE.as_bytes());
    assert_eq!(ran.code, 1, "{ran:?}");
    let data: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let data = &data["data"];
    let counts: Vec<_> =
        ["same", "missing", "stale", "deleted", "extra", "events"].map(|it| data[it].as_u64().unwrap()).into();
    assert_eq!(counts, [1, 1, 1, 1, 1, 3], "{data}");
    let stale = data["differences"].as_array().unwrap().iter().find(|it| it["verdict"] == "stale").unwrap();
    assert_eq!((stale["resourceId"].as_str(), stale["fields"].to_string()), (Some("e-1"), r#"["status"]"#.into()));
    let told = place.run_with_input(&["reconcile", "-"], THERE.as_bytes());
    assert!(
        told.stdout.starts_with("1 equal, 1 missing there, 1 stale there, 1 deleted here, 1 extra there"),
        "{told:?}"
    );

    // The other side, as this program would keep it, takes the events.
    let there = Place::new();
    assert_eq!(there.run_with_input(&["records", "import", "-"], THERE.as_bytes()).code, 0);
    let events = place.path("mend.ndjson");
    assert_eq!(there.run(&["emit", "--batch", events.to_str().unwrap()]).code, 0);
    let export = there.run(&["records", "export"]).stdout;
    let lines: Vec<&str> =
        export.lines().filter(|line| !line.contains("\"e-9\"") && !line.contains("\"e-3\"")).collect();
    let again = place.run_with_input(&["reconcile", "-"], lines.join("\n").as_bytes());
    assert_eq!(again.code, 0, "{again:?}");
}

#[test]
fn what_is_no_export_is_told_with_its_line_and_nothing_is_written_over() {
    let place = here();
    let wrong = place
        .run_with_input(&["reconcile", "-"], b"{\"resourceType\":\"user\",\"resourceId\":\"u\",\"data\":{}}\n[1]\n");
    assert_eq!((wrong.code, wrong.stderr.contains("line 2 of the export is not a record")), (65, true), "{wrong:?}");
    std::fs::write(place.path("mine"), "x").unwrap();
    assert_eq!(place.run_with_input(&["reconcile", "-", "--events", "mine"], b"").code, 74);
    assert_eq!(std::fs::read_to_string(place.path("mine")).unwrap(), "x");
    assert_eq!(place.run(&["reconcile", "/nowhere"]).code, 66);
    assert_eq!(Place::new().run_with_input(&["reconcile", "-"], b"").code, 10);
}
