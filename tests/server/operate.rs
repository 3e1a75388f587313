//! The queue over HTTP for those who operate it: found, repaired and audited without a shell.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::running::{ADMIN, Answer, Running, event, signed, with_secrets};
use crate::support::place::{Place, eventually};
use crate::support::receiver::{Receiver, Reply};

const READER: &str = "Authorization: Bearer the-token-of-the-board-0123456789\r\n";
const OPERATOR: &str = "Authorization: Bearer the-token-of-ada-9876543210-abc\r\n";

/// A server with three operators, and a receiver that can be mended.
struct Scene {
    place: Place,
    server: Running,
    _receiver: Receiver,
    is_up: Arc<AtomicBool>,
}

impl Scene {
    fn new() -> Self {
        let is_up = Arc::new(AtomicBool::new(false));
        let up = Arc::clone(&is_up);
        let receiver = Receiver::new(move |_| Reply::Status(if up.load(Ordering::SeqCst) { 200 } else { 422 }));
        let mut place = with_secrets(Place::sending_to(&[receiver.url("/hook")]));
        let file = |name: &str, header: &str| {
            let path = place.dir.path().join(name);
            fs::write(&path, header.trim_end().rsplit(' ').next().unwrap()).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            path.display().to_string()
        };
        let tokens = format!("board:read:{},ada:operate:{}", file("board", READER), file("ada", OPERATOR));
        place.set("SYNCCTL_SERVER_TOKENS", &tokens);
        place.set("SYNCCTL_DELIVERY_FIRST_DELAY", "10ms");
        place.set("SYNCCTL_DELIVERY_MAX_DELAY", "10ms");
        let server = Running::start(&place, &["--no-process"]);
        Self { place, server, _receiver: receiver, is_up }
    }

    /// Emits events that fail for good.
    fn fail(&self, resources: &[&str]) {
        for resource in resources {
            self.place.emit("user.updated", resource);
        }
        self.place.run(&["process", "--wait"]);
    }

    fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        let headers = format!("{token}Content-Type: application/json\r\n");
        self.server.send(&format!("POST {path}"), &headers, body.to_string().as_bytes())
    }

    fn data(&self, path: &str) -> Value {
        let answer = self.server.get(path, READER);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.data()
    }

    fn states(&self) -> Vec<String> {
        let rows = self.data("/api/deliveries?sort=oldest");
        rows.as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn lists_have_the_filters_of_the_command_line_and_cursors_that_hold() {
    let scene = Scene::new();
    scene.fail(&["a", "b", "c"]);
    let ids = |query: &str| -> Vec<i64> {
        let rows = scene.data(&format!("/api/deliveries?{query}"));
        rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids("state=failed&limit=2"), [3, 2]);
    assert_eq!(ids("state=failed&limit=2&after=2"), [1]);
    assert_eq!(ids("resource=b"), [2]);
    assert_eq!(ids("status=422&sort=oldest"), [1, 2, 3]);
    assert_eq!(ids("type=user.*&since=1h&error=422"), [3, 2, 1]);
    assert!(ids("state=delivered").is_empty() && ids("until=1h").is_empty());
    let page = scene.server.get("/api/deliveries?limit=2", READER).json();
    assert_eq!((&page["pagination"]["nextAfter"], &page["pagination"]["total"]), (&json!(2), &json!(3)));
    for (query, field) in [
        ("state=lost", "state"),
        ("type=*x", "type"),
        ("endpoint=nobody", "endpoint"),
        ("since=soon", "since"),
        ("status=9", "status"),
    ] {
        let answer = scene.server.get(&format!("/api/deliveries?{query}"), READER);
        assert_eq!((answer.status, answer.fields()), (400, vec![field.to_owned()]), "{query}");
    }
    let events = |query: &str| scene.data(&format!("/api/events?{query}")).as_array().unwrap().len();
    assert_eq!(["status=422", "status=200", "error=http%20422", "error=refused"].map(events), [3, 0, 3, 0]);
    let event = scene.data("/api/events?resource=c")[0]["id"].as_str().unwrap().to_owned();
    let detail = scene.data(&format!("/api/events/{event}"));
    assert_eq!(detail["attempts"].as_array().unwrap().len(), 3);
    assert!(scene.data(&format!("/api/events/{event}/why"))["timeline"].as_array().unwrap().len() >= 5);
    assert_eq!(scene.data("/api/deliveries/3")["delivery"]["eventId"], event.as_str());
    let first = scene.data("/api/attempts?after=0&limit=4");
    let place = first[3]["place"].as_i64().unwrap();
    assert_eq!(scene.data(&format!("/api/attempts?after={place}")).as_array().unwrap().len(), 5);
    let newest: Vec<String> = (1..=9).rev().map(|place| place.to_string()).collect();
    assert_eq!(walk(&scene, "/api/attempts?sort=newest&", "place", || ()), newest);
    assert_eq!(walk(&scene, "/api/attempts?sort=newest&status=422&", "place", || ()), newest);
    let unsorted = scene.server.get("/api/attempts?limit=4", READER).json();
    assert!(unsorted["pagination"].get("nextAfter").is_none(), "`after` alone goes the other way: {unsorted}");
    assert_eq!(scene.data("/api/failures").as_array().unwrap().len(), 3);
    assert_eq!(scene.data("/api/failures/stats")["totalFailures"], 9);
    assert_eq!(scene.data("/api/runs")[0]["failed"], 3);
    for missing in
        ["/api/events/evt_none", "/api/events/%2399", "/api/deliveries/99", "/api/deliveries/x", "/api/endpoints/x"]
    {
        assert_eq!(scene.server.get(missing, READER).status, 404, "{missing}");
    }
}

/// Walks a list by its cursors, `added` being called between the pages; what identifies each row, in order.
fn walk(scene: &Scene, path: &str, member: &str, added: impl Fn()) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = scene.server.get(&format!("{path}limit=2{after}"), READER).json();
        found.extend(page["data"].as_array().unwrap().iter().map(|row| row[member].to_string()));
        match &page["pagination"]["nextAfter"] {
            serde_json::Value::Null => return found,
            next => after = format!("&after={}", next.to_string().trim_matches('"')),
        }
        added();
    }
}

#[test]
fn records_the_audit_log_and_kept_requests_have_cursors_that_hold() {
    let scene = Scene::new();
    let hook = |n: usize, data: &str| {
        let at = "2026-01-31T12:00:00.000Z";
        assert_eq!(
            scene.server.webhook(&event(&format!("e{n}"), "user.created", &format!("u{n}"), data, at)).status,
            200
        );
    };
    let forge = |n: usize| {
        let body = format!("{{\"id\":\"f{n}\"}}");
        assert_eq!(scene.server.send("POST /api/webhooks/sync", &signed("another"), body.as_bytes()).status, 401);
    };
    for n in 0..5 {
        hook(n, &format!("{{\"name\":\"{}\"}}", n % 2));
        forge(n);
    }
    let next = std::cell::Cell::new(5);
    let added = || {
        let n = next.replace(next.get() + 1);
        hook(n, "{\"name\":\"0\"}");
        forge(n);
    };
    let unique = |found: &[String]| found.iter().collect::<std::collections::BTreeSet<_>>().len();
    let students = walk(&scene, "/api/admin/students?sortBy=createdAt&", "id", added);
    assert_eq!((students.len(), &students[..2]), (5, &["\"u4\"".to_owned(), "\"u3\"".to_owned()][..]));
    let by_name = walk(&scene, "/api/admin/students?sortBy=name&", "id", || ());
    assert_eq!((by_name.len(), unique(&by_name)), (next.get(), next.get()));
    let requests = walk(&scene, "/api/requests?", "id", added);
    assert_eq!((requests.first(), requests.len(), unique(&requests)), (Some(&"7".to_owned()), 7, 7));
    scene.fail(&["a", "b"]);
    let whole = scene.data("/api/audit?limit=100").as_array().unwrap().clone();
    let audit = walk(&scene, "/api/audit?", "timestamp", added);
    let whole: Vec<String> = whole.iter().map(|row| row["timestamp"].to_string()).collect();
    assert_eq!(audit, whole, "each entry of every direction once, none of those added meanwhile");
    for wrong in ["x", "1.2", "-1.2.3", "1.2.3.4"] {
        assert_eq!(scene.server.get(&format!("/api/audit?after={wrong}"), READER).fields(), ["after"], "{wrong}");
    }
}

#[test]
fn failures_that_look_alike_are_one_cluster_that_is_replayed_and_acknowledged_over_http() {
    let scene = Scene::new();
    scene.fail(&["a", "b", "c"]);
    let clusters = scene.data("/api/failures/clusters");
    assert_eq!((clusters.as_array().unwrap().len(), &clusters[0]["deliveries"]), (1, &json!(3)), "{clusters}");
    let name = clusters[0]["cluster"].as_str().unwrap();
    assert_eq!(scene.data(&format!("/api/failures?cluster={name}")).as_array().unwrap().len(), 3);
    assert_eq!(scene.data("/api/failures?cluster=F00000000").as_array().unwrap().len(), 0);
    let wrong = scene.server.get("/api/failures?cluster=x", READER);
    assert_eq!((wrong.status, wrong.fields()), (400, vec!["cluster".to_owned()]));
    let plan = |cluster: &str| {
        let filter = json!({"filter": {"cluster": cluster}});
        scene.post("/api/deliveries/replay", OPERATOR, &filter).data()["wouldChange"].clone()
    };
    assert_eq!((plan(name), plan("F00000000")), (json!(3), json!(0)));
    let path = format!("/api/failures/clusters/{name}/acknowledge");
    assert_eq!(scene.post(&path, READER, &json!({})).status, 403);
    assert_eq!(scene.post("/api/failures/clusters/F00000000/acknowledge", OPERATOR, &json!({})).status, 404);
    assert_eq!(scene.post(&path, OPERATOR, &json!({})).data()["acknowledged"], true);
    assert!(scene.data("/api/failures/clusters").as_array().unwrap().is_empty(), "it was seen");
    assert_eq!(scene.data("/api/failures/clusters?all=true")[0]["state"], "acknowledged");
    assert_eq!(scene.data("/api/audit?direction=operator")[0]["action"], "failures.acknowledge");
}

#[test]
fn a_replay_of_many_is_planned_first_and_refused_once_anything_changed() {
    let scene = Scene::new();
    scene.fail(&["a", "b", "c"]);
    let plan = |token: &str| {
        let answer = scene.post("/api/deliveries/replay", token, &json!({"filter": {"state": "failed"}}));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.data()
    };
    let planned = plan(OPERATOR);
    assert_eq!((&planned["wouldChange"], &planned["leftAlone"]), (&json!(3), &json!(0)));
    assert_eq!(planned, plan(OPERATOR), "a plan of the same deliveries is the same");
    assert_eq!(scene.states(), ["failed"; 3]);
    assert_eq!(scene.post("/api/deliveries/2/replay", OPERATOR, &json!({})).status, 200);
    let apply = |plan: &Value, filter: &Value| {
        scene.post("/api/deliveries/replay", OPERATOR, &json!({"filter": filter, "plan": plan["plan"]}))
    };
    assert_eq!(apply(&planned, &json!({"state": "failed"})).status, 409);
    assert_eq!(scene.states(), ["failed", "pending", "failed"]);
    let planned = plan(OPERATOR);
    assert_eq!(
        apply(&planned, &json!({"state": "failed", "resource": "a"})).status,
        409,
        "another filter is another plan"
    );
    scene.is_up.store(true, Ordering::SeqCst);
    let done = apply(&planned, &json!({"state": "failed"})).data();
    assert_eq!(done["changed"], 2);
    scene.place.run(&["process"]);
    assert_eq!(scene.states(), ["delivered"; 3]);
    assert_eq!(apply(&planned, &json!({"state": "failed"})).status, 409, "a plan is applied once");
    let again = scene.post("/api/deliveries/1/replay", OPERATOR, &json!({}));
    assert_eq!(again.status, 409);
    assert!(again.body.contains("is already delivered"), "{}", again.body);
    assert_eq!(scene.post("/api/deliveries/1/replay", OPERATOR, &json!({"includeDelivered": true})).status, 200);
    assert_eq!(scene.post("/api/deliveries/1/give-up", OPERATOR, &json!({})).status, 200);
    assert_eq!(scene.states()[0], "failed");
    for (body, field) in [
        (json!({}), "deliveries"),
        (json!({"filter": {}}), "filter"),
        (json!({"filter": {"staet": "failed"}}), "filter"),
        (json!({"deliveries": [1], "filter": {"state": "failed"}}), "filter"),
        (json!({"deliveries": "all"}), "deliveries"),
        (json!({"everything": true}), "everything"),
    ] {
        let answer = scene.post("/api/deliveries/replay", OPERATOR, &body);
        assert_eq!((answer.status, answer.fields()), (400, vec![field.to_owned()]), "{body}");
    }
}

#[test]
fn an_endpoint_is_paused_resumed_and_tested() {
    let scene = Scene::new();
    let name = scene.data("/api/endpoints")[0]["name"].as_str().unwrap().to_owned();
    let path = |action: &str| format!("/api/endpoints/{name}/{action}");
    assert_eq!(scene.post(&path("pause"), OPERATOR, &json!({})).data()["state"], "paused");
    assert_eq!(scene.data(&format!("/api/endpoints/{name}"))["pausedBy"], "operator");
    assert_eq!(scene.post(&path("resume"), OPERATOR, &json!({})).data()["state"], "ok");
    let tested = scene.post(&path("test"), OPERATOR, &json!({})).data();
    assert_eq!((&tested["outcome"], &tested["status"]), (&json!("rejected"), &json!(422)));
    scene.is_up.store(true, Ordering::SeqCst);
    assert_eq!(scene.post(&path("test"), OPERATOR, &json!({})).data()["outcome"], "delivered");
    assert_eq!(scene.post("/api/endpoints/nobody/pause", OPERATOR, &json!({})).status, 404);
}

#[test]
fn each_role_does_what_it_may_and_the_audit_log_says_who_did_it() {
    let scene = Scene::new();
    scene.fail(&["a"]);
    for path in ["/api/deliveries/1/replay", "/api/deliveries/1/give-up", "/api/deliveries/replay", "/api/sync/process"]
    {
        let answer = scene.post(path, READER, &json!({"deliveries": [1]}));
        assert_eq!((answer.status, answer.code().as_str()), (403, "FORBIDDEN"), "{path}");
        assert!(answer.body.contains("role operate"), "{}", answer.body);
    }
    let new = json!({"type": "user.updated", "resourceId": "u", "data": {}});
    assert_eq!(scene.post("/api/events", OPERATOR, &new).status, 403);
    assert_eq!(scene.post("/api/events", ADMIN, &new).status, 201);
    assert_eq!(scene.server.get("/api/deliveries", "").status, 401);
    assert_eq!(scene.post("/api/deliveries/1/replay", OPERATOR, &json!({})).status, 200);
    assert_eq!(scene.post("/api/sync/process", OPERATOR, &json!({})).status, 200);
    assert_eq!(scene.post("/api/events/%231/replay", ADMIN, &json!({})).status, 409, "it waits for its next attempt");
    let entries = scene.data("/api/audit?direction=operator");
    let told: Vec<_> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {} {}: {}", it["operator"], it["action"], it["target"], it["outcome"]).replace('"', ""))
        .collect();
    assert_eq!(
        told,
        ["ada queue.process what is due: 0 delivered, 0 failed", "ada delivery.replay delivery 1: 1 delivery replayed",]
    );
    let all = scene.place.data(&["audit", "list"]);
    assert!(all.as_array().unwrap().iter().any(|it| it["operator"] == "ada" && it["direction"] == "operator"));
    assert!(!all.to_string().contains("the-token-of"));
}

#[test]
fn a_refused_webhook_is_accepted_once_its_secret_is_right() {
    let scene = Scene::new();
    let body = event("in-1", "user.created", "u-in", r#"{"name":"Ada"}"#, "2026-01-31T12:00:00.000Z");
    let signed = super::running::signed(&body);
    assert_eq!(scene.server.send("POST /api/webhooks/sync", &signed, format!("{body} ").as_bytes()).status, 401);
    eventually("the request is kept", || scene.data("/api/requests").as_array().unwrap().len() == 1);
    let kept = scene.data("/api/requests")[0].clone();
    assert_eq!(kept["reason"], "code-mismatch");
    let id = kept["id"].as_i64().unwrap();
    assert_eq!(scene.data(&format!("/api/requests/{id}"))["body"], format!("{body} "));
    let replayed = scene.post(&format!("/api/requests/{id}/replay"), OPERATOR, &json!({})).data();
    assert_eq!(replayed[0]["result"], "refused");
    assert_eq!(scene.post(&format!("/api/requests/{id}/replay"), READER, &json!({})).status, 403);
    assert_eq!(scene.post("/api/requests/99/replay", OPERATOR, &json!({})).status, 404);
}

#[test]
fn sessions_live_in_the_database_and_are_ended_one_by_one() {
    let scene = Scene::new();
    let login = |server: &Running, token: &str| {
        let token = token.trim_end().rsplit(' ').next().unwrap();
        let answer = server.send(
            "POST /login",
            "Content-Type: application/x-www-form-urlencoded\r\n",
            format!("token={token}%0A&next=%2Fapi%2Fruns").as_bytes(),
        );
        assert!(answer.status == 303 && answer.head.contains("location: /api/runs\r\n"), "{answer:?}");
        let line = answer.raw.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap().to_owned();
        format!("Cookie: {}\r\nOrigin: http://localhost\r\n", line.split(';').next().unwrap())
    };
    let (board, ada) = (login(&scene.server, READER), login(&scene.server, OPERATOR));
    assert_eq!(scene.post("/api/deliveries/replay", &board, &json!({"deliveries": [1]})).status, 403);
    let restarted = Running::start(&scene.place, &["--no-process"]);
    assert_eq!(restarted.get("/api/runs", &ada).status, 200, "a session outlives a restart");
    let open = restarted.get("/api/sessions", &ada).data();
    let who = |at: usize| (open[at]["operator"].as_str().unwrap(), open[at]["current"].as_bool().unwrap());
    assert_eq!((who(0), who(1)), (("ada", true), ("board", false)));
    let of_board = open[1]["id"].as_i64().unwrap();
    let end = |cookie: &str| restarted.send(&format!("DELETE /api/sessions/{of_board}"), cookie, b"").status;
    assert_eq!(end(&ada), 403, "the session of somebody else is an admin's to end");
    assert_eq!(end(ADMIN), 200);
    assert_eq!(end(ADMIN), 404);
    assert_eq!(restarted.get("/api/runs", &board).status, 401);
    let mine = open[0]["id"].as_i64().unwrap();
    assert_eq!(restarted.send(&format!("DELETE /api/sessions/{mine}"), &ada, b"").status, 200);
    assert_eq!(restarted.get("/api/runs", &ada).status, 401);
}
