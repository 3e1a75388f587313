//! Sources that are read from a consumer group of Redis: what waits is applied once and acknowledged, what cannot be applied is kept.

use std::process::Child;

use serde_json::Value;

use crate::redis::place as sender;
use crate::support::place::{Place, eventually, kill};
use crate::support::redis::RedisServer;

/// A place that reads the source `platform` with these lines beside its name and its broker.
pub(crate) fn receiver(broker: &str, lines: &str) -> Place {
    let mut place = Place::new();
    configure(&place, broker, lines);
    place.set("SYNCCTL_CONFIG", &place.path("config.toml").display().to_string());
    place
}

pub(crate) fn configure(place: &Place, broker: &str, lines: &str) {
    let text = format!("[[sources]]\nname = \"platform\"\nbroker = \"{broker}\"\n{lines}\n");
    std::fs::write(place.path("config.toml"), text).unwrap();
}

pub(crate) const SIGNED: &str = "secret_env = \"WEBHOOK_SECRET\"";

/// Starts to read until it is told to stop.
pub(crate) fn serve(place: &Place) -> Child {
    place.spawn(&["serve", "--listen", "127.0.0.1:0", "--without", "admin,process"])
}

/// What `consume` did with the only source.
pub(crate) fn consume(place: &Place, code: i32) -> Value {
    let ran = place.run(&["consume", "-o", "json"]);
    assert_eq!(ran.code, code, "{ran:?}");
    ran.data()[0].clone()
}

pub(crate) fn records(place: &Place) -> u64 {
    let ran = place.run(&["records", "list", "--limit", "1", "-o", "json"]);
    // Nobody created the queue yet.
    if ran.code == 10 {
        return 0;
    }
    let envelope: Value = serde_json::from_str(&ran.stdout).unwrap();
    envelope["pagination"]["total"].as_u64().unwrap()
}

/// Entries that were taken and not acknowledged.
fn pending(server: &RedisServer) -> Value {
    server.ask(&["XPENDING", "events", "g"])[0].clone()
}

fn source(server: &RedisServer, more: &str) -> String {
    server.url(&format!("0/events?group=g{more}"))
}

/// Emits events and sends them into the stream.
fn send(place: &Place, events: usize) {
    place.emit_many(events);
    place.ok(&["process"]);
}

#[test]
fn what_waits_is_verified_applied_once_and_acknowledged() {
    let Some(server) = RedisServer::start() else { return };
    applied_once(&server, &receiver(&source(&server, ""), SIGNED));
}

#[cfg(feature = "postgres")]
#[test]
fn what_waits_is_applied_once_to_a_queue_in_postgres() {
    let Some(server) = RedisServer::start() else { return };
    let Some(cluster) = crate::support::cluster::Cluster::start_in_memory() else { return };
    let mut receiver = receiver(&source(&server, ""), SIGNED);
    receiver.set("SYNCCTL_DB", &cluster.url());
    applied_once(&server, &receiver);
}

fn applied_once(server: &RedisServer, receiver: &Place) {
    let sender = sender(&server.url("0/events"), "");
    let empty = consume(receiver, 0);
    assert_eq!((&empty["received"], &empty["error"]), (&0.into(), &Value::Null), "the group is made by whoever reads");
    send(&sender, 250);
    let waiting = receiver.data(&["consume", "--dry-run"]);
    assert_eq!(waiting[0]["said"], "group `g` of stream `events`: 250 to read, 0 taken and not acknowledged");
    let done = consume(receiver, 0);
    assert_eq!((&done["received"], &done["applied"]), (&250.into(), &250.into()), "{done}");
    assert_eq!((records(receiver), pending(server)), (250, 0.into()));
    assert_eq!(consume(receiver, 0)["received"], 0);
    server.ask(&["XGROUP", "SETID", "events", "g", "0"]);
    let again = consume(receiver, 0);
    assert_eq!((&again["applied"], &again["duplicates"]), (&0.into(), &250.into()), "{again}");
    let groups = server.ask(&["XINFO", "CONSUMERS", "events", "g"]);
    assert_eq!(groups.as_array().unwrap().len(), 0, "readers that ended take leave: {groups}");
    let rows = receiver.data(&["audit", "list", "--direction", "inbound", "--limit", "1"]);
    assert_eq!(rows[0]["source"].as_str(), Some(server.url("0/events").as_str()), "{rows}");
    receiver.ok(&["db", "verify"]);
}

#[test]
fn no_more_is_taken_than_was_asked_for() {
    let Some(server) = RedisServer::start() else { return };
    let (sender, receiver) = (sender(&server.url("0/events"), ""), receiver(&source(&server, ""), SIGNED));
    send(&sender, 130);
    let some = receiver.data(&["consume", "platform", "--limit", "120"]);
    assert_eq!(some[0]["applied"], 120);
    assert_eq!((records(&receiver), pending(&server)), (120, 0.into()));
    assert_eq!(receiver.data(&["consume", "--max-time", "0s"])[0]["received"], 0);
    assert_eq!(consume(&receiver, 0)["applied"], 10);
}

#[test]
fn what_cannot_be_applied_is_kept_and_put_to_the_dead_letters() {
    let Some(server) = RedisServer::start() else { return };
    let sender = sender(&server.url("0/events"), "");
    let mut receiver = receiver(&source(&server, "&dead_letter=dead"), "secret_env = \"OTHER\"");
    receiver.set("OTHER", "another-secret-than-the-sender-has");
    send(&sender, 3);
    let done = consume(&receiver, 3);
    assert_eq!((&done["received"], &done["refused"]), (&3.into(), &3.into()), "{done}");
    assert_eq!((records(&receiver), pending(&server)), (0, 0.into()));
    let kept = receiver.data(&["requests", "list"]);
    assert_eq!(kept.as_array().unwrap().len(), 3);
    assert_eq!((&kept[0]["route"], &kept[0]["reason"]), (&"broker/platform".into(), &"code-mismatch".into()));
    let dead = server.entries("dead");
    let field = |name: &str| &dead[0].iter().find(|(known, _)| known == name).unwrap().1;
    assert_eq!((dead.len(), field("id"), field("x-sync-refused")), (3, &"e0".to_owned(), &"code-mismatch".to_owned()));
    assert_eq!(field("x-sync-stream"), "events");
    receiver.set("OTHER", crate::support::place::SECRET);
    let replayed = receiver.data(&["requests", "replay", "--all", "--yes"]);
    assert!(replayed.as_array().unwrap().iter().all(|one| one["result"] == "applied"), "{replayed}");
    assert_eq!(records(&receiver), 3);
    assert_eq!(consume(&receiver, 0)["received"], 0);
}

/// Over HTTP the sender has another copy, and ten a minute are enough.
#[test]
fn without_dead_letters_every_refused_message_is_kept() {
    let Some(server) = RedisServer::start() else { return };
    let sender = sender(&server.url("0/events"), "");
    let mut receiver = receiver(&source(&server, ""), "secret_env = \"OTHER\"");
    receiver.set("OTHER", "another-secret-than-the-sender-has");
    send(&sender, 150);
    assert_eq!(consume(&receiver, 3)["refused"], 150);
    receiver.set("OTHER", crate::support::place::SECRET);
    receiver.ok(&["requests", "replay", "--all", "--yes"]);
    assert_eq!(records(&receiver), 150);
}

#[test]
fn a_message_may_wait_longer_than_a_signature_is_good_for_over_http() {
    if !crate::support::tools::has_tools(&["faketime"]) {
        return;
    }
    let Some(server) = RedisServer::start() else { return };
    let (sender, mut receiver) = (sender(&server.url("0/events"), ""), receiver(&source(&server, ""), SIGNED));
    send(&sender, 1);
    receiver.set_clock("+29d");
    assert_eq!(consume(&receiver, 0)["applied"], 1);
    assert!(receiver.run(&["health"]).stdout.contains("healthy"), "how long it waited is not how far a clock is off");
    server.ask(&["XGROUP", "SETID", "events", "g", "0"]);
    let mut late = self::receiver(&source(&server, ""), SIGNED);
    late.set_clock("+31d");
    assert_eq!(consume(&late, 3)["refused"], 1, "ids are remembered no longer");
}

#[test]
fn unsigned_messages_are_applied_only_where_the_broker_is_trusted() {
    let Some(server) = RedisServer::start() else { return };
    let body = r#"{"id":"evt_9","type":"user.updated","resourceId":"u-9","data":{"name":"Ada"}}"#;
    server.ask(&["XADD", "events", "*", "body", body]);
    server.ask(&["XADD", "events", "*", "body", body, "webhook-id", "evt_other"]);
    server.ask(&["XADD", "events", "*", "note", "an entry without a body"]);
    let signed = receiver(&source(&server, ""), SIGNED);
    assert_eq!(consume(&signed, 3)["refused"], 3);
    let trusting = receiver(&server.url("0/events?group=other"), "trust_broker = true");
    let done = consume(&trusting, 3);
    assert_eq!((&done["applied"], &done["refused"]), (&1.into(), &2.into()), "{done}");
    assert_eq!(records(&trusting), 1);
    assert!(trusting.run(&["health"]).stdout.contains("healthy"));
    let named = receiver(
        &server.url("0/orders?group=g"),
        "trust_broker = true\ncommand = \"cat >> got\"\ntype_header = \"kind\"\ntypes = [\"platform.paid\"]",
    );
    server.ask(&["XADD", "orders", "*", "body", r#"{"amount":1.50}"#, "kind", "paid", "message-id", "7"]);
    server.ask(&["XADD", "orders", "*", "body", r#"{"amount":1.50}"#, "kind", "paid", "message-id", "7"]);
    server.ask(&["XADD", "orders", "*", "body", r#"{"amount":2}"#, "kind", "refunded", "message-id", "8"]);
    let done = consume(&named, 3);
    assert_eq!((&done["applied"], &done["duplicates"], &done["refused"]), (&1.into(), &1.into(), &1.into()), "{done}");
    let got = std::fs::read_to_string(named.path("got")).unwrap();
    assert!(got.contains(r#""id":"platform:7""#) && got.contains(r#""data":{"amount":1.50}"#), "{got}");
}

#[test]
fn what_a_dead_consumer_took_is_taken_over_after_a_time() {
    let Some(server) = RedisServer::start() else { return };
    let sender = sender(&server.url("0/events"), "");
    let receiver = receiver(&source(&server, "&claim_after=1h"), SIGNED);
    send(&sender, 5);
    server.ask(&["XGROUP", "CREATE", "events", "g", "0"]);
    server.ask(&["XREADGROUP", "GROUP", "g", "dead", "COUNT", "3", "STREAMS", "events", ">"]);
    assert_eq!(consume(&receiver, 0)["applied"], 2);
    assert_eq!(pending(&server), 3, "it may still be at work");
    configure(&receiver, &source(&server, "&claim_after=1ms"), SIGNED);
    assert_eq!(consume(&receiver, 0)["applied"], 3);
    assert_eq!((records(&receiver), pending(&server)), (5, 0.into()));
}

/// Kills a reader that has taken what `send` sends and waits for the database; `reads` says when it reads, `taken` when it took.
pub(crate) fn die_before_the_commit(
    receiver: &Place,
    reads: impl FnMut() -> bool,
    send: impl FnOnce(),
    taken: impl FnMut() -> bool,
) {
    let mut reader = serve(receiver);
    eventually("it reads", reads);
    let lock = rusqlite::Connection::open(receiver.database()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    send();
    eventually("the messages are taken", taken);
    kill(&reader, "-KILL");
    reader.wait().unwrap();
    lock.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn a_reader_that_dies_before_the_commit_has_acknowledged_nothing() {
    let Some(server) = RedisServer::start() else { return };
    let sender = sender(&server.url("0/events"), "");
    let receiver = receiver(&source(&server, "&claim_after=1ms"), SIGNED);
    assert_eq!(consume(&receiver, 0)["received"], 0);
    sender.emit("user.updated", "first");
    sender.ok(&["process"]);
    let reads = || records(&receiver) == 1 && pending(&server) == 0;
    // The first that comes may be taken before the others are there.
    die_before_the_commit(&receiver, reads, || send(&sender, 3), || pending(&server) != 0);
    assert_eq!(records(&receiver), 1);
    assert_eq!(consume(&receiver, 0)["applied"], 3);
    assert_eq!((records(&receiver), pending(&server)), (4, 0.into()));
}

/// A broker vouches for what it hands out, and for nothing that comes over HTTP.
#[test]
fn a_source_in_a_broker_has_no_route() {
    use std::io::{Read as _, Write as _};
    let receiver = receiver("redis://127.0.0.1:1/0/events?group=g", "trust_broker = true");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut serving =
        receiver.spawn(&["serve", "--listen", &format!("127.0.0.1:{port}"), "--without", "admin,process"]);
    eventually("it listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    let body = r#"{"id":"evt_9","type":"user.updated","resourceId":"u-9","data":{}}"#;
    for path in ["/api/webhooks/in/platform", "/broker/platform", "broker/platform"] {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(["404", "400", "405"].contains(&status), "{path}: {answer}");
    }
    kill(&serving, "-TERM");
    assert!(serving.wait().unwrap().success(), "a broker that is away does not keep it");
    assert_eq!(records(&receiver), 0);
}

#[test]
fn entries_that_were_deleted_while_they_were_taken_hold_nothing_up() {
    let Some(server) = RedisServer::start() else { return };
    let sender = sender(&server.url("0/events"), "");
    let receiver = receiver(&source(&server, "&claim_after=1ms"), SIGNED);
    send(&sender, 5);
    server.ask(&["XGROUP", "CREATE", "events", "g", "0"]);
    server.ask(&["XREADGROUP", "GROUP", "g", "dead", "COUNT", "3", "STREAMS", "events", ">"]);
    server.ask(&["XTRIM", "events", "MAXLEN", "3"]);
    assert_eq!(consume(&receiver, 0)["applied"], 3);
    assert_eq!((records(&receiver), pending(&server)), (3, 0.into()));
}

#[test]
fn a_command_that_fails_again_and_again_does_not_hold_up_its_source() {
    let Some(server) = RedisServer::start() else { return };
    let sender = sender(&server.url("0/events"), "");
    let lines = format!("{SIGNED}\ncommand = 'grep -q \"\\\"e1\\\"\" && exit 7; echo x >> got'\n");
    let receiver = receiver(&source(&server, ""), &lines);
    let lines: String = (0..3)
        .map(|n| format!("{{\"id\":\"e{n}\",\"type\":\"thing.changed\",\"resourceType\":\"thing\",\"resourceId\":\"r\",\"data\":{{}}}}\n"))
        .collect();
    assert_eq!(sender.run_with_input(&["emit", "--batch", "-", "-q"], lines.as_bytes()).code, 0);
    sender.ok(&["process"]);
    let done = consume(&receiver, 3);
    assert_eq!((&done["applied"], &done["refused"]), (&2.into(), &1.into()), "{done}");
    assert_eq!(std::fs::read_to_string(receiver.path("got")).unwrap(), "x\nx\n");
    assert_eq!(receiver.data(&["requests", "list"])[0]["reason"], "command-failed");
}

#[test]
fn serve_reads_its_sources_again_after_the_broker_was_away_and_as_the_configuration_says() {
    let Some(mut server) = RedisServer::start() else { return };
    let (sender, receiver) = (sender(&server.url("0/events"), ""), receiver(&source(&server, ""), SIGNED));
    send(&sender, 3);
    let mut serving = serve(&receiver);
    eventually("what waited is applied", || records(&receiver) == 3);
    sender.emit("user.updated", "later");
    sender.ok(&["process"]);
    eventually("what comes is applied", || records(&receiver) == 4);
    server.kill();
    server.up();
    sender.emit("user.updated", "after");
    sender.ok(&["process", "--wait"]);
    eventually("what comes after the server was away", || records(&receiver) == 5);
    assert_eq!(pending(&server), 0);
    configure(&receiver, &server.url("0/others?group=g"), "trust_broker = true");
    kill(&serving, "-HUP");
    server.ask(&[
        "XADD",
        "others",
        "*",
        "body",
        r#"{"id":"e-o","type":"user.updated","resourceId":"other","data":{}}"#,
    ]);
    eventually("another source is read after a reload", || records(&receiver) == 6);
    kill(&serving, "-TERM");
    assert!(serving.wait().unwrap().success());
    let consumers = server.ask(&["XINFO", "CONSUMERS", "others", "g"]);
    assert_eq!(consumers.as_array().unwrap().len(), 0, "{consumers}");
}

#[test]
fn doctor_and_the_dry_run_tell_what_a_source_is_and_what_it_cannot_be() {
    let Some(server) = RedisServer::start() else { return };
    let receiver = receiver(&source(&server, ""), SIGNED);
    let doctor = receiver.run(&["doctor", "--online"]);
    let all = doctor.stdout + &doctor.stderr;
    assert!(all.contains("platform: no stream `events` yet: the first reader creates it"), "{all}");
    assert!(all.contains(&format!("platform (standard, from {})", source(&server, ""))), "{all}");
    server.ask(&["SET", "text", "x"]);
    configure(&receiver, &server.url("0/text?group=g"), SIGNED);
    let failed = consume(&receiver, 1);
    assert_eq!(failed["error"], "redis: `text` exists and is not a stream (WRONGTYPE)");
    assert_eq!(receiver.run(&["consume", "--dry-run"]).code, 1);
    assert_eq!(receiver.run(&["consume", "plattform"]).code, 66);
    for (broker, lines, wanted) in [
        (source(&server, ""), "", "give secret_file or secret_env, or trust_broker"),
        (
            source(&server, ""),
            "trust_broker = true\nsecret_env = \"WEBHOOK_SECRET\"",
            "signatures would not be checked",
        ),
        (source(&server, "&max=3"), SIGNED, "no parameter `max`"),
        (server.url("0/events"), SIGNED, "?group=GROUP"),
        ("redis://:secret@127.0.0.1/0/events?group=g".to_owned(), SIGNED, "a user name or password"),
        (
            source(&server, ""),
            "secret_env = \"WEBHOOK_SECRET\"\nnetworks = [\"10.0.0.0/8\"]",
            "networks are for sources over HTTP",
        ),
        ("https://127.0.0.1/".to_owned(), SIGNED, "leave out `broker`"),
    ] {
        configure(&receiver, &broker, lines);
        let ran = receiver.run(&["config", "validate"]);
        let all = ran.stdout + &ran.stderr;
        assert!(ran.code == 78 && all.contains(wanted) && !all.contains("secret@"), "{broker} {lines}: {all}");
    }
}

#[test]
fn the_address_rules_and_logins_hold_for_sources() {
    const PASSWORD: &str = "correct-horse-battery";
    let Some(mut server) = RedisServer::start_with(&["--requirepass", PASSWORD]) else { return };
    server.log_in_as(PASSWORD);
    let mut receiver = receiver(&source(&server, ""), SIGNED);
    assert_eq!(consume(&receiver, 1)["error"], "redis: the server requires a password: see basic_file (NOAUTH)");
    configure(&receiver, &source(&server, ""), &format!("{SIGNED}\nbasic_env = \"REDIS\""));
    receiver.set("REDIS", &format!(":{PASSWORD}"));
    assert_eq!(consume(&receiver, 0)["received"], 0);
    receiver.set("SYNCCTL_EGRESS_DENY_PRIVATE", "true");
    assert!(consume(&receiver, 1)["error"].as_str().unwrap().contains("egress.deny_private"));
    for args in [&["config", "show"][..], &["consume", "--dry-run"], &["doctor", "--online"]] {
        let ran = receiver.run(args);
        assert!(!ran.stdout.contains(PASSWORD) && !ran.stderr.contains(PASSWORD), "{args:?}: {ran:?}");
    }
}
