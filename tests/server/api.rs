//! The routes for applications: shapes, paging, validation by field, and the document that describes them.

use serde_json::{Value, json};

use super::running::{ADMIN, Answer, CRON, Running, event, place, signed, standard};
use crate::support::place::{Place, SECRET};
use crate::support::tools::has_tools;
use crate::support::{Chance, seeds};

const AT: &str = "2026-01-31T12:00:00.000Z";

fn serving() -> (Place, Running) {
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    (place, server)
}

fn send(server: &Running, line: &str, body: &Value) -> Answer {
    server.send(line, ADMIN, body.to_string().as_bytes())
}

#[test]
fn the_rehearsal_of_a_rotation_knows_who_still_sends_under_the_old_secret() {
    if !has_tools(&["faketime"]) {
        return;
    }
    let mut place = place();
    let (old, new) = (SECRET, "a-new-secret-of-thirty-two-bytes");
    place.set("OLD", old);
    place.set("NEW", new);
    let args = ["secret", "rotate-plan", "--secret-env", "OLD", "--new-env", "NEW"];
    let senders = |place: &Place| place.run(&[&args[..], &["-o", "json"]].concat()).data()["senders"].clone();
    assert_eq!(senders(&place), serde_json::json!([]), "nothing was received yet");
    assert_eq!(place.run(&args).code, 1, "nobody was looked at, so nobody is known to have the new one");
    let uses = |place: &Place| -> Vec<String> {
        let all = senders(place);
        let line = |sender: &Value| {
            assert!(sender["lastSeenAt"].is_string(), "{all}");
            format!("{} {}", sender["name"].as_str().unwrap(), sender["uses"].as_str().unwrap())
        };
        all.as_array().unwrap().iter().map(line).collect()
    };
    let mut seen = Vec::new();
    for (secret, expected) in [(old, "old"), (new, "new"), ("another", "neither")] {
        place.set("WEBHOOK_SECRET", secret);
        let server = Running::start(&place, &[]);
        let body = event(&format!("e-{expected}"), "user.updated", "u", "{}", AT);
        let code = place.data(&["sign", "--data", &body])["headers"]["x-webhook-signature"].clone();
        let header = format!("X-Webhook-Signature: {}\r\n", code.as_str().unwrap());
        assert_eq!(server.send("POST /api/webhooks/sync", &header, body.as_bytes()).status, 200);
        // Several senders may share an address: what it used within a day is shown beside the newest.
        seen.insert(0, format!("127.0.0.1 to serve {expected}"));
        assert_eq!(uses(&place), seen);
        let forged = format!("X-Webhook-Signature: {}\r\n", "0".repeat(64));
        assert_eq!(server.send("POST /api/webhooks/sync", &forged, body.as_bytes()).status, 401);
        let words = place.run(&args).stdout;
        assert!(words.starts_with(&format!("1 of {} sender", seen.len())), "{words}");
        assert!(words.contains("still uses the old one, last seen just now"), "{words}");
    }
    place.set_clock("+25h");
    let server = Running::start(&place, &[]);
    let body = event("e-late", "user.updated", "u", "{}", AT);
    let code = place.data(&["sign", "--data", &body])["headers"]["x-webhook-signature"].clone();
    let header = format!("X-Webhook-Signature: {}\r\n", code.as_str().unwrap());
    assert_eq!(server.send("POST /api/webhooks/sync", &header, body.as_bytes()).status, 200);
    assert_eq!(uses(&place), seen[..1], "a day and an hour later");
}

#[test]
fn enrollments_are_created_read_changed_and_deleted_each_with_its_event() {
    let (place, server) = serving();
    let created =
        send(&server, "POST /api/enrollments", &json!({"id": "e-1", "userId": "u", "courseId": "c", "extra": [1]}));
    assert_eq!(created.status, 201);
    let data = created.data();
    assert_eq!((&data["success"], &data["enrollment"]["extra"]), (&true.into(), &json!([1])));
    for name in ["last_updated_at", "enrolled_at", "last_accessed_at", "last_synced_at", "sync_status", "purchaseId"] {
        assert!(data["enrollment"].as_object().unwrap().contains_key(name), "{name}");
    }
    let metadata = &created.json()["metadata"];
    assert!(metadata["requestId"].is_string() && metadata["timestamp"].is_string() && metadata["version"] == "1.0");
    assert_eq!(
        send(&server, "POST /api/enrollments", &json!({"id": "e-1", "userId": "u", "courseId": "c"})).status,
        409
    );
    let changed = send(&server, "PATCH /api/enrollments/e-1", &json!({"completionPercentage": 40.5}));
    assert_eq!(changed.data()["enrollment"]["completionPercentage"], 40.5);
    assert_eq!(server.get("/api/enrollments/e-1", ADMIN).data()["enrollment"]["userId"], "u");
    assert_eq!(server.send("DELETE /api/enrollments/e-1", ADMIN, b"").status, 200);
    assert_eq!(server.get("/api/enrollments/e-1", ADMIN).status, 404);
    for line in ["PATCH /api/enrollments/e-1", "PATCH /api/enrollments/none"] {
        assert_eq!(send(&server, line, &json!({"status": "x"})).status, 404);
    }
    assert_eq!(server.send("DELETE /api/enrollments/e-1", ADMIN, b"").status, 404);
    let events = place.data(&["events", "list"]);
    let types: Vec<&str> = events.as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["enrollment.deleted", "enrollment.updated", "enrollment.created"]);
}

#[test]
fn a_change_emits_what_was_changed_and_no_more() {
    let (place, server) = serving();
    send(&server, "PUT /api/profile?userId=u", &json!({"name": "Ada", "profile": {"bio": "x", "phone": "1"}}));
    send(&server, "PUT /api/profile?userId=u", &json!({"profile": {"phone": "2"}}));
    let profile = server.get("/api/profile?userId=u", ADMIN).data()["profile"].clone();
    assert_eq!((&profile["name"], &profile["profile"]), (&"Ada".into(), &json!({"bio": "x", "phone": "2"})));
    let body = place.run(&["events", "show", "#2", "--body"]).stdout;
    assert_eq!(body.trim(), r#"{"profile":{"phone":"2"}}"#);
}

#[test]
fn progress_is_keyed_by_user_and_course() {
    let (_place, server) = serving();
    let recorded = send(&server, "POST /api/progress?userId=u&courseId=c", &json!({"lesson": 3}));
    assert_eq!(recorded.data()["progress"]["id"], "u-c");
    send(&server, "POST /api/progress", &json!({"userId": "u", "courseId": "d", "lesson": 1}));
    assert_eq!(server.get("/api/progress?userId=u&courseId=c", ADMIN).data()["progress"]["lesson"], 3);
    assert_eq!(server.get("/api/progress?userId=u", ADMIN).data().as_array().unwrap().len(), 2);
    assert_eq!(server.get("/api/progress?userId=u&courseId=x", ADMIN).status, 404);
    assert_eq!(send(&server, "POST /api/progress?userId=u", &json!({"lesson": 3})).fields(), ["courseId"]);
    let other = json!({"userId": "v", "lesson": 3});
    assert_eq!(send(&server, "POST /api/progress?userId=u&courseId=c", &other).fields(), ["userId"]);
}

#[test]
fn students_are_paged_searched_and_sorted() {
    let (_place, server) = serving();
    for n in 0..25 {
        let body = json!({"name": format!("Student {n:02}"), "email": format!("s{}@example.com", 99 - n)});
        assert_eq!(send(&server, &format!("PUT /api/profile?userId=u{n}"), &body).status, 200);
    }
    let page = |query: &str| server.get(&format!("/api/admin/students{query}"), ADMIN).json();
    let first = page("?sortBy=name");
    assert_eq!(first["data"].as_array().unwrap().len(), 20);
    assert_eq!(first["data"][0]["name"], "Student 00");
    assert_eq!(
        first["pagination"],
        json!({"page": 1, "limit": 20, "total": 25, "totalPages": 2, "hasNextPage": true, "hasPreviousPage": false, "nextAfter": 20})
    );
    assert_eq!(page("?sortBy=email&limit=1")["data"][0]["name"], "Student 24");
    assert_eq!(page("?sortBy=name&sortOrder=desc&limit=1")["data"][0]["name"], "Student 24");
    assert_eq!(page("?search=STUDENT%2007")["pagination"]["total"], 1);
    assert_eq!(page("?page=2&limit=20")["data"].as_array().unwrap().len(), 5);
    assert_eq!(page(&format!("?search={}", "x".repeat(256)))["data"], json!([]));
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=101", "limit"),
        ("?limit=x", "limit"),
        ("?page=0", "page"),
        ("?page=-1", "page"),
        ("?sortBy=id", "sortBy"),
        ("?sortOrder=up", "sortOrder"),
        ("?limit=", "limit"),
        (&format!("?search={}", "x".repeat(257)), "search"),
    ] {
        let answer = server.get(&format!("/api/admin/students{query}"), ADMIN);
        assert_eq!(
            (answer.status, answer.code().as_str(), answer.fields()),
            (400, "VALIDATION_ERROR", vec![field.to_owned()]),
            "{query}"
        );
    }
}

#[test]
fn wrong_fields_are_all_named() {
    let (place, server) = serving();
    let wrong = json!({"userId": 5, "completionPercentage": 101, "enrolledAt": "yesterday", "status": 7});
    let answer = send(&server, "POST /api/enrollments", &wrong);
    assert_eq!(answer.status, 400);
    assert_eq!(answer.fields(), ["completionPercentage", "courseId", "enrolledAt", "status", "userId"]);
    for body in ["", "[]", "null", "{", "{\"a\":1e400}", "\u{feff}{}"] {
        let answer = server.send("PUT /api/profile?userId=u", ADMIN, body.as_bytes());
        assert_eq!((answer.status, answer.fields()), (400, vec!["body".to_owned()]), "{body}");
    }
    assert_eq!(send(&server, "PUT /api/profile", &json!({"name": "x"})).fields(), ["userId"]);
    assert_eq!(
        send(&server, "PUT /api/profile?userId=u", &json!({"email": "no", "emailVerified": 3})).fields(),
        ["email", "emailVerified"]
    );
    assert_eq!(send(&server, "PATCH /api/enrollments/a", &json!({"id": "b", "status": "x"})).fields(), ["id"]);
    assert_eq!(place.data(&["events", "list"]), json!([]));
}

#[test]
fn events_are_emitted_one_by_one_or_as_lines() {
    let (place, server) = serving();
    let one = r#"{"id":"my-1","type":"course.archived","resourceId":"c","resourceType":"course","data":{"a": 1.0}}"#;
    let emit = |body: &str| server.send("POST /api/events", ADMIN, body.as_bytes());
    let first = emit(one);
    assert_eq!((first.status, &first.data()["duplicate"]), (201, &false.into()));
    assert_eq!((emit(one).status, &emit(one).data()["duplicate"]), (200, &true.into()));
    assert_eq!(emit(&one.replace("1.0", "2")).status, 409);
    assert_eq!(emit(&one.replace("my-1", "my 1")).fields(), ["id"]);
    assert_eq!(emit(r#"{"type":5,"id":null,"other":1}"#).fields(), ["data", "other", "resourceId", "type"]);
    assert_eq!(emit("[]").fields(), ["body"]);
    assert_eq!(place.run(&["events", "show", "my-1", "--body"]).stdout.trim(), r#"{"a": 1.0}"#);
    let lines = |body: &str| {
        server.send("POST /api/events", &format!("{ADMIN}Content-Type: application/x-ndjson\r\n"), body.as_bytes())
    };
    let good: String =
        (0..500).map(|n| format!("{{\"type\":\"user.updated\",\"resourceId\":\"u{n}\",\"data\":{{}}}}\n")).collect();
    let answer = lines(&good);
    assert_eq!(answer.data(), json!({"accepted": 500, "duplicates": 0, "rejected": 0}));
    let answer = lines(&format!("{good}nonsense\n"));
    assert_eq!((answer.status, answer.fields()), (400, vec!["line 501".to_owned()]));
    assert_eq!(server.get("/api/sync/status", ADMIN).data()["queue"]["events"], 501);
}

#[test]
fn webhooks_answer_what_became_of_them() {
    let (_place, server) = serving();
    let old = event("o", "enrollment.updated", "e", r#"{"status":"old"}"#, "2026-01-31T11:00:00.000Z");
    let new = event("n", "enrollment.updated", "e", r#"{"status":"new"}"#, AT);
    let result = |answer: Answer| answer.data()["result"].as_str().unwrap().to_owned();
    assert_eq!(result(server.webhook(&new)), "applied");
    assert_eq!(result(server.webhook(&old)), "stale");
    assert_eq!(result(server.webhook(&old)), "duplicate");
    let forged = server.webhook(&new.replace("\"new\"", "\"other\""));
    assert_eq!((forged.status, forged.code().as_str()), (409, "CONFLICT"));
    let now = syncctl::clock::Clock::now(&syncctl::clock::SystemClock).as_seconds();
    let third = event("s", "progress.updated", "u-c", r#"{"lesson":1}"#, AT);
    let answer = server.send("POST /api/webhooks/progress-updated", &standard(&third, "s", now), third.as_bytes());
    assert_eq!(result(answer), "applied");
    let answer =
        server.send("POST /api/webhooks/progress-updated", &standard(&third, "s", now - 301), third.as_bytes());
    assert_eq!((answer.status, answer.code().as_str()), (401, "UNAUTHORIZED"));
    let other = server.send("POST /api/webhooks/progress-updated", &standard(&third, "other", now), third.as_bytes());
    assert_eq!((other.status, other.fields()), (400, vec!["id".to_owned()]));
}

#[test]
fn strangers_learn_nothing_but_that_the_server_lives() {
    let (_place, server) = serving();
    let document = server.get("/openapi.json", ADMIN).json();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let line = format!("{} {}", method.to_uppercase(), path.replace("{id}", "e"));
            let answer = server.send(&line, "", b"{}");
            let open = ["/healthz", "/readyz"].contains(&path.as_str());
            // A source that is not configured is a route that is not there.
            let wanted = if path.contains("{name}") { 404 } else { 401 };
            assert_eq!(answer.status, if open { 200 } else { wanted }, "{line}");
            assert!(!answer.body.contains("queue"), "{line}");
        }
    }
    assert_eq!(server.get("/nothing", "").status, 404);
    let stranger = server.get("/api/sync/status", "");
    assert!(stranger.head.contains("www-authenticate: bearer\r\n"), "{}", stranger.head);
    let method = server.send("PUT /api/enrollments", ADMIN, b"{}");
    assert!(method.status == 405 && method.head.contains("allow: get,head,post\r\n"), "{}", method.head);
    assert!(server.get("/metrics", ADMIN).head.contains("content-type: text/plain; version=0.0.4"));
}

/// Requests made of what the document allows and of much it does not: every answer is one it names.
#[test]
fn the_document_holds_under_random_requests() {
    let (_place, server) = serving();
    let document = server.get("/openapi.json", ADMIN).json();
    let operations: Vec<(String, String, Value)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let method = |(method, about): (&String, &Value)| (method.to_uppercase(), path.clone(), about.clone());
            methods.as_object().unwrap().iter().map(method)
        })
        .filter(|(_, path, _)| path != "/api/sync/process")
        .collect();
    for seed in seeds(20) {
        let mut chance = Chance::new(seed);
        for _ in 0..40 {
            let (method, path, about) = chance.pick(&operations).clone();
            let (line, headers, body) = random_request(&mut chance, &method, &path, &about);
            let answer = server.send(&line, &headers, &body);
            let documented = about["responses"].as_object().unwrap().contains_key(&answer.status.to_string());
            assert!(documented && answer.status < 500, "seed {seed}: {line}\n{headers}{body:?}\n{answer:?}");
            let known = about["responses"][answer.status.to_string()]["content"].as_object().unwrap();
            let content_type = answer.head.split("content-type: ").nth(1).unwrap().split(['\r', ';']).next().unwrap();
            assert!(known.contains_key(content_type), "seed {seed}: {line} answers {content_type}");
        }
    }
}

const WORDS: &[&str] =
    &["u", "c", "e-1", "1", "0", "-1", "name", "desc", "%00", "%ff", "%F0%9F%92%A9", "..%2f", "a%20b", "'--", "%25_"];
const VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "1e308",
    "\"\"",
    "\"u\"",
    "\"2026-01-31T12:00:00Z\"",
    "[]",
    "{}",
    "{\"bio\":null}",
    "\"\\u0000\"",
    "\"\\ud83d\\ude00\"",
    "100",
];
const NAMES: &[&str] = &[
    "id",
    "userId",
    "courseId",
    "name",
    "email",
    "profile",
    "status",
    "type",
    "resourceId",
    "data",
    "timestamp",
    "completionPercentage",
    "",
    "é",
];

fn random_request(chance: &mut Chance, method: &str, path: &str, about: &Value) -> (String, String, Vec<u8>) {
    let mut line = format!("{method} {}", path.replace("{id}", chance.pick::<&str>(WORDS)));
    let empty = Vec::new();
    let known = about["parameters"].as_array().unwrap_or(&empty).iter().filter(|p| p["in"] == "query");
    let names: Vec<&str> = known.map(|p| p["name"].as_str().unwrap()).collect();
    for name in names {
        if !chance.one_in(3) {
            line += if line.contains('?') { "&" } else { "?" };
            line += &format!("{name}={}", chance.pick(WORDS));
        }
    }
    let body = random_body(chance);
    let mut headers = ADMIN.to_owned();
    if path.starts_with("/api/webhooks") && !chance.one_in(4) {
        headers += &signed(&String::from_utf8_lossy(&body));
    }
    if chance.one_in(5) {
        headers += "Content-Type: application/x-ndjson\r\n";
    }
    (line, headers, body)
}

fn random_body(chance: &mut Chance) -> Vec<u8> {
    match chance.below(8) {
        0 => Vec::new(),
        1 => chance.pick(VALUES).as_bytes().to_vec(),
        2 => event(
            "r1",
            chance.pick::<&str>(&["user.updated", "enrollment.deleted", "x.y", ""]),
            "u",
            chance.pick::<&str>(VALUES),
            AT,
        )
        .into_bytes(),
        3 => "[".repeat(chance.below(5_000)).into_bytes(),
        _ => {
            let member = |chance: &mut Chance| format!("\"{}\":{}", *chance.pick(NAMES), *chance.pick(VALUES));
            let members: Vec<String> = (0..chance.below(6)).map(|_| member(chance)).collect();
            format!("{{{}}}", members.join(",")).into_bytes()
        }
    }
}

#[test]
fn asking_for_the_head_alone_runs_nothing() {
    let receiver = crate::support::receiver::Receiver::good();
    let place = super::running::with_secrets(Place::sending_to(&[receiver.url("/hook")]));
    let server = Running::start(&place, &["--no-process"]);
    place.emit("user.updated", "u");
    let bearer = format!("Authorization: Bearer {}\r\nConnection: close\r\n", super::running::CRON);
    let head = |path: &str, headers: &str| {
        let mut stream = server.connect();
        super::running::write(&mut stream, &format!("HEAD {path}"), headers, b"");
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
        answer
    };
    let refused = head("/api/sync/process", &bearer);
    assert!(refused.starts_with("HTTP/1.1 405") && refused.contains("allow: POST, GET"), "{refused}");
    assert_eq!(receiver.count(), 0);
    let status = head("/api/sync/status", &format!("{ADMIN}Connection: close\r\n"));
    assert!(status.starts_with("HTTP/1.1 200") && status.ends_with("\r\n\r\n"), "{status}");
    assert_eq!(server.get("/api/sync/process", &bearer).status, 200);
    assert_eq!(receiver.count(), 1);
}

#[test]
fn learners_whose_names_make_the_same_id_do_not_share_their_progress() {
    let (_place, server) = serving();
    let (first, second) = ("userId=a-b&courseId=c", "userId=a&courseId=b-c");
    assert_eq!(send(&server, &format!("POST /api/progress?{first}"), &json!({"lesson": 3})).status, 200);
    assert_eq!(server.get(&format!("/api/progress?{second}"), ADMIN).status, 404);
    let refused = send(&server, &format!("POST /api/progress?{second}"), &json!({"lesson": 9}));
    assert_eq!((refused.status, refused.code()), (409, "CONFLICT".into()));
    assert_eq!(send(&server, &format!("POST /api/progress?{first}"), &json!({"lesson": 4})).status, 200);
    assert_eq!(server.get(&format!("/api/progress?{first}"), ADMIN).data()["progress"]["lesson"], 4);
    let other = event("p", "progress.updated", "x-y", r#"{"userId":"z"}"#, AT);
    assert_eq!(server.webhook(&other).fields(), ["data"]);
}

#[test]
fn an_event_that_no_receiver_can_take_is_not_emitted() {
    let (place, server) = serving();
    let ahead = "2099-01-01T00:00:00.000Z";
    let emit = |more: Value| {
        let mut event = json!({"type": "user.updated", "resourceId": "u", "data": {}});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        send(&server, "POST /api/events", &event)
    };
    assert_eq!(emit(json!({"timestamp": ahead})).fields(), ["timestamp"]);
    for data in [json!([1]), json!("x"), json!(1), json!(null)] {
        assert_eq!(emit(json!({"data": data})).fields(), ["data"], "{data}");
    }
    let batch = format!(
        "{}\n{}\n",
        r#"{"type":"user.updated","resourceId":"u","data":{}}"#,
        event("e", "user.updated", "u", "{}", ahead)
    );
    let headers = format!("{ADMIN}Content-Type: Application/X-NDJSON; charset=utf-8\r\n");
    assert_eq!(server.send("POST /api/events", &headers, batch.as_bytes()).fields(), ["line 2"]);
    let skipping = place.run_with_input(&["emit", "--batch", "-", "--skip-invalid", "-n"], batch.as_bytes());
    assert!(skipping.stderr.contains("line 2: the timestamp is more than 24 hours ahead"), "{skipping:?}");
    assert_eq!(place.run(&["emit", "user.updated", "u", "--data", "{}", "--timestamp", ahead]).code, 65);
    assert_eq!(place.run(&["emit", "user.updated", "u", "--data", "[]"]).code, 65);
    assert_eq!(server.get("/api/sync/status", ADMIN).data()["queue"]["events"], 0);
    let custom = json!({"type": "course.moved", "resourceType": "course", "data": [1], "timestamp": ahead});
    assert_eq!((emit(custom).status, emit(json!({"type": "enrollment.deleted", "data": null})).status), (201, 201));
}

#[test]
fn an_id_that_arrived_is_not_emitted_with_another_content() {
    let (place, server) = serving();
    assert_eq!(server.webhook(&event("e", "user.updated", "u", r#"{"name":"x"}"#, AT)).status, 200);
    let emit = |data: Value| {
        let event = json!({"id": "e", "type": "user.updated", "resourceId": "u", "data": data});
        send(&server, "POST /api/events", &event)
    };
    assert_eq!(emit(json!({"name": "y"})).code(), "CONFLICT");
    assert_eq!(place.run(&["emit", "user.updated", "v", "--id", "e", "--data", r#"{"name":"x"}"#]).code, 65);
    assert_eq!(emit(json!({"name": "x"})).status, 201, "the same may be passed on");
}

#[test]
fn a_record_is_read_and_changed_on_condition_of_its_version() {
    let (_place, server) = serving();
    let path = "/api/enrollments/e";
    let made = server.send("POST /api/enrollments", ADMIN, br#"{"id":"e","userId":"u","courseId":"c"}"#);
    let tag = |answer: &Answer| answer.raw.split("etag: ").nth(1).unwrap().split('\r').next().unwrap().to_owned();
    let first = tag(&made);
    assert_eq!(tag(&server.get(path, ADMIN)), first, "reading makes no version");
    let known = server.get(path, &format!("{ADMIN}If-None-Match: \"x\", {first}\r\n"));
    assert_eq!((known.status, known.body.as_str(), tag(&known)), (304, "", first.clone()));
    let patch = |tag: &str, body: &str| {
        server.send(&format!("PATCH {path}"), &format!("{ADMIN}If-Match: {tag}\r\n"), body.as_bytes())
    };
    let second = patch(&first, r#"{"status":"A"}"#);
    assert_eq!((second.status, second.data()["enrollment"]["status"].as_str()), (200, Some("A")));
    let late = patch(&first, r#"{"status":"B"}"#);
    assert_eq!((late.status, late.code().as_str()), (412, "PRECONDITION_FAILED"));
    assert_eq!(server.get(path, &format!("{ADMIN}If-None-Match: {first}\r\n")).data()["enrollment"]["status"], "A");
    assert_eq!(patch("*", r#"{"status":"C"}"#).status, 200);
    let delete = |tag: &str| server.send(&format!("DELETE {path}"), &format!("{ADMIN}If-Match: {tag}\r\n"), b"").status;
    assert_eq!((delete(&tag(&second)), delete(&tag(&server.get(path, ADMIN)))), (412, 200));
    let put = |headers: &str| server.send("PUT /api/profile?userId=new", headers, br#"{"name":"N"}"#).status;
    assert_eq!(put(&format!("{ADMIN}If-Match: *\r\n")), 412, "there is none to match");
    assert_eq!(put(ADMIN), 200);
}

#[test]
fn a_request_under_an_idempotency_key_happens_once() {
    let (place, server) = serving();
    let headers = |key: &str| format!("{ADMIN}Idempotency-Key: {key}\r\n");
    let create = |key: &str, course: &str| {
        let body = format!(r#"{{"userId":"u","courseId":"{course}"}}"#);
        server.send("POST /api/enrollments", &headers(key), body.as_bytes())
    };
    let (first, again) = (create("k", "c"), create("k", "c"));
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.data()["enrollment"]["id"], again.data()["enrollment"]["id"]);
    assert_eq!(create("k", "another").code(), "CONFLICT");
    assert_ne!(create("l", "c").data()["enrollment"]["id"], first.data()["enrollment"]["id"]);
    let event = br#"{"type":"user.updated","resourceId":"u","data":{"name":"N"}}"#;
    let emit = |key: &str| server.send("POST /api/events", &headers(key), event).data();
    let once = emit("k");
    assert_eq!(once["duplicate"], false, "the keys of two routes have nothing to do with each other: {once}");
    assert_eq!(emit("k")["duplicate"], true);
    let lines = [&event[..], b"\n", br#"{"type":"user.updated","resourceId":"v","data":{}}"#].concat();
    let batch = || {
        let headers = format!("{}Content-Type: application/x-ndjson\r\n", headers("batch"));
        let data = server.send("POST /api/events", &headers, &lines).data();
        (data["accepted"].clone(), data["duplicates"].clone())
    };
    assert_eq!((batch(), batch()), ((2.into(), 0.into()), (0.into(), 2.into())));
    let progress = |percent: u8| {
        let body = format!(r#"{{"userId":"u","courseId":"c","completionPercentage":{percent}}}"#);
        server.send("POST /api/progress", &headers("p"), body.as_bytes()).status
    };
    assert_eq!((progress(10), progress(10), progress(20)), (200, 200, 409));
    assert_eq!(place.queue()["events"], 6);
    for wrong in ["", "a b\r\nIdempotency-Key: c", &"x".repeat(256)] {
        assert_eq!(create(wrong, "c").fields(), ["idempotency-key"]);
    }
}

#[test]
fn a_parameter_that_nobody_knows_is_refused_by_name_on_every_route_of_the_api() {
    let (_place, server) = serving();
    let document = server.get("/openapi.json", ADMIN).json();
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let is_ours = path.starts_with("/api/") && !path.starts_with("/api/webhooks/") || path == "/metrics";
        for method in methods.as_object().unwrap().keys().filter(|_| is_ours) {
            let line = format!("{} {}?paeg=2", method.to_uppercase(), path.replace("{id}", "1"));
            // A scheduler that can only GET shows the other secret.
            let answer = match line.starts_with("GET /api/sync/process") {
                true => server.send(&line, &format!("Authorization: Bearer {CRON}\r\n"), b""),
                false => server.send(&line, ADMIN, b"{}"),
            };
            assert_eq!((answer.status, answer.fields()), (400, vec!["paeg".to_owned()]), "{line}");
            assert!(answer.json()["error"]["requestId"].is_string());
            asked += 1;
        }
    }
    assert!(asked > 35, "{asked} operations");
}
