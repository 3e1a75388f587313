//! How a server starts, reloads and stops.

use std::io::Write as _;

use super::running::{ADMIN, Answer, Running, event, place, signed, write};
use crate::support::place::{Place, eventually};
use crate::support::receiver::Receiver;

const AT: &str = "2026-01-31T12:00:00.000Z";

#[test]
fn a_route_without_a_secret_is_a_clear_error_unless_it_is_switched_off() {
    let place = Place::new();
    let ran = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, 78);
    assert!(ran.stderr.contains("SYNCCTL_ADMIN_TOKEN, CRON_SECRET are not set"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--without admin,process"), "{}", ran.stderr);
    for (name, value) in [("WEBHOOK_SECRET", ""), ("WEBHOOK_SECRET", "  "), ("WEBHOOK_SECRET", "whsec_")] {
        let mut place = super::running::place();
        place.set(name, value);
        assert_eq!(place.run(&["serve", "--listen", "127.0.0.1:0"]).code, 78, "{value:?}");
    }
    let server = Running::start(&place, &["--without", "admin,process"]);
    assert_eq!(server.get("/api/sync/status", ADMIN).status, 404);
    assert_eq!(server.webhook(&event("e", "user.created", "u", "{}", AT)).status, 200);
}

#[test]
fn an_address_that_is_taken_is_a_clear_error() {
    let place = place();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = place.run(&["serve", "--listen", &address]);
    assert_eq!(ran.code, 74);
    assert!(ran.stderr.contains(&address) && ran.stderr.contains("hint: another process"), "{}", ran.stderr);
    for wrong in ["3000", "localhost", ":3000", "127.0.0.1:x", "127.0.0.1:99999"] {
        let ran = place.run(&["serve", "--listen", wrong]);
        assert_eq!(ran.code, 78, "{wrong}");
        assert!(ran.stderr.contains(wrong) && ran.stderr.contains("hint: write HOST:PORT"), "{}", ran.stderr);
    }
    assert_eq!(place.run(&["serve", "--process-every", "0s"]).code, 2);
}

#[test]
fn a_signal_stops_it_cleanly_and_what_has_begun_is_answered() {
    for signal in ["-TERM", "-INT"] {
        let place = place();
        let server = Running::start(&place, &[]);
        let body = event("e", "user.created", "u", r#"{"name":"x"}"#, AT);
        let mut stream = server.connect();
        let head = format!(
            "POST /api/webhooks/sync HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n{}\r\n",
            body.len(),
            signed(&body)
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body.as_bytes()[..10]).unwrap();
        eventually("the request has begun", || server.get("/healthz", "").status == 200);
        server.signal(signal);
        eventually("nothing new is accepted", || std::net::TcpStream::connect(server.address).is_err());
        stream.write_all(&body.as_bytes()[10..]).unwrap();
        let answer = Answer::read(&mut stream).expect("an answer");
        assert_eq!((answer.status, &answer.data()["result"]), (200, &"applied".into()));
        assert_eq!(server.ended(), Some(0));
    }
}

#[test]
fn what_is_emitted_goes_out_at_once_by_whomever() {
    let receiver = Receiver::good();
    let place = super::running::with_secrets(Place::sending_to(&[receiver.url("/hook")]));
    let server = Running::start(&place, &[]);
    let answer = server.send("POST /api/events", ADMIN, br#"{"type":"user.created","resourceId":"u","data":{}}"#);
    assert_eq!(answer.status, 201, "{answer:?}");
    eventually("the event of the route arrives", || receiver.count() == 1);
    place.emit("user.updated", "u2");
    eventually("the event of the command arrives", || receiver.count() == 2);
    server.signal("-TERM");
    assert_eq!(server.ended(), Some(0));
}

#[test]
fn a_receiver_only_delivers_when_it_is_told_to() {
    let receiver = Receiver::good();
    let place = super::running::with_secrets(Place::sending_to(&[receiver.url("/hook")]));
    let server = Running::start(&place, &["--no-process"]);
    place.emit("user.updated", "u");
    let status = server.get("/api/sync/status", ADMIN).data();
    assert_eq!(status["queue"]["pending"], 1);
    let cron = format!("x-cron-secret: {}\r\n", super::running::CRON);
    let run = server.send("POST /api/sync/process", &cron, b"").data();
    assert_eq!((&run["run"]["delivered"], &run["stats"]["pending"]), (&1.into(), &0.into()));
    assert_eq!(receiver.count(), 1);
}

#[test]
fn a_hangup_reads_the_configuration_again_and_a_wrong_one_changes_nothing() {
    let mut place = super::running::place();
    std::fs::write(place.path("secret"), "first-secret-of-the-tests").unwrap();
    place.unset("WEBHOOK_SECRET");
    place.set("WEBHOOK_SECRET_FILE", place.path("secret").to_str().unwrap());
    let server = Running::start(&place, &[]);
    let body = event("e", "user.created", "u", "{}", AT);
    let status = || server.webhook(&body).status;
    assert_eq!(status(), 401);
    std::fs::write(place.path("secret"), crate::support::place::SECRET).unwrap();
    server.signal("-HUP");
    eventually("the new secret counts", || status() == 200);
    eventually("the reload is told", || server.told().contains("configuration reloaded"));
    std::fs::write(place.path("secret"), "").unwrap();
    server.signal("-HUP");
    eventually("the old one stays", || server.told().contains("invalid configuration; the previous one stays in use"));
    eventually("the cause is told", || server.told().contains("error: failed to read webhook.secret"));
    assert_eq!(status(), 200);
    server.signal("-TERM");
    assert_eq!(server.ended(), Some(0));
}

#[test]
fn a_start_or_a_reload_that_is_refused_leaves_the_endpoints_as_they_were() {
    let place = super::running::place();
    let names = |names: &[&str], more: &str| {
        let endpoint = |name: &&str| format!("[[endpoints]]\nname = \"{name}\"\nurl = \"http://127.0.0.1:9/\"\n{more}");
        std::fs::write(place.path("c.toml"), names.iter().map(endpoint).collect::<String>()).unwrap();
    };
    let configured = || {
        let queue = rusqlite::Connection::open(place.database()).unwrap();
        let mut found = queue.prepare("SELECT name FROM endpoint WHERE configured ORDER BY name").unwrap();
        found.query_map([], |row| row.get(0)).unwrap().collect::<Result<Vec<String>, _>>().unwrap()
    };
    let serve = ["--config", "c.toml", "serve", "--no-process", "--listen", "127.0.0.1:0"];
    names(&["old"], "");
    let server = Running::of(place.command(&serve));
    assert_eq!(configured(), ["old"]);
    names(&["new"], "secret_env = \"NOBODY_SET_THIS\"\n");
    server.signal("-HUP");
    eventually("the reload is refused", || server.told().contains("no usable secret to sign for the endpoint `new`"));
    assert_eq!(configured(), ["old"], "a reload that is refused changes nothing");
    assert_eq!(place.run(&serve).code, 78);
    assert_eq!(configured(), ["old"], "neither does a start without a key");
    names(&["new"], "");
    let taken = server.address.to_string();
    assert_eq!(place.run(&["--config", "c.toml", "serve", "--listen", &taken]).code, 74);
    assert_eq!(configured(), ["old"], "nor one that cannot listen");
    server.signal("-HUP");
    eventually("the right one counts", || configured() == ["new"]);
}

#[test]
fn a_connection_serves_one_request_after_another() {
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    let mut stream = server.connect();
    for n in 0..5 {
        let body = event(&format!("e{n}"), "user.updated", "u", "{}", AT);
        write(&mut stream, "POST /api/webhooks/sync", &signed(&body), body.as_bytes());
        assert_eq!(Answer::read(&mut stream).unwrap().status, 200);
    }
}

#[test]
fn a_server_that_is_its_own_endpoint_takes_its_event_once_and_goes_on() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut place = place();
    place.set("SYNC_WEBHOOK_URLS", &format!("http://127.0.0.1:{port}/api/webhooks/sync"));
    let server = Running::at(&place, &format!("127.0.0.1:{port}"), &[]);
    let created = server.send("POST /api/enrollments", ADMIN, br#"{"userId":"u","courseId":"c"}"#);
    assert!(matches!(created.status, 200 | 201), "{created:?}");
    let queue = || server.get("/api/sync/status", ADMIN).data()["queue"].clone();
    crate::support::place::eventually("it is delivered", || queue()["delivered"] == 1);
    // Nothing of what arrives is emitted, so nothing comes round.
    std::thread::park_timeout(std::time::Duration::from_millis(500));
    let queue = queue();
    assert_eq!((&queue["events"], &queue["delivered"], &queue["total"]), (&1.into(), &1.into(), &0.into()), "{queue}");
    let attempts = place.data(&["audit", "list", "--direction", "outbound"]);
    assert_eq!(attempts.as_array().unwrap().len(), 1, "{attempts}");
}

#[test]
fn weak_secrets_are_told_at_start_and_refused_where_others_reach_the_server() {
    let mut place = super::running::place();
    place.set("CRON_SECRET", "x");
    let server = Running::start(&place, &["--no-process"]);
    eventually("the weakness is told", || server.told().contains("warning: weak secret cron.secret: it has 1 bytes"));
    drop(server);
    let serve = |args: &[&str]| place.run(&[&["serve", "--no-process", "--listen", "0.0.0.0:0"], args].concat());
    let refused = serve(&[]);
    assert_eq!(refused.code, 78, "{refused:?}");
    assert!(refused.stderr.contains("is too weak for an address that others reach"), "{}", refused.stderr);
    let server = Running::at(&place, "0.0.0.0:0", &["--no-process", "--allow-weak-secrets"]);
    drop(server);
    // One secret for two purposes is as good as none of its own.
    let strong = |n: u8| format!("whsec_{}", "abcdefghijklmnopqrstuvwxyz012345".replace('a', &n.to_string()));
    for (name, n) in [("WEBHOOK_SECRET", 1), ("SYNCCTL_ADMIN_TOKEN", 2), ("CRON_SECRET", 2)] {
        place.set(name, &strong(n));
    }
    let refused = place.run(&["serve", "--no-process", "--listen", "0.0.0.0:0"]);
    assert!(refused.code == 78 && refused.stderr.contains("it is also the secret of"), "{refused:?}");
    place.set("CRON_SECRET", &strong(3));
    drop(Running::at(&place, "0.0.0.0:0", &["--no-process"]));
}
