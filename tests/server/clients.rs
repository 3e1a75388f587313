//! The original as a client: its commands, with signatures made by other programs.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::running::{Running, event, place, with_secrets};
use crate::support::place::{Place, SECRET, eventually};
use crate::support::tools::has_tools;

const AT: &str = "2026-01-31T12:00:00.000Z";

/// Runs a shell command in the way the original's documentation writes them.
fn shell(script: &str, server: &Running) -> (u16, Value) {
    let output = Command::new("sh")
        .args(["-c", script])
        .env("URL", format!("http://{}", server.address))
        .env("WEBHOOK_SECRET", SECRET)
        .env("CRON_SECRET", super::running::CRON)
        .env("TOKEN", "admin-token-of-the-tests")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once(' ').unwrap_or_else(|| panic!("{text} {:?}", output.stderr));
    (status.parse().unwrap(), serde_json::from_str(body).unwrap())
}

#[test]
fn curl_with_a_signature_by_openssl_delivers_an_enrollment() {
    if !has_tools(&["curl", "openssl"]) {
        return;
    }
    let (_place, server) = serving();
    let body = event("event.123", "enrollment.created", "enrollment-123", r#"{"userId":"u","courseId":"c"}"#, AT);
    let script = format!(
        r#"BODY='{body}'
        SIGNATURE=$(printf %s "$BODY" | openssl dgst -sha256 -hmac "$WEBHOOK_SECRET" | sed 's/^.* //')
        curl -s -w ' %{{http_code}}' -X POST "$URL/api/webhooks/enrollment-changed" -H 'Content-Type: application/json' \
          -H "x-webhook-signature: $SIGNATURE" -d "$BODY""#
    );
    let (status, answer) = shell(&script, &server);
    assert_eq!((status, &answer["data"]["result"]), (200, &"applied".into()));
    let (status, answer) = shell(&script, &server);
    assert_eq!((status, &answer["data"]["result"]), (200, &"duplicate".into()));
}

fn serving() -> (Place, Running) {
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    (place, server)
}

#[test]
fn the_originals_monitoring_commands_work() {
    if !has_tools(&["curl"]) {
        return;
    }
    let (_place, server) = serving();
    let curl = "curl -s -w ' %{http_code}'";
    let status = format!("{curl} \"$URL/api/sync/status\" -H \"Cookie: next-auth.session-token=$TOKEN\"");
    let (code, answer) = shell(&status, &server);
    assert_eq!((code, &answer["data"]["queue"]["pending"]), (200, &0.into()));
    let (code, answer) = shell(&status.replace("status", "health"), &server);
    assert_eq!((code, &answer["data"]["health"]["healthy"]), (200, &true.into()));
    for shown in ["-H \"x-cron-secret: $CRON_SECRET\"", "-H \"Authorization: Bearer $CRON_SECRET\""] {
        let (code, answer) = shell(&format!("{curl} -X POST \"$URL/api/sync/process\" {shown}"), &server);
        assert_eq!((code, &answer["data"]["run"]["claimed"]), (200, &0.into()));
    }
    let vercel = format!("{curl} \"$URL/api/sync/process\" -H \"Authorization: Bearer $CRON_SECRET\"");
    assert_eq!(shell(&vercel, &server).0, 200);
    assert_eq!(shell(&format!("{vercel} -H 'Cookie: a=b'"), &server).0, 401);
    assert_eq!(shell(&format!("{curl} -X POST \"$URL/api/sync/process\" -H 'x-cron-secret: '"), &server).0, 401);
}

#[test]
fn a_request_signed_by_node_verifies() {
    if !has_tools(&["node"]) {
        return;
    }
    let (_place, server) = serving();
    let body = event("event-node", "profile.updated", "u-1", r#"{"name":"Zo\u00eb \u2028"}"#, AT);
    let script = "process.stdout.write(require('crypto').createHmac('sha256', process.argv[1]).update(process.argv[2]).digest('hex'))";
    let output = Command::new("node").args(["-e", script, SECRET, &body]).output().unwrap();
    let code = String::from_utf8(output.stdout).unwrap();
    let answer =
        server.send("POST /api/webhooks/profile-updated", &format!("x-webhook-signature: {code}\r\n"), body.as_bytes());
    assert_eq!((answer.status, &answer.data()["result"]), (200, &"applied".into()));
}

#[test]
fn two_servers_that_point_at_each_other_agree_and_never_echo() {
    let ports: Vec<u16> = (0..2).map(|_| free_port()).collect();
    let url = |n: usize| format!("http://127.0.0.1:{}/api/webhooks/sync", ports[n]);
    let places: Vec<Place> = [1, 0].iter().map(|other| with_secrets(Place::sending_to(&[url(*other)]))).collect();
    let servers: Vec<Running> =
        (0..2).map(|n| Running::at(&places[n], &format!("127.0.0.1:{}", ports[n]), &[])).collect();
    let admin = super::running::ADMIN;
    let created = servers[0].send("POST /api/enrollments", admin, br#"{"id":"e","userId":"u","courseId":"c"}"#);
    assert_eq!(created.status, 201, "{created:?}");
    let get = |n: usize| servers[n].get("/api/enrollments/e", admin);
    eventually("the other has it", || get(1).status == 200);
    let changed = servers[1].send("PATCH /api/enrollments/e", admin, br#"{"status":"done"}"#);
    assert_eq!(changed.status, 200);
    eventually("the first has the change", || get(0).data()["enrollment"]["status"] == "done");
    let settled = |n: usize| {
        let status = servers[n].get("/api/sync/status", admin).data();
        (status["queue"]["events"].clone(), status["queue"]["delivered"].clone(), status["queue"]["pending"].clone())
    };
    eventually("everything is delivered", || (0..2).all(|n| settled(n) == (1.into(), 1.into(), 0.into())));
    assert_eq!(servers[1].send("DELETE /api/enrollments/e", admin, b"").status, 200);
    eventually("it is deleted there as well", || get(0).status == 404);
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
