//! What a server of Redis refuses, in words; and what it refuses to everybody opens the circuit instead of using up attempts.

use crate::redis::{attempts, configure, place};
use crate::support::place::Place;
use crate::support::redis::RedisServer;

/// The outcome and the words of the first attempt at an event.
pub(crate) fn first_attempt(place: &Place) -> (String, String) {
    let id = place.emit("user.created", "u-1");
    place.run(&["process"]);
    let attempt = attempts(place, &id).remove(0);
    let text = |name: &str| attempt[name].as_str().unwrap().to_owned();
    (text("outcome"), text("detail"))
}

/// The state of the only endpoint.
pub(crate) fn state(place: &Place) -> String {
    place.data(&["status"])["endpoints"][0]["state"].as_str().unwrap().to_owned()
}

fn rejected(place: &Place, wanted: &str) {
    let (outcome, detail) = first_attempt(place);
    assert_eq!((outcome.as_str(), detail.as_str()), ("rejected", wanted));
}

#[test]
fn what_is_wrong_with_the_stream_or_the_login_is_a_rejection() {
    let Some(server) = RedisServer::start() else { return };
    server.ask(&["SET", "text", "x"]);
    rejected(&place(&server.url("0/text"), "max_attempts = 1"), "redis: `text` exists and is not a stream (WRONGTYPE)");
    rejected(&place(&server.url("99/events"), "max_attempts = 1"), "redis: there is no such database (ERR)");
    server.ask(&["ACL", "SETUSER", "reader", "on", ">pass", "~*", "+@read"]);
    let reader = place(&server.url("0/events"), "max_attempts = 1\nbasic_env = \"REDIS\"");
    let with = |mut place: Place, login: &str| {
        place.set("REDIS", login);
        place
    };
    let (outcome, detail) = first_attempt(&with(reader, "reader:pass"));
    assert_eq!(outcome, "rejected");
    assert!(detail.starts_with("redis: the user has no permission: ") && detail.ends_with("(NOPERM)"), "{detail}");
    let wrong = place(&server.url("0/events"), "max_attempts = 1\nbasic_env = \"REDIS\"");
    rejected(&with(wrong, "reader:other"), "redis: the server refuses the user or the password (WRONGPASS)");
    assert_eq!(server.ask(&["EXISTS", "events"]), 0);
}

#[test]
fn a_password_is_needed_given_by_a_file_and_never_shown() {
    const PASSWORD: &str = "correct-horse-battery";
    let Some(mut server) = RedisServer::start_with(&["--requirepass", PASSWORD]) else { return };
    server.log_in_as(PASSWORD);
    let place = place(&server.url("0/events"), "max_attempts = 1");
    rejected(&place, "redis: the server requires a password: see basic_file (NOAUTH)");
    let file = place.path("login");
    std::fs::write(&file, format!(":{PASSWORD}\n")).unwrap();
    configure(&place, &server.url("0/events"), &format!("basic_file = \"{}\"", file.display()));
    let id = place.emit("user.created", "u-2");
    place.ok(&["process"]);
    assert_eq!(server.entries("events").len(), 1);
    for args in [
        &["events", "show", &id, "-o", "json"][..],
        &["why", &id],
        &["endpoints", "show", "stream", "-o", "json"],
        &["endpoints", "test", "stream", "-o", "json"],
        &["config", "show"],
        &["doctor", "--online"],
        &["-vvv", "process"],
    ] {
        let ran = place.run(args);
        assert!(!(ran.stdout + &ran.stderr).contains(PASSWORD), "{args:?}");
    }
    assert!(!format!("{:?}", server.entries("events")).contains(PASSWORD));
}

#[test]
fn a_server_that_takes_no_writes_from_anybody_opens_the_circuit_until_it_does() {
    let Some(server) = RedisServer::start() else { return };
    let place = place(&server.url("0/events"), "");
    for (set, unset, wanted) in [
        (
            ["CONFIG", "SET", "min-replicas-to-write", "1"],
            ["CONFIG", "SET", "min-replicas-to-write", "0"],
            "redis: too few replicas are connected for the server to accept writes (NOREPLICAS)",
        ),
        (
            ["CONFIG", "SET", "maxmemory", "1"],
            ["CONFIG", "SET", "maxmemory", "0"],
            "redis: the server is out of memory: its maxmemory is reached and nothing may be evicted (OOM)",
        ),
        (
            ["REPLICAOF", "127.0.0.1", "1", ""],
            ["REPLICAOF", "NO", "ONE", ""],
            "redis: the server is a replica and accepts no writes (READONLY)",
        ),
    ] {
        let ask =
            |command: &[&str]| server.ask(&command.iter().copied().filter(|it| !it.is_empty()).collect::<Vec<_>>());
        ask(&set);
        rejected(&place, wanted);
        assert_eq!(state(&place), "resting", "{wanted}");
        assert!(place.ok(&["why", "stream"]).contains("asked to wait (Retry-After, or an error of a broker)"));
        assert_eq!(place.queue()["failed"], 0);
        ask(&unset);
        place.ok(&["endpoints", "resume", "stream"]);
        place.ok(&["process", "--wait"]);
        assert_eq!((state(&place), place.queue()["pending"].as_u64()), ("ok".to_owned(), Some(0)));
    }
    assert_eq!(server.entries("events").len(), 3);
}

#[test]
fn a_node_of_a_cluster_that_has_the_stream_is_named() {
    let Some(server) = RedisServer::start_with(&["--cluster-enabled", "yes"]) else { return };
    let place = place(&server.url("0/events"), "");
    rejected(&place, "redis: the cluster is down (CLUSTERDOWN)");
    assert_eq!(state(&place), "resting");
}

#[test]
fn a_server_that_is_not_there_or_is_none_is_unreachable_in_words() {
    let Some(mut server) = RedisServer::start() else { return };
    let place = place(&server.url("0/events"), "max_attempts = 1\ntimeout = \"1s\"");
    server.kill();
    let (outcome, detail) = first_attempt(&place);
    assert_eq!(
        (outcome.as_str(), detail),
        ("unreachable", format!("connect: 127.0.0.1:{}: connection refused", server.port))
    );
    let web = crate::support::receiver::Receiver::good();
    let port = web.url("").rsplit(':').next().unwrap().trim_end_matches('/').to_owned();
    configure(&place, &format!("redis://127.0.0.1:{port}/0/events"), "max_attempts = 1\ntimeout = \"1s\"");
    let (outcome, detail) = first_attempt(&place);
    assert!(outcome == "unreachable" || outcome == "timed out", "{outcome}: {detail}");
}

#[test]
fn a_server_that_says_nothing_is_timed_out_and_its_connection_is_not_used_again() {
    let Some(server) = RedisServer::start() else { return };
    let place = place(&server.url("0/events"), "timeout = \"300ms\"\nfirst_delay = \"100ms\"");
    server.ask(&["CLIENT", "PAUSE", "1000", "WRITE"]);
    let id = place.emit("user.created", "u-1");
    place.ok(&["process", "--wait"]);
    let attempts = attempts(&place, &id);
    assert_eq!(attempts[0]["outcome"], "timed out");
    assert_eq!(attempts[0]["detail"], "timed out after 300ms waiting for the response");
    assert_eq!(attempts.last().unwrap()["outcome"], "delivered");
}
