//! An event goes into a stream of Redis, and every view tells of it.

use serde_json::Value;

use crate::support::place::Place;
use crate::support::redis::RedisServer;
use crate::support::tools::has_tools;

/// A place with one endpoint `stream`, configured by a file with these lines beside its name and URL.
pub(crate) fn place(url: &str, lines: &str) -> Place {
    let mut place = Place::new();
    configure(&place, url, lines);
    let file = place.path("config.toml").display().to_string();
    place.set("SYNCCTL_CONFIG", &file);
    place
}

pub(crate) fn configure(place: &Place, url: &str, lines: &str) {
    let text = format!("[[endpoints]]\nname = \"stream\"\nurl = \"{url}\"\n{lines}\n");
    std::fs::write(place.path("config.toml"), text).unwrap();
}

fn field<'a>(entry: &'a [(String, String)], name: &str) -> &'a str {
    &entry.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no field {name}: {entry:?}")).1
}

/// The attempts that were made for an event.
pub(crate) fn attempts(place: &Place, event: &str) -> Vec<Value> {
    place.data(&["events", "show", event])["attempts"].as_array().unwrap().clone()
}

#[test]
fn an_event_is_an_entry_with_its_bytes_its_names_and_its_signatures() {
    let Some(server) = RedisServer::start() else { return };
    let place = place(&server.url("2/events"), "headers = [\"X-Team: platform\"]");
    let data = place.data(&["emit", "enrollment.created", "e-1", "--data", r#"{"userId":"u","courseId":"c","n":1.0}"#]);
    let id = data["event"]["id"].as_str().unwrap();
    place.ok(&["process"]);
    assert_eq!(server.ask(&["XLEN", "events"]), 0, "another database");
    let entries = server.ask(&["-n", "2", "XRANGE", "events", "-", "+"]);
    let fields: Vec<&str> = entries[0][1].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let entry: Vec<(String, String)> = fields.chunks(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect();
    assert_eq!(field(&entry, "id"), id);
    assert_eq!(field(&entry, "type"), "enrollment.created");
    assert_eq!((field(&entry, "resourceType"), field(&entry, "resourceId")), ("enrollment", "e-1"));
    assert!(field(&entry, "body").contains(r#""data":{"userId":"u","courseId":"c","n":1.0}"#), "{entry:?}");
    assert_eq!(field(&entry, "content-type"), "application/json");
    assert_eq!((field(&entry, "x-sync-attempt"), field(&entry, "x-sync-trigger")), ("1", "initial"));
    assert_eq!((field(&entry, "webhook-id"), field(&entry, "x-team")), (id, "platform"));
    assert!(!entry.iter().any(|(name, _)| ["host", "accept", "authorization"].contains(&name.as_str())), "{entry:?}");
    for (scheme, names) in [
        ("standard", &["webhook-id", "webhook-timestamp", "webhook-signature"][..]),
        ("syncctl", &["x-webhook-signature"]),
    ] {
        let mut args = vec!["verify".to_owned(), "-".to_owned(), "--scheme".to_owned(), scheme.to_owned()];
        for name in names {
            args.extend(["--header".to_owned(), format!("{name}: {}", field(&entry, name))]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let verified = place.run_with_input(&args, field(&entry, "body").as_bytes());
        assert_eq!(verified.code, 0, "{scheme}: {verified:?}");
    }
}

#[test]
fn every_view_tells_of_a_delivery_to_a_stream() {
    let Some(server) = RedisServer::start() else { return };
    let place = place(&server.url("0/events"), "");
    let id = place.emit("user.created", "u-1");
    place.ok(&["process"]);
    let entry = server.ask(&["XRANGE", "events", "-", "+"])[0][0].as_str().unwrap().to_owned();
    let words = format!("entry {entry} of stream `events`");
    let attempts = attempts(&place, &id);
    assert_eq!((attempts.len(), attempts[0]["outcome"].as_str()), (1, Some("delivered")));
    assert_eq!((attempts[0]["detail"].as_str(), &attempts[0]["status"]), (Some(words.as_str()), &Value::Null));
    assert!(place.ok(&["why", &id]).contains(&words));
    assert!(place.ok(&["audit", "list"]).contains("sync.user.created"));
    let status = place.data(&["status"]);
    assert_eq!((&status["queue"]["delivered"], &status["queue"]["pending"]), (&1.into(), &0.into()));
    let endpoint = &status["endpoints"][0];
    assert_eq!(
        (endpoint["url"].as_str(), endpoint["state"].as_str()),
        (Some(server.url("0/events").as_str()), Some("ok"))
    );
    let tested = place.data(&["endpoints", "test", "stream"]);
    assert_eq!((tested["outcome"].as_str(), &tested["status"]), (Some("delivered"), &Value::Null), "{tested}");
    assert_eq!(server.ask(&["XLEN", "events"]), 2);
    let checked = place.data(&["endpoints", "check", "stream"]);
    assert_eq!((&checked["allowed"], checked["addresses"][0]["address"].as_str()), (&true.into(), Some("127.0.0.1")));
    let doctor = place.run(&["doctor", "--online"]);
    let all = doctor.stdout + &doctor.stderr;
    assert!(all.contains("stream: no TLS, stream `events` with 2 entries in "), "{all}");
    assert!(place.ok(&["health"]).contains("healthy"));
    place.ok(&["db", "verify"]);
}

#[test]
fn an_endpoint_of_the_environment_may_be_a_stream() {
    let Some(server) = RedisServer::start() else { return };
    let place = Place::sending_to(&[server.url("0/a"), server.url("0/b")]);
    place.emit("user.created", "u-1");
    place.ok(&["process"]);
    assert_eq!((server.entries("a").len(), server.entries("b").len()), (1, 1));
    let names = place.ok(&["endpoints", "list", "-o", "name"]);
    let name = format!("127.0.0.1:{}", server.port);
    assert_eq!(names.lines().collect::<Vec<_>>(), [name.clone(), format!("{name}-2")]);
}

#[test]
fn a_stream_is_trimmed_to_about_its_length() {
    let Some(server) = RedisServer::start() else { return };
    let place = place(&server.url("0/events?maxlen=200"), "");
    place.emit_many(1_000);
    place.ok(&["process"]);
    let length = server.ask(&["XLEN", "events"]).as_u64().unwrap();
    assert!((200..400).contains(&length), "{length}");
    assert_eq!(place.queue()["delivered"], 1_000);
}

#[test]
fn an_entry_counts_once_as_many_replicas_have_it_as_were_asked_for() {
    let Some(server) = RedisServer::start() else { return };
    let place = place(&server.url("0/events?wait=1"), "timeout = \"1s\"\nmax_attempts = 1");
    let alone = place.emit("user.created", "u-1");
    place.run(&["process"]);
    let attempt = &attempts(&place, &alone)[0];
    assert_eq!(attempt["outcome"], "timed out");
    let detail = attempt["detail"].as_str().unwrap();
    assert!(detail.ends_with("but only 0 of 1 replicas have it after 500 ms"), "{detail}");
    let primary = format!("127.0.0.1 {}", server.port);
    let replica = RedisServer::start_with(&["--replicaof", &primary]).unwrap();
    crate::support::place::eventually("the primary lists the replica", || {
        server.ask(&["ROLE"])[2].as_array().is_some_and(|replicas| !replicas.is_empty())
    });
    // Before it first answers, which may take a moment more, entries are tried again.
    configure(&place, &server.url("0/events?wait=1"), "timeout = \"2s\"\nmax_attempts = 10\nfirst_delay = \"100ms\"");
    let both = place.emit("user.created", "u-2");
    place.ok(&["process", "--wait"]);
    let attempt = attempts(&place, &both).pop().unwrap();
    assert!(attempt["detail"].as_str().unwrap().ends_with("of stream `events`, on 1 replicas"), "{attempt}");
    assert!(replica.entries("events").len() >= 2);
}

#[test]
fn a_stream_is_written_over_tls_to_servers_that_are_trusted() {
    let Some((server, certificate)) = RedisServer::start_with_tls() else { return };
    let url = format!("rediss://localhost:{}/0/events", server.port);
    let trusting = place(&url, &format!("ca_file = \"{}\"", certificate.display()));
    trusting.emit("user.created", "u-1");
    trusting.ok(&["process"]);
    assert_eq!(server.entries("events").len(), 1);
    let doctor = trusting.run(&["doctor", "--online"]);
    let all = doctor.stdout + &doctor.stderr;
    assert!(all.contains(" days, stream `events` with 1 entries in "), "{all}");
    let stranger = place(&url, "max_attempts = 1");
    let id = stranger.emit("user.created", "u-1");
    stranger.run(&["process"]);
    let detail = attempts(&stranger, &id)[0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("tls: certificate is self-signed") || detail.contains("unknown issuer"), "{detail}");
    let plain = place(&url.replace("rediss", "redis"), "max_attempts = 1\ntimeout = \"2s\"");
    let id = plain.emit("user.created", "u-1");
    plain.run(&["process"]);
    assert_ne!(attempts(&plain, &id)[0]["outcome"], "delivered");
    assert_eq!(server.entries("events").len(), 1);
}

#[test]
fn the_address_rules_hold_for_brokers() {
    let Some(server) = RedisServer::start() else { return };
    let mut place = place(&server.url("0/events"), "");
    place.set("SYNCCTL_EGRESS_DENY_PRIVATE", "true");
    let id = place.emit("user.created", "u-1");
    place.run(&["process"]);
    let attempt = &attempts(&place, &id)[0];
    assert!(attempt["detail"].as_str().unwrap().contains("egress.deny_private"), "{attempt}");
    assert_eq!(server.ask(&["EXISTS", "events"]), 0);
}

#[test]
fn a_connection_that_the_server_closed_while_idle_costs_no_attempt() {
    let Some(server) = RedisServer::start() else { return };
    let place = place(&server.url("0/events"), "");
    place.emit("user.created", "u-0");
    let mut worker = place.spawn(&["process", "--watch"]);
    crate::support::place::eventually("the first entry", || server.ask(&["XLEN", "events"]) == 1);
    for n in 1..6 {
        server.ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        let id = place.emit("user.created", &format!("u-{n}"));
        crate::support::place::eventually("another entry", || server.ask(&["XLEN", "events"]) == n + 1);
        crate::support::place::eventually("its outcome", || place.queue()["delivered"] == n + 1);
        assert_eq!(attempts(&place, &id).len(), 1);
    }
    crate::support::place::kill(&worker, "-TERM");
    assert!(worker.wait().unwrap().success());
}

#[test]
fn settings_of_http_and_urls_that_name_no_stream_are_refused() {
    for (url, lines, wanted) in [
        ("redis://127.0.0.1/events", "", "write redis://HOST/DB/STREAM"),
        ("redis://:secret@127.0.0.1/0/events", "", "a user name or password"),
        ("redis://127.0.0.1/0/events?max=3", "", "no parameter `max`"),
        ("redis://127.0.0.1/0/events", "bearer_env = \"TOKEN\"", "basic_file or basic_env"),
        ("redis://127.0.0.1/0/events", "accept = \"text/plain\"", "accept is for endpoints over HTTP"),
        ("redis://127.0.0.1/0/events", "give_up = [\"4xx\"]", "give_up is for endpoints over HTTP"),
        ("kafka://127.0.0.1/events", "", "only http, https, redis, rediss, amqp, amqps and sqs are supported"),
    ] {
        let place = place(url, lines);
        let ran = place.run(&["config", "validate"]);
        assert_eq!(ran.code, 78, "{url} {lines}: {ran:?}");
        let all = ran.stdout + &ran.stderr;
        assert!(all.contains(wanted) && !all.contains("secret@"), "{url} {lines}: {all}");
    }
    let place = Place::new();
    for args in [
        &["replay", "e", "--to", "redis://127.0.0.1/0/events"][..],
        &["listen", "--forward-to", "redis://127.0.0.1/0/events"],
    ] {
        let ran = place.run(args);
        assert!(ran.code == 2 || ran.code == 10, "{args:?}: {ran:?}");
    }
}

#[test]
fn which_secret_a_broker_accepts_is_not_asked() {
    if !has_tools(&["redis-server"]) {
        return;
    }
    let place = place("redis://127.0.0.1:1/0/events", "");
    let ran = place.run(&["secret", "rotate-plan", "--try-endpoints", "-o", "json"]);
    let all = ran.stdout + &ran.stderr;
    assert!(all.contains("it is a broker, which checks no signatures") || ran.code != 0, "{all}");
}
