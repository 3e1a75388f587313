//! An event goes to an exchange of RabbitMQ, and what that does not take is a failure in words.

use crate::rabbit_server::RabbitServer;
use crate::redis::{attempts, configure, place};
use crate::support::place::Place;

/// The outcome and the words of the last attempt at a new event.
fn attempt(place: &Place) -> (String, String) {
    let id = place.emit("user.created", "u-1");
    place.run(&["process"]);
    let attempt = attempts(place, &id).pop().unwrap();
    let text = |name: &str| attempt[name].as_str().unwrap().to_owned();
    (text("outcome"), text("detail"))
}

fn rejected(place: &Place, wanted: &str) {
    let (outcome, detail) = attempt(place);
    assert_eq!((outcome.as_str(), detail.as_str()), ("rejected", wanted));
}

#[test]
fn an_event_is_a_persistent_message_with_its_bytes_its_names_and_its_signatures() {
    let Some(server) = RabbitServer::start() else { return };
    server.declare("events", None);
    let place = place(&server.url("%2F/events"), "headers = [\"X-Team: platform\"]");
    let data = place.data(&["emit", "enrollment.created", "e-1", "--data", r#"{"userId":"u","courseId":"c","n":1.0}"#]);
    let id = data["event"]["id"].as_str().unwrap();
    place.ok(&["process"]);
    let messages = server.take("events");
    let [message] = messages.as_slice() else { panic!("{} messages", messages.len()) };
    let properties = &message.properties;
    assert_eq!(properties.message_id().as_ref().unwrap().as_str(), id);
    assert_eq!(properties.kind().as_ref().unwrap().as_str(), "enrollment.created");
    assert_eq!(properties.content_type().as_ref().unwrap().as_str(), "application/json");
    assert_eq!(*properties.delivery_mode(), Some(2), "it outlives a restart");
    assert!(properties.timestamp().is_some());
    let body = String::from_utf8(message.body.clone()).unwrap();
    assert!(body.contains(r#""data":{"userId":"u","courseId":"c","n":1.0}"#), "{body}");
    let header = |name: &str| message.header(name).unwrap_or_else(|| panic!("no header {name}"));
    assert_eq!((header("resourceType"), header("resourceId")), ("enrollment".to_owned(), "e-1".to_owned()));
    assert_eq!((header("x-team").as_str(), header("x-sync-trigger").as_str()), ("platform", "initial"));
    for (scheme, names) in [
        ("standard", &["webhook-id", "webhook-timestamp", "webhook-signature"][..]),
        ("syncctl", &["x-webhook-signature"]),
    ] {
        let mut args = vec!["verify".to_owned(), "-".to_owned(), "--scheme".to_owned(), scheme.to_owned()];
        for name in names {
            args.extend(["--header".to_owned(), format!("{name}: {}", header(name))]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        assert_eq!(place.run_with_input(&args, body.as_bytes()).code, 0, "{scheme}");
    }
    let words = "confirmed by the exchange `events` with the routing key `enrollment.created`";
    assert_eq!(attempts(&place, id)[0]["detail"], words);
    assert!(place.ok(&["why", id]).contains(words));
    let tested = place.data(&["endpoints", "test", "stream"]);
    assert_eq!(tested["outcome"], "delivered", "{tested}");
    assert_eq!(place.data(&["endpoints", "check", "stream"])["allowed"], true);
    let doctor = place.run(&["doctor", "--online"]);
    let all = doctor.stdout + &doctor.stderr;
    assert!(all.contains("stream: no TLS, the exchange `events` in "), "{all}");
    // The default exchange names a queue by the routing key.
    configure(&place, &server.url("%2F/?routing_key=events"), "");
    place.emit("user.created", "u-1");
    place.ok(&["process"]);
    assert_eq!(server.waiting("events"), 2, "the test event and this one");
    let doctor = place.run(&["doctor", "--online"]);
    assert!((doctor.stdout + &doctor.stderr).contains("the queue `events`: 2 to read, 0 reading"));
    refusals(&server);
    only_what_no_queue_takes_fails(&server);
}

/// In the same node: it takes seconds to start.
fn refusals(server: &RabbitServer) {
    let at = |url: &str| place(&server.url(url), "max_attempts = 1");
    let with = |mut place: Place, login: &str| {
        place.set("RABBIT", login);
        place
    };
    let as_user =
        |url: &str, login: &str| with(place(&server.url(url), "max_attempts = 1\nbasic_env = \"RABBIT\""), login);
    rejected(&at("%2F/nothing"), "rabbitmq: no exchange 'nothing' in vhost '/' (404 NOT_FOUND)");
    rejected(
        &at("%2F/?routing_key=nothing"),
        "rabbitmq: no queue receives the routing key `nothing` of the default exchange (312 NO_ROUTE)",
    );
    let (_, detail) = attempt(&at("elsewhere/events"));
    assert!(detail.contains("elsewhere") && detail.ends_with("(530 NOT_ALLOWED)"), "{detail}");
    let (outcome, detail) = attempt(&as_user("%2F/events", "guest:other"));
    assert!(outcome == "rejected" && detail.contains("ACCESS_REFUSED"), "{outcome}: {detail}");
    let (outcome, detail) = attempt(&as_user("%2F/events", "reader:reads-only"));
    assert!(outcome == "rejected" && detail.contains("ACCESS_REFUSED") && detail.contains("events"), "{detail}");
    server.declare("narrow", Some(1));
    let narrow = at("%2F/narrow");
    assert_eq!(attempt(&narrow).0, "delivered");
    rejected(&narrow, "rabbitmq: a queue of the exchange `narrow` rejected it: it is full, or failed (nack)");
    let mut closed = at("%2F/events");
    closed.set("SYNCCTL_EGRESS_DENY_PRIVATE", "true");
    assert!(attempt(&closed).1.contains("egress.deny_private"));
}

/// Whatever else is confirmed at the same time.
fn only_what_no_queue_takes_fails(server: &RabbitServer) {
    server.declare_for("some", "thing.good");
    let place = place(&server.url("%2F/some"), "max_attempts = 1\nconcurrency = 64");
    let lines: String = (0..600)
        .map(|n| {
            let kind = if n % 3 == 0 { "bad" } else { "good" };
            format!("{{\"id\":\"{kind}-{n}\",\"type\":\"thing.{kind}\",\"resourceType\":\"thing\",\"resourceId\":\"r{n}\",\"data\":{{}}}}\n")
        })
        .collect();
    assert_eq!(place.run_with_input(&["emit", "--batch", "-", "-q"], lines.as_bytes()).code, 0);
    place.run(&["process", "-q"]);
    let queue = place.queue();
    assert_eq!((&queue["delivered"], &queue["failed"]), (&400.into(), &200.into()), "{queue}");
    let arrived = server.take("some");
    assert_eq!(arrived.len(), 400);
    let failed = place.data(&["failures", "list", "--limit", "1000"]);
    assert!(failed.as_array().unwrap().iter().all(|row| row["eventId"].as_str().unwrap().starts_with("bad-")));
}

#[test]
fn messages_are_sent_and_read_over_tls_to_and_from_servers_that_are_trusted() {
    let Some((server, certificate)) = RabbitServer::start_with_tls() else { return };
    let url = format!("amqps://localhost:{}/%2F/?routing_key=nothing", server.port);
    let trusting = place(&url, &format!("max_attempts = 1\nca_file = \"{}\"", certificate.display()));
    rejected(&trusting, "rabbitmq: no queue receives the routing key `nothing` of the default exchange (312 NO_ROUTE)");
    let stranger = place(&url, "max_attempts = 1");
    let (_, detail) = attempt(&stranger);
    assert!(detail.starts_with("tls: certificate is self-signed") || detail.contains("unknown issuer"), "{detail}");
}

#[test]
fn a_server_that_takes_no_messages_opens_the_circuit_and_uses_up_no_attempt() {
    // More than any disk has free.
    let Some(server) = RabbitServer::start_with("disk_free_limit.absolute = 900000GB") else { return };
    let place = place(&server.url("%2F/?routing_key=events"), "timeout = \"20s\"");
    let (outcome, detail) = attempt(&place);
    let wanted = "rabbitmq: the server accepts no messages: low on disk (connection.blocked)";
    assert_eq!((outcome.as_str(), detail.as_str()), ("rejected", wanted));
    let status = place.data(&["status"]);
    assert_eq!(status["endpoints"][0]["state"], "resting", "{status}");
    assert_eq!((&status["queue"]["pending"], &status["queue"]["failed"]), (&1.into(), &0.into()));
}
