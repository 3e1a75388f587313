//! The same story on a file and on a server: every page and every answer that only reads is the same on both.

#![cfg(feature = "postgres")]

use std::collections::BTreeSet;

use serde_json::Value;

use super::running::{ADMIN, Running, event, with_secrets};
use crate::support::cluster::Cluster;
use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};

const AT: &str = "2026-01-31T12:00:00.000Z";

/// What is put in place of the parameter of a path.
const NAMED: &[(&str, &str)] = &[
    ("deliveries", "1"),
    ("endpoints", "one"),
    ("enrollments", "e1"),
    ("events", "evt-1"),
    ("records", "e1"),
    ("requests", "1"),
];

/// What is asked of a path beyond the path alone.
const QUERIES: &[(&str, &[&str])] = &[
    ("/api/deliveries", FILTERS),
    ("/deliveries", FILTERS),
    ("/api/failures", FILTERS),
    ("/failures", FILTERS),
    (
        "/api/attempts",
        &[
            "status=422",
            "error=422",
            "endpoint=one",
            "type=user.*",
            "resource=u1",
            "since=1h",
            "limit=1",
            "sort=oldest",
        ],
    ),
    ("/api/events", &["type=user.*", "resource=u1", "since=1h", "until=1h", "limit=1&page=2", "sort=oldest"]),
    ("/events", &["type=user.*", "resource=u1", "since=1h", "until=1h", "limit=1&page=2", "sort=oldest"]),
    ("/api/audit", &["direction=inbound", "refused=true", "type=user.*", "resource=v1", "since=1h", "limit=1"]),
    ("/audit", &["direction=inbound", "refused=true", "type=user.*", "resource=v1", "since=1h", "limit=1"]),
    ("/received", &["refused=true", "type=user.*", "resource=v1", "since=1h", "sort=oldest"]),
    ("/api/requests", &["limit=1", "sort=oldest"]),
    ("/api/alerts", &["open=true"]),
    ("/api/failures/clusters", &["all=true"]),
    ("/api/failures/stats", &["since=1h"]),
    ("/api/enrollments", &["search=e1", "userId=u1", "courseId=c1", "sortOrder=desc"]),
    ("/api/admin/students", &["search=v", "sortBy=name", "sortBy=email", "sortBy=createdAt&sortOrder=desc"]),
    ("/api/profile", &["userId=v1"]),
    ("/api/progress", &["userId=u1", "courseId=c1"]),
    ("/records", &["kind=enrollment", "search=e1"]),
    ("/records/{id}", &["kind=enrollment"]),
    ("/plan", &["verb=replay-delivery&id=1"]),
    ("/search", &["q=evt-1", "q=u1", "q=nothing"]),
];

const FILTERS: &[&str] = &[
    "state=failed",
    "endpoint=one",
    "type=user.*",
    "resource=u1",
    "status=422",
    "error=422",
    "since=1h",
    "until=1h",
    "limit=1&page=2",
    "sort=oldest",
];

/// Events that arrive and that fail, a webhook that is applied and one that is refused, records changed through the API.
fn story(mut place: Place, receiver: &Receiver) -> (Place, Running) {
    std::fs::create_dir_all(place.path(".config/syncctl")).unwrap();
    let config = format!("[[endpoints]]\nname = \"one\"\nurl = \"{}\"\n", receiver.url("/hook"));
    std::fs::write(place.path(".config/syncctl/config.toml"), config).unwrap();
    place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
    for n in 1..4 {
        place.ok(&[
            "emit",
            "user.updated",
            &format!("u{n}"),
            "--data",
            "{\"name\":\"N\"}",
            "--id",
            &format!("evt-{n}"),
        ]);
    }
    // One after the other, so that attempts end in the same order everywhere.
    assert_eq!(place.run(&["process", "-q", "--concurrency", "1"]).code, 3);
    let server = Running::start(&place, &["--no-process"]);
    let made = server.send("POST /api/enrollments", ADMIN, br#"{"id":"e1","userId":"u1","courseId":"c1"}"#);
    assert_eq!(made.status, 201, "{made:?}");
    let progress = server.send("POST /api/progress?userId=u1&courseId=c1", ADMIN, br#"{"lesson":3}"#);
    assert_eq!(progress.status, 200, "{progress:?}");
    assert_eq!(server.webhook(&event("in-1", "user.updated", "v1", r#"{"name":"V"}"#, AT)).status, 200);
    let forged = event("in-2", "user.updated", "v2", "{}", AT);
    assert_eq!(server.send("POST /api/webhooks/sync", "x-webhook-signature: 00\r\n", forged.as_bytes()).status, 401);
    (place, server)
}

/// Which fields an answer has, however deep, and the types of their values.
fn shape(value: &Value, at: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, inner)| shape(inner, &format!("{at}.{name}"), into));
        }
        Value::Array(items) => items.iter().for_each(|item| shape(item, &format!("{at}[]"), into)),
        Value::Null => drop(into.insert(format!("{at}: null"))),
        Value::Bool(_) => drop(into.insert(format!("{at}: boolean"))),
        Value::Number(_) => drop(into.insert(format!("{at}: number"))),
        Value::String(_) => drop(into.insert(format!("{at}: text"))),
    }
}

/// What a row of a list is about, as far as that is the same whenever it was made.
fn about(row: &Value) -> Vec<&str> {
    let places = ["/resourceId", "/event/resourceId", "/endpoint", "/type", "/eventType", "/result", "/action"];
    places.iter().filter_map(|place| row.pointer(place)?.as_str()).collect()
}

/// What an answer says that does not depend on when and where it was asked.
fn gist(server: &Running, target: &str) -> (u16, BTreeSet<String>) {
    let answer = server.get(target, ADMIN);
    let mut said = BTreeSet::new();
    if answer.head.contains("application/json") {
        let json = answer.json();
        shape(&json, "", &mut said);
        said.insert(format!("rows: {:?}", json["data"].as_array().map(Vec::len)));
        said.insert(format!(
            "order: {:?}",
            json["data"].as_array().into_iter().flatten().map(about).collect::<Vec<_>>()
        ));
        said.insert(format!("total: {}", json["pagination"]["total"]));
    } else if answer.head.contains("text/html") {
        let main = answer.body.split("<main").nth(1).unwrap_or(&answer.body);
        let tags = main.split('<').skip(1).filter(|tag| !tag.starts_with('/'));
        let rows = tags.filter(|tag| tag.starts_with("tr") || tag.starts_with("th")).count();
        said.insert(format!("rows: {rows}"));
    }
    (answer.status, said)
}

/// Every target that is read, with each of its filters.
fn targets(server: &Running) -> Vec<String> {
    let document = server.get("/openapi.json", ADMIN).json();
    let mut all = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        // A stream has no end, and figures of the process are its own.
        if operations.get("get").is_none() || ["/changes", "/metrics"].contains(&path.as_str()) {
            continue;
        }
        let room = path.split('/').rfind(|part| !part.starts_with('{') && *part != "why").unwrap();
        let target = match path.contains('{') {
            true => {
                let (_, id) =
                    NAMED.iter().find(|(name, _)| *name == room).unwrap_or_else(|| panic!("no id for {path}"));
                path.replace("{id}", id)
            }
            false => path.clone(),
        };
        let queries = QUERIES.iter().find(|(of, _)| of == path).map_or(&[][..], |(_, queries)| *queries);
        all.extend(queries.iter().map(|query| format!("{target}?{query}")));
        all.push(target);
    }
    all
}

#[test]
fn every_page_and_answer_is_the_same_on_a_file_and_on_a_server() {
    let Some(cluster) = Cluster::start_in_memory() else { return };
    let receiver = Receiver::new(|request| match request.json()["resourceId"].as_str() {
        Some("u1") => Reply::Status(200),
        _ => Reply::Status(422),
    });
    let mut on_server = with_secrets(Place::new());
    on_server.set("SYNCCTL_DB", &cluster.url());
    let (_file, file) = story(with_secrets(Place::new()), &receiver);
    let (_place, postgres) = story(on_server, &receiver);
    let targets = targets(&file);
    assert!(targets.len() > 100, "{targets:?}");
    let mut answered = 0;
    for target in &targets {
        let (on_file, on_postgres) = (gist(&file, target), gist(&postgres, target));
        assert_eq!(on_file, on_postgres, "{target}");
        assert!(on_file.0 < 500, "{target}: {on_file:?}");
        answered += usize::from(on_file.0 == 200);
    }
    assert!(answered > targets.len() * 9 / 10, "only {answered} of {} were answered", targets.len());
}
